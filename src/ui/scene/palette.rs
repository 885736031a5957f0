//! Design tokens: every colour of the picture, light and dark.
//!
//! Colours only support what shapes, icons and ring patterns say already. The four families (teal, blue, amber, red)
//! stay apart for the common forms of colour blindness.

use crate::view::scene::{ArcKind, Outcome, PodState};

/// A colour: red, green, blue, opacity, a byte each.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Color(pub u32);

impl Color {
    /// An opaque colour written as in CSS: `0x326ce5`.
    #[must_use]
    pub const fn rgb(rgb: u32) -> Self {
        Self(rgb << 8 | 0xff)
    }

    /// The same colour with this opacity, 0 to 1.
    #[must_use]
    pub fn alpha(self, opacity: f64) -> Self {
        Self(self.0 & 0xffff_ff00 | (opacity.clamp(0.0, 1.0) * 255.0).round() as u32)
    }

    /// Its four bytes.
    #[must_use]
    pub const fn bytes(self) -> [u8; 4] {
        self.0.to_be_bytes()
    }

    /// As CSS writes it: `#326ce5ff`.
    #[must_use]
    pub fn css(self) -> String {
        format!("#{:08x}", self.0)
    }
}

/// Light or dark.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Theme {
    /// Dark on light.
    #[default]
    Light,
    /// Light on dark.
    Dark,
}

/// The tint of a workload: a calm fill and a strong mark on it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Tint {
    /// The body of a healthy pod.
    pub fill: Color,
    /// The icon on it.
    pub mark: Color,
}

/// How many tints there are.
pub const TINT_COUNT: u32 = 8;

/// Every colour of the picture.
#[derive(Clone, Debug, PartialEq)]
pub struct Palette {
    /// Behind everything.
    pub backdrop: Color,
    /// The dots of the backdrop's grid.
    pub backdrop_grid: Color,
    /// A card.
    pub card: Color,
    /// A card's edge.
    pub card_edge: Color,
    /// An inset within a card: a bar's groove, an empty slot.
    pub inset: Color,
    /// Text.
    pub text: Color,
    /// Text that steps back.
    pub text_muted: Color,
    /// Selection, focus, the API server.
    pub accent: Color,
    /// Text and icons on strong colours.
    pub on_strong: Color,
    /// Good.
    pub good: Color,
    /// Under way.
    pub active: Color,
    /// Look here.
    pub warn: Color,
    /// Failing.
    pub bad: Color,
    /// An image that does not come.
    pub image: Color,
    /// Over, or going.
    pub over: Color,
    /// On its way out.
    pub leaving: Color,
    /// Waiting.
    pub waiting: Color,
    /// An edge of the Traffic view.
    pub link: Color,
    /// Tints of workloads.
    pub tints: [Tint; TINT_COUNT as usize],
}

const fn tint(fill: u32, mark: u32) -> Tint {
    Tint {
        fill: Color::rgb(fill),
        mark: Color::rgb(mark),
    }
}

impl Palette {
    /// The palette of a theme.
    #[must_use]
    pub fn of(theme: Theme) -> Self {
        match theme {
            Theme::Light => Self::light(),
            Theme::Dark => Self::dark(),
        }
    }

    /// Dark on light.
    #[must_use]
    pub const fn light() -> Self {
        Self {
            backdrop: Color::rgb(0xf4f6f9),
            backdrop_grid: Color::rgb(0xe4e8ee),
            card: Color::rgb(0xffffff),
            card_edge: Color::rgb(0xdde3eb),
            inset: Color::rgb(0xe9edf3),
            text: Color::rgb(0x1a2433),
            text_muted: Color::rgb(0x5d6b80),
            accent: Color::rgb(0x326ce5),
            on_strong: Color::rgb(0xffffff),
            good: Color::rgb(0x0f8a70),
            active: Color::rgb(0x2f6fe4),
            warn: Color::rgb(0xb86e00),
            bad: Color::rgb(0xcf3f27),
            image: Color::rgb(0xa2359a),
            over: Color::rgb(0x748297),
            leaving: Color::rgb(0x7465a8),
            waiting: Color::rgb(0x66758c),
            link: Color::rgb(0xb4bfce),
            tints: [
                tint(0xd5e5fd, 0x2b5fb8),
                tint(0xd3f0e4, 0x17735a),
                tint(0xfbe7c8, 0x8f5a0e),
                tint(0xe8defb, 0x6643b5),
                tint(0xfcdbe2, 0xa33a56),
                tint(0xd0eef5, 0x14708a),
                tint(0xebeec8, 0x66701a),
                tint(0xe4e2e0, 0x5f5a55),
            ],
        }
    }

    /// Light on dark.
    #[must_use]
    pub const fn dark() -> Self {
        Self {
            backdrop: Color::rgb(0x0d131d),
            backdrop_grid: Color::rgb(0x1a2331),
            card: Color::rgb(0x151d2a),
            card_edge: Color::rgb(0x27334a),
            inset: Color::rgb(0x222d40),
            text: Color::rgb(0xe7ecf4),
            text_muted: Color::rgb(0x93a1b8),
            accent: Color::rgb(0x6d9cff),
            on_strong: Color::rgb(0x0d131d),
            good: Color::rgb(0x3fcba8),
            active: Color::rgb(0x72a4ff),
            warn: Color::rgb(0xf0b44c),
            bad: Color::rgb(0xff7d68),
            image: Color::rgb(0xec84d6),
            over: Color::rgb(0x8593aa),
            leaving: Color::rgb(0xab9de0),
            waiting: Color::rgb(0x93a1b8),
            link: Color::rgb(0x3b4a63),
            tints: [
                tint(0x1f3a66, 0x9cc2ff),
                tint(0x17463b, 0x7fe0c2),
                tint(0x4d3a18, 0xf3cd86),
                tint(0x3a2e63, 0xc9b6ff),
                tint(0x55283a, 0xffb0c2),
                tint(0x174654, 0x86dcf2),
                tint(0x3f431d, 0xdbe38a),
                tint(0x393a3f, 0xd2cfca),
            ],
        }
    }

    /// The strong colour of a state: its outline, its ring, its block in the far zoom.
    #[must_use]
    pub fn state(&self, state: PodState) -> Color {
        match state {
            PodState::Pending => self.waiting,
            PodState::ContainerCreating | PodState::Running => self.active,
            PodState::Ready => self.good,
            PodState::NotReady => self.warn,
            PodState::CrashLoopBackOff | PodState::Error => self.bad,
            PodState::ImagePullBackOff => self.image,
            PodState::Completed | PodState::Unknown => self.over,
            PodState::Terminating => self.leaving,
        }
    }

    /// The colour of a clock.
    #[must_use]
    pub fn arc(&self, kind: ArcKind) -> Color {
        match kind {
            ArcKind::Backoff => self.bad,
            ArcKind::ImagePullBackoff => self.image,
            ArcKind::Grace => self.leaving,
            ArcKind::ProbeDelay => self.warn,
            ArcKind::ImagePull => self.active,
        }
    }

    /// The colour of a request.
    #[must_use]
    pub fn outcome(&self, outcome: Outcome) -> Color {
        match outcome {
            Outcome::Pending => self.active,
            Outcome::Ok => self.good,
            Outcome::ClientError => self.warn,
            Outcome::ServerError | Outcome::Refused => self.bad,
            Outcome::Timeout => self.over,
        }
    }

    /// The tint of a workload.
    #[must_use]
    pub fn tint(&self, owner_key: u32) -> Tint {
        self.tints[(owner_key % TINT_COUNT) as usize]
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Relative luminance as WCAG defines it.
    fn luminance(color: Color) -> f64 {
        let [r, g, b, _] = color.bytes().map(|byte| {
            let share = f64::from(byte) / 255.0;
            if share <= 0.03928 {
                share / 12.92
            } else {
                (((share + 0.055) / 1.055).log2() * 2.4).exp2()
            }
        });
        0.2126 * r + 0.7152 * g + 0.0722 * b
    }

    fn contrast(a: Color, b: Color) -> f64 {
        let (a, b) = (luminance(a), luminance(b));
        (a.max(b) + 0.05) / (a.min(b) + 0.05)
    }

    #[test]
    fn text_and_states_stand_out_from_the_card() {
        for palette in [Palette::light(), Palette::dark()] {
            assert!(contrast(palette.text, palette.card) >= 7.0);
            assert!(contrast(palette.text_muted, palette.card) >= 4.5);
            assert!(contrast(palette.text_muted, palette.backdrop) >= 4.5);
            for state in PodState::ALL {
                let ratio = contrast(palette.state(state), palette.card);
                assert!(ratio >= 3.0, "{} {ratio}", state.name());
            }
            for tint in palette.tints {
                assert!(contrast(tint.mark, tint.fill) >= 4.5, "{tint:?}");
            }
        }
    }

    #[test]
    fn css_spells_the_opacity() {
        assert_eq!(Color::rgb(0x326ce5).css(), "#326ce5ff");
        assert_eq!(Color::rgb(0x326ce5).alpha(0.5).css(), "#326ce580");
    }
}
