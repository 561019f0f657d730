//! What the fuzz targets run, and what `crates/haechi-source/tests/replay.rs` runs over their corpora.

#[path = "../../crates/haechi-engine/tests/agreement/naive.rs"]
mod naive;

pub mod answer;
pub mod parse;
pub mod sketch;
