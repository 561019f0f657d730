//! Where the AWS agent does otherwise. Under other profiles nothing of it is found.

use haechi_model::Profile;

use super::sources::{Look, app, namespace, nothing, policy, service};

fn aws(code: &str, objects: &[String]) -> String {
    nothing(code, objects);
    Look::by(Profile::Aws).found(code, objects)
}

fn shop(more: &[String]) -> Vec<String> {
    let mut all = vec![
        namespace("shop"),
        app(
            "shop/web",
            "app: web, tier: back",
            "{name: metrics, containerPort: 9090}",
        ),
        app(
            "shop/db",
            "app: db, tier: back, role: primary",
            "{name: metrics, containerPort: 9187}, {name: sql, containerPort: 5432}",
        ),
    ];
    all.extend_from_slice(more);
    all
}

#[test]
fn aws_named_port_union() {
    let of = |labels: &str| {
        shop(&[policy(
            "shop/scrape",
            &format!("podSelector: {{matchLabels: {{{labels}}}}}\ningress:\n- ports:\n  - port: metrics"),
        )])
    };
    insta::assert_snapshot!(aws("HNP090", &of("tier: back")), @r#"
    warning 29:5 `- ports:`
      port metrics of shop/NetworkPolicy/scrape is TCP 9090, 9187 on different pods: the AWS agent opens all of them on each
    "#);
    assert_eq!(aws("HNP090", &of("app: db")), "");
}

#[test]
fn aws_except_wins() {
    let blocks = |second: &str| {
        let spec = format!(
            "podSelector: {{}}\npolicyTypes: [Egress]\negress:\n- to:\n  - ipBlock: {{cidr: 10.0.0.0/8, except: [10.1.0.0/16]}}\n  - ipBlock: {{cidr: {second}}}"
        );
        shop(&[policy("shop/out", &spec)])
    };
    insta::assert_snapshot!(aws("HNP092", &blocks("10.0.0.0/15")), @r#"
    warning 32:7 `- ipBlock: {cidr: 10.0.0.0/15}`
      block 10.0.0.0/15 of shop/NetworkPolicy/out allows 10.1.0.0/16 again, which shop/NetworkPolicy/out excepts: with the AWS agent it stays shut
      the exception: 31 `- ipBlock: {cidr: 10.0.0.0/8, except: [10.1.0.0/16]}`
    "#);
    assert_eq!(aws("HNP092", &blocks("10.1.2.0/24")), "");
    assert_eq!(aws("HNP092", &blocks("192.0.2.0/24")), "");
}

#[test]
fn aws_service_selector() {
    let to = |labels: &str| {
        let spec = format!(
            "podSelector: {{matchLabels: {{app: web}}}}\npolicyTypes: [Egress]\negress:\n- to:\n  - podSelector: {{matchLabels: {{{labels}}}}}\n  ports:\n  - port: 5432"
        );
        shop(&[
            service("shop/db", "selector: {app: db}\nports:\n- {port: 5432}"),
            policy("shop/web", &spec),
        ])
    };
    insta::assert_snapshot!(aws("HNP093", &to("app: db, role: primary")), @r#"
    warning 39:7 `- podSelector: {matchLabels: {app: db, role: primary}}`
      shop/NetworkPolicy/web opens the pods behind Service shop/db, whose selector app=db does not meet app=db,role=primary: the AWS agent shuts the Service
      the Service: 23 `apiVersion: v1`
    "#);
    assert_eq!(aws("HNP093", &to("app: db")), "");
}
