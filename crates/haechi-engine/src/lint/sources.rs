//! What the sources show and what they may be silent about.

use std::collections::BTreeMap;
use std::sync::OnceLock;

use haechi_model::Cluster;
use haechi_model::cluster::{Endpoint, PodNetwork, WorkloadKind};
use haechi_model::labels::Selector;
use haechi_model::name::Name;
use rustc_hash::{FxHashMap, FxHashSet};

/// What the sources show of a cluster.
pub(super) struct Sources<'a> {
    cluster: &'a Cluster,
    /// Whether they look like all of a cluster rather than one team's part of it.
    extent: Extent,
    /// By namespace, whether it has pods with their own network.
    has_pods: Vec<bool>,
    /// Pods in their nodes' network.
    hosts: Vec<u32>,
    /// By Service, the pods that its selector selects.
    backends: Vec<Vec<u32>>,
    labels: OnceLock<Vec<Vocabulary<'a>>>,
    namespace_labels: OnceLock<Vocabulary<'a>>,
}

/// How much of a cluster the sources are.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Extent {
    /// All of it: its nodes, or the DaemonSets of kube-system, are there.
    Whole,
    /// Perhaps only a part.
    Part,
}

/// The labels of a group of objects.
#[derive(Default)]
pub(super) struct Vocabulary<'a> {
    /// How many objects there are.
    pub(super) objects: usize,
    /// How many have each value of each key.
    pub(super) keys: BTreeMap<&'a Name, BTreeMap<&'a Name, usize>>,
}

impl<'a> Sources<'a> {
    pub(super) fn new(cluster: &'a Cluster) -> Self {
        let mut has_pods = vec![false; cluster.namespaces.len()];
        let mut hosts = Vec::new();
        for (index, endpoint) in (0u32..).zip(&cluster.endpoints) {
            match endpoint.network {
                PodNetwork::Own => has_pods[cluster.workloads[endpoint.workload].namespace] = true,
                PodNetwork::Host => hosts.push(index),
            }
        }
        let system = cluster.namespace(KUBE_SYSTEM);
        let shows_system = cluster
            .workloads
            .iter()
            .any(|w| Some(w.namespace) == system && w.kind == WorkloadKind::DaemonSet);
        Self {
            cluster,
            extent: if shows_system || !cluster.nodes.is_empty() {
                Extent::Whole
            } else {
                Extent::Part
            },
            has_pods,
            hosts,
            backends: backends(cluster),
            labels: OnceLock::new(),
            namespace_labels: OnceLock::new(),
        }
    }

    pub(super) fn extent(&self) -> Extent {
        self.extent
    }

    /// The pods that a Service's selector selects, by index.
    pub(super) fn backends(&self, service: usize) -> &[u32] {
        &self.backends[service]
    }

    /// Whether they show pods with their own network at all.
    pub(super) fn show_pods(&self) -> bool {
        self.has_pods.contains(&true)
    }

    /// Whether a namespace has pods with their own network.
    pub(super) fn has_pods(&self, namespace: usize) -> bool {
        self.has_pods[namespace]
    }

    /// Whether any namespace is declared, and this one is not.
    pub(super) fn leaves_out(&self, namespace: &str) -> bool {
        let declared = |n: &haechi_model::cluster::Namespace| n.location.is_some();
        let own = self.cluster.namespace(namespace).map(|i| &self.cluster.namespaces[i]);
        !own.is_some_and(declared) && self.cluster.namespaces.iter().any(declared)
    }

    /// Pods in their nodes' network, by index.
    pub(super) fn hosts(&self) -> impl Iterator<Item = (usize, &'a Endpoint)> {
        let cluster = self.cluster;
        self.hosts
            .iter()
            .map(move |index| (*index as usize, &cluster.endpoints[*index as usize]))
    }

    /// The labels of a namespace's pods.
    pub(super) fn labels(&self, namespace: usize) -> &Vocabulary<'a> {
        let all = self.labels.get_or_init(|| {
            let mut all: Vec<Vocabulary<'a>> = self.cluster.namespaces.iter().map(|_| Vocabulary::default()).collect();
            for endpoint in self.cluster.endpoints.iter().filter(|e| e.network == PodNetwork::Own) {
                all[self.cluster.workloads[endpoint.workload].namespace].add(&endpoint.labels);
            }
            all
        });
        &all[namespace]
    }

    /// The labels of all namespaces.
    pub(super) fn namespace_labels(&self) -> &Vocabulary<'a> {
        self.namespace_labels.get_or_init(|| {
            let mut all = Vocabulary::default();
            self.cluster.namespaces.iter().for_each(|n| all.add(&n.labels));
            all
        })
    }

    /// The namespaces whose labels match, by index.
    pub(super) fn namespaces_with(&self, selector: &Selector) -> impl Iterator<Item = usize> {
        let matching = self.cluster.namespaces.iter().enumerate();
        let matching = matching.filter(move |(_, n)| selector.matches(&n.labels));
        matching.map(|(index, _)| index)
    }
}

/// By Service, the pods that its selector selects.
fn backends(cluster: &Cluster) -> Vec<Vec<u32>> {
    let selectors = || {
        let services = cluster.services.iter();
        services.filter_map(|s| Some((s.namespace, s.selector.as_ref().filter(|labels| !labels.is_empty())?)))
    };
    // One label of each selector finds few enough pods to look at one by one.
    let asked: FxHashSet<&Name> = selectors()
        .flat_map(|(_, labels)| labels.iter().map(|(key, _)| key))
        .collect();
    let mut with: FxHashMap<(usize, &Name, &Name), Vec<u32>> = FxHashMap::default();
    for (index, endpoint) in (0u32..).zip(&cluster.endpoints) {
        let namespace = cluster.workloads[endpoint.workload].namespace;
        for (key, value) in endpoint.labels.iter().filter(|(key, _)| asked.contains(key)) {
            with.entry((namespace, key, value)).or_default().push(index);
        }
    }
    let of = |service: &haechi_model::cluster::Service| {
        let Some(labels) = service.selector.as_ref().filter(|labels| !labels.is_empty()) else {
            return Vec::new();
        };
        let lists = labels
            .iter()
            .map(|(key, value)| with.get(&(service.namespace, key, value)));
        let shortest = lists.min_by_key(|list| list.map_or(0, Vec::len)).flatten();
        let shortest = shortest.map_or(&[][..], |list| list);
        let matching = |index: &&u32| labels.is_subset(&cluster.endpoints[**index as usize].labels);
        shortest.iter().filter(matching).copied().collect()
    };
    cluster.services.iter().map(of).collect()
}

/// Where a cluster's own pods are.
pub(super) const KUBE_SYSTEM: &str = "kube-system";

impl<'a> Vocabulary<'a> {
    fn add(&mut self, labels: &'a haechi_model::Labels) {
        self.objects += 1;
        for (key, value) in labels.iter() {
            *self.keys.entry(key).or_default().entry(value).or_default() += 1;
        }
    }

    /// How many objects have `key` with one of `values`.
    pub(super) fn with(&self, key: &Name, values: &[Name]) -> usize {
        let Some(known) = self.keys.get(key) else { return 0 };
        values.iter().filter_map(|value| known.get(value)).sum()
    }

    /// How many objects have `key`.
    pub(super) fn having(&self, key: &Name) -> usize {
        self.keys.get(key).map_or(0, |values| values.values().sum())
    }
}

/// Vocabularies of several namespaces, asked as one.
pub(super) struct Scope<'s, 'a>(pub(super) Vec<&'s Vocabulary<'a>>);

impl<'a> Scope<'_, 'a> {
    pub(super) fn objects(&self) -> usize {
        self.0.iter().map(|v| v.objects).sum()
    }

    pub(super) fn with(&self, key: &Name, values: &[Name]) -> usize {
        self.0.iter().map(|v| v.with(key, values)).sum()
    }

    pub(super) fn having(&self, key: &Name) -> usize {
        self.0.iter().map(|v| v.having(key)).sum()
    }

    /// The values of a key.
    pub(super) fn values(&self, key: &Name) -> FxHashMap<&'a Name, usize> {
        let mut all = FxHashMap::default();
        for (value, count) in self.0.iter().filter_map(|v| v.keys.get(key)).flatten() {
            *all.entry(*value).or_default() += count;
        }
        all
    }

    /// The keys.
    pub(super) fn keys(&self) -> std::collections::BTreeSet<&'a Name> {
        self.0.iter().flat_map(|v| v.keys.keys().copied()).collect()
    }
}
