//! One opinion on what is secret, wherever a setting is stated.

use super::*;
use crate::facts::settings::{Kind, Row, Scalar};

/// Names that announce a secret and hold none, with the reason.
const NO_SECRETS: &[(&str, &str)] = &[(
    "auth-token",
    "the kind of etcd's tokens, and the files of the keys that sign them",
)];

fn is_secret(row: &Row) -> bool {
    row.kind == Kind::Secret
}

#[test]
fn a_flag_and_its_field_are_both_secret_or_neither() {
    for kind in ComponentKind::ALL {
        let flags = kind.flags();
        for field in &kind.config().rows {
            let names = [field.flag.as_ref(), Some(&field.name)];
            for name in names.into_iter().flatten() {
                let Some(at) = flags.position(name) else {
                    continue;
                };
                let flag = &flags.rows[at];
                assert_eq!(is_secret(flag), is_secret(field), "{kind:?} {name}");
            }
        }
    }
}

#[test]
fn what_is_called_a_secret_is_one() {
    let mut excused = Vec::new();
    for kind in ComponentKind::ALL {
        for row in kind.flags().rows.iter().chain(&kind.config().rows) {
            let name = row.name.to_ascii_lowercase();
            let announced = ["token", "password", "secret"];
            if !announced.iter().any(|end| name.ends_with(end)) || row.kind == Kind::Bool {
                continue;
            }
            match NO_SECRETS.iter().find(|(excused, _)| *excused == row.name) {
                Some((name, reason)) => {
                    assert!(!reason.is_empty() && !is_secret(row), "{name}");
                    excused.push(*name);
                }
                None => assert!(is_secret(row), "{kind:?} {}", row.name),
            }
        }
    }
    for (name, _) in NO_SECRETS {
        assert!(excused.contains(name), "{name} excuses nothing");
    }
}

#[test]
fn a_token_of_etcd_is_not_kept_from_any_of_its_three_places() {
    const PLANTED: &str = "planted-cluster-token";
    let sighting = |argv: &[&str], variables: &[(&str, &str)]| Sighting {
        via: Via::Argv { pid: 7 },
        node: "n".to_owned(),
        version: Some("3.6.1".to_owned()),
        image: None,
        arguments: Arguments::Argv(argv.iter().map(|word| (*word).to_owned()).collect()),
        environment: Ok(variables
            .iter()
            .map(|(name, value)| ((*name).to_owned(), (*value).to_owned()))
            .collect()),
    };
    let flag = format!("--initial-cluster-token={PLANTED}");
    let file = format!("initial-cluster-token: {PLANTED}\n");
    for (sighting, file) in [
        (sighting(&["etcd", &flag], &[]), None),
        (
            sighting(&["etcd"], &[("ETCD_INITIAL_CLUSTER_TOKEN", PLANTED)]),
            None,
        ),
        (
            sighting(&["etcd", "--config-file=/c"], &[]),
            Some(file.as_str()),
        ),
    ] {
        let mut node = Node::new(&[("/c", file)]);
        let etcd = Component::observe(ComponentKind::Etcd, "n", None, &[sighting], None, &mut node);
        let kept = etcd
            .config
            .get("initial-cluster-token")
            .and_then(Cell::value);
        let Some(Scalar::Text(text)) = kept else {
            panic!("{kept:?}")
        };
        assert!(text.starts_with("‹redacted"), "{text}");
        assert!(!serde_json::to_string(&etcd).unwrap().contains(PLANTED));
    }
}
