//! What is wrong, dead or dangerous in the policies.

use anyhow::anyhow;
use haechi_engine::lint::codes::{self, Entry};
use haechi_engine::lint::{Enforcement, Input, lint};
use haechi_model::Diagnostic;
use haechi_model::decode::did_you_mean;
use haechi_model::diagnostic::{Code, Severity};

use crate::cli::{self, LintFormat};
use crate::error::Hint;
use crate::load::{Faults, Loaded, unknown_kinds};
use crate::timings::Phase;
use crate::{Context, Exit};

mod accepted;
mod explain;
mod findings;
mod github;
mod json;
mod junit;
mod lines;
mod objects;
mod sarif;
mod table;

pub use explain::markdown;

use findings::Findings;

/// Answers `lint`.
///
/// # Errors
/// When it cannot be answered at all.
pub fn run(arguments: cli::Lint, context: &mut Context) -> anyhow::Result<Exit> {
    if let Some(code) = &arguments.explain {
        explain::print(entry(code)?, &mut context.printer)?;
        return Ok(Exit::Clean);
    }
    let ignored = arguments.ignore.iter().map(|code| Ok(entry(code)?.code));
    let ignored: Vec<Code> = ignored.collect::<anyhow::Result<_>>()?;
    let mut loaded = context.load(&arguments.sources, Faults::Leave)?;
    if !loaded.snapshot.unknown_kinds.is_empty() {
        context.printer.note(unknown_kinds(&loaded.snapshot.unknown_kinds));
    }
    context.begin(Phase::Answer);
    let mut found = std::mem::take(&mut loaded.snapshot.diagnostics);
    if found.iter().any(is_unread) {
        context.ends_at_least(Exit::Error);
    }
    found.extend(lint(&Input {
        cluster: &loaded.snapshot.cluster,
        policies: &loaded.policies,
        profile: loaded.profile.profile,
        enforcement: if loaded.snapshot.evidence.is_empty() {
            Enforcement::NotShown
        } else {
            Enforcement::Shown
        },
    }));
    found.retain(|d| d.severity >= arguments.min_severity.into() && !ignored.contains(&d.code));
    let findings = Findings::new(&loaded, found);
    print(arguments.output, &loaded, &findings, context)?;
    let loud = findings.list.iter().filter(|f| f.diagnostic.severity > Severity::Note);
    Ok(Exit::if_any(loud.count()))
}

/// Whether something could not be read, so that the answer is about the rest of it.
fn is_unread(diagnostic: &Diagnostic) -> bool {
    let codes = [haechi_source::SYNTAX, haechi_source::LIMIT, haechi_source::UNREADABLE];
    diagnostic.severity == Severity::Error && codes.contains(&diagnostic.code)
}

/// The kind of finding that a code or name means.
fn entry(code: &str) -> anyhow::Result<&'static Entry> {
    codes::find(code).ok_or_else(|| {
        let known = codes::all().flat_map(|e| [e.code.0, e.name]);
        let hint = match did_you_mean(code, known) {
            Some(best) => format!("did you mean {best}?"),
            None => "codes are HNP and three digits; docs/lint.md lists them".to_owned(),
        };
        anyhow!("there is no finding {code}").hint(hint)
    })
}

fn print(format: LintFormat, loaded: &Loaded, findings: &Findings, context: &mut Context) -> anyhow::Result<()> {
    match format {
        LintFormat::Table => table::print(loaded, findings, &mut context.printer),
        LintFormat::Json => json::print(loaded, findings, &mut context.printer),
        LintFormat::Sarif => sarif::print(loaded, findings, &mut context.printer),
        LintFormat::Junit => junit::print(loaded, findings, &mut context.printer),
        LintFormat::Github => github::print(loaded, findings, &mut context.printer),
    }
}
