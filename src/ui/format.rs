//! Times, speeds and amounts as people read them.

/// `1m23.4s`, from nanoseconds.
#[must_use]
pub fn clock(ns: u64) -> String {
    let tenths = ns / 100_000_000;
    let (hours, minutes, seconds, tenth) = (tenths / 36_000, tenths / 600 % 60, tenths / 10 % 60, tenths % 10);
    match (hours, minutes) {
        (0, 0) => format!("{seconds}.{tenth}s"),
        (0, _) => format!("{minutes}m{seconds:02}.{tenth}s"),
        _ => format!("{hours}h{minutes:02}m{seconds:02}.{tenth}s"),
    }
}

/// `1m23s`, from nanoseconds.
#[must_use]
pub fn coarse(ns: u64) -> String {
    let seconds = ns / 1_000_000_000;
    let (hours, minutes, seconds) = (seconds / 3600, seconds / 60 % 60, seconds % 60);
    match (hours, minutes) {
        (0, 0) => format!("{seconds}s"),
        (0, _) if seconds == 0 => format!("{minutes}m"),
        (0, _) => format!("{minutes}m{seconds}s"),
        _ => format!("{hours}h{minutes}m"),
    }
}

/// A speed of play, thousandths of real time, as a factor: `0.1`, `60`.
#[must_use]
pub fn speed(milli: u32) -> String {
    match milli {
        0..1000 => format!("{}.{}", milli / 1000, milli % 1000 / 100),
        1000..10_000 if milli % 1000 >= 100 => format!("{}.{}", milli / 1000, milli % 1000 / 100),
        _ => format!("{}", milli / 1000),
    }
}

/// Bytes: `1.5Gi`.
#[must_use]
pub fn bytes(count: u64) -> String {
    const UNITS: [(u64, &str); 3] = [(1 << 30, "Gi"), (1 << 20, "Mi"), (1 << 10, "Ki")];
    for (size, unit) in UNITS {
        if count >= size {
            let tenths = u128::from(count) * 10 / u128::from(size);
            return if tenths.is_multiple_of(10) {
                format!("{}{unit}", tenths / 10)
            } else {
                format!("{}.{}{unit}", tenths / 10, tenths % 10)
            };
        }
    }
    count.to_string()
}

/// Thousandths of a core: `1.5`, `250m`.
#[must_use]
pub fn cores(milli: u64) -> String {
    if milli.is_multiple_of(1000) {
        (milli / 1000).to_string()
    } else if milli > 1000 {
        format!("{}.{}", milli / 1000, milli % 1000 / 100)
    } else {
        format!("{milli}m")
    }
}
