//! What command lines start: one row per way in which somebody starts a component, or something else.

use crate::facts::component::{ComponentKind, Start, container_argv};

fn words(line: &[&str]) -> Vec<String> {
    line.iter().map(|word| (*word).to_owned()).collect()
}

/// `kind itself arguments`; `-` for nothing.
fn told(start: Option<Start<'_>>) -> String {
    let Some(start) = start else {
        return "-".to_owned();
    };
    let how = if start.itself { "is" } else { "starts" };
    let arguments = start
        .arguments
        .map_or("?".to_owned(), |words| words.join(" "));
    format!("{how} {} {arguments}", start.kind.binary())
        .trim()
        .to_owned()
}

fn check(cases: &[(&[&str], &str)]) {
    for (line, wanted) in cases {
        let argv = words(line);
        assert_eq!(told(Start::of(&argv)), *wanted, "{line:?}");
    }
}

#[test]
fn a_program_is_known_by_its_name_wherever_it_lies() {
    check(&[
        (&["kube-apiserver"], "is kube-apiserver"),
        (
            &["/opt/etcd-v3.5.9-linux-amd64/etcd", "--name=a"],
            "is etcd --name=a",
        ),
        (
            &["/snap/kube-proxy/7/kube-proxy", "--v=2"],
            "is kube-proxy --v=2",
        ),
        (
            &["kube-apiserver-v1.34.2", "--a=b"],
            "is kube-apiserver --a=b",
        ),
        (&["/usr/bin/kubelet-1.30"], "is kubelet"),
        (&["kube-scheduler-amd64"], "is kube-scheduler"),
        (
            &["C:\\k\\kubelet.exe", "--config=C:\\c"],
            "is kubelet --config=C:\\c",
        ),
        (
            &["/hyperkube", "kube-apiserver", "--a"],
            "is kube-apiserver --a",
        ),
        (
            &["hyperkube-v1.14", "controller-manager", "--a"],
            "is kube-controller-manager --a",
        ),
        (&["hyperkube", "kubelet"], "is kubelet"),
        (&["hyperkube", "--help"], "-"),
        (&["etcdctl", "get", "/"], "-"),
        (&["etcd-backup"], "-"),
        (&["kubelet-csr-approver"], "-"),
        (&["kube-proxy.conf"], "-"),
        (&[], "-"),
    ]);
}

#[test]
fn wrappers_hand_their_arguments_on() {
    check(&[
        (
            &[
                "/go-runner",
                "--log-file=/var/log/etcd",
                "--also-stdout",
                "/bin/etcd",
                "--name=a",
            ],
            "starts etcd --name=a",
        ),
        (
            &["/sbin/tini", "--", "kube-apiserver", "--a=b"],
            "starts kube-apiserver --a=b",
        ),
        (&["dumb-init", "kube-scheduler"], "starts kube-scheduler"),
        (
            &["/usr/bin/env", "ETCD_NAME=/x/etcd", "etcd", "--a"],
            "starts etcd --a",
        ),
        (&["gosu", "etcd", "etcd", "--a"], "starts etcd --a"),
        (
            &["runuser", "-u", "etcd", "--", "/usr/bin/etcd", "--a"],
            "starts etcd --a",
        ),
        (
            &["tini", "--", "nice", "-n", "5", "etcd", "--a"],
            "starts etcd --a",
        ),
        (
            &[
                "watch-termination",
                "--touch=/t",
                "--",
                "hyperkube",
                "kube-apiserver",
                "--a",
            ],
            "starts kube-apiserver --a",
        ),
        // Either word may be the program, and another program may change what it is given.
        (
            &["sudo", "-u", "etcd", "-E", "/usr/bin/etcd", "--a"],
            "starts etcd ?",
        ),
        (&["tini", "/entrypoint.sh", "etcd", "--a"], "starts etcd ?"),
        (&["nice", "/bin/sh", "-c", "etcd"], "starts etcd ?"),
        (&["tini", "--", "sleep", "1"], "-"),
    ]);
}

#[test]
#[expect(clippy::too_many_lines, reason = "one table of cases")]
fn shells_keep_the_arguments_to_themselves() {
    let openshift = "set -e\n# kube-scheduler\nLOCK=/x; if [ -f a ]; then\n echo kubelet\nfi\nexec watch-termination --a=b -- \\\n  hyperkube kube-apiserver --openshift-config=/c 2>&1 | tee /log";
    check(&[
        (
            &[
                "sh",
                "-c",
                "exec /usr/local/bin/kube-apiserver --a 1>>/x 2>&1",
            ],
            "starts kube-apiserver ?",
        ),
        (
            &["/bin/bash", "-euxo", "pipefail", "-c", openshift],
            "starts kube-apiserver ?",
        ),
        (
            &[
                "/bin/sh",
                "-ec",
                "mkdir -p /x && A=b exec -a x etcd --name $N",
            ],
            "starts etcd ?",
        ),
        (&["sh", "-c", "\"${BIN}/kubelet\" --a"], "starts kubelet ?"),
        (
            &["sh", "-c", "exec \"$@\"", "--", "etcd", "--a"],
            "starts etcd ?",
        ),
        (
            &["su", "etcd", "-s", "/bin/sh", "-c", "/usr/bin/etcd"],
            "starts etcd ?",
        ),
        (&["bash", "/usr/local/bin/etcd"], "starts etcd ?"),
        (
            &["sh", "/entrypoint.sh", "kube-proxy", "--a"],
            "starts kube-proxy ?",
        ),
        (
            &["busybox", "sh", "-c", "sh -c 'kubelet --a'"],
            "starts kubelet ?",
        ),
        (
            &["/bin/sh", "-c", "exec /ko-app/etcd-manager --x"],
            "starts etcd ?",
        ),
        (
            &["sh", "-c", "echo kubelet; etcdctl get /; etcd --version"],
            "-",
        ),
        (&["sh", "-c", "cat > kubelet"], "-"),
        (
            &["sh", "-c", "case $x in kubelet | etcd) ls ;; *) ;; esac"],
            "-",
        ),
        (
            &["sh", "-c", "case $x in a) (b; exec etcd) ;; esac"],
            "starts etcd ?",
        ),
        (&["sh", "-c", "exec etcd grpc-proxy start"], "-"),
        (&["sh", "-c"], "-"),
        (&["bash"], "-"),
    ]);
}

#[test]
fn a_program_that_is_not_known_may_do_anything_with_its_arguments() {
    check(&[
        (
            &["/entrypoint.sh", "kube-apiserver", "--a"],
            "starts kube-apiserver ?",
        ),
        (&["/docker-entrypoint.sh", "etcd"], "starts etcd ?"),
        (
            &["/x", "--y", "--", "hyperkube", "kubelet", "--a"],
            "starts kubelet ?",
        ),
        (
            &[
                "docker",
                "run",
                "--net=host",
                "quay.io/coreos/etcd:v3.5.9",
                "--a",
            ],
            "starts etcd ?",
        ),
        (&["/ko-app/etcd-manager", "--x"], "starts etcd ?"),
        (&["cp", "/usr/bin/kube-apiserver", "/shared"], "-"),
        (&["cat", "/etc/kubelet"], "-"),
        (&["systemctl", "restart", "kubelet"], "-"),
        (&["tail", "-f", "/var/log/etcd"], "-"),
        (&["docker", "logs", "etcd"], "-"),
    ]);
}

#[test]
fn who_is_asked_for_something_else_serves_nothing() {
    check(&[
        (&["etcd", "gateway", "start", "--endpoints=a"], "-"),
        (&["etcd", "grpc-proxy", "start"], "-"),
        (&["etcd", "-version"], "-"),
        (&["kubelet", "--version"], "-"),
        (&["kubelet", "--version=raw", "--a"], "-"),
        (&["kube-apiserver", "-h"], "-"),
        (&["kube-apiserver", "--help"], "-"),
        (&["kube-apiserver", "--print-flags"], "-"),
        (&["kube-proxy", "--cleanup"], "-"),
        (&["kube-proxy", "--write-config-to", "/c"], "-"),
        (&["kube-scheduler", "--write-config-to=/c"], "-"),
        (&["tini", "--", "etcd", "gateway"], "-"),
        (&["hyperkube", "kubelet", "--version"], "-"),
        (
            &["kube-proxy", "--cleanup=false"],
            "is kube-proxy --cleanup=false",
        ),
        (
            &["kubelet", "--version=v1.30.0"],
            "is kubelet --version=v1.30.0",
        ),
        (
            &["kubelet", "--version=false"],
            "is kubelet --version=false",
        ),
        // The value of another flag, or one that may be.
        (
            &["kubelet", "--config", "--version"],
            "is kubelet --config --version",
        ),
        (&["kubelet", "--x", "--version"], "is kubelet --x --version"),
        (&["kubelet", "--", "--version"], "is kubelet -- --version"),
        (&["etcd", "--name", "gateway"], "is etcd --name gateway"),
    ]);
}

#[test]
fn a_container_without_a_command_runs_what_its_image_is_for() {
    let upstream = "registry.k8s.io:443/kube-apiserver:v1.36.3@sha256:0";
    type Case<'c> = (&'c str, &'c str, &'c [&'c str], &'c [&'c str], &'c str);
    let all: &[Case<'_>] = &[
        ("server", upstream, &[], &["--a"], "is kube-apiserver --a"),
        (
            "server",
            upstream,
            &[],
            &["/usr/local/bin/kube-apiserver", "--a"],
            "is kube-apiserver --a",
        ),
        ("server", upstream, &[], &[], "is kube-apiserver"),
        (
            "kube-apiserver",
            "i",
            &[],
            &["--a"],
            "is kube-apiserver --a",
        ),
        ("x", "quay.io/coreos/etcd", &[], &["gateway", "start"], "-"),
        (
            "x",
            "rancher/hardened-etcd:v3.5.9",
            &[],
            &["--a"],
            "is etcd --a",
        ),
        (
            "x",
            "k8s.gcr.io/kube-proxy-amd64:v1.9",
            &[],
            &[],
            "is kube-proxy",
        ),
        ("x", "etcd:3", &["etcdctl"], &["get"], "-"),
        (
            "x",
            "etcd:3",
            &["sh", "-c"],
            &["$(which etcd) --a"],
            "starts etcd ?",
        ),
        (
            "x",
            "etcd:3",
            &["sh", "-c"],
            &["etcdctl snapshot save /var/lib/etcd"],
            "-",
        ),
        ("x", "example.org/web", &[], &["--a"], "-"),
        ("x", "", &[], &[], "-"),
    ];
    for (name, image, command, args, wanted) in all {
        let argv = container_argv(name, image, &words(command), &words(args));
        let start = Start::of_container(&argv, name, image);
        assert_eq!(told(start), *wanted, "{name} {image} {command:?} {args:?}");
    }
}

#[test]
fn hostile_command_lines_end() {
    let deep = "tini -- ".repeat(20_000) + "etcd";
    let shells = "sh -c ".repeat(20_000);
    for (line, wanted) in [(deep, "starts etcd"), (shells, "-")] {
        let argv: Vec<String> = line.split(' ').map(str::to_owned).collect();
        assert_eq!(told(Start::of(&argv)), wanted);
        let script = words(&["sh", "-c", &line]);
        assert_eq!(told(Start::of(&script)).trim_end_matches(" ?"), wanted);
    }
}

#[test]
fn a_process_is_known_by_fifteen_letters() {
    for kind in ComponentKind::ALL {
        let kept = &kind.binary()[..kind.binary().len().min(15)];
        assert_eq!(ComponentKind::of_process(kept), Some(kind));
    }
    assert_eq!(ComponentKind::of_process("kube-controller-x"), None);
}
