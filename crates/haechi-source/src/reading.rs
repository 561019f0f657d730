//! Texts to a snapshot: parts of texts parsed side by side, brought together in the order of the texts.

use haechi_model::{Diagnostic, FileId, Files, Location, Severity};
use rayon::prelude::*;

use crate::gather::Gathered;
use crate::object::{ItemKind, Objects, Reader};
use crate::split::{self, Chunk, List, TASK_BYTES};
use crate::tree::{Apart, Piece, Stop};
use crate::yaml::{self, Text};
use crate::{Options, Snapshot, UnknownKind, assemble, code};

/// Reads what was gathered.
pub(crate) fn read(gathered: Gathered, options: &Options) -> Snapshot {
    let Gathered {
        files,
        texts,
        mut diagnostics,
        ..
    } = gathered;
    let parts: Vec<Vec<Objects>> = texts
        .par_iter()
        .map(|&file| file_parts(&files, file, options))
        .collect();
    let mut objects = Objects::default();
    for part in parts.into_iter().flatten() {
        objects.append(part);
    }
    let cluster = assemble::cluster(&mut objects);
    diagnostics.append(&mut objects.diagnostics);
    diagnostics.extend(strangers(&objects.strangers, &files));
    diagnostics.sort_by(|a, b| (a.location, a.code, &a.message).cmp(&(b.location, b.code, &b.message)));

    let mut policies: Vec<_> = objects.policies.into_iter().map(|p| p.object).collect();
    policies.sort_by(|a, b| (a.id(), a.location()).cmp(&(b.id(), b.location())));
    let mut evidence: Vec<crate::Evidence> = Vec::new();
    for found in objects.evidence {
        if !evidence.iter().any(|e| e.what == found.what) {
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

fn file_parts(files: &Files, file: FileId, options: &Options) -> Vec<Objects> {
    let text = files.text(file);
    let mut documents = split::documents(text);
    let most = options.limits.documents;
    let excess = documents.get(most).map(|chunk| {
        let location = Location {
            file,
            line: chunk.first_line,
            column: 1,
            last_line: chunk.first_line,
        };
        Diagnostic::new(
            code::LIMIT,
            Severity::Error,
            location,
            format!("this file has more than {most} documents; what follows is left out"),
        )
    });
    documents.truncate(most);
    let source = Source { text, file, options };
    let mut parts: Vec<Objects> = tasks(&documents)
        .into_par_iter()
        .flat_map_iter(|task| source.task(task))
        .collect();
    if let Some(excess) = excess {
        parts.push(Objects {
            diagnostics: vec![excess],
            ..Objects::default()
        });
    }
    parts
}

/// Runs of documents that are worth a task of their own.
fn tasks(documents: &[Chunk]) -> Vec<&[Chunk]> {
    let mut tasks = Vec::new();
    let mut start = 0;
    for end in 1..=documents.len() {
        let bytes = documents[end - 1].bytes.end - documents[start].bytes.start;
        if bytes >= TASK_BYTES || end == documents.len() {
            tasks.push(&documents[start..end]);
            start = end;
        }
    }
    tasks
}

/// One file while it is read.
#[derive(Clone, Copy)]
struct Source<'t> {
    text: &'t str,
    file: FileId,
    options: &'t Options,
}

impl<'t> Source<'t> {
    fn task(self, documents: &[Chunk]) -> Vec<Objects> {
        if let [document] = documents
            && let Some(list) = split::list(self.text, document)
            && let Some(parts) = self.list(document, &list)
        {
            return parts;
        }
        let mut reader = Reader::new(self.options);
        for document in documents {
            self.document(document, &mut reader);
        }
        vec![reader.finish()]
    }

    fn document(self, chunk: &Chunk, reader: &mut Reader<'_>) {
        let mut sink = |piece: Piece<'t>| match piece {
            Piece::Document(document) | Piece::Item(document) => reader.document(document.root()),
        };
        let text = self.part(chunk);
        match yaml::parse(text, Apart::Nothing, &self.options.limits, &mut sink) {
            Ok(()) => {}
            Err(Stop::Fault(diagnostic)) => reader.fault(*diagnostic),
            Err(Stop::AcrossItems) => {}
        }
    }

    /// The parts of a long list; `None` if the cuts were wrong.
    fn list(self, document: &Chunk, list: &List) -> Option<Vec<Objects>> {
        let mut kind = None;
        let mut envelope = None;
        let mut sink = |piece: Piece<'_>| {
            if let Piece::Document(document) = piece {
                kind = Reader::list_kind(document.root());
                let mut reader = Reader::new(self.options);
                reader.document(document.root());
                envelope = Some(reader.finish());
            }
        };
        let text = Text {
            file: self.file,
            text: &list.envelope,
            first_line: document.first_line,
        };
        yaml::parse(text, Apart::Nothing, &self.options.limits, &mut sink).ok()?;
        let of = kind?;
        let mut parts = vec![envelope?];
        let items: Option<Vec<Objects>> = list
            .items
            .par_iter()
            .map(|chunk| self.items(chunk, of.as_ref()))
            .collect();
        parts.append(&mut items?);
        Some(parts)
    }

    fn items(self, chunk: &Chunk, of: Option<&ItemKind>) -> Option<Objects> {
        let mut reader = Reader::new(self.options);
        let mut sink = |piece: Piece<'t>| {
            if let Piece::Item(item) = piece {
                reader.item(item.root(), of);
            }
        };
        yaml::parse(self.part(chunk), Apart::Root, &self.options.limits, &mut sink).ok()?;
        Some(reader.finish())
    }

    fn part(self, chunk: &Chunk) -> Text<'t> {
        Text {
            file: self.file,
            text: &self.text[chunk.bytes.clone()],
            first_line: chunk.first_line,
        }
    }
}

/// One note for each file with documents that are no Kubernetes objects, at the first.
fn strangers(places: &[Location], files: &Files) -> Vec<Diagnostic> {
    let mut notes: Vec<Diagnostic> = Vec::new();
    for &place in places {
        if notes.last().is_some_and(|note| note.location.file == place.file) {
            continue;
        }
        let note = Diagnostic::new(
            code::NOT_AN_OBJECT,
            Severity::Note,
            place,
            "this is no Kubernetes object: it has neither apiVersion nor kind",
        );
        let name = files.name(place.file).rsplit('/').next().unwrap_or_default();
        notes.push(match name {
            "Chart.yaml" | "values.yaml" | "values.yml" => note.hint(yaml::RENDER),
            "kustomization.yaml" | "kustomization.yml" => {
                note.hint("build it first: kubectl kustomize … | haechi reach -f -")
            }
            _ => note,
        });
    }
    notes
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
