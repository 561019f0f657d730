//! What the documentation promises of the command, measured.

use std::{collections::BTreeMap, env, ffi::OsString, path::Path};

use anyhow::{Result, bail};
use clap::Args;
use haechi_bench::{
    generate::{Labels, Shape},
    machine::Machine,
    measure::{Cost, Outcome, median},
    report,
};
use serde::Serialize;

use crate::{
    Measuring,
    phases::{self, Phase},
    write_cluster,
};

const EXAMPLE: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/../../examples/shop");
const MEGABYTE: u64 = 1_000_000;

#[derive(Debug, Args)]
pub(crate) struct Promises {
    /// Pods of the large cluster; the limits are promised for the default.
    #[arg(long, default_value_t = Shape::default().pods)]
    pods: usize,
    #[command(flatten)]
    measuring: Measuring,
}

/// A figure and what was promised of it.
#[derive(Debug, Serialize)]
#[serde(rename_all = "camelCase")]
struct Promise {
    what: String,
    measured: String,
    limit: &'static str,
    /// Whether it is kept; missing where the command does not tell the phase.
    kept: Option<bool>,
}

#[derive(Debug, Serialize)]
#[serde(rename_all = "camelCase")]
struct Figures {
    schema_version: &'static str,
    machine: Machine,
    runs: usize,
    promises: Vec<Promise>,
}

/// The medians of a command's runs.
struct Measured {
    whole: Cost,
    phases: BTreeMap<String, Phase>,
}

impl Promises {
    pub(crate) fn run(&self) -> Result<()> {
        let haechi = self.measuring.required_haechi()?;
        let work = tempfile::tempdir()?;
        let file = work.path().join("cluster.yaml");
        let reach = |path: &Path| -> Vec<OsString> {
            vec!["reach".into(), "-f".into(), path.into(), "-o".into(), "summary".into()]
        };
        let shape = Shape::of_pods(self.pods);
        let mut promises = Vec::new();

        let (cluster, bytes) = write_cluster(shape.clone(), &file)?;
        let size = format!(
            "{} pods, {} policies",
            report::grouped(shape.pods as u64),
            report::grouped(shape.policies as u64)
        );
        let all = self.measure(&haechi, reach(&file), &[], work.path())?;
        promises.push(all.engine(&size, (3.0, 512), "3 s, 512 MB"));
        promises.push(whole("the whole command", &size, all.whole, (6.0, 768), "6 s, 768 MB"));

        // One core alone, so that what is read in a second is read by that core.
        let one_core = [("RAYON_NUM_THREADS", "1".to_owned())];
        let alone = self.measure(&haechi, reach(&file), &one_core, work.path())?;
        promises.push(alone.reading_speed(bytes));

        let (from, to) = cluster.some_pair();
        let mut explain: Vec<OsString> = vec!["explain".into(), "-f".into(), (&file).into()];
        explain.extend([from.into(), to.into(), "8080".into()]);
        let explained = self.measure(&haechi, explain, &[], work.path())?;
        promises.push(explained.explanation(&size));

        write_cluster(
            Shape {
                labels: Labels::Random,
                ..shape
            },
            &file,
        )?;
        let random = self.measure(&haechi, reach(&file), &[], work.path())?;
        let size = format!("{size}, labels random for each pod");
        promises.push(random.engine(&size, (30.0, 4_000), "30 s, 4,000 MB"));
        promises.push(whole(
            "the whole command",
            &size,
            random.whole,
            (60.0, 4_000),
            "60 s, 4,000 MB",
        ));

        let shop = self.measure(&haechi, reach(Path::new(EXAMPLE)), &[], work.path())?;
        promises.push(whole(
            "the whole command",
            "the example shop",
            shop.whole,
            (0.05, 768),
            "50 ms",
        ));

        let figures = Figures {
            schema_version: "haechi.dev/bench-command/v1",
            machine: Machine::this(),
            runs: self.measuring.runs,
            promises,
        };
        self.measuring
            .publishing
            .publish("command", &figures.to_markdown(), &figures)
    }

    fn measure(
        &self,
        haechi: &Path,
        arguments: Vec<OsString>,
        environment: &[(&'static str, String)],
        work: &Path,
    ) -> Result<Measured> {
        let shown: Vec<_> = arguments.iter().map(|argument| argument.to_string_lossy()).collect();
        eprintln!("haechi {}", shown.join(" "));
        let mut probe = self.measuring.probe(haechi, work, arguments.clone());
        probe
            .environment
            .push((phases::ENVIRONMENT.0, phases::ENVIRONMENT.1.to_owned()));
        probe.environment.extend_from_slice(environment);
        let measurer = env::current_exe()?;
        let mut costs = Vec::new();
        let mut told: BTreeMap<String, Vec<Cost>> = BTreeMap::new();
        for _ in 0..self.measuring.runs.max(1) {
            match probe.run(&measurer)? {
                Outcome::Answered(cost) => costs.push(cost),
                other => {
                    let stderr = std::fs::read_to_string(&probe.stderr).unwrap_or_default();
                    bail!(
                        "haechi {}: {}: {}",
                        shown.join(" "),
                        report::cell(&other),
                        stderr.trim()
                    );
                }
            }
            for (
                name,
                Phase {
                    wall_seconds,
                    cpu_seconds,
                },
            ) in phases::read(&probe.stderr)?
            {
                told.entry(name).or_default().push(Cost {
                    wall_seconds,
                    cpu_seconds,
                    peak_bytes: 0,
                });
            }
        }
        let phases = told.into_iter().map(|(name, costs)| {
            let Cost {
                wall_seconds,
                cpu_seconds,
                ..
            } = median(&costs);
            (
                name,
                Phase {
                    wall_seconds,
                    cpu_seconds,
                },
            )
        });
        Ok(Measured {
            whole: median(&costs),
            phases: phases.collect(),
        })
    }
}

impl Measured {
    /// The wall clock of everything behind reading, if the command tells phases.
    fn seconds_after_reading(&self) -> Option<f64> {
        let after = self.phases.iter().filter(|(name, _)| *name != "read");
        let seconds = after.map(|(_, phase)| phase.wall_seconds).sum();
        (!self.phases.is_empty()).then_some(seconds)
    }

    /// Compiling and judging all pairs. The command holds what it read until its end, so that its peak is above what
    /// these phases take.
    fn engine(&self, size: &str, (most, megabytes): (f64, u64), limit: &'static str) -> Promise {
        let seconds = self.seconds_after_reading();
        let Cost { peak_bytes, .. } = self.whole;
        Promise {
            what: format!("compile and all pairs: {size}"),
            measured: seconds.map_or_else(
                || UNTOLD.to_owned(),
                |seconds| {
                    let below = report::megabytes(peak_bytes);
                    format!("{} · below {below}", report::seconds(seconds))
                },
            ),
            limit,
            kept: seconds.map(|seconds| seconds <= most && peak_bytes <= megabytes * MEGABYTE),
        }
    }

    fn explanation(&self, size: &str) -> Promise {
        let seconds = self.seconds_after_reading();
        Promise {
            what: format!("one explanation, after reading: {size}"),
            measured: seconds.map_or_else(|| UNTOLD.to_owned(), report::seconds),
            limit: "300 ms",
            kept: seconds.map(|seconds| seconds <= 0.3),
        }
    }

    fn reading_speed(&self, bytes: u64) -> Promise {
        // By processor time, whatever else the machine does.
        let speed = self
            .phases
            .get("read")
            .map(|read| bytes as f64 / 1e6 / read.cpu_seconds);
        Promise {
            what: format!("reading, one core, {} MB of YAML", report::grouped(bytes / 1_000_000)),
            measured: speed.map_or_else(|| UNTOLD.to_owned(), |speed| format!("{speed:.0} MB/s")),
            limit: "40 MB/s",
            kept: speed.map(|speed| speed >= 40.0),
        }
    }
}

const UNTOLD: &str = "not told by this haechi";

fn whole(what: &str, size: &str, cost: Cost, (seconds, megabytes): (f64, u64), limit: &'static str) -> Promise {
    Promise {
        what: format!("{what}: {size}"),
        measured: report::cell(&Outcome::Answered(cost)),
        limit,
        kept: Some(cost.wall_seconds <= seconds && cost.peak_bytes <= megabytes * MEGABYTE),
    }
}

impl Figures {
    fn to_markdown(&self) -> String {
        let rows: Vec<_> = self
            .promises
            .iter()
            .map(
                |Promise {
                     what,
                     measured,
                     limit,
                     kept,
                 }| {
                    let kept = match kept {
                        Some(true) => "yes",
                        Some(false) => "**no**",
                        None => "–",
                    };
                    vec![what.clone(), measured.clone(), (*limit).to_owned(), kept.to_owned()]
                },
            )
            .collect();
        let table = report::table(&["<what", "measured", "promised", "<kept"], &rows);
        let machine = &self.machine;
        format!(
            "On {machine}; median of {}. A whole command: wall clock · processor time · peak memory.\n\n{table}",
            self.runs
        )
    }
}
