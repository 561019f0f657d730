//! Whom a policy concerns.

use haechi_model::cluster::Cluster;
use haechi_model::name::Name;
use haechi_policy::{Direction, Isolation, Layer, Mode, Order, Policy, PolicySet, Rules, Tier, Ties};

use crate::compiled::compile_for;
use crate::space::{Focus, to_u32};

/// The workloads that a policy selects, by index.
#[must_use]
pub fn selected_by(cluster: &Cluster, policy: &Policy) -> Vec<usize> {
    let within = policy.id.namespace.as_deref();
    let focus = Focus {
        endpoints: within.map(|name| endpoints_in(cluster, name)),
        ..Focus::default()
    };
    let set = PolicySet {
        tiers: vec![Tier {
            layer: Layer::NetworkPolicy,
            name: Name::default(),
            order: Order::LAST,
            ties: Ties::Agree,
            policies: vec![Policy {
                ingress: Some(nothing()),
                egress: None,
                mode: Mode::Enforced,
                ..policy.clone()
            }],
        }],
    };
    let compiled = compile_for(cluster, &set, &focus);
    let all: Vec<u32> = focus
        .endpoints
        .unwrap_or_else(|| (0..to_u32(cluster.endpoints.len())).collect());
    let mut workloads: Vec<usize> = all
        .into_iter()
        .map(|e| e as usize)
        .filter(|e| compiled.selecting(*e, Direction::Ingress).next().is_some())
        .map(|e| cluster.endpoints[e].workload)
        .collect();
    workloads.dedup();
    workloads
}

fn nothing() -> Rules {
    Rules {
        isolation: Isolation::Isolates,
        rules: Vec::new(),
    }
}

fn endpoints_in(cluster: &Cluster, namespace: &str) -> Vec<u32> {
    let Some(namespace) = cluster.namespace(namespace) else {
        return Vec::new();
    };
    let first = cluster.workloads.partition_point(|w| w.namespace < namespace);
    let last = cluster.workloads.partition_point(|w| w.namespace <= namespace);
    (first..last)
        .flat_map(|w| cluster.endpoints_of(w))
        .map(to_u32)
        .collect()
}
