//! What would flip a verdict.

use insta::assert_snapshot;

use crate::world::{World, namespace};

fn shop(policies: &str) -> World {
    World::new(&(namespace("shop", &["web", "cart"]) + &namespace("ops", &["scraper"]) + policies))
}

#[test]
fn an_open_end_is_isolated() {
    assert_snapshot!(shop("").flipped("shop/Deployment/web", "shop/Deployment/cart", "8080"), @r"
    Denied
    * then none
    apiVersion: networking.k8s.io/v1
    kind: NetworkPolicy
    metadata:
      name: cart-ingress
      namespace: shop
    spec:
      podSelector:
        matchLabels:
          app: cart
      policyTypes: [Ingress]
      ingress: []
    ");
}
