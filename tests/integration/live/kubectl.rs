//! What kubectl sends to a server from a file, however it is written, is judged, or the run says that it was not.

use std::path::Path;

use proptest::prelude::*;
use proptest::test_runner::{RngAlgorithm, TestRng};
use serde_json::Value;

use super::bed::Bed;
use crate::harness::run;

/// A pod that every gate on privileged containers has to stop.
const POD: &str = "apiVersion: v1
kind: Pod
metadata:
  name: evil
  namespace: quay
spec:
  hostPID: true
  containers:
  - name: c
    image: registry.example/c:1
    securityContext:
      privileged: true
";

const JSON: &str = r#"{"apiVersion":"v1","kind":"Pod","metadata":{"name":"evil","namespace":"quay"},"spec":{"hostPID":true,"containers":[{"name":"c","image":"registry.example/c:1","securityContext":{"privileged":true}}]}}"#;

const GOOD: &str =
    r#"{"apiVersion":"v1","kind":"ConfigMap","metadata":{"name":"good","namespace":"quay"}}"#;

/// The same pod in ways that people and attackers write it.
#[expect(clippy::too_many_lines, reason = "one table of forms")]
fn written() -> Vec<Vec<u8>> {
    let utf16 = |mark: [u8; 2], unit: fn(u16) -> [u8; 2]| {
        let units = POD.encode_utf16().flat_map(unit);
        mark.into_iter().chain(units).collect::<Vec<u8>>()
    };
    let replaced = |from: &str, to: &str| POD.replacen(from, to, 1);
    let texts = [
        POD.to_owned(),
        JSON.to_owned(),
        format!("\u{feff}{POD}"),
        format!("---\n\u{feff}{POD}"),
        format!("%YAML 1.1\n---\n{POD}"),
        format!("{POD}...\n"),
        format!("{POD}...\nrest: [\n"),
        format!("{POD}---\nkind: [\n"),
        format!("{GOOD}{JSON}"),
        format!("{GOOD}\n{JSON}"),
        format!("{JSON}}}"),
        format!("{JSON}\n---\n{POD}"),
        format!("{POD}---\n{GOOD}\n"),
        POD.replace('\n', "\r\n"),
        POD.replace('\n', "\r"),
        replaced("spec:", "spec: !custom"),
        replaced("spec:", "\"spec\":"),
        replaced("spec:", "? spec\n:"),
        replaced("privileged: true", "privileged: !!bool \"true\""),
        replaced("hostPID: true", "hostPID: yes"),
        replaced("privileged: true", "privileged: on"),
        replaced(
            "privileged: true",
            "privileged: false\n      privileged: true",
        ),
        replaced("spec:", "spec: {containers: []}\nspec:"),
        replaced("spec:", "status: {phase: Succeeded}\nspec:"),
        replaced("metadata:", "metadata: &m\n  labels: {a: b}"),
        format!(
            "x: &x {{privileged: true}}\n{}",
            replaced("\n      privileged: true", " *x")
        ),
        format!(
            "x: &x {{privileged: true}}\n{}",
            replaced("privileged: true", "<<: *x")
        ),
        format!(
            "apiVersion: v1\nkind: List\nitems:\n- {}",
            POD.trim_end().replace('\n', "\n  ")
        ),
        format!("apiVersion: v1\nkind: PodList\nitems: [{JSON}]\n"),
        format!("# {}\n{POD}", "long ".repeat(20_000)),
        replaced("registry.example/c:1", &"c".repeat(100_000)),
        replaced(
            "name: evil",
            "name: evil\n  annotations: {a: '{{ .Values.x }}'}",
        ),
        replaced("name: evil", "generateName: evil-"),
    ];
    let mut all: Vec<Vec<u8>> = texts.into_iter().map(String::into_bytes).collect();
    all.push(utf16([0xff, 0xfe], u16::to_le_bytes));
    all.push(utf16([0xfe, 0xff], u16::to_be_bytes));
    all.push([POD.as_bytes(), b"# caf\xe9\n"].concat());
    all.push(JSON.replacen("evil", "e\u{1}l", 1).into_bytes());
    all
}

/// What a mutation puts somewhere.
const PIECES: [&str; 18] = [
    "\n", "\t", " ", "---\n", "...\n", "#", "\u{feff}", "\0", "&a ", "*a", "!x ", "\"", "'", "[",
    "}", "|\n", "? ", "{{ x }}",
];

fn mutated(rng: &mut TestRng) -> Vec<u8> {
    let mut bytes = if rng.random_bool(0.7) { POD } else { JSON }
        .as_bytes()
        .to_vec();
    for _ in 0..rng.random_range(1..=3) {
        let at = rng.random_range(0..=bytes.len());
        let piece = PIECES[rng.random_range(0..PIECES.len())];
        match rng.random_range(0..3) {
            0 => drop(bytes.splice(at..at, piece.bytes())),
            1 => drop(bytes.splice(at..(at + 1).min(bytes.len()), piece.bytes())),
            _ => drop(bytes.drain(at..(at + rng.random_range(1..8)).min(bytes.len()))),
        }
    }
    bytes
}

/// Whether it is a privileged pod, or a list that holds one.
fn is_evil(object: &Value) -> bool {
    let listed = object["items"].as_array().into_iter().flatten();
    let containers = object["spec"]["containers"].as_array();
    let privileged = |one: &Value| one["securityContext"]["privileged"] == true;
    object["kind"] == "Pod" && containers.into_iter().flatten().any(privileged)
        || listed.into_iter().any(is_evil)
}

/// What is wrong with the answer on a file that kubectl reads a privileged pod from.
fn passed(bed: &Bed, file: &Path) -> Option<String> {
    let read = bed.read_by_kubectl(file)?;
    let objects = serde_json::Deserializer::from_slice(&read).into_iter::<Value>();
    if !objects.map_while(Result::ok).any(|object| is_evil(&object)) {
        return None;
    }
    let name = file.to_str().unwrap();
    let run = run(&[
        "audit",
        "-f",
        name,
        "--check",
        "workload-privileged-container",
        "--fail-on",
        "high",
    ]);
    let stopped = matches!(run.code, 1 | 3);
    (!stopped).then(|| {
        format!(
            "{}\n{}\n{}{}",
            String::from_utf8_lossy(&std::fs::read(file).unwrap()),
            run.code,
            run.out,
            run.err
        )
    })
}

#[test]
#[ignore = "needs a real cluster: tests/run"]
fn what_kubectl_decodes_is_judged_or_not_passed() {
    let bed = Bed::running();
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("pod.yaml");
    let mut rng = TestRng::from_seed(RngAlgorithm::ChaCha, &[7; 32]);
    let mutations = (0..120).map(|_| mutated(&mut rng));
    let mut wrong = Vec::new();
    let mut read = 0;
    for bytes in written().into_iter().chain(mutations) {
        std::fs::write(&file, bytes).unwrap();
        read += usize::from(bed.read_by_kubectl(&file).is_some());
        wrong.extend(passed(bed, &file));
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n\n"));
    assert!(read > 60, "kubectl reads only {read} of them");
}
