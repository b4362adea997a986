//! Files that the API server refuses tell nothing about what it runs with.

use super::*;

const AUTHENTICATION: &str =
    "apiVersion: apiserver.config.k8s.io/VERSION\nkind: AuthenticationConfiguration\n";
const AUTHORIZATION: &str =
    "apiVersion: apiserver.config.k8s.io/VERSION\nkind: AuthorizationConfiguration\n";
const ISSUER: &str = "{issuer: {url: 'https://i', audiences: [a]}, claimMappings: {username: {claim: sub, prefix: ''}}}";
const WEBHOOK: &str = "{timeout: 3s, failurePolicy: Deny, subjectAccessReviewVersion: v1, connectionInfo: {type: KubeConfigFile, kubeConfigFile: /k}}";

/// What `setting` is with `flags` and a file of this API version and text, in a minor version.
fn told(minor: u32, flags: &[&str], file: (&str, &str, &str), setting: &str) -> String {
    let (head, version, body) = file;
    let text = format!("{head}{body}\n").replace("VERSION", version);
    let flag = match head {
        AUTHENTICATION => "--authentication-config=/f",
        _ => "--authorization-config=/f",
    };
    let arguments: Vec<&str> = flags.iter().copied().chain([flag]).collect();
    let component = Component::observe(
        ComponentKind::ApiServer,
        "n1",
        Some(&format!("v1.{minor}.0")),
        &[process(ComponentKind::ApiServer, &arguments)],
        None,
        &mut Node::new(&[("/f", Some(&text))]),
    );
    word(&component, setting)
}

/// pkg/kubeapiserver/options/authentication.go, apiserver/validation/validation.go.
#[rustfmt::skip] // one case a line
#[test]
fn authentication_files() {
    let anonymous = "anonymous: {enabled: true, conditions: [{path: /livez}]}";
    let gate = "--feature-gates=AnonymousAuthConfigurableEndpoints=";
    let (on, off) = (format!("{gate}true"), format!("{gate}false"));
    for (minor, flags, version, body, wanted) in [
        (36, &[][..], "v1", anonymous, "true"),
        (34, &[][..], "v1", anonymous, "true"),
        // Versions of the file, and of the field.
        (33, &[], "v1", anonymous, "gap"),
        (33, &[], "v1beta1", anonymous, "true"),
        (32, &[], "v1beta1", anonymous, "true"),
        (31, &[], "v1beta1", anonymous, "gap"),
        (31, &[&*on], "v1beta1", anonymous, "true"),
        (31, &["--feature-gates=AllAlpha=true"], "v1beta1", anonymous, "true"),
        (32, &[&*off], "v1beta1", anonymous, "gap"),
        (32, &["--feature-gates=AllBeta=false"], "v1beta1", anonymous, "gap"),
        (32, &["--feature-gates=AllBeta=false,StructuredAuthenticationConfiguration=true", &*on], "v1beta1", anonymous, "true"),
        (30, &[&*on], "v1beta1", anonymous, "gap"),
        (30, &[], "v1beta1", "jwt: []", "false"),
        (30, &["--feature-gates=StructuredAuthenticationConfiguration=false"], "v1beta1", "jwt: []", "gap"),
        (29, &[], "v1alpha1", "jwt: []", "gap"),
        (29, &["--feature-gates=StructuredAuthenticationConfiguration=true"], "v1alpha1", "jwt: []", "false"),
        (29, &["--feature-gates=StructuredAuthenticationConfiguration=true"], "v1beta1", "jwt: []", "gap"),
        // What excludes each other.
        (36, &[], "v1", "anonymous: {enabled: false, conditions: [{path: /livez}]}", "gap"),
        (36, &[], "v1", "anonymous: {conditions: [{path: /livez}]}", "gap"),
        (36, &[], "v1", "anonymous: {enabled: false, conditions: []}", "false"),
        (36, &[], "v1", "anonymous: {enabled: false, conditions: null}", "false"),
        (36, &["--anonymous-auth=false"], "v1", anonymous, "gap"),
        (36, &["--anonymous-auth=false"], "v1", "anonymous: null", "false"),
        (36, &["--oidc-issuer-url=https://i"], "v1", anonymous, "gap"),
        // It is read strictly.
        (36, &[], "v1", "anonymous: {enabled: false, condition: []}", "gap"),
        (36, &[], "v1", "anonymous: {enabled: false}\nanonymus: {}", "gap"),
        (36, &[], "v1", "anonymous: {enabled: false}\nanonymous: {enabled: false}", "gap"),
        (36, &[], "v1", "anonymous: {enabled: false}\n---\nkind: A", "false"),
        (36, &[], "v2", "anonymous: {enabled: false}", "gap"),
    ] {
        let file = (AUTHENTICATION, version, body);
        let flags: Vec<&str> = flags.iter().copied().chain(["--authorization-mode=RBAC"]).collect();
        // With nothing in the file the flag decides, whose default is true.
        let wanted = match (body, wanted) {
            ("jwt: []", "false") => "true",
            (_, wanted) => wanted,
        };
        assert_eq!(told(minor, &flags, file, "anonymous.enabled"), wanted, "1.{minor} {flags:?} {version} {body}");
    }
}

#[test]
fn issuers_of_tokens() {
    let issuers = |minor, version, list: &[String]| {
        let body = format!("jwt: [{}]", list.join(", "));
        told(minor, &[], (AUTHENTICATION, version, &body), "issuers")
    };
    let one = |from: &str, to: &str| vec![ISSUER.replace(from, to)];
    let many = |count: usize| -> Vec<String> {
        let url = |number| ISSUER.replace("https://i", &format!("https://i{number}"));
        (0..count).map(url).collect()
    };
    assert_eq!(issuers(36, "v1", &one("", "")), "https://i");
    assert_ne!(issuers(36, "v1", &many(64)), "gap");
    for refused in [
        many(65),
        [one("", ""), one("", "")].concat(),
        one("https://i", "http://i"),
        one("url: 'https://i', ", ""),
        one("audiences: [a]", "audiences: []"),
        one("claim: sub", "claim: sub, expression: claims.sub"),
        one("claim: sub, ", ""),
    ] {
        assert_eq!(issuers(36, "v1", &refused), "gap", "{refused:?}");
    }
}

/// pkg/kubeapiserver/options/authorization.go, pkg/kubeapiserver/authorizer/config.go.
#[rustfmt::skip] // one case a line
#[test]
fn authorization_files() {
    let good = "authorizers: [{type: Node, name: node}, {type: RBAC, name: rbac}]";
    let webhooks = format!("authorizers: [{{type: Webhook, name: a, webhook: {WEBHOOK}}}, {{type: Webhook, name: b, webhook: {WEBHOOK}}}]");
    for (minor, flags, version, body, wanted) in [
        (36, &[][..], "v1", good, "Node,RBAC"),
        (32, &[][..], "v1", good, "Node,RBAC"),
        (31, &[], "v1", good, "gap"),
        (31, &[], "v1beta1", good, "Node,RBAC"),
        (31, &["--feature-gates=StructuredAuthorizationConfiguration=false"], "v1beta1", good, "gap"),
        (29, &[], "v1alpha1", good, "gap"),
        (29, &["--feature-gates=StructuredAuthorizationConfiguration=true"], "v1alpha1", good, "Node,RBAC"),
        (36, &["--authorization-mode=RBAC"], "v1", good, "gap"),
        (36, &["--authorization-webhook-version=v1"], "v1", good, "gap"),
        (36, &[], "v1", "authorizers: []", "gap"),
        (36, &[], "v1", "authorizers: null", "gap"),
        (36, &[], "v1", "", "gap"),
        (36, &[], "v1", "authorizers: [{type: RBAC, name: rbac}, {type: RBAC, name: rbac}]", "gap"),
        (36, &[], "v1", "authorizers: [{type: Rbac, name: rbac}]", "gap"),
        (36, &[], "v1", "authorizers: [{type: RBAC}]", "gap"),
        (36, &[], "v1", "authorizers: [{type: RBAC, name: mine}]", "gap"),
        (36, &[], "v1", "authorizers: [{type: RBAC, name: rbac, webhook: {}}]", "gap"),
        (36, &[], "v1", "authorizers: [{type: Webhook, name: a}]", "gap"),
        (36, &[], "v1", "authorizers: [{type: Webhook, name: a, webhook: {timeout: 3s}}]", "gap"),
        (36, &[], "v1", &*webhooks, "Webhook,Webhook"),
        (36, &[], "v1", "authorizers: [{type: RBAC, name: rbac}]\nauthorisers: []", "gap"),
    ] {
        let file = (AUTHORIZATION, version, body);
        assert_eq!(told(minor, flags, file, "authorizers"), wanted, "1.{minor} {flags:?} {version} {body}");
    }
}

/// What is decoded strictly refuses a key that stands twice; what falls back to a lenient reading takes the last.
#[rustfmt::skip] // one case a line
#[test]
fn files_are_read_as_their_component_reads_them() {
    let anonymous = "authentication.anonymous.enabled";
    check(ComponentKind::Kubelet, &[
        (&["--config=/c"], &[("/c", kubelet!("authentication: {anonymous: {enabled: true}}\n---\n"))], &[(anonymous, "true")]),
        (&["--config=/c"], &[("/c", kubelet!("authentication: {anonymous: {enabled: true}}\n---\nkind: [\n"))], &[(anonymous, "true")]),
        (&["--config=/c"], &[("/c", kubelet!("authentication: {anonymous: {enabled: false}}\nauthentication: {anonymous: {enabled: true}}"))], &[(anonymous, "true")]),
        (&["--config=/c"], &[("/c", Some("\u{feff}apiVersion: kubelet.config.k8s.io/v1beta1\nkind: KubeletConfiguration\nauthentication: {anonymous: {enabled: yes}}"))], &[(anonymous, "true")]),
        (&["--config=/c"], &[("/c", kubelet!("authentication: {anonymous: {enabled: null}}"))], &[(anonymous, "false")]),
        (&["--config=/c"], &[("/c", kubelet!("authentication: null"))], &[(anonymous, "false")]),
        (&["--config=/c"], &[("/c", Some("apiVersion: kubelet.config.k8s.io/v1\nkind: KubeletConfiguration\nauthentication: {anonymous: {enabled: true}}"))], &[(anonymous, "gap")]),
        (&["--config=/c"], &[("/c", Some("# nothing\n"))], &[(anonymous, "gap")]),
    ]);
    check(ComponentKind::KubeProxy, &[
        (&["--config=/c"], &[("/c", proxy!("mode: iptables\nmode: ipvs\n"))], &[("mode", "ipvs")]),
    ]);
    check(ComponentKind::Scheduler, &[
        (&["--config=/c"], &[("/c", scheduler!("enableProfiling: false\n"))], &[("enableProfiling", "false")]),
        (&["--config=/c"], &[("/c", scheduler!("enableProfiling: true\nenableProfiling: false\n"))], &[("enableProfiling", "gap")]),
    ]);
    let (policy, levels) = ("apiVersion: audit.k8s.io/v1\nkind: Policy\n", "auditPolicy.levels");
    let twice = format!("{policy}rules: [{{level: None}}]\nrules: [{{level: Metadata}}]\n");
    let removed = policy.replace("/v1", "/v1beta1") + "rules: [{level: Metadata}]\n";
    check(ComponentKind::ApiServer, &[
        (&["--audit-policy-file=/p"], &[("/p", Some(twice.as_str()))], &[(levels, "Metadata")]),
        (&["--audit-policy-file=/p"], &[("/p", Some(removed.as_str()))], &[(levels, "gap")]),
        (&["--encryption-provider-config=/e"], &[("/e", Some("apiVersion: v1\nkind: EncryptionConfig\nresources: [{resources: [secrets], providers: [{secretbox: {}}]}]\n"))], &[("encryption.secretsProvider", "secretbox")]),
    ]);
    check(ComponentKind::Etcd, &[
        (&["--config-file=/c"], &[("/c", Some("client-transport-security: {client-cert-auth: false}\nclient-transport-security: {client-cert-auth: true}\n---\n"))], &[("client-cert-auth", "true")]),
    ]);
}
