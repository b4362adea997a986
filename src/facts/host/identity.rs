//! Who a machine says it is. What it says decides nothing by itself: it is held against what was asked for.

use serde::{Deserialize, Serialize};

use super::Purpose;
use super::inquiry::Inquiry;

/// What a machine says of itself.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Identity {
    /// The name it goes by: its kubelet's, else its host name. Empty when it has none.
    pub name: String,
    /// Its id (machine-id(5)); empty when it has none.
    pub machine: String,
    /// The id of its boot (random(4)); empty when it shows none.
    pub boot: String,
}

/// Where the kubelet takes the id of its machine from (cadvisor, `--machine-id-file`).
const MACHINE_ID: [&str; 2] = ["/etc/machine-id", "/var/lib/dbus/machine-id"];
const BOOT_ID: &str = "/proc/sys/kernel/random/boot_id";

impl Identity {
    /// Of the machine that goes by `name`.
    pub(super) fn observe(inquiry: &mut Inquiry<'_>, name: String) -> Self {
        let mut line = |path: &str| match inquiry.text(path, Purpose::Kernel) {
            Ok(Some(text)) => text.trim().to_owned(),
            _ => String::new(),
        };
        let ids = MACHINE_ID.map(&mut line);
        Self {
            name,
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
}
