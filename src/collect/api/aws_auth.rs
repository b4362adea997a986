//! The ConfigMap that says whom AWS identities are to the cluster. Clusters elsewhere have none.

use http::StatusCode;

use super::discovery::is_not_found;
use super::rights::Right;
use super::session::{PROTOBUF, Session};
use crate::facts::objects::{AWS_AUTH, ConfigMap, IamMapping, Kind, decode_object};
use crate::facts::{Gap, GapReason, Listing};

/// The mappings of `kube-system/aws-auth`; none where there is no such ConfigMap.
pub(super) async fn mappings(session: &Session) -> Listing<IamMapping> {
    let (namespace, name) = AWS_AUTH;
    let path = format!("{}/{name}", ConfigMap::path(Some(namespace)));
    let what = format!("ConfigMap {name}");
    let unread = match session.get(&path, PROTOBUF).await {
        Ok(answer) => {
            let map = decode_object::<ConfigMap>(&answer.body, answer.encoding).ok();
            match map.and_then(|map| map.iam()) {
                Some(found) => return found,
                None => Gap::new(
                    what,
                    path,
                    GapReason::Unparsable,
                    "look at the object itself",
                ),
            }
        }
        Err(failure) if is_not_found(&failure) => return Listing::complete(Vec::new()),
        Err(failure) if failure.code() == Some(StatusCode::FORBIDDEN) => {
            Right::get::<ConfigMap>(namespace, name).gap(what, path)
        }
        Err(failure) => failure.gap(what, path),
    };
    Listing::missing(unread)
}
