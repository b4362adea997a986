//! Reading as a whole: broken files with the exact problems they have, files that are right, and any bytes at all.

use std::path::PathBuf;

use super::files::{MAX_FILE, list, read};
use super::load::Reading;
use super::*;

mod random;

/// What a check needs besides its id and its assertion.
const REST: &str = "title: t\nseverity: low\nsubject: node\nwhy: w\nfix: {summary: s}\n";

fn reading(files: &[(&str, &str)]) -> Reading {
    let mut reading = Reading::default();
    for (file, text) in files {
        reading.add(file, text.as_bytes());
    }
    reading
}

fn checks(files: &[(&str, &str)]) -> BTreeMap<String, Check> {
    let (catalog, problems) = reading(files).link();
    assert_eq!(problems, []);
    catalog.checks
}

fn lines(problems: &[Problem]) -> String {
    let line = |problem: &Problem| format!("{problem}\n    {}", problem.hint);
    let lines: Vec<_> = problems
        .iter()
        .map(|p| line(p).trim_end().to_owned())
        .collect();
    lines.join("\n") + "\n"
}

fn root() -> PathBuf {
    PathBuf::from(env!("CARGO_MANIFEST_DIR"))
}

#[test]
fn every_mistake_of_every_file_is_told_at_its_place() {
    let folder = root().join("tests/fixtures/catalog/broken");
    let mut reading = Reading::default();
    for path in list(&folder).unwrap() {
        let name = path.strip_prefix(&folder).unwrap().display().to_string();
        reading.add(&name, &read(&path).unwrap());
    }
    let expected = std::fs::read_to_string(folder.with_extension("txt")).unwrap();
    let found = lines(&reading.link().1);
    assert!(found == expected, "found:\n{found}");
}

#[test]
fn a_check_is_read_whole() {
    let text = r#"id: a-b
title: " A title "
severity: high
subject: kubelet
when: kubelet.present
assert: '!kubelet.anonymous'
message: '"x"'
evidence: [kubelet.address]
why: |
  One.
  Two.
fix:
  summary: s
  kubeletConfig: {z: {enabled: false}, a: ["yes", 1]}
params: {days: 30, names: [a, b], after: 720h, strict: true}
review: true
references: [https://kubernetes.io/docs/]
examples:
  - {name: none, given: {b: {c: [1, null, 0.5, text]}}, expect: notApplicable}
"#;
    let checks = checks(&[("checks/k/a-b.yaml", text)]);
    let check = &checks["a-b"];
    assert_eq!(check.title, "A title");
    assert_eq!(check.why, "One.\nTwo.");
    let kind = (check.severity, check.subject);
    assert_eq!(kind, (Severity::High, SubjectKind::Kubelet));
    assert_eq!(check.assert.value, "!kubelet.anonymous");
    assert_eq!(check.assert.place.to_string(), "checks/k/a-b.yaml:6:9");
    assert_eq!(check.when.as_ref().unwrap().value, "kubelet.present");
    assert_eq!(check.message.as_ref().unwrap().value, "\"x\"");
    assert_eq!(
        check.evidence[0].place.to_string(),
        "checks/k/a-b.yaml:8:12"
    );
    let yaml = "z:\n  enabled: false\na:\n- \"yes\"\n- 1\n";
    assert_eq!(check.fix.change, Some(Change::KubeletConfig(yaml.into())));
    let names = Param::List(vec!["a".into(), "b".into()]);
    assert_eq!(check.params["days"].value, Param::Int(30));
    assert_eq!(check.params["names"].value, names);
    assert_eq!(check.params["after"].value, Param::Text("720h".into()));
    assert_eq!(check.params["strict"].value, Param::Bool(true));
    assert!(check.review);
    let given = serde_json::json!({"b": {"c": [1, null, 0.5, "text"]}});
    assert_eq!(check.examples[0].given.value, given.to_string());
    assert_eq!(check.examples[0].expect, Expectation::NotApplicable);
    let lints = read_check::lints(check);
    let lints: Vec<_> = lints.into_iter().map(|lint| lint.message).collect();
    let no = |verdict| format!("no example expects `{verdict}`");
    assert_eq!(lints, [no("manual"), no("fail"), no("unknown")]);
}

#[test]
fn limits_are_told() {
    let long = format!("id: a\n{REST}assert: '{}'\n", "x".repeat(4097));
    let large = "#".repeat(usize::try_from(MAX_FILE).unwrap() + 1);
    let many = "? - a\n".repeat(150);
    let files = [("a.yaml", &*long), ("b.yaml", &large), ("c.yaml", &many)];
    let (_, problems) = reading(&files).link();
    assert_eq!(problems.len(), 1 + 1 + 101);
    let told: Vec<_> = problems.iter().take(3).map(Problem::to_string).collect();
    let expected = [
        "a.yaml:7:9: `assert` is an expression over 4 KiB",
        "b.yaml: the file is over 256 KiB",
        "c.yaml: more than 100 problems",
    ];
    assert_eq!(told, expected);
}

/// Every character of an expression, at the place that the file has it. The number is how many it has, and the other,
/// where there is one, from which on only the start is known.
#[test]
fn characters_of_expressions_are_found_in_the_file() {
    let cases = [
        ("assert: a == 'ä' && b", 13, None),
        ("assert:   'a && b'   # note", 6, None),
        ("assert: \"a && é && b\"", 11, None),
        ("assert: |\n  a &&\n    b\n\n  && c\n", 14, None),
        ("assert: |-\n\n    a\n     b\n", 5, None),
        ("assert: |2\n    a\n", 3, None),
        ("assert: 'a == ''b'''", 8, Some(5)),
        ("assert: \"a\\tb\"", 3, Some(1)),
        ("assert: >\n  a &&\n  b\n", 6, Some(4)),
        ("assert: a &&\n  b\n", 6, Some(4)),
    ];
    for (written, length, certain) in cases {
        for newline in ["\n", "\r\n"] {
            let text = format!("id: x\n{REST}{written}").replace('\n', newline);
            let assert = checks(&[("x.yaml", &text)])["x"].assert.clone();
            let rows: Vec<Vec<char>> = text.lines().map(|line| line.chars().collect()).collect();
            let count = assert.value.trim_end().chars().count();
            assert_eq!(count, length, "{written}");
            for (index, (offset, c)) in assert.value.char_indices().enumerate() {
                let place = assert.at_offset(offset);
                if certain.is_some_and(|certain| index >= certain) {
                    assert_eq!(place, assert.place, "{written} at {index}");
                } else {
                    let stands = rows[place.line - 1].get(place.column - 1);
                    let stands = stands.copied().unwrap_or('\n');
                    assert_eq!(stands, c, "{written} at {index}");
                }
            }
            for (line, column) in [(0, 1), (1, 0), (99, 1), (1, 999)] {
                assert_eq!(assert.at(line, column), assert.place);
            }
        }
    }
}

#[test]
fn a_profile_is_its_parent_with_the_differences() {
    let check = format!("id: c\n{REST}assert: 'true'\nparams: {{days: 1}}\n");
    let parent = r#"id: p-1.0
title: P
description: D
passMark: 60
sections:
  - id: "1"
    title: One
    weight: 100
    controls:
      - {id: "1.1", title: A, level: 1, checks: [c], params: {days: 2}}
      - {id: "1.2", title: B}
"#;
    let child = r#"id: q
extends: p-1.0
title: Q
sections:
  - id: "1"
    weight: 70
    controls:
      - {id: "1.1", level: 2, params: {days: 3}}
      - {id: "1.2", notApplicable: no such file here}
      - {id: "1.3", title: C}
  - {id: "2", title: Two, weight: 30}
"#;
    let files = [
        ("q.yaml", child),
        ("c.yaml", &*check),
        ("p-1.0.yaml", parent),
    ];
    let (catalog, problems) = reading(&files).link();
    assert_eq!(problems, []);
    let q = &catalog.profiles["q"];
    assert_eq!(
        (&*q.title, &*q.description, q.pass_mark),
        ("Q", "D", Some(60))
    );
    let shape = q.sections.iter().map(|s| (s.title.as_str(), s.weight));
    assert!(shape.eq([("One", Some(70)), ("Two", Some(30))]));
    let controls = &q.sections[0].controls;
    assert!(
        controls
            .iter()
            .map(|c| c.title.as_str())
            .eq(["A", "B", "C"])
    );
    assert_eq!(controls[0].level, Some(2));
    assert_eq!(controls[0].checks[0].value, "c");
    assert_eq!(controls[0].params["days"].value, Param::Int(3));
    let reason = controls[1].not_applicable.as_deref();
    assert_eq!(reason, Some("no such file here"));
    assert_eq!(catalog.profiles["p-1.0"].sections[0].controls.len(), 2);
}

#[test]
fn the_cks_profile_weighs_the_domains_as_the_curriculum_does() {
    let ids = [
        "admin-kubeconfig-readable-by-others",
        "apiserver-profiling-enabled",
        "certificate-expiring",
        "etcd-client-cert-auth-off",
        "kubelet-anonymous-auth",
        "namespace-ingress-not-isolated",
        "role-wildcard",
        "workload-privileged-container",
    ];
    let mut reading = Reading::default();
    for path in ["checks", "profiles"]
        .map(|folder| list(&root().join(folder)).unwrap())
        .concat()
    {
        reading.add(&path.display().to_string(), &read(&path).unwrap());
    }
    let (catalog, problems) = reading.link();
    assert_eq!(problems, []);
    let cks = &catalog.profiles["cks"];
    let weights = cks.sections.iter().filter_map(|section| section.weight);
    assert!(weights.eq([15, 15, 10, 20, 20, 20]));
    assert_eq!(cks.pass_mark, Some(67));
    let bullets = cks.sections.iter().map(|section| section.controls.len());
    assert!(bullets.eq([5, 4, 4, 4, 4, 5]));
    let controls = cks.sections.iter().flat_map(|section| &section.controls);
    let named: Vec<_> = controls.flat_map(|control| &control.checks).collect();
    for id in ids {
        assert!(named.iter().any(|spot| spot.value == id), "{id}");
    }
}

#[test]
fn folders_are_walked_without_following_links() {
    let folder = tempfile::tempdir().unwrap();
    let path = |name: &str| folder.path().join(name);
    for name in ["deep/er", ".hidden"] {
        std::fs::create_dir_all(path(name)).unwrap();
    }
    let files = [
        "a.yaml",
        "deep/er/b.yml",
        "deep/c.json",
        ".hidden/d.yaml",
        ".e.yaml",
    ];
    for name in files {
        std::fs::write(path(name), "").unwrap();
    }
    let names = || {
        let files = list(folder.path()).unwrap();
        let inside = |file: &PathBuf| file.strip_prefix(folder.path()).unwrap().to_owned();
        files.iter().map(inside).collect::<Vec<_>>()
    };
    let mut expected = ["a.yaml", "deep/er/b.yml"].map(PathBuf::from).to_vec();
    assert_eq!(names(), expected);
    assert_eq!(list(&path("a.yaml")).unwrap(), [path("a.yaml")]);
    #[cfg(unix)]
    {
        use std::os::unix::fs::symlink;
        symlink(folder.path(), path("deep/loop.yaml")).unwrap();
        symlink(path("a.yaml"), path("link.yaml")).unwrap();
        symlink(path("nowhere"), path("lost.yaml")).unwrap();
        expected.extend(["link.yaml", "lost.yaml"].map(PathBuf::from));
        assert_eq!(names(), expected);
    }
    let error = Catalog::load(&[path("missing")]).unwrap_err();
    assert!(matches!(&error, CatalogError::Folder { path, .. } if path.ends_with("missing")));
}

#[test]
fn shipped_ids_are_taken_and_unreadable_files_are_told() {
    let folder = tempfile::tempdir().unwrap();
    let cks = folder.path().join("cks.yaml");
    std::fs::copy(root().join("profiles/cks.yaml"), &cks).unwrap();
    #[cfg(unix)]
    std::os::unix::fs::symlink("nowhere", folder.path().join("lost.yaml")).unwrap();
    let error = Catalog::load(&[folder.path().to_owned()]).unwrap_err();
    let CatalogError::Problems(problems) = error else {
        panic!("{error}");
    };
    let of = |name: &str| {
        let file = folder.path().join(name).display().to_string();
        let mut found = problems.iter().filter(|problem| problem.place.file == file);
        found.next().map(|p| (p.message.as_str(), p.hint.as_str()))
    };
    let taken = ("id `cks` is taken", "it stands at profiles/cks.yaml:3:5");
    assert_eq!(of("cks.yaml"), Some(taken));
    #[cfg(unix)]
    assert!(of("lost.yaml").unwrap().0.starts_with("cannot be read: "));
}
