//! Ends of a probe, found in a cluster.

use std::collections::BTreeSet;

use haechi_engine::{Compiled, End, Focus, backends, selected};
use haechi_model::address::AddressRange;
use haechi_model::{Cluster, Location, Name, PortSet};
use haechi_policy::{Match, NamespaceMatch, Term};

use super::read::{EndKind, Ends, PodsBy, Selected, Suite};
use crate::addresses;
use crate::names::{self, Named};
use crate::port::{Port, PortQuery, Unsaid};

/// Why a probe cannot be asked.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Fault {
    /// Where.
    pub location: Location,
    /// What.
    pub message: String,
    /// What to do about it.
    pub hint: Option<String>,
}

impl Fault {
    pub(super) fn new(location: Location, message: impl Into<String>) -> Self {
        Self {
            location,
            message: message.into(),
            hint: None,
        }
    }

    pub(super) fn hint(self, hint: impl Into<String>) -> Self {
        Self {
            hint: Some(hint.into()),
            ..self
        }
    }
}

/// Some who talk or are talked to. Ranges end where what policies and tests speak of does.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(super) struct Crowd {
    /// By index in [`Cluster::endpoints`].
    pub(super) endpoints: BTreeSet<usize>,
    pub(super) ranges: BTreeSet<AddressRange>,
    pub(super) domains: BTreeSet<Name>,
    /// By index in [`Cluster::services`], where they are dialled by their own ports.
    pub(super) services: BTreeSet<usize>,
}

/// What a list of ends means.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum Found {
    These(Crowd),
    /// Everything but what the other probes let.
    Else,
}

/// Which end a list names.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Role {
    /// Who begins to talk: a Service is its backends.
    Source,
    /// Who is talked to: a Service is dialled by its own ports.
    Destination,
}

/// Someone who is talked to, and on which ports.
#[derive(Clone, Debug)]
pub(super) struct Destination {
    pub(super) end: End,
    pub(super) ports: PortSet,
}

/// A cluster in which ends are found.
#[derive(Clone, Copy, Debug)]
pub(super) struct Finder<'a> {
    pub(super) compiled: &'a Compiled<'a>,
    /// The namespace of names without one.
    pub(super) namespace: Option<&'a Name>,
}

impl<'a> Finder<'a> {
    fn cluster(self) -> &'a Cluster {
        self.compiled.cluster()
    }

    /// Finds what a list means.
    pub(super) fn find(self, ends: &Ends, role: Role) -> Result<Found, Fault> {
        let is_else = |kind: &EndKind| matches!(kind, EndKind::EverythingElse);
        match ends.items.as_slice() {
            [only] if is_else(&only.kind) => return Ok(Found::Else),
            several => {
                if let Some(stray) = several.iter().find(|e| is_else(&e.kind)) {
                    return Err(Fault::new(stray.location, "everything else stands alone"));
                }
            }
        }
        self.crowd(ends, role).map(Found::These)
    }

    fn crowd(self, ends: &Ends, role: Role) -> Result<Crowd, Fault> {
        let mut crowd = Crowd::default();
        for end in &ends.items {
            let fault = |message: String| Fault::new(end.location, message);
            match &end.kind {
                EndKind::Named(asked) => {
                    let found = asked.select(self.cluster(), self.namespace).map_err(|error| {
                        let hint = error.hint();
                        Fault {
                            hint,
                            ..fault(error.to_string())
                        }
                    })?;
                    self.add(&mut crowd, &found, role);
                }
                EndKind::Everything => {
                    self.add_pods(&mut crowd);
                    self.add_addresses(&mut crowd);
                    self.add_domains(&mut crowd, role);
                }
                EndKind::EveryPod => self.add_pods(&mut crowd),
                EndKind::EveryAddress => self.add_addresses(&mut crowd),
                EndKind::EverythingElse => {
                    return Err(fault("everything else cannot be an exception".to_owned()));
                }
                EndKind::Selected(selected) => {
                    let found = self.selected(selected, role)?;
                    if found.is_empty() {
                        let hint = "a probe that asks about nobody would always hold";
                        return Err(fault("this selects nothing in the sources".to_owned()).hint(hint));
                    }
                    crowd.extend(found);
                }
                EndKind::Later(kind) => {
                    return Err(fault(format!("`{kind}` is not supported yet")));
                }
            }
        }
        Ok(crowd)
    }

    fn add(self, crowd: &mut Crowd, found: &names::Selected, role: Role) {
        match found {
            names::Selected::One(Named::Service(service)) if role == Role::Destination => {
                crowd.services.insert(*service);
            }
            names::Selected::One(named) => {
                for end in named.ends(self.cluster()) {
                    match end {
                        End::Endpoint(endpoint) => {
                            crowd.endpoints.insert(endpoint);
                        }
                        End::Address(address) => self.add_range(crowd, address.into()),
                        End::Domain(name) => {
                            crowd.domains.insert(name);
                        }
                    }
                }
            }
            names::Selected::Namespace(namespace) => {
                let cluster = self.cluster();
                let here = |e: &usize| cluster.workloads[cluster.endpoints[*e].workload].namespace == *namespace;
                crowd.endpoints.extend((0..cluster.endpoints.len()).filter(here));
            }
            names::Selected::Block(range) => self.add_range(crowd, *range),
        }
    }

    fn add_range(self, crowd: &mut Crowd, range: AddressRange) {
        let space = self.compiled.space();
        crowd
            .ranges
            .extend(space.atoms_in(range).map(|atom| space.atoms[atom as usize].range));
    }

    fn add_pods(self, crowd: &mut Crowd) {
        crowd.endpoints.extend(0..self.cluster().endpoints.len());
    }

    fn add_addresses(self, crowd: &mut Crowd) {
        crowd.ranges.extend(self.compiled.space().atoms.iter().map(|a| a.range));
    }

    /// Names are only talked to.
    fn add_domains(self, crowd: &mut Crowd, role: Role) {
        if role == Role::Destination {
            let named = self.compiled.space().domains.iter().filter(|name| !name.is_empty());
            crowd.domains.extend(named.cloned());
        }
    }

    fn selected(self, selected: &Selected, role: Role) -> Result<Crowd, Fault> {
        let mut crowd = Crowd::default();
        match &selected.pods {
            Some(by) => crowd.endpoints.extend(self.pods(by)),
            None => {
                self.add_pods(&mut crowd);
                self.add_addresses(&mut crowd);
                self.add_domains(&mut crowd, role);
            }
        }
        if let Some(except) = &selected.except {
            // What is taken out is taken out by its pods, whichever way it is dialled.
            crowd.remove(&self.crowd(except, Role::Source)?);
        }
        Ok(crowd)
    }

    fn pods(self, by: &PodsBy) -> Vec<usize> {
        let mut terms = vec![Term::Namespace(NamespaceMatch::Labelled(by.namespaces.clone()))];
        if let Some(name) = &by.namespace {
            terms.push(Term::Namespace(NamespaceMatch::Named(name.clone())));
        }
        terms.push(Term::Pod(by.pods.clone()));
        let location = Location::default();
        selected(self.cluster(), &[Match { terms, location }]).concat()
    }

    /// Everything that a crowd leaves out.
    pub(super) fn complement(self, crowd: &Crowd, role: Role) -> Crowd {
        let mut all = Crowd::default();
        self.add_pods(&mut all);
        self.add_addresses(&mut all);
        self.add_domains(&mut all, role);
        all.remove(&self.without_services(crowd));
        all
    }

    /// The same with the backends of Services in the place of the Services.
    fn without_services(self, crowd: &Crowd) -> Crowd {
        let mut plain = crowd.clone();
        for service in std::mem::take(&mut plain.services) {
            self.add(&mut plain, &names::Selected::One(Named::Service(service)), Role::Source);
        }
        plain
    }

    /// Those who begin to talk.
    pub(super) fn sources(self, crowd: &Crowd) -> Vec<End> {
        let plain = self.without_services(crowd);
        plain.ends().collect()
    }

    /// Those who are talked to, each with the ports that are meant.
    pub(super) fn destinations(
        self,
        crowd: &Crowd,
        queries: &[PortQuery],
        place: Location,
    ) -> Result<Vec<Destination>, Fault> {
        let mut all: Vec<Destination> = crowd
            .ends()
            .map(|end| Destination {
                ports: self.ports(&end, queries),
                end,
            })
            .collect();
        for &service in &crowd.services {
            all.extend(self.dialled(service, queries, place)?);
        }
        // Pods that give a name to no port have nothing to be asked for.
        all.retain(|d| !d.ports.is_empty());
        if all.is_empty() && !crowd.is_empty() {
            let names: Vec<&str> = queries.iter().filter_map(PortQuery::name).map(Name::as_str).collect();
            return Err(Fault::new(
                place,
                format!("nobody who is talked to has a port called {}", names.join(" or ")),
            ));
        }
        Ok(all)
    }

    fn ports(self, end: &End, queries: &[PortQuery]) -> PortSet {
        let declared = match end {
            End::Endpoint(endpoint) => &*self.cluster().endpoints[*endpoint].ports,
            End::Address(_) | End::Domain(_) => &[],
        };
        let sets = queries.iter().map(|q| q.ports(declared, Unsaid::Tcp));
        sets.fold(PortSet::NONE, |all, set| all.union(&set))
    }

    /// The backends behind the ports of a Service that are meant.
    fn dialled(self, service: usize, queries: &[PortQuery], place: Location) -> Result<Vec<Destination>, Fault> {
        let meant = |port: &haechi_model::cluster::ServicePort| {
            queries.iter().any(|q| {
                let named = || q.name().is_some() && q.name() == port.name.as_ref();
                q.protocol.is_none_or(|p| p == port.protocol)
                    && match &q.port {
                        Port::Any => true,
                        Port::Numbers(from, to) => (*from..=*to).contains(&port.port),
                        Port::Named(_) => named(),
                    }
            })
        };
        let object = &self.cluster().services[service];
        let id = Named::Service(service).id(self.cluster());
        if !object.ports.iter().any(meant) {
            let ports: Vec<String> = object
                .ports
                .iter()
                .map(|p| format!("{}/{}", p.port, p.protocol))
                .collect();
            return Err(
                Fault::new(place, format!("{id} has no such port")).hint(format!("it has {}", ports.join(", ")))
            );
        }
        let found: Vec<Destination> = backends(self.cluster(), service)
            .filter(|b| meant(b.port))
            .map(|b| Destination {
                ports: PortSet::port(b.port.protocol, b.target),
                end: b.end,
            })
            .collect();
        if found.is_empty() {
            return Err(Fault::new(place, format!("nobody answers behind {id}")));
        }
        Ok(found)
    }

    /// Some in as few names as say it: workloads whole, the others pod by pod, addresses in blocks.
    pub(super) fn names(self, ends: &[End]) -> Vec<String> {
        let cluster = self.cluster();
        let mut endpoints: BTreeSet<usize> = BTreeSet::new();
        let (mut ranges, mut domains) = (Vec::new(), BTreeSet::new());
        for end in ends {
            match end {
                End::Endpoint(endpoint) => {
                    endpoints.insert(*endpoint);
                }
                End::Address(address) => {
                    let space = self.compiled.space();
                    ranges.push(space.atoms[space.atom_of(*address) as usize].range);
                }
                End::Domain(name) => {
                    domains.insert(format!("fqdn:{name}"));
                }
            }
        }
        let mut names: Vec<String> = Vec::new();
        while let Some(&first) = endpoints.first() {
            let workload = cluster.endpoints[first].workload;
            let all = cluster.endpoints_of(workload);
            let whole = all.clone().all(|e| endpoints.contains(&e));
            if whole {
                names.push(cluster.workload_id(workload));
            }
            for endpoint in all {
                if endpoints.remove(&endpoint) && !whole {
                    names.push(cluster.endpoint_id(endpoint));
                }
            }
        }
        if !ranges.is_empty() {
            let nodes = cluster.nodes.iter();
            let node = |range: &AddressRange| {
                let mut nodes = nodes.clone();
                nodes.find(|n| range.first() == range.last() && n.addresses.contains(&range.first()))
            };
            let (of_nodes, others): (Vec<_>, Vec<_>) = ranges.into_iter().partition(|r| node(r).is_some());
            let of_nodes: BTreeSet<String> = of_nodes
                .iter()
                .filter_map(node)
                .map(|n| format!("node:{}", n.name))
                .collect();
            names.extend(of_nodes);
            if !others.is_empty() {
                names.push(addresses::describe(&addresses::join(others)));
            }
        }
        names.extend(domains);
        names
    }
}

impl Crowd {
    pub(super) fn is_empty(&self) -> bool {
        *self == Self::default()
    }

    pub(super) fn extend(&mut self, other: Self) {
        self.endpoints.extend(other.endpoints);
        self.ranges.extend(other.ranges);
        self.domains.extend(other.domains);
        self.services.extend(other.services);
    }

    fn remove(&mut self, other: &Self) {
        self.endpoints.retain(|e| !other.endpoints.contains(e));
        self.ranges.retain(|r| !other.ranges.contains(r));
        self.domains.retain(|d| !other.domains.contains(d));
        self.services.retain(|s| !other.services.contains(s));
    }

    /// Its ends, Services left out; of a range, the first address stands for all.
    fn ends(&self) -> impl Iterator<Item = End> {
        let endpoints = self.endpoints.iter().copied().map(End::Endpoint);
        let ranges = self.ranges.iter().map(|r| End::Address(r.first()));
        endpoints
            .chain(ranges)
            .chain(self.domains.iter().cloned().map(End::Domain))
    }
}

/// The addresses of the nodes. A pod and its own node reach each other, so that a node is never one of many addresses.
pub(super) fn node_addresses(cluster: &Cluster) -> Vec<AddressRange> {
    let addresses = cluster.nodes.iter().flat_map(|n| &n.addresses);
    addresses.map(|a| AddressRange::from(*a)).collect()
}

/// What an answer must tell apart for some tests, beside what policies speak of.
pub(super) fn focus(suite: &Suite, cluster: &Cluster, namespace: Option<&Name>) -> Focus {
    let mut focus = Focus {
        cuts: node_addresses(cluster),
        ..Focus::default()
    };
    let mut lists: Vec<&Ends> = suite
        .tests
        .iter()
        .flat_map(|t| &t.probes)
        .flat_map(|p| p.question.lists())
        .collect();
    while let Some(list) = lists.pop() {
        for end in &list.items {
            match &end.kind {
                EndKind::Named(asked) => match asked.select(cluster, namespace) {
                    Ok(names::Selected::Block(range)) => focus.cuts.push(range),
                    Ok(names::Selected::One(named)) => {
                        for end in named.ends(cluster) {
                            match end {
                                End::Address(address) => focus.cuts.push(address.into()),
                                End::Domain(name) => focus.domains.push(name),
                                End::Endpoint(_) => {}
                            }
                        }
                    }
                    Ok(names::Selected::Namespace(_)) | Err(_) => {}
                },
                EndKind::Selected(selected) => lists.extend(&selected.except),
                EndKind::Everything
                | EndKind::EveryPod
                | EndKind::EveryAddress
                | EndKind::EverythingElse
                | EndKind::Later(_) => {}
            }
        }
    }
    focus
}
