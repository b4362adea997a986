//! The document as JSON, streamed. What a screen would interpret or hide is written as `\u` escapes: the same document
//! to a program, harmless to a terminal.

use std::io::{self, Write};

use serde::Serialize;
use serde_json::ser::{CompactFormatter, Formatter, PrettyFormatter};

use super::{Options, safe};

pub(super) fn render(
    report: &impl Serialize,
    options: &Options,
    to: &mut dyn Write,
) -> io::Result<()> {
    if options.compact {
        write(report, CompactFormatter, to)?;
    } else {
        write(report, PrettyFormatter::new(), to)?;
    }
    to.write_all(b"\n")
}

fn write(report: &impl Serialize, layout: impl Formatter, to: &mut dyn Write) -> io::Result<()> {
    let mut serializer = serde_json::Serializer::with_formatter(to, Escaping(layout));
    Ok(report.serialize(&mut serializer)?)
}

/// A layout whose strings hold nothing hidden.
struct Escaping<F>(F);

/// Hands the calls that make up a layout on to the layout inside.
macro_rules! same_layout {
    ($($call:ident($($first:ident: bool)?)),* $(,)?) => {
        $(fn $call<W: ?Sized + Write>(&mut self, to: &mut W $(, $first: bool)?) -> io::Result<()> {
            self.0.$call(to $(, $first)?)
        })*
    };
}

impl<F: Formatter> Formatter for Escaping<F> {
    same_layout! {
        begin_array(),
        end_array(),
        begin_array_value(first: bool),
        end_array_value(),
        begin_object(),
        end_object(),
        begin_object_key(first: bool),
        begin_object_value(),
        end_object_value(),
    }

    fn write_string_fragment<W: ?Sized + Write>(
        &mut self,
        to: &mut W,
        fragment: &str,
    ) -> io::Result<()> {
        let mut plain = 0;
        for (at, character) in fragment.char_indices() {
            if safe::is_hidden(character) {
                to.write_all(&fragment.as_bytes()[plain..at])?;
                plain = at + character.len_utf8();
                for unit in character.encode_utf16(&mut [0; 2]) {
                    write!(to, "\\u{unit:04x}")?;
                }
            }
        }
        to.write_all(&fragment.as_bytes()[plain..])
    }
}
