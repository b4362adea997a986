//! The reports a run was asked for, each in its format, opened before the work begins.

use std::io::{self, Write};

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
    /// Opens every output; a path that cannot be written fails here, and so do two outputs to one place. `save` goes
    /// somewhere else, too.
    pub(crate) fn open(
        args: &OutputArgs,
        save: Option<&Sink>,
        terminal: &Terminal,
    ) -> Result<Self, CliError> {
        let mut sinks: Vec<(_, Sink)> = Vec::new();
        for output in &args.outputs {
            let sink = Sink::open(output.file.as_deref())?;
            let mut others = sinks.iter().map(|(_, other)| other).chain(save);
            if others.any(|other| other.place() == sink.place()) {
                return Err(CliError::SamePlace(output.file.clone()));
            }
            sinks.push((output.format, sink));
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

    /// Writes `report` to each of them. Files are for programs: no colour. One that fails does not keep the report from
    /// the others, and a reader that went away, as `head` does, has seen enough.
    ///
    /// # Errors
    /// The last failure; those before it are told.
    pub(crate) fn write(self, report: &Report) -> Result<(), CliError> {
        self.fill(|format, options, out| render(report, format, options, out))
    }

    /// Has `render` fill each of them, as [`Outputs::write`] does with a report.
    ///
    /// # Errors
    /// As [`Outputs::write`].
    pub(crate) fn fill(
        self,
        render: impl Fn(Format, &Options, &mut dyn Write) -> io::Result<()>,
    ) -> Result<(), CliError> {
        let filled = self.sinks.into_iter().map(|(format, sink)| {
            let color = self.options.color && matches!(sink, Sink::Standard);
            let options = Options {
                color,
                ..self.options
            };
            match sink.fill(|out| render(format, &options, out)) {
                Err(error) if error.is_closed_pipe() => Ok(()),
                filled => filled,
            }
        });
        super::each(filled)
    }
}
