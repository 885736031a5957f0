//! What is under a point, and what is next to it: on the layout's own data, never on pixels.

use super::geometry::{Point, Rect};
use super::layout::{Block, BlockKind};
use super::stage::Stage;

/// Something on the picture that can be pointed at, selected and acted on.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Target {
    /// A pod, by its id.
    Pod(u64),
    /// A node, by its id.
    Node(u64),
    /// A Service, by its id.
    Service(u64),
    /// An Ingress, by its id.
    Ingress(u64),
    /// A workload, by its id.
    Owner(u64),
    /// The world outside.
    Internet,
    /// The control plane.
    ControlPlane,
    /// The scheduler's queue.
    Queue,
}

/// A direction on the screen.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Direction {
    /// To the left.
    Left,
    /// To the right.
    Right,
    /// Up.
    Up,
    /// Down.
    Down,
}

/// What a block stands for.
fn target_of(stage: &Stage, block: &Block) -> Option<Target> {
    let scene = &stage.scene;
    match block.kind {
        BlockKind::ControlPlane => Some(Target::ControlPlane),
        BlockKind::Queue => Some(Target::Queue),
        BlockKind::Node(index) => Some(Target::Node(scene.nodes[index as usize].id)),
        BlockKind::Internet => Some(Target::Internet),
        BlockKind::Ingress(index) => Some(Target::Ingress(scene.ingresses[index as usize].id)),
        BlockKind::Service(index) | BlockKind::Endpoints(index) => {
            Some(Target::Service(scene.services[index as usize].id))
        }
        BlockKind::Owner(index) | BlockKind::Owned(index) => Some(Target::Owner(scene.owners[index as usize].id)),
        BlockKind::Loose => None,
    }
}

/// What is at a point of the world.
#[must_use]
pub fn at(stage: &Stage, point: Point) -> Option<Target> {
    let block = stage.layout.blocks.iter().find(|block| block.rect.contains(point))?;
    pod_at(stage, block, point).or_else(|| target_of(stage, block))
}

fn pod_at(stage: &Stage, block: &Block, point: Point) -> Option<Target> {
    let cell = block.grid.cell_at(point).filter(|_| block.grid.cell > 0.0)?;
    let pod = stage.layout.pods_of(block).get(cell as usize)?;
    Some(Target::Pod(stage.scene.pods[*pod as usize].id))
}

/// Where a target is, world units.
#[must_use]
pub fn rect_of(stage: &Stage, target: Target) -> Option<Rect> {
    if let Target::Pod(id) = target {
        let index = stage.scene.pods.binary_search_by_key(&id, |pod| pod.id).ok()?;
        let slot = stage.layout.slot(index);
        let half = slot.cell / 2.0;
        return Some(Rect::new(
            slot.center.x - half,
            slot.center.y - half,
            slot.cell,
            slot.cell,
        ));
    }
    let is_card = |block: &&Block| !matches!(block.kind, BlockKind::Endpoints(_) | BlockKind::Owned(_));
    let mut blocks = stage.layout.blocks.iter().filter(is_card);
    blocks
        .find(|block| target_of(stage, block) == Some(target))
        .map(|block| block.rect)
}

/// The nearest target in a direction: pods among pods and cards alike.
#[must_use]
pub fn neighbour(stage: &Stage, from: Target, direction: Direction) -> Option<Target> {
    let here = rect_of(stage, from)?.center();
    let pods = stage
        .scene
        .pods
        .iter()
        .zip(stage.layout.slots())
        .map(|(pod, slot)| (Target::Pod(pod.id), slot.center));
    let blocks = stage
        .layout
        .blocks
        .iter()
        .filter(|block| block.pods.is_empty() && block.rect.w > 0.0);
    let cards = blocks.filter_map(|block| Some((target_of(stage, block)?, block.rect.center())));
    let ahead = pods.chain(cards).filter_map(|(target, point)| {
        let (along, across) = offset(here, point, direction);
        (target != from && along > 1e-6).then_some((target, along + 2.5 * across))
    });
    ahead.min_by(|a, b| a.1.total_cmp(&b.1)).map(|(target, _)| target)
}

/// How far a point lies ahead, and how far to the side.
fn offset(from: Point, to: Point, direction: Direction) -> (f64, f64) {
    let (dx, dy) = (to.x - from.x, to.y - from.y);
    match direction {
        Direction::Left => (-dx, dy.abs()),
        Direction::Right => (dx, dy.abs()),
        Direction::Up => (-dy, dx.abs()),
        Direction::Down => (dy, dx.abs()),
    }
}

/// Where the keyboard starts: the first pod in reading order of the layout, else the first card.
#[must_use]
pub fn first(stage: &Stage) -> Option<Target> {
    let pod = stage
        .layout
        .order
        .first()
        .map(|&index| Target::Pod(stage.scene.pods[index as usize].id));
    pod.or_else(|| stage.layout.blocks.iter().find_map(|block| target_of(stage, block)))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::ui::scene::demo;
    use crate::ui::scene::layout::View;
    use std::rc::Rc;

    fn stage(view: View) -> Stage {
        let mut stage = Stage::default();
        stage.show(Rc::new(demo::scene(3, 40, 20_000_000_000)), view, 1.6, 0.0);
        stage
    }

    #[test]
    fn every_pod_is_found_where_it_stands() {
        for view in View::ALL {
            let stage = stage(view);
            for (pod, slot) in stage.scene.pods.iter().zip(stage.layout.slots()) {
                assert_eq!(
                    at(&stage, slot.center),
                    Some(Target::Pod(pod.id)),
                    "{} in {view:?}",
                    pod.name
                );
            }
        }
    }

    #[test]
    fn a_card_is_found_beside_its_pods_and_nothing_between_cards() {
        let stage = stage(View::Nodes);
        let node = rect_of(&stage, Target::Node(1)).unwrap();
        assert_eq!(
            at(&stage, Point::new(node.x + 20.0, node.y + 20.0)),
            Some(Target::Node(1))
        );
        assert_eq!(at(&stage, Point::new(node.x - 5.0, node.y + 20.0)), None);
        assert_eq!(at(&stage, Point::new(-1e9, 0.0)), None);
    }

    #[test]
    fn arrows_walk_to_the_next_pod_and_back() {
        let stage = stage(View::Nodes);
        let block = &stage.layout.blocks[2];
        let ids: Vec<u64> = stage
            .layout
            .pods_of(block)
            .iter()
            .map(|&pod| stage.scene.pods[pod as usize].id)
            .collect();
        let (first, second) = (Target::Pod(ids[0]), Target::Pod(ids[1]));
        assert_eq!(neighbour(&stage, first, Direction::Right), Some(second));
        assert_eq!(neighbour(&stage, second, Direction::Left), Some(first));
        let below = Target::Pod(ids[block.grid.columns as usize]);
        assert_eq!(neighbour(&stage, first, Direction::Down), Some(below));
    }

    #[test]
    fn the_keyboard_has_somewhere_to_start_even_in_an_empty_cluster() {
        assert!(matches!(first(&stage(View::Nodes)), Some(Target::Pod(_))));
        let mut empty = Stage::default();
        empty.show(Rc::default(), View::Nodes, 1.6, 0.0);
        assert_eq!(first(&empty), Some(Target::ControlPlane));
        empty.show(Rc::default(), View::Traffic, 1.6, 0.0);
        assert_eq!(first(&empty), Some(Target::Internet));
    }
}
