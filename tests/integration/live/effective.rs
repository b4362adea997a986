//! What flags, files and drop-ins amount to, compared with what the real kubelet says it runs with.

use std::path::Path;
use std::thread;
use std::time::{Duration, Instant};

use jiff::SignedDuration;
use seaworthy::facts::component::{Component, ComponentKind};
use seaworthy::facts::settings::Scalar;
use seaworthy::facts::{Cell, Origin, Place, snapshot};
use serde_json::{Value, json};
use tempfile::TempDir;

use super::bed::Bed;
use crate::harness;

/// Settings that `/configz` shows otherwise than they are stated: the kubelet fills in certificates that it makes itself.
const FILLED_IN: [&str; 2] = ["tlsCertFile", "tlsPrivateKeyFile"];

/// Flags that the API server fills in when it starts, so that `/flagz` shows more than it was told.
const COMPLETED: [&str; 2] = ["external-hostname", "watch-cache-sizes"];

/// A way to tell the kubelet: its further flags, and drop-ins by name.
type Told = (&'static str, &'static [(&'static str, &'static str)]);

const DROP_INS: &[(&str, &str)] = &[
    (
        "10-first.conf",
        "maxPods: 50\nnodeStatusUpdateFrequency: 11s\npodPidsLimit: 100\nfeatureGates: {CPUManagerPolicyAlphaOptions: false}\nevictionHard: {memory.available: 90Mi, nodefs.available: 9%}\nauthentication: {anonymous: {enabled: true}}\nkubeReserved: {cpu: 50m}\n",
    ),
    (
        "20-second.conf",
        "maxPods: 60\npodPidsLimit: -1\nevictionHard: {memory.available: 80Mi}\neventRecordQPS: 0\nshutdownGracePeriod: 30s\nshutdownGracePeriodCriticalPods: 10s\nseccompDefault: true\nstreamingConnectionIdleTimeout: 0s\ntlsCipherSuites: [TLS_ECDHE_RSA_WITH_AES_128_GCM_SHA256, TLS_ECDHE_RSA_WITH_AES_256_GCM_SHA384]\n",
    ),
    // Not a drop-in: only names that end with .conf are.
    ("30-third.yaml", "maxPods: 70\n"),
];

const WAYS: [Told; 4] = [
    ("", &[]),
    (
        "--read-only-port=10255 --streaming-connection-idle-timeout=7m --feature-gates=CPUManagerPolicyAlphaOptions=true --eviction-hard=memory.available<70Mi \
         --max-pods=99 --event-qps=0 --node-status-update-frequency=12s --tls-min-version=VersionTLS13 --v=3 --anonymous-auth=true \
         --kube-reserved=cpu=40m --kube-reserved=memory=20Mi --authentication-token-webhook=false --serialize-image-pulls=false",
        &[],
    ),
    ("--config-dir=/etc/kubernetes/sweep.d", DROP_INS),
    (
        "--config-dir=/etc/kubernetes/sweep.d --max_pods 88 --pod-max-pids=77 --eviction-hard= --anonymous-auth=false \
         --kube-reserved=memory=30Mi --feature-gates CPUManagerPolicyAlphaOptions=true --feature-gates=CPUManagerPolicyBetaOptions=true",
        DROP_INS,
    ),
];

/// Starts the kubelet of w1 with these flags and drop-ins, and returns what it says of itself.
fn start(bed: &Bed, told: &Told) -> Value {
    let root = bed.root("w1");
    let folder = root.join("etc/kubernetes/sweep.d");
    std::fs::create_dir_all(&folder).unwrap();
    for (name, settings) in told.1 {
        let head = "apiVersion: kubelet.config.k8s.io/v1beta1\nkind: KubeletConfiguration\n";
        std::fs::write(folder.join(name), format!("{head}{settings}")).unwrap();
    }
    let file = root.join("etc/default/kubelet");
    let before = std::fs::read_to_string(&file).unwrap_or_default();
    let before = before.trim_end().to_owned();
    let before = match before.as_str() {
        "" => "KUBELET_EXTRA_ARGS=",
        before => before,
    };
    std::fs::write(&file, format!("{before} {}\n", told.0)).unwrap();
    let running = || bed.enter("w1", &["pgrep", "-x", "kubelet"]).stdout;
    let old = running();
    bed.enter("w1", &["pkill", "-x", "kubelet"]);
    let started = Instant::now();
    let page = loop {
        assert!(
            started.elapsed() < Duration::from_secs(90),
            "the kubelet of w1 did not start with {}",
            told.0
        );
        thread::sleep(Duration::from_millis(500));
        let now = running();
        if now.is_empty() || now == old {
            continue;
        }
        let args = ["get", "--raw", "/api/v1/nodes/w1/proxy/configz"];
        if let Some(page) = bed.try_kubectl(&args) {
            break page;
        }
    };
    std::fs::write(file, format!("{before}\n")).unwrap();
    let page: Value = serde_json::from_str(&page).unwrap();
    page["kubeletconfig"].clone()
}

/// The settings of a component on a node, read over SSH and by the API with `kubeconfig`.
fn concluded(bed: &Bed, kubeconfig: &Path, node: &str, kind: ComponentKind) -> Component {
    let folder = TempDir::new().unwrap();
    let out = folder.path().join("node.seaworthy");
    let host = format!("root@{}", bed.address(node));
    let (key, known) = (bed.ssh_key(), bed.known_hosts());
    let way = [
        "--ssh-config",
        "/dev/null",
        "--ssh-key",
        key.to_str().unwrap(),
        "--ssh-known-hosts",
        known.to_str().unwrap(),
    ];
    let args = ["collect", "--ssh", &host, "-o", out.to_str().unwrap()];
    let run = harness::run_with(kubeconfig, &[&args[..], &way].concat());
    assert_eq!(run.code, 0, "{}", run.err);
    let facts = snapshot::read(&*std::fs::read(out).unwrap()).unwrap().facts;
    let mut rows = facts.components.rows.into_iter();
    let found = rows.find(|row| row.kind == kind && row.node == node);
    found.unwrap()
}

/// The API server shows its flags as JSON on `/flagz`; its command line and our table of defaults say the same of each.
pub(super) fn flagz_agrees(bed: &Bed) {
    let folder = TempDir::new().unwrap();
    let rules = json!([{"apiGroups": [""], "resources": ["nodes", "pods"], "verbs": ["list"]}]);
    let blind = bed.account("live-test-no-flagz", &rules, folder.path());
    let kind = ComponentKind::ApiServer;
    let by_page = concluded(bed, &bed.kubeconfig(), "cp1", kind);
    let by_argv = concluded(bed, &blind, "cp1", kind);
    let mut wrong = Vec::new();
    let (mut shown, mut set) = (0, 0);
    for (name, cell) in by_argv.flags.cells() {
        let page = by_page.flags.get(name).unwrap();
        let on_page = match page {
            Cell::Value { source, .. } => matches!(**source, Place::Flagz { .. }),
            _ => false,
        };
        shown += usize::from(on_page);
        set += usize::from(matches!(
            cell,
            Cell::Value {
                origin: Origin::Explicit,
                ..
            }
        ));
        match (cell.value(), page.value()) {
            _ if COMPLETED.contains(&name) => {}
            (ours, its) if ours == its => {}
            // A flag without a value of its own is shown with the zero of its type.
            (None, Some(its)) if its.is_zero() => {}
            (ours, its) => wrong.push(format!("{name}: {ours:?} and {its:?}")),
        }
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
    assert!(
        shown > 100 && set > 20,
        "{shown} flags were shown, {set} set"
    );
}

#[test]
#[ignore = "needs a real cluster: tests/run"]
fn what_we_conclude_is_what_the_api_server_runs_with() {
    flagz_agrees(Bed::running());
}

/// Whether a page shows this value; what is zero it leaves out.
fn shows(page: Option<&Value>, value: &Scalar) -> bool {
    let Some(page) = page else {
        return value.is_zero();
    };
    match (page, value) {
        (Value::String(text), Scalar::Duration(span)) => text
            .parse::<SignedDuration>()
            .is_ok_and(|shown| shown == *span),
        (Value::Array(items), Scalar::List(list)) => {
            items.len() == list.len() && items.iter().zip(list).all(|(a, b)| text(a) == *b)
        }
        (Value::Object(pairs), Scalar::Map(map)) => {
            pairs.len() == map.len()
                && pairs
                    .iter()
                    .all(|(key, shown)| map.get(key) == Some(&text(shown)))
        }
        (page, value) => text(page) == value.to_string(),
    }
}

fn text(value: &Value) -> String {
    match value {
        Value::String(text) => text.clone(),
        value => value.to_string(),
    }
}

#[test]
#[ignore = "needs a real cluster: tests/run"]
fn what_we_conclude_is_what_the_kubelet_runs_with() {
    let bed = Bed::running();
    for told in &WAYS {
        let page = start(bed, told);
        let ours = concluded(bed, &bed.kubeconfig(), "w1", ComponentKind::Kubelet);
        let ours = ours.config.cells();
        let mut wrong = Vec::new();
        let mut known = 0;
        for (name, cell) in ours {
            let shown = page.pointer(&format!("/{}", name.replace('.', "/")));
            match cell {
                _ if FILLED_IN.contains(&name) => {}
                Cell::Gap(gap) => wrong.push(format!("{name}: {gap}")),
                Cell::Absent { .. } if shown.is_some() => {
                    wrong.push(format!("{name}: not set, and {shown:?}"))
                }
                Cell::Absent { .. } => {}
                Cell::Value { value, .. } if !shows(shown, value) => {
                    wrong.push(format!("{name}: {value} and {shown:?}"));
                }
                Cell::Value { .. } => known += 1,
            }
        }
        assert!(wrong.is_empty(), "{}\n{}", told.0, wrong.join("\n"));
        assert!(known > 80, "{known} settings were compared");
    }
    // As it was.
    start(bed, &WAYS[0]);
}
