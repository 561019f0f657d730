//! However a text is cut, what comes out is the same.

use haechi_model::FileId;
use proptest::prelude::*;

use super::read_by;
use crate::gather::Gathered;
use crate::json::{self, Start};
use crate::plain;
use crate::split;
use crate::tree::{Apart, Piece};
use crate::yaml::{self, Text};
use crate::{Limits, Options};

/// What a text is read as, in tasks of about so many bytes.
fn read_in(task_bytes: usize, text: &str) -> String {
    let options = Options::default();
    let mut gathered = Gathered::default();
    gathered.add("a.yaml".to_owned(), text.as_bytes().to_vec(), &options.limits);
    format!("{:#?}", read_by(task_bytes, gathered, &options))
}

/// The documents of a YAML text as one stream.
fn whole(text: &str) -> Option<Vec<String>> {
    let mut found = Vec::new();
    let part = Text {
        file: FileId(0),
        text,
        first_line: 1,
    };
    parse(part, &mut found).then_some(found)
}

/// The documents of a YAML text, cut before it is parsed.
fn cut(text: &str) -> Option<Vec<String>> {
    let mut found = Vec::new();
    for chunk in split::documents(text, usize::MAX - 1) {
        let part = Text {
            file: FileId(0),
            text: &text[chunk.bytes],
            first_line: chunk.first_line,
        };
        if !parse(part, &mut found) {
            return None;
        }
    }
    Some(found)
}

fn parse(text: Text<'_>, found: &mut Vec<String>) -> bool {
    let mut sink = |piece: Piece<'_>| {
        if let Piece::Document(document) = piece
            && !document.root().is_null()
        {
            found.push(format!("{document:?}"));
        }
    };
    yaml::parse_any(text, Apart::Nothing, &Limits::default(), &mut sink).is_ok()
}

/// The documents of a text in JSON.
fn json(text: &str) -> Option<Vec<String>> {
    let mut found = Vec::new();
    let mut sink = |piece: Piece<'_>| {
        if let Piece::Document(document) = piece {
            found.push(format!("{document:?}"));
        }
    };
    let start = Start { line: 1, column: 1 };
    json::parse(FileId(0), text, start, &Limits::default(), &mut sink).ok()?;
    Some(found)
}

/// Texts of pieces that mean something to YAML, in any order.
fn any_yaml() -> impl Strategy<Value = String> {
    let piece = prop::sample::select(vec![
        "---\n",
        "...\n",
        "--- a\n",
        "\n",
        "\r\n",
        " ",
        "  ",
        "\t",
        "a",
        "b: c\n",
        "items:\n",
        "items: ",
        "- ",
        "-\n",
        "- a\n",
        "  - a: b\n",
        "kind: List\n",
        "apiVersion: v1\n",
        "kind: PodList\n",
        "metadata:\n",
        "  name: x\n",
        "|\n",
        ">\n",
        "|2\n",
        "'",
        "\"",
        "#",
        "# c\n",
        "&a ",
        "*a",
        "*a\n",
        "[",
        "]",
        "{",
        "}",
        ",",
        ": ",
        "? ",
        "!!str ",
        "!x ",
        "%YAML 1.2\n",
        "%TAG ! x\n",
        "<<: ",
        "é",
        "- kind: Namespace\n  apiVersion: v1\n  metadata: {name: n}\n",
        "{\"apiVersion\": \"v1\", \"kind\": \"Namespace\", \"metadata\": {\"name\": \"j\"}}",
        "{\"items\":[",
        "]}\n",
    ]);
    prop::collection::vec(piece, 0..24).prop_map(|pieces| pieces.concat())
}

/// Whether a block scalar ends with its first line: then the parser is not sure where it begins.
fn has_empty_block(text: &str) -> bool {
    let starts = text.match_indices(['|', '>']).map(|(at, _)| &text[at + 1..]);
    let mut rests = starts.map(|rest| rest.trim_start_matches(|c: char| c.is_ascii_digit() || c.is_whitespace()));
    rests.any(|rest| rest.starts_with("---") || rest.starts_with("..."))
}

/// Lists as `kubectl` prints them, with what may confuse a cut.
fn any_list() -> impl Strategy<Value = String> {
    let item = prop::sample::select(vec![
        "- apiVersion: v1\n  kind: Namespace\n  metadata: {name: a}\n",
        "- {apiVersion: v1, kind: Namespace, metadata: {name: b}}\n",
        "- metadata:\n    name: c\n  spec:\n    containers: []\n",
        "-\n  apiVersion: v1\n  kind: Namespace\n  metadata:\n    name: d\n",
        "- apiVersion: v1\n  kind: ConfigMap\n  metadata: {name: e}\n  data:\n    x: |\n      - a\n      items:\n",
        "- apiVersion: v1\n  kind: Namespace\n  metadata: {name: f, labels: &l {x: y}}\n",
        "- apiVersion: v1\n  kind: Namespace\n  metadata: {name: g, labels: *l}\n",
        "- apiVersion: v1\n  kind: Namespace\n  metadata: {name: \"h\n- x\"}\n",
        "# a comment\n",
        "  # a comment\n",
        "\n",
        "- 1\n",
        "- [\n",
        "- - a\n",
        "other: x\n",
    ]);
    let head = prop::sample::select(vec![
        "apiVersion: v1\nkind: List\nitems:\n",
        "apiVersion: v1\nitems:\n",
        "apiVersion: v1\nkind: PodList\nmetadata: {}\nitems:\n",
        "apiVersion: v1\nkind: PodList\nitems: # all\n",
        "items:\n",
        "apiVersion: v1\nkind: Widget\nitems:\n",
        "{apiVersion: v1, kind: List,\nitems:\n",
        "--- |\nitems:\n",
    ]);
    let tail = prop::sample::select(vec![
        "",
        "kind: List\n",
        "kind: PodList\nmetadata:\n  resourceVersion: ''\n",
        "}\n",
        "---\nitems:\n- a\n",
    ]);
    let indent = prop::sample::select(vec!["", "  "]);
    (head, prop::collection::vec(item, 0..8), tail, indent).prop_map(|(head, items, tail, indent)| {
        let mut text = head.to_owned();
        for line in items.concat().lines() {
            text.push_str(if line.is_empty() { "" } else { indent });
            text.push_str(line);
            text.push('\n');
        }
        text + tail
    })
}

/// Documents in the form that tools print, and nearly so.
fn any_plain() -> impl Strategy<Value = String> {
    let word = prop::sample::select(vec![
        "a",
        "b/c.d",
        "f:x",
        "1",
        "-1",
        "true",
        "~",
        "x y",
        "x  y ",
        "a#b",
        "a #b",
        "a: b",
        "a:",
        "http://x:80",
        ":80",
        "--flag=1",
        "{}",
        "[]",
        "{ }",
        "{} # c",
        "{a: b}",
        "''",
        "'x'",
        "'it''s'",
        "'x' # c",
        "'x",
        "\"\"",
        "\"x\"",
        "\"a\\n\\\"b\"",
        "\"a\\x41\"",
        "\"x\" y",
        "\"x\"#",
        "é",
        "é: ü",
        "|",
        "|-",
        "|+",
        "| # c",
        ">",
        "&a x",
        "*a",
        "!t x",
        "? x",
        "- x",
        "-",
        "<<",
        "%x",
        "@x",
        "`x`",
        "*",
        "x]",
        "x}",
        "x,",
        "?x",
        "-x",
        "# c",
        "",
        " ",
        "\u{feff}",
        "$(A)",
        "=",
        "0.5",
        "x\ty",
        "---",
        "...",
    ]);
    let entry = prop::sample::select(vec![
        "k: ",
        "k2: ",
        "a.b/c-d: ",
        "k:",
        "k:  ",
        "- ",
        "-",
        "-   ",
        "- k: ",
        "- - ",
        "- k:",
        "",
        "# ",
        "'q': ",
        "k : ",
        "k: k: ",
        "é: ",
    ]);
    let indent = prop::sample::select(vec![0_usize, 0, 1, 2, 2, 2, 3, 4, 4, 6]);
    let line = (indent, entry, word).prop_map(|(indent, entry, word)| format!("{}{entry}{word}\n", " ".repeat(indent)));
    let start = prop::sample::select(vec!["", "", "---\n", "--- \n", "--- # c\n", "\n", "# c\n"]);
    let end = prop::sample::select(vec!["", "\n", "  \n", "x", "k: |\n  x\n  y", "k: |-\n  x\n\n  y"]);
    (start, prop::collection::vec(line, 0..10), end)
        .prop_map(|(start, lines, end)| start.to_owned() + &lines.concat() + end)
}

/// Documents that tools do print.
fn any_printed() -> impl Strategy<Value = String> {
    #[derive(Clone, Debug)]
    enum Value {
        Scalar(&'static str),
        Block(Vec<&'static str>),
        Mapping(Vec<(&'static str, Value)>),
        Sequence(Vec<Value>),
    }
    fn print(value: &Value, indent: usize, flush: usize, out: &mut String) {
        let pad = " ".repeat(indent);
        match value {
            Value::Scalar(text) => out.push_str(&format!(" {text}\n")),
            Value::Block(lines) => {
                out.push_str(" |\n");
                for line in lines {
                    out.push_str(&format!("{pad}  {line}\n"));
                }
            }
            Value::Mapping(pairs) if pairs.is_empty() => out.push_str(" {}\n"),
            Value::Sequence(items) if items.is_empty() => out.push_str(" []\n"),
            Value::Mapping(pairs) => {
                out.push('\n');
                for (key, value) in pairs {
                    out.push_str(&format!("{pad}{key}:"));
                    let deeper = if matches!(value, Value::Sequence(_)) { flush } else { 2 };
                    print(value, indent + deeper, flush, out);
                }
            }
            Value::Sequence(items) => {
                out.push('\n');
                for item in items {
                    let mut inner = String::new();
                    print(item, indent + 2, flush, &mut inner);
                    // A collection begins on the line of its dash.
                    let inner = match inner.strip_prefix('\n') {
                        Some(rest) => format!(" {}", rest.trim_start_matches(' ')),
                        None => inner,
                    };
                    out.push_str(&format!("{pad}-{inner}"));
                }
            }
        }
    }
    let scalar = prop::sample::select(vec![
        "a",
        "\"8\"",
        "80",
        "null",
        "''",
        "'a: b'",
        "2026-01-02T03:04:05Z",
        "registry.example/a:v1",
        "--a=b",
    ]);
    let block = prop::collection::vec(
        prop::sample::select(vec!["{\"a\": 1}", "x", "- y: z", "# no comment"]),
        1..4,
    );
    let leaf = prop_oneof![4 => scalar.prop_map(Value::Scalar), 1 => block.prop_map(Value::Block)];
    let value = leaf.prop_recursive(5, 40, 5, |inner| {
        let keys = prop::sample::subsequence(vec!["apiVersion", "kind", "a.b/c", "f:metadata", "ports"], 0..5);
        let mapping = (keys, prop::collection::vec(inner.clone(), 5))
            .prop_map(|(keys, values)| Value::Mapping(keys.into_iter().zip(values).collect()));
        let sequence = prop::collection::vec(inner, 0..4).prop_map(Value::Sequence);
        prop_oneof![mapping, sequence]
    });
    (value, prop::sample::select(vec![0, 2])).prop_map(|(value, flush)| {
        let mut out = String::new();
        print(
            &Value::Mapping(vec![("apiVersion", Value::Scalar("v1")), ("spec", value)]),
            0,
            flush,
            &mut out,
        );
        out.trim_start_matches('\n').to_owned()
    })
}

/// The document that is read without the parser.
fn plain(text: &str) -> Option<String> {
    let part = Text {
        file: FileId(0),
        text,
        first_line: 1,
    };
    plain::document(part, &Limits::default()).map(|document| format!("{document:?}"))
}

fn any_json() -> impl Strategy<Value = String> {
    let scalar = prop_oneof![
        Just("null".to_owned()),
        Just("true".to_owned()),
        any::<i32>().prop_map(|n| n.to_string()),
        Just("1.5e3".to_owned()),
        prop::sample::select(vec!["", "a", "\"", "\\", "\n\t", "é😀", "\u{1}", "items", "kind"])
            .prop_map(|text| serde_json::to_string(text).unwrap_or_default()),
    ];
    let blank = prop::sample::select(vec!["", "", " ", "\n", "\n  "]);
    scalar.prop_recursive(4, 40, 6, move |inner| {
        let list = (prop::collection::vec(inner.clone(), 0..5), blank.clone())
            .prop_map(|(items, blank)| format!("[{blank}{}{blank}]", items.join(&format!(",{blank}"))));
        let key = prop::sample::select(vec!["\"a\"", "\"b\"", "\"items\"", "\"kind\"", "\"\\u00e9\""]);
        let object = (prop::collection::vec((key, inner), 0..5), blank.clone()).prop_map(|(pairs, blank)| {
            let pairs: Vec<String> = pairs.iter().map(|(k, v)| format!("{k}:{blank} {v}")).collect();
            format!("{{{blank}{}{blank}}}", pairs.join(&format!(",{blank}")))
        });
        prop_oneof![list, object]
    })
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(2000))]

    #[test]
    fn documents_cut_and_parsed_are_the_documents_of_the_whole(text in any_yaml()) {
        if let Some(whole) = whole(&text).filter(|_| !has_empty_block(&text)) {
            prop_assert_eq!(cut(&text), Some(whole));
        }
    }

    #[test]
    fn what_is_read_without_the_parser_is_what_the_parser_reads(text in prop_oneof![any_plain(), any_printed(), any_yaml()]) {
        if let Some(document) = plain(&text) {
            prop_assert_eq!(Some(vec![document]), whole(&text), "{}", text);
        }
    }

    #[test]
    fn what_tools_print_needs_no_parser(text in any_printed()) {
        prop_assert!(plain(&text).is_some(), "{}", text);
    }

    #[test]
    fn the_size_of_tasks_makes_no_difference(text in any_yaml()) {
        prop_assert_eq!(read_in(1, &text), read_in(usize::MAX / 4, &text));
    }

    #[test]
    fn lists_cut_between_items_are_the_whole_lists(text in any_list()) {
        prop_assert_eq!(read_in(1, &text), read_in(usize::MAX / 4, &text));
        prop_assert_eq!(read_in(100, &text), read_in(usize::MAX / 4, &text));
    }

    #[test]
    fn json_is_what_it_is_as_yaml(text in any_json()) {
        prop_assert_eq!(json(&text), whole(&text).map(|found| if found.is_empty() { json(&text).unwrap_or_default() } else { found }));
    }

    #[test]
    fn json_is_what_others_take_for_json(text in any_json(), at in any::<prop::sample::Index>(), with in "[\\[\\]{}\",:0-9a-z\\\\ \n-]?") {
        let mut broken = text;
        let places: Vec<usize> = broken.char_indices().map(|(i, _)| i).collect();
        let at = places[at.index(places.len())];
        let end = broken[at..].chars().next().map_or(at, |c| at + c.len_utf8());
        broken.replace_range(at..end, &with);
        let stream = serde_json::Deserializer::from_str(&broken).into_iter::<serde_json::Value>();
        let values: Result<Vec<_>, _> = stream.collect();
        // Others make a number of it, for which some are too large.
        prop_assume!(!values.as_ref().is_err_and(|e| e.to_string().contains("out of range")));
        if let Ok(values) = values {
            prop_assert_eq!(json(&broken).map(|found| found.len()), Some(values.len()), "{}", broken);
        } else if !broken.contains(',') {
            prop_assert!(json(&broken).is_none(), "{}", broken);
        }
    }

    #[test]
    fn json_of_any_size_of_tasks_is_the_same(values in prop::collection::vec(any_json(), 0..4), kind in prop::sample::select(vec!["List", "PodList", "Widget"])) {
        let items = values.join(",\n");
        let lines = values.join("\n");
        let text = format!("{{\"apiVersion\":\"v1\",\"items\":[{items}],\"kind\":\"{kind}\"}}\n{lines}\n");
        prop_assert_eq!(read_in(1, &text), read_in(usize::MAX / 4, &text));
    }
}
