//! What of the answer is wanted.

use std::collections::BTreeSet;

use haechi_engine::{By, Compiled, End, Focus, Party, Reach};
use haechi_model::cluster::ContainerPort;
use haechi_model::{AddressRange, Cluster, PortSet};

use crate::cli;
use crate::load::Loaded;
use crate::names::{Asked, Named, Selected};
use crate::port::{PortQuery, Unsaid};

/// What of the answer is wanted.
#[derive(Debug)]
pub(super) struct Selection {
    /// Who begins to talk; `None` for everybody.
    from: Option<Vec<Selected>>,
    /// Who is talked to; `None` for everybody.
    to: Option<Vec<Selected>>,
    /// On which ports; any if there are none.
    ports: Vec<PortQuery>,
    /// The namespace that one end must lie in.
    pub(super) namespace: Option<usize>,
    /// What pods are told by.
    pub(super) by: By,
    /// Whether pods that are not there are wanted, too.
    pub(super) exposure: Wanted,
}

/// Whether something is wanted.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Wanted {
    Yes,
    No,
}

impl Selection {
    /// Finds what the arguments name.
    pub(super) fn new(arguments: &cli::Reach, loaded: &Loaded) -> anyhow::Result<Self> {
        let select = |asked: &[Asked]| -> anyhow::Result<Option<Vec<Selected>>> {
            let selected: Vec<Selected> = asked.iter().map(|a| loaded.select(a)).collect::<Result<_, _>>()?;
            Ok(Some(selected).filter(|s| !s.is_empty()))
        };
        let (from, to) = (select(&arguments.from)?, select(&arguments.to)?);
        // Whoever names one pod of several does not ask about the others.
        let one_pod = |selected: &Selected| matches!(selected, Selected::One(Named::Endpoint(_)));
        let names_pods = from.iter().chain(&to).flatten().any(one_pod);
        Ok(Self {
            from,
            to,
            ports: arguments.port.clone(),
            namespace: loaded.narrow_to,
            by: if arguments.pods || names_pods {
                By::Pod
            } else {
                By::Workload
            },
            exposure: if arguments.exposure { Wanted::Yes } else { Wanted::No },
        })
    }

    /// Whether less than everything is wanted, whatever the namespace.
    pub(super) fn is_narrowed(&self) -> bool {
        self.from.is_some() || self.to.is_some() || !self.ports.is_empty()
    }

    /// The ids of what was named and is nobody: Services without backends, nodes without addresses.
    pub(super) fn nobody(&self, loaded: &Loaded) -> Vec<String> {
        let cluster = &loaded.snapshot.cluster;
        let selected = self.from.iter().chain(&self.to).flatten();
        selected
            .filter_map(|s| match s {
                Selected::One(named) if named.ends(cluster).is_empty() => Some(named.id(cluster)),
                Selected::One(_) | Selected::Namespace(_) | Selected::Block(_) => None,
            })
            .collect()
    }

    /// What the answer must be made for.
    pub(super) fn focus(&self, loaded: &Loaded) -> Focus {
        let cluster = &loaded.snapshot.cluster;
        let mut focus = Focus::default();
        for selected in self.from.iter().chain(&self.to).flatten() {
            match selected {
                Selected::Block(range) => focus.cuts.push(*range),
                Selected::One(named) => {
                    for end in named.ends(cluster) {
                        match end {
                            End::Endpoint(_) => {}
                            End::Address(address) => focus.cuts.push(address.into()),
                            End::Domain(name) => focus.domains.push(name),
                        }
                    }
                }
                Selected::Namespace(_) => {}
            }
        }
        if let (Some(from), Some(to)) = (&self.from, &self.to) {
            let endpoints: BTreeSet<u32> = from
                .iter()
                .chain(to)
                .flat_map(|s| endpoints(s, cluster))
                .filter_map(|e| u32::try_from(e).ok())
                .collect();
            focus.endpoints = Some(endpoints.into_iter().collect());
        }
        focus
    }

    /// The places of those who begin to talk, and of those who are talked to.
    pub(super) fn places(&self, compiled: &Compiled<'_>, reach: &Reach<'_, '_>) -> [Vec<usize>; 2] {
        [&self.from, &self.to].map(|side| match side {
            None => (0..reach.parties().len()).collect(),
            Some(selected) => {
                let parties: BTreeSet<Party> = selected.iter().flat_map(|s| parties(s, self.by, compiled)).collect();
                parties.into_iter().filter_map(|p| reach.place(p)).collect()
            }
        })
    }

    /// Whether what senders would reach is wanted, and whether what receivers would accept is.
    pub(super) fn exposed(&self) -> [Wanted; 2] {
        let wanted = |yes| if yes { Wanted::Yes } else { Wanted::No };
        let nobody = self.from.is_none() && self.to.is_none();
        [&self.from, &self.to].map(|side| wanted(self.exposure == Wanted::Yes && (nobody || side.is_some())))
    }

    /// The ports that are wanted at a destination; `None` for all.
    pub(super) fn ports(&self, declared: &[ContainerPort]) -> Option<PortSet> {
        if self.ports.is_empty() {
            return None;
        }
        let sets = self.ports.iter().map(|p| p.ports(declared, Unsaid::Every));
        Some(sets.fold(PortSet::NONE, |all, set| all.union(&set)))
    }
}

/// The endpoints among what is selected.
fn endpoints(selected: &Selected, cluster: &Cluster) -> Vec<usize> {
    match selected {
        Selected::One(named) => named
            .ends(cluster)
            .into_iter()
            .filter_map(|end| match end {
                End::Endpoint(endpoint) => Some(endpoint),
                End::Address(_) | End::Domain(_) => None,
            })
            .collect(),
        Selected::Namespace(namespace) => workloads_of(*namespace, cluster)
            .flat_map(|w| cluster.endpoints_of(w))
            .collect(),
        Selected::Block(_) => Vec::new(),
    }
}

fn workloads_of(namespace: usize, cluster: &Cluster) -> impl Iterator<Item = usize> {
    let start = cluster.workloads.partition_point(|w| w.namespace < namespace);
    let end = cluster.workloads.partition_point(|w| w.namespace <= namespace);
    start..end
}

/// The parties that are selected.
fn parties(selected: &Selected, by: By, compiled: &Compiled<'_>) -> Vec<Party> {
    let (cluster, space) = (compiled.cluster(), compiled.space());
    let mut parties: Vec<Party> = endpoints(selected, cluster)
        .into_iter()
        .map(|endpoint| match by {
            By::Pod => Party::Endpoint(endpoint),
            By::Workload => Party::Workload(cluster.endpoints[endpoint].workload),
        })
        .collect();
    let ranges = |range: AddressRange| space.atoms_in(range).map(|a| Party::Range(a as usize));
    match selected {
        Selected::Block(range) => parties.extend(ranges(*range)),
        Selected::One(named) => {
            for end in named.ends(cluster) {
                match end {
                    End::Address(address) => parties.extend(ranges(address.into())),
                    End::Domain(name) => {
                        let domain = compiled.peer(&End::Domain(name)) - space.domain_peers().start;
                        parties.push(Party::Domain(domain as usize));
                    }
                    End::Endpoint(_) => {}
                }
            }
        }
        Selected::Namespace(_) => {}
    }
    parties
}
