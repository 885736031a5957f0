//! Sentences that are worked out here and worded in the reader's language.

/// A sentence: the key of its text, and what goes into the gaps.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Say {
    /// Key in the tables of texts.
    pub key: &'static str,
    /// What goes into `{name}`.
    pub values: Vec<(&'static str, String)>,
}

/// A language of the page.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Language {
    /// English.
    #[default]
    English,
    /// Simplified Chinese.
    Chinese,
}

/// One text a line: `key = text with {name}`.
const ENGLISH: &str = include_str!("text/en.txt");
const CHINESE: &str = include_str!("text/zh.txt");

impl Language {
    /// The language of a code such as `zh-CN`; English for others.
    #[must_use]
    pub fn of(code: &str) -> Self {
        if code.to_ascii_lowercase().starts_with("zh") {
            Self::Chinese
        } else {
            Self::English
        }
    }

    /// Its code in HTML.
    #[must_use]
    pub const fn code(self) -> &'static str {
        match self {
            Self::English => "en",
            Self::Chinese => "zh-CN",
        }
    }

    /// The text of a key; the key itself where there is none.
    #[must_use]
    pub fn text(self, key: &'static str) -> &'static str {
        let table = match self {
            Self::English => ENGLISH,
            Self::Chinese => CHINESE,
        };
        find(table, key).or_else(|| find(ENGLISH, key)).unwrap_or(key)
    }

    /// The sentence in this language.
    #[must_use]
    pub fn say(self, say: &Say) -> String {
        let mut text = self.text(say.key).to_owned();
        for (name, value) in &say.values {
            text = text.replace(&format!("{{{name}}}"), value);
        }
        text.replace("{ok}", self.text("why.probe-ok"))
            .replace("{bad}", self.text("why.probe-bad"))
            .replace("{exit}", self.text("why.exit"))
    }
}

fn find(table: &'static str, key: &str) -> Option<&'static str> {
    table
        .lines()
        .find_map(|line| line.strip_prefix(key)?.strip_prefix(" = "))
}

impl Say {
    /// A sentence without gaps.
    #[must_use]
    pub const fn plain(key: &'static str) -> Self {
        Self {
            key,
            values: Vec::new(),
        }
    }

    /// The same with `value` in the gap `name`.
    #[must_use]
    pub fn with(mut self, name: &'static str, value: impl ToString) -> Self {
        self.values.push((name, value.to_string()));
        self
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn keys(table: &'static str) -> Vec<(&'static str, Vec<&'static str>)> {
        let gaps = |text: &'static str| {
            let mut gaps: Vec<&str> = text
                .split('{')
                .skip(1)
                .filter_map(|rest| rest.split_once('}'))
                .map(|(name, _)| name)
                .collect();
            gaps.sort_unstable();
            gaps
        };
        table
            .lines()
            .filter_map(|line| line.split_once(" = "))
            .map(|(key, text)| (key, gaps(text)))
            .collect()
    }

    #[test]
    fn both_languages_have_the_same_keys_and_gaps() {
        assert_eq!(keys(ENGLISH), keys(CHINESE));
    }

    #[test]
    fn gaps_are_filled() {
        let say = Say::plain("why.running").with("node", "node-1");
        assert_eq!(Language::English.say(&say), "It runs on node-1.");
        assert!(Language::Chinese.say(&say).contains("node-1"));
    }
}
