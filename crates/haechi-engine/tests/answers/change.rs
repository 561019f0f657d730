//! What would flip a verdict.

use haechi_engine::change::Wanted;
use haechi_model::Profile;
use insta::assert_snapshot;

use crate::world::{World, namespace, set};

const WEB: &str = "shop/Deployment/web";
const CART: &str = "shop/Deployment/cart";
const SCRAPER: &str = "ops/Deployment/scraper";

fn shop(policies: &str) -> World {
    World::new(&(namespace("shop", &["web", "cart"]) + &namespace("ops", &["scraper"]) + policies))
}

fn policy(name: &str, spec: &str) -> String {
    format!(
        "---\napiVersion: networking.k8s.io/v1\nkind: NetworkPolicy\nmetadata: {{name: {name}, namespace: shop}}\nspec:\n{spec}\n"
    )
}

fn default_deny() -> String {
    policy("default-deny", "  {podSelector: {}, policyTypes: [Ingress, Egress]}")
}

#[test]
fn an_open_end_is_isolated() {
    assert_snapshot!(shop("").flipped(WEB, CART, "8080"), @r"
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

#[test]
fn a_policy_that_isolates_its_workload_alone_gets_a_rule() {
    let cart = policy(
        "cart",
        "  {podSelector: {matchLabels: {app: cart}}, ingress: [{ports: [{port: 9090}]}]}",
    );
    let world = shop(&cart);
    assert_snapshot!(world.flipped(WEB, CART, "8080"), @r"
    Allowed
    * then TCP 8080, 9090
    add to ingress of shop/NetworkPolicy/cart:
    - from:
        - podSelector:
            matchLabels:
              app: web
      ports:
        - protocol: TCP
          port: 8080
    ");
    assert_snapshot!(world.flipped(SCRAPER, CART, "8080"), @r"
    Allowed
    * then TCP 8080, 9090
    add to ingress of shop/NetworkPolicy/cart:
    - from:
        - namespaceSelector:
            matchLabels:
              kubernetes.io/metadata.name: ops
          podSelector:
            matchLabels:
              app: scraper
      ports:
        - protocol: TCP
          port: 8080
    ");
    assert_snapshot!(world.flipped("203.0.113.7", CART, "8080"), @r"
    Allowed
    * then TCP 8080, 9090
    add to ingress of shop/NetworkPolicy/cart:
    - from:
        - ipBlock:
            cidr: 203.0.113.7/32
      ports:
        - protocol: TCP
          port: 8080
    ");
    assert_snapshot!(world.flipped("2001:db8::7", CART, "8000-8010"), @r#"
    Allowed
    * then TCP 8000-8010, 9090
    add to ingress of shop/NetworkPolicy/cart:
    - from:
        - ipBlock:
            cidr: "2001:db8::7/128"
      ports:
        - protocol: TCP
          port: 8000
          endPort: 8010
    "#);
    assert_snapshot!(world.flipped(SCRAPER, CART, "1-65535/UDP"), @r"
    Allowed
    * then TCP 9090; UDP
    add to ingress of shop/NetworkPolicy/cart:
    - from:
        - namespaceSelector:
            matchLabels:
              kubernetes.io/metadata.name: ops
          podSelector:
            matchLabels:
              app: scraper
      ports:
        - protocol: UDP
    ");
}

#[test]
fn a_policy_that_isolates_many_is_spared_for_one_of_its_own() {
    let world = shop(&policy("default-deny", "  {podSelector: {}, policyTypes: [Ingress]}"));
    assert_snapshot!(world.flipped(WEB, CART, "8080"), @r"
    Allowed
    * then TCP 8080
    apiVersion: networking.k8s.io/v1
    kind: NetworkPolicy
    metadata:
      name: cart-from-web
      namespace: shop
    spec:
      podSelector:
        matchLabels:
          app: cart
      policyTypes: [Ingress]
      ingress:
        - from:
            - podSelector:
                matchLabels:
                  app: web
          ports:
            - protocol: TCP
              port: 8080
    * then TCP 8080
    add to ingress of shop/NetworkPolicy/default-deny:
    - from:
        - podSelector:
            matchLabels:
              app: web
      ports:
        - protocol: TCP
          port: 8080
    ");
}

#[test]
fn both_ends_change_where_both_deny() {
    let cart = policy(
        "cart",
        "  {podSelector: {matchLabels: {app: cart}}, ingress: [{ports: [{port: 9090}]}]}",
    );
    let web = policy(
        "web",
        "  {podSelector: {matchLabels: {app: web}}, policyTypes: [Egress], egress: [{ports: [{port: 53, protocol: UDP}]}]}",
    );
    assert_snapshot!(shop(&(default_deny() + &cart + &web)).flipped(WEB, CART, "8080"), @r"
    Allowed
    * then TCP 8080
    add to egress of shop/NetworkPolicy/web:
    - to:
        - podSelector:
            matchLabels:
              app: cart
      ports:
        - protocol: TCP
          port: 8080
    add to ingress of shop/NetworkPolicy/cart:
    - from:
        - podSelector:
            matchLabels:
              app: web
      ports:
        - protocol: TCP
          port: 8080
    ");
}

#[test]
fn every_rule_that_allows_is_taken_out() {
    let cart = policy(
        "cart",
        r"
  podSelector: {matchLabels: {app: cart}}
  ingress:
    - ports: [{port: 8080}]
    - from: [{podSelector: {matchLabels: {app: web}}}, {namespaceSelector: {}, podSelector: {matchLabels: {app: scraper}}}]
    - from: [{podSelector: {matchLabels: {app: other}}}]
",
    );
    let world = shop(&cart);
    assert_snapshot!(world.flipped(WEB, CART, "8080"), @r"
    Denied
    * then none
    remove ingress 0 of shop/NetworkPolicy/cart at m.yaml:47:7
    remove from ingress 1 of shop/NetworkPolicy/cart: m.yaml:48:14
    ");
    assert_snapshot!(world.flipped(SCRAPER, CART, "9090"), @r"
    Denied
    * then TCP 8080
    remove from ingress 1 of shop/NetworkPolicy/cart: m.yaml:48:56
    ");
}

const ADMIN: &str = r"
apiVersion: policy.networking.k8s.io/v1alpha2
kind: ClusterNetworkPolicy
metadata: {name: platform}
spec:
  tier: Admin
  priority: 7
  subject: {namespaces: {matchLabels: {kubernetes.io/metadata.name: shop}}}
  ingress:
    - {action: Accept, from: [{namespaces: {matchLabels: {kubernetes.io/metadata.name: ops}}}], protocols: [{tcp: {destinationPort: {number: 9090}}}]}
    - {action: Deny, from: [{namespaces: {matchLabels: {kubernetes.io/metadata.name: ops}}}]}
  egress:
    - {action: Deny, to: [{networks: [203.0.113.0/24, 198.51.100.0/24]}]}
";

#[test]
fn a_rule_that_denies_gets_an_exception_before_it_or_goes() {
    let world = shop(ADMIN);
    assert_snapshot!(world.flipped(SCRAPER, CART, "8080"), @r"
    Allowed
    * then TCP 8080, 9090
    add to ingress of ClusterNetworkPolicy/platform before 1:
    - action: Accept
      from:
        - pods:
            namespaceSelector:
              matchLabels:
                kubernetes.io/metadata.name: ops
            podSelector:
              matchLabels:
                app: scraper
      protocols:
        - tcp:
            destinationPort:
              number: 8080
    * then all
    remove ingress 1 of ClusterNetworkPolicy/platform at m.yaml:49:7
    ");
    assert_snapshot!(world.flipped(WEB, "203.0.113.7", "443"), @r"
    Allowed
    * then TCP 443
    add to egress of ClusterNetworkPolicy/platform before 0:
    - action: Accept
      to:
        - networks:
            - 203.0.113.7/32
      protocols:
        - tcp:
            destinationPort:
              number: 443
    * then all
    remove egress 0 of ClusterNetworkPolicy/platform at m.yaml:51:7
    ");
}

#[test]
fn an_accepting_rule_gets_an_exception_or_goes() {
    assert_snapshot!(shop(ADMIN).flipped(SCRAPER, CART, "9090"), @r"
    Denied
    * then none
    remove ingress 0 of ClusterNetworkPolicy/platform at m.yaml:48:7
    * then none
    add to ingress of ClusterNetworkPolicy/platform before 0:
    - action: Deny
      from:
        - pods:
            namespaceSelector:
              matchLabels:
                kubernetes.io/metadata.name: ops
            podSelector:
              matchLabels:
                app: scraper
      protocols:
        - tcp:
            destinationPort:
              number: 9090
    ");
}

#[test]
fn where_admin_policies_select_an_open_end_they_can_deny() {
    let (inward, _) = ADMIN.split_once("  egress:").expect("it has both");
    assert_snapshot!(shop(inward).flipped(WEB, CART, "8080"), @r"
    Denied
    * then TCP 1-8079, 8081-65535; UDP; SCTP; ICMP; ICMPv6
    add to ingress of ClusterNetworkPolicy/platform before 0:
    - action: Deny
      from:
        - pods:
            namespaceSelector:
              matchLabels:
                kubernetes.io/metadata.name: shop
            podSelector:
              matchLabels:
                app: web
      protocols:
        - tcp:
            destinationPort:
              number: 8080
    ");
}

#[test]
fn the_first_version_of_admin_policies_has_words_of_its_own() {
    let world = shop(
        r"
apiVersion: policy.networking.k8s.io/v1alpha1
kind: AdminNetworkPolicy
metadata: {name: platform}
spec:
  priority: 7
  subject: {namespaces: {}}
  egress:
    - {action: Deny, to: [{namespaces: {}}], ports: [{portRange: {protocol: TCP, start: 8000, end: 9000}}]}
---
apiVersion: policy.networking.k8s.io/v1alpha1
kind: BaselineAdminNetworkPolicy
metadata: {name: default}
spec:
  subject: {namespaces: {}}
  ingress:
    - {action: Deny, from: [{namespaces: {}}]}
",
    );
    assert_snapshot!(world.flipped(WEB, CART, "8080-8081"), @r"
    Allowed
    * then TCP 8080-8081
    add to egress of AdminNetworkPolicy/platform before 0:
    - action: Allow
      to:
        - pods:
            namespaceSelector:
              matchLabels:
                kubernetes.io/metadata.name: shop
            podSelector:
              matchLabels:
                app: cart
      ports:
        - portRange:
            protocol: TCP
            start: 8080
            end: 8081
    add to ingress of BaselineAdminNetworkPolicy/default before 0:
    - action: Allow
      from:
        - pods:
            namespaceSelector:
              matchLabels:
                kubernetes.io/metadata.name: shop
            podSelector:
              matchLabels:
                app: web
      ports:
        - portRange:
            protocol: TCP
            start: 8080
            end: 8081
    ");
}

#[test]
fn policies_of_equal_priority_are_brought_to_agree() {
    let clash = ADMIN.replace("name: platform", "name: rival").replace("Accept", "Deny");
    let world = shop(&(ADMIN.to_owned() + "---" + &clash));
    assert_snapshot!(world.flipped(SCRAPER, CART, "9090"), @r"
    Allowed
    * then TCP 9090
    add to ingress of ClusterNetworkPolicy/rival before 0:
    - action: Accept
      from:
        - pods:
            namespaceSelector:
              matchLabels:
                kubernetes.io/metadata.name: ops
            podSelector:
              matchLabels:
                app: scraper
      protocols:
        - tcp:
            destinationPort:
              number: 9090
    * then TCP 9090
    remove ingress 0 of ClusterNetworkPolicy/rival at m.yaml:61:7
    remove ingress 1 of ClusterNetworkPolicy/rival at m.yaml:62:7
    ");
}

#[test]
fn what_hangs_on_the_data_plane_is_made_certain() {
    let blocks = policy(
        "blocks",
        "  {podSelector: {matchLabels: {app: cart}}, ingress: [{from: [{ipBlock: {cidr: 0.0.0.0/0}}], ports: [{port: 8080}]}]}",
    );
    let world = shop(&blocks);
    assert_snapshot!(world.flipped(WEB, CART, "8080"), @r"
    Allowed
    * then TCP 8080
    add to ingress of shop/NetworkPolicy/blocks:
    - from:
        - podSelector:
            matchLabels:
              app: web
      ports:
        - protocol: TCP
          port: 8080
    ");
    let explanation = world.explanation(WEB, CART);
    assert_snapshot!(world.flipped_to(&explanation, &set("8080"), Wanted::Denied), @r"
    Denied
    * then none
    remove ingress 0 of shop/NetworkPolicy/blocks at m.yaml:44:55
    ");
}

const NODES: &str = r"
apiVersion: v1
kind: Node
metadata: {name: n1}
status: {addresses: [{type: InternalIP, address: 192.0.2.1}]}
---
apiVersion: v1
kind: Pod
metadata: {name: agent, namespace: kube-system, labels: {app: agent}}
spec: {hostNetwork: true, nodeName: n1, containers: [{name: c}]}
---
apiVersion: v1
kind: Pod
metadata: {name: lost, namespace: kube-system, labels: {app: agent}}
spec: {hostNetwork: true, nodeName: n3, containers: [{name: c}]}
---
apiVersion: v1
kind: Pod
metadata: {name: here, namespace: shop, labels: {app: shut}}
spec: {nodeName: n1, containers: [{name: c}]}
---
apiVersion: v1
kind: Pod
metadata: {name: there, namespace: shop, labels: {app: shut}}
spec: {nodeName: n2, containers: [{name: c}]}
---
apiVersion: networking.k8s.io/v1
kind: NetworkPolicy
metadata: {name: default-deny, namespace: shop}
spec: {podSelector: {}, policyTypes: [Ingress]}
";

#[test]
fn nodes_are_called_by_their_addresses() {
    let under = |profile| World::under(profile, NODES).flipped("kube-system/Pod/agent", "shop/Pod/there", "80");
    assert_snapshot!(under(Profile::Kubernetes), @r"
    Allowed
    * then TCP 80
    apiVersion: networking.k8s.io/v1
    kind: NetworkPolicy
    metadata:
      name: there-from-agent
      namespace: shop
    spec:
      podSelector:
        matchLabels:
          app: shut
      policyTypes: [Ingress]
      ingress:
        - from:
            - ipBlock:
                cidr: 192.0.2.1/32
          ports:
            - protocol: TCP
              port: 80
    * then TCP 80
    add to ingress of shop/NetworkPolicy/default-deny:
    - from:
        - ipBlock:
            cidr: 192.0.2.1/32
      ports:
        - protocol: TCP
          port: 80
    ");
    // Blocks match no nodes there.
    assert_snapshot!(under(Profile::Cilium), @r"
    Allowed
    Holds(Ingress)
    ");
}

#[test]
fn what_is_in_the_way_is_named() {
    let world = World::new(NODES);
    assert_snapshot!(world.flipped("kube-system/Pod/lost", "shop/Pod/there", "80"), @r"
    Allowed
    Nameless(Ingress)
    ");
    assert_snapshot!(world.flipped("kube-system/Pod/agent", "shop/Pod/here", "80"), @r"
    Denied
    OwnNode
    ");
    assert_snapshot!(world.flipped("shop/Pod/here", "shop/Pod/here", "80"), @r"
    Denied
    Itself
    ");
    assert_snapshot!(world.flipped("kube-system/Pod/agent", "192.0.2.9", "80"), @r"
    Denied
    NoSubject
    ");
    let egress = shop(&default_deny());
    assert_snapshot!(egress.flipped(WEB, "fqdn:example.com", "443"), @r"
    Allowed
    Unsayable(Egress)
    ");
}

#[test]
fn a_workload_is_called_by_the_fewest_labels_that_single_it_out() {
    let yaml = r"
apiVersion: v1
kind: Pod
metadata: {name: a, namespace: x, labels: {app: api, tier: front, pod-template-hash: '7'}}
spec: {containers: [{name: c}]}
---
apiVersion: v1
kind: Pod
metadata: {name: b, namespace: x, labels: {app: api, tier: back}}
spec: {containers: [{name: c}]}
---
apiVersion: v1
kind: Pod
metadata: {name: c, namespace: x, labels: {app: db, tier: back, version: '1'}}
spec: {containers: [{name: c}]}
---
apiVersion: v1
kind: Pod
metadata: {name: d, namespace: x}
spec: {containers: [{name: c}]}
---
apiVersion: networking.k8s.io/v1
kind: NetworkPolicy
metadata: {name: c, namespace: x}
spec: {podSelector: {matchLabels: {app: db}}, ingress: [{ports: [{port: 1}]}]}
";
    let world = World::new(yaml);
    assert_snapshot!(world.flipped("x/Pod/a", "x/Pod/c", "80"), @r"
    Allowed
    * then TCP 1, 80
    add to ingress of x/NetworkPolicy/c:
    - from:
        - podSelector:
            matchLabels:
              tier: front
      ports:
        - protocol: TCP
          port: 80
    ");
    assert_snapshot!(world.flipped("x/Pod/b", "x/Pod/c", "80"), @r"
    Allowed
    * then TCP 1, 80
    add to ingress of x/NetworkPolicy/c:
    - from:
        - podSelector:
            matchLabels:
              app: api
              tier: back
      ports:
        - protocol: TCP
          port: 80
    ");
    // Without labels it is everybody of its namespace.
    assert_snapshot!(world.flipped("x/Pod/d", "x/Pod/c", "80"), @r"
    Allowed
    * then TCP 1, 80
    add to ingress of x/NetworkPolicy/c:
    - from:
        - podSelector: {}
      ports:
        - protocol: TCP
          port: 80
    ");
}

#[test]
fn every_port_at_once() {
    let cart = policy(
        "cart",
        "  {podSelector: {matchLabels: {app: cart}}, ingress: [{ports: [{port: 9090}]}]}",
    );
    let world = shop(&cart);
    let explanation = world.explanation(WEB, CART);
    assert_snapshot!(world.flipped_to(&explanation, &set("all"), Wanted::Allowed), @r"
    Allowed
    * then all ports ? ICMP; ICMPv6
    add to ingress of shop/NetworkPolicy/cart:
    - from:
        - podSelector:
            matchLabels:
              app: web
    ");
    assert_snapshot!(world.flipped_to(&explanation, &set("all"), Wanted::Denied), @r"
    Denied
    * then none
    remove ingress 0 of shop/NetworkPolicy/cart at m.yaml:44:55
    ");
}
