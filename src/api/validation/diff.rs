//! What changed between two structs, line by line, as upstream's refusals of changes show it.
// Models apimachinery/pkg/util/diff Diff: a unified diff of the indented JSON.

use serde_json::Value;

use super::internal;

/// Lines of context around a change.
const CONTEXT: usize = 3;

/// The unified diff of two values of the struct with this package and name.
pub(super) fn diff(package: &str, name: &str, old: &Value, new: &Value) -> String {
    let lines = |value| {
        internal::tree(package, name, value)
            .map(|tree| tree.lines())
            .unwrap_or_default()
    };
    unified(&lines(old), &lines(new))
}

#[derive(Clone, Copy, PartialEq)]
enum Edit {
    Keep,
    Remove,
    Add,
}

fn unified(old: &[String], new: &[String]) -> String {
    let script = edits(old, new);
    let changed: Vec<usize> = (0..script.len()).filter(|index| script[*index] != Edit::Keep).collect();
    let mut out = String::new();
    let mut start = 0;
    while start < changed.len() {
        let mut end = start;
        while end + 1 < changed.len() && changed[end + 1] - changed[end] <= 2 * CONTEXT + 1 {
            end += 1;
        }
        let from = changed[start].saturating_sub(CONTEXT);
        let to = (changed[end] + CONTEXT + 1).min(script.len());
        hunk(&mut out, &script, from..to, old, new);
        start = end + 1;
    }
    out
}

fn hunk(out: &mut String, script: &[Edit], range: std::ops::Range<usize>, old: &[String], new: &[String]) {
    let count = |edits: &[Edit], not: Edit| edits.iter().filter(|edit| **edit != not).count();
    let (mut a, mut b) = (
        count(&script[..range.start], Edit::Add),
        count(&script[..range.start], Edit::Remove),
    );
    let (length_a, length_b) = (
        count(&script[range.clone()], Edit::Add),
        count(&script[range.clone()], Edit::Remove),
    );
    out.push_str(&format!("@@ -{},{length_a} +{},{length_b} @@\n", a + 1, b + 1));
    for edit in &script[range] {
        let (mark, line) = match edit {
            Edit::Keep => (' ', &old[a]),
            Edit::Remove => ('-', &old[a]),
            Edit::Add => ('+', &new[b]),
        };
        a += usize::from(*edit != Edit::Add);
        b += usize::from(*edit != Edit::Remove);
        out.push(mark);
        out.push_str(line);
        out.push('\n');
    }
}

/// The shortest way from one text to the other, by the longest common subsequence of what differs.
fn edits(old: &[String], new: &[String]) -> Vec<Edit> {
    let head = old.iter().zip(new).take_while(|(a, b)| a == b).count();
    let tail = old[head..]
        .iter()
        .rev()
        .zip(new[head..].iter().rev())
        .take_while(|(a, b)| a == b)
        .count();
    let (a, b) = (&old[head..old.len() - tail], &new[head..new.len() - tail]);
    let mut longest = vec![vec![0_u32; b.len() + 1]; a.len() + 1];
    for i in (0..a.len()).rev() {
        for j in (0..b.len()).rev() {
            longest[i][j] = if a[i] == b[j] {
                longest[i + 1][j + 1] + 1
            } else {
                longest[i + 1][j].max(longest[i][j + 1])
            };
        }
    }
    let mut script = vec![Edit::Keep; head];
    let (mut i, mut j) = (0, 0);
    while i < a.len() || j < b.len() {
        if i < a.len() && j < b.len() && a[i] == b[j] {
            script.push(Edit::Keep);
            (i, j) = (i + 1, j + 1);
        } else if i < a.len() && (j == b.len() || longest[i + 1][j] >= longest[i][j + 1]) {
            script.push(Edit::Remove);
            i += 1;
        } else {
            script.push(Edit::Add);
            j += 1;
        }
    }
    script.extend(vec![Edit::Keep; tail]);
    script
}
