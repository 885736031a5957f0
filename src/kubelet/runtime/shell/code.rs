//! What the parser makes of a script: a flat program of operations with relative jumps.
//!
//! Flat, because a running shell must be able to stop at any point (a sleeping child, a full pipe), be cloned, and go on:
//! its place is then a block and an index into it, not a stack of Rust calls.

use std::rc::Rc;

use super::Str;

/// A program or a part that runs in a process of its own. Jumps are relative to the operation after the jump's.
pub(crate) type Block = Rc<[Op]>;

/// One operation.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub(crate) enum Op {
    /// A simple command: assignments, words, redirections.
    Simple(Rc<Simple>),
    Jump(i32),
    JumpIfFail(i32),
    JumpIfOk(i32),
    SetStatus(i32),
    /// `!`
    Not,
    /// Leaves the shell under `set -e` when the last status is not 0.
    Check,
    /// From here to `CondLeave` a failure is a condition, not an error.
    CondEnter,
    CondLeave,
    Pipeline(Rc<[Block]>),
    Background(Block),
    Subshell(Block),
    /// Redirects until `Unredirect`; a failure sets the status and jumps.
    Redirect(Rc<[Redirect]>, i32),
    Unredirect,
    LoopEnter(LoopJumps),
    /// Enters a loop over words; no words: over `"$@"`.
    ForEnter(Option<Rc<[Word]>>, LoopJumps),
    /// Takes the loop's next word, or jumps.
    ForNext(Str, i32),
    /// Remembers the status as that of the loop.
    LoopMark,
    LoopLeave,
    CaseEnter(Word),
    /// Jumps when no pattern matches.
    CaseTest(Rc<[Word]>, i32),
    CaseLeave,
    Define(Str, Block),
    /// `[[ ... ]]`
    Cond(Rc<Cond>),
    /// `(( ... ))`
    Arith(Word),
}

/// Where `break` and `continue` go, relative to the operation after the loop's first.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash)]
pub(crate) struct LoopJumps {
    pub(crate) after: i32,
    pub(crate) again: i32,
}

/// `A=1 cmd words >file`
#[derive(Clone, Debug, Default, PartialEq, Eq, Hash)]
pub(crate) struct Simple {
    pub(crate) assigns: Vec<Assign>,
    pub(crate) words: Vec<Word>,
    pub(crate) redirects: Vec<Redirect>,
    pub(crate) line: u32,
}

/// `NAME=value`, `NAME+=value`, `NAME[index]=value`, `NAME=(values)`.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub(crate) struct Assign {
    pub(crate) name: Str,
    pub(crate) index: Option<Word>,
    pub(crate) append: bool,
    pub(crate) value: AssignValue,
}

#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub(crate) enum AssignValue {
    Scalar(Word),
    Array(Vec<Word>),
}

#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub(crate) struct Redirect {
    pub(crate) fd: u32,
    pub(crate) kind: RedirectKind,
    pub(crate) word: Word,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub(crate) enum RedirectKind {
    /// `<`
    Read,
    /// `>` and `>|`
    Write,
    /// `>>`
    Append,
    /// `<>`
    ReadWrite,
    /// `>&` and `<&`
    Duplicate,
    /// `&>` and `>& file`
    Both,
    /// `&>>`
    BothAppend,
    /// `<<` and `<<<`: the word is the content.
    Here,
}

/// A word before expansion.
#[derive(Clone, Debug, Default, PartialEq, Eq, Hash)]
pub(crate) struct Word(pub(crate) Vec<Part>);

#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub(crate) enum Part {
    /// Text outside quotes: `~`, `*` and `?` mean something.
    Text(Str),
    /// Text in quotes or after a backslash.
    Quoted(Str),
    Param(Box<Param>),
    Substitute {
        block: Block,
        quoted: bool,
    },
    Arith {
        expression: Word,
        quoted: bool,
    },
}

/// `${name}` and its variants.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub(crate) struct Param {
    pub(crate) name: Str,
    pub(crate) index: Option<Word>,
    pub(crate) op: ParamOp,
    pub(crate) quoted: bool,
}

#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub(crate) enum ParamOp {
    Value,
    /// `${#x}`
    Length,
    /// `${!x}`
    Indirect,
    /// `${x-w}`; with `colon` an empty value counts as unset.
    Default {
        colon: bool,
        word: Word,
    },
    Assign {
        colon: bool,
        word: Word,
    },
    Error {
        colon: bool,
        word: Word,
    },
    Alternate {
        colon: bool,
        word: Word,
    },
    TrimPrefix {
        longest: bool,
        pattern: Word,
    },
    TrimSuffix {
        longest: bool,
        pattern: Word,
    },
    Replace {
        all: bool,
        pattern: Word,
        with: Word,
    },
    Slice {
        offset: Word,
        length: Option<Word>,
    },
    /// `${x^^}`, `${x,,}`; `all` false for the first letter only.
    Case {
        upper: bool,
        all: bool,
    },
}

/// An expression of `[[ ... ]]`.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub(crate) enum Cond {
    And(Box<Self>, Box<Self>),
    Or(Box<Self>, Box<Self>),
    Not(Box<Self>),
    /// `-f word`
    Unary(Str, Word),
    /// `a == b`, `a =~ b`, `a -eq b`
    Binary(Word, Str, Word),
}

impl Word {
    /// The text, when the word is one piece of unquoted text.
    pub(crate) fn literal(&self) -> Option<&str> {
        match self.0.as_slice() {
            [Part::Text(text)] => Some(text),
            _ => None,
        }
    }
}
