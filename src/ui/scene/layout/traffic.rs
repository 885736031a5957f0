//! The Traffic view: the internet, Ingresses, Services and the pods behind them, in the order requests pass them.
//!
//! On a wide screen requests flow to the right, on a narrow one downwards. A Service and its pods are one unit; units
//! stack across the flow and wrap into further stacks when there are many.

use super::grid::{CELL, CELL_HEIGHT_RATIO, best_columns};
use super::index::IdIndex;
use super::{Block, BlockKind, Census, Grid, Layout, Link, LinkKind, Ports};
use crate::ui::scene::geometry::{Point, Rect};
use crate::view::scene::{EndpointView, Place, Scene};

const INTERNET: (f64, f64) = (112.0, 96.0);
const BOX_W: f64 = 204.0;
const SERVICE_H: f64 = 64.0;
const PAD: f64 = 12.0;
/// The head of a group of pods that has no Service to name it.
const GROUP_HEAD: f64 = 30.0;
/// Between the lanes of the flow.
const LANE_GAP: f64 = 84.0;
/// Between neighbours in a lane.
const GAP: f64 = 22.0;
/// From this many pods on, a Service has one edge to all of them.
const LINKS_MAX: usize = 40;

/// A Service with its pods, or the pods of no Service.
struct Unit {
    service: Option<u32>,
    columns: u32,
    /// The size of the pods' card; zero without pods.
    group: (f64, f64),
}

impl Unit {
    fn new(service: Option<u32>, pod_count: u32, cell: f64, downwards: bool) -> Self {
        let columns = columns_of(pod_count, service.is_some(), downwards);
        let rows = pod_count.div_ceil(columns);
        let group = if pod_count == 0 {
            (0.0, 0.0)
        } else {
            let w = 2.0 * PAD + f64::from(columns) * cell;
            let h = head(service) + f64::from(rows) * cell * CELL_HEIGHT_RATIO + PAD * 0.5;
            (w.max(if service.is_some() { 0.0 } else { 150.0 }), h)
        };
        Self {
            service,
            columns,
            group,
        }
    }

    /// Its size along the flow and across it.
    fn size(&self, downwards: bool) -> (f64, f64) {
        let (along, across) = if downwards {
            (self.group.1, self.group.0)
        } else {
            self.group
        };
        match (self.service, downwards) {
            (None, _) => (along, across),
            (Some(_), false) => (BOX_W + LANE_GAP + along, across.max(SERVICE_H)),
            (Some(_), true) => (SERVICE_H + LANE_GAP * 0.7 + along, across.max(BOX_W)),
        }
    }
}

/// The room above a group's pods.
fn head(service: Option<u32>) -> f64 {
    if service.is_some() { PAD * 0.5 } else { GROUP_HEAD }
}

/// Few pods stand across the flow, so that the edges to them fan out; many stand in a block.
fn columns_of(pod_count: u32, fan: bool, downwards: bool) -> u32 {
    match (pod_count, downwards) {
        (0..=3, false) if fan => 1,
        (4..=8, false) if fan => 2,
        (9..=15, false) if fan => 3,
        (0..=4, true) => pod_count.max(1),
        (5..=12, true) => 4,
        (0..=5, false) => pod_count.max(1),
        _ => (f64::from(pod_count) * 1.6).sqrt().ceil() as u32,
    }
}

/// The unit of each pod (that of its first Service, or the last), and how many pods each unit has.
fn units_of_pods(scene: &Scene, index: &IdIndex) -> (Vec<u32>, Vec<u32>) {
    let mut unit_of = vec![scene.services.len() as u32; scene.pods.len()];
    let mut counts = vec![0_u32; scene.services.len() + 1];
    for (unit, service) in scene.services.iter().enumerate().rev() {
        for pod in service.endpoints.iter().filter_map(|endpoint| index.find(endpoint.pod)) {
            unit_of[pod as usize] = unit as u32;
        }
    }
    for &unit in &unit_of {
        counts[unit as usize] += 1;
    }
    (unit_of, counts)
}

/// Units in stacks: for each stack its units, its size along the flow and across.
pub(super) struct Stacks {
    pub(super) stacks: Vec<(std::ops::Range<usize>, f64, f64)>,
}

impl Stacks {
    pub(super) fn new(sizes: &[(f64, f64)], stack_count: u32, gap: f64) -> Self {
        let total: f64 = sizes.iter().map(|size| size.1 + gap).sum();
        let goal = total / f64::from(stack_count.max(1));
        let mut stacks = Vec::new();
        let (mut start, mut along, mut across) = (0, 0.0_f64, 0.0);
        for (index, size) in sizes.iter().enumerate() {
            if across > 0.0 && across + size.1 / 2.0 > goal {
                stacks.push((start..index, along, across - gap));
                (start, along, across) = (index, 0.0, 0.0);
            }
            along = along.max(size.0);
            across += size.1 + gap;
        }
        stacks.push((start..sizes.len(), along, (across - gap).max(0.0)));
        Self { stacks }
    }

    /// Along the flow and across.
    pub(super) fn size(&self, gap: f64) -> (f64, f64) {
        let along: f64 = self.stacks.iter().map(|stack| stack.1 + gap).sum();
        (along - gap, self.stacks.iter().map(|stack| stack.2).fold(0.0, f64::max))
    }
}

pub(super) fn layout(scene: &Scene, census: &Census, aspect: f64) -> Layout {
    let index = IdIndex::new(census.ids.iter().copied());
    let (unit_of, counts) = units_of_pods(scene, &index);
    let frame = Frame::new(scene, aspect, &counts);
    let mut plan = Plan {
        downwards: frame.downwards,
        across: frame.across,
        layout: Layout::default(),
    };
    plan.layout.downwards = frame.downwards;
    plan.entrances(scene, frame.ingress.1);
    let mut block_of_unit = vec![0; frame.units.len()];
    let mut along = frame.before;
    for (range, stack_along, stack_across) in frame.stacks.stacks {
        let mut across = (plan.across - stack_across) / 2.0;
        for unit in range {
            let room = frame.units[unit].size(frame.downwards).1;
            block_of_unit[unit] = plan.unit(scene, &frame.units[unit], frame.cell, (along, across, room));
            across += room + GAP;
        }
        along += stack_along + LANE_GAP;
    }
    let mut layout = plan.layout;
    let block_of: Vec<u32> = unit_of.iter().map(|&unit| block_of_unit[unit as usize]).collect();
    layout.place_pods(&block_of);
    layout.measure();
    link(scene, &mut layout, &block_of_unit, &index);
    layout
}

/// The sizes of everything before anything is placed.
struct Frame {
    downwards: bool,
    /// A pod's cell. In a large cluster it shrinks, so that the cards stay legible when all is in sight.
    cell: f64,
    units: Vec<Unit>,
    stacks: Stacks,
    ingress: (f64, f64),
    /// What comes before the units, along the flow.
    before: f64,
    across: f64,
}

impl Frame {
    fn new(scene: &Scene, aspect: f64, counts: &[u32]) -> Self {
        let mut frame = Self::with_cell(scene, aspect, counts, CELL);
        let room = if frame.downwards {
            (2200.0, 1000.0)
        } else {
            (1900.0, 1300.0)
        };
        for _ in 0..6 {
            let along = frame.before + frame.stacks.size(LANE_GAP).0;
            let over = (along / room.0)
                .min(frame.across / room.1)
                .max((along / room.0).max(frame.across / room.1) * 0.6);
            if over <= 1.05 {
                break;
            }
            let cell = frame.cell / over;
            frame = Self::with_cell(scene, aspect, counts, cell);
        }
        frame
    }

    fn with_cell(scene: &Scene, aspect: f64, counts: &[u32], cell: f64) -> Self {
        let downwards = aspect < 0.9;
        let service = |unit: usize| (unit + 1 < counts.len()).then_some(unit as u32);
        let units: Vec<Unit> = counts
            .iter()
            .enumerate()
            .map(|(unit, &count)| Unit::new(service(unit), count, cell, downwards))
            .collect();
        let sizes: Vec<(f64, f64)> = units.iter().map(|unit| unit.size(downwards)).collect();
        let ingress = ingress_lane(scene, downwards);
        let before = lane_start(ingress.0, downwards);
        let wanted = if downwards { 1.0 / aspect } else { aspect };
        let stack_count = best_columns((units.len() as u32).min(60), wanted, |count| {
            let size = Stacks::new(&sizes, count, GAP).size(LANE_GAP);
            (before + size.0, size.1.max(ingress.1))
        });
        let stacks = Stacks::new(&sizes, stack_count, GAP);
        let across = stacks.size(LANE_GAP).1.max(ingress.1).max(INTERNET.1);
        Self {
            downwards,
            cell,
            units,
            stacks,
            ingress,
            before,
            across,
        }
    }
}

/// The Ingress lane's size along the flow and across.
fn ingress_lane(scene: &Scene, downwards: bool) -> (f64, f64) {
    let mut size = (0.0_f64, 0.0);
    for ingress in &scene.ingresses {
        let height = ingress_height(ingress.rules.len());
        let (along, across) = if downwards { (height, BOX_W) } else { (BOX_W, height) };
        size = (size.0.max(along), size.1 + across + GAP);
    }
    (size.0, (size.1 - GAP).max(0.0))
}

fn ingress_height(rule_count: usize) -> f64 {
    56.0 + 17.0 * rule_count.clamp(1, 5) as f64
}

fn lane_start(ingress_along: f64, downwards: bool) -> f64 {
    let internet = if downwards { INTERNET.1 } else { INTERNET.0 };
    let lane = if ingress_along > 0.0 {
        ingress_along + LANE_GAP
    } else {
        0.0
    };
    internet + LANE_GAP + lane
}

/// A layout being made, in terms of along the flow and across it.
struct Plan {
    downwards: bool,
    across: f64,
    layout: Layout,
}

impl Plan {
    /// A rectangle given along and across; its own width and height stay what they are.
    fn rect(&self, along: f64, across: f64, w: f64, h: f64) -> Rect {
        if self.downwards {
            Rect::new(across, along, w, h)
        } else {
            Rect::new(along, across, w, h)
        }
    }

    fn ports(&self, rect: Rect) -> Ports {
        let center = rect.center();
        if self.downwards {
            Ports {
                entry: Point::new(center.x, rect.y),
                exit: Point::new(center.x, rect.bottom()),
            }
        } else {
            Ports {
                entry: Point::new(rect.x, center.y),
                exit: Point::new(rect.right(), center.y),
            }
        }
    }

    fn card(&mut self, kind: BlockKind, place: Place, rect: Rect) {
        self.layout.ports.insert(place, self.ports(rect));
        self.layout.blocks.push(Block::new(kind, rect, 1.0, Grid::default()));
    }

    /// The internet and the Ingresses.
    fn entrances(&mut self, scene: &Scene, ingress_across: f64) {
        let (w, h) = INTERNET;
        let own = if self.downwards { w } else { h };
        let rect = self.rect(0.0, (self.across - own) / 2.0, w, h);
        self.card(BlockKind::Internet, Place::Internet, rect);
        let along = if self.downwards { h } else { w } + LANE_GAP;
        let mut across = (self.across - ingress_across) / 2.0;
        for (index, ingress) in scene.ingresses.iter().enumerate() {
            let height = ingress_height(ingress.rules.len());
            let rect = self.rect(along, across, BOX_W, height);
            self.card(BlockKind::Ingress(index as u32), Place::Ingress(ingress.id), rect);
            across += if self.downwards { BOX_W } else { height } + GAP;
        }
    }

    /// A unit that starts at `along` and has `room` from `across` on; returns the block of its pods.
    fn unit(&mut self, scene: &Scene, unit: &Unit, cell: f64, (along, across, room): (f64, f64, f64)) -> u32 {
        let mut group_along = along;
        if let Some(index) = unit.service {
            let own = if self.downwards { BOX_W } else { SERVICE_H };
            let rect = self.rect(along, across + (room - own) / 2.0, BOX_W, SERVICE_H);
            self.card(
                BlockKind::Service(index),
                Place::Service(scene.services[index as usize].id),
                rect,
            );
            group_along += if self.downwards {
                SERVICE_H + LANE_GAP * 0.7
            } else {
                BOX_W + LANE_GAP
            };
        }
        let (w, h) = unit.group;
        let own = if self.downwards { w } else { h };
        let rect = self.rect(group_along, across + (room - own) / 2.0, w, h);
        let grid = Grid {
            origin: Point::new(rect.x + PAD, rect.y + head(unit.service)),
            columns: unit.columns,
            cell,
        };
        let kind = unit.service.map_or(BlockKind::Loose, BlockKind::Endpoints);
        self.layout.blocks.push(Block::new(kind, rect, 1.0, grid));
        self.layout.blocks.len() as u32 - 1
    }
}

fn link(scene: &Scene, layout: &mut Layout, block_of_unit: &[u32], index: &IdIndex) {
    let internet = layout.ports.get(&Place::Internet).copied();
    for ingress in &scene.ingresses {
        connect(layout, internet, Place::Ingress(ingress.id));
        let from = layout.ports.get(&Place::Ingress(ingress.id)).copied();
        for &service in &ingress.services {
            connect(layout, from, Place::Service(service));
        }
    }
    for (unit, service) in scene.services.iter().enumerate() {
        if service.external {
            connect(layout, internet, Place::Service(service.id));
        }
        let Some(from) = layout.ports.get(&Place::Service(service.id)).copied() else {
            continue;
        };
        if service.endpoints.len() > LINKS_MAX {
            let group = layout.blocks[block_of_unit[unit] as usize].rect;
            let center = group.center();
            let to = if layout.downwards {
                Point::new(center.x, group.y)
            } else {
                Point::new(group.x, center.y)
            };
            let curve = layout.curve(from.exit, to);
            layout.links.push(Link {
                curve,
                kind: LinkKind::Ready,
                pod: None,
            });
            continue;
        }
        for endpoint in &service.endpoints {
            let Some(pod) = index.find(endpoint.pod) else { continue };
            let slot = layout.slot(pod as usize);
            let curve = layout.curve(from.exit, layout.pod_port(slot.center, slot.cell));
            layout.links.push(Link {
                curve,
                kind: endpoint_kind(endpoint),
                pod: Some(pod),
            });
        }
    }
}

fn endpoint_kind(endpoint: &EndpointView) -> LinkKind {
    match (endpoint.terminating, endpoint.ready) {
        (true, _) => LinkKind::Terminating,
        (false, true) => LinkKind::Ready,
        (false, false) => LinkKind::NotReady,
    }
}

fn connect(layout: &mut Layout, from: Option<Ports>, to: Place) {
    if let (Some(from), Some(to)) = (from, layout.ports.get(&to).copied()) {
        let curve = layout.curve(from.exit, to.entry);
        layout.links.push(Link {
            curve,
            kind: LinkKind::Route,
            pod: None,
        });
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::ui::scene::demo;
    use crate::ui::scene::layout::View;

    #[test]
    fn nothing_overlaps_and_pods_stand_in_their_cards() {
        for (nodes, pods) in [(0, 0), (3, 20), (20, 400)] {
            let scene = demo::scene(nodes, pods, 20_000_000_000);
            for aspect in [0.5, 1.6] {
                let layout = Layout::new(&scene, View::Traffic, aspect);
                for (index, a) in layout.blocks.iter().enumerate() {
                    for b in &layout.blocks[index + 1..] {
                        assert!(!a.rect.intersects(b.rect), "{:?} and {:?} at {aspect}", a.kind, b.kind);
                    }
                }
                for slot in layout.slots() {
                    assert!(layout.blocks[slot.block as usize].rect.contains(slot.center));
                }
            }
        }
    }

    #[test]
    fn requests_flow_one_way() {
        let scene = demo::scene(3, 20, 20_000_000_000);
        let wide = Layout::new(&scene, View::Traffic, 1.6);
        assert!(
            wide.links
                .iter()
                .all(|link| link.curve.points[0].x < link.curve.points[3].x)
        );
        let tall = Layout::new(&scene, View::Traffic, 0.5);
        assert!(
            tall.links
                .iter()
                .all(|link| link.curve.points[0].y < link.curve.points[3].y)
        );
    }

    #[test]
    fn every_endpoint_has_an_edge_of_its_kind() {
        let scene = demo::scene(3, 20, 20_000_000_000);
        let layout = Layout::new(&scene, View::Traffic, 1.6);
        for endpoint in scene.services.iter().flat_map(|service| &service.endpoints) {
            let pod = scene
                .pods
                .iter()
                .position(|pod| pod.id == endpoint.pod)
                .map(|index| index as u32);
            let found = layout
                .links
                .iter()
                .any(|link| link.pod == pod && link.kind == endpoint_kind(endpoint));
            assert!(found, "{endpoint:?}");
        }
    }
}
