//! Which pods a condition selects.

use haechi_model::cluster::Cluster;
use haechi_model::place::Location;
use haechi_policy::policy::TierKey;
use haechi_policy::{Layer, Match, Mode, Order, Policy, PolicyId, PolicySet, Ties};

use crate::bits::Dense;
use crate::matching::Matcher;
use crate::space::{Focus, Space};

/// The pods and templates with a network of their own that each of these matches for certain, by index in
/// [`Cluster::endpoints`], ascending.
#[must_use]
pub fn selected(cluster: &Cluster, matches: &[Match]) -> Vec<Vec<usize>> {
    // Endpoints are cut into classes by what policies ask for: so a policy asks for it.
    let mut policies = PolicySet::default();
    let tier = TierKey {
        layer: Layer::NetworkPolicy,
        name: "".into(),
        order: Order::LAST,
        ties: Ties::Agree,
    };
    let policy = Policy {
        id: PolicyId {
            namespace: None,
            kind: "".into(),
            name: "".into(),
        },
        order: Order::LAST,
        mode: Mode::Enforced,
        subjects: matches.to_vec(),
        ingress: None,
        egress: None,
        location: Location::default(),
    };
    policies.add(&tier, policy);
    let space = Space::new(cluster, &policies, &Focus::default());
    let matcher = Matcher::new(cluster, &space);
    let endpoints = |classes: Dense| {
        let classes = classes.iter().map(|class| &space.classes[class as usize]);
        let mut endpoints: Vec<usize> = classes.flat_map(|c| &c.members).map(|e| *e as usize).collect();
        endpoints.sort_unstable();
        endpoints
    };
    matches
        .iter()
        .map(|m| endpoints(matcher.subjects(std::slice::from_ref(m)).certain))
        .collect()
}

#[cfg(test)]
mod tests {
    use std::sync::Arc;

    use haechi_model::cluster::{Endpoint, METADATA_NAME, Namespace, PodNetwork, Workload, WorkloadKind};
    use haechi_model::labels::{Labels, Selector};
    use haechi_policy::{NamespaceMatch, Term};

    use super::*;

    #[test]
    fn pods_of_their_nodes_network_are_none() {
        let mut cluster = Cluster::default();
        for name in ["a", "b"] {
            cluster.namespaces.push(Namespace {
                name: name.into(),
                labels: Labels::from_iter([(METADATA_NAME.into(), name.into())]),
                location: None,
            });
        }
        let pods = [
            (0, "web", PodNetwork::Own),
            (0, "db", PodNetwork::Own),
            (0, "web", PodNetwork::Host),
            (1, "web", PodNetwork::Own),
        ];
        for (workload, (namespace, app, network)) in pods.into_iter().enumerate() {
            cluster.workloads.push(Workload {
                namespace,
                kind: WorkloadKind::Pod,
                name: "p".into(),
                location: Location::default(),
            });
            cluster.endpoints.push(Endpoint {
                workload,
                pod: None,
                count: 1,
                labels: Labels::from_iter([("app".into(), app.into())]),
                ports: Arc::default(),
                service_account: "default".into(),
                node: None,
                addresses: Vec::new(),
                network,
                location: Location::default(),
            });
        }
        let web = |namespaces| Match {
            terms: vec![Term::Namespace(namespaces), Term::Pod(Selector::is("app", "web"))],
            location: Location::default(),
        };
        let matches = [
            web(NamespaceMatch::Named("a".into())),
            web(NamespaceMatch::Labelled(Selector::EVERYTHING)),
            web(NamespaceMatch::Named("c".into())),
        ];
        assert_eq!(selected(&cluster, &matches), [vec![0], vec![0, 3], vec![]]);
    }
}
