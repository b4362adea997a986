//! How a run ended, as other programs see it. Never depends on the output format.

use std::process::ExitCode;

/// The exit statuses of every command.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Exit {
    /// Done, and the gate passed.
    Done,
    /// Done, and the gate failed.
    GateFailed,
    /// Usage, configuration or internal error.
    Error,
    /// Nothing could be audited, or less than was asked for.
    Incomplete,
}

impl From<Exit> for ExitCode {
    fn from(exit: Exit) -> Self {
        Self::from(match exit {
            Exit::Done => 0,
            Exit::GateFailed => 1,
            Exit::Error => 2,
            Exit::Incomplete => 3,
        })
    }
}
