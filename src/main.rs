//! The `seaworthy` program: parses the command line and turns the result into an exit status.

use std::process::ExitCode;

use clap::Parser;
use seaworthy::cli::{Cli, run};

fn main() -> ExitCode {
    run(Cli::parse()).into()
}
