//! Policies and rules that say what others say, or never get a say.

use std::collections::BTreeSet;

use haechi_model::diagnostic::{Diagnostic, Severity};
use haechi_policy::{Direction, Isolation, Policy, Rule, Ties};
use rustc_hash::{FxHashMap, FxHashSet};

use super::selection::list;
use super::{Lint, codes, implies};
use crate::compiled::{Compiled, compile};
use crate::omission::{Deciders, Fate, Fates, Look, Omission, RuleKey, Without};
use crate::outcome::Reason;
use crate::rulebook::PolicyIndex;

pub(super) fn check(lint: &Lint<'_, '_>) -> Vec<Diagnostic> {
    let omission = Omission::new(lint.compiled);
    let overlap = Overlap {
        lint,
        fates: omission.fates(),
        omission,
        beside: beside(lint.compiled),
    };
    let mut found = Vec::new();
    overlap.needless(&mut found);
    overlap.shadowed(&mut found);
    equal_priorities(lint, &mut found);
    found.extend(lint.each_policy(|policy, found| found.extend(shut_in_passing(lint, policy))));
    found
}

struct Overlap<'l, 'c, 'a> {
    lint: &'l Lint<'c, 'a>,
    omission: Omission<'c, 'a>,
    fates: Fates,
    /// For each policy that judges anybody, one list of policies that judge with it.
    beside: FxHashMap<(PolicyIndex, Direction), &'c [PolicyIndex]>,
}

/// For each policy and direction, the policies of one group that it judges.
///
/// What covers a policy whatever pods there are is in all of its groups, so that one is enough to look for it.
fn beside<'c>(compiled: &'c Compiled<'_>) -> FxHashMap<(PolicyIndex, Direction), &'c [PolicyIndex]> {
    let mut beside = FxHashMap::default();
    for direction in Direction::BOTH {
        for group in 0..compiled.group_count(direction) {
            let policies = &*compiled.group_key(direction, group).policies;
            for policy in policies {
                beside.entry((*policy, direction)).or_insert(policies);
            }
        }
    }
    beside
}

impl<'a> Overlap<'_, '_, 'a> {
    fn policy(&self, index: PolicyIndex) -> &'a Policy {
        self.lint.compiled.book().policy(index).policy
    }

    fn rule(&self, key: RuleKey) -> &'a Rule {
        let rules = self
            .policy(key.policy)
            .rules(key.direction)
            .map_or(&[][..], |r| &r.rules);
        &rules[key.rule as usize]
    }

    /// Whether a policy judges anybody.
    fn judges(&self, policy: PolicyIndex) -> bool {
        Direction::BOTH.iter().any(|d| self.beside.contains_key(&(policy, *d)))
    }

    /// Whether a policy is of a tier in which order makes no difference, as that of NetworkPolicies is.
    fn is_unordered(&self, index: PolicyIndex) -> bool {
        let tier = self.lint.compiled.book().policy(index).tier;
        self.lint.input.policies.tiers[tier].ties == Ties::Agree
    }

    /// Whether a policy has no rules, so that all it does is to shut.
    fn is_guard(&self, index: PolicyIndex) -> bool {
        let policy = self.policy(index);
        let is_empty = |d: &Direction| policy.rules(*d).is_none_or(|r| r.rules.is_empty());
        Direction::BOTH.iter().all(is_empty)
    }

    /// What could be left out, first what is covered for good, then what is so by today's pods.
    fn needless(&self, found: &mut Vec<Diagnostic>) {
        let latest_first = |location| std::cmp::Reverse(location);
        let mut policies: Vec<PolicyIndex> = self
            .fates
            .needless
            .iter()
            .copied()
            .filter(|p| self.judges(*p))
            .collect();
        policies.sort_by_key(|p| latest_first(self.policy(*p).location));
        let mut rules: Vec<RuleKey> = self.fates.with(Fate::Needless).collect();
        rules.sort_by_key(|r| latest_first(self.rule(*r).location));

        let mut gone = Without::default();
        for &policy in &policies {
            if let Some(by) = self.covering_policy(policy, &gone) {
                gone.policies.insert(policy);
                found.push(self.redundant_policy(policy, &by));
            }
        }
        for &rule in rules
            .iter()
            .filter(|r| !gone.policies.contains(&r.policy))
            .collect::<Vec<_>>()
        {
            if let Some(by) = self.covering_rule(rule, &gone) {
                gone.rules.insert(rule);
                found.push(self.redundant_rule(rule, by));
            }
        }
        // A policy without rules guards what is to come, however little it does today.
        policies.retain(|p| !gone.policies.contains(p) && !self.is_guard(*p));
        rules.retain(|r| !gone.has(*r));
        // What never gets a say would, perhaps, without what is taken to do nothing today: both cannot go.
        gone.rules.extend(self.fates.with(Fate::Shadowed));
        let all = self.omission.together(gone.clone(), &policies, &rules);
        self.idle_today(&gone, &all, found);
    }

    /// The policies that together do all that a policy does, whatever pods there are.
    fn covering_policy(&self, index: PolicyIndex, gone: &Without) -> Option<BTreeSet<PolicyIndex>> {
        let (policy, guards) = (self.policy(index), self.is_guard(index));
        let mut by = BTreeSet::new();
        for direction in Direction::BOTH {
            let Some(rules) = policy.rules(direction) else { continue };
            // A direction in which it judges nobody adds nothing.
            let beside = self.beside.get(&(index, direction))?;
            let wider: Vec<PolicyIndex> = beside
                .iter()
                .copied()
                .filter(|q| *q != index && !gone.policies.contains(q) && self.is_wider(index, *q))
                .collect();
            if rules.isolation == Isolation::Isolates {
                // What only shuts is there to be seen: what shuts beside its rules does not stand for it.
                let shuts = |q: &&PolicyIndex| {
                    let theirs = self.policy(**q).rules(direction);
                    theirs.is_some_and(|r| r.isolation == Isolation::Isolates && (r.rules.is_empty() || !guards))
                };
                by.insert(*wider.iter().find(shuts)?);
            }
            for rule in &rules.rules {
                let covers = |q: &&PolicyIndex| {
                    self.rules_left(**q, direction, gone)
                        .any(|(_, wide)| covers(rule, wide))
                };
                // One that is named already explains more.
                let known = wider.iter().filter(|q| by.contains(q)).find(covers);
                by.insert(*known.or_else(|| wider.iter().find(covers))?);
            }
        }
        (!by.is_empty()).then_some(by)
    }

    /// A rule that does all that a rule does, whatever pods there are.
    fn covering_rule(&self, key: RuleKey, gone: &Without) -> Option<RuleKey> {
        let rule = self.rule(key);
        let beside = self.beside.get(&(key.policy, key.direction))?;
        let wider = beside
            .iter()
            .copied()
            .filter(|q| !gone.policies.contains(q) && (*q == key.policy || self.is_wider(key.policy, *q)));
        let mut wide = wider.flat_map(|q| self.rules_left(q, key.direction, gone));
        wide.find(|(other, wide)| *other != key && covers(rule, wide))
            .map(|(other, _)| other)
    }

    /// Whether a policy judges whoever another judges, in the same tier.
    fn is_wider(&self, policy: PolicyIndex, than: PolicyIndex) -> bool {
        let book = self.lint.compiled.book();
        let (narrow, wide) = (book.policy(policy), book.policy(than));
        narrow.tier == wide.tier && implies::subjects(narrow.policy, wide.policy)
    }

    fn rules_left(
        &self,
        policy: PolicyIndex,
        direction: Direction,
        gone: &Without,
    ) -> impl Iterator<Item = (RuleKey, &'a Rule)> {
        let rules = self.policy(policy).rules(direction).map_or(&[][..], |r| &r.rules);
        let keys = (0u32..).zip(rules).map(move |(rule, r)| {
            let key = RuleKey {
                policy,
                direction,
                rule,
            };
            (key, r)
        });
        keys.filter(move |(key, _)| !gone.has(*key))
    }

    fn redundant_policy(&self, policy: PolicyIndex, by: &BTreeSet<PolicyIndex>) -> Diagnostic {
        let policy = self.policy(policy);
        let names: Vec<String> = by.iter().map(|q| self.policy(*q).id.to_string()).collect();
        let verb = if names.len() == 1 { "does" } else { "do" };
        let message = format!(
            "{} changes nothing: {} {verb} as much for the same pods",
            policy.id,
            list(&names)
        );
        let mut diagnostic = codes::REDUNDANT_POLICY.at(policy.location, message);
        diagnostic.related = by
            .iter()
            .map(|q| (self.policy(*q).location, format!("{} covers it", self.policy(*q).id)))
            .collect();
        diagnostic
    }

    fn redundant_rule(&self, key: RuleKey, by: RuleKey) -> Diagnostic {
        let (policy, other) = (self.policy(key.policy), self.policy(by.policy));
        let which = if key.policy == by.policy {
            "another rule of it".to_owned()
        } else {
            format!("a rule of {}", other.id)
        };
        let message = format!(
            "an {} rule of {} changes nothing: {which} allows as much for the same pods",
            key.direction, policy.id
        );
        codes::REDUNDANT_RULE
            .at(self.rule(key).location, message)
            .related(self.rule(by).location, "the rule that covers it")
    }

    /// What could be deleted because of the pods that there are.
    fn idle_today(&self, gone: &Without, all: &Without, found: &mut Vec<Diagnostic>) {
        let policies: Vec<PolicyIndex> = all.policies.difference(&gone.policies).copied().collect();
        let rules: Vec<RuleKey> = all.rules.difference(&gone.rules).copied().collect();
        let mut asked: Vec<RuleKey> = rules.clone();
        for &policy in &policies {
            for direction in Direction::BOTH {
                let rules = self.rules_left(policy, direction, gone);
                asked.extend(rules.map(|(key, _)| key).filter(|k| self.fates.of(*k) != Fate::Silent));
            }
        }
        let deciders = self.omission.deciders(&asked, &Look::Without(all.clone()));
        let by_rule: FxHashMap<RuleKey, &Deciders> = asked.iter().copied().zip(&deciders).collect();
        for policy in policies {
            let mine = asked
                .iter()
                .filter(|k| k.policy == policy)
                .filter_map(|k| by_rule.get(k));
            let by: BTreeSet<RuleKey> = mine.flat_map(|d| d.rules.iter().copied()).collect();
            if by.is_empty() && asked.iter().all(|k| k.policy != policy) {
                // None of its rules matches anybody, which is said of them.
                continue;
            }
            let policy = self.policy(policy);
            let message = format!("{} changes no answer today{}", policy.id, self.because(policy, &by));
            found.push(self.with_rules(codes::IDLE_TODAY.note(policy.location, message), &by));
        }
        for key in rules {
            let by = &by_rule[&key].rules;
            let policy = self.policy(key.policy);
            let message = format!(
                "an {} rule of {} changes no answer today{}",
                key.direction,
                policy.id,
                self.because(policy, by)
            );
            found.push(self.with_rules(codes::IDLE_TODAY.note(self.rule(key).location, message), by));
        }
    }

    fn because(&self, policy: &Policy, by: &BTreeSet<RuleKey>) -> String {
        let names: BTreeSet<&haechi_policy::PolicyId> = by.iter().map(|k| &self.policy(k.policy).id).collect();
        let names: Vec<String> = names.into_iter().map(ToString::to_string).collect();
        match &*names {
            [] => ": its pods meet the same without it".to_owned(),
            [own] if *own == policy.id.to_string() => ": its other rules decide the same".to_owned(),
            names => format!(": rules of {} decide the same", list(names)),
        }
    }

    fn with_rules<'k>(&self, mut diagnostic: Diagnostic, by: impl IntoIterator<Item = &'k RuleKey>) -> Diagnostic {
        let few = by.into_iter().take(3);
        diagnostic.related = few
            .map(|k| {
                (
                    self.rule(*k).location,
                    format!("decides, in {}", self.policy(k.policy).id),
                )
            })
            .collect();
        diagnostic
    }

    /// Rules that never get a say.
    fn shadowed(&self, found: &mut Vec<Diagnostic>) {
        let rules: Vec<RuleKey> = self.fates.with(Fate::Shadowed).collect();
        let deciders = self.omission.deciders(&rules, &Look::Before);
        for (key, by) in rules.into_iter().zip(deciders) {
            let (policy, rule) = (self.policy(key.policy), self.rule(key));
            let what = match &rule.name {
                Some(name) => format!("the {} rule {name} of {}", key.direction, policy.id),
                None => format!("an {} rule of {}", key.direction, policy.id),
            };
            // Those that decide otherwise explain most.
            let mut deciding: Vec<RuleKey> = by.rules.iter().copied().collect();
            deciding.sort_by_key(|k| (self.rule(*k).action == rule.action, *k));
            let mut names: Vec<String> = Vec::new();
            for key in &deciding {
                let name = self.policy(key.policy).id.to_string();
                if !names.contains(&name) {
                    names.push(name);
                }
            }
            let isolating: Vec<String> = by.isolating.iter().map(|p| self.policy(*p).id.to_string()).collect();
            let why = match (&*names, &*isolating) {
                ([], []) => "what it speaks of is decided before".to_owned(),
                ([], isolating) => format!("{} isolate its pods before", list(isolating)),
                (names, []) => format!("rules of {} are asked first and decide it", list(names)),
                (names, _) => format!(
                    "rules of {} are asked first, and isolation shuts what they leave",
                    list(names)
                ),
            };
            let entry = &codes::SHADOWED_RULE;
            let mut diagnostic = entry.at(rule.location, format!("{what} never gets a say: {why}"));
            let agrees = by.rules.iter().all(|k| self.rule(*k).action == rule.action);
            let forever = by.rules.iter().any(|k| {
                self.rule(*k).action == rule.action
                    && self.is_wider(key.policy, k.policy)
                    && implies::rule(rule, self.rule(*k))
            });
            // A Baseline is there to be overruled by NetworkPolicies.
            let overruled = !by.isolating.is_empty() || by.rules.iter().any(|k| self.is_unordered(k.policy));
            let baseline = overruled && !self.is_unordered(key.policy);
            if (baseline || agrees) && !forever {
                diagnostic.severity = Severity::Note;
            }
            found.push(self.with_rules(diagnostic, &deciding));
        }
    }
}

/// Whether a rule does all that another does to the same pods.
fn covers(narrow: &Rule, wide: &Rule) -> bool {
    narrow.action == wide.action && implies::rule(narrow, wide)
}

/// Policies of one tier and priority that judge the same pods.
fn equal_priorities(lint: &Lint<'_, '_>, found: &mut Vec<Diagnostic>) {
    let tied = tied_groups(lint.compiled);
    if tied.is_empty() {
        return;
    }
    // Whether the order matters is asked as if nobody said what it is.
    let mut policies = lint.input.policies.clone();
    for tier in policies.tiers.iter_mut().filter(|t| t.ties != Ties::Agree) {
        tier.ties = Ties::Unspecified;
    }
    let unspecified = compile(lint.cluster(), &policies);
    let mut conflicts: FxHashMap<(PolicyIndex, PolicyIndex), bool> = FxHashMap::default();
    for (direction, policies, group) in tied {
        let row = unspecified.row(direction, group);
        let conflict = row.outcomes(unspecified.space().len()).any(|id| {
            unspecified
                .outcome(id)
                .reasons
                .iter()
                .any(|r| r == Reason::EqualPriority)
        });
        for (index, &a) in policies.iter().enumerate() {
            for &b in &policies[index + 1..] {
                let differ = conflict && (policies.len() == 2 || may_differ(lint, a, b, direction));
                *conflicts.entry((a, b)).or_default() |= differ;
            }
        }
    }
    let mut conflicts: Vec<_> = conflicts.into_iter().collect();
    conflicts.sort_unstable();
    for ((a, b), differ) in conflicts {
        let book = lint.compiled.book();
        let (first, second) = (book.policy(a), book.policy(b).policy);
        let tier = &lint.input.policies.tiers[first.tier];
        let first = first.policy;
        let tail = if differ {
            "decide some connections differently"
        } else {
            "agree in all they decide"
        };
        let message = format!(
            "{} and {} both have priority {} in tier {}, judge the same pods and {tail}",
            first.id, second.id, first.order, tier.name
        );
        let diagnostic = if differ {
            codes::EQUAL_PRIORITY.at(second.location, message)
        } else {
            codes::EQUAL_PRIORITY.note(second.location, message)
        };
        let decides = match tier.ties {
            Ties::Unspecified | Ties::Agree => "which of them wins is not specified: give them different priorities",
            Ties::ByName => "this data plane asks them by name; others do not",
            Ties::Interleaved => "this data plane interleaves their rules; others do not",
            Ties::Strictest => "this data plane takes the stricter of them; others do not",
            Ties::ActionFirst => "this data plane asks denials first, then allows, then passes; others do not",
        };
        let diagnostic = diagnostic.related(first.location, format!("{} has the same priority", first.id));
        found.push(if differ { diagnostic.hint(decides) } else { diagnostic });
    }
}

/// Groups that several policies of equal order judge, each set of policies once.
fn tied_groups(compiled: &Compiled<'_>) -> Vec<(Direction, Vec<PolicyIndex>, u32)> {
    let book = compiled.book();
    let tiers = &compiled.policies().tiers;
    let place = |p: PolicyIndex| (book.policy(p).tier, book.policy(p).policy.order);
    let mut found = Vec::new();
    for direction in Direction::BOTH {
        for group in 0..compiled.group_count(direction) {
            let policies = &compiled.group_key(direction, group).policies;
            for tied in policies.chunk_by(|a, b| place(*a) == place(*b)) {
                if tied.len() > 1 && tiers[book.policy(tied[0]).tier].ties != Ties::Agree {
                    found.push((direction, tied.to_vec(), group));
                }
            }
        }
    }
    found
}

/// Whether two policies have rules of different actions that speak of the same connections.
fn may_differ(lint: &Lint<'_, '_>, a: PolicyIndex, b: PolicyIndex, direction: Direction) -> bool {
    let rules = |p: PolicyIndex| {
        lint.compiled
            .book()
            .policy(p)
            .policy
            .rules(direction)
            .map_or(&[][..], |r| &r.rules)
    };
    rules(a).iter().any(|x| {
        let mut others = rules(b).iter();
        others.any(|y| x.action != y.action && may_meet(x, y) && share_peers(lint, x, y))
    })
}

/// Whether two rules may speak of one port.
pub(super) fn may_meet(x: &Rule, y: &Rule) -> bool {
    let numbers = |rule: &Rule| rule.ports.numbers.union(&rule.ports.unspecified);
    let named = !x.ports.named.is_empty() || !y.ports.named.is_empty();
    named || numbers(x).overlaps(&numbers(y))
}

/// Whether two rules speak of one peer.
pub(super) fn share_peers(lint: &Lint<'_, '_>, x: &Rule, y: &Rule) -> bool {
    let members = |rule: &Rule| -> Option<FxHashSet<u32>> {
        let haechi_policy::Peers::Of(matches) = &rule.peers else {
            return None;
        };
        let sets = matches.iter().filter_map(|m| lint.peers.get(m));
        let sets = sets.flat_map(|set| set.possible().flat_map(crate::bits::Words::iter).collect::<Vec<_>>());
        Some(sets.collect())
    };
    match (members(x), members(y)) {
        (Some(a), Some(b)) => !a.is_disjoint(&b),
        (Some(one), None) | (None, Some(one)) => !one.is_empty(),
        (None, None) => true,
    }
}

/// A policy for ingress that shuts all egress because it lists the type.
fn shut_in_passing(lint: &Lint<'_, '_>, policy: &Policy) -> Option<Diagnostic> {
    let egress = policy
        .egress
        .as_ref()
        .filter(|r| r.rules.is_empty() && r.isolation == Isolation::Isolates)?;
    let ingress = policy.ingress.as_ref().filter(|r| !r.rules.is_empty())?;
    let _ = (egress, ingress);
    let subjects = lint.subjects(policy);
    if subjects.is_empty() {
        return None;
    }
    let space = lint.compiled.space();
    let alone = subjects.iter().all(|class| {
        let member = space.classes[class as usize].members[0] as usize;
        lint.compiled.selecting(member, Direction::Egress).all(|e| {
            std::ptr::eq(e.policy, policy)
                || e.policy
                    .rules(Direction::Egress)
                    .is_none_or(|r| r.isolation == Isolation::Leaves)
        }) && super::meets_nothing(lint.compiled, class, Direction::Egress)
    });
    alone.then(|| {
        let message = format!(
            "{} has ingress rules alone, and lists Egress: its pods can open no connection at all",
            policy.id
        );
        codes::SHUT_IN_PASSING
            .note(policy.location, message)
            .hint("take Egress out of policyTypes, or write what the pods may reach")
    })
}
