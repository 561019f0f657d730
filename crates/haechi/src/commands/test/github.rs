//! The results as workflow commands of GitHub Actions: an annotation for each probe that does not hold.

use haechi_model::Location;

use super::{Results, words};
use crate::escape::{workflow_message, workflow_property};
use crate::printer::Printer;
use crate::testing::Verdicts;

pub(super) fn print(results: &Results<'_, '_>, printer: &mut Printer) -> anyhow::Result<()> {
    let sources = results.loaded.files();
    let hinted = |message: &str, hint: Option<&String>| match hint {
        Some(hint) => format!("{message}\n{hint}"),
        None => message.to_owned(),
    };
    for (test, ran) in results.tests() {
        let title = format!("haechi test {}", test.name);
        for (probe, verdict) in test.probes.iter().zip(&ran.verdicts) {
            match verdict {
                Verdicts::Holds(_) => {}
                Verdicts::Fails(failure) => {
                    let message = words::failure(failure, |location| sources.show(location).to_string());
                    annotate(results, probe.location, &title, &message, printer)?;
                }
                Verdicts::Faulty(faults) => {
                    for fault in faults {
                        let message = hinted(&fault.message, fault.hint.as_ref());
                        annotate(results, fault.location, &title, &message, printer)?;
                    }
                }
            }
        }
    }
    for diagnostic in results.unreadable() {
        let message = hinted(&diagnostic.message, diagnostic.hint.as_ref());
        annotate(results, diagnostic.location, "haechi test", &message, printer)?;
    }
    Ok(())
}

fn annotate(
    results: &Results<'_, '_>,
    location: Location,
    title: &str,
    message: &str,
    printer: &mut Printer,
) -> anyhow::Result<()> {
    writeln!(
        printer.data(),
        "::error file={},line={},endLine={},col={},title={}::{}",
        workflow_property(results.suite.files.name(location.file)),
        location.line,
        location.last_line,
        location.column,
        workflow_property(title),
        workflow_message(message)
    )?;
    Ok(())
}
