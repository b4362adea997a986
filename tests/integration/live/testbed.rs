//! The test bed itself: it comes and goes, and leaves the machine as it was.

use std::collections::BTreeSet;
use std::path::Path;
use std::process::Command;
use std::time::{Duration, Instant};

use super::bed::testbed;

fn words(command: &str, args: &[&str]) -> BTreeSet<String> {
    let output = Command::new(command).args(args).output().unwrap();
    String::from_utf8(output.stdout)
        .unwrap()
        .lines()
        .map(str::to_owned)
        .collect()
}

/// Everything on the machine that names `folder`, or that a bed makes under names of its own.
fn traces(folder: &Path) -> BTreeSet<String> {
    let folder = folder.to_str().unwrap();
    let mounts = std::fs::read_to_string("/proc/self/mountinfo").unwrap();
    let mut found: BTreeSet<String> = mounts
        .lines()
        .filter(|line| line.contains(folder))
        .map(str::to_owned)
        .collect();
    found.extend(
        words("ps", &["-eo", "args"])
            .into_iter()
            .filter(|line| line.contains(folder)),
    );
    found
}

/// The network links; beds of other tests may come and go meanwhile, so a test compares only what it may have added.
fn links() -> BTreeSet<String> {
    std::fs::read_dir("/sys/class/net")
        .unwrap()
        .map(|entry| entry.unwrap().file_name().into_string().unwrap())
        .collect()
}

#[test]
#[ignore = "needs root and the built test bed: tests/run"]
fn a_bed_that_is_killed_half_way_is_no_trouble_for_the_next() {
    let folder = tempfile::tempdir().unwrap();
    let bed = folder.path().join("bed");
    let before = links();
    let mut child = Command::new(Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/testbed/up"))
        .arg("plain")
        .arg(&bed)
        .spawn()
        .unwrap();
    let started = Instant::now();
    while traces(&bed).is_empty() {
        assert!(
            started.elapsed() < Duration::from_secs(60),
            "it did nothing"
        );
        std::thread::sleep(Duration::from_millis(100));
    }
    // Into the middle of its work.
    std::thread::sleep(Duration::from_secs(4));
    child.kill().unwrap();
    child.wait().unwrap();
    assert!(!traces(&bed).is_empty(), "it was done before it was killed");

    let up = testbed("up", &["plain".as_ref(), bed.as_os_str()]);
    assert!(
        up.status.success(),
        "{}",
        String::from_utf8_lossy(&up.stderr)
    );
    let description: serde_json::Value = serde_json::from_slice(&up.stdout).unwrap();
    assert_eq!(description["nodes"].as_array().unwrap().len(), 2);

    for _ in 0..2 {
        let down = testbed("down", &[bed.as_os_str()]);
        assert!(
            down.status.success(),
            "{}",
            String::from_utf8_lossy(&down.stderr)
        );
    }
    assert_eq!(traces(&bed), BTreeSet::new());
    let left: Vec<_> = links().difference(&before).cloned().collect();
    assert!(left.is_empty(), "links are left: {left:?}");
}

#[test]
#[ignore = "needs root and the built test bed: tests/run"]
fn a_folder_that_is_no_bed_and_an_unknown_condition_are_refused() {
    let folder = tempfile::tempdir().unwrap();
    std::fs::write(folder.path().join("precious"), "keep").unwrap();
    let down = testbed("down", &[folder.path().as_os_str()]);
    assert!(!down.status.success());
    assert!(folder.path().join("precious").exists());
    let up = testbed(
        "up",
        &["sunny".as_ref(), folder.path().join("bed").as_os_str()],
    );
    assert!(!up.status.success());
    assert!(String::from_utf8_lossy(&up.stderr).contains("plain"));
}
