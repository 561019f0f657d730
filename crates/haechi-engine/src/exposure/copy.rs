//! A copy of a cluster that strangers come to.

use std::collections::BTreeSet;
use std::sync::Arc;

use haechi_model::address::AddressRange;
use haechi_model::cluster::{
    Cluster, ContainerPort, Endpoint, METADATA_NAME, Namespace, PodNetwork, ServiceAccount, Workload, WorkloadKind,
};
use haechi_model::labels::Labels;
use haechi_model::name::Name;
use haechi_model::place::Location;

use super::vocabulary::OTHER;

/// A copy of a cluster: the endpoints that are asked about, and strangers.
pub(super) struct Copy {
    cluster: Cluster,
    selves: Vec<usize>,
    /// The namespace of each stranger's workload, with its pods.
    settled: Vec<(usize, Vec<Endpoint>)>,
}

impl Copy {
    /// A copy of as much of a cluster as makes a difference: these endpoints, and the namespaces of these names.
    pub(super) fn of<'n>(
        cluster: &Cluster,
        pod_ranges: &[AddressRange],
        selves: &[usize],
        names: impl Iterator<Item = &'n Name>,
    ) -> Self {
        let workload = |own: &usize| cluster.endpoints[*own].workload;
        let homes = selves.iter().map(|own| cluster.workloads[workload(own)].namespace);
        let there: BTreeSet<usize> = names.filter_map(|name| cluster.namespace(name)).chain(homes).collect();
        let place = |namespace: usize| there.iter().position(|n| *n == namespace);
        let accounts = cluster.service_accounts.iter();
        let mut copy = Self {
            cluster: Cluster {
                namespaces: there.iter().map(|n| cluster.namespaces[*n].clone()).collect(),
                service_accounts: accounts
                    .filter_map(|account| {
                        Some(ServiceAccount {
                            namespace: place(account.namespace)?,
                            ..account.clone()
                        })
                    })
                    .collect(),
                // Strangers are where the pods of the whole cluster are that show no address.
                pod_ranges: pod_ranges.to_vec(),
                ..Cluster::default()
            },
            selves: Vec::new(),
            settled: Vec::new(),
        };
        for &own in selves {
            let endpoint = &cluster.endpoints[own];
            let owner = &cluster.workloads[endpoint.workload];
            copy.selves.push(copy.cluster.endpoints.len());
            copy.cluster.endpoints.push(Endpoint {
                workload: copy.cluster.workloads.len(),
                ..endpoint.clone()
            });
            copy.cluster.workloads.push(Workload {
                namespace: place(owner.namespace).unwrap_or_default(),
                ..owner.clone()
            });
        }
        copy
    }

    /// Puts pods with these labels into a namespace with these, one for each variant of ports.
    pub(super) fn settle(
        &mut self,
        namespace: &Labels,
        pods: impl Iterator<Item = Labels>,
        variants: &[Arc<[ContainerPort]>],
    ) {
        let there = namespace
            .value(METADATA_NAME)
            .and_then(|name| self.cluster.namespace(name));
        let index = there.unwrap_or_else(|| self.add_namespace(namespace));
        let pods = pods.flat_map(|labels| variants.iter().map(move |ports| (labels.clone(), ports)));
        let pods = pods.map(|(labels, ports)| Endpoint {
            workload: 0,
            pod: None,
            count: 1,
            labels,
            ports: ports.clone(),
            service_account: Name::from(OTHER),
            node: None,
            addresses: Vec::new(),
            network: PodNetwork::Own,
            location: Location::default(),
        });
        self.settled.push((index, pods.collect()));
    }

    fn add_namespace(&mut self, labels: &Labels) -> usize {
        let namespaces = &mut self.cluster.namespaces;
        // Behind every name that is there. Only selectors speak of namespaces that are not there, by their labels.
        let name = Name::from(format!("{OTHER}{:08}", namespaces.len()));
        let index = namespaces.partition_point(|n| n.name < name);
        namespaces.insert(
            index,
            Namespace {
                name,
                labels: labels.clone(),
                location: None,
            },
        );
        let Cluster {
            workloads,
            service_accounts,
            ..
        } = &mut self.cluster;
        let settled = self.settled.iter_mut().map(|(n, _)| n);
        let workloads = workloads.iter_mut().map(|w| &mut w.namespace);
        let accounts = service_accounts.iter_mut().map(|a| &mut a.namespace);
        for moved in settled.chain(workloads).chain(accounts) {
            *moved += usize::from(*moved >= index);
        }
        index
    }

    /// The cluster, the endpoints that are asked about, and the strangers in the order in which they were settled.
    pub(super) fn finish(mut self) -> (Cluster, Vec<usize>, Vec<usize>) {
        let mut strangers = Vec::new();
        for (namespace, pods) in self.settled {
            let workload = self.cluster.workloads.len();
            self.cluster.workloads.push(Workload {
                namespace,
                kind: WorkloadKind::Pod,
                name: Name::from(OTHER),
                location: Location::default(),
            });
            for pod in pods {
                strangers.push(self.cluster.endpoints.len());
                self.cluster.endpoints.push(Endpoint { workload, ..pod });
            }
        }
        (self.cluster, self.selves, strangers)
    }
}
