//! Puts the build into the version: the commit and its date where they are known, the compiler, the target.

use std::env;
use std::path::Path;
use std::process::Command;

fn main() {
    for variable in ["HAECHI_BUILD_COMMIT", "HAECHI_BUILD_DATE"] {
        println!("cargo::rerun-if-env-changed={variable}");
    }
    println!("cargo::rerun-if-changed=build.rs");
    let version = env::var("CARGO_PKG_VERSION").unwrap_or_default();
    let target = env::var("TARGET").unwrap_or_default();
    let rustc = output(&env::var("RUSTC").unwrap_or_else(|_| "rustc".into()), &["--version"]).unwrap_or_default();
    let rustc = rustc.split(' ').nth(1).unwrap_or("unknown").to_owned();

    let source = Commit::of_builder()
        .or_else(Commit::of_package)
        .or_else(Commit::of_checkout);
    let commit = source.map(|c| format!("{c} ")).unwrap_or_default();
    println!("cargo::rustc-env=HAECHI_VERSION={version} ({commit}rustc {rustc}, {target})");
}

/// The commit that is built.
struct Commit {
    hash: String,
    date: Option<String>,
}

impl Commit {
    /// What whoever builds says of it.
    fn of_builder() -> Option<Self> {
        let hash = env::var("HAECHI_BUILD_COMMIT").ok().filter(|c| !c.is_empty())?;
        let date = env::var("HAECHI_BUILD_DATE").ok().filter(|d| !d.is_empty());
        Some(Self { hash, date })
    }

    /// What cargo wrote into a published package.
    fn of_package() -> Option<Self> {
        let text = std::fs::read_to_string(".cargo_vcs_info.json").ok()?;
        let (_, rest) = text.split_once("\"sha1\"")?;
        let hash = rest.split('"').nth(1)?.to_owned();
        Some(Self { hash, date: None })
    }

    /// What git says of the checkout, if this is one.
    fn of_checkout() -> Option<Self> {
        // A checkout of something else may hold an unpacked source archive of ours.
        output("git", &["ls-files", "--error-unmatch", "build.rs"])?;
        // These change when another commit is built.
        for name in ["HEAD", "logs/HEAD", "packed-refs"] {
            if let Some(path) = output("git", &["rev-parse", "--git-path", name]).filter(|p| Path::new(p).exists()) {
                println!("cargo::rerun-if-changed={path}");
            }
        }
        let line = output("git", &["log", "-1", "--format=%H %cs"])?;
        let (hash, date) = line.split_once(' ')?;
        Some(Self {
            hash: hash.to_owned(),
            date: Some(date.to_owned()),
        })
    }
}

impl std::fmt::Display for Commit {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        let hash: String = self.hash.chars().take(12).collect();
        match &self.date {
            Some(date) => write!(f, "{hash} {date},"),
            None => write!(f, "{hash},"),
        }
    }
}

/// The first line that a program prints, if it is there and succeeds.
fn output(program: &str, arguments: &[&str]) -> Option<String> {
    let output = Command::new(program).args(arguments).output().ok()?;
    if !output.status.success() {
        return None;
    }
    let text = String::from_utf8(output.stdout).ok()?;
    Some(text.lines().next().unwrap_or_default().to_owned())
}
