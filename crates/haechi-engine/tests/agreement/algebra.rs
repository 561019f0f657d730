//! What must not change an answer, and which way others may change it: laws that need no second evaluator.

use haechi_engine::End;
use haechi_model::Profile;
use haechi_model::cluster::Cluster;
use haechi_policy::{Direction, Mode, PolicySet};
use proptest::prelude::*;
use proptest::sample::{Index, select};

use crate::manifests::{self, NetworkPolicy, PolicyType, random, rename};
use crate::strategy::{clusters, policies, probes};

proptest! {
    #![proptest_config(crate::cases(300))]

    /// Rule 14: policies are a union of what they allow.
    #[test]
    fn one_more_rule_of_a_network_policy_closes_nothing(
        scene in random::scene(),
        profile in profile(),
        (at, direction, rule) in (any::<Index>(), direction(), random::network_rule()),
    ) {
        let mut more = scene.manifests.clone();
        let mut concerned: Vec<_> = more.network.iter_mut().filter(|p| p.applies_to(direction)).collect();
        prop_assume!(!concerned.is_empty());
        let at = at.index(concerned.len());
        concerned[at].rules_mut(direction).push(rule);
        let (before, after) = (scene.manifests.lowered(profile), more.lowered(profile));
        let cluster = &scene.cluster;
        let (before, after) = (probes::compiled(cluster, &before), probes::compiled(cluster, &after));
        for (from, to) in pairs(cluster) {
            let (before, after) = (before.between(&from, &to), after.between(&from, &to));
            prop_assert!(before.allow.is_subset(&after.allow), "{from:?} -> {to:?}: {before}, then {after}");
            let (possible, then) = (before.allow.union(&before.undefined), after.allow.union(&after.undefined));
            prop_assert!(possible.is_subset(&then), "{from:?} -> {to:?}: {before}, then {after}");
        }
    }

    /// Rule 14 again: two policies with the same subject say what one says that has both their rules.
    #[test]
    fn rules_may_stand_in_policies_of_their_own(scene in random::scene(), profile in profile(), at in any::<Index>()) {
        let mut split = scene.manifests.clone();
        prop_assume!(!split.network.is_empty());
        let at = at.index(split.network.len());
        let second = second_half(&mut split.network[at]);
        split.network.push(second);
        same(&scene.cluster, &scene.manifests.lowered(profile), &split.lowered(profile))?;
    }

    #[test]
    fn the_order_of_objects_makes_no_difference(
        (scene, order) in random::scene().prop_flat_map(|scene| {
            let order: Vec<usize> = (0..scene.manifests.read().len()).collect();
            (Just(scene), Just(order).prop_shuffle())
        }),
        profile in profile(),
    ) {
        let mut objects: Vec<_> = scene.manifests.read().into_iter().map(Some).collect();
        let shuffled: Vec<_> = order.iter().map(|i| objects[*i].take().expect("each once")).collect();
        same(&scene.cluster, &scene.manifests.lowered(profile), &manifests::lowered(&shuffled, profile))?;
    }

    #[test]
    fn names_make_no_difference(scene in random::scene(), profile in profile()) {
        let (renamed, places) = rename::renamed(&scene);
        let (before, after) = (scene.manifests.lowered(profile), renamed.manifests.lowered(profile));
        let (before, after) = (probes::compiled(&scene.cluster, &before), probes::compiled(&renamed.cluster, &after));
        let moved = |end: &End| match end {
            End::Endpoint(index) => End::Endpoint(places[*index]),
            other => other.clone(),
        };
        for (from, to) in pairs(&scene.cluster) {
            let (before, after) = (before.between(&from, &to), after.between(&moved(&from), &moved(&to)));
            prop_assert_eq!(before, after, "{:?} -> {:?}", from, to);
        }
    }

    #[test]
    fn a_policy_that_is_said_twice_says_nothing_more(
        cluster in clusters::cluster(),
        policies in policies::policies(),
        (tier, policy) in any::<(Index, Index)>(),
    ) {
        let mut twice = policies.clone();
        let tier = tier.get(&policies.tiers);
        prop_assume!(!tier.policies.is_empty());
        let policy = policy.get(&tier.policies);
        let found = twice.tiers.iter_mut().find(|t| t.name == tier.name).expect("the same tier");
        found.policies.push(policy.clone());
        twice.sort();
        same(&cluster, &policies, &twice)?;
    }

    #[test]
    fn a_staged_policy_changes_nothing(
        cluster in clusters::cluster(),
        policies in policies::policies(),
        tier in any::<Index>(),
        mut staged in policies::policy(),
    ) {
        let mut more = policies.clone();
        staged.mode = Mode::Staged;
        let tier = tier.index(more.tiers.len());
        more.tiers[tier].policies.push(staged);
        more.sort();
        same(&cluster, &policies, &more)?;
    }
}

fn profile() -> impl Strategy<Value = Profile> {
    select(&Profile::ALL[..])
}

fn direction() -> impl Strategy<Value = Direction> {
    select(&Direction::BOTH[..])
}

/// Every pair of endpoints, and every endpoint with some addresses and names in both directions.
fn pairs(cluster: &Cluster) -> Vec<(End, End)> {
    let pods = || (0..cluster.endpoints.len()).map(End::Endpoint);
    let others = || probes::fixed(cluster).into_iter();
    let both = |a: End| others().flat_map(move |b| [(a.clone(), b.clone()), (b, a.clone())]);
    let between = pods().flat_map(|a| pods().map(move |b| (a.clone(), b)));
    between.chain(pods().flat_map(both)).collect()
}

pub(crate) fn same(cluster: &Cluster, before: &PolicySet, after: &PolicySet) -> Result<(), TestCaseError> {
    let (before, after) = (probes::compiled(cluster, before), probes::compiled(cluster, after));
    for (from, to) in pairs(cluster) {
        let (before, after) = (before.between(&from, &to), after.between(&from, &to));
        let verdicts = |outcome: haechi_engine::Outcome| (outcome.allow, outcome.undefined);
        prop_assert_eq!(verdicts(before), verdicts(after), "{:?} -> {:?}", from, to);
    }
    Ok(())
}

/// Takes every other rule out of a policy, into a second policy with the same subject and types.
fn second_half(policy: &mut NetworkPolicy) -> NetworkPolicy {
    let types = [
        (Direction::Ingress, PolicyType::Ingress),
        (Direction::Egress, PolicyType::Egress),
    ];
    let types: Vec<PolicyType> = types
        .iter()
        .filter(|(d, _)| policy.applies_to(*d))
        .map(|(_, t)| *t)
        .collect();
    policy.types = Some(types);
    let mut second = policy.clone();
    second.name = format!("{}-second", policy.name).into();
    for direction in Direction::BOTH {
        let (first, other) = policy
            .rules_mut(direction)
            .drain(..)
            .enumerate()
            .partition::<Vec<_>, _>(|(i, _)| i % 2 == 0);
        policy
            .rules_mut(direction)
            .extend(first.into_iter().map(|(_, rule)| rule));
        *second.rules_mut(direction) = other.into_iter().map(|(_, rule)| rule).collect();
    }
    second
}
