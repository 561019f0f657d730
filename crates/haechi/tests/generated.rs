//! Files that are generated from the code: they are as fresh as the code, or `make generate` makes them so.

use std::collections::BTreeSet;
use std::path::{Path, PathBuf};

use haechi::env::HAECHI_BLESS;

#[path = "generated/cli.rs"]
mod cli;
#[path = "generated/environment.rs"]
mod environment;
#[path = "generated/validate.rs"]
mod validate;

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
fn findings() {
    check(&docs().join("lint.md"), &haechi::commands::lint::markdown());
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

/// Documents of the small cluster, by the commands that print them.
const DOCUMENTS: &[&str] = &[
    "lint -f . -o json",
    "reach -f cluster.yaml policies -o json",
    "reach -f cluster.yaml policies -o json --pods --exposure",
    "reach -f cluster.yaml policies -o summary",
    "explain -f cluster.yaml -f policies shop/web shop/cart -o json",
    "explain -f cluster.yaml -f policies shop/cart shop/web 80 -o json",
    "explain -f cluster.yaml -f policies shop/cart svc/shop -o json",
    "diff cluster.yaml policies -o json",
    "test -f cluster.yaml -f policies ../expectations/faults.yaml -o json",
    "test -f cluster.yaml -f policies ../expectations/broken.yaml -o json",
];

#[test]
fn documents_fit_their_schemas() {
    let schemas = haechi::report::schemas();
    for arguments in DOCUMENTS {
        let output = std::process::Command::new(env!("CARGO_BIN_EXE_haechi"))
            .args(arguments.split(' '))
            .current_dir(concat!(env!("CARGO_MANIFEST_DIR"), "/tests/fixture"))
            .output()
            .expect("it runs");
        let document: serde_json::Value = serde_json::from_slice(&output.stdout).expect("it is JSON");
        let version = document["schemaVersion"].as_str().expect("it names its schema");
        let id = format!("https://{}.json", version.replacen('/', "/schemas/", 1));
        let schema = schemas
            .iter()
            .map(|(_, s)| s.as_value())
            .find(|s| s["$id"] == id.as_str());
        let schema = schema.expect("it is one of ours");
        let faults = validate::faults(schema, &document);
        assert!(faults.is_empty(), "{arguments}:\n{}", faults.join("\n"));
        let empty = serde_json::json!({ "schemaVersion": version });
        assert!(!validate::faults(schema, &empty).is_empty(), "anything fits {version}");
    }
}
