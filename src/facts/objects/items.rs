//! On which lines the items of a list start, for people: the events of another parser, which keeps positions.

use saphyr_parser::{Event, Parser};

/// The lines of the items of the list that a document is, counted from 1; as many as could be found.
pub(super) fn lines(document: &str) -> Vec<usize> {
    let mut lines = Vec::new();
    // How deep the next event stands, whether it is a key there, and where the list is.
    let (mut depth, mut key, mut within) = (0usize, true, false);
    for event in Parser::new_from_str(document) {
        let Ok((event, span)) = event else { break };
        let at = depth;
        let starts = match &event {
            Event::SequenceStart(..) | Event::MappingStart(..) => {
                depth += 1;
                true
            }
            Event::SequenceEnd | Event::MappingEnd => {
                depth = depth.saturating_sub(1);
                if within && depth == 1 {
                    break;
                }
                key = true;
                continue;
            }
            Event::Scalar(..) | Event::Alias(..) => true,
            _ => false,
        };
        match (at, starts) {
            (1, true) if key => {
                let items = matches!(&event, Event::Scalar(name, ..) if name == "items");
                within = items;
                key = false;
            }
            (1, true) => {
                within &= matches!(event, Event::SequenceStart(..));
                key = true;
            }
            (2, true) if within => lines.push(span.start.line()),
            _ => {}
        }
    }
    lines
}
