//! How quickly time really passes, compared with what is wanted.

/// The measured pace of play.
#[derive(Debug, Default)]
pub struct Pace {
    last_ms: Option<f64>,
    /// Real time, played time and whether the engine fell behind, over the running measurement.
    wall_ns: u64,
    played_ns: u64,
    behind: bool,
    lag_milli: Option<u32>,
}

/// Over how much real time the pace is measured.
const SPAN_NS: u64 = 500_000_000;

impl Pace {
    /// Time stands still: the next frame begins anew.
    pub fn rest(&mut self) {
        *self = Self::default();
    }

    /// Real time since the last frame; nothing for the first one.
    pub fn elapsed_ns(&mut self, wall_ms: f64) -> u64 {
        let last = self.last_ms.replace(wall_ms).unwrap_or(wall_ms);
        ((wall_ms - last).max(0.0) * 1e6) as u64
    }

    /// Notes a frame.
    pub fn note(&mut self, wall_ns: u64, played_ns: u64, behind: bool) {
        self.wall_ns += wall_ns;
        self.played_ns += played_ns;
        self.behind |= behind;
        if self.wall_ns < SPAN_NS {
            return;
        }
        let milli = u128::from(self.played_ns) * 1000 / u128::from(self.wall_ns);
        self.lag_milli = self.behind.then(|| u32::try_from(milli).unwrap_or(u32::MAX));
        (self.wall_ns, self.played_ns, self.behind) = (0, 0, false);
    }

    /// The pace in thousandths of real time, when the engine cannot keep up.
    #[must_use]
    pub const fn lag_milli(&self) -> Option<u32> {
        self.lag_milli
    }
}
