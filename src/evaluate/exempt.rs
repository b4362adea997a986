//! Exemptions of profiles: which verdicts do not count, because the workload could not do its work otherwise.
//!
//! A workload is known by what it runs, never by its name alone: with one more container, another image or program, or a
//! command beside it, it is somebody else's.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

use crate::catalog::{Control, Pattern, Profile, WorkloadPattern};
use crate::facts::objects::{Container, PodSpec, Probe, Volume};
use crate::facts::workload::Workload;
use crate::facts::{Facts, Lacking};
use crate::outcome::{Exemption, Fingerprint, Judged, Status};

/// The verdicts of `judgement` that `profiles` exempt, by fingerprint: those that failed, and those that are not known.
pub fn exempted(
    facts: &Facts,
    lacking: &Lacking,
    profiles: &[&Profile],
    judgement: &[Judged<'_>],
) -> BTreeMap<Fingerprint, Vec<Exemption>> {
    let mut exempted = BTreeMap::new();
    // What is not recorded cannot be compared, so nothing is exempt.
    if lacking.below(Workload::schema()).is_some() {
        return exempted;
    }
    for profile in profiles {
        let subjects = profile.exemptions.iter().map(|exemption| {
            let workloads = facts.workloads.rows.iter();
            let fitting = workloads.filter(|workload| {
                let mut patterns = exemption.workloads.iter();
                patterns.any(|pattern| fits(pattern, workload))
            });
            let names = fitting.map(|workload| {
                let name: Arc<str> = format!("{} {}", workload.kind, workload.name).into();
                ("workload", workload.namespace.as_str(), name)
            });
            let namespaces = exemption.namespaces.iter().map(|name| {
                let subject: Arc<str> = name.as_str().into();
                ("namespace", name.as_str(), subject)
            });
            (exemption, names.chain(namespaces).collect::<BTreeSet<_>>())
        });
        let subjects: Vec<_> = subjects.collect();
        for judged in judgement {
            let controls = controls(profile, &judged.evaluation.check);
            let of_check = subjects.iter().filter(|(exemption, _)| {
                let mut checks = exemption.checks.iter();
                checks.any(|check| check.value == judged.evaluation.check)
            });
            for (exemption, names) in of_check {
                if controls.is_empty() || names.is_empty() {
                    continue;
                }
                let outcomes = judged.outcomes.iter().filter(|outcome| {
                    let subject = &outcome.subject;
                    let namespace = subject.namespace.as_deref().unwrap_or_default();
                    matches!(outcome.status, Status::Fail | Status::Unknown)
                        && names.contains(&(&*subject.kind, namespace, subject.name.clone()))
                });
                for outcome in outcomes {
                    let exemptions: &mut Vec<Exemption> =
                        exempted.entry(outcome.fingerprint).or_default();
                    let exemption = Exemption {
                        profile: profile.id.value.clone(),
                        controls: controls.clone(),
                        reason: exemption.reason.clone(),
                    };
                    if !exemptions.contains(&exemption) {
                        exemptions.push(exemption);
                    }
                }
            }
        }
    }
    exempted
}

/// The controls of `profile` that a check answers.
fn controls(profile: &Profile, check: &str) -> Vec<String> {
    let answered = |control: &&Control| control.checks.iter().any(|known| known.value == check);
    let controls = profile.sections.iter().flat_map(|part| &part.controls);
    let controls = controls.filter(answered);
    controls.map(|control| control.id.value.clone()).collect()
}

/// Whether all that `workload` runs or declares is what the pattern says.
fn fits(pattern: &WorkloadPattern, workload: &Workload) -> bool {
    let kubernetes = ["", "apps", "batch"].contains(&workload.api_group.as_str());
    let mut templates = workload.templates.iter();
    kubernetes
        && workload.namespace == pattern.namespace
        && workload.kind == pattern.kind
        && pattern.name.matches(&workload.name)
        && !workload.templates.is_empty()
        && templates.all(|template| runs(pattern, &template.spec))
}

fn runs(pattern: &WorkloadPattern, spec: &PodSpec) -> bool {
    let mut containers = spec.containers.iter();
    let volumes = spec.volumes.iter();
    let mut host_paths = volumes.filter_map(|volume| volume.source.host_path.as_ref());
    !spec.containers.is_empty()
        && containers.all(|container| is(pattern, container))
        // A claim may stand for any path.
        && (pattern.host_paths.is_empty()
            || host_paths.all(|volume| any(&pattern.host_paths, &volume.path))
                && !spec.volumes.iter().any(claims))
}

fn claims(volume: &Volume) -> bool {
    volume.source.persistent_volume_claim.is_some() || volume.source.ephemeral.is_some()
}

fn is(pattern: &WorkloadPattern, container: &Container) -> bool {
    let program = match container.command.first() {
        Some(program) => pattern.commands.contains(program),
        None => pattern.commands.is_empty(),
    };
    let probes = [
        &container.liveness_probe,
        &container.readiness_probe,
        &container.startup_probe,
    ];
    let executes = |probe: &Option<Box<Probe>>| {
        let probe = probe.as_ref();
        probe.is_some_and(|probe| probe.handler.exec.is_some())
    };
    program
        && ["main", "init", "sidecar"].contains(&container.role.as_str())
        && any(&pattern.images, repository(&container.image))
        && container.lifecycle.is_none()
        && !probes.into_iter().any(executes)
}

fn any(patterns: &[Pattern], text: &str) -> bool {
    patterns.iter().any(|pattern| pattern.matches(text))
}

/// An image without its tag and digest.
fn repository(image: &str) -> &str {
    let name = image.split('@').next().unwrap_or_default();
    match name.rsplit_once(':') {
        Some((repository, tag)) if !tag.contains('/') => repository,
        _ => name,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::{Value, json};

    fn kube_proxy() -> WorkloadPattern {
        WorkloadPattern {
            namespace: "kube-system".into(),
            kind: "DaemonSet".into(),
            name: Pattern::new("kube-proxy"),
            images: vec![Pattern::new("registry.k8s.io/kube-proxy")],
            commands: vec!["/usr/local/bin/kube-proxy".into()],
            host_paths: vec![Pattern::new("/lib/modules"), Pattern::new("/run/x*")],
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
        let image = "/templates/0/spec/containers/0/image";
        let volumes = "/templates/0/spec/volumes";
        for (at, value) in [
            (image, json!("registry.k8s.io/kube-proxy:v1.36.3")),
            (image, json!("registry.k8s.io/kube-proxy@sha256:0123")),
            (image, json!("registry.k8s.io/kube-proxy:v1@sha256:0123")),
            (volumes, json!({"name": "c", "emptyDir": {}})),
            (
                volumes,
                json!({"name": "c", "hostPath": {"path": "/run/xtables.lock"}}),
            ),
        ] {
            let same = workload(at, value.clone());
            assert!(fits(&kube_proxy(), &same), "{at} {value}");
        }
    }

    #[test]
    fn look_alikes_are_not() {
        let container = "/templates/0/spec/containers/0";
        let shell = json!({"exec": {"command": ["sh"]}});
        let other = json!({"name": "x", "role": "init", "image": "busybox", "command": ["/usr/local/bin/kube-proxy"]});
        let root = json!({"name": "r", "hostPath": {"path": "/"}});
        let within = |field: &str| format!("{container}/{field}");
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
            ("/templates/0/spec/volumes".to_owned(), root.clone()),
            (within("image"), json!("evil.example/kube-proxy:v1.36.3")),
            (within("image"), json!("registry.k8s.io/kube-proxy/x:1")),
            (within("image"), json!("registry.k8s.io:443/kube-proxy")),
            (within("command/0"), json!("/bin/sh")),
            (within("command/0"), json!("kube-proxy")),
            (within("role"), json!("ephemeral")),
            (within("lifecycle"), json!({"postStart": shell})),
            (within("livenessProbe"), shell.clone()),
        ] {
            let different = workload(&at, value.clone());
            assert!(!fits(&kube_proxy(), &different), "{at} {value}");
        }
        let mut no_command = workload("/name", json!("kube-proxy"));
        no_command.templates[0].spec.containers[0].command.clear();
        assert!(!fits(&kube_proxy(), &no_command));
        // Directories of the node are looked at only where the pattern says so.
        let mut pattern = kube_proxy();
        pattern.host_paths.clear();
        assert!(fits(&pattern, &workload("/templates/0/spec/volumes", root)));
    }
}
