//! The way to a node: what the command line and OpenSSH's configuration say together.

use std::collections::BTreeSet;
use std::path::{Path, PathBuf};

use super::config::{Reader, Settings};
use super::error::SshError;
use super::known_hosts::{KnownHosts, PORT};
use crate::target::{Ssh, SshHost};

/// The user's surroundings.
#[derive(Clone, Debug)]
pub(super) struct Surroundings {
    pub(super) home: PathBuf,
    pub(super) user: String,
    /// The socket of the agent.
    pub(super) agent: Option<PathBuf>,
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
        }
    }
}

/// The way to one host.
#[derive(Debug)]
pub(super) struct Route {
    /// The host as the user named it.
    pub(super) label: String,
    /// The name or address to connect to.
    pub(super) host: String,
    pub(super) port: u16,
    pub(super) user: String,
    /// The private keys to offer, with passphrases where they are known.
    pub(super) keys: Vec<PathBuf>,
    /// Whether the agent's other keys are left alone.
    pub(super) only_these: bool,
    pub(super) agent: Option<PathBuf>,
    /// What the host is called in files of known hosts.
    pub(super) known_as: String,
    pub(super) known_hosts: KnownHosts,
    /// Where a new host is written down.
    pub(super) first_file: Option<PathBuf>,
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
        let settings = self.settings(host);
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
        if jumps.is_empty()
            && let Some(option) = settings.unsupported.first()
        {
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
        Ok(self.assembled(host, settings, through))
    }

    fn settings(&mut self, host: &SshHost) -> Settings {
        let home = self.around.home.clone();
        let user = host.user.as_deref().or(self.ssh.user.as_deref());
        let mut reader = Reader::new(&host.host, user, &home);
        match &self.ssh.config {
            Some(file) => reader.read(file),
            None => {
                reader.read(&home.join(".ssh/config"));
                reader.read(Path::new("/etc/ssh/ssh_config"));
            }
        }
        let (settings, remarks) = reader.finish();
        self.remarks.extend(remarks);
        settings
    }

    fn assembled(
        &mut self,
        host: &SshHost,
        settings: Settings,
        through: Option<Box<Route>>,
    ) -> Route {
        let port = host.port.or(settings.port).unwrap_or(PORT);
        let user = host.user.clone().or_else(|| self.ssh.user.clone());
        let user = user
            .or_else(|| settings.user.clone())
            .unwrap_or_else(|| self.around.user.clone());
        let address = match &settings.host_name {
            Some(name) => name.replace("%h", &host.host).replace("%%", "%"),
            None => host.host.clone(),
        };
        let path = |text: &String| self.path(text, &address, &user);
        let known_files = self.known_files(&settings, path);
        let mut known_hosts = KnownHosts::default();
        for file in &known_files {
            if let Ok(bytes) = std::fs::read(file) {
                known_hosts.add(file, &String::from_utf8_lossy(&bytes));
            }
        }
        let configured: Vec<PathBuf> = settings.identity_files.iter().map(path).collect();
        let usual = ["id_ed25519", "id_ecdsa", "id_rsa"];
        let usual = usual.map(|name| self.around.home.join(".ssh").join(name));
        let mut keys = self.ssh.keys.clone();
        keys.extend(if configured.is_empty() {
            usual.into()
        } else {
            configured
        });
        keys.retain(|key| key.exists());
        let agent = match settings.identity_agent.as_deref() {
            Some("none") => None,
            Some("SSH_AUTH_SOCK") | None => self.around.agent.clone(),
            Some(socket) => Some(self.path(socket, &address, &user)),
        };
        let remarks = std::mem::take(&mut known_hosts.remarks);
        self.remarks.extend(remarks);
        Route {
            label: host.to_string(),
            known_as: settings.host_key_alias.unwrap_or_else(|| address.clone()),
            host: address,
            port,
            user,
            keys,
            only_these: settings.identities_only.unwrap_or(false),
            agent,
            known_hosts,
            first_file: known_files.into_iter().next(),
            accept_new: self.ssh.accept_new,
            through,
        }
    }

    /// The files of known hosts, the user's own first.
    fn known_files(&self, settings: &Settings, path: impl Fn(&String) -> PathBuf) -> Vec<PathBuf> {
        match &self.ssh.known_hosts {
            Some(file) => vec![file.clone()],
            None => {
                let own = ["~/.ssh/known_hosts", "~/.ssh/known_hosts2"].map(str::to_owned);
                let of_all =
                    ["/etc/ssh/ssh_known_hosts", "/etc/ssh/ssh_known_hosts2"].map(str::to_owned);
                let own = settings
                    .user_known_hosts
                    .clone()
                    .unwrap_or_else(|| own.into());
                let of_all = settings
                    .global_known_hosts
                    .clone()
                    .unwrap_or_else(|| of_all.into());
                let files = own.iter().chain(&of_all).filter(|file| *file != "none");
                files.map(path).collect()
            }
        }
    }

    /// A path with what stands for something else in it (ssh_config(5), "TOKENS").
    fn path(&self, text: &str, host: &str, user: &str) -> PathBuf {
        let home = self.around.home.to_string_lossy();
        let text = match text.strip_prefix("~/") {
            Some(rest) => format!("{home}/{rest}"),
            None => text.to_owned(),
        };
        let mut out = String::new();
        let mut letters = text.chars();
        while let Some(letter) = letters.next() {
            if letter != '%' {
                out.push(letter);
                continue;
            }
            match letters.next() {
                Some('d') => out.push_str(&home),
                Some('h') => out.push_str(host),
                Some('r') => out.push_str(user),
                Some('u') => out.push_str(&self.around.user),
                Some('%') => out.push('%'),
                Some(other) => out.extend(['%', other]),
                None => out.push('%'),
            }
        }
        PathBuf::from(out)
    }
}
