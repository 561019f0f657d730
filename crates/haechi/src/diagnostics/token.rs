//! What stands at a column of a line: the text to underline.

use unicode_width::UnicodeWidthStr;

/// How many columns of a line are shown.
const WIDEST: usize = 120;

/// The line as a terminal shows it, the column of the terminal at which the text at `column` begins, and that text.
///
/// Long lines are cut around it.
pub(super) fn at(line: &str, column: u32) -> (String, usize, String) {
    let line = line.trim_end();
    let shown: String = line.chars().map(visible).collect();
    let start = byte_of(&shown, column.saturating_sub(1) as usize);
    let token = token(&shown[start..]);
    if shown.width() <= WIDEST {
        let at = shown[..start].width();
        return (shown.clone(), at, token.to_owned());
    }
    // JSON may well be one line of a megabyte.
    let before: String = {
        let tail: Vec<char> = shown[..start].chars().rev().take(WIDEST / 3).collect();
        tail.into_iter().rev().collect()
    };
    let after: String = shown[start..].chars().take(WIDEST * 2 / 3).collect();
    let cut = if before.len() < start { "..." } else { "" };
    let at = cut.width() + before.width();
    let token = if token.len() > after.len() {
        after.clone()
    } else {
        token.to_owned()
    };
    let more = if start + after.len() < shown.len() { "..." } else { "" };
    (format!("{cut}{before}{after}{more}"), at, token)
}

/// Control characters would move the cursor.
fn visible(c: char) -> char {
    if c.is_control() { ' ' } else { c }
}

fn byte_of(text: &str, chars: usize) -> usize {
    text.char_indices().nth(chars).map_or(text.len(), |(at, _)| at)
}

/// The scalar that a text begins with, as YAML and JSON write it; a key without its colon.
fn token(text: &str) -> &str {
    let quote = text.chars().next().filter(|c| matches!(c, '"' | '\''));
    if let Some(quote) = quote {
        let mut escaped = false;
        for (at, c) in text.char_indices().skip(1) {
            if c == quote && !escaped {
                return &text[..=at];
            }
            escaped = quote == '"' && c == '\\' && !escaped;
        }
        return text;
    }
    if text.starts_with(['{', '[', '-']) {
        return &text[..1];
    }
    let mut end = text.len();
    for stop in [": ", " #", ", ", "}", "]"] {
        end = end.min(text.find(stop).unwrap_or(end));
    }
    if text[..end].ends_with(':') {
        end -= 1;
    }
    text[..end].trim_end()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn ends_where_the_value_ends() {
        for (text, expected) in [
            ("port: 80", "port"),
            ("80 # the web", "80"),
            ("\"a, \\\"b\\\": c\", d", "\"a, \\\"b\\\": c\""),
            ("10.0.0.0/8, except: []}", "10.0.0.0/8"),
            ("spec:", "spec"),
            ("{a: 1}", "{"),
            ("", ""),
        ] {
            assert_eq!(token(text), expected, "{text}");
        }
    }

    #[test]
    fn long_lines_are_cut_around_the_place() {
        let line = format!("{}HERE{}", "x".repeat(1000), " ".repeat(5) + &"y".repeat(1000));
        let (shown, at, _) = at(&line, 1001);
        assert!(shown.width() < 140);
        assert_eq!(&shown[at..at + 4], "HERE");
    }
}
