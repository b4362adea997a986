//! What stands for something else in paths of ssh_config: `~`, `${NAME}` and `%h` ("TOKENS", "ENVIRONMENT VARIABLES").

use std::path::{Path, PathBuf};

/// What is known while a path is written out.
#[derive(Clone, Copy, Debug)]
pub(super) struct Tokens<'a> {
    pub(super) home: &'a Path,
    /// The local user.
    pub(super) user: &'a str,
    /// The host as the user named it.
    pub(super) name: &'a str,
    /// The name or address that is connected to.
    pub(super) host: &'a str,
    pub(super) port: u16,
    /// The remote user.
    pub(super) remote: &'a str,
    /// What the host is called in files of known hosts.
    pub(super) alias: &'a str,
    /// A variable of the environment.
    pub(super) variable: fn(&str) -> Option<String>,
}

impl Tokens<'_> {
    /// The path that `text` means.
    ///
    /// # Errors
    /// The part of it that stands for nothing known.
    pub(super) fn path(&self, text: &str) -> Result<PathBuf, String> {
        let home = self.home.to_string_lossy();
        let mut out = String::new();
        let mut rest = match text.strip_prefix('~') {
            Some(rest) if rest.is_empty() || rest.starts_with('/') => {
                out.push_str(&home);
                rest
            }
            // Another account's home folder is not looked up.
            Some(rest) => return Err(format!("~{}", rest.split('/').next().unwrap_or(rest))),
            None => text,
        };
        while let Some(at) = rest.find(['%', '$']) {
            out.push_str(&rest[..at]);
            rest = &rest[at..];
            if let Some((name, after)) = rest.strip_prefix("${").and_then(|it| it.split_once('}')) {
                let value = (self.variable)(name).ok_or_else(|| format!("${{{name}}}"))?;
                out.push_str(&value);
                rest = after;
                continue;
            }
            let mut letters = rest.chars();
            let (sign, letter) = (letters.next(), letters.next());
            if sign == Some('$') {
                out.push('$');
                rest = &rest[1..];
                continue;
            }
            let token = letter.and_then(|letter| self.token(letter, &home));
            out.push_str(&token.ok_or_else(|| rest.chars().take(2).collect::<String>())?);
            rest = letters.as_str();
        }
        out.push_str(rest);
        Ok(PathBuf::from(out))
    }

    fn token(&self, letter: char, home: &str) -> Option<String> {
        Some(match letter {
            '%' => "%".to_owned(),
            'd' => home.to_owned(),
            'h' => self.host.to_owned(),
            'i' => rustix::process::getuid().as_raw().to_string(),
            'k' => self.alias.to_owned(),
            'n' => self.name.to_owned(),
            'p' => self.port.to_string(),
            'r' => self.remote.to_owned(),
            'u' => self.user.to_owned(),
            _ => return None,
        })
    }
}
