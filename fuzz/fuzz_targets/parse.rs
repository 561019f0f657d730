//! Whatever the bytes are, reading them ends well.

#![no_main]

#[allow(dead_code, reason = "each target takes its own body")]
#[path = "../src/bodies.rs"]
mod bodies;

libfuzzer_sys::fuzz_target!(|bytes: &[u8]| bodies::parse::parse(bytes));
