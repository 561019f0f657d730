//! What criterion measured of the parts, as tables.

use std::{
    collections::{BTreeMap, BTreeSet},
    env, fs,
    path::{Path, PathBuf},
};

use anyhow::{Context, Result, ensure};
use clap::Args;
use haechi_bench::{machine::Machine, report};
use serde::{Deserialize, Serialize};

use crate::Publishing;

#[derive(Debug, Args)]
pub(crate) struct Parts {
    /// Criterion's folder; without it, that of the target folder which this program was built into.
    #[arg(long, value_name = "FOLDER")]
    criterion: Option<PathBuf>,
    #[command(flatten)]
    publishing: Publishing,
}

/// A bench and the median of its last run.
#[derive(Debug, Serialize)]
#[serde(rename_all = "camelCase")]
struct Part {
    group: String,
    function: String,
    pods: u64,
    bytes: Option<u64>,
    seconds: f64,
}

#[derive(Debug, Serialize)]
#[serde(rename_all = "camelCase")]
struct Figures {
    schema_version: &'static str,
    machine: Machine,
    parts: Vec<Part>,
}

/// `benchmark.json`, as far as it is looked at.
#[derive(Deserialize)]
struct Benchmark {
    group_id: String,
    function_id: Option<String>,
    value_str: Option<String>,
    throughput: Option<Throughput>,
}

#[derive(Deserialize)]
struct Throughput {
    #[serde(rename = "Bytes")]
    bytes: Option<u64>,
}

/// `estimates.json`, as far as it is looked at; nanoseconds.
#[derive(Deserialize)]
struct Estimates {
    median: Estimate,
}

#[derive(Deserialize)]
struct Estimate {
    point_estimate: f64,
}

impl Parts {
    pub(crate) fn run(&self) -> Result<()> {
        let folder = match &self.criterion {
            Some(folder) => folder.clone(),
            None => {
                let program = env::current_exe()?;
                let target = program
                    .ancestors()
                    .nth(2)
                    .context("this program lies in no target folder")?;
                target.join("criterion")
            }
        };
        let mut parts = Vec::new();
        read(&folder, &mut parts).with_context(|| format!("cannot read {}", folder.display()))?;
        ensure!(!parts.is_empty(), "no bench has run yet: `make bench` runs them");
        parts.sort_by(|a, b| (&a.group, &a.function, a.pods).cmp(&(&b.group, &b.function, b.pods)));
        let figures = Figures {
            schema_version: "haechi.dev/bench-parts/v1",
            machine: Machine::this(),
            parts,
        };
        self.publishing.publish("parts", &figures.to_markdown(), &figures)
    }
}

/// Adds the benches in a folder and all folders in it.
fn read(folder: &Path, parts: &mut Vec<Part>) -> Result<()> {
    for entry in fs::read_dir(folder)? {
        let path = entry?.path();
        if !path.is_dir() {
            continue;
        }
        let described = path.join("benchmark.json");
        if path.file_name().is_some_and(|name| name == "new") && described.is_file() {
            let benchmark: Benchmark = serde_json::from_slice(&fs::read(described)?)?;
            let estimates: Estimates = serde_json::from_slice(&fs::read(path.join("estimates.json"))?)?;
            parts.push(Part {
                group: benchmark.group_id,
                function: benchmark.function_id.unwrap_or_default(),
                pods: benchmark.value_str.unwrap_or_default().parse()?,
                bytes: benchmark.throughput.and_then(|throughput| throughput.bytes),
                seconds: estimates.median.point_estimate / 1e9,
            });
        } else {
            read(&path, parts)?;
        }
    }
    Ok(())
}

impl Figures {
    fn to_markdown(&self) -> String {
        let reading: Vec<_> = self.parts.iter().filter_map(|part| Some((part, part.bytes?))).collect();
        let rows: Vec<_> = reading
            .iter()
            .map(|(part, bytes)| {
                vec![
                    part.function.clone(),
                    report::grouped(part.pods),
                    report::megabytes(*bytes),
                    format!("{:.0} MB/s", *bytes as f64 / 1e6 / part.seconds),
                ]
            })
            .collect();
        let mut text = format!(
            "On {}; medians.\n\nReading on one core:\n\n{}",
            self.machine,
            report::table(&["<manifests of", "pods", "YAML", "speed"], &rows)
        );

        let engine = || self.parts.iter().filter(|part| part.bytes.is_none());
        let functions: BTreeSet<&str> = engine().map(|part| part.function.as_str()).collect();
        let mut rows: BTreeMap<(&str, u64), BTreeMap<&str, f64>> = BTreeMap::new();
        for part in engine() {
            let row = rows.entry((&part.group, part.pods)).or_default();
            row.insert(&part.function, part.seconds);
        }
        let rows: Vec<Vec<String>> = rows
            .into_iter()
            .map(|((group, pods), seconds)| {
                let mut cells = vec![group.to_owned(), report::grouped(pods)];
                let cell = |name| {
                    seconds
                        .get(name)
                        .map_or_else(|| "–".to_owned(), |s| report::seconds(*s))
                };
                cells.extend(functions.iter().map(cell));
                cells
            })
            .collect();
        let mut columns = vec!["<labels", "pods"];
        columns.extend(&functions);
        text += &format!("\nThe engine on all cores:\n\n{}", report::table(&columns, &rows));
        text
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn medians_are_found_in_criterions_folders() {
        let folder = tempfile::tempdir().unwrap();
        let write = |path: &str, benchmark: &str, nanoseconds: f64| {
            let path = folder.path().join(path).join("new");
            fs::create_dir_all(&path).unwrap();
            fs::write(path.join("benchmark.json"), benchmark).unwrap();
            let estimates = format!(r#"{{"median":{{"point_estimate":{nanoseconds}}}}}"#);
            fs::write(path.join("estimates.json"), estimates).unwrap();
        };
        write(
            "read/pods/1000",
            r#"{"group_id":"read","function_id":"pods","value_str":"1000","throughput":{"Bytes":2000000}}"#,
            2e7,
        );
        write(
            "shared labels/compile/1000",
            r#"{"group_id":"shared","function_id":"compile","value_str":"1000","throughput":null}"#,
            5e6,
        );
        let mut parts = Vec::new();
        read(folder.path(), &mut parts).unwrap();
        let text = Figures {
            schema_version: "",
            machine: Machine::this(),
            parts,
        }
        .to_markdown();
        assert!(text.contains("| pods | 1,000 | 2 MB | 100 MB/s |"), "{text}");
        assert!(text.contains("| shared | 1,000 | 5.0 ms |"), "{text}");
    }
}
