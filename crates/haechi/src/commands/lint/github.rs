//! Findings as [workflow commands](https://docs.github.com/actions/reference/workflow-commands-for-github-actions).

use std::borrow::Cow;
use std::cmp::Reverse;

use haechi_model::diagnostic::Severity;

use super::findings::{Finding, Findings};
use crate::load::Loaded;
use crate::printer::Printer;

/// Prints the worst first: GitHub shows only so many.
pub(super) fn print(loaded: &Loaded, findings: &Findings, printer: &mut Printer) -> anyhow::Result<()> {
    let mut list: Vec<&Finding> = findings.list.iter().collect();
    list.sort_by_key(|f| Reverse(f.diagnostic.severity));
    let out = printer.data();
    for finding in list {
        let d = &finding.diagnostic;
        let command = match d.severity {
            Severity::Error => "error",
            Severity::Warning => "warning",
            Severity::Note => "notice",
        };
        let file = property(loaded.files().name(d.location.file));
        let title = property(&format!("{} {}", d.code, finding.entry.name)).into_owned();
        let hint = d.hint.as_ref().map(|hint| format!("\n{hint}"));
        let message = format!("{}{}", d.message, hint.unwrap_or_default());
        writeln!(
            out,
            "::{command} file={file},line={},col={},title={title}::{}",
            d.location.line,
            d.location.column,
            data(&message)
        )?;
    }
    Ok(())
}

fn data(text: &str) -> Cow<'_, str> {
    escaped(text, |c| matches!(c, '%' | '\r' | '\n'))
}

fn property(text: &str) -> Cow<'_, str> {
    escaped(text, |c| matches!(c, '%' | '\r' | '\n' | ':' | ','))
}

fn escaped(text: &str, special: impl Fn(char) -> bool) -> Cow<'_, str> {
    if !text.contains(&special) {
        return text.into();
    }
    let escape = |c: char| {
        if special(c) {
            format!("%{:02X}", u32::from(c))
        } else {
            c.to_string()
        }
    };
    text.chars().map(escape).collect::<String>().into()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_ends_a_command_is_escaped() {
        assert_eq!(data("100 % of a: b, c\r\nd"), "100 %25 of a: b, c%0D%0Ad");
        assert_eq!(property("C:\\a,b%.yaml"), "C%3A\\a%2Cb%25.yaml");
    }
}
