//! Findings as [workflow commands](https://docs.github.com/actions/reference/workflow-commands-for-github-actions).

use std::cmp::Reverse;

use haechi_model::diagnostic::Severity;

use super::findings::{Finding, Findings};
use crate::escape::{workflow_message, workflow_property};
use crate::load::Loaded;
use crate::printer::Printer;

/// Prints the worst first: GitHub shows only so many.
pub(super) fn print(loaded: &Loaded, findings: &Findings, printer: &mut Printer) -> anyhow::Result<()> {
    let mut list: Vec<&Finding> = findings.list.iter().collect();
    list.sort_by_key(|f| Reverse(f.diagnostic.severity));
    let out = printer.data();
    for finding in list {
        let d = &finding.diagnostic;
        let command = match d.severity {
            Severity::Error => "error",
            Severity::Warning => "warning",
            Severity::Note => "notice",
        };
        let file = workflow_property(loaded.files().name(d.location.file));
        let title = workflow_property(&format!("{} {}", d.code, finding.entry.name)).into_owned();
        let hint = d.hint.as_ref().map(|hint| format!("\n{hint}"));
        let message = format!("{}{}", d.message, hint.unwrap_or_default());
        writeln!(
            out,
            "::{command} file={file},line={},col={},title={title}::{}",
            d.location.line,
            d.location.column,
            workflow_message(&message)
        )?;
    }
    Ok(())
}
