//! The document against its schema, the golden sample, and what the table looks like.

mod document;
mod groups;
mod sample;
mod table;

use super::{Format, Options, Report, render};

fn rendered(report: &Report, format: Format, options: &Options) -> String {
    let mut bytes = Vec::new();
    render(report, format, options, &mut bytes).expect("a vector takes everything");
    String::from_utf8(bytes).expect("reports are UTF-8")
}
