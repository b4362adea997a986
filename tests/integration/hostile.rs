//! Inputs that were made to break the program: small files that become large, values that no request can carry, outputs in
//! places that others prepared.

use std::fs;
use std::io::{Read, Write};
use std::path::Path;
use std::process::{Command, Stdio};

use crate::harness::{Run, run};

/// What the address space of a run is held to, in KiB: 256 MiB of memory, and the program, its stacks and libraries.
const ADDRESSES: u64 = 640 << 10;

/// Runs the program within that.
fn within(args: &[&str]) -> Run {
    let limited = format!("ulimit -v {ADDRESSES}; exec \"$0\" \"$@\"");
    let output = Command::new("/bin/sh")
        .args(["-c", &limited, env!("CARGO_BIN_EXE_seaworthy")])
        .args(args)
        .env_clear()
        .env("PATH", "/usr/bin:/bin")
        .env("LANG", "C.UTF-8")
        // Each thread reserves room that it does not use.
        .env("MALLOC_ARENA_MAX", "1")
        .output()
        .unwrap();
    Run {
        code: output.status.code().unwrap_or(-1),
        out: String::from_utf8(output.stdout).unwrap(),
        err: String::from_utf8(output.stderr).unwrap(),
    }
}

#[test]
fn no_manifest_becomes_more_than_can_be_held() {
    let folder = tempfile::tempdir().unwrap();
    let list =
        |items: String| format!(r#"{{"kind":"List","apiVersion":"v1","items":[{items}{{}}]}}"#);
    let aliases = (1..30).fold("a0: &a0 [x, x]\n".to_owned(), |text, n| {
        let m = n - 1;
        format!("{text}a{n}: &a{n} [*a{m}, *a{m}, *a{m}]\n")
    });
    let cases = [
        ("nested.yaml", "- ".repeat(15 << 20)),
        ("items.yaml", format!("[{}{{}}]", "{},".repeat(8 << 20))),
        (
            "items.json",
            format!("{{\"a\":[{}{{}}]}}", "{},".repeat(15 << 20)),
        ),
        ("list.json", list("{},".repeat(8 << 20))),
        ("documents.yaml", "---\na: 1\n".repeat(2 << 20)),
        ("objects.json", "{\"a\":1}\n".repeat(2 << 20)),
        ("keys.yaml", "? \n".repeat(8 << 20)),
        ("aliases.yaml", aliases),
    ];
    for (name, text) in cases {
        let file = folder.path().join(name);
        fs::write(&file, text).unwrap();
        let run = within(&[
            "audit",
            "-f",
            file.to_str().unwrap(),
            "--profile",
            "pss-baseline",
        ]);
        assert_eq!(run.code, 3, "{name}: {}{}", run.out, run.err);
        assert!(
            run.out.contains("1 document not understood"),
            "{name}: {}",
            run.out
        );
        fs::remove_file(&file).unwrap();
    }
}

#[test]
fn no_snapshot_row_is_longer_than_any_that_is_written() {
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("s.seaworthy");
    let text = crate::gaps::unpacked(&fs::read("reports/demo.seaworthy").unwrap());
    let head = text.lines().next().unwrap();
    let name = "n".repeat(64 << 20);
    let rows = [
        format!(r#"{{"kind":"namespaces","row":{{"metadata":{{"name":"{name}"}}}}}}"#),
        format!(
            r#"{{"kind":"namespaces","row":[{}{{}}]}}"#,
            "{},".repeat(1 << 20)
        ),
    ];
    for row in rows {
        let whole = format!("{head}\n{row}\n{{\"end\":1}}\n");
        fs::write(&file, crate::gaps::packed_text(&whole)).unwrap();
        let run = within(&["audit", "--snapshot", file.to_str().unwrap()]);
        assert_eq!(run.code, 2, "{}", run.err);
        assert!(run.err.contains("damaged at line 2"), "{}", run.err);
    }
}

#[test]
fn what_does_not_begin_like_a_report_is_not_read_to_its_end() {
    for args in [["report", "/dev/zero"], ["diff", "/dev/zero"]] {
        let args = [&args[..], &["/dev/zero"]].concat();
        let run = within(&args[..args.len() - usize::from(args[0] == "report")]);
        assert_eq!(run.code, 2, "{}", run.err);
        assert!(
            run.err.contains("/dev/zero") && run.err.contains("column 1"),
            "{}",
            run.err
        );
    }
}

#[test]
fn a_credential_that_no_request_can_carry_is_named() {
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("config");
    let users = "users: [{name: u, user: {token: \"hidden-token\\n\"}}]";
    let cluster = "clusters: [{name: k, cluster: {server: 'https://127.0.0.1:1'}}]";
    let context = "current-context: c\ncontexts: [{name: c, context: {cluster: k, user: u}}]";
    fs::write(
        &file,
        format!("kind: Config\napiVersion: v1\n{context}\n{cluster}\n{users}\n"),
    )
    .unwrap();
    let run = run(&["audit", "--kubeconfig", file.to_str().unwrap()]);
    assert_eq!(run.code, 2);
    assert!(run.err.contains("token of user \"u\""), "{}", run.err);
    assert!(!run.err.contains("hidden"), "{}", run.err);
}

/// A run ended by a signal leaves the terminal and the folder as they were, and says so by its exit status.
#[test]
fn a_signal_leaves_no_draft_behind() {
    let folder = tempfile::tempdir().unwrap();
    let pipe = folder.path().join("pipe");
    assert!(
        Command::new("mkfifo")
            .arg(&pipe)
            .status()
            .unwrap()
            .success()
    );
    let out = folder.path().join("report.json");
    let output = format!("json={}", out.display());
    for (signal, code) in [("INT", 130), ("TERM", 143), ("HUP", 129)] {
        // It waits for whoever writes into the pipe.
        let args = ["audit", "-f", pipe.to_str().unwrap(), "-o", &output];
        let mut child = crate::harness::command(&args).spawn().unwrap();
        wait_for_threads(child.id(), "signals");
        let kill = Command::new("kill")
            .args(["-s", signal, &child.id().to_string()])
            .status();
        assert!(kill.unwrap().success());
        assert_eq!(child.wait().unwrap().code(), Some(code), "{signal}");
        assert_eq!(fs::read_dir(folder.path()).unwrap().count(), 1, "{signal}");
    }
}

/// Who is asked for a passphrase and interrupts gets the terminal back as it was.
#[test]
fn an_interrupt_at_a_question_ends_the_run_and_shows_again_what_is_typed() {
    let folder = tempfile::tempdir().unwrap();
    let key = folder.path().join("locked");
    let made = Command::new("ssh-keygen")
        .args(["-q", "-t", "ed25519", "-N", "words", "-f"])
        .arg(&key)
        .status();
    assert!(made.unwrap().success());
    let line = format!(
        "trap : INT; {} collect --no-api --ssh root@127.0.0.1:1 --ssh-config /dev/null --ssh-key {} -o {}; echo status $?; stty -a",
        env!("CARGO_BIN_EXE_seaworthy"),
        key.display(),
        folder.path().join("out").display(),
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
    terminal.stdin.as_ref().unwrap().write_all(b"\x03").unwrap();
    screen.read_to_string(&mut seen).unwrap();
    terminal.wait().unwrap();
    assert!(seen.contains("status 130"), "{seen}");
    assert!(
        seen.contains(" echo ") && !seen.contains("-echo "),
        "{seen}"
    );
    let names = fs::read_dir(folder.path()).unwrap();
    assert_eq!(names.count(), 2, "the key and its public part");
}

/// Until the process has a thread of this name that waits.
fn wait_for_threads(process: u32, name: &str) {
    let tasks = format!("/proc/{process}/task");
    let there = || {
        let tasks = fs::read_dir(Path::new(&tasks))
            .into_iter()
            .flatten()
            .flatten();
        let mut names = tasks.map(|task| {
            let name = fs::read_to_string(task.path().join("comm")).unwrap_or_default();
            let state = fs::read_to_string(task.path().join("stat")).unwrap_or_default();
            (name, state.contains(") S "))
        });
        names.any(|(known, waits)| known.trim() == name && waits)
    };
    for _ in 0..2_000 {
        if there() {
            return;
        }
        std::thread::sleep(std::time::Duration::from_millis(10));
    }
    panic!("no thread {name}");
}
