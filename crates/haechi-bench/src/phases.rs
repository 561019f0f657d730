//! How long the phases of one haechi command took, as the command itself tells.
//!
//! With `HAECHI_TIMINGS=1` in the environment a command ends its standard error with one line of JSON:
//! `{"schemaVersion":"haechi.dev/timings/v1","phases":[{"name":"read","wallSeconds":1.5,"cpuSeconds":2.9},…]}`, the
//! phases being `read` (files to objects), `compile`, where everything is compiled at once, and `answer`.

use std::{collections::BTreeMap, fs, path::Path};

use anyhow::{Context, Result};
use serde::Deserialize;

/// What to add to the environment of a command.
pub(crate) const ENVIRONMENT: (&str, &str) = ("HAECHI_TIMINGS", "1");

const SCHEMA: &str = "haechi.dev/timings/v1";

/// Seconds of a phase.
#[derive(Debug, Clone, Copy, PartialEq, Deserialize)]
#[serde(rename_all = "camelCase")]
pub(crate) struct Phase {
    pub(crate) wall_seconds: f64,
    pub(crate) cpu_seconds: f64,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct Line {
    schema_version: String,
    phases: Vec<Named>,
}

#[derive(Deserialize)]
struct Named {
    name: String,
    #[serde(flatten)]
    phase: Phase,
}

/// The phases in a command's standard error by their name; none if the command does not tell.
pub(crate) fn read(stderr: &Path) -> Result<BTreeMap<String, Phase>> {
    let text = fs::read_to_string(stderr).with_context(|| format!("cannot read {}", stderr.display()))?;
    Ok(parse(&text))
}

fn parse(stderr: &str) -> BTreeMap<String, Phase> {
    stderr
        .lines()
        .rev()
        .filter(|line| line.starts_with('{'))
        .find_map(|line| {
            serde_json::from_str::<Line>(line)
                .ok()
                .filter(|line| line.schema_version == SCHEMA)
        })
        .map(|line| line.phases.into_iter().map(|named| (named.name, named.phase)).collect())
        .unwrap_or_default()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn phases_are_found_among_other_lines() {
        let line = r#"{"schemaVersion":"haechi.dev/timings/v1","phases":[{"name":"read","wallSeconds":1.5,"cpuSeconds":2.5}]}"#;
        let read = Phase {
            wall_seconds: 1.5,
            cpu_seconds: 2.5,
        };
        assert_eq!(
            parse(&format!("warning: a\n{line}\nhint: b\n")),
            BTreeMap::from([("read".to_owned(), read)])
        );
        assert!(parse("warning: a\n").is_empty());
        assert!(parse(&line.replace("v1", "v2")).is_empty());
    }
}
