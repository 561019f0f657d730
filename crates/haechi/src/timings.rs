//! How long the phases of a command took, for those that measure it.

use std::io::{self, Write};
use std::time::{Duration, Instant};

use rustix::time::{ClockId, clock_gettime};
use serde::Serialize;

/// The schema of the line that is printed.
const SCHEMA: &str = "haechi.dev/timings/v1";

/// A part of a command's work.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "camelCase")]
pub enum Phase {
    /// From files to objects and policies.
    Read,
    /// From objects and policies to what can be asked.
    Compile,
    /// Asking, and printing the answer.
    Answer,
}

/// A stop watch for the phases of a command.
#[derive(Debug, Default)]
pub struct Timings {
    phases: Vec<Taken>,
    running: Option<(Phase, Instant, Duration)>,
}

#[derive(Debug, Serialize)]
#[serde(rename_all = "camelCase")]
struct Taken {
    name: Phase,
    wall_seconds: f64,
    cpu_seconds: f64,
}

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct Line<'a> {
    schema_version: &'static str,
    phases: &'a [Taken],
}

impl Timings {
    /// Ends the phase that is running, and begins another or goes on with it.
    pub fn begin(&mut self, phase: Phase) {
        self.end();
        self.running = Some((phase, Instant::now(), cpu_time()));
    }

    /// Ends the phase that is running.
    pub fn end(&mut self) {
        let Some((name, wall, cpu)) = self.running.take() else {
            return;
        };
        let (wall, cpu) = (
            wall.elapsed().as_secs_f64(),
            cpu_time().saturating_sub(cpu).as_secs_f64(),
        );
        match self.phases.iter_mut().find(|p| p.name == name) {
            Some(taken) => {
                taken.wall_seconds += wall;
                taken.cpu_seconds += cpu;
            }
            None => self.phases.push(Taken {
                name,
                wall_seconds: wall,
                cpu_seconds: cpu,
            }),
        }
    }

    /// Writes one line of JSON.
    ///
    /// # Errors
    /// When it cannot be written.
    pub fn write(&self, out: &mut dyn Write) -> io::Result<()> {
        let line = Line {
            schema_version: SCHEMA,
            phases: &self.phases,
        };
        serde_json::to_writer(&mut *out, &line)?;
        writeln!(out)
    }
}

/// The processor time of all threads so far.
fn cpu_time() -> Duration {
    Duration::try_from(clock_gettime(ClockId::ProcessCPUTime)).unwrap_or_default()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_phase_that_comes_twice_is_one() {
        let mut timings = Timings::default();
        for phase in [Phase::Read, Phase::Compile, Phase::Read, Phase::Answer] {
            timings.begin(phase);
        }
        timings.end();
        let mut line = Vec::new();
        timings.write(&mut line).expect("memory takes it");
        let line: serde_json::Value = serde_json::from_slice(&line).expect("it is JSON");
        let names: Vec<_> = line["phases"]
            .as_array()
            .expect("a list")
            .iter()
            .map(|p| p["name"].as_str())
            .collect();
        assert_eq!(names, [Some("read"), Some("compile"), Some("answer")]);
        assert!(line["phases"][0]["wallSeconds"].is_f64() && line["phases"][0]["cpuSeconds"].is_f64());
    }
}
