//! Peers as tests name them: `namespace/Kind/name`, `ip:ADDRESS`, `node:NAME`, `fqdn:NAME`, `svc:namespace/name`.

use std::net::IpAddr;

use haechi_engine::{Compiled, End, Outcome};
use haechi_model::Cluster;

/// The ends that a name stands for: pods of a workload, addresses of a node.
pub(crate) fn ends(cluster: &Cluster, name: &str) -> Result<Vec<End>, String> {
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

/// What each pair of ends of two peers meets; two pods of a workload where both peers are the same.
pub(crate) fn pairs(compiled: &Compiled<'_>, from: &[End], to: &[End]) -> Vec<(End, End, Outcome)> {
    let several = from.len() > 1;
    let all = from.iter().flat_map(|a| to.iter().map(move |b| (a, b)));
    all.filter(|(a, b)| a != b || !several)
        .map(|(a, b)| (a.clone(), b.clone(), compiled.between(a, b)))
        .collect()
}
