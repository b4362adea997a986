//! The kubelet: flags, drop-ins, file, defaults and `/configz`.

use serde_json::json;

use super::*;

/// cmd/kubelet/app/server.go (order of sources), options.go (applyLegacyDefaults), v1beta1/defaults.go.
#[rustfmt::skip] // one case a line
#[test]
fn kubelet_precedence() {
    let c: &[&str] = &["--config=/c"];
    let d: &[&str] = &["--config=/c", "--config-dir=/d"];
    check(
        ComponentKind::Kubelet,
        &[
            // Defaults without and with a file.
            (&[], &[], &[(ANONYMOUS, "true"), (MODE, "AlwaysAllow"), ("readOnlyPort", "10255"), ("authentication.webhook.enabled", "false"), ("evictionHard", "")]),
            (c, &[("/c", kubelet!(""))], &[(ANONYMOUS, "false"), (MODE, "Webhook"), ("readOnlyPort", "0"), ("authentication.webhook.enabled", "true"), ("tlsCertFile", ""), ("maxParallelImagePulls", "absent")]),
            // A flag wins over the file, an empty path is no file.
            (&["--config=/c", "--anonymous-auth", "--read-only-port=10255"], &[("/c", kubelet!("authentication: {anonymous: {enabled: false}}"))], &[(ANONYMOUS, "true"), ("readOnlyPort", "10255")]),
            (&["--config="], &[], &[(ANONYMOUS, "true")]),
            // Only drop-ins: they lie over the legacy defaults.
            (&["--config-dir=/d"], &[("/d/a.conf", kubelet!("readOnlyPort: 0"))], &[("readOnlyPort", "0"), (ANONYMOUS, "true")]),
            // A null takes the value away and brings the default of files back (JSON merge patch, RFC 7396).
            (&["--config-dir=/d"], &[("/d/a.conf", kubelet!("authentication: null"))], &[(ANONYMOUS, "false"), (MODE, "AlwaysAllow")]),
            (d, &[("/c", kubelet!("authentication: {anonymous: {enabled: true}}")), ("/d/a.conf", kubelet!("authentication: {anonymous: null}"))], &[(ANONYMOUS, "false")]),
            // Lexical order at any depth; other names are skipped; maps merge, lists replace.
            (d, &[("/c", kubelet!("port: 1\nclusterDNS: [a, b]\nsystemReserved: {cpu: 1m, memory: 1Gi}")), ("/d/10.conf", kubelet!("port: 2\nclusterDNS: [c]\nsystemReserved: {cpu: 2m, pid: '9'}")), ("/d/20/x.conf", kubelet!("port: 4\nsystemReserved: {memory: null}")), ("/d/20.conf", kubelet!("port: 3")), ("/d/99.yaml", kubelet!("port: 5"))], &[("port", "3"), ("clusterDNS", "c"), ("systemReserved", "cpu=2m,pid=9")]),
            // Gates of the command line are added to those of the files (kubeletConfigFlagPrecedence).
            (&["--config=/c", "--feature-gates=A=false,C=true"], &[("/c", kubelet!("featureGates: {A: true, B: true}"))], &[("featureGates", "A=false,B=true,C=true")]),
            // Zero means default where Go has no pointer, except for a flag.
            (c, &[("/c", kubelet!("streamingConnectionIdleTimeout: 0s\nport: 0\neventRecordQPS: 0\nrotateCertificates: false"))], &[("streamingConnectionIdleTimeout", "4h"), ("port", "10250"), ("eventRecordQPS", "0"), ("rotateCertificates", "false")]),
            (&["--config=/c", "--streaming-connection-idle-timeout=0"], &[("/c", kubelet!(""))], &[("streamingConnectionIdleTimeout", "0s")]),
            // Defaults that depend on other fields.
            (c, &[("/c", kubelet!("maxParallelImagePulls: 3\nnodeStatusUpdateFrequency: 7s\npodPidsLimit: -5\nmergeDefaultEvictionSettings: true\nevictionHard: {memory.available: 1Gi}"))], &[("serializeImagePulls", "false"), ("nodeStatusReportFrequency", "7s"), ("podPidsLimit", "-1"), ("evictionHard", "imagefs.available=15%,imagefs.inodesFree=5%,memory.available=1Gi,nodefs.available=10%,nodefs.inodesFree=5%")]),
            // Defaults that follow another setting follow that of the file alone: drop-ins and flags come later.
            (&["--config=/c", "--node-status-update-frequency=7s"], &[("/c", kubelet!("nodeStatusUpdateFrequency: 9s"))], &[("nodeStatusUpdateFrequency", "7s"), ("nodeStatusReportFrequency", "5m")]),
            (&["--config=/c", "--config-dir=/d"], &[("/c", kubelet!("nodeStatusUpdateFrequency: 0s")), ("/d/1.conf", kubelet!("nodeStatusUpdateFrequency: 7s"))], &[("nodeStatusUpdateFrequency", "7s"), ("nodeStatusReportFrequency", "5m")]),
            // Relative paths in the main file start at its directory; YAML 1.1 truth values and merge keys are read.
            (&["--config=/etc/k/c"], &[("/etc/k/c", kubelet!("tlsCertFile: pki/a.crt\nx: &x {anonymous: {enabled: yes}}\nauthentication: {<<: *x}"))], &[("tlsCertFile", "/etc/k/pki/a.crt"), (ANONYMOUS, "true")]),
            // --seccomp-default and the field are alternatives (server.go: KubeletFlags.SeccompDefault || ...).
            (&["--config=/c", "--seccomp-default=false"], &[("/c", kubelet!("seccompDefault: true"))], &[("seccompDefault", "true")]),
            (&["--config=/c", "--seccomp-default"], &[("/c", kubelet!(""))], &[("seccompDefault", "true")]),
            // Secrets stay out.
            (c, &[("/c", kubelet!("staticPodURLHeader: {Authorization: [s3cr3t]}\nstaticPodURL: https://u:s3cr3t@h/p?t=s3cr3t"))], &[("staticPodURLHeader", "‹redacted›"), ("staticPodURL", "https://h/-")]),
        ],
    );
}

/// Promise 1: what was not read is a gap, and only a flag that wins anyway stays known.
#[rustfmt::skip] // one case a line
#[test]
fn kubelet_gaps() {
    let c: &[&str] = &[
        "--config=/c",
        "--anonymous-auth=false",
        "--feature-gates=A=true",
    ];
    let d: &[&str] = &["--config=/c", "--config-dir=/d"];
    let all_but_flags: &[(&str, &str)] = &[
        (ANONYMOUS, "false"), (MODE, "gap"), ("readOnlyPort", "gap"), ("featureGates", "gap"), ("flags/config", "/c"), ("flags/v", "0"),
    ];
    check(
        ComponentKind::Kubelet,
        &[
            (c, &[("/c", None)], all_but_flags), (c, &[], all_but_flags), (c, &[("/c", Some("{"))], all_but_flags),
            (c, &[("/c", Some(""))], all_but_flags), (c, &[("/c", Some("readOnlyPort: 0"))], all_but_flags),
            (c, &[("/c", proxy!(""))], all_but_flags),
            (&["--config=c", "--anonymous-auth=false"], &[("c", kubelet!(""))], &[(ANONYMOUS, "false"), (MODE, "gap")]),
            (d, &[("/c", kubelet!("port: 1")), ("/d", None)], &[("port", "gap"), (ANONYMOUS, "gap")]),
            (d, &[("/c", kubelet!("port: 1"))], &[("port", "gap")]),
            (d, &[("/c", None), ("/d/a.conf", kubelet!("port: 2\nsystemReserved: {cpu: 1m}"))], &[("port", "2"), ("systemReserved", "gap"), (MODE, "gap")]),
            (d, &[("/c", kubelet!("port: 1")), ("/d/a.conf", kubelet!("port: 2")), ("/d/b.conf", None)], &[("port", "gap")]),
            (&["--config=/c"], &[("/c", kubelet!("port: many\nauthentication: 3"))], &[("port", "gap"), (ANONYMOUS, "gap"), (MODE, "Webhook")]),
            (&["--read-only-port=none", "--anonymous-auth=maybe"], &[], &[("readOnlyPort", "gap"), (ANONYMOUS, "gap"), (MODE, "AlwaysAllow")]),
        ],
    );
}

/// component-base configz: zero values are left out; InitializeTLS fills in the certificate it generated.
#[rustfmt::skip] // one case a line
#[test]
fn configz_is_the_truth() {
    let page = json!({"kubeletconfig": {"port": 10250, "authentication": {"anonymous": {"enabled": true}}, "podPidsLimit": -1,
        "tlsCertFile": "/var/lib/kubelet/pki/kubelet.crt", "tlsPrivateKeyFile": "/var/lib/kubelet/pki/kubelet.key", "seccompDefault": false}});
    let seen = [process(
        ComponentKind::Kubelet,
        &["--config=/c", "--seccomp-default"],
    )];
    let mut node = Node::new(&[(
        "/c",
        kubelet!("authentication: {anonymous: {enabled: false}}\nport: 10250\npodPidsLimit: -7"),
    )]);
    let version = Some("v1.36.3");
    let both = Component::observe(
        ComponentKind::Kubelet,
        "n1",
        version,
        &seen,
        Some(&page),
        &mut node,
    );
    let alone = Component::observe(
        ComponentKind::Kubelet,
        "n1",
        version,
        &[],
        Some(&page),
        &mut Node::default(),
    );
    let broken = Component::observe(
        ComponentKind::Kubelet,
        "n1",
        version,
        &seen,
        Some(&json!({})),
        &mut node,
    );
    for (component, wanted) in [
        (&both, [(ANONYMOUS, "true"), ("readOnlyPort", "0"), ("tlsCertFile", ""), ("seccompDefault", "true"), ("maxParallelImagePulls", "absent")]),
        (&alone, [(ANONYMOUS, "true"), ("readOnlyPort", "0"), ("tlsCertFile", "gap"), ("seccompDefault", "gap"), ("flags/config", "gap")]),
        (&broken, [(ANONYMOUS, "gap"), ("readOnlyPort", "gap"), ("tlsCertFile", "gap"), ("seccompDefault", "true"), ("port", "gap")]),
    ] {
        for (name, value) in wanted {
            assert_eq!(word(component, name), value, "{name}");
        }
    }
    let drift: Vec<&str> = both
        .drift
        .iter()
        .map(|drift| drift.setting.as_str())
        .collect();
    assert_eq!(drift, [ANONYMOUS]);
    assert_eq!(both.drift[0].running, "true");
    assert!(both.drift[0].values.values().any(|value| value == "false"));
}
