//! `haechi reach -o summary`.

use haechi_engine::coverage;
use haechi_engine::{Counts, Tally};
use schemars::JsonSchema;
use serde::Serialize;

use super::{SchemaVersion, Versioned};

/// How many may talk to how many, and how far policies cover the cluster.
#[derive(Clone, Debug, Serialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub struct Summary {
    /// The version of this schema.
    pub schema_version: SchemaVersion<Summary>,
    /// The profile that the policies were read under.
    pub profile: String,
    /// A number that names the answer: equal answers of one version of Haechi have equal ones.
    pub revision: String,
    /// Workloads.
    pub workloads: u64,
    /// Pods; of a template, as many as it asks for.
    pub pods: u64,
    /// Policies that are enforced.
    pub policies: u64,
    /// Ordered pairs of workloads, those of a workload with itself included.
    pub workload_pairs: Pairs,
    /// Ordered pairs of pods, those of a pod with itself included.
    pub pod_pairs: Pairs,
    /// How many pods of each namespace policies isolate.
    pub namespaces: Vec<Namespace>,
}

impl Versioned for Summary {
    const VERSION: &'static str = "haechi.dev/summary/v1";
}

/// How many pairs meet which verdict.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub struct Pairs {
    /// All of them.
    pub total: u64,
    /// Those that may talk on some port.
    pub allowed: u64,
    /// Those that may not talk at all.
    pub denied: u64,
    /// Those that the data plane decides about.
    pub undefined: u64,
}

impl From<Tally> for Pairs {
    fn from(tally: Tally) -> Self {
        Self {
            total: tally.total(),
            allowed: tally.allowed,
            denied: tally.denied,
            undefined: tally.undefined,
        }
    }
}

/// How many pods of a namespace are isolated: what no rule allows is denied to them.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub struct Namespace {
    /// The namespace.
    pub name: String,
    /// Pods isolated for ingress and egress.
    pub both: u64,
    /// Pods isolated for ingress alone.
    pub ingress: u64,
    /// Pods isolated for egress alone.
    pub egress: u64,
    /// Pods isolated in neither direction.
    pub neither: u64,
    /// Pods in their nodes' network, which no policy selects.
    pub host_network: u64,
}

impl Namespace {
    /// The coverage of a namespace.
    #[must_use]
    pub fn new(name: &str, coverage: coverage::Coverage) -> Self {
        let coverage::Coverage {
            both,
            ingress,
            egress,
            neither,
            host,
        } = coverage;
        Self {
            name: name.to_owned(),
            both,
            ingress,
            egress,
            neither,
            host_network: host,
        }
    }

    /// Whether it has any pods.
    #[must_use]
    pub fn has_pods(&self) -> bool {
        self.both + self.ingress + self.egress + self.neither + self.host_network > 0
    }
}

impl Summary {
    /// The counts, with everything else left empty.
    #[must_use]
    pub fn new(counts: Counts) -> Self {
        Self {
            schema_version: SchemaVersion::default(),
            profile: String::new(),
            revision: String::new(),
            workloads: counts.workloads,
            pods: counts.pods,
            policies: 0,
            workload_pairs: counts.workload_pairs.into(),
            pod_pairs: counts.pod_pairs.into(),
            namespaces: Vec::new(),
        }
    }
}
