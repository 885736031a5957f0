//! The state of the page itself: what is shown, selected and open. Nothing of the cluster is in it.

use std::rc::Rc;

use serde_json::{Value, json};
use yew::prelude::*;

use super::i18n::Texts;
use super::scene::{SavedCamera, Theme, View};
use super::selection::{ObjectName, Selection};
use crate::view::Language;

/// The theme that the user wants.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum ThemeChoice {
    /// That of the system.
    #[default]
    Auto,
    /// Light.
    Light,
    /// Dark.
    Dark,
}

/// The pages of the details.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Tab {
    /// Why.
    #[default]
    Why,
    /// Containers and conditions.
    Status,
    /// Events about it.
    Events,
    /// The object.
    Yaml,
    /// What its containers printed.
    Logs,
}

/// What lies over the page.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Dialog {
    /// The scenarios.
    Gallery,
    /// The link.
    Share,
    /// Keys and signs.
    Help,
}

/// A menu on something.
#[derive(Clone, Debug, PartialEq)]
pub struct Menu {
    /// On what.
    pub object: ObjectName,
    /// Where, in the window.
    pub at: (f64, f64),
}

/// A short notice. Its number tells two equal ones apart.
#[derive(Clone, Debug, PartialEq)]
pub struct Toast {
    /// What it says.
    pub text: AttrValue,
    /// Whether something went wrong.
    pub bad: bool,
    /// Counts the notices.
    pub number: u32,
}

/// The state of the page.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Ui {
    /// Which view of the cluster.
    pub view: View,
    /// The language.
    pub language: Language,
    /// The theme that the user wants.
    pub theme_choice: ThemeChoice,
    /// Whether the system is dark.
    pub system_dark: bool,
    /// What is selected.
    pub selection: Option<Selection>,
    /// Which page of its details.
    pub tab: Tab,
    /// Whether the details are open, on a narrow screen.
    pub sheet: bool,
    /// Whether the editor is open.
    pub editor: bool,
    /// Whether the terminal is open.
    pub terminal: bool,
    /// What lies over the page.
    pub dialog: Option<Dialog>,
    /// A menu.
    pub menu: Option<Menu>,
    /// A notice.
    pub toast: Option<Toast>,
    /// The camera, where the user has moved it.
    pub camera: Option<SavedCamera>,
}

/// What changes the state of the page.
#[derive(Clone, Debug)]
pub enum Action {
    /// Shows a view.
    Show(View),
    /// Speaks a language.
    Speak(Language),
    /// Takes a theme.
    Theme(ThemeChoice),
    /// The system has become dark, or light.
    SystemDark(bool),
    /// Selects something, or nothing.
    Select(Option<Selection>),
    /// Opens a page of the details.
    Tab(Tab),
    /// Opens or closes the details on a narrow screen.
    Sheet(bool),
    /// Opens or closes the editor.
    Editor(bool),
    /// Opens or closes the terminal.
    Terminal(bool),
    /// Lays something over the page, or takes it away.
    Dialog(Option<Dialog>),
    /// Opens or closes a menu.
    Menu(Option<Menu>),
    /// Shows a notice.
    Say(AttrValue, bool),
    /// Takes the notice of that number away.
    Hush(u32),
    /// The camera has come to rest.
    Camera(Option<SavedCamera>),
    /// Closes what is on top.
    Escape,
}

impl Ui {
    /// The texts in the language of the page.
    #[must_use]
    pub const fn texts(&self) -> Texts {
        Texts(self.language)
    }

    /// Light or dark.
    #[must_use]
    pub fn theme(&self) -> Theme {
        match self.theme_choice {
            ThemeChoice::Light => Theme::Light,
            ThemeChoice::Dark => Theme::Dark,
            ThemeChoice::Auto if self.system_dark => Theme::Dark,
            ThemeChoice::Auto => Theme::Light,
        }
    }

    /// What of it a link carries.
    #[must_use]
    pub fn save(&self) -> Value {
        let mut value = json!({ "v": self.view.name() });
        if let Some(selection) = &self.selection {
            value["sel"] = selection.save();
        }
        if let Some(camera) = self.camera {
            value["cam"] = json!([camera.x_milli, camera.y_milli, camera.scale_micro]);
        }
        value
    }

    /// Takes over what a link carries.
    pub fn load(&mut self, value: &Value) {
        self.view = View::named(value["v"].as_str());
        self.selection = Selection::load(&value["sel"]);
        let camera = &value["cam"];
        self.camera = (|| {
            Some(SavedCamera {
                x_milli: camera[0].as_i64()?,
                y_milli: camera[1].as_i64()?,
                scale_micro: camera[2].as_u64()?,
            })
        })();
    }

    fn select(&mut self, selection: Option<Selection>) {
        self.sheet = selection.is_some();
        if self.selection != selection {
            // Another kind of thing begins with its Why.
            let kind = |selection: &Option<Selection>| match selection {
                Some(Selection::Object(object)) => Some(object.kind),
                _ => None,
            };
            if kind(&selection) != kind(&self.selection) {
                self.tab = Tab::Why;
            }
            self.selection = selection;
        }
    }

    /// Closes what is on top, if anything is.
    fn escape(&mut self) {
        if self.menu.take().is_some() || self.dialog.take().is_some() {
            return;
        }
        if self.terminal {
            self.terminal = false;
        } else if self.sheet || self.selection.is_some() {
            self.sheet = false;
            self.selection = None;
        } else {
            self.editor = false;
        }
    }
}

impl Reducible for Ui {
    type Action = Action;

    fn reduce(self: Rc<Self>, action: Action) -> Rc<Self> {
        let mut next = (*self).clone();
        match action {
            Action::Show(view) => {
                next.view = view;
                next.camera = None;
            }
            Action::Speak(language) => next.language = language,
            Action::Theme(choice) => next.theme_choice = choice,
            Action::SystemDark(dark) => next.system_dark = dark,
            Action::Select(selection) => next.select(selection),
            Action::Tab(tab) => next.tab = tab,
            Action::Sheet(open) => next.sheet = open,
            Action::Editor(open) => next.editor = open,
            Action::Terminal(open) => next.terminal = open,
            Action::Dialog(dialog) => {
                next.dialog = dialog;
                next.menu = None;
            }
            Action::Menu(menu) => next.menu = menu,
            Action::Say(text, bad) => {
                let number = next.toast.as_ref().map_or(0, |toast| toast.number) + 1;
                next.toast = Some(Toast { text, bad, number });
            }
            Action::Hush(number) => {
                if next.toast.as_ref().is_some_and(|toast| toast.number == number) {
                    next.toast = None;
                }
            }
            Action::Camera(camera) => next.camera = camera,
            Action::Escape => next.escape(),
        }
        if next == *self { self } else { Rc::new(next) }
    }
}
