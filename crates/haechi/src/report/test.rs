//! `haechi test -o json`.

use schemars::JsonSchema;
use serde::Serialize;

use super::{PortRange, SchemaVersion, Versioned};

/// Whether expectations hold.
#[derive(Clone, Debug, Serialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub struct Test {
    /// The version of this schema.
    pub schema_version: SchemaVersion<Test>,
    /// Probes that hold.
    pub passed: usize,
    /// Probes that do not hold.
    pub failed: usize,
    /// Probes that could not be asked, or not even read.
    pub errors: usize,
    /// The tests, in the order of reading.
    pub tests: Vec<Ran>,
    /// What of the tests could not be read.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub unreadable: Vec<Fault>,
}

impl Versioned for Test {
    const VERSION: &'static str = "haechi.dev/test/v1";
}

/// A test that was run.
#[derive(Clone, Debug, Serialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub struct Ran {
    /// Its name.
    pub name: String,
    /// What it is about.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub title: Option<String>,
    /// Where it stands.
    pub place: Place,
    /// The profile that it was run under.
    pub profile: String,
    /// Its probes, in their order.
    pub probes: Vec<Probe>,
}

/// A place in a file.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub struct Place {
    /// The file, by the name that it was read by.
    pub file: String,
    /// The line, from 1.
    pub line: u32,
    /// The column, from 1.
    pub column: u32,
    /// The last line of what stands there.
    pub last_line: u32,
}

/// An expectation.
#[derive(Clone, Debug, Serialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub struct Probe {
    /// Its name, else what it expects in short.
    pub name: String,
    /// Where it stands.
    pub place: Place,
    /// What became of it.
    pub result: Outcome,
    /// How many pairs of pods and addresses it was asked for, if it holds.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub pairs: Option<u64>,
    /// The connections that are not as expected, those alike together.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub failures: Vec<Failure>,
    /// Pairs that are not as expected either, and that are only counted.
    #[serde(skip_serializing_if = "is_zero")]
    pub more_pairs: u64,
    /// Why the first of them is not.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub causes: Vec<Cause>,
    /// Why it could not be asked.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub errors: Vec<Fault>,
}

/// What became of an expectation.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub enum Outcome {
    /// It holds.
    Pass,
    /// It does not hold.
    Fail,
    /// It could not be asked.
    Error,
}

/// Connections that are not as expected.
#[derive(Clone, Debug, Serialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub struct Failure {
    /// Who begins to talk.
    pub from: Vec<String>,
    /// Who is talked to.
    pub to: Vec<String>,
    /// On which ports of those who are talked to.
    pub ports: Vec<PortRange>,
    /// What was expected.
    pub expected: Verdict,
    /// What it is.
    pub verdict: Verdict,
    /// Why the verdict is undefined.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub reason: Option<String>,
    /// Whether a probe with `only` does not list them.
    pub unlisted: bool,
}

/// What becomes of a connection.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub enum Verdict {
    /// It is let by.
    Allow,
    /// It is stopped.
    Deny,
    /// The data plane decides.
    Undefined,
}

/// What decided.
#[derive(Clone, Debug, Serialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub struct Cause {
    /// In words.
    pub text: String,
    /// The policies that decided, with the rule where it was one.
    pub policies: Vec<Cited>,
}

/// A policy that decided.
#[derive(Clone, Debug, Serialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub struct Cited {
    /// The policy: `namespace/Kind/name`, or `Kind/name`.
    pub policy: String,
    /// The number of its rule, from 1; none where it isolates the pod.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub rule: Option<usize>,
    /// Where it stands.
    pub place: Place,
}

/// Why a probe could not be asked.
#[derive(Clone, Debug, Serialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub struct Fault {
    /// What is wrong.
    pub message: String,
    /// What to do about it.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub hint: Option<String>,
    /// Where.
    pub place: Place,
}

#[allow(clippy::trivially_copy_pass_by_ref, reason = "serde calls it so")]
fn is_zero(value: &u64) -> bool {
    *value == 0
}
