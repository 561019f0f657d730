//! A policy for what is there.

use anyhow::bail;

use crate::cli::New;
use crate::{Context, Exit};

/// Answers `new`.
///
/// # Errors
/// When it cannot be answered at all.
pub fn run(_arguments: New, _context: &mut Context) -> anyhow::Result<Exit> {
    bail!("this build cannot answer `new` yet")
}
