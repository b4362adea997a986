//! Kinds that a server does not have.

use super::User;
use super::server::{Server, json, status};
use crate::facts::GapReason;

const ROLES: &str = "/apis/rbac.authorization.k8s.io/v1/roles";

#[test]
fn a_kind_is_empty_only_if_the_server_says_that_it_has_none() {
    const RBAC: &str = r#"[{"name":"rbac.authorization.k8s.io","versions":[{"groupVersion":"rbac.authorization.k8s.io/v1"}]}]"#;
    // group, resources of the group, groups; whether "no such kind" is believed
    let cases = [
        (404, "", r#"[{"name":"apps"}]"#, true),
        (404, "", r#"[{"name":"rbac.authorization.k8s.io"}]"#, false),
        (404, "", "[]", false),
        (200, r#"[{"name":"rolebindings"}]"#, "[]", false),
        (200, r#"[{"name":"rolebindings"}]"#, RBAC, true),
        (200, r#"[{"name":"roles"}]"#, RBAC, false),
        (200, "[]", RBAC, false),
        (503, "", r#"[{"name":"apps"}]"#, false),
    ];
    for (code, resources, groups, believed) in cases {
        let server = Server::start(move |request| match request.path() {
            ROLES => Some(status(404, "NotFound")),
            "/apis" => Some(json(200, format!(r#"{{"groups":{groups}}}"#))),
            "/apis/rbac.authorization.k8s.io/v1" if code == 200 => {
                Some(json(200, format!(r#"{{"resources":{resources}}}"#)))
            }
            "/apis/rbac.authorization.k8s.io/v1" => Some(status(code, "NotFound")),
            _ => None,
        });
        let facts = User::of(&server).facts();
        assert_eq!(
            facts.objects.roles.is_complete(),
            believed,
            "{code} {resources} {groups}"
        );
        assert_eq!(facts.notes.len(), usize::from(believed));
    }
}

#[test]
fn policies_that_a_server_does_not_have_are_none() {
    const POLICIES: &str = "/apis/admissionregistration.k8s.io/v1/validatingadmissionpolicies";
    let webhooks = r#"{"resources":[{"name":"validatingwebhookconfigurations"}]}"#;
    let older = r#"{"resources":[{"name":"validatingadmissionpolicies"}]}"#;
    let groups = r#"{"groups":[{"name":"admissionregistration.k8s.io","versions":[
        {"groupVersion":"admissionregistration.k8s.io/v1"},{"groupVersion":"admissionregistration.k8s.io/v1beta1"}]}]}"#;
    // What v1beta1 holds, the answer to the list, whether listing is allowed; whether it is known that there are none.
    let cases = [
        (webhooks, 404, true, true),
        (webhooks, 403, true, true),
        (webhooks, 404, false, true),
        (older, 404, true, false),
        (older, 403, false, false),
    ];
    for (beta, code, allowed, known) in cases {
        let server = Server::start(move |request| match request.path() {
            POLICIES => Some(status(
                code,
                if code == 404 { "NotFound" } else { "Forbidden" },
            )),
            "/apis" => Some(json(200, groups)),
            "/apis/admissionregistration.k8s.io/v1" => Some(json(200, webhooks)),
            "/apis/admissionregistration.k8s.io/v1beta1" => Some(json(200, beta)),
            "/apis/authorization.k8s.io/v1/selfsubjectaccessreviews"
                if request.body.contains("validatingadmissionpolicies") =>
            {
                let body = format!(r#"{{"spec":{{}},"status":{{"allowed":{allowed}}}}}"#);
                Some(json(201, body))
            }
            _ => None,
        });
        let policies = User::of(&server).facts().objects.validating_policies;
        let what = format!("{beta} {code} {allowed}");
        assert_eq!(policies.is_complete(), known, "{what}");
        if code == 403 && !known {
            assert_eq!(policies.lacks[0].gap.reason, GapReason::Forbidden, "{what}");
        }
    }
}
