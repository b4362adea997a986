//! What the user may type. Doc comments are the help text; everything is resolved into settings afterwards.

mod netpol;
mod output;
mod rbac;
mod selection;
mod target;

use std::path::PathBuf;

use clap::{Args, Parser, Subcommand, ValueEnum};

pub(crate) use netpol::{CanArgs, NetpolCommand, ShowArgs};
pub(crate) use output::OutputArgs;
pub(crate) use rbac::{PathsArgs, RbacCommand, WhoCanArgs};
pub(crate) use selection::{GateArgs, SelectionArgs};
pub(crate) use target::{SourceArgs, SshArgs, TargetArgs};

/// Audits whether a Kubernetes cluster is hardened, and shows the evidence.
///
/// Exit status: 0 done and the gate passed, 1 the gate failed, 2 usage or configuration error, 3 incomplete.
#[derive(Debug, Parser)]
#[command(version, about, max_term_width = 100, propagate_version = true)]
pub struct Cli {
    #[command(flatten)]
    pub(crate) global: GlobalArgs,
    #[command(subcommand)]
    pub(crate) command: Command,
}

/// Options that every command takes.
#[derive(Debug, Args)]
#[command(next_help_heading = "General")]
pub(crate) struct GlobalArgs {
    /// Whether to colour the output; `NO_COLOR` is honoured
    #[arg(long, global = true, value_enum, default_value_t = When::Auto, value_name = "WHEN")]
    pub(crate) color: When,
    /// Judge with the checks and profiles in this folder too; may be repeated
    #[arg(long = "checks", global = true, value_name = "DIR")]
    pub(crate) check_dirs: Vec<PathBuf>,
    /// No progress on standard error
    #[arg(short, long, global = true)]
    pub(crate) quiet: bool,
    /// Say on standard error what each step gave
    #[arg(short, long, global = true, conflicts_with = "quiet")]
    pub(crate) verbose: bool,
}

/// When to do something that only suits a terminal.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub(crate) enum When {
    /// When standard output is a terminal.
    Auto,
    /// Always.
    Always,
    /// Never.
    Never,
}

/// The commands.
#[derive(Debug, Subcommand)]
pub(crate) enum Command {
    /// Collect facts, judge them and print a scored report
    Audit(AuditArgs),
    /// List every certificate the cluster lives on, those that end first on top
    Certs(CertsArgs),
    /// Find out who may do what by RBAC, and where that leads
    #[command(subcommand)]
    Rbac(RbacCommand),
    /// Find out what network policies leave open
    #[command(subcommand)]
    Netpol(NetpolCommand),
    /// Collect facts into a snapshot file, without judging
    Collect(CollectArgs),
    /// Print a saved JSON report in another format
    Report(ReportArgs),
    /// Show what changed between two reports, or two snapshots
    Diff(DiffArgs),
    /// List, show, test and lint checks
    #[command(subcommand)]
    Checks(ChecksCommand),
    /// List and show profiles
    #[command(subcommand)]
    Profiles(ProfilesCommand),
    /// Print the manifests of a scheduled audit inside the cluster
    Deploy(DeployArgs),
}

/// `audit`
#[derive(Debug, Args)]
pub(crate) struct AuditArgs {
    #[command(flatten)]
    pub(crate) source: SourceArgs,
    /// Keep the snapshot of this very run
    #[arg(
        long,
        value_name = "FILE",
        conflicts_with = "demo",
        help_heading = "Output"
    )]
    pub(crate) save: Option<PathBuf>,
    /// Write a new file for --waivers, with one entry per finding, to be filled in
    #[arg(long, value_name = "FILE", help_heading = "Output")]
    pub(crate) write_waivers: Option<PathBuf>,
    /// Compare with this report, saved as JSON: what is new, what is fixed
    #[arg(long, value_name = "REPORT", help_heading = "Gate")]
    pub(crate) baseline: Option<PathBuf>,
    #[command(flatten)]
    pub(crate) selection: SelectionArgs,
    #[command(flatten)]
    pub(crate) gate: GateArgs,
    #[command(flatten)]
    pub(crate) output: OutputArgs,
}

/// `certs`
#[derive(Debug, Args)]
pub(crate) struct CertsArgs {
    #[command(flatten)]
    pub(crate) source: SourceArgs,
    #[command(flatten)]
    pub(crate) output: OutputArgs,
}

/// `collect`
#[derive(Debug, Args)]
pub(crate) struct CollectArgs {
    #[command(flatten)]
    pub(crate) target: TargetArgs,
    #[command(flatten)]
    pub(crate) ssh: SshArgs,
    /// The snapshot file to write
    #[arg(short, long, value_name = "FILE", help_heading = "Output")]
    pub(crate) output: PathBuf,
}

/// `report`
#[derive(Debug, Args)]
pub(crate) struct ReportArgs {
    /// A report written with `-o json`; `-` reads standard input
    #[arg(value_name = "FILE")]
    pub(crate) file: PathBuf,
    #[command(flatten)]
    pub(crate) output: OutputArgs,
}

/// `diff`
#[derive(Debug, Args)]
pub(crate) struct DiffArgs {
    /// The older report, saved as JSON, or snapshot
    pub(crate) old: PathBuf,
    /// The newer one
    pub(crate) new: PathBuf,
    #[command(flatten)]
    pub(crate) selection: SelectionArgs,
    #[command(flatten)]
    pub(crate) output: OutputArgs,
}

/// `deploy`
#[derive(Debug, Args)]
pub(crate) struct DeployArgs {
    /// The namespace that is made for it
    #[arg(short, long, value_name = "NAME", default_value = "seaworthy", value_parser = label)]
    pub(crate) namespace: String,
    /// The image, as deploy/image packs it
    #[arg(long, value_name = "REFERENCE", value_parser = reference, default_value = concat!("seaworthy:", env!("CARGO_PKG_VERSION")))]
    pub(crate) image: String,
    /// When it runs, as cron says it, in the controller manager's time zone
    #[arg(long, value_name = "CRON", default_value = "17 3 * * *")]
    pub(crate) schedule: String,
}

/// `checks`
#[derive(Debug, Subcommand)]
pub(crate) enum ChecksCommand {
    /// List the checks
    List,
    /// Show one check: what it asserts, why, how to mend it
    Show {
        /// The check's id
        id: String,
    },
    /// Run the examples that every check carries
    Test {
        /// Only these checks
        ids: Vec<String>,
    },
    /// Report every mistake in check and profile files, with its place
    Lint,
    /// Print the fields and functions that expressions can use
    Schema {
        /// Only this kind of subject
        kind: Option<String>,
    },
}

/// `profiles`
#[derive(Debug, Subcommand)]
pub(crate) enum ProfilesCommand {
    /// List the profiles
    List,
    /// Show one profile: its sections, controls and checks
    Show {
        /// The profile's id
        id: String,
    },
}

/// A name of a namespace: a label of RFC 1123.
fn label(text: &str) -> Result<String, String> {
    let known = |c: char| c.is_ascii_lowercase() || c.is_ascii_digit();
    let inner = |c: char| known(c) || c == '-';
    let sound = (1..=63).contains(&text.len())
        && text.chars().all(inner)
        && text.starts_with(known)
        && text.ends_with(known);
    let wrong = "a namespace has up to 63 lowercase letters, digits and hyphens, and no hyphen at either end";
    sound
        .then(|| text.to_owned())
        .ok_or_else(|| wrong.to_owned())
}

/// A reference of an image, as far as a mistake in typing shows: one word of what the grammar allows
/// (github.com/distribution/reference).
fn reference(text: &str) -> Result<String, String> {
    let known = |c: char| c.is_ascii_alphanumeric() || "._-/:@+[]".contains(c);
    let sound = text.starts_with(|c: char| c.is_ascii_alphanumeric() || c == '[')
        && text.chars().all(known);
    let wrong = "an image is named like registry.example/seaworthy:1";
    sound
        .then(|| text.to_owned())
        .ok_or_else(|| wrong.to_owned())
}
