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
    let server = nameserver(sys);
    let debian = sys.host.image.userland == Userland::Debian;
    let new_style = sys.host.image.has_new_nslookup();
    match (result, style) {
        (
            EffectResult::Dns {
                name: full, addresses, ..
            },
            LookupStyle::Nslookup,
        ) => {
            let mut text = format!("Server:\t\t{server}\nAddress:\t{server}:53\n\n");
            if !new_style && !debian {
                text = format!(
                    "Server:    {server}\nAddress 1: {server} kube-dns.kube-system.svc.cluster.local\n\nName:      {name}\n"
                );
                for (index, address) in addresses.iter().enumerate() {
                    text.push_str(&format!("Address {}: {address} {full}\n", index + 1));
                }
            } else {
                for address in addresses {
                    text.push_str(&format!("Name:\t{full}\nAddress: {address}\n"));
                }
                text.push('\n');
            }
            sys.out(base, &text);
            Step::Exit(0)
        }
        (
            EffectResult::Dns {
                name: full, addresses, ..
            },
            LookupStyle::Dig { short },
        ) => {
            let text: String = addresses
                .iter()
                .map(|address| {
                    if short {
                        format!("{address}\n")
                    } else {
                        format!("{full}.\t30\tIN\tA\t{address}\n")
                    }
                })
                .collect();
            sys.out(base, &text);
            Step::Exit(0)
        }
        (
            EffectResult::Dns {
                name: full, addresses, ..
            },
            LookupStyle::Getent,
        ) => {
            let text: String = addresses
                .iter()
                .map(|address| format!("{address:15} {full}\n"))
                .collect();
            sys.out(base, &text);
            Step::Exit(0)
        }
        (_, LookupStyle::Getent) => Step::Exit(2),
        (_, LookupStyle::Dig { .. }) => Step::Exit(0),
        (EffectResult::Failed(NetError::NoSuchHost { .. }), LookupStyle::Nslookup) if new_style || debian => {
            let text =
                format!("Server:\t\t{server}\nAddress:\t{server}:53\n\n** server can't find {name}: NXDOMAIN\n\n");
            sys.out(base, &text);
            Step::Exit(1)
        }
        (EffectResult::Failed(NetError::NoSuchHost { .. }), LookupStyle::Nslookup) => {
            let text = format!("Server:    {server}\nAddress 1: {server} kube-dns.kube-system.svc.cluster.local\n\n");
            sys.out(base, &text);
            let text = format!("nslookup: can't resolve '{name}'\n");
            fail(base, sys, &text, 1)
        }
        (_, LookupStyle::Nslookup) => {
            let text = if new_style {
                ";; connection timed out; no servers could be reached\n\n".to_owned()
            } else {
                format!("nslookup: can't resolve '{name}'\n")
            };
            fail(base, sys, &text, 1)
        }
    }
}
