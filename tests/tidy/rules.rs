//! The rules themselves: each takes a source and tells what is wrong in it and what to do instead.

use crate::lexer::Source;

/// What is wrong at one place.
#[derive(Debug, PartialEq, Eq)]
pub(crate) struct Complaint {
    /// The name of the rule, for the list of exceptions.
    pub(crate) rule: &'static str,
    /// `path:line`, the line counted from 1.
    pub(crate) place: String,
    /// What is wrong and what to do instead.
    pub(crate) text: String,
}

/// Modules from the bottom up; those of one row are siblings and never name each other.
const LAYERS: &[&[&str]] = &[
    &["sim"],
    &["api"],
    &["apiserver"],
    &["client"],
    &["scheduler", "kubelet", "controller", "network", "storage"],
    &["cluster"],
    &["view"],
    &["kubectl"],
    &["scenario"],
    &["session"],
    &["conformance"],
    &["embed"],
    &["ui"],
];
const SIBLINGS: usize = 4;
/// What the page may not name although it stands lower: it reads `view` and commands the `session`.
const HIDDEN_FROM_UI: &[&str] = &[
    "apiserver",
    "client",
    "scheduler",
    "kubelet",
    "controller",
    "network",
    "storage",
    "cluster",
];

const LINES_MAX: usize = 800;
/// Files with a bound of their own. Those over the common one may only shrink: lower the number when they do.
const LINES_MAX_OF: &[(&str, usize)] = &[("src/cluster/mod.rs", 400), ("src/ui/app.rs", 400)];

/// Words banned below the faces, and what to do instead. A word that ends in `::` or `!` must be followed by that.
const BANNED: &[(&str, &str, &str)] = &[
    ("web", "web_sys", "the engine knows no web: move this to embed or ui"),
    ("web", "js_sys", "the engine knows no web: move this to embed or ui"),
    (
        "web",
        "wasm_bindgen",
        "the engine knows no web: move this to embed or ui",
    ),
    (
        "web",
        "serde_wasm_bindgen",
        "the engine knows no web: move this to embed or ui",
    ),
    ("web", "yew", "the engine knows no web: move this to embed or ui"),
    (
        "web",
        "gloo_timers",
        "the engine knows no web: move this to embed or ui",
    ),
    (
        "clock",
        "std::time",
        "the engine has no wall clock: take the time from the event in hand (sim::SimTime)",
    ),
    (
        "clock",
        "Instant",
        "the engine has no wall clock: take the time from the event in hand (sim::SimTime)",
    ),
    (
        "clock",
        "SystemTime",
        "the engine has no wall clock: take the time from the event in hand (sim::SimTime)",
    ),
    ("thread", "thread::", "the engine has no threads: schedule an event"),
    ("thread", "async", "the engine is not asynchronous: schedule an event"),
    ("thread", "await", "the engine is not asynchronous: schedule an event"),
    ("global", "static mut", "no global state: hand the value down as &mut"),
    (
        "global",
        "thread_local!",
        "no global state: hand the value down as &mut",
    ),
    ("global", "Mutex", "no global state: hand the value down as &mut"),
    ("global", "RwLock", "no global state: hand the value down as &mut"),
    ("global", "AtomicU64", "no global state: hand the value down as &mut"),
    ("global", "AtomicUsize", "no global state: hand the value down as &mut"),
    ("hash", "HashMap", "its order is random: use BTreeMap or a Vec"),
    ("hash", "HashSet", "its order is random: use BTreeSet or a sorted Vec"),
    (
        "float",
        "f32",
        "native and wasm may differ: use integers (milli units, parts per million)",
    ),
    (
        "float",
        "f64",
        "native and wasm may differ: use integers (milli units, parts per million)",
    ),
    (
        "cell",
        "RefCell",
        "checkpoints clone the engine: use plain fields and split borrows through a Ctx of &mut",
    ),
    ("print", "println!", "only bins print: return the text"),
    ("print", "print!", "only bins print: return the text"),
    ("print", "eprintln!", "only bins print: return the text"),
    ("print", "eprint!", "only bins print: return the text"),
];
/// Rules that tests need not keep.
const FREE_IN_TESTS: &[&str] = &["float", "print", "unwrap", "usize"];

/// All complaints about one source.
pub(crate) fn check(source: &Source) -> Vec<Complaint> {
    let mut found = Vec::new();
    check_shape(source, &mut found);
    check_words(source, &mut found);
    check_layers(source, &mut found);
    check_fields(source, &mut found);
    found
}

/// The module of the top level that a path belongs to, and its row in the table of layers.
fn layer_of(path: &str) -> Option<(&str, usize)> {
    let module = path.strip_prefix("src/")?.split(['/', '.']).next()?;
    let row = LAYERS.iter().position(|row| row.contains(&module))?;
    Some((module, row))
}

/// Whether the path lies below the faces.
fn is_engine(path: &str) -> bool {
    layer_of(path).is_some_and(|(module, _)| module != "embed" && module != "ui")
}

fn complain(found: &mut Vec<Complaint>, rule: &'static str, source: &Source, at: usize, text: String) {
    found.push(Complaint {
        rule,
        place: format!("{}:{}", source.path, at + 1),
        text,
    });
}

/// Rules of form: the heading, the length, what is left to do.
fn check_shape(source: &Source, found: &mut Vec<Complaint>) {
    if !source
        .comments
        .iter()
        .find(|line| !line.trim().is_empty())
        .is_some_and(|line| line.contains("//!"))
        && !source.comments.is_empty()
    {
        complain(
            found,
            "heading",
            source,
            0,
            "no module doc: start with `//! What this is, in a sentence.`".to_owned(),
        );
    }
    let max = LINES_MAX_OF
        .iter()
        .find(|(path, _)| *path == source.path)
        .map_or(LINES_MAX, |(_, max)| *max);
    let lines = source.code.len();
    if lines > max {
        complain(
            found,
            "length",
            source,
            max,
            format!("{lines} lines, {max} are the most: split the file by idea"),
        );
    }
    for (at, comment) in source.comments.iter().enumerate() {
        for word in ["TODO", "FIXME", "XXX", "HACK"] {
            let left = find_word(comment, word).any(|end| !comment[end..].starts_with("(#"));
            if left {
                complain(
                    found,
                    "todo",
                    source,
                    at,
                    format!("{word} without an issue: do it, or write {word}(#number)"),
                );
            }
        }
    }
}

/// Words that the engine must not say.
fn check_words(source: &Source, found: &mut Vec<Complaint>) {
    let applies = |rule: &str, at: usize| !(source.in_tests[at] && FREE_IN_TESTS.contains(&rule));
    for (at, line) in source.code.iter().enumerate() {
        if is_engine(&source.path) {
            for (rule, word, instead) in BANNED {
                if find_word(line, word).next().is_some() && applies(rule, at) {
                    complain(found, rule, source, at, format!("`{word}`: {instead}"));
                }
            }
        }
        if line.contains(".unwrap()") && applies("unwrap", at) {
            let text = "`unwrap()`: handle the case, or `expect(\"why it holds\")`".to_owned();
            complain(found, "unwrap", source, at, text);
        }
    }
}

/// Who names whom.
fn check_layers(source: &Source, found: &mut Vec<Complaint>) {
    let Some((module, row)) = layer_of(&source.path) else {
        return;
    };
    // How many `super`s lead to the root of the crate: from there any layer can be named past this check.
    let depth = source.path.trim_end_matches("/mod.rs").matches('/').count();
    for (at, line) in source.code.iter().enumerate() {
        let supers = (1..)
            .take_while(|&count| line.contains(&"super::".repeat(count)))
            .count();
        let allowed = if source.in_tests[at] { depth } else { 1.min(depth - 1) };
        if supers > allowed {
            let text = "too many `super`s: write `crate::...`, so that one sees which layer is meant".to_owned();
            complain(found, "super", source, at, text);
        }
    }
    for (at, named) in names_of_crate(&source.code) {
        let Some(below) = LAYERS.iter().position(|row| row.contains(&named.as_str())) else {
            continue;
        };
        if named == module {
            continue;
        }
        let why = if row == SIBLINGS && below == SIBLINGS {
            "siblings never name each other: they meet in API objects; cluster wires them"
        } else if below >= row {
            "it stands higher: move what is needed down, or hand it in"
        } else if module == "ui" && HIDDEN_FROM_UI.contains(&named.as_str()) {
            "the page reads `view` and commands the `session`"
        } else {
            continue;
        };
        complain(
            found,
            "layer",
            source,
            at,
            format!("{module} must not use crate::{named}: {why}"),
        );
    }
}

/// The modules named right after `crate::`, with their lines; groups in braces are opened.
fn names_of_crate(code: &[String]) -> Vec<(usize, String)> {
    let mut names = Vec::new();
    let text = code.join("\n");
    for (start, _) in text.match_indices("crate::") {
        let rest = &text[start + "crate::".len()..];
        let line_of = |offset: usize| text[..start + "crate::".len() + offset].matches('\n').count();
        if !rest.starts_with('{') {
            names.push((line_of(0), identifier(rest)));
            continue;
        }
        let mut depth = 0;
        for (offset, char) in rest.char_indices() {
            match char {
                '{' => depth += 1,
                '}' => depth -= 1,
                _ => {}
            }
            if depth == 0 {
                break;
            }
            if depth == 1 && (char == '{' || char == ',') {
                let after = rest[offset + 1..].trim_start();
                let at = rest.len() - after.len();
                names.push((line_of(at), identifier(after)));
            }
        }
    }
    names
}

fn identifier(text: &str) -> String {
    text.chars()
        .take_while(|char| char.is_alphanumeric() || *char == '_')
        .collect()
}

/// No `usize` in the fields of what is stored: it is 8 bytes natively and 4 in wasm, and hashes tell.
fn check_fields(source: &Source, found: &mut Vec<Complaint>) {
    let Some((_, row)) = layer_of(&source.path) else { return };
    let is_stored = row <= LAYERS.iter().position(|row| row.contains(&"cluster")).unwrap_or(0);
    // The layer of the objects holds parsers; its objects are made by a macro whose types have no usize.
    if !is_stored || source.path.starts_with("src/api/") {
        return;
    }
    let mut depth: Option<i32> = None;
    for (at, line) in source.code.iter().enumerate() {
        let opens = find_word(line, "struct").next().is_some() || find_word(line, "enum").next().is_some();
        if depth.is_none() && opens {
            depth = Some(0);
        }
        let Some(inside) = depth.as_mut() else { continue };
        if find_word(line, "usize").next().is_some() && !source.in_tests[at] && !line.contains("fn ") {
            let text = "`usize` in a field: use u32 or u64, the same natively and in wasm".to_owned();
            complain(found, "usize", source, at, text);
        }
        *inside += i32::try_from(line.matches('{').count()).unwrap_or(0);
        *inside -= i32::try_from(line.matches('}').count()).unwrap_or(0);
        if *inside <= 0 && (line.contains('}') || line.trim_end().ends_with(';')) {
            depth = None;
        }
    }
}

/// The ends of all places in `line` where `word` stands alone, not inside of a longer name.
fn find_word<'a>(line: &'a str, word: &'a str) -> impl Iterator<Item = usize> + 'a {
    let is_name = |char: char| char.is_alphanumeric() || char == '_';
    line.match_indices(word).filter_map(move |(start, _)| {
        let end = start + word.len();
        let before = line[..start].chars().next_back().is_some_and(is_name);
        let after = word.ends_with(is_name) && line[end..].chars().next().is_some_and(is_name);
        (!before && !after).then_some(end)
    })
}
