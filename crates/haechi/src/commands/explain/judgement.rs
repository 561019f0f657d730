//! What one end's policies make of connections, as it is reported.

use std::collections::BTreeMap;

use haechi_engine::{Explanation, Part, PolicyStep, RuleStep, TierStep, Verdict, matching_peers};
use haechi_model::cluster::{Cluster, PodNetwork};
use haechi_model::{Files, Location, PortSet};
use haechi_policy::{Direction, Peers};

use super::answer::verdict;
use crate::report::explain::{self as report, NoSubject, Role, Source};
use crate::report::port::ranges;

/// What reporting a judgement takes.
#[derive(Clone, Copy)]
pub(super) struct Reporter<'r, 'a> {
    pub(super) cluster: &'a Cluster,
    pub(super) files: &'a Files,
    pub(super) explanation: &'r Explanation<'a>,
    /// The ports that are asked about.
    pub(super) ports: &'r PortSet,
}

/// More lines of a rule are left out.
const MOST_LINES: usize = 24;

impl<'a> Reporter<'_, 'a> {
    /// What the policies of one end, which goes by this name, make of the ports.
    pub(super) fn judgement(&self, direction: Direction, name: String) -> report::Judgement {
        let (end, judgement) = match direction {
            Direction::Egress => (&self.explanation.from, &self.explanation.egress),
            Direction::Ingress => (&self.explanation.to, &self.explanation.ingress),
        };
        let Some(judgement) = judgement else {
            let is_host = matches!(end, haechi_engine::End::Endpoint(e)
                if self.cluster.endpoints[*e].network == PodNetwork::Host);
            return report::Judgement {
                end: name,
                verdict: report::Verdict::Allow,
                no_subject: Some(if is_host {
                    NoSubject::HostNetwork
                } else {
                    NoSubject::Outside
                }),
                tiers: Vec::new(),
            };
        };
        let cells = judgement.cut(self.ports);
        let tiers = judgement.tiers.iter().map(|tier| report::Tier {
            name: tier.tier.name.to_string(),
            policies: tier
                .policies
                .iter()
                .map(|policy| self.policy(direction, judgement, tier, policy, &cells))
                .collect(),
        });
        report::Judgement {
            end: name,
            verdict: verdict(&judgement.outcome, self.ports),
            no_subject: None,
            tiers: tiers.collect(),
        }
    }

    fn policy(
        &self,
        direction: Direction,
        judgement: &haechi_engine::Judgement<'a>,
        tier: &TierStep<'a>,
        policy: &PolicyStep<'a>,
        cells: &[PortSet],
    ) -> report::Policy {
        let mut parts: BTreeMap<(Role, Vec<usize>), (PortSet, PortSet)> = BTreeMap::new();
        for cell in cells {
            let Some(range) = cell.ranges().next() else { continue };
            let part = judgement.part(tier, policy, range.protocol, range.from);
            let (role, rules, matches) = taken_apart(part);
            let known = parts.entry((role, rules)).or_default();
            known.0 = known.0.union(cell);
            known.1 = known.1.union(&matches);
        }
        let matters = |role: Role| matches!(role, Role::Decides | Role::Passes | Role::MayDecide | Role::Isolates);
        report::Policy {
            id: policy.policy.id.to_string(),
            source: Source::new(self.files, policy.policy.location),
            matters: parts.keys().any(|(role, _)| matters(*role)),
            isolates: policy.isolation == haechi_policy::Isolation::Isolates,
            parts: parts
                .into_iter()
                .map(|((role, rules), (ports, matches))| report::Part {
                    role,
                    ports: ranges(&ports),
                    rules: rules
                        .into_iter()
                        .map(|r| self.rule(direction, &policy.rules[r]))
                        .collect(),
                    matches: ranges(&matches),
                })
                .collect(),
        }
    }

    fn rule(&self, direction: Direction, step: &RuleStep<'a>) -> report::Rule {
        report::Rule {
            peer_lines: self.peer_lines(direction, step),
            ..rule(self.files, step.index, step.rule)
        }
    }

    /// The lines of those peers of a rule with several that match the other end.
    fn peer_lines(&self, direction: Direction, step: &RuleStep<'a>) -> Vec<u32> {
        let Peers::Of(matches) = &step.rule.peers else {
            return Vec::new();
        };
        let first = matches.first().map(|m| m.location);
        if step.matches == Verdict::Deny || matches.iter().all(|m| Some(m.location) == first) {
            return Vec::new();
        }
        let Explanation { from, to, .. } = self.explanation;
        let lines = |place: Location| place.line..=place.last_line;
        matching_peers(self.cluster, direction, step.rule, from, to)
            .into_iter()
            .flat_map(|(place, _)| lines(place))
            .collect()
    }
}

/// A rule, with its lines.
pub(super) fn rule(files: &Files, index: usize, rule: &haechi_policy::Rule) -> report::Rule {
    report::Rule {
        number: index + 1,
        name: rule.name.as_ref().map(ToString::to_string),
        action: rule.action.into(),
        source: Source::new(files, rule.location),
        lines: files
            .lines(rule.location, MOST_LINES)
            .map(|(_, line)| line.trim_end().to_owned())
            .collect(),
        peer_lines: Vec::new(),
    }
}

fn taken_apart(part: Part) -> (Role, Vec<usize>, PortSet) {
    match part {
        Part::Decides(rule) => (Role::Decides, vec![rule], PortSet::NONE),
        Part::Passes(rule) => (Role::Passes, vec![rule], PortSet::NONE),
        Part::MayDecide(rules) => (Role::MayDecide, rules, PortSet::NONE),
        Part::Isolates(matches) => (Role::Isolates, Vec::new(), matches),
        Part::Late(rule) => (Role::Late, vec![rule], PortSet::NONE),
        Part::Either(rule) => (Role::Either, vec![rule], PortSet::NONE),
        Part::OtherPorts(matches) => (Role::OtherPorts, Vec::new(), matches),
        Part::OtherPeers => (Role::OtherPeers, Vec::new(), PortSet::NONE),
        Part::NoRules => (Role::NoRules, Vec::new(), PortSet::NONE),
        Part::NotAsked => (Role::NotAsked, Vec::new(), PortSet::NONE),
    }
}
