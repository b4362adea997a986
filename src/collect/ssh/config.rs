//! What OpenSSH's configuration says about a host (ssh_config(5)): the first value that is stated counts.
//!
//! Nothing is ever run for it: a block under `Match exec`, and any other condition that is not about names, is left out and
//! said so.

use std::collections::BTreeSet;
use std::path::{Path, PathBuf};

use super::glob::matches;

/// How deep files may include others, as OpenSSH has it.
const DEPTH: usize = 16;

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
    /// Whether something is configured that would be needed and is not done, by keyword.
    pub(super) unsupported: BTreeSet<String>,
}

/// Reads configuration for one host.
pub(super) struct Reader<'a> {
    host: &'a str,
    /// The user who asks; the remote one where it is given.
    user: Option<&'a str>,
    settings: Settings,
    home: &'a Path,
    /// What was left out, by file and line.
    pub(super) remarks: Vec<String>,
}

impl<'a> Reader<'a> {
    /// For the host as the user named it.
    pub(super) fn new(host: &'a str, user: Option<&'a str>, home: &'a Path) -> Self {
        Self {
            host,
            user,
            settings: Settings::default(),
            home,
            remarks: Vec::new(),
        }
    }

    /// Reads a file and what it includes; one that cannot be read is left out.
    pub(super) fn read(&mut self, file: &Path) {
        let mut applies = true;
        self.file(file, &mut applies, 0);
    }

    /// What was found.
    pub(super) fn finish(self) -> (Settings, Vec<String>) {
        (self.settings, self.remarks)
    }

    fn file(&mut self, file: &Path, applies: &mut bool, depth: usize) {
        let text = match std::fs::read(file) {
            Ok(bytes) => String::from_utf8_lossy(&bytes).into_owned(),
            Err(error) if error.kind() == std::io::ErrorKind::NotFound => return,
            Err(error) => {
                let remark = format!("{}: {error}, left out", file.display());
                return self.remarks.push(remark);
            }
        };
        for (number, line) in text.lines().enumerate() {
            let Some((keyword, words)) = words(line) else {
                continue;
            };
            let keyword = keyword.to_lowercase();
            match keyword.as_str() {
                "host" => *applies = self.names(&words),
                "match" => *applies = self.meets(&words, file, number + 1),
                "include" if *applies => {
                    for word in &words {
                        self.include(word, file, depth);
                    }
                }
                _ if *applies => self.set(&keyword, &words),
                _ => {}
            }
        }
    }

    fn include(&mut self, pattern: &str, from: &Path, depth: usize) {
        if depth + 1 >= DEPTH {
            let remark = format!("{}: files include each other too deeply", from.display());
            return self.remarks.push(remark);
        }
        let path = match pattern.strip_prefix("~/") {
            Some(rest) => self.home.join(rest),
            None if from.starts_with("/etc") => Path::new("/etc/ssh").join(pattern),
            None => self.home.join(".ssh").join(pattern),
        };
        // Conditions of an included file end with it.
        for file in expanded(&path) {
            self.file(&file, &mut true, depth + 1);
        }
    }

    /// Whether `Host` patterns hold for the host: one of them, and none that is negated.
    fn names(&self, patterns: &[String]) -> bool {
        holds(patterns.iter().map(String::as_str), self.host)
    }

    fn meets(&mut self, words: &[String], file: &Path, line: usize) -> bool {
        let mut words = words.iter().map(String::as_str);
        let mut all = true;
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
            if criterion == "all" {
                continue;
            }
            let Some(value) = inline.or_else(|| words.next()) else {
                return false;
            };
            let real = self.settings.host_name.as_deref().unwrap_or(self.host);
            let met = match criterion.as_str() {
                "host" => holds(value.split(','), real),
                "originalhost" => holds(value.split(','), self.host),
                "user" => self
                    .settings
                    .user
                    .as_deref()
                    .or(self.user)
                    .is_some_and(|user| holds(value.split(','), user)),
                _ => {
                    let file = file.display();
                    let remark =
                        format!("{file}:{line}: `Match {criterion}` is not evaluated, left out");
                    self.remarks.push(remark);
                    return false;
                }
            };
            all &= met != negated;
        }
        all
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
            "proxyjump" => text(&mut settings.proxy_jump),
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
            "proxycommand" if !first.eq_ignore_ascii_case("none") => {
                settings.unsupported.insert("ProxyCommand".to_owned());
            }
            _ => {}
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

/// A keyword and its arguments: separated by blanks or one `=`, quoted where they hold blanks.
fn words(line: &str) -> Option<(&str, Vec<String>)> {
    let line = line.trim();
    if line.is_empty() || line.starts_with('#') {
        return None;
    }
    let end = line.find(|c: char| c.is_whitespace() || c == '=')?;
    let (keyword, rest) = line.split_at(end);
    let rest = rest.trim_start();
    let rest = rest.strip_prefix('=').unwrap_or(rest);
    let mut words = Vec::new();
    let mut word = String::new();
    let (mut quoted, mut any) = (false, false);
    for c in rest.chars() {
        match c {
            '"' => (quoted, any) = (!quoted, true),
            '#' if !quoted && word.is_empty() && !any => break,
            c if c.is_whitespace() && !quoted => {
                if any {
                    words.push(std::mem::take(&mut word));
                }
                any = false;
            }
            c => {
                word.push(c);
                any = true;
            }
        }
    }
    if any {
        words.push(word);
    }
    Some((keyword, words))
}

/// The files that a path with patterns names, in the order of their names.
fn expanded(path: &Path) -> Vec<PathBuf> {
    let mut found = vec![PathBuf::new()];
    for part in path.components() {
        let part = part.as_os_str().to_string_lossy();
        if !part.contains(['*', '?']) {
            found.iter_mut().for_each(|path| path.push(&*part));
            continue;
        }
        let below = found.iter().flat_map(|folder| {
            let entries = std::fs::read_dir(folder).into_iter().flatten().flatten();
            let names = entries.map(|entry| entry.file_name().to_string_lossy().into_owned());
            let mut names: Vec<String> = names
                .filter(|name| !name.starts_with('.') && matches(&part, name))
                .collect();
            names.sort_unstable();
            names
                .into_iter()
                .map(|name| folder.join(name))
                .collect::<Vec<_>>()
        });
        found = below.collect();
    }
    found
}
