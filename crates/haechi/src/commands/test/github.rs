//! The results as workflow commands of GitHub Actions: an annotation for each probe that does not hold.

use super::{Results, words};
use crate::escape::{workflow_message, workflow_property};
use crate::printer::Printer;
use crate::testing::Verdicts;

pub(super) fn print(results: &Results<'_, '_>, printer: &mut Printer) -> anyhow::Result<()> {
    let (tests, sources) = (&results.suite.files, results.loaded.files());
    for (test, ran) in results.tests() {
        for (probe, verdict) in test.probes.iter().zip(&ran.verdicts) {
            let (location, message) = match verdict {
                Verdicts::Holds(_) => continue,
                Verdicts::Fails(failure) => {
                    let message = words::failure(failure, |location| sources.show(location).to_string());
                    (probe.location, message)
                }
                Verdicts::Faulty(faults) => {
                    let Some(fault) = faults.first() else { continue };
                    let hint = fault.hint.as_ref().map(|h| format!("\n{h}")).unwrap_or_default();
                    (fault.location, format!("{}{hint}", fault.message))
                }
            };
            writeln!(
                printer.data(),
                "::error file={},line={},endLine={},col={},title={}::{}",
                workflow_property(tests.name(location.file)),
                location.line,
                location.last_line,
                location.column,
                workflow_property(&format!("haechi test {}", test.name)),
                workflow_message(&message)
            )?;
        }
    }
    Ok(())
}
