//! The format of `fix:` in check files.

use super::fields::Item;
use super::fix::{Change, Fix, Flag, FlagValue, Step};

/// What stands for the items that a list holds now.
const PRESENT: &str = "{present}";

/// Reads `fix:`.
pub(super) fn fix(item: Item<'_>) -> Option<Fix> {
    item.fields(|f| {
        let summary = f.required("summary", Item::text);
        let mut changes = [
            f.optional("flag", flag)
                .map(|flag| Change::Flags(vec![flag])),
            f.optional("flags", |item| item.items(flag))
                .map(Change::Flags),
            f.optional("kubeletConfig", Item::yaml)
                .map(Change::KubeletConfig),
            f.optional("file", Item::text).map(Change::File),
            f.optional("manifest", Item::yaml).map(Change::Manifest),
            f.optional("patch", Item::yaml).map(Change::Manifest),
            f.optional("command", Item::text).map(Change::Command),
        ]
        .into_iter()
        .flatten();
        let change = changes.next();
        if changes.next().is_some() {
            let hint = "keep the one that suffices";
            f.item().problem("holds more than one change", hint);
        }
        let when = f.optional("when", Item::expression);
        let before = f.list("before", step);
        let reveals = f.list("reveals", Item::spot_text);
        let unproven = f.optional("unproven", Item::text);
        Some(Fix {
            summary: summary?,
            when,
            change,
            before,
            unproven,
            reveals,
        })
    })
}

fn flag(item: Item<'_>) -> Option<Flag> {
    if item.has("remove") {
        return item.fields(|f| {
            let name = f.required("remove", name);
            let items = f.list("items", Item::text);
            let value = match items.is_empty() {
                true => FlagValue::Remove,
                false => FlagValue::Take(items),
            };
            Some(Flag { name: name?, value })
        });
    }
    if item.has("default") {
        return item
            .fields(|f| f.required("default", set))
            .map(|flag| Flag {
                value: match flag.value {
                    FlagValue::Set(value) => FlagValue::Default(value),
                    other => other,
                },
                ..flag
            });
    }
    set(item)
}

fn set(item: Item<'_>) -> Option<Flag> {
    let text = item.text()?;
    let flag = text
        .strip_prefix("--")
        .filter(|text| !text.contains(char::is_whitespace));
    let Some((name, value)) = flag.and_then(|flag| flag.split_once('=')) else {
        item.problem("is not a flag as it should stand", "write `--name=value`");
        return None;
    };
    let value = match value.strip_prefix(PRESENT) {
        Some(items) => FlagValue::Add {
            items: items.split(',').map(str::to_owned).collect(),
            never: Vec::new(),
        },
        None => FlagValue::Set(value.to_owned()),
    };
    Some(Flag {
        name: name.to_owned(),
        value,
    })
}

/// A flag's name alone, as `--name`.
fn name(item: Item<'_>) -> Option<String> {
    let text = item.text()?;
    let name = text
        .strip_prefix("--")
        .filter(|name| !name.contains(|c: char| c == '=' || c.is_whitespace()));
    if name.is_none() {
        item.problem("is not the name of a flag", "write `--name`");
    }
    name.map(str::to_owned)
}

fn step(item: Item<'_>) -> Option<Step> {
    item.fields(|f| {
        let file = f.optional("file", path);
        let content = f.optional("content", Item::yaml);
        let directory = f.optional("directory", path);
        let mount = f.optional("mount", Item::bool).unwrap_or_default();
        let file = match (file, content) {
            (Some(path), Some(content)) => Some(Step::File {
                path,
                content,
                mount,
            }),
            (None, None) => None,
            _ => {
                f.item()
                    .problem("names a file and no content, or the other way round", "");
                return None;
            }
        };
        let steps = [
            file,
            directory.map(|path| Step::Directory { path, mount }),
            f.optional("do", Item::text).map(Step::Do),
            f.optional("example", Item::yaml).map(Step::Example),
            f.optional("needs", path).map(Step::Needs),
        ];
        let mut steps = steps.into_iter().flatten();
        let step = steps.next();
        if step.is_none() || steps.next().is_some() {
            let hint = "one of do, example, file with content, directory, needs";
            f.item().problem("is not one step", hint);
            return None;
        }
        step
    })
}

fn path(item: Item<'_>) -> Option<String> {
    let path = item.text()?;
    if !path.starts_with('/') {
        item.problem("is not an absolute path", "");
        return None;
    }
    Some(path)
}
