//! Which rules ever decide, and what could be left out without changing any row.
//!
//! Every group is judged rule by rule, and again without one of them. Few words differ: a rule can change what the
//! peers meet that it speaks of, and no others.

use std::collections::BTreeSet;
use std::sync::atomic::{AtomicBool, Ordering};

use haechi_model::port::PortSet;
use haechi_policy::{Action, Direction, Ties};
use rayon::prelude::*;
use rustc_hash::{FxHashMap, FxHashSet};

use crate::bits::LANES;
use crate::compiled::Compiled;
use crate::effect::{Effect, Rest};
use crate::row::Judge;
use crate::rulebook::{Detail, Effects, GroupKey, Origin, PolicyIndex, Step};

/// A rule, by its place.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub(crate) struct RuleKey {
    pub(crate) policy: PolicyIndex,
    pub(crate) direction: Direction,
    pub(crate) rule: u32,
}

/// What is left out.
#[derive(Clone, Debug, Default)]
pub(crate) struct Without {
    pub(crate) policies: FxHashSet<PolicyIndex>,
    pub(crate) rules: FxHashSet<RuleKey>,
}

impl Without {
    fn policy(policy: PolicyIndex) -> Self {
        Self {
            policies: FxHashSet::from_iter([policy]),
            rules: FxHashSet::default(),
        }
    }

    fn rule(rule: RuleKey) -> Self {
        Self {
            policies: FxHashSet::default(),
            rules: FxHashSet::from_iter([rule]),
        }
    }

    pub(crate) fn has(&self, key: RuleKey) -> bool {
        self.policies.contains(&key.policy) || self.rules.contains(&key)
    }
}

/// What becomes of a rule in all groups together.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Fate {
    /// It speaks of no connection at all.
    Silent,
    /// Whatever it speaks of has been decided before.
    Shadowed,
    /// It decides something, yet every row would be the same without it.
    Needless,
    /// Some row would be another one without it.
    Needed,
}

/// What becomes of all rules, and the policies that change no row.
pub(crate) struct Fates {
    of: Vec<[Vec<Fate>; 2]>,
    /// Policies that could be left out, each by itself.
    pub(crate) needless: Vec<PolicyIndex>,
}

impl Fates {
    pub(crate) fn of(&self, key: RuleKey) -> Fate {
        self.of[key.policy as usize][key.direction as usize][key.rule as usize]
    }

    /// The rules of one fate.
    pub(crate) fn with(&self, fate: Fate) -> impl Iterator<Item = RuleKey> {
        (0u32..).zip(&self.of).flat_map(move |(policy, directions)| {
            Direction::BOTH.into_iter().flat_map(move |direction| {
                (0u32..)
                    .zip(&directions[direction as usize])
                    .filter(move |(_, f)| **f == fate)
                    .map(move |(rule, _)| RuleKey {
                        policy,
                        direction,
                        rule,
                    })
            })
        })
    }
}

/// Where to look for who decides what a rule speaks of.
#[derive(Clone, Debug)]
pub(crate) enum Look {
    /// Among what is asked before the rule.
    Before,
    /// Everywhere, while this is left out.
    Without(Without),
}

/// Who decides what a rule speaks of.
#[derive(Clone, Debug, Default)]
pub(crate) struct Deciders {
    /// Rules that decide some of it.
    pub(crate) rules: BTreeSet<RuleKey>,
    /// Policies that deny some of it as they isolate.
    pub(crate) isolating: BTreeSet<PolicyIndex>,
}

/// A group, made ready to be judged rule by rule.
struct Group<'g> {
    direction: Direction,
    key: &'g GroupKey,
    steps: &'g [Step],
    effects: &'g Effects,
}

/// How many groups' steps are held at once.
const BATCH: usize = 1 << 12;

/// Weighs rules and policies of one answer.
pub(crate) struct Omission<'c, 'a> {
    compiled: &'c Compiled<'a>,
}

impl<'c, 'a> Omission<'c, 'a> {
    pub(crate) fn new(compiled: &'c Compiled<'a>) -> Self {
        Self { compiled }
    }

    /// What becomes of every rule and policy.
    pub(crate) fn fates(&self) -> Fates {
        let marks = Marks::new(self.compiled);
        self.each_group(|judge, group| {
            self.mark_deciding(judge, group, &marks);
            self.mark_needed(judge, group, &marks);
        });
        marks.fates()
    }

    /// What may be left out together with `without`: of `policies` and `rules`, the earlier ones first.
    pub(crate) fn together(&self, mut without: Without, policies: &[PolicyIndex], rules: &[RuleKey]) -> Without {
        let concerned: FxHashSet<PolicyIndex> =
            policies.iter().copied().chain(rules.iter().map(|r| r.policy)).collect();
        if concerned.is_empty() {
            return without;
        }
        let mut effects = Effects::default();
        learn_ends(&mut effects);
        let groups = self.groups_of(&concerned);
        let steps: Vec<Vec<Step>> = groups
            .iter()
            .map(|(direction, key)| {
                let book = self.compiled.book();
                book.steps(key, *direction, Detail::EveryRule, &mut effects)
            })
            .collect();
        let mut judge = self.compiled.judge_by(&effects);
        let groups: Vec<Group<'_>> = groups
            .iter()
            .zip(&steps)
            .map(|((direction, key), steps)| Group {
                direction: *direction,
                key,
                steps,
                effects: &effects,
            })
            .collect();
        let mut with: Vec<Vec<usize>> = vec![Vec::new(); self.compiled.book().policies().len()];
        for (index, group) in groups.iter().enumerate() {
            for policy in group.key.policies.iter().filter(|p| concerned.contains(p)) {
                with[*policy as usize].push(index);
            }
        }
        let mut holds = |policy: PolicyIndex, without: &Without| {
            let mut of = with[policy as usize].iter().map(|g| &groups[*g]);
            of.all(|group| !self.changed(&mut judge, group, without))
        };
        for &policy in policies {
            without.policies.insert(policy);
            if !holds(policy, &without) {
                without.policies.remove(&policy);
            }
        }
        for &rule in rules {
            if without.policies.contains(&rule.policy) {
                continue;
            }
            without.rules.insert(rule);
            if !holds(rule.policy, &without) {
                without.rules.remove(&rule);
            }
        }
        without
    }

    /// Who decides what rules speak of, in the order of `rules`; enough of them to tell.
    pub(crate) fn deciders(&self, rules: &[RuleKey], look: &Look) -> Vec<Deciders> {
        let concerned: FxHashSet<PolicyIndex> = rules.iter().map(|r| r.policy).collect();
        let mut of: FxHashMap<PolicyIndex, Vec<usize>> = FxHashMap::default();
        for (index, rule) in rules.iter().enumerate() {
            of.entry(rule.policy).or_default().push(index);
        }
        let mut found: Vec<Deciders> = rules.iter().map(|_| Deciders::default()).collect();
        let mut looked: Vec<usize> = vec![0; rules.len()];
        let mut effects = Effects::default();
        learn_ends(&mut effects);
        for (direction, key) in self.groups_of(&concerned) {
            let mine = key.policies.iter().filter_map(|p| of.get(p)).flatten().copied();
            let mine: Vec<usize> = mine
                .filter(|i| rules[*i].direction == direction && looked[*i] < ENOUGH)
                .collect();
            if mine.is_empty() {
                continue;
            }
            let steps = self
                .compiled
                .book()
                .steps(key, direction, Detail::EveryRule, &mut effects);
            let group = Group {
                direction,
                key,
                steps: &steps,
                effects: &effects,
            };
            let mut judge = self.compiled.judge_by(&effects);
            for index in mine {
                looked[index] += 1;
                self.add_deciders(&mut judge, &group, rules[index], look, &mut found[index]);
            }
        }
        found
    }

    fn add_deciders(&self, judge: &mut Judge<'_>, group: &Group<'_>, rule: RuleKey, look: &Look, found: &mut Deciders) {
        let book = self.compiled.book();
        let own: Vec<Step> = group.steps.iter().filter(|s| group.is_of(s, rule)).cloned().collect();
        let ports = own.iter().fold(PortSet::NONE, |all, s| all.union(&group.ports(s)));
        let less = match look {
            Look::Before => {
                let before = group.steps.iter().take_while(|s| !group.is_of(s, rule));
                before.cloned().collect()
            }
            Look::Without(without) => match self.less(group, without) {
                Some((less, _)) => less,
                None => return,
            },
        };
        let words = book.touched(&own).unwrap_or_else(|| self.words().collect());
        for index in words.into_iter().take(ENOUGH) {
            let masks = own.iter().flat_map(|s| &s.masks);
            let spoken = masks.fold(0, |lanes, mask| lanes | book.word(*mask, index));
            judge.walk(&less, index, |step, lanes, state| {
                if lanes & spoken == 0 || !state.open().overlaps(&ports) {
                    return;
                }
                let open = state.open().intersection(&ports);
                match (group.effects.effect(step.effect), step.origin) {
                    (Effect::Rule { action, .. }, Some(origin)) if *action != Action::Log => {
                        let key = group.rule_key(origin);
                        if key != rule && group.ports(step).overlaps(&open) {
                            found.rules.insert(key);
                        }
                    }
                    (Effect::Tier(Rest::Denied | Rest::MayBeDenied(_)), _) => {
                        let isolating = |p: &&PolicyIndex| book.isolates(**p, group.direction);
                        found.isolating.extend(group.key.policies.iter().filter(isolating));
                    }
                    _ => {}
                }
            });
        }
    }

    /// Marks the rules that speak of something, and those that decide something.
    fn mark_deciding(&self, judge: &mut Judge<'_>, group: &Group<'_>, marks: &Marks) {
        let undecided: Vec<Step> = group
            .steps
            .iter()
            .filter(|s| s.origin.is_some_and(|o| !marks.decides(group.rule_key(o))))
            .cloned()
            .collect();
        if undecided.is_empty() {
            return;
        }
        let words = self.compiled.book().touched(&undecided);
        for index in words.unwrap_or_else(|| self.words().collect()) {
            let valid = self.valid_lanes(index);
            judge.walk(group.steps, index, |step, lanes, state| {
                let Some(origin) = step.origin else { return };
                let Effect::Rule { sure, maybe, .. } = group.effects.effect(step.effect) else {
                    return;
                };
                if lanes & valid != 0 && !(sure.is_empty() && maybe.is_empty()) {
                    let decides = state.open().overlaps(sure) || state.open().overlaps(maybe);
                    marks.note(group.rule_key(origin), decides);
                }
            });
            let is_decided = |s: &Step| s.origin.is_none_or(|o| marks.decides(group.rule_key(o)));
            if undecided.iter().all(is_decided) {
                return;
            }
        }
        self.mark_deciding_alone(judge, group, marks);
    }

    /// Marks the rules that would decide something if they were alone in their tier.
    ///
    /// Where order makes no difference, the rules before in the same tier shadow nothing.
    fn mark_deciding_alone(&self, judge: &mut Judge<'_>, group: &Group<'_>, marks: &Marks) {
        let agree = |o: Origin| self.agrees(o.policy);
        let mut before: Vec<Step> = Vec::new();
        let mut tier: Vec<Step> = Vec::new();
        for step in group.steps {
            if step.origin.is_some_and(agree) {
                tier.push(step.clone());
                continue;
            }
            for own in tier.chunk_by(|a, b| a.origin == b.origin) {
                let Some(key) = own[0].origin.map(|o| group.rule_key(o)).filter(|k| !marks.decides(*k)) else {
                    continue;
                };
                let begin = before.len();
                before.extend_from_slice(own);
                let words = self
                    .compiled
                    .book()
                    .touched(own)
                    .unwrap_or_else(|| self.words().collect());
                for index in words {
                    let valid = self.valid_lanes(index);
                    judge.walk(&before, index, |step, lanes, state| {
                        let is_own = step.origin.is_some_and(|o| group.rule_key(o) == key);
                        if is_own && lanes & valid != 0 && state.open().overlaps(&group.ports(step)) {
                            marks.note(key, true);
                        }
                    });
                    if marks.decides(key) {
                        break;
                    }
                }
                before.truncate(begin);
            }
            before.append(&mut tier);
            before.push(step.clone());
        }
    }

    /// Whether order makes no difference in a policy's tier.
    fn agrees(&self, policy: PolicyIndex) -> bool {
        let tier = self.compiled.book().policy(policy).tier;
        self.compiled.policies().tiers[tier].ties == Ties::Agree
    }

    /// Marks the rules and policies without which the group's row is another one.
    ///
    /// Only in tiers in which order makes no difference: in others a rule that changes nothing may well be meant to
    /// hold whatever comes behind it.
    fn mark_needed(&self, judge: &mut Judge<'_>, group: &Group<'_>, marks: &Marks) {
        for &policy in group.key.policies.iter().filter(|p| self.agrees(**p)) {
            if !marks.is_needed(policy) && self.changed(judge, group, &Without::policy(policy)) {
                marks.need(policy);
            }
        }
        let mut before = None;
        for origin in group.steps.iter().filter_map(|s| s.origin) {
            let key = group.rule_key(origin);
            if before.replace(key) == Some(key) || !self.agrees(origin.policy) || marks.is_rule_needed(key) {
                continue;
            }
            if self.changed(judge, group, &Without::rule(key)) {
                marks.need_rule(key);
            }
        }
    }

    /// Whether the group's row is another one if `without` is left out.
    fn changed(&self, judge: &mut Judge<'_>, group: &Group<'_>, without: &Without) -> bool {
        let Some((less, everyone)) = self.less(group, without) else {
            return true;
        };
        let gone: Vec<Step> = group
            .steps
            .iter()
            .filter(|s| group.is_gone(s, without))
            .cloned()
            .collect();
        let touched = if everyone {
            None
        } else {
            self.compiled.book().touched(&gone)
        };
        let (mut all, mut some) = (Vec::new(), Vec::new());
        touched
            .unwrap_or_else(|| self.words().collect())
            .into_iter()
            .any(|index| {
                judge.word(group.steps, index, &mut all);
                judge.word(&less, index, &mut some);
                let valid = self.valid_lanes(index);
                for cells in [&mut all, &mut some] {
                    cells.iter_mut().for_each(|(lanes, _)| *lanes &= valid);
                    cells.retain(|(lanes, _)| *lanes != 0);
                    cells.sort_unstable();
                }
                all != some
            })
    }

    /// A group's steps without what is left out, and whether that changes what every peer meets.
    ///
    /// `None` if a tier then ends as none of these groups' tiers does: they only may be isolated.
    fn less(&self, group: &Group<'_>, without: &Without) -> Option<(Vec<Step>, bool)> {
        let book = self.compiled.book();
        let mut tiers = group
            .key
            .policies
            .chunk_by(|a, b| book.policy(*a).tier == book.policy(*b).tier);
        let mut everyone = false;
        let mut less = Vec::with_capacity(group.steps.len());
        for step in group.steps.iter().filter(|s| !group.is_gone(s, without)) {
            let mut step = step.clone();
            if matches!(group.effects.effect(step.effect), Effect::Tier(_)) {
                let left = tiers.next().unwrap_or_default().iter().copied();
                let left = left.filter(|p| !without.policies.contains(p));
                let rest = Effect::Tier(book.rest(left, group.key, group.direction));
                let end = group.effects.known(&rest)?;
                everyone |= end != step.effect;
                step.effect = end;
            }
            less.push(step);
        }
        Some((less, everyone))
    }

    /// Groups that are judged by one of these policies.
    fn groups_of(&self, policies: &FxHashSet<PolicyIndex>) -> Vec<(Direction, &'c GroupKey)> {
        let compiled = self.compiled;
        Direction::BOTH
            .into_iter()
            .flat_map(|direction| {
                (0..compiled.group_count(direction)).map(move |g| (direction, compiled.group_key(direction, g)))
            })
            .filter(|(_, key)| key.policies.iter().any(|p| policies.contains(p)))
            .collect()
    }

    fn each_group(&self, visit: impl Fn(&mut Judge<'_>, &Group<'_>) + Sync) {
        let (compiled, book) = (self.compiled, self.compiled.book());
        let mut effects = Effects::default();
        learn_ends(&mut effects);
        for direction in Direction::BOTH {
            let keys: Vec<&GroupKey> = (0..compiled.group_count(direction))
                .map(|g| compiled.group_key(direction, g))
                .collect();
            for batch in keys.chunks(BATCH) {
                let steps: Vec<Vec<Step>> = batch
                    .iter()
                    .map(|key| book.steps(key, direction, Detail::EveryRule, &mut effects))
                    .collect();
                let effects = &effects;
                batch.par_iter().zip(&steps).with_min_len(16).for_each_init(
                    || compiled.judge_by(effects),
                    |judge, (key, steps)| {
                        let group = Group {
                            direction,
                            key,
                            steps,
                            effects,
                        };
                        visit(judge, &group);
                    },
                );
            }
        }
    }

    fn words(&self) -> std::ops::Range<u32> {
        0..self.compiled.space().len().div_ceil(LANES)
    }

    /// The lanes of a word that are peers.
    fn valid_lanes(&self, index: u32) -> u64 {
        match self.compiled.space().len() - index * LANES {
            rest @ ..LANES => (1 << rest) - 1,
            _ => !0,
        }
    }
}

/// How many groups, and how many words of each, are looked at to name who decides.
const ENOUGH: usize = 16;

/// Makes the two usual ends of a tier known.
fn learn_ends(effects: &mut Effects) {
    for rest in [Rest::Denied, Rest::GoesOn] {
        effects.id(Effect::Tier(rest));
    }
}

impl Group<'_> {
    fn rule_key(&self, origin: Origin) -> RuleKey {
        RuleKey {
            policy: origin.policy,
            direction: self.direction,
            rule: origin.rule,
        }
    }

    fn is_of(&self, step: &Step, rule: RuleKey) -> bool {
        step.origin.is_some_and(|o| self.rule_key(o) == rule)
    }

    fn is_gone(&self, step: &Step, without: &Without) -> bool {
        step.origin.is_some_and(|o| without.has(self.rule_key(o)))
    }

    fn ports(&self, step: &Step) -> PortSet {
        match self.effects.effect(step.effect) {
            Effect::Rule { sure, maybe, .. } => sure.union(maybe),
            _ => PortSet::NONE,
        }
    }
}

/// What is known so far of every rule and policy; threads only ever set a mark.
struct Marks {
    rules: Vec<[Vec<RuleMarks>; 2]>,
    needed: Vec<AtomicBool>,
}

#[derive(Default)]
struct RuleMarks {
    speaks: AtomicBool,
    decides: AtomicBool,
    needed: AtomicBool,
}

impl Marks {
    fn new(compiled: &Compiled<'_>) -> Self {
        let (book, tiers) = (compiled.book(), &compiled.policies().tiers);
        let mut marks = Self {
            rules: Vec::new(),
            needed: Vec::new(),
        };
        for enforced in book.policies() {
            let agree = tiers[enforced.tier].ties == Ties::Agree;
            marks.needed.push(AtomicBool::new(!agree));
            marks.rules.push(Direction::BOTH.map(|direction| {
                let rules = enforced.policy.rules(direction).map_or(&[][..], |r| &r.rules);
                let of = |rule: &haechi_policy::Rule| {
                    let logs = rule.action == Action::Log;
                    RuleMarks {
                        speaks: logs.into(),
                        decides: logs.into(),
                        needed: (logs || !agree).into(),
                    }
                };
                rules.iter().map(of).collect()
            }));
        }
        marks
    }

    fn rule(&self, key: RuleKey) -> &RuleMarks {
        &self.rules[key.policy as usize][key.direction as usize][key.rule as usize]
    }

    fn decides(&self, key: RuleKey) -> bool {
        self.rule(key).decides.load(Ordering::Relaxed)
    }

    fn note(&self, key: RuleKey, decides: bool) {
        let rule = self.rule(key);
        rule.speaks.store(true, Ordering::Relaxed);
        if decides {
            rule.decides.store(true, Ordering::Relaxed);
        }
    }

    fn is_rule_needed(&self, key: RuleKey) -> bool {
        self.rule(key).needed.load(Ordering::Relaxed)
    }

    fn need_rule(&self, key: RuleKey) {
        self.rule(key).needed.store(true, Ordering::Relaxed);
    }

    fn is_needed(&self, policy: PolicyIndex) -> bool {
        self.needed[policy as usize].load(Ordering::Relaxed)
    }

    fn need(&self, policy: PolicyIndex) {
        self.needed[policy as usize].store(true, Ordering::Relaxed);
    }

    fn fates(self) -> Fates {
        let fate = |marks: &RuleMarks| {
            let is = |mark: &AtomicBool| mark.load(Ordering::Relaxed);
            match (is(&marks.speaks), is(&marks.decides), is(&marks.needed)) {
                (false, ..) => Fate::Silent,
                (true, false, _) => Fate::Shadowed,
                (true, true, false) => Fate::Needless,
                (true, true, true) => Fate::Needed,
            }
        };
        let of = self.rules.iter();
        let of = of
            .map(|rules| [0, 1].map(|d: usize| rules[d].iter().map(fate).collect()))
            .collect();
        let needless = (0u32..).zip(&self.needed).filter(|(_, n)| !n.load(Ordering::Relaxed));
        Fates {
            of,
            needless: needless.map(|(policy, _)| policy).collect(),
        }
    }
}
