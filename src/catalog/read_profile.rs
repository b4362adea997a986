//! The format of profile files. A profile that `extends` another states only what differs, so what a file holds is a
//! draft; `link` makes profiles of drafts.
//!
//! Sections and controls are matched with the parent's by id, new ones come last. A field that is stated replaces the
//! parent's, `checks` as a whole, `params` name by name. Exemptions are added to the parent's. `without` names the sections
//! and controls of the parent that this edition does not have; a control that has no meaning any more says why in `notApplicable`, and one whose checks tell only a part of it what is
//! left in `partial`.
//!
//! A file that has exemptions and neither sections nor a parent is a base: what profiles extend, and no profile itself.

use std::collections::BTreeMap;

use super::fields::Item;
use super::read_exemption::exemption;
use super::yaml::quoted;
use super::{Assessment, Exemption, Param, Place, Release, Spot, Suits};

/// A profile file. In one that extends another, everything but the id may be missing.
#[derive(Clone)]
pub(super) struct Draft {
    pub(super) id: Spot<String>,
    pub(super) extends: Option<Spot<String>>,
    pub(super) title: Option<String>,
    pub(super) description: Option<String>,
    pub(super) pass_mark: Option<u8>,
    /// What it is written for; an heir states its own.
    pub(super) suits: Option<Suits>,
    pub(super) sections: Vec<DraftSection>,
    pub(super) exemptions: Vec<Exemption>,
    /// Sections and controls of the parent that this one does not have.
    pub(super) without: Vec<Spot<String>>,
    /// Where `sections` starts, in a file that has them.
    pub(super) sections_at: Option<Place>,
}

impl Draft {
    /// Whether it only serves others to extend.
    pub(super) fn is_base(&self) -> bool {
        self.extends.is_none() && self.sections_at.is_none()
    }
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
    pub(super) assessment: Option<Assessment>,
    pub(super) checks: Option<Vec<Spot<String>>>,
    pub(super) params: BTreeMap<String, Spot<Param>>,
    pub(super) not_applicable: Option<String>,
    pub(super) partial: Option<String>,
}

/// Whether a file is a profile; any other is a check.
pub(super) fn is_profile(root: Item<'_>) -> bool {
    ["sections", "extends", "exemptions"]
        .into_iter()
        .any(|field| root.has(field))
}

/// Reads a profile file.
pub(super) fn profile(root: Item<'_>) -> Option<Draft> {
    root.fields(|f| {
        let id = f.required("id", |item| item.id("."));
        let extends = f.optional("extends", Item::spot_text);
        let title = f.optional("title", Item::text);
        let description = f.optional("description", Item::text);
        let pass_mark = f.optional("passMark", |item| item.number(0, 100));
        let suits = f.optional("for", suits);
        let sections = f.list("sections", section);
        let exemptions = f.list("exemptions", exemption);
        let without = f.list("without", Item::spot_text);
        Some(Draft {
            id: id?,
            extends,
            title,
            description,
            pass_mark,
            suits,
            sections,
            exemptions,
            without,
            sections_at: f.place("sections"),
        })
    })
}

/// `for: {kubernetes: '1.34-1.35', distribution: [kubeadm]}`
fn suits(item: Item<'_>) -> Option<Suits> {
    item.fields(|f| {
        let kubernetes = f.required("kubernetes", releases);
        let distributions = f.list("distribution", Item::text);
        let (first, last) = kubernetes?;
        Some(Suits {
            first,
            last,
            distributions,
        })
    })
}

/// One release, or the first and the last of several.
fn releases(item: Item<'_>) -> Option<(Release, Release)> {
    let text = item.text()?;
    let exact = |text: &str| Release::of(text).filter(|release| release.to_string() == text);
    let (first, last) = text.split_once('-').unwrap_or((&text, &text));
    let range = exact(first)
        .zip(exact(last))
        .filter(|(first, last)| first <= last);
    if range.is_none() {
        let message = format!("is no range of releases: {}", quoted(&text));
        item.problem(&message, "write '1.34-1.35', or '1.34'");
    }
    range
}

fn assessment(item: Item<'_>) -> Option<Assessment> {
    let text = item.text()?;
    let known = Assessment::ALL.into_iter();
    let found = known.into_iter().find(|one| one.name() == text);
    if found.is_none() {
        let message = format!("is no assessment: {}", quoted(&text));
        item.problem(&message, "write automated or manual");
    }
    found
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
        let assessment = f.optional("assessment", assessment);
        let checks = f.optional("checks", |item| item.items(Item::spot_text));
        let params = f.optional("params", |item| item.named(Item::param));
        let not_applicable = f.optional("notApplicable", Item::text);
        let partial = f.optional("partial", Item::text);
        Some(DraftControl {
            id: id?,
            title,
            level,
            assessment,
            checks,
            params: params.unwrap_or_default(),
            not_applicable,
            partial,
        })
    })
}
