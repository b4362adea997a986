//! YAML that a reader may copy from a fix into a file of Kubernetes. Kubernetes reads YAML 1.1, where `yes` is true and
//! `0644` is octal; the YAML crate writes 1.2 and leaves such texts bare. So texts are written here, and the bare ones
//! are those that no reader takes for anything else.

use super::yaml::{Data, Node, plain};

/// A value on its way to the page.
struct Written {
    /// What stands behind `name:` or `-`; nothing for lists and mappings, which have only a body.
    head: Option<String>,
    /// The lines below.
    body: Vec<String>,
    /// How far the body is indented below `name:`.
    indent: usize,
}

/// `node` as YAML in block style, its fields in the order in which they were written.
pub(super) fn fragment(node: &Node) -> String {
    let written = write(node);
    let mut lines: Vec<String> = written.head.into_iter().chain(written.body).collect();
    lines.push(String::new());
    lines.join("\n")
}

fn write(node: &Node) -> Written {
    let head = |head: String| Written {
        head: Some(head),
        body: Vec::new(),
        indent: 0,
    };
    match &node.data {
        Data::Null | Data::Reported => head("null".to_owned()),
        Data::Bool(value) => head(value.to_string()),
        Data::Int(value) => head(value.to_string()),
        Data::Float(value) => head(value.to_string()),
        Data::Text(text, _) => block(text).unwrap_or_else(|| head(line(text))),
        Data::List(items) if items.is_empty() => head("[]".to_owned()),
        Data::Mapping(fields) if fields.is_empty() => head("{}".to_owned()),
        Data::List(items) => Written {
            head: None,
            body: items.iter().flat_map(item).collect(),
            indent: 0,
        },
        Data::Mapping(fields) => Written {
            head: None,
            body: fields
                .iter()
                .flat_map(|(key, value)| field(&key.name, value))
                .collect(),
            indent: 2,
        },
    }
}

fn field(name: &str, value: &Node) -> Vec<String> {
    let written = write(value);
    let name = line(name);
    let first = match written.head {
        Some(head) => format!("{name}: {head}"),
        None => format!("{name}:"),
    };
    let rest = written
        .body
        .into_iter()
        .map(|line| indented(written.indent, line));
    std::iter::once(first).chain(rest).collect()
}

fn item(value: &Node) -> Vec<String> {
    let written = write(value);
    let mut lines = written.head.into_iter().chain(written.body);
    let first = lines.next().map(|line| format!("- {line}"));
    first
        .into_iter()
        .chain(lines.map(|line| indented(2, line)))
        .collect()
}

fn indented(by: usize, line: String) -> String {
    if line.is_empty() {
        line
    } else {
        format!("{:by$}{line}", "")
    }
}

/// A text of several lines as a literal block, where that says the same.
fn block(text: &str) -> Option<Written> {
    let (head, lines) = match text.strip_suffix('\n') {
        Some(lines) => ("|", lines),
        None => ("|-", text),
    };
    let odd = |c: char| c.is_control() && c != '\n';
    let bare = lines.starts_with([' ', '\n']) || lines.ends_with('\n') || lines.contains(odd);
    (text.contains('\n') && !lines.is_empty() && !bare).then(|| Written {
        head: Some(head.to_owned()),
        body: lines.split('\n').map(str::to_owned).collect(),
        indent: 2,
    })
}

/// A text on one line: bare where no reader of YAML can take it for anything else, else in double quotes as JSON has
/// them.
pub(crate) fn line(text: &str) -> String {
    let safe = |c: char| c.is_ascii_alphanumeric() || "-_./ ".contains(c);
    let bare = text.starts_with(|c: char| c.is_ascii_alphabetic() || c == '/')
        && !text.ends_with(' ')
        && text.chars().all(safe)
        && matches!(plain(text), Ok(Data::Text(..)));
    if bare {
        text.to_owned()
    } else {
        serde_json::Value::from(text).to_string()
    }
}
