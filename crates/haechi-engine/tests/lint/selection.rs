//! Who is selected, and who is not.

use super::sources::{app, app_with, found, namespace, nothing, policy};

fn shop(policies: &[String]) -> Vec<String> {
    let mut all = vec![
        namespace("shop"),
        app("shop/web", "app: web, tier: front", "{name: http, containerPort: 8080}"),
        app("shop/api", "app: api, tier: back", "{name: http, containerPort: 8080}"),
        namespace("data"),
        app("data/db", "app: db", "{name: sql, containerPort: 5432}"),
    ];
    all.extend_from_slice(policies);
    all
}

#[test]
fn policy_selects_nothing() {
    let select = |label: &str| {
        shop(&[policy(
            "shop/front",
            &format!("podSelector: {{matchLabels: {{app: {label}}}}}"),
        )])
    };
    insta::assert_snapshot!(found("HNP010", &select("wbe")), @r#"
    warning 40:16 `podSelector: {matchLabels: {app: wbe}}`
      shop/NetworkPolicy/front selects no pod: none matches app=wbe
      hint: did you mean app: web?
    "#);
    nothing("HNP010", &select("web"));
}

#[test]
fn policy_for_all_pods_of_an_empty_namespace_guards_it() {
    let mut objects = shop(&[policy("later/deny", "podSelector: {}")]);
    objects.push(namespace("later"));
    nothing("HNP010", &objects);
    nothing("HNP014", &objects);
}

#[test]
fn policies_alone_say_nothing_of_pods() {
    nothing(
        "HNP010",
        &[policy("shop/front", "podSelector: {matchLabels: {app: web}}")],
    );
}

#[test]
fn host_network_subject() {
    let host = |spec: &str| {
        let mut all = shop(&[policy("shop/exporter", "podSelector: {matchLabels: {app: exporter}}")]);
        all.push(app_with("shop/exporter", "app: exporter", "", spec));
        all
    };
    insta::assert_snapshot!(found("HNP011", &host(", hostNetwork: true")), @r#"
    warning 40:16 `podSelector: {matchLabels: {app: exporter}}`
      shop/NetworkPolicy/exporter selects only shop/Deployment/exporter, which use their node's network: no policy isolates them
    "#);
    nothing("HNP011", &host(""));
}

#[test]
fn host_network_subject_among_others() {
    let mut objects = shop(&[policy("shop/front", "podSelector: {matchLabels: {tier: front}}")]);
    objects.push(app_with(
        "shop/edge",
        "app: edge, tier: front",
        "",
        ", hostNetwork: true",
    ));
    insta::assert_snapshot!(found("HNP011", &objects), @r#"
    note 40:16 `podSelector: {matchLabels: {tier: front}}`
      shop/NetworkPolicy/front also selects shop/Deployment/edge, which use their node's network: it has no effect on them
    "#);
}

fn from(peers: &str) -> Vec<String> {
    let spec = format!("podSelector: {{matchLabels: {{app: api}}}}\ningress:\n- from:\n{peers}");
    shop(&[policy("shop/api", &spec)])
}

#[test]
fn rule_matches_nothing() {
    insta::assert_snapshot!(found("HNP012", &from("  - podSelector: {matchLabels: {app: webb}}")), @r#"
    warning 43:7 `- podSelector: {matchLabels: {app: webb}}`
      an ingress rule of shop/NetworkPolicy/api matches nobody: no pod of namespace shop matches app=webb
      hint: did you mean app: web?
    "#);
    nothing("HNP012", &from("  - podSelector: {matchLabels: {app: web}}"));
}

#[test]
fn rule_matches_nothing_by_a_namespace_that_is_not_there() {
    let peer = |name: &str| {
        from(&format!(
            "  - namespaceSelector: {{matchLabels: {{kubernetes.io/metadata.name: {name}}}}}"
        ))
    };
    insta::assert_snapshot!(found("HNP012", &peer("dta")), @r#"
    warning 43:7 `- namespaceSelector: {matchLabels: {kubernetes.io/metadata.name: dta}}`
      an ingress rule of shop/NetworkPolicy/api matches nobody: no namespace is called dta
      hint: did you mean data?
    "#);
    insta::assert_snapshot!(found("HNP012", &peer("monitoring")), @r#"
    note 43:7 `- namespaceSelector: {matchLabels: {kubernetes.io/metadata.name: monitoring}}`
      an ingress rule of shop/NetworkPolicy/api matches nobody: no namespace is called monitoring
    "#);
    nothing("HNP012", &peer("data"));
}

#[test]
fn rule_matches_nothing_by_a_label_that_no_namespace_has() {
    insta::assert_snapshot!(found("HNP012", &from("  - namespaceSelector: {matchLabels: {name: data}}")), @r#"
    warning 43:7 `- namespaceSelector: {matchLabels: {name: data}}`
      an ingress rule of shop/NetworkPolicy/api matches nobody: no namespace matches name=data
      hint: select it by its name: kubernetes.io/metadata.name: data
    "#);
}

#[test]
fn rule_may_match_in_namespaces_that_are_not_shown() {
    let dns = "  - namespaceSelector: {}\n    podSelector: {matchLabels: {k8s-app: kube-dns}}";
    insta::assert_snapshot!(found("HNP012", &from(dns)), @r#"
    note 43:7 `- namespaceSelector: {}`
      an ingress rule of shop/NetworkPolicy/api matches nobody: no pod that the sources show matches k8s-app=kube-dns
    "#);
}

#[test]
fn peer_matches_nothing() {
    let two = |second: &str| from(&format!("  - podSelector: {{matchLabels: {{app: web}}}}\n{second}"));
    insta::assert_snapshot!(found("HNP013", &two("  - podSelector: {matchLabels: {app: db}}")), @r#"
    warning 44:7 `- podSelector: {matchLabels: {app: db}}`
      a peer in an ingress rule of shop/NetworkPolicy/api matches nobody: no pod of namespace shop matches app=db
      hint: app is there with api, web
    "#);
    nothing(
        "HNP013",
        &two(
            "  - namespaceSelector: {matchLabels: {kubernetes.io/metadata.name: data}}\n    podSelector: {matchLabels: {app: db}}",
        ),
    );
}

#[test]
fn namespace_not_declared() {
    let at = |id: &str| shop(&[policy(id, "podSelector: {}")]);
    insta::assert_snapshot!(found("HNP014", &at("shpo/web")), @r#"
    warning 36:1 `apiVersion: networking.k8s.io/v1`
      shpo/NetworkPolicy/web is for namespace shpo, which no object of the sources declares and no pod is in
      hint: did you mean shop?
    "#);
    insta::assert_snapshot!(found("HNP014", &at("elsewhere/web")), @r#"
    note 36:1 `apiVersion: networking.k8s.io/v1`
      elsewhere/NetworkPolicy/web is for namespace elsewhere, which no object of the sources declares and no pod is in
    "#);
    nothing("HNP014", &at("shop/web"));
}

#[test]
fn selector_contradicts_itself() {
    let not_in = |values: &str| {
        let spec = format!(
            "podSelector:\n  matchLabels: {{app: web}}\n  matchExpressions:\n  - {{key: app, operator: NotIn, values: [{values}]}}"
        );
        shop(&[policy("shop/web", &spec)])
    };
    insta::assert_snapshot!(found("HNP015", &not_in("web, api")), @r#"
    warning 41:5 `matchLabels: {app: web}`
      a selector of shop/NetworkPolicy/web contradicts itself: nothing has both app=web and app notin (api,web)
    "#);
    nothing("HNP015", &not_in("api"));
}

#[test]
fn selector_term_without_effect() {
    let term = |term: &str| {
        let spec = format!("podSelector:\n  matchLabels: {{app: web}}\n  matchExpressions:\n  - {{{term}}}");
        shop(&[policy("shop/web", &spec)])
    };
    insta::assert_snapshot!(found("HNP016", &term("key: app, operator: Exists")), @r#"
    note 41:5 `matchLabels: {app: web}`
      app changes nothing in a selector of shop/NetworkPolicy/web: app=web says as much
    "#);
    insta::assert_snapshot!(found("HNP016", &term("key: legacy, operator: DoesNotExist")), @r#"
    note 41:5 `matchLabels: {app: web}`
      !legacy changes nothing in a selector of shop/NetworkPolicy/web: no pod has the label
    "#);
    insta::assert_snapshot!(found("HNP016", &term("key: tier, operator: In, values: [front, back]")), @r#"
    note 41:5 `matchLabels: {app: web}`
      tier in (back,front) changes nothing in a selector of shop/NetworkPolicy/web: every pod there has it
    "#);
    nothing("HNP016", &term("key: tier, operator: NotIn, values: [back]"));
}

#[test]
fn value_nobody_has() {
    let values = |values: &str| {
        let spec = format!("podSelector:\n  matchExpressions:\n  - {{key: app, operator: In, values: [{values}]}}");
        shop(&[policy("shop/web", &spec)])
    };
    insta::assert_snapshot!(found("HNP017", &values("web, apii")), @r#"
    warning 41:5 `matchExpressions:`
      no pod has app: apii, which a selector of shop/NetworkPolicy/web lists
      hint: did you mean api?
    "#);
    insta::assert_snapshot!(found("HNP017", &values("web, search")), @r#"
    note 41:5 `matchExpressions:`
      no pod has app: search, which a selector of shop/NetworkPolicy/web lists
    "#);
    nothing("HNP017", &values("web, api"));
}

#[test]
fn host_network_peer() {
    let host = |spec: &str| {
        let mut all = from("  - podSelector: {matchLabels: {app: exporter}}");
        all.push(app_with("shop/exporter", "app: exporter", "", spec));
        all
    };
    insta::assert_snapshot!(found("HNP018", &host(", hostNetwork: true")), @r#"
    warning 43:7 `- podSelector: {matchLabels: {app: exporter}}`
      an ingress rule of shop/NetworkPolicy/api matches nobody: only shop/Deployment/exporter have its labels, and they use their node's network
    "#);
    nothing("HNP018", &host(""));
}

#[test]
fn repeated_peer() {
    insta::assert_snapshot!(
        found("HNP019", &from("  - podSelector: {}\n  - podSelector: {matchLabels: {app: web}}")),
        @r#"
    warning 44:7 `- podSelector: {matchLabels: {app: web}}`
      a peer of shop/NetworkPolicy/api is covered by another one of the same rule
      the wider peer: 43 `- podSelector: {}`
    "#
    );
    insta::assert_snapshot!(
        found("HNP019", &from("  - ipBlock: {cidr: 10.1.0.0/16}\n  - ipBlock: {cidr: 10.0.0.0/8, except: [10.2.0.0/16]}")),
        @r#"
    warning 43:7 `- ipBlock: {cidr: 10.1.0.0/16}`
      a peer of shop/NetworkPolicy/api is covered by another one of the same rule
      the wider peer: 44 `- ipBlock: {cidr: 10.0.0.0/8, except: [10.2.0.0/16]}`
    "#
    );
    nothing(
        "HNP019",
        &from("  - ipBlock: {cidr: 10.2.3.0/24}\n  - ipBlock: {cidr: 10.0.0.0/8, except: [10.2.0.0/16]}"),
    );
}
