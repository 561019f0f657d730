//! Findings for people.

use haechi_model::Diagnostic;
use haechi_model::diagnostic::Severity;

use super::findings::Findings;
use crate::diagnostics::render_all;
use crate::load::Loaded;
use crate::printer::Printer;
use crate::table::wrap;

pub(super) fn print(loaded: &Loaded, findings: &Findings, printer: &mut Printer) -> anyhow::Result<()> {
    let (look, width) = (printer.look(), printer.width());
    let diagnostics: Vec<Diagnostic> = findings.list.iter().map(|f| f.diagnostic.clone()).collect();
    let text = render_all(loaded.files(), &diagnostics, look.palette);
    let out = printer.data();
    out.write_all(text.as_bytes())?;
    for line in [closing(loaded, findings), format!("Profile: {}", loaded.profile)] {
        writeln!(out, "{}", wrap(&line, width).join("\n"))?;
    }
    Ok(())
}

/// `2 errors, 1 warning and 3 notes in 12 policies; 1 more is accepted. haechi lint --explain CODE says more.`
fn closing(loaded: &Loaded, findings: &Findings) -> String {
    let counted = |count: usize, what: &str| format!("{count} {what}{}", if count == 1 { "" } else { "s" });
    let counts: Vec<String> = [Severity::Error, Severity::Warning, Severity::Note]
        .into_iter()
        .map(|severity| (findings.count(severity), severity.to_string()))
        .filter(|(count, _)| *count > 0)
        .map(|(count, what)| counted(count, &what))
        .collect();
    let policies = match loaded.policies.policies().count() {
        1 => "1 policy".to_owned(),
        count => format!("{count} policies"),
    };
    let mut text = match &*counts {
        [] => format!("Nothing found in {policies}"),
        [one] => format!("{one} in {policies}"),
        [some @ .., last] => format!("{} and {last} in {policies}", some.join(", ")),
    };
    if findings.accepted > 0 {
        let verb = if findings.accepted == 1 { "is" } else { "are" };
        text.push_str(&format!("; {} more {verb} accepted", findings.accepted));
    }
    text.push('.');
    if let Some(first) = findings.list.first() {
        text.push_str(&format!(
            " What one means: haechi lint --explain {}",
            first.diagnostic.code
        ));
    }
    text
}
