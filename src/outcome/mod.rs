//! What judging says: statuses, subjects, evidence, outcomes. Data only, so that scoring and every report format can
//! share it without knowing how a verdict came about.

mod access;
mod certificates;
mod fix;
mod laid;
mod many;
mod network;
mod told;

use std::borrow::Cow;
use std::collections::BTreeMap;
use std::sync::Arc;

use serde::{Deserialize, Serialize};

pub use access::{
    Allowed, Holder, Hop, Path, Paths, Power, PowerLine, PowerList, Principal, WhoCan,
};
pub use certificates::CertificateLine;
pub use fix::{Change, Edit, Precondition, Remediation, Target};
pub use laid::{Exemption, Laid, Waiver};
pub use many::{Many, Marks, Who};
pub use network::{Answer, Connection, Connections, Posture, Postures, Traffic};
pub use told::{Fingerprint, Tell, Told, Words};

/// The answer of one check about one subject.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub enum Status {
    /// The assertion held.
    Pass,
    /// The assertion did not hold.
    Fail,
    /// It failed, and somebody accepted that for a reason and a time.
    Waived,
    /// A person must judge; the evidence is attached.
    Manual,
    /// There is no such subject here, and that is known.
    NotApplicable,
    /// It could not be judged: something was not read, or the expression could not be evaluated.
    Unknown,
}

impl Status {
    /// All statuses, the one that decides a control first: fail > unknown > manual > waived > pass > notApplicable.
    pub const BY_PRECEDENCE: [Self; 6] = [
        Self::Fail,
        Self::Unknown,
        Self::Manual,
        Self::Waived,
        Self::Pass,
        Self::NotApplicable,
    ];

    /// The name in reports.
    pub fn name(self) -> &'static str {
        match self {
            Self::Pass => "pass",
            Self::Fail => "fail",
            Self::Waived => "waived",
            Self::Manual => "manual",
            Self::NotApplicable => "notApplicable",
            Self::Unknown => "unknown",
        }
    }
}

/// What was judged. Thousands share a node and what they are called.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Subject {
    /// The kind of subject, as check files name it: `kubelet`, `workload`, …
    pub kind: Cow<'static, str>,
    /// Its name, as a person would say it: "Deployment web", "/etc/kubernetes/admin.conf".
    pub name: Arc<str>,
    /// The namespace it lives in.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub namespace: Option<Arc<str>>,
    /// The node it lives on.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub node: Option<Arc<str>>,
    /// The file and line where it is declared, as `deploy/web.yaml:12`; only where manifests are judged.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub place: Option<Arc<str>>,
    /// How many running copies share the verdict.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub instances: Option<Box<Instances>>,
}

impl Subject {
    /// A subject that is neither namespaced nor bound to a node.
    pub fn new(kind: impl Into<Cow<'static, str>>, name: impl Into<Arc<str>>) -> Self {
        Self {
            kind: kind.into(),
            name: name.into(),
            namespace: None,
            node: None,
            place: None,
            instances: None,
        }
    }

    /// A subject that is bound to a node.
    pub fn on_node(
        kind: &'static str,
        name: impl Into<Arc<str>>,
        node: impl Into<Arc<str>>,
    ) -> Self {
        Self {
            node: Some(node.into()),
            ..Self::new(kind, name)
        }
    }

    /// The same on another node.
    pub fn on(&self, node: &Arc<str>) -> Self {
        Self {
            node: Some(node.clone()),
            ..self.clone()
        }
    }
}

/// The running copies behind one subject.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Instances {
    /// How many.
    pub count: u64,
    /// The names of up to twenty of them.
    pub sample: Vec<Arc<str>>,
}

/// A value that was read while judging, and where.
#[derive(Clone, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Evidence {
    /// The path of the value: `kubelet.authentication.anonymous.enabled`.
    pub fact: String,
    /// The value as text; "not set" where nothing is.
    pub value: String,
    /// Where it was read, as text.
    pub source: String,
}

/// Why something is `unknown` or `notApplicable`.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Reason {
    /// The reason as one sentence without a full stop.
    pub text: String,
    /// What would resolve it: a flag of ours, a right, a setting. Empty when nothing would.
    #[serde(default, skip_serializing_if = "str::is_empty")]
    pub remedy: Cow<'static, str>,
}

/// One verdict. There can be a hundred thousand of them, so it holds what is counted and compared, and shares what it can;
/// the words are made when somebody reads them.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Outcome<'w> {
    /// The id of its [`Evaluation`].
    pub evaluation: Arc<str>,
    /// The verdict.
    pub status: Status,
    /// What was judged.
    pub subject: Arc<Subject>,
    /// What was found, and the values the verdict rests on.
    #[serde(flatten)]
    pub told: Told<'w>,
    /// Why it could not be judged or does not apply.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub reason: Option<Arc<Reason>>,
    /// How to clear it; only on findings.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub fix: Option<Remediation>,
    /// Identity of the finding across runs.
    pub fingerprint: Fingerprint,
    /// What is laid over it in a report. The status stays the raw one.
    #[serde(flatten, deserialize_with = "laid::read")]
    pub laid: Option<Box<Laid>>,
}

impl Outcome<'_> {
    /// Who accepted it, and why.
    pub fn waiver(&self) -> Option<&Arc<Waiver>> {
        self.laid.as_ref()?.waiver.as_ref()
    }

    /// The waiver that covered it and has ended.
    pub fn expired_waiver(&self) -> Option<&Arc<Waiver>> {
        self.laid.as_ref()?.expired_waiver.as_ref()
    }

    /// The controls that it does not count for.
    pub fn exemptions(&self) -> &[Exemption] {
        let laid = self.laid.as_ref();
        laid.map_or(&[], |laid| &laid.exemptions)
    }
}

/// One check with one set of parameters: what outcomes belong to and controls refer to.
#[derive(Clone, Debug, PartialEq)]
pub struct Evaluation {
    /// The check's id, with a suffix where a profile changed parameters.
    pub id: String,
    /// The check's id.
    pub check: String,
    /// The parameters in force, as text.
    pub params: BTreeMap<String, String>,
}

/// What judging one set of facts gave, by the ids of the evaluations.
pub type Judgement<'w> = Vec<Judged<'w>>;

/// What one evaluation gave.
#[derive(Clone, Debug, PartialEq)]
pub struct Judged<'w> {
    /// What was evaluated.
    pub evaluation: Evaluation,
    /// Its verdicts, ordered by subject.
    pub outcomes: Vec<Outcome<'w>>,
    /// Beyond the first, verdicts that nobody has to act on, and who was judged: `Pass`, `NotApplicable`, or `Unknown` of a
    /// node among many.
    pub quiet: Quiet,
    /// Whom this run did not ask about, if anybody.
    pub not_asked: Option<NotAsked>,
}

/// What this run did not ask for: it lies outside the manifests, or an option was not given. Such verdicts are
/// `notApplicable`, and unlike others nothing proves that there is nothing to judge.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct NotAsked {
    /// Why, and what would ask; of several, one.
    pub reason: Arc<Reason>,
    /// Whether every verdict of the evaluation is of this kind.
    pub wholly: bool,
}

/// Subjects by verdict.
pub type Quiet = BTreeMap<Status, Vec<Many>>;
