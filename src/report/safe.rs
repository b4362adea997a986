//! The gate between text from outside and a screen.
//!
//! Names, values and messages come from clusters that somebody else may control. Here everything that a terminal would
//! interpret, reorder or hide becomes visible, and what is too long is cut. `Safe` is the only text that the table
//! prints, and only this file makes one.

use std::borrow::Cow;
use std::ops::Add;

use unicode_width::{UnicodeWidthChar, UnicodeWidthStr};

use super::Charset;
use super::ink::Ink;

/// The most columns that one piece of text from outside takes.
pub const LONGEST: usize = 200;

/// Whether a character would not be seen as itself: controls (C0, C1, DEL), line and paragraph separators, and all that
/// has no width of its own, which takes in bidirectional controls (UAX #9), joiners, tags, variation selectors and
/// combining marks (Unicode `Default_Ignorable_Code_Point` and nonspacing marks), and the fillers and the soft hyphen
/// that have a width and show nothing.
pub fn is_hidden(character: char) -> bool {
    match character {
        ' '..='~' => false,
        '\u{ad}' | '\u{2028}' | '\u{2029}' | '\u{115f}' | '\u{1160}' | '\u{3164}' | '\u{ffa0}' => {
            true
        }
        _ => character.is_control() || character.width().unwrap_or(0) == 0,
    }
}

/// `text` with everything hidden shown as an escape: `\n`, `\u{1b}`. A second pass changes nothing.
pub fn safe(text: &str) -> Cow<'_, str> {
    escape(text, is_hidden)
}

fn escape(text: &str, hidden: impl Fn(char) -> bool) -> Cow<'_, str> {
    if !text.contains(&hidden) {
        return Cow::Borrowed(text);
    }
    let mut shown = String::with_capacity(text.len() + 16);
    for character in text.chars() {
        if hidden(character) {
            shown.extend(character.escape_default());
        } else {
            shown.push(character);
        }
    }
    Cow::Owned(shown)
}

/// Text that may be printed. It may hold marks of [`Ink`], which take no column and are themselves characters that no
/// text from outside can hold.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(super) struct Safe(String);

impl Safe {
    /// Text of any origin, at most [`LONGEST`] columns of it.
    pub(super) fn new(text: &str, charset: Charset) -> Self {
        Self::whole(text, charset).cut(LONGEST, charset)
    }

    /// Text of any origin, whatever its length: for lines that are to be copied.
    pub(super) fn whole(text: &str, charset: Charset) -> Self {
        let shown = match charset {
            Charset::Unicode => safe(text),
            Charset::Ascii => escape(text, |character| {
                is_hidden(character) || !character.is_ascii()
            }),
        };
        Self(shown.into_owned())
    }

    /// Text of our own.
    pub(super) fn literal(text: &'static str) -> Self {
        Self(text.to_owned())
    }

    /// A number.
    pub(super) fn number(number: u64) -> Self {
        Self(number.to_string())
    }

    /// `count` times the same.
    pub(super) fn repeat(text: &'static str, count: usize) -> Self {
        Self(text.repeat(count))
    }

    /// The parts with `separator` between them.
    pub(super) fn join(parts: &[Self], separator: &'static str) -> Self {
        let parts: Vec<&str> = parts.iter().map(Self::as_str).collect();
        Self(parts.join(separator))
    }

    /// In a colour or weight.
    pub(super) fn paint(mut self, ink: Ink) -> Self {
        if !self.0.is_empty() {
            self.0.insert(0, ink.mark());
            self.0.push(Ink::END);
        }
        self
    }

    /// How many columns it takes.
    pub(super) fn width(&self) -> usize {
        self.0.width()
    }

    pub(super) fn is_empty(&self) -> bool {
        self.0.is_empty()
    }

    pub(super) fn as_str(&self) -> &str {
        &self.0
    }

    /// At most `columns` of it: the middle gives way, since both ends of names tell most. For text without ink.
    pub(super) fn cut(self, columns: usize, charset: Charset) -> Self {
        if self.width() <= columns {
            return self;
        }
        let ellipsis = match charset {
            Charset::Unicode => "…",
            Charset::Ascii => "...",
        };
        let room = columns.saturating_sub(ellipsis.width());
        let (head, _) = self
            .0
            .split_at(prefix(self.0.char_indices(), room.div_ceil(2)));
        let rest = self.0.len() - head.len();
        let backwards = self.0.chars().rev().scan(0, |at, character| {
            let here = *at;
            *at += character.len_utf8();
            Some((here, character))
        });
        let tail = prefix(backwards, room / 2).min(rest);
        Self(format!(
            "{head}{ellipsis}{}",
            &self.0[self.0.len() - tail..]
        ))
    }

    /// In lines of at most `columns` (no less than 4: the widest character has 3), broken between words; a longer word is
    /// broken within. For text without ink.
    pub(super) fn wrap(&self, columns: usize) -> Vec<Self> {
        let mut lines = vec![String::new()];
        for word in self.0.split(' ') {
            let mut rest = word;
            loop {
                let (piece, after) = rest.split_at(prefix(rest.char_indices(), columns.max(4)));
                match lines.last_mut() {
                    Some(line) if line.is_empty() => line.push_str(piece),
                    Some(line) if line.width() + 1 + piece.width() <= columns => {
                        line.push(' ');
                        line.push_str(piece);
                    }
                    _ => lines.push(piece.to_owned()),
                }
                if after.is_empty() {
                    break;
                }
                rest = after;
            }
        }
        lines.into_iter().map(Self).collect()
    }
}

impl Add for Safe {
    type Output = Self;

    fn add(mut self, other: Self) -> Self {
        self.0.push_str(&other.0);
        self
    }
}

/// How many bytes of these characters fit into `columns`.
fn prefix(characters: impl Iterator<Item = (usize, char)>, columns: usize) -> usize {
    let (mut taken, mut end) = (0, 0);
    for (at, character) in characters {
        taken += character.width().unwrap_or(0);
        if taken > columns {
            break;
        }
        end = at + character.len_utf8();
    }
    end
}
