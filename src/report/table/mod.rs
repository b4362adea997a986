//! The table: what a person reads first. Figures per profile, then what to fix first, then what is not known and why.

mod access;
mod certificates;
mod diff;
mod findings;
mod network;
mod page;
mod profile;
mod waived;

use std::io::{self, Write};

use self::page::{Page, count};
use super::document::{Report, SourceKind};
use super::ink::Ink;
use super::safe::Safe;
use super::{Options, View, groups};
use crate::facts::GapReason;
use crate::outcome::Status;

/// The columns kept free for the number of nodes.
const NODES: usize = 20;

/// How many things that were not understood are named.
const NOT_UNDERSTOOD: usize = 10;

/// How many things that were not asked for are named.
const NOT_ASKED: usize = 5;

pub(super) use certificates::render as certificates;

pub(super) fn render(report: &Report, options: &Options, to: &mut dyn Write) -> io::Result<()> {
    let mut page = Page::new(options, to);
    header(report, &mut page)?;
    for profile in &report.profiles {
        page.blank()?;
        profile::render(profile, &mut page)?;
    }
    findings::to_fix(&groups::findings(report), report, &mut page)?;
    if let Some(comparison) = &report.comparison {
        page.blank()?;
        diff::render(comparison, &mut page)?;
    }
    waived::render(report, &mut page)?;
    findings::not_known(&groups::causes(report), report, &mut page)?;
    page.blank()?;
    totals(report, &mut page)
}

pub(super) fn view(view: &View, options: &Options, to: &mut dyn Write) -> io::Result<()> {
    let mut page = Page::new(options, to);
    match view {
        View::WhoCan(found) => access::who_can(found, &mut page),
        View::Paths(found) => access::paths(found, &mut page),
        View::Powers(list) => access::powers(list, &mut page),
        View::Postures(found) => network::postures(found, &mut page),
        View::Connections(found) => network::connections(found, &mut page),
        View::Comparison(found) => diff::render(found, &mut page),
    }
}

/// Who was looked at, how, and when.
fn header(report: &Report, page: &mut Page<'_>) -> io::Result<()> {
    let cluster = &report.cluster;
    let known = [&cluster.distribution, &cluster.version];
    let known = known.map(|part| part.as_deref().unwrap_or("")).join(" ");
    let nodes = count(cluster.nodes.len() as u64, "node", "nodes");
    let mut what = vec![page.brief(known.trim(), page.width - NODES)];
    let read = match report.source.kind {
        SourceKind::Cluster => {
            what.push(nodes);
            vec![page.brief(&report.source.read.join(" + "), page.width)]
        }
        SourceKind::Manifests => {
            let read = report.source.read.iter();
            read.map(|part| page.brief(part, page.width)).collect()
        }
    };
    what.retain(|part| !part.is_empty());
    let time = report.generated_at.strftime("%Y-%m-%d %H:%M UTC");
    let mut parts = vec![
        page.brief(&cluster.name, page.width).paint(Ink::Bold),
        Safe::join(&what, ", "),
    ];
    parts.extend(read);
    parts.push(page.text(&time.to_string()));
    parts.retain(|part| !part.is_empty());
    page.flow(parts)?;
    for found in &report.source.found {
        for line in page.whole(found).wrap(page.width) {
            page.line(&line)?;
        }
    }
    not_understood(report, page)
}

/// What manifests hold that could not be read, and where: it may be anything.
fn not_understood(report: &Report, page: &mut Page<'_>) -> io::Result<()> {
    if report.source.kind != SourceKind::Manifests {
        return Ok(());
    }
    let asked = report
        .gaps
        .iter()
        .filter(|gap| gap.reason != GapReason::NotAsked);
    let mut gaps: Vec<_> = asked.collect();
    gaps.sort_by_key(|gap| (&gap.place, &gap.what));
    let shown = page.shown(gaps.len(), NOT_UNDERSTOOD);
    for gap in &gaps[..shown] {
        for (n, line) in page
            .whole(&format!("{} {}", gap.place, gap.what))
            .wrap(page.width - 4)
            .into_iter()
            .enumerate()
        {
            let indent = Safe::literal(if n == 0 { "  " } else { "    " });
            page.line(&(indent + line.paint(Ink::Yellow)))?;
        }
    }
    access::more(gaps.len() - shown, page)
}

/// The ink of a status.
fn ink(status: Status) -> Ink {
    match status {
        Status::Pass => Ink::Green,
        Status::Fail => Ink::Red,
        Status::Unknown | Status::Manual => Ink::Yellow,
        Status::Waived | Status::NotApplicable => Ink::Dim,
    }
}

/// The name of a status, in words.
fn status(status: Status) -> &'static str {
    match status {
        Status::NotApplicable => "not applicable",
        other => other.name(),
    }
}

/// How many controls say what, and what was not asked for.
fn totals(report: &Report, page: &mut Page<'_>) -> io::Result<()> {
    let tally = report.totals.controls;
    let verdicts = count(report.totals.outcomes.total(), "verdict", "verdicts");
    let on = verdicts + Safe::literal(" on ");
    let mut parts = vec![on + count(tally.total(), "control", "controls")];
    for one in Status::BY_PRECEDENCE {
        if tally.of(one) > 0 {
            let name = Safe::literal(" ") + Safe::literal(status(one));
            parts.push((Safe::number(tally.of(one)) + name).paint(ink(one)));
        }
    }
    page.flow(parts)?;
    let gaps = report.gaps.iter();
    let not_asked = gaps.filter(|gap| gap.reason == GapReason::NotAsked);
    let mut names: Vec<&str> = not_asked.map(|gap| gap.what.as_str()).collect();
    names.dedup();
    if names.is_empty() {
        return Ok(());
    }
    let text = Safe::literal("Not asked: ") + page.list(&names, NOT_ASKED);
    for line in text.wrap(page.width) {
        page.line(&line)?;
    }
    Ok(())
}
