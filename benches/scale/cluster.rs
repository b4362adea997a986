//! A large cluster, listed page by page from a small API server in this process, and audited by the program.
//!
//! Pods carry what admission gives each of them: a token volume with a random name, its mounts, tolerations.

use std::io::{BufRead, BufReader, Read, Write};
use std::net::{Ipv4Addr, TcpListener, TcpStream};
use std::path::Path;
use std::sync::Arc;

use prost::Message;
use seaworthy::facts::objects::{Content, Namespace, Node, Object, Pod, decode_manifest};
use serde_json::{Value, json};

use super::Outcome;
use super::measure::{rate, run as program};

const NODES: usize = 5_000;
const PODS: usize = 150_000;
const TEMPLATES: usize = 3_000;
const NAMESPACES: usize = 300;

/// The size of one cluster.
#[derive(Clone, Copy)]
pub(crate) struct Size {
    pub(crate) nodes: usize,
    pub(crate) pods: usize,
}

pub(crate) fn run(out: &mut dyn Write) -> Outcome {
    let mut small = None;
    for (nodes, pods) in [(NODES, PODS / 10), (NODES, PODS / 2), (NODES, PODS)] {
        let size = Size { nodes, pods };
        let folder = tempfile::tempdir()?;
        let kubeconfig = folder.path().join("config");
        start(size, &kubeconfig)?;
        let run = program(
            &["audit", "--quiet", "--request-timeout", "300"],
            Some(&kubeconfig),
        )?;
        let ratio = run.peak / *small.get_or_insert(run.peak);
        writeln!(
            out,
            "{nodes:>6} nodes, {pods:>7} pods  {:>10.2?}  {:>8.0} pods/s  {:>6.1} MiB  ×{ratio:.2} of the first",
            run.time,
            rate(pods, run.time),
            run.peak
        )?;
    }
    Ok(())
}

/// Serves such a cluster until this process ends, and writes a kubeconfig for it.
pub(crate) fn start(size: Size, kubeconfig: &Path) -> std::io::Result<()> {
    let listener = TcpListener::bind("127.0.0.1:0")?;
    let address = listener.local_addr()?;
    std::thread::spawn(move || serve(&listener, size));
    write_kubeconfig(kubeconfig, &format!("http://{address}"))
}

/// The address of a node. All of them are this machine's own.
pub(crate) fn address(at: usize) -> Ipv4Addr {
    let part = |number: usize| u8::try_from(number).unwrap_or(u8::MAX);
    Ipv4Addr::new(127, 1, part(at / 250), part(at % 250 + 1))
}

fn write_kubeconfig(path: &Path, server: &str) -> std::io::Result<()> {
    let config = json!({
        "apiVersion": "v1", "kind": "Config", "current-context": "bench",
        "clusters": [{"name": "bench", "cluster": {"server": server}}],
        "users": [{"name": "bench", "user": {}}],
        "contexts": [{"name": "bench", "context": {"cluster": "bench", "user": "bench"}}],
    });
    std::fs::write(path, config.to_string())
}

fn serve(listener: &TcpListener, size: Size) {
    let pods: Arc<Vec<Pod>> = Arc::new((0..TEMPLATES).map(template).collect());
    for stream in listener.incoming().flatten() {
        let pods = pods.clone();
        std::thread::spawn(move || {
            let _ = answer(&stream, size, &pods);
        });
    }
}

/// Answers requests of one connection until it ends.
fn answer(stream: &TcpStream, size: Size, pods: &[Pod]) -> std::io::Result<()> {
    let mut reader = BufReader::new(stream);
    loop {
        let mut line = String::new();
        if reader.read_line(&mut line)? == 0 {
            return Ok(());
        }
        let mut length = 0;
        loop {
            let mut header = String::new();
            reader.read_line(&mut header)?;
            if header.trim().is_empty() {
                break;
            }
            let lower = header.to_ascii_lowercase();
            if let Some(value) = lower.strip_prefix("content-length:") {
                length = value.trim().parse().unwrap_or(0);
            }
        }
        std::io::copy(&mut reader.by_ref().take(length), &mut std::io::sink())?;
        let target = line.split(' ').nth(1).unwrap_or_default().to_owned();
        let (code, kind, body) = reply(&target, size, pods);
        let head = format!(
            "HTTP/1.1 {code} OK\r\ncontent-type: {kind}\r\ncontent-length: {}\r\n\r\n",
            body.len()
        );
        let mut writer = stream;
        writer.write_all(head.as_bytes())?;
        writer.write_all(&body)?;
    }
}

const JSON: &str = "application/json";
const PROTOBUF: &str = "application/vnd.kubernetes.protobuf";

fn reply(target: &str, size: Size, pods: &[Pod]) -> (u16, &'static str, Vec<u8>) {
    let (path, query) = target.split_once('?').unwrap_or((target, ""));
    let parameter = |name: &str| {
        let mut pairs = query.split('&').filter_map(|pair| pair.split_once('='));
        pairs
            .find(|(key, _)| *key == name)
            .map(|(_, value)| value.to_owned())
    };
    let limit = parameter("limit")
        .and_then(|text| text.parse().ok())
        .unwrap_or(500);
    let start = parameter("continue")
        .and_then(|text| text.parse().ok())
        .unwrap_or(0);
    let json = |value: Value| (200, JSON, value.to_string().into_bytes());
    match path {
        "/version" => json(json!({"gitVersion": "v1.36.3", "major": "1", "minor": "36"})),
        "/api/v1/pods" => page("v1", "PodList", start, limit, size.pods, |at| {
            pod(&pods[at % TEMPLATES], at, size.nodes).encode_to_vec()
        }),
        "/api/v1/nodes" => page("v1", "NodeList", start, limit, size.nodes, |at| {
            node(at).encode_to_vec()
        }),
        "/api/v1/namespaces" => page("v1", "NamespaceList", start, limit, NAMESPACES, |at| {
            namespace(at).encode_to_vec()
        }),
        "/apis" | "/api" => json(json!({"kind": "APIGroupList", "groups": []})),
        _ if query.contains("limit=") => json(json!({"kind": "List", "metadata": {}, "items": []})),
        _ => (
            404,
            JSON,
            json!({"kind": "Status", "reason": "NotFound", "code": 404})
                .to_string()
                .into_bytes(),
        ),
    }
}

/// A field of a protobuf message that holds bytes.
fn field(tag: u8, bytes: &[u8], to: &mut Vec<u8>) {
    to.push(tag << 3 | 2);
    prost::encoding::encode_varint(bytes.len() as u64, to);
    to.extend_from_slice(bytes);
}

/// A page of a list, in Kubernetes' envelope.
fn page(
    version: &str,
    kind: &str,
    start: usize,
    limit: usize,
    all: usize,
    item: impl Fn(usize) -> Vec<u8>,
) -> (u16, &'static str, Vec<u8>) {
    let end = (start + limit).min(all);
    let mut metadata = Vec::new();
    field(2, b"1", &mut metadata);
    if end < all {
        field(3, end.to_string().as_bytes(), &mut metadata);
    }
    let mut list = Vec::new();
    field(1, &metadata, &mut list);
    for at in start..end {
        field(2, &item(at), &mut list);
    }
    let mut type_meta = Vec::new();
    field(1, version.as_bytes(), &mut type_meta);
    field(2, kind.as_bytes(), &mut type_meta);
    let mut unknown = b"k8s\0".to_vec();
    field(1, &type_meta, &mut unknown);
    field(2, &list, &mut unknown);
    (200, PROTOBUF, unknown)
}

fn object(value: Value) -> Object {
    match decode_manifest(&value.to_string()).remove(0).content {
        Content::Object(object) => object,
        other => unreachable!("{other:?}"),
    }
}

/// A running pod, the first of its template.
fn template(at: usize) -> Pod {
    let value = json!({
        "apiVersion": "v1", "kind": "Pod",
        "metadata": {"name": "x", "namespace": format!("team-{}", at % NAMESPACES), "labels": {"app": format!("app-{at}"), "pod-template-hash": format!("{at:x}")},
            "ownerReferences": [{"apiVersion": "apps/v1", "kind": "ReplicaSet", "name": format!("app-{at}-1"), "controller": true}]},
        "spec": {
            "serviceAccountName": format!("app-{at}"), "nodeName": "x",
            "securityContext": {"runAsNonRoot": at.is_multiple_of(3)},
            "containers": [{
                "name": "app", "image": format!("registry.example.com/app-{at}:1"), "args": ["--listen=:8080"],
                "env": [{"name": "LEVEL", "value": "info"}, {"name": "URL", "valueFrom": {"secretKeyRef": {"name": "s", "key": "k"}}}],
                "ports": [{"name": "http", "containerPort": 8080, "protocol": "TCP"}],
                "volumeMounts": [{"name": "cache", "mountPath": "/cache"}, {"name": "kube-api-access-00000", "mountPath": "/var/run/secrets/kubernetes.io/serviceaccount", "readOnly": true}],
            }],
            "volumes": [{"name": "cache", "emptyDir": {}}, {"name": "kube-api-access-00000", "projected": {"sources": [
                {"serviceAccountToken": {"path": "token", "expirationSeconds": 3607}}, {"configMap": {"name": "kube-root-ca.crt"}}, {"downwardAPI": {"items": []}}]}}],
            "tolerations": [{"key": "node.kubernetes.io/not-ready", "operator": "Exists", "effect": "NoExecute", "tolerationSeconds": 300},
                {"key": "node.kubernetes.io/unreachable", "operator": "Exists", "effect": "NoExecute", "tolerationSeconds": 300}],
        },
        "status": {"phase": "Running", "podIP": "10.0.0.1"},
    });
    match object(value) {
        Object::Pod(pod) => *pod,
        other => unreachable!("{other:?}"),
    }
}

/// One of the pods of a template, with what is its own.
fn pod(template: &Pod, at: usize, nodes: usize) -> Pod {
    let mut pod = template.clone();
    pod.metadata.name = format!("app-{}-1-{at:05x}", at % TEMPLATES);
    pod.spec.node_name = format!("node-{}", at % nodes);
    pod.status.pod_ip = format!("10.{}.{}.{}", at >> 16, (at >> 8) & 255, at & 255);
    let volume = format!("kube-api-access-{at:05x}");
    for one in pod
        .spec
        .volumes
        .iter_mut()
        .filter(|one| one.name.starts_with("kube-api"))
    {
        one.name.clone_from(&volume);
    }
    for container in &mut pod.spec.containers {
        for mount in container
            .volume_mounts
            .iter_mut()
            .filter(|one| one.name.starts_with("kube-api"))
        {
            mount.name.clone_from(&volume);
        }
    }
    pod
}

fn node(at: usize) -> Node {
    let value = json!({
        "apiVersion": "v1", "kind": "Node", "metadata": {"name": format!("node-{at}"), "labels": {"kubernetes.io/os": "linux"}},
        "status": {"addresses": [{"type": "InternalIP", "address": address(at)}], "nodeInfo": {"kubeletVersion": "v1.36.3", "operatingSystem": "linux"}},
    });
    match object(value) {
        Object::Node(node) => *node,
        other => unreachable!("{other:?}"),
    }
}

fn namespace(at: usize) -> Namespace {
    let value = json!({"apiVersion": "v1", "kind": "Namespace", "metadata": {"name": format!("team-{at}")}});
    match object(value) {
        Object::Namespace(namespace) => *namespace,
        other => unreachable!("{other:?}"),
    }
}
