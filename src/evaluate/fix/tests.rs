//! Lines to be copied, in the hands of a shell.

use std::collections::BTreeSet;
use std::os::unix::fs::PermissionsExt;
use std::process::Command;

use super::*;
use crate::catalog::Catalog;

#[test]
fn a_line_to_be_copied_names_one_object_and_nothing_else() {
    for (name, namespace, arguments) in [
        ("RoleBinding a", Some("ns"), "RoleBinding/a --namespace=ns"),
        (
            "RoleBinding --all",
            Some("-A"),
            "RoleBinding/--all --namespace=-A",
        ),
        ("ClusterRoleBinding a:b", None, "ClusterRoleBinding/a:b"),
        ("ClusterRole a b", None, "'ClusterRole/a b'"),
        ("ClusterRole ;reboot'", None, r"'ClusterRole/;reboot'\'''"),
        ("ClusterRole {namespace}", None, "'ClusterRole/{namespace}'"),
    ] {
        let mut subject = Subject::new("binding", name);
        subject.namespace = namespace.map(Into::into);
        let line = filled("kubectl delete {object}", &subject, shell);
        assert_eq!(line, format!("kubectl delete {arguments}"));
    }
    for (path, written) in [
        ("/etc/$(reboot)", "'/etc/$(reboot)'"),
        ("/etc/a {object}$(id)", "'/etc/a {object}$(id)'"),
    ] {
        let file = Subject::new("file", path);
        let line = filled("chmod 0600 {path}", &file, shell);
        assert_eq!(line, format!("chmod 0600 {written}"));
    }
}

#[test]
fn what_kubernetes_ships_is_brought_back_and_never_deleted() {
    let changed = Subject::new("binding", "ClusterRoleBinding system:discovery");
    let mut before = vec![Precondition::Do {
        text: "bind others".to_owned(),
    }];
    let edit = command(
        "kubectl delete {object}",
        &changed,
        Some("1.36.3"),
        &mut before,
    );
    let text = edit.text();
    assert!(text.starts_with("kubectl auth reconcile "), "{text}");
    assert!(
        text.contains("\"system:authenticated\"") && !text.contains("delete"),
        "{text}"
    );
    assert_eq!(before, []);
    let own = Subject::new("binding", "ClusterRoleBinding own");
    let edit = command("kubectl delete {object}", &own, Some("1.36.3"), &mut before);
    assert_eq!(edit.text(), "kubectl delete ClusterRoleBinding/own");
}

/// Programs that note what they were called with, under their names.
fn recorders(names: &[&str]) -> tempfile::TempDir {
    let folder = tempfile::tempdir().unwrap();
    for name in names {
        let path = folder.path().join(name);
        // One write, so that both ends of a pipe stay apart.
        let script =
            "#!/bin/sh\nprintf '%s\\000' \"${0##*/}\" \"$@\" \"$(printf '\\001')\" >> \"$NOTES\"\n";
        std::fs::write(&path, script).unwrap();
        std::fs::set_permissions(&path, std::fs::Permissions::from_mode(0o755)).unwrap();
    }
    folder
}

/// What the programs of a line are called with when a shell runs it.
fn called(line: &str, folder: &std::path::Path) -> Vec<Vec<String>> {
    let notes = folder.join("notes");
    let _ = std::fs::remove_file(&notes);
    let ran = Command::new("/bin/sh")
        .args(["-c", line])
        .env_clear()
        .env("PATH", folder)
        .env("NOTES", &notes)
        .current_dir(folder)
        .output()
        .unwrap();
    assert!(
        ran.stderr.is_empty(),
        "{line}: {}",
        String::from_utf8_lossy(&ran.stderr)
    );
    let notes = std::fs::read_to_string(&notes).unwrap();
    let calls = notes.split_terminator("\u{1}\0");
    let words = |call: &str| call.split_terminator('\0').map(str::to_owned).collect();
    let mut calls: Vec<Vec<String>> = calls.map(words).collect();
    // Both ends of a pipe run at once.
    calls.sort();
    calls
}

/// Names that an API server or a file system allows, and that mean something to a shell, to kubectl or to chmod.
const HOSTILE: [&str; 14] = [
    "--all",
    "-A",
    "a b",
    "$(touch pwned)",
    "`touch pwned`",
    "a;touch pwned",
    "a'b",
    "a\"b",
    "'; touch pwned; '",
    "a\\",
    "*",
    "~root",
    "{object}",
    "a&b|c>d<e#f!g",
];

/// Each line of every check's fix calls the programs that it names, once each, with the name of its subject as one word that
/// is no option, and nothing else.
#[test]
fn every_line_means_its_subject_whatever_its_name() {
    let programs = ["kubectl", "chmod", "chown", "mv", "rm", "kubeadm"];
    let folder = recorders(&programs);
    let catalog = Catalog::shipped().unwrap();
    let texts = catalog
        .checks
        .values()
        .filter_map(|check| match &check.fix.change {
            Some(catalog::Change::Command(text) | catalog::Change::File(text)) => {
                Some(text.clone())
            }
            _ => None,
        });
    let texts: BTreeSet<String> = texts.collect();
    assert!(texts.len() > 10, "{texts:?}");
    for text in &texts {
        let plain = called(&filled_for(text, "x", "ns"), folder.path());
        for name in HOSTILE {
            let calls = called(&filled_for(text, name, name), folder.path());
            let word = |word: &String| {
                let kind = word.replace("Kind/x", &format!("Kind/{name}"));
                let path = kind.replace("/etc/x", &format!("/etc/{name}"));
                let namespace = path.replace("--namespace=ns", &format!("--namespace={name}"));
                namespace.replace("namespace/ns", &format!("namespace/{name}"))
            };
            let wanted: Vec<Vec<String>> = plain
                .iter()
                .map(|call| call.iter().map(word).collect())
                .collect();
            assert_eq!(calls, sorted(wanted), "{text} with {name}");
            assert!(!folder.path().join("pwned").exists(), "{text} with {name}");
        }
    }
}

fn sorted(mut calls: Vec<Vec<String>>) -> Vec<Vec<String>> {
    calls.sort();
    calls
}

/// A line of a check for an object or a file of this name.
fn filled_for(text: &str, name: &str, namespace: &str) -> String {
    let object = text.contains("{object}") || text.contains("{namespace}");
    let mut subject = match object {
        true => Subject::new("binding", format!("Kind {name}")),
        false => Subject::new("file", format!("/etc/{name}")),
    };
    subject.namespace = object.then(|| namespace.into());
    filled(text, &subject, shell)
}

#[test]
fn a_name_that_is_not_shown_as_it_is_gets_no_line() {
    for (name, copyable) in [
        ("a b", true),
        ("caf\u{e9}", true),
        ("a\nb", false),
        ("a\u{202e}b", false),
        ("a\u{200b}b", false),
        ("\u{7}", false),
        ("a\u{fffd}", false),
    ] {
        assert_eq!(is_copyable(name), copyable, "{name:?}");
    }
    let file = Subject::new("file", "-rf");
    assert_eq!(filled("rm {path}", &file, shell), "rm ./-rf");
}
