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
use crate::world::{Blocks, Fact};

/// Why a match is not certain.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Doubt {
    pub(crate) reason: Reason,
    /// What it hangs on, if that is one fact.
    pub(crate) fact: Option<Fact>,
    /// Why it is in doubt even where the fact holds.
    pub(crate) further: Option<Reason>,
}

/// Peers that match for certain, and those that may, by the reason why it is not certain.
#[derive(Clone, Debug)]
pub(crate) struct Matched {
    pub(crate) certain: Dense,
    /// Disjoint from `certain`, each doubt once.
    pub(crate) maybe: Vec<(Doubt, Dense)>,
}

/// The same, only to be read.
#[derive(Clone, Debug)]
pub(crate) struct PeerSet {
    pub(crate) certain: Words,
    pub(crate) maybe: Vec<(Doubt, Words)>,
}

impl From<&Matched> for PeerSet {
    fn from(matched: &Matched) -> Self {
        Self {
            certain: (&matched.certain).into(),
            maybe: matched
                .maybe
                .iter()
                .map(|(doubt, set)| (doubt.clone(), set.into()))
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
        let doubt = Doubt {
            reason,
            fact: None,
            further: None,
        };
        self.doubt_for(doubt, set);
    }

    fn doubt_if(&mut self, reason: Reason, fact: Fact, set: &Dense) {
        let doubt = Doubt {
            reason,
            fact: Some(fact),
            further: None,
        };
        self.doubt_for(doubt, set);
    }

    fn doubt_for(&mut self, doubt: Doubt, set: &Dense) {
        if set.is_empty() {
            return;
        }
        match self.maybe.iter_mut().find(|(d, _)| *d == doubt) {
            Some((_, known)) => known.add(set),
            None => self.maybe.push((doubt, set.clone())),
        }
    }

    /// Whether one peer matches; `None` if it does not, and for what reasons it only may.
    pub(crate) fn at(&self, peer: u32) -> Option<Reasons> {
        if self.certain.contains(peer) {
            return Some(Reasons::NONE);
        }
        let doubts = self.maybe.iter().filter(|(_, set)| set.contains(peer));
        doubts
            .map(|(doubt, _)| Reasons::from(doubt.reason))
            .reduce(Reasons::union)
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
        let halves = [
            (&self.maybe, &other.certain, &possible.1),
            (&other.maybe, &self.certain, &possible.0),
        ];
        for (maybe, certain, possible) in halves {
            for (doubt, set) in maybe {
                let (mut alone, mut both_halves) = (set.clone(), set.clone());
                alone.keep(certain);
                both.doubt_for(doubt.clone(), &alone);
                // The rest hangs on the other half, too.
                both_halves.keep(possible);
                both_halves.remove(certain);
                both.doubt(doubt.reason, &both_halves);
            }
        }
        both.settle()
    }

    fn or(mut self, other: &Self) -> Self {
        self.certain.add(&other.certain);
        other
            .maybe
            .iter()
            .for_each(|(doubt, set)| self.doubt_for(doubt.clone(), set));
        self.settle()
    }

    fn not(self) -> Self {
        let mut not = Self::certain(self.possible().complement());
        self.maybe.iter().for_each(|(doubt, set)| not.doubt(doubt.reason, set));
        not
    }
}

/// Turns matches into sets of peers, each kind of condition over an index made once.
pub(crate) struct Matcher<'a> {
    cluster: &'a Cluster,
    space: &'a Space,
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
    /// The atoms in which those of them may be that have their own network.
    pod_ranges: Arc<Dense>,
    /// The atoms in which those of them may be that have their nodes' network.
    host_ranges: Arc<Dense>,
    /// All atoms.
    everywhere: Arc<Dense>,
    /// Classes with several addresses.
    scattered: Vec<u32>,
}

impl<'a> Matcher<'a> {
    pub(crate) fn new(cluster: &'a Cluster, space: &'a Space) -> Self {
        let none = || Dense::none(space.len());
        let mut matcher = Self {
            cluster,
            space,
            own: none(),
            host: none(),
            namespaces: FxHashMap::default(),
            labels: FxHashMap::default(),
            at: FxHashMap::default(),
            nowhere: none(),
            pod_ranges: Arc::new(space.atoms_touching(&[])),
            host_ranges: Arc::new(space.atoms_touching(&[])),
            everywhere: Arc::new(space.atoms_touching(&[AddressRange::ALL_V4, AddressRange::ALL_V6])),
            scattered: Vec::new(),
        };
        for (peer, class) in space.class_peers().zip(&space.classes) {
            let endpoint = &cluster.endpoints[class.members[0] as usize];
            match class.network {
                PodNetwork::Own => {
                    matcher.own.insert(peer);
                    let namespace = cluster.workloads[endpoint.workload].namespace;
                    matcher.namespaces.entry(namespace).or_insert_with(none).insert(peer);
                    for (key, value) in endpoint.labels.iter().filter(|(key, _)| space.keys.contains(*key)) {
                        matcher
                            .labels
                            .entry(key)
                            .or_default()
                            .entry(value)
                            .or_default()
                            .push(peer);
                    }
                }
                PodNetwork::Host => matcher.host.insert(peer),
            }
            match *class.atoms {
                [] => matcher.nowhere.insert(peer),
                [_] => {}
                [_, _, ..] => matcher.scattered.push(peer),
            }
            for atom in &class.atoms {
                matcher.at.entry(*atom).or_default().push(peer);
            }
        }
        // Finding these takes a look at every endpoint, which an explanation of one pair can do without.
        if !matcher.nowhere.is_empty() {
            matcher.pod_ranges = Arc::new(space.atoms_touching(&cluster.unknown_pod_ranges()));
            matcher.host_ranges = Arc::new(space.atoms_touching(&cluster.private_ranges()));
        }
        matcher
    }

    /// The endpoints that a policy judges, or may judge.
    pub(crate) fn subjects(&self, matches: &[Match]) -> Matched {
        let mut all = self.any_of(matches);
        all.certain.keep(&self.own);
        all.maybe.iter_mut().for_each(|(_, set)| set.keep(&self.own));
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
                    .and_then(|index| self.namespaces.get(&index))
                {
                    all.add(set);
                }
            }
            NamespaceMatch::Labelled(selector) if selector.is_everything() => all.add(&self.own),
            NamespaceMatch::Labelled(selector) => {
                let matching =
                    |(index, _): &(&usize, &Dense)| selector.matches(&self.cluster.namespaces[**index].labels);
                self.namespaces
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
                if let Some(known) = self.labels.get(key) {
                    let peers = values.iter().filter_map(|value| known.get(value)).flatten();
                    set.extend(peers.copied());
                }
                set
            }
            Selector::Contains(key, text) => with(key, &|value| value.contains(text.as_str())),
            Selector::StartsWith(key, text) => with(key, &|value| value.starts_with(text.as_str())),
            Selector::EndsWith(key, text) => with(key, &|value| value.ends_with(text.as_str())),
            Selector::Not(inner) => {
                let mut set = self.own.clone();
                set.remove(&self.selected(inner));
                set
            }
            Selector::And(terms) => {
                let mut set = self.own.clone();
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
        for peer in self.own.iter() {
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
        for peer in self.host.iter() {
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
        let place = Arc::new(self.space.atoms_of(block));
        let mut unknown = self.none();
        for (kind, ranges) in [(&self.own, &self.pod_ranges), (&self.host, &self.host_ranges)] {
            let mut nowhere = self.nowhere.clone();
            nowhere.keep(kind);
            match share(ranges, &place) {
                Share::All => all.add(&nowhere),
                Share::Some => unknown.add(&nowhere),
                Share::None => {}
            }
        }
        let within = |range: &Arc<Dense>, blocks: Blocks| Fact::Within {
            place: place.clone(),
            range: range.clone(),
            blocks,
        };
        let mut matched = Matched::certain(self.atoms(block, scope.nodes == Membership::Unmatched));
        if scope.nodes == Membership::Unspecified {
            let mut nodes = self.node_atoms();
            nodes.keep(block);
            matched.certain.remove(&nodes);
            matched.doubt_if(Reason::BlockHoldsPod, Fact::BlocksMatch, &nodes);
        }
        let kinds = [
            (&self.own, scope.pods, &self.pod_ranges),
            (&self.host, scope.nodes, &self.host_ranges),
        ];
        for (kind, membership, range) in kinds {
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
                    let fact = within(range, Blocks::Match);
                    matched.doubt_if(Reason::AddressUnknown, fact, &of_kind(&unknown));
                }
                Membership::Unspecified => {
                    matched.doubt_if(Reason::BlockHoldsPod, Fact::BlocksMatch, &of_kind(&all));
                    let doubt = Doubt {
                        reason: Reason::BlockHoldsPod,
                        fact: Some(Fact::BlocksMatch),
                        further: Some(Reason::FamiliesDiffer),
                    };
                    matched.doubt_for(doubt, &of_kind(&some));
                    let fact = within(range, Blocks::MayMatch);
                    matched.doubt_if(Reason::AddressUnknown, fact, &of_kind(&unknown));
                }
            }
        }
        let mut domains = self.none();
        domains.extend(self.space.domain_peers());
        match share(&self.everywhere, &place) {
            Share::All => matched.certain.add(&domains),
            Share::Some => {
                let fact = within(&self.everywhere, Blocks::Match);
                matched.doubt_if(Reason::NameUnresolved, fact, &domains);
            }
            Share::None => {}
        }
        matched
    }

    /// Classes all of whose addresses lie in a block, and those of which some do.
    fn holding(&self, block: &Dense) -> (Dense, Dense) {
        let first = self.space.atom_peers().start;
        let (mut all, mut some) = (self.none(), self.none());
        for peer in block.iter() {
            all.extend(self.at.get(&(peer - first)).into_iter().flatten().copied());
        }
        for &peer in &self.scattered {
            let atoms = &self.space.classes[peer as usize].atoms;
            let inside = atoms.iter().filter(|atom| block.contains(first + **atom)).count();
            if (1..atoms.len()).contains(&inside) {
                some.insert(peer);
            }
        }
        all.remove(&some);
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

/// How much of a range lies in a set of atoms.
fn share(range: &Dense, place: &Dense) -> Share {
    let (mut inside, mut outside) = (range.clone(), range.clone());
    inside.keep(place);
    outside.remove(place);
    match (inside.is_empty(), outside.is_empty()) {
        (true, _) => Share::None,
        (false, true) => Share::All,
        (false, false) => Share::Some,
    }
}
