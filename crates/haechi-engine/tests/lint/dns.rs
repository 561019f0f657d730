//! Names and who resolves them.

use super::sources::{app, daemon, found, namespace, nothing, policy, resolver};

const TO_RESOLVER: &str = "  - namespaceSelector: {matchLabels: {kubernetes.io/metadata.name: kube-system}}\n    podSelector: {matchLabels: {k8s-app: kube-dns}}";
const BOTH: &str = "  - {port: 53, protocol: UDP}\n  - {port: 53}";

fn shop(egress: &[String]) -> Vec<String> {
    let mut all = vec![
        resolver(),
        app("kube-system/metrics", "app: metrics", ""),
        namespace("shop"),
        app("shop/web", "app: web", ""),
        app("shop/api", "app: api", ""),
    ];
    all.extend_from_slice(egress);
    all
}

fn allow(to: &str, ports: &str) -> String {
    let spec = format!("podSelector: {{}}\npolicyTypes: [Egress]\negress:\n- to:\n{to}\n  ports:\n{ports}");
    policy("shop/dns", &spec)
}

fn within() -> String {
    policy(
        "shop/within",
        "podSelector: {}\npolicyTypes: [Egress]\negress:\n- to:\n  - podSelector: {}",
    )
}

#[test]
fn dns_blocked() {
    insta::assert_snapshot!(found("HNP040", &shop(&[within()])), @r#"
    warning 55:1 `apiVersion: networking.k8s.io/v1`
      shop/Deployment/api and shop/Deployment/web cannot resolve names: shop/NetworkPolicy/within denies them the cluster's resolver
      hint: allow UDP and TCP 53 to the resolver's pods
    "#);
    nothing("HNP040", &shop(&[within(), allow(TO_RESOLVER, BOTH)]));
}

#[test]
fn dns_blocked_for_pods_that_reach_nothing_is_a_note() {
    insta::assert_snapshot!(found("HNP040", &shop(&[policy("shop/deny", "podSelector: {}\npolicyTypes: [Egress]")])), @r#"
    note 55:1 `apiVersion: networking.k8s.io/v1`
      shop/Deployment/api and shop/Deployment/web can neither resolve names nor reach anything: shop/NetworkPolicy/deny denies all egress
      hint: if they are to reach something, allow it, and UDP and TCP 53 to the resolver's pods
    "#);
}

#[test]
fn dns_blocked_where_the_resolver_is_not_shown() {
    let alone = |policies: &[String]| {
        let mut all = vec![namespace("shop"), app("shop/web", "app: web", "")];
        all.extend_from_slice(policies);
        all
    };
    insta::assert_snapshot!(found("HNP040", &alone(&[within().replace("- podSelector: {}\n", "- podSelector: {}\n    ports: [{port: 80}]\n")])), @r#"
    warning 14:1 `apiVersion: networking.k8s.io/v1`
      shop/Deployment/web cannot resolve names: shop/NetworkPolicy/within denies them the cluster's resolver
      hint: allow UDP and TCP 53 to the resolver's pods
    "#);
    nothing("HNP040", &alone(&[within(), allow(TO_RESOLVER, BOTH)]));
    nothing("HNP041", &alone(&[within(), allow(TO_RESOLVER, BOTH)]));
}

#[test]
fn dns_without_tcp_where_the_resolver_is_not_shown() {
    let all = [
        namespace("shop"),
        app("shop/web", "app: web", ""),
        allow(TO_RESOLVER, "  - {port: 53, protocol: UDP}"),
    ];
    insta::assert_snapshot!(found("HNP041", &all), @r#"
    warning 21:5 `- to:`
      shop/Deployment/web may ask the resolver over UDP alone, by shop/NetworkPolicy/dns: long answers fail
      hint: allow TCP 53 beside UDP 53
    "#);
}

#[test]
fn dns_without_tcp_or_udp() {
    insta::assert_snapshot!(found("HNP041", &shop(&[within(), allow(TO_RESOLVER, "  - {port: 53, protocol: UDP}")])), @r#"
    warning 72:5 `- to:`
      shop/Deployment/api and shop/Deployment/web may ask the resolver over UDP alone, by shop/NetworkPolicy/dns: long answers fail
      hint: allow TCP 53 beside UDP 53
    "#);
    insta::assert_snapshot!(found("HNP042", &shop(&[within(), allow(TO_RESOLVER, "  - {port: 53}")])), @r#"
    warning 72:5 `- to:`
      shop/Deployment/api and shop/Deployment/web may ask the resolver over TCP alone, by shop/NetworkPolicy/dns: UDP is asked first
      hint: allow UDP 53 beside TCP 53; a port without protocol is TCP
    "#);
    nothing("HNP041", &shop(&[within(), allow(TO_RESOLVER, BOTH)]));
    nothing("HNP042", &shop(&[within(), allow(TO_RESOLVER, BOTH)]));
}

#[test]
fn dns_forgets_node_local() {
    let cached = |to: &str| {
        let mut all = shop(&[within(), allow(to, BOTH)]);
        all.push(daemon(
            "kube-system/node-local-dns",
            "k8s-app: node-local-dns",
            ", hostNetwork: true",
        ));
        all
    };
    insta::assert_snapshot!(found("HNP043", &cached(TO_RESOLVER)), @r#"
    warning 65:1 `apiVersion: networking.k8s.io/v1`
      shop/Deployment/api and shop/Deployment/web may ask CoreDNS, but shop/NetworkPolicy/dns denies the node-local cache at 169.254.20.10
      hint: allow UDP and TCP 53 to ipBlock 169.254.20.10/32
      the node-local cache: 79 `apiVersion: apps/v1`
    "#);
    nothing(
        "HNP043",
        &cached(&format!("{TO_RESOLVER}\n  - ipBlock: {{cidr: 169.254.20.10/32}}")),
    );
    nothing("HNP043", &shop(&[within(), allow(TO_RESOLVER, BOTH)]));
}

#[test]
fn dns_opens_kube_system() {
    let system = "  - namespaceSelector: {matchLabels: {kubernetes.io/metadata.name: kube-system}}";
    insta::assert_snapshot!(found("HNP044", &shop(&[allow(system, BOTH)])), @r#"
    warning 63:7 `- namespaceSelector: {matchLabels: {kubernetes.io/metadata.name: kube-system}}`
      a rule of shop/NetworkPolicy/dns opens port 53 of every pod of kube-system, not of the resolver alone
      hint: add to the same entry podSelector: {matchLabels: {k8s-app: kube-dns}}
    "#);
    insta::assert_snapshot!(found("HNP044", &shop(&[allow("  - namespaceSelector: {}", BOTH)])), @r#"
    warning 63:7 `- namespaceSelector: {}`
      a rule of shop/NetworkPolicy/dns opens port 53 of every pod of every namespace, not of the resolver alone
      hint: add to the same entry podSelector: {matchLabels: {k8s-app: kube-dns}}
    "#);
    nothing("HNP044", &shop(&[allow(TO_RESOLVER, BOTH)]));
    nothing("HNP044", &shop(&[allow(system, "  - {port: 443}")]));
}

#[test]
fn dns_open_to_all() {
    let spec = |ports: &str| {
        policy(
            "shop/dns",
            &format!("podSelector: {{}}\npolicyTypes: [Egress]\negress:\n- ports:\n{ports}"),
        )
    };
    insta::assert_snapshot!(found("HNP045", &shop(&[spec(BOTH)])), @r#"
    note 62:5 `- ports:`
      a rule of shop/NetworkPolicy/dns opens port 53 of every address
    "#);
    nothing("HNP045", &shop(&[spec("  - {port: 443}")]));
}

#[test]
fn namespace_by_free_label() {
    let labelled = |peer: &str| {
        let mut all = shop(&[allow(peer, BOTH)]);
        all[0] = all[0].replace("kind: test", "name: kube-system, kind: test");
        all
    };
    let peer = |key: &str| {
        format!(
            "  - namespaceSelector: {{matchLabels: {{{key}: kube-system}}}}\n    podSelector: {{matchLabels: {{k8s-app: kube-dns}}}}"
        )
    };
    insta::assert_snapshot!(found("HNP046", &labelled(&peer("name"))), @r#"
    warning 63:7 `- namespaceSelector: {matchLabels: {name: kube-system}}`
      shop/NetworkPolicy/dns trusts name=kube-system to be namespace kube-system, a label that others may set on theirs
      hint: select by kubernetes.io/metadata.name: kube-system
    "#);
    nothing("HNP046", &labelled(&peer("kubernetes.io/metadata.name")));
}

#[test]
fn namespace_by_free_label_in_other_rules_is_a_note() {
    let mut objects = shop(&[policy(
        "shop/web",
        "podSelector: {}\ningress:\n- from:\n  - namespaceSelector: {matchLabels: {name: monitoring}}",
    )]);
    objects.push(namespace("monitoring").replace("kind: test", "name: monitoring"));
    insta::assert_snapshot!(found("HNP046", &objects), @r#"
    note 62:7 `- namespaceSelector: {matchLabels: {name: monitoring}}`
      shop/NetworkPolicy/web trusts name=monitoring to be namespace monitoring, a label that others may set on theirs
      hint: select by kubernetes.io/metadata.name: monitoring
    "#);
}

#[test]
fn a_label_that_several_namespaces_share_is_no_name() {
    nothing(
        "HNP046",
        &shop(&[allow(
            "  - namespaceSelector: {matchLabels: {kind: test}}",
            "  - {port: 80}",
        )]),
    );
}
