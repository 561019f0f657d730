//! What changes between two versions.

use std::fmt::Write;

use haechi_engine::diff::{Comparison, Deed, DiffParty, Met, Side, Version, Versions};
use haechi_engine::{Extent, Party};
use insta::assert_snapshot;

use crate::world::{World, namespace};

/// Every difference, with what is responsible.
fn compared(old: &World, new: &World) -> String {
    let versions = Versions::new(version(old), version(new));
    let comparison = Comparison::new(&versions);
    let mut text = String::new();
    for difference in comparison.differences() {
        let name = |party: usize| name(&comparison.parties()[party], &versions);
        let met = |met: &Option<Met>| match met {
            Some(met) if met.extent == Extent::Every => met.outcome.without_open_icmp().to_string(),
            Some(met) => format!("{} for some", met.outcome.without_open_icmp()),
            None => "-".to_owned(),
        };
        let (before, after) = (met(&difference.before), met(&difference.after));
        let (from, to) = (name(difference.from), name(difference.to));
        writeln!(text, "{:?} {from} -> {to}: {before} => {after}", difference.fate()).expect("a string takes it");
        for responsible in comparison.responsible(&difference) {
            let world = if responsible.side == Side::Old { old } else { new };
            let deed = match responsible.deed {
                Deed::Rule(rule) => format!("{} {}", rule.action, world.snapshot.files.show(rule.location)),
                Deed::Isolated => "isolates".to_owned(),
            };
            writeln!(
                text,
                "  {:?} {} {}: {deed}",
                responsible.side, responsible.direction, responsible.policy.id
            )
            .expect("a string takes it");
        }
    }
    text
}

fn version(world: &World) -> Version<'_> {
    Version {
        cluster: world.cluster(),
        policies: &world.policies,
    }
}

fn name(party: &DiffParty, versions: &Versions<'_>) -> String {
    let side = if party.old.is_some() { Side::Old } else { Side::New };
    let compiled = versions.side(side);
    match party.on(side).expect("it is on one side") {
        Party::Workload(workload) => compiled.cluster().workload_id(workload),
        Party::Endpoint(endpoint) => compiled.cluster().endpoint_id(endpoint),
        Party::Range(atom) => compiled.space().atoms[atom].range.to_string(),
        Party::Domain(domain) => compiled.space().domains[domain].to_string(),
    }
}

fn policy(name: &str, spec: &str) -> String {
    format!(
        "---\napiVersion: networking.k8s.io/v1\nkind: NetworkPolicy\nmetadata: {{name: {name}, namespace: shop}}\nspec:\n{spec}"
    )
}

fn shop(apps: &[&str], policies: &[String]) -> World {
    World::new(&(namespace("shop", apps) + &policies.concat()))
}

const CART: &str = r"
  podSelector: {matchLabels: {app: cart}}
  ingress:
    - from: [{podSelector: {matchLabels: {app: web}}}]
      ports: [{port: 8080}]
";

#[test]
fn a_rule_that_is_taken_out_is_responsible() {
    let deny = policy("default-deny", "  {podSelector: {}, policyTypes: [Ingress]}\n");
    let old = shop(&["web", "cart"], &[deny.clone(), policy("cart", CART)]);
    let new = shop(&["web", "cart"], &[deny]);
    assert_snapshot!(compared(&old, &new), @r"
    Removed shop/Deployment/web -> shop/Deployment/cart: TCP 8080 => none
      Old ingress shop/NetworkPolicy/cart: allow m.yaml:39:7
    ");
    assert_snapshot!(compared(&new, &old), @r"
    Added shop/Deployment/web -> shop/Deployment/cart: none => TCP 8080
      New ingress shop/NetworkPolicy/cart: allow m.yaml:39:7
    ");
    assert_eq!(compared(&old, &old), "");
}

#[test]
fn ports_that_change_are_told_from_those_that_stay() {
    let old = shop(&["web", "cart"], &[policy("cart", CART)]);
    let new = shop(
        &["web", "cart"],
        &[policy(
            "cart",
            &CART.replace("[{port: 8080}]", "[{port: 8080}, {port: 9090}]"),
        )],
    );
    assert_snapshot!(compared(&old, &new), @r"
    Changed shop/Deployment/web -> shop/Deployment/cart: TCP 8080 => TCP 8080, 9090
      New ingress shop/NetworkPolicy/cart: allow m.yaml:33:7
    ");
}

#[test]
fn a_workload_that_comes_or_goes_takes_its_connections_along() {
    let old = shop(&["web", "cart"], &[policy("cart", CART)]);
    let new = shop(&["web"], &[policy("cart", CART)]);
    assert_snapshot!(compared(&old, &new), @r"
    Removed shop/Deployment/cart -> shop/Deployment/web: all => -
    Removed shop/Deployment/cart -> 0.0.0.0-255.255.255.255: all => -
    Removed shop/Deployment/cart -> ::-ffff:ffff:ffff:ffff:ffff:ffff:ffff:ffff: all => -
    Removed shop/Deployment/web -> shop/Deployment/cart: TCP 8080 => -
      Old ingress shop/NetworkPolicy/cart: allow m.yaml:33:7
    ");
    assert_snapshot!(compared(&new, &old), @r"
    Added shop/Deployment/cart -> shop/Deployment/web: - => all
    Added shop/Deployment/cart -> 0.0.0.0-255.255.255.255: - => all
    Added shop/Deployment/cart -> ::-ffff:ffff:ffff:ffff:ffff:ffff:ffff:ffff: - => all
    Added shop/Deployment/web -> shop/Deployment/cart: - => TCP 8080
      New ingress shop/NetworkPolicy/cart: allow m.yaml:33:7
    ");
}

#[test]
fn ranges_are_cut_at_the_boundaries_of_both_sides() {
    let to = |block: &str| {
        let spec = format!(
            "  podSelector: {{}}\n  policyTypes: [Egress]\n  egress:\n    - to: [{{ipBlock: {{cidr: {block}}}}}]\n      ports: [{{port: 443}}]\n"
        );
        shop(&["web"], &[policy("out", &spec)])
    };
    assert_snapshot!(compared(&to("10.0.0.0/8"), &to("10.1.0.0/16")), @r"
    Removed shop/Deployment/web -> 10.0.0.0-10.0.255.255: TCP 443 => none
      Old egress shop/NetworkPolicy/out: allow m.yaml:23:7
    Removed shop/Deployment/web -> 10.2.0.0-10.255.255.255: TCP 443 => none
      Old egress shop/NetworkPolicy/out: allow m.yaml:23:7
    ");
    assert_snapshot!(compared(&to("10.0.0.0/8"), &to("192.168.0.0/16")), @r"
    Removed shop/Deployment/web -> 10.0.0.0-10.255.255.255: TCP 443 => none
      Old egress shop/NetworkPolicy/out: allow m.yaml:23:7
    Added shop/Deployment/web -> 192.168.0.0-192.168.255.255: none => TCP 443
      New egress shop/NetworkPolicy/out: allow m.yaml:23:7
    ");
}

#[test]
fn an_isolation_that_is_new_is_responsible() {
    let old = shop(&["web", "cart"], &[]);
    let new = shop(
        &["web", "cart"],
        &[policy(
            "default-deny",
            "  {podSelector: {matchLabels: {app: cart}}, policyTypes: [Ingress]}\n",
        )],
    );
    assert_snapshot!(compared(&old, &new), @r"
    Removed shop/Deployment/cart -> shop/Deployment/cart: all => none
      New ingress shop/NetworkPolicy/default-deny: isolates
    Removed shop/Deployment/web -> shop/Deployment/cart: all => none
      New ingress shop/NetworkPolicy/default-deny: isolates
    Removed 0.0.0.0-255.255.255.255 -> shop/Deployment/cart: all => none
      New ingress shop/NetworkPolicy/default-deny: isolates
    Removed ::-ffff:ffff:ffff:ffff:ffff:ffff:ffff:ffff -> shop/Deployment/cart: all => none
      New ingress shop/NetworkPolicy/default-deny: isolates
    ");
}

#[test]
fn that_a_specification_is_silent_on_icmp_is_no_difference() {
    let old = shop(&["web", "cart"], &[]);
    let new = shop(
        &["web", "cart"],
        &[policy("all", "  {podSelector: {}, ingress: [{}]}\n")],
    );
    assert_eq!(compared(&old, &new), "");
}

#[test]
fn nor_is_it_where_only_some_pods_meet_it() {
    let pods = ["a", "b"].map(|name| {
        format!(
            "apiVersion: v1\nkind: Pod\nmetadata: {{name: {name}, namespace: shop, labels: {{app: web, pod: {name}}}, ownerReferences: [{{apiVersion: apps/v1, kind: StatefulSet, name: web, uid: u, controller: true}}]}}\nspec: {{containers: [{{name: c}}]}}\n---\n"
        )
    });
    let some = policy("some", "  {podSelector: {matchLabels: {pod: a}}, ingress: [{}]}\n");
    let world = |policies: &str| World::new(&(pods.concat() + policies));
    assert_eq!(compared(&world(""), &world(&some)), "");
    // That some pods are shut is one.
    let shut = policy("some", "  {podSelector: {matchLabels: {pod: a}}, ingress: []}\n");
    assert_snapshot!(compared(&world(""), &world(&shut)), @r"
    Changed shop/StatefulSet/web -> shop/StatefulSet/web: all => all for some
      New ingress shop/NetworkPolicy/some: isolates
    Changed 0.0.0.0-255.255.255.255 -> shop/StatefulSet/web: all => all for some
      New ingress shop/NetworkPolicy/some: isolates
    Changed ::-ffff:ffff:ffff:ffff:ffff:ffff:ffff:ffff -> shop/StatefulSet/web: all => all for some
      New ingress shop/NetworkPolicy/some: isolates
    ");
}

#[test]
fn what_becomes_undefined_is_a_difference_of_its_own() {
    let spec = "  podSelector: {matchLabels: {app: cart}}\n  ingress: [{from: [{ipBlock: {cidr: 0.0.0.0/0}}], ports: [{port: 8080}]}]\n";
    let old = shop(&["web", "cart"], &[policy("cart", CART)]);
    let new = shop(&["web", "cart"], &[policy("cart", spec)]);
    assert_snapshot!(compared(&old, &new), @r"
    Added shop/Deployment/cart -> shop/Deployment/cart: none => ? TCP 8080
      New ingress shop/NetworkPolicy/cart: allow m.yaml:31:13
    Changed shop/Deployment/web -> shop/Deployment/cart: TCP 8080 => ? TCP 8080
      Old ingress shop/NetworkPolicy/cart: allow m.yaml:33:7
      New ingress shop/NetworkPolicy/cart: allow m.yaml:31:13
    Added 0.0.0.0-255.255.255.255 -> shop/Deployment/cart: none => TCP 8080
      New ingress shop/NetworkPolicy/cart: allow m.yaml:31:13
    ");
}

#[test]
fn a_pod_and_its_own_node_reach_each_other_on_both_sides() {
    let world = |policies: &str| {
        let node = "apiVersion: v1\nkind: Node\nmetadata: {name: n1, labels: {pool: edge}}\nstatus: {addresses: [{type: InternalIP, address: 192.0.2.1}]}\n---\n";
        let pod = "apiVersion: v1\nkind: Pod\nmetadata: {name: web, namespace: shop, labels: {app: web}}\nspec: {nodeName: n1, containers: [{name: c}]}\n---\n";
        World::new(&(node.to_owned() + pod + policies))
    };
    let nodes = r"
apiVersion: policy.networking.k8s.io/v1alpha2
kind: ClusterNetworkPolicy
metadata: {name: nodes}
spec:
  tier: Admin
  priority: 1
  subject: {namespaces: {}}
  egress: [{action: Accept, to: [{nodes: {matchLabels: {pool: edge}}}]}]
---
";
    let shut = policy("shut", "  {podSelector: {}, policyTypes: [Egress]}\n");
    assert_eq!(compared(&world(&(nodes.to_owned() + &shut)), &world(&shut)), "");
}
