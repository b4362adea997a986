//! `--prove-encryption`: how each Secret in etcd is written, read from etcd itself.
//!
//! This is the one place where a private key is read: the API server's own for etcd, from its file into the memory of
//! this process. Of each value the bytes before its payload are looked at; the rest goes with the answer it came in.
//! Read through etcd's JSON gateway (etcd documentation, "Why gRPC gateway"), page by page at one revision.

use std::collections::BTreeMap;
use std::path::Path;
use std::time::{Duration, Instant};

use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use http::{Request, Uri, header};
use http_body_util::{BodyExt, Limited};
use kube::client::Body;
use serde::Deserialize;
use x509_parser::pem::Pem;

use super::root::Root;
use crate::facts::component::{Component, ComponentKind};
use crate::facts::host::{File, HostFacts};
use crate::facts::settings::Scalar;
use crate::facts::stored::{StoredSecrets, written_with};
use crate::facts::{Cell, Gap, GapReason};

/// Values in one page; one is a mebibyte at most.
const PAGE: usize = 64;
/// The largest answer: a page of the largest values in base64.
const LARGEST: usize = 96 << 20;
/// How long one page may take.
const PATIENCE: Duration = Duration::from_secs(30);
/// Characters of a value that are decoded; names of keys are far shorter.
const HEAD: usize = 512;
/// Certificates and keys are smaller.
const LARGEST_FILE: usize = 1 << 20;

/// Reads all Secrets of the etcd behind the API server of this node, in at most `limit`.
///
/// # Errors
/// When none could be read at all.
pub(super) fn prove(root: &Path, facts: &HostFacts, limit: Duration) -> Result<StoredSecrets, Gap> {
    let node = &facts.host.node;
    let mut components = facts.components.rows.iter();
    let server = components.find(|one| one.kind == ComponentKind::ApiServer && one.pid.is_some());
    let server = server.ok_or_else(|| {
        gap(
            node,
            "no API server runs here",
            "run it on a control-plane node",
        )
    })?;
    let way = Way::of(root, facts, server)?;
    let runtime = tokio::runtime::Builder::new_current_thread()
        .enable_all()
        .build();
    let runtime = runtime.map_err(|error| gap(node, &error.to_string(), "run it again"))?;
    let mut found = Found::default();
    let deadline = Instant::now() + limit;
    let cut = runtime.block_on(way.read(&mut found, deadline)).err();
    runtime.shutdown_background();
    let cut = cut.map(|why| gap(node, &why, "run it again when etcd answers"));
    match (found.expected, cut) {
        (None, cut) => {
            Err(cut.unwrap_or_else(|| gap(node, "etcd did not say how many", "run it again")))
        }
        (Some(expected), cut) => Ok(StoredSecrets::of(
            node,
            expected,
            found.keys,
            StoredSecrets::write_key(facts),
            cut.as_ref(),
        )),
    }
}

fn gap(node: &str, why: &str, remedy: &'static str) -> Gap {
    let what = format!("Secrets in etcd, read from {node}");
    Gap::new(what, why, GapReason::Unreachable, remedy)
}

/// How etcd is reached.
struct Way {
    client: kube::Config,
    prefix: String,
}

impl Way {
    fn of(root: &Path, facts: &HostFacts, server: &Component) -> Result<Self, Gap> {
        let node = &facts.host.node;
        let text = |flag: &str| match server.flags.get(flag) {
            Some(Cell::Value { value, .. }) => match value {
                Scalar::Text(text) => Some(text.clone()),
                Scalar::List(texts) => texts.first().cloned(),
                _ => None,
            },
            _ => None,
        };
        if text("etcd-servers-overrides").is_some_and(|overrides| !overrides.is_empty()) {
            let why = "the API server keeps some resources elsewhere (--etcd-servers-overrides)";
            return Err(gap(node, why, "look at that etcd by hand"));
        }
        let open =
            Root::open(root).map_err(|error| gap(node, &error.to_string(), "run as root"))?;
        let read = |flag: &str| -> Result<Option<Vec<u8>>, Gap> {
            let setting = format!("kube-apiserver --{flag}");
            let named = |file: &&File| file.named_by.contains(&setting);
            let Some(file) = facts.files.rows.iter().find(named) else {
                return Ok(None);
            };
            let bytes = open.bytes(&file.path, LARGEST_FILE);
            let bytes = bytes
                .map_err(|error| gap(node, &format!("{}: {error}", file.path), "run as root"))?;
            Ok(Some(bytes))
        };
        let servers = text("etcd-servers").unwrap_or_default();
        let first = servers.split(',').next().unwrap_or_default();
        let url: Uri = first
            .parse()
            .map_err(|_| gap(node, "the API server names no etcd", "state --etcd-servers"))?;
        let mut client = kube::Config::new(url);
        client.connect_timeout = Some(PATIENCE);
        client.read_timeout = Some(PATIENCE);
        client.root_cert = read("etcd-cafile")?.map(|bytes| certificates(&bytes));
        client.auth_info.client_certificate_data =
            read("etcd-certfile")?.map(|bytes| STANDARD.encode(bytes));
        client.auth_info.client_key_data =
            read("etcd-keyfile")?.map(|bytes| STANDARD.encode(bytes).into());
        Ok(Self {
            client,
            prefix: match text("etcd-prefix") {
                Some(prefix) => format!("/{}", prefix.trim_matches('/')),
                None => "/registry".to_owned(),
            },
        })
    }

    /// Reads page by page until there is no more; `found` keeps what was read when it fails.
    async fn read(self, found: &mut Found, deadline: Instant) -> Result<(), String> {
        let client = kube::Client::try_from(self.client);
        let client = client
            .map_err(|_| "the API server's certificate for etcd cannot be used".to_owned())?;
        // An etcd without anything of Kubernetes says nothing about Secrets by having none.
        let all = [format!("{}/", self.prefix), format!("{}0", self.prefix)];
        let range = serde_json::json!({
            "key": STANDARD.encode(&all[0]), "range_end": STANDARD.encode(&all[1]), "count_only": true,
        });
        let body = in_time(deadline, ask(&client, range.to_string())).await?;
        if page(&body)?.count == zero() {
            return Err(format!("etcd has nothing below {}", all[0]));
        }
        let start = format!("{}/secrets/", self.prefix);
        // The first key after all that begin with it: "0" comes after "/".
        let end = format!("{}/secrets0", self.prefix);
        let mut from = start.into_bytes();
        let mut revision = None;
        loop {
            let range = serde_json::json!({
                "key": STANDARD.encode(&from),
                "range_end": STANDARD.encode(&end),
                "limit": PAGE,
                "revision": revision.unwrap_or_default(),
            });
            let body = in_time(deadline, ask(&client, range.to_string())).await?;
            let page = page(&body)?;
            revision.get_or_insert_with(|| page.header.revision.parse().unwrap_or(0_i64));
            // Of the first page: later ones count what is left.
            found
                .expected
                .get_or_insert(page.count.parse().unwrap_or(0));
            for value in &page.kvs {
                *found.keys.entry(value.written_with()).or_default() += 1;
            }
            let Some(last) = page.kvs.last().filter(|_| page.more) else {
                return Ok(());
            };
            from = STANDARD.decode(last.key).map_err(|_| nonsense())?;
            from.push(0);
        }
    }
}

async fn in_time<T>(
    deadline: Instant,
    answer: impl Future<Output = Result<T, String>>,
) -> Result<T, String> {
    let left = deadline.saturating_duration_since(Instant::now());
    let answer = tokio::time::timeout(left.min(PATIENCE), answer);
    answer
        .await
        .map_err(|_| "etcd did not answer in time".to_owned())?
}

fn page(body: &[u8]) -> Result<Page<'_>, String> {
    serde_json::from_slice(body).map_err(|_| nonsense())
}

fn nonsense() -> String {
    "etcd's answer makes no sense".to_owned()
}

/// What is read so far.
#[derive(Default)]
struct Found {
    expected: Option<i64>,
    keys: BTreeMap<String, i64>,
}

/// An answer to a range request. Numbers of 64 bits are text in it.
#[derive(Deserialize)]
struct Page<'b> {
    #[serde(borrow)]
    header: Header<'b>,
    #[serde(borrow, default)]
    kvs: Vec<Stored<'b>>,
    #[serde(default)]
    more: bool,
    #[serde(default = "zero")]
    count: &'b str,
}

#[derive(Deserialize)]
struct Header<'b> {
    #[serde(default = "zero")]
    revision: &'b str,
}

#[derive(Deserialize)]
struct Stored<'b> {
    key: &'b str,
    #[serde(default)]
    value: &'b str,
}

fn zero() -> &'static str {
    "0"
}

impl Stored<'_> {
    fn written_with(&self) -> String {
        let head = self.value.get(..HEAD).unwrap_or(self.value);
        // What does not decode is not recognised.
        written_with(&STANDARD.decode(head).unwrap_or_default())
    }
}

async fn ask(client: &kube::Client, range: String) -> Result<bytes::Bytes, String> {
    let request = Request::post("/v3/kv/range")
        .header(header::CONTENT_TYPE, "application/json")
        .body(Body::from(range.into_bytes()));
    let request = request.map_err(|_| "etcd's address cannot be used".to_owned())?;
    let answer = client
        .send(request)
        .await
        .map_err(|_| "etcd cannot be reached".to_owned())?;
    let status = answer.status();
    if !status.is_success() {
        // The gateway may be off (--enable-grpc-gateway=false), or the certificate may have no right to read.
        return Err(format!("etcd answers {status}"));
    }
    let body = Limited::new(answer.into_body(), LARGEST).collect().await;
    body.map(|body| body.to_bytes())
        .map_err(|_| "etcd's answer broke off or is too large".to_owned())
}

fn certificates(pem: &[u8]) -> Vec<Vec<u8>> {
    let blocks = Pem::iter_from_buffer(pem).filter_map(Result::ok);
    blocks.map(|block| block.contents).collect()
}
