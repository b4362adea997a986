//! Exemptions of profiles: which verdicts do not count, because the workload could not do its work otherwise.
//!
//! A workload is known by what it runs, never by its name alone: one more container, another image or program, a command
//! beside it or one more directory of the node, and it is somebody else's.

use std::collections::BTreeSet;

use crate::catalog::{Profile, WorkloadPattern};
use crate::facts::objects::{Container, PodSpec, Probe};
use crate::facts::workload::Workload;
use crate::facts::{Facts, Lacking};
use crate::outcome::{Judgement, Status};

/// A verdict that does not count for some controls of a profile.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Exempted {
    /// The verdict.
    pub fingerprint: String,
    /// The profile.
    pub profile: String,
    /// The controls of the profile that the check answers.
    pub controls: Vec<String>,
    /// Why.
    pub reason: String,
}

/// The verdicts of `judgement` that `profile` exempts: those that failed, and those that are not known.
pub fn exempted(
    facts: &Facts,
    lacking: &Lacking,
    profile: &Profile,
    judgement: &Judgement,
) -> Vec<Exempted> {
    // What is not recorded cannot be compared, so nothing is exempt.
    if lacking.below(Workload::schema()).is_some() {
        return Vec::new();
    }
    let mut exempted = Vec::new();
    for exemption in &profile.exemptions {
        let workloads = facts.workloads.rows.iter();
        let subjects: BTreeSet<(&str, String)> = workloads
            .filter(|workload| fits(&exemption.workload, workload))
            .map(|workload| {
                let name = format!("{} {}", workload.kind, workload.name);
                (workload.namespace.as_str(), name)
            })
            .collect();
        for evaluation in &judgement.evaluations {
            let named = |id: &str| id == evaluation.check;
            if !exemption.checks.iter().any(|check| named(&check.value)) {
                continue;
            }
            let controls: Vec<String> = profile
                .sections
                .iter()
                .flat_map(|section| &section.controls)
                .filter(|control| control.checks.iter().any(|check| named(&check.value)))
                .map(|control| control.id.value.clone())
                .collect();
            if controls.is_empty() {
                continue;
            }
            let outcomes = judgement.outcomes.iter().filter(|outcome| {
                let subject = &outcome.subject;
                let namespace = subject.namespace.as_deref().unwrap_or_default();
                outcome.evaluation == evaluation.id
                    && subject.kind == "workload"
                    && matches!(outcome.status, Status::Fail | Status::Unknown)
                    && subjects.contains(&(namespace, subject.name.clone()))
            });
            exempted.extend(outcomes.map(|outcome| Exempted {
                fingerprint: outcome.fingerprint.clone(),
                profile: profile.id.value.clone(),
                controls: controls.clone(),
                reason: exemption.reason.clone(),
            }));
        }
    }
    exempted
}

/// Whether all that `workload` runs or declares is what the pattern says.
fn fits(pattern: &WorkloadPattern, workload: &Workload) -> bool {
    let kubernetes = ["", "apps", "batch"].contains(&workload.api_group.as_str());
    kubernetes
        && workload.namespace == pattern.namespace
        && workload.kind == pattern.kind
        && like(&pattern.name, &workload.name)
        && !workload.templates.is_empty()
        && workload
            .templates
            .iter()
            .all(|template| runs(pattern, &template.spec))
}

fn runs(pattern: &WorkloadPattern, spec: &PodSpec) -> bool {
    let mut host_paths = spec
        .volumes
        .iter()
        .filter_map(|volume| volume.source.host_path.as_ref());
    !spec.containers.is_empty()
        && spec
            .containers
            .iter()
            .all(|container| is(pattern, container))
        && host_paths.all(|volume| pattern.host_paths.contains(&volume.path))
}

fn is(pattern: &WorkloadPattern, container: &Container) -> bool {
    let image = repository(&container.image);
    let program = match container.command.first() {
        Some(program) => pattern.commands.contains(program),
        None => pattern.commands.is_empty(),
    };
    let probes = [
        &container.liveness_probe,
        &container.readiness_probe,
        &container.startup_probe,
    ];
    let executes = |probe: &Option<Probe>| {
        let probe = probe.as_ref();
        probe.is_some_and(|probe| probe.handler.exec.is_some())
    };
    program
        && ["main", "init", "sidecar"].contains(&container.role.as_str())
        && pattern.images.iter().any(|pattern| like(pattern, image))
        && container.lifecycle.is_none()
        && !probes.into_iter().any(executes)
}

/// An image without its tag and digest.
fn repository(image: &str) -> &str {
    let name = image.split('@').next().unwrap_or_default();
    match name.rsplit_once(':') {
        Some((repository, tag)) if !tag.contains('/') => repository,
        _ => name,
    }
}

/// Whether `text` fits `pattern`, in which `*` stands for any text.
fn like(pattern: &str, text: &str) -> bool {
    let Some((start, rest)) = pattern.split_once('*') else {
        return pattern == text;
    };
    let Some(mut left) = text.strip_prefix(start) else {
        return false;
    };
    let mut parts: Vec<&str> = rest.split('*').collect();
    let end = parts.pop().unwrap_or_default();
    for part in parts {
        match left.split_once(part) {
            Some((_, after)) => left = after,
            None => return false,
        }
    }
    left.ends_with(end)
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::{Value, json};

    fn kube_proxy() -> WorkloadPattern {
        WorkloadPattern {
            namespace: "kube-system".into(),
            kind: "DaemonSet".into(),
            name: "kube-proxy".into(),
            images: vec!["registry.k8s.io/kube-proxy".into()],
            commands: vec!["/usr/local/bin/kube-proxy".into()],
            host_paths: vec!["/lib/modules".into()],
        }
    }

    /// A workload like kube-proxy, with some fields changed.
    fn workload(at: &str, value: Value) -> Workload {
        let mut json = json!({
            "namespace": "kube-system", "apiGroup": "apps", "kind": "DaemonSet", "name": "kube-proxy",
            "templates": [{"spec": {
                "volumes": [{"name": "m", "hostPath": {"path": "/lib/modules"}}],
                "containers": [{
                    "name": "kube-proxy", "role": "main", "image": "registry.k8s.io/kube-proxy:v1.36.3",
                    "command": ["/usr/local/bin/kube-proxy", "--config=/c"],
                }],
            }}],
        });
        match json.pointer_mut(at) {
            Some(Value::Array(list)) => list.push(value),
            Some(place) => *place = value,
            None => {
                let (parent, key) = at.rsplit_once('/').unwrap();
                json.pointer_mut(parent).unwrap()[key] = value;
            }
        }
        serde_json::from_value(json).unwrap()
    }

    #[test]
    fn what_kubernetes_ships_is_known_by_what_it_runs() {
        let container = "/templates/0/spec/containers/0";
        for image in [
            "registry.k8s.io/kube-proxy:v1.36.3",
            "registry.k8s.io/kube-proxy@sha256:0123",
            "registry.k8s.io/kube-proxy:v1.36.3@sha256:0123",
        ] {
            let same = workload(&format!("{container}/image"), json!(image));
            assert!(fits(&kube_proxy(), &same), "{image}");
        }
    }

    #[test]
    fn look_alikes_are_not() {
        let container = "/templates/0/spec/containers/0";
        let shell = json!({"exec": {"command": ["sh"]}});
        let other = json!({"name": "x", "role": "init", "image": "busybox", "command": ["/usr/local/bin/kube-proxy"]});
        for (at, value) in [
            ("/namespace".to_owned(), json!("quay")),
            ("/kind".to_owned(), json!("Deployment")),
            ("/apiGroup".to_owned(), json!("apps.kruise.io")),
            ("/name".to_owned(), json!("kube-proxy-2")),
            (
                "/templates".to_owned(),
                json!({"spec": {"containers": [other]}}),
            ),
            ("/templates".to_owned(), json!({"spec": {}})),
            ("/templates/0/spec/containers".to_owned(), other.clone()),
            (
                "/templates/0/spec/volumes".to_owned(),
                json!({"name": "r", "hostPath": {"path": "/"}}),
            ),
            (
                format!("{container}/image"),
                json!("evil.example/kube-proxy:v1.36.3"),
            ),
            (
                format!("{container}/image"),
                json!("registry.k8s.io/kube-proxy/x:1"),
            ),
            (
                format!("{container}/image"),
                json!("registry.k8s.io:443/kube-proxy"),
            ),
            (format!("{container}/command/0"), json!("/bin/sh")),
            (format!("{container}/command/0"), json!("kube-proxy")),
            (format!("{container}/role"), json!("ephemeral")),
            (
                format!("{container}/lifecycle"),
                json!({"postStart": shell}),
            ),
            (format!("{container}/livenessProbe"), shell.clone()),
        ] {
            let different = workload(&at, value.clone());
            assert!(!fits(&kube_proxy(), &different), "{at} {value}");
        }
        let mut no_command = workload("/name", json!("kube-proxy"));
        no_command.templates[0].spec.containers[0].command.clear();
        assert!(!fits(&kube_proxy(), &no_command));
    }

    #[test]
    fn stars_stand_for_any_text() {
        for (pattern, text, expected) in [
            ("a", "a", true),
            ("a", "ab", false),
            ("*/a", "x/y/a", true),
            ("*/a", "a", false),
            ("a-*", "a-", true),
            ("a*b*c", "a1b2c", true),
            ("a*b*c", "acb", false),
            ("a*a", "a", false),
            ("*", "", true),
        ] {
            assert_eq!(like(pattern, text), expected, "{pattern} {text}");
        }
    }
}
