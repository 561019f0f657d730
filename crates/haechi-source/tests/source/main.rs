//! What sources are read as, as text.

#![allow(clippy::unwrap_used, reason = "tests")]

mod documents;
mod faults;
mod files;
mod hostile;
mod objects;
mod show;
mod workloads;
