//! What a 404 or a refusal to a list means: a kind that this server does not have is empty, anything else is unknown.
//!
//! A 404 alone proves nothing: a proxy or a wrong path answers so too, and rights are refused on kinds that do not exist.
//! A kind counts as not served only when the server's own lists of groups and resources can be read and lack it, in every
//! version of its group.

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
    #[serde(default)]
    versions: Vec<Version>,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct Version {
    group_version: String,
}

/// Whether the server says itself that it has no such kind.
pub(super) async fn is_not_served<K: Kind>(session: &Session) -> bool {
    // The core group is never absent from an API server.
    if K::GROUP.is_empty() {
        return false;
    }
    let groups = groups(session).await;
    let group = groups.iter().find(|one| one.name == K::GROUP);
    match lacks::<K>(session, &K::api_version()).await {
        Ok(false) => false,
        Ok(true) => {
            let Some(group) = group else {
                return false;
            };
            // A kind that exists in other versions only is not absent: its objects exist, in a form that is not read here.
            for version in &group.versions {
                let other = version.group_version != K::api_version();
                if other
                    && !lacks::<K>(session, &version.group_version)
                        .await
                        .unwrap_or(false)
                {
                    return false;
                }
            }
            true
        }
        // Neither is a group that exists in other versions only.
        Err(failure) => {
            failure.code() == Some(StatusCode::NOT_FOUND) && !groups.is_empty() && group.is_none()
        }
    }
}

/// Whether the server's list of what a version of a group holds lacks a kind.
async fn lacks<K: Kind>(session: &Session, version: &str) -> Result<bool, Failure> {
    let answer = session.get(&format!("/apis/{version}"), JSON).await?;
    // An empty list is what an aggregated server that is down can look like.
    Ok(answer.json::<Resources>().is_ok_and(|list| {
        !list.resources.is_empty() && list.resources.iter().all(|one| one.name != K::RESOURCE)
    }))
}

/// The groups that the server has; none where that is not known.
async fn groups(session: &Session) -> Vec<Group> {
    let groups = session.get("/apis", JSON).await;
    let groups = groups.and_then(|answer| answer.json::<Groups>());
    groups.map(|list| list.groups).unwrap_or_default()
}

/// Whether a failure is a 404 of a Kubernetes server.
pub(super) fn is_not_found(failure: &Failure) -> bool {
    matches!(failure, Failure::Refused { code, said, .. }
        if *code == StatusCode::NOT_FOUND && said.as_ref().is_none_or(|status| status.reason == "NotFound"))
}
