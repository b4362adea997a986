//! A waiver: what somebody accepts, why, and until when. It names findings by their check and subject; whether it holds
//! for one is decided by whoever has the outcomes.

use jiff::civil::Date;

use super::{Place, Spot};

/// An entry of a waiver file, validated.
#[derive(Clone, Debug, PartialEq)]
pub struct Waiver {
    /// Where it starts.
    pub place: Place,
    /// The check whose findings it accepts.
    pub check: Spot<String>,
    /// The subjects.
    pub subject: Selector,
    /// The controls it is limited to, as `profile/control`; empty means all.
    pub controls: Vec<String>,
    /// Who answers for it.
    pub owner: String,
    /// Why it is accepted.
    pub reason: String,
    /// The last day it holds, in UTC.
    pub expires: Date,
}

/// Which subjects are meant: those that match every field that is stated.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Selector {
    /// The kind, as check files name it.
    pub kind: Option<Pattern>,
    /// The namespace; a subject without one does not match.
    pub namespace: Option<Pattern>,
    /// The node; a subject without one does not match.
    pub node: Option<Pattern>,
    /// The name, as reports show it.
    pub name: Option<Pattern>,
}

impl Selector {
    /// The fields that are stated, by name.
    pub fn fields(&self) -> impl Iterator<Item = (&'static str, &Pattern)> {
        let all = [
            ("kind", &self.kind),
            ("namespace", &self.namespace),
            ("node", &self.node),
            ("name", &self.name),
        ];
        all.into_iter()
            .filter_map(|(name, pattern)| Some((name, pattern.as_ref()?)))
    }

    /// Whether a subject is meant, by its fields.
    pub fn selects<'s>(&self, field: impl Fn(&'static str) -> Option<&'s str>) -> bool {
        self.fields()
            .all(|(name, pattern)| field(name).is_some_and(|value| pattern.matches(value)))
    }
}

/// A text in which `*` stands for any characters, also none; `\*` and `\\` stand for themselves.
#[derive(Clone, Debug, PartialEq)]
pub struct Pattern {
    text: String,
    /// What stands before, between and behind the stars.
    parts: Vec<String>,
}

impl Pattern {
    /// The pattern as it is written in a file.
    pub fn new(text: impl Into<String>) -> Self {
        let text = text.into();
        let mut parts = vec![String::new()];
        let mut characters = text.chars().peekable();
        while let Some(character) = characters.next() {
            let last = parts.len() - 1;
            match (character, characters.peek()) {
                ('\\', Some(&next @ ('*' | '\\'))) => {
                    parts[last].push(next);
                    characters.next();
                }
                ('*', _) => parts.push(String::new()),
                _ => parts[last].push(character),
            }
        }
        Self { text, parts }
    }

    /// The pattern that matches `text` and nothing else.
    pub fn exact(text: &str) -> Self {
        Self::new(text.replace('\\', r"\\").replace('*', r"\*"))
    }

    /// As it is written.
    pub fn as_str(&self) -> &str {
        &self.text
    }

    /// The one text it matches; nothing when there are more.
    pub fn literal(&self) -> Option<&str> {
        match self.parts.as_slice() {
            [whole] => Some(whole),
            _ => None,
        }
    }

    /// Whether it matches all of `text`.
    pub fn matches(&self, text: &str) -> bool {
        let (first, rest) = self
            .parts
            .split_first()
            .map_or(("", &[][..]), |(f, r)| (f.as_str(), r));
        let Some((last, between)) = rest.split_last() else {
            return text == first;
        };
        let Some(mut left) = text.strip_prefix(first) else {
            return false;
        };
        // The earliest place is always good enough: a star takes what lies between.
        for part in between {
            match left.find(part.as_str()) {
                Some(at) => left = &left[at + part.len()..],
                None => return false,
            }
        }
        left.ends_with(last.as_str())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn stars_stand_for_any_characters() {
        for (pattern, fits, not) in [
            ("a", &["a"][..], &["", "aa", "A"][..]),
            ("*", &["", "a", "**"], &[]),
            ("a*", &["a", "ab"], &["ba", ""]),
            ("*a", &["a", "ba", "aa"], &["ab"]),
            ("a*a", &["aa", "aba"], &["a", "ab"]),
            ("a*b*c", &["abc", "a-b-b-c"], &["acb", "ab", "a-c"]),
            ("**", &["", "x"], &[]),
            (r"\*", &["*"], &["x", ""]),
            (r"a\\*", &[r"a\", r"a\b"], &["a*", "a"]),
            (r"a\b", &[r"a\b"], &["ab"]),
            ("ü*ß", &["üß", "ü-ß"], &["u-ß"]),
        ] {
            let pattern = Pattern::new(pattern);
            for text in fits {
                assert!(pattern.matches(text), "{pattern:?} {text}");
            }
            for text in not {
                assert!(!pattern.matches(text), "{pattern:?} {text}");
            }
        }
        for text in ["", "a", "*", r"\", r"\*", r"a\\*b*", "Role *"] {
            let pattern = Pattern::exact(text);
            assert_eq!(pattern.literal(), Some(text));
            assert!(pattern.matches(text) && !pattern.matches(&format!("{text}x")));
            assert_eq!(Pattern::new(pattern.as_str()), pattern);
        }
    }
}
