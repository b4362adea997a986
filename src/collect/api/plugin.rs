//! Credential plugins: the `exec` of a user in a kubeconfig (client-go credential plugins, `client.authentication.k8s.io`).
//!
//! The kube crate would run a plugin three times per client and wait for it without limit; here it runs once, under a
//! deadline, and what it gives goes to the client as plain credentials. What it prints is never part of an error.

use std::io::{IsTerminal, Read};
use std::os::unix::process::CommandExt;
use std::process::{Child, Command, ExitStatus, Stdio};
use std::sync::mpsc;
use std::thread;
use std::time::{Duration, Instant};

use jiff::Timestamp;
use kube::config::{ExecConfig, ExecInteractiveMode};
use serde::Deserialize;
use serde_json::json;
use thiserror::Error;

/// How much a plugin may print; credentials are a few kilobytes.
const LIMIT: u64 = 1024 * 1024;

/// How often a running plugin is looked at.
const TICK: Duration = Duration::from_millis(20);

/// Why a plugin gave no credentials.
#[derive(Debug, Error)]
pub enum PluginError {
    /// The kubeconfig names no command.
    #[error("the kubeconfig names no command")]
    NoCommand,
    /// The command does not exist.
    #[error("the command was not found")]
    Missing,
    /// The command could not be started.
    #[error("the command could not be started")]
    Start(#[source] std::io::Error),
    /// It needs a terminal, and there is none.
    #[error("the plugin wants to ask questions and there is no terminal")]
    NeedsTerminal,
    /// It wants to know the cluster, whose data cannot be read.
    #[error("the cluster's data for the plugin cannot be read")]
    ClusterInfo,
    /// It took too long and was ended.
    #[error("the plugin took longer than {0:?} and was ended")]
    TimedOut(Duration),
    /// It failed; what it had to say went to standard error.
    #[error("the plugin failed: {0}")]
    Failed(ExitStatus),
    /// It printed something else than credentials.
    #[error("the plugin did not print an ExecCredential with a token or a certificate and key")]
    NoCredentials,
    /// What it printed is not valid any more.
    #[error("the plugin printed credentials that expired on {0}")]
    Expired(Timestamp),
}

impl PluginError {
    /// What the user can do about it.
    pub(super) fn hint(&self) -> &'static str {
        match self {
            Self::NoCommand | Self::ClusterInfo => "look at the user's exec in the kubeconfig",
            Self::Missing | Self::Start(_) => "install the plugin, or put it on the PATH",
            Self::NeedsTerminal => "run it at a terminal, or log in before",
            Self::TimedOut(_) => "run the plugin by hand: it may wait for a login or a network",
            Self::Failed(_) | Self::NoCredentials => {
                "run the plugin by hand and look at what it says"
            }
            Self::Expired(_) => "log in again with the provider's own command",
        }
    }
}

/// What a plugin gives. Not printable.
#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
pub(super) struct Credentials {
    /// A bearer token.
    pub token: Option<String>,
    /// A certificate, PEM.
    pub client_certificate_data: Option<String>,
    /// Its key, PEM.
    pub client_key_data: Option<String>,
    expiration_timestamp: Option<Timestamp>,
}

#[derive(Deserialize)]
struct Printed {
    kind: String,
    status: Option<Credentials>,
}

/// Runs the plugin of `exec` until it ends or `limit` has passed.
///
/// # Errors
/// When it gives no credentials that are valid now.
pub(super) fn run(exec: &ExecConfig, limit: Duration) -> Result<Credentials, PluginError> {
    let interactive = interactive(exec)?;
    let mut child = command(exec, interactive)?.spawn().map_err(|error| {
        if error.kind() == std::io::ErrorKind::NotFound {
            PluginError::Missing
        } else {
            PluginError::Start(error)
        }
    })?;
    let printed = drain(&mut child);
    let until = Instant::now() + limit;
    let status = loop {
        match child.try_wait().map_err(PluginError::Start)? {
            Some(status) => break status,
            None if Instant::now() >= until => {
                end(&mut child, interactive);
                return Err(PluginError::TimedOut(limit));
            }
            None => thread::sleep(TICK),
        }
    };
    if !status.success() {
        return Err(PluginError::Failed(status));
    }
    // Something the plugin left behind may hold its output open.
    let rest = until.saturating_duration_since(Instant::now());
    let Ok(printed) = printed.recv_timeout(rest) else {
        end(&mut child, interactive);
        return Err(PluginError::TimedOut(limit));
    };
    credentials(&printed, Timestamp::now())
}

/// Whether the plugin may ask the user (client-go's rule for `interactiveMode`; without one it may).
fn interactive(exec: &ExecConfig) -> Result<bool, PluginError> {
    let terminal = std::io::stdin().is_terminal();
    match exec.interactive_mode {
        Some(ExecInteractiveMode::Never) => Ok(false),
        Some(ExecInteractiveMode::Always) if !terminal => Err(PluginError::NeedsTerminal),
        Some(ExecInteractiveMode::Always | ExecInteractiveMode::IfAvailable) | None => Ok(terminal),
    }
}

fn command(exec: &ExecConfig, interactive: bool) -> Result<Command, PluginError> {
    let program = exec.command.as_deref().filter(|name| !name.is_empty());
    let mut command = Command::new(program.ok_or(PluginError::NoCommand)?);
    command.args(exec.args.iter().flatten());
    for variable in exec.env.iter().flatten() {
        if let (Some(name), Some(value)) = (variable.get("name"), variable.get("value")) {
            command.env(name, value);
        }
    }
    let mut spec = json!({ "interactive": interactive });
    if exec.provide_cluster_info {
        let cluster = exec.cluster.as_ref().ok_or(PluginError::ClusterInfo)?;
        spec["cluster"] = serde_json::to_value(cluster).map_err(|_| PluginError::ClusterInfo)?;
    }
    let info = json!({ "kind": "ExecCredential", "apiVersion": exec.api_version, "spec": spec });
    command.env("KUBERNETES_EXEC_INFO", info.to_string());
    command.stdout(Stdio::piped());
    if interactive {
        command.stdin(Stdio::inherit());
    } else {
        // A group of its own, so that whatever it starts can be ended with it. At a terminal it must stay in ours to read.
        command.stdin(Stdio::null()).process_group(0);
    }
    Ok(command)
}

/// Reads what the plugin prints on a thread of its own, so that a full pipe never stops it and an open one never stops us.
fn drain(child: &mut Child) -> mpsc::Receiver<Vec<u8>> {
    let (sender, receiver) = mpsc::channel();
    if let Some(output) = child.stdout.take() {
        thread::spawn(move || {
            let mut printed = Vec::new();
            let mut output = output;
            // What cannot be read is missing from the credentials, which is an error of its own.
            let _ = output.by_ref().take(LIMIT).read_to_end(&mut printed);
            // Nobody listens after the deadline.
            let _ = sender.send(printed);
        });
    }
    receiver
}

/// Ends the plugin and what it started.
fn end(child: &mut Child, interactive: bool) {
    let group = i32::try_from(child.id())
        .ok()
        .and_then(rustix::process::Pid::from_raw);
    if let (false, Some(group)) = (interactive, group) {
        // It may have ended meanwhile.
        let _ = rustix::process::kill_process_group(group, rustix::process::Signal::KILL);
    }
    let _ = child.kill();
    let _ = child.wait();
}

/// Plugins print JSON; client-go also takes YAML, and JSON is YAML.
fn credentials(printed: &[u8], now: Timestamp) -> Result<Credentials, PluginError> {
    let printed: Printed =
        serde_yaml::from_slice(printed).map_err(|_| PluginError::NoCredentials)?;
    let status = printed.status.ok_or(PluginError::NoCredentials)?;
    let certificate = status.client_certificate_data.is_some() && status.client_key_data.is_some();
    let token = status.token.as_ref().is_some_and(|token| !token.is_empty());
    if printed.kind != "ExecCredential" || !(token || certificate) {
        return Err(PluginError::NoCredentials);
    }
    match status.expiration_timestamp {
        Some(expires) if expires <= now => Err(PluginError::Expired(expires)),
        _ => Ok(status),
    }
}
