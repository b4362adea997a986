//! The running test bed, and the ways into it.

use std::ffi::OsStr;
use std::path::{Path, PathBuf};
use std::process::{Command, Output};
use std::sync::LazyLock;

use kube::config::{KubeConfigOptions, Kubeconfig};
use serde_json::Value;

/// A running cluster.
pub(super) struct Bed {
    description: Value,
    /// What it was before any test added an object, as the control-plane node saw it.
    pub(super) recorded: Vec<u8>,
}

/// The administrator's kubeconfig on the control-plane node.
pub(super) const ADMIN: [&str; 2] = ["--kubeconfig", "/etc/kubernetes/admin.conf"];

impl Bed {
    /// The cluster that `tests/run` made. Whoever asks first records it before anybody can change it.
    pub(super) fn running() -> &'static Self {
        static BED: LazyLock<Bed> = LazyLock::new(|| {
            let mut bed = Bed::described();
            bed.recorded = bed.collected("cp1", &ADMIN);
            bed
        });
        &BED
    }

    /// A snapshot of what `node` sees of itself and, with the access in `args`, of the API.
    pub(super) fn collected(&self, node: &str, args: &[&str]) -> Vec<u8> {
        let file = "/root/recorded.seaworthy";
        let mut words = vec!["collect", "--node", "local", "-o", file];
        words.extend(args);
        let output = self.seaworthy(node, &words);
        assert!(
            output.status.success(),
            "{}",
            String::from_utf8_lossy(&output.stderr)
        );
        std::fs::read(self.root(node).join("root/recorded.seaworthy")).unwrap()
    }

    fn described() -> Self {
        let path = std::env::var("SEAWORTHY_TESTBED").expect(
            "SEAWORTHY_TESTBED names no running cluster: start the live tests with tests/run",
        );
        let text = std::fs::read_to_string(path).unwrap();
        Self {
            description: serde_json::from_str(&text).unwrap(),
            recorded: Vec::new(),
        }
    }

    fn text(&self, field: &str) -> &str {
        self.description[field].as_str().unwrap()
    }

    /// The administrator's kubeconfig.
    pub(super) fn kubeconfig(&self) -> PathBuf {
        self.text("kubeconfig").into()
    }

    /// A client of the administrator.
    pub(super) async fn client(&self) -> kube::Client {
        let kubeconfig = Kubeconfig::read_from(self.kubeconfig()).unwrap();
        let options = KubeConfigOptions::default();
        let config = kube::Config::from_custom_kubeconfig(kubeconfig, &options).await;
        kube::Client::try_from(config.unwrap()).unwrap()
    }

    /// The private key that opens all nodes.
    pub(super) fn ssh_key(&self) -> PathBuf {
        self.text("sshKey").into()
    }

    /// The nodes' host keys.
    pub(super) fn known_hosts(&self) -> &Path {
        Path::new(self.text("sshKnownHosts"))
    }

    /// Where a node is reached.
    pub(super) fn address(&self, node: &str) -> String {
        self.node(node)["address"].as_str().unwrap().to_owned()
    }

    /// The root folder of a node with its mounts, as this machine sees it.
    pub(super) fn live_root(&self, node: &str) -> String {
        self.node(node)["liveRoot"].as_str().unwrap().to_owned()
    }

    /// Runs kubectl as the administrator, feeding it `input`.
    pub(super) fn kubectl(&self, args: &[&str], input: &str) -> String {
        let mut command = Command::new(Path::new(self.text("bin")).join("kubectl"));
        command
            .arg("--kubeconfig")
            .arg(self.kubeconfig())
            .args(args);
        command.env("HOME", std::env::temp_dir());
        let output = with_input(command, input);
        assert!(
            output.status.success(),
            "kubectl {args:?}: {}",
            String::from_utf8_lossy(&output.stderr)
        );
        String::from_utf8(output.stdout).unwrap()
    }

    /// What kubectl itself makes of a file, without a server; nothing where it refuses it.
    pub(super) fn read_by_kubectl(&self, file: &Path) -> Option<Vec<u8>> {
        let output = Command::new(Path::new(self.text("bin")).join("kubectl"))
            .args(["label", "--local", "-o", "json", "x=y", "-f"])
            .arg(file)
            .env("HOME", std::env::temp_dir())
            .output()
            .unwrap();
        // Of several objects it prints those before one that it cannot read.
        (!output.stdout.is_empty()).then_some(output.stdout)
    }

    /// What kubectl says as the administrator, if it is content.
    pub(super) fn try_kubectl(&self, args: &[&str]) -> Option<String> {
        let mut command = Command::new(Path::new(self.text("bin")).join("kubectl"));
        let command = command
            .arg("--kubeconfig")
            .arg(self.kubeconfig())
            .args(args);
        let output = command.env("HOME", std::env::temp_dir()).output().unwrap();
        output
            .status
            .success()
            .then(|| String::from_utf8_lossy(&output.stdout).into_owned())
    }

    fn node(&self, name: &str) -> &Value {
        let nodes = self.description["nodes"].as_array().unwrap();
        nodes.iter().find(|node| node["name"] == name).unwrap()
    }

    /// The root folder of a node, as this machine sees it.
    pub(super) fn root(&self, node: &str) -> PathBuf {
        self.node(node)["root"].as_str().unwrap().into()
    }

    /// Runs a command inside `node`.
    pub(super) fn enter(&self, node: &str, command: &[&str]) -> Output {
        let enter = self.node(node)["enter"].as_array().unwrap();
        let mut words = enter.iter().map(|word| word.as_str().unwrap());
        Command::new(words.next().unwrap())
            .args(words)
            .args(command)
            .env_clear()
            .env("PATH", "/usr/sbin:/usr/bin:/sbin:/bin")
            .env("HOME", "/root")
            .env("LANG", "C.UTF-8")
            .output()
            .unwrap()
    }

    /// The program with `args`, run on this machine and in the network of `node`.
    pub(super) fn in_network(&self, node: &str, args: &[&str]) -> Output {
        let process = self.node(node)["pid"].to_string();
        Command::new("nsenter")
            .args(["-t", &process, "-n", env!("CARGO_BIN_EXE_seaworthy")])
            .args(args)
            .output()
            .unwrap()
    }

    /// The program with `args`, run inside `node`.
    pub(super) fn seaworthy(&self, node: &str, args: &[&str]) -> Output {
        // Several tests run at once: each has a program of its own.
        let name = format!("seaworthy-{:?}", std::thread::current().id()).replace(['(', ')'], "");
        let program = self.root(node).join("root").join(&name);
        // By another process: what another test starts meanwhile would inherit our way into the file, which nobody could
        // run as long as it is open.
        let copied = Command::new("cp")
            .arg(env!("CARGO_BIN_EXE_seaworthy"))
            .arg(&program)
            .status();
        assert!(copied.unwrap().success());
        let inside = format!("/root/{name}");
        let mut command = vec![inside.as_str()];
        command.extend(args);
        let output = self.enter(node, &command);
        std::fs::remove_file(program).unwrap();
        output
    }

    /// The server's address and the cluster CA, in base64.
    pub(super) fn server(&self) -> (String, String) {
        let view = self.kubectl(&["config", "view", "--raw", "--minify", "-o", "json"], "");
        let view: Value = serde_json::from_str(&view).unwrap();
        let cluster = &view["clusters"][0]["cluster"];
        let text = |field: &str| cluster[field].as_str().unwrap().to_owned();
        (text("server"), text("certificate-authority-data"))
    }

    /// A kubeconfig of a new service account with these RBAC rules, cluster-wide.
    pub(super) fn account(&self, name: &str, rules: &Value, folder: &Path) -> PathBuf {
        let metadata = serde_json::json!({"name": name, "namespace": "default"});
        let objects = serde_json::json!({"apiVersion": "v1", "kind": "List", "items": [
            {"apiVersion": "v1", "kind": "ServiceAccount", "metadata": metadata},
            {"apiVersion": "rbac.authorization.k8s.io/v1", "kind": "ClusterRole", "metadata": {"name": name}, "rules": rules},
            {"apiVersion": "rbac.authorization.k8s.io/v1", "kind": "ClusterRoleBinding", "metadata": {"name": name},
             "roleRef": {"apiGroup": "rbac.authorization.k8s.io", "kind": "ClusterRole", "name": name},
             "subjects": [{"kind": "ServiceAccount", "name": name, "namespace": "default"}]},
        ]});
        self.kubectl(&["apply", "-f", "-"], &objects.to_string());
        let token = self.kubectl(&["create", "token", name, "-n", "default"], "");
        let (server, authority) = self.server();
        let kubeconfig = serde_json::json!({
            "apiVersion": "v1", "kind": "Config", "current-context": "c",
            "contexts": [{"name": "c", "context": {"cluster": "c", "user": "u"}}],
            "clusters": [{"name": "c", "cluster": {"server": server, "certificate-authority-data": authority}}],
            "users": [{"name": "u", "user": {"token": token.trim()}}],
        });
        let path = folder.join(format!("{name}.kubeconfig"));
        std::fs::write(&path, kubeconfig.to_string()).unwrap();
        path
    }
}

fn with_input(mut command: Command, input: &str) -> Output {
    use std::io::Write;
    use std::process::Stdio;
    let mut child = command
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .spawn()
        .unwrap();
    child
        .stdin
        .take()
        .unwrap()
        .write_all(input.as_bytes())
        .unwrap();
    child.wait_with_output().unwrap()
}

/// Runs a program of the test bed.
pub(super) fn testbed(program: &str, args: &[&OsStr]) -> Output {
    let path = Path::new(env!("CARGO_MANIFEST_DIR"))
        .join("tests/testbed")
        .join(program);
    Command::new(path).args(args).output().unwrap()
}
