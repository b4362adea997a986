//! Who can do what: holders with the binding that says so, powers, and paths step by step.

use std::io;

use super::page::{Page, Set, count};
use crate::facts::Gap;
use crate::outcome::{Allowed, Paths, Power, PowerList, Principal, WhoCan};
use crate::report::ink::Ink;
use crate::report::safe::Safe;

/// How many lines are shown unless all are asked for.
const LINES: usize = 40;

/// How many namespaces of one power are named.
const NAMESPACES: usize = 3;

/// What is beside the longest text of a line.
const MARGIN: usize = 6;

pub(super) fn who_can(found: &WhoCan, page: &mut Page<'_>) -> io::Result<()> {
    let heading = page.text(&format!("Who can {}", found.request));
    page.line(&heading.paint(Ink::Bold))?;
    page.blank()?;
    let masters = "Group system:masters, always: the API server asks nobody about it";
    page.line(&page.text(masters).paint(Ink::Dim))?;
    let own = found
        .holders
        .iter()
        .filter(|one| !one.allowed.shipped || page.options.all);
    let own: Vec<_> = own.collect();
    let mut rows = Vec::new();
    let shown = page.shown(own.len(), LINES);
    for holder in &own[..shown] {
        let allowed = &holder.allowed;
        let mut who = page.text(&name(&holder.principal));
        if let Some(many) = &holder.stands_for {
            who = who + page.text(&format!(" ({many})"));
        }
        let within = match &allowed.within {
            Some(namespace) => page.text(namespace),
            None => Safe::literal("everywhere"),
        };
        let by = format!("{} to {}: {}", allowed.binding, allowed.role, allowed.rule);
        rows.push(vec![who, within, page.text(&by)]);
    }
    if !rows.is_empty() {
        let names = ["who", "where", "by"].map(Safe::literal);
        rows.insert(0, names.to_vec());
        page.columns(&[Set::Flexible, Set::Left, Set::Flexible], rows)?;
    }
    more(own.len() - shown, page)?;
    let shipped = found.holders.len() - own.len();
    if shipped > 0 {
        let number = count(shipped as u64, "more grant", "more grants");
        let text = number + Safe::literal(" that Kubernetes ships: --all lists them");
        page.line(&text.paint(Ink::Dim))?;
    }
    if own.is_empty() && found.gaps.is_empty() {
        page.line(&Safe::literal("Nobody else by a binding of yours").paint(Ink::Bold))?;
    }
    not_known("Others may, too:", &found.gaps, page)
}

pub(super) fn paths(found: &Paths, page: &mut Page<'_>) -> io::Result<()> {
    let text = match found.paths.len() {
        0 => page.text("No path was found"),
        number => {
            let come = count(number as u64, "principal comes", "principals come");
            come + Safe::literal(" to more than it should be")
        }
    };
    let of = count(found.principals as u64, "principal", "principals");
    let text = text + Safe::literal("; looked at ") + of;
    page.line(&text.paint(Ink::Bold))?;
    let shown = page.shown(found.paths.len(), LINES);
    for path in &found.paths[..shown] {
        page.blank()?;
        let who = page.text(&name(&path.principal)).paint(Ink::Bold);
        let reaches = page
            .text(&path.reaches)
            .paint(match path.reaches.starts_with("the whole") {
                true => Ink::Red,
                false => Ink::Yellow,
            });
        let steps = count(path.hops.len() as u64, "step", "steps");
        let sign = page.sign(" → ", " -> ");
        page.line(&(who + Safe::literal(sign) + reaches + Safe::literal(" in ") + steps))?;
        for (number, hop) in path.hops.iter().enumerate() {
            let does = page.whole(&hop.does).wrap(page.width - MARGIN);
            for (line, text) in does.into_iter().enumerate() {
                let lead = match line {
                    0 => page.text(&format!("{:>3}. ", number + 1)),
                    _ => Safe::repeat(" ", MARGIN - 1),
                };
                page.line(&(lead + text))?;
            }
            for allowed in &hop.allowed {
                by(allowed, page)?;
            }
        }
    }
    more(found.paths.len() - shown, page)?;
    not_known("There may be more:", &found.gaps, page)
}

fn by(allowed: &Allowed, page: &mut Page<'_>) -> io::Result<()> {
    let text = format!(
        "by {} to {}: {}",
        allowed.binding, allowed.role, allowed.rule
    );
    for line in page.whole(&text).wrap(page.width - MARGIN) {
        page.line(&(Safe::repeat(" ", MARGIN - 1) + line.paint(Ink::Dim)))?;
    }
    Ok(())
}

pub(super) fn powers(list: &PowerList, page: &mut Page<'_>) -> io::Result<()> {
    let number = count(
        list.lines.len() as u64,
        "principal holds",
        "principals hold",
    );
    let text = number + Safe::literal(" a power that Kubernetes does not ship");
    page.line(&text.paint(Ink::Bold))?;
    page.blank()?;
    let shown = page.shown(list.lines.len(), LINES);
    let mut rows = vec![
        ["steps", "pods", "who", "powers"]
            .map(Safe::literal)
            .to_vec(),
    ];
    for line in &list.lines[..shown] {
        let steps = match line.steps_to_cluster {
            Some(steps) => Safe::number(steps as u64).paint(Ink::Red),
            None => Safe::literal(page.sign("–", "-")),
        };
        let mut who = page.text(&name(&line.principal));
        if let Some(many) = &line.stands_for {
            who = who + page.text(&format!(" ({many})"));
        }
        let powers = line.powers.iter().map(|one| power(one, page));
        let powers = Safe::join(&powers.collect::<Vec<_>>(), ", ");
        let pods = match line.pods {
            0 => Safe::default(),
            pods => Safe::number(pods),
        };
        rows.push(vec![steps, pods, who, powers]);
    }
    if rows.len() > 1 {
        page.columns(
            &[Set::Right, Set::Right, Set::Flexible, Set::Flexible],
            rows,
        )?;
        page.blank()?;
    }
    more(list.lines.len() - shown, page)?;
    let others = count(
        list.others as u64,
        "other principal has",
        "other principals have",
    );
    let shipped = count(list.shipped as u64, "has", "have");
    let text = others + Safe::literal(" rights without such a power; ") + shipped;
    let text = text + Safe::literal(" only what Kubernetes ships");
    page.line(&text.paint(Ink::Dim))?;
    let legend = "steps: how few acts lead from there to the whole cluster, see `rbac paths`";
    page.line(&page.text(legend).paint(Ink::Dim))?;
    not_known("There may be more:", &list.gaps, page)
}

fn power(power: &Power, page: &Page<'_>) -> Safe {
    let name = page.text(&power.name);
    match &power.within[..] {
        [] => name,
        within => name + Safe::literal(" in ") + page.list(within, NAMESPACES),
    }
}

fn name(principal: &Principal) -> String {
    match &principal.namespace {
        Some(namespace) => format!("{} {namespace}/{}", principal.kind, principal.name),
        None => format!("{} {}", principal.kind, principal.name),
    }
}

/// How many more there are.
pub(super) fn more(left: usize, page: &mut Page<'_>) -> io::Result<()> {
    if left == 0 {
        return Ok(());
    }
    let text = Safe::literal("and ") + Safe::number(left as u64) + Safe::literal(" more");
    page.line(&(text + Safe::literal(": --all shows them")).paint(Ink::Dim))
}

/// What could change the answer, and how to come to know it.
pub(super) fn not_known(lead: &'static str, gaps: &[Gap], page: &mut Page<'_>) -> io::Result<()> {
    if gaps.is_empty() {
        return Ok(());
    }
    page.blank()?;
    page.line(&Safe::literal(lead).paint(Ink::Yellow))?;
    for gap in gaps {
        for line in page.whole(&gap.to_string()).wrap(page.width - MARGIN) {
            page.line(&(Safe::literal("  ") + line))?;
        }
        for line in page.whole(&gap.remedy).wrap(page.width - MARGIN) {
            page.line(&(Safe::literal("    ") + line.paint(Ink::Dim)))?;
        }
    }
    Ok(())
}
