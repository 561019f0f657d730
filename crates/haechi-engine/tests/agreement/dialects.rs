//! What the dialects read and the bulk engine answers is what the API says, under every profile.

use haechi_engine::compile;
use haechi_model::Profile;
use haechi_policy::PolicySet;
use proptest::prelude::*;
use proptest::sample::{Index, select};

use crate::manifests::{judge, random};
use crate::naive::{self, Port};
use crate::strategy::probes;

proptest! {
    #![proptest_config(crate::cases(1300))]

    #[test]
    fn the_engine_answers_what_the_api_says(
        scene in random::scene(),
        profile in select(&Profile::ALL[..]),
        chosen in proptest::collection::vec(any::<Index>(), 24),
    ) {
        let cluster = &scene.cluster;
        let policies: PolicySet = scene.manifests.lowered(profile);
        let compiled = compile(cluster, &policies);
        for (from, to) in &probes::pairs(cluster, &policies, &chosen) {
            let outcome = compiled.between(from, to);
            for port in probes::ports(cluster, &policies, [&outcome.allow, &outcome.undefined]) {
                let Port(protocol, number) = port;
                let api = judge::judge(cluster, &scene.manifests, profile, from, to, port).verdict;
                let lowered = naive::judge(cluster, &policies, from, to, port).verdict;
                let bulk = outcome.on(protocol, number);
                prop_assert_eq!(
                    bulk, api,
                    "{:?} -> {:?} on {:?}, {}: what was lowered says {:?}", from, to, port, profile, lowered
                );
            }
        }
    }
}
