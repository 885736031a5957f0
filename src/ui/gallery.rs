//! The scenarios that come with the page: `scenarios/index.json` and one YAML file each, beside the page.

use serde_json::Value;
use wasm_bindgen::JsCast;
use wasm_bindgen_futures::JsFuture;
use web_sys::Response;

use crate::scenario::Localised;
use crate::view::Language;

/// The scenario that opens when nothing else is asked for; it needs no request.
pub const FIRST: &str = include_str!("../../static/scenarios/hello.yaml");
/// Its name.
pub const FIRST_NAME: &str = "hello";

/// A scenario of the gallery.
#[derive(Clone, Debug, PartialEq)]
pub struct Item {
    /// Its name: that of its file, and what `?scenario=` takes.
    pub name: String,
    /// What it is about: the key of a heading.
    pub group: String,
    title: [String; 2],
    text: [String; 2],
}

impl Item {
    /// Its title.
    #[must_use]
    pub fn title(&self, language: Language) -> &str {
        &self.title[place(language)]
    }

    /// What it shows, in a sentence.
    #[must_use]
    pub fn text(&self, language: Language) -> &str {
        &self.text[place(language)]
    }

    fn read(value: &Value) -> Option<Self> {
        let both = |name: &str| {
            let text = |language: &str| Some(value[name][language].as_str()?.to_owned());
            Some([text("en")?, text("zh")?])
        };
        Some(Self {
            name: value["name"].as_str()?.to_owned(),
            group: value["group"].as_str()?.to_owned(),
            title: both("title")?,
            text: both("text")?,
        })
    }
}

const fn place(language: Language) -> usize {
    match language {
        Language::English => 0,
        Language::Chinese => 1,
    }
}

/// A text of a scenario in a language, else in English, else in any.
#[must_use]
pub fn title_of(texts: &Localised, language: Language) -> Option<String> {
    let code = match language {
        Language::English => "en",
        Language::Chinese => "zh",
    };
    let text = texts
        .get(code)
        .or_else(|| texts.get("en"))
        .or_else(|| texts.values().next());
    text.map(|text| text.trim().to_owned())
}

/// The list of the gallery.
///
/// # Errors
/// When it cannot be fetched or read.
pub async fn list() -> Result<Vec<Item>, String> {
    let text = fetch("scenarios/index.json").await?;
    let value: Value = serde_json::from_str(&text).map_err(|error| error.to_string())?;
    let items = value.as_array().ok_or("the index is no list")?;
    Ok(items.iter().filter_map(Item::read).collect())
}

/// The text of a scenario of the gallery; none where there is no such scenario.
pub async fn text(name: &str) -> Option<String> {
    if name == FIRST_NAME {
        return Some(FIRST.to_owned());
    }
    let is_name = !name.is_empty() && name.chars().all(|c| c.is_ascii_alphanumeric() || c == '-');
    if !is_name {
        return None;
    }
    fetch(&format!("scenarios/{name}.yaml")).await.ok()
}

/// Fetches a text from beside the page.
async fn fetch(path: &str) -> Result<String, String> {
    let why = |error: wasm_bindgen::JsValue| {
        let error = error.dyn_into::<js_sys::Error>().ok();
        error.map_or_else(|| "the request failed".to_owned(), |error| error.message().into())
    };
    let window = web_sys::window().ok_or("there is no window")?;
    let response = JsFuture::from(window.fetch_with_str(path)).await.map_err(why)?;
    let response: Response = response.dyn_into().map_err(why)?;
    if !response.ok() {
        return Err(format!("{path}: {}", response.status()));
    }
    let text = JsFuture::from(response.text().map_err(why)?).await.map_err(why)?;
    text.as_string().ok_or_else(|| format!("{path}: no text"))
}
