//! Pod Security Standards: every pod made by chance is admitted or refused as we say, and for the same controls.

use std::collections::BTreeSet;

use seaworthy::evaluate::{Level, broken};
use seaworthy::facts::objects::{Content, decode_manifest};
use seaworthy::facts::{Asked, Cluster, Facts};
use serde_json::{Value, json};

use super::{Bed, Dice, post_all};

const PODS: usize = 2_600;

/// The versions in which something changed, and the newest.
const VERSIONS: [&str; 8] = [
    "v1.24", "v1.26", "v1.28", "v1.30", "v1.33", "v1.34", "v1.35", "latest",
];

/// What the server says, and the control it says it of.
const REASONS: [(&str, &str); 19] = [
    (
        "allowPrivilegeEscalation != false",
        "allowPrivilegeEscalation",
    ),
    ("forbidden AppArmor profile", "appArmorProfile"),
    ("forbidden AppArmor profiles", "appArmorProfile"),
    ("non-default capabilities", "capabilities"),
    ("unrestricted capabilities", "capabilities"),
    ("host namespaces", "hostNamespaces"),
    ("hostPath volumes", "hostPathVolumes"),
    ("hostPort", "hostPorts"),
    ("probe or lifecycle host", "hostProbesAndHostLifecycle"),
    ("privileged", "privileged"),
    ("procMount", "procMount"),
    ("restricted volume types", "restrictedVolumes"),
    ("runAsNonRoot != true", "runAsNonRoot"),
    ("runAsUser=0", "runAsUser"),
    ("seLinuxOptions", "seLinuxOptions"),
    ("seccompProfile", "seccompProfile"),
    ("forbidden sysctls", "sysctls"),
    ("hostProcess", "windowsHostProcess"),
    ("hostPorts", "hostPorts"),
];

/// A field set by chance, mostly to what is allowed.
fn maybe(dice: &mut Dice, object: &mut Value, field: &str, values: &[Value]) {
    if !dice.one_in(3) {
        object[field] = values[dice.roll(values.len())].clone();
    }
}

fn profiles() -> [Value; 4] {
    [
        json!({"type": "RuntimeDefault"}),
        json!({"type": "RuntimeDefault"}),
        json!({"type": "Unconfined"}),
        json!({"type": "Localhost", "localhostProfile": "p"}),
    ]
}

/// Security fields that pod and container share.
fn shared(dice: &mut Dice) -> Value {
    let mut context = json!({});
    maybe(
        dice,
        &mut context,
        "runAsNonRoot",
        &[json!(true), json!(true), json!(true), json!(false)],
    );
    maybe(dice, &mut context, "seccompProfile", &profiles());
    if dice.one_in(4) {
        maybe(dice, &mut context, "runAsUser", &[json!(0), json!(1000)]);
        maybe(dice, &mut context, "appArmorProfile", &profiles());
        let types = ["container_t", "container_engine_t", "spc_t", ""]
            .map(|name| json!({"type": name, "level": "s0"}));
        maybe(dice, &mut context, "seLinuxOptions", &types);
    }
    context
}

fn container(dice: &mut Dice, name: &str, host_users: bool, windows: bool) -> Value {
    let mut context = if windows { json!({}) } else { shared(dice) };
    if !windows {
        maybe(
            dice,
            &mut context,
            "allowPrivilegeEscalation",
            &[json!(false), json!(false), json!(true)],
        );
        maybe(
            dice,
            &mut context,
            "capabilities",
            &[
                json!({"drop": ["ALL"]}),
                json!({"drop": ["ALL"]}),
                json!({"drop": ["ALL"], "add": ["NET_BIND_SERVICE"]}),
                json!({"drop": ["ALL"], "add": ["CHOWN"]}),
                json!({"add": ["NET_RAW"]}),
                json!({"drop": ["KILL"]}),
            ],
        );
        if dice.one_in(8) && context["allowPrivilegeEscalation"] != false {
            context["privileged"] = json!(true);
        }
        if dice.one_in(8) && !host_users {
            context["procMount"] = json!(dice.pick(&["Default", "Unmasked"]));
        }
    }
    let mut container = json!({"name": name, "image": "i", "securityContext": context});
    if dice.one_in(6) {
        container["ports"] = json!([{"containerPort": 80, "hostPort": dice.roll(2) * 80}]);
    }
    if dice.one_in(6) && !name.starts_with("init") {
        container["livenessProbe"] =
            json!({"httpGet": {"port": 80, "host": dice.pick(&["", "10.0.0.1"])}});
        container["lifecycle"] =
            json!({"preStop": {"tcpSocket": {"port": 80, "host": dice.pick(&["", "db"])}}});
        if dice.one_in(2) {
            container["lifecycle"] =
                json!({"postStart": {"httpGet": {"port": 80, "host": dice.pick(&["", "db"])}}});
        }
    }
    container
}

fn volumes(dice: &mut Dice) -> Vec<Value> {
    let kinds = [
        json!({"emptyDir": {}}),
        json!({"configMap": {"name": "c"}}),
        json!({"hostPath": {"path": "/"}}),
        json!({"nfs": {"server": "s", "path": "/"}}),
        json!({"projected": {"sources": []}}),
        json!({"csi": {"driver": "d"}}),
        json!({"ephemeral": {"volumeClaimTemplate": {"spec": {"accessModes": ["ReadWriteOnce"], "resources": {"requests": {"storage": "1Gi"}}}}}}),
        json!({"image": {"reference": "r"}}),
        json!({"downwardAPI": {"items": []}}),
        json!({"iscsi": {"targetPortal": "10.0.0.1:1", "iqn": "iqn.2015-02.example.com:t", "lun": 0}}),
    ];
    let number = if dice.one_in(2) { 0 } else { 1 + dice.roll(2) };
    let volume = |(at, kind): (usize, Value)| {
        let mut volume = kind;
        volume["name"] = json!(format!("v{at}"));
        volume
    };
    let chosen: Vec<Value> = (0..number)
        .map(|_| kinds[dice.roll(kinds.len())].clone())
        .collect();
    chosen.into_iter().enumerate().map(volume).collect()
}

fn pod(dice: &mut Dice, number: usize) -> Value {
    let windows = dice.one_in(12);
    // A pod with users of its own may share nothing with the node.
    let own_users = !windows && dice.one_in(5);
    let mut spec = json!({
        "automountServiceAccountToken": false,
        "volumes": volumes(dice),
        "containers": [container(dice, "main", !own_users, windows)],
    });
    if dice.one_in(4) {
        let mut init = container(dice, "init", !own_users, windows);
        if dice.one_in(2) {
            init["restartPolicy"] = json!("Always");
        }
        spec["initContainers"] = json!([init]);
    }
    if own_users {
        spec["hostUsers"] = json!(false);
    } else if !windows {
        for field in ["hostNetwork", "hostPID", "hostIPC"] {
            if dice.one_in(10) {
                spec[field] = json!(true);
            }
        }
    }
    let mut annotations = json!({});
    if windows {
        spec["os"] = json!({"name": "windows"});
        if dice.one_in(3) {
            spec["securityContext"] = json!({"windowsOptions": {"hostProcess": true}});
            spec["hostNetwork"] = json!(true);
        } else if !dice.one_in(3) {
            spec["securityContext"] = json!({"runAsNonRoot": true});
        }
    } else {
        spec["securityContext"] = shared(dice);
        if dice.one_in(5) {
            let names = [
                "kernel.shm_rmid_forced",
                "net.ipv4.ip_local_reserved_ports",
                "net.ipv4.tcp_keepalive_time",
                "net.ipv4.tcp_rmem",
                "net.core.somaxconn",
            ];
            spec["securityContext"]["sysctls"] = json!([{"name": dice.pick(&names), "value": "1"}]);
        }
        if dice.one_in(10) {
            let value = dice.pick(&["runtime/default", "localhost/p", "unconfined"]);
            annotations["container.apparmor.security.beta.kubernetes.io/main"] = json!(value);
        }
    }
    let metadata = json!({"name": format!("quiz-{number}"), "annotations": annotations});
    json!({"apiVersion": "v1", "kind": "Pod", "metadata": metadata, "spec": spec})
}

/// What we say the pod breaks.
fn ours(pod: &Value, level: Level, version: &str) -> BTreeSet<String> {
    let mut facts = Facts::unrecorded(
        jiff::Timestamp::UNIX_EPOCH,
        Asked::default(),
        Cluster::default(),
    );
    let Content::Object(object) = decode_manifest(&pod.to_string()).remove(0).content else {
        panic!("{pod}");
    };
    facts.take_objects(vec![object]);
    let minor = version
        .strip_prefix("v1.")
        .map_or(u32::MAX, |minor| minor.parse().unwrap());
    let names = broken(level, minor, &facts.workloads.rows[0].templates[0]);
    names.into_iter().map(str::to_owned).collect()
}

/// What the server says it breaks.
fn theirs(message: &str) -> BTreeSet<String> {
    let (_, list) = message.split_once("violates PodSecurity ").unwrap();
    let (_, list) = list.split_once("\": ").unwrap();
    let said = |(reason, _): &&(&str, &str)| {
        let opening = format!("{reason} (");
        list.starts_with(&opening)
            || list.contains(&format!("), {opening}"))
            || list.ends_with(&format!("), {reason}"))
            || list == *reason
    };
    REASONS
        .iter()
        .filter(said)
        .map(|(_, control)| (*control).to_owned())
        .collect()
}

/// A namespace for each level and version.
fn namespaces(levels: &[(Level, &str)]) -> Vec<Value> {
    let mut items = Vec::new();
    for (_, level) in levels {
        for version in VERSIONS {
            let name = format!("quiz-{level}-{}", version.replace('.', "-"));
            let labels = json!({"pod-security.kubernetes.io/enforce": level, "pod-security.kubernetes.io/enforce-version": version});
            items.push(json!({"apiVersion": "v1", "kind": "Namespace", "metadata": {"name": name, "labels": labels}}));
            items.push(json!({"apiVersion": "v1", "kind": "ServiceAccount", "metadata": {"name": "default", "namespace": name}}));
        }
    }
    items
}

#[test]
#[ignore = "needs a real cluster: tests/run"]
fn pods_are_admitted_and_refused_as_the_api_server_does() {
    let bed = Bed::running();
    let levels = [
        (Level::Baseline, "baseline"),
        (Level::Restricted, "restricted"),
    ];
    let items = namespaces(&levels);
    let list = json!({"apiVersion": "v1", "kind": "List", "items": items});
    bed.kubectl(
        &["apply", "--server-side", "--force-conflicts", "-f", "-"],
        &list.to_string(),
    );
    std::thread::sleep(std::time::Duration::from_secs(2));

    let mut dice = Dice(1_720);
    let mut asked = Vec::new();
    for number in 0..PODS {
        let (level, name) = levels[dice.roll(2)];
        let version = dice.pick(&VERSIONS);
        let path = format!(
            "/api/v1/namespaces/quiz-{name}-{}/pods?dryRun=All",
            version.replace('.', "-")
        );
        asked.push((level, version, path, pod(&mut dice, number)));
    }
    let questions = asked
        .iter()
        .map(|(_, _, path, pod)| (path.clone(), pod.clone()))
        .collect();
    let answers = post_all(bed, questions);
    let (mut admitted, mut refused, mut invalid) = (0, 0, Vec::new());
    for ((level, version, _, pod), (status, answer)) in asked.iter().zip(answers) {
        let ours = ours(pod, *level, version);
        let message = answer["message"].as_str().unwrap_or_default();
        match status {
            201 => {
                admitted += 1;
                assert_eq!(ours, BTreeSet::new(), "{level:?} {version} admits {pod:#}");
            }
            403 => {
                refused += 1;
                assert_eq!(
                    ours,
                    theirs(message),
                    "{level:?} {version}: {message}\n{pod:#}"
                );
            }
            _ => invalid.push(message.to_owned()),
        }
    }
    assert!(
        admitted + refused >= 2_000,
        "{admitted} + {refused}; {:?}",
        invalid.first()
    );
    assert!(
        admitted >= 100 && refused >= 1_000,
        "{admitted} + {refused}"
    );
}
