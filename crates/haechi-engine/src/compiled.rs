//! The compiled answer: what every group of endpoints meets with every peer.

use std::sync::OnceLock;

use haechi_model::cluster::{Cluster, PodNetwork};
use haechi_policy::{Direction, PolicySet, Rule};
use rayon::prelude::*;
use rustc_hash::FxHashMap;

use crate::end::End;
use crate::locality::{Localities, Locality};
use crate::matching::{Matched, Matcher};
use crate::outcome::{Outcome, Reasons};
use crate::row::{Judge, OutcomeId, Outcomes, Row};
use crate::rulebook::{Detail, Effects, Enforced, GroupKey, PolicyIndex, Rulebook, Step};
use crate::space::{Focus, NO_CLASS, Space, to_u32};

/// Makes the answer for a cluster and the policies that hold in it.
#[must_use]
pub fn compile<'a>(cluster: &'a Cluster, policies: &'a PolicySet) -> Compiled<'a> {
    compile_for(cluster, policies, &Focus::default())
}

/// The same for what will be asked about alone.
#[must_use]
pub fn compile_for<'a>(cluster: &'a Cluster, policies: &'a PolicySet, focus: &Focus) -> Compiled<'a> {
    let space = Space::new(cluster, policies, focus);
    let matcher = Matcher::new(cluster, &space);
    let book = Rulebook::new(policies, &space, &matcher);
    let subjects: Vec<Matched> = book
        .policies()
        .par_iter()
        .map(|e| matcher.subjects(&e.policy.subjects))
        .collect();
    let mut effects = Effects::default();
    let groups =
        Direction::BOTH.map(|direction| Groups::new(direction, &space, &matcher, &book, &subjects, &mut effects));
    Compiled {
        cluster,
        policies,
        localities: Localities::new(cluster),
        space,
        book,
        effects,
        outcomes: Outcomes::default(),
        unjudged: OnceLock::new(),
        groups,
    }
}

/// What every group of endpoints meets with every peer.
///
/// Rows are made when they are first asked for, and kept.
pub struct Compiled<'a> {
    cluster: &'a Cluster,
    policies: &'a PolicySet,
    localities: Localities<'a>,
    space: Space,
    book: Rulebook<'a>,
    effects: Effects,
    outcomes: Outcomes,
    /// What is met where there are no policies.
    unjudged: OnceLock<OutcomeId>,
    groups: [Groups; 2],
}

impl std::fmt::Debug for Compiled<'_> {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Compiled")
            .field("classes", &self.space.classes.len())
            .field("atoms", &self.space.atoms.len())
            .field("groups", &self.groups.each_ref().map(|g| g.steps.len()))
            .finish_non_exhaustive()
    }
}

/// Endpoints that are judged alike in one direction.
struct Groups {
    /// The group of each class.
    of: Vec<u32>,
    steps: Vec<Vec<Step>>,
    keys: Vec<GroupKey>,
    rows: Vec<OnceLock<Row>>,
}

impl Groups {
    fn new(
        direction: Direction,
        space: &Space,
        matcher: &Matcher<'_>,
        book: &Rulebook<'_>,
        subjects: &[Matched],
        effects: &mut Effects,
    ) -> Self {
        let mut lists: Vec<Vec<PolicyIndex>> = vec![Vec::new(); space.classes.len()];
        let mut doubts: FxHashMap<u32, Vec<(PolicyIndex, Reasons)>> = FxHashMap::default();
        let speaks = |e: &Enforced<'_>| e.policy.rules(direction).is_some();
        let mut named = vec![false; subjects.len()];
        for (index, subjects) in (0u32..).zip(subjects) {
            if speaks(&book.policy(index)) {
                named[index as usize] = direction == Direction::Ingress && book.names_ports(index, direction);
                subjects
                    .certain
                    .iter()
                    .for_each(|peer| lists[peer as usize].push(index));
                for (doubt, set) in &subjects.maybe {
                    for peer in set.iter() {
                        let doubts = doubts.entry(peer).or_default();
                        match doubts.last_mut().filter(|(last, _)| *last == index) {
                            Some((_, reasons)) => *reasons = reasons.union(doubt.reason.into()),
                            None => {
                                lists[peer as usize].push(index);
                                doubts.push((index, doubt.reason.into()));
                            }
                        }
                    }
                }
            }
        }
        let mut locals: FxHashMap<*const Rule, Matched> = FxHashMap::default();
        let mut ids: FxHashMap<GroupKey, u32> = FxHashMap::default();
        let (mut of, mut keys) = (Vec::with_capacity(lists.len()), Vec::new());
        for ((peer, policies), class) in (0u32..).zip(lists).zip(&space.classes) {
            let ports = policies.iter().any(|p| named[*p as usize]).then_some(class.ports);
            let rules = policies
                .iter()
                .flat_map(|p| book.policy(*p).policy.rules(direction))
                .flat_map(|r| &r.rules);
            let locals = rules
                .filter_map(|rule| rule.local.as_ref().map(|local| (rule, local)))
                .map(|(rule, local)| {
                    let set = locals
                        .entry(std::ptr::from_ref(rule))
                        .or_insert_with(|| matcher.matched(local));
                    set.at(peer)
                })
                .collect();
            let key = GroupKey {
                policies,
                doubts: doubts.remove(&peer).unwrap_or_default(),
                ports,
                locals,
            };
            let id = *ids.entry(key).or_insert_with_key(|key| {
                keys.push(key.clone());
                to_u32(keys.len() - 1)
            });
            of.push(id);
        }
        let steps: Vec<Vec<Step>> = keys
            .iter()
            .map(|key| book.steps(key, direction, Detail::Compact, effects))
            .collect();
        let rows = steps.iter().map(|_| OnceLock::new()).collect();
        Self { of, steps, keys, rows }
    }
}

impl<'a> Compiled<'a> {
    /// The cluster that it is the answer for.
    #[must_use]
    pub fn cluster(&self) -> &'a Cluster {
        self.cluster
    }

    /// The policies that it is the answer for.
    #[must_use]
    pub fn policies(&self) -> &'a PolicySet {
        self.policies
    }

    /// Its peers.
    #[must_use]
    pub fn space(&self) -> &Space {
        &self.space
    }

    /// What connections between two ends meet.
    ///
    /// Two ends that are one template are two pods of it; two that are one pod are that pod alone.
    #[must_use]
    pub fn between(&self, from: &End, to: &End) -> Outcome {
        self.localities
            .between(from, to)
            .applied(self.between_peers(self.peer(from), self.peer(to)))
    }

    /// What the policies that select one end of a connection make of it.
    #[must_use]
    pub fn judged(&self, direction: Direction, from: &End, to: &End) -> Outcome {
        self.outcomes
            .outcome(self.judgement(direction, self.peer(from), self.peer(to)))
    }

    /// How two ends lie to each other.
    #[must_use]
    pub fn locality(&self, from: &End, to: &End) -> Locality {
        self.localities.between(from, to)
    }

    /// The policies that select an endpoint in a direction, tier by tier, in the order in which they are asked.
    pub fn selecting(&self, endpoint: usize, direction: Direction) -> impl Iterator<Item = Enforced<'a>> {
        let class = self.space.class_of[endpoint];
        let groups = &self.groups[direction as usize];
        let policies: &[PolicyIndex] = if class == NO_CLASS {
            &[]
        } else {
            &groups.keys[groups.of[class as usize] as usize].policies
        };
        policies.iter().map(|p| self.book.policy(*p))
    }

    /// The peer that an end is.
    ///
    /// # Panics
    /// If the end is an endpoint that the answer was not made for.
    #[must_use]
    pub fn peer(&self, end: &End) -> u32 {
        match end {
            End::Endpoint(index) => {
                let class = self.space.class_of[*index];
                assert!(class != NO_CLASS, "the answer was made without this endpoint");
                class
            }
            End::Address(address) => self.space.address_peer(*address),
            End::Domain(name) => self.space.domain_peer(name),
        }
    }

    /// What the policies alone make of a connection between two peers.
    pub(crate) fn between_peers(&self, from: u32, to: u32) -> Outcome {
        let egress = self.outcomes.outcome(self.judgement(Direction::Egress, from, to));
        let ingress = self.outcomes.outcome(self.judgement(Direction::Ingress, from, to));
        egress.and(&ingress)
    }

    /// What one end's policies make of a connection between two peers.
    pub(crate) fn judgement(&self, direction: Direction, from: u32, to: u32) -> OutcomeId {
        let (own, peer) = match direction {
            Direction::Ingress => (to, from),
            Direction::Egress => (from, to),
        };
        match self.group(direction, own) {
            Some(group) => self.row(direction, group).at(peer),
            // What is no endpoint has no policies.
            None => *self.unjudged.get_or_init(|| self.judge().default(&[])),
        }
    }

    /// The group of a peer that is a class.
    pub(crate) fn group(&self, direction: Direction, peer: u32) -> Option<u32> {
        self.groups[direction as usize].of.get(peer as usize).copied()
    }

    pub(crate) fn row(&self, direction: Direction, group: u32) -> &Row {
        let groups = &self.groups[direction as usize];
        groups.rows[group as usize].get_or_init(|| self.judge().row(&groups.steps[group as usize]))
    }

    /// Makes every row that is still missing, on all cores.
    pub(crate) fn fill(&self) {
        for groups in &self.groups {
            groups
                .rows
                .par_iter()
                .zip(&groups.steps)
                .with_min_len(16)
                .for_each_init(
                    || self.judge(),
                    |judge, (row, steps)| {
                        row.get_or_init(|| judge.row(steps));
                    },
                );
        }
    }

    /// The steps of every group in a direction.
    pub(crate) fn group_steps(&self, direction: Direction) -> &[Vec<Step>] {
        &self.groups[direction as usize].steps
    }

    /// Everything that decides what groups meet.
    pub(crate) fn hash_groups<H: std::hash::Hasher + Default>(&self, direction: Direction, hasher: &mut H) {
        use std::hash::Hash;
        let groups = &self.groups[direction as usize];
        groups.of.hash(hasher);
        // Many steps have the same effect and the same peers: each is gone through once.
        let (effects, words) = (self.effects.hashes::<H>(), self.book.word_hashes::<H>());
        for step in groups.steps.iter().flatten() {
            effects[step.effect as usize].hash(hasher);
            step.masks.iter().for_each(|mask| mask.hash_by(&words, hasher));
        }
    }

    pub(crate) fn group_key(&self, direction: Direction, group: u32) -> &GroupKey {
        &self.groups[direction as usize].keys[group as usize]
    }

    pub(crate) fn book(&self) -> &Rulebook<'a> {
        &self.book
    }

    pub(crate) fn judge(&self) -> Judge<'_> {
        self.judge_by(&self.effects)
    }

    /// A judge of steps that were made with other effects than the rows'.
    pub(crate) fn judge_by<'b>(&'b self, effects: &'b Effects) -> Judge<'b> {
        Judge::new(&self.book, effects, &self.outcomes, self.space.len())
    }

    /// What turns matches into sets of this answer's peers.
    pub(crate) fn matcher(&self) -> Matcher<'_> {
        Matcher::new(self.cluster, &self.space)
    }

    /// How many groups are judged in a direction.
    pub(crate) fn group_count(&self, direction: Direction) -> u32 {
        to_u32(self.groups[direction as usize].keys.len())
    }

    pub(crate) fn outcome(&self, id: OutcomeId) -> Outcome {
        self.outcomes.outcome(id)
    }

    pub(crate) fn is_host(&self, class: u32) -> bool {
        self.space.classes[class as usize].network == PodNetwork::Host
    }
}
