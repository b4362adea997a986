//! The format of the exemptions in profile files.

use std::cell::Cell;

use super::fields::Item;
use super::{Exemption, Pattern, WorkloadPattern};

/// An entry of `exemptions`.
pub(super) fn exemption(item: Item<'_>) -> Option<Exemption> {
    item.fields(|f| {
        let checks = f.required("checks", |item| some(item, Item::spot_text));
        let namespaces = f.optional("namespaces", |item| some(item, exact));
        let workloads = match namespaces {
            None => f.required("workloads", |item| some(item, workload)),
            Some(_) => Some(f.list("workloads", workload)),
        };
        let reason = f.required("reason", Item::text);
        Some(Exemption {
            checks: checks?,
            workloads: workloads?,
            namespaces: namespaces.unwrap_or_default(),
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
        let host_paths = f.list("hostPaths", pattern);
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

/// A pattern that does not match everything.
fn pattern(item: Item<'_>) -> Option<Pattern> {
    let text = item.text()?;
    if text.chars().all(|character| "*/".contains(character)) {
        item.problem("matches everything", "exempt one workload at a time");
        return None;
    }
    Some(Pattern::new(text))
}
