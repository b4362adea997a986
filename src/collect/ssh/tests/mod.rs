//! The script against the native reader, under every shell it is written for.

mod config;
mod hosts;
mod kept;
mod ways;

use std::fs;
use std::io::{BufReader, Write};
use std::os::unix::fs::{PermissionsExt, symlink};
use std::path::Path;
use std::process::{Child, Command, Stdio};
use std::time::Duration;

use tempfile::TempDir;

use super::pool::Share;
use super::seen::Seen;
use super::talk::{Opening, SCRIPT, converse};
use super::wire::{Ask, Records, WireError, batch};
use crate::collect::local::{read_tree, serve_at};
use crate::facts::component::Told;
use crate::facts::host::{Purpose, Request, observe};

const NONCE: &str = "word-of-this-test";
const PLANTED: &str = "UExBTlRFRC1TRUNSRVQ=";

/// A shell that runs the script, with the programs in `path` alone.
struct Shell {
    child: Child,
    _path: Option<TempDir>,
}

impl Drop for Shell {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

fn shell(program: &str, arguments: &[&str], script: &str, path: Option<TempDir>) -> Shell {
    Shell {
        child: Command::new(program)
            .args(arguments)
            .arg("-c")
            .arg(script)
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .spawn()
            .unwrap(),
        _path: path,
    }
}

/// dash and bash with the machine's tools, busybox with its own.
fn shells() -> Vec<(&'static str, Shell)> {
    let applets = TempDir::new().unwrap();
    for name in [
        "awk", "cat", "grep", "head", "id", "od", "readlink", "sed", "stat", "tr",
    ] {
        symlink("/bin/busybox", applets.path().join(name)).unwrap();
    }
    let path = applets.path().to_str().unwrap();
    let own = SCRIPT.replace(
        "PATH=/usr/sbin:/usr/bin:/sbin:/bin",
        &format!("PATH={path}"),
    );
    assert_ne!(own, SCRIPT);
    vec![
        ("dash", shell("dash", &[], SCRIPT, None)),
        ("bash", shell("bash", &[], SCRIPT, None)),
        ("busybox", shell("busybox", &["sh"], &own, Some(applets))),
    ]
}

/// What the script told when asked for `asks`.
fn told(shell: &mut Shell, asks: &[Ask]) -> Seen {
    let mut input = shell.child.stdin.take().unwrap();
    input
        .write_all(format!("{NONCE}\n{}", batch(asks)).as_bytes())
        .unwrap();
    let output = BufReader::new(shell.child.stdout.take().unwrap());
    let (mut records, uid) = Records::begin(output, NONCE, Share::default()).unwrap();
    assert_eq!(uid, rustix::process::geteuid().as_raw());
    let mut seen = Seen::new(NONCE, None);
    records.read(|record| seen.take(record)).unwrap();
    seen
}

/// A directory with everything in it that is read amiss.
fn traps() -> TempDir {
    let directory = TempDir::new().unwrap();
    let at = |name: &str| directory.path().join("node").join(name);
    fs::create_dir_all(at("deep/deeper/deepest")).unwrap();
    fs::write(at("deep/deeper/deepest/file"), "").unwrap();
    fs::write(at("good"), "10\n").unwrap();
    fs::set_permissions(at("good"), PermissionsExt::from_mode(0o4640)).unwrap();
    fs::write(at("no line end"), "10").unwrap();
    fs::write(at("big"), vec![b'a'; 300 * 1024]).unwrap();
    fs::write(at("binary"), (1..=255).collect::<Vec<u8>>()).unwrap();
    fs::write(at("nul"), b"kind: A\0\n").unwrap();
    fs::write(at(".hidden"), "x").unwrap();
    fs::write(at("..hidden"), "x").unwrap();
    fs::write(at("a name\twith\ttabs"), "x").unwrap();
    fs::write(at("Umläute = *"), "x").unwrap();
    fs::create_dir(at("closed")).unwrap();
    for (link, target) in [
        ("link", "good"),
        ("absolute", "/etc/passwd"),
        ("dangling", "/nothing/at/all"),
        ("self", "self"),
        ("up", ".."),
        ("directory", "deep"),
    ] {
        symlink(target, at(link)).unwrap();
    }
    directory
}

fn requests(at: &Path) -> Vec<Request> {
    let at = at.to_str().unwrap();
    let mut requests: Vec<Request> = [
        "good",
        "no line end",
        "big",
        "binary",
        "Umläute = *",
        "link",
        "dangling",
        "self",
        "up",
        "directory/deeper",
        "good/below",
        "nothing/below",
    ]
    .iter()
    .flat_map(|name| {
        let path = format!("{at}/{name}");
        [
            Request::Stat(path.clone()),
            Request::Read(path.clone(), Purpose::Kernel),
            Request::List(path),
        ]
    })
    .collect();
    requests.push(Request::Read(format!("{at}/nul"), Purpose::Config));
    requests.push(Request::Tree(at.to_owned(), 1));
    requests.push(Request::Tree(format!("{at}/deep"), 2));
    requests.push(Request::Tree(format!("{at}/directory"), 4));
    requests.push(Request::Read(
        "/proc/sys/kernel/osrelease".into(),
        Purpose::Kernel,
    ));
    requests.push(Request::Read("/etc/passwd".into(), Purpose::Accounts));
    requests.push(Request::Read("/proc/1/mountinfo".into(), Purpose::Mounts));
    requests
}

#[test]
fn the_script_sees_what_the_native_reader_sees() {
    let directory = traps();
    let requests = requests(&directory.path().join("node"));
    let asks: Vec<Ask> = requests.iter().map(super::talk::ask).collect();
    for (name, mut shell) in shells() {
        let seen = told(&mut shell, &asks);
        for request in &requests {
            let answer = seen.answer(request);
            let native = serve_at(Path::new("/"), request);
            assert_eq!(answer, Ok(native), "{name} {request:?}");
        }
    }
}

#[test]
fn this_machine_is_the_same_node_either_way() {
    let told = Told::default();
    let opening = Opening {
        nonce: NONCE,
        user: "root",
        told: &told,
        node: None,
    };
    let native = read_tree(Path::new("/"), Duration::from_secs(60), &told).unwrap();
    for (name, mut shell) in shells() {
        let mut input = shell.child.stdin.take().unwrap();
        let output = BufReader::new(shell.child.stdout.take().unwrap());
        let talk = converse(output, &mut input, &opening, Share::default()).unwrap();
        assert_eq!(observe(&talk.tree, &told).1, [], "{name}");
        let (mut ours, mut theirs) = (observe(&talk.tree, &told).0, observe(&native, &told).0);
        // Processes come and go, and tell when they were seen.
        ours.gaps.clear();
        theirs.gaps.clear();
        assert_eq!(ours, theirs, "{name}");
    }
}

#[test]
fn what_is_no_answer_is_told_apart() {
    let begin = format!("{}\tB\t{NONCE}\t0\n", format!("B\t{NONCE}\t0").len());
    let end = format!("{}\tE\t{NONCE}\t1\n", format!("E\t{NONCE}\t1").len());
    let read = |text: String| {
        let (mut records, _) = Records::begin(text.as_bytes(), NONCE, Share::default())?;
        records.read(|_| {})
    };
    assert!(read(format!("{begin}{end}")).is_ok());
    assert!(read(format!("Welcome!\nno line end{begin}{end}")).is_ok());
    for (text, message) in [
        (String::new(), "the answer of the node is cut off"),
        (
            "sudo: a password is required\n".into(),
            "the answer of the node is cut off after it said: sudo: a password is required",
        ),
        (begin.clone(), "the answer of the node is cut off"),
        (
            format!("{begin}{}", end.trim_end()),
            "the answer of the node is cut off",
        ),
        (
            format!("{begin}a line\n{end}"),
            "the answer of the node has something in it that is not of our script: `a line`",
        ),
        (
            format!("{begin}5\tH\tvm\n{end}"),
            "the answer of the node has something in it that is not of our script: `5\tH\tvm`",
        ),
        (
            format!("{begin}4\tH\tvm\n{end}"),
            "the answer of the node has something in it that is not of our script",
        ),
        (
            begin.replace(NONCE, "another"),
            "the answer of the node is cut off after it said",
        ),
    ] {
        let error = read(text).unwrap_err();
        assert!(error.to_string().starts_with(message), "{error}");
    }
}

/// Small records that become large are counted by what they become.
#[test]
fn a_node_cannot_say_more_than_is_held() {
    let begin = format!("{}\tB\t{NONCE}\t0\n", format!("B\t{NONCE}\t0").len());
    let framed = |text: String| format!("{}\t{text}\n", text.len());
    let nothing = framed("S\t/a\tn".to_owned());
    let words = framed(format!("C\t=01310a{}", "610a".repeat(1 << 20)));
    let commands = framed(format!("C\t={}", "01310a0a".repeat(1 << 20)));
    let names = framed(format!("L\t/a\t={}", "612f".repeat(1 << 20)));
    for (record, times) in [(nothing, 200_000), (words, 3), (commands, 2), (names, 3)] {
        let text = format!("{begin}{}", record.repeat(times));
        let (mut records, _) = Records::begin(text.as_bytes(), NONCE, Share::default()).unwrap();
        let error = records.read(|_| {}).unwrap_err();
        assert!(matches!(error, WireError::TooMuch), "{error}");
    }
    let line = format!("{begin}{}", "a".repeat(17 << 20));
    let (mut records, _) = Records::begin(line.as_bytes(), NONCE, Share::default()).unwrap();
    let error = records.read(|_| {}).unwrap_err();
    assert!(matches!(error, WireError::TooLong), "{error}");
}
