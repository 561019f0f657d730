//! Whatever the representation says, the bulk engine answers as the naive reading does, pair by pair and port by port.

use haechi_engine::{Compiled, End, Outcome, Reasons, Verdict};
use haechi_model::cluster::Cluster;
use haechi_policy::{Match, PolicySet, Term};
use proptest::prelude::*;
use proptest::sample::Index;

use crate::naive::ends::{Answer, holds};
use crate::naive::worlds::World;
use crate::naive::{Port, judge, judge_apart, rule_peers};
use crate::strategy::{clusters, policies, probes};

proptest! {
    #![proptest_config(crate::cases(1600))]

    #[test]
    fn the_bulk_engine_answers_as_the_naive_one(
        cluster in clusters::cluster(),
        policies in policies::policies(),
        chosen in proptest::collection::vec(any::<Index>(), 24),
    ) {
        let compiled = probes::compiled(&cluster, &policies);
        for (from, to) in &probes::pairs(&cluster, &policies, &chosen) {
            agrees(&cluster, &policies, &compiled, from, to)?;
        }
    }
}

/// Whether engine and naive reading give one answer on every port.
fn agrees(
    cluster: &Cluster,
    policies: &PolicySet,
    compiled: &Compiled<'_>,
    from: &End,
    to: &End,
) -> Result<(), TestCaseError> {
    let outcome = compiled.between(from, to);
    let mut met = Reasons::NONE;
    for port in probes::ports(cluster, policies, [&outcome.allow, &outcome.undefined]) {
        let naive = judge(cluster, policies, from, to, port);
        let Port(protocol, number) = port;
        let bulk = outcome.on(protocol, number);
        let mut expected = naive.verdict;
        if bulk != expected && entangled(cluster, policies, [from, to]) {
            expected = judge_apart(cluster, policies, from, to, port).verdict;
            prop_assert_eq!(bulk, Verdict::Undefined);
        }
        prop_assert_eq!(
            bulk,
            expected,
            "{:?} -> {:?} on {:?}; bulk: {}",
            from,
            to,
            port,
            outcome
        );
        met = met.union(naive.met);
    }
    explained(&outcome, met)
}

/// Whether a block is in doubt at one of these ends in a condition that does not only hang on it.
fn entangled(cluster: &Cluster, policies: &PolicySet, ends: [&End; 2]) -> bool {
    let rules = policies.policies().flat_map(|p| p.ingress.iter().chain(&p.egress));
    let peers = rules
        .flat_map(|r| &r.rules)
        .flat_map(|r| rule_peers(r).unwrap_or_default());
    let alone = |m: &Match| matches!(m.terms[..], [Term::Network(_)]);
    peers
        .filter(|m| !alone(m))
        .any(|m| ends.into_iter().any(|end| is_entangled(cluster, m, end)))
}

fn is_entangled(cluster: &Cluster, m: &Match, end: &End) -> bool {
    let doubtful = |term: &&Term| {
        let alone = Match {
            terms: vec![(*term).clone()],
            ..m.clone()
        };
        matches!(holds(cluster, World::UNKNOWN, &alone, end), Answer::Maybe(_))
    };
    let doubtful: Vec<&Term> = m.terms.iter().filter(doubtful).collect();
    let negated = |term: &&Term| matches!(term, Term::Not(inner) if speaks_of_a_block(inner));
    doubtful.iter().any(negated) || doubtful.len() > 1 && doubtful.into_iter().any(speaks_of_a_block)
}

fn speaks_of_a_block(term: &Term) -> bool {
    match term {
        Term::Network(_) => true,
        Term::Not(inner) => speaks_of_a_block(inner),
        _ => false,
    }
}

/// Whether an undefined outcome has a reason that something uncertain gave, and no other outcome any.
fn explained(outcome: &Outcome, met: Reasons) -> Result<(), TestCaseError> {
    prop_assert_eq!(
        outcome.undefined.is_empty(),
        outcome.reasons.is_empty(),
        "{:?}",
        outcome
    );
    prop_assert_eq!(outcome.reasons.union(met), met, "{:?}", outcome);
    prop_assert!(!outcome.allow.overlaps(&outcome.undefined), "{:?}", outcome);
    Ok(())
}
