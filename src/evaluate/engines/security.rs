//! What confines each container of a template once the settings of pod, container and node are taken together.
//!
//! A container's own setting beats the pod's, field by field (`DetermineEffectiveSecurityContext` in Kubernetes'
//! pkg/securitycontext). What only the image or the kubelet could tell is a gap, never a guess.

use crate::facts::component::Component;
use crate::facts::objects::{
    Container, PodOs, PodSecurityContext, PodSpec, Profile, SecurityContext,
};
use crate::facts::settings::Scalar;
use crate::facts::workload::Template;
use crate::facts::{Cell, Gap, GapReason, Lacking, Record, Source};

crate::facts::record! {
    /// What confines a container, with the settings of pod, container and node taken together.
    #[derive(Debug)]
    pub struct Effective {
        /// Its name.
        pub name: String,
        /// `main`, `init`, `sidecar` or `ephemeral`.
        pub role: String,
        /// Whether nothing keeps it from starting as root of the node: no user but root is stated, root is not refused, and the pod has no user namespace of its own.
        pub may_run_as_root: bool,
        /// Whether it starts as root of the node; unknown where the user is that of the image.
        pub runs_as_root: Cell<bool>,
        /// The seccomp profile that somebody wrote down: `RuntimeDefault`, `Localhost` or `Unconfined`.
        pub stated_seccomp: Option<String>,
        /// The seccomp profile in force, the kubelet's default and privileged mode included.
        pub seccomp: Cell<String>,
        /// The AppArmor profile that somebody wrote down: `RuntimeDefault`, `Localhost` or `Unconfined`.
        pub app_armor: Option<String>,
        /// Whether nothing of AppArmor is left: switched off, or lost to privileged mode, in which runtimes load no profile but one of the node's own.
        pub app_armor_off: bool,
        /// Whether it has every capability of the node and all of its devices, whatever is dropped.
        pub privileged: bool,
        /// Whether a process may gain more than its parent has: not forbidden, or gained already, in privileged mode or with SYS_ADMIN.
        pub may_escalate: bool,
        /// Whether it sees all of the node's /proc: unmasked, or privileged, and the pod has no user namespace of its own.
        pub proc_unmasked: bool,
    }
}

crate::facts::record! {
    /// What holds for all containers of a template.
    #[derive(Debug, Default)]
    pub struct Confinement {
        /// What confines each container.
        pub effective: Cell<Vec<Effective>>,
        /// Whether it is made for Windows nodes: most Linux settings mean nothing there.
        pub windows: Cell<bool>,
    }
}

const CONTEXTS: &str = "security contexts of pod and container";
const WINDOWS: &str = "operating system of the pod";
const APP_ARMOR: &str = "container.apparmor.security.beta.kubernetes.io/";
const UNCONFINED: &str = "Unconfined";
const RUNTIME_DEFAULT: &str = "RuntimeDefault";

impl Confinement {
    /// Computes it for a template. `seccomp_default` is the answer of [`seccomp_default`].
    pub(crate) fn of(
        template: &Template,
        lacking: &Lacking,
        seccomp_default: &Cell<String>,
    ) -> Self {
        if let Some(gap) = unread(lacking) {
            return Self {
                effective: Cell::Gap(gap.clone()),
                windows: Cell::Gap(gap.clone()),
            };
        }
        let containers = template.spec.containers.iter();
        let effective = containers
            .map(|container| effective(template, container, seccomp_default))
            .collect();
        Self {
            effective: Cell::explicit(effective, source(CONTEXTS)),
            windows: Cell::explicit(windows(&template.spec), source(WINDOWS)),
        }
    }
}

/// Why a field that is read here was not recorded.
fn unread(lacking: &Lacking) -> Option<&Gap> {
    let needed: [(&Record, &[&str]); 3] = [
        (Template::schema(), &["annotations", "spec"]),
        (
            PodSpec::schema(),
            &[
                "containers",
                "hostUsers",
                "nodeSelector",
                "os",
                "securityContext",
            ],
        ),
        (
            Container::schema(),
            &["image", "name", "role", "securityContext"],
        ),
    ];
    let fields = needed.iter().flat_map(|(record, names)| {
        let position = |name: &&str| record.position(name);
        names
            .iter()
            .filter_map(position)
            .map(move |at| (*record, at))
    });
    let mut gaps = fields.filter_map(|(record, at)| lacking.gap(record, at));
    let below = [
        PodSecurityContext::schema(),
        SecurityContext::schema(),
        PodOs::schema(),
    ];
    gaps.next()
        .or_else(|| below.iter().find_map(|record| lacking.below(record)))
}

fn effective(
    template: &Template,
    container: &Container,
    seccomp_default: &Cell<String>,
) -> Effective {
    let pod = template.spec.security_context.as_ref();
    let own = container.security_context.as_ref();
    let user = own
        .and_then(|own| own.run_as_user)
        .or(pod.and_then(|pod| pod.run_as_user));
    let non_root = own
        .and_then(|own| own.run_as_non_root)
        .or(pod.and_then(|pod| pod.run_as_non_root))
        .unwrap_or(false);
    // Root of a pod with a user namespace of its own is nobody on the node (Pod Security Standards relax for it).
    let mapped = template.spec.host_users == Some(false);
    let may_run_as_root = !mapped && user.map_or(!non_root, |user| user == 0);
    let type_of = |profile: Option<&Profile>| {
        let profile = profile.filter(|profile| !profile.type_.is_empty())?;
        Some(profile.type_.clone())
    };
    let stated_seccomp = type_of(own.and_then(|own| own.seccomp_profile.as_ref()))
        .or_else(|| type_of(pod.and_then(|pod| pod.seccomp_profile.as_ref())));
    // The order of GetProfile in Kubernetes' pkg/security/apparmor.
    let app_armor = type_of(own.and_then(|own| own.app_armor_profile.as_ref()))
        .or_else(|| annotated(template, &container.name))
        .or_else(|| type_of(pod.and_then(|pod| pod.app_armor_profile.as_ref())));
    let privileged = own.and_then(|own| own.privileged) == Some(true);
    let escalates = own.and_then(|own| own.allow_privilege_escalation) != Some(false);
    let unmasked = own.and_then(|own| own.proc_mount.as_deref()) == Some("Unmasked");
    Effective {
        name: container.name.clone(),
        role: container.role.clone(),
        may_run_as_root,
        runs_as_root: match user {
            None if may_run_as_root => Cell::Gap(image_user(&container.image)),
            _ => Cell::explicit(may_run_as_root, source(CONTEXTS)),
        },
        seccomp: match &stated_seccomp {
            // Runtimes give a privileged container no filter, whatever is asked for.
            _ if privileged => Cell::explicit(UNCONFINED.to_owned(), source("privileged mode")),
            Some(stated) => Cell::explicit(stated.clone(), source(CONTEXTS)),
            None => seccomp_default.clone(),
        },
        stated_seccomp,
        app_armor_off: match app_armor.as_deref() {
            Some(UNCONFINED) => true,
            Some("Localhost") => false,
            _ => privileged,
        },
        app_armor,
        privileged,
        may_escalate: escalates || privileged || own.is_some_and(|own| administers(own)),
        proc_unmasked: !mapped && (unmasked || privileged),
    }
}

/// With this capability the API server takes `allowPrivilegeEscalation: false` for a contradiction.
fn administers(own: &SecurityContext) -> bool {
    let added = own.capabilities.iter().flat_map(|own| &own.add);
    let names = added.map(|name| name.to_ascii_uppercase());
    let mut names = names.map(|name| name.trim_start_matches("CAP_").to_owned());
    names.any(|name| name == "SYS_ADMIN" || name == "ALL")
}

/// The profile of an annotation, from before AppArmor was a field.
fn annotated(template: &Template, container: &str) -> Option<String> {
    let kind = match template
        .annotations
        .get(&format!("{APP_ARMOR}{container}"))?
        .as_str()
    {
        "runtime/default" => RUNTIME_DEFAULT,
        "unconfined" => UNCONFINED,
        name if name.starts_with("localhost/") => "Localhost",
        _ => return None,
    };
    Some(kind.to_owned())
}

fn image_user(image: &str) -> Gap {
    Gap::new(
        "user that the image starts as",
        image,
        GapReason::NotAsked,
        "set runAsNonRoot: true in the securityContext: the kubelet then refuses to start it as root",
    )
}

/// By `os`, which admission goes by, or by the node selector, which older manifests use.
fn windows(spec: &PodSpec) -> bool {
    let selected = spec.node_selector.get("kubernetes.io/os");
    match &spec.os {
        Some(os) => os.name == "windows",
        None => selected.is_some_and(|os| os == "windows"),
    }
}

/// What a kubelet applies where no profile is stated: unconfined as soon as one node is known to leave it at that, the
/// runtime's profile only when every kubelet of `all` is known to apply it.
pub(crate) fn seccomp_default(seen: &[&Component], all: Result<(), Gap>) -> Cell<String> {
    let cell = |kubelet: &&Component| kubelet.config.get("seccompDefault").cloned();
    let known: Vec<Cell<Scalar>> = seen.iter().filter_map(cell).collect();
    let answer = |profile: &str| {
        Cell::explicit(
            profile.to_owned(),
            source("seccompDefault of the nodes' kubelets"),
        )
    };
    if known
        .iter()
        .any(|cell| cell.value() == Some(&Scalar::Bool(false)))
    {
        return answer(UNCONFINED);
    }
    match (known.iter().find_map(Cell::gap), all) {
        (Some(gap), _) => Cell::Gap(gap.clone()),
        (None, Err(gap)) => Cell::Gap(gap),
        (None, Ok(()))
            if !known.is_empty()
                && known
                    .iter()
                    .all(|cell| cell.value() == Some(&Scalar::Bool(true))) =>
        {
            answer(RUNTIME_DEFAULT)
        }
        (None, Ok(())) => Cell::Gap(Gap::new(
            "seccomp profile that the kubelets apply by default",
            "",
            GapReason::NotAsked,
            "state seccompProfile in the securityContext, or read the nodes with --node local",
        )),
    }
}

fn source(engine: &'static str) -> Source {
    Source::computed(engine)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn template(json: serde_json::Value) -> Template {
        serde_json::from_value(json).unwrap()
    }

    fn unknown() -> Cell<String> {
        Cell::Gap(Gap::not_collected())
    }

    /// Whether it runs as root, as a letter each: yes, no, unknown.
    fn roots(json: serde_json::Value) -> String {
        let confinement = Confinement::of(&template(json), &Lacking::default(), &unknown());
        let containers = confinement.effective.value().unwrap();
        let letter = |c: &Effective| match c.runs_as_root.value() {
            Some(true) => 'y',
            Some(false) => 'n',
            None => '?',
        };
        containers.iter().map(letter).collect()
    }

    #[test]
    fn a_container_beats_its_pod_field_by_field() {
        let containers = serde_json::json!([
            {"name": "silent"},
            {"name": "root", "securityContext": {"runAsUser": 0}},
            {"name": "user", "securityContext": {"runAsUser": 1000}},
            {"name": "refused", "securityContext": {"runAsNonRoot": true}},
            {"name": "allowed", "securityContext": {"runAsNonRoot": false}},
        ]);
        for (pod, expected) in [
            (serde_json::json!({}), "?yn n?"),
            (
                serde_json::json!({"securityContext": {"runAsUser": 0}}),
                "yyn yy",
            ),
            (
                serde_json::json!({"securityContext": {"runAsUser": 7}}),
                "nyn nn",
            ),
            (
                serde_json::json!({"securityContext": {"runAsNonRoot": true}}),
                "nyn n?",
            ),
            (serde_json::json!({"hostUsers": false}), "nnn nn"),
            (serde_json::json!({"hostUsers": true}), "?yn n?"),
        ] {
            let mut spec = pod.clone();
            spec["containers"] = containers.clone();
            let expected: String = expected.split(' ').collect();
            assert_eq!(roots(serde_json::json!({"spec": spec})), expected, "{pod}");
        }
    }

    #[test]
    fn profiles_come_from_container_annotation_pod_and_kubelet() {
        let given = serde_json::json!({
            "annotations": {format!("{APP_ARMOR}old"): "unconfined", format!("{APP_ARMOR}new"): "unconfined"},
            "spec": {
                "securityContext": {"appArmorProfile": {"type": "RuntimeDefault"}},
                "containers": [
                    {"name": "old"},
                    {"name": "new", "securityContext": {"appArmorProfile": {"type": "Localhost"}}},
                    {"name": "pod", "securityContext": {"seccompProfile": {"type": "Unconfined"}}},
                    {"name": "mighty", "securityContext": {"privileged": true, "seccompProfile": {"type": "RuntimeDefault"}}},
                ],
            },
        });
        let confinement = Confinement::of(&template(given), &Lacking::default(), &unknown());
        let containers = confinement.effective.value().unwrap();
        let shown: Vec<_> = containers
            .iter()
            .map(|c| {
                (
                    c.app_armor.as_deref().unwrap(),
                    c.seccomp.value().map(String::as_str),
                )
            })
            .collect();
        let expected = [
            (UNCONFINED, None),
            ("Localhost", None),
            (RUNTIME_DEFAULT, Some(UNCONFINED)),
            (RUNTIME_DEFAULT, Some(UNCONFINED)),
        ];
        assert_eq!(shown, expected);
    }

    #[test]
    fn privileged_mode_undoes_what_else_is_stated() {
        let given = serde_json::json!({"spec": {"containers": [
            {"name": "plain", "securityContext": {"allowPrivilegeEscalation": false}},
            {"name": "mighty", "securityContext": {"privileged": true, "allowPrivilegeEscalation": false, "appArmorProfile": {"type": "RuntimeDefault"}}},
            {"name": "own", "securityContext": {"privileged": true, "appArmorProfile": {"type": "Localhost"}}},
            {"name": "admin", "securityContext": {"allowPrivilegeEscalation": false, "capabilities": {"add": ["cap_sys_admin"]}}},
            {"name": "shown", "securityContext": {"procMount": "Unmasked", "allowPrivilegeEscalation": false}},
        ]}});
        let shown = |host_users: Option<bool>| {
            let mut given = template(given.clone());
            given.spec.host_users = host_users;
            let confinement = Confinement::of(&given, &Lacking::default(), &unknown());
            let effective = confinement.effective.value().unwrap().iter();
            let mark = |is: bool, letter: &str| if is { letter.to_owned() } else { String::new() };
            let letters = effective.map(|one| {
                mark(one.app_armor_off, "a")
                    + &mark(one.may_escalate, "e")
                    + &mark(one.proc_unmasked, "p")
            });
            letters.collect::<Vec<_>>()
        };
        assert_eq!(shown(None), ["", "aep", "ep", "e", "p"]);
        assert_eq!(shown(Some(false)), ["", "ae", "e", "e", ""]);
    }

    #[test]
    fn what_was_not_recorded_is_not_judged() {
        for (record, field) in [("SecurityContext", "privileged"), ("PodSpec", "hostUsers")] {
            let mut lacking = Lacking::default();
            lacking.insert(record, field, Gap::not_collected());
            let confinement = Confinement::of(&Template::default(), &lacking, &unknown());
            assert!(confinement.effective.gap().is_some(), "{record}.{field}");
        }
    }
}
