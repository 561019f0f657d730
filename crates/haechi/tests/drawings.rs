//! `haechi draw` as users run it, on the example shop.

use std::path::{Path, PathBuf};
use std::process::{Command, Output, Stdio};

fn root() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("../..")
}

fn run(arguments: &[&str]) -> Output {
    let mut command = Command::new(env!("CARGO_BIN_EXE_haechi"));
    command.current_dir(root()).stdin(Stdio::null());
    for variable in haechi::env::ALL {
        command.env_remove(variable.name);
    }
    command.args(arguments).output().expect("it runs")
}

fn text(bytes: &[u8]) -> String {
    String::from_utf8(bytes.to_vec()).expect("it is text")
}

fn mermaid(policy: &str) -> String {
    let output = run(&["draw", "-f", "examples/shop", policy, "-o", "mermaid"]);
    assert_eq!(output.status.code(), Some(0), "{}", text(&output.stderr));
    text(&output.stdout)
}

#[test]
fn a_policy_that_isolates() {
    insta::assert_snapshot!(mermaid("payments/payment-gateway"));
}

#[test]
fn a_policy_of_a_namespace() {
    insta::assert_snapshot!(mermaid("shop/default-deny"));
}

#[test]
fn a_policy_whose_subjects_talk_among_themselves() {
    insta::assert_snapshot!(mermaid("redis"));
}

#[test]
fn rules_in_their_order() {
    insta::assert_snapshot!(mermaid("cnp/unguarded-pods"));
}

/// Every action and every kind of peer.
const TENANTS: &str = "
apiVersion: policy.networking.k8s.io/v1alpha2
kind: ClusterNetworkPolicy
metadata: {name: tenants}
spec:
  tier: Admin
  priority: 7
  subject:
    pods:
      namespaceSelector: {matchLabels: {tenant: a}}
      podSelector: {matchExpressions: [{key: app, operator: In, values: [web, api]}]}
  ingress:
  - {name: monitoring, action: Accept, from: [{namespaces: {matchLabels: {kubernetes.io/metadata.name: monitoring}}}], protocols: [{destinationNamedPort: metrics}]}
  - {name: own, action: Pass, from: [{namespaces: {matchLabels: {tenant: a}}}]}
  - {name: others, action: Deny, from: [{namespaces: {}}]}
  egress:
  - {action: Accept, to: [{nodes: {matchLabels: {role: gw}}}, {domainNames: ['*.example.com']}], protocols: [{tcp: {destinationPort: {number: 443}}}]}
  - {action: Deny, to: [{networks: [10.0.0.0/8, 0.0.0.0/0]}]}
";

#[test]
fn a_file_with_one_policy_needs_no_sources() {
    let folder = tempfile::tempdir().expect("there is room");
    let path = folder.path().join("tenants.yaml");
    std::fs::write(&path, TENANTS).expect("it can be written");
    let output = run(&["draw", &path.display().to_string(), "-o", "mermaid"]);
    assert_eq!(output.status.code(), Some(0), "{}", text(&output.stderr));
    insta::assert_snapshot!(text(&output.stdout));
}

#[test]
fn pictures_are_what_they_are_called() {
    let draw = |format: &str| run(&["draw", "-f", "examples/shop", "shop/checkout", "-o", format]).stdout;
    assert!(draw("svg").starts_with(b"<svg"));
    assert!(draw("dot").starts_with(b"digraph"));
    assert!(draw("png").starts_with(b"\x89PNG"));
}

#[test]
fn mistakes_are_answered() {
    for (arguments, error) in [
        (
            &["draw", "-f", "examples/shop", "chekout"][..],
            "did you mean shop/NetworkPolicy/checkout?",
        ),
        (
            &["draw", "-f", "examples/shop", "default-deny"],
            "write more of it, for example data/NetworkPolicy/default-deny",
        ),
        (
            &["draw", "examples/shop/policies/shop.yaml"],
            "examples/shop/policies/shop.yaml holds 5 policies",
        ),
        (
            &["draw", "examples/shop/shop.yaml"],
            "examples/shop/shop.yaml holds no policy",
        ),
    ] {
        let output = run(arguments);
        assert_eq!(output.status.code(), Some(2), "{arguments:?}");
        let said = text(&output.stderr);
        assert!(said.contains(error), "{arguments:?}: {said}");
    }
    // Of equal names, the one of the namespace is meant.
    let output = run(&[
        "draw",
        "-f",
        "examples/shop",
        "-n",
        "shop",
        "default-deny",
        "-o",
        "mermaid",
    ]);
    assert!(text(&output.stdout).contains("shop/NetworkPolicy/default-deny"));
}
