//! Lists of every kind that is judged, several at once.

use std::sync::{Mutex, PoisonError};

use http::StatusCode;
use tokio::sync::Semaphore;

use super::flagz::{Seen, mirror_pod};
use super::list::{Listed, list};
use super::rights::Right;
use super::session::{PROTOBUF, Session};
use super::{ApiError, Objects, Progress, Wanted};
use crate::facts::objects::{
    CronJob, DaemonSet, Deployment, Job, Kind, Namespace, Pod, ReplicaSet, ReplicationController,
    StatefulSet, decode_object,
};
use crate::facts::workload::{Controller, Folded, Folder};
use crate::facts::{Gap, GapReason, Lack, Listing};

/// How many lists run at once: the server has other clients.
const AT_ONCE: usize = 6;

/// Lists objects of one cluster.
pub(super) struct Lister<'a> {
    session: &'a Session,
    /// The namespaces to look into; empty means all.
    namespaces: &'a [String],
    /// Whether to keep the name of every pod.
    pod_names: bool,
    permits: Semaphore,
    progress: &'a dyn Progress,
}

/// Where control planes live.
const SYSTEM: &str = "kube-system";

/// Pods and controllers on their way to workloads.
#[derive(Default)]
struct Gathered {
    folder: Folder,
    /// The control-plane components among the pods.
    components: Vec<Seen>,
}

impl<'a> Lister<'a> {
    /// A lister of what is wanted.
    pub(super) fn new(
        session: &'a Session,
        wanted: &'a Wanted,
        progress: &'a dyn Progress,
    ) -> Self {
        Self {
            session,
            namespaces: &wanted.namespaces,
            pod_names: wanted.pod_names,
            permits: Semaphore::new(AT_ONCE),
            progress,
        }
    }

    /// Lists everything, and finds the control-plane components among the pods.
    ///
    /// # Errors
    /// When a namespace that the run is limited to does not exist.
    pub(super) async fn all(
        &self,
        notes: &Mutex<Vec<String>>,
    ) -> Result<(Objects, Listing<Seen>), ApiError> {
        // Pods take longest, so they come first.
        let (workloads, nodes, namespaces, accounts, rbac, admission, network, volumes, rest) = tokio::join!(
            self.workloads(notes),
            self.objects(notes),
            self.namespaces(notes),
            self.objects(notes),
            self.four(notes),
            self.four(notes),
            self.three(notes),
            self.three(notes),
            self.three(notes),
        );
        let (lacks, folded, components) = workloads;
        let objects = Objects {
            nodes,
            namespaces: namespaces?,
            workloads: Listing {
                rows: folded.workloads,
                lacks,
            },
            pods: folded.sets,
            pod_names: folded.index,
            service_accounts: accounts,
            roles: rbac.0,
            cluster_roles: rbac.1,
            role_bindings: rbac.2,
            cluster_role_bindings: rbac.3,
            validating_webhooks: admission.0,
            mutating_webhooks: admission.1,
            custom_resource_definitions: admission.2,
            api_services: admission.3,
            network_policies: network.0,
            services: network.1,
            ingresses: network.2,
            persistent_volumes: volumes.0,
            persistent_volume_claims: volumes.1,
            limit_ranges: volumes.2,
            certificate_signing_requests: rest.0,
            validating_policies: rest.1,
            validating_policy_bindings: rest.2,
        };
        Ok((objects, components))
    }

    /// Pods and what makes them, folded, and the control-plane components among them.
    async fn workloads(&self, notes: &Mutex<Vec<String>>) -> (Vec<Lack>, Folded, Listing<Seen>) {
        let gathered = Mutex::<Gathered>::default();
        if self.pod_names {
            locked(&gathered).folder = Folder::indexing();
        }
        let (pods, system, sets, deployments, daemons, stateful, replication, jobs, cron) = tokio::join!(
            self.pods(&gathered, notes),
            self.system_pods(&gathered, notes),
            self.controllers::<ReplicaSet>(&gathered, notes),
            self.controllers::<Deployment>(&gathered, notes),
            self.controllers::<DaemonSet>(&gathered, notes),
            self.controllers::<StatefulSet>(&gathered, notes),
            self.controllers::<ReplicationController>(&gathered, notes),
            self.controllers::<Job>(&gathered, notes),
            self.controllers::<CronJob>(&gathered, notes),
        );
        let in_system = |lack: &&Lack| lack.namespace.as_deref().is_none_or(|name| name == SYSTEM);
        let unseen = pods
            .iter()
            .filter(in_system)
            .cloned()
            .chain(system)
            .collect();
        let lacks = [
            pods,
            sets,
            deployments,
            daemons,
            stateful,
            replication,
            jobs,
            cron,
        ];
        let gathered = std::mem::take(&mut *locked(&gathered));
        let components = Listing {
            rows: gathered.components,
            lacks: unseen,
        };
        let lacks = lacks.into_iter().flatten().collect();
        (lacks, gathered.folder.finish(), components)
    }

    /// The control plane's own pods, where the run is limited to other namespaces.
    async fn system_pods(
        &self,
        gathered: &Mutex<Gathered>,
        notes: &Mutex<Vec<String>>,
    ) -> Vec<Lack> {
        if self.namespaces.is_empty() || self.namespaces.iter().any(|name| name == SYSTEM) {
            return Vec::new();
        }
        // It is never closed, so there is always a permit to come.
        let _permit = self.permits.acquire().await;
        let mut sink = |pod: Pod| locked(gathered).components.extend(mirror_pod(&pod));
        let listed = list::<Pod>(self.session, Some(SYSTEM), &mut sink).await;
        note(notes, listed.notes);
        listed.lacks
    }

    /// Four kinds at once.
    async fn four<A, B, C, D>(
        &self,
        notes: &Mutex<Vec<String>>,
    ) -> (Listing<A>, Listing<B>, Listing<C>, Listing<D>)
    where
        A: Kind + 'static,
        B: Kind + 'static,
        C: Kind + 'static,
        D: Kind + 'static,
    {
        tokio::join!(
            self.objects(notes),
            self.objects(notes),
            self.objects(notes),
            self.objects(notes)
        )
    }

    /// Three kinds at once.
    async fn three<A, B, C>(
        &self,
        notes: &Mutex<Vec<String>>,
    ) -> (Listing<A>, Listing<B>, Listing<C>)
    where
        A: Kind + 'static,
        B: Kind + 'static,
        C: Kind + 'static,
    {
        tokio::join!(
            self.objects(notes),
            self.objects(notes),
            self.objects(notes)
        )
    }

    /// The objects of kind `K`; what a reader should know about them goes to `notes`.
    async fn objects<K: Kind + 'static>(&self, notes: &Mutex<Vec<String>>) -> Listing<K> {
        let mut rows = Vec::new();
        let listed = self
            .each_namespace(&mut |object: K| rows.push(object))
            .await;
        note(notes, listed.notes);
        Listing {
            rows,
            lacks: listed.lacks,
        }
    }

    /// Feeds the controllers of kind `K` to the folder; returns what is missing of them.
    async fn controllers<K: Controller + 'static>(
        &self,
        gathered: &Mutex<Gathered>,
        notes: &Mutex<Vec<String>>,
    ) -> Vec<Lack> {
        let mut sink = |object: K| locked(gathered).folder.controller(object);
        let listed = self.each_namespace(&mut sink).await;
        note(notes, listed.notes);
        listed.lacks
    }

    /// Feeds the pods to the folder and finds the components among them; returns what is missing of them.
    async fn pods(&self, gathered: &Mutex<Gathered>, notes: &Mutex<Vec<String>>) -> Vec<Lack> {
        let mut sink = |pod: Pod| {
            let mut gathered = locked(gathered);
            gathered.components.extend(mirror_pod(&pod));
            gathered.folder.pod(pod);
        };
        let listed = self.each_namespace(&mut sink).await;
        note(notes, listed.notes);
        listed.lacks
    }

    async fn each_namespace<K: Kind + 'static>(&self, sink: &mut dyn FnMut(K)) -> Listed {
        // It is never closed, so there is always a permit to come.
        let _permit = self.permits.acquire().await;
        self.progress.started(K::RESOURCE);
        let mut all = Listed::default();
        if K::NAMESPACED && !self.namespaces.is_empty() {
            for namespace in self.namespaces {
                let listed = list::<K>(self.session, Some(namespace), sink).await;
                all.count += listed.count;
                all.lacks.extend(listed.lacks);
                all.notes.extend(listed.notes);
            }
        } else {
            all = list::<K>(self.session, None, sink).await;
        }
        let outcome = match all.lacks.first() {
            Some(lack) => lack.gap.reason.to_string(),
            None => all.count.to_string(),
        };
        self.progress.finished(K::RESOURCE, &outcome);
        all
    }

    /// The namespaces that the run is limited to, each by itself, or all of them.
    ///
    /// # Errors
    /// When one that was named does not exist.
    async fn namespaces(&self, notes: &Mutex<Vec<String>>) -> Result<Listing<Namespace>, ApiError> {
        if self.namespaces.is_empty() {
            return Ok(self.objects::<Namespace>(notes).await);
        }
        let mut listing = Listing::complete(Vec::new());
        for name in self.namespaces {
            let path = format!("{}/{name}", Namespace::path(None));
            let what = format!("namespace {name}");
            let gap = match self.session.get(&path, PROTOBUF).await {
                Ok(answer) => match decode_object::<Namespace>(&answer.body, answer.encoding) {
                    Ok(namespace) => {
                        listing.rows.push(namespace);
                        continue;
                    }
                    Err(_) => Gap::new(
                        what,
                        path,
                        GapReason::Unparsable,
                        "look at the object itself",
                    ),
                },
                Err(failure) if failure.code() == Some(StatusCode::NOT_FOUND) => {
                    return Err(ApiError::NoNamespace { name: name.clone() });
                }
                Err(failure) if failure.code() == Some(StatusCode::FORBIDDEN) => {
                    Right::on::<Namespace>("get", None).gap(what, path)
                }
                Err(failure) => failure.gap(what, path),
            };
            listing.lacks.push(Lack {
                namespace: None,
                name: Some(name.clone()),
                gap,
            });
        }
        Ok(listing)
    }
}

/// What is shared, whatever happened to those who held it.
pub(super) fn locked<T>(shared: &Mutex<T>) -> std::sync::MutexGuard<'_, T> {
    // A thread that panicked while holding it has lost its own page only, which is reported as a gap.
    shared.lock().unwrap_or_else(PoisonError::into_inner)
}

fn note(notes: &Mutex<Vec<String>>, new: Vec<String>) {
    locked(notes).extend(new);
}
