//! The arguments of a kubectl command: flags in any order, as its parser takes them.

use crate::sim::btree::BTreeMap;

/// A flag that a command knows.
#[derive(Clone, Copy, Debug)]
pub(super) struct Flag {
    /// The long name.
    pub(super) name: &'static str,
    /// The letter, or a space for none.
    pub(super) letter: char,
    /// What stands for a flag without a value: `None` for flags that need one.
    pub(super) alone: Option<&'static str>,
}

/// A flag that takes a value.
pub(super) const fn value(name: &'static str, letter: char) -> Flag {
    Flag {
        name,
        letter,
        alone: None,
    }
}

/// A flag that is set or not.
pub(super) const fn switch(name: &'static str, letter: char) -> Flag {
    Flag {
        name,
        letter,
        alone: Some("true"),
    }
}

/// `--dry-run`.
pub(super) const DRY_RUN: Flag = Flag {
    name: "dry-run",
    letter: ' ',
    alone: Some("client"),
};

/// Flags of every command.
const GLOBAL: [Flag; 6] = [
    value("namespace", 'n'),
    value("context", ' '),
    value("kubeconfig", ' '),
    value("request-timeout", ' '),
    value("v", 'v'),
    switch("warnings-as-errors", ' '),
];

/// The arguments after a command's name.
#[derive(Clone, Debug, Default)]
pub(super) struct Args {
    /// Words that are no flags.
    pub(super) words: Vec<String>,
    /// Words after `--`.
    pub(super) rest: Vec<String>,
    flags: BTreeMap<&'static str, Vec<String>>,
}

impl Args {
    /// Reads the words after the name of `command`.
    pub(super) fn parse(command: &str, known: &[Flag], words: &[String]) -> Result<Self, String> {
        let mut args = Self::default();
        let mut words = words.iter();
        let usage = |problem: String| format!("error: {problem}\nSee 'kubectl {command} --help' for usage.\n");
        let find = |test: &dyn Fn(&Flag) -> bool| known.iter().chain(&GLOBAL).find(|flag| test(flag)).copied();
        while let Some(word) = words.next() {
            if word == "--" {
                args.rest.extend(words.by_ref().cloned());
            } else if let Some(long) = word.strip_prefix("--") {
                let (name, given) = long
                    .split_once('=')
                    .map_or((long, None), |(name, value)| (name, Some(value)));
                let flag = find(&|flag| flag.name == name).ok_or_else(|| usage(format!("unknown flag: --{name}")))?;
                let text = match (given, flag.alone) {
                    (Some(given), _) => given.to_owned(),
                    (None, Some(alone)) => alone.to_owned(),
                    (None, None) => {
                        let next = words.next().cloned();
                        next.ok_or_else(|| usage(format!("flag needs an argument: --{name}")))?
                    }
                };
                args.add(flag, text);
            } else if let Some(short) = word.strip_prefix('-').filter(|short| !short.is_empty()) {
                args.parse_letters(short, &mut words, &find, &usage)?;
            } else {
                args.words.push(word.clone());
            }
        }
        Ok(args)
    }

    /// Letters may stand together: `-Aowide`.
    fn parse_letters(
        &mut self,
        short: &str,
        words: &mut std::slice::Iter<'_, String>,
        find: &dyn Fn(&dyn Fn(&Flag) -> bool) -> Option<Flag>,
        usage: &dyn Fn(String) -> String,
    ) -> Result<(), String> {
        for (at, letter) in short.char_indices() {
            let unknown = || usage(format!("unknown shorthand flag: '{letter}' in -{short}"));
            let flag = find(&|flag| flag.letter == letter).ok_or_else(unknown)?;
            let after = &short[at + letter.len_utf8()..];
            match flag.alone {
                Some(alone) if !after.starts_with('=') => self.add(flag, alone.to_owned()),
                _ if !after.is_empty() => {
                    self.add(flag, after.trim_start_matches('=').to_owned());
                    return Ok(());
                }
                _ => {
                    let next = words.next().cloned();
                    let missing = || usage(format!("flag needs an argument: '{letter}' in -{short}"));
                    self.add(flag, next.ok_or_else(missing)?);
                    return Ok(());
                }
            }
        }
        Ok(())
    }

    fn add(&mut self, flag: Flag, text: String) {
        self.flags.entry(flag.name).or_default().push(text);
    }

    /// The last value of a flag.
    pub(super) fn get(&self, name: &str) -> Option<&str> {
        self.flags.get(name)?.last().map(String::as_str)
    }

    /// All values of a flag, those with commas split.
    pub(super) fn all(&self, name: &str) -> Vec<&str> {
        let values = self.flags.get(name).into_iter().flatten();
        values.flat_map(|value| value.split(',')).collect()
    }

    /// All values of a flag, as they stand.
    pub(super) fn each(&self, name: &str) -> impl Iterator<Item = &str> {
        self.flags.get(name).into_iter().flatten().map(String::as_str)
    }

    /// Whether a switch is set.
    pub(super) fn is_set(&self, name: &str) -> bool {
        self.get(name).is_some_and(|value| value != "false")
    }

    /// A switch that is set unless said otherwise.
    pub(super) fn is_not_off(&self, name: &str) -> bool {
        self.get(name).is_none_or(|value| value != "false")
    }

    /// `client` or `server`, where nothing is to be written.
    pub(super) fn dry_run(&self) -> Option<&str> {
        self.get("dry-run").filter(|strategy| *strategy != "none")
    }

    /// What a dry run appends to what it says.
    pub(super) fn dry_run_tail(&self) -> &'static str {
        match self.dry_run() {
            Some("server") => " (server dry run)",
            Some(_) => " (dry run)",
            None => "",
        }
    }

    /// A whole number; the error is kubectl's.
    pub(super) fn number(&self, command: &str, name: &str) -> Result<Option<i64>, String> {
        let Some(text) = self.get(name) else { return Ok(None) };
        let number = text.parse().map_err(|_| {
            format!(
                "error: invalid argument {text:?} for \"--{name}\" flag: strconv.ParseInt: parsing {text:?}: invalid syntax\n\
                 See 'kubectl {command} --help' for usage.\n"
            )
        })?;
        Ok(Some(number))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const FLAGS: [Flag; 3] = [
        switch("all-namespaces", 'A'),
        value("output", 'o'),
        value("selector", 'l'),
    ];

    fn parse(line: &str) -> Result<Args, String> {
        Args::parse("get", &FLAGS, &super::super::split(line).expect("words"))
    }

    #[test]
    fn flags_stand_anywhere_and_in_any_form() {
        for line in [
            "pods -A -o wide",
            "-o wide pods --all-namespaces",
            "-Aowide pods",
            "pods -o=wide -A=true",
            "--output wide pods -A",
        ] {
            let args = parse(line).expect(line);
            assert_eq!(
                (
                    args.words.join(" ").as_str(),
                    args.get("output"),
                    args.is_set("all-namespaces")
                ),
                ("pods", Some("wide"), true),
                "{line}"
            );
        }
        let args = parse("pod x -- ls -l").expect("a command");
        assert_eq!(
            (args.words.join(" "), args.rest.join(" ")),
            ("pod x".to_owned(), "ls -l".to_owned())
        );
    }

    #[test]
    fn wrong_flags_are_told_as_kubectl_tells_them() {
        let cases = [
            (
                "pods --wat",
                "error: unknown flag: --wat\nSee 'kubectl get --help' for usage.\n",
            ),
            (
                "pods -z",
                "error: unknown shorthand flag: 'z' in -z\nSee 'kubectl get --help' for usage.\n",
            ),
            (
                "pods -o",
                "error: flag needs an argument: 'o' in -o\nSee 'kubectl get --help' for usage.\n",
            ),
            (
                "pods --output",
                "error: flag needs an argument: --output\nSee 'kubectl get --help' for usage.\n",
            ),
        ];
        for (line, want) in cases {
            assert_eq!(parse(line).expect_err(line), want);
        }
    }
}
