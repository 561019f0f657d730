//! How far policies cover a cluster: which pods are isolated, and a number that names the answer.

use std::hash::{Hash, Hasher};

use haechi_model::cluster::PodNetwork;
use haechi_policy::{Direction, Isolation};

use crate::compiled::Compiled;
use crate::space::NO_CLASS;

/// How many pods of a namespace are isolated.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Coverage {
    /// For ingress and egress.
    pub both: u64,
    /// For ingress alone.
    pub ingress: u64,
    /// For egress alone.
    pub egress: u64,
    /// In neither direction.
    pub neither: u64,
    /// In their nodes' network, where no policy holds.
    pub host: u64,
}

/// The coverage of each namespace, by its index in [`haechi_model::Cluster::namespaces`].
#[must_use]
pub fn coverage(compiled: &Compiled<'_>) -> Vec<Coverage> {
    let cluster = compiled.cluster();
    let mut namespaces = vec![Coverage::default(); cluster.namespaces.len()];
    for (index, endpoint) in cluster.endpoints.iter().enumerate() {
        if compiled.space().class_of[index] == NO_CLASS {
            continue;
        }
        let coverage = &mut namespaces[cluster.workloads[endpoint.workload].namespace];
        let isolated = |direction| isolates(compiled, index, direction);
        let slot = match (
            endpoint.network,
            isolated(Direction::Ingress),
            isolated(Direction::Egress),
        ) {
            (PodNetwork::Host, ..) => &mut coverage.host,
            (PodNetwork::Own, true, true) => &mut coverage.both,
            (PodNetwork::Own, true, false) => &mut coverage.ingress,
            (PodNetwork::Own, false, true) => &mut coverage.egress,
            (PodNetwork::Own, false, false) => &mut coverage.neither,
        };
        *slot += u64::from(endpoint.count);
    }
    namespaces
}

/// Whether a policy shuts an endpoint in a direction to what no rule matches.
#[must_use]
pub fn isolates(compiled: &Compiled<'_>, endpoint: usize, direction: Direction) -> bool {
    compiled.selecting(endpoint, direction).any(|e| {
        e.policy
            .rules(direction)
            .is_some_and(|r| r.isolation == Isolation::Isolates)
    })
}

/// A number that names the answer: equal answers of one version of this crate have equal numbers.
#[must_use]
pub fn revision(compiled: &Compiled<'_>) -> u64 {
    let mut hasher = Fnv::default();
    let (cluster, space) = (compiled.cluster(), compiled.space());
    for (index, class) in space.class_of.iter().enumerate() {
        cluster.endpoint_id(index).hash(&mut hasher);
        class.hash(&mut hasher);
    }
    for atom in &space.atoms {
        atom.range.hash(&mut hasher);
    }
    space.domains.hash(&mut hasher);
    for direction in Direction::BOTH {
        compiled.hash_groups(direction, &mut hasher);
    }
    hasher.finish()
}

/// [FNV-1a](https://datatracker.ietf.org/doc/html/draft-eastlake-fnv), which is the same everywhere.
struct Fnv(u64);

impl Default for Fnv {
    fn default() -> Self {
        Self(0xcbf2_9ce4_8422_2325)
    }
}

impl Hasher for Fnv {
    fn write(&mut self, bytes: &[u8]) {
        for byte in bytes {
            self.0 = (self.0 ^ u64::from(*byte)).wrapping_mul(0x0000_0100_0000_01b3);
        }
    }

    fn finish(&self) -> u64 {
        self.0
    }
}
