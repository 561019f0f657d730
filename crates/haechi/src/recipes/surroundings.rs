//! What recipes need to know of a cluster: labels that stay, ports that are served, and who does what everybody needs.

use std::collections::BTreeSet;
use std::net::IpAddr;

use haechi_engine::resolver::{DNS, NODE_LOCAL, answers, is_node_cache};
use haechi_engine::{End, backends, selected};
use haechi_model::cluster::{Cluster, ContainerPort, PodNetwork, ServiceKind};
use haechi_model::{Labels, Location, Name, Protocol, Selector};
use haechi_policy::{Match, NamespaceMatch, Term};

use super::Trouble;
use super::draft::Port;

/// Labels that tell a workload's pods from others and stay what they are.
#[derive(Clone, Debug)]
pub(super) struct Stable {
    pub(super) labels: Labels,
    /// Other workloads of the namespace that have them, too.
    pub(super) shared: Vec<usize>,
}

/// Labels that change with every version or pod, or say nothing of who a pod is.
const PASSING: &[&str] = &[
    "app.kubernetes.io/managed-by",
    "app.kubernetes.io/version",
    "apps.kubernetes.io/pod-index",
    "batch.kubernetes.io/controller-uid",
    "batch.kubernetes.io/job-completion-index",
    "batch.kubernetes.io/job-name",
    "chart",
    "controller-revision-hash",
    "controller-uid",
    "helm.sh/chart",
    "heritage",
    "job-name",
    "pod-template-generation",
    "pod-template-hash",
    "rollouts-pod-template-hash",
    "security.istio.io/tlsMode",
    "service.istio.io/canonical-revision",
    "statefulset.kubernetes.io/pod-name",
    "topology.kubernetes.io/region",
    "topology.kubernetes.io/zone",
    "version",
];

/// Labels that say who a pod is, the clearest first.
const TELLING: &[&str] = &[
    "app.kubernetes.io/name",
    "app",
    "k8s-app",
    "app.kubernetes.io/component",
    "app.kubernetes.io/instance",
    "component",
    "name",
    "role",
    "tier",
];

/// Chooses the labels by which a policy should know a workload's pods: as few as tell them from the others of their
/// namespace, and none that changes.
pub(super) fn stable_labels(cluster: &Cluster, workload: usize) -> Result<Stable, Trouble> {
    let id = cluster.workload_id(workload);
    let endpoints = &cluster.endpoints[cluster.endpoints_of(workload)];
    if endpoints.iter().any(|e| e.network == PodNetwork::Host) {
        return Err(Trouble::new(format!(
            "the pods of {id} are in their nodes' network, where no NetworkPolicy knows them by their labels"
        )));
    }
    let Some((first, others)) = endpoints.split_first() else {
        return Err(Trouble::new(format!("{id} has no pods")));
    };
    let common = first.labels.iter().filter(|(key, value)| {
        !PASSING.contains(&key.as_str()) && others.iter().all(|e| e.labels.value(key) == Some(*value))
    });
    let mut candidates: Vec<(Name, Name)> = common.map(|(k, v)| (k.clone(), v.clone())).collect();
    let rank = |key: &Name| TELLING.iter().position(|t| *t == key.as_str()).unwrap_or(TELLING.len());
    candidates.sort_by(|a, b| (rank(&a.0), &a.0).cmp(&(rank(&b.0), &b.0)));
    if candidates.is_empty() {
        let hint = "give its template a label such as app.kubernetes.io/name";
        return Err(Trouble::new(format!("the pods of {id} have no label that stays")).hint(hint));
    }
    let shared = |labels: &Labels| others_with(cluster, workload, labels);
    let one = |pair: &(Name, Name)| Labels::from_iter([pair.clone()]);
    // A label that is clear by itself is better than several.
    let clear = candidates.iter().take_while(|(key, _)| rank(key) < TELLING.len());
    if let Some(labels) = clear.map(one).find(|labels| shared(labels).is_empty()) {
        return Ok(Stable {
            labels,
            shared: Vec::new(),
        });
    }
    let mut chosen = Stable {
        labels: one(&candidates[0]),
        shared: Vec::new(),
    };
    chosen.shared = shared(&chosen.labels);
    for (key, value) in &candidates[1..] {
        if chosen.shared.is_empty() {
            break;
        }
        let labels = chosen.labels.with(key.clone(), value.clone());
        let left = shared(&labels);
        if left.len() < chosen.shared.len() {
            chosen = Stable { labels, shared: left };
        }
    }
    Ok(chosen)
}

/// Other workloads of the same namespace with pods that have these labels.
fn others_with(cluster: &Cluster, workload: usize, labels: &Labels) -> Vec<usize> {
    let namespace = &cluster.namespaces[cluster.workloads[workload].namespace].name;
    let pods = labels.iter().map(|(k, v)| Selector::is(k.clone(), v.clone())).collect();
    let terms = vec![
        Term::Namespace(NamespaceMatch::Named(namespace.clone())),
        Term::Pod(Selector::all(pods)),
    ];
    let location = Location::default();
    let endpoints = selected(cluster, &[Match { terms, location }]).concat();
    let others: BTreeSet<usize> = endpoints.into_iter().map(|e| cluster.endpoints[e].workload).collect();
    others.into_iter().filter(|w| *w != workload).collect()
}

/// The ports that a workload serves: those that its Services lead to, else those that its containers declare.
pub(super) fn served_ports(cluster: &Cluster, workload: usize) -> Vec<Port> {
    let mut served: BTreeSet<Port> = BTreeSet::new();
    for service in 0..cluster.services.len() {
        for backend in backends(cluster, service) {
            if let End::Endpoint(endpoint) = backend.end
                && cluster.endpoints[endpoint].workload == workload
            {
                served.insert(Port::Numbers(backend.port.protocol, backend.target, backend.target));
            }
        }
    }
    if served.is_empty() {
        let declared = declared(cluster, workload);
        served.extend(declared.iter().map(|p| Port::Numbers(p.protocol, p.port, p.port)));
    }
    served.into_iter().collect()
}

/// The ports that a workload's containers declare.
pub(super) fn declared(cluster: &Cluster, workload: usize) -> Vec<ContainerPort> {
    let endpoints = &cluster.endpoints[cluster.endpoints_of(workload)];
    let all: BTreeSet<ContainerPort> = endpoints.iter().flat_map(|e| e.ports.iter().cloned()).collect();
    all.into_iter().collect()
}

/// The port that a workload's metrics are read from, by the names that people give it.
pub(super) fn metrics_ports(cluster: &Cluster, workload: usize) -> Vec<Port> {
    const NAMES: &[&str] = &[
        "metrics",
        "http-metrics",
        "https-metrics",
        "prometheus",
        "prom",
        "monitoring",
        "exporter",
    ];
    let is_metrics = |port: &ContainerPort| port.name.as_ref().is_some_and(|n| NAMES.contains(&n.as_str()));
    let ports = declared(cluster, workload);
    let found = ports.iter().filter(|p| is_metrics(p));
    found.map(|p| Port::Numbers(p.protocol, p.port, p.port)).collect()
}

/// What answers names.
#[derive(Clone, Debug)]
pub(super) struct Resolver {
    pub(super) namespace: Name,
    pub(super) labels: Labels,
    pub(super) ports: Vec<(Protocol, u16)>,
    /// Where caches of the nodes are asked, if there are any.
    pub(super) node_local: Vec<IpAddr>,
    /// Whether the sources show it; it is assumed to be where it usually is if they do not.
    pub(super) shown: bool,
}

/// Finds what answers names.
pub(super) fn resolver(cluster: &Cluster) -> Resolver {
    let mut resolver = Resolver {
        namespace: "kube-system".into(),
        labels: Labels::from_iter([("k8s-app".into(), "kube-dns".into())]),
        ports: vec![(Protocol::Udp, DNS), (Protocol::Tcp, DNS)],
        node_local: Vec::new(),
        shown: false,
    };
    let found = cluster
        .endpoints
        .iter()
        .position(|e| e.network == PodNetwork::Own && answers(e));
    let service = |endpoint: usize| {
        let behind = |s: &usize| backends(cluster, *s).any(|b| b.end == End::Endpoint(endpoint) && b.port.port == DNS);
        (0..cluster.services.len()).find(behind)
    };
    let mut address = Vec::new();
    if let Some(endpoint) = found {
        let workload = cluster.endpoints[endpoint].workload;
        if let Ok(stable) = stable_labels(cluster, workload) {
            resolver.labels = stable.labels;
        }
        resolver.namespace = cluster.namespace_of(&cluster.endpoints[endpoint]).name.clone();
        resolver.shown = true;
        if let Some(service) = service(endpoint) {
            let behind = backends(cluster, service).filter(|b| b.end == End::Endpoint(endpoint) && b.port.port == DNS);
            let ports: BTreeSet<(Protocol, u16)> = behind.map(|b| (b.port.protocol, b.target)).collect();
            let ports: Vec<(Protocol, u16)> = ports.into_iter().rev().collect();
            // One who forgets TCP gets no long answers.
            if ports.iter().any(|(p, _)| *p == Protocol::Udp) && ports.iter().any(|(p, _)| *p == Protocol::Tcp) {
                resolver.ports = ports;
            }
            address.clone_from(&cluster.services[service].addresses);
        }
    }
    if cluster.workloads.iter().any(is_node_cache) {
        resolver.node_local = vec![NODE_LOCAL];
        // It listens on the resolver's own Service address as well, which is not translated then.
        resolver.node_local.append(&mut address);
    }
    resolver
}

/// The workloads that let traffic in from outside, the likeliest ones alone.
pub(super) fn ingress_controllers(cluster: &Cluster) -> Vec<usize> {
    const KNOWN: &[&str] = &[
        "ambassador",
        "apisix",
        "contour",
        "emissary-ingress",
        "envoy",
        "envoy-gateway",
        "gateway-helm",
        "haproxy-ingress",
        "higress-gateway",
        "ingress-nginx",
        "istio-ingressgateway",
        "kong",
        "kubernetes-ingress",
        "nginx-gateway-fabric",
        "nginx-ingress",
        "traefik",
    ];
    const LIKELY: &[&str] = &[
        "ingress", "gateway", "edge", "proxy", "router", "haproxy", "nginx", "traefik", "envoy",
    ];
    let proxies: Vec<usize> = (0..cluster.workloads.len())
        .filter(|w| {
            let endpoints = &cluster.endpoints[cluster.endpoints_of(*w)];
            endpoints.iter().any(|e| {
                let labels = ["app.kubernetes.io/name", "app", "istio"];
                let mut values = labels.iter().filter_map(|key| e.labels.value(key));
                values.any(|v| KNOWN.contains(&v.as_str()) || v == "ingressgateway")
            })
        })
        .collect();
    if !proxies.is_empty() {
        return proxies;
    }
    // Behind a Service that is reached from outside, in a namespace or under a name that says so.
    let mut entered: BTreeSet<usize> = BTreeSet::new();
    for (index, service) in cluster.services.iter().enumerate() {
        if matches!(service.kind, ServiceKind::LoadBalancer | ServiceKind::NodePort) {
            for backend in backends(cluster, index) {
                if let End::Endpoint(endpoint) = backend.end {
                    entered.insert(cluster.endpoints[endpoint].workload);
                }
            }
        }
    }
    let says_so = |w: &usize| {
        let workload = &cluster.workloads[*w];
        let namespace = &cluster.namespaces[workload.namespace];
        let has_gateway = cluster.gateways.iter().any(|g| g.namespace == workload.namespace);
        has_gateway
            || LIKELY
                .iter()
                .any(|l| workload.name.contains(l) || namespace.name.contains(l))
    };
    entered.into_iter().filter(says_so).collect()
}

/// The workloads that read metrics.
pub(super) fn monitoring(cluster: &Cluster) -> Vec<usize> {
    const NAMES: &[&str] = &[
        "prometheus",
        "vmagent",
        "victoria-metrics",
        "grafana-agent",
        "alloy",
        "opentelemetry-collector",
    ];
    let named = |workload: usize, exactly: &dyn Fn(&str) -> bool| {
        let endpoints = &cluster.endpoints[cluster.endpoints_of(workload)];
        endpoints.iter().any(|e| {
            let labels = ["app.kubernetes.io/name", "app", "k8s-app"];
            labels.iter().filter_map(|key| e.labels.value(key)).any(|v| exactly(v))
        })
    };
    let all = 0..cluster.workloads.len();
    all.filter(|w| named(*w, &|v| NAMES.contains(&v)) || NAMES.contains(&cluster.workloads[*w].name.as_str()))
        .collect()
}

/// The addresses of the API server, each with its port.
pub(super) fn api_server(cluster: &Cluster) -> Vec<(IpAddr, u16)> {
    let Some(namespace) = cluster.namespace("default") else {
        return Vec::new();
    };
    let service = cluster.services.iter();
    let mut service = service.filter(|s| s.namespace == namespace && s.name == "kubernetes");
    let listed = service.next().into_iter().flat_map(|s| &s.listed);
    let mut all: Vec<(IpAddr, u16)> = listed
        .flat_map(|b| b.ports.iter().map(|(.., port)| (b.address, *port)))
        .collect();
    all.sort_unstable();
    all.dedup();
    all
}
