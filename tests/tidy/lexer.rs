//! Just enough of Rust's lexer to look at code without its comments and literals, line for line.

/// A source file taken apart. All vectors have one entry a line.
pub(crate) struct Source {
    /// The file's path from the root of the package, with `/`.
    pub(crate) path: String,
    /// The lines with comments and the insides of literals blanked.
    pub(crate) code: Vec<String>,
    /// The comments alone.
    pub(crate) comments: Vec<String>,
    /// Whether the line belongs to tests: a file of tests, or below `#[cfg(test)]` before a module.
    pub(crate) in_tests: Vec<bool>,
}

impl Source {
    /// Takes `text` apart.
    pub(crate) fn new(path: &str, text: &str) -> Self {
        let (code, comments) = split(text);
        let code: Vec<String> = code.lines().map(str::to_owned).collect();
        let comments: Vec<String> = comments.lines().map(str::to_owned).collect();
        let in_tests = mark_tests(path, &code);
        Self {
            path: path.to_owned(),
            code,
            comments,
            in_tests,
        }
    }
}

/// Marks the lines of tests. By the convention of this house a `mod tests` closes its file.
fn mark_tests(path: &str, code: &[String]) -> Vec<bool> {
    let name = path.rsplit('/').next().unwrap_or(path);
    let whole = !path.starts_with("src/") || name == "tests.rs" || path.contains("/tests/");
    let start = code.iter().enumerate().position(|(at, line)| {
        let next = code[at + 1..]
            .iter()
            .map(|next| next.trim())
            .find(|next| !next.is_empty() && !next.starts_with("#["));
        line.trim() == "#[cfg(test)]" && next.is_some_and(|next| next.contains("mod ") && next.ends_with('{'))
    });
    (0..code.len())
        .map(|at| whole || start.is_some_and(|start| at >= start))
        .collect()
}

/// What the scanner is inside of.
enum State {
    Code,
    LineComment,
    /// With its depth of nesting.
    BlockComment(u32),
    Text,
    /// With its number of `#`.
    RawText(usize),
}

/// Splits `text` into code and comments: two texts of the same lines, what belongs to the other blanked.
fn split(text: &str) -> (String, String) {
    let chars: Vec<char> = text.chars().collect();
    let (mut code, mut comments) = (String::new(), String::new());
    let mut state = State::Code;
    let mut at = 0;
    while at < chars.len() {
        let (next, taken) = step(&state, &chars, at);
        let is_comment = [&state, &next]
            .iter()
            .any(|state| matches!(state, State::LineComment | State::BlockComment(_)));
        for &char in &chars[at..at + taken] {
            let blank = if char == '\n' { '\n' } else { ' ' };
            // The quotes of a literal stay, so that `"a".b()` still reads as a call.
            let is_code = matches!(state, State::Code) && taken == 1 || char == '"' && !is_comment;
            code.push(if is_code { char } else { blank });
            comments.push(if is_comment { char } else { blank });
        }
        at += taken;
        state = next;
    }
    (code, comments)
}

/// The state after the characters at `at`, and how many of them that takes.
fn step(state: &State, chars: &[char], at: usize) -> (State, usize) {
    let starts = |what: &str| {
        what.chars()
            .enumerate()
            .all(|(offset, char)| chars.get(at + offset) == Some(&char))
    };
    match *state {
        State::Code if starts("//") => (State::LineComment, 2),
        State::Code if starts("/*") => (State::BlockComment(1), 2),
        State::Code if starts("\"") => (State::Text, 1),
        State::Code => match raw_text(chars, at) {
            Some((hashes, taken)) => (State::RawText(hashes), taken),
            None => (State::Code, char_literal(chars, at).unwrap_or(1)),
        },
        State::LineComment => (if starts("\n") { State::Code } else { State::LineComment }, 1),
        State::BlockComment(depth) if starts("/*") => (State::BlockComment(depth + 1), 2),
        State::BlockComment(1) if starts("*/") => (State::Code, 2),
        State::BlockComment(depth) if starts("*/") => (State::BlockComment(depth - 1), 2),
        State::BlockComment(depth) => (State::BlockComment(depth), 1),
        State::Text if starts("\\") => (State::Text, 2.min(chars.len() - at)),
        State::Text => (if starts("\"") { State::Code } else { State::Text }, 1),
        State::RawText(hashes) => {
            let end = format!("\"{}", "#".repeat(hashes));
            if starts(&end) {
                (State::Code, hashes + 1)
            } else {
                (State::RawText(hashes), 1)
            }
        }
    }
}

/// The opening of a raw string at `at`: its number of `#` and its length.
fn raw_text(chars: &[char], at: usize) -> Option<(usize, usize)> {
    let after_name = at > 0 && (chars[at - 1].is_alphanumeric() || chars[at - 1] == '_') && chars[at - 1] != 'b';
    if chars[at] != 'r' || after_name {
        return None;
    }
    let hashes = chars[at + 1..].iter().take_while(|&&char| char == '#').count();
    (chars.get(at + 1 + hashes) == Some(&'"')).then_some((hashes, hashes + 2))
}

/// The length of the character literal at `at`; a lifetime is none.
fn char_literal(chars: &[char], at: usize) -> Option<usize> {
    if chars[at] != '\'' {
        return None;
    }
    if chars.get(at + 1) == Some(&'\\') {
        return chars[at + 3..]
            .iter()
            .take(8)
            .position(|&char| char == '\'')
            .map(|end| end + 4);
    }
    (chars.get(at + 2) == Some(&'\'')).then_some(3)
}

#[cfg(test)]
mod tests {
    use super::Source;

    #[test]
    fn comments_and_literals_are_blanked() {
        let text = "let a = \"f64 // no\"; // f32\n/* one /* two */ f64\n*/ let b = 'x'; let c: &'a str = r#\"f64 \" \"#;\n\"\\\"\".d()";
        let source = Source::new("src/a.rs", text);
        assert!(
            source
                .code
                .iter()
                .all(|line| !line.contains("f64") && !line.contains("f32")),
            "{:?}",
            source.code
        );
        assert!(source.comments[0].contains("f32"));
        assert!(source.comments[1].contains("two"));
        assert!(source.code[2].contains("let c: &'a str ="));
        assert!(source.code[3].ends_with(".d()"), "{:?}", source.code[3]);
    }

    #[test]
    fn tests_are_told_from_code() {
        let text = "fn a() {}\n#[cfg(test)]\nfn helper() {}\n#[cfg(test)]\nmod tests {\n}\n";
        assert_eq!(
            Source::new("src/a.rs", text).in_tests,
            [false, false, false, true, true, true]
        );
        assert_eq!(Source::new("src/a/tests.rs", "fn a() {}\n").in_tests, [true]);
        assert_eq!(
            Source::new("src/a.rs", "#[cfg(test)]\nmod tests;\n").in_tests,
            [false, false]
        );
    }
}
