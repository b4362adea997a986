//! Against small servers on this machine: what users have and what servers do, good and bad.

mod access;
mod aws_auth;
mod endpoints;
mod listing;
mod plugins;
mod served;
mod server;
mod servers;

use std::error::Error;
use std::path::PathBuf;
use std::time::Duration;

use k8s_openapi::ByteString;
use tempfile::TempDir;

use super::{ApiError, ApiFacts, Environment, Progress, Wanted, collect_within};
use crate::target::Access;
use server::{Request, Server};

struct Silent;

impl Progress for Silent {
    fn note(&self, _: &str) {}

    fn started(&self, _: &str) {}
    fn finished(&self, _: &str, _: &str) {}
}

/// A user's folder with a kubeconfig in it.
struct User {
    folder: TempDir,
    access: Access,
    wanted: Wanted,
    environment: Environment,
}

impl User {
    /// With a cluster `c` of these fields and a user `u` of those, JSON inside of YAML.
    fn new(cluster: &str, user: &str) -> Self {
        let text = format!(
            "{{kind: Config, apiVersion: v1, current-context: x, \
             contexts: [{{name: x, context: {{cluster: c, user: u}}}}], \
             clusters: [{{name: c, cluster: {{{cluster}}}}}], users: [{{name: u, user: {{{user}}}}}]}}"
        );
        Self::with(&text)
    }

    /// With this text as kubeconfig.
    fn with(kubeconfig: &str) -> Self {
        let folder = TempDir::new().unwrap();
        std::fs::write(folder.path().join("config"), kubeconfig).unwrap();
        let access = Access {
            kubeconfig: Some(folder.path().join("config")),
            request_timeout: Duration::from_secs(5),
            login_timeout: Duration::from_secs(5),
            ..Access::default()
        };
        Self {
            folder,
            access,
            wanted: Wanted::default(),
            environment: Environment::default(),
        }
    }

    /// Without credentials, for this server.
    fn of(server: &Server) -> Self {
        Self::new(&format!("server: \"http://{}\"", server.address), "")
    }

    /// The same behind TLS, which trusts `authority`.
    fn of_tls(server: &Server, authority: &str) -> Self {
        Self::new(&trusted(server, authority), "token: hidden-token")
    }

    fn file(&self, name: &str, text: &str) -> PathBuf {
        let path = self.folder.path().join(name);
        std::fs::write(&path, text).unwrap();
        path
    }

    fn collect(&self) -> Result<ApiFacts, ApiError> {
        self.watched(&Silent)
    }

    fn watched(&self, progress: &dyn Progress) -> Result<ApiFacts, ApiError> {
        let runtime = tokio::runtime::Builder::new_multi_thread()
            .worker_threads(2)
            .enable_all()
            .build()
            .unwrap();
        runtime.block_on(collect_within(
            &self.access,
            &self.wanted,
            &self.environment,
            progress,
        ))
    }

    fn facts(&self) -> ApiFacts {
        self.collect()
            .unwrap_or_else(|error| panic!("{}", told(&error)))
    }

    fn refused(&self) -> ApiError {
        match self.collect() {
            Ok(_) => panic!("it should not have worked"),
            Err(error) => error,
        }
    }
}

/// The fields of a cluster behind TLS.
fn trusted(server: &Server, authority: &str) -> String {
    let data = base64(authority);
    format!(
        "server: \"https://{}\", certificate-authority-data: {data}",
        server.address
    )
}

fn base64(text: &str) -> String {
    let value = serde_json::to_value(ByteString(text.as_bytes().to_vec())).unwrap();
    value.as_str().unwrap().to_owned()
}

/// The whole error as a user would read it.
fn told(error: &ApiError) -> String {
    let mut text = error.to_string();
    let mut source = error.source();
    while let Some(cause) = source {
        text.push_str(&format!(": {cause}"));
        source = cause.source();
    }
    text
}

/// Whether a request is a list of this path, and which page of it.
fn page<'a>(request: &'a Request, path: &str) -> Option<&'a str> {
    let target = request.line.split(' ').nth(1)?;
    let (at, query) = target.split_once('?')?;
    let token = query
        .split('&')
        .find_map(|pair| pair.strip_prefix("continue="));
    (at == path).then(|| token.unwrap_or_default())
}
