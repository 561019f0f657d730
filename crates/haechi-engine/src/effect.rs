//! What rules do to a connection, one after the other.
//!
//! A [`State`] says for every port what may have become of a connection so far. A rule that matches
//! for certain decides its ports; one that only may match makes its decision possible and leaves the
//! rest possible, too. What is possible in two ways at the end is undefined.
//!
//! Several rules may hang on one fact, such as where a pod is whose address nobody shows. Then the
//! connection is followed in every world that the facts allow, so that a rule and its opposite are
//! never both taken to match.

use haechi_model::port::PortSet;
use haechi_policy::Action;

use crate::outcome::{Outcome, Reason, Reasons};
use crate::world::{Fact, World};

/// What may have become of a connection in one world, port by port; one port may be in several sets.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
struct Course {
    /// It may be that no rule of the tier decided.
    open: PortSet,
    allow: PortSet,
    deny: PortSet,
    /// It may be that the next tier decides.
    passed: PortSet,
    /// Why ports are in several sets, by reason.
    doubts: Vec<(Reason, PortSet)>,
    /// What earlier layers let by.
    before: Option<Outcome>,
    ballot: Option<Box<Ballot>>,
}

/// Policies of equal order, each judging by itself.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
struct Ballot {
    start: PortSet,
    allow: PortSet,
    deny: PortSet,
    passed: PortSet,
    votes: Vec<Vote>,
}

#[derive(Clone, Debug, PartialEq, Eq, Hash)]
struct Vote {
    open: PortSet,
    allow: PortSet,
    deny: PortSet,
    passed: PortSet,
}

/// One step of the way.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub(crate) enum Effect {
    /// A rule matches.
    Rule {
        action: Action,
        /// Ports that it speaks of for certain.
        sure: PortSet,
        /// Ports that it may speak of.
        maybe: PortSet,
        /// Why it may.
        reasons: Reasons,
        /// If what it hangs on is known by itself: that, and the rule's effect if it holds.
        fact: Option<Box<(Fact, Effect)>>,
    },
    /// Policies of equal order begin.
    Tie,
    /// One of them has spoken, and others follow.
    Vote,
    /// All of them have spoken.
    Count(Winner),
    /// A tier is through.
    Tier(Rest),
    /// A layer is through.
    Layer,
}

/// Which of several policies of equal order is heard.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub(crate) enum Winner {
    /// Any may be.
    Any,
    /// The one that opens least.
    Strictest,
}

/// What a tier does with what none of its rules decided.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub(crate) enum Rest {
    /// It is denied.
    Denied,
    /// It is denied if a policy selects the endpoint that may not.
    MayBeDenied(Reasons),
    /// The next tier decides.
    GoesOn,
}

impl Effect {
    /// A rule that matches its peers for certain.
    pub(crate) fn certain(action: Action, sure: PortSet, unspecified: &PortSet) -> Self {
        let maybe = unspecified.difference(&sure);
        let reasons = if maybe.is_empty() {
            Reasons::NONE
        } else {
            Reason::Icmp.into()
        };
        Self::Rule {
            action,
            sure,
            maybe,
            reasons,
            fact: None,
        }
    }

    /// The same rule if it matches where a fact holds, for which nobody knows.
    pub(crate) fn conditional(&self, reason: Reason, fact: Fact) -> Self {
        match self.doubted(reason) {
            Self::Rule {
                action,
                sure,
                maybe,
                reasons,
                ..
            } => Self::Rule {
                action,
                sure,
                maybe,
                reasons,
                fact: Some(Box::new((fact, self.clone()))),
            },
            other => other,
        }
    }

    /// The same rule if it only may match, for one more reason.
    pub(crate) fn doubted(&self, reason: Reason) -> Self {
        match self {
            Self::Rule {
                action,
                sure,
                maybe,
                reasons,
                fact,
            } => Self::Rule {
                action: *action,
                sure: PortSet::NONE,
                maybe: sure.union(maybe),
                reasons: if sure.is_empty() { *reasons } else { Reasons::NONE }.union(reason.into()),
                fact: fact
                    .as_ref()
                    .map(|fact| Box::new((fact.0.clone(), fact.1.doubted(reason)))),
            },
            other => other.clone(),
        }
    }
}

impl Course {
    /// Nothing has been asked yet.
    fn start() -> Self {
        Self {
            open: PortSet::all(),
            allow: PortSet::NONE,
            deny: PortSet::NONE,
            passed: PortSet::NONE,
            doubts: Vec::new(),
            before: None,
            ballot: None,
        }
    }

    fn after(&self, effect: &Effect) -> Self {
        let mut next = self.clone();
        match effect {
            Effect::Rule {
                action,
                sure,
                maybe,
                reasons,
                ..
            } => next.rule(*action, sure, maybe, *reasons),
            Effect::Tie => {
                next.ballot = Some(Box::new(Ballot {
                    start: self.open.clone(),
                    allow: std::mem::take(&mut next.allow),
                    deny: std::mem::take(&mut next.deny),
                    passed: std::mem::take(&mut next.passed),
                    votes: Vec::new(),
                }));
            }
            Effect::Vote => next.vote(),
            Effect::Count(winner) => next.count(*winner),
            Effect::Tier(rest) => {
                match rest {
                    Rest::Denied => next.deny = next.deny.union(&std::mem::take(&mut next.open)),
                    Rest::MayBeDenied(reasons) => {
                        next.deny = next.deny.union(&next.open);
                        reasons.iter().for_each(|reason| next.doubt_if_any(reason, &self.open));
                    }
                    Rest::GoesOn => {}
                }
                next.open = next.open.union(&std::mem::take(&mut next.passed));
            }
            Effect::Layer => {
                let outcome = next.outcome();
                next = Self {
                    before: Some(outcome),
                    ..Self::start()
                };
            }
        }
        next
    }

    /// What becomes of the connection if nothing more is asked.
    fn outcome(&self) -> Outcome {
        let possible = self.allow.union(&self.open).union(&self.passed);
        let undefined = possible.intersection(&self.deny);
        let reasons = self
            .doubts
            .iter()
            .filter(|(_, ports)| ports.overlaps(&undefined))
            .fold(Reasons::NONE, |all, (reason, _)| all.union((*reason).into()));
        let own = Outcome {
            allow: possible.difference(&self.deny),
            undefined,
            reasons,
        };
        match &self.before {
            Some(before) => before.and(&own),
            None => own,
        }
    }

    fn rule(&mut self, action: Action, sure: &PortSet, maybe: &PortSet, reasons: Reasons) {
        let (sure, maybe) = (self.open.intersection(sure), self.open.intersection(maybe));
        let hit = sure.union(&maybe);
        let target = match action {
            Action::Allow => &mut self.allow,
            Action::Deny => &mut self.deny,
            Action::Pass => &mut self.passed,
            Action::Log => return,
        };
        *target = target.union(&hit);
        self.open = self.open.difference(&sure);
        if !maybe.is_empty() {
            reasons.iter().for_each(|reason| self.doubt(reason, &maybe));
        }
    }

    fn doubt(&mut self, reason: Reason, ports: &PortSet) {
        match self.doubts.binary_search_by_key(&reason, |d| d.0) {
            Ok(at) => self.doubts[at].1 = self.doubts[at].1.union(ports),
            Err(at) => self.doubts.insert(at, (reason, ports.clone())),
        }
    }

    fn vote(&mut self) {
        let Some(ballot) = &mut self.ballot else { return };
        ballot.votes.push(Vote {
            open: std::mem::replace(&mut self.open, ballot.start.clone()),
            allow: std::mem::take(&mut self.allow),
            deny: std::mem::take(&mut self.deny),
            passed: std::mem::take(&mut self.passed),
        });
    }

    fn count(&mut self, winner: Winner) {
        self.vote();
        let Some(ballot) = self.ballot.take() else { return };
        let Ballot {
            start,
            allow,
            deny,
            passed,
            votes,
        } = *ballot;
        let any = |part: fn(&Vote) -> &PortSet| votes.iter().fold(PortSet::NONE, |all, v| all.union(part(v)));
        let (mut allows, denials, mut passes) = (any(|v| &v.allow), any(|v| &v.deny), any(|v| &v.passed));
        let conflict = conflict(&votes);
        match winner {
            Winner::Any => self.doubt_if_any(Reason::EqualPriority, &conflict),
            Winner::Strictest => {
                // What one of them surely decides so strictly, or more, none can open again.
                let at_most = |strict: fn(&Vote) -> PortSet, rest: fn(&Vote) -> PortSet| {
                    votes
                        .iter()
                        .fold(PortSet::NONE, |all, v| all.union(&strict(v).difference(&rest(v))))
                };
                let denied = at_most(|v| v.deny.clone(), |v| v.allow.union(&v.passed).union(&v.open));
                let shut = at_most(|v| v.deny.union(&v.passed), |v| v.allow.union(&v.open));
                allows = allows.difference(&shut);
                passes = passes.difference(&denied);
            }
        }
        self.open = votes.iter().fold(start, |open, v| open.intersection(&v.open));
        self.allow = allow.union(&allows);
        self.deny = deny.union(&denials);
        self.passed = passed.union(&passes);
    }

    fn doubt_if_any(&mut self, reason: Reason, ports: &PortSet) {
        if !ports.is_empty() {
            self.doubt(reason, ports);
        }
    }
}

/// What may have become of a connection: its course in every world that rules told apart.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub(crate) struct State {
    /// The ports that may still be undecided in this tier, in some world.
    open: PortSet,
    worlds: Vec<(World, Course)>,
    /// Why there are several.
    reasons: Reasons,
}

impl State {
    /// Nothing has been asked yet.
    pub(crate) fn start() -> Self {
        let course = Course::start();
        Self {
            open: course.open.clone(),
            worlds: vec![(World::default(), course)],
            reasons: Reasons::NONE,
        }
    }

    /// The ports that may still be undecided in this tier.
    pub(crate) fn open(&self) -> &PortSet {
        &self.open
    }

    /// What becomes of the connection after this step.
    pub(crate) fn after(&self, effect: &Effect) -> Self {
        let mut next = self.clone();
        match effect {
            Effect::Rule {
                fact: Some(fact),
                reasons,
                ..
            } if self.worlds.len() < MOST_WORLDS => next.split(&fact.0, &fact.1, *reasons),
            _ => next
                .worlds
                .iter_mut()
                .for_each(|(_, course)| *course = course.after(effect)),
        }
        let open = next.worlds.iter().map(|(_, course)| &course.open);
        next.open = open.fold(PortSet::NONE, |all, open| all.union(open));
        next
    }

    /// What becomes of the connection if nothing more is asked.
    pub(crate) fn outcome(&self) -> Outcome {
        let mut outcomes = self.worlds.iter().map(|(_, course)| course.outcome());
        let mut sum = outcomes.next().unwrap_or_default();
        for other in outcomes {
            let allow = sum.allow.intersection(&other.allow);
            let possible = [&sum.allow, &sum.undefined, &other.allow, &other.undefined];
            let undefined = possible
                .into_iter()
                .fold(PortSet::NONE, |all, ports| all.union(ports))
                .difference(&allow);
            let differ =
                sum.allow.union(&sum.undefined) != other.allow.union(&other.undefined) || sum.allow != other.allow;
            let own = if differ { self.reasons } else { Reasons::NONE };
            let reasons = sum.reasons.union(other.reasons).union(own);
            sum = Outcome {
                reasons: if undefined.is_empty() { Reasons::NONE } else { reasons },
                allow,
                undefined,
            };
        }
        sum
    }

    /// Goes on in the worlds where a fact holds, and in those where it does not, each by itself.
    fn split(&mut self, fact: &Fact, effect: &Effect, reasons: Reasons) {
        for (world, course) in std::mem::take(&mut self.worlds) {
            let matched = course.after(effect);
            if matched == course {
                self.worlds.push((world, course));
                continue;
            }
            let (holds, fails) = world.split(fact);
            if !fails.is_empty() && !holds.is_empty() {
                self.reasons = self.reasons.union(reasons);
            }
            self.worlds
                .extend(holds.into_iter().map(|world| (world, matched.clone())));
            self.worlds
                .extend(fails.into_iter().map(|world| (world, course.clone())));
        }
    }
}

/// How many worlds are told apart; in more, a doubtful match is doubtful by itself.
const MOST_WORLDS: usize = 64;

/// The ports that two policies decide differently.
fn conflict(votes: &[Vote]) -> PortSet {
    let mut conflict = PortSet::NONE;
    for (i, a) in votes.iter().enumerate() {
        for b in &votes[i + 1..] {
            for (x, y) in [
                (&a.allow, &b.deny),
                (&a.allow, &b.passed),
                (&a.deny, &b.allow),
                (&a.deny, &b.passed),
                (&a.passed, &b.allow),
                (&a.passed, &b.deny),
            ] {
                conflict = conflict.union(&x.intersection(y));
            }
        }
    }
    conflict
}
