//! The expression language of checks: CEL, typed against the facts at load and evaluated in three values.
//!
//! An expression is compiled once against a [`Scope`] (all mistakes at once, each with its position) and evaluated per row.
//! The result is a value or [`Unknown`]: touching a gap in any way is unknown, and only `false && gap` and `true || gap`
//! are decided. What was read on the way can be recorded as a [`Trace`]: it is the evidence of a verdict.
//!
//! What differs from CEL, and is therefore excluded from the comparison with its interpreter in tests:
//! * Everything is statically typed; `dyn`, `type`, `null`, doubles, unsigned integers, bytes, messages and map literals
//!   are refused, and so is everything optional (`.?`, `[?]`, `orValue`): it would turn a gap into a value.
//! * `has(a.b.c)` is false when `a.b` is not set (in CEL an error), and takes `a['b']` too.
//! * `a['b']` with a literal key on a record is its field `b`; `in` finds keys of maps only.
//! * `matches` takes a literal pattern; `mode.within('0644')` is ours; an identifier may be called `namespace`.
//! * `int` gives seconds of a timestamp; lists compare only if their items do, maps and records never.

mod calls;
mod functions;
mod mistake;
mod operate;
mod parse;
mod resolve;
mod run;
mod trace;
mod tree;
mod typing;
mod value;

use std::fmt;

use crate::facts::{Field, Gap, Lacking, Reading, Type};

pub use functions::{Function, Parameter, functions};
pub use mistake::Mistake;
pub use trace::{Read, Trace};
pub use value::{List, Value};

use run::{Run, Stop};
use trace::Recorder;

/// The variables that an expression can name, in the order in which [`Env`] gives their readings.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Scope {
    variables: Vec<(String, Type)>,
}

impl Scope {
    /// A scope of these variables.
    pub fn new<N: Into<String>>(variables: impl IntoIterator<Item = (N, Type)>) -> Self {
        let variables = variables.into_iter();
        Self {
            variables: variables.map(|(name, kind)| (name.into(), kind)).collect(),
        }
    }

    /// The variables with their types, in order.
    pub fn variables(&self) -> &[(String, Type)] {
        &self.variables
    }
}

/// What the result of an expression must be.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Expected {
    /// A truth value: `assert`, `when`.
    Bool,
    /// A text: `message`.
    Text,
    /// Anything that can be shown: a scalar, or a list of them.
    Shown,
}

/// A compiled expression.
#[derive(Debug)]
pub struct Expression {
    source: String,
    root: tree::Node,
    fields: Vec<(String, Field)>,
}

/// What an expression is evaluated on.
#[derive(Clone, Copy)]
pub struct Env<'a> {
    /// The variables of the scope, in its order; one that is missing counts as not set.
    pub readings: &'a [Reading<'a>],
    /// Fields that the facts at hand were recorded without.
    pub lacking: &'a Lacking,
    /// How many steps the evaluation may take: one per node and item visited, and one per 64 bytes of text searched.
    pub budget: u64,
}

/// Why an expression has no value.
#[derive(Clone, Debug, PartialEq)]
pub enum Unknown {
    /// Something it needs is not known.
    Gap(Gap),
    /// It cannot be computed, such as a division by zero or reading what is not set. Never shows values of facts.
    Error {
        /// What is wrong.
        message: String,
        /// Line in the expression, from 1.
        line: usize,
        /// Column in the line, in characters, from 1.
        column: usize,
    },
    /// It would take more steps than the budget has.
    Budget,
}

impl fmt::Display for Unknown {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Gap(gap) => gap.fmt(f),
            Self::Error {
                message,
                line,
                column,
            } => write!(f, "{line}:{column}: {message}"),
            Self::Budget => f.write_str("the expression takes too many steps on this row"),
        }
    }
}

impl Expression {
    /// Parses and types `source`.
    ///
    /// # Errors
    /// All mistakes of the expression, in the order of their positions.
    pub fn compile(source: &str, scope: &Scope, expected: Expected) -> Result<Self, Vec<Mistake>> {
        let typing::Compiled { root, fields } = typing::compile(source, scope, expected)?;
        Ok(Self {
            source: source.to_owned(),
            root,
            fields,
        })
    }

    /// The text it was compiled from.
    pub fn source(&self) -> &str {
        &self.source
    }

    /// The fields it names, each as written, in the order of the text.
    pub fn fields(&self) -> &[(String, Field)] {
        &self.fields
    }

    /// The value on one row.
    ///
    /// # Errors
    /// The reason why there is none.
    pub fn evaluate<'a>(&'a self, env: &Env<'a>) -> Result<Value<'a>, Unknown> {
        self.run(env, None).0
    }

    /// The value on one row as of [`Self::evaluate`], and the cells that justify it; for an unknown one all that were read.
    pub fn explain<'a>(&'a self, env: &Env<'a>) -> (Result<Value<'a>, Unknown>, Trace) {
        let (result, recorder) = self.run(env, Some(Recorder::default()));
        (result, recorder.map(Recorder::finish).unwrap_or_default())
    }

    fn run<'a>(
        &'a self,
        env: &Env<'a>,
        recorder: Option<Recorder<'a>>,
    ) -> (Result<Value<'a>, Unknown>, Option<Recorder<'a>>) {
        let mut run = Run::new(env.readings, env.lacking, env.budget, recorder);
        let result = run.result(&self.root).map_err(|stop| match stop {
            Stop::Gap(gap) => Unknown::Gap(gap.clone()),
            Stop::Budget => Unknown::Budget,
            Stop::Error(message, at) => {
                let (line, column) = mistake::position(&self.source, at);
                Unknown::Error {
                    message: message.into_owned(),
                    line,
                    column,
                }
            }
        });
        (result, run.recorder)
    }
}

#[cfg(test)]
mod fixture;
#[cfg(test)]
mod generate;
#[cfg(test)]
mod oracle;
#[cfg(test)]
mod tests;
