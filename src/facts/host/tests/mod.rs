//! A kubeadm control-plane node, built by hand, through the same rounds a reader goes.

mod made;

use crate::facts::component::Told;
use std::collections::BTreeMap;

use super::*;
use crate::facts::GapReason;
use crate::facts::certificate::samples;

mod owners;
mod states;
mod units;

const PLANTED: &str = "UExBTlRFRC1LRVk=";
const HOST_MOUNTS: &str = "1 0 8:1 / / rw - ext4 /dev/a rw";
const POD_MOUNTS: &str = "\
9 8 0:99 / / rw - overlay overlay rw
10 9 8:1 /etc/kubernetes/pki /etc/kubernetes/pki ro - ext4 /dev/a rw
11 9 8:1 /etc/kubernetes/scheduler.conf /etc/kubernetes/scheduler.conf ro - ext4 /dev/a rw
12 9 8:1 /data/etcd /var/lib/etcd rw - ext4 /dev/a rw
13 9 8:1 /var/lib/kubelet/pods/u/volumes/kubernetes.io~configmap/kube-proxy /var/lib/kube-proxy rw - ext4 /dev/a rw";

/// A node in memory: files with their modes, answered as a reader would.
#[derive(Clone, Default)]
struct Node {
    processes: Vec<Process>,
    files: BTreeMap<String, (u32, String)>,
    links: BTreeMap<String, String>,
    closed: Vec<String>,
}

impl Node {
    fn file(mut self, path: &str, mode: u32, text: impl Into<String>) -> Self {
        self.files.insert(path.to_owned(), (mode, text.into()));
        self
    }

    fn process(mut self, pid: u32, depth: u32, argv: &str) -> Self {
        self.processes.push(Process {
            pid,
            argv: Ok(argv.split(' ').map(str::to_owned).collect()),
            name: String::new(),
            uid: Some(0),
            started: None,
            depth,
            seccomp: None,
            label: None,
            cgroup: String::new(),
        });
        let mounts = if depth == 0 { HOST_MOUNTS } else { POD_MOUNTS };
        self.file(&format!("/proc/{pid}/mountinfo"), 0o444, mounts)
    }

    fn entry(&self, path: &str) -> Entry {
        if self.closed.iter().any(|closed| path.starts_with(closed)) {
            return Entry::Gap(Gap::new("file", path, GapReason::Forbidden, "run as root"));
        }
        let real = self.links.get(path).map_or(path, String::as_str);
        let below = format!("{}/", real.trim_end_matches('/'));
        let mut found = match self.files.get(real) {
            Some((mode, _)) => Found::new(Kind::File, *mode, 0, 0),
            None if self.files.keys().any(|file| file.starts_with(&below)) => {
                Found::new(Kind::Directory, 0o755, 0, 0)
            }
            None => return Entry::NotFound,
        };
        found.target = (real != path).then(|| real.to_owned());
        Entry::Found(Box::new(found))
    }

    fn answer(&self, request: &Request) -> Answer {
        let one = |path: &str, entry| Answer::Entries(vec![(path.to_owned(), entry)]);
        match request {
            Request::Hostname => Answer::Hostname(Ok("CP1\n".to_owned())),
            Request::Processes => Answer::Processes(Ok(self.processes.clone()), None),
            Request::Stat(path) => one(path, self.entry(path)),
            Request::Read(path, purpose) => {
                let mut entry = self.entry(path);
                if let Entry::Found(found) = &mut entry {
                    let real = self.links.get(path).unwrap_or(path);
                    if let Some((_, text)) = self.files.get(real) {
                        let body = reduce(*purpose, text.as_bytes()).map_err(|error| {
                            Gap::new(error.to_string(), path, GapReason::Unparsable, "")
                        });
                        found.bodies.insert(*purpose, body);
                    }
                }
                one(path, entry)
            }
            Request::List(path) | Request::Tree(path, _) => {
                let below: Vec<&str> = self
                    .files
                    .keys()
                    .chain(self.links.keys())
                    .filter_map(|file| file.strip_prefix(path.as_str())?.strip_prefix('/'))
                    .collect();
                let mut entry = self.entry(path);
                let mut entries = Vec::new();
                if let Entry::Found(found) = &mut entry {
                    let paths: Vec<String> =
                        below.iter().map(|rest| format!("{path}/{rest}")).collect();
                    entries.extend(paths.iter().map(|path| (path.clone(), self.entry(path))));
                    match request {
                        Request::List(_) => {
                            found.names = Some(Ok(below.iter().map(|n| (*n).to_owned()).collect()));
                        }
                        _ => found.below = Some(Ok(paths)),
                    }
                }
                entries.push((path.clone(), entry));
                Answer::Entries(entries)
            }
        }
    }

    /// The tree after as many rounds as it takes, and the facts.
    fn observe(&self) -> (HostTree, HostFacts) {
        let mut tree = HostTree::default();
        let mut asked = std::collections::BTreeSet::new();
        for _ in 0..10 {
            let (facts, requests) = observe(&tree, &Told::default());
            if requests.is_empty() {
                return (tree, facts);
            }
            for request in requests {
                assert!(asked.insert(request.clone()), "{request:?} is asked twice");
                // Another answer of this round may have said it already.
                if !tree.answers(&request) {
                    tree.insert(self.answer(&request));
                }
                assert!(tree.answers(&request), "{request:?} stays unanswered");
            }
        }
        panic!(
            "the normaliser never has enough: {:?}",
            observe(&tree, &Told::default()).1
        );
    }
}

fn manifest(argv: &str, mounts: &str, volumes: &str) -> String {
    let argv: Vec<&str> = argv.split(' ').collect();
    format!(
        "kind: Pod\nmetadata: {{name: p, namespace: kube-system}}\nspec:\n  containers:\n  - name: c\n    command: {argv:?}\n    volumeMounts: [{mounts}]\n  volumes: [{volumes}]\n"
    )
}

const APISERVER: &str = "kube-apiserver --client-ca-file=/etc/kubernetes/pki/ca.crt --tls-cert-file=/etc/kubernetes/pki/apiserver.crt --tls-private-key-file=/etc/kubernetes/pki/apiserver.key --audit-policy-file=/inside/policy.yaml";
const SCHEDULER: &str = "kube-scheduler --kubeconfig=/etc/kubernetes/scheduler.conf";
const ETCD: &str =
    "etcd --data-dir=/var/lib/etcd --peer-cert-file /etc/kubernetes/pki/etcd/peer.crt";

fn control_plane() -> Node {
    let key = format!("-----BEGIN PRIVATE KEY-----\n{PLANTED}\n-----END PRIVATE KEY-----\n");
    let mut node = Node::default()
        .process(1, 0, "/sbin/init")
        .process(2, 0, "/usr/bin/containerd")
        .process(3, 0, "/usr/bin/kubelet --kubeconfig=/etc/kubernetes/kubelet.conf --config=/var/lib/kubelet/config.yaml --tls-cert-file=/gone.crt")
        .process(4, 1, APISERVER)
        .process(5, 1, SCHEDULER)
        .process(6, 1, ETCD)
        .process(7, 1, "kube-proxy --config=/var/lib/kube-proxy/config.conf")
        .process(8, 1, "/bin/kube-apiserver --etcd-servers=https://tenant")
        .process(9, 2, "kubelet --config=/nested")
        .file("/var/lib/kubelet/config.yaml", 0o644, "apiVersion: kubelet.config.k8s.io/v1beta1\nkind: KubeletConfiguration\nstaticPodPath: /etc/kubernetes/manifests\nauthentication: {x509: {clientCAFile: /etc/kubernetes/pki/ca.crt}}")
        .file("/etc/kubernetes/manifests/kube-apiserver.yaml", 0o600, manifest(APISERVER, "", ""))
        .file("/etc/kubernetes/manifests/kube-scheduler.yaml", 0o640, manifest(SCHEDULER, "", ""))
        .file("/etc/kubernetes/manifests/etcd.yaml", 0o600, manifest(ETCD, "", ""))
        .file("/etc/kubernetes/manifests/old.bak", 0o644, "no pod at all")
        .file("/etc/kubernetes/manifests/.hidden", 0o644, "")
        .file("/etc/kubernetes/pki/ca.crt", 0o644, samples::CA)
        .file("/etc/kubernetes/pki/ca.key", 0o600, "never read")
        .file("/etc/kubernetes/pki/apiserver.crt", 0o644, samples::NODE)
        .file("/etc/kubernetes/pki/apiserver.key", 0o640, "never read")
        .file("/etc/kubernetes/pki/both.crt", 0o644, format!("{}{key}", samples::CA))
        .file("/etc/kubernetes/pki/sa.pub", 0o600, "-----BEGIN PUBLIC KEY-----\nAAAA\n-----END PUBLIC KEY-----\n")
        .file("/etc/kubernetes/pki/broken.crt", 0o644, "-----BEGIN CERTIFICATE-----\nAAAA\n-----END CERTIFICATE-----\n")
        .file("/etc/kubernetes/pki/etcd/peer.crt", 0o644, samples::NODE)
        .file("/data/etcd/member", 0o700, "")
        .file("/etc/kubernetes/scheduler.conf", 0o600, format!("users: [{{user: {{token: {PLANTED}}}}}]"))
        .file("/etc/kubernetes/kubelet.conf", 0o600, "users: [{user: {client-certificate: /var/lib/kubelet/pki/kubelet-client-current.pem, client-key: /var/lib/kubelet/pki/kubelet-client-current.pem}}]")
        .file("/etc/kubernetes/admin.conf", 0o644, format!("users: [{{user: {{client-key-data: {PLANTED}}}}}]"))
        .file("/var/lib/kubelet/pki/kubelet-client-1.pem", 0o600, format!("{}{key}", samples::NODE))
        .file("/var/lib/kubelet/pki/kubelet-client-2.pem", 0o600, format!("{}{key}", samples::NODE))
        .file("/var/lib/kubelet/pods/u/volumes/kubernetes.io~configmap/kube-proxy/config.conf", 0o644, "apiVersion: kubeproxy.config.k8s.io/v1alpha1\nkind: KubeProxyConfiguration\nclientConnection: {kubeconfig: /var/lib/kube-proxy/kubeconfig.conf}")
        .file("/etc/containerd/config.toml", 0o644, "conf_dir = '/opt/cni/conf'")
        .file("/opt/cni/conf/10-x.conflist", 0o640, "{}")
        .file("/opt/cni/conf/cni.lock", 0o644, "")
        .file("/proc/sys/kernel/panic", 0o644, "10\n");
    let uid = "0f8fad5b-d9cb-469f-a165-70867728950e";
    let node_s = "0123456789abcdef0123456789abcdef";
    for process in &mut node.processes {
        match process.pid {
            4..=6 => process.cgroup = format!("/kubepods/pod{node_s}/c"),
            8 => process.cgroup = format!("/kubepods/pod{uid}/c"),
            _ => {}
        }
    }
    node = node.file(&format!("/var/log/pods/tenant_api_{uid}"), 0o755, "");
    node.links.insert(
        "/var/lib/kubelet/pki/kubelet-client-current.pem".to_owned(),
        "/var/lib/kubelet/pki/kubelet-client-2.pem".to_owned(),
    );
    node
}

fn rows(facts: &HostFacts) -> Vec<String> {
    let show = |file: &File| match (file.exists.value(), file.mode.value()) {
        (Some(true), Some(mode)) => format!("{} {} {mode:o}", file.role.name(), file.path),
        (Some(false), _) => format!("{} {} absent", file.role.name(), file.path),
        _ => format!("{} {} gap", file.role.name(), file.path),
    };
    let mut rows: Vec<String> = facts.files.rows.iter().map(show).collect();
    rows.sort_unstable();
    rows
}

#[test]
fn every_file_is_found_where_the_components_really_use_it() {
    let (_, facts) = control_plane().observe();
    assert_eq!(
        rows(&facts),
        [
            "adminKubeconfig /etc/kubernetes/admin.conf 644",
            "apiServerManifest /etc/kubernetes/manifests/kube-apiserver.yaml 600",
            "auditPolicy /inside/policy.yaml gap",
            "clientCA /etc/kubernetes/pki/ca.crt 644",
            "cniConfig /opt/cni/conf/10-x.conflist 640",
            "etcdDataDirectory /data/etcd 755",
            "etcdManifest /etc/kubernetes/manifests/etcd.yaml 600",
            "kubeletConfig /var/lib/kubelet/config.yaml 644",
            "kubeletKubeconfig /etc/kubernetes/kubelet.conf 600",
            "pkiCertificate /etc/kubernetes/pki/apiserver.crt 644",
            "pkiCertificate /etc/kubernetes/pki/broken.crt 644",
            "pkiCertificate /etc/kubernetes/pki/ca.crt 644",
            "pkiCertificate /etc/kubernetes/pki/etcd/peer.crt 644",
            "pkiCertificate /gone.crt absent",
            "pkiDirectory /etc/kubernetes/pki 755",
            "pkiDirectory /var/lib/kubelet/pki 755",
            "pkiFile /etc/kubernetes/pki/sa.pub 600",
            "pkiKey /etc/kubernetes/pki/apiserver.key 640",
            "pkiKey /etc/kubernetes/pki/both.crt 644",
            "pkiKey /etc/kubernetes/pki/ca.key 600",
            "pkiKey /var/lib/kubelet/pki/kubelet-client-1.pem 600",
            "pkiKey /var/lib/kubelet/pki/kubelet-client-2.pem 600",
            "pkiKey /var/lib/kubelet/pki/kubelet-client-current.pem 600",
            "runtimeSocket /run/containerd/containerd.sock absent",
            "schedulerKubeconfig /etc/kubernetes/scheduler.conf 600",
            "schedulerManifest /etc/kubernetes/manifests/kube-scheduler.yaml 640",
            "staticPodDirectory /etc/kubernetes/manifests 755",
            "staticPodManifest /etc/kubernetes/manifests/old.bak 644",
        ]
    );
    let scheduler = facts
        .files
        .rows
        .iter()
        .find(|file| file.role == Role::SchedulerKubeconfig);
    assert_eq!(scheduler.unwrap().credentials.value().unwrap(), &["token"]);
    assert_eq!(facts.host.node, "cp1");
}

#[test]
fn certificates_know_who_uses_them() {
    let (_, facts) = control_plane().observe();
    let uses: Vec<(&str, bool, String)> = facts
        .certificates
        .rows
        .iter()
        .map(|one| (one.path.as_str(), one.in_use, one.used_by.join(", ")))
        .collect();
    let expected = [
        (
            "/etc/kubernetes/pki/apiserver.crt",
            true,
            "kube-apiserver serving",
        ),
        ("/etc/kubernetes/pki/both.crt", false, ""),
        (
            "/etc/kubernetes/pki/ca.crt",
            true,
            "kube-apiserver client CA, kubelet client CA",
        ),
        ("/etc/kubernetes/pki/etcd/peer.crt", true, "etcd peer"),
        ("/var/lib/kubelet/pki/kubelet-client-1.pem", false, ""),
        (
            "/var/lib/kubelet/pki/kubelet-client-current.pem",
            true,
            "kubelet client",
        ),
    ];
    assert_eq!(
        uses,
        expected.map(|(path, used, by)| (path, used, by.to_owned()))
    );
    let lacks: Vec<_> = facts
        .certificates
        .lacks
        .iter()
        .filter_map(|l| l.name.as_deref())
        .collect();
    assert_eq!(lacks, ["/etc/kubernetes/pki/broken.crt on cp1"]);
}

#[test]
fn strangers_in_containers_are_not_the_nodes_components() {
    let (_, facts) = control_plane().observe();
    let places: Vec<&str> = facts.gaps.iter().map(|gap| gap.place.as_str()).collect();
    assert_eq!(places, ["process 8 on cp1"]);
}

#[test]
fn no_key_and_no_token_is_kept_anywhere() {
    let (tree, facts) = control_plane().observe();
    for text in [serde_json::to_string(&tree), serde_json::to_string(&facts)] {
        let text = text.unwrap();
        for secret in [PLANTED, "PLANTED-KEY", "PRIVATE", "never read"] {
            assert!(!text.contains(secret), "{secret} was kept");
        }
    }
    let opened = |path: &str| match &tree.entries[path] {
        Entry::Found(found) => !found.bodies.is_empty(),
        _ => false,
    };
    assert!(!opened("/etc/kubernetes/pki/ca.key") && opened("/etc/kubernetes/pki/ca.crt"));
}

#[test]
fn a_recorded_tree_gives_the_same_facts() {
    let (tree, facts) = control_plane().observe();
    let recorded = serde_json::to_string(&tree).unwrap();
    let read: HostTree = serde_json::from_str(&recorded).unwrap();
    assert_eq!(observe(&read, &Told::default()), (facts, Vec::new()));
}

#[test]
fn whatever_is_closed_is_a_gap_and_hides_nothing() {
    let open = rows(&control_plane().observe().1);
    for closed in [
        "/etc/kubernetes/manifests/",
        "/etc/kubernetes/pki",
        "/etc/kubernetes/scheduler.conf",
        "/var/lib/kubelet/config.yaml",
        "/var/lib/kubelet/pki",
        "/opt/cni",
        "/proc/4",
        "/proc/1",
        "/etc",
        "/",
    ] {
        let mut node = control_plane();
        node.closed = vec![closed.to_owned()];
        let facts = node.observe().1;
        let seen = rows(&facts);
        let lost = open.iter().any(|row| !seen.contains(row));
        assert!(lost, "{closed} changed nothing");
        let admitted = !facts.files.lacks.is_empty() || seen.iter().any(|row| row.ends_with("gap"));
        assert!(admitted, "{closed} was hidden silently: {seen:?}");
    }
    let mut node = control_plane();
    node.closed = vec!["/etc/kubernetes/manifests".to_owned()];
    let facts = node.observe().1;
    let place = "/etc/kubernetes/manifests on cp1";
    assert!(
        facts.gaps.iter().any(|gap| gap.place == place),
        "{:?}",
        facts.gaps
    );
}
