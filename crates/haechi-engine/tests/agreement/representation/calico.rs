//! Calico v3: tiers, order, deny, pass, log, negated matches, accounts, staged policies (rules 29 to 39).

use haechi_model::labels::Selector;
use haechi_model::port::{PortSet, Protocol};
use haechi_policy::policy::{Case, TierKey};
use haechi_policy::{Action, CidrScope, Isolation, NamedPort, Order, Ports, Term, Ties};

use crate::written::{
    Narrowed, Saying, Scene, With, all, any_namespace, namespace, network, not, pods, policy, rule, tcp, tier,
};

/// The tier of policies that name none; Kubernetes' own are in it, too, with order 1000.
fn default_tier() -> TierKey {
    tier("default", Order::new(1_000_000.0), Ties::ByName)
}

fn shop() -> Scene {
    Scene::default()
        .namespace("kube-system", "")
        .namespace("shop", "env=prod")
        .account("shop/web", "team=front")
        .pod("kube-system/dns", "app=dns", &[With::Address("10.0.0.10")])
        .pod(
            "shop/db",
            "app=db",
            &[With::Address("10.0.0.2"), With::Port("sql", Protocol::Tcp, 5432)],
        )
        .pod(
            "shop/job",
            "app=web,legacy=yes",
            &[With::Account("web"), With::Address("10.0.0.3")],
        )
        .pod(
            "shop/sick",
            "app=web,state=quarantined",
            &[With::Account("web"), With::Address("10.0.0.4")],
        )
        .pod(
            "shop/web",
            "app=web",
            &[With::Account("web"), With::Address("10.0.0.1")],
        )
}

/// ```yaml
/// kind: Tier
/// metadata: {name: security}
/// spec: {order: 100, defaultAction: Pass}
/// ---
/// kind: GlobalNetworkPolicy
/// metadata: {name: security.quarantine}
/// spec:
///   tier: security
///   order: 10
///   selector: state == 'quarantined'
///   types: [Ingress, Egress]
///   ingress:
///   - action: Log
///   - action: Deny
///   egress:
///   - action: Pass
///     protocol: UDP
///     destination: {namespaceSelector: projectcalico.org/name == 'kube-system', selector: app == 'dns', ports: [53]}
///   - action: Deny
/// ---
/// kind: NetworkPolicy
/// metadata: {name: db, namespace: shop}
/// spec:
///   selector: app == 'db'
///   types: [Ingress]
///   ingress:
///   - action: Allow
///     protocol: TCP
///     source:
///       selector: app starts with 'we'
///       notSelector: has(legacy)
///       serviceAccounts: {names: [web], selector: team == 'front'}
///       notNets: [10.0.0.64/26]
///     destination: {nets: [10.0.0.0/24], ports: [5432]}
///   - action: Allow
///     protocol: ICMP
///     icmp: {type: 8, code: 0}
/// ```
#[test]
fn a_tier_before_others_and_a_policy_that_matches_by_everything() {
    let security = tier("security", Order::new(100.0), Ties::ByName);
    let resolver = all([namespace("kube-system"), pods("app", "dns")]);
    let quarantine = policy(
        "GlobalNetworkPolicy/security.quarantine",
        10.0,
        vec![all([pods("state", "quarantined")])],
    )
    .ingress(Isolation::Leaves, vec![rule(Action::Log), rule(Action::Deny)])
    .egress(
        Isolation::Leaves,
        vec![
            rule(Action::Pass)
                .peers(vec![resolver])
                .on(PortSet::port(Protocol::Udp, 53)),
            rule(Action::Deny),
        ],
    );
    let source = all([
        namespace("shop"),
        Term::Pod(Selector::StartsWith("app".into(), "we".into())),
        not(Term::Pod(Selector::Has("legacy".into()))),
        Term::ServiceAccount {
            names: vec!["web".into()],
            labels: Selector::is("team", "front"),
        },
        not(network("10.0.0.64/26", CidrScope::EVERYTHING)),
    ]);
    let db = policy(
        "shop/NetworkPolicy/db",
        f64::INFINITY,
        vec![all([namespace("shop"), pods("app", "db")])],
    )
    .ingress(
        Isolation::Isolates,
        vec![
            rule(Action::Allow)
                .peers(vec![source])
                .local(all([network("10.0.0.0/24", CidrScope::EVERYTHING)]))
                .on(tcp(5432)),
            rule(Action::Allow).on(PortSet::port(Protocol::Icmp, 8 << 8)),
        ],
    );
    let scene = shop().policy(&security, quarantine).policy(&default_tier(), db);
    scene.expect(
        "shop/web -> shop/db: TCP 5432; ICMP type 8 code 0
         shop/job -> shop/db: ICMP type 8 code 0
         shop/sick -> shop/db: none
         shop/sick -> kube-system/dns: UDP 53
         shop/web -> shop/sick: none
         shop/web -> shop/job: all
         192.0.2.1 -> shop/db: ICMP type 8 code 0",
    );
}

/// ```yaml
/// kind: NetworkPolicy
/// metadata: {name: web, namespace: shop}
/// spec:
///   selector: app == 'web'
///   types: [Egress]
///   egress:
///   - action: Deny
///     protocol: TCP
///     destination: {notPorts: [443, sql]}
///   - action: Allow
///     destination: {notSelector: all()}
///   - action: Allow
///     destination: {selector: app == 'db'}
/// ```
#[test]
fn ports_that_are_taken_out_again_and_what_is_no_endpoint() {
    let but = Ports {
        except: vec![NamedPort {
            name: "sql".into(),
            protocol: Some(Protocol::Tcp),
            case: Case::Sensitive,
        }],
        ..Ports::numbers(PortSet::protocol(Protocol::Tcp).difference(&tcp(443)))
    };
    let web = policy(
        "shop/NetworkPolicy/web",
        f64::INFINITY,
        vec![all([namespace("shop"), pods("app", "web")])],
    );
    let web = web.egress(
        Isolation::Isolates,
        vec![
            rule(Action::Deny).ports(but),
            rule(Action::Allow).peers(vec![all([not(any_namespace())])]),
            rule(Action::Allow).peers(vec![all([namespace("shop"), pods("app", "db")])]),
        ],
    );
    shop().policy(&default_tier(), web).expect(
        "shop/web -> 192.0.2.1: TCP 443; UDP; SCTP; ICMP; ICMPv6
         shop/web -> shop/db: TCP 443, 5432; UDP; SCTP; ICMP; ICMPv6
         shop/web -> kube-system/dns: none",
    );
}

/// ```yaml
/// kind: NetworkPolicy
/// metadata: {name: p, namespace: shop}
/// spec: {selector: app == 'db', types: [Ingress], ingress: [{action: Deny}]}
/// ---
/// kind: NetworkPolicy
/// metadata: {name: p-x, namespace: shop}
/// spec: {selector: app == 'db', types: [Ingress], ingress: [{action: Allow}]}
/// ---
/// kind: StagedNetworkPolicy
/// metadata: {name: a, namespace: shop}
/// spec: {selector: app == 'db', types: [Ingress], ingress: [{action: Deny}]}
/// ```
#[test]
fn equal_orders_go_by_the_joined_name_and_staged_policies_by_nothing() {
    let says = |name: &str, action| {
        policy(
            &format!("shop/NetworkPolicy/{name}"),
            f64::INFINITY,
            vec![all([namespace("shop"), pods("app", "db")])],
        )
        .ingress(Isolation::Isolates, vec![rule(action)])
    };
    let scene = shop()
        .policy(&default_tier(), says("p", Action::Deny))
        .policy(&default_tier(), says("p-x", Action::Allow))
        .policy(&default_tier(), says("a", Action::Deny).staged());
    scene.expect("shop/web -> shop/db: all");
}

/// A tier's default action holds only where one of its enforced policies selects the endpoint (rule 31), and `Pass`
/// behind the last tier leaves it to the profile of the namespace, which allows (rule 32).
///
/// ```yaml
/// kind: NetworkPolicy
/// metadata: {name: pass, namespace: shop}
/// spec: {selector: app == 'web', types: [Ingress], ingress: [{action: Pass, protocol: TCP}]}
/// ```
#[test]
fn the_default_action_is_for_those_who_are_selected() {
    let pass = policy(
        "shop/NetworkPolicy/pass",
        f64::INFINITY,
        vec![all([namespace("shop"), pods("app", "web")])],
    )
    .ingress(
        Isolation::Isolates,
        vec![rule(Action::Pass).on(PortSet::protocol(Protocol::Tcp))],
    );
    shop().policy(&default_tier(), pass).expect(
        "shop/db -> shop/web: TCP
         shop/web -> shop/db: all",
    );
}
