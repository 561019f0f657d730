//! Every connection that the policies allow.

use anyhow::bail;
use haechi_engine::{Compiled, Reach, count, coverage};

use crate::cli::{self, ReachFormat};
use crate::load::{Faults, Loaded};
use crate::report::summary::{Namespace, Summary};
use crate::{Context, Exit};

mod answer;
mod decides;
mod document;
mod exposure;
mod picture;
mod rows;
mod selection;
mod text;

use answer::Answer;
use selection::Selection;

/// Answers `reach`.
///
/// # Errors
/// When it cannot be answered at all.
pub fn run(arguments: cli::Reach, context: &mut Context) -> anyhow::Result<Exit> {
    let loaded = context.load(&arguments.sources, Faults::Print)?;
    let selection = Selection::new(&arguments, &loaded)?;
    for id in selection.nobody(&loaded) {
        context
            .printer
            .warning(format!("nobody answers for {id}: it has no backends and no addresses"));
    }
    let compiled = loaded.compile(context, &selection.focus(&loaded));
    if arguments.output == ReachFormat::Summary {
        if selection.is_narrowed() {
            bail!("a summary counts the whole cluster: it takes neither --from nor --to nor --port");
        }
        context.printer.json(&summary(&loaded, &compiled))?;
        return Ok(Exit::Clean);
    }
    let reach = Reach::new(&compiled, selection.by);
    let answer = Answer::new(&loaded, &compiled, &reach, &selection);
    print(arguments.output, &answer, context)?;
    Ok(Exit::Clean)
}

fn print(format: ReachFormat, answer: &Answer<'_, '_, '_>, context: &mut Context) -> anyhow::Result<()> {
    let printer = &mut context.printer;
    match format {
        ReachFormat::Table => text::table(answer, context),
        ReachFormat::Wide => text::wide(answer, printer),
        ReachFormat::Md => text::markdown(answer, printer),
        ReachFormat::Csv => document::csv(answer, printer),
        ReachFormat::Json => document::json(answer, printer),
        ReachFormat::Yaml => document::yaml(answer, printer),
        ReachFormat::Dot => picture::print(answer, crate::picture::Format::Dot, printer),
        ReachFormat::Mermaid => picture::print(answer, crate::picture::Format::Mermaid, printer),
        ReachFormat::Svg => picture::print(answer, crate::picture::Format::Svg, printer),
        ReachFormat::Png => picture::print(answer, crate::picture::Format::Png, printer),
        ReachFormat::Summary => Ok(()),
    }
}

fn summary(loaded: &Loaded, compiled: &Compiled<'_>) -> Summary {
    let namespaces = compiled
        .cluster()
        .namespaces
        .iter()
        .enumerate()
        .zip(coverage::coverage(compiled));
    Summary {
        profile: loaded.profile.profile.to_string(),
        revision: format!("{:016x}", coverage::revision(compiled)),
        policies: loaded.policies.policies().count() as u64,
        namespaces: namespaces
            .filter(|((index, _), _)| loaded.narrow_to.is_none_or(|n| n == *index))
            .map(|((_, namespace), coverage)| Namespace::new(&namespace.name, coverage))
            .filter(Namespace::has_pods)
            .collect(),
        ..Summary::new(count(compiled))
    }
}
