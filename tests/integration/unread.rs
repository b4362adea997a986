//! Promise 1 with `-f`: whatever document is made unreadable, every verdict stays or becomes unknown, and nothing is better.

use std::collections::BTreeMap;
use std::fs;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use jiff::Timestamp;
use seaworthy::catalog::{Catalog, Profile};
use seaworthy::collect::collect_manifests;
use seaworthy::evaluate::{Judge, Keep, World, tasks};
use seaworthy::facts::Lacking;
use seaworthy::outcome::Status;
use serde_json::Value;

use crate::harness::run;
use crate::standing::Standing;

/// Files with one document each, of all kinds that are judged; some good, some bad.
const MIXED: &[(&str, &str)] = &[
    (
        "namespace",
        "apiVersion: v1\nkind: Namespace\nmetadata: {name: shop, labels: {pod-security.kubernetes.io/enforce: restricted}}\n",
    ),
    ("good", GOOD),
    (
        "bad",
        "apiVersion: apps/v1\nkind: Deployment\nmetadata: {name: bad, namespace: shop}\nspec:\n  selector: {matchLabels: {a: b}}\n  template:\n    metadata: {labels: {a: b}}\n    spec:\n      hostPID: true\n      serviceAccountName: robot\n      containers: [{name: c, image: nginx, securityContext: {privileged: true}}]\n",
    ),
    (
        "cron",
        "apiVersion: batch/v1\nkind: CronJob\nmetadata: {name: nightly, namespace: shop}\nspec: {schedule: '0 0 * * *', jobTemplate: {spec: {template: {spec: {restartPolicy: Never, hostNetwork: true, containers: [{name: c, image: 'busybox:1.36'}]}}}}}\n",
    ),
    (
        "account",
        "apiVersion: v1\nkind: ServiceAccount\nmetadata: {name: robot, namespace: shop}\nautomountServiceAccountToken: false\n",
    ),
    (
        "role",
        "apiVersion: rbac.authorization.k8s.io/v1\nkind: Role\nmetadata: {name: reader, namespace: shop}\nrules: [{apiGroups: [''], resources: [configmaps], verbs: [get]}]\n",
    ),
    (
        "rolebinding",
        "apiVersion: rbac.authorization.k8s.io/v1\nkind: RoleBinding\nmetadata: {name: reader, namespace: shop}\nsubjects: [{kind: ServiceAccount, name: robot, namespace: shop}]\nroleRef: {apiGroup: rbac.authorization.k8s.io, kind: Role, name: reader}\n",
    ),
    (
        "clusterrole",
        "apiVersion: rbac.authorization.k8s.io/v1\nkind: ClusterRole\nmetadata: {name: secrets}\nrules: [{apiGroups: [''], resources: [secrets], verbs: ['*']}]\n",
    ),
    (
        "clusterbinding",
        "apiVersion: rbac.authorization.k8s.io/v1\nkind: ClusterRoleBinding\nmetadata: {name: secrets}\nsubjects: [{kind: ServiceAccount, name: robot, namespace: shop}]\nroleRef: {apiGroup: rbac.authorization.k8s.io, kind: ClusterRole, name: secrets}\n",
    ),
    (
        "admin",
        "apiVersion: rbac.authorization.k8s.io/v1\nkind: ClusterRoleBinding\nmetadata: {name: root}\nsubjects: [{kind: User, name: jane}]\nroleRef: {apiGroup: rbac.authorization.k8s.io, kind: ClusterRole, name: cluster-admin}\n",
    ),
    (
        "policy",
        "apiVersion: networking.k8s.io/v1\nkind: NetworkPolicy\nmetadata: {name: deny, namespace: shop}\nspec: {podSelector: {}, policyTypes: [Ingress, Egress]}\n",
    ),
    (
        "webhook",
        "apiVersion: admissionregistration.k8s.io/v1\nkind: ValidatingWebhookConfiguration\nmetadata: {name: guard}\nwebhooks: [{name: g.x.io, clientConfig: {service: {name: g, namespace: shop}}, rules: [{apiGroups: ['*'], apiVersions: ['*'], operations: ['*'], resources: ['*']}], admissionReviewVersions: [v1], sideEffects: None}]\n",
    ),
    (
        "service",
        "apiVersion: v1\nkind: Service\nmetadata: {name: web, namespace: shop}\nspec: {selector: {a: b}, ports: [{port: 80}]}\n",
    ),
];

/// A pod that most checks are content with.
const GOOD: &str = "apiVersion: v1\nkind: Pod\nmetadata: {name: good, namespace: shop}\nspec:\n  automountServiceAccountToken: false\n  securityContext: {runAsNonRoot: true, runAsUser: 1000, seccompProfile: {type: RuntimeDefault}}\n  containers:\n  - name: c\n    image: registry.example/web:1.25@sha256:aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa\n    resources: {limits: {memory: 1Gi, cpu: 1}}\n    securityContext: {allowPrivilegeEscalation: false, readOnlyRootFilesystem: true, capabilities: {drop: [ALL]}}\n";

/// A pod that runs as the node.
const EVIL: &str = "apiVersion: v1\nkind: Pod\nmetadata: {name: evil, namespace: shop}\nspec:\n  hostPID: true\n  containers: [{name: c, image: nginx, securityContext: {privileged: true}}]\n";

/// Evaluation, namespace, name, place.
type Who = (String, Option<Arc<str>>, Arc<str>, Option<Arc<str>>);

struct Seen {
    verdicts: BTreeMap<Who, Status>,
    standing: Standing,
}

fn judged(catalog: &Catalog, folder: &Path) -> Seen {
    let now: Timestamp = "2026-01-01T00:00:00Z".parse().unwrap();
    let facts = collect_manifests(&[folder.to_owned()], now).unwrap();
    let profiles: Vec<&Profile> = catalog.profiles.values().collect();
    let tasks = tasks(catalog, &profiles).unwrap();
    let lacking = Lacking::default();
    let world = World::new(&facts, &lacking);
    let judge = Judge::new(&world, &tasks);
    let judgement = judge.judge(Keep::Everything);
    let mut verdicts = BTreeMap::new();
    for outcome in judgement.iter().flat_map(|judged| &judged.outcomes) {
        let subject = &outcome.subject;
        let who = (
            outcome.evaluation.to_string(),
            subject.namespace.clone(),
            subject.name.clone(),
            subject.place.clone(),
        );
        verdicts.insert(who, outcome.status);
    }
    Seen {
        verdicts,
        standing: Standing::new(catalog, &profiles, &facts, judgement),
    }
}

/// What is allowed to have become of `before` when the file called `mutated` cannot be read.
fn compare(before: &Seen, after: &Seen, mutated: &str) -> Vec<String> {
    let mut wrong = Vec::new();
    let own = |who: &Who| {
        who.3
            .as_ref()
            .is_some_and(|place| place.contains(&format!("/{mutated}.yaml:")))
    };
    let unknown = |evaluation: &str| {
        let mut all = after.verdicts.iter();
        all.any(|(who, status)| who.0 == evaluation && *status == Status::Unknown)
    };
    for (who, status) in &before.verdicts {
        match after.verdicts.get(who) {
            Some(now) if now == status || *now == Status::Unknown => {}
            None if unknown(&who.0) => {}
            // What did not apply to the object itself is not missed.
            None if own(who) && *status == Status::NotApplicable => {}
            now => wrong.push(format!("{mutated}: {who:?} was {status:?} and is {now:?}")),
        }
    }
    for (who, status) in &after.verdicts {
        if !before.verdicts.contains_key(who) && *status != Status::Unknown {
            wrong.push(format!("{mutated}: {who:?} is new and {status:?}"));
        }
    }
    let better = before.standing.better(&after.standing).into_iter();
    wrong.extend(better.map(|what| format!("{mutated}: {what}")));
    wrong
}

fn written(files: &[(&str, &str)]) -> tempfile::TempDir {
    let folder = tempfile::tempdir().unwrap();
    for (name, text) in files {
        fs::write(folder.path().join(format!("{name}.yaml")), text).unwrap();
    }
    folder
}

fn cut(text: &str) -> String {
    format!("{}\n  cut: [\n", &text[..text.len() / 2])
}

#[test]
#[expect(clippy::too_many_lines, reason = "one table of cases")]
fn a_document_that_cannot_be_read_decides_nothing() {
    let catalog = Catalog::shipped().unwrap();
    let before = {
        let folder = written(MIXED);
        judged(&catalog, folder.path())
    };
    let strip = |seen: Seen, folder: &Path| {
        // Places without the name of the folder, which differs.
        let folder = folder.display().to_string();
        let bare = |place: Arc<str>| Arc::from(place.replace(&folder, ""));
        let verdicts = seen.verdicts.into_iter();
        let verdicts = verdicts.map(|((e, ns, name, place), status)| {
            (
                (e, ns, Arc::from(name.replace(&folder, "")), place.map(bare)),
                status,
            )
        });
        Seen {
            verdicts: verdicts.collect(),
            ..seen
        }
    };
    let folder = written(MIXED);
    let before = {
        drop(before);
        strip(judged(&catalog, folder.path()), folder.path())
    };
    assert!(
        before
            .verdicts
            .values()
            .any(|status| *status == Status::Fail)
    );
    assert!(
        before
            .verdicts
            .values()
            .any(|status| *status == Status::Pass)
    );
    let mut wrong = Vec::new();
    for (name, text) in MIXED {
        let kind = text.lines().nth(1).unwrap();
        let foreign = text.replacen(kind, &format!("{kind}Thing"), 1);
        let foreign = foreign.replacen(
            text.lines().next().unwrap(),
            "apiVersion: example.org/v1",
            1,
        );
        // What of these would matter cannot be told by their shape.
        let shapeless = ["namespace", "account", "service"].contains(name);
        let mutations = [
            Some(text.replacen("metadata", "\tx: 1\nmetadata", 1)),
            Some(cut(text)),
            Some(format!("{{{{- if .Values.x }}}}\n{text}{{{{- end }}}}\n")),
            Some(text.replacen("metadata: {name: ", "metadata: {name: '{{ .x }}', x: ", 1)),
            (!shapeless).then_some(foreign),
        ];
        for mutated in mutations.into_iter().flatten() {
            assert_ne!(&mutated, text);
            fs::write(folder.path().join(format!("{name}.yaml")), &mutated).unwrap();
            let after = strip(judged(&catalog, folder.path()), folder.path());
            wrong.extend(compare(&before, &after, name));
        }
        fs::write(folder.path().join(format!("{name}.yaml")), text).unwrap();
    }
    assert!(
        wrong.is_empty(),
        "{}\n{} in all",
        wrong[..wrong.len().min(20)].join("\n"),
        wrong.len()
    );
}

/// Audits these files.
fn audit(files: &[(&str, &str)], more: &[&str]) -> (i32, String) {
    let folder = written(files);
    let path = folder.path().to_str().unwrap();
    let run = run(&[&["audit", "-f", path], more].concat());
    (run.code, run.out.replace(path, "."))
}

/// The verdicts of one check, by place.
fn verdicts(files: &[(&str, &str)], check: &str) -> Vec<(String, String)> {
    let (_, out) = audit(files, &["--check", check, "-o", "json", "--all"]);
    let report: Value = serde_json::from_str(&out).unwrap();
    let outcomes = report["outcomes"].as_array().unwrap().iter();
    let text = |value: &Value| value.as_str().unwrap_or_default().to_owned();
    outcomes
        .map(|one| (text(&one["status"]), text(&one["subject"]["place"])))
        .collect()
}

#[test]
fn what_was_not_understood_is_named_and_no_gate_is_passed() {
    let broken = EVIL.replacen("  hostPID", "\thostPID", 1);
    let files = [("good", GOOD), ("evil", broken.as_str())];
    for gate in [
        &["--min-coverage", "100"][..],
        &["--fail-on", "critical"],
        &["--min-score", "1"],
    ] {
        let (code, out) = audit(&files, &[&["--profile", "pss-baseline"], gate].concat());
        assert_eq!(code, 3, "{gate:?}: {out}");
        assert!(
            out.contains("./evil.yaml:5 document: it is not valid YAML"),
            "{out}"
        );
    }
    let (code, out) = audit(&files[1..], &["--profile", "pss-baseline"]);
    assert_eq!(code, 3, "{out}");
    let (code, out) = audit(
        &files[..1],
        &["--profile", "pss-baseline", "--min-coverage", "100"],
    );
    assert_eq!(code, 0, "{out}");
    // What is well-formed and no object costs nothing.
    let values = [
        ("good", GOOD),
        ("values", "image: {tag: 1}\n"),
        ("chart", "apiVersion: v2\nname: x\n"),
        ("patch", "- op: add\n"),
        (
            "custom",
            "apiVersion: x.io/v1\nkind: Thing\nspec: {image: x, ref: {apiVersion: v1, kind: Pod, name: x}}\n",
        ),
    ];
    let (code, out) = audit(
        &values,
        &[
            "--profile",
            "pss-baseline",
            "--min-coverage",
            "100",
            "--fail-on",
            "low",
        ],
    );
    assert_eq!(code, 0, "{out}");
    // Where there is nothing else, nothing was judged: that is no pass, whatever was asked for.
    let (code, out) = audit(&values[1..4], &[]);
    assert_eq!(code, 3, "{out}");
    assert!(out.contains("Nothing could be judged"), "{out}");
}

#[test]
#[expect(clippy::too_many_lines, reason = "one table of cases")]
fn kinds_that_carry_pods_are_judged_or_named() {
    let pod = "{hostPID: true, containers: [{name: c, image: nginx, securityContext: {privileged: true}}]}";
    let template = format!("{{metadata: {{labels: {{a: b}}}}, spec: {pod}}}");
    for (head, spec, expected) in [
        (
            "extensions/v1beta1, kind: Deployment",
            format!("spec: {{template: {template}}}"),
            "fail",
        ),
        (
            "apps/v1beta2, kind: DaemonSet",
            format!("spec: {{template: {template}}}"),
            "fail",
        ),
        (
            "apps/v1, kind: ReplicaSet",
            format!("spec: {{replicas: 0, template: {template}}}"),
            "fail",
        ),
        (
            "batch/v2alpha1, kind: CronJob",
            format!("spec: {{jobTemplate: {{spec: {{template: {template}}}}}}}"),
            "fail",
        ),
        (
            "v1, kind: PodTemplate",
            format!("template: {template}"),
            "fail",
        ),
        (
            "v1, kind: Pod",
            format!("spec: {pod}, status: {{phase: Succeeded}}"),
            "fail",
        ),
        (
            "apps/v7, kind: Deployment",
            format!("spec: {{template: {template}}}"),
            "unknown",
        ),
        (
            "argoproj.io/v1alpha1, kind: Rollout",
            format!("spec: {{template: {template}}}"),
            "unknown",
        ),
        (
            "serving.knative.dev/v1, kind: Service",
            format!("spec: {{template: {template}}}"),
            "unknown",
        ),
        (
            "apps.openshift.io/v1, kind: DeploymentConfig",
            format!("spec: {{template: {template}}}"),
            "unknown",
        ),
        (
            "x.io/v1, kind: Engine",
            format!("spec: {{podTemplate: {{spec: {pod}}}}}"),
            "unknown",
        ),
        (
            "x.io/v1, kind: Engine",
            format!("spec: {{enginePodSpec: {pod}}}"),
            "unknown",
        ),
        (
            "argoproj.io/v1alpha1, kind: Workflow",
            "spec: {templates: [{name: t, container: {image: x, command: [x]}}]}".to_owned(),
            "unknown",
        ),
        (
            "tekton.dev/v1, kind: Task",
            "spec: {steps: [{name: t, image: x, script: x}]}".to_owned(),
            "unknown",
        ),
        (
            "template.openshift.io/v1, kind: Template",
            format!(
                "objects: [{{apiVersion: v1, kind: Pod, metadata: {{name: '${{X}}'}}, spec: {pod}}}]"
            ),
            "unknown",
        ),
    ] {
        let text = format!("{{apiVersion: {head}, metadata: {{name: x}}, {spec}}}\n");
        let files = [("good", GOOD), ("x", text.as_str())];
        let found = verdicts(&files, "workload-privileged-container");
        assert!(
            found.iter().any(|(status, _)| status == expected),
            "{text}: {found:?}"
        );
        let (code, out) = audit(
            &files,
            &[
                "--profile",
                "pss-baseline",
                "--fail-on",
                "low",
                "--min-coverage",
                "100",
            ],
        );
        assert_eq!(
            code,
            if expected == "fail" { 1 } else { 3 },
            "{text}: {out}"
        );
        if expected == "unknown" {
            assert!(out.contains("./x.yaml:1 "), "{out}");
        }
    }
    let old = "{apiVersion: rbac.authorization.k8s.io/v1beta1, kind: ClusterRoleBinding, metadata: {name: b}, roleRef: {kind: ClusterRole, name: cluster-admin}, subjects: [{kind: User, name: jane}]}";
    assert_eq!(
        verdicts(&[("old", old)], "binding-cluster-admin")[0].0,
        "fail"
    );
    let (_, out) = audit(
        &[("old", old)],
        &["--profile", "pss-baseline", "--width", "120"],
    );
    assert!(
        out.contains("no longer serves: 1 ClusterRoleBinding of rbac.authorization.k8s.io/v1beta1"),
        "{out}"
    );
}

#[test]
fn objects_of_one_name_are_judged_each_at_its_place() {
    let deployment = |privileged: bool| {
        format!(
            "{{apiVersion: apps/v1, kind: Deployment, metadata: {{name: web}}, spec: {{template: {{spec: {{containers: [{{name: c, image: x, securityContext: {{privileged: {privileged}}}}}]}}}}}}}}\n"
        )
    };
    let (good, bad) = (deployment(false), deployment(true));
    let check = "workload-privileged-container";
    let said = |status: &str, place: &str| (status.to_owned(), place.to_owned());
    let found = verdicts(&[("a", bad.as_str()), ("b", good.as_str())], check);
    assert_eq!(
        found,
        [said("fail", "./a.yaml:1"), said("pass", "./b.yaml:1")]
    );
    let found = verdicts(&[("a", good.as_str()), ("b", bad.as_str())], check);
    assert_eq!(
        found,
        [said("pass", "./a.yaml:1"), said("fail", "./b.yaml:1")]
    );
    let list = format!(
        "apiVersion: v1\nkind: List\nitems:\n- {good}- {bad}- apiVersion: v1\n  kind: Pod\n  metadata: {{generateName: r-}}\n  spec: {{containers: [{{name: c, image: x, securityContext: {{privileged: true}}}}]}}\n"
    );
    let found = verdicts(&[("a", list.as_str())], check);
    assert_eq!(
        found,
        [
            said("pass", "./a.yaml:4"),
            said("fail", "./a.yaml:5"),
            said("fail", "./a.yaml:6")
        ]
    );
    let (_, out) = audit(&[("a", list.as_str())], &["--check", check, "-o", "json"]);
    assert!(out.contains("Pod r-*"), "{out}");
}

#[test]
fn no_order_of_files_makes_a_role_harmless() {
    let role = |resource: &str| {
        format!(
            "{{apiVersion: rbac.authorization.k8s.io/v1, kind: ClusterRole, metadata: {{name: r}}, rules: [{{apiGroups: [''], resources: [{resource}], verbs: [get, list]}}]}}\n"
        )
    };
    let binding = "{apiVersion: rbac.authorization.k8s.io/v1, kind: ClusterRoleBinding, metadata: {name: b}, subjects: [{kind: ServiceAccount, name: x, namespace: shop}], roleRef: {kind: ClusterRole, name: r, apiGroup: rbac.authorization.k8s.io}}";
    let (secrets, pods) = (role("secrets"), role("pods"));
    for (first, second) in [(&secrets, &pods), (&pods, &secrets)] {
        let files = [
            ("a", first.as_str()),
            ("b", second.as_str()),
            ("c", binding),
        ];
        let found = verdicts(&files, "binding-secrets-read");
        assert!(
            found.iter().any(|(status, _)| status == "unknown"),
            "{found:?}"
        );
        assert!(
            found.iter().all(|(status, _)| status != "pass"),
            "{found:?}"
        );
        let (_, out) = audit(
            &files,
            &["--check", "binding-secrets-read", "--width", "120"],
        );
        assert!(
            out.contains("./a.yaml:1, ./b.yaml:1 ClusterRole r, declared twice, differently"),
            "{out}"
        );
    }
    // The same twice is one opinion.
    let files = [("a", pods.as_str()), ("b", pods.as_str()), ("c", binding)];
    assert!(
        verdicts(&files, "binding-secrets-read")
            .iter()
            .all(|(status, _)| status == "pass")
    );
}

#[test]
fn a_template_without_containers_proves_nothing() {
    let head = "apiVersion: apps/v1\nkind: Deployment\nmetadata: {name: web, namespace: shop}\n";
    for (spec, host) in [
        ("{replicas: 3, template: null}", false),
        ("{template: {spec: {hostPID: true}}}", true),
        ("null", false),
    ] {
        let text = format!("{head}spec: {spec}\n");
        let (_, out) = audit(&[("a", text.as_str())], &["-o", "json", "--all"]);
        let report: Value = serde_json::from_str(&out).unwrap();
        let outcomes = report["outcomes"].as_array().unwrap().iter();
        let about: Vec<&Value> = outcomes
            .filter(|one| one["subject"]["name"] == "Deployment web")
            .collect();
        assert!(about.len() > 20);
        assert!(
            about.iter().all(|one| one["status"] != "pass"),
            "{about:#?}"
        );
        assert!(out.contains("Deployment web: no containers stated"));
        let fails = about
            .iter()
            .any(|one| one["status"] == "fail" && one["evaluation"] == "workload-host-pid");
        assert_eq!(fails, host, "{spec}");
    }
}

#[test]
fn what_the_api_server_fills_in_is_known() {
    let pod = "{apiVersion: v1, kind: Pod, metadata: {name: p, namespace: shop}, spec: {containers: [{name: c, image: 'nginx:1'}], volumes: [{name: scratch}]}}";
    let (_, out) = audit(
        &[("a", pod)],
        &["--profile", "pss-restricted", "-o", "json", "--all"],
    );
    assert!(!out.contains("restrictedVolumes\""), "{out}");
    let odd = pod.replace("{name: scratch}", "{name: scratch, fresh: {x: 1}}");
    let (_, out) = audit(
        &[("a", odd.as_str())],
        &["--profile", "pss-restricted", "-o", "json", "--all"],
    );
    assert!(out.contains("restrictedVolumes"), "{out}");
}

#[test]
fn of_a_folder_all_that_kubectl_would_read_is_read_or_named() {
    let folder = written(&[("good", GOOD), (".evil", EVIL)]);
    let at = |path: &str| -> PathBuf { folder.path().join(path) };
    fs::create_dir_all(at(".k8s/deep")).unwrap();
    fs::write(at(".k8s/deep/p.json"), r#"{"apiVersion": "v1", "kind": "Pod", "metadata": {"name": "q"}, "spec": {"hostPID": true, "containers": [{"name": "c", "image": "x"}]}}"#).unwrap();
    let audit = |more: &[&str]| {
        let path = folder.path().to_str().unwrap();
        let run = run(&[&["audit", "-f", path, "--check", "workload-host-pid"], more].concat());
        (run.code, run.out)
    };
    let (_, out) = audit(&["-o", "json"]);
    assert!(
        out.contains(".evil.yaml:1") && out.contains("p.json:1"),
        "{out}"
    );
    fs::remove_file(at(".evil.yaml")).unwrap();
    fs::remove_dir_all(at(".k8s")).unwrap();
    assert_eq!(audit(&["--fail-on", "low"]).0, 0);
    // A pipe that nobody writes to, a link to nowhere, a link to a folder.
    let pipe = std::process::Command::new("mkfifo")
        .arg(at("pipe.yaml"))
        .status()
        .unwrap();
    assert!(pipe.success());
    std::os::unix::fs::symlink("/nonexistent", at("link.yml")).unwrap();
    std::os::unix::fs::symlink("/", at("root.yaml")).unwrap();
    let (code, out) = audit(&["--fail-on", "low"]);
    assert_eq!(code, 3, "{out}");
    for name in [
        "pipe.yaml file: it is no regular file",
        "link.yml file: ",
        "root.yaml file: it is no regular file",
    ] {
        assert!(out.contains(name), "{name}: {out}");
    }
}
