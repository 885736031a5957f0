//! The Nodes view: the control plane on top, then a card for each node, all of one size.

use super::grid::{CELL, CELL_HEIGHT_RATIO, best_columns, size_class};
use super::index::IdIndex;
use super::{Block, BlockKind, Census, Grid, Layout, Ports};
use crate::ui::scene::geometry::{Point, Rect};
use crate::view::scene::{NodeView, Place, Scene};

/// The head of a node's card: its name and its bars.
const HEADER: f64 = 58.0;
/// Between a card's edge and its pods.
const PAD: f64 = 12.0;
/// Between cards.
const GAP: f64 = 20.0;

/// The size of every node's card.
struct Card {
    columns: u32,
    w: f64,
    h: f64,
}

impl Card {
    /// A card with room for the fullest node.
    fn for_pods(count: u32) -> Self {
        let class = size_class(count);
        let columns = (f64::from(class) * 1.25).sqrt().ceil().max(3.0) as u32;
        let rows = class.div_ceil(columns);
        let w = 2.0 * PAD + f64::from(columns) * CELL;
        Self {
            columns,
            w,
            h: HEADER + f64::from(rows) * CELL * CELL_HEIGHT_RATIO + PAD,
        }
    }
}

/// The strip above the nodes.
struct Strip {
    unit: f64,
    control_plane: Rect,
    queue: Rect,
    height: f64,
}

impl Strip {
    /// A strip as wide as the nodes below. On a large cluster it grows with them, to be legible when all is in sight.
    fn new(width: f64, aspect: f64) -> Self {
        let stacked = aspect < 0.9;
        let unit = if stacked {
            (width / 480.0).max(0.7)
        } else {
            (width / 1180.0).max(1.0)
        };
        let gap = GAP * unit;
        if stacked {
            let control_plane = Rect::new(0.0, 0.0, width, 148.0 * unit);
            let queue = Rect::new(0.0, control_plane.h + gap, width, 116.0 * unit);
            return Self {
                unit,
                control_plane,
                queue,
                height: queue.bottom() + gap,
            };
        }
        let height = 136.0 * unit;
        let queue = Rect::new(0.0, 0.0, (width - gap) * 0.36, height);
        let control_plane = Rect::new(queue.right() + gap, 0.0, width - queue.w - gap, height);
        Self {
            unit,
            control_plane,
            queue,
            height: height + gap,
        }
    }

    fn blocks(&self, waiting_count: u32) -> [Block; 2] {
        let inset = PAD * self.unit;
        let head = 36.0 * self.unit;
        let queue = self.queue;
        let room = Rect::new(
            queue.x + inset,
            queue.y + head,
            queue.w - 2.0 * inset,
            queue.h - head - inset,
        );
        let grid = Grid::filling(room, size_class(waiting_count), self.unit);
        [
            Block::new(BlockKind::ControlPlane, self.control_plane, self.unit, Grid::default()),
            Block::new(BlockKind::Queue, queue, self.unit, grid),
        ]
    }
}

pub(super) fn layout(scene: &Scene, census: &Census, aspect: f64) -> Layout {
    let (block_of, counts) = blocks_of_pods(scene, census);
    let card = Card::for_pods(counts[1..].iter().copied().max().unwrap_or(0));
    let node_count = scene.nodes.len() as u32;
    let width_min: f64 = if aspect < 0.9 { 360.0 } else { 760.0 };
    let width_of = |columns: u32| (f64::from(columns) * (card.w + GAP) - GAP).max(width_min);
    let columns = best_columns(node_count.max(1), aspect, |columns| {
        let rows = f64::from(node_count.div_ceil(columns));
        let width = width_of(columns);
        (width, Strip::new(width, aspect).height + rows * (card.h + GAP))
    });
    let width = width_of(columns);
    let strip = Strip::new(width, aspect);
    let mut layout = Layout {
        downwards: true,
        ..Layout::default()
    };
    layout.blocks.extend(strip.blocks(counts[0]));
    let used = f64::from(columns.min(node_count.max(1))) * (card.w + GAP) - GAP;
    let left = ((width - used) / 2.0).max(0.0);
    for (index, node) in scene.nodes.iter().enumerate() {
        let (column, row) = (index as u32 % columns, index as u32 / columns);
        let at = Point::new(
            left + f64::from(column) * (card.w + GAP),
            strip.height + f64::from(row) * (card.h + GAP),
        );
        add_node(
            &mut layout,
            index as u32,
            node,
            Rect::new(at.x, at.y, card.w, card.h),
            card.columns,
        );
    }
    layout.place_pods(&block_of);
    layout.measure();
    layout
}

fn add_node(layout: &mut Layout, index: u32, node: &NodeView, rect: Rect, columns: u32) {
    let grid = Grid {
        origin: Point::new(rect.x + PAD, rect.y + HEADER),
        columns,
        cell: CELL,
    };
    layout.blocks.push(Block::new(BlockKind::Node(index), rect, 1.0, grid));
    let entry = Point::new(rect.center().x, rect.y);
    layout.ports.insert(Place::Node(node.id), Ports { entry, exit: entry });
}

/// The block of each pod, and how many pods wait (at 0) and are on each node (at its index plus 1). Block 0 is the
/// control plane, block 1 the queue.
fn blocks_of_pods(scene: &Scene, census: &Census) -> (Vec<u32>, Vec<u32>) {
    let index = IdIndex::new(scene.nodes.iter().map(|node| node.id));
    let mut counts = vec![0; scene.nodes.len() + 1];
    let block_of = census.nodes().map(|node| {
        let place = node.and_then(|id| index.find(id)).map_or(0, |node| node + 1);
        counts[place as usize] += 1;
        place + 1
    });
    (block_of.collect(), counts)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::ui::scene::demo;
    use crate::ui::scene::layout::View;

    #[test]
    fn every_pod_stands_inside_its_own_card_and_alone() {
        for (nodes, pods) in [(0, 0), (0, 9), (1, 3), (3, 40), (100, 3_000)] {
            let scene = demo::scene(nodes, pods, 20_000_000_000);
            for aspect in [0.46, 1.0, 1.6, 3.0] {
                let layout = Layout::new(&scene, View::Nodes, aspect);
                assert_eq!(layout.slots().count(), scene.pods.len());
                let mut seen = crate::sim::btree::BTreeSet::new();
                for (pod, slot) in scene.pods.iter().zip(layout.slots()) {
                    let block = &layout.blocks[slot.block as usize];
                    assert!(
                        block.rect.contains(slot.center),
                        "{} in {nodes}/{pods} at {aspect}",
                        pod.name
                    );
                    assert!(
                        seen.insert((slot.center.x.to_bits(), slot.center.y.to_bits())),
                        "{} is on another",
                        pod.name
                    );
                    let want = pod
                        .node
                        .map_or(BlockKind::Queue, |id| BlockKind::Node(index_of(&scene, id)));
                    assert_eq!(block.kind, want);
                }
            }
        }
    }

    fn index_of(scene: &Scene, id: u64) -> u32 {
        scene.nodes.iter().position(|node| node.id == id).unwrap() as u32
    }

    #[test]
    fn cards_never_overlap() {
        let layout = Layout::new(&demo::scene(7, 60, 5_000_000_000), View::Nodes, 1.6);
        for (index, a) in layout.blocks.iter().enumerate() {
            for b in &layout.blocks[index + 1..] {
                assert!(!a.rect.intersects(b.rect), "{:?} and {:?}", a.kind, b.kind);
            }
        }
    }

    #[test]
    fn the_world_has_about_the_shape_of_the_screen() {
        for aspect in [0.5, 1.6, 2.5] {
            let layout = Layout::new(&demo::scene(200, 5_000, 20_000_000_000), View::Nodes, aspect);
            let got = layout.bounds.w / layout.bounds.h;
            assert!((got / aspect).log2().abs() < 0.5, "wanted {aspect}, got {got}");
        }
    }
}
