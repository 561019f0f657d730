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
//! * [`compiled`] holds the rows and answers for pairs; [`count`](mod@count) counts all pairs without listing
//!   them.
//! * [`reach`] says it in terms of workloads and pods, [`explain`](mod@explain) rule by rule; [`service`] says who
//!   answers behind a Service.

mod bits;
pub mod change;
pub mod compiled;
pub mod count;
pub mod coverage;
pub mod diff;
mod effect;
pub mod end;
pub mod explain;
pub mod exposure;
pub mod groups;
pub mod lint;
pub mod locality;
mod matching;
pub mod meeting;
mod omission;
pub mod outcome;
pub mod reach;
pub mod resolver;
mod row;
mod rulebook;
pub mod selection;
pub mod service;
pub mod space;
mod world;

pub use compiled::{Compiled, compile, compile_for};
pub use count::{Counts, Tally, count};
pub use end::End;
pub use explain::{Decision, Explanation, Judgement, Part, PolicyStep, RuleStep, TierStep, explain, matching_peers};
pub use exposure::{Exposure, Exposures, exposures};
pub use groups::{Group, explain_all};
pub use meeting::Meeting;
pub use outcome::{Outcome, Reason, Reasons, Verdict};
pub use reach::{By, Connection, Extent, Party, Reach};
pub use rulebook::Enforced;
pub use selection::selected;
pub use service::{Backend, backends};
pub use space::Focus;
