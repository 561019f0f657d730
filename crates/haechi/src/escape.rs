//! Texts inside of formats that give some characters a meaning.

use std::borrow::Cow;
use std::fmt::{self, Write};

/// Displayed as the text or an attribute of an XML element.
#[derive(Clone, Copy, Debug)]
pub struct Xml<'t>(pub &'t str);

impl fmt::Display for Xml<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        for c in self.0.chars() {
            match c {
                '&' => f.write_str("&amp;")?,
                '<' => f.write_str("&lt;")?,
                '>' => f.write_str("&gt;")?,
                '"' => f.write_str("&quot;")?,
                '\'' => f.write_str("&apos;")?,
                '\n' | '\t' => f.write_char(c)?,
                // XML has no way to write other control characters, nor two that are no characters at all.
                c if c.is_control() || matches!(c, '\u{fffe}' | '\u{ffff}') => f.write_char('\u{fffd}')?,
                c => f.write_char(c)?,
            }
        }
        Ok(())
    }
}

/// The message of a [workflow command](https://docs.github.com/actions/reference/workflow-commands-for-github-actions)
/// of GitHub Actions.
#[must_use]
pub fn workflow_message(text: &str) -> Cow<'_, str> {
    percent(text, |c| matches!(c, '%' | '\r' | '\n'))
}

/// A property of such a command.
#[must_use]
pub fn workflow_property(text: &str) -> Cow<'_, str> {
    percent(text, |c| matches!(c, '%' | '\r' | '\n' | ':' | ','))
}

fn percent(text: &str, special: impl Fn(char) -> bool) -> Cow<'_, str> {
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
    fn xml() {
        assert_eq!(
            Xml("a<b> & \"c\" 'd'\u{1b}[0m").to_string(),
            "a&lt;b&gt; &amp; &quot;c&quot; &apos;d&apos;\u{fffd}[0m"
        );
    }

    #[test]
    fn workflow_commands() {
        assert_eq!(workflow_message("100 % of a: b, c\r\nd"), "100 %25 of a: b, c%0D%0Ad");
        assert_eq!(workflow_property("C:\\a,b%.yaml"), "C%3A\\a%2Cb%25.yaml");
    }
}
