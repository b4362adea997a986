//! What bindings grant, and what service accounts hold, in small worlds.

use super::super::fixture::{lack, world};
use super::*;

const ROLES: &str = r"
kind: ClusterRole
apiVersion: rbac.authorization.k8s.io/v1
metadata: {name: reader}
rules: [{apiGroups: [''], resources: [secrets], verbs: [get]}]
---
kind: ClusterRole
apiVersion: rbac.authorization.k8s.io/v1
metadata: {name: empty}
---
kind: Role
apiVersion: rbac.authorization.k8s.io/v1
metadata: {name: reader, namespace: quay}
rules: [{apiGroups: [''], resources: [pods], verbs: [create]}]
";

fn binding(namespace: &str, kind: &str, name: &str) -> (ObjectMeta, RoleRef) {
    let metadata = ObjectMeta {
        name: "binding".to_owned(),
        namespace: namespace.to_owned(),
        ..ObjectMeta::default()
    };
    let role = RoleRef {
        api_group: String::new(),
        kind: kind.to_owned(),
        name: name.to_owned(),
    };
    (metadata, role)
}

fn anne() -> Subject {
    Subject {
        kind: "User".to_owned(),
        name: "anne".to_owned(),
        ..Subject::default()
    }
}

#[test]
fn a_binding_of_nobody_grants_nothing_whatever_its_role_is() {
    for refused in [&[][..], &["clusterRoles"]] {
        let facts = world(ROLES, refused);
        let lacking = Lacking::default();
        let rbac = Rbac::new(&facts, &lacking);
        let (metadata, role) = binding("", "ClusterRole", "reader");
        let grants = rbac.grants(true, &metadata, &[], &role);
        assert_eq!(
            grants.grants.value(),
            Some(&AtLeast::default()),
            "{refused:?}"
        );
    }
}

const HALVES: &str = r"
kind: ClusterRole
apiVersion: rbac.authorization.k8s.io/v1
metadata: {name: approval}
rules: [{apiGroups: [certificates.k8s.io], resources: [certificatesigningrequests/approval], verbs: [patch]}]
---
kind: ClusterRole
apiVersion: rbac.authorization.k8s.io/v1
metadata: {name: approve}
rules: [{apiGroups: [certificates.k8s.io], resources: [signers], resourceNames: [a.io/b], verbs: [approve]}]
---
kind: ClusterRoleBinding
apiVersion: rbac.authorization.k8s.io/v1
metadata: {name: signers}
roleRef: {kind: ClusterRole, name: approve}
subjects: [{kind: User, name: anne}, {kind: Group, name: 'system:serviceaccounts:quay'}]
";

#[test]
fn two_bindings_together_approve_certificates() {
    let account = |namespace: &str| Subject {
        kind: "ServiceAccount".to_owned(),
        name: "web".to_owned(),
        namespace: namespace.to_owned(),
        ..Subject::default()
    };
    let bert = Subject {
        name: "bert".to_owned(),
        ..anne()
    };
    for (subject, refused, expected) in [
        (anne(), &[][..], Some("certificatesApprove")),
        (account("quay"), &[], Some("certificatesApprove")),
        (account("dock"), &[], Some("")),
        (bert.clone(), &[], Some("")),
        (bert, &["clusterRoleBindings"], None),
    ] {
        let facts = world(HALVES, refused);
        let lacking = Lacking::default();
        let rbac = Rbac::new(&facts, &lacking);
        let (metadata, role) = binding("", "ClusterRole", "approval");
        let name = subject.name.clone();
        let grants = rbac.grants(true, &metadata, &[subject], &role);
        // What may be more than is known is not known.
        let all = grants.grants.value().filter(|all| all.more.is_none());
        let powers = all.map(|powers| powers.known.join(","));
        assert_eq!(powers.as_deref(), expected, "{name} {refused:?}");
    }
}

#[test]
fn a_binding_grants_the_role_it_names_from_where_it_stands() {
    // (namespace, kind, name, grants or none when unknown, missing)
    type Answer<'a> = Option<(&'a str, bool)>;
    let cases: [(&str, &str, &str, Answer<'_>, Answer<'_>); 7] = [
        (
            "",
            "ClusterRole",
            "reader",
            Some(("secretsRead", false)),
            None,
        ),
        (
            "quay",
            "ClusterRole",
            "reader",
            Some(("secretsRead", false)),
            None,
        ),
        ("quay", "Role", "reader", Some(("podsCreate", false)), None),
        ("dock", "Role", "reader", Some(("", true)), None),
        ("", "Role", "reader", Some(("", true)), None),
        ("", "ClusterRole", "empty", Some(("", false)), None),
        ("", "ClusterRole", "gone", Some(("", true)), None),
    ];
    for refused in [&[][..], &["roles", "clusterRoles"]] {
        let facts = world(ROLES, refused);
        let lacking = Lacking::default();
        let rbac = Rbac::new(&facts, &lacking);
        for (namespace, kind, name, complete, nothing) in cases {
            let (metadata, role) = binding(namespace, kind, name);
            let grants = rbac.grants(namespace.is_empty(), &metadata, &[anne()], &role);
            let powers = grants.grants.value().map(|powers| powers.known.join(","));
            let missing = grants.role_missing.value().copied();
            let expected = if refused.is_empty() {
                complete
            } else {
                nothing
            };
            let expected = (
                expected.map(|(powers, _)| powers.to_owned()),
                expected.map(|(_, missing)| missing),
            );
            assert_eq!((powers, missing), expected, "{namespace} {kind} {name}");
        }
    }
}

#[test]
fn a_role_that_was_read_counts_though_others_were_not() {
    let mut facts = world(ROLES, &[]);
    facts.cluster_roles.lacks.push(lack());
    let lacking = Lacking::default();
    let rbac = Rbac::new(&facts, &lacking);
    let (metadata, role) = binding("", "ClusterRole", "reader");
    let known = rbac.grants(true, &metadata, &[anne()], &role);
    let powers = known.grants.value().unwrap();
    assert_eq!(
        (powers.known.join(",").as_str(), &powers.more),
        ("secretsRead", &None)
    );
    let (metadata, role) = binding("", "ClusterRole", "gone");
    let unknown = rbac.grants(true, &metadata, &[anne()], &role);
    assert!(unknown.grants.gap().is_some() && unknown.role_missing.gap().is_some());
}

/// Kind, name, namespace of a subject in a binding of namespace `own` | namespace and what it stands for.
const SUBJECTS: &str = "
User system:anonymous - | - anonymous
Group system:anonymous - | - -
Group system:unauthenticated - | - anonymous
User system:unauthenticated - | - -
Group system:authenticated - | - everybody
User system:authenticated - | - -
Group system:serviceaccounts - | - everybody
Group system:serviceaccounts:quay - | quay default
ServiceAccount default - | own default
ServiceAccount default quay | quay default
ServiceAccount web quay | quay -
User system:serviceaccount:quay:default - | quay default
User default - | - -
";

#[test]
fn subjects_stand_for_whom_the_api_server_takes_them() {
    let dash = |text: &str| if text == "-" { "" } else { text }.to_owned();
    for line in SUBJECTS.lines().filter(|line| !line.is_empty()) {
        let words: Vec<&str> = line.split_whitespace().collect();
        let subject = Subject {
            kind: words[0].to_owned(),
            api_group: String::new(),
            name: words[1].to_owned(),
            namespace: dash(words[2]),
        };
        let got = Principal::of(&subject, "own");
        assert_eq!(got.namespace, dash(words[4]), "{line}");
        let flags = [got.anonymous, got.everybody, got.service_account_default];
        let expected = ["anonymous", "everybody", "default"].map(|flag| flag == words[5]);
        assert_eq!(flags, expected, "{line}");
    }
}

const HELD: &str = r"
kind: RoleBinding
apiVersion: rbac.authorization.k8s.io/v1
metadata: {name: a, namespace: quay}
roleRef: {kind: ClusterRole, name: reader}
subjects: [{kind: ServiceAccount, name: local}, {kind: Group, name: 'system:serviceaccounts:dock'}]
---
kind: ClusterRoleBinding
apiVersion: rbac.authorization.k8s.io/v1
metadata: {name: b}
roleRef: {kind: ClusterRole, name: reader}
subjects: [{kind: User, name: 'system:serviceaccount:quay:user'}, {kind: Group, name: 'system:serviceaccounts'}]
---
kind: ClusterRoleBinding
apiVersion: rbac.authorization.k8s.io/v1
metadata: {name: c}
roleRef: {kind: ClusterRole, name: empty}
subjects: [{kind: ServiceAccount, name: hollow, namespace: quay}]
";

#[test]
fn a_service_account_has_nothing_only_when_all_is_known() {
    // (namespace, account, all read, bindings refused, roles refused)
    let cases = [
        ("quay", "local", Some(true), None, None),
        ("quay", "user", Some(true), None, None),
        ("quay", "hollow", Some(false), None, None),
        ("quay", "other", Some(false), None, Some(false)),
        ("dock", "any", Some(true), None, None),
    ];
    let text = format!("{ROLES}---{HELD}");
    let refused: [&[&str]; 3] = [
        &[],
        &["roleBindings", "clusterRoleBindings"],
        &["clusterRoles"],
    ];
    for (namespace, account, complete, bindings, roles) in cases {
        for (refused, expected) in refused.iter().zip([complete, bindings, roles]) {
            let facts = world(&text, refused);
            let lacking = Lacking::default();
            let rbac = Rbac::new(&facts, &lacking);
            let got = rbac.granted(namespace, account);
            assert_eq!(
                got.value().copied(),
                expected,
                "{namespace} {account} {refused:?}"
            );
        }
    }
}

#[test]
fn a_shipped_binding_is_shipped_as_long_as_its_role_is() {
    let shipped = |rules: &str, refused: &[&str]| {
        let text = format!(
            "{{kind: ClusterRole, apiVersion: rbac.authorization.k8s.io/v1, metadata: {{name: cluster-admin}}, rules: {rules}}}"
        );
        let facts = world(&text, refused);
        let lacking = Lacking::default();
        let rbac = Rbac::new(&facts, &lacking);
        let (mut metadata, mut role) = binding("", "ClusterRole", "cluster-admin");
        "cluster-admin".clone_into(&mut metadata.name);
        "rbac.authorization.k8s.io".clone_into(&mut role.api_group);
        let masters = Subject {
            kind: "Group".to_owned(),
            api_group: role.api_group.clone(),
            name: "system:masters".to_owned(),
            namespace: String::new(),
        };
        let grants = rbac.grants(true, &metadata, &[masters], &role);
        grants.shipped.value().copied()
    };
    let whole = "[{apiGroups: ['*'], resources: ['*'], verbs: ['*']}, {nonResourceURLs: ['*'], verbs: ['*']}]";
    assert_eq!(shipped(whole, &[]), Some(true));
    assert_eq!(
        shipped("[{apiGroups: ['*'], resources: ['*'], verbs: ['*']}]", &[]),
        Some(false)
    );
    assert_eq!(shipped(whole, &["clusterRoles"]), None);
}

/// Who may read one Secret can read Secrets; who may create Pods of one name can create none.
#[test]
fn who_can_counts_those_who_can_with_one_object() {
    let text = "
{kind: ClusterRole, apiVersion: rbac.authorization.k8s.io/v1, metadata: {name: one}, rules: [{apiGroups: [''], resources: [secrets, pods], verbs: [get, create], resourceNames: [db]}]}
---
{kind: ClusterRoleBinding, apiVersion: rbac.authorization.k8s.io/v1, metadata: {name: b}, roleRef: {kind: ClusterRole, name: one}, subjects: [{kind: User, name: anne}]}
";
    let facts = world(text, &[]);
    let lacking = Lacking::default();
    let access = Access::new(&facts, &lacking);
    for (verb, resource, name, expected) in [
        ("get", "secrets", "", 1),
        ("get", "secrets", "db", 1),
        ("get", "secrets", "web", 0),
        ("create", "pods", "", 0),
    ] {
        let request = Request::Resource {
            verb: verb.to_owned(),
            group: String::new(),
            resource: resource.to_owned(),
            name: name.to_owned(),
            namespace: String::new(),
        };
        let found = access.who_can(&request).holders.len();
        assert_eq!(found, expected, "{request}");
    }
}
