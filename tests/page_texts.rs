//! The page's texts: both languages have them all, and every key that the page asks for is there.

use kubarium::sim::btree::BTreeSet;
use std::fs;
use std::path::{Path, PathBuf};

fn ui() -> PathBuf {
    PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("src/ui")
}

fn table(language: &str) -> Vec<(String, BTreeSet<String>)> {
    let text = fs::read_to_string(ui().join(format!("text/{language}.txt"))).expect("a table");
    let lines = text.lines().map(|line| line.split_once(" = ").expect("key = text"));
    lines
        .map(|(key, text)| {
            let gaps = text.split('{').skip(1).filter_map(|rest| rest.split_once('}'));
            (key.to_owned(), gaps.map(|(gap, _)| gap.to_owned()).collect())
        })
        .collect()
}

fn sources(folder: &Path, found: &mut String) {
    for entry in fs::read_dir(folder).expect("a folder").filter_map(Result::ok) {
        let path = entry.path();
        if path.is_dir() {
            sources(&path, found);
        } else if path.extension().is_some_and(|extension| extension == "rs") {
            found.push_str(&fs::read_to_string(path).expect("a source"));
        }
    }
}

#[test]
fn both_languages_have_the_same_keys_and_gaps() {
    let (english, chinese) = (table("en"), table("zh"));
    assert_eq!(english, chinese);
    let keys: BTreeSet<&String> = english.iter().map(|(key, _)| key).collect();
    assert_eq!(keys.len(), english.len(), "a key stands twice");
}

#[test]
fn every_key_is_used_and_there() {
    let mut text = String::new();
    sources(&ui(), &mut text);
    let asked: BTreeSet<&str> = text.split('"').collect();
    for (key, _) in table("en") {
        // These are put together from a state's name.
        let is_built = key.starts_with("state.") || key.starts_with("node.");
        assert!(is_built || asked.contains(key.as_str()), "nobody asks for {key}");
    }
    let known: BTreeSet<String> = table("en").into_iter().map(|(key, _)| key).collect();
    for call in [".get(\"", ".fill(\""] {
        for rest in text.split(call).skip(1) {
            let key = rest.split('"').next().unwrap_or_default();
            // Other tables are asked by single words.
            let is_text = key.contains('.') && !key.contains(['/', '{']);
            assert!(!is_text || known.contains(key), "there is no text {key}");
        }
    }
}
