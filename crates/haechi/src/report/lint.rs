//! `haechi lint -o json`.

use schemars::JsonSchema;
use serde::Serialize;

use super::{SchemaVersion, Versioned};

/// What is wrong, dead or dangerous.
#[derive(Clone, Debug, Serialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub struct Lint {
    /// The version of this schema.
    pub schema_version: SchemaVersion<Lint>,
    /// The profile that the policies were read under.
    pub profile: &'static str,
    /// How many findings are left out because their objects accept them.
    pub accepted: u64,
    /// What was found, by place.
    pub findings: Vec<Finding>,
}

impl Versioned for Lint {
    const VERSION: &'static str = "haechi.dev/lint/v1";
}

/// One thing that was found.
#[derive(Clone, Debug, Serialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub struct Finding {
    /// Its code, such as `HNP010`.
    pub code: &'static str,
    /// The name of that code.
    pub name: &'static str,
    /// How bad it is.
    pub severity: Severity,
    /// Where.
    #[serde(flatten)]
    pub place: Place,
    /// The object that it is about: `namespace/Kind/name`, or `Kind/name` if it is cluster-wide.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub object: Option<String>,
    /// What, in a sentence.
    pub message: String,
    /// What to do.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub hint: Option<String>,
    /// Other places that belong to it.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub related: Vec<Related>,
}

/// How bad a finding is.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, JsonSchema)]
#[serde(rename_all = "lowercase")]
pub enum Severity {
    /// Worth knowing.
    Note,
    /// Probably not what was meant.
    Warning,
    /// Wrong: the object or field is not used.
    Error,
}

impl From<haechi_model::Severity> for Severity {
    fn from(severity: haechi_model::Severity) -> Self {
        match severity {
            haechi_model::Severity::Note => Self::Note,
            haechi_model::Severity::Warning => Self::Warning,
            haechi_model::Severity::Error => Self::Error,
        }
    }
}

/// A place in a file.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub struct Place {
    /// The file, as it was named or found; `-` for standard input.
    pub file: String,
    /// The line, from 1.
    pub line: u32,
    /// The column, from 1, in characters.
    pub column: u32,
}

/// Another place that belongs to a finding.
#[derive(Clone, Debug, Serialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub struct Related {
    /// Where.
    #[serde(flatten)]
    pub place: Place,
    /// What is there.
    pub message: String,
}
