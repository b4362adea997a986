//! `netpol`: what network policies leave open, and who may connect to whom.

use super::rbac::show;
use crate::cli::args::{CanArgs, NetpolCommand, ShowArgs};
use crate::cli::error::CliError;
use crate::cli::exit::Exit;
use crate::cli::output::Outputs;
use crate::cli::source;
use crate::cli::terminal::Terminal;
use crate::evaluate;
use crate::outcome::{Answer, Posture};
use crate::report::{View, render_view};

/// Answers.
pub(crate) fn run(command: NetpolCommand, terminal: &Terminal) -> Result<Exit, CliError> {
    match command {
        NetpolCommand::Show(args) => postures(&args, terminal),
        NetpolCommand::Can(args) => can(&args, terminal),
    }
}

fn postures(args: &ShowArgs, terminal: &Terminal) -> Result<Exit, CliError> {
    let wanted = &args.source.target.namespaces;
    show(&args.source, &args.output, terminal, |facts, _| {
        let found = evaluate::postures(&facts.facts, &facts.lacking, wanted);
        let gaps = found.gaps.clone();
        let known = |line: &Posture| {
            [line.ingress.isolated, line.egress.isolated]
                .iter()
                .any(|one| *one != Answer::Unknown)
        };
        let nothing = !found.lines.iter().any(known);
        (nothing, gaps, View::Postures(found))
    })
}

fn can(args: &CanArgs, terminal: &Terminal) -> Result<Exit, CliError> {
    let outputs = Outputs::open(&args.output, None, terminal)?;
    let facts = source::facts(&args.source, terminal)?;
    let ends = [&args.from, &args.to.end];
    let port = (args.protocol.name(), i32::from(args.to.port));
    let found = evaluate::connections(&facts.facts, &facts.lacking, ends, port)?;
    let mut answers = found.connections.iter();
    let unknown = answers.any(|one| one.allowed == Answer::Unknown);
    let view = View::Connections(found);
    outputs.fill(|format, options, out| render_view(&view, format, options, out))?;
    Ok(if unknown {
        Exit::Incomplete
    } else {
        Exit::Done
    })
}
