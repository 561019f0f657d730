//! A comparison names the pairs that differ, and no other.

use std::collections::BTreeSet;

use haechi_engine::diff::{Comparison, Side, Version, Versions};
use haechi_engine::{By, Party, Reach, Verdict};
use haechi_model::{PortSet, Profile};
use haechi_policy::{Direction, PolicySet};
use proptest::prelude::*;
use proptest::sample::{Index, select};

use crate::manifests::random;
use crate::strategy::clusters;

proptest! {
    #![proptest_config(crate::cases(400))]

    #[test]
    fn the_pairs_that_differ_are_named(
        scene in random::scene(),
        other in clusters::cluster(),
        moves in any::<bool>(),
        profile in select(&Profile::ALL[..]),
        cut in any::<Index>(),
    ) {
        let old: PolicySet = scene.manifests.lowered(profile);
        let mut new = old.clone();
        without_one_rule(&mut new, &cut);
        let cluster = if moves { &other } else { &scene.cluster };
        let versions = Versions::new(
            Version { cluster: &scene.cluster, policies: &old },
            Version { cluster, policies: &new },
        );
        let comparison = Comparison::new(&versions);
        let found: BTreeSet<(usize, usize)> = comparison.differences().iter().map(|d| (d.from, d.to)).collect();
        let reaches = Side::BOTH.map(|side| Reach::new(versions.side(side), By::Workload));
        let parties = comparison.parties();
        for from in 0..parties.len() {
            for to in 0..parties.len() {
                let met = Side::BOTH.map(|side| {
                    let reach = &reaches[side as usize];
                    let place = |party: usize| reach.place(parties[party].on(side)?);
                    let both = (parties[from].on(side)?, parties[to].on(side)?);
                    let is_pod = |party: Party| matches!(party, Party::Workload(_));
                    (is_pod(both.0) || is_pod(both.1)).then_some(())?;
                    Some(reach.between(place(from)?, place(to)?))
                });
                let spoken = |ports: &PortSet| ports.difference(&PortSet::icmp());
                let differs = match &met {
                    [Some(old), Some(new)] => {
                        spoken(&old.outcome.allow) != spoken(&new.outcome.allow)
                            || spoken(&old.outcome.undefined) != spoken(&new.outcome.undefined)
                    }
                    [Some(one), None] | [None, Some(one)] => one.outcome.verdict() != Verdict::Deny,
                    [None, None] => false,
                };
                if differs {
                    prop_assert!(found.contains(&(from, to)), "{:?} -> {:?}: {:?}", parties[from], parties[to], met);
                } else if found.contains(&(from, to)) {
                    let [Some(old), Some(new)] = &met else {
                        return Err(TestCaseError::fail("nobody is on both sides"));
                    };
                    prop_assert!(old.outcome != new.outcome || old.extent != new.extent, "{:?}", met);
                }
            }
        }
        for difference in comparison.differences() {
            let ports = difference.ports();
            let (old, new) = (parties[difference.from].old.is_some(), parties[difference.from].new.is_some());
            if old && new && !moves && !ports.all().is_empty() {
                prop_assert!(
                    !comparison.responsible(&difference).is_empty(),
                    "nobody is responsible for {:?}",
                    difference
                );
            }
        }
    }
}

/// Takes out one rule of one policy, if there are any.
fn without_one_rule(policies: &mut PolicySet, cut: &Index) {
    let mut lists: Vec<&mut Vec<haechi_policy::Rule>> = policies
        .tiers
        .iter_mut()
        .flat_map(|t| &mut t.policies)
        .flat_map(|p| Direction::BOTH.into_iter().zip([&mut p.ingress, &mut p.egress]))
        .filter_map(|(_, rules)| rules.as_mut())
        .map(|rules| &mut rules.rules)
        .filter(|rules| !rules.is_empty())
        .collect();
    if lists.is_empty() {
        return;
    }
    let list = cut.index(lists.len());
    let rule = cut.index(lists[list].len());
    lists[list].remove(rule);
}
