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

#[cfg(test)]
mod tests {
    use super::join;
    use crate::outcome::{Change, Edit, Precondition};

    fn change(flags: &[(&str, Option<&str>, bool)], before: &str) -> Change {
        let edit = |(name, value, list): &(&str, Option<&str>, bool)| Edit::Flag {
            component: "kube-apiserver".to_owned(),
            name: (*name).to_owned(),
            value: value.map(str::to_owned),
            list: *list,
        };
        let edits: Vec<Edit> = flags.iter().map(edit).collect();
        let lines: Vec<String> = edits.iter().map(Edit::text).collect();
        Change {
            line: lines.join("\n"),
            before: vec![Precondition::Do {
                text: before.to_owned(),
            }],
            edits,
            ..Change::default()
        }
    }

    #[test]
    fn one_flag_is_one_line_with_the_preconditions_of_all() {
        let plugins = "enable-admission-plugins";
        let mut one = change(&[(plugins, None, true)], "a");
        assert_eq!(one.line, "remove --enable-admission-plugins");
        let limited = [(plugins, Some("A,B"), true), ("file", Some("/f"), false)];
        assert!(join(&mut one, &change(&limited, "b")));
        assert!(join(
            &mut one,
            &change(&[(plugins, Some("A,C"), true)], "a")
        ));
        assert_eq!(one.line, "--enable-admission-plugins=A,B,C\n--file=/f");
        assert_eq!(one.before.len(), 2);
        for other in [
            ("tls-cert-file", Some("/b"), false),
            ("other", Some("A"), true),
        ] {
            assert!(!join(&mut one, &change(&[other], "c")), "{other:?}");
        }
    }
}
