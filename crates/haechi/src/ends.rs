//! The ends of connections behind what a user names.

use haechi_engine::End;
use haechi_model::Cluster;
use haechi_model::cluster::{Service, ServiceKind};

use crate::names::Named;

impl Named {
    /// The ends that it stands for: a workload's pods, a Service's backends, a node's addresses.
    #[must_use]
    pub fn ends(&self, cluster: &Cluster) -> Vec<End> {
        match self {
            Self::Workload(workload) => cluster.endpoints_of(*workload).map(End::Endpoint).collect(),
            Self::Endpoint(endpoint) => vec![End::Endpoint(*endpoint)],
            Self::Service(service) => backends(cluster, &cluster.services[*service]),
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

/// What a Service's connections end at, after translation.
#[must_use]
pub fn backends(cluster: &Cluster, service: &Service) -> Vec<End> {
    if let ServiceKind::ExternalName(name) = &service.kind {
        return vec![End::Domain(name.clone())];
    }
    let here = |workload: usize| cluster.workloads[workload].namespace == service.namespace;
    if let Some(selector) = &service.selector {
        let endpoints = cluster.endpoints.iter().enumerate();
        return endpoints
            .filter(|(_, e)| here(e.workload) && !selector.is_empty() && selector.is_subset(&e.labels))
            .map(|(index, _)| End::Endpoint(index))
            .collect();
    }
    let mut ends: Vec<End> = service
        .listed
        .iter()
        .map(|backend| {
            let pod = cluster.endpoints.iter().position(|e| {
                e.addresses.contains(&backend.address)
                    || backend.pod.is_some() && e.pod == backend.pod && here(e.workload)
            });
            pod.map_or(End::Address(backend.address), End::Endpoint)
        })
        .collect();
    ends.sort();
    ends.dedup();
    ends
}
