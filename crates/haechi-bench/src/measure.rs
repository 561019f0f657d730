//! What a command costs: wall clock, processor time and the largest resident size.
//!
//! The kernel adds up what a process's ended children cost and keeps the largest of their sizes, so a process can
//! measure one command only. [`Probe`] therefore runs the program itself once more for every run, with the hidden
//! subcommand that calls [`run_here`]. That also keeps the size of the caller out of the figure: a child begins with the
//! size of whoever started it.

use std::{
    ffi::OsString,
    fs::File,
    io,
    path::{Path, PathBuf},
    process::{Command, Stdio},
    thread,
    time::{Duration, Instant},
};

use nix::sys::resource::{UsageWho, getrusage};
use serde::{Deserialize, Serialize};
use thiserror::Error;

/// What one run of a command cost.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize)]
pub struct Cost {
    /// Seconds by the clock.
    pub wall_seconds: f64,
    /// Seconds of processor time, user and system together, of the command and the children it waited for.
    pub cpu_seconds: f64,
    /// The largest resident size of the command or one of its children, in bytes.
    pub peak_bytes: u64,
}

/// How a run ended.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Outcome {
    /// The command ended by itself with one of the exit codes that mean it has answered.
    Answered(Cost),
    /// The command was stopped at the limit.
    OverLimit(Cost),
    /// The command failed; the exit code is missing if a signal ended it.
    Failed(Option<i32>),
}

/// Why there is no outcome.
#[derive(Debug, Error)]
#[non_exhaustive]
pub enum MeasureError {
    /// A file for the command's output could not be made.
    #[error("cannot write {}", path.display())]
    Output {
        /// The file.
        path: PathBuf,
        /// Why.
        source: io::Error,
    },
    /// The command could not be started or waited for.
    #[error("cannot run {}", program.display())]
    Run {
        /// The command.
        program: PathBuf,
        /// Why.
        source: io::Error,
    },
    /// The kernel did not say what the command cost.
    #[error("cannot read what the command cost")]
    Usage(#[source] io::Error),
    /// The measuring process itself failed.
    #[error("the measuring process failed: {0}")]
    Probe(String),
}

/// A command to be measured.
#[derive(Debug, Clone)]
pub struct Probe {
    /// The program.
    pub program: PathBuf,
    /// Its arguments.
    pub arguments: Vec<OsString>,
    /// Environment variables to add.
    pub environment: Vec<(&'static str, String)>,
    /// The file that takes its standard output.
    pub stdout: PathBuf,
    /// The file that takes its standard error.
    pub stderr: PathBuf,
    /// When to stop it.
    pub limit: Duration,
}

impl Probe {
    /// Runs the command once, in a process of its own: `measurer` is a program whose subcommand `measure` calls
    /// [`run_here`] and prints the outcome as JSON.
    ///
    /// # Errors
    /// If the command cannot be run or measured. A command that fails is an [`Outcome`].
    pub fn run(&self, measurer: &Path) -> Result<Outcome, MeasureError> {
        let output = Command::new(measurer)
            .arg("measure")
            .args(["--limit-seconds", &self.limit.as_secs().to_string()])
            .arg("--stdout")
            .arg(&self.stdout)
            .arg("--stderr")
            .arg(&self.stderr)
            .arg("--")
            .arg(&self.program)
            .args(&self.arguments)
            .envs(self.environment.iter().map(|(key, value)| (key, value)))
            .output()
            .map_err(|source| MeasureError::Run {
                program: measurer.to_owned(),
                source,
            })?;
        if !output.status.success() {
            return Err(MeasureError::Probe(
                String::from_utf8_lossy(&output.stderr).trim().to_owned(),
            ));
        }
        serde_json::from_slice(&output.stdout).map_err(|error| MeasureError::Probe(error.to_string()))
    }

    /// Runs the command so many times and returns the median of each figure, or the first outcome that is no answer.
    ///
    /// # Errors
    /// As [`Probe::run`].
    pub fn median(&self, runs: usize, measurer: &Path) -> Result<Outcome, MeasureError> {
        let mut costs = Vec::with_capacity(runs);
        for _ in 0..runs.max(1) {
            match self.run(measurer)? {
                Outcome::Answered(cost) => costs.push(cost),
                other => return Ok(other),
            }
        }
        Ok(Outcome::Answered(median(&costs)))
    }
}

/// The median of each figure by itself; of an even number, the mean of the two in the middle.
///
/// # Panics
/// If there are no costs.
pub fn median(costs: &[Cost]) -> Cost {
    let middle = |of: fn(&Cost) -> f64| {
        let mut figures: Vec<f64> = costs.iter().map(of).collect();
        figures.sort_by(f64::total_cmp);
        let half = figures.len() / 2;
        if figures.len() % 2 == 1 {
            figures[half]
        } else {
            f64::midpoint(figures[half - 1], figures[half])
        }
    };
    Cost {
        wall_seconds: middle(|cost| cost.wall_seconds),
        cpu_seconds: middle(|cost| cost.cpu_seconds),
        peak_bytes: middle(|cost| cost.peak_bytes as f64) as u64,
    }
}

/// Runs a command as the first child of this process and says what it cost.
///
/// Exit codes 0 and 1 are answers: 1 says that there were findings.
///
/// # Errors
/// If the command cannot be run or measured.
pub fn run_here(
    program: &Path,
    arguments: &[OsString],
    stdout: &Path,
    stderr: &Path,
    limit: Duration,
) -> Result<Outcome, MeasureError> {
    let create = |path: &Path| {
        File::create(path)
            .map(Stdio::from)
            .map_err(|source| MeasureError::Output {
                path: path.to_owned(),
                source,
            })
    };
    let failed = |source| MeasureError::Run {
        program: program.to_owned(),
        source,
    };
    let mut command = Command::new(program);
    command
        .args(arguments)
        .stdin(Stdio::null())
        .stdout(create(stdout)?)
        .stderr(create(stderr)?);

    let begin = Instant::now();
    let mut child = command.spawn().map_err(failed)?;
    let (status, stopped) = loop {
        if let Some(status) = child.try_wait().map_err(failed)? {
            break (status, false);
        }
        let spent = begin.elapsed();
        if spent >= limit {
            child.kill().map_err(failed)?;
            break (child.wait().map_err(failed)?, true);
        }
        // Often enough for half a percent, seldom enough to cost nothing.
        thread::sleep((spent / 200).clamp(Duration::from_micros(50), Duration::from_millis(20)));
    };
    let wall_seconds = begin.elapsed().as_secs_f64();

    let usage = getrusage(UsageWho::RUSAGE_CHILDREN).map_err(|error| MeasureError::Usage(error.into()))?;
    let seconds = |time: nix::sys::time::TimeVal| time.tv_sec() as f64 + time.tv_usec() as f64 / 1e6;
    // Linux counts in KiB, macOS in bytes.
    let unit = if cfg!(target_os = "macos") { 1 } else { 1024 };
    let cost = Cost {
        wall_seconds,
        cpu_seconds: seconds(usage.user_time()) + seconds(usage.system_time()),
        peak_bytes: usage.max_rss().unsigned_abs() * unit,
    };
    Ok(match (stopped, status.code()) {
        (true, _) => Outcome::OverLimit(cost),
        (false, Some(0 | 1)) => Outcome::Answered(cost),
        (false, code) => Outcome::Failed(code),
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn cost(wall_seconds: f64, cpu_seconds: f64, peak_bytes: u64) -> Cost {
        Cost {
            wall_seconds,
            cpu_seconds,
            peak_bytes,
        }
    }

    #[test]
    fn each_figure_has_its_own_median() {
        let costs = [cost(1.0, 9.0, 30), cost(3.0, 7.0, 10), cost(2.0, 8.0, 20)];
        assert_eq!(median(&costs), cost(2.0, 8.0, 20));
        assert_eq!(median(&costs[..2]), cost(2.0, 8.0, 20));
    }

    fn shell(script: &str, limit: Duration) -> Outcome {
        let folder = tempfile::tempdir().unwrap();
        let (out, err) = (folder.path().join("out"), folder.path().join("err"));
        run_here(Path::new("/bin/sh"), &["-c".into(), script.into()], &out, &err, limit).unwrap()
    }

    #[test]
    fn findings_are_an_answer_and_other_codes_are_not() {
        let limit = Duration::from_secs(60);
        assert!(matches!(shell("exit 1", limit), Outcome::Answered(_)));
        assert_eq!(shell("exit 2", limit), Outcome::Failed(Some(2)));
        assert_eq!(shell("kill -9 $$", limit), Outcome::Failed(None));
    }

    #[test]
    fn a_command_is_stopped_at_the_limit() {
        let Outcome::OverLimit(cost) = shell("exec sleep 60", Duration::from_millis(200)) else {
            panic!("not stopped")
        };
        assert!((0.2..30.0).contains(&cost.wall_seconds), "{cost:?}");
        assert!(cost.cpu_seconds < 0.2, "asleep, yet {cost:?}");
    }
}
