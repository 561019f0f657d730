//! YAML as people write it, for what Haechi proposes.

use std::fmt::Write;

use haechi_model::document::Bare;
use haechi_model::labels::{Labels, Selector};
use ipnet::IpNet;

/// Lines of YAML, each with its depth.
#[derive(Debug, Default)]
pub(super) struct Yaml {
    text: String,
    depth: usize,
    /// Whether the next line starts an entry of a list.
    dash: bool,
}

impl Yaml {
    /// `key: value`.
    pub(super) fn pair(&mut self, key: &str, value: &str) {
        self.line(&format!("{}: {}", scalar(key), scalar(value)));
    }

    /// `key: value` with a value that is written as it is.
    pub(super) fn raw(&mut self, key: &str, value: &str) {
        self.line(&format!("{}: {value}", scalar(key)));
    }

    /// `key:` and what is deeper.
    pub(super) fn nested(&mut self, key: &str, inner: impl FnOnce(&mut Self)) {
        self.line(&format!("{}:", scalar(key)));
        self.depth += 1;
        inner(self);
        self.depth -= 1;
    }

    /// An entry of a list: its first line has the dash.
    pub(super) fn entry(&mut self, inner: impl FnOnce(&mut Self)) {
        self.dash = true;
        self.depth += 1;
        inner(self);
        self.depth -= 1;
    }

    /// An entry of a list that is a text.
    pub(super) fn item(&mut self, value: &str) {
        self.entry(|yaml| yaml.line(&scalar(value)));
    }

    /// `key:` and a selector of these labels.
    pub(super) fn selector(&mut self, key: &str, labels: &Labels) {
        if labels.is_empty() {
            self.raw(key, "{}");
            return;
        }
        self.nested(key, |yaml| {
            yaml.nested("matchLabels", |yaml| {
                labels.iter().for_each(|(key, value)| yaml.pair(key, value));
            });
        });
    }

    /// `key: address/length`.
    pub(super) fn cidr(&mut self, key: &str, cidr: IpNet) {
        self.line(&format!("{}: {}", scalar(key), block(cidr)));
    }

    /// An entry of a list that is a block of addresses.
    pub(super) fn cidr_item(&mut self, cidr: IpNet) {
        self.entry(|yaml| yaml.line(&block(cidr)));
    }

    /// The text.
    pub(super) fn finish(self) -> String {
        self.text
    }

    fn line(&mut self, text: &str) {
        let indent = if self.dash { self.depth - 1 } else { self.depth } * 2;
        let dash = if self.dash { "- " } else { "" };
        self.dash = false;
        // Writing to a string cannot fail.
        let _ = writeln!(self.text, "{:indent$}{dash}{text}", "");
    }
}

/// The selector that `matchLabels` of these labels is.
pub(super) fn selecting(labels: &Labels) -> Selector {
    Selector::all(
        labels
            .iter()
            .map(|(key, value)| Selector::is(key.clone(), value.clone()))
            .collect(),
    )
}

/// The colons of IPv6 are nothing to leave bare.
fn block(cidr: IpNet) -> String {
    if cidr.addr().is_ipv4() {
        cidr.to_string()
    } else {
        format!("\"{cidr}\"")
    }
}

/// A text as a scalar: bare where that is a text to everybody who reads YAML.
fn scalar(text: &str) -> String {
    let plain = |b: u8| b.is_ascii_alphanumeric() || matches!(b, b'.' | b'_' | b'-' | b'/');
    let bare = Bare::of(text) == Bare::Text
        && text.bytes().all(plain)
        && text.bytes().next().is_some_and(|b| b.is_ascii_alphabetic());
    if bare {
        return text.to_owned();
    }
    let mut quoted = String::from("\"");
    for c in text.chars() {
        match c {
            '"' | '\\' => quoted.extend(['\\', c]),
            c if c.is_control() => quoted.extend(format!("\\u{:04x}", u32::from(c)).chars()),
            c => quoted.push(c),
        }
    }
    quoted.push('"');
    quoted
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_no_text_without_quotes_has_them() {
        for (text, written) in [
            ("web", "web"),
            ("kubernetes.io/metadata.name", "kubernetes.io/metadata.name"),
            ("true", "\"true\""),
            ("no", "\"no\""),
            ("8080", "\"8080\""),
            ("1e3", "\"1e3\""),
            ("", "\"\""),
            ("a:b", "\"a:b\""),
            ("10.0.0.1/32", "\"10.0.0.1/32\""),
            ("a\"b", "\"a\\\"b\""),
        ] {
            assert_eq!(scalar(text), written);
        }
    }
}
