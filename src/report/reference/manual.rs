//! The page of one check, as in a manual: what it finds, why that matters, what exactly is judged, how to mend it, and
//! which controls of which benchmarks it answers.

use std::io::{self, Write};

use super::{plain, safe};
use crate::catalog::{Catalog, Change, Check, Control, Flag, FlagValue, Profile, Step};

/// A fact that decides, with its meaning.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Fact<'a> {
    /// As the expression names it.
    pub path: &'a str,
    /// Its type.
    pub kind: String,
    /// What it holds.
    pub doc: &'a str,
}

/// How far everything below a heading is indented.
const INDENT: usize = 2;

/// A page under way.
struct Page<'o> {
    width: u16,
    out: &'o mut dyn Write,
}

/// One check, as a page of a manual. `facts` are those that its expressions name.
///
/// # Errors
/// What `out` gives.
pub fn check(
    catalog: &Catalog,
    check: &Check,
    facts: &[Fact<'_>],
    width: u16,
    out: &mut dyn Write,
) -> io::Result<()> {
    let mut page = Page { width, out };
    writeln!(page.out, "{}", safe(&check.id.value))?;
    page.prose(&format!("{}.", check.title))?;
    let controls = answered(catalog, check);
    writeln!(page.out)?;
    page.columns(vec![
        ["severity".to_owned(), check.severity.name().to_owned()],
        [
            "judges".to_owned(),
            format!("each {}", check.subject.name()),
        ],
    ])?;
    page.heading("Why it matters")?;
    page.prose(&check.why)?;
    page.heading("What is judged")?;
    rule(check, &mut page)?;
    if !facts.is_empty() {
        page.heading("Facts it rests on")?;
        let rows = facts.iter();
        let rows = rows.map(|fact| [fact.path.to_owned(), fact.kind.clone(), fact.doc.to_owned()]);
        page.columns(rows.collect())?;
    }
    if !check.params.is_empty() {
        page.heading("Parameters")?;
        page.columns(params(check, &controls))?;
    }
    page.heading("Fix")?;
    fix(check, &mut page)?;
    if !controls.is_empty() {
        page.heading("Controls it answers")?;
        of_profiles(&controls, &mut page)?;
    }
    if !check.examples.is_empty() {
        page.heading("Examples")?;
        let examples = check.examples.iter();
        let rows = examples.map(|one| [one.expect.name().to_owned(), one.name.value.clone()]);
        page.columns(rows.collect())?;
    }
    if !check.references.is_empty() {
        page.heading("Read on")?;
        page.lines(check.references.iter().map(String::as_str))?;
    }
    Ok(())
}

impl Page<'_> {
    fn heading(&mut self, text: &str) -> io::Result<()> {
        writeln!(self.out, "\n{text}")
    }

    /// Text in as many lines as it takes.
    fn prose(&mut self, text: &str) -> io::Result<()> {
        self.columns(vec![[text.to_owned()]])
    }

    /// Lines to copy, whole.
    fn lines<'l>(&mut self, lines: impl IntoIterator<Item = &'l str>) -> io::Result<()> {
        for line in lines {
            writeln!(self.out, "{:INDENT$}{}", "", safe(line))?;
        }
        Ok(())
    }

    /// Rows of a table without lines; what does not fit is wrapped in its column.
    fn columns<const N: usize>(&mut self, rows: Vec<[String; N]>) -> io::Result<()> {
        let indent = u16::try_from(INDENT).unwrap_or_default();
        let mut table = plain(self.width.saturating_sub(indent));
        for row in rows {
            table.add_row(row.map(|cell| safe(&cell)));
        }
        for column in table.column_iter_mut() {
            let after = if column.index + 1 == N { 0 } else { 2 };
            column.set_padding((0, after));
        }
        for line in table.lines() {
            writeln!(self.out, "{:INDENT$}{}", "", line.trim_end())?;
        }
        Ok(())
    }
}

/// When it applies, what must hold, and what a person still has to say.
fn rule(check: &Check, page: &mut Page<'_>) -> io::Result<()> {
    let mut says = |label: &str, expression: &str| {
        let lines = expression.trim_end().lines();
        for (n, line) in lines.enumerate() {
            let label = if n == 0 { label } else { "" };
            writeln!(page.out, "{:INDENT$}{label:12}{}", "", safe(line))?;
        }
        Ok::<(), io::Error>(())
    };
    if let Some(when) = &check.when {
        says("applies if", &when.value)?;
    }
    says("must hold", &check.assert.value)?;
    if check.review {
        page.prose("A person has the last word: where it holds, the verdict is manual.")?;
    }
    page.prose("Whatever of this could not be read makes the verdict unknown, never pass.")
}

/// Each parameter with its value and the controls that set another one.
fn params(check: &Check, controls: &[(&Profile, &Control)]) -> Vec<[String; 3]> {
    let of = check.params.iter();
    let rows = of.map(|(name, own)| {
        let others = controls.iter().filter_map(|(profile, control)| {
            let other = control.params.get(name)?;
            let at = format!("{} {}", profile.id.value, control.id.value);
            Some(format!("{} in {at}", other.value))
        });
        let others: Vec<String> = others.collect();
        let note = match others.is_empty() {
            true => "the default; a profile may set another".to_owned(),
            false => format!("the default; {}", others.join(", ")),
        };
        [format!("params.{name}"), own.value.to_string(), note]
    });
    rows.collect()
}

/// What to do, and the change itself.
fn fix(check: &Check, page: &mut Page<'_>) -> io::Result<()> {
    page.prose(&check.fix.summary)?;
    steps(&check.fix.before, page)?;
    let Some(change) = &check.fix.change else {
        return Ok(());
    };
    let (label, text) = match change {
        Change::Flags(flags) => {
            let flags: Vec<String> = flags.iter().map(flag).collect();
            ("in the component's command line", flags.join("\n"))
        }
        Change::KubeletConfig(text) => ("in the kubelet's configuration file", text.clone()),
        Change::File(text) => ("on the node", text.clone()),
        Change::Manifest(text) => ("in the object", text.clone()),
        Change::Command(text) => ("with", text.clone()),
    };
    page.heading(&format!("  {label}:"))?;
    writeln!(page.out)?;
    page.lines(
        text.lines()
            .map(|line| format!("  {line}"))
            .collect::<Vec<_>>()
            .iter()
            .map(String::as_str),
    )?;
    match &check.fix.unproven {
        Some(why) => page.prose(&format!("Its examples do not prove this change: {why}")),
        None => Ok(()),
    }
}

/// A flag as it should stand.
fn flag(flag: &Flag) -> String {
    let name = &flag.name;
    match &flag.value {
        FlagValue::Set(value) => format!("--{name}={value}"),
        FlagValue::Default(value) => format!("--{name}={value} unless it is set"),
        FlagValue::Add { items, .. } => format!("--{name}={{present}}{}", items.join(",")),
        FlagValue::Take(items) => format!("--{name} without {}", items.join(", ")),
        FlagValue::Remove => format!("remove --{name}"),
    }
}

/// What has to be there first.
fn steps(steps: &[Step], page: &mut Page<'_>) -> io::Result<()> {
    if steps.is_empty() {
        return Ok(());
    }
    page.heading("  first:")?;
    for step in steps {
        writeln!(page.out)?;
        let block = |text: &str| -> Vec<String> {
            text.trim_end()
                .lines()
                .map(|line| format!("    {line}"))
                .collect()
        };
        let lines = match step {
            Step::Do(text) => {
                page.prose(text)?;
                continue;
            }
            Step::Needs(path) => vec![format!("  {path} has to be there")],
            Step::Directory { path, .. } => vec![format!("  mkdir -m 0700 -p {path}")],
            Step::Example(text) => block(text),
            Step::File { path, content, .. } => {
                let mut lines = vec![format!("  {path}, mode 0600:")];
                lines.extend(block(content));
                lines
            }
        };
        page.lines(lines.iter().map(String::as_str))?;
    }
    Ok(())
}

/// The controls that `check` answers, over all profiles.
fn answered<'c>(catalog: &'c Catalog, check: &Check) -> Vec<(&'c Profile, &'c Control)> {
    let mut found = Vec::new();
    for profile in catalog.profiles.values() {
        let controls = profile.sections.iter().flat_map(|one| &one.controls);
        let answers = |control: &&Control| {
            let mut ids = control.checks.iter();
            ids.any(|id| id.value == check.id.value)
        };
        found.extend(controls.filter(answers).map(|control| (profile, control)));
    }
    found
}

/// The controls in full, below the titles of their profiles.
fn of_profiles(controls: &[(&Profile, &Control)], page: &mut Page<'_>) -> io::Result<()> {
    let mut last = None;
    for (profile, control) in controls {
        if last != Some(&profile.id.value) {
            page.lines([profile.title.as_str()])?;
            last = Some(&profile.id.value);
        }
        page.columns(vec![[format!("  {}", control.id.value), title(control)]])?;
    }
    Ok(())
}

/// What a control asks, with the benchmark's level and assessment.
pub(super) fn title(control: &Control) -> String {
    let level = control.level.map(|level| format!("level {level}"));
    let assessment = control.assessment.map(|one| one.name().to_owned());
    let said: Vec<String> = level.into_iter().chain(assessment).collect();
    match said.is_empty() {
        true => control.title.clone(),
        false => format!("{} ({})", control.title, said.join(", ")),
    }
}
