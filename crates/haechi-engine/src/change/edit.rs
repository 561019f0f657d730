//! Edits of policies, and policies edited.

use haechi_model::place::Location;
use haechi_policy::propose::{ProposedPolicy, ProposedRule};
use haechi_policy::{Direction, Peers, Policy, PolicySet, Rule, Tier};

/// One edit of a policy.
#[derive(Clone, Debug)]
pub enum Edit<'a> {
    /// A rule is added.
    AddRule {
        /// The policy.
        policy: &'a Policy,
        /// The list that it belongs to.
        direction: Direction,
        /// The index of the rule that it must stand before; `None` if it may stand anywhere.
        before: Option<usize>,
        /// The rule.
        rule: ProposedRule,
    },
    /// A rule is taken out.
    RemoveRule {
        /// The policy.
        policy: &'a Policy,
        /// The list that it is in.
        direction: Direction,
        /// Its index there.
        index: usize,
        /// The rule.
        rule: &'a Rule,
    },
    /// Some peers are taken out of a rule that has others.
    RemovePeers {
        /// The policy.
        policy: &'a Policy,
        /// The list that the rule is in.
        direction: Direction,
        /// The rule's index there.
        index: usize,
        /// The rule.
        rule: &'a Rule,
        /// Where the peers stand.
        peers: Vec<Location>,
        /// What is left of the rule.
        left: Rule,
    },
    /// A policy is added.
    AddPolicy(ProposedPolicy),
}

impl<'a> Edit<'a> {
    /// The policy that is edited; `None` for a new one.
    #[must_use]
    pub fn policy(&self) -> Option<&'a Policy> {
        match self {
            Self::AddRule { policy, .. } | Self::RemoveRule { policy, .. } | Self::RemovePeers { policy, .. } => {
                Some(policy)
            }
            Self::AddPolicy(_) => None,
        }
    }

    /// Whether two edits add or take out the same, so that one of them is enough.
    pub(super) fn is_like(&self, other: &Self) -> bool {
        match (self, other) {
            (
                Self::AddRule {
                    policy,
                    direction,
                    before,
                    ..
                },
                Self::AddRule {
                    policy: p,
                    direction: d,
                    before: b,
                    ..
                },
            ) => std::ptr::eq(*policy, *p) && direction == d && before == b,
            (
                Self::RemoveRule { rule, .. } | Self::RemovePeers { rule, .. },
                Self::RemoveRule { rule: r, .. } | Self::RemovePeers { rule: r, .. },
            ) => std::ptr::eq(*rule, *r),
            (Self::AddPolicy(_), Self::AddPolicy(_)) => true,
            _ => false,
        }
    }

    fn touches(&self, edited: &Policy, list: Direction) -> bool {
        match self {
            Self::AddRule { policy, direction, .. }
            | Self::RemoveRule { policy, direction, .. }
            | Self::RemovePeers { policy, direction, .. } => std::ptr::eq(*policy, edited) && *direction == list,
            Self::AddPolicy(_) => false,
        }
    }
}

/// The policies that matter to two ends: those that select one of them.
#[derive(Debug)]
pub(super) struct Base<'a>(pub(super) Vec<(&'a Tier, Vec<&'a Policy>)>);

/// A copy of those policies with edits made.
#[derive(Debug)]
pub(super) struct Edited<'a> {
    pub(super) set: PolicySet,
    /// Which policy each was, tier by tier as in `set`; `None` for a new one.
    originals: Vec<Vec<Option<Original<'a>>>>,
}

#[derive(Debug)]
struct Original<'a> {
    policy: &'a Policy,
    /// By direction, which rule each was; `None` for a new one.
    rules: [Vec<Option<usize>>; 2],
}

impl<'a> Base<'a> {
    pub(super) fn edited(&self, edits: &[Edit<'a>]) -> Edited<'a> {
        let mut edited = Edited {
            set: PolicySet::default(),
            originals: Vec::new(),
        };
        for (tier, policies) in &self.0 {
            let (policies, originals) = policies.iter().map(|policy| edited_policy(policy, edits)).unzip();
            edited.set.tiers.push(Tier {
                layer: tier.layer,
                name: tier.name.clone(),
                order: tier.order,
                ties: tier.ties,
                policies,
            });
            edited.originals.push(originals);
        }
        for edit in edits {
            if let Edit::AddPolicy(new) = edit {
                edited.add(new);
            }
        }
        edited
    }
}

impl<'a> Edited<'a> {
    fn add(&mut self, new: &ProposedPolicy) {
        let place = |t: &Tier| (t.layer, t.order, t.name.clone());
        let key = (new.tier.layer, new.tier.order, new.tier.name.clone());
        let at = match self.set.tiers.binary_search_by_key(&key, place) {
            Ok(at) => at,
            Err(at) => {
                let tier = Tier {
                    layer: new.tier.layer,
                    name: new.tier.name.clone(),
                    order: new.tier.order,
                    ties: new.tier.ties,
                    policies: Vec::new(),
                };
                self.set.tiers.insert(at, tier);
                self.originals.insert(at, Vec::new());
                at
            }
        };
        let policies = &mut self.set.tiers[at].policies;
        let behind = policies.partition_point(|p| p.order <= new.policy.order);
        policies.insert(behind, new.policy.clone());
        self.originals[at].insert(behind, None);
    }

    /// The original of an edited policy; `None` for a new one.
    pub(super) fn original_policy(&self, policy: &Policy) -> Option<&'a Policy> {
        let places = self.set.tiers.iter().zip(&self.originals);
        let mut all = places.flat_map(|(tier, originals)| tier.policies.iter().zip(originals));
        let (_, original) = all.find(|(p, _)| std::ptr::eq(*p, policy))?;
        Some(original.as_ref()?.policy)
    }

    /// The original of a rule of the edited policies; `None` for what is new.
    pub(super) fn original(&self, policy: &Policy, direction: Direction, index: usize) -> Option<(&'a Policy, usize)> {
        let places = self.set.tiers.iter().zip(&self.originals);
        let mut all = places.flat_map(|(tier, originals)| tier.policies.iter().zip(originals));
        let (_, original) = all.find(|(p, _)| std::ptr::eq(*p, policy))?;
        let original = original.as_ref()?;
        let rule = original.rules[direction as usize].get(index)?;
        Some((original.policy, (*rule)?))
    }
}

fn edited_policy<'a>(policy: &'a Policy, edits: &[Edit<'a>]) -> (Policy, Option<Original<'a>>) {
    let mut edited = policy.clone();
    let [ingress, egress] = Direction::BOTH.map(|direction| {
        let before = policy.rules(direction).map_or(&[][..], |r| &r.rules);
        let (rules, origins) = edited_rules(policy, direction, before, edits);
        let after = match direction {
            Direction::Ingress => edited.ingress.as_mut(),
            Direction::Egress => edited.egress.as_mut(),
        };
        if let Some(after) = after {
            after.rules = rules;
        }
        origins
    });
    let original = Original {
        policy,
        rules: [ingress, egress],
    };
    (edited, Some(original))
}

fn edited_rules(
    policy: &Policy,
    direction: Direction,
    before: &[Rule],
    edits: &[Edit<'_>],
) -> (Vec<Rule>, Vec<Option<usize>>) {
    let (mut rules, mut origins) = (Vec::new(), Vec::new());
    let mine = || edits.iter().filter(|e| e.touches(policy, direction));
    for at in 0..=before.len() {
        let (mut kept, is_last) = (before.get(at).cloned(), at == before.len());
        for edit in mine() {
            match edit {
                Edit::AddRule { before, rule, .. } if before.map_or(is_last, |b| b == at) => {
                    rules.push(rule.rule.clone());
                    origins.push(None);
                }
                Edit::RemoveRule { index, .. } if *index == at => kept = None,
                Edit::RemovePeers { index, left, .. } if *index == at => kept = Some(left.clone()),
                _ => {}
            }
        }
        if let Some(rule) = kept {
            rules.push(rule);
            origins.push(Some(at));
        }
    }
    (rules, origins)
}

/// A rule with these of its peers alone, by where they stand.
pub(super) fn with_peers(rule: &Rule, keep: impl Fn(Location) -> bool) -> Rule {
    let peers = match &rule.peers {
        Peers::Any => Peers::Any,
        Peers::Of(matches) => Peers::Of(matches.iter().filter(|m| keep(m.location)).cloned().collect()),
    };
    Rule { peers, ..rule.clone() }
}
