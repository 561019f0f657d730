//! Why connections meet what they meet.

use insta::assert_snapshot;

use crate::world::{World, namespace};

fn shop(policies: &str) -> World {
    World::new(&(namespace("shop", &["web", "cart"]) + &namespace("ops", &["scraper"]) + policies))
}

const WEB_TO_CART: &str = r"
apiVersion: networking.k8s.io/v1
kind: NetworkPolicy
metadata: {name: cart, namespace: shop}
spec:
  podSelector: {matchLabels: {app: cart}}
  ingress:
    - from: [{podSelector: {matchLabels: {app: web}}}]
      ports: [{port: 8080}]
    - from: [{podSelector: {matchLabels: {app: web}}}]
      ports: [{port: 8080}, {port: 9090}]
---
apiVersion: networking.k8s.io/v1
kind: NetworkPolicy
metadata: {name: default-deny, namespace: shop}
spec: {podSelector: {}, policyTypes: [Ingress]}
---
apiVersion: networking.k8s.io/v1
kind: NetworkPolicy
metadata: {name: scrape, namespace: shop}
spec:
  podSelector: {}
  ingress:
    - from: [{namespaceSelector: {matchLabels: {kubernetes.io/metadata.name: ops}}}]
      ports: [{port: 9090}]
";

#[test]
fn the_rule_that_allows_is_named_and_the_others_are_told_apart() {
    let world = shop(WEB_TO_CART);
    assert_snapshot!(world.why("shop/Deployment/web", "shop/Deployment/cart", "8080"), @r"
    allow (Elsewhere)
    egress: allow, nothing isolates it
    ingress: allow, by shop/NetworkPolicy/cart 0 at m.yaml:46:7
      NetworkPolicy
        shop/NetworkPolicy/cart: Decides(0)
        shop/NetworkPolicy/default-deny: NoRules
        shop/NetworkPolicy/scrape: OtherPeers
    ");
    assert_snapshot!(world.why("ops/Deployment/scraper", "shop/Deployment/cart", "8080"), @r"
    deny (Elsewhere)
    egress: allow, nothing isolates it
    ingress: deny, isolated by shop/NetworkPolicy/cart, shop/NetworkPolicy/default-deny, shop/NetworkPolicy/scrape
      NetworkPolicy
        shop/NetworkPolicy/cart: Isolates
        shop/NetworkPolicy/default-deny: Isolates
        shop/NetworkPolicy/scrape: Isolates, matches on TCP 9090
    ");
    assert_snapshot!(world.why("shop/Deployment/cart", "ops/Deployment/scraper", "8080"), @r"
    allow (Elsewhere)
    egress: allow, nothing isolates it
    ingress: allow, nothing isolates it
    ");
}
