//! Components that another program has built in: K3s runs the whole control plane and the kubelet in one process.
//!
//! Nothing shows their command lines. What the user states is in K3s' own arguments and configuration files (K3s
//! documentation, "Configuration Options"); what K3s adds by itself depends on its release and is not known here, so a flag
//! that nobody states is a gap and never the default of Kubernetes. So is one that its own command line, which K3s hides,
//! may state. Of the kubelet K3s writes down what it adds, and etcd has a configuration file of its own.

use std::collections::BTreeMap;

use super::inquiry::{Inquiry, found};
use super::instances::{Embedded, Instance};
use super::mounts::View;
use super::{Body, Process, Purpose};
use crate::facts::component::ComponentKind;
use crate::facts::{Gap, GapReason};

const CONFIG: &str = "/etc/rancher/k3s/config.yaml";
const DATA: &str = "/var/lib/rancher/k3s";

/// K3s' setting that hands arguments to each component, and the one that leaves the component out.
const COMPONENTS: [(ComponentKind, &str, &str); 6] = [
    (
        ComponentKind::ApiServer,
        "kube-apiserver-arg",
        "disable-apiserver",
    ),
    (
        ComponentKind::ControllerManager,
        "kube-controller-manager-arg",
        "disable-controller-manager",
    ),
    (
        ComponentKind::Scheduler,
        "kube-scheduler-arg",
        "disable-scheduler",
    ),
    (ComponentKind::Etcd, "etcd-arg", "disable-etcd"),
    (ComponentKind::Kubelet, "kubelet-arg", "disable-agent"),
    (
        ComponentKind::KubeProxy,
        "kube-proxy-arg",
        "disable-kube-proxy",
    ),
];

/// Whether a setting is one that is kept of K3s' configuration; all others may hold tokens and passwords.
pub(super) fn is_kept(name: &str) -> bool {
    let name = name.trim_end_matches('+');
    name == "data-dir"
        || COMPONENTS
            .iter()
            .any(|(_, arguments, disable)| name == *arguments || name == *disable)
}

/// The settings that hand arguments to components.
pub(super) fn argument_settings() -> impl Iterator<Item = &'static str> {
    COMPONENTS.iter().map(|(_, arguments, _)| *arguments)
}

/// The settings that leave components out.
pub(super) fn disable_settings() -> impl Iterator<Item = &'static str> {
    COMPONENTS.iter().map(|(_, _, disable)| *disable)
}

/// What K3s is told: values by setting, in order.
type Settings = BTreeMap<String, Vec<String>>;

/// The components within the K3s of this node, if it is one.
pub(super) fn k3s(processes: &[Process], inquiry: &mut Inquiry<'_>) -> Vec<Instance> {
    let Some((process, role, words)) = processes.iter().find_map(server_or_agent) else {
        return Vec::new();
    };
    let told = told(&words, inquiry);
    let settings = told.clone().unwrap_or_default();
    let value = |name: &str| settings.get(name).and_then(|values| values.last());
    let data = value("data-dir").map_or(DATA, String::as_str);
    let kinds = COMPONENTS.iter().filter(|(kind, _, disable)| {
        let of_agent = matches!(kind, ComponentKind::Kubelet | ComponentKind::KubeProxy);
        let disabled = value(disable).is_some_and(|value| value != "false");
        (role == "server" || of_agent) && !disabled
    });
    let mut instances = Vec::new();
    for (kind, arguments, _) in kinds {
        let given = settings.get(*arguments).into_iter().flatten();
        let mut argv = vec![kind.binary().to_owned()];
        let known = match kind {
            ComponentKind::Etcd => {
                // Without a member K3s keeps its data in SQLite or elsewhere, and no etcd runs.
                if !exists(inquiry, &format!("{data}/server/db/etcd/member")) {
                    continue;
                }
                argv.push(format!("--config-file={data}/server/db/etcd/config"));
                true
            }
            ComponentKind::Kubelet => {
                argv.push(format!("--kubeconfig={data}/agent/kubelet.kubeconfig"));
                // Since 1.32 everything that K3s adds is in this directory.
                let directory = format!("{data}/agent/etc/kubelet.conf.d");
                let written = exists(inquiry, &directory);
                argv.extend(written.then(|| format!("--config-dir={directory}")));
                written && !words.is_empty()
            }
            _ => false,
        };
        argv.extend(given.map(|argument| format!("--{}", argument.trim_start_matches('-'))));
        instances.push(Instance {
            kind: *kind,
            argv: told.as_ref().map(|_| argv).map_err(Clone::clone),
            process: Some(process.clone()),
            manifest: None,
            environment: Ok(BTreeMap::new()),
            view: View::Host,
            embedded: Some(Embedded {
                path: CONFIG.to_owned(),
                open: (!known).then(|| built_in(*kind)),
                home: data.to_owned(),
            }),
        });
    }
    instances
}

/// Why components may run that nothing shows: a program that has them built in and is not understood.
pub(super) fn hidden(processes: &[Process]) -> Option<Gap> {
    let hides = |process: &&Process| {
        let Ok(argv) = &process.argv else {
            return false;
        };
        let mut words = argv.iter().flat_map(|word| word.split(' '));
        let program = words.next().and_then(|first| first.rsplit('/').next());
        match (program, words.next()) {
            (Some("kubelite"), _) | (Some("microshift"), Some("run")) => true,
            (Some("k3s"), Some("server" | "agent")) => process.depth > 0,
            _ => false,
        }
    };
    let process = processes.iter().find(hides)?;
    Some(Gap::new(
        "components that a program has built in which this version does not read",
        format!("process {}", process.pid),
        GapReason::Unreachable,
        "allow /configz and /flagz (Kubernetes 1.36 and later)",
    ))
}

fn built_in(kind: ComponentKind) -> Gap {
    Gap::new(
        format!("setting of {} that K3s adds or hides", kind.binary()),
        CONFIG,
        GapReason::NotAsked,
        "state it in K3s' configuration, or allow /configz and /flagz (Kubernetes 1.36 and later)",
    )
}

fn exists(inquiry: &mut Inquiry<'_>, path: &str) -> bool {
    !matches!(found(inquiry.stat(path)), Ok(None))
}

/// A K3s process with its role and arguments. It writes its title over its command line, so that tokens do not show: then
/// there are no arguments, whatever it was started with.
fn server_or_agent(process: &Process) -> Option<(&Process, &'static str, Vec<String>)> {
    let argv = process.argv.as_ref().ok().filter(|_| process.depth == 0)?;
    let words = argv.iter().flat_map(|word| word.split(' '));
    let words: Vec<String> = words
        .filter(|word| !word.is_empty())
        .map(str::to_owned)
        .collect();
    let program = words.first()?.rsplit('/').next();
    let role = match words.get(1)?.as_str() {
        "server" => "server",
        "agent" => "agent",
        _ => return None,
    };
    (program == Some("k3s")).then(|| (process, role, words[2..].to_vec()))
}

/// Configuration files in their order, then the command line; a list of an earlier place is replaced by that of a later
/// one unless its name ends with `+`, and the command line adds to lists.
fn told(words: &[String], inquiry: &mut Inquiry<'_>) -> Result<Settings, Gap> {
    let mut settings = Settings::new();
    for path in files(inquiry)? {
        let Some(Body::Variables(stated)) = inquiry.body(&path, Purpose::K3s)? else {
            continue;
        };
        for (name, values) in stated {
            let values = values.lines().map(str::to_owned);
            match name.strip_suffix('+') {
                Some(name) => settings.entry(name.to_owned()).or_default().extend(values),
                None => drop(settings.insert(name.clone(), values.collect())),
            }
        }
    }
    let mut words = words.iter().peekable();
    while let Some(word) = words.next() {
        let Some(flag) = word.strip_prefix("--") else {
            continue;
        };
        let (name, value) = match flag.split_once('=') {
            Some((name, value)) => (name, value.to_owned()),
            // A truth value has no word of its own.
            None if flag.starts_with("disable-") => (flag, "true".to_owned()),
            None => (flag, words.next().cloned().unwrap_or_default()),
        };
        if is_kept(name) {
            settings.entry(name.to_owned()).or_default().push(value);
        }
    }
    Ok(settings)
}

fn files(inquiry: &mut Inquiry<'_>) -> Result<Vec<String>, Gap> {
    let directory = format!("{CONFIG}.d");
    let mut names = inquiry.names(&directory)?.unwrap_or_default().to_vec();
    names.retain(|name| name.ends_with(".yaml") || name.ends_with(".yml"));
    names.sort_unstable();
    let parts = names.iter().map(|name| format!("{directory}/{name}"));
    Ok(std::iter::once(CONFIG.to_owned()).chain(parts).collect())
}
