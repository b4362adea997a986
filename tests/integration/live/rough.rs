//! Nodes and keys as they are found: shells that talk, disks that are full, files that hold nothing of use.

use std::io::{Read, Write};
use std::net::TcpStream;
use std::path::Path;
use std::process::{Command, Stdio};
use std::thread;
use std::time::{Duration, Instant};

use tempfile::TempDir;

use super::bed::Bed;
use super::ssh::rows;
use crate::gaps::unpacked;
use crate::harness::{self, Run};

const WORDS: &str = "three words nobody guesses";

/// `collect` of one node alone, as root.
fn collect(bed: &Bed, node: &str, out: &Path) -> Run {
    let (host, key) = (format!("root@{}", bed.address(node)), bed.ssh_key());
    let args = [
        "collect",
        "--no-api",
        "--ssh",
        &host,
        "--ssh-config",
        "/dev/null",
        "--ssh-key",
        key.to_str().unwrap(),
        "--ssh-known-hosts",
        bed.known_hosts().to_str().unwrap(),
        "-o",
        out.to_str().unwrap(),
    ];
    harness::run(&args)
}

/// What a node shows now.
fn shown(bed: &Bed, node: &str) -> Vec<String> {
    let folder = TempDir::new().unwrap();
    let out = folder.path().join("node.seaworthy");
    let run = collect(bed, node, &out);
    assert_eq!(run.code, 0, "{}", run.err);
    rows(&std::fs::read(out).unwrap())
}

/// Runs `collect` of w1 on a terminal and types `words` when it is asked for them.
fn typed(bed: &Bed, key: &Path, out: &Path, words: &str) -> String {
    let line = format!(
        "{} collect --no-api --ssh root@{} --ssh-config /dev/null --ssh-key {} --ssh-known-hosts {} -o {}",
        env!("CARGO_BIN_EXE_seaworthy"),
        bed.address("w1"),
        key.display(),
        bed.known_hosts().display(),
        out.display(),
    );
    let mut terminal = Command::new("script")
        .args(["-qefc", &line, "/dev/null"])
        .env("SSH_AUTH_SOCK", "")
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .spawn()
        .unwrap();
    let mut screen = terminal.stdout.take().unwrap();
    let mut seen = String::new();
    let mut piece = [0; 256];
    while !seen.contains("passphrase of") {
        let read = screen.read(&mut piece).unwrap();
        assert!(read > 0, "it never asked: {seen}");
        seen.push_str(&String::from_utf8_lossy(&piece[..read]));
    }
    // The question stands there once the terminal no longer shows what is typed.
    writeln!(terminal.stdin.as_ref().unwrap(), "{words}").unwrap();
    screen.read_to_string(&mut seen).unwrap();
    terminal.wait().unwrap();
    seen
}

#[test]
#[ignore = "needs a real cluster: tests/run"]
fn a_locked_key_opens_to_the_words_that_are_typed() {
    let bed = Bed::running();
    let folder = TempDir::new().unwrap();
    let key = folder.path().join("locked");
    std::fs::copy(bed.ssh_key(), &key).unwrap();
    let locked = Command::new("ssh-keygen")
        .args(["-q", "-p", "-P", "", "-N", WORDS, "-f"])
        .arg(&key)
        .status()
        .unwrap();
    assert!(locked.success());
    let out = folder.path().join("node.seaworthy");
    let screen = typed(bed, &key, &out, WORDS);
    assert!(
        !screen.contains(WORDS),
        "what is typed is not shown: {screen}"
    );
    let snapshot = std::fs::read(&out).unwrap();
    assert!(rows(&snapshot).len() > 20, "{screen}");
    assert!(!unpacked(&snapshot).contains(WORDS));
    // Other words are one gap.
    let screen = typed(bed, &key, &out, "other words");
    assert!(!screen.contains("other words"), "{screen}");
    eprintln!(
        "{screen}\n{}",
        unpacked(&std::fs::read(&out).unwrap())
            .lines()
            .filter(|l| l.contains("w1") || l.contains("lack"))
            .map(|l| l.chars().take(400).collect::<String>())
            .collect::<Vec<_>>()
            .join("\n")
    );
    let snapshot = unpacked(&std::fs::read(&out).unwrap());
    let refused = "lets root in with none of the keys";
    assert!(snapshot.contains(refused), "{screen}\n{snapshot}");
}

/// What a node says and does beside what it is asked for changes nothing of what is seen.
#[test]
#[ignore = "needs a real cluster: tests/run"]
fn a_node_in_disorder_shows_what_it_shows_in_order() {
    let bed = Bed::running();
    let before = shown(bed, "w1");
    assert!(before.len() > 20, "{before:#?}");
    let root = bed.root("w1");
    // A shell that greets, in words and in what looks like our own records.
    let greeting = "echo welcome aboard\nprintf 'P\\t1\\t0\\t0\\t0\\t\\t\\t\\tkubelet\\t=00\\n'\nprintf '\\000\\001\\377'\n";
    for file in ["root/.bashrc", "root/.profile", "etc/motd"] {
        std::fs::write(root.join(file), greeting).unwrap();
    }
    assert_eq!(shown(bed, "w1"), before, "a shell that talks");
    for file in ["root/.bashrc", "root/.profile", "etc/motd"] {
        std::fs::remove_file(root.join(file)).unwrap();
    }
    // No room anywhere that a program might want to write to.
    let full = "for place in /tmp /var/tmp /dev/shm; do
        mkdir -p $place; mount -t tmpfs -o size=8k none $place; cat /dev/zero >$place/full; done; true";
    bed.enter("w1", &["sh", "-c", full]);
    assert_eq!(shown(bed, "w1"), before, "a full disk");
    let empty = "for place in /tmp /var/tmp /dev/shm; do umount $place; done";
    assert!(bed.enter("w1", &["sh", "-c", empty]).status.success());
}

/// Puts files that hold nothing of use onto cp1; what is dropped takes them away again.
struct Rubbish(std::path::PathBuf);

const RUBBISH: [&str; 4] = [
    "etc/kubernetes/pki/bundle.crt",
    "etc/kubernetes/pki/noise.crt",
    "etc/kubernetes/pki/circle.crt",
    "etc/kubernetes/manifests/garbage.yaml",
];

impl Rubbish {
    fn on(root: &Path) -> Self {
        let good = std::fs::read_to_string(root.join("etc/kubernetes/pki/ca.crt")).unwrap();
        let bundle = [&*good, &good.replace("MII", "AAA"), &good].concat();
        let [bundle_file, noise, circle, garbage] = RUBBISH.map(|file| root.join(file));
        std::fs::write(bundle_file, bundle).unwrap();
        std::fs::write(noise, [0, 159, 146, 150, 255].repeat(1000)).unwrap();
        std::os::unix::fs::symlink("circle.crt", circle).unwrap();
        std::fs::write(garbage, [0xff_u8; 4096]).unwrap();
        Self(root.to_owned())
    }
}

impl Drop for Rubbish {
    fn drop(&mut self) {
        for file in RUBBISH {
            std::fs::remove_file(self.0.join(file)).unwrap();
        }
    }
}

/// Files that hold nothing of use are gaps of their own, and everything else is seen as before.
#[test]
#[ignore = "needs a real cluster: tests/run"]
fn files_that_make_no_sense_are_gaps_and_no_more() {
    let bed = Bed::running();
    let rubbish = Rubbish::on(&bed.root("cp1"));
    let local = rows(&bed.collected("cp1", &["--no-api"]));
    let seen = shown(bed, "cp1");
    drop(rubbish);
    assert_eq!(seen, local, "both readers meet the same");
    let text = seen.join("\n");
    for (what, gap) in [
        (
            "a bundle with one bad entry",
            r#""name":"/etc/kubernetes/pki/bundle.crt on cp1""#,
        ),
        ("a link to itself", "/etc/kubernetes/pki/circle.crt on cp1"),
        (
            "a manifest of nothing",
            "/etc/kubernetes/manifests/garbage.yaml on cp1",
        ),
    ] {
        assert!(text.contains(gap), "{what}: {text}");
    }
    // What was good in the bundle is known, and the API server is seen as ever.
    assert!(
        text.contains(r#""path":"/etc/kubernetes/pki/bundle.crt","position":0"#),
        "{text}"
    );
    assert!(text.contains(r#""component":"kube-apiserver""#));
}

/// A configuration of five megabytes is not read; what it would have led to is not known, and what runs is.
#[test]
#[ignore = "needs a real cluster: tests/run"]
fn a_configuration_without_measure_is_a_gap() {
    let bed = Bed::running();
    let config = bed.root("w1").join("var/lib/kubelet/config.yaml");
    let before = std::fs::read(&config).unwrap();
    // The kubelet has read it already.
    let large = [b"# the sea is wide\n".repeat(300_000), before.clone()].concat();
    std::fs::write(&config, large).unwrap();
    let seen = shown(bed, "w1").join("\n");
    std::fs::write(&config, before).unwrap();
    let gap = r#""place":"/var/lib/kubelet/config.yaml""#;
    assert!(seen.contains(gap), "{seen}");
    assert!(
        seen.contains(r#""kind":"components","row":{"kind":"kubelet""#),
        "{seen}"
    );
}

/// An sshd that forwards nothing: what listens there is a gap that says what to allow, and the rest is seen as before.
#[test]
#[ignore = "needs a real cluster: tests/run"]
fn an_sshd_that_forwards_nothing_costs_the_handshakes_alone() {
    let bed = Bed::running();
    let config = bed.root("cp2").join("etc/ssh/sshd_config");
    let before = std::fs::read_to_string(&config).unwrap();
    let again = |text: &str| {
        std::fs::write(&config, text).unwrap();
        // Its init starts it again.
        bed.enter("cp2", &["pkill", "-x", "sshd"]);
        let address = format!("{}:22", bed.address("cp2"));
        let started = Instant::now();
        while TcpStream::connect(&address).is_err() {
            assert!(started.elapsed() < Duration::from_secs(20));
            thread::sleep(Duration::from_millis(100));
        }
    };
    let open = shown(bed, "cp2");
    again(&format!("AllowTcpForwarding no\n{before}"));
    let closed = shown(bed, "cp2");
    again(&before);
    let endpoint = |row: &&String| row.contains(r#""kind":"endpoints""#);
    let gaps = closed.iter().filter(endpoint).filter(|row| {
        row.contains(r#""reason":"forbidden","remedy":"let sshd forward connections"#)
    });
    assert_eq!(gaps.count(), open.iter().filter(endpoint).count());
    // Which certificates are shown is not known, either; what runs is seen as before.
    let missing =
        r#""kind":"certificates","lack":{"name":"kube-scheduler at 127.0.0.1:10259 on cp2""#;
    assert!(
        closed.iter().any(|row| row.contains(missing)),
        "{closed:#?}"
    );
    let components = |rows: &[String]| -> Vec<String> {
        let rows = rows
            .iter()
            .filter(|row| row.contains(r#""kind":"components""#));
        rows.cloned().collect()
    };
    assert_eq!(components(&closed), components(&open));
}
