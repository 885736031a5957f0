//! Links: the whole state in a URL's fragment, `#v1:<codec>:<base64url>`.
//!
//! The payload holds the scenario (its text, or its name in the gallery), the seed, what the user did and when, and the view.
//! Fields that a reader does not know are kept, so that newer links open in part rather than not at all.

use base64::Engine;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use serde_json::{Map, Value, json};
use std::fmt;

/// Raw deflate of JSON.
const CODEC: &str = "z";
/// Level of compression: the densest that does not take seconds.
const LEVEL: u8 = 9;
/// Longest payload that is unpacked, in bytes: a link must not fill the memory.
const UNPACKED_MAX: usize = 16 << 20;

/// What a link holds.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Link {
    /// Name of a scenario in the gallery; empty when the text is in the link.
    pub gallery: String,
    /// Text of the scenario.
    pub text: String,
    /// The seed, where it is not the scenario's.
    pub seed: Option<u64>,
    /// What the user did, in the form of the session's log.
    pub log: Vec<(u64, String, String)>,
    /// The instant that is shown, in nanoseconds since the start.
    pub at_ns: u64,
    /// Which picture and what is selected; the page's own.
    pub view: Value,
}

/// Why a link cannot be read.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum LinkError {
    /// There is no `#v1:z:`.
    Form,
    /// It was written by a later version.
    Version(String),
    /// It was packed in a way that this version does not know.
    Codec(String),
    /// A character is none of base64url, probably from a copy that went wrong; at this place.
    Alphabet(usize),
    /// It was cut short, or a part of it was changed.
    Damaged,
    /// It unpacks to more than is taken.
    TooLarge,
    /// What it holds is no payload.
    Payload(String),
}

impl Link {
    /// The fragment, with its `#`.
    #[must_use]
    pub fn encode(&self) -> String {
        let mut payload = Map::new();
        if self.gallery.is_empty() {
            payload.insert("s".to_owned(), json!(self.text));
        } else {
            payload.insert("g".to_owned(), json!(self.gallery));
        }
        if let Some(seed) = self.seed {
            payload.insert("seed".to_owned(), json!(seed));
        }
        if !self.log.is_empty() {
            payload.insert("log".to_owned(), json!(self.log));
        }
        payload.insert("t".to_owned(), json!(self.at_ns));
        if !self.view.is_null() {
            payload.insert("view".to_owned(), self.view.clone());
        }
        let packed = miniz_oxide::deflate::compress_to_vec(Value::Object(payload).to_string().as_bytes(), LEVEL);
        format!("#v1:{CODEC}:{}", URL_SAFE_NO_PAD.encode(packed))
    }

    /// Reads a fragment, or a whole URL that ends with one.
    ///
    /// # Errors
    /// When it was cut, changed, or written by a version that this one does not know.
    pub fn decode(link: &str) -> Result<Self, LinkError> {
        let fragment = link
            .trim()
            .rsplit_once('#')
            .map_or(link.trim(), |(_, fragment)| fragment);
        let mut parts = fragment.splitn(3, ':');
        let (Some(version), Some(codec), Some(body)) = (parts.next(), parts.next(), parts.next()) else {
            return Err(LinkError::Form);
        };
        match version.strip_prefix('v').map(str::parse::<u32>) {
            Some(Ok(1)) => {}
            Some(Ok(_)) => return Err(LinkError::Version(version.to_owned())),
            _ => return Err(LinkError::Form),
        }
        if codec != CODEC {
            return Err(LinkError::Codec(codec.to_owned()));
        }
        Self::from_payload(&unpack(body)?)
    }

    fn from_payload(bytes: &[u8]) -> Result<Self, LinkError> {
        let payload: Value = serde_json::from_slice(bytes).map_err(|error| LinkError::Payload(error.to_string()))?;
        let text = |name: &str| payload[name].as_str().unwrap_or_default().to_owned();
        let entry = |entry: &Value| {
            Some((
                entry[0].as_u64()?,
                entry[1].as_str()?.to_owned(),
                entry[2].as_str().unwrap_or_default().to_owned(),
            ))
        };
        let log = payload["log"]
            .as_array()
            .into_iter()
            .flatten()
            .filter_map(entry)
            .collect();
        let link = Self {
            gallery: text("g"),
            text: text("s"),
            seed: payload["seed"].as_u64(),
            log,
            at_ns: payload["t"].as_u64().unwrap_or_default(),
            view: payload["view"].clone(),
        };
        if link.gallery.is_empty() && payload["s"].as_str().is_none() {
            return Err(LinkError::Payload("there is no scenario in it".to_owned()));
        }
        Ok(link)
    }
}

fn unpack(body: &str) -> Result<Vec<u8>, LinkError> {
    // Chats and mails add dots and brackets to the end of a link.
    let body = body.trim_end_matches(['.', ',', ')', ']', '>', '"', '\'', ' ']);
    if let Some(place) = body.find(|c: char| !(c.is_ascii_alphanumeric() || c == '-' || c == '_')) {
        return Err(LinkError::Alphabet(place));
    }
    let packed = URL_SAFE_NO_PAD.decode(body).map_err(|_| LinkError::Damaged)?;
    miniz_oxide::inflate::decompress_to_vec_with_limit(&packed, UNPACKED_MAX).map_err(|error| match error.status {
        miniz_oxide::inflate::TINFLStatus::HasMoreOutput => LinkError::TooLarge,
        _ => LinkError::Damaged,
    })
}

/// What can be saved of a link that is damaged: the readable beginning of what it holds.
#[must_use]
pub fn salvage(link: &str) -> Option<String> {
    let body: String = link
        .rsplit(':')
        .next()?
        .chars()
        .take_while(|c| c.is_ascii_alphanumeric() || "-_".contains(*c))
        .collect();
    let whole = body.len() - body.len() % 4;
    let packed = URL_SAFE_NO_PAD.decode(&body[..whole]).ok()?;
    let bytes = match miniz_oxide::inflate::decompress_to_vec_with_limit(&packed, UNPACKED_MAX) {
        Ok(bytes) => bytes,
        Err(error) => error.output,
    };
    // What was not written of the output is zero.
    let written = bytes.iter().position(|byte| *byte == 0).unwrap_or(bytes.len());
    let text = String::from_utf8_lossy(&bytes[..written]).into_owned();
    let start = text.find("\"s\":\"")? + 5;
    let cut = &text[start..];
    let end = cut
        .char_indices()
        .find(|(at, c)| *c == '"' && !cut[..*at].ends_with('\\'))
        .map_or(cut.len(), |(at, _)| at);
    let quoted = format!("\"{}\"", cut[..end].trim_end_matches('\\'));
    serde_json::from_str(&quoted)
        .ok()
        .filter(|text: &String| !text.is_empty())
}

impl fmt::Display for LinkError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Form => f.write_str("this is no link to a cluster: one has #v1:z: and then letters and digits"),
            Self::Version(version) => write!(f, "the link was written by a later version of Kubarium ({version})"),
            Self::Codec(codec) => write!(f, "the link is packed in a way that is not known here ({codec:?})"),
            Self::Alphabet(place) => write!(
                f,
                "the link has a character that does not belong there (at {place}); was it copied whole?"
            ),
            Self::Damaged => f.write_str("the link was cut short or changed; was it copied whole?"),
            Self::TooLarge => f.write_str("the link holds more than is taken"),
            Self::Payload(why) => write!(f, "what the link holds cannot be read: {why}"),
        }
    }
}

impl std::error::Error for LinkError {}

#[cfg(test)]
mod tests {
    use super::*;

    fn link() -> Link {
        Link {
            text: "apiVersion: v1\nkind: Pod\nmetadata: {name: \"a\"}\n".repeat(20),
            seed: Some(7),
            log: vec![(5, "kubectl delete pod a".to_owned(), String::new())],
            at_ns: 60_000_000_000,
            view: json!({"view": "nodes"}),
            ..Link::default()
        }
    }

    #[test]
    fn a_link_comes_back() {
        let text = link().encode();
        assert!(text.len() < 300, "{}", text.len());
        for form in [
            text.clone(),
            format!("https://example.com/x/?lang=zh{text}"),
            format!("{text})."),
        ] {
            assert_eq!(Link::decode(&form).as_ref(), Ok(&link()), "{form}");
        }
    }

    #[test]
    fn a_broken_link_explains_itself() {
        let text = link().encode();
        let cases = [
            ("", LinkError::Form),
            ("#hello", LinkError::Form),
            ("#v9:z:abc", LinkError::Version("v9".to_owned())),
            ("#v1:q:abc", LinkError::Codec("q".to_owned())),
            ("#v1:z:ab%20c", LinkError::Alphabet(2)),
            (&text[..text.len() / 2], LinkError::Damaged),
        ];
        for (broken, want) in cases {
            assert_eq!(Link::decode(broken), Err(want), "{broken}");
        }
    }

    #[test]
    fn half_a_link_gives_half_its_text() {
        let text = link().encode();
        let saved = salvage(&text[..text.len() - 12]).expect("something is left");
        assert!(link().text.starts_with(&saved) && saved.len() > 40, "{saved:?}");
        assert_eq!(salvage("#v1:z:"), None);
    }
}
