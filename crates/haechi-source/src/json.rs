//! JSON text to documents: one value, or several one after the other as `kubectl` prints them for watches.
//!
//! Most JSON is YAML too, but not all of it (tabs), and its parser is several times faster than YAML's. What is no JSON
//! is left to the YAML parser: `{a: b}` is a document, too.

use std::borrow::Cow;

use haechi_model::diagnostic::{Diagnostic, Severity};
use haechi_model::document::Style;
use haechi_model::place::{FileId, Location};

use crate::Limits;
use crate::code;
use crate::tree::{Apart, At, Piece, Stop, Tree};

mod outline;

pub(crate) use outline::{Span, behind, list, values};

/// Where in its file a text begins.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Start {
    pub(crate) line: u32,
    pub(crate) column: u32,
}

/// Whether a text may be JSON: then it begins as an object or a list does.
pub(crate) fn may_be(text: &str) -> bool {
    let text = text.strip_prefix("---").unwrap_or(text);
    matches!(text.trim_start().as_bytes().first(), Some(b'{' | b'['))
}

/// Whether a text that is neither JSON nor YAML was probably meant to be JSON.
pub(crate) fn is_meant(text: &str) -> bool {
    let text = text.strip_prefix("---").unwrap_or(text);
    let inner = text.trim_start().trim_start_matches(['{', '[']).trim_start();
    inner.starts_with(['"', '}', ']'])
}

/// Parses the values of `text`, with commas between them or without, and hands them to `sink`.
pub(crate) fn parse<'t>(
    file: FileId,
    text: &'t str,
    start: Start,
    limits: &Limits,
    sink: &mut dyn FnMut(Piece<'t>),
) -> Result<(), Stop> {
    let mut parser = Parser {
        file,
        cursor: Cursor::new(text, start),
        tree: Tree::new(file, limits, Apart::Nothing, sink),
        open: Vec::new(),
    };
    parser.cursor.skip_blanks();
    while parser.cursor.peek().is_some() {
        parser.value()?;
        parser.tree.end();
        parser.cursor.skip_blanks();
        if parser.cursor.peek() == Some(b',') {
            parser.cursor.advance(1);
            parser.cursor.skip_blanks();
        }
    }
    Ok(())
}

/// A place in a text that knows its line and column.
#[derive(Clone, Copy, Debug)]
struct Cursor<'t> {
    text: &'t str,
    at: usize,
    line: u32,
    /// Where the characters before which `column` was counted end.
    counted: usize,
    column: u32,
}

impl<'t> Cursor<'t> {
    fn new(text: &'t str, start: Start) -> Self {
        Self {
            text,
            at: 0,
            line: start.line,
            counted: 0,
            column: start.column,
        }
    }

    fn peek(&self) -> Option<u8> {
        self.text.as_bytes().get(self.at).copied()
    }

    /// Moves on by bytes that hold no end of a line.
    fn advance(&mut self, bytes: usize) {
        self.at += bytes;
    }

    /// Moves on to `to`, over whatever is there.
    fn jump(&mut self, to: usize) {
        let skipped = &self.text.as_bytes()[self.at..to];
        if let Some(last) = memchr::memrchr(b'\n', skipped) {
            let lines = memchr::memchr_iter(b'\n', skipped).count();
            self.line = self.line.saturating_add(u32::try_from(lines).unwrap_or(u32::MAX));
            self.counted = self.at + last + 1;
            self.column = 1;
        }
        self.at = to;
    }

    fn skip_blanks(&mut self) {
        while let Some(byte) = self.peek() {
            match byte {
                b' ' | b'\t' | b'\r' => self.at += 1,
                b'\n' => {
                    self.at += 1;
                    self.line = self.line.saturating_add(1);
                    self.counted = self.at;
                    self.column = 1;
                }
                _ => break,
            }
        }
    }

    /// The line and column of the next character. Counting goes on from the last count, so that a file of a single
    /// line is counted once.
    fn place(&mut self) -> Start {
        let bytes = &self.text.as_bytes()[self.counted..self.at];
        let characters = bytes.iter().filter(|&&b| !is_continuation(b)).count();
        self.column = self
            .column
            .saturating_add(u32::try_from(characters).unwrap_or(u32::MAX));
        self.counted = self.at;
        Start {
            line: self.line,
            column: self.column,
        }
    }
}

/// Whether a byte of UTF-8 is not the first of its character.
fn is_continuation(byte: u8) -> bool {
    byte & 0xc0 == 0x80
}

struct Parser<'t, 's> {
    file: FileId,
    cursor: Cursor<'t>,
    tree: Tree<'t, 's>,
    open: Vec<Bracket>,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Bracket {
    Object,
    List,
}

impl<'t> Parser<'t, '_> {
    /// One value with everything in it.
    fn value(&mut self) -> Result<(), Stop> {
        let depth = self.open.len();
        loop {
            // A value begins here.
            let opened = self.begin()?;
            if opened && !self.closes_at_once()? {
                if self.open.last() == Some(&Bracket::Object) {
                    self.key()?;
                }
                continue;
            }
            // It has ended; what follows it?
            loop {
                if self.open.len() == depth {
                    return Ok(());
                }
                self.cursor.skip_blanks();
                match (self.cursor.peek(), self.open.last()) {
                    (Some(b','), Some(bracket)) => {
                        self.cursor.advance(1);
                        if *bracket == Bracket::Object {
                            self.key()?;
                        }
                        break;
                    }
                    (Some(b'}'), Some(Bracket::Object)) | (Some(b']'), Some(Bracket::List)) => self.close()?,
                    (_, Some(Bracket::Object)) => return Err(self.expected("a comma or } after this value")),
                    _ => return Err(self.expected("a comma or ] after this value")),
                }
            }
        }
    }

    /// Reads a scalar, or opens a collection and says so.
    fn begin(&mut self) -> Result<bool, Stop> {
        self.cursor.skip_blanks();
        let at = self.at();
        match self.cursor.peek() {
            Some(b'{') => {
                self.tree.open_mapping(0, at)?;
                self.open.push(Bracket::Object);
                self.cursor.advance(1);
                Ok(true)
            }
            Some(b'[') => {
                self.tree.open_sequence(0, at)?;
                self.open.push(Bracket::List);
                self.cursor.advance(1);
                Ok(true)
            }
            Some(b'"') => {
                let text = self.string()?;
                self.tree.scalar(text, Style::Text, 0, at)?;
                Ok(false)
            }
            _ => {
                let text = self.bare()?;
                self.tree.scalar(Cow::Borrowed(text), Style::Plain, 0, at)?;
                Ok(false)
            }
        }
    }

    /// Closes the collection just opened if it is empty.
    fn closes_at_once(&mut self) -> Result<bool, Stop> {
        self.cursor.skip_blanks();
        match (self.cursor.peek(), self.open.last()) {
            (Some(b'}'), Some(Bracket::Object)) | (Some(b']'), Some(Bracket::List)) => {
                self.close()?;
                Ok(true)
            }
            _ => Ok(false),
        }
    }

    fn close(&mut self) -> Result<(), Stop> {
        let at = self.at();
        self.tree.close(Some(at), at)?;
        self.open.pop();
        self.cursor.advance(1);
        Ok(())
    }

    /// A key and the colon behind it.
    fn key(&mut self) -> Result<(), Stop> {
        self.cursor.skip_blanks();
        if self.cursor.peek() != Some(b'"') {
            return Err(self.expected("a key in double quotes"));
        }
        let at = self.at();
        let text = self.string()?;
        self.tree.scalar(text, Style::Text, 0, at)?;
        self.cursor.skip_blanks();
        if self.cursor.peek() != Some(b':') {
            return Err(self.expected("a colon after this key"));
        }
        self.cursor.advance(1);
        Ok(())
    }

    /// A string; the cursor is at its first quote.
    fn string(&mut self) -> Result<Cow<'t, str>, Stop> {
        let start = self.cursor.at + 1;
        let text = self.cursor.text;
        let Some(len) = memchr::memchr2(b'"', b'\\', &text.as_bytes()[start..]) else {
            return Err(self.expected("a quote at the end of this text"));
        };
        let plain = &text[start..start + len];
        if plain.bytes().any(|b| b < b' ') {
            return Err(self.expected("a quote before the end of the line: a text of JSON has no line breaks"));
        }
        if text.as_bytes()[start + len] == b'"' {
            self.cursor.advance(len + 2);
            return Ok(Cow::Borrowed(plain));
        }
        self.escaped(start)
    }

    /// A string with escapes that begins at `start`.
    fn escaped(&mut self, start: usize) -> Result<Cow<'t, str>, Stop> {
        let text = self.cursor.text;
        let mut value = String::new();
        let mut rest = &text[start..];
        loop {
            let Some(len) = rest.find(|c: char| c == '"' || c == '\\' || c < ' ') else {
                return Err(self.expected("a quote at the end of this text"));
            };
            value.push_str(&rest[..len]);
            rest = &rest[len..];
            match rest.as_bytes()[0] {
                b'"' => {
                    self.cursor.at = text.len() - rest.len() + 1;
                    return Ok(Cow::Owned(value));
                }
                b'\\' => match unescape(rest) {
                    Some((character, len)) => {
                        value.push(character);
                        rest = &rest[len..];
                    }
                    None => return Err(self.expected("an escape of JSON in this text, such as \\n or \\u00e9")),
                },
                _ => {
                    return Err(self.expected("a quote before the end of the line: a text of JSON has no line breaks"));
                }
            }
        }
    }

    /// A number, `true`, `false` or `null`.
    fn bare(&mut self) -> Result<&'t str, Stop> {
        let rest = &self.cursor.text[self.cursor.at..];
        let end = |c: char| matches!(c, ',' | '}' | ']' | ':' | '"' | '{' | '[') || c.is_whitespace();
        let word = &rest[..rest.find(end).unwrap_or(rest.len())];
        if !matches!(word, "true" | "false" | "null") && !is_number(word) {
            return Err(self.expected("a value"));
        }
        self.cursor.advance(word.len());
        Ok(word)
    }

    fn at(&mut self) -> At {
        let Start { line, column } = self.cursor.place();
        At {
            line,
            column,
            last_line: line,
        }
    }

    fn expected(&mut self, what: &str) -> Stop {
        let Start { line, column } = self.cursor.place();
        let location = Location {
            file: self.file,
            line,
            column,
            last_line: line,
        };
        let message = format!("this is not JSON: expected {what}");
        Stop::fault(Diagnostic::new(code::SYNTAX, Severity::Error, location, message))
    }
}

/// The character that an escape stands for, and how many bytes it takes. Half a surrogate pair stands for the
/// replacement character, as in Go.
fn unescape(text: &str) -> Option<(char, usize)> {
    let simple = |c| Some((c, 2));
    match text.as_bytes().get(1)? {
        b'"' => simple('"'),
        b'\\' => simple('\\'),
        b'/' => simple('/'),
        b'b' => simple('\u{8}'),
        b'f' => simple('\u{c}'),
        b'n' => simple('\n'),
        b'r' => simple('\r'),
        b't' => simple('\t'),
        b'u' => {
            let high = unit(text)?;
            if let Some(character) = char::from_u32(high) {
                return Some((character, 6));
            }
            let low = text
                .get(6..)
                .and_then(unit)
                .filter(|low| (0xdc00..0xe000).contains(low));
            match low {
                Some(low) if high < 0xdc00 => {
                    let code = 0x1_0000 + ((high - 0xd800) << 10) + (low - 0xdc00);
                    Some((char::from_u32(code)?, 12))
                }
                _ => Some((char::REPLACEMENT_CHARACTER, 6)),
            }
        }
        _ => None,
    }
}

/// The number of `\uXXXX`.
fn unit(text: &str) -> Option<u32> {
    let digits = text.strip_prefix("\\u")?.get(..4)?;
    let is_hex = digits.bytes().all(|b| b.is_ascii_hexdigit());
    is_hex.then(|| u32::from_str_radix(digits, 16).ok()).flatten()
}

/// Whether `word` is a [number of JSON](https://www.rfc-editor.org/rfc/rfc8259#section-6).
fn is_number(word: &str) -> bool {
    fn digits(text: &str) -> Option<&str> {
        let rest = text.trim_start_matches(|c: char| c.is_ascii_digit());
        (rest.len() < text.len()).then_some(rest)
    }
    let unsigned = word.strip_prefix('-').unwrap_or(word);
    let rest = match unsigned.strip_prefix('0') {
        Some(rest) => Some(rest),
        None => digits(unsigned),
    };
    let rest = rest.and_then(|rest| rest.strip_prefix('.').map_or(Some(rest), digits));
    let rest = rest.and_then(|rest| match rest.strip_prefix(['e', 'E']) {
        Some(exponent) => digits(exponent.strip_prefix(['+', '-']).unwrap_or(exponent)),
        None => Some(rest),
    });
    rest == Some("")
}
