//! Whatever small cluster the bytes are, its answers hold.

#![no_main]

#[path = "../src/bodies.rs"]
mod bodies;

libfuzzer_sys::fuzz_target!(|bytes: &[u8]| bodies::answer::answer(bytes));
