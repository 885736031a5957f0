//! Rules for addresses and ports.

use std::net::IpAddr;

use serde_json::Value;

use super::at::At;
use crate::api::names::{FieldErrors, is_valid_port_name, is_valid_port_num};

const NOT_AN_IP: &str = "must be a valid IP address, (e.g. 10.9.8.7 or 2001:db8::ffff)";
const NOT_A_CIDR: &str = "must be a valid CIDR value, (e.g. 10.9.8.0/24 or 2001:db8::/64)";

/// An address. As upstream, numbers may start with zeros.
// Models k8s.io/utils/net ParseIPSloppy.
pub(super) fn parse_ip(text: &str) -> Option<IpAddr> {
    if let Ok(address) = text.parse() {
        return Some(address);
    }
    let parts: Vec<&str> = text.split('.').collect();
    let trimmed = parts.iter().map(|part| match part.trim_start_matches('0') {
        "" if !part.is_empty() => "0",
        other => other,
    });
    let text = trimmed.collect::<Vec<_>>().join(".");
    (parts.len() == 4).then(|| text.parse().ok()).flatten()
}

/// A network: its address and the length of its prefix.
pub(super) fn parse_cidr(text: &str) -> Option<(IpAddr, u32)> {
    let (address, prefix) = text.split_once('/')?;
    let address = parse_ip(address)?;
    let bits = if address.is_ipv4() { 32 } else { 128 };
    let digits = !prefix.is_empty() && prefix.bytes().all(|byte| byte.is_ascii_digit());
    let prefix = digits.then(|| prefix.parse().ok()).flatten()?;
    (prefix <= bits).then_some((address, prefix))
}

/// Whether the network `outer` holds `inner` and more.
pub(super) fn is_strict_subset(inner: (IpAddr, u32), outer: (IpAddr, u32)) -> bool {
    let mask = mask(outer.1);
    inner.0.is_ipv4() == outer.0.is_ipv4() && bits(inner.0) & mask == bits(outer.0) & mask && outer.1 < inner.1
}

// Models IsValidIPForLegacyField.
pub(super) fn ip(at: &At<'_, '_>, errors: &mut FieldErrors) {
    match (parse_ip(at.text()), at.text().parse::<IpAddr>()) {
        (None, _) => at.invalid_text(errors, NOT_AN_IP),
        (Some(_), Err(_)) => at.invalid(errors, "must not have leading 0s"),
        (Some(_), Ok(address)) if is_mapped(address) => {
            at.invalid(errors, "must not be an IPv4-mapped IPv6 address");
        }
        _ => {}
    }
}

fn is_mapped(address: IpAddr) -> bool {
    matches!(address, IpAddr::V6(v6) if v6.to_ipv4_mapped().is_some())
}

// Models IsValidCIDRForLegacyField.
pub(super) fn cidr(at: &At<'_, '_>, errors: &mut FieldErrors) {
    let Some((address, prefix)) = parse_cidr(at.text()) else {
        return at.invalid_text(errors, NOT_A_CIDR);
    };
    let written = at.text().split_once('/');
    let plain = |(ip, length): (&str, &str)| ip.parse::<IpAddr>().is_ok() && length == prefix.to_string();
    if !written.is_some_and(plain) {
        at.invalid(errors, "must not have leading 0s in IP or prefix length");
    } else if is_mapped(address) {
        at.invalid(errors, "must not have an IPv4-mapped IPv6 address");
    } else if bits(address) & !mask(prefix) & family_mask(address) != 0 {
        at.invalid(errors, "must not have bits set beyond the prefix length");
    }
}

/// The address from the left of 128 bits.
fn bits(address: IpAddr) -> u128 {
    match address {
        IpAddr::V4(address) => u128::from(u32::from(address)) << 96,
        IpAddr::V6(address) => u128::from(address),
    }
}

fn mask(prefix: u32) -> u128 {
    u128::MAX.checked_shl(128 - prefix).unwrap_or(0)
}

fn family_mask(address: IpAddr) -> u128 {
    mask(if address.is_ipv4() { 32 } else { 128 })
}

/// A port's number.
pub(super) fn port_number(at: &At<'_, '_>, errors: &mut FieldErrors) {
    for message in is_valid_port_num(at.int()) {
        at.invalid_int(errors, message);
    }
}

/// A port by number or by name.
// Models ValidatePortNumOrName.
pub(super) fn port_number_or_name(at: &At<'_, '_>, errors: &mut FieldErrors) {
    if let Value::String(name) = at.value {
        at.rule(errors, is_valid_port_name(name));
    } else {
        port_number(at, errors);
    }
}

/// An address that a Service may have outside: no loopback and the like.
// Models ValidateEndpointIP.
pub(super) fn endpoint_ip(at: &At<'_, '_>, errors: &mut FieldErrors) {
    let Some(address) = parse_ip(at.text()) else { return };
    let link_local = match address {
        IpAddr::V4(v4) => v4.is_link_local(),
        IpAddr::V6(v6) => (v6.segments()[0] & 0xffc0) == 0xfe80,
    };
    let link_local_multicast = match address {
        IpAddr::V4(v4) => v4.octets()[..3] == [224, 0, 0],
        IpAddr::V6(v6) => v6.segments()[0] == 0xff02,
    };
    for (is, detail) in [
        (
            address.is_unspecified(),
            "may not be unspecified (0.0.0.0 or ::)".to_owned(),
        ),
        (
            address.is_loopback(),
            "may not be in the loopback range (127.0.0.0/8, ::1/128)".to_owned(),
        ),
        (
            link_local,
            "may not be in the link-local range (169.254.0.0/16, fe80::/10)".to_owned(),
        ),
        (
            link_local_multicast,
            "may not be in the link-local multicast range (224.0.0.0/24, ff02::/10)".to_owned(),
        ),
    ] {
        if is {
            at.invalid(errors, detail);
        }
    }
}
