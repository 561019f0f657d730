//! What holds in the whole cluster.

use haechi_model::Name;
use ipnet::IpNet;

use super::{Cook, Drafts};
use crate::recipes::draft::{Action, ClusterPeer, Draft, DraftKind, OrderedRule, Tier};

pub(in crate::recipes) fn baseline_deny(cook: &mut Cook<'_>) -> Drafts {
    let resolver = cook.resolver();
    let mut except: Vec<Name> = vec!["kube-system".into()];
    if !except.contains(&resolver.namespace) {
        except.push(resolver.namespace.clone());
    }
    except.sort();
    let egress = vec![
        OrderedRule {
            name: "names-resolve",
            action: Action::Accept,
            peers: vec![ClusterPeer::Pods(resolver.namespace, resolver.labels)],
            ports: resolver.ports,
        },
        OrderedRule {
            name: "no-pod-is-reached",
            action: Action::Deny,
            peers: vec![ClusterPeer::EveryPod],
            ports: Vec::new(),
        },
    ];
    let ingress = vec![OrderedRule {
        name: "no-pod-comes-in",
        action: Action::Deny,
        peers: vec![ClusterPeer::EveryPod],
        ports: Vec::new(),
    }];
    Ok(vec![Draft {
        about:
            "Pods that no NetworkPolicy isolates neither talk to other pods nor are talked to by them. Names resolve, \
                and the outside stays open."
                .to_owned(),
        name: "baseline-deny".into(),
        kind: DraftKind::ClusterNetworkPolicy {
            tier: Tier::Baseline,
            priority: cook.free_priority(Tier::Baseline, 100),
            except,
            ingress,
            egress,
        },
    }])
}

pub(in crate::recipes) fn deny_metadata(cook: &mut Cook<'_>) -> Drafts {
    let networks: Vec<IpNet> = ["169.254.169.254/32", "fd00:ec2::254/128"]
        .iter()
        .filter_map(|n| n.parse().ok())
        .collect();
    let egress = vec![OrderedRule {
        name: "credentials-stay-on-the-node",
        action: Action::Deny,
        peers: vec![ClusterPeer::Networks(networks)],
        ports: Vec::new(),
    }];
    Ok(vec![Draft {
        about: "No pod reaches the service that hands out its node's credentials, whatever NetworkPolicies say."
            .to_owned(),
        name: "deny-metadata".into(),
        kind: DraftKind::ClusterNetworkPolicy {
            tier: Tier::Admin,
            priority: cook.free_priority(Tier::Admin, 10),
            except: Vec::new(),
            ingress: Vec::new(),
            egress,
        },
    }])
}
