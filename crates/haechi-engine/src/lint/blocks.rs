//! Address blocks that hold what they do not match.

use std::net::IpAddr;

use haechi_model::Profile;
use haechi_model::address::AddressRange;
use haechi_model::cluster::PodNetwork;
use haechi_model::diagnostic::{Diagnostic, Severity};
use haechi_policy::{Direction, Match, Membership, Network, Term};

use super::{Lint, RuleOf, codes, matches_of, rules_of};

pub(super) fn check(lint: &Lint<'_, '_>) -> Vec<Diagnostic> {
    let known = Known::new(lint);
    lint.each_policy(|policy, found| {
        for rule in rules_of(policy) {
            for m in matches_of(rule.rule) {
                for term in &m.terms {
                    if let Term::Network(network) = term {
                        found.extend(known.look(lint, rule, m, network));
                    }
                }
            }
        }
    })
}

/// Addresses of the cluster, sorted.
struct Known {
    /// Of pods with their own network, by index of the endpoint.
    pods: Vec<(IpAddr, usize)>,
    /// Of Services, by index.
    services: Vec<(IpAddr, usize)>,
}

impl Known {
    fn new(lint: &Lint<'_, '_>) -> Self {
        let cluster = lint.cluster();
        let own = cluster
            .endpoints
            .iter()
            .enumerate()
            .filter(|(_, e)| e.network == PodNetwork::Own);
        let mut pods: Vec<(IpAddr, usize)> = own
            .flat_map(|(i, e)| e.addresses.iter().map(move |a| (*a, i)))
            .collect();
        let services = cluster.services.iter().enumerate();
        let mut services: Vec<(IpAddr, usize)> = services
            .flat_map(|(i, s)| s.addresses.iter().map(move |a| (*a, i)))
            .collect();
        pods.sort_unstable();
        services.sort_unstable();
        Self { pods, services }
    }

    fn look(&self, lint: &Lint<'_, '_>, rule: RuleOf<'_>, m: &Match, network: &Network) -> Option<Diagnostic> {
        let cluster = lint.cluster();
        let id = &rule.policy.id;
        let range = AddressRange::from(network.cidr);
        let pods = within(&self.pods, range);
        let pods: Vec<&(IpAddr, usize)> = pods
            .iter()
            .filter(|(address, _)| !network.except.iter().any(|hole| hole.contains(address)))
            .collect();
        let services = within(&self.services, range);
        let one = range.first() == range.last();
        if let [(address, service), ..] = services
            && (one || pods.is_empty() && !self.pods.is_empty() && network.cidr.prefix_len() >= narrow(network))
            && pods.is_empty()
            && !(lint.input.profile == Profile::Aws && rule.direction == Direction::Egress)
        {
            let service = &cluster.services[*service];
            let name = format!("{}/{}", cluster.namespaces[service.namespace].name, service.name);
            let holds = if one { "is" } else { "holds" };
            let message = format!(
                "a block of {id} {holds} {address}, the address of Service {name}, which no connection that is judged has"
            );
            let diagnostic = codes::BLOCK_HOLDS_SERVICE
                .at(m.location, message)
                .related(service.location, "the Service");
            let hint = match (rule.direction, service.selector.is_some()) {
                (Direction::Ingress, _) => "a Service never opens a connection: allow its clients",
                (Direction::Egress, true) => "select the pods behind it",
                (Direction::Egress, false) => "allow the addresses that its endpoints list",
            };
            return Some(diagnostic.hint(hint));
        }
        let (address, pod) = pods.first()?;
        let count = pods.len();
        if one {
            let message = format!(
                "a block of {id} is {address}, the address of pod {}",
                cluster.endpoint_id(*pod)
            );
            return Some(
                codes::BLOCK_IS_ONE_POD
                    .at(m.location, message)
                    .hint("select the pod by its labels: its address changes"),
            );
        }
        let held = match count {
            1 => format!("the address of pod {}", cluster.endpoint_id(*pod)),
            _ => format!("the addresses of {count} pods"),
        };
        let differ = match network.scope.pods {
            Membership::Unspecified => "data planes differ on whether it matches them",
            Membership::Unmatched => "this data plane does not match pods by address, others do",
            // That is what the specification's readers expect.
            Membership::Matched => return None,
        };
        let mut diagnostic = codes::BLOCK_HOLDS_PODS.note(
            m.location,
            format!("the block {} of {id} holds {held}: {differ}", network.cidr),
        );
        if network.scope.pods == Membership::Unmatched && network.cidr.prefix_len() >= narrow(network) {
            diagnostic.severity = Severity::Warning;
        }
        Some(diagnostic)
    }
}

/// The shortest prefix of a block that was written for few addresses.
fn narrow(network: &Network) -> u8 {
    if network.cidr.addr().is_ipv4() { 24 } else { 112 }
}

fn within(sorted: &[(IpAddr, usize)], range: AddressRange) -> &[(IpAddr, usize)] {
    let start = sorted.partition_point(|(address, _)| *address < range.first());
    let end = sorted.partition_point(|(address, _)| *address <= range.last());
    &sorted[start..end.max(start)]
}
