//! What a change of the manifests opens and closes.

use anyhow::anyhow;
use haechi_engine::diff::{Comparison, Version, Versions};
use haechi_model::Name;
use haechi_policy::dialect;
use haechi_source::Input;

use crate::cli::{self, DiffFormat, Reading};
use crate::error::Hint;
use crate::load::{Chosen, Faults, Loaded, Request, Why};
use crate::picture::Format;
use crate::timings::Phase;
use crate::{Context, Exit};

mod answer;
mod document;
mod markdown;
mod picture;
mod rows;
mod text;

use answer::Answer;

/// Answers `diff`.
///
/// # Errors
/// When it cannot be answered at all.
pub fn run(arguments: cli::Diff, context: &mut Context) -> anyhow::Result<Exit> {
    let [old, new] = load(&arguments, context)?;
    context.begin(Phase::Compile);
    let [a, b] = [&old, &new].map(|side| Version {
        cluster: &side.snapshot.cluster,
        policies: &side.policies,
    });
    let versions = Versions::new(a, b);
    context.begin(Phase::Answer);
    let comparison = Comparison::new(&versions);
    let answer = Answer::new([&old, &new], &comparison, narrow_to(&arguments, [&old, &new])?);
    print(arguments.output, &answer, context)?;
    Ok(Exit::if_any(answer.differences.len()))
}

fn print(format: DiffFormat, answer: &Answer<'_, '_, '_>, context: &mut Context) -> anyhow::Result<()> {
    let printer = &mut context.printer;
    match format {
        DiffFormat::Table => text::print(answer, printer),
        DiffFormat::Json => printer.json(&document::document(answer)),
        DiffFormat::Yaml => printer.yaml(&document::document(answer)),
        DiffFormat::Csv => document::csv(answer, printer),
        DiffFormat::Md => markdown::print(answer, printer),
        DiffFormat::Dot => picture::print(answer, Format::Dot, printer),
        DiffFormat::Mermaid => picture::print(answer, Format::Mermaid, printer),
        DiffFormat::Svg => picture::print(answer, Format::Svg, printer),
        DiffFormat::Png => picture::print(answer, Format::Png, printer),
    }
}

/// Reads both versions, under one profile.
fn load(arguments: &cli::Diff, context: &mut Context) -> anyhow::Result<[Loaded; 2]> {
    let named = arguments
        .sources
        .files
        .iter()
        .chain([&arguments.old, &arguments.new])
        .filter(|input| **input == Input::Stdin);
    if named.count() > 1 || arguments.sources.files.contains(&Input::Stdin) {
        let error = anyhow!("standard input can be read once alone");
        return Err(error.hint("name it as OLD or as NEW, and files for everything else"));
    }
    // A namespace may be on one side alone: lists are narrowed later.
    let reading = Reading {
        all_namespaces: true,
        ..arguments.sources.reading.clone()
    };
    let mut side = |input: &Input, faults: Faults| {
        let mut inputs = arguments.sources.files.clone();
        inputs.push(input.clone());
        let request = Request {
            inputs: &inputs,
            reading: &reading,
        };
        context.load(request, faults)
    };
    // What else is wrong with the version that goes is nobody's concern.
    let old = side(&arguments.old, Faults::PrintErrors)?;
    let new = side(&arguments.new, Faults::Print)?;
    let mut sides = [old, new];
    agree(&mut sides);
    Ok(sides)
}

/// Has both sides read under one profile if only one of them shows its data plane.
fn agree(sides: &mut [Loaded; 2]) {
    let shows = |side: &Loaded| !matches!(side.profile.why, Why::Nothing);
    let chosen: Chosen = match [shows(&sides[0]), shows(&sides[1])] {
        [true, false] => sides[0].profile.clone(),
        [false, true] => sides[1].profile.clone(),
        _ => return,
    };
    for side in sides {
        if side.profile.profile != chosen.profile {
            side.policies = dialect::lower(&side.snapshot.policies, chosen.profile, &mut Vec::new());
        }
        side.profile = chosen.clone();
    }
}

/// The namespace that lists are narrowed to.
fn narrow_to<'a>(arguments: &'a cli::Diff, sides: [&Loaded; 2]) -> anyhow::Result<Option<&'a Name>> {
    let Some(namespace) = arguments.sources.reading.narrow_to() else {
        return Ok(None);
    };
    if sides.iter().all(|s| s.snapshot.cluster.namespace(namespace).is_none()) {
        return Err(anyhow!("nothing is in a namespace {namespace}, before or after"));
    }
    Ok(Some(namespace))
}
