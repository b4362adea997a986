//! Tests of folding: any order, generated parts, declared and running, owners that were not listed.

use super::*;
use crate::facts::objects::{
    Content, CronJob, DaemonSet, Deployment, Job, Kind, Object, Pod, ReplicaSet, StatefulSet,
    decode_manifest,
};

/// Reads one object the way collectors do.
fn object(kind: &str, api_version: &str, rest: &str) -> Object {
    let text = format!(r#"{{"apiVersion": "{api_version}", "kind": "{kind}", {rest}}}"#);
    match decode_manifest(&text).remove(0).content {
        Content::Object(object) => object,
        other => panic!("{other:?}"),
    }
}

fn meta(name: &str, owner: Option<(&str, &str)>) -> String {
    let owners = owner.map_or(String::new(), |(kind, name)| {
        let group = match kind {
            "Node" => "v1",
            "Job" | "CronJob" => "batch/v1",
            "Rollout" => "argoproj.io/v1alpha1",
            "ReplicaSet" => "extensions/v1beta1",
            _ => "apps/v1",
        };
        format!(
            r#", "ownerReferences": [{{"apiVersion": "{group}", "kind": "{kind}", "name": "{name}", "controller": true}}]"#
        )
    });
    format!(
        r#""metadata": {{"name": "{name}", "namespace": "n", "labels": {{"app": "web"}}{owners}}}"#
    )
}

fn pod(name: &str, owner: Option<(&str, &str)>, phase: &str, spec: &str) -> Pod {
    let rest = format!(
        r#"{}, "spec": {spec}, "status": {{"phase": "{phase}", "podIP": "10.0.0.1"}}"#,
        meta(name, owner)
    );
    match object("Pod", "v1", &rest) {
        Object::Pod(pod) => *pod,
        other => panic!("{other:?}"),
    }
}

macro_rules! controller {
    ($kind:ident, $name:expr, $owner:expr, $spec:expr) => {
        match object(
            stringify!($kind),
            &$kind::api_version(),
            &format!(r#"{}, "spec": {}"#, meta($name, $owner), $spec),
        ) {
            Object::$kind(object) => *object,
            other => panic!("{other:?}"),
        }
    };
}

fn template(spec: &str) -> String {
    format!(r#"{{"template": {{"spec": {spec}}}}}"#)
}

/// What the API server and the controllers make of `{"containers": [{"name": "c", "image": IMAGE}]}`.
fn running(image: &str, number: usize) -> String {
    format!(
        r#"{{"containers": [{{"name": "c", "image": "{image}", "volumeMounts": [{{"name": "kube-api-access-x{number}", "mountPath": "/var/run/secrets/kubernetes.io/serviceaccount", "readOnly": true}}]}}],
        "volumes": [{{"name": "kube-api-access-x{number}", "projected": {{"defaultMode": 420, "sources": [{{"serviceAccountToken": {{"path": "token", "expirationSeconds": 3607}}}},
            {{"configMap": {{"name": "kube-root-ca.crt"}}}}, {{"downwardAPI": {{"items": []}}}}]}}}}],
        "tolerations": [{{"key": "node.kubernetes.io/not-ready", "operator": "Exists", "effect": "NoExecute", "tolerationSeconds": 300}},
            {{"key": "node.kubernetes.io/unreachable", "operator": "Exists", "effect": "NoExecute", "tolerationSeconds": 300}}],
        "nodeName": "node{number}", "serviceAccountName": "default", "serviceAccount": "default", "enableServiceLinks": true, "securityContext": {{}}}}"#
    )
}

fn declared(image: &str) -> String {
    format!(r#"{{"containers": [{{"name": "c", "image": "{image}"}}], "securityContext": {{}}}}"#)
}

/// Kind and name of each workload with declared, running and instances of each template.
fn outline(workloads: &[Workload]) -> Vec<String> {
    let template = |t: &Template| {
        format!(
            " {}{}{}",
            mark(t.declared, 'd'),
            mark(t.running, 'r'),
            t.instances
        )
    };
    let line = |w: &Workload| {
        let templates: String = w.templates.iter().map(template).collect();
        format!("{} {}:{templates}", w.kind, w.name)
    };
    workloads.iter().map(line).collect()
}

fn mark(is: bool, mark: char) -> String {
    if is { mark.to_string() } else { String::new() }
}

#[test]
fn a_thousand_pods_of_three_templates() {
    let mut folder = Folder::indexing();
    for number in 0..1_000 {
        let spec = running(&format!("image{}", number % 3), number);
        folder.pod(pod(
            &format!("web-{number:04}"),
            Some(("ReplicaSet", "web-1")),
            "Running",
            &spec,
        ));
    }
    folder.controller(controller!(
        ReplicaSet,
        "web-1",
        Some(("Deployment", "web")),
        template(&declared("image0"))
    ));
    folder.controller(controller!(
        Deployment,
        "web",
        None,
        template(&declared("image0"))
    ));
    let Folded {
        workloads,
        index,
        sets,
    } = folder.finish();
    assert_eq!(outline(&workloads), ["Deployment web: dr334 r333 r333"]);
    assert_eq!(workloads[0].note, None);
    let first = &workloads[0].templates[0];
    assert_eq!((first.sample.len(), first.token_instances), (20, 334));
    assert_eq!(&*first.sample[0], "web-0000");
    assert_eq!(index.len(), 1_000);
    let indexed = index.pods().nth(1).unwrap();
    assert_eq!(
        (indexed.name, indexed.node, indexed.namespace),
        ("web-0001", "node1", "n")
    );
    assert_eq!(indexed.workload, 0);
    let shape = &workloads[0].templates[indexed.template];
    assert_eq!(shape.spec.containers[0].image, "image1");
    let first = &sets[0];
    let shown = (first.kind.as_str(), first.workload.as_str(), first.template);
    assert_eq!(shown, ("Deployment", "web", 0));
    assert_eq!(
        (first.labels.get("app").unwrap().as_str(), first.instances),
        ("web", 334)
    );
    assert_eq!((sets.len(), first.nodes.len()), (3, 334));
}

#[test]
fn what_runs_differently_is_a_second_template() {
    let sidecar =
        r#"{"containers": [{"name": "c", "image": "i"}, {"name": "proxy", "image": "p"}]}"#;
    let debugged = r#"{"containers": [{"name": "c", "image": "i"}], "ephemeralContainers": [{"name": "debug", "image": "d"}]}"#;
    let mut folder = Folder::indexing();
    folder.controller(controller!(DaemonSet, "d", None, template(&declared("i"))));
    folder.pod(pod("d-1", Some(("DaemonSet", "d")), "Running", sidecar));
    folder.controller(controller!(DaemonSet, "e", None, template(&declared("i"))));
    folder.pod(pod(
        "e-1",
        Some(("DaemonSet", "e")),
        "Running",
        &running("i", 1),
    ));
    folder.pod(pod("e-2", Some(("DaemonSet", "e")), "Pending", debugged));
    folder.controller(controller!(DaemonSet, "f", None, template(&declared("i"))));
    let workloads = folder.finish().workloads;
    let expected = [
        "DaemonSet d: r1 d0",
        "DaemonSet e: dr1 r1",
        "DaemonSet f: d0",
    ];
    assert_eq!(outline(&workloads), expected);
}

#[test]
fn a_name_alone_hides_no_volume() {
    let hidden = r#"{"containers": [{"name": "c"}], "volumes": [{"name": "kube-api-access-abcde", "hostPath": {"path": "/"}}]}"#;
    let secret = r#"{"containers": [{"name": "c"}], "volumes": [{"name": "kube-api-access-abcde", "projected": {"sources": [{"secret": {"name": "s"}}]}}]}"#;
    let mut folder = Folder::indexing();
    folder.pod(pod("a", None, "Running", hidden));
    folder.pod(pod("b", None, "Running", secret));
    let workloads = folder.finish().workloads;
    for workload in &workloads {
        assert_eq!(workload.templates[0].spec.volumes.len(), 1);
        assert_eq!(workload.templates[0].token_instances, 0);
    }
}

#[test]
fn stateful_sets_and_jobs() {
    let claim = |pod: &str| {
        format!(
            r#"{{"containers": [{{"name": "c", "image": "i"}}], "hostname": "{pod}", "volumes": [{{"name": "data", "persistentVolumeClaim": {{"claimName": "data-{pod}"}}}}]}}"#
        )
    };
    let set = format!(
        r#"{{"volumeClaimTemplates": [{{"metadata": {{"name": "data"}}}}], "template": {{"spec": {}}}}}"#,
        declared("i")
    );
    let indexed = r#"{"containers": [{"name": "c", "image": "i", "env": [{"name": "JOB_COMPLETION_INDEX",
        "valueFrom": {"fieldRef": {"fieldPath": "metadata.labels['batch.kubernetes.io/job-completion-index']"}}}]}], "hostname": "j-1-0"}"#;
    let mut folder = Folder::indexing();
    folder.controller(controller!(StatefulSet, "db", None, set));
    folder.pod(pod(
        "db-0",
        Some(("StatefulSet", "db")),
        "Running",
        &claim("db-0"),
    ));
    folder.pod(pod(
        "db-1",
        Some(("StatefulSet", "db")),
        "Running",
        &claim("db-1"),
    ));
    let cron = format!(
        r#"{{"schedule": "", "jobTemplate": {{"spec": {}}}}}"#,
        template(&declared("i"))
    );
    folder.pod(pod("j-1-x", Some(("Job", "j-1")), "Running", indexed));
    folder.pod(pod(
        "j-0-x",
        Some(("Job", "j-0")),
        "Succeeded",
        &declared("old"),
    ));
    folder.controller(controller!(
        Job,
        "j-0",
        Some(("CronJob", "j")),
        template(&declared("old"))
    ));
    folder.controller(controller!(
        Job,
        "j-1",
        Some(("CronJob", "j")),
        template(&declared("i"))
    ));
    folder.controller(controller!(CronJob, "j", None, cron));
    folder.controller(controller!(Job, "once", None, template(&declared("i"))));
    let done = folder.finish();
    let (workloads, index) = (done.workloads, done.index);
    let expected = ["CronJob j: dr1", "Job once: d0", "StatefulSet db: dr2"];
    assert_eq!(outline(&workloads), expected);
    assert_eq!(index.len(), 3);
}

#[test]
fn owners_that_were_not_listed() {
    let mut folder = Folder::indexing();
    let run = declared("i");
    folder.pod(pod("a-1-x", Some(("ReplicaSet", "a-1")), "Running", &run));
    folder.controller(controller!(
        ReplicaSet,
        "b-1",
        Some(("Deployment", "b")),
        template(&declared("i"))
    ));
    folder.pod(pod(
        "b-1-x",
        Some(("ReplicaSet", "b-1")),
        "Running",
        &declared("i"),
    ));
    folder.controller(controller!(
        ReplicaSet,
        "b-0",
        Some(("Deployment", "b")),
        format!(
            r#"{{"replicas": 0, "template": {{"spec": {}}}}}"#,
            declared("old")
        )
    ));
    folder.controller(controller!(
        ReplicaSet,
        "r-1",
        Some(("Rollout", "r")),
        template(&declared("i"))
    ));
    folder.pod(pod(
        "static-node1",
        Some(("Node", "node1")),
        "Running",
        &declared("i"),
    ));
    folder.pod(pod("bare", None, "Running", &declared("i")));
    folder.pod(pod("file", None, "", &declared("i")));
    folder.pod(pod("done", None, "Failed", &declared("i")));
    let Folded {
        workloads, index, ..
    } = folder.finish();
    let expected = [
        "Deployment b: dr1",
        "Pod bare: r1",
        "Pod file: d0",
        "Pod static-node1: r1",
        "ReplicaSet a-1: r1",
        "Rollout r: d0",
    ];
    assert_eq!(outline(&workloads), expected);
    let notes: Vec<_> = workloads.iter().map(|w| w.note.as_deref()).collect();
    let (b, a) = (
        Some("Deployment b was not listed"),
        Some("ReplicaSet a-1 was not listed"),
    );
    assert_eq!(notes, [b, None, None, None, a, None]);
    assert_eq!(index.len(), 4);
}

#[test]
fn owners_in_a_circle_end() {
    let mut folder = Folder::indexing();
    folder.controller(controller!(
        Job,
        "a",
        Some(("Job", "b")),
        template(&declared("i"))
    ));
    folder.controller(controller!(
        Job,
        "b",
        Some(("Job", "a")),
        template(&declared("i"))
    ));
    folder.pod(pod("p", Some(("Job", "a")), "Running", &declared("i")));
    let done = folder.finish();
    let (workloads, index) = (done.workloads, done.index);
    let instances = workloads
        .iter()
        .flat_map(|w| &w.templates)
        .map(|t| t.instances);
    assert_eq!((instances.sum::<i64>(), index.len()), (1, 1));
}

#[test]
fn host_ports_that_the_api_server_fills_in() {
    let spec = |ports: &str| {
        format!(r#"{{"hostNetwork": true, "containers": [{{"name": "c", "ports": [{ports}]}}]}}"#)
    };
    let mut folder = Folder::indexing();
    let bare = template(&spec(r#"{"containerPort": 80}"#));
    folder.controller(controller!(DaemonSet, "d", None, bare));
    let filled = spec(r#"{"containerPort": 80, "hostPort": 80}"#);
    folder.pod(pod("d-1", Some(("DaemonSet", "d")), "Running", &filled));
    assert_eq!(outline(&folder.finish().workloads), ["DaemonSet d: dr1"]);
}
