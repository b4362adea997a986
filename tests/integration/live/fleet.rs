//! Nodes that differ: two control planes with other flags, and a worker that has busybox for tools and no bash, an odd
//! kubelet, and is reached through another host alone.

use std::path::Path;
use std::time::{Duration, Instant};

use serde_json::{Value, json};
use tempfile::TempDir;

use super::bed::Bed;
use super::findings::Findings;
use super::ssh::rows;
use crate::harness::{self, Run};

/// What is odd about w2: check, subject, evidence.
const PLANTED: &[(&str, &str, &str)] = &[
    // One control plane was hardened and the other was not.
    (
        "apiserver-differs-between-nodes",
        "kube-apiserver",
        "profiling: true here, false on cp2",
    ),
    (
        "scheduler-differs-between-nodes",
        "kube-scheduler",
        "profiling: true here, false on cp2",
    ),
    // A flag wins over a drop-in.
    (
        "kubelet-read-only-port-open",
        "kubelet",
        "readOnlyPort = 10255",
    ),
    // The later drop-in wins over the earlier.
    ("kubelet-pod-pids-unlimited", "kubelet", "podPidsLimit = -1"),
    // Files that drop-ins name, where nobody else puts them.
    (
        "certificate-expiring",
        "/opt/pki/kubelet/serving.crt",
        "daysLeft = 4",
    ),
    (
        "file-pki-key-mode-too-open",
        "/opt/pki/kubelet/serving.key",
        "mode = 0644",
    ),
    (
        "file-kubelet-config-mode-too-open",
        "/etc/kubernetes/kubelet.conf.d/20-serving.conf",
        "mode = 0644",
    ),
];

/// The program with an ssh_config that knows the way to w2.
fn run(bed: &Bed, folder: &Path, args: &[&str]) -> Run {
    let config = folder.join("config");
    let text = format!(
        "Host {}\n  ProxyJump pilot@{}\nHost *\n  IdentityFile {}\n  UserKnownHostsFile {}\n",
        bed.address("w2"),
        bed.address("gate"),
        bed.ssh_key().display(),
        bed.known_hosts().display(),
    );
    std::fs::write(&config, text).unwrap();
    let way = ["--ssh-config", config.to_str().unwrap()];
    harness::run_with(&bed.kubeconfig(), &[args, &way].concat())
}

#[test]
#[ignore = "needs a real cluster: tests/run"]
fn one_command_reads_all_nodes_in_two_round_trips_each() {
    let bed = Bed::running();
    let folder = TempDir::new().unwrap();
    let path = folder.path().join("fleet.seaworthy");
    let args = [
        "collect",
        "--ssh-all",
        "--ssh-user",
        "pilot",
        "--verbose",
        "-o",
        path.to_str().unwrap(),
    ];
    let run = run(bed, folder.path(), &args);
    assert_eq!(run.code, 0, "{}", run.err);
    for node in ["cp1", "cp2", "w1", "w2"] {
        let start = format!("node {node} ({}): 2 round trips, ", bed.address(node));
        let said = |line: &str| line.starts_with(&start);
        assert!(run.err.lines().any(said), "{}", run.err);
    }
    Findings::of(&std::fs::read(path).unwrap()).hold(PLANTED);
}

/// kubeadm renews files; whether the programs that use them know of it is another matter.
#[test]
#[ignore = "needs a real cluster: tests/run"]
fn what_was_renewed_and_not_taken_up_is_found() {
    let bed = Bed::running();
    let folder = TempDir::new().unwrap();
    let path = folder.path().join("renewed.seaworthy");
    for name in ["scheduler.conf", "etcd-server", "apiserver"] {
        let renewed = bed.enter("cp1", &["kubeadm", "certs", "renew", name]);
        assert!(renewed.status.success(), "{renewed:?}");
    }
    let host = format!("root@{}", bed.address("cp1"));
    let to = ["-o", path.to_str().unwrap()];
    let args = [&["collect", "--no-api", "--ssh", &host][..], &to].concat();
    // The API server looks at its files once a minute.
    let started = Instant::now();
    loop {
        let run = run(bed, folder.path(), &args);
        assert_eq!(run.code, 0, "{}", run.err);
        let findings = Findings::of(&std::fs::read(&path).unwrap());
        // A program with its credentials in a kubeconfig keeps them until it is started again.
        assert_eq!(
            findings.failing("certificate-changed-and-not-taken-up"),
            ["/etc/kubernetes/scheduler.conf"]
        );
        let shown = findings.failing("endpoint-certificate-not-of-file");
        assert!(
            !shown.iter().any(|name| name.starts_with("etcd")),
            "{shown:?}"
        );
        if shown.is_empty() {
            break;
        }
        assert_eq!(shown, ["kube-apiserver at 127.0.0.1:6443"]);
        assert!(
            started.elapsed() < Duration::from_secs(150),
            "never taken up"
        );
        std::thread::sleep(Duration::from_secs(5));
    }
}

#[test]
#[ignore = "needs a real cluster: tests/run"]
fn a_node_with_busybox_shows_what_it_shows_itself() {
    let bed = Bed::running();
    let folder = TempDir::new().unwrap();
    let tool = bed.enter("w2", &["readlink", "/usr/bin/stat"]);
    assert_eq!(String::from_utf8_lossy(&tool.stdout).trim(), "busybox");
    assert!(!bed.enter("w2", &["bash", "-c", "true"]).status.success());
    let local = rows(&bed.collected("w2", &["--no-api"]));
    let path = folder.path().join("node.seaworthy");
    let host = format!("pilot@{}", bed.address("w2"));
    let run = run(
        bed,
        folder.path(),
        &[
            "collect",
            "--no-api",
            "--ssh",
            &host,
            "-o",
            path.to_str().unwrap(),
        ],
    );
    assert_eq!(run.code, 0, "{}", run.err);
    assert_eq!(rows(&std::fs::read(path).unwrap()), local);
}

#[test]
#[ignore = "needs a real cluster: tests/run"]
fn without_its_jump_host_the_node_is_a_gap() {
    let bed = Bed::running();
    let (key, known) = (bed.ssh_key(), bed.known_hosts());
    let host = format!("pilot@{}", bed.address("w2"));
    let args = [
        "audit",
        "--ssh",
        &host,
        "--ssh-timeout",
        "3",
        "--ssh-config",
        "/dev/null",
        "--all",
        "--ssh-key",
        key.to_str().unwrap(),
        "--ssh-known-hosts",
        known.to_str().unwrap(),
    ];
    let run = harness::run_with(&bed.kubeconfig(), &args);
    assert_eq!(run.code, 0, "{}", run.err);
    assert!(
        run.out.contains("files and processes of node w2"),
        "{}",
        run.out
    );
}

/// kubectl with a line of words.
fn kubectl(bed: &Bed, line: &str, input: &str) -> String {
    bed.kubectl(&line.split(' ').collect::<Vec<_>>(), input)
}

/// Two pods that ask for a lot, one of them for a profile that no node has.
fn start_pods(bed: &Bed) {
    let image = "get pod buoy -n harbour -o jsonpath={.spec.containers[0].image}";
    let image = kubectl(bed, image, "");
    let pod = |name: &str, seccomp: Value| {
        json!({"apiVersion": "v1", "kind": "Pod", "metadata": {"name": name, "namespace": "harbour"}, "spec": {
            "nodeName": "w1", "terminationGracePeriodSeconds": 1,
            "securityContext": {"runAsNonRoot": true, "runAsUser": 1000, "seccompProfile": seccomp},
            "containers": [{"name": name, "image": image, "imagePullPolicy": "Never", "command": ["sleep", "infinity"]}],
        }})
    };
    let pods = json!({"apiVersion": "v1", "kind": "List", "items": [
        pod("keel", json!({"type": "RuntimeDefault"})),
        pod("spar", json!({"type": "Localhost", "localhostProfile": "profiles/spar.json"})),
    ]});
    kubectl(bed, "apply -f -", &pods.to_string());
    let ready = "wait --for=condition=Ready pod/keel -n harbour --timeout=60s";
    kubectl(bed, ready, "");
}

/// Somebody who is root of the node joins a pod and takes nothing of its confinement along.
fn join(bed: &Bed, pod: &str) {
    let uid = format!("get pod {pod} -n harbour -o jsonpath={{.metadata.uid}}");
    let uid = kubectl(bed, &uid, "");
    let join = format!(
        "group=$(cat /proc/[0-9]*/cgroup 2>/dev/null | sed -n 's,^[0-9]*:[^:]*:\\(.*pod{uid}/.*\\),\\1,p' | head -n 1)
        for tree in /sys/fs/cgroup /sys/fs/cgroup/*; do
            [ -e \"$tree$group/cgroup.procs\" ] && echo $$ >\"$tree$group/cgroup.procs\"
        done
        exec sleep 120 >/dev/null 2>&1 </dev/null &"
    );
    let joined = bed.enter("w1", &["sh", "-c", &join]);
    assert!(joined.status.success(), "{joined:?}");
}

/// What a pod states is one thing and what runs in it another; so is a socket's mode.
#[test]
#[ignore = "needs a real cluster: tests/run"]
fn what_the_kernel_does_counts() {
    const SOCKET: &str = "/run/containerd/containerd.sock";
    let bed = Bed::running();
    start_pods(bed);
    let folder = TempDir::new().unwrap();
    let path = folder.path().join("kernel.seaworthy");
    let host = format!("pilot@{}", bed.address("w1"));
    let args = ["collect", "--ssh", &host, "-o", path.to_str().unwrap()];
    let look = || {
        let run = run(bed, folder.path(), &args);
        assert_eq!(run.code, 0, "{}", run.err);
        Findings::of(&std::fs::read(&path).unwrap())
    };
    let before = look();
    assert!(before.failing("process-unfiltered").is_empty());
    assert!(before.failing("process-root-although-refused").is_empty());
    assert!(before.failing("file-runtime-socket-open").is_empty());
    before.hold(&[(
        "host-localhost-profile-missing",
        "w1",
        "missingProfiles = [seccomp profile profiles/spar.json of Pod harbour/spar]",
    )]);
    join(bed, "keel");
    bed.enter("w1", &["chmod", "0666", SOCKET]);
    let after = look();
    bed.enter("w1", &["chmod", "0660", SOCKET]);
    let joined = "sleep of Pod keel";
    after.hold(&[
        ("process-unfiltered", joined, "seccomp = false"),
        ("process-root-although-refused", joined, "uid = 0\n"),
        ("file-runtime-socket-open", SOCKET, "mode = 0666"),
    ]);
    let profile = bed.root("w1").join("var/lib/kubelet/seccomp/profiles");
    std::fs::create_dir_all(&profile).unwrap();
    let content = r#"{"defaultAction": "SCMP_ACT_ALLOW"}"#;
    std::fs::write(profile.join("spar.json"), content).unwrap();
    assert!(look().failing("host-localhost-profile-missing").is_empty());
    bed.enter("w1", &["pkill", "-f", "sleep 120"]);
}
