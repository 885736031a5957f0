//! The order of keys in written YAML.

use std::cmp::Ordering;

/// Natural order: numbers inside keys count as numbers, signs come before letters.
///
/// Models go.yaml.in/yaml/v2 keyList.Less
pub(super) fn natural(a: &str, b: &str) -> Ordering {
    let (a, b): (Vec<char>, Vec<char>) = (a.chars().collect(), b.chars().collect());
    let Some(at) = a.iter().zip(&b).position(|(x, y)| x != y) else {
        return a.len().cmp(&b.len());
    };
    let (x, y) = (a[at], b[at]);
    match (x.is_alphabetic(), y.is_alphabetic()) {
        (true, true) => x.cmp(&y),
        (false, false) => number_from(&a, at, y).cmp(&number_from(&b, at, x)).then(x.cmp(&y)),
        (x_is_letter, _) => {
            // After a digit the number has ended, so that a letter comes first; else signs come first.
            let after_digit = at > 0 && a[at - 1].is_ascii_digit();
            if x_is_letter == after_digit {
                Ordering::Less
            } else {
                Ordering::Greater
            }
        }
    }
}

/// The number that goes on at `at` and where it ends. It counts what stands before it only next to a zero.
fn number_from(text: &[char], at: usize, other: char) -> (u64, usize) {
    let digits_before = text[..at].iter().rev().take_while(|c| c.is_ascii_digit());
    let led = (text[at] == '0' || other == '0') && digits_before.into_iter().any(|c| *c != '0');
    let digits = text[at..].iter().map_while(|c| c.to_digit(10));
    let (number, length) = digits.fold((u64::from(led), 0), |(number, length), digit| {
        (number.wrapping_mul(10).wrapping_add(u64::from(digit)), length + 1)
    });
    (number, at + length)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn keys_sort_naturally() {
        let mut keys = [
            "a10", "a2", "b", "a", "B", "a_b", "ab", "a1b", "a01", "a1", "1", "10", "9", "a.b", "a/b",
        ];
        keys.sort_by(|x, y| natural(x, y));
        let want = [
            "1", "9", "10", "B", "a", "a.b", "a/b", "a_b", "a1", "a1b", "a01", "a2", "a10", "ab", "b",
        ];
        assert_eq!(keys, want);
    }
}
