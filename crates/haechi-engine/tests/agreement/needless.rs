//! What `lint` says of rules, peers and policies that do nothing: without them, nothing changes.

use std::collections::BTreeSet;

use haechi_engine::lint::{Enforcement, Input, lint};
use haechi_model::cluster::Cluster;
use haechi_model::{Location, Profile};
use haechi_policy::{Peers, PolicySet, Rule};
use proptest::prelude::*;

use crate::algebra::same;
use crate::manifests::random;
use crate::strategy::{clusters, policies};

/// Policies that select nobody, rules and peers that match nobody or what others match, what never gets a say, and
/// what could be left out.
const NEEDLESS: [&str; 10] = [
    "HNP010", "HNP011", "HNP012", "HNP013", "HNP018", "HNP019", "HNP030", "HNP031", "HNP032", "HNP033",
];

proptest! {
    #![proptest_config(crate::cases(300))]

    #[test]
    fn of_the_representation(cluster in clusters::cluster(), policies in policies::policies()) {
        without_findings(&cluster, policies)?;
    }

    #[test]
    fn of_manifests(scene in random::scene(), profile in proptest::sample::select(&Profile::ALL[..])) {
        without_findings(&scene.cluster, scene.manifests.lowered(profile))?;
    }
}

fn without_findings(cluster: &Cluster, mut policies: PolicySet) -> Result<(), TestCaseError> {
    place(&mut policies);
    let found = lint(&Input {
        cluster,
        policies: &policies,
        profile: Profile::Kubernetes,
        enforcement: Enforcement::Shown,
    });
    // A policy that selects other pods, too, is only noted.
    let needless = found
        .iter()
        .filter(|d| NEEDLESS.contains(&d.code.0) && !(d.code.0 == "HNP011" && d.message.contains("also selects")));
    let lines: BTreeSet<u32> = needless.map(|d| d.location.line).collect();
    let is_needless = |location: Location| lines.contains(&location.line);
    let mut less = policies.clone();
    for tier in &mut less.tiers {
        tier.policies.retain(|p| !is_needless(p.location));
        for policy in &mut tier.policies {
            for rules in policy.ingress.iter_mut().chain(&mut policy.egress) {
                rules.rules.iter_mut().for_each(|rule| shorten(rule, &is_needless));
            }
        }
    }
    same(cluster, &policies, &less)
}

/// Takes peers out of a rule, or all of them if it is needless itself: where rules of several policies are interleaved,
/// its place still counts.
fn shorten(rule: &mut Rule, is_needless: &impl Fn(Location) -> bool) {
    if is_needless(rule.location) {
        rule.peers = Peers::Of(Vec::new());
    } else if let Peers::Of(matches) = &mut rule.peers {
        matches.retain(|m| !is_needless(m.location));
    }
}

/// Gives everything a line of its own; subjects have their policy's.
fn place(policies: &mut PolicySet) {
    let mut line = 0;
    let mut next = || {
        line += 1;
        Location {
            line,
            column: 1,
            last_line: line,
            ..Location::default()
        }
    };
    for policy in policies.tiers.iter_mut().flat_map(|t| &mut t.policies) {
        policy.location = next();
        policy.subjects.iter_mut().for_each(|m| m.location = policy.location);
        let rules = policy.ingress.iter_mut().chain(&mut policy.egress);
        for rule in rules.flat_map(|r| &mut r.rules) {
            rule.location = next();
            if let Peers::Of(matches) = &mut rule.peers {
                matches.iter_mut().for_each(|m| m.location = next());
            }
        }
    }
}
