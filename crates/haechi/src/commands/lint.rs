//! What is wrong, dead or dangerous in the policies.

use anyhow::bail;

use crate::cli::Lint;
use crate::{Context, Exit};

/// Answers `lint`.
///
/// # Errors
/// When it cannot be answered at all.
pub fn run(_arguments: Lint, _context: &mut Context) -> anyhow::Result<Exit> {
    bail!("this build cannot answer `lint` yet")
}
