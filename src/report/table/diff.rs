//! What changed since an older report.

use std::io;

use super::page::{Page, Set, count};
use crate::report::diff::{Change, Comparison};
use crate::report::groups;
use crate::report::ink::Ink;
use crate::report::safe::Safe;

/// How many findings of each list are shown unless all are asked for.
const SHOWN: usize = 10;

pub(super) fn render(found: &Comparison, page: &mut Page<'_>) -> io::Result<()> {
    let parts = [
        (found.new.len() as u64, "new"),
        (found.fixed.len() as u64, "fixed"),
        (found.not_known.len() as u64, "no longer known"),
        (found.unchanged, "unchanged"),
    ];
    let shown = parts.into_iter().filter(|(number, _)| *number > 0);
    let parts: Vec<Safe> = shown
        .map(|(number, word)| Safe::number(number) + Safe::literal(" ") + Safe::literal(word))
        .collect();
    let text = match parts.is_empty() {
        true => Safe::literal("no findings in either report"),
        false => Safe::join(&parts, ", "),
    };
    page.line(&(Safe::literal("Since the baseline: ") + text).paint(Ink::Bold))?;
    list("New", Ink::Red, &found.new, page)?;
    list("Fixed", Ink::Green, &found.fixed, page)?;
    list("No longer known", Ink::Yellow, &found.not_known, page)
}

fn list(title: &'static str, ink: Ink, changes: &[Change], page: &mut Page<'_>) -> io::Result<()> {
    if changes.is_empty() {
        return Ok(());
    }
    page.blank()?;
    page.line(&Safe::literal(title).paint(ink))?;
    let shown = page.shown(changes.len(), SHOWN);
    let rows = changes[..shown].iter().map(|change| {
        vec![
            Safe::literal(change.severity.name()),
            page.text(&groups::name(&change.subject)),
            page.text(&change.message),
        ]
    });
    let rows: Vec<_> = rows.collect();
    page.columns(&[Set::Left, Set::Flexible, Set::Flexible], rows)?;
    match changes.len() - shown {
        0 => Ok(()),
        left => {
            let text = Safe::literal("and ") + count(left as u64, "more", "more");
            page.line(&(text + Safe::literal(": --all shows them")).paint(Ink::Dim))
        }
    }
}
