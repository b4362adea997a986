//! Clusters of many nodes: what is said of all of them at once is what would be said of each.

use jiff::Timestamp;
use seaworthy::catalog::Catalog;
use seaworthy::evaluate::{Judge, Keep, World, tasks};
use seaworthy::facts::objects::{Content, decode_manifest};
use seaworthy::facts::{Asked, Cluster, Facts, Gap, GapReason, Lacking};
use seaworthy::outcome::{Judgement, Status};
use seaworthy::score::{Overlay, Scorecard, score};

const NODES: usize = 70;

/// A cluster of nodes that nobody read, but one, of which something went wrong.
fn cluster() -> Facts {
    let asked = Asked {
        api: Some("https://test.invalid".to_owned()),
        ..Asked::default()
    };
    let mut facts = Facts::unrecorded(Timestamp::UNIX_EPOCH, asked, Cluster::default());
    let node = |number: usize| {
        format!("---\napiVersion: v1\nkind: Node\nmetadata: {{name: node-{number}}}\n")
    };
    let text: String = (0..NODES).map(node).collect();
    let objects =
        decode_manifest(&text)
            .into_iter()
            .filter_map(|document| match document.content {
                Content::Object(object) => Some(object),
                _ => None,
            });
    facts.take_objects(objects.collect());
    facts.expect_nodes();
    let gap = Gap::new("node node-69", "", GapReason::Timeout, "wait longer");
    facts.lack_host(Some("node-69".to_owned()), gap);
    facts
}

fn cards(catalog: &Catalog, judgement: &Judgement<'_>) -> Vec<Scorecard> {
    let profiles = catalog.profiles.values();
    let card = |profile| score(profile, &catalog.checks, judgement, &Overlay::default());
    profiles.map(card).collect()
}

/// Does something with all checks on that cluster.
fn with_judge(work: impl FnOnce(&Catalog, &Judge<'_>)) {
    let catalog = Catalog::shipped().unwrap();
    let profiles: Vec<_> = catalog.profiles.values().collect();
    let tasks = tasks(&catalog, &profiles).unwrap();
    let (facts, lacking) = (cluster(), Lacking::default());
    let world = World::new(&facts, &lacking);
    let judge = Judge::new(&world, &tasks);
    work(&catalog, &judge);
}

#[test]
fn whether_they_are_told_one_by_one_or_not_they_count_the_same() {
    with_judge(|catalog, judge| {
        let (some, all) = (judge.judge(Keep::Samples), judge.judge(Keep::Everything));
        assert_eq!(cards(catalog, &some), cards(catalog, &all));
        let mut silent = 0;
        for (some, all) in some.iter().zip(&all) {
            let id = &some.evaluation.id;
            assert_eq!(id, &all.evaluation.id);
            let quiet = some.quiet.values().flatten();
            let quiet: Vec<_> = quiet.flat_map(|list| list.subjects()).collect();
            let told = some.outcomes.iter().map(|one| one.subject.clone());
            let mut here: Vec<_> = told.chain(quiet.clone()).collect();
            let mut there: Vec<_> = all.outcomes.iter().map(|one| one.subject.clone()).collect();
            here.sort();
            there.sort();
            assert_eq!(here, there, "{id}");
            silent += quiet.len();
        }
        assert!(silent > NODES, "{silent} verdicts were not told");
    });
}

#[test]
fn each_of_them_says_why_it_is_not_known() {
    with_judge(|_, judge| {
        let all = judge.judge(Keep::Everything);
        let of_hosts = all
            .iter()
            .flat_map(|judged| &judged.outcomes)
            .filter(|one| one.subject.kind == "host" && one.status == Status::Unknown);
        let mut seen = 0;
        for outcome in of_hosts {
            let node = outcome.subject.node.as_deref().unwrap();
            let why = &outcome.reason.as_ref().unwrap().text;
            match node {
                "node-69" => assert!(why.contains("timed out"), "{why}"),
                _ => assert!(why.contains(&format!("node {node}: not asked")), "{why}"),
            }
            seen += 1;
        }
        assert!(seen >= NODES, "{seen}");
    });
}
