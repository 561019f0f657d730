//! YAML text to documents.

use std::borrow::Cow;

use haechi_model::diagnostic::{Diagnostic, Severity};
use haechi_model::document::Style;
use haechi_model::place::{FileId, Location};
use saphyr_parser::{Event, Marker, Parser, ScalarStyle, ScanError, Span, Tag};

use crate::Limits;
use crate::code;
use crate::plain;
use crate::split;
use crate::tree::{Apart, At, Piece, Stop, Tree, too_deep};
use budget::{Bounded, Budget};

mod budget;

/// A part of a file.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Text<'t> {
    pub(crate) file: FileId,
    pub(crate) text: &'t str,
    /// The number of its first line, from 1.
    pub(crate) first_line: u32,
}

/// Parses `text` and hands its documents to `sink`.
pub(crate) fn parse<'t>(
    text: Text<'t>,
    apart: Apart,
    limits: &Limits,
    sink: &mut dyn FnMut(Piece<'t>),
) -> Result<(), Stop> {
    if let Some(fault) = text.control_character() {
        return Err(Stop::fault(fault));
    }
    match apart {
        Apart::Nothing => match plain::document(text, limits) {
            Some(document) => {
                sink(Piece::Document(document));
                Ok(())
            }
            None => parse_any(text, apart, limits, sink),
        },
        Apart::Root => split::items(text.text, text.first_line).try_for_each(|item| {
            let part = Text {
                text: &text.text[item.bytes],
                first_line: item.first_line,
                ..text
            };
            match plain::item(part, item.indent, limits) {
                Some(item) => {
                    sink(Piece::Item(item));
                    Ok(())
                }
                None => parse_any(part, apart, limits, sink),
            }
        }),
        Apart::Items => parse_any(text, apart, limits, sink),
    }
}

/// Parses whatever YAML there is.
pub(crate) fn parse_any<'t>(
    text: Text<'t>,
    apart: Apart,
    limits: &Limits,
    sink: &mut dyn FnMut(Piece<'t>),
) -> Result<(), Stop> {
    let mut tree = Tree::new(text.file, limits, apart, sink);
    let open_line = text.open_line();
    let budget = Budget::new(limits.value_length);
    let mut parser: Parser<'t, _> = Parser::new(Bounded::new(text.text, &budget));
    let mut last_event = At {
        line: text.first_line,
        column: 1,
        last_line: text.first_line,
    };
    while let Some(event) = parser.next_event() {
        if budget.is_spent() {
            return Err(Stop::fault(too_long(text.location(last_event), limits.value_length)));
        }
        budget.refill();
        let (event, span) = event.map_err(|error| Stop::fault(text.fault(&error, limits)))?;
        last_event = text.at(span.start, span.start.line());
        match event {
            Event::Scalar(value, style, anchor, tag) => {
                let last = match style {
                    // These end where the next line begins.
                    ScalarStyle::Literal | ScalarStyle::Folded
                        if span.end.line() > span.start.line() && !text.ends_at(span.end, open_line) =>
                    {
                        span.end.line() - 1
                    }
                    _ => span.end.line(),
                };
                let at = text.at(span.start, last);
                tree.scalar(value, style_of(style, tag.as_deref()), anchor, at)?;
            }
            Event::MappingStart(anchor, _) => tree.open_mapping(anchor, text.at(span.start, span.start.line()))?,
            Event::SequenceStart(anchor, _) => tree.open_sequence(anchor, text.at(span.start, span.start.line()))?,
            Event::MappingEnd | Event::SequenceEnd => {
                let here = text.at(span.start, span.start.line());
                tree.close((!is_empty(span)).then_some(here), here)?;
            }
            Event::Alias(anchor) => tree.alias(anchor, text.at(span.start, span.start.line()))?,
            Event::DocumentEnd => tree.end(),
            Event::Nothing | Event::StreamStart | Event::StreamEnd | Event::DocumentStart(_) => {}
        }
    }
    Ok(())
}

fn is_empty(span: Span) -> bool {
    span.start.index() == span.end.index()
}

/// `!!str` makes a text of a bare scalar; every other tag leaves it what it is.
fn style_of(style: ScalarStyle, tag: Option<&Tag>) -> Style {
    match tag {
        Some(tag) if tag.is_yaml_core_schema() && tag.suffix != "str" && tag.suffix != "binary" => Style::Plain,
        Some(_) => Style::Text,
        None if style == ScalarStyle::Plain => Style::Plain,
        None => Style::Text,
    }
}

impl Text<'_> {
    fn at(self, start: Marker, last: usize) -> At {
        At {
            line: self.line(start.line()),
            column: number(start.col() + 1),
            last_line: self.line(last),
        }
    }

    fn location(self, at: At) -> Location {
        Location {
            file: self.file,
            line: at.line,
            column: at.column,
            last_line: at.last_line,
        }
    }

    /// The number of the last line, if nothing ends it.
    fn open_line(self) -> Option<usize> {
        let is_open = !self.text.ends_with('\n');
        is_open.then(|| memchr::memchr_iter(b'\n', self.text.as_bytes()).count() + 1)
    }

    /// Whether a place is the end of the text, with `open_line` as its last line.
    fn ends_at(self, place: Marker, open_line: Option<usize>) -> bool {
        open_line == Some(place.line()) && place.index() == self.text.chars().count()
    }

    fn line(self, line: usize) -> u32 {
        number(line).saturating_add(self.first_line).saturating_sub(1)
    }

    /// The first character that no YAML holds, such as the colours of a terminal.
    fn control_character(self) -> Option<Diagnostic> {
        let is_control = |byte: u8| (byte < b' ' && !matches!(byte, b'\t' | b'\n' | b'\r')) | (byte == 0x7f);
        let bytes = self.text.as_bytes();
        // Nearly every text has none, and without a way out the search takes many bytes at a time.
        if !bytes.iter().fold(false, |found, &byte| found | is_control(byte)) {
            return None;
        }
        let at = bytes.iter().position(|&byte| is_control(byte))?;
        let before = &self.text[..at];
        let line = self.line(memchr::memchr_iter(b'\n', before.as_bytes()).count() + 1);
        let start_of_line = before.rfind('\n').map_or(0, |end| end + 1);
        let location = Location {
            file: self.file,
            line,
            column: number(before[start_of_line..].chars().count() + 1),
            last_line: line,
        };
        let message = format!("this is not YAML: there is a control character {:#04x}", bytes[at]);
        let diagnostic = Diagnostic::new(code::SYNTAX, Severity::Error, location, message);
        Some(match bytes[at] {
            0x1b => diagnostic.hint("these are the colours of a terminal: print without them, with NO_COLOR=1"),
            _ => diagnostic,
        })
    }

    fn fault(self, error: &ScanError, limits: &Limits) -> Diagnostic {
        let location = self.location(self.at(*error.marker(), error.marker().line()));
        if error.info().contains("recursion limit") {
            return too_deep(location, limits.depth);
        }
        let message = format!("this is not YAML: {}", error.info());
        let diagnostic = Diagnostic::new(code::SYNTAX, Severity::Error, location, message);
        match self.hint(error.marker().line()) {
            Some(hint) => diagnostic.hint(hint),
            None => diagnostic,
        }
    }

    fn hint(self, line: usize) -> Option<Cow<'static, str>> {
        let line = self.text.lines().nth(line.saturating_sub(1)).unwrap_or_default();
        let indent = &line[..line.len() - line.trim_start().len()];
        indent
            .contains('\t')
            .then(|| "YAML is indented with spaces, never with tabs".into())
    }
}

fn number(n: usize) -> u32 {
    u32::try_from(n).unwrap_or(u32::MAX)
}

/// The limit of one value's length is met somewhere behind `location`.
fn too_long(location: Location, most: usize) -> Diagnostic {
    Diagnostic::new(
        code::LIMIT,
        Severity::Error,
        location,
        format!("a value from here on is longer than {most} characters"),
    )
    .hint("a list or mapping in brackets counts as one value: write it in block style, or all of it as JSON")
}
