//! OpenSSH's configuration, against what OpenSSH 9.2 resolves (`ssh -G`).

use std::fs;

use proptest::prelude::*;
use tempfile::TempDir;

use crate::collect::ssh::config::{Reader, Settings};
use crate::collect::ssh::config_files::ConfigFiles;

/// What files of these names and texts say about `host`; `config` is the one that is read.
fn read(files: &[(&str, &str)], host: &str) -> Result<(Settings, Vec<String>), String> {
    let home = TempDir::new().unwrap();
    for (name, text) in files {
        let path = home.path().join(".ssh").join(name);
        fs::create_dir_all(path.parent().unwrap()).unwrap();
        fs::write(path, text).unwrap();
    }
    let mut files = ConfigFiles::default();
    let mut reader = Reader::new(host, None, home.path(), &mut files);
    let done = reader.read(&home.path().join(".ssh/config"));
    let settings = reader.finish();
    let home = home.path().display().to_string();
    let told = |text: &str| text.replace(&home, "~");
    done.map_err(|error| told(&error.to_string()))?;
    let remarks = files.remarks.iter().map(|remark| told(remark));
    Ok((settings, remarks.collect()))
}

fn configured(files: &[(&str, &str)], host: &str) -> (Settings, Vec<String>) {
    read(files, host).unwrap()
}

#[test]
fn the_first_value_counts() {
    let text = "User first\nHost cp*\n  User second\n  Port 2222\n  HostName %h.example\nHost *\n Port 1\n IdentityFile ~/a\nIdentityFile \"b c\"\n";
    let settings = configured(&[("config", text)], "cp1").0;
    assert_eq!(settings.user.as_deref(), Some("first"));
    assert_eq!(settings.port, Some(2222));
    assert_eq!(settings.host_name.as_deref(), Some("%h.example"));
    assert_eq!(settings.identity_files, ["~/a", "b c"]);
    assert_eq!(configured(&[("config", text)], "w1").0.port, Some(1));
}

#[test]
fn every_spelling_of_a_line_is_read() {
    for line in [
        "Port 2222",
        "port=2222",
        "PORT = 2222",
        "\tPort\t\"2222\"",
        "Port 2222 # why",
        "Port=\"2222\"",
    ] {
        let settings = configured(&[("config", line)], "a").0;
        assert_eq!(settings.port, Some(2222), "{line}");
    }
    for line in [
        "#Port 2222",
        "Port",
        "Port x",
        "Host b\nPort 2222",
        "Host * !a\nPort 2222",
        "Match all user x\nPort 2222",
    ] {
        let settings = configured(&[("config", line)], "a").0;
        assert_eq!(settings.port, None, "{line}");
    }
    for line in [
        "Match all\nPort 2222",
        "Match host a\nPort 2222",
        "Match !host b\nPort 2222",
        "Match originalhost=a\nPort 2222",
    ] {
        let settings = configured(&[("config", line)], "a").0;
        assert_eq!(settings.port, Some(2222), "{line}");
    }
}

#[test]
fn nothing_is_run_to_find_out() {
    let folder = TempDir::new().unwrap();
    let trace = folder.path().join("trace");
    let text = format!(
        "Match exec \"touch {}\"\n Port 1\nHost *\nPort 2\nProxyCommand touch {0}\n",
        trace.display()
    );
    let (settings, remarks) = configured(&[("config", &text)], "a");
    assert_eq!(settings.port, Some(2));
    assert_eq!(
        remarks,
        ["~/.ssh/config:1: `Match exec` is not evaluated, left out"]
    );
    assert_eq!(settings.proxy_command, Some(true));
    assert!(!trace.exists());
}

#[test]
fn included_files_are_read_in_order_and_never_for_ever() {
    let files = [
        ("config", "Host a\nInclude parts/*.conf\nHost *\nPort 3\n"),
        ("parts/1.conf", "Host b\nPort 1\n"),
        ("parts/2.conf", "Port 2\n"),
        ("parts/.hidden.conf", "Port 9\n"),
    ];
    assert_eq!(configured(&files, "a").0.port, Some(2));
    // What stands below a host that does not match is not read.
    assert_eq!(configured(&files, "b").0.port, Some(3));
    // Where it is not read, it does no harm.
    let circle = "Host b\nInclude config\n";
    assert!(read(&[("config", circle)], "a").is_ok());
}

#[test]
fn includes_have_an_end() {
    // As OpenSSH: what leads back to itself is an error, and so is what is merely too deep.
    let deep = "files include each other more than 16 levels deep";
    for text in [circle_of(1), circle_of(3)] {
        let error = read(&[("config", &text)], "a").unwrap_err();
        assert_eq!(error, format!("~/.ssh/config: {deep}"));
    }
    let chain = |length: usize| {
        let name = |number: usize| match number {
            0 => "config".to_owned(),
            number => format!("c{number}"),
        };
        let files: Vec<(String, String)> = (0..length)
            .map(|number| (name(number), format!("Include {}\n", name(number + 1))))
            .chain([(name(length), "Port 7\n".to_owned())])
            .collect();
        let files: Vec<(&str, &str)> = files.iter().map(|(n, t)| (&**n, &**t)).collect();
        read(&files, "a").map(|(settings, _)| settings.port)
    };
    assert_eq!(chain(16), Ok(Some(7)));
    assert_eq!(chain(17), Err(format!("~/.ssh/c17: {deep}")));
    // Wide and not deep: ten times ten times ten times ten files.
    let ten = |name: &str| format!("Include {name}\n").repeat(10);
    let error = read(
        &[
            ("config", &ten("one")),
            ("one", &ten("two")),
            ("two", &ten("three")),
            ("three", &ten("four")),
            ("four", "Port 1\n"),
        ],
        "a",
    );
    let error = error.unwrap_err();
    assert!(
        error.contains("files include more than 1024 others"),
        "{error}"
    );
    let names: Vec<String> = (0..1_025).map(|number| format!("many/{number}")).collect();
    let mut files: Vec<(&str, &str)> = names.iter().map(|name| (name.as_str(), "")).collect();
    files.push(("config", "Include many/*\n"));
    let error = read(&files, "a").unwrap_err();
    assert!(
        error.starts_with("~/.ssh/many/*: this Include names more than 1024 files"),
        "{error}"
    );
    // The sum of what is included counts.
    let big = "# x\n".repeat(300 << 10);
    let files = ["config", "a", "b", "c"].map(|name| match name {
        "config" => (name, big.clone() + "Include a b c\n"),
        name => (name, big.clone()),
    });
    let error = read(&files.each_ref().map(|(n, t)| (*n, &**t)), "h").unwrap_err();
    assert!(
        error.ends_with("the configuration of SSH is over 4 MiB"),
        "{error}"
    );
}

fn circle_of(times: usize) -> String {
    "Include config\n".repeat(times)
}

proptest! {
    #[test]
    fn any_text_is_read(text in any::<Vec<u8>>(), lines in "[ -~\n]{0,400}") {
        let text = String::from_utf8_lossy(&text).into_owned();
        for text in [text, lines] {
            let folder = TempDir::new().unwrap();
            let path = folder.path().join("config");
            fs::write(&path, text.replace("nclude", "")).unwrap();
            let mut files = ConfigFiles::default();
            let mut reader = Reader::new("a", None, folder.path(), &mut files);
            let _ = reader.read(&path);
            let _ = reader.finish();
        }
    }
}
