//! A judgement made by hand, as wide as reports get: every status, shared causes, many subjects, waivers, gaps.

use std::collections::BTreeMap;

use crate::catalog::{
    Check, Control, Pattern, Place, Profile, Section, Selector, Severity, SubjectKind, Waiver,
};
use crate::facts::{Gap, GapReason};
use crate::outcome::{
    Change, Evidence, Instances, Judgement, Outcome, Reason, Remediation, Status, Subject, Words,
};
use crate::report::document::{Cluster, Source, SourceKind};
use crate::report::{Input, Report};
use crate::score::fixture::{
    check, control, fingerprint, judgement, outcome, profile, said, section, spot, unknown,
};
use crate::score::{Overlay, score};

mod outcomes;

use outcomes::{control_plane, nodes, policies, waivers, workloads};

const API_SERVER: &str = "/etc/kubernetes/manifests/kube-apiserver.yaml";
const NO_KUBELET: [&str; 2] = [
    "the kubelet configuration of w1 was not read: endpoint not verified",
    "add --ssh w1, or let the kubelet serve a certificate that the cluster signed",
];

const CHECKS: [(&str, &str, Severity, SubjectKind); 11] = {
    use Severity::{Critical, High, Info, Low, Medium};
    use SubjectKind::{ApiServer, Certificate, Etcd, File, Kubelet, Namespace, Role, Workload};
    [
        (
            "apiserver-audit-log-missing",
            "The API server keeps no audit log",
            High,
            ApiServer,
        ),
        (
            "apiserver-audit-log-short",
            "Audit logs are thrown away early",
            Medium,
            ApiServer,
        ),
        (
            "apiserver-profiling",
            "The API server serves profiles of itself",
            Low,
            ApiServer,
        ),
        (
            "certificate-expires",
            "A certificate in use expires soon",
            Medium,
            Certificate,
        ),
        (
            "etcd-client-auth",
            "etcd serves clients without a certificate",
            Critical,
            Etcd,
        ),
        (
            "file-mode-loose",
            "A file of the control plane is open to others",
            High,
            File,
        ),
        (
            "kubelet-anonymous-auth",
            "The kubelet answers anonymous requests",
            Critical,
            Kubelet,
        ),
        (
            "kubelet-hostname-override",
            "The kubelet's name is overridden",
            Info,
            Kubelet,
        ),
        (
            "namespace-not-isolated",
            "A namespace lets all traffic in",
            Medium,
            Namespace,
        ),
        ("role-wildcard", "A role grants everything", High, Role),
        (
            "workload-privileged",
            "A container runs privileged",
            Critical,
            Workload,
        ),
    ]
};

/// Id, title, weight, and the controls: id, title, checks.
type Sections = &'static [(&'static str, &'static str, Option<u8>, &'static [Row])];
type Row = (&'static str, &'static str, &'static [&'static str]);

const CIS: Sections = &[
    (
        "1",
        "Control plane components",
        None,
        &[
            (
                "1.1.13",
                "admin.conf is closed to others",
                &["file-mode-loose"],
            ),
            ("1.2.15", "Profiling is off", &["apiserver-profiling"]),
            (
                "1.2.16",
                "The audit log is on",
                &["apiserver-audit-log-missing"],
            ),
            (
                "1.2.17",
                "Audit logs are kept long enough",
                &["apiserver-audit-log-short"],
            ),
        ],
    ),
    (
        "2",
        "etcd",
        None,
        &[("2.2", "Clients need a certificate", &["etcd-client-auth"])],
    ),
    (
        "3",
        "Control plane configuration",
        None,
        &[("3.2.1", "There is an audit policy", &[])],
    ),
    (
        "4",
        "Worker nodes",
        None,
        &[
            (
                "4.2.1",
                "Anonymous requests are refused",
                &["kubelet-anonymous-auth"],
            ),
            (
                "4.2.7",
                "The host name is not overridden",
                &["kubelet-hostname-override"],
            ),
        ],
    ),
    (
        "5",
        "Policies",
        None,
        &[
            (
                "5.1.3",
                "Roles grant no more than is needed",
                &["role-wildcard"],
            ),
            (
                "5.2.2",
                "Privileged containers are not admitted",
                &["workload-privileged"],
            ),
            (
                "5.2.10",
                "HostProcess containers are not admitted",
                &["workload-privileged"],
            ),
            (
                "5.3.2",
                "Every namespace has network policies",
                &["namespace-not-isolated"],
            ),
        ],
    ),
];

const CKS: Sections = &[
    (
        "setup",
        "Cluster Setup",
        Some(15),
        &[(
            "network-policies",
            "Namespaces are isolated",
            &["namespace-not-isolated"],
        )],
    ),
    (
        "hardening",
        "Cluster Hardening",
        Some(15),
        &[
            ("rbac", "Roles are small", &["role-wildcard"]),
            (
                "certificates",
                "Certificates are renewed",
                &["certificate-expires", "etcd-client-auth"],
            ),
        ],
    ),
    (
        "system",
        "System Hardening",
        Some(10),
        &[(
            "kubelet",
            "Kubelets are closed",
            &["kubelet-anonymous-auth"],
        )],
    ),
    (
        "workloads",
        "Minimize Microservice Vulnerabilities",
        Some(20),
        &[(
            "privileged",
            "No container runs privileged",
            &["workload-privileged"],
        )],
    ),
    ("supply-chain", "Supply Chain Security", Some(20), &[]),
    (
        "runtime",
        "Monitoring, Logging and Runtime Security",
        Some(20),
        &[(
            "audit",
            "There is a useful audit log",
            &["apiserver-audit-log-missing", "apiserver-audit-log-short"],
        )],
    ),
];

pub(super) fn checks() -> BTreeMap<String, Check> {
    let named = CHECKS
        .map(|(id, title, severity, subject)| (id.to_owned(), check(id, title, severity, subject)));
    named.into()
}

fn sections(sections: Sections) -> Vec<Section> {
    let control = |(id, title, checks): &Row| Control {
        title: (*title).into(),
        level: Some(1),
        ..control(id, checks)
    };
    let section = |(id, title, weight, controls): &(&str, &str, Option<u8>, &[Row])| Section {
        title: (*title).into(),
        ..section(id, *weight, controls.iter().map(control).collect())
    };
    sections.iter().map(section).collect()
}

pub(super) fn profiles() -> [Profile; 2] {
    let mut cis = profile(sections(CIS));
    cis.id.value = "cis-2.0.1".into();
    cis.title = "CIS Kubernetes Benchmark 2.0.1".into();
    cis.pass_mark = None;
    cis.sections[4].controls[2].not_applicable = Some("no node runs Windows".into());
    [cis, profile(sections(CKS))]
}

fn about(check: &str, status: Status, subject: Subject, message: &str) -> Outcome<'static> {
    Outcome {
        fingerprint: fingerprint(&[
            check,
            subject.namespace.as_deref().unwrap_or_default(),
            &subject.name,
        ]),
        subject: subject.into(),
        told: said(message),
        ..outcome(check, status, "")
    }
}

fn on(kind: &'static str, name: &str, node: &str) -> Subject {
    Subject {
        node: Some(node.into()),
        place: None,
        ..Subject::new(kind, name)
    }
}

fn within(kind: &'static str, name: &str, namespace: &str) -> Subject {
    Subject {
        namespace: Some(namespace.into()),
        ..Subject::new(kind, name)
    }
}

fn seen(outcome: Outcome<'static>, evidence: &[[&str; 3]]) -> Outcome<'static> {
    let read = evidence.iter().map(|[fact, value, source]| Evidence {
        fact: (*fact).into(),
        value: (*value).into(),
        source: (*source).into(),
    });
    let words = Words {
        evidence: read.collect(),
        message: outcome.told.words().message.clone(),
    };
    Outcome {
        told: words.into(),
        ..outcome
    }
}

pub(super) fn fixed(
    outcome: Outcome<'static>,
    target: &str,
    line: &str,
    place: &str,
) -> Outcome<'static> {
    let change = Change {
        target: target.into(),
        summary: format!("Mend {}.", outcome.evaluation),
        line: line.into(),
        ..Change::default()
    };
    let fix = Remediation {
        change: change.into(),
        place: place.into(),
        node: None,
    };
    Outcome {
        fix: Some(fix),
        ..outcome
    }
}

pub(super) fn judged() -> Judgement<'static> {
    judgement(
        &checks(),
        [control_plane(), nodes(), workloads(), policies()].concat(),
    )
}

pub(super) fn gaps() -> Vec<Gap> {
    vec![
        Gap::new(
            "kubelet configuration",
            "w1",
            GapReason::UnverifiedEndpoint,
            NO_KUBELET[1],
        ),
        Gap::new("files of w1", "w1", GapReason::NotAsked, "add --ssh w1"),
        Gap::new("files of w1", "w1", GapReason::NotAsked, "add --ssh w1"),
        Gap::new(
            "Secrets",
            "/api/v1/secrets",
            GapReason::NotAsked,
            "add --secrets",
        ),
    ]
}

/// A report about `judged`, with these profiles.
pub(super) fn assembled(
    profiles: &[Profile],
    judged: Judgement<'static>,
    all: bool,
) -> Report<'static> {
    let checks = checks();
    let overlay = Overlay::of(&waivers(), &judged, "2026-11-21".parse().expect("a day"));
    let why = "written for Kubernetes 1.34 to 1.35; the newest edition there is for a server that runs 1.36";
    let cards = profiles
        .iter()
        .map(|profile| score(profile, &checks, &judged, &overlay));
    Report::assemble(Input {
        version: "0.1.0",
        observed_at: "2026-11-21T09:00:00Z".parse().expect("a time"),
        source: Source {
            kind: SourceKind::Cluster,
            read: vec!["API".into(), "node cp1".into()],
            found: Vec::new(),
        },
        cluster: Cluster {
            name: "testbed".into(),
            version: Some("1.36.3".into()),
            distribution: Some("kubeadm".into()),
            nodes: vec!["cp1".into(), "w1".into()],
        },
        scorecards: &cards.collect::<Vec<_>>(),
        chosen: &[("cis-2.0.1".to_owned(), why.to_owned())].into(),
        judgement: judged,
        checks: &checks,
        overlay: &overlay,
        gaps: &gaps(),
        all,
    })
}

pub(super) fn report() -> Report<'static> {
    assembled(&profiles(), judged(), false)
}
