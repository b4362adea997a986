//! Does a workload hold a token of its service account?
//!
//! Source: <https://kubernetes.io/docs/tasks/configure-pod-container/configure-service-account/>: the pod's
//! `automountServiceAccountToken` beats that of the account, and the default is true. Static pods never get one.

use crate::facts::objects::{PodSpec, ServiceAccount, Volume};
use crate::facts::workload::{Template, Workload};
use crate::facts::{Cell, Facts, Gap, GapReason, Lacking, Source};

crate::facts::record! {
    /// A workload as a client of the API.
    #[derive(Debug, Default)]
    pub struct ApiAccess {
        /// Whether a token for the API is mounted: by default, or as a projected volume.
        pub token_mounted: Cell<bool>,
        /// Whether a binding names its service account or the service accounts of its namespace.
        pub account_bound: Cell<bool>,
    }
}

/// What the answers rest on.
pub(crate) struct Accounts<'f> {
    facts: &'f Facts,
    unread: Option<Gap>,
}

impl<'f> Accounts<'f> {
    pub(crate) fn new(facts: &'f Facts, lacking: &Lacking) -> Self {
        let mut needed = [Workload::schema(), ServiceAccount::schema()].into_iter();
        Self {
            facts,
            unread: needed.find_map(|record| lacking.below(record)).cloned(),
        }
    }

    /// Whether a template of `workload` holds a token.
    pub(crate) fn token_mounted(&self, workload: &Workload, template: &Template) -> Cell<bool> {
        if let Some(gap) = &self.unread {
            return Cell::Gap(gap.clone());
        }
        if projected(&template.spec) {
            answer(true, "projected volumes of the pod")
        } else if template.running {
            answer(template.token_instances > 0, "volumes of the running pods")
        } else {
            self.automounted(&template.spec, &workload.namespace)
        }
    }

    fn automounted(&self, spec: &PodSpec, namespace: &str) -> Cell<bool> {
        if let Some(own) = spec.automount_service_account_token {
            return answer(own, "the pod's automountServiceAccountToken");
        }
        let accounts = &self.facts.service_accounts;
        if let Some(gap) = accounts.doubt(namespace, &spec.service_account_name) {
            return Cell::Gap(gap.clone());
        }
        let account = accounts.rows.iter().find(|account| {
            account.metadata.namespace == namespace
                && account.metadata.name == spec.service_account_name
        });
        match (account, accounts.lack_in(Some(namespace))) {
            // Every namespace has this one. Manifests that do not say otherwise leave it as it is made.
            (None, Some(gap))
                if gap.reason == GapReason::Outside && spec.service_account_name == "default" =>
            {
                answer(true, "default of automountServiceAccountToken")
            }
            (None, Some(gap)) => Cell::Gap(gap.clone()),
            (account, _) => answer(
                account
                    .and_then(|account| account.automount_service_account_token)
                    .unwrap_or(true),
                "the service account's automountServiceAccountToken",
            ),
        }
    }
}

/// Whether a volume that somebody wrote down holds a token for the API. (What admission adds is not in the facts.)
fn projected(spec: &PodSpec) -> bool {
    let sources = |volume: &Volume| {
        let projected = volume.source.projected.as_ref()?;
        let mut tokens = projected
            .sources
            .iter()
            .filter_map(|source| source.service_account_token.as_ref());
        tokens.find(|token| token.audience.is_empty()).map(|_| ())
    };
    spec.volumes.iter().any(|volume| sources(volume).is_some())
}

fn answer(value: bool, engine: &'static str) -> Cell<bool> {
    Cell::explicit(value, Source::computed(engine))
}
