//! Secrets that stand in an object in clear: where each is and what it looks like, never the value.

use super::container::{Container, Handler};
use super::reading::{nullable, object};
use super::sorted::Labels;
use crate::facts::redact::{self, Found};

object! {
    /// Something in an object that looks like a secret.
    pub struct InClear {
        /// Where it stands: a flag of a container, a header of a probe, an annotation, a key.
        #[prost(string, tag = "1")]
        pub place: String,
        /// The kind of secret that it looks like.
        #[prost(string, tag = "2")]
        pub pattern: String,
    }
}

nullable!(InClear);

/// Annotations that repeat the whole object.
const COPIES: &[&str] = &[
    "kubectl.kubernetes.io/last-applied-configuration",
    "kapp.k14s.io/original",
];

impl InClear {
    /// Something at a place.
    pub(super) fn at(place: String, pattern: &str) -> Self {
        Self {
            place,
            pattern: pattern.to_owned(),
        }
    }

    /// What stands on a command line.
    fn of_words(words: &[String], of: &str) -> impl Iterator<Item = Self> {
        let found = redact::in_words(words).into_iter();
        found.map(move |Found { place, pattern }| Self::at(format!("{place} {of}"), pattern))
    }

    /// What stands in a container, elsewhere than in its variables; requests of its probes are taken out.
    pub(super) fn of_container(container: &mut Container) -> Vec<Self> {
        let name = container.name.clone();
        let words = [&container.command[..], &container.args[..]].concat();
        let mut found: Vec<Self> =
            Self::of_words(&words, &format!("of container {name}")).collect();
        let probes = [
            ("livenessProbe", &mut container.liveness_probe),
            ("readinessProbe", &mut container.readiness_probe),
            ("startupProbe", &mut container.startup_probe),
        ];
        for (kind, probe) in probes {
            let handler = probe.as_mut().map(|probe| &mut probe.handler);
            found.extend(Self::of_handler(
                handler,
                &format!("of {kind} of container {name}"),
            ));
        }
        if let Some(lifecycle) = &mut container.lifecycle {
            let hooks = [
                ("postStart", &mut lifecycle.post_start),
                ("preStop", &mut lifecycle.pre_stop),
            ];
            for (kind, hook) in hooks {
                let of = format!("of {kind} of container {name}");
                found.extend(Self::of_handler(hook.as_mut(), &of));
            }
        }
        found
    }

    fn of_handler(handler: Option<&mut Handler>, of: &str) -> Vec<Self> {
        let Some(handler) = handler else {
            return Vec::new();
        };
        let command = handler
            .exec
            .as_ref()
            .map(|exec| Self::of_words(&exec.command, of));
        let mut found: Vec<Self> = command.into_iter().flatten().collect();
        if let Some(get) = &mut handler.http_get {
            let (path, headers) = get.take_request();
            let pattern = redact::pattern("", &path);
            found.extend(pattern.map(|pattern| Self::at(format!("path {of}"), pattern)));
            found.extend(headers.into_iter().filter_map(|header| {
                let pattern = redact::pattern(&header.name, &header.value)?;
                Some(Self::at(format!("header {} {of}", header.name), pattern))
            }));
        }
        found
    }

    /// What stands in annotations. Their domain announces nothing.
    pub(super) fn of_annotations(annotations: &Labels) -> Vec<Self> {
        let own = |key: &String| !COPIES.contains(&key.as_str());
        let all = annotations.iter().filter(|(key, _)| own(key));
        let found = all.filter_map(|(key, value)| {
            let name = match key.split_once('/') {
                Some((domain, name)) if domain.contains('.') => name,
                _ => key,
            };
            let pattern = redact::in_value(name, value)?;
            Some(Self::at(format!("annotation {key}"), pattern))
        });
        found.collect()
    }
}
