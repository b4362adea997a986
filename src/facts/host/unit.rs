//! systemd's syntax for units, as far as it says which environment files a service reads.
//!
//! Sources: systemd.syntax(7) (blanks around `=`, comments, lines that go on), systemd.exec(5) (`EnvironmentFile=`: an empty
//! assignment takes back all before it), systemd.unit(5) ("Specifiers"; names of drop-in directories).

/// The longest name of a unit (`UNIT_NAME_MAX`, src/basic/unit-def.h of systemd), and the longest path.
pub(super) const LONGEST_NAME: usize = 255;
const LONGEST_PATH: usize = 4096;

/// The values of `EnvironmentFile=` in the order of a unit or drop-in; an empty one takes back all before it, those of
/// earlier files too.
pub(super) fn environment_files(text: &str) -> Vec<String> {
    let mut files = Vec::new();
    let mut of_service = false;
    for line in lines(text) {
        let line = line.trim();
        if line.starts_with('[') {
            of_service = line == "[Service]";
        } else if let Some((name, value)) = line.split_once('=')
            && of_service
            && name.trim_end() == "EnvironmentFile"
        {
            match unquoted(value.trim()) {
                "" => files = vec![String::new()],
                value => files.push(value.to_owned()),
            }
        }
    }
    files
}

/// Logical lines: one that ends in a backslash goes on with the next that is no comment.
fn lines(text: &str) -> Vec<String> {
    let mut lines = Vec::new();
    let mut begun = String::new();
    for line in text.trim_start_matches('\u{feff}').lines() {
        let line = line.trim_start();
        if line.starts_with(['#', ';']) {
            continue;
        }
        begun.push_str(line);
        let backslashes = begun.chars().rev().take_while(|letter| *letter == '\\');
        if backslashes.count() % 2 == 1 {
            begun.pop();
            begun.push(' ');
        } else {
            lines.push(std::mem::take(&mut begun));
        }
    }
    lines.push(begun);
    lines
}

/// systemd takes quotes here for a part of the path, and passes over it as one that does not begin with a slash. The next
/// administrator corrects that, and the file counts: it is looked at as well.
fn unquoted(value: &str) -> &str {
    let inner = |quote| value.strip_prefix(quote)?.strip_suffix(quote);
    inner('"').or_else(|| inner('\'')).unwrap_or(value)
}

/// The specifiers of `value` replaced, for a service of the system's own manager.
///
/// # Errors
/// The first that cannot be told from here, such as `%m`.
pub(super) fn expanded(value: &str, unit: &str, hostname: Option<&str>) -> Result<String, String> {
    let name = unit.rsplit_once('.').map_or(unit, |(name, _)| name);
    let (prefix, instance) = name.split_once('@').unwrap_or((name, ""));
    let last = prefix.rsplit('-').next().unwrap_or(prefix);
    let mut out = String::new();
    let mut letters = value.chars();
    while let Some(letter) = letters.next() {
        if out.len() > LONGEST_PATH {
            return Err("a name that is longer than any path".to_owned());
        }
        if letter != '%' {
            out.push(letter);
            continue;
        }
        let letter = letters.next();
        let unknown = || format!("%{}", letter.map(String::from).unwrap_or_default());
        out.push_str(&match letter {
            Some('%') => "%".to_owned(),
            Some('n') => unit.to_owned(),
            Some('N') => name.to_owned(),
            Some('p') => prefix.to_owned(),
            Some('P') => unescaped(prefix).ok_or_else(unknown)?,
            Some('i') => instance.to_owned(),
            Some('I') => unescaped(instance).ok_or_else(unknown)?,
            Some('j') => last.to_owned(),
            Some('J') => unescaped(last).ok_or_else(unknown)?,
            Some('f') if instance.is_empty() => {
                format!("/{}", unescaped(prefix).ok_or_else(unknown)?)
            }
            Some('f') => format!("/{}", unescaped(instance).ok_or_else(unknown)?),
            Some('H') => hostname.ok_or_else(unknown)?.to_owned(),
            Some('l') => {
                let name = hostname.ok_or_else(unknown)?;
                name.split('.').next().unwrap_or(name).to_owned()
            }
            Some(letter) => fixed(letter).ok_or_else(unknown)?.to_owned(),
            None => return Err(unknown()),
        });
    }
    Ok(out)
}

/// What is the same for every unit of the system's manager.
fn fixed(letter: char) -> Option<&'static str> {
    Some(match letter {
        'C' => "/var/cache",
        'D' => "/usr/share",
        'E' => "/etc",
        'g' | 'u' => "root",
        'G' | 'U' => "0",
        'h' => "/root",
        'L' => "/var/log",
        'S' => "/var/lib",
        't' => "/run",
        'T' => "/tmp",
        'V' => "/var/tmp",
        _ => return None,
    })
}

/// `-` is a slash in the name of a unit, and `\x2d` a byte (systemd.unit(5), "String Escaping for Inclusion in Unit Names").
fn unescaped(text: &str) -> Option<String> {
    let mut out = Vec::new();
    let mut rest = text.as_bytes();
    while let Some((byte, after)) = rest.split_first() {
        rest = after;
        match byte {
            b'-' => out.push(b'/'),
            b'\\' => {
                let digits = std::str::from_utf8(rest.strip_prefix(b"x")?.get(..2)?).ok()?;
                out.push(u8::from_str_radix(digits, 16).ok()?);
                rest = &rest[3..];
            }
            byte => out.push(*byte),
        }
    }
    String::from_utf8(out).ok()
}

/// Reads a unit, whose first line also serves as a name and as a value: an entry of the crate's `fuzzing`.
pub(crate) fn fuzzed(bytes: &[u8]) {
    let text = String::from_utf8_lossy(bytes);
    let first = text.lines().next().unwrap_or_default();
    let _ = (environment_files(&text), drop_in_names(first));
    for value in environment_files(&text)
        .iter()
        .map(String::as_str)
        .chain([&*text])
    {
        let _ = expanded(value, first, Some("cp1"));
    }
}

/// What directories of drop-ins for `unit` are called without their `.d`, the most special first: the unit itself, its
/// template, and each beginning of its name that ends in a dash.
pub(super) fn drop_in_names(unit: &str) -> Vec<String> {
    // What is longer is no unit, and its beginnings together would be its length squared.
    if unit.len() > LONGEST_NAME {
        return Vec::new();
    }
    let mut names = vec![unit.to_owned()];
    let (name, kind) = unit.rsplit_once('.').unwrap_or((unit, "service"));
    let prefix = match name.split_once('@') {
        Some((prefix, _)) => {
            names.push(format!("{prefix}@.{kind}"));
            prefix
        }
        None => name,
    };
    let dashes = prefix.rmatch_indices('-');
    names.extend(dashes.map(|(at, _)| format!("{}.{kind}", &prefix[..=at])));
    names
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn environment_files_are_read_as_systemd_reads_them() {
        for (text, expected) in [
            ("EnvironmentFile=/a", "/a"),
            ("EnvironmentFile = /a", "/a"),
            ("\tEnvironmentFile\t=\t-/a  ", "-/a"),
            ("EnvironmentFile=/a\r\nEnvironmentFile=/b\r\n", "/a|/b"),
            (
                "EnvironmentFile=/a\nEnvironmentFile=\nEnvironmentFile=-/b",
                "|-/b",
            ),
            ("EnvironmentFile=/a\nEnvironmentFile =  ", ""),
            ("EnvironmentFile=\\\n  /a", "/a"),
            ("EnvironmentFile=\\\n# comment\n; comment\n/a", "/a"),
            ("# EnvironmentFile=/a\n;EnvironmentFile=/b", "none"),
            // A comment does not go on.
            ("# why \\\nEnvironmentFile=/a", "/a"),
            ("Environment=A=b \\\nEnvironmentFile=/a", "none"),
            // Two backslashes are one that stands for itself.
            ("Environment=A=\\\\\nEnvironmentFile=/a", "/a"),
            ("EnvironmentFile=\"/a b\"", "/a b"),
            ("EnvironmentFile='-/a'", "-/a"),
            ("environmentfile=/a\nXEnvironmentFile=/b", "none"),
            (
                "[Unit]\nEnvironmentFile=/a\n[Service]\nEnvironmentFile=/b",
                "/b",
            ),
            (
                "EnvironmentFile=-/etc/sysconfig/kube*",
                "-/etc/sysconfig/kube*",
            ),
        ] {
            let files = environment_files(&format!("\u{feff}[Service]\n{text}"));
            let found = match files.is_empty() {
                true => "none".to_owned(),
                false => files.join("|"),
            };
            assert_eq!(found, expected, "{text}");
        }
        // Outside of its section an assignment says nothing.
        assert!(environment_files("EnvironmentFile=/a\n").is_empty());
    }

    #[test]
    fn specifiers_are_those_of_the_systems_manager() {
        let unit = "kube-let@a\\x2db-c.service";
        for (text, expected) in [
            ("%n", unit),
            ("%N", "kube-let@a\\x2db-c"),
            ("%p", "kube-let"),
            ("%P", "kube/let"),
            ("%i", "a\\x2db-c"),
            ("%I", "a-b/c"),
            ("%f", "/a-b/c"),
            ("%j", "let"),
            ("-%E/sysconfig/%p", "-/etc/sysconfig/kube-let"),
            ("%S/%H/%l.env", "/var/lib/cp1.example/cp1.env"),
            ("%t/100%%", "/run/100%"),
        ] {
            let found = expanded(text, unit, Some("cp1.example"));
            assert_eq!(found.as_deref(), Ok(expected), "{text}");
        }
        for unknown in ["%m", "%b", "%Z", "%"] {
            let found = expanded(&format!("/a/{unknown}"), unit, None);
            assert_eq!(found, Err(unknown.to_owned()));
        }
        assert_eq!(expanded("/%H", unit, None), Err("%H".to_owned()));
        assert_eq!(expanded("/%I", "a@\\x.service", None), Err("%I".to_owned()));
    }

    #[test]
    fn drop_ins_of_a_unit_are_found_by_its_parts() {
        assert_eq!(drop_in_names("kubelet.service"), ["kubelet.service"]);
        assert_eq!(
            drop_in_names("snap.k8s-a.daemon-b@x-y.service"),
            [
                "snap.k8s-a.daemon-b@x-y.service",
                "snap.k8s-a.daemon-b@.service",
                "snap.k8s-a.daemon-.service",
                "snap.k8s-.service"
            ]
        );
    }

    #[test]
    fn what_is_longer_than_any_unit_or_path_is_none() {
        let long = format!("{}.service", "a-".repeat(100_000));
        assert!(drop_in_names(&long).is_empty());
        assert!(expanded(&"%n".repeat(100_000), "kubelet.service", None).is_err());
    }
}
