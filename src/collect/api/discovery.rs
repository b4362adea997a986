//! What a 404 to a list means: a kind that this server does not have is empty, anything else is unknown.
//!
//! A 404 alone proves nothing: a proxy or a wrong path answers so too. A kind counts as not served only when the
//! server's own lists of groups and resources can be read and lack it.

use http::StatusCode;
use serde::Deserialize;

use super::failure::Failure;
use super::session::{JSON, Session};
use crate::facts::objects::Kind;

#[derive(Deserialize)]
struct Resources {
    resources: Vec<Resource>,
}

#[derive(Deserialize)]
struct Resource {
    name: String,
}

#[derive(Deserialize)]
struct Groups {
    groups: Vec<Group>,
}

#[derive(Deserialize)]
struct Group {
    name: String,
}

/// Whether the server says itself that it has no such kind.
pub(super) async fn is_not_served<K: Kind>(session: &Session) -> bool {
    // The core group is never absent from an API server.
    if K::GROUP.is_empty() {
        return false;
    }
    let version = format!("/apis/{}", K::api_version());
    match session.get(&version, JSON).await {
        Ok(answer) => answer.json::<Resources>().is_ok_and(|list| {
            // An empty list is what an aggregated server that is down can look like.
            !list.resources.is_empty() && list.resources.iter().all(|one| one.name != K::RESOURCE)
        }),
        Err(failure) if failure.code() == Some(StatusCode::NOT_FOUND) => {
            lacks_group::<K>(session).await
        }
        Err(_) => false,
    }
}

/// A group that exists in other versions only is not absent: its objects exist, in a form that is not read here.
async fn lacks_group<K: Kind>(session: &Session) -> bool {
    let groups = session.get("/apis", JSON).await;
    let groups = groups.and_then(|answer| answer.json::<Groups>());
    groups.is_ok_and(|list| {
        !list.groups.is_empty() && list.groups.iter().all(|one| one.name != K::GROUP)
    })
}

/// Whether a failure is a 404 of a Kubernetes server.
pub(super) fn is_not_found(failure: &Failure) -> bool {
    matches!(failure, Failure::Refused { code, said, .. }
        if *code == StatusCode::NOT_FOUND && said.as_ref().is_none_or(|status| status.reason == "NotFound"))
}
