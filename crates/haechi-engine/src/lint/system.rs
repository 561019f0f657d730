//! Whether anything enforces, and whether the cluster's own pods are cut off.

use std::collections::BTreeMap;

use haechi_model::cluster::{PodNetwork, WorkloadKind};
use haechi_model::diagnostic::Diagnostic;
use haechi_model::place::Location;
use haechi_model::port::Protocol;
use haechi_policy::{Direction, Isolation, Policy};

use super::dns::Resolvers;
use super::selection::{list, pod_selector};
use super::sources::{Extent, KUBE_SYSTEM};
use super::{Enforcement, Lint, codes, meets_nothing};
use crate::end::End;
use crate::explain::Decision;
use crate::outcome::Verdict;

pub(super) fn check(lint: &Lint<'_, '_>) -> Vec<Diagnostic> {
    let resolvers = Resolvers::new(lint);
    let mut found = Vec::new();
    found.extend(not_enforced(lint));
    system_cut(lint, &resolvers, &mut found);
    resolver_cut(lint, &resolvers, &mut found);
    found
}

/// Networks that do not enforce policies.
const WITHOUT: [(&str, &str); 3] = [
    ("kube-flannel", "Flannel does not enforce them"),
    ("kube-flannel-ds", "Flannel does not enforce them"),
    ("aws-node", "the VPC CNI runs without its network policy agent"),
];

fn not_enforced(lint: &Lint<'_, '_>) -> Option<Diagnostic> {
    if lint.input.enforcement == Enforcement::Shown || lint.sources.extent() == Extent::Part {
        return None;
    }
    let cluster = lint.cluster();
    let first = lint.input.policies.policies().min_by_key(|p| p.location)?;
    let count = lint.input.policies.policies().count();
    let daemons = || cluster.workloads.iter().filter(|w| w.kind == WorkloadKind::DaemonSet);
    let without = daemons().find_map(|w| {
        let (_, why) = WITHOUT.iter().find(|(name, _)| *name == w.name.as_str())?;
        Some((w.location, *why))
    });
    let what = match count {
        1 => format!("{} has no effect", first.id),
        _ => format!("{count} policies have no effect"),
    };
    let why = without.map_or("the sources show nothing that enforces policies", |(_, why)| why);
    let system = cluster.namespace(KUBE_SYSTEM);
    let shown = without.is_some() || daemons().any(|w| Some(w.namespace) == system);
    let message = format!("{what}: {why}");
    let diagnostic = if shown {
        codes::NOT_ENFORCED.at(first.location, message)
    } else {
        codes::NOT_ENFORCED.note(first.location, message)
    };
    let diagnostic = match lint.input.profile {
        haechi_model::Profile::Aws => diagnostic.hint("set enableNetworkPolicy in the VPC CNI's configuration"),
        _ => {
            diagnostic.hint("install an engine that enforces them, or show haechi the objects of the one that you have")
        }
    };
    Some(match without {
        Some((location, _)) => diagnostic.related(location, "the cluster's network"),
        None => diagnostic,
    })
}

/// Pods of kube-system that a policy for all leaves with nothing.
fn system_cut(lint: &Lint<'_, '_>, resolvers: &Resolvers, found: &mut Vec<Diagnostic>) {
    let (cluster, space) = (lint.cluster(), lint.compiled.space());
    let Some(system) = cluster.namespace(KUBE_SYSTEM) else {
        return;
    };
    let first = cluster
        .endpoints
        .partition_point(|e| cluster.workloads[e.workload].namespace < system);
    let mut cut: BTreeMap<(Location, Direction), (&Policy, Vec<usize>)> = BTreeMap::new();
    for (index, endpoint) in cluster.endpoints.iter().enumerate().skip(first) {
        if cluster.workloads[endpoint.workload].namespace != system {
            break;
        }
        let is_resolver = resolvers.pods().iter().any(|r| r.endpoint == index);
        if endpoint.network == PodNetwork::Host || is_resolver {
            continue;
        }
        for direction in Direction::BOTH {
            if !meets_nothing(lint.compiled, space.class_of[index], direction) {
                continue;
            }
            // One that names its pods means them.
            let for_all = |p: &&Policy| p.subjects.iter().all(|m| pod_selector(m).is_none());
            let shuts = |p: &&Policy| {
                p.rules(direction)
                    .is_some_and(|r| r.isolation == Isolation::Isolates || !r.rules.is_empty())
            };
            let selecting = lint.compiled.selecting(index, direction).map(|e| e.policy);
            if let Some(policy) = selecting.filter(shuts).find(for_all) {
                let (_, workloads) = cut.entry((policy.location, direction)).or_insert((policy, Vec::new()));
                workloads.push(endpoint.workload);
            }
        }
    }
    for ((location, direction), (policy, mut workloads)) in cut {
        workloads.dedup();
        let names: Vec<String> = workloads.iter().map(|w| cluster.workload_id(*w)).collect();
        let message = format!(
            "{} leaves the cluster's own {} without any {direction}",
            policy.id,
            list(&names)
        );
        found.push(codes::SYSTEM_CUT.at(location, message));
    }
}

/// Pods that the resolver's own policies shut out, and a resolver that reaches nothing.
fn resolver_cut(lint: &Lint<'_, '_>, resolvers: &Resolvers, found: &mut Vec<Diagnostic>) {
    let (cluster, space) = (lint.cluster(), lint.compiled.space());
    let mut seen = Vec::new();
    for resolver in resolvers.pods() {
        let to = space.class_of[resolver.endpoint];
        if seen.contains(&to) {
            continue;
        }
        seen.push(to);
        let id = cluster.workload_id(cluster.endpoints[resolver.endpoint].workload);
        if meets_nothing(lint.compiled, to, Direction::Egress)
            && let Some(policy) = lint
                .compiled
                .selecting(resolver.endpoint, Direction::Egress)
                .map(|e| e.policy)
                .next()
        {
            let message = format!(
                "{} leaves the resolver {id} without any egress: it reaches neither the API server nor other resolvers",
                policy.id
            );
            found.push(codes::RESOLVER_CUT.at(policy.location, message));
        }
        let mut refused: Vec<usize> = Vec::new();
        let mut first = None;
        for class in space
            .class_peers()
            .filter(|c| *c != to && space.classes[*c as usize].network == PodNetwork::Own)
        {
            let on = |direction| {
                let outcome = lint.compiled.outcome(lint.compiled.judgement(direction, class, to));
                outcome.on(Protocol::Udp, resolver.port(Protocol::Udp))
            };
            if on(Direction::Ingress) == Verdict::Deny && on(Direction::Egress) != Verdict::Deny {
                let members = space.classes[class as usize].members.iter();
                let members = members.map(|m| cluster.endpoints[*m as usize].workload);
                refused.extend(members);
                first.get_or_insert(space.classes[class as usize].members[0] as usize);
            }
        }
        let Some(first) = first else { continue };
        refused.sort_unstable();
        refused.dedup();
        let names: Vec<String> = refused.iter().map(|w| cluster.workload_id(*w)).collect();
        let explanation = lint
            .compiled
            .explain(&End::Endpoint(first), &End::Endpoint(resolver.endpoint));
        let decision = explanation
            .ingress
            .map(|i| i.decision(Protocol::Udp, resolver.port(Protocol::Udp)));
        let (location, by) = match decision {
            Some(Decision::Rule(policy, step)) => (step.rule.location, policy),
            Some(Decision::Isolated(policies)) if !policies.is_empty() => (policies[0].location, policies[0]),
            _ => continue,
        };
        let message = format!(
            "{} keeps {} from the resolver {id}: names do not resolve there",
            by.id,
            list(&names)
        );
        found.push(
            codes::RESOLVER_CUT
                .at(location, message)
                .hint("let every namespace in on UDP and TCP 53 of the resolver's pods"),
        );
    }
}
