//! From a check's fix to the line that mends one subject, and the place it belongs into.

use std::collections::BTreeSet;

use crate::catalog::{self, Check};
use crate::facts::component::ComponentKind;
use crate::facts::{Place, View};
use crate::outcome::{Change, Subject};

use super::lang::Read;
use super::rows::Row;

/// What clears a failure of `check` on `row`; `reads` gives what it was judged by.
pub(super) fn change(check: &Check, row: &Row<'_>, reads: impl FnOnce() -> Vec<Read>) -> Change {
    let subject = &row.subject;
    let line = match &check.fix.change {
        Some(catalog::Change::File(text) | catalog::Change::Command(text)) => {
            filled(text, subject, shell)
        }
        Some(catalog::Change::Flag(text)) => with_present(text, row),
        Some(catalog::Change::KubeletConfig(text)) => unshadowed(text, &reads()),
        Some(catalog::Change::Manifest(text)) => filled(text, subject, str::to_owned),
        None => String::new(),
    };
    // Findings are grouped by what has to be touched: the flag or key in one place, or one object.
    let key = match &check.fix.change {
        Some(catalog::Change::Flag(flag)) => flag.split('=').next().unwrap_or_default().to_owned(),
        Some(catalog::Change::KubeletConfig(text)) => text.clone(),
        Some(catalog::Change::File(_)) => "mode and owner".to_owned(),
        Some(catalog::Change::Manifest(_) | catalog::Change::Command(_)) | None => {
            check.id.value.clone()
        }
    };
    // A setting is mended where it stands; objects of one check are mended one after the other by the same change.
    let target = match (&check.fix.change, &subject.node) {
        (
            Some(
                catalog::Change::Flag(_)
                | catalog::Change::KubeletConfig(_)
                | catalog::Change::File(_),
            ),
            Some(node),
        ) => [node, row.place.as_deref().unwrap_or_default(), key.as_str()].join(" · "),
        _ => check.id.value.clone(),
    };
    Change {
        target,
        summary: check.fix.summary.clone(),
        line,
    }
}

/// A flag with what it holds already: `--enable-admission-plugins={present}NodeRestriction`.
fn with_present(text: &str, row: &Row<'_>) -> String {
    let name = text.trim_start_matches('-').split('=').next();
    let present = name.map(|name| present(row, name)).unwrap_or_default();
    let present: String = present.iter().map(|item| format!("{item},")).collect();
    text.trim_end().replace("{present}", &present)
}

/// The items of the list that a component's flag holds now.
fn present(row: &Row<'_>, flag: &str) -> Vec<String> {
    let field = |view, name| match view {
        View::Record(record) => {
            let position = record.record().position(name);
            position.map_or(View::Absent, |position| record.field(position).view)
        }
        _ => View::Absent,
    };
    let component = row.readings().next();
    let component = component.map_or(View::Absent, |reading| reading.view);
    let View::List(items) = field(field(component, "flags"), flag) else {
        return Vec::new();
    };
    let texts = (0..items.len()).filter_map(|index| match items.item(index)?.view {
        View::Text(text) => Some(text.to_owned()),
        _ => None,
    });
    texts.collect()
}

/// A fragment of the kubelet's configuration file, with the flags that would win over it
/// (`--config` in the kubelet's reference).
fn unshadowed(text: &str, evidence: &[Read]) -> String {
    let table = ComponentKind::Kubelet.config();
    let flags: BTreeSet<&str> = evidence
        .iter()
        .filter(|read| matches!(read.source.as_deref(), Some(Place::Argv { .. })))
        .filter_map(|read| read.path.strip_prefix("kubelet."))
        .filter_map(|name| table.rows.iter().find(|row| row.name == name))
        .filter(|row| row.flag_wins)
        .filter_map(|row| row.flag.as_deref())
        .collect();
    let mut lines = text.trim_end().to_owned();
    for flag in flags {
        let line = format!("\n# and take --{flag} off the command line: it wins over this file");
        lines.push_str(&line);
    }
    lines
}

/// `text` with its placeholders: `{path}`, `{namespace}`, and `{object}` as kubectl's arguments that name one object.
fn filled(text: &str, subject: &Subject, write: impl Fn(&str) -> String) -> String {
    let namespace = subject.namespace.as_deref().map(&write);
    let (kind, name) = subject.name.split_once(' ').unwrap_or_default();
    let mut object = format!("{kind} {}", write(name));
    if let Some(namespace) = &namespace {
        object.push_str(&format!(" --namespace={namespace}"));
    }
    text.trim_end()
        .replace("{path}", &write(&subject.name))
        .replace("{namespace}", &namespace.unwrap_or_default())
        .replace("{object}", &object)
}

/// A word of a shell's command line. Names of RBAC objects and of files may hold anything.
fn shell(word: &str) -> String {
    let plain = |c: char| c.is_ascii_alphanumeric() || "/._:@-".contains(c);
    if !word.is_empty() && word.chars().all(plain) {
        return word.to_owned();
    }
    format!("'{}'", word.replace('\'', r"'\''"))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_line_to_be_copied_names_one_object_and_nothing_else() {
        for (name, namespace, arguments) in [
            ("RoleBinding a", Some("ns"), "RoleBinding a --namespace=ns"),
            ("ClusterRoleBinding a:b", None, "ClusterRoleBinding a:b"),
            ("ClusterRole a b", None, "ClusterRole 'a b'"),
            ("ClusterRole ;reboot'", None, r"ClusterRole ';reboot'\'''"),
        ] {
            let mut subject = Subject::new("binding", name);
            subject.namespace = namespace.map(Into::into);
            let line = filled("kubectl delete {object}", &subject, shell);
            assert_eq!(line, format!("kubectl delete {arguments}"));
        }
        let file = Subject::new("file", "/etc/$(reboot)");
        let line = filled("chmod 0600 {path}", &file, shell);
        assert_eq!(line, "chmod 0600 '/etc/$(reboot)'");
    }
}
