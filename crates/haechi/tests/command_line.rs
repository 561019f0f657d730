//! The program as users run it: what it prints, where, and how it ends.

use std::fmt::Write as _;
use std::io::Write as _;
use std::path::{Path, PathBuf};
use std::process::{Command, Output, Stdio};

/// A small cluster that shows every part of an answer.
const FIXTURE: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/tests/fixture");

/// The program in the folder of the fixture, with nothing of the environment that changes what it prints.
fn haechi() -> Command {
    let mut command = Command::new(env!("CARGO_BIN_EXE_haechi"));
    command.current_dir(FIXTURE).stdin(Stdio::null());
    for variable in haechi::env::ALL {
        command.env_remove(variable.name);
    }
    command
}

/// Runs the program as a line of shell would, without any quoting.
fn run(line: &str) -> Output {
    let mut words = line.split_whitespace();
    assert_eq!(words.next(), Some("haechi"));
    haechi().args(words).output().expect("it runs")
}

/// Everything that a run left behind.
fn told(output: &Output) -> String {
    let mut text = String::new();
    for (name, stream) in [("stdout", &output.stdout), ("stderr", &output.stderr)] {
        let stream = std::str::from_utf8(stream).expect("it is text");
        if !stream.is_empty() {
            let _ = write!(text, "----- {name} -----\n{stream}");
        }
    }
    let code = output.status.code().expect("it was not killed");
    let _ = writeln!(text, "----- exit code {code} -----");
    text
}

/// Snapshots of runs, each named by its line.
macro_rules! snapshots {
    ($($name:ident: $line:expr;)*) => {
        $(
            #[test]
            fn $name() {
                insta::with_settings!({ description => $line, omit_expression => true }, {
                    insta::assert_snapshot!(stringify!($name), told(&run($line)));
                });
            }
        )*
    };
}

snapshots! {
    help: "haechi --help";
    help_alone: "haechi";
    help_reach: "haechi reach --help";
    help_explain: "haechi explain --help";
    help_diff: "haechi diff --help";
    help_lint: "haechi lint --help";
    help_test: "haechi test --help";
    help_new: "haechi new --help";
    help_draw: "haechi draw --help";
    help_completions: "haechi completions -h";
    help_man: "haechi man -h";
    no_sources: "haechi reach";
    no_such_command: "haechi raech -f .";
    no_such_value: "haechi reach -f . --profile clium";
    no_such_name: "haechi reach -f cluster.yaml policies --to shop/catr";
    no_such_namespace: "haechi reach -f cluster.yaml policies -n shpo";
    no_such_port: "haechi reach -f . --port 80/tpc";
    no_such_file: "haechi reach -f missing.yaml";
    ambiguous_name: "haechi reach -f cluster.yaml policies --from web";
    one_more_file: "haechi explain -f cluster.yaml policies shop/web shop/cart 80";
    broken: "haechi reach -f .";
    reach_table: "haechi reach -f cluster.yaml policies";
    reach_wide: "haechi reach -f cluster.yaml policies -o wide";
    reach_json: "haechi reach -f cluster.yaml policies -o json";
    reach_yaml: "haechi reach -f cluster.yaml policies -o yaml -n lab";
    reach_csv: "haechi reach -f cluster.yaml policies -o csv";
    reach_md: "haechi reach -f cluster.yaml policies -o md";
    reach_dot: "haechi reach -f cluster.yaml policies -o dot";
    reach_mermaid: "haechi reach -f cluster.yaml policies -o mermaid";
    reach_summary: "haechi reach -f cluster.yaml policies -o summary";
    reach_namespace: "haechi reach -f cluster.yaml policies -n lab";
    reach_everywhere: "haechi reach -f cluster.yaml policies -n lab -A --to data/";
    reach_from_outside: "haechi reach -f cluster.yaml policies --from 0.0.0.0/0";
    reach_port: "haechi reach -f cluster.yaml policies --port http";
    reach_pods: "haechi reach -f cluster.yaml policies --from pod/postgres-0";
    reach_service: "haechi reach -f cluster.yaml policies --to svc/shop";
    reach_cilium: "haechi reach -f cluster.yaml policies --profile cilium --from lab/";
    reach_exposure: "haechi reach -f cluster.yaml policies --exposure --to data/postgres";
    reach_nothing: "haechi reach -f cluster.yaml policies --from shop/cart --to lab/web";
    summary_of_some: "haechi reach -f cluster.yaml -o summary --port 80";
}

#[test]
fn tables_are_as_wide_as_columns_says() {
    for columns in ["80", "120"] {
        let mut command = haechi();
        command.env("COLUMNS", columns).env("LC_ALL", "C.UTF-8");
        let output = command
            .args(["reach", "-f", "cluster.yaml", "policies"])
            .output()
            .expect("it runs");
        let text = String::from_utf8(output.stdout).expect("it is text");
        let widest = text.lines().map(unicode_width::UnicodeWidthStr::width).max();
        assert!(widest <= columns.parse().ok(), "{text}");
        insta::assert_snapshot!(format!("reach_at_{columns}_columns"), text);
    }
}

#[test]
fn pictures_are_pictures() {
    let svg = run("haechi reach -f cluster.yaml policies -o svg");
    assert!(svg.stdout.starts_with(b"<svg"), "{}", told(&svg));
    let png = run("haechi reach -f cluster.yaml policies -o png");
    assert!(
        png.stdout.starts_with(b"\x89PNG\r\n"),
        "{}",
        String::from_utf8_lossy(&png.stderr)
    );
    assert_eq!((svg.status.code(), png.status.code()), (Some(0), Some(0)));
}

#[test]
fn the_same_input_gives_the_same_bytes() {
    for format in ["table", "json", "csv", "svg"] {
        let line = format!("haechi reach -f cluster.yaml policies -o {format}");
        assert_eq!(run(&line).stdout, run(&line).stdout, "{format}");
    }
    let other_way_round = run("haechi reach -f policies cluster.yaml -o json");
    assert_eq!(
        other_way_round.stdout,
        run("haechi reach -f cluster.yaml policies -o json").stdout
    );
}

#[test]
fn standard_input_is_a_source() {
    let folder = Path::new(FIXTURE);
    let cluster = std::fs::read(folder.join("cluster.yaml")).expect("the fixture is there");
    let mut child = haechi()
        .args(["reach", "-f", "-", "policies", "-o", "json"])
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .spawn()
        .expect("it runs");
    child
        .stdin
        .take()
        .expect("it is piped")
        .write_all(&cluster)
        .expect("it reads");
    let output = child.wait_with_output().expect("it ends");
    assert_eq!(
        output.stdout,
        run("haechi reach -f cluster.yaml policies -o json").stdout
    );
}

#[test]
fn nobody_who_stops_reading_is_complained_about() {
    let mut child = haechi()
        .args(["reach", "-f", "cluster.yaml", "policies", "-o", "svg"])
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .spawn()
        .expect("it runs");
    drop(child.stdout.take());
    let output = child.wait_with_output().expect("it ends");
    let stderr = String::from_utf8(output.stderr).expect("it is text");
    assert!(output.status.success() && !stderr.contains("error"), "{stderr}");
}

#[test]
fn colours_are_there_when_they_are_wanted() {
    let colours = |variables: &[(&str, &str)], arguments: &[&str]| {
        let mut command = haechi();
        command
            .args(["reach", "-f", "cluster.yaml"])
            .args(arguments)
            .envs(variables.iter().copied());
        command.output().expect("it runs").stdout.contains(&0x1b)
    };
    assert!(!colours(&[], &[]), "standard output is no terminal here");
    assert!(colours(&[("CLICOLOR_FORCE", "1")], &[]));
    assert!(!colours(&[("CLICOLOR_FORCE", "1"), ("NO_COLOR", "1")], &[]));
    assert!(!colours(&[("CLICOLOR_FORCE", "1")], &["--color", "never"]));
    assert!(colours(&[("NO_COLOR", "1"), ("TERM", "dumb")], &["--color=always"]));
}

#[test]
fn timings_are_the_last_line() {
    let output = haechi()
        .args(["reach", "-f", "cluster.yaml"])
        .env("HAECHI_TIMINGS", "1")
        .output()
        .expect("it runs");
    let stderr = String::from_utf8(output.stderr).expect("it is text");
    let line: serde_json::Value =
        serde_json::from_str(stderr.lines().last().expect("there is one")).expect("it is JSON");
    assert_eq!(line["schemaVersion"], "haechi.dev/timings/v1");
    let phases: Vec<_> = line["phases"]
        .as_array()
        .expect("a list")
        .iter()
        .map(|p| p["name"].clone())
        .collect();
    assert_eq!(phases, ["read", "compile", "answer"]);
}

#[test]
fn the_version_tells_its_build() {
    let output = run("haechi --version");
    let text = String::from_utf8(output.stdout).expect("it is text");
    assert!(
        text.starts_with(concat!("haechi ", env!("CARGO_PKG_VERSION"), " (")),
        "{text}"
    );
    assert!(text.contains("rustc 1."), "{text}");
    let short = String::from_utf8(run("haechi -V").stdout).expect("it is text");
    assert_eq!(short, concat!("haechi ", env!("CARGO_PKG_VERSION"), "\n"));
}

/// A link to the program under another name.
fn link(name: &str) -> (tempfile::TempDir, PathBuf) {
    let folder = tempfile::tempdir().expect("there is room");
    let path = folder.path().join(name);
    std::os::unix::fs::symlink(env!("CARGO_BIN_EXE_haechi"), &path).expect("a link can be made");
    (folder, path)
}

#[test]
fn kubectl_may_call_it() {
    let (_folder, plugin) = link("kubectl-haechi");
    let output = Command::new(plugin)
        .args(["reach", "--help"])
        .output()
        .expect("it runs");
    let help = String::from_utf8(output.stdout).expect("it is text");
    assert!(help.contains("Usage: kubectl haechi reach"), "{help}");
    assert!(help.contains("  kubectl haechi reach -f .\n"), "{help}");
    assert!(help.contains("| kubectl haechi reach -f -\n"), "{help}");

    let (_folder, completion) = link("kubectl_complete-haechi");
    let output = Command::new(completion)
        .args(["reach", "--prof"])
        .output()
        .expect("it runs");
    assert_eq!(output.stdout, b"--profile\tThe data plane that enforces\n:4\n");
}

#[test]
fn shells_and_manuals_know_every_command() {
    let commands = [
        "reach",
        "explain",
        "diff",
        "lint",
        "test",
        "new",
        "draw",
        "completions",
        "man",
    ];
    for shell in ["bash", "zsh", "fish", "powershell", "elvish"] {
        let script = String::from_utf8(run(&format!("haechi completions {shell}")).stdout).expect("it is text");
        assert!(commands.iter().all(|c| script.contains(c)), "{shell}");
    }
    let folder = tempfile::tempdir().expect("there is room");
    let output = haechi()
        .args(["man", "--out"])
        .arg(folder.path())
        .output()
        .expect("it runs");
    assert_eq!(output.status.code(), Some(0), "{}", told(&output));
    for command in commands {
        let page = std::fs::read_to_string(folder.path().join(format!("haechi-{command}.1"))).expect("there is a page");
        assert!(page.contains(".SH SYNOPSIS") && page.contains("Examples:"), "{page}");
    }
    assert_eq!(
        run("haechi man").stdout,
        std::fs::read(folder.path().join("haechi.1")).expect("there is a page")
    );
}
