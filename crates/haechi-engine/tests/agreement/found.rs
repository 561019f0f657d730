//! Minimal cases of what the properties found, by the names of what went wrong.

use haechi_model::labels::Selector;
use haechi_policy::policy::TierKey;
use haechi_policy::{
    Action, CidrScope, Isolation, Layer, Membership, NamespaceMatch, Order, Rule, Term, TextMatch, Ties,
};

use crate::written::{
    Narrowed, Saying, Scene, With, all, any_namespace, layer, namespace, network, pods, policy, rule, tcp, tier,
};

fn two_pods() -> Scene {
    Scene::default()
        .namespace("shop", "")
        .pod("shop/db", "app=db", &[])
        .pod("shop/web", "app=web", &[])
}

fn admin(ties: Ties) -> TierKey {
    tier("Admin", Order::new(1.0), ties)
}

/// A tier that shuts everybody, so that what passes differs from what is allowed.
fn shut(scene: Scene) -> Scene {
    let everybody = policy("Policy/shut", 0.0, vec![all([any_namespace()])]).ingress(Isolation::Isolates, vec![]);
    scene.policy(&tier("behind", Order::LAST, Ties::Agree), everybody)
}

fn perhaps(action: Action) -> Rule {
    rule(action).peers(vec![all([Term::Principal(vec![TextMatch::Present])])])
}

#[test]
fn one_selector_selects_namespaces_and_pods() {
    let selector = || Selector::is("app", "web");
    let labelled = all([Term::Namespace(NamespaceMatch::Labelled(selector()))]);
    let web = policy("Policy/web", 0.0, vec![labelled, all([Term::Pod(selector())])]);
    two_pods()
        .policy(&admin(Ties::Agree), web.ingress(Isolation::Isolates, vec![]))
        .expect(
            "shop/db -> shop/web: none
             shop/web -> shop/db: all",
        );
}

#[test]
fn a_rule_that_does_not_hold_here_keeps_its_place() {
    let subject = || vec![all([any_namespace()])];
    let first = policy("Policy/first", 0.0, subject()).ingress(Isolation::Leaves, vec![rule(Action::Allow)]);
    let second = policy("Policy/second", 0.0, subject()).ingress(
        Isolation::Leaves,
        vec![
            rule(Action::Log).local(all([pods("app", "nobody")])),
            rule(Action::Deny),
        ],
    );
    two_pods()
        .policy(&admin(Ties::Interleaved), first)
        .policy(&admin(Ties::Interleaved), second)
        .expect("shop/db -> shop/web: all");
}

#[test]
fn the_strictest_shuts_even_if_it_is_not_known_how() {
    let subject = || vec![all([any_namespace()])];
    let opens = policy("Policy/opens", 0.0, subject()).ingress(Isolation::Leaves, vec![rule(Action::Allow)]);
    let shuts = policy("Policy/shuts", 0.0, subject())
        .ingress(Isolation::Leaves, vec![perhaps(Action::Deny), rule(Action::Pass)]);
    let scene = shut(two_pods())
        .policy(&admin(Ties::Strictest), opens)
        .policy(&admin(Ties::Strictest), shuts);
    scene.expect("shop/db -> shop/web: none");
}

#[test]
fn whom_a_policy_may_select_it_may_shut() {
    let group = || all([Term::SecurityGroup(vec!["sg-1".into()])]);
    let member = policy("SecurityGroup/sg-1", 0.0, vec![group()]).ingress(Isolation::Isolates, vec![]);
    let groups = layer(Layer::SecurityGroups, "SecurityGroup", Order::new(0.0), Ties::Agree);
    two_pods().policy(&groups, member).expect("shop/db -> shop/web: ? all");
    // The same of a condition on the rule's own end.
    let some = policy("Policy/some", 0.0, vec![all([any_namespace()])]).ingress(
        Isolation::Isolates,
        vec![rule(Action::Allow).local(group()).on(tcp(80))],
    );
    two_pods()
        .policy(&admin(Ties::Agree), some)
        .expect("shop/db -> shop/web: ? TCP 80");
}

#[test]
fn an_address_that_nobody_shows_is_of_a_family_that_others_show() {
    let allow = |cidr| {
        let block = vec![all([network(cidr, CidrScope::EVERYTHING)])];
        policy("Policy/block", 0.0, vec![all([namespace("shop"), pods("app", "web")])])
            .ingress(Isolation::Isolates, vec![rule(Action::Allow).peers(block)])
    };
    let six = || two_pods().pod("shop/z", "", &[With::Address("fd00::1")]);
    let with = |scene: Scene, cidr| scene.policy(&admin(Ties::Agree), allow(cidr));
    with(two_pods(), "0.0.0.0/0").expect("shop/db -> shop/web: all");
    with(two_pods(), "::/0").expect("shop/db -> shop/web: none");
    with(six(), "0.0.0.0/0").expect("shop/db -> shop/web: none");
    with(six(), "::/0").expect("shop/db -> shop/web: all");
    with(six(), "fd00::/64").expect("shop/db -> shop/web: ? all");
}

#[test]
fn two_blocks_of_one_rule_hold_a_pod_of_two_families() {
    let blocks = |scope| ["0.0.0.0/0", "::/0"].map(|cidr| all([network(cidr, scope)])).to_vec();
    let web = |scope| {
        policy("Policy/blocks", 0.0, vec![all([namespace("shop"), pods("app", "web")])])
            .ingress(Isolation::Isolates, vec![rule(Action::Allow).peers(blocks(scope))])
    };
    let dual = || two_pods().pod("shop/z", "", &[With::Address("10.0.0.1"), With::Address("fd00::1")]);
    dual()
        .policy(&admin(Ties::Agree), web(CidrScope::EVERYTHING))
        .expect("shop/z -> shop/web: all");
    let unspecified = CidrScope {
        pods: Membership::Unspecified,
        nodes: Membership::Matched,
    };
    dual()
        .policy(&admin(Ties::Agree), web(unspecified))
        .expect("shop/z -> shop/web: ? all");
}

/// Rules for traffic into `shop/web`, one after the other.
fn into_web(rules: Vec<Rule>) -> haechi_policy::Policy {
    let web = vec![all([namespace("shop"), pods("app", "web")])];
    policy("Policy/web", 0.0, web).ingress(Isolation::Isolates, rules)
}

fn about(action: Action, cidrs: &[&str], scope: CidrScope) -> Rule {
    rule(action).peers(cidrs.iter().map(|cidr| all([network(cidr, scope)])).collect())
}

const UNSPECIFIED: CidrScope = CidrScope {
    pods: Membership::Unspecified,
    nodes: Membership::Matched,
};

#[test]
fn a_pod_without_address_is_not_in_a_block_and_out_of_it() {
    let everything = CidrScope::EVERYTHING;
    let any_pod = || rule(Action::Deny).peers(vec![all([any_namespace()])]);
    let block = |action| about(action, &["10.0.0.0/8"], everything);
    let denied = into_web(vec![block(Action::Deny), block(Action::Allow), any_pod()]);
    two_pods()
        .policy(&admin(Ties::Agree), denied)
        .expect("shop/db -> shop/web: none");
    // A block that holds less of where it may be does not decide.
    let half = about(Action::Deny, &["10.0.0.0/9"], everything);
    let perhaps = into_web(vec![half, block(Action::Allow), any_pod()]);
    two_pods()
        .policy(&admin(Ties::Agree), perhaps)
        .expect("shop/db -> shop/web: ? all");
}

#[test]
fn rules_that_share_out_all_places_hold_a_pod_without_address() {
    let everything = CidrScope::EVERYTHING;
    let rest = ["172.16.0.0/12", "192.168.0.0/16", "100.64.0.0/10"];
    let allow = |cidrs: &[&str]| about(Action::Allow, cidrs, everything);
    let web = || two_pods();
    web()
        .policy(
            &admin(Ties::Agree),
            into_web(vec![allow(&["10.0.0.0/8"]), allow(&rest)]),
        )
        .expect("shop/db -> shop/web: all");
    web()
        .policy(
            &admin(Ties::Agree),
            into_web(vec![allow(&["10.0.0.0/8"]), allow(&rest[1..])]),
        )
        .expect("shop/db -> shop/web: ? all");
}

#[test]
fn a_domain_name_is_in_one_half_of_all_addresses_or_the_other() {
    let halves = ["0.0.0.0/1", "128.0.0.0/1", "::/0"];
    let allow = |cidr: &&str| about(Action::Allow, &[cidr], CidrScope::EVERYTHING);
    let web = |halves: &[&str]| {
        let web = vec![all([namespace("shop"), pods("app", "web")])];
        policy("Policy/web", 0.0, web).egress(Isolation::Isolates, halves.iter().map(allow).collect())
    };
    two_pods()
        .policy(&admin(Ties::Agree), web(&halves))
        .expect("shop/web -> example.com: all");
    two_pods()
        .policy(&admin(Ties::Agree), web(&halves[..2]))
        .expect("shop/web -> example.com: ? all");
}

#[test]
fn blocks_match_the_clusters_own_ends_in_all_rules_or_in_none() {
    let one = || two_pods().pod("shop/z", "", &[With::Address("10.0.0.1")]);
    let block = |action| about(action, &["10.0.0.0/8"], UNSPECIFIED);
    // Whether they do or not, what they allow is denied before.
    one()
        .policy(
            &admin(Ties::Agree),
            into_web(vec![block(Action::Deny), block(Action::Allow)]),
        )
        .expect(
            "shop/z -> shop/web: none
                 shop/db -> shop/web: none",
        );
    one()
        .policy(
            &admin(Ties::Agree),
            into_web(vec![block(Action::Allow), block(Action::Deny)]),
        )
        .expect(
            "shop/z -> shop/web: ? all
                 shop/db -> shop/web: ? all",
        );
}

#[test]
fn a_pod_of_two_families_is_in_a_block_at_most_where_blocks_match_pods() {
    let dual = two_pods().pod("shop/z", "", &[With::Address("10.0.0.1"), With::Address("fd00::1")]);
    let rules = vec![
        about(Action::Allow, &["0.0.0.0/0", "::/0"], UNSPECIFIED),
        about(Action::Deny, &["10.0.0.0/8"], UNSPECIFIED),
        rule(Action::Allow),
    ];
    dual.policy(&admin(Ties::Agree), into_web(rules))
        .expect("shop/z -> shop/web: all");
}
