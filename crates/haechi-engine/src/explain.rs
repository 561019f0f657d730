//! Why a connection meets what it meets: every rule that was asked, in the order in which it was.

use haechi_model::cluster::Cluster;
use haechi_model::name::Name;
use haechi_model::place::Location;
use haechi_model::port::PortSet;
use haechi_policy::{
    Action, Direction, Isolation, Layer, Match, Mode, Order, Peers, Policy, PolicyId, PolicySet, Ports, Rule, Tier,
    Ties,
};

use crate::bits::LANES;
use crate::compiled::{Compiled, compile_for};
use crate::effect::{Effect, State};
use crate::end::End;
use crate::locality::Locality;
use crate::outcome::{Outcome, Reasons, Verdict};
use crate::rulebook::{Detail, Effects, GroupKey, Step};
use crate::space::{Focus, to_u32};

mod decision;

pub use decision::{Decision, Part};

/// Explains what connections between two ends meet.
///
/// The answer is made for these two ends alone, so that the size of the cluster hardly matters.
#[must_use]
pub fn explain<'a>(cluster: &'a Cluster, policies: &'a PolicySet, from: &End, to: &End) -> Explanation<'a> {
    compile_for(cluster, policies, &focus([from, to])).explain(from, to)
}

/// These ends alone.
pub(crate) fn focus<'e>(ends: impl IntoIterator<Item = &'e End>) -> Focus {
    let mut focus = Focus {
        endpoints: None,
        cuts: Vec::new(),
        domains: Vec::new(),
    };
    let mut endpoints = Vec::new();
    for end in ends {
        match end {
            End::Endpoint(index) => endpoints.push(to_u32(*index)),
            End::Domain(name) => focus.domains.push(name.clone()),
            End::Address(_) => {}
        }
    }
    // An endpoint that is named twice would be two members of its class.
    endpoints.sort_unstable();
    endpoints.dedup();
    focus.endpoints = Some(endpoints);
    focus
}

/// Why a connection meets what it meets.
#[derive(Clone, Debug)]
pub struct Explanation<'a> {
    /// Who begins to talk.
    pub from: End,
    /// Who is talked to.
    pub to: End,
    /// What it meets, all in all.
    pub outcome: Outcome,
    /// How the ends lie to each other: a pod always reaches itself, and a pod and its own node each other.
    pub locality: Locality,
    /// What the source's policies make of it; `None` if it is no subject of policies.
    pub egress: Option<Judgement<'a>>,
    /// What the destination's policies make of it; `None` if it is no subject of policies.
    pub ingress: Option<Judgement<'a>>,
}

impl<'a> Explanation<'a> {
    /// What both ends make of it, the source's first.
    pub fn judgements(&self) -> impl Iterator<Item = &Judgement<'a>> {
        self.egress.iter().chain(&self.ingress)
    }
}

/// What one end's policies make of a connection.
#[derive(Clone, Debug)]
pub struct Judgement<'a> {
    /// Which end.
    pub direction: Direction,
    /// What they make of it.
    pub outcome: Outcome,
    /// The tiers that have a policy that selects the end, in the order in which they are asked.
    pub tiers: Vec<TierStep<'a>>,
}

/// What a tier makes of a connection.
#[derive(Clone, Debug)]
pub struct TierStep<'a> {
    /// The tier.
    pub tier: &'a Tier,
    /// Its policies that select the end and speak of the direction.
    pub policies: Vec<PolicyStep<'a>>,
    /// The ports on which it was asked: no tier before it had decided for certain.
    pub asked: PortSet,
    /// The ports that no rule of it decided for certain, and that it denies, or may, as the end is isolated.
    pub isolated: PortSet,
    /// The ports that it leaves to the next tier.
    pub left: PortSet,
}

/// What a policy makes of a connection.
#[derive(Clone, Debug)]
pub struct PolicyStep<'a> {
    /// The policy.
    pub policy: &'a Policy,
    /// Why it only may select the end; nothing if it does.
    pub doubts: Reasons,
    /// Whether it shuts the end to what no rule of its tier matches.
    pub isolation: Isolation,
    /// Its rules in the direction, in their order.
    pub rules: Vec<RuleStep<'a>>,
}

/// What a rule makes of a connection.
#[derive(Clone, Debug)]
pub struct RuleStep<'a> {
    /// The rule.
    pub rule: &'a Rule,
    /// Its index among the policy's rules of the direction.
    pub index: usize,
    /// Whether it matches the other end, whatever the port.
    pub matches: Verdict,
    /// The ports that it speaks of to the other end, also where something before it decided.
    pub speaks: PortSet,
    /// The ports that it decided.
    pub decided: PortSet,
    /// The ports that it may have decided.
    pub maybe: PortSet,
    /// Why it only may have.
    pub reasons: Reasons,
}

/// The peers of a rule that match the other end of a connection, or may, by where they stand.
///
/// A rule of a direction stands at the end that the direction's policies select.
#[must_use]
pub fn matching_peers(
    cluster: &Cluster,
    direction: Direction,
    rule: &Rule,
    from: &End,
    to: &End,
) -> Vec<(Location, Verdict)> {
    let Peers::Of(matches) = &rule.peers else {
        return Vec::new();
    };
    let mut places: Vec<Location> = matches.iter().map(|m| m.location).collect();
    places.dedup();
    let alone = |place: &Location| Rule {
        peers: Peers::Of(matches.iter().filter(|m| m.location == *place).cloned().collect()),
        // A rule that decides would keep the next one from being asked.
        action: Action::Log,
        ports: Ports::any(),
        ..rule.clone()
    };
    let set = only(direction, places.iter().map(alone).collect());
    let explanation = explain(cluster, &set, from, to);
    let judgement = match direction {
        Direction::Ingress => explanation.ingress,
        Direction::Egress => explanation.egress,
    };
    let tiers = judgement.iter().flat_map(|j| &j.tiers);
    let matched = tiers.flat_map(TierStep::rules).map(|(_, rule)| rule.matches);
    let mut found: Vec<(Location, Verdict)> = places.into_iter().zip(matched).collect();
    found.retain(|(_, matched)| *matched != Verdict::Deny);
    found
}

/// One policy of every pod with these rules, which shuts nobody out.
fn only(direction: Direction, rules: Vec<Rule>) -> PolicySet {
    let rules = Some(haechi_policy::Rules {
        isolation: Isolation::Leaves,
        rules,
    });
    let (ingress, egress) = match direction {
        Direction::Ingress => (rules, None),
        Direction::Egress => (None, rules),
    };
    let policy = Policy {
        id: PolicyId {
            namespace: None,
            kind: Name::default(),
            name: Name::default(),
        },
        order: Order::LAST,
        mode: Mode::Enforced,
        subjects: vec![Match {
            terms: Vec::new(),
            location: Location::default(),
        }],
        ingress,
        egress,
        location: Location::default(),
    };
    PolicySet {
        tiers: vec![Tier {
            layer: Layer::NetworkPolicy,
            name: Name::default(),
            order: Order::LAST,
            ties: Ties::Agree,
            policies: vec![policy],
        }],
    }
}

impl PolicyStep<'_> {
    /// The ports that its rules speak of to the other end, whatever decided.
    #[must_use]
    pub fn speaks(&self) -> PortSet {
        let rules = self.rules.iter().filter(|r| r.rule.action != Action::Log);
        rules.fold(PortSet::NONE, |all, r| all.union(&r.speaks))
    }
}

impl<'a> TierStep<'a> {
    /// The rules of all its policies, in their order.
    pub fn rules(&self) -> impl Iterator<Item = (&'a Policy, &RuleStep<'a>)> {
        let of = |p: &PolicyStep<'a>| p.policy;
        self.policies
            .iter()
            .flat_map(move |p| p.rules.iter().map(move |r| (of(p), r)))
    }
}

impl<'a> Compiled<'a> {
    /// Explains what connections between two ends meet.
    #[must_use]
    pub fn explain(&self, from: &End, to: &End) -> Explanation<'a> {
        Explanation {
            from: from.clone(),
            to: to.clone(),
            outcome: self.between(from, to),
            locality: self.locality(from, to),
            egress: self.explain_end(Direction::Egress, from, to),
            ingress: self.explain_end(Direction::Ingress, to, from),
        }
    }

    fn explain_end(&self, direction: Direction, own: &End, peer: &End) -> Option<Judgement<'a>> {
        let (own, peer) = (self.peer(own), self.peer(peer));
        let group = self.group(direction, own).filter(|_| !self.is_host(own))?;
        let key = self.group_key(direction, group);
        let mut effects = Effects::default();
        let steps = self.book().steps(key, direction, Detail::EveryRule, &mut effects);
        let mut tiers = self.tiers_of(direction, key);
        let mut state = State::start();
        let mut places = tiers
            .iter()
            .map(|(_, indices)| indices.clone())
            .collect::<Vec<_>>()
            .into_iter();
        let mut current = places.next();
        let mut at = 0;
        if let Some((tier, _)) = tiers.first_mut() {
            tier.asked = state.open().clone();
        }
        for step in &steps {
            let effect = effects.effect(step.effect);
            match effect {
                Effect::Rule {
                    sure, maybe, reasons, ..
                } if self.hits(step, peer) => {
                    let place = step.origin.and_then(|origin| {
                        let policy = current.as_ref()?.iter().position(|p| *p == origin.policy)?;
                        Some((policy, origin.rule as usize))
                    });
                    if let Some((policy, rule)) = place {
                        let rules = &mut tiers[at].0.policies[policy].rules;
                        if let Some(found) = rules.iter_mut().find(|r| r.index == rule) {
                            found.note(&state, sure, maybe, *reasons);
                        }
                    }
                    state = state.after(effect);
                }
                Effect::Rule { .. } => {}
                Effect::Tier(rest) => {
                    let tier = &mut tiers[at].0;
                    if *rest != crate::effect::Rest::GoesOn {
                        tier.isolated = state.open().clone();
                    }
                    state = state.after(effect);
                    tier.left = state.open().clone();
                    at += 1;
                    current = places.next();
                    if let Some((next, _)) = tiers.get_mut(at) {
                        next.asked = state.open().clone();
                    }
                }
                Effect::Layer => {
                    state = state.after(effect);
                    if let Some((next, _)) = tiers.get_mut(at) {
                        next.asked = state.open().clone();
                    }
                }
                Effect::Tie | Effect::Vote | Effect::Count(_) => state = state.after(effect),
            }
        }
        let tiers = tiers.into_iter().map(|(tier, _)| tier).collect();
        Some(Judgement {
            direction,
            outcome: state.outcome(),
            tiers,
        })
    }

    fn hits(&self, step: &Step, peer: u32) -> bool {
        step.masks
            .iter()
            .any(|mask| self.book().word(*mask, peer / LANES) >> (peer % LANES) & 1 == 1)
    }

    /// The tiers of a group's policies, with the policies' indices.
    fn tiers_of(&self, direction: Direction, key: &GroupKey) -> Vec<(TierStep<'a>, Vec<u32>)> {
        let tier_of = |p: &u32| self.book().policy(*p).tier;
        key.policies
            .chunk_by(|a, b| tier_of(a) == tier_of(b))
            .map(|indices| {
                let step = TierStep {
                    tier: &self.policies().tiers[tier_of(&indices[0])],
                    policies: indices
                        .iter()
                        .map(|p| policy_step(self.book().policy(*p).policy, direction, key.doubt(*p)))
                        .collect(),
                    asked: PortSet::NONE,
                    isolated: PortSet::NONE,
                    left: PortSet::NONE,
                };
                (step, indices.to_vec())
            })
            .collect()
    }
}

fn policy_step(policy: &Policy, direction: Direction, doubts: Reasons) -> PolicyStep<'_> {
    let rules = policy.rules(direction);
    PolicyStep {
        policy,
        doubts,
        isolation: rules.map_or(Isolation::Leaves, |r| r.isolation),
        rules: rules
            .map_or(&[][..], |r| &r.rules)
            .iter()
            .enumerate()
            .map(|(index, rule)| RuleStep {
                rule,
                index,
                matches: Verdict::Deny,
                speaks: PortSet::NONE,
                decided: PortSet::NONE,
                maybe: PortSet::NONE,
                reasons: Reasons::NONE,
            })
            .collect(),
    }
}

impl RuleStep<'_> {
    /// Notes what the rule does to a connection in `state`.
    fn note(&mut self, state: &State, sure: &PortSet, maybe: &PortSet, reasons: Reasons) {
        // A named port that resolves to none leaves a match on no port.
        let certain = !sure.is_empty() || maybe.is_empty() || self.matches == Verdict::Allow;
        self.matches = if certain { Verdict::Allow } else { Verdict::Undefined };
        self.speaks = self.speaks.union(sure).union(maybe);
        self.decided = self.decided.union(&state.open().intersection(sure));
        self.maybe = self.maybe.union(&state.open().intersection(maybe));
        if !maybe.is_empty() {
            self.reasons = self.reasons.union(reasons);
        }
    }
}
