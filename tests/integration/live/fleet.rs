//! Nodes that differ: one has busybox for tools and no bash, an odd kubelet, and is reached through another host alone.

use std::path::Path;
use std::time::{Duration, Instant};

use tempfile::TempDir;

use super::bed::Bed;
use super::findings::Findings;
use super::ssh::rows;
use crate::harness::{self, Run};

/// What is odd about w2: check, subject, evidence.
const PLANTED: &[(&str, &str, &str)] = &[
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
    for node in ["cp1", "w1", "w2"] {
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
