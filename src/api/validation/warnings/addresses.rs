//! Addresses and networks that are not written in their usual form.
// Models apimachinery/pkg/util/validation/ip.go GetWarningsForIP and GetWarningsForCIDR.

use std::net::IpAddr;

use super::Warnings;
use crate::api::names::quote;
use crate::api::validation::at::At;
use crate::api::validation::network::{parse_cidr, parse_ip};

pub(super) fn ip(at: &At<'_, '_>, out: &mut Warnings) {
    let Some(address) = parse_ip(at.text()) else { return };
    let given = quote(at.text());
    match at.text().parse::<IpAddr>() {
        Ok(IpAddr::V6(v6)) if v6.to_ipv4_mapped().is_none() => {
            if v6.to_string() != at.text() {
                let usual = quote(&v6.to_string());
                let text = format!("IPv6 address {given} should be in RFC 5952 canonical format ({usual})");
                out.at(at.path, &text);
            }
        }
        Ok(IpAddr::V4(_)) => {}
        _ => {
            let usual = quote(&address.to_canonical().to_string());
            out.at(
                at.path,
                &format!("non-standard IP address {given} is invalid: use {usual}"),
            );
        }
    }
}

/// Only the form is told: a network with bits beyond its prefix is refused before.
pub(super) fn cidr(at: &At<'_, '_>, out: &mut Warnings) {
    let Some((IpAddr::V6(address), prefix)) = parse_cidr(at.text()) else {
        return;
    };
    let usual = format!("{address}/{prefix}");
    if usual != at.text() {
        let (given, usual) = (quote(at.text()), quote(&usual));
        let text = format!("IPv6 CIDR value {given} should be in RFC 5952 canonical format ({usual})");
        out.at(at.path, &text);
    }
}
