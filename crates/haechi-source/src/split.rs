//! Text cut where documents and the items of long lists begin, so that each is read by itself.

use std::ops::Range;

use memchr::memmem;

/// A part of a text.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Chunk {
    /// Its bytes.
    pub(crate) bytes: Range<usize>,
    /// The number of its first line, from 1.
    pub(crate) first_line: u32,
}

/// How many bytes are worth a task of their own.
pub(crate) const TASK_BYTES: usize = 256 << 10;

/// The documents of a text, without those that hold nothing but comments; no more than one more than `most`.
///
/// In YAML 1.2, `---` and `...` at the start of a line end whatever is open, a text in quotes included.
pub(crate) fn documents(text: &str, most: usize) -> Vec<Chunk> {
    let bytes = text.as_bytes();
    let is_marker = |&at: &usize| matches!(bytes.get(at + 3), None | Some(b' ' | b'\t' | b'\r' | b'\n'));
    let found = |marker| memmem::find_iter(bytes, marker).map(|at| at + 1).filter(is_marker);
    let (mut begins, mut ends) = (found(b"\n---").peekable(), found(b"\n...").peekable());
    let mut chunks = Vec::new();
    let (mut from, mut line) = (0, 1);
    while from < bytes.len() && chunks.len() <= most {
        let at = match (begins.peek(), ends.peek()) {
            (Some(begin), Some(end)) if end < begin => ends.next(),
            (Some(_), _) => begins.next(),
            (None, _) => ends.next(),
        };
        let at = at.unwrap_or(bytes.len());
        let content = &bytes[from..at];
        let kind = kind_of(content);
        // Directives belong to the document that follows them.
        if kind == Kind::Directives && at < bytes.len() {
            continue;
        }
        if kind != Kind::Empty {
            chunks.push(Chunk {
                bytes: from..at,
                first_line: line,
            });
        }
        line = line.saturating_add(lines(content));
        from = at;
    }
    chunks
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Kind {
    /// Comments and blanks alone.
    Empty,
    /// Directives, comments and blanks alone.
    Directives,
    /// Something else.
    Content,
}

fn kind_of(content: &[u8]) -> Kind {
    let mut kind = Kind::Empty;
    for (i, line) in content.split(|&b| b == b'\n').enumerate() {
        let line = match line {
            [b'-', b'-', b'-', rest @ ..] | [b'.', b'.', b'.', rest @ ..] if i == 0 => rest,
            line => line,
        };
        match line.trim_ascii() {
            [] | [b'#', ..] => {}
            _ if line.starts_with(b"%") => kind = Kind::Directives,
            _ => return Kind::Content,
        }
    }
    kind
}

/// A long list in block style, cut between its items.
#[derive(Debug)]
pub(crate) struct List {
    /// The list without its items.
    pub(crate) envelope: String,
    /// Runs of items, each a sequence by itself.
    pub(crate) items: Vec<Chunk>,
    /// How many items there are.
    pub(crate) count: usize,
}

/// Cuts the document at the items of its outermost `items` into runs of at least `task_bytes`.
///
/// The cuts are a guess by indentation: if one of the parts does not parse, the guess was wrong.
pub(crate) fn list(text: &str, document: &Chunk, task_bytes: usize) -> Option<List> {
    let body = &text[document.bytes.clone()];
    let bytes = body.as_bytes();
    let key = memmem::find_iter(bytes, b"items:").find(|&at| {
        let starts_line = at == 0 || bytes[at - 1] == b'\n';
        let rest = bytes[at + 6..].split(|&b| b == b'\n').next().unwrap_or_default();
        starts_line && rest.trim_ascii().is_empty()
    })?;
    let start = key + memchr::memchr(b'\n', &bytes[key..])? + 1;
    let mut cutter = Cutter::new(&bytes[start..]);
    if !cutter.is_item(0) {
        return None;
    }
    let base = document.bytes.start + start;
    let first_line = document.first_line.saturating_add(lines(&bytes[..start]));
    let mut items = Vec::new();
    let mut count = 0;
    let (mut from, mut from_line) = (0, 0);
    while let Some((at, line)) = cutter.next_item() {
        count += 1;
        if at - from >= task_bytes {
            items.push(Chunk {
                bytes: base + from..base + at,
                first_line: first_line.saturating_add(from_line),
            });
            (from, from_line) = (at, line);
        }
    }
    // What is neither an item nor a key of the list is a fault, or something unheard of.
    let end = cutter.at;
    if bytes.get(start + end) == Some(&b' ') {
        return None;
    }
    items.push(Chunk {
        bytes: base + from..base + end,
        first_line: first_line.saturating_add(from_line),
    });
    let envelope = [&body[..start], &body[start + end..]].concat();
    Some(List { envelope, items, count })
}

/// An item of a list.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Item {
    /// Its bytes, from the start of its line.
    pub(crate) bytes: Range<usize>,
    /// The number of its first line, from 1.
    pub(crate) first_line: u32,
    /// How many spaces are before its dash.
    pub(crate) indent: usize,
}

/// The items of a run of items, by their indentation. What is before the first belongs to it, and what ends the run to
/// the last.
pub(crate) fn items(run: &str, first_line: u32) -> impl Iterator<Item = Item> {
    let bytes = run.as_bytes();
    let mut cutter = Cutter::new(bytes);
    let mut from = Some((0, 0));
    std::iter::from_fn(move || {
        let (start, line) = from?;
        let next = loop {
            match cutter.next_item() {
                Some((0, _)) => {}
                next => break next,
            }
        };
        from = next;
        Some(Item {
            bytes: start..next.map_or(bytes.len(), |(at, _)| at),
            first_line: first_line.saturating_add(line),
            indent: cutter.indent,
        })
    })
}

/// Finds the items of a list in block style, line by line.
#[derive(Debug)]
struct Cutter<'t> {
    bytes: &'t [u8],
    indent: usize,
    /// The start of the next line.
    at: usize,
    /// How many lines are before it.
    line: u32,
}

impl<'t> Cutter<'t> {
    /// `bytes` begin with the list's first item.
    fn new(bytes: &'t [u8]) -> Self {
        Self {
            bytes,
            indent: spaces(bytes),
            at: 0,
            line: 0,
        }
    }

    /// Whether an item begins with the line at `at`.
    fn is_item(&self, at: usize) -> bool {
        let line = &self.bytes[at..];
        spaces(line) == self.indent
            && line.get(self.indent) == Some(&b'-')
            && matches!(line.get(self.indent + 1), Some(b' ' | b'\n'))
    }

    /// Where the next item begins, and how many lines are before it; `None` where the list ends, which is at `at`.
    fn next_item(&mut self) -> Option<(usize, u32)> {
        while self.at < self.bytes.len() {
            let rest = &self.bytes[self.at..];
            let depth = rest.iter().take(self.indent + 1).take_while(|&&b| b == b' ').count();
            let starts = depth == self.indent && self.is_item(self.at);
            if depth <= self.indent && !starts && !matches!(rest.get(depth), Some(b'\n' | b'\r' | b'#') | None) {
                return None;
            }
            let found = (self.at, self.line);
            self.at += memchr::memchr(b'\n', rest).map_or(rest.len(), |end| end + 1);
            self.line = self.line.saturating_add(1);
            if starts {
                return Some(found);
            }
        }
        None
    }
}

fn spaces(bytes: &[u8]) -> usize {
    bytes.iter().take_while(|&&b| b == b' ').count()
}

fn lines(bytes: &[u8]) -> u32 {
    u32::try_from(memchr::memchr_iter(b'\n', bytes).count()).unwrap_or(u32::MAX)
}
