//! Why connections between the pods of two workloads meet what they meet, pods that fare alike together.

use haechi_model::cluster::{Cluster, PodNetwork};
use haechi_model::name::Name;
use haechi_model::port::PortSet;
use haechi_policy::{Policy, PolicySet};
use rustc_hash::FxHashSet;

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
                    let explanation = self.explain(pair.from, pair.to);
                    let gist = gist(&explanation);
                    let (from, to) = (&a.ends, &b.ends);
                    match groups.iter_mut().find(|(known, group)| {
                        *known == gist
                            && group.explanation.locality == explanation.locality
                            && group.explanation.outcome == explanation.outcome
                    }) {
                        Some((_, group)) => {
                            group.pairs += pair.pairs;
                            extend(&mut group.from, from);
                            extend(&mut group.to, to);
                        }
                        None => groups.push((
                            gist,
                            Group {
                                explanation,
                                from: from.iter().map(|e| (*e).clone()).collect(),
                                to: to.iter().map(|e| (*e).clone()).collect(),
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
    fn alike<'e>(&self, ends: &'e [End]) -> Vec<Alike<'e>> {
        let mut all: Vec<Alike<'e>> = Vec::new();
        for end in ends {
            let peer = self.peer(end);
            match all.iter_mut().find(|a| a.peer == peer) {
                Some(alike) => alike.ends.push(end),
                None => all.push(Alike { peer, ends: vec![end] }),
            }
        }
        all
    }

    /// A pair of each way in which ends of two peers lie to each other; none if they are one pod.
    fn pairs<'e>(&self, a: &Alike<'e>, b: &Alike<'e>) -> Vec<Pair<'e>> {
        let mut pairs: Vec<Pair<'e>> = Vec::new();
        // Only what is on different kinds of network can be a pod and its own node.
        let by_node = self.network(a.ends[0]) != self.network(b.ends[0]);
        for [from, to] in self.samples(a, b, by_node) {
            let locality = self.locality(from.end, to.end);
            let count = from.pods * to.pods - if by_node { 0 } else { self.itself(&from, &to) };
            if count == 0 {
                continue;
            }
            match pairs.iter_mut().find(|p| p.locality == locality) {
                Some(pair) => pair.pairs += count,
                None => pairs.push(Pair {
                    from: from.end,
                    to: to.end,
                    locality,
                    pairs: count,
                }),
            }
        }
        pairs
    }

    /// Pairs of ends, those of one node put together; of one each if nodes make no difference.
    fn samples<'e>(&self, a: &Alike<'e>, b: &Alike<'e>, by_node: bool) -> Vec<[Sample<'e>; 2]> {
        let [a, b] = [a, b].map(|side| {
            let mut samples: Vec<(Option<&Name>, Sample<'e>)> = Vec::new();
            for &end in &side.ends {
                let node = if by_node { self.node(end) } else { None };
                match samples.iter_mut().find(|(n, _)| *n == node) {
                    Some((_, sample)) => sample.add(end, self.pods(end)),
                    None => samples.push((node, Sample::of(end, self.pods(end)))),
                }
            }
            samples
        });
        let pairs = a
            .iter()
            .flat_map(|(_, x)| b.iter().map(move |(_, y)| [x.clone(), y.clone()]));
        pairs.collect()
    }

    /// How many pairs of two samples are one pod twice.
    fn itself(&self, a: &Sample<'_>, b: &Sample<'_>) -> u64 {
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
struct Alike<'e> {
    peer: u32,
    ends: Vec<&'e End>,
}

/// Ends of one peer on one node.
#[derive(Clone)]
struct Sample<'e> {
    end: &'e End,
    ends: Vec<&'e End>,
    pods: u64,
}

impl<'e> Sample<'e> {
    fn of(end: &'e End, pods: u64) -> Self {
        Self {
            end,
            ends: vec![end],
            pods,
        }
    }

    fn add(&mut self, end: &'e End, pods: u64) {
        self.ends.push(end);
        self.pods += pods;
    }
}

struct Pair<'e> {
    from: &'e End,
    to: &'e End,
    locality: Locality,
    pairs: u64,
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
