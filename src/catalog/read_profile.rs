//! The format of profile files. A profile that `extends` another states only what differs, so what a file holds is a
//! draft; `link` makes profiles of drafts.
//!
//! Sections and controls are matched with the parent's by id, new ones come last. A field that is stated replaces the
//! parent's, `checks` as a whole, `params` name by name. Exemptions are added to the parent's. Nothing is removed: a control
//! that has no meaning any more says why in `notApplicable`.

use std::cell::Cell;
use std::collections::BTreeMap;

use super::fields::Item;
use super::{Exemption, Param, Place, Spot, WorkloadPattern};

/// A profile file. In one that extends another, everything but the id may be missing.
#[derive(Clone)]
pub(super) struct Draft {
    pub(super) id: Spot<String>,
    pub(super) extends: Option<Spot<String>>,
    pub(super) title: Option<String>,
    pub(super) description: Option<String>,
    pub(super) pass_mark: Option<u8>,
    pub(super) sections: Vec<DraftSection>,
    pub(super) exemptions: Vec<Exemption>,
    /// Where `sections` starts, in a file that has them.
    pub(super) sections_at: Option<Place>,
}

/// A section, or what differs in the parent's section of the same id.
#[derive(Clone)]
pub(super) struct DraftSection {
    pub(super) id: Spot<String>,
    pub(super) title: Option<String>,
    pub(super) weight: Option<u8>,
    pub(super) controls: Vec<DraftControl>,
}

/// A control, or what differs in the parent's control of the same id.
#[derive(Clone)]
pub(super) struct DraftControl {
    pub(super) id: Spot<String>,
    pub(super) title: Option<String>,
    pub(super) level: Option<u8>,
    pub(super) checks: Option<Vec<Spot<String>>>,
    pub(super) params: BTreeMap<String, Spot<Param>>,
    pub(super) not_applicable: Option<String>,
}

/// Whether a file is a profile; any other is a check.
pub(super) fn is_profile(root: Item<'_>) -> bool {
    root.has("sections") || root.has("extends")
}

/// Reads a profile file.
pub(super) fn profile(root: Item<'_>) -> Option<Draft> {
    root.fields(|f| {
        let id = f.required("id", |item| item.id("."));
        let extends = f.optional("extends", Item::spot_text);
        let title = f.optional("title", Item::text);
        let description = f.optional("description", Item::text);
        let pass_mark = f.optional("passMark", |item| item.number(0, 100));
        let sections = f.list("sections", section);
        let exemptions = f.list("exemptions", exemption);
        Some(Draft {
            id: id?,
            extends,
            title,
            description,
            pass_mark,
            sections,
            exemptions,
            sections_at: f.place("sections"),
        })
    })
}

fn section(item: Item<'_>) -> Option<DraftSection> {
    item.fields(|f| {
        let id = f.required("id", Item::spot_text);
        let title = f.optional("title", Item::text);
        let weight = f.optional("weight", |item| item.number(0, 100));
        let controls = f.list("controls", control);
        Some(DraftSection {
            id: id?,
            title,
            weight,
            controls,
        })
    })
}

fn control(item: Item<'_>) -> Option<DraftControl> {
    item.fields(|f| {
        let id = f.required("id", Item::spot_text);
        let title = f.optional("title", Item::text);
        let level = f.optional("level", |item| item.number(1, 2));
        let checks = f.optional("checks", |item| item.items(Item::spot_text));
        let params = f.optional("params", |item| item.named(Item::param));
        let not_applicable = f.optional("notApplicable", Item::text);
        Some(DraftControl {
            id: id?,
            title,
            level,
            checks,
            params: params.unwrap_or_default(),
            not_applicable,
        })
    })
}

fn exemption(item: Item<'_>) -> Option<Exemption> {
    item.fields(|f| {
        let checks = f.required("checks", |item| some(item, Item::spot_text));
        let workload = f.required("workload", workload);
        let reason = f.required("reason", Item::text);
        Some(Exemption {
            checks: checks?,
            workload: workload?,
            reason: reason?,
        })
    })
}

fn workload(item: Item<'_>) -> Option<WorkloadPattern> {
    item.fields(|f| {
        let namespace = f.required("namespace", exact);
        let kind = f.required("kind", exact);
        let name = f.required("name", pattern);
        let images = f.required("images", |item| some(item, pattern));
        let commands = f.list("commands", exact);
        let host_paths = f.list("hostPaths", exact);
        Some(WorkloadPattern {
            namespace: namespace?,
            kind: kind?,
            name: name?,
            images: images?,
            commands,
            host_paths,
        })
    })
}

/// A list with something in it.
fn some<'a, T>(item: Item<'a>, read: impl Fn(Item<'a>) -> Option<T>) -> Option<Vec<T>> {
    let empty = Cell::new(true);
    let items = item.items(|item| {
        empty.set(false);
        read(item)
    })?;
    if empty.get() {
        item.problem("is an empty list", "");
        return None;
    }
    Some(items)
}

/// Text in which `*` means nothing, so that nobody believes it does.
fn exact(item: Item<'_>) -> Option<String> {
    let text = item.text()?;
    if text.contains('*') {
        item.problem("is no pattern", "write it out");
        return None;
    }
    Some(text)
}

/// A pattern that does not fit everything.
fn pattern(item: Item<'_>) -> Option<String> {
    let text = item.text()?;
    if text.chars().all(|c| c == '*' || c == '/') {
        item.problem("fits everything", "exempt one workload at a time");
        return None;
    }
    Some(text)
}
