//! JSONPath templates, as far as kubectl's users write them: `{.status.phase}`, `{.items[*].metadata.name}`,
//! `{range .items[*]}{.metadata.name}{"\n"}{end}`, `{.status.conditions[?(@.type=="Ready")].status}`.
// Models k8s.io/client-go/util/jsonpath.

use serde_json::Value;

/// A parsed template.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Template(Vec<Piece>);

#[derive(Clone, Debug, PartialEq, Eq)]
enum Piece {
    Text(String),
    Path(Vec<Step>),
    Range(Vec<Step>, Vec<Self>),
}

#[derive(Clone, Debug, PartialEq, Eq)]
enum Step {
    Field(String),
    /// From, to (excluded), both may count from the end.
    Slice(Option<i64>, Option<i64>),
    Index(i64),
    All,
    /// Every value below.
    Deep,
    /// Elements of which the path compares so with a text; with no comparison, those that have it.
    Filter(Vec<Self>, String, String),
}

impl Template {
    /// Reads a template. A lone path may leave out the braces and the dot, as `kubectl get -o jsonpath` lets it.
    // Models k8s.io/kubectl/pkg/cmd/get/customcolumn.go RelaxedJSONPathExpression for lone paths.
    pub(super) fn parse(text: &str) -> Result<Self, String> {
        let mut rest = text;
        let (pieces, end) = pieces(&mut rest)?;
        if end {
            return Err("not in range, nothing to end".to_owned());
        }
        Ok(Self(pieces))
    }

    /// The text that it makes of a value.
    pub(super) fn print(&self, value: &Value) -> String {
        let mut text = String::new();
        print(&self.0, value, &mut text);
        text
    }

    /// What the paths find, each by itself.
    pub(super) fn find<'a>(&self, value: &'a Value) -> Vec<Vec<&'a Value>> {
        let paths = self.0.iter().filter_map(|piece| match piece {
            Piece::Path(path) => Some(walk(path, value)),
            Piece::Text(_) | Piece::Range(..) => None,
        });
        paths.collect()
    }
}

/// A value as it stands in a text: strings bare, all else as JSON.
pub(super) fn shown(value: &Value) -> String {
    match value {
        Value::String(text) => text.clone(),
        Value::Null => String::new(),
        other => other.to_string(),
    }
}

fn print(pieces: &[Piece], value: &Value, text: &mut String) {
    for piece in pieces {
        match piece {
            Piece::Text(plain) => text.push_str(plain),
            Piece::Path(path) => {
                let found: Vec<String> = walk(path, value).into_iter().map(shown).collect();
                text.push_str(&found.join(" "));
            }
            Piece::Range(path, inner) => walk(path, value).into_iter().for_each(|item| print(inner, item, text)),
        }
    }
}

/// Pieces up to the end of the text or of the range, and whether it was the range's.
fn pieces(rest: &mut &str) -> Result<(Vec<Piece>, bool), String> {
    let mut found = Vec::new();
    loop {
        let open = rest.find('{').unwrap_or(rest.len());
        if open > 0 {
            found.push(Piece::Text(rest[..open].to_owned()));
        }
        let Some(inner) = rest.get(open + 1..) else {
            *rest = "";
            return Ok((found, false));
        };
        let close = closing(inner).ok_or("unclosed action")?;
        let action = inner[..close].trim();
        *rest = &inner[close + 1..];
        if action == "end" {
            return Ok((found, true));
        }
        if let Some(over) = action.strip_prefix("range ") {
            let path = steps(over.trim())?;
            let (inner, ended) = pieces(rest)?;
            if !ended {
                return Err("unclosed range".to_owned());
            }
            found.push(Piece::Range(path, inner));
        } else if let Some(plain) = quoted(action) {
            found.push(Piece::Text(plain));
        } else {
            found.push(Piece::Path(steps(action)?));
        }
    }
}

/// Where the brace closes that opened before `text`; those in quotes do not count.
fn closing(text: &str) -> Option<usize> {
    let mut quote = None;
    for (at, c) in text.char_indices() {
        match quote {
            Some(q) if c == q => quote = None,
            Some(_) => {}
            None if c == '"' || c == '\'' => quote = Some(c),
            None if c == '}' => return Some(at),
            None => {}
        }
    }
    None
}

/// The text in quotes, with its escapes.
fn quoted(text: &str) -> Option<String> {
    let inner = ['"', '\'']
        .iter()
        .find_map(|q| text.strip_prefix(*q)?.strip_suffix(*q))?;
    let escapes = [("\\n", "\n"), ("\\t", "\t"), ("\\\"", "\"")];
    Some(
        escapes
            .iter()
            .fold(inner.to_owned(), |text, (from, to)| text.replace(from, to)),
    )
}

fn steps(path: &str) -> Result<Vec<Step>, String> {
    let mut rest = path.trim_start_matches(['$', '@']);
    let mut found = Vec::new();
    while !rest.is_empty() {
        if let Some(after) = rest.strip_prefix("..") {
            found.push(Step::Deep);
            rest = after;
        } else if let Some(after) = rest.strip_prefix('[') {
            let close = bracket(after).ok_or("unterminated array")?;
            found.push(subscript(after[..close].trim())?);
            rest = &after[close + 1..];
            continue;
        }
        rest = rest.strip_prefix('.').unwrap_or(rest);
        let (name, after) = field(rest);
        match name.as_str() {
            "" => {}
            "*" => found.push(Step::All),
            _ => found.push(Step::Field(name)),
        }
        if after.len() == rest.len() && !after.starts_with('[') {
            return Err(format!("unrecognized character in action: {}", quoted_char(after)));
        }
        rest = after;
    }
    Ok(found)
}

fn quoted_char(text: &str) -> String {
    let c = text.chars().next().unwrap_or(' ');
    format!("U+{:04X} '{c}'", u32::from(c))
}

/// A name up to the next joint; a backslash takes the joint into the name.
fn field(text: &str) -> (String, &str) {
    let mut name = String::new();
    let mut escaped = false;
    for (at, c) in text.char_indices() {
        match c {
            _ if escaped => {
                name.push(c);
                escaped = false;
            }
            '\\' => escaped = true,
            '.' | '[' | ' ' | ']' | ')' | '=' | '!' | '<' | '>' => return (name, &text[at..]),
            c => name.push(c),
        }
    }
    (name, "")
}

fn bracket(text: &str) -> Option<usize> {
    let (mut depth, mut quote) = (0, None);
    for (at, c) in text.char_indices() {
        match (quote, c) {
            (Some(q), c) if c == q => quote = None,
            (Some(_), _) => {}
            (None, '"' | '\'') => quote = Some(c),
            (None, '[') => depth += 1,
            (None, ']') if depth == 0 => return Some(at),
            (None, ']') => depth -= 1,
            (None, _) => {}
        }
    }
    None
}

fn subscript(text: &str) -> Result<Step, String> {
    if text == "*" {
        return Ok(Step::All);
    }
    if let Some(name) = quoted(text) {
        return Ok(Step::Field(name));
    }
    if let Some(filter) = text.strip_prefix("?(").and_then(|filter| filter.strip_suffix(')')) {
        let operators = ["==", "!=", ">=", "<=", ">", "<"];
        let found = operators.iter().filter_map(|word| Some((filter.find(word)?, *word)));
        let Some((at, word)) = found.min_by_key(|(at, word)| (*at, std::cmp::Reverse(word.len()))) else {
            return Ok(Step::Filter(steps(filter.trim())?, String::new(), String::new()));
        };
        let right = filter[at + word.len()..].trim();
        let right = quoted(right).unwrap_or_else(|| right.to_owned());
        return Ok(Step::Filter(steps(filter[..at].trim())?, word.to_owned(), right));
    }
    let number = |text: &str| match text.trim() {
        "" => Ok(None),
        text => text
            .parse()
            .map(Some)
            .map_err(|_| format!("invalid array index {text}")),
    };
    match text.split_once(':') {
        Some((from, to)) => Ok(Step::Slice(number(from)?, number(to)?)),
        None => Ok(Step::Index(number(text)?.ok_or("invalid array index ")?)),
    }
}

fn walk<'a>(path: &[Step], value: &'a Value) -> Vec<&'a Value> {
    path.iter().fold(vec![value], |found, step| {
        found.into_iter().flat_map(|value| take(step, value)).collect()
    })
}

fn take<'a>(step: &Step, value: &'a Value) -> Vec<&'a Value> {
    let items = || value.as_array().map_or(&[][..], Vec::as_slice);
    let place = |index: i64| {
        let index = if index < 0 { items().len() as i64 + index } else { index };
        usize::try_from(index).unwrap_or_default().min(items().len())
    };
    match step {
        Step::Field(name) => value.get(name.as_str()).into_iter().collect(),
        Step::Index(index) => items().get(place(*index)).into_iter().collect(),
        Step::Slice(from, to) => {
            let (from, to) = (from.map_or(0, place), to.map_or(items().len(), place));
            items().get(from..to).unwrap_or_default().iter().collect()
        }
        Step::All => children(value),
        Step::Deep => {
            let mut all = vec![value];
            children(value)
                .into_iter()
                .for_each(|child| all.extend(take(step, child)));
            all
        }
        Step::Filter(path, operator, right) => {
            let passes = |item: &&Value| {
                let left = walk(path, item);
                match left.first() {
                    Some(left) => compares(&shown(left), operator, right),
                    None => false,
                }
            };
            items().iter().filter(passes).collect()
        }
    }
}

fn children(value: &Value) -> Vec<&Value> {
    match value {
        Value::Array(items) => items.iter().collect(),
        Value::Object(map) => map.values().collect(),
        _ => Vec::new(),
    }
}

fn compares(left: &str, operator: &str, right: &str) -> bool {
    let order = match (left.parse::<i64>(), right.parse::<i64>()) {
        (Ok(left), Ok(right)) => left.cmp(&right),
        _ => left.cmp(right),
    };
    match operator {
        "==" => order.is_eq(),
        "!=" => order.is_ne(),
        ">" => order.is_gt(),
        "<" => order.is_lt(),
        ">=" => order.is_ge(),
        "<=" => order.is_le(),
        _ => true,
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn templates_print_what_they_find() {
        let list = json!({"items": [
            {"metadata": {"name": "a", "labels": {"app.kubernetes.io/name": "x"}}, "status": {"ready": 1}},
            {"metadata": {"name": "b"}, "status": {"ready": 3, "conditions": [
                {"type": "Ready", "status": "True"}, {"type": "Old", "status": "False"},
            ]}},
        ]});
        let cases = [
            ("{.items[0].metadata.name}", "a"),
            ("{.items[*].metadata.name}", "a b"),
            ("{.items[-1].metadata.name}", "b"),
            ("{.items[0:1].metadata.name}", "a"),
            (
                "{range .items[*]}{.metadata.name}={.status.ready}{\"\\n\"}{end}",
                "a=1\nb=3\n",
            ),
            ("{.items[?(@.status.ready>1)].metadata.name}", "b"),
            ("{.items[1].status.conditions[?(@.type==\"Ready\")].status}", "True"),
            ("{.items[0].metadata.labels.app\\.kubernetes\\.io/name}", "x"),
            ("{.items[0].metadata.labels['app\\.kubernetes\\.io/name']}", ""),
            ("{.items[0].metadata['name']} and {..ready}", "a and 1 3"),
            ("{.nothing.here}", ""),
            ("{.items[0].status}", "{\"ready\":1}"),
        ];
        for (template, want) in cases {
            assert_eq!(
                Template::parse(template).expect(template).print(&list),
                want,
                "{template}"
            );
        }
        for bad in ["{.a", "{.a[}", "{range .a}x", "{end}"] {
            assert!(Template::parse(bad).is_err(), "{bad}");
        }
    }
}
