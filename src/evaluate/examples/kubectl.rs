//! What kubectl does to the objects of an example, as far as fixes use it.

use serde_json::{Value, json};

use super::apply::merge;
use crate::outcome::Subject;

/// Runs one command.
pub(super) fn run(given: &mut Value, command: &str) -> Result<(), String> {
    let unknown = || format!("`{command}` is not understood");
    if let Some(rest) = command.strip_prefix("kubectl auth reconcile ") {
        let object = rest
            .split_once("<<'EOF'\n")
            .and_then(|(_, text)| text.strip_suffix("\nEOF"));
        let object = object.ok_or_else(unknown)?;
        let object: Value = serde_json::from_str(object).map_err(|error| error.to_string())?;
        reconcile(given, &object);
        return Ok(());
    }
    let words = words(command);
    let option = |name: &str| {
        let mut words = words.iter();
        words.find_map(|word| word.strip_prefix(name)?.strip_prefix('='))
    };
    let plain: Vec<&str> = (words.iter().map(String::as_str))
        .filter(|word| !word.starts_with("--"))
        .collect();
    let namespace = option("--namespace").unwrap_or_default();
    match plain[..] {
        ["kubectl", "delete", object] => {
            let objects = given["objects"].as_array_mut().ok_or_else(unknown)?;
            let before = objects.len();
            objects.retain(|one| !is(one, object, namespace));
            (objects.len() < before).then_some(()).ok_or_else(unknown)
        }
        [
            "kubectl",
            verb @ ("label" | "annotate"),
            object,
            ref all @ ..,
        ] => {
            let field = match verb {
                "label" => "labels",
                _ => "annotations",
            };
            let one = find(given, object, namespace).ok_or_else(unknown)?;
            let labels = &mut one["metadata"][field];
            for label in all.iter() {
                match label.split_once('=') {
                    Some((key, value)) => merge(labels, &json!({key: value})),
                    None => {
                        let labels = labels.as_object_mut().ok_or_else(unknown)?;
                        labels.remove(label.strip_suffix('-').ok_or_else(unknown)?);
                    }
                }
            }
            Ok(())
        }
        ["kubectl", "patch", object] => {
            let text = option("--patch").ok_or_else(unknown)?;
            let fragment: Value = serde_json::from_str(text).map_err(|error| error.to_string())?;
            let one = find(given, object, namespace).ok_or_else(unknown)?;
            merge(one, &fragment);
            Ok(())
        }
        _ => Err(unknown()),
    }
}

/// The words of a command line, quotes taken off.
pub(super) fn words(command: &str) -> Vec<String> {
    let (mut words, mut word, mut quoted) = (Vec::new(), String::new(), false);
    let mut letters = command.chars();
    while let Some(letter) = letters.next() {
        match letter {
            '\'' => quoted = !quoted,
            '\\' if !quoted => word.extend(letters.next()),
            ' ' if !quoted => words.extend((!word.is_empty()).then(|| std::mem::take(&mut word))),
            letter => word.push(letter),
        }
    }
    words.extend((!word.is_empty()).then_some(word));
    words
}

fn is(object: &Value, named: &str, namespace: &str) -> bool {
    let Some((kind, name)) = named.split_once('/') else {
        return false;
    };
    let own = |field: &str| object["metadata"][field].as_str().unwrap_or_default();
    let same_kind = object["kind"]
        .as_str()
        .is_some_and(|own| own.eq_ignore_ascii_case(kind));
    same_kind && own("name") == name && (namespace.is_empty() || own("namespace") == namespace)
}

fn find<'g>(given: &'g mut Value, named: &str, namespace: &str) -> Option<&'g mut Value> {
    let objects = given["objects"].as_array_mut()?;
    objects.iter_mut().find(|one| is(one, named, namespace))
}

/// Applies a whole object: it takes the place of the one of its name.
pub(super) fn apply(given: &mut Value, object: Value) {
    let name = |one: &Value| {
        let metadata = &one["metadata"];
        (
            one["kind"].clone(),
            metadata["namespace"].clone(),
            metadata["name"].clone(),
        )
    };
    if let Some(objects) = given["objects"].as_array_mut() {
        objects.retain(|one| name(one) != name(&object));
        objects.push(object);
    }
}

/// Brings rules, subjects and role of an RBAC object to those of `object`; labels stay.
fn reconcile(given: &mut Value, object: &Value) {
    let mut whole = object.clone();
    let objects = given["objects"].as_array().into_iter().flatten();
    let mut old = objects.filter(|one| {
        let same = |field: &str| one["metadata"][field] == object["metadata"][field];
        one["kind"] == object["kind"] && same("name") && same("namespace")
    });
    if let Some(old) = old.next_back() {
        whole["metadata"] = old["metadata"].clone();
    }
    apply(given, whole);
}

/// Merges a fragment into the object of `subject`, which for pods is their template, or into each of its containers.
pub(super) fn patch(given: &mut Value, subject: &Subject, fragment: &Value) -> Result<(), String> {
    let (kind, name) = subject.name.split_once(' ').unwrap_or_default();
    let named = format!("{kind}/{name}");
    let namespace = subject.namespace.as_deref().unwrap_or_default();
    let missing = || format!("there is no {named}");
    let object = find(given, &named, namespace).ok_or_else(missing)?;
    // What makes pods is changed in their template, everything else itself.
    let templates = ["/spec/jobTemplate/spec/template", "/spec/template"];
    let mut templates = templates.into_iter();
    let template = templates.find(|at| object.pointer(at).is_some());
    let template = template.unwrap_or_default();
    let pod = object.pointer_mut(template).ok_or_else(missing)?;
    if fragment.get("spec").is_some() {
        merge(pod, fragment);
        return Ok(());
    }
    for list in ["containers", "initContainers", "ephemeralContainers"] {
        let containers = pod["spec"].get_mut(list).and_then(Value::as_array_mut);
        for container in containers.into_iter().flatten() {
            merge(container, fragment);
        }
    }
    Ok(())
}
