//! A picture in memory: the quickest way to show very many pods that move.
//!
//! Everything is opaque or nearly so and seldom overlaps, hence straight colours and a copy in the common case.

/// A pixel: red, green, blue, opacity.
pub type Pixel = [u8; 4];

/// A small ready-made picture.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Sprite {
    width: u32,
    pixels: Vec<Pixel>,
}

impl Sprite {
    /// A sprite from rows of pixels.
    #[must_use]
    pub fn new(width: u32, pixels: Vec<Pixel>) -> Self {
        Self { width, pixels }
    }

    /// Its width, device pixels.
    #[must_use]
    pub fn width(&self) -> u32 {
        self.width
    }

    fn height(&self) -> u32 {
        (self.pixels.len() as u32).checked_div(self.width).unwrap_or(0)
    }
}

/// A picture the size of the screen, device pixels.
#[derive(Debug, Default)]
pub struct Raster {
    width: u32,
    height: u32,
    pixels: Vec<Pixel>,
}

impl Raster {
    /// Makes it this large and transparent.
    pub fn reset(&mut self, width: u32, height: u32) {
        self.width = width;
        self.height = height;
        self.pixels.clear();
        self.pixels.resize((width * height) as usize, [0; 4]);
    }

    /// Its width, device pixels.
    #[must_use]
    pub fn width(&self) -> u32 {
        self.width
    }

    /// Its height, device pixels.
    #[must_use]
    pub fn height(&self) -> u32 {
        self.height
    }

    /// Its bytes, row by row.
    #[must_use]
    pub fn bytes(&self) -> &[u8] {
        self.pixels.as_flattened()
    }

    /// The part of `from..from + length` within `0..limit`.
    fn clipped(from: i32, length: u32, limit: u32) -> (u32, u32) {
        let start = from.clamp(0, limit as i32);
        let end = from.saturating_add(length as i32).clamp(start, limit as i32);
        (start as u32, end as u32)
    }

    /// A rectangle of one colour.
    pub fn fill(&mut self, x: i32, y: i32, width: u32, height: u32, color: Pixel) {
        let (left, right) = Self::clipped(x, width, self.width);
        let (top, bottom) = Self::clipped(y, height, self.height);
        for row in top..bottom {
            let start = (row * self.width) as usize;
            self.pixels[start + left as usize..start + right as usize].fill(color);
        }
    }

    /// A sprite with its upper left corner at a point.
    pub fn blit(&mut self, sprite: &Sprite, x: i32, y: i32, opacity: u8) {
        let (left, right) = Self::clipped(x, sprite.width, self.width);
        let (top, bottom) = Self::clipped(y, sprite.height(), self.height);
        if left >= right {
            return;
        }
        for row in top..bottom {
            let source = (row as i32 - y) as usize * sprite.width as usize + (left as i32 - x) as usize;
            let target = (row * self.width + left) as usize;
            let count = (right - left) as usize;
            let pairs = self.pixels[target..target + count]
                .iter_mut()
                .zip(&sprite.pixels[source..source + count]);
            if opacity == u8::MAX {
                pairs.for_each(|(under, over)| blend(under, *over));
            } else {
                pairs.for_each(|(under, over)| blend(under, [over[0], over[1], over[2], scale(over[3], opacity)]));
            }
        }
    }
}

fn scale(a: u8, b: u8) -> u8 {
    (u32::from(a) * u32::from(b) / 255) as u8
}

/// Puts a pixel over another.
fn blend(under: &mut Pixel, over: Pixel) {
    let alpha = u32::from(over[3]);
    if alpha == 0 {
        return;
    }
    if alpha == 255 || under[3] == 0 {
        *under = over;
        return;
    }
    let rest = u32::from(under[3]) * (255 - alpha) / 255;
    let sum = alpha + rest;
    for channel in 0..3 {
        under[channel] = ((u32::from(over[channel]) * alpha + u32::from(under[channel]) * rest) / sum) as u8;
    }
    under[3] = sum as u8;
}

#[cfg(test)]
mod tests {
    use super::*;

    const RED: Pixel = [255, 0, 0, 255];

    fn picture(raster: &Raster) -> Vec<String> {
        let rows = raster.pixels.chunks(raster.width as usize);
        rows.map(|row| row.iter().map(|pixel| if pixel[3] > 0 { '#' } else { '.' }).collect())
            .collect()
    }

    #[test]
    fn what_sticks_out_is_cut_off() {
        let mut raster = Raster::default();
        raster.reset(5, 3);
        raster.fill(-2, -1, 4, 3, RED);
        assert_eq!(picture(&raster), ["##...", "##...", "....."]);
        let sprite = Sprite::new(3, vec![RED; 9]);
        raster.blit(&sprite, 4, 1, 255);
        raster.blit(&sprite, 90, -90, 255);
        raster.blit(&sprite, -90, 0, 255);
        assert_eq!(picture(&raster), ["##...", "##..#", "....#"]);
        assert_eq!(raster.bytes().len(), 60);
    }

    #[test]
    fn half_over_full_is_the_middle() {
        let mut under = RED;
        blend(&mut under, [0, 0, 255, 128]);
        assert_eq!(under, [127, 0, 128, 255]);
        let mut bare = [0; 4];
        blend(&mut bare, [9, 8, 7, 100]);
        assert_eq!(bare, [9, 8, 7, 100]);
    }

    #[test]
    fn opacity_thins_a_sprite() {
        let mut raster = Raster::default();
        raster.reset(1, 1);
        raster.blit(&Sprite::new(1, vec![RED]), 0, 0, 128);
        assert_eq!(raster.bytes(), [255, 0, 0, 128]);
    }
}
