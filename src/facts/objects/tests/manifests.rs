//! Manifests: documents read alone, lists, merge keys, and bombs.

use crate::facts::objects::*;

/// Kind and name of what is read, `other: KIND`, or `broken LINE`.
fn outline(text: &str) -> Vec<String> {
    let say = |document: Document| match document.content {
        Content::Object(object) => format!("{} {}", object.kind(), object.metadata().name),
        Content::Other { kind, .. } => format!("other: {kind}"),
        Content::Broken { line, .. } => format!("broken {line}"),
        Content::Plain => "plain".to_owned(),
    };
    decode_manifest(text).into_iter().map(say).collect()
}

#[test]
fn documents_are_read_alone() {
    let text = "# a comment\n---\napiVersion: v1\nkind: Pod\nmetadata: {name: a}\n---\nkind: [\n---\n\n--- # empty\n---\napiVersion: v1\nkind: Secret\nmetadata: {name: s}\n---\n\
        apiVersion: v1\nkind: Pod\nmetadata: {name: b}\nspec: {hostNetwork: maybe}\n---\nplain text\n---\napiVersion: v1\nkind: Namespace\nmetadata:\n  name: |\n    n\n";
    let expected = [
        "Pod a",
        "broken 8",
        "Secret s",
        "broken 16",
        "broken 21",
        "Namespace n\n",
    ];
    assert_eq!(outline(text), expected);
    assert_eq!(outline(&text.replace('\n', "\r\n")).len(), expected.len());
    assert_eq!(decode_manifest(text)[3].line, 16);
    assert!(outline("").is_empty());
    assert!(outline("---\n# nothing\n---\n").is_empty());
}

#[test]
fn lists_are_flattened() {
    let list = r#"{"apiVersion": "v1", "kind": "List", "items": [{"apiVersion": "v1", "kind": "Pod", "metadata": {"name": "a"}}, 5,
        {"apiVersion": "v1", "kind": "PodList", "items": [{"metadata": {"name": "b"}}]}, {"apiVersion": "apps/v1beta1", "kind": "Deployment"}]}"#;
    let expected = ["Pod a", "broken 1", "Pod b", "Deployment "];
    assert_eq!(outline(list), expected);
    let below = ["Pod a", "broken 2", "Pod b", "Deployment "];
    assert_eq!(outline(&format!("# YAML\n{list}")), below);
    let deep = (0..20).fold("{}".to_owned(), |inner, _| {
        format!(r#"{{"kind": "List", "items": [{inner}]}}"#)
    });
    assert_eq!(outline(&deep), ["broken 1"]);
}

#[test]
fn merge_keys_apply_before_typing() {
    let text = "apiVersion: v1\nkind: Pod\nmetadata: {name: p}\nx: &deep {hostPID: true, hostIPC: true}\ny: &base {<<: *deep, hostNetwork: true, dnsPolicy: Default}\n\
        spec: {<<: [*base, {dnsPolicy: None, hostUsers: false}], hostIPC: false}\n";
    let documents = decode_manifest(text);
    let Content::Object(Object::Pod(pod)) = &documents[0].content else {
        panic!("{documents:?}");
    };
    let spec = &pod.spec;
    assert_eq!(
        (spec.host_network, spec.host_pid, spec.host_ipc),
        (true, true, false)
    );
    assert_eq!(
        (spec.dns_policy.as_str(), spec.host_users),
        ("Default", Some(false))
    );
    let words = decode_manifest(
        "{apiVersion: v1, kind: Pod, spec: {hostNetwork: yes, hostPID: Off, hostUsers: n}}",
    );
    let Content::Object(Object::Pod(pod)) = &words[0].content else {
        panic!("{words:?}");
    };
    let spec = &pod.spec;
    assert_eq!(
        (spec.host_network, spec.host_pid, spec.host_users),
        (true, false, Some(false))
    );
    assert_eq!(outline("kind: Pod\n<<: 5\n"), ["broken 1"]);
}

#[test]
fn secrets_do_not_show_in_faults() {
    for text in [
        "kind: Pod\napiVersion: v1\nspec: hunter2\n",
        "kind: Pod\napiVersion: v1\nspec: {hostNetwork: hunter2}\n",
        "hunter2: [\n",
        "a: *hunter2\n",
        "a: !hunter2 hunter2\n",
        "hunter2: 1\nhunter2: [\n",
        "- hunter2\n",
        "hunter2\n",
    ] {
        let documents = decode_manifest(text);
        assert!(
            matches!(
                documents[..],
                [Document {
                    content: Content::Broken { .. } | Content::Plain,
                    ..
                }]
            ),
            "{text}"
        );
        assert!(
            !format!("{documents:?}").contains("hunter2"),
            "{documents:?}"
        );
    }
}

#[test]
fn bombs_end_soon() {
    let laughs = (1..30).fold("a0: &a0 [x, x]\n".to_owned(), |text, n| {
        format!("{text}a{n}: &a{n} [*a{m}, *a{m}, *a{m}]\n", m = n - 1)
    });
    let wide = format!(
        "a: &a [{}]\nb: [{}]\n",
        "x,".repeat(50_000),
        "*a,".repeat(50_000)
    );
    let itself = "a: &a [*a]\n".to_owned();
    for bomb in [
        laughs,
        wide,
        itself,
        "[".repeat(300_000),
        "{a: ".repeat(100_000),
        "- ".repeat(50_000),
        (0..3_000).map(|n| format!("{:n$}a:\n", "")).collect(),
    ] {
        let read = outline(&bomb);
        assert!(read[0].starts_with("broken"), "{read:?}");
    }
}
