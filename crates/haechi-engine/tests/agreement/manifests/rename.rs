//! The same scene by other names, in another alphabetical order.

use haechi_model::cluster::METADATA_NAME;
use haechi_model::labels::Labels;
use haechi_model::name::Name;

use super::{LabelSelector, Manifests, NetworkPeer, Pods, Prioritised, PriorityPeer, Scene};

/// The scene with other names of namespaces, label keys and values, and where each endpoint is now.
pub(crate) fn renamed(scene: &Scene) -> (Scene, Vec<usize>) {
    let mut scene = scene.clone();
    let places = rename_cluster(&mut scene);
    for policy in &mut scene.manifests.network {
        policy.namespace = namespace(&policy.namespace);
    }
    selectors(&mut scene.manifests).into_iter().for_each(rename_selector);
    (scene, places)
}

/// Namespaces change their alphabetical order, and everything that is sorted by it.
fn rename_cluster(scene: &mut Scene) -> Vec<usize> {
    let cluster = &mut scene.cluster;
    let order = |names: Vec<Name>| {
        let mut order: Vec<usize> = (0..names.len()).collect();
        order.sort_by_key(|i| namespace(&names[*i]));
        order
    };
    let old = order(cluster.namespaces.iter().map(|n| n.name.clone()).collect());
    let place = |order: &[usize], was: usize| order.iter().position(|i| *i == was).expect("each has a place");
    cluster.namespaces = old.iter().map(|i| cluster.namespaces[*i].clone()).collect();
    for namespace in &mut cluster.namespaces {
        namespace.name = self::namespace(&namespace.name);
        namespace.labels = labels(&namespace.labels);
    }
    for account in &mut cluster.service_accounts {
        account.namespace = place(&old, account.namespace);
        account.labels = labels(&account.labels);
    }
    cluster.service_accounts.sort_by_key(|a| a.namespace);
    for workload in &mut cluster.workloads {
        workload.namespace = place(&old, workload.namespace);
    }
    let mut workloads: Vec<usize> = (0..cluster.workloads.len()).collect();
    workloads.sort_by_key(|i| cluster.workloads[*i].namespace);
    cluster.workloads = workloads.iter().map(|i| cluster.workloads[*i].clone()).collect();
    for endpoint in &mut cluster.endpoints {
        endpoint.workload = place(&workloads, endpoint.workload);
        endpoint.labels = labels(&endpoint.labels);
    }
    let mut endpoints: Vec<usize> = (0..cluster.endpoints.len()).collect();
    endpoints.sort_by_key(|i| cluster.endpoints[*i].workload);
    cluster.endpoints = endpoints.iter().map(|i| cluster.endpoints[*i].clone()).collect();
    for node in &mut cluster.nodes {
        node.labels = labels(&node.labels);
    }
    (0..endpoints.len()).map(|was| place(&endpoints, was)).collect()
}

fn namespace(name: &str) -> Name {
    match name {
        "blue" => "north-9",
        "green" => "north-1",
        "red" => "east",
        other => other,
    }
    .into()
}

fn key(key: &str) -> Name {
    match key {
        "app" => "zone",
        "tier" => "example.org/x",
        "team" => "a",
        other => other,
    }
    .into()
}

fn value(key: &str, value: &str) -> Name {
    match value {
        _ if key == METADATA_NAME => return namespace(value),
        "web" => "",
        "db" => "zz",
        "front" => "aa",
        "" => "web",
        "x" => "y1",
        "y" => "b",
        other => other,
    }
    .into()
}

fn labels(labels: &Labels) -> Labels {
    labels.iter().map(|(k, v)| (key(k), value(k, v))).collect()
}

fn rename_selector(selector: &mut LabelSelector) {
    for (k, v) in &mut selector.labels {
        *v = value(k, v);
        *k = key(k);
    }
    for requirement in &mut selector.expressions {
        for v in &mut requirement.values {
            *v = value(&requirement.key, v);
        }
        requirement.key = key(&requirement.key);
    }
}

/// Every selector there is.
fn selectors(manifests: &mut Manifests) -> Vec<&mut LabelSelector> {
    let mut all = Vec::new();
    for policy in &mut manifests.network {
        all.extend(&mut policy.pods);
        let rules = policy.ingress.iter_mut().chain(&mut policy.egress).flatten();
        for peer in rules.filter_map(|r| r.peers.as_mut()).flatten() {
            if let NetworkPeer::Selectors { namespaces, pods } = peer {
                all.extend(namespaces.iter_mut().chain(pods));
            }
        }
    }
    for Prioritised {
        subject,
        ingress,
        egress,
        ..
    } in &mut manifests.prioritised
    {
        of_pods(subject, &mut all);
        for peer in ingress.iter_mut().chain(egress).flat_map(|r| &mut r.peers) {
            match peer {
                PriorityPeer::Pods(pods) => of_pods(pods, &mut all),
                PriorityPeer::Nodes(selector) => all.push(selector),
                PriorityPeer::Networks(_) | PriorityPeer::Domains(_) | PriorityPeer::Empty => {}
            }
        }
    }
    all
}

fn of_pods<'m>(pods: &'m mut Pods, all: &mut Vec<&'m mut LabelSelector>) {
    match pods {
        Pods::Namespaces(namespaces) => all.push(namespaces),
        Pods::Pods { namespaces, pods } => all.extend([namespaces, pods]),
    }
}
