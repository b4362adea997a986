//! What a run says, as one document and its formats.
//!
//! Everything a reader sees comes from [`Report`]: a renderer borrows it and writes to a writer it is given, so a report
//! that was saved as JSON renders again to the same bytes. Clock, terminal and environment are read elsewhere and come
//! in as [`Options`]. Text from outside reaches a screen only through [`safe`](safe::safe).

mod assemble;
mod diff;
pub mod document;
mod groups;
mod ink;
mod joint;
mod json;
pub mod reference;
pub mod safe;
mod starter;
mod table;
#[cfg(test)]
mod tests;

use std::io::{self, Write};

use serde::Serialize;

use crate::outcome::{CertificateLine, Connections, Paths, Postures, PowerList, WhoCan};

pub use assemble::Input;
pub use diff::{Change, Comparison};
pub use document::{ReadError, Report};
pub use groups::{Cause, Finding, causes, findings};
pub use starter::starter;

/// The formats of a report.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Format {
    /// For people.
    Table,
    /// The document itself.
    Json,
}

impl Format {
    /// All formats.
    pub const ALL: [Self; 2] = [Self::Table, Self::Json];

    /// The name on the command line.
    pub fn name(self) -> &'static str {
        match self {
            Self::Table => "table",
            Self::Json => "json",
        }
    }

    /// The format of that name.
    pub fn from_name(name: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|format| format.name() == name)
    }
}

/// The characters that the reader's screen can show.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Charset {
    /// Any.
    #[default]
    Unicode,
    /// ASCII only; all else is shown escaped.
    Ascii,
}

/// How to render; what a format has no use for it ignores.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Options {
    /// The width of the page in columns; less than 72 is taken as 72.
    pub width: u16,
    /// Whether to colour, by SGR sequences (ECMA-48).
    pub color: bool,
    /// The characters to draw with.
    pub charset: Charset,
    /// Whether to list every control, finding and cause.
    pub all: bool,
    /// Whether JSON is written on one line.
    pub compact: bool,
}

impl Default for Options {
    fn default() -> Self {
        Self {
            width: 80,
            color: false,
            charset: Charset::default(),
            all: false,
            compact: false,
        }
    }
}

/// Writes `report` to `to`, in large pieces.
///
/// # Errors
/// What the writer says; a closed pipe is an error of kind `BrokenPipe` like any other.
pub fn render(
    report: &Report,
    format: Format,
    options: &Options,
    to: &mut dyn Write,
) -> io::Result<()> {
    let mut to = io::BufWriter::new(to);
    match format {
        Format::Table => table::render(report, options, &mut to)?,
        Format::Json => json::render(report, options, &mut to)?,
    }
    to.flush()
}

/// The list of certificates.
#[derive(Serialize)]
struct Certificates<'d> {
    /// Every certificate, those that end first on top.
    certificates: &'d [CertificateLine],
    /// What is wrong with them, as `audit` reports it.
    report: &'d Report<'d>,
}

/// Writes a list of certificates, and the report on them, to `to`.
///
/// # Errors
/// As [`render`].
pub fn render_certificates(
    lines: &[CertificateLine],
    report: &Report,
    format: Format,
    options: &Options,
    to: &mut dyn Write,
) -> io::Result<()> {
    let document = Certificates {
        certificates: lines,
        report,
    };
    let shown = |to: &mut dyn Write| table::certificates(lines, report, options, to);
    listed(&document, shown, format, options, to)
}

/// A list that a command shows by itself.
#[derive(Debug, Serialize)]
#[serde(untagged)]
pub enum View {
    /// `rbac who-can`.
    WhoCan(WhoCan),
    /// `rbac paths`.
    Paths(Paths),
    /// `rbac summary`.
    Powers(PowerList),
    /// `netpol show`.
    Postures(Postures),
    /// `netpol can`.
    Connections(Connections),
    /// `diff`.
    Comparison(Comparison),
}

/// Such a list as a document, version 1.
#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct Listed<'d, D> {
    schema_version: u32,
    #[serde(flatten)]
    list: &'d D,
}

/// Writes a list to `to`.
///
/// # Errors
/// As [`render`].
pub fn render_view(
    view: &View,
    format: Format,
    options: &Options,
    to: &mut dyn Write,
) -> io::Result<()> {
    let shown = |to: &mut dyn Write| table::view(view, options, to);
    listed(view, shown, format, options, to)
}

fn listed<D: Serialize>(
    list: &D,
    table: impl FnOnce(&mut dyn Write) -> io::Result<()>,
    format: Format,
    options: &Options,
    to: &mut dyn Write,
) -> io::Result<()> {
    let mut to = io::BufWriter::new(to);
    match format {
        Format::Table => table(&mut to)?,
        Format::Json => {
            let document = Listed {
                schema_version: 1,
                list,
            };
            json::render(&document, options, &mut to)?;
        }
    }
    to.flush()
}
