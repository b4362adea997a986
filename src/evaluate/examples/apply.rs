//! Fixes at work on the world of an example: what a person would do on the cluster, done to `given:`.

use serde_json::{Map, Value, json};

use super::kubectl;
use crate::facts::component::ComponentKind;
use crate::outcome::{Change, Edit, Precondition, Subject};

/// The kubelet's configuration file where an example names none (kubeadm's).
const KUBELET_CONFIG: &str = "/var/lib/kubelet/config.yaml";

/// Does to `given` what `change` says of `subject`.
pub(super) fn apply(given: &mut Value, change: &Change, subject: &Subject) -> Result<(), String> {
    if change.edits.is_empty() {
        return Err("nothing is left to be changed here".to_owned());
    }
    for step in &change.before {
        prepare(given, step);
    }
    for edit in &change.edits {
        match edit {
            Edit::Flag {
                component,
                name,
                value,
                ..
            } => flag(given, component, name, value.as_deref()),
            Edit::KubeletConfig { path, fragment } => {
                kubelet(given, path.as_deref(), &yaml(fragment)?)?;
            }
            Edit::NodeCommand { command } => on_node(given, command)?,
            Edit::Kubectl { command } => kubectl::run(given, command)?,
            Edit::Patch { fragment } => kubectl::patch(given, subject, &yaml(fragment)?)?,
            Edit::Apply { object } => kubectl::apply(given, yaml(object)?),
        }
    }
    Ok(())
}

fn prepare(given: &mut Value, step: &Precondition) {
    match step {
        Precondition::File { path, content, .. } => {
            put(given, path, json!({"mode": "0600", "content": content}));
        }
        Precondition::Directory { path, .. } => {
            put(given, path, json!({"mode": "0700", "directory": true}));
        }
        Precondition::Do { .. } | Precondition::Example { .. } | Precondition::Needs { .. } => {}
    }
}

/// Puts a file where there is none.
fn put(given: &mut Value, path: &str, mut file: Value) {
    let now = given.get("now").cloned();
    if file.get("modified").is_none() {
        file["modified"] = now.unwrap_or_else(|| super::world::NOW.into());
    }
    let files = given
        .as_object_mut()
        .map(|given| given.entry("files").or_insert_with(|| json!({})));
    if let Some(files) = files.and_then(Value::as_object_mut) {
        files.insert(path.to_owned(), file);
    }
}

pub(super) fn yaml(text: &str) -> Result<Value, String> {
    serde_yaml::from_str(text).map_err(|error| format!("is no YAML: {error}"))
}

/// The command lines of `given` that start `component`, those in static pod manifests too.
pub(super) fn command_lines(
    given: &mut Value,
    component: &str,
    mut with: impl FnMut(&mut Vec<Value>),
) {
    let mut each = |argv: &mut Value| {
        if let Value::Array(words) = argv
            && words
                .first()
                .and_then(Value::as_str)
                .is_some_and(|word| starts(word, component))
        {
            with(words);
        }
    };
    let Some(given) = given.as_object_mut() else {
        return;
    };
    if let Some(argv) = given.get_mut("argv") {
        each(argv);
    }
    for list in ["processes", "containers", "elsewhere"] {
        let all = given.get_mut(list).and_then(Value::as_array_mut);
        all.into_iter().flatten().for_each(&mut each);
    }
    let files = given.get_mut("files").and_then(Value::as_object_mut);
    for file in files.into_iter().flat_map(Map::values_mut) {
        let content = match file {
            Value::Object(entry) => entry.get_mut("content"),
            content => Some(content),
        };
        let Some(Value::String(text)) = content else {
            continue;
        };
        let Ok(mut pod) = yaml(text) else { continue };
        if pod["kind"] != "Pod" {
            continue;
        }
        let containers = pod
            .pointer_mut("/spec/containers")
            .and_then(Value::as_array_mut);
        for container in containers.into_iter().flatten() {
            if let Some(command) = container.get_mut("command") {
                each(command);
            }
        }
        *text = pod.to_string();
    }
}

fn starts(word: &str, component: &str) -> bool {
    word.rsplit('/').next() == Some(component)
}

/// Sets a flag, or takes it away.
fn flag(given: &mut Value, component: &str, name: &str, value: Option<&str>) {
    command_lines(given, component, |words| {
        let mut kept = Vec::new();
        let mut old = std::mem::take(words).into_iter().peekable();
        while let Some(word) = old.next() {
            let text = word.as_str().unwrap_or_default().replace('_', "-");
            let text = text.trim_start_matches('-');
            let own = text == name && !kept.is_empty();
            if own
                || !kept.is_empty()
                    && text
                        .strip_prefix(name)
                        .is_some_and(|rest| rest.starts_with('='))
            {
                let detached = own
                    && old
                        .peek()
                        .and_then(Value::as_str)
                        .is_some_and(|next| !next.starts_with('-'));
                if detached {
                    old.next();
                }
                continue;
            }
            kept.push(word);
        }
        kept.extend(value.map(|value| Value::from(format!("--{name}={value}"))));
        *words = kept;
    });
}

/// Merges a fragment into the kubelet's configuration, and into what it shows of itself.
fn kubelet(given: &mut Value, decides: Option<&str>, fragment: &Value) -> Result<(), String> {
    let mut path = None;
    command_lines(given, ComponentKind::Kubelet.binary(), |words| {
        let mut words = words.iter().filter_map(Value::as_str);
        while let Some(word) = words.next() {
            path = match word.strip_prefix("--config") {
                Some("") => words.next().map(str::to_owned),
                Some(rest) => rest.strip_prefix('=').map(str::to_owned),
                None => path.take(),
            }
        }
    });
    let decides = decides.map(str::to_owned).or(path);
    let path = decides.unwrap_or_else(|| KUBELET_CONFIG.to_owned());
    let old = given["files"].get(&path).cloned().unwrap_or_default();
    let text = match &old {
        Value::Object(entry) => entry.get("content").and_then(Value::as_str),
        other => other.as_str(),
    };
    let mut config = match text {
        Some(text) if !text.trim().is_empty() => yaml(text)?,
        _ => json!({}),
    };
    merge(&mut config, fragment);
    let mut entry = match old {
        Value::Object(_) => old,
        _ => json!({"mode": "0600"}),
    };
    entry["content"] = config.to_string().into();
    put(given, &path, entry);
    if let Some(page) = given.get_mut("configz") {
        merge(page, fragment);
    }
    Ok(())
}

/// Lays `more` over `value`: mappings field by field, everything else whole (RFC 7396).
pub(super) fn merge(value: &mut Value, more: &Value) {
    let Value::Object(fields) = more else {
        *value = more.clone();
        return;
    };
    if !value.is_object() {
        *value = json!({});
    }
    for (name, more) in fields {
        merge(&mut value[name], more);
    }
}

/// The commands that set mode and owner of a file, move or remove it.
fn on_node(given: &mut Value, command: &str) -> Result<(), String> {
    for one in command.split(" && ") {
        let words = kubectl::words(one);
        let words: Vec<&str> = words.iter().map(String::as_str).collect();
        let unknown = || format!("`{one}` is not understood");
        match words[..] {
            ["chmod", mode, path] => change_file(given, path, "mode", mode.into())?,
            ["chown", "root:root", path] => {
                change_file(given, path, "uid", 0.into())?;
                change_file(given, path, "gid", 0.into())?;
            }
            ["rm", path] | ["mv", path, _] => {
                let files = given["files"].as_object_mut();
                files
                    .and_then(|files| files.remove(path))
                    .ok_or_else(unknown)?;
            }
            _ => return Err(unknown()),
        }
    }
    Ok(())
}

fn change_file(given: &mut Value, path: &str, field: &str, value: Value) -> Result<(), String> {
    let file = given["files"].get_mut(path);
    let file = file.ok_or_else(|| format!("there is no file {path}"))?;
    if let Value::String(content) = file {
        *file = json!({"mode": "0600", "content": std::mem::take(content)});
    }
    file[field] = value;
    Ok(())
}
