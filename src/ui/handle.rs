//! The session of the page: the player, its scene, and who wants to know of changes.
//!
//! It lives outside of Yew's components. They read it through [`crate::ui::hooks::use_view`], change it by what stands
//! here, and are told of changes at most ten times a second; the picture asks for its frames by itself.

use crate::sim::btree::BTreeMap;
use std::cell::{Cell, RefCell};
use std::rc::Rc;

use web_sys::Performance;

use crate::kubectl::{self, Files, Output};
use crate::scenario::Scenario;
use crate::session::{Command, CommandError, Player, Progress};
use crate::sim::SimTime;
use crate::ui::i18n::Texts;
use crate::ui::marks::Marks;
use crate::ui::pace::Pace;
use crate::ui::scene::{Frame, SceneHandle, SceneSource};
use crate::ui::selection::ObjectName;
use crate::view::scene::Scene;
use crate::view::{Glass, SceneKeeper, Why};

/// What the engine may take of a frame.
const BUDGET_MS: f64 = 6.0;
/// Panels are told no more often than this while time runs.
const NOTICE_MS: f64 = 100.0;

/// What is open, and its picture.
struct Open {
    player: Player,
    keeper: SceneKeeper,
    scene: Rc<Scene>,
    marks: Marks,
    /// Counts what was opened.
    number: u32,
}

/// What readers see.
#[derive(Clone, Copy)]
pub struct Look<'a> {
    /// The player.
    pub player: &'a Player,
    /// The picture.
    pub scene: &'a Rc<Scene>,
    /// Marks on the timeline.
    pub marks: &'a Marks,
    /// How quickly time passes really, when that is less than wanted; thousandths.
    pub lag_milli: Option<u32>,
    /// Counts what was opened in this page.
    pub number: u32,
}

impl<'a> Look<'a> {
    /// The cluster, to read.
    #[must_use]
    pub const fn glass(&self) -> Glass<'a> {
        Glass::new(&self.player.world().cluster)
    }

    /// Why an object is as it is; none for kinds about which there is nothing to say.
    #[must_use]
    pub fn why(&self, object: &ObjectName) -> Option<Why> {
        let mut owners = self.scene.owners.iter();
        let owner = owners.find(|owner| {
            owner.kind == object.kind && owner.name == object.name && owner.namespace == object.namespace
        });
        let own = || self.glass().why(object.find(self.glass())?);
        owner.map(|owner| owner.why()).or_else(own)
    }

    /// The instant, nanoseconds since the start.
    #[must_use]
    pub const fn now_ns(&self) -> u64 {
        self.player.now().0
    }
}

type Ear = Rc<dyn Fn()>;

/// The session of the page.
pub struct Session {
    open: RefCell<Open>,
    pace: RefCell<Pace>,
    ears: RefCell<BTreeMap<u32, Ear>>,
    ears_count: Cell<u32>,
    told_ms: Cell<f64>,
    untold: Cell<bool>,
    waker: RefCell<Option<Ear>>,
    in_sight: Cell<bool>,
    performance: Option<Performance>,
}

/// A shared session; two are equal when they are the same.
#[derive(Clone)]
pub struct SessionHandle(Rc<Session>);

impl PartialEq for SessionHandle {
    fn eq(&self, other: &Self) -> bool {
        Rc::ptr_eq(&self.0, &other.0)
    }
}

impl std::ops::Deref for SessionHandle {
    type Target = Session;

    fn deref(&self) -> &Session {
        &self.0
    }
}

/// Ends its subscription when dropped.
pub struct Subscription {
    session: SessionHandle,
    number: u32,
}

impl Drop for Subscription {
    fn drop(&mut self) {
        self.session.ears.borrow_mut().remove(&self.number);
    }
}

impl SessionHandle {
    /// A session that shows what a player plays.
    #[must_use]
    pub fn new(player: Player) -> Self {
        let mut open = Open {
            player,
            keeper: SceneKeeper::default(),
            scene: Rc::default(),
            marks: Marks::default(),
            number: 0,
        };
        open.refresh();
        Self(Rc::new(Session {
            open: RefCell::new(open),
            pace: RefCell::default(),
            ears: RefCell::default(),
            ears_count: Cell::default(),
            told_ms: Cell::default(),
            untold: Cell::default(),
            waker: RefCell::default(),
            in_sight: Cell::new(true),
            performance: web_sys::window().and_then(|window| window.performance()),
        }))
    }

    /// The same as a source of the picture.
    #[must_use]
    pub fn source(&self) -> SceneHandle {
        SceneHandle::new(self.0.clone())
    }

    /// Has `ear` called after changes, until the subscription is dropped.
    #[must_use]
    pub fn subscribe(&self, ear: impl Fn() + 'static) -> Subscription {
        let number = self.ears_count.get();
        self.ears_count.set(number + 1);
        self.ears.borrow_mut().insert(number, Rc::new(ear));
        Subscription {
            session: self.clone(),
            number,
        }
    }
}

impl Open {
    fn refresh(&mut self) {
        let cluster = &self.player.world().cluster;
        self.scene = self.keeper.update(cluster);
        self.marks.note(Glass::new(cluster));
    }
}

impl Session {
    /// Lets `read` look at what is open.
    pub fn look<T>(&self, read: impl FnOnce(Look<'_>) -> T) -> T {
        let open = self.open.borrow();
        read(Look {
            player: &open.player,
            scene: &open.scene,
            marks: &open.marks,
            lag_milli: self.pace.borrow().lag_milli(),
            number: open.number,
        })
    }

    /// Shows what another player plays.
    pub fn open(&self, player: Player) {
        let mut open = self.open.borrow_mut();
        open.player = player;
        open.keeper = SceneKeeper::default();
        open.marks = Marks::default();
        open.number += 1;
        drop(open);
        self.changed();
    }

    /// Changes the play: play, pause, step, seek, speed.
    pub fn play(&self, change: impl FnOnce(&mut Player)) {
        change(&mut self.open.borrow_mut().player);
        self.changed();
    }

    /// Does something to the cluster now, given as its text. Gives its number, for its output.
    ///
    /// # Errors
    /// When the text is no command.
    pub fn act(&self, text: &str, stdin: &str) -> Result<u64, CommandError> {
        let command = Command::parse(text, stdin)?;
        let mut open = self.open.borrow_mut();
        let now = open.player.now();
        open.marks.forget_after(now);
        open.marks.act(now);
        let number = open.player.act(command);
        drop(open);
        self.changed();
        Ok(number)
    }

    /// The objects made since a revision that nothing acts on yet, for a note: see [`crate::view::is_simulated`].
    #[must_use]
    pub fn note_of_stored(&self, revision: u64, texts: Texts) -> Option<String> {
        let stored = self.look(|look| look.glass().without_effect_after(revision));
        (!stored.is_empty()).then(|| texts.fill("stored.note", &[("what", &stored.join(", "))]))
    }

    /// What a kubectl command prints that only looks: it leaves no trace in the log and forgets no future.
    /// None when it does more than look, or waits.
    #[must_use]
    pub fn look_up(&self, text: &str) -> Option<Output> {
        const LOOKING: [&str; 7] = ["get", "describe", "logs", "explain", "api-resources", "version", "top"];
        let Ok(Command::Kubectl { line, .. }) = Command::parse(text, "") else {
            return None;
        };
        let words = kubectl::split(&line).ok()?;
        if !words.first().is_some_and(|verb| LOOKING.contains(&verb.as_str())) {
            return None;
        }
        let mut world = self.open.borrow().player.world().clone();
        let number = world.kubectl(&words, &Files::default());
        world.output(number).filter(|output| output.code.is_some()).cloned()
    }

    /// Takes back what was done last.
    pub fn undo(&self) {
        let mut open = self.open.borrow_mut();
        open.player.undo();
        open.marks = Marks::default();
        let times: Vec<SimTime> = open.player.log().map(|(at, _)| at).collect();
        times.into_iter().for_each(|at| open.marks.act(at));
        drop(open);
        self.changed();
    }

    /// A new cluster from `text`, at its start.
    pub fn start_over(&self, text: &str) {
        let mut player = Player::new(Scenario::read(text), crate::scenario::Options::default());
        player.set_speed(self.look(|look| look.player.speed()));
        self.open(player);
    }

    /// Whether the picture can be seen: out of sight, time stands still.
    pub fn set_in_sight(&self, in_sight: bool) {
        self.in_sight.set(in_sight);
        self.wake();
    }

    fn changed(&self) {
        self.open.borrow_mut().refresh();
        self.pace.borrow_mut().rest();
        self.tell();
        self.wake();
    }

    fn wake(&self) {
        let waker = self.waker.borrow().clone();
        if let Some(wake) = waker {
            wake();
        }
    }

    /// Tells all ears. Nothing is borrowed meanwhile.
    fn tell(&self) {
        self.untold.set(false);
        let ears: Vec<Ear> = self.ears.borrow().values().cloned().collect();
        for ear in ears {
            ear();
        }
    }

    fn now_ms(&self) -> f64 {
        self.performance.as_ref().map_or(0.0, Performance::now)
    }

    /// Lets time pass for a frame; says whether it runs.
    fn advance(&self, wall_ms: f64) -> bool {
        let open = &mut *self.open.borrow_mut();
        let mut pace = self.pace.borrow_mut();
        if !open.player.is_playing() || !self.in_sight.get() {
            pace.rest();
            return false;
        }
        let wall_ns = pace.elapsed_ns(wall_ms);
        let before = open.player.now();
        let deadline = self.now_ms() + BUDGET_MS;
        let progress = open.player.advance(wall_ns, &mut || self.now_ms() < deadline);
        let passed_ns = open.player.now().0 - before.0;
        pace.note(wall_ns, passed_ns, progress == Progress::Behind);
        open.refresh();
        self.untold.set(true);
        true
    }
}

impl SceneSource for Session {
    fn frame(&self, wall_ms: f64) -> Frame {
        let runs = self.advance(wall_ms);
        if self.untold.get() && (!runs || wall_ms - self.told_ms.get() >= NOTICE_MS) {
            self.told_ms.set(wall_ms);
            self.tell();
        }
        let open = self.open.borrow();
        Frame {
            scene: open.scene.clone(),
            now_ns: open.player.now().0,
            idle: !runs,
        }
    }

    fn set_waker(&self, waker: Option<Rc<dyn Fn()>>) {
        *self.waker.borrow_mut() = waker;
    }
}
