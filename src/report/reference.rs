//! The reference pages: checks and profiles as a person wants to read them.

mod manual;

use std::io::{self, Write};

use comfy_table::{ContentArrangement, Table, presets};

use super::safe;
use crate::catalog::{Catalog, Profile};

pub use manual::{Fact, check};

/// Text from a file as a cell.
fn safe(text: &str) -> String {
    safe::safe(text).into_owned()
}

/// The list of checks.
///
/// # Errors
/// What `out` gives.
pub fn checks(catalog: &Catalog, width: u16, out: &mut dyn Write) -> io::Result<()> {
    let mut table = plain(width);
    table.set_header(["CHECK", "SEVERITY", "SUBJECT", "WHAT IS WRONG"]);
    for check in catalog.checks.values() {
        table.add_row([
            safe(&check.id.value),
            check.severity.name().to_owned(),
            check.subject.name().to_owned(),
            safe(&check.title),
        ]);
    }
    writeln!(out, "{}", table.trim_fmt())
}

/// The list of profiles.
///
/// # Errors
/// What `out` gives.
pub fn profiles(catalog: &Catalog, width: u16, out: &mut dyn Write) -> io::Result<()> {
    let mut table = plain(width);
    table.set_header(["PROFILE", "SECTIONS", "CONTROLS", "ANSWERED", "TITLE"]);
    for profile in catalog.profiles.values() {
        let controls = || {
            profile
                .sections
                .iter()
                .flat_map(|section| &section.controls)
        };
        table.add_row([
            safe(&profile.id.value),
            profile.sections.len().to_string(),
            controls().count().to_string(),
            controls()
                .filter(|control| !control.checks.is_empty())
                .count()
                .to_string(),
            safe(&profile.title),
        ]);
    }
    writeln!(out, "{}", table.trim_fmt())
}

/// One profile: sections, controls, checks.
///
/// # Errors
/// What `out` gives.
pub fn profile(
    catalog: &Catalog,
    profile: &Profile,
    width: u16,
    out: &mut dyn Write,
) -> io::Result<()> {
    writeln!(out, "{}", safe(&profile.title))?;
    paragraph(&profile.description, width, out)?;
    if let Some(suits) = &profile.suits {
        let distributions = match suits.distributions.as_slice() {
            [] => String::new(),
            names => format!(" ({})", names.join(", ")),
        };
        writeln!(out, " Written for {suits}{}.", safe(&distributions))?;
    }
    for section in &profile.sections {
        let weight = section
            .weight
            .map(|weight| format!("  weight {weight} %"))
            .unwrap_or_default();
        writeln!(
            out,
            "\n{} {}{weight}",
            safe(&section.id),
            safe(&section.title)
        )?;
        let mut table = plain(width);
        for control in &section.controls {
            let checks: Vec<String> = control
                .checks
                .iter()
                .map(|id| {
                    let severity = catalog
                        .checks
                        .get(&id.value)
                        .map(|check| check.severity.name());
                    format!("{} ({})", safe(&id.value), severity.unwrap_or("unknown"))
                })
                .collect();
            let answer = match (&control.not_applicable, checks.is_empty()) {
                (Some(reason), _) => format!("does not apply: {}", safe(reason)),
                (None, true) => "a person must judge".to_owned(),
                (None, false) => checks.join("\n"),
            };
            table.add_row([
                format!("  {}", safe(&control.id.value)),
                safe(&manual::title(control)),
                answer,
            ]);
        }
        writeln!(out, "{}", table.trim_fmt())?;
    }
    Ok(())
}

fn plain(width: u16) -> Table {
    let mut table = Table::new();
    table
        .load_style(presets::NOTHING)
        .set_content_arrangement(ContentArrangement::Dynamic)
        .set_width(width);
    table
}

/// Prose, wrapped at `width` by words.
fn paragraph(text: &str, width: u16, out: &mut dyn Write) -> io::Result<()> {
    let mut table = plain(width);
    table.add_row([safe(text)]);
    writeln!(out, "{}", table.trim_fmt())
}
