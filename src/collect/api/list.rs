//! Lists of one kind: always page by page, the next page asked for while the current one is decoded.
//!
//! A list without a limit can kill an API server, and so can `resourceVersion=0`, which ignores the limit; neither is ever
//! sent. Memory holds two pages, whatever the size of the cluster.

use std::sync::LazyLock;

use http::StatusCode;
use tokio::sync::Semaphore;
use tokio::task::{JoinHandle, spawn_blocking};

use super::discovery;
use super::failure::Failure;
use super::rights::{Right, Verdict};
use super::session::{Answer, PROTOBUF, Session};
use crate::facts::objects::{Kind, continue_token, decode_items};
use crate::facts::{Gap, GapReason, Lack};

/// Objects per page: the measured optimum of memory and time.
const PAGE: usize = 500;

/// More pages than any cluster has; a server that goes on for ever ends here.
const MAX_PAGES: usize = 20_000;

/// How often a list whose state has expired on the server is gone on with from a later one.
const MAX_RESUMES: u32 = 5;

/// Takes the objects of a page, on a thread for computing.
pub(super) trait Sink<K>: Send + 'static {
    /// Takes one object.
    fn take(&mut self, object: K);
}

impl<K, F: FnMut(K) + Send + 'static> Sink<K> for F {
    fn take(&mut self, object: K) {
        self(object);
    }
}

/// What became of a list beside its objects.
#[derive(Debug, Default)]
pub(super) struct Listed {
    /// How many objects came.
    pub count: usize,
    /// What is missing.
    pub lacks: Vec<Lack>,
    /// What a reader of the facts should know.
    pub notes: Vec<String>,
}

/// Lists the objects of `K` in one namespace or in all, if the right is there.
pub(super) async fn list<K: Kind + 'static>(
    session: &Session,
    namespace: Option<&str>,
    sink: impl Sink<K>,
) -> Listed {
    let right = Right::list::<K>(namespace);
    let verdict = right.review(session).await;
    let mut walk = Walk {
        namespace,
        place: K::path(namespace),
        listed: Listed::default(),
    };
    if verdict == Verdict::Denied {
        let gap = right.gap(what::<K>(), &walk.place);
        walk.lack(gap);
        return walk.listed;
    }
    match session.get(&walk.page(None), PROTOBUF).await {
        Ok(first) => walk.pages(session, first, sink).await,
        Err(failure) if failure.code() == Some(StatusCode::FORBIDDEN) => {
            if verdict == Verdict::Allowed {
                walk.listed.notes.push(format!(
                    "{}: refused, though the server says that we may {right}",
                    walk.place
                ));
            }
            let gap = right.gap(what::<K>(), &walk.place);
            walk.lack(gap);
        }
        Err(failure)
            if discovery::is_not_found(&failure)
                && discovery::is_not_served::<K>(session).await =>
        {
            let note = format!("this server has no {}", K::RESOURCE);
            walk.listed.notes.push(note);
        }
        Err(failure) => {
            let gap = failure.gap(what::<K>(), &walk.place);
            walk.lack(gap);
        }
    }
    walk.listed
}

fn what<K: Kind + 'static>() -> String {
    format!("list of {}", K::RESOURCE)
}

/// A list on its way.
struct Walk<'a> {
    namespace: Option<&'a str>,
    place: String,
    listed: Listed,
}

/// As many pages are decoded at once as there are cores: more would not be faster, and each takes its room.
static DECODERS: LazyLock<Semaphore> =
    LazyLock::new(|| Semaphore::new(std::thread::available_parallelism().map_or(1, usize::from)));

/// A page that is being decoded; gives the sink back.
type Decoding<S> = JoinHandle<(S, Decoded)>;

/// What a page held.
#[derive(Default)]
struct Decoded {
    count: usize,
    lacks: Vec<Lack>,
    unreadable: bool,
}

impl Walk<'_> {
    fn page(&self, token: Option<&str>) -> String {
        let path = format!("{}?limit={PAGE}", self.place);
        match token {
            Some(token) => format!("{path}&continue={}", encoded(token)),
            None => path,
        }
    }

    fn lack(&mut self, gap: Gap) {
        self.listed.lacks.push(Lack {
            namespace: self.namespace.map(str::to_owned),
            ..Lack::any(gap)
        });
    }

    /// Notes that the list ends before its end.
    fn cut<K: Kind + 'static>(&mut self, reason: GapReason, why: &'static str) {
        let what = format!("{} after {} objects", what::<K>(), self.listed.count);
        self.lack(Gap::new(what, self.place.clone(), reason, why));
    }

    async fn pages<K: Kind + 'static, S: Sink<K>>(
        &mut self,
        session: &Session,
        first: Answer,
        sink: S,
    ) {
        let (mut answer, mut token) = (first, None);
        let mut decoding: Option<Decoding<S>> = None;
        let mut sink = Some(sink);
        let mut resumes = 0;
        for _ in 0..MAX_PAGES {
            let next = continue_token(&answer.body, answer.encoding).unwrap_or_default();
            if let Some(running) = decoding.take() {
                sink = self.finish::<K, S>(running).await;
            }
            let Some(taker) = sink.take() else { return };
            // It is never closed, so there is always a permit to come.
            let permit = DECODERS.acquire().await;
            decoding = Some(spawn_blocking(move || {
                let _permit = permit;
                decode::<K, S>(&answer, taker)
            }));
            let repeats = next.is_some() && next == token;
            token = next;
            let Some(mut asked) = token.clone().filter(|_| !repeats) else {
                self.end::<K, S>(decoding).await;
                if repeats {
                    self.cut::<K>(
                        GapReason::Unparsable,
                        "the server repeats itself: look at proxies before it",
                    );
                }
                return;
            };
            answer = loop {
                match session.get(&self.page(Some(&asked)), PROTOBUF).await {
                    Ok(answer) => break answer,
                    Err(failure) => match later(&failure) {
                        Some(later) if resumes < MAX_RESUMES => {
                            resumes += 1;
                            asked = later.to_owned();
                        }
                        _ => {
                            self.end::<K, S>(decoding).await;
                            self.failed::<K>(&failure);
                            return;
                        }
                    },
                }
            };
            if resumes > 0 {
                self.resumed();
            }
        }
        self.end::<K, S>(decoding).await;
        self.cut::<K>(
            GapReason::Unparsable,
            "the list has no end: look at the server",
        );
    }

    fn resumed(&mut self) {
        let note = format!(
            "{}: gone on with from a later state of the cluster",
            self.place
        );
        if !self.listed.notes.contains(&note) {
            self.listed.notes.push(note);
        }
    }

    /// A page after the first did not come.
    fn failed<K: Kind + 'static>(&mut self, failure: &Failure) {
        if failure.code() == Some(StatusCode::GONE) {
            self.cut::<K>(
                GapReason::Timeout,
                "the server forgot the list on the way: collect again when it is less busy",
            );
        } else {
            let what = format!("{} after {} objects", what::<K>(), self.listed.count);
            let gap = failure.gap(what, &self.place);
            self.lack(gap);
        }
    }

    async fn end<K: Kind + 'static, S: Sink<K>>(&mut self, decoding: Option<Decoding<S>>) {
        if let Some(running) = decoding {
            self.finish::<K, S>(running).await;
        }
    }

    /// Waits for a page to be decoded and gives the sink back.
    async fn finish<K: Kind + 'static, S: Sink<K>>(&mut self, running: Decoding<S>) -> Option<S> {
        let Ok((sink, decoded)) = running.await else {
            self.cut::<K>(
                GapReason::Unparsable,
                "internal error: a page could not be decoded",
            );
            return None;
        };
        self.listed.count += decoded.count;
        if decoded.unreadable {
            self.cut::<K>(
                GapReason::Unparsable,
                "a page makes no sense: look at the answer of the server, and of proxies before it",
            );
        }
        for mut lack in decoded.lacks {
            lack.namespace = lack.namespace.or_else(|| self.namespace.map(str::to_owned));
            self.listed.lacks.push(lack);
        }
        Some(sink)
    }
}

fn decode<K: Kind + 'static, S: Sink<K>>(answer: &Answer, mut sink: S) -> (S, Decoded) {
    let mut decoded = Decoded::default();
    let take = |object: K| {
        decoded.count += 1;
        sink.take(object);
    };
    match decode_items::<K>(&answer.body, answer.encoding, take) {
        Ok(page) => decoded.lacks = page.broken.iter().map(|one| one.lack::<K>()).collect(),
        Err(_) => decoded.unreadable = true,
    }
    (sink, decoded)
}

/// The token that `410 Gone` offers: the rest of the list, from a later state (Kubernetes API concepts, "410 Gone").
fn later(failure: &Failure) -> Option<&str> {
    match failure {
        Failure::Refused { code, said, .. } if *code == StatusCode::GONE => {
            said.as_ref()?.continue_token()
        }
        _ => None,
    }
}

/// Percent-encodes a value of a query.
fn encoded(value: &str) -> String {
    let mut out = String::with_capacity(value.len());
    for byte in value.bytes() {
        match byte {
            b'A'..=b'Z' | b'a'..=b'z' | b'0'..=b'9' | b'-' | b'_' | b'.' | b'~' => {
                out.push(byte.into())
            }
            _ => out.push_str(&format!("%{byte:02X}")),
        }
    }
    out
}
