//! Where the AWS agent does otherwise than the specification.

use haechi_model::Profile;
use haechi_model::address::AddressRange;
use haechi_model::diagnostic::Diagnostic;
use haechi_model::port::PortSet;
use haechi_policy::{Action, Direction, Match, Network, Policy, Term};
use rustc_hash::FxHashSet;

use super::ports::target;
use super::selection::pod_selector;
use super::{Lint, RuleOf, codes, matches_of, rules_of};
use crate::bits::Words;
use crate::rulebook::resolve;

pub(super) fn check(lint: &Lint<'_, '_>) -> Vec<Diagnostic> {
    if lint.input.profile != Profile::Aws {
        return Vec::new();
    }
    let mut found = lint.each_policy(|policy, found| {
        for rule in rules_of(policy) {
            named_ports(lint, rule, found);
            for m in matches_of(rule.rule) {
                found.extend(service(lint, rule, m));
            }
        }
    });
    exceptions(lint, &mut found);
    found
}

/// Named ports that are several numbers on the pods of one policy.
fn named_ports(lint: &Lint<'_, '_>, rule: RuleOf<'_>, found: &mut Vec<Diagnostic>) {
    if rule.direction == Direction::Egress || rule.rule.ports.named.is_empty() {
        return;
    }
    let space = lint.compiled.space();
    let lists: FxHashSet<u32> = lint
        .subjects(rule.policy)
        .iter()
        .map(|c| space.classes[c as usize].ports)
        .collect();
    for named in &rule.rule.ports.named {
        let of = |list: &u32| resolve(std::slice::from_ref(named), &space.port_lists[*list as usize]);
        let all = lists.iter().map(of).fold(PortSet::NONE, |all, ports| all.union(&ports));
        if lists.iter().map(of).any(|ports| !ports.is_empty() && ports != all) {
            let message = format!(
                "port {} of {} is {all} on different pods: the AWS agent opens all of them on each",
                named.name, rule.policy.id
            );
            found.push(codes::AWS_NAMED_PORTS.at(rule.rule.location, message));
        }
    }
}

/// Blocks that open again what another excepts, for the same pods.
fn exceptions(lint: &Lint<'_, '_>, found: &mut Vec<Diagnostic>) {
    let compiled = lint.compiled;
    let mut seen = FxHashSet::default();
    for direction in Direction::BOTH {
        for group in 0..compiled.group_count(direction) {
            let policies = &compiled.group_key(direction, group).policies;
            let blocks: Vec<(&Match, &Network, &Policy)> = policies
                .iter()
                .map(|p| compiled.book().policy(*p).policy)
                .flat_map(|policy| {
                    let rules = policy.rules(direction).map_or(&[][..], |r| &r.rules);
                    let matches = rules.iter().flat_map(matches_of);
                    matches.flat_map(move |m| {
                        m.terms.iter().filter_map(move |t| match t {
                            Term::Network(network) => Some((m, network, policy)),
                            _ => None,
                        })
                    })
                })
                .collect();
            for (shutting, network, owner) in blocks.iter().filter(|(_, n, _)| !n.except.is_empty()) {
                for hole in &network.except {
                    for (opening, other, policy) in &blocks {
                        let overlaps = AddressRange::from(other.cidr).overlaps((*hole).into());
                        let reopened = other.cidr.prefix_len() <= hole.prefix_len()
                            && overlaps
                            && !other.except.iter().any(|e| e.contains(hole));
                        if !reopened || !seen.insert((opening.location, shutting.location)) {
                            continue;
                        }
                        let message = format!(
                            "block {} of {} allows {hole} again, which {} excepts: with the AWS agent it stays shut",
                            other.cidr, policy.id, owner.id
                        );
                        found.push(
                            codes::AWS_EXCEPT
                                .at(opening.location, message)
                                .related(shutting.location, "the exception"),
                        );
                    }
                }
            }
        }
    }
}

/// A peer whose pods are open while the Service in front of them is not.
fn service(lint: &Lint<'_, '_>, rule: RuleOf<'_>, m: &Match) -> Option<Diagnostic> {
    let selector =
        pod_selector(m).filter(|_| rule.direction == Direction::Egress && rule.rule.action == Action::Allow)?;
    let (cluster, space) = (lint.cluster(), lint.compiled.space());
    let peers: FxHashSet<u32> = lint.peers_of(m).possible().flat_map(Words::iter).collect();
    let first = peers.iter().find(|p| space.class_peers().contains(p))?;
    let namespace =
        cluster.workloads[cluster.endpoints[space.classes[*first as usize].members[0] as usize].workload].namespace;
    let start = cluster.services.partition_point(|s| s.namespace < namespace);
    let mine = cluster.services[start..]
        .iter()
        .take_while(|s| s.namespace == namespace);
    for (index, service) in (start..).zip(mine) {
        let Some(labels) = service.selector.as_ref().filter(|l| !l.is_empty()) else {
            continue;
        };
        let backends = lint.sources.backends(index);
        let all = !backends.is_empty() && backends.iter().all(|b| peers.contains(&space.class_of[*b as usize]));
        if !all || selector.matches(labels) {
            continue;
        }
        let opens = service.ports.iter().any(|port| {
            backends.iter().any(|b| {
                let endpoint = &cluster.endpoints[*b as usize];
                let ports = &rule.rule.ports;
                let open = ports.numbers.union(&resolve(&ports.named, &endpoint.ports));
                target(endpoint, port.protocol, &port.target).is_some_and(|p| open.contains(port.protocol, p))
            })
        });
        if opens {
            let name = format!("{}/{}", cluster.namespaces[service.namespace].name, service.name);
            let message = format!(
                "{} opens the pods behind Service {name}, whose selector {labels} does not meet {selector}: the AWS agent shuts the Service",
                rule.policy.id
            );
            return Some(
                codes::AWS_SERVICE
                    .at(m.location, message)
                    .related(service.location, "the Service"),
            );
        }
    }
    None
}
