//! Manual pages.

use std::fs;

use anyhow::{Context as _, anyhow};
use clap_mangen::Man as Page;

use crate::cli::{self, Man};
use crate::error::Hint;
use crate::names::similar;
use crate::program::Program;
use crate::{Context, Exit};

/// Prints one page, or writes all.
///
/// # Errors
/// When there is no such command, or a page cannot be written.
pub fn run(arguments: Man, context: &mut Context) -> anyhow::Result<Exit> {
    let pages = pages();
    if let Some(folder) = &arguments.out {
        fs::create_dir_all(folder).with_context(|| format!("cannot make the folder {}", folder.display()))?;
        for (name, page) in &pages {
            let path = folder.join(format!("{name}.1"));
            fs::write(&path, rendered(page)?).with_context(|| format!("cannot write {}", path.display()))?;
        }
        context
            .printer
            .note(format!("wrote {} pages to {}", pages.len(), folder.display()));
        return Ok(Exit::Clean);
    }
    let wanted = match arguments.command.as_deref() {
        None | Some("haechi") => "haechi".to_owned(),
        Some(command) => format!("haechi-{}", command.trim_start_matches("haechi-")),
    };
    let found = pages.iter().find(|(name, _)| *name == wanted);
    let (_, page) = found.ok_or_else(|| {
        let asked = wanted.trim_start_matches("haechi-");
        let commands = pages.iter().filter_map(|(name, _)| name.strip_prefix("haechi-"));
        let error = anyhow!("there is no command {asked}");
        match similar(asked, commands.map(str::to_owned)).first() {
            Some(similar) => error.hint(format!("did you mean {similar}?")),
            None => error,
        }
    })?;
    context.printer.data().write_all(&rendered(page)?)?;
    Ok(Exit::Clean)
}

/// Every page by its name, the program's own first.
fn pages() -> Vec<(String, Page)> {
    let mut command = cli::command(Program::Haechi);
    // This is what names a subcommand's page `haechi-reach`.
    command.build();
    let page = |command: &clap::Command| {
        let name = command.get_display_name().unwrap_or(command.get_name()).to_owned();
        let page = Page::new(command.clone());
        (
            name,
            page.source(concat!("haechi ", env!("CARGO_PKG_VERSION")))
                .manual("Haechi"),
        )
    };
    std::iter::once(page(&command))
        .chain(command.get_subcommands().map(page))
        .collect()
}

fn rendered(page: &Page) -> anyhow::Result<Vec<u8>> {
    let mut text = Vec::new();
    page.render(&mut text)?;
    Ok(text)
}
