//! Components as pods declare them: the mirror pods of a cluster, static pods and DaemonSets of manifests.

use std::collections::BTreeMap;

use super::component::{Arguments, Component, ComponentKind, Sighting, Start, Unread, Via};
use super::objects::{Container, Object};
use super::{Gap, GapReason};

/// Flags that tell a component where it is; what becomes of the variables in them changes nothing else.
const OF_POD: [&str; 2] = ["--advertise-address=", "--hostname-override="];

/// What a pod tells about the component that its `container` starts by `argv`.
pub fn sighting(
    node: &str,
    container: &Container,
    argv: &[String],
    via: Via,
) -> Option<(ComponentKind, Sighting)> {
    let start = Start::of_container(argv, &container.name, &container.image)?;
    let mut sighting = Sighting {
        node: node.to_owned(),
        via,
        arguments: Arguments::Argv(argv.to_vec()),
        environment: Ok(BTreeMap::new()),
        version: None,
        image: Some(container.image.clone()),
    };
    // Values of environment variables are not kept, and only etcd reads any.
    if start.kind == ComponentKind::Etcd && has_environment(container) {
        sighting.environment = Err(not_kept("environment of etcd", &sighting));
    }
    let varies =
        |word: &String| word.contains("$(") && !OF_POD.iter().any(|flag| word.starts_with(flag));
    if start
        .arguments
        .is_some_and(|words| words.iter().any(varies))
    {
        let gap = not_kept("flags that take their value from a variable", &sighting);
        let plain = argv.iter().filter(|word| !varies(word)).cloned();
        sighting.arguments = Arguments::Stated(plain.collect(), gap);
    }
    Some((start.kind, sighting))
}

fn has_environment(container: &Container) -> bool {
    let mut variables = container.env.iter();
    !container.env_from.is_empty() || variables.any(|one| one.name.starts_with("ETCD_"))
}

fn not_kept(what: &str, of: &Sighting) -> Gap {
    let place = of.source().to_string();
    Gap::new(
        what,
        place,
        GapReason::NotAsked,
        "read the node with --node local",
    )
}

/// The component that an object of manifests declares, as far as its flags tell; `outside` is why its files are not known.
pub(super) fn component(object: &Object, outside: &Gap) -> Option<Component> {
    let (container, argv) = match object {
        Object::Pod(pod) => pod.component(),
        Object::Deployment(one) => one.spec.template.component(),
        Object::DaemonSet(one) => one.spec.template.component(),
        Object::StatefulSet(one) => one.spec.template.component(),
        _ => None,
    }?;
    let metadata = object.metadata();
    let via = Via::Declared {
        kind: object.kind(),
        namespace: metadata.namespace.clone(),
        name: metadata.name.clone(),
    };
    // Which machine it is for is nothing that is known of any.
    let (kind, seen) = sighting("", container, argv, via)?;
    let mut files = Unread(outside.clone());
    Some(Component::observe(
        kind,
        "",
        None,
        &[seen],
        None,
        &mut files,
    ))
}
