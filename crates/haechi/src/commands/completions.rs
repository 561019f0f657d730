//! Scripts that complete commands in a shell.

use crate::cli::{self, Completions};
use crate::{Context, Exit};

/// Prints the script for a shell.
///
/// # Errors
/// When it cannot be written.
pub fn run(arguments: Completions, context: &mut Context) -> anyhow::Result<Exit> {
    let mut command = cli::command(context.program);
    // A shell completes what it runs; kubectl's own completion asks its plugins.
    let mut script = Vec::new();
    clap_complete::generate(arguments.shell, &mut command, "haechi", &mut script);
    context.printer.data().write_all(&script)?;
    Ok(Exit::Clean)
}
