//! Templates that were not rendered: they seldom parse, and never mean what they say.

use haechi_model::{Diagnostic, FileId, Files, Severity};

/// What to do about a template.
const RENDER: &str = "this looks like a template; render it first: helm template … | haechi reach -f -";

/// Gives each error whose line or the one before has a template's braces this hint. `diagnostics` are sorted by place.
pub(crate) fn hint(diagnostics: &mut [Diagnostic], files: &Files) {
    let mut lines: Option<(FileId, Lines<'_>)> = None;
    for diagnostic in diagnostics.iter_mut().filter(|d| d.severity == Severity::Error) {
        let file = diagnostic.location.file;
        if lines.as_ref().is_none_or(|(at, _)| *at != file) {
            lines = Some((file, Lines::of(files.text(file))));
        }
        if let Some((_, lines)) = &mut lines
            && lines.have_braces(diagnostic.location.line)
        {
            diagnostic.hint = Some(RENDER.to_owned());
        }
    }
}

/// The lines of a text, from one that is asked for to the next.
struct Lines<'t> {
    /// What is not read yet; nothing at once if there are no braces at all.
    rest: &'t str,
    /// The number of the last line read.
    number: u32,
    last: &'t str,
    before: &'t str,
}

impl<'t> Lines<'t> {
    fn of(text: &'t str) -> Self {
        let has_braces = memchr::memmem::find(text.as_bytes(), b"{{").is_some();
        Self {
            rest: if has_braces { text } else { "" },
            number: 0,
            last: "",
            before: "",
        }
    }

    fn have_braces(&mut self, line: u32) -> bool {
        while self.number < line && !self.rest.is_empty() {
            let end = memchr::memchr(b'\n', self.rest.as_bytes()).map_or(self.rest.len(), |end| end + 1);
            self.before = self.last;
            (self.last, self.rest) = self.rest.split_at(end);
            self.number += 1;
        }
        self.last.contains("{{") || self.before.contains("{{")
    }
}
