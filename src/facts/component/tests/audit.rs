//! What audit policies leave out, and what they keep that must not be in a log.
//!
//! Source of each rule: apiserver/pkg/audit/policy/checker.go and apiserver/pkg/apis/audit/validation.

use super::*;

macro_rules! policy {
    ($body:literal) => {
        Some(concat!(
            "apiVersion: audit.k8s.io/v1\nkind: Policy\n",
            $body
        ))
    };
}

const LEVELS: &str = "auditPolicy.levels";
const BODIES: &str = "auditPolicy.bodies";
const UNRECORDED: &str = "auditPolicy.unrecorded";

/// What the policy with these rules leaves out, and what it keeps with content.
fn asked(version: Option<&str>, policy: &str) -> [String; 2] {
    let policy = format!("apiVersion: audit.k8s.io/v1\nkind: Policy\n{policy}");
    let seen = [process(
        ComponentKind::ApiServer,
        &["--audit-policy-file=/p"],
    )];
    let mut node = Node::new(&[("/p", Some(&policy))]);
    let component = Component::observe(
        ComponentKind::ApiServer,
        "n1",
        version,
        &seen,
        None,
        &mut node,
    );
    [UNRECORDED, BODIES].map(|name| word(&component, name))
}

/// What rules before one that records everything leave out.
fn silent(rules: &str) -> String {
    let [unrecorded, bodies] = asked(
        Some("1.36.3"),
        &format!("rules: [{rules}, {{level: Metadata}}]"),
    );
    assert_eq!(bodies, "", "{rules}");
    unrecorded
}

/// What rules before one that records everything keep with content.
fn kept(rules: &str) -> String {
    let [unrecorded, bodies] = asked(
        Some("1.36.3"),
        &format!("rules: [{rules}, {{level: Metadata}}]"),
    );
    assert_eq!(unrecorded, "", "{rules}");
    bodies
}

#[test]
fn the_weakest_caller_decides_and_is_named() {
    for (who, rule) in [
        ("anybody: ", "{level: None}"),
        (
            "anybody: ",
            "{level: None, userGroups: ['system:authenticated']}",
        ),
        (
            "anonymous callers: ",
            "{level: None, userGroups: ['system:unauthenticated']}",
        ),
        (
            "anonymous callers: ",
            "{level: None, users: ['system:anonymous']}",
        ),
        (
            "anonymous callers: ",
            "{level: Metadata, userGroups: ['system:authenticated']}, {level: None}",
        ),
        (
            "the group system:serviceaccounts: ",
            "{level: None, userGroups: ['system:serviceaccounts']}",
        ),
        (
            "the group system:serviceaccounts:kube-system: ",
            "{level: None, userGroups: ['system:serviceaccounts:kube-system']}",
        ),
        (
            "the group system:masters: ",
            "{level: None, userGroups: ['system:masters']}",
        ),
        (
            "the group system:nodes: ",
            "{level: None, userGroups: ['system:nodes']}",
        ),
        (
            "system:kube-controller-manager: ",
            "{level: None, users: ['system:kube-controller-manager']}",
        ),
        (
            "system:serviceaccount:quay:ci: ",
            "{level: None, users: ['system:serviceaccount:quay:ci']}",
        ),
        ("jane: ", "{level: None, users: [jane], userGroups: [crew]}"),
        (
            "anybody in namespace kube-system: ",
            "{level: None, namespaces: [kube-system]}",
        ),
        (
            "anybody in namespace quay: ",
            "{level: None, namespaces: [quay]}",
        ),
        (
            "anybody on admin: ",
            "{level: None, resources: [{group: '', resources: [secrets], resourceNames: [admin]}]}",
        ),
    ] {
        let got = silent(rule);
        assert!(got.starts_with(who), "{rule}: {got}");
    }
}

#[test]
fn requests_that_lead_to_rights_must_leave_a_trace() {
    for (what, group) in [
        (
            "roles, rolebindings, clusterroles, clusterrolebindings",
            "rbac.authorization.k8s.io",
        ),
        (
            "validatingwebhookconfigurations, mutatingwebhookconfigurations, validatingadmissionpolicies, \
             validatingadmissionpolicybindings, mutatingadmissionpolicies, mutatingadmissionpolicybindings",
            "admissionregistration.k8s.io",
        ),
        (
            "certificatesigningrequests, certificatesigningrequests/approval, certificatesigningrequests/status",
            "certificates.k8s.io",
        ),
        ("tokenreviews", "authentication.k8s.io"),
        ("networkpolicies", "networking.k8s.io"),
        ("customresourcedefinitions", "apiextensions.k8s.io"),
        ("apiservices", "apiregistration.k8s.io"),
    ] {
        let got = silent(&format!("{{level: None, resources: [{{group: {group}}}]}}"));
        assert_eq!(got, format!("anybody: {what}"), "{group}");
    }
    for (resource, what) in [
        ("'*/exec'", "pods/exec"),
        (
            "'pods/*'",
            "pods, pods/exec, pods/attach, pods/portforward, pods/proxy, pods/ephemeralcontainers and 1 more",
        ),
        ("nodes/proxy", "nodes/proxy"),
        ("serviceaccounts/token", "serviceaccounts/token"),
        ("namespaces", "namespaces"),
    ] {
        let rule = format!("{{level: None, resources: [{{group: '', resources: [{resource}]}}]}}");
        assert_eq!(silent(&rule), format!("anybody: {what}"), "{resource}");
    }
    assert_eq!(
        silent("{level: None, verbs: [get, list, watch]}"),
        "anybody: get/list/watch secrets, get/list/watch configmaps, get pods/exec, get pods/attach, \
         get pods/portforward, get pods/proxy and 2 more"
    );
    assert_eq!(
        silent(
            "{level: None, verbs: [deletecollection], resources: [{group: apps, resources: [deployments]}]}"
        ),
        "anybody: deletecollection deployments"
    );
}

#[test]
fn what_says_nothing_may_be_left_out() {
    for rule in [
        "{level: None, users: ['system:kube-proxy'], verbs: [watch]}",
        "{level: None, userGroups: ['system:nodes'], verbs: [get, list, watch]}",
        "{level: None, users: ['system:node:w1'], verbs: [get]}",
        "{level: None, users: ['system:apiserver']}",
        "{level: None, users: ['system:kube-scheduler'], verbs: [get, update], namespaces: [kube-system], resources: [{group: '', resources: [endpoints, configmaps]}]}",
        "{level: None, nonResourceURLs: ['/healthz*', '*']}",
        "{level: None, resources: [{group: '', resources: [events]}, {group: coordination.k8s.io}]}",
        "{level: None, resources: [{group: '', resources: [configmaps], resourceNames: [controller-leader]}]}",
        // Nobody can be both.
        "{level: None, users: ['system:anonymous'], userGroups: ['system:authenticated']}",
        "{level: None, users: ['system:serviceaccount:quay:ci'], userGroups: ['system:masters']}",
        // What is created has no name yet, what lies in no namespace none.
        "{level: None, verbs: [create], resources: [{group: '', resources: [secrets], resourceNames: [admin]}]}",
        "{level: None, namespaces: [quay], resources: [{group: '', resources: [nodes]}]}",
        // The first rule that matches decides.
        "{level: Metadata}, {level: None}",
    ] {
        assert_eq!(silent(rule), "", "{rule}");
    }
}

#[test]
fn stages_that_are_left_out_leave_no_trace() {
    let rule = |stages: &str| {
        silent(&format!(
            "{{level: Metadata, omitStages: [{stages}], resources: [{{group: '', resources: [pods/exec, pods/eviction]}}]}}"
        ))
    };
    assert_eq!(rule("RequestReceived"), "");
    assert_eq!(
        rule("RequestReceived, ResponseComplete"),
        "anybody: pods/eviction"
    );
    assert_eq!(
        rule("RequestReceived, ResponseStarted, ResponseComplete"),
        "anybody: pods/exec, pods/eviction"
    );
    // Content is written with the last stage.
    assert_eq!(
        kept("{level: RequestResponse, omitStages: [ResponseComplete]}"),
        ""
    );
}

#[test]
fn content_that_is_secret_must_not_be_kept_for_anybody() {
    for (wanted, rules) in [
        (
            "anybody: secrets, configmaps, serviceaccounts/token, tokenreviews",
            "{level: RequestResponse}",
        ),
        (
            "anybody in namespace kube-system: ",
            "{level: RequestResponse, namespaces: [kube-system]}",
        ),
        (
            "the group system:serviceaccounts: ",
            "{level: RequestResponse, userGroups: ['system:serviceaccounts']}",
        ),
        (
            "the group system:nodes: get",
            "{level: RequestResponse, userGroups: ['system:nodes'], verbs: [get]}",
        ),
        // The answer is a token.
        (
            "anybody: serviceaccounts/token",
            "{level: Metadata, resources: [{group: '', resources: [secrets, configmaps]}, {group: authentication.k8s.io}]}, {level: RequestResponse}",
        ),
        (
            "anybody: secrets",
            "{level: Request, resources: [{group: '', resources: [secrets]}]}",
        ),
        (
            "anybody: create secrets, tokenreviews",
            "{level: RequestResponse, verbs: [create], resources: [{group: '', resources: [secrets]}, {group: authentication.k8s.io}]}",
        ),
        (
            "anybody on key: ",
            "{level: Request, resources: [{group: '', resources: [secrets], resourceNames: [key]}]}",
        ),
    ] {
        let got = kept(rules);
        assert!(got.starts_with(wanted), "{rules}: {got}");
    }
    for rules in [
        // Neither a question nor the wish for a token is secret, and a watch is answered piece by piece.
        "{level: Request, verbs: [get, list]}",
        "{level: Request, resources: [{group: '', resources: [serviceaccounts/token, pods]}]}",
        "{level: RequestResponse, verbs: [watch]}",
        "{level: Request, namespaces: [kube-system], resources: [{group: '', resources: [configmaps]}]}",
    ] {
        assert_eq!(kept(rules), "", "{rules}");
    }
}

/// kubernetes/kubernetes#135262.
#[test]
fn a_star_is_every_group_since_1_36() {
    let recorded = "rules: [{level: Metadata, resources: [{group: '*'}]}]";
    let silenced = "rules: [{level: None, resources: [{group: '*'}]}, {level: Metadata}]";
    let none = |version, policy| asked(version, policy)[0].clone();
    assert_eq!(none(Some("1.36.3"), recorded), "");
    assert!(none(Some("1.35.0"), recorded).starts_with("anybody: secrets"));
    assert_eq!(none(None, recorded), "gap");
    assert!(none(Some("1.36.3"), silenced).starts_with("anybody: secrets"));
    assert_eq!(none(Some("1.34.1"), silenced), "");
    assert_eq!(none(None, silenced), "gap");
    // Where it changes nothing, the version need not be known.
    let harmless = "rules: [{level: Metadata}, {level: None, resources: [{group: '*'}]}]";
    assert_eq!(asked(None, harmless), ["", ""]);
}

/// The example of docs/tasks/debug/debug-cluster/audit, and what kubernetes/cluster/gce writes, in short.
#[test]
fn policies_that_many_people_have_are_no_finding() {
    let documentation = "
omitStages: [RequestReceived]
rules:
  - {level: RequestResponse, resources: [{group: '', resources: [pods]}]}
  - {level: Metadata, resources: [{group: '', resources: [pods/log, pods/status]}]}
  - {level: None, resources: [{group: '', resources: [configmaps], resourceNames: [controller-leader]}]}
  - {level: None, users: ['system:kube-proxy'], verbs: [watch], resources: [{group: '', resources: [endpoints, services]}]}
  - {level: None, userGroups: ['system:authenticated'], nonResourceURLs: ['/api*', /version]}
  - {level: Request, resources: [{group: '', resources: [configmaps]}], namespaces: [kube-system]}
  - {level: Metadata, resources: [{group: '', resources: [secrets, configmaps]}]}
  - {level: Request, resources: [{group: ''}, {group: extensions}]}
  - {level: Metadata, omitStages: [RequestReceived]}";
    let gce = "
rules:
  - {level: None, users: ['system:kube-proxy'], verbs: [watch], resources: [{group: '', resources: [endpoints, services, services/status]}]}
  - {level: None, users: ['system:unsecured'], namespaces: [kube-system], verbs: [get], resources: [{group: '', resources: [configmaps]}]}
  - {level: None, users: [kubelet], verbs: [get], resources: [{group: '', resources: [nodes, nodes/status]}]}
  - {level: None, userGroups: ['system:nodes'], verbs: [get], resources: [{group: '', resources: [nodes, nodes/status]}]}
  - {level: None, users: ['system:kube-controller-manager', 'system:serviceaccount:kube-system:endpoint-controller'], verbs: [get, update], namespaces: [kube-system], resources: [{group: '', resources: [endpoints]}]}
  - {level: None, users: ['system:apiserver'], verbs: [get], resources: [{group: '', resources: [namespaces, namespaces/status]}]}
  - {level: None, users: [cluster-autoscaler], verbs: [get, update], namespaces: [kube-system], resources: [{group: '', resources: [configmaps, endpoints]}]}
  - {level: None, users: ['system:kube-controller-manager'], verbs: [get, list], resources: [{group: metrics.k8s.io}]}
  - {level: None, nonResourceURLs: ['/healthz*', /version, '/swagger*']}
  - {level: None, resources: [{group: '', resources: [events]}]}
  - {level: Request, userGroups: ['system:nodes'], verbs: [update, patch], resources: [{group: '', resources: [nodes/status, pods/status]}], omitStages: [RequestReceived]}
  - {level: Request, users: ['system:serviceaccount:kube-system:namespace-controller'], verbs: [deletecollection], omitStages: [RequestReceived]}
  - {level: Metadata, resources: [{group: '', resources: [secrets, configmaps, serviceaccounts/token]}, {group: authentication.k8s.io, resources: [tokenreviews]}], omitStages: [RequestReceived]}
  - {level: Request, verbs: [get, list, watch], resources: [{group: ''}, {group: apps}], omitStages: [RequestReceived]}
  - {level: RequestResponse, resources: [{group: ''}, {group: apps}], omitStages: [RequestReceived]}
  - {level: Metadata, omitStages: [RequestReceived]}";
    for policy in [documentation, gce] {
        assert_eq!(asked(Some("1.34.1"), policy), ["", ""], "{policy}");
    }
}

#[rustfmt::skip] // one case a line
#[test]
fn policies_that_the_server_refuses_tell_nothing() {
    let file: &[&str] = &["--audit-policy-file=/p"];
    check(
        ComponentKind::ApiServer,
        &[
            (file, &[("/p", policy!("rules: [{level: Metadata}, {level: None}]"))], &[(LEVELS, "Metadata,None")]),
            (file, &[("/p", policy!("rules: []"))], &[(LEVELS, "gap"), (UNRECORDED, "gap")]),
            (file, &[("/p", policy!("rules: [{level: Everything}]"))], &[(LEVELS, "gap")]),
            (file, &[("/p", policy!("rules: [{level: Metadata, verbs: get}]"))], &[(LEVELS, "gap")]),
            (file, &[("/p", policy!("omitStages: [Response]\nrules: [{level: Metadata}]"))], &[(UNRECORDED, "gap")]),
            (file, &[("/p", policy!("rules: [{level: Metadata, nonResourceURLs: [healthz]}]"))], &[(UNRECORDED, "gap")]),
            (file, &[("/p", policy!("rules: [{level: Metadata, nonResourceURLs: ['/*/x']}]"))], &[(UNRECORDED, "gap")]),
            (file, &[("/p", policy!("rules: [{level: Metadata, nonResourceURLs: [/x], namespaces: [quay]}]"))], &[(UNRECORDED, "gap")]),
            (file, &[("/p", policy!("rules: [{level: Metadata, resources: [{group: apps/v1}]}]"))], &[(UNRECORDED, "gap")]),
            (file, &[("/p", policy!("rules: [{level: Metadata, resources: [{group: '', resourceNames: [a]}]}]"))], &[(UNRECORDED, "gap")]),
            (file, &[("/p", Some("apiVersion: v1\nkind: Policy\nrules: [{level: Metadata}]"))], &[(LEVELS, "gap")]),
            (file, &[("/p", None)], &[(LEVELS, "gap"), (BODIES, "gap"), (UNRECORDED, "gap")]),
            (&[], &[], &[(LEVELS, ""), (BODIES, "")]),
        ],
    );
}

/// A policy whose lists multiply beyond all use is not tried to the end.
#[test]
fn a_policy_without_measure_is_not_known() {
    let many = |word: &str| {
        (0..300)
            .map(|n| format!("{word}{n}"))
            .collect::<Vec<_>>()
            .join(", ")
    };
    let policy = format!(
        "rules: [{{level: None, users: [{}], namespaces: [{}]}}]",
        many("u"),
        many("n")
    );
    assert_eq!(asked(Some("1.36.3"), &policy), ["gap", ""]);
}
