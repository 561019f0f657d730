//! A cluster as policies see it: endpoints, and what names and groups them.

use std::fmt;
use std::net::{IpAddr, Ipv4Addr, Ipv6Addr};
use std::sync::Arc;

use crate::address::AddressRange;
use crate::labels::Labels;
use crate::name::Name;
use crate::place::Location;
use crate::port::Protocol;

/// A snapshot of one cluster.
///
/// Each list is sorted by namespace, kind and name, so that equal inputs make equal clusters; the
/// `usize` fields of its members are indices into its lists.
#[derive(Clone, Debug, Default)]
pub struct Cluster {
    /// Namespaces, those that objects name without declaring them included.
    pub namespaces: Vec<Namespace>,
    /// What owns pods.
    pub workloads: Vec<Workload>,
    /// Pods, and templates that stand for several alike, sorted by workload.
    pub endpoints: Vec<Endpoint>,
    /// Machines.
    pub nodes: Vec<ClusterNode>,
    /// Services.
    pub services: Vec<Service>,
    /// Ingresses and Gateway API routes: ways in that end at Services.
    pub routes: Vec<Route>,
    /// Gateway API gateways.
    pub gateways: Vec<Gateway>,
    /// Service accounts.
    pub service_accounts: Vec<ServiceAccount>,
    /// Where pods' addresses are taken from, if whoever asks says so.
    pub pod_ranges: Vec<AddressRange>,
}

impl Cluster {
    /// Where a pod is whose address no object shows: in [`Self::pod_ranges`], else in the ranges of the nodes if every
    /// pod that shows its address is there, else in [`Self::private_ranges`].
    #[must_use]
    pub fn unknown_pod_ranges(&self) -> Vec<AddressRange> {
        if !self.pod_ranges.is_empty() {
            return self.pod_ranges.clone();
        }
        let of_nodes: Vec<AddressRange> = self.nodes.iter().flat_map(|n| &n.pod_ranges).copied().collect();
        let own = self.endpoints.iter().filter(|e| e.network == PodNetwork::Own);
        let mut shown = own.flat_map(|e| &e.addresses);
        // Some address managers leave the nodes' ranges unused.
        if of_nodes.is_empty() || shown.any(|a| !of_nodes.iter().any(|range| range.contains(*a))) {
            return self.private_ranges();
        }
        of_nodes
    }

    /// The ranges that clusters give addresses from, of the families that this one's endpoints show, IPv4 if none
    /// does: the private ones of IPv4 ([RFC 1918](https://www.rfc-editor.org/rfc/rfc1918),
    /// [RFC 6598](https://www.rfc-editor.org/rfc/rfc6598)), unique local and global ones of IPv6.
    #[must_use]
    pub fn private_ranges(&self) -> Vec<AddressRange> {
        let shows = |v6: bool| {
            let mut addresses = self.endpoints.iter().flat_map(|e| &e.addresses);
            addresses.any(|a| a.is_ipv6() == v6)
        };
        let v6 = shows(true);
        let v4 = shows(false) || !v6;
        let families = [(v4, &PRIVATE_V4[..]), (v6, &PRIVATE_V6[..])];
        families
            .into_iter()
            .filter(|(used, _)| *used)
            .flat_map(|(_, ranges)| ranges)
            .copied()
            .collect()
    }

    /// The index of the namespace called `name`.
    #[must_use]
    pub fn namespace(&self, name: &str) -> Option<usize> {
        self.namespaces.binary_search_by(|n| (*n.name).cmp(name)).ok()
    }

    /// The endpoints of a workload, by index.
    pub fn endpoints_of(&self, workload: usize) -> std::ops::Range<usize> {
        let start = self.endpoints.partition_point(|e| e.workload < workload);
        let end = self.endpoints.partition_point(|e| e.workload <= workload);
        start..end
    }

    /// The namespace that an endpoint lies in.
    #[must_use]
    pub fn namespace_of(&self, endpoint: &Endpoint) -> &Namespace {
        &self.namespaces[self.workloads[endpoint.workload].namespace]
    }

    /// `namespace/Kind/name` of a workload.
    #[must_use]
    pub fn workload_id(&self, workload: usize) -> String {
        let w = &self.workloads[workload];
        format!("{}/{}/{}", self.namespaces[w.namespace].name, w.kind, w.name)
    }

    /// `namespace/Pod/name` of an endpoint that is a pod, else its workload's id.
    #[must_use]
    pub fn endpoint_id(&self, endpoint: usize) -> String {
        let e = &self.endpoints[endpoint];
        match &e.pod {
            Some(pod) => format!("{}/Pod/{pod}", self.namespace_of(e).name),
            None => self.workload_id(e.workload),
        }
    }
}

const PRIVATE_V4: [AddressRange; 4] = [
    AddressRange::V4(Ipv4Addr::new(10, 0, 0, 0), Ipv4Addr::new(10, 255, 255, 255)),
    AddressRange::V4(Ipv4Addr::new(100, 64, 0, 0), Ipv4Addr::new(100, 127, 255, 255)),
    AddressRange::V4(Ipv4Addr::new(172, 16, 0, 0), Ipv4Addr::new(172, 31, 255, 255)),
    AddressRange::V4(Ipv4Addr::new(192, 168, 0, 0), Ipv4Addr::new(192, 168, 255, 255)),
];

const PRIVATE_V6: [AddressRange; 2] = [
    AddressRange::V6(
        Ipv6Addr::new(0x2000, 0, 0, 0, 0, 0, 0, 0),
        Ipv6Addr::new(0x3fff, !0, !0, !0, !0, !0, !0, !0),
    ),
    AddressRange::V6(
        Ipv6Addr::new(0xfc00, 0, 0, 0, 0, 0, 0, 0),
        Ipv6Addr::new(0xfdff, !0, !0, !0, !0, !0, !0, !0),
    ),
];

/// The label that every namespace bears with its own name.
pub const METADATA_NAME: &str = "kubernetes.io/metadata.name";

/// A namespace.
#[derive(Clone, Debug)]
pub struct Namespace {
    /// Its name.
    pub name: Name,
    /// Its labels; [`METADATA_NAME`] is always among them.
    pub labels: Labels,
    /// Where it is declared; `None` if other objects only name it, so that its labels are unknown.
    pub location: Option<Location>,
}

/// What kind of object owns pods.
#[derive(Clone, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum WorkloadKind {
    /// `apps/v1` CronJob's Jobs.
    CronJob,
    /// `apps/v1` DaemonSet.
    DaemonSet,
    /// `apps/v1` Deployment.
    Deployment,
    /// `batch/v1` Job.
    Job,
    /// A pod that nothing owns.
    Pod,
    /// `apps/v1` ReplicaSet that no Deployment owns.
    ReplicaSet,
    /// `v1` ReplicationController.
    ReplicationController,
    /// `apps/v1` StatefulSet.
    StatefulSet,
    /// An owner of another kind, known only from its pods' `ownerReferences`.
    Other(Name),
}

impl fmt::Display for WorkloadKind {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(match self {
            Self::CronJob => "CronJob",
            Self::DaemonSet => "DaemonSet",
            Self::Deployment => "Deployment",
            Self::Job => "Job",
            Self::Pod => "Pod",
            Self::ReplicaSet => "ReplicaSet",
            Self::ReplicationController => "ReplicationController",
            Self::StatefulSet => "StatefulSet",
            Self::Other(kind) => kind,
        })
    }
}

/// The object that pods belong to, as users name it.
#[derive(Clone, Debug)]
pub struct Workload {
    /// Its namespace.
    pub namespace: usize,
    /// Its kind.
    pub kind: WorkloadKind,
    /// Its name.
    pub name: Name,
    /// Where it stands: its own object, else its first pod's.
    pub location: Location,
}

/// A pod, or the template of `count` pods that nothing tells apart.
#[derive(Clone, Debug)]
pub struct Endpoint {
    /// Its workload.
    pub workload: usize,
    /// The pod's name; `None` for a template.
    pub pod: Option<Name>,
    /// How many pods it stands for: 1 for a pod, the replicas of a template.
    pub count: u32,
    /// Its labels.
    pub labels: Labels,
    /// The ports that its containers declare, over all of them (init containers that restart
    /// included), sorted.
    pub ports: Arc<[ContainerPort]>,
    /// Its service account.
    pub service_account: Name,
    /// The node it runs on, by name.
    pub node: Option<Name>,
    /// Its addresses; empty where no object shows them.
    pub addresses: Vec<IpAddr>,
    /// Whether it uses its node's network: then it is its node's addresses, and no policy's subject.
    pub network: PodNetwork,
    /// Where it stands.
    pub location: Location,
}

/// Which network a pod is in.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum PodNetwork {
    /// Its own.
    #[default]
    Own,
    /// Its node's (`hostNetwork: true`).
    Host,
}

/// A port that a container declares.
#[derive(Clone, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct ContainerPort {
    /// Its name, if it bears one.
    pub name: Option<Name>,
    /// Its protocol.
    pub protocol: Protocol,
    /// Its number.
    pub port: u16,
}

/// A machine of the cluster.
#[derive(Clone, Debug)]
pub struct ClusterNode {
    /// Its name.
    pub name: Name,
    /// Its labels.
    pub labels: Labels,
    /// Its addresses.
    pub addresses: Vec<IpAddr>,
    /// Where its pods' addresses are taken from.
    pub pod_ranges: Vec<AddressRange>,
    /// Where it stands.
    pub location: Location,
}

/// How a Service is reached.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum ServiceKind {
    /// By an address of the cluster.
    ClusterIp,
    /// By its backends' addresses (`clusterIP: None`).
    Headless,
    /// By a port of every node, too.
    NodePort,
    /// By a load balancer, too.
    LoadBalancer,
    /// Another DNS name.
    ExternalName(Name),
}

/// A Service.
#[derive(Clone, Debug)]
pub struct Service {
    /// Its namespace.
    pub namespace: usize,
    /// Its name.
    pub name: Name,
    /// How it is reached.
    pub kind: ServiceKind,
    /// The labels of its pods; `None` if its backends are listed by hand.
    pub selector: Option<Labels>,
    /// Its own addresses: cluster, external and load balancer ones.
    pub addresses: Vec<IpAddr>,
    /// Its ports.
    pub ports: Vec<ServicePort>,
    /// Backends that Endpoints and EndpointSlices list, in the order they were read.
    pub listed: Vec<ListedBackend>,
    /// Where it stands.
    pub location: Location,
}

/// A port of a Service.
#[derive(Clone, Debug)]
pub struct ServicePort {
    /// Its name, if it bears one.
    pub name: Option<Name>,
    /// Its protocol.
    pub protocol: Protocol,
    /// The port that clients dial.
    pub port: u16,
    /// The port of the backends.
    pub target: TargetPort,
    /// The port of every node that leads here.
    pub node_port: Option<u16>,
    /// Where it stands.
    pub location: Location,
}

/// A port of a pod, by number or by the name that a container gives it.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub enum TargetPort {
    /// This number.
    Number(u16),
    /// The container port of this name and the Service port's protocol.
    Named(Name),
}

/// An address behind a Service, with the ports it serves.
#[derive(Clone, Debug)]
pub struct ListedBackend {
    /// The address.
    pub address: IpAddr,
    /// The pod behind it, where the object names one.
    pub pod: Option<Name>,
    /// Ports by the Service port's name (`None` for an unnamed one).
    pub ports: Vec<(Option<Name>, Protocol, u16)>,
}

/// What kind of object lets traffic in to Services.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum RouteKind {
    /// `networking.k8s.io/v1` Ingress.
    Ingress,
    /// Gateway API HTTPRoute.
    HttpRoute,
    /// Gateway API GRPCRoute.
    GrpcRoute,
    /// Gateway API TLSRoute.
    TlsRoute,
}

impl fmt::Display for RouteKind {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(match self {
            Self::Ingress => "Ingress",
            Self::HttpRoute => "HTTPRoute",
            Self::GrpcRoute => "GRPCRoute",
            Self::TlsRoute => "TLSRoute",
        })
    }
}

/// An Ingress or a Gateway API route.
#[derive(Clone, Debug)]
pub struct Route {
    /// Its kind.
    pub kind: RouteKind,
    /// Its namespace.
    pub namespace: usize,
    /// Its name.
    pub name: Name,
    /// The host names it answers to.
    pub hosts: Vec<Name>,
    /// The Services it leads to.
    pub backends: Vec<RouteBackend>,
    /// Where it stands.
    pub location: Location,
}

/// A Service port that a route leads to.
#[derive(Clone, Debug)]
pub struct RouteBackend {
    /// The Service's namespace, by name.
    pub namespace: Name,
    /// The Service's name.
    pub service: Name,
    /// The Service's port, by number or name; a route may leave it out.
    pub port: Option<TargetPort>,
    /// Where it stands.
    pub location: Location,
}

/// A Gateway API Gateway.
#[derive(Clone, Debug)]
pub struct Gateway {
    /// Its namespace.
    pub namespace: usize,
    /// Its name.
    pub name: Name,
    /// The ports that it listens on, with their listeners' protocols (`HTTP`, `TLS`, …).
    pub listeners: Vec<(u16, Name)>,
    /// Where it stands.
    pub location: Location,
}

/// A service account.
#[derive(Clone, Debug)]
pub struct ServiceAccount {
    /// Its namespace.
    pub namespace: usize,
    /// Its name.
    pub name: Name,
    /// Its labels.
    pub labels: Labels,
    /// Where it stands.
    pub location: Location,
}
