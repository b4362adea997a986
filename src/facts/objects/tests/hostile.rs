//! Secrets planted wherever text can stand, and answers that are damaged or something else.

use super::{envelope, field, json_list, read};
use crate::facts::GapReason;
use crate::facts::objects::*;

/// Stands for a secret; must never come out.
const SECRET: &str = "hunter2hunter2hunter2";

fn clean<K: Kind>(item: &str) -> K {
    assert!(item.contains(SECRET));
    let object: K = read(item);
    let text = serde_json::to_string(&object).unwrap();
    assert!(!text.contains(SECRET), "{text}");
    assert!(!format!("{object:?}").contains(SECRET));
    object
}

#[test]
#[expect(clippy::too_many_lines, reason = "one table of cases")]
fn nothing_secret_gets_out() {
    let spec = format!(
        r#"{{"containers": [{{"name": "c", "command": ["/bin/sh", "-c", "echo {SECRET}"], "args": ["--password={SECRET}", "--token", "{SECRET}", "-p{SECRET}",
            "--bind-address", "0.0.0.0", "--v=2", "--config=https://u:{SECRET}@h/", "{SECRET}", "--", "--v={SECRET}"],
            "env": [{{"name": "DB_PASSWORD", "value": "{SECRET}"}}, {{"name": "OTHER", "value": "{SECRET}"}}, {{"name": "URL", "value": "https://u:{SECRET}@h"}}],
            "livenessProbe": {{"exec": {{"command": ["curl", "-u", "{SECRET}"]}}, "httpGet": {{"port": 1, "path": "/{SECRET}", "httpHeaders": [{{"name": "A", "value": "{SECRET}"}}]}}}},
            "lifecycle": {{"postStart": {{"exec": {{"command": ["{SECRET} x"]}}}}}}}}],
        "initContainers": [{{"name": "i", "args": ["{SECRET}"]}}],
        "ephemeralContainers": [{{"name": "e", "command": ["sh", "{SECRET}"], "env": [{{"name": "A", "value": "{SECRET}"}}]}}],
        "volumes": [{{"name": "v", "csi": {{"driver": "d", "volumeAttributes": {{"k": "{SECRET}"}}}}}}, {{"name": "f", "flexVolume": {{"driver": "d", "options": {{"k": "{SECRET}"}}}}}}]}}"#
    );
    let meta = format!(
        r#"{{"name": "x", "annotations": {{"kubectl.kubernetes.io/last-applied-configuration": "{SECRET}", "any": "{SECRET}", "kubernetes.io/config.source": "file"}},
        "managedFields": [{{"fieldsV1": {{"f:{SECRET}": {{}}}}}}]}}"#
    );
    let pod: Pod = clean(&format!(r#"{{"metadata": {meta}, "spec": {spec}}}"#));
    let container = &pod.spec.containers[0];
    assert_eq!(
        container.args,
        [
            "--password=‹redacted, 21 bytes›",
            "--token",
            "‹redacted, 21 bytes›",
            "‹redacted, 23 bytes›",
            "--bind-address",
            "0.0.0.0",
            "--v=2",
            "--config=‹redacted, 34 bytes›",
            "‹redacted, 21 bytes›",
            "--",
            "‹redacted, 25 bytes›",
        ]
    );
    assert_eq!(container.command[..2], ["/bin/sh", "-c"]);
    let env = container.env.iter();
    let env: Vec<_> = env.map(|v| v.pattern.as_str()).collect();
    assert_eq!(env, ["secretName", "", "urlWithPassword"]);
    let found = pod.spec.secrets_in_clear.iter();
    let found: Vec<_> = found
        .map(|one| format!("{} {}", one.place, one.pattern))
        .collect();
    assert_eq!(
        found,
        [
            "--config of container c urlWithPassword",
            "--password of container c secretName",
            "--token of container c secretName",
        ]
    );
    assert_eq!(pod.metadata.annotations.iter().count(), 1);

    let template = format!(r#"{{"metadata": {meta}, "spec": {spec}}}"#);
    let spec = format!(
        r#"{{"metadata": {meta}, "spec": {{"template": {template}, "schedule": "", "jobTemplate": {{"spec": {{"template": {template}}}}}}}}}"#
    );
    clean::<Deployment>(&spec);
    clean::<ReplicaSet>(&spec);
    clean::<DaemonSet>(&spec);
    clean::<StatefulSet>(&spec);
    clean::<ReplicationController>(&spec);
    clean::<Job>(&spec);
    clean::<CronJob>(&spec);
    let hook: MutatingWebhookConfiguration = clean(&format!(
        r#"{{"metadata": {meta}, "webhooks": [{{"name": "w", "clientConfig": {{"url": "https://u:{SECRET}@h:8443/p?token={SECRET}#x"}}}}]}}"#
    ));
    let url = hook.webhooks[0].client_config.url.as_deref();
    assert_eq!(url, Some("https://h:8443/‹redacted, 1 bytes›"));
    for other in [
        clean::<Namespace>(&format!(r#"{{"metadata": {meta}}}"#)).metadata,
        clean::<ClusterRole>(&format!(r#"{{"metadata": {meta}}}"#)).metadata,
        clean::<Ingress>(&format!(r#"{{"metadata": {meta}}}"#)).metadata,
    ] {
        assert_eq!(other.annotations.iter().count(), 1);
    }
}

/// Wherever a secret is seen, its place and its kind are all that is left of it.
#[test]
fn what_is_found_is_named_and_nothing_else() {
    let pod: Pod = clean(&format!(
        r#"{{"metadata": {{"name": "p", "annotations": {{"example.com/api-token": "{SECRET}", "note": "password: {SECRET}"}}}},
        "spec": {{"initContainers": [{{"name": "i", "image": "u:{SECRET}@h/i", "command": ["sh", "-c", "mysql -p{SECRET}; PASSWORD={SECRET} x"]}}],
        "containers": [{{"name": "c", "readinessProbe": {{"httpGet": {{"port": 1, "path": "/?token={SECRET}", "httpHeaders": [
            {{"name": "Authorization", "value": "Bearer {SECRET}"}}, {{"name": "X-Api-Key", "value": "{SECRET}"}}, {{"name": "Host", "value": "h"}}]}}}},
            "lifecycle": {{"preStop": {{"exec": {{"command": ["redis-cli", "-a", "{SECRET}"]}}}}}}}}]}}}}"#
    ));
    let found = pod
        .spec
        .secrets_in_clear
        .iter()
        .map(|one| one.place.as_str());
    let expected = [
        "path of readinessProbe of container c",
        "header Authorization of readinessProbe of container c",
        "header X-Api-Key of readinessProbe of container c",
        "-a of preStop of container c",
        "-p of container i",
        "PASSWORD of container i",
        "annotation example.com/api-token",
        "annotation note",
    ];
    assert_eq!(found.collect::<Vec<_>>(), expected);
    let map: ConfigMap = clean(&format!(
        r#"{{"metadata": {{"name": "m"}}, "data": {{"token": "{SECRET}", "app.conf": "a = b\npassword = {SECRET}", "log": "{SECRET}"}}}}"#
    ));
    let found = map.secrets_in_clear.iter().map(|one| one.place.as_str());
    assert_eq!(found.collect::<Vec<_>>(), ["app.conf", "token"]);
    let secret: Secret = clean(&format!(
        r#"{{"metadata": {{"name": "s"}}, "data": {{"a": "{SECRET}", "b": ""}}, "stringData": {{"c": "{SECRET}", "d": "${{VALUE}}"}}}}"#
    ));
    assert_eq!(secret.keys_in_clear, ["a", "c"]);
}

#[test]
fn config_maps_keep_what_is_listed() {
    let map = |namespace: &str, name: &str, data: &str| {
        let item = format!(
            r#"{{"metadata": {{"name": "{name}", "namespace": "{namespace}"}}, "data": {data}}}"#
        );
        clean::<ConfigMap>(&item).data
    };
    let secret = format!(r#"{{"kubelet": "password: {SECRET}", "x": "{SECRET}"}}"#);
    assert!(map("default", "kubelet-config", &secret).is_empty());
    let kubelet = format!(
        r#"{{"kubelet": "maxPods: 5\nstaticPodURLHeader: {{Authorization: [{SECRET}]}}\nclientSecret: {SECRET}\n", "x": "{SECRET}"}}"#
    );
    let kept = map("kube-system", "kubelet-config", &kubelet);
    assert!(kept["kubelet"].contains(r#""maxPods":5"#), "{kept:?}");
    let kubeadm = format!(
        r#"{{"ClusterConfiguration": "apiServer:\n  extraArgs:\n  - {{name: x, value: {SECRET}}}\nclusterName: c\n"}}"#
    );
    let kept = map("kube-system", "kubeadm-config", &kubeadm);
    assert_eq!(
        kept["ClusterConfiguration"],
        r#"{"apiServer":{},"clusterName":"c"}"#
    );
    let info = format!(r#"{{"jws-kubeconfig-abcdef": "{SECRET}", "kubeconfig": "{SECRET}"}}"#);
    let kept = map("kube-public", "cluster-info", &info);
    assert_eq!(kept.keys().collect::<Vec<_>>(), ["jws-kubeconfig-abcdef"]);
}

#[test]
fn only_components_hand_their_command_line_on() {
    let pod = |namespace: &str, annotation: &str, program: &str| {
        clean::<Pod>(&format!(
            r#"{{"metadata": {{"name": "p", "namespace": "{namespace}", "annotations": {{"{annotation}": "x"}}}},
            "spec": {{"containers": [{{"name": "c", "command": ["{program}", "--secret={SECRET}"], "args": ["--b"]}}]}}}}"#
        ))
    };
    let mirror = "kubernetes.io/config.mirror";
    let component = pod("kube-system", mirror, "/usr/local/bin/kube-apiserver");
    assert!(component.is_mirror());
    let (_, words) = component.component().unwrap();
    assert_eq!(words.len(), 3);
    assert_eq!(words[1], format!("--secret={SECRET}"));
    let other = pod("kube-system", mirror, "sh");
    assert_eq!(other.component(), None);
    for made in [
        pod("default", mirror, "kube-apiserver"),
        pod("kube-system", "other", "kube-apiserver"),
    ] {
        assert!(!made.is_mirror());
        // Nothing of it is stored or shown.
        assert!(!format!("{made:?}").contains(SECRET));
        assert!(!serde_json::to_string(&made).unwrap().contains(SECRET));
    }
}

#[test]
fn a_broken_item_does_not_lose_the_page() {
    let items = format!(
        r#"{{"metadata": {{"name": "a"}}}}, {{"metadata": {{"name": "b", "namespace": "n"}}, "spec": {{"hostNetwork": "{SECRET}, expected"}}}},
        {{"metadata": {{"name": "c", "labels": {{"a": 5}}}}}}, {{"metadata": 5}}, 7, {{"metadata": {{"name": "z"}}}}"#
    );
    let page: Page<Pod> = decode_page(json_list::<Pod>(&items).as_bytes(), Encoding::Json).unwrap();
    let names: Vec<_> = page
        .items
        .iter()
        .map(|pod| pod.metadata.name.as_str())
        .collect();
    assert_eq!(names, ["a", "z"]);
    let broken = page.broken.iter().map(|broken| broken.name.as_deref());
    assert_eq!(
        broken.collect::<Vec<_>>(),
        [Some("b"), Some("c"), None, None]
    );
    assert!(
        !format!("{:?}", page.broken).contains(SECRET),
        "{:?}",
        page.broken
    );
    let gap = page.broken[0].lack::<Pod>().gap;
    let (what, reason) = (gap.what.clone(), gap.reason);
    assert_eq!((what.as_str(), reason), ("Pod b", GapReason::Unparsable));

    let sound = field(1, &field(1, b"a"));
    // `spec` as a number, `hostNetwork` as a text.
    let mut broken = field(1, &[field(1, b"b"), field(3, b"n")].concat());
    broken.extend(field(2, &field(11, SECRET.as_bytes())));
    let list = [field(1, b""), field(2, &broken), field(2, &sound)].concat();
    let page = decode_page::<Pod>(&envelope("PodList", &list), Encoding::Protobuf).unwrap();
    assert_eq!(page.items.len(), 1);
    assert_eq!(page.broken[0].name.as_deref(), Some("b"));
    assert_eq!(page.broken[0].namespace.as_deref(), Some("n"));
    assert!(!page.broken[0].why.contains(SECRET));
}

#[test]
fn a_page_holds_no_more_than_was_asked_for() {
    let item = r#"{"metadata": {"name": "a"}}"#;
    let name = "n".repeat(4 << 20);
    let (sound, huge) = (
        field(1, &field(1, b"a")),
        field(1, &field(1, name.as_bytes())),
    );
    let decoded = |json: &str, items: &[&[u8]]| {
        let json = decode_page::<Pod>(json_list::<Pod>(json).as_bytes(), Encoding::Json);
        let fields = items.iter().flat_map(|item| field(2, item));
        let list: Vec<u8> = field(1, b"").into_iter().chain(fields).collect();
        [
            json,
            decode_page::<Pod>(&envelope("PodList", &list), Encoding::Protobuf),
        ]
    };
    for (number, taken) in [(PAGE, true), (PAGE + 1, false), (40 * PAGE, false)] {
        let json = vec![item; number].join(",");
        for page in decoded(&json, &vec![sound.as_slice(); number]) {
            assert_eq!(
                page.map(|page| page.items.len()).ok(),
                taken.then_some(number)
            );
        }
    }
    // One that no API server would have taken is one gap.
    let json = format!(r#"{{"metadata": {{"name": "{name}"}}}},{item}"#);
    for page in decoded(&json, &[&huge, &sound]) {
        let page = page.unwrap();
        assert_eq!((page.items.len(), page.broken.len()), (1, 1));
        assert!(page.broken[0].why.len() < 100, "{}", page.broken[0].why);
    }
}

#[test]
fn what_is_no_list_is_an_error() {
    for body in [
        "",
        "<html>",
        "{}",
        r#"{"kind":"PodList"}"#,
        r#"{"kind":"PodList","items":{}}"#,
        r#"{"kind":"Status","items":[]}"#,
        r#"{"kind":"PodList","items":[{]}"#,
    ] {
        assert!(
            decode_page::<Pod>(body.as_bytes(), Encoding::Json).is_err(),
            "{body}"
        );
        assert!(
            decode_page::<Pod>(body.as_bytes(), Encoding::Protobuf).is_err(),
            "{body}"
        );
    }
    let empty = decode_page::<Pod>(br#"{"kind":"PodList","items":null}"#, Encoding::Json).unwrap();
    assert_eq!(empty.items, []);
    let status = envelope("Status", &[]);
    assert!(decode_page::<Pod>(&status, Encoding::Protobuf).is_err());
    let whole = envelope(
        "PodList",
        &[field(1, b""), field(2, &field(1, b""))].concat(),
    );
    for end in 0..whole.len() - 2 {
        // Never a panic; what is cut off inside the object is an error, never a shorter list.
        let cut = decode_page::<Pod>(&whole[..end], Encoding::Protobuf);
        assert!(cut.is_err(), "{end}: {cut:?}");
    }
}

#[test]
fn the_token_alone() {
    let json =
        br#"{"kind":"PodList","metadata":{"continue":"abc","remainingItemCount":7},"items":[{}]}"#;
    assert_eq!(
        continue_token(json, Encoding::Json).unwrap().as_deref(),
        Some("abc")
    );
    let page = decode_page::<Pod>(json, Encoding::Json).unwrap();
    assert_eq!(
        (page.continue_token.as_deref(), page.remaining),
        (Some("abc"), Some(7))
    );
    let mut meta = field(3, b"abc");
    meta.extend(super::number(4, 7));
    let body = envelope("PodList", &[field(1, &meta), field(2, b"")].concat());
    assert_eq!(
        continue_token(&body, Encoding::Protobuf)
            .unwrap()
            .as_deref(),
        Some("abc")
    );
    let last = br#"{"kind":"PodList","metadata":{"continue":""},"items":[]}"#;
    assert_eq!(continue_token(last, Encoding::Json).unwrap(), None);
}
