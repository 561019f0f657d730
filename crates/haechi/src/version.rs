//! Which build this is.

/// The version alone.
pub const SHORT: &str = env!("CARGO_PKG_VERSION");

/// The version with its commit and that commit's date, the compiler, and the target.
pub const LONG: &str = env!("HAECHI_VERSION");
