//! The cluster's own pods, and whether anything enforces.

entries! { SYSTEM
    NOT_ENFORCED = "HNP050" "policies-not-enforced" Warning
    explanation "The sources hold policies and look like a whole cluster, yet nothing in them enforces policies: no \
        agent of Calico, Cilium, Antrea, kube-router and the like, and no network policy agent beside the \
        VPC CNI. The API server takes policies all the same, and everything stays open. It is a note where \
        only nodes are shown."
    example r#"kind: DaemonSet
metadata: {name: kube-flannel-ds, namespace: kube-system}"#
    remedy "Install or switch on an engine that enforces them. On EKS that is the VPC CNI's setting \
        enableNetworkPolicy."

    SYSTEM_CUT = "HNP051" "system-pods-cut" Warning
    explanation "A policy that selects every pod of kube-system, or of the whole cluster, leaves some of the \
        cluster's own pods with no ingress or no egress at all. Metrics, autoscaling, admission and storage \
        then fail, often long after the change."
    example r#"kind: NetworkPolicy
metadata: {name: default-deny, namespace: kube-system}
spec: {podSelector: {}, policyTypes: [Ingress, Egress]}"#
    remedy "Leave kube-system out of policies that shut, or first allow what its pods need."

    RESOLVER_CUT = "HNP052" "resolver-cut" Warning
    explanation "Pods whose own policies let them ask the cluster's resolver are denied by the policies of the \
        resolver itself; or the resolver may reach nothing, so that it can neither watch the API server nor \
        ask other resolvers."
    example r#"kind: NetworkPolicy
metadata: {name: default-deny, namespace: kube-system}
spec: {podSelector: {}}"#
    remedy "Let every namespace in on UDP and TCP 53 of the resolver's pods, and let those reach the API server \
        and the resolvers they forward to."

    KIND_NOT_ENFORCED = "HNP053" "kind-not-enforced" Warning
    explanation "The data plane of the profile does not read this kind of policy, so that the object enforces \
        nothing there. Answers under that profile leave it out."
    example r#"apiVersion: policy.networking.k8s.io/v1alpha2
kind: ClusterNetworkPolicy      # with --profile aws"#
    remedy "Write it as a kind that the data plane reads: for the VPC CNI those of networking.k8s.aws."
}
