//! The Owners view: each workload, what it owns, and the pods in the end. Trees grow to the right; on a narrow screen they
//! are outlines, each level a little further in.

use super::grid::{CELL, CELL_HEIGHT_RATIO, best_columns};
use super::index::IdIndex;
use super::traffic::Stacks;
use super::{Block, BlockKind, Census, Grid, Layout, Link, LinkKind};
use crate::sim::Arrange;
use crate::ui::scene::geometry::{Curve, Point, Rect};
use crate::view::scene::{OwnerView, Scene};

/// The width of a workload's card: the arithmetic of a rollout fits, with figures of two digits.
const CARD_W: f64 = 280.0;
/// Its head, and what a line and a bar add to it. The first line tells its kind.
const HEAD_H: f64 = 42.0;
const LINE_H: f64 = 17.0;
const GAUGE_H: f64 = 13.0;
/// Between a card and what it owns.
const LEVEL_GAP: f64 = 56.0;
/// How far an outline goes in for each level.
const INDENT: f64 = 26.0;
const GAP: f64 = 16.0;
/// Between trees.
const TREE_GAP: f64 = 34.0;
const PAD: f64 = 10.0;
/// The head of the pods without an owner.
const LOOSE_HEAD: f64 = 30.0;
/// In groups larger than this pods stand closer, so that the cards stay legible.
const ROOMY_MAX: f64 = 48.0;

/// A workload's card and how much room all below it takes, or a group of pods.
struct Branch {
    kind: BlockKind,
    own: (f64, f64),
    whole: (f64, f64),
    columns: u32,
    below: Vec<Self>,
}

/// The height of a workload's card.
pub(super) fn card_height(owner: &OwnerView) -> f64 {
    let lines = owner.facts.len() as f64;
    let gauges = owner.facts.iter().filter(|fact| fact.gauge.is_some()).count() as f64;
    HEAD_H + (1.0 + lines) * LINE_H + gauges * GAUGE_H
}

/// What trees are made from.
struct Nursery<'a> {
    scene: &'a Scene,
    /// For each workload what it owns, by index.
    children: Vec<Vec<u32>>,
    /// For each workload how many pods it owns; those of nobody last.
    counts: Vec<u32>,
    cell: f64,
    outline: bool,
}

pub(super) fn layout(scene: &Scene, census: &Census, aspect: f64) -> Layout {
    let index = IdIndex::new(scene.owners.iter().map(|owner| owner.id));
    let nobody = scene.owners.len() as u32;
    let unit_of: Vec<u32> = census
        .owners()
        .map(|owner| owner.and_then(|id| index.find(id)).unwrap_or(nobody))
        .collect();
    let nursery = Nursery::new(scene, &index, &unit_of, aspect);
    let trees = nursery.trees(&index);
    let sizes: Vec<(f64, f64)> = trees.iter().map(|tree| tree.whole).collect();
    let stack_count = best_columns((trees.len() as u32).clamp(1, 60), aspect, |count| {
        Stacks::new(&sizes, count, TREE_GAP).size(TREE_GAP)
    });
    let mut plan = Plan {
        layout: Layout {
            downwards: nursery.outline,
            ..Layout::default()
        },
        block_of_unit: vec![0; scene.owners.len() + 1],
        cell: nursery.cell,
        outline: nursery.outline,
    };
    let mut x = 0.0;
    for (range, width, _) in Stacks::new(&sizes, stack_count, TREE_GAP).stacks {
        let mut y = 0.0;
        for tree in &trees[range] {
            plan.place(tree, Point::new(x, y), None);
            y += tree.whole.1 + TREE_GAP;
        }
        x += width + TREE_GAP;
    }
    let Plan {
        mut layout,
        block_of_unit,
        ..
    } = plan;
    let block_of: Vec<u32> = unit_of.iter().map(|&unit| block_of_unit[unit as usize]).collect();
    layout.place_pods(&block_of);
    layout.sort_pods(|pod| scene.pods[pod as usize].ordinal);
    layout.measure();
    layout
}

impl<'a> Nursery<'a> {
    fn new(scene: &'a Scene, index: &IdIndex, unit_of: &[u32], aspect: f64) -> Self {
        let mut counts = vec![0_u32; scene.owners.len() + 1];
        unit_of.iter().for_each(|&unit| counts[unit as usize] += 1);
        let mut children = vec![Vec::new(); scene.owners.len()];
        for (child, owner) in scene.owners.iter().enumerate() {
            if let Some(parent) = owner.parent.and_then(|id| index.find(id)) {
                children[parent as usize].push(child as u32);
            }
        }
        // The newest revision first.
        for own in &mut children {
            own.arrange_by_key(|&child| std::cmp::Reverse(scene.owners[child as usize].revision));
        }
        let fullest = f64::from(counts.iter().copied().max().unwrap_or(0));
        Self {
            scene,
            children,
            counts,
            cell: CELL * (ROOMY_MAX / fullest.max(ROOMY_MAX)).sqrt(),
            outline: aspect < 0.9,
        }
    }

    fn trees(&self, index: &IdIndex) -> Vec<Branch> {
        let is_root = |owner: &OwnerView| owner.parent.and_then(|id| index.find(id)).is_none();
        let roots = (0_u32..).zip(&self.scene.owners).filter(|(_, owner)| is_root(owner));
        let mut trees: Vec<Branch> = roots.map(|(root, _)| self.tree(root)).collect();
        let loose = self.counts[self.scene.owners.len()];
        if loose > 0 || trees.is_empty() {
            trees.push(self.pods(BlockKind::Loose, loose));
        }
        trees
    }

    fn tree(&self, owner: u32) -> Branch {
        let mut below: Vec<Branch> = self.children[owner as usize]
            .iter()
            .map(|&child| self.tree(child))
            .collect();
        let count = self.counts[owner as usize];
        if count > 0 {
            below.push(self.pods(BlockKind::Owned(owner), count));
        }
        let own = (CARD_W, card_height(&self.scene.owners[owner as usize]));
        let wide = below.iter().map(|branch| branch.whole.0).fold(0.0, f64::max);
        let high: f64 = below.iter().map(|branch| branch.whole.1 + GAP).sum();
        let whole = match (below.is_empty(), self.outline) {
            (true, _) => own,
            (false, true) => (own.0.max(INDENT + wide), own.1 + high),
            (false, false) => (own.0 + LEVEL_GAP + wide, own.1.max(high - GAP)),
        };
        Branch {
            kind: BlockKind::Owner(owner),
            own,
            whole,
            columns: 0,
            below,
        }
    }

    fn pods(&self, kind: BlockKind, count: u32) -> Branch {
        let columns = match count {
            0..=4 => count.max(1),
            5..=12 if self.outline => 4,
            5..=12 => count.div_ceil(2),
            _ => (f64::from(count) * 1.6).sqrt().ceil() as u32,
        };
        let (least, head) = if kind == BlockKind::Loose {
            (170.0, LOOSE_HEAD)
        } else {
            (0.0, PAD * 0.5)
        };
        let rows = f64::from(count.div_ceil(columns));
        let w = (2.0 * PAD + f64::from(columns) * self.cell).max(least);
        let own = (w, head + rows * self.cell * CELL_HEIGHT_RATIO + PAD * 0.5);
        Branch {
            kind,
            own,
            whole: own,
            columns,
            below: Vec::new(),
        }
    }
}

/// A layout being made.
struct Plan {
    layout: Layout,
    block_of_unit: Vec<u32>,
    cell: f64,
    outline: bool,
}

impl Plan {
    /// Places a branch whose room begins at a corner; an edge comes from its parent's card.
    fn place(&mut self, branch: &Branch, at: Point, parent: Option<Rect>) {
        let (w, h) = branch.own;
        let low = if self.outline { 0.0 } else { (branch.whole.1 - h) / 2.0 };
        let rect = Rect::new(at.x, at.y + low, w, h);
        if let Some(parent) = parent {
            self.link(parent, rect);
        }
        let head = if branch.kind == BlockKind::Loose {
            LOOSE_HEAD
        } else {
            PAD * 0.5
        };
        let grid = if branch.columns > 0 {
            Grid {
                origin: Point::new(rect.x + PAD, rect.y + head),
                columns: branch.columns,
                cell: self.cell,
            }
        } else {
            Grid::default()
        };
        let block = self.layout.blocks.len() as u32;
        self.layout.blocks.push(Block::new(branch.kind, rect, 1.0, grid));
        match branch.kind {
            BlockKind::Owned(owner) => self.block_of_unit[owner as usize] = block,
            BlockKind::Loose => *self.block_of_unit.last_mut().expect("nobody has a place") = block,
            _ => {}
        }
        let high: f64 = branch.below.iter().map(|below| below.whole.1 + GAP).sum();
        let mut next = if self.outline {
            Point::new(at.x + INDENT, rect.bottom() + GAP)
        } else {
            Point::new(rect.right() + LEVEL_GAP, at.y + (branch.whole.1 - (high - GAP)) / 2.0)
        };
        for below in &branch.below {
            self.place(below, next, Some(rect));
            next.y += below.whole.1 + GAP;
        }
    }

    fn link(&mut self, parent: Rect, child: Rect) {
        let to = Point::new(child.x, child.center().y);
        let curve = if self.outline {
            let from = Point::new(parent.x + INDENT / 2.0, parent.bottom());
            let corner = Point::new(from.x, to.y);
            Curve {
                points: [from, corner, corner, to],
            }
        } else {
            Curve::sideways(Point::new(parent.right(), parent.center().y), to)
        };
        self.layout.links.push(Link {
            curve,
            kind: LinkKind::Route,
            pod: None,
        });
    }
}

/// Whether the trees have another shape.
pub(in crate::ui::scene) fn differ(before: &Scene, after: &Scene) -> bool {
    let shape = |owner: &OwnerView| (owner.id, owner.parent, owner.revision, card_height(owner).to_bits());
    before.owners.len() != after.owners.len()
        || before
            .owners
            .iter()
            .zip(&after.owners)
            .any(|(a, b)| !std::rc::Rc::ptr_eq(a, b) && shape(a) != shape(b))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::ui::scene::demo;
    use crate::ui::scene::layout::View;

    #[test]
    fn nothing_overlaps_and_pods_stand_with_their_owners() {
        for (nodes, pods) in [(0, 0), (3, 20), (20, 400)] {
            let scene = demo::scene(nodes, pods, 20_000_000_000);
            for aspect in [0.46, 1.6] {
                let layout = Layout::new(&scene, View::Owners, aspect);
                for (index, a) in layout.blocks.iter().enumerate() {
                    for b in &layout.blocks[index + 1..] {
                        assert!(!a.rect.intersects(b.rect), "{:?} and {:?} at {aspect}", a.kind, b.kind);
                    }
                }
                for (pod, slot) in scene.pods.iter().zip(layout.slots()) {
                    let block = &layout.blocks[slot.block as usize];
                    assert!(block.rect.contains(slot.center), "{} at {aspect}", pod.name);
                    let owner = match block.kind {
                        BlockKind::Owned(index) => Some(scene.owners[index as usize].id),
                        _ => None,
                    };
                    assert_eq!(owner, pod.owner, "{}", pod.name);
                }
            }
        }
    }

    #[test]
    fn each_owner_is_linked_to_what_it_owns() {
        let scene = demo::scene(3, 20, 20_000_000_000);
        let layout = Layout::new(&scene, View::Owners, 1.6);
        let owned = scene.owners.iter().filter(|owner| owner.parent.is_some()).count();
        let groups = layout
            .blocks
            .iter()
            .filter(|block| matches!(block.kind, BlockKind::Owned(_)))
            .count();
        assert_eq!(layout.links.len(), owned + groups);
        assert!(
            layout
                .links
                .iter()
                .all(|link| link.curve.points[0].x < link.curve.points[3].x)
        );
    }

    #[test]
    fn numbered_pods_stand_in_order() {
        let mut scene = demo::scene(3, 24, 20_000_000_000);
        let count = scene.pods.len();
        for (place, pod) in scene.pods.iter_mut().enumerate() {
            std::rc::Rc::make_mut(pod).ordinal = (count - place) as u32;
        }
        let layout = Layout::new(&scene, View::Owners, 1.6);
        for block in &layout.blocks {
            let ordinals: Vec<u32> = layout
                .pods_of(block)
                .iter()
                .map(|&pod| scene.pods[pod as usize].ordinal)
                .collect();
            assert!(ordinals.is_sorted(), "{ordinals:?}");
            for (cell, &pod) in (0_u32..).zip(layout.pods_of(block)) {
                assert_eq!(layout.slot(pod as usize).center, block.grid.center(cell));
            }
        }
    }
}
