//! What network policies leave open: a line per set of pods, and single connections with what decides them.

use std::io;

use super::access::not_known;
use super::page::{Page, Set, count};
use crate::outcome::{Answer, Connections, Posture, Postures, Traffic};
use crate::report::ink::Ink;
use crate::report::safe::Safe;

/// How many namespaces are shown unless all are asked for.
const NAMESPACES: usize = 20;

pub(super) fn postures(found: &Postures, page: &mut Page<'_>) -> io::Result<()> {
    enforcement(found.enforced, &found.plugins, page)?;
    let names = found.lines.iter().map(|line| line.namespace.as_str());
    let mut names: Vec<&str> = names.collect();
    names.dedup();
    let shown = page.shown(names.len(), NAMESPACES);
    for name in &names[..shown] {
        page.blank()?;
        page.line(&(Safe::literal("Namespace ") + page.text(name)).paint(Ink::Bold))?;
        let lines = found.lines.iter().filter(|line| line.namespace == *name);
        let mut rows = vec![["pods", "who", "in", "out"].map(Safe::literal).to_vec()];
        rows.extend(lines.map(|line| row(line, page)));
        let set = [Set::Right, Set::Flexible, Set::Flexible, Set::Flexible];
        page.columns(&set, rows)?;
    }
    let left = names.len() - shown;
    if left > 0 {
        page.blank()?;
        let more = count(left as u64, "more namespace", "more namespaces");
        let hint = ": --all shows them, -n NAME one of them";
        let text = Safe::literal("and ") + more + Safe::literal(hint);
        page.line(&text.paint(Ink::Dim))?;
    }
    not_known("Not known:", &found.gaps, page)
}

fn enforcement(enforced: Answer, plugins: &[String], page: &mut Page<'_>) -> io::Result<()> {
    let names = plugins.join(", ");
    let (text, ink) = match (enforced, plugins) {
        (Answer::Yes, _) => (format!("Policies are enforced ({names})"), Ink::Green),
        (Answer::No, _) => (
            format!("Nobody enforces policies: {names} does not"),
            Ink::Red,
        ),
        (Answer::Unknown, []) => (
            "It is not known whether policies are enforced: no known network plugin was seen"
                .to_owned(),
            Ink::Yellow,
        ),
        (Answer::Unknown, _) => (
            format!("It is not known whether policies are enforced: {names} does not"),
            Ink::Yellow,
        ),
    };
    page.line(&page.text(&text).paint(ink))
}

fn row(line: &Posture, page: &Page<'_>) -> Vec<Safe> {
    let pods = match line.instances {
        0 => Safe::literal(page.sign("–", "-")),
        number => Safe::number(number),
    };
    vec![
        pods,
        page.text(&line.pods),
        traffic(&line.ingress, page),
        traffic(&line.egress, page),
    ]
}

fn traffic(traffic: &Traffic, page: &Page<'_>) -> Safe {
    let text = match (traffic.isolated, &traffic.allows[..]) {
        (Answer::No, _) => "open".to_owned(),
        (Answer::Yes, []) => "nothing".to_owned(),
        (Answer::Yes, allows) => allows.join("; "),
        (Answer::Unknown, _) => "?".to_owned(),
    };
    let by = match &traffic.policies[..] {
        [] => String::new(),
        names => format!(" ({})", names.join(", ")),
    };
    page.text(&(text + &by))
}

pub(super) fn connections(found: &Connections, page: &mut Page<'_>) -> io::Result<()> {
    for (number, one) in found.connections.iter().enumerate() {
        if number > 0 {
            page.blank()?;
        }
        let (word, ink) = match one.allowed {
            Answer::Yes => ("allowed", Ink::Red),
            Answer::No => ("denied", Ink::Green),
            Answer::Unknown => ("not known", Ink::Yellow),
        };
        let sign = page.sign(" → ", " -> ");
        let ends = page.text(&one.from) + Safe::literal(sign) + page.text(&one.to);
        page.line(&(ends + Safe::literal(": ") + Safe::literal(word).paint(ink)))?;
        for because in &one.because {
            for line in page.whole(because).wrap(page.width - 2) {
                page.line(&(Safe::literal("  ") + line))?;
            }
        }
        let gaps: Vec<_> = one.reason.iter().cloned().collect();
        not_known("Not known:", &gaps, page)?;
    }
    if let Some(gap) = &found.outside {
        not_known("Not known:", std::slice::from_ref(gap), page)?;
    }
    if found.enforced == Answer::No {
        page.blank()?;
        let text = "The network plugin enforces no policies: whatever they say, it is allowed";
        page.line(&Safe::literal(text).paint(Ink::Red))?;
    }
    Ok(())
}
