//! Whether the policies do what they are expected to.

use anyhow::bail;

use crate::cli::Test;
use crate::{Context, Exit};

/// Answers `test`.
///
/// # Errors
/// When it cannot be answered at all.
pub fn run(_arguments: Test, _context: &mut Context) -> anyhow::Result<Exit> {
    bail!("this build cannot answer `test` yet")
}
