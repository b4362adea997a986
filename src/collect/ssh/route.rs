//! The way to a node: what the command line and OpenSSH's configuration say together.

use std::collections::BTreeSet;
use std::path::{Path, PathBuf};

use super::algorithms::allowed;
use super::config::{Reader, Settings};
use super::config_files::ConfigFiles;
use super::error::SshError;
use super::host_lines::PORT;
use super::known_hosts::KnownHosts;
use super::shelf::Shelf;
use super::tokens::Tokens;
use crate::target::{Ssh, SshHost};

/// The user's surroundings.
#[derive(Clone, Debug)]
pub(super) struct Surroundings {
    pub(super) home: PathBuf,
    pub(super) user: String,
    /// The socket of the agent.
    pub(super) agent: Option<PathBuf>,
    /// A variable of the environment.
    pub(super) variable: fn(&str) -> Option<String>,
}

impl Surroundings {
    pub(super) fn of_process() -> Self {
        let variable = |name: &str| std::env::var(name).ok().filter(|text| !text.is_empty());
        Self {
            home: variable("HOME").map_or_else(|| PathBuf::from("/"), PathBuf::from),
            user: variable("USER")
                .or_else(|| variable("LOGNAME"))
                .unwrap_or_else(|| "root".to_owned()),
            agent: variable("SSH_AUTH_SOCK").map(PathBuf::from),
            variable: |name| std::env::var(name).ok(),
        }
    }
}

/// The way to one host.
#[derive(Debug)]
pub(super) struct Route {
    /// The host as it is shown.
    pub(super) label: String,
    /// The host as it was asked for.
    pub(super) asked: String,
    /// The node that it is in the API, as far as that can be told before.
    pub(super) node: Option<String>,
    /// The name or address to connect to.
    pub(super) host: String,
    pub(super) port: u16,
    pub(super) user: String,
    /// The private keys to offer, with passphrases where they are known.
    pub(super) keys: Vec<PathBuf>,
    /// Keys that would be offered if they were there.
    pub(super) missing: Vec<String>,
    /// Whether the agent's other keys are left alone.
    pub(super) only_these: bool,
    pub(super) agent: Option<PathBuf>,
    /// What the host is called in files of known hosts.
    pub(super) known_as: String,
    pub(super) known_hosts: KnownHosts,
    /// The types of host keys that are accepted, best first.
    pub(super) host_keys: Vec<&'static str>,
    /// How many bits an RSA key of the host must have.
    pub(super) required_rsa: usize,
    pub(super) accept_new: bool,
    /// The host to go through.
    pub(super) through: Option<Box<Self>>,
}

/// How long a chain of jump hosts may be.
const JUMPS: usize = 8;

/// Makes routes.
pub(super) struct Planner<'a> {
    pub(super) ssh: &'a Ssh,
    pub(super) around: &'a Surroundings,
    /// What was left out of files, each once.
    pub(super) remarks: BTreeSet<String>,
    /// The files that were read for one host and count for others too.
    pub(super) shelf: Shelf,
    pub(super) config: ConfigFiles,
}

impl Planner<'_> {
    /// The way to `host`.
    ///
    /// # Errors
    /// When something is configured for it that is not supported.
    pub(super) fn route(&mut self, host: &SshHost) -> Result<Route, SshError> {
        let jumps = self.ssh.jump.clone();
        self.through(host, (!jumps.is_empty()).then_some(jumps), 0)
    }

    fn through(
        &mut self,
        host: &SshHost,
        jumps: Option<Vec<SshHost>>,
        depth: usize,
    ) -> Result<Route, SshError> {
        let settings = self.settings(host)?;
        let unsupported = |option: &str| SshError::Unsupported {
            host: host.to_string(),
            option: option.to_owned(),
        };
        let jumps = match (jumps, settings.proxy_jump.as_deref()) {
            (Some(jumps), _) => jumps,
            (None, None | Some("none")) => Vec::new(),
            (None, Some(list)) => list
                .split(',')
                .map(|jump| jump.trim().trim_start_matches("ssh://").parse())
                .collect::<Result<_, _>>()
                .map_err(|_| unsupported("an unreadable ProxyJump"))?,
        };
        if depth >= JUMPS {
            return Err(unsupported("a chain of jump hosts without an end"));
        }
        if jumps.is_empty() && settings.proxy_command == Some(true) {
            return Err(unsupported("ProxyCommand"));
        }
        if let Some((option, _)) = settings.trust.iter().find(|(_, on)| **on) {
            return Err(unsupported(option));
        }
        // The last jump host is reached through those before it; the first by its own configuration.
        let through = match jumps.split_last() {
            None => None,
            Some((last, before)) => {
                let before = (!before.is_empty()).then(|| before.to_vec());
                Some(Box::new(self.through(last, before, depth + 1)?))
            }
        };
        self.assembled(host, settings, through)
    }

    fn settings(&mut self, host: &SshHost) -> Result<Settings, SshError> {
        let home = self.around.home.clone();
        let user = host.user.as_deref().or(self.ssh.user.as_deref());
        let mut reader = Reader::new(&host.host, user, &home, &mut self.config);
        match &self.ssh.config {
            Some(file) => reader.read(file)?,
            None => {
                reader.read(&home.join(".ssh/config"))?;
                reader.read(Path::new("/etc/ssh/ssh_config"))?;
            }
        }
        let settings = reader.finish();
        self.remarks.extend(self.config.remarks.drain(..));
        Ok(settings)
    }

    fn assembled(
        &mut self,
        host: &SshHost,
        settings: Settings,
        through: Option<Box<Route>>,
    ) -> Result<Route, SshError> {
        let port = host.port.or(settings.port).unwrap_or(PORT);
        let user = host.user.clone().or_else(|| self.ssh.user.clone());
        let user = user
            .or_else(|| settings.user.clone())
            .unwrap_or_else(|| self.around.user.clone());
        let address = match &settings.host_name {
            Some(name) => name.replace("%h", &host.host).replace("%%", "%"),
            None => host.host.clone(),
        };
        let known_as = settings.host_key_alias.clone();
        let known_as = known_as.unwrap_or_else(|| address.clone());
        let tokens = Tokens {
            home: &self.around.home,
            user: &self.around.user,
            name: &host.host,
            host: &address,
            port,
            remote: &user,
            alias: settings.host_key_alias.as_deref().unwrap_or(&host.host),
            variable: self.around.variable,
        };
        let host_keys = allowed(settings.host_key_algorithms.as_deref());
        if host_keys.is_empty() {
            let part = "no type of host key that is known".to_owned();
            return Err(unsupported(host, "HostKeyAlgorithms", part));
        }
        let known_hosts = self.known_hosts(host, &settings, tokens)?;
        let (keys, missing) = self.keys(&settings, tokens);
        let agent = self.agent(&settings, tokens);
        Ok(Route {
            label: host.to_string(),
            asked: host.to_string(),
            node: None,
            known_as,
            port,
            keys,
            missing,
            only_these: settings.identities_only.unwrap_or(false),
            agent: agent.map_err(|part| unsupported(host, "IdentityAgent", part))?,
            known_hosts,
            host_keys,
            required_rsa: settings.required_rsa_size.unwrap_or(0),
            accept_new: self.ssh.accept_new,
            through,
            host: address,
            user,
        })
    }

    /// What is known of hosts, and which keys none of them may show.
    fn known_hosts(
        &mut self,
        host: &SshHost,
        settings: &Settings,
        tokens: Tokens<'_>,
    ) -> Result<KnownHosts, SshError> {
        let files = self.known_files(settings, tokens);
        let files = files.map_err(|part| unsupported(host, "a file of known hosts", part))?;
        let mut known_hosts = KnownHosts::default();
        for file in &files {
            known_hosts
                .files
                .push(self.shelf.known(file, &mut self.remarks)?);
        }
        if files.is_empty() {
            known_hosts.files.push(self.shelf.nowhere());
        }
        for file in settings.revoked.iter().filter(|file| *file != "none") {
            let path = tokens.path(file);
            let path = path.map_err(|part| unsupported(host, "RevokedHostKeys", part))?;
            known_hosts.revoked.push(self.shelf.revoked(&path, host)?);
        }
        Ok(known_hosts)
    }

    /// The socket of the agent.
    fn agent(&self, settings: &Settings, tokens: Tokens<'_>) -> Result<Option<PathBuf>, String> {
        Ok(match settings.identity_agent.as_deref() {
            Some("none") => None,
            Some("SSH_AUTH_SOCK") | None => self.around.agent.clone(),
            Some(name) if name.starts_with('$') && !name.starts_with("${") => {
                (self.around.variable)(&name[1..]).map(PathBuf::from)
            }
            Some(socket) => Some(tokens.path(socket)?),
        })
    }

    /// The private keys that are there, those of the command line first, and the names of those that are not.
    fn keys(&self, settings: &Settings, tokens: Tokens<'_>) -> (Vec<PathBuf>, Vec<String>) {
        let usual = ["id_ed25519", "id_ecdsa", "id_rsa"].map(|name| format!("~/.ssh/{name}"));
        let configured = match settings.identity_files.as_slice() {
            [] => &usual[..],
            files => files,
        };
        let configured = configured.iter().filter(|file| *file != "none");
        let (mut keys, mut missing) = (Vec::new(), Vec::new());
        let named = self.ssh.keys.iter().cloned().map(Ok);
        for key in named.chain(configured.map(|file| tokens.path(file).map_err(|_| file.clone()))) {
            match key {
                Ok(key) if key.exists() => keys.push(key),
                Ok(key) => missing.push(key.display().to_string()),
                Err(file) => missing.push(file),
            }
        }
        (keys, missing)
    }

    /// The files of known hosts, the user's own first.
    fn known_files(&self, settings: &Settings, tokens: Tokens<'_>) -> Result<Vec<PathBuf>, String> {
        if let Some(file) = &self.ssh.known_hosts {
            return Ok(vec![file.clone()]);
        }
        let own = ["~/.ssh/known_hosts", "~/.ssh/known_hosts2"].map(str::to_owned);
        let of_all = ["/etc/ssh/ssh_known_hosts", "/etc/ssh/ssh_known_hosts2"].map(str::to_owned);
        let own = settings.user_known_hosts.as_deref().unwrap_or(&own);
        let of_all = settings.global_known_hosts.as_deref().unwrap_or(&of_all);
        let files = own.iter().chain(of_all).filter(|file| *file != "none");
        files.map(|file| tokens.path(file)).collect()
    }
}

/// A part of an option that is not understood.
pub(super) fn unsupported(host: &SshHost, option: &str, part: String) -> SshError {
    SshError::Unsupported {
        host: host.to_string(),
        option: format!("{part} in {option}"),
    }
}
