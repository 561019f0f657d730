//! What fuzzing has tried, on the stable toolchain: the corpora of `fuzz/`, through the bodies of its targets.

#![expect(clippy::unwrap_used, reason = "a test that cannot go on should stop")]

use std::{fs, panic, path::Path};

#[allow(dead_code, unreachable_pub, reason = "the fuzz targets take it, too")]
#[path = "../../../fuzz/src/bodies.rs"]
mod bodies;

fn replay(target: &str, body: fn(&[u8])) {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR"))
        .join("../../fuzz/corpus")
        .join(target);
    let mut files: Vec<_> = fs::read_dir(folder)
        .unwrap()
        .map(|entry| entry.unwrap().path())
        .collect();
    files.sort();
    assert!(files.len() >= 10, "a corpus of {} files", files.len());
    for file in files {
        let bytes = fs::read(&file).unwrap();
        if let Err(panic) = panic::catch_unwind(|| body(&bytes)) {
            eprintln!("with {}", file.display());
            panic::resume_unwind(panic);
        }
    }
}

#[test]
fn whatever_was_read_is_read_well() {
    replay("parse", bodies::parse::parse);
}

#[test]
fn whatever_was_asked_is_answered_well() {
    replay("answer", bodies::answer::answer);
}

/// Noise reaches what nobody thought of writing down; seeded, so that it is the same everywhere.
#[test]
fn noise_is_answered_well() {
    let mut state = 0x9e37_79b9_7f4a_7c15_u64;
    for length in (0..600).step_by(7) {
        let bytes: Vec<u8> = (0..length)
            .map(|_| {
                state ^= state << 13;
                state ^= state >> 7;
                state ^= state << 17;
                (state >> 32) as u8
            })
            .collect();
        bodies::answer::answer(&bytes);
    }
}
