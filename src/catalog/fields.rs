//! Readers of YAML values that note what is wrong and go on. A reader returns nothing exactly when it noted a problem
//! (or found one noted), so whoever builds a value from several fields reads them all first and gives up afterwards.

use std::cell::RefCell;
use std::collections::BTreeMap;
use std::fmt;

use super::fragment::fragment;
use super::nearest::did_you_mean;
use super::yaml::{Data, Key, Node, Sheet, quoted};
use super::{ExpressionText, Param, Place, Spot};

/// The longest expression, in bytes.
const MAX_EXPRESSION: usize = 4096;

/// A value, the file it stands in, and what to call it.
#[derive(Clone, Copy)]
pub(super) struct Item<'a> {
    sheet: &'a Sheet<'a>,
    node: &'a Node,
    label: Label<'a>,
}

#[derive(Clone, Copy)]
enum Label<'a> {
    File,
    Field(&'a str),
    ItemOf(&'a str),
}

impl fmt::Display for Label<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::File => f.write_str("the file"),
            Self::Field(name) => f.write_str(&quoted(name)),
            Self::ItemOf(name) => write!(f, "an item of {}", quoted(name)),
        }
    }
}

impl<'a> Item<'a> {
    /// The value of the whole file.
    pub(super) fn root(sheet: &'a Sheet<'a>, node: &'a Node) -> Self {
        Self {
            sheet,
            node,
            label: Label::File,
        }
    }

    /// Notes a problem at this value, whose name is put before `message`.
    pub(super) fn problem(self, message: &str, hint: impl Into<String>) {
        let message = format!("{} {message}", self.label);
        self.sheet.problem(self.node.mark, message, hint);
    }

    /// Notes that this is something else than what was `expected`, unless it was reported already.
    fn mismatch<T>(self, expected: &str) -> Option<T> {
        let (found, hint) = match &self.node.data {
            Data::Reported => return None,
            Data::Null => {
                self.problem("is empty", format!("expected {expected}"));
                return None;
            }
            Data::Bool(_) => ("true or false", "put it in quotes"),
            Data::Int(_) | Data::Float(_) => ("a number", "put it in quotes"),
            Data::Text(..) => ("text", ""),
            Data::List(_) => ("a list", ""),
            Data::Mapping(_) => ("a mapping", ""),
        };
        let hint = if expected == "text" { hint } else { "" };
        self.problem(&format!("is {found}, not {expected}"), hint);
        None
    }

    /// Text with something in it, as it is.
    pub(super) fn raw_text(self) -> Option<&'a str> {
        match &self.node.data {
            Data::Text(text, _) if text.trim().is_empty() => {
                self.problem("is empty", "");
                None
            }
            Data::Text(text, _) => Some(text),
            _ => self.mismatch("text"),
        }
    }

    /// Text with something in it, without blanks around it.
    pub(super) fn text(self) -> Option<String> {
        self.raw_text().map(|text| text.trim().to_owned())
    }

    /// Text that somebody has to fill in; `hint` says with what.
    pub(super) fn filled(self, hint: &str) -> Option<String> {
        let blank = match &self.node.data {
            Data::Null => true,
            Data::Text(text, _) => text.trim().is_empty(),
            _ => false,
        };
        if blank {
            self.problem("is empty", hint);
            return None;
        }
        self.text()
    }

    /// What `read` gives, with its place.
    pub(super) fn spot<T>(self, read: impl FnOnce(Self) -> Option<T>) -> Option<Spot<T>> {
        read(self).map(|value| Spot {
            value,
            place: self.sheet.place(self.node.mark),
        })
    }

    /// Text with its place.
    pub(super) fn spot_text(self) -> Option<Spot<String>> {
        self.spot(Self::text)
    }

    /// An expression: not empty, not too long, not looked into.
    pub(super) fn expression(self) -> Option<ExpressionText> {
        let value = self.raw_text()?;
        if value.len() > MAX_EXPRESSION {
            let message = format!("is an expression over {} KiB", MAX_EXPRESSION / 1024);
            self.problem(&message, "split it into several checks");
            return None;
        }
        let Data::Text(_, style) = &self.node.data else {
            return None;
        };
        let place = self.sheet.place(self.node.mark);
        Some(ExpressionText::written(
            value,
            place,
            *style,
            self.sheet.text,
        ))
    }

    /// True or false.
    pub(super) fn bool(self) -> Option<bool> {
        match self.node.data {
            Data::Bool(value) => Some(value),
            _ => self.mismatch("true or false"),
        }
    }

    /// An integer from `least` to `most`.
    pub(super) fn number(self, least: u8, most: u8) -> Option<u8> {
        let Data::Int(value) = self.node.data else {
            return self.mismatch("an integer");
        };
        let fits = u8::try_from(value)
            .ok()
            .filter(|n| (least..=most).contains(n));
        if fits.is_none() {
            self.problem(&format!("is {value}, not {least} to {most}"), "");
        }
        fits
    }

    /// The one of `all` that has this name.
    pub(super) fn choice<T: Copy>(self, all: &[T], name: fn(T) -> &'static str) -> Option<T> {
        let text = self.raw_text()?;
        let found = all.iter().copied().find(|one| name(*one) == text);
        if found.is_none() {
            let names: Vec<&str> = all.iter().map(|one| name(*one)).collect();
            let known = format!("one of: {}", names.join(", "));
            let hint = did_you_mean(text, names, || known.clone());
            let hint = if hint == known {
                hint
            } else {
                format!("{hint} {known}")
            };
            self.problem(&format!("is unknown: {}", quoted(text)), hint);
        }
        found
    }

    /// A link.
    pub(super) fn https(self) -> Option<String> {
        let text = self.text()?;
        let rest = text.strip_prefix("https://").unwrap_or_default();
        let host = rest.starts_with(|c: char| c.is_ascii_alphanumeric());
        if !host || text.contains(char::is_whitespace) {
            self.problem(&format!("is no https link: {}", quoted(&text)), "");
            return None;
        }
        Some(text)
    }

    /// An id: kebab-case, with the characters of `also` allowed inside words, and equal to the name of the file.
    pub(super) fn id(self, also: &str) -> Option<Spot<String>> {
        let id = self.spot_text()?;
        let part = |c: char| c.is_ascii_lowercase() || c.is_ascii_digit() || also.contains(c);
        let kebab = id.value.starts_with(|c: char| c.is_ascii_lowercase())
            && id
                .value
                .split('-')
                .all(|word| !word.is_empty() && word.chars().all(part));
        if !kebab {
            let message = format!("is not kebab-case: {}", quoted(&id.value));
            self.problem(&message, "lower-case words joined by `-`");
            return None;
        }
        if id.value != stem(self.sheet.file) {
            let message = format!(
                "is {}, and the file is called {}",
                quoted(&id.value),
                quoted(stem(self.sheet.file))
            );
            self.problem(&message, "name the file after the id");
        }
        Some(id)
    }

    /// A parameter's value.
    pub(super) fn param(self) -> Option<Param> {
        match &self.node.data {
            Data::Bool(value) => Some(Param::Bool(*value)),
            Data::Int(value) => Some(Param::Int(*value)),
            Data::Text(value, _) => Some(Param::Text(value.clone())),
            Data::List(_) => self.items(Self::text).map(Param::List),
            _ => self.mismatch("true or false, an integer, text or a list of texts"),
        }
    }

    /// The items of a list, as far as `read` could read them.
    pub(super) fn items<T>(self, read: impl Fn(Self) -> Option<T>) -> Option<Vec<T>> {
        let Data::List(nodes) = &self.node.data else {
            return self.mismatch("a list");
        };
        let name = match self.label {
            Label::Field(name) | Label::ItemOf(name) => name,
            Label::File => "",
        };
        let item = |node| Self {
            node,
            label: Label::ItemOf(name),
            ..self
        };
        Some(nodes.iter().filter_map(|node| read(item(node))).collect())
    }

    /// The values of a mapping by name, where names are identifiers.
    pub(super) fn named<T>(
        self,
        read: impl Fn(Self) -> Option<T>,
    ) -> Option<BTreeMap<String, Spot<T>>> {
        let mut named = BTreeMap::new();
        for (key, node) in self.mapping()? {
            let item = self.field(key, node);
            let starts = key.name.starts_with(|c: char| c.is_ascii_alphabetic());
            if !starts || !key.name.chars().all(|c| c.is_ascii_alphanumeric()) {
                let message = format!("{} cannot be named in an expression", item.label);
                self.sheet
                    .problem(key.mark, message, "a letter, then letters and digits");
            }
            if let Some(value) = item.spot(&read) {
                named.insert(key.name.clone(), value);
            }
        }
        Some(named)
    }

    /// A mapping of any shape.
    pub(super) fn any_mapping(self) -> Option<serde_json::Value> {
        self.mapping()?;
        serde_json::to_value(self.node).ok()
    }

    /// A mapping of any shape, as YAML with its fields in the same order.
    pub(super) fn yaml(self) -> Option<String> {
        self.mapping()?;
        Some(fragment(self.node))
    }

    /// Whether this is a mapping with a field called `name`.
    pub(super) fn has(self, name: &str) -> bool {
        match &self.node.data {
            Data::Mapping(entries) => entries.iter().any(|(key, _)| key.name == name),
            _ => false,
        }
    }

    /// What `read` makes of the fields of this mapping. Those it did not ask for are unknown.
    pub(super) fn fields<T>(self, read: impl FnOnce(&Fields<'a>) -> Option<T>) -> Option<T> {
        let fields = Fields {
            item: self,
            entries: self.mapping()?,
            asked: RefCell::default(),
        };
        let value = read(&fields);
        fields.report_unknown();
        value
    }

    fn mapping(self) -> Option<&'a [(Key, Node)]> {
        match &self.node.data {
            Data::Mapping(entries) => Some(entries),
            _ => self.mismatch("a mapping"),
        }
    }

    fn field(self, key: &'a Key, node: &'a Node) -> Self {
        Self {
            node,
            label: Label::Field(&key.name),
            ..self
        }
    }
}

/// The fields of a mapping.
pub(super) struct Fields<'a> {
    item: Item<'a>,
    entries: &'a [(Key, Node)],
    asked: RefCell<Vec<&'static str>>,
}

impl<'a> Fields<'a> {
    /// The mapping itself.
    pub(super) fn item(&self) -> Item<'a> {
        self.item
    }

    /// Where the mapping starts.
    pub(super) fn start(&self) -> Place {
        self.item.sheet.place(self.item.node.mark)
    }

    fn find(&self, name: &str) -> Option<&'a (Key, Node)> {
        self.entries.iter().find(|(key, _)| key.name == name)
    }

    /// Where the field called `name` starts, if there is one.
    pub(super) fn place(&self, name: &str) -> Option<Place> {
        self.find(name)
            .map(|(key, _)| self.item.sheet.place(key.mark))
    }

    /// A field that may be missing.
    pub(super) fn optional<T>(
        &self,
        name: &'static str,
        read: impl FnOnce(Item<'a>) -> Option<T>,
    ) -> Option<T> {
        self.asked.borrow_mut().push(name);
        let (key, node) = self.find(name)?;
        read(self.item.field(key, node))
    }

    /// A field that must be there.
    pub(super) fn required<T>(
        &self,
        name: &'static str,
        read: impl FnOnce(Item<'a>) -> Option<T>,
    ) -> Option<T> {
        if self.find(name).is_none() {
            let message = format!("missing field `{name}`");
            self.item.sheet.problem(self.item.node.mark, message, "");
        }
        self.optional(name, read)
    }

    /// A field that holds a list and may be missing.
    pub(super) fn list<T>(
        &self,
        name: &'static str,
        read: impl Fn(Item<'a>) -> Option<T>,
    ) -> Vec<T> {
        self.optional(name, |item| item.items(read))
            .unwrap_or_default()
    }

    fn report_unknown(&self) {
        let asked = self.asked.borrow();
        for (key, _) in self.entries {
            if !asked.contains(&key.name.as_str()) {
                let known = || format!("known: {}", asked.join(", "));
                let hint = did_you_mean(&key.name, asked.iter().copied(), known);
                let message = format!("unknown field {}", quoted(&key.name));
                self.item.sheet.problem(key.mark, message, hint);
            }
        }
    }
}

/// The name of `file` without its folder and its last ending.
pub(super) fn stem(file: &str) -> &str {
    let name = file.rsplit(['/', '\\']).next().unwrap_or(file);
    name.rsplit_once('.').map_or(name, |(stem, _)| stem)
}
