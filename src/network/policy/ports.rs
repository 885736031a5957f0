//! Sets of ports, as policies allow them.

use crate::sim::Arrange;
use std::fmt;

/// The transport protocols that policies know, in the order of their names.
const PROTOCOLS: [&str; 3] = ["SCTP", "TCP", "UDP"];
/// The ports there are.
const ALL: (u16, u16) = (1, u16::MAX);

/// Ports by protocol: for each of the protocols, ranges that neither meet nor overlap, in order.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Ports([Vec<(u16, u16)>; PROTOCOLS.len()]);

impl Ports {
    /// All ports of all protocols.
    #[must_use]
    pub fn all() -> Self {
        Self([vec![ALL], vec![ALL], vec![ALL]])
    }

    /// Whether there is none.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.0.iter().all(Vec::is_empty)
    }

    /// Whether a port is among them.
    #[must_use]
    pub fn contains(&self, protocol: &str, port: u16) -> bool {
        let of = PROTOCOLS.iter().position(|known| *known == protocol);
        of.is_some_and(|of| self.0[of].iter().any(|(first, last)| (*first..=*last).contains(&port)))
    }

    /// Adds the ports from `first` to `last`. A protocol without a name is TCP.
    pub fn add(&mut self, protocol: &str, first: u16, last: u16) {
        let protocol = if protocol.is_empty() { "TCP" } else { protocol };
        let Some(of) = PROTOCOLS.iter().position(|known| *known == protocol) else {
            return;
        };
        let mut ranges = std::mem::take(&mut self.0[of]);
        ranges.push((first, last));
        ranges.arrange();
        for (first, last) in ranges.into_iter().filter(|(first, last)| first <= last) {
            match self.0[of].last_mut() {
                Some(before) if u32::from(first) <= u32::from(before.1) + 1 => before.1 = before.1.max(last),
                _ => self.0[of].push((first, last)),
            }
        }
    }

    /// Adds all ports of a protocol.
    pub fn add_protocol(&mut self, protocol: &str) {
        self.add(protocol, ALL.0, ALL.1);
    }

    /// Adds all ports of another set.
    pub fn add_all(&mut self, other: &Self) {
        for (of, ranges) in other.0.iter().enumerate() {
            for (first, last) in ranges {
                self.add(PROTOCOLS[of], *first, *last);
            }
        }
    }

    /// The ports that are in both.
    #[must_use]
    pub fn and(&self, other: &Self) -> Self {
        let mut both = Self::default();
        for (of, ranges) in self.0.iter().enumerate() {
            for (first, last) in ranges {
                for (start, end) in &other.0[of] {
                    both.add(PROTOCOLS[of], *first.max(start), *last.min(end));
                }
            }
        }
        both
    }
}

impl fmt::Display for Ports {
    /// As in `TCP 80,8080-8081,UDP 53`.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        if *self == Self::all() {
            return f.write_str("All Connections");
        }
        if self.is_empty() {
            return f.write_str("No Connections");
        }
        let mut gap = "";
        for (of, ranges) in self.0.iter().enumerate() {
            for (place, (first, last)) in ranges.iter().enumerate() {
                let protocol = if place == 0 { PROTOCOLS[of] } else { "" };
                let space = if place == 0 { " " } else { "" };
                write!(f, "{gap}{protocol}{space}{first}")?;
                if first != last {
                    write!(f, "-{last}")?;
                }
                gap = ",";
            }
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn ports(ranges: &[(&str, u16, u16)]) -> Ports {
        let mut ports = Ports::default();
        for (protocol, first, last) in ranges {
            ports.add(protocol, *first, *last);
        }
        ports
    }

    #[test]
    fn ranges_that_touch_are_one() {
        let cases = [
            (ports(&[]), "No Connections"),
            (Ports::all(), "All Connections"),
            (ports(&[("", 80, 80)]), "TCP 80"),
            (
                ports(&[("TCP", 8081, 8082), ("TCP", 8080, 8080), ("UDP", 53, 53)]),
                "TCP 8080-8082,UDP 53",
            ),
            (
                ports(&[("TCP", 9, 9), ("SCTP", 7, 7), ("TCP", 1, 3), ("TCP", 2, 5)]),
                "SCTP 7,TCP 1-5,9",
            ),
            (ports(&[("TCP", 9, 8), ("ICMP", 1, 2)]), "No Connections"),
            (ports(&[("TCP", 1, 65535)]), "TCP 1-65535"),
        ];
        for (got, want) in cases {
            assert_eq!(got.to_string(), want);
        }
    }

    #[test]
    fn both_holds_what_each_holds() {
        let some = ports(&[("TCP", 10, 20), ("TCP", 30, 40), ("UDP", 53, 53)]);
        let cases = [
            (Ports::all(), some.to_string()),
            (Ports::default(), "No Connections".to_owned()),
            (ports(&[("TCP", 15, 35), ("UDP", 54, 60)]), "TCP 15-20,30-35".to_owned()),
        ];
        for (other, want) in cases {
            assert_eq!(some.and(&other).to_string(), want);
            assert_eq!(other.and(&some).to_string(), want);
        }
        assert!(some.contains("TCP", 40) && !some.contains("TCP", 41) && !some.contains("SCTP", 15));
    }
}
