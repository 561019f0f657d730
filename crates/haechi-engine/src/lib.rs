//! Policies and a cluster in, verdicts out, exactly. No I/O, no clock, no async.

pub mod outcome;
pub mod space;

pub use outcome::{Outcome, Reason, Reasons, Verdict};
