//! Files that are generated from the code: they are as fresh as the code, or `make generate` makes them so.

use std::collections::BTreeSet;
use std::path::{Path, PathBuf};

use haechi::env::HAECHI_BLESS;

#[path = "generated/cli.rs"]
mod cli;
#[path = "generated/environment.rs"]
mod environment;

fn docs() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("../../docs")
}

/// Holds a file to its text, or writes it.
fn check(path: &Path, text: &str) {
    if HAECHI_BLESS.value().is_some() {
        std::fs::create_dir_all(path.parent().expect("a file lies in a folder")).expect("the folder can be made");
        std::fs::write(path, text).expect("the file can be written");
    }
    let written = std::fs::read_to_string(path).unwrap_or_default();
    assert!(
        written == text,
        "{} is not what the code says: run `make generate`",
        path.display()
    );
}

#[test]
fn command_line() {
    check(&docs().join("cli.md"), &cli::markdown());
}

#[test]
fn environment() {
    check(&docs().join("environment.md"), &environment::markdown());
}

#[test]
fn schemas() {
    let folder = docs().join("schemas");
    let mut names = BTreeSet::new();
    for (name, schema) in haechi::report::schemas() {
        let text = serde_json::to_string_pretty(&schema).expect("a schema is JSON");
        check(&folder.join(&name), &format!("{text}\n"));
        names.insert(name);
    }
    let files = std::fs::read_dir(&folder).expect("there are schemas");
    let files = files.map(|f| {
        f.expect("the folder can be read")
            .file_name()
            .to_string_lossy()
            .into_owned()
    });
    let stale: Vec<String> = files.filter(|f| !names.contains(f)).collect();
    assert!(
        stale.is_empty(),
        "nothing writes documents of {stale:?} in docs/schemas"
    );
}
