//! What OpenSSH's configuration says about a host (ssh_config(5)): the first value that is stated counts.
//!
//! Nothing is ever run for it: a block under `Match exec`, and any other condition that is not about names, is left out and
//! said so.

use std::collections::BTreeMap;
use std::path::Path;

use super::config_files::{ConfigFiles, Statement, refused};
use super::error::SshError;
use super::glob::matches;

/// How deep files may include others (OpenSSH, readconf.c, `READCONF_MAX_DEPTH`). As there, it is an error to go deeper, which
/// every file that includes itself does.
const DEPTH: usize = 16;
/// How many files are read for one host, and how many of their lines. OpenSSH has no such bound.
const FILES: usize = 1_024;
const LINES: usize = 1_000_000;

/// What is configured for one host.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(super) struct Settings {
    pub(super) host_name: Option<String>,
    pub(super) user: Option<String>,
    pub(super) port: Option<u16>,
    pub(super) identity_files: Vec<String>,
    pub(super) identities_only: Option<bool>,
    pub(super) identity_agent: Option<String>,
    pub(super) proxy_jump: Option<String>,
    pub(super) host_key_alias: Option<String>,
    pub(super) user_known_hosts: Option<Vec<String>>,
    pub(super) global_known_hosts: Option<Vec<String>>,
    /// Files of host keys that must not be trusted.
    pub(super) revoked: Vec<String>,
    revoked_is_stated: bool,
    pub(super) host_key_algorithms: Option<String>,
    pub(super) required_rsa_size: Option<usize>,
    /// Whether a command makes the connection.
    pub(super) proxy_command: Option<bool>,
    /// Options that decide which hosts are trusted and are not done, by name: whether they are on.
    pub(super) trust: BTreeMap<&'static str, bool>,
}

/// Options that take trust away, or say who is trusted by what is not asked here, with the values that turn them off.
const TRUST: [(&str, &[&str]); 4] = [
    ("CASignatureAlgorithms", &[]),
    ("CheckHostIP", &["no"]),
    ("KnownHostsCommand", &["none"]),
    ("VerifyHostKeyDNS", &["no"]),
];

/// Whether a block is about the host.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Applies {
    Yes,
    No,
    /// Its condition is not evaluated. It gives nothing, but what it takes away counts.
    Perhaps,
}

impl From<bool> for Applies {
    fn from(applies: bool) -> Self {
        match applies {
            true => Self::Yes,
            false => Self::No,
        }
    }
}

/// Reads configuration for one host.
pub(super) struct Reader<'a> {
    host: &'a str,
    /// The user who asks; the remote one where it is given.
    user: Option<&'a str>,
    settings: Settings,
    home: &'a Path,
    files: &'a mut ConfigFiles,
    /// What was read for this host so far.
    files_read: usize,
    lines_read: usize,
}

impl<'a> Reader<'a> {
    /// For the host as the user named it.
    pub(super) fn new(
        host: &'a str,
        user: Option<&'a str>,
        home: &'a Path,
        files: &'a mut ConfigFiles,
    ) -> Self {
        Self {
            host,
            user,
            settings: Settings::default(),
            home,
            files,
            files_read: 0,
            lines_read: 0,
        }
    }

    /// Reads a file and what it includes; one that the system does not let us read is left out.
    ///
    /// # Errors
    /// When what is there is none, or too much.
    pub(super) fn read(&mut self, file: &Path) -> Result<(), SshError> {
        self.file(file, Applies::Yes, 0)
    }

    /// What was found.
    pub(super) fn finish(self) -> Settings {
        self.settings
    }

    fn file(&mut self, file: &Path, outside: Applies, depth: usize) -> Result<(), SshError> {
        let mut applies = outside;
        let statements = self.files.read(file)?;
        self.files_read += 1;
        self.lines_read += statements.len();
        if depth > DEPTH {
            let reason = format!("files include each other more than {DEPTH} levels deep");
            return Err(refused(file, reason));
        }
        if self.files_read > FILES || self.lines_read > LINES {
            let reason = format!("files include more than {FILES} others, or {LINES} lines");
            return Err(refused(file, reason));
        }
        for Statement {
            line,
            keyword,
            words,
        } in statements.iter()
        {
            match keyword.as_str() {
                "host" => applies = self.names(words).into(),
                "match" => applies = self.meets(words, file, *line),
                "include" if applies != Applies::No => {
                    for word in words {
                        self.include(word, file, applies, depth)?;
                    }
                }
                "revokedhostkeys" if applies == Applies::Perhaps => {
                    self.settings.revoked.extend_from_slice(words);
                }
                _ if applies == Applies::Yes => self.set(keyword, words),
                _ => {}
            }
            if outside == Applies::Perhaps && applies == Applies::Yes {
                applies = Applies::Perhaps;
            }
        }
        Ok(())
    }

    fn include(
        &mut self,
        pattern: &str,
        from: &Path,
        applies: Applies,
        depth: usize,
    ) -> Result<(), SshError> {
        let path = match pattern.strip_prefix("~/") {
            Some(rest) => self.home.join(rest),
            None if from.starts_with("/etc") => Path::new("/etc/ssh").join(pattern),
            None => self.home.join(".ssh").join(pattern),
        };
        // Conditions of an included file end with it.
        for file in self.files.expanded(&path)?.iter() {
            self.file(file, applies, depth + 1)?;
        }
        Ok(())
    }

    /// Whether `Host` patterns hold for the host: one of them, and none that is negated.
    fn names(&self, patterns: &[String]) -> bool {
        holds(patterns.iter().map(String::as_str), self.host)
    }

    fn meets(&mut self, words: &[String], file: &Path, line: usize) -> Applies {
        let mut words = words.iter().map(String::as_str);
        let mut all = true;
        // What is not evaluated here.
        let mut open = None;
        while let Some(word) = words.next() {
            let (criterion, inline) = match word.split_once('=') {
                Some((criterion, value)) => (criterion, Some(value)),
                None => (word, None),
            };
            let (negated, criterion) = match criterion.strip_prefix('!') {
                Some(rest) => (true, rest),
                None => (false, criterion),
            };
            let criterion = criterion.to_lowercase();
            match criterion.as_str() {
                "all" => continue,
                "canonical" | "final" => {
                    open.get_or_insert(criterion);
                    continue;
                }
                _ => {}
            }
            let Some(value) = inline.or_else(|| words.next()) else {
                return Applies::No;
            };
            let met = match criterion.as_str() {
                "host" => holds(value.split(','), self.real()),
                "originalhost" => holds(value.split(','), self.host),
                "user" => {
                    let user = self.settings.user.as_deref().or(self.user);
                    user.is_some_and(|user| holds(value.split(','), user))
                }
                _ => {
                    open.get_or_insert(criterion);
                    continue;
                }
            };
            all &= met != negated;
        }
        match open {
            Some(criterion) if all => {
                let file = file.display();
                let remark =
                    format!("{file}:{line}: `Match {criterion}` is not evaluated, left out");
                self.files.remarks.push(remark);
                Applies::Perhaps
            }
            _ => all.into(),
        }
    }

    /// The name that is connected to.
    fn real(&self) -> &str {
        self.settings.host_name.as_deref().unwrap_or(self.host)
    }

    fn set(&mut self, keyword: &str, words: &[String]) {
        let Some(first) = words.first() else { return };
        let text = |slot: &mut Option<String>| {
            slot.get_or_insert_with(|| first.clone());
        };
        let settings = &mut self.settings;
        match keyword {
            "hostname" => text(&mut settings.host_name),
            "user" => text(&mut settings.user),
            // Of the two the first counts.
            "proxyjump" if settings.proxy_command.is_none() => text(&mut settings.proxy_jump),
            "proxycommand" if settings.proxy_jump.is_none() => {
                let runs = !first.eq_ignore_ascii_case("none");
                settings.proxy_command.get_or_insert(runs);
            }
            "hostkeyalias" => text(&mut settings.host_key_alias),
            "identityagent" => text(&mut settings.identity_agent),
            "port" => settings.port = settings.port.or(first.parse().ok()),
            "identitiesonly" => {
                settings
                    .identities_only
                    .get_or_insert(first.eq_ignore_ascii_case("yes"));
            }
            "identityfile" => settings.identity_files.push(first.clone()),
            "userknownhostsfile" => {
                settings
                    .user_known_hosts
                    .get_or_insert_with(|| words.to_vec());
            }
            "globalknownhostsfile" => {
                settings
                    .global_known_hosts
                    .get_or_insert_with(|| words.to_vec());
            }
            "revokedhostkeys" if !settings.revoked_is_stated => {
                settings.revoked_is_stated = true;
                settings.revoked.extend_from_slice(words);
            }
            "hostkeyalgorithms" => text(&mut settings.host_key_algorithms),
            "requiredrsasize" => {
                settings.required_rsa_size = settings.required_rsa_size.or(first.parse().ok());
            }
            _ => {
                let of = |(name, _): &&(&str, _)| name.eq_ignore_ascii_case(keyword);
                if let Some((name, off)) = TRUST.iter().find(of) {
                    let on = !off.iter().any(|off| first.eq_ignore_ascii_case(off));
                    settings.trust.entry(*name).or_insert(on);
                }
            }
        }
    }
}

/// A pattern list: one of them matches, and none that is negated.
fn holds<'p>(patterns: impl Iterator<Item = &'p str>, text: &str) -> bool {
    let mut any = false;
    for pattern in patterns {
        match pattern.strip_prefix('!') {
            Some(pattern) if matches(pattern, text) => return false,
            Some(_) => {}
            None => any |= matches(pattern, text),
        }
    }
    any
}
