//! The reader against a root directory with traps in it.

use crate::facts::component::Told;
use std::fs;
use std::os::unix::fs::{PermissionsExt, symlink};
use std::path::Path;
use std::time::{Duration, Instant};

use rustix::fs::{CWD, FileType, Mode, mknodat};
use rustix::io::Errno;
use tempfile::TempDir;

use super::*;
use crate::facts::host::{Body, Entry, Found, Kind, Purpose};

const OUTSIDE: &str = "content from outside of the root";

/// `<dir>/secret` beside the root `<dir>/root`, which holds what the tests need.
fn trap() -> (TempDir, Root) {
    let directory = TempDir::new().unwrap();
    let root = directory.path().join("root");
    fs::create_dir_all(root.join("etc/deep/deeper")).unwrap();
    let secret = directory.path().join("secret");
    fs::write(&secret, OUTSIDE).unwrap();
    fs::write(root.join("etc/good"), "10\n").unwrap();
    fs::set_permissions(root.join("etc/good"), PermissionsExt::from_mode(0o4640)).unwrap();
    fs::write(root.join("etc/big"), vec![b'a'; 300 * 1024]).unwrap();
    fs::write(root.join("etc/deep/deeper/file"), "").unwrap();
    mknodat(
        CWD,
        root.join("etc/pipe"),
        FileType::Fifo,
        Mode::RUSR | Mode::WUSR,
        0,
    )
    .unwrap();
    for (link, target) in [
        ("absolute", secret.to_str().unwrap()),
        ("relative", "../../secret"),
        ("many", "../../../../../../../../../../../../etc/hostname"),
        ("inside", "/etc/good"),
        ("dangling", "/nothing"),
        ("self", "self"),
        ("up", "/"),
    ] {
        symlink(target, root.join("etc").join(link)).unwrap();
    }
    let root = Root::open(&root).unwrap();
    (directory, root)
}

fn found(entry: Entry) -> Found {
    match entry {
        Entry::Found(found) => *found,
        other => panic!("{other:?}"),
    }
}

fn node(root: &Path, time_limit: Duration) -> LocalNode {
    LocalNode {
        root: root.to_owned(),
        time_limit,
        proof_limit: None,
    }
}

#[test]
fn no_link_leads_out_of_the_root() {
    let (_directory, root) = trap();
    for path in [
        "/etc/absolute",
        "/etc/relative",
        "/etc/many",
        "/../secret",
        "/etc/../../secret",
        "/etc/up/../secret",
    ] {
        let entry = root.read(path, Purpose::Kernel);
        assert_eq!(entry, Entry::NotFound, "{path}");
    }
    let inside = found(root.read("/etc/inside", Purpose::Kernel));
    assert_eq!(inside.target.as_deref(), Some("/etc/good"));
    assert_eq!(inside.mode, 0o4640);
    assert_eq!(
        inside.bodies[&Purpose::Kernel],
        Ok(Body::Text("10".to_owned()))
    );
    assert_eq!(
        found(root.stat("/etc/up/etc/good")).target.as_deref(),
        Some("/etc/good")
    );
    assert_eq!(root.stat("/etc/dangling"), Entry::NotFound);
    assert!(matches!(root.stat("/etc/self"), Entry::Gap(_)));
    assert!(matches!(root.stat("/etc/a\0b"), Entry::Gap(_)));
}

#[test]
fn parents_are_those_of_the_link_and_of_its_target() {
    let (directory, root) = trap();
    symlink(
        "/etc/good",
        directory.path().join("root/etc/deep/deeper/link"),
    )
    .unwrap();
    let link = found(root.stat("/etc/deep/deeper/link"));
    let parents: Vec<&str> = link
        .parents
        .iter()
        .map(|parent| parent.path.as_str())
        .collect();
    assert_eq!(parents, ["/", "/etc", "/etc/deep", "/etc/deep/deeper"]);
}

#[test]
fn pipes_are_not_opened_and_long_files_not_taken_in() {
    let (_directory, root) = trap();
    let started = Instant::now();
    let pipe = found(root.read("/etc/pipe", Purpose::Config));
    assert_eq!((pipe.kind, pipe.bodies.len()), (Kind::Other, 0));
    assert!(root.bytes("/etc/pipe", 10).is_err());
    assert!(started.elapsed() < Duration::from_secs(5));
    let big = found(root.read("/etc/big", Purpose::Config));
    let gap = big.bodies[&Purpose::Config].as_ref().unwrap_err();
    assert_eq!(
        (gap.reason, &*gap.place),
        (GapReason::Unparsable, "/etc/big")
    );
    assert_eq!(big.size, 300 * 1024);
}

#[test]
fn trees_stop_at_their_depth_and_at_links() {
    let (_directory, root) = trap();
    let paths = |depth| -> Vec<String> {
        let deadline = Instant::now() + Duration::from_secs(60);
        let entries = root.tree("/etc", depth, deadline);
        let (_, top) = entries
            .into_iter()
            .find(|(path, _)| path == "/etc")
            .unwrap();
        let mut below = found(top).below.unwrap().unwrap();
        below.retain(|path| path.starts_with("/etc/deep") || path.starts_with("/etc/up"));
        below
    };
    assert_eq!(paths(1), ["/etc/deep", "/etc/up"]);
    let mut all = paths(9);
    all.sort_unstable();
    assert_eq!(
        all,
        [
            "/etc/deep",
            "/etc/deep/deeper",
            "/etc/deep/deeper/file",
            "/etc/up"
        ]
    );
    let late = root.tree("/etc", 9, Instant::now());
    let (_, top) = late.into_iter().find(|(path, _)| path == "/etc").unwrap();
    assert_eq!(
        found(top).below.unwrap().unwrap_err().reason,
        GapReason::Timeout
    );
}

#[test]
fn refusals_say_why_and_what_would_help() {
    for (errno, reason, remedy) in [
        (Errno::ACCESS, GapReason::Forbidden, "sudo"),
        (Errno::PERM, GapReason::Forbidden, "sudo"),
        (Errno::NOSYS, GapReason::Unreachable, "openat2"),
        (Errno::FBIG, GapReason::Unparsable, "too large"),
        (Errno::IO, GapReason::Unreachable, "file system"),
    ] {
        let gap = crate::collect::system::gap("file", "/f", &errno.into());
        assert_eq!(gap.reason, reason, "{errno}");
        assert!(gap.remedy.contains(remedy), "{errno}: {}", gap.remedy);
    }
}

#[test]
fn a_root_without_proc_has_no_processes_and_says_so() {
    let (directory, _) = trap();
    let facts = collect_local(
        &node(&directory.path().join("root"), Duration::from_secs(60)),
        &Told::default(),
    )
    .unwrap();
    assert_eq!(facts.gaps.len(), 1, "{:?}", facts.gaps);
    assert_eq!(facts.gaps[0].place, "/proc");
    let missing = directory.path().join("nowhere");
    let error =
        collect_local(&node(&missing, Duration::from_secs(1)), &Told::default()).unwrap_err();
    assert!(error.to_string().contains("nowhere"));
}

#[test]
fn no_time_left_means_gaps_and_not_a_wait() {
    let (directory, _) = trap();
    let facts = collect_local(
        &node(&directory.path().join("root"), Duration::ZERO),
        &Told::default(),
    )
    .unwrap();
    assert_eq!(facts.gaps[0].reason, GapReason::Timeout);
}

#[test]
fn this_machine_shows_this_process() {
    let root = Root::open(Path::new("/")).unwrap();
    let deadline = Instant::now() + Duration::from_secs(60);
    let (processes, _) = processes::list(&root, deadline).unwrap();
    let own = processes
        .iter()
        .find(|one| one.pid == std::process::id())
        .unwrap();
    let argv: Vec<String> = std::env::args().collect();
    let words: Vec<&[u8]> = argv.iter().map(|word| word.as_bytes()).collect();
    assert_eq!(own.argv, Ok(crate::facts::host::masked(&words)));
    assert_eq!(own.uid, Some(rustix::process::geteuid().as_raw()));
    let now = jiff::Timestamp::now().as_second();
    let started = own.started.unwrap();
    assert!(
        (now - 3600..=now + 2).contains(&started),
        "{started} at {now}"
    );
    assert!(!root.hostname().unwrap().is_empty());
}

#[test]
fn a_process_that_shows_nothing_of_itself_may_be_anything() {
    let (directory, root) = trap();
    let proc = directory.path().join("root/proc");
    fs::create_dir_all(proc.join("1")).unwrap();
    fs::write(proc.join("1/cmdline"), "/sbin/init\0").unwrap();
    let deadline = Instant::now() + Duration::from_secs(9);
    assert_eq!(processes::list(&root, deadline).unwrap().0.len(), 1);
    // With hidepid=1 a process is listed, and none of its files can be read.
    fs::create_dir_all(proc.join("2/cmdline")).unwrap();
    assert!(processes::list(&root, deadline).is_err());
    fs::write(proc.join("2/status"), "Name:\tkubelet\n").unwrap();
    let (processes, left_out) = processes::list(&root, deadline).unwrap();
    assert_eq!(left_out, None);
    assert_eq!(processes[1].program(), Some("kubelet"));
}
