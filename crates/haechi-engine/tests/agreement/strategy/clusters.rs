//! Random clusters.

use std::net::IpAddr;

use haechi_model::AddressRange;
use haechi_model::cluster::{
    Cluster, ClusterNode, ContainerPort, Endpoint, METADATA_NAME, Namespace, PodNetwork, ServiceAccount, Workload,
    WorkloadKind,
};
use haechi_model::labels::Labels;
use haechi_model::name::Name;
use haechi_model::place::Location;
use ipnet::IpNet;
use proptest::collection::vec;
use proptest::option;
use proptest::prelude::*;
use proptest::sample::select;

use super::{NAMESPACES, PORT_NAMES, PORTS, labels, ported};

/// Which families of addresses the objects of a cluster show.
#[derive(Clone, Copy, Debug)]
enum Shown {
    V4,
    V6,
    Both,
}

#[derive(Clone, Debug)]
struct Pods {
    namespace: &'static str,
    labels: Labels,
    ports: Vec<ContainerPort>,
    account: &'static str,
    node: Option<&'static str>,
    addresses: Addresses,
    network: PodNetwork,
    count: u32,
    /// Whether they belong to the workload before them, if that lies in their namespace.
    joins: bool,
}

#[derive(Clone, Copy, Debug)]
enum Addresses {
    Unknown,
    /// One of the first family that the cluster shows.
    First,
    /// One of each family that the cluster shows.
    All,
}

/// Clusters of up to five endpoints, each a pod or the template of some.
pub(crate) fn cluster() -> impl Strategy<Value = Cluster> {
    let shown = prop_oneof![4 => Just(Shown::V4), 1 => Just(Shown::V6), 2 => Just(Shown::Both)];
    (
        shown,
        NAMESPACES.map(|_| option::weighted(0.8, labels())),
        vec(pods(), 1..6),
        ["node-1", "node-2"].map(|_| option::weighted(0.8, (labels(), any::<bool>(), pod_ranges(3)))),
        vec((select(&NAMESPACES[..]), labels()), 0..3),
        pod_ranges(1),
    )
        .prop_map(|(shown, namespaces, pods, nodes, accounts, pod_ranges)| Cluster {
            pod_ranges,
            ..assemble(shown, namespaces, pods, nodes, accounts)
        })
}

/// Ranges that hold every address of a pod, one of them, or none.
fn pod_ranges(tenths: u32) -> impl Strategy<Value = Vec<AddressRange>> {
    let ranges = select(
        &[
            "10.0.0.0/28",
            "10.0.0.2/32",
            "10.1.0.0/16",
            "fd00::/120",
            "2001:db8::/64",
        ][..],
    );
    let ranges = ranges.prop_map(|block| AddressRange::from(block.parse::<IpNet>().expect("a block")));
    prop_oneof![
        10 - tenths => Just(Vec::new()),
        tenths => vec(ranges, 1..3),
    ]
}

fn pods() -> impl Strategy<Value = Pods> {
    let port = (
        option::weighted(0.9, select(&PORT_NAMES[..])),
        ported(),
        select(&PORTS[..]),
    )
        .prop_map(|(name, protocol, port)| ContainerPort {
            name: name.map(Name::from),
            protocol,
            port,
        });
    (
        (select(&NAMESPACES[..]), labels(), vec(port, 0..4)),
        select(&["default", "robot"][..]),
        option::weighted(0.7, select(&["node-1", "node-2", "node-3"][..])),
        prop_oneof![2 => Just(Addresses::Unknown), 3 => Just(Addresses::First), 3 => Just(Addresses::All)],
        prop_oneof![4 => Just(PodNetwork::Own), 1 => Just(PodNetwork::Host)],
        (1..4u32, any::<bool>()),
    )
        .prop_map(
            |((namespace, labels, ports), account, node, addresses, network, (count, joins))| Pods {
                namespace,
                labels,
                ports,
                account,
                node,
                addresses,
                network,
                count,
                joins,
            },
        )
}

fn assemble(
    shown: Shown,
    namespaces: [Option<Labels>; 3],
    mut pods: Vec<Pods>,
    nodes: [Option<(Labels, bool, Vec<AddressRange>)>; 2],
    accounts: Vec<(&'static str, Labels)>,
) -> Cluster {
    let place = |line: usize| Location {
        line: u32::try_from(line).unwrap_or(1) + 1,
        column: 1,
        ..Location::default()
    };
    let family = |last: usize, v4: &str, v6: &str, one: bool| -> Vec<IpAddr> {
        let v4 = format!("{v4}{last}").parse().expect("an address");
        let v6 = format!("{v6}{last:x}").parse().expect("an address");
        match shown {
            Shown::V4 => vec![v4],
            Shown::V6 => vec![v6],
            Shown::Both if one => vec![v4],
            Shown::Both => vec![v4, v6],
        }
    };
    let mut cluster = Cluster::default();
    for (name, labels) in NAMESPACES.into_iter().zip(namespaces) {
        cluster.namespaces.push(Namespace {
            name: name.into(),
            location: labels.is_some().then(|| place(0)),
            labels: labels.unwrap_or_default().with(METADATA_NAME.into(), name.into()),
        });
    }
    for (i, (name, node)) in ["node-1", "node-2"].into_iter().zip(nodes).enumerate() {
        let Some((labels, has_addresses, pod_ranges)) = node else {
            continue;
        };
        cluster.nodes.push(ClusterNode {
            name: name.into(),
            labels,
            pod_ranges,
            addresses: if has_addresses {
                family(i + 1, "192.168.0.", "fd01::", false)
            } else {
                Vec::new()
            },
            location: place(i),
        });
    }
    for (namespace, labels) in accounts {
        let namespace = cluster.namespace(namespace).expect("a namespace");
        if cluster.service_accounts.iter().all(|a| a.namespace != namespace) {
            cluster.service_accounts.push(ServiceAccount {
                namespace,
                name: "robot".into(),
                labels,
                location: place(0),
            });
        }
    }
    cluster.service_accounts.sort_by_key(|a| a.namespace);

    pods.sort_by_key(|p| p.namespace);
    for (i, pods) in pods.into_iter().enumerate() {
        let namespace = cluster.namespace(pods.namespace).expect("a namespace");
        if !pods.joins || cluster.workloads.last().is_none_or(|w| w.namespace != namespace) {
            cluster.workloads.push(Workload {
                namespace,
                kind: WorkloadKind::Deployment,
                name: format!("app-{i}").into(),
                location: place(i),
            });
        }
        let (v4, v6) = match pods.network {
            PodNetwork::Own => ("10.0.0.", "fd00::"),
            PodNetwork::Host => ("192.168.0.", "fd01::"),
        };
        let addresses = match pods.addresses {
            Addresses::Unknown => Vec::new(),
            Addresses::First => family(i + 1, v4, v6, true),
            Addresses::All => family(i + 1, v4, v6, false),
        };
        let mut ports = pods.ports;
        ports.sort();
        ports.dedup();
        cluster.endpoints.push(Endpoint {
            workload: cluster.workloads.len() - 1,
            pod: (pods.count == 1).then(|| format!("app-{i}").into()),
            count: pods.count,
            labels: pods.labels,
            ports: ports.into(),
            service_account: pods.account.into(),
            node: pods.node.map(Name::from),
            addresses,
            network: pods.network,
            location: place(i),
        });
    }
    cluster
}

/// A cluster of one pod in each of these namespaces, without labels, addresses or nodes.
pub(crate) fn of_pods(namespaces: &[&'static str]) -> Cluster {
    let pod = |namespace: &&'static str| Pods {
        namespace,
        labels: Labels::default(),
        ports: Vec::new(),
        account: "default",
        node: None,
        addresses: Addresses::Unknown,
        network: PodNetwork::Own,
        count: 1,
        joins: false,
    };
    assemble(
        Shown::V4,
        [None, None, None],
        namespaces.iter().map(pod).collect(),
        [None, None],
        Vec::new(),
    )
}
