//! Whatever small cluster the bytes are, its answers hold.

#![no_main]

#[allow(dead_code, reason = "each target takes its own body")]
#[path = "../src/bodies.rs"]
mod bodies;

libfuzzer_sys::fuzz_target!(|bytes: &[u8]| bodies::answer::answer(bytes));
