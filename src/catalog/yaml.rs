//! YAML text to a tree with positions, on the events of the parser.
//!
//! The tree is smaller than YAML on purpose: one document, no anchors, no tags, no words that mean one thing in YAML 1.1
//! (which Kubernetes reads) and another in 1.2. So nothing can blow up while loading and no reader is surprised. Built
//! without recursion and to a limited depth, whatever the input.

use std::cell::RefCell;
use std::collections::BTreeMap;

use saphyr_parser::{Event, Marker, Parser, ScalarStyle};
use serde::ser::{Serialize, SerializeMap, Serializer};

use super::{Place, Problem};

/// The deepest nesting that is read; manifests of Kubernetes need less than half of it.
const MAX_DEPTH: usize = 64;
/// How many problems of one file are told.
const MAX_PROBLEMS: usize = 100;

/// A place in the file at hand: line and column, from 1.
pub(super) type Mark = (usize, usize);

/// A file while it is read: its text, and the problems so far.
pub(super) struct Sheet<'a> {
    /// The file, as it was named to us.
    pub(super) file: &'a str,
    /// All of it.
    pub(super) text: &'a str,
    problems: RefCell<Vec<Problem>>,
}

impl<'a> Sheet<'a> {
    pub(super) fn new(file: &'a str, text: &'a str) -> Self {
        Self {
            file,
            text,
            problems: RefCell::default(),
        }
    }

    /// `mark` as a place outside this file.
    pub(super) fn place(&self, (line, column): Mark) -> Place {
        Place {
            file: self.file.to_owned(),
            line,
            column,
        }
    }

    /// Notes a problem.
    pub(super) fn problem(&self, mark: Mark, message: impl Into<String>, hint: impl Into<String>) {
        let mut problems = self.problems.borrow_mut();
        let (mark, message, hint) = match problems.len() {
            0..MAX_PROBLEMS => (mark, message.into(), hint.into()),
            MAX_PROBLEMS => (
                (0, 0),
                format!("more than {MAX_PROBLEMS} problems"),
                "mend the first ones and look again".to_owned(),
            ),
            _ => return,
        };
        problems.push(Problem {
            place: self.place(mark),
            message,
            hint,
        });
    }

    /// What was noted.
    pub(super) fn into_problems(self) -> Vec<Problem> {
        self.problems.into_inner()
    }
}

/// A value with its position.
pub(super) struct Node {
    pub(super) mark: Mark,
    pub(super) data: Data,
}

/// What a value is.
pub(super) enum Data {
    Null,
    Bool(bool),
    Int(i64),
    Float(f64),
    Text(String, ScalarStyle),
    List(Vec<Node>),
    Mapping(Vec<(Key, Node)>),
    /// Something that has been reported, so readers pass over it in silence.
    Reported,
}

/// The name of a field with its position.
pub(super) struct Key {
    pub(super) name: String,
    pub(super) mark: Mark,
}

impl Serialize for Node {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        match &self.data {
            Data::Null | Data::Reported => serializer.serialize_unit(),
            Data::Bool(value) => serializer.serialize_bool(*value),
            Data::Int(value) => serializer.serialize_i64(*value),
            Data::Float(value) => serializer.serialize_f64(*value),
            Data::Text(value, _) => serializer.serialize_str(value),
            Data::List(items) => serializer.collect_seq(items),
            Data::Mapping(fields) => {
                let mut map = serializer.serialize_map(Some(fields.len()))?;
                for (key, value) in fields {
                    map.serialize_entry(&key.name, value)?;
                }
                map.end()
            }
        }
    }
}

/// The one document of the file. Nothing when there is no tree at all; then a problem was noted.
pub(super) fn parse(sheet: &Sheet<'_>) -> Option<Node> {
    if let Some(mark) = tab(sheet.text) {
        sheet.problem(mark, "a tab in the indentation", "indent with spaces");
        return None;
    }
    let mut builder = Builder {
        sheet,
        open: Vec::new(),
        root: None,
    };
    let mut parser = Parser::new_from_str(sheet.text);
    while let Some(next) = parser.next_event() {
        match next {
            Ok((Event::StreamEnd, _)) => break,
            Ok((event, span)) => builder.take(event, mark(&span.start)).ok()?,
            Err(error) => {
                sheet.problem(
                    mark(error.marker()),
                    format!("not valid YAML: {}", error.info()),
                    "",
                );
                return None;
            }
        }
    }
    let root = builder.root;
    if root.is_none() {
        sheet.problem((0, 0), "the file is empty", "");
    }
    root
}

fn mark(marker: &Marker) -> Mark {
    (marker.line(), marker.col() + 1)
}

/// The first tab that indents a line.
fn tab(text: &str) -> Option<Mark> {
    text.lines().enumerate().find_map(|(index, line)| {
        let spaces = line.len() - line.trim_start_matches(' ').len();
        line[spaces..]
            .starts_with('\t')
            .then_some((index + 1, spaces + 1))
    })
}

/// The rest of the file is not worth reading; a problem says why.
struct GiveUp;

/// A list or mapping that is not closed yet.
struct Open {
    mark: Mark,
    content: Content,
}

enum Content {
    List(Vec<Node>),
    Mapping {
        fields: Vec<(Key, Node)>,
        seen: BTreeMap<String, Mark>,
        /// The field whose value comes next; with no name when its key was no text.
        key: Option<(Option<String>, Mark)>,
    },
}

struct Builder<'a> {
    sheet: &'a Sheet<'a>,
    open: Vec<Open>,
    root: Option<Node>,
}

impl Builder<'_> {
    fn take(&mut self, event: Event<'_>, mark: Mark) -> Result<(), GiveUp> {
        match event {
            Event::Scalar(text, style, anchor, tag) => {
                self.refuse(mark, anchor, tag.is_some());
                self.scalar(&text, style, mark);
            }
            Event::SequenceStart(anchor, tag) => {
                self.refuse(mark, anchor, tag.is_some());
                self.open(mark, Content::List(Vec::new()))?;
            }
            Event::MappingStart(anchor, tag) => {
                self.refuse(mark, anchor, tag.is_some());
                let content = Content::Mapping {
                    fields: Vec::new(),
                    seen: BTreeMap::new(),
                    key: None,
                };
                self.open(mark, content)?;
            }
            Event::SequenceEnd | Event::MappingEnd => {
                if let Some(open) = self.open.pop() {
                    let data = match open.content {
                        Content::List(items) => Data::List(items),
                        Content::Mapping { fields, .. } => Data::Mapping(fields),
                    };
                    self.add(open.mark, data);
                }
            }
            // Its anchor was reported, and an alias without one is an error of the parser.
            Event::Alias(_) => self.add(mark, Data::Reported),
            Event::DocumentStart(_) if self.root.is_some() => {
                let hint = "one document per file";
                self.sheet.problem(mark, "a second document starts", hint);
                return Err(GiveUp);
            }
            Event::DocumentStart(_)
            | Event::DocumentEnd
            | Event::StreamStart
            | Event::StreamEnd
            | Event::Nothing => {}
        }
        Ok(())
    }

    fn refuse(&self, mark: Mark, anchor: usize, tagged: bool) {
        if anchor != 0 {
            let hint = "write the value out where it is used";
            self.sheet
                .problem(mark, "an anchor, and aliases are not read", hint);
        }
        if tagged {
            let hint = "leave it out, and put text in quotes";
            self.sheet
                .problem(mark, "a tag, and tags are not read", hint);
        }
    }

    fn open(&mut self, mark: Mark, content: Content) -> Result<(), GiveUp> {
        if self.open.len() == MAX_DEPTH {
            let message = format!("nested more than {MAX_DEPTH} deep");
            self.sheet.problem(mark, message, "");
            return Err(GiveUp);
        }
        self.open.push(Open { mark, content });
        Ok(())
    }

    fn scalar(&mut self, text: &str, style: ScalarStyle, mark: Mark) {
        let is_key = self
            .open
            .last()
            .is_some_and(|open| matches!(open.content, Content::Mapping { key: None, .. }));
        let data = match style {
            ScalarStyle::Plain if !is_key => plain(text).unwrap_or_else(|(message, hint)| {
                self.sheet.problem(mark, message, hint);
                Data::Reported
            }),
            _ => Data::Text(text.to_owned(), style),
        };
        self.add(mark, data);
    }

    /// Puts a finished value where it belongs.
    fn add(&mut self, mark: Mark, data: Data) {
        let Some(open) = self.open.last_mut() else {
            self.root = Some(Node { mark, data });
            return;
        };
        match &mut open.content {
            Content::List(items) => items.push(Node { mark, data }),
            Content::Mapping { fields, seen, key } => match key.take() {
                None => *key = Some((name(self.sheet, mark, data, seen), mark)),
                Some((Some(name), at)) => {
                    // What is not there has no place of its own.
                    let mark = if matches!(data, Data::Null) { at } else { mark };
                    fields.push((Key { name, mark: at }, Node { mark, data }));
                }
                Some((None, _)) => {}
            },
        }
    }
}

/// The name that a key gives to its field; nothing when it gives none, and that was reported.
fn name(
    sheet: &Sheet<'_>,
    mark: Mark,
    data: Data,
    seen: &mut BTreeMap<String, Mark>,
) -> Option<String> {
    let name = match data {
        Data::Text(name, _) if name == "<<" => {
            let hint = "write the fields out";
            sheet.problem(mark, "a merge key, and merge keys are not read", hint);
            return None;
        }
        Data::Text(name, _) => name,
        Data::Reported => return None,
        _ => {
            sheet.problem(mark, "the name of a field is not text", "");
            return None;
        }
    };
    if let Some((line, _)) = seen.get(&name) {
        let message = format!("field {} is there twice", quoted(&name));
        sheet.problem(mark, message, format!("the first is in line {line}"));
        return None;
    }
    seen.insert(name.clone(), mark);
    Some(name)
}

/// What an unquoted scalar means in the core schema of YAML 1.2; an error (message, hint) where YAML 1.1 says otherwise.
pub(super) fn plain(text: &str) -> Result<Data, (String, &'static str)> {
    match text {
        "" | "~" | "null" | "Null" | "NULL" => return Ok(Data::Null),
        "true" | "True" | "TRUE" => return Ok(Data::Bool(true)),
        "false" | "False" | "FALSE" => return Ok(Data::Bool(false)),
        _ => {}
    }
    if matches!(
        text.to_ascii_lowercase().as_str(),
        "yes" | "no" | "on" | "off" | "y" | "n"
    ) {
        return Err((
            format!("`{text}` is true or false to some readers of YAML and text to others"),
            "put it in quotes, or write true or false",
        ));
    }
    let digits = text.strip_prefix(['+', '-']).unwrap_or(text);
    let decimal = !digits.is_empty() && digits.bytes().all(|b| b.is_ascii_digit());
    if decimal && digits.len() > 1 && digits.starts_with('0') {
        return Err((
            format!(
                "{} is octal to some readers of YAML and decimal to others",
                quoted(text)
            ),
            "put it in quotes, or write the decimal number",
        ));
    }
    let integer = if decimal {
        Some(text.parse())
    } else if let Some(hex) = text.strip_prefix("0x") {
        Some(i64::from_str_radix(hex, 16))
    } else {
        text.strip_prefix("0o")
            .map(|octal| i64::from_str_radix(octal, 8))
    };
    match integer {
        Some(Ok(value)) => return Ok(Data::Int(value)),
        Some(Err(_)) if decimal => {
            let message = format!("{} does not fit into 64 bits", quoted(text));
            return Err((message, "put it in quotes if it is text"));
        }
        _ => {}
    }
    let numeric = digits.starts_with(|c: char| c.is_ascii_digit() || c == '.');
    match text.parse::<f64>() {
        Ok(value) if numeric && value.is_finite() => Ok(Data::Float(value)),
        _ => Ok(Data::Text(text.to_owned(), ScalarStyle::Plain)),
    }
}

/// `text` for a message: in back quotes, and not longer than a line.
pub(super) fn quoted(text: &str) -> String {
    const MOST: usize = 60;
    match text.char_indices().nth(MOST) {
        Some((end, _)) => format!("`{}…`", &text[..end]),
        None => format!("`{text}`"),
    }
}
