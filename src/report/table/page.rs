//! The page that the table is written on: its width, its characters, its lines.

use std::io::{self, Write};

use comfy_table::{
    Cell, CellAlignment, ColumnConstraint, ContentArrangement, Table, presets::NOTHING,
};

use crate::report::ink;
use crate::report::safe::Safe;
use crate::report::{Charset, Options};

/// Text gets hard to read in longer lines.
const LONGEST_LINE: u16 = 120;

/// Columns of figures do not fit into less; a narrower screen breaks lines itself.
const SHORTEST_LINE: u16 = 72;

/// From here on there is room for long bars and full names of columns.
const WIDE: usize = 100;

/// Where a report is written.
pub(super) struct Page<'a> {
    to: &'a mut dyn Write,
    pub(super) options: Options,
    /// The columns that text may take.
    pub(super) width: usize,
}

/// How a column is set.
#[derive(Clone, Copy)]
pub(super) enum Set {
    /// As wide as its content.
    Left,
    /// As wide as its content, flush right.
    Right,
    /// The same, close to its neighbours when the page is narrow: for figures with a name above.
    Figure,
    /// Gives way and wraps when the page is narrow.
    Flexible,
}

impl<'a> Page<'a> {
    pub(super) fn new(options: &Options, to: &'a mut dyn Write) -> Self {
        let width = options.width.clamp(SHORTEST_LINE, LONGEST_LINE);
        Self {
            to,
            options: *options,
            width: width.into(),
        }
    }

    /// Text of any origin.
    pub(super) fn text(&self, text: &str) -> Safe {
        Safe::new(text, self.options.charset)
    }

    /// Text of any origin, however long: for paragraphs.
    pub(super) fn whole(&self, text: &str) -> Safe {
        Safe::whole(text, self.options.charset)
    }

    /// Text of any origin in at most `columns`.
    pub(super) fn brief(&self, text: &str, columns: usize) -> Safe {
        self.text(text).cut(columns, self.options.charset)
    }

    /// Whether there is room for long bars and full names of columns.
    pub(super) fn is_wide(&self) -> bool {
        self.width >= WIDE
    }

    /// How many of `all` to show: at most `most`, unless all are asked for.
    pub(super) fn shown(&self, all: usize, most: usize) -> usize {
        if self.options.all { all } else { all.min(most) }
    }

    /// "a, b, c and 1 more".
    pub(super) fn list(&self, names: &[impl AsRef<str>], most: usize) -> Safe {
        self.list_of(names, most, |name| self.text(name.as_ref()))
    }

    /// The same of things that have to be named first.
    pub(super) fn list_of<T>(&self, all: &[T], most: usize, name: impl Fn(&T) -> Safe) -> Safe {
        let shown = self.shown(all.len(), most);
        let parts: Vec<Safe> = all[..shown].iter().map(name).collect();
        let list = Safe::join(&parts, ", ");
        match all.len() - shown {
            0 => list,
            left => {
                list + Safe::literal(" and ") + Safe::number(left as u64) + Safe::literal(" more")
            }
        }
    }

    /// Text of our own, in a form for each character set.
    pub(super) fn sign(&self, unicode: &'static str, ascii: &'static str) -> &'static str {
        match self.options.charset {
            Charset::Unicode => unicode,
            Charset::Ascii => ascii,
        }
    }

    pub(super) fn line(&mut self, line: &Safe) -> io::Result<()> {
        self.print(line.as_str())
    }

    pub(super) fn blank(&mut self) -> io::Result<()> {
        self.print("")
    }

    /// Parts one after another, as many on a line as fit; none is wider than the page.
    pub(super) fn flow(&mut self, parts: Vec<Safe>) -> io::Result<()> {
        let separator = self.sign(" · ", " | ");
        let mut line: Vec<Safe> = Vec::new();
        for part in parts {
            line.push(part);
            if line.len() > 1 && Safe::join(&line, separator).width() > self.width {
                let next = line.split_off(line.len() - 1);
                self.line(&Safe::join(&line, separator))?;
                line = next;
            }
        }
        self.line(&Safe::join(&line, separator))
    }

    /// Aligned columns without borders; cells that may wrap must have no ink.
    pub(super) fn columns(&mut self, set: &[Set], rows: Vec<Vec<Safe>>) -> io::Result<()> {
        let wide = self.is_wide();
        let mut table = Table::new();
        table
            .load_style(NOTHING)
            .set_content_arrangement(ContentArrangement::Dynamic)
            .set_width(self.width.try_into().unwrap_or(LONGEST_LINE));
        for row in rows {
            let cells = row.iter().map(|cell| Cell::new(cell.as_str()));
            table.add_row(cells.collect::<Vec<_>>());
        }
        for (column, kind) in table.column_iter_mut().zip(set) {
            let after = match kind {
                _ if column.index + 1 == set.len() => 0,
                Set::Figure if !wide => 1,
                _ => 2,
            };
            column.set_padding((0, after));
            if !matches!(kind, Set::Flexible) {
                column.set_constraint(ColumnConstraint::ContentWidth);
            }
            if matches!(kind, Set::Right | Set::Figure) {
                column.set_cell_alignment(CellAlignment::Right);
            }
        }
        for line in table.lines() {
            self.print(&line)?;
        }
        Ok(())
    }

    fn print(&mut self, line: &str) -> io::Result<()> {
        writeln!(
            self.to,
            "{}",
            ink::develop(line.trim_end(), self.options.color)
        )
    }
}

/// "1 node", "2 nodes".
pub(super) fn count(number: u64, one: &'static str, many: &'static str) -> Safe {
    let noun = if number == 1 { one } else { many };
    Safe::number(number) + Safe::literal(" ") + Safe::literal(noun)
}
