//! The front end: text to syntax tree, with limits.
//!
//! The parser of the `cel` crate is recursive and needs up to 200 KB of stack for each bracket in a debug build, so the text
//! is measured before it is parsed, and only shallow text is parsed on the caller's stack. Macros stay calls (`Env::default`
//! declares none): their shapes are typed and compiled by us.

use std::panic::{AssertUnwindSafe, catch_unwind};
use std::thread;

use cel::common::ast::{IdedExpr, SourceInfo};

use super::Mistake;

/// Longest expression, in bytes.
const LONGEST: usize = 4096;
/// Deepest syntax tree.
const DEEPEST: usize = 64;
/// Up to this depth the stack of any thread suffices (2 MiB).
const SHALLOW: usize = 4;
/// Enough for [`DEEPEST`] brackets in a debug build (13 MB measured).
const STACK: usize = 32 << 20;

/// CEL reserves this word; for us it is a kind of subject like any other, so the parser is shown another spelling of
/// the same length and the name of an identifier is always taken from the source.
const RESERVED: &str = "namespace";
const RESPELT: &str = "Namespace";

/// The syntax tree of `source` and the offsets of its nodes, in bytes.
pub(super) fn parse(source: &str) -> Result<(IdedExpr, SourceInfo), Vec<Mistake>> {
    let refuse = |offset, message: String| vec![Mistake::at(source, offset, message, None)];
    if source.len() > LONGEST {
        let message = format!("longer than {LONGEST} bytes");
        return Err(refuse(LONGEST, message));
    }
    let survey = Survey::of(source);
    if let Some(offset) = survey.too_deep {
        let message = format!("nested deeper than {DEEPEST} levels");
        return Err(refuse(offset, message));
    }
    let text = survey.respelt;
    let work = move || {
        cel::Env::default()
            .parser()
            .enable_optional_syntax(true)
            .parse_with_source_info(&text)
            .map_err(|errors| errors.errors.into_iter().map(|e| (e.pos, e.msg)).collect())
    };
    let parsed: thread::Result<Result<_, Vec<_>>> = if survey.deepest <= SHALLOW {
        catch_unwind(AssertUnwindSafe(work))
    } else {
        match thread::Builder::new().stack_size(STACK).spawn(work) {
            Ok(handle) => handle.join(),
            Err(cause) => return Err(refuse(0, format!("could not be parsed: {cause}"))),
        }
    };
    match parsed {
        Ok(Ok(tree)) => Ok(tree),
        Ok(Err(errors)) => Err(errors
            .into_iter()
            .map(|(at, message)| Mistake::at(source, offset(source, at), plain(&message), None))
            .collect()),
        Err(_) => Err(refuse(0, "the parser cannot read this".to_owned())),
    }
}

/// The parser's line and column (in characters, both from 1) as a byte offset.
fn offset(source: &str, (line, column): (isize, isize)) -> usize {
    let line = usize::try_from(line).unwrap_or(1).max(1);
    let column = usize::try_from(column).unwrap_or(1).max(1);
    let start: usize = source
        .split_inclusive('\n')
        .take(line - 1)
        .map(str::len)
        .sum();
    let rest = &source[start..];
    start
        + rest
            .char_indices()
            .nth(column - 1)
            .map_or(rest.len(), |(at, _)| at)
}

/// The parser's message without its grammar.
fn plain(message: &str) -> String {
    let message = message.strip_prefix("Syntax error: ").unwrap_or(message);
    let message = message
        .split_once(" expecting {")
        .map_or(message, |(head, _)| head);
    if let Some(token) = message.strip_prefix("token recognition error at: ") {
        return format!("not part of the language: {token}");
    }
    message.replace("'<EOF>'", "the end of the expression")
}

/// What one pass over the text tells about its shape.
struct Survey {
    /// Most brackets and conditionals within each other: what the parser's stack depends on.
    deepest: usize,
    /// Where the limit is exceeded.
    too_deep: Option<usize>,
    respelt: String,
}

/// What is known of an open bracket while its content is read.
#[derive(Default)]
struct Level {
    /// Depth of the operators since the last separator: chains of them nest to the left.
    chain: usize,
    /// Deepest chain before that.
    deepest: usize,
    /// `? :` nest to the right.
    conditionals: usize,
    /// `&&` and `||`, of which the parser makes balanced trees.
    junctions: usize,
}

impl Level {
    fn link(&mut self) {
        self.chain += 1;
    }

    fn separate(&mut self) {
        self.deepest = self.deepest.max(self.chain);
        self.chain = 0;
    }

    fn depth(&self) -> usize {
        let balanced = (usize::BITS - self.junctions.leading_zeros()) as usize;
        self.deepest.max(self.chain) + self.conditionals + balanced
    }
}

impl Survey {
    /// Bounds the depth of the syntax tree from above.
    fn of(source: &str) -> Self {
        let bytes = source.as_bytes();
        let mut survey = Self {
            deepest: 0,
            too_deep: None,
            respelt: source.to_owned(),
        };
        let mut outer: Vec<Level> = Vec::new();
        let mut level = Level::default();
        let mut at = 0;
        while let Some(&byte) = bytes.get(at) {
            let start = at;
            at += 1;
            match byte {
                b'\'' | b'"' => at = string_end(bytes, start),
                b'/' if bytes.get(at) == Some(&b'/') => at = end_of(bytes, at, |b| b != b'\n'),
                b'a'..=b'z' | b'A'..=b'Z' | b'_' => {
                    at = end_of(bytes, at, |b| b.is_ascii_alphanumeric() || b == b'_');
                    survey.word(source, start, at);
                    if &source[start..at] == "in" {
                        level.link();
                    }
                }
                b',' | b':' => level.separate(),
                b'&' | b'|' => {
                    at = end_of(bytes, at, |b| b == byte);
                    level.separate();
                    level.junctions += 1;
                }
                b'?' => {
                    level.separate();
                    level.conditionals += 1;
                }
                b'(' | b'[' | b'{' => {
                    level.link();
                    outer.push(std::mem::take(&mut level));
                }
                b')' | b']' | b'}' => {
                    if let Some(around) = outer.pop() {
                        let inner = std::mem::replace(&mut level, around).depth();
                        level.chain = level.chain.max(inner + 1);
                    }
                }
                b'.' | b'+' | b'-' | b'*' | b'/' | b'%' | b'<' | b'>' | b'=' | b'!' => {
                    at = end_of(bytes, at, |b| b == byte || b == b'=');
                    level.link();
                }
                _ => continue,
            }
            let around: usize = outer.iter().map(|level| 1 + level.conditionals).sum();
            let parser = around + level.conditionals;
            survey.deepest = survey.deepest.max(parser);
            if parser.max(level.depth()) > DEEPEST {
                survey.too_deep.get_or_insert(start);
            }
        }
        survey
    }

    /// Respells the reserved word where it is a name of its own, not a field.
    fn word(&mut self, source: &str, start: usize, end: usize) {
        if &source[start..end] == RESERVED && !source[..start].trim_end().ends_with('.') {
            self.respelt.replace_range(start..end, RESPELT);
        }
    }
}

/// The first position from `at` on whose byte does not `belong`.
fn end_of(bytes: &[u8], at: usize, belongs: impl Fn(u8) -> bool) -> usize {
    bytes[at..]
        .iter()
        .position(|byte| !belongs(*byte))
        .map_or(bytes.len(), |length| at + length)
}

/// The position after the string literal that starts at `start`, single or triple quoted, raw or not.
fn string_end(bytes: &[u8], start: usize) -> usize {
    let quote = bytes[start];
    let raw = start > 0 && matches!(bytes[start - 1], b'r' | b'R');
    let triple = bytes[start..].starts_with(&[quote; 3]);
    let mut at = start + if triple { 3 } else { 1 };
    while at < bytes.len() {
        if bytes[at] == b'\\' && !raw {
            at += 2;
        } else if triple && bytes[at..].starts_with(&[quote; 3]) {
            return at + 3;
        } else if !triple && bytes[at] == quote {
            return at + 1;
        } else {
            at += 1;
        }
    }
    bytes.len()
}
