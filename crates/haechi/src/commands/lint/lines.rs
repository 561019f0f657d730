//! Lines of a file by their numbers.

use std::ops::RangeInclusive;

use haechi_model::{FileId, Files, Location};

/// A line that is longer was not written by a person.
const LONGEST: usize = 4096;

/// The lines of `range` that somebody may have written.
pub(super) fn lines(files: &Files, file: FileId, range: RangeInclusive<u32>) -> impl Iterator<Item = &str> {
    let location = Location {
        file,
        line: (*range.start()).max(1),
        column: 1,
        last_line: *range.end(),
    };
    let lines = files.lines(location, usize::MAX).map(|(_, line)| line);
    lines.filter(|line| line.len() <= LONGEST)
}
