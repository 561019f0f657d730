//! Istio: a mesh's authorization behind network policies, by identity and by request (rules 53 and 54).

use haechi_policy::policy::TierKey;
use haechi_policy::{
    Action, CidrScope, HttpMatch, Isolation, Layer, Match, Mode, Order, Policy, Term, TextMatch, TextSet, Ties,
};

use crate::written::{
    Narrowed, Saying, Scene, With, all, exact, layer, namespace, network, not, pods, policy, rule, tcp, tier,
};

/// Denials are asked first; without a policy that allows, what is left is allowed.
const DENY: f64 = 0.0;
const ALLOW: f64 = 1.0;

fn mesh() -> TierKey {
    layer(Layer::Mesh, "AuthorizationPolicy", Order::new(0.0), Ties::Agree)
}

fn shop() -> Scene {
    Scene::default()
        .namespace("istio-system", "")
        .namespace("shop", "")
        .pod("istio-system/gateway", "app=gateway", &[With::Address("10.0.0.9")])
        .pod(
            "shop/api",
            "app=api",
            &[With::Account("api"), With::Address("10.0.0.1")],
        )
        .pod("shop/db", "app=db", &[With::Address("10.0.0.2")])
        .pod(
            "shop/web",
            "app=web",
            &[With::Account("web"), With::Address("10.0.0.3")],
        )
}

fn api() -> Vec<Match> {
    vec![all([namespace("shop"), pods("app", "api")])]
}

fn principal(text: TextMatch) -> Term {
    Term::Principal(vec![text])
}

/// ```yaml
/// kind: AuthorizationPolicy
/// metadata: {name: api, namespace: shop}
/// spec:
///   selector: {matchLabels: {app: api}}
///   action: ALLOW
///   rules:
///   - from: [{source: {principals: [cluster.local/ns/shop/sa/web]}}]
///     to: [{operation: {methods: [GET], paths: ["/items/*"], notPaths: ["/items/secret", "/items/draft"], ports: ["8080"]}}]
///     when: [{key: "request.auth.claims[groups]", values: [staff]}]
///   - from: [{source: {ipBlocks: [10.0.0.0/29]}}]
///     to: [{operation: {ports: ["9090"]}}]
/// ```
fn allowing() -> Policy {
    let request = HttpMatch {
        methods: TextSet {
            any: vec![exact("GET")],
            ..TextSet::default()
        },
        paths: TextSet {
            any: vec![TextMatch::Prefix("/items/".into())],
            none: vec![exact("/items/secret"), exact("/items/draft")],
        },
        attributes: vec![(
            "request.auth.claims[groups]".into(),
            TextSet {
                any: vec![exact("staff")],
                ..TextSet::default()
            },
        )],
        ..HttpMatch::default()
    };
    policy("shop/AuthorizationPolicy/api", ALLOW, api()).ingress(
        Isolation::Isolates,
        vec![
            rule(Action::Allow)
                .peers(vec![all([principal(exact("cluster.local/ns/shop/sa/web"))])])
                .on(tcp(8080))
                .requests(vec![request]),
            rule(Action::Allow)
                .peers(vec![all([network("10.0.0.0/29", CidrScope::EVERYTHING)])])
                .on(tcp(9090)),
        ],
    )
}

#[test]
fn who_and_what_decides_only_when_it_is_sent() {
    shop().policy(&mesh(), allowing()).expect(
        "shop/web -> shop/api: TCP 9090 ? TCP 8080
         istio-system/gateway -> shop/api: ? TCP 8080
         shop/web -> shop/db: all",
    );
}

/// ```yaml
/// kind: AuthorizationPolicy
/// metadata: {name: plaintext, namespace: shop}
/// spec:
///   action: DENY
///   rules:
///   - from: [{source: {notPrincipals: ["*"]}}]
///     to: [{operation: {ports: ["9090"]}}]
///   - from: [{source: {notIpBlocks: [10.0.0.0/8]}}]
/// ```
#[test]
fn a_denial_of_what_is_not_comes_first() {
    let plaintext = policy(
        "shop/AuthorizationPolicy/plaintext",
        DENY,
        vec![all([namespace("shop")])],
    )
    .ingress(
        Isolation::Leaves,
        vec![
            rule(Action::Deny)
                .peers(vec![all([not(principal(TextMatch::Present))])])
                .on(tcp(9090)),
            rule(Action::Deny).peers(vec![all([not(network("10.0.0.0/8", CidrScope::EVERYTHING))])]),
        ],
    );
    shop().policy(&mesh(), allowing()).policy(&mesh(), plaintext).expect(
        "shop/web -> shop/api: ? TCP 8080, 9090
         192.0.2.1 -> shop/api: none
         192.0.2.1 -> shop/db: none
         shop/web -> shop/db: TCP 1-9089, 9091-65535; UDP; SCTP; ICMP; ICMPv6 ? TCP 9090",
    );
}

/// An empty spec allows nothing, and a dry run decides nothing. The mesh and network policies must both allow.
///
/// ```yaml
/// kind: AuthorizationPolicy
/// metadata: {name: nothing, namespace: shop, annotations: {istio.io/dry-run: "true"}}
/// spec: {}
/// ```
#[test]
fn mesh_and_network_policies_must_both_allow() {
    let mut nothing = policy(
        "shop/AuthorizationPolicy/nothing",
        ALLOW,
        vec![all([namespace("shop")])],
    )
    .ingress(Isolation::Isolates, vec![]);
    let network_policy = policy("shop/NetworkPolicy/api", 1000.0, api()).ingress(
        Isolation::Isolates,
        vec![
            rule(Action::Allow)
                .peers(vec![all([namespace("shop")])])
                .on(tcp(8080).union(&tcp(8443))),
        ],
    );
    let tier = tier("NetworkPolicy", Order::new(1_000_000.0), Ties::Agree);
    let with = |nothing: &Policy| {
        shop()
            .policy(&mesh(), allowing())
            .policy(&mesh(), nothing.clone())
            .policy(&tier, network_policy.clone())
    };
    with(&nothing).expect(
        "shop/web -> shop/api: ? TCP 8080
         istio-system/gateway -> shop/api: none
         shop/web -> shop/db: none",
    );
    nothing.mode = Mode::Staged;
    with(&nothing).expect("shop/web -> shop/db: all");
}
