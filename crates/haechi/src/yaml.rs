//! YAML for people to keep: fields in the order in which they are written, short collections on one line, and nothing
//! in quotes that needs none.

use std::fmt::Write;

use haechi_model::document::Bare;

/// A value.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Yaml {
    /// A text.
    Text(String),
    /// A number, or another word that is no text.
    Bare(String),
    /// A list.
    List(Vec<Self>),
    /// Fields, in their order.
    Map(Vec<(String, Self)>),
}

/// Wider collections are written over several lines.
const WIDTH: usize = 118;

impl Yaml {
    /// A text.
    pub fn text(text: impl Into<String>) -> Self {
        Self::Text(text.into())
    }

    /// A number.
    pub fn number(number: impl Into<i64>) -> Self {
        Self::Bare(number.into().to_string())
    }

    /// Fields, those without a value left out.
    pub fn map<'k>(fields: impl IntoIterator<Item = (&'k str, Option<Self>)>) -> Self {
        let there = fields
            .into_iter()
            .filter_map(|(key, value)| Some((key.to_owned(), value?)));
        Self::Map(there.collect())
    }

    /// The value as a document, without a mark at its start.
    #[must_use]
    pub fn document(&self) -> String {
        let mut out = String::new();
        self.block(&mut out, 0, Inline::No);
        out
    }

    /// Writes the value over as many lines as it needs; where it stands on a line already, behind a dash, its first
    /// field stays there.
    fn block(&self, out: &mut String, indent: usize, inline: Inline) {
        match self {
            Self::Text(_) | Self::Bare(_) => {
                let _ = writeln!(out, "{}", self.flow());
            }
            Self::List(items) if items.is_empty() => out.push_str("[]\n"),
            Self::Map(fields) if fields.is_empty() => out.push_str("{}\n"),
            Self::List(items) => {
                for (i, item) in items.iter().enumerate() {
                    if i > 0 || inline == Inline::No {
                        let _ = write!(out, "{:indent$}", "");
                    }
                    out.push_str("- ");
                    // One field needs no braces.
                    let single = matches!(item, Self::Map(fields) if fields.len() == 1);
                    match item.short(indent + 2).filter(|_| !single) {
                        Some(line) => {
                            let _ = writeln!(out, "{line}");
                        }
                        None => item.block(out, indent + 2, Inline::Yes),
                    }
                }
            }
            Self::Map(fields) => {
                for (i, (key, value)) in fields.iter().enumerate() {
                    if i > 0 || inline == Inline::No {
                        let _ = write!(out, "{:indent$}", "");
                    }
                    let key = scalar(key);
                    // The parts of an object stand apart.
                    let line = value.short(indent + key.len() + 2);
                    match line.filter(|_| indent > 0 || value.is_flat()) {
                        Some(line) => {
                            let _ = writeln!(out, "{key}: {line}");
                        }
                        None => {
                            let _ = writeln!(out, "{key}:");
                            value.block(out, indent + 2, Inline::No);
                        }
                    }
                }
            }
        }
    }

    /// The value on one line, if that is short and clear enough at this column.
    fn short(&self, column: usize) -> Option<String> {
        let clear = match self {
            Self::Text(_) | Self::Bare(_) => return Some(self.flow()),
            Self::List(items) => items.iter().all(Self::is_scalar),
            Self::Map(fields) => fields.iter().all(|(_, v)| v.is_flat()),
        };
        let line = self.flow();
        (clear && column + line.chars().count() <= WIDTH).then_some(line)
    }

    fn is_scalar(&self) -> bool {
        matches!(self, Self::Text(_) | Self::Bare(_))
    }

    /// Whether it is a scalar or a list of them.
    fn is_flat(&self) -> bool {
        match self {
            Self::Text(_) | Self::Bare(_) => true,
            Self::List(items) => items.iter().all(Self::is_scalar),
            Self::Map(fields) => fields.is_empty(),
        }
    }

    fn flow(&self) -> String {
        match self {
            Self::Text(text) => scalar(text),
            Self::Bare(word) => word.clone(),
            Self::List(items) => {
                let items: Vec<String> = items.iter().map(Self::flow).collect();
                format!("[{}]", items.join(", "))
            }
            Self::Map(fields) => {
                let fields: Vec<String> = fields
                    .iter()
                    .map(|(key, value)| format!("{}: {}", scalar(key), value.flow()))
                    .collect();
                format!("{{{}}}", fields.join(", "))
            }
        }
    }
}

/// Whether something stands on the line already.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Inline {
    Yes,
    No,
}

/// A text, in quotes where it would be read as something else.
fn scalar(text: &str) -> String {
    let plain = Bare::of(text) == Bare::Text
        && text.starts_with(|c: char| c.is_alphanumeric() || matches!(c, '_' | '.' | '/'))
        && text
            .chars()
            .all(|c| !c.is_control() && !matches!(c, '{' | '}' | '[' | ']' | ',' | '#' | '"' | '\'' | '\u{feff}'))
        && !text.contains(": ")
        && !text.ends_with([':', ' '])
        && !text.contains(":[")
        && text != "---";
    if plain {
        text.to_owned()
    } else if text.chars().any(|c| c.is_control() || c == '\'' || c == '\u{feff}') {
        quoted(text)
    } else {
        format!("'{text}'")
    }
}

/// In double quotes, with escapes.
fn quoted(text: &str) -> String {
    let mut out = String::from("\"");
    for c in text.chars() {
        match c {
            '"' => out.push_str("\\\""),
            '\\' => out.push_str("\\\\"),
            '\n' => out.push_str("\\n"),
            '\t' => out.push_str("\\t"),
            c if c.is_control() || c == '\u{feff}' => {
                let _ = write!(out, "\\u{:04x}", u32::from(c));
            }
            c => out.push(c),
        }
    }
    out.push('"');
    out
}

#[cfg(test)]
mod tests {
    use std::io::Write as _;

    use haechi_model::Node;
    use haechi_model::document::Style;
    use haechi_source::{Input, Limits, documents};

    use super::*;

    fn value() -> Yaml {
        let texts = [
            "web",
            "true",
            "80",
            "0x50",
            "null",
            "~",
            "yes",
            "1.0",
            "",
            " a",
            "a: b",
            "a #b",
            "{x",
            "it's",
            "a\nb",
            "10.0.0.0/8",
            "- a",
            "*",
            "a:",
            "해치",
            "k8s.io/name",
            "1e3",
            "---",
            "2026-01-01",
            "\"",
            "a, b",
            "?",
            "!x",
            "&y",
            "a\\b",
            ":",
            "::/0",
        ];
        let texts: Vec<Yaml> = texts.map(Yaml::text).to_vec();
        Yaml::map([
            ("apiVersion", Some(Yaml::text("v1"))),
            ("port", Some(Yaml::number(80))),
            ("empty", Some(Yaml::Map(Vec::new()))),
            ("none", Some(Yaml::List(Vec::new()))),
            ("left out", None),
            (
                "short",
                Some(Yaml::map([("a", Some(Yaml::number(1))), ("b", Some(Yaml::text("x")))])),
            ),
            ("texts", Some(Yaml::List(texts.clone()))),
            (
                "deep",
                Some(Yaml::List(vec![
                    Yaml::List(vec![Yaml::map([("podSelector", Some(Yaml::Map(Vec::new())))])]),
                    Yaml::map([("podSelector", Some(Yaml::map([("true", Some(Yaml::text("true")))])))]),
                    Yaml::List(texts),
                ])),
            ),
        ])
    }

    fn read(node: Node<'_>) -> Yaml {
        if let Some(pairs) = node.pairs() {
            return Yaml::Map(
                pairs
                    .map(|(k, v)| (k.scalar().expect("a key").0.to_owned(), read(v)))
                    .collect(),
            );
        }
        if let Some(items) = node.items() {
            return Yaml::List(items.map(read).collect());
        }
        let (text, style) = node.scalar().expect("a scalar");
        match style {
            Style::Plain if Bare::of(text) != Bare::Text => Yaml::Bare(text.to_owned()),
            _ => Yaml::Text(text.to_owned()),
        }
    }

    #[test]
    fn reads_back() {
        let mut file = tempfile::Builder::new().suffix(".yaml").tempfile().expect("a file");
        let text = value().document();
        file.write_all(text.as_bytes()).expect("it can be written");
        let mut found = Vec::new();
        let read = documents(
            &[Input::Path(file.path().to_owned())],
            &Limits::default(),
            &mut std::io::empty(),
            &mut |node| found.push(read(node)),
        );
        assert!(read.diagnostics.is_empty(), "{text}\n{:?}", read.diagnostics);
        assert_eq!(found, [value()], "{text}");
    }

    #[test]
    fn is_written_for_people() {
        let probe = Yaml::map([
            ("only", Some(Yaml::List(vec![Yaml::text("shop/web")]))),
            ("to", Some(Yaml::text("ip:10.0.0.1"))),
            ("port", Some(Yaml::number(80))),
        ]);
        let document = Yaml::map([
            ("kind", Some(Yaml::text("X"))),
            ("metadata", Some(Yaml::map([("name", Some(Yaml::text("a")))]))),
            ("spec", Some(Yaml::map([("probes", Some(Yaml::List(vec![probe])))]))),
        ]);
        insta::assert_snapshot!(document.document(), @r"
        kind: X
        metadata:
          name: a
        spec:
          probes:
            - {only: [shop/web], to: ip:10.0.0.1, port: 80}
        ");
    }
}
