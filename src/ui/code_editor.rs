//! The editor bundle: loaded when it is first opened, spoken to through its few functions.

use js_sys::{Array, Function, Object, Promise, Reflect};
use wasm_bindgen::closure::Closure;
use wasm_bindgen::{JsCast, JsValue};
use wasm_bindgen_futures::JsFuture;
use web_sys::HtmlElement;

use crate::api::yaml::{Diagnostic, Severity};

/// An editor on the page. Dropping it takes it away.
pub(super) struct CodeEditor {
    editor: Object,
    _on_change: Closure<dyn FnMut(String)>,
}

fn message(error: &JsValue) -> String {
    let error = error.dyn_ref::<js_sys::Error>();
    error.map_or_else(|| "?".to_owned(), |error| error.message().into())
}

fn function(of: &JsValue, name: &str) -> Result<Function, String> {
    let found = Reflect::get(of, &name.into()).map_err(|error| message(&error))?;
    found.dyn_into().map_err(|_| format!("there is no {name}"))
}

/// Where the page says the bundle is.
fn bundle_address() -> Option<String> {
    let document = web_sys::window()?.document()?;
    let source = document.query_selector("meta[name=kubarium-editor]").ok()??;
    let base = document.base_uri().ok()??;
    let url = web_sys::Url::new_with_base(&source.get_attribute("content")?, &base).ok()?;
    Some(url.href())
}

impl CodeEditor {
    /// Opens an editor in `host`; `on_change` hears each edit of the user.
    ///
    /// # Errors
    /// When the bundle cannot be loaded.
    pub(super) async fn open(
        host: HtmlElement,
        text: &str,
        on_change: impl FnMut(String) + 'static,
    ) -> Result<Self, String> {
        let window = web_sys::window().ok_or("there is no window")?;
        let address = bundle_address().ok_or("the page names no editor")?;
        // WebAssembly has no `import()` of its own: boot.js lends it.
        let import = function(&window, "kubariumImport")?;
        let promise = import
            .call1(&JsValue::NULL, &address.into())
            .map_err(|error| message(&error))?;
        let promise: Promise = promise
            .dyn_into()
            .map_err(|_| "the import gave no promise".to_owned())?;
        let bundle = JsFuture::from(promise).await.map_err(|error| message(&error))?;
        let on_change = Closure::<dyn FnMut(String)>::new(on_change);
        let editor = function(&bundle, "open")?
            .call3(&JsValue::NULL, &host, &text.into(), on_change.as_ref())
            .map_err(|error| message(&error))?;
        Ok(Self {
            editor: editor.dyn_into().map_err(|_| "the editor is no object".to_owned())?,
            _on_change: on_change,
        })
    }

    fn call(&self, name: &str, argument: &JsValue) {
        if let Ok(function) = function(&self.editor, name) {
            // What the editor refuses, it shows by itself.
            function.call1(&self.editor, argument).ok();
        }
    }

    /// Replaces the text.
    pub(super) fn set_text(&self, text: &str) {
        self.call("setText", &text.into());
    }

    /// Underlines what is wrong in `text`, which must be the editor's own.
    pub(super) fn set_diagnostics(&self, text: &str, found: &[Diagnostic]) {
        let list: Array = found.iter().map(|diagnostic| marked(text, diagnostic)).collect();
        self.call("setDiagnostics", &list);
    }
}

impl Drop for CodeEditor {
    fn drop(&mut self) {
        self.call("destroy", &JsValue::UNDEFINED);
    }
}

fn marked(text: &str, diagnostic: &Diagnostic) -> JsValue {
    let (from, to) = span(text, diagnostic.line, diagnostic.column);
    let severity = match diagnostic.severity {
        Severity::Error => "error",
        Severity::Warning => "warning",
    };
    let mut message = diagnostic.message.clone();
    if !diagnostic.hint.is_empty() {
        message.push('\n');
        message.push_str(&diagnostic.hint);
    }
    let mark = Object::new();
    let fields: [(&str, JsValue); 4] = [
        ("from", from.into()),
        ("to", to.into()),
        ("severity", severity.into()),
        ("message", message.into()),
    ];
    for (name, value) in fields {
        // It fails only for what is no object.
        Reflect::set(&mark, &name.into(), &value).ok();
    }
    mark.into()
}

/// The word at a line and a column, both from 1, in UTF-16 units.
fn span(text: &str, line: u32, column: u32) -> (u32, u32) {
    let units = |text: &str| u32::try_from(text.encode_utf16().count()).unwrap_or(u32::MAX);
    let mut start = 0;
    let mut lines = text.split('\n');
    for before in lines.by_ref().take(line.saturating_sub(1) as usize) {
        start += units(before) + 1;
    }
    let own = lines.next().unwrap_or_default();
    let skipped: String = own.chars().take(column.saturating_sub(1) as usize).collect();
    let rest = &own[skipped.len()..];
    let is_end = |c: char| c.is_whitespace() || ":,]}".contains(c);
    let word = rest.find(is_end).map_or(rest, |end| &rest[..end]);
    let from = (start + units(&skipped)).min(units(text));
    // Nothing to underline: the sign in the margin has to do.
    (from, from + units(word))
}
