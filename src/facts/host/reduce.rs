//! From the bytes of a file to the part of it that may be kept.
//!
//! Files on a node mix what an audit needs with what it must never hold: certificates with keys, server addresses with
//! tokens, provider names with encryption keys. Every reader passes what it read through [`reduce`] before it keeps
//! anything, so nothing behind it can leak what it never had. Errors name no value: library errors quote them.

use std::collections::BTreeMap;

use k8s_openapi::ByteString;
use serde::{Deserialize, Serialize};
use serde_json::Value;
use x509_parser::pem::Pem;

use super::embedded::is_kept;
use super::kubeconfig::Kubeconfig;
use super::manifest::StaticPod;
use super::mounts::Mount;
use super::profiles::modes;
use super::unit::{LONGEST_NAME, environment_files};
use crate::facts::component::ComponentKind;
use crate::facts::objects::{document_text, first_document};
use crate::facts::settings::{Kind as SettingKind, clean_urls};

/// What a file is read for: decides what is kept of it.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub enum Purpose {
    /// Component configuration in YAML or JSON; keys of an EncryptionConfiguration are removed.
    Config,
    /// The certificates of a PEM file, and whether it holds private keys.
    Certificates,
    /// Server, certificate and kind of credentials of a kubeconfig.
    Kubeconfig,
    /// Command lines and host paths of a static pod.
    Manifest,
    /// The environment files a systemd unit names, as it writes them; an empty one takes back those before it.
    Unit,
    /// The CNI configuration directories a container runtime's configuration names.
    Runtime,
    /// The uid or gid of root and etcd in `/etc/passwd` or `/etc/group`.
    Accounts,
    /// A line of a kernel file below `/proc/sys` or `/sys`.
    Kernel,
    /// `PRETTY_NAME` of `/etc/os-release`.
    OsRelease,
    /// A process's mount table.
    Mounts,
    /// The variables of a process that etcd reads as flags (`ETCD_…`).
    EtcdEnvironment,
    /// The systemd unit of a process, from its control group.
    ControlGroup,
    /// What K3s' configuration says of its components; everything else in it is left out.
    K3s,
    /// The profiles that AppArmor has loaded, with their modes.
    AppArmor,
}

/// What was kept of a file.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub enum Body {
    /// Text without secrets.
    Text(String),
    /// Of a PEM file.
    Pem(PemFile),
    /// Of a kubeconfig.
    Kubeconfig(Kubeconfig),
    /// Of a manifest.
    StaticPod(StaticPod),
    /// Paths that the file names.
    Paths(Vec<String>),
    /// Ids by name.
    Ids(BTreeMap<String, u32>),
    /// Mounts in the order of mounting.
    Mounts(Vec<Mount>),
    /// Variables by name.
    Variables(BTreeMap<String, String>),
}

/// What was kept of a PEM file.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct PemFile {
    /// The certificates as DER.
    pub certificates: Vec<ByteString>,
    /// Whether a block is headed as a private key.
    pub has_private_key: bool,
    /// How many blocks do not decode.
    pub broken: usize,
}

/// The content does not have the form its purpose asks for. Carries nothing of it.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("the content is not {expected}")]
pub struct Unreducible {
    /// What it should have been.
    pub expected: &'static str,
}

/// What stands for a secret, as the script over SSH has it.
const UNKEPT: &str = "-";
const MIB: usize = 1 << 20;
/// No configuration nests deeper; the YAML crate's own limit is 128 for values, and none for brackets.
const NESTING: usize = 200;

impl Purpose {
    /// All of them.
    pub const ALL: [Self; 14] = [
        Self::Config,
        Self::Certificates,
        Self::Kubeconfig,
        Self::Manifest,
        Self::Unit,
        Self::Runtime,
        Self::Accounts,
        Self::Kernel,
        Self::OsRelease,
        Self::Mounts,
        Self::EtcdEnvironment,
        Self::ControlGroup,
        Self::K3s,
        Self::AppArmor,
    ];

    /// How many bytes a reader takes in at most; a longer file is a gap. A busy node mounts thousands of volumes.
    pub fn limit(self) -> usize {
        match self {
            Self::Mounts => 4 * MIB,
            _ => MIB / 4,
        }
    }
}

/// Keeps of `bytes` what `purpose` may keep.
///
/// # Errors
/// When the content is not what the purpose asks for; nothing of it is in the error.
pub fn reduce(purpose: Purpose, bytes: &[u8]) -> Result<Body, Unreducible> {
    let not = |expected| Unreducible { expected };
    if purpose == Purpose::Certificates {
        return Ok(Body::Pem(pem(bytes)));
    }
    let text = String::from_utf8_lossy(bytes);
    let is_yaml = matches!(
        purpose,
        Purpose::Config | Purpose::Kubeconfig | Purpose::Manifest | Purpose::K3s
    );
    if is_yaml && nesting(&text) > NESTING {
        return Err(not("nested as configuration is"));
    }
    Ok(match purpose {
        Purpose::Config => {
            let wide = bytes.starts_with(b"\xff\xfe") || bytes.starts_with(b"\xfe\xff");
            if !wide && std::str::from_utf8(bytes).is_err() {
                return Err(not("text"));
            }
            Body::Text(config(&document_text(bytes)).ok_or(not("YAML"))?)
        }
        Purpose::Kubeconfig => {
            Body::Kubeconfig(Kubeconfig::parse(bytes).ok_or(not("a kubeconfig"))?)
        }
        Purpose::Manifest => {
            Body::StaticPod(StaticPod::parse(&text).ok_or(not("a Pod in YAML or JSON"))?)
        }
        Purpose::Unit => Body::Paths(environment_files(&text)),
        Purpose::Runtime => Body::Paths(cni_directories(&text)),
        Purpose::Accounts => Body::Ids(accounts(&text)),
        Purpose::Kernel => Body::Text(text.trim().to_owned()),
        Purpose::OsRelease => Body::Text(pretty_name(&text).ok_or(not("an os-release file"))?),
        Purpose::Mounts => Body::Mounts(Mount::table(&text)),
        Purpose::EtcdEnvironment => Body::Variables(etcd_variables(
            text.split('\0').filter_map(|pair| pair.split_once('=')),
        )),
        Purpose::K3s => Body::Variables(k3s(&document_text(bytes)).ok_or(not("YAML"))?),
        Purpose::AppArmor => Body::Variables(modes(&text)),
        Purpose::ControlGroup => Body::Paths(unit_of(&text).into_iter().collect()),
        Purpose::Certificates => return Err(not("PEM")),
    })
}

/// The certificates of `bytes`; of anything else only that it is there.
pub(super) fn pem(bytes: &[u8]) -> PemFile {
    let mut kept = PemFile::default();
    for block in Pem::iter_from_buffer(bytes) {
        match block {
            Ok(block) if block.label == "CERTIFICATE" => {
                kept.certificates.push(ByteString(block.contents));
            }
            Ok(_) => {}
            Err(_) => kept.broken += 1,
        }
    }
    // By header alone: a key block that does not decode is a key block all the same.
    kept.has_private_key = String::from_utf8_lossy(bytes)
        .lines()
        .any(|line| line.starts_with("-----BEGIN ") && line.contains("PRIVATE KEY-----"));
    kept
}

/// How deep brackets open before they close, quoted ones counted too: an upper bound that costs one pass. The YAML
/// scanner's time grows with the square of it.
fn nesting(text: &str) -> usize {
    let mut depth = 0_usize;
    let mut deepest = 0;
    for byte in text.bytes() {
        match byte {
            b'[' | b'{' => depth += 1,
            b']' | b'}' => depth = depth.saturating_sub(1),
            _ => {}
        }
        deepest = deepest.max(depth);
    }
    deepest
}

/// The first document of `text`, which is all that components read, as it stands there; without secrets where it is of a
/// kind that holds them, or may be.
fn config(text: &str) -> Option<String> {
    let text = first(text);
    let mut document = first_document(text).ok()?;
    let kind = document.get("kind").and_then(Value::as_str);
    let holds_keys = |text: &str| text.contains("EncryptionConfig");
    let encrypts = holds_keys(text) || kind.is_some_and(holds_keys);
    let hidden = match kind {
        // Credentials, not configuration: whoever needs them asks for a kubeconfig.
        Some("Config" | "Secret") => return None,
        Some("KubeletConfiguration") => remove(&mut document, "staticPodURLHeader"),
        // etcd's has no kind; its fields are called as its flags are.
        None => hide(&mut document),
        _ => false,
    };
    if encrypts {
        // The API server refuses a key that stands twice, which would not show any more.
        serde_yaml::from_str::<serde_yaml::Value>(text).ok()?;
        remove(&mut document, "secret");
    } else if !hidden {
        return Some(text.to_owned());
    }
    serde_json::to_string(&document).ok()
}

/// Whether a text is blank but for comments.
pub(super) fn says_nothing(text: &str) -> bool {
    let mut lines = text.lines().map(str::trim_start);
    lines.all(|line| line.is_empty() || line.starts_with('#'))
}

/// The lines of the first document: up to the next `---` or `...` behind what it says.
fn first(text: &str) -> &str {
    let (mut at, mut begun) = (0, false);
    for line in text.split_inclusive('\n') {
        let mark = |mark| {
            let rest: &str = line.strip_prefix(mark)?;
            (rest.is_empty() || rest.starts_with(char::is_whitespace)).then_some(rest)
        };
        let says = match mark("---").or_else(|| mark("...")) {
            Some(_) if begun => return &text[..at],
            Some(rest) => rest.trim_start(),
            None => line.trim_start(),
        };
        begun |= !says.is_empty() && !says.starts_with(['#', '%']);
        at += line.len();
    }
    text
}

/// Puts something else in the place of what the table of etcd's configuration holds to be secret; whether there was any.
fn hide(document: &mut Value) -> bool {
    let rows = ComponentKind::Etcd.config().rows.iter();
    let secrets = rows.filter(|row| row.kind == SettingKind::Secret);
    let mut hidden = false;
    for row in secrets {
        let last = row
            .path
            .iter()
            .try_fold(&mut *document, |here, name| here.get_mut(name.as_str()));
        if let Some(value) = last {
            *value = Value::String(UNKEPT.to_owned());
            hidden = true;
        }
    }
    hidden
}

/// The settings of K3s that are kept, each value on a line of its own.
fn k3s(text: &str) -> Option<BTreeMap<String, String>> {
    if says_nothing(text) {
        return Some(BTreeMap::new());
    }
    let document = match first_document(text).ok()? {
        Value::Object(settings) => settings,
        _ => return None,
    };
    let scalar = |value: &Value| match value {
        Value::String(text) => Some(text.clone()),
        Value::Bool(value) => Some(value.to_string()),
        Value::Number(number) => Some(number.to_string()),
        _ => None,
    };
    let kept = document.iter().filter(|(name, _)| is_kept(name));
    let kept = kept.map(|(name, value)| {
        let values = match value {
            Value::Array(items) => items.iter().filter_map(scalar).collect(),
            value => scalar(value).into_iter().collect::<Vec<_>>(),
        };
        (name.clone(), values.join("\n"))
    });
    Some(kept.collect())
}

/// Takes `key` out wherever it stands; whether it did anywhere.
fn remove(value: &mut Value, key: &str) -> bool {
    match value {
        Value::Object(map) => {
            let removed = map.remove(key).is_some();
            let below = map.values_mut().map(|value| remove(value, key));
            below.fold(removed, |any, one| any | one)
        }
        Value::Array(items) => {
            let below = items.iter_mut().map(|item| remove(item, key));
            below.fold(false, |any, one| any | one)
        }
        _ => false,
    }
}

/// `conf_dir` of containerd's CRI plugin, `network_dir` of CRI-O: TOML strings on a line of their own.
fn cni_directories(text: &str) -> Vec<String> {
    text.lines()
        .filter_map(|line| line.split_once('='))
        .filter(|(key, _)| matches!(key.trim(), "conf_dir" | "network_dir"))
        .filter_map(|(_, value)| {
            let value = value.trim();
            let quote = value.chars().next().filter(|c| matches!(c, '"' | '\''))?;
            value[1..].split(quote).next().map(str::to_owned)
        })
        .filter(|path| path.starts_with('/'))
        .collect()
}

/// The third column is the uid in `/etc/passwd` and the gid in `/etc/group`.
fn accounts(text: &str) -> BTreeMap<String, u32> {
    text.lines()
        .filter_map(|line| {
            let mut columns = line.split(':');
            let name = columns.next()?;
            let id = columns.nth(1)?.parse().ok()?;
            (matches!(name, "root" | "etcd")).then(|| (name.to_owned(), id))
        })
        .collect()
}

fn pretty_name(text: &str) -> Option<String> {
    let value = |key: &str| {
        text.lines()
            .find_map(|line| line.strip_prefix(key)?.strip_prefix('='))
            .map(|value| value.trim().trim_matches(['"', '\'']).to_owned())
    };
    value("PRETTY_NAME").or_else(|| value("NAME"))
}

/// The variables etcd takes for flags. What the table of flags holds to be secret is only said to be set; a variable that
/// stands for no flag known there says nothing to us.
pub(super) fn etcd_variables<'a>(
    pairs: impl Iterator<Item = (&'a str, &'a str)>,
) -> BTreeMap<String, String> {
    let table = ComponentKind::Etcd.flags();
    let kept = pairs.filter_map(|(name, value)| {
        let flag = name.strip_prefix("ETCD_")?;
        let flag = flag.to_ascii_lowercase().replace('_', "-");
        let row = &table.rows[table.position(&flag)?];
        let value = match row.kind {
            SettingKind::Secret if !value.is_empty() => UNKEPT.to_owned(),
            _ => clean_urls(value),
        };
        Some((name.to_owned(), value))
    });
    kept.collect()
}

/// `kubelet.service` of `0::/system.slice/kubelet.service`.
fn unit_of(text: &str) -> Option<String> {
    text.lines()
        .filter_map(|line| line.rsplit('/').next())
        .find(|name| name.ends_with(".service") && name.len() <= LONGEST_NAME)
        .map(str::to_owned)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::facts::certificate::samples;

    const PLANTED: &str = "UExBTlRFRC1TRUNSRVQ=";

    /// What every purpose keeps of a text, as it would be recorded.
    fn kept(purpose: Purpose, text: &str) -> String {
        match reduce(purpose, text.as_bytes()) {
            Ok(body) => serde_json::to_string(&body).unwrap(),
            Err(error) => error.to_string(),
        }
    }

    #[test]
    fn no_purpose_keeps_a_secret() {
        let key =
            format!("-----BEGIN EC PRIVATE KEY-----\n{PLANTED}\n-----END EC PRIVATE KEY-----\n");
        let user = format!(
            "kind: Config\nclusters: [{{cluster: {{server: 'https://u:{PLANTED}@h:6443/x?{PLANTED}'}}}}]\nusers: [{{user: {{\
             token: {PLANTED}, password: {PLANTED}, client-key-data: {PLANTED}, exec: {{env: [{{name: A, value: {PLANTED}}}]}}}}}}]"
        );
        let encryption = format!(
            "kind: EncryptionConfiguration\nresources: [{{resources: [secrets], providers: [{{aescbc: {{keys: [{{name: k, secret: {PLANTED}}}]}}}}]}}]"
        );
        let pod = format!(
            "kind: Pod\nspec: {{containers: [{{name: etcd, command: [etcd], env: [{{name: ETCD_INITIAL_CLUSTER_TOKEN, value: {PLANTED}}}, {{name: PASSWORD, value: {PLANTED}}}]}}]}}"
        );
        let cases = [
            (Purpose::Certificates, format!("{}{key}", samples::NODE)),
            (Purpose::Kubeconfig, user.clone()),
            (Purpose::Config, user),
            (Purpose::Config, encryption),
            (
                Purpose::Config,
                format!("kind: Secret\ndata: {{a: {PLANTED}}}"),
            ),
            (
                Purpose::Config,
                format!(
                    "kind: KubeletConfiguration\nstaticPodURLHeader: {{Authorization: [{PLANTED}]}}"
                ),
            ),
            (Purpose::Config, format!("a: [{PLANTED}")),
            (Purpose::Config, format!("initial-cluster-token: {PLANTED}")),
            (Purpose::Manifest, pod),
            (
                Purpose::Unit,
                format!("[Service]\nEnvironment=A={PLANTED}\nEnvironmentFile=-/etc/x\n"),
            ),
            (
                Purpose::Runtime,
                format!("password = \"{PLANTED}\"\nconf_dir = \"/etc/cni\""),
            ),
            (
                Purpose::Accounts,
                format!("root:{PLANTED}:0:0\nbob:{PLANTED}:1:1"),
            ),
            (
                Purpose::EtcdEnvironment,
                format!(
                    "ETCD_X_PASSWORD={PLANTED}\0ETCD_INITIAL_CLUSTER_TOKEN={PLANTED}\0HOME={PLANTED}\0ETCD_NAME=a\0"
                ),
            ),
            (
                Purpose::ControlGroup,
                format!("0::/{PLANTED}/kubelet.service"),
            ),
        ];
        for (purpose, text) in cases {
            assert!(text.contains(PLANTED));
            let kept = kept(purpose, &text);
            assert!(!kept.contains(PLANTED), "{purpose:?} kept {kept}");
            assert!(!kept.contains("PLANTED-SECRET"), "{purpose:?} kept {kept}");
        }
    }

    #[test]
    fn each_purpose_keeps_what_it_is_for() {
        let paths =
            |paths: &[&str]| Body::Paths(paths.iter().map(|path| (*path).to_owned()).collect());
        let cases = [
            (
                Purpose::Unit,
                "[Service]\nEnvironmentFile=/a\nEnvironmentFile=\n EnvironmentFile = -/b\n",
                paths(&["", "-/b"]),
            ),
            (
                Purpose::Runtime,
                " conf_dir = '/etc/cni/net.d'\nconf_dir = 5\nnetwork_dir = \"rel\"",
                paths(&["/etc/cni/net.d"]),
            ),
            (
                Purpose::ControlGroup,
                "1:cpu:/x\n0::/system.slice/k3s.service\n",
                paths(&["k3s.service"]),
            ),
            (Purpose::ControlGroup, "0::/init.scope\n", paths(&[])),
            (
                Purpose::OsRelease,
                "NAME=x\nPRETTY_NAME=\"A 1\"\n",
                Body::Text("A 1".into()),
            ),
            (Purpose::Kernel, "10\n", Body::Text("10".into())),
            (
                Purpose::Accounts,
                "root:x:0:0:::\netcd:x:52034:1:::\n",
                Body::Ids([("etcd".into(), 52034), ("root".into(), 0)].into()),
            ),
            (
                Purpose::Config,
                "staticPodPath: /a\n",
                Body::Text("staticPodPath: /a\n".into()),
            ),
        ];
        for (purpose, text, expected) in cases {
            assert_eq!(
                reduce(purpose, text.as_bytes()),
                Ok(expected),
                "{purpose:?} of {text}"
            );
        }
        let pem = format!(
            "{}{}-----BEGIN X-----\n%%\n-----END X-----\n",
            samples::CA,
            samples::NODE
        );
        let Ok(Body::Pem(pem)) = reduce(Purpose::Certificates, pem.as_bytes()) else {
            panic!()
        };
        assert_eq!(
            (pem.certificates.len(), pem.has_private_key, pem.broken),
            (2, false, 1)
        );
    }

    #[test]
    fn of_a_configuration_the_first_document_is_kept() {
        let kept = |text: &str| match reduce(Purpose::Config, text.as_bytes()) {
            Ok(Body::Text(text)) => text,
            other => format!("{other:?}"),
        };
        for (text, expected) in [
            ("a: 1\n---\n", "a: 1\n"),
            ("---\na: 1\n---\nb: [\n", "---\na: 1\n"),
            (
                "# c\n%YAML 1.1\n--- # d\na: 1\n...\nb\n",
                "# c\n%YAML 1.1\n--- # d\na: 1\n",
            ),
            ("\u{feff}a: 1\n", "a: 1\n"),
            ("a: |\n  ---\n  b\n", "a: |\n  ---\n  b\n"),
            // Which of two keys counts is up to the reader.
            ("a: 1\na: 2\n", "a: 1\na: 2\n"),
            ("--- {a: 1}\n--- {b: 1}\n", "--- {a: 1}\n"),
            ("kind: A\n---\nkind: Secret\ndata: {a: b}\n", "kind: A\n"),
        ] {
            assert_eq!(kept(text), expected, "{text}");
        }
        let k3s = reduce(Purpose::K3s, b"# nothing\n\n");
        assert_eq!(k3s, Ok(Body::Variables(BTreeMap::new())));
        let twice = "kind: EncryptionConfiguration\nresources: []\nresources: [{secret: a}]\n";
        assert!(kept(twice).contains("Unreducible"));
    }

    #[test]
    fn hostile_content_is_refused_quietly() {
        let size = Purpose::Config.limit();
        let started = std::time::Instant::now();
        let bombs = [
            "[", "{", "[{", "- ", "? ", "&a ", "!!x ", "\n ", "'", "a: ", "*a ", "#",
        ]
        .map(|piece| piece.repeat(size / piece.len()));
        for purpose in Purpose::ALL {
            for text in [&b"\xff\xfe\0\0"[..], b"", b"- ["] {
                let _ = reduce(purpose, text);
            }
        }
        for bomb in &bombs {
            let _ = reduce(Purpose::Manifest, bomb.as_bytes());
        }
        let mut laughs = "a0: &a0 [x, x, x, x, x, x, x, x, x, x]\n".to_owned();
        for level in 1..12 {
            let again = format!("*a{}, ", level - 1).repeat(10);
            laughs += &format!("a{level}: &a{level} [{again}]\n");
        }
        for purpose in [Purpose::Config, Purpose::Manifest, Purpose::Kubeconfig] {
            let _ = reduce(purpose, laughs.as_bytes());
        }
        assert!(started.elapsed().as_secs() < 20);
    }
}
