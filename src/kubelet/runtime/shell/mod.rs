//! A small `sh`: scripts of manifests, run on virtual time.
//!
//! [`parser`] turns text into a flat program ([`code`]); [`Shell`] is a machine that runs it one operation at a time. Its
//! whole state is data, so that it can stop wherever a real shell would block and go on later. `words` and `expand` deal
//! with quoting and expansion, `builtins` with commands that need the shell itself.

mod arith;
mod builtins;
mod code;
pub(crate) mod escape;
mod expand;
pub(crate) mod glob;
mod parser;
mod run;
mod state;
pub(crate) mod test;
mod words;

use super::Str;
pub(crate) use builtins::BUILTINS;
pub(crate) use parser::is_name;
pub(crate) use state::{Flavour, Shell};

/// The value of an arithmetic expression without variables.
pub(crate) fn calculate(text: &str) -> Option<i64> {
    struct None;
    impl arith::Variables for None {
        fn get(&mut self, _: &str) -> Option<String> {
            Option::None
        }
        fn set(&mut self, _: &str, _: i64) {}
    }
    arith::evaluate(text, &mut None).ok()
}
