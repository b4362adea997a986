//! Colour as marks in the text.
//!
//! Columns are laid out on text with marks that take no column; at the very end a line's marks become SGR sequences
//! (ECMA-48) or nothing. The marks are default-ignorable code points that Unicode leaves unassigned, and
//! [`safe`](crate::report::safe) escapes every such character from outside, so no foreign text can colour anything.

/// A colour or weight.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Ink {
    /// Titles.
    Bold,
    /// What may be skipped.
    Dim,
    /// Good.
    Green,
    /// Not known, or not so bad.
    Yellow,
    /// Bad.
    Red,
}

impl Ink {
    /// Ends what any ink began.
    pub(super) const END: char = '\u{e0010}';

    const ALL: [Self; 5] = [Self::Bold, Self::Dim, Self::Green, Self::Yellow, Self::Red];

    /// Begins this ink.
    pub(super) const fn mark(self) -> char {
        match self {
            Self::Bold => '\u{e0011}',
            Self::Dim => '\u{e0012}',
            Self::Green => '\u{e0013}',
            Self::Yellow => '\u{e0014}',
            Self::Red => '\u{e0015}',
        }
    }

    const fn sequence(self) -> &'static str {
        match self {
            Self::Bold => "\u{1b}[1m",
            Self::Dim => "\u{1b}[2m",
            Self::Green => "\u{1b}[32m",
            Self::Yellow => "\u{1b}[33m",
            Self::Red => "\u{1b}[31m",
        }
    }
}

/// A line with its marks as SGR sequences, or without them.
pub(super) fn develop(line: &str, color: bool) -> String {
    let mut shown = String::with_capacity(line.len());
    for character in line.chars() {
        let ink = Ink::ALL.into_iter().find(|ink| ink.mark() == character);
        match ink.map(Ink::sequence) {
            Some(sequence) if color => shown.push_str(sequence),
            Some(_) => {}
            None if character == Ink::END => shown.push_str(if color { "\u{1b}[0m" } else { "" }),
            None => shown.push(character),
        }
    }
    shown
}
