//! The drawer with the YAML editor.

use std::cell::RefCell;
use std::rc::Rc;

use gloo_timers::callback::Timeout;
use web_sys::{HtmlElement, HtmlTextAreaElement};
use yew::platform::spawn_local;
use yew::prelude::*;

use crate::api::yaml::{self, Diagnostic, Severity};
use crate::scenario::Scenario;
use crate::ui::code_editor::CodeEditor;
use crate::ui::components::{Button, Icon, IconButton};
use crate::ui::format;
use crate::ui::handle::SessionHandle;
use crate::ui::hooks::{use_session, use_ui, use_view};
use crate::ui::state::Action;
use crate::ui::storage;

/// How long after the last key the text is looked at.
const LOOK_MS: u32 = 250;
/// Problems that are listed.
const LISTED: usize = 5;

/// How the editor is.
#[derive(Clone, PartialEq)]
enum Load {
    Not,
    Loading,
    Ready,
    Failed(String),
}

/// What outlives a render: the editor, its text and that of the scenario, the timer of the next look.
#[derive(Default)]
struct Desk {
    editor: Option<CodeEditor>,
    text: String,
    base: String,
    timer: Option<Timeout>,
}

type DeskRef = Rc<RefCell<Desk>>;

/// The manifests of a text: the scenario's own document gives way to empty lines, so that places stay the same.
fn manifests(text: &str) -> String {
    let found = yaml::read(text);
    let is_own = |document: &&yaml::Document| {
        let version = document.value.get("apiVersion").and_then(serde_json::Value::as_str);
        version.is_some_and(|version| version.starts_with("kubarium.dev/"))
    };
    let own: Vec<_> = found
        .documents
        .iter()
        .filter(is_own)
        .map(|document| document.places.lines())
        .collect();
    let numbered = (1_u32..).zip(text.lines());
    let kept = numbered.map(|(number, line)| {
        if own.iter().any(|lines| lines.contains(&number)) {
            ""
        } else {
            line
        }
    });
    kept.collect::<Vec<_>>().join("\n")
}

/// Looks at the text and underlines what is wrong.
fn check(desk: &DeskRef) -> Vec<Diagnostic> {
    let desk = desk.borrow();
    let found = Scenario::read(&desk.text).diagnostics;
    if let Some(editor) = &desk.editor {
        editor.set_diagnostics(&desk.text, &found);
    }
    found
}

/// The drawer with the editor. It stays, hidden, once it was opened.
#[component]
pub fn EditorDrawer() -> Html {
    let (session, ui) = (use_session(), use_ui());
    let texts = ui.texts();
    let load = use_state_eq(|| Load::Not);
    let problems = use_state_eq(Vec::<Diagnostic>::new);
    let printed = use_state_eq(String::new);
    let desk: DeskRef = use_mut_ref(Desk::default);
    let host = use_node_ref();
    let look = {
        let (desk, problems) = (desk.clone(), problems.setter());
        use_callback((), move |(), ()| problems.set(check(&desk)))
    };
    let changed = {
        let (desk, look) = (desk.clone(), look.clone());
        use_callback((), move |text: String, ()| {
            let look = look.clone();
            let mut desk = desk.borrow_mut();
            storage::save_draft(&desk.base, &text);
            desk.text = text;
            desk.timer = Some(Timeout::new(LOOK_MS, move || look.emit(())));
        })
    };
    use_text_of_session(&desk, &look);
    if ui.editor && *load == Load::Not {
        load.set(Load::Loading);
    }
    use_effect_with((*load == Load::Loading, host.clone()), {
        let (desk, load, changed, look) = (desk.clone(), load.setter(), changed.clone(), look.clone());
        move |(wanted, host)| {
            if let Some(host) = host.cast::<HtmlElement>().filter(|_| *wanted) {
                spawn_local(open(host, desk, load, changed, look));
            }
        }
    });
    if *load == Load::Not {
        return Html::default();
    }
    let close = {
        let dispatcher = ui.dispatcher();
        Callback::from(move |()| dispatcher.dispatch(Action::Editor(false)))
    };
    let apply = {
        let (session, desk, printed, dispatcher) = (session.clone(), desk.clone(), printed.setter(), ui.dispatcher());
        Callback::from(move |()| {
            let revision = session.look(|look| look.glass().revision());
            let (mut text, bad) = apply(&session, &desk.borrow().text);
            if let Some(note) = session.note_of_stored(revision, texts) {
                text.push_str(&note);
            }
            printed.set(text);
            if !bad {
                let at = session.look(|look| format::clock(look.now_ns()));
                dispatcher.dispatch(Action::Say(
                    texts.fill("editor.applied", &[("time", &at)]).into(),
                    false,
                ));
            }
        })
    };
    let restart = {
        let (desk, printed) = (desk.clone(), printed.setter());
        Callback::from(move |()| {
            let text = desk.borrow().text.clone();
            printed.set(String::new());
            session.start_over(&text);
            session.play(crate::session::Player::play);
        })
    };
    let errors = problems
        .iter()
        .filter(|found| found.severity == Severity::Error)
        .count();
    html! {
        <section class={classes!("editor", (!ui.editor).then_some("shut"))} aria-label={texts.get("editor.title")}>
            <header class="editor-head">
                <h2>{ texts.get("editor.title") }</h2>
                <span class={classes!("editor-state", (errors > 0).then_some("bad"))} role="status">
                    { if errors > 0 { texts.fill("editor.errors", &[("count", &errors.to_string())]) } else { texts.get("editor.ok") } }
                </span>
                <IconButton icon={Icon::Close} label={texts.get("close")} onclick={close} />
            </header>
            <div ref={host} class="editor-host"></div>
            { match &*load {
                Load::Loading => html! { <p class="nothing" role="status">{ texts.get("editor.loading") }</p> },
                Load::Failed(why) => html! { <PlainField why={why.clone()} text={desk.borrow().text.clone()} {changed} /> },
                _ => Html::default(),
            } }
            if !problems.is_empty() {
                <ul class="editor-problems">{ for problems.iter().take(LISTED).map(|found| html! {
                    <li class={if found.severity == Severity::Error { "bad" } else { "warn" }}>
                        <b>{ format!("{}:{}", found.line, found.column) }</b>{ " " }{ found.message.clone() }
                        if !found.hint.is_empty() { <i>{ " " }{ found.hint.clone() }</i> }
                    </li>
                }) }</ul>
            }
            if !printed.is_empty() { <pre class="editor-output" tabindex="0">{ (*printed).clone() }</pre> }
            <footer class="editor-foot">
                <Button label={texts.get("editor.apply")} tip={texts.get("editor.apply.hint")} primary=true onclick={apply} />
                <Button label={texts.get("editor.restart")} tip={texts.get("editor.restart.hint")} icon={Icon::Restart} onclick={restart} />
                <p>{ texts.get("editor.scenario") }</p>
            </footer>
        </section>
    }
}

/// Takes over the text of what is open in the session, when that is another one.
#[hook]
fn use_text_of_session(desk: &DeskRef, look: &Callback<()>) {
    let text = use_view((), |look, ()| (look.number, look.player.scenario().text.clone()));
    let (desk, look) = (desk.clone(), look.clone());
    use_effect_with(text, move |seen| {
        let (number, own) = &**seen;
        // What was typed and not applied yet comes back with the page.
        let draft = if *number == 0 { storage::load_draft(own) } else { None };
        let text = draft.unwrap_or_else(|| own.clone());
        let editor = {
            let mut desk = desk.borrow_mut();
            desk.base.clone_from(own);
            desk.text.clone_from(&text);
            desk.editor.take()
        };
        // The editor calls back at once: nothing may be borrowed.
        if let Some(editor) = editor {
            editor.set_text(&text);
            desk.borrow_mut().editor = Some(editor);
        }
        look.emit(());
    });
}

/// Loads the editor into its place.
async fn open(
    host: HtmlElement,
    desk: DeskRef,
    load: UseStateSetter<Load>,
    changed: Callback<String>,
    look: Callback<()>,
) {
    let text = desk.borrow().text.clone();
    match CodeEditor::open(host, &text, move |text| changed.emit(text)).await {
        Ok(editor) => {
            desk.borrow_mut().editor = Some(editor);
            load.set(Load::Ready);
            look.emit(());
        }
        Err(why) => load.set(Load::Failed(why)),
    }
}

/// Applies the manifests of a text now. Gives what kubectl printed, and whether something went wrong.
fn apply(session: &SessionHandle, text: &str) -> (String, bool) {
    let number = match session.act("kubectl apply -f -", &manifests(text)) {
        Ok(number) => number,
        Err(error) => return (error.0, true),
    };
    let output = session
        .look(|look| look.player.output(number).cloned())
        .unwrap_or_default();
    let bad = output.code.is_some_and(|code| code != 0);
    (format!("{}{}", output.stdout, output.stderr), bad)
}

#[derive(Properties, PartialEq)]
struct PlainProps {
    why: String,
    text: String,
    changed: Callback<String>,
}

/// A plain field in place of the editor.
#[component]
fn PlainField(props: &PlainProps) -> Html {
    let texts = use_ui().texts();
    let oninput = props
        .changed
        .reform(|event: InputEvent| event.target_unchecked_into::<HtmlTextAreaElement>().value());
    html! {
        <>
            <p class="nothing">{ texts.fill("editor.failed", &[("why", &props.why)]) }</p>
            <textarea class="plain-editor" spellcheck="false" value={props.text.clone()} aria-label={texts.get("editor.title")} {oninput} />
        </>
    }
}
