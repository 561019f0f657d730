//! The YAML that Kubernetes' own tools print, read several times as fast as the parser reads it: collections in block
//! style, a key and a value on each line, comments on lines of their own or behind values, literal blocks.
//!
//! Whatever else it meets, and every fault, it leaves to the parser: then it makes nothing. What it makes is what the
//! parser would make, down to each place, which a property holds it to.

use std::borrow::Cow;

use haechi_model::document::{Builder, Document, Style};

use crate::Limits;
use crate::yaml::Text;

/// Reads a document; `None` if it needs the parser.
pub(crate) fn document<'t>(text: Text<'t>, limits: &Limits) -> Option<Document<'t>> {
    let body = text.text;
    let start = if body.starts_with("---") { first_line(body)? } else { 0 };
    let mut scanner = Scanner::new(text, limits, start)?;
    if start > 0 {
        scanner.line += 1;
    }
    scanner.lines()?;
    scanner.finish()
}

/// Reads an item of a list from its dash, before which there are `indent` spaces; `None` if it needs the parser.
pub(crate) fn item<'t>(text: Text<'t>, indent: usize, limits: &Limits) -> Option<Document<'t>> {
    let mut scanner = Scanner::new(text, limits, 0)?;
    let line = scanner.next_line()?;
    let (column, content) = after_dash(line.get(indent + 1..)?, indent)?;
    if !content.is_empty() {
        scanner.entry(column, content)?;
    }
    scanner.lines()?;
    scanner.finish()
}

/// How long the line of `---` is, if it holds nothing else.
fn first_line(text: &str) -> Option<usize> {
    let end = memchr::memchr(b'\n', text.as_bytes())?;
    let rest = &text[3..end];
    rest.bytes().all(|b| b == b' ').then_some(end + 1)
}

/// How many bytes of text a value takes in what tools print, at the least; keys are values, too.
const BYTES_OF_A_NODE: usize = 10;

/// A text that is longer may hold few and long values.
const MOST_ROOM: usize = 4096;

/// A byte order mark, which only the parser knows where to allow.
const MARK: &[u8] = "\u{feff}".as_bytes();

struct Scanner<'t, 'l> {
    text: &'t str,
    limits: &'l Limits,
    /// Where the next line begins.
    at: usize,
    /// The number of the line that was read last.
    line: u32,
    builder: Builder<'t>,
    open: Vec<Level>,
    /// A key or a dash whose value may be on the lines that follow.
    pending: Option<Pending>,
}

/// A collection that is open.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
struct Level {
    kind: Kind,
    /// How many characters are before each of its entries.
    indent: usize,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Kind {
    Mapping,
    Sequence,
    /// A sequence whose dashes stand right below the key that it is the value of.
    FlushSequence,
}

/// How an entry of a collection begins.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Entry {
    /// As an item, with a dash.
    Dash,
    /// As a field, with a key.
    Key,
}

impl Entry {
    fn of(content: &str) -> Self {
        if is_dash(content) { Self::Dash } else { Self::Key }
    }
}

/// Where a value is if nothing follows, and it is empty: at its colon, or right behind its dash.
#[derive(Clone, Copy, Debug)]
struct Pending {
    line: u32,
    column: usize,
}

impl<'t, 'l> Scanner<'t, 'l> {
    fn new(text: Text<'t>, limits: &'l Limits, start: usize) -> Option<Self> {
        let body = text.text;
        let bytes = body.as_bytes();
        if memchr::memchr2(b'\t', b'\r', bytes).is_some() || memchr::memmem::find(bytes, MARK).is_some() {
            return None;
        }
        Some(Self {
            text: body,
            limits,
            at: start,
            line: text.first_line.checked_sub(1)?,
            builder: Builder::with_room(text.file, (bytes.len() / BYTES_OF_A_NODE).min(MOST_ROOM)),
            open: Vec::new(),
            pending: None,
        })
    }

    fn finish(mut self) -> Option<Document<'t>> {
        self.empty_if_pending();
        self.builder.finish()
    }

    /// The next line without its end.
    fn next_line(&mut self) -> Option<&'t str> {
        let rest = &self.text[self.at..];
        if rest.is_empty() {
            return None;
        }
        let end = memchr::memchr(b'\n', rest.as_bytes()).unwrap_or(rest.len());
        self.at = (self.at + end + 1).min(self.text.len());
        self.line = self.line.checked_add(1)?;
        Some(&rest[..end])
    }

    /// Reads all lines that are left.
    fn lines(&mut self) -> Option<()> {
        while let Some(line) = self.next_line() {
            let indent = line.bytes().take_while(|&b| b == b' ').count();
            let content = &line[indent..];
            if content.is_empty() || content.starts_with('#') {
                continue;
            }
            if indent == 0 && (content.starts_with("---") || content.starts_with("...")) {
                return None;
            }
            self.entry(indent, content)?;
            if self.builder.len() > self.limits.nodes || self.open.len() > self.limits.depth {
                return None;
            }
        }
        Some(())
    }

    /// Reads an entry of a collection, which begins behind `indent` characters of its line.
    fn entry(&mut self, indent: usize, content: &'t str) -> Option<()> {
        let entry = Entry::of(content);
        let opens = match (self.pending.is_some() || self.open.is_empty(), self.open.last()) {
            (true, None) => true,
            (true, Some(top)) => indent > top.indent,
            (false, _) => false,
        };
        if opens {
            self.pending = None;
            self.open_at(indent, content, entry)?;
        } else if entry == Entry::Dash
            && self.pending.is_some()
            && self.open.last()?
                == &(Level {
                    kind: Kind::Mapping,
                    indent,
                })
        {
            self.pending = None;
            // The parser gives it the place of its first item, and is not sure where an empty one is.
            let (column, item) = after_dash(&content[1..], indent)?;
            if item.is_empty() {
                return None;
            }
            self.builder.open_sequence(self.line, number(column)?);
            self.open.push(Level {
                kind: Kind::FlushSequence,
                indent,
            });
        } else {
            self.empty_if_pending();
            self.close_to(indent, entry)?;
        }
        match entry {
            Entry::Dash => {
                let (column, item) = after_dash(&content[1..], indent)?;
                self.item(column, item, indent)
            }
            Entry::Key => self.field(indent, content),
        }
    }

    fn open_at(&mut self, indent: usize, content: &str, entry: Entry) -> Option<()> {
        let kind = match entry {
            Entry::Dash => {
                self.builder.open_sequence(self.line, number(indent)?);
                Kind::Sequence
            }
            Entry::Key => {
                key_len(content)?;
                self.builder.open_mapping(self.line, number(indent)?);
                Kind::Mapping
            }
        };
        self.open.push(Level { kind, indent });
        Some(())
    }

    /// Closes what ends before an entry behind `indent` characters.
    fn close_to(&mut self, indent: usize, entry: Entry) -> Option<()> {
        while let Some(top) = self.open.last() {
            if top.indent > indent || (top.indent == indent && top.kind == Kind::FlushSequence && entry == Entry::Key) {
                self.builder.close(None);
                self.open.pop();
                continue;
            }
            let fits = top.indent == indent && (entry == Entry::Key) == (top.kind == Kind::Mapping);
            return fits.then_some(());
        }
        None
    }

    /// What stands behind a dash, behind `column` characters of its line.
    fn item(&mut self, mut column: usize, mut content: &'t str, mut dash: usize) -> Option<()> {
        // Further dashes each begin a sequence.
        while is_dash(content) {
            self.open_at(column, content, Entry::Dash)?;
            dash = column;
            (column, content) = after_dash(&content[1..], dash)?;
            if self.open.len() > self.limits.depth {
                return None;
            }
        }
        if content.is_empty() {
            self.pending = Some(Pending {
                line: self.line,
                column: dash + 1,
            });
            // With blanks behind the dash, the parser counts some of them.
            return (column == dash + 1).then_some(());
        }
        if key_len(content).is_some() {
            self.open_at(column, content, Entry::Key)?;
            return self.field(column, content);
        }
        self.value(column, content, dash)
    }

    /// A key and what stands behind it.
    fn field(&mut self, indent: usize, content: &'t str) -> Option<()> {
        let len = key_len(content)?;
        let line = self.line;
        self.builder
            .scalar(&content[..len], Style::Plain, line, number(indent)?, line);
        let rest = &content[len + 1..];
        let blanks = rest.bytes().take_while(|&b| b == b' ').count();
        let value = &rest[blanks..];
        if value.is_empty() || (blanks > 0 && value.starts_with('#')) {
            self.pending = Some(Pending {
                line,
                column: indent + len,
            });
            return Some(());
        }
        self.value(indent + len + 1 + blanks, value, indent)
    }

    /// A value that begins on this line, in a collection whose entries are behind `indent` characters.
    fn value(&mut self, column: usize, content: &'t str, indent: usize) -> Option<()> {
        let line = self.line;
        let (text, style) = match content.as_bytes()[0] {
            b'"' => (double_quoted(content)?, Style::Text),
            b'\'' => (single_quoted(content)?, Style::Text),
            b'|' => return self.literal(content, indent),
            b'{' if without_comment(content) == "{}" => {
                self.builder.open_mapping(line, number(column)?);
                self.builder.close(Some(line));
                return Some(());
            }
            b'[' if without_comment(content) == "[]" => {
                self.builder.open_sequence(line, number(column)?);
                self.builder.close(Some(line));
                return Some(());
            }
            _ => (Cow::Borrowed(bare(content)?), Style::Plain),
        };
        // A deeper line that follows, which might go on with the text, fits nowhere: the parser knows what it is.
        self.builder.scalar(text, style, line, number(column)?, line);
        Some(())
    }

    /// A literal block whose first line is deeper than `indent`.
    fn literal(&mut self, content: &str, indent: usize) -> Option<()> {
        let keeps_end = match content.trim_end_matches(' ') {
            "|" => true,
            "|-" => false,
            _ => return None,
        };
        let first = self.next_line()?;
        let depth = first.bytes().take_while(|&b| b == b' ').count();
        if depth <= indent || depth == first.len() {
            return None;
        }
        let start = self.line;
        let mut text = Cow::Borrowed(&first[depth..]);
        let mut blanks = 0;
        loop {
            let (at, line) = (self.at, self.line);
            let Some(next) = self.next_line() else { break };
            let spaces = next.bytes().take_while(|&b| b == b' ').count();
            if spaces == next.len() {
                // More spaces than the block's own are a part of its text.
                if spaces > depth {
                    return None;
                }
                blanks += 1;
            } else if spaces < depth {
                // A line between the depths, or a comment where a block may end.
                if spaces > indent || next[spaces..].starts_with('#') {
                    return None;
                }
                (self.at, self.line) = (at, line);
                break;
            } else {
                let text = text.to_mut();
                text.extend(std::iter::repeat_n('\n', blanks + 1));
                text.push_str(&next[depth..]);
                blanks = 0;
            }
        }
        if keeps_end {
            text.to_mut().push('\n');
        }
        self.builder.scalar(text, Style::Text, start, number(depth)?, self.line);
        Some(())
    }

    fn empty_if_pending(&mut self) {
        if let Some(Pending { line, column }) = self.pending.take() {
            let column = number(column).unwrap_or(u32::MAX);
            self.builder.scalar("", Style::Plain, line, column, line);
        }
    }
}

/// The column behind so many characters.
fn number(before: usize) -> Option<u32> {
    u32::try_from(before + 1).ok()
}

fn is_dash(content: &str) -> bool {
    content.starts_with('-') && matches!(content.as_bytes().get(1), None | Some(b' '))
}

/// What stands behind a dash that has `indent` characters before it, and how many characters are before that; nothing
/// where a comment stands.
fn after_dash(rest: &str, indent: usize) -> Option<(usize, &str)> {
    let blanks = rest.bytes().take_while(|&b| b == b' ').count();
    let content = &rest[blanks..];
    if content.starts_with('#') {
        return (blanks > 0).then_some((indent + 1 + blanks, ""));
    }
    Some((indent + 1 + blanks, content))
}

/// The longest key: the parser looks no further for the colon.
const LONGEST_KEY: usize = 1000;

/// How long the key is that `content` begins with.
fn key_len(content: &str) -> Option<usize> {
    let bytes = content.as_bytes();
    if !bytes
        .first()
        .is_some_and(|&b| b.is_ascii_alphanumeric() || matches!(b, b'_' | b'.' | b'/'))
    {
        return None;
    }
    let mut at = 1;
    loop {
        at += bytes[at..].iter().take_while(|&&b| is_key(b)).count();
        match (bytes.get(at), bytes.get(at + 1)) {
            (Some(b':'), None | Some(b' ')) => return (at <= LONGEST_KEY).then_some(at),
            (Some(b':'), Some(_)) => at += 1,
            _ => return None,
        }
    }
}

fn is_key(byte: u8) -> bool {
    byte.is_ascii_alphanumeric() || matches!(byte, b'_' | b'-' | b'.' | b'/')
}

/// A scalar without quotes that fills the rest of its line, but for a comment.
fn bare(content: &str) -> Option<&str> {
    let bytes = content.as_bytes();
    let begins = match bytes[0] {
        b'-' | b':' | b'?' => bytes.get(1).is_some_and(|&b| b != b' '),
        b'_' | b'.' | b'/' | b'$' | b'(' | b')' | b'+' | b'<' | b'=' | b'~' | b'^' | b';' | b'\\' => true,
        byte => byte.is_ascii_alphanumeric() || byte >= 0x80,
    };
    if !begins {
        return None;
    }
    for at in memchr::memchr2_iter(b':', b'#', bytes) {
        match bytes[at] {
            b':' if matches!(bytes.get(at + 1), None | Some(b' ')) => return None,
            b'#' if at > 0 && bytes[at - 1] == b' ' => return Some(content[..at].trim_end_matches(' ')),
            _ => {}
        }
    }
    Some(content.trim_end_matches(' '))
}

/// What is left of a line without a comment at its end and the blanks before it.
fn without_comment(content: &str) -> &str {
    let end = content.find(" #").unwrap_or(content.len());
    content[..end].trim_end_matches(' ')
}

/// Whether nothing but a comment follows a value.
fn ends(rest: &str) -> bool {
    rest.is_empty() || (rest.starts_with(' ') && without_comment(rest).is_empty())
}

fn double_quoted(content: &str) -> Option<Cow<'_, str>> {
    let inner = &content[1..];
    let end = memchr::memchr2(b'"', b'\\', inner.as_bytes())?;
    if inner.as_bytes()[end] == b'"' {
        return ends(&inner[end + 1..]).then_some(Cow::Borrowed(&inner[..end]));
    }
    let mut text = String::new();
    let mut rest = inner;
    loop {
        let end = memchr::memchr2(b'"', b'\\', rest.as_bytes())?;
        text.push_str(&rest[..end]);
        if rest.as_bytes()[end] == b'"' {
            return ends(&rest[end + 1..]).then_some(Cow::Owned(text));
        }
        text.push(match rest.as_bytes().get(end + 1)? {
            b'"' => '"',
            b'\\' => '\\',
            b'/' => '/',
            b'n' => '\n',
            b't' => '\t',
            b'r' => '\r',
            _ => return None,
        });
        rest = &rest[end + 2..];
    }
}

fn single_quoted(content: &str) -> Option<Cow<'_, str>> {
    let mut rest = &content[1..];
    let end = memchr::memchr(b'\'', rest.as_bytes())?;
    if rest.as_bytes().get(end + 1) != Some(&b'\'') {
        return ends(&rest[end + 1..]).then_some(Cow::Borrowed(&rest[..end]));
    }
    let mut text = String::new();
    loop {
        let end = memchr::memchr(b'\'', rest.as_bytes())?;
        text.push_str(&rest[..end]);
        if rest.as_bytes().get(end + 1) != Some(&b'\'') {
            return ends(&rest[end + 1..]).then_some(Cow::Owned(text));
        }
        text.push('\'');
        rest = &rest[end + 2..];
    }
}
