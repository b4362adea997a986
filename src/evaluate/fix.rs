//! From a check's fix to the lines that mend one subject, what has to be there before them, and the place they belong into.

use std::collections::BTreeSet;

use crate::catalog::{self, Check, FlagValue, Step, SubjectKind};
use crate::facts::component::ComponentKind;
use crate::facts::{Place, View};
use crate::outcome::{Change, Edit, Precondition, Subject};

use super::engines::shipped::shipped_object;
use super::lang::Read;
use super::rows::Row;

/// The kubelet's configuration file where none is named (kubeadm's).
const KUBELET_CONFIG: &str = "/var/lib/kubelet/config.yaml";

/// What clears a failure of `check` on `row`; `reads` gives what it was judged by, `version` is the API server's.
pub(super) fn change(
    check: &Check,
    row: &Row<'_>,
    version: Option<&str>,
    reads: impl FnOnce() -> Vec<Read>,
) -> Change {
    let subject = &row.subject;
    if !is_copyable(&subject.name) || !subject.namespace.as_deref().is_none_or(is_copyable) {
        return by_hand(check);
    }
    let component = component(check.subject, row);
    let mut before: Vec<Precondition> = (check.fix.before.iter())
        .map(|step| precondition(step, component, subject))
        .collect();
    let edits = match &check.fix.change {
        Some(catalog::Change::Flags(flags)) => flags
            .iter()
            .filter_map(|flag| flag_edit(flag, component, row))
            .collect(),
        Some(catalog::Change::KubeletConfig(text)) => kubelet(text, row, &reads(), &mut before),
        Some(catalog::Change::File(text)) => vec![Edit::NodeCommand {
            command: filled(text, subject, shell),
        }],
        Some(catalog::Change::Manifest(text)) => vec![manifest(text, subject)],
        Some(catalog::Change::Command(text)) => vec![command(text, subject, version, &mut before)],
        None => Vec::new(),
    };
    // What other tools make has to be there only where it is named.
    let named = |path: &str| edits.iter().any(|edit| edit.text().contains(path));
    before.retain(|step| !matches!(step, Precondition::Needs { path } if !named(path)));
    let lines: Vec<String> = edits.iter().map(Edit::text).collect();
    Change {
        target: target(check, row),
        summary: check.fix.summary.clone(),
        line: lines.join("\n"),
        before,
        edits,
    }
}

/// What a person does where the change of `check` does not do it.
pub(super) fn by_hand(check: &Check) -> Change {
    Change {
        target: check.id.value.clone(),
        summary: check.fix.summary.clone(),
        ..Change::default()
    }
}

/// What is touched: the flag or key on a node; objects of one check are mended one after the other by the same change.
fn target(check: &Check, row: &Row<'_>) -> String {
    let key = match &check.fix.change {
        Some(catalog::Change::Flags(flags)) => flags.first().map(|flag| format!("--{}", flag.name)),
        Some(catalog::Change::KubeletConfig(text)) => Some(text.clone()),
        Some(catalog::Change::File(_)) => Some("mode and owner".to_owned()),
        _ => None,
    };
    let key = key.filter(|_| row.subject.node.is_some());
    key.unwrap_or_else(|| check.id.value.clone())
}

/// The component whose settings are changed: the subject itself, or what listens there.
fn component<'r>(subject: SubjectKind, row: &'r Row<'_>) -> &'r str {
    let mut kinds = ComponentKind::ALL.into_iter();
    match kinds.find(|kind| kind.subject() == subject.name()) {
        Some(kind) => kind.binary(),
        None => match field(subject_view(row), "component") {
            View::Text(name) => name,
            _ => "",
        },
    }
}

fn precondition(step: &Step, component: &str, subject: &Subject) -> Precondition {
    let mounted = |mount: &bool| mount.then(|| component.to_owned());
    match step {
        Step::Do(text) => Precondition::Do {
            text: filled(text, subject, shell),
        },
        Step::Example(text) => Precondition::Example { text: text.clone() },
        Step::File {
            path,
            content,
            mount,
        } => Precondition::File {
            path: path.clone(),
            content: content.clone(),
            mount: mounted(mount),
        },
        Step::Directory { path, mount } => Precondition::Directory {
            path: path.clone(),
            mount: mounted(mount),
        },
        Step::Needs(path) => Precondition::Needs { path: path.clone() },
    }
}

/// What becomes of a flag; nothing where it is so already.
fn flag_edit(flag: &catalog::Flag, component: &str, row: &Row<'_>) -> Option<Edit> {
    let edit = |value: Option<String>, list| Edit::Flag {
        component: component.to_owned(),
        name: flag.name.clone(),
        value,
        list,
    };
    let list = |items: Vec<String>| {
        let value = (!items.is_empty()).then(|| items.join(","));
        Some(edit(value, true))
    };
    match &flag.value {
        FlagValue::Set(value) => Some(edit(Some(value.clone()), false)),
        FlagValue::Default(value) => {
            (!is_set(row, &flag.name)).then(|| edit(Some(value.clone()), false))
        }
        FlagValue::Add { items, never } => {
            let mut all = present(row, &flag.name);
            all.retain(|item| !never.contains(item) && !items.contains(item));
            all.extend(items.iter().cloned());
            list(all)
        }
        FlagValue::Take(items) => {
            let mut all = present(row, &flag.name);
            let before = all.len();
            all.retain(|item| !items.contains(item));
            (all.len() < before).then(|| list(all)).flatten()
        }
        FlagValue::Remove => is_set(row, &flag.name).then(|| edit(None, false)),
    }
}

/// What a component's flag holds.
fn flag_view<'r>(row: &'r Row<'_>, flag: &str) -> View<'r> {
    field(field(subject_view(row), "flags"), flag)
}

/// The subject as expressions see it.
fn subject_view<'r>(row: &'r Row<'_>) -> View<'r> {
    let subject = row.readings().next();
    subject.map_or(View::Absent, |reading| reading.view)
}

fn field<'r>(view: View<'r>, name: &str) -> View<'r> {
    match view {
        View::Record(record) => {
            let position = record.record().position(name);
            position.map_or(View::Absent, |position| record.field(position).view)
        }
        _ => View::Absent,
    }
}

/// The items of the list that a component's flag holds now.
fn present(row: &Row<'_>, flag: &str) -> Vec<String> {
    let View::List(items) = flag_view(row, flag) else {
        return Vec::new();
    };
    let texts = (0..items.len()).filter_map(|index| match items.item(index)?.view {
        View::Text(text) => Some(text.to_owned()),
        _ => None,
    });
    texts.collect()
}

fn is_set(row: &Row<'_>, flag: &str) -> bool {
    match flag_view(row, flag) {
        View::Absent | View::Gap(_) => false,
        View::Text(text) => !text.is_empty(),
        _ => true,
    }
}

/// A fragment of the kubelet's configuration file; flags that would win over it go (`--config` in the kubelet's reference),
/// and where no file is named one is.
fn kubelet(
    text: &str,
    row: &Row<'_>,
    evidence: &[Read],
    before: &mut Vec<Precondition>,
) -> Vec<Edit> {
    let table = ComponentKind::Kubelet.config();
    let winning: BTreeSet<&str> = evidence
        .iter()
        .filter(|read| matches!(read.source.as_deref(), Some(Place::Argv { .. })))
        .filter_map(|read| read.path.strip_prefix("kubelet."))
        .filter_map(|name| table.rows.iter().find(|row| row.name == name))
        .filter(|row| row.flag_wins)
        .filter_map(|row| row.flag.as_deref())
        .collect();
    let flag = |name: &str, value: Option<String>| Edit::Flag {
        component: ComponentKind::Kubelet.binary().to_owned(),
        name: name.to_owned(),
        value,
        list: false,
    };
    // Of the file and its drop-ins, the one that decides is the one to be changed.
    let deciding = evidence
        .iter()
        .filter(|read| read.path.starts_with("kubelet."));
    let mut deciding = deciding.filter_map(|read| match read.source.as_deref() {
        Some(Place::File { path, .. }) => Some(path.clone()),
        _ => None,
    });
    let mut edits = vec![Edit::KubeletConfig {
        path: deciding.next(),
        fragment: text.to_owned(),
    }];
    edits.extend(winning.into_iter().map(|name| flag(name, None)));
    if !is_set(row, "config") {
        before.push(Precondition::File {
            path: KUBELET_CONFIG.to_owned(),
            content: "apiVersion: kubelet.config.k8s.io/v1beta1\nkind: KubeletConfiguration\n"
                .to_owned(),
            mount: None,
        });
        edits.push(flag("config", Some(KUBELET_CONFIG.to_owned())));
    }
    edits
}

/// An object to be applied, or a fragment of the subject.
fn manifest(text: &str, subject: &Subject) -> Edit {
    let text = filled(text, subject, str::to_owned);
    match text.starts_with("apiVersion:") {
        true => Edit::Apply { object: text },
        false => Edit::Patch { fragment: text },
    }
}

/// A command of kubectl. What Kubernetes itself ships is brought back to what it ships, whatever is wrong with it: to delete
/// it, or to take its label off, would break the cluster.
fn command(
    text: &str,
    subject: &Subject,
    version: Option<&str>,
    before: &mut Vec<Precondition>,
) -> Edit {
    let (kind, name) = subject.name.split_once(' ').unwrap_or_default();
    let namespace = subject.namespace.as_deref().unwrap_or_default();
    let shipped = text
        .contains("{object}")
        .then(|| shipped_object(kind, namespace, name, version));
    if let Some(object) = shipped.flatten() {
        before.clear();
        let command =
            "kubectl auth reconcile --remove-extra-subjects --remove-extra-permissions -f -";
        return Edit::Kubectl {
            command: format!("{command} <<'EOF'\n{object}\nEOF"),
        };
    }
    let command = filled(text, subject, shell);
    match text.starts_with("kubectl ") {
        true => Edit::Kubectl { command },
        false => Edit::NodeCommand { command },
    }
}

/// `text` with its placeholders: `{path}`, `{namespace}`, and `{object}` as kubectl's arguments that name one object. What
/// is filled in is not looked at again.
fn filled(text: &str, subject: &Subject, write: impl Fn(&str) -> String) -> String {
    let namespace = subject.namespace.as_deref();
    let (kind, name) = subject.name.split_once(' ').unwrap_or_default();
    // `KIND/NAME` is one word, so that no name can be taken for an option.
    let mut object = write(&format!("{kind}/{name}"));
    if let Some(namespace) = namespace {
        object.push_str(&format!(" --namespace={}", write(namespace)));
    }
    // A path that begins with a hyphen would be taken for an option.
    let path = match subject.name.starts_with('-') {
        true => write(&format!("./{}", subject.name)),
        false => write(&subject.name),
    };
    let values = [
        ("{path}", path),
        ("{namespace}", namespace.map(&write).unwrap_or_default()),
        ("{object}", object),
    ];
    let mut rest = text.trim_end();
    let mut whole = String::new();
    while let Some(start) = rest.find('{') {
        whole.push_str(&rest[..start]);
        rest = &rest[start..];
        let known = values.iter().find(|(key, _)| rest.starts_with(key));
        let (key, value) = known.map_or(("{", "{"), |(key, value)| (*key, value.as_str()));
        whole.push_str(value);
        rest = &rest[key.len()..];
    }
    whole.push_str(rest);
    whole
}

/// Whether a name looks like what it is: one with characters that are not shown, or that change the order of others, stands in
/// a report in another form, so that a line with it would mean something else.
fn is_copyable(name: &str) -> bool {
    let hidden = |c: char| {
        c.is_control()
            || matches!(c, '\u{200b}'..='\u{200f}' | '\u{2028}'..='\u{202e}' | '\u{2060}'..='\u{2069}')
            || matches!(c, '\u{61c}' | '\u{feff}' | '\u{fffd}')
    };
    !name.chars().any(hidden)
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
mod tests;
