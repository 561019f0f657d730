//! How to tell what answers names in a cluster: the resolver's pods, and the caches of the nodes.

use std::net::{IpAddr, Ipv4Addr};

use haechi_model::cluster::{Endpoint, Workload, WorkloadKind};

/// The port of DNS.
pub const DNS: u16 = 53;

/// Where [node-local caches](https://kubernetes.io/docs/tasks/administer-cluster/nodelocaldns/) listen unless they are
/// told otherwise.
pub const NODE_LOCAL: IpAddr = IpAddr::V4(Ipv4Addr::new(169, 254, 20, 10));

/// Whether a pod has the labels of one that answers names.
#[must_use]
pub fn answers(endpoint: &Endpoint) -> bool {
    let is = |key: &str, values: &[&str]| endpoint.labels.value(key).is_some_and(|v| values.contains(&v.as_str()));
    is("k8s-app", &["kube-dns", "coredns"])
        || is("app.kubernetes.io/name", &["coredns", "kube-dns", "rke2-coredns"])
        || endpoint
            .labels
            .value("dns.operator.openshift.io/daemonset-dns")
            .is_some()
}

/// Whether a workload is the cache of names on every node.
#[must_use]
pub fn is_node_cache(workload: &Workload) -> bool {
    let names = ["node-local-dns", "nodelocaldns", "nodelocal-dns"];
    workload.kind == WorkloadKind::DaemonSet && names.iter().any(|n| workload.name.contains(n))
}
