//! Several sightings of one component.

use super::*;

/// Every kind of sighting of one API server that was started with other flags than its manifest has.
fn four_sightings() -> [Sighting; 4] {
    let kind = ComponentKind::ApiServer;
    let page = page(&[
        ("profiling", "true"),
        ("anonymous-auth", "false"),
        ("secure-port", "6443"),
    ]);
    let mirror = Via::MirrorPod {
        namespace: "kube-system".to_owned(),
        name: "p".to_owned(),
    };
    let manifest = Via::Manifest {
        path: "/m".to_owned(),
    };
    let mirrored = [
        "--profiling=false",
        "--audit-log-path=/m",
        "--advertise-address=$(HOST_IP)",
    ];
    let declared = [
        "--profiling=false",
        "--advertise-address=$(HOST_IP)",
        "--event-ttl=$(X)",
    ];
    [
        sighting(mirror, argv(kind, &mirrored)),
        sighting(manifest, argv(kind, &declared)),
        process(
            kind,
            &["--anonymous-auth=false", "--advertise-address=10.0.0.1"],
        ),
        sighting(
            Via::Flagz {
                instance: "i".to_owned(),
            },
            page,
        ),
    ]
}

/// A `/flagz` page.
fn page(flags: &[(&str, &str)]) -> Arguments {
    let own = |(name, value): &(&str, &str)| ((*name).to_owned(), (*value).to_owned());
    Arguments::Flagz(flags.iter().map(own).collect())
}

/// Order of trust: /flagz, argv, manifest, mirror pod.
#[test]
fn the_most_trusted_sighting_wins() {
    let sightings = four_sightings();
    let component = seen(ComponentKind::ApiServer, Some("v1.36.3"), &sightings);
    for (flag, value, wanted) in [
        ("profiling", "true", Origin::Default),
        ("anonymous-auth", "false", Origin::Explicit),
        ("audit-log-path", "", Origin::Default),
        ("advertise-address", "10.0.0.1", Origin::Explicit),
    ] {
        assert_eq!(word(&component, &format!("flags/{flag}")), value, "{flag}");
        let Some(Cell::Value { origin, .. }) = component.flags.get(flag) else {
            panic!("{flag}");
        };
        assert_eq!(*origin, wanted, "{flag}");
    }
    assert_eq!(component.pid, Some(7));
    // Without the process, a variable that the manifest does not resolve is a gap.
    let pod = seen(ComponentKind::ApiServer, Some("v1.36.3"), &sightings[..2]);
    for flag in ["flags/event-ttl", "flags/advertise-address"] {
        assert_eq!(word(&pod, flag), "gap");
    }
}

#[test]
fn drift_between_sightings_is_kept() {
    let component = seen(ComponentKind::ApiServer, Some("v1.36.3"), &four_sightings());
    let drift = component.drift.iter();
    let drift: Vec<(&str, &str)> = drift
        .map(|drift| (drift.setting.as_str(), drift.running.as_str()))
        .collect();
    let wanted = [
        ("anonymous-auth", "false"),
        ("audit-log-path", "not set"),
        ("profiling", "true"),
    ];
    assert_eq!(drift, wanted);
}

/// A kubelet's page shows raw defaults for what a file can set: it is silent about those.
#[test]
fn a_kubelet_page_tells_only_flags_without_a_field() {
    let flags = [
        ("anonymous-auth", "true"),
        ("hostname-override", "h"),
        ("config", ""),
        ("config-dir", ""),
        ("seccomp-default", "true"),
    ];
    let sightings = [sighting(
        Via::Flagz {
            instance: "i".to_owned(),
        },
        page(&flags),
    )];
    let kubelet = seen(ComponentKind::Kubelet, Some("v1.36.3"), &sightings);
    for (name, value) in [
        ("flags/hostname-override", "h"),
        ("flags/anonymous-auth", "gap"),
        (ANONYMOUS, "gap"),
        ("seccompDefault", "true"),
    ] {
        assert_eq!(word(&kubelet, name), value, "{name}");
    }
}
