//! Facts of a live target: from arguments to what the collectors are told.

use std::path::PathBuf;
use std::time::Duration;

use jiff::Timestamp;

use super::args::{SshArgs, TargetArgs};
use super::error::CliError;
use super::interrupt;
use super::progress::Spinners;
use super::terminal::Terminal;
use crate::collect::{self, Progress as _};
use crate::facts::Facts;
use crate::input;
use crate::target::{self, Access, LocalNode, Ssh, Target};

/// How long reading the local node may take.
const LOCAL_LIMIT: Duration = Duration::from_secs(60);

/// How long reading every Secret in etcd may take.
const PROOF_LIMIT: Duration = Duration::from_secs(300);

/// Collects from the target that `args` name, and from `nodes`.
pub(crate) fn facts(
    args: &TargetArgs,
    nodes: &SshArgs,
    terminal: &Terminal,
) -> Result<Facts, CliError> {
    let progress = Spinners::new(terminal.progress, terminal.verbose);
    let _collecting = interrupt::collecting(&progress.stop());
    Ok(collect::facts(
        &target(args, nodes)?,
        Timestamp::now(),
        &progress,
    )?)
}

fn target(args: &TargetArgs, nodes: &SshArgs) -> Result<Target, CliError> {
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
        proof_limit: args.prove_encryption.then_some(PROOF_LIMIT),
    });
    let ssh = ssh(nodes)?;
    if api.is_none() && local.is_none() && ssh.is_none() {
        return Err(CliError::NothingToAsk);
    }
    Ok(Target {
        api,
        local,
        ssh,
        namespaces: args.namespaces.clone(),
    })
}

fn ssh(args: &SshArgs) -> Result<Option<Ssh>, CliError> {
    let mut hosts = args.ssh.clone();
    if let Some(file) = &args.ssh_inventory {
        let bytes = input::named(file, input::SETTINGS).map_err(|source| CliError::Input {
            path: file.clone(),
            source,
        })?;
        let inventory = String::from_utf8_lossy(&bytes);
        hosts.extend(target::inventory(&inventory).map_err(|(line, source)| {
            CliError::Inventory {
                path: file.clone(),
                line,
                source,
            }
        })?);
    }
    let ssh = Ssh {
        hosts,
        all: args.ssh_all,
        user: args.ssh_user.clone(),
        keys: args.ssh_key.clone(),
        config: args.ssh_config.clone(),
        known_hosts: args.ssh_known_hosts.clone(),
        jump: args.ssh_jump.clone(),
        accept_new: args.accept_new,
        parallel: args.ssh_parallel.into(),
        time_limit: Duration::from_secs(args.ssh_timeout),
    };
    Ok((ssh.all || !ssh.hosts.is_empty()).then_some(ssh))
}
