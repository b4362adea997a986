//! Components whose configuration file replaces flags: scheduler, proxy, etcd, API server.

use super::*;

/// cmd/kube-scheduler/app/options/options.go ApplyTo; v1/defaults.go.
#[rustfmt::skip] // one case a line
#[test]
fn scheduler_precedence() {
    let election = "leaderElection.leaderElect";
    check(
        ComponentKind::Scheduler,
        &[
            (&[], &[], &[("enableProfiling", "true"), ("enableContentionProfiling", "true"), (election, "true")]),
            (&["--profiling=false"], &[], &[("enableProfiling", "false"), ("enableContentionProfiling", "false")]),
            (&["--profiling=false", "--config=/c"], &[("/c", scheduler!(""))], &[("enableProfiling", "true"), ("flags/profiling", "false")]),
            (&["--config=/c"], &[("/c", scheduler!("enableProfiling: false\nleaderElection: {leaderElect: true}\nclientConnection: {qps: 12.5}"))], &[("enableProfiling", "false"), (election, "true"), ("clientConnection.qps", "12.5")]),
            (&["--config=/c", "--leader-elect=false"], &[("/c", scheduler!("leaderElection: {leaderElect: true}"))], &[(election, "false")]),
            (&["--config=/c", "--profiling=false", "--leader-elect=false"], &[("/c", None)], &[("enableProfiling", "gap"), (election, "false"), ("flags/profiling", "false")]),
        ],
    );
}

/// cmd/kube-proxy/app/options.go Complete; v1alpha1/defaults.go; proxy/util AppendPortIfNeeded.
#[rustfmt::skip] // one case a line
#[test]
fn proxy_precedence() {
    let metrics = "metricsBindAddress";
    check(
        ComponentKind::KubeProxy,
        &[
            (&[], &[], &[(metrics, "127.0.0.1:10249"), ("healthzBindAddress", "0.0.0.0:10256"), ("mode", "iptables")]),
            (&["--metrics-bind-address=0.0.0.0"], &[], &[(metrics, "0.0.0.0:10249")]), (&["--metrics-port=0"], &[], &[(metrics, "")]),
            (&["--bind-address=::"], &[], &[(metrics, "[::1]:10249"), ("healthzBindAddress", "[::]:10256")]),
            (&["--config=/c", "--metrics-bind-address=0.0.0.0:1", "--hostname-override=h"], &[("/c", proxy!("metricsBindAddress: ''\nhostnameOverride: x"))], &[(metrics, "127.0.0.1:10249"), ("hostnameOverride", "h")]),
            (&["--config=/c"], &[("/c", proxy!("mode: nftables\nclientConnection: {qps: 0}"))], &[("nodePortAddresses", "primary"), ("clientConnection.qps", "5")]),
        (&["--config=/c", "--metrics-port=0"], &[("/c", proxy!("metricsBindAddress: '::'"))], &[(metrics, "[::]:10249")]),
            (&["--config=/c"], &[("/c", None)], &[(metrics, "gap"), ("mode", "gap")]),
        ],
    );
}

/// etcdmain/config.go: a file replaces flags and environment; pkg/flags: a flag wins over its variable.
#[rustfmt::skip] // one case a line
#[test]
fn etcd_precedence() {
    let auth = "client-cert-auth";
    check(
        ComponentKind::Etcd,
        &[
            (&[], &[], &[(auth, "false"), ("cert-file", ""), ("listen-client-urls", "http://localhost:2379")]),
            (&["-client-cert-auth", "--cert-file=/x"], &[], &[(auth, "true"), ("cert-file", "/x")]),
            (&["--config-file=/c", "--client-cert-auth"], &[("/c", Some("name: x"))], &[(auth, "false"), ("name", "x"), ("flags/client-cert-auth", "true")]),
            (&["--config-file=/c"], &[("/c", Some("client-transport-security: {client-cert-auth: true, trusted-ca-file: /ca}\npeer-transport-security: {auto-tls: true}\nlisten-client-urls: https://a:1,https://u:s3cr3t@b:2\ngrpc-keepalive-timeout: 1000000000"))], &[(auth, "true"), ("trusted-ca-file", "/ca"), ("peer-auto-tls", "true"), ("listen-client-urls", "https://a:1,https://b:2"), ("grpc-keepalive-timeout", "1s")]),
            (&["--config-file=/c", "--client-cert-auth"], &[("/c", None)], &[(auth, "gap"), ("auto-tls", "gap")]),
        ],
    );
    let environment = |pairs: &[(&str, &str)]| {
        Ok(pairs
            .iter()
            .map(|(k, v)| ((*k).to_owned(), (*v).to_owned()))
            .collect())
    };
    let manifest = Via::Manifest {
        path: "/m".to_owned(),
    };
    for (arguments, own, declared, wanted) in [
        (&[][..], environment(&[("ETCD_CLIENT_CERT_AUTH", "true"), ("ETCD_CERT_FILE", "/e")]), None, [(auth, "true"), ("cert-file", "/e")]),
        (&["--cert-file=/f"], environment(&[("ETCD_CERT_FILE", "/e"), ("ETCD_CLIENT_CERT_AUTH", "")]), None, [(auth, "false"), ("cert-file", "/f")]),
        (&["--cert-file=/f"], environment(&[("ETCD_CONFIG_FILE", "/c"), ("ETCD_CERT_FILE", "/e")]), None, [(auth, "true"), ("cert-file", "")]),
        (&["--cert-file=/f"], Err(forbidden("environ")), None, [(auth, "gap"), ("cert-file", "gap")]),
        (&["--cert-file=/f"], Err(forbidden("environ")), Some(environment(&[("ETCD_CLIENT_CERT_AUTH", "T")])), [(auth, "true"), ("cert-file", "/f")]),
        (&[], environment(&[("ETCD_CLIENT_CERT_AUTH", "maybe")]), None, [(auth, "gap"), ("cert-file", "")]),
    ] {
        let mut seen = vec![process(ComponentKind::Etcd, arguments)];
        seen[0].environment = own;
        if let Some(declared) = declared {
            let mut sighting = sighting(manifest.clone(), argv(ComponentKind::Etcd, arguments));
            sighting.environment = declared;
            seen.push(sighting);
        }
        let mut node = Node::new(&[(
            "/c",
            Some("client-transport-security: {client-cert-auth: true}"),
        )]);
        let component = Component::observe(
            ComponentKind::Etcd,
            "n1",
            Some("3.6.16"),
            &seen,
            None,
            &mut node,
        );
        for (name, value) in wanted {
            assert_eq!(word(&component, name), value, "{name} with {arguments:?}");
        }
    }
}

/// pkg/kubeapiserver/options/authentication.go and authorization.go.
#[rustfmt::skip] // one case a line
#[test]
fn apiserver_structured_files() {
    let (enabled, conditions) = ("anonymous.enabled", "anonymous.conditions");
    check(
        ComponentKind::ApiServer,
        &[
            (&["--authorization-mode=Node,RBAC"], &[], &[(enabled, "true"), (conditions, ""), ("authorizers", "Node,RBAC"), ("issuers", "")]),
            // Without modes everything is allowed, and that turns anonymous access off (ApplyAuthorization).
            (&[], &[], &[(enabled, "false"), ("authorizers", "AlwaysAllow")]),
            (&["--authorization-mode=RBAC", "--anonymous-auth=false", "--oidc-issuer-url=https://i"], &[], &[(enabled, "false"), ("issuers", "https://i")]),
            (&["--authorization-mode=RBAC", "--authentication-config=/a"], &[("/a", authn!("anonymous: {enabled: true, conditions: [{path: /livez}, {path: /readyz}]}\njwt: [{issuer: {url: https://i, audiences: [a]}, claimMappings: {username: {claim: sub}}}]"))], &[(enabled, "true"), (conditions, "/livez,/readyz"), ("issuers", "https://i")]),
            (&["--authorization-mode=RBAC", "--authentication-config=/a"], &[("/a", authn!("jwt: []"))], &[(enabled, "true"), (conditions, "")]),
            (&["--authorization-mode=RBAC", "--authentication-config=/a", "--anonymous-auth=false"], &[("/a", None)], &[(enabled, "false"), ("issuers", "gap")]),
            (&["--authorization-mode=RBAC", "--authentication-config=/a"], &[("/a", None)], &[(enabled, "gap"), (conditions, "gap"), ("issuers", "gap"), ("authorizers", "RBAC")]),
            (&["--authentication-config=/a"], &[("/a", authn!("anonymous: {enabled: perhaps}"))], &[(enabled, "gap")]),
            (&["--authorization-config=/z"], &[("/z", authz!("authorizers: [{type: Node, name: node}, {type: RBAC, name: rbac}]"))], &[("authorizers", "Node,RBAC"), (enabled, "true")]),
            (&["--authorization-config=/z", "--anonymous-auth=false"], &[("/z", None)], &[("authorizers", "gap"), (enabled, "false")]),
            (&["--authorization-config=/z"], &[("/z", authz!("authorizers: [{name: n}]"))], &[("authorizers", "gap"), (enabled, "gap")]),
        ],
    );
}
