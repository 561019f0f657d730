//! Who answers behind a Service: what a connection to it meets is judged there (rule 19).

use haechi_model::cluster::{Cluster, Endpoint, ListedBackend, Service, ServiceKind, ServicePort, TargetPort};
use haechi_policy::Direction;

use crate::compiled::Compiled;
use crate::end::End;
use crate::locality::Locality;
use crate::outcome::{Outcome, Reason};

/// A way that connections to a Service may take.
#[derive(Clone, Debug)]
pub struct Backend<'a> {
    /// The Service's port that they dial.
    pub port: &'a ServicePort,
    /// Who answers.
    pub end: End,
    /// The port on which it does.
    pub target: u16,
}

/// Who answers behind a Service, port by port.
///
/// Those are the pods that its selector selects or, without one, what its Endpoints and EndpointSlices list. A pod that
/// gives the target's name to no port answers on none.
pub fn backends<'a>(cluster: &'a Cluster, service: usize) -> impl Iterator<Item = Backend<'a>> {
    let service = &cluster.services[service];
    service.ports.iter().flat_map(move |port| {
        let ends: Vec<(End, u16)> = match (&service.kind, &service.selector) {
            (ServiceKind::ExternalName(name), _) => vec![(End::Domain(name.clone()), port.port)],
            (_, Some(_)) => selected(cluster, service, port).collect(),
            (_, None) => service
                .listed
                .iter()
                .filter_map(|b| listed(cluster, service, port, b))
                .collect(),
        };
        ends.into_iter().map(move |(end, target)| Backend { port, end, target })
    })
}

fn selected<'a>(
    cluster: &'a Cluster,
    service: &'a Service,
    port: &'a ServicePort,
) -> impl Iterator<Item = (End, u16)> + 'a {
    let selects = |endpoint: &Endpoint| {
        cluster.workloads[endpoint.workload].namespace == service.namespace
            && service.selector.as_ref().is_some_and(|s| s.is_subset(&endpoint.labels))
    };
    let target = |endpoint: &Endpoint| match &port.target {
        TargetPort::Number(number) => Some(*number),
        TargetPort::Named(name) => {
            let mut ports = endpoint.ports.iter();
            let found = ports.find(|p| p.protocol == port.protocol && p.name.as_ref() == Some(name));
            found.map(|p| p.port)
        }
    };
    (0..)
        .zip(&cluster.endpoints)
        .filter(move |(_, endpoint)| selects(endpoint))
        .filter_map(move |(index, endpoint)| Some((End::Endpoint(index), target(endpoint)?)))
}

fn listed(cluster: &Cluster, service: &Service, port: &ServicePort, backend: &ListedBackend) -> Option<(End, u16)> {
    let mut ports = backend.ports.iter();
    let (.., target) = ports.find(|(name, protocol, _)| *name == port.name && *protocol == port.protocol)?;
    let is_it = |endpoint: &Endpoint| match &backend.pod {
        Some(pod) => {
            endpoint.pod.as_ref() == Some(pod) && cluster.workloads[endpoint.workload].namespace == service.namespace
        }
        None => endpoint.addresses.contains(&backend.address),
    };
    let end = match cluster.endpoints.iter().position(is_it) {
        Some(index) => End::Endpoint(index),
        None => End::Address(backend.address),
    };
    Some((end, *target))
}

impl Compiled<'_> {
    /// What connections to a Service meet that end at one of its backends.
    ///
    /// A pod that comes back to itself so is judged, unlike one that dials its own address: rules count, and whether
    /// isolation does is left open (rules 17 and 28).
    #[must_use]
    pub fn through_service(&self, from: &End, backend: &Backend<'_>) -> Outcome {
        if self.locality(from, &backend.end) != Locality::Itself {
            return self.between(from, &backend.end);
        }
        let explanation = self.explain(from, &backend.end);
        let sides = Direction::BOTH.map(|direction| {
            let mut judgements = explanation.judgements();
            judgements
                .find(|j| j.direction == direction)
                .map_or_else(Outcome::all, |judgement| {
                    let mut outcome = judgement.outcome.clone();
                    let isolated = judgement.tiers.iter().map(|t| &t.isolated);
                    let open = isolated.fold(outcome.undefined.clone(), |all, ports| all.union(ports));
                    let open = open.difference(&outcome.allow);
                    if open != outcome.undefined {
                        outcome.reasons = outcome.reasons.union(Reason::OwnService.into());
                        outcome.undefined = open;
                    }
                    outcome
                })
        });
        sides[0].and(&sides[1])
    }
}
