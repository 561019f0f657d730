//! Text cut to a width, counted in columns of the terminal.

use unicode_width::{UnicodeWidthChar, UnicodeWidthStr};

/// Cuts a text into lines of at most `width` columns: at spaces where there are any, else behind
/// `/`, `,`, `-`, `.` and the like, else anywhere.
#[must_use]
pub fn wrap(text: &str, width: usize) -> Vec<String> {
    let mut lines = vec![String::new()];
    for (paragraph, text) in text.split('\n').enumerate() {
        if paragraph > 0 {
            lines.push(String::new());
        }
        for word in text.split_inclusive(' ') {
            if !fits(lines.last(), word.trim_end(), width) && lines.last().is_some_and(|l| !l.is_empty()) {
                lines.push(String::new());
            }
            for piece in pieces(word, width) {
                if !fits(lines.last(), piece.trim_end(), width) && lines.last().is_some_and(|l| !l.is_empty()) {
                    lines.push(String::new());
                }
                if let Some(line) = lines.last_mut() {
                    line.push_str(piece);
                }
            }
        }
    }
    for line in &mut lines {
        line.truncate(line.trim_end().len());
    }
    lines
}

fn fits(line: Option<&String>, text: &str, width: usize) -> bool {
    line.map_or(0, |l| l.width()) + text.width() <= width
}

/// The parts of a word that stay together: the whole word if it fits into a line.
fn pieces(word: &str, width: usize) -> Vec<&str> {
    if word.trim_end().width() <= width {
        return vec![word];
    }
    let mut pieces = Vec::new();
    for part in word.split_inclusive(['/', ',', ';', '-', '.', ':', '=', '_']) {
        let mut rest = part;
        while rest.trim_end().width() > width {
            let (piece, more) = rest.split_at(cut(rest, width.max(1)));
            pieces.push(piece);
            rest = more;
        }
        pieces.push(rest);
    }
    pieces
}

/// How many bytes of a text fit into `width` columns; at least one character.
fn cut(text: &str, width: usize) -> usize {
    let mut used = 0;
    for (at, c) in text.char_indices() {
        used += c.width().unwrap_or_default();
        if used > width && at > 0 {
            return at;
        }
    }
    text.len()
}

/// Leaves out the middle of a text that is wider than `width`, so that its beginning and its end can be read.
#[must_use]
pub fn elide(text: &str, width: usize, ellipsis: &str) -> String {
    if text.width() <= width {
        return text.to_owned();
    }
    let left = width.saturating_sub(ellipsis.width());
    let head = &text[..cut_to(text, left - left / 2)];
    let tail: String = {
        let reversed: String = text.chars().rev().collect();
        reversed[..cut_to(&reversed, left / 2)].chars().rev().collect()
    };
    format!("{head}{ellipsis}{tail}")
}

/// How many bytes of a text fit into `width` columns; perhaps none.
fn cut_to(text: &str, width: usize) -> usize {
    if width == 0 { 0 } else { cut(text, width) }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn spaces_are_better_places_than_slashes() {
        assert_eq!(wrap("TCP 80, 443, 8080", 10), ["TCP 80,", "443, 8080"]);
        assert_eq!(
            wrap("payments/payment-gateway", 14),
            ["payments/", "payment-", "gateway"]
        );
        assert_eq!(wrap("abcdefghij", 4), ["abcd", "efgh", "ij"]);
        assert_eq!(wrap("", 4), [""]);
        assert_eq!(wrap("one\ntwo", 10), ["one", "two"]);
    }

    #[test]
    fn hangul_is_two_columns_wide() {
        assert_eq!(wrap("장바구니", 4), ["장바", "구니"]);
        assert_eq!(wrap("장바구니", 5), ["장바", "구니"]);
        assert_eq!(elide("장바구니-서비스", 9, "…"), "장바…비스");
    }

    #[test]
    fn both_ends_of_an_elided_text_remain() {
        assert_eq!(elide("payments/payment-gateway", 12, "…"), "paymen…teway");
        assert_eq!(elide("short", 12, "…"), "short");
        assert_eq!(elide("payments", 1, "…"), "…");
    }
}
