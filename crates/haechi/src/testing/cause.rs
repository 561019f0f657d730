//! What decided that a connection is not as expected.

use haechi_engine::locality::Locality;
use haechi_engine::{Compiled, Decision, End, Judgement, Verdict};
use haechi_model::port::PortRange;
use haechi_model::{Location, PortSet};
use haechi_policy::{Direction, Policy, Rule};

/// What decided in one direction.
#[derive(Clone, Debug)]
pub struct Cause<'a> {
    /// Which end's policies decided: the destination's for ingress; `None` if none did.
    pub direction: Option<Direction>,
    /// In words.
    pub said: String,
    /// The rules and policies that it was.
    pub places: Vec<Cited<'a>>,
}

/// A rule or policy, and where it stands.
#[derive(Clone, Debug)]
pub struct Cited<'a> {
    /// The policy.
    pub policy: &'a Policy,
    /// The rule of it, by its index; `None` for the policy as such.
    pub rule: Option<(usize, &'a Rule)>,
}

impl Cited<'_> {
    /// Where it stands.
    #[must_use]
    pub fn location(&self) -> Location {
        self.rule.map_or(self.policy.location, |(_, rule)| rule.location)
    }
}

/// Why the connection between two ends meets this verdict on some ports.
pub(super) fn of<'a>(
    (from, to): (&End, &End),
    verdict: Verdict,
    ports: &PortSet,
    compiled: &Compiled<'a>,
) -> Vec<Cause<'a>> {
    let explanation = compiled.explain(from, to);
    let plain = |said: &str| Cause {
        direction: None,
        said: said.to_owned(),
        places: Vec::new(),
    };
    match explanation.locality {
        Locality::Itself => return vec![plain("a pod always reaches itself")],
        Locality::OwnNode => return vec![plain("a pod and its own node always reach each other")],
        Locality::MaybeOwnNode | Locality::Elsewhere => {}
    }
    let Some(PortRange {
        protocol, from: port, ..
    }) = ports.ranges().next()
    else {
        return Vec::new();
    };
    let mut causes: Vec<Cause<'a>> = explanation
        .judgements()
        .filter(|judgement| judgement.outcome.on(protocol, port) == verdict)
        .map(|judgement| judged(judgement, judgement.decision(protocol, port)))
        .collect();
    if causes.is_empty() {
        causes.push(plain(match (verdict, explanation.locality) {
            (Verdict::Undefined, Locality::MaybeOwnNode) => {
                "they may be a pod and its own node, which always reach each other"
            }
            _ => "no policy selects either end",
        }));
    }
    causes
}

fn judged<'a>(judgement: &Judgement<'a>, decision: Decision<'a>) -> Cause<'a> {
    let whole = |policies: Vec<&'a Policy>| policies.into_iter().map(|policy| Cited { policy, rule: None });
    let (said, places) = match decision {
        Decision::Rule(policy, step) => {
            let said = format!("{} by {}", step.rule.action, rule(policy, step.index, step.rule));
            let cited = Cited {
                policy,
                rule: Some((step.index, step.rule)),
            };
            (said, vec![cited])
        }
        Decision::Isolated(policies) => {
            let said = match policies.len() {
                1 => "no rule allows it, and a policy isolates the pod".to_owned(),
                n => format!("no rule allows it, and {n} policies isolate the pod"),
            };
            (said, whole(policies).collect())
        }
        Decision::Open => ("no policy isolates the pod".to_owned(), Vec::new()),
        Decision::Undefined(rules, policies) => {
            let rules = rules.into_iter().map(|(policy, step)| Cited {
                policy,
                rule: Some((step.index, step.rule)),
            });
            let said = "it depends on the data plane".to_owned();
            (said, rules.chain(whole(policies)).collect())
        }
    };
    let end = match judgement.direction {
        Direction::Ingress => "at the destination",
        Direction::Egress => "at the source",
    };
    Cause {
        direction: Some(judgement.direction),
        said: format!("{} {end}: {said}", judgement.direction),
        places,
    }
}

/// `rule 2 of shop/NetworkPolicy/cart`, with its name where it has one.
fn rule(policy: &Policy, index: usize, rule: &Rule) -> String {
    let name = rule.name.as_ref().map(|n| format!(" ({n})")).unwrap_or_default();
    format!("rule {}{name} of {}", index + 1, policy.id)
}
