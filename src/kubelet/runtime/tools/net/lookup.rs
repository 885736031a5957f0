//! `nslookup`, `dig`, `getent hosts`.

use super::{Kind, fail, nameserver, start};
use crate::kubelet::runtime::images::Userland;
use crate::kubelet::runtime::kernel::Sys;
use crate::kubelet::runtime::net::{EffectResult, NetError};
use crate::kubelet::runtime::process::{Base, Step};
use crate::kubelet::runtime::tools::{Args, Str};

#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub(super) enum LookupStyle {
    Nslookup,
    Dig { short: bool },
    Getent,
}

pub(crate) fn nslookup(base: &mut Base, sys: &mut Sys<'_, '_>, args: &[Str]) -> Step {
    let args = Args::new(args, "");
    match args.operands.first() {
        Some(name) => start(
            sys,
            Kind::Lookup {
                name: name.clone(),
                style: LookupStyle::Nslookup,
            },
        ),
        None => fail(base, sys, "Usage: nslookup [HOST] [SERVER]\n", 1),
    }
}

pub(crate) fn dig(base: &mut Base, sys: &mut Sys<'_, '_>, args: &[Str]) -> Step {
    let short = args.iter().any(|arg| &**arg == "+short");
    let name = args
        .iter()
        .find(|arg| !arg.starts_with(['+', '-', '@']) && !matches!(&***arg, "A" | "AAAA" | "SRV" | "ANY" | "TXT"));
    match name {
        Some(name) => start(
            sys,
            Kind::Lookup {
                name: name.clone(),
                style: LookupStyle::Dig { short },
            },
        ),
        None => fail(base, sys, "dig: a name is needed\n", 1),
    }
}

pub(crate) fn getent(_: &mut Base, sys: &mut Sys<'_, '_>, args: &[Str]) -> Step {
    match args {
        [kind, name, ..] if matches!(&**kind, "hosts" | "ahosts") => start(
            sys,
            Kind::Lookup {
                name: name.clone(),
                style: LookupStyle::Getent,
            },
        ),
        _ => Step::Exit(2),
    }
}

pub(super) fn lookup_answer(
    name: &str,
    style: LookupStyle,
    result: &EffectResult,
    base: &mut Base,
    sys: &mut Sys<'_, '_>,
) -> Step {
    let EffectResult::Dns {
        name: full, addresses, ..
    } = result
    else {
        return match style {
            LookupStyle::Nslookup => nslookup_failed(name, result, base, sys),
            LookupStyle::Dig { .. } => Step::Exit(0),
            LookupStyle::Getent => Step::Exit(2),
        };
    };
    let line = |address: &Str| match style {
        LookupStyle::Dig { short: true } => format!("{address}\n"),
        LookupStyle::Dig { short: false } => format!("{full}.\t30\tIN\tA\t{address}\n"),
        LookupStyle::Getent => format!("{address:15} {full}\n"),
        LookupStyle::Nslookup => format!("Name:\t{full}\nAddress: {address}\n"),
    };
    let lines: String = addresses.iter().map(line).collect();
    let text = match style {
        LookupStyle::Nslookup if is_old(sys) => {
            let numbered = addresses.iter().zip(1..);
            let lines: String = numbered
                .map(|(address, index)| format!("Address {index}: {address} {full}\n"))
                .collect();
            format!("{}Name:      {name}\n{lines}", server_lines(sys))
        }
        LookupStyle::Nslookup => format!("{}{lines}\n", server_lines(sys)),
        _ => lines,
    };
    sys.out(base, &text);
    Step::Exit(0)
}

/// Whether `nslookup` is that of busybox before 1.29.
fn is_old(sys: &Sys<'_, '_>) -> bool {
    !sys.host.image.has_new_nslookup() && sys.host.image.userland != Userland::Debian
}

/// What `nslookup` says of the server it asks.
fn server_lines(sys: &Sys<'_, '_>) -> String {
    let server = nameserver(sys);
    if is_old(sys) {
        format!("Server:    {server}\nAddress 1: {server} kube-dns.kube-system.svc.cluster.local\n\n")
    } else {
        format!("Server:\t\t{server}\nAddress:\t{server}:53\n\n")
    }
}

fn nslookup_failed(name: &str, result: &EffectResult, base: &mut Base, sys: &mut Sys<'_, '_>) -> Step {
    let is_absent = matches!(result, EffectResult::Failed(NetError::NoSuchHost { .. }));
    let lines = server_lines(sys);
    if is_old(sys) {
        if is_absent {
            sys.out(base, &lines);
        }
        let text = format!("nslookup: can't resolve '{name}'\n");
        return fail(base, sys, &text, 1);
    }
    if is_absent {
        let text = format!("{lines}** server can't find {name}: NXDOMAIN\n\n");
        sys.out(base, &text);
        return Step::Exit(1);
    }
    fail(base, sys, ";; connection timed out; no servers could be reached\n\n", 1)
}
