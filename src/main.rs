//! The `seaworthy` program: parses the command line and turns the result into an exit status.

use std::process::ExitCode;

use clap::Parser;
use mimalloc::MiMalloc;
use seaworthy::cli::{Cli, run};

#[global_allocator]
static ALLOCATOR: MiMalloc = MiMalloc;

fn main() -> ExitCode {
    let end = |status| std::process::exit(i32::from(status));
    run(Cli::parse(), end).into()
}
