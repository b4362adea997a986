//! The table of layers *is* this test: a layer may import exactly what its row allows.

use std::collections::BTreeMap;
use std::fs;
use std::path::{Path, PathBuf};

/// Layer, the layers it may import, and whether it may be async.
const LAYERS: &[(&str, &[&str], bool)] = &[
    ("target", &[], false),
    ("cores", &[], false),
    ("input", &[], false),
    ("facts", &["target"], false),
    ("outcome", &["target", "facts"], false),
    ("collect", &["target", "facts", "input"], true),
    ("catalog", &["target", "facts"], false),
    ("evaluate", &["cores", "facts", "outcome", "catalog"], false),
    ("score", &["cores", "catalog", "outcome"], false),
    (
        "report",
        &["target", "facts", "catalog", "outcome", "score"],
        false,
    ),
    ("act", &["target", "catalog", "outcome"], true),
    (
        "cli",
        &[
            "target", "facts", "outcome", "collect", "catalog", "evaluate", "score", "report",
            "act", "input",
        ],
        true,
    ),
    // Looks into every layer and is seen by none.
    (
        "fuzzing",
        &[
            "target", "facts", "collect", "catalog", "evaluate", "score", "report",
        ],
        false,
    ),
];

/// The files of `src` itself that are no layer.
const OUTSIDE: [&str; 3] = ["build.rs", "lib.rs", "main.rs"];

/// The only files below `facts`, `catalog` and `report` that may touch the file system.
const FILE_ACCESS: &[&str] = &["src/catalog/files"];

const LONGEST_FILE: usize = 400;

struct SourceFile {
    path: PathBuf,
    /// The text before the inline tests.
    code: String,
}

fn sources() -> Vec<SourceFile> {
    let mut files = Vec::new();
    walk(Path::new("src"), &mut files);
    assert!(files.len() > 20, "the source folder was not found");
    files
}

fn walk(folder: &Path, files: &mut Vec<SourceFile>) {
    let mut entries: Vec<_> = fs::read_dir(folder)
        .unwrap()
        .map(|entry| entry.unwrap().path())
        .collect();
    entries.sort();
    for path in entries {
        if path.is_dir() {
            walk(&path, files);
        } else if is_test(&path) {
            // Tests may be long, and may touch what the code must not.
        } else if path.extension().is_some_and(|extension| extension == "rs") {
            let text = fs::read_to_string(&path).unwrap();
            let code = text
                .split("\n#[cfg(test)]")
                .next()
                .unwrap_or_default()
                .to_owned();
            files.push(SourceFile { path, code });
        }
    }
}

/// Unit tests that lie in files of their own, and what only they use.
fn is_test(path: &Path) -> bool {
    let names = [
        "tests",
        "tests.rs",
        "fixture.rs",
        "generate.rs",
        "oracle.rs",
    ];
    path.iter()
        .any(|part| names.iter().any(|name| part == *name))
}

/// The folder, or the file where it lies in `src` itself.
fn layer_of(path: &Path) -> Option<String> {
    let mut parts = path.strip_prefix("src").ok()?.components();
    let first = parts.next()?.as_os_str().to_str()?;
    let layer = first.strip_suffix(".rs").unwrap_or(first);
    (!OUTSIDE.contains(&first)).then(|| layer.to_owned())
}

fn without_comment(line: &str) -> &str {
    line.split("//").next().unwrap_or_default()
}

/// The layers that `code` names through `crate::…`, braces included.
fn imported(code: &str) -> Vec<String> {
    let text: String = code
        .lines()
        .map(without_comment)
        .collect::<Vec<_>>()
        .join("\n");
    let mut layers = Vec::new();
    for part in text.split("crate::").skip(1) {
        let names: Vec<&str> = if let Some(group) = part.strip_prefix('{') {
            group
                .split('}')
                .next()
                .unwrap_or_default()
                .split(',')
                .collect()
        } else {
            vec![part]
        };
        layers.extend(names.iter().map(|name| {
            name.trim()
                .chars()
                .take_while(|c| c.is_alphanumeric() || *c == '_')
                .collect::<String>()
        }));
    }
    layers
}

#[test]
fn layers_import_only_what_the_table_allows() {
    let table: BTreeMap<&str, &[&str]> =
        LAYERS.iter().map(|(name, may, _)| (*name, *may)).collect();
    let mut wrong = Vec::new();
    for file in sources() {
        let Some(layer) = layer_of(&file.path) else {
            continue;
        };
        let Some(allowed) = table.get(layer.as_str()) else {
            wrong.push(format!(
                "{}: no layer is called {layer}",
                file.path.display()
            ));
            continue;
        };
        for import in imported(&file.code) {
            if table.contains_key(import.as_str())
                && import != layer
                && !allowed.contains(&import.as_str())
            {
                wrong.push(format!(
                    "{}: {layer} must not import {import}",
                    file.path.display()
                ));
            }
        }
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}

#[test]
fn only_the_edges_are_async() {
    let mut wrong = Vec::new();
    for file in sources() {
        let Some(layer) = layer_of(&file.path) else {
            continue;
        };
        let may = LAYERS
            .iter()
            .any(|(name, _, is_async)| *name == layer && *is_async);
        let names_async = file.code.lines().map(without_comment).any(|line| {
            line.contains("async ") || line.contains("tokio::") || line.contains(".await")
        });
        if names_async && !may {
            wrong.push(file.path.display().to_string());
        }
    }
    assert!(
        wrong.is_empty(),
        "async in a layer that is not: {}",
        wrong.join(", ")
    );
}

#[test]
fn pure_layers_touch_no_files_and_no_clock() {
    let pure = [
        "target", "facts", "outcome", "catalog", "evaluate", "score", "report",
    ];
    let mut wrong = Vec::new();
    for file in sources() {
        let Some(layer) = layer_of(&file.path) else {
            continue;
        };
        let name = file.path.display().to_string();
        if !pure.contains(&layer.as_str())
            || FILE_ACCESS.iter().any(|allowed| name.starts_with(allowed))
        {
            continue;
        }
        for forbidden in [
            "std::fs",
            "std::env",
            "std::process",
            "TcpStream",
            "TcpListener",
            "UdpSocket",
            "UnixStream",
            "Timestamp::now",
            "SystemTime",
            "Instant::now",
        ] {
            if file
                .code
                .lines()
                .map(without_comment)
                .any(|line| line.contains(forbidden))
            {
                wrong.push(format!("{name}: {forbidden}"));
            }
        }
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}

#[test]
fn files_are_short_and_say_what_they_are() {
    let mut wrong = Vec::new();
    for file in sources() {
        let lines = file.code.lines().count();
        if lines > LONGEST_FILE {
            wrong.push(format!(
                "{}: {lines} lines before its tests",
                file.path.display()
            ));
        }
        if !file.code.starts_with("//!") {
            wrong.push(format!("{}: does not begin with //!", file.path.display()));
        }
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}

#[test]
fn the_table_reads_use_lines_as_the_compiler_does() {
    assert_eq!(
        imported("use crate::facts::Cell;\nlet x = crate::{outcome::Status, score};"),
        ["facts", "outcome", "score"]
    );
    assert_eq!(
        imported("// crate::cli is only named here"),
        Vec::<String>::new()
    );
}
