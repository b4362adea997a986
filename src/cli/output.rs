//! The reports a run was asked for, each in its format, opened before the work begins.

use crate::report::{Charset, Format, Options, Report, render};

use super::args::OutputArgs;
use super::error::CliError;
use super::sink::Sink;
use super::terminal::Terminal;

/// Opened outputs.
pub(crate) struct Outputs {
    sinks: Vec<(Format, Sink)>,
    options: Options,
}

impl Outputs {
    /// Opens every output; a path that cannot be written fails here.
    pub(crate) fn open(args: &OutputArgs, terminal: &Terminal) -> Result<Self, CliError> {
        let mut sinks = Vec::new();
        for output in &args.outputs {
            sinks.push((output.format, Sink::open(output.file.as_deref())?));
        }
        Ok(Self {
            sinks,
            options: Options {
                width: terminal.width(args.width),
                color: terminal.color,
                charset: if terminal.unicode {
                    Charset::Unicode
                } else {
                    Charset::Ascii
                },
                all: args.all,
                compact: false,
            },
        })
    }

    /// Whether every subject is wanted, also those that pass.
    pub(crate) fn all(&self) -> bool {
        self.options.all
    }

    /// Writes `report` to each of them. Files are for programs: no colour.
    pub(crate) fn write(self, report: &Report) -> Result<(), CliError> {
        for (format, sink) in self.sinks {
            let color = self.options.color && matches!(sink, Sink::Standard);
            let options = Options {
                color,
                ..self.options
            };
            sink.fill(|out| render(report, format, &options, out))?;
        }
        Ok(())
    }
}
