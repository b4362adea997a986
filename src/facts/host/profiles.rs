//! Profiles that confine containers, as the node has them: what AppArmor has loaded, and seccomp's files.

use std::collections::BTreeMap;

use super::inquiry::{Inquiry, Look};
use super::kernel::cell;
use super::{Body, Host, Purpose};
use crate::facts::component::Component;
use crate::facts::objects::{Container, PodSpec, Profile};
use crate::facts::settings::Scalar;
use crate::facts::workload::{PodIndex, Template, Workload};
use crate::facts::{Cell, Gap, GapReason, Listing, Place, Source};

/// Where a kubelet keeps its files when its configuration does not say.
const KUBELET: &str = "/var/lib/kubelet";
/// How deep profiles lie.
const DEPTH: u32 = 4;
/// Annotations of the time before the field (Kubernetes before 1.30), with the profile behind `localhost/`.
const ANNOTATION: &str = "container.apparmor.security.beta.kubernetes.io/";

/// The loaded AppArmor profiles with their modes; absent where AppArmor is off.
pub(super) fn of_app_armor(
    inquiry: &mut Inquiry<'_>,
    kernel: &Source,
) -> Cell<BTreeMap<String, String>> {
    cell(loaded(inquiry), kernel.clone())
}

fn loaded(inquiry: &mut Inquiry<'_>) -> Look<BTreeMap<String, String>> {
    let enabled = "/sys/module/apparmor/parameters/enabled";
    if inquiry.text(enabled, Purpose::Kernel)? != Some("Y") {
        return Ok(None);
    }
    let path = "/sys/kernel/security/apparmor/profiles";
    match inquiry.body(path, Purpose::AppArmor)? {
        Some(Body::Variables(profiles)) => Ok(Some(profiles.clone())),
        _ => Err(Gap::new(
            "AppArmor profiles of the kernel",
            path,
            GapReason::Unreachable,
            "mount securityfs at /sys/kernel/security",
        )),
    }
}

/// The files below the kubelet's `seccomp` directory, relative to it; nothing where no kubelet runs.
pub(super) fn of_seccomp(
    kubelet: Option<&Component>,
    node: &str,
    inquiry: &mut Inquiry<'_>,
) -> Cell<Vec<String>> {
    let Some(kubelet) = kubelet else {
        return Cell::default();
    };
    let root = match kubelet.flags.get("root-dir") {
        Some(Cell::Value {
            value: Scalar::Text(path),
            ..
        }) if !path.is_empty() => path.clone(),
        Some(Cell::Gap(gap)) => return Cell::Gap(gap.clone()),
        _ => KUBELET.to_owned(),
    };
    let directory = format!("{}/seccomp", root.trim_end_matches('/'));
    let source = Source::from(Place::File {
        node: node.to_owned(),
        path: directory.clone(),
    });
    let names = inquiry.below(&directory, DEPTH).map(|paths| {
        let paths = paths.unwrap_or_default().iter();
        let names = paths.filter_map(|path| path.strip_prefix(&directory)?.strip_prefix('/'));
        Some(names.map(str::to_owned).collect())
    });
    cell(names, source)
}

/// The kernel's list: `NAME (MODE)` a line.
pub(super) fn modes(text: &str) -> BTreeMap<String, String> {
    text.lines()
        .filter_map(|line| line.trim_end().strip_suffix(')')?.rsplit_once(" ("))
        .map(|(name, mode)| (name.to_owned(), mode.to_owned()))
        .collect()
}

impl Host {
    /// Finds out which `Localhost` profiles the pods on this node name, and which of them it lacks.
    pub fn take_pods(&mut self, pods: &PodIndex, workloads: &Listing<Workload>) {
        let of_node = pods.pods().filter(|pod| pod.node == self.node);
        let mut missing: Vec<String> = Vec::new();
        let mut open = workloads.lacks.first().map(|lack| lack.gap.clone());
        for pod in of_node {
            let Some(workload) = workloads.rows.get(pod.workload) else {
                continue;
            };
            let template = workload.templates.get(pod.template);
            for (kind, name) in template.into_iter().flat_map(named) {
                match self.has(kind, &name) {
                    Ok(true) => {}
                    Ok(false) => missing.push(format!(
                        "{kind} {name} of {} {}/{}",
                        workload.kind, workload.namespace, workload.name
                    )),
                    Err(gap) => open = Some(gap),
                }
            }
        }
        missing.sort_unstable();
        missing.dedup();
        let source = Source::computed("profiles of pods and of their node");
        self.missing_profiles = match open {
            // What is missing is missing, whatever else is not known.
            Some(gap) if missing.is_empty() => Cell::Gap(gap),
            _ => Cell::explicit(missing, source),
        };
    }

    fn has(&self, kind: &str, name: &str) -> Result<bool, Gap> {
        match kind {
            SECCOMP => match &self.seccomp_profiles {
                Cell::Value { value, .. } => Ok(value.iter().any(|known| known == name)),
                Cell::Absent { .. } => Ok(false),
                Cell::Gap(gap) => Err(gap.clone()),
            },
            _ => match &self.app_armor_profiles {
                Cell::Value { value, .. } => Ok(value.contains_key(name)),
                Cell::Absent { .. } => Ok(false),
                Cell::Gap(gap) => Err(gap.clone()),
            },
        }
    }
}

const SECCOMP: &str = "seccomp profile";
const APP_ARMOR: &str = "AppArmor profile";

/// The `Localhost` profiles that a template names.
fn named(template: &Template) -> Vec<(&'static str, String)> {
    let PodSpec {
        security_context,
        containers,
        ..
    } = &template.spec;
    let pod = security_context.iter().flat_map(|context| {
        [
            (SECCOMP, &context.seccomp_profile),
            (APP_ARMOR, &context.app_armor_profile),
        ]
    });
    let own = |container: &'_ Container| -> Vec<(&'static str, Option<Profile>)> {
        let context = container.security_context.iter();
        let profiles = context.flat_map(|context| {
            [
                (SECCOMP, context.seccomp_profile.clone()),
                (APP_ARMOR, context.app_armor_profile.clone()),
            ]
        });
        profiles.collect()
    };
    let pod = pod.map(|(kind, profile)| (kind, profile.clone()));
    let all = pod.chain(containers.iter().flat_map(own));
    let stated = all.filter_map(|(kind, profile)| {
        let profile = profile.filter(|profile| profile.type_ == "Localhost")?;
        Some((kind, profile.localhost_profile?))
    });
    let annotated = template.annotations.iter().filter_map(|(key, value)| {
        let name = key
            .strip_prefix(ANNOTATION)
            .and(value.strip_prefix("localhost/"))?;
        Some((APP_ARMOR, name.to_owned()))
    });
    stated.chain(annotated).collect()
}
