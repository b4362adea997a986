//! Why a node could not be read by SSH.

use std::io;
use std::path::PathBuf;

use super::wire::WireError;

/// A node that was not read, or a way to it that does not work.
#[derive(Debug, thiserror::Error)]
pub enum SshError {
    /// The name has no address.
    #[error("looking up {host}")]
    Resolve {
        /// The host.
        host: String,
        /// Why not.
        source: io::Error,
    },
    /// Nobody answers there.
    #[error("connecting to {host} port {port}")]
    Connect {
        /// The host.
        host: String,
        /// The port.
        port: u16,
        /// Why not.
        source: io::Error,
    },
    /// The two do not come to an agreement.
    #[error("talking SSH to {host}")]
    Protocol {
        /// The host.
        host: String,
        /// Why not.
        source: ssh2::Error,
    },
    /// The host is not who it should be, or nobody knows.
    #[error("{reason}")]
    HostKey {
        /// What is wrong with the key.
        reason: String,
        /// What to do about it.
        hint: String,
    },
    /// No key was accepted.
    #[error("{host} lets {user} in with none of the keys: {tried}")]
    Refused {
        /// The host.
        host: String,
        /// The user.
        user: String,
        /// What was offered.
        tried: String,
    },
    /// The script gave no sound answer.
    #[error("reading {host}")]
    Wire {
        /// The host.
        host: String,
        /// What was wrong with the answer.
        source: WireError,
    },
    /// Something is configured that is needed and not supported.
    #[error("{host} is configured with {option}, which is not supported")]
    Unsupported {
        /// The host.
        host: String,
        /// The option of ssh_config(5).
        option: String,
    },
    /// A file of this machine's user that it depends on is not one that can be read.
    #[error("{}: {reason}", path.display())]
    File {
        /// The file.
        path: PathBuf,
        /// Why not.
        reason: String,
    },
    /// It took too long.
    #[error("{host} gave no answer in {seconds} s")]
    Late {
        /// The host.
        host: String,
        /// The limit.
        seconds: u64,
    },
    /// Somebody wished to stop.
    #[error("the run was stopped before it was read")]
    Stopped,
    /// The system refused what every connection needs.
    #[error("starting a reader")]
    Start(#[source] io::Error),
}

impl SshError {
    /// What to try.
    pub fn hint(&self) -> String {
        match self {
            Self::Resolve { .. } => "name the host as the DNS or ssh_config has it".to_owned(),
            Self::Connect { .. } => "see whether sshd runs there and the port is open".to_owned(),
            Self::Protocol { .. } => "try `ssh -v` to the same host".to_owned(),
            Self::HostKey { hint, .. } => hint.clone(),
            Self::Refused { .. } => {
                "name a key with --ssh-key, or load it into the agent (ssh-add)".to_owned()
            }
            Self::Wire { source, .. } => match source {
                WireError::Polluted(_) | WireError::CutOff(_) => {
                    "see what `ssh HOST /bin/sh -c true` prints: a login script may write or fail"
                        .to_owned()
                }
                WireError::TooMuch => {
                    "see whether the node is healthy; where many nodes say much, read fewer at once (--ssh-parallel)"
                        .to_owned()
                }
                _ => "see whether the node is healthy".to_owned(),
            },
            Self::Unsupported { .. } => {
                "give another --ssh-config, name a way with --ssh-jump, or audit on the node with --node local"
                    .to_owned()
            }
            Self::File { path, .. } => {
                format!("see what {} is, or name another file", path.display())
            }
            Self::Late { .. } => {
                "raise --ssh-timeout, or see whether the node is healthy".to_owned()
            }
            Self::Stopped => "run it again".to_owned(),
            Self::Start(_) => "see ulimit -u and ulimit -n".to_owned(),
        }
    }
}
