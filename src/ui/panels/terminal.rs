//! The terminal: kubectl commands and faults, with what they print as time passes.

use std::rc::Rc;

use web_sys::{HtmlElement, HtmlInputElement};
use yew::prelude::*;

use crate::kubectl::Output;
use crate::session::Command;
use crate::ui::components::{Icon, IconButton};
use crate::ui::format;
use crate::ui::handle::SessionHandle;
use crate::ui::hooks::{use_session, use_ui, use_view};
use crate::ui::i18n::Texts;
use crate::ui::state::Action;

/// Commands that are kept on the screen.
const KEPT: usize = 100;

/// A command and what it printed.
#[derive(Clone, PartialEq)]
struct Entry {
    line: String,
    at_ns: u64,
    /// Its number, while it may still print.
    running: Option<u64>,
    output: Output,
    /// What the page has to say about it.
    note: Option<String>,
}

/// The commands on the screen.
#[derive(Clone, Default, PartialEq)]
struct Screen {
    entries: Vec<Rc<Entry>>,
}

enum Print {
    Add(Entry),
    /// What a running command has printed by now.
    Update(u64, Output),
    Clear,
}

impl Reducible for Screen {
    type Action = Print;

    fn reduce(self: Rc<Self>, action: Print) -> Rc<Self> {
        let mut next = (*self).clone();
        match action {
            Print::Add(entry) => {
                // Of an earlier command nothing is heard any more.
                if let Some(last) = next.entries.last_mut() {
                    Rc::make_mut(last).running = None;
                }
                next.entries.push(Rc::new(entry));
                let surplus = next.entries.len().saturating_sub(KEPT);
                next.entries.drain(..surplus);
            }
            Print::Update(number, output) => {
                let mut running = next.entries.iter_mut().filter(|entry| entry.running == Some(number));
                if let Some(entry) = running.next() {
                    let entry = Rc::make_mut(entry);
                    if output.code.is_some() {
                        entry.running = None;
                    }
                    entry.output = output;
                }
            }
            Print::Clear => next.entries.clear(),
        }
        Rc::new(next)
    }
}

/// Does what a line says. The word kubectl may be left out.
fn run(session: &SessionHandle, line: &str, texts: Texts) -> Entry {
    let text = if Command::parse(line, "").is_ok() {
        line.to_owned()
    } else {
        format!("kubectl {line}")
    };
    let at_ns = session.look(|look| look.now_ns());
    let mut entry = Entry {
        line: text.clone(),
        at_ns,
        running: None,
        output: Output::default(),
        note: None,
    };
    if let Some(output) = session.look_up(&text) {
        entry.output = output;
        return entry;
    }
    let revision = session.look(|look| look.glass().revision());
    match session.act(&text, "") {
        Ok(number) => {
            entry.output = session
                .look(|look| look.player.output(number).cloned())
                .unwrap_or_default();
            entry.running = entry.output.code.is_none().then_some(number);
            entry.note = session.note_of_stored(revision, texts);
        }
        Err(error) => {
            entry.output.stderr = error.0;
            entry.output.code = Some(1);
        }
    }
    entry
}

/// The terminal.
#[component]
pub fn Terminal() -> Html {
    let (session, ui) = (use_session(), use_ui());
    let texts = ui.texts();
    let screen = use_reducer(Screen::default);
    let (input, output) = (use_node_ref(), use_node_ref());
    let place = use_mut_ref(|| None::<usize>);
    let running = screen.entries.last().and_then(|entry| entry.running);
    let heard = use_view(running, |look, running| {
        let number = (*running)?;
        Some((number, look.player.output(number)?.clone()))
    });
    use_effect_with(heard, {
        let dispatcher = screen.dispatcher();
        move |heard| {
            if let Some((number, output)) = &**heard {
                dispatcher.dispatch(Print::Update(*number, output.clone()));
            }
        }
    });
    use_effect_with((ui.terminal, input.clone()), |(open, input)| {
        if let Some(input) = input.cast::<HtmlElement>().filter(|_| *open) {
            // It fails only for what is gone.
            input.focus().ok();
        }
    });
    use_effect_with((screen.entries.clone(), output.clone()), |(_, output)| {
        if let Some(output) = output.cast::<HtmlElement>() {
            output.set_scroll_top(output.scroll_height());
        }
    });
    if !ui.terminal {
        return Html::default();
    }
    let submit = {
        let (input, place, dispatcher) = (input.clone(), place.clone(), screen.dispatcher());
        Callback::from(move |event: SubmitEvent| {
            event.prevent_default();
            let Some(input) = input.cast::<HtmlInputElement>() else {
                return;
            };
            let line = input.value().trim().to_owned();
            *place.borrow_mut() = None;
            if !line.is_empty() {
                input.set_value("");
                dispatcher.dispatch(Print::Add(run(&session, &line, texts)));
            }
        })
    };
    let keys = {
        let entries = screen.entries.clone();
        Callback::from(move |event: KeyboardEvent| browse(&event, &entries, &mut place.borrow_mut()))
    };
    let clear = {
        let dispatcher = screen.dispatcher();
        Callback::from(move |()| dispatcher.dispatch(Print::Clear))
    };
    let close = {
        let dispatcher = ui.dispatcher();
        Callback::from(move |()| dispatcher.dispatch(Action::Terminal(false)))
    };
    html! {
        <section class="terminal" aria-label={texts.get("terminal.label")}>
            <header class="terminal-head">
                <h2>{ texts.get("terminal.label") }</h2>
                <p class="terminal-hint">{ texts.get("terminal.hint") }</p>
                <button type="button" class="button quiet small" onclick={clear.reform(|_: MouseEvent| ())}>{ texts.get("terminal.clear") }</button>
                <IconButton icon={Icon::Close} label={texts.get("close")} onclick={close} />
            </header>
            <div ref={output} class="terminal-output" role="log" aria-label={texts.get("terminal.output")} tabindex="0">
                { for screen.entries.iter().map(|entry| printed(entry, &texts.get("terminal.running"))) }
            </div>
            <form class="terminal-line" onsubmit={submit}>
                <span class="prompt" aria-hidden="true">{ "$" }</span>
                <input ref={input} class="terminal-input" type="text" autocomplete="off" autocapitalize="off" spellcheck="false"
                    placeholder={texts.get("terminal.placeholder")} aria-label={texts.get("terminal.label")} onkeydown={keys} />
            </form>
        </section>
    }
}

fn printed(entry: &Rc<Entry>, waits: &str) -> Html {
    html! {
        <div class="printed">
            <p class="command"><span class="prompt" aria-hidden="true">{ "$" }</span>{ entry.line.clone() }
                <span class="command-time">{ format::clock(entry.at_ns) }</span></p>
            if !entry.output.stdout.is_empty() { <pre>{ entry.output.stdout.clone() }</pre> }
            if !entry.output.stderr.is_empty() { <pre class="stderr">{ entry.output.stderr.clone() }</pre> }
            if let Some(note) = &entry.note { <p class="waits">{ note.clone() }</p> }
            if entry.running.is_some() { <p class="waits">{ waits.to_owned() }</p> }
        </div>
    }
}

/// The arrow keys go through what was typed before.
fn browse(event: &KeyboardEvent, entries: &[Rc<Entry>], place: &mut Option<usize>) {
    let last = entries.len().checked_sub(1);
    let next = match (event.key().as_str(), *place) {
        ("ArrowUp", None) => last,
        ("ArrowUp", Some(at)) => Some(at.saturating_sub(1)),
        ("ArrowDown", Some(at)) if Some(at) < last => Some(at + 1),
        ("ArrowDown", _) => None,
        _ => return,
    };
    event.prevent_default();
    *place = next;
    let input: HtmlInputElement = event.target_unchecked_into();
    input.set_value(next.and_then(|at| entries.get(at)).map_or("", |entry| &entry.line));
}
