//! AWS: security groups of pods, and the access lists of their subnets, behind network policies (rules 49 to 52).

use haechi_model::labels::Selector;
use haechi_model::port::{PortSet, Protocol};
use haechi_policy::policy::TierKey;
use haechi_policy::{Action, CidrScope, Isolation, Layer, Match, Order, Policy, Term, Ties};

use crate::written::{
    Narrowed, Saying, Scene, With, all, layer, namespace, network, not, pods, policy, rule, tcp, tier,
};

fn groups() -> TierKey {
    layer(Layer::SecurityGroups, "SecurityGroup", Order::new(0.0), Ties::Agree)
}

fn shop() -> Scene {
    Scene::default()
        .namespace("shop", "")
        .account("shop/db", "tier=data")
        .account("shop/web", "tier=front")
        .pod("shop/cache", "app=cache", &[With::Address("10.0.1.3")])
        .pod("shop/db", "app=db", &[With::Account("db"), With::Address("10.0.1.2")])
        .pod(
            "shop/web",
            "app=web",
            &[With::Account("web"), With::Address("10.0.2.1")],
        )
}

fn members(app: &str, tier: &str) -> Match {
    let account = Term::ServiceAccount {
        names: Vec::new(),
        labels: Selector::is("tier", tier),
    };
    all([namespace("shop"), pods("app", app), account])
}

/// ```yaml
/// kind: SecurityGroupPolicy
/// metadata: {name: db, namespace: shop}
/// spec:
///   podSelector: {matchLabels: {app: db}}
///   serviceAccountSelector: {matchLabels: {tier: data}}
///   securityGroups: {groupIds: [sg-db]}
/// ---
/// kind: SecurityGroupPolicy
/// metadata: {name: web, namespace: shop}
/// spec:
///   podSelector: {matchLabels: {app: web}}
///   serviceAccountSelector: {matchLabels: {tier: front}}
///   securityGroups: {groupIds: [sg-web]}
/// ```
/// `sg-db` lets in TCP 5432 from `sg-web` and from 10.0.3.0/24, and what tells the sender of packets that are too
/// long (ICMP type 3 code 4) from everywhere; it lets everything out.
///
/// The members of `sg-web` are the pods that a policy gives it to, and interfaces that no object of the cluster shows:
/// never those of pods with groups of their own.
fn sg_db() -> Policy {
    let unseen = all([
        Term::SecurityGroup(vec!["sg-web".into()]),
        not(pods("app", "db")),
        not(pods("app", "web")),
    ]);
    policy("SecurityGroup/sg-db", 0.0, vec![members("db", "data")])
        .ingress(
            Isolation::Isolates,
            vec![
                rule(Action::Allow)
                    .peers(vec![members("web", "front"), unseen])
                    .on(tcp(5432)),
                rule(Action::Allow)
                    .peers(vec![all([network("10.0.3.0/24", CidrScope::EVERYTHING)])])
                    .on(tcp(5432)),
                rule(Action::Allow)
                    .peers(vec![all([network("0.0.0.0/0", CidrScope::EVERYTHING)])])
                    .on(PortSet::port(Protocol::Icmp, (3 << 8) + 4)),
            ],
        )
        .egress(Isolation::Isolates, vec![rule(Action::Allow)])
}

#[test]
fn groups_name_groups() {
    shop().policy(&groups(), sg_db()).expect(
        "shop/web -> shop/db: TCP 5432; ICMP type 3 code 4
         shop/cache -> shop/db: ICMP type 3 code 4 ? TCP 5432
         10.0.3.7 -> shop/db: TCP 5432; ICMP type 3 code 4
         192.0.2.1 -> shop/db: ICMP type 3 code 4 ? TCP 5432
         shop/db -> 192.0.2.1: all",
    );
}

/// Rule 52: whatever a network policy shuts stays shut.
#[test]
fn groups_and_network_policies_must_both_allow() {
    let shut = policy(
        "shop/NetworkPolicy/db",
        1000.0,
        vec![all([namespace("shop"), pods("app", "db")])],
    )
    .ingress(
        Isolation::Isolates,
        vec![rule(Action::Allow).peers(vec![all([namespace("shop"), pods("app", "cache")])])],
    );
    let tier = tier("NetworkPolicy", Order::new(1_000_000.0), Ties::Agree);
    shop().policy(&groups(), sg_db()).policy(&tier, shut).expect(
        "shop/web -> shop/db: none
         shop/cache -> shop/db: ICMP type 3 code 4 ? TCP 5432",
    );
}

/// The access list of subnet 10.0.1.0/24, whose rules are asked by number and end in a denial:
///
/// | number | in from | ports | |
/// |---|---|---|---|
/// | 100 | 10.0.2.0/24 | TCP 22 | deny |
/// | 110 | 10.0.0.0/16 | everything | allow |
/// | * | everywhere | everything | deny |
///
/// Who is in the subnet goes by address, so that a pod whose address nobody shows may be.
#[test]
fn an_access_list_is_asked_by_number() {
    let list = layer(Layer::NetworkAcl, "NetworkAcl", Order::new(0.0), Ties::Agree);
    let subnet = all([network("10.0.1.0/24", CidrScope::EVERYTHING)]);
    let from = |cidr| vec![all([network(cidr, CidrScope::EVERYTHING)])];
    let acl = policy("NetworkAcl/acl-1", 0.0, vec![subnet]).ingress(
        Isolation::Isolates,
        vec![
            rule(Action::Deny).peers(from("10.0.2.0/24")).on(tcp(22)),
            rule(Action::Allow).peers(from("10.0.0.0/16")),
        ],
    );
    let scene = shop().pod("shop/z-unknown", "", &[]).policy(&list, acl);
    scene.expect(
        "shop/web -> shop/db: TCP 1-21, 23-65535; UDP; SCTP; ICMP; ICMPv6
         shop/cache -> shop/db: all
         192.0.2.1 -> shop/db: none
         shop/db -> shop/web: all
         192.0.2.1 -> shop/z-unknown: ? all",
    );
}
