//! What is wrong with policies, or says nothing.
//!
//! Every finding is asked of the compiled answer: there is no second opinion here on what a rule matches or allows. What
//! a finding means, and what to do about it, is in the registry of [`codes`].

use haechi_model::diagnostic::Diagnostic;
use haechi_model::{Cluster, Profile};
use haechi_policy::{Direction, Match, Peers, Policy, PolicySet, Rule};
use rayon::prelude::*;
use rustc_hash::FxHashMap;

use crate::bits::Dense;
use crate::compiled::{Compiled, compile};
use crate::matching::{Matcher, PeerSet};
use crate::outcome::Reason;

mod blocks;
pub mod codes;
mod dns;
mod implies;
mod overlap;
mod pairs;
mod planes;
mod ports;
mod selection;
mod selectors;
mod services;
mod sources;
mod spelling;
mod system;

use sources::Sources;

/// What is looked at.
#[derive(Clone, Copy, Debug)]
pub struct Input<'a> {
    /// The cluster.
    pub cluster: &'a Cluster,
    /// The policies, lowered under `profile`.
    pub policies: &'a PolicySet,
    /// Which data plane enforces them.
    pub profile: Profile,
    /// Whether the sources show one that does.
    pub enforcement: Enforcement,
}

/// Whether the sources show something that enforces policies.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Enforcement {
    /// An object of a data plane that does is there.
    Shown,
    /// None is.
    NotShown,
}

/// Looks for everything that the registry of [`codes`] knows, and gives it sorted by place.
#[must_use]
pub fn lint(input: &Input<'_>) -> Vec<Diagnostic> {
    let compiled = compile(input.cluster, input.policies);
    let lint = Lint::new(*input, &compiled);
    let checks: [fn(&Lint<'_, '_>) -> Vec<Diagnostic>; 10] = [
        selection::check,
        selectors::check,
        ports::check,
        overlap::check,
        dns::check,
        system::check,
        services::check,
        blocks::check,
        pairs::check,
        planes::check,
    ];
    let mut found: Vec<Diagnostic> = checks.iter().flat_map(|check| check(&lint)).collect();
    found.sort_by(|a, b| (a.location, a.code, &a.message).cmp(&(b.location, b.code, &b.message)));
    found.dedup();
    found
}

/// What all checks need.
struct Lint<'c, 'a> {
    input: Input<'a>,
    compiled: &'c Compiled<'a>,
    matcher: Matcher<'c>,
    /// What every peer of every rule matches.
    peers: FxHashMap<&'a Match, PeerSet>,
    sources: Sources<'a>,
}

/// A rule, with the policy that it belongs to.
#[derive(Clone, Copy)]
struct RuleOf<'a> {
    policy: &'a Policy,
    direction: Direction,
    rule: &'a Rule,
}

impl<'c, 'a> Lint<'c, 'a> {
    fn new(input: Input<'a>, compiled: &'c Compiled<'a>) -> Self {
        let matcher = compiled.matcher();
        let mut peers: FxHashMap<&'a Match, PeerSet> = FxHashMap::default();
        let rules = input.policies.policies().flat_map(rules_of);
        let mut wanted: Vec<&'a Match> = rules.flat_map(|r| matches_of(r.rule)).collect();
        let mut known = rustc_hash::FxHashSet::default();
        wanted.retain(|m| known.insert(*m));
        let sets: Vec<PeerSet> = wanted.par_iter().map(|m| PeerSet::from(&matcher.matched(m))).collect();
        peers.extend(wanted.into_iter().zip(sets));
        Self {
            sources: Sources::new(input.cluster),
            input,
            compiled,
            matcher,
            peers,
        }
    }

    fn cluster(&self) -> &'a Cluster {
        self.input.cluster
    }

    /// Looks at every policy, on all cores.
    fn each_policy(&self, check: impl Fn(&'a Policy, &mut Vec<Diagnostic>) + Sync) -> Vec<Diagnostic> {
        let policies: Vec<&'a Policy> = self.input.policies.policies().collect();
        let found: Vec<Vec<Diagnostic>> = policies
            .par_iter()
            .map(|policy| {
                let mut found = Vec::new();
                check(policy, &mut found);
                found
            })
            .collect();
        found.into_iter().flatten().collect()
    }

    /// The endpoints that a policy judges or may judge, as classes.
    fn subjects(&self, policy: &Policy) -> Dense {
        self.matcher.subjects(&policy.subjects).possible()
    }

    /// The peers that an entry of a rule matches or may match.
    fn peers_of(&self, m: &Match) -> &PeerSet {
        &self.peers[m]
    }
}

/// The rules of a policy in both directions.
fn rules_of<'a>(policy: &'a Policy) -> impl Iterator<Item = RuleOf<'a>> {
    Direction::BOTH.into_iter().flat_map(move |direction| {
        let rules = policy.rules(direction).map_or(&[][..], |r| &r.rules);
        rules.iter().map(move |rule| RuleOf {
            policy,
            direction,
            rule,
        })
    })
}

/// The entries of a rule's peers; none where it speaks of everybody.
fn matches_of(rule: &Rule) -> &[Match] {
    match &rule.peers {
        Peers::Any => &[],
        Peers::Of(matches) => matches,
    }
}

/// Whether a class meets nothing but denials in a direction.
fn meets_nothing(compiled: &Compiled<'_>, class: u32, direction: Direction) -> bool {
    let Some(group) = compiled.group(direction, class) else {
        return false;
    };
    let row = compiled.row(direction, group);
    row.outcomes(compiled.space().len()).all(|id| {
        let outcome = compiled.outcome(id);
        // Where all addresses are denied, it makes no difference which one a pod has or a name resolves to.
        let unknown = [Reason::NameUnresolved, Reason::AddressUnknown, Reason::FamiliesDiffer];
        outcome.allow.is_empty() && outcome.reasons.iter().all(|r| unknown.contains(&r))
    })
}
