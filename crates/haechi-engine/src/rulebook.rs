//! The rules of all policies, made ready to be asked about many peers at once.
//!
//! A rule becomes [`Step`]s: sets of peers, and the [`Effect`] of matching them. Rules repeat
//! each other, so that sets and effects are kept once.

use haechi_model::cluster::ContainerPort;
use haechi_model::port::PortSet;
use haechi_policy::policy::Case;
use haechi_policy::{Action, Direction, NamedPort, Peers, Policy, PolicySet, Ports, Rule, Ties};
use rayon::prelude::*;
use rustc_hash::FxHashMap;

use crate::bits::{Dense, Words};
use crate::effect::{Effect, Rest, Winner};
use crate::matching::{Doubt, Matcher, PeerSet};
use crate::outcome::{Reason, Reasons};
use crate::space::{Space, to_u32};

/// An index into [`Effects`].
pub(crate) type EffectId = u32;
/// An index into [`Rulebook::policies`].
pub(crate) type PolicyIndex = u32;

/// A policy that is enforced, and where it stands among the others.
#[derive(Clone, Copy, Debug)]
pub struct Enforced<'a> {
    /// The policy.
    pub policy: &'a Policy,
    /// Its tier, by index in [`PolicySet::tiers`].
    pub tier: usize,
}

/// Which rule a step comes from.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub(crate) struct Origin {
    pub(crate) policy: PolicyIndex,
    /// Its index in the policy's direction.
    pub(crate) rule: u32,
}

/// Peers that a step speaks of: those of `words` that are among `within`, too.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Mask {
    words: u32,
    within: Option<u32>,
}

impl Mask {
    /// Hashes it by the numbers of the words that it is made of.
    pub(crate) fn hash_by(self, words: &[u64], hasher: &mut impl std::hash::Hasher) {
        use std::hash::Hash;
        words[self.words as usize].hash(hasher);
        self.within.map(|within| words[within as usize]).hash(hasher);
    }
}

/// One step of judging: what becomes of which peers. Without masks it is every peer.
#[derive(Clone, Debug)]
pub(crate) struct Step {
    pub(crate) masks: Vec<Mask>,
    pub(crate) effect: EffectId,
    pub(crate) origin: Option<Origin>,
}

/// What is asked of a group of endpoints that are judged alike.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub(crate) struct GroupKey {
    /// The policies that judge it, or may, tier by tier, in order.
    pub(crate) policies: Vec<PolicyIndex>,
    /// Those that only may, with why.
    pub(crate) doubts: Vec<(PolicyIndex, Reasons)>,
    /// The container ports that its own named ports resolve to, where that matters.
    pub(crate) ports: Option<u32>,
    /// For every rule with a condition on its own end, in order, whether it holds, and why if it only may.
    pub(crate) locals: Vec<Option<Reasons>>,
}

impl GroupKey {
    /// Why a policy only may judge the group.
    pub(crate) fn doubt(&self, policy: PolicyIndex) -> Reasons {
        let found = self.doubts.binary_search_by_key(&policy, |d| d.0);
        found.map_or(Reasons::NONE, |at| self.doubts[at].1)
    }
}

/// A rule that holds, or may, at the end that is judged.
#[derive(Clone, Copy)]
struct Asked<'a> {
    origin: Origin,
    rule: &'a Rule,
    /// Why it only may.
    doubts: Reasons,
}

/// Whether steps may be put together where that changes no answer.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Detail {
    /// They may.
    Compact,
    /// Each rule stays by itself.
    EveryRule,
}

/// Distinct effects, shared by all steps.
#[derive(Debug, Default)]
pub(crate) struct Effects {
    list: Vec<Effect>,
    ids: FxHashMap<Effect, EffectId>,
}

impl Effects {
    pub(crate) fn effect(&self, id: EffectId) -> &Effect {
        &self.list[id as usize]
    }

    /// A number for each effect, by its id.
    pub(crate) fn hashes<H: std::hash::Hasher + Default>(&self) -> Vec<u64> {
        self.list.iter().map(hash::<H>).collect()
    }

    /// The id of an effect that some step has.
    pub(crate) fn known(&self, effect: &Effect) -> Option<EffectId> {
        self.ids.get(effect).copied()
    }

    pub(crate) fn id(&mut self, effect: Effect) -> EffectId {
        if let Some(&id) = self.ids.get(&effect) {
            return id;
        }
        let id = to_u32(self.list.len());
        self.list.push(effect.clone());
        self.ids.insert(effect, id);
        id
    }
}

/// The rules of all enforced policies.
pub(crate) struct Rulebook<'a> {
    policies: Vec<Enforced<'a>>,
    set: &'a PolicySet,
    /// By policy and direction, the rules' sets of peers.
    peers: Vec<[Vec<u32>; 2]>,
    sets: Vec<RuleSet>,
    words: Vec<Words>,
    port_lists: Vec<Vec<ContainerPort>>,
    /// For each port list, the classes that have it.
    listed: Vec<Dense>,
    /// For the named ports of egress rules, what they are on which peers.
    resolved: FxHashMap<NamedPorts<'a>, Vec<(u32, PortSet, PortSet)>>,
}

/// The named ports of a rule, and those that are taken out again.
type NamedPorts<'a> = (&'a [NamedPort], &'a [NamedPort]);

/// Indices of words: certain, and doubtful by reason.
#[derive(Clone, Debug)]
struct RuleSet {
    certain: u32,
    maybe: Vec<(Doubt, u32)>,
}

impl<'a> Rulebook<'a> {
    pub(crate) fn new(set: &'a PolicySet, space: &Space, matcher: &Matcher<'_>) -> Self {
        let enforced = |p: &&Policy| p.mode == haechi_policy::Mode::Enforced;
        let policies: Vec<Enforced<'a>> = set
            .tiers
            .iter()
            .enumerate()
            .flat_map(|(tier, t)| {
                t.policies
                    .iter()
                    .filter(enforced)
                    .map(move |policy| Enforced { policy, tier })
            })
            .collect();
        let mut book = Self {
            policies,
            set,
            peers: Vec::new(),
            sets: Vec::new(),
            words: Vec::new(),
            port_lists: space.port_lists.clone(),
            listed: Vec::new(),
            resolved: FxHashMap::default(),
        };
        book.listed = vec![Dense::none(space.len()); space.port_lists.len()];
        for (peer, class) in space.class_peers().zip(&space.classes) {
            book.listed[class.ports as usize].insert(peer);
        }
        book.add_sets(matcher);
        book.resolve_named(space);
        book
    }

    pub(crate) fn policies(&self) -> &[Enforced<'a>] {
        &self.policies
    }

    pub(crate) fn policy(&self, index: PolicyIndex) -> Enforced<'a> {
        self.policies[index as usize]
    }

    /// The peers of a mask in one word.
    pub(crate) fn word(&self, mask: Mask, index: u32) -> u64 {
        let word = self.words[mask.words as usize].word(index);
        match mask.within {
            Some(within) if word != 0 => word & self.words[within as usize].word(index),
            _ => word,
        }
    }

    /// A number for each set of words, by its index.
    pub(crate) fn word_hashes<H: std::hash::Hasher + Default>(&self) -> Vec<u64> {
        self.words.iter().map(hash::<H>).collect()
    }

    /// The words that steps may touch; `None` for any.
    pub(crate) fn touched(&self, steps: &[Step]) -> Option<Vec<u32>> {
        let mut indices = Vec::new();
        for mask in steps.iter().flat_map(|s| &s.masks) {
            match &self.words[mask.words as usize] {
                Words::Sparse(words) => indices.extend(words.iter().map(|w| w.0)),
                Words::Dense(_) => return None,
            }
        }
        indices.sort_unstable();
        indices.dedup();
        Some(indices)
    }

    /// Whether a policy shuts its subjects in a direction to what no rule of its tier matches.
    pub(crate) fn isolates(&self, policy: PolicyIndex, direction: Direction) -> bool {
        let rules = self.policy(policy).policy.rules(direction);
        rules.is_some_and(|r| r.isolation == haechi_policy::Isolation::Isolates)
    }

    /// Whether a policy's rules in a direction have named ports.
    pub(crate) fn names_ports(&self, policy: PolicyIndex, direction: Direction) -> bool {
        let rules = self.policy(policy).policy.rules(direction);
        rules.is_some_and(|r| {
            r.rules
                .iter()
                .any(|r| !r.ports.named.is_empty() || !r.ports.except.is_empty())
        })
    }

    /// The steps of judging a group in a direction. Effects that are new become known.
    pub(crate) fn steps(
        &self,
        key: &GroupKey,
        direction: Direction,
        detail: Detail,
        effects: &mut Effects,
    ) -> Vec<Step> {
        let mut way = Way {
            effects,
            steps: Vec::new(),
        };
        let mut locals = key.locals.iter().copied();
        let mut layer = None;
        let mut policies = &*key.policies;
        while let Some(&first) = policies.first() {
            let tier_index = self.policy(first).tier;
            let tier = &self.set.tiers[tier_index];
            let length = policies
                .iter()
                .take_while(|p| self.policy(**p).tier == tier_index)
                .count();
            let (mine, rest) = policies.split_at(length);
            policies = rest;
            if layer.is_some_and(|l| l != tier.layer) {
                way.mark(Effect::Layer);
            }
            layer = Some(tier.layer);
            let begin = way.steps.len();
            for tied in mine.chunk_by(|a, b| self.policy(*a).policy.order == self.policy(*b).policy.order) {
                let rules = self.rules_of(tied, key, direction, &mut locals);
                self.tied(rules, tier.ties, key, direction, &mut way);
            }
            if detail == Detail::Compact && tier.ties == Ties::Agree {
                self.compact(&mut way, begin);
            }
            way.mark(Effect::Tier(self.rest(mine.iter().copied(), key, direction)));
        }
        way.steps
    }

    /// What a tier with these of a group's policies does with what none of its rules decided.
    pub(crate) fn rest(
        &self,
        policies: impl Iterator<Item = PolicyIndex>,
        key: &GroupKey,
        direction: Direction,
    ) -> Rest {
        let isolating = policies.filter(|p| self.isolates(*p, direction));
        let doubts = isolating.map(|p| key.doubt(p)).reduce(|a, b| {
            if a.is_empty() || b.is_empty() {
                Reasons::NONE
            } else {
                a.union(b)
            }
        });
        match doubts {
            None => Rest::GoesOn,
            Some(Reasons::NONE) => Rest::Denied,
            Some(doubts) => Rest::MayBeDenied(doubts),
        }
    }

    /// The rules of policies of equal order, policy by policy, that hold at this end.
    fn rules_of(
        &self,
        tied: &[PolicyIndex],
        key: &GroupKey,
        direction: Direction,
        locals: &mut impl Iterator<Item = Option<Reasons>>,
    ) -> Vec<Vec<Asked<'a>>> {
        let of = |&policy: &PolicyIndex| {
            let selected = key.doubt(policy);
            let rules = self
                .policy(policy)
                .policy
                .rules(direction)
                .map_or(&[][..], |r| &r.rules);
            (0u32..)
                .zip(rules)
                .filter_map(|(index, rule)| {
                    let local = match rule.local {
                        Some(_) => locals.next().flatten()?,
                        None => Reasons::NONE,
                    };
                    let origin = Origin { policy, rule: index };
                    let doubts = selected.union(local);
                    Some(Asked { origin, rule, doubts })
                })
                .collect()
        };
        tied.iter().map(of).collect()
    }

    fn tied(&self, policies: Vec<Vec<Asked<'a>>>, ties: Ties, key: &GroupKey, direction: Direction, way: &mut Way<'_>) {
        let rank = |rule: &Rule| match rule.action {
            Action::Log => 0,
            Action::Deny => 1,
            Action::Allow => 2,
            Action::Pass => 3,
        };
        let winner = match ties {
            Ties::Unspecified => Winner::Any,
            Ties::Strictest => Winner::Strictest,
            Ties::Agree | Ties::ByName | Ties::Interleaved | Ties::ActionFirst => {
                let mut rules: Vec<Asked<'a>> = policies.into_iter().flatten().collect();
                match ties {
                    Ties::Interleaved => rules.sort_by_key(|asked| (asked.origin.rule, rank(asked.rule))),
                    Ties::ActionFirst => rules.sort_by_key(|asked| rank(asked.rule)),
                    _ => {}
                }
                for asked in rules {
                    self.rule(asked, key, direction, way);
                }
                return;
            }
        };
        let several = policies.len() > 1;
        if several {
            way.mark(Effect::Tie);
        }
        for (index, rules) in policies.into_iter().enumerate() {
            if index > 0 {
                way.mark(Effect::Vote);
            }
            for asked in rules {
                self.rule(asked, key, direction, way);
            }
        }
        if several {
            way.mark(Effect::Count(winner));
        }
    }

    fn rule(&self, asked: Asked<'a>, key: &GroupKey, direction: Direction, way: &mut Way<'_>) {
        let Asked { origin, rule, doubts } = asked;
        let set = self.peers[origin.policy as usize][direction as usize][origin.rule as usize];
        let RuleSet { certain, maybe } = &self.sets[set as usize];
        for (within, effect) in self.variants(rule, key, direction) {
            let effect = doubts.iter().fold(effect, |effect, reason| effect.doubted(reason));
            way.rule(
                Mask {
                    words: *certain,
                    within,
                },
                effect.clone(),
                origin,
            );
            for (doubt, words) in maybe {
                let further = doubt.further.map(|reason| effect.doubted(reason));
                let effect = further.as_ref().unwrap_or(&effect);
                let effect = match &doubt.fact {
                    Some(fact) => effect.conditional(doubt.reason, fact.clone()),
                    None => effect.doubted(doubt.reason),
                };
                way.rule(Mask { words: *words, within }, effect, origin);
            }
        }
    }

    /// A rule's effect, by the peers for which its ports are the same.
    fn variants(&self, rule: &'a Rule, key: &GroupKey, direction: Direction) -> Vec<(Option<u32>, Effect)> {
        let Ports {
            numbers,
            unspecified,
            named,
            except,
        } = &rule.ports;
        let effect = |named: &PortSet, except: &PortSet| {
            let sure = numbers.union(named).difference(except);
            let effect = Effect::certain(rule.action, sure, &unspecified.difference(except));
            if rule.requests.is_empty() {
                effect
            } else {
                effect.doubted(Reason::RequestDecides)
            }
        };
        if named.is_empty() && except.is_empty() {
            return vec![(None, effect(&PortSet::NONE, &PortSet::NONE))];
        }
        match direction {
            Direction::Ingress => {
                let ports: &[ContainerPort] = key.ports.map_or(&[], |p| &self.port_lists[p as usize]);
                vec![(None, effect(&resolve(named, ports), &resolve(except, ports)))]
            }
            Direction::Egress => {
                let variants = self.resolved.get(&(&**named, &**except)).into_iter().flatten();
                variants
                    .map(|(within, named, except)| (Some(*within), effect(named, except)))
                    .collect()
            }
        }
    }

    /// Puts together the steps since `begin` that have one effect, if all of them are rules of one action.
    ///
    /// Only for tiers in which order makes no difference.
    fn compact(&self, way: &mut Way<'_>, begin: usize) {
        let action = |step: &Step| match way.effects.effect(step.effect) {
            Effect::Rule { action, .. } => Some(*action),
            _ => None,
        };
        let mut rules = way.steps[begin..].iter().map(action);
        let first = rules.next().flatten();
        if first.is_none() || rules.any(|other| other != first) {
            return;
        }
        let mut rules = way.steps.split_off(begin);
        rules
            .iter_mut()
            .for_each(|s| s.masks.retain(|m| !self.words[m.words as usize].is_empty()));
        rules.retain(|s| !s.masks.is_empty());
        rules.sort_by_key(|s| s.effect);
        for step in rules {
            match way.steps[begin..].last_mut() {
                Some(last) if last.effect == step.effect => {
                    for mask in step.masks {
                        if !last.masks.contains(&mask) {
                            last.masks.push(mask);
                        }
                    }
                }
                _ => way.steps.push(Step { origin: None, ..step }),
            }
        }
    }

    fn add_sets(&mut self, matcher: &Matcher<'_>) {
        let mut wanted: Vec<&'a Peers> = Vec::new();
        let mut known: FxHashMap<&'a Peers, u32> = FxHashMap::default();
        let mut indices = |rules: Option<&'a haechi_policy::Rules>| -> Vec<u32> {
            let rules = rules.map_or(&[][..], |r| &r.rules);
            let index = |rule: &'a Rule| {
                *known.entry(&rule.peers).or_insert_with(|| {
                    wanted.push(&rule.peers);
                    to_u32(wanted.len() - 1)
                })
            };
            rules.iter().map(index).collect()
        };
        let of = |e: &Enforced<'a>| [indices(e.policy.ingress.as_ref()), indices(e.policy.egress.as_ref())];
        self.peers = self.policies.iter().map(of).collect();
        let sets: Vec<PeerSet> = wanted
            .par_iter()
            .map(|peers| PeerSet::from(&matcher.peers(peers)))
            .collect();
        let mut word_ids: FxHashMap<Words, u32> = FxHashMap::default();
        let mut id = |words: Words| {
            *word_ids
                .entry(words)
                .or_insert_with_key(|words| push(&mut self.words, words.clone()))
        };
        for PeerSet { certain, maybe } in sets {
            let certain = id(certain);
            let maybe = maybe.into_iter().map(|(reason, words)| (reason, id(words))).collect();
            self.sets.push(RuleSet { certain, maybe });
        }
    }

    fn resolve_named(&mut self, space: &Space) {
        let policies = self.policies.clone();
        let rules = policies
            .iter()
            .filter_map(|e| e.policy.egress.as_ref())
            .flat_map(|r| &r.rules);
        for rule in rules {
            let (named, except) = (&*rule.ports.named, &*rule.ports.except);
            if named.is_empty() && except.is_empty() || self.resolved.contains_key(&(named, except)) {
                continue;
            }
            let mut by_ports: FxHashMap<(PortSet, PortSet), Dense> = FxHashMap::default();
            let mut others = Dense::all(space.len());
            for (list, classes) in self.port_lists.iter().zip(&self.listed) {
                let key = (resolve(named, list), resolve(except, list));
                by_ports
                    .entry(key)
                    .or_insert_with(|| Dense::none(space.len()))
                    .add(classes);
                others.remove(classes);
            }
            by_ports
                .entry((PortSet::NONE, PortSet::NONE))
                .or_insert_with(|| Dense::none(space.len()))
                .add(&others);
            let mut variants: Vec<_> = by_ports.into_iter().collect();
            variants.sort_by(|a, b| a.0.cmp(&b.0));
            let variants = variants
                .into_iter()
                .map(|((n, e), classes)| (push(&mut self.words, (&classes).into()), n, e))
                .collect();
            self.resolved.insert((named, except), variants);
        }
    }
}

/// The steps of one group while they are put together.
struct Way<'e> {
    effects: &'e mut Effects,
    steps: Vec<Step>,
}

impl Way<'_> {
    /// A step that every peer takes.
    fn mark(&mut self, effect: Effect) {
        let effect = self.effects.id(effect);
        self.steps.push(Step {
            masks: Vec::new(),
            effect,
            origin: None,
        });
    }

    fn rule(&mut self, mask: Mask, effect: Effect, origin: Origin) {
        let effect = self.effects.id(effect);
        self.steps.push(Step {
            masks: vec![mask],
            effect,
            origin: Some(origin),
        });
    }
}

fn hash<H: std::hash::Hasher + Default>(value: &impl std::hash::Hash) -> u64 {
    let mut hasher = H::default();
    value.hash(&mut hasher);
    hasher.finish()
}

fn push(words: &mut Vec<Words>, new: Words) -> u32 {
    words.push(new);
    to_u32(words.len() - 1)
}

/// The numbers that container ports give to named ports (rule 11).
pub(crate) fn resolve(named: &[NamedPort], ports: &[ContainerPort]) -> PortSet {
    let is = |wanted: &NamedPort, port: &ContainerPort| {
        let name = port.name.as_deref().unwrap_or_default();
        let same = match wanted.case {
            Case::Sensitive => wanted.name == name,
            Case::Insensitive => wanted.name.eq_ignore_ascii_case(name),
        };
        same && port.name.is_some() && wanted.protocol.is_none_or(|p| p == port.protocol)
    };
    ports
        .iter()
        .filter(|port| named.iter().any(|wanted| is(wanted, port)))
        .fold(PortSet::NONE, |set, port| {
            set.union(&PortSet::port(port.protocol, port.port))
        })
}
