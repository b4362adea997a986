//! The README says what the program does: its table is real output, and its commands parse.

use crate::harness::run;

const README: &str = include_str!("../../README.md");

/// The head of what the demo prints: the scores and the first findings.
fn head() -> String {
    let demo = run(&["audit", "--demo", "--width", "100"]).out;
    let end = demo.find("\n 4  ").expect("the demo has four findings");
    format!("{}\n…\n", &demo[..end])
}

#[test]
fn the_table_is_what_the_demo_prints() {
    let head = head();
    let shown = README
        .split("<!-- demo -->\n```text\n")
        .nth(1)
        .unwrap()
        .split("```\n<!-- /demo -->")
        .next()
        .unwrap();
    if std::env::var_os("UPDATE_GOLDEN").is_some() {
        let fenced = |text: &str| format!("```text\n{text}```");
        std::fs::write("README.md", README.replace(&fenced(shown), &fenced(&head))).unwrap();
        return;
    }
    assert_eq!(shown, head, "write it anew with UPDATE_GOLDEN=1");
}

#[test]
fn every_command_is_one_the_program_knows() {
    let mut count = 0;
    for line in README.lines().filter_map(|line| line.strip_prefix("    ")) {
        let line = line.split(" #").next().unwrap_or_default().trim();
        let Some(words) = line
            .strip_prefix("seaworthy ")
            .or_else(|| line.strip_prefix("sudo seaworthy "))
        else {
            continue;
        };
        // `--help` beside them has the arguments parsed and nothing done.
        let mut args: Vec<&str> = words.split_whitespace().collect();
        args.push("--help");
        let run = run(&args);
        assert_eq!(run.code, 0, "{line}: {}", run.err);
        count += 1;
    }
    assert!(count > 10, "the README has only {count} commands");
}
