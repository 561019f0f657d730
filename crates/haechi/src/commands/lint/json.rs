//! Findings as a document.

use haechi_model::Location;

use super::findings::{Finding, Findings};
use crate::load::Loaded;
use crate::printer::Printer;
use crate::report::SchemaVersion;
use crate::report::lint::{self, Lint, Place, Related};

pub(super) fn print(loaded: &Loaded, findings: &Findings, printer: &mut Printer) -> anyhow::Result<()> {
    let finding = |f: &Finding| {
        let d = &f.diagnostic;
        lint::Finding {
            code: d.code.0,
            name: f.entry.name,
            severity: d.severity.into(),
            place: place(loaded, d.location),
            object: f.object.clone(),
            message: d.message.clone(),
            hint: d.hint.clone(),
            related: d
                .related
                .iter()
                .map(|(location, what)| Related {
                    place: place(loaded, *location),
                    message: what.clone(),
                })
                .collect(),
        }
    };
    let document = Lint {
        schema_version: SchemaVersion::default(),
        profile: loaded.profile.profile.name(),
        accepted: findings.accepted as u64,
        findings: findings.list.iter().map(finding).collect(),
    };
    printer.json(&document)
}

fn place(loaded: &Loaded, location: Location) -> Place {
    Place {
        file: loaded.files().name(location.file).to_owned(),
        line: location.line,
        column: location.column,
    }
}
