//! What a namespace holds, in three values.

use std::collections::BTreeSet;

use crate::facts::objects::{
    Ingress, Namespace, ObjectMeta, Role, RoleBinding, Service, ServiceAccount, ServiceSpec,
};
use crate::facts::workload::Workload;
use crate::facts::{Cell, Facts, Gap, Lacking, Listing, Place, Source};

crate::facts::record! {
    /// What a namespace holds.
    #[derive(Debug, Default)]
    pub struct Contents {
        /// The workloads in it, such as `Deployment web`.
        pub workloads: Cell<Vec<String>>,
        /// Whether it holds anything that the cluster did not put there: workloads, Services, Ingresses, service accounts, roles or bindings. Network policies do not count.
        pub occupied: Cell<bool>,
        /// The Services in it that claim addresses by `spec.externalIPs`, with the addresses, such as `web (192.0.2.7)`.
        pub claiming_services: Cell<Vec<String>>,
    }
}

crate::facts::record! {
    /// What stands beside a service account.
    #[derive(Debug, Default)]
    pub struct Beside {
        /// Whether workloads run, or are declared, in its namespace.
        pub namespace_used: Cell<bool>,
    }
}

/// What stands beside each service account, in their order.
pub(crate) fn beside(facts: &Facts, lacking: &Lacking) -> Vec<Beside> {
    let unread = lacking.below(Workload::schema());
    let workloads = facts.workloads.rows.iter();
    let used: BTreeSet<&str> = workloads.map(|one| one.namespace.as_str()).collect();
    let of = |account: &ServiceAccount| {
        let namespace = account.metadata.namespace.as_str();
        let lack = facts.workloads.lack_in(Some(namespace));
        let namespace_used = match (unread, used.contains(namespace), lack) {
            (Some(gap), ..) | (None, false, Some(gap)) => Cell::Gap(gap.clone()),
            (None, used, _) => Cell::explicit(used, objects_of(namespace)),
        };
        Beside { namespace_used }
    };
    facts.service_accounts.rows.iter().map(of).collect()
}

/// Computes the contents of `namespace`.
pub(crate) fn contents(facts: &Facts, lacking: &Lacking, namespace: &Namespace) -> Contents {
    let name = namespace.metadata.name.as_str();
    let workloads = match lacking.below(Workload::schema()) {
        Some(gap) => Cell::Gap(gap.clone()),
        None => workloads(facts, name),
    };
    Contents {
        occupied: occupied(facts, lacking, name, &workloads),
        claiming_services: claiming(facts, lacking, name),
        workloads,
    }
}

/// Those that were seen; a gap when none was and some may be missing.
fn claiming(facts: &Facts, lacking: &Lacking, namespace: &str) -> Cell<Vec<String>> {
    let schemas = [Service::schema(), ServiceSpec::schema()];
    if let Some(gap) = schemas.into_iter().find_map(|record| lacking.below(record)) {
        return Cell::Gap(gap.clone());
    }
    let services = facts.services.rows.iter();
    let claiming = services.filter(|service| {
        service.metadata.namespace == namespace && !service.spec.external_ips.is_empty()
    });
    let told = claiming.map(|service| {
        let addresses = service.spec.external_ips.join(", ");
        format!("{} ({addresses})", service.metadata.name)
    });
    let told: Vec<String> = told.collect();
    match facts.services.lack_in(Some(namespace)) {
        Some(gap) if told.is_empty() => Cell::Gap(gap.clone()),
        _ => Cell::explicit(told, objects_of(namespace)),
    }
}

/// Those that were seen; a gap when none was and some may be missing.
fn workloads(facts: &Facts, namespace: &str) -> Cell<Vec<String>> {
    let listing = &facts.workloads;
    let here = listing
        .rows
        .iter()
        .filter(|workload| workload.namespace == namespace);
    let names: Vec<String> = here
        .map(|workload| format!("{} {}", workload.kind, workload.name))
        .collect();
    match listing.lack_in(Some(namespace)) {
        Some(gap) if names.is_empty() => Cell::Gap(gap.clone()),
        _ => Cell::explicit(names, objects_of(namespace)),
    }
}

fn objects_of(namespace: &str) -> Source {
    Source::computed(format!("objects of namespace {namespace}"))
}

/// Nothing was seen: known from complete listings only.
fn none(gap: Option<&Gap>, namespace: &str) -> Cell<bool> {
    match gap {
        Some(gap) => Cell::Gap(gap.clone()),
        None => Cell::explicit(false, objects_of(namespace)),
    }
}

fn occupied(
    facts: &Facts,
    lacking: &Lacking,
    namespace: &str,
    workloads: &Cell<Vec<String>>,
) -> Cell<bool> {
    if workloads.value().is_some_and(|names| !names.is_empty()) {
        return Cell::explicit(true, objects_of(namespace));
    }
    let kinds = [
        kind(&facts.services, "Service", namespace, |one| &one.metadata),
        kind(&facts.ingresses, "Ingress", namespace, |one| &one.metadata),
        kind(
            &facts.service_accounts,
            "ServiceAccount",
            namespace,
            |one| &one.metadata,
        ),
        kind(&facts.roles, "Role", namespace, |one| &one.metadata),
        kind(&facts.role_bindings, "RoleBinding", namespace, |one| {
            &one.metadata
        }),
    ];
    let schemas = [
        Service::schema(),
        Ingress::schema(),
        ServiceAccount::schema(),
        Role::schema(),
        RoleBinding::schema(),
    ];
    if let Some(gap) = schemas.into_iter().find_map(|record| lacking.below(record)) {
        return Cell::Gap(gap.clone());
    }
    let seen = kinds.iter().find_map(|(seen, _)| seen.clone());
    let gap = kinds.iter().find_map(|(_, gap)| *gap);
    match (seen, workloads) {
        (Some(source), _) => Cell::explicit(true, source),
        (None, Cell::Gap(gap)) => Cell::Gap(gap.clone()),
        (None, _) => none(gap, namespace),
    }
}

/// The first object of one kind in `namespace` that somebody put there, and why there may be others.
fn kind<'f, T>(
    listing: &'f Listing<T>,
    kind: &str,
    namespace: &str,
    metadata: impl Fn(&T) -> &ObjectMeta,
) -> (Option<Source>, Option<&'f Gap>) {
    let automatic = |name: &str| match kind {
        "ServiceAccount" => name == "default",
        "Service" => namespace == "default" && name == "kubernetes",
        _ => false,
    };
    let mut objects = listing.rows.iter().map(metadata);
    let found = objects.find(|object| object.namespace == namespace && !automatic(&object.name));
    let source = found.map(|object| {
        Source::from(Place::Object {
            kind: kind.to_owned().into(),
            namespace: namespace.to_owned(),
            name: object.name.clone(),
        })
    });
    (source, listing.lack_in(Some(namespace)))
}

#[cfg(test)]
mod tests {
    use super::super::fixture::{lack, world};
    use super::*;

    const NAMESPACE: &str = "{kind: Namespace, apiVersion: v1, metadata: {name: default}}\n---\n";

    fn occupied_by(kind: &str, name: &str) -> Facts {
        let version = match kind {
            "Ingress" | "NetworkPolicy" => "networking.k8s.io/v1",
            "Role" | "RoleBinding" => "rbac.authorization.k8s.io/v1",
            _ => "v1",
        };
        let object = format!(
            "{{kind: {kind}, apiVersion: {version}, metadata: {{name: {name}, namespace: default}}}}"
        );
        world(&format!("{NAMESPACE}{object}"), &[])
    }

    fn computed(facts: &Facts) -> [Option<bool>; 2] {
        let got = contents(facts, &Lacking::default(), &facts.namespaces.rows[0]);
        let present = got.workloads.value().map(|names| !names.is_empty());
        [present, got.occupied.value().copied()]
    }

    #[test]
    fn what_the_cluster_puts_there_does_not_occupy() {
        let cases = [
            ("Pod", "a", true, true),
            ("Service", "a", false, true),
            ("Service", "kubernetes", false, false),
            ("ServiceAccount", "default", false, false),
            ("ServiceAccount", "a", false, true),
            ("Ingress", "a", false, true),
            ("Role", "a", false, true),
            ("RoleBinding", "a", false, true),
            ("NetworkPolicy", "a", false, false),
        ];
        for (kind, name, workload, occupied) in cases {
            let mut facts = occupied_by(kind, name);
            assert_eq!(
                computed(&facts),
                [workload, occupied].map(Some),
                "{kind} {name}"
            );
            // What was seen stays; that nothing else is there is no longer known.
            for lacks in [&mut facts.services.lacks, &mut facts.workloads.lacks] {
                lacks.push(lack());
            }
            let known = |seen: bool| seen.then_some(true);
            assert_eq!(
                computed(&facts),
                [workload, occupied].map(known),
                "{kind} {name}"
            );
        }
    }
}
