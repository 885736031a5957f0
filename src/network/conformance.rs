//! The rules of Ingresses against tables of facts.

use super::ingress::host;
use super::ingress::path::{self, PathType};

/// Checks one row of the table `file`, whose first line is `header`.
///
/// # Errors
/// Where the row says something else than what came out; begins with `not applicable` for other tables.
pub fn run_row(file: &str, header: &[&str], row: &[&str]) -> Result<(), String> {
    let name = file.rsplit('/').next().unwrap_or(file);
    let cell = |column: &str| {
        let place = header.iter().position(|known| *known == column);
        place
            .and_then(|place| row.get(place))
            .copied()
            .ok_or_else(|| format!("no column {column}"))
    };
    match name {
        "ingress_path_matching.csv" => path_row(
            cell("path_type")?,
            cell("paths")?,
            cell("request_path")?,
            truth(cell("matches")?)?,
            cell("path_that_wins")?,
        ),
        "ingress_wildcard_hosts.csv" => {
            let (rule, host) = (cell("rule_host")?, cell("host_header")?);
            same(truth(cell("matches")?)?, host::matches(rule, host).is_some(), host)
        }
        _ => Err(format!("not applicable: no rule of the network is told in {name}")),
    }
}

fn truth(text: &str) -> Result<bool, String> {
    match text.to_ascii_lowercase().as_str() {
        word if word.starts_with("yes") => Ok(true),
        word if word.starts_with("no") => Ok(false),
        _ => Err(format!("neither yes nor no: {text:?}")),
    }
}

fn same(want: bool, got: bool, of: &str) -> Result<(), String> {
    if want == got {
        Ok(())
    } else {
        Err(format!("{of}: want {want}, got {got}"))
    }
}

/// Requests that stand for all.
const ALL_PATHS: [&str; 4] = ["/", "/foo", "/foo/", "/a/b/c"];

fn path_row(kind: &str, paths: &str, request: &str, is_match: bool, winner: &str) -> Result<(), String> {
    let rules = rules(kind, paths)?;
    let requests: &[&str] = if request.starts_with('/') {
        &[request]
    } else {
        &ALL_PATHS
    };
    for request in requests {
        let fitting = rules.iter().filter(|(kind, rule)| path::matches(*kind, rule, request));
        let best = fitting.max_by(|a, b| path::order((a.0, a.1), (b.0, b.1)));
        same(is_match, best.is_some(), request)?;
        let Some(best) = best.filter(|_| !winner.is_empty()) else {
            continue;
        };
        // The cell names the path, its type, or both.
        let is_told = winner
            .split(is_gap)
            .filter(|word| !word.is_empty())
            .all(|word| word == best.1 || word == best.0.name());
        if !is_told {
            return Err(format!("{request}: want {winner}, got {} {}", best.1, best.0.name()));
        }
    }
    Ok(())
}

const fn is_gap(letter: char) -> bool {
    matches!(letter, ' ' | ',' | '(' | ')' | ':' | ';')
}

/// The paths of a cell: each of the type of the row, or of the one that is named with it, as in `/foo (Exact)`.
fn rules<'a>(kind: &str, paths: &'a str) -> Result<Vec<(PathType, &'a str)>, String> {
    let mut rules: Vec<(Option<PathType>, &str)> = Vec::new();
    let mut ahead = None;
    for word in paths.split(is_gap).filter(|word| !word.is_empty()) {
        match (PathType::parse(word), rules.last_mut()) {
            (None, _) => rules.push((ahead.take(), word)),
            (named, Some(last)) if last.0.is_none() => last.0 = named,
            (named, _) => ahead = named,
        }
    }
    let whole = PathType::parse(kind);
    let typed = rules.into_iter().map(|(named, path)| {
        let kind = named.or(whole).ok_or_else(|| format!("no path type: {kind:?}"))?;
        Ok((kind, path))
    });
    typed.collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    const HEADER: [&str; 5] = ["path_type", "paths", "request_path", "matches", "path_that_wins"];

    #[test]
    fn rows_hold_or_say_what_differs() {
        let cases = [
            (["Prefix", "/", "(all paths)", "yes", "/"], Ok(())),
            (["Exact", "/foo", "/bar", "no", ""], Ok(())),
            (
                ["Mixed", "/foo (Prefix) /foo (Exact)", "/foo", "yes", "/foo (Exact)"],
                Ok(()),
            ),
            (["Mixed", "/foo (Prefix), /foo (Exact)", "/foo", "yes", "Exact"], Ok(())),
            (["Exact", "/foo", "/foo", "no", ""], Err("/foo: want false, got true")),
            (
                ["Prefix", "/ /aaa", "/aaa/c", "yes", "/"],
                Err("/aaa/c: want /, got /aaa Prefix"),
            ),
            (["Odd", "/", "/", "yes", "/"], Err("no path type: \"Odd\"")),
        ];
        for (row, want) in cases {
            let got = run_row("facts/ingress_path_matching.csv", &HEADER, &row);
            assert_eq!(got, want.map_err(str::to_owned), "{row:?}");
        }
        let other = run_row("glossary.csv", &HEADER, &[]);
        assert!(other.is_err_and(|why| why.starts_with("not applicable")));
    }
}
