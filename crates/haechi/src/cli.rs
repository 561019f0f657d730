//! The command line: every command, argument and value, with its help.

use std::ffi::OsString;
use std::path::PathBuf;

use clap::{Arg, ArgAction, Args, CommandFactory, FromArgMatches, Parser, Subcommand, ValueEnum, ValueHint};
use clap_complete::Shell;
use haechi_model::{Name, Profile};
use haechi_source::Input;
use ipnet::IpNet;

use crate::exit::Exit;
use crate::names::Asked;
use crate::port::PortQuery;
use crate::program::Program;
use crate::version;

mod examples;
mod format;
mod parse;

pub use examples::{Example, examples};
pub use format::{DiffFormat, DrawFormat, ExplainFormat, LintFormat, MinSeverity, ReachFormat, TestFormat};

/// The heading of what every command takes.
const GLOBAL: &str = "Global options";
/// The heading of how answers are printed.
const OUTPUT: &str = "Output";

/// Who may talk to whom in a Kubernetes cluster, and why.
///
/// Haechi reads manifests and network policies and gives the exact answer, with the file and the line
/// that decided it. It needs no cluster.
#[derive(Debug, Parser)]
#[command(
    name = "haechi",
    version = version::SHORT,
    long_version = version::LONG,
    disable_help_flag = true,
    disable_version_flag = true,
    disable_help_subcommand = true,
    subcommand_required = true,
    arg_required_else_help = true,
    max_term_width = 100
)]
pub struct Cli {
    /// What to do.
    #[command(subcommand)]
    pub command: Command,

    /// Whether to use colours.
    #[arg(
        long,
        global = true,
        value_name = "WHEN",
        default_value = "auto",
        help_heading = GLOBAL
    )]
    pub color: ColorWhen,
}

/// What to do.
#[derive(Debug, Subcommand)]
pub enum Command {
    /// Every connection that the policies allow.
    ///
    /// Lists who may talk to whom and on which ports: workloads, addresses outside of the cluster, and
    /// the backends of Services. What hangs on the data plane is listed apart.
    Reach(Reach),
    /// Why one may talk to another, or may not.
    ///
    /// Gives the verdict for each direction, tier by tier and policy by policy: the rule that decided,
    /// with its lines; the policies that select an end and did not matter; and the smallest change that
    /// would flip the verdict.
    Explain(Explain),
    /// What a change of the manifests opens and closes.
    ///
    /// Compares the connections that two sources allow: those that are added, removed, or on other ports
    /// than before, with the policies responsible.
    Diff(Diff),
    /// What is wrong, dead or dangerous in the policies.
    Lint(Lint),
    /// Whether the policies do what they are expected to.
    ///
    /// Reads expectations (`kind: ReachTest`, `apiVersion: haechi.dev/v1`) that are kept beside the
    /// manifests, and explains each that fails.
    Test(Test),
    /// Write a policy for what is there.
    ///
    /// Fills a recipe with the labels and ports of the sources, and shows which present connections the
    /// policy would cut and open before it prints it.
    New(New),
    /// Draw one policy.
    Draw(Draw),
    /// Print a script that completes commands in a shell.
    ///
    /// The script goes to standard output; your shell's documentation says where it belongs.
    Completions(Completions),
    /// Print manual pages.
    Man(Man),
}

/// Whether to use colours.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, ValueEnum)]
pub enum ColorWhen {
    /// On a terminal that has them, unless the environment says otherwise.
    #[default]
    Auto,
    /// Always.
    Always,
    /// Never.
    Never,
}

/// Where manifests come from, and how they are read.
#[derive(Args, Clone, Debug)]
#[command(next_help_heading = "Sources")]
pub struct Sources {
    /// Files, folders, globs or `-` for standard input, as often as you like.
    ///
    /// Folders are read with all folders in them. YAML with any number of documents, JSON, and lists as
    /// kubectl prints them. Quote a glob to leave it to haechi.
    #[arg(short, long = "file", value_name = "SOURCE", num_args = 1.., value_hint = ValueHint::AnyPath)]
    pub files: Vec<Input>,
    /// How the files are read.
    #[command(flatten)]
    pub reading: Reading,
}

/// [`Sources`] for commands that have arguments without a name, each of which would be taken for one more file.
#[derive(Args, Clone, Debug)]
#[command(next_help_heading = "Sources")]
pub struct NamedSources {
    /// A file, folder, glob or `-` for standard input; repeat it for more.
    ///
    /// Folders are read with all folders in them. YAML with any number of documents, JSON, and lists as
    /// kubectl prints them. Quote a glob to leave it to haechi.
    #[arg(short, long = "file", value_name = "SOURCE", value_hint = ValueHint::AnyPath)]
    pub files: Vec<Input>,
    /// How the files are read.
    #[command(flatten)]
    pub reading: Reading,
}

/// How sources are read.
#[derive(Args, Clone, Debug)]
#[command(next_help_heading = "Sources")]
pub struct Reading {
    /// The namespace of objects and names without one; lists are narrowed to it.
    ///
    /// Objects without a namespace are read as if they were in this one (without -n: `default`). Names on
    /// the command line are looked up in it first. Lists hold what has at least one end in it, unless -A
    /// is given.
    #[arg(short, long, value_name = "NAMESPACE")]
    pub namespace: Option<Name>,
    /// Do not narrow lists to the namespace.
    #[arg(short = 'A', long)]
    pub all_namespaces: bool,
    /// The data plane that enforces.
    ///
    /// Where the specification leaves a case open, it decides. Taken from the sources where they show it
    /// (objects of Calico, Cilium or the Amazon VPC CNI), else `kubernetes`: the specification alone.
    #[arg(long, value_name = "PROFILE", value_parser = parse::profile())]
    pub profile: Option<Profile>,
    /// Where pods' addresses are taken from, for pods that show none; repeat it for more.
    ///
    /// Whether an address block holds a pod hangs on it. Without it: the ranges that Nodes show, else the private ones
    /// of IPv4 (10.0.0.0/8, 100.64.0.0/10, 172.16.0.0/12, 192.168.0.0/16).
    #[arg(long, value_name = "CIDR")]
    pub pod_cidr: Vec<IpNet>,
}

impl Reading {
    /// The namespace to narrow lists to.
    #[must_use]
    pub fn narrow_to(&self) -> Option<&Name> {
        self.namespace.as_ref().filter(|_| !self.all_namespaces)
    }
}

/// Arguments of `reach`.
#[derive(Args, Clone, Debug)]
pub struct Reach {
    /// Where manifests come from.
    #[command(flatten)]
    pub sources: Sources,
    /// Only connections from these; repeat it for more.
    ///
    /// A workload, pod, Service, address, block or node, or every workload of a namespace (`shop/`).
    #[arg(long, value_name = "END", help_heading = "Narrowing")]
    pub from: Vec<Asked>,
    /// Only connections to these; repeat it for more.
    #[arg(long, value_name = "END", help_heading = "Narrowing")]
    pub to: Vec<Asked>,
    /// Only connections on these ports; repeat it for more: 80, 53/UDP, 8000-8010, http.
    #[arg(long, value_name = "PORT", help_heading = "Narrowing")]
    pub port: Vec<PortQuery>,
    /// Name pods rather than what owns them, as is done where --from or --to names a pod.
    #[arg(long, help_heading = OUTPUT)]
    pub pods: bool,
    /// Add what else each workload would accept or reach: pods that no manifest names.
    #[arg(long, conflicts_with = "port", help_heading = OUTPUT)]
    pub exposure: bool,
    /// How to print the answer.
    #[arg(short, long, value_name = "FORMAT", default_value = "table", help_heading = OUTPUT)]
    pub output: ReachFormat,
}

/// Arguments of `explain`.
#[derive(Args, Clone, Debug)]
pub struct Explain {
    /// Who begins to talk: a workload, pod, Service, address, node or domain name.
    ///
    /// `web`, `shop/web`, `deploy/web`, `shop/Deployment/web`, `pod/cart-0`, `svc/web`, `10.0.0.1`, `node:NAME`,
    /// `fqdn:example.com`.
    pub from: Asked,
    /// Who is talked to, named alike.
    pub to: Asked,
    /// The port of the one talked to: 80, 53/UDP, http; TCP where no protocol is named. Without it: every port.
    pub port: Option<PortQuery>,
    /// Where manifests come from.
    #[command(flatten)]
    pub sources: NamedSources,
    /// How to print the answer.
    #[arg(short, long, value_name = "FORMAT", default_value = "table", help_heading = OUTPUT)]
    pub output: ExplainFormat,
}

/// Arguments of `diff`.
#[derive(Args, Clone, Debug)]
pub struct Diff {
    /// The source as it was: a file, folder, glob or `-`.
    #[arg(value_hint = ValueHint::AnyPath)]
    pub old: Input,
    /// The source as it is to be.
    #[arg(value_hint = ValueHint::AnyPath)]
    pub new: Input,
    /// Sources that belong to both sides, such as the cluster beside two sets of policies.
    #[command(flatten)]
    pub sources: NamedSources,
    /// How to print the answer.
    #[arg(short, long, value_name = "FORMAT", default_value = "table", help_heading = OUTPUT)]
    pub output: DiffFormat,
}

/// Arguments of `lint`.
#[derive(Args, Clone, Debug)]
pub struct Lint {
    /// Say what a code means and what to do about it, and do nothing else.
    #[arg(long, value_name = "CODE", conflicts_with = "files")]
    pub explain: Option<String>,
    /// Leave out findings of this code or name; repeat it for more.
    ///
    /// One finding alone is accepted where it stands: by the annotation `haechi.dev/lint-ignore: CODE` on its object, or
    /// the comment `# haechi: ignore CODE` on its line or before it.
    #[arg(long, value_name = "CODE")]
    pub ignore: Vec<String>,
    /// Leave out what is less bad than this.
    #[arg(long, value_name = "SEVERITY", default_value = "note")]
    pub min_severity: MinSeverity,
    /// Where manifests come from.
    #[command(flatten)]
    pub sources: Sources,
    /// How to print the findings.
    #[arg(short, long, value_name = "FORMAT", default_value = "table", help_heading = OUTPUT)]
    pub output: LintFormat,
}

/// Arguments of `test`.
#[derive(Args, Clone, Debug)]
pub struct Test {
    /// Expectations: files, folders or globs.
    #[arg(required_unless_present = "init", value_hint = ValueHint::AnyPath)]
    pub tests: Vec<Input>,
    /// Write the present reachability of a workload as a test to keep.
    #[arg(long, value_name = "WORKLOAD", conflicts_with = "tests")]
    pub init: Option<Asked>,
    /// Where manifests come from.
    #[command(flatten)]
    pub sources: NamedSources,
    /// How to print the results.
    #[arg(short, long, value_name = "FORMAT", default_value = "table", help_heading = OUTPUT)]
    pub output: TestFormat,
}

/// Arguments of `new`.
#[derive(Args, Clone, Debug)]
pub struct New {
    /// The recipe's name.
    #[arg(required_unless_present = "list")]
    pub recipe: Option<String>,
    /// List the recipes.
    #[arg(long, conflicts_with = "recipe")]
    pub list: bool,
    /// Where manifests come from.
    #[command(flatten)]
    pub sources: NamedSources,
    /// The workload that the policy is for; without it, the namespace.
    #[arg(long, value_name = "WORKLOAD", help_heading = "Recipe")]
    pub apply_to: Option<Asked>,
    /// Who may talk to it; repeat it for more.
    #[arg(long, value_name = "END", help_heading = "Recipe")]
    pub from: Vec<Asked>,
    /// Whom it may talk to; repeat it for more.
    #[arg(long, value_name = "END", help_heading = "Recipe")]
    pub to: Vec<Asked>,
    /// On which ports; repeat it for more. Without it, those that the workload declares.
    #[arg(long, value_name = "PORT", help_heading = "Recipe")]
    pub port: Vec<PortQuery>,
    /// A block inside of the one named by --from or --to that is left out; repeat it for more.
    #[arg(long, value_name = "CIDR", help_heading = "Recipe")]
    pub except: Vec<IpNet>,
    /// The policy's name; without it, one that says what the policy does.
    #[arg(long, value_name = "NAME", help_heading = "Recipe")]
    pub name: Option<Name>,
}

/// Arguments of `draw`.
#[derive(Args, Clone, Debug)]
pub struct Draw {
    /// The policy: `allow-web`, `shop/allow-web`, `netpol/allow-web`; or a file that holds just one.
    pub policy: String,
    /// Where manifests come from.
    #[command(flatten)]
    pub sources: NamedSources,
    /// How to draw it.
    #[arg(short, long, value_name = "FORMAT", default_value = "svg", help_heading = OUTPUT)]
    pub output: DrawFormat,
}

/// Arguments of `completions`.
#[derive(Args, Clone, Copy, Debug)]
pub struct Completions {
    /// The shell.
    pub shell: Shell,
}

/// Arguments of `man`.
#[derive(Args, Clone, Debug)]
pub struct Man {
    /// The command whose page to print; without it, the page of haechi itself.
    #[arg(conflicts_with = "out")]
    pub command: Option<String>,
    /// Write all pages into this folder instead.
    #[arg(long, value_name = "DIR", value_hint = ValueHint::DirPath)]
    pub out: Option<PathBuf>,
}

/// The whole command line as users of `program` see it, with examples and exit codes.
#[must_use]
pub fn command(program: Program) -> clap::Command {
    let version = Arg::new("version")
        .short('V')
        .long("version")
        .action(ArgAction::Version);
    let version = version
        .help("Print the version; --version tells its build, too")
        .help_heading(GLOBAL);
    let mut command = finished(Cli::command().arg(version), program, None);
    let names: Vec<String> = command.get_subcommands().map(|c| c.get_name().to_owned()).collect();
    for name in &names {
        command = command.mut_subcommand(name, |c| finished(c, program, Some(name)));
    }
    command.bin_name(program.name())
}

/// A command with what stands below the others in its help.
fn finished(command: clap::Command, program: Program, name: Option<&str>) -> clap::Command {
    let help = Arg::new("help").short('h').long("help").action(ArgAction::Help);
    let help = help.help("Print help; --help says more").help_heading(GLOBAL);
    command
        .disable_help_flag(true)
        .arg(help)
        .after_help(examples::after_help(program, name))
}

/// Reads the command line.
///
/// # Errors
/// How to end where there is nothing to do: help and version are printed then, or what is wrong.
pub fn parse(program: Program, arguments: &[OsString]) -> Result<Cli, Exit> {
    let color = match parse::color(arguments) {
        ColorWhen::Auto => clap::ColorChoice::Auto,
        ColorWhen::Always => clap::ColorChoice::Always,
        ColorWhen::Never => clap::ColorChoice::Never,
    };
    // No arguments at all are a question, not a mistake.
    let help = [OsString::from(program.name()), OsString::from("-h")];
    let arguments = if arguments.len() > 1 { arguments } else { &help };
    command(program)
        .color(color)
        .try_get_matches_from(arguments)
        .and_then(|matches| Cli::from_arg_matches(&matches))
        .map_err(|error| {
            // Whoever closed the other end does not want to know.
            let _ = error.print();
            parse::hint(&error, arguments);
            if error.use_stderr() { Exit::Error } else { Exit::Clean }
        })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn is_consistent() {
        command(Program::Haechi).debug_assert();
    }

    #[test]
    fn every_example_is_understood() {
        let command = command(Program::Haechi);
        for subcommand in command.get_subcommands() {
            let examples = examples(subcommand.get_name());
            assert!(!examples.is_empty(), "{} has no example", subcommand.get_name());
            for example in examples {
                for part in example.command.split(" | ").filter(|part| part.starts_with("haechi ")) {
                    let part = part.split(" > ").next().unwrap_or_default();
                    let words = part.split(' ').map(|word| word.trim_matches('\''));
                    let parsed = command.clone().try_get_matches_from(words);
                    let parsed = parsed.and_then(|matches| Cli::from_arg_matches(&matches));
                    assert!(parsed.is_ok(), "{part}: {}", parsed.expect_err("it is none"));
                }
            }
        }
    }
}
