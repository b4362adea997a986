//! The only way free text becomes a fact: what is known to hold no secret is kept, everything else is reduced to its length.
//!
//! Lists here say what is *kept*; a flag, an annotation or a key that nobody thought of is redacted.

mod names;
mod pattern;
mod words;

use std::fmt;

use prost::bytes::{Buf, BufMut};
use prost::encoding::{DecodeContext, WireType, skip_field};
use serde_json::Value;

use crate::facts::objects::Labels;

pub use pattern::{literal, pattern};
pub use words::{Found, in_value, in_words};

use pattern::withheld;

/// What stands for a text that is not kept.
pub fn redacted(text: &str) -> String {
    format!("‹redacted, {} bytes›", text.len())
}

/// Annotations that are kept, each because a check or the collector reads it.
const ANNOTATIONS: &[&str] = &[
    "kubernetes.io/config.mirror",
    "kubernetes.io/config.source",
    "kubernetes.io/config.hash",
    "kubernetes.io/ingress.class",
    "rbac.authorization.kubernetes.io/autoupdate",
    "seccomp.security.alpha.kubernetes.io/pod",
    "ingress.kubernetes.io/ssl-redirect",
    "nginx.ingress.kubernetes.io/ssl-redirect",
    "nginx.ingress.kubernetes.io/force-ssl-redirect",
    "nginx.ingress.kubernetes.io/ssl-passthrough",
    "nginx.ingress.kubernetes.io/backend-protocol",
    "haproxy.org/ssl-redirect",
    "traefik.ingress.kubernetes.io/router.tls",
    "alb.ingress.kubernetes.io/certificate-arn",
    "alb.ingress.kubernetes.io/listen-ports",
    "alb.ingress.kubernetes.io/scheme",
    "appgw.ingress.kubernetes.io/appgw-ssl-certificate",
    "ingress.gcp.kubernetes.io/pre-shared-cert",
    "networking.gke.io/managed-certificates",
    "cloud.google.com/load-balancer-type",
    "networking.gke.io/load-balancer-type",
    "service.beta.kubernetes.io/aws-load-balancer-internal",
    "service.beta.kubernetes.io/aws-load-balancer-scheme",
    "service.beta.kubernetes.io/azure-load-balancer-internal",
    "service.beta.kubernetes.io/openstack-internal-load-balancer",
    "kubeadm.kubernetes.io/etcd.advertise-client-urls",
    "kubeadm.kubernetes.io/kube-apiserver.advertise-address.endpoint",
    "kubeadm.kubernetes.io/component-config.hash",
];

/// Families of annotations that are kept; what follows is the name of a container.
const ANNOTATION_PREFIXES: &[&str] = &[
    "container.apparmor.security.beta.kubernetes.io/",
    "container.seccomp.security.alpha.kubernetes.io/",
];

/// What ends so is configuration of a proxy, written into an Ingress: that it is there is kept, and nothing of what it says.
const SNIPPETS: &[&str] = &["-snippet", "-snippets"];

/// Drops every annotation that is not on the list.
pub fn annotations(annotations: &mut Labels) {
    annotations.retain(|key, value| {
        if SNIPPETS.iter().any(|end| key.ends_with(end)) {
            *value = redacted(value);
            return true;
        }
        ANNOTATIONS.contains(&key)
            || ANNOTATION_PREFIXES
                .iter()
                .any(|prefix| key.starts_with(prefix))
    });
}

/// Flags of common add-ons whose values say how they are secured and hold no secret.
const FLAGS: &[&str] = &[
    "address",
    "authentication-mode",
    "authorization-mode",
    "bind-address",
    "client-ca-file",
    "config",
    "config-dir",
    "enable-admission-plugins",
    "enable-policy",
    "feature-gates",
    "healthz-bind-address",
    "hostname-override",
    "insecure-bind-address",
    "insecure-port",
    "kubeconfig",
    "kubelet-certificate-authority",
    "kubelet-preferred-address-types",
    "metrics-bind-address",
    "port",
    "secure-port",
    "tls-cert-file",
    "tls-cipher-suites",
    "tls-min-version",
    "tls-private-key-file",
    "v",
];

/// The same for flags that are true or false: a word after one of them is not its value.
const SWITCHES: &[&str] = &[
    "allow-privileged",
    "anonymous-auth",
    "enable-insecure-login",
    "enable-k8s-networkpolicy",
    "enable-network-policy",
    "enable-skip-login",
    "enable-ssl-passthrough",
    "insecure",
    "kubelet-insecure-tls",
    "leader-elect",
    "policy-audit-mode",
    "profiling",
    "run-firewall",
];

/// Whether the value of this flag of a workload is kept.
pub fn printable_flag(name: &str) -> bool {
    FLAGS.contains(&name) || SWITCHES.contains(&name)
}

/// A command line with its program: see [`flags`]. The program is kept when it looks like a path.
pub fn argv(words: &[String], printable: &dyn Fn(&str) -> bool) -> Vec<String> {
    let Some((program, rest)) = words.split_first() else {
        return Vec::new();
    };
    if program.starts_with('-') {
        return flags(words, printable);
    }
    let plain = |c: char| c.is_ascii_alphanumeric() || "/._+-".contains(c);
    let path = program.len() <= 128 && program.chars().all(plain) && pattern("", program).is_none();
    let mut out = vec![if path {
        program.clone()
    } else {
        redacted(program)
    }];
    out.extend(flags(rest, printable));
    out
}

/// Arguments without a program: the names of flags, and the values of those that `printable` names (without dashes, `_` as
/// `-`). Everything else is redacted, also what follows `--`. The shapes are pflag's: `--f=v`, `--f v`, `--f`, `-f`, and
/// Go's old `-flag=v`. What follows a single dash may be a value (`-pPASSWORD`), so it is kept only for printable flags.
pub fn flags(words: &[String], printable: &dyn Fn(&str) -> bool) -> Vec<String> {
    let mut out = Vec::with_capacity(words.len());
    let mut detached = false;
    let mut ended = false;
    for word in words {
        let flag = if ended { None } else { split_flag(word) };
        let Some((dashes, name, value)) = flag else {
            ended |= word == "--";
            out.push(if word == "--" {
                word.clone()
            } else {
                kept(word, detached && !ended)
            });
            detached = false;
            continue;
        };
        let name_in_list = name.replace('_', "-");
        let known = printable(&name_in_list);
        if dashes == 1 && name.len() > 1 && !known {
            out.push(redacted(word));
        } else {
            let dashes = &"--"[..dashes];
            out.push(match value {
                Some(value) => format!("{dashes}{name}={}", kept(value, known)),
                None => format!("{dashes}{name}"),
            });
        }
        detached = known && value.is_none() && !SWITCHES.contains(&name_in_list.as_str());
    }
    out
}

/// Splits `--name=value` into the number of dashes, the name and the value; `None` when the word is no flag.
fn split_flag(word: &str) -> Option<(usize, &str, Option<&str>)> {
    let (dashes, rest) = match word.strip_prefix("--") {
        Some(rest) => (2, rest),
        None => (1, word.strip_prefix('-')?),
    };
    let (name, value) = match rest.split_once('=') {
        Some((name, value)) => (name, Some(value)),
        None => (rest, None),
    };
    let plain = |c: char| c.is_ascii_alphanumeric() || "._-".contains(c);
    let sound = name.starts_with(|c: char| c.is_ascii_alphanumeric())
        && name.len() <= 80
        && name.chars().all(plain)
        && pattern("", name).is_none();
    sound.then_some((dashes, name, value))
}

/// The value if it may be kept, is one short line, and does not look like a secret all the same. URLs lose user and query.
fn kept(value: &str, may: bool) -> String {
    let line = value.len() <= 1024 && !value.contains(char::is_control);
    if !may || !line || pattern("", value).is_some() {
        redacted(value)
    } else if value.contains("://") {
        value.split(',').map(url).collect::<Vec<_>>().join(",")
    } else {
        value.to_owned()
    }
}

/// Fields of component configurations that hold free text: command lines, environments, HTTP headers.
const FREE_FIELDS: &[&str] = &["extraArgs", "extraEnvs", "staticPodURLHeader"];

/// Takes out of a component's configuration the fields that hold free text, and every text that looks like a secret.
pub fn configuration(value: &mut Value) {
    let mut open = vec![value];
    while let Some(value) = open.pop() {
        match value {
            Value::Object(fields) => {
                fields.retain(|key, _| !FREE_FIELDS.contains(&key.as_str()));
                for (key, value) in fields {
                    match value {
                        Value::String(text) if withheld(key, text) => {
                            *text = redacted(text);
                        }
                        value => open.push(value),
                    }
                }
            }
            Value::Array(items) => open.extend(items),
            Value::String(text) if pattern("", text).is_some() => *text = redacted(text),
            _ => {}
        }
    }
}

/// A URL without user, query and fragment. What does not look like one is redacted, also one with an `@` behind `?` or `#`,
/// which may be part of a password that was not escaped.
pub fn url(url: &str) -> String {
    let bare = url.split(['?', '#']).next().unwrap_or_default();
    let scheme = |c: char| c.is_ascii_alphanumeric() || "+.-".contains(c);
    let Some((scheme, rest)) = bare
        .split_once("://")
        .filter(|(name, _)| name.chars().all(scheme) && !url[bare.len()..].contains('@'))
    else {
        return redacted(url);
    };
    // The last `@`, wherever it stands: a password may hold an unescaped slash.
    let rest = rest.rsplit('@').next().unwrap_or_default();
    format!("{scheme}://{rest}")
}

/// The name of an image without user and password, which do not belong there: the last `@` stands before a digest, any
/// other behind credentials.
pub fn image(name: &str) -> &str {
    let is_digest = |at: &usize| name[at + 1..].starts_with("sha") && !name[*at..].contains('/');
    let body = &name[..name.rfind('@').filter(is_digest).unwrap_or(name.len())];
    match body.rfind('@') {
        Some(at) if body[..at].contains(':') => &name[at + 1..],
        _ => name,
    }
}

/// A URL without user, path, query and fragment: where a path alone may be what opens the door, as in a webhook's.
pub fn origin(address: &str) -> String {
    let kept = url(address);
    let path = kept
        .split_once("://")
        .and_then(|(_, rest)| rest.split_once('/'));
    match path {
        Some((_, path)) if !path.is_empty() => {
            let origin = kept.strip_suffix(path).unwrap_or_default();
            format!("{origin}{}", redacted(path))
        }
        _ => kept,
    }
}

/// The blocks `-----BEGIN {label}-----` to `-----END {label}-----` (RFC 7468) of a text, and nothing else of it: a key
/// that somebody left in a bundle of certificates stays there.
pub fn pem_blocks(bytes: &[u8], label: &str) -> String {
    let text = String::from_utf8_lossy(bytes);
    let (begin, end) = (
        format!("-----BEGIN {label}-----"),
        format!("-----END {label}-----"),
    );
    let mut out = String::new();
    for block in text.split(&begin).skip(1) {
        let Some((body, _)) = block.split_once(&end) else {
            continue;
        };
        let base64 = |c: char| c.is_ascii_alphanumeric() || "+/=\r\n\t ".contains(c);
        if body.chars().all(base64) {
            out.push_str(&format!("{begin}{body}{end}\n"));
        }
    }
    out
}

/// Text that is handed on inside one run and never printed or stored: the command line of a component, on its way to
/// the reader of its flags.
#[derive(Clone, Default, PartialEq)]
pub struct Unprinted(Vec<String>);

impl Unprinted {
    /// Wraps `words`.
    pub fn new(words: Vec<String>) -> Self {
        Self(words)
    }

    /// The words, for those who read flags from them.
    pub fn words(&self) -> &[String] {
        &self.0
    }
}

impl fmt::Debug for Unprinted {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} words", self.0.len())
    }
}

/// On the wire it does not exist: nothing is written, nothing is read.
impl prost::Message for Unprinted {
    fn encode_raw(&self, _: &mut impl BufMut) {}
    fn merge_field(
        &mut self,
        tag: u32,
        wire_type: WireType,
        buf: &mut impl Buf,
        ctx: DecodeContext,
    ) -> Result<(), prost::DecodeError> {
        skip_field(wire_type, tag, buf, ctx)
    }
    fn encoded_len(&self) -> usize {
        0
    }
    fn clear(&mut self) {
        self.0.clear();
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn words(text: &[&str]) -> Vec<String> {
        text.iter().map(|word| (*word).to_owned()).collect()
    }

    #[test]
    fn command_lines_keep_flags_and_listed_values() {
        for (given, kept) in [
            (&["/bin/x", "--port=1"][..], &["/bin/x", "--port=1"][..]),
            (&["x", "--port", "1"], &["x", "--port", "1"]),
            (&["x", "--bind_address=a"], &["x", "--bind_address=a"]),
            (&["x", "-v=2", "-v", "3"], &["x", "-v=2", "-v", "3"]),
            (&["x", "-port=1"], &["x", "-port=1"]),
            (
                &["x", "--insecure", "pass"],
                &["x", "--insecure", "‹redacted, 4 bytes›"],
            ),
            (
                &["x", "--token", "pass"],
                &["x", "--token", "‹redacted, 4 bytes›"],
            ),
            (&["x", "-ppass", "-u"], &["x", "‹redacted, 6 bytes›", "-u"]),
            (
                &["x", "--p!=1", "-"],
                &["x", "‹redacted, 6 bytes›", "‹redacted, 1 bytes›"],
            ),
            (
                &["x", "--", "--port=1"],
                &["x", "--", "‹redacted, 8 bytes›"],
            ),
            (
                &["a b", "--v=1\n2"],
                &["‹redacted, 3 bytes›", "--v=‹redacted, 3 bytes›"],
            ),
            (
                &["x", "--address=h://a?t=1,h://b"],
                &["x", "--address=h://a,h://b"],
            ),
            (&["--port=1", "word"], &["--port=1", "‹redacted, 4 bytes›"]),
            (&[], &[]),
        ] {
            assert_eq!(
                argv(&words(given), &printable_flag),
                words(kept),
                "{given:?}"
            );
        }
    }

    #[test]
    fn names_of_images_hold_no_password() {
        for (name, kept) in [
            ("nginx", "nginx"),
            ("r.io:5000/a/b:1", "r.io:5000/a/b:1"),
            ("r.io:5000/a:1@sha256:00", "r.io:5000/a:1@sha256:00"),
            ("nginx@md5:00", "nginx@md5:00"),
            ("u:p@r.io/a:1", "r.io/a:1"),
            ("u:p/q@r.io/a@sha256:00", "r.io/a@sha256:00"),
            ("u:p@q@r.io/a", "r.io/a"),
            ("https://u:p@r.io/a", "r.io/a"),
            ("u:p@a:1", "a:1"),
            ("u:sha@r.io/a", "r.io/a"),
            ("", ""),
            ("@", "@"),
        ] {
            assert_eq!(image(name), kept, "{name}");
        }
    }

    #[test]
    fn urls_and_bundles() {
        for (given, kept) in [
            ("https://u:p@h:1/p?q#f", "https://h:1/p"),
            ("https://u:p@ss/w@h/p", "https://h/p"),
            ("https://u:p?ss@h/p", "‹redacted, 18 bytes›"),
            ("https://h", "https://h"),
            ("hunter2", "‹redacted, 7 bytes›"),
            ("pass word://h", "‹redacted, 13 bytes›"),
        ] {
            assert_eq!(url(given), kept);
        }
        for (given, kept) in [
            (
                "https://u:p@h:1/in/token?q",
                "https://h:1/‹redacted, 8 bytes›",
            ),
            ("https://h/", "https://h/"),
            ("https://h", "https://h"),
            ("hunter2", "‹redacted, 7 bytes›"),
        ] {
            assert_eq!(origin(given), kept);
        }
        let bundle = "x\n-----BEGIN CERTIFICATE-----\nAAAA\n-----END CERTIFICATE-----\n\
            -----BEGIN PRIVATE KEY-----\nBBBB\n-----END PRIVATE KEY-----\n\
            -----BEGIN CERTIFICATE-----\n-----BEGIN PRIVATE KEY-----\nCC\n-----END CERTIFICATE-----\n";
        let kept = "-----BEGIN CERTIFICATE-----\nAAAA\n-----END CERTIFICATE-----\n";
        assert_eq!(pem_blocks(bundle.as_bytes(), "CERTIFICATE"), kept);
        let all = format!("{:?}", Unprinted::new(words(&["hunter2"])));
        assert_eq!(all, "1 words");
    }
}
