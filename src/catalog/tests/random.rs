//! What holds for any input: nothing panics, and fixes say what was written.

use proptest::prelude::*;

use super::super::load::Reading;
use super::super::{Catalog, fragment, yaml};
use super::{REST, reading};

/// Pieces from which YAML is made, and some that it is broken with.
const PIECES: &[&str] = &[
    "id: x\n",
    "title: ",
    "sections:\n",
    "- ",
    "  ",
    "\n",
    ": ",
    "? ",
    "&a ",
    "*a ",
    "!t ",
    "!!str ",
    "|\n",
    ">-\n",
    "|2\n",
    "'",
    "\"",
    "\\",
    "[",
    "]",
    "{",
    "}",
    ", ",
    "#",
    "---\n",
    "...\n",
    "%YAML 1.2\n",
    "<<",
    "\t",
    "\r",
    "é",
    "assert: ",
    "fix: ",
    "examples:\n",
    "extends: x\n",
    "params: ",
    "0644",
    "yes",
    "~",
    "1e5",
    "\u{feff}",
    "\0",
];

fn yamlish() -> impl Strategy<Value = String> {
    let piece = proptest::sample::select(PIECES);
    proptest::collection::vec(piece, 0..40).prop_map(|pieces| pieces.concat())
}

fn value() -> impl Strategy<Value = serde_json::Value> {
    let text = proptest::string::string_regex("[a-z0-9 ~:#'\"\\n\\-{é\u{0}]{0,6}").unwrap();
    let word = proptest::sample::select(vec!["yes", "0644", "1.10", "null", "a\n\n  b\n", "", "~"]);
    let leaf = prop_oneof![
        Just(serde_json::Value::Null),
        any::<bool>().prop_map(Into::into),
        any::<i64>().prop_map(Into::into),
        text.prop_map(Into::into),
        word.prop_map(Into::into),
    ];
    leaf.prop_recursive(4, 20, 4, |inner| {
        let named = proptest::collection::btree_map("[a-zN0]{0,3}|yes|a b", inner.clone(), 0..4);
        prop_oneof![
            proptest::collection::vec(inner, 0..4).prop_map(Into::into),
            named.prop_map(|map| serde_json::Value::Object(map.into_iter().collect())),
        ]
    })
}

proptest! {
    /// Ours and the YAML crate read in a fragment what was written in the check.
    #[test]
    fn fragments_say_what_was_written(value in value()) {
        let text = format!("{{\"a\": {value}}}");
        let sheet = yaml::Sheet::new("x.yaml", &text);
        let node = yaml::parse(&sheet).unwrap();
        let written = fragment::fragment(&node);
        let expected = serde_json::json!({"a": value});
        let theirs: serde_json::Value = serde_yaml::from_str(&written).unwrap();
        prop_assert_eq!(&theirs, &expected, "{}", written);
        let again = yaml::Sheet::new("x.yaml", &written);
        let ours = serde_json::to_value(yaml::parse(&again).unwrap()).unwrap();
        prop_assert_eq!(&ours, &expected, "{}", written);
        prop_assert!(again.into_problems().is_empty());
    }

    #[test]
    fn any_text_is_read_or_refused(text in yamlish()) {
        let (catalog, problems) = reading(&[("x.yaml", &text), ("y.yaml", &text)]).link();
        prop_assert!(catalog.checks.is_empty());
        prop_assert!(!problems.is_empty());
        let lines = text.lines().count() + text.matches('\r').count();
        for problem in problems {
            prop_assert!(problem.place.line <= lines + 1, "{}", problem);
        }
        let waivers = Catalog::default().waivers("x.yaml", text.as_bytes());
        prop_assert!(waivers.is_err_and(|problems| !problems.is_empty()));
    }

    #[test]
    fn any_bytes_are_read_or_refused(bytes in proptest::collection::vec(any::<u8>(), 0..200)) {
        let mut reading = Reading::default();
        reading.add("x.yaml", &bytes);
        prop_assert!(!reading.link().1.is_empty());
        prop_assert!(Catalog::default().waivers("x.yaml", &bytes).is_err());
    }

    #[test]
    fn any_value_in_a_check_is_read_or_refused(value in yamlish(), field in 0..6_usize) {
        let field = ["when", "assert", "evidence", "params", "examples", "references"][field];
        let assert = if field == "assert" { "" } else { "assert: 'true'\n" };
        let text = format!("id: x\n{REST}{assert}{field}: {value}\n");
        let (catalog, problems) = reading(&[("x.yaml", &text)]).link();
        prop_assert!(!catalog.checks.is_empty() || !problems.is_empty(), "{}", text);
    }
}
