//! The format of waiver files.

use jiff::civil::Date;

use super::fields::{Fields, Item};
use super::load::decode;
use super::nearest::did_you_mean;
use super::waiver::{Pattern, Selector, Waiver};
use super::yaml::{Sheet, parse, quoted};
use super::{Catalog, Check, Problem, Spot};

/// The largest waiver file that is read, in bytes. A starter written from the findings of a large cluster is long.
pub const MAX_WAIVER_FILE: u64 = 8 * 1024 * 1024;

impl Catalog {
    /// The waivers in `bytes`, which were read from `file`; they name checks and controls of this catalog.
    ///
    /// # Errors
    /// All problems of the file, ordered by place.
    pub fn waivers(&self, file: &str, bytes: &[u8]) -> Result<Vec<Waiver>, Vec<Problem>> {
        let (text, problem) = match decode(bytes, MAX_WAIVER_FILE) {
            Ok(text) => (text, None),
            Err(problem) => ("", Some(problem)),
        };
        let sheet = Sheet::new(file, text);
        let waivers = match problem {
            Some((mark, message, hint)) => {
                sheet.problem(mark, message, hint);
                None
            }
            None => parse(&sheet).and_then(|root| self.read(Item::root(&sheet, &root))),
        };
        let mut problems = sheet.into_problems();
        problems.sort();
        match waivers {
            Some(waivers) if problems.is_empty() => Ok(waivers),
            _ => Err(problems),
        }
    }

    fn read(&self, root: Item<'_>) -> Option<Vec<Waiver>> {
        root.fields(|f| f.required("waivers", |item| item.items(|item| self.waiver(item))))
    }

    fn waiver(&self, item: Item<'_>) -> Option<Waiver> {
        item.fields(|f| {
            let check = f.required("check", |item| {
                let id = item.spot_text()?;
                self.known_check(item, &id).map(|check| (id, check))
            });
            let known = check.as_ref().map(|(_, check)| *check);
            let subject = f.required("subject", |item| selector(item, known));
            let controls = f.list("controls", |item| self.control(item, known));
            let owner = f.required("owner", |item| item.filled("write who answers for it"));
            let reason = f.required("reason", |item| item.filled("write why it is accepted"));
            let expires = f.required("expires", date);
            Some(Waiver {
                place: f.start(),
                check: check?.0,
                subject: subject?,
                controls,
                owner: owner?,
                reason: reason?,
                expires: expires?,
            })
        })
    }

    fn known_check(&self, item: Item<'_>, id: &Spot<String>) -> Option<&Check> {
        let found = self.checks.get(&id.value);
        if found.is_none() {
            let known = self.checks.keys().map(String::as_str);
            let hint = did_you_mean(&id.value, known, || {
                "`seaworthy checks list` lists them".to_owned()
            });
            item.problem(&format!("is unknown: {}", quoted(&id.value)), hint);
        }
        found
    }

    /// `profile/control`, where the control is one that the check answers.
    fn control(&self, item: Item<'_>, check: Option<&Check>) -> Option<String> {
        let name = item.text()?;
        let (profile, id) = name.split_once('/').unwrap_or((&name, ""));
        let Some(found) = self.profiles.get(profile) else {
            let known = self.profiles.keys().map(String::as_str);
            let hint = did_you_mean(profile, known, || "write `profile/control`".to_owned());
            item.problem(&format!("names no profile: {}", quoted(&name)), hint);
            return None;
        };
        let controls = || found.sections.iter().flat_map(|section| &section.controls);
        let Some(control) = controls().find(|control| control.id.value == id) else {
            let known = controls().map(|control| control.id.value.as_str());
            let hint = did_you_mean(id, known, || {
                format!("`seaworthy profiles show {profile}` lists them")
            });
            item.problem(&format!("names no control: {}", quoted(&name)), hint);
            return None;
        };
        let answers = |check: &Check| control.checks.iter().any(|id| id.value == check.id.value);
        if check.is_some_and(|check| !answers(check)) {
            let message = format!(
                "is a control that the check does not answer: {}",
                quoted(&name)
            );
            item.problem(&message, "`seaworthy checks show` lists those it answers");
            return None;
        }
        Some(name)
    }
}

fn selector(item: Item<'_>, check: Option<&Check>) -> Option<Selector> {
    item.fields(|f: &Fields<'_>| {
        let pattern = |item: Item<'_>| item.raw_text().map(Pattern::new);
        let kind = f.optional("kind", |item| {
            let kind = pattern(item)?;
            let wanted = check.map(|check| check.subject.name());
            if let Some(wanted) = wanted.filter(|wanted| !kind.matches(wanted)) {
                let message = format!(
                    "is {}, and the check judges another kind",
                    quoted(kind.as_str())
                );
                item.problem(&message, format!("`{wanted}`, or leave it out"));
                return None;
            }
            Some(kind)
        });
        let selector = Selector {
            kind,
            namespace: f.optional("namespace", pattern),
            node: f.optional("node", pattern),
            name: f.optional("name", pattern),
        };
        let stated = ["kind", "namespace", "node", "name"];
        if stated.iter().all(|name| f.place(name).is_none()) {
            let hint = "state kind, namespace, node or name; `*` stands for anything";
            f.item().problem("selects nothing", hint);
            return None;
        }
        Some(selector)
    })
}

/// A day, written in the one way of RFC 3339.
fn date(item: Item<'_>) -> Option<Date> {
    let text = item.filled("write the last day it holds, as YYYY-MM-DD")?;
    let shape = text.len() == 10
        && text.bytes().enumerate().all(|(at, byte)| match at {
            4 | 7 => byte == b'-',
            _ => byte.is_ascii_digit(),
        });
    let date = shape.then(|| text.parse().ok()).flatten();
    if date.is_none() {
        item.problem(
            &format!("is no date: {}", quoted(&text)),
            "write YYYY-MM-DD",
        );
    }
    date
}
