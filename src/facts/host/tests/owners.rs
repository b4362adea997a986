//! Whose a running component is, and which manifest starts it.

use super::*;

const OPEN: &str = "kube-apiserver --authorization-mode=AlwaysAllow";
const SAFE: &str = "kube-apiserver --authorization-mode=Node,RBAC";
const TENANT: &str = "kube-apiserver --authorization-mode=RBAC --etcd-servers=https://tenant";

/// The uids of a static pod and of an ordinary one.
const STATIC: &str = "0123456789abcdef0123456789abcdef";
const ORDINARY: &str = "0f8fad5b-d9cb-469f-a165-70867728950e";

/// A node whose kubelet takes static pods from a directory.
fn node() -> Node {
    Node::default().process(1, 0, "/sbin/init").process(
        3,
        0,
        "/usr/bin/kubelet --pod-manifest-path=/m",
    )
}

impl Node {
    /// Puts the last process into a pod that has logs.
    fn in_pod(mut self, pod: &str, uid: &str) -> Self {
        let last = self.processes.last_mut().unwrap();
        last.cgroup = format!("/kubepods/pod{uid}/c");
        self.file(&format!("/var/log/pods/{pod}_{uid}"), 0o755, "")
    }

    /// What the kernel calls the last process.
    fn called(mut self, name: &str) -> Self {
        name.clone_into(&mut self.processes.last_mut().unwrap().name);
        self
    }
}

/// The authorization modes of the API servers, `-` where they are not known, then what the listing lacks.
fn told(node: &Node) -> Vec<String> {
    let components = node.observe().1.components;
    let of_kind = |one: &&Component| one.kind == ComponentKind::ApiServer;
    let mode = |one: &Component| match one.flags.get("authorization-mode").unwrap() {
        Cell::Value { value, .. } => value.to_string(),
        _ => "-".to_owned(),
    };
    let rows = components.rows.iter().filter(of_kind).map(mode);
    let lacks = components.lacks.iter();
    let lacks = lacks.filter(|lack| ComponentKind::ApiServer.may_be_lacked(lack));
    let lacks = lacks.map(|lack| lack.name.clone().unwrap_or("anything".to_owned()));
    rows.chain(lacks).collect()
}

fn check(node: &Node, wanted: &[&str]) {
    assert_eq!(told(node), wanted, "{:?}", node.processes);
}

#[test]
fn a_process_belongs_to_the_manifest_of_its_pod() {
    // The manifest was edited, the process still runs, and a tenant's runs beside it.
    let edited = node()
        .file("/m/a.yaml", 0o600, manifest(SAFE, "", ""))
        .process(4, 1, OPEN);
    let tenant = |node: Node| node.process(5, 1, TENANT);
    let known =
        tenant(edited.clone().in_pod("kube-system_p-cp1", STATIC)).in_pod("t_api", ORDINARY);
    check(&known, &["AlwaysAllow"]);
    let (_, facts) = known.observe();
    assert!(facts.components.is_complete() && facts.files.is_complete());
    assert_eq!(facts.gaps[0].place, "process 5 on cp1");
    let drift = &facts.components.rows[1].drift;
    assert_eq!(drift[0].setting, "authorization-mode");
    // Nobody can say which of the two is which: neither is judged, and the manifest least of all.
    let unknown = tenant(edited);
    check(
        &unknown,
        &[
            "kube-apiserver process 4 on cp1",
            "kube-apiserver process 5 on cp1",
        ],
    );
    assert!(!unknown.observe().1.files.is_complete());
    // The other kinds are not in doubt.
    let lacks = unknown.observe().1.components.lacks;
    for kind in [ComponentKind::Etcd, ComponentKind::Kubelet] {
        assert!(!lacks.iter().any(|lack| kind.may_be_lacked(lack)));
    }
}

#[test]
fn what_runs_in_a_container_is_never_nothing() {
    let lack = "kube-apiserver process 4 on cp1";
    check(&node().process(4, 1, OPEN), &[lack]);
    // A tenant's, on a node that has none of its own; in a namespace of the system it may be the cluster's.
    check(
        &node().process(4, 1, TENANT).in_pod("t_api", ORDINARY),
        &[lack],
    );
    check(
        &node()
            .process(4, 1, TENANT)
            .in_pod("kube-system_api", ORDINARY),
        &[lack],
    );
    // A node within the node.
    check(&node().process(4, 2, OPEN), &[lack]);
    check(
        &Node::default().process(1, 0, "init").process(4, 2, OPEN),
        &[lack],
    );
    // A static pod that no manifest shows, and a container outside of pods, are the node's.
    check(
        &node()
            .process(4, 1, OPEN)
            .in_pod("kube-system_x-cp1", STATIC),
        &["AlwaysAllow"],
    );
    let docker = node()
        .process(9, 1, "nginx")
        .in_pod("a_b", ORDINARY)
        .process(4, 1, OPEN);
    check(&docker, &["AlwaysAllow"]);
    check(
        &docker.process(5, 1, SAFE),
        &[lack, "kube-apiserver process 5 on cp1"],
    );
    // One that comes from a URL, or from elsewhere, shows nothing of that without its control group.
    let by_url = Node::default()
        .process(1, 0, "init")
        .process(3, 0, "kubelet --manifest-url=http://127.0.0.1:1/x")
        .process(4, 1, OPEN);
    check(&by_url, &[lack]);
    check(
        &by_url.in_pod("kube-system_x-cp1", STATIC),
        &["AlwaysAllow"],
    );
    // What a manifest may start that is not understood is judged, and never passes.
    let broken = node().file("/m/a.yaml", 0o600, "kind: [");
    check(&broken.process(4, 1, OPEN), &["AlwaysAllow", lack]);
    // A program on the node that is called like it starts it.
    let launched = node()
        .process(7, 0, "/bin/bash /usr/local/bin/kube-apiserver")
        .process(4, 1, OPEN);
    check(&launched, &["AlwaysAllow"]);
}

#[test]
fn who_starts_a_component_is_not_a_second_one() {
    let line = format!("/go-runner --log-file=/l {SAFE}");
    let wrapped = |processes: Node| processes.file("/m/a.yaml", 0o600, manifest(&line, "", ""));
    check(
        &wrapped(node().process(4, 1, &line).process(5, 1, SAFE)),
        &["Node,RBAC"],
    );
    // The child is not to be seen: the wrapper says what it gets.
    check(&wrapped(node().process(4, 1, &line)), &["Node,RBAC"]);
    check(&wrapped(node()), &["Node,RBAC"]);
    let shell = "/bin/sh /usr/local/bin/kube-apiserver";
    check(&node().process(4, 0, shell), &["-"]);
    // The role of the manifest follows what it starts.
    let rows = rows(&wrapped(node()).observe().1);
    assert!(
        rows.contains(&"apiServerManifest /m/a.yaml 600".to_owned()),
        "{rows:?}"
    );
}

#[test]
fn a_command_line_that_was_written_over_tells_nothing() {
    let renamed = node()
        .process(4, 0, "something --authorization-mode=RBAC")
        .called("kube-apiserver");
    check(&renamed, &["-"]);
    check(
        &node().process(4, 0, "etcd gateway start").called("etcd"),
        &[],
    );
    let kubelet = Node::default()
        .process(1, 0, "init")
        .process(4, 0, "/bin/bash /usr/bin/kubelet");
    let (_, facts) = kubelet.observe();
    assert_eq!(facts.components.rows[0].kind, ComponentKind::Kubelet);
    assert!(
        !facts.components.is_complete(),
        "its static pods are not known"
    );
}

#[test]
fn programs_that_hide_components_hide_anything() {
    let machine = Node::default().process(1, 0, "init");
    for (depth, line) in [
        (0, "/snap/kubelite --x"),
        (1, "/bin/k3s server"),
        (0, "microshift run"),
    ] {
        check(&machine.clone().process(4, depth, line), &["anything"]);
    }
    check(&machine.clone().process(4, 0, "k3s kubectl get"), &[]);
    let (_, facts) = machine.process(4, 1, "/usr/bin/kubelet").observe();
    let lacks = &facts.components.lacks;
    assert_eq!(lacks[0].name.as_deref(), Some("kubelet process 4 on cp1"));
}

/// What an audit sees less of may leave things open; it never says anything else.
#[test]
fn who_sees_less_says_less() {
    let full = node()
        .file("/m/a.yaml", 0o600, manifest(SAFE, "", ""))
        .file("/m/b.yaml", 0o600, "no pod")
        .process(4, 1, OPEN)
        .in_pod("kube-system_p-cp1", STATIC)
        .process(5, 1, TENANT)
        .in_pod("t_api", ORDINARY);
    check(&full, &["AlwaysAllow"]);
    let less: [fn(&mut Node); 8] = [
        |node| drop(node.files.remove("/m/a.yaml")),
        |node| node.closed.push("/m".to_owned()),
        |node| node.closed.push("/m/a.yaml".to_owned()),
        |node| node.closed.push("/var/log/pods".to_owned()),
        |node| node.closed.push("/proc".to_owned()),
        |node| node.processes.iter_mut().for_each(|one| one.cgroup.clear()),
        |node| {
            for process in &mut node.processes {
                process.argv = Err(Gap::new("argv", "", GapReason::Forbidden, ""));
                "kube-apiserver".clone_into(&mut process.name);
            }
        },
        |node| node.processes[1].depth = 1,
    ];
    for first in 0..less.len() {
        for second in first..less.len() {
            let mut node = full.clone();
            less[first](&mut node);
            less[second](&mut node);
            let told = told(&node);
            let open = |one: &String| one == "-" || one.starts_with("kube-") || one == "anything";
            let same = told.iter().all(|one| one == "AlwaysAllow" || open(one));
            assert!(same && !told.is_empty(), "{first} and {second}: {told:?}");
        }
    }
}

/// Go reads all of these, so the kubelet starts what they declare.
#[test]
fn manifests_are_read_as_the_kubelet_reads_them() {
    let pod = manifest(OPEN, "", "");
    for text in [
        format!("\u{feff}{pod}"),
        format!("{pod}---\n"),
        format!("{pod}---\nkind: [\n"),
        format!("{pod}status: ~\n"),
        pod.replace("volumes: []", "volumes: null"),
        pod.replace(
            "volumeMounts: []",
            "volumeMounts: ~\n    env:\n    args: null",
        ),
        pod.replace("kind: Pod", "kind: Pod\napiVersion: v1\nstatus: {}"),
    ] {
        let node = node().file("/m/a.yaml", 0o600, text.clone());
        check(&node, &["AlwaysAllow"]);
        assert!(node.observe().1.files.is_complete(), "{text}");
    }
}
