//! Which object stands where.

use haechi_model::{FileId, Location, Name};
use rustc_hash::FxHashMap;

use crate::load::Loaded;

/// An object of the sources.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Object {
    /// `namespace/Kind/name`, or `Kind/name` without a namespace.
    pub(super) id: String,
    /// Its namespace.
    pub(super) namespace: Option<Name>,
    /// Its first and last line.
    pub(super) location: Location,
}

/// All objects that findings may be about, by file and first line.
pub(super) struct Objects(FxHashMap<FileId, Vec<Object>>);

impl Objects {
    pub(super) fn new(loaded: &Loaded) -> Self {
        let cluster = &loaded.snapshot.cluster;
        let mut all = Self(FxHashMap::default());
        for policy in &loaded.snapshot.policies {
            let id = policy.id();
            all.add(policy.location(), id.namespace.as_ref(), id.to_string());
        }
        for (index, workload) in cluster.workloads.iter().enumerate() {
            let namespace = &cluster.namespaces[workload.namespace].name;
            all.add(workload.location, Some(namespace), cluster.workload_id(index));
        }
        let mut namespaced = |location: Location, namespace: usize, kind: &str, name: &Name| {
            let namespace = &cluster.namespaces[namespace].name;
            all.add(location, Some(namespace), format!("{namespace}/{kind}/{name}"));
        };
        for service in &cluster.services {
            namespaced(service.location, service.namespace, "Service", &service.name);
        }
        for route in &cluster.routes {
            namespaced(route.location, route.namespace, &route.kind.to_string(), &route.name);
        }
        for gateway in &cluster.gateways {
            namespaced(gateway.location, gateway.namespace, "Gateway", &gateway.name);
        }
        for objects in all.0.values_mut() {
            objects.sort_by_key(|o| (o.location, std::cmp::Reverse(o.location.last_line)));
        }
        all
    }

    fn add(&mut self, location: Location, namespace: Option<&Name>, id: String) {
        let objects = self.0.entry(location.file).or_default();
        objects.push(Object {
            id,
            namespace: namespace.cloned(),
            location,
        });
    }

    /// The object that a place belongs to.
    pub(super) fn at(&self, location: Location) -> Option<&Object> {
        let objects = self.0.get(&location.file)?;
        let place = |o: &Object| (o.location.line, o.location.column);
        let after = objects.partition_point(|o| place(o) <= (location.line, location.column));
        // Objects do not lie inside of each other, so that the last one that began before is the only candidate.
        objects[..after]
            .last()
            .filter(|o| o.location.last_line >= location.line)
    }
}
