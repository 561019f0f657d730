//! Why connections between the pods of two workloads meet what they meet, pods that fare alike together.

use haechi_model::cluster::{Cluster, PodNetwork};
use haechi_model::name::Name;
use haechi_model::port::PortSet;
use haechi_policy::{Policy, PolicySet};
use rustc_hash::{FxHashMap, FxHashSet};

use crate::compiled::{Compiled, compile_for};
use crate::end::End;
use crate::explain::{Explanation, focus};
use crate::locality::Locality;

/// Pairs of ends that fare alike, and why.
#[derive(Clone, Debug)]
pub struct Group<'a> {
    /// What one of the pairs meets, as all of them do, by the same rules.
    pub explanation: Explanation<'a>,
    /// Those that begin to talk.
    pub from: Vec<End>,
    /// Those that are talked to.
    pub to: Vec<End>,
    /// How many pairs of pods there are.
    pub pairs: u64,
}

/// Explains what connections from any of some ends to any of others meet.
///
/// A pod that is on both sides is not paired with itself, unless there is nobody else.
#[must_use]
pub fn explain_all<'a>(cluster: &'a Cluster, policies: &'a PolicySet, from: &[End], to: &[End]) -> Vec<Group<'a>> {
    compile_for(cluster, policies, &focus(from.iter().chain(to))).explain_all(from, to)
}

impl<'a> Compiled<'a> {
    /// Explains what connections from any of some ends to any of others meet.
    #[must_use]
    pub fn explain_all(&self, from: &[End], to: &[End]) -> Vec<Group<'a>> {
        let sides = [from, to].map(|ends| self.alike(ends));
        let mut groups: Vec<(Vec<Gist>, Group<'a>)> = Vec::new();
        for a in &sides[0] {
            for b in &sides[1] {
                for pair in self.pairs(a, b) {
                    let explanation = self.explain(pair.sample.0, pair.sample.1);
                    let gist = gist(&explanation);
                    let known = groups.iter_mut().find(|(known, group)| {
                        *known == gist
                            && group.explanation.locality == explanation.locality
                            && group.explanation.outcome == explanation.outcome
                    });
                    match known {
                        Some((_, group)) => {
                            group.pairs += pair.pairs;
                            extend(&mut group.from, &pair.from);
                            extend(&mut group.to, &pair.to);
                        }
                        None => groups.push((
                            gist,
                            Group {
                                explanation,
                                from: pair.from.into_iter().cloned().collect(),
                                to: pair.to.into_iter().cloned().collect(),
                                pairs: pair.pairs,
                            },
                        )),
                    }
                }
            }
        }
        let mut groups: Vec<Group<'a>> = groups.into_iter().map(|(_, group)| group).collect();
        // The only pod of a workload is told what another one would meet.
        if let (true, [from, ..], [to, ..]) = (groups.is_empty(), from, to) {
            groups.push(Group {
                explanation: self.explain(from, to),
                from: vec![from.clone()],
                to: vec![to.clone()],
                pairs: 1,
            });
        }
        for group in &mut groups {
            group.from.sort();
            group.to.sort();
        }
        groups
    }

    /// Ends that are one peer, put together.
    pub(crate) fn alike<'e>(&self, ends: &'e [End]) -> Vec<Alike<'e>> {
        let mut all: Vec<Alike<'e>> = Vec::new();
        let mut places: FxHashMap<u32, usize> = FxHashMap::default();
        for end in ends {
            let peer = self.peer(end);
            let place = *places.entry(peer).or_insert(all.len());
            if place == all.len() {
                all.push(Alike {
                    peer,
                    ends: Vec::new(),
                    pods: 0,
                });
            }
            all[place].ends.push(end);
            all[place].pods += self.pods(end);
        }
        all
    }

    /// Whether both are pods with their own network, or neither is: then they are not a pod and its own node.
    pub(crate) fn is_alike_network(&self, a: &Alike<'_>, b: &Alike<'_>) -> bool {
        self.network(a.ends[0]) == self.network(b.ends[0])
    }

    /// How many pairs of pods there are of two peers, a pod with itself left out.
    pub(crate) fn pairs_between(&self, a: &Alike<'_>, b: &Alike<'_>) -> u64 {
        let itself = if a.peer == b.peer { self.itself(a, b) } else { 0 };
        a.pods * b.pods - itself
    }

    /// The pairs of ends of two peers, by how they lie to each other; none if they are one pod.
    pub(crate) fn pairs<'e>(&self, a: &Alike<'e>, b: &Alike<'e>) -> Vec<Pair<'e>> {
        // Only what is on different kinds of network can be a pod and its own node.
        if self.is_alike_network(a, b) {
            let pairs = self.pairs_between(a, b);
            // Two pods that are not one, of which there are some.
            let to = b.ends.iter().find(|to| ***to != *a.ends[0]).unwrap_or(&b.ends[0]);
            let all = Pair {
                sample: (a.ends[0], to),
                from: a.ends.clone(),
                to: b.ends.clone(),
                locality: Locality::Elsewhere,
                pairs,
            };
            return if pairs == 0 { Vec::new() } else { vec![all] };
        }
        let mut pairs: Vec<Pair<'e>> = Vec::new();
        let (from, to) = (self.by_node(a), self.by_node(b));
        for (x, y) in from.iter().flat_map(|x| to.iter().map(move |y| (x, y))) {
            let locality = self.locality(x.ends[0], y.ends[0]);
            let count = x.pods * y.pods;
            match pairs.iter_mut().find(|p| p.locality == locality) {
                Some(pair) => {
                    pair.pairs += count;
                    pair.from.extend(&x.ends);
                    pair.to.extend(&y.ends);
                }
                None => pairs.push(Pair {
                    sample: (x.ends[0], y.ends[0]),
                    from: x.ends.clone(),
                    to: y.ends.clone(),
                    locality,
                    pairs: count,
                }),
            }
        }
        for pair in &mut pairs {
            for side in [&mut pair.from, &mut pair.to] {
                let mut seen = FxHashSet::default();
                side.retain(|end| seen.insert(*end));
            }
        }
        pairs
    }

    /// Ends of one peer, those of one node put together.
    fn by_node<'e>(&self, side: &Alike<'e>) -> Vec<OnNode<'e>> {
        let mut places: FxHashMap<Option<&Name>, usize> = FxHashMap::default();
        let mut all: Vec<OnNode<'e>> = Vec::new();
        for &end in &side.ends {
            let place = *places.entry(self.node(end)).or_insert(all.len());
            if place == all.len() {
                all.push(OnNode {
                    ends: Vec::new(),
                    pods: 0,
                });
            }
            all[place].ends.push(end);
            all[place].pods += self.pods(end);
        }
        all
    }

    /// How many pairs are one pod twice.
    fn itself(&self, a: &Alike<'_>, b: &Alike<'_>) -> u64 {
        let known: FxHashSet<&End> = b.ends.iter().copied().collect();
        let both = a
            .ends
            .iter()
            .filter(|end| matches!(end, End::Endpoint(_)) && known.contains(*end));
        both.map(|end| self.pods(end)).sum()
    }

    /// How many pods an end stands for; one that is scaled to zero, for the one that it would have.
    fn pods(&self, end: &End) -> u64 {
        match end {
            End::Endpoint(index) => u64::from(self.cluster().endpoints[*index].count.max(1)),
            End::Address(_) | End::Domain(_) => 1,
        }
    }

    fn node(&self, end: &End) -> Option<&'a Name> {
        match end {
            End::Endpoint(index) => self.cluster().endpoints[*index].node.as_ref(),
            End::Address(_) | End::Domain(_) => None,
        }
    }

    fn network(&self, end: &End) -> Option<PodNetwork> {
        match end {
            End::Endpoint(index) => Some(self.cluster().endpoints[*index].network),
            End::Address(_) | End::Domain(_) => None,
        }
    }
}

/// Ends that are one peer.
pub(crate) struct Alike<'e> {
    pub(crate) peer: u32,
    ends: Vec<&'e End>,
    pods: u64,
}

impl<'e> Alike<'e> {
    /// The ends.
    pub(crate) fn ends(&self) -> &[&'e End] {
        &self.ends
    }
}

/// Ends of one peer on one node.
struct OnNode<'e> {
    ends: Vec<&'e End>,
    pods: u64,
}

/// Pairs of ends that lie to each other alike.
pub(crate) struct Pair<'e> {
    /// One of the pairs.
    pub(crate) sample: (&'e End, &'e End),
    pub(crate) from: Vec<&'e End>,
    pub(crate) to: Vec<&'e End>,
    pub(crate) locality: Locality,
    pub(crate) pairs: u64,
}

/// What tells two explanations apart: the policies that select the ends, with what their rules did.
type Gist = (*const Policy, Vec<(PortSet, PortSet)>);

fn gist(explanation: &Explanation<'_>) -> Vec<Gist> {
    let tiers = explanation.judgements().flat_map(|j| &j.tiers);
    tiers
        .flat_map(|t| &t.policies)
        .map(|p| {
            let did = p.rules.iter().map(|r| (r.decided.clone(), r.maybe.clone()));
            (std::ptr::from_ref(p.policy), did.collect())
        })
        .collect()
}

/// Adds those ends that are not there yet.
fn extend(known: &mut Vec<End>, more: &[&End]) {
    let seen: FxHashSet<&End> = known.iter().collect();
    let fresh: Vec<End> = more
        .iter()
        .filter(|e| !seen.contains(**e))
        .map(|e| (*e).clone())
        .collect();
    known.extend(fresh);
}
