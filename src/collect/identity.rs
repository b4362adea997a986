//! Which node a machine is: the one that was asked, never the one it says it is.
//!
//! Who reads a node knows it by the address or name that was asked; the Node object that has it says which node that is. What
//! the machine says of itself is held against that. A machine that says it is another node, or whose id is not the one in
//! the Node object, is a gap of the node that was asked, and nothing it showed is used: one answer never stands in for
//! another node's.

use std::collections::{BTreeMap, BTreeSet, HashMap};
use std::net::IpAddr;

use crate::facts::host::Identity;
use crate::facts::objects::{Node, NodeSystemInfo};
use crate::facts::{Gap, GapReason};

/// The nodes that the API knows, by the names and addresses that they are asked by.
#[derive(Default)]
pub(super) struct Book {
    nodes: BTreeMap<String, NodeSystemInfo>,
    /// More than one where several nodes claim an address: then it says nothing.
    addresses: HashMap<String, BTreeSet<String>>,
}

impl Book {
    pub(super) fn new(nodes: &[Node]) -> Self {
        let mut book = Self::default();
        for node in nodes {
            let name = &node.metadata.name;
            let known = node.status.node_info.clone();
            book.nodes.insert(name.clone(), known);
            for address in &node.status.addresses {
                let of_address = book.addresses.entry(key(&address.address)).or_default();
                of_address.insert(name.clone());
            }
        }
        book
    }

    /// The node that is asked under this name or address. An address that several nodes have is nobody's: kubelets state
    /// their own.
    pub(super) fn node(&self, asked: &str) -> Option<&str> {
        if let Some((name, _)) = self.nodes.get_key_value(asked) {
            return Some(name);
        }
        let names = self.addresses.get(&key(asked))?;
        match names.len() {
            1 => names.first().map(String::as_str),
            _ => None,
        }
    }

    /// Why a machine that was asked as `node` is another one.
    fn conflict(&self, node: &str, told: &Identity, asked: &str) -> Option<Gap> {
        if told.name != node && self.nodes.contains_key(&told.name) {
            return Some(gap(
                node,
                format!("{asked} says it is {}; the API says {node}", told.name),
            ));
        }
        let why = told.conflict(node, self.nodes.get(node)?)?;
        Some(gap(node, format!("{asked} {why}")))
    }
}

/// An address in the one spelling that compares.
fn key(address: &str) -> String {
    match address.parse::<IpAddr>() {
        Ok(address) => address.to_string(),
        Err(_) => address.to_lowercase(),
    }
}

fn gap(node: &str, why: String) -> Gap {
    Gap::new(
        format!("files and processes of node {node}"),
        why,
        GapReason::UnverifiedEndpoint,
        "find out which machine answers there: nothing it says is used",
    )
}

/// A machine that was read.
pub(super) struct Met<'m> {
    /// What was asked, as the user or the API named it.
    pub(super) asked: &'m str,
    /// The node that this is, where the API says so.
    pub(super) node: Option<&'m str>,
    /// The key by which it proved who it is; empty when it did not have to.
    pub(super) key: &'m [u8],
    /// What it says of itself.
    pub(super) told: &'m Identity,
}

/// What becomes of what it showed.
#[derive(Debug, PartialEq)]
pub(super) enum Verdict {
    /// It is about this node.
    Is(String),
    /// It is about this node, which was read before.
    Twice(String),
    /// It is about nobody; the node that lacks it is named where it is known.
    Lacks(Option<String>, Gap),
}

impl Met<'_> {
    /// Whether it is surely the same machine: it has the same private key, and says the same of itself.
    fn is(&self, other: &Self) -> bool {
        !self.key.is_empty() && self.key == other.key && self.told.is_same(other.told)
    }

    fn unproven(&self) -> Gap {
        Gap::new(
            "files and processes of a node",
            format!(
                "the host at {} says it is {}, and nothing the API says proves it",
                self.asked, self.told.name
            ),
            GapReason::UnverifiedEndpoint,
            "ask it by an address that its Node object has",
        )
    }
}

/// Who has which name.
struct Names<'m> {
    met: &'m [Met<'m>],
    /// The machine that has it; `None` for one that was not met here.
    of: BTreeMap<String, Option<usize>>,
}

impl Names<'_> {
    fn take(&mut self, name: &str, number: usize) -> bool {
        if self.of.contains_key(name) {
            return false;
        }
        self.of.insert(name.to_owned(), Some(number));
        true
    }

    /// Whether the machine with this name is surely the one with that number.
    fn is(&self, name: &str, number: usize) -> bool {
        let holder = self.of.get(name).copied().flatten();
        holder.is_some_and(|holder| self.met[holder].is(&self.met[number]))
    }

    /// The name of a machine that no API knows: what it says, and where it was asked when another has that.
    fn free(&mut self, number: usize) -> Verdict {
        let Met { asked, told, .. } = &self.met[number];
        let mut name = match told.name.as_str() {
            "" => (*asked).to_owned(),
            name => name.to_owned(),
        };
        if self.is(&name, number) {
            return Verdict::Twice(name);
        }
        while !self.take(&name, number) {
            name = format!("{name} at {asked}");
        }
        Verdict::Is(name)
    }
}

/// Decides on all machines of a run, in the order in which they were asked: `read` are nodes that were read already, `failed`
/// those that were asked and did not answer.
pub(super) fn settle(
    book: &Book,
    met: &[Met<'_>],
    read: &BTreeSet<String>,
    failed: &BTreeSet<String>,
) -> Vec<Verdict> {
    let mut names = Names {
        met,
        of: read.iter().map(|name| (name.clone(), None)).collect(),
    };
    let mut verdicts = BTreeMap::new();
    // Who was asked as a node has its name, whatever others say.
    for (number, one) in met.iter().enumerate() {
        let Some(node) = one.node else { continue };
        let verdict = match book.conflict(node, one.told, &format!("the host at {}", one.asked)) {
            Some(gap) => Verdict::Lacks(Some(node.to_owned()), gap),
            None if names.take(node, number) => Verdict::Is(node.to_owned()),
            None => Verdict::Twice(node.to_owned()),
        };
        verdicts.insert(number, verdict);
    }
    let asked = met.iter().filter_map(|one| one.node);
    let mut asked: BTreeSet<&str> = asked.collect();
    asked.extend(read.iter().chain(failed).map(String::as_str));
    for (number, one) in met.iter().enumerate() {
        if one.node.is_some() {
            continue;
        }
        let name = &one.told.name;
        let verdict = match book.nodes.get(name) {
            None => names.free(number),
            Some(_) if names.is(name, number) => Verdict::Twice(name.clone()),
            Some(known) => {
                let others = met.iter().any(|other| {
                    other.node.is_none()
                        && other.told.name == *name
                        && !other.is(one)
                        && !std::ptr::eq(other, one)
                });
                let proven =
                    one.told.agrees(name, known) && !others && !asked.contains(name.as_str());
                match proven && names.take(name, number) {
                    true => Verdict::Is(name.clone()),
                    false => Verdict::Lacks(None, one.unproven()),
                }
            }
        };
        verdicts.insert(number, verdict);
    }
    verdicts.into_values().collect()
}

/// Whether the machine that this runs on is the node it says it is, as far as the API knows: why not.
pub(super) fn stranger(book: &Book, told: &Identity) -> Option<Gap> {
    book.conflict(&told.name, told, "this machine")
}

#[cfg(test)]
mod tests {
    use super::*;

    fn node(name: &str, address: &str, machine: &str) -> Node {
        let text = format!(
            r#"{{"metadata":{{"name":"{name}"}},"status":{{"addresses":[{{"type":"InternalIP","address":"{address}"}}],
                "nodeInfo":{{"machineID":"{machine}","bootID":"boot-{machine}"}}}}}}"#
        );
        serde_json::from_str(&text).unwrap()
    }

    fn told(name: &str, machine: &str) -> Identity {
        Identity {
            name: name.to_owned(),
            machine: machine.to_owned(),
            boot: format!("boot-{machine}"),
            ..Identity::default()
        }
    }

    /// The verdicts on machines: what was asked, the name it says it has, its id, its key. One character each stands for a
    /// node of `cp` (10.0.0.1) and `w` (10.0.0.2), whose ids are `1` and `2`.
    fn verdicts(nodes: &[Node], machines: &[(&str, &str, &str, &str)]) -> Vec<String> {
        verdicts_beside(nodes, machines, &[], &[])
    }

    fn verdicts_beside(
        nodes: &[Node],
        machines: &[(&str, &str, &str, &str)],
        read: &[&str],
        failed: &[&str],
    ) -> Vec<String> {
        let book = Book::new(nodes);
        let told: Vec<Identity> = machines.iter().map(|one| told(one.1, one.2)).collect();
        let met: Vec<Met<'_>> = machines
            .iter()
            .zip(&told)
            .map(|((asked, _, _, key), told)| Met {
                asked,
                node: book.node(asked),
                key: key.as_bytes(),
                told,
            })
            .collect();
        let set = |names: &[&str]| names.iter().map(|name| (*name).to_owned()).collect();
        let verdicts = settle(&book, &met, &set(read), &set(failed));
        verdicts
            .into_iter()
            .map(|verdict| match verdict {
                Verdict::Is(name) => format!("is {name}"),
                Verdict::Twice(name) => format!("again {name}"),
                Verdict::Lacks(Some(node), gap) => format!("{node} lacks: {}", gap.place),
                Verdict::Lacks(None, gap) => format!("lacks: {}", gap.place),
            })
            .collect()
    }

    fn cluster() -> [Node; 2] {
        [node("cp", "10.0.0.1", "1"), node("w", "10.0.0.2", "2")]
    }

    #[test]
    fn a_node_is_who_was_asked() {
        let ok = ("10.0.0.1", "cp", "1", "a");
        for (worker, verdict) in [
            (("10.0.0.2", "w", "2", "b"), "is w"),
            // A host name that is no node's is only a name.
            (("10.0.0.2", "w.example.com", "2", "b"), "is w"),
            (("w", "other", "2", "b"), "is w"),
            // It takes the other's name, its id, or all of it.
            (
                ("10.0.0.2", "cp", "2", "b"),
                "w lacks: the host at 10.0.0.2 says it is cp; the API says w",
            ),
            (
                ("10.0.0.2", "cp", "1", "b"),
                "w lacks: the host at 10.0.0.2 says it is cp; the API says w",
            ),
            (
                ("10.0.0.2", "w", "1", "b"),
                "w lacks: the host at 10.0.0.2 has another machine id than the API says w has",
            ),
            (("10.0.0.2", "w", "", "b"), "is w"),
        ] {
            let both = verdicts(&cluster(), &[worker, ok]);
            assert_eq!(both, [verdict, "is cp"], "{worker:?}");
            let both = verdicts(&cluster(), &[ok, worker]);
            assert_eq!(both, ["is cp", verdict], "{worker:?}");
        }
    }

    #[test]
    fn a_certificate_of_another_node_is_a_conflict_whether_or_not_that_node_is_known() {
        let book = Book::new(&cluster());
        let mut machine = told("w", "2");
        machine.certified = vec!["elsewhere".to_owned()];
        let gap = book.conflict("w", &machine, "the host at w").unwrap();
        assert_eq!(
            gap.place,
            "the host at w shows a client certificate of node elsewhere; the API says w"
        );
        machine.certified.push("w".to_owned());
        assert_eq!(book.conflict("w", &machine, "the host at w"), None);
    }

    #[test]
    fn the_same_machine_twice_is_named_and_another_one_never_merged() {
        let cp = ("10.0.0.1", "cp", "1", "a");
        assert_eq!(
            verdicts(&cluster(), &[cp, ("cp", "cp", "1", "a")]),
            ["is cp", "again cp"]
        );
        // By an alias that no Node has: the same key is the same machine, the id alone is not.
        let alias = ("bastion", "cp", "1", "a");
        assert_eq!(verdicts(&cluster(), &[alias, cp]), ["again cp", "is cp"]);
        let claims = "lacks: the host at bastion says it is cp, and nothing the API says proves it";
        let other = ("bastion", "cp", "1", "b");
        assert_eq!(verdicts(&cluster(), &[other, cp]), [claims, "is cp"]);
        let failed = verdicts_beside(&cluster(), &[other], &[], &["cp"]);
        assert_eq!(failed, [claims]);
        let read = verdicts_beside(&cluster(), &[other], &["cp"], &[]);
        assert_eq!(read, [claims]);
        // Alone, its id proves it; with another that says so too, neither is.
        assert_eq!(verdicts(&cluster(), &[other]), ["is cp"]);
        assert_eq!(
            verdicts(&cluster(), &[("bastion", "cp", "9", "b")]),
            [claims]
        );
        let second = ("b2", "cp", "1", "c");
        assert_eq!(
            verdicts(&cluster(), &[other, second]),
            [claims, &claims.replace("bastion", "b2")]
        );
        // An address that two nodes state is nobody's.
        let twins = [node("cp", "10.0.0.1", "1"), node("w", "10.0.0.1", "2")];
        assert_eq!(verdicts(&twins, &[cp]), ["is cp"]);
        assert_eq!(verdicts(&twins, &[("10.0.0.1", "cp", "9", "a")]).len(), 1);
        assert!(verdicts(&twins, &[("10.0.0.1", "cp", "9", "a")])[0].starts_with("lacks"));
    }

    #[test]
    fn without_an_api_hosts_of_one_name_stay_apart() {
        let of = |second: (&str, &str, &str, &str)| verdicts(&[], &[("a", "n", "1", "k"), second]);
        assert_eq!(of(("b", "m", "2", "l")), ["is n", "is m"]);
        assert_eq!(of(("b", "n", "2", "l")), ["is n", "is n at b"]);
        // It may say what it likes: without the other's key it is another machine.
        assert_eq!(of(("b", "n", "1", "l")), ["is n", "is n at b"]);
        assert_eq!(of(("b", "n", "2", "k")), ["is n", "is n at b"]);
        assert_eq!(of(("b", "n", "1", "k")), ["is n", "again n"]);
        assert_eq!(of(("b", "", "2", "l")), ["is n", "is b"]);
        let three = verdicts(
            &[],
            &[
                ("a", "n", "1", "k"),
                ("c", "n at b", "2", "l"),
                ("b", "n", "3", "m"),
            ],
        );
        assert_eq!(three, ["is n", "is n at b", "is n at b at b"]);
        let beside = verdicts_beside(&[], &[("a", "n", "1", "k")], &["n"], &[]);
        assert_eq!(beside, ["is n at a"]);
    }

    #[test]
    fn this_machine_is_held_against_the_api_too() {
        let book = Book::new(&cluster());
        assert_eq!(stranger(&book, &told("cp", "1")), None);
        assert_eq!(stranger(&book, &told("elsewhere", "7")), None);
        let gap = stranger(&book, &told("cp", "7")).unwrap();
        assert_eq!(
            gap.place.to_string(),
            "this machine has another machine id than the API says cp has"
        );
        // A machine whose id was renewed since it joined still runs since the same boot.
        let mut renewed = told("cp", "7");
        renewed.boot = "boot-1".to_owned();
        assert_eq!(stranger(&book, &renewed), None);
    }
}
