//! Cilium v2: deny before allow, default deny by direction, entities, DNS names, HTTP (rules 40 to 48).
//!
//! All of its policies, and Kubernetes' own, are one tier in which denials come first. A rule on layer 7 puts a filter
//! on its port that a rule for the peer alone does not lift, but a rule for peer and port does: the places of allowing
//! rules are, in this order, peer and port, layer 7, the filter that it leaves behind, and the peer alone.

use haechi_model::port::{PortSet, Protocol};
use haechi_policy::policy::TierKey;
use haechi_policy::{
    Action, CidrScope, HttpMatch, Isolation, Match, Network, Order, Rule, Star, Term, TextMatch, TextSet, Ties,
};

use crate::written::{
    Narrowed, Saying, Scene, With, all, any_namespace, domain, exact, namespace, network, pods, policy, rule, tcp, tier,
};

const DENY: f64 = 0.0;
const PEER_AND_PORT: f64 = 1000.0;
const LAYER_7: f64 = 1001.0;
const FILTER: f64 = 1002.0;
const PEER: f64 = 1003.0;

fn policies() -> TierKey {
    tier("NetworkPolicy", Order::new(1_000_000.0), Ties::Agree)
}

fn shop() -> Scene {
    Scene::default()
        .namespace("ops", "")
        .namespace("shop", "")
        .node("node-1", "", &["192.168.0.1"])
        .node("node-2", "", &["192.168.0.2"])
        .pod("ops/agent", "", &[With::NodeNetwork, With::Node("node-2")])
        .pod("shop/admin", "app=admin", &[With::Node("node-1")])
        .pod("shop/api", "app=api", &[With::Node("node-1")])
        .pod("shop/sick", "app=web,state=quarantined", &[With::Node("node-2")])
        .pod("shop/web", "app=web", &[With::Node("node-2")])
}

fn of_shop(key: &str, value: &str) -> Match {
    all([namespace("shop"), pods(key, value)])
}

fn get_items() -> Vec<HttpMatch> {
    vec![HttpMatch {
        methods: TextSet {
            any: vec![exact("GET")],
            ..TextSet::default()
        },
        paths: TextSet {
            any: vec![TextMatch::Regex("/items/.*".into())],
            ..TextSet::default()
        },
        ..HttpMatch::default()
    }]
}

/// ```yaml
/// kind: CiliumNetworkPolicy
/// metadata: {name: api, namespace: shop}
/// spec:
///   endpointSelector: {matchLabels: {app: api}}
///   ingress:
///   - fromEndpoints: [{}]
///     toPorts:
///     - ports: [{port: "8080", protocol: TCP}]
///       rules: {http: [{method: GET, path: "/items/.*"}]}
///   - fromEndpoints: [{matchLabels: {app: admin}}]
///   - fromEntities: [remote-node]
///     toPorts: [{ports: [{port: "9090", protocol: TCP}]}]
///   ingressDeny:
///   - fromEndpoints: [{matchLabels: {state: quarantined}}]
/// ```
#[test]
fn http_filters_a_port_unless_peer_and_port_are_allowed() {
    let everyone = || vec![all([namespace("shop")])];
    let says = |order, rules: Vec<Rule>| {
        policy("shop/CiliumNetworkPolicy/api", order, vec![of_shop("app", "api")]).ingress(Isolation::Isolates, rules)
    };
    let nodes = all([Term::Node(haechi_model::Selector::EVERYTHING)]);
    let scene = shop()
        .policy(
            &policies(),
            says(
                DENY,
                vec![rule(Action::Deny).peers(vec![of_shop("state", "quarantined")])],
            ),
        )
        .policy(
            &policies(),
            says(
                PEER_AND_PORT,
                vec![rule(Action::Allow).peers(vec![nodes]).on(tcp(9090))],
            ),
        )
        .policy(
            &policies(),
            says(
                LAYER_7,
                vec![
                    rule(Action::Allow)
                        .peers(everyone())
                        .on(tcp(8080))
                        .requests(get_items()),
                ],
            ),
        )
        .policy(
            &policies(),
            says(FILTER, vec![rule(Action::Deny).peers(everyone()).on(tcp(8080))]),
        )
        .policy(
            &policies(),
            says(PEER, vec![rule(Action::Allow).peers(vec![of_shop("app", "admin")])]),
        );
    scene.expect(
        "shop/web -> shop/api: ? TCP 8080
         shop/admin -> shop/api: TCP 1-8079, 8081-65535; UDP; SCTP; ICMP; ICMPv6 ? TCP 8080
         shop/sick -> shop/api: none
         ops/agent -> shop/api: TCP 9090
         192.168.0.2 -> shop/api: TCP 9090
         192.168.0.1 -> shop/api: all",
    );

    // toPorts: [{ports: [{port: "8080", protocol: TCP}]}] from app=admin lifts the filter.
    let lifted = rule(Action::Allow).peers(vec![of_shop("app", "admin")]).on(tcp(8080));
    scene
        .policy(&policies(), says(PEER_AND_PORT, vec![lifted]))
        .expect("shop/admin -> shop/api: all");
}

/// ```yaml
/// kind: CiliumNetworkPolicy
/// metadata: {name: web, namespace: shop}
/// spec:
///   endpointSelector: {matchLabels: {app: web}}
///   egress:
///   - toFQDNs: [{matchName: api.example.com}, {matchPattern: "*.cdn.example.com"}]
///     toPorts: [{ports: [{port: "443", protocol: TCP}]}]
///   - toCIDRSet: [{cidr: 10.0.0.0/8, except: [10.96.0.0/12]}]
///     icmps: [{fields: [{family: IPv4, type: EchoRequest}]}]
///   - toEntities: [world]
///     toPorts: [{ports: [{port: "53", protocol: UDP}], rules: {dns: [{matchPattern: "*.example.com"}]}}]
/// ```
#[test]
fn names_and_blocks_are_outside_of_the_cluster() {
    let outside = |cidr| all([network(cidr, CidrScope::OUTSIDE)]);
    let block = all([Term::Network(Network {
        cidr: "10.0.0.0/8".parse().expect("a block"),
        except: vec!["10.96.0.0/12".parse().expect("a block")],
        scope: CidrScope::OUTSIDE,
    })]);
    let names = vec![
        all([domain("api.example.com", Star::InLabel)]),
        all([domain("*.cdn.example.com", Star::InLabel)]),
    ];
    let question = HttpMatch {
        attributes: vec![(
            "dns.question".into(),
            TextSet {
                any: vec![TextMatch::Regex("[-a-z0-9_]*[.]example[.]com".into())],
                ..TextSet::default()
            },
        )],
        ..HttpMatch::default()
    };
    let says = |order, rules| {
        policy("shop/CiliumNetworkPolicy/web", order, vec![of_shop("app", "web")]).egress(Isolation::Isolates, rules)
    };
    let echo = PortSet::range(Protocol::Icmp, 8 << 8, (8 << 8) + 255);
    let world = vec![outside("0.0.0.0/0"), outside("::/0")];
    let scene = shop()
        .policy(
            &policies(),
            says(
                PEER_AND_PORT,
                vec![
                    rule(Action::Allow).peers(names).on(tcp(443)),
                    rule(Action::Allow).peers(vec![block]).on(echo),
                ],
            ),
        )
        .policy(
            &policies(),
            says(
                LAYER_7,
                vec![
                    rule(Action::Allow)
                        .peers(world)
                        .on(PortSet::port(Protocol::Udp, 53))
                        .requests(vec![question]),
                ],
            ),
        );
    scene.expect(
        "shop/web -> 10.1.2.3: ICMP type 8 ? UDP 53
         shop/web -> 10.96.0.1: ? UDP 53
         shop/web -> 192.168.0.1: none
         shop/web -> shop/api: none",
    );
}

/// ```yaml
/// kind: CiliumNetworkPolicy
/// metadata: {name: name, namespace: shop}
/// spec:
///   endpointSelector: {matchLabels: {app: web}}
///   egress:
///   - toFQDNs: [{matchName: api.example.com}]
///     toPorts: [{ports: [{port: "443", protocol: TCP}]}]
/// ```
#[test]
fn a_name_is_allowed_by_what_dns_said() {
    let names = vec![all([domain("api.example.com", Star::InLabel)])];
    let web = policy(
        "shop/CiliumNetworkPolicy/name",
        PEER_AND_PORT,
        vec![of_shop("app", "web")],
    )
    .egress(Isolation::Isolates, vec![rule(Action::Allow).peers(names).on(tcp(443))]);
    shop().policy(&policies(), web).expect(
        "shop/web -> api.example.com: TCP 443
         shop/web -> www.example.com: none
         shop/web -> 192.0.2.1: none
         shop/web -> shop/api: none",
    );
}

/// ```yaml
/// kind: CiliumClusterwideNetworkPolicy
/// metadata: {name: dns}
/// spec:
///   endpointSelector: {}
///   enableDefaultDeny: {egress: false}
///   egressDeny:
///   - toEntities: [cluster]
///     toPorts: [{ports: [{port: "22", protocol: TCP}]}]
/// ```
#[test]
fn a_policy_may_deny_without_isolating() {
    let cluster = vec![
        all([any_namespace()]),
        all([Term::Node(haechi_model::Selector::EVERYTHING)]),
    ];
    let dns = policy("CiliumClusterwideNetworkPolicy/dns", DENY, vec![all([any_namespace()])])
        .egress(Isolation::Leaves, vec![rule(Action::Deny).peers(cluster).on(tcp(22))]);
    shop().policy(&policies(), dns).expect(
        "shop/web -> shop/api: TCP 1-21, 23-65535; UDP; SCTP; ICMP; ICMPv6
         shop/web -> 192.168.0.1: TCP 1-21, 23-65535; UDP; SCTP; ICMP; ICMPv6
         shop/web -> 192.0.2.1: all",
    );
}
