//! `netpol`

use clap::{Args, Subcommand, ValueEnum};

use super::{OutputArgs, SourceArgs};
use crate::evaluate::Endpoint;

/// `netpol`
#[derive(Debug, Subcommand)]
pub(crate) enum NetpolCommand {
    /// Show for the pods of each namespace what network policies leave open, and to whom
    Show(ShowArgs),
    /// Find out whether one end may connect to another, and which policies decide
    Can(CanArgs),
}

/// `netpol show`
#[derive(Debug, Args)]
pub(crate) struct ShowArgs {
    #[command(flatten)]
    pub(crate) source: SourceArgs,
    #[command(flatten)]
    pub(crate) output: OutputArgs,
}

/// `netpol can`
#[derive(Debug, Args)]
pub(crate) struct CanArgs {
    /// Who connects: NAMESPACE/WORKLOAD, NAMESPACE/KIND/WORKLOAD, NAMESPACE/LABEL=VALUE or NAMESPACE/ for a new pod, an
    /// address, or world
    pub(crate) from: Endpoint,
    /// To whom, in the same words, and to which port
    #[arg(value_name = "TO:PORT")]
    pub(crate) to: To,
    /// The protocol
    #[arg(long, value_enum, default_value_t = Protocol::Tcp)]
    pub(crate) protocol: Protocol,
    #[command(flatten)]
    pub(crate) source: SourceArgs,
    #[command(flatten)]
    pub(crate) output: OutputArgs,
}

/// The end that is connected to.
#[derive(Clone, Debug)]
pub(crate) struct To {
    pub(crate) end: Endpoint,
    pub(crate) port: u16,
}

impl std::str::FromStr for To {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, String> {
        let (end, port) = text
            .rsplit_once(':')
            .ok_or("a port is expected after a colon")?;
        let end = end.parse::<Endpoint>().map_err(|error| error.to_string())?;
        let port = port.parse().map_err(|_| format!("`{port}` is no port"))?;
        Ok(Self { end, port })
    }
}

/// The protocols of ports.
#[derive(Clone, Copy, Debug, ValueEnum)]
pub(crate) enum Protocol {
    /// TCP.
    Tcp,
    /// UDP.
    Udp,
    /// SCTP.
    Sctp,
}

impl Protocol {
    /// The name in policies.
    pub(crate) fn name(self) -> &'static str {
        match self {
            Self::Tcp => "TCP",
            Self::Udp => "UDP",
            Self::Sctp => "SCTP",
        }
    }
}
