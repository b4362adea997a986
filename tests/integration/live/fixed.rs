//! What the report says to fix first, done on a cluster that has to go on answering; and looked at again.

use std::collections::BTreeMap;
use std::fmt::Write;
use std::path::{Path, PathBuf};
use std::thread;
use std::time::{Duration, Instant};

use seaworthy::catalog::Severity;
use seaworthy::outcome::{Change, Edit, Outcome, Precondition, Status};
use seaworthy::report::{Finding, Report, findings};
use serde_json::{Value, json};

use super::bed::Bed;
use super::{findings::report, ssh};

/// How many findings are fixed.
const FIRST: usize = 20;

/// How long a cluster may take to answer again.
const PATIENCE: Duration = Duration::from_secs(120);

/// The kubelet's configuration, and the files from which its unit takes flags.
const KUBELET_CONFIG: &str = "/var/lib/kubelet/config.yaml";
const KUBELET_FLAGS: [&str; 2] = ["/etc/default/kubelet", "/var/lib/kubelet/kubeadm-flags.env"];

/// Evaluation and subject of what is open, with its severity.
type Open = BTreeMap<(String, String), Severity>;

/// A flag and what it is to hold.
type Flag<'c> = (&'c str, Option<&'c str>);

/// The cluster answers, and all of its nodes are ready.
fn answers(bed: &Bed) -> bool {
    let ask = |args: &[&str]| bed.try_kubectl(&[&["--request-timeout=5s"], args].concat());
    let ready =
        r#"jsonpath={range .items[*]}{.status.conditions[?(@.type=="Ready")].status} {end}"#;
    ask(&["get", "--raw", "/readyz"]).is_some_and(|text| text == "ok")
        && ask(&["get", "nodes", "-o", ready]).is_some_and(|text| text.trim() == "True True")
}

fn wait(what: &str, mut holds: impl FnMut() -> bool) {
    let started = Instant::now();
    while !holds() {
        assert!(started.elapsed() < PATIENCE, "{what}");
        thread::sleep(Duration::from_millis(500));
    }
}

/// The processes of a program on a node: numbers and command lines.
fn running(bed: &Bed, node: &str, program: &str) -> String {
    let output = bed.enter(node, &["pgrep", "-xa", &program[..program.len().min(15)]]);
    String::from_utf8_lossy(&output.stdout).trim().to_owned()
}

/// Has the init of a node start its kubelet again.
fn restart_kubelet(bed: &Bed, node: &str) {
    let before = running(bed, node, "kubelet");
    bed.enter(node, &["pkill", "-x", "kubelet"]);
    wait("the kubelet starts again", || {
        let now = running(bed, node, "kubelet");
        !now.is_empty() && now.split(' ').next() != before.split(' ').next()
    });
}

/// A place on the cluster where a change is made.
struct Spot<'b> {
    bed: &'b Bed,
    node: String,
    /// The file, or the object as kind and namespace/name.
    place: String,
}

impl<'b> Spot<'b> {
    fn of(bed: &'b Bed, change: &Change, place: &str) -> Self {
        let (place, node) = match place.rsplit_once(" on ") {
            Some((path, node)) => (path, node),
            None => (place, change.target.split(" · ").next().unwrap_or_default()),
        };
        Self {
            bed,
            node: node.to_owned(),
            place: place.to_owned(),
        }
    }

    fn file(&self, path: &str) -> PathBuf {
        self.bed.root(&self.node).join(path.trim_start_matches('/'))
    }

    /// Does what has to be done before a change; gives what a component has to mount, with its type.
    fn prepare<'c>(&self, change: &'c Change) -> Vec<(&'c str, &'static str)> {
        let mut mounts = Vec::new();
        for step in &change.before {
            let (path, kind, mount) = match step {
                Precondition::File {
                    path,
                    content,
                    mount,
                } => {
                    std::fs::write(self.file(path), content).unwrap();
                    self.run(&format!("chown root:root {path} && chmod 0600 {path}"));
                    (path, "File", mount)
                }
                Precondition::Directory { path, mount } => {
                    self.run(&format!("mkdir -m 0700 -p {path}"));
                    (path, "Directory", mount)
                }
                Precondition::Needs { path } => {
                    assert!(self.file(path).exists(), "{path}");
                    continue;
                }
                Precondition::Do { .. } | Precondition::Example { .. } => continue,
            };
            if mount.is_some() {
                mounts.push((path.as_str(), kind));
            }
        }
        mounts
    }

    fn apply(&self, change: &Change) {
        let mounts = self.prepare(change);
        let (mut flags, mut kubelet): (BTreeMap<&str, Vec<Flag<'_>>>, _) = Default::default();
        for edit in &change.edits {
            match edit {
                Edit::Flag {
                    component,
                    name,
                    value,
                    ..
                } => {
                    flags
                        .entry(component)
                        .or_default()
                        .push((name, value.as_deref()));
                }
                Edit::KubeletConfig { path, fragment } => {
                    self.configure(path.as_deref().unwrap_or(KUBELET_CONFIG), fragment);
                    kubelet = true;
                }
                Edit::NodeCommand { command } => self.run(command),
                Edit::Kubectl { command } => {
                    assert!(!command.contains(['\'', '"', '|']), "{command}");
                    let words: Vec<&str> = command.split(' ').skip(1).collect();
                    self.bed.kubectl(&words, "");
                }
                Edit::Patch { fragment } => self.patch(fragment),
                Edit::Apply { object } => {
                    self.bed.kubectl(&["apply", "-f", "-"], object);
                }
            }
        }
        if let Some(flags) = flags.remove("kubelet") {
            self.kubelet_flags(&flags);
            kubelet = true;
        }
        if kubelet {
            restart_kubelet(self.bed, &self.node);
        }
        for (component, flags) in flags {
            self.static_pod(component, &flags, &mounts);
        }
    }

    fn run(&self, command: &str) {
        let output = self.bed.enter(&self.node, &["sh", "-c", command]);
        assert!(output.status.success(), "{command}: {output:?}");
    }

    fn configure(&self, path: &str, fragment: &str) {
        let mut config = yaml(&std::fs::read_to_string(self.file(path)).unwrap());
        merge(&mut config, &yaml(fragment));
        write(&self.file(path), &config);
    }

    /// Takes flags away from where the kubelet's unit has them.
    fn kubelet_flags(&self, flags: &[Flag<'_>]) {
        for file in KUBELET_FLAGS.map(|path| self.file(path)) {
            let Ok(mut text) = std::fs::read_to_string(&file) else {
                continue;
            };
            for (name, value) in flags {
                assert!(value.is_none(), "--{name}");
                let pattern = format!(r#" ?--{name}(=[^\s"]*)?"#);
                let pattern = regex::Regex::new(&pattern).unwrap();
                text = pattern.replace_all(&text, "").into_owned();
            }
            std::fs::write(file, text).unwrap();
        }
    }

    /// Sets flags in the manifest of a static pod, and waits until it runs with them.
    fn static_pod(&self, component: &str, flags: &[Flag<'_>], mounts: &[(&str, &str)]) {
        let place = match self.place.as_str() {
            "" => format!("/etc/kubernetes/manifests/{component}.yaml"),
            place => place.to_owned(),
        };
        let mut pod = yaml(&std::fs::read_to_string(self.file(&place)).unwrap());
        for (path, kind) in mounts {
            let name = Path::new(path).file_stem().unwrap().to_str().unwrap();
            let mount = json!({"name": name, "mountPath": path, "readOnly": *kind == "File"});
            let volume = json!({"name": name, "hostPath": {"path": path, "type": kind}});
            push(&mut pod["spec"]["containers"][0]["volumeMounts"], mount);
            push(&mut pod["spec"]["volumes"], volume);
        }
        let command = pod["spec"]["containers"][0]["command"]
            .as_array_mut()
            .unwrap();
        let before = command.clone();
        for (name, value) in flags {
            let (alone, held) = (format!("--{name}"), format!("--{name}="));
            let own = |word: &str| word == alone || word.starts_with(&held);
            command.retain(|word| !own(word.as_str().unwrap()));
            command.extend(value.map(|value| json!(format!("{held}{value}"))));
        }
        let same = |word: &Value| before.contains(word);
        if command.len() == before.len() && command.iter().all(same) {
            return;
        }
        write(&self.file(&place), &pod);
        if component == "kube-apiserver" {
            // One that is ended at once does not see its connections off for half a minute.
            thread::sleep(Duration::from_secs(1));
            self.bed
                .enter(&self.node, &["pkill", "-9", "-x", component]);
        }
        wait("the component runs with its flags", || {
            let now = running(self.bed, &self.node, component);
            let holds = |(name, value): &Flag<'_>| match value {
                Some(value) => now.contains(&format!("--{name}={value}")),
                None => !now.contains(&format!("--{name}")),
            };
            !now.is_empty() && flags.iter().all(holds)
        });
    }

    /// Lays a fragment over the object: below `spec` over the pod, else over each container.
    fn patch(&self, fragment: &str) {
        let (kind, name) = self.place.split_once(' ').unwrap();
        let (namespace, name) = name.split_once('/').unwrap();
        let object = self
            .bed
            .kubectl(&["get", kind, name, "-n", namespace, "-o", "json"], "");
        let object: Value = serde_json::from_str(&object).unwrap();
        let fragment = yaml(fragment);
        let pod = fragment.get("spec").cloned().unwrap_or_else(|| {
            let containers = &object["spec"]["template"]["spec"]["containers"];
            let containers = containers.as_array().unwrap().iter().map(|one| {
                let mut container = json!({"name": one["name"]});
                merge(&mut container, &fragment);
                container
            });
            json!({"containers": containers.collect::<Vec<_>>()})
        });
        let patch = json!({"spec": {"template": {"spec": pod}}}).to_string();
        self.bed
            .kubectl(&["patch", kind, name, "-n", namespace, "-p", &patch], "");
        // Later fixes may forbid the pods that this one makes.
        let object = format!("{kind}/{name}");
        let rolled_out = [
            "rollout",
            "status",
            &object,
            "-n",
            namespace,
            "--timeout=10s",
        ];
        wait("the change is rolled out", || {
            self.bed.try_kubectl(&rolled_out).is_some()
        });
    }
}

fn yaml(text: &str) -> Value {
    serde_yaml::from_str(text).unwrap()
}

fn write(path: &Path, value: &Value) {
    std::fs::write(path, serde_yaml::to_string(value).unwrap()).unwrap();
}

fn push(list: &mut Value, item: Value) {
    list.as_array_mut().unwrap().push(item);
}

/// Lays `more` over `value`, field by field.
fn merge(value: &mut Value, more: &Value) {
    let Value::Object(fields) = more else {
        value.clone_from(more);
        return;
    };
    for (name, more) in fields {
        merge(&mut value[name], more);
    }
}

fn key(outcome: &Outcome<'_>) -> (String, String) {
    let subject = &outcome.subject;
    let at = [&subject.namespace, &subject.node].map(|part| part.as_deref().unwrap_or_default());
    let subject = format!("{} {} {}", subject.name, at[0], at[1]);
    (outcome.evaluation.to_string(), subject)
}

fn open(report: &Report<'_>) -> Open {
    let severity: BTreeMap<_, _> = report
        .evaluations
        .iter()
        .map(|one| (&*one.id, one.severity))
        .collect();
    let failed = report
        .outcomes
        .verdicts()
        .filter(|one| one.status == Status::Fail);
    failed
        .map(|one| (key(one), severity[&*one.evaluation]))
        .collect()
}

/// Fixes a finding; gives what has to be gone then, or nothing when it is words for a person alone.
fn fix(bed: &Bed, finding: &Finding<'_>) -> Vec<(String, String)> {
    for (change, places) in finding.fixes() {
        for place in places {
            Spot::of(bed, &change, place).apply(&change);
        }
    }
    let by_edits = |one: &&&Outcome<'_>| {
        one.fix
            .as_ref()
            .is_some_and(|fix| !fix.change.edits.is_empty())
    };
    finding
        .outcomes
        .iter()
        .filter(by_edits)
        .map(|one| key(one))
        .collect()
}

/// What the report says to do first does not stop the cluster, clears what it says it clears, and opens nothing as grave.
#[test]
#[ignore = "needs a real cluster: tests/run"]
fn the_first_findings_are_fixed_and_the_cluster_still_answers() {
    let bed = Bed::running();
    let before = report(&ssh::recorded(bed), &["-o", "json"]);
    let before = Report::read(before.as_bytes()).unwrap();
    let all = findings(&before);
    let (mut gone, mut said) = (Vec::new(), String::new());
    for (number, finding) in (1..).zip(&all[..FIRST]) {
        let started = Instant::now();
        let cleared = fix(bed, finding);
        wait(
            &format!("{said}{number} {} stops the cluster", finding.evaluation.id),
            || answers(bed),
        );
        let (took, how) = (started.elapsed().as_secs(), cleared.len());
        let (id, of) = (&finding.evaluation.id, finding.outcomes.len());
        writeln!(said, "{number:2} {id}: {how} of {of} by edits, {took} s").unwrap();
        gone.extend(cleared);
    }
    eprintln!("{said}");
    assert!(said.matches(": 0 of").count() <= 2, "words alone: {said}");
    let after = report(&ssh::recorded(bed), &["-o", "json"]);
    let after = open(&Report::read(after.as_bytes()).unwrap());
    let before = open(&before);
    let stay: Vec<_> = gone.iter().filter(|one| after.contains_key(one)).collect();
    let gravest = all[FIRST - 1].evaluation.severity;
    let new = after
        .iter()
        .filter(|(one, severity)| **severity >= gravest && !before.contains_key(one));
    let new: Vec<_> = new.collect();
    assert!(
        stay.is_empty() && new.is_empty(),
        "{said}stays: {stay:#?}\nis new: {new:#?}"
    );
}
