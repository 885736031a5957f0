//! The page's own texts, in both languages. What the engine says has its own table in `view`.

use crate::view::Language;

/// One text a line: `key = text with {name}`.
const ENGLISH: &str = include_str!("text/en.txt");
const CHINESE: &str = include_str!("text/zh.txt");

/// The texts of the page in a language.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
pub struct Texts(pub Language);

impl Texts {
    /// The text of a key; the key itself where there is none.
    #[must_use]
    pub fn get(self, key: &str) -> String {
        let table = match self.0 {
            Language::English => ENGLISH,
            Language::Chinese => CHINESE,
        };
        find(table, key).unwrap_or(key).to_owned()
    }

    /// The text of a key with values in its gaps.
    #[must_use]
    pub fn fill(self, key: &str, values: &[(&str, &str)]) -> String {
        let mut text = self.get(key);
        for (name, value) in values {
            text = text.replace(&format!("{{{name}}}"), value);
        }
        text
    }
}

fn find(table: &'static str, key: &str) -> Option<&'static str> {
    table
        .lines()
        .find_map(|line| line.strip_prefix(key)?.strip_prefix(" = "))
}
