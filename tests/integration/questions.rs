use serde_json::Value;

use crate::harness::run;

/// The demo is the recorded test bed in the condition `weak`.
#[test]
fn each_command_shows_first_what_matters_most() {
    let cases: [(&str, &[&str]); 7] = [
        ("who-can", &["rbac", "who-can", "get", "secrets"]),
        (
            "who-can-in",
            &["rbac", "who-can", "create", "deploy", "--name", "web"],
        ),
        ("paths", &["rbac", "paths"]),
        (
            "paths-of",
            &[
                "rbac",
                "paths",
                "kube-system/clusterrole-aggregation-controller",
            ],
        ),
        ("summary", &["rbac", "summary"]),
        ("netpol", &["netpol", "show"]),
        (
            "can",
            &["netpol", "can", "world", "reef/deployment/kraken:80"],
        ),
    ];
    for (name, words) in cases {
        let mut words = words.to_vec();
        words.extend(["--demo", "--width", "100"]);
        let run = run(&words);
        assert_eq!((run.code, run.err.as_str()), (0, ""), "{name}");
        assert!(
            run.out.lines().all(|line| line.chars().count() <= 100),
            "{}",
            run.out
        );
        insta::assert_snapshot!(name, run.out);
    }
}

#[test]
fn programs_get_the_same_with_a_version() {
    for words in [
        &["rbac", "who-can", "get", "/metrics"][..],
        &["rbac", "paths"],
        &["rbac", "summary"],
        &["netpol", "show"],
        &[
            "netpol",
            "can",
            "reef/",
            "10.0.0.1:443",
            "--protocol",
            "udp",
        ],
    ] {
        let mut words = words.to_vec();
        words.extend(["--demo", "-o", "json"]);
        let run = run(&words);
        assert_eq!((run.code, run.err.as_str()), (0, ""), "{words:?}");
        let document: Value = serde_json::from_str(&run.out).unwrap();
        assert_eq!(document["schemaVersion"], 1);
        assert!(document.as_object().unwrap().len() > 1, "{document}");
    }
}

#[test]
fn mistakes_are_told_with_what_to_write_instead() {
    let cases: [(&[&str], &str); 4] = [
        (&["rbac", "paths", "nobody", "--demo"], "NAMESPACE/NAME"),
        (
            &["netpol", "can", "reef/gone", "world:80", "--demo"],
            "netpol show",
        ),
        (
            &["netpol", "can", "reef", "world:80", "--demo"],
            "NAMESPACE/WORKLOAD",
        ),
        (
            &["netpol", "can", "world", "reef/:http", "--demo"],
            "no port",
        ),
    ];
    for (words, said) in cases {
        let run = run(words);
        assert_eq!((run.code, run.out.as_str()), (2, ""), "{words:?}");
        assert!(run.err.contains(said), "{words:?}: {}", run.err);
    }
}
