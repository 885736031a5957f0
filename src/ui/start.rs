//! What the page opens with: a link, a scenario of the gallery, the user's last work, or the first scenario.

use serde_json::Value;
use web_sys::UrlSearchParams;
use yew::Callback;

use super::gallery;
use super::i18n::Texts;
use super::state::{ThemeChoice, Ui};
use super::storage::{self, Work};
use crate::scenario::{Link, LinkError, Options, Scenario, salvage};
use crate::session::Player;
use crate::view::Language;

/// What the page opens with.
#[derive(Clone)]
pub enum Start {
    /// A cluster.
    Cluster(Opening),
    /// An explanation of why the link cannot be opened.
    Broken(Broken),
}

/// A cluster to open.
#[derive(Clone)]
pub struct Opening {
    /// The player.
    pub player: Box<Player>,
    /// The page's part of its link.
    pub view: Value,
}

/// Opens another cluster in the page.
pub type Opener = Callback<Opening>;

/// A link that cannot be opened.
#[derive(Clone, Debug, PartialEq)]
pub struct Broken {
    /// Why, as the key of a text and what goes into its gap.
    pub why: (&'static str, String),
    /// The text of the scenario, as far as it could be saved.
    pub saved: Option<String>,
}

impl Opening {
    /// A scenario at its start, playing.
    #[must_use]
    pub fn scenario(text: &str) -> Self {
        let mut player = Player::new(Scenario::read(text), Options::default());
        player.play();
        Self {
            player: Box::new(player),
            view: Value::Null,
        }
    }

    /// The first scenario of the gallery.
    #[must_use]
    pub fn first() -> Self {
        Self::scenario(gallery::FIRST)
    }
}

/// The parameters of the address.
#[must_use]
pub fn parameters() -> Option<UrlSearchParams> {
    let search = web_sys::window()?.location().search().ok()?;
    UrlSearchParams::new_with_str(&search).ok()
}

/// The fragment of the address, or nothing.
fn fragment() -> String {
    let hash = web_sys::window().and_then(|window| window.location().hash().ok());
    hash.filter(|hash| hash.len() > 1).unwrap_or_default()
}

/// What the address asks for: a link, or the name of a scenario, or nothing.
fn origin() -> String {
    let fragment = fragment();
    if !fragment.is_empty() {
        return fragment;
    }
    parameters()
        .and_then(|parameters| parameters.get("scenario"))
        .unwrap_or_default()
}

/// The user's work, if this address is where it went on: after a reload, or, where the address asks for nothing, any time.
fn work_here() -> Option<Work> {
    let origin = origin();
    let work = storage::load_work(!origin.is_empty())?;
    (work.origin == origin).then_some(work)
}

/// Finds what to open. `keeps` says whether the page may read what the browser keeps.
pub async fn start(keeps: bool) -> Start {
    if let Some(work) = work_here().filter(|_| keeps)
        && let Ok(opening) = open_link(&work.link).await
    {
        return Start::Cluster(opening);
    }
    let fragment = fragment();
    if !fragment.is_empty() {
        return match open_link(&fragment).await {
            Ok(opening) => Start::Cluster(opening),
            Err(broken) => Start::Broken(broken),
        };
    }
    let name = origin();
    if name.is_empty() {
        return Start::Cluster(Opening::first());
    }
    match gallery::text(&name).await {
        Some(text) => Start::Cluster(Opening::scenario(&text)),
        None => Start::Broken(Broken {
            why: ("gallery.missing", name),
            saved: None,
        }),
    }
}

/// The user's last work, wherever it began.
pub async fn last_work() -> Option<Opening> {
    open_link(&storage::load_work(false)?.link).await.ok()
}

/// Opens a link.
///
/// # Errors
/// When it cannot be read, with what could be saved of it.
pub async fn open_link(text: &str) -> Result<Opening, Broken> {
    let broken = |why: (&'static str, String)| Broken {
        why,
        saved: salvage(text),
    };
    let link = Link::decode(text).map_err(|error| broken(reason(error)))?;
    let scenario = if link.gallery.is_empty() {
        link.text.clone()
    } else {
        let found = gallery::text(&link.gallery).await;
        found.ok_or_else(|| broken(("gallery.missing", link.gallery.clone())))?
    };
    let player = Player::open(&link, &scenario).map_err(|error| Broken {
        why: ("broken.command", error.0),
        saved: Some(scenario.clone()),
    })?;
    Ok(Opening {
        player: Box::new(player),
        view: link.view,
    })
}

/// Why a link cannot be read, in the words of the page.
fn reason(error: LinkError) -> (&'static str, String) {
    match error {
        LinkError::Form => ("link.form", String::new()),
        LinkError::Version(what) => ("link.version", what),
        LinkError::Codec(what) => ("link.codec", what),
        LinkError::Alphabet(place) => ("link.alphabet", place.to_string()),
        LinkError::Damaged => ("link.damaged", String::new()),
        LinkError::TooLarge => ("link.large", String::new()),
        LinkError::Payload(what) => ("link.payload", what),
    }
}

impl Broken {
    /// Why, in a sentence.
    #[must_use]
    pub fn sentence(&self, texts: Texts) -> String {
        let (key, what) = &self.why;
        texts.fill(key, &[("what", what), ("why", what), ("name", what)])
    }
}

/// The page's state to begin with: from the address, from what was kept, from the system.
#[must_use]
pub fn first_ui(keeps: bool) -> Ui {
    let (kept_language, kept_theme) = if keeps {
        storage::load_preferences()
    } else {
        (None, None)
    };
    let parameter = |name: &str| parameters().and_then(|parameters| parameters.get(name));
    let system = web_sys::window().and_then(|window| window.navigator().language());
    let language = parameter("lang")
        .or_else(|| parameter("locale"))
        .map(|code| Language::of(&code));
    let theme = parameter("theme").and_then(|name| storage::theme_of(&name));
    Ui {
        language: language
            .or(kept_language)
            .unwrap_or_else(|| system.map_or(Language::English, |code| Language::of(&code))),
        theme_choice: theme.or(kept_theme).unwrap_or(ThemeChoice::Auto),
        ..Ui::default()
    }
}

/// The work as it is kept.
#[must_use]
pub fn work(player: &Player, view: Value) -> Work {
    Work {
        origin: origin(),
        link: player.link("", view).encode(),
    }
}
