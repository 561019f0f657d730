//! Whatever the bytes are, reading them ends well.

#![no_main]

#[path = "../src/bodies.rs"]
mod bodies;

libfuzzer_sys::fuzz_target!(|bytes: &[u8]| bodies::parse::parse(bytes));
