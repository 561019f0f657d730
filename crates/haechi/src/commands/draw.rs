//! One policy as a picture.

use std::path::Path;

use anyhow::{anyhow, bail};
use haechi_source::Input;

use crate::cli::{Draw, DrawFormat};
use crate::drawing::{self, Subject};
use crate::error::Hint;
use crate::load::{Faults, Loaded, Request};
use crate::picture::{self, Format};
use crate::{Context, Exit};

/// Answers `draw`.
///
/// # Errors
/// When there is no such policy, or the picture cannot be written.
pub fn run(arguments: Draw, context: &mut Context) -> anyhow::Result<Exit> {
    let file = Path::new(&arguments.policy);
    let is_file = file.is_file();
    let mut inputs = arguments.sources.files.clone();
    if is_file {
        inputs.push(Input::Path(file.to_owned()));
    }
    let request = Request {
        inputs: &inputs,
        reading: &arguments.sources.reading,
    };
    let loaded = context.load(request, Faults::Print)?;
    let subject = if is_file {
        of_file(&loaded, &arguments.policy)?
    } else {
        named(&loaded, &arguments.policy)?
    };
    let graph = drawing::graph(subject, &loaded.snapshot.cluster)?;
    let format = match arguments.output {
        DrawFormat::Svg => Format::Svg,
        DrawFormat::Mermaid => Format::Mermaid,
        DrawFormat::Dot => Format::Dot,
        DrawFormat::Png => Format::Png,
    };
    picture::print(&graph, format, &mut context.printer)?;
    Ok(Exit::Clean)
}

fn named<'l>(loaded: &'l Loaded, name: &str) -> anyhow::Result<Subject<'l>> {
    drawing::find(&loaded.policies, name, loaded.namespace.as_ref()).map_err(|error| match error.hint() {
        Some(hint) => anyhow::Error::new(error).hint(hint),
        None => anyhow::Error::new(error),
    })
}

/// The one policy of a file.
fn of_file<'l>(loaded: &'l Loaded, file: &str) -> anyhow::Result<Subject<'l>> {
    let is_here = |s: &Subject<'_>| loaded.files().name(s.policy.location.file) == file;
    let tiers = loaded.policies.tiers.iter();
    let all = tiers.flat_map(|tier| tier.policies.iter().map(move |policy| Subject { tier, policy }));
    let found: Vec<Subject<'l>> = all.filter(is_here).collect();
    match found.as_slice() {
        [one] => Ok(*one),
        [] => bail!("{file} holds no policy that could be drawn"),
        several => {
            let ids: Vec<String> = several.iter().map(|s| s.policy.id.to_string()).collect();
            let error = anyhow!("{file} holds {} policies: {}", ids.len(), ids.join(", "));
            Err(error.hint(format!("name the one to draw: draw -f {file} {}", ids[0])))
        }
    }
}
