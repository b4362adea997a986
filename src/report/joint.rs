//! One change for two that set the same flag to lists.

use crate::outcome::{Change, Edit};

/// Takes `more` into `one` where both set the same flag to a list: one line for both, with the preconditions of both.
pub(super) fn join(one: &mut Change, more: &Change) -> bool {
    let list = |edit: &Edit| match edit {
        Edit::Flag {
            component,
            name,
            list: true,
            ..
        } => Some((component.clone(), name.clone())),
        _ => None,
    };
    let shared = |edit: &Edit| {
        list(edit).is_some_and(|flag| one.edits.iter().any(|own| list(own) == Some(flag.clone())))
    };
    if !more.edits.iter().any(shared) {
        return false;
    }
    for edit in &more.edits {
        let same = one
            .edits
            .iter_mut()
            .find(|own| *own == edit || list(edit).is_some() && list(own) == list(edit));
        match (same, edit) {
            (Some(Edit::Flag { value: own, .. }), Edit::Flag { value: new, .. }) => {
                *own = union(own.take(), new.clone());
            }
            (Some(_), _) => {}
            (None, _) => one.edits.push(edit.clone()),
        }
    }
    for step in &more.before {
        if !one.before.contains(step) {
            one.before.push(step.clone());
        }
    }
    let lines: Vec<String> = one.edits.iter().map(Edit::text).collect();
    one.line = lines.join("\n");
    true
}

/// The items of two lists, each once.
fn union(one: Option<String>, more: Option<String>) -> Option<String> {
    let (Some(first), Some(second)) = (&one, &more) else {
        return one.or(more);
    };
    let mut items: Vec<&str> = first.split(',').collect();
    for item in second.split(',') {
        if !items.contains(&item) {
            items.push(item);
        }
    }
    Some(items.join(","))
}
