//! Why one may talk to another, or may not.

use crate::cli::{self, ExplainFormat};
use crate::load::Faults;
use crate::timings::Phase;
use crate::{Context, Exit};

mod answer;
mod flip;
mod judgement;
mod path;
mod text;

use answer::Answer;

/// Answers `explain`.
///
/// # Errors
/// When it cannot be answered at all.
pub fn run(arguments: cli::Explain, context: &mut Context) -> anyhow::Result<Exit> {
    let loaded = context.load(&arguments.sources, Faults::Print)?;
    let (from, to) = (loaded.find(&arguments.from)?, loaded.find(&arguments.to)?);
    context.begin(Phase::Answer);
    let report = Answer::new(&loaded, from, to, arguments.port.as_ref())?.report();
    match arguments.output {
        ExplainFormat::Table => text::print(&report, &loaded, &mut context.printer)?,
        ExplainFormat::Json => context.printer.json(&report)?,
    }
    Ok(Exit::Clean)
}
