//! The wish to stop reading: what was read so far is judged, and the rest is a gap.

use std::sync::Arc;

use tokio::sync::watch;

use crate::facts::{Gap, GapReason};

/// A wish that somebody may have, told to all collectors.
#[derive(Clone, Debug)]
pub struct Stop(Arc<watch::Sender<bool>>);

impl Default for Stop {
    fn default() -> Self {
        Self(Arc::new(watch::Sender::new(false)))
    }
}

impl Stop {
    /// Asks everybody to stop.
    pub fn ask(&self) {
        self.0.send_replace(true);
    }

    /// Whether somebody asked.
    pub fn is_asked(&self) -> bool {
        *self.0.borrow()
    }

    /// Comes back when somebody asks.
    pub(super) async fn asked(&self) {
        // The sender lives as long as we do.
        let _ = self.0.subscribe().wait_for(|asked| *asked).await;
    }

    /// What is left where it was heeded.
    pub(super) fn gap(what: impl Into<String>, place: impl Into<String>) -> Gap {
        let remedy = "the run was stopped before it was read: run it again";
        Gap::new(what, place, GapReason::Timeout, remedy)
    }
}
