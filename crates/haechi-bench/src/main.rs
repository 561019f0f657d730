//! `haechi-bench`: makes clusters, runs Haechi and its peers on them, and writes what came of it into the documentation.

use std::{
    ffi::OsString,
    fs::File,
    io::{self, BufWriter, ErrorKind, Write},
    path::{Path, PathBuf},
    process::ExitCode,
    time::Duration,
};

use anyhow::{Context, Result};
use clap::{Args, Parser, Subcommand, ValueEnum};
use haechi_bench::{
    generate::{Cluster, Labels, Objects, Shape},
    measure, report,
};

mod command;
mod growth;
mod parts;
mod peers;
mod phases;

/// Generated clusters, and how fast Haechi and its peers answer for them.
#[derive(Debug, Parser)]
#[command(version)]
struct Cli {
    #[command(subcommand)]
    command: Subcommands,
}

#[derive(Debug, Subcommand)]
enum Subcommands {
    /// Write a cluster as YAML to standard output.
    Generate(Generate),
    /// Run haechi and its peers on the same clusters, growing, until each takes longer than the limit.
    Peers(peers::Peers),
    /// Plot how the cost of haechi grows with pods, policies, labels and ports.
    Growth(growth::Growth),
    /// Measure what the documentation promises of the haechi command.
    Command(command::Promises),
    /// Gather what criterion measured of reading and of the engine.
    Parts(parts::Parts),
    /// Run one command and print what it cost, as JSON.
    #[command(hide = true)]
    Measure(Measure),
}

#[derive(Debug, Args)]
struct Generate {
    /// Namespaces, kube-system, monitoring and ingress-nginx included.
    #[arg(long, default_value_t = Shape::default().namespaces)]
    namespaces: usize,
    /// Pods.
    #[arg(long, default_value_t = Shape::default().pods)]
    pods: usize,
    /// Network policies.
    #[arg(long, default_value_t = Shape::default().policies)]
    policies: usize,
    /// Admin network policies.
    #[arg(long, default_value_t = Shape::default().admin_policies)]
    admin_policies: usize,
    /// Pods of a workload.
    #[arg(long, default_value_t = Shape::default().replicas)]
    replicas: usize,
    /// Whether the pods of a workload share their labels, or each pod has its own.
    #[arg(long, value_enum, default_value = "workload")]
    labels: LabelsArg,
    /// Label keys that policies use besides app, tier, team, version and canary.
    #[arg(long, default_value_t = Shape::default().label_keys)]
    label_keys: usize,
    /// Port numbers in use in the whole cluster.
    #[arg(long, default_value_t = Shape::default().ports)]
    ports: usize,
    /// Of a hundred policies of applications, how many speak of addresses.
    #[arg(long, value_name = "PERCENT", default_value_t = Shape::default().cidr_share)]
    cidr_share: usize,
    /// Of a hundred policies from one application to another, how many speak of pods of every namespace.
    #[arg(long, value_name = "PERCENT", default_value_t = Shape::default().wide_share)]
    wide_share: usize,
    /// Of a hundred workloads, how many are StatefulSets.
    #[arg(long, value_name = "PERCENT", default_value_t = Shape::default().stateful_share)]
    stateful_share: usize,
    /// What to write pods as.
    #[arg(long = "as", value_enum, default_value = "pods")]
    objects: ObjectsArg,
    /// Where the draws begin: the same seed gives the same bytes.
    #[arg(long, default_value_t = Shape::default().seed)]
    seed: u64,
}

#[derive(Debug, Clone, Copy, ValueEnum)]
enum LabelsArg {
    Workload,
    Random,
}

#[derive(Debug, Clone, Copy, ValueEnum)]
enum ObjectsArg {
    Pods,
    Workloads,
}

#[derive(Debug, Args)]
struct Measure {
    /// When to stop the command.
    #[arg(long)]
    limit_seconds: u64,
    /// Where its standard output goes.
    #[arg(long)]
    stdout: PathBuf,
    /// Where its standard error goes.
    #[arg(long)]
    stderr: PathBuf,
    /// The command and its arguments.
    #[arg(last = true, required = true)]
    command: Vec<OsString>,
}

/// What all measuring subcommands are told.
#[derive(Debug, Args)]
struct Measuring {
    /// The haechi to measure; without it, the one beside this program.
    #[arg(long, env = "HAECHI", value_name = "PROGRAM")]
    haechi: Option<PathBuf>,
    /// Runs of each measurement, of which the median counts.
    #[arg(long, default_value_t = 3)]
    runs: usize,
    /// Seconds after which a command is stopped.
    #[arg(long, env = "LIMIT", value_name = "SECONDS", default_value_t = 180)]
    limit: u64,
    #[command(flatten)]
    publishing: Publishing,
}

/// Where figures go.
#[derive(Debug, Args)]
struct Publishing {
    /// The Markdown document whose section to replace; without it, the section goes to standard output.
    #[arg(long, value_name = "FILE")]
    update: Option<PathBuf>,
    /// Where the raw figures go, as JSON.
    #[arg(long, value_name = "FILE")]
    json: Option<PathBuf>,
}

fn main() -> ExitCode {
    match run(Cli::parse()) {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) if is_broken_pipe(&error) => ExitCode::SUCCESS,
        Err(error) => {
            eprintln!("haechi-bench: {error:#}");
            ExitCode::from(2)
        }
    }
}

fn run(cli: Cli) -> Result<()> {
    match cli.command {
        Subcommands::Generate(arguments) => {
            let cluster = Cluster::plan(arguments.shape())?;
            let mut out = BufWriter::with_capacity(1 << 16, io::stdout().lock());
            cluster.write(&mut out)?;
            Ok(out.flush()?)
        }
        Subcommands::Peers(arguments) => arguments.run(),
        Subcommands::Growth(arguments) => arguments.run(),
        Subcommands::Command(arguments) => arguments.run(),
        Subcommands::Parts(arguments) => arguments.run(),
        Subcommands::Measure(Measure {
            limit_seconds,
            stdout,
            stderr,
            command,
        }) => {
            let (program, arguments) = command.split_first().context("no command")?;
            let limit = Duration::from_secs(limit_seconds);
            let outcome = measure::run_here(Path::new(program), arguments, &stdout, &stderr, limit)?;
            println!("{}", serde_json::to_string(&outcome)?);
            Ok(())
        }
    }
}

impl Generate {
    fn shape(&self) -> Shape {
        Shape {
            namespaces: self.namespaces,
            pods: self.pods,
            policies: self.policies,
            admin_policies: self.admin_policies,
            replicas: self.replicas,
            labels: match self.labels {
                LabelsArg::Workload => Labels::Workload,
                LabelsArg::Random => Labels::Random,
            },
            label_keys: self.label_keys,
            ports: self.ports,
            cidr_share: self.cidr_share,
            wide_share: self.wide_share,
            stateful_share: self.stateful_share,
            objects: match self.objects {
                ObjectsArg::Pods => Objects::Pods,
                ObjectsArg::Workloads => Objects::Workloads,
            },
            seed: self.seed,
        }
    }
}

impl Measuring {
    /// The haechi that was named, or the one beside this program if there is one.
    fn haechi(&self) -> Result<Option<PathBuf>> {
        if let Some(named) = &self.haechi {
            anyhow::ensure!(named.is_file(), "there is no {}", named.display());
            return Ok(Some(named.clone()));
        }
        let beside = std::env::current_exe()?.with_file_name(format!("haechi{}", std::env::consts::EXE_SUFFIX));
        Ok(beside.is_file().then_some(beside))
    }

    fn required_haechi(&self) -> Result<PathBuf> {
        self.haechi()?
            .context("no haechi beside this program: build it in release mode, or name it with --haechi")
    }

    fn probe(&self, program: &Path, work: &Path, arguments: Vec<OsString>) -> measure::Probe {
        measure::Probe {
            program: program.to_owned(),
            arguments,
            environment: vec![],
            stdout: work.join("stdout"),
            stderr: work.join("stderr"),
            limit: Duration::from_secs(self.limit),
        }
    }
}

impl Publishing {
    /// Puts a section into the document to update, or prints it; and writes the figures, if they are wanted.
    fn publish(&self, section: &str, markdown: &str, figures: &impl serde::Serialize) -> Result<()> {
        match &self.update {
            None => println!("{markdown}"),
            Some(path) => {
                let document =
                    std::fs::read_to_string(path).with_context(|| format!("cannot read {}", path.display()))?;
                let document = report::replace_section(&document, section, markdown)
                    .with_context(|| format!("cannot update {}", path.display()))?;
                std::fs::write(path, document).with_context(|| format!("cannot write {}", path.display()))?;
            }
        }
        if let Some(path) = &self.json {
            let mut text = serde_json::to_string_pretty(figures)?;
            text.push('\n');
            std::fs::write(path, text).with_context(|| format!("cannot write {}", path.display()))?;
        }
        Ok(())
    }
}

/// Writes a cluster into a file and says how many bytes it has.
fn write_cluster(shape: Shape, path: &Path) -> Result<(Cluster, u64)> {
    let cluster = Cluster::plan(shape)?;
    write_file(path, |out| cluster.write(out))?;
    Ok((cluster, path.metadata()?.len()))
}

fn write_file(path: &Path, write: impl FnOnce(&mut BufWriter<File>) -> io::Result<()>) -> Result<()> {
    let context = || format!("cannot write {}", path.display());
    let mut out = BufWriter::with_capacity(1 << 16, File::create(path).with_context(context)?);
    write(&mut out).and_then(|()| out.flush()).with_context(context)
}

fn is_broken_pipe(error: &anyhow::Error) -> bool {
    error
        .downcast_ref::<io::Error>()
        .is_some_and(|error| error.kind() == ErrorKind::BrokenPipe)
}
