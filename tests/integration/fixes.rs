use serde_json::Value;

use crate::harness::run;

/// A fix that does not clear its finding, one that breaks what another check guards, and one with which the component does not
/// start are told by `checks test`, in folders of users too.
#[test]
fn wrong_fixes_are_caught() {
    let run = run(&[
        "checks",
        "test",
        "--checks",
        "tests/fixtures/catalog/fixes",
        "fix-clears-nothing",
        "fix-harms-another",
        "fix-is-refused",
        "fix-says-why",
    ]);
    assert_eq!(run.code, 2, "{}", run.out);
    let told: Vec<&str> = run
        .err
        .lines()
        .filter(|line| line.contains("fixes/fix-"))
        .collect();
    let wanted = [
        ("fix-clears-nothing", "does not clear it"),
        (
            "fix-harms-another",
            "makes apiserver-profiling-enabled fail",
        ),
        (
            "fix-is-refused",
            "is refused: a flag names a file that nobody made",
        ),
    ];
    assert_eq!(told.len(), wanted.len(), "{}", run.err);
    for ((id, why), line) in wanted.iter().zip(told) {
        assert!(line.contains(id) && line.contains(why), "{line}");
    }
}

/// What the demo cluster is told to do is safe to do: nothing keeps what another check reports, every file is made first, and
/// what Kubernetes ships is not deleted.
#[test]
fn no_fix_of_the_demo_breaks_what_it_mends() {
    let report: Value = serde_json::from_str(&run(&["audit", "--demo", "-o", "json"]).out).unwrap();
    let fixes = report["outcomes"]
        .as_array()
        .unwrap()
        .iter()
        .filter_map(|one| one.get("fix"));
    let mut seen = 0;
    for fix in fixes {
        let line = fix["line"].as_str().unwrap_or_default();
        assert!(
            !line.contains("AlwaysAdmit") && !line.contains("AlwaysAllow"),
            "{fix}"
        );
        // One of them only poses as shipped.
        let shipped = line.replace("/system:harbour-master", "");
        assert!(
            !shipped.contains("delete ClusterRoleBinding/system:"),
            "{fix}"
        );
        for edit in fix["edits"].as_array().into_iter().flatten() {
            seen += 1;
            let value = edit["value"].as_str().unwrap_or_default();
            if edit["kind"] == "flag" && value.starts_with("/etc/kubernetes/") {
                let before = fix["before"].as_array().into_iter().flatten();
                let made = before.filter(|step| step["path"] == value).count();
                assert_eq!(made, 1, "{fix}");
            }
        }
    }
    assert!(seen > 50, "{seen}");
    let table = run(&["audit", "--demo", "--all", "--width", "200"]).out;
    assert!(
        table.contains("first write /etc/kubernetes/audit-policy.yaml"),
        "{table}"
    );
}
