//! What a user sees, and that bad input ends well. Runs the real binary, offline.

use std::io::Read;
use std::net::TcpListener;
use std::path::Path;
use std::process::Stdio;
use std::time::{Duration, Instant};

use serde_json::{Value, json};

use crate::gaps::{packed_text, unpacked};
use crate::harness::{Run, command, run, run_with};

#[test]
fn demo_table_at_100_columns() {
    let run = run(&["audit", "--demo", "--width", "100"]);
    assert_eq!((run.code, run.err.as_str()), (0, ""));
    insta::assert_snapshot!("demo-100", run.out);
}

#[test]
fn demo_table_at_80_and_200_columns() {
    for width in ["80", "200"] {
        let run = run(&["audit", "--demo", "--width", width]);
        assert_eq!(run.code, 0, "{}", run.err);
        insta::assert_snapshot!(format!("demo-{width}"), run.out);
    }
}

#[test]
fn demo_json_keeps_its_contract_and_renders_again() {
    let first = run(&["audit", "--demo", "-o", "json"]);
    let report: Value = serde_json::from_str(&first.out).unwrap();
    let schema: Value =
        serde_json::from_str(include_str!("../../reports/report-v1.schema.json")).unwrap();
    let validator = jsonschema::validator_for(&schema).unwrap();
    let errors: Vec<String> = validator
        .iter_errors(&report)
        .map(|error| error.to_string())
        .collect();
    assert!(errors.is_empty(), "{errors:#?}");

    let folder = tempfile::tempdir().unwrap();
    let saved = folder.path().join("report.json");
    std::fs::write(&saved, &first.out).unwrap();
    let again = run(&["report", saved.to_str().unwrap(), "--width", "100"]);
    assert_eq!(again.out, run(&["audit", "--demo", "--width", "100"]).out);
}

/// Reasons are prose of ours, told in full however long they are.
#[test]
fn reasons_are_told_whole() {
    let words = |text: &str| text.split_whitespace().collect::<Vec<_>>().join(" ");
    let table = words(&run(&["audit", "--demo", "--all", "--width", "100"]).out);
    let report: Value = serde_json::from_str(&run(&["audit", "--demo", "-o", "json"]).out).unwrap();
    let mut told = 0;
    for evaluation in report["evaluations"].as_array().unwrap() {
        let why = words(evaluation["why"].as_str().unwrap());
        let start: String = why.chars().take(140).collect();
        // Findings with one cause are told together, so not every reason is there.
        if table.contains(&start) {
            assert!(table.contains(&why), "{} is cut: {why}", evaluation["id"]);
            told += 1;
        }
    }
    assert!(told > 30, "{told} reasons were looked for");
}

#[test]
fn demo_is_small_and_the_same_every_time() {
    let size = std::fs::metadata("reports/demo.seaworthy").unwrap().len();
    assert!(size < 300 * 1024, "the demo has {size} bytes");
    assert_eq!(
        run(&["audit", "--demo", "-o", "json", "--all"]).out,
        run(&["audit", "--demo", "-o", "json", "--all"]).out
    );
}

#[test]
fn gates_decide_the_exit_status_whatever_the_format() {
    for format in ["table", "json"] {
        let code = |args: &[&str]| {
            let mut all = vec!["audit", "--demo", "-o", format];
            all.extend(args);
            run(&all).code
        };
        assert_eq!(code(&[]), 0);
        assert_eq!(code(&["--fail-on", "critical"]), 1);
        assert_eq!(
            code(&[
                "--check",
                "apiserver-profiling-enabled",
                "--fail-on",
                "medium"
            ]),
            0
        );
        assert_eq!(
            code(&["--check", "apiserver-profiling-enabled", "--fail-on", "low"]),
            1
        );
        assert_eq!(code(&["--min-score", "100"]), 1);
        assert_eq!(code(&["--min-coverage", "98"]), 0);
    }
    // One file that was not read leaves its control open.
    let demo = std::fs::read("reports/demo.seaworthy").unwrap();
    let gap = r#"{"what": "a file", "reason": "forbidden", "remedy": "read it"}"#;
    let lack = format!(r#"{{"kind": "files", "lack": {{"name": "one", "gap": {gap}}}}}"#);
    let rows = unpacked(&demo);
    let text: Vec<&str> = rows
        .lines()
        .map(|line| {
            if line.contains("\"kubeletConfig\"") {
                lack.as_str()
            } else {
                line
            }
        })
        .collect();
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("open.seaworthy");
    std::fs::write(&path, packed_text(&(text.join("\n") + "\n"))).unwrap();
    let args = [
        "audit",
        "--snapshot",
        path.to_str().unwrap(),
        "--min-coverage",
        "100",
    ];
    assert_eq!(run(&args).code, 3);
}

#[test]
fn mistakes_on_the_command_line_end_with_2_and_a_hint() {
    for (args, wanted) in [
        (
            vec!["audit", "--demo", "--profile", "cis-0"],
            "there is no profile `cis-0`",
        ),
        (
            vec!["audit", "--demo", "--check", "nope"],
            "there is no check `nope`",
        ),
        (
            vec!["audit", "--demo", "-o", "pdf"],
            "the formats are table, json",
        ),
        (
            vec!["audit", "--demo", "--fail-on", "bad"],
            "one of info, low, medium, high, critical",
        ),
        (
            vec!["audit", "--demo", "-o", "json=/nonexistent/x"],
            "cannot write /nonexistent/x",
        ),
        (
            vec!["audit", "--snapshot", "/nonexistent"],
            "cannot read /nonexistent",
        ),
        (
            vec!["audit", "--snapshot", "Cargo.toml"],
            "not a seaworthy snapshot",
        ),
        (vec!["report", "Cargo.toml"], "Cargo.toml"),
        (vec!["audit", "--checks", "/nonexistent"], "/nonexistent"),
        (vec!["checks", "show", "nope"], "there is no check `nope`"),
        (
            vec!["checks", "schema", "nope"],
            "there is no kind of subject `nope`",
        ),
    ] {
        let run = run(&args);
        assert_eq!(run.code, 2, "{args:?}: {}", run.err);
        assert!(run.err.contains(wanted), "{args:?}: {}", run.err);
        assert!(!run.err.contains("panicked"), "{}", run.err);
    }
}

#[test]
fn damaged_and_newer_snapshots_are_refused_clearly() {
    let demo = std::fs::read("reports/demo.seaworthy").unwrap();
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("x.seaworthy");
    let told = |bytes: &[u8]| {
        std::fs::write(&path, bytes).unwrap();
        run(&["audit", "--snapshot", path.to_str().unwrap()])
    };
    for cut in [demo.len() / 3, demo.len() / 2, demo.len() - 1] {
        let run = told(&demo[..cut]);
        assert_eq!(run.code, 2);
        assert!(
            run.err.contains("cut off") || run.err.contains("cannot read"),
            "{}",
            run.err
        );
    }
    let mut bent = demo.clone();
    bent[demo.len() / 2] ^= 0x55;
    assert_eq!(told(&bent).code, 2);
    assert_eq!(told(&[]).code, 2);

    let text = crate::gaps::unpacked(&demo);
    let newer = crate::gaps::packed_text(&text.replacen("\"seaworthy\":1", "\"seaworthy\":99", 1));
    let run = told(&newer);
    assert!(run.err.contains("format 99"), "{}", run.err);
    let missing = text
        .lines()
        .filter(|line| !line.contains("\"kind\":\"roles\""))
        .collect::<Vec<_>>()
        .join("\n");
    let run = told(&crate::gaps::packed_text(&missing));
    assert!(run.err.contains("number of rows"), "{}", run.err);
}

#[test]
fn no_kubeconfig_and_a_kubeconfig_to_nowhere_are_one_clear_error() {
    let run = run(&["audit"]);
    assert_eq!(run.code, 2);
    assert!(
        run.err.contains("no kubeconfig") && run.err.contains("--demo"),
        "{}",
        run.err
    );

    let folder = tempfile::tempdir().unwrap();
    // A port that was free a moment ago.
    let dead = TcpListener::bind("127.0.0.1:0")
        .unwrap()
        .local_addr()
        .unwrap();
    let kubeconfig = kubeconfig(folder.path(), &format!("https://{dead}"));
    let run = run_with(&kubeconfig, &["audit"]);
    assert_eq!(run.code, 3, "{}", run.out);
    assert_eq!(run.err.matches("error:").count(), 1, "{}", run.err);
    assert!(run.err.contains(&dead.to_string()), "{}", run.err);
    assert!(
        run.err.contains("refused") && run.err.contains("hint:"),
        "{}",
        run.err
    );
}

#[test]
fn a_server_that_never_answers_costs_the_time_limit_and_no_more() {
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let folder = tempfile::tempdir().unwrap();
    let address = listener.local_addr().unwrap();
    let kubeconfig = kubeconfig(folder.path(), &format!("http://{address}"));
    let begin = Instant::now();
    let run = run_with(&kubeconfig, &["audit", "--request-timeout", "1"]);
    assert_eq!(run.code, 3, "{}", run.out);
    assert!(
        begin.elapsed() < Duration::from_secs(30),
        "it took {:?}",
        begin.elapsed()
    );
    drop(listener);
}

pub(crate) fn kubeconfig(folder: &Path, server: &str) -> std::path::PathBuf {
    let path = folder.join("kubeconfig");
    let text = json!({
        "apiVersion": "v1", "kind": "Config", "current-context": "c",
        "contexts": [{"name": "c", "context": {"cluster": "c", "user": "u"}}],
        "clusters": [{"name": "c", "cluster": {"server": server}}],
        "users": [{"name": "u", "user": {"token": "x"}}],
    });
    std::fs::write(&path, text.to_string()).unwrap();
    path
}

#[test]
fn a_reader_that_leaves_early_is_no_error() {
    let mut child = command(&["audit", "--demo", "-o", "json", "--all"])
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .spawn()
        .unwrap();
    let mut few = [0; 10];
    child.stdout.take().unwrap().read_exact(&mut few).unwrap();
    let output = child.wait_with_output().unwrap();
    assert_eq!(output.status.code(), Some(0));
    assert_eq!(String::from_utf8_lossy(&output.stderr), "");
}

#[test]
fn broken_check_files_are_reported_all_at_once_with_their_places() {
    let run = run(&[
        "checks",
        "lint",
        "--checks",
        "tests/fixtures/catalog/broken",
    ]);
    assert_eq!(run.code, 2);
    let problems = run
        .err
        .lines()
        .filter(|line| line.starts_with("tests/fixtures/catalog/broken/"))
        .count();
    assert!(problems > 20, "{}", run.err);
    insta::assert_snapshot!(
        "broken-expressions",
        expressions(&run_lint("tests/fixtures/catalog/untyped"))
    );
}

pub(crate) fn run_lint(folder: &str) -> Run {
    run(&["checks", "lint", "--checks", folder])
}

fn expressions(run: &Run) -> String {
    assert_eq!(run.code, 2);
    run.err.clone()
}

#[test]
fn checks_of_users_are_listed_shown_tested_and_judged_like_ours() {
    let folder = "tests/fixtures/catalog/own";
    let listed = run(&["checks", "list", "--checks", folder]);
    assert!(
        listed.out.contains("workload-image-latest"),
        "{}",
        listed.out
    );
    let tested = run(&[
        "checks",
        "test",
        "workload-image-latest",
        "--checks",
        folder,
    ]);
    assert_eq!(tested.code, 0, "{}", tested.err);
    let judged = run(&[
        "audit",
        "--demo",
        "--check",
        "workload-image-latest",
        "--checks",
        folder,
    ]);
    assert_eq!(judged.code, 0, "{}", judged.err);
    let profile = run(&[
        "audit",
        "--demo",
        "--profile",
        "harbour",
        "--checks",
        folder,
    ]);
    assert!(
        profile.out.contains("Harbour rules"),
        "{} {}",
        profile.out,
        profile.err
    );
}

#[test]
fn reference_pages() {
    insta::assert_snapshot!(
        "checks-show",
        run(&["checks", "show", "certificate-expiring"]).out
    );
    insta::assert_snapshot!("profiles-show", run(&["profiles", "show", "cks"]).out);
    let schema = run(&["checks", "schema", "kubelet"]);
    assert!(
        schema.out.contains("authentication") && schema.out.contains("functions"),
        "{}",
        schema.out
    );
}

#[test]
fn a_reader_that_goes_away_changes_neither_the_gate_nor_the_other_reports() {
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("report.json");
    let json = format!("json={}", file.display());
    let mut child = command(&[
        "audit",
        "--demo",
        "--all",
        "--fail-on",
        "low",
        "-o",
        "table",
        "-o",
        &json,
    ])
    .stdout(Stdio::piped())
    .stderr(Stdio::piped())
    .spawn()
    .unwrap();
    drop(child.stdout.take());
    assert_eq!(child.wait().unwrap().code(), Some(1));
    serde_json::from_slice::<Value>(&std::fs::read(file).unwrap()).unwrap();
}

#[test]
fn what_is_no_regular_file_is_written_to_and_never_replaced() {
    use std::os::unix::fs::{FileTypeExt, symlink};
    let folder = tempfile::tempdir().unwrap();
    let path = |name: &str| folder.path().join(name);
    let audit = |name: &str| {
        run(&[
            "audit",
            "--demo",
            "-o",
            &format!("json={}", path(name).display()),
        ])
    };
    std::fs::write(path("target"), "old").unwrap();
    symlink("target", path("link")).unwrap();
    assert_eq!(audit("link").code, 0);
    assert!(path("link").is_symlink());
    serde_json::from_slice::<Value>(&std::fs::read(path("target")).unwrap()).unwrap();

    // As /dev/stdout does, this leads to something that has no name of its own.
    symlink("/proc/self/fd/1", path("stdout")).unwrap();
    serde_json::from_str::<Value>(&audit("stdout").out).unwrap();
    assert!(path("stdout").is_symlink());

    let pipe = path("pipe");
    let mode = rustix::fs::Mode::RUSR | rustix::fs::Mode::WUSR;
    rustix::fs::mknodat(rustix::fs::CWD, &pipe, rustix::fs::FileType::Fifo, mode, 0).unwrap();
    let reader = std::thread::spawn({
        let pipe = pipe.clone();
        move || std::fs::read(pipe).unwrap()
    });
    assert_eq!(audit("pipe").code, 0);
    serde_json::from_slice::<Value>(&reader.join().unwrap()).unwrap();
    assert!(std::fs::metadata(&pipe).unwrap().file_type().is_fifo());

    let folder = run(&[
        "audit",
        "--demo",
        "-o",
        &format!("json={}", folder.path().display()),
    ]);
    assert_eq!(folder.code, 2);
    assert!(folder.err.contains("cannot write"), "{}", folder.err);
}

#[test]
fn two_outputs_never_share_a_place() {
    let folder = tempfile::tempdir().unwrap();
    let (file, other) = (folder.path().join("x"), folder.path().join("./x"));
    let (json, table) = (
        format!("json={}", file.display()),
        format!("table={}", other.display()),
    );
    let save = file.to_str().unwrap();
    for args in [
        vec!["audit", "--demo", "-o", "json", "-o", "table"],
        vec!["audit", "--demo", "-o", &json, "-o", &table],
        vec![
            "audit",
            "--snapshot",
            "reports/demo.seaworthy",
            "--save",
            save,
            "-o",
            &json,
        ],
    ] {
        let run = run(&args);
        assert_eq!(run.code, 2, "{args:?}");
        assert!(run.err.contains("two outputs go to"), "{}", run.err);
        assert!(run.out.is_empty() && !file.exists());
    }
}

#[test]
fn one_output_that_fails_does_not_lose_the_others() {
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("report.json");
    let json = format!("json={}", file.display());
    let full = std::fs::OpenOptions::new()
        .write(true)
        .open("/dev/full")
        .unwrap();
    let output = command(&["audit", "--demo", "-o", "table", "-o", &json])
        .stdout(full)
        .output()
        .unwrap();
    assert_eq!(output.status.code(), Some(2));
    assert!(String::from_utf8_lossy(&output.stderr).contains("standard output: No space left"));
    serde_json::from_slice::<Value>(&std::fs::read(file).unwrap()).unwrap();
}

#[test]
fn a_run_that_is_interrupted_leaves_no_drafts() {
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let server = format!("https://{}", listener.local_addr().unwrap());
    let folder = tempfile::tempdir().unwrap();
    let kubeconfig = kubeconfig(folder.path(), &server);
    let (json, save) = (
        folder.path().join("x.json"),
        folder.path().join("x.seaworthy"),
    );
    let json = format!("json={}", json.display());
    let mut child = command(&["audit", "--save", save.to_str().unwrap(), "-o", &json])
        .env("KUBECONFIG", &kubeconfig)
        .spawn()
        .unwrap();
    // Once it has connected, its outputs are open.
    listener.set_nonblocking(true).unwrap();
    let _connection = loop {
        match listener.accept() {
            Ok(connection) => break connection,
            Err(_) => assert_eq!(child.try_wait().unwrap(), None, "it ended by itself"),
        }
        std::thread::sleep(Duration::from_millis(10));
    };
    rustix::process::kill_process(
        rustix::process::Pid::from_child(&child),
        rustix::process::Signal::INT,
    )
    .unwrap();
    child.wait().unwrap();
    let left: Vec<_> = std::fs::read_dir(folder.path())
        .unwrap()
        .map(|entry| entry.unwrap().path())
        .collect();
    assert_eq!(left, [kubeconfig]);
}

#[test]
fn a_width_that_makes_no_sense_is_nobodys_mistake() {
    let wide = run(&["audit", "--demo", "--width", "120"]).out;
    let with = |columns: &str| {
        let output = command(&["audit", "--demo"])
            .env("COLUMNS", columns)
            .output()
            .unwrap();
        assert_eq!(output.status.code(), Some(0), "COLUMNS={columns}");
        String::from_utf8(output.stdout).unwrap()
    };
    assert_eq!(with("120"), wide);
    let usual = run(&["audit", "--demo"]).out;
    for columns in ["", "0", "7", "wide", "99999999"] {
        assert_eq!(with(columns), usual, "COLUMNS={columns}");
    }
    // A terminal beside another one is narrow, and shows all the same.
    let words = |text: &str| text.split_whitespace().count();
    assert!(words(&with("20")) > words(&usual) / 2);
}

#[test]
fn a_recorded_cluster_takes_no_options_of_a_live_one() {
    for target in [
        ["-n", "payments"],
        ["--node", "local"],
        ["--context", "staging"],
        ["--ssh", "root@cp1"],
        ["--ssh-user", "root"],
    ] {
        for recorded in [vec!["--demo"], vec!["--snapshot", "reports/demo.seaworthy"]] {
            let args = [&["audit"][..], &recorded, &target].concat();
            assert_eq!(run(&args).code, 2, "{args:?} was taken and ignored");
        }
    }
}
