//! Names looked up in a cluster.

use std::net::IpAddr;

use haechi_model::cluster::{PodNetwork, WorkloadKind};
use haechi_model::{Cluster, Name};

use super::form::Form;
use super::kind::is_silent;
use super::{Asked, Kind, NameError, Named, Selected, is_kind, similar};

/// Finds what is meant.
pub(super) fn search(asked: &Asked, cluster: &Cluster, default: Option<&Name>) -> Result<Selected, NameError> {
    let search = Search {
        cluster,
        default,
        text: &asked.text,
    };
    let one = match &asked.form {
        Form::Address(address) => Named::of_address(*address, cluster),
        Form::Block(range) => return Ok(Selected::Block(*range)),
        Form::Domain(name) => Named::Domain(name.clone()),
        Form::Namespace(name) => return search.namespace(name).map(Selected::Namespace),
        Form::Node(name) => search.among(None, &[Sought::Node], name)?,
        Form::Bare(name) => search.among(None, &Sought::ANY, name)?,
        Form::Two(first, second) => search.two(first, second)?,
        Form::Full { namespace, kind, name } => search.full(namespace.as_ref(), kind, name)?,
    };
    Ok(Selected::One(one))
}

impl Named {
    /// What has an address: a pod, a Service, else nothing but the address.
    #[must_use]
    pub fn of_address(address: IpAddr, cluster: &Cluster) -> Self {
        let pod = cluster
            .endpoints
            .iter()
            .position(|e| e.network == PodNetwork::Own && e.addresses.contains(&address));
        let service = || cluster.services.iter().position(|s| s.addresses.contains(&address));
        pod.map(Self::Endpoint)
            .or_else(|| service().map(Self::Service))
            .unwrap_or(Self::Address(address))
    }
}

struct Search<'a> {
    cluster: &'a Cluster,
    default: Option<&'a Name>,
    text: &'a str,
}

/// What is looked for.
#[derive(Clone, Debug, PartialEq, Eq)]
enum Sought {
    /// Workloads of any kind.
    AnyWorkload,
    /// Workloads of one kind.
    Workload(Kind),
    /// Workloads of a kind that has no abbreviation.
    Other(Name),
    Pod,
    Service,
    Node,
}

impl Sought {
    /// Everything; what comes first hides what comes later.
    const ANY: [Self; 4] = [Self::AnyWorkload, Self::Pod, Self::Service, Self::Node];

    fn of(kind: Kind) -> Self {
        match kind {
            Kind::Pod => Self::Pod,
            Kind::Service => Self::Service,
            Kind::Node => Self::Node,
            kind => Self::Workload(kind),
        }
    }
}

impl Search<'_> {
    fn namespace(&self, name: &Name) -> Result<usize, NameError> {
        self.cluster.namespace(name).ok_or_else(|| NameError::Namespace {
            name: name.to_string(),
            similar: similar(name, self.cluster.namespaces.iter().map(|n| n.name.to_string())),
        })
    }

    /// `kind/name` or `namespace/name`, whichever there is.
    fn two(&self, first: &Name, second: &Name) -> Result<Named, NameError> {
        let kind = Kind::of(first).map(|kind| [Sought::of(kind)]);
        let namespace = self.cluster.namespace(first);
        let by_kind = kind
            .as_ref()
            .map(|sought| self.candidates(None, sought, second))
            .unwrap_or_default();
        let by_namespace = namespace
            .map(|n| self.candidates(Some(n), &Sought::ANY, second))
            .unwrap_or_default();
        match (by_kind.is_empty(), by_namespace.is_empty(), kind, namespace) {
            (true, true, Some(sought), _) => Err(self.unknown(None, &sought, second)),
            (true, true, None, Some(n)) => Err(self.unknown(Some(n), &Sought::ANY, second)),
            (true, true, None, None) if is_silent(first) => Err(NameError::Silent(first.to_string())),
            (true, true, None, None) => Err(self
                .namespace(first)
                .err()
                .unwrap_or_else(|| self.unknown(None, &Sought::ANY, second))),
            _ => self.one(by_kind.into_iter().chain(by_namespace).collect()),
        }
    }

    fn full(&self, namespace: Option<&Name>, kind: &Name, name: &Name) -> Result<Named, NameError> {
        let sought = [Kind::of(kind).map_or_else(|| Sought::Other(kind.clone()), Sought::of)];
        let namespace = namespace.map(|n| self.namespace(n)).transpose()?;
        self.among(namespace, &sought, name)
    }

    fn among(&self, namespace: Option<usize>, sought: &[Sought], name: &Name) -> Result<Named, NameError> {
        let candidates = self.candidates(namespace, sought, name);
        if candidates.is_empty() {
            Err(self.unknown(namespace, sought, name))
        } else {
            self.one(candidates)
        }
    }

    fn one(&self, mut candidates: Vec<Named>) -> Result<Named, NameError> {
        if candidates.len() == 1 {
            return Ok(candidates.swap_remove(0));
        }
        let mut candidates: Vec<String> = candidates.iter().map(|c| c.id(self.cluster)).collect();
        candidates.sort();
        Err(NameError::Ambiguous {
            text: self.text.to_owned(),
            candidates,
        })
    }

    /// The things of this name: of the first sort that there is, and in the default namespace if there are any.
    fn candidates(&self, namespace: Option<usize>, sought: &[Sought], name: &str) -> Vec<Named> {
        let home = self.default.and_then(|n| self.cluster.namespace(n));
        let places = match (namespace, home) {
            (Some(namespace), _) => vec![Some(namespace)],
            (None, Some(home)) => vec![Some(home), None],
            (None, None) => vec![None],
        };
        places
            .into_iter()
            .flat_map(|place| {
                sought
                    .iter()
                    .map(move |sought| self.things(place, sought, |n| n == name))
            })
            .find(|found| !found.is_empty())
            .unwrap_or_default()
    }

    /// The things of one sort in a namespace, or in all.
    fn things(&self, place: Option<usize>, sought: &Sought, named: impl Fn(&str) -> bool) -> Vec<Named> {
        let cluster = self.cluster;
        let here = |namespace: usize| place.is_none_or(|p| p == namespace);
        let workloads = |is_kind: &dyn Fn(&WorkloadKind) -> bool| {
            cluster
                .workloads
                .iter()
                .enumerate()
                .filter(|(_, w)| named(&w.name) && here(w.namespace) && is_kind(&w.kind))
                .map(|(i, _)| Named::Workload(i))
                .collect()
        };
        match sought {
            Sought::AnyWorkload => workloads(&|_| true),
            Sought::Workload(kind) => workloads(&|k| is_kind(k, kind)),
            Sought::Other(kind) => workloads(&|k| k.to_string().eq_ignore_ascii_case(kind)),
            Sought::Pod => cluster
                .endpoints
                .iter()
                .enumerate()
                .filter(|(_, e)| e.pod.as_ref().is_some_and(|p| named(p)))
                .filter(|(_, e)| here(cluster.workloads[e.workload].namespace))
                .map(|(i, e)| match cluster.workloads[e.workload].kind {
                    // A pod that nothing owns is its own workload.
                    WorkloadKind::Pod => Named::Workload(e.workload),
                    _ => Named::Endpoint(i),
                })
                .collect(),
            Sought::Service => cluster
                .services
                .iter()
                .enumerate()
                .filter(|(_, s)| named(&s.name) && here(s.namespace))
                .map(|(i, _)| Named::Service(i))
                .collect(),
            Sought::Node if place.is_some() => Vec::new(),
            Sought::Node => cluster
                .nodes
                .iter()
                .enumerate()
                .filter(|(_, n)| named(&n.name))
                .map(|(i, _)| Named::Node(i))
                .collect(),
        }
    }

    /// Says that there is no such thing, and which there is.
    fn unknown(&self, namespace: Option<usize>, sought: &[Sought], name: &Name) -> NameError {
        let ids = |found: Vec<Named>| -> Vec<String> { found.iter().map(|n| n.id(self.cluster)).collect() };
        // The right name in the wrong place, or of another kind, is the likeliest mistake.
        let mut near: Vec<String> = Sought::ANY
            .iter()
            .flat_map(|s| ids(self.things(None, s, |n| n.eq_ignore_ascii_case(name))))
            .collect();
        if near.is_empty() {
            let mut names = Vec::new();
            for sought in sought {
                let found = self.things(namespace, sought, |n| suggestible(name, n));
                names.extend(ids(found));
            }
            near = similar(name, names);
        }
        let mut seen = rustc_hash::FxHashSet::default();
        near.retain(|id| seen.insert(id.clone()));
        near.truncate(3);
        NameError::Unknown {
            text: self.text.to_owned(),
            within: namespace.map(|n| format!("namespace {}", self.cluster.namespaces[n].name)),
            similar: near,
        }
    }
}

/// Whether it is worth comparing two names at all.
fn suggestible(asked: &str, name: &str) -> bool {
    super::suggest::distance(asked, name).is_some()
}
