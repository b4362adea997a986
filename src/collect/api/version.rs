//! The first request: it proves that a Kubernetes API server answers, and tells its version.

use std::time::Duration;

use http::StatusCode;
use serde::Deserialize;

use super::credentials::Settings;
use super::error::ApiError;
use super::failure::Failure;
use super::rights::Right;
use super::session::{JSON, Session};
use crate::facts::{Cell, Place, Source};

/// The path, which every authenticated user may read unless somebody changed that.
const PATH: &str = "/version";

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct Info {
    git_version: String,
}

/// Asks for the version, as `1.36.3` with the suffix of a distribution.
///
/// # Errors
/// When nobody answers, the server cannot be trusted, is no Kubernetes API server or does not accept us.
pub(super) async fn greet(
    session: &Session,
    settings: &Settings,
) -> Result<Cell<String>, ApiError> {
    let server = settings.server.clone();
    let info = session.get(PATH, JSON).await;
    match info.and_then(|answer| answer.json::<Info>()) {
        Ok(info) if info.git_version.starts_with('v') => {
            let source = Source::from(Place::Api {
                path: PATH.to_owned(),
            });
            let version = info.git_version.trim_start_matches('v').to_owned();
            Ok(Cell::explicit(version, source))
        }
        Ok(_) => Err(ApiError::NotKubernetes {
            server,
            answer: "a version of another product".to_owned(),
        }),
        Err(failure) => refused(failure, settings),
    }
}

/// What a failed greeting means: an error, or, where only the version is refused, a gap.
fn refused(failure: Failure, settings: &Settings) -> Result<Cell<String>, ApiError> {
    let server = settings.server.clone();
    let proxy = settings.proxy.clone();
    let timeout = |limit: Duration| ApiError::Timeout {
        server: server.clone(),
        proxy: proxy.clone(),
        limit,
    };
    let other = |answer: String| ApiError::NotKubernetes {
        server: server.clone(),
        answer,
    };
    Err(match failure {
        Failure::Timeout(limit) => timeout(limit),
        Failure::Late(limit) => timeout(limit),
        Failure::Stopped => ApiError::Stopped,
        Failure::Broken(source) => ApiError::Unreachable {
            server,
            proxy,
            source,
        },
        Failure::Untrusted(source) => ApiError::Untrusted { server, source },
        Failure::Refused { code, said, .. } => match (code, said) {
            (StatusCode::UNAUTHORIZED, _) => ApiError::Unauthorized { server },
            (StatusCode::FORBIDDEN, Some(status)) if status.is_about_impersonation() => {
                let user = settings.config.auth_info.impersonate.clone();
                ApiError::ImpersonationRefused {
                    server,
                    user: user.unwrap_or_default(),
                }
            }
            (StatusCode::FORBIDDEN, Some(_)) => {
                let gap = Right::Path(PATH).gap("version of the API server", PATH);
                return Ok(Cell::Gap(gap));
            }
            (code, _) if code.is_server_error() || code == StatusCode::TOO_MANY_REQUESTS => {
                ApiError::Unavailable {
                    server,
                    answer: code.to_string(),
                }
            }
            (code, _) => other(code.to_string()),
        },
        Failure::Nonsense(why) => other(why),
        Failure::TooLarge(limit) => other(format!("more than {} MiB", limit >> 20)),
    })
}
