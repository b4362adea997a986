//! Ways to hosts: keys, what narrows trust, and what is refused by name.

use std::fs;
use std::path::Path;
use std::sync::Arc;

use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use tempfile::TempDir;

use crate::collect::ssh::algorithms::{allowed, preferred, rsa_bits};
use crate::collect::ssh::error::SshError;
use crate::collect::ssh::known_hosts::Verdict;
use crate::collect::ssh::route::{Planner, Route, Surroundings};
use crate::target::{Ssh, SshHost};

const A: &str = "AAAAC3NzaC1lZDI1NTE5AAAAIBZEZrYD7mwR6Z2dunfJXM2Rml8Cnny1qTwpbuw/RXaS";
const B: &str = "AAAAC3NzaC1lZDI1NTE5AAAAINk+k4B25fU6nBf8DrC3xBSuPmkdRln9c7zxIg54/SUU";

/// The way to `cp1` of a user with these files in `~/.ssh`; `~` stands for the home folder in what is told of it.
struct Way {
    home: TempDir,
}

impl Way {
    fn new(files: &[(&str, &str)]) -> Self {
        let home = TempDir::new().unwrap();
        fs::create_dir(home.path().join(".ssh")).unwrap();
        let known = format!("cp1 ssh-ed25519 {A}\n");
        for (name, text) in files.iter().chain(&[("known_hosts", known.as_str())]) {
            fs::write(home.path().join(".ssh").join(name), text).unwrap();
        }
        Self { home }
    }

    fn to(&self, host: &str) -> Result<Route, String> {
        let around = Surroundings {
            home: self.home.path().to_owned(),
            user: "me".to_owned(),
            agent: None,
            variable: |name| (name == "KEYS").then(|| "~keys".to_owned()),
        };
        let ssh = Ssh {
            hosts: Vec::new(),
            all: false,
            user: None,
            keys: Vec::new(),
            config: Some(self.home.path().join(".ssh/config")),
            known_hosts: None,
            jump: Vec::new(),
            accept_new: false,
            parallel: 1,
            time_limit: std::time::Duration::from_secs(1),
        };
        let mut planner = Planner {
            ssh: &ssh,
            around: &around,
            remarks: Default::default(),
            shelf: Default::default(),
            config: Default::default(),
        };
        let host: SshHost = host.parse().unwrap();
        let told = |error: SshError| self.told(&error.to_string());
        let first = planner.route(&host).map_err(told)?;
        // What is known of hosts is read once and shared.
        fs::write(self.home.path().join(".ssh/known_hosts"), "").unwrap();
        let again = planner.route(&host).map_err(told)?;
        let files = |route: &Route| route.known_hosts.files.clone();
        assert!(
            files(&first)
                .iter()
                .zip(files(&again))
                .all(|(a, b)| Arc::ptr_eq(a, &b))
        );
        Ok(first)
    }

    fn told(&self, text: &str) -> String {
        text.replace(&self.home.path().display().to_string(), "~")
    }
}

/// The names of the keys that are offered, and of those that are not there.
fn keys(config: &str) -> (Vec<String>, Vec<String>) {
    let names = ["id_rsa", "one", "two words", "cp1.me.22"];
    let mut files: Vec<(&str, &str)> = names.iter().map(|name| (*name, "")).collect();
    files.push(("config", config));
    let way = Way::new(&files);
    let route = way.to("cp1").unwrap();
    let shown = |key: &std::path::PathBuf| way.told(&key.display().to_string());
    let missing = route.missing.iter().map(|name| way.told(name));
    (route.keys.iter().map(shown).collect(), missing.collect())
}

#[test]
fn keys_are_found_however_their_path_is_written() {
    for (path, expected) in [
        ("~/.ssh/one", "~/.ssh/one"),
        ("'~/.ssh/one'", "~/.ssh/one"),
        ("\"~/.ssh/two words\"", "~/.ssh/two words"),
        ("~/.ssh/two\\ words", "~/.ssh/two words"),
        ("%d/.ssh/%n.%u.%p", "~/.ssh/cp1.me.22"),
        ("~/.ssh/%h.%r.%p # why", "~/.ssh/cp1.me.22"),
    ] {
        let found = keys(&format!("IdentityFile {path}\n"));
        assert_eq!(found, (vec![expected.to_owned()], vec![]), "{path}");
    }
    let home = Way::new(&[]);
    let in_home = home.home.path().join(".ssh/known_hosts");
    fs::write(
        home.home.path().join(".ssh/config"),
        format!(
            "IdentityFile {}/.ssh/known_hosts\n",
            home.home.path().display()
        ),
    )
    .unwrap();
    assert_eq!(home.to("cp1").unwrap().keys, [in_home]);
}

#[test]
fn keys_that_are_not_there_are_named() {
    let none = |config: &str| keys(config).1;
    assert_eq!(none(""), ["~/.ssh/id_ed25519", "~/.ssh/id_ecdsa"]);
    assert_eq!(none("IdentityFile ~/.ssh/gone\n"), ["~/.ssh/gone"]);
    assert_eq!(none("IdentityFile ${KEYS}/a\n"), ["~keys/a"]);
    assert_eq!(none("IdentityFile ${GONE}/a\n"), ["${GONE}/a"]);
    assert_eq!(none("IdentityFile ~you/a\n"), ["~you/a"]);
    assert!(none("IdentityFile none\n").is_empty());
}

#[test]
fn a_revoked_key_is_refused_wherever_it_is_known() {
    let judged = |config: &str, list: &str| {
        let way = Way::new(&[("config", config), ("revoked", list)]);
        let route = way.to("cp1");
        route.map(|route| {
            match route
                .known_hosts
                .judge("cp1", 22, &STANDARD.decode(A).unwrap())
            {
                Verdict::Known => "known".to_owned(),
                Verdict::Revoked(at) => way.told(&format!("revoked by {at}")),
                other => format!("{other:?}"),
            }
        })
    };
    let config = "RevokedHostKeys ~/.ssh/revoked\n";
    let revoked = |line: u32| Ok(format!("revoked by ~/.ssh/revoked:{line}"));
    assert_eq!(
        judged(config, &format!("# ours\n\n ssh-ed25519 {A} cp1\n")),
        revoked(3)
    );
    assert_eq!(
        judged(config, &format!("ssh-ed25519 {B}\n")),
        Ok("known".to_owned())
    );
    assert_eq!(judged(config, ""), Ok("known".to_owned()));
    // A block whose condition is not evaluated gives nothing, and takes away all the same.
    let perhaps = "Match exec true\n RevokedHostKeys '~/.ssh/revoked'\n";
    assert_eq!(judged(perhaps, &format!("ssh-ed25519 {A}\n")), revoked(1));
    let other = "Match host b exec true\n RevokedHostKeys ~/.ssh/revoked\n";
    assert_eq!(
        judged(other, &format!("ssh-ed25519 {A}\n")),
        Ok("known".to_owned())
    );
    // The first value counts.
    let first = format!("RevokedHostKeys none\n{config}");
    assert_eq!(
        judged(&first, &format!("ssh-ed25519 {A}\n")),
        Ok("known".to_owned())
    );
    // Without the list nobody is trusted.
    let refused = judged(config, &format!("ssh-ed25519 {B}\ngarbage\n")).unwrap_err();
    assert_eq!(
        refused,
        "which keys cp1 must not show is not known: ~/.ssh/revoked:2 is no key"
    );
    let refused = judged("RevokedHostKeys ~/.ssh/gone\n", "").unwrap_err();
    assert!(refused.starts_with("which keys cp1 must not show is not known: ~/.ssh/gone:"));
    assert_eq!(
        judged(config, "SSHKRL\n\0\0\0\0\u{1}").unwrap_err(),
        "cp1 is configured with a key revocation list (~/.ssh/revoked) in RevokedHostKeys, which is not supported"
    );
}

#[test]
fn files_that_are_none_are_refused_by_name() {
    let folder = TempDir::new().unwrap();
    let big = folder.path().join("big");
    fs::File::create(&big).unwrap().set_len(17 << 20).unwrap();
    let pipe = folder.path().join("pipe");
    let made = std::process::Command::new("mkfifo").arg(&pipe).status();
    assert!(made.unwrap().success());
    for (option, file, reason) in [
        (
            "UserKnownHostsFile",
            big.as_path(),
            "it is larger than 16384 KiB",
        ),
        (
            "UserKnownHostsFile",
            Path::new("/dev/zero"),
            "it is no regular file",
        ),
        ("UserKnownHostsFile", folder.path(), "it is no regular file"),
        ("Include", big.as_path(), "it is larger than 4096 KiB"),
        ("Include", Path::new("/dev/zero"), "it is no regular file"),
        ("Include", folder.path(), "it is no regular file"),
        ("Include", &pipe, "it is no regular file"),
        (
            "RevokedHostKeys",
            big.as_path(),
            "it is larger than 16384 KiB",
        ),
        (
            "RevokedHostKeys",
            Path::new("/dev/zero"),
            "it is no regular file",
        ),
    ] {
        let shown = file.display();
        let config = format!("{option} {shown}\n");
        let refused = Way::new(&[("config", &config)]).to("cp1").unwrap_err();
        assert!(
            refused.ends_with(&format!("{shown}: {reason}")),
            "{refused}"
        );
    }
    // People name this one for "none", and nowhere is a host written down then.
    for none in ["/dev/null", "none"] {
        let config = format!("UserKnownHostsFile {none}\nGlobalKnownHostsFile none\n");
        let route = Way::new(&[("config", &config)]).to("cp1").unwrap();
        let key = STANDARD.decode(A).unwrap();
        let known = &route.known_hosts;
        assert_eq!(known.judge("cp1", 22, &key), Verdict::Unknown, "{none}");
        assert_eq!(known.accept("cp1", 22, &key).unwrap(), Verdict::Known);
        assert_eq!(known.judge("cp1", 22, &key), Verdict::Known, "{none}");
    }
}

#[test]
fn what_narrows_trust_and_is_not_done_is_refused_by_name() {
    let refused = |config: &str| Way::new(&[("config", config)]).to("cp1").err();
    for option in [
        "CASignatureAlgorithms ssh-ed25519",
        "CheckHostIP yes",
        "KnownHostsCommand /bin/keys %H",
        "ProxyCommand nc %h %p",
        "verifyhostkeydns ask",
        "VerifyHostKeyDNS=yes",
    ] {
        let name = option.split([' ', '=']).next().unwrap().to_lowercase();
        let error = refused(&format!("Host cp*\n {option}\n")).unwrap_or_default();
        assert!(
            error.to_lowercase().contains(&format!("with {name},")),
            "{option}: {error}"
        );
        assert_eq!(refused(&format!("Host w*\n {option}\n")), None, "{option}");
    }
    for option in [
        "CheckHostIP no",
        "KnownHostsCommand none",
        "ProxyCommand none",
        "VerifyHostKeyDNS no",
    ] {
        // The first value counts, so what follows changes nothing.
        let name = option.split(' ').next().unwrap();
        assert_eq!(
            refused(&format!("{option}\n{name} yes\n")),
            None,
            "{option}"
        );
    }
    // A jump host takes the place of a command, and of nothing else.
    assert_eq!(refused("ProxyJump none\nProxyCommand nc\n"), None);
    assert_eq!(refused("Host cp1\nProxyJump b\nProxyCommand nc\n"), None);
    assert!(refused("Host cp1\nProxyJump b\nVerifyHostKeyDNS yes\n").is_some());
    assert!(refused("Host b\nVerifyHostKeyDNS yes\nHost cp1\nProxyJump b\n").is_some());
    assert!(refused("HostKeyAlgorithms ssh-dss\n").is_some());
    assert!(refused("UserKnownHostsFile ${GONE}/known\n").is_some());
}

#[test]
fn types_of_host_keys_are_narrowed_as_configured() {
    let rsa = ["rsa-sha2-512", "rsa-sha2-256"];
    assert_eq!(allowed(None).len(), 6);
    assert_eq!(
        allowed(Some("ssh-ed25519,ssh-ed25519-cert-v01@openssh.com")),
        ["ssh-ed25519"]
    );
    assert_eq!(allowed(Some("rsa-*")), rsa);
    assert_eq!(allowed(Some("-ecdsa*,ssh-ed25519")), rsa);
    assert_eq!(
        allowed(Some("^rsa-sha2-256"))[..2],
        ["rsa-sha2-256", "ssh-ed25519"]
    );
    assert_eq!(allowed(Some("+ssh-dss")), allowed(None));
    let of = |known: &[&str]| preferred(&allowed(Some("ssh-ed25519,rsa-*")), known);
    assert_eq!(of(&[]), "ssh-ed25519,rsa-sha2-512,rsa-sha2-256");
    assert_eq!(of(&["ssh-rsa"]), "rsa-sha2-512,rsa-sha2-256,ssh-ed25519");
    assert_eq!(
        of(&["ecdsa-sha2-nistp256"]),
        "ssh-ed25519,rsa-sha2-512,rsa-sha2-256"
    );
}

#[test]
fn the_length_of_an_rsa_key_is_that_of_its_modulus() {
    let field = |bytes: &[u8]| [&u32::try_from(bytes.len()).unwrap().to_be_bytes(), bytes].concat();
    let mut modulus = vec![0, 0x80];
    modulus.resize(257, 1);
    let key = [field(b"ssh-rsa"), field(&[1, 0, 1]), field(&modulus)].concat();
    assert_eq!(rsa_bits(&key), Some(2048));
    assert_eq!(rsa_bits(&key[..40]), None);
    assert_eq!(rsa_bits(&STANDARD.decode(A).unwrap()), None);
}
