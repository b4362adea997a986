//! Options that say what is judged, and what counts as good enough.

use std::path::PathBuf;

use clap::Args;

use crate::evaluate::StandardVersion;

/// Which checks, through which profiles.
#[derive(Debug, Args)]
#[command(next_help_heading = "Selection")]
pub(crate) struct SelectionArgs {
    /// The profile to report by, or a benchmark, of which the edition that fits the server is taken; may be repeated
    /// [default: cis and cks]
    #[arg(long = "profile", value_name = "ID")]
    pub(crate) profiles: Vec<String>,
    /// Only this check; may be repeated
    #[arg(long = "check", value_name = "ID")]
    pub(crate) checks: Vec<String>,
    /// Hold pods to this version of the Pod Security Standards, such as v1.30 [default: the newest, whatever the cluster's]
    #[arg(long, value_name = "VERSION")]
    pub(crate) pss_version: Option<StandardVersion>,
    /// Accept the findings that this file names, with an owner, a reason and a last day for each
    #[arg(long, value_name = "FILE")]
    pub(crate) waivers: Option<PathBuf>,
}

/// When the exit status says that the cluster is not good enough.
#[derive(Debug, Args)]
#[command(next_help_heading = "Gate")]
pub(crate) struct GateArgs {
    /// Exit with 1 when a check of this severity or a higher one fails: info, low, medium, high, critical. With 3 when
    /// something that was asked for could not be read, unless --min-coverage says how much may be unknown
    #[arg(long, value_name = "SEVERITY", value_parser = severity)]
    pub(crate) fail_on: Option<crate::catalog::Severity>,
    /// Have --fail-on count only what is new since the --baseline
    #[arg(long, requires = "fail_on", requires = "baseline")]
    pub(crate) new_only: bool,
    /// Exit with 1 when a profile scores below this many percent
    #[arg(long, value_name = "PERCENT", value_parser = clap::value_parser!(u8).range(0..=100))]
    pub(crate) min_score: Option<u8>,
    /// Exit with 3 when less than this many percent could be judged
    #[arg(long, value_name = "PERCENT", value_parser = clap::value_parser!(u8).range(0..=100))]
    pub(crate) min_coverage: Option<u8>,
}

fn severity(text: &str) -> Result<crate::catalog::Severity, String> {
    crate::catalog::Severity::ALL
        .into_iter()
        .find(|severity| severity.name() == text)
        .ok_or_else(|| "one of info, low, medium, high, critical is expected".to_owned())
}
