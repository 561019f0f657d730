//! Bytes as a small cluster: every answer about it keeps the promises, and is that of the naive reading.

use std::net::IpAddr;

use arbitrary::Unstructured;
use haechi_engine::{By, Compiled, Decision, End, Explanation, Outcome, Reach, Reasons, Verdict};
use haechi_model::{Cluster, Name, Protocol, Severity};
use haechi_policy::{Direction, PolicySet};
use haechi_source::{Options, Snapshot, read_texts};

use super::naive::{self, Port};
use super::sketch::Sketch;

const ADDRESSES: [&str; 9] = [
    "10.0.0.2",
    "10.0.1.200",
    "192.168.0.1",
    "192.168.0.77",
    "203.0.113.9",
    "255.255.255.255",
    "fd00::2",
    "fd00:0:0:1::",
    "2001:db8::1",
];
const DOMAINS: [&str; 2] = ["api.example.com", "example.org"];
const NUMBERS: [u16; 11] = [1, 2, 49, 53, 80, 81, 101, 443, 8_444, 65_534, 65_535];

/// Compiles and explains the cluster that these bytes are.
///
/// # Panics
/// If an answer breaks a promise.
pub fn answer(bytes: &[u8]) {
    let Ok(sketch) = Sketch::draw(&mut Unstructured::new(bytes)) else {
        return;
    };
    let snapshot = read(&sketch.manifests, |text| text);
    let faults: Vec<_> = snapshot
        .diagnostics
        .iter()
        .filter(|d| d.severity == Severity::Error)
        .collect();
    assert!(faults.is_empty(), "{faults:#?}\n{}", sketch.manifests.join("---\n"));

    let mut diagnostics = Vec::new();
    let policies = haechi_policy::dialect::lower(&snapshot.policies, sketch.profile, &mut diagnostics);
    let compiled = haechi_engine::compile(&snapshot.cluster, &policies);
    let pairs = pairs(&snapshot.cluster);
    for (index, (from, to)) in pairs.iter().enumerate() {
        let outcome = compiled.between(from, to);
        keeps_its_promises(&outcome);
        agrees_with_the_naive_reading(&snapshot.cluster, &policies, from, to, &outcome);
        let mut explanations = vec![compiled.explain(from, to)];
        // Compiled for one pair alone, which takes longer: some are enough.
        if index % 16 == bytes.len() % 16 {
            explanations.push(haechi_engine::explain(&snapshot.cluster, &policies, from, to));
        }
        for explanation in explanations {
            assert_eq!(explanation.outcome, outcome, "{from:?} -> {to:?}");
            explains(&explanation);
        }
    }
    counts_are_of_the_pairs(&compiled);
    order_of_documents_counts_for_nothing(&sketch, &compiled);
}

fn read(manifests: &[String], arranged: impl Fn(Vec<String>) -> Vec<String>) -> Snapshot {
    let text = arranged(manifests.to_vec()).join("---\n");
    read_texts(vec![("sketch.yaml".to_owned(), text)], &Options::default())
}

/// Each endpoint with every end, in both directions.
fn pairs(cluster: &Cluster) -> Vec<(End, End)> {
    let endpoints: Vec<End> = (0..cluster.endpoints.len()).map(End::Endpoint).collect();
    let addresses = ADDRESSES
        .iter()
        .filter_map(|a| a.parse::<IpAddr>().ok())
        .map(End::Address);
    let domains = DOMAINS.iter().map(|d| End::Domain(Name::from(*d)));
    let others: Vec<End> = addresses.chain(domains).collect();
    let mut pairs = Vec::new();
    for endpoint in &endpoints {
        pairs.extend(endpoints.iter().map(|other| (endpoint.clone(), other.clone())));
        pairs.extend(others.iter().map(|other| (endpoint.clone(), other.clone())));
        pairs.extend(others.iter().map(|other| (other.clone(), endpoint.clone())));
    }
    pairs
}

fn keeps_its_promises(outcome: &Outcome) {
    assert!(!outcome.allow.overlaps(&outcome.undefined), "{outcome:?}");
    assert_eq!(outcome.undefined.is_empty(), outcome.reasons.is_empty(), "{outcome:?}");
}

fn agrees_with_the_naive_reading(cluster: &Cluster, policies: &PolicySet, from: &End, to: &End, outcome: &Outcome) {
    let mut met = Reasons::NONE;
    for protocol in Protocol::ALL {
        let numbers = if protocol.has_ports() { &NUMBERS[..] } else { &[0] };
        for &number in numbers {
            let naive = naive::judge(cluster, policies, from, to, Port(protocol, number));
            let bulk = outcome.on(protocol, number);
            assert_eq!(
                bulk, naive.verdict,
                "{from:?} -> {to:?} on {protocol} {number}: {outcome}"
            );
            met = met.union(naive.met);
        }
    }
    assert_eq!(outcome.reasons.union(met), met, "{outcome:?}");
}

/// An explanation says of each end what became of it, and the two together are the outcome.
fn explains(explanation: &Explanation<'_>) {
    let end = |direction: Direction| match direction {
        Direction::Egress => &explanation.egress,
        Direction::Ingress => &explanation.ingress,
    };
    let both = [Direction::Egress, Direction::Ingress]
        .map(|direction| end(direction).as_ref().map_or_else(Outcome::all, |j| j.outcome.clone()));
    let [egress, ingress] = both;
    assert_eq!(explanation.locality.applied(egress.and(&ingress)), explanation.outcome);
    for judgement in explanation.judgements() {
        for number in NUMBERS {
            let verdict = judgement.outcome.on(Protocol::Tcp, number);
            match judgement.decision(Protocol::Tcp, number) {
                Decision::Rule(_, rule) => {
                    assert_ne!(verdict, Verdict::Undefined);
                    assert_ne!(rule.matches, Verdict::Deny, "a rule that does not match decided");
                }
                Decision::Isolated(policies) => {
                    assert_eq!(verdict, Verdict::Deny);
                    assert!(!policies.is_empty(), "nobody shut the end");
                }
                Decision::Open => assert_eq!(verdict, Verdict::Allow),
                Decision::Undefined(rules, policies) => {
                    assert_eq!(verdict, Verdict::Undefined);
                    assert!(!rules.is_empty() || !policies.is_empty(), "nobody may have decided");
                }
            }
        }
    }
}

/// All pairs, counted without listing them, are as many as listing finds.
fn counts_are_of_the_pairs(compiled: &Compiled<'_>) {
    let counts = haechi_engine::count(compiled);
    let workloads = counts.workloads;
    assert_eq!(counts.workload_pairs.total(), workloads * workloads);
    assert_eq!(counts.pod_pairs.total(), counts.pods * counts.pods);
    let reach = Reach::new(compiled, By::Workload);
    let places: Vec<usize> = (0..reach.parties().len())
        .filter(|place| matches!(reach.parties()[*place], haechi_engine::Party::Workload(_)))
        .collect();
    let allowed = reach
        .connections(&places, &places)
        .filter(|c| c.outcome.verdict() == Verdict::Allow)
        .count();
    assert_eq!(counts.workload_pairs.allowed, allowed as u64);
}

fn order_of_documents_counts_for_nothing(sketch: &Sketch, compiled: &Compiled<'_>) {
    let turned = read(&sketch.manifests, |mut manifests| {
        manifests.reverse();
        manifests
    });
    let policies = haechi_policy::dialect::lower(&turned.policies, sketch.profile, &mut Vec::new());
    let turned = haechi_engine::compile(&turned.cluster, &policies);
    assert_eq!(haechi_engine::count(compiled), haechi_engine::count(&turned));
    for (from, to) in pairs(compiled.cluster()) {
        assert_eq!(
            compiled.between(&from, &to),
            turned.between(&from, &to),
            "{from:?} -> {to:?}"
        );
    }
}
