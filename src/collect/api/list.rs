//! Lists of one kind: always page by page, the next page asked for while the current one is decoded.
//!
//! A list without a limit can kill an API server, and so can `resourceVersion=0`, which ignores the limit; neither is ever
//! sent. Memory holds two pages, whatever the size of the cluster.

use std::panic::{AssertUnwindSafe, catch_unwind};

use http::StatusCode;
use tokio::task::JoinHandle;

use super::discovery;
use super::failure::Failure;
use super::rights::{Right, Verdict};
use super::session::{Answer, PROTOBUF, Session};
use crate::facts::objects::{Kind, PAGE, continue_token, decode_items};
use crate::facts::{Gap, GapReason, Lack};

/// More pages than any cluster has; a server that goes on for ever ends here.
const MAX_PAGES: usize = 20_000;

/// What must not happen, and must not end the run either.
const INTERNAL: &str = "internal error: a page could not be decoded";

/// How often a list whose state has expired on the server is gone on with from a later one: as often as the time allows.
const MAX_RESUMES: u32 = 1_000;

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
    sink: &mut dyn FnMut(K),
) -> Listed {
    let right = Right::list::<K>(namespace);
    let verdict = right.review(session).await;
    let mut walk = Walk {
        namespace,
        place: K::path(namespace),
        listed: Listed::default(),
    };
    if verdict == Verdict::Denied {
        walk.refused::<K>(session, &right).await;
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
            walk.refused::<K>(session, &right).await;
        }
        Err(failure)
            if discovery::is_not_found(&failure)
                && discovery::is_not_served::<K>(session).await =>
        {
            walk.not_served::<K>();
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

/// A page that is on its way.
type Coming = JoinHandle<Result<Answer, Failure>>;

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

    /// Notes that a right is missing, unless there is nothing to have it on.
    async fn refused<K: Kind + 'static>(&mut self, session: &Session, right: &Right) {
        if discovery::is_not_served::<K>(session).await {
            self.not_served::<K>();
        } else {
            let gap = right.gap(what::<K>(), &self.place);
            self.lack(gap);
        }
    }

    fn not_served<K: Kind>(&mut self) {
        let note = format!("this server has no {}", K::RESOURCE);
        self.listed.notes.push(note);
    }

    /// Notes that the list ends before its end.
    fn cut<K: Kind + 'static>(&mut self, reason: GapReason, why: &'static str) {
        let what = format!("{} after {} objects", what::<K>(), self.listed.count);
        self.lack(Gap::new(what, self.place.clone(), reason, why));
    }

    /// Takes page after page.
    async fn pages<K: Kind + 'static>(
        &mut self,
        session: &Session,
        first: Answer,
        sink: &mut dyn FnMut(K),
    ) {
        let (mut answer, mut token) = (first, None);
        let mut resumes = 0;
        for _ in 0..MAX_PAGES {
            let next = continue_token(&answer.body, answer.encoding).unwrap_or_default();
            let repeats = next.is_some() && next == token;
            token = next;
            let asked = token.as_deref().filter(|_| !repeats);
            let coming = asked.map(|token| self.ask(session, token));
            self.take(&answer, sink);
            let Some(coming) = coming else {
                if repeats {
                    self.cut::<K>(
                        GapReason::Unparsable,
                        "the server repeats itself: look at proxies before it",
                    );
                }
                return;
            };
            let Ok(mut page) = coming.await else {
                self.cut::<K>(GapReason::Unparsable, INTERNAL);
                return;
            };
            while let Some(later) = page.as_ref().err().and_then(later)
                && resumes < MAX_RESUMES
            {
                resumes += 1;
                page = session.get(&self.page(Some(later)), PROTOBUF).await;
            }
            answer = match page {
                Ok(answer) => answer,
                Err(failure) => {
                    self.failed::<K>(&failure);
                    return;
                }
            };
            if resumes > 0 {
                self.resumed();
            }
        }
        self.cut::<K>(
            GapReason::Unparsable,
            "the list has no end: look at the server",
        );
    }

    /// Asks for a page, on a thread that has nothing to do with decoding.
    fn ask(&self, session: &Session, token: &str) -> Coming {
        let (session, path) = (session.clone(), self.page(Some(token)));
        tokio::spawn(async move { session.get(&path, PROTOBUF).await })
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

    /// Decodes a page and takes its objects. All pages are decoded on one thread: what they leave behind lies in one place,
    /// and the room between is used again.
    fn take<K: Kind + 'static>(&mut self, answer: &Answer, sink: &mut dyn FnMut(K)) {
        let mut count = 0;
        let counting = |object: K| {
            count += 1;
            sink(object);
        };
        let decoding = || decode_items::<K>(&answer.body, answer.encoding, counting);
        let decoded = catch_unwind(AssertUnwindSafe(decoding));
        self.listed.count += count;
        match decoded {
            Ok(Ok(page)) => {
                for broken in &page.broken {
                    let mut lack = broken.lack::<K>();
                    lack.namespace = lack.namespace.or_else(|| self.namespace.map(str::to_owned));
                    self.listed.lacks.push(lack);
                }
            }
            Ok(Err(_)) => self.cut::<K>(
                GapReason::Unparsable,
                "a page makes no sense: look at the answer of the server, and of proxies before it",
            ),
            Err(_) => self.cut::<K>(GapReason::Unparsable, INTERNAL),
        }
    }
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

#[cfg(test)]
mod tests {
    use bytes::Bytes;

    use super::*;
    use crate::facts::objects::{Encoding, Node};

    #[test]
    fn a_page_that_breaks_us_is_a_gap_and_the_objects_before_it_stay() {
        let mut walk = Walk {
            namespace: None,
            place: Node::path(None),
            listed: Listed::default(),
        };
        let body = br#"{"kind": "NodeList", "items": [{"metadata": {"name": "a"}}, {"metadata": {"name": "b"}}]}"#;
        let answer = Answer {
            encoding: Encoding::Json,
            body: Bytes::from_static(body),
        };
        let mut names = Vec::new();
        walk.take(&answer, &mut |node: Node| {
            assert_eq!(node.metadata.name, "a", "this panic belongs to the test");
            names.push(node.metadata.name);
        });
        let lacks = &walk.listed.lacks;
        assert_eq!((names.len(), lacks.len()), (1, 1));
        assert_eq!(lacks[0].gap.remedy, INTERNAL);
    }
}
