//! Policies and a cluster in, verdicts out, exactly. No I/O, no clock, no async.
//!
//! [`compile`] makes one value of a cluster and the policies that hold in it; everything else asks
//! that value:
//!
//! * [`space`] cuts the address space at every boundary that policies speak of, and endpoints into
//!   classes that no policy can tell apart. Together they are the *peers*.
//! * `matching` turns what a rule says of peers into sets of them, `rulebook` makes the rules that
//!   judge one group of endpoints into steps, and `effect` is what a step does to a connection.
//! * `row` pushes all peers through a group's steps, a word of 64 at a time. The result is a row:
//!   which peers meet which [`Outcome`].
//! * [`compiled`] holds the rows and answers for pairs.

mod bits;
pub mod compiled;
mod effect;
pub mod end;
pub mod locality;
mod matching;
pub mod outcome;
mod row;
mod rulebook;
pub mod space;

pub use compiled::{Compiled, compile, compile_for};
pub use end::End;
pub use outcome::{Outcome, Reason, Reasons, Verdict};
pub use rulebook::Enforced;
pub use space::Focus;
