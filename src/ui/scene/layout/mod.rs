//! Where everything stands: a pure function of the scene, the view and the shape of the screen.
//!
//! The world is made of blocks (cards). Each pod has a slot in one block's grid. The same scene always gives the same
//! layout, so that everyone who opens a link sees the same picture.

mod census;
mod grid;
mod index;
mod nodes;
mod owners;
mod traffic;

pub use census::Census;
pub use grid::{CELL, CELL_HEIGHT_RATIO, Grid};
pub(super) use owners::differ as owners_differ;

use super::geometry::{Curve, Point, Rect};
use crate::sim::Arrange;
use crate::sim::btree::BTreeMap;
use crate::view::scene::{Place, Scene};

/// Which picture of the cluster.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum View {
    /// Where pods are.
    #[default]
    Nodes,
    /// How requests reach them.
    Traffic,
    /// Whose they are.
    Owners,
}

impl View {
    /// All views, in the order of the switch.
    pub const ALL: [Self; 3] = [Self::Nodes, Self::Traffic, Self::Owners];

    /// Its name in links.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Self::Nodes => "nodes",
            Self::Traffic => "traffic",
            Self::Owners => "owners",
        }
    }

    /// The view of that name; the first one where there is none.
    #[must_use]
    pub fn named(name: Option<&str>) -> Self {
        let found = Self::ALL.into_iter().find(|view| Some(view.name()) == name);
        found.unwrap_or_default()
    }

    /// The next one of the switch.
    #[must_use]
    pub fn next(self) -> Self {
        let place = Self::ALL.iter().position(|view| *view == self).unwrap_or(0);
        Self::ALL[(place + 1) % Self::ALL.len()]
    }
}

/// What a block stands for. Numbers index the scene's lists.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum BlockKind {
    /// The API server, the scheduler and the controllers.
    ControlPlane,
    /// Pods that wait for the scheduler.
    Queue,
    /// A node.
    Node(u32),
    /// The world outside.
    Internet,
    /// An Ingress.
    Ingress(u32),
    /// A Service.
    Service(u32),
    /// The pods behind a Service.
    Endpoints(u32),
    /// Pods behind no Service, or of no workload.
    Loose,
    /// A workload.
    Owner(u32),
    /// The pods of a workload.
    Owned(u32),
}

/// A card.
#[derive(Clone, Debug, PartialEq)]
pub struct Block {
    /// What it stands for.
    pub kind: BlockKind,
    /// Where it is, world units.
    pub rect: Rect,
    /// How large its texts are: 1 is their usual size.
    pub unit: f64,
    /// Where its pods stand.
    pub grid: Grid,
    /// Its pods: a range of [`Layout::order`].
    pub pods: std::ops::Range<usize>,
}

impl Block {
    fn new(kind: BlockKind, rect: Rect, unit: f64, grid: Grid) -> Self {
        Self {
            kind,
            rect,
            unit,
            grid,
            pods: 0..0,
        }
    }
}

/// Where a pod stands.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
pub struct Slot {
    /// The middle of its cell.
    pub center: Point,
    /// The width of its cell, world units.
    pub cell: f64,
    /// Its block.
    pub block: u32,
}

/// What an edge says.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum LinkKind {
    /// Requests may go this way.
    Route,
    /// A ready endpoint.
    Ready,
    /// An endpoint without traffic.
    NotReady,
    /// An endpoint on its way out.
    Terminating,
}

/// An edge.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Link {
    /// Its course, world units.
    pub curve: Curve,
    /// What it says.
    pub kind: LinkKind,
    /// The pod at its end, by index, if it ends at one.
    pub pod: Option<u32>,
}

/// Where requests enter and leave a place.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Ports {
    /// Where requests come in.
    pub entry: Point,
    /// Where they go on.
    pub exit: Point,
}

/// Where everything stands.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Layout {
    /// The whole world.
    pub bounds: Rect,
    /// Cards, those behind first.
    pub blocks: Vec<Block>,
    /// For each pod of the scene its block and its cell there.
    cells: Vec<(u32, u32)>,
    /// Indexes of pods, block by block.
    pub order: Vec<u32>,
    /// Edges.
    pub links: Vec<Link>,
    /// Ports of what is not a pod.
    pub ports: BTreeMap<Place, Ports>,
    /// Whether requests flow downwards rather than to the right.
    pub downwards: bool,
}

impl Layout {
    /// Lays the scene out for a screen of this aspect, width over height.
    #[must_use]
    pub fn new(scene: &Scene, view: View, aspect: f64) -> Self {
        Self::with_census(scene, &Census::of(scene), view, aspect)
    }

    /// The same, with a census at hand.
    #[must_use]
    pub fn with_census(scene: &Scene, census: &Census, view: View, aspect: f64) -> Self {
        match view {
            View::Nodes => nodes::layout(scene, census, aspect),
            View::Traffic => traffic::layout(scene, census, aspect),
            View::Owners => owners::layout(scene, census, aspect),
        }
    }

    /// Where the pod of this index stands.
    #[must_use]
    pub fn slot(&self, pod: usize) -> Slot {
        let (index, cell) = self.cells[pod];
        let grid = &self.blocks[index as usize].grid;
        Slot {
            center: grid.center(cell),
            cell: grid.cell,
            block: index,
        }
    }

    /// The block of the pod of this index.
    #[must_use]
    pub fn block_of(&self, pod: u32) -> u32 {
        self.cells[pod as usize].0
    }

    /// Where all pods stand, in the order of the scene.
    pub fn slots(&self) -> impl Iterator<Item = Slot> {
        (0..self.cells.len()).map(|pod| self.slot(pod))
    }

    /// The pods of a block, by index.
    #[must_use]
    pub fn pods_of(&self, block: &Block) -> &[u32] {
        &self.order[block.pods.clone()]
    }

    /// A curve that leaves and arrives the way requests flow here.
    #[must_use]
    pub fn curve(&self, from: Point, to: Point) -> Curve {
        if self.downwards {
            Curve::downwards(from, to)
        } else {
            Curve::sideways(from, to)
        }
    }

    /// Where an edge meets a pod in a cell of this middle and width: its rim, on the side that requests come from.
    #[must_use]
    pub fn pod_port(&self, center: Point, cell: f64) -> Point {
        let (dx, dy) = if self.downwards { (0.0, -0.4) } else { (-0.32, -0.1) };
        Point::new(center.x + dx * cell, center.y + dy * cell)
    }

    /// Gives each pod the next cell of its block's grid.
    fn place_pods(&mut self, block_of: &[u32]) {
        let mut next = vec![0_usize; self.blocks.len()];
        for &block in block_of {
            next[block as usize] += 1;
        }
        let mut start = 0;
        for (block, count) in self.blocks.iter_mut().zip(&mut next) {
            block.pods = start..start + *count;
            start = block.pods.end;
            *count = block.pods.start;
        }
        self.order = vec![0; block_of.len()];
        self.cells = Vec::with_capacity(block_of.len());
        for (pod, &index) in block_of.iter().enumerate() {
            let place = next[index as usize];
            next[index as usize] += 1;
            self.order[place] = pod as u32;
            self.cells
                .push((index, (place - self.blocks[index as usize].pods.start) as u32));
        }
    }

    /// Puts the pods of each block into the order of a number that they have.
    fn sort_pods(&mut self, number: impl Fn(u32) -> u32) {
        for block in &self.blocks {
            let pods = &mut self.order[block.pods.clone()];
            if pods.is_sorted_by_key(|&pod| number(pod)) {
                continue;
            }
            pods.arrange_by_key(|&pod| number(pod));
            for (cell, &pod) in (0_u32..).zip(pods.iter()) {
                self.cells[pod as usize].1 = cell;
            }
        }
    }

    fn measure(&mut self) {
        let rects = self.blocks.iter().map(|block| block.rect);
        self.bounds = rects.reduce(Rect::union).unwrap_or_default();
    }
}
