//! The peers: classes of endpoints, and atoms of address space.
//!
//! Endpoints that no policy can tell apart are one class, so that everything behind works on a few
//! thousand classes where a cluster has a hundred thousand pods. The address space is cut at every
//! boundary that a policy speaks of; within an atom, no policy can tell two addresses apart.
//!
//! Peers are numbered: classes first, then atoms, then the domain names that policies speak of, and
//! one for all other names.

use std::collections::BTreeSet;
use std::net::{IpAddr, Ipv4Addr, Ipv6Addr};
use std::ops::Range;

use haechi_model::address::AddressRange;
use haechi_model::cluster::{Cluster, ContainerPort, Endpoint, PodNetwork};
use haechi_model::labels::{KeyUse, Labels, Selector};
use haechi_model::name::Name;
use haechi_policy::{DomainPattern, Match, Membership, NamespaceMatch, Peers, PolicySet, Term};
use rustc_hash::{FxHashMap, FxHashSet};

use crate::bits::Dense;

/// The peers of one cluster under one set of policies.
#[derive(Debug)]
pub struct Space {
    /// Classes of endpoints: peers from 0.
    pub classes: Vec<Class>,
    /// The class of each endpoint.
    pub class_of: Vec<u32>,
    /// Atoms of address space, IPv4 before IPv6, ascending: the next peers.
    pub atoms: Vec<Atom>,
    /// Domain names that policies speak of, sorted, and the empty one for all others: the last peers.
    pub domains: Vec<Name>,
    patterns: Vec<DomainPattern>,
    /// The distinct container ports that named ports may resolve to, by [`Class::ports`].
    pub port_lists: Vec<Vec<ContainerPort>>,
    /// The label keys that policies select pods by.
    pub keys: FxHashSet<Name>,
    v4_atoms: usize,
}

/// Endpoints that no policy can tell apart.
#[derive(Debug)]
pub struct Class {
    /// The endpoints, by index.
    pub members: Vec<u32>,
    /// How many pods they stand for.
    pub pods: u64,
    /// The node of a host-network class that no policy may mistake for another.
    pub node: Option<u32>,
    /// The network that they are in.
    pub network: PodNetwork,
    /// The atoms that their addresses lie in; none where they are unknown or make no difference.
    pub atoms: Vec<u32>,
    /// An index into [`Space::port_lists`].
    pub ports: u32,
}

/// A range of addresses that no policy can tell apart.
#[derive(Clone, Copy, Debug)]
pub struct Atom {
    /// The addresses.
    pub range: AddressRange,
    /// The node that the one address belongs to, by index.
    pub node: Option<u32>,
}

/// What will be asked about: everything, unless it says less.
#[derive(Clone, Debug, Default)]
pub struct Focus {
    /// The endpoints that matter, by index; `None` for all.
    pub endpoints: Option<Vec<u32>>,
    /// Address ranges to cut out beside those that policies speak of.
    pub cuts: Vec<AddressRange>,
    /// Domain names to know beside those that policies speak of.
    pub domains: Vec<Name>,
}

/// The class of an endpoint that is out of focus.
pub const NO_CLASS: u32 = u32::MAX;

impl Space {
    /// Cuts classes and atoms.
    #[must_use]
    pub fn new(cluster: &Cluster, policies: &PolicySet, focus: &Focus) -> Self {
        let mut vocabulary = Vocabulary::of(policies);
        vocabulary.cuts.extend(&focus.cuts);
        let domains: BTreeSet<&Name> = vocabulary
            .domains
            .iter()
            .map(|p| &p.text)
            .chain(&focus.domains)
            .collect();
        let mut space = Self {
            classes: Vec::new(),
            class_of: vec![NO_CLASS; cluster.endpoints.len()],
            atoms: Vec::new(),
            domains: domains.into_iter().cloned().chain([Name::default()]).collect(),
            patterns: vocabulary.domains.iter().map(|p| (*p).clone()).collect(),
            port_lists: Vec::new(),
            keys: vocabulary.keys.keys().map(|k| (*k).clone()).collect(),
            v4_atoms: 0,
        };
        space.cut_addresses(cluster, &vocabulary);
        space.cut_endpoints(cluster, &vocabulary, focus);
        space
    }

    /// How many peers there are.
    #[must_use]
    pub fn len(&self) -> u32 {
        self.domain_peers().end
    }

    /// Whether there are no peers, which cannot be: the address space is always there.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.len() == 0
    }

    /// The peers that are classes.
    #[must_use]
    pub fn class_peers(&self) -> Range<u32> {
        0..to_u32(self.classes.len())
    }

    /// The peers that are atoms.
    #[must_use]
    pub fn atom_peers(&self) -> Range<u32> {
        let first = to_u32(self.classes.len());
        first..first + to_u32(self.atoms.len())
    }

    /// The peers that are domain names.
    #[must_use]
    pub fn domain_peers(&self) -> Range<u32> {
        let first = self.atom_peers().end;
        first..first + to_u32(self.domains.len())
    }

    /// The peer that a domain name is: its own, that of the narrowest pattern that covers it, or that of all others.
    ///
    /// That is exact where patterns lie in each other or apart, as those of Kubernetes do. Under others, a name that
    /// is asked about has to be in [focus](Focus::domains).
    #[must_use]
    pub fn domain_peer(&self, name: &str) -> u32 {
        let named = &self.domains[..self.domains.len() - 1];
        let index = named.iter().position(|d| *d == name).or_else(|| {
            let covering = self.patterns.iter().filter(|p| p.covers(name));
            let narrowest = covering.max_by_key(|p| p.text.len())?;
            named.iter().position(|d| *d == narrowest.text)
        });
        self.domain_peers().start + to_u32(index.unwrap_or(named.len()))
    }

    /// The peer that an address is.
    #[must_use]
    pub fn address_peer(&self, address: IpAddr) -> u32 {
        self.atom_peers().start + self.atom_of(address)
    }

    /// The index of the atom that an address lies in.
    #[must_use]
    pub fn atom_of(&self, address: IpAddr) -> u32 {
        let (family, start) = match address {
            IpAddr::V4(_) => (&self.atoms[..self.v4_atoms], 0),
            IpAddr::V6(_) => (&self.atoms[self.v4_atoms..], self.v4_atoms),
        };
        let after = family.partition_point(|a| a.range.first() <= address);
        to_u32(start + after.saturating_sub(1))
    }

    /// The indices of the atoms that lie in a block, all of whose bounds are cuts.
    #[must_use]
    pub fn atoms_in(&self, range: AddressRange) -> Range<u32> {
        self.atom_of(range.first())..self.atom_of(range.last()) + 1
    }

    /// The atoms, by index, among a set of peers.
    pub(crate) fn atoms_of(&self, peers: &Dense) -> Dense {
        let first = self.atom_peers().start;
        let mut atoms = Dense::none(to_u32(self.atoms.len()));
        atoms.extend(
            peers
                .iter()
                .filter(|p| self.atom_peers().contains(p))
                .map(|p| p - first),
        );
        atoms
    }

    /// The atoms, by index, that have an address in one of some ranges.
    pub(crate) fn atoms_touching(&self, ranges: &[AddressRange]) -> Dense {
        let mut atoms = Dense::none(to_u32(self.atoms.len()));
        atoms.extend(ranges.iter().flat_map(|range| self.atoms_in(*range)));
        atoms
    }

    fn cut_addresses(&mut self, cluster: &Cluster, vocabulary: &Vocabulary<'_>) {
        let mut v4 = BTreeSet::from([0u32]);
        let mut v6 = BTreeSet::from([0u128]);
        let mut cut = |range: AddressRange| match range {
            AddressRange::V4(first, last) => {
                v4.insert(first.into());
                v4.extend(u32::from(last).checked_add(1));
            }
            AddressRange::V6(first, last) => {
                v6.insert(first.into());
                v6.extend(u128::from(last).checked_add(1));
            }
        };
        vocabulary
            .blocks
            .iter()
            .chain(&vocabulary.cuts)
            .copied()
            .for_each(&mut cut);
        let mut nodes: FxHashMap<IpAddr, u32> = FxHashMap::default();
        for (index, node) in cluster.nodes.iter().enumerate() {
            for &address in &node.addresses {
                if vocabulary.tells_nodes_apart {
                    cut(address.into());
                }
                nodes.insert(address, to_u32(index));
            }
        }
        // Backends that are no pods: there are few, while the pods may be many.
        let listed = cluster.services.iter().flat_map(|s| &s.listed);
        let mut strangers: FxHashSet<IpAddr> = listed.map(|backend| backend.address).collect();
        if !strangers.is_empty() {
            for address in cluster.endpoints.iter().flat_map(|e| &e.addresses) {
                strangers.remove(address);
            }
        }
        strangers.into_iter().map(AddressRange::from).for_each(&mut cut);
        let ends4 = v4.iter().skip(1).map(|next| next - 1).chain([u32::MAX]);
        let ends6 = v6.iter().skip(1).map(|next| next - 1).chain([u128::MAX]);
        let v4 = v4
            .iter()
            .zip(ends4)
            .map(|(&a, b)| AddressRange::V4(Ipv4Addr::from(a), Ipv4Addr::from(b)));
        let v6 = v6
            .iter()
            .zip(ends6)
            .map(|(&a, b)| AddressRange::V6(Ipv6Addr::from(a), Ipv6Addr::from(b)));
        let atom = |range: AddressRange| {
            let single = range.first() == range.last();
            Atom {
                range,
                node: nodes.get(&range.first()).copied().filter(|_| single),
            }
        };
        self.atoms = v4.map(atom).collect();
        self.v4_atoms = self.atoms.len();
        self.atoms.extend(v6.map(atom));
    }

    fn cut_endpoints(&mut self, cluster: &Cluster, vocabulary: &Vocabulary<'_>, focus: &Focus) {
        let namespace_key = |index: usize| {
            let namespace = &cluster.namespaces[index];
            let selectors = vocabulary.namespace_selectors.iter();
            NamespaceKey {
                named: vocabulary.namespaces.contains(&namespace.name).then_some(index),
                selected: selectors.map(|s| s.matches(&namespace.labels)).collect(),
            }
        };
        // Only those of endpoints in focus are worth asking every selector about.
        let mut namespaces: Vec<Option<u32>> = vec![None; cluster.namespaces.len()];
        let mut namespace_ids = Ids::default();
        let (mut label_ids, mut port_ids, mut class_ids) = (Ids::default(), Ids::default(), Ids::default());
        let node_index: FxHashMap<&Name, u32> = cluster
            .nodes
            .iter()
            .enumerate()
            .map(|(i, n)| (&n.name, to_u32(i)))
            .collect();

        let all = 0..to_u32(cluster.endpoints.len());
        let indices: Vec<u32> = focus.endpoints.clone().unwrap_or_else(|| all.collect());
        for index in indices {
            let endpoint = &cluster.endpoints[index as usize];
            let namespace = cluster.workloads[endpoint.workload].namespace;
            let node = endpoint.node.as_ref().and_then(|n| node_index.get(n)).copied();
            let key = ClassKey {
                network: endpoint.network,
                namespace: *namespaces[namespace].get_or_insert_with(|| namespace_ids.id(namespace_key(namespace))),
                labels: label_ids.id(vocabulary.labels(&endpoint.labels)),
                account: vocabulary
                    .tells_accounts_apart
                    .then(|| (namespace, endpoint.service_account.clone())),
                ports: port_ids.id(vocabulary.ports(endpoint)),
                atoms: self.endpoint_atoms(cluster, vocabulary, endpoint, node),
                node: node.filter(|_| endpoint.network == PodNetwork::Host && vocabulary.tells_nodes_apart),
            };
            let (network, node, atoms, ports) = (key.network, key.node, key.atoms.clone(), key.ports);
            let class = class_ids.id(key);
            if class as usize == self.classes.len() {
                self.classes.push(Class {
                    members: Vec::new(),
                    pods: 0,
                    node,
                    network,
                    atoms,
                    ports,
                });
            }
            let members = &mut self.classes[class as usize];
            members.members.push(index);
            members.pods += u64::from(endpoint.count);
            self.class_of[index as usize] = class;
        }
        self.port_lists = port_ids.into_keys();
    }

    fn endpoint_atoms(
        &self,
        cluster: &Cluster,
        vocabulary: &Vocabulary<'_>,
        endpoint: &Endpoint,
        node: Option<u32>,
    ) -> Vec<u32> {
        if vocabulary.blocks.is_empty() {
            return Vec::new();
        }
        let addresses = match (endpoint.network, node) {
            (PodNetwork::Host, Some(node)) if endpoint.addresses.is_empty() => &cluster.nodes[node as usize].addresses,
            _ => &endpoint.addresses,
        };
        let mut atoms: Vec<u32> = addresses.iter().map(|a| self.atom_of(*a)).collect();
        atoms.sort_unstable();
        atoms.dedup();
        atoms
    }
}

#[derive(PartialEq, Eq, Hash)]
struct NamespaceKey {
    named: Option<usize>,
    selected: Vec<bool>,
}

#[derive(Clone, PartialEq, Eq, Hash)]
struct ClassKey {
    network: PodNetwork,
    namespace: u32,
    labels: u32,
    account: Option<(usize, Name)>,
    ports: u32,
    atoms: Vec<u32>,
    node: Option<u32>,
}

/// Numbers for distinct keys, from 0 in the order in which they come.
struct Ids<K>(FxHashMap<K, u32>);

impl<K> Default for Ids<K> {
    fn default() -> Self {
        Self(FxHashMap::default())
    }
}

impl<K: std::hash::Hash + Eq> Ids<K> {
    fn id(&mut self, key: K) -> u32 {
        let next = to_u32(self.0.len());
        *self.0.entry(key).or_insert(next)
    }

    fn into_keys(self) -> Vec<K> {
        let mut keys: Vec<(K, u32)> = self.0.into_iter().collect();
        keys.sort_by_key(|(_, id)| *id);
        keys.into_iter().map(|(key, _)| key).collect()
    }
}

/// A count of things that fit in memory, as a peer number.
pub(crate) fn to_u32(n: usize) -> u32 {
    u32::try_from(n).expect("fewer than 2^32 endpoints, addresses and names")
}

/// Everything that policies can tell endpoints apart by.
#[derive(Default)]
struct Vocabulary<'p> {
    namespaces: FxHashSet<Name>,
    namespace_selectors: Vec<&'p Selector>,
    seen_selectors: FxHashSet<&'p Selector>,
    pod_selectors: FxHashSet<&'p Selector>,
    /// Label keys, with the values that are told apart.
    keys: FxHashMap<&'p Name, Values<'p>>,
    port_names: FxHashSet<&'p str>,
    folds_port_names: bool,
    blocks: FxHashSet<AddressRange>,
    cuts: Vec<AddressRange>,
    domains: BTreeSet<&'p DomainPattern>,
    tells_nodes_apart: bool,
    tells_accounts_apart: bool,
}

enum Values<'p> {
    Listed(FxHashSet<&'p Name>),
    All,
}

impl<'p> Vocabulary<'p> {
    fn of(policies: &'p PolicySet) -> Self {
        let mut vocabulary = Self::default();
        for policy in policies.policies() {
            policy.subjects.iter().for_each(|m| vocabulary.add_match(m));
            for rule in policy.ingress.iter().chain(&policy.egress).flat_map(|r| &r.rules) {
                if let Peers::Of(matches) = &rule.peers {
                    matches.iter().for_each(|m| vocabulary.add_match(m));
                }
                rule.local.iter().for_each(|m| vocabulary.add_match(m));
                for port in rule.ports.named.iter().chain(&rule.ports.except) {
                    vocabulary.port_names.insert(&port.name);
                    vocabulary.folds_port_names |= port.case == haechi_policy::policy::Case::Insensitive;
                }
            }
        }
        vocabulary
    }

    fn add_match(&mut self, m: &'p Match) {
        m.terms.iter().for_each(|term| self.add(term));
    }

    fn add(&mut self, term: &'p Term) {
        match term {
            Term::Namespace(NamespaceMatch::Named(name)) => {
                if !self.namespaces.contains(name) {
                    self.namespaces.insert(name.clone());
                }
            }
            Term::Namespace(NamespaceMatch::Labelled(selector)) => {
                if !selector.is_everything() && self.seen_selectors.insert(selector) {
                    self.namespace_selectors.push(selector);
                }
            }
            Term::Pod(selector) => {
                if self.pod_selectors.insert(selector) {
                    self.add_keys(selector);
                }
            }
            Term::ServiceAccount { .. } | Term::Principal(_) | Term::SecurityGroup(_) => {
                self.tells_accounts_apart = true;
            }
            Term::Node(_) => self.tells_nodes_apart = true,
            Term::Network(network) => {
                self.blocks.insert(network.cidr.into());
                self.blocks
                    .extend(network.except.iter().map(|net| AddressRange::from(*net)));
                self.tells_nodes_apart |= network.scope.nodes != Membership::Matched;
            }
            Term::Domain(patterns) => self.domains.extend(patterns),
            Term::Not(inner) => self.add(inner),
        }
    }

    fn add_keys(&mut self, selector: &'p Selector) {
        selector.visit_keys(&mut |key, key_use| {
            let values = self
                .keys
                .entry(key)
                .or_insert_with(|| Values::Listed(FxHashSet::default()));
            match (key_use, &mut *values) {
                (KeyUse::Values(listed), Values::Listed(known)) => known.extend(listed),
                (KeyUse::Text, _) => *values = Values::All,
                (KeyUse::Presence | KeyUse::Values(_), _) => {}
            }
        });
    }

    /// The labels that a selector may ask about; values that none tells apart are one.
    fn labels(&self, labels: &Labels) -> Vec<(Name, Option<Name>)> {
        labels
            .iter()
            .filter_map(|(key, value)| {
                let told_apart = match self.keys.get(key)? {
                    Values::Listed(known) => known.contains(value),
                    Values::All => true,
                };
                Some((key.clone(), told_apart.then(|| value.clone())))
            })
            .collect()
    }

    /// The container ports that a named port may resolve to.
    fn ports(&self, endpoint: &Endpoint) -> Vec<ContainerPort> {
        // A port of a pod in its node's network is a port of the node, which nothing names.
        if self.port_names.is_empty() || endpoint.network == PodNetwork::Host {
            return Vec::new();
        }
        let named = |name: &Name| {
            self.port_names.contains(name.as_str())
                || self.folds_port_names && self.port_names.iter().any(|n| n.eq_ignore_ascii_case(name))
        };
        endpoint
            .ports
            .iter()
            .filter(|p| p.name.as_ref().is_some_and(named))
            .cloned()
            .collect()
    }
}
