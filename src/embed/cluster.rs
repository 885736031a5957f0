//! The class `Cluster`.

use std::cell::RefCell;
use std::rc::Rc;

use js_sys::{Function, Object, Promise, Reflect};
use serde::Deserialize;
use serde_json::{Value, json};
use wasm_bindgen::closure::Closure;
use wasm_bindgen::prelude::wasm_bindgen;
use wasm_bindgen::{JsCast, JsError, JsValue};

use super::outbox::{Outbox, outcome};
use super::values::{answer, body, milliseconds, options, pairs, target, text, time, to_js};
use crate::api::Str;
use crate::api::yaml::{Diagnostic, Severity};
use crate::apiserver::rest::Watch;
use crate::kubectl::Files;
use crate::network::{Origin, Request};
use crate::scenario::{Link, Options, Scenario};
use crate::session::{ApiRequest, Command, Exec, Place, Player, pack_files};
use crate::sim::{Duration, SimTime};
use crate::view::Report;

/// Events between two looks at the watches: the log of changes holds many times more.
const EVENTS_PER_LOOK: u32 = 1000;

/// A Kubernetes cluster on virtual time.
///
/// Time stands still but inside `advance` and `seek`. Callbacks are called, and promises settled, before the method that
/// caused it returns. An error that a callback throws does not stop the others: it is an unhandled rejection.
#[wasm_bindgen]
pub struct Cluster {
    state: Rc<RefCell<State>>,
}

struct State {
    player: Player,
    outbox: Outbox,
    /// Calls are being made, further out on the stack.
    is_delivering: bool,
}

#[derive(Default, Deserialize)]
#[serde(default)]
struct CreateOptions {
    scenario: String,
    seed: Option<u64>,
    nodes: Option<u32>,
    link: String,
}

/// Files by their names.
#[expect(clippy::disallowed_types, reason = "serde reads this map and no other")]
type Named = std::collections::BTreeMap<String, String>;

#[derive(Default, Deserialize)]
#[serde(default)]
struct KubectlOptions {
    stdin: String,
    files: Named,
}

#[derive(Default, Deserialize)]
#[serde(default)]
struct ExecOptions {
    namespace: String,
    pod: String,
    container: String,
    command: Vec<String>,
}

#[wasm_bindgen]
impl Cluster {
    /// Makes a cluster at the start of a scenario, or opens what a link holds.
    ///
    /// A scenario is a YAML stream: at most one `Scenario` document, then manifests. Bad documents are left out;
    /// `diagnostics` tells which and why. Throws when an option has a wrong type or the link cannot be read.
    pub fn create(
        #[wasm_bindgen(unchecked_optional_param_type = "CreateOptions", js_name = "options")] given: JsValue,
    ) -> Result<Self, JsError> {
        let given: CreateOptions = options("Cluster.create", given)?;
        let player = if given.link.is_empty() {
            let chosen = Options {
                seed: given.seed,
                nodes: given.nodes,
                ..Options::default()
            };
            Player::new(Scenario::read(&given.scenario), chosen)
        } else {
            open(&given.link, &given.scenario)?
        };
        let cluster = Self {
            state: Rc::new(RefCell::new(State {
                player,
                outbox: Outbox::default(),
                is_delivering: false,
            })),
        };
        // What happens at the very start is over when the caller has the cluster.
        let now = cluster.state.borrow().player.now();
        cluster.run(now);
        Ok(cluster)
    }

    /// What is wrong with the scenario, with line and column.
    #[wasm_bindgen(unchecked_return_type = "Diagnostic[]")]
    pub fn diagnostics(&self) -> JsValue {
        let state = self.state.borrow();
        let found: Vec<Value> = state.player.diagnostics().iter().map(diagnostic).collect();
        to_js(&found)
    }

    /// Applies manifests, as `kubectl apply -f -` does.
    #[wasm_bindgen(unchecked_return_type = "Invocation")]
    pub fn apply(&self, #[wasm_bindgen(unchecked_param_type = "string")] yaml: &JsValue) -> Result<JsValue, JsError> {
        let yaml = text("apply", "the YAML", yaml)?;
        Ok(self.start_kubectl("apply -f -".to_owned(), yaml))
    }

    /// Runs a kubectl command; `line` is what stands after the word `kubectl`.
    ///
    /// Takes no virtual time. `exitCode` is null while the command waits for the cluster: it goes on as time does, and
    /// `done` resolves when it has ended; `output` tells how far it is.
    #[wasm_bindgen(unchecked_return_type = "Invocation")]
    pub fn kubectl(
        &self,
        #[wasm_bindgen(unchecked_param_type = "string")] line: &JsValue,
        #[wasm_bindgen(unchecked_optional_param_type = "KubectlOptions", js_name = "options")] given: JsValue,
    ) -> Result<JsValue, JsError> {
        let line = text("kubectl", "the line", line)?;
        let given: KubectlOptions = options("kubectl", given)?;
        let files = Files {
            named: given.files.into_iter().collect(),
            stdin: given.stdin,
        };
        let line = line.trim();
        let line = line.strip_prefix("kubectl ").unwrap_or(line);
        Ok(self.start_kubectl(line.to_owned(), pack_files(&files)))
    }

    /// What a kubectl command printed so far; undefined when the cluster knows of no such command, or no longer.
    #[wasm_bindgen(unchecked_return_type = "Output | undefined")]
    pub fn output(&self, id: f64) -> JsValue {
        let state = self.state.borrow();
        let output = state.player.output(id as u64);
        output.map_or(JsValue::UNDEFINED, |output| to_js(&outcome(output)))
    }

    /// Sends a request to the API server: the verbs and paths of the Kubernetes REST API.
    ///
    /// Takes no virtual time and runs no component. A refusal is an answer too: its body is a `Status`. Throws when an
    /// option has a wrong type.
    #[wasm_bindgen(unchecked_return_type = "ApiResponse")]
    pub fn request(
        &self,
        #[wasm_bindgen(unchecked_param_type = "ApiRequest", js_name = "request")] given: &JsValue,
    ) -> Result<JsValue, JsError> {
        let request = api_request(given)?;
        let response = self.state.borrow_mut().player.request(&request);
        self.deliver();
        Ok(to_js(&json!({"status": response.code, "body": response.body})))
    }

    /// Watches the objects of a collection, as a GET with `watch=true` does.
    ///
    /// The events for what is there come at once, in order, each once; later ones when the world has changed. Without
    /// `onDone`, an end goes unnoticed: the server ends a watch after `timeoutSeconds`, and with an `ERROR` event when
    /// time went back. Throws when the path or a selector cannot be read.
    #[wasm_bindgen(unchecked_return_type = "Subscription")]
    pub fn watch(
        &self,
        #[wasm_bindgen(unchecked_param_type = "string")] path: &JsValue,
        #[wasm_bindgen(unchecked_param_type = "Pairs | undefined")] query: &JsValue,
        #[wasm_bindgen(unchecked_param_type = "(event: WatchEvent) => void", js_name = "onEvent")] on_event: &JsValue,
        #[wasm_bindgen(unchecked_optional_param_type = "() => void", js_name = "onDone")] on_done: &JsValue,
    ) -> Result<JsValue, JsError> {
        let path = text("watch", "the path", path)?;
        let request = ApiRequest {
            method: "GET".to_owned(),
            target: target(&path, &pairs("watch", query)?),
            ..ApiRequest::default()
        };
        let on_event = callback("watch", "onEvent", on_event)?;
        let on_done = match on_done {
            none if none.is_undefined() || none.is_null() => None,
            given => Some(callback("watch", "onDone", given)?),
        };
        let refuse = |message: &str| JsError::new(&format!("watch: {message}"));
        let request = request.decode().map_err(|_| refuse("the query has a body"))?;
        let lasts = request
            .param("timeoutSeconds")
            .and_then(|text| text.parse::<u64>().ok());
        let id = {
            let mut state = self.state.borrow_mut();
            let State { player, outbox, .. } = &mut *state;
            let watch =
                Watch::start(player.world().cluster.api(), &request).map_err(|status| refuse(&status.message))?;
            let ends_at = lasts.map_or(SimTime::NEVER, |seconds| {
                player.now() + Duration::from_millis(seconds.saturating_mul(1000))
            });
            outbox.watch(watch, on_event, on_done, ends_at)
        };
        self.deliver();
        Ok(self.subscription(id))
    }

    /// Runs a program in a container, as `kubectl exec` does. Without a container, in the first one of the pod.
    ///
    /// The promise resolves when the program has ended: at once where it needs no time, else as time moves. It rejects
    /// when the program cannot be started.
    #[wasm_bindgen(unchecked_return_type = "Promise<Output>")]
    pub fn exec(
        &self,
        #[wasm_bindgen(unchecked_param_type = "ExecOptions", js_name = "options")] given: JsValue,
    ) -> Promise {
        let exec = match options::<ExecOptions>("exec", given).and_then(exec_command) {
            Ok(exec) => exec,
            Err(error) => return Promise::reject(&error.into()),
        };
        let number = self.state.borrow_mut().player.act(Command::Exec(exec));
        let promise = self.promise(number, true);
        self.deliver();
        promise
    }

    /// Sends a request through the simulated network: from the internet, where `from` names no pod or node.
    ///
    /// Takes no virtual time: the answer says how long it would have taken. Where there is none, `status` is 0 and
    /// `error` says why, in curl's words. Throws when an option has a wrong type.
    #[wasm_bindgen(unchecked_return_type = "FetchResponse")]
    pub fn fetch(
        &self,
        #[wasm_bindgen(unchecked_param_type = "FetchRequest", js_name = "request")] given: &JsValue,
    ) -> Result<JsValue, JsError> {
        let request = network_request(given)?;
        let outcome = self.state.borrow_mut().player.fetch(&request);
        self.deliver();
        Ok(to_js(&answer(&request, &outcome)))
    }

    /// Tells all that happens in the cluster from now on: each change of an object, each request through the network.
    ///
    /// When `seek` goes back, one event says so, and the telling goes on from there.
    #[wasm_bindgen(unchecked_return_type = "Subscription")]
    pub fn subscribe(
        &self,
        #[wasm_bindgen(unchecked_param_type = "(event: ClusterEvent) => void", js_name = "onEvent")] on_event: &JsValue,
    ) -> Result<JsValue, JsError> {
        let on_event = callback("subscribe", "onEvent", on_event)?;
        let id = {
            let mut state = self.state.borrow_mut();
            let State { player, outbox, .. } = &mut *state;
            outbox.follow(player, on_event)
        };
        Ok(self.subscription(id))
    }

    /// Lets milliseconds of virtual time pass. Gives the instant.
    pub fn advance(&self, #[wasm_bindgen(unchecked_param_type = "number")] ms: &JsValue) -> Result<f64, JsError> {
        let span = time("advance", ms)?;
        let now = self.state.borrow().player.now();
        self.run(SimTime(now.0.saturating_add(span.0)));
        Ok(self.now())
    }

    /// The instant, in milliseconds of virtual time since the start.
    pub fn now(&self) -> f64 {
        milliseconds(self.state.borrow().player.now())
    }

    /// Shows the instant `ms`: goes on to it, or back. A look at the past changes nothing; an act in the past begins
    /// another history. On the way back all watches end, and the promises that wait reject.
    pub fn seek(&self, #[wasm_bindgen(unchecked_param_type = "number")] ms: &JsValue) -> Result<(), JsError> {
        let at = time("seek", ms)?;
        if at >= self.state.borrow().player.now() {
            self.run(at);
            return Ok(());
        }
        {
            let mut state = self.state.borrow_mut();
            state.player.seek(at);
            let State { player, outbox, .. } = &mut *state;
            outbox.expire(player);
        }
        self.deliver();
        Ok(())
    }

    /// All objects and events as they are now, as `kubarium run -o json` prints them; `now` is in nanoseconds.
    #[wasm_bindgen(unchecked_return_type = "Snapshot")]
    pub fn snapshot(&self) -> JsValue {
        let state = self.state.borrow();
        let mut document = Report::default().document(&state.player.world().cluster);
        if let Some(fields) = document.as_object_mut() {
            fields.remove("trace");
        }
        to_js(&document)
    }

    /// The link to this cluster at this instant: `#v1:` and so on, to be put behind the address of the page.
    pub fn link(&self) -> String {
        self.state.borrow().player.link("", Value::Null).encode()
    }

    /// The hash of the whole state. The same scenario, seed and acts give the same hash everywhere.
    pub fn hash(&self) -> String {
        format!("{:016x}", self.state.borrow().player.world().cluster.state_hash())
    }
}

impl Cluster {
    fn start_kubectl(&self, line: String, stdin: String) -> JsValue {
        let (number, output) = {
            let player = &mut self.state.borrow_mut().player;
            let number = player.act(Command::Kubectl { line, stdin });
            (number, player.output(number).cloned().unwrap_or_default())
        };
        let mut shown = outcome(&output);
        shown["id"] = json!(number);
        let shown = to_js(&shown);
        set(&shown, "done", &self.promise(number, false));
        self.deliver();
        shown
    }

    /// A promise of the outcome of command `number`.
    fn promise(&self, number: u64, rejects: bool) -> Promise {
        Promise::new(&mut |resolve, reject| {
            self.state.borrow_mut().outbox.promise(number, resolve, reject, rejects);
        })
    }

    /// `{stop}` of a watch. It holds nothing alive.
    fn subscription(&self, id: u64) -> JsValue {
        let state = Rc::downgrade(&self.state);
        let stop = Closure::<dyn Fn()>::new(move || {
            if let Some(state) = state.upgrade() {
                state.borrow_mut().outbox.stop(id);
            }
        });
        let subscription = Object::new().into();
        set(&subscription, "stop", &stop.into_js_value());
        subscription
    }

    /// Goes on to `until`, looking at the watches on the way.
    fn run(&self, until: SimTime) {
        loop {
            let progress = {
                let mut state = self.state.borrow_mut();
                let mut left = EVENTS_PER_LOOK;
                let progress = state.player.run(until, &mut || {
                    left -= 1;
                    left > 0
                });
                let State { player, outbox, .. } = &mut *state;
                outbox.collect(player);
                progress
            };
            if progress == crate::session::Progress::Done {
                break;
            }
        }
        self.deliver();
    }

    /// Makes the calls that are due. One that is made inside another waits for its turn.
    fn deliver(&self) {
        {
            let mut state = self.state.borrow_mut();
            let State { player, outbox, .. } = &mut *state;
            outbox.collect(player);
            if std::mem::replace(&mut state.is_delivering, true) {
                return;
            }
        }
        while let Some(call) = self.next_call() {
            if let Err(error) = call.function.call1(&JsValue::UNDEFINED, &call.argument) {
                // Nobody holds this promise: the host reports it as an unhandled rejection.
                drop(Promise::reject(&error));
            }
        }
        self.state.borrow_mut().is_delivering = false;
    }

    fn next_call(&self) -> Option<super::outbox::Call> {
        self.state.borrow_mut().outbox.next()
    }
}

/// Sets a field of an object that was made here.
fn set(object: &JsValue, name: &str, value: &JsValue) {
    Reflect::set(object, &name.into(), value).expect("a fresh object takes a field");
}

/// The session of a link; `text` is its scenario's, where the link only names it.
fn open(link: &str, text: &str) -> Result<Player, JsError> {
    let link = Link::decode(link).map_err(|error| JsError::new(&format!("Cluster.create: {error}")))?;
    if !link.gallery.is_empty() && text.is_empty() {
        let name = &link.gallery;
        return Err(JsError::new(&format!(
            "Cluster.create: the link names the scenario {name:?} of the gallery: give its text as `scenario`"
        )));
    }
    let text = if link.gallery.is_empty() { &link.text } else { text };
    Player::open(&link, text).map_err(|error| JsError::new(&format!("Cluster.create: {error}")))
}

fn callback(method: &str, name: &str, value: &JsValue) -> Result<Function, JsError> {
    let function = value.dyn_ref::<Function>().cloned();
    function.ok_or_else(|| JsError::new(&format!("{method}: {name} is no function")))
}

/// The field `name` of what the method `of` was given.
fn field(of: &str, given: &JsValue, name: &str) -> Result<JsValue, JsError> {
    if !given.is_object() {
        return Err(JsError::new(&format!("{of}: the request is no object")));
    }
    Reflect::get(given, &name.into()).map_err(|_| JsError::new(&format!("{of}: {name} cannot be read")))
}

/// A text that may be left out.
fn text_or(of: &str, given: &JsValue, name: &str, default: &str) -> Result<String, JsError> {
    match field(of, given, name)? {
        none if none.is_undefined() || none.is_null() => Ok(default.to_owned()),
        value => text(of, name, &value),
    }
}

/// The method of a request, in capitals.
fn http_method(of: &str, given: &JsValue) -> Result<String, JsError> {
    Ok(text_or(of, given, "method", "GET")?.to_ascii_uppercase())
}

fn network_request(given: &JsValue) -> Result<Request, JsError> {
    const NAME: &str = "fetch";
    let url = text(NAME, "the url", &field(NAME, given, "url")?)?;
    let from = text_or(NAME, given, "from", "internet")?;
    let headers = pairs(NAME, &field(NAME, given, "headers")?)?;
    Ok(Request {
        from: Origin::parse(&from).map_err(|why| JsError::new(&format!("{NAME}: {why}")))?,
        method: http_method(NAME, given)?.into(),
        url: url.into(),
        headers: headers
            .into_iter()
            .map(|(name, value)| (name.into(), value.into()))
            .collect(),
        body: body(NAME, &field(NAME, given, "body")?)?.into(),
    })
}

fn api_request(given: &JsValue) -> Result<ApiRequest, JsError> {
    const NAME: &str = "request";
    let method = http_method(NAME, given)?;
    let field = |name: &str| field(NAME, given, name);
    let headers = pairs(NAME, &field("headers")?)?;
    let content_type = headers
        .iter()
        .find(|(name, _)| name.eq_ignore_ascii_case("content-type"));
    Ok(ApiRequest {
        method,
        target: target(
            &text(NAME, "the path", &field("path")?)?,
            &pairs(NAME, &field("query")?)?,
        ),
        content_type: content_type
            .map(|(_, value)| value.replace(' ', ""))
            .unwrap_or_default(),
        body: body(NAME, &field("body")?)?,
    })
}

fn exec_command(given: ExecOptions) -> Result<Exec, JsError> {
    for (name, value) in [
        ("namespace", &given.namespace),
        ("pod", &given.pod),
        ("container", &given.container),
    ] {
        if value.contains(|c: char| c.is_whitespace() || "'\"\\".contains(c)) {
            return Err(JsError::new(&format!("exec: {name} {value:?} is no name")));
        }
    }
    if given.pod.is_empty() || given.command.is_empty() {
        return Err(JsError::new("exec: it needs a pod and a command"));
    }
    let namespace = if given.namespace.is_empty() {
        "default"
    } else {
        &given.namespace
    };
    Ok(Exec {
        place: Place {
            namespace: namespace.into(),
            pod: given.pod.as_str().into(),
            container: given.container.as_str().into(),
        },
        command: given.command.iter().map(|word| Str::from(word.as_str())).collect(),
    })
}

fn diagnostic(found: &Diagnostic) -> Value {
    json!({
        "severity": if found.severity == Severity::Error { "error" } else { "warning" },
        "message": found.message,
        "line": found.line,
        "column": found.column,
        "path": found.path,
        "hint": found.hint,
    })
}
