//! Who may talk to whom: connections between workloads or pods, address ranges and domain names.

use std::sync::Arc;

use haechi_model::cluster::PodNetwork;
use haechi_model::name::Name;
use rustc_hash::{FxHashMap, FxHashSet};

use crate::compiled::Compiled;
use crate::locality::Locality;
use crate::outcome::Outcome;
use crate::space::NO_CLASS;

/// Someone that an answer speaks of.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum Party {
    /// A workload, by its index in [`haechi_model::Cluster::workloads`].
    Workload(usize),
    /// A pod or a template of pods, by its index in [`haechi_model::Cluster::endpoints`].
    Endpoint(usize),
    /// A range of addresses outside of the cluster, by its index in [`crate::space::Space::atoms`].
    Range(usize),
    /// A domain name, by its index in [`crate::space::Space::domains`].
    Domain(usize),
}

/// Whether pods are told by themselves or by what owns them.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum By {
    /// By what owns them.
    Workload,
    /// By themselves.
    Pod,
}

/// What holds for a pair.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Connection {
    /// Who begins to talk.
    pub from: Party,
    /// Who is talked to.
    pub to: Party,
    /// What any of their pods meets: allowed ports, and ports that are undefined where none is allowed.
    pub outcome: Outcome,
    /// Whether all of their pods meet just that.
    pub extent: Extent,
}

/// Whether all pods of a pair fare alike.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Extent {
    /// They do.
    Every,
    /// Some meet less.
    Some,
}

/// The answer to who may talk to whom.
#[derive(Debug)]
pub struct Reach<'c, 'a> {
    compiled: &'c Compiled<'a>,
    parties: Vec<Party>,
    members: Vec<Members<'a>>,
}

/// What a party is made of.
#[derive(Debug, Default)]
struct Members<'a> {
    /// Its peers, with how many pods of the party each is.
    peers: Vec<(u32, u64)>,
    /// By class of one kind of network, the nodes it runs on; `None` for an unknown one.
    own: Vec<(u32, Option<&'a Name>)>,
    host: Vec<(u32, FxHashSet<Option<&'a Name>>)>,
    /// Whether it is one pod, and no template of more.
    is_one_pod: bool,
}

impl Members<'_> {
    /// Whether there are pods of a class on a node, and whether there are others.
    fn beside(&self, class: u32, node: &Name) -> [bool; 2] {
        let mut nodes = self
            .own
            .iter()
            .filter(|(c, _)| *c == class)
            .map(|(_, n)| *n == Some(node));
        let first = nodes.next();
        let (mut beside, mut elsewhere) = (first == Some(true), first != Some(true));
        for same in nodes {
            beside |= same;
            elsewhere |= !same;
        }
        [beside, elsewhere]
    }
}

impl<'c, 'a> Reach<'c, 'a> {
    /// Everybody that the answer was made for.
    #[must_use]
    pub fn new(compiled: &'c Compiled<'a>, by: By) -> Self {
        let (cluster, space) = (compiled.cluster(), compiled.space());
        let mut parties: Vec<Party> = match by {
            By::Workload => (0..cluster.workloads.len()).map(Party::Workload).collect(),
            By::Pod => (0..cluster.endpoints.len()).map(Party::Endpoint).collect(),
        };
        parties.extend((0..space.atoms.len()).map(Party::Range));
        // The last one stands for names that nobody speaks of.
        parties.extend((0..space.domains.len() - 1).map(Party::Domain));
        let mut reach = Self {
            compiled,
            parties: Vec::new(),
            members: Vec::new(),
        };
        for party in parties {
            let members = reach.members_of(party);
            if !members.peers.is_empty() {
                reach.parties.push(party);
                reach.members.push(members);
            }
        }
        reach
    }

    /// Everybody, in the order of the cluster, address ranges and domain names behind.
    #[must_use]
    pub fn parties(&self) -> &[Party] {
        &self.parties
    }

    /// The place of a party among all.
    #[must_use]
    pub fn place(&self, party: Party) -> Option<usize> {
        self.parties.binary_search(&party).ok()
    }

    /// The connections that are not wholly denied, from and to the parties at these places, in their order.
    ///
    /// What no pod takes part in is left out.
    pub fn connections<'r>(&'r self, from: &'r [usize], to: &'r [usize]) -> impl Iterator<Item = Connection> + 'r {
        if from.len() * to.len() > 1 << 12 {
            self.compiled.fill();
        }
        let mut pairs = Pairs::new(self.compiled);
        let only: Arc<[Option<u32>]> = to.iter().map(|t| self.only_peer(*t)).collect();
        from.iter()
            .map(|f| (*f, self.only_peer(*f)))
            .flat_map(move |(f, x)| {
                let only = only.clone();
                let targets = to.iter().enumerate();
                targets.map(move |(at, t)| (f, *t, x.zip(only[at]).filter(|_| f != *t)))
            })
            .filter(|&(f, t, _)| self.is_pod(f) || self.is_pod(t))
            // Nearly all pairs are denied, and most parties are one peer: those need no sum of what their pods meet.
            .filter_map(move |(f, t, peers)| match peers {
                Some((x, y)) if pairs.outcome(x, y).is_denial() => None,
                _ => Some(self.pair(f, t, &mut pairs)),
            })
            .filter(|c| !c.outcome.is_denial())
    }

    /// What holds between the parties at two places.
    #[must_use]
    pub fn between(&self, from: usize, to: usize) -> Connection {
        self.pair(from, to, &mut Pairs::new(self.compiled))
    }

    pub(crate) fn is_pod(&self, place: usize) -> bool {
        matches!(self.parties[place], Party::Workload(_) | Party::Endpoint(_))
    }

    /// The peer that a party is, if it is one alone and shares no machine with others.
    pub(crate) fn only_peer(&self, place: usize) -> Option<u32> {
        let members = &self.members[place];
        let is_node = || self.node_addresses(members).next().is_some();
        match *members.peers {
            [(peer, _)] if members.host.is_empty() && !is_node() => Some(peer),
            _ => None,
        }
    }

    pub(crate) fn pair(&self, from: usize, to: usize, pairs: &mut Pairs<'_, '_>) -> Connection {
        let mut sum = Sum::default();
        let (a, b) = (&self.members[from], &self.members[to]);
        if from == to && a.is_one_pod {
            return Connection {
                from: self.parties[from],
                to: self.parties[to],
                outcome: Outcome::all(),
                extent: Extent::Every,
            };
        }
        let alone = from == to && a.peers.iter().map(|(_, pods)| pods).sum::<u64>() <= 1;
        let local = !a.host.is_empty() && !b.own.is_empty() || !a.own.is_empty() && !b.host.is_empty();
        // A range that is a node's address is one peer.
        let node = [a, b].map(|end| self.node_addresses(end).next());
        for &(x, pods) in &a.peers {
            for &(y, _) in &b.peers {
                // Another pod of the same workload, if there is one.
                if from == to && x == y && pods <= 1 && !alone {
                    continue;
                }
                if local && self.compiled.is_host(x) != self.compiled.is_host(y) {
                    self.localities(a, b, x, y, |locality| {
                        sum.add(&locality.applied(pairs.outcome(x, y).clone()));
                    });
                    continue;
                }
                let [beside, elsewhere] = match node {
                    [Some(node), _] => b.beside(y, node),
                    [None, Some(node)] => a.beside(x, node),
                    [None, None] => [false, true],
                };
                if beside {
                    sum.add(&Outcome::all());
                }
                if elsewhere {
                    sum.add(pairs.outcome(x, y));
                }
            }
        }
        let (outcome, extent) = sum.finish();
        Connection {
            from: self.parties[from],
            to: self.parties[to],
            outcome,
            extent,
        }
    }

    /// Calls `visit` for each way in which pods of two peers, one of them in its node's network, lie to each other.
    fn localities(&self, a: &Members<'_>, b: &Members<'_>, x: u32, y: u32, mut visit: impl FnMut(Locality)) {
        let ((host, h), (own, o)) = if self.compiled.is_host(x) {
            ((a, x), (b, y))
        } else {
            ((b, y), (a, x))
        };
        let Some((_, nodes)) = host.host.iter().find(|(class, _)| *class == h) else {
            return;
        };
        let mut seen = [false; 3];
        for (_, node) in own.own.iter().filter(|(class, _)| *class == o) {
            let same = node.is_some() && nodes.contains(node);
            let unknown = node.is_none() || nodes.contains(&None);
            let known = nodes.len() - usize::from(nodes.contains(&None));
            let elsewhere = node.is_some() && known > usize::from(same);
            for (slot, holds) in seen.iter_mut().zip([same, unknown, elsewhere]) {
                *slot |= holds;
            }
        }
        for (holds, locality) in seen
            .into_iter()
            .zip([Locality::OwnNode, Locality::MaybeOwnNode, Locality::Elsewhere])
        {
            if holds {
                visit(locality);
            }
        }
    }

    /// The nodes whose one address a range is.
    fn node_addresses<'m>(&'m self, members: &'m Members<'a>) -> impl Iterator<Item = &'a Name> + 'm {
        let space = self.compiled.space();
        let atoms = space.atom_peers();
        members
            .peers
            .iter()
            .filter(move |(peer, _)| atoms.contains(peer))
            .filter_map(move |(peer, _)| {
                let atom = &space.atoms[(peer - space.atom_peers().start) as usize];
                atom.node.map(|node| &self.compiled.cluster().nodes[node as usize].name)
            })
    }

    fn members_of(&self, party: Party) -> Members<'a> {
        let (cluster, space) = (self.compiled.cluster(), self.compiled.space());
        let mut members = Members::default();
        let endpoints = match party {
            Party::Workload(workload) => cluster.endpoints_of(workload),
            Party::Endpoint(endpoint) => endpoint..endpoint + 1,
            Party::Range(atom) => {
                members
                    .peers
                    .push((space.atom_peers().start + crate::space::to_u32(atom), 1));
                return members;
            }
            Party::Domain(domain) => {
                members
                    .peers
                    .push((space.domain_peers().start + crate::space::to_u32(domain), 1));
                return members;
            }
        };
        members.is_one_pod = endpoints.len() == 1 && cluster.endpoints[endpoints.start].pod.is_some();
        for index in endpoints {
            let (endpoint, class) = (&cluster.endpoints[index], space.class_of[index]);
            if class == NO_CLASS {
                continue;
            }
            let node = endpoint.node.as_ref();
            match members.peers.iter_mut().find(|(peer, _)| *peer == class) {
                Some((_, pods)) => *pods += u64::from(endpoint.count),
                None => members.peers.push((class, u64::from(endpoint.count))),
            }
            match endpoint.network {
                PodNetwork::Own if !members.own.contains(&(class, node)) => members.own.push((class, node)),
                PodNetwork::Own => {}
                PodNetwork::Host => match members.host.iter_mut().find(|(c, _)| *c == class) {
                    Some((_, nodes)) => {
                        nodes.insert(node);
                    }
                    None => members.host.push((class, FxHashSet::from_iter([node]))),
                },
            }
        }
        members
    }
}

/// What pairs of peers meet, by the outcomes at both ends: few are distinct.
pub(crate) struct Pairs<'c, 'a> {
    compiled: &'c Compiled<'a>,
    known: FxHashMap<(u32, u32), Outcome>,
}

impl<'c, 'a> Pairs<'c, 'a> {
    pub(crate) fn new(compiled: &'c Compiled<'a>) -> Self {
        Self {
            compiled,
            known: FxHashMap::default(),
        }
    }

    fn outcome(&mut self, from: u32, to: u32) -> &Outcome {
        let [ingress, egress] = haechi_policy::Direction::BOTH.map(|d| self.compiled.judgement(d, from, to));
        self.known
            .entry((egress, ingress))
            .or_insert_with(|| self.compiled.outcome(egress).and(&self.compiled.outcome(ingress)))
    }
}

/// Outcomes of several pods put together.
#[derive(Default)]
struct Sum(Option<(Outcome, bool)>);

impl Sum {
    fn add(&mut self, outcome: &Outcome) {
        match &mut self.0 {
            None => self.0 = Some((outcome.clone(), true)),
            Some((sum, _)) if sum == outcome => {}
            Some((sum, alike)) => {
                *alike = false;
                *sum = sum.or(outcome);
            }
        }
    }

    fn finish(self) -> (Outcome, Extent) {
        match self.0 {
            Some((outcome, false)) => (outcome, Extent::Some),
            Some((outcome, true)) => (outcome, Extent::Every),
            None => (Outcome::none(), Extent::Every),
        }
    }
}
