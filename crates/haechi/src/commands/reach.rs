//! Every connection that the policies allow.

use anyhow::bail;

use crate::cli::Reach;
use crate::{Context, Exit};

/// Answers `reach`.
///
/// # Errors
/// When it cannot be answered at all.
pub fn run(_arguments: Reach, _context: &mut Context) -> anyhow::Result<Exit> {
    bail!("this build cannot answer `reach` yet")
}
