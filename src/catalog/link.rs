//! What concerns several files: profiles made of drafts and the drafts they extend, and of the checks they name.

use std::collections::{BTreeMap, BTreeSet};

use super::nearest::did_you_mean;
use super::read_profile::{Draft, DraftControl, DraftSection};
use super::yaml::quoted;
use super::{Check, Control, Place, Problem, Profile, Section, Spot};

/// What profiles are made of.
pub(super) struct Links<'a> {
    /// The checks that can be named.
    pub(super) checks: &'a BTreeMap<String, Check>,
    /// The profile files.
    pub(super) drafts: &'a BTreeMap<String, Draft>,
    /// Ids of checks and profiles whose files have problems of their own: naming them is no further problem.
    pub(super) broken: &'a BTreeSet<String>,
    /// What is wrong with the drafts.
    pub(super) problems: Vec<Problem>,
}

impl Links<'_> {
    /// The profiles of all drafts that can be made one; problems say what is wrong with the rest.
    pub(super) fn profiles(&mut self) -> BTreeMap<String, Profile> {
        let checks = self.checks;
        for check in checks.values() {
            self.known_checks(&check.fix.reveals);
        }
        let drafts = self.drafts;
        drafts
            .values()
            .filter_map(|draft| {
                for exemption in &draft.exemptions {
                    self.known_checks(&exemption.checks);
                }
                if draft.is_base() {
                    return None;
                }
                Some((draft.id.value.clone(), self.profile(draft)?))
            })
            .collect()
    }

    fn problem(&mut self, place: &Place, message: String, hint: impl Into<String>) {
        self.problems.push(Problem {
            place: place.clone(),
            message,
            hint: hint.into(),
        });
    }

    fn profile(&mut self, own: &Draft) -> Option<Profile> {
        self.repeated(own);
        let whole = self.whole(own)?;
        self.repeated(&whole);
        self.weights(own, &whole);
        let title = self.stated(whole.title, "title", &own.id);
        let description = self.stated(whole.description, "description", &own.id);
        if whole.sections.is_empty() {
            let message = format!("profile {} has no sections", quoted(&own.id.value));
            self.problem(&own.id.place, message, "");
        }
        let sections: Vec<_> = whole
            .sections
            .into_iter()
            .map(|section| self.section(section))
            .collect();
        Some(Profile {
            id: own.id.clone(),
            title: title?,
            description: description?,
            pass_mark: whole.pass_mark,
            suits: own.suits.clone(),
            sections: sections.into_iter().collect::<Option<_>>()?,
            exemptions: whole.exemptions,
        })
    }

    /// `own` laid over what it extends.
    fn whole(&mut self, own: &Draft) -> Option<Draft> {
        let drafts = self.drafts;
        let mut chain = vec![own];
        while let Some(extends) = &chain[chain.len() - 1].extends {
            if extends.value == own.id.value {
                let names: Vec<&str> = chain.iter().map(|draft| draft.id.value.as_str()).collect();
                let message = format!("profile {} extends itself", quoted(&own.id.value));
                let hint = format!("{} → {}", names.join(" → "), own.id.value);
                let place = own.extends.as_ref().map_or(&own.id.place, |e| &e.place);
                self.problem(place, message, hint);
                return None;
            }
            // A cycle that `own` only leads to is reported at its members.
            if chain.iter().any(|draft| draft.id.value == extends.value) {
                return None;
            }
            let Some(parent) = drafts.get(&extends.value) else {
                if !self.broken.contains(&extends.value) {
                    let message = format!("unknown profile {}", quoted(&extends.value));
                    let known = drafts.keys().map(String::as_str);
                    let hint = did_you_mean(&extends.value, known, String::new);
                    self.problem(&extends.place, message, hint);
                }
                return None;
            };
            chain.push(parent);
        }
        let root = chain.pop()?.clone();
        Some(chain.into_iter().rev().fold(root, |parent, child| {
            if std::ptr::eq(child, own) {
                self.left_out(&parent, child);
            }
            overlay(parent, child)
        }))
    }

    /// Whatever `child` leaves out is there in its parent.
    fn left_out(&mut self, parent: &Draft, child: &Draft) {
        let sections = parent.sections.iter();
        let known: BTreeSet<&str> = sections
            .flat_map(|section| {
                let controls = section.controls.iter().map(|control| &control.id);
                controls.chain([&section.id])
            })
            .map(|id| id.value.as_str())
            .collect();
        for id in &child.without {
            if !known.contains(id.value.as_str()) {
                let message = format!("the parent has no {}", quoted(&id.value));
                let hint = did_you_mean(&id.value, known.iter().copied(), String::new);
                self.problem(&id.place, message, hint);
            }
        }
    }

    /// Notes ids of sections or controls that are there twice.
    fn repeated(&mut self, draft: &Draft) {
        let controls = draft.sections.iter().flat_map(|section| &section.controls);
        let controls: Vec<_> = controls.map(|control| &control.id).collect();
        let sections: Vec<_> = draft.sections.iter().map(|section| &section.id).collect();
        for (kind, ids) in [("section", sections), ("control", controls)] {
            self.repeated_ids(kind, &ids);
        }
    }

    fn repeated_ids(&mut self, kind: &str, ids: &[&Spot<String>]) {
        let mut seen: BTreeMap<&str, &Place> = BTreeMap::new();
        for id in ids {
            if let Some(first) = seen.insert(&id.value, &id.place) {
                let message = format!("{kind} {} is there twice", quoted(&id.value));
                self.problem(&id.place, message, format!("also at {first}"));
            }
        }
    }

    /// In a profile that weighs sections every section has a weight, and they sum to 100.
    fn weights(&mut self, own: &Draft, whole: &Draft) {
        let sections = &whole.sections;
        let Some(at) = &own.sections_at else { return };
        if sections.iter().all(|section| section.weight.is_none()) {
            return;
        }
        for section in sections.iter().filter(|section| section.weight.is_none()) {
            let message = format!("section {} has no weight", quoted(&section.id.value));
            self.problem(&section.id.place, message, "other sections have one");
        }
        let weights = sections.iter().filter_map(|section| section.weight);
        let sum: u32 = weights.map(u32::from).sum();
        if sum != 100 {
            let message = format!("the weights of the sections sum to {sum}, not 100");
            self.problem(at, message, "");
        }
    }

    fn stated<T>(&mut self, value: Option<T>, field: &str, of: &Spot<String>) -> Option<T> {
        if value.is_none() {
            let message = format!("missing field `{field}` of {}", quoted(&of.value));
            self.problem(&of.place, message, "");
        }
        value
    }

    fn section(&mut self, draft: DraftSection) -> Option<Section> {
        let title = self.stated(draft.title, "title", &draft.id);
        let controls: Vec<_> = draft
            .controls
            .into_iter()
            .map(|control| self.control(control))
            .collect();
        Some(Section {
            id: draft.id.value,
            title: title?,
            weight: draft.weight,
            controls: controls.into_iter().collect::<Option<_>>()?,
        })
    }

    fn control(&mut self, draft: DraftControl) -> Option<Control> {
        let title = self.stated(draft.title.clone(), "title", &draft.id);
        let checks = draft.checks.as_deref().unwrap_or_default();
        self.known_checks(checks);
        self.params(&draft, checks);
        Some(Control {
            id: draft.id,
            title: title?,
            level: draft.level,
            assessment: draft.assessment,
            checks: draft.checks.unwrap_or_default(),
            params: draft.params,
            not_applicable: draft.not_applicable,
            partial: draft.partial,
        })
    }

    /// Every check is known, and named once.
    fn known_checks(&mut self, checks: &[Spot<String>]) {
        let ids: Vec<_> = checks.iter().collect();
        self.repeated_ids("check", &ids);
        for id in checks {
            if !self.checks.contains_key(&id.value) && !self.broken.contains(&id.value) {
                let known = self.checks.keys().map(String::as_str);
                let hint = did_you_mean(&id.value, known, String::new);
                self.problem(
                    &id.place,
                    format!("unknown check {}", quoted(&id.value)),
                    hint,
                );
            }
        }
    }

    /// Every parameter is known to a check of the control, and of its type wherever it is known.
    fn params(&mut self, control: &DraftControl, ids: &[Spot<String>]) {
        let found = ids.iter().map(|id| self.checks.get(&id.value));
        // With a check missing nobody can tell which parameters it knows.
        let Some(checks) = found.collect::<Option<Vec<&Check>>>() else {
            return;
        };
        for (name, given) in &control.params {
            let takers = checks
                .iter()
                .filter_map(|check| Some((check, check.params.get(name)?)));
            let takers: Vec<_> = takers.collect();
            for (check, own) in &takers {
                if own.value.kind() != given.value.kind() {
                    let message = format!("parameter {} is {}", quoted(name), given.value.kind());
                    let hint = format!("check `{}` has {} there", check.id.value, own.value.kind());
                    self.problem(&given.place, message, hint);
                }
            }
            if takers.is_empty() {
                let message = format!("no check of this control has a parameter {}", quoted(name));
                let known = checks.iter().flat_map(|check| check.params.keys());
                let hint = did_you_mean(name, known.map(String::as_str), String::new);
                self.problem(&given.place, message, hint);
            }
        }
    }
}

/// `parent` with what `child` states instead; sections and controls are matched by id, new ones come last.
fn overlay(parent: Draft, child: &Draft) -> Draft {
    let mut sections = parent.sections;
    let left_out = |id: &Spot<String>| child.without.iter().any(|out| out.value == id.value);
    sections.retain(|section| !left_out(&section.id));
    for section in &mut sections {
        section.controls.retain(|control| !left_out(&control.id));
    }
    for own in &child.sections {
        match sections
            .iter_mut()
            .find(|known| known.id.value == own.id.value)
        {
            Some(known) => overlay_section(known, own),
            None => sections.push(own.clone()),
        }
    }
    let mut exemptions = parent.exemptions;
    exemptions.extend(child.exemptions.iter().cloned());
    Draft {
        id: child.id.clone(),
        extends: child.extends.clone(),
        title: child.title.clone().or(parent.title),
        description: child.description.clone().or(parent.description),
        pass_mark: child.pass_mark.or(parent.pass_mark),
        suits: child.suits.clone(),
        sections,
        exemptions,
        without: Vec::new(),
        sections_at: child.sections_at.clone(),
    }
}

fn overlay_section(known: &mut DraftSection, own: &DraftSection) {
    known.title = own.title.clone().or(known.title.take());
    known.weight = own.weight.or(known.weight);
    for control in &own.controls {
        let ids = &control.id.value;
        match known
            .controls
            .iter_mut()
            .find(|known| known.id.value == *ids)
        {
            Some(known) => overlay_control(known, control),
            None => known.controls.push(control.clone()),
        }
    }
}

fn overlay_control(known: &mut DraftControl, own: &DraftControl) {
    known.id = own.id.clone();
    known.title = own.title.clone().or(known.title.take());
    known.level = own.level.or(known.level);
    known.assessment = own.assessment.or(known.assessment);
    known.checks = own.checks.clone().or(known.checks.take());
    known.params.extend(own.params.clone());
    known.not_applicable = own.not_applicable.clone().or(known.not_applicable.take());
    known.partial = own.partial.clone().or(known.partial.take());
}
