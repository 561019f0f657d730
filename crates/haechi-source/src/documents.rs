//! Documents of any kind, for those that read a kind of their own.

use std::io::Read;

use haechi_model::{Diagnostic, Files, Node};

use crate::gather::{self, Gathered};
use crate::tree::{Apart, Piece, Stop};
use crate::yaml::{self, Text};
use crate::{Input, Limits, split, template};

/// What was read beside the documents.
#[derive(Debug, Default)]
pub struct Documents {
    /// The files, in the order of reading.
    pub files: Files,
    /// What was wrong, by place.
    pub diagnostics: Vec<Diagnostic>,
}

/// Reads the documents of `inputs`, whatever they hold, and hands each that is not empty to `visit`.
///
/// Reading never stops at a fault, as that of manifests does not. `stdin` is read only if it is among the inputs.
pub fn documents(
    inputs: &[Input],
    limits: &Limits,
    stdin: &mut dyn Read,
    visit: &mut dyn FnMut(Node<'_>),
) -> Documents {
    let Gathered {
        files,
        texts,
        mut diagnostics,
        ..
    } = gather::gather(inputs, limits, stdin);
    for file in texts {
        let text = files.text(file);
        for chunk in split::documents(text, limits.documents).iter().take(limits.documents) {
            let part = Text {
                file,
                text: &text[chunk.bytes.clone()],
                first_line: chunk.first_line,
            };
            let mut sink = |piece: Piece<'_>| match piece {
                Piece::Document(document) | Piece::Item(document) if !document.root().is_null() => {
                    visit(document.root());
                }
                Piece::Document(_) | Piece::Item(_) => {}
            };
            if let Err(Stop::Fault(fault)) = yaml::parse(part, Apart::Nothing, limits, &mut sink) {
                diagnostics.push(*fault);
            }
        }
    }
    template::hint(&mut diagnostics, &files);
    Documents { files, diagnostics }
}
