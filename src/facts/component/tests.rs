//! Precedence of flags, files, pages and defaults, each case with the source of its rule.

use std::collections::BTreeMap;

use serde_json::json;

use super::{Arguments, Component, ComponentKind, DirectoryRead, FileRead, Files, Sighting, Via};
use crate::facts::{Cell, Fields, Gap, GapReason, Origin, View};

mod programs;
mod secrets;
mod sightings;

/// Files of an imagined node: a text, or a gap where there is `None`.
#[derive(Default)]
struct Node(BTreeMap<String, Option<String>>);

impl Node {
    fn new(files: &[(&str, Option<&str>)]) -> Self {
        let own =
            |(path, text): &(&str, Option<&str>)| ((*path).to_owned(), text.map(str::to_owned));
        Self(files.iter().map(own).collect())
    }
}

fn forbidden(what: &str) -> Gap {
    Gap::new(what, "", GapReason::Forbidden, "sudo")
}

impl Files for Node {
    fn text(&mut self, path: &str) -> FileRead {
        match self.0.get(path) {
            Some(Some(text)) => FileRead::Text(text.clone()),
            Some(None) => FileRead::Gap(forbidden(path)),
            None => FileRead::NotFound,
        }
    }

    fn list(&mut self, directory: &str) -> DirectoryRead {
        if let Some(None) = self.0.get(directory) {
            return DirectoryRead::Gap(forbidden(directory));
        }
        let below = |path: &&String| path.starts_with(&format!("{directory}/"));
        let paths: Vec<String> = self.0.keys().filter(below).rev().cloned().collect();
        if paths.is_empty() {
            DirectoryRead::NotFound
        } else {
            DirectoryRead::Paths(paths)
        }
    }
}

fn sighting(via: Via, arguments: Arguments) -> Sighting {
    Sighting {
        node: "n1".to_owned(),
        via,
        arguments,
        environment: Ok(BTreeMap::new()),
        version: None,
        image: None,
    }
}

fn argv(kind: ComponentKind, arguments: &[&str]) -> Arguments {
    let program = format!("/usr/bin/{}", kind.binary());
    let words = std::iter::once(program).chain(arguments.iter().map(|word| (*word).to_owned()));
    Arguments::Argv(words.collect())
}

fn process(kind: ComponentKind, arguments: &[&str]) -> Sighting {
    sighting(Via::Argv { pid: 7 }, argv(kind, arguments))
}

fn release(kind: ComponentKind) -> &'static str {
    if kind == ComponentKind::Etcd {
        "3.6.16"
    } else {
        "v1.36.3"
    }
}

fn observe(kind: ComponentKind, arguments: &[&str], files: &[(&str, Option<&str>)]) -> Component {
    let seen = [process(kind, arguments)];
    Component::observe(
        kind,
        "n1",
        Some(release(kind)),
        &seen,
        None,
        &mut Node::new(files),
    )
}

fn seen(kind: ComponentKind, version: Option<&str>, sightings: &[Sighting]) -> Component {
    Component::observe(kind, "n1", version, sightings, None, &mut Node::default())
}

/// A setting as one word: its value, `absent` or `gap`; `flags/` before the name of a flag.
fn word(component: &Component, name: &str) -> String {
    let cell = match name.strip_prefix("flags/") {
        Some(flag) => component.flags.get(flag),
        None => component.config.get(name),
    };
    match cell.unwrap_or_else(|| panic!("no setting {name}")) {
        Cell::Value { value, .. } => value.to_string(),
        Cell::Absent { .. } => "absent".to_owned(),
        Cell::Gap(_) => "gap".to_owned(),
    }
}

type Case<'a> = (
    &'a [&'a str],
    &'a [(&'a str, Option<&'a str>)],
    &'a [(&'a str, &'a str)],
);

fn check(kind: ComponentKind, cases: &[Case<'_>]) {
    for (arguments, files, wanted) in cases {
        let component = observe(kind, arguments, files);
        for (name, value) in *wanted {
            assert_eq!(
                word(&component, name),
                *value,
                "{name} with {arguments:?} and {files:?}"
            );
        }
    }
}

/// The head of a configuration file of a kind.
macro_rules! kubelet {
    ($body:literal) => {
        Some(concat!(
            "apiVersion: kubelet.config.k8s.io/v1beta1\nkind: KubeletConfiguration\n",
            $body
        ))
    };
}
macro_rules! proxy {
    ($body:literal) => {
        Some(concat!(
            "apiVersion: kubeproxy.config.k8s.io/v1alpha1\nkind: KubeProxyConfiguration\n",
            $body
        ))
    };
}
macro_rules! scheduler {
    ($body:literal) => {
        Some(concat!(
            "apiVersion: kubescheduler.config.k8s.io/v1\nkind: KubeSchedulerConfiguration\n",
            $body
        ))
    };
}
macro_rules! authn {
    ($body:literal) => {
        Some(concat!(
            "apiVersion: apiserver.config.k8s.io/v1\nkind: AuthenticationConfiguration\n",
            $body
        ))
    };
}
macro_rules! authz {
    ($body:literal) => {
        Some(concat!(
            "apiVersion: apiserver.config.k8s.io/v1\nkind: AuthorizationConfiguration\n",
            $body
        ))
    };
}

mod apiserver;
mod audit;
mod files;
mod kubelet;
mod refusals;

const ANONYMOUS: &str = "authentication.anonymous.enabled";
const MODE: &str = "authorization.mode";

/// A component that nobody saw, whose command line is closed, or that a shell started, is known by nothing.
#[test]
fn unseen_components_are_all_gaps() {
    let shell = ["sh", "-c", "exec /usr/bin/kubelet --config=/c"].map(str::to_owned);
    let by = |arguments| sighting(Via::Argv { pid: 7 }, arguments);
    for sightings in [
        Vec::new(),
        vec![by(Arguments::Gap(forbidden("cmdline")))],
        vec![by(Arguments::Argv(shell.into()))],
        vec![by(Arguments::Argv(Vec::new()))],
    ] {
        let component = seen(ComponentKind::Kubelet, None, &sightings);
        let cells = component.config.cells().into_iter();
        for (name, cell) in cells.chain(component.flags.cells()) {
            assert!(cell.gap().is_some(), "{name} from {sightings:?}");
        }
    }
}

#[test]
fn versions_decide_defaults() {
    let flags = |version: Option<&str>, image: Option<&str>| {
        let mut seen = process(ComponentKind::ApiServer, &["--audit-log-path=/a"]);
        seen.image = image.map(str::to_owned);
        Component::observe(
            ComponentKind::ApiServer,
            "n1",
            version,
            &[seen],
            None,
            &mut Node::default(),
        )
    };
    let image = Some("registry.k8s.io:443/kube-apiserver:v1.36.3@sha256:0");
    for (component, maxage, profiling) in [
        (flags(Some("v1.36.3"), None), "366", "true"),
        (flags(None, image), "366", "true"),
        // The image is that of this very instance; /version is whichever server answered.
        (flags(Some("v1.31.0"), image), "366", "true"),
        (flags(Some("v1.22.0"), None), "gap", "gap"),
        (flags(Some("v1.99.0"), None), "gap", "gap"),
        (flags(None, None), "gap", "true"),
    ] {
        assert_eq!(
            word(&component, "flags/audit-log-maxage"),
            maxage,
            "{:?}",
            component.version
        );
        assert_eq!(
            word(&component, "flags/profiling"),
            profiling,
            "{:?}",
            component.version
        );
        assert_eq!(word(&component, "flags/audit-log-path"), "/a");
    }
}

#[test]
fn checks_see_configuration_and_flags() {
    for kind in ComponentKind::ALL {
        let component = observe(kind, &["--no-such-flag=s3cr3t"], &[]);
        let record = component.record();
        let names: std::collections::BTreeSet<&str> = record
            .fields
            .iter()
            .map(|field| field.name.as_str())
            .collect();
        assert_eq!(names.len(), record.fields.len(), "{kind:?}");
        for (name, wanted) in [("nodeName", "n1"), ("version", release(kind))] {
            let View::Text(text) = component.field(record.position(name).unwrap()).view else {
                panic!("{name}")
            };
            assert_eq!(text, wanted);
        }
        let View::Record(flags) = component.field(record.position("flags").unwrap()).view else {
            panic!("flags")
        };
        assert_eq!(flags.record().fields.len(), kind.flags().rows.len());
        let View::Int(7) = component.field(record.position("pid").unwrap()).view else {
            panic!("pid")
        };
        assert!(matches!(
            component.field(record.fields.len()).view,
            View::Absent
        ));
        assert_eq!(component.unknown_flags, ["no-such-flag"]);
    }
}

#[test]
fn a_snapshot_gives_the_same_component() {
    for kind in ComponentKind::ALL {
        let component = observe(
            kind,
            &["--config=/c", "--v=2", "--feature-gates=A=true"],
            &[("/c", None)],
        );
        let json = serde_json::to_string(&component).unwrap();
        assert_eq!(
            serde_json::from_str::<Component>(&json).unwrap(),
            component,
            "{kind:?}"
        );
    }
    // Fields that an older snapshot lacks are gaps, those of a newer one are dropped.
    let old = json!({"kind": "kubelet", "node": "n1", "source": {"kernel": {"node": "n1"}},
        "config": {"noLongerKnown": {"absent": {"source": {"kernel": {"node": "n1"}}}}}});
    let old: Component = serde_json::from_value(old).unwrap();
    assert!(
        old.config
            .cells()
            .iter()
            .all(|(_, cell)| cell.gap().is_some())
    );
    assert!(old.version.gap().is_some());
}

/// A flag that is not known and names a configuration: what that says is not known either.
#[test]
#[expect(clippy::too_many_lines, reason = "one table of cases")]
fn settings_may_stand_in_a_file_that_is_not_known() {
    let arguments =
        "apiServerArguments:\n  authorization-mode: [RBAC, Node]\n  token-auth-file: []\n";
    type Case<'a> = (
        ComponentKind,
        &'a [&'a str],
        Option<&'a str>,
        &'a [(&'a str, &'a str)],
    );
    let cases: &[Case<'_>] = &[
        (
            ComponentKind::ApiServer,
            &["--openshift-config=/c", "--anonymous-auth=false"],
            None,
            &[
                ("flags/anonymous-auth", "false"),
                ("authorizers", "gap"),
                ("flags/profiling", "gap"),
            ],
        ),
        (
            ComponentKind::ApiServer,
            &["--openshift-config=/c", "--authorization-mode=AlwaysAllow"],
            Some(arguments),
            &[
                ("authorizers", "AlwaysAllow,RBAC,Node"),
                ("flags/token-auth-file", "gap"),
                ("flags/client-ca-file", "gap"),
            ],
        ),
        (
            ComponentKind::ApiServer,
            &["--config=/c"],
            None,
            &[("flags/profiling", "gap")],
        ),
        (
            ComponentKind::ControllerManager,
            &["--openshift-config=/c"],
            Some("extendedArguments: {profiling: ['false']}"),
            &[("flags/profiling", "false"), ("flags/bind-address", "gap")],
        ),
        (
            ComponentKind::Etcd,
            &["--my-config", "/c"],
            None,
            &[("client-cert-auth", "gap")],
        ),
        (
            ComponentKind::Kubelet,
            &["--x-configuration=/c"],
            None,
            &[(ANONYMOUS, "gap")],
        ),
        // These say nothing of other settings.
        (
            ComponentKind::Kubelet,
            &["--cloud-config=/c"],
            None,
            &[(ANONYMOUS, "true")],
        ),
        (
            ComponentKind::Kubelet,
            &["--my-kubeconfig=/c"],
            None,
            &[(ANONYMOUS, "true")],
        ),
    ];
    for (kind, arguments, file, wanted) in cases {
        let component = observe(*kind, arguments, &[("/c", *file)]);
        for (name, value) in *wanted {
            assert_eq!(word(&component, name), *value, "{name} with {arguments:?}");
        }
    }
}

#[test]
fn nothing_of_a_command_line_leaks() {
    let secret = [
        "--token=s3cr3t",
        "--manifest-url-header=A:s3cr3t",
        "s3cr3t",
        "--manifest-url=https://u:s3cr3t@h/?t=s3cr3t",
        "--read-only-port=s3cr3t",
    ];
    let component = observe(ComponentKind::Kubelet, &secret, &[]);
    let shown = serde_json::to_string(&component).unwrap()
        + &format!(
            "{component:?} {:?}",
            process(ComponentKind::Kubelet, &secret)
        );
    assert!(!shown.contains("s3cr3t"), "{shown}");
}
