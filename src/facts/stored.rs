//! What etcd really holds of the Secrets, told from the first bytes of each value alone.

use std::collections::BTreeMap;

use super::component::ComponentKind;
use super::host::HostFacts;
use super::settings::Scalar;
use super::{Cell, Gap, GapReason, Source, record};

record! {
    /// The Secrets in one etcd, as `--prove-encryption` read them: how each is written, never what it holds.
    #[derive(Debug)]
    pub struct StoredSecrets {
        /// The node that was read.
        pub node: String,
        /// How many values etcd says it has.
        pub expected: i64,
        /// How many of them were read.
        pub read: i64,
        /// How many are written with each key, such as `aescbc:v1:key1`; `identity` is plain text.
        pub keys: BTreeMap<String, i64>,
        /// The key that the API server writes with.
        pub write_key: Cell<String>,
        /// How many are plain text.
        pub plain: Cell<i64>,
        /// How many are encrypted, and with another key than the one that is written with.
        pub outdated: Cell<i64>,
    }
}

/// What a value that is not encrypted counts as.
pub const PLAIN: &str = "identity";
/// What a value counts as that says nothing which is known here.
pub const UNRECOGNISED: &str = "unrecognised";

/// The providers that encrypt.
const PROVIDERS: [&str; 4] = ["aescbc", "aesgcm", "secretbox", "kms"];
/// Names of keys are no longer.
const LONGEST: usize = 253;

/// What the first bytes of a value in etcd say of how it was written: the key's name and no byte of what follows.
///
/// Source: `k8s:enc:PROVIDER:VERSION:KEY:` before what a provider encrypted (apiserver, encryptionconfig/config.go);
/// `k8s` NUL before protobuf (apimachinery, runtime/serializer/protobuf); JSON otherwise.
pub fn written_with(first: &[u8]) -> String {
    if first.starts_with(b"k8s\0") || first.starts_with(b"{") {
        return PLAIN.to_owned();
    }
    let mut parts = match first.strip_prefix(b"k8s:enc:") {
        Some(rest) => rest.split(|byte| *byte == b':'),
        None => return UNRECOGNISED.to_owned(),
    };
    let mut part = || -> Option<&str> {
        let part = std::str::from_utf8(parts.next()?).ok()?;
        let plain = |c: char| c.is_ascii_alphanumeric() || "._-/".contains(c);
        (part.len() <= LONGEST && part.chars().all(plain)).then_some(part)
    };
    let named = (part(), part(), part());
    // A name that no colon ends may go on, and what it goes on with is no name.
    match (named, parts.next()) {
        ((Some(provider), Some(version), Some(key)), Some(_)) if PROVIDERS.contains(&provider) => {
            format!("{provider}:{version}:{key}")
        }
        _ => UNRECOGNISED.to_owned(),
    }
}

impl StoredSecrets {
    /// The key that the configuration of a node's API server writes Secrets with.
    pub fn write_key(host: &HostFacts) -> Cell<String> {
        let mut components = host.components.rows.iter();
        let server = components.find(|one| one.kind == ComponentKind::ApiServer);
        match server.and_then(|server| server.config.get("encryption.secretsKeys")) {
            Some(Cell::Value {
                value: Scalar::List(keys),
                origin,
                source,
            }) if !keys.is_empty() => Cell::Value {
                value: keys[0].clone(),
                origin: *origin,
                source: source.clone(),
            },
            Some(Cell::Gap(gap)) => Cell::Gap(gap.clone()),
            _ => Cell::default(),
        }
    }

    /// What was found: the keys of the values that were read, of `expected`, and why not of all.
    pub fn of(
        node: &str,
        expected: i64,
        keys: BTreeMap<String, i64>,
        write_key: Cell<String>,
        cut: Option<&Gap>,
    ) -> Self {
        let source = Source::computed("values below /registry/secrets");
        let read: i64 = keys.values().sum();
        let gap = open(node, expected, read, &keys, cut);
        // Some that were found are found, however many were not read.
        let counted = |number: i64| match &gap {
            Some(gap) if number == 0 => Cell::Gap(gap.clone()),
            _ => Cell::explicit(number, source.clone()),
        };
        let plain = keys.get(PLAIN).copied().unwrap_or_default();
        let outdated = match &write_key {
            Cell::Gap(gap) => Cell::Gap(gap.clone()),
            key => {
                let current = key.value().map(String::as_str);
                let others = keys.iter().filter(|(key, _)| {
                    ![PLAIN, UNRECOGNISED].contains(&key.as_str()) && Some(key.as_str()) != current
                });
                counted(others.map(|(_, number)| number).sum())
            }
        };
        Self {
            node: node.to_owned(),
            expected,
            read,
            write_key,
            plain: counted(plain),
            outdated,
            keys,
        }
    }
}

/// Why it is not known of all values how they are written.
fn open(
    node: &str,
    expected: i64,
    read: i64,
    keys: &BTreeMap<String, i64>,
    cut: Option<&Gap>,
) -> Option<Gap> {
    let what = format!("Secrets in etcd on {node}, {read} of {expected} read");
    match cut {
        Some(cut) => Some(Gap::new(
            what,
            cut.to_string(),
            cut.reason,
            cut.remedy.clone(),
        )),
        None if read < expected => {
            let remedy = "run it again";
            Some(Gap::new(what, "", GapReason::Unreachable, remedy))
        }
        None => keys.get(UNRECOGNISED).map(|number| {
            let what = format!("{number} of {expected} Secrets in etcd on {node}");
            let remedy = "look at them by hand: they begin as nothing that Kubernetes writes";
            Gap::new(what, "", GapReason::Unparsable, remedy)
        }),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_what_comes_before_the_payload_is_kept() {
        for (first, expected) in [
            (&b"k8s\0\n\x0c\n\x02v1\x12\x06Secret"[..], "identity"),
            (b"{\"kind\":\"Secret\"", "identity"),
            (b"k8s:enc:aescbc:v1:key1:\x80\x01", "aescbc:v1:key1"),
            (b"k8s:enc:kms:v2:vault:\x0a", "kms:v2:vault"),
            (b"k8s:enc:aescbc:v1:hunter2-goes-on", "unrecognised"),
            (b"k8s:enc:aescbc:v1:\xff\xfe:", "unrecognised"),
            (b"hunter2", "unrecognised"),
            (b"", "unrecognised"),
        ] {
            assert_eq!(written_with(first), expected, "{first:?}");
        }
    }

    #[test]
    fn zero_is_said_only_when_all_were_read() {
        let source = Source::computed("");
        let key = || Cell::explicit("aescbc:v1:new".to_owned(), source.clone());
        let counts = |pairs: &[(&str, i64)]| {
            let pairs = pairs
                .iter()
                .map(|(key, number)| ((*key).to_owned(), *number));
            pairs.collect::<BTreeMap<_, _>>()
        };
        let all = counts(&[("aescbc:v1:new", 3)]);
        let proven = StoredSecrets::of("n", 3, all.clone(), key(), None);
        assert_eq!(
            (proven.plain.value(), proven.outdated.value()),
            (Some(&0), Some(&0))
        );
        let short = StoredSecrets::of("n", 4, all, key(), None);
        assert!(matches!(
            (&short.plain, &short.outdated),
            (Cell::Gap(_), Cell::Gap(_))
        ));
        let Cell::Gap(gap) = &short.plain else {
            unreachable!()
        };
        assert!(gap.to_string().contains("3 of 4 read"), "{gap}");
        // One that was found is enough.
        let mixed = counts(&[("aescbc:v1:new", 1), ("identity", 1), ("aescbc:v1:old", 1)]);
        let found = StoredSecrets::of("n", 1000, mixed, key(), None);
        assert_eq!(
            (found.plain.value(), found.outdated.value()),
            (Some(&1), Some(&1))
        );
        let strange = counts(&[("aescbc:v1:new", 2), ("unrecognised", 1)]);
        let strange = StoredSecrets::of("n", 3, strange, key(), None);
        assert!(matches!(strange.plain, Cell::Gap(_)));
        // Without the key of the configuration nothing is outdated and nothing is current.
        let unknown = StoredSecrets::of(
            "n",
            3,
            counts(&[("aescbc:v1:new", 3)]),
            Cell::default(),
            None,
        );
        assert!(matches!(unknown.outdated, Cell::Gap(_)));
        assert_eq!(unknown.plain.value(), Some(&0));
    }
}
