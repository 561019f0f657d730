//! How the cost of `haechi reach` grows, as plots.

use std::{
    env,
    ops::Range,
    path::{Path, PathBuf},
};

use anyhow::{Context, Result, bail};
use clap::Args;
use haechi_bench::{
    generate::{Labels, Shape},
    machine::Machine,
    measure::{Cost, Outcome},
    report,
};
use plotters::prelude::*;
use serde::Serialize;

use crate::{Measuring, write_cluster};

#[derive(Debug, Args)]
pub(crate) struct Growth {
    /// The folder that the plots go to.
    #[arg(long, value_name = "FOLDER", default_value = "docs/performance")]
    out: PathBuf,
    /// Measure clusters of this share of the full size, in percent.
    #[arg(long, value_name = "PERCENT", default_value_t = 100)]
    scale: usize,
    #[command(flatten)]
    measuring: Measuring,
}

/// What grows while all else stays.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(rename_all = "lowercase")]
enum Axis {
    Pods,
    Policies,
    Labels,
    Ports,
}

#[derive(Debug, Serialize)]
struct Series {
    axis: Axis,
    labels: Labels,
    points: Vec<(usize, Cost)>,
}

#[derive(Debug, Serialize)]
#[serde(rename_all = "camelCase")]
struct Figures {
    schema_version: &'static str,
    machine: Machine,
    runs: usize,
    series: Vec<Series>,
}

impl Axis {
    const ALL: [Self; 4] = [Self::Pods, Self::Policies, Self::Labels, Self::Ports];

    fn name(self) -> &'static str {
        match self {
            Self::Pods => "pods",
            Self::Policies => "policies",
            Self::Labels => "labels",
            Self::Ports => "ports",
        }
    }

    fn title(self) -> &'static str {
        match self {
            Self::Pods => "pods (1,000 policies)",
            Self::Policies => "policies (10,000 pods)",
            Self::Labels => "label keys that policies use (10,000 pods, 1,000 policies)",
            Self::Ports => "port numbers in use (10,000 pods, 1,000 policies)",
        }
    }

    fn values(self) -> &'static [usize] {
        match self {
            Self::Pods => &[5_000, 10_000, 20_000, 50_000, 100_000],
            Self::Policies => &[500, 1_000, 2_000, 5_000, 10_000],
            Self::Labels => &[1, 4, 8, 16, 32],
            Self::Ports => &[10, 100, 500, 1_000, 2_000],
        }
    }

    /// The cluster in the middle, with this axis at `value`.
    fn shape(self, value: usize, labels: Labels, scale: usize) -> Shape {
        let scaled = |number: usize| number * scale / 100;
        let middle = Shape {
            labels,
            namespaces: 100,
            pods: scaled(10_000),
            policies: scaled(1_000),
            ..Shape::default()
        };
        match self {
            Self::Pods => Shape {
                pods: scaled(value),
                ..middle
            },
            Self::Policies => Shape {
                policies: scaled(value),
                ..middle
            },
            Self::Labels => Shape {
                label_keys: value,
                ..middle
            },
            Self::Ports => Shape { ports: value, ..middle },
        }
    }

    /// The value as it was measured.
    fn value_of(self, shape: &Shape) -> usize {
        match self {
            Self::Pods => shape.pods,
            Self::Policies => shape.policies,
            Self::Labels => shape.label_keys,
            Self::Ports => shape.ports,
        }
    }
}

impl Growth {
    pub(crate) fn run(&self) -> Result<()> {
        let haechi = self.measuring.required_haechi()?;
        std::fs::create_dir_all(&self.out).with_context(|| format!("cannot make {}", self.out.display()))?;
        let mut figures = Figures {
            schema_version: "haechi.dev/bench-growth/v1",
            machine: Machine::this(),
            runs: self.measuring.runs,
            series: vec![],
        };
        let mut markdown = format!("On {}; median of {}.\n", figures.machine, figures.runs);
        for axis in Axis::ALL {
            let both = [Labels::Workload, Labels::Random].map(|labels| self.series(&haechi, axis, labels));
            let [shared, random] = both;
            let series = [shared?, random?];
            let name = format!("{}.svg", axis.name());
            draw(axis, &series, &self.out.join(&name))?;
            markdown += &format!("\n![How cost grows with {}](performance/{name})\n", axis.name());
            figures.series.extend(series);
        }
        self.measuring.publishing.publish("growth", &markdown, &figures)
    }

    fn series(&self, haechi: &Path, axis: Axis, labels: Labels) -> Result<Series> {
        let work = tempfile::tempdir()?;
        let file = work.path().join("cluster.yaml");
        let measurer = env::current_exe()?;
        let mut points = Vec::new();
        for &value in axis.values() {
            let (cluster, _) = write_cluster(axis.shape(value, labels, self.scale), &file)?;
            let arguments = vec![
                "reach".into(),
                "-f".into(),
                (&file).into(),
                "-o".into(),
                "summary".into(),
            ];
            let outcome = self
                .measuring
                .probe(haechi, work.path(), arguments)
                .median(self.measuring.runs, &measurer)?;
            let value = axis.value_of(cluster.shape());
            eprintln!("{value} {} {labels:?}: {}", axis.name(), report::cell(&outcome));
            match outcome {
                Outcome::Answered(cost) => points.push((value, cost)),
                Outcome::OverLimit(_) => break,
                Outcome::Failed(_) => bail!("haechi failed at {value} {}", axis.name()),
            }
        }
        Ok(Series { axis, labels, points })
    }
}

/// Draws processor time on the left and peak memory on the right, a line a kind of labels.
fn draw(axis: Axis, series: &[Series], path: &Path) -> Result<()> {
    let root = SVGBackend::new(path, (960, 360)).into_drawing_area();
    root.fill(&WHITE)?;
    let (left, right) = root.split_horizontally(480);
    panel(&left, axis, "CPU seconds", series, |cost| cost.cpu_seconds)?;
    panel(&right, axis, "peak memory, MB", series, |cost| {
        cost.peak_bytes as f64 / 1e6
    })?;
    root.present()
        .with_context(|| format!("cannot write {}", path.display()))
}

fn panel(
    area: &DrawingArea<SVGBackend<'_>, plotters::coord::Shift>,
    axis: Axis,
    title: &str,
    series: &[Series],
    figure: fn(&Cost) -> f64,
) -> Result<()> {
    let points = || series.iter().flat_map(|series| &series.points);
    let across = 0.0..margin(points().map(|(value, _)| *value as f64));
    let up: Range<f64> = 0.0..margin(points().map(|(_, cost)| figure(cost)));
    let mut chart = ChartBuilder::on(area)
        .caption(title, ("sans-serif", 16))
        .margin(12)
        .x_label_area_size(44)
        .y_label_area_size(56)
        .build_cartesian_2d(across, up)?;
    chart
        .configure_mesh()
        .disable_x_mesh()
        .x_labels(6)
        .y_labels(6)
        .x_label_formatter(&|value| report::grouped(*value as u64))
        .x_desc(axis.title())
        .label_style(("sans-serif", 12))
        .draw()?;
    for Series { labels, points, .. } in series {
        // Told apart by shape as well as by colour.
        let (name, colour, filled) = match labels {
            Labels::Workload => ("replicas share labels", RGBColor(0, 90, 156), true),
            Labels::Random => ("labels random for each pod", RGBColor(196, 78, 0), false),
        };
        let at = || points.iter().map(|(value, cost)| (*value as f64, figure(cost)));
        let dot = if filled {
            colour.filled()
        } else {
            colour.stroke_width(2)
        };
        chart
            .draw_series(LineSeries::new(at(), colour.stroke_width(2)))?
            .label(name)
            .legend(move |(x, y)| Circle::new((x + 8, y), 4, dot));
        chart.draw_series(at().map(|point| Circle::new(point, 4, dot)))?;
    }
    chart
        .configure_series_labels()
        .position(SeriesLabelPosition::UpperLeft)
        .background_style(WHITE.mix(0.8))
        .label_font(("sans-serif", 12))
        .draw()?;
    Ok(())
}

/// A little more than the largest, so that it does not touch the edge; never nothing.
fn margin(figures: impl Iterator<Item = f64>) -> f64 {
    figures.fold(f64::MIN_POSITIVE, f64::max) * 1.08
}
