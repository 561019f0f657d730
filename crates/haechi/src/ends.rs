//! The ends of connections behind what a user names.

use haechi_engine::{End, backends};
use haechi_model::Cluster;

use crate::names::Named;

impl Named {
    /// The ends that it stands for: a workload's pods, a Service's backends, a node's addresses.
    #[must_use]
    pub fn ends(&self, cluster: &Cluster) -> Vec<End> {
        match self {
            Self::Workload(workload) => cluster.endpoints_of(*workload).map(End::Endpoint).collect(),
            Self::Endpoint(endpoint) => vec![End::Endpoint(*endpoint)],
            Self::Service(service) => {
                // A backend answers on several ports.
                let mut ends: Vec<End> = backends(cluster, *service).map(|b| b.end).collect();
                ends.sort();
                ends.dedup();
                ends
            }
            Self::Address(address) => vec![End::Address(*address)],
            Self::Node(node) => cluster.nodes[*node]
                .addresses
                .iter()
                .copied()
                .map(End::Address)
                .collect(),
            Self::Domain(name) => vec![End::Domain(name.clone())],
        }
    }
}
