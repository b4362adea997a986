//! A small HTTP server on this machine that answers like an API server, except where a test says otherwise.

use std::io::{BufRead, BufReader, Read, Write};
use std::net::{SocketAddr, TcpListener};
use std::sync::{Arc, Mutex};
use std::thread;
use std::time::Duration;

use rustls::pki_types::pem::PemObject;
use rustls::pki_types::{CertificateDer, PrivateKeyDer};
use rustls::{ServerConfig, ServerConnection, StreamOwned};

/// A request as it came in.
#[derive(Clone, Debug)]
pub(super) struct Request {
    /// Method, path and query.
    pub line: String,
    /// The headers, names in small letters.
    pub headers: Vec<(String, String)>,
    pub body: String,
}

impl Request {
    pub(super) fn header(&self, name: &str) -> Option<&str> {
        let mut headers = self.headers.iter();
        headers
            .find(|(key, _)| key == name)
            .map(|(_, value)| value.as_str())
    }

    pub(super) fn path(&self) -> &str {
        let target = self.line.split(' ').nth(1).unwrap();
        target.split('?').next().unwrap()
    }
}

pub(super) enum Reply {
    /// Status, headers, body.
    Is(u16, Vec<(&'static str, String)>, Vec<u8>),
    /// Never answers.
    Hang,
    /// Says that more comes than does.
    CutOff(Vec<u8>),
}

pub(super) fn json(code: u16, body: impl Into<String>) -> Reply {
    let headers = vec![("content-type", "application/json".to_owned())];
    Reply::Is(code, headers, body.into().into_bytes())
}

pub(super) fn status(code: u16, reason: &str) -> Reply {
    json(
        code,
        format!(r#"{{"kind":"Status","reason":"{reason}","code":{code}}}"#),
    )
}

pub(super) type Handler = dyn Fn(&Request) -> Option<Reply> + Send + Sync;

pub(super) struct Server {
    pub address: SocketAddr,
    requests: Arc<Mutex<Vec<Request>>>,
}

pub(super) const AUTHORITY: &str = include_str!("fixtures/authority.pem");
pub(super) const OTHER_AUTHORITY: &str = include_str!("fixtures/other.pem");
pub(super) const SERVER: &str = include_str!("fixtures/server.pem");
/// For the same names, signed by the other authority.
pub(super) const STRAY: &str = include_str!("fixtures/stray.pem");
/// For the name `node1` only.
pub(super) const BY_NAME: &str = include_str!("fixtures/by-name.pem");
const SERVER_KEY: &str = include_str!("fixtures/server.key");

impl Server {
    /// Answers in clear text: `handler` first, an idle cluster where it has nothing to say.
    pub(super) fn start(
        handler: impl Fn(&Request) -> Option<Reply> + Send + Sync + 'static,
    ) -> Self {
        Self::listen("127.0.0.1", None, Arc::new(handler))
    }

    /// The same behind TLS with this certificate.
    pub(super) fn tls(
        certificate: &str,
        handler: impl Fn(&Request) -> Option<Reply> + Send + Sync + 'static,
    ) -> Self {
        Self::tls_at("127.0.0.1", certificate, handler)
    }

    /// The same at another address of this machine.
    pub(super) fn tls_at(
        address: &str,
        certificate: &str,
        handler: impl Fn(&Request) -> Option<Reply> + Send + Sync + 'static,
    ) -> Self {
        let chain = CertificateDer::from_pem_slice(certificate.as_bytes()).unwrap();
        let key = PrivateKeyDer::from_pem_slice(SERVER_KEY.as_bytes()).unwrap();
        let config = ServerConfig::builder()
            .with_no_client_auth()
            .with_single_cert(vec![chain], key)
            .unwrap();
        Self::listen(address, Some(Arc::new(config)), Arc::new(handler))
    }

    fn listen(address: &str, tls: Option<Arc<ServerConfig>>, handler: Arc<Handler>) -> Self {
        let listener = TcpListener::bind((address, 0)).unwrap();
        let address = listener.local_addr().unwrap();
        let requests = Arc::new(Mutex::new(Vec::new()));
        let seen = requests.clone();
        thread::spawn(move || {
            for stream in listener.incoming().map(Result::unwrap) {
                let (tls, handler, seen) = (tls.clone(), handler.clone(), seen.clone());
                thread::spawn(move || match tls {
                    Some(config) => {
                        let connection = ServerConnection::new(config).unwrap();
                        serve(StreamOwned::new(connection, stream), &*handler, &seen);
                    }
                    None => serve(stream, &*handler, &seen),
                });
            }
        });
        Self { address, requests }
    }

    /// The requests so far.
    pub(super) fn requests(&self) -> Vec<Request> {
        self.requests.lock().unwrap().clone()
    }

    /// How often a path was asked for.
    pub(super) fn count(&self, path: &str) -> usize {
        self.requests()
            .iter()
            .filter(|request| request.path() == path)
            .count()
    }
}

/// Answers requests until the client goes.
fn serve(stream: impl Read + Write, handler: &Handler, seen: &Mutex<Vec<Request>>) {
    let mut stream = BufReader::new(stream);
    while let Some(request) = read(&mut stream) {
        seen.lock().unwrap().push(request.clone());
        let reply = handler(&request).unwrap_or_else(|| idle_cluster(&request));
        let (code, headers, body, length) = match reply {
            Reply::Is(code, headers, body) => {
                let length = body.len();
                (code, headers, body, length)
            }
            Reply::CutOff(body) => {
                let headers = vec![("content-type", "application/json".to_owned())];
                let length = body.len() + 10;
                (200, headers, body, length)
            }
            Reply::Hang => {
                thread::sleep(Duration::from_secs(60));
                return;
            }
        };
        let mut head = format!("HTTP/1.1 {code} X\r\ncontent-length: {length}\r\n");
        for (name, value) in headers {
            head.push_str(&format!("{name}: {value}\r\n"));
        }
        // In one piece: two would wait for each other (Nagle's algorithm and delayed acknowledgements).
        let mut answer = format!(
            "{head}
"
        )
        .into_bytes();
        answer.extend(&body);
        let out = stream.get_mut();
        let sent = out.write_all(&answer).and_then(|()| out.flush());
        if sent.is_err() || length != body.len() {
            return;
        }
    }
}

fn read(stream: &mut impl BufRead) -> Option<Request> {
    let mut line = String::new();
    stream
        .read_line(&mut line)
        .ok()
        .filter(|length| *length > 0)?;
    let mut headers = Vec::new();
    loop {
        let mut header = String::new();
        stream.read_line(&mut header).ok()?;
        let Some((name, value)) = header.trim().split_once(": ") else {
            break;
        };
        headers.push((name.to_ascii_lowercase(), value.to_owned()));
    }
    let mut request = Request {
        line: line.trim().to_owned(),
        headers,
        body: String::new(),
    };
    let length = request
        .header("content-length")
        .map_or(0, |text| text.parse().unwrap());
    let mut body = vec![0; length];
    stream.read_exact(&mut body).ok()?;
    request.body = String::from_utf8(body).unwrap();
    Some(request)
}

/// What a cluster says in which nothing runs and everything is allowed.
fn idle_cluster(request: &Request) -> Reply {
    let path = request.path();
    let resource = path.rsplit('/').next().unwrap();
    if path == "/version" {
        return json(200, r#"{"gitVersion":"v1.36.3"}"#);
    }
    if path == "/apis" {
        let groups = GROUPS.map(|group| {
            format!(r#"{{"name":"{group}","versions":[{{"groupVersion":"{group}/v1"}}]}}"#)
        });
        let groups = groups.join(",");
        return json(
            200,
            format!(r#"{{"kind":"APIGroupList","groups":[{groups}]}}"#),
        );
    }
    if resource == "selfsubjectaccessreviews" {
        return json(201, r#"{"spec":{},"status":{"allowed":true}}"#);
    }
    match KINDS.iter().find(|(plural, _)| *plural == resource) {
        Some((_, kind)) => json(
            200,
            format!(r#"{{"kind":"{kind}List","metadata":{{}},"items":[]}}"#),
        ),
        None => status(404, "NotFound"),
    }
}

/// A list of `items` in JSON.
pub(super) fn list(kind: &str, items: &[String], token: &str) -> Reply {
    let items = items.join(",");
    let body =
        format!(r#"{{"kind":"{kind}List","metadata":{{"continue":"{token}"}},"items":[{items}]}}"#);
    json(200, body)
}

const GROUPS: [&str; 4] = [
    "apps",
    "batch",
    "rbac.authorization.k8s.io",
    "admissionregistration.k8s.io",
];

const KINDS: &[(&str, &str)] = &[
    ("pods", "Pod"),
    ("replicasets", "ReplicaSet"),
    ("deployments", "Deployment"),
    ("daemonsets", "DaemonSet"),
    ("statefulsets", "StatefulSet"),
    ("replicationcontrollers", "ReplicationController"),
    ("jobs", "Job"),
    ("cronjobs", "CronJob"),
    ("nodes", "Node"),
    ("namespaces", "Namespace"),
    ("serviceaccounts", "ServiceAccount"),
    ("roles", "Role"),
    ("clusterroles", "ClusterRole"),
    ("rolebindings", "RoleBinding"),
    ("clusterrolebindings", "ClusterRoleBinding"),
    (
        "validatingwebhookconfigurations",
        "ValidatingWebhookConfiguration",
    ),
    (
        "mutatingwebhookconfigurations",
        "MutatingWebhookConfiguration",
    ),
    ("validatingadmissionpolicies", "ValidatingAdmissionPolicy"),
    (
        "validatingadmissionpolicybindings",
        "ValidatingAdmissionPolicyBinding",
    ),
    ("customresourcedefinitions", "CustomResourceDefinition"),
    ("apiservices", "APIService"),
    ("networkpolicies", "NetworkPolicy"),
    ("services", "Service"),
    ("ingresses", "Ingress"),
    ("persistentvolumes", "PersistentVolume"),
    ("persistentvolumeclaims", "PersistentVolumeClaim"),
    ("limitranges", "LimitRange"),
    ("certificatesigningrequests", "CertificateSigningRequest"),
    ("endpointslices", "EndpointSlice"),
];
