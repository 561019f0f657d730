//! Which policies a difference comes from.

use haechi_model::port::PortSet;
use haechi_policy::{Action, Direction, Isolation, Policy, PolicyId, Rule};

use super::{Comparison, Difference, Side};
use crate::end::End;
use crate::explain::{Explanation, Judgement};
use crate::reach::Party;

/// A policy that a difference comes from.
#[derive(Clone, Debug)]
pub struct Responsible<'a> {
    /// The version in which it did it.
    pub side: Side,
    /// The policy.
    pub policy: &'a Policy,
    /// At which end.
    pub direction: Direction,
    /// What it did.
    pub deed: Deed<'a>,
}

/// What a policy did to ports that changed.
#[derive(Clone, Debug)]
pub enum Deed<'a> {
    /// This rule decided some of them.
    Rule(&'a Rule),
    /// It shut the end to them, as no rule matched.
    Isolated,
}

impl<'a> Comparison<'_, 'a> {
    /// The policies that a difference comes from: on each side, what decided the ports that changed.
    #[must_use]
    pub fn responsible(&self, difference: &Difference) -> Vec<Responsible<'a>> {
        let mut changed = difference.ports().all();
        if changed.is_empty() {
            // The ports are the same, but not for all pods any more, or for all of them now.
            changed = PortSet::with_ports();
        }
        let [old, new] = Side::BOTH.map(|side| self.explanations(side, difference));
        let mut all: Vec<Responsible<'a>> = Vec::new();
        for direction in Direction::BOTH {
            let judged = |side: &[Explanation<'a>]| -> Vec<Judgement<'a>> {
                side.iter().filter_map(|e| judgement(e, direction).cloned()).collect()
            };
            let (old, new) = (judged(&old), judged(&new));
            // An end whose policies say the same on both sides has not changed anything.
            let both_there = difference.before.is_some() && difference.after.is_some();
            let ports = if both_there {
                changed.intersection(&differing(&old, &new))
            } else {
                changed.clone()
            };
            let mut deeds = deeds(Side::Old, direction, &old, &ports);
            deeds.extend(self::deeds(Side::New, direction, &new, &ports));
            all.extend(without_bystanders(deeds, &old, &new));
        }
        all.sort_by(|a, b| key(a).cmp(&key(b)));
        all.dedup_by(|a, b| key(a) == key(b));
        all
    }

    /// Why pods of a pair meet what they meet on one side: one explanation for each way in which they fare.
    fn explanations(&self, side: Side, difference: &Difference) -> Vec<Explanation<'a>> {
        let compiled = self.versions.side(side);
        let ends = |party: usize| -> Vec<End> {
            match self.parties[party].on(side) {
                Some(Party::Workload(workload)) => {
                    compiled.cluster().endpoints_of(workload).map(End::Endpoint).collect()
                }
                Some(Party::Endpoint(endpoint)) => vec![End::Endpoint(endpoint)],
                Some(Party::Range(atom)) => vec![End::Address(compiled.space().atoms[atom].range.first())],
                Some(Party::Domain(domain)) => vec![End::Domain(compiled.space().domains[domain].clone())],
                None => Vec::new(),
            }
        };
        let (from, to) = (ends(difference.from), ends(difference.to));
        let groups = compiled.explain_all(&from, &to);
        groups.into_iter().map(|group| group.explanation).collect()
    }
}

fn judgement<'e, 'a>(explanation: &'e Explanation<'a>, direction: Direction) -> Option<&'e Judgement<'a>> {
    match direction {
        Direction::Ingress => explanation.ingress.as_ref(),
        Direction::Egress => explanation.egress.as_ref(),
    }
}

/// The ports of which judgements of two sides make something else.
fn differing(old: &[Judgement<'_>], new: &[Judgement<'_>]) -> PortSet {
    let [old, new] = [old, new].map(said);
    let parts = old.iter().zip(&new);
    parts.fold(PortSet::NONE, |all, (a, b)| {
        all.union(&a.difference(b)).union(&b.difference(a))
    })
}

/// What judgements of one side allow, and leave undefined, to all pods, and to any; nobody's policies allow everything.
fn said(judgements: &[Judgement<'_>]) -> [PortSet; 4] {
    let Some((first, rest)) = judgements.split_first() else {
        return [PortSet::all(), PortSet::NONE, PortSet::all(), PortSet::NONE];
    };
    let first = [
        &first.outcome.allow,
        &first.outcome.undefined,
        &first.outcome.allow,
        &first.outcome.undefined,
    ];
    rest.iter().fold(first.map(Clone::clone), |[a, b, c, d], judgement| {
        let (allow, undefined) = (&judgement.outcome.allow, &judgement.outcome.undefined);
        [
            a.intersection(allow),
            b.intersection(undefined),
            c.union(allow),
            d.union(undefined),
        ]
    })
}

fn deeds<'a>(side: Side, direction: Direction, judgements: &[Judgement<'a>], ports: &PortSet) -> Vec<Responsible<'a>> {
    let mut all = Vec::new();
    for tier in judgements.iter().flat_map(|j| &j.tiers) {
        for (policy, rule) in tier.rules() {
            let did = rule.decided.overlaps(ports) || rule.maybe.overlaps(ports);
            if did && rule.rule.action != Action::Log {
                all.push(Responsible {
                    side,
                    policy,
                    direction,
                    deed: Deed::Rule(rule.rule),
                });
            }
        }
        if tier.isolated.overlaps(ports) {
            let shutting = tier.policies.iter().filter(|p| p.isolation == Isolation::Isolates);
            all.extend(shutting.map(|p| Responsible {
                side,
                policy: p.policy,
                direction,
                deed: Deed::Isolated,
            }));
        }
    }
    all
}

/// Leaves out what policies did on both sides alike, unless there is nothing else.
fn without_bystanders<'a>(
    deeds: Vec<Responsible<'a>>,
    old: &[Judgement<'a>],
    new: &[Judgement<'a>],
) -> Vec<Responsible<'a>> {
    let isolates = |judgements: &[Judgement<'a>], id: &PolicyId| {
        let policies = judgements.iter().flat_map(|j| &j.tiers).flat_map(|t| &t.policies);
        policies
            .into_iter()
            .any(|p| p.isolation == Isolation::Isolates && p.policy.id == *id)
    };
    let stood_by = |deed: &Responsible<'a>| match deed.deed {
        Deed::Isolated => isolates(old, &deed.policy.id) && isolates(new, &deed.policy.id),
        Deed::Rule(rule) => deeds.iter().any(|other| {
            let same =
                |known: &Rule| (known.action, &known.peers, &known.ports) == (rule.action, &rule.peers, &rule.ports);
            other.side != deed.side
                && other.policy.id == deed.policy.id
                && matches!(other.deed, Deed::Rule(known) if same(known))
        }),
    };
    let others: Vec<Responsible<'a>> = deeds.iter().filter(|d| !stood_by(d)).cloned().collect();
    if others.is_empty() { deeds } else { others }
}

fn key<'r>(responsible: &'r Responsible<'_>) -> (&'r PolicyId, Side, Direction, Option<haechi_model::Location>) {
    let rule = match responsible.deed {
        Deed::Rule(rule) => Some(rule.location),
        Deed::Isolated => None,
    };
    (&responsible.policy.id, responsible.side, responsible.direction, rule)
}
