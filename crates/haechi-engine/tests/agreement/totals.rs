//! Counts and the answer by workload are what one gets by asking for every two pods.

use haechi_engine::{By, Compiled, End, Extent, Outcome, Party, Reach, Reasons, Tally, Verdict, compile, count};
use haechi_model::PortSet;
use haechi_model::cluster::Cluster;
use proptest::prelude::*;

use crate::strategy::{clusters, policies};

proptest! {
    #![proptest_config(crate::cases(300))]

    #[test]
    fn counts_are_those_of_all_pairs(cluster in clusters::cluster(), policies in policies::policies()) {
        let compiled = compile(&cluster, &policies);
        let counts = count(&compiled);
        let (mut pods, mut workloads) = (Tally::default(), Tally::default());
        for from in 0..cluster.endpoints.len() {
            for to in 0..cluster.endpoints.len() {
                let verdict = compiled.between(&End::Endpoint(from), &End::Endpoint(to)).verdict();
                let [a, b] = [from, to].map(|e| u64::from(cluster.endpoints[e].count));
                let itself = if from == to { a } else { 0 };
                add(&mut pods, Verdict::Allow, itself);
                add(&mut pods, verdict, a * b - itself);
            }
        }
        let inhabited = || (0..cluster.workloads.len()).filter(|w| !cluster.endpoints_of(*w).is_empty());
        for from in inhabited() {
            for to in inhabited() {
                add(&mut workloads, merged(&cluster, &compiled, from, to).0.verdict(), 1);
            }
        }
        prop_assert_eq!(counts.pod_pairs, pods);
        prop_assert_eq!(counts.workload_pairs, workloads);
    }

    #[test]
    fn workloads_meet_what_their_pods_meet(cluster in clusters::cluster(), policies in policies::policies()) {
        let compiled = compile(&cluster, &policies);
        let reach = Reach::new(&compiled, By::Workload);
        let places: Vec<usize> = (0..reach.parties().len()).collect();
        let listed: Vec<_> = reach.connections(&places, &places).collect();
        for &from in &places {
            for &to in &places {
                let (Party::Workload(a), Party::Workload(b)) = (reach.parties()[from], reach.parties()[to]) else {
                    continue;
                };
                let (outcome, alike) = merged(&cluster, &compiled, a, b);
                let between = reach.between(from, to);
                prop_assert_eq!(&between.outcome, &outcome);
                prop_assert_eq!(between.extent == Extent::Every, alike);
                let found = listed.iter().find(|c| (c.from, c.to) == (Party::Workload(a), Party::Workload(b)));
                prop_assert_eq!(found.map(|c| &c.outcome), Some(&outcome).filter(|o| !o.is_denial()));
            }
        }
    }
}

fn add(tally: &mut Tally, verdict: Verdict, pairs: u64) {
    match verdict {
        Verdict::Allow => tally.allowed += pairs,
        Verdict::Deny => tally.denied += pairs,
        Verdict::Undefined => tally.undefined += pairs,
    }
}

/// What the pods of two workloads meet, and whether all meet the same.
fn merged(cluster: &Cluster, compiled: &Compiled<'_>, from: usize, to: usize) -> (Outcome, bool) {
    let mut met: Vec<Outcome> = Vec::new();
    let pods: u32 = cluster.endpoints[cluster.endpoints_of(from)]
        .iter()
        .map(|e| e.count)
        .sum();
    for a in cluster.endpoints_of(from) {
        for b in cluster.endpoints_of(to) {
            // Where there is another pod, it is meant.
            if a == b && cluster.endpoints[a].count <= 1 && pods > 1 {
                continue;
            }
            met.push(compiled.between(&End::Endpoint(a), &End::Endpoint(b)));
        }
    }
    // Where the specification is silent on ICMP, ICMP tells nobody apart.
    let silent = met.iter().any(|o| o.undefined.overlaps(&PortSet::icmp()));
    let told = |outcome: &Outcome| {
        let spoken = |ports: &PortSet| {
            if silent {
                ports.difference(&PortSet::icmp())
            } else {
                ports.clone()
            }
        };
        (spoken(&outcome.allow), spoken(&outcome.undefined))
    };
    let reasons = |outcome: &Outcome| if silent { Reasons::NONE } else { outcome.reasons };
    let alike = met
        .windows(2)
        .all(|pair| told(&pair[0]) == told(&pair[1]) && reasons(&pair[0]) == reasons(&pair[1]));
    let sum = met.into_iter().reduce(|a, b| a.or(&b));
    (sum.unwrap_or_default(), alike)
}
