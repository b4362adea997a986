//! The rules of Go's decoder, and what expressions see.

use super::{pod, read, written};
use crate::facts::objects::*;
use crate::facts::{Fields, View};

#[test]
fn null_is_absent_everywhere() {
    let nulls = pod(
        r#"{"containers": [{"name": "c", "command": [null], "ports": null, "stdin": null, "resources": null, "securityContext": null, "env": [{"name": "A", "value": null}],
            "livenessProbe": null, "lifecycle": {"preStop": null}}],
        "volumes": [{"name": "v", "hostPath": null, "emptyDir": {"medium": null}}], "hostNetwork": null, "nodeSelector": {"a": null},
        "tolerations": null, "automountServiceAccountToken": null, "securityContext": {"runAsUser": null, "supplementalGroups": null}}"#,
    );
    let without = pod(
        r#"{"containers": [{"name": "c", "command": [""], "env": [{"name": "A"}], "lifecycle": {}}], "volumes": [{"name": "v", "emptyDir": {}}],
        "nodeSelector": {"a": ""}, "securityContext": {}}"#,
    );
    assert_eq!(nulls, without);
    let policy: NetworkPolicy = read(
        r#"{"metadata": {"name": "p"}, "spec": {"podSelector": null, "ingress": [null], "egress": null}}"#,
    );
    assert_eq!(policy.spec.ingress, [NetworkPolicyIngressRule::default()]);
    assert_eq!(policy.spec.egress, []);
}

#[test]
fn a_wrong_type_in_an_embedded_struct_is_an_error() {
    for spec in [
        r#"{"volumes": [{"name": "v", "hostPath": {"path": 5}}]}"#,
        r#"{"containers": [{"livenessProbe": {"httpGet": {"host": 5}}}]}"#,
        r#"{"containers": [{"env": [{"name": "A", "valueFrom": {"secretKeyRef": {"name": []}}}]}]}"#,
        r#"{"ephemeralContainers": [{"securityContext": {"privileged": "maybe"}}]}"#,
        r#"{"containers": [{"securityContext": {"runAsUser": 1.5}}]}"#,
        r#"{"containers": [{"ports": [{"hostPort": 99999999999}]}]}"#,
    ] {
        let list = format!(
            r#"{{"kind":"PodList","items":[{{"metadata":{{"name":"p","namespace":"n"}},"spec":{spec}}}]}}"#
        );
        let page = decode_page::<Pod>(list.as_bytes(), Encoding::Json).unwrap();
        assert_eq!(page.items, [], "{spec}");
        assert_eq!(page.broken[0].name.as_deref(), Some("p"));
        assert_eq!(page.broken[0].namespace.as_deref(), Some("n"));
    }
}

#[test]
fn containers_have_roles() {
    let pod = pod(
        r#"{"containers": [{"name": "a", "role": "liar"}], "initContainers": [{"name": "b"}, {"name": "c", "restartPolicy": "Always"}],
        "ephemeralContainers": [{"name": "d"}], "serviceAccount": "old"}"#,
    );
    let roles = pod.spec.containers.iter();
    let roles: Vec<_> = roles.map(|c| (c.name.as_str(), c.role.as_str())).collect();
    let expected = [
        ("a", "main"),
        ("b", "init"),
        ("c", "sidecar"),
        ("d", "ephemeral"),
    ];
    assert_eq!(roles, expected);
    assert_eq!(pod.spec.service_account_name, "old");
}

#[test]
fn ports_times_and_quantities() {
    let pod: Pod = read(
        r#"{"metadata": {"name": "s", "creationTimestamp": "2026-01-02T03:04:05Z"}, "spec": {"containers": [{
            "livenessProbe": {"httpGet": {"port": 80}}, "readinessProbe": {"httpGet": {"port": "http"}},
            "resources": {"limits": {"cpu": 2, "memory": "1Gi"}}}]}}"#,
    );
    let container = &pod.spec.containers[0];
    let port = |probe: &Option<Box<Probe>>| {
        let http = probe.as_ref()?.handler.http_get.as_ref()?;
        Some(http.port.to_string())
    };
    assert_eq!(port(&container.liveness_probe).as_deref(), Some("80"));
    assert_eq!(port(&container.readiness_probe).as_deref(), Some("http"));
    let created = pod.metadata.creation_timestamp.timestamp().unwrap();
    assert_eq!(created.to_string(), "2026-01-02T03:04:05Z");
    let limits = &container.resources.limits;
    assert_eq!(
        ["cpu", "memory"].map(|name| limits.get(name).map(|amount| amount.text.as_str())),
        [Some("2"), Some("1Gi")]
    );
    let written = &written(&pod)["spec"]["containers"][0];
    assert_eq!(written["livenessProbe"]["httpGet"]["port"], 80);
}

/// What an expression sees at `path` of a record.
fn seen<'a>(record: &'a dyn Fields, path: &[&str]) -> View<'a> {
    let position = record.record().position(path[0]);
    let view = record
        .field(position.unwrap_or_else(|| panic!("no field {}", path[0])))
        .view;
    match (view, &path[1..]) {
        (view, []) => view,
        (View::Record(inner), rest) => seen(inner, rest),
        _ => panic!("{} is no record", path[0]),
    }
}

#[test]
fn expressions_see_kubernetes_names() {
    let pod = pod(
        r#"{"hostPID": true, "volumes": [{"name": "v", "hostPath": {"path": "/etc"}}], "containers": [{"name": "c", "env":
        [{"name": "A", "value": "x", "valueFrom": {"secretKeyRef": {"name": "s", "key": "k"}}}], "livenessProbe": {"httpGet": {"host": "h", "port": 1}},
        "securityContext": {"seccompProfile": {"type": "Unconfined"}}}]}"#,
    );
    assert!(matches!(seen(&pod, &["spec", "hostPID"]), View::Bool(true)));
    let text = |record: &dyn Fields, path: &[&str], expected: &str| {
        assert!(
            matches!(seen(record, path), View::Text(text) if text == expected),
            "{path:?}"
        );
    };
    let container = &pod.spec.containers[0];
    text(&pod.spec.volumes[0], &["hostPath", "path"], "/etc");
    text(
        &container.env[0],
        &["valueFrom", "secretKeyRef", "name"],
        "s",
    );
    text(container, &["livenessProbe", "httpGet", "host"], "h");
    text(
        container,
        &["securityContext", "seccompProfile", "type"],
        "Unconfined",
    );
    for (record, path) in [
        (&pod as &dyn Fields, &["metadata", "namespace"][..]),
        (&pod, &["spec", "nodeName"]),
        (&pod, &["metadata", "creationTimestamp"]),
        (&pod.spec.volumes[0], &["emptyDir"]),
        (container, &["image"]),
    ] {
        assert!(matches!(seen(record, path), View::Absent), "{path:?}");
    }
    for (record, hidden) in [
        (&pod as &dyn Fields, "componentArgv"),
        (&pod.spec, "initContainers"),
        (&container.env[0], "value"),
    ] {
        assert_eq!(record.record().position(hidden), None, "{hidden}");
    }
    let role: Role = read(r#"{"metadata": {"name": "r"}, "rules": [{"apiGroups": [""]}]}"#);
    let View::List(groups) = seen(&role.rules[0], &["apiGroups"]) else {
        panic!("no list");
    };
    assert!(matches!(groups.item(0).unwrap().view, View::Text("")));
}
