//! A cluster of a few manifests, for the tests of the engines.

use crate::facts::objects::{Content, decode_manifest};
use crate::facts::{Asked, Cell, Cluster, Facts, Gap, GapReason, Lack};

/// A cluster that holds these objects and nothing else; the kinds of `refused` may not be listed.
pub(super) fn world(objects: &str, refused: &[&str]) -> Facts {
    let asked = Asked {
        api: Some("https://test.invalid".to_owned()),
        nodes: Vec::new(),
        namespaces: Vec::new(),
        manifests: None,
    };
    let cluster = Cluster {
        name: Cell::default(),
        version: Cell::default(),
        distribution: Cell::default(),
    };
    let mut facts = Facts::unrecorded(jiff::Timestamp::UNIX_EPOCH, asked, cluster);
    let documents = decode_manifest(objects).into_iter();
    let objects = documents.map(|document| match document.content {
        Content::Object(object) => object,
        other => panic!("{other:?}"),
    });
    facts.take_objects(objects.collect());
    for kind in refused {
        assert!(facts.refuse(kind, gap()), "{kind}");
    }
    facts
}

/// A lack of any number of rows.
pub(super) fn lack() -> Lack {
    Lack::any(gap())
}

fn gap() -> Gap {
    Gap::new("rows", "", GapReason::Forbidden, "a right")
}
