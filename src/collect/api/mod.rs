//! The Kubernetes API as a source of facts: GET, LIST and reviews of our own rights, nothing else.
//!
//! What is missing for want of a right, of time or of sense becomes a gap that says so; only when nothing at all could be
//! read is there an error.

mod aws_auth;
mod connection;
mod credentials;
mod discovery;
mod distribution;
mod error;
mod failure;
mod flagz;
mod harmless;
mod identity;
mod instances;
pub(crate) mod kubeconfig;
mod kubelets;
mod list;
mod objects;
mod plugin;
mod proxy;
mod result;
mod rights;
mod session;
mod status;
mod version;

#[cfg(test)]
mod tests;

use std::sync::{Mutex, PoisonError};

pub use error::{ApiError, Cause};
pub use flagz::Seen;
pub use kubeconfig::Environment;
pub use kubelets::Configz;
pub use plugin::PluginError;
pub use result::{ApiFacts, Objects};

use crate::collect::Stop;
use crate::target::Access;
use objects::{Lister, locked};
use session::Session;

/// Is told what is being read. Called from one task, never at the same time.
pub trait Progress: Sync {
    /// A step begins: the plural of a kind, or another noun.
    fn started(&self, step: &str);
    /// It is over: how many objects, or why there are none.
    fn finished(&self, step: &str, outcome: &str);
    /// Something that a reader of the facts should know and that no gap says.
    fn note(&self, text: &str);
    /// Whether, and when, to stop reading.
    fn stop(&self) -> Stop {
        Stop::default()
    }
    /// Asks whoever runs this for a secret; nothing when nobody can be asked.
    fn secret(&self, question: &str) -> Option<crate::collect::ssh::Passphrase> {
        let _ = question;
        None
    }
}

/// What is asked of the API.
#[derive(Clone, Debug, Default)]
pub struct Wanted {
    /// The namespaces to look into; empty means all.
    pub namespaces: Vec<String>,
    /// Whether to keep the name of every pod, to join what nodes show.
    pub pod_names: bool,
}

/// Reads everything that is judged from the API that `access` names.
///
/// # Errors
/// When there are no usable settings or credentials, or no Kubernetes API server answers.
pub async fn collect_api(
    access: &Access,
    wanted: &Wanted,
    progress: &dyn Progress,
) -> Result<ApiFacts, ApiError> {
    collect_within(access, wanted, &Environment::of_process(), progress).await
}

/// As [`collect_api`], with the environment given.
///
/// # Errors
/// As there.
pub async fn collect_within(
    access: &Access,
    wanted: &Wanted,
    environment: &Environment,
    progress: &dyn Progress,
) -> Result<ApiFacts, ApiError> {
    progress.started("connection");
    let stop = progress.stop();
    let connecting = async {
        let connection = connection::connect(access, environment).await?;
        let session = Session::new(connection.client, access, &stop);
        let version = version::greet(&session, &connection.settings).await?;
        Ok::<_, ApiError>((session, connection.settings, version))
    };
    let (session, settings, version) = tokio::select! {
        connected = connecting => connected?,
        () = stop.asked() => return Err(ApiError::Stopped),
    };
    progress.finished("connection", &settings.server);

    let notes = Mutex::new(Vec::new());
    if settings.config.accept_invalid_certs {
        locked(&notes).push(
            "the certificate of the API server was not verified (insecure-skip-tls-verify)"
                .to_owned(),
        );
    }
    if settings.withheld {
        let note = "the API server is asked over plain HTTP: no credentials are sent to it";
        locked(&notes).push(note.to_owned());
    }
    let lister = Lister::new(&session, wanted, progress);
    let (objects, mut components) = lister.all(&notes).await?;
    progress.started("control plane and kubelets");
    let nodes = &objects.nodes.rows;
    let control_plane = match components.rows.is_empty() {
        true if !components.is_complete() => None,
        none => Some(!none),
    };
    let (identity, (seen, gaps), kubelets, iam_mappings) = tokio::join!(
        identity::identify(&session, &settings, &version, &objects.nodes, control_plane),
        flagz::api_servers(&session, &settings, nodes),
        kubelets::configurations(&session, &settings, nodes, &objects.namespaces),
        aws_auth::mappings(&session),
    );
    let read = kubelets.values().filter(|page| page.is_ok()).count() + seen.len();
    progress.finished("control plane and kubelets", &read.to_string());
    components.rows.extend(seen);
    Ok(ApiFacts {
        server: settings.server,
        name: identity.name,
        version,
        distribution: identity.distribution,
        objects,
        components,
        kubelets,
        iam_mappings,
        gaps,
        notes: notes.into_inner().unwrap_or_else(PoisonError::into_inner),
    })
}
