//! Rules whose other end denies all that they allow.

use haechi_model::cluster::ContainerPort;
use haechi_model::diagnostic::Diagnostic;
use haechi_model::port::PortSet;
use haechi_policy::{Action, Direction, Match, Term};

use super::selection::list;
use super::{Lint, RuleOf, codes, matches_of, rules_of};
use crate::bits::{Dense, Words};
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
    let mut pairs = 0;
    let mut says_something = false;
    for &peer in &peers {
        let group = lint.compiled.group(opposite, peer)?;
        if lint.compiled.group_key(opposite, group).policies.is_empty() {
            return None;
        }
        let row = lint.compiled.row(opposite, group);
        for subject in subjects.iter() {
            pairs += 1;
            let destination = if rule.direction == Direction::Ingress {
                subject
            } else {
                peer
            };
            let ports = ports_on(
                rule,
                &space.port_lists[space.classes[destination as usize].ports as usize],
            );
            let outcome = lint.compiled.outcome(row.at(subject));
            if pairs > MOST_PAIRS || outcome.allow.overlaps(&ports) || outcome.undefined.overlaps(&ports) {
                return None;
            }
            says_something |= !ports.is_empty();
        }
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
