//! Options that say where the report goes and what it looks like.

use std::path::PathBuf;
use std::str::FromStr;

use clap::Args;

use crate::report::Format;

/// Formats and their files.
#[derive(Debug, Args)]
#[command(next_help_heading = "Output")]
pub(crate) struct OutputArgs {
    /// table or json, to standard output or to a file; may be repeated
    #[arg(
        short,
        long = "output",
        value_name = "FORMAT[=FILE]",
        default_value = "table"
    )]
    pub(crate) outputs: Vec<OutputSpec>,
    /// Every subject and every control, also those that pass
    #[arg(long)]
    pub(crate) all: bool,
    /// The width of tables [default: $COLUMNS, then that of the terminal, then 100]
    #[arg(long, value_name = "COLUMNS", value_parser = clap::value_parser!(u16).range(20..))]
    pub(crate) width: Option<u16>,
}

/// One report to write.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct OutputSpec {
    /// Its format.
    pub(crate) format: Format,
    /// Its file; `None` is standard output.
    pub(crate) file: Option<PathBuf>,
}

impl FromStr for OutputSpec {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, String> {
        let (name, file) = match text.split_once('=') {
            Some((name, file)) if !file.is_empty() => (name, Some(PathBuf::from(file))),
            Some((_, _)) => return Err("a file name is expected after `=`".to_owned()),
            None => (text, None),
        };
        let format = Format::ALL
            .into_iter()
            .find(|format| format.name() == name)
            .ok_or_else(|| {
                let known: Vec<_> = Format::ALL.iter().map(|format| format.name()).collect();
                format!("the formats are {}", known.join(", "))
            })?;
        Ok(Self { format, file })
    }
}
