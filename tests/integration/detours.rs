//! Weaknesses that come by a detour: through another object of the same manifests, or another field than the usual one.
//! Through the binary, on files.

use std::collections::BTreeMap;

use serde_json::Value;

use crate::harness::run;

/// The verdicts of `checks` on some manifests: status and message, by check and subject.
fn verdicts(checks: &[&str], objects: &[&str]) -> BTreeMap<String, (String, String)> {
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("objects.yaml");
    std::fs::write(&file, objects.join("\n---\n")).unwrap();
    let mut args = vec!["audit", "-f", file.to_str().unwrap(), "-o", "json", "--all"];
    args.extend(checks.iter().flat_map(|check| ["--check", check]));
    let run = run(&args);
    let report: Value = serde_json::from_str(&run.out).unwrap_or_else(|_| panic!("{}", run.err));
    let text = |value: &Value| value.as_str().unwrap_or_default().to_owned();
    let outcomes = report["outcomes"].as_array().unwrap().iter();
    outcomes
        .map(|one| {
            let evaluation = &report["evaluations"]
                .as_array()
                .unwrap()
                .iter()
                .find(|evaluation| evaluation["id"] == one["evaluation"])
                .unwrap()["check"];
            let name = format!("{} {}", text(evaluation), text(&one["subject"]["name"]));
            (name, (text(&one["status"]), text(&one["message"])))
        })
        .collect()
}

/// The status of one check on one subject.
fn status(check: &str, subject: &str, objects: &[&str]) -> String {
    let verdicts = verdicts(&[check], objects);
    let found = verdicts.get(&format!("{check} {subject}"));
    found.unwrap_or_else(|| panic!("{verdicts:?}")).0.clone()
}

const POD: &str = "{kind: Pod, apiVersion: v1, metadata: {name: p, namespace: quay}, spec: {containers: [{name: c, image: 'web:1'}], volumes: [{name: v, persistentVolumeClaim: {claimName: data}}]}}";
const SET: &str = "{kind: StatefulSet, apiVersion: apps/v1, metadata: {name: db, namespace: quay}, spec: {template: {spec: {containers: [{name: c, image: 'web:1'}]}}, volumeClaimTemplates: [{metadata: {name: data}}]}}";

fn volume(spec: &str) -> String {
    format!(
        "{{kind: PersistentVolume, apiVersion: v1, metadata: {{name: pv, labels: {{disk: fast}}}}, spec: {{hostPath: {{path: /var/run/docker.sock}}, accessModes: [ReadWriteOnce], {spec}}}}}"
    )
}

fn claim(spec: &str) -> String {
    format!(
        "{{kind: PersistentVolumeClaim, apiVersion: v1, metadata: {{name: data, namespace: quay}}, spec: {{accessModes: [ReadWriteOnce], {spec}}}}}"
    )
}

#[test]
fn a_claim_on_a_path_of_the_node_is_followed_whichever_side_names_the_other() {
    let reference = "claimRef: {name: data, namespace: quay}";
    for (of_volume, of_claim) in [
        (reference, "volumeName: pv"),
        (reference, ""),
        ("", "volumeName: pv"),
        ("storageClassName: manual", "storageClassName: manual"),
        ("", "selector: {matchLabels: {disk: fast}}"),
    ] {
        let (volume, claim) = (volume(of_volume), claim(of_claim));
        for objects in [[POD, &claim, &volume], [&volume, &claim, POD]] {
            for check in ["workload-host-path", "workload-runtime-socket"] {
                assert_eq!(status(check, "Pod p", &objects), "fail", "{volume} {claim}");
            }
        }
        let check = "persistentvolume-host-path";
        let (status, message) = verdicts(&[check], &[&volume])
            .remove(&format!("{check} PersistentVolume pv"))
            .unwrap();
        assert_eq!(status, "fail");
        assert!(message.contains("/var/run/docker.sock"), "{message}");
    }
    let kept = volume("claimRef: {name: data-db-0, namespace: quay}");
    assert_eq!(
        status("workload-host-path", "StatefulSet db", &[SET, &kept]),
        "fail"
    );
}

#[test]
fn what_a_claim_stands_for_is_not_known_from_manifests_that_do_not_say_it() {
    for objects in [
        vec![POD.to_owned()],
        vec![POD.to_owned(), claim("storageClassName: fast")],
        vec![
            POD.to_owned(),
            claim("storageClassName: fast"),
            volume("storageClassName: slow"),
        ],
        vec![
            POD.to_owned(),
            claim("selector: {matchLabels: {disk: slow}}"),
            volume(""),
        ],
        vec![
            POD.to_owned(),
            claim(""),
            volume("claimRef: {name: data, namespace: reef}"),
        ],
    ] {
        let objects: Vec<&str> = objects.iter().map(String::as_str).collect();
        let verdicts = verdicts(&["workload-host-path"], &objects);
        assert!(
            verdicts
                .values()
                .all(|(status, _)| status == "notApplicable"),
            "{verdicts:?}"
        );
    }
    let elsewhere = volume("claimRef: {name: data, namespace: quay}")
        .replace("hostPath: {path: /var/run/docker.sock}", "csi: {driver: d}");
    assert_eq!(
        status("workload-host-path", "Pod p", &[POD, &elsewhere]),
        "pass"
    );
}

#[test]
fn a_volume_that_cannot_be_read_may_be_the_one() {
    let broken = volume("claimRef: {name: data, namespace: quay}")
        .replace("hostPath: {path: /var/run/docker.sock}", "hostPath: 5");
    assert_eq!(
        status("workload-host-path", "Pod p", &[POD, &broken]),
        "unknown"
    );
}

#[test]
fn only_what_holds_the_socket_is_named() {
    let pod = "{kind: Pod, apiVersion: v1, metadata: {name: p}, spec: {containers: [{name: c, image: 'web:1'}], volumes: [{name: a, hostPath: {path: /etc}}, {name: b, hostPath: {path: /var/run/docker.sock}}, {name: d, hostPath: {path: /usr/lib}}]}}";
    let check = "workload-runtime-socket";
    let (_, message) = verdicts(&[check], &[pod])
        .remove(&format!("{check} Pod p"))
        .unwrap();
    assert!(message.ends_with(": /var/run/docker.sock"), "{message}");
}

#[test]
fn a_limit_range_among_the_manifests_limits_what_stands_beside_it() {
    let pod = "{kind: Pod, apiVersion: v1, metadata: {name: p, namespace: quay}, spec: {containers: [{name: c, image: 'web:1'}]}}";
    let range = |namespace: &str| {
        format!(
            "{{kind: LimitRange, apiVersion: v1, metadata: {{name: l, namespace: {namespace}}}, spec: {{limits: [{{type: Container, default: {{memory: 64Mi}}}}]}}}}"
        )
    };
    let check = "workload-memory-unlimited";
    assert_eq!(status(check, "Pod p", &[pod]), "fail");
    assert_eq!(status(check, "Pod p", &[pod, &range("quay")]), "pass");
    assert_eq!(status(check, "Pod p", &[pod, &range("reef")]), "fail");
    let broken = range("quay").replace("limits: [", "limits: 5, x: [");
    assert_eq!(status(check, "Pod p", &[pod, &broken]), "unknown");
}

#[test]
fn what_opens_a_cluster_is_found_in_manifests_and_no_snippet_is_printed() {
    let objects = [
        "{kind: Service, apiVersion: v1, metadata: {name: s, namespace: quay}, spec: {type: LoadBalancer, externalIPs: [203.0.113.7], ports: [{port: 22}]}}",
        "{kind: Service, apiVersion: v1, metadata: {name: m, namespace: quay}, spec: {type: NodePort, ports: [{port: 80}]}}",
        "{kind: Ingress, apiVersion: networking.k8s.io/v1, metadata: {name: i, namespace: quay, annotations: {nginx.ingress.kubernetes.io/server-snippet: 'set $x planted-snippet;'}}, spec: {rules: [{http: {paths: []}}]}}",
        "{kind: ValidatingWebhookConfiguration, apiVersion: admissionregistration.k8s.io/v1, metadata: {name: w}, webhooks: [{name: a.example.com, failurePolicy: Ignore, rules: [{apiGroups: ['*'], apiVersions: ['*'], operations: ['*'], resources: ['*']}]}]}",
    ];
    let found = [
        ("ingress-any-host", "Ingress i"),
        ("ingress-snippet", "Ingress i"),
        ("ingress-without-tls", "Ingress i"),
        ("service-external-ips", "Service s"),
        ("service-load-balancer-open", "Service s"),
        ("service-node-port", "Service m"),
        ("webhook-fails-open", "ValidatingWebhookConfiguration w"),
        (
            "webhook-matches-everything",
            "ValidatingWebhookConfiguration w",
        ),
    ];
    let checks: Vec<&str> = found.iter().map(|(check, _)| *check).collect();
    let verdicts = verdicts(&checks, &objects);
    for (check, subject) in found {
        let (status, message) = &verdicts[&format!("{check} {subject}")];
        assert_eq!(status, "fail", "{check}");
        assert!(!message.contains("planted"), "{message}");
    }
}
