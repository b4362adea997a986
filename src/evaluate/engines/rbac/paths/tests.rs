//! Paths in small worlds: what leads where, and what is not known.

use super::super::super::fixture::{lack, world};
use super::*;

/// Namespaces `open` (anything goes) and `shut` (restricted), their accounts, a control plane, and a mighty account in `shut`.
const BASE: &str = r"
{kind: Node, apiVersion: v1, metadata: {name: cp, labels: {node-role.kubernetes.io/control-plane: ''}}}
---
{kind: Namespace, apiVersion: v1, metadata: {name: open}}
---
{kind: Namespace, apiVersion: v1, metadata: {name: shut, labels: {pod-security.kubernetes.io/enforce: restricted}}}
---
{kind: ServiceAccount, apiVersion: v1, metadata: {name: plain, namespace: open}}
---
{kind: ServiceAccount, apiVersion: v1, metadata: {name: robot, namespace: shut}}
---
{kind: ServiceAccount, apiVersion: v1, metadata: {name: mighty, namespace: shut}}
---
{kind: ClusterRole, apiVersion: rbac.authorization.k8s.io/v1, metadata: {name: all}, rules: [{apiGroups: ['*'], resources: ['*'], verbs: ['*']}]}
---
{kind: ClusterRoleBinding, apiVersion: rbac.authorization.k8s.io/v1, metadata: {name: mighty}, roleRef: {kind: ClusterRole, name: all}, subjects: [{kind: ServiceAccount, name: mighty, namespace: shut}]}
---
";

/// A role with these rules, bound to User anne in `within` (empty: everywhere).
fn granted(within: &str, rules: &str) -> String {
    let (kind, place) = match within {
        "" => ("ClusterRoleBinding", String::new()),
        name => ("RoleBinding", format!(", namespace: {name}")),
    };
    format!(
        "{{kind: ClusterRole, apiVersion: rbac.authorization.k8s.io/v1, metadata: {{name: hers}}, rules: {rules}}}\n---\n\
         {{kind: {kind}, apiVersion: rbac.authorization.k8s.io/v1, metadata: {{name: hers{place}}}, roleRef: {{kind: ClusterRole, name: hers}}, subjects: [{{kind: User, name: anne}}]}}\n---\n"
    )
}

fn on() -> Plugin {
    Plugin::On {
        default: Ok(("privileged".to_owned(), "latest".to_owned())),
        version: Ok("latest".to_owned()),
        exempt: Ok(Vec::new()),
        holes: [Ok(Vec::new()), Ok(Vec::new())],
    }
}

fn anne() -> Who {
    Who::User("anne".to_owned())
}

fn steps(objects: &str) -> Option<Vec<String>> {
    let facts = world(objects, &[]);
    let lacking = Lacking::default();
    let access = Access::new(&facts, &lacking);
    let graph = Graph::new(&access, &lacking, &on());
    let hops = graph.to_cluster(&anne(), false)?;
    Some(hops.into_iter().map(|hop| hop.does).collect())
}

/// Where it is bound | the rules | the steps, ` > ` between them, or `-`.
const CASES: &str = "
 | [{apiGroups: [''], resources: [pods], verbs: [get, list]}] | -
 | [{apiGroups: ['*'], resources: ['*'], verbs: ['*']}] | do everything
open | [{apiGroups: ['*'], resources: ['*'], verbs: [create]}] | create a pod in open that is privileged, on a node of choice (cp) where the keys of the cluster are
open | [{apiGroups: [''], resources: [pods], verbs: [create]}] | create a pod in open that is privileged, on a node of choice (cp) where the keys of the cluster are
shut | [{apiGroups: [''], resources: [pods], verbs: [create]}] | create a pod in shut that runs as ServiceAccount shut/mighty > do everything
shut | [{apiGroups: [batch], resources: [cronjobs], verbs: [patch], resourceNames: [nightly]}] | write a cronjob in shut that runs as ServiceAccount shut/mighty > do everything
shut | [{apiGroups: [''], resources: [pods/exec], verbs: [create]}] | -
shut | [{apiGroups: [''], resources: [serviceaccounts/token], verbs: [create]}] | create a token of ServiceAccount shut/mighty > do everything
shut | [{apiGroups: [''], resources: [serviceaccounts/token], verbs: [create], resourceNames: [robot]}] | -
shut | [{apiGroups: [''], resources: [serviceaccounts], verbs: [impersonate]}] | impersonate ServiceAccount shut/mighty > do everything
shut | [{apiGroups: [''], resources: [secrets], verbs: [get]}] | -
shut | [{apiGroups: [''], resources: [secrets], verbs: [get, create]}] | create and read a token Secret of ServiceAccount shut/mighty > do everything
 | [{apiGroups: [''], resources: [groups], verbs: [impersonate]}] | -
 | [{apiGroups: [''], resources: [groups, users], verbs: [impersonate]}] | impersonate Group system:masters asks and is never refused
 | [{apiGroups: [''], resources: [users], verbs: [impersonate], resourceNames: ['system:serviceaccount:shut:mighty']}] | impersonate User system:serviceaccount:shut:mighty > do everything
 | [{apiGroups: [rbac.authorization.k8s.io], resources: [clusterroles], verbs: [bind]}] | -
 | [{apiGroups: [rbac.authorization.k8s.io], resources: [clusterroles, clusterrolebindings], verbs: [bind, create]}] | bind the role cluster-admin
 | [{apiGroups: [rbac.authorization.k8s.io], resources: [clusterroles], verbs: [escalate, update]}] | write every right into its own ClusterRole hers
open | [{apiGroups: [rbac.authorization.k8s.io], resources: [clusterroles], verbs: [escalate, update]}] | -
shut | [{apiGroups: [rbac.authorization.k8s.io], resources: [clusterroles, rolebindings], verbs: [bind, create]}] | bind the role cluster-admin in shut and create a pod that runs as ServiceAccount shut/mighty > do everything
 | [{apiGroups: [certificates.k8s.io], resources: [certificatesigningrequests, certificatesigningrequests/approval], verbs: [create, update]}] | -
 | [{apiGroups: [certificates.k8s.io], resources: [certificatesigningrequests, certificatesigningrequests/approval, signers], verbs: [create, update, approve]}] | have a certificate signed for ServiceAccount shut/mighty > do everything
 | [{apiGroups: [''], resources: [persistentvolumes], verbs: [create]}] | -
shut | [{apiGroups: [''], resources: [pods, persistentvolumes, persistentvolumeclaims], verbs: [create]}] | create a pod in shut that runs as ServiceAccount shut/mighty > do everything
 | [{apiGroups: [admissionregistration.k8s.io], resources: [mutatingwebhookconfigurations], verbs: [patch]}] | change by a webhook a pod that others create in open that is privileged, on a node of choice (cp) where the keys of the cluster are
";

#[test]
fn rights_lead_where_they_lead() {
    let lines = CASES.lines().filter(|line| !line.is_empty());
    assert_eq!(lines.clone().count(), 25);
    for line in lines {
        let parts: Vec<&str> = line.splitn(3, " | ").collect();
        let (within, rules, expected) = (parts[0].trim(), parts[1], parts[2]);
        let found = steps(&format!("{BASE}{}", granted(within, rules)));
        let found = found.map_or("-".to_owned(), |steps| steps.join(" > "));
        assert_eq!(found, expected, "{line}");
    }
}

#[test]
fn a_pod_that_runs_gives_its_account_and_its_node() {
    let enter = granted(
        "shut",
        "[{apiGroups: [''], resources: [pods/exec], verbs: [create]}]",
    );
    let pod = |spec: &str| {
        format!(
            "{BASE}{enter}{{kind: Pod, apiVersion: v1, metadata: {{name: a, namespace: shut}}, spec: {spec}, status: {{phase: Running}}}}\n"
        )
    };
    let token =
        "volumes: [{name: t, projected: {sources: [{serviceAccountToken: {path: token}}]}}]";
    let cases = [
        ("{nodeName: cp, containers: [{name: c}]}".to_owned(), "-"),
        (
            format!("{{nodeName: cp, serviceAccountName: mighty, containers: [{{name: c}}], {token}}}"),
            "run a command in a pod in shut (Pod shut/a, which runs as mighty) > do everything",
        ),
        (
            "{nodeName: cp, containers: [{name: c, securityContext: {privileged: true}}]}".to_owned(),
            "run a command in a pod in shut (Pod shut/a, which is root of node cp) where the keys of the cluster are",
        ),
        (
            "{nodeName: w, containers: [{name: c, securityContext: {privileged: true}}]}".to_owned(),
            "-",
        ),
        (
            "{nodeName: cp, hostUsers: false, containers: [{name: c, securityContext: {privileged: true}}]}".to_owned(),
            "-",
        ),
        (
            "{nodeName: cp, containers: [{name: c, volumeMounts: [{name: v, mountPath: /h}]}], volumes: [{name: v, hostPath: {path: /etc/kubernetes/}}]}".to_owned(),
            "run a command in a pod in shut (Pod shut/a, which is root of node cp) where the keys of the cluster are",
        ),
    ];
    for (spec, expected) in cases {
        let found = steps(&pod(&spec)).map_or("-".to_owned(), |steps| steps.join(" > "));
        assert_eq!(found, expected, "{spec}");
    }
}

#[test]
fn no_path_is_known_only_when_all_that_could_open_one_is() {
    let reader = granted("", "[{apiGroups: [''], resources: [pods], verbs: [get]}]");
    let maker = granted(
        "shut",
        "[{apiGroups: [''], resources: [pods], verbs: [create]}]",
    );
    let who = anne().principal();
    let answer = |objects: &str, refused: &[&str]| {
        let facts = world(objects, refused);
        let lacking = Lacking::default();
        let access = Access::new(&facts, &lacking);
        let graph = Graph::new(&access, &lacking, &on());
        let (lines, gap) = graph.lines_to_cluster(&who);
        (lines.len(), gap.is_some())
    };
    assert_eq!(
        answer(&format!("{BASE}{reader}"), &[]),
        (0, true),
        "components were not asked for"
    );
    for kind in [
        "namespaces",
        "serviceAccounts",
        "workloads",
        "pods",
        "nodes",
        "roleBindings",
    ] {
        let (steps, hidden) = answer(&format!("{BASE}{reader}"), &[kind]);
        assert_eq!((steps, hidden), (0, true), "{kind}");
    }
    // What is found stays found.
    assert_eq!(
        answer(&format!("{BASE}{maker}"), &["nodes", "workloads", "pods"]).0,
        2
    );
}

#[test]
fn circles_and_roles_that_are_gone_end_well() {
    let circle = "
{kind: ClusterRole, apiVersion: rbac.authorization.k8s.io/v1, metadata: {name: a, labels: {agg: b}}, aggregationRule: {clusterRoleSelectors: [{matchLabels: {agg: a}}]}}
---
{kind: ClusterRole, apiVersion: rbac.authorization.k8s.io/v1, metadata: {name: b, labels: {agg: a}}, aggregationRule: {clusterRoleSelectors: [{matchLabels: {agg: b}}]}}
---
{kind: ClusterRole, apiVersion: rbac.authorization.k8s.io/v1, metadata: {name: turn}, rules: [{apiGroups: [''], resources: [users], verbs: [impersonate], resourceNames: [anne, bonny]}]}
---
{kind: ClusterRoleBinding, apiVersion: rbac.authorization.k8s.io/v1, metadata: {name: x}, roleRef: {kind: ClusterRole, name: turn}, subjects: [{kind: User, name: anne}, {kind: User, name: bonny}]}
---
{kind: ClusterRoleBinding, apiVersion: rbac.authorization.k8s.io/v1, metadata: {name: w}, roleRef: {kind: ClusterRole, name: gone}, subjects: [{kind: User, name: anne}]}
";
    assert_eq!(steps(circle), None);
    let mut facts = world(circle, &[]);
    facts.cluster_roles.lacks.push(lack());
    let lacking = Lacking::default();
    let access = Access::new(&facts, &lacking);
    assert_eq!(
        access.all_gaps().len(),
        1,
        "the role that is gone may be one that was not listed"
    );
}

/// Baseline forbids directories of nodes, and says nothing of a PersistentVolume that is one.
#[test]
fn a_volume_of_a_node_passes_every_standard() {
    let quiet = BASE.replace(
        "name: mighty, namespace: shut",
        "name: mighty, namespace: open",
    );
    let rules = |resources: &str| {
        let rules = format!("[{{apiGroups: [''], resources: [{resources}], verbs: [create]}}]");
        let admission = quiet.replace(
            "metadata: {name: open}",
            "metadata: {name: open, labels: {pod-security.kubernetes.io/enforce: baseline}}",
        );
        let rights = granted("", &rules);
        let pods = granted(
            "shut",
            "[{apiGroups: [''], resources: [pods], verbs: [create]}]",
        );
        steps(&format!(
            "{admission}{rights}{}",
            pods.replace("name: hers", "name: more")
        ))
    };
    assert_eq!(rules("persistentvolumes"), None);
    let found = rules("persistentvolumes, persistentvolumeclaims").unwrap();
    assert!(
        found[0].starts_with("create a PersistentVolume of a directory"),
        "{found:?}"
    );
}
