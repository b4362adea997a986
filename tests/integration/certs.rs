use serde_json::Value;

use crate::harness::run;

#[test]
fn those_that_end_first_are_on_top() {
    for width in ["80", "100", "120"] {
        let run = run(&["certs", "--demo", "--width", width]);
        assert_eq!((run.code, run.err.as_str()), (0, ""));
        assert!(
            run.out
                .lines()
                .all(|line| line.chars().count() <= width.parse().unwrap()),
            "{}",
            run.out
        );
        insta::assert_snapshot!(format!("demo-{width}"), run.out);
    }
}

#[test]
fn a_program_gets_every_certificate_and_the_report_on_them() {
    let run = run(&["certs", "--demo", "-o", "json"]);
    let document: Value = serde_json::from_str(&run.out).unwrap();
    let certificates = document["certificates"].as_array().unwrap();
    let ends: Vec<&str> = certificates
        .iter()
        .map(|one| one["notAfter"].as_str().unwrap())
        .collect();
    assert!(ends.len() > 20 && ends.is_sorted(), "{ends:?}");
    let unused = certificates.iter().filter(|one| one["inUse"] == false);
    assert!(unused.count() > 0, "what merely lies there is told, too");
    assert_eq!(document["report"]["profiles"][0]["id"], "certificates");
    assert!(!run.out.contains("PRIVATE KEY"));
}

/// An old snapshot, a cluster without any: nobody takes silence for good news.
#[test]
fn without_any_certificate_it_is_incomplete() {
    let folder = tempfile::tempdir().unwrap();
    let root = folder.path().to_str().unwrap();
    let run = run(&["certs", "--no-api", "--node", "local", "--root", root]);
    assert_eq!(run.code, 3, "{}{}", run.out, run.err);
    assert!(
        run.out.contains("No certificate in use was seen"),
        "{}",
        run.out
    );
}
