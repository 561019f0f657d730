//! A bound for what is said about a source, so that a hostile one cannot fill the memory with complaints.

use haechi_model::{Diagnostic, Location, Severity};

use crate::code;

/// What was said and is not kept.
#[derive(Clone, Copy, Debug, Default)]
pub(crate) struct Dropped {
    count: usize,
    worst: Option<(Severity, Location)>,
}

impl Dropped {
    /// Keeps the worst `most` diagnostics, in their order.
    pub(crate) fn drop_from(&mut self, diagnostics: &mut Vec<Diagnostic>, most: usize) {
        let mut room = most;
        let mut rooms = [Severity::Error, Severity::Warning, Severity::Note].map(|severity| {
            let taken = diagnostics.iter().filter(|d| d.severity == severity).count().min(room);
            room -= taken;
            (severity, taken)
        });
        diagnostics.retain(|diagnostic| {
            let fits = rooms.iter_mut().any(|(severity, room)| {
                let fits = *severity == diagnostic.severity && *room > 0;
                *room -= usize::from(fits);
                fits
            });
            if !fits {
                self.count += 1;
                if self.worst.is_none_or(|(severity, _)| severity < diagnostic.severity) {
                    self.worst = Some((diagnostic.severity, diagnostic.location));
                }
            }
            fits
        });
    }

    /// Says how many there were, at the first of the worst.
    pub(crate) fn diagnostic(self) -> Option<Diagnostic> {
        let (severity, location) = self.worst?;
        let message = format!("{} more messages are left out, from here on", self.count);
        Some(Diagnostic::new(code::LIMIT, severity, location, message))
    }
}
