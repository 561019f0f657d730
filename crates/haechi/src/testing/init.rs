//! The present reachability of a workload as a test to keep.
//!
//! Ports on which the same peers may talk are one probe with `only`, and the ports that are left are one more, so that
//! the test fails on whatever is opened or cut.

use std::collections::BTreeMap;

use anyhow::bail;
use haechi_engine::{Compiled, End, Focus, Meeting, Outcome};
use haechi_model::address::AddressRange;
use haechi_model::port::PortRange;
use haechi_model::{Cluster, PortSet, Protocol};
use haechi_policy::Direction;

use super::crowd::{Finder, node_addresses};
use super::format::{ApiVersion, End as Written, Ends, Expect, Kind, Metadata, Port, Ports, Probe, ReachTest, Spec};
use crate::addresses;
use crate::load::{Chosen, Why};
use crate::names::Named;
use crate::yaml::Yaml;

/// What an answer must tell apart so that a test can be made of it.
#[must_use]
pub fn focus(cluster: &Cluster) -> Focus {
    Focus {
        cuts: node_addresses(cluster),
        ..Focus::default()
    }
}

/// Makes a test of what a workload, or a pod, accepts and reaches.
///
/// # Errors
/// When the name is that of something without pods.
pub fn init(named: &Named, profile: &Chosen, compiled: &Compiled<'_>) -> anyhow::Result<ReachTest> {
    let cluster = compiled.cluster();
    let (endpoints, name) = match named {
        Named::Workload(workload) => (cluster.endpoints_of(*workload), &cluster.workloads[*workload].name),
        Named::Endpoint(endpoint) => {
            let pod = &cluster.endpoints[*endpoint];
            let name = pod.pod.as_ref().unwrap_or(&cluster.workloads[pod.workload].name);
            (*endpoint..*endpoint + 1, name)
        }
        Named::Service(_) | Named::Address(_) | Named::Node(_) | Named::Domain(_) => {
            bail!("{} has no pods of its own: name a workload or a pod", named.id(cluster));
        }
    };
    let finder = Finder {
        compiled,
        namespace: None,
    };
    let mut probes = Vec::new();
    for own in alike(endpoints, compiled) {
        for direction in Direction::BOTH {
            probes.extend(Side::new(finder, &own, direction).probes());
        }
    }
    let pinned = probes.iter().any(|p| p.expect == Some(Expect::Undefined)) || profile.why == Why::Asked;
    let id = named.id(cluster);
    Ok(ReachTest {
        api_version: ApiVersion::V1,
        kind: Kind::ReachTest,
        metadata: Metadata {
            name: name.to_string(),
            annotations: BTreeMap::from([("title".to_owned(), format!("what {id} accepts and reaches"))]),
        },
        spec: Spec {
            profile: pinned.then(|| profile.profile.name()),
            probes,
            ..Spec::default()
        },
    })
}

/// Endpoints that no policy tells apart, together.
fn alike(endpoints: std::ops::Range<usize>, compiled: &Compiled<'_>) -> Vec<Vec<End>> {
    let mut groups: BTreeMap<u32, Vec<End>> = BTreeMap::new();
    for endpoint in endpoints {
        let end = End::Endpoint(endpoint);
        groups.entry(compiled.peer(&end)).or_default().push(end);
    }
    groups.into_values().collect()
}

/// What the peers of some pods meet in one direction.
struct Side<'a> {
    finder: Finder<'a>,
    own: Vec<Written>,
    direction: Direction,
    /// Each peer, with what the policies make of it on ports that have numbers.
    met: Vec<(End, Outcome)>,
}

impl<'a> Side<'a> {
    fn new(finder: Finder<'a>, own: &[End], direction: Direction) -> Self {
        let (cluster, space) = (finder.compiled.cluster(), finder.compiled.space());
        let mut peers: Vec<End> = (0..cluster.endpoints.len()).map(End::Endpoint).collect();
        peers.extend(space.atoms.iter().map(|a| End::Address(a.range.first())));
        if direction == Direction::Egress {
            let named = space.domains.iter().filter(|d| !d.is_empty());
            peers.extend(named.cloned().map(End::Domain));
        }
        let mut met: BTreeMap<End, Outcome> = BTreeMap::new();
        let mut note = |meeting: Meeting<'_>| {
            let mut outcome = meeting.policies.clone();
            let numbered = PortSet::with_ports();
            outcome.allow = outcome.allow.intersection(&numbered);
            outcome.undefined = outcome.undefined.intersection(&numbered);
            let peers = match direction {
                Direction::Ingress => meeting.from,
                Direction::Egress => meeting.to,
            };
            for &peer in peers {
                let mut outcome = outcome.clone();
                if matches!(peer, End::Domain(_)) {
                    // What a name may resolve to is told by its addresses.
                    outcome.undefined = PortSet::NONE;
                }
                met.insert(peer.clone(), outcome);
            }
        };
        match direction {
            Direction::Ingress => finder.compiled.meet(&peers, own, &mut note),
            Direction::Egress => finder.compiled.meet(own, &peers, &mut note),
        }
        Self {
            finder,
            own: finder.names(own).into_iter().map(Written::Name).collect(),
            direction,
            met: met.into_iter().collect(),
        }
    }

    fn probes(&self) -> Vec<Probe> {
        let mut probes = Vec::new();
        let mut left = PortSet::with_ports();
        for (ports, allowed, undefined) in self.alike() {
            left = left.difference(&ports);
            let listed: Vec<&End> = allowed.iter().chain(&undefined).copied().collect();
            for (protocol, ports) in by_protocol(&ports) {
                let probe = |only: Option<&[&End]>, expect| self.probe(only, protocol, ports.clone(), expect);
                if undefined.is_empty() {
                    probes.push(probe(Some(&listed), Some(Expect::Allow)));
                    continue;
                }
                probes.push(probe(Some(&listed), None));
                if !allowed.is_empty() {
                    probes.push(self.pairs(&allowed, protocol, ports.clone(), Expect::Allow));
                }
                probes.push(self.pairs(&undefined, protocol, ports.clone(), Expect::Undefined));
            }
        }
        if !left.is_empty() {
            let every_other = Ports::One(Port::Text(super::format::EVERY_OTHER.to_owned()));
            let rest = if left == PortSet::with_ports() {
                None
            } else {
                Some(every_other)
            };
            probes.push(self.probe(Some(&[]), None, rest, None));
        }
        probes
    }

    /// Ports on which the same peers are allowed, and on which the same are undefined.
    fn alike(&self) -> Vec<(PortSet, Vec<&End>, Vec<&End>)> {
        let mut atoms: Vec<PortSet> = Vec::new();
        for (_, outcome) in &self.met {
            for set in [&outcome.allow, &outcome.undefined] {
                atoms = cut(atoms, set);
            }
        }
        let mut all: Vec<(PortSet, Vec<&End>, Vec<&End>)> = Vec::new();
        for atom in atoms {
            let those = |side: fn(&Outcome) -> &PortSet| -> Vec<&End> {
                let met = self.met.iter().filter(|(_, outcome)| atom.is_subset(side(outcome)));
                met.map(|(end, _)| end).collect()
            };
            let (allowed, undefined) = (those(|o| &o.allow), those(|o| &o.undefined));
            match all.iter_mut().find(|(_, a, u)| *a == allowed && *u == undefined) {
                Some((ports, ..)) => *ports = ports.union(&atom),
                None => all.push((atom, allowed, undefined)),
            }
        }
        all.sort_by(|a, b| a.0.cmp(&b.0));
        all
    }

    fn probe(
        &self,
        only: Option<&[&End]>,
        protocol: Option<Protocol>,
        port: Option<Ports>,
        expect: Option<Expect>,
    ) -> Probe {
        let own = Some(several(self.own.clone()));
        let (from, to) = match self.direction {
            Direction::Ingress => (None, own),
            Direction::Egress => (own, None),
        };
        Probe {
            only: only.map(|ends| Ends::Many(self.written(ends))),
            from,
            to,
            protocol: protocol.map(Into::into),
            port,
            expect,
            ..Probe::default()
        }
    }

    fn pairs(&self, peers: &[&End], protocol: Option<Protocol>, port: Option<Ports>, expect: Expect) -> Probe {
        let mut probe = self.probe(None, protocol, port, Some(expect));
        let peers = Some(several(self.written(peers)));
        match self.direction {
            Direction::Ingress => probe.from = peers,
            Direction::Egress => probe.to = peers,
        }
        probe
    }

    /// Ends as a test names them.
    fn written(&self, ends: &[&End]) -> Vec<Written> {
        let (cluster, space) = (self.finder.compiled.cluster(), self.finder.compiled.space());
        let mut pods: Vec<End> = Vec::new();
        let (mut ranges, mut domains) = (Vec::new(), Vec::new());
        for &end in ends {
            match end {
                End::Endpoint(_) => pods.push(end.clone()),
                End::Address(address) => ranges.push(space.atoms[space.atom_of(*address) as usize].range),
                End::Domain(name) => domains.push(Written::Name(format!("fqdn:{name}"))),
            }
        }
        let word = |word: &str| Written::Name(word.to_owned());
        let mut written: Vec<Written> = if !pods.is_empty() && pods.len() == self.everybody() {
            vec![word("every pod")]
        } else {
            self.finder.names(&pods).into_iter().map(Written::Name).collect()
        };
        if ranges.len() == space.atoms.len() {
            written.push(word("every address"));
        } else {
            let node = |range: &AddressRange| {
                let mut nodes = cluster.nodes.iter();
                nodes.find(|n| range.first() == range.last() && n.addresses.contains(&range.first()))
            };
            for range in addresses::join(ranges) {
                written.push(Written::Name(match node(&range) {
                    Some(node) if node.addresses.len() == 1 => format!("node:{}", node.name),
                    _ => format!("ip:{}", addresses::one(range)),
                }));
            }
        }
        written.extend(domains);
        written
    }

    /// How many pods there are to be met.
    fn everybody(&self) -> usize {
        self.finder.compiled.cluster().endpoints.len()
    }
}

fn several(mut ends: Vec<Written>) -> Ends {
    if ends.len() == 1 {
        Ends::One(ends.swap_remove(0))
    } else {
        Ends::Many(ends)
    }
}

/// Sets of ports, cut where `set` begins and ends.
fn cut(atoms: Vec<PortSet>, set: &PortSet) -> Vec<PortSet> {
    let mut rest = set.clone();
    let mut next = Vec::new();
    for atom in atoms {
        rest = rest.difference(&atom);
        next.extend([atom.intersection(set), atom.difference(set)]);
    }
    next.push(rest);
    next.retain(|atom| !atom.is_empty());
    next
}

/// Ports as a probe names them, protocol by protocol; every port of all of them without either.
fn by_protocol(ports: &PortSet) -> Vec<(Option<Protocol>, Option<Ports>)> {
    if *ports == PortSet::with_ports() {
        return vec![(None, None)];
    }
    let of = |protocol: Protocol| {
        let own: Vec<PortRange> = ports.ranges().filter(|r| r.protocol == protocol).collect();
        let mut listed: Vec<Port> = own
            .iter()
            .map(|range| match range {
                PortRange { from, to, .. } if from == to => Port::Number(*from),
                PortRange { from, to, .. } => Port::Text(format!("{from}-{to}")),
            })
            .collect();
        match own.as_slice() {
            [] => None,
            [all] if all.is_all() => Some((Some(protocol), None)),
            [_] => Some((Some(protocol), Some(Ports::One(listed.swap_remove(0))))),
            _ => Some((Some(protocol), Some(Ports::Many(listed)))),
        }
    };
    Protocol::WITH_PORTS.into_iter().filter_map(of).collect()
}

/// The test as a document, with a word on where it comes from.
#[must_use]
pub fn document(test: &ReachTest) -> String {
    let metadata = Yaml::map([
        ("name", Some(Yaml::text(&test.metadata.name))),
        (
            "annotations",
            Some(Yaml::Map(
                test.metadata
                    .annotations
                    .iter()
                    .map(|(k, v)| (k.clone(), Yaml::text(v)))
                    .collect(),
            )),
        ),
    ]);
    let spec = Yaml::map([
        ("profile", test.spec.profile.map(Yaml::text)),
        ("probes", Some(Yaml::List(test.spec.probes.iter().map(probe).collect()))),
    ]);
    let document = Yaml::map([
        ("apiVersion", Some(Yaml::text(ApiVersion::V1_TEXT))),
        ("kind", Some(Yaml::text("ReachTest"))),
        ("metadata", Some(metadata)),
        ("spec", Some(spec)),
    ]);
    format!(
        "# Written by `haechi test --init`: what holds today, and nothing else.\n{}",
        document.document()
    )
}

fn probe(probe: &Probe) -> Yaml {
    let ends = |ends: &Option<Ends>| {
        let end = |end: &Written| match end {
            Written::Name(name) => Yaml::text(name),
            // A test that is made of what holds today names everybody.
            Written::Selected(_) => Yaml::Map(Vec::new()),
        };
        ends.as_ref().map(|ends| match ends {
            Ends::One(one) => end(one),
            Ends::Many(many) => Yaml::List(many.iter().map(end).collect()),
        })
    };
    let port = |port: &Port| match port {
        Port::Number(number) => Yaml::number(*number),
        Port::Text(text) => Yaml::text(text),
    };
    let ports = probe.port.as_ref().map(|ports| match ports {
        Ports::One(one) => port(one),
        Ports::Many(many) => Yaml::List(many.iter().map(port).collect()),
    });
    let expect = probe.expect.map(|expect| {
        Yaml::text(match expect {
            Expect::Allow => "allow",
            Expect::Deny => "deny",
            Expect::Undefined => "undefined",
        })
    });
    Yaml::map([
        ("only", ends(&probe.only)),
        ("from", ends(&probe.from)),
        ("to", ends(&probe.to)),
        ("protocol", probe.protocol.map(|p| Yaml::text(p.name()))),
        ("port", ports),
        ("expect", expect),
    ])
}
