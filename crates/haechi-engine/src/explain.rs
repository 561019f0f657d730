//! Why a connection meets what it meets: every rule that was asked, in the order in which it was.

use haechi_model::cluster::Cluster;
use haechi_model::port::{PortSet, Protocol};
use haechi_policy::{Action, Direction, Isolation, Policy, PolicySet, Rule, Tier};

use crate::bits::LANES;
use crate::compiled::{Compiled, compile_for};
use crate::effect::{Effect, State};
use crate::end::End;
use crate::locality::Locality;
use crate::outcome::{Outcome, Reasons, Verdict};
use crate::rulebook::{Detail, Effects, GroupKey, Step};
use crate::space::{Focus, to_u32};

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

/// What decided one port in one direction.
#[derive(Clone, Debug)]
pub enum Decision<'a> {
    /// A rule did.
    Rule(&'a Policy, RuleStep<'a>),
    /// No rule matches, and these policies shut the end to that.
    Isolated(Vec<&'a Policy>),
    /// No policy shuts the end, and no rule matches.
    Open,
    /// It is undefined; these rules may decide, and these policies shut the end if none does.
    Undefined(Vec<(&'a Policy, RuleStep<'a>)>, Vec<&'a Policy>),
}

/// What a policy that selects an end had to do with one port.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Part {
    /// This rule of it decided.
    Decides(usize),
    /// This rule of it left the port to the next tier.
    Passes(usize),
    /// These rules of it may decide.
    MayDecide(Vec<usize>),
    /// It shuts the end to what no rule matches, which decided; its own rules match on these ports alone.
    Isolates(PortSet),
    /// This rule of it speaks of the port, too, but something before it decided.
    Late(usize),
    /// Rules of it match the other end, on these ports alone.
    OtherPorts(PortSet),
    /// None of its rules matches the other end.
    OtherPeers,
    /// It has no rules in this direction.
    NoRules,
    /// A tier before its own decided.
    NotAsked,
}

impl Part {
    /// Whether the verdict hangs on it.
    #[must_use]
    pub fn matters(&self) -> bool {
        matches!(
            self,
            Self::Decides(_) | Self::Passes(_) | Self::MayDecide(_) | Self::Isolates(_)
        )
    }
}

impl<'a> Judgement<'a> {
    /// What decided a port.
    #[must_use]
    pub fn decision(&self, protocol: Protocol, port: u16) -> Decision<'a> {
        let holds = |ports: &PortSet| ports.contains(protocol, port);
        let verdict = self.outcome.on(protocol, port);
        let mut maybe: Vec<(&'a Policy, RuleStep<'a>)> = Vec::new();
        let mut sure: Option<(&'a Policy, RuleStep<'a>)> = None;
        let mut isolating: Vec<&'a Policy> = Vec::new();
        for tier in self.tiers.iter().filter(|t| holds(&t.asked)) {
            for (policy, rule) in tier.rules() {
                // Where several may decide, as policies of equal priority do, the one that had its way is named.
                if holds(&rule.decided) && decides(rule.rule.action) == Some(verdict) {
                    sure.get_or_insert_with(|| (policy, rule.clone()));
                }
                if rule.rule.action != Action::Log && (holds(&rule.maybe) || holds(&rule.decided)) {
                    maybe.push((policy, rule.clone()));
                }
            }
            if holds(&tier.isolated) {
                let shut = tier.policies.iter().filter(|p| p.isolation == Isolation::Isolates);
                isolating.extend(shut.map(|p| p.policy));
            }
        }
        match (verdict, sure) {
            (Verdict::Undefined, _) => Decision::Undefined(maybe, isolating),
            (_, Some((policy, rule))) => Decision::Rule(policy, rule),
            (Verdict::Deny, None) => Decision::Isolated(isolating),
            // A rule that only may match changes nothing where all else allows.
            (Verdict::Allow, None) => match maybe.into_iter().find(|(_, r)| r.rule.action == Action::Allow) {
                Some((policy, rule)) => Decision::Rule(policy, rule),
                None => Decision::Open,
            },
        }
    }

    /// What a policy of a tier had to do with a port.
    #[must_use]
    pub fn part(&self, tier: &TierStep<'a>, policy: &PolicyStep<'a>, protocol: Protocol, port: u16) -> Part {
        let holds = |ports: &PortSet| ports.contains(protocol, port);
        let decision = self.decision(protocol, port);
        let mine = |other: &Policy| std::ptr::eq(other, policy.policy);
        match &decision {
            Decision::Rule(by, rule) if mine(by) => return Part::Decides(rule.index),
            Decision::Undefined(rules, isolating) => {
                let rules: Vec<usize> = rules.iter().filter(|(by, _)| mine(by)).map(|(_, r)| r.index).collect();
                if !rules.is_empty() {
                    return Part::MayDecide(rules);
                }
                if isolating.iter().any(|by| mine(by)) {
                    return Part::Isolates(policy.speaks());
                }
            }
            Decision::Isolated(isolating) if isolating.iter().any(|by| mine(by)) => {
                return Part::Isolates(policy.speaks());
            }
            _ => {}
        }
        if !holds(&tier.asked) {
            return Part::NotAsked;
        }
        let passes = |r: &&RuleStep<'_>| r.rule.action == Action::Pass && holds(&r.decided);
        if let Some(rule) = policy.rules.iter().find(passes) {
            return Part::Passes(rule.index);
        }
        let late = |r: &&RuleStep<'_>| r.rule.action != Action::Log && holds(&r.speaks);
        if let Some(rule) = policy.rules.iter().find(late) {
            return Part::Late(rule.index);
        }
        let speaks = policy.speaks();
        match (speaks.is_empty(), policy.rules.is_empty()) {
            (false, _) => Part::OtherPorts(speaks),
            (true, false) => Part::OtherPeers,
            (true, true) => Part::NoRules,
        }
    }

    /// The policies that select the end and on which a port's verdict does not hang.
    pub fn idle(&self, protocol: Protocol, port: u16) -> impl Iterator<Item = &'a Policy> {
        self.tiers.iter().flat_map(move |tier| {
            let idle = move |p: &&PolicyStep<'a>| !self.part(tier, p, protocol, port).matters();
            tier.policies.iter().filter(idle).map(|p| p.policy)
        })
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

/// The verdict that a rule of this action gives.
fn decides(action: Action) -> Option<Verdict> {
    match action {
        Action::Allow => Some(Verdict::Allow),
        Action::Deny => Some(Verdict::Deny),
        Action::Pass | Action::Log => None,
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
        let certain = !sure.is_empty() || self.matches == Verdict::Allow;
        self.matches = if certain { Verdict::Allow } else { Verdict::Undefined };
        self.speaks = self.speaks.union(sure).union(maybe);
        self.decided = self.decided.union(&state.open().intersection(sure));
        self.maybe = self.maybe.union(&state.open().intersection(maybe));
        if !maybe.is_empty() {
            self.reasons = self.reasons.union(reasons);
        }
    }
}
