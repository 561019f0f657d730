//! However a text is cut, what comes out is the same.

use haechi_model::FileId;
use proptest::prelude::*;

use super::read_by;
use crate::gather::Gathered;
use crate::json::{self, Start};
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
    for chunk in split::documents(text) {
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
    yaml::parse(text, Apart::Nothing, &Limits::default(), &mut sink).is_ok()
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
