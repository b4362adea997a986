//! Who a machine says it is. What it says decides nothing by itself: it is held against what was asked for.

use serde::{Deserialize, Serialize};

use super::Purpose;
use super::inquiry::Inquiry;
use crate::facts::objects::NodeSystemInfo;

/// What a machine says of itself.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default, rename_all = "camelCase")]
pub struct Identity {
    /// The name it goes by: its kubelet's, else its host name. Empty when it has none.
    pub name: String,
    /// The nodes that its kubelet's client certificates are for (`system:node:NAME`).
    pub certified: Vec<String>,
    /// Its id (machine-id(5)); empty when it has none.
    pub machine: String,
    /// The id of its boot (random(4)); empty when it shows none.
    pub boot: String,
}

/// Where the kubelet takes the id of its machine from (cadvisor, `--machine-id-file`).
const MACHINE_ID: [&str; 2] = ["/etc/machine-id", "/var/lib/dbus/machine-id"];
const BOOT_ID: &str = "/proc/sys/kernel/random/boot_id";

impl Identity {
    /// Of the machine that goes by `name` and has certificates for the nodes `certified`.
    pub(super) fn observe(inquiry: &mut Inquiry<'_>, name: String, certified: Vec<String>) -> Self {
        let mut line = |path: &str| match inquiry.text(path, Purpose::Kernel) {
            Ok(Some(text)) => text.trim().to_owned(),
            _ => String::new(),
        };
        let ids = MACHINE_ID.map(&mut line);
        Self {
            name,
            certified,
            machine: ids
                .into_iter()
                .find(|id| !id.is_empty())
                .unwrap_or_default(),
            boot: line(BOOT_ID),
        }
    }

    /// Whether both say the same of themselves, and say enough to tell machines apart.
    pub fn is_same(&self, other: &Self) -> bool {
        self == other && !self.machine.is_empty() && !self.boot.is_empty()
    }

    /// What it says that no machine of the node `name` says, whose ids the API has as `known`; a phrase, nothing when there
    /// is no such thing.
    pub fn conflict(&self, name: &str, known: &NodeSystemInfo) -> Option<String> {
        if let Some(other) = self.certified.first().filter(|_| !self.certified_as(name)) {
            let why = format!("shows a client certificate of node {other}; the API says {name}");
            return Some(why);
        }
        let another = self.is_machine(known) == Some(false);
        another.then(|| format!("has another machine id than the API says {name} has"))
    }

    /// Whether something that it says agrees with what the API has of the node `name`. A name alone is not enough: that is
    /// what it is filed under where nothing else was known.
    pub fn agrees(&self, name: &str, known: &NodeSystemInfo) -> bool {
        self.certified_as(name) || self.is_machine(known) == Some(true)
    }

    fn certified_as(&self, name: &str) -> bool {
        self.certified.iter().any(|one| one == name)
    }

    /// Whether it is the machine with these ids; nothing when they do not say. The same boot proves nothing, as containers
    /// share a kernel; but where it is the same, another machine id is no proof of another machine: images get their own
    /// after they were started.
    pub fn is_machine(&self, known: &NodeSystemInfo) -> Option<bool> {
        let (machine, boot) = known.ids();
        match same(machine, &self.machine)? {
            false if same(boot, &self.boot) == Some(true) => None,
            same => Some(same),
        }
    }
}

/// Whether two ids are one, with dashes or without, in either case; nothing where one is not known.
fn same(one: &str, other: &str) -> Option<bool> {
    let plain = |id: &str| id.replace('-', "").to_lowercase();
    (!one.is_empty() && !other.is_empty()).then(|| plain(one) == plain(other))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn ids_tell_machines_apart_where_both_are_known() {
        let known: NodeSystemInfo =
            serde_json::from_str(r#"{"machineID":"AB-1","bootID":"b"}"#).unwrap();
        for (machine, boot, is) in [
            ("ab1", "", Some(true)),
            ("ab1", "c", Some(true)),
            ("ab2", "", Some(false)),
            ("ab2", "c", Some(false)),
            // Containers share a kernel and so its boot; an image may have got an id of its own.
            ("ab2", "B", None),
            ("", "b", None),
            ("", "c", None),
            ("", "", None),
        ] {
            let told = Identity {
                machine: machine.to_owned(),
                boot: boot.to_owned(),
                ..Identity::default()
            };
            assert_eq!(told.is_machine(&known), is, "{machine:?} {boot:?}");
            assert_eq!(told.agrees("n", &known), is == Some(true));
            assert_eq!(told.conflict("n", &known).is_some(), is == Some(false));
            assert_eq!(told.is_machine(&NodeSystemInfo::default()), None);
        }
    }
}
