//! What rules decide, one after the other, where some of them only may apply.
//!
//! A connection meets a set of possible decisions: all those that some choice of the uncertain rules leads to.

use haechi_engine::{Reason, Reasons};
use haechi_policy::{Action, Ties};

use super::Verdicts;
use super::ends::Answer;

/// What a sequence of rules may end in.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) enum Decision {
    Allow,
    Deny,
    Pass,
    /// No rule speaks of the connection.
    Nothing,
}

/// A set of decisions, without repetition.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(crate) struct Decisions(Vec<Decision>);

impl Decisions {
    pub(crate) fn only(decision: Decision) -> Self {
        Self(vec![decision])
    }

    pub(crate) fn add(&mut self, decision: Decision) {
        if !self.has(decision) {
            self.0.push(decision);
        }
    }

    pub(crate) fn add_all(&mut self, other: &Self) {
        other.0.iter().for_each(|d| self.add(*d));
    }

    pub(crate) fn has(&self, decision: Decision) -> bool {
        self.0.contains(&decision)
    }

    /// Takes a decision out; whether it was in.
    fn take(&mut self, decision: Decision) -> bool {
        let had = self.has(decision);
        self.0.retain(|d| *d != decision);
        had
    }

    /// Every result of a decision of the one and a decision of the other.
    fn with(&self, other: &Self, results: impl Fn(Decision, Decision) -> Vec<Decision>) -> Self {
        let mut all = Self::default();
        for a in &self.0 {
            for b in &other.0 {
                results(*a, *b).into_iter().for_each(|d| all.add(d));
            }
        }
        all
    }
}

/// A rule, and whether it speaks of the connection.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Step {
    pub(crate) action: Action,
    pub(crate) applies: Answer,
}

/// The policies of one order in a tier, each with its rules.
#[derive(Clone, Debug)]
pub(crate) struct Tied {
    pub(crate) ties: Ties,
    pub(crate) policies: Vec<Vec<Step>>,
}

/// The policies of a tier that select an endpoint, by order.
#[derive(Clone, Debug)]
pub(crate) struct Asked {
    pub(crate) groups: Vec<Tied>,
    /// Whether one of them isolates the endpoint.
    pub(crate) isolates: Answer,
}

impl Asked {
    /// Whatever its answers hang on.
    pub(crate) fn reasons(&self) -> Reasons {
        let steps = self.groups.iter().flat_map(|g| g.policies.iter().flatten());
        steps
            .map(|s| s.applies)
            .chain([self.isolates])
            .fold(Reasons::NONE, |all, answer| all.union(answer.reasons()))
    }

    /// Everything that the tier may decide. `Nothing` is not among it: behind the rules stands isolation.
    fn decisions(&self, met: &mut Reasons) -> Decisions {
        let mut decisions = Decisions::only(Decision::Nothing);
        for group in &self.groups {
            if !decisions.take(Decision::Nothing) {
                return decisions;
            }
            decisions.add_all(&group.decisions(met));
        }
        if decisions.take(Decision::Nothing) {
            if self.isolates != Answer::No {
                decisions.add(Decision::Deny);
            }
            if self.isolates != Answer::Yes {
                decisions.add(Decision::Pass);
            }
        }
        decisions
    }
}

impl Tied {
    fn decisions(&self, met: &mut Reasons) -> Decisions {
        match self.ties {
            Ties::Agree | Ties::ByName => in_sequence(self.policies.iter().flatten()),
            Ties::Interleaved => {
                let longest = self.policies.iter().map(Vec::len).max().unwrap_or(0);
                let mut sequence = Vec::new();
                for place in 0..longest {
                    for action in [Action::Deny, Action::Allow, Action::Pass] {
                        let rules = self.policies.iter().filter_map(|p| p.get(place));
                        sequence.extend(rules.filter(|s| s.action == action));
                    }
                }
                in_sequence(sequence)
            }
            Ties::ActionFirst => {
                let mut sequence = Vec::new();
                for action in [Action::Deny, Action::Allow, Action::Pass] {
                    sequence.extend(self.policies.iter().flatten().filter(|s| s.action == action));
                }
                in_sequence(sequence)
            }
            Ties::Strictest => {
                let strictness = [Decision::Deny, Decision::Pass, Decision::Allow, Decision::Nothing];
                self.fold(|a, b| strictness.into_iter().filter(|d| *d == a || *d == b).take(1).collect())
            }
            Ties::Unspecified => {
                let decisions = self.fold(|a, b| match (a, b) {
                    (Decision::Nothing, other) | (other, Decision::Nothing) => vec![other],
                    // Whichever of the two is asked first.
                    _ => vec![a, b],
                });
                if decisions.0.len() > 1 && self.policies.len() > 1 {
                    *met = met.union(Reason::EqualPriority.into());
                }
                decisions
            }
        }
    }

    /// What comes of each policy's own decision and the others'.
    fn fold(&self, results: impl Fn(Decision, Decision) -> Vec<Decision>) -> Decisions {
        let mut all = Decisions::only(Decision::Nothing);
        for policy in &self.policies {
            all = all.with(&in_sequence(policy), &results);
        }
        all
    }
}

/// What rules decide that are asked one after the other.
fn in_sequence<'s>(steps: impl IntoIterator<Item = &'s Step>) -> Decisions {
    let mut decisions = Decisions::default();
    for step in steps {
        let decision = match step.action {
            Action::Allow => Decision::Allow,
            Action::Deny => Decision::Deny,
            Action::Pass => Decision::Pass,
            Action::Log => continue,
        };
        match step.applies {
            Answer::No => {}
            Answer::Maybe(_) => decisions.add(decision),
            Answer::Yes => {
                decisions.add(decision);
                return decisions;
            }
        }
    }
    decisions.add(Decision::Nothing);
    decisions
}

/// What a layer's tiers make of a connection; behind the last one it is allowed.
pub(crate) fn layer(tiers: Vec<Asked>, met: &mut Reasons) -> Verdicts {
    let mut verdicts = Verdicts {
        allow: false,
        deny: false,
    };
    for tier in tiers {
        let decisions = tier.decisions(met);
        verdicts.allow |= decisions.has(Decision::Allow);
        verdicts.deny |= decisions.has(Decision::Deny);
        if !decisions.has(Decision::Pass) {
            return verdicts;
        }
    }
    verdicts.allow = true;
    verdicts
}
