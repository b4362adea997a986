//! What the files mean that only the API server reads: encryption, limits of events.

use super::*;

macro_rules! encryption {
    ($body:literal) => {
        Some(concat!(
            "apiVersion: apiserver.config.k8s.io/v1\nkind: EncryptionConfiguration\nresources: ",
            $body
        ))
    };
}
macro_rules! admission {
    ($body:literal) => {
        Some(concat!(
            "apiVersion: apiserver.config.k8s.io/v1\nkind: AdmissionConfiguration\n",
            $body
        ))
    };
}

/// docs/tasks/administer-cluster/encrypt-data; apiserver/pkg/server/options/encryptionconfig/config.go
/// (transformerFromOverrides, getTransformerOverridesAndKMSPluginProbes).
#[rustfmt::skip] // one case a line
#[test]
fn encryption_at_rest() {
    let file: &[&str] = &["--encryption-provider-config=/e"];
    let (secrets, maps, all) = ("encryption.secretsProvider", "encryption.configMapsProvider", "encryption.providers");
    check(
        ComponentKind::ApiServer,
        &[
            (&[], &[], &[(secrets, "identity"), (maps, "identity"), (all, "")]),
            (&["--encryption-provider-config-automatic-reload"], &[], &[(secrets, "identity")]),
            (&["--encryption-provider-config=/e", "--encryption-provider-config="], &[], &[(secrets, "identity")]),
            (file, &[("/e", encryption!("[{resources: [secrets], providers: [{aescbc: {keys: [{name: a}]}}, {identity: {}}]}]"))], &[(secrets, "aescbc"), (maps, "identity"), (all, "aescbc,identity")]),
            // The first provider writes.
            (file, &[("/e", encryption!("[{resources: [secrets], providers: [{identity: {}}, {secretbox: {keys: [{name: a}]}}]}]"))], &[(secrets, "identity"), (all, "identity,secretbox")]),
            // Wildcards: the core group, everything, another group.
            (file, &[("/e", encryption!("[{resources: ['*.'], providers: [{secretbox: {}}]}]"))], &[(secrets, "secretbox"), (maps, "secretbox")]),
            (file, &[("/e", encryption!("[{resources: ['*.*'], providers: [{secretbox: {}}]}]"))], &[(secrets, "secretbox")]),
            (file, &[("/e", encryption!("[{resources: ['*.apps', secrets.example.com], providers: [{secretbox: {}}]}]"))], &[(secrets, "identity"), (all, "secretbox")]),
            // What names the resource comes before what covers it.
            (file, &[("/e", encryption!("[{resources: [secrets], providers: [{identity: {}}]}, {resources: ['*.'], providers: [{aesgcm: {}}]}, {resources: ['*.*'], providers: [{secretbox: {}}]}]"))], &[(secrets, "identity"), (maps, "aesgcm"), (all, "identity,aesgcm,secretbox")]),
            // Entries for the same resource add up, so the earlier writes.
            (file, &[("/e", encryption!("[{resources: [configmaps, secrets], providers: [{aesgcm: {}}]}, {resources: [secrets], providers: [{secretbox: {}}]}]"))], &[(secrets, "aesgcm")]),
            // kms without a version is v1.
            (file, &[("/e", encryption!("[{resources: [secrets], providers: [{kms: {apiVersion: v2, name: k, endpoint: 'unix:///k'}}]}, {resources: [configmaps], providers: [{kms: {name: l, endpoint: 'unix:///l'}}]}]"))], &[(secrets, "kms/v2"), (maps, "kms/v1")]),
            // What values say of themselves when they are written: the first key of the first provider.
            (&[], &[], &[("encryption.secretsKeys", "identity")]),
            (file, &[("/e", encryption!("[{resources: [configmaps], providers: [{aescbc: {keys: [{name: a}]}}]}]"))], &[("encryption.secretsKeys", "identity")]),
            (file, &[("/e", encryption!("[{resources: [secrets], providers: [{aescbc: {keys: [{name: b}, {name: a}]}}, {kms: {apiVersion: v2, name: k}}, {identity: {}}]}, {resources: [secrets], providers: [{secretbox: {keys: [{name: c}]}}]}]"))], &[("encryption.secretsKeys", "aescbc:v1:b,aescbc:v1:a,kms:v2:k,identity,secretbox:v1:c")]),
            // JSON is YAML.
            (file, &[("/e", Some("{\"kind\":\"EncryptionConfiguration\",\"apiVersion\":\"apiserver.config.k8s.io/v1\",\"resources\":[{\"resources\":[\"secrets\"],\"providers\":[{\"aescbc\":{}}]}]}"))], &[(secrets, "aescbc")]),
            // What the server refuses tells nothing about what it runs with.
            (file, &[("/e", encryption!("[{resources: ['*.'], providers: [{aesgcm: {}}]}, {resources: [secrets], providers: [{identity: {}}]}]"))], &[(secrets, "gap")]),
            (file, &[("/e", encryption!("[{resources: ['*.*'], providers: [{aesgcm: {}}]}, {resources: [pods], providers: [{identity: {}}]}]"))], &[(secrets, "gap")]),
            (file, &[("/e", encryption!("[{resources: ['*'], providers: [{aesgcm: {}}]}]"))], &[(secrets, "gap")]),
            (file, &[("/e", encryption!("[{resources: ['secrets.*'], providers: [{aesgcm: {}}]}]"))], &[(secrets, "gap")]),
            (file, &[("/e", encryption!("[{resources: [secrets], providers: [{aesgcm: {}, identity: {}}]}]"))], &[(secrets, "gap")]),
            (file, &[("/e", encryption!("[{resources: [secrets], providers: [identity]}]"))], &[(secrets, "gap")]),
            (file, &[("/e", encryption!("[{resources: [secrets], providers: [{rot13: {}}]}]"))], &[(secrets, "gap")]),
            (file, &[("/e", encryption!("[{resources: [secrets], providers: []}]"))], &[(secrets, "gap")]),
            (file, &[("/e", encryption!("[]"))], &[(secrets, "gap")]),
            (file, &[("/e", Some("kind: EncryptionConfig\napiVersion: v1\nresources: []"))], &[(secrets, "gap")]),
            (file, &[("/e", None)], &[(secrets, "gap"), (maps, "gap"), (all, "gap")]),
        ],
    );
}

/// docs/reference/access-authn-authz/admission-controllers; apiserver/pkg/admission/config.go.
#[rustfmt::skip] // one case a line
#[test]
fn event_rate_limits() {
    let file: &[&str] = &["--admission-control-config-file=/d/a"];
    let limits = "eventRateLimits";
    let beside = Some("apiVersion: eventratelimit.admission.k8s.io/v1alpha1\nkind: Configuration\nlimits: [{type: Namespace, qps: 50, burst: 100}]");
    check(
        ComponentKind::ApiServer,
        &[
            (&[], &[], &[(limits, "")]),
            (file, &[("/d/a", admission!("plugins: []"))], &[(limits, "")]),
            (file, &[("/d/a", admission!("plugins: [{name: EventRateLimit, path: limits}]")), ("/d/limits", beside)], &[(limits, "Namespace")]),
            (file, &[("/d/a", admission!("plugins: [{name: EventRateLimit, path: /limits}]")), ("/limits", beside)], &[(limits, "Namespace")]),
            (file, &[("/d/a", admission!("plugins: [{name: PodSecurity}, {name: EventRateLimit, configuration: {limits: [{type: Server}, {type: User}]}}]"))], &[(limits, "Server,User")]),
            (file, &[("/d/a", admission!("plugins: [{name: EventRateLimit}]"))], &[(limits, "")]),
            (file, &[("/d/a", admission!("plugins: [{name: EventRateLimit, path: limits}]")), ("/d/limits", None)], &[(limits, "gap")]),
            (file, &[("/d/a", None)], &[(limits, "gap")]),
        ],
    );
}

/// docs/tasks/configure-pod-container/enforce-standards-admission-controller.
#[rustfmt::skip] // one case a line
#[test]
fn pod_security_defaults_and_exemptions() {
    let file: &[&str] = &["--admission-control-config-file=/d/a"];
    let (enforce, version) = ("podSecurity.enforce", "podSecurity.enforceVersion");
    let exempt = "podSecurity.exemptNamespaces";
    let beside = Some("apiVersion: pod-security.admission.config.k8s.io/v1\nkind: PodSecurityConfiguration\ndefaults: {enforce: restricted, enforce-version: v1.30}\nexemptions: {namespaces: [kube-system, lab]}");
    check(
        ComponentKind::ApiServer,
        &[
            (&[], &[], &[(enforce, "privileged"), (version, "latest"), (exempt, "")]),
            (file, &[("/d/a", admission!("plugins: [{name: PodSecurity, path: pss}]")), ("/d/pss", beside)], &[(enforce, "restricted"), (version, "v1.30"), (exempt, "kube-system,lab")]),
            (file, &[("/d/a", admission!("plugins: [{name: PodSecurity, configuration: {defaults: {enforce: baseline}}}]"))], &[(enforce, "baseline"), (version, "latest")]),
            (file, &[("/d/a", admission!("plugins: [{name: EventRateLimit}]"))], &[(enforce, "privileged")]),
            (file, &[("/d/a", admission!("plugins: [{name: PodSecurity, path: pss}]")), ("/d/pss", None)], &[(enforce, "gap"), (exempt, "gap")]),
            (file, &[("/d/a", None)], &[(enforce, "gap")]),
        ],
    );
}
