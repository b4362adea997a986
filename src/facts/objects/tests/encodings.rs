//! Each kind reads equal from YAML, JSON and the protobuf that Kubernetes itself writes, and back from a snapshot.

use std::collections::BTreeSet;

use super::{envelope, field, json_list};
use crate::facts::objects::*;
use crate::facts::{Fields, Observed, Type, View};

/// One object of each kind with every field that is read.
const TEXT: &str = include_str!("golden/objects.yaml");

/// The same as Kubernetes' own Go types write it, each after its length; see `golden/main.go`.
const PROTOBUF: &[u8] = include_bytes!("golden/objects.pb");

/// The objects of [`TEXT`], each with the bytes of [`PROTOBUF`].
fn golden() -> Vec<(Object, &'static [u8])> {
    let mut rest = PROTOBUF;
    let mut next = || {
        let (length, after) = rest.split_first_chunk().unwrap();
        let (body, after) = after.split_at(u32::from_be_bytes(*length) as usize);
        rest = after;
        body
    };
    let pair = |document| match document {
        Document {
            content: Content::Object(object),
            ..
        } => (object, next()),
        other => panic!("{other:?}"),
    };
    let pairs = decode_manifest(TEXT).into_iter().map(pair).collect();
    assert!(rest.is_empty());
    pairs
}

/// Reads one object in every way there is.
fn agree<K: Kind>(expected: &K, body: &[u8]) {
    let object: K = decode_object(body, Encoding::Protobuf).unwrap();
    assert_eq!(&object, expected);

    let raw = body.strip_prefix(b"k8s\0").unwrap();
    let raw = super::super::page::fields(raw).map(Result::unwrap);
    let raw = raw.filter(|(tag, _)| *tag == 2).last().unwrap().1;
    let newer = [raw, &field(900, b"from a newer version")].concat();
    let list = [field(1, &field(3, b"next")), field(2, &newer)].concat();
    let body = envelope(&format!("{}List", K::KIND), &list);
    let page = decode_page::<K>(&body, Encoding::Protobuf).unwrap();
    assert_eq!(
        (&page.items[..], &page.broken[..]),
        (&[expected.clone()][..], &[][..])
    );
    assert_eq!(page.continue_token.as_deref(), Some("next"));

    let snapshot = serde_json::to_string(expected).unwrap();
    assert!(!snapshot.contains("hunter2"), "{snapshot}");
    assert_eq!(&serde_json::from_str::<K>(&snapshot).unwrap(), expected);
}

/// Calls a generic function with an object, whatever its kind.
macro_rules! visit {
    ($function:ident, $object:expr, $with:expr) => {
        visit!(@ $function, $object, $with, Namespace Node Pod ServiceAccount Service ConfigMap Secret ReplicationController Deployment
            ReplicaSet DaemonSet StatefulSet Job CronJob Role ClusterRole RoleBinding ClusterRoleBinding NetworkPolicy Ingress
            EndpointSlice ValidatingWebhookConfiguration MutatingWebhookConfiguration CustomResourceDefinition PodTemplate
            CertificateSigningRequest APIService PersistentVolume PersistentVolumeClaim LimitRange ValidatingAdmissionPolicy
            ValidatingAdmissionPolicyBinding)
    };
    (@ $function:ident, $object:expr, $with:expr, $($kind:ident)*) => {
        match $object {
            $(Object::$kind(object) => $function(&**object, $with),)*
        }
    };
}

#[test]
fn every_kind_agrees() {
    let golden = golden();
    assert_eq!(golden.len(), 32, "one of each kind");
    for (object, bytes) in &golden {
        visit!(agree, object, bytes);
    }
}

#[test]
fn json_pages_agree() {
    let text = TEXT.split("\n---\n").next().unwrap();
    let json = super::super::yaml::value(text).unwrap().to_string();
    let page = decode_page::<Pod>(json_list::<Pod>(&json).as_bytes(), Encoding::Json).unwrap();
    let Object::Pod(pod) = golden().remove(0).0 else {
        panic!("the first object is no pod");
    };
    assert_eq!(page.items, [*pod.clone()]);
    let body = json.replacen('{', r#"{"status":null,"#, 1);
    assert!(decode_object::<Pod>(body.as_bytes(), Encoding::Json).is_err());
    assert_eq!(
        decode_object::<Pod>(json.as_bytes(), Encoding::Json).unwrap(),
        *pod
    );
}

/// Notes which fields of which records hold something.
fn note(view: View<'_>, seen: &mut BTreeSet<String>) {
    match view {
        View::Record(record) => {
            for (at, field) in record.record().fields.iter().enumerate() {
                let view = record.field(at).view;
                let set = match view {
                    View::Absent | View::Bool(false) | View::Int(0) => {
                        matches!(
                            field.name.as_str(),
                            "automountServiceAccountToken" | "hostUsers"
                        )
                    }
                    View::List(items) => !items.is_empty(),
                    View::Map(entries) => !entries.is_empty(),
                    _ => true,
                };
                if set {
                    seen.insert(format!("{}.{}", record.record().name, field.name));
                }
                note(view, seen);
            }
        }
        View::List(items) => (0..items.len())
            .filter_map(|at| items.item(at))
            .for_each(|item| note(item.view, seen)),
        _ => {}
    }
}

/// All fields of a record and of the records within.
fn all(kind: &Type, fields: &mut BTreeSet<String>) {
    match kind {
        Type::Record(record) => {
            for field in &record.fields {
                if fields.insert(format!("{}.{}", record.name, field.name)) {
                    all(&field.kind, fields);
                }
            }
        }
        Type::List(item) | Type::Map(item) => all(item, fields),
        _ => {}
    }
}

/// Fields that hold something, and all fields there are.
type Sets = (BTreeSet<String>, BTreeSet<String>);

fn collect<K: Kind + Fields + Observed>(object: &K, (seen, known): &mut Sets) {
    note(View::Record(object), seen);
    all(&K::kind(), known);
}

#[test]
fn the_golden_objects_set_every_field() {
    let mut sets = Sets::default();
    for (object, _) in &golden() {
        visit!(collect, object, &mut sets);
    }
    let (seen, known) = sets;
    let never: Vec<_> = known.difference(&seen).collect();
    assert!(never.is_empty(), "{never:?}");
}

#[test]
fn bytes_as_go_writes_them() {
    // Go writes plain fields even when empty, and pointers only when set: `nodeName: ""`, `hostNetwork: false`, `hostUsers` absent.
    let mut security = super::number(2, 0);
    security.extend(super::number(4, 0));
    let mut container = field(1, b"c");
    container.extend(field(2, b""));
    container.extend(super::number(16, 0));
    container.extend(field(15, &security));
    let mut spec = field(2, &container);
    spec.extend(field(10, b""));
    spec.extend(super::number(11, 0));
    let mut pod = field(
        1,
        &[field(1, b"p"), field(8, b""), field(17, b"managed")].concat(),
    );
    pod.extend(field(2, &spec));
    pod.extend(field(3, b""));
    let body = envelope("PodList", &[field(1, b""), field(2, &pod)].concat());
    let page = decode_page::<Pod>(&body, Encoding::Protobuf).unwrap();
    let json = r#"{"metadata":{"name":"p","creationTimestamp":null},"spec":{"containers":[{"name":"c",
        "securityContext":{"privileged":false,"runAsUser":0}}]},"status":{}}"#;
    let list = json_list::<Pod>(json);
    assert_eq!(page, decode_page(list.as_bytes(), Encoding::Json).unwrap());
    let security = page.items[0].spec.containers[0].security_context.as_ref();
    assert_eq!(security.unwrap().privileged, Some(false));
    assert_eq!(page.continue_token, None);
}
