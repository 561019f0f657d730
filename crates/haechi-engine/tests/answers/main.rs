//! The engine's answers to manifests, as text.

mod change;
mod diff;
mod explain;
mod world;
