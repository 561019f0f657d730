//! What goes in and out of a namespace.

use haechi_model::{Labels, Name};

use super::{Cook, Drafts, UNLESS};
use crate::recipes::draft::{Draft, DraftKind, Namespaces, Peer, Rule};

/// A policy for every pod of a namespace.
fn of_namespace(
    namespace: Name,
    name: &str,
    about: String,
    ingress: Option<Vec<Rule>>,
    egress: Option<Vec<Rule>>,
) -> Vec<Draft> {
    vec![Draft {
        about,
        name: name.into(),
        kind: DraftKind::NetworkPolicy {
            namespace,
            pods: Labels::default(),
            ingress,
            egress,
        },
    }]
}

fn own_pods() -> Rule {
    Rule {
        peers: vec![Peer::Pods {
            namespaces: Namespaces::Own,
            labels: Labels::default(),
        }],
        ports: Vec::new(),
    }
}

pub(in crate::recipes) fn default_deny(cook: &mut Cook<'_>) -> Drafts {
    let namespace = cook.namespace()?;
    let dns = cook.dns(&namespace);
    let about = format!("Nothing goes in or out of {namespace} but names{UNLESS}.");
    Ok(of_namespace(
        namespace,
        "default-deny",
        about,
        Some(Vec::new()),
        Some(vec![dns]),
    ))
}

pub(in crate::recipes) fn deny_all(cook: &mut Cook<'_>) -> Drafts {
    let namespace = cook.namespace()?;
    let about = format!("Nothing goes in or out of {namespace}, not even names{UNLESS}.");
    Ok(of_namespace(
        namespace,
        "deny-all",
        about,
        Some(Vec::new()),
        Some(Vec::new()),
    ))
}

pub(in crate::recipes) fn deny_ingress(cook: &mut Cook<'_>) -> Drafts {
    let namespace = cook.namespace()?;
    let about = format!("Nobody may talk to the pods of {namespace}{UNLESS}.");
    Ok(of_namespace(namespace, "deny-ingress", about, Some(Vec::new()), None))
}

pub(in crate::recipes) fn deny_egress(cook: &mut Cook<'_>) -> Drafts {
    let namespace = cook.namespace()?;
    let dns = cook.dns(&namespace);
    let about = format!("The pods of {namespace} may resolve names and talk to nobody{UNLESS}.");
    Ok(of_namespace(namespace, "deny-egress", about, None, Some(vec![dns])))
}

pub(in crate::recipes) fn deny_other_namespaces(cook: &mut Cook<'_>) -> Drafts {
    let namespace = cook.namespace()?;
    let about = format!("Only pods of {namespace} may talk to its pods{UNLESS}.");
    Ok(of_namespace(
        namespace,
        "deny-other-namespaces",
        about,
        Some(vec![own_pods()]),
        None,
    ))
}

pub(in crate::recipes) fn within_namespace(cook: &mut Cook<'_>) -> Drafts {
    let namespace = cook.namespace()?;
    let dns = cook.dns(&namespace);
    let about = format!("The pods of {namespace} talk among themselves and resolve names{UNLESS}.");
    Ok(of_namespace(
        namespace,
        "within-namespace",
        about,
        Some(vec![own_pods()]),
        Some(vec![own_pods(), dns]),
    ))
}

pub(in crate::recipes) fn deny_outside(cook: &mut Cook<'_>) -> Drafts {
    let namespace = cook.namespace()?;
    let about =
        format!("The pods of {namespace} may talk to pods of the cluster, and to nobody outside of it{UNLESS}.");
    let mut rules = vec![Rule {
        peers: vec![Peer::Pods {
            namespaces: Namespaces::Any,
            labels: Labels::default(),
        }],
        ports: Vec::new(),
    }];
    // The resolver is a pod; the caches of the nodes are none.
    let dns = cook.dns(&namespace);
    if dns.peers.len() > 1 {
        rules.push(dns);
    }
    Ok(of_namespace(namespace, "deny-outside", about, None, Some(rules)))
}

pub(in crate::recipes) fn allow_dns(cook: &mut Cook<'_>) -> Drafts {
    let namespace = cook.namespace()?;
    let dns = cook.dns(&namespace);
    let about = format!(
        "The pods of {namespace} may resolve names, over UDP and, for long answers, over TCP; nothing else goes out{UNLESS}."
    );
    Ok(of_namespace(namespace, "allow-dns", about, None, Some(vec![dns])))
}
