//! What names an end in a rule: the fewest labels that single a workload out, or its addresses.

use haechi_model::cluster::{Cluster, Endpoint, PodNetwork};
use haechi_model::labels::Labels;
use haechi_model::name::Name;
use haechi_policy::Direction;
use haechi_policy::propose::ProposedPeer;

use crate::end::End;

/// What a rule may call an end; nothing where no object shows what it could be called by.
pub(super) fn peers(cluster: &Cluster, end: &End) -> Vec<ProposedPeer> {
    match end {
        End::Address(address) => vec![ProposedPeer::Address(*address)],
        End::Domain(name) => vec![ProposedPeer::Domain(name.clone())],
        End::Endpoint(index) => {
            let endpoint = &cluster.endpoints[*index];
            match endpoint.network {
                PodNetwork::Own => vec![ProposedPeer::Pods {
                    namespace: cluster.namespace_of(endpoint).name.clone(),
                    labels: labels(cluster, endpoint.workload),
                }],
                PodNetwork::Host => addresses(cluster, endpoint),
            }
        }
    }
}

/// A pod in its node's network is its node's addresses (rule 15).
fn addresses(cluster: &Cluster, endpoint: &Endpoint) -> Vec<ProposedPeer> {
    let node = endpoint.node.as_ref();
    let of_node = cluster.nodes.iter().filter(|n| Some(&n.name) == node);
    let addresses = match &*endpoint.addresses {
        [] => of_node.flat_map(|n| &n.addresses).copied().collect(),
        own => own.to_vec(),
    };
    addresses.into_iter().map(ProposedPeer::Address).collect()
}

/// Keys that people select by, best first.
const USUAL: [&str; 6] = [
    "app.kubernetes.io/name",
    "app",
    "k8s-app",
    "name",
    "app.kubernetes.io/instance",
    "app.kubernetes.io/component",
];

/// Keys whose values controllers give, and that are gone with the next rollout or say which pod it is.
const PASSING: [&str; 9] = [
    "apps.kubernetes.io/pod-index",
    "batch.kubernetes.io/controller-uid",
    "batch.kubernetes.io/job-completion-index",
    "batch.kubernetes.io/job-name",
    "controller-revision-hash",
    "controller-uid",
    "job-name",
    "pod-template-hash",
    "statefulset.kubernetes.io/pod-name",
];

/// The fewest labels that every pod of a workload has and that no other workload of its namespace has; all lasting ones
/// where none single it out.
pub(super) fn labels(cluster: &Cluster, workload: usize) -> Labels {
    let mut usable: Vec<(Name, Name)> = common(cluster, workload);
    usable.sort_by_key(|(key, _)| USUAL.iter().position(|usual| key == usual).unwrap_or(USUAL.len()));
    let others = neighbours(cluster, workload);
    let singles_out = |pairs: &[&(Name, Name)]| {
        let labels: Labels = pairs.iter().map(|p| (*p).clone()).collect();
        (!others.iter().any(|other| labels.is_subset(&other.labels))).then_some(labels)
    };
    let one = usable.iter().find_map(|a| singles_out(&[a]));
    let two = || {
        let pairs = usable
            .iter()
            .enumerate()
            .flat_map(|(i, a)| usable[i + 1..].iter().map(move |b| (a, b)));
        pairs.into_iter().find_map(|(a, b)| singles_out(&[a, b]))
    };
    one.or_else(two).unwrap_or_else(|| usable.iter().cloned().collect())
}

/// The lasting labels that all pods of a workload have.
fn common(cluster: &Cluster, workload: usize) -> Vec<(Name, Name)> {
    let mut pods = cluster.endpoints[cluster.endpoints_of(workload)].iter();
    let Some(first) = pods.next() else { return Vec::new() };
    first
        .labels
        .iter()
        .filter(|(key, _)| !PASSING.contains(&key.as_str()))
        .filter(|(key, value)| pods.clone().all(|pod| pod.labels.value(key) == Some(value)))
        .map(|(key, value)| (key.clone(), value.clone()))
        .collect()
}

/// The pods of the other workloads of a workload's namespace.
fn neighbours(cluster: &Cluster, workload: usize) -> Vec<&Endpoint> {
    let namespace = cluster.workloads[workload].namespace;
    let first = cluster.workloads.partition_point(|w| w.namespace < namespace);
    let last = cluster.workloads.partition_point(|w| w.namespace <= namespace);
    (first..last)
        .filter(|other| *other != workload)
        .flat_map(|other| &cluster.endpoints[cluster.endpoints_of(other)])
        .filter(|endpoint| endpoint.network == PodNetwork::Own)
        .collect()
}

/// What a policy for an end, and perhaps for what it has to do with another one, may be called.
pub(super) fn policy_name(
    cluster: &Cluster,
    direction: Direction,
    labels: &Labels,
    own: &End,
    peer: Option<&End>,
) -> String {
    let word = |end: &End| match end {
        End::Endpoint(index) => cluster.workloads[cluster.endpoints[*index].workload].name.to_string(),
        End::Address(address) => address.to_string(),
        End::Domain(name) => name.to_string(),
    };
    let own = if labels.is_empty() {
        "all-pods".to_owned()
    } else {
        word(own)
    };
    let text = match (direction, peer) {
        (Direction::Ingress, Some(peer)) => format!("{own}-from-{}", word(peer)),
        (Direction::Egress, Some(peer)) => format!("{own}-to-{}", word(peer)),
        (Direction::Ingress, None) => format!("{own}-ingress"),
        (Direction::Egress, None) => format!("{own}-egress"),
    };
    // A DNS label, with room for a number behind it.
    let allowed = |c: char| {
        if c.is_ascii_alphanumeric() {
            c.to_ascii_lowercase()
        } else {
            '-'
        }
    };
    let text: String = text.chars().map(allowed).take(250).collect();
    text.trim_matches('-').to_owned()
}
