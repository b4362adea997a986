//! Nodes as they can be found: layered settings, closed files, nothing running.

use super::*;

#[test]
fn drop_ins_go_before_the_file_and_flags_before_both() {
    let drop_in = "apiVersion: kubelet.config.k8s.io/v1beta1\nkind: KubeletConfiguration\nstaticPodPath: /from-drop-in";
    let node = |argv: &str| {
        Node::default()
            .process(1, 0, "init")
            .process(3, 0, argv)
            .file("/c.yaml", 0o600, "apiVersion: kubelet.config.k8s.io/v1beta1\nkind: KubeletConfiguration\nstaticPodPath: /from-file")
            .file("/d/10-a.conf", 0o644, "apiVersion: kubelet.config.k8s.io/v1beta1\nkind: KubeletConfiguration\nstaticPodPath: /overridden")
            .file("/d/20-b.conf", 0o600, drop_in)
            .file("/d/30-c.yaml", 0o600, "apiVersion: kubelet.config.k8s.io/v1beta1\nkind: KubeletConfiguration\nstaticPodPath: /no-conf")
            .observe()
            .1
    };
    for (argv, expected) in [
        (
            "kubelet --config /c.yaml",
            "staticPodDirectory /from-file absent",
        ),
        (
            "kubelet --config=/c.yaml --config-dir=/d",
            "staticPodDirectory /from-drop-in absent",
        ),
        (
            "kubelet --config=/c.yaml --config_dir=/d --pod-manifest-path=/x",
            "staticPodDirectory /x absent",
        ),
    ] {
        let rows = rows(&node(argv));
        assert!(rows.iter().any(|row| row == expected), "{argv}: {rows:?}");
    }
    let rows = rows(&node("kubelet --config=/c.yaml --config-dir=/d"));
    let config: Vec<_> = rows
        .iter()
        .filter(|row| row.starts_with("kubeletConfig"))
        .collect();
    assert_eq!(
        config,
        [
            "kubeletConfig /c.yaml 600",
            "kubeletConfig /d/10-a.conf 644",
            "kubeletConfig /d/20-b.conf 600"
        ]
    );
}

#[test]
fn etcd_is_also_told_by_its_environment() {
    let node = Node::default()
        .process(1, 0, "init")
        .process(3, 0, "etcd")
        .file(
            "/proc/3/environ",
            0o400,
            "ETCD_DATA_DIR=/data/etcd\0ETCD_CERT_FILE=/data/cert\0",
        )
        .file("/data/etcd/member", 0o700, "")
        .file("/data/cert", 0o644, samples::NODE);
    let facts = node.observe().1;
    assert_eq!(
        rows(&facts),
        [
            "etcdDataDirectory /data/etcd 755",
            "pkiCertificate /data/cert 644"
        ]
    );
    assert_eq!(facts.certificates.rows[0].used_by, ["etcd serving"]);
    let mut closed = node;
    closed.closed = vec!["/proc/3/environ".to_owned()];
    let facts = closed.observe().1;
    let unread = |file: &File| file.role == Role::EtcdDataDirectory && file.mode.gap().is_some();
    assert!(facts.files.rows.iter().any(unread) && !facts.certificates.is_complete());
}

#[test]
fn an_unanswered_tree_is_all_gaps() {
    let (facts, wanted) = observe(&HostTree::default(), &Told::default());
    assert!(wanted.contains(&Request::Processes) && wanted.contains(&Request::Hostname));
    assert!(
        facts
            .files
            .rows
            .iter()
            .all(|file| file.mode.gap().is_some())
    );
    assert!(!facts.files.is_complete());
    assert!(!facts.certificates.is_complete());
    assert_eq!(facts.gaps[0].reason, GapReason::NotAsked);
    assert_eq!(
        facts.host.kernel_release.gap().unwrap().reason,
        GapReason::NotAsked
    );
}

#[test]
fn a_kernel_without_its_files_is_not_a_kernel_without_features() {
    let (_, facts) = control_plane().observe();
    assert_eq!(facts.host.sysctls["kernel.panic"].value(), Some(&10));
    assert!(facts.host.app_armor.gap().is_some(), "no /sys is no answer");
    let node = control_plane().file("/sys/module/x/y", 0o444, "");
    assert_eq!(node.observe().1.host.app_armor.value(), Some(&false));
    let node = node.file("/sys/module/apparmor/parameters/enabled", 0o444, "Y\n");
    assert_eq!(node.observe().1.host.app_armor.value(), Some(&true));
}

#[test]
fn parents_that_others_can_write_to_are_named() {
    let parent = |path: &str, mode, uid| Parent {
        path: path.to_owned(),
        mode,
        uid,
        gid: 0,
    };
    for (parents, combined, writable) in [
        (
            vec![parent("/", 0o755, 0), parent("/a", 0o700, 0)],
            0o755,
            None,
        ),
        (
            vec![parent("/", 0o755, 0), parent("/a", 0o777, 0)],
            0o777,
            Some("/a"),
        ),
        (vec![parent("/tmp", 0o1777, 0)], 0o1777, None),
        (vec![parent("/a", 0o775, 0)], 0o775, None),
        (vec![parent("/a", 0o755, 7)], 0o755, Some("/a")),
    ] {
        let mut found = Found::new(Kind::File, 0o600, 0, 0);
        found.parents = parents;
        let file = File::of("n", "/a/f", Role::AuditLog, &Entry::Found(Box::new(found)));
        assert_eq!(file.parent_mode.value(), Some(&combined));
        assert_eq!(file.writable_parent.value().map(String::as_str), writable);
    }
}

#[test]
fn a_folder_that_only_its_owner_enters_is_named() {
    let parent = |path: &str, mode| Parent {
        path: path.to_owned(),
        mode,
        uid: 0,
        gid: 0,
    };
    for (target, parents, closed) in [
        (
            None,
            vec![parent("/", 0o755), parent("/a", 0o700)],
            Some("/a"),
        ),
        (None, vec![parent("/", 0o755), parent("/a", 0o750)], None),
        (None, vec![parent("/a", 0o711)], None),
        (None, vec![parent("/a", 0o744)], Some("/a")),
        // Behind a link the file has another name, by which others get there.
        (
            Some("/b/f"),
            vec![parent("/a", 0o700), parent("/b", 0o755)],
            None,
        ),
        (
            Some("/b/f"),
            vec![parent("/a", 0o755), parent("/b", 0o700)],
            Some("/b"),
        ),
        (Some("/ab/f"), vec![parent("/a", 0o700)], None),
    ] {
        let mut found = Found::new(Kind::File, 0o644, 0, 0);
        found.target = target.map(str::to_owned);
        found.parents = parents;
        let file = File::of(
            "n",
            "/a/f",
            Role::KubeletConfig,
            &Entry::Found(Box::new(found)),
        );
        assert_eq!(file.closed_parent.value().map(String::as_str), closed);
    }
}

#[test]
fn administrators_kubeconfigs_are_looked_for_where_distributions_put_them() {
    let machine = Node::default().process(1, 0, "/sbin/init");
    for path in [
        "/var/lib/rancher/k3s/server/cred/admin.kubeconfig",
        "/var/lib/rancher/rke2/server/cred/supervisor.kubeconfig",
        "/var/snap/microk8s/current/credentials/client.config",
        "/var/lib/k0s/pki/admin.conf",
    ] {
        let node = machine
            .clone()
            .file(path, 0o644, "users: [{user: {token: a}}]");
        let rows = rows(&node.observe().1);
        assert!(
            rows.contains(&format!("adminKubeconfig {path} 644")),
            "{rows:?}"
        );
    }
    let k3s = machine
        .process(2, 0, "/usr/local/bin/k3s server --data-dir=/data/k3s")
        .file("/data/k3s/server/cred/admin.kubeconfig", 0o640, "users: []");
    let rows = rows(&k3s.observe().1);
    let row = "adminKubeconfig /data/k3s/server/cred/admin.kubeconfig 640".to_owned();
    assert!(rows.contains(&row), "{rows:?}");
}

#[test]
fn a_node_whose_kubelet_does_not_run_is_not_a_machine_without_one() {
    let machine = Node::default().process(1, 0, "/sbin/init");
    let (_, facts) = machine.clone().observe();
    assert!(facts.components.is_complete() && facts.files.is_complete());

    for trace in [
        "/var/lib/kubelet/config.yaml",
        "/var/lib/rancher/k3s/agent/x",
    ] {
        let node = machine
            .clone()
            .file(trace, 0o644, "")
            .process(2, 1, APISERVER);
        let (_, facts) = node.observe();
        assert_eq!(facts.components.rows.len(), 1, "what runs is judged");
        for complete in [
            facts.components.is_complete(),
            facts.files.is_complete(),
            facts.certificates.is_complete(),
        ] {
            assert!(
                !complete,
                "{trace}: what does not run was counted as not there"
            );
        }
    }
    let mut closed = machine;
    closed.closed.push("/var/lib/kubelet".to_owned());
    assert!(!closed.observe().1.components.is_complete());
}

/// What is not known to run may listen, and may run in pods.
#[test]
fn without_a_list_of_processes_nothing_is_known_to_be_absent() {
    let mut tree = HostTree::default();
    for _ in 0..10 {
        let (facts, requests) = observe(&tree, &Told::default());
        if requests.is_empty() {
            assert!(!facts.components.is_complete());
            assert!(!facts.endpoints.is_complete());
            assert!(!facts.pod_processes.is_complete());
            return;
        }
        for request in requests {
            let gap = Gap::new("processes", "/proc", GapReason::Forbidden, "run as root");
            tree.insert(match request {
                Request::Processes => request.refused(gap),
                other => Node::default().answer(&other),
            });
        }
    }
    panic!("it never has enough");
}

#[test]
fn of_many_addresses_the_first_of_each_component_are_connected_to() {
    let urls: Vec<String> = (1..=20_000)
        .map(|port| format!("http://127.0.0.1:{port}"))
        .collect();
    let etcd = format!(
        "etcd --listen-client-urls={} --listen-peer-urls=http://127.0.0.1:2380",
        urls.join(",")
    );
    let facts = Node::default()
        .process(1, 0, "init")
        .process(3, 0, &etcd)
        .process(4, 0, "kube-scheduler --bind-address=127.0.0.1")
        .observe()
        .1;
    let (listeners, lacks) = listeners(&facts);
    assert_eq!(listeners.len(), 64);
    let is = |component: &str, purpose: &str| {
        let of = |one: &&Listener| one.component.binary() == component && one.purpose == purpose;
        listeners.iter().filter(of).count()
    };
    assert_eq!(is("etcd", "peer"), 1);
    assert_eq!(is("kube-scheduler", "serving"), 1);
    assert!(listeners.iter().any(|one| one.port == 1));
    assert!(!listeners.iter().any(|one| one.port == 20_000));
    let told: Vec<String> = lacks.iter().map(|lack| lack.gap.to_string()).collect();
    let more = told.iter().find(|gap| gap.contains("more addresses"));
    assert!(more.is_some_and(|gap| gap.contains("19938")), "{told:?}");
    // What is shown there is not known, so neither are all certificates.
    let mut facts = facts;
    facts.take_answers(Vec::new(), lacks);
    assert!(
        facts
            .certificates
            .lacks
            .iter()
            .any(|lack| lack.name.is_none())
    );
}

#[test]
fn processes_that_were_left_out_may_be_anything() {
    let node = Node::default()
        .process(1, 0, "init")
        .process(3, 0, "kubelet");
    let (mut tree, whole) = node.observe();
    assert!(
        !whole
            .components
            .lacks
            .iter()
            .any(|lack| lack.name.is_none())
    );
    tree.left_out = left_out(7);
    let (facts, requests) = observe(&tree, &Told::default());
    assert_eq!(requests, []);
    for lacks in [
        &facts.components.lacks,
        &facts.endpoints.lacks,
        &facts.files.lacks,
    ] {
        let any = lacks.iter().filter(|lack| lack.name.is_none());
        let gaps: Vec<String> = any.map(|lack| lack.gap.to_string()).collect();
        assert!(
            gaps.iter().any(|gap| gap.contains("7 processes")),
            "{gaps:?}"
        );
    }
    assert_eq!(facts.components.rows.len(), whole.components.rows.len());
}
