//! The commands, a file each.

use crate::cli::Command;
use crate::{Context, Exit};

pub mod completions;
pub mod diff;
pub mod draw;
pub mod explain;
pub mod lint;
pub mod man;
pub mod new;
pub mod reach;
pub mod test;

/// Runs a command.
///
/// # Errors
/// When it cannot be answered at all.
pub fn run(command: Command, context: &mut Context) -> anyhow::Result<Exit> {
    match command {
        Command::Reach(arguments) => reach::run(arguments, context),
        Command::Explain(arguments) => explain::run(arguments, context),
        Command::Diff(arguments) => diff::run(arguments, context),
        Command::Lint(arguments) => lint::run(arguments, context),
        Command::Test(arguments) => test::run(arguments, context),
        Command::New(arguments) => new::run(arguments, context),
        Command::Draw(arguments) => draw::run(arguments, context),
        Command::Completions(arguments) => completions::run(arguments, context),
        Command::Man(arguments) => man::run(arguments, context),
    }
}
