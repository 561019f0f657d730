//! Diagnostics for people: what, where, the lines themselves, and what to do.

use std::fmt::Write;

use haechi_model::diagnostic::{Diagnostic, Severity};
use haechi_model::{Files, Location};
use rustc_hash::FxHashMap;
use unicode_width::UnicodeWidthStr;

use crate::printer::Palette;

mod token;

/// How many diagnostics that say the same are shown before the rest is only counted.
const ALIKE: usize = 3;

/// Renders diagnostics in their order, without the repetitions of what says the same in many places.
#[must_use]
pub fn render_all(files: &Files, diagnostics: &[Diagnostic], palette: Palette) -> String {
    let mut alike: FxHashMap<(&str, &str), usize> = FxHashMap::default();
    let key = |d: &'_ Diagnostic| (d.code.0, d.severity);
    let mut text = String::new();
    for diagnostic in diagnostics {
        let count = alike.entry((key(diagnostic).0, &diagnostic.message)).or_default();
        *count += 1;
        if *count <= ALIKE {
            text.push_str(&render(files, diagnostic, palette));
            text.push('\n');
        }
    }
    let mut rest: Vec<_> = alike.into_iter().filter(|(_, count)| *count > ALIKE).collect();
    rest.sort_unstable();
    for ((code, message), count) in rest {
        let note = palette.note;
        let _ = writeln!(
            text,
            "{note}note{note:#}: {} more of {code}: {message}\n",
            count - ALIKE
        );
    }
    text
}

/// Renders one diagnostic, as compilers do.
#[must_use]
pub fn render(files: &Files, diagnostic: &Diagnostic, palette: Palette) -> String {
    let Diagnostic {
        code,
        severity,
        location,
        message,
        hint,
        related,
    } = diagnostic;
    let style = severity_style(*severity, palette);
    let strong = palette.strong;
    let mut text = format!("{style}{severity}[{code}]{style:#}: {strong}{message}{strong:#}\n");
    let last = related
        .iter()
        .map(|(location, _)| location.line)
        .chain([location.line])
        .max();
    let gutter = last.unwrap_or_default().to_string().len();
    snippet(&mut text, files, *location, (gutter, palette), style);
    if let Some(hint) = hint {
        let (dim, style) = (palette.dim, palette.hint);
        let _ = writeln!(text, "{:gutter$} {dim}={dim:#} {style}hint{style:#}: {hint}", "");
    }
    for (location, what) in related {
        let style = palette.note;
        let _ = writeln!(text, "{style}note{style:#}: {what}");
        snippet(&mut text, files, *location, (gutter, palette), style);
    }
    text
}

/// The style of a severity.
#[must_use]
pub const fn severity_style(severity: Severity, palette: Palette) -> anstyle::Style {
    match severity {
        Severity::Note => palette.note,
        Severity::Warning => palette.warning,
        Severity::Error => palette.error,
    }
}

/// The place, its line, and a line below that points at it.
fn snippet(
    text: &mut String,
    files: &Files,
    location: Location,
    (gutter, palette): (usize, Palette),
    style: anstyle::Style,
) {
    let dim = palette.dim;
    let _ = writeln!(text, "{:gutter$}{dim}-->{dim:#} {}", "", files.show(location));
    let Some((number, line)) = files.lines(location, 1).next() else {
        return;
    };
    let (line, at, under) = token::at(line, location.column);
    let _ = writeln!(text, "{:gutter$} {dim}|{dim:#}", "");
    let _ = writeln!(text, "{dim}{number:gutter$} |{dim:#} {line}");
    let marks = "^".repeat(under.width().max(1));
    let _ = writeln!(text, "{:gutter$} {dim}|{dim:#} {:at$}{style}{marks}{style:#}", "", "");
}

#[cfg(test)]
mod tests {
    use haechi_model::FileId;
    use haechi_model::diagnostic::Code;

    use super::*;

    const TEXT: &str = "kind: NetworkPolicy\nspec:\n  egress:\n  - to:\n    - ipBlock: {cidr: \"10.0.0.0/33\", except: []}\n  종류: 값 # no\n";

    fn place(line: u32, column: u32) -> Location {
        Location {
            file: FileId(0),
            line,
            column,
            last_line: line,
        }
    }

    fn rendered(diagnostic: &Diagnostic) -> String {
        let mut files = Files::default();
        files.add("policies/web.yaml", TEXT);
        render(&files, diagnostic, Palette::PLAIN)
    }

    #[test]
    fn points_at_the_value() {
        let diagnostic = Diagnostic::new(
            Code("HNP002"),
            Severity::Error,
            place(5, 23),
            "\"10.0.0.0/33\" is not a CIDR block",
        )
        .hint("write it as 10.0.0.0/8 or 2001:db8::/32")
        .related(place(1, 7), "in this policy");
        insta::assert_snapshot!(rendered(&diagnostic), @r#"
        error[HNP002]: "10.0.0.0/33" is not a CIDR block
         --> policies/web.yaml:5:23
          |
        5 |     - ipBlock: {cidr: "10.0.0.0/33", except: []}
          |                       ^^^^^^^^^^^^^
          = hint: write it as 10.0.0.0/8 or 2001:db8::/32
        note: in this policy
         --> policies/web.yaml:1:7
          |
        1 | kind: NetworkPolicy
          |       ^^^^^^^^^^^^^
        "#);
    }

    #[test]
    fn counts_columns_as_a_terminal_does() {
        let diagnostic = Diagnostic::new(Code("HNP004"), Severity::Error, place(6, 7), "what is this");
        insta::assert_snapshot!(rendered(&diagnostic), @r"
        error[HNP004]: what is this
         --> policies/web.yaml:6:7
          |
        6 |   종류: 값 # no
          |         ^^
        ");
    }

    #[test]
    fn a_place_without_text_is_named_all_the_same() {
        let diagnostic = Diagnostic::new(Code("HNP007"), Severity::Error, place(99, 1), "too large");
        insta::assert_snapshot!(rendered(&diagnostic), @r"
        error[HNP007]: too large
          --> policies/web.yaml:99:1
        ");
    }

    #[test]
    fn what_repeats_is_counted() {
        let mut files = Files::default();
        files.add("a.yaml", TEXT);
        let diagnostics: Vec<Diagnostic> = (1..=5)
            .map(|line| Diagnostic::new(Code("HNP003"), Severity::Warning, place(line, 1), "no such field"))
            .collect();
        let text = render_all(&files, &diagnostics, Palette::PLAIN);
        assert_eq!(text.matches("warning[HNP003]").count(), 3);
        assert!(text.ends_with("note: 2 more of HNP003: no such field\n\n"), "{text}");
    }
}
