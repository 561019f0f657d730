//! What policies can see of a stranger: one axis for each label that they ask about.

use std::collections::{BTreeMap, BTreeSet};

use haechi_model::cluster::{Cluster, METADATA_NAME};
use haechi_model::labels::{KeyUse, Labels, Selector};
use haechi_model::name::Name;
use haechi_policy::{Direction, Match, NamespaceMatch, Peers, PolicySet, Term};

use rustc_hash::FxHashSet;

use super::NamespaceNames;
use crate::space::to_u32;

/// A value that no policy names. No label can have it, so that it equals none that one might.
pub(super) const OTHER: &str = "…";

/// A label, and the values that policies tell apart.
#[derive(Clone, Debug)]
pub(super) struct Axis {
    key: Name,
    /// Absence first where there is any, then one that nobody names, then those that are named.
    pub(super) values: Vec<Option<Name>>,
}

impl Axis {
    fn new(key: Name, named: BTreeSet<Name>) -> Self {
        let named = named.into_iter().map(Some);
        Self {
            key,
            values: [None, Some(Name::from(OTHER))].into_iter().chain(named).collect(),
        }
    }

    /// The number of the value that an object with these labels has.
    pub(super) fn place(&self, labels: &Labels) -> u32 {
        let value = labels.value(&self.key);
        let exact = self.values.iter().position(|v| v.as_ref() == value);
        let other = || self.values.iter().position(|v| v.as_ref().is_some_and(|v| v == OTHER));
        to_u32(exact.or_else(other).unwrap_or_default())
    }

    pub(super) fn value(&self, place: u32) -> Option<&Name> {
        self.values[place as usize].as_ref()
    }

    /// The values that are named.
    pub(super) fn named(&self) -> impl Iterator<Item = &Name> {
        self.values.iter().flatten().filter(|value| value.as_str() != OTHER)
    }

    /// The label that an object with this value has.
    pub(super) fn label(&self, place: u32) -> Option<(Name, Name)> {
        self.value(place).map(|value| (self.key.clone(), value.clone()))
    }

    /// What the values of a set have in common; `None` if it holds all of them.
    pub(super) fn selector(&self, set: &[bool]) -> Option<Selector> {
        if set.iter().all(|inside| *inside) {
            return None;
        }
        let (mut absent, mut other) = (false, false);
        let (mut inside, mut outside) = (Vec::new(), Vec::new());
        for (value, holds) in self.values.iter().zip(set) {
            match value {
                None => absent = *holds,
                Some(value) if value == OTHER => other = *holds,
                Some(value) if *holds => inside.push(value.clone()),
                Some(value) => outside.push(value.clone()),
            }
        }
        let not = |selector| Selector::Not(Box::new(selector));
        let has = Selector::Has(self.key.clone());
        Some(match (absent, other) {
            (false, false) => Selector::In(self.key.clone(), inside),
            (true, false) if inside.is_empty() => not(has),
            (true, false) => Selector::Or(vec![not(has), Selector::In(self.key.clone(), inside)]),
            (true, true) => not(Selector::In(self.key.clone(), outside)),
            (false, true) if outside.is_empty() => has,
            (false, true) => Selector::And(vec![has, not(Selector::In(self.key.clone(), outside))]),
        })
    }

    /// The same for the axis of names.
    pub(super) fn names(&self, set: &[bool]) -> NamespaceNames {
        let (mut other, mut inside, mut outside) = (false, Vec::new(), Vec::new());
        for (value, holds) in self.values.iter().zip(set) {
            match value {
                None => {}
                Some(value) if value == OTHER => other = *holds,
                Some(value) if *holds => inside.push(value.clone()),
                Some(value) => outside.push(value.clone()),
            }
        }
        match (other, outside.is_empty()) {
            (true, true) => NamespaceNames::Any,
            (true, false) => NamespaceNames::Except(outside),
            (false, _) => NamespaceNames::These(inside),
        }
    }
}

/// Every way to go on from `begun` with a value on each axis; `None` if there are more than `most`.
pub(super) fn product(begun: Vec<Vec<u32>>, axes: &[Axis], most: usize) -> Option<Vec<Vec<u32>>> {
    let mut all = begun;
    for axis in axes {
        if all.len() * axis.values.len() > most {
            return None;
        }
        let longer = |chosen: &Vec<u32>| -> Vec<Vec<u32>> {
            let places = 0..to_u32(axis.values.len());
            places
                .map(|place| chosen.iter().copied().chain([place]).collect())
                .collect()
        };
        all = all.iter().flat_map(longer).collect();
    }
    Some(all)
}

/// Every kind of namespace: of those that are there and named, the one way in which they are labelled; of all others,
/// every way. `None` if there are more than `most`.
pub(super) fn namespaces(axes: &[Axis], cluster: &Cluster, most: usize) -> Option<Vec<Vec<u32>>> {
    let (name, labels) = axes.split_first()?;
    let (mut there, mut new) = (Vec::new(), Vec::new());
    for place in 0..to_u32(name.values.len()) {
        match name.value(place).and_then(|name| cluster.namespace(name)) {
            Some(index) => there.push(
                axes.iter()
                    .map(|a| a.place(&cluster.namespaces[index].labels))
                    .collect(),
            ),
            None => new.push(vec![place]),
        }
    }
    let mut all = product(new, labels, most)?;
    all.append(&mut there);
    (all.len() <= most).then_some(all)
}

/// The labels that policies ask strangers for.
#[derive(Debug, Default)]
pub(super) struct Vocabulary<'p> {
    names: BTreeSet<Name>,
    namespaces: BTreeMap<Name, BTreeSet<Name>>,
    pods: BTreeMap<Name, BTreeSet<Name>>,
    /// What is asked of pods, with what is asked of their namespaces.
    asked: FxHashSet<(Vec<&'p NamespaceMatch>, Vec<&'p Selector>)>,
}

impl<'p> Vocabulary<'p> {
    /// What policies ask of the peers of their rules in `direction`, and of their subjects in the other one.
    pub(super) fn of(policies: &'p PolicySet, direction: Direction) -> Self {
        let mut vocabulary = Self::default();
        for policy in policies.policies() {
            let (own, others) = match direction {
                Direction::Ingress => (&policy.ingress, &policy.egress),
                Direction::Egress => (&policy.egress, &policy.ingress),
            };
            for rule in own.iter().flat_map(|r| &r.rules) {
                if let Peers::Of(matches) = &rule.peers {
                    matches.iter().for_each(|m| vocabulary.add_match(m));
                }
            }
            if let Some(others) = others {
                policy.subjects.iter().for_each(|m| vocabulary.add_match(m));
                let locals = others.rules.iter().filter_map(|r| r.local.as_ref());
                locals.for_each(|m| vocabulary.add_match(m));
            }
        }
        vocabulary
    }

    /// The axes of namespaces, that of names first.
    pub(super) fn namespace_axes(&self) -> Vec<Axis> {
        let mut name = Axis::new(METADATA_NAME.into(), self.names.clone());
        // Every namespace has a name.
        name.values.remove(0);
        let labels = self.namespaces.iter();
        std::iter::once(name)
            .chain(labels.map(|(key, values)| Axis::new(key.clone(), values.clone())))
            .collect()
    }

    /// The axes of pods.
    pub(super) fn pod_axes(&self) -> Vec<Axis> {
        self.pods
            .iter()
            .map(|(key, values)| Axis::new(key.clone(), values.clone()))
            .collect()
    }

    /// For each axis of pods, the value that stands for each value where nobody tells them apart in a namespace with
    /// these labels.
    pub(super) fn alike_in(&self, namespace: &Labels, axes: &[Axis]) -> Vec<Vec<u32>> {
        let mut told: BTreeMap<Name, BTreeSet<Name>> = BTreeMap::new();
        for (namespaces, pods) in &self.asked {
            let holds = namespaces.iter().all(|m| match m {
                NamespaceMatch::Named(name) => namespace.value(METADATA_NAME) == Some(name),
                NamespaceMatch::Labelled(selector) => selector.matches(namespace),
            });
            if holds {
                pods.iter().for_each(|selector| add_keys(selector, &mut told));
            }
        }
        let alike = |axis: &Axis| -> Vec<u32> {
            let told = told.get(&axis.key);
            let stands_for = |place: usize, value: &Option<Name>| match (told, value) {
                // Nobody asks for the label at all.
                (None, _) => 0,
                (Some(_), None) => place,
                (Some(values), Some(value)) if values.contains(value) => place,
                (Some(_), Some(_)) => 1,
            };
            let values = axis.values.iter().enumerate();
            values.map(|(place, value)| to_u32(stands_for(place, value))).collect()
        };
        axes.iter().map(alike).collect()
    }

    fn add_match(&mut self, m: &'p Match) {
        let (mut namespaces, mut pods) = (Vec::new(), Vec::new());
        for term in &m.terms {
            self.add(term);
            match term {
                Term::Namespace(namespace) => namespaces.push(namespace),
                term => selectors(term, &mut pods),
            }
        }
        if !pods.is_empty() {
            self.asked.insert((namespaces, pods));
        }
    }

    fn add(&mut self, term: &Term) {
        match term {
            Term::Namespace(NamespaceMatch::Named(name)) => {
                self.names.insert(name.clone());
            }
            Term::Namespace(NamespaceMatch::Labelled(selector)) => {
                add_keys(selector, &mut self.namespaces);
                if let Some(names) = self.namespaces.remove(METADATA_NAME) {
                    self.names.extend(names);
                }
            }
            Term::Pod(selector) => add_keys(selector, &mut self.pods),
            Term::Not(inner) => self.add(inner),
            Term::ServiceAccount { .. }
            | Term::Node(_)
            | Term::Network(_)
            | Term::Domain(_)
            | Term::SecurityGroup(_)
            | Term::Principal(_) => {}
        }
    }
}

/// What a term asks of a pod's labels.
fn selectors<'p>(term: &'p Term, pods: &mut Vec<&'p Selector>) {
    match term {
        Term::Pod(selector) => pods.push(selector),
        Term::Not(inner) => selectors(inner, pods),
        _ => {}
    }
}

fn add_keys(selector: &Selector, keys: &mut BTreeMap<Name, BTreeSet<Name>>) {
    match selector {
        // A text that is asked for is its own simplest example.
        Selector::Contains(key, text) | Selector::StartsWith(key, text) | Selector::EndsWith(key, text) => {
            keys.entry(key.clone()).or_default().insert(text.clone());
        }
        Selector::Not(inner) => add_keys(inner, keys),
        Selector::And(terms) | Selector::Or(terms) => terms.iter().for_each(|t| add_keys(t, keys)),
        Selector::Has(_) | Selector::In(..) => selector.visit_keys(&mut |key, key_use| {
            let values = keys.entry(key.clone()).or_default();
            if let KeyUse::Values(listed) = key_use {
                values.extend(listed.iter().cloned());
            }
        }),
    }
}
