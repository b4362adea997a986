//! A cluster that was hardened as far as it can be still has little to be told.

use super::bed::Bed;
use super::findings::{Findings, shown};
use super::{effective, secrets};

/// Everything that fails, and why it stays.
const STAYS: [(&str, &str, &str); 8] = [
    (
        "apiserver-anonymous-requests",
        "kube-apiserver",
        "CIS 2.0.1 asks for the letter: no path at all, though the kubelet's probes have no credentials",
    ),
    (
        "apiserver-images-not-always-pulled",
        "kube-apiserver",
        "the test bed has no registry to pull from",
    ),
    (
        "host-security-module-missing",
        "cp1",
        "the kernel of the test bed is that of the machine, which has none",
    ),
    ("workload-image-without-digest", "CronJob tide", NO_DIGEST),
    (
        "workload-image-without-digest",
        "DaemonSet beacon",
        NO_DIGEST,
    ),
    (
        "workload-image-without-digest",
        "Deployment ferry",
        NO_DIGEST,
    ),
    ("workload-image-without-digest", "Job launch", NO_DIGEST),
    ("workload-image-without-digest", "Pod buoy", NO_DIGEST),
];
const NO_DIGEST: &str = "images are made anew on every machine, each with a digest of its own";

#[test]
#[ignore = "needs a real cluster: tests/run"]
fn only_what_cannot_be_had_here_fails() {
    Findings::of(&Bed::running().recorded).are_exactly(&STAYS, None);
}

#[test]
#[ignore = "needs a real cluster: tests/run"]
fn it_still_works() {
    let bed = Bed::running();
    let pods = bed.kubectl(
        &["get", "pods", "--namespace", "harbour", "--output", "wide"],
        "",
    );
    let running = pods.lines().filter(|line| line.contains("Running"));
    assert!(running.count() >= 4, "{pods}");
}

#[test]
#[ignore = "needs a real cluster: tests/run"]
fn hardened_by_api_and_control_plane_node() {
    insta::assert_snapshot!("hardened", shown(&Bed::running().recorded));
}

#[test]
#[ignore = "needs a real cluster: tests/run"]
fn no_secret_gets_out() {
    secrets::none_gets_out(Bed::running(), &[]);
}

#[test]
#[ignore = "needs a real cluster: tests/run"]
fn what_we_conclude_is_what_the_api_server_runs_with() {
    effective::flagz_agrees(Bed::running());
}

/// What Kubernetes ships is known by content, so a clean cluster has nothing to tell.
#[test]
#[ignore = "needs a real cluster: tests/run"]
fn nobody_has_more_than_kubernetes_ships() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("hardened.seaworthy");
    std::fs::write(&path, &Bed::running().recorded).unwrap();
    let path = path.to_str().unwrap();
    for (words, said) in [
        (["rbac", "paths"], "No path was found; looked at"),
        (["rbac", "summary"], "0 principals hold a power"),
        (["netpol", "show"], "nothing (default-deny)"),
    ] {
        let run = crate::harness::run(&[words[0], words[1], "--snapshot", path]);
        assert_eq!((run.code, run.err.as_str()), (0, ""), "{words:?}");
        assert!(run.out.contains(said), "{}", run.out);
        assert!(!run.out.contains("There may be more"), "{}", run.out);
    }
}
