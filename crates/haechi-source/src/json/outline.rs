//! Where the values of a text in JSON begin and end, by their brackets and quotes alone.

use std::ops::Range;

use super::{Cursor, Start};

/// A part of a file.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Span {
    /// Its bytes.
    pub(crate) bytes: Range<usize>,
    pub(crate) start: Start,
}

/// Cuts a text between its values, by their brackets alone. A value that has no end goes on to the next line that
/// begins with a brace, so that what follows it is read all the same. No more than one more than `most`.
pub(crate) fn values(text: &str, bytes: Range<usize>, first_line: u32, most: usize) -> Vec<Span> {
    let start = Start {
        line: first_line,
        column: 1,
    };
    let mut cursor = Cursor::new(&text[..bytes.end], start);
    (cursor.at, cursor.counted) = (bytes.start, bytes.start);
    if text[bytes.clone()].starts_with("---") {
        cursor.advance(3);
    }
    let mut values = Vec::new();
    loop {
        cursor.skip_blanks();
        if cursor.peek().is_none() || values.len() > most {
            return values;
        }
        let start = cursor.place();
        let from = cursor.at;
        if !skip(&mut cursor) {
            let rest = &cursor.text[cursor.at..];
            let next = memchr::memmem::find(rest.as_bytes(), b"\n{").unwrap_or(rest.len());
            cursor.jump(cursor.at + next);
        }
        values.push(Span {
            bytes: from..cursor.at,
            start,
        });
    }
}

/// What of a value is behind a fault in `line`: from the next line on that begins with a brace, as a document does.
pub(crate) fn behind(text: &str, value: &Span, line: u32) -> Option<Span> {
    let mut at = value.bytes.start;
    let mut number = value.start.line;
    loop {
        at += memchr::memchr(b'\n', &text.as_bytes()[at..value.bytes.end])? + 1;
        number = number.saturating_add(1);
        if number >= line && text[at..value.bytes.end].starts_with('{') {
            return Some(Span {
                bytes: at..value.bytes.end,
                start: Start {
                    line: number,
                    column: 1,
                },
            });
        }
    }
}

/// Skips a value and says whether it has an end.
fn skip(cursor: &mut Cursor<'_>) -> bool {
    let mut depth = 0_usize;
    while let Some(byte) = cursor.peek() {
        match byte {
            b'{' | b'[' => {
                depth += 1;
                cursor.advance(1);
            }
            b'}' | b']' => {
                depth = depth.saturating_sub(1);
                cursor.advance(1);
            }
            b'"' => {
                if !skip_string(cursor) {
                    return false;
                }
            }
            b' ' | b'\t' | b'\r' | b'\n' => cursor.skip_blanks(),
            _ => cursor.advance(1),
        }
        if depth == 0 {
            // A number or a word ends where the next thing begins.
            let is_word = |b: u8| {
                !matches!(
                    b,
                    b'{' | b'[' | b'}' | b']' | b'"' | b',' | b' ' | b'\t' | b'\r' | b'\n'
                )
            };
            if !is_word(byte) || !cursor.peek().is_some_and(is_word) {
                return true;
            }
        }
    }
    false
}

fn skip_string(cursor: &mut Cursor<'_>) -> bool {
    let bytes = cursor.text.as_bytes();
    let mut at = cursor.at + 1;
    while let Some(found) = memchr::memchr3(b'"', b'\\', b'\n', &bytes[at..]) {
        at += found;
        match bytes[at] {
            b'"' => {
                cursor.at = at + 1;
                return true;
            }
            // What is escaped may be a character of several bytes, whose others are none that end anything.
            b'\\' if at + 1 < bytes.len() => at += 2,
            _ => break,
        }
    }
    false
}

/// A long list of objects, cut between its items.
#[derive(Debug)]
pub(crate) struct List {
    /// The list without its items.
    pub(crate) envelope: String,
    /// Runs of items, with the commas between them.
    pub(crate) items: Vec<Span>,
    /// How many items there are.
    pub(crate) count: usize,
}

/// Cuts a value at the items of its outermost `items` into runs of at least `task_bytes`.
pub(crate) fn list(text: &str, value: &Span, task_bytes: usize) -> Option<List> {
    let mut cursor = Cursor::new(&text[..value.bytes.end], value.start);
    (cursor.at, cursor.counted) = (value.bytes.start, value.bytes.start);
    if cursor.peek() != Some(b'{') {
        return None;
    }
    cursor.advance(1);
    // The keys up to `items`.
    loop {
        cursor.skip_blanks();
        let key = cursor.at;
        if cursor.peek() != Some(b'"') || !skip_string(&mut cursor) {
            return None;
        }
        let is_items = &cursor.text[key..cursor.at] == "\"items\"";
        cursor.skip_blanks();
        if cursor.peek() != Some(b':') {
            return None;
        }
        cursor.advance(1);
        cursor.skip_blanks();
        if is_items {
            break;
        }
        if !skip(&mut cursor) {
            return None;
        }
        cursor.skip_blanks();
        if cursor.peek() != Some(b',') {
            return None;
        }
        cursor.advance(1);
    }
    if cursor.peek() != Some(b'[') {
        return None;
    }
    cursor.advance(1);
    let head = value.bytes.start..cursor.at;
    let mut items = Vec::new();
    let mut count = 0;
    cursor.skip_blanks();
    let (mut from, mut start) = (cursor.at, cursor.place());
    loop {
        cursor.skip_blanks();
        if cursor.peek() == Some(b']') {
            break;
        }
        if cursor.at - from >= task_bytes {
            items.push(Span {
                bytes: from..cursor.at,
                start,
            });
            (from, start) = (cursor.at, cursor.place());
        }
        if !matches!(cursor.peek(), Some(b'{')) || !skip(&mut cursor) {
            return None;
        }
        count += 1;
        cursor.skip_blanks();
        match cursor.peek() {
            Some(b',') => {
                cursor.advance(1);
                cursor.skip_blanks();
                // A comma before the end is a fault that the whole's parser words better.
                if cursor.peek() == Some(b']') {
                    return None;
                }
            }
            Some(b']') => {}
            _ => return None,
        }
    }
    items.push(Span {
        bytes: from..cursor.at,
        start,
    });
    let envelope = [&text[head], &text[cursor.at..value.bytes.end]].concat();
    Some(List { envelope, items, count })
}
