//! Secrets in free text: command lines, shell scripts, configuration files.
//!
//! What is found is told by the name that stands before it (`--password`, `DB_PASS`) and by what it looks like; nothing of the
//! value itself goes on.

use std::sync::LazyLock;

use regex::Regex;

use super::names::{Announced, announced, is_switch, listed};
use super::pattern::{fits, is_name, literal, pattern, plausible, shape};

/// Something that looks like a secret.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Found {
    /// What stands before it: a flag, a variable, the number of the word.
    pub place: String,
    /// What it looks like.
    pub pattern: &'static str,
}

/// How deep texts are looked for in texts: `sh -c "su -c '…'"`.
const DEEPEST: usize = 3;

/// How a program takes a password by a flag whose name does not say so.
struct Given {
    programs: &'static str,
    flag: &'static str,
    /// Whether the next word is the value as well.
    apart: bool,
    /// What stands between a user and the password.
    after: Option<char>,
}

/// From the manuals of these programs.
const GIVEN: &[Given] = &[
    Given {
        programs: "mysql mysqldump mysqladmin mysqlcheck mysqlimport mysqlshow mysqlslap mysqlsh mariadb mariadb-dump mariadb-admin \
                   mariadb-check",
        flag: "-p",
        apart: false,
        after: None,
    },
    Given {
        programs: "sshpass mongo mongosh mongodump mongorestore mongoexport mongoimport cqlsh rabbitmqadmin ipmitool",
        flag: "-p",
        apart: true,
        after: None,
    },
    Given {
        programs: "sqlcmd bcp ipmitool unzip zip",
        flag: "-P",
        apart: true,
        after: None,
    },
    Given {
        programs: "redis-cli redis-benchmark",
        flag: "-a",
        apart: true,
        after: None,
    },
    Given {
        programs: "ldapsearch ldapadd ldapmodify ldapdelete ldapwhoami ldappasswd",
        flag: "-w",
        apart: true,
        after: None,
    },
    Given {
        programs: "curl",
        flag: "-u",
        apart: true,
        after: Some(':'),
    },
    Given {
        programs: "curl etcdctl",
        flag: "--user",
        apart: true,
        after: Some(':'),
    },
    Given {
        programs: "smbclient",
        flag: "-U",
        apart: true,
        after: Some('%'),
    },
];

/// Programs that run another one.
const WRAPPERS: &str = "command env exec export gosu nice nohup setsid sudo tini time timeout";

/// What looks like a secret in `words`, a command with its arguments.
pub fn in_words(words: &[String]) -> Vec<Found> {
    let mut found = Vec::new();
    look(words, DEEPEST, &mut found);
    found.sort_by(|a, b| (&a.place, a.pattern).cmp(&(&b.place, b.pattern)));
    found.dedup();
    found
}

/// The kind of secret that stands in a value, whole or as a part: an entry of a configuration file, a line of a script.
pub fn in_value(name: &str, value: &str) -> Option<&'static str> {
    pattern(name, value).or_else(|| {
        let lines = value.contains(['=', ':', ' ', '\n']);
        let found = if lines { in_text(value) } else { None };
        found.map(|found| found.pattern)
    })
}

fn look(words: &[String], deeper: usize, found: &mut Vec<Found>) {
    let program = words.iter().find(|word| {
        let base = word.rsplit('/').next().unwrap_or_default();
        !(word.starts_with('-') || word.contains('=') || listed(WRAPPERS, base))
    });
    let program = program.and_then(|word| word.rsplit('/').next());
    let given = |word: &str| {
        let mut all = GIVEN.iter();
        let program = program.unwrap_or_default();
        all.find(|one| word.starts_with(one.flag) && listed(one.programs, program))
    };
    let mut before: Option<&str> = None;
    for (at, word) in words.iter().enumerate() {
        let name = before.take().filter(|_| !word.starts_with('-'));
        let kind = name.and_then(|name| apart(name, word, given(name)));
        if let (Some(name), Some(pattern)) = (name, kind) {
            found.push(said(name, at, pattern));
            continue;
        }
        if let Some(one) = given(word)
            && let Some(value) = word.strip_prefix(one.flag)
            && hides(one, value)
        {
            found.push(said(one.flag, at, "secretName"));
            continue;
        }
        let (name, value) = parts(word);
        let text = word.contains(char::is_whitespace);
        let whole = || if text { None } else { shape(word) };
        let kind = value.and_then(|value| pattern(name, value)).or_else(whole);
        match (kind, value) {
            (Some(pattern), _) => found.push(said(name, at, pattern)),
            (None, _) if text => {
                let text = value.unwrap_or(word);
                let known = found.len();
                if deeper > 0 {
                    let commands = commands(text);
                    commands
                        .iter()
                        .for_each(|words| look(words, deeper - 1, found));
                }
                if found.len() == known {
                    let whole = || Some(said("", at, shape(text)?));
                    found.extend(in_text(text).or_else(whole));
                }
            }
            (None, None) => before = word.starts_with('-').then_some(word),
            (None, Some(_)) => {}
        }
    }
}

/// What the word behind a flag looks like. Where the name only announces a secret, a plain word behind what may be a switch is
/// no value of it, nor is a name.
fn apart(flag: &str, word: &str, given: Option<&Given>) -> Option<&'static str> {
    if let Some(one) = given.filter(|one| one.flag == flag && one.apart) {
        return hides(one, word).then_some("secretName");
    }
    if word.contains(char::is_whitespace) && announced(flag) != Some(Announced::Password) {
        return None;
    }
    if let Some(kind) = shape(word) {
        return Some(kind);
    }
    let announced = announced(flag)?;
    let sure = announced == Announced::Password || plausible(word);
    let likely = sure || !(is_switch(flag) || is_name(word));
    (likely && fits(announced, word)).then_some("secretName")
}

fn hides(one: &Given, value: &str) -> bool {
    let value = match one.after {
        Some(mark) => value.split_once(mark).map_or("", |(_, value)| value),
        None => value,
    };
    literal(value)
}

/// The name and the value of `--name=value` and `NAME=value`; the whole word where there is no value, or a script.
fn parts(word: &str) -> (&str, Option<&str>) {
    let plain = |c: char| c.is_ascii_alphanumeric() || "._-[]".contains(c);
    let named = word.split_once('=').filter(|(name, _)| {
        let bare = name.trim_start_matches('-');
        bare.starts_with(|c: char| c.is_ascii_alphabetic() || c == '_') && name.chars().all(plain)
    });
    match named {
        Some((name, _)) if !name.starts_with('-') && word.contains(char::is_whitespace) => {
            (word, None)
        }
        Some((name, value)) => (name, Some(value)),
        None => (word, None),
    }
}

/// A place is named only where the name can be nothing but that of a flag or a variable: behind a single dash may stand a value.
fn said(name: &str, at: usize, pattern: &'static str) -> Found {
    let plain = |c: char| c.is_ascii_alphanumeric() || "._-".contains(c);
    let sound = name.len() <= 64 && name.chars().all(plain) && shape(name).is_none();
    let flag = name.starts_with("--") || (name.starts_with('-') && name.len() == 2);
    let small = |c: char| c.is_ascii_lowercase() || "._-".contains(c);
    let capital = |c: char| c.is_ascii_uppercase() || c.is_ascii_digit() || c == '_';
    let variable = !name.starts_with('-')
        && announced(name).is_some()
        && (name.chars().all(small) || name.chars().all(capital));
    Found {
        place: match sound && (flag || variable) {
            true => name.to_owned(),
            false => format!("word {}", at + 1),
        },
        pattern,
    }
}

/// The commands of a shell script, each as its words without quotes. What is filled in (`$(…)`) stays as it is.
fn commands(text: &str) -> Vec<Vec<String>> {
    let (mut all, mut command, mut word) = (Vec::new(), Vec::new(), None::<String>);
    let mut quote = None;
    let mut rest = text.chars().peekable();
    while let Some(c) = rest.next() {
        match (c, quote) {
            (c, Some(mark)) if c == mark => quote = None,
            ('\'' | '"', None) => {
                quote = Some(c);
                word.get_or_insert_default();
            }
            ('\\', None | Some('"')) => match rest.next() {
                Some('\n') | None => {}
                Some(next) => word.get_or_insert_default().push(next),
            },
            ('$', None | Some('"')) if rest.peek() == Some(&'(') => {
                let word = word.get_or_insert_default();
                word.push(c);
                substitution(&mut rest, word);
            }
            ('#', None) if word.is_none() => while rest.next_if(|c| *c != '\n').is_some() {},
            (c, None) if c.is_whitespace() || ";&|()`".contains(c) => {
                command.extend(word.take());
                if c == '\n' || !c.is_whitespace() {
                    all.push(std::mem::take(&mut command));
                }
            }
            (c, _) => word.get_or_insert_default().push(c),
        }
    }
    command.extend(word);
    all.push(command);
    all.retain(|command| !command.is_empty());
    all
}

/// Takes what stands in the brackets that come next, those within included.
fn substitution(rest: &mut impl Iterator<Item = char>, word: &mut String) {
    let mut open = 0u32;
    for c in rest {
        word.push(c);
        match c {
            '(' => open += 1,
            ')' => open = open.saturating_sub(1),
            _ => {}
        }
        if open == 0 {
            return;
        }
    }
}

/// A name with a value, as configuration files, scripts and programs write them.
static ASSIGNED: LazyLock<Regex> = LazyLock::new(|| {
    let pattern = concat!(
        r#"["']?([A-Za-z_][A-Za-z0-9_.-]{1,63})["']?([ \t]*(?::=|=>|[:=])[ \t]*|[ \t]+)"#,
        r#"(?:"([^"]{0,256})"|'([^']{0,256})'|([^\s,;"'})\]&]{1,256}))"#
    );
    Regex::new(pattern).expect("internal error: assignments do not compile")
});

/// Settings that take their value behind a space.
const DIRECTIVES: &str = "requirepass masterauth rootpw bindpw";

/// The first thing that looks like a secret in a text of lines.
fn in_text(text: &str) -> Option<Found> {
    let named = |(at, line): (usize, &str)| {
        let line = line.trim();
        let comment = ["#", "//", ";", "<!--"]
            .iter()
            .any(|mark| line.starts_with(mark));
        let kind = if comment { None } else { assigned(line) };
        kind.map(|name| said(name, at, "secretName"))
    };
    text.lines().enumerate().find_map(named)
}

/// The name in a line that has a secret behind it.
fn assigned(line: &str) -> Option<&str> {
    let mut from = 0;
    while let Some(found) = ASSIGNED.captures_at(line, from) {
        let (name, between) = (found.get(1)?, found.get(2)?);
        from = name.end();
        let sign = between.as_str().trim();
        if sign.is_empty() && !listed(DIRECTIVES, name.as_str()) {
            continue;
        }
        let Some(kind) = announced(name.as_str()) else {
            continue;
        };
        let quoted = found.get(3).or(found.get(4));
        let value = quoted.or(found.get(5))?;
        let rest = line.get(value.end()..).unwrap_or_default().trim_start();
        // A word in a sentence is no value.
        let ends = rest.is_empty() || rest.starts_with(['#', ',', ';', '}', ')', ']', '&']);
        let bare = ends || between.as_str() == "=";
        let code = value.as_str().contains(['(', '[', '{', '<', '`'])
            || value.as_str().starts_with(['*', '&', '!', '|', '>'])
            || listed(
                "string str text any object required optional",
                value.as_str(),
            );
        let sure = kind == Announced::Password || plausible(value.as_str());
        if (quoted.is_some() || bare && !code) && sure && fits(kind, value.as_str()) {
            return Some(name.as_str());
        }
    }
    None
}

#[cfg(test)]
mod tests {
    use super::*;

    fn found(words: &[&str]) -> String {
        let words: Vec<String> = words.iter().map(|word| (*word).to_owned()).collect();
        let found = in_words(&words);
        let found = found
            .iter()
            .map(|one| format!("{} {}", one.place, one.pattern));
        found.collect::<Vec<_>>().join(", ")
    }

    #[test]
    #[expect(clippy::too_many_lines, reason = "one table of cases")]
    fn command_lines_are_read_as_their_programs_read_them() {
        for (words, expected) in [
            (
                &["x", "--password=hunter2hunter2"][..],
                "--password secretName",
            ),
            (&["x", "--password", "hunter2"], "--password secretName"),
            (
                &["--db-url=postgres://u:p4ssw0rd@h/d"],
                "--db-url urlWithPassword",
            ),
            (
                &["x", "ghp_0123456789abcdefghijklmnopqrstuvwxyz"],
                "word 2 githubToken",
            ),
            (&["x", "--token", "abcdef0123456789"], "--token secretName"),
            (
                &["kubeadm", "join", "h", "--token", "abcdef.0123456789abcdef"],
                "--token secretName",
            ),
            (&["x", "--api-key=abcdef01"], "--api-key secretName"),
            (&["x", "-Ddb.password=hunter2"], "word 2 secretName"),
            (
                &["env", "DB_PASSWORD=hunter2", "x"],
                "DB_PASSWORD secretName",
            ),
            (
                &["redis-server", "--requirepass", "hunter2"],
                "--requirepass secretName",
            ),
            (
                &["sh", "-c", "mysql -uroot -pcorrecthorse"],
                "-p secretName",
            ),
            (
                &["sh", "-c", "cd /x && exec mysqldump '-phunter2' db"],
                "-p secretName",
            ),
            (
                &["bash", "-ec", "export PASSWORD='hunter2'\nrun"],
                "PASSWORD secretName",
            ),
            (
                &["sh", "-c", "AUTH_TOKEN=abcdef0123 run"],
                "AUTH_TOKEN secretName",
            ),
            (
                &["sh", "-c", "su -c \"redis-cli -a hunter2 ping\""],
                "-a secretName",
            ),
            (
                &["/usr/bin/curl", "-u", "admin:hunter2", "h"],
                "-u secretName",
            ),
            (
                &["curl", "-H", "Authorization: Bearer abcdef123"],
                "word 3 bearerToken",
            ),
            (
                &["sh", "-c", "cat > f <<EOF\npassword: hunter2\nEOF"],
                "password secretName",
            ),
            (
                &["psql", "-c", "ALTER USER a PASSWORD 'hunter2'"],
                "word 3 connectionString",
            ),
        ] {
            assert_eq!(found(words), expected, "{words:?}");
        }
        for words in [
            &["x", "--password=$(DB_PASSWORD)"][..],
            &["x", "--password-file=/run/secrets/db"],
            &["x", "--password-file", "/run/secrets/db"],
            &["x", "--use-token", "serve"],
            &["x", "--password", "--verbose"],
            &["etcd", "--auth-token=simple"],
            &["x", "--service-account-key-file=/etc/kubernetes/pki/sa.pub"],
            &["x", "--default-ssl-secret=quay/web-tls"],
            &["nginx", "-p", "/etc/nginx"],
            &["sh", "-c", "mysql -uroot -p$MYSQL_PASSWORD"],
            &["sh", "-c", "mysql -uroot -p$$MYSQL_PASSWORD"],
            &[
                "sh",
                "-c",
                "mysql -uroot -p\"${MYSQL_PASSWORD}\" -e 'select 1'",
            ],
            &["sh", "-c", "PASSWORD=$(cat /run/secrets/db) run"],
            &["sh", "-c", "# password=hunter2\nrun"],
            &["sh", "-c", "echo Password: the one you were given"],
            &["sh", "-c", "curl -u $USER:$PASSWORD h"],
            &["sh", "-c", "docker run -p 8080:80 x"],
        ] {
            assert_eq!(found(words), "", "{words:?}");
        }
    }

    #[test]
    fn configuration_files_are_read_by_line() {
        for text in [
            "db:\n  user: app\n  password: hunter2\n",
            "spring.datasource.password=hunter2\n",
            "{\"clientSecret\": \"abcdef0123456789\", \"a\": 1}",
            "[db]\npassword = \"hunter2\"\n",
            "requirepass hunter2",
            "a = 1; b: password=hunter2",
            "x: postgres://u:hunter2@h/d",
        ] {
            assert!(in_value("app.conf", text).is_some(), "{text}");
        }
        for text in [
            "password: ${DB_PASSWORD}\n",
            "passwordSecretRef: {name: db, key: password}\n",
            "token_url: https://login.example.com\n",
            "secret: web-tls-1\n",
            "# password: hunter2\n",
            "password: string\n",
            "password = input(\"?\")\n",
            "auth: none\naccessTokenLifespan: 300\n",
            "Set the password: it must be long.\n",
            "bearer_token_file: /var/run/secrets/kubernetes.io/serviceaccount/token\n",
        ] {
            assert_eq!(in_value("app.conf", text), None, "{text}");
        }
    }

    /// A long line must not take longer than its length.
    #[test]
    fn long_lines_end_soon() {
        let long = "a:".repeat(200_000);
        assert_eq!(in_value("x", &long), None);
    }
}
