//! What policies would cut and open.

use std::collections::BTreeMap;

use haechi_engine::diff::{Comparison, Side, Version, Versions};
use haechi_engine::{By, Compiled, End, Party, Reach, Verdict};
use haechi_model::address::AddressRange;
use haechi_model::{Diagnostic, PortSet, Profile};
use haechi_policy::{PolicyObject, PolicySet};
use haechi_source::{Options, Snapshot};

use super::Made;
use crate::addresses;

/// What policies would cut and open.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Effect {
    /// Connections that are allowed now and would not be.
    pub cut: Vec<Change>,
    /// Connections that are not allowed now and would be.
    pub opened: Vec<Change>,
    /// Connections that would depend on the data plane.
    pub doubted: Vec<Change>,
    /// Pairs that are meant to talk and still would not, with what forbids it: the source's or the destination's
    /// policies.
    pub still_denied: Vec<StillDenied>,
    /// Others that still may talk to a workload that was meant to be left alone.
    pub still_allowed: Vec<Change>,
}

/// A connection, on the ports that change.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct Change {
    /// Who begins to talk.
    pub from: String,
    /// Who is talked to.
    pub to: String,
    /// On which ports.
    pub ports: PortSet,
}

/// A pair that is meant to talk and still would not.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct StillDenied {
    /// Who begins to talk.
    pub from: String,
    /// Who is talked to.
    pub to: String,
    /// Whether its own end forbids it.
    pub source: bool,
    /// Whether the other end does.
    pub destination: bool,
}

/// Why policies that were made cannot be judged, which is a fault of their recipe.
#[derive(Clone, Debug, thiserror::Error)]
#[error("the policies that were made are not read back: {0}")]
pub struct Unreadable(String);

impl Effect {
    /// Compares what holds now with what would hold beside the policies that were made.
    ///
    /// # Errors
    /// When what was made cannot be read.
    pub fn of(made: &Made, snapshot: &Snapshot, policies: &PolicySet, profile: Profile) -> Result<Self, Unreadable> {
        let new = read(made)?;
        let mut after = PolicySet::default();
        let mut found: Vec<Diagnostic> = Vec::new();
        let objects = snapshot.policies.iter().chain(&new);
        objects.for_each(|object| object.lower(profile, &mut after, &mut found));
        after.sort();
        let cluster = &snapshot.cluster;
        let versions = Versions::new(
            Version { cluster, policies },
            Version {
                cluster,
                policies: &after,
            },
        );
        let mut effect = Self::compare(&versions);
        effect.still_denied = made
            .meant
            .iter()
            .filter_map(|pair| still_denied(*pair, &versions))
            .collect();
        if let Some(workload) = made.alone {
            effect.still_allowed = still_allowed(workload, &made.meant, &versions);
        }
        Ok(effect)
    }

    fn compare(versions: &Versions<'_>) -> Self {
        let comparison = Comparison::new(versions);
        let compiled = versions.side(Side::New);
        let mut lines = Lines::default();
        for difference in comparison.differences() {
            let ports = difference.ports();
            let end = |place: usize| match comparison.parties()[place].on(Side::New) {
                Some(party) => who(party, compiled),
                None => Who::Named(String::new()),
            };
            let (from, to) = (end(difference.from), end(difference.to));
            for (kind, ports) in [(0, ports.removed), (1, ports.added), (2, ports.doubted)] {
                if !ports.is_empty() {
                    lines.add(kind, &from, &to, ports);
                }
            }
        }
        let [cut, opened, doubted] = lines.finish();
        Self {
            cut,
            opened,
            doubted,
            ..Self::default()
        }
    }
}

/// Reads what was made as it would be read from a file.
fn read(made: &Made) -> Result<Vec<Box<dyn PolicyObject>>, Unreadable> {
    let texts = vec![("recipe.yaml".to_owned(), made.yaml.clone())];
    let snapshot = haechi_source::read_texts(texts, &Options::default());
    if let Some(wrong) = snapshot.diagnostics.first() {
        return Err(Unreadable(wrong.message.clone()));
    }
    if snapshot.policies.len() != made.ids.len() {
        return Err(Unreadable(format!("{} of {}", snapshot.policies.len(), made.ids.len())));
    }
    Ok(snapshot.policies)
}

fn still_denied((from, to): (usize, usize), versions: &Versions<'_>) -> Option<StillDenied> {
    let compiled = versions.side(Side::New);
    let cluster = compiled.cluster();
    let first = |workload: usize| cluster.endpoints_of(workload).next().map(End::Endpoint);
    let (source, destination) = (first(from)?, first(to)?);
    if compiled.between(&source, &destination).verdict() != Verdict::Deny {
        return None;
    }
    let denies = |direction| compiled.judged(direction, &source, &destination).verdict() == Verdict::Deny;
    let id = |workload: usize| {
        let w = &cluster.workloads[workload];
        format!("{}/{}", cluster.namespaces[w.namespace].name, w.name)
    };
    Some(StillDenied {
        from: id(from),
        to: id(to),
        source: denies(haechi_policy::Direction::Egress),
        destination: denies(haechi_policy::Direction::Ingress),
    })
}

/// Who may talk to a workload without being meant to.
fn still_allowed(workload: usize, meant: &[(usize, usize)], versions: &Versions<'_>) -> Vec<Change> {
    let compiled = versions.side(Side::New);
    let reach = Reach::new(compiled, By::Workload);
    let Some(to) = reach.place(Party::Workload(workload)) else {
        return Vec::new();
    };
    let others: Vec<usize> = (0..reach.parties().len())
        .filter(|place| match reach.parties()[*place] {
            Party::Workload(from) => !meant.contains(&(from, workload)),
            Party::Endpoint(_) | Party::Range(_) | Party::Domain(_) => true,
        })
        .collect();
    let mut lines = Lines::default();
    for connection in reach.connections(&others, &[to]) {
        if !connection.outcome.allow.is_empty() {
            let [from, to] = [connection.from, connection.to].map(|party| who(party, compiled));
            lines.add(0, &from, &to, connection.outcome.allow);
        }
    }
    let [allowed, ..] = lines.finish();
    allowed
}

fn who(party: Party, compiled: &Compiled<'_>) -> Who {
    let (cluster, space) = (compiled.cluster(), compiled.space());
    match party {
        Party::Range(atom) => Who::Addresses(space.atoms[atom].range),
        Party::Workload(workload) => {
            let w = &cluster.workloads[workload];
            Who::Named(format!("{}/{}", cluster.namespaces[w.namespace].name, w.name))
        }
        Party::Endpoint(endpoint) => Who::Named(cluster.endpoint_id(endpoint)),
        Party::Domain(domain) => Who::Named(format!("fqdn:{}", space.domains[domain])),
    }
}

#[derive(Clone, Debug)]
enum Who {
    Named(String),
    Addresses(AddressRange),
}

/// Which list, who is named, whether addresses are talked to, and on which ports.
type Key = (usize, String, bool, PortSet);

/// Changes with addresses that fare alike put together.
#[derive(Default)]
struct Lines {
    lists: [Vec<Change>; 3],
    ranges: BTreeMap<Key, Vec<AddressRange>>,
}

impl Lines {
    fn add(&mut self, kind: usize, from: &Who, to: &Who, ports: PortSet) {
        match (from, to) {
            (Who::Named(from), Who::Named(to)) => self.lists[kind].push(Change {
                from: from.clone(),
                to: to.clone(),
                ports,
            }),
            (Who::Named(name), Who::Addresses(range)) => {
                self.ranges
                    .entry((kind, name.clone(), true, ports))
                    .or_default()
                    .push(*range);
            }
            (Who::Addresses(range), Who::Named(name)) => {
                self.ranges
                    .entry((kind, name.clone(), false, ports))
                    .or_default()
                    .push(*range);
            }
            (Who::Addresses(_), Who::Addresses(_)) => {}
        }
    }

    fn finish(mut self) -> [Vec<Change>; 3] {
        for ((kind, name, outward, ports), ranges) in self.ranges {
            let addresses = addresses::describe(&addresses::join(ranges));
            let (from, to) = if outward { (name, addresses) } else { (addresses, name) };
            self.lists[kind].push(Change { from, to, ports });
        }
        self.lists.iter_mut().for_each(|list| list.sort());
        self.lists
    }
}
