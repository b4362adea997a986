//! The verdicts of the sample, and who accepts some of them.

use super::*;

pub(super) fn control_plane() -> Vec<Outcome<'static>> {
    use Status::{Fail, Pass};
    let apiserver = || on("apiserver", "kube-apiserver", "cp1");
    let argv = "argv of pid 813 on cp1";
    let audit = "cp1:kube-apiserver:audit";
    let log = ["apiserver.flags.audit-log-path", "not set", argv];
    let keep = ["apiserver.flags.audit-log-maxage", "not set", argv];
    let missing = about(
        "apiserver-audit-log-missing",
        Fail,
        apiserver(),
        "kube-apiserver on cp1 keeps no audit log",
    );
    let short = about(
        "apiserver-audit-log-short",
        Fail,
        apiserver(),
        "audit logs of cp1 are kept 0 days",
    );
    let admin = about(
        "file-mode-loose",
        Fail,
        on("file", "/etc/kubernetes/admin.conf", "cp1"),
        "/etc/kubernetes/admin.conf on cp1 is readable by its group",
    );
    let mode = ["file.mode", "0640", "/etc/kubernetes/admin.conf on cp1"];
    vec![
        fixed(
            seen(missing, &[log]),
            audit,
            "--audit-log-path=/var/log/kubernetes/audit.log",
            API_SERVER,
        ),
        fixed(
            seen(short, &[keep]),
            audit,
            "--audit-log-maxage=30",
            API_SERVER,
        ),
        about("apiserver-profiling", Pass, apiserver(), "profiling is off"),
        about(
            "certificate-expires",
            Pass,
            on("certificate", "/etc/kubernetes/pki/apiserver.crt", "cp1"),
            "valid for 364 days",
        ),
        about(
            "etcd-client-auth",
            Pass,
            on("etcd", "etcd", "cp1"),
            "clients need a certificate",
        ),
        fixed(
            seen(admin, &[mode]),
            "cp1:/etc/kubernetes/admin.conf:mode",
            "chmod 0600 /etc/kubernetes/admin.conf",
            "cp1",
        ),
    ]
}

pub(super) fn nodes() -> Vec<Outcome<'static>> {
    let [text, remedy] = NO_KUBELET;
    let kubelet = "kubelet-anonymous-auth";
    let closed = about(
        kubelet,
        Status::Pass,
        on("kubelet", "kubelet", "cp1"),
        "anonymous requests are refused",
    );
    let open = Outcome {
        subject: on("kubelet", "kubelet", "w1").into(),
        ..unknown(kubelet, "w1", text, remedy)
    };
    let name = "kubelet-hostname-override";
    let fine = Outcome {
        subject: on("kubelet", "kubelet", "w1").into(),
        ..unknown(name, "w1", text, remedy)
    };
    vec![
        seen(
            closed,
            &[[
                "kubelet.authentication.anonymous.enabled",
                "false",
                "/var/lib/kubelet/config.yaml on cp1",
            ]],
        ),
        open,
        about(
            name,
            Status::Fail,
            on("kubelet", "kubelet", "cp1"),
            "the name of cp1 is overridden",
        ),
        fine,
    ]
}

pub(super) fn workloads() -> Vec<Outcome<'static>> {
    let check = "workload-privileged";
    let mut outcomes: Vec<_> = (0..211)
        .map(|n| {
            about(
                check,
                Status::Pass,
                within("workload", &format!("Deployment app-{n:03}"), "shop"),
                "not privileged",
            )
        })
        .collect();
    for (name, namespace) in [
        ("DaemonSet agent", "monitoring"),
        ("Deployment builder", "ci"),
        ("Pod debug", "default"),
        ("StatefulSet db", "shop"),
    ] {
        let mut subject = within("workload", name, namespace);
        let instances = Instances {
            count: 2,
            sample: vec!["a".into(), "b".into()],
        };
        subject.instances = Some(instances.into());
        let source = format!(
            "{} {namespace}/{}",
            name.split(' ').next().unwrap_or(""),
            name.split(' ').next_back().unwrap_or("")
        );
        let failed = about(
            check,
            Status::Fail,
            subject,
            &format!("container main of {name} runs privileged"),
        );
        let failed = seen(
            failed,
            &[["container.securityContext.privileged", "true", &source]],
        );
        outcomes.push(fixed(
            failed,
            &format!("{source}:privileged"),
            "securityContext: {privileged: false}",
            &source,
        ));
    }
    outcomes
}

pub(super) fn policies() -> Vec<Outcome<'static>> {
    let check = "namespace-not-isolated";
    let policy = "apiVersion: networking.k8s.io/v1\nkind: NetworkPolicy\nmetadata: {name: default-deny, namespace: shop}\nspec: {podSelector: {}, policyTypes: [Ingress]}";
    let open = about(
        check,
        Status::Fail,
        Subject::new("namespace", "shop"),
        "no policy selects any pod of shop",
    );
    let waived = about(
        check,
        Status::Fail,
        Subject::new("namespace", "sandbox"),
        "no policy selects any pod of sandbox",
    );
    let absent = Outcome {
        reason: Some(
            Reason {
                text: "no pod runs there".into(),
                remedy: "".into(),
            }
            .into(),
        ),
        ..about(
            check,
            Status::NotApplicable,
            Subject::new("namespace", "empty"),
            "",
        )
    };
    let role = about(
        "role-wildcard",
        Status::Manual,
        Subject::new("role", "ClusterRole operators"),
        "grants every verb on every resource of apps",
    );
    vec![
        fixed(
            seen(
                open,
                &[[
                    "namespace.ingress.isolated",
                    "false",
                    "computed: network policies",
                ]],
            ),
            "shop:default-deny",
            policy,
            "",
        ),
        fixed(waived, "sandbox:default-deny", policy, ""),
        absent,
        seen(
            role,
            &[["role.rules", "apps/*: *", "ClusterRole operators"]],
        ),
    ]
}

/// One waiver in force, one that has ended, one without a finding.
pub(super) fn waivers() -> Vec<Waiver> {
    let waiver = |line, check: &str, [field, value]: [&str; 2], expires: &str| {
        let pattern = |name| (name == field).then(|| Pattern::new(value));
        let file = "waivers.yaml".to_owned();
        Waiver {
            place: Place {
                file,
                line,
                column: 5,
            },
            check: spot(check.to_owned()),
            subject: Selector {
                kind: pattern("kind"),
                namespace: pattern("namespace"),
                node: pattern("node"),
                name: pattern("name"),
            },
            controls: Vec::new(),
            owner: "platform".into(),
            reason: "torn down every night".into(),
            expires: expires.parse().expect("a day"),
        }
    };
    let sandbox = Waiver {
        controls: vec!["cis-2.0.1/5.3.2".into()],
        ..waiver(
            2,
            "namespace-not-isolated",
            ["name", "sandbox*"],
            "2027-01-01",
        )
    };
    vec![
        sandbox,
        waiver(8, "workload-privileged", ["namespace", "ci"], "2026-11-20"),
        waiver(
            13,
            "role-wildcard",
            ["name", "ClusterRole gone"],
            "2027-01-01",
        ),
    ]
}
