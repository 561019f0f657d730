//! Address blocks, and rules whose other end denies.

use haechi_model::Profile;

use super::sources::{Look, app, found, namespace, nothing, pod, policy, service};

fn shop(block: &str) -> Vec<String> {
    let spec = format!(
        "podSelector: {{matchLabels: {{app: web}}}}\npolicyTypes: [Egress]\negress:\n- to:\n  - ipBlock: {{{block}}}"
    );
    vec![
        namespace("shop"),
        pod("shop/web", "app: web", "10.1.0.7"),
        pod("shop/db", "app: db", "10.1.0.8"),
        service(
            "shop/db",
            "clusterIP: 10.96.0.20\nselector: {app: db}\nports:\n- {port: 5432}",
        ),
        policy("shop/web", &spec),
    ]
}

#[test]
fn block_holds_pods() {
    insta::assert_snapshot!(found("HNP070", &shop("cidr: 10.0.0.0/8")), @r#"
    note 34:7 `- ipBlock: {cidr: 10.0.0.0/8}`
      the block 10.0.0.0/8 of shop/NetworkPolicy/web holds the addresses of 2 pods: data planes differ on whether it matches them
    "#);
    insta::assert_snapshot!(Look::by(Profile::Cilium).found("HNP070", &shop("cidr: 10.1.0.0/24")), @r#"
    warning 34:7 `- ipBlock: {cidr: 10.1.0.0/24}`
      the block 10.1.0.0/24 of shop/NetworkPolicy/web holds the addresses of 2 pods: this data plane does not match pods by address, others do
    "#);
    assert_eq!(Look::by(Profile::Calico).found("HNP070", &shop("cidr: 10.0.0.0/8")), "");
    nothing("HNP070", &shop("cidr: 10.0.0.0/8, except: [10.1.0.0/16]"));
}

#[test]
fn block_is_service_address() {
    insta::assert_snapshot!(found("HNP071", &shop("cidr: 10.96.0.20/32")), @r#"
    warning 34:7 `- ipBlock: {cidr: 10.96.0.20/32}`
      a block of shop/NetworkPolicy/web is 10.96.0.20, the address of Service shop/db, which no connection that is judged has
      hint: select the pods behind it
      the Service: 17 `apiVersion: v1`
    "#);
    assert_eq!(Look::by(Profile::Aws).found("HNP071", &shop("cidr: 10.96.0.20/32")), "");
    nothing("HNP071", &shop("cidr: 10.97.0.20/32"));
}

#[test]
fn block_is_one_pod() {
    insta::assert_snapshot!(found("HNP072", &shop("cidr: 10.1.0.8/32")), @r#"
    warning 34:7 `- ipBlock: {cidr: 10.1.0.8/32}`
      a block of shop/NetworkPolicy/web is 10.1.0.8, the address of pod shop/Pod/db
      hint: select the pod by its labels: its address changes
    "#);
    nothing("HNP072", &shop("cidr: 10.1.0.9/32"));
}

#[test]
fn half_open() {
    let pair = |from: &str, ports: &str| {
        vec![
            namespace("shop"),
            app("shop/web", "app: web", ""),
            app("shop/api", "app: api", ""),
            app("shop/db", "app: db", ""),
            policy(
                "shop/web",
                "podSelector: {matchLabels: {app: web}}\npolicyTypes: [Egress]\negress:\n- to:\n  - podSelector: {matchLabels: {app: db}}\n  ports:\n  - port: 5432",
            ),
            policy(
                "shop/db",
                &format!(
                    "podSelector: {{matchLabels: {{app: db}}}}\ningress:\n- from:\n  - podSelector: {{matchLabels: {{app: {from}}}}}\n  ports:\n  - port: {ports}"
                ),
            ),
        ]
    };
    insta::assert_snapshot!(found("HNP080", &pair("api", "5432")), @r#"
    note 40:7 `- podSelector: {matchLabels: {app: db}}`
      shop/NetworkPolicy/web allows egress to shop/Deployment/db, whose policies deny all of that ingress
      shop/NetworkPolicy/db judges the other end: 44 `apiVersion: networking.k8s.io/v1`
    "#);
    insta::assert_snapshot!(found("HNP080", &pair("web", "5433")), @r#"
    note 40:7 `- podSelector: {matchLabels: {app: db}}`
      shop/NetworkPolicy/web allows egress to shop/Deployment/db, whose policies deny all of that ingress
      shop/NetworkPolicy/db judges the other end: 44 `apiVersion: networking.k8s.io/v1`
    note 51:7 `- podSelector: {matchLabels: {app: web}}`
      shop/NetworkPolicy/db allows ingress from shop/Deployment/web, whose policies deny all of that egress
      shop/NetworkPolicy/web judges the other end: 32 `apiVersion: networking.k8s.io/v1`
    "#);
    nothing("HNP080", &pair("web", "5432"));
}
