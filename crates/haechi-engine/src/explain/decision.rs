//! What decided a port, and what every policy that selects an end had to do with it.

use haechi_model::port::{PortSet, Protocol};
use haechi_policy::{Action, Isolation, Policy};

use super::{Judgement, PolicyStep, RuleStep, TierStep};
use crate::outcome::Verdict;

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
    /// This rule of it may match, and the verdict is the same if it does not.
    Either(usize),
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
        // Rules that may match leave no doubt where each of them decides alike, or what is left does.
        let mut alike = maybe.iter().filter(|(_, r)| decides(r.rule.action) == Some(verdict));
        match (verdict, sure) {
            (Verdict::Undefined, _) => Decision::Undefined(maybe, isolating),
            (_, Some((policy, rule))) => Decision::Rule(policy, rule),
            (Verdict::Deny, None) if !isolating.is_empty() => Decision::Isolated(isolating),
            (Verdict::Deny | Verdict::Allow, None) => match alike.next() {
                Some((policy, rule)) => Decision::Rule(policy, rule.clone()),
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
        let either = |r: &&RuleStep<'_>| r.rule.action != Action::Log && holds(&r.maybe);
        if let Some(rule) = policy.rules.iter().find(either) {
            return Part::Either(rule.index);
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

    /// Cuts ports into sets that nothing of the judgement tells apart: one of each set stands for all.
    #[must_use]
    pub fn cut(&self, ports: &PortSet) -> Vec<PortSet> {
        let of_rule = |r: &'_ RuleStep<'a>| [r.decided.clone(), r.maybe.clone(), r.speaks.clone()];
        let of_tier = |t: &'_ TierStep<'a>| [t.asked.clone(), t.isolated.clone(), t.left.clone()];
        let rules = self
            .tiers
            .iter()
            .flat_map(TierStep::rules)
            .flat_map(|(_, rule)| of_rule(rule));
        let mut sets = vec![self.outcome.allow.clone(), self.outcome.undefined.clone()];
        sets.extend(self.tiers.iter().flat_map(of_tier));
        sets.extend(rules);
        sets.sort();
        sets.dedup();
        let mut cells = vec![ports.clone()];
        for set in sets {
            cells = cells
                .iter()
                .flat_map(|cell| [cell.intersection(&set), cell.difference(&set)])
                .filter(|cell| !cell.is_empty())
                .collect();
        }
        cells.sort();
        cells
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
