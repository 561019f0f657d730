//! Questions about peers as tests name them: `namespace/Kind/name`, `ip:ADDRESS`, `node:NAME`, `fqdn:NAME`, and
//! `svc:namespace/name` for a destination.

use std::net::IpAddr;

use haechi_engine::{Compiled, End, Outcome, backends};
use haechi_model::{Cluster, Protocol};

/// A question about two ends.
#[derive(Debug)]
pub(crate) struct Asked {
    /// Who begins to talk.
    pub(crate) from: End,
    /// Who is talked to.
    pub(crate) to: End,
    /// The destination's port: a Service's is translated.
    pub(crate) port: u16,
    /// What such a connection meets.
    pub(crate) outcome: Outcome,
}

/// Asks about every pair of pods of two peers, and every backend of a Service.
///
/// Where both peers are one workload, those are two pods of it.
pub(crate) fn ask(
    compiled: &Compiled<'_>,
    from: &str,
    to: &str,
    protocol: Protocol,
    port: u16,
) -> Result<Vec<Asked>, String> {
    let sources = ends(compiled.cluster(), from)?;
    let asked: Vec<Asked> = if let Some(name) = to.strip_prefix("svc:") {
        let cluster = compiled.cluster();
        let is_it =
            |s: &haechi_model::cluster::Service| format!("{}/{}", cluster.namespaces[s.namespace].name, s.name) == name;
        let service = cluster
            .services
            .iter()
            .position(is_it)
            .ok_or_else(|| format!("there is no {to}"))?;
        let all: Vec<_> = backends(cluster, service)
            .filter(|b| b.port.protocol == protocol && b.port.port == port)
            .collect();
        let pairs = sources
            .iter()
            .flat_map(|source| all.iter().map(move |backend| (source, backend)));
        pairs
            .map(|(source, backend)| Asked {
                from: source.clone(),
                to: backend.end.clone(),
                port: backend.target,
                outcome: compiled.through_service(source, backend),
            })
            .collect()
    } else {
        let destinations = ends(compiled.cluster(), to)?;
        let several = from == to && sources.len() > 1;
        let pairs = sources.iter().flat_map(|a| destinations.iter().map(move |b| (a, b)));
        pairs
            .filter(|(a, b)| !several || a != b)
            .map(|(a, b)| Asked {
                from: a.clone(),
                to: b.clone(),
                port,
                outcome: compiled.between(a, b),
            })
            .collect()
    };
    if asked.is_empty() {
        Err("there is nobody to ask".to_owned())
    } else {
        Ok(asked)
    }
}

/// The ends that a name stands for: pods of a workload, addresses of a node.
fn ends(cluster: &Cluster, name: &str) -> Result<Vec<End>, String> {
    if let Some(address) = name.strip_prefix("ip:") {
        let address: IpAddr = address.parse().map_err(|_| format!("{address} is no address"))?;
        return Ok(vec![End::Address(address)]);
    }
    if let Some(node) = name.strip_prefix("node:") {
        let node = cluster.nodes.iter().find(|n| *n.name == *node);
        let node = node.ok_or_else(|| format!("there is no {name}"))?;
        return Ok(node.addresses.iter().copied().map(End::Address).collect());
    }
    if let Some(domain) = name.strip_prefix("fqdn:") {
        return Ok(vec![End::Domain(domain.into())]);
    }
    let workload = (0..cluster.workloads.len()).find(|w| cluster.workload_id(*w) == name);
    let endpoints = match workload {
        Some(workload) => cluster.endpoints_of(workload),
        None => {
            let pod = (0..cluster.endpoints.len()).find(|e| cluster.endpoint_id(*e) == name);
            let pod = pod.ok_or_else(|| format!("there is no {name}"))?;
            pod..pod + 1
        }
    };
    Ok(endpoints.map(End::Endpoint).collect())
}
