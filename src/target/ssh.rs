//! Nodes that are reached by SSH.

use std::fmt;
use std::path::PathBuf;
use std::str::FromStr;
use std::time::Duration;

/// How nodes are reached by SSH. What is not stated here, OpenSSH's configuration says.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Ssh {
    /// The nodes, as the user named them.
    pub hosts: Vec<SshHost>,
    /// Whether to read every node that the API lists, too.
    pub all: bool,
    /// The user to log in as, unless a host names another.
    pub user: Option<String>,
    /// Private keys to offer, before those that are configured.
    pub keys: Vec<PathBuf>,
    /// The configuration to read instead of `~/.ssh/config` and `/etc/ssh/ssh_config`.
    pub config: Option<PathBuf>,
    /// The file of known hosts to read instead of those that are configured.
    pub known_hosts: Option<PathBuf>,
    /// Hosts to go through, the first one first.
    pub jump: Vec<SshHost>,
    /// Whether a host that nothing is known of is trusted and written down.
    pub accept_new: bool,
    /// How many nodes are read at once.
    pub parallel: usize,
    /// How long one node may take, from the first packet to the last.
    pub time_limit: Duration,
}

/// A host with what belongs to it alone.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct SshHost {
    /// The user.
    pub user: Option<String>,
    /// A name of OpenSSH's configuration, a host name or an address.
    pub host: String,
    /// The port.
    pub port: Option<u16>,
}

/// A text that names no host.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("`{text}` is no [USER@]HOST[:PORT]")]
pub struct NoHost {
    /// The text.
    text: String,
}

impl FromStr for SshHost {
    type Err = NoHost;

    /// Reads `[USER@]HOST[:PORT]`; an IPv6 address with a port stands in brackets.
    fn from_str(text: &str) -> Result<Self, NoHost> {
        let read = || {
            let (user, rest) = match text.rsplit_once('@') {
                Some((user, rest)) => (Some(user), rest),
                None => (None, text),
            };
            let (host, port) = match rest.strip_prefix('[') {
                Some(rest) => {
                    let (host, port) = rest.split_once(']')?;
                    let port = match port {
                        "" => None,
                        port => Some(port.strip_prefix(':')?),
                    };
                    (host, port)
                }
                // More than one colon is an address.
                None if rest.matches(':').count() == 1 => {
                    let (host, port) = rest.split_once(':')?;
                    (host, Some(port))
                }
                None => (rest, None),
            };
            let port = match port {
                Some(port) => Some(port.parse().ok().filter(|port| *port != 0)?),
                None => None,
            };
            let odd =
                |c: char| c.is_whitespace() || c.is_control() || "'\"`$\\;&<>|()/".contains(c);
            let sound =
                |word: &str| !word.is_empty() && !word.starts_with('-') && !word.contains(odd);
            (sound(host) && user.is_none_or(sound)).then(|| Self {
                user: user.map(str::to_owned),
                host: host.to_owned(),
                port,
            })
        };
        read().ok_or_else(|| NoHost {
            text: text.to_owned(),
        })
    }
}

impl fmt::Display for SshHost {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        if let Some(user) = &self.user {
            write!(f, "{user}@")?;
        }
        match self.port {
            Some(port) if self.host.contains(':') => write!(f, "[{}]:{port}", self.host),
            Some(port) => write!(f, "{}:{port}", self.host),
            None => f.write_str(&self.host),
        }
    }
}

/// Reads an inventory: a host a line, as on the command line; `#` begins a comment.
///
/// # Errors
/// The first line that names no host, with its number.
pub fn inventory(text: &str) -> Result<Vec<SshHost>, (usize, NoHost)> {
    let lines = text.lines().enumerate().filter_map(|(number, line)| {
        let line = line.split('#').next().unwrap_or_default().trim();
        (!line.is_empty()).then(|| line.parse().map_err(|error| (number + 1, error)))
    });
    lines.collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn hosts_are_read_and_shown() {
        for (text, user, host, port) in [
            ("a", None, "a", None),
            ("u@a:2222", Some("u"), "a", Some(2222)),
            ("DOMAIN@u@a", Some("DOMAIN@u"), "a", None),
            ("fe80::1", None, "fe80::1", None),
            ("u@[fe80::1]:22", Some("u"), "fe80::1", Some(22)),
        ] {
            let read: SshHost = text.parse().unwrap();
            assert_eq!(read.user.as_deref(), user, "{text}");
            assert_eq!((read.host.as_str(), read.port), (host, port), "{text}");
            assert_eq!(read.to_string(), text);
        }
        assert_eq!("[::1]".parse::<SshHost>().unwrap().to_string(), "::1");
        for text in [
            "",
            "u@",
            "@a",
            "a:",
            "a:0",
            "a:99999",
            "a b",
            "-oProxyCommand=x",
            "[::1",
            "a;b",
            "u@-x",
        ] {
            let error = text.parse::<SshHost>().unwrap_err();
            assert_eq!(
                error.to_string(),
                format!("`{text}` is no [USER@]HOST[:PORT]")
            );
        }
    }

    #[test]
    fn an_inventory_has_a_host_a_line() {
        let hosts = inventory("# nodes\n\n root@cp1 # the first\nw1:2222\n").unwrap();
        let hosts: Vec<_> = hosts.iter().map(ToString::to_string).collect();
        assert_eq!(hosts, ["root@cp1", "w1:2222"]);
        assert_eq!(inventory("a\n\nb c\n").unwrap_err().0, 3);
    }
}
