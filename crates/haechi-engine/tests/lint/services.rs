//! Services, and what leads to them.

use super::sources::{app, found, ingress, namespace, nothing, policy, service};

fn shop(more: &[String]) -> Vec<String> {
    let mut all = vec![
        namespace("shop"),
        app("shop/web", "app: web", "{name: http, containerPort: 8080}"),
        app("shop/api", "app: api", "{name: http, containerPort: 9000}"),
        service(
            "shop/web",
            "selector: {app: web}\nports:\n- {name: http, port: 80, targetPort: http}",
        ),
    ];
    all.extend_from_slice(more);
    all
}

fn web(from: &str) -> String {
    policy(
        "shop/web",
        &format!("podSelector: {{matchLabels: {{app: web}}}}\ningress:\n- from:\n  - {from}"),
    )
}

#[test]
fn service_shut() {
    insta::assert_snapshot!(found("HNP060", &shop(&[policy("shop/deny", "podSelector: {}")])), @r#"
    warning 29:5 `- {name: http, port: 80, targetPort: http}`
      nothing can reach port 80 of Service shop/web: its pods listen on TCP 8080, and nobody is let in there
      shop/NetworkPolicy/deny judges its pods: 31 `apiVersion: networking.k8s.io/v1`
    "#);
    nothing(
        "HNP060",
        &shop(&[
            policy("shop/deny", "podSelector: {}"),
            web("podSelector: {matchLabels: {app: api}}"),
        ]),
    );
}

#[test]
fn service_shut_as_nobody_who_is_let_in_may_go_out() {
    let sealed = policy(
        "shop/api",
        "podSelector: {matchLabels: {app: api}}\npolicyTypes: [Egress]",
    );
    insta::assert_snapshot!(found("HNP060", &shop(&[web("podSelector: {matchLabels: {app: api}}"), sealed])), @r#"
    warning 29:5 `- {name: http, port: 80, targetPort: http}`
      nothing can reach port 80 of Service shop/web: its pods listen on TCP 8080, and nobody is let in there
      shop/NetworkPolicy/web judges its pods: 31 `apiVersion: networking.k8s.io/v1`
    "#);
}

#[test]
fn route_shut() {
    let controller = app("edge/nginx", "app.kubernetes.io/name: ingress-nginx", "");
    let from = |peer: &str| {
        shop(&[
            ingress("shop/web", "web", 80),
            namespace("edge"),
            controller.clone(),
            web(peer),
        ])
    };
    insta::assert_snapshot!(found("HNP061", &from("podSelector: {}")), @r#"
    warning 34:24 `spec: {defaultBackend: {service: {name: web, port: {number: 80}}}}`
      Ingress shop/web leads to Service shop/web, whose pods edge/Deployment/nginx cannot reach on TCP 8080
      hint: allow the controller's pods at the backend, and the backend at the controller
      shop/NetworkPolicy/web judges its pods: 49 `apiVersion: networking.k8s.io/v1`
    "#);
    nothing(
        "HNP061",
        &from("namespaceSelector: {matchLabels: {kubernetes.io/metadata.name: edge}}"),
    );
    // Who lets requests in is not shown.
    nothing(
        "HNP061",
        &shop(&[ingress("shop/web", "web", 80), web("podSelector: {}")]),
    );
}

#[test]
fn service_selects_nothing() {
    let of = |labels: &str| {
        shop(&[service(
            "shop/other",
            &format!("selector: {{{labels}}}\nports:\n- {{port: 80}}"),
        )])
    };
    insta::assert_snapshot!(found("HNP062", &of("app: wbe")), @r#"
    warning 31:1 `apiVersion: v1`
      Service shop/other selects no pod: none matches app=wbe
      hint: did you mean app: web?
    "#);
    nothing("HNP062", &of("app: web"));
}

#[test]
fn target_port_nobody_has() {
    let to = |port: &str| {
        shop(&[service(
            "shop/other",
            &format!("selector: {{app: web}}\nports:\n- {{port: 80, targetPort: {port}}}"),
        )])
    };
    insta::assert_snapshot!(found("HNP063", &to("htp")), @r#"
    warning 37:5 `- {port: 80, targetPort: htp}`
      port 80 of Service shop/other leads to TCP port htp, which no container of its pods declares
      hint: they declare http (TCP 8080)
    "#);
    nothing("HNP063", &to("http"));
    nothing("HNP063", &to("9999"));
}

#[test]
fn route_without_service() {
    insta::assert_snapshot!(found("HNP064", &shop(&[ingress("shop/web", "wbe", 80)])), @r#"
    warning 34:24 `spec: {defaultBackend: {service: {name: wbe, port: {number: 80}}}}`
      Ingress shop/web leads to Service shop/wbe, which is not there
      hint: did you mean web?
    "#);
    insta::assert_snapshot!(found("HNP064", &shop(&[ingress("shop/web", "web", 8080)])), @r#"
    warning 34:24 `spec: {defaultBackend: {service: {name: web, port: {number: 8080}}}}`
      Ingress shop/web leads to port 8080 of Service shop/web, which has none
      hint: it has 80
      the Service: 23 `apiVersion: v1`
    "#);
    nothing("HNP064", &shop(&[ingress("shop/web", "web", 80)]));
    nothing("HNP064", &shop(&[ingress("elsewhere/web", "web", 80)]));
}

#[test]
fn external_service_shut() {
    let outside = |kind: &str| {
        service(
            "shop/public",
            &format!("type: {kind}\nselector: {{app: web}}\nports:\n- {{port: 443, targetPort: http}}"),
        )
    };
    insta::assert_snapshot!(found("HNP065", &shop(&[outside("LoadBalancer"), web("podSelector: {}")])), @r#"
    warning 38:5 `- {port: 443, targetPort: http}`
      port 443 of Service shop/public is offered by a load balancer, and the policies of its pods let no address in
      hint: allow the clients' addresses by ipBlock on TCP 8080
      shop/NetworkPolicy/web judges its pods: 40 `apiVersion: networking.k8s.io/v1`
    "#);
    nothing(
        "HNP065",
        &shop(&[outside("LoadBalancer"), web("ipBlock: {cidr: 10.0.0.0/8}")]),
    );
    nothing("HNP065", &shop(&[outside("ClusterIP"), web("podSelector: {}")]));
}
