//! `rbac`: who can do what, who has which powers, and how they lead to more.

use crate::cli::args::{OutputArgs, PathsArgs, RbacCommand, SourceArgs, WhoCanArgs};
use crate::cli::error::CliError;
use crate::cli::exit::Exit;
use crate::cli::output::Outputs;
use crate::cli::resources::resource;
use crate::cli::source;
use crate::cli::terminal::Terminal;
use crate::evaluate::{self, Request};
use crate::facts::{Gap, Snapshot};
use crate::outcome::Principal;
use crate::report::{View, render_view};

/// Answers.
pub(crate) fn run(command: RbacCommand, terminal: &Terminal) -> Result<Exit, CliError> {
    match command {
        RbacCommand::WhoCan(args) => who_can(&args, terminal),
        RbacCommand::Paths(args) => paths(&args, terminal),
        RbacCommand::Summary(args) => show(&args.source, &args.output, terminal, |facts, _| {
            let list = evaluate::powers(&facts.facts, &facts.lacking);
            (list.lines.is_empty(), list.gaps.clone(), View::Powers(list))
        }),
    }
}

fn who_can(args: &WhoCanArgs, terminal: &Terminal) -> Result<Exit, CliError> {
    show(&args.source, &args.output, terminal, |facts, _| {
        let request = request(args, &facts.facts);
        let found = evaluate::who_can(&facts.facts, &facts.lacking, &request);
        (
            found.holders.is_empty(),
            found.gaps.clone(),
            View::WhoCan(found),
        )
    })
}

fn paths(args: &PathsArgs, terminal: &Terminal) -> Result<Exit, CliError> {
    let wanted = args.subject.as_deref().map(subject).transpose()?;
    show(&args.source, &args.output, terminal, |facts, all| {
        let wanted = wanted.as_ref().map(std::slice::from_ref);
        let all = all || wanted.is_some();
        let found = evaluate::paths(&facts.facts, &facts.lacking, wanted, all);
        (
            found.paths.is_empty(),
            found.gaps.clone(),
            View::Paths(found),
        )
    })
}

/// Reads the facts, has `answer` look at them (whether nothing was found, what is not known, what to show) and shows it.
/// "Nothing" is an answer only when all that could say otherwise was read.
pub(super) fn show(
    source: &SourceArgs,
    output: &OutputArgs,
    terminal: &Terminal,
    answer: impl FnOnce(&Snapshot, bool) -> (bool, Vec<Gap>, View),
) -> Result<Exit, CliError> {
    let outputs = Outputs::open(output, None, terminal)?;
    let facts = source::facts(source, terminal)?;
    let (nothing, gaps, view) = answer(&facts, outputs.all());
    outputs.fill(|format, options, out| render_view(&view, format, options, out))?;
    Ok(match nothing && !gaps.is_empty() {
        true => Exit::Incomplete,
        false => Exit::Done,
    })
}

fn request(args: &WhoCanArgs, facts: &crate::facts::Facts) -> Request {
    let verb = args.verb.to_ascii_lowercase();
    if args.resource.starts_with('/') {
        return Request::Path {
            verb,
            path: args.resource.clone(),
        };
    }
    let custom = &facts.custom_resource_definitions.rows;
    let (group, resource) = resource(&args.resource, custom);
    let namespace = match &args.source.target.namespaces[..] {
        [one] => one.clone(),
        _ => String::new(),
    };
    Request::Resource {
        verb,
        group,
        resource,
        name: args.name.clone().unwrap_or_default(),
        namespace,
    }
}

/// `user NAME`, `group NAME`, `NAMESPACE/NAME`, or the full user name of a service account.
fn subject(text: &str) -> Result<Principal, CliError> {
    let words: Vec<&str> = text.splitn(2, [' ', ':', '=']).collect();
    let principal = |kind: &str, namespace: Option<&str>, name: &str| Principal {
        kind: kind.to_owned(),
        namespace: namespace.map(str::to_owned),
        name: name.to_owned(),
    };
    match words[..] {
        ["user" | "User", name] => Ok(principal("User", None, name)),
        ["group" | "Group", name] => Ok(principal("Group", None, name)),
        _ => match text
            .strip_prefix("system:serviceaccount:")
            .and_then(|rest| rest.split_once(':'))
        {
            Some((namespace, name)) => Ok(principal("ServiceAccount", Some(namespace), name)),
            None => match text.trim_start_matches("serviceaccount ").split_once('/') {
                Some((namespace, name)) => Ok(principal("ServiceAccount", Some(namespace), name)),
                None => Err(CliError::NoSubject(text.to_owned())),
            },
        },
    }
}
