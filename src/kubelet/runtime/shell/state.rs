//! The state of a running shell.

use crate::sim::btree::BTreeMap;
use std::rc::Rc;

use super::Str;
use super::code::Block;
use super::parser::{SyntaxError, parse};
use crate::kubelet::runtime::process::{Base, Env, Fd, Fds};
use crate::kubelet::runtime::spec::Signal;

/// Which shell it takes after, for the words of its messages.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub(crate) enum Flavour {
    /// busybox's `ash`.
    Ash,
    /// Debian's `dash`.
    Dash,
    Bash,
}

/// A shell variable.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub(crate) struct Var {
    pub(crate) value: Value,
    pub(crate) is_exported: bool,
    pub(crate) is_readonly: bool,
}

#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub(crate) enum Value {
    /// Declared, without a value.
    Unset,
    Scalar(Str),
    Array(BTreeMap<i64, Str>),
}

/// `set -e` and its like.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash)]
pub(crate) struct Options {
    pub(crate) errexit: bool,
    pub(crate) nounset: bool,
    pub(crate) xtrace: bool,
    pub(crate) noglob: bool,
    pub(crate) noexec: bool,
    pub(crate) pipefail: bool,
}

/// What a trap waits for.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub(crate) enum Condition {
    Exit,
    /// bash's `ERR`: taken, never run.
    Error,
    Signal(Signal),
}

/// A loop being run.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub(crate) struct Loop {
    pub(crate) items: Rc<[Str]>,
    pub(crate) next: u32,
    pub(crate) after: u32,
    pub(crate) again: u32,
    pub(crate) status: i32,
    /// Sizes of the frame's stacks outside the loop.
    pub(crate) cases: u32,
    pub(crate) redirects: u32,
    pub(crate) conditions: u32,
}

/// Why a frame is there.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub(crate) enum FrameKind {
    Script,
    /// What a call hid: the arguments, and variables that `local` covered.
    Function {
        args: Rc<[Str]>,
        hidden: Vec<(Str, Option<Var>)>,
    },
    Eval,
    /// `. file`
    Source {
        args: Option<Rc<[Str]>>,
    },
    /// A trap's action and the status before it.
    Trap {
        status: i32,
    },
}

/// A place in a program.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub(crate) struct Frame {
    pub(crate) block: Block,
    pub(crate) at: u32,
    pub(crate) kind: FrameKind,
    pub(crate) loops: Vec<Loop>,
    pub(crate) cases: Vec<Str>,
    /// Descriptors as they were before the redirections in force.
    pub(crate) redirects: Vec<Fds>,
    /// Descriptors to go back to at the frame's end.
    pub(crate) restore: Option<Fds>,
    /// The count of conditions around the frame.
    pub(crate) conditions: u32,
}

/// What the shell is in the middle of.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub(crate) enum Mode {
    /// About to fetch the next operation.
    Fetch,
    /// Waiting for a child in the foreground.
    Foreground { pid: u32 },
    /// Waiting for the parts of a pipeline.
    Pipeline { pids: Vec<u32>, done: Vec<i32> },
    /// Reading what a command substitution writes.
    Substitute { pid: u32, pipe: u32, bytes: Vec<u8> },
    /// In a builtin that waits: it is called again.
    Builtin {
        argv: Rc<[Str]>,
        restore: Option<Fds>,
        partial: String,
    },
    /// Reading the script from standard input.
    Slurp { bytes: Vec<u8> },
}

/// A running shell.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub(crate) struct Shell {
    pub(crate) flavour: Flavour,
    /// `$0`
    pub(crate) name: Str,
    /// `$$`
    pub(crate) pid: u32,
    pub(crate) is_subshell: bool,
    pub(crate) frames: Vec<Frame>,
    pub(crate) vars: Rc<BTreeMap<Str, Var>>,
    pub(crate) functions: Rc<BTreeMap<Str, Block>>,
    /// `$1` and on.
    pub(crate) args: Rc<[Str]>,
    pub(crate) status: i32,
    /// `$!`
    pub(crate) background: Option<u32>,
    pub(crate) jobs: Vec<u32>,
    pub(crate) options: Options,
    pub(crate) traps: BTreeMap<Condition, Str>,
    pub(crate) mode: Mode,
    /// Outputs of command substitutions of the operation at hand, and the last one's status.
    pub(crate) substitutes: Vec<Str>,
    pub(crate) substitute_status: Option<i32>,
    /// How many of the outputs the operation has used so far.
    pub(crate) substitutes_used: u32,
    /// Conditions around the place at hand: a failure in them is no error under `set -e`.
    pub(crate) conditions: u32,
    /// The code to leave with once the `EXIT` trap has run.
    pub(crate) leaving: Option<i32>,
    pub(crate) line: u32,
    /// Variables covered for the time of one builtin.
    pub(crate) hidden: Vec<(Str, Option<Var>)>,
    /// Environment for children, until a variable changes.
    pub(crate) env: Option<Env>,
}

impl Shell {
    /// A shell that runs `block`; none: reads its script from standard input.
    pub(crate) fn new(flavour: Flavour, name: &str, args: &[Str], block: Option<Block>, base: &Base) -> Self {
        let mut vars: BTreeMap<Str, Var> = BTreeMap::new();
        for (key, value) in base.env.iter().filter(|(key, _)| super::is_name(key)) {
            vars.insert(
                key.clone(),
                Var {
                    value: Value::Scalar(value.clone()),
                    is_exported: true,
                    is_readonly: false,
                },
            );
        }
        let mut default = |key: &str, value: &str| {
            let var = Var {
                value: Value::Scalar(value.into()),
                is_exported: false,
                is_readonly: false,
            };
            vars.entry(key.into()).or_insert(var);
        };
        default("IFS", " \t\n");
        default("OPTIND", "1");
        default("PWD", &base.cwd);
        default("PPID", &base.parent.to_string());
        if flavour == Flavour::Bash {
            default("BASH_VERSION", "5.2.21(1)-release");
            default("BASH", "/bin/bash");
        }
        let mut shell = Self {
            flavour,
            name: name.into(),
            pid: base.pid,
            is_subshell: false,
            frames: Vec::new(),
            vars: Rc::new(vars),
            functions: Rc::default(),
            args: args.into(),
            status: 0,
            background: None,
            jobs: Vec::new(),
            options: Options::default(),
            traps: BTreeMap::new(),
            mode: Mode::Fetch,
            substitutes: Vec::new(),
            substitute_status: None,
            substitutes_used: 0,
            conditions: 0,
            leaving: None,
            line: 1,
            hidden: Vec::new(),
            env: None,
        };
        match block {
            Some(block) => shell.push(block, FrameKind::Script, None),
            None => shell.mode = Mode::Slurp { bytes: Vec::new() },
        }
        shell
    }

    /// The shell that a program name stands for.
    pub(crate) fn flavour_of(name: &str) -> Option<Flavour> {
        match name {
            "sh" | "ash" => Some(Flavour::Ash),
            "dash" => Some(Flavour::Dash),
            "bash" | "zsh" | "ksh" => Some(Flavour::Bash),
            _ => None,
        }
    }

    /// The script file among a shell's arguments, if it is not given by `-c`.
    pub(crate) fn script_arg(args: &[Str]) -> Option<&str> {
        let mut rest = args.iter();
        while let Some(arg) = rest.next() {
            match &**arg {
                "-" => {}
                "--" => return rest.next().map(|path| &**path),
                "-o" | "+o" => drop(rest.next()),
                flag if flag.starts_with("--") => {}
                flag if flag.starts_with(['-', '+']) => {
                    if flag.contains('c') || flag.contains('s') {
                        return None;
                    }
                }
                path => return Some(path),
            }
        }
        None
    }

    /// A shell started with arguments, such as `-ec script name arg`. `file` is the text of its script file.
    ///
    /// # Errors
    /// With the message, when the script does not parse.
    pub(crate) fn launch(
        flavour: Flavour,
        name: &str,
        args: &[Str],
        base: &Base,
        file: Option<&str>,
    ) -> Result<Self, String> {
        let long: Vec<Str> = args
            .iter()
            .filter(|arg| !(arg.starts_with("--") && arg.len() > 2))
            .cloned()
            .collect();
        let is_command = |arg: &Str| arg.starts_with('-') && !arg.starts_with("--") && arg.contains('c');
        let flags: Vec<Str> = long
            .iter()
            .take_while(|arg| arg.starts_with(['-', '+']) && arg.len() > 1)
            .cloned()
            .collect();
        let mut shell = Self::new(flavour, name, &[], None, base);
        let used = shell.take_options(&long);
        let mut rest = &long[used..];
        if rest.first().is_some_and(|arg| matches!(&**arg, "--" | "-")) {
            rest = &rest[1..];
        }
        let text = match file {
            Some(text) => {
                shell.name = rest.first().cloned().unwrap_or_else(|| name.into());
                rest = rest.get(1..).unwrap_or_default();
                text.to_owned()
            }
            None if flags.iter().any(is_command) => {
                let Some((script, others)) = rest.split_first() else {
                    return Err(format!("{name}: -c requires an argument\n"));
                };
                if let Some(zero) = others.first() {
                    shell.name = zero.clone();
                }
                rest = others.get(1..).unwrap_or_default();
                script.to_string()
            }
            None => return Ok(shell),
        };
        shell.args = rest.into();
        shell.mode = Mode::Fetch;
        let block = shell.parse(&text)?;
        shell.push(block, FrameKind::Script, None);
        Ok(shell)
    }

    pub(crate) fn push(&mut self, block: Block, kind: FrameKind, restore: Option<Fds>) {
        let conditions = self.conditions;
        let frame = Frame {
            block,
            at: 0,
            kind,
            loops: Vec::new(),
            cases: Vec::new(),
            redirects: Vec::new(),
            restore,
            conditions,
        };
        self.frames.push(frame);
    }

    /// The shell that runs `block` in a child: everything but traps and the place.
    pub(crate) fn fork(&self, block: Block) -> Self {
        let mut child = self.clone();
        child.frames.clear();
        child.is_subshell = true;
        child.jobs.clear();
        child.traps.retain(|_, action| action.is_empty());
        child.mode = Mode::Fetch;
        child.substitutes.clear();
        child.leaving = None;
        child.push(block, FrameKind::Script, None);
        child
    }

    /// Whether a signal has a trap that does something.
    pub(crate) fn has_trap(&self, signal: Signal) -> bool {
        self.traps
            .get(&Condition::Signal(signal))
            .is_some_and(|action| !action.is_empty())
    }

    /// Whether a place it will return to holds `target` open.
    pub(crate) fn holds(&self, target: Fd) -> bool {
        let in_mode = match &self.mode {
            Mode::Builtin { restore: Some(fds), .. } => fds.holds(target),
            _ => false,
        };
        let in_frame = |frame: &Frame| {
            frame.redirects.iter().any(|fds| fds.holds(target))
                || frame.restore.as_ref().is_some_and(|fds| fds.holds(target))
        };
        in_mode || self.frames.iter().any(in_frame)
    }

    pub(crate) fn var(&self, name: &str) -> Option<Str> {
        match &self.vars.get(name)?.value {
            Value::Unset => None,
            Value::Scalar(text) => Some(text.clone()),
            Value::Array(items) => items.get(&0).cloned(),
        }
    }

    /// Sets a variable; false when it is read-only.
    pub(crate) fn set_var(&mut self, name: &str, value: &str) -> bool {
        self.change_var(name, |var| {
            match &mut var.value {
                Value::Array(items) => drop(items.insert(0, value.into())),
                other => *other = Value::Scalar(value.into()),
            };
        })
    }

    pub(crate) fn change_var(&mut self, name: &str, change: impl FnOnce(&mut Var)) -> bool {
        let vars = Rc::make_mut(&mut self.vars);
        let var = vars.entry(name.into()).or_insert(Var {
            value: Value::Unset,
            is_exported: false,
            is_readonly: false,
        });
        if var.is_readonly {
            return false;
        }
        change(var);
        if var.is_exported {
            self.env = None;
        }
        true
    }

    pub(crate) fn unset_var(&mut self, name: &str) -> bool {
        if self.vars.get(name).is_some_and(|var| var.is_readonly) {
            return false;
        }
        Rc::make_mut(&mut self.vars).remove(name);
        self.env = None;
        true
    }

    /// What children get as their environment.
    pub(crate) fn environment(&mut self) -> Env {
        if let Some(env) = &self.env {
            return Rc::clone(env);
        }
        let exported = self.vars.iter().filter(|(_, var)| var.is_exported);
        let env: Env = Rc::new(
            exported
                .filter_map(|(name, _)| Some((name.clone(), self.var(name)?)))
                .collect(),
        );
        self.env = Some(Rc::clone(&env));
        env
    }

    /// A message as this shell words it: `sh: text`, `sh: 1: text`, `bash: line 1: text`.
    pub(crate) fn complain(&self, text: &str) -> String {
        let name = &self.name;
        let line = self.line;
        match self.flavour {
            Flavour::Ash => format!("{name}: {text}\n"),
            Flavour::Dash => format!("{name}: {line}: {text}\n"),
            Flavour::Bash => format!("{name}: line {line}: {text}\n"),
        }
    }

    /// Parses `text`; the message when it cannot.
    pub(crate) fn parse(&self, text: &str) -> Result<Block, String> {
        parse(text).map_err(|error| syntax_message(self.flavour, &self.name, &error))
    }
}

/// The words of a syntax error.
pub(crate) fn syntax_message(flavour: Flavour, name: &str, error: &SyntaxError) -> String {
    match (error, flavour) {
        (SyntaxError::Unsupported { what, line }, _) => {
            format!("{name}: line {line}: {what} is not simulated\n")
        }
        (SyntaxError::Unexpected { token, line: _ }, Flavour::Ash) if token == "end of file" => {
            format!("{name}: syntax error: unexpected end of file\n")
        }
        (SyntaxError::Unexpected { token, .. }, Flavour::Ash) => {
            format!("{name}: syntax error: unexpected \"{token}\"\n")
        }
        (SyntaxError::Unexpected { token, line }, Flavour::Dash) => {
            let token = if token == "newline" || token == "end of file" {
                token.clone()
            } else {
                format!("\"{token}\"")
            };
            format!("{name}: {line}: Syntax error: {token} unexpected\n")
        }
        (SyntaxError::Unexpected { token, line }, Flavour::Bash) if token == "end of file" => {
            format!("{name}: -c: line {line}: syntax error: unexpected end of file\n")
        }
        (SyntaxError::Unexpected { token, line }, Flavour::Bash) => {
            format!("{name}: -c: line {line}: syntax error near unexpected token `{token}'\n")
        }
        (SyntaxError::Unterminated { what, .. }, Flavour::Ash) if matches!(what.as_str(), "'" | "\"" | "`") => {
            format!("{name}: syntax error: unterminated quoted string\n")
        }
        (SyntaxError::Unterminated { what, .. }, Flavour::Ash) => {
            format!("{name}: syntax error: unexpected end of file (expecting \"{what}\")\n")
        }
        (SyntaxError::Unterminated { what, line }, Flavour::Dash) if matches!(what.as_str(), "'" | "\"" | "`") => {
            format!("{name}: {line}: Syntax error: Unterminated quoted string\n")
        }
        (SyntaxError::Unterminated { what, line }, Flavour::Dash) => {
            format!("{name}: {line}: Syntax error: end of file unexpected (expecting \"{what}\")\n")
        }
        (SyntaxError::Unterminated { what, line }, Flavour::Bash) if matches!(what.as_str(), "'" | "\"" | "`") => {
            format!("{name}: -c: line {line}: unexpected EOF while looking for matching `{what}'\n")
        }
        (SyntaxError::Unterminated { line, .. }, Flavour::Bash) => {
            format!("{name}: -c: line {line}: syntax error: unexpected end of file\n")
        }
    }
}
