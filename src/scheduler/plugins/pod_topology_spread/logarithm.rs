//! Natural logarithms of whole numbers in fixed point: the same on every machine, and finer than upstream's floats.

/// Bits after the point.
pub(super) const FRACTION_BITS: u32 = 56;

/// Bits after the point while a logarithm is worked out.
const WORK_BITS: u32 = 62;
/// `ln 2` with [`WORK_BITS`] bits after the point.
const LN_2: u128 = 0x2c5c_85fd_f473_de6b;

/// `ln n` for `n` of at least 1, with [`FRACTION_BITS`] bits after the point.
///
/// The binary logarithm is found bit by bit: squaring a number of 1..2 doubles its logarithm, whose next bit shows in
/// whether the square has reached 2.
pub(super) fn ln(n: u32) -> i128 {
    assert!(n > 0, "zero has no logarithm");
    let whole = n.ilog2();
    let mut mantissa = u128::from(n) << (WORK_BITS - whole);
    let mut log2 = u128::from(whole) << WORK_BITS;
    for bit in (0..WORK_BITS).rev() {
        mantissa = (mantissa * mantissa) >> WORK_BITS;
        if mantissa >> (WORK_BITS + 1) != 0 {
            mantissa >>= 1;
            log2 |= 1 << bit;
        }
    }
    // Below 2^68 times below 2^62 needs more than 128 bits: a few low bits of the first are let go.
    let product = ((log2 >> 3) * LN_2) >> (WORK_BITS - 3);
    i128::try_from(product >> (WORK_BITS - FRACTION_BITS)).expect("a logarithm is small")
}

/// The whole number nearest to a number with [`FRACTION_BITS`] bits after the point, halves away from zero.
pub(super) fn round(number: i128) -> i64 {
    let half = 1_i128 << (FRACTION_BITS - 1);
    let rounded = if number < 0 {
        -((-number + half) >> FRACTION_BITS)
    } else {
        (number + half) >> FRACTION_BITS
    };
    i64::try_from(rounded).expect("a score is small")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn logarithms_are_right_to_fifteen_digits() {
        for (n, want) in [
            (1, 0),
            (2, 693_147_180_559_945),
            (3, 1_098_612_288_668_109),
            (4, 1_386_294_361_119_890),
            (10, 2_302_585_092_994_045),
            (5002, 8_517_593_111_437_564),
        ] {
            let digits = (ln(n) * 1_000_000_000_000_000) >> FRACTION_BITS;
            assert!((digits - want).abs() <= 1, "ln {n}: {digits}, want {want}");
        }
    }

    #[test]
    fn halves_round_away_from_zero() {
        let half = 1_i128 << (FRACTION_BITS - 1);
        for (number, want) in [
            (0, 0),
            (half, 1),
            (half - 1, 0),
            (3 * half, 2),
            (-half, -1),
            (-3 * half, -2),
        ] {
            assert_eq!(round(number), want);
        }
    }
}
