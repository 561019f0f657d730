//! Findings that an object accepts.
//!
//! The annotation `haechi.dev/lint-ignore: HNP010, HNP023` accepts findings about its object; the comment
//! `# haechi: ignore HNP010` those about its own line or, on a line of its own, the next one.

use haechi_model::Files;
use haechi_model::diagnostic::Diagnostic;

use super::lines::lines;
use super::objects::Object;

const ANNOTATION: &str = "haechi.dev/lint-ignore";
const COMMENT: &str = "haechi: ignore";

/// Whether a finding is accepted where it stands.
pub(super) fn is_accepted(files: &Files, diagnostic: &Diagnostic, object: Option<&Object>) -> bool {
    let (code, location) = (diagnostic.code.0, diagnostic.location);
    let own = location.line..=location.line;
    let before = location.line.saturating_sub(1)..=location.line.saturating_sub(1);
    let comment = |line: &str| line.split_once('#').is_some_and(|(_, c)| names(c, COMMENT, code));
    if lines(files, location.file, own).any(comment) {
        return true;
    }
    let alone = |line: &str| line.trim_start().starts_with('#') && comment(line);
    if location.line > 1 && lines(files, location.file, before).any(alone) {
        return true;
    }
    object.is_some_and(|object| {
        let range = object.location.line..=object.location.last_line;
        lines(files, location.file, range)
            .any(|line| !line.trim_start().starts_with('#') && names(line, ANNOTATION, code))
    })
}

/// Whether a line has `word` and a code behind it.
fn names(line: &str, word: &str, code: &str) -> bool {
    let Some(at) = line.find(word) else { return false };
    let rest = &line[at + word.len()..];
    // In flow style other keys may follow.
    let value = rest.split(['}', '{']).next().unwrap_or(rest);
    value
        .split(|c: char| !c.is_ascii_alphanumeric())
        .any(|found| found.eq_ignore_ascii_case(code))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn codes_stand_behind_the_word() {
        assert!(names("  haechi.dev/lint-ignore: HNP010", ANNOTATION, "HNP010"));
        assert!(names(
            "  \"haechi.dev/lint-ignore\": \"HNP023, hnp010\",",
            ANNOTATION,
            "HNP010"
        ));
        assert!(!names("  haechi.dev/lint-ignore: HNP0100", ANNOTATION, "HNP010"));
        assert!(!names(
            "  note: HNP010 haechi.dev/lint-ignore: HNP011",
            ANNOTATION,
            "HNP010"
        ));
        assert!(!names(
            "  {haechi.dev/lint-ignore: HNP011}, note: HNP010",
            ANNOTATION,
            "HNP010"
        ));
    }
}
