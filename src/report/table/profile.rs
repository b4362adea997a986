//! A profile's figures: a line of totals, a row per section, and on demand a row per control.

use std::io;

use super::page::{Page, Set};
use super::{ink, status};
use crate::outcome::Status;
use crate::report::document::{Control, Profile, Section};
use crate::report::ink::Ink;
use crate::report::safe::Safe;
use crate::score::Tally;

/// Ids longer than this are names, and say nothing that the title does not say.
const LONGEST_NUMBER: usize = 6;

/// Ids of controls are numbers or short names.
const LONGEST_ID: usize = 24;

/// Stands in a bar's place; no bar is shorter.
const NOTHING_JUDGED: &str = "nothing judged";

/// The length of a bar on a page that has room.
const LONG_BAR: usize = 20;

pub(super) fn render(profile: &Profile, page: &mut Page<'_>) -> io::Result<()> {
    title(profile, page)?;
    if let Some(why) = &profile.chosen {
        for line in page.text(why).wrap(page.width) {
            page.line(&line.paint(Ink::Dim))?;
        }
    }
    let coverage = if page.is_wide() { "coverage" } else { "cover" };
    let statuses = statuses(profile);
    let names = ["score", coverage].into_iter();
    let names = names.chain(statuses.iter().map(|one| one.name()));
    let names = names.map(|name| Safe::literal(name).paint(Ink::Dim));
    let mut rows = vec![[vec![Safe::default(); 3], names.collect()].concat()];
    let sections = profile.sections.iter();
    rows.extend(sections.map(|section| row(section, statuses, page)));
    let mut set = vec![Set::Left, Set::Flexible, Set::Left];
    set.resize(rows[0].len(), Set::Figure);
    let numbered = |section: &Section| page.text(&section.id).width() <= LONGEST_NUMBER;
    if !profile.sections.iter().all(numbered) {
        rows.iter_mut().for_each(|row| drop(row.remove(0)));
        set.remove(0);
    }
    page.columns(&set, rows)?;
    if page.options.all {
        for section in &profile.sections {
            controls(section, page)?;
        }
    }
    Ok(())
}

/// The statuses whose numbers are shown; most runs have nothing waived.
fn statuses(profile: &Profile) -> &'static [Status] {
    const ALL: &[Status] = &[
        Status::Pass,
        Status::Fail,
        Status::Unknown,
        Status::Manual,
        Status::Waived,
    ];
    let mut controls = profile.sections.iter().flat_map(|one| &one.controls);
    match controls.any(|control| control.status == Status::Waived) {
        true => ALL,
        false => &ALL[..4],
    }
}

fn title(profile: &Profile, page: &mut Page<'_>) -> io::Result<()> {
    let mut parts = vec![page.brief(&profile.title, page.width).paint(Ink::Bold)];
    match profile.score {
        Some(score) => {
            let score = Safe::literal("score ") + Safe::number(score.into());
            parts.push(score.paint(Ink::Bold));
        }
        None => parts.push(Safe::literal("no score").paint(Ink::Yellow)),
    }
    parts.push(match profile.coverage {
        Some(coverage) => Safe::literal("coverage ") + percent(coverage),
        None => Safe::literal(NOTHING_JUDGED),
    });
    if let Some(weight) = profile.weight.filter(|weight| weight.judged < weight.total) {
        let judged = Safe::number(weight.judged) + Safe::literal(" of ");
        parts.push(judged + Safe::number(weight.total) + Safe::literal(" weight judged"));
    }
    if let (Some(mark), Some(passed)) = (profile.pass_mark, profile.passed) {
        let mark = Safe::literal("pass mark ") + Safe::number(mark.into());
        parts.push(match passed {
            true => (mark + Safe::literal(" reached")).paint(Ink::Green),
            false => (mark + Safe::literal(" not reached")).paint(Ink::Red),
        });
    }
    page.flow(parts)
}

fn percent(share: u8) -> Safe {
    Safe::number(share.into()) + Safe::literal(" %")
}

fn row(section: &Section, statuses: &[Status], page: &Page<'_>) -> Vec<Safe> {
    let tally = Tally::from_iter(section.controls.iter().map(|control| control.status));
    let title = match section.weight {
        Some(weight) => format!("{} ({weight}%)", section.title),
        None => section.title.clone(),
    };
    let none = || Safe::literal("-").paint(Ink::Dim);
    let number = |status: Status| {
        let number = Safe::number(tally.of(status));
        match tally.of(status) {
            0 => number.paint(Ink::Dim),
            _ => number.paint(ink(status)),
        }
    };
    let mut row = vec![
        page.text(&section.id),
        page.text(&title),
        bar(section, &tally, page),
        section
            .score
            .map_or_else(none, |score| Safe::number(score.into())),
        section.coverage.map_or_else(none, percent),
    ];
    row.extend(statuses.iter().map(|status| number(*status)));
    row
}

/// A bar as long as the score; what it lacks is drawn faintly.
fn bar(section: &Section, tally: &Tally, page: &Page<'_>) -> Safe {
    let Some(score) = section.score else {
        let text = match tally.judged() {
            0 => NOTHING_JUDGED,
            _ => "not scored",
        };
        return Safe::literal(text).paint(Ink::Dim);
    };
    let length = match page.is_wide() {
        true => LONG_BAR,
        false => NOTHING_JUDGED.len(),
    };
    let score = usize::from(score.min(100));
    let filled = (length * score / 100).max(score.min(1));
    let ink = match score {
        90.. => Ink::Green,
        60.. => Ink::Yellow,
        _ => Ink::Red,
    };
    let full = Safe::repeat(page.sign("█", "#"), filled);
    let rest = Safe::repeat(page.sign("░", "."), length - filled);
    full.paint(ink) + rest.paint(Ink::Dim)
}

/// The controls of a section, with failing and judged subjects.
fn controls(section: &Section, page: &mut Page<'_>) -> io::Result<()> {
    if section.controls.is_empty() {
        return Ok(());
    }
    page.blank()?;
    let title = page.brief(&format!("{} {}", section.id, section.title), page.width);
    page.line(&title.paint(Ink::Bold))?;
    let rows = section
        .controls
        .iter()
        .map(|one| control(one, page))
        .collect();
    let set = [Set::Left, Set::Left, Set::Left, Set::Right, Set::Flexible];
    page.columns(&set, rows)
}

fn control(control: &Control, page: &Page<'_>) -> Vec<Safe> {
    let said = Safe::literal(status(control.status)).paint(ink(control.status));
    let subjects = match control.tally.judged() {
        0 => Safe::default(),
        judged => Safe::number(control.tally.fail) + Safe::literal("/") + Safe::number(judged),
    };
    let title = match &control.reason {
        Some(reason) => format!("{} ({})", control.title, reason.text),
        None => control.title.clone(),
    };
    let severity = control.severity.map_or("", crate::catalog::Severity::name);
    vec![
        page.brief(&control.id, LONGEST_ID),
        said,
        Safe::literal(severity),
        subjects,
        page.text(&title),
    ]
}
