//! Ports.

use super::sources::{app, found, namespace, nothing, policy, service};

fn shop(ports: &str) -> Vec<String> {
    let spec = format!("podSelector: {{matchLabels: {{app: web}}}}\ningress:\n- ports:\n  - {{{ports}}}");
    vec![
        namespace("shop"),
        app(
            "shop/web",
            "app: web",
            "{name: http, containerPort: 8080}, {name: quic, containerPort: 8443, protocol: UDP}",
        ),
        app("shop/api", "app: api", "{name: api, containerPort: 9000}"),
        service(
            "shop/web",
            "selector: {app: web}\nports:\n- {port: 80, targetPort: http}",
        ),
        policy("shop/web", &spec),
    ]
}

fn egress(to: &str, ports: &str) -> Vec<String> {
    let mut objects = shop("port: http");
    let spec = format!(
        "podSelector: {{matchLabels: {{app: api}}}}\npolicyTypes: [Egress]\negress:\n- to:\n  - {to}\n  ports:\n  - {{{ports}}}"
    );
    objects.push(policy("shop/api", &spec));
    objects
}

#[test]
fn named_port_nobody_has() {
    insta::assert_snapshot!(found("HNP020", &shop("port: web")), @r#"
    warning 37:5 `- ports:`
      an ingress rule of shop/NetworkPolicy/web opens port web, and none of the pods that it selects declares one of that name
      hint: they declare http (TCP 8080), quic (UDP 8443)
    "#);
    nothing("HNP020", &shop("port: http"));
    let web = "podSelector: {matchLabels: {app: web}}";
    insta::assert_snapshot!(found("HNP020", &egress(web, "port: api")), @r#"
    warning 47:5 `- to:`
      an egress rule of shop/NetworkPolicy/api opens port api, and none of its peers declares one of that name
      hint: they declare http (TCP 8080), quic (UDP 8443)
    "#);
    nothing("HNP020", &egress(web, "port: http"));
}

#[test]
fn named_port_with_other_protocol() {
    insta::assert_snapshot!(found("HNP021", &shop("port: quic")), @r#"
    warning 37:5 `- ports:`
      an ingress rule of shop/NetworkPolicy/web opens TCP port quic, and the pods that it selects have that name for UDP 8443
      hint: write protocol: UDP; without one it is TCP
    "#);
    nothing("HNP021", &shop("port: quic, protocol: UDP"));
}

#[test]
fn service_port_instead_of_target_port() {
    insta::assert_snapshot!(found("HNP022", &shop("port: 80")), @r#"
    warning 37:5 `- ports:`
      an ingress rule of shop/NetworkPolicy/web opens TCP 80, the port of Service shop/web; the pods behind it listen on 8080
      hint: write port: http, or 8080
      the Service's port: 29 `- {port: 80, targetPort: http}`
    "#);
    nothing("HNP022", &shop("port: 8080"));
    let web = "podSelector: {matchLabels: {app: web}}";
    insta::assert_snapshot!(found("HNP022", &egress(web, "port: 80")), @r#"
    warning 47:5 `- to:`
      an egress rule of shop/NetworkPolicy/api opens TCP 80, the port of Service shop/web; the pods behind it listen on 8080
      hint: write port: http, or 8080
      the Service's port: 29 `- {port: 80, targetPort: http}`
    "#);
    // Towards everybody, 80 may be meant for addresses outside.
    nothing("HNP022", &egress("ipBlock: {cidr: 0.0.0.0/0}", "port: 80"));
}

#[test]
fn service_port_beside_the_target_port_is_harmless() {
    nothing("HNP022", &shop("port: 80}\n  - {port: http"));
    nothing("HNP023", &shop("port: 80}\n  - {port: http"));
}

#[test]
fn port_nobody_declares() {
    insta::assert_snapshot!(found("HNP023", &shop("port: 7070")), @r#"
    note 37:5 `- ports:`
      an ingress rule of shop/NetworkPolicy/web opens TCP 7070, which no container of the pods that it selects declares
    "#);
    nothing("HNP023", &shop("port: 8080"));
    let mut silent = shop("port: 7070");
    silent[1] = app("shop/web", "app: web", "");
    nothing("HNP023", &silent);
}

#[test]
fn named_port_on_addresses() {
    insta::assert_snapshot!(found("HNP024", &egress("ipBlock: {cidr: 203.0.113.0/24}", "port: https")), @r#"
    warning 47:5 `- to:`
      shop/NetworkPolicy/api names port https towards addresses, which have no named ports: it opens nothing there
    "#);
    nothing("HNP024", &egress("ipBlock: {cidr: 203.0.113.0/24}", "port: 443"));
}
