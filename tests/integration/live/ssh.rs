//! Nodes over SSH: real sshds, real keys, and everything that can go wrong on the way.

use std::io::Read;
use std::net::{Shutdown, TcpListener, TcpStream};
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};
use std::sync::{PoisonError, RwLock};
use std::thread;
use std::time::{Duration, Instant};

use serde_json::Value;
use tempfile::TempDir;

use super::bed::Bed;
use crate::gaps::unpacked;
use crate::harness::{self, Run};

/// Held alone by whoever ends the sshd that others talk to.
static ALONE: RwLock<()> = RwLock::new(());

/// The program with the bed's key, its list of known hosts and `args`.
fn run(bed: &Bed, args: &[&str]) -> Run {
    run_with_hosts(bed, bed.known_hosts(), args)
}

fn run_with_hosts(bed: &Bed, known_hosts: &Path, args: &[&str]) -> Run {
    let key = bed.ssh_key();
    let mut words = args.to_vec();
    let known_hosts = known_hosts.to_str().unwrap();
    words.extend([
        "--ssh-key",
        key.to_str().unwrap(),
        "--ssh-known-hosts",
        known_hosts,
    ]);
    words.extend(["--ssh-config", "/dev/null"]);
    harness::run_with(&bed.kubeconfig(), &words)
}

/// Everything a snapshot holds but its first line, which tells the time.
pub(super) fn rows(snapshot: &[u8]) -> Vec<String> {
    unpacked(snapshot)
        .lines()
        .skip(1)
        .map(str::to_owned)
        .collect()
}

/// The rows of what `host` shows over SSH.
fn collected(bed: &Bed, host: &str) -> Vec<String> {
    let folder = TempDir::new().unwrap();
    let path = folder.path().join("node.seaworthy");
    let args = [
        "collect",
        "--no-api",
        "--ssh",
        host,
        "-o",
        path.to_str().unwrap(),
    ];
    let run = run(bed, &args);
    assert_eq!(run.code, 0, "{}", run.err);
    rows(&std::fs::read(path).unwrap())
}

/// A snapshot of the whole cluster, by API and every node, taken from outside.
pub(super) fn recorded(bed: &Bed) -> Vec<u8> {
    let folder = TempDir::new().unwrap();
    let path = folder.path().join("cluster.seaworthy");
    let args = [
        "collect",
        "--ssh-all",
        "--ssh-user",
        "pilot",
        "-o",
        path.to_str().unwrap(),
    ];
    let run = run(bed, &args);
    assert_eq!(run.code, 0, "{}", run.err);
    std::fs::read(path).unwrap()
}

/// All that an audit from outside writes, by name.
pub(super) fn written(bed: &Bed) -> Vec<(&'static str, String)> {
    let folder = TempDir::new().unwrap();
    let (saved, report) = (folder.path().join("saved"), folder.path().join("report"));
    let report_to = format!("json={}", report.display());
    let args = [
        "audit",
        "--ssh-all",
        "--ssh-user",
        "pilot",
        "--all",
        "--verbose",
    ];
    let outputs = [
        "--save",
        saved.to_str().unwrap(),
        "-o",
        &report_to,
        "-o",
        "table",
    ];
    let run = run(bed, &[&args[..], &outputs].concat());
    assert_eq!(run.code, 0, "{}", run.err);
    vec![
        ("snapshot", unpacked(&std::fs::read(saved).unwrap())),
        ("report", std::fs::read_to_string(report).unwrap()),
        ("standard output", run.out),
        ("standard error", run.err),
    ]
}

/// The report on `args`, and what was said on the way.
fn audited(bed: &Bed, args: &[&str]) -> (Value, Run) {
    let mut words = vec!["audit", "-o", "json", "--all", "--verbose"];
    words.extend(args);
    let run = run(bed, &words);
    let report = serde_json::from_str(&run.out).unwrap_or_else(|_| panic!("{}", run.err));
    (report, run)
}

/// The reasons why something is not known.
fn reasons(report: &Value) -> Vec<(String, String)> {
    let outcomes = report["outcomes"].as_array().unwrap().iter();
    let unknown = outcomes.filter(|outcome| outcome["status"] == "unknown");
    let text = |value: &Value| value.as_str().unwrap_or_default().to_owned();
    let mut reasons: Vec<_> = unknown
        .map(|outcome| {
            (
                text(&outcome["reason"]["text"]),
                text(&outcome["reason"]["remedy"]),
            )
        })
        .collect();
    reasons.sort();
    reasons.dedup();
    reasons
}

#[test]
#[ignore = "needs a real cluster: tests/run"]
fn every_node_is_read_in_two_round_trips() {
    let _shared = ALONE.read().unwrap_or_else(PoisonError::into_inner);
    let bed = Bed::running();
    let (report, run) = audited(bed, &["--ssh-all", "--ssh-user", "pilot"]);
    for node in ["cp1", "w1"] {
        let start = format!("node {node} ({}): 2 round trips, ", bed.address(node));
        let said = |line: &str| line.starts_with(&start);
        assert!(run.err.lines().any(said), "{}", run.err);
    }
    let unread =
        |(text, _): &(String, String)| text.contains("of node") || text.contains("kubelet");
    assert!(
        !reasons(&report).iter().any(unread),
        "{:#?}",
        reasons(&report)
    );
}

#[test]
#[ignore = "needs a real cluster: tests/run"]
fn all_ways_to_a_node_give_the_same_facts() {
    let _shared = ALONE.read().unwrap_or_else(PoisonError::into_inner);
    let bed = Bed::running();
    for node in ["cp1", "w1"] {
        let local = rows(&bed.collected(node, &["--no-api"]));
        assert!(local.len() > 20, "{local:#?}");
        let address = bed.address(node);
        for user in ["root", "pilot"] {
            let remote = collected(bed, &format!("{user}@{address}"));
            assert_eq!(remote, local, "{user} on {node}");
        }
        let folder = TempDir::new().unwrap();
        let path = folder.path().join("root.seaworthy");
        let root = bed.live_root(node);
        let args = ["collect", "--no-api", "--node", "local", "--root", &root];
        // Like a pod with the node's root mounted, in the node's own network.
        let output = bed.in_network(node, &[&args[..], &["-o", path.to_str().unwrap()]].concat());
        assert!(output.status.success(), "{output:?}");
        assert_eq!(
            rows(&std::fs::read(path).unwrap()),
            local,
            "{node} by its mounted root"
        );
    }
}

#[test]
#[ignore = "needs a real cluster: tests/run"]
fn without_sudo_what_is_closed_is_a_gap_that_says_what_to_write() {
    let _shared = ALONE.read().unwrap_or_else(PoisonError::into_inner);
    let bed = Bed::running();
    let (report, _) = audited(bed, &["--ssh", &format!("guest@{}", bed.address("cp1"))]);
    let line = "guest ALL=(root) NOPASSWD: /bin/sh";
    let reasons = reasons(&report);
    let closed: Vec<_> = reasons
        .iter()
        .filter(|(text, _)| text.contains("/etc/kubernetes/"))
        .collect();
    assert!(!closed.is_empty(), "{reasons:#?}");
    for (text, remedy) in closed {
        assert!(remedy.ends_with(line), "{text}: {remedy}");
    }
}

#[test]
#[ignore = "needs a real cluster: tests/run"]
fn hosts_are_who_they_are_known_to_be() {
    let _shared = ALONE.read().unwrap_or_else(PoisonError::into_inner);
    let bed = Bed::running();
    let folder = TempDir::new().unwrap();
    let file = folder.path().join("known_hosts");
    let address = bed.address("w1");
    let host = format!("root@{address}");
    let all = std::fs::read_to_string(bed.known_hosts()).unwrap();
    let own = all.lines().find(|line| line.starts_with(&address)).unwrap();
    let key = own.split_once(' ').unwrap().1;
    let other = all
        .lines()
        .find(|line| !line.starts_with(&address))
        .unwrap();
    let other = other.split_once(' ').unwrap().1;
    // What is said of the node when `text` is all that is known, and what to do about it.
    let said = |text: &str| {
        std::fs::write(&file, text).unwrap();
        let run = run_with_hosts(
            bed,
            &file,
            &["audit", "--ssh", &host, "-o", "json", "--all"],
        );
        let report: Value = serde_json::from_str(&run.out).unwrap();
        let mut reasons = reasons(&report).into_iter();
        reasons.find(|(text, _)| text.contains("of node w1"))
    };
    assert_eq!(said(own), None);
    let (text, remedy) = said("").unwrap();
    assert!(text.contains("nothing is known of"), "{text}");
    assert!(remedy.ends_with(own), "{remedy}");
    let (text, remedy) = said(&format!("{address} {other}\n")).unwrap();
    assert!(
        text.contains("shows another key than the one that is known"),
        "{text}"
    );
    assert!(remedy.ends_with(own), "{remedy}");
    let (text, _) = said(&format!("@revoked * {key}\n{own}\n")).unwrap();
    assert!(text.contains("shows a key that is revoked"), "{text}");
    let (text, _) = said(&format!("@cert-authority * {other}\n")).unwrap();
    assert!(text.contains("certificate authority alone"), "{text}");
    // A line that cannot be read costs itself.
    assert_eq!(said(&format!("garbage\n{own}\n")), None);
    std::fs::remove_file(&file).unwrap();
    let args = [
        "collect",
        "--no-api",
        "--ssh",
        &host,
        "--accept-new",
        "-o",
        "/dev/null",
    ];
    assert_eq!(run_with_hosts(bed, &file, &args).code, 0);
    assert_eq!(std::fs::read_to_string(&file).unwrap().trim_end(), own);
}

#[test]
#[ignore = "needs a real cluster: tests/run"]
fn a_host_with_a_certificate_is_known_by_its_plain_key() {
    let _shared = ALONE.read().unwrap_or_else(PoisonError::into_inner);
    let bed = Bed::running();
    let address = bed.address("w1");
    // sshd shows its certificate first to whoever takes one.
    let script = "cd /etc/ssh && ssh-keygen -q -t ed25519 -N '' -f ca && \
        ssh-keygen -q -s ca -I w1 -h -n w1 ssh_host_ed25519_key.pub && mkdir -p sshd_config.d && \
        echo 'HostCertificate /etc/ssh/ssh_host_ed25519_key-cert.pub' >> sshd_config && pkill -HUP -o -x sshd";
    let output = bed.enter("w1", &["sh", "-c", script]);
    assert!(
        output.status.success(),
        "{}",
        String::from_utf8_lossy(&output.stderr)
    );
    thread::sleep(Duration::from_millis(500));
    assert!(collected(bed, &format!("root@{address}")).len() > 20);
}

#[test]
#[ignore = "needs a real cluster: tests/run"]
fn a_node_behind_another_is_reached_through_it() {
    let _shared = ALONE.read().unwrap_or_else(PoisonError::into_inner);
    let bed = Bed::running();
    let (cp1, w1) = (
        format!("root@{}", bed.address("cp1")),
        format!("pilot@{}", bed.address("w1")),
    );
    let direct = collected(bed, &cp1);
    let folder = TempDir::new().unwrap();
    let path = folder.path().join("node.seaworthy");
    let mut args = vec![
        "collect",
        "--no-api",
        "--ssh",
        &cp1,
        "-o",
        path.to_str().unwrap(),
    ];
    args.extend(["--ssh-jump", &w1]);
    let jumped = run(bed, &args);
    assert_eq!(jumped.code, 0, "{}", jumped.err);
    assert_eq!(rows(&std::fs::read(&path).unwrap()), direct);
    // Two hosts on the way.
    let two = format!("{w1},{cp1}");
    args.pop();
    args.push(&two);
    assert_eq!(run(bed, &args).code, 0);
    assert_eq!(rows(&std::fs::read(&path).unwrap()), direct);
}

#[test]
#[ignore = "needs a real cluster: tests/run"]
fn configuration_of_openssh_is_followed() {
    let _shared = ALONE.read().unwrap_or_else(PoisonError::into_inner);
    let bed = Bed::running();
    let folder = TempDir::new().unwrap();
    let config = folder.path().join("config");
    let text = format!(
        "Host inner\n HostName {}\n User root\n ProxyJump outer\nHost outer\n HostName {}\n User pilot\nHost *\n IdentityFile {}\n UserKnownHostsFile {}\n",
        bed.address("cp1"),
        bed.address("w1"),
        bed.ssh_key().display(),
        bed.known_hosts().display(),
    );
    std::fs::write(&config, text).unwrap();
    let path = folder.path().join("node.seaworthy");
    let args = [
        "collect",
        "--no-api",
        "--ssh",
        "inner",
        "--ssh-config",
        config.to_str().unwrap(),
    ];
    let run = harness::run(&[&args[..], &["-o", path.to_str().unwrap()]].concat());
    assert_eq!(run.code, 0, "{}", run.err);
    let direct = collected(bed, &format!("root@{}", bed.address("cp1")));
    assert_eq!(rows(&std::fs::read(path).unwrap()), direct);
}

/// An agent with keys nobody accepts before the right one: the library would try the first alone.
#[test]
#[ignore = "needs a real cluster: tests/run"]
fn every_key_of_the_agent_is_tried() {
    let _shared = ALONE.read().unwrap_or_else(PoisonError::into_inner);
    let bed = Bed::running();
    let folder = TempDir::new().unwrap();
    let socket = folder.path().join("agent");
    let mut agent = Command::new("ssh-agent")
        .args(["-D", "-a", socket.to_str().unwrap()])
        .stdout(Stdio::null())
        .spawn()
        .unwrap();
    let started = Instant::now();
    while !socket.exists() && started.elapsed() < Duration::from_secs(10) {
        thread::sleep(Duration::from_millis(20));
    }
    let add = |key: &Path| {
        let status = Command::new("ssh-add")
            .arg("-q")
            .arg(key)
            .env("SSH_AUTH_SOCK", &socket)
            .status();
        assert!(status.unwrap().success());
    };
    for name in ["one", "two"] {
        let key = folder.path().join(name);
        let words = ["-q", "-t", "ed25519", "-N", "", "-f", key.to_str().unwrap()];
        assert!(
            Command::new("ssh-keygen")
                .args(words)
                .status()
                .unwrap()
                .success()
        );
        add(&key);
    }
    add(&bed.ssh_key());
    let host = format!("root@{}", bed.address("w1"));
    let known = bed.known_hosts().to_str().unwrap();
    let args = [
        "collect",
        "--no-api",
        "--ssh",
        &host,
        "--ssh-known-hosts",
        known,
        "--ssh-config",
        "/dev/null",
    ];
    let output = harness::command(&[&args[..], &["-v", "-o", "/dev/null"]].concat())
        .env("SSH_AUTH_SOCK", &socket)
        .output()
        .unwrap();
    agent.kill().unwrap();
    agent.wait().unwrap();
    let said = String::from_utf8_lossy(&output.stderr);
    assert!(said.contains("2 round trips"), "{said}");
}

/// A port of this machine that does `what` with whoever connects.
fn port(what: fn(TcpStream)) -> u16 {
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let port = listener.local_addr().unwrap().port();
    thread::spawn(move || {
        for stream in listener.incoming().flatten() {
            thread::spawn(move || what(stream));
        }
    });
    port
}

fn hangs(mut stream: TcpStream) {
    let _ = stream.read_to_end(&mut Vec::new());
}

fn closes(stream: TcpStream) {
    let _ = stream.shutdown(Shutdown::Write);
    thread::sleep(Duration::from_secs(60));
}

fn talks_nonsense(stream: TcpStream) {
    use std::io::Write;
    let _ = (&stream).write_all(b"HTTP/1.1 400 Bad Request\r\n\r\n");
    hangs(stream);
}

#[test]
#[ignore = "needs a real cluster: tests/run"]
fn bad_hosts_cost_a_gap_each_and_no_more_than_their_time() {
    let _shared = ALONE.read().unwrap_or_else(PoisonError::into_inner);
    let bed = Bed::running();
    let closed = TcpListener::bind("127.0.0.1:0")
        .unwrap()
        .local_addr()
        .unwrap()
        .port();
    let dead = bed.address("w1").rsplit_once('.').unwrap().0.to_owned() + ".250";
    let bad = [
        (format!("root@127.0.0.1:{closed}"), "Connection refused"),
        (
            format!("root@127.0.0.1:{}", port(hangs)),
            "gave no answer in 20 s",
        ),
        (format!("root@127.0.0.1:{}", port(closes)), "talking SSH"),
        // Whose time is over first, ours or the library's, is open.
        (format!("root@127.0.0.1:{}", port(talks_nonsense)), ""),
        (format!("root@{dead}"), ""),
        ("root@no-such-host.invalid".to_owned(), "looking up"),
        (
            format!("nobody@{}", bed.address("cp1")),
            "lets nobody in with none of the keys",
        ),
    ];
    let hosts: Vec<&str> = bad.iter().map(|(host, _)| host.as_str()).collect();
    let good = format!("root@{}", bed.address("w1"));
    let hosts = format!("{},{good}", hosts.join(","));
    let (report, run) = audited(bed, &["--no-api", "--ssh", &hosts, "--ssh-timeout", "20"]);
    assert!(
        run.err.contains(&format!("{good}: 2 round trips")),
        "{}",
        run.err
    );
    let gaps = report["gaps"].as_array().unwrap();
    for (host, reason) in &bad {
        let what = format!("files and processes of node {host}");
        let found = gaps.iter().filter(|gap| gap["what"] == what.as_str());
        let places: Vec<&str> = found.map(|gap| gap["where"].as_str().unwrap()).collect();
        let distinct: std::collections::BTreeSet<_> = places.iter().collect();
        assert_eq!(distinct.len(), 1, "{host}: {gaps:#?}");
        assert!(places[0].contains(reason), "{host}: {}", places[0]);
    }
}

#[test]
#[ignore = "needs a real cluster: tests/run"]
fn an_sshd_that_is_killed_costs_one_gap() {
    let _alone = ALONE.write().unwrap_or_else(PoisonError::into_inner);
    let bed = Bed::running();
    // Slow enough to be met in the middle.
    let slow = "printf '#!/bin/sh\\nsleep 0.05\\nexec /usr/bin/stat \"$@\"\\n' > /usr/sbin/stat; chmod +x /usr/sbin/stat";
    assert!(bed.enter("w1", &["sh", "-c", slow]).status.success());
    let killer = thread::spawn(|| {
        let bed = Bed::running();
        let started = Instant::now();
        loop {
            assert!(
                started.elapsed() < Duration::from_secs(20),
                "the script never ran"
            );
            let running = bed.enter("w1", &["pgrep", "-f", "^/bin/sh -c eval"]);
            if running.status.success() {
                break;
            }
            thread::sleep(Duration::from_millis(20));
        }
        assert!(
            bed.enter("w1", &["pkill", "-9", "-x", "sshd"])
                .status
                .success()
        );
    });
    let (report, run) = audited(
        bed,
        &["--ssh-all", "--ssh-user", "root", "--ssh-timeout", "30"],
    );
    killer.join().unwrap();
    bed.enter("w1", &["rm", "/usr/sbin/stat"]);
    assert!(
        run.err.contains("node cp1") && run.err.contains("2 round trips"),
        "{}",
        run.err
    );
    let gaps = reasons(&report);
    let of_node: Vec<_> = gaps
        .iter()
        .filter(|(text, _)| text.contains("of node w1"))
        .collect();
    assert_eq!(of_node.len(), 1, "{gaps:#?}");
    assert!(of_node[0].0.contains("reading node w1"), "{of_node:?}");
    // Its init starts it again.
    let address = bed.address("w1");
    let started = Instant::now();
    while TcpStream::connect((address.as_str(), 22)).is_err() {
        assert!(started.elapsed() < Duration::from_secs(20));
        thread::sleep(Duration::from_millis(100));
    }
}

/// Carries connections to the sshd of a node.
fn forwarded(address: String) -> u16 {
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let port = listener.local_addr().unwrap().port();
    thread::spawn(move || {
        for near in listener.incoming().flatten() {
            let Ok(far) = TcpStream::connect((address.as_str(), 22)) else {
                continue;
            };
            for (mut from, mut to) in [
                (near.try_clone().unwrap(), far.try_clone().unwrap()),
                (far, near),
            ] {
                thread::spawn(move || {
                    let _ = std::io::copy(&mut from, &mut to);
                    let _ = to.shutdown(Shutdown::Write);
                });
            }
        }
    });
    port
}

#[test]
#[ignore = "needs a real cluster: tests/run"]
fn two_hundred_nodes_good_and_bad_end_on_time_in_little_memory() {
    let _shared = ALONE.read().unwrap_or_else(PoisonError::into_inner);
    let bed = Bed::running();
    let folder = TempDir::new().unwrap();
    let (inventory, known) = (
        folder.path().join("nodes"),
        folder.path().join("known_hosts"),
    );
    let all = std::fs::read_to_string(bed.known_hosts()).unwrap();
    let address = bed.address("w1");
    let key = all.lines().find(|line| line.starts_with(&address)).unwrap();
    std::fs::write(&known, key.replace(&address, "*")).unwrap();
    let closed = TcpListener::bind("127.0.0.1:0")
        .unwrap()
        .local_addr()
        .unwrap()
        .port();
    let mut hosts = vec![format!("127.0.0.1:{closed}"); 20];
    hosts.extend((0..10).map(|_| format!("127.0.0.1:{}", port(hangs))));
    hosts.extend((0..170).map(|_| format!("127.0.0.1:{}", forwarded(address.clone()))));
    std::fs::write(&inventory, hosts.join("\n")).unwrap();
    let started = Instant::now();
    let args = [
        "collect",
        "--no-api",
        "--ssh-inventory",
        inventory.to_str().unwrap(),
    ];
    let out = folder.path().join("nodes.seaworthy");
    let rest = [
        "--ssh-user",
        "root",
        // Longer than a good node takes on a machine that has other things to do.
        "--ssh-timeout",
        "60",
        "--ssh-parallel",
        "24",
        "-v",
    ];
    let run = run_with_hosts(
        bed,
        &known,
        &[&args[..], &rest, &["-o", out.to_str().unwrap()]].concat(),
    );
    assert_eq!(run.code, 0, "{}", run.err);
    let good = run
        .err
        .lines()
        .filter(|line| line.contains(": 2 round trips, "));
    assert_eq!(good.count(), 170, "{}", run.err);
    let took = started.elapsed();
    eprintln!("200 nodes in {took:?}");
    assert!(took < Duration::from_secs(400), "{took:?}");
}

/// What leaves the node is free of keys and tokens before anybody reduces it.
#[test]
#[ignore = "needs a real cluster: tests/run"]
fn no_key_goes_over_the_wire() {
    let _shared = ALONE.read().unwrap_or_else(PoisonError::into_inner);
    let bed = Bed::running();
    let script = concat!(
        include_str!("../../../src/collect/ssh/keep.sh"),
        include_str!("../../../src/collect/ssh/probe.sh")
    );
    let ask =
        "printf 'word\\nA 4 /etc/kubernetes\\nA 2 /var/lib/kubelet/pki\\nR /proc/1/environ\\n.\\n'";
    let path: PathBuf = bed.root("cp1").join("root/probe.sh");
    std::fs::write(&path, script).unwrap();
    let output = bed.enter("cp1", &["sh", "-c", &format!("{ask} | sh /root/probe.sh")]);
    let text = String::from_utf8(output.stdout).unwrap();
    let contents: Vec<String> = text
        .lines()
        .filter_map(|line| line.split_once("\tR\t")?.1.split_once("\t="))
        .map(|(_, digits)| {
            let bytes = digits.as_bytes().chunks(2);
            let bytes =
                bytes.map(|pair| u8::from_str_radix(std::str::from_utf8(pair).unwrap(), 16));
            String::from_utf8_lossy(&bytes.collect::<Result<Vec<_>, _>>().unwrap()).into_owned()
        })
        .collect();
    assert!(contents.len() > 15, "{text}");
    let keys = super::secrets::private_keys(bed, "cp1");
    for content in &contents {
        let leaked = keys.iter().find(|key| content.contains(key.as_str()));
        assert_eq!(leaked, None, "in {}", &content[..80.min(content.len())]);
    }
}
