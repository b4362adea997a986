//! The list of certificates: those that end first on top, then what is wrong with them, then what is not known.

use std::collections::BTreeSet;
use std::io::{self, Write};

use super::page::{Page, Set, count};
use super::{findings, header};
use crate::outcome::{CertificateLine, Status};
use crate::report::document::Report;
use crate::report::ink::Ink;
use crate::report::safe::Safe;
use crate::report::{Options, groups};

/// How many nodes of one certificate are named.
const NODES: usize = 2;

/// How many of its uses.
const USES: usize = 2;

/// The columns that the name of a certificate leaves to the others.
const BESIDE: usize = 48;

pub(in crate::report) fn render(
    lines: &[CertificateLine],
    report: &Report,
    options: &Options,
    to: &mut dyn Write,
) -> io::Result<()> {
    let mut page = Page::new(options, to);
    header(report, &mut page)?;
    page.blank()?;
    let shown = |line: &&CertificateLine| line.in_use || options.all;
    table(lines.iter().filter(shown), report, &mut page)?;
    unused(lines, &mut page)?;
    findings::to_fix(&groups::findings(report), report, &mut page)?;
    findings::not_known(&groups::causes(report), report, &mut page)
}

fn table<'l>(
    lines: impl Iterator<Item = &'l CertificateLine>,
    report: &Report,
    page: &mut Page<'_>,
) -> io::Result<()> {
    let failing = failing(report);
    let names = ["days", "ends", "nodes", "certificate", "used by"];
    let names = names.map(Safe::literal);
    // The last one may wrap, so it has no ink.
    let [days, ends, nodes, certificate, used_by] = names;
    let [days, ends, nodes, certificate] =
        [days, ends, nodes, certificate].map(|name| name.paint(Ink::Dim));
    let mut rows = vec![vec![days, ends, nodes, certificate, used_by]];
    for line in lines {
        let days = match line.days_left {
            Some(days) => page.text(&days.to_string()),
            None => Safe::literal("?"),
        };
        let bad = names_of(line).any(|name| failing.contains(&name));
        let ink = match (bad, line.in_use) {
            (true, _) => Some(Ink::Red),
            (false, true) => None,
            (false, false) => Some(Ink::Dim),
        };
        let ends = line.not_after.strftime("%Y-%m-%d").to_string();
        let nodes = match &line.nodes[..] {
            [] => Safe::literal("(API)"),
            nodes => page.list(nodes, NODES),
        };
        let used_by = match &line.used_by[..] {
            [] => Safe::literal("nobody known"),
            uses => page.list(uses, USES),
        };
        rows.push(vec![
            match ink {
                Some(ink) => days.paint(ink),
                None => days,
            },
            page.text(&ends),
            nodes,
            page.brief(&line.name, page.width - BESIDE),
            used_by,
        ]);
    }
    if rows.len() == 1 {
        return page.line(&Safe::literal("No certificate in use was seen").paint(Ink::Bold));
    }
    let set = [Set::Right, Set::Left, Set::Left, Set::Left, Set::Flexible];
    page.columns(&set, rows)
}

/// Node and name of every certificate that something is wrong with.
fn failing<'r>(report: &'r Report<'_>) -> BTreeSet<(Option<&'r str>, &'r str)> {
    let outcomes = report.outcomes.verdicts();
    let failed = outcomes.filter(|one| one.status == Status::Fail);
    let subjects = failed.map(|one| &one.subject);
    let certificates = subjects.filter(|subject| subject.kind == "certificate");
    certificates
        .map(|subject| (subject.node.as_deref(), &*subject.name))
        .collect()
}

fn names_of(line: &CertificateLine) -> impl Iterator<Item = (Option<&str>, &str)> {
    let nodes = line.nodes.iter().map(|node| Some(node.as_str()));
    let within = line.nodes.is_empty().then_some(None);
    nodes.chain(within).map(|node| (node, line.name.as_str()))
}

/// Whatever merely lies there is one line.
fn unused(lines: &[CertificateLine], page: &mut Page<'_>) -> io::Result<()> {
    let unused = lines.iter().filter(|line| !line.in_use).count();
    if unused == 0 || page.options.all {
        return Ok(());
    }
    page.blank()?;
    let number = count(unused as u64, "certificate", "certificates");
    let text = number + Safe::literal(" that nobody is known to use: --all lists them");
    page.line(&text.paint(Ink::Dim))
}
