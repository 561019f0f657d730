//! Sources that are meant to do harm, or that are no sources at all.

use std::fmt::Write;
use std::time::{Duration, Instant};

use haechi_source::{Input, Limits, Options, Snapshot, read, read_texts};
use insta::assert_snapshot;

use crate::show::{faults, one, show, snapshot};

/// Far more than any of these takes, and far less than what they ask for.
const PATIENCE: Duration = Duration::from_secs(20);

/// The faults of bytes on standard input.
fn bytes(bytes: &[u8]) -> String {
    let mut bytes = bytes;
    show(&read(&[Input::Stdin], &Options::default(), &mut bytes))
}

fn limited(limits: Limits, texts: &[(&str, &str)]) -> String {
    let options = Options {
        limits,
        ..Options::default()
    };
    let texts = texts
        .iter()
        .map(|(name, text)| ((*name).to_owned(), (*text).to_owned()));
    show(&read_texts(texts.collect(), &options))
}

/// The one fault of a text that takes at most [`PATIENCE`].
fn only_fault(text: &str) -> String {
    let start = Instant::now();
    let found = faults(text);
    assert!(start.elapsed() < PATIENCE, "took {:?}", start.elapsed());
    found
}

#[test]
fn aliases_of_aliases_meet_a_limit() {
    let mut text = "a0: &a0 [x, x, x, x, x, x, x, x, x, x]\n".to_owned();
    for level in 1..30 {
        let inner = level - 1;
        writeln!(
            text,
            "a{level}: &a{level} [{}]",
            vec![format!("*a{inner}"); 10].join(", ")
        )
        .unwrap();
    }
    assert_snapshot!(only_fault(&text), @r"
    a.yaml:5:45: error[HNP007]: aliases would add more than 100000 values to this document
      hint: aliases of aliases multiply: write out what is meant
    ");
}

#[test]
fn merge_keys_of_merge_keys_meet_a_limit() {
    let mut text = "a0: &a0 {x: 1, y: 2}\n".to_owned();
    for level in 1..40 {
        let inner = level - 1;
        writeln!(text, "a{level}: &a{level} {{<<: *a{inner}, k{level}: *a{inner}}}").unwrap();
    }
    assert_snapshot!(only_fault(&text), @r"
    a.yaml:11:16: error[HNP007]: aliases would add more than 100000 values to this document
      hint: aliases of aliases multiply: write out what is meant
    ");
}

#[test]
fn an_alias_of_its_own_surroundings_is_refused() {
    assert_snapshot!(faults("a: &a [*a]\n"), @"a.yaml:1:8: error[HNP001]: this alias names a value that it is part of");
    assert_snapshot!(faults("a: *nobody\n"), @"a.yaml:1:4: error[HNP001]: this is not YAML: while parsing node, found unknown anchor");
}

#[test]
fn nesting_meets_a_limit_in_every_form() {
    let deep = 100_000;
    assert_snapshot!(only_fault(&"[".repeat(deep)), @r"
    a.yaml:1:256: error[HNP007]: more than 100 collections are inside each other
      hint: no Kubernetes object is nested so deep
    ");
    assert_snapshot!(only_fault(&"{\"a\":".repeat(deep)), @r"
    a.yaml:1:501: error[HNP007]: more than 100 collections are inside each other
      hint: no Kubernetes object is nested so deep
    ");
    assert_snapshot!(only_fault(&"{a: ".repeat(deep)), @r"
    a.yaml:1:1021: error[HNP007]: more than 100 collections are inside each other
      hint: no Kubernetes object is nested so deep
    ");
    assert_snapshot!(only_fault(&"- ".repeat(deep)), @r"
    a.yaml:1:201: error[HNP007]: more than 100 collections are inside each other
      hint: no Kubernetes object is nested so deep
    ");
    assert_snapshot!(only_fault(&format!("{}1{}", "[".repeat(deep), "]".repeat(deep))), @r"
    a.yaml:1:256: error[HNP007]: more than 100 collections are inside each other
      hint: no Kubernetes object is nested so deep
    ");
    let mut text = String::new();
    for depth in 0..2000 {
        writeln!(text, "{}a:", " ".repeat(depth)).unwrap();
    }
    assert_snapshot!(only_fault(&text), @r"
    a.yaml:101:101: error[HNP007]: more than 100 collections are inside each other
      hint: no Kubernetes object is nested so deep
    ");
}

#[test]
fn a_depth_that_objects_have_is_fine() {
    let text = format!(
        "apiVersion: v1\nkind: ConfigMap\nmetadata: {{name: a}}\nx: {}{}\n",
        "[".repeat(90),
        "]".repeat(90)
    );
    assert_eq!(faults(&text), "");
}

#[test]
fn what_is_no_text_is_refused() {
    assert_snapshot!(bytes(b"\x1f\x8b\x08\x00\x00\x00\x00\x00"), @r"
    (standard input): error[HNP008]: this is no UTF-8 text: byte 0x00 does not belong in one (line 1, 3 bytes in)
      hint: is it compressed, or not a manifest at all?
    ");
    assert_snapshot!(bytes(b"kind: Pod\xff\n"), @r"
    (standard input): error[HNP008]: this is no UTF-8 text: byte 0xff does not belong in one (line 1, 9 bytes in)
      hint: is it compressed, or not a manifest at all?
    ");
    assert_snapshot!(bytes(b"\x7fELF\x02\x01\x01"), @"(standard input):1:1: error[HNP001]: this is not YAML: there is a control character 0x7f");
    assert_snapshot!(bytes(b"kind: Pod\nmetadata: \x1b[32m{name: a}\x1b[0m\n---\nkind: \x08"), @r"
    (standard input):2:11: error[HNP001]: this is not YAML: there is a control character 0x1b
      hint: these are the colours of a terminal: print without them, with NO_COLOR=1
    (standard input):4:7: error[HNP001]: this is not YAML: there is a control character 0x08
    ");
    assert_snapshot!(bytes(b"kind: \x00"), @r"
    (standard input): error[HNP008]: this is no UTF-8 text: byte 0x00 does not belong in one (line 1, 6 bytes in)
      hint: is it compressed, or not a manifest at all?
    ");
}

#[test]
fn other_encodings_are_named() {
    let text = "kind: Pod\n";
    let units: Vec<u16> = text.encode_utf16().collect();
    let little: Vec<u8> = units.iter().flat_map(|u| u.to_le_bytes()).collect();
    let big: Vec<u8> = units.iter().flat_map(|u| u.to_be_bytes()).collect();
    assert_snapshot!(bytes(&[b"\xff\xfe", &*little].concat()), @r"
    (standard input): error[HNP008]: the text is in UTF-16LE, not in UTF-8
      hint: convert it: iconv -f UTF-16LE -t UTF-8
    ");
    assert_snapshot!(bytes(&[b"\xfe\xff", &*big].concat()), @r"
    (standard input): error[HNP008]: the text is in UTF-16BE, not in UTF-8
      hint: convert it: iconv -f UTF-16BE -t UTF-8
    ");
    assert_snapshot!(bytes(&little), @r"
    (standard input): error[HNP008]: the text is in UTF-16LE, not in UTF-8
      hint: convert it: iconv -f UTF-16LE -t UTF-8
    ");
    assert_snapshot!(bytes(&big), @r"
    (standard input): error[HNP008]: the text is in UTF-16BE, not in UTF-8
      hint: convert it: iconv -f UTF-16BE -t UTF-8
    ");
    let wide: Vec<u8> = text.chars().flat_map(|c| u32::from(c).to_le_bytes()).collect();
    assert_snapshot!(bytes(&wide), @r"
    (standard input): error[HNP008]: the text is in UTF-32LE, not in UTF-8
      hint: convert it: iconv -f UTF-32LE -t UTF-8
    ");
}

#[test]
fn a_huge_line_is_read() {
    let long = "x".repeat(3 << 20);
    assert_eq!(
        only_fault(&format!("apiVersion: v1\nkind: ConfigMap\ndata: {{a: {long}}}\n")),
        ""
    );
    assert_eq!(
        only_fault(&format!(
            "{{\"apiVersion\": \"v1\", \"kind\": \"ConfigMap\", \"data\": \"{long}\"}}"
        )),
        ""
    );
    let many = "{name: a}, ".repeat(100_000);
    assert_eq!(
        only_fault(&format!("apiVersion: v1\nkind: ConfigMap\ndata: [{many}]\n")),
        ""
    );
}

#[test]
fn a_quote_without_end_is_an_error_where_it_begins() {
    let long = "x\n  ".repeat(1 << 19);
    assert_snapshot!(only_fault(&format!("apiVersion: v1\nkind: \"{long}")), @"a.yaml:2:7: error[HNP001]: this is not YAML: while scanning a quoted scalar, found unexpected end of stream");
    assert_snapshot!(only_fault(&format!("apiVersion: v1\nkind: '{long}")), @"a.yaml:2:7: error[HNP001]: this is not YAML: while scanning a quoted scalar, found unexpected end of stream");
    let long = "x ".repeat(1 << 20);
    assert_snapshot!(only_fault(&format!("{{\"apiVersion\": \"{long}")), @"a.yaml:1:16: error[HNP001]: this is not JSON: expected a quote at the end of this text");
}

#[test]
fn odd_texts_end_in_time() {
    for (what, text) in [
        ("question marks", "? ".repeat(200_000)),
        ("questions on lines", "?\n".repeat(200_000)),
        ("colons", ":\n".repeat(200_000)),
        ("anchors", "&a ".repeat(200_000)),
        ("anchored items", "- &a x\n".repeat(200_000)),
        ("tags", "!!str ".repeat(200_000)),
        ("tags alone", "!a ".repeat(200_000)),
        ("stars", "*a ".repeat(200_000)),
        ("pipes", "|\n".repeat(200_000)),
        ("comments", "#\n".repeat(500_000)),
        ("blanks", " \n".repeat(500_000)),
        ("tabs", "\t\n".repeat(500_000)),
        ("markers", "---\n".repeat(500_000)),
        ("ends", "...\n".repeat(500_000)),
        ("directives", "%YAML 1.2\n".repeat(200_000)),
        ("unknown directives", "%X 1.2\n---\n".repeat(200_000)),
        ("escapes", format!("\"{}\"", "\\n".repeat(500_000))),
        ("json escapes", format!("{{\"a\":\"{}", "\\u0041".repeat(200_000))),
        ("open strings", "\"a\n".repeat(200_000)),
        ("open objects", "{\"a\"\n".repeat(200_000)),
        ("open lists", "[\"a\"\n".repeat(200_000)),
        ("brackets", "[]".repeat(200_000)),
        ("closing brackets", "]\n".repeat(200_000)),
        ("scalars in json", "{} 1 ".repeat(100_000)),
        ("same keys", "a: 1\n".repeat(200_000)),
        ("json same keys", format!("{{{}\"a\":1}}", "\"a\":1,".repeat(200_000))),
        ("carriage returns", "a: 1\r".repeat(200_000)),
        ("long keys", format!("{}: 1\n", "k".repeat(2000)).repeat(100)),
        (
            "list of lists",
            format!("kind: List\napiVersion: v1\nitems:\n{}", "- - - a\n".repeat(200_000)),
        ),
        ("open block", format!("a: |\n{}", "  x\n".repeat(500_000))),
        (
            "deeper blocks",
            (0..2000).map(|i| format!("{}- |\n", " ".repeat(i))).collect(),
        ),
    ] {
        let start = Instant::now();
        let found = snapshot(&[("a.yaml", &text)]);
        assert!(start.elapsed() < PATIENCE, "{what} took {:?}", start.elapsed());
        assert!(
            found.diagnostics.len() <= 10_001,
            "{what}: {} messages",
            found.diagnostics.len()
        );
    }
}

#[test]
fn many_unknown_fields_are_not_as_many_messages() {
    let mut text = "apiVersion: v1\nkind: Pod\nmetadata: {name: a}\nspec:\n  containers: []\n".to_owned();
    for i in 0..50_000 {
        writeln!(text, "  field{i}: x").unwrap();
    }
    let found = only_fault(&text);
    let last: Vec<&str> = found.lines().rev().take(2).collect();
    assert_eq!(found.lines().count(), 21);
    assert_snapshot!(last[0], @"a.yaml:26:3: warning[HNP003]: a pod's spec has 49980 more fields that nobody knows, from here on");
}

#[test]
fn many_faults_are_not_as_many_messages() {
    let pod = "---\napiVersion: v1\nkind: Pod\nmetadata: {name: 1}\nspec: {containers: [1], hostNetwork: 1}\n";
    let Snapshot { diagnostics, .. } = snapshot(&[("a.yaml", &pod.repeat(50_000))]);
    assert_eq!(diagnostics.len(), 10_001);
    assert!(
        diagnostics
            .iter()
            .any(|d| d.message.contains("more messages are left out"))
    );
}

#[test]
fn each_limit_is_named_when_it_is_met() {
    let namespace = |name: &str| format!("---\napiVersion: v1\nkind: Namespace\nmetadata: {{name: {name}}}\n");
    let (a, b) = (namespace("a"), namespace("b"));
    let small = |change: fn(&mut Limits)| {
        let mut limits = Limits::default();
        change(&mut limits);
        limits
    };
    assert_snapshot!(limited(small(|l| l.file_bytes = 10), &[("a.yaml", &a)]), @r"
    a.yaml: error[HNP007]: is larger than 10 bytes
      hint: split it into several files
    ");
    assert_snapshot!(limited(small(|l| l.total_bytes = 70), &[("a.yaml", &a), ("b.yaml", &b)]), @r"
    namespace a, a.yaml:2:1: kubernetes.io/metadata.name=a
    b.yaml: error[HNP007]: is left out: all files together are larger than 70 bytes
    ");
    assert_snapshot!(limited(small(|l| l.files = 1), &[("a.yaml", &a), ("b.yaml", &b), ("c.yaml", &b)]), @r"
    namespace a, a.yaml:2:1: kubernetes.io/metadata.name=a
    b.yaml: error[HNP007]: is left out, and so is what follows: there are more than 1 files
    ");
    assert_snapshot!(limited(small(|l| l.documents = 1), &[("a.yaml", &(a.clone() + &b))]), @r"
    namespace a, a.yaml:2:1: kubernetes.io/metadata.name=a
    a.yaml:5:1: error[HNP007]: this file has more than 1 documents; what follows is left out
    ");
    let json = r#"{"apiVersion":"v1","kind":"Namespace","metadata":{"name":"j"}}"#;
    assert_snapshot!(limited(small(|l| l.documents = 1), &[("a.json", &[json, json].join("\n"))]), @r"
    namespace j, a.json:1:1: kubernetes.io/metadata.name=j
    a.json:2:1: error[HNP007]: this file has more than 1 documents; what follows is left out
    ");
    assert_snapshot!(limited(small(|l| l.value_length = 20), &[("a.yaml", "a: b\n{a: b, c: d, e: f, g: h}: x\n")]), @r"
    a.yaml:1:4: error[HNP007]: a value from here on is longer than 20 characters
      hint: a list or mapping in brackets counts as one value: write it in block style, or all of it as JSON
    ");
    assert_snapshot!(limited(small(|l| l.value_length = 20), &[("a.yaml", &(a.clone() + "spec: {}\n# a comment that goes on and on\n"))]), @r"
    a.yaml:5:8: error[HNP007]: a value from here on is longer than 20 characters
      hint: a list or mapping in brackets counts as one value: write it in block style, or all of it as JSON
    ");
    assert_snapshot!(limited(small(|l| l.nodes = 8), &[("a.yaml", &(a.clone() + "spec: {}\n"))]), @r"
    a.yaml:4:18: error[HNP007]: one object has more than 8 values
      hint: split it into several objects
    ");
    assert_snapshot!(limited(small(|l| l.depth = 1), &[("a.yaml", &a)]), @r"
    a.yaml:4:11: error[HNP007]: more than 1 collections are inside each other
      hint: no Kubernetes object is nested so deep
    ");
}

#[test]
fn a_list_of_too_many_items_is_refused_however_it_is_written() {
    let limits = || Limits {
        documents: 1000,
        ..Limits::default()
    };
    let item = format!(
        "{{\"apiVersion\": \"v1\", \"kind\": \"ConfigMap\", \"data\": \"{}\"}}",
        "x".repeat(600)
    );
    let block = format!(
        "apiVersion: v1\nkind: List\nitems:\n{}",
        format!("- {item}\n").repeat(1001)
    );
    assert_snapshot!(limited(limits(), &[("a.yaml", &block)]), @r"
    a.yaml:1:1: error[HNP007]: this list has more than 1000 items
      hint: split it into several files
    ");
    let cut_off = block.replace("items:\n", "items: # of all kinds\n");
    assert_snapshot!(limited(limits(), &[("a.yaml", &cut_off)]), @r"
    a.yaml:1004:3: error[HNP007]: this list has more than 1000 items
      hint: split it into several files
    ");
    let items = vec![item.as_str(); 1001].join(",");
    let json = format!("{{\"apiVersion\": \"v1\", \"kind\": \"List\", \"items\": [{items}]}}");
    assert_snapshot!(limited(limits(), &[("a.json", &json)]), @r"
    a.json:1:1: error[HNP007]: this list has more than 1000 items
      hint: split it into several files
    ");
}

#[test]
fn brackets_without_end_are_not_held_in_memory() {
    let limits = || Limits {
        value_length: 100_000,
        ..Limits::default()
    };
    let text = format!("[a, {}", "{b: c}, ".repeat(1 << 17));
    assert_snapshot!(limited(limits(), &[("a.yaml", &text)]), @r"
    a.yaml:1:1: error[HNP007]: a value from here on is longer than 100000 characters
      hint: a list or mapping in brackets counts as one value: write it in block style, or all of it as JSON
    ");
}

#[test]
fn a_name_of_any_length_is_only_a_name() {
    let name = "n".repeat(100_000);
    let text = format!("apiVersion: v1\nkind: Namespace\nmetadata: {{name: {name}}}\n");
    assert!(one(&text).contains(&name));
}
