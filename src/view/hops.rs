//! Why a request went its way, in the reader's language. The network tells it in English; each of its sentences has a
//! line in the table of the other language.

use super::Language;

/// One sentence a line: `English with {} = Chinese with {}`; `{2}` is the second gap.
const CHINESE: &str = include_str!("text/hops.zh.txt");

/// The words of a hop's rule; English where there are no others.
#[must_use]
pub(super) fn hop_words(language: Language, rule: &str) -> String {
    match language {
        Language::English => rule.to_owned(),
        Language::Chinese => translated(rule),
    }
}

fn translated(text: &str) -> String {
    for line in CHINESE.lines() {
        if let Some((pattern, words)) = line.split_once(" = ")
            && let Some(gaps) = gaps(pattern, text)
        {
            return filled(words, &gaps);
        }
    }
    match end_of_sentence(text) {
        Some(end) => format!("{}；{}", translated(&text[..end]), translated(&text[end + 2..])),
        None => text.to_owned(),
    }
}

/// Where the first sentence ends, in bytes: at a semicolon that is not within brackets.
fn end_of_sentence(text: &str) -> Option<usize> {
    let is_end = |(at, _): &(usize, &str)| text[..*at].matches('(').count() == text[..*at].matches(')').count();
    text.match_indices("; ").find(is_end).map(|(at, _)| at)
}

/// What stands in the gaps of a pattern, when the text is made by it. No gap reaches over the end of a sentence.
fn gaps<'a>(pattern: &str, text: &'a str) -> Option<Vec<&'a str>> {
    let mut parts = pattern.split("{}");
    let mut rest = text.strip_prefix(parts.next()?)?;
    let mut gaps = Vec::new();
    for part in parts {
        let end = match part {
            "" => rest.len(),
            _ if rest.ends_with(part) && pattern.ends_with(part) => rest.len() - part.len(),
            _ => rest.find(part)?,
        };
        gaps.push(&rest[..end]);
        rest = &rest[end + part.len()..];
    }
    let is_whole = rest.is_empty() && end_of_sentence(text).is_none_or(|_| gaps.is_empty());
    (is_whole && gaps.iter().all(|gap| !gap.is_empty())).then_some(gaps)
}

fn filled(words: &str, gaps: &[&str]) -> String {
    let mut filled = words.to_owned();
    for (number, gap) in (1..).zip(gaps) {
        let place = format!("{{{number}}}");
        let place = if filled.contains(&place) { &place } else { "{}" };
        filled = filled.replacen(place, &translated(gap), 1);
    }
    filled
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_sentence_of_the_table_is_read_back() {
        for line in CHINESE.lines() {
            let (pattern, words) = line.split_once(" = ").expect("a pattern and its words");
            let text = pattern.replace("{}", "x");
            let got = translated(&text);
            let letters = |text: &str| text.chars().filter(|c| ('\u{4e00}'..='\u{9fff}').contains(c)).count();
            assert!(letters(&got) >= letters(words), "{text}: {got}");
        }
    }

    #[test]
    fn sentences_are_told_in_chinese() {
        let cases = [
            ("the pod a sends a request to web:80", "Pod a 向 web:80 发送请求"),
            (
                "web is 10.96.1.1 (the cluster address of the Service default/web); the address of the Service",
                "web 是 10.96.1.1（服务 default/web 的集群地址）；服务的地址",
            ),
            (
                "a.b is 203.0.113.10 (the ExternalName Service x/y stands for a.b; outside names are taken to point at the Ingress controller, 203.0.113.10); rule: host a.b, path /api (Prefix)",
                "a.b 是 203.0.113.10（ExternalName 服务 x/y 代表 a.b；外部域名视为指向 Ingress 控制器 203.0.113.10）；规则：主机 a.b，路径 /api（Prefix）",
            ),
            (
                "kube-proxy chose it at random, one of 3 ready endpoints of node-1 (internalTrafficPolicy Local)",
                "kube-proxy 随机选中，node-1 上 3 个就绪端点之一（internalTrafficPolicy 为 Local）",
            ),
            (
                "the backend of the rule; the controller goes to its endpoints, not to its address",
                "规则的后端；控制器直接访问其端点，而不是它的地址",
            ),
            (
                "shop.example.com is 203.0.113.130 (the Gateway default/web serves it); listener http: port 80, *.example.com",
                "shop.example.com 是 203.0.113.130（由网关 default/web 提供服务）；监听器 http：端口 80，*.example.com",
            ),
            (
                "rule 2 (next): any host, path / (PathPrefix), header version=next; filters: URLRewrite; a copy goes to Service b",
                "第 2 (next) 条规则：任意主机，路径 /（PathPrefix），请求头 version=next；过滤器：URLRewrite；副本发往服务 b",
            ),
            ("what nobody has said before", "what nobody has said before"),
        ];
        for (text, want) in cases {
            assert_eq!(hop_words(Language::Chinese, text), want);
            assert_eq!(hop_words(Language::English, text), text);
        }
    }
}
