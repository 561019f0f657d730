//! An explanation says what the answer says, by rules that really match, and what it proposes really flips it.

use haechi_engine::change::{Change, Edit, Wanted, apply, flip, is_as_wanted};
use haechi_engine::{Compiled, Decision, End, Judgement, Verdict, compile, explain, explain_all};
use haechi_model::cluster::Cluster;
use haechi_model::{PortSet, Profile};
use haechi_policy::{Action, Isolation, PolicySet};
use proptest::prelude::*;
use proptest::sample::{Index, select};

use crate::manifests::random;
use crate::naive::{self, Port};
use crate::strategy::{clusters, policies, probes};

proptest! {
    #![proptest_config(crate::cases(400))]

    #[test]
    fn what_is_said_to_decide_decides(
        cluster in clusters::cluster(),
        policies in policies::policies(),
        chosen in proptest::collection::vec(any::<Index>(), 8),
    ) {
        let compiled = probes::compiled(&cluster, &policies);
        for (from, to) in &probes::pairs(&cluster, &policies, &chosen) {
            // Made for the two ends alone, it says the same.
            let explanation = explain(&cluster, &policies, from, to);
            prop_assert_eq!(&explanation.outcome, &compiled.between(from, to));
            for judgement in explanation.judgements() {
                prop_assert_eq!(&judgement.outcome, &compiled.judged(judgement.direction, from, to));
                let sets = [&judgement.outcome.allow, &judgement.outcome.undefined];
                for Port(protocol, number) in probes::ports(&cluster, &policies, sets) {
                    decides(judgement, protocol, number)?;
                }
            }
        }
    }

    #[test]
    fn what_is_proposed_flips_the_verdict(
        scene in random::scene(),
        profile in select(&Profile::ALL[..]),
        chosen in proptest::collection::vec(any::<Index>(), 4),
        port in select(&[80u16, 81, 443, 8080][..]),
    ) {
        let cluster = &scene.cluster;
        let policies: PolicySet = scene.manifests.lowered(profile);
        for (from, to) in &probes::pairs(cluster, &policies, &chosen) {
            let explanation = explain(cluster, &policies, from, to);
            let asked = Port(haechi_model::Protocol::Tcp, port);
            let ports = PortSet::port(asked.0, port);
            let verdict = explanation.outcome.on(asked.0, port);
            let wanted = Wanted::opposite(verdict);
            let found = flip(cluster, &policies, profile, &explanation, &ports, wanted);
            prop_assert_eq!(found.changes.is_empty(), !found.obstacles.is_empty(), "{:?}", found);
            for change in &found.changes {
                flips(cluster, &policies, change, (from, to), asked, wanted)?;
            }
        }
    }

    #[test]
    fn pods_that_are_said_to_fare_alike_do(
        cluster in clusters::cluster(),
        policies in policies::policies(),
    ) {
        let compiled = compile(&cluster, &policies);
        let ends: Vec<End> = (0..cluster.endpoints.len()).map(End::Endpoint).collect();
        let mut pairs = 0;
        for group in explain_all(&cluster, &policies, &ends, &ends) {
            pairs += group.pairs;
            let locality = group.explanation.locality;
            let mut outcomes = group
                .from
                .iter()
                .flat_map(|from| group.to.iter().map(move |to| (from, to)))
                .filter(|(from, to)| compiled.locality(from, to) == locality)
                .map(|(from, to)| compiled.between(from, to));
            // Ends of several peers need not be paired each with each.
            prop_assert!(outcomes.any(|outcome| outcome == group.explanation.outcome));
        }
        prop_assert_eq!(pairs, expected_pairs(&cluster));
    }
}

/// All pairs of pods but those of a pod with itself.
fn expected_pairs(cluster: &Cluster) -> u64 {
    let pods = |e: &haechi_model::cluster::Endpoint| u64::from(e.count.max(1));
    let all: u64 = cluster.endpoints.iter().map(pods).sum();
    if all == 1 { 1 } else { all * all - all }
}

/// Whether a decision fits the verdict, and rules are as they are said to be.
fn decides(judgement: &Judgement<'_>, protocol: haechi_model::Protocol, port: u16) -> Result<(), TestCaseError> {
    let verdict = judgement.outcome.on(protocol, port);
    let isolates = |policy: &haechi_policy::Policy| {
        policy
            .rules(judgement.direction)
            .is_some_and(|r| r.isolation == Isolation::Isolates)
    };
    match judgement.decision(protocol, port) {
        Decision::Rule(_, rule) => {
            let gives = match rule.rule.action {
                Action::Allow => Verdict::Allow,
                Action::Deny => Verdict::Deny,
                action => return Err(TestCaseError::fail(format!("{action} decides nothing"))),
            };
            prop_assert_eq!(verdict, gives);
            prop_assert!(rule.speaks.contains(protocol, port));
            prop_assert!(rule.matches != Verdict::Deny);
        }
        Decision::Isolated(policies) => {
            prop_assert_eq!(verdict, Verdict::Deny);
            prop_assert!(!policies.is_empty() && policies.iter().all(|p| isolates(p)));
        }
        Decision::Open => prop_assert_eq!(verdict, Verdict::Allow),
        Decision::Undefined(rules, policies) => {
            prop_assert_eq!(verdict, Verdict::Undefined);
            prop_assert!(!rules.is_empty() || !policies.is_empty());
        }
    }
    let deciding = judgement
        .tiers
        .iter()
        .flat_map(|tier| {
            tier.policies
                .iter()
                .map(move |p| judgement.part(tier, p, protocol, port))
        })
        .filter(|part| matches!(part, haechi_engine::Part::Decides(_)))
        .count();
    let is_rule = matches!(judgement.decision(protocol, port), Decision::Rule(..));
    prop_assert_eq!(deciding, usize::from(is_rule));
    Ok(())
}

/// Whether a change, made in all policies of the cluster, does what it promises: for the engine, and for a naive reading.
fn flips(
    cluster: &Cluster,
    policies: &PolicySet,
    change: &Change<'_>,
    (from, to): (&End, &End),
    port: Port,
    wanted: Wanted,
) -> Result<(), TestCaseError> {
    let edited = apply(policies, &change.edits);
    let compiled: Compiled<'_> = compile(cluster, &edited);
    let outcome = compiled.between(from, to);
    prop_assert_eq!(&outcome, &change.outcome, "{:?}", change.edits);
    prop_assert!(is_as_wanted(&outcome, &PortSet::port(port.0, port.1), wanted));
    let naive = naive::judge(cluster, &edited, from, to, port).verdict;
    let promised = match wanted {
        Wanted::Allowed => Verdict::Allow,
        Wanted::Denied => Verdict::Deny,
    };
    prop_assert_eq!(naive, promised, "{:?}", change.edits);
    // No edit is idle: without it the rest does less.
    for idle in 0..change.edits.len() {
        let rest: Vec<Edit<'_>> = change
            .edits
            .iter()
            .enumerate()
            .filter(|(i, _)| *i != idle)
            .map(|(_, e)| e.clone())
            .collect();
        let edited = apply(policies, &rest);
        let without = naive::judge(cluster, &edited, from, to, port).verdict;
        prop_assert!(without != promised, "one of these is enough: {:?}", change.edits);
    }
    Ok(())
}
