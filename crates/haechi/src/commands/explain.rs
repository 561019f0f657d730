//! Why one may talk to another, or may not.

use anyhow::bail;

use crate::cli::Explain;
use crate::{Context, Exit};

/// Answers `explain`.
///
/// # Errors
/// When it cannot be answered at all.
pub fn run(_arguments: Explain, _context: &mut Context) -> anyhow::Result<Exit> {
    bail!("this build cannot answer `explain` yet")
}
