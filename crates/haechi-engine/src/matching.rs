//! What rules say of peers, as sets of them.

use std::sync::Arc;

use haechi_model::address::AddressRange;
use haechi_model::cluster::{Cluster, PodNetwork};
use haechi_model::labels::Selector;
use haechi_model::name::Name;
use haechi_policy::{CidrScope, DomainPattern, Match, Membership, NamespaceMatch, Network, Peers, Term};
use rustc_hash::FxHashMap;

use crate::bits::{Dense, Words};
use crate::outcome::{Reason, Reasons};
use crate::space::Space;

/// Peers that match for certain, and those that may, by the reason why it is not certain.
#[derive(Clone, Debug)]
pub(crate) struct Matched {
    pub(crate) certain: Dense,
    /// Disjoint from `certain`, each reason once.
    pub(crate) maybe: Vec<(Reason, Dense)>,
}

/// The same, only to be read.
#[derive(Clone, Debug)]
pub(crate) struct PeerSet {
    pub(crate) certain: Words,
    pub(crate) maybe: Vec<(Reason, Words)>,
}

/// What a rule's peers are if pods are at some place.
#[derive(Clone, Debug)]
pub(crate) struct PeerPlace {
    /// The atoms that the place is made of.
    pub(crate) atoms: Words,
    /// The peers.
    pub(crate) set: PeerSet,
}

impl From<&Matched> for PeerSet {
    fn from(matched: &Matched) -> Self {
        Self {
            certain: (&matched.certain).into(),
            maybe: matched
                .maybe
                .iter()
                .map(|(reason, set)| (*reason, set.into()))
                .collect(),
        }
    }
}

impl PeerSet {
    /// Everything that matches or may.
    pub(crate) fn possible(&self) -> impl Iterator<Item = &Words> {
        std::iter::once(&self.certain).chain(self.maybe.iter().map(|(_, words)| words))
    }

    /// Whether nothing matches and nothing may.
    pub(crate) fn is_empty(&self) -> bool {
        self.possible().all(Words::is_empty)
    }
}

impl Matched {
    fn certain(certain: Dense) -> Self {
        Self {
            certain,
            maybe: Vec::new(),
        }
    }

    fn doubt(&mut self, reason: Reason, set: &Dense) {
        if set.is_empty() {
            return;
        }
        match self.maybe.iter_mut().find(|(r, _)| *r == reason) {
            Some((_, known)) => known.add(set),
            None => self.maybe.push((reason, set.clone())),
        }
    }

    /// Whether one peer matches; `None` if it does not, and for what reasons it only may.
    pub(crate) fn at(&self, peer: u32) -> Option<Reasons> {
        if self.certain.contains(peer) {
            return Some(Reasons::NONE);
        }
        let doubts = self.maybe.iter().filter(|(_, set)| set.contains(peer));
        doubts.map(|(reason, _)| Reasons::from(*reason)).reduce(Reasons::union)
    }

    /// Takes from the doubtful what is certain.
    fn settle(mut self) -> Self {
        self.maybe.iter_mut().for_each(|(_, set)| set.remove(&self.certain));
        self.maybe.retain(|(_, set)| !set.is_empty());
        self
    }

    /// Everything that matches or may.
    pub(crate) fn possible(&self) -> Dense {
        let mut all = self.certain.clone();
        self.maybe.iter().for_each(|(_, set)| all.add(set));
        all
    }

    fn and(self, other: &Self) -> Self {
        let possible = (self.possible(), other.possible());
        let mut both = Self::certain(self.certain.clone());
        both.certain.keep(&other.certain);
        for (maybe, other) in [(&self.maybe, &possible.1), (&other.maybe, &possible.0)] {
            for (reason, set) in maybe {
                let mut set = set.clone();
                set.keep(other);
                both.doubt(*reason, &set);
            }
        }
        both.settle()
    }

    fn or(mut self, other: &Self) -> Self {
        self.certain.add(&other.certain);
        other.maybe.iter().for_each(|(reason, set)| self.doubt(*reason, set));
        self.settle()
    }

    fn not(self) -> Self {
        Self {
            certain: self.possible().complement(),
            maybe: self.maybe,
        }
    }
}

/// Turns matches into sets of peers, each kind of condition over an index made once.
#[derive(Clone)]
pub(crate) struct Matcher<'a> {
    cluster: &'a Cluster,
    space: &'a Space,
    index: Arc<Index<'a>>,
    /// The atom that every pod lies in whose address is not certain, where that is assumed.
    assumed: Option<u32>,
}

struct Index<'a> {
    /// Classes with their own network.
    own: Dense,
    /// Classes with their nodes' network.
    host: Dense,
    namespaces: FxHashMap<usize, Dense>,
    labels: FxHashMap<&'a Name, FxHashMap<&'a Name, Vec<u32>>>,
    /// Classes with an address in each atom.
    at: FxHashMap<u32, Vec<u32>>,
    /// Classes whose addresses nobody shows.
    nowhere: Dense,
    /// Where those of them are that have their own network.
    pod_ranges: Vec<AddressRange>,
    /// Where those of them are that have their nodes' network.
    host_ranges: Vec<AddressRange>,
    /// Classes with several addresses.
    scattered: Vec<u32>,
    /// Pods with their own network and no certain address.
    uncertain: Dense,
}

impl<'a> Matcher<'a> {
    pub(crate) fn new(cluster: &'a Cluster, space: &'a Space) -> Self {
        let none = || Dense::none(space.len());
        let mut index = Index {
            own: none(),
            host: none(),
            namespaces: FxHashMap::default(),
            labels: FxHashMap::default(),
            at: FxHashMap::default(),
            nowhere: none(),
            pod_ranges: cluster.unknown_pod_ranges(),
            host_ranges: cluster.private_ranges(),
            scattered: Vec::new(),
            uncertain: none(),
        };
        for (peer, class) in space.class_peers().zip(&space.classes) {
            let endpoint = &cluster.endpoints[class.members[0] as usize];
            match class.network {
                PodNetwork::Own => {
                    index.own.insert(peer);
                    let namespace = cluster.workloads[endpoint.workload].namespace;
                    index.namespaces.entry(namespace).or_insert_with(none).insert(peer);
                    for (key, value) in endpoint.labels.iter().filter(|(key, _)| space.keys.contains(*key)) {
                        let values = index.labels.entry(key).or_default();
                        values.entry(value).or_default().push(peer);
                    }
                    if class.atoms.len() != 1 {
                        index.uncertain.insert(peer);
                    }
                }
                PodNetwork::Host => index.host.insert(peer),
            }
            match *class.atoms {
                [] => index.nowhere.insert(peer),
                [_] => {}
                [_, _, ..] => index.scattered.push(peer),
            }
            for atom in &class.atoms {
                index.at.entry(*atom).or_default().push(peer);
            }
        }
        Self {
            cluster,
            space,
            index: Arc::new(index),
            assumed: None,
        }
    }

    /// Which pods whose address is not certain are a rule's peers at the places that it tells apart, if they are there.
    pub(crate) fn by_place(&self, peers: &Peers) -> Vec<PeerPlace> {
        let Peers::Of(matches) = peers else {
            return Vec::new();
        };
        let mut blocks = Vec::new();
        for term in matches.iter().flat_map(|m| &m.terms) {
            self.blocks(term, &mut blocks);
        }
        let first = self.space.atom_peers().start;
        let mut places: FxHashMap<Vec<bool>, (u32, Dense)> = FxHashMap::default();
        for peer in self.space.atom_peers() {
            let key = blocks.iter().map(|block| block.contains(peer)).collect();
            let place = places.entry(key).or_insert_with(|| (peer, self.none()));
            place.1.insert(peer);
        }
        let mut places: Vec<(u32, Dense)> = places.into_values().collect();
        places.sort_unstable_by_key(|place| place.0);
        places
            .into_iter()
            .map(|(peer, atoms)| {
                let there = Self {
                    assumed: Some(peer - first),
                    ..self.clone()
                };
                let mut matched = there.peers(peers);
                matched.certain.keep(&self.index.uncertain);
                matched
                    .maybe
                    .iter_mut()
                    .for_each(|(_, set)| set.keep(&self.index.uncertain));
                matched.maybe.retain(|(_, set)| !set.is_empty());
                PeerPlace {
                    atoms: (&atoms).into(),
                    set: (&matched).into(),
                }
            })
            .collect()
    }

    fn blocks(&self, term: &Term, blocks: &mut Vec<Dense>) {
        match term {
            Term::Network(network) => blocks.push(self.block(network)),
            Term::Not(inner) => self.blocks(inner, blocks),
            _ => {}
        }
    }

    /// The endpoints that a policy judges, or may judge.
    pub(crate) fn subjects(&self, matches: &[Match]) -> Matched {
        let mut all = self.any_of(matches);
        all.certain.keep(&self.index.own);
        all.maybe.iter_mut().for_each(|(_, set)| set.keep(&self.index.own));
        all
    }

    /// What a rule's peers are.
    pub(crate) fn peers(&self, peers: &Peers) -> Matched {
        match peers {
            Peers::Any => Matched::certain(self.all()),
            Peers::Of(matches) => self.any_of(matches),
        }
    }

    fn any_of(&self, matches: &[Match]) -> Matched {
        let mut all = Matched::certain(self.none());
        // Blocks count together: where none of them holds every address of a pod, all of them may.
        let mut blocks: Vec<(CidrScope, Dense)> = Vec::new();
        for m in matches {
            let [Term::Network(network)] = &*m.terms else {
                all = all.or(&self.matched(m));
                continue;
            };
            let block = self.block(network);
            match blocks.iter_mut().find(|(scope, _)| *scope == network.scope) {
                Some((_, known)) => known.add(&block),
                None => blocks.push((network.scope, block)),
            }
        }
        let blocks = blocks.iter().map(|(scope, block)| self.addresses(block, *scope));
        blocks.fold(all, |all, matched| all.or(&matched))
    }

    /// What one match is.
    pub(crate) fn matched(&self, m: &Match) -> Matched {
        let mut terms = m.terms.iter();
        let Some(first) = terms.next() else {
            return Matched::certain(self.all());
        };
        terms.fold(self.term(first), |all, term| all.and(&self.term(term)))
    }

    fn none(&self) -> Dense {
        Dense::none(self.space.len())
    }

    fn all(&self) -> Dense {
        Dense::all(self.space.len())
    }

    fn term(&self, term: &Term) -> Matched {
        match term {
            Term::Namespace(namespaces) => Matched::certain(self.namespaced(namespaces)),
            Term::Pod(selector) => Matched::certain(self.selected(selector)),
            Term::ServiceAccount { names, labels } => Matched::certain(self.accounts(names, labels)),
            Term::Node(selector) => self.nodes(selector),
            Term::Network(network) => self.network(network),
            Term::Domain(patterns) => Matched::certain(self.domains(patterns)),
            Term::SecurityGroup(_) | Term::Principal(_) => {
                let mut matched = Matched::certain(self.none());
                matched.doubt(Reason::IdentityUnknown, &self.all());
                matched
            }
            Term::Not(inner) => self.term(inner).not(),
        }
    }

    fn namespaced(&self, namespaces: &NamespaceMatch) -> Dense {
        let mut all = self.none();
        match namespaces {
            NamespaceMatch::Named(name) => {
                if let Some(set) = self
                    .cluster
                    .namespace(name)
                    .and_then(|index| self.index.namespaces.get(&index))
                {
                    all.add(set);
                }
            }
            NamespaceMatch::Labelled(selector) if selector.is_everything() => all.add(&self.index.own),
            NamespaceMatch::Labelled(selector) => {
                let matching =
                    |(index, _): &(&usize, &Dense)| selector.matches(&self.cluster.namespaces[**index].labels);
                self.index
                    .namespaces
                    .iter()
                    .filter(matching)
                    .for_each(|(_, set)| all.add(set));
            }
        }
        all
    }

    fn selected(&self, selector: &Selector) -> Dense {
        let with = |key: &Name, wanted: &dyn Fn(&Name) -> bool| {
            let mut set = self.none();
            for (_, peers) in self
                .index
                .labels
                .get(key)
                .into_iter()
                .flatten()
                .filter(|(value, _)| wanted(value))
            {
                set.extend(peers.iter().copied());
            }
            set
        };
        match selector {
            Selector::Has(key) => with(key, &|_| true),
            Selector::In(key, values) => {
                let mut set = self.none();
                if let Some(known) = self.index.labels.get(key) {
                    let peers = values.iter().filter_map(|value| known.get(value)).flatten();
                    set.extend(peers.copied());
                }
                set
            }
            Selector::Contains(key, text) => with(key, &|value| value.contains(text.as_str())),
            Selector::StartsWith(key, text) => with(key, &|value| value.starts_with(text.as_str())),
            Selector::EndsWith(key, text) => with(key, &|value| value.ends_with(text.as_str())),
            Selector::Not(inner) => {
                let mut set = self.index.own.clone();
                set.remove(&self.selected(inner));
                set
            }
            Selector::And(terms) => {
                let mut set = self.index.own.clone();
                terms.iter().for_each(|term| set.keep(&self.selected(term)));
                set
            }
            Selector::Or(terms) => {
                let mut set = self.none();
                terms.iter().for_each(|term| set.add(&self.selected(term)));
                set
            }
        }
    }

    fn accounts(&self, names: &[Name], labels: &Selector) -> Dense {
        let mut set = self.none();
        for peer in self.index.own.iter() {
            let endpoint = &self.cluster.endpoints[self.space.classes[peer as usize].members[0] as usize];
            let namespace = self.cluster.workloads[endpoint.workload].namespace;
            let named = names.is_empty() || names.contains(&endpoint.service_account);
            let labelled = labels.is_everything() || {
                let account = self
                    .cluster
                    .service_accounts
                    .iter()
                    .find(|a| a.namespace == namespace && a.name == endpoint.service_account);
                labels.matches(account.map_or(&haechi_model::Labels::default(), |a| &a.labels))
            };
            if named && labelled {
                set.insert(peer);
            }
        }
        set
    }

    fn nodes(&self, selector: &Selector) -> Matched {
        let mut matched = Matched::certain(self.none());
        let selects = |node: u32| selector.matches(&self.cluster.nodes[node as usize].labels);
        let mut unknown = self.none();
        for peer in self.index.host.iter() {
            match self.space.classes[peer as usize].node {
                Some(node) if selects(node) => matched.certain.insert(peer),
                Some(_) => {}
                None if selector.is_everything() => matched.certain.insert(peer),
                None => unknown.insert(peer),
            }
        }
        for (peer, atom) in self.space.atom_peers().zip(&self.space.atoms) {
            if atom.node.is_some_and(selects) {
                matched.certain.insert(peer);
            }
        }
        matched.doubt(Reason::NodeUnknown, &unknown);
        matched
    }

    fn domains(&self, patterns: &[DomainPattern]) -> Dense {
        let mut set = self.none();
        for (peer, domain) in self.space.domain_peers().zip(&self.space.domains) {
            if patterns.iter().any(|pattern| pattern.covers(domain)) {
                set.insert(peer);
            }
        }
        set
    }

    fn network(&self, network: &Network) -> Matched {
        self.addresses(&self.block(network), network.scope)
    }

    /// The atoms that a block holds, as peers.
    fn block(&self, network: &Network) -> Dense {
        let first = self.space.atom_peers().start;
        let atoms = |range: AddressRange| {
            let mut set = self.none();
            set.extend(self.space.atoms_in(range).map(|atom| first + atom));
            set
        };
        let mut block = atoms(network.cidr.into());
        for except in &network.except {
            block.remove(&atoms((*except).into()));
        }
        block
    }

    /// What lies in a set of atoms.
    fn addresses(&self, block: &Dense, scope: CidrScope) -> Matched {
        let (mut all, some) = self.holding(block);
        let mut unknown = self.none();
        for (kind, ranges) in [
            (&self.index.own, &self.index.pod_ranges),
            (&self.index.host, &self.index.host_ranges),
        ] {
            let mut nowhere = self.index.nowhere.clone();
            nowhere.keep(kind);
            if self.assumed.is_some() {
                nowhere.remove(&self.index.uncertain);
            }
            match self.share(ranges, block) {
                Share::All => all.add(&nowhere),
                Share::Some => unknown.add(&nowhere),
                Share::None => {}
            }
        }
        let mut matched = Matched::certain(self.atoms(block, scope.nodes == Membership::Unmatched));
        if scope.nodes == Membership::Unspecified {
            let mut nodes = self.node_atoms();
            nodes.keep(block);
            matched.certain.remove(&nodes);
            matched.doubt(Reason::BlockHoldsPod, &nodes);
        }
        for (kind, membership) in [(&self.index.own, scope.pods), (&self.index.host, scope.nodes)] {
            let of_kind = |set: &Dense| {
                let mut set = set.clone();
                set.keep(kind);
                set
            };
            match membership {
                Membership::Unmatched => {}
                Membership::Matched => {
                    matched.certain.add(&of_kind(&all));
                    matched.doubt(Reason::FamiliesDiffer, &of_kind(&some));
                    matched.doubt(Reason::AddressUnknown, &of_kind(&unknown));
                }
                Membership::Unspecified => {
                    matched.doubt(Reason::BlockHoldsPod, &of_kind(&all));
                    matched.doubt(Reason::BlockHoldsPod, &of_kind(&some));
                    matched.doubt(Reason::AddressUnknown, &of_kind(&unknown));
                }
            }
        }
        let mut domains = self.none();
        domains.extend(self.space.domain_peers());
        match self.share(&[AddressRange::ALL_V4, AddressRange::ALL_V6], block) {
            Share::All => matched.certain.add(&domains),
            Share::Some => matched.doubt(Reason::NameUnresolved, &domains),
            Share::None => {}
        }
        matched
    }

    /// How much of some ranges lies in a set of atoms.
    fn share(&self, ranges: &[AddressRange], block: &Dense) -> Share {
        let first = self.space.atom_peers().start;
        let of = |range: &AddressRange| {
            let atoms = self.space.atoms_in(*range);
            Share::of(first + atoms.start..first + atoms.end, block)
        };
        ranges.iter().map(of).reduce(Share::and).unwrap_or(Share::None)
    }

    /// Classes all of whose addresses lie in a block, and those of which some do.
    fn holding(&self, block: &Dense) -> (Dense, Dense) {
        let first = self.space.atom_peers().start;
        let (mut all, mut some) = (self.none(), self.none());
        for peer in block.iter() {
            all.extend(self.index.at.get(&(peer - first)).into_iter().flatten().copied());
        }
        for &peer in &self.index.scattered {
            let atoms = &self.space.classes[peer as usize].atoms;
            let inside = atoms.iter().filter(|atom| block.contains(first + **atom)).count();
            if (1..atoms.len()).contains(&inside) {
                some.insert(peer);
            }
        }
        all.remove(&some);
        if let Some(atom) = self.assumed {
            all.remove(&self.index.uncertain);
            some.remove(&self.index.uncertain);
            if block.contains(first + atom) {
                all.add(&self.index.uncertain);
            }
        }
        (all, some)
    }

    fn atoms(&self, block: &Dense, without_nodes: bool) -> Dense {
        let mut set = block.clone();
        if without_nodes {
            set.remove(&self.node_atoms());
        }
        set
    }

    fn node_atoms(&self) -> Dense {
        let mut set = self.none();
        let nodes = self
            .space
            .atom_peers()
            .zip(&self.space.atoms)
            .filter(|(_, atom)| atom.node.is_some());
        set.extend(nodes.map(|(peer, _)| peer));
        set
    }
}

/// How much of something a set holds.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Share {
    None,
    Some,
    All,
}

impl Share {
    fn of(mut peers: std::ops::Range<u32>, set: &Dense) -> Self {
        if peers.clone().all(|peer| set.contains(peer)) {
            Self::All
        } else if peers.any(|peer| set.contains(peer)) {
            Self::Some
        } else {
            Self::None
        }
    }

    /// That of two things together.
    fn and(self, other: Self) -> Self {
        if self == other { self } else { Self::Some }
    }
}
