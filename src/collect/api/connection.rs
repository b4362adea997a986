//! Builds the client from what the user has: nothing is sent yet.

use std::thread;
use std::time::Duration;

use tokio::runtime::Handle;
use tokio::sync::oneshot;
use tokio::time::timeout;

use super::credentials::{self, Settings};
use super::error::{ApiError, Cause};
use super::kubeconfig::Environment;
use crate::target::Access;

/// A client with what is known about how it was set up.
pub(super) struct Connection {
    /// The client.
    pub client: kube::Client,
    /// How it was set up.
    pub settings: Settings,
}

/// Gets settings and credentials and builds a client from them.
///
/// Reading files and running plugins can block without an end, so it happens on a plain thread: the runtime waits for
/// its own blocking threads when it stops, and would hang with them.
///
/// # Errors
/// When the settings are wrong, credentials are missing, or getting them takes too long.
pub(super) async fn connect(
    access: &Access,
    environment: &Environment,
) -> Result<Connection, ApiError> {
    let (sender, receiver) = oneshot::channel();
    let (asked, environment) = (access.clone(), environment.clone());
    // The client starts a task of its own.
    let runtime = Handle::current();
    thread::spawn(move || {
        let _entered = runtime.enter();
        let built = credentials::settle(&asked, &environment).and_then(build);
        // Nobody listens after the time limit.
        let _ = sender.send(built);
    });
    // The plugin has its own, equal limit, whose error says more.
    let limit = access.login_timeout + Duration::from_secs(2);
    match timeout(limit, receiver).await {
        Ok(Ok(built)) => built,
        Ok(Err(_)) | Err(_) => Err(ApiError::LoginTimeout {
            limit: access.login_timeout,
        }),
    }
}

fn build(settings: Settings) -> Result<Connection, ApiError> {
    let client = kube::Client::try_from(settings.config.clone());
    let client = client.map_err(|error| ApiError::Setup {
        server: settings.server.clone(),
        source: Cause::of(&error),
    })?;
    Ok(Connection { client, settings })
}
