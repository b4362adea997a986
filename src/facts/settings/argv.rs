//! A command line, read as pflag (Kubernetes) or Go's own flag package (etcd) reads it.

use std::collections::BTreeMap;

use super::syntax::parse_bool;
use super::{Scalar, Table};

/// What a command line sets.
#[derive(Debug, Default, PartialEq)]
pub struct Parsed {
    /// The flags that were given, by name; `None` for a value that the flag's type refuses.
    pub given: BTreeMap<String, Option<Scalar>>,
    /// The names of flags that the table does not have. Their values are never kept.
    pub unknown: Vec<String>,
    /// Whether it asks for help or the version, so that the program answers and ends.
    pub exits: bool,
}

/// Which of the two parsers a component uses.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Parser {
    /// `github.com/spf13/pflag`: two dashes, one-letter shorthands, `_` equals `-`, flags may follow arguments.
    Pflag,
    /// Go's `flag`: one or two dashes, the first argument that is no flag ends the flags.
    Flag,
}

/// Reads `arguments`, the command line without the program, against the flags of `table`.
pub fn parse(arguments: &[String], table: &Table, parser: Parser) -> Parsed {
    let mut parsed = Parsed::default();
    let mut rest = arguments.iter();
    // Whether the word before is a flag that is not known, of which this one may be the value.
    let mut open = false;
    while let Some(argument) = rest.next() {
        let (exits, unknown) = (parsed.exits, parsed.unknown.len());
        let name = argument.trim_start_matches('-');
        let dashes = argument.len() - name.len();
        match (dashes, parser) {
            (2, _) if name.is_empty() => break,
            (0, Parser::Pflag) => {}
            (1, _) if name.is_empty() && parser == Parser::Pflag => {}
            (0, Parser::Flag) => break,
            (1, Parser::Flag) if name.is_empty() => break,
            (2, _) | (1, Parser::Flag) if !name.starts_with('=') => {
                let (name, value) = match name.split_once('=') {
                    Some((name, value)) => (name, Some(value)),
                    None => (name, None),
                };
                let name = match parser {
                    Parser::Pflag => name.replace('_', "-"),
                    Parser::Flag => name.to_owned(),
                };
                parsed.set(table, name, value, &mut rest);
            }
            (1, Parser::Pflag) => parsed.short(table, name, &mut rest),
            _ => parsed.unknown.push("(malformed)".to_owned()),
        }
        if open {
            parsed.exits = exits;
        }
        open = parsed.unknown.len() > unknown && !argument.contains('=');
    }
    parsed
}

impl Parsed {
    /// One flag by its long name.
    fn set(
        &mut self,
        table: &Table,
        name: String,
        value: Option<&str>,
        rest: &mut std::slice::Iter<'_, String>,
    ) {
        let Some(row) = table.position(&name).and_then(|at| table.rows.get(at)) else {
            self.answer(&name, value);
            self.unknown.push(name);
            return;
        };
        let value = match value {
            Some(value) => Some(value),
            None if row.kind == super::Kind::Bool => Some("true"),
            None => rest.next().map(String::as_str),
        };
        let set = match self.given.remove(&name) {
            // A value that was refused once would have stopped the process; later ones do not heal it.
            Some(None) => None,
            Some(before) => value.and_then(|value| row.kind.set(before, value)),
            None => value.and_then(|value| row.kind.set(None, value)),
        };
        self.given.insert(name, set);
    }

    /// Notes a flag that is answered and not obeyed: help, and the version. `--version=v1.30.0` only sets what is reported
    /// (k8s.io/component-base/version/verflag).
    fn answer(&mut self, name: &str, value: Option<&str>) {
        match name {
            "help" | "h" => self.exits = true,
            "version" => {
                let asked = |value| value == "raw" || parse_bool(value) == Some(true);
                self.exits = value.is_none_or(asked);
            }
            name if name.starts_with("print-") => self.exits = true,
            _ => {}
        }
    }

    /// A group of one-letter flags. The only one that Kubernetes has besides `-h` is `-v`, and a group ends with a flag
    /// that takes a value (pflag `parseSingleShortArg`).
    fn short(&mut self, table: &Table, group: &str, rest: &mut std::slice::Iter<'_, String>) {
        let mut group = group;
        while let Some(letter) = group.chars().next() {
            let after = &group[letter.len_utf8()..];
            let name = letter.to_string();
            let known = table.position(&name).is_some();
            if !known && letter != 'h' {
                self.unknown.push(name);
                return;
            }
            if known {
                let value = match after.strip_prefix('=') {
                    Some(value) if !value.is_empty() => Some(value),
                    _ => Some(after).filter(|after| !after.is_empty()),
                };
                self.set(table, name, value, rest);
                return;
            }
            self.exits = true;
            group = after;
        }
    }
}
