//! The answer, narrowed to what is wanted.

use std::ops::Range;

use haechi_engine::{By, Compiled, Connection, Exposures, Outcome, Party, Reach, Reasons, exposures};
use haechi_model::cluster::ContainerPort;
use haechi_model::{Cluster, PortSet};
use haechi_policy::Direction;

use super::selection::{Selection, Wanted};
use crate::load::Loaded;
use crate::parties::{self, Parties};

/// The answer, narrowed to what is wanted.
pub(super) struct Answer<'r, 'c, 'a> {
    pub(super) loaded: &'a Loaded,
    pub(super) compiled: &'c Compiled<'a>,
    pub(super) reach: &'r Reach<'c, 'a>,
    pub(super) parties: Parties,
    /// What else workloads would accept and reach, if that is asked.
    pub(super) exposure: Option<Exposures>,
    selection: &'r Selection,
    /// Who begins to talk, in runs of those who are asked about the same destinations.
    runs: Vec<Run>,
    /// Who is talked to, and those of them that lie in the namespace.
    to: [Vec<usize>; 2],
    /// The ports that are wanted at each place, if not all.
    ports: Option<Vec<PortSet>>,
}

/// Some who begin to talk, in the order of their places.
struct Run {
    from: Vec<usize>,
    scope: Scope,
}

/// Whom a run is asked about.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Scope {
    /// Everybody: it lies in the namespace that is asked about, or no namespace is.
    Everybody,
    /// Those in the namespace.
    Namespace,
}

/// A pair of parties, by place, and what it meets on the ports that are wanted.
#[derive(Clone, Debug)]
pub(super) struct Pair {
    pub(super) from: usize,
    pub(super) to: usize,
    pub(super) connection: Connection,
}

impl<'r, 'c, 'a> Answer<'r, 'c, 'a> {
    pub(super) fn new(
        loaded: &'a Loaded,
        compiled: &'c Compiled<'a>,
        reach: &'r Reach<'c, 'a>,
        selection: &'r Selection,
    ) -> Self {
        let [from, to] = selection.places(compiled, reach);
        let cluster = compiled.cluster();
        let scope = |place: usize| match selection.namespace {
            Some(n) if parties::namespace(reach.parties()[place], cluster) != Some(n) => Scope::Namespace,
            _ => Scope::Everybody,
        };
        let runs = from
            .chunk_by(|a, b| scope(*a) == scope(*b))
            .map(|run| Run {
                from: run.to_vec(),
                scope: scope(run[0]),
            })
            .collect();
        let inside = to.iter().copied().filter(|p| scope(*p) == Scope::Everybody).collect();
        let ports = reach
            .parties()
            .iter()
            .map(|p| selection.ports(&declared(*p, cluster)))
            .collect();
        let mut answer = Self {
            loaded,
            compiled,
            reach,
            parties: Parties::new(compiled, reach),
            exposure: None,
            selection,
            runs,
            to: [to, inside],
            ports,
        };
        if selection.exposure == Wanted::Yes {
            answer.exposure = Some(answer.exposures());
        }
        answer
    }

    /// What senders would reach and receivers would accept.
    fn exposures(&self) -> Exposures {
        let [reach, accept] = self.selection.exposed();
        let senders = self.runs.iter().flat_map(|run| run.from.iter().copied());
        let senders: Vec<usize> = senders.filter(|_| reach == Wanted::Yes).collect();
        let receivers: &[usize] = if accept == Wanted::Yes { &self.to[0] } else { &[] };
        let mut places = [senders.as_slice(), receivers].concat();
        places.sort_unstable();
        places.dedup();
        let here = |place: &usize| {
            let namespace = parties::namespace(self.party(*place), self.compiled.cluster());
            namespace.is_some() && self.selection.namespace.is_none_or(|n| namespace == Some(n))
        };
        let parties: Vec<Party> = places.into_iter().filter(here).map(|p| self.party(p)).collect();
        let wanted = |party: Party, direction| {
            let side = match direction {
                Direction::Egress => senders.as_slice(),
                Direction::Ingress => receivers,
            };
            self.reach.place(party).is_some_and(|p| side.binary_search(&p).is_ok())
        };
        let mut found = exposures(self.compiled, &parties);
        found.statements.retain(|s| wanted(s.party, s.direction));
        found.unjudged.retain(|(party, direction)| wanted(*party, *direction));
        found
    }

    /// What pods are told by.
    pub(super) fn by(&self) -> By {
        self.selection.by
    }

    /// Whether only a part of the answer is wanted.
    pub(super) fn is_narrowed(&self) -> bool {
        self.selection.is_narrowed() || self.selection.namespace.is_some()
    }

    /// The party at a place.
    pub(super) fn party(&self, place: usize) -> Party {
        self.reach.parties()[place]
    }

    /// Everybody that the answer may speak of, by place.
    pub(super) fn everybody(&self) -> Vec<usize> {
        let from = self.runs.iter().flat_map(|run| &run.from);
        let mut places: Vec<usize> = from.chain(&self.to[0]).copied().collect();
        places.sort_unstable();
        places.dedup();
        places
    }

    /// The pairs that are not wholly denied, in the order of their places.
    pub(super) fn pairs(&self) -> impl Iterator<Item = Pair> + '_ {
        self.runs.iter().flat_map(|run| {
            let to = &self.to[run.scope as usize];
            self.reach.connections(&run.from, to).filter_map(|c| self.wanted(c))
        })
    }

    /// What of a connection is wanted, if anything.
    ///
    /// What the specification leaves open of ICMP for every pair is left out, unless ICMP is asked for.
    fn wanted(&self, connection: Connection) -> Option<Pair> {
        let (from, to) = (self.reach.place(connection.from)?, self.reach.place(connection.to)?);
        let outcome = match &self.ports {
            None => connection.outcome.without_open_icmp(),
            Some(ports) if ports[to].overlaps(&PortSet::icmp()) => on_ports(&connection.outcome, &ports[to]),
            Some(ports) => on_ports(&connection.outcome.without_open_icmp(), &ports[to]),
        };
        (!outcome.is_denial()).then_some(Pair {
            from,
            to,
            connection: Connection { outcome, ..connection },
        })
    }
}

/// An outcome on some ports alone.
fn on_ports(outcome: &Outcome, ports: &PortSet) -> Outcome {
    let undefined = outcome.undefined.intersection(ports);
    Outcome {
        allow: outcome.allow.intersection(ports),
        reasons: if undefined.is_empty() {
            Reasons::NONE
        } else {
            outcome.reasons
        },
        undefined,
    }
}

/// The container ports of a party's pods.
fn declared(party: Party, cluster: &Cluster) -> Vec<ContainerPort> {
    let endpoints: Range<usize> = match party {
        Party::Workload(workload) => cluster.endpoints_of(workload),
        Party::Endpoint(endpoint) => endpoint..endpoint + 1,
        Party::Range(_) | Party::Domain(_) => 0..0,
    };
    let mut ports: Vec<ContainerPort> = endpoints
        .flat_map(|e| cluster.endpoints[e].ports.iter().cloned())
        .collect();
    ports.sort();
    ports.dedup();
    ports
}
