//! RBAC of a large cluster: all powers, and the shortest paths of everybody.

use std::hint::black_box;
use std::io::Write;

use seaworthy::evaluate::{paths, powers};
use seaworthy::facts::{Facts, Lacking};
use serde_json::{Value, json};

use super::Outcome;
use super::measure::{GROWTH, best, facts, rate};

const ROLES: usize = 500;
const BINDINGS: usize = 1_250;
const ACCOUNTS: usize = 750;
const NAMESPACES: usize = 100;

const GROUP: &str = "rbac.authorization.k8s.io";
const VERSION: &str = "rbac.authorization.k8s.io/v1";

/// Roles, bindings and accounts, so many times; most roles are harmless, some are not.
fn world(times: usize) -> Facts {
    let mut items: Vec<Value> = Vec::new();
    let namespace = |at: usize| format!("team-{}", at % (NAMESPACES * times));
    for at in 0..NAMESPACES * times {
        let labels = json!({"pod-security.kubernetes.io/enforce": if at.is_multiple_of(2) { "restricted" } else { "privileged" }});
        items.push(json!({"apiVersion": "v1", "kind": "Namespace", "metadata": {"name": namespace(at), "labels": labels}}));
    }
    for at in 0..ACCOUNTS * times {
        items.push(json!({"apiVersion": "v1", "kind": "ServiceAccount", "metadata": {"name": format!("robot-{at}"), "namespace": namespace(at)}}));
    }
    items.extend((0..ROLES * times).map(|at| role(at, &namespace(at))));
    for at in 0..BINDINGS * times {
        let role = at % (ROLES * times);
        let account = at % (ACCOUNTS * times);
        let subject = json!({"kind": "ServiceAccount", "name": format!("robot-{account}"), "namespace": namespace(account)});
        let kind = if role.is_multiple_of(4) {
            "ClusterRole"
        } else {
            "Role"
        };
        let everywhere = kind == "ClusterRole" && at.is_multiple_of(40);
        let mut metadata = json!({"name": format!("binding-{at}")});
        if !everywhere {
            metadata["namespace"] = json!(namespace(role));
        }
        items.push(json!({"apiVersion": VERSION, "kind": if everywhere { "ClusterRoleBinding" } else { "RoleBinding" }, "metadata": metadata,
            "roleRef": {"apiGroup": GROUP, "kind": kind, "name": format!("role-{role}")}, "subjects": [subject]}));
    }
    items.push(json!({"apiVersion": "v1", "kind": "Node", "metadata": {"name": "cp", "labels": {"node-role.kubernetes.io/control-plane": ""}}}));
    facts(&json!({"apiVersion": "v1", "kind": "List", "items": items}).to_string())
}

/// A role; three in ten open something.
fn role(at: usize, namespace: &str) -> Value {
    let rules = match at % 10 {
        0 => json!([{"apiGroups": [""], "resources": ["pods"], "verbs": ["create"]}]),
        1 => json!([{"apiGroups": [""], "resources": ["pods/exec"], "verbs": ["create"]}]),
        2 => json!([{"apiGroups": [""], "resources": ["secrets"], "verbs": ["get", "create"]}]),
        3 => {
            json!([{"apiGroups": [""], "resources": ["serviceaccounts/token"], "verbs": ["create"], "resourceNames": [format!("robot-{at}")]}])
        }
        _ => {
            json!([{"apiGroups": ["", "apps"], "resources": ["configmaps", "deployments"], "verbs": ["get", "list", "watch"]}])
        }
    };
    let kind = if at.is_multiple_of(4) {
        "ClusterRole"
    } else {
        "Role"
    };
    let mut metadata = json!({"name": format!("role-{at}")});
    if kind == "Role" {
        metadata["namespace"] = json!(namespace);
    }
    json!({"apiVersion": VERSION, "kind": kind, "metadata": metadata, "rules": rules})
}

pub(crate) fn run(out: &mut dyn Write) -> Outcome {
    let mut before = None;
    for times in GROWTH {
        let facts = world(times);
        let lacking = Lacking::default();
        let held = best(|| {
            black_box(powers(&facts, &lacking));
        });
        let ways = best(|| {
            black_box(paths(&facts, &lacking, None, false));
        });
        let found = paths(&facts, &lacking, None, false).paths.len();
        let ratio = before.map_or(1.0, |before: f64| ways.as_secs_f64() / before);
        before.get_or_insert(ways.as_secs_f64());
        writeln!(
            out,
            "{:>5} roles, {:>5} bindings, {:>5} accounts  powers {held:>10.2?}  paths {ways:>10.2?} ({found} found)  {:>8.0} bindings/s  ×{ratio:.2}",
            ROLES * times,
            BINDINGS * times,
            ACCOUNTS * times,
            rate(BINDINGS * times, ways)
        )?;
    }
    Ok(())
}
