//! The pixels: pods of the middle and far zoom, and any crowd that moves, blitted in memory.

use super::overlay::FINE_MOVERS_MAX;
use super::{Detail, Shot, spot};
use crate::ui::scene::geometry::Point;
use crate::ui::scene::layout::{Block, CELL_HEIGHT_RATIO};
use crate::ui::scene::palette::Palette;
use crate::ui::scene::raster::{Pixel, Raster};
use crate::ui::scene::sprites::{SheetMaker, Sprites, index_of, width_step};
use crate::ui::scene::stage::{Look, Pose};
use crate::view::scene::PodState;

/// What the pixels are drawn with.
pub struct Tools<'a> {
    /// The picture.
    pub raster: &'a mut Raster,
    /// Ready-made pods.
    pub sprites: &'a mut Sprites,
    /// Where new ones come from.
    pub maker: &'a mut dyn SheetMaker,
    /// Device pixels in a CSS pixel.
    pub ratio: f64,
}

/// Draws all pods that are not drawn in full elsewhere. Says whether there were any.
pub fn draw(tools: &mut Tools<'_>, shot: &Shot<'_>) -> bool {
    let (w, h) = shot.camera.viewport;
    tools
        .raster
        .reset((w * tools.ratio).round() as u32, (h * tools.ratio).round() as u32);
    let stage = shot.stage;
    let fine = stage.movers().len() + stage.ghosts().len() <= FINE_MOVERS_MAX;
    let visible = shot.camera.visible();
    let blocks = BlockColors::new(shot.palette);
    let mut brush = Brush {
        tools,
        shot,
        blocks,
        some: false,
    };
    for block in stage
        .layout
        .blocks
        .iter()
        .filter(|block| block.rect.intersects(visible))
    {
        match Detail::of(block.grid.cell * shot.camera.scale) {
            Detail::Card => {}
            Detail::Sprite => brush.sprites(block),
            Detail::Block => brush.blocks(block),
        }
    }
    for ghost in stage.ghosts() {
        brush.mover(ghost.look, ghost.pose(shot.wall_ms), fine);
    }
    for mover in stage.movers() {
        brush.mover(stage.look(mover.pod), stage.mover_pose(mover, shot.wall_ms), fine);
    }
    brush.some
}

/// The colour of each state in the far zoom. Good ones step back so that bad ones stand out.
struct BlockColors([Pixel; PodState::ALL.len()]);

impl BlockColors {
    fn new(palette: &Palette) -> Self {
        Self(PodState::ALL.map(|state| {
            let mut pixel = palette.state(state).bytes();
            if matches!(state, PodState::Ready) {
                let card = palette.card.bytes();
                (0..3).for_each(|i| pixel[i] = ((u32::from(pixel[i]) * 7 + u32::from(card[i]) * 3) / 10) as u8);
            }
            pixel
        }))
    }
}

struct Brush<'a, 'b> {
    tools: &'a mut Tools<'b>,
    shot: &'a Shot<'a>,
    blocks: BlockColors,
    some: bool,
}

impl Brush<'_, '_> {
    /// The resting pods of a card, as sprites.
    fn sprites(&mut self, block: &Block) {
        let (stage, cell) = (self.shot.stage, block.grid.cell);
        for (index, &pod) in stage.layout.pods_of(block).iter().enumerate() {
            if stage.at_rest(pod) {
                self.pod(
                    stage.look(pod),
                    Pose {
                        center: block.grid.center(index as u32),
                        cell,
                        opacity: 1.0,
                    },
                );
            }
        }
    }

    /// The resting pods of a card, as blocks. There may be very many: they are stepped through, not looked up.
    fn blocks(&mut self, block: &Block) {
        let stage = self.shot.stage;
        let cell_px = block.grid.cell * self.shot.camera.scale;
        let first = self.shot.camera.to_screen(block.grid.center(0));
        let (mut column, mut center) = (0, first);
        for &pod in stage.layout.pods_of(block) {
            if stage.at_rest(pod) {
                self.some = true;
                self.block(stage.look(pod).state, center, cell_px);
            }
            column += 1;
            center.x += cell_px;
            if column == block.grid.columns {
                column = 0;
                center = Point::new(first.x, center.y + cell_px * CELL_HEIGHT_RATIO);
            }
        }
    }

    /// A pod on its way, unless the overlay draws it.
    fn mover(&mut self, look: Look, pose: Pose, fine: bool) {
        if !fine || Detail::of(pose.cell * self.shot.camera.scale) != Detail::Card {
            self.pod(look, pose);
        }
    }

    fn pod(&mut self, look: Look, pose: Pose) {
        let (center, cell_px) = self.shot.cell(pose);
        if !self.shot.sees(center, cell_px) {
            return;
        }
        self.some = true;
        if Detail::of(cell_px) == Detail::Block {
            self.block(look.state, center, cell_px);
            return;
        }
        let spot = spot(center, cell_px);
        let ratio = self.tools.ratio;
        let width = width_step(2.0 * spot.radius * ratio + 1.0);
        let sheet = self.tools.sprites.sheet(width, self.shot.palette, self.tools.maker);
        let half = f64::from(width) / 2.0;
        let x = (spot.center.x * ratio - half).round() as i32;
        let y = (spot.center.y * ratio - half).round() as i32;
        self.tools
            .raster
            .blit(&sheet[index_of(look)], x, y, (pose.opacity * 255.0) as u8);
    }

    /// A block whose height tells the state's family: full is good, more than full is bad, half is under way, a
    /// quarter is over.
    fn block(&mut self, state: PodState, center: Point, cell_px: f64) {
        let ratio = self.tools.ratio;
        let (cell_w, cell_h) = (cell_px * ratio, cell_px * CELL_HEIGHT_RATIO * ratio);
        let gap = if cell_w >= 3.0 { 1.0 } else { 0.0 };
        let (gap, share) = match state {
            PodState::Ready => (gap, 1.0),
            PodState::CrashLoopBackOff | PodState::ImagePullBackOff | PodState::Error | PodState::NotReady => {
                (0.0, 1.0)
            }
            PodState::Running | PodState::ContainerCreating | PodState::Pending => (gap, 0.6),
            PodState::Completed | PodState::Terminating | PodState::Unknown => (gap, 0.35),
        };
        let share = if cell_h < 4.0 { 1.0 } else { share };
        let left = (center.x * ratio - cell_w / 2.0).round();
        let right = (center.x * ratio + cell_w / 2.0).round() - gap;
        let bottom = (center.y * ratio + cell_h / 2.0).round() - gap;
        let top = (center.y * ratio + cell_h / 2.0 - cell_h * share).round();
        let (width, height) = ((right - left).max(1.0) as u32, (bottom - top).max(1.0) as u32);
        self.tools
            .raster
            .fill(left as i32, top as i32, width, height, self.blocks.0[state as usize]);
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::ui::scene::draw::tests::Set;
    use crate::ui::scene::layout::View;
    use crate::ui::scene::sprites::tests::PlainMaker;

    fn drawn(set: &Set) -> (bool, Raster, u32) {
        let (mut raster, mut sprites, mut maker) = (Raster::default(), Sprites::default(), PlainMaker::default());
        let mut tools = Tools {
            raster: &mut raster,
            sprites: &mut sprites,
            maker: &mut maker,
            ratio: 1.0,
        };
        let some = draw(&mut tools, &set.shot());
        (some, raster, maker.sheet_count)
    }

    #[test]
    fn the_card_zoom_leaves_the_pixels_empty() {
        let (some, raster, sheet_count) = drawn(&Set::new(3, 12, View::Nodes, (1280.0, 800.0)));
        assert!(!some && sheet_count == 0);
        assert!(raster.bytes().iter().all(|byte| *byte == 0));
    }

    #[test]
    fn the_middle_zoom_blits_sprites_of_few_sizes() {
        let (some, _, sheet_count) = drawn(&Set::new(100, 3_000, View::Nodes, (1280.0, 800.0)));
        assert!(some);
        assert!((1..=3).contains(&sheet_count), "{sheet_count}");
    }

    #[test]
    fn the_far_zoom_needs_no_sprites_and_shows_every_node() {
        let set = Set::new(1_000, 30_000, View::Nodes, (1280.0, 800.0));
        let (some, raster, _) = drawn(&set);
        assert!(some);
        let shot = set.shot();
        for slot in set.stage.layout.slots().step_by(97) {
            let at = shot.camera.to_screen(slot.center);
            let offset = (at.y as usize * raster.width() as usize + at.x as usize) * 4;
            let around: u32 = raster.bytes()[offset - 8..offset + 8]
                .iter()
                .map(|byte| u32::from(*byte))
                .sum();
            assert!(around > 0, "nothing at {at:?}");
        }
    }
}
