//! What a workload would accept or reach that the sources do not name: pods that may come one day.
//!
//! A *stranger* is a pod that is not there, in a namespace that is there or not. What policies can tell about one is
//! its namespace's name and labels and its own labels, so that finitely many strangers stand for all of them: one for
//! each way in which the policies at hand can see a pod. They are put into a copy of the cluster, judged with it, and
//! what they meet is said again in as few and as broad statements as hold for every pod that they speak of.
//!
//! A stranger has no address, node or identity that the sources show, and an account that nobody names; conditions on
//! those are not varied.

use std::collections::BTreeMap;
use std::sync::Arc;

use haechi_model::address::AddressRange;
use haechi_model::cluster::{Cluster, Namespace};
use haechi_model::labels::{Labels, Selector};
use haechi_model::name::Name;
use haechi_model::port::{PortSet, Protocol};
use haechi_policy::{Direction, Match, Mode, NamespaceMatch, Policy, PolicySet, Term, Tier};
use rayon::prelude::*;
use rustc_hash::FxHashMap;

use crate::compiled::{Compiled, compile};
use crate::end::End;
use crate::outcome::{Outcome, Reasons, Verdict};
use crate::reach::Party;
use crate::space::{NO_CLASS, to_u32};

mod copy;
mod cover;
mod names;
mod vocabulary;
mod words;

use copy::Copy;
use cover::{Cover, Cube};
use names::{Item, PortNames};
use vocabulary::{Axis, Vocabulary};

/// What a party would accept from, or reach at, pods that are not there.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Exposure {
    /// The party.
    pub party: Party,
    /// Ingress for what it would accept, egress for what it would reach.
    pub direction: Direction,
    /// The pods: the statement holds for each of them, whatever else it is.
    pub strangers: Strangers,
    /// The ports.
    pub ports: StrangerPorts,
    /// Whether they are allowed or undefined.
    pub verdict: Verdict,
    /// Why they are undefined.
    pub reasons: Reasons,
    /// Whose policies have been asked.
    pub basis: Basis,
}

/// Pods that are not there, by what policies can see of them.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Strangers {
    /// Their namespaces, by name.
    pub namespaces: NamespaceNames,
    /// Their namespaces' labels, the name's own label left out.
    pub namespace_labels: Selector,
    /// Their own labels.
    pub labels: Selector,
}

/// Which namespaces, by name.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum NamespaceNames {
    /// Any, also one that is not there yet.
    Any,
    /// Any but these, sorted.
    Except(Vec<Name>),
    /// These, sorted.
    These(Vec<Name>),
}

/// Ports of which some go by the name that a stranger may give them.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct StrangerPorts {
    /// By number.
    pub numbers: PortSet,
    /// Others, if the stranger calls them so.
    pub named: Vec<NamedPorts>,
    /// Not these, if the stranger calls them so.
    pub except_named: Vec<NamedPorts>,
}

/// Numbers that matter where a stranger gives them a name.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct NamedPorts {
    /// The protocol.
    pub protocol: Protocol,
    /// The name.
    pub name: Name,
    /// The numbers; all of the protocol's where the name alone counts.
    pub numbers: PortSet,
}

/// Whose policies a statement rests on.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Basis {
    /// Those of both ends: the connection is just what the statement says.
    BothEnds,
    /// The party's own alone, as too many different strangers would have policies of their own.
    OwnEnd,
}

/// What parties would accept and reach.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Exposures {
    /// The statements, party by party, ingress before egress, the broadest first.
    pub statements: Vec<Exposure>,
    /// The parties whose own policies tell apart too many strangers to judge them, with the direction.
    pub unjudged: Vec<(Party, Direction)>,
}

/// More strangers than are quickly judged.
const MOST_STRANGERS: usize = 1 << 18;

/// What these parties would accept and reach.
///
/// Parties that are no pods or have no network of their own are passed over. A party of several pods accepts what one
/// of them does.
#[must_use]
pub fn exposures(compiled: &Compiled<'_>, parties: &[Party]) -> Exposures {
    let asked: Vec<(Party, Vec<u32>)> = parties
        .iter()
        .map(|party| (*party, classes(compiled, *party)))
        .filter(|(_, classes)| !classes.is_empty())
        .collect();
    // Parties whose pods no policy tells apart are one question.
    let mut distinct: Vec<(&[u32], Party)> = asked.iter().map(|(party, classes)| (&**classes, *party)).collect();
    distinct.sort_unstable();
    distinct.dedup_by_key(|(classes, _)| *classes);
    let setting = Setting::new(compiled);
    let statements = |(classes, party): &(&[u32], Party)| {
        Direction::BOTH.map(|direction| Some(Judged::of(&setting, classes, direction)?.statements(*party)))
    };
    let answers: Vec<[Option<Vec<Exposure>>; 2]> = distinct.par_iter().map(statements).collect();
    let mut exposures = Exposures::default();
    for (party, classes) in &asked {
        let Ok(place) = distinct.binary_search_by_key(&&**classes, |(classes, _)| *classes) else {
            continue;
        };
        for (direction, statements) in Direction::BOTH.into_iter().zip(&answers[place]) {
            match statements {
                Some(statements) => {
                    let own = statements.iter().cloned().map(|s| Exposure { party: *party, ..s });
                    exposures.statements.extend(own);
                }
                None => exposures.unjudged.push((*party, direction)),
            }
        }
    }
    exposures
}

/// What is the same whoever is asked about.
struct Setting<'c, 'a> {
    compiled: &'c Compiled<'a>,
    /// Where pods are whose addresses no object shows.
    pod_ranges: Vec<AddressRange>,
    /// By direction, the policies that speak of it, each with whose pods it may select.
    speaking: [Vec<Speaking<'a>>; 2],
}

/// A policy that speaks of a direction.
struct Speaking<'a> {
    /// Its tier, by index.
    tier: usize,
    policy: &'a Policy,
    /// The namespaces of the pods that it may select.
    subjects: Vec<SubjectNamespace>,
}

/// Whose pods a policy may select.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum SubjectNamespace {
    /// Those of a namespace that is there, by index.
    There(usize),
    /// Those of any, or of one that is not there.
    Any,
}

impl<'c, 'a> Setting<'c, 'a> {
    fn new(compiled: &'c Compiled<'a>) -> Self {
        let cluster = compiled.cluster();
        let named = |m: &Match| {
            m.terms.iter().find_map(|term| match term {
                Term::Namespace(NamespaceMatch::Named(name)) => cluster.namespace(name),
                _ => None,
            })
        };
        let speaking = Direction::BOTH.map(|direction| {
            let tiers = compiled.policies().tiers.iter().enumerate();
            let policies = tiers.flat_map(|(tier, t)| t.policies.iter().map(move |p| (tier, p)));
            let speaking = policies.filter(|(_, p)| p.mode == Mode::Enforced && p.rules(direction).is_some());
            speaking
                .map(|(tier, policy)| Speaking {
                    tier,
                    policy,
                    subjects: policy
                        .subjects
                        .iter()
                        .map(|m| named(m).map_or(SubjectNamespace::Any, SubjectNamespace::There))
                        .collect(),
                })
                .collect()
        });
        Self {
            compiled,
            pod_ranges: cluster.unknown_pod_ranges(),
            speaking,
        }
    }
}

/// The classes of a party's pods that are subjects of policies.
fn classes(compiled: &Compiled<'_>, party: Party) -> Vec<u32> {
    let endpoints = match party {
        Party::Workload(workload) => compiled.cluster().endpoints_of(workload),
        Party::Endpoint(endpoint) => endpoint..endpoint + 1,
        Party::Range(_) | Party::Domain(_) => 0..0,
    };
    let space = compiled.space();
    let mut classes: Vec<u32> = endpoints
        .map(|e| space.class_of[e])
        .filter(|c| *c != NO_CLASS && !compiled.is_host(*c))
        .collect();
    classes.sort_unstable();
    classes.dedup();
    classes
}

/// What every stranger meets.
struct Judged {
    direction: Direction,
    basis: Basis,
    namespace_axes: Vec<Axis>,
    pod_axes: Vec<Axis>,
    /// The values of each kind of namespace on the axes, the name's first.
    namespaces: Vec<Vec<u32>>,
    pods: Vec<Vec<u32>>,
    /// What is met by namespace and pod, as places in `distinct`.
    met: Vec<u32>,
    /// Outcomes by variant of a stranger's ports.
    distinct: Vec<Vec<Outcome>>,
    port_names: PortNames,
}

impl Judged {
    /// `None` if even the party's own policies tell apart too many strangers.
    fn of(setting: &Setting<'_, '_>, classes: &[u32], direction: Direction) -> Option<Self> {
        let compiled = setting.compiled;
        let selves: Vec<usize> = classes
            .iter()
            .map(|c| compiled.space().classes[*c as usize].members[0] as usize)
            .collect();
        let own = own_policies(compiled, &selves, direction);
        let own_set = set(compiled, &own);
        let own_end = Self::judge(setting, &selves, &own_set, direction, Basis::OwnEnd)?;
        let both = set(compiled, &with_opposite(setting, own, &own_end));
        Some(Self::judge(setting, &selves, &both, direction, Basis::BothEnds).unwrap_or(own_end))
    }

    /// Settles strangers in a copy of the cluster and asks what they meet; `None` if there are too many.
    fn judge(
        setting: &Setting<'_, '_>,
        selves: &[usize],
        policies: &PolicySet,
        direction: Direction,
        basis: Basis,
    ) -> Option<Self> {
        let cluster = setting.compiled.cluster();
        let vocabulary = Vocabulary::of(policies, direction);
        let (namespace_axes, pod_axes) = (vocabulary.namespace_axes(), vocabulary.pod_axes());
        let namespaces = vocabulary::namespaces(&namespace_axes, cluster, MOST_STRANGERS)?;
        let pods = vocabulary::product(vec![Vec::new()], &pod_axes, MOST_STRANGERS / namespaces.len())?;
        // Who only begins to talk is not asked for its ports.
        let port_names = (direction == Direction::Egress).then(|| PortNames::of(policies));
        let variants = port_names
            .as_ref()
            .map_or_else(|| vec![Arc::default()], PortNames::variants);
        if namespaces.len() * pods.len() * variants.len() > MOST_STRANGERS {
            return None;
        }
        let mut copy = Copy::of(cluster, &setting.pod_ranges, selves, namespace_axes[0].named());
        let labels = |axes: &[Axis], place: &[u32]| axes.iter().zip(place).filter_map(|(a, v)| a.label(*v)).collect();
        // Of those that nobody tells apart in a namespace, one is settled there; by namespace and pod, which one.
        let mut stands_for: Vec<usize> = Vec::with_capacity(namespaces.len() * pods.len());
        let mut settled = 0;
        for namespace in &namespaces {
            let namespace: Labels = labels(&namespace_axes, namespace);
            let alike = vocabulary.alike_in(&namespace, &pod_axes);
            let mut known: FxHashMap<Vec<u32>, usize> = FxHashMap::default();
            let mut distinct: Vec<Labels> = Vec::new();
            for pod in &pods {
                let place: Vec<u32> = pod.iter().zip(&alike).map(|(v, alike)| alike[*v as usize]).collect();
                let next = settled + distinct.len();
                let stranger = *known.entry(place).or_insert_with_key(|place| {
                    distinct.push(labels(&pod_axes, place));
                    next
                });
                stands_for.push(stranger);
            }
            settled += distinct.len();
            copy.settle(&namespace, distinct.into_iter(), &variants);
        }
        let (cluster, selves, strangers) = copy.finish();
        let compiled = compile(&cluster, policies);
        let meets = |stranger: &usize| {
            let outcome = selves.iter().fold(Outcome::none(), |sum, own| {
                let (own, stranger) = (End::Endpoint(*own), End::Endpoint(*stranger));
                sum.or(&match direction {
                    Direction::Ingress => compiled.between(&stranger, &own),
                    Direction::Egress => compiled.between(&own, &stranger),
                })
            });
            outcome.without_open_icmp()
        };
        let mut distinct = Vec::new();
        let mut ids: FxHashMap<Vec<Outcome>, u32> = FxHashMap::default();
        let of_settled: Vec<u32> = strangers
            .chunks(variants.len())
            .map(|variants| {
                let outcomes: Vec<Outcome> = variants.iter().map(meets).collect();
                let next = to_u32(distinct.len());
                *ids.entry(outcomes).or_insert_with_key(|outcomes| {
                    distinct.push(outcomes.clone());
                    next
                })
            })
            .collect();
        let met = stands_for.iter().map(|stranger| of_settled[*stranger]).collect();
        Some(Self {
            direction,
            basis,
            namespace_axes,
            pod_axes,
            namespaces,
            pods,
            port_names: port_names.unwrap_or_else(|| PortNames::none(&distinct.concat())),
            met,
            distinct,
        })
    }

    /// Whether some pods of a kind of namespaces meet anything but a denial.
    fn is_open(&self, namespace: usize) -> bool {
        let met = &self.met[namespace * self.pods.len()..][..self.pods.len()];
        met.iter()
            .any(|id| !self.distinct[*id as usize].iter().all(Outcome::is_denial))
    }

    /// For each namespace that is there, whether some of its pods do.
    fn open_namespaces(&self, cluster: &Cluster) -> Vec<bool> {
        let kinds = self.namespaces.iter().enumerate();
        let open: FxHashMap<&[u32], bool> = kinds.map(|(kind, place)| (&**place, self.is_open(kind))).collect();
        let is_open = |namespace: &Namespace| {
            let place: Vec<u32> = self.namespace_axes.iter().map(|a| a.place(&namespace.labels)).collect();
            open.get(&*place).copied().unwrap_or_default()
        };
        cluster.namespaces.iter().map(is_open).collect()
    }

    fn statements(&self, party: Party) -> Vec<Exposure> {
        let mut statements = self.statements_of(party, Verdict::Allow, |outcome| &outcome.allow);
        statements.extend(self.statements_of(party, Verdict::Undefined, |outcome| &outcome.undefined));
        statements
    }

    fn statements_of(&self, party: Party, verdict: Verdict, side: fn(&Outcome) -> &PortSet) -> Vec<Exposure> {
        let cover = Cover {
            rows: &self.namespaces,
            columns: &self.pods,
            row_sizes: self.namespace_axes.iter().map(|a| a.values.len()).collect(),
            column_sizes: self.pod_axes.iter().map(|a| a.values.len()).collect(),
        };
        // By kind of outcome, which items hold.
        let holding: Vec<Vec<bool>> = self
            .distinct
            .iter()
            .map(|outcomes| {
                let sides: Vec<&PortSet> = outcomes.iter().map(side).collect();
                self.port_names.holding(&sides).collect()
            })
            .collect();
        let mut found: Vec<(Cube, Vec<Item>)> = Vec::new();
        let mut cubes_of: FxHashMap<Vec<bool>, Vec<Cube>> = FxHashMap::default();
        for (place, item) in self.port_names.items().enumerate() {
            let holds: Vec<bool> = holding.iter().map(|items| items[place]).collect();
            let cubes = cubes_of.entry(holds).or_insert_with_key(|holds| {
                let cells: Vec<bool> = self.met.iter().map(|id| holds[*id as usize]).collect();
                cover.cubes(&cells)
            });
            for cube in cubes {
                match found.iter_mut().find(|(known, _)| known == cube) {
                    Some((_, items)) => items.push(item),
                    None => found.push((cube.clone(), vec![item])),
                }
            }
        }
        let statement = |(cube, items): (Cube, Vec<Item>)| {
            let mut met: Vec<u32> = cover.cells(&cube).map(|cell| self.met[cell]).collect();
            let cells = met.len();
            met.sort_unstable();
            met.dedup();
            let everywhere = |place: usize| met.iter().all(|id| holding[*id as usize][place]);
            let common = self
                .port_names
                .items()
                .enumerate()
                .filter(|(place, _)| everywhere(*place));
            let common: Vec<Item> = common.map(|(_, item)| item).collect();
            let outcomes = met.iter().flat_map(|id| &self.distinct[*id as usize]);
            let reasons = match verdict {
                Verdict::Undefined => outcomes.fold(Reasons::NONE, |all, o| all.union(o.reasons)),
                Verdict::Allow | Verdict::Deny => Reasons::NONE,
            };
            let exposure = Exposure {
                party,
                direction: self.direction,
                strangers: self.strangers(&cube),
                ports: self.port_names.said(&items, &common),
                verdict,
                reasons,
                basis: self.basis,
            };
            (cells, exposure)
        };
        let mut statements: Vec<(usize, Exposure)> = found.into_iter().map(statement).collect();
        statements.retain(|(_, s)| !s.ports.is_empty());
        statements.sort_by(|a, b| b.0.cmp(&a.0).then_with(|| a.1.strangers.cmp(&b.1.strangers)));
        statements.into_iter().map(|(_, s)| s).collect()
    }

    fn strangers(&self, cube: &Cube) -> Strangers {
        let selector = |axes: &[Axis], sets: &[Vec<bool>]| {
            Selector::all(axes.iter().zip(sets).filter_map(|(a, set)| a.selector(set)).collect())
        };
        Strangers {
            namespaces: self.namespace_axes[0].names(&cube.rows[0]),
            namespace_labels: selector(&self.namespace_axes[1..], &cube.rows[1..]),
            labels: selector(&self.pod_axes, &cube.columns),
        }
    }
}

/// A policy with what it says in some directions, and its tier.
struct Kept<'a> {
    tier: usize,
    policy: &'a Policy,
    directions: Vec<Direction>,
}

/// The policies that judge these endpoints in one direction, without what they say of the other.
fn own_policies<'a>(compiled: &Compiled<'a>, selves: &[usize], direction: Direction) -> Vec<Kept<'a>> {
    let mut own: Vec<Kept<'a>> = Vec::new();
    for enforced in selves.iter().flat_map(|e| compiled.selecting(*e, direction)) {
        if !own.iter().any(|kept| std::ptr::eq(kept.policy, enforced.policy)) {
            own.push(Kept {
                tier: enforced.tier,
                policy: enforced.policy,
                directions: vec![direction],
            });
        }
    }
    own
}

/// `own`, and what policies that may select strangers say of the other direction.
///
/// What selects only pods of namespaces that the party is shut to changes nothing.
fn with_opposite<'a>(setting: &Setting<'_, 'a>, own: Vec<Kept<'a>>, own_end: &Judged) -> Vec<Kept<'a>> {
    let opposite = match own_end.direction {
        Direction::Ingress => Direction::Egress,
        Direction::Egress => Direction::Ingress,
    };
    let open = own_end.open_namespaces(setting.compiled.cluster());
    // Namespaces that are not there may have any labels.
    let any_is_open = (0..own_end.namespaces.len()).any(|n| own_end.is_open(n));
    let may_select = |subject: &SubjectNamespace| match subject {
        SubjectNamespace::There(namespace) => open[*namespace],
        SubjectNamespace::Any => any_is_open,
    };
    let mut all = own;
    let own = all.len();
    for speaking in &setting.speaking[opposite as usize] {
        if !speaking.subjects.iter().any(may_select) {
            continue;
        }
        let known = all[..own]
            .iter_mut()
            .find(|kept| std::ptr::eq(kept.policy, speaking.policy));
        match known {
            Some(kept) => kept.directions.push(opposite),
            None => all.push(Kept {
                tier: speaking.tier,
                policy: speaking.policy,
                directions: vec![opposite],
            }),
        }
    }
    all
}

/// The policies that were kept, in their tiers.
fn set(compiled: &Compiled<'_>, kept: &[Kept<'_>]) -> PolicySet {
    let mut set = PolicySet::default();
    let mut by_tier: BTreeMap<usize, Vec<Policy>> = BTreeMap::new();
    for Kept {
        tier,
        policy,
        directions,
    } in kept
    {
        let rules = |direction| {
            let kept = directions.contains(&direction);
            policy.rules(direction).filter(|_| kept).cloned()
        };
        by_tier.entry(*tier).or_default().push(Policy {
            id: policy.id.clone(),
            order: policy.order,
            mode: policy.mode,
            subjects: policy.subjects.clone(),
            ingress: rules(Direction::Ingress),
            egress: rules(Direction::Egress),
            location: policy.location,
        });
    }
    for (tier, policies) in by_tier {
        let tier = &compiled.policies().tiers[tier];
        set.tiers.push(Tier {
            layer: tier.layer,
            name: tier.name.clone(),
            order: tier.order,
            ties: tier.ties,
            policies,
        });
    }
    set.sort();
    set
}
