//! Generated clusters, and how fast Haechi and its peers answer for them.
//!
//! [`generate`] makes manifests of any size from a seed, the same bytes on every machine. [`measure`] runs a command and
//! says what it cost; [`report`] says that in Markdown, and [`machine`] on what. The program `haechi-bench` puts these
//! together; the benches ask the crates themselves about [`loaded`] clusters. Nothing that is shipped depends on this
//! crate.

pub mod generate;
pub mod loaded;
pub mod machine;
pub mod measure;
pub mod report;
