//! The answer: every way that connections may take, and for each the pods that fare alike and why.

use haechi_engine::locality::Locality;
use haechi_engine::{Compiled, End, Explanation, Focus, Group, Outcome, Reasons, compile_for};
use haechi_model::cluster::Cluster;
use haechi_model::{PortSet, Profile};
use haechi_policy::{Direction, PolicyId, PolicyObject, PolicySet};
use rustc_hash::FxHashSet;

use super::flip;
use super::judgement::Reporter;
use super::path::{self, Path};
use crate::load::Loaded;
use crate::names::Named;
use crate::port::PortQuery;
use crate::report::SchemaVersion;
use crate::report::explain::{self as report, EndKind, Exempt, Explain, UnderProfile, Verdict};
use crate::report::port::ranges;

/// What is asked, and what stands between the two.
pub(super) struct Answer<'a> {
    loaded: &'a Loaded,
    from: Named,
    to: Named,
    port: Option<&'a PortQuery>,
    sources: Vec<End>,
    paths: Vec<Path<'a>>,
}

impl<'a> Answer<'a> {
    /// Finds out whom the names stand for.
    ///
    /// # Errors
    /// When one of them stands for nobody, or has no such port.
    pub(super) fn new(loaded: &'a Loaded, from: Named, to: Named, port: Option<&'a PortQuery>) -> anyhow::Result<Self> {
        let cluster = &loaded.snapshot.cluster;
        let sources = from.ends(cluster);
        if sources.is_empty() {
            anyhow::bail!("{} stands for no pod and no address", from.id(cluster));
        }
        Ok(Self {
            loaded,
            sources,
            paths: path::paths(cluster, &to, port)?,
            from,
            to,
            port,
        })
    }

    /// Answers.
    pub(super) fn report(&self) -> Explain {
        let cluster = &self.loaded.snapshot.cluster;
        let focus = self.focus();
        let compiled = compile_for(cluster, &self.loaded.policies, &focus);
        let paths: Vec<report::Path> = self.paths.iter().map(|path| self.path(path, &compiled)).collect();
        let verdicts = paths.iter().map(|p| p.verdict);
        Explain {
            schema_version: SchemaVersion::default(),
            profile: self.loaded.profile.profile.to_string(),
            from: end(cluster, &self.from),
            to: end(cluster, &self.to),
            port: self.port.map(ToString::to_string),
            verdict: all_in_all(verdicts).unwrap_or(Verdict::Deny),
            notes: self.notes(),
            paths,
        }
    }

    fn notes(&self) -> Vec<String> {
        let cluster = &self.loaded.snapshot.cluster;
        let Named::Service(index) = &self.to else {
            return Vec::new();
        };
        let service = &cluster.services[*index];
        let id = self.to.id(cluster);
        match (self.paths.is_empty(), &service.kind) {
            (true, _) => vec![format!(
                "nobody answers behind {id}: {}",
                path::nobody(cluster, service)
            )],
            (false, haechi_model::cluster::ServiceKind::ExternalName(name)) => {
                vec![format!("{id} is another name of {name}")]
            }
            (false, haechi_model::cluster::ServiceKind::Headless) => {
                vec![format!("{id} is headless: clients dial its pods themselves")]
            }
            (false, _) => vec![format!("{id} is judged at its backends, after translation")],
        }
    }

    fn path(&self, path: &Path<'a>, compiled: &Compiled<'a>) -> report::Path {
        let cluster = &self.loaded.snapshot.cluster;
        let groups: Vec<report::Group> = compiled
            .explain_all(&self.sources, &path.ends)
            .into_iter()
            .map(|group| self.group(path, group, compiled))
            .collect();
        report::Path {
            to: end(cluster, &path.to),
            service_port: path.dialled.map(|(port, target)| report::ServicePort {
                name: port.name.as_ref().map(ToString::to_string),
                port: haechi_model::port::PortRange {
                    protocol: port.protocol,
                    from: port.port,
                    to: port.port,
                }
                .into(),
                target,
            }),
            ports: ranges(&path.ports),
            verdict: all_in_all(groups.iter().map(|g| g.verdict)).unwrap_or(Verdict::Deny),
            groups,
        }
    }

    fn group(&self, path: &Path<'a>, mut group: Group<'a>, compiled: &Compiled<'a>) -> report::Group {
        let cluster = &self.loaded.snapshot.cluster;
        let through_itself = path.dialled.is_some() && group.explanation.locality == Locality::Itself;
        if through_itself {
            self.back_to_itself(path, &mut group, compiled);
        }
        let Group {
            explanation,
            from,
            to,
            pairs,
        } = &group;
        let outcome = &explanation.outcome;
        let ids = |ends: &[End]| ends.iter().map(|e| end_id(cluster, e)).collect();
        let verdict = self.verdict(outcome, &path.ports);
        let undefined = outcome.undefined.intersection(&path.ports);
        let reporter = Reporter {
            cluster,
            files: self.loaded.files(),
            explanation,
            ports: &path.ports,
        };
        report::Group {
            from: ids(from),
            to: ids(to),
            pairs: *pairs,
            verdict,
            allowed: ranges(&outcome.allow.intersection(&path.ports)),
            reasons: if undefined.is_empty() {
                Vec::new()
            } else {
                reasons(outcome.reasons)
            },
            exempt: match explanation.locality {
                Locality::Itself => Some(Exempt::Itself),
                Locality::OwnNode => Some(Exempt::OwnNode),
                Locality::MaybeOwnNode => Some(Exempt::MaybeOwnNode),
                Locality::Elsewhere => None,
            },
            egress: reporter.judgement(Direction::Egress),
            ingress: reporter.judgement(Direction::Ingress),
            profiles: if undefined.is_empty() {
                Vec::new()
            } else {
                self.profiles(explanation, &undefined)
            },
            undefined: ranges(&undefined),
            // What a pod meets that comes back to itself, no change could be tried for.
            flip: if through_itself {
                None
            } else {
                flip::report(self.loaded, explanation, &self.flipped(path, outcome))
            },
        }
    }

    /// The verdict on the ports that are asked about; if none are, that on the pair.
    fn verdict(&self, outcome: &Outcome, ports: &PortSet) -> Verdict {
        match self.port {
            Some(_) => verdict(outcome, ports),
            None if matches!(self.to, Named::Service(_)) => verdict(outcome, ports),
            None => outcome.verdict().into(),
        }
    }

    /// The ports for which a change is looked for.
    fn flipped(&self, path: &Path<'a>, outcome: &Outcome) -> PortSet {
        let open = outcome.allow.union(&outcome.undefined).intersection(&path.ports);
        if self.port.is_some() || path.dialled.is_some() {
            return path.ports.clone();
        }
        if !open.is_empty() {
            return open;
        }
        // Nobody asked for a port: those that the destination says it has.
        let declared = path::declared(&self.loaded.snapshot.cluster, &path.ends);
        let ports = declared.iter().map(|p| PortSet::port(p.protocol, p.port));
        ports.fold(PortSet::NONE, |all, port| all.union(&port))
    }

    /// A pod that comes back to itself through a Service is judged, unlike one that dials itself (rule 17).
    fn back_to_itself(&self, path: &Path<'a>, group: &mut Group<'a>, compiled: &Compiled<'a>) {
        let Some((port, target)) = path.dialled else { return };
        let backend = haechi_engine::Backend {
            port,
            end: group.explanation.to.clone(),
            target,
        };
        group.explanation.outcome = compiled.through_service(&group.explanation.from, &backend);
    }

    /// What each other profile makes of ports that hang on the data plane.
    fn profiles(&self, explanation: &Explanation<'a>, ports: &PortSet) -> Vec<UnderProfile> {
        let (chosen, snapshot) = (self.loaded.profile.profile, &self.loaded.snapshot);
        // Whom a policy selects is no profile's choice, and the others make no difference.
        let selecting: FxHashSet<&PolicyId> = explanation
            .judgements()
            .flat_map(|j| &j.tiers)
            .flat_map(|t| &t.policies)
            .map(|p| &p.policy.id)
            .collect();
        let objects = snapshot.policies.iter().filter(|p| selecting.contains(p.id()));
        let objects: Vec<&dyn PolicyObject> = objects.map(AsRef::as_ref).collect();
        Profile::ALL
            .into_iter()
            .filter(|profile| *profile != chosen)
            .map(|profile| {
                let mut policies = PolicySet::default();
                for object in &objects {
                    object.lower(profile, &mut policies, &mut Vec::new());
                }
                policies.sort();
                let met = haechi_engine::explain(&snapshot.cluster, &policies, &explanation.from, &explanation.to);
                UnderProfile {
                    profile: profile.to_string(),
                    verdict: verdict(&met.outcome, ports),
                }
            })
            .collect()
    }

    /// Everybody who is asked about.
    fn focus(&self) -> Focus {
        let mut focus = Focus::default();
        let mut endpoints = Vec::new();
        for end in self.sources.iter().chain(self.paths.iter().flat_map(|p| &p.ends)) {
            match end {
                End::Endpoint(index) => endpoints.extend(u32::try_from(*index)),
                End::Domain(name) => focus.domains.push(name.clone()),
                End::Address(_) => {}
            }
        }
        endpoints.sort_unstable();
        endpoints.dedup();
        focus.endpoints = Some(endpoints);
        focus
    }
}

/// The verdict on some ports.
pub(super) fn verdict(outcome: &Outcome, ports: &PortSet) -> Verdict {
    let (allowed, undefined) = (ports.overlaps(&outcome.allow), ports.overlaps(&outcome.undefined));
    match (allowed, undefined) {
        (false, false) => Verdict::Deny,
        (true, _) if ports.is_subset(&outcome.allow) => Verdict::Allow,
        (_, true) if ports.is_subset(&outcome.undefined) => Verdict::Undefined,
        _ => Verdict::Mixed,
    }
}

/// One verdict of several; `None` if there are none.
fn all_in_all(verdicts: impl Iterator<Item = Verdict>) -> Option<Verdict> {
    verdicts.reduce(|a, b| if a == b { a } else { Verdict::Mixed })
}

/// What an end is called.
pub(super) fn end_id(cluster: &Cluster, end: &End) -> String {
    match end {
        End::Endpoint(index) => cluster.endpoint_id(*index),
        End::Address(address) => address.to_string(),
        End::Domain(name) => format!("fqdn:{name}"),
    }
}

fn end(cluster: &Cluster, named: &Named) -> report::End {
    report::End {
        id: named.id(cluster),
        kind: match named {
            Named::Workload(_) => EndKind::Workload,
            Named::Endpoint(_) => EndKind::Pod,
            Named::Service(_) => EndKind::Service,
            Named::Address(_) => EndKind::Address,
            Named::Node(_) => EndKind::Node,
            Named::Domain(_) => EndKind::Domain,
        },
    }
}

fn reasons(reasons: Reasons) -> Vec<report::Reason> {
    reasons
        .iter()
        .map(|reason| report::Reason {
            code: reason.word(),
            text: reason.to_string(),
        })
        .collect()
}
