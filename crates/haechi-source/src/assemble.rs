//! Objects to a cluster: who owns whom, who is where, and what is there twice.

use haechi_model::cluster::{
    Cluster, Endpoint, Gateway, METADATA_NAME, Namespace, Route, Service, ServiceAccount, WorkloadKind,
};
use haechi_model::name::Interner;
use haechi_model::{Labels, Location, Name};
use rustc_hash::FxHashMap;

use crate::object::{BackendSource, Backends, Declared, Objects};

mod owners;
mod twice;

use owners::Workloads;

/// Makes the cluster, and leaves in `objects` what is not a part of it.
pub(crate) fn cluster(objects: &mut Objects) -> Cluster {
    twice::keep_last(objects);
    let mut names = Interner::default();
    let namespaces = namespaces(objects, &mut names);
    let index: FxHashMap<Name, usize> = namespaces
        .iter()
        .enumerate()
        .map(|(i, namespace)| (namespace.name.clone(), i))
        .collect();
    // Every name was collected above.
    let at = |name: &Name| index.get(name).copied().unwrap_or_default();

    let mut cluster = Cluster {
        namespaces,
        ..Cluster::default()
    };
    cluster.nodes = std::mem::take(&mut objects.nodes).into_iter().map(|n| n.what).collect();
    cluster.nodes.sort_by(|a, b| a.name.cmp(&b.name));
    let mut workloads = Workloads::new(objects, &mut names);
    workloads.add_templates(std::mem::take(&mut objects.templates));
    workloads.add_pods(std::mem::take(&mut objects.pods));
    (cluster.workloads, cluster.endpoints) = workloads.finish(&cluster.nodes, at);
    cluster.services = services(objects, at);
    cluster.routes = routes(objects, at);
    cluster.gateways = gateways(objects, at);
    cluster.service_accounts = service_accounts(objects, at);
    cluster
}

/// All namespaces that are declared or named.
fn namespaces(objects: &mut Objects, names: &mut Interner) -> Vec<Namespace> {
    let mut found: FxHashMap<Name, (Labels, Option<Location>)> = FxHashMap::default();
    for declared in std::mem::take(&mut objects.namespaces) {
        found.insert(declared.name, (declared.what, Some(declared.location)));
    }
    let named = objects
        .pods
        .iter()
        .map(|o| &o.namespace)
        .chain(objects.templates.iter().map(|o| &o.namespace))
        .chain(objects.services.iter().map(|o| &o.namespace))
        .chain(objects.routes.iter().map(|o| &o.namespace))
        .chain(objects.gateways.iter().map(|o| &o.namespace))
        .chain(objects.service_accounts.iter().map(|o| &o.namespace))
        .chain(objects.policies.iter().filter_map(|p| p.object.id().namespace.as_ref()));
    for name in named {
        if !found.contains_key(name) {
            found.insert(name.clone(), (Labels::default(), None));
        }
    }
    let key = names.name(METADATA_NAME);
    let mut namespaces: Vec<Namespace> = found
        .into_iter()
        .map(|(name, (labels, location))| Namespace {
            // Rule 18: the label is always there, and nobody can give it another value.
            labels: labels.with(key.clone(), name.clone()),
            name,
            location,
        })
        .collect();
    namespaces.sort_by(|a, b| a.name.cmp(&b.name));
    namespaces
}

fn services(objects: &mut Objects, at: impl Fn(&Name) -> usize) -> Vec<Service> {
    let mut backends: FxHashMap<(Name, Name), Vec<Backends>> = FxHashMap::default();
    for Declared { namespace, what, .. } in std::mem::take(&mut objects.backends) {
        backends
            .entry((namespace, what.service.clone()))
            .or_default()
            .push(what);
    }
    let mut services: Vec<Service> = std::mem::take(&mut objects.services)
        .into_iter()
        .map(|service| {
            let listed = backends
                .remove(&(service.namespace.clone(), service.name.clone()))
                .map_or_else(Vec::new, listed);
            Service {
                namespace: at(&service.namespace),
                name: service.name,
                kind: service.what.kind,
                selector: service.what.selector,
                addresses: service.what.addresses,
                ports: service.what.ports,
                listed,
                location: service.location,
            }
        })
        .collect();
    services.sort_by(|a, b| (a.namespace, &a.name).cmp(&(b.namespace, &b.name)));
    services
}

/// The backends of one Service. An Endpoints repeats what the Service's slices say, in part.
fn listed(sources: Vec<Backends>) -> Vec<haechi_model::cluster::ListedBackend> {
    let has_slices = sources.iter().any(|s| s.source == BackendSource::EndpointSlice);
    sources
        .into_iter()
        .filter(|s| !has_slices || s.source == BackendSource::EndpointSlice)
        .flat_map(|s| s.list)
        .collect()
}

fn routes(objects: &mut Objects, at: impl Fn(&Name) -> usize) -> Vec<Route> {
    let mut routes: Vec<Route> = std::mem::take(&mut objects.routes)
        .into_iter()
        .map(|route| Route {
            kind: route.what.kind,
            namespace: at(&route.namespace),
            name: route.name,
            hosts: route.what.hosts,
            backends: route.what.backends,
            location: route.location,
        })
        .collect();
    routes.sort_by(|a, b| (a.namespace, a.kind, &a.name).cmp(&(b.namespace, b.kind, &b.name)));
    routes
}

fn gateways(objects: &mut Objects, at: impl Fn(&Name) -> usize) -> Vec<Gateway> {
    let mut gateways: Vec<Gateway> = std::mem::take(&mut objects.gateways)
        .into_iter()
        .map(|gateway| Gateway {
            namespace: at(&gateway.namespace),
            name: gateway.name,
            listeners: gateway.what,
            location: gateway.location,
        })
        .collect();
    gateways.sort_by(|a, b| (a.namespace, &a.name).cmp(&(b.namespace, &b.name)));
    gateways
}

fn service_accounts(objects: &mut Objects, at: impl Fn(&Name) -> usize) -> Vec<ServiceAccount> {
    let mut accounts: Vec<ServiceAccount> = std::mem::take(&mut objects.service_accounts)
        .into_iter()
        .map(|account| ServiceAccount {
            namespace: at(&account.namespace),
            name: account.name,
            labels: account.what,
            location: account.location,
        })
        .collect();
    accounts.sort_by(|a, b| (a.namespace, &a.name).cmp(&(b.namespace, &b.name)));
    accounts
}

/// Whether the kind is one whose pods come and go with their nodes.
fn is_per_node(kind: &WorkloadKind) -> bool {
    *kind == WorkloadKind::DaemonSet
}

/// Brings endpoints into the cluster's order.
fn sort_endpoints(endpoints: &mut [Endpoint]) {
    endpoints.sort_by(|a, b| (a.workload, &a.pod, a.location).cmp(&(b.workload, &b.pod, b.location)));
}
