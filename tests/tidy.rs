//! The rules of the house (see `src/lib.rs`), checked over the sources. A failure names file and line, what is wrong
//! there and what to do instead.
#![allow(clippy::print_stderr)]

use std::fs;
use std::path::{Path, PathBuf};

#[path = "tidy/lexer.rs"]
mod lexer;
#[path = "tidy/rules.rs"]
mod rules;

use lexer::Source;
use rules::{Complaint, check};

/// Exceptions: the rule, the file, and why it may break it. One that is no longer needed fails the test.
const EXCEPTIONS: &[(&str, &str, &str)] = &[
    (
        "float",
        "src/api/yaml/scalar.rs",
        "a float of a document is kept as the number that JSON has for it",
    ),
    (
        "float",
        "src/controller/podautoscaler/ratio.rs",
        "upstream's float64 ratios: only * and / and ceil, the same everywhere, and nothing is stored",
    ),
    (
        "float",
        "src/scheduler/plugins/balanced_allocation.rs",
        "upstream's float64 score: only + - * / and sqrt, the same everywhere; kept as an integer",
    ),
    (
        "float",
        "src/scheduler/plugins/image_locality.rs",
        "upstream's float64 score: only * and /, the same everywhere; kept as an integer",
    ),
    (
        "float",
        "src/scheduler/plugins/inter_pod_affinity/score.rs",
        "the score shows the rounding of upstream's floats; only * and /, and nothing is stored",
    ),
];

fn rust_files(folder: &Path, found: &mut Vec<PathBuf>) {
    for entry in fs::read_dir(folder).expect("the folder can be read") {
        let path = entry.expect("the entry can be read").path();
        if path.is_dir() {
            rust_files(&path, found);
        } else if path.extension().is_some_and(|extension| extension == "rs") {
            found.push(path);
        }
    }
}

#[test]
fn the_sources_keep_the_rules() {
    let root = Path::new(env!("CARGO_MANIFEST_DIR"));
    let mut paths = Vec::new();
    for folder in ["src", "tests"] {
        rust_files(&root.join(folder), &mut paths);
    }
    paths.sort();
    assert!(paths.len() > 30, "only {} sources found", paths.len());

    let mut used = vec![false; EXCEPTIONS.len()];
    let mut complaints: Vec<Complaint> = Vec::new();
    for path in &paths {
        let name = path
            .strip_prefix(root)
            .expect("the path is below the root")
            .to_string_lossy()
            .replace('\\', "/");
        let text = fs::read_to_string(path).expect("the source can be read");
        for complaint in check(&Source::new(&name, &text)) {
            match EXCEPTIONS
                .iter()
                .position(|(rule, file, _)| *rule == complaint.rule && *file == name)
            {
                Some(exception) => used[exception] = true,
                None => complaints.push(complaint),
            }
        }
    }
    for Complaint { rule, place, text } in &complaints {
        eprintln!("{place}: [{rule}] {text}");
    }
    assert!(
        complaints.is_empty(),
        "{} places break the rules of the house, see above",
        complaints.len()
    );
    let idle: Vec<_> = EXCEPTIONS
        .iter()
        .zip(&used)
        .filter(|(_, used)| !**used)
        .map(|(exception, _)| exception)
        .collect();
    assert!(idle.is_empty(), "exceptions that are no longer needed: {idle:?}");
}

/// Each rule finds what it is there for: the rule, the path, a text that breaks it on its last line.
#[test]
fn each_rule_can_fail() {
    let cases = [
        ("heading", "src/sim/a.rs", "fn a() {}"),
        ("heading", "src/sim/a.rs", "// Not a doc.\nfn a() {}"),
        ("todo", "src/ui/a.rs", "//! A.\n// TODO: later"),
        ("todo", "tests/a.rs", "//! A.\nfn a() {} // FIXME(me): later"),
        ("unwrap", "src/ui/a.rs", "//! A.\nlet a = b.unwrap();"),
        ("web", "src/session/a.rs", "//! A.\nuse web_sys::Window;"),
        ("web", "src/sim/a.rs", "//! A.\nuse yew::prelude::*;"),
        ("clock", "src/kubelet/a.rs", "//! A.\nlet a = Instant::now();"),
        ("thread", "src/cluster/a.rs", "//! A.\nthread::spawn(b);"),
        ("thread", "src/cluster/a.rs", "//! A.\nasync fn a() {}"),
        ("global", "src/api/a.rs", "//! A.\nstatic mut A: u32 = 0;"),
        ("global", "src/api/a.rs", "//! A.\nthread_local! {}"),
        (
            "hash",
            "src/view/a.rs",
            "//! A.\nuse std::collections::{BTreeMap, HashMap};",
        ),
        ("float", "src/controller/a.rs", "//! A.\nlet ratio = a as f64 / b;"),
        ("cell", "src/scheduler/a.rs", "//! A.\nlet a: Rc<RefCell<B>> = b;"),
        ("print", "src/kubectl/a.rs", "//! A.\nprintln!(\"{a}\");"),
        ("usize", "src/scheduler/a.rs", "//! A.\nstruct A {\n    count: usize,"),
        ("usize", "src/sim/a.rs", "//! A.\npub enum A {\n    B(usize),"),
        ("usize", "src/sim/a.rs", "//! A.\npub struct A(usize);"),
        ("super", "src/scheduler/plugins/a.rs", "//! A.\nuse super::super::B;"),
        ("super", "src/scheduler/mod.rs", "//! A.\nuse super::kubelet::B;"),
        (
            "super",
            "src/sim/mod.rs",
            "//! A.\n#[cfg(test)]\nmod tests {\n    use super::super::api::A;",
        ),
        ("layer", "src/sim/a.rs", "//! A.\nuse crate::api::Pod;"),
        ("layer", "src/scheduler/a.rs", "//! A.\nuse crate::kubelet::Probe;"),
        (
            "layer",
            "src/api/a.rs",
            "//! A.\nuse crate::{sim::SimTime, cluster::{A, B}};",
        ),
        (
            "layer",
            "src/api/a.rs",
            "//! A.\nuse crate::{\n    sim::{C, D},\n    session::A",
        ),
        ("layer", "src/view/a.rs", "//! A.\nlet a = crate::session::open();"),
        ("layer", "src/ui/a.rs", "//! A.\nuse crate::apiserver::Store;"),
    ];
    for (rule, path, text) in cases {
        let found = check(&Source::new(path, text));
        let place = format!("{path}:{}", if rule == "heading" { 1 } else { text.lines().count() });
        let (got, at): (Vec<_>, Vec<_>) = found.iter().map(|complaint| (complaint.rule, &complaint.place)).unzip();
        assert_eq!((got, at), (vec![rule], vec![&place]), "in {path}: {text}");
    }
    let long = format!("//! A.\n{}", "\n".repeat(900));
    assert_eq!(check(&Source::new("src/ui/a.rs", &long)).len(), 1, "a long file");
}

/// No rule finds what is allowed.
#[test]
fn good_code_passes() {
    let cases = [
        (
            "src/ui/a.rs",
            "//! A.\nuse web_sys::Window;\nlet a: f64 = performance.now();",
        ),
        ("src/ui/a.rs", "//! A.\nuse crate::{session::Session, view::Frame};"),
        (
            "src/sim/a.rs",
            "//! A.\n// An Instant is banned, println! too.\nlet a = \"f64 async TODO\";",
        ),
        ("src/sim/a.rs", "//! A.\n// TODO(#12): faster.\nlet instants = my_f64;"),
        (
            "src/sim/mod.rs",
            "//! A.\n#[cfg(test)]\nmod tests {\n    use super::*;\n    let a: usize = b.unwrap(); let c: f64 = 1.0;",
        ),
        (
            "src/api/a.rs",
            "//! A.\nlet a = super::b(super::c());\n#[cfg(test)]\nmod tests {\n    use super::super::d;",
        ),
        (
            "src/scheduler/a.rs",
            "//! A.\nuse crate::{api::{Pod, node}, client, scheduler::b};\npub struct A;\nlet a: usize = 1;",
        ),
        (
            "src/cluster/a.rs",
            "//! A.\nuse crate::{kubelet, scheduler};\npub struct A { b: u32 }\nfn c() -> usize { 0 }",
        ),
        ("src/main.rs", "//! A.\nlet root = document.expect(\"a page\");"),
    ];
    for (path, text) in cases {
        assert_eq!(check(&Source::new(path, text)), [], "in {path}: {text}");
    }
}
