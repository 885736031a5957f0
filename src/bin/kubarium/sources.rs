//! The files that a command is given.

use std::io::Read;

use kubarium::api::yaml::{Diagnostic, Severity};
use kubarium::scenario::{Options, Scenario};

use crate::args::Args;

/// The text of each file, with its name.
pub(crate) fn read(names: &[String]) -> Result<Vec<(String, String)>, String> {
    if names.is_empty() {
        return Err("no file is given; - reads standard input".to_owned());
    }
    names.iter().map(|name| Ok((name.clone(), read_one(name)?))).collect()
}

fn read_one(name: &str) -> Result<String, String> {
    let mut bytes = Vec::new();
    let result = if name == "-" {
        std::io::stdin().read_to_end(&mut bytes).map(|_| ())
    } else {
        std::fs::read(name).map(|read| bytes = read)
    };
    result.map_err(|error| format!("{name}: {error}"))?;
    String::from_utf8(bytes).map_err(|error| format!("{name}: not UTF-8 at byte {}", error.utf8_error().valid_up_to()))
}

/// All files as one scenario; places in its diagnostics are those of `files`, in order.
pub(crate) fn scenario(files: &[(String, String)]) -> (Scenario, bool) {
    let mut whole = Scenario::default();
    let mut clean = true;
    for (name, text) in files {
        let before = whole.diagnostics.len();
        whole.add(text);
        clean &= report(name, &whole.diagnostics[before..]);
    }
    whole.text = files
        .iter()
        .map(|(_, text)| text.as_str())
        .collect::<Vec<_>>()
        .join("\n---\n");
    (whole, clean)
}

/// The options that the arguments set.
pub(crate) const fn options(args: &Args) -> Options {
    Options {
        seed: args.seed,
        nodes: args.nodes,
        frozen: args.frozen,
    }
}

/// Prints diagnostics as `file:line:column: message`; says whether there was no error.
pub(crate) fn report(name: &str, diagnostics: &[Diagnostic]) -> bool {
    for diagnostic in diagnostics {
        eprintln!("{name}:{diagnostic}");
    }
    diagnostics
        .iter()
        .all(|diagnostic| diagnostic.severity != Severity::Error)
}
