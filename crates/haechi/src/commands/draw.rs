//! One policy as a picture.

use anyhow::bail;

use crate::cli::Draw;
use crate::{Context, Exit};

/// Answers `draw`.
///
/// # Errors
/// When it cannot be answered at all.
pub fn run(_arguments: Draw, _context: &mut Context) -> anyhow::Result<Exit> {
    bail!("this build cannot answer `draw` yet")
}
