//! The cluster's own pods, and whether anything enforces.

use haechi_engine::lint::Enforcement;
use haechi_model::Profile;

use super::sources::{Look, app, cluster_policy, daemon, found, namespace, nothing, policy, resolver};

fn whole(policies: &[String]) -> Vec<String> {
    let mut all = vec![
        resolver(),
        daemon("kube-system/kube-proxy", "k8s-app: kube-proxy", ", hostNetwork: true"),
        app("kube-system/metrics", "app: metrics", ""),
        namespace("shop"),
        app("shop/web", "app: web", ""),
    ];
    all.extend_from_slice(policies);
    all
}

#[test]
fn policies_not_enforced() {
    let blind = Look {
        enforcement: Enforcement::NotShown,
        ..Look::default()
    };
    let deny = policy("shop/deny", "podSelector: {}");
    insta::assert_snapshot!(blind.found("HNP050", &whole(std::slice::from_ref(&deny))), @r#"
    warning 55:1 `apiVersion: networking.k8s.io/v1`
      shop/NetworkPolicy/deny has no effect: the sources show nothing that enforces policies
      hint: install an engine that enforces them, or show haechi the objects of the one that you have
    "#);
    nothing("HNP050", &whole(std::slice::from_ref(&deny)));
    // A part of a cluster need not show its engine.
    let part = [namespace("shop"), app("shop/web", "app: web", ""), deny];
    assert_eq!(blind.found("HNP050", &part), "");
}

#[test]
fn policies_not_enforced_by_flannel() {
    let blind = Look {
        enforcement: Enforcement::NotShown,
        ..Look::default()
    };
    let mut objects = whole(&[
        policy("shop/deny", "podSelector: {}"),
        policy("shop/deny-out", "podSelector: {}\npolicyTypes: [Egress]"),
    ]);
    objects.push(daemon(
        "kube-flannel/kube-flannel-ds",
        "app: flannel",
        ", hostNetwork: true",
    ));
    insta::assert_snapshot!(blind.found("HNP050", &objects), @r#"
    warning 55:1 `apiVersion: networking.k8s.io/v1`
      2 policies have no effect: Flannel does not enforce them
      hint: install an engine that enforces them, or show haechi the objects of the one that you have
      the cluster's network: 68 `apiVersion: apps/v1`
    "#);
}

#[test]
fn system_pods_cut() {
    let deny = |spec: &str| whole(&[policy("kube-system/deny", spec)]);
    insta::assert_snapshot!(found("HNP051", &deny("podSelector: {}\npolicyTypes: [Ingress, Egress]")), @r#"
    warning 55:1 `apiVersion: networking.k8s.io/v1`
      kube-system/NetworkPolicy/deny leaves the cluster's own kube-system/Deployment/metrics without any egress
    warning 55:1 `apiVersion: networking.k8s.io/v1`
      kube-system/NetworkPolicy/deny leaves the cluster's own kube-system/Deployment/metrics without any ingress
    "#);
    nothing(
        "HNP051",
        &deny("podSelector: {matchLabels: {app: metrics}}\npolicyTypes: [Ingress]"),
    );
    nothing(
        "HNP051",
        &deny("podSelector: {}\ningress:\n- from:\n  - namespaceSelector: {}"),
    );
}

#[test]
fn system_pods_cut_by_an_admin_policy() {
    let admin = |subject: &str| {
        let spec = format!(
            "tier: Admin\npriority: 1\nsubject: {{namespaces: {subject}}}\negress:\n- {{action: Deny, to: [{{networks: [\"0.0.0.0/0\", \"::/0\"]}}]}}"
        );
        whole(&[cluster_policy("shut", &spec)])
    };
    insta::assert_snapshot!(found("HNP051", &admin("{}")), @r#"
    warning 55:1 `apiVersion: policy.networking.k8s.io/v1alpha2`
      ClusterNetworkPolicy/shut leaves the cluster's own kube-system/Deployment/metrics without any egress
    "#);
    nothing("HNP051", &admin("{matchLabels: {kubernetes.io/metadata.name: shop}}"));
}

#[test]
fn resolver_cut() {
    let only = |peers: &str| {
        let spec = format!("podSelector: {{matchLabels: {{k8s-app: kube-dns}}}}\ningress:\n- from:\n  - {peers}");
        whole(&[policy("kube-system/dns", &spec)])
    };
    insta::assert_snapshot!(found("HNP052", &only("podSelector: {}")), @r#"
    warning 55:1 `apiVersion: networking.k8s.io/v1`
      kube-system/NetworkPolicy/dns keeps shop/Deployment/web from the resolver kube-system/Deployment/coredns: names do not resolve there
      hint: let every namespace in on UDP and TCP 53 of the resolver's pods
    "#);
    nothing("HNP052", &only("namespaceSelector: {}"));
    let sealed = policy(
        "kube-system/dns",
        "podSelector: {matchLabels: {k8s-app: kube-dns}}\npolicyTypes: [Egress]",
    );
    insta::assert_snapshot!(found("HNP052", &whole(&[sealed])), @r#"
    warning 55:1 `apiVersion: networking.k8s.io/v1`
      kube-system/NetworkPolicy/dns leaves the resolver kube-system/Deployment/coredns without any egress: it reaches neither the API server nor other resolvers
    "#);
}

#[test]
fn kind_not_enforced() {
    let objects = whole(&[cluster_policy(
        "any",
        "tier: Admin\npriority: 1\nsubject: {namespaces: {}}\ningress:\n- {action: Accept, from: [{namespaces: {}}]}",
    )]);
    insta::assert_snapshot!(Look::by(Profile::Aws).found("HNP053", &objects), @r#"
    warning 55:1 `apiVersion: policy.networking.k8s.io/v1alpha2`
      ClusterNetworkPolicy/any is not enforced: the AWS agent does not read this kind
      hint: write it as a kind of networking.k8s.aws
    "#);
    nothing("HNP053", &objects);
}
