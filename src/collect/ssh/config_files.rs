//! The files of OpenSSH's configuration, each read and split into words once, however many hosts are looked up in it.
//!
//! OpenSSH bounds how deep files may include each other and nothing else; a file that includes itself three times is read
//! forty million times at that depth. So everything is counted here, and what is over is one error.

use std::collections::BTreeMap;
use std::io::ErrorKind;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use super::error::SshError;
use super::glob::matches;
use crate::input;

/// How much all files together may hold. Ten thousand hosts are a quarter of it.
const LIMIT: u64 = 4 << 20;
/// How many files one pattern may name.
const EXPANDED: usize = 1_024;
/// How many names are looked at for one pattern.
const NAMES: usize = 100_000;

/// One line that says something.
#[derive(Debug)]
pub(super) struct Statement {
    pub(super) line: usize,
    /// In lower case.
    pub(super) keyword: String,
    pub(super) words: Vec<String>,
}

/// Files by their paths.
#[derive(Default)]
pub(super) struct ConfigFiles {
    files: BTreeMap<PathBuf, Arc<Vec<Statement>>>,
    /// What patterns name.
    expanded: BTreeMap<PathBuf, Arc<Vec<PathBuf>>>,
    /// What every file says, where there is no disk.
    mirrored: Option<Arc<Vec<Statement>>>,
    /// How much was read.
    taken: u64,
    /// What was left out.
    pub(super) remarks: Vec<String>,
}

impl ConfigFiles {
    /// Files that all say the same, whatever they are called.
    pub(super) fn mirroring(bytes: &[u8]) -> Self {
        Self {
            mirrored: Some(Arc::new(statements(bytes))),
            ..Self::default()
        }
    }

    /// What a file says. One that is not there says nothing, and neither does one that the system does not let us read,
    /// which is remarked.
    ///
    /// # Errors
    /// When it is no regular file, or too large.
    pub(super) fn read(&mut self, path: &Path) -> Result<Arc<Vec<Statement>>, SshError> {
        if let Some(known) = self.mirrored.as_ref().or_else(|| self.files.get(path)) {
            return Ok(known.clone());
        }
        let bytes = match input::regular(path, LIMIT) {
            Ok(bytes) => bytes,
            Err(error) if error.kind() == ErrorKind::NotFound => Vec::new(),
            Err(error) if error.raw_os_error().is_some() => {
                let remark = format!("{}: {error}, left out", path.display());
                self.remarks.push(remark);
                Vec::new()
            }
            Err(error) => return Err(refused(path, error.to_string())),
        };
        self.taken += bytes.len() as u64;
        if self.taken > LIMIT {
            let most = LIMIT >> 20;
            let reason = format!("with it the configuration of SSH is over {most} MiB");
            return Err(refused(path, reason));
        }
        let statements = Arc::new(statements(&bytes));
        self.files.insert(path.to_owned(), statements.clone());
        Ok(statements)
    }

    /// The files that a path with patterns names, in the order of their names.
    ///
    /// # Errors
    /// When they are too many.
    pub(super) fn expanded(&mut self, path: &Path) -> Result<Arc<Vec<PathBuf>>, SshError> {
        if let Some(known) = self.expanded.get(path) {
            return Ok(known.clone());
        }
        if self.mirrored.is_some() {
            return Ok(Arc::new(vec![path.to_owned()]));
        }
        let found = expanded(path).ok_or_else(|| {
            let reason =
                format!("this Include names more than {EXPANDED} files, or leads past too many");
            refused(path, reason)
        })?;
        let found = Arc::new(found);
        self.expanded.insert(path.to_owned(), found.clone());
        Ok(found)
    }
}

fn statements(bytes: &[u8]) -> Vec<Statement> {
    let text = String::from_utf8_lossy(bytes);
    let numbered = text.lines().enumerate();
    let statements = numbered.filter_map(|(number, line)| {
        let (keyword, words) = words(line)?;
        Some(Statement {
            line: number + 1,
            keyword: keyword.to_lowercase(),
            words,
        })
    });
    statements.collect()
}

/// A configuration that is not taken.
pub(super) fn refused(path: &Path, reason: String) -> SshError {
    SshError::File {
        path: path.to_owned(),
        reason,
    }
}

/// The files that a path with patterns names; nothing when they are too many.
fn expanded(path: &Path) -> Option<Vec<PathBuf>> {
    let mut found = vec![PathBuf::new()];
    let mut looked_at = 0;
    for part in path.components() {
        let part = part.as_os_str().to_string_lossy();
        if !part.contains(['*', '?']) {
            found.iter_mut().for_each(|path| path.push(&*part));
            continue;
        }
        let mut below = Vec::new();
        for folder in &found {
            let entries = std::fs::read_dir(folder).into_iter().flatten().flatten();
            let mut names = Vec::new();
            for entry in entries {
                looked_at += 1;
                let name = entry.file_name().to_string_lossy().into_owned();
                if !name.starts_with('.') && matches(&part, &name) {
                    names.push(name);
                }
                if looked_at > NAMES || below.len() + names.len() > EXPANDED {
                    return None;
                }
            }
            names.sort_unstable();
            below.extend(names.into_iter().map(|name| folder.join(name)));
        }
        found = below;
    }
    Some(found)
}

/// A keyword and its arguments: separated by blanks or one `=`, in quotes of either kind where they hold blanks; a
/// backslash stands before a quote, a blank or another one that is meant as it is.
fn words(line: &str) -> Option<(&str, Vec<String>)> {
    let line = line.trim();
    if line.is_empty() || line.starts_with('#') {
        return None;
    }
    let end = line.find(|c: char| c.is_whitespace() || c == '=')?;
    let (keyword, rest) = line.split_at(end);
    let rest = rest.trim_start();
    let mut letters = rest.strip_prefix('=').unwrap_or(rest).chars().peekable();
    let mut words = Vec::new();
    let mut word: Option<String> = None;
    let mut quote = None;
    while let Some(c) = letters.next() {
        match c {
            '#' if quote.is_none() && word.is_none() => break,
            c if c.is_whitespace() && quote.is_none() => words.extend(word.take()),
            '"' | '\'' if quote.is_none() => {
                quote = Some(c);
                word.get_or_insert_default();
            }
            c if quote == Some(c) => quote = None,
            '\\' => {
                let escaped = |next: &char| {
                    matches!(next, '"' | '\'' | '\\') || (quote.is_none() && *next == ' ')
                };
                let literal = letters.next_if(escaped).unwrap_or('\\');
                word.get_or_insert_default().push(literal);
            }
            c => word.get_or_insert_default().push(c),
        }
    }
    words.extend(word);
    Some((keyword, words))
}
