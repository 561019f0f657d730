//! What says what something else says, or never gets a say.

use haechi_model::Profile;

use super::sources::{Look, app, cluster_policy, found, namespace, nothing, policy};

fn shop(policies: &[String]) -> Vec<String> {
    let mut all = vec![
        namespace("shop"),
        app("shop/web", "app: web, tier: front", "{name: http, containerPort: 8080}"),
        app("shop/api", "app: api, tier: back", "{name: http, containerPort: 8080}"),
        app("shop/db", "app: db, tier: back", "{name: sql, containerPort: 5432}"),
    ];
    all.extend_from_slice(policies);
    all
}

fn api(rules: &str) -> String {
    format!("podSelector: {{matchLabels: {{app: api}}}}\ningress:\n{rules}")
}

#[test]
fn redundant_policy() {
    let two = |second: &str| {
        shop(&[
            policy(
                "shop/a-wide",
                &api("- from:\n  - podSelector: {matchLabels: {tier: front}}"),
            ),
            policy("shop/b-narrow", second),
        ])
    };
    let narrow = api("- from:\n  - podSelector: {matchLabels: {tier: front, app: web}}\n  ports:\n  - port: 8080");
    insta::assert_snapshot!(found("HNP030", &two(&narrow)), @r#"
    warning 41:1 `apiVersion: networking.k8s.io/v1`
      shop/NetworkPolicy/b-narrow changes nothing: shop/NetworkPolicy/a-wide does as much for the same pods
      shop/NetworkPolicy/a-wide covers it: 32 `apiVersion: networking.k8s.io/v1`
    "#);
    let other = api("- from:\n  - podSelector: {matchLabels: {app: db}}\n  ports:\n  - port: 8080");
    nothing("HNP030", &two(&other));
}

#[test]
fn of_two_equal_policies_the_later_is_redundant() {
    let rules = api("- from:\n  - podSelector: {matchLabels: {app: web}}");
    let twins = [policy("shop/first", &rules), policy("shop/second", &rules)];
    insta::assert_snapshot!(found("HNP030", &shop(&twins)), @r#"
    warning 41:1 `apiVersion: networking.k8s.io/v1`
      shop/NetworkPolicy/second changes nothing: shop/NetworkPolicy/first does as much for the same pods
      shop/NetworkPolicy/first covers it: 32 `apiVersion: networking.k8s.io/v1`
    "#);
    nothing("HNP031", &shop(&twins));
}

#[test]
fn a_default_deny_is_not_redundant_because_all_pods_are_shut_today() {
    let deny = policy("shop/deny", "podSelector: {}");
    let each = ["web", "api", "db"].map(|app| policy(&format!("shop/{app}"), &format!("podSelector: {{matchLabels: {{app: {app}}}}}\ningress:\n- from:\n  - podSelector: {{}}\n  ports:\n  - port: 8080")));
    let mut policies = vec![deny.clone()];
    policies.extend(each);
    nothing("HNP030", &shop(&policies));
    nothing("HNP033", &shop(&policies));
    policies.push(policy("shop/deny-again", "podSelector: {}"));
    insta::assert_snapshot!(found("HNP030", &shop(&policies)), @r#"
    warning 71:1 `apiVersion: networking.k8s.io/v1`
      shop/NetworkPolicy/deny-again changes nothing: shop/NetworkPolicy/deny does as much for the same pods
      shop/NetworkPolicy/deny covers it: 32 `apiVersion: networking.k8s.io/v1`
    "#);
}

#[test]
fn a_default_deny_is_not_redundant_beside_what_shuts_in_passing() {
    let deny = policy("shop/deny", "podSelector: {}\npolicyTypes: [Egress]");
    let dns = policy(
        "shop/dns",
        "podSelector: {}\npolicyTypes: [Egress]\negress:\n- ports:\n  - {port: 53, protocol: UDP}",
    );
    nothing("HNP030", &shop(&[deny, dns]));
}

#[test]
fn redundant_rule() {
    let rules = |second: &str| {
        shop(&[policy(
            "shop/api",
            &api(&format!("- from:\n  - podSelector: {{}}\n{second}")),
        )])
    };
    insta::assert_snapshot!(
        found("HNP031", &rules("- from:\n  - podSelector: {matchLabels: {app: web}}\n  ports:\n  - port: 8080")),
        @r#"
    warning 40:5 `- from:`
      an ingress rule of shop/NetworkPolicy/api changes nothing: another rule of it allows as much for the same pods
      the rule that covers it: 38 `- from:`
    "#
    );
    nothing(
        "HNP031",
        &rules("- from:\n  - ipBlock: {cidr: 203.0.113.0/24}\n  ports:\n  - port: 8080"),
    );
}

#[test]
fn redundant_rule_by_another_policy() {
    let wide = policy(
        "shop/all",
        "podSelector: {}\ningress:\n- from:\n  - podSelector: {}\n  ports:\n  - port: http",
    );
    let rule = |port: &str| {
        api(&format!(
            "- from:\n  - podSelector: {{matchLabels: {{app: web}}}}\n  ports:\n  - port: {port}\n- from:\n  - ipBlock: {{cidr: 192.0.2.0/24}}"
        ))
    };
    insta::assert_snapshot!(found("HNP031", &shop(&[wide.clone(), policy("shop/api", &rule("http"))])), @r#"
    warning 49:5 `- from:`
      an ingress rule of shop/NetworkPolicy/api changes nothing: a rule of shop/NetworkPolicy/all allows as much for the same pods
      the rule that covers it: 38 `- from:`
    "#);
    nothing("HNP031", &shop(&[wide, policy("shop/api", &rule("9999"))]));
}

#[test]
fn changes_nothing_today() {
    let rules = api(
        "- from:\n  - podSelector: {matchLabels: {app: web}}\n- from:\n  - podSelector: {matchLabels: {tier: front}}",
    );
    let today = shop(&[policy("shop/api", &rules)]);
    insta::assert_snapshot!(found("HNP033", &today), @r#"
    note 40:5 `- from:`
      an ingress rule of shop/NetworkPolicy/api changes no answer today: its other rules decide the same
      decides, in shop/NetworkPolicy/api: 38 `- from:`
    "#);
    nothing("HNP031", &today);
    let mut tomorrow = today;
    tomorrow.push(app("shop/shop", "app: shop, tier: front", ""));
    // Then the narrow one is covered by today's labels alone.
    insta::assert_snapshot!(found("HNP033", &tomorrow), @r#"
    note 38:5 `- from:`
      an ingress rule of shop/NetworkPolicy/api changes no answer today: its other rules decide the same
      decides, in shop/NetworkPolicy/api: 40 `- from:`
    "#);
}

fn admin(rules: &str) -> String {
    format!("tier: Admin\npriority: 10\nsubject: {{namespaces: {{}}}}\ningress:\n{rules}")
}

#[test]
fn shadowed_rule() {
    let deny = "- {name: no-front, action: Deny, from: [{namespaces: {}}]}\n";
    let accept = "- name: web\n  action: Accept\n  from:\n  - pods: {namespaceSelector: {}, podSelector: {matchLabels: {app: web}}}\n";
    let of = |rules: String| shop(&[cluster_policy("order", &admin(&rules))]);
    insta::assert_snapshot!(found("HNP032", &of(format!("{deny}{accept}"))), @r#"
    warning 41:5 `- name: web`
      the ingress rule web of ClusterNetworkPolicy/order never gets a say: rules of ClusterNetworkPolicy/order are asked first and decide it
      decides, in ClusterNetworkPolicy/order: 40 `- {name: no-front, action: Deny, from: [{namespaces: {}}]}`
    "#);
    nothing("HNP032", &of(format!("{accept}{deny}")));
}

#[test]
fn shadowed_rule_of_a_network_policy() {
    let rules = |who: &str| {
        let deny = format!(
            "- action: Deny\n  from:\n  - pods: {{namespaceSelector: {{}}, podSelector: {{matchLabels: {{app: {who}}}}}}}\n"
        );
        shop(&[
            cluster_policy("none", &admin(&deny)),
            policy("shop/api", &api("- from:\n  - podSelector: {matchLabels: {app: web}}")),
        ])
    };
    insta::assert_snapshot!(found("HNP032", &rules("web")), @r#"
    warning 50:5 `- from:`
      an ingress rule of shop/NetworkPolicy/api never gets a say: rules of ClusterNetworkPolicy/none are asked first and decide it
      decides, in ClusterNetworkPolicy/none: 40 `- action: Deny`
    "#);
    nothing("HNP032", &rules("db"));
}

#[test]
fn what_is_asked_later_shadows_nothing() {
    let pass = "- {action: Pass, from: [{namespaces: {}}]}\n";
    let accept = "- name: late\n  action: Accept\n  from: [{namespaces: {}}]\n";
    let objects = shop(&[
        cluster_policy("order", &admin(&format!("{pass}{accept}"))),
        policy("shop/all", "podSelector: {}\ningress:\n- from:\n  - podSelector: {}"),
    ]);
    // The NetworkPolicy decides what is passed, but it does so behind the rule.
    insta::assert_snapshot!(found("HNP032", &objects), @r#"
    warning 41:5 `- name: late`
      the ingress rule late of ClusterNetworkPolicy/order never gets a say: rules of ClusterNetworkPolicy/order are asked first and decide it
      decides, in ClusterNetworkPolicy/order: 40 `- {action: Pass, from: [{namespaces: {}}]}`
    "#);
}

#[test]
fn a_baseline_that_nobody_needs_today_is_a_note() {
    let baseline = "tier: Baseline\npriority: 10\nsubject: {namespaces: {}}\ningress:\n- {action: Deny, from: [{namespaces: {}}]}\n";
    insta::assert_snapshot!(
        found("HNP032", &shop(&[cluster_policy("base", baseline), policy("shop/deny", "podSelector: {}")])),
        @r#"
    note 40:5 `- {action: Deny, from: [{namespaces: {}}]}`
      an ingress rule of ClusterNetworkPolicy/base never gets a say: shop/NetworkPolicy/deny isolate its pods before
    "#
    );
    nothing(
        "HNP032",
        &shop(&[
            cluster_policy("base", baseline),
            policy("shop/deny", "podSelector: {matchLabels: {app: web}}"),
        ]),
    );
}

#[test]
fn a_baseline_that_network_policies_overrule_is_a_note() {
    let baseline =
        "tier: Baseline\npriority: 10\nsubject: {namespaces: {}}\negress:\n- {action: Deny, to: [{namespaces: {}}]}\n";
    let open = policy("shop/open", "podSelector: {}\npolicyTypes: [Egress]\negress:\n- {}");
    insta::assert_snapshot!(found("HNP032", &shop(&[cluster_policy("base", baseline), open])), @r#"
    note 40:5 `- {action: Deny, to: [{namespaces: {}}]}`
      an egress rule of ClusterNetworkPolicy/base never gets a say: rules of shop/NetworkPolicy/open are asked first, and isolation shuts what they leave
      decides, in shop/NetworkPolicy/open: 49 `- {}`
    "#);
}

#[test]
fn equal_priority() {
    let two = |second: &str| {
        shop(&[
            cluster_policy("one", &admin("- {action: Accept, from: [{namespaces: {}}]}")),
            cluster_policy("two", second),
        ])
    };
    let deny = admin("- {action: Deny, from: [{namespaces: {}}]}");
    insta::assert_snapshot!(found("HNP034", &two(&deny)), @r#"
    warning 42:1 `apiVersion: policy.networking.k8s.io/v1alpha2`
      ClusterNetworkPolicy/one and ClusterNetworkPolicy/two both have priority 10 in tier Admin, judge the same pods and decide some connections differently
      hint: which of them wins is not specified: give them different priorities
      ClusterNetworkPolicy/one has the same priority: 32 `apiVersion: policy.networking.k8s.io/v1alpha2`
    "#);
    insta::assert_snapshot!(Look::by(Profile::Calico).found("HNP034", &two(&deny)), @r#"
    warning 42:1 `apiVersion: policy.networking.k8s.io/v1alpha2`
      ClusterNetworkPolicy/one and ClusterNetworkPolicy/two both have priority 10 in tier Admin, judge the same pods and decide some connections differently
      hint: this data plane asks them by name; others do not
      ClusterNetworkPolicy/one has the same priority: 32 `apiVersion: policy.networking.k8s.io/v1alpha2`
    "#);
    let accept = admin("- {action: Accept, from: [{namespaces: {}}]}");
    insta::assert_snapshot!(found("HNP034", &two(&accept)), @r#"
    note 42:1 `apiVersion: policy.networking.k8s.io/v1alpha2`
      ClusterNetworkPolicy/one and ClusterNetworkPolicy/two both have priority 10 in tier Admin, judge the same pods and agree in all they decide
      ClusterNetworkPolicy/one has the same priority: 32 `apiVersion: policy.networking.k8s.io/v1alpha2`
    "#);
    nothing("HNP034", &two(&deny.replace("priority: 10", "priority: 11")));
    let elsewhere = "tier: Admin\npriority: 10\nsubject: {namespaces: {matchLabels: {kubernetes.io/metadata.name: other}}}\ningress:\n- {action: Deny, from: [{namespaces: {}}]}";
    nothing("HNP034", &two(elsewhere));
}

#[test]
fn section_without_policy_type() {
    let types = |types: &str| {
        let spec = format!("podSelector: {{}}\npolicyTypes: [{types}]\negress:\n- to:\n  - podSelector: {{}}");
        shop(&[policy("shop/all", &spec)])
    };
    insta::assert_snapshot!(found("HNP035", &types("Ingress")), @r#"
    warning 39:5 `- to:`
      policyTypes does not list Egress, so the egress rules are ignored
      hint: add Egress to policyTypes, or delete the rules
    "#);
    nothing("HNP035", &types("Ingress, Egress"));
    nothing(
        "HNP035",
        &shop(&[policy(
            "shop/all",
            "podSelector: {}\npolicyTypes: [Ingress]\negress: []",
        )]),
    );
}

#[test]
fn egress_shut_in_passing() {
    let types = |types: &str| {
        let spec = format!(
            "podSelector: {{matchLabels: {{app: api}}}}\npolicyTypes: [{types}]\ningress:\n- from:\n  - podSelector: {{}}"
        );
        shop(&[policy("shop/api", &spec)])
    };
    insta::assert_snapshot!(found("HNP036", &types("Ingress, Egress")), @r#"
    note 32:1 `apiVersion: networking.k8s.io/v1`
      shop/NetworkPolicy/api has ingress rules alone, and lists Egress: its pods can open no connection at all
      hint: take Egress out of policyTypes, or write what the pods may reach
    "#);
    nothing("HNP036", &types("Ingress"));
    let mut said = types("Ingress, Egress");
    said.push(policy("shop/deny", "podSelector: {}\npolicyTypes: [Egress]"));
    nothing("HNP036", &said);
}
