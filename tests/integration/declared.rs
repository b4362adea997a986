//! What manifests prove by themselves: it holds however much else the cluster holds.

use std::collections::BTreeMap;
use std::fmt::Write;

use serde_json::Value;

use crate::harness::{Run, run};

const RBAC: &str = "apiVersion: rbac.authorization.k8s.io/v1";

/// Runs the program on a file of this text.
fn on(text: &str, words: &[&str]) -> Run {
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("given.yaml");
    std::fs::write(&file, text).unwrap();
    let mut words = words.to_vec();
    words.extend(["-f", file.to_str().unwrap()]);
    run(&words)
}

/// The statuses of these checks, by check and subject (`NAMESPACE/NAME`, or the name alone).
fn verdicts(text: &str, checks: &[&str]) -> BTreeMap<(String, String), String> {
    let mut words = vec!["audit", "--all", "-o", "json"];
    words.extend(checks.iter().flat_map(|check| ["--check", check]));
    let run = on(text, &words);
    let report: Value = serde_json::from_str(&run.out).unwrap_or_else(|_| panic!("{}", run.err));
    let mut found = BTreeMap::new();
    for outcome in report["outcomes"].as_array().unwrap() {
        let word = |value: &Value| value.as_str().unwrap_or_default().to_owned();
        let subject = &outcome["subject"];
        let name = word(&subject["name"]);
        let who = match subject["namespace"].as_str() {
            Some(namespace) if namespace != name => format!("{namespace}/{name}"),
            _ => name,
        };
        let check = word(&outcome["evaluation"]);
        let before = found.insert((check, who), word(&outcome["status"]));
        assert_eq!(before, None, "{outcome}");
    }
    found
}

/// Compares with lines of `CHECK | SUBJECT | STATUS`.
fn expect(text: &str, lines: &str) {
    let rows: Vec<Vec<&str>> = lines
        .lines()
        .filter(|line| !line.trim().is_empty())
        .map(|line| line.split('|').map(str::trim).collect())
        .collect();
    let checks: std::collections::BTreeSet<&str> = rows.iter().map(|row| row[0]).collect();
    let checks: Vec<&str> = checks.into_iter().collect();
    let found = verdicts(text, &checks);
    for row in rows {
        let key = (row[0].to_owned(), row[1].to_owned());
        let got = found.get(&key).map(String::as_str);
        assert_eq!(got, Some(row[2]), "{key:?} of {found:#?}\n{text}");
    }
}

fn pod(namespace: &str) -> String {
    format!(
        "{{apiVersion: v1, kind: Pod, metadata: {{name: a, namespace: {namespace}}}, spec: {{containers: [{{name: c, image: i}}]}}}}\n---\n"
    )
}

fn deployment(namespace: &str, app: &str) -> String {
    format!(
        "{{apiVersion: apps/v1, kind: Deployment, metadata: {{name: {app}, namespace: {namespace}}}, spec: {{selector: {{matchLabels: {{app: {app}}}}}, \
         template: {{metadata: {{labels: {{app: {app}}}}}, spec: {{containers: [{{name: c, image: i, ports: [{{name: web, containerPort: 8080}}]}}]}}}}}}}}\n---\n"
    )
}

fn namespace(name: &str, labels: &str) -> String {
    format!(
        "{{apiVersion: v1, kind: Namespace, metadata: {{name: {name}, labels: {{{labels}}}}}}}\n---\n"
    )
}

fn policy(namespace: &str, name: &str, spec: &str) -> String {
    format!(
        "{{apiVersion: networking.k8s.io/v1, kind: NetworkPolicy, metadata: {{name: {name}, namespace: {namespace}}}, spec: {spec}}}\n---\n"
    )
}

fn server(flags: &str) -> String {
    format!(
        "{{apiVersion: v1, kind: Pod, metadata: {{name: kube-apiserver, namespace: kube-system}}, spec: {{hostNetwork: true, \
         containers: [{{name: s, image: 'registry.k8s.io/kube-apiserver:v1.36.3', command: [kube-apiserver{flags}]}}]}}}}\n---\n"
    )
}

/// Four namespaces with a workload each.
fn labelled() -> String {
    let label = "pod-security.kubernetes.io/enforce";
    let mut text = String::new();
    for level in ["privileged", "baseline", "restricted"] {
        text += &namespace(&format!("of-{level}"), &format!("{label}: {level}"));
        text += &pod(&format!("of-{level}"));
    }
    text + &namespace("bare", "") + &deployment("bare", "web") + &namespace("empty", "")
}

#[test]
fn the_labels_of_declared_namespaces_count_as_stated() {
    expect(
        &labelled(),
        "
        namespace-pod-security-not-enforced   | of-privileged | fail
        namespace-pod-security-not-enforced   | of-baseline   | pass
        namespace-pod-security-not-enforced   | of-restricted | pass
        namespace-pod-security-not-enforced   | bare          | notApplicable
        namespace-pod-security-not-enforced   | empty         | notApplicable
        namespace-pod-security-not-restricted | of-privileged | fail
        namespace-pod-security-not-restricted | of-baseline   | fail
        namespace-pod-security-not-restricted | of-restricted | pass
        namespace-pod-security-not-restricted | bare          | notApplicable
        ",
    );
}

/// A server among the manifests decides what the labels are worth.
#[test]
fn a_declared_api_server_says_whether_labels_count() {
    let check = "namespace-pod-security-not-enforced";
    for (flags, privileged, restricted, bare) in [
        ("", "fail", "pass", "fail"),
        (
            ", --disable-admission-plugins=PodSecurity",
            "fail",
            "fail",
            "fail",
        ),
        (
            ", --admission-control-config-file=/a.yaml",
            "fail",
            "notApplicable",
            "notApplicable",
        ),
    ] {
        expect(
            &(server(flags) + &labelled()),
            &format!(
                "{check} | of-privileged | {privileged}\n{check} | of-restricted | {restricted}\n{check} | bare | {bare}"
            ),
        );
    }
}

const OPEN: &str = "{podSelector: {}, policyTypes: [Ingress, Egress], ingress: [{}], egress: [{}]}";
const SHUT: &str = "{podSelector: {}, policyTypes: [Ingress, Egress]}";

#[test]
fn what_declared_policies_allow_is_certain_and_what_they_deny_is_not() {
    let shop = namespace("shop", "") + &deployment("shop", "web");
    let table = |[ingress, egress, kubelets, metadata]: [&str; 4]| {
        format!(
            "namespace-ingress-not-isolated | shop | {ingress}
             namespace-egress-not-isolated | shop | {egress}
             namespace-kubelets-reachable | shop | {kubelets}
             namespace-cloud-metadata-reachable | shop | {metadata}"
        )
    };
    const OUT: &str = "notApplicable";
    for (policies, expected) in [
        (String::new(), [OUT; 4]),
        (policy("shop", "open", OPEN), ["fail", "fail", "fail", OUT]),
        (policy("shop", "shut", SHUT), [OUT; 4]),
        (
            policy("shop", "shut", SHUT) + &policy("shop", "open", OPEN),
            ["fail", "fail", "fail", OUT],
        ),
        (
            policy("shop", "p", "{podSelector: {}, ingress: [{}]}"),
            ["fail", OUT, OUT, OUT],
        ),
        (policy("other", "open", OPEN), [OUT; 4]),
        (
            policy(
                "shop",
                "p",
                "{podSelector: {matchLabels: {app: web}}, ingress: [{}]}",
            ),
            [OUT; 4],
        ),
    ] {
        expect(&(shop.clone() + &policies), &table(expected));
    }
    // Another kind of policy among them may deny all that.
    let other = "{apiVersion: cilium.io/v2, kind: CiliumNetworkPolicy, metadata: {name: c, namespace: shop}}";
    expect(
        &(shop + &policy("shop", "open", OPEN) + other),
        &table(["unknown", "unknown", "unknown", OUT]),
    );
}

#[test]
fn a_declared_policy_is_held_against_the_pods_that_are_declared_beside_it() {
    let web = "{podSelector: {matchLabels: {app: web}}}";
    let typo = "{podSelector: {matchLabels: {app: wbe}}}";
    let text = deployment("shop", "web")
        + &policy("shop", "good", web)
        + &policy("shop", "typo", typo)
        + &policy("shop", "all", "{podSelector: {}, ingress: [{}]}")
        + &policy("elsewhere", "typo", typo);
    expect(
        &text,
        "
        networkpolicy-selects-nothing | shop/NetworkPolicy good | pass
        networkpolicy-selects-nothing | shop/NetworkPolicy typo | fail
        networkpolicy-selects-nothing | shop/NetworkPolicy all  | notApplicable
        networkpolicy-selects-nothing | elsewhere/NetworkPolicy typo | notApplicable
        networkpolicy-overridden      | shop/NetworkPolicy good | fail
        networkpolicy-overridden      | shop/NetworkPolicy all  | notApplicable
        ",
    );
}

/// One workload of every kind, in namespace `quay`.
fn every_kind() -> String {
    let template =
        "template: {metadata: {labels: {app: x}}, spec: {containers: [{name: c, image: i}]}}";
    let mut text = String::new();
    for (kind, version, spec) in [
        ("Deployment", "apps/v1", format!("{{{template}}}")),
        ("StatefulSet", "apps/v1", format!("{{{template}}}")),
        ("DaemonSet", "apps/v1", format!("{{{template}}}")),
        ("ReplicaSet", "apps/v1", format!("{{{template}}}")),
        ("ReplicationController", "v1", format!("{{{template}}}")),
        ("Job", "batch/v1", format!("{{{template}}}")),
        (
            "CronJob",
            "batch/v1",
            format!("{{jobTemplate: {{spec: {{{template}}}}}}}"),
        ),
    ] {
        let name = kind.to_lowercase();
        writeln!(text, "{{apiVersion: {version}, kind: {kind}, metadata: {{name: {name}, namespace: quay}}, spec: {spec}}}\n---").unwrap();
    }
    text
}

/// Every kind that declares pods can be asked about, with and without a namespace.
#[test]
fn workloads_of_manifests_are_ends_of_connections() {
    let mut text = every_kind();
    text += "{apiVersion: v1, kind: Pod, metadata: {name: pod, labels: {app: x}}, spec: {containers: [{name: c, image: i}]}}\n---\n";
    text += &policy("quay", "shut", SHUT);
    for name in [
        "deployment",
        "statefulset",
        "daemonset",
        "replicaset",
        "replicationcontroller",
        "job",
        "cronjob",
    ] {
        let to = format!("quay/{name}:80");
        let run = on(&text, &["netpol", "can", "default/pod", &to]);
        assert_eq!(run.code, 0, "{name}: {}{}", run.out, run.err);
        assert!(
            run.out.contains("denied") && run.out.contains("isolated by shut"),
            "{}",
            run.out
        );
        assert_eq!(
            run.out.matches("outside the manifests").count(),
            1,
            "{}",
            run.out
        );
        let run = on(
            &text,
            &[
                "netpol",
                "can",
                &format!("quay/{name}/{name}"),
                "default/pod:80",
            ],
        );
        assert_eq!(run.code, 0, "{name}: {}{}", run.out, run.err);
    }
    let run = on(&text, &["netpol", "can", "world", "default/pod:80"]);
    assert!(
        run.out.contains("allowed") && run.out.contains("no policy isolates it"),
        "{}",
        run.out
    );
    let run = on(&text, &["netpol", "can", "world", "quay/gone:80"]);
    assert_eq!(run.code, 2);
    assert!(run.err.contains("of the manifests"), "{}", run.err);
}

#[test]
fn policies_of_manifests_are_shown_with_one_reservation() {
    let text = namespace("shop", "")
        + &deployment("shop", "web")
        + &policy(
            "shop",
            "in",
            "{podSelector: {matchLabels: {app: web}}, ingress: [{ports: [{port: web}], from: [{namespaceSelector: {matchLabels: {kubernetes.io/metadata.name: front}}}]}]}",
        );
    let shown = on(&text, &["netpol", "show", "--width", "110"]);
    assert_eq!((shown.code, shown.err.as_str()), (0, ""));
    insta::assert_snapshot!("declared-policies", shown.out);
    // The name of a namespace is known, whatever else its labels are.
    for (from, port, word) in [
        ("front/app=x", 8080, "allowed"),
        ("front/", 8081, "denied"),
        ("back/", 8080, "denied"),
    ] {
        let run = on(&text, &["netpol", "can", from, &format!("shop/web:{port}")]);
        assert_eq!(run.code, 0, "{from}: {}", run.out);
        assert!(run.out.contains(word), "{from} {port}: {}", run.out);
    }
}

fn bound(role: &str) -> String {
    format!(
        "{{kind: ClusterRoleBinding, {RBAC}, metadata: {{name: b}}, subjects: [{{kind: ServiceAccount, name: ci, namespace: ci}}], \
         roleRef: {{kind: ClusterRole, name: '{role}', apiGroup: rbac.authorization.k8s.io}}}}\n---\n"
    )
}

fn role(name: &str, labels: &str, rest: &str) -> String {
    format!(
        "{{kind: ClusterRole, {RBAC}, metadata: {{name: '{name}', labels: {{{labels}}}}}, {rest}}}\n---\n"
    )
}

const SECRETS: &str = "rules: [{apiGroups: [''], resources: [secrets], verbs: [get, list]}]";

/// What Kubernetes ships is granted at least; what a cluster can add to it is nothing that is not granted.
#[test]
fn shipped_roles_grant_at_least_what_is_shipped() {
    let checks = [
        "binding-secrets-read",
        "binding-pods-create",
        "binding-pods-exec",
        "binding-impersonate",
        "binding-cluster-admin",
    ];
    const OUT: &str = "notApplicable";
    for (role, expected) in [
        ("cluster-admin", ["fail"; 5]),
        ("admin", ["fail", "fail", "fail", "fail", OUT]),
        ("edit", ["fail", "fail", "fail", "fail", OUT]),
        ("view", [OUT; 5]),
        ("system:discovery", ["pass"; 5]),
        ("system:node-proxier", ["pass"; 5]),
        ("ours", [OUT; 5]),
    ] {
        let lines: Vec<String> = checks
            .iter()
            .zip(expected)
            .map(|(check, status)| format!("{check} | ClusterRoleBinding b | {status}"))
            .collect();
        expect(&bound(role), &lines.join("\n"));
    }
    let run = on(&bound("edit"), &["rbac", "summary"]);
    assert!(
        run.out.contains("secretsRead") || run.out.contains("read Secrets"),
        "{}",
        run.out
    );
    let run = on(&bound("edit"), &["rbac", "who-can", "get", "secrets"]);
    assert!(run.out.contains("ci/ci"), "{}", run.out);
}

#[test]
fn what_an_aggregated_role_collects_among_the_manifests_is_granted() {
    let aggregate = |by: &str| {
        format!("aggregationRule: {{clusterRoleSelectors: [{{matchLabels: {{{by}}}}}]}}")
    };
    let view = "rbac.authorization.k8s.io/aggregate-to-view: 'true'";
    let status = |text: &str, expected: &str| {
        expect(
            text,
            &format!("binding-secrets-read | ClusterRoleBinding b | {expected}"),
        );
    };
    let whole = role("whole", "", &aggregate("part: a")) + &bound("whole");
    status(&(whole.clone() + &role("part", "part: a", SECRETS)), "fail");
    status(
        &(whole.clone() + &role("part", "part: b", SECRETS)),
        "notApplicable",
    );
    // Through a part that collects in its turn, in a circle too.
    let between = role("between", "part: a", &aggregate("part: b"));
    status(
        &(whole.clone() + &between + &role("part", "part: b", SECRETS)),
        "fail",
    );
    status(
        &(whole + &role("whole2", "part: a", &aggregate("part: a"))),
        "notApplicable",
    );
    // Its own rules are overwritten.
    let own = format!("{}, {SECRETS}", aggregate("part: a"));
    status(
        &(role("whole", "", &own) + &bound("whole")),
        "notApplicable",
    );
    // What every cluster has collects too, and is collected.
    let part = role("part", view, SECRETS);
    for name in ["view", "edit", "admin"] {
        status(&(part.clone() + &bound(name)), "fail");
    }
    let edits = "rbac.authorization.k8s.io/aggregate-to-edit: 'true'";
    status(
        &(role("whole", "", &aggregate(edits)) + &bound("whole")),
        "fail",
    );
    status(
        &(role("part", edits, SECRETS) + &bound("view")),
        "notApplicable",
    );
    let run = on(
        &(part + &bound("view")),
        &["rbac", "who-can", "list", "secrets"],
    );
    assert!(
        run.out.contains("ci/ci") && run.out.contains("outside the manifests"),
        "{}",
        run.out
    );
}

const OPERATOR: &str = "rules: [{apiGroups: [rbac.authorization.k8s.io], resources: [clusterroles, clusterrolebindings], verbs: [create, bind, escalate, patch]}]";

/// The check and the command say the same.
#[test]
fn a_way_through_the_manifests_is_a_finding() {
    let text = role("op", "", OPERATOR) + &bound("op");
    expect(
        &text,
        "principal-reaches-cluster | ci/ServiceAccount ci | fail\nprincipal-reaches-namespace | ci/ServiceAccount ci | notApplicable",
    );
    let run = on(&text, &["rbac", "paths"]);
    assert!(run.out.contains("the whole cluster"), "{}", run.out);
    // Whoever has everything needs no way.
    expect(
        &bound("cluster-admin"),
        "principal-reaches-cluster | ci/ServiceAccount ci | notApplicable",
    );
    let reader = role(
        "reader",
        "",
        "rules: [{apiGroups: [''], resources: [pods], verbs: [get]}]",
    ) + &bound("reader");
    expect(
        &reader,
        "principal-reaches-cluster | ci/ServiceAccount ci | notApplicable",
    );
    let tokens = "rules: [{apiGroups: [''], resources: [serviceaccounts/token], verbs: [create]}]";
    let account = "{kind: ServiceAccount, apiVersion: v1, metadata: {name: a, namespace: other}}";
    expect(
        &(role("op", "", tokens) + &bound("op") + account),
        "principal-reaches-namespace | ci/ServiceAccount ci | fail",
    );
    // A binding that could not be read may grant everything.
    let broken =
        format!("{{kind: ClusterRoleBinding, {RBAC}, metadata: {{name: c}}, subjects: 5}}");
    expect(
        &(text + &broken),
        "principal-reaches-cluster | ci/ServiceAccount ci | unknown",
    );
    expect(
        &(reader + &broken),
        "principal-reaches-cluster | ci/ServiceAccount ci | unknown",
    );
}

#[test]
fn host_process_is_stated_whatever_nodes_there_are() {
    let windows = "windowsOptions: {hostProcess: true}";
    let daemons = |pod: &str, container: &str| {
        format!(
            "{{apiVersion: apps/v1, kind: DaemonSet, metadata: {{name: d, namespace: quay}}, spec: {{template: {{spec: {{hostNetwork: true, \
             securityContext: {{{pod}}}, containers: [{{name: c, image: i, securityContext: {{{container}}}}}]}}}}}}}}"
        )
    };
    let check = "workload-windows-host-process | quay/DaemonSet d";
    expect(&daemons(windows, ""), &format!("{check} | fail"));
    expect(&daemons("", windows), &format!("{check} | fail"));
    expect(&daemons("", ""), &format!("{check} | notApplicable"));
}

#[test]
fn the_default_account_hands_out_its_token_unless_somebody_opts_out() {
    let workload = "workload-default-service-account | quay/Pod a";
    let account = |rest: &str| {
        format!(
            "{{apiVersion: v1, kind: ServiceAccount, metadata: {{name: default, namespace: quay}}{rest}}}\n---\n"
        )
    };
    let out = ", automountServiceAccountToken: false";
    expect(&pod("quay"), &format!("{workload} | fail"));
    expect(
        &(pod("quay") + &account("")),
        &format!(
            "{workload} | fail\nserviceaccount-default-automounts-token | quay/ServiceAccount default | fail"
        ),
    );
    expect(
        &(pod("quay") + &account(out)),
        &format!(
            "{workload} | pass\nserviceaccount-default-automounts-token | quay/ServiceAccount default | pass"
        ),
    );
    expect(
        &account(""),
        "serviceaccount-default-automounts-token | quay/ServiceAccount default | notApplicable",
    );
    let named = pod("quay").replace("spec: {", "spec: {serviceAccountName: web, ");
    expect(
        &named,
        &format!("{workload} | pass\nworkload-token-without-use | quay/Pod a | notApplicable"),
    );
    let own = pod("quay").replace("spec: {", "spec: {automountServiceAccountToken: false, ");
    expect(&own, &format!("{workload} | pass"));
    // An account that could not be read may opt out.
    let broken = "{apiVersion: v1, kind: ServiceAccount, metadata: {name: default, namespace: quay}, secrets: 5}";
    expect(&(pod("quay") + broken), &format!("{workload} | unknown"));
}

#[test]
fn components_that_manifests_declare_are_judged_by_their_flags() {
    let flags = ", --authorization-mode=AlwaysAllow, --profiling=true, --token-auth-file=/t, --encryption-provider-config=/e.yaml, --etcd-servers=https://user:planted-secret@etcd";
    let text = server(flags);
    expect(
        &text,
        "
        apiserver-authorization-always-allow  | kube-system/Pod kube-apiserver | fail
        apiserver-profiling-enabled           | kube-system/Pod kube-apiserver | fail
        apiserver-static-tokens               | kube-system/Pod kube-apiserver | fail
        apiserver-audit-log-missing           | kube-system/Pod kube-apiserver | fail
        apiserver-encryption-not-configured   | kube-system/Pod kube-apiserver | pass
        apiserver-secrets-unencrypted         | kube-system/Pod kube-apiserver | notApplicable
        apiserver-differs-between-nodes       | kube-system/Pod kube-apiserver | notApplicable
        apiserver-drift                       | kube-system/Pod kube-apiserver | notApplicable
        scheduler-profiling-enabled           | scheduler | notApplicable
        ",
    );
    let run = on(&text, &["audit", "-o", "json", "--all", "--profile", "cks"]);
    assert!(!run.out.contains("planted-secret"));
    let report: Value = serde_json::from_str(&run.out).unwrap();
    let mut judged = 0;
    for outcome in report["outcomes"].as_array().unwrap() {
        if outcome["subject"]["kind"] == "apiserver" && outcome["status"] != "notApplicable" {
            judged += 1;
            assert_ne!(outcome["status"], "unknown", "{outcome:#}");
            let place = outcome["subject"]["place"].as_str().unwrap();
            assert!(place.ends_with("given.yaml:1"), "{place}");
        }
    }
    assert!(judged > 20, "{judged}");
}

#[test]
fn other_components_are_known_from_pods_and_templates() {
    let container = |words: &str| {
        let version = if words.starts_with("etcd") {
            "3.6.4-0"
        } else {
            "v1.36.3"
        };
        format!("spec: {{containers: [{{name: c, image: 'r/x:{version}', command: [{words}]}}]}}")
    };
    let alone = |name: &str, words: &str| {
        format!(
            "{{apiVersion: v1, kind: Pod, metadata: {{name: {name}, namespace: kube-system}}, {}}}\n---\n",
            container(words)
        )
    };
    let text = alone(
        "kcm",
        "/usr/local/bin/kube-controller-manager, --profiling=false, '--bind-address=$(IP)'",
    ) + &alone(
        "scheduler",
        "kube-scheduler, --profiling=false, --bind-address=127.0.0.1",
    ) + &alone(
        "db",
        "etcd, --client-cert-auth=false, '--listen-client-urls=http://0.0.0.0:2379'",
    ) + &format!(
        "{{apiVersion: apps/v1, kind: DaemonSet, metadata: {{name: proxy, namespace: kube-system}}, spec: {{template: {{{}}}}}}}",
        container(
            "kube-proxy, '--metrics-bind-address=0.0.0.0:10249', '--hostname-override=$(NODE_NAME)'"
        )
    );
    expect(
        &text,
        "
        controllermanager-profiling-enabled         | kube-system/Pod kcm | pass
        controllermanager-listens-on-all-interfaces | kube-system/Pod kcm | unknown
        scheduler-profiling-enabled                 | kube-system/Pod scheduler | pass
        scheduler-listens-on-all-interfaces         | kube-system/Pod scheduler | pass
        etcd-client-cert-auth-off                   | kube-system/Pod db | fail
        etcd-client-tls-off                         | kube-system/Pod db | fail
        etcd-shared-ca                              | kube-system/Pod db | fail
        kubeproxy-metrics-open                      | kube-system/DaemonSet proxy | fail
        apiserver-profiling-enabled                 | apiserver | notApplicable
        ",
    );
}

/// The certificates within declared objects, and the plugin that enforces policies.
#[test]
fn what_else_manifests_tell_of_the_cluster() {
    let calico = "{apiVersion: apps/v1, kind: DaemonSet, metadata: {name: calico-node, namespace: kube-system}, spec: {template: {spec: {containers: [{name: c, image: 'docker.io/calico/node:v3.30.1'}]}}}}";
    expect(calico, "network-policies-not-enforced | cluster | pass");
    expect(
        &calico.replace("calico/node", "flannel-io/flannel"),
        "network-policies-not-enforced | cluster | notApplicable",
    );
    expect(
        &calico.replace("calico/node", "library/nginx"),
        "network-policies-not-enforced | cluster | notApplicable",
    );
}

#[test]
fn aws_identities_are_who_a_config_map_of_the_manifests_says() {
    let map = |namespace: &str, roles: &str| {
        format!(
            "{{apiVersion: v1, kind: ConfigMap, metadata: {{name: aws-auth, namespace: {namespace}}}, data: {{mapRoles: '{roles}'}}}}\n---\n"
        )
    };
    let check = "iam-mapping-system-masters";
    let roles = "[{rolearn: a, groups: [system:masters]}, {rolearn: b, groups: [system:nodes]}]";
    expect(
        &map("kube-system", roles),
        &format!("{check} | AWS role a | fail\n{check} | AWS role b | pass"),
    );
    let status = |text: &str| verdicts(text, &[check]).into_values().collect::<Vec<_>>();
    assert_eq!(status(&map("kube-system", "[")), ["unknown"]);
    assert_eq!(status(&map("quay", roles)), ["notApplicable"]);
    // Any ConfigMap that cannot be read may be the one.
    let broken = "{apiVersion: v1, kind: ConfigMap, metadata: {name: m}, data: {a: [1]}}";
    assert_eq!(status(broken), ["unknown"]);
}
