//! Which workload each pod belongs to.

use haechi_model::cluster::{ClusterNode, Endpoint, PodNetwork, Workload, WorkloadKind};
use haechi_model::name::Interner;
use haechi_model::{Labels, Location, Name};
use rustc_hash::{FxHashMap, FxHashSet};

use super::{is_per_node, sort_endpoints};
use crate::object::{Declared, Objects, Owner, Phase, Pod, Template};

/// Workloads as they come together.
#[derive(Debug)]
pub(super) struct Workloads<'n> {
    names: &'n mut Interner,
    /// ReplicaSets and Jobs by namespace and name, with what made them.
    middlemen: FxHashMap<(Middleman, Name, Name), Option<Owner>>,
    /// Deployments and CronJobs that are shown.
    makers: FxHashSet<(Middleman, Name, Name)>,
    index: FxHashMap<Key, usize>,
    workloads: Vec<Found>,
    endpoints: Vec<Endpoint>,
}

#[derive(Clone, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
struct Key {
    namespace: Name,
    kind: WorkloadKind,
    name: Name,
}

#[derive(Debug)]
struct Found {
    key: Key,
    /// Its own object's place.
    own: Option<Location>,
    first_pod: Option<Location>,
    templates: Vec<FoundTemplate>,
}

#[derive(Debug)]
struct FoundTemplate {
    location: Location,
    standing: Standing,
    template: Template,
}

/// Whose template it is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Standing {
    /// The workload's own.
    Own,
    /// That of a ReplicaSet or Job which the workload has made.
    Made,
}

/// An object between a workload and its pods.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
enum Middleman {
    /// Made by Deployments.
    ReplicaSet,
    /// Made by CronJobs.
    Job,
}

impl<'n> Workloads<'n> {
    pub(super) fn new(objects: &Objects, names: &'n mut Interner) -> Self {
        let mut middlemen = FxHashMap::default();
        let mut makers = FxHashSet::default();
        for template in &objects.templates {
            let key = |kind| (kind, template.namespace.clone(), template.name.clone());
            match template.what.kind {
                WorkloadKind::ReplicaSet => {
                    middlemen.insert(key(Middleman::ReplicaSet), template.what.owner.clone());
                }
                WorkloadKind::Job => {
                    middlemen.insert(key(Middleman::Job), template.what.owner.clone());
                }
                WorkloadKind::Deployment => {
                    makers.insert(key(Middleman::ReplicaSet));
                }
                WorkloadKind::CronJob => {
                    makers.insert(key(Middleman::Job));
                }
                _ => {}
            }
        }
        Self {
            names,
            middlemen,
            makers,
            index: FxHashMap::default(),
            workloads: Vec::new(),
            endpoints: Vec::new(),
        }
    }

    pub(super) fn add_templates(&mut self, templates: Vec<Declared<Template>>) {
        for declared in templates {
            if declared.what.finished {
                continue;
            }
            let owner = match (&declared.what.kind, &declared.what.owner) {
                (WorkloadKind::ReplicaSet, Some(owner)) => Some(owner),
                (WorkloadKind::Job, Some(owner)) if &*owner.kind == "CronJob" => Some(owner),
                _ => None,
            };
            let (standing, kind, name) = match owner {
                Some(owner) => (Standing::Made, kind_called(&owner.kind), owner.name.clone()),
                None => (Standing::Own, declared.what.kind.clone(), declared.name.clone()),
            };
            let workload = self.workload(Key {
                namespace: declared.namespace,
                kind,
                name,
            });
            let found = &mut self.workloads[workload];
            if standing == Standing::Own {
                found.own = Some(declared.location);
            }
            found.templates.push(FoundTemplate {
                location: declared.location,
                standing,
                template: declared.what,
            });
        }
    }

    pub(super) fn add_pods(&mut self, pods: Vec<Declared<Pod>>) {
        self.endpoints.reserve_exact(pods.len());
        for Declared {
            namespace,
            name,
            location,
            what: pod,
            ..
        } in pods
        {
            // Rule 16: its address may belong to another pod by now.
            if pod.phase == Phase::Finished {
                continue;
            }
            let (kind, owner) = self.owner_of(&namespace, &name, &pod);
            let workload = self.workload(Key {
                namespace,
                kind,
                name: owner,
            });
            let first = &mut self.workloads[workload].first_pod;
            *first = Some(first.map_or(location, |first| first.min(location)));
            self.endpoints.push(Endpoint {
                workload,
                pod: Some(name),
                count: 1,
                labels: pod.labels,
                ports: pod.spec.ports,
                service_account: pod.spec.service_account,
                node: pod.spec.node,
                addresses: pod.addresses,
                network: pod.spec.network,
                location,
            });
        }
    }

    /// The workloads and endpoints in the cluster's order; `namespace` gives the index of a name.
    pub(super) fn finish(
        mut self,
        nodes: &[ClusterNode],
        namespace: impl Fn(&Name) -> usize,
    ) -> (Vec<Workload>, Vec<Endpoint>) {
        for (index, found) in self.workloads.iter_mut().enumerate() {
            if found.first_pod.is_none() {
                let templates = std::mem::take(&mut found.templates);
                let wanted = standing_for(templates);
                self.endpoints
                    .extend(wanted.into_iter().map(|t| t.endpoint(index, nodes.len())));
            }
        }
        for endpoint in &mut self.endpoints {
            if endpoint.network == PodNetwork::Host && endpoint.addresses.is_empty() {
                let node = endpoint
                    .node
                    .as_ref()
                    .and_then(|name| nodes.binary_search_by(|n| n.name.cmp(name)).ok());
                endpoint.addresses = node.map(|i| nodes[i].addresses.clone()).unwrap_or_default();
            }
        }
        let mut order: Vec<usize> = (0..self.workloads.len()).collect();
        order.sort_by(|&a, &b| self.workloads[a].key.cmp(&self.workloads[b].key));
        let mut rank = vec![0; order.len()];
        for (new, &old) in order.iter().enumerate() {
            rank[old] = new;
        }
        for endpoint in &mut self.endpoints {
            endpoint.workload = rank[endpoint.workload];
        }
        sort_endpoints(&mut self.endpoints);
        let workloads = order
            .into_iter()
            .map(|i| {
                let found = &self.workloads[i];
                let Key {
                    namespace: ns,
                    kind,
                    name,
                } = found.key.clone();
                Workload {
                    namespace: namespace(&ns),
                    kind,
                    name,
                    location: found.location(&self.endpoints, rank[i]),
                }
            })
            .collect();
        (workloads, self.endpoints)
    }

    fn workload(&mut self, key: Key) -> usize {
        if let Some(&index) = self.index.get(&key) {
            return index;
        }
        let index = self.workloads.len();
        self.workloads.push(Found {
            key: key.clone(),
            own: None,
            first_pod: None,
            templates: Vec::new(),
        });
        self.index.insert(key, index);
        index
    }

    /// The workload that a pod belongs to.
    fn owner_of(&mut self, namespace: &Name, pod: &Name, what: &Pod) -> (WorkloadKind, Name) {
        let Some(owner) = &what.owner else {
            return (WorkloadKind::Pod, pod.clone());
        };
        match &*owner.kind {
            "ReplicaSet" => self.maker_of_set(namespace, owner, &what.labels),
            "Job" => self.maker_of_job(namespace, owner),
            // A node's own pod, which the kubelet runs from a file.
            "Node" => (WorkloadKind::Pod, pod.clone()),
            kind => (kind_called(kind), owner.name.clone()),
        }
    }

    fn maker_of_set(&mut self, namespace: &Name, set: &Owner, labels: &Labels) -> (WorkloadKind, Name) {
        let key = (Middleman::ReplicaSet, namespace.clone(), set.name.clone());
        match self.middlemen.get(&key) {
            Some(Some(maker)) => return (kind_called(&maker.kind), maker.name.clone()),
            Some(None) => return (WorkloadKind::ReplicaSet, set.name.clone()),
            None => {}
        }
        let made_by = [
            ("pod-template-hash", WorkloadKind::Deployment),
            ("rollouts-pod-template-hash", WorkloadKind::Other("Rollout".into())),
        ];
        for (label, kind) in made_by {
            let name = labels
                .value(label)
                .and_then(|hash| set.name.strip_suffix(hash.as_str())?.strip_suffix('-'));
            if let Some(name) = name.filter(|n| !n.is_empty()) {
                return (kind, self.names.name(name));
            }
        }
        match set.name.rsplit_once('-') {
            Some((name, _)) if self.is_maker(Middleman::ReplicaSet, namespace, name) => {
                (WorkloadKind::Deployment, self.names.name(name))
            }
            _ => (WorkloadKind::ReplicaSet, set.name.clone()),
        }
    }

    fn maker_of_job(&mut self, namespace: &Name, job: &Owner) -> (WorkloadKind, Name) {
        let key = (Middleman::Job, namespace.clone(), job.name.clone());
        match self.middlemen.get(&key) {
            Some(Some(maker)) if &*maker.kind == "CronJob" => {
                return (WorkloadKind::CronJob, maker.name.clone());
            }
            Some(_) => return (WorkloadKind::Job, job.name.clone()),
            None => {}
        }
        // A CronJob's Jobs end in the minute that they were due.
        let name = job
            .name
            .rsplit_once('-')
            .filter(|(_, minute)| minute.len() >= 8 && minute.bytes().all(|b| b.is_ascii_digit()))
            .map(|(name, _)| name);
        match name {
            Some(name) if self.is_maker(Middleman::Job, namespace, name) => {
                (WorkloadKind::CronJob, self.names.name(name))
            }
            _ => (WorkloadKind::Job, job.name.clone()),
        }
    }

    fn is_maker(&self, of: Middleman, namespace: &Name, name: &str) -> bool {
        self.makers.contains(&(of, namespace.clone(), Name::from(name)))
    }
}

impl Found {
    fn location(&self, endpoints: &[Endpoint], workload: usize) -> Location {
        let first = || {
            let start = endpoints.partition_point(|e| e.workload < workload);
            endpoints.get(start).map(|e| e.location).unwrap_or_default()
        };
        self.own.or(self.first_pod).unwrap_or_else(first)
    }
}

/// The templates that stand for a workload without pods: its own, else those of what it has made that ask for pods,
/// else the last of them.
fn standing_for(mut templates: Vec<FoundTemplate>) -> Vec<FoundTemplate> {
    if templates.iter().any(|t| t.standing == Standing::Own) {
        templates.retain(|t| t.standing == Standing::Own);
    } else if templates.iter().any(|t| t.template.count != Some(0)) {
        templates.retain(|t| t.template.count != Some(0));
    } else if templates.len() > 1 {
        templates.drain(..templates.len() - 1);
    }
    templates
}

impl FoundTemplate {
    fn endpoint(self, workload: usize, nodes: usize) -> Endpoint {
        let per_node = || u32::try_from(nodes).unwrap_or(u32::MAX).max(1);
        let count = match self.template.count {
            Some(count) => count,
            None if is_per_node(&self.template.kind) => per_node(),
            None => 1,
        };
        Endpoint {
            workload,
            pod: None,
            count,
            labels: self.template.labels,
            ports: self.template.spec.ports,
            service_account: self.template.spec.service_account,
            node: self.template.spec.node,
            addresses: Vec::new(),
            network: self.template.spec.network,
            location: self.location,
        }
    }
}

fn kind_called(kind: &str) -> WorkloadKind {
    match kind {
        "CronJob" => WorkloadKind::CronJob,
        "DaemonSet" => WorkloadKind::DaemonSet,
        "Deployment" => WorkloadKind::Deployment,
        "Job" => WorkloadKind::Job,
        "ReplicaSet" => WorkloadKind::ReplicaSet,
        "ReplicationController" => WorkloadKind::ReplicationController,
        "StatefulSet" => WorkloadKind::StatefulSet,
        other => WorkloadKind::Other(other.into()),
    }
}
