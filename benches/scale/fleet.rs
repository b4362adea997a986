//! Many nodes over SSH, of which a tenth hangs and a tenth lies: one sshd a connection, on addresses of this machine's own,
//! that answers with what was read of a worker once. Needs sshd.

use std::collections::BTreeMap;
use std::error::Error;
use std::io::Write;
use std::net::{SocketAddr, TcpListener, TcpStream};
use std::os::fd::OwnedFd;
use std::os::unix::fs::PermissionsExt;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};
use std::thread;

use serde_json::Value;

use super::Outcome;
use super::cluster::{Size, address, start};
use super::measure::{GROWTH, rate, run as program};

/// How many nodes the smallest fleet has.
const NODES: usize = 500;

/// The memory that a fleet may take, in MiB.
const MEMORY: f64 = 256.0;

/// What a worker says, in the words of the program's script; an `E` ends what is said at once.
const WORKER: &str = include_str!("worker.records");

/// Says it, as a node does: `$1` holds it, and the last part of the address says which node this is.
const NODE: &str = r#"
exec 2>/dev/null
set -- "$1" $SSH_CONNECTION
part=${4#127.1.}
at=$((${part%.*} * 250 + ${part#*.} - 1))
nonce=
while [ -z "$nonce" ] && read -r line; do
  case $line in *[!0-9a-f]*) ;; ????????????????????????) nonce=$line ;; esac
done
case $((at % 20)) in
  3) cat >/dev/null ;;
  7) at=$((at + 1)) ;;
  17) exec awk -v nonce="$nonce" 'BEGIN {
        printf "28\tB\t%s\t0\n", nonce
        for (;;) { line = "S\t/a/" n++ "\tn"; printf "%d\t%s\n", length(line), line }
      }' ;;
esac
for part in 1 2; do
  while read -r line && [ "$line" != . ]; do :; done
  awk -v nonce="$nonce" -v host="node-$at" -v part=$part '
    function say(line) { told++; if (now == part) printf "%d\t%s\n", length(line), line }
    BEGIN { now = 1; say("B\t" nonce "\t0") }
    /^E$/ { say("E\t" nonce "\t" told); now++; next }
    /^H/ { say("H\t" host); next }
    { say($0) }' "$1"
done
"#;

/// Who opens no session at all, of every twenty.
const SILENT: usize = 13;

/// Those that are no good, of every twenty.
const BAD: [usize; 4] = [3, 7, SILENT, 17];

pub(crate) fn run(out: &mut dyn Write) -> Outcome {
    let mut first = None;
    for times in GROWTH {
        let number = NODES * times;
        let folder = tempfile::tempdir()?;
        let kubeconfig = folder.path().join("kubeconfig");
        let size = Size {
            nodes: number,
            pods: 0,
        };
        start(size, &kubeconfig)?;
        let fleet = Fleet::new(folder.path())?;
        let port = fleet.listen(number)?;
        let args = fleet.args(port)?;
        let args: Vec<&str> = args.iter().map(String::as_str).collect();
        let run = program(&args, Some(&kubeconfig))?;
        if run.code != Some(0) {
            return Err(format!("the audit ended with {:?}", run.code).into());
        }
        let ratio = run.processor.as_secs_f64() / first.get_or_insert(run.processor).as_secs_f64();
        writeln!(
            out,
            "{number:>6} nodes  {:>10.2?}  {:>8.0} nodes/s  {:>6.1} MiB  {:>8.2?} of processors  ×{ratio:.2} of the first",
            run.time,
            rate(number, run.time),
            run.peak,
            run.processor,
        )?;
        fleet.held(number)?;
        if run.peak > MEMORY {
            return Err(format!("{:.0} MiB are more than {MEMORY}", run.peak).into());
        }
    }
    Ok(())
}

/// The files of a fleet.
struct Fleet {
    folder: PathBuf,
}

impl Fleet {
    fn new(folder: &Path) -> Result<Self, Box<dyn Error>> {
        let folder = folder.to_owned();
        for key in ["host", "user"] {
            let mut make = Command::new("ssh-keygen");
            make.args(["-q", "-t", "ed25519", "-N", "", "-f"]);
            let made = make.arg(folder.join(key)).status()?;
            if !made.success() {
                return Err("ssh-keygen made no key".into());
            }
        }
        std::fs::copy(folder.join("user.pub"), folder.join("authorized"))?;
        std::fs::write(folder.join("worker"), WORKER)?;
        std::fs::write(folder.join("node"), NODE)?;
        std::fs::set_permissions(&folder, std::fs::Permissions::from_mode(0o755))?;
        let shown = folder.display();
        let config = format!(
            "HostKey {shown}/host\nAuthorizedKeysFile {shown}/authorized\nStrictModes no\nUsePAM no\nPermitRootLogin yes\n\
             PasswordAuthentication no\nLogLevel QUIET\nForceCommand sh {shown}/node {shown}/worker\n"
        );
        std::fs::write(folder.join("sshd"), config)?;
        Ok(Self { folder })
    }

    fn at(&self, name: &str) -> String {
        self.folder.join(name).display().to_string()
    }

    /// Listens for all of them on one port; whoever connects gets an sshd, or nothing.
    fn listen(&self, number: usize) -> Result<u16, Box<dyn Error>> {
        let mut port = 0;
        for at in 0..number {
            let listener = TcpListener::bind(SocketAddr::from((address(at), port)))?;
            port = listener.local_addr()?.port();
            let config = self.at("sshd");
            let serve = move || {
                let mut kept = Vec::new();
                for stream in listener.incoming().flatten() {
                    match at % 20 {
                        SILENT => kept.push(stream),
                        _ => serve(stream, &config),
                    }
                }
            };
            thread::Builder::new().stack_size(64 << 10).spawn(serve)?;
        }
        Ok(port)
    }

    /// What the program is told.
    fn args(&self, port: u16) -> Result<Vec<String>, Box<dyn Error>> {
        let user = String::from_utf8(Command::new("id").arg("-un").output()?.stdout)?;
        let key = std::fs::read_to_string(self.at("host.pub"))?;
        std::fs::write(self.at("known"), format!("* {key}"))?;
        let config = format!(
            "Port {port}\nUser {user}IdentityFile {}\nIdentitiesOnly yes\n",
            self.at("user")
        );
        std::fs::write(self.at("config"), config)?;
        let args = format!(
            "audit --quiet --ssh-all --ssh-config {} --ssh-known-hosts {} --ssh-parallel 32 --ssh-timeout 20 -o json={}",
            self.at("config"),
            self.at("known"),
            self.at("report")
        );
        Ok(args.split(' ').map(str::to_owned).collect())
    }

    /// Each bad node is one gap, and no good one is.
    fn held(&self, number: usize) -> Outcome {
        let report: Value = serde_json::from_slice(&std::fs::read(self.at("report"))?)?;
        let gaps = report["gaps"].as_array().ok_or("the report has no gaps")?;
        let mut found: BTreeMap<String, usize> = BTreeMap::new();
        for gap in gaps {
            let what = gap["what"].as_str().unwrap_or_default();
            if let Some(name) = what.strip_prefix("files and processes of node ") {
                *found.entry(name.to_owned()).or_default() += 1;
            }
        }
        let bad = (0..number).filter(|at| BAD.contains(&(at % 20)));
        let bad: BTreeMap<String, usize> = bad.map(|at| (format!("node-{at}"), 1)).collect();
        let odd: Vec<_> = bad
            .iter()
            .filter(|one| found.get(one.0) != Some(one.1))
            .collect();
        let more: Vec<_> = found
            .keys()
            .filter(|name| !bad.contains_key(*name))
            .collect();
        match odd.is_empty() && more.is_empty() {
            true => Ok(()),
            false => {
                Err(format!("no gap or several: {odd:?}; a gap of a good node: {more:?}").into())
            }
        }
    }
}

/// Hands a connection over to an sshd.
fn serve(stream: TcpStream, config: &str) {
    let Ok(back) = stream.try_clone() else { return };
    let mut sshd = Command::new("/usr/sbin/sshd");
    sshd.args(["-i", "-f", config])
        .stdin(Stdio::from(OwnedFd::from(stream)))
        .stdout(Stdio::from(OwnedFd::from(back)))
        .stderr(Stdio::null());
    if let Ok(mut sshd) = sshd.spawn() {
        thread::spawn(move || sshd.wait());
    }
}
