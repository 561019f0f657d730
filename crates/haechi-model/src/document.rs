//! A parsed document: a tree whose every node knows its place.
//!
//! A parser builds one with [`Builder`], from YAML or JSON alike; [`crate::decode`] reads typed
//! fields out of it. Nodes live in one vector and refer to each other by index, so that a document
//! costs one allocation for its nodes and borrows its text.

use std::borrow::Cow;

use rustc_hash::FxHashSet;

use crate::place::{FileId, Location};

/// A parsed document.
#[derive(Debug)]
pub struct Document<'t> {
    nodes: Vec<Entry<'t>>,
}

#[derive(Clone, Debug)]
struct Entry<'t> {
    content: Content<'t>,
    location: Location,
    /// The next sibling in the same collection; 0 (the root, which has none) for the last.
    next: u32,
}

#[derive(Clone, Debug)]
enum Content<'t> {
    Scalar {
        text: Cow<'t, str>,
        style: Style,
    },
    /// Children alternate: key, value, key, value.
    Mapping {
        first: u32,
        len: u32,
    },
    Sequence {
        first: u32,
        len: u32,
    },
}

/// How a scalar was written, which decides whether `80` is a number or a text.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Style {
    /// Bare: `80`, `true`, `null` and `~` are not texts.
    Plain,
    /// In quotes, a block, or tagged `!!str`: always a text.
    Text,
}

/// A node of a document.
#[derive(Clone, Copy, Debug)]
pub struct Node<'d> {
    document: &'d Document<'d>,
    index: u32,
}

impl<'t> Document<'t> {
    /// The outermost node.
    #[must_use]
    pub fn root(&self) -> Node<'_> {
        Node {
            document: self,
            index: 0,
        }
    }

    /// How many nodes it has.
    #[must_use]
    pub fn len(&self) -> usize {
        self.nodes.len()
    }

    /// Whether it has no nodes, which no builder makes.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.nodes.is_empty()
    }
}

impl<'d> Node<'d> {
    fn entry(self) -> &'d Entry<'d> {
        &self.document.nodes[self.index as usize]
    }

    /// Where it stands.
    #[must_use]
    pub fn location(self) -> Location {
        self.entry().location
    }

    /// What it is, in a word, for messages.
    #[must_use]
    pub fn what(self) -> &'static str {
        match &self.entry().content {
            Content::Mapping { .. } => "a mapping",
            Content::Sequence { .. } => "a list",
            Content::Scalar { style: Style::Text, .. } => "a text",
            Content::Scalar { text, .. } => match Bare::of(text) {
                Bare::Boolean(_) => "true or false",
                Bare::Null => "nothing",
                Bare::Integer(_) | Bare::Number => "a number",
                Bare::Text => "a text",
            },
        }
    }

    /// What it is if it was written without quotes; `None` for texts in quotes and collections.
    #[must_use]
    pub fn bare(self) -> Option<Bare> {
        match &self.entry().content {
            Content::Scalar {
                text,
                style: Style::Plain,
            } => Some(Bare::of(text)),
            _ => None,
        }
    }

    /// Whether it is `null`, `~` or left empty.
    #[must_use]
    pub fn is_null(self) -> bool {
        self.bare() == Some(Bare::Null)
    }

    /// The text and style of a scalar.
    #[must_use]
    pub fn scalar(self) -> Option<(&'d str, Style)> {
        match &self.entry().content {
            Content::Scalar { text, style } => Some((text, *style)),
            _ => None,
        }
    }

    /// The items of a sequence.
    #[must_use]
    pub fn items(self) -> Option<Children<'d>> {
        match self.entry().content {
            Content::Sequence { first, len } => Some(Children {
                document: self.document,
                next: first,
                left: len,
            }),
            _ => None,
        }
    }

    /// The keys and values of a mapping, in their order.
    #[must_use]
    pub fn pairs(self) -> Option<Pairs<'d>> {
        match self.entry().content {
            Content::Mapping { first, len } => Some(Pairs(Children {
                document: self.document,
                next: first,
                left: len,
            })),
            _ => None,
        }
    }

    /// The value of `key` in a mapping; the first of equal keys.
    #[must_use]
    pub fn field(self, key: &str) -> Option<Self> {
        self.pairs()?
            .find(|(k, _)| k.scalar().is_some_and(|(text, _)| text == key))
            .map(|(_, value)| value)
    }
}

/// What a scalar without quotes is to Kubernetes, which reads YAML 1.1: `yes` and `off` are no texts.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Bare {
    /// Left empty, `~` or `null`.
    Null,
    /// `true`, `no`, `on`, `y` and the like.
    Boolean(bool),
    /// A whole number, also written `0x50`, `0o120`, `0120`, `0b1010000` or `8_0`.
    Integer(i64),
    /// Another number: `1.5`, `6e4`, `.inf`.
    Number,
    /// Anything else.
    Text,
}

impl Bare {
    /// What `text` is.
    #[must_use]
    pub fn of(text: &str) -> Self {
        let Some(&first) = text.as_bytes().first() else {
            return Self::Null;
        };
        match first {
            b'0'..=b'9' | b'+' | b'-' | b'.' => Self::number(text),
            b'~' | b'n' | b'N' | b't' | b'T' | b'f' | b'F' | b'y' | b'Y' | b'o' | b'O' => match text {
                "~" | "null" | "Null" | "NULL" => Self::Null,
                "true" | "True" | "TRUE" | "yes" | "Yes" | "YES" | "on" | "On" | "ON" | "y" | "Y" => {
                    Self::Boolean(true)
                }
                "false" | "False" | "FALSE" | "no" | "No" | "NO" | "off" | "Off" | "OFF" | "n" | "N" => {
                    Self::Boolean(false)
                }
                _ => Self::Text,
            },
            _ => Self::Text,
        }
    }

    fn number(text: &str) -> Self {
        let unsigned = text.strip_prefix(['+', '-']).unwrap_or(text);
        if matches!(unsigned, ".inf" | ".Inf" | ".INF") || matches!(text, ".nan" | ".NaN" | ".NAN") {
            return Self::Number;
        }
        // Dates, addresses and versions end here.
        let numeric =
            |b: u8| b.is_ascii_hexdigit() || matches!(b, b'_' | b'.' | b'+' | b'-' | b'x' | b'X' | b'o' | b'O');
        if !text.bytes().all(numeric) || text.len() > 64 {
            return Self::Text;
        }
        let plain = unsigned.replace('_', "");
        let negative = text.starts_with('-');
        let (radix, digits) = match plain.as_bytes() {
            [b'0', b'x' | b'X', ..] => (16, &plain[2..]),
            [b'0', b'o' | b'O', ..] => (8, &plain[2..]),
            [b'0', b'b' | b'B', ..] => (2, &plain[2..]),
            [b'0', _, ..] => (8, &plain[1..]),
            _ => (10, &*plain),
        };
        if !digits.starts_with(['+', '-']) {
            if let Ok(n) = i64::from_str_radix(digits, radix) {
                return Self::Integer(if negative { -n } else { n });
            }
            if !digits.is_empty() && digits.chars().all(|c| c.is_digit(radix)) {
                return Self::Number;
            }
        }
        let decimal = |b: u8| b.is_ascii_digit() || matches!(b, b'.' | b'e' | b'E' | b'+' | b'-');
        let is_float = plain.bytes().all(decimal)
            && plain.starts_with(|c: char| c.is_ascii_digit() || c == '.')
            && plain.parse::<f64>().is_ok();
        if is_float { Self::Number } else { Self::Text }
    }
}

/// The items of a sequence.
#[derive(Clone, Debug)]
pub struct Children<'d> {
    document: &'d Document<'d>,
    next: u32,
    left: u32,
}

impl<'d> Iterator for Children<'d> {
    type Item = Node<'d>;
    fn next(&mut self) -> Option<Node<'d>> {
        self.left = self.left.checked_sub(1)?;
        let node = Node {
            document: self.document,
            index: self.next,
        };
        self.next = node.entry().next;
        Some(node)
    }
    fn size_hint(&self) -> (usize, Option<usize>) {
        (self.left as usize, Some(self.left as usize))
    }
}

impl ExactSizeIterator for Children<'_> {}

/// The keys and values of a mapping.
#[derive(Clone, Debug)]
pub struct Pairs<'d>(Children<'d>);

impl<'d> Iterator for Pairs<'d> {
    type Item = (Node<'d>, Node<'d>);
    fn next(&mut self) -> Option<Self::Item> {
        Some((self.0.next()?, self.0.next()?))
    }
}

/// Builds a document from a parser's events, depth first.
#[derive(Debug)]
pub struct Builder<'t> {
    file: FileId,
    nodes: Vec<Entry<'t>>,
    open: Vec<Open>,
}

#[derive(Debug)]
struct Open {
    index: u32,
    last_child: u32,
    len: u32,
}

impl<'t> Builder<'t> {
    /// An empty document of `file`.
    #[must_use]
    pub fn new(file: FileId) -> Self {
        Self {
            file,
            nodes: Vec::new(),
            open: Vec::new(),
        }
    }

    /// An empty document of `file` with room for so many nodes.
    #[must_use]
    pub fn with_room(file: FileId, nodes: usize) -> Self {
        Self {
            nodes: Vec::with_capacity(nodes),
            ..Self::new(file)
        }
    }

    /// How many nodes there are so far.
    #[must_use]
    pub fn len(&self) -> usize {
        self.nodes.len()
    }

    /// Whether there are no nodes so far.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.nodes.is_empty()
    }

    /// How many collections are open.
    #[must_use]
    pub fn depth(&self) -> usize {
        self.open.len()
    }

    /// Adds a scalar; lines and columns count from 1.
    pub fn scalar(&mut self, text: impl Into<Cow<'t, str>>, style: Style, line: u32, column: u32, last_line: u32) {
        self.add(
            Content::Scalar {
                text: text.into(),
                style,
            },
            line,
            column,
            last_line,
        );
    }

    /// Opens a mapping, whose children come next: key, value, key, value.
    pub fn open_mapping(&mut self, line: u32, column: u32) {
        let index = self.add(Content::Mapping { first: 0, len: 0 }, line, column, line);
        self.open.push(Open {
            index,
            last_child: 0,
            len: 0,
        });
    }

    /// Opens a sequence, whose items come next.
    pub fn open_sequence(&mut self, line: u32, column: u32) {
        let index = self.add(Content::Sequence { first: 0, len: 0 }, line, column, line);
        self.open.push(Open {
            index,
            last_child: 0,
            len: 0,
        });
    }

    /// Closes the collection that was opened last. Its last line is that of its last member, or
    /// `line` where a bracket closes it there.
    pub fn close(&mut self, line: Option<u32>) {
        let Some(Open { index, last_child, len }) = self.open.pop() else {
            return;
        };
        let inner = if len == 0 {
            0
        } else {
            self.nodes[last_child as usize].location.last_line
        };
        let entry = &mut self.nodes[index as usize];
        match &mut entry.content {
            Content::Mapping { len: l, .. } | Content::Sequence { len: l, .. } => *l = len,
            Content::Scalar { .. } => {}
        }
        entry.location.last_line = entry.location.line.max(inner).max(line.unwrap_or(0));
    }

    /// Adds a copy of the value whose nodes are those from `first` to before `end`, as an alias asks for.
    pub fn copy(&mut self, first: usize, end: usize) {
        let base = index(self.nodes.len());
        let from = index(first);
        let Some(root) = self.nodes.get(first) else { return };
        let (content, location) = (shifted(&root.content, from, base), root.location);
        self.push(content, location);
        for i in first + 1..end {
            let mut entry = self.nodes[i].clone();
            entry.content = shifted(&entry.content, from, base);
            if entry.next != 0 {
                entry.next = entry.next - from + base;
            }
            self.nodes.push(entry);
        }
    }

    /// Replaces each [merge key](https://yaml.org/type/merge.html) `<<` of the mapping that is open by the fields
    /// that its value has and the mapping has not. Returns the count of nodes that this takes, and adds them only
    /// if they are at most `most`.
    ///
    /// # Errors
    /// The place of a value that is neither a mapping nor a list of mappings.
    pub fn merge(&mut self, most: usize) -> Result<usize, Location> {
        let Some(mapping) = self.open.last().map(|o| o.index) else {
            return Ok(0);
        };
        let mut keys: FxHashSet<String> = FxHashSet::default();
        let (mut own, mut sources) = (Vec::new(), Vec::new());
        for (key, value) in self.pairs_of(mapping) {
            match &self.nodes[key as usize].content {
                Content::Scalar {
                    text,
                    style: Style::Plain,
                } if text == "<<" => sources.extend(self.merged(value)?),
                Content::Scalar { text, .. } => {
                    keys.insert(text.clone().into_owned());
                    own.extend([key, value]);
                }
                _ => own.extend([key, value]),
            }
        }
        let mut added = Vec::new();
        for source in sources {
            for (key, value) in self.pairs_of(source) {
                if let Content::Scalar { text, .. } = &self.nodes[key as usize].content
                    && keys.insert(text.clone().into_owned())
                {
                    added.extend([key, value]);
                }
            }
        }
        let ranges: Vec<_> = added.iter().map(|&i| (i as usize, self.end_of(i))).collect();
        let count = ranges.iter().map(|(first, end)| end - first).sum();
        if count > most {
            return Ok(count);
        }
        for pair in own.windows(2) {
            self.nodes[pair[0] as usize].next = pair[1];
        }
        if let Content::Mapping { first, .. } = &mut self.nodes[mapping as usize].content {
            *first = own.first().copied().unwrap_or(0);
        }
        if let Some(open) = self.open.last_mut() {
            open.len = index(own.len());
            open.last_child = own.last().copied().unwrap_or(0);
        }
        for (first, end) in ranges {
            self.copy(first, end);
        }
        Ok(count)
    }

    /// The mappings that a merge key's value names.
    fn merged(&self, value: u32) -> Result<Vec<u32>, Location> {
        let entry = &self.nodes[value as usize];
        match entry.content {
            Content::Mapping { .. } => Ok(vec![value]),
            Content::Sequence { first, len } => self
                .siblings(first, len)
                .map(|item| match &self.nodes[item as usize] {
                    Entry {
                        content: Content::Mapping { .. },
                        ..
                    } => Ok(item),
                    other => Err(other.location),
                })
                .collect(),
            Content::Scalar { .. } => Err(entry.location),
        }
    }

    fn siblings(&self, first: u32, len: u32) -> impl Iterator<Item = u32> {
        let next = |&i: &u32| Some(self.nodes[i as usize].next);
        std::iter::successors(Some(first), next).take(len as usize)
    }

    /// The keys and values of a mapping, also of the one that is still open.
    fn pairs_of(&self, mapping: u32) -> Vec<(u32, u32)> {
        let Content::Mapping { first, mut len } = self.nodes[mapping as usize].content else {
            return Vec::new();
        };
        if let Some(open) = self.open.last().filter(|o| o.index == mapping) {
            len = open.len;
        }
        let members: Vec<u32> = self.siblings(first, len).collect();
        members.chunks_exact(2).map(|pair| (pair[0], pair[1])).collect()
    }

    /// The index behind the last node of the value that starts at `node`.
    fn end_of(&self, mut node: u32) -> usize {
        loop {
            match self.nodes[node as usize].content {
                Content::Mapping { first, len } | Content::Sequence { first, len } if len > 0 => {
                    node = self.siblings(first, len).last().unwrap_or(node);
                }
                _ => return node as usize + 1,
            }
        }
    }

    /// The document; `None` if nothing was added.
    #[must_use]
    pub fn finish(mut self) -> Option<Document<'t>> {
        while !self.open.is_empty() {
            self.close(None);
        }
        (!self.nodes.is_empty()).then_some(Document { nodes: self.nodes })
    }

    fn add(&mut self, content: Content<'t>, line: u32, column: u32, last_line: u32) -> u32 {
        let location = Location {
            file: self.file,
            line,
            column,
            last_line: last_line.max(line),
        };
        self.push(content, location)
    }

    fn push(&mut self, content: Content<'t>, location: Location) -> u32 {
        let index = index(self.nodes.len());
        self.nodes.push(Entry {
            content,
            location,
            next: 0,
        });
        if let Some(parent) = self.open.last_mut() {
            if parent.len == 0 {
                match &mut self.nodes[parent.index as usize].content {
                    Content::Mapping { first, .. } | Content::Sequence { first, .. } => *first = index,
                    Content::Scalar { .. } => {}
                }
            } else {
                self.nodes[parent.last_child as usize].next = index;
            }
            parent.last_child = index;
            parent.len += 1;
        }
        index
    }
}

fn index(len: usize) -> u32 {
    u32::try_from(len).unwrap_or(u32::MAX)
}

/// The content of a node whose members move from `from` to `to`.
fn shifted<'t>(content: &Content<'t>, from: u32, to: u32) -> Content<'t> {
    let moved = |first: u32, len: u32| if len == 0 { 0 } else { first - from + to };
    match *content {
        Content::Mapping { first, len } => Content::Mapping {
            first: moved(first, len),
            len,
        },
        Content::Sequence { first, len } => Content::Sequence {
            first: moved(first, len),
            len,
        },
        Content::Scalar { .. } => content.clone(),
    }
}
