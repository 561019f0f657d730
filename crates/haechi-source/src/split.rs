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

/// The documents of a text, without those that hold nothing but comments.
///
/// In YAML 1.2, `---` and `...` at the start of a line end whatever is open, a text in quotes included.
pub(crate) fn documents(text: &str) -> Vec<Chunk> {
    let bytes = text.as_bytes();
    let mut starts: Vec<usize> = Vec::new();
    for marker in [b"\n---", b"\n..."] {
        starts.extend(
            memmem::find_iter(bytes, marker)
                .map(|at| at + 1)
                .filter(|&at| matches!(bytes.get(at + 3), None | Some(b' ' | b'\t' | b'\r' | b'\n'))),
        );
    }
    starts.sort_unstable();
    starts.push(bytes.len());
    let mut chunks = Vec::new();
    let (mut from, mut line) = (0, 1);
    for at in starts {
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
    let indent = bytes[start..].iter().take_while(|&&b| b == b' ').count();
    let is_item = |line: &[u8]| line.get(indent) == Some(&b'-') && matches!(line.get(indent + 1), Some(b' ' | b'\n'));
    if !is_item(&bytes[start..]) {
        return None;
    }
    let first_line = document.first_line.saturating_add(lines(&bytes[..start]));
    let mut items = Vec::new();
    let (mut from, mut from_line) = (start, first_line);
    let (mut at, mut line) = (start, first_line);
    while at < bytes.len() {
        let rest = &bytes[at..];
        let depth = rest.iter().take(indent + 1).take_while(|&&b| b == b' ').count();
        if depth <= indent {
            match rest.get(depth) {
                Some(b'\n' | b'\r' | b'#') | None => {}
                Some(b'-') if depth == indent && is_item(rest) => {
                    if at - from >= task_bytes {
                        items.push(chunk(document, from..at, from_line));
                        (from, from_line) = (at, line);
                    }
                }
                Some(_) if depth == 0 => break,
                // Neither an item nor a key of the list: a fault, or something unheard of.
                Some(_) => return None,
            }
        }
        at += memchr::memchr(b'\n', rest).map_or(rest.len(), |end| end + 1);
        line = line.saturating_add(1);
    }
    items.push(chunk(document, from..at, from_line));
    let envelope = [&body[..start], &body[at..]].concat();
    Some(List { envelope, items })
}

fn chunk(document: &Chunk, bytes: Range<usize>, first_line: u32) -> Chunk {
    let base = document.bytes.start;
    Chunk {
        bytes: base + bytes.start..base + bytes.end,
        first_line,
    }
}

fn lines(bytes: &[u8]) -> u32 {
    u32::try_from(memchr::memchr_iter(b'\n', bytes).count()).unwrap_or(u32::MAX)
}
