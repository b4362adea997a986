//! Requests through the client, each bounded in time, size and number of tries.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Duration;

use bytes::Bytes;
use http::header::{ACCEPT, CONTENT_TYPE, RETRY_AFTER, USER_AGENT};
use http::{HeaderMap, Method, Request, StatusCode};
use http_body_util::{BodyExt, Limited};
use kube::client::Body;
use serde::Serialize;
use serde::de::DeserializeOwned;
use tokio::time::{Instant, sleep, timeout_at};

use super::failure::Failure;
use super::status::Status;
use crate::collect::Stop;
use crate::facts::objects::Encoding;
use crate::target::Access;

/// Asks for protobuf, and gets JSON where there is none.
pub(super) const PROTOBUF: &str = "application/vnd.kubernetes.protobuf, application/json;q=0.9";

/// Who asks, in the logs of the server.
const AGENT: &str = concat!("seaworthy/", env!("CARGO_PKG_VERSION"));

/// Asks for JSON.
pub(super) const JSON: &str = "application/json";

/// The most that one answer may hold. A page of 500 pods is about 4 MB.
const MAX_BODY: usize = 64 << 20;

/// How often a busy server (429) is asked again.
const BUSY_RETRIES: u32 = 5;

/// How often is asked again after a server error or a broken connection.
const RETRIES: u32 = 3;

/// The longest wait between two tries, whatever the server asks for.
const MAX_WAIT: Duration = Duration::from_secs(30);

/// How requests to one server are made.
#[derive(Clone)]
pub(super) struct Session {
    client: kube::Client,
    request_timeout: Duration,
    time_limit: Duration,
    deadline: Instant,
    stop: Stop,
    /// Whether this server has answered before: only then a broken connection is tried again.
    proven: Arc<AtomicBool>,
}

/// A good answer.
#[derive(Debug)]
pub(super) struct Answer {
    /// How the body is written.
    pub encoding: Encoding,
    /// The body.
    pub body: Bytes,
}

impl Answer {
    /// The body as a JSON value of type `T`.
    ///
    /// # Errors
    /// When it is none.
    pub(super) fn json<T: DeserializeOwned>(&self) -> Result<T, Failure> {
        match self.encoding {
            // The library's text may hold values.
            Encoding::Json => serde_json::from_slice(&self.body)
                .map_err(|_| Failure::Nonsense("it is not the JSON that was expected".to_owned())),
            Encoding::Protobuf => Err(Failure::Nonsense("JSON was asked for".to_owned())),
        }
    }
}

impl Session {
    /// Requests through `client`, bounded as `access` says; the time for all of them begins now.
    pub(super) fn new(client: kube::Client, access: &Access, stop: &Stop) -> Self {
        Self {
            client,
            request_timeout: access.request_timeout,
            time_limit: access.time_limit,
            deadline: Instant::now() + access.time_limit,
            stop: stop.clone(),
            proven: Arc::default(),
        }
    }

    /// The same bounds for another server.
    pub(super) fn with(&self, client: kube::Client) -> Self {
        Self {
            client,
            proven: Arc::default(),
            ..self.clone()
        }
    }

    /// Gets `path`, which begins with a slash and may have a query.
    pub(super) async fn get(&self, path: &str, accept: &str) -> Result<Answer, Failure> {
        self.request(&Method::GET, path, accept, &Bytes::new())
            .await
    }

    /// Posts a review: a question about our own rights that has the form of an object.
    pub(super) async fn review<T>(&self, path: &str, review: &T) -> Result<T, Failure>
    where
        T: Serialize + DeserializeOwned,
    {
        let body = serde_json::to_vec(review)
            .map_err(|_| Failure::Nonsense("the review cannot be written".to_owned()))?;
        let answer = self
            .request(&Method::POST, path, JSON, &body.into())
            .await?;
        answer.json()
    }

    async fn request(
        &self,
        method: &Method,
        path: &str,
        accept: &str,
        body: &Bytes,
    ) -> Result<Answer, Failure> {
        let mut tries = 0;
        loop {
            let answer = tokio::select! {
                answer = self.once(method, path, accept, body) => answer,
                () = self.stop.asked() => Err(Failure::Stopped),
            };
            let failure = match answer {
                Ok(answer) => return Ok(answer),
                Err(failure) => failure,
            };
            let Some(wait) = self.wait(&failure, tries) else {
                return Err(failure);
            };
            if Instant::now() + wait >= self.deadline {
                return Err(failure);
            }
            tokio::select! {
                () = sleep(wait) => {}
                () = self.stop.asked() => return Err(Failure::Stopped),
            }
            tries += 1;
        }
    }

    /// How long to wait before asking again; `None` to let it be.
    fn wait(&self, failure: &Failure, tries: u32) -> Option<Duration> {
        let backoff = Duration::from_millis(250) * 2_u32.saturating_pow(tries);
        match failure {
            Failure::Refused {
                code, retry_after, ..
            } if *code == StatusCode::TOO_MANY_REQUESTS => {
                (tries < BUSY_RETRIES).then(|| retry_after.unwrap_or(backoff).min(MAX_WAIT))
            }
            Failure::Refused {
                code, retry_after, ..
            } if code.is_server_error() && *code != StatusCode::NOT_IMPLEMENTED => {
                (tries < RETRIES).then(|| retry_after.unwrap_or(backoff).min(MAX_WAIT))
            }
            Failure::Broken(_) if self.proven.load(Ordering::Relaxed) => {
                (tries < RETRIES).then_some(backoff)
            }
            _ => None,
        }
    }

    async fn once(
        &self,
        method: &Method,
        path: &str,
        accept: &str,
        body: &Bytes,
    ) -> Result<Answer, Failure> {
        let now = Instant::now();
        if now >= self.deadline {
            return Err(Failure::Late(self.time_limit));
        }
        let until = self.deadline.min(now + self.request_timeout);
        let mut request = Request::builder().method(method).uri(path);
        request = request.header(ACCEPT, accept).header(USER_AGENT, AGENT);
        if !body.is_empty() {
            request = request.header(CONTENT_TYPE, JSON);
        }
        let request = request
            .body(Body::from(body.clone()))
            .map_err(|_| Failure::Nonsense("the path cannot be asked for".to_owned()))?;
        match timeout_at(until, self.exchange(request)).await {
            Ok(answer) => answer,
            Err(_) if until == self.deadline => Err(Failure::Late(self.time_limit)),
            Err(_) => Err(Failure::Timeout(self.request_timeout)),
        }
    }

    async fn exchange(&self, request: Request<Body>) -> Result<Answer, Failure> {
        let sent = self.client.send(request).await;
        let response =
            sent.map_err(|error| Failure::of_client(&error, super::credentials::CONNECT_TIMEOUT))?;
        self.proven.store(true, Ordering::Relaxed);
        let (head, body) = response.into_parts();
        let body = Limited::new(body, MAX_BODY).collect().await;
        let body = body.map_err(
            |error| match error.is::<http_body_util::LengthLimitError>() {
                true => Failure::TooLarge(MAX_BODY),
                false => Failure::of_client(&*error, self.request_timeout),
            },
        )?;
        let body = body.to_bytes();
        let encoding = encoding(&head.headers);
        if head.status.is_success() {
            let encoding = encoding.ok_or_else(|| {
                Failure::Nonsense("it is neither JSON nor Kubernetes protobuf".to_owned())
            })?;
            return Ok(Answer { encoding, body });
        }
        Err(Failure::Refused {
            code: head.status,
            said: encoding.and_then(|encoding| Status::read(&body, encoding)),
            retry_after: retry_after(&head.headers),
        })
    }
}

fn encoding(headers: &HeaderMap) -> Option<Encoding> {
    let content = headers.get(CONTENT_TYPE)?.to_str().ok()?;
    let content = content.split(';').next().unwrap_or_default().trim();
    match content.to_ascii_lowercase().as_str() {
        "application/json" => Some(Encoding::Json),
        "application/vnd.kubernetes.protobuf" => Some(Encoding::Protobuf),
        _ => None,
    }
}

/// In seconds, as API servers write it.
fn retry_after(headers: &HeaderMap) -> Option<Duration> {
    let value = headers.get(RETRY_AFTER)?.to_str().ok()?;
    value.trim().parse().ok().map(Duration::from_secs)
}
