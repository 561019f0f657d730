//! Namespaces, pods and workloads as YAML, and as the JSON that cyclonus reads.

use std::{
    collections::BTreeMap,
    io::{self, Write},
    net::Ipv4Addr,
};

use serde_json::json;

use super::{Cluster, Controller, Namespace, Objects, PODS_PER_NODE, Workload};

pub(super) fn write(cluster: &Cluster, out: &mut impl Write) -> io::Result<()> {
    for (index, namespace) in cluster.namespaces.iter().enumerate() {
        if index > 0 {
            writeln!(out, "---")?;
        }
        writeln!(
            out,
            "apiVersion: v1\nkind: Namespace\nmetadata:\n  name: {}\n  labels:",
            namespace.name
        )?;
        write_labels(&namespace.labels(), "    ", out)?;
    }
    for workload in &cluster.workloads {
        let namespace = &cluster.namespaces[workload.namespace].name;
        match cluster.shape.objects {
            Objects::Workloads => write_workload(namespace, workload, out)?,
            Objects::Pods => {
                for ordinal in 0..workload.pods.len() {
                    write_pod(namespace, workload, ordinal, out)?;
                }
            }
        }
    }
    Ok(())
}

pub(super) fn write_cyclonus_probe(cluster: &Cluster, port: u16, out: &mut impl Write) -> io::Result<()> {
    let namespaces: BTreeMap<_, _> = cluster.namespaces.iter().map(|n| (&n.name, n.labels())).collect();
    let mut pods = Vec::with_capacity(cluster.shape.pods);
    for workload in &cluster.workloads {
        for ordinal in 0..workload.pods.len() {
            let pod = workload.pod(ordinal);
            // One container a port: cyclonus knows no container with more.
            let containers: Vec<_> = workload
                .ports
                .iter()
                .map(|p| json!({"Name": p.name, "Port": p.number, "Protocol": p.protocol, "PortName": p.name}))
                .collect();
            pods.push(json!({
                "Namespace": cluster.namespaces[workload.namespace].name,
                "Name": pod.name,
                "Labels": pod.labels,
                "IP": pod.address,
                "Containers": containers,
            }));
        }
    }
    let probe = json!({
        "Resources": {"Namespaces": namespaces, "Pods": pods},
        "Probes": [{"Port": port, "Protocol": "TCP"}],
    });
    serde_json::to_writer(&mut *out, &probe)?;
    writeln!(out)
}

/// A pod as the cluster would have made it from its workload.
struct Pod {
    name: String,
    labels: BTreeMap<String, String>,
    owner: Owner,
    node: usize,
    node_address: Ipv4Addr,
    address: Ipv4Addr,
}

struct Owner {
    kind: &'static str,
    name: String,
}

impl Namespace {
    fn labels(&self) -> BTreeMap<String, String> {
        [
            ("env", self.env.to_string()),
            ("kubernetes.io/metadata.name", self.name.clone()),
            ("team", self.team.to_string()),
            ("tier", self.tier.to_string()),
        ]
        .map(|(key, value)| (key.to_owned(), value))
        .into()
    }
}

impl Workload {
    pub(super) fn pod_name(&self, ordinal: usize) -> String {
        self.pod(ordinal).name
    }

    fn pod(&self, ordinal: usize) -> Pod {
        let index = self.pods.start + ordinal;
        let mut labels = self.labels.clone();
        let (name, owner) = match self.controller {
            Controller::Deployment => {
                let hash = suffix(self.pods.start as u64, 10);
                let set = format!("{}-{hash}", self.name);
                labels.insert("pod-template-hash".to_owned(), hash);
                (
                    format!("{set}-{}", suffix(index as u64 ^ 0x5eed, 5)),
                    Owner {
                        kind: "ReplicaSet",
                        name: set,
                    },
                )
            }
            Controller::StatefulSet => {
                let name = format!("{}-{ordinal}", self.name);
                labels.insert("apps.kubernetes.io/pod-index".to_owned(), ordinal.to_string());
                labels.insert("statefulset.kubernetes.io/pod-name".to_owned(), name.clone());
                (
                    name,
                    Owner {
                        kind: "StatefulSet",
                        name: self.name.clone(),
                    },
                )
            }
        };
        let node = index / PODS_PER_NODE;
        let [high, low] = (node as u16).to_be_bytes();
        let slot = (index % PODS_PER_NODE) as u8;
        Pod {
            name,
            labels,
            owner,
            node,
            node_address: Ipv4Addr::new(192, 168, high, low),
            // .1 is the node's own end.
            address: Ipv4Addr::new(10, high, low, 2 + slot),
        }
    }
}

fn write_pod(namespace: &str, workload: &Workload, ordinal: usize, out: &mut impl Write) -> io::Result<()> {
    let pod = workload.pod(ordinal);
    let Owner { kind, name: owner } = &pod.owner;
    write!(
        out,
        "---\napiVersion: v1\nkind: Pod\nmetadata:\n  name: {}\n  namespace: {namespace}\n  labels:\n",
        pod.name
    )?;
    write_labels(&pod.labels, "    ", out)?;
    write!(
        out,
        "  ownerReferences:\n  - apiVersion: apps/v1\n    controller: true\n    kind: {kind}\n    name: {owner}\n    uid: {}\n",
        uid(workload.pods.start as u64)
    )?;
    write!(
        out,
        "spec:\n  nodeName: node-{:05}\n  serviceAccountName: {}\n",
        pod.node, workload.name
    )?;
    write_containers(workload, "  ", out)?;
    let Pod {
        address, node_address, ..
    } = pod;
    write!(
        out,
        "status:\n  hostIP: {node_address}\n  phase: Running\n  podIP: {address}\n  podIPs:\n  - ip: {address}\n"
    )
}

fn write_workload(namespace: &str, workload: &Workload, out: &mut impl Write) -> io::Result<()> {
    let Workload { name, controller, .. } = workload;
    // A label of its own ties the selector to this workload alone, whatever else the labels share.
    let mut labels = workload.labels.clone();
    labels.insert("app.kubernetes.io/instance".to_owned(), name.clone());
    write!(
        out,
        "---\napiVersion: apps/v1\nkind: {}\nmetadata:\n  name: {name}\n  namespace: {namespace}\nspec:\n  replicas: {}\n",
        controller.kind(),
        workload.pods.len()
    )?;
    if *controller == Controller::StatefulSet {
        writeln!(out, "  serviceName: {name}")?;
    }
    write!(
        out,
        "  selector:\n    matchLabels:\n      app.kubernetes.io/instance: {name}\n  template:\n"
    )?;
    write!(out, "    metadata:\n      labels:\n")?;
    write_labels(&labels, "        ", out)?;
    write!(out, "    spec:\n      serviceAccountName: {name}\n")?;
    write_containers(workload, "      ", out)
}

fn write_containers(workload: &Workload, indent: &str, out: &mut impl Write) -> io::Result<()> {
    let name = &workload.name;
    let image = &workload.labels["version"];
    writeln!(
        out,
        "{indent}containers:\n{indent}- name: app\n{indent}  image: registry.example/{name}:{image}"
    )?;
    writeln!(out, "{indent}  ports:")?;
    for port in &workload.ports {
        writeln!(
            out,
            "{indent}  - name: {}\n{indent}    containerPort: {}\n{indent}    protocol: {}",
            port.name, port.number, port.protocol
        )?;
    }
    Ok(())
}

fn write_labels(labels: &BTreeMap<String, String>, indent: &str, out: &mut impl Write) -> io::Result<()> {
    for (key, value) in labels {
        // A hash or an ordinal may look like a number.
        if value.starts_with(|first: char| first.is_ascii_digit()) {
            writeln!(out, "{indent}{key}: \"{value}\"")?;
        } else {
            writeln!(out, "{indent}{key}: {value}")?;
        }
    }
    Ok(())
}

/// The letters that Kubernetes makes suffixes of; different numbers below 27 to the power of `length` differ.
fn suffix(number: u64, length: u32) -> String {
    const LETTERS: &[u8; 27] = b"bcdfghjklmnpqrstvwxz2456789";
    let all = 27_u64.pow(length);
    // Odd and prime to 3, so that no two numbers meet.
    let mut rest = (number % all).wrapping_mul(0x9E37_79B1) % all;
    (0..length)
        .map(|_| {
            let letter = LETTERS[(rest % 27) as usize];
            rest /= 27;
            char::from(letter)
        })
        .collect()
}

fn uid(number: u64) -> String {
    format!(
        "{:08x}-0000-4000-8000-{number:012x}",
        number.wrapping_mul(0x9E37_79B1) as u32
    )
}
