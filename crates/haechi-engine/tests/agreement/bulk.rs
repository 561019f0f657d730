//! Whatever the representation says, the bulk engine answers as the naive reading does, pair by pair and port by port.

use haechi_engine::{Compiled, End, Outcome, Reasons};
use haechi_model::cluster::Cluster;
use haechi_policy::PolicySet;
use proptest::prelude::*;
use proptest::sample::Index;

use crate::naive::{Port, judge};
use crate::strategy::{clusters, policies, probes};

proptest! {
    #![proptest_config(crate::cases(2000))]

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
        prop_assert_eq!(
            bulk,
            naive.verdict,
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
