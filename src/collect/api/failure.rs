//! Why a request got no usable answer, and the gap that this leaves.

use std::error::Error;
use std::io;
use std::time::Duration;

use http::StatusCode;

use super::error::{Cause, chain};
use super::status::Status;
use crate::collect::Stop;
use crate::facts::{Gap, GapReason};

/// Why there is no usable answer.
#[derive(Debug)]
pub(super) enum Failure {
    /// No answer within the limit for one request.
    Timeout(Duration),
    /// The time for the whole collection is over.
    Late(Duration),
    /// Somebody wished to stop.
    Stopped,
    /// No connection, or it broke.
    Broken(Cause),
    /// The other side could not prove who it is; nothing was sent to it.
    Untrusted(Cause),
    /// An answer with a status that is no success.
    Refused {
        /// The status.
        code: StatusCode,
        /// What the server says with it, if it speaks Kubernetes.
        said: Option<Status>,
        /// How long it asks to wait.
        retry_after: Option<Duration>,
    },
    /// An answer that makes no sense: what is wrong with it.
    Nonsense(String),
    /// An answer larger than this many bytes.
    TooLarge(usize),
}

impl Failure {
    /// Sorts an error of the client.
    pub(super) fn of_client(error: &(dyn Error + 'static), limit: Duration) -> Self {
        for cause in chain(error) {
            if let Some(tls) = cause.downcast_ref::<rustls::Error>() {
                return match tls {
                    rustls::Error::InvalidCertificate(_)
                    | rustls::Error::NoCertificatesPresented => Self::Untrusted(Cause::of(cause)),
                    _ => Self::Broken(Cause::of(cause)),
                };
            }
            if let Some(error) = cause.downcast_ref::<io::Error>()
                && error.kind() == io::ErrorKind::TimedOut
            {
                return Self::Timeout(limit);
            }
        }
        Self::Broken(Cause::of(error))
    }

    /// The status of an answer, if one came.
    pub(super) fn code(&self) -> Option<StatusCode> {
        match self {
            Self::Refused { code, .. } => Some(*code),
            _ => None,
        }
    }

    /// The gap that this failure leaves where `what` would have been read at `place`. A missing right is not explained
    /// here but by whoever knows which right it is.
    pub(super) fn gap(&self, what: impl Into<String>, place: impl Into<String>) -> Gap {
        let (reason, remedy) = match self {
            Self::Stopped => return Stop::gap(what, place),
            Self::Timeout(limit) => (
                GapReason::Timeout,
                format!("allow more than {limit:?} per request with --request-timeout"),
            ),
            Self::Late(limit) => (
                GapReason::Timeout,
                format!("allow more than {limit:?} for the whole collection, or limit it with -n"),
            ),
            Self::Broken(_) => (
                GapReason::Unreachable,
                "check the way to the server and try again".to_owned(),
            ),
            Self::Untrusted(_) => (
                GapReason::UnverifiedEndpoint,
                "give the endpoint a certificate of the cluster's authority".to_owned(),
            ),
            Self::Refused { code, .. } => match *code {
                StatusCode::FORBIDDEN => (
                    GapReason::Forbidden,
                    "grant the right to read it".to_owned(),
                ),
                StatusCode::UNAUTHORIZED => (
                    GapReason::Forbidden,
                    "the credentials are no longer accepted: log in again".to_owned(),
                ),
                StatusCode::TOO_MANY_REQUESTS => (
                    GapReason::Unreachable,
                    "the server is busy: try again when it has less to do".to_owned(),
                ),
                code => (
                    GapReason::Unreachable,
                    format!("the server answers {code}: look at its log, and try again"),
                ),
            },
            Self::Nonsense(why) => (
                GapReason::Unparsable,
                format!("look at the answer of the server, and of proxies before it: {why}"),
            ),
            Self::TooLarge(limit) => (
                GapReason::Unparsable,
                format!(
                    "an answer was larger than {} MiB: look for very large objects",
                    limit >> 20
                ),
            ),
        };
        Gap::new(what, place, reason, remedy)
    }
}
