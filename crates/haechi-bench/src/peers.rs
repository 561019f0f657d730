//! Haechi and other analysers on the same clusters.
//!
//! The peers are built from their Go modules, as `bench/peers/` pins them, into a cache folder outside of the checkout,
//! and asked as their documentation shows. netpol-analyzer lists every allowed connection, as `haechi reach` does;
//! cyclonus judges every pair of pods on one port, the least that it can be asked.

use std::{
    env,
    ffi::OsString,
    path::{Path, PathBuf},
    process::Command,
};

use anyhow::{Context, Result, bail};
use clap::Args;
use haechi_bench::{
    generate::{Cluster, Labels, METRICS_PORT, Shape},
    machine::Machine,
    measure::Outcome,
    report,
};
use serde::Serialize;

use crate::{Measuring, write_file};

mod agreement;

/// Where each peer's go.mod lies, in a folder of the peer's name.
const PINS: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/../../bench/peers");

#[derive(Debug, Args)]
pub(crate) struct Peers {
    /// Pods of the clusters, growing.
    #[arg(
        long,
        env = "SIZES",
        value_delimiter = ',',
        default_value = "100,300,1000,3000,10000,30000,100000"
    )]
    sizes: Vec<usize>,
    /// A netpol-analyzer that is there already.
    #[arg(long, env = "NETPOL_ANALYZER", value_name = "PROGRAM")]
    netpol_analyzer: Option<PathBuf>,
    /// A cyclonus that is there already.
    #[arg(long, env = "CYCLONUS", value_name = "PROGRAM")]
    cyclonus: Option<PathBuf>,
    #[command(flatten)]
    measuring: Measuring,
}

/// Who is measured.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(rename_all = "kebab-case")]
enum Tool {
    /// The list of all connections.
    Haechi,
    /// Their counts alone.
    HaechiSummary,
    NetpolAnalyzer,
    Cyclonus,
}

impl Tool {
    fn name(self) -> &'static str {
        match self {
            Self::Haechi => "haechi",
            Self::HaechiSummary => "haechi, counts alone",
            Self::NetpolAnalyzer => "netpol-analyzer",
            Self::Cyclonus => "cyclonus",
        }
    }

    /// The Go package of the program.
    fn package(self) -> Option<&'static str> {
        match self {
            Self::Haechi | Self::HaechiSummary => None,
            Self::NetpolAnalyzer => Some("github.com/np-guard/netpol-analyzer/cmd/netpolicy"),
            Self::Cyclonus => Some("github.com/mattfenwick/cyclonus/cmd/cyclonus"),
        }
    }

    /// Arguments that ask for all pairs of the cluster in `folder`, as [`Files`] lie there.
    fn arguments(self, files: &Files) -> Vec<OsString> {
        let path = |path: &Path| path.as_os_str().to_owned();
        match self {
            Self::Haechi => reach(files, "csv"),
            Self::HaechiSummary => reach(files, "summary"),
            Self::NetpolAnalyzer => {
                let mut arguments: Vec<OsString> = ["list", "--quiet", "--output", "txt", "--dirpath"]
                    .map(Into::into)
                    .into();
                arguments.push(path(&files.manifests));
                arguments
            }
            Self::Cyclonus => {
                let mut arguments: Vec<OsString> =
                    ["analyze", "--mode", "probe", "--policy-path"].map(Into::into).into();
                arguments.extend([path(&files.policies), "--probe-path".into(), path(&files.probe)]);
                arguments
            }
        }
    }
}

fn reach(files: &Files, output: &str) -> Vec<OsString> {
    let manifests = files.manifests.as_os_str().to_owned();
    vec!["reach".into(), "-f".into(), manifests, "-o".into(), output.into()]
}

/// One cluster in the forms that the tools read.
struct Files {
    /// A folder with everything.
    manifests: PathBuf,
    /// The file in it with the policies.
    policies: PathBuf,
    /// Namespaces and pods for cyclonus, which reads no manifests of them.
    probe: PathBuf,
}

#[derive(Debug, Serialize)]
struct Figures {
    #[serde(rename = "schemaVersion")]
    schema_version: &'static str,
    machine: Machine,
    versions: Vec<(Tool, String)>,
    runs: usize,
    limit_seconds: u64,
    rows: Vec<Row>,
}

#[derive(Debug, Serialize)]
struct Row {
    shape: Shape,
    outcomes: Vec<(Tool, Outcome)>,
    /// Connections between workloads that haechi and netpol-analyzer list alike, and how many they do not; missing if
    /// one of them did not answer.
    compared: Option<(usize, usize)>,
}

impl Peers {
    pub(crate) fn run(&self) -> Result<()> {
        let mut tools = Vec::new();
        match self.measuring.haechi()? {
            Some(haechi) => tools.extend([(Tool::Haechi, haechi.clone()), (Tool::HaechiSummary, haechi)]),
            None => eprintln!("no haechi beside this program (see --haechi): the peers run alone"),
        }
        tools.extend(self.peers()?);
        let versions = tools
            .iter()
            .map(|(tool, program)| Ok((*tool, version(*tool, program)?)))
            .collect::<Result<_>>()?;

        let mut rows = Vec::new();
        for labels in [Labels::Workload, Labels::Random] {
            let mut running = tools.clone();
            for &pods in &self.sizes {
                // netpol-analyzer 1.4.4 crashes on replicas whose labels differ, as those of a StatefulSet do.
                let shape = Shape {
                    labels,
                    stateful_share: 0,
                    ..Shape::of_pods(pods)
                };
                let row = self.row(shape, &mut running)?;
                rows.push(row);
                if running.is_empty() {
                    break;
                }
            }
        }
        let figures = Figures {
            schema_version: "haechi.dev/bench-peers/v1",
            machine: Machine::this(),
            versions,
            runs: self.measuring.runs,
            limit_seconds: self.measuring.limit,
            rows,
        };
        self.measuring
            .publishing
            .publish("peers", &figures.to_markdown(), &figures)
    }

    /// The peers, built if need be.
    fn peers(&self) -> Result<[(Tool, PathBuf); 2]> {
        let program = |tool, named: &Option<PathBuf>| named.clone().map_or_else(|| build(tool), Ok);
        Ok([
            (
                Tool::NetpolAnalyzer,
                program(Tool::NetpolAnalyzer, &self.netpol_analyzer)?,
            ),
            (Tool::Cyclonus, program(Tool::Cyclonus, &self.cyclonus)?),
        ])
    }

    /// Measures every tool that still runs; one that does not answer within the limit runs no more.
    fn row(&self, shape: Shape, running: &mut Vec<(Tool, PathBuf)>) -> Result<Row> {
        let work = tempfile::tempdir()?;
        let cluster = Cluster::plan(shape)?;
        let files = Files::write(&cluster, work.path())?;
        let measurer = env::current_exe()?;
        let mut outcomes = Vec::new();
        for (tool, program) in running.iter() {
            let mut probe = self.measuring.probe(program, work.path(), tool.arguments(&files));
            probe.stdout = work.path().join(tool.name());
            let outcome = probe.median(self.measuring.runs, &measurer)?;
            eprintln!(
                "{} pods, {}: {}",
                cluster.shape().pods,
                tool.name(),
                report::cell(&outcome)
            );
            if let Outcome::Failed(_) = outcome {
                let stderr = std::fs::read_to_string(&probe.stderr).unwrap_or_default();
                eprintln!("{}", stderr.lines().next().unwrap_or_default());
            }
            outcomes.push((*tool, outcome));
        }
        let answered = |tool: Tool| {
            outcomes
                .iter()
                .any(|(t, o)| *t == tool && matches!(o, Outcome::Answered(_)))
        };
        running.retain(|(tool, _)| answered(*tool));
        let mut compared = None;
        if answered(Tool::Haechi) && answered(Tool::NetpolAnalyzer) {
            let [ours, theirs] = [Tool::Haechi, Tool::NetpolAnalyzer].map(|tool| work.path().join(tool.name()));
            let agreement::Agreement { connections, differing } = agreement::compare(&ours, &theirs)?;
            if let Some(first) = differing.first() {
                eprintln!("haechi and netpol-analyzer differ: {first}");
            }
            compared = Some((connections - differing.len(), differing.len()));
        }
        Ok(Row {
            shape: cluster.shape().clone(),
            outcomes,
            compared,
        })
    }
}

impl Files {
    fn write(cluster: &Cluster, folder: &Path) -> Result<Self> {
        let manifests = folder.join("manifests");
        std::fs::create_dir(&manifests)?;
        let policies = manifests.join("policies.yaml");
        let probe = folder.join("probe.json");
        write_file(&manifests.join("cluster.yaml"), |out| cluster.write_objects(out))?;
        write_file(&policies, |out| cluster.write_policy_list(out))?;
        write_file(&probe, |out| cluster.write_cyclonus_probe(METRICS_PORT, out))?;
        Ok(Self {
            manifests,
            policies,
            probe,
        })
    }
}

impl Figures {
    fn to_markdown(&self) -> String {
        let tools: Vec<Tool> = self.versions.iter().map(|(tool, _)| *tool).collect();
        let mut columns = vec!["pods", "policies"];
        columns.extend(tools.iter().map(|tool| tool.name()));
        let versions: Vec<_> = self
            .versions
            .iter()
            .filter(|(tool, _)| *tool != Tool::HaechiSummary)
            .map(|(tool, version)| format!("{} {version}", tool.name()))
            .collect();

        let mut text = format!(
            "On {}; {}. Wall clock · processor time · peak memory, median of {}; a tool is stopped after {} s and not run \
             on anything larger.\n",
            self.machine,
            versions.join(", "),
            self.runs,
            self.limit_seconds
        );
        let kinds = [
            (Labels::Workload, "Ten replicas a workload"),
            (Labels::Random, "Every pod its own workload, labels random"),
        ];
        for (labels, title) in kinds {
            let rows: Vec<Vec<String>> = self
                .rows
                .iter()
                .filter(|row| row.shape.labels == labels)
                .map(|row| {
                    let mut cells = vec![
                        report::grouped(row.shape.pods as u64),
                        report::grouped(row.shape.policies as u64),
                    ];
                    cells.extend(tools.iter().map(|tool| {
                        let found = row.outcomes.iter().find(|(measured, _)| measured == tool);
                        found.map_or_else(|| "–".to_owned(), |(_, outcome)| report::cell(outcome))
                    }));
                    cells
                })
                .collect();
            text += &format!("\n{title}:\n\n{}", report::table(&columns, &rows));
        }
        let compared = || self.rows.iter().filter_map(|row| row.compared);
        let (alike, differing) = compared().fold((0, 0), |sum, row| (sum.0 + row.0, sum.1 + row.1));
        if compared().next().is_some() {
            text += &format!(
                "\nIn the {} clusters that both haechi and netpol-analyzer finished, they list {} connections between \
                 workloads with the same ports, and {} differently.\n",
                compared().count(),
                report::grouped(alike as u64),
                report::grouped(differing as u64)
            );
        }
        text
    }
}

/// Builds a peer as its go.mod pins it, or finds it built.
fn build(tool: Tool) -> Result<PathBuf> {
    let package = tool.package().context("not a Go program")?;
    let pins = Path::new(PINS).join(tool.name());
    let version = pinned_version(tool, &pins)?;
    let program = cache_folder()?.join(format!("{}-{version}{}", tool.name(), env::consts::EXE_SUFFIX));
    if program.is_file() {
        return Ok(program);
    }
    eprintln!("building {package} {version}");
    let built = Command::new("go")
        .args(["build", "-mod=readonly", "-trimpath", "-o"])
        .arg(&program)
        .arg(package)
        .current_dir(&pins)
        .status()
        .context("cannot run go, which the peers are built with (see https://go.dev/dl/)")?;
    if !built.success() {
        bail!("go cannot build {package} in {}", pins.display());
    }
    Ok(program)
}

fn version(tool: Tool, program: &Path) -> Result<String> {
    if tool.package().is_none() {
        let output = Command::new(program).arg("--version").output()?;
        let text = String::from_utf8_lossy(&output.stdout);
        let line = text.lines().next().unwrap_or_default();
        // Without the build in parentheses, which changes with every commit.
        return Ok(line.split(' ').nth(1).unwrap_or(line).to_owned());
    }
    pinned_version(tool, &Path::new(PINS).join(tool.name()))
}

/// The version after the module's path in go.mod.
fn pinned_version(tool: Tool, pins: &Path) -> Result<String> {
    let path = pins.join("go.mod");
    let text = std::fs::read_to_string(&path).with_context(|| format!("cannot read {}", path.display()))?;
    let module = tool
        .package()
        .and_then(|package| package.split("/cmd/").next())
        .context("not a Go program")?;
    text.lines()
        .filter_map(|line| line.trim().trim_start_matches("require ").split_once(' '))
        .find_map(|(name, version)| (name == module).then(|| version.to_owned()))
        .with_context(|| format!("{} does not require {module}", path.display()))
}

fn cache_folder() -> Result<PathBuf> {
    let set = |name| env::var_os(name).filter(|value| !value.is_empty()).map(PathBuf::from);
    let cache = set("XDG_CACHE_HOME")
        .or_else(|| Some(set("HOME")?.join(".cache")))
        .context("no HOME for a cache folder")?;
    let folder = cache.join("haechi/peers");
    std::fs::create_dir_all(&folder).with_context(|| format!("cannot make {}", folder.display()))?;
    Ok(folder)
}
