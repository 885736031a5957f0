//! Reads anchors, aliases and tags.
// Models go.yaml.in/yaml/v2 scannerc.go

use super::compose::YAML_TAGS;
use super::problem::Fault;
use super::scanner::Scanner;
use super::token::Kind;

impl Scanner {
    /// Takes `&name` or `*name`.
    pub(super) fn fetch_anchor(&mut self, sign: char) -> Result<(), Fault> {
        self.save_simple_key()?;
        self.key_allowed = false;
        let start = self.cursor.mark;
        let mut name = String::new();
        self.cursor.skip();
        while self.cursor.peek(0).is_some_and(is_word) {
            self.cursor.read(&mut name);
        }
        let ends = matches!(self.cursor.peek(0), Some('?' | ':' | ',' | ']' | '}' | '%' | '@' | '`'));
        if name.is_empty() || !(ends || self.cursor.is_blank_or_end(0)) {
            return Err(self.fault("did not find expected alphabetic or numeric character"));
        }
        self.push(
            if sign == '*' {
                Kind::Alias(name)
            } else {
                Kind::Anchor(name)
            },
            start,
        );
        Ok(())
    }

    /// Takes `!name`, `!!name` or `!<name>`.
    pub(super) fn fetch_tag(&mut self) -> Result<(), Fault> {
        self.save_simple_key()?;
        self.key_allowed = false;
        let start = self.cursor.mark;
        let mut tag = String::new();
        let verbatim = self.cursor.peek(1) == Some('<');
        self.cursor.skip_many(if verbatim { 2 } else { 0 });
        while self
            .cursor
            .peek(0)
            .is_some_and(|c| is_word(c) || ";/?:@&=+$,.!~*'()[]%".contains(c))
        {
            self.cursor.read(&mut tag);
        }
        if verbatim {
            if !self.cursor.is('>') {
                return Err(self.fault("did not find the expected '>'"));
            }
            self.cursor.skip();
        } else if let Some(name) = tag.strip_prefix("!!") {
            if name.is_empty() {
                return Err(self.fault("did not find expected tag URI"));
            }
            tag = format!("{YAML_TAGS}{name}");
        }
        if !self.cursor.is_blank_or_end(0) {
            return Err(self.fault("did not find expected whitespace or line break"));
        }
        self.push(Kind::Tag(tag), start);
        Ok(())
    }
}

fn is_word(c: char) -> bool {
    c.is_ascii_alphanumeric() || c == '_' || c == '-'
}
