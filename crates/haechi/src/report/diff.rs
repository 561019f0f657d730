//! `haechi diff -o json`.

use schemars::JsonSchema;
use serde::Serialize;

use super::explain::{Action, Direction, Source};
use super::reach::Peer;
use super::{PortRange, SchemaVersion, Versioned};

/// The connections that differ between two versions of a cluster and its policies.
///
/// A pair that is not listed may talk as before, or may not, as before.
#[derive(Clone, Debug, Serialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub struct Diff {
    /// The version of this schema.
    pub schema_version: SchemaVersion<Diff>,
    /// The profile that the policies were read under: the data plane that enforces them.
    pub profile: String,
    /// How many connections differ.
    pub summary: Summary,
    /// Everybody that connections speak of, and every workload that is on one side alone.
    pub peers: Vec<DiffPeer>,
    /// What differs, in the order of `peers`.
    pub connections: Vec<Connection>,
}

impl Versioned for Diff {
    const VERSION: &'static str = "haechi.dev/diff/v1";
}

/// How many connections differ.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub struct Summary {
    /// Were denied on every port, and are not any more.
    pub added: usize,
    /// Are denied on every port, and were not.
    pub removed: usize,
    /// Are allowed, or hang on the data plane, on other ports than before.
    pub changed: usize,
}

/// Someone who talks or is talked to, on either side.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub struct DiffPeer {
    /// Who it is; as in the new version, if it is there.
    #[serde(flatten)]
    pub peer: Peer,
    /// In which version it is.
    pub presence: Presence,
}

/// In which versions something is.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub enum Presence {
    /// In both.
    Both,
    /// In the new one alone.
    Added,
    /// In the old one alone.
    Removed,
}

/// A connection that differs.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub struct Connection {
    /// The id of who begins to talk.
    pub from: String,
    /// The id of who is talked to.
    pub to: String,
    /// What became of it.
    pub change: Change,
    /// What the old version makes of it; left out if one of the two is not there.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub before: Option<Met>,
    /// What the new version makes of it; left out if one of the two is not there any more.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub after: Option<Met>,
    /// Ports that are allowed now, and were not.
    pub added: Vec<PortRange>,
    /// Ports that were allowed, and are not any more.
    pub removed: Vec<PortRange>,
    /// The policies that this comes from.
    pub policies: Vec<Responsible>,
}

/// What became of a connection.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub enum Change {
    /// It was denied on every port, and is not any more.
    Added,
    /// It is denied on every port, and was not.
    Removed,
    /// It is allowed, or hangs on the data plane, on other ports than before.
    Changed,
}

/// What a version makes of a connection: what is neither allowed nor undefined is denied.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub struct Met {
    /// The verdict.
    pub verdict: Verdict,
    /// The ports that are allowed.
    pub allowed: Vec<PortRange>,
    /// The ports that hang on the data plane.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub undefined: Vec<PortRange>,
    /// Why they do.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub reason: Option<String>,
    /// Whether this holds for some of the pods alone.
    #[serde(skip_serializing_if = "is_false")]
    pub some_pods: bool,
}

/// Whether a connection is let by.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub enum Verdict {
    /// On some port.
    Allow,
    /// On none.
    Deny,
    /// The data plane decides, and nobody said which one it is.
    Undefined,
}

/// A policy that a difference comes from.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub struct Responsible {
    /// The policy, by id.
    pub policy: String,
    /// The version in which it did it.
    pub version: Version,
    /// At which end.
    pub direction: Direction,
    /// What its rule does; left out if it isolates the end, and no rule matches.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub action: Option<Action>,
    /// Where the rule stands, or the policy.
    pub source: Source,
}

/// Which of two versions.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub enum Version {
    /// As it was.
    Old,
    /// As it is to be.
    New,
}

impl From<haechi_engine::Verdict> for Verdict {
    fn from(verdict: haechi_engine::Verdict) -> Self {
        match verdict {
            haechi_engine::Verdict::Allow => Self::Allow,
            haechi_engine::Verdict::Deny => Self::Deny,
            haechi_engine::Verdict::Undefined => Self::Undefined,
        }
    }
}

#[allow(clippy::trivially_copy_pass_by_ref, reason = "serde calls it so")]
fn is_false(value: &bool) -> bool {
    !value
}
