//! What a change of the manifests opens and closes.

use anyhow::bail;

use crate::cli::Diff;
use crate::{Context, Exit};

/// Answers `diff`.
///
/// # Errors
/// When it cannot be answered at all.
pub fn run(_arguments: Diff, _context: &mut Context) -> anyhow::Result<Exit> {
    bail!("this build cannot answer `diff` yet")
}
