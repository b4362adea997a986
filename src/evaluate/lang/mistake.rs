//! What is wrong with an expression, and where: the only thing an author of a check sees of the typing.

use std::fmt;

/// Something wrong with the text of an expression.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Mistake {
    /// Byte offset in the expression.
    pub offset: usize,
    /// Line in the expression, from 1.
    pub line: usize,
    /// Column in the line, in characters, from 1.
    pub column: usize,
    /// What is wrong.
    pub message: String,
    /// What to do about it, if that is known.
    pub hint: Option<String>,
}

impl Mistake {
    /// A mistake at the byte `offset` of `source`.
    pub(super) fn at(
        source: &str,
        offset: usize,
        message: impl Into<String>,
        hint: Option<String>,
    ) -> Self {
        let (line, column) = position(source, offset);
        Self {
            offset,
            line,
            column,
            message: message.into(),
            hint,
        }
    }
}

impl fmt::Display for Mistake {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}:{}: {}", self.line, self.column, self.message)
    }
}

impl std::error::Error for Mistake {}

/// Line and column, both from 1 and the column in characters, of the byte `offset` of `source`.
pub(super) fn position(source: &str, offset: usize) -> (usize, usize) {
    let before = source.char_indices().take_while(|(at, _)| *at < offset);
    before.fold((1, 1), |(line, column), (_, c)| match c {
        '\n' => (line + 1, 1),
        _ => (line, column + 1),
    })
}

/// "did you mean `x`?" for the name nearest to `wanted`, else the list of all names that there are.
pub(super) fn suggestion<'n>(
    wanted: &str,
    names: impl Iterator<Item = &'n str>,
    there_are: &str,
) -> Option<String> {
    const LISTED: usize = 24;
    let names: Vec<&str> = names.collect();
    let nearest = names
        .iter()
        .map(|name| (distance(wanted, name), *name))
        .min()
        .filter(|(distance, _)| *distance <= 1 + wanted.chars().count() / 4);
    match nearest {
        Some((_, name)) => Some(format!("did you mean `{name}`?")),
        None if names.is_empty() => None,
        None => {
            let more = if names.len() > LISTED { ", …" } else { "" };
            let listed = &names[..names.len().min(LISTED)];
            Some(format!("{there_are}: {}{more}", listed.join(", ")))
        }
    }
}

/// Edits between two names, ignoring case (Levenshtein).
fn distance(a: &str, b: &str) -> usize {
    let b: Vec<char> = b.to_lowercase().chars().collect();
    let mut row: Vec<usize> = (0..=b.len()).collect();
    for (i, x) in a.to_lowercase().chars().enumerate() {
        let mut diagonal = row[0];
        row[0] = i + 1;
        for (j, y) in b.iter().enumerate() {
            let substituted = diagonal + usize::from(x != *y);
            diagonal = row[j + 1];
            row[j + 1] = substituted.min(diagonal + 1).min(row[j] + 1);
        }
    }
    row[b.len()]
}

#[cfg(test)]
mod tests {
    use super::{distance, position};

    #[test]
    fn distances() {
        assert_eq!(distance("anonymus", "anonymous"), 1);
        assert_eq!(distance("", "abc"), 3);
        assert_eq!(distance("Kitten", "sitting"), 3);
    }

    #[test]
    fn columns_count_characters() {
        assert_eq!(position("é\nöä.x", 5), (2, 2));
        assert_eq!(position("abc", 99), (1, 4));
        assert_eq!(position("", 0), (1, 1));
    }
}
