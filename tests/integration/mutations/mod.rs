//! Every format that comes from outside, with files that almost are of it: the entries of the fuzzer (`fuzzing::TARGETS`) over
//! mutations of its files (`fuzz/corpus`), the same ones each time.
//!
//! Each target runs in a process of its own, held to an amount of memory: what takes more, or more stack than there is, ends
//! that process and fails the target. `SEAWORTHY_SEED` gives other mutations, `SEAWORTHY_CASES` more or less of them, and
//! `SEAWORTHY_CASE` repeats one.

mod mutate;

use std::fs;
use std::path::Path;
use std::process::Command;

use seaworthy::fuzzing::TARGETS;

use mutate::Random;

/// Where the mutations begin unless told otherwise.
const SEED: u64 = 20_260_131;

/// How many mutations a target gets.
const CASES: u64 = 1_800;

/// Those that judge what they read, or parse on a large stack, take longer.
const SLOW: &[(&str, u64)] = &[("manifests", 150), ("snapshot", 400), ("expression", 800)];

/// What the address space of a target is held to, in KiB: 256 MiB, and the program, its stacks and libraries.
const ADDRESSES: u64 = 640 << 10;

/// The memory that no input may exceed, in KiB.
const MEMORY: u64 = 256 << 10;

/// Seconds of the processor after which a case hangs.
const SECONDS: u64 = 900;

/// The name of the target in the environment of its process.
const TARGET: &str = "SEAWORTHY_TARGET";

/// The file in which that process notes the case it is at.
const NOTES: &str = "SEAWORTHY_NOTES";

macro_rules! targets {
    ($($test:ident $name:literal)*) => {
        $(#[test]
        fn $test() {
            survives($name);
        })*

        /// Those that have a test.
        const TESTED: &[&str] = &[$($name),*];
    };
}

targets! {
    snapshot "snapshot"
    documents "documents"
    manifests "manifests"
    page_json "page-json"
    page_protobuf "page-protobuf"
    node_frames "node-frames"
    node_file "node-file"
    known_hosts "known-hosts"
    ssh_config "ssh-config"
    inventory "inventory"
    kubeconfig "kubeconfig"
    unit "unit"
    expression "expression"
    waivers "waivers"
    report "report"
    arguments "arguments"
    kubelet "kubelet"
    scheduler "scheduler"
    kube_proxy "kube-proxy"
    etcd "etcd"
    audit_policy "audit-policy"
    encryption "encryption"
    authentication "authentication"
    authorization "authorization"
    admission "admission"
}

#[test]
fn every_target_is_tested_and_has_files() {
    let names: Vec<&str> = TARGETS.iter().map(|(name, _)| *name).collect();
    assert_eq!(names, TESTED);
    let mut folders: Vec<_> = fs::read_dir("fuzz/corpus")
        .unwrap()
        .map(|entry| entry.unwrap().file_name().into_string().unwrap())
        .collect();
    folders.sort();
    let mut sorted = names;
    sorted.sort_unstable();
    assert_eq!(folders, sorted);
    for name in TESTED {
        assert!(!corpus(name).is_empty(), "{name}");
    }
}

/// What is caught here is caught in the others: a panic, more memory than there is, and an end without a word.
#[test]
fn what_goes_wrong_is_told() {
    for (name, word) in [
        ("panic", "broken on purpose"),
        ("memory", "memory"),
        ("exit", ""),
    ] {
        let told = trial(&format!("!{name}")).unwrap_err();
        assert!(told.contains(word) && told.contains("case 0"), "{told}");
    }
}

/// The files of a target, in the order of their names.
fn corpus(name: &str) -> Vec<Vec<u8>> {
    let folder = Path::new("fuzz/corpus").join(name);
    let entries = fs::read_dir(folder).into_iter().flatten();
    let mut paths: Vec<_> = entries.map(|entry| entry.unwrap().path()).collect();
    paths.sort();
    paths.iter().map(|path| fs::read(path).unwrap()).collect()
}

/// Passes when every mutation is read or refused.
fn survives(name: &str) {
    if let Err(told) = trial(name) {
        panic!("{told}");
    }
}

/// Runs a target in a process of its own; what went wrong, with the last case.
fn trial(name: &str) -> Result<(), String> {
    let notes = tempfile::NamedTempFile::new().unwrap();
    let limits =
        format!("ulimit -v {ADDRESSES}; ulimit -t {SECONDS}; ulimit -c 0; exec \"$0\" \"$@\"");
    let output = Command::new("/bin/sh")
        .args(["-c", &limits])
        .arg(std::env::current_exe().unwrap())
        .args([
            "--ignored",
            "--exact",
            "--nocapture",
            "mutations::one_target",
        ])
        .env(TARGET, name)
        .env(NOTES, notes.path())
        // Each thread reserves room that it does not use.
        .env("MALLOC_ARENA_MAX", "1")
        .env("RUST_BACKTRACE", "0")
        .output()
        .unwrap();
    let out = String::from_utf8_lossy(&output.stdout);
    if output.status.success() && out.contains("test mutations::one_target ... ") {
        return Ok(());
    }
    let case = fs::read_to_string(notes.path()).unwrap();
    let err = String::from_utf8_lossy(&output.stderr);
    let seed = number("SEAWORTHY_SEED", SEED);
    Err(format!(
        "{name}: seed {seed}, last case {case}: {}\n{err}\n{out}",
        output.status
    ))
}

fn number(variable: &str, otherwise: u64) -> u64 {
    let text = std::env::var(variable).ok();
    text.map_or(otherwise, |text| text.parse().unwrap())
}

/// Runs all cases of the target that the environment names.
#[test]
#[ignore = "a part of the others, which run it in a process of its own"]
fn one_target() {
    let Ok(name) = std::env::var(TARGET) else {
        return;
    };
    let before = peak();
    let failed = match name.strip_prefix('!') {
        Some(way) => vec![wrong(way)],
        None => failures(&name),
    };
    assert!(failed.is_empty(), "{}", failed.join("\n"));
    let taken = peak() - before;
    assert!(taken < MEMORY, "{name}: {taken} KiB of memory");
}

/// The cases at which a target panics.
fn failures(name: &str) -> Vec<String> {
    let (at, (_, read)) = TARGETS
        .iter()
        .enumerate()
        .find(|(_, (target, _))| *target == name)
        .unwrap();
    let files = corpus(name);
    let strange = corpus(TARGETS[(at + 1) % TARGETS.len()].0);
    let slow = SLOW.iter().find(|(slow, _)| *slow == name);
    let cases = number("SEAWORTHY_CASES", slow.map_or(CASES, |(_, cases)| *cases));
    let seed = number("SEAWORTHY_SEED", SEED);
    let only = std::env::var("SEAWORTHY_CASE").ok();
    let only = only.map(|case| case.parse::<u64>().unwrap());
    let notes = std::env::var(NOTES).unwrap_or_else(|_| "/dev/null".to_owned());
    let mut failed = Vec::new();
    // The files themselves come first.
    for case in 0..cases + files.len() as u64 {
        if only.is_some_and(|only| only != case) {
            continue;
        }
        fs::write(&notes, format!("{case}")).unwrap();
        let mut random = Random::new(seed, name, case);
        let bytes = match files.get(case as usize) {
            Some(file) => file.clone(),
            None => mutate::mutated(&files, &strange, &mut random),
        };
        if std::panic::catch_unwind(|| read(&bytes)).is_err() {
            let shown = bytes[..bytes.len().min(2_000)].escape_ascii();
            failed.push(format!("{name}: seed {seed}, case {case}: {shown}"));
        }
    }
    failed
}

/// Something that must not go unseen.
fn wrong(way: &str) -> String {
    fs::write(std::env::var(NOTES).unwrap(), "case 0").unwrap();
    match way {
        "panic" => "broken on purpose".to_owned(),
        "memory" => format!("{}", vec![1_u8; 1 << 30].len()),
        _ => std::process::abort(),
    }
}

/// The most memory that this process has held, in KiB.
fn peak() -> u64 {
    let status = fs::read_to_string("/proc/self/status").unwrap();
    let line = status.lines().find_map(|line| line.strip_prefix("VmHWM:"));
    line.unwrap()
        .trim()
        .trim_end_matches(" kB")
        .parse()
        .unwrap()
}
