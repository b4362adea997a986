//! Which containers may use all memory of their node.
//!
//! A container is held by its own limit, by the limit of its pod in versions that know it, or by a LimitRange of its
//! namespace, which admission writes into the pods that it lets in
//! (<https://kubernetes.io/docs/concepts/policy/limit-range/>). A limit of nothing is none.

use crate::facts::objects::{
    Amounts, Container, LimitRange, PodSpec, Quantity, ResourceRequirements,
};
use crate::facts::semantics::POD_LEVEL_RESOURCES;
use crate::facts::settings::Version;
use crate::facts::workload::{Template, Workload};
use crate::facts::{Cell, Facts, Gap, GapReason, Lacking, Source};

crate::facts::record! {
    /// How much memory the containers of a pod may use.
    #[derive(Debug, Default)]
    pub struct Memory {
        /// The containers that nothing limits. Debug containers cannot have limits and are left out.
        pub memory_unlimited: Cell<Vec<String>>,
    }
}

const MEMORY: &str = "memory";

/// What holds for all pods of a cluster.
pub(crate) struct Limits<'f> {
    facts: &'f Facts,
    lacking: &'f Lacking,
    /// Whether the limits of pods are known to mean nothing.
    too_old: bool,
}

impl<'f> Limits<'f> {
    pub(crate) fn new(facts: &'f Facts, lacking: &'f Lacking) -> Self {
        let version = facts.cluster.version.value();
        let version = version.and_then(|text| Version::parse(text));
        let too_old = POD_LEVEL_RESOURCES.holds(version) == Some(false);
        Self {
            facts,
            lacking,
            too_old,
        }
    }

    /// Judges a template of `workload`.
    pub(crate) fn of(&self, workload: &Workload, template: &Template) -> Memory {
        let answer = self.unlimited(workload, template);
        let source = Source::computed("limits of containers, pod and namespace");
        Memory {
            memory_unlimited: match answer {
                Ok(names) => Cell::explicit(names, source),
                Err(gap) => Cell::Gap(gap),
            },
        }
    }

    fn unlimited(&self, workload: &Workload, template: &Template) -> Result<Vec<String>, Gap> {
        let known = |gap: Option<&Gap>| gap.map_or(Ok(()), |gap| Err(gap.clone()));
        let lacking = self.lacking;
        known(lacking.among(PodSpec::schema(), &["containers"]))?;
        known(lacking.among(Container::schema(), &["name", "resources", "role"]))?;
        known(lacking.below(ResourceRequirements::schema()))?;
        let containers = template.spec.containers.iter();
        let names: Vec<String> = containers
            .filter(|one| one.role != "ephemeral" && !limited(&one.resources.limits))
            .map(|one| one.name.clone())
            .collect();
        if names.is_empty() {
            return Ok(names);
        }
        known(lacking.among(PodSpec::schema(), &["resources"]))?;
        let pod = template.spec.resources.as_ref();
        if !self.too_old && pod.is_some_and(|pod| limited(&pod.limits)) {
            return Ok(Vec::new());
        }
        // What runs has been through admission: a LimitRange would show in it.
        if template.running {
            return Ok(names);
        }
        known(lacking.below(LimitRange::schema()))?;
        let listing = &self.facts.limit_ranges;
        let mut here = listing.rows.iter();
        let place = home(&workload.namespace);
        if here.any(|range| home(&range.metadata.namespace) == place && gives(range)) {
            return Ok(Vec::new());
        }
        let lacks = listing.lacks.iter();
        let mut lacks = lacks.filter(|lack| {
            // Nobody limits a pod by what is not among its manifests.
            lack.gap.reason != GapReason::Outside
                && lack.namespace.as_ref().is_none_or(|name| *name == place)
        });
        match lacks.next() {
            Some(lack) => Err(lack.gap.clone()),
            None => Ok(names),
        }
    }
}

/// A manifest without a namespace goes to that of the context, `default` unless somebody says otherwise.
pub(super) fn home(namespace: &str) -> &str {
    match namespace {
        "" => "default",
        name => name,
    }
}

fn limited(limits: &Amounts) -> bool {
    limits
        .get(MEMORY)
        .is_some_and(|limit: &Quantity| !limit.is_zero())
}

/// Whether a LimitRange gives containers a limit; `max` is the default of `default` (SetDefaults_LimitRangeItem).
fn gives(range: &LimitRange) -> bool {
    let mut items = range.spec.limits.iter();
    items.any(|item| {
        let stated = item.default_limits.get(MEMORY).is_some();
        item.type_ == "Container"
            && limited(if stated {
                &item.default_limits
            } else {
                &item.max
            })
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::evaluate::engines::fixture;

    fn unlimited(version: Option<&str>, objects: &[&str]) -> Option<Vec<String>> {
        let mut facts = fixture::world(&objects.join("\n---\n"), &[]);
        if let Some(version) = version {
            let source = Source::computed("a test");
            facts.cluster.version = Cell::explicit(version.to_owned(), source);
        }
        let lacking = Lacking::default();
        let limits = Limits::new(&facts, &lacking);
        let workload = &facts.workloads.rows[0];
        let memory = limits.of(workload, &workload.templates[0]);
        memory.memory_unlimited.value().cloned()
    }

    fn pod(rest: &str) -> String {
        format!(
            "{{apiVersion: v1, kind: Pod, metadata: {{name: p, namespace: quay}}, spec: {{{rest}}}}}"
        )
    }

    #[test]
    fn nothing_is_no_limit() {
        for (amount, limited) in [
            ("1Gi", true),
            ("'1'", true),
            ("0.5Gi", true),
            ("10", true),
            ("1e6", true),
            ("'0'", false),
            ("0", false),
            ("0Mi", false),
            ("'0.0'", false),
            ("0e3", false),
            ("null", false),
            ("''", false),
        ] {
            let limits = format!("resources: {{limits: {{memory: {amount}}}}}");
            let of_container = pod(&format!("containers: [{{name: c, {limits}}}]"));
            let of_pod = pod(&format!("{limits}, containers: [{{name: c}}]"));
            for text in [of_container, of_pod] {
                let names = unlimited(None, &[&text]).unwrap();
                assert_eq!(names.is_empty(), limited, "{text}");
            }
        }
    }

    #[test]
    fn the_limit_of_a_pod_holds_where_the_version_knows_it() {
        let text = pod(
            "resources: {limits: {memory: 1Gi}}, containers: [{name: c}], initContainers: [{name: i}]",
        );
        for (version, limited) in [
            (None, true),
            (Some("1.36.3"), true),
            (Some("v1.34.0+k3s1"), true),
            (Some("1.33.9"), false),
            (Some("1.28.0"), false),
        ] {
            let names = unlimited(version, &[&text]).unwrap();
            assert_eq!(names.is_empty(), limited, "{version:?}");
        }
        let only_cpu = pod("resources: {limits: {cpu: 1}}, containers: [{name: c}]");
        assert_eq!(unlimited(None, &[&only_cpu]).unwrap(), ["c"]);
    }

    #[test]
    fn a_limit_range_limits_what_is_not_admitted_yet() {
        let range = |namespace: &str, item: &str| {
            format!(
                "{{apiVersion: v1, kind: LimitRange, metadata: {{name: l, namespace: {namespace}}}, spec: {{limits: [{{{item}}}]}}}}"
            )
        };
        let declared = pod("containers: [{name: c}]");
        let running = declared.replace("spec:", "status: {phase: Running}, spec:");
        for (namespace, item, limited) in [
            ("quay", "type: Container, default: {memory: 1Gi}", true),
            ("quay", "type: Container, max: {memory: 1Gi}", true),
            (
                "quay",
                "type: Container, max: {memory: 1Gi}, default: {memory: '0'}",
                false,
            ),
            (
                "quay",
                "type: Container, defaultRequest: {memory: 1Gi}",
                false,
            ),
            ("quay", "type: Container, default: {cpu: 1}", false),
            ("quay", "type: Pod, max: {memory: 1Gi}", false),
            ("reef", "type: Container, default: {memory: 1Gi}", false),
        ] {
            let range = range(namespace, item);
            let names = unlimited(None, &[&declared, &range]).unwrap();
            assert_eq!(names.is_empty(), limited, "{range}");
            assert_eq!(unlimited(None, &[&running, &range]).unwrap(), ["c"]);
        }
    }
}
