//! Texts to a snapshot: parts of texts parsed side by side, brought together in the order of the texts.

use std::ops::Range;

use haechi_model::{Diagnostic, FileId, Files, Location, Severity};
use rayon::prelude::*;
use rustc_hash::FxHashSet;

use crate::bound::Dropped;
use crate::gather::Gathered;
use crate::json::{self, Span};
use crate::object::{ItemKind, Objects, Reader};
use crate::split::{self, Chunk, TASK_BYTES};
use crate::tree::{self, Apart, Piece, Stop};
use crate::yaml::{self, Text};
use crate::{Options, Snapshot, UnknownKind, assemble, code, stranger, template};

/// How many messages are kept.
const MOST_DIAGNOSTICS: usize = 10_000;

/// Reads what was gathered.
pub(crate) fn read(gathered: Gathered, options: &Options) -> Snapshot {
    read_by(TASK_BYTES, gathered, options)
}

/// Reads in tasks of about so many bytes, which makes no difference to what comes out.
fn read_by(task_bytes: usize, gathered: Gathered, options: &Options) -> Snapshot {
    let Gathered {
        files,
        texts,
        mut diagnostics,
        ..
    } = gathered;
    let parts: Vec<Vec<Objects>> = texts
        .par_iter()
        .map(|&file| file_parts(&files, file, options, task_bytes))
        .collect();
    let mut objects = Objects::default();
    for part in parts.into_iter().flatten() {
        objects.append(part);
    }
    let cluster = assemble::cluster(&mut objects);
    diagnostics.append(&mut objects.diagnostics);
    diagnostics.extend(stranger::notes(&objects.strangers, &files));
    if diagnostics.len() > MOST_DIAGNOSTICS {
        let mut dropped = Dropped::default();
        dropped.drop_from(&mut diagnostics, MOST_DIAGNOSTICS);
        diagnostics.extend(dropped.diagnostic());
    }
    diagnostics.sort_by(|a, b| (a.location, a.code, &a.message).cmp(&(b.location, b.code, &b.message)));
    template::hint(&mut diagnostics, &files);

    let mut policies: Vec<_> = objects.policies.into_iter().map(|p| p.object).collect();
    policies.sort_by(|a, b| (a.id(), a.location()).cmp(&(b.id(), b.location())));
    let mut evidence: Vec<crate::Evidence> = Vec::new();
    let mut shown: FxHashSet<String> = FxHashSet::default();
    for found in objects.evidence {
        if shown.insert(found.what.clone()) {
            evidence.push(found);
        }
    }
    evidence.sort_by(|a, b| (a.location, &a.what).cmp(&(b.location, &b.what)));
    Snapshot {
        files,
        cluster,
        policies,
        diagnostics,
        unknown_kinds: unknown_kinds(objects.unknown),
        evidence,
    }
}

fn file_parts(files: &Files, file: FileId, options: &Options, task_bytes: usize) -> Vec<Objects> {
    let text = files.text(file);
    let source = Source {
        text,
        file,
        options,
        task_bytes,
    };
    let mut documents = split::documents(text, options.limits.documents);
    let excess = documents.get(options.limits.documents).map(|chunk| chunk.first_line);
    documents.truncate(options.limits.documents);
    let mut parts: Vec<Objects> = source
        .runs(&documents, |document| document.bytes.clone())
        .into_par_iter()
        .flat_map_iter(|run| source.task(run))
        .collect();
    parts.extend(excess.map(|line| Objects::fault(source.excess(line))));
    parts
}

/// One file while it is read.
#[derive(Clone, Copy)]
struct Source<'t> {
    text: &'t str,
    file: FileId,
    options: &'t Options,
    task_bytes: usize,
}

impl<'t> Source<'t> {
    fn task(self, documents: &[Chunk]) -> Vec<Objects> {
        if let [document] = documents
            && document.bytes.len() >= 2 * self.task_bytes
        {
            return self.large(document);
        }
        let mut reader = Reader::new(self.options);
        for document in documents {
            self.small(document, &mut reader);
        }
        vec![reader.finish()]
    }

    fn small(self, chunk: &Chunk, reader: &mut Reader<'_>) {
        if json::may_be(self.text_of(chunk)) {
            let (values, excess) = self.json_values(chunk);
            self.json(chunk, &values, excess, reader);
        } else if let Err(fault) = self.yaml(chunk, reader) {
            reader.fault(fault);
        }
    }

    /// A document that is worth several tasks.
    fn large(self, chunk: &Chunk) -> Vec<Objects> {
        if json::may_be(self.text_of(chunk)) {
            return self.large_json(chunk);
        }
        let cut = split::list(self.text, chunk, self.task_bytes).and_then(|list| {
            let envelope = Text {
                file: self.file,
                text: &list.envelope,
                first_line: chunk.first_line,
            };
            let limits = &self.options.limits;
            let of = kind_of(|sink| yaml::parse(envelope, Apart::Nothing, limits, sink))?;
            if list.count > limits.documents {
                return Some(vec![self.too_many_items(chunk.first_line)]);
            }
            let read = |run: &Chunk| {
                self.items(of.as_ref(), |sink| {
                    yaml::parse(self.part(run), Apart::Root, limits, sink)
                })
            };
            list.items.par_iter().map(read).collect()
        });
        cut.unwrap_or_else(|| vec![self.streamed(chunk)])
    }

    fn yaml(self, chunk: &Chunk, reader: &mut Reader<'_>) -> Result<(), Diagnostic> {
        let mut sink = |piece: Piece<'t>| match piece {
            Piece::Document(document) | Piece::Item(document) => reader.document(document.root()),
        };
        match yaml::parse(self.part(chunk), Apart::Nothing, &self.options.limits, &mut sink) {
            Err(Stop::Fault(diagnostic)) => Err(*diagnostic),
            Ok(()) | Err(Stop::AcrossItems) => Ok(()),
        }
    }

    /// The values of a document in JSON, or the document as YAML if it is none.
    fn json(self, chunk: &Chunk, values: &[Span], excess: Option<Diagnostic>, reader: &mut Reader<'_>) {
        for (i, value) in values.iter().enumerate() {
            let Err(fault) = self.json_value(value, reader) else {
                continue;
            };
            if i == 0 {
                match self.yaml(chunk, reader) {
                    Ok(()) => return,
                    Err(fault) if !json::is_meant(self.text_of(chunk)) => return reader.fault(fault),
                    Err(_) => {}
                }
            }
            self.json_fault(value, fault, reader);
        }
        if let Some(excess) = excess {
            reader.fault(excess);
        }
    }

    /// Notes the fault of a value, and reads what its missing end has swallowed.
    fn json_fault(self, value: &Span, fault: Diagnostic, reader: &mut Reader<'_>) {
        let mut rest = json::behind(self.text, value, fault.location.line);
        reader.fault(fault);
        while let Some(span) = rest.take() {
            if let Err(fault) = self.json_value(&span, reader) {
                rest = json::behind(self.text, &span, fault.location.line);
                reader.fault(fault);
            }
        }
    }

    fn json_value(self, value: &Span, reader: &mut Reader<'_>) -> Result<(), Diagnostic> {
        let mut sink = |piece: Piece<'t>| match piece {
            Piece::Document(document) | Piece::Item(document) => reader.document(document.root()),
        };
        match self.json_span(value, &mut sink) {
            Err(Stop::Fault(diagnostic)) => Err(*diagnostic),
            Ok(()) | Err(Stop::AcrossItems) => Ok(()),
        }
    }

    fn json_span(self, span: &Span, sink: &mut dyn FnMut(Piece<'t>)) -> Result<(), Stop> {
        let text = &self.text[span.bytes.clone()];
        json::parse(self.file, text, span.start, &self.options.limits, sink)
    }

    fn large_json(self, chunk: &Chunk) -> Vec<Objects> {
        let (values, excess) = self.json_values(chunk);
        if let [value] = &*values {
            if let Some(parts) = self.json_list(value) {
                return parts;
            }
        } else if let Some((first, rest)) = values.split_first()
            && self.json_value(first, &mut Reader::new(self.options)).is_ok()
        {
            let runs: Vec<&[Span]> = std::iter::once(std::slice::from_ref(first))
                .chain(self.runs(rest, |value| value.bytes.clone()))
                .collect();
            let mut parts: Vec<Objects> = runs.into_par_iter().flat_map_iter(|run| self.json_run(run)).collect();
            parts.extend(excess.map(Objects::fault));
            return parts;
        }
        let mut reader = Reader::new(self.options);
        self.json(chunk, &values, excess, &mut reader);
        vec![reader.finish()]
    }

    fn json_run(self, values: &[Span]) -> Vec<Objects> {
        if let [value] = values
            && let Some(parts) = self.json_list(value)
        {
            return parts;
        }
        let mut reader = Reader::new(self.options);
        for value in values {
            if let Err(fault) = self.json_value(value, &mut reader) {
                self.json_fault(value, fault, &mut reader);
            }
        }
        vec![reader.finish()]
    }

    /// The parts of a long list; `None` if it is none or if the cuts were wrong.
    fn json_list(self, value: &Span) -> Option<Vec<Objects>> {
        if value.bytes.len() < 2 * self.task_bytes {
            return None;
        }
        let list = json::list(self.text, value, self.task_bytes)?;
        let limits = &self.options.limits;
        let of = kind_of(|sink| json::parse(self.file, &list.envelope, value.start, limits, sink))?;
        if list.count > limits.documents {
            return Some(vec![self.too_many_items(value.start.line)]);
        }
        let read = |run: &Span| self.items(of.as_ref(), |sink| self.json_span(run, sink));
        list.items.par_iter().map(read).collect()
    }

    /// The items of a run; `None` if it does not parse by itself.
    fn items(
        self,
        of: Option<&ItemKind>,
        parse: impl Fn(&mut dyn FnMut(Piece<'t>)) -> Result<(), Stop>,
    ) -> Option<Objects> {
        let mut reader = Reader::new(self.options);
        let mut sink = |piece: Piece<'t>| match piece {
            Piece::Item(item) => reader.item(item.root(), of),
            // What is left of the run once its items are gone.
            Piece::Document(document) if document.root().items().is_some() => {}
            Piece::Document(document) => reader.item(document.root(), of),
        };
        parse(&mut sink).ok()?;
        Some(reader.finish())
    }

    /// A large document that cannot be cut: its items are read one by one, unless they refer to each other.
    fn streamed(self, chunk: &Chunk) -> Objects {
        let mut of = None;
        loop {
            let mut staged = Reader::new(self.options);
            let mut whole = Reader::new(self.options);
            let mut kind = None;
            let mut sink = |piece: Piece<'t>| match piece {
                Piece::Item(item) => staged.item(item.root(), of.as_ref()),
                Piece::Document(document) => {
                    kind = Reader::list_kind(document.root());
                    whole.document(document.root());
                }
            };
            match yaml::parse(self.part(chunk), Apart::Items, &self.options.limits, &mut sink) {
                Ok(()) => {}
                Err(Stop::Fault(fault)) => return Objects::fault(*fault),
                Err(Stop::AcrossItems) => {
                    let mut reader = Reader::new(self.options);
                    if let Err(fault) = self.yaml(chunk, &mut reader) {
                        reader.fault(fault);
                    }
                    return reader.finish();
                }
            }
            match kind {
                // Its items say nothing of what they are, and the list came to say so only behind them.
                Some(Some(kind)) if of.is_none() && staged.has_untyped_items() => of = Some(kind),
                Some(_) => {
                    let mut objects = whole.finish();
                    objects.append(staged.finish());
                    return objects;
                }
                None => return whole.finish(),
            }
        }
    }

    /// Runs of neighbours that are worth a task of their own; what is large is alone.
    fn runs<T>(self, list: &[T], bytes: impl Fn(&T) -> Range<usize>) -> Vec<&[T]> {
        let mut runs = Vec::new();
        let mut start = 0;
        for end in 1..=list.len() {
            let is_large = |i: usize| bytes(&list[i]).len() >= 2 * self.task_bytes;
            let run = bytes(&list[end - 1]).end - bytes(&list[start]).start;
            if run >= self.task_bytes || end == list.len() || is_large(end) {
                runs.push(&list[start..end]);
                start = end;
            }
        }
        runs
    }

    fn text_of(self, chunk: &Chunk) -> &'t str {
        &self.text[chunk.bytes.clone()]
    }

    fn part(self, chunk: &Chunk) -> Text<'t> {
        Text {
            file: self.file,
            text: self.text_of(chunk),
            first_line: chunk.first_line,
        }
    }

    /// The values of a document in JSON, and a fault if there are too many.
    fn json_values(self, chunk: &Chunk) -> (Vec<Span>, Option<Diagnostic>) {
        let most = self.options.limits.documents;
        let mut values = json::values(self.text, chunk.bytes.clone(), chunk.first_line, most);
        let excess = values.get(most).map(|value| self.excess(value.start.line));
        values.truncate(most);
        (values, excess)
    }

    fn excess(self, line: u32) -> Diagnostic {
        let most = self.options.limits.documents;
        let message = format!("this file has more than {most} documents; what follows is left out");
        Diagnostic::new(code::LIMIT, Severity::Error, self.start_of(line), message)
    }

    fn too_many_items(self, line: u32) -> Objects {
        Objects::fault(tree::too_many_items(self.start_of(line), self.options.limits.documents))
    }

    fn start_of(self, line: u32) -> Location {
        Location {
            file: self.file,
            line,
            column: 1,
            last_line: line,
        }
    }
}

/// What a list holds, by its text without its items; `None` if it is no list.
fn kind_of<'e>(parse: impl FnOnce(&mut dyn FnMut(Piece<'e>)) -> Result<(), Stop>) -> Option<Option<ItemKind>> {
    let mut kind = None;
    let mut sink = |piece: Piece<'e>| {
        if let Piece::Document(document) = piece {
            kind = Reader::list_kind(document.root());
        }
    };
    parse(&mut sink).ok()?;
    kind
}

/// Each kind once.
fn unknown_kinds(mut found: Vec<UnknownKind>) -> Vec<UnknownKind> {
    found.sort_by(|a, b| (&a.api_version, &a.kind, a.first).cmp(&(&b.api_version, &b.kind, b.first)));
    found.dedup_by(|later, first| {
        let same = (&later.api_version, &later.kind) == (&first.api_version, &first.kind);
        first.count += if same { later.count } else { 0 };
        same
    });
    found
}

#[cfg(test)]
mod tests;
