//! The text of an expression together with how it was written, so that a mistake inside it is reported at the very
//! character of the file.

use saphyr_parser::ScalarStyle;

use super::Place;

/// The text of an expression, and where it stands in a file.
#[derive(Clone, Debug, PartialEq)]
pub struct ExpressionText {
    /// The expression, exactly as YAML gives it.
    pub value: String,
    /// Where it starts.
    pub place: Place,
    /// Where the lines of the value stand in the file, as far as they stand there verbatim.
    lines: Vec<Line>,
}

/// One line of the value.
#[derive(Clone, Debug, PartialEq)]
struct Line {
    /// Line and column of its first character in the file, from 1.
    at: (usize, usize),
    /// How many columns from there are certain, in characters.
    certain: usize,
}

impl ExpressionText {
    /// An expression whose characters have no places of their own: [`Self::at`] always answers `place`.
    pub fn new(value: impl Into<String>, place: Place) -> Self {
        Self {
            value: value.into(),
            place,
            lines: Vec::new(),
        }
    }

    /// An expression that was written as a scalar of `style` in `text`, starting at `place`.
    pub(super) fn written(value: &str, place: Place, style: ScalarStyle, text: &str) -> Self {
        let (shift, escape) = match style {
            ScalarStyle::SingleQuoted => (1, Some('\'')),
            ScalarStyle::DoubleQuoted => (1, Some('\\')),
            ScalarStyle::Plain | ScalarStyle::Literal | ScalarStyle::Folded => (0, None),
        };
        let blank = value.chars().take_while(|c| *c == '\n').count();
        let count = match style {
            ScalarStyle::Literal => value.split('\n').count(),
            // Their further lines are joined to the first, so only that one stands verbatim in the file.
            _ if blank == 0 => 1,
            _ => 0,
        };
        // A block scalar starts at its first line that is not blank.
        let first = place.line.saturating_sub(blank);
        let column = place.column + shift;
        let lines = value
            .split('\n')
            .zip(text.lines().skip(first.saturating_sub(1)))
            .take(count)
            .enumerate()
            .map(|(index, (value, written))| Line {
                at: (first + index, column),
                certain: certain(value, written.chars().skip(column - 1), escape),
            })
            .collect();
        Self {
            value: value.to_owned(),
            place,
            lines,
        }
    }

    /// The place of the character at `line` and `column` of the value, both from 1, the column in characters.
    ///
    /// Exact for plain and quoted scalars on one line and for literal blocks (`|`). Behind an escape, behind a line that
    /// YAML folds, and outside the value it is the start of the value.
    pub fn at(&self, line: usize, column: usize) -> Place {
        let exact = line
            .checked_sub(1)
            .and_then(|index| self.lines.get(index))
            .zip(column.checked_sub(1))
            .filter(|(line, skipped)| *skipped < line.certain);
        match exact {
            Some((line, skipped)) => Place {
                file: self.place.file.clone(),
                line: line.at.0,
                column: line.at.1 + skipped,
            },
            None => self.place.clone(),
        }
    }

    /// The place of the character that holds the byte at `offset` of the value; see [`Self::at`].
    pub fn at_offset(&self, offset: usize) -> Place {
        let before = self
            .value
            .char_indices()
            .take_while(|(start, c)| start + c.len_utf8() <= offset)
            .map(|(_, c)| c);
        let (line, column) = before.fold((1, 1), |(line, column), c| match c {
            '\n' => (line + 1, 1),
            _ => (line, column + 1),
        });
        self.at(line, column)
    }
}

/// How many columns of `value` stand verbatim at the start of `written`, up to the first escape; the column behind the
/// last character counts when all of them do.
fn certain(value: &str, written: impl Iterator<Item = char>, escape: Option<char>) -> usize {
    let same = value
        .chars()
        .zip(written)
        .take_while(|(read, stands)| read == stands && Some(*stands) != escape)
        .count();
    same + usize::from(same == value.chars().count())
}
