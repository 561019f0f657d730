//! What the parties of an answer are called.

use haechi_engine::{Compiled, Party, Reach};
use haechi_model::Cluster;
use rustc_hash::FxHashMap;

use crate::report::reach::{Peer, PeerKind};

/// The names of everybody in an answer, by place.
#[derive(Debug)]
pub struct Parties {
    ids: Vec<String>,
    short: Vec<String>,
}

impl Parties {
    /// Names everybody.
    #[must_use]
    pub fn new(compiled: &Compiled<'_>, reach: &Reach<'_, '_>) -> Self {
        Self::called(reach.parties().iter().map(|p| id(*p, compiled)).collect())
    }

    /// Everybody by id.
    #[must_use]
    pub fn called(ids: Vec<String>) -> Self {
        let mut seen: FxHashMap<String, usize> = FxHashMap::default();
        let short: Vec<String> = ids.iter().map(|id| without_kind(id)).collect();
        for name in &short {
            *seen.entry(name.clone()).or_default() += 1;
        }
        let short = short
            .into_iter()
            .zip(&ids)
            .map(|(name, id)| if seen[&name] == 1 { name } else { id.clone() })
            .collect();
        Self { ids, short }
    }

    /// `namespace/Kind/name`, `first-last` or `fqdn:NAME`, as machines are told.
    #[must_use]
    pub fn id(&self, place: usize) -> &str {
        &self.ids[place]
    }

    /// The id without its kind, where that can mean nobody else.
    #[must_use]
    pub fn short(&self, place: usize) -> &str {
        &self.short[place]
    }
}

fn without_kind(id: &str) -> String {
    let parts: Vec<&str> = id.split('/').collect();
    match parts.as_slice() {
        [namespace, _, name] => format!("{namespace}/{name}"),
        _ => id.strip_prefix("fqdn:").unwrap_or(id).to_owned(),
    }
}

fn id(party: Party, compiled: &Compiled<'_>) -> String {
    match party {
        Party::Workload(workload) => compiled.cluster().workload_id(workload),
        Party::Endpoint(endpoint) => compiled.cluster().endpoint_id(endpoint),
        Party::Range(atom) => compiled.space().atoms[atom].range.to_string(),
        Party::Domain(domain) => format!("fqdn:{}", compiled.space().domains[domain]),
    }
}

/// The namespace of a party, by its index.
#[must_use]
pub fn namespace(party: Party, cluster: &Cluster) -> Option<usize> {
    match party {
        Party::Workload(workload) => Some(cluster.workloads[workload].namespace),
        Party::Endpoint(endpoint) => Some(cluster.workloads[cluster.endpoints[endpoint].workload].namespace),
        Party::Range(_) | Party::Domain(_) => None,
    }
}

/// What machines are told of a party.
#[must_use]
pub fn peer(party: Party, compiled: &Compiled<'_>) -> Peer {
    let cluster = compiled.cluster();
    let nobody = Peer {
        id: id(party, compiled),
        kind: PeerKind::External,
        namespace: None,
        name: None,
        workload_kind: None,
        pods: None,
        workload: None,
        node: None,
    };
    let namespace = namespace(party, cluster).map(|n| cluster.namespaces[n].name.to_string());
    let of_workload = |workload: usize| {
        let workload = &cluster.workloads[workload];
        (Some(workload.name.to_string()), Some(workload.kind.to_string()))
    };
    match party {
        Party::Workload(workload) => {
            let (name, workload_kind) = of_workload(workload);
            let pods = cluster
                .endpoints_of(workload)
                .map(|e| u64::from(cluster.endpoints[e].count))
                .sum();
            Peer {
                kind: PeerKind::Workload,
                namespace,
                name,
                workload_kind,
                pods: Some(pods),
                ..nobody
            }
        }
        Party::Endpoint(index) => {
            let endpoint = &cluster.endpoints[index];
            match &endpoint.pod {
                Some(pod) => {
                    let workload = cluster.workload_id(endpoint.workload);
                    Peer {
                        kind: PeerKind::Pod,
                        namespace,
                        name: Some(pod.to_string()),
                        workload: Some(workload).filter(|w| *w != nobody.id),
                        ..nobody
                    }
                }
                None => {
                    let (name, workload_kind) = of_workload(endpoint.workload);
                    Peer {
                        kind: PeerKind::Workload,
                        namespace,
                        name,
                        workload_kind,
                        pods: Some(endpoint.count.into()),
                        ..nobody
                    }
                }
            }
        }
        Party::Range(atom) => Peer {
            node: compiled.space().atoms[atom]
                .node
                .map(|n| cluster.nodes[n as usize].name.to_string()),
            ..nobody
        },
        Party::Domain(domain) => Peer {
            kind: PeerKind::Domain,
            name: Some(compiled.space().domains[domain].to_string()),
            ..nobody
        },
    }
}
