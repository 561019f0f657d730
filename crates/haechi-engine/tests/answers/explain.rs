//! Why connections meet what they meet.

use haechi_model::Profile;
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

#[test]
fn tiers_are_asked_in_order_and_pass_goes_on() {
    let world = shop(
        r"
apiVersion: policy.networking.k8s.io/v1alpha1
kind: AdminNetworkPolicy
metadata: {name: metrics}
spec:
  priority: 5
  subject: {namespaces: {}}
  ingress:
    - name: scraping
      action: Allow
      from: [{namespaces: {matchLabels: {kubernetes.io/metadata.name: ops}}}]
      ports: [{portNumber: {protocol: TCP, port: 9090}}]
    - name: teams-decide
      action: Pass
      from: [{namespaces: {matchLabels: {kubernetes.io/metadata.name: shop}}}]
    - name: nobody-else
      action: Deny
      from: [{namespaces: {}}]
---
apiVersion: networking.k8s.io/v1
kind: NetworkPolicy
metadata: {name: cart, namespace: shop}
spec:
  podSelector: {matchLabels: {app: cart}}
  ingress: [{from: [{podSelector: {}}], ports: [{port: 8080}]}]
---
apiVersion: policy.networking.k8s.io/v1alpha1
kind: BaselineAdminNetworkPolicy
metadata: {name: default}
spec:
  subject: {namespaces: {}}
  ingress:
    - action: Deny
      from: [{namespaces: {}}]
",
    );
    let (web, cart, scraper) = ("shop/Deployment/web", "shop/Deployment/cart", "ops/Deployment/scraper");
    assert_snapshot!(world.why(scraper, cart, "9090"), @r"
    allow (Elsewhere)
    egress: allow, nothing isolates it
    ingress: allow, by AdminNetworkPolicy/metrics 0 at m.yaml:47:7
      Admin
        AdminNetworkPolicy/metrics: Decides(0)
      NetworkPolicy
        shop/NetworkPolicy/cart: NotAsked
      Baseline
        BaselineAdminNetworkPolicy/default: NotAsked
    ");
    assert_snapshot!(world.why(scraper, cart, "8080"), @r"
    deny (Elsewhere)
    egress: allow, nothing isolates it
    ingress: deny, by AdminNetworkPolicy/metrics 2 at m.yaml:54:7
      Admin
        AdminNetworkPolicy/metrics: Decides(2)
      NetworkPolicy
        shop/NetworkPolicy/cart: NotAsked
      Baseline
        BaselineAdminNetworkPolicy/default: NotAsked
    ");
    assert_snapshot!(world.why(web, cart, "8080"), @r"
    allow (Elsewhere)
    egress: allow, nothing isolates it
    ingress: allow, by shop/NetworkPolicy/cart 0 at m.yaml:63:13
      Admin
        AdminNetworkPolicy/metrics: Passes(1)
      NetworkPolicy
        shop/NetworkPolicy/cart: Decides(0)
      Baseline
        BaselineAdminNetworkPolicy/default: NotAsked
    ");
    assert_snapshot!(world.why(web, cart, "9090"), @r"
    deny (Elsewhere)
    egress: allow, nothing isolates it
    ingress: deny, isolated by shop/NetworkPolicy/cart
      Admin
        AdminNetworkPolicy/metrics: Passes(1)
      NetworkPolicy
        shop/NetworkPolicy/cart: Isolates, matches on TCP 8080
      Baseline
        BaselineAdminNetworkPolicy/default: NotAsked
    ");
    assert_snapshot!(world.why(cart, web, "80"), @r"
    deny (Elsewhere)
    egress: allow, nothing isolates it
    ingress: deny, by BaselineAdminNetworkPolicy/default 0 at m.yaml:71:7
      Admin
        AdminNetworkPolicy/metrics: Passes(1)
      Baseline
        BaselineAdminNetworkPolicy/default: Decides(0)
    ");
}

const CLASH: &str = r"
apiVersion: policy.networking.k8s.io/v1alpha2
kind: ClusterNetworkPolicy
metadata: {name: a-opens}
spec:
  tier: Admin
  priority: 7
  subject: {namespaces: {matchLabels: {kubernetes.io/metadata.name: shop}}}
  ingress:
    - action: Accept
      from: [{namespaces: {}}]
---
apiVersion: policy.networking.k8s.io/v1alpha2
kind: ClusterNetworkPolicy
metadata: {name: b-shuts}
spec:
  tier: Admin
  priority: 7
  subject: {namespaces: {matchLabels: {kubernetes.io/metadata.name: shop}}}
  ingress:
    - action: Deny
      from: [{namespaces: {}}]
      protocols: [{tcp: {destinationPort: {number: 8080}}}]
";

#[test]
fn of_equal_priorities_the_one_that_has_its_way_is_named() {
    let yaml = namespace("shop", &["web", "cart"]) + CLASH;
    let (web, cart) = ("shop/Deployment/web", "shop/Deployment/cart");
    let under = |profile| World::under(profile, &yaml).why(web, cart, "8080");
    assert_snapshot!(under(Profile::Kubernetes), @r"
    undefined (Elsewhere)
    egress: allow, nothing isolates it
    ingress: undefined, hangs on ClusterNetworkPolicy/a-opens 0 ({}), ClusterNetworkPolicy/b-shuts 0 ({}); else isolated by []
      Admin
        ClusterNetworkPolicy/a-opens: MayDecide([0])
        ClusterNetworkPolicy/b-shuts: MayDecide([0])
    ");
    // The strictest wins.
    assert_snapshot!(under(Profile::Haechi), @r"
    deny (Elsewhere)
    egress: allow, nothing isolates it
    ingress: deny, by ClusterNetworkPolicy/b-shuts 0 at m.yaml:45:7
      Admin
        ClusterNetworkPolicy/a-opens: Late(0)
        ClusterNetworkPolicy/b-shuts: Decides(0)
    ");
    // By name.
    assert_snapshot!(under(Profile::Calico), @r"
    allow (Elsewhere)
    egress: allow, nothing isolates it
    ingress: allow, by ClusterNetworkPolicy/a-opens 0 at m.yaml:34:7
      Admin
        ClusterNetworkPolicy/a-opens: Decides(0)
        ClusterNetworkPolicy/b-shuts: Late(0)
    ");
    assert_snapshot!(World::new(&yaml).why(web, cart, "80"), @r"
    allow (Elsewhere)
    egress: allow, nothing isolates it
    ingress: allow, by ClusterNetworkPolicy/a-opens 0 at m.yaml:34:7
      Admin
        ClusterNetworkPolicy/a-opens: Decides(0)
        ClusterNetworkPolicy/b-shuts: matches on TCP 8080
    ");
}

#[test]
fn a_verdict_that_hangs_on_the_data_plane_names_what_it_hangs_on() {
    let world = shop(
        r"
apiVersion: networking.k8s.io/v1
kind: NetworkPolicy
metadata: {name: blocks, namespace: shop}
spec:
  podSelector: {matchLabels: {app: cart}}
  ingress:
    - from: [{ipBlock: {cidr: 0.0.0.0/0}}]
      ports: [{port: 8080}]
",
    );
    let (web, cart) = ("shop/Deployment/web", "shop/Deployment/cart");
    assert_snapshot!(world.why(web, cart, "8080"), @r"
    undefined (Elsewhere)
    egress: allow, nothing isolates it
    ingress: undefined, hangs on shop/NetworkPolicy/blocks 0 ({BlockHoldsPod}); else isolated by [shop/NetworkPolicy/blocks]
      NetworkPolicy
        shop/NetworkPolicy/blocks: MayDecide([0])
    ");
    assert_snapshot!(world.why(web, cart, "80"), @r"
    deny (Elsewhere)
    egress: allow, nothing isolates it
    ingress: deny, isolated by shop/NetworkPolicy/blocks
      NetworkPolicy
        shop/NetworkPolicy/blocks: Isolates, matches on TCP 8080
    ");
    assert_snapshot!(world.why("203.0.113.7", cart, "8080"), @r"
    allow (Elsewhere)
    ingress: allow, by shop/NetworkPolicy/blocks 0 at m.yaml:46:7
      NetworkPolicy
        shop/NetworkPolicy/blocks: Decides(0)
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
status: {podIP: 192.0.2.1, hostIP: 192.0.2.1}
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
apiVersion: v1
kind: Pod
metadata: {name: anywhere, namespace: shop, labels: {app: shut}}
spec: {containers: [{name: c}]}
---
apiVersion: networking.k8s.io/v1
kind: NetworkPolicy
metadata: {name: default-deny, namespace: shop}
spec: {podSelector: {}, policyTypes: [Ingress, Egress]}
---
apiVersion: networking.k8s.io/v1
kind: NetworkPolicy
metadata: {name: default-deny, namespace: kube-system}
spec: {podSelector: {}, policyTypes: [Ingress, Egress]}
";

#[test]
fn a_pod_in_its_nodes_network_is_no_subject_and_reaches_its_own_pods() {
    let world = World::new(NODES);
    let agent = "kube-system/Pod/agent";
    assert_snapshot!(world.why(agent, "shop/Pod/here", "80"), @r"
    allow (OwnNode)
    ingress: deny, isolated by shop/NetworkPolicy/default-deny
      NetworkPolicy
        shop/NetworkPolicy/default-deny: Isolates
    ");
    assert_snapshot!(world.why("192.0.2.1", "shop/Pod/here", "80"), @r"
    allow (OwnNode)
    ingress: deny, isolated by shop/NetworkPolicy/default-deny
      NetworkPolicy
        shop/NetworkPolicy/default-deny: Isolates
    ");
    assert_snapshot!(world.why(agent, "shop/Pod/there", "80"), @r"
    deny (Elsewhere)
    ingress: deny, isolated by shop/NetworkPolicy/default-deny
      NetworkPolicy
        shop/NetworkPolicy/default-deny: Isolates
    ");
    assert_snapshot!(world.why(agent, "shop/Pod/anywhere", "80"), @r"
    undefined (MaybeOwnNode)
    ingress: deny, isolated by shop/NetworkPolicy/default-deny
      NetworkPolicy
        shop/NetworkPolicy/default-deny: Isolates
    ");
    assert_snapshot!(world.why("shop/Pod/here", "shop/Pod/here", "80"), @r"
    allow (Itself)
    egress: deny, isolated by shop/NetworkPolicy/default-deny
      NetworkPolicy
        shop/NetworkPolicy/default-deny: Isolates
    ingress: deny, isolated by shop/NetworkPolicy/default-deny
      NetworkPolicy
        shop/NetworkPolicy/default-deny: Isolates
    ");
}

#[test]
fn pods_that_fare_differently_are_told_apart() {
    let world = World::new(
        &(namespace("shop", &["web"])
            + r"
apiVersion: v1
kind: Pod
metadata: {name: cart-a, namespace: shop, labels: {app: cart, canary: 'yes'}, ownerReferences: [{apiVersion: apps/v1, kind: StatefulSet, name: cart, uid: u, controller: true}]}
spec: {containers: [{name: c}]}
---
apiVersion: v1
kind: Pod
metadata: {name: cart-b, namespace: shop, labels: {app: cart}, ownerReferences: [{apiVersion: apps/v1, kind: StatefulSet, name: cart, uid: u, controller: true}]}
spec: {containers: [{name: c}]}
---
apiVersion: v1
kind: Pod
metadata: {name: cart-c, namespace: shop, labels: {app: cart}, ownerReferences: [{apiVersion: apps/v1, kind: StatefulSet, name: cart, uid: u, controller: true}]}
spec: {containers: [{name: c}]}
---
apiVersion: networking.k8s.io/v1
kind: NetworkPolicy
metadata: {name: canary, namespace: shop}
spec: {podSelector: {matchLabels: {canary: 'yes'}}, policyTypes: [Ingress]}
"),
    );
    assert_snapshot!(world.groups("shop/Deployment/web", "shop/StatefulSet/cart"), @r"
    2 pairs: shop/Deployment/web -> shop/Pod/cart-a: none
    4 pairs: shop/Deployment/web -> shop/Pod/cart-b, shop/Pod/cart-c: all
    ");
    // A pod is not paired with itself.
    assert_snapshot!(world.groups("shop/StatefulSet/cart", "shop/StatefulSet/cart"), @r"
    4 pairs: shop/Pod/cart-a, shop/Pod/cart-b, shop/Pod/cart-c -> shop/Pod/cart-b, shop/Pod/cart-c: all
    2 pairs: shop/Pod/cart-b, shop/Pod/cart-c -> shop/Pod/cart-a: none
    ");
    assert_snapshot!(world.groups("shop/Deployment/web", "shop/Deployment/web"), @"2 pairs: shop/Deployment/web -> shop/Deployment/web: all");
    assert_snapshot!(world.groups("shop/Pod/cart-a", "shop/Pod/cart-a"), @"1 pairs: shop/Pod/cart-a -> shop/Pod/cart-a: all");
}

#[test]
fn nodes_tell_pods_of_a_workload_apart() {
    let yaml = NODES.replace("metadata: {name: here,", "metadata: {ownerReferences: [{apiVersion: apps/v1, kind: DaemonSet, name: shut, uid: u, controller: true}], name: here,")
        .replace("metadata: {name: there,", "metadata: {ownerReferences: [{apiVersion: apps/v1, kind: DaemonSet, name: shut, uid: u, controller: true}], name: there,")
        .replace("metadata: {name: anywhere,", "metadata: {ownerReferences: [{apiVersion: apps/v1, kind: DaemonSet, name: shut, uid: u, controller: true}], name: anywhere,");
    assert_snapshot!(World::new(&yaml).groups("kube-system/Pod/agent", "shop/DaemonSet/shut"), @r"
    1 pairs: kube-system/Pod/agent -> shop/Pod/anywhere: ? all
    1 pairs: kube-system/Pod/agent -> shop/Pod/here: all
    1 pairs: kube-system/Pod/agent -> shop/Pod/there: none
    ");
}

#[test]
fn a_named_port_is_resolved_at_the_destination() {
    let world = shop(
        r"
apiVersion: networking.k8s.io/v1
kind: NetworkPolicy
metadata: {name: out, namespace: shop}
spec:
  podSelector: {matchLabels: {app: web}}
  policyTypes: [Egress]
  egress: [{ports: [{port: http}]}]
",
    );
    let web = "shop/Deployment/web";
    assert_snapshot!(world.why(web, "shop/Deployment/cart", "8080"), @r"
    allow (Elsewhere)
    egress: allow, by shop/NetworkPolicy/out 0 at m.yaml:46:12
      NetworkPolicy
        shop/NetworkPolicy/out: Decides(0)
    ingress: allow, nothing isolates it
    ");
    assert_snapshot!(world.why(web, "shop/Deployment/cart", "80"), @r"
    deny (Elsewhere)
    egress: deny, isolated by shop/NetworkPolicy/out
      NetworkPolicy
        shop/NetworkPolicy/out: Isolates, matches on TCP 8080
    ingress: allow, nothing isolates it
    ");
    assert_snapshot!(world.why(web, "203.0.113.7", "8080"), @r"
    deny (Elsewhere)
    egress: deny, isolated by shop/NetworkPolicy/out
      NetworkPolicy
        shop/NetworkPolicy/out: Isolates
    ");
}
