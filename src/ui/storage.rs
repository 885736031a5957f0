//! What the browser keeps for the page: preferences and the user's last work. An embedded page keeps nothing.

use serde_json::{Value, json};
use web_sys::Storage;

use super::state::ThemeChoice;
use crate::view::Language;

const PREFERENCES: &str = "kubarium.preferences";
const WORK: &str = "kubarium.work";
const DRAFT: &str = "kubarium.draft";

/// The storage, where the browser allows one.
fn storage() -> Option<Storage> {
    web_sys::window()?.local_storage().ok()?
}

/// The storage of this tab, which outlives a reload.
fn tab_storage() -> Option<Storage> {
    web_sys::window()?.session_storage().ok()?
}

fn write(key: &str, value: &str) {
    for storage in [tab_storage(), storage()].into_iter().flatten() {
        // A full storage keeps nothing more; the page goes on.
        storage.set_item(key, value).ok();
    }
}

fn read(key: &str) -> Option<String> {
    let stored = |storage: Option<Storage>| storage?.get_item(key).ok()?;
    stored(tab_storage()).or_else(|| stored(storage()))
}

/// The user's last work.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Work {
    /// What the address asked for: the same address, opened again, brings the work back.
    pub origin: String,
    /// The link to it.
    pub link: String,
}

/// Keeps the user's work.
pub fn save_work(work: &Work) {
    write(WORK, &json!({ "origin": work.origin, "link": work.link }).to_string());
}

/// The user's last work: that of this tab, else of any where that is wanted too.
#[must_use]
pub fn load_work(this_tab: bool) -> Option<Work> {
    let text = if this_tab {
        tab_storage()?.get_item(WORK).ok()??
    } else {
        read(WORK)?
    };
    let value: Value = serde_json::from_str(&text).ok()?;
    Some(Work {
        origin: value["origin"].as_str()?.to_owned(),
        link: value["link"].as_str()?.to_owned(),
    })
}

/// Keeps what stands in the editor and was not applied yet; `base` is the scenario that it began from.
pub fn save_draft(base: &str, text: &str) {
    write(DRAFT, &json!({ "base": base, "text": text }).to_string());
}

/// What stood in the editor, if it began from `base`.
#[must_use]
pub fn load_draft(base: &str) -> Option<String> {
    let value: Value = serde_json::from_str(&read(DRAFT)?).ok()?;
    let text = value["text"].as_str()?;
    (value["base"] == base).then(|| text.to_owned())
}

/// Keeps the language and the theme.
pub fn save_preferences(language: Language, theme: ThemeChoice) {
    let theme = match theme {
        ThemeChoice::Auto => "auto",
        ThemeChoice::Light => "light",
        ThemeChoice::Dark => "dark",
    };
    write(
        PREFERENCES,
        &json!({ "lang": language.code(), "theme": theme }).to_string(),
    );
}

/// The language and the theme that were kept.
#[must_use]
pub fn load_preferences() -> (Option<Language>, Option<ThemeChoice>) {
    let value: Value = read(PREFERENCES)
        .and_then(|text| serde_json::from_str(&text).ok())
        .unwrap_or_default();
    let language = value["lang"].as_str().map(Language::of);
    (language, value["theme"].as_str().and_then(theme_of))
}

/// The theme of that name.
#[must_use]
pub fn theme_of(name: &str) -> Option<ThemeChoice> {
    Some(match name {
        "auto" => ThemeChoice::Auto,
        "light" => ThemeChoice::Light,
        "dark" => ThemeChoice::Dark,
        _ => return None,
    })
}
