//! Findings as [SARIF 2.1.0](https://docs.oasis-open.org/sarif/sarif/v2.1.0/sarif-v2.1.0.html), as code scanners read it.

use std::fmt::Write;
use std::path::Path;

use haechi_engine::lint::codes::{self, Entry};
use haechi_model::diagnostic::Severity;
use haechi_model::{Files, Location};
use rustc_hash::FxHashMap;
use serde::Serialize;

use super::explain::{fenced, link};
use super::findings::{Finding, Findings};
use super::lines::lines;
use crate::load::Loaded;
use crate::printer::Printer;
use crate::version;

pub(super) fn print(loaded: &Loaded, findings: &Findings, printer: &mut Printer) -> anyhow::Result<()> {
    let rules: Vec<&'static Entry> = codes::all().collect();
    let log = Log {
        schema: "https://json.schemastore.org/sarif-2.1.0.json",
        version: "2.1.0",
        runs: [Run {
            tool: Tool {
                driver: Driver {
                    name: "haechi",
                    information_uri: env!("CARGO_PKG_HOMEPAGE"),
                    semantic_version: version::SHORT,
                    rules: rules.iter().map(|entry| Rule::new(entry)).collect(),
                },
            },
            // Columns are counted as editors do.
            column_kind: "unicodeCodePoints",
            results: results(loaded, findings, &rules),
        }],
    };
    printer.json(&log)
}

fn results<'f>(loaded: &Loaded, findings: &'f Findings, rules: &[&'static Entry]) -> Vec<Result<'f>> {
    // What is said twice of one object is told apart by its order.
    let mut seen: FxHashMap<String, u32> = FxHashMap::default();
    let result = |finding: &'f Finding| {
        let mut result = finding.result(loaded, rules);
        let fingerprint = &mut result.partial_fingerprints.finding;
        let count = seen.entry(fingerprint.clone()).or_default();
        *count += 1;
        let _ = write!(fingerprint, ":{count}");
        result
    };
    findings.list.iter().map(result).collect()
}

#[derive(Serialize)]
struct Log<'f> {
    #[serde(rename = "$schema")]
    schema: &'static str,
    version: &'static str,
    runs: [Run<'f>; 1],
}

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct Run<'f> {
    tool: Tool,
    column_kind: &'static str,
    results: Vec<Result<'f>>,
}

#[derive(Serialize)]
struct Tool {
    driver: Driver,
}

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct Driver {
    name: &'static str,
    information_uri: &'static str,
    semantic_version: &'static str,
    rules: Vec<Rule>,
}

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct Rule {
    id: &'static str,
    name: String,
    short_description: Text,
    full_description: Text,
    help: Help,
    help_uri: String,
    default_configuration: Configuration,
    properties: Properties,
}

#[derive(Serialize)]
struct Text {
    text: String,
}

#[derive(Serialize)]
struct Help {
    text: String,
    markdown: String,
}

#[derive(Serialize)]
struct Configuration {
    level: &'static str,
}

#[derive(Serialize)]
struct Properties {
    tags: [&'static str; 2],
    precision: &'static str,
}

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct Result<'f> {
    rule_id: &'static str,
    rule_index: usize,
    level: &'static str,
    message: Text,
    locations: [Place<'f>; 1],
    #[serde(skip_serializing_if = "Vec::is_empty")]
    related_locations: Vec<Place<'f>>,
    partial_fingerprints: Fingerprints,
}

#[derive(Serialize)]
struct Fingerprints {
    #[serde(rename = "haechi/v1")]
    finding: String,
}

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct Place<'f> {
    #[serde(skip_serializing_if = "Option::is_none")]
    id: Option<usize>,
    physical_location: Physical,
    #[serde(skip_serializing_if = "Option::is_none")]
    logical_locations: Option<[Logical<'f>; 1]>,
    #[serde(skip_serializing_if = "Option::is_none")]
    message: Option<Text>,
}

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct Physical {
    artifact_location: Artifact,
    region: Region,
}

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct Artifact {
    uri: String,
    #[serde(skip_serializing_if = "Option::is_none")]
    uri_base_id: Option<&'static str>,
}

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct Region {
    start_line: u32,
    start_column: u32,
}

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct Logical<'f> {
    fully_qualified_name: &'f str,
    kind: &'static str,
}

impl Rule {
    fn new(entry: &Entry) -> Self {
        let Entry {
            explanation,
            example,
            remedy,
            ..
        } = entry;
        let text = |text: String| Text { text };
        Self {
            id: entry.code.0,
            name: entry.name.split('-').map(capital).collect(),
            short_description: text(capital(&entry.name.replace('-', " ")) + "."),
            full_description: text((*explanation).to_owned()),
            help: Help {
                text: format!("{explanation}\n\nFor example:\n\n{example}\n\n{remedy}\n"),
                markdown: format!("{explanation}\n\n{}\n\n{remedy}\n", fenced(example)),
            },
            help_uri: link(entry),
            default_configuration: Configuration {
                level: level(entry.severity),
            },
            properties: Properties {
                tags: ["kubernetes", "network-policy"],
                precision: "very-high",
            },
        }
    }
}

impl Finding {
    fn result<'f>(&'f self, loaded: &Loaded, rules: &[&'static Entry]) -> Result<'f> {
        let d = &self.diagnostic;
        let rule = rules.iter().position(|r| r.code == d.code).unwrap_or_default();
        let hint = d.hint.as_ref().map(|hint| format!(". Hint: {hint}"));
        let logical = self.object.as_deref().map(|object| {
            [Logical {
                fully_qualified_name: object,
                kind: "resource",
            }]
        });
        Result {
            rule_id: d.code.0,
            rule_index: rule,
            level: level(d.severity),
            message: Text {
                text: format!("{}{}", d.message, hint.unwrap_or_default()),
            },
            locations: [Place {
                id: None,
                physical_location: physical(loaded, d.location),
                logical_locations: logical,
                message: None,
            }],
            related_locations: d
                .related
                .iter()
                .enumerate()
                .map(|(index, (location, what))| Place {
                    id: Some(index),
                    physical_location: physical(loaded, *location),
                    logical_locations: None,
                    message: Some(Text { text: what.clone() }),
                })
                .collect(),
            partial_fingerprints: Fingerprints {
                finding: self.fingerprint(loaded.files()),
            },
        }
    }

    /// What stays the same when lines move and messages are put better: the kind, the object, and what the line says.
    fn fingerprint(&self, files: &Files) -> String {
        let d = &self.diagnostic;
        let line = lines(files, d.location.file, d.location.line..=d.location.line).next();
        let object = self.object.as_deref().unwrap_or_default();
        // FNV-1a, which is the same everywhere.
        let parts = [d.code.0, object, line.map_or(&*d.message, str::trim)];
        let bytes = parts.iter().flat_map(|part| part.bytes().chain([0]));
        let hash = bytes.fold(0xcbf2_9ce4_8422_2325_u64, |hash, byte| {
            (hash ^ u64::from(byte)).wrapping_mul(0x0000_0100_0000_01b3)
        });
        format!("{hash:016x}")
    }
}

const fn level(severity: Severity) -> &'static str {
    match severity {
        Severity::Note => "note",
        Severity::Warning => "warning",
        Severity::Error => "error",
    }
}

fn capital(word: &str) -> String {
    let mut chars = word.chars();
    chars
        .next()
        .map_or_else(String::new, |first| first.to_uppercase().chain(chars).collect())
}

fn physical(loaded: &Loaded, location: Location) -> Physical {
    Physical {
        artifact_location: artifact(loaded.files().name(location.file)),
        region: Region {
            start_line: location.line.max(1),
            start_column: location.column.max(1),
        },
    }
}

/// A path as a URI: relative to the root of the sources, or whole.
fn artifact(name: &str) -> Artifact {
    let absolute = Path::new(name).is_absolute();
    let mut uri = String::from(if absolute { "file://" } else { "" });
    for byte in name.bytes() {
        match byte {
            b'A'..=b'Z' | b'a'..=b'z' | b'0'..=b'9' | b'-' | b'.' | b'_' | b'~' | b'/' => uri.push(byte as char),
            b'\\' if cfg!(windows) => uri.push('/'),
            _ => {
                let _ = write!(uri, "%{byte:02X}");
            }
        }
    }
    Artifact {
        uri,
        uri_base_id: (!absolute).then_some("%SRCROOT%"),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn paths_become_uris() {
        let uri = |name| {
            let artifact = artifact(name);
            (artifact.uri, artifact.uri_base_id)
        };
        assert_eq!(uri("a b/ü.yaml"), ("a%20b/%C3%BC.yaml".to_owned(), Some("%SRCROOT%")));
        assert_eq!(uri("/tmp/x.yaml"), ("file:///tmp/x.yaml".to_owned(), None));
    }
}
