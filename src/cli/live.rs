//! Facts of a live target: from arguments to what the collectors are told.

use std::path::PathBuf;
use std::time::Duration;

use jiff::Timestamp;

use super::args::TargetArgs;
use super::error::CliError;
use super::progress::Spinners;
use super::terminal::Terminal;
use crate::collect;
use crate::facts::Facts;
use crate::target::{Access, LocalNode, Target};

/// How long reading the local node may take.
const LOCAL_LIMIT: Duration = Duration::from_secs(60);

/// Collects from the target that `args` name.
pub(crate) fn facts(args: &TargetArgs, terminal: &Terminal) -> Result<Facts, CliError> {
    let progress = Spinners::new(terminal.progress);
    Ok(collect::facts(&target(args), Timestamp::now(), &progress)?)
}

fn target(args: &TargetArgs) -> Target {
    let api = (!args.no_api).then(|| Access {
        kubeconfig: args.kubeconfig.clone(),
        context: args.context.clone(),
        cluster: args.cluster.clone(),
        user: args.user.clone(),
        impersonate: args.impersonate.clone(),
        impersonate_groups: args.impersonate_groups.clone(),
        request_timeout: Duration::from_secs(args.request_timeout),
        ..Access::default()
    });
    let local = args.node.map(|_| LocalNode {
        root: args.root.clone().unwrap_or_else(|| PathBuf::from("/")),
        time_limit: LOCAL_LIMIT,
    });
    Target {
        api,
        local,
        namespaces: args.namespaces.clone(),
    }
}
