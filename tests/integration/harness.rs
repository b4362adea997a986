//! Runs the real binary as a user would, without anything of the machine's own environment.

use std::path::Path;
use std::process::{Command, Output};

/// What one run gave.
pub(crate) struct Run {
    pub(crate) code: i32,
    pub(crate) out: String,
    pub(crate) err: String,
}

/// The program with `args` in an environment of its own.
pub(crate) fn command(args: &[&str]) -> Command {
    let mut command = Command::new(env!("CARGO_BIN_EXE_seaworthy"));
    command
        .args(args)
        .env_clear()
        .env("PATH", "/usr/bin:/bin")
        .env("HOME", "/nonexistent")
        .env("LANG", "C.UTF-8");
    command
}

/// Runs it.
pub(crate) fn run(args: &[&str]) -> Run {
    finish(command(args).output().unwrap())
}

/// Runs it with a kubeconfig.
pub(crate) fn run_with(kubeconfig: &Path, args: &[&str]) -> Run {
    finish(
        command(args)
            .env("KUBECONFIG", kubeconfig)
            .output()
            .unwrap(),
    )
}

/// What a run that has ended gave.
pub(crate) fn finish(output: Output) -> Run {
    Run {
        code: output.status.code().unwrap_or(-1),
        out: String::from_utf8(output.stdout).unwrap(),
        err: String::from_utf8(output.stderr).unwrap(),
    }
}
