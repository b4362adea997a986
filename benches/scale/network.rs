//! NetworkPolicy of a large cluster: what is left to every set of pods.

use std::hint::black_box;
use std::io::Write;

use seaworthy::evaluate::postures;
use seaworthy::facts::{Facts, Lacking};
use serde_json::{Value, json};

use super::Outcome;
use super::measure::{GROWTH, best, facts, rate};

const NAMESPACES: usize = 250;
const POLICIES: usize = 3;
const PODS: usize = 20;

/// Namespaces with three policies and twenty pods each.
fn world(times: usize) -> Facts {
    let mut items: Vec<Value> = Vec::new();
    for at in 0..NAMESPACES * times {
        let namespace = format!("team-{at}");
        items.push(json!({"apiVersion": "v1", "kind": "Namespace", "metadata": {"name": namespace, "labels": {"team": format!("{}", at % 7)}}}));
        for number in 0..POLICIES {
            let selector = match number {
                0 => json!({}),
                _ => json!({"matchLabels": {"app": format!("app-{number}")}}),
            };
            let from = json!([{"namespaceSelector": {"matchLabels": {"team": "3"}}}, {"podSelector": {"matchExpressions": [{"key": "app", "operator": "In", "values": ["app-1", "app-2"]}]}}]);
            items.push(json!({"apiVersion": "networking.k8s.io/v1", "kind": "NetworkPolicy", "metadata": {"name": format!("policy-{number}"), "namespace": namespace},
                "spec": {"podSelector": selector, "policyTypes": ["Ingress", "Egress"], "ingress": [{"from": from, "ports": [{"port": 8080}]}], "egress": [{"ports": [{"port": 53, "protocol": "UDP"}]}]}}));
        }
        for number in 0..PODS {
            items.push(json!({"apiVersion": "v1", "kind": "Pod", "metadata": {"name": format!("pod-{number}"), "namespace": namespace, "labels": {"app": format!("app-{number}")}},
                "spec": {"containers": [{"name": "c", "image": "i"}]}, "status": {"phase": "Running"}}));
        }
    }
    facts(&json!({"apiVersion": "v1", "kind": "List", "items": items}).to_string())
}

pub(crate) fn run(out: &mut dyn Write) -> Outcome {
    let mut before = None;
    for times in GROWTH {
        let facts = world(times);
        let lacking = Lacking::default();
        let time = best(|| {
            black_box(postures(&facts, &lacking, &[]));
        });
        let ratio = before.map_or(1.0, |before: f64| time.as_secs_f64() / before);
        before.get_or_insert(time.as_secs_f64());
        let policies = NAMESPACES * times * POLICIES;
        writeln!(
            out,
            "{:>5} namespaces, {policies:>5} policies, {:>6} pods  {time:>10.2?}  {:>8.0} policies/s  ×{ratio:.2}",
            NAMESPACES * times,
            NAMESPACES * times * PODS,
            rate(policies, time)
        )?;
    }
    Ok(())
}
