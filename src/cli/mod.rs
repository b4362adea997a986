//! The command line: arguments, settings, progress, exit status. Drives every other layer and holds no logic of theirs.

mod args;
mod catalog;
mod commands;
mod error;
mod exit;
mod interrupt;
mod live;
mod output;
mod progress;
mod resources;
mod selection;
mod sink;
mod source;
mod terminal;
mod waivers;

use std::io::{self, Write};

use args::{ChecksCommand, Command, ProfilesCommand};
use error::CliError;
use terminal::Terminal;

pub use args::Cli;
pub use exit::Exit;

/// Runs one command and says how it ended; `end` ends the program when a signal does.
pub fn run(cli: Cli, end: fn(u8)) -> Exit {
    interrupt::listen(end);
    let terminal = Terminal::new(&cli.global);
    match dispatch(cli, &terminal) {
        Ok(exit) => exit,
        Err(error) if error.is_closed_pipe() => Exit::Done,
        Err(error) => {
            explain(&error);
            error.exit()
        }
    }
}

fn dispatch(cli: Cli, terminal: &Terminal) -> Result<Exit, CliError> {
    let folders = &cli.global.check_dirs;
    match cli.command {
        Command::Audit(args) => commands::audit::run(args, folders, terminal),
        Command::Certs(args) => commands::certs::run(&args, folders, terminal),
        Command::Netpol(command) => commands::netpol::run(command, terminal),
        Command::Rbac(command) => commands::rbac::run(command, terminal),
        Command::Collect(args) => commands::collect::run(args, terminal),
        Command::Diff(args) => commands::diff::run(&args, folders, terminal),
        Command::Report(args) => commands::report::run(args, terminal),
        Command::Checks(command) => match command {
            ChecksCommand::List => commands::checks::list(folders, terminal),
            ChecksCommand::Show { id } => commands::checks::show(folders, &id, terminal),
            ChecksCommand::Test { ids } => commands::checks::test(folders, &ids, terminal),
            ChecksCommand::Lint => commands::checks::lint(folders, terminal),
            ChecksCommand::Schema { kind } => commands::schema::run(kind.as_deref(), terminal),
        },
        Command::Profiles(command) => match command {
            ProfilesCommand::List => commands::profiles::list(folders, terminal),
            ProfilesCommand::Show { id } => commands::profiles::show(folders, &id, terminal),
        },
        Command::Deploy(args) => commands::deploy::run(&args),
    }
}

/// One line on standard error.
fn say(line: &str) {
    // Nobody is left to tell when standard error is gone.
    let _ = writeln!(io::stderr(), "{}", terminal::safe(line));
}

/// Does all of it, whatever fails: each failure is told, and the last is returned.
fn each(done: impl Iterator<Item = Result<(), CliError>>) -> Result<(), CliError> {
    let mut last = Ok(());
    for one in done {
        if let (Err(before), Err(_)) = (&last, &one) {
            explain(before);
        }
        last = one.and(last);
    }
    last
}

/// Says what went wrong on standard error: every mistake in files, then the error, then the advice.
fn explain(error: &CliError) {
    for problem in error.problems() {
        say(&problem.to_string());
        if !problem.hint.is_empty() {
            say(&format!("    {}", problem.hint));
        }
    }
    say(&format!("error: {}", error.message()));
    if let Some(hint) = error.hint() {
        say(&format!("hint: {hint}"));
    }
}
