//! Which edition of a benchmark a run reports by, and that it says why. Through the binary, on the demo.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};

use serde_json::Value;

use crate::gaps::{packed_text, unpacked};
use crate::harness::run;

/// The ids of the profiles and why they were chosen.
fn chosen(args: &[&str]) -> Vec<(String, Option<String>)> {
    let run = run(&[&["audit", "-o", "json"], args].concat());
    let report: Value = serde_json::from_str(&run.out).unwrap_or_else(|_| panic!("{}", run.err));
    let profiles = report["profiles"].as_array().unwrap().iter();
    let text = |value: &Value| value.as_str().map(str::to_owned);
    profiles
        .map(|one| (text(&one["id"]).unwrap(), text(&one["chosen"])))
        .collect()
}

/// The demo with what is known about its server replaced; `None` takes it away.
fn server(folder: &Path, version: Option<&str>, distribution: Option<&str>) -> PathBuf {
    let demo = std::fs::read("reports/demo.seaworthy").unwrap();
    let lines = unpacked(&demo);
    let lines = lines.lines().map(|line| {
        let mut row: Value = serde_json::from_str(line).unwrap();
        if row["cluster"].is_object() {
            for (field, value) in [("version", version), ("distribution", distribution)] {
                let cell = &mut row["cluster"][field];
                assert!(cell["value"]["value"].is_string(), "{cell}");
                match value {
                    Some(value) => cell["value"]["value"] = value.into(),
                    None => {
                        *cell = serde_json::json!({"gap": {
                            "what": field, "place": "", "reason": "forbidden", "remedy": "",
                        }});
                    }
                }
            }
        }
        format!("{row}\n")
    });
    let path = folder.join("server.seaworthy");
    std::fs::write(&path, packed_text(&lines.collect::<String>())).unwrap();
    path
}

#[test]
fn a_run_without_a_profile_reports_by_the_cis_edition_that_fits_and_by_cks() {
    let profiles = chosen(&["--demo"]);
    let why = "written for Kubernetes 1.34 to 1.35; the newest edition there is for a server that runs 1.36";
    assert_eq!(
        profiles,
        [
            ("cis-2.0.1".to_owned(), Some(why.to_owned())),
            ("cks".to_owned(), None)
        ]
    );
    let table = run(&["audit", "--demo"]).out;
    let at = |text: &str| {
        table
            .find(text)
            .unwrap_or_else(|| panic!("{text}: {table}"))
    };
    assert!(at("CIS Kubernetes Benchmark 2.0.1 · ") < at(why));
    assert!(at(why) < at("Certified Kubernetes Security Specialist · "));
}

#[test]
#[expect(clippy::too_many_lines, reason = "one table of cases")]
fn cis_is_the_edition_for_the_version_and_distribution_of_the_server() {
    let folder = tempfile::tempdir().unwrap();
    for (version, distribution, edition, why) in [
        (
            Some("1.35.2"),
            Some("kubeadm"),
            "cis-2.0.1",
            "written for Kubernetes 1.34 to 1.35; the server runs 1.35",
        ),
        (
            Some("1.34.0"),
            Some("kubeadm"),
            "cis-2.0.1",
            "written for Kubernetes 1.34 to 1.35; the server runs 1.34",
        ),
        (
            Some("1.33.4"),
            Some("kubeadm"),
            "cis-1.12",
            "written for Kubernetes 1.32 to 1.34; the server runs 1.33",
        ),
        (
            Some("1.29.0"),
            Some("kind"),
            "cis-1.11",
            "written for Kubernetes 1.29 to 1.31; the server runs 1.29",
        ),
        (
            Some("1.28.15"),
            Some("generic"),
            "cis-1.10",
            "written for Kubernetes 1.28; the server runs 1.28",
        ),
        (
            Some("1.24.17"),
            Some("kubeadm"),
            "cis-1.10",
            "the nearest edition there is for a server that runs 1.24",
        ),
        (
            Some("1.34.1-eks-3cfe0ce"),
            Some("eks"),
            "cis-2.0.1",
            "not written for eks",
        ),
        (
            None,
            Some("kubeadm"),
            "cis-2.0.1",
            "the version of the server is not known",
        ),
        (
            Some("1.35.2"),
            None,
            "cis-2.0.1",
            "the distribution is not known",
        ),
    ] {
        let snapshot = server(folder.path(), version, distribution);
        let args = ["--snapshot", snapshot.to_str().unwrap(), "--profile", "cis"];
        let profiles = chosen(&args);
        assert_eq!(profiles.len(), 1);
        let (id, said) = &profiles[0];
        assert_eq!(id, edition, "{version:?} {distribution:?}");
        let said = said.as_deref().unwrap();
        assert!(said.contains(why), "{version:?} {distribution:?}: {said}");
    }
    let named = chosen(&["--demo", "--profile", "cis-2.0.1"]);
    assert_eq!(named, [("cis-2.0.1".to_owned(), None)]);
    let twice = chosen(&["--demo", "--profile", "cis-2.0.1", "--profile", "cis"]);
    assert_eq!(twice.len(), 1, "{twice:?}");
}

#[test]
fn every_edition_has_the_controls_of_its_benchmark() {
    let table = std::fs::read_to_string("tests/fixtures/catalog/cis-controls.tsv").unwrap();
    let mut lines = table.lines().filter(|line| !line.starts_with('#'));
    let editions: Vec<&str> = lines.next().unwrap().split('\t').skip(1).collect();
    let rows: Vec<Vec<&str>> = lines.map(|line| line.split('\t').collect()).collect();
    let listed = run(&["profiles", "list"]).out;
    for (column, edition) in editions.into_iter().enumerate() {
        let told = rows.iter().filter(|row| row[column + 1] != "-");
        let wanted: BTreeMap<&str, String> = told
            .map(|row| (row[0], row[column + 1].to_owned()))
            .collect();
        let report = run(&["audit", "--demo", "-o", "json", "--profile", edition]).out;
        let report: Value = serde_json::from_str(&report).unwrap();
        let sections = report["profiles"][0]["sections"].as_array().unwrap().iter();
        let controls = sections.flat_map(|section| section["controls"].as_array().unwrap());
        let controls = controls.map(|control| {
            let level = control["level"].as_u64().map(|level| level.to_string());
            let assessment = control["assessment"].as_str().unwrap_or("none");
            let level = level.as_deref().unwrap_or("-");
            let id = control["id"].as_str().unwrap();
            (id, format!("{level} {assessment}"))
        });
        let controls: Vec<_> = controls.collect();
        assert_eq!(
            controls.len(),
            wanted.len(),
            "{edition}: an id twice, or too few"
        );
        let has: BTreeMap<&str, String> = controls.into_iter().collect();
        assert_eq!(has, wanted, "{edition}");
        let line = listed.lines().find(|line| line.contains(edition));
        assert!(
            line.is_some_and(|line| line.contains(&format!(" {} ", wanted.len()))),
            "{listed}"
        );
    }
}

#[test]
fn an_edition_without_what_its_parent_never_had_is_a_mistake() {
    let folder = tempfile::tempdir().unwrap();
    let text = "id: ours-1\nextends: cis-2.0.1\ntitle: Ours\nwithout: ['5.6', '1.2.31']\n";
    std::fs::write(folder.path().join("ours-1.yaml"), text).unwrap();
    let lint = run(&[
        "checks",
        "lint",
        "--checks",
        folder.path().to_str().unwrap(),
    ]);
    assert_eq!(lint.code, 2);
    let told = "ours-1.yaml:4:18: the parent has no `1.2.31`";
    assert!(lint.err.contains(told), "{}", lint.err);
    assert!(!lint.err.contains("`5.6`"), "{}", lint.err);
}

#[test]
fn editions_of_users_take_part() {
    let folder = tempfile::tempdir().unwrap();
    let profile = |id: &str, text: &str| {
        let text = format!("id: {id}\nextends: cis-2.0.1\ntitle: Ours\n{text}");
        std::fs::write(folder.path().join(format!("{id}.yaml")), text).unwrap();
    };
    // One that states nothing is no edition.
    profile("cis-2.0.9", "");
    profile("cis-2.2", "for: {kubernetes: '1.36-1.37'}\n");
    let checks = folder.path().to_str().unwrap();
    let profiles = chosen(&["--demo", "--checks", checks]);
    let why = "written for Kubernetes 1.36 to 1.37; the server runs 1.36";
    assert_eq!(profiles[0], ("cis-2.2".to_owned(), Some(why.to_owned())));

    for (wrong, told) in [
        (
            "for: {kubernetes: 1.36}\n",
            "`kubernetes` is a number, not text",
        ),
        (
            "for: {kubernetes: 1.37-1.36}\n",
            "is no range of releases: `1.37-1.36`",
        ),
        (
            "for: {kubernetes: v1.36}\n",
            "is no range of releases: `v1.36`",
        ),
        ("for: {distribution: [k3s]}\n", "missing field `kubernetes`"),
    ] {
        profile("cis-2.2", wrong);
        let lint = run(&["checks", "lint", "--checks", checks]);
        assert_eq!(lint.code, 2, "{wrong}");
        assert!(lint.err.contains(told), "{wrong}: {}", lint.err);
        assert!(
            lint.err.contains("cis-2.2.yaml:4:"),
            "{wrong}: {}",
            lint.err
        );
    }
}

#[test]
fn the_page_of_a_check_names_what_profiles_set_instead() {
    let folder = tempfile::tempdir().unwrap();
    let profile = "id: strict\ntitle: Strict\ndescription: d\nsections:\n  - id: a\n    title: A\n    controls:\n      \
                   - {id: '7', title: Renewed early, level: 2, checks: [certificate-expiring], params: {daysLeft: 60}}\n";
    std::fs::write(folder.path().join("strict.yaml"), profile).unwrap();
    let checks = folder.path().to_str().unwrap();
    let page = run(&["checks", "show", "certificate-expiring", "--checks", checks]).out;
    for wanted in [
        "  params.daysLeft     30  the default; 60 in strict 7\n",
        "  params.percentLeft  20  the default; a profile may set another\n",
        "  Strict\n    7  Renewed early (level 2)\n",
        "  certificate.daysLeft     int   Whole days until it ends; negative when it has ended.\n",
    ] {
        assert!(page.contains(wanted), "{wanted}: {page}");
    }
}
