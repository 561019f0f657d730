//! What would flip a verdict, as it is reported.

use haechi_engine::change::{self, Change, Edit, Obstacle, Wanted};
use haechi_engine::{End, Explanation, Verdict};
use haechi_model::{Files, PortSet};
use haechi_policy::Direction;

use super::judgement::rule;
use crate::load::Loaded;
use crate::report::explain::{self as report, EditKind, Source};
use crate::report::port::ranges;

/// What would flip the verdict on some ports; nothing if there are none.
pub(super) fn report(loaded: &Loaded, explanation: &Explanation<'_>, ports: &PortSet) -> Option<report::Flip> {
    let wanted = wanted(explanation, ports)?;
    let cluster = &loaded.snapshot.cluster;
    let flip = change::flip(
        cluster,
        &loaded.policies,
        loaded.profile.profile,
        explanation,
        ports,
        wanted,
    );
    let reporter = Reporter {
        loaded,
        files: loaded.files(),
        explanation,
        ports,
    };
    Some(report::Flip {
        to: match wanted {
            Wanted::Allowed => report::Verdict::Allow,
            Wanted::Denied => report::Verdict::Deny,
        },
        ports: ranges(ports),
        changes: flip.changes.iter().map(|c| reporter.change(c)).collect(),
        obstacles: flip.obstacles.into_iter().map(obstacle).collect(),
    })
}

/// What the verdict would be turned to: to allow as long as anything is not allowed for certain.
fn wanted(explanation: &Explanation<'_>, ports: &PortSet) -> Option<Wanted> {
    let outcome = &explanation.outcome;
    if ports.is_empty() {
        None
    } else if ports.is_subset(&outcome.allow) {
        Some(Wanted::opposite(Verdict::Allow))
    } else {
        Some(Wanted::opposite(Verdict::Deny))
    }
}

struct Reporter<'r, 'a> {
    loaded: &'r Loaded,
    files: &'r Files,
    explanation: &'r Explanation<'a>,
    ports: &'r PortSet,
}

impl Reporter<'_, '_> {
    fn change(&self, change: &Change<'_>) -> report::Change {
        let (before, after) = (&self.explanation.outcome.allow, &change.outcome.allow);
        // What the specification says nothing about is nobody's intention.
        let further = |set: PortSet| ranges(&set.difference(self.ports).intersection(&PortSet::with_ports()));
        report::Change {
            edits: change.edits.iter().map(|e| self.edit(e)).collect(),
            allowed: ranges(after),
            also_opens: further(after.difference(before)),
            also_closes: further(before.difference(after)),
        }
    }

    fn edit(&self, edit: &Edit<'_>) -> report::Edit {
        let blank = report::Edit {
            kind: EditKind::AddRule,
            direction: direction(edit).into(),
            policy: String::new(),
            source: None,
            rule: None,
            peers: Vec::new(),
            yaml: None,
            other_workloads: 0,
        };
        let of = |policy: &haechi_policy::Policy| report::Edit {
            policy: policy.id.to_string(),
            source: Some(Source::new(self.files, policy.location)),
            other_workloads: self.others(policy, direction(edit)),
            ..blank.clone()
        };
        match edit {
            Edit::AddRule {
                policy,
                direction,
                before,
                rule: new,
            } => report::Edit {
                kind: EditKind::AddRule,
                rule: before.and_then(|index| {
                    let present = policy.rules(*direction)?.rules.get(index)?;
                    Some(rule(self.files, index, present))
                }),
                yaml: Some(new.yaml.clone()),
                ..of(policy)
            },
            Edit::RemoveRule {
                policy,
                index,
                rule: present,
                ..
            } => report::Edit {
                kind: EditKind::RemoveRule,
                rule: Some(rule(self.files, *index, present)),
                ..of(policy)
            },
            Edit::RemovePeers {
                policy,
                index,
                rule: present,
                peers,
                ..
            } => report::Edit {
                kind: EditKind::RemovePeers,
                rule: Some(rule(self.files, *index, present)),
                peers: peers.iter().map(|p| Source::new(self.files, *p)).collect(),
                ..of(policy)
            },
            Edit::AddPolicy(new) => report::Edit {
                kind: EditKind::AddPolicy,
                policy: new.policy.id.to_string(),
                yaml: Some(new.yaml.clone()),
                ..blank
            },
        }
    }

    /// How many workloads beside the end's own a policy selects.
    fn others(&self, policy: &haechi_policy::Policy, direction: Direction) -> usize {
        let cluster = &self.loaded.snapshot.cluster;
        let end = match direction {
            Direction::Ingress => &self.explanation.to,
            Direction::Egress => &self.explanation.from,
        };
        let own = match end {
            End::Endpoint(index) => Some(cluster.endpoints[*index].workload),
            End::Address(_) | End::Domain(_) => None,
        };
        let selected = change::selected_by(cluster, policy);
        selected.into_iter().filter(|w| Some(*w) != own).count()
    }
}

fn direction(edit: &Edit<'_>) -> Direction {
    match edit {
        Edit::AddRule { direction, .. } | Edit::RemoveRule { direction, .. } | Edit::RemovePeers { direction, .. } => {
            *direction
        }
        Edit::AddPolicy(new) if new.policy.egress.is_some() => Direction::Egress,
        Edit::AddPolicy(_) => Direction::Ingress,
    }
}

fn obstacle(obstacle: Obstacle) -> report::Obstacle {
    let (code, text) = match obstacle {
        Obstacle::Itself => ("itself", "no policy can: a pod always reaches itself".to_owned()),
        Obstacle::OwnNode => (
            "own-node",
            "no policy can: a pod and its own node always reach each other".to_owned(),
        ),
        Obstacle::MaybeOwnNode => (
            "maybe-own-node",
            "no policy can while nobody says on which node the pod runs: pods as the cluster shows them \
             (kubectl get pods -o yaml) name their nodes"
                .to_owned(),
        ),
        Obstacle::NoSubject => ("no-subject", "no policy can: none selects either end".to_owned()),
        Obstacle::Nameless(Direction::Ingress) => (
            "nameless",
            "the sources show no address of the one who begins to talk, by which a rule could name it".to_owned(),
        ),
        Obstacle::Nameless(Direction::Egress) => (
            "nameless",
            "the sources show no address of the one who is talked to, by which a rule could name it".to_owned(),
        ),
        Obstacle::Unsayable(direction) => (
            "unsayable",
            format!("the policies that decide its {direction} cannot name the other end; allow its addresses instead"),
        ),
        Obstacle::Holds(direction) => (
            "holds",
            format!("no single change of its {direction} policies was found that does it under this profile"),
        ),
    };
    report::Obstacle { code, text }
}
