//! What systemd starts a kubelet with.

use super::*;

const UNIT: &str = "/usr/lib/systemd/system/kubelet.service";

fn kubelet() -> Node {
    Node::default()
        .process(1, 0, "init")
        .process(3, 0, "/usr/bin/kubelet")
}

/// The rows about the unit, without their role.
fn units(node: Node) -> Vec<String> {
    let rows = rows(&node.observe().1).into_iter();
    rows.filter_map(|row| row.strip_prefix("kubeletUnit ").map(str::to_owned))
        .collect()
}

#[test]
fn a_unit_names_its_environment_files_in_systemds_own_syntax() {
    let text = "[Service]\nEnvironmentFile = -%E/sysconfig/%N-*\nEnvironmentFile=\\\n # why\n -/etc/default/%p\nEnvironmentFile=-/gone\nEnvironmentFile=relative\nEnvironmentFile=/etc/%H\nExecStart=/usr/bin/kubelet $ARGS ${MORE}\n";
    let node = kubelet()
        .file(UNIT, 0o600, text)
        .file("/etc/sysconfig/kubelet-a", 0o666, "")
        .file("/etc/sysconfig/kubelet-b", 0o606, "")
        .file("/etc/sysconfig/other", 0o666, "")
        .file("/etc/default/kubelet", 0o644, "")
        .file("/etc/CP1", 0o640, "");
    assert_eq!(
        units(node),
        [
            "/etc/CP1 640",
            "/etc/default/kubelet 644",
            "/etc/sysconfig/kubelet-a 666",
            "/etc/sysconfig/kubelet-b 606",
            "/usr/lib/systemd/system/kubelet.service 600",
        ]
    );
}

#[test]
fn a_path_that_cannot_be_worked_out_is_a_gap() {
    let unit =
        |text: &str| kubelet().file(UNIT, 0o600, format!("[Service]\nEnvironmentFile={text}"));
    assert_eq!(
        units(unit("-/etc/%m/kubelet")),
        [
            "-/etc/%m/kubelet gap",
            "/usr/lib/systemd/system/kubelet.service 600"
        ]
    );
    let mut node = unit("/etc/conf/*.env").file("/etc/conf/a.env", 0o666, "");
    node.closed = vec!["/etc/conf".to_owned()];
    assert_eq!(
        units(node),
        [
            "/etc/conf/*.env gap",
            "/usr/lib/systemd/system/kubelet.service 600"
        ]
    );
}

#[test]
fn drop_ins_count_as_systemd_counts_them() {
    let file = |path: &str| format!("[Service]\nEnvironmentFile={path}\n");
    let node = kubelet()
        .file(UNIT, 0o644, file("/e/unit"))
        .file(
            "/usr/lib/systemd/system/kubelet.service.d/10-a.conf",
            0o644,
            file("/e/masked"),
        )
        .file(
            "/usr/local/lib/systemd/system/kubelet.service.d/20-b.conf",
            0o644,
            file("\nEnvironmentFile=/e/b"),
        )
        .file(
            "/etc/systemd/system/kubelet.service.d/10-a.conf",
            0o600,
            file("/e/a"),
        )
        .file("/etc/systemd/system/kubelet.service.d/readme", 0o644, "")
        .file(
            "/etc/systemd/system/service.d/30-all.conf",
            0o646,
            file("/e/all"),
        )
        .file(
            "/run/systemd/system/service.d/20-b.conf",
            0o646,
            file("/e/behind"),
        )
        .file("/e/unit", 0o601, "")
        .file("/e/masked", 0o602, "")
        .file("/e/a", 0o603, "")
        .file("/e/b", 0o604, "")
        .file("/e/all", 0o605, "")
        .file("/e/behind", 0o606, "");
    assert_eq!(
        units(node),
        [
            "/e/all 605",
            "/e/b 604",
            "/etc/systemd/system/kubelet.service.d/10-a.conf 600",
            "/etc/systemd/system/service.d/30-all.conf 646",
            "/usr/lib/systemd/system/kubelet.service 644",
            "/usr/local/lib/systemd/system/kubelet.service.d/20-b.conf 644",
        ]
    );
}

#[test]
fn what_is_closed_may_name_more_files() {
    let drop_in = "/etc/systemd/system/kubelet.service.d/10-a.conf";
    let mut node = kubelet()
        .file(UNIT, 0o600, "[Service]\n")
        .file(drop_in, 0o600, "[Service]\nEnvironmentFile=/e\n")
        .file("/e", 0o666, "");
    node.closed = vec![drop_in.to_owned()];
    let rows = units(node);
    let open = format!("EnvironmentFile of {drop_in} gap");
    assert!(rows.contains(&open), "{rows:?}");
}
