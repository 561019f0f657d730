//! Rules whose other end denies all that they allow.

use haechi_model::cluster::ContainerPort;
use haechi_model::diagnostic::Diagnostic;
use haechi_model::port::PortSet;
use haechi_policy::{Action, Direction, Match, Term};
use rustc_hash::FxHashMap;

use super::selection::list;
use super::{Lint, RuleOf, codes, matches_of, rules_of};
use crate::bits::{Dense, Words};
use crate::outcome::Outcome;
use crate::row::OutcomeId;
use crate::rulebook::resolve;

pub(super) fn check(lint: &Lint<'_, '_>) -> Vec<Diagnostic> {
    lint.each_policy(|policy, found| {
        let mut subjects = None;
        for rule in rules_of(policy).filter(|r| r.rule.action == Action::Allow) {
            let subjects = subjects.get_or_insert_with(|| lint.subjects(policy));
            for m in matches_of(rule.rule) {
                let pods = m
                    .terms
                    .iter()
                    .all(|t| matches!(t, Term::Namespace(_) | Term::Pod(_) | Term::ServiceAccount { .. }));
                if pods && !subjects.is_empty() {
                    found.extend(half_open(lint, rule, m, subjects));
                }
            }
        }
    })
}

/// What the other end makes of the ports that a rule allows.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Meets {
    /// The rule allows none.
    Silence,
    /// All of them are denied.
    Nothing,
    /// Some are not.
    Something,
}

impl Meets {
    fn new(outcome: &Outcome, ports: &PortSet) -> Self {
        if ports.is_empty() {
            Self::Silence
        } else if outcome.allow.overlaps(ports) || outcome.undefined.overlaps(ports) {
            Self::Something
        } else {
            Self::Nothing
        }
    }
}

/// Pairs that are looked at for one peer before it is taken to be open.
const MOST_PAIRS: usize = 1 << 16;

fn half_open(lint: &Lint<'_, '_>, rule: RuleOf<'_>, m: &Match, subjects: &Dense) -> Option<Diagnostic> {
    let space = lint.compiled.space();
    let sets = lint.peers_of(m).possible();
    let peers: Vec<u32> = sets
        .flat_map(Words::iter)
        .filter(|p| space.class_peers().contains(p))
        .collect();
    if peers.is_empty() {
        return None;
    }
    let opposite = match rule.direction {
        Direction::Ingress => Direction::Egress,
        Direction::Egress => Direction::Ingress,
    };
    // Peers that are judged alike, and have the same named ports where they are the destination, fare alike.
    let ports_of = |class: u32| space.classes[class as usize].ports;
    let mut judged: Vec<(u32, u32)> = Vec::new();
    for &peer in &peers {
        let group = lint.compiled.group(opposite, peer)?;
        if lint.compiled.group_key(opposite, group).policies.is_empty() {
            return None;
        }
        judged.push((
            group,
            if rule.direction == Direction::Egress {
                ports_of(peer)
            } else {
                0
            },
        ));
    }
    judged.sort_unstable();
    judged.dedup();
    let mut meets: FxHashMap<(OutcomeId, u32), Meets> = FxHashMap::default();
    let mut says_something = false;
    for (pairs, ((group, list), subject)) in judged
        .iter()
        .flat_map(|alike| subjects.iter().map(move |subject| (*alike, subject)))
        .enumerate()
    {
        let list = if rule.direction == Direction::Egress {
            list
        } else {
            ports_of(subject)
        };
        let id = lint.compiled.row(opposite, group).at(subject);
        let met = *meets.entry((id, list)).or_insert_with(|| {
            Meets::new(
                &lint.compiled.outcome(id),
                &ports_on(rule, &space.port_lists[list as usize]),
            )
        });
        if pairs > MOST_PAIRS || met == Meets::Something {
            return None;
        }
        says_something |= met == Meets::Nothing;
    }
    if !says_something {
        return None;
    }
    let cluster = lint.cluster();
    let members = peers.iter().flat_map(|p| &space.classes[*p as usize].members);
    let mut workloads: Vec<usize> = members.map(|m| cluster.endpoints[*m as usize].workload).collect();
    workloads.sort_unstable();
    workloads.dedup();
    let names: Vec<String> = workloads.iter().map(|w| cluster.workload_id(*w)).collect();
    let (verb, whose) = match rule.direction {
        Direction::Egress => ("to", "ingress"),
        Direction::Ingress => ("from", "egress"),
    };
    let message = format!(
        "{} allows {} {verb} {}, whose policies deny all of that {whose}",
        rule.policy.id,
        rule.direction,
        list(&names)
    );
    let diagnostic = codes::HALF_OPEN.note(m.location, message);
    let first = space.classes[peers[0] as usize].members[0] as usize;
    let policy = lint.compiled.selecting(first, opposite).next();
    Some(match policy {
        Some(e) => diagnostic.related(e.policy.location, format!("{} judges the other end", e.policy.id)),
        None => diagnostic,
    })
}

/// The ports that a rule speaks of on a destination, but for ICMP, on which policies are silent.
fn ports_on(rule: RuleOf<'_>, ports: &[ContainerPort]) -> PortSet {
    let of = &rule.rule.ports;
    let all = of.numbers.union(&resolve(&of.named, ports));
    all.difference(&PortSet::icmp())
}
