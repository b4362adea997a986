//! What components refuse to start with, as far as fixes come near it. Each rule with its source; what a rule needs to know is
//! read off the command lines and files of an example.

use std::collections::{BTreeMap, BTreeSet};

use serde_json::Value;

use super::apply::{command_lines, yaml};

/// A command line with the files around it.
struct Run<'g> {
    flags: BTreeMap<String, Vec<String>>,
    given: &'g Value,
}

/// A rule: the component, when it refuses, and what it says.
struct Rule {
    component: &'static str,
    refuses: fn(&Run<'_>) -> bool,
    why: &'static str,
}

/// Files that kubeadm keeps on a control-plane node: whatever is named of them is there.
const KUBEADM: &str = "/etc/kubernetes/pki/";

/// Flags of the API server that name a file that somebody has to write.
const WRITTEN: [&str; 6] = [
    "audit-policy-file",
    "encryption-provider-config",
    "authentication-config",
    "authorization-config",
    "admission-control-config-file",
    "authorization-webhook-config-file",
];

const RULES: [Rule; 17] = [
    // k8s.io/apiserver/pkg/server/options/admission.go, Validate.
    Rule {
        component: "kube-apiserver",
        refuses: |run| {
            !run.list("enable-admission-plugins")
                .is_disjoint(&run.list("disable-admission-plugins"))
        },
        why: "an admission plugin is both enabled and disabled",
    },
    Rule {
        component: "kube-apiserver",
        refuses: |run| {
            run.has("admission-control")
                && (run.has("enable-admission-plugins") || run.has("disable-admission-plugins"))
        },
        why: "--admission-control excludes --enable-admission-plugins and --disable-admission-plugins",
    },
    // plugin/pkg/admission/eventratelimit/validation.go: limits must not be empty.
    Rule {
        component: "kube-apiserver",
        refuses: |run| run.admits("EventRateLimit") && !run.configures("EventRateLimit"),
        why: "EventRateLimit needs a configuration with limits",
    },
    // plugin/pkg/admission/imagepolicy/admission.go: no config specified.
    Rule {
        component: "kube-apiserver",
        refuses: |run| run.admits("ImagePolicyWebhook") && !run.configures("ImagePolicyWebhook"),
        why: "ImagePolicyWebhook needs a configuration",
    },
    // pkg/kubeapiserver/options/authentication.go, Validate.
    Rule {
        component: "kube-apiserver",
        refuses: |run| {
            run.has("anonymous-auth")
                && run
                    .file("authentication-config")
                    .is_some_and(|file| file.get("anonymous").is_some())
        },
        why: "--anonymous-auth excludes `anonymous` in the file of --authentication-config",
    },
    Rule {
        component: "kube-apiserver",
        refuses: |run| {
            run.has("authentication-config")
                && run.flags.keys().any(|flag| flag.starts_with("oidc-"))
        },
        why: "--authentication-config excludes the flags of OpenID Connect",
    },
    // pkg/kubeapiserver/options/authorization.go, Validate.
    Rule {
        component: "kube-apiserver",
        refuses: |run| {
            run.has("authorization-config")
                && (run.has("authorization-mode") || run.has("authorization-webhook-config-file"))
        },
        why: "--authorization-config excludes --authorization-mode and the flags of its webhook",
    },
    Rule {
        component: "kube-apiserver",
        refuses: |run| {
            run.list("authorization-mode").contains("Webhook")
                && !run.has("authorization-webhook-config-file")
        },
        why: "the authorization mode Webhook needs --authorization-webhook-config-file",
    },
    Rule {
        component: "kube-apiserver",
        refuses: |run| {
            run.list("authorization-mode").contains("ABAC") && !run.has("authorization-policy-file")
        },
        why: "the authorization mode ABAC needs --authorization-policy-file",
    },
    Rule {
        component: "kube-apiserver",
        refuses: |run| {
            WRITTEN
                .iter()
                .any(|flag| run.last(flag).is_some_and(|path| !run.is_there(path)))
        },
        why: "a flag names a file that nobody made",
    },
    // Go's tls.LoadX509KeyPair, which every pair of these goes through.
    Rule {
        component: "kube-apiserver",
        refuses: |run| {
            run.half("tls-cert-file", "tls-private-key-file")
                || run.half("etcd-certfile", "etcd-keyfile")
                || run.half("kubelet-client-certificate", "kubelet-client-key")
        },
        why: "a certificate is named without its key, or a key without its certificate",
    },
    // pkg/controlplane/apiserver/options/validation.go.
    Rule {
        component: "kube-apiserver",
        refuses: |run| {
            run.has("encryption-provider-config-automatic-reload")
                && !run.has("encryption-provider-config")
        },
        why: "--encryption-provider-config-automatic-reload needs --encryption-provider-config",
    },
    // etcd client/pkg/transport/listener.go: KeyFile and CertFile must both be present.
    Rule {
        component: "etcd",
        refuses: |run| {
            run.half("cert-file", "key-file") || run.half("peer-cert-file", "peer-key-file")
        },
        why: "a certificate is named without its key, or a key without its certificate",
    },
    // etcd security documentation: clients are verified against the trusted CA.
    Rule {
        component: "etcd",
        refuses: |run| run.is_true("client-cert-auth") && !run.has("trusted-ca-file"),
        why: "--client-cert-auth needs --trusted-ca-file",
    },
    Rule {
        component: "etcd",
        refuses: |run| run.is_true("peer-client-cert-auth") && !run.has("peer-trusted-ca-file"),
        why: "--peer-client-cert-auth needs --peer-trusted-ca-file",
    },
    // etcd server/embed/etcd.go: TLS key and certificate must be provided for a URL of scheme https.
    Rule {
        component: "etcd",
        refuses: |run| {
            run.list("listen-client-urls")
                .iter()
                .any(|url| url.starts_with("https:"))
                && !run.has("cert-file")
                && !run.is_true("auto-tls")
        },
        why: "an https address to listen on needs --cert-file",
    },
    // The kubelet's flag parsing: a named configuration file has to be there.
    Rule {
        component: "kubelet",
        refuses: |run| run.last("config").is_some_and(|path| !run.is_there(path)),
        why: "--config names a file that nobody made",
    },
];

/// Everything that a component of `given` refuses to start with.
pub(super) fn refusals(given: &Value) -> BTreeSet<&'static str> {
    let mut found = BTreeSet::new();
    for rule in &RULES {
        command_lines(&mut given.clone(), rule.component, |words| {
            let run = Run {
                flags: flags(words),
                given,
            };
            if (rule.refuses)(&run) {
                found.insert(rule.why);
            }
        });
    }
    found
}

fn flags(words: &[Value]) -> BTreeMap<String, Vec<String>> {
    let mut flags: BTreeMap<String, Vec<String>> = BTreeMap::new();
    let mut words = words.iter().filter_map(Value::as_str).skip(1).peekable();
    while let Some(word) = words.next() {
        let Some(flag) = word.strip_prefix('-') else {
            continue;
        };
        let flag = flag.trim_start_matches('-');
        let (name, value) = match flag.split_once('=') {
            Some((name, value)) => (name, value),
            None => {
                let value = words.next_if(|next| !next.starts_with('-'));
                (flag, value.unwrap_or("true"))
            }
        };
        let name = name.replace('_', "-");
        flags.entry(name).or_default().push(value.to_owned());
    }
    flags
}

impl Run<'_> {
    fn has(&self, flag: &str) -> bool {
        self.last(flag).is_some_and(|value| !value.is_empty())
    }

    fn last(&self, flag: &str) -> Option<&str> {
        self.flags.get(flag)?.last().map(String::as_str)
    }

    fn is_true(&self, flag: &str) -> bool {
        self.last(flag)
            .is_some_and(|value| ["true", "1", "t", "T", "True", "TRUE"].contains(&value))
    }

    fn list(&self, flag: &str) -> BTreeSet<&str> {
        let values = self.flags.get(flag).into_iter().flatten();
        values.flat_map(|value| value.split(',')).collect()
    }

    /// One of two flags that belong together.
    fn half(&self, one: &str, other: &str) -> bool {
        self.has(one) != self.has(other)
    }

    fn admits(&self, plugin: &str) -> bool {
        let on = ["enable-admission-plugins", "admission-control"];
        on.iter().any(|flag| self.list(flag).contains(plugin))
            && !self.list("disable-admission-plugins").contains(plugin)
    }

    /// Whether the admission configuration has something for a plugin.
    fn configures(&self, plugin: &str) -> bool {
        let file = self.file("admission-control-config-file");
        let plugins = file.as_ref().and_then(|file| file["plugins"].as_array());
        plugins.into_iter().flatten().any(|one| {
            let limits = &one["configuration"]["limits"];
            let empty = limits.as_array().is_some_and(Vec::is_empty);
            one["name"] == plugin && !empty
        })
    }

    fn is_there(&self, path: &str) -> bool {
        let gap = self.given["gaps"].get(path).is_some();
        path.starts_with(KUBEADM) || gap || self.given["files"].get(path).is_some()
    }

    /// The content of the file that a flag names.
    fn file(&self, flag: &str) -> Option<Value> {
        let file = self.given["files"].get(self.last(flag)?)?;
        let text = file.as_str().or_else(|| file["content"].as_str())?;
        yaml(text).ok()
    }
}

#[cfg(test)]
mod tests {
    use super::refusals;
    use serde_json::json;

    #[test]
    #[expect(clippy::too_many_lines, reason = "one table of cases")]
    fn what_a_component_refuses() {
        let policy = json!({"/p": "kind: Policy"});
        let anonymous = json!({"/a": "{anonymous: {enabled: false}}"});
        for (argv, files, refused) in [
            (
                vec!["kube-apiserver", "--audit-policy-file=/p"],
                policy,
                false,
            ),
            (
                vec!["kube-apiserver", "--audit-policy-file=/p"],
                json!({}),
                true,
            ),
            (
                vec!["kube-apiserver", "--audit-log-path=/l"],
                json!({}),
                false,
            ),
            (
                vec![
                    "kube-apiserver",
                    "--enable-admission-plugins=EventRateLimit",
                ],
                json!({}),
                true,
            ),
            (
                vec![
                    "kube-apiserver",
                    "--enable-admission-plugins=NodeRestriction",
                ],
                json!({}),
                false,
            ),
            (
                vec![
                    "kube-apiserver",
                    "--enable-admission-plugins=A,B",
                    "--disable-admission-plugins=B",
                ],
                json!({}),
                true,
            ),
            (
                vec![
                    "kube-apiserver",
                    "--anonymous-auth=false",
                    "--authentication-config=/a",
                ],
                anonymous.clone(),
                true,
            ),
            (
                vec!["kube-apiserver", "--authentication-config", "/a"],
                anonymous,
                false,
            ),
            (
                vec!["kube-apiserver", "--authorization-mode=Node,Webhook"],
                json!({}),
                true,
            ),
            (
                vec!["kube-apiserver", "--tls-cert-file=/c"],
                json!({}),
                true,
            ),
            (vec!["etcd", "--client-cert-auth"], json!({}), true),
            (
                vec!["etcd", "--client-cert-auth", "--trusted-ca-file=/c"],
                json!({}),
                false,
            ),
            (vec!["/usr/bin/etcd", "--cert-file=/c"], json!({}), true),
            (vec!["kubelet", "--config=/k"], json!({}), true),
        ] {
            let found = refusals(&json!({"argv": argv, "files": files}));
            assert_eq!(!found.is_empty(), refused, "{argv:?}: {found:?}");
        }
    }
}
