//! The smallest change of the policies that flips a verdict.
//!
//! Every change is proved before it is proposed: it is made in a copy of the policies, and the engine is asked again.

use haechi_model::cluster::{Cluster, PodNetwork};
use haechi_model::name::Name;
use haechi_model::place::Location;
use haechi_model::port::PortSet;
use haechi_model::{Profile, Protocol};
use haechi_policy::propose::{self, Proposal, ProposedPeer, ProposedSubject};
use haechi_policy::{Action, Direction, Peers, Policy, PolicySet};
use rustc_hash::FxHashSet;

use crate::compiled::{Compiled, compile_for};
use crate::end::End;
use crate::explain::{Decision, Explanation, Judgement, focus, matching_peers};
use crate::locality::Locality;
use crate::outcome::{Outcome, Verdict};

mod edit;
mod identity;
mod scope;

pub use edit::Edit;
pub use scope::selected_by;

use edit::{Base, Edited, with_peers};

/// What a verdict is to become.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Wanted {
    /// Every port is allowed.
    Allowed,
    /// Every port is denied.
    Denied,
}

/// What would flip a verdict.
#[derive(Clone, Debug)]
pub struct Flip<'a> {
    /// What the verdict is to become.
    pub wanted: Wanted,
    /// Changes each of which makes it so, smallest first.
    pub changes: Vec<Change<'a>>,
    /// What is in the way, if there are none.
    pub obstacles: Vec<Obstacle>,
}

/// Edits that together flip a verdict.
#[derive(Clone, Debug)]
pub struct Change<'a> {
    /// The edits, those at the source first.
    pub edits: Vec<Edit<'a>>,
    /// What the connection meets once they are made.
    pub outcome: Outcome,
}

/// Why no change of policies flips a verdict.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Obstacle {
    /// A pod always reaches itself.
    Itself,
    /// A pod and its own node always reach each other.
    OwnNode,
    /// They may be a pod and its own node, which no policy could keep apart.
    MaybeOwnNode,
    /// No policy can select either end.
    NoSubject,
    /// No object shows what the rules of one direction could call the other end by.
    Nameless(Direction),
    /// No kind of policy that selects the end can name the other one.
    Unsayable(Direction),
    /// Whatever was tried in one direction, the verdict stayed.
    Holds(Direction),
}

/// What would flip the verdict on `ports`, of which at least one is not yet as wanted.
#[must_use]
pub fn flip<'a>(
    cluster: &'a Cluster,
    policies: &'a PolicySet,
    profile: Profile,
    explanation: &Explanation<'a>,
    ports: &PortSet,
    wanted: Wanted,
) -> Flip<'a> {
    let search = Search {
        cluster,
        base: Base::of(policies, explanation),
        names: policies.policies().map(|p| &p.id.name).collect(),
        profile,
        explanation,
        ports,
    };
    let (changes, obstacles) = match wanted {
        Wanted::Allowed => search.to_allow(),
        Wanted::Denied => search.to_deny(),
    };
    Flip {
        wanted,
        obstacles: if changes.is_empty() { obstacles } else { Vec::new() },
        changes,
    }
}

/// A copy of policies with edits made.
#[must_use]
pub fn apply<'a>(policies: &'a PolicySet, edits: &[Edit<'a>]) -> PolicySet {
    let tiers = policies.tiers.iter().map(|tier| (tier, tier.policies.iter().collect()));
    Base(tiers.collect()).edited(edits).set
}

impl<'a> Base<'a> {
    fn of(policies: &'a PolicySet, explanation: &Explanation<'a>) -> Self {
        let selecting: FxHashSet<*const Policy> = explanation
            .judgements()
            .flat_map(|j| &j.tiers)
            .flat_map(|t| &t.policies)
            .map(|p| std::ptr::from_ref(p.policy))
            .collect();
        let of = |tier: &'a haechi_policy::Tier| {
            let policies = tier
                .policies
                .iter()
                .filter(|p| selecting.contains(&std::ptr::from_ref(*p)));
            (tier, policies.collect())
        };
        let tiers = policies
            .tiers
            .iter()
            .map(of)
            .filter(|(_, p): &(_, Vec<_>)| !p.is_empty());
        Self(tiers.collect())
    }
}

/// The search for changes of one verdict.
struct Search<'q, 'a> {
    cluster: &'a Cluster,
    base: Base<'a>,
    /// Names that policies have already.
    names: FxHashSet<&'a Name>,
    profile: Profile,
    explanation: &'q Explanation<'a>,
    ports: &'q PortSet,
}

/// Edits that are tried for one direction, and what they are for.
type Edits<'a> = Vec<Edit<'a>>;

impl<'a> Search<'_, 'a> {
    fn to_allow(&self) -> (Vec<Change<'a>>, Vec<Obstacle>) {
        let mut ways: Vec<Vec<Edits<'a>>> = Vec::new();
        let mut obstacles = Vec::new();
        for judgement in self.explanation.judgements() {
            if self.ports.is_subset(&judgement.outcome.allow) {
                continue;
            }
            match self.allowing(judgement) {
                Ok(found) => ways.push(found),
                Err(obstacle) => obstacles.push(obstacle),
            }
        }
        if !obstacles.is_empty() {
            return (Vec::new(), obstacles);
        }
        let combined: Vec<Edits<'a>> = match ways.as_slice() {
            [] => return (Vec::new(), vec![self.locality_obstacle()]),
            [one] => one.clone(),
            // Both ends must change: the smallest at each.
            several => vec![several.iter().filter_map(|w| w.first()).flatten().cloned().collect()],
        };
        let changes = self.proved(combined, Wanted::Allowed);
        (changes, vec![self.locality_obstacle()])
    }

    fn to_deny(&self) -> (Vec<Change<'a>>, Vec<Obstacle>) {
        match self.explanation.locality {
            Locality::Elsewhere => {}
            _ => return (Vec::new(), vec![self.locality_obstacle()]),
        }
        let mut ways: Vec<(Direction, Edits<'a>)> = Vec::new();
        let mut obstacles = Vec::new();
        for judgement in self.explanation.judgements() {
            let found = self.denying(judgement);
            if found.is_empty() {
                obstacles.push(Obstacle::Holds(judgement.direction));
            }
            ways.extend(found.into_iter().map(|edits| (judgement.direction, edits)));
        }
        if obstacles.is_empty() && ways.is_empty() {
            obstacles.push(Obstacle::NoSubject);
        }
        // Of equal ways, the one at the destination: to shut a source cuts it off from the names of its peers, too.
        let order = |edits: &Edits<'a>| (shuts(edits), edits.len(), edits.iter().map(weight).max());
        ways.sort_by_key(|(direction, edits)| (order(edits), *direction));
        let mut ways: Vec<Edits<'a>> = ways.into_iter().map(|(_, edits)| edits).collect();
        // A policy that shuts everything else out, too, is the last resort, and one is enough.
        match ways.first() {
            Some(first) if shuts(first) => ways.truncate(1),
            _ => ways.retain(|edits| !shuts(edits)),
        }
        (self.proved(ways, Wanted::Denied), obstacles)
    }

    fn locality_obstacle(&self) -> Obstacle {
        match self.explanation.locality {
            Locality::Itself => Obstacle::Itself,
            Locality::OwnNode => Obstacle::OwnNode,
            Locality::MaybeOwnNode => Obstacle::MaybeOwnNode,
            Locality::Elsewhere => Obstacle::NoSubject,
        }
    }

    /// Those ways that really lead there.
    fn proved(&self, ways: Vec<Edits<'a>>, wanted: Wanted) -> Vec<Change<'a>> {
        let changes = ways.into_iter().filter_map(|edits| {
            let edited = self.base.edited(&edits);
            let outcome = self
                .asked(&edited)
                .between(&self.explanation.from, &self.explanation.to);
            holds(&outcome, self.ports, wanted).then_some(Change { edits, outcome })
        });
        changes.take(MOST_CHANGES).collect()
    }

    fn asked<'e>(&'e self, edited: &'e Edited<'a>) -> Compiled<'e> {
        let ends = [&self.explanation.from, &self.explanation.to];
        compile_for(self.cluster, &edited.set, &focus(ends))
    }

    /// Whether one end's policies come to what is wanted once edits are made.
    fn works(&self, direction: Direction, edits: &[Edit<'a>], wanted: Wanted) -> bool {
        let edited = self.base.edited(edits);
        let outcome = self
            .asked(&edited)
            .judged(direction, &self.explanation.from, &self.explanation.to);
        holds(&outcome, self.ports, wanted)
    }

    /// Ways in which one end's policies would allow, smallest first; at least one.
    fn allowing(&self, judgement: &Judgement<'a>) -> Result<Vec<Edits<'a>>, Obstacle> {
        let direction = judgement.direction;
        let Some((protocol, port)) = first(&self.ports.difference(&judgement.outcome.allow)) else {
            return Err(Obstacle::Holds(direction));
        };
        let decision = judgement.decision(protocol, port);
        let begun = self.steps_to_allow(direction, &decision, |policy, index| Some((policy, index)));
        let tried = begun.len();
        let mut ways: Vec<Edits<'a>> = begun
            .into_iter()
            .filter_map(|edits| self.completed(direction, edits))
            .collect();
        if matches!(decision, Decision::Rule(..) | Decision::Undefined(..)) {
            ways.extend(self.without(direction, Wanted::Allowed));
        }
        ways.iter_mut()
            .for_each(|edits| self.prune(direction, edits, Wanted::Allowed));
        let mut ways = without_repetitions(ways);
        ways.sort_by_key(Vec::len);
        match (ways.is_empty(), tried) {
            (false, _) => Ok(ways),
            (true, 0) if self.peers(direction).is_empty() => Err(Obstacle::Nameless(direction)),
            (true, 0) => Err(Obstacle::Unsayable(direction)),
            (true, _) => Err(Obstacle::Holds(direction)),
        }
    }

    /// Edits that overrule what decided a port, the narrowest first. `original` finds the rule that one was.
    fn steps_to_allow<'d>(
        &self,
        direction: Direction,
        decision: &Decision<'d>,
        original: impl Fn(&'d Policy, usize) -> Option<(&'a Policy, usize)>,
    ) -> Vec<Edits<'a>> {
        let exception = |policy: &'d Policy, index: usize| {
            let (policy, index) = original(policy, index)?;
            self.exception(policy, direction, index, Action::Allow)
        };
        let additions = |isolating: &[&'d Policy]| {
            let originals = |policy: &&'d Policy| original(policy, 0).map(|(policy, _)| policy);
            let isolating: Vec<&'a Policy> = isolating.iter().filter_map(originals).collect();
            self.additions(direction, &isolating)
        };
        match decision {
            Decision::Rule(policy, rule) => exception(policy, rule.index).map(|e| vec![e]).into_iter().collect(),
            Decision::Isolated(policies) => additions(policies),
            Decision::Undefined(rules, policies) => {
                let stopping = rules.iter().filter(|(_, r)| r.rule.action != Action::Allow);
                let exceptions: Option<Edits<'a>> = stopping.map(|(policy, r)| exception(policy, r.index)).collect();
                let exceptions = exceptions.filter(|edits| !edits.is_empty());
                additions(policies).into_iter().chain(exceptions).collect()
            }
            Decision::Open => Vec::new(),
        }
    }

    /// Goes on until one end's policies allow; `None` if that leads nowhere.
    fn completed(&self, direction: Direction, mut edits: Edits<'a>) -> Option<Edits<'a>> {
        while edits.len() <= MOST_EDITS {
            let edited = self.base.edited(&edits);
            let compiled = self.asked(&edited);
            let explained = compiled.explain(&self.explanation.from, &self.explanation.to);
            let judgement = match direction {
                Direction::Ingress => explained.ingress?,
                Direction::Egress => explained.egress?,
            };
            let Some((protocol, port)) = first(&self.ports.difference(&judgement.outcome.allow)) else {
                return Some(edits);
            };
            let decision = judgement.decision(protocol, port);
            let next = self.steps_to_allow(direction, &decision, |policy, index| {
                // A policy without rules is itself all the same.
                edited
                    .original(policy, direction, index)
                    .or_else(|| Some((edited.original_policy(policy)?, 0)))
            });
            let before = edits.len();
            let fresh = |step: &Edits<'a>| !step.iter().all(|e| edits.iter().any(|known| known.is_like(e)));
            let step = next.into_iter().find(fresh)?;
            edits.extend(step);
            debug_assert!(edits.len() > before, "every step adds an edit");
        }
        None
    }

    /// Ways in which one end's policies would deny.
    fn denying(&self, judgement: &Judgement<'a>) -> Vec<Edits<'a>> {
        let direction = judgement.direction;
        let possible = judgement.outcome.allow.union(&judgement.outcome.undefined);
        let Some((protocol, port)) = first(&self.ports.intersection(&possible)) else {
            return Vec::new();
        };
        let mut ways: Vec<Edits<'a>> = Vec::new();
        ways.extend(self.without(direction, Wanted::Denied));
        let decision = judgement.decision(protocol, port);
        if let Decision::Rule(policy, rule) = &decision {
            let exception = self.exception(policy, direction, rule.index, Action::Deny);
            ways.extend(exception.map(|e| vec![e]));
        }
        if matches!(decision, Decision::Open) {
            let policies = judgement.tiers.iter().flat_map(|t| &t.policies);
            // As no rule matches, one policy is as good as another.
            let denial = policies
                .into_iter()
                .find_map(|p| self.exception(p.policy, direction, 0, Action::Deny));
            ways.extend(denial.map(|e| vec![e]));
            ways.extend(self.new_policy(direction, &[]).map(|e| vec![e]));
        }
        ways.retain(|edits| self.works(direction, edits, Wanted::Denied));
        ways.iter_mut()
            .for_each(|edits| self.prune(direction, edits, Wanted::Denied));
        ways
    }

    /// Leaves out edits without which the others do.
    fn prune(&self, direction: Direction, edits: &mut Edits<'a>, wanted: Wanted) {
        let mut at = edits.len();
        while edits.len() > 1 && at > 0 {
            at -= 1;
            let edit = edits.remove(at);
            if !self.works(direction, edits, wanted) {
                edits.insert(at, edit);
            }
        }
    }

    /// Takes out, one after the other, the rules that are in the way; `None` if that leads nowhere.
    fn without(&self, direction: Direction, wanted: Wanted) -> Option<Edits<'a>> {
        let mut edits: Edits<'a> = Vec::new();
        while edits.len() < MOST_EDITS {
            let edited = self.base.edited(&edits);
            let compiled = self.asked(&edited);
            let explained = compiled.explain(&self.explanation.from, &self.explanation.to);
            let judgement = match direction {
                Direction::Ingress => explained.ingress?,
                Direction::Egress => explained.egress?,
            };
            let outcome = &judgement.outcome;
            let wrong = match wanted {
                Wanted::Allowed => self.ports.difference(&outcome.allow),
                Wanted::Denied => self.ports.intersection(&outcome.allow.union(&outcome.undefined)),
            };
            let Some((protocol, port)) = first(&wrong) else {
                return Some(edits);
            };
            let unwanted = match wanted {
                Wanted::Allowed => Action::Deny,
                Wanted::Denied => Action::Allow,
            };
            let (policy, rule) = match judgement.decision(protocol, port) {
                Decision::Rule(policy, rule) => (policy, rule),
                Decision::Undefined(rules, _) => rules.into_iter().find(|(_, r)| r.rule.action == unwanted)?,
                Decision::Isolated(_) | Decision::Open => return None,
            };
            let (policy, index) = edited.original(policy, direction, rule.index)?;
            edits.push(self.removal(policy, direction, index)?);
        }
        None
    }

    /// Takes a rule out, or those of its peers that are meant, if it has others.
    fn removal(&self, policy: &'a Policy, direction: Direction, index: usize) -> Option<Edit<'a>> {
        let rule = &policy.rules(direction)?.rules[index];
        let whole = Edit::RemoveRule {
            policy,
            direction,
            index,
            rule,
        };
        let Peers::Of(matches) = &rule.peers else {
            return Some(whole);
        };
        let mut places: Vec<Location> = matches.iter().map(|m| m.location).collect();
        places.dedup();
        let Explanation { from, to, .. } = self.explanation;
        let meant: Vec<Location> = matching_peers(self.cluster, direction, rule, from, to)
            .into_iter()
            .map(|(place, _)| place)
            .collect();
        if meant.is_empty() || meant.len() == places.len() {
            return Some(whole);
        }
        Some(Edit::RemovePeers {
            policy,
            direction,
            index,
            rule,
            left: with_peers(rule, |place| !meant.contains(&place)),
            peers: meant,
        })
    }

    /// A rule before another one that overrules it for this connection.
    fn exception(&self, policy: &'a Policy, direction: Direction, index: usize, action: Action) -> Option<Edit<'a>> {
        let rule = propose::rule(policy, &self.proposal(direction, action)?, self.profile)?;
        Some(Edit::AddRule {
            policy,
            direction,
            before: Some(index),
            rule,
        })
    }

    /// A rule in one of the policies that isolate the end, or a policy of its own, the narrowest first.
    fn additions(&self, direction: Direction, isolating: &[&'a Policy]) -> Vec<Edits<'a>> {
        let Some(proposal) = self.proposal(direction, Action::Allow) else {
            return Vec::new();
        };
        let own = self.own_workload(direction);
        let mut rules: Vec<(usize, Edits<'a>)> = Vec::new();
        for &policy in isolating {
            let Some(rule) = propose::rule(policy, &proposal, self.profile) else {
                continue;
            };
            let others = selected_by(self.cluster, policy)
                .into_iter()
                .filter(|w| Some(*w) != own);
            let edit = Edit::AddRule {
                policy,
                direction,
                before: None,
                rule,
            };
            rules.push((others.count(), vec![edit]));
        }
        rules.sort_by_key(|(others, edits)| {
            let is_bare = edits[0]
                .policy()
                .and_then(|p| p.rules(direction))
                .is_some_and(|r| r.rules.is_empty());
            (*others, is_bare)
        });
        let narrowest = rules.first().map(|(others, _)| *others);
        let mut ways: Vec<Edits<'a>> = rules.into_iter().take(1).map(|(_, edits)| edits).collect();
        if narrowest != Some(0) {
            // A rule in a policy of many opens all of them; a policy of its own opens this end alone.
            ways.splice(0..0, self.new_policy(direction, &[proposal]).map(|e| vec![e]));
        }
        ways
    }

    /// A policy for this end alone.
    fn new_policy(&self, direction: Direction, rules: &[Proposal]) -> Option<Edit<'a>> {
        let (own, peer) = self.ends(direction);
        let Some(ProposedPeer::Pods { namespace, labels }) = identity::peers(self.cluster, own).pop() else {
            return None;
        };
        let subject = ProposedSubject {
            name: self.free_name(&identity::policy_name(
                self.cluster,
                direction,
                &labels,
                own,
                (!rules.is_empty()).then_some(peer),
            )),
            namespace,
            labels,
            direction,
        };
        propose::policy(&subject, rules, self.profile).map(Edit::AddPolicy)
    }

    /// A name that no policy has.
    fn free_name(&self, text: &str) -> Name {
        let numbered = std::iter::once(text.to_owned()).chain((2..).map(|n| format!("{text}-{n}")));
        let mut free = numbered.map(Name::from).filter(|name| !self.names.contains(name));
        free.next().unwrap_or_default()
    }

    fn proposal(&self, direction: Direction, action: Action) -> Option<Proposal> {
        let peers = self.peers(direction);
        (!peers.is_empty()).then(|| Proposal {
            action,
            direction,
            peers,
            ports: self.ports.clone(),
        })
    }

    /// What the rules of a direction may call the other end.
    fn peers(&self, direction: Direction) -> Vec<ProposedPeer> {
        identity::peers(self.cluster, self.ends(direction).1)
    }

    /// The end that a direction's policies select, and the other one.
    fn ends(&self, direction: Direction) -> (&End, &End) {
        let Explanation { from, to, .. } = self.explanation;
        match direction {
            Direction::Ingress => (to, from),
            Direction::Egress => (from, to),
        }
    }

    fn own_workload(&self, direction: Direction) -> Option<usize> {
        match self.ends(direction).0 {
            End::Endpoint(index) if self.cluster.endpoints[*index].network == PodNetwork::Own => {
                Some(self.cluster.endpoints[*index].workload)
            }
            _ => None,
        }
    }
}

/// More would be a list, not an advice.
const MOST_CHANGES: usize = 3;
/// A change of more edits is no small one.
const MOST_EDITS: usize = 16;

fn holds(outcome: &Outcome, ports: &PortSet, wanted: Wanted) -> bool {
    match wanted {
        Wanted::Allowed => ports.is_subset(&outcome.allow),
        Wanted::Denied => !ports.overlaps(&outcome.allow) && !ports.overlaps(&outcome.undefined),
    }
}

/// Whether an edit shuts its end to more than it was asked for.
fn shuts(edits: &[Edit<'_>]) -> bool {
    edits.iter().any(|e| matches!(e, Edit::AddPolicy(_)))
}

/// How much an edit may change beside what was asked for.
fn weight(edit: &Edit<'_>) -> usize {
    match edit {
        Edit::RemovePeers { .. } => 0,
        Edit::RemoveRule { .. } => 1,
        Edit::AddRule { .. } => 2,
        Edit::AddPolicy(_) => 3,
    }
}

/// Ways that begin differently may come to the same.
fn without_repetitions(ways: Vec<Edits<'_>>) -> Vec<Edits<'_>> {
    let mut kept: Vec<Edits<'_>> = Vec::new();
    for way in ways {
        let same = |known: &Edits<'_>| known.len() == way.len() && known.iter().zip(&way).all(|(a, b)| a.is_like(b));
        if !kept.iter().any(same) {
            kept.push(way);
        }
    }
    kept
}

/// The first port of a set.
fn first(ports: &PortSet) -> Option<(Protocol, u16)> {
    ports.ranges().next().map(|range| (range.protocol, range.from))
}

/// Whether verdicts on all of some ports are as wanted.
#[must_use]
pub fn is_as_wanted(outcome: &Outcome, ports: &PortSet, wanted: Wanted) -> bool {
    holds(outcome, ports, wanted)
}

impl Wanted {
    /// What would turn a verdict round; of an undefined one, what would make it certain that it is allowed.
    #[must_use]
    pub fn opposite(verdict: Verdict) -> Self {
        match verdict {
            Verdict::Allow => Self::Denied,
            Verdict::Deny | Verdict::Undefined => Self::Allowed,
        }
    }
}
