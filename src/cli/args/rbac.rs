//! `rbac`

use clap::{Args, Subcommand};

use super::{OutputArgs, SourceArgs};

/// `rbac`
#[derive(Debug, Subcommand)]
pub(crate) enum RbacCommand {
    /// List who may do something, and by which binding
    WhoCan(WhoCanArgs),
    /// Show how principals reach the whole cluster, or another namespace, in the fewest steps
    Paths(PathsArgs),
    /// List everybody with a power that Kubernetes does not ship, the mightiest first
    Summary(PowersArgs),
}

/// `rbac who-can`
#[derive(Debug, Args)]
pub(crate) struct WhoCanArgs {
    /// The verb, such as get, create or impersonate
    pub(crate) verb: String,
    /// The resource, such as pods, deployments.apps, pods/exec or secrets; a path that begins with / is asked for as such
    #[arg(value_name = "RESOURCE[.GROUP][/SUBRESOURCE]")]
    pub(crate) resource: String,
    /// Only the object of this name
    #[arg(long)]
    pub(crate) name: Option<String>,
    #[command(flatten)]
    pub(crate) source: SourceArgs,
    #[command(flatten)]
    pub(crate) output: OutputArgs,
}

/// `rbac paths`
#[derive(Debug, Args)]
pub(crate) struct PathsArgs {
    /// Only of this principal: user NAME, group NAME or NAMESPACE/SERVICEACCOUNT; others that have none are not listed
    #[arg(value_name = "SUBJECT")]
    pub(crate) subject: Option<String>,
    #[command(flatten)]
    pub(crate) source: SourceArgs,
    #[command(flatten)]
    pub(crate) output: OutputArgs,
}

/// `rbac summary`
#[derive(Debug, Args)]
pub(crate) struct PowersArgs {
    #[command(flatten)]
    pub(crate) source: SourceArgs,
    #[command(flatten)]
    pub(crate) output: OutputArgs,
}
