//! The ConfigMap that says whom AWS identities are.

use super::User;
use super::server::{Reply, Server, json, status};
use crate::facts::objects::IamMapping;
use crate::facts::{GapReason, Listing};

const PATH: &str = "/api/v1/namespaces/kube-system/configmaps/aws-auth";

fn read(reply: impl Fn() -> Reply + Send + Sync + 'static) -> Listing<IamMapping> {
    let server = Server::start(move |request| (request.path() == PATH).then(&reply));
    let found = User::of(&server).facts().iam_mappings;
    assert_eq!(server.count(PATH), 1);
    found
}

fn map(data: &str) -> Reply {
    let body = format!(
        r#"{{"kind":"ConfigMap","apiVersion":"v1","metadata":{{"name":"aws-auth","namespace":"kube-system"}},"data":{data}}}"#
    );
    json(200, body)
}

#[test]
fn mappings_are_kept_and_nothing_else() {
    let found = read(|| {
        map(r#"{"mapRoles":"- {rolearn: a, username: u, groups: [g]}\n","other":"hunter2"}"#)
    });
    assert!(found.is_complete());
    let [mapping] = &found.rows[..] else {
        panic!("{:?}", found.rows);
    };
    assert_eq!(
        (&*mapping.kind, &*mapping.arn, &*mapping.username),
        ("role", "a", "u")
    );
    assert_eq!(mapping.groups, ["g"]);
}

#[test]
fn what_cannot_be_read_is_not_taken_for_nothing() {
    let reason = |found: &Listing<IamMapping>| {
        assert_eq!(found.rows, []);
        found.lacks.first().map(|lack| lack.gap.reason)
    };
    let none = read(|| status(404, "NotFound"));
    assert_eq!(reason(&none), None);
    let refused = read(|| status(403, "Forbidden"));
    assert_eq!(reason(&refused), Some(GapReason::Forbidden));
    let remedy = &refused.lacks[0].gap.remedy;
    let rule = "{apiGroups: [\"\"], resources: [configmaps], resourceNames: [aws-auth], verbs: [get]} of a Role there";
    assert!(remedy.ends_with(rule), "{remedy}");
    let broken = read(|| map(r#"{"mapUsers":"- [ {"}"#));
    assert_eq!(reason(&broken), Some(GapReason::Unparsable));
    let nonsense = read(|| json(200, "[]"));
    assert_eq!(reason(&nonsense), Some(GapReason::Unparsable));
    // Not an answer of an API server.
    let elsewhere = read(|| json(404, r#"{"kind":"Status","reason":"Gone","code":404}"#));
    assert!(reason(&elsewhere).is_some());
}
