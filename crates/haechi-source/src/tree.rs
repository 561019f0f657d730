//! A parser's events made into documents, within limits.

use haechi_model::diagnostic::{Diagnostic, Severity};
use haechi_model::document::{Builder, Document, Style};
use haechi_model::place::{FileId, Location};
use rustc_hash::FxHashMap;

use crate::Limits;
use crate::code;

/// What a parser hands on: whole documents, or the items of a list one by one.
#[derive(Debug)]
pub(crate) enum Piece<'t> {
    /// An item of a list; its list's own document follows later, with no items.
    Item(Document<'t>),
    /// A document.
    Document(Document<'t>),
}

/// Why a document cannot be read.
#[derive(Debug)]
pub(crate) enum Stop {
    /// It is wrong.
    Fault(Box<Diagnostic>),
    /// An item names an anchor of another, so that they cannot be read apart.
    AcrossItems,
}

impl Stop {
    pub(crate) fn fault(diagnostic: Diagnostic) -> Self {
        Self::Fault(Box::new(diagnostic))
    }
}

/// Which items are handed on by themselves, so that a huge list is never held as one tree.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Apart {
    /// None.
    Nothing,
    /// Those of the outermost sequence.
    Root,
    /// Those of the sequence `items` of the outermost mapping.
    Items,
}

/// Where something stands: lines and columns from 1.
#[derive(Clone, Copy, Debug)]
pub(crate) struct At {
    pub(crate) line: u32,
    pub(crate) column: u32,
    pub(crate) last_line: u32,
}

/// A value's anchor, as a number; 0 for none.
pub(crate) type AnchorId = usize;

/// Makes documents out of events.
pub(crate) struct Tree<'t, 's> {
    file: FileId,
    limits: &'s Limits,
    apart: Apart,
    sink: &'s mut dyn FnMut(Piece<'t>),
    builder: Builder<'t>,
    /// The list's own document while its items are built.
    list: Option<Builder<'t>>,
    open: Vec<Open>,
    /// Whether the next value of the outermost mapping is that of `items`.
    at_items: bool,
    anchors: FxHashMap<AnchorId, Anchor>,
    pieces: usize,
    /// The last line of the last item that was handed on.
    items_end: u32,
    alias_nodes: usize,
}

#[derive(Debug)]
struct Open {
    anchor: AnchorId,
    what: What,
    start: usize,
}

#[derive(Debug, PartialEq, Eq)]
enum What {
    Sequence,
    /// Whether a key comes next, and whether one was `<<`.
    Mapping {
        key_next: bool,
        merges: bool,
    },
}

#[derive(Debug)]
struct Anchor {
    piece: usize,
    first: usize,
    /// `None` while the value is open.
    end: Option<usize>,
}

impl<'t, 's> Tree<'t, 's> {
    pub(crate) fn new(file: FileId, limits: &'s Limits, apart: Apart, sink: &'s mut dyn FnMut(Piece<'t>)) -> Self {
        Self {
            file,
            limits,
            apart,
            sink,
            builder: Builder::new(file),
            list: None,
            open: Vec::new(),
            at_items: false,
            anchors: FxHashMap::default(),
            pieces: 0,
            items_end: 0,
            alias_nodes: 0,
        }
    }

    pub(crate) fn scalar(
        &mut self,
        text: std::borrow::Cow<'t, str>,
        style: Style,
        anchor: AnchorId,
        at: At,
    ) -> Result<(), Stop> {
        self.room(1, at)?;
        let start = self.builder.len();
        if let Some(Open {
            what: What::Mapping { key_next, merges },
            ..
        }) = self.open.last_mut()
            && *key_next
        {
            *merges |= style == Style::Plain && text == "<<";
            self.at_items = self.open.len() == 1 && text == "items";
        }
        self.builder.scalar(text, style, at.line, at.column, at.last_line);
        self.anchor(anchor, start);
        self.value_done();
        Ok(())
    }

    pub(crate) fn alias(&mut self, anchor: AnchorId, at: At) -> Result<(), Stop> {
        let Some(found) = self.anchors.get(&anchor) else {
            return Err(Stop::AcrossItems);
        };
        let first = found.first;
        let Some(end) = found.end else {
            let what = Diagnostic::new(
                code::SYNTAX,
                Severity::Error,
                self.location(at),
                "this alias names a value that it is part of",
            );
            return Err(Stop::fault(what));
        };
        if found.piece != self.pieces {
            return Err(Stop::AcrossItems);
        }
        self.alias_room(end - first, at)?;
        self.builder.copy(first, end);
        self.value_done();
        Ok(())
    }

    pub(crate) fn open_mapping(&mut self, anchor: AnchorId, at: At) -> Result<(), Stop> {
        let start = self.open(anchor, at)?;
        self.builder.open_mapping(at.line, at.column);
        self.open.push(Open {
            anchor,
            what: What::Mapping {
                key_next: true,
                merges: false,
            },
            start,
        });
        Ok(())
    }

    pub(crate) fn open_sequence(&mut self, anchor: AnchorId, at: At) -> Result<(), Stop> {
        let start = self.open(anchor, at)?;
        let is_list = match self.apart {
            Apart::Nothing => false,
            Apart::Root => self.open.is_empty(),
            Apart::Items => self.open.len() == 1 && self.at_items && anchor == 0,
        };
        self.builder.open_sequence(at.line, at.column);
        self.open.push(Open {
            anchor,
            what: What::Sequence,
            start,
        });
        if is_list && self.list.is_none() {
            self.list = Some(std::mem::replace(&mut self.builder, Builder::new(self.file)));
            self.pieces += 1;
        }
        Ok(())
    }

    /// Closes the collection opened last; `at` where a bracket does it.
    pub(crate) fn close(&mut self, at: Option<At>, here: At) -> Result<(), Stop> {
        let mut last_line = at.map(|at| at.last_line);
        if self.open.len() == self.item_depth()
            && let Some(list) = self.list.take()
        {
            self.builder = list;
            self.pieces += 1;
            last_line = last_line.max(Some(self.items_end));
        }
        let Some(Open { anchor, what, start }) = self.open.pop() else {
            return Ok(());
        };
        if matches!(what, What::Mapping { merges: true, .. }) {
            let left = self.limits.alias_nodes - self.alias_nodes;
            let added = self.builder.merge(left).map_err(|location| {
                Stop::fault(Diagnostic::new(
                    code::SYNTAX,
                    Severity::Error,
                    location,
                    "the value of << must be a mapping or a list of mappings",
                ))
            })?;
            self.alias_room(added, here)?;
        }
        self.builder.close(last_line);
        self.anchor(anchor, start);
        self.value_done();
        Ok(())
    }

    /// Hands the document on, if there is one.
    pub(crate) fn end(&mut self) {
        let builder = std::mem::replace(&mut self.builder, Builder::new(self.file));
        if let Some(document) = builder.finish() {
            (self.sink)(Piece::Document(document));
        }
        self.open.clear();
        self.anchors.clear();
        self.list = None;
        self.at_items = false;
        self.pieces = 0;
        self.items_end = 0;
        self.alias_nodes = 0;
    }

    fn open(&mut self, anchor: AnchorId, at: At) -> Result<usize, Stop> {
        self.room(1, at)?;
        let depth = self.open.len() + 1;
        if depth > self.limits.depth {
            return Err(Stop::fault(too_deep(self.location(at), self.limits.depth)));
        }
        let start = self.builder.len();
        if anchor != 0 {
            self.anchors.insert(
                anchor,
                Anchor {
                    piece: self.pieces,
                    first: start,
                    end: None,
                },
            );
        }
        Ok(start)
    }

    fn anchor(&mut self, anchor: AnchorId, first: usize) {
        if anchor != 0 {
            let end = Some(self.builder.len());
            let piece = self.pieces;
            self.anchors.insert(anchor, Anchor { piece, first, end });
        }
    }

    fn value_done(&mut self) {
        let depth = self.open.len();
        if self.list.is_some() && depth == self.item_depth() {
            let item = std::mem::replace(&mut self.builder, Builder::new(self.file));
            if let Some(document) = item.finish() {
                self.items_end = document.root().location().last_line;
                (self.sink)(Piece::Item(document));
            }
            self.pieces += 1;
        }
        if depth == 1 && !self.key_is_next() {
            self.at_items = false;
        }
        if let Some(Open {
            what: What::Mapping { key_next, .. },
            ..
        }) = self.open.last_mut()
        {
            *key_next = !*key_next;
        }
    }

    /// Whether the next value is a key.
    fn key_is_next(&self) -> bool {
        matches!(
            self.open.last(),
            Some(Open {
                what: What::Mapping { key_next: true, .. },
                ..
            })
        )
    }

    /// How many collections are open around the items of the list.
    fn item_depth(&self) -> usize {
        if self.apart == Apart::Root { 1 } else { 2 }
    }

    fn alias_room(&mut self, nodes: usize, at: At) -> Result<(), Stop> {
        self.alias_nodes += nodes;
        if self.alias_nodes > self.limits.alias_nodes {
            let limit = self.limits.alias_nodes;
            let diagnostic = Diagnostic::new(
                code::LIMIT,
                Severity::Error,
                self.location(at),
                format!("aliases would add more than {limit} values to this document"),
            );
            return Err(Stop::fault(
                diagnostic.hint("aliases of aliases multiply: write out what is meant"),
            ));
        }
        self.room(nodes, at)
    }

    fn room(&self, nodes: usize, at: At) -> Result<(), Stop> {
        if self.pieces > self.limits.documents {
            return Err(Stop::fault(too_many_items(self.location(at), self.limits.documents)));
        }
        let limit = self.limits.nodes;
        if self.builder.len() + nodes <= limit {
            return Ok(());
        }
        let diagnostic = Diagnostic::new(
            code::LIMIT,
            Severity::Error,
            self.location(at),
            format!("one object has more than {limit} values"),
        );
        Err(Stop::fault(diagnostic.hint("split it into several objects")))
    }

    fn location(&self, at: At) -> Location {
        Location {
            file: self.file,
            line: at.line,
            column: at.column,
            last_line: at.last_line,
        }
    }
}

/// The limit of a list's items is met.
pub(crate) fn too_many_items(location: Location, limit: usize) -> Diagnostic {
    Diagnostic::new(
        code::LIMIT,
        Severity::Error,
        location,
        format!("this list has more than {limit} items"),
    )
    .hint("split it into several files")
}

/// The limit of nesting is met.
pub(crate) fn too_deep(location: Location, limit: usize) -> Diagnostic {
    Diagnostic::new(
        code::LIMIT,
        Severity::Error,
        location,
        format!("more than {limit} collections are inside each other"),
    )
    .hint("no Kubernetes object is nested so deep")
}
