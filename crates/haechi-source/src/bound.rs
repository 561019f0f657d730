//! Bounds for what is said about a source, so that a hostile one cannot fill the memory with complaints.

use haechi_model::{Diagnostic, Severity};

use crate::code;

/// Keeps the worst `most` diagnostics, in their order, and says how many there were beside them.
pub(crate) fn worst(diagnostics: &mut Vec<Diagnostic>, most: usize) {
    if diagnostics.len() <= most {
        return;
    }
    let mut room = most;
    // How many of each severity there is room for, the worst first.
    let rooms = [Severity::Error, Severity::Warning, Severity::Note].map(|severity| {
        let taken = diagnostics.iter().filter(|d| d.severity == severity).count().min(room);
        room -= taken;
        (severity, taken)
    });
    let mut left = rooms;
    let before = diagnostics.len();
    let mut dropped = None;
    diagnostics.retain(|diagnostic| {
        let keeps = left.iter_mut().any(|(severity, room)| {
            let fits = *severity == diagnostic.severity && *room > 0;
            *room -= usize::from(fits);
            fits
        });
        if !keeps
            && dropped
                .as_ref()
                .is_none_or(|d: &Diagnostic| d.severity < diagnostic.severity)
        {
            dropped = Some(diagnostic.clone());
        }
        keeps
    });
    if let Some(dropped) = dropped {
        let message = format!("{} more messages are left out, from here on", before - most);
        diagnostics.push(Diagnostic::new(
            code::LIMIT,
            dropped.severity,
            dropped.location,
            message,
        ));
    }
}
