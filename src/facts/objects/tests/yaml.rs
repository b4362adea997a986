//! YAML and JSON as Go reads them for Kubernetes. What is expected was printed by k8s.io/apimachinery's `YAMLOrJSONDecoder`
//! 0.36.3 (over go.yaml.in/yaml/v2 2.4.3), behind kubectl's own treatment of byte order marks.

use serde_json::{Value, json};

use super::super::yaml::{first_document, text, value};
use crate::facts::objects::{Content, Object, decode_manifest, decode_manifest_file};

#[test]
#[expect(clippy::too_many_lines, reason = "one table of cases")]
fn scalars_are_those_of_yaml_1_1() {
    let text = "[01000, 1_000, 1e3, 0x1F, 0b11, 0o17, 08, 1:30, -0x1F, +12, 0777_0, 1., .5, 1.50, \"01000\", 'yes', yes, Off, n, ~, \
        1000.0, 99999999999999999999, 2001-12-14, _1, -_1, 0.1e1, 1e400, .5_0, 1_0.5, 0x_1, \"0x1F\", y, Nope, on, 0X1f, 0B1, \
        -010, 0_7, 1e21, 12e03, 0x, 0b, '-', 1e, 00, -0, \"1e3\", .inf_, 9223372036854775808, -9223372036854775808]";
    let expected = json!([
        512,
        1000,
        1000,
        31,
        3,
        15,
        8,
        "1:30",
        -31,
        12,
        4088,
        1,
        0.5,
        1.5,
        "01000",
        "yes",
        true,
        false,
        false,
        null,
        1000,
        100_000_000_000_000_000_000f64,
        "2001-12-14",
        "_1",
        -1,
        1,
        "1e400",
        0.5,
        10.5,
        1,
        "0x1F",
        true,
        "Nope",
        true,
        31,
        1,
        -8,
        7,
        1e21,
        12000,
        "0x",
        "0b",
        "-",
        "1e",
        0,
        0,
        "1e3",
        ".inf_",
        9_223_372_036_854_775_808u64,
        i64::MIN
    ]);
    assert_eq!(value(text).unwrap(), expected);
    // The same behind text whose signs take several bytes, and in lines of their own.
    let text = "é: [é, 010, '010', \"yes\", yes]\nö: 0_1\n? \"08\"\n: \"01\"\nü: |-\n  010\n";
    let expected = json!({"é": ["é", 8, "010", "yes", true], "ö": 1, "08": "01", "ü": "010"});
    assert_eq!(value(text).unwrap(), expected);
    assert_eq!(
        value("a: .inf\n").unwrap_err().why,
        "a number that JSON does not have"
    );
}

#[test]
fn keys_become_texts() {
    let text = "{yes: a, 1_000: b, 010: c, .5: d, 1.5: e, \"on\": f, True: g, 0x10: h, plain: i}";
    let expected = json!({"true": "g", "1000": "b", "8": "c", "0.5": "d", "1.5": "e", "on": "f", "16": "h", "plain": "i"});
    assert_eq!(value(text).unwrap(), expected);
    for text in ["{null: a}", "{~: a}", "? [a]\n: b\n"] {
        assert!(value(text).is_err(), "{text}");
    }
}

#[test]
fn the_last_of_equal_keys_wins_and_merges_stand_in_their_place() {
    let text = "a: &x {p: 1, q: 2, r: null}\nb: {p: 0, <<: *x, q: 3}\nc: {<<: [{p: 1}, {p: 2, s: 1}], r: 1}\nf: {'<<': {p: 1}}\na: {z: 1, z: 2}\n";
    let expected = json!({
        "a": {"z": 2}, "b": {"p": 1, "q": 3, "r": null}, "c": {"p": 1, "s": 1, "r": 1}, "f": {"<<": {"p": 1}}
    });
    assert_eq!(value(text).unwrap(), expected);
}

#[test]
fn tags_do_not_hide_what_they_stand_before() {
    let text = "a: !x 5\nb: !y {z: !w true}\nc: !!str 5\nd: !!int \"7\"\ne: !!float 3\nf: !!bool \"true\"\ng: !l [1]\nh: [!!str &a 08, *a]\n";
    let expected = json!({"a": "5", "b": {"z": "true"}, "c": "5", "d": 7, "e": 3, "f": true, "g": [1], "h": ["08", "08"]});
    assert_eq!(value(text).unwrap(), expected);
    // Base64 that Go decodes is not read, under whatever name.
    for text in [
        "a: !!binary aGVsbG8=\n",
        "a: !<tag:yaml.org,2002:binary> aGVsbG8=\n",
    ] {
        assert_eq!(value(text).unwrap_err().why, "a tag changes what it says");
    }
}

/// What a component reads of its configuration.
#[test]
fn the_first_document_is_what_a_component_reads() {
    for (text, expected) in [
        ("a: 1\n---\na: 2\n", json!({"a": 1})),
        ("---\na: 1\n...\na: [\n", json!({"a": 1})),
        ("\u{feff}a: 1\na: 010\n", json!({"a": 8})),
        ("{\"a\": 1e3, \"a\": 2.0}", json!({"a": 2})),
        ("# nothing\n", Value::Null),
        ("", Value::Null),
        ("null\n---\na: 1\n", Value::Null),
    ] {
        assert_eq!(first_document(text).ok(), Some(expected), "{text}");
    }
    assert!(first_document("a: [\n---\nb: 1\n").is_err());
}

/// The names of the Pods, and how many things were not understood.
fn pods(bytes: &[u8]) -> (Vec<String>, usize) {
    let (mut names, mut broken) = (Vec::new(), 0);
    for document in decode_manifest_file(bytes) {
        match document.content {
            Content::Object(Object::Pod(pod)) => names.push(pod.metadata.name),
            Content::Broken { .. } => broken += 1,
            _ => {}
        }
    }
    (names, broken)
}

#[test]
fn files_are_read_as_kubectl_reads_them() {
    let yaml = "apiVersion: v1\nkind: Pod\nmetadata: {name: p}\n";
    let json = r#"{"apiVersion": "v1", "kind": "Pod", "metadata": {"name": "p"}}"#;
    let wide = |text: &str| {
        let units = std::iter::once(0xfeff).chain(text.encode_utf16());
        units.collect::<Vec<u16>>()
    };
    let little: Vec<u8> = wide(yaml).into_iter().flat_map(u16::to_le_bytes).collect();
    let big: Vec<u8> = wide(json).into_iter().flat_map(u16::to_be_bytes).collect();
    let latin = [yaml.as_bytes(), b"x: \xe9t\xe9\n"].concat();
    for (bytes, found, broken) in [
        (format!("\u{feff}\u{feff}{yaml}").into_bytes(), 1, 0),
        (format!("{yaml}---\n\u{feff}{yaml}").into_bytes(), 2, 0),
        (format!("{json}{json} {json}\n{json}").into_bytes(), 4, 0),
        (format!("{json}\n---\n{yaml}---\n{json}").into_bytes(), 3, 0),
        (format!("{json}}}\n---\n{yaml}").into_bytes(), 2, 1),
        (format!("{json}\n{yaml}").into_bytes(), 2, 0),
        (little, 1, 0),
        (big, 1, 0),
        (latin, 1, 0),
        (format!("{yaml}...\n# no more\n").into_bytes(), 1, 0),
        // kubectl looks no further, others may.
        (format!("{yaml}...\n{yaml}---\n{yaml}").into_bytes(), 2, 1),
        (format!("{json}{}", "[".repeat(300)).into_bytes(), 1, 1),
    ] {
        let (names, faults) = pods(&bytes);
        let shown = String::from_utf8_lossy(&bytes);
        assert_eq!((names.len(), faults), (found, broken), "{shown}");
    }
    assert_eq!(text(b"\xff\xfea\x00b"), "a\u{fffd}");
}

#[test]
fn places_are_lines_of_the_file() {
    let json = "{\"kind\": \"Pod\", \"apiVersion\": \"v1\"}";
    let text = format!(
        "\n{json}\n\n{json}{json}\n---\n\n# x\nkind: Pod\napiVersion: v1\n...\n\nx: 1\n---\nkind: [\n"
    );
    let lines: Vec<usize> = decode_manifest(&text)
        .into_iter()
        .map(|document| match document.content {
            Content::Broken { line, .. } => line,
            _ => document.line,
        })
        .collect();
    assert_eq!(lines, [2, 4, 4, 8, 12, 15]);
}
