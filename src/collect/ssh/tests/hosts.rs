//! Known hosts, against what OpenSSH 9.2 wrote (`ssh-keygen -H`).

use std::fs;
use std::path::Path;
use std::sync::Arc;

use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use proptest::prelude::*;
use tempfile::TempDir;

use crate::collect::ssh::host_lines::{fingerprint, line};
use crate::collect::ssh::keys::is_encrypted;
use crate::collect::ssh::known_hosts::{KnownFile, KnownHosts, Verdict};

const A: &str = "AAAAC3NzaC1lZDI1NTE5AAAAIBZEZrYD7mwR6Z2dunfJXM2Rml8Cnny1qTwpbuw/RXaS";
const B: &str = "AAAAC3NzaC1lZDI1NTE5AAAAINk+k4B25fU6nBf8DrC3xBSuPmkdRln9c7zxIg54/SUU";
const E: &str = "AAAAE2VjZHNhLXNoYTItbmlzdHAyNTYAAAAIbmlzdHAyNTYAAABBBJTi1J8vRHyVV9KfLXOVgtqary3zmGmWN1KlYUHnqGixoIguN8+M9TdQNJlMfduSvylezL6ZSIrAB7xAWiARMxU=";
/// `cp1` and `[cp1]:2222`, as `ssh-keygen -H` writes them.
const HASHED: [&str; 2] = [
    "|1|WMNcx1vZ0Ampq1r13sCiedz0MSg=|IH8urtsBRuwND0xybfGAxUNP/dQ=",
    "|1|R4iePF+Fh3RO8aQsFK0CYPqsPMc=|GCCUJ2BLJVOgsyKCqmpJ7x7c6aU=",
];

fn key(text: &str) -> Vec<u8> {
    STANDARD.decode(text).unwrap()
}

fn known(text: &str) -> KnownHosts {
    KnownHosts {
        files: vec![Arc::new(KnownFile::new(Path::new("/k"), text).0)],
        revoked: Vec::new(),
    }
}

/// `$A`, `$B` and `$E` stand for a key with its type, `$H` and `$P` for `cp1` and `[cp1]:2222` hashed.
fn written(text: &str) -> String {
    text.replace("$A", &format!("ssh-ed25519 {A}"))
        .replace("$B", &format!("ssh-ed25519 {B}"))
        .replace("$E", &format!("ecdsa-sha2-nistp256 {E}"))
        .replace("$H", HASHED[0])
        .replace("$P", HASHED[1])
}

/// The verdict on a host, a port and a key, with the line it rests on.
fn verdict(text: &str, shown: &str) -> String {
    let words: Vec<&str> = shown.split(' ').collect();
    let shown = match words[2] {
        "A" => A,
        "B" => B,
        _ => E,
    };
    match known(&written(text)).judge(words[0], words[1].parse().unwrap(), &key(shown)) {
        Verdict::Known => "known".into(),
        Verdict::Unknown => "unknown".into(),
        Verdict::Revoked(at) => format!("revoked {at}"),
        Verdict::Changed(at) => format!("changed {at}"),
        Verdict::Authority(at) => format!("authority {at}"),
    }
}

const VERDICTS: &[(&str, &str, &str)] = &[
    ("cp1 $A", "cp1 22 A", "known"),
    ("cp1 $A comment", "CP1 22 A", "known"),
    ("CP1,10.0.0.1 $A", "cp1 22 A", "known"),
    ("cp1 $A", "cp1 22 B", "changed /k:1"),
    ("cp1 $A", "cp2 22 A", "unknown"),
    // Another type of key is new, not changed.
    ("cp1 $A", "cp1 22 E", "unknown"),
    ("cp1 $A\ncp1 $E", "cp1 22 E", "known"),
    ("*.example,!bad.example $A", "a.example 22 A", "known"),
    ("*.example,!bad.example $A", "bad.example 22 A", "unknown"),
    ("[cp1]:2222 $A", "cp1 2222 A", "known"),
    ("[cp1]:2222 $A", "cp1 22 A", "unknown"),
    // A host that is new at its port may be known without it, but is not changed by that.
    ("cp1 $A", "cp1 2222 A", "known"),
    ("cp1 $A", "cp1 2222 B", "unknown"),
    ("$H $A", "cp1 22 A", "known"),
    ("$H $A", "cp2 22 A", "unknown"),
    ("$P $A", "cp1 2222 A", "known"),
    ("$P $A", "cp1 2222 B", "changed /k:1"),
    // A key that is revoked for a host is so at every port of it.
    ("@revoked cp1 $A", "cp1 2222 A", "revoked /k:1"),
    ("cp1,cp1 $A", "cp1 22 A", "known"),
    // The library takes the marker for a host name and accepts the key.
    ("@revoked * $A\ncp1 $A", "cp1 22 A", "revoked /k:1"),
    ("cp1 $A\n@revoked cp1 $A", "cp1 22 A", "revoked /k:2"),
    ("@revoked * $A\ncp1 $B", "cp1 22 B", "known"),
    ("@cert-authority * $A", "cp1 22 B", "authority /k:1"),
    // The key of an authority is no host's key.
    ("@cert-authority * $A", "cp1 22 A", "authority /k:1"),
    ("@cert-authority * $A\ncp1 $B", "cp1 22 B", "known"),
    // The library loses everything behind a line that it cannot read.
    (
        "# c\n\ngarbage\ncp1 ssh-ed25519 AAAA\ncp1 $A",
        "cp1 22 A",
        "known",
    ),
    ("@odd cp1 $A", "cp1 22 A", "unknown"),
];

#[test]
fn hosts_are_known_by_their_keys() {
    for (text, shown, expected) in VERDICTS {
        assert_eq!(verdict(text, shown), *expected, "{text} {shown}");
    }
    // A key under the name of another type is nobody's.
    assert_eq!(verdict(&format!("cp1 ssh-rsa {A}"), "cp1 22 A"), "unknown");
}

#[test]
fn lines_that_cannot_be_read_are_named() {
    let text = format!("garbage\ncp1 ssh-ed25519 {A}\n|1|x ssh-ed25519 {A}\n");
    let (_, remarks) = KnownFile::new(Path::new("/k"), &text);
    let remark = |line: u32| format!("/k:{line}: no line of known hosts, left out");
    assert_eq!(remarks, [remark(1), remark(3)]);
    assert_eq!(known(&text).kinds("cp1", 22), ["ssh-ed25519"]);
    // A file of something else is not told line by line.
    let (_, remarks) = KnownFile::new(Path::new("/k"), &"x\n".repeat(5_000));
    assert_eq!(remarks.len(), 21);
    assert_eq!(
        remarks[20],
        "/k: 4980 more lines are none of known hosts, left out"
    );
}

#[test]
fn a_host_among_many_is_looked_up_by_its_name() {
    let mut text: String = (0..6_000)
        .map(|number| format!("h{number},10.0.0.{number} ssh-ed25519 {A}\n"))
        .collect();
    let touched = |text: &str, name: &str| {
        let file = KnownFile::new(Path::new("/k"), text).0;
        file.touched(name)
    };
    assert_eq!(touched(&text, "h4711"), 1);
    assert_eq!(touched(&text, "nobody"), 0);
    // Patterns and hashed names are tried, and those alone.
    text += &written("*.example $A\n$H $A\n");
    assert_eq!(touched(&text, "h4711"), 3);
    assert_eq!(known(&text).judge("cp1", 22, &key(A)), Verdict::Known);
}

#[test]
fn a_new_host_is_written_on_a_line_of_its_own() {
    let folder = TempDir::new().unwrap();
    let path = folder.path().join("new/known_hosts");
    let at = |text: &str| {
        fs::create_dir_all(path.parent().unwrap()).unwrap();
        fs::write(&path, text).unwrap();
        KnownHosts {
            files: vec![Arc::new(KnownFile::new(&path, text).0)],
            revoked: Vec::new(),
        }
    };
    let other = format!("other ssh-ed25519 {B}");
    let new = format!("cp1 ssh-ed25519 {A}\n");
    for (before, after) in [
        (String::new(), new.clone()),
        (format!("{other}\n"), format!("{other}\n{new}")),
        (other.clone(), format!("{other}\n{new}")),
    ] {
        let known = at(&before);
        assert_eq!(known.accept("CP1", 22, &key(A)).unwrap(), Verdict::Known);
        assert_eq!(fs::read_to_string(&path).unwrap(), after);
        // Every holder of the table sees it, and whoever comes second with another key is told apart.
        assert_eq!(known.clone().judge("cp1", 22, &key(A)), Verdict::Known);
        let second = known.accept("cp1", 22, &key(B)).unwrap();
        assert!(matches!(second, Verdict::Changed(_)), "{second:?}");
        assert_eq!(fs::read_to_string(&path).unwrap(), after);
    }
    // Where there is no folder yet, one is made; what cannot be written is not known.
    fs::remove_dir_all(path.parent().unwrap()).unwrap();
    let gone = KnownHosts {
        files: vec![Arc::new(KnownFile::new(&path, "").0)],
        revoked: Vec::new(),
    };
    assert_eq!(gone.accept("cp1", 22, &key(A)).unwrap(), Verdict::Known);
    assert_eq!(fs::read_to_string(&path).unwrap(), new);
    let below = path.join("below");
    let refused = KnownHosts {
        files: vec![Arc::new(KnownFile::new(&below, "").0)],
        revoked: Vec::new(),
    };
    let error = refused.accept("cp1", 22, &key(A)).unwrap_err();
    assert!(error.to_string().contains("known_hosts/below"), "{error}");
    assert_eq!(refused.judge("cp1", 22, &key(A)), Verdict::Unknown);
}

#[test]
fn hosts_that_are_new_at_once_do_not_mix() {
    let folder = TempDir::new().unwrap();
    let path = folder.path().join("known_hosts");
    fs::write(&path, "# no line end").unwrap();
    let known = KnownHosts {
        files: vec![Arc::new(KnownFile::new(&path, "# no line end").0)],
        revoked: Vec::new(),
    };
    std::thread::scope(|scope| {
        for number in 0..16 {
            let known = known.clone();
            scope.spawn(move || {
                for host in 0..8 {
                    let host = format!("h{}", number / 2 * 8 + host);
                    known.accept(&host, 22, &key(A)).unwrap();
                }
            });
        }
    });
    let text = fs::read_to_string(&path).unwrap();
    // Each pair of threads had the same hosts.
    assert_eq!(text.lines().count(), 1 + 64);
    assert_eq!(KnownFile::new(&path, &text).1, Vec::<String>::new());
}

#[test]
fn keys_are_shown_as_openssh_does() {
    let shown = fingerprint(&key(A));
    assert_eq!(shown, "SHA256:vzjroEy8foneUSI1QXU5DRMQmEem+yvdhbYt6+tcy0s");
    assert_eq!(line("CP1", 22, &key(A)), format!("cp1 ssh-ed25519 {A}"));
    assert_eq!(
        line("cp1", 2222, &key(A)),
        format!("[cp1]:2222 ssh-ed25519 {A}")
    );
}

#[test]
fn locked_keys_are_told_from_open_ones() {
    let folder = TempDir::new().unwrap();
    let path = folder.path().join("key");
    for (body, expected) in [
        (
            "-----BEGIN OPENSSH PRIVATE KEY-----\nb3BlbnNzaC1rZXktdjEAAAAACmFlczI1Ni1jdHIAAAAGYmNyeXB0AAAAGAAAABCdLQF3Wg==\n",
            true,
        ),
        (
            "-----BEGIN OPENSSH PRIVATE KEY-----\nb3BlbnNzaC1rZXktdjEAAAAABG5vbmUAAAAEbm9uZQAAAAAAAAABAAAAMwAAAAtzc2gtZWA=\n",
            false,
        ),
        (
            "-----BEGIN RSA PRIVATE KEY-----\nProc-Type: 4,ENCRYPTED\n",
            true,
        ),
        ("-----BEGIN ENCRYPTED PRIVATE KEY-----\n", true),
        ("-----BEGIN PRIVATE KEY-----\nAAAA\n", false),
        ("", false),
    ] {
        fs::write(&path, body).unwrap();
        assert_eq!(is_encrypted(&path), expected, "{body}");
    }
}

proptest! {
    #[test]
    fn any_text_is_read(text in any::<Vec<u8>>(), lines in "[ -~\n]{0,400}") {
        let text = String::from_utf8_lossy(&text).into_owned();
        for text in [text, lines] {
            let _ = known(&text).judge("a", 22, &key(A));
        }
    }
}
