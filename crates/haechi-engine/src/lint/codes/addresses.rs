//! Address blocks.

entries! { ADDRESSES
    BLOCK_HOLDS_PODS = "HNP070" "block-holds-pods" Note
    explanation "An address block holds addresses of the cluster's own pods. Whether a block matches pods is left \
        open by the specification: Calico and the AWS agent say yes, Cilium says no unless it is told \
        otherwise. It is a warning if the data plane in use does not match them and the block holds hardly \
        anything else."
    example r#"egress:
  - to: [{ipBlock: {cidr: 10.0.0.0/8}}]   # the pods' own range lies in it"#
    remedy "Select pods by labels, and take their range out of the block with except."

    BLOCK_HOLDS_SERVICE = "HNP071" "block-is-service-address" Warning
    explanation "An address block is the address of a Service. Policies judge a connection after the Service's \
        address was replaced by that of a pod or an endpoint behind it, so the block never matches. (The AWS \
        agent judges egress on the Service's own address."
    example r#"egress:
  - to: [{ipBlock: {cidr: 10.96.0.1/32}}]   # the Service kubernetes"#
    remedy "Select the pods behind the Service; for the API server allow the addresses that its endpoints list."

    BLOCK_IS_ONE_POD = "HNP072" "block-is-one-pod" Warning
    explanation "An address block is just the address of one pod. Pods get a new address whenever they are replaced, \
        and another pod gets the old one."
    example r#"from: [{ipBlock: {cidr: 10.244.1.17/32}}]"#
    remedy "Select the pod by its labels."

    HALF_OPEN = "HNP080" "half-open" Note
    explanation "A rule allows one end of a connection, and the policies at the other end deny all of it. Both ends \
        must allow, so the rule opens nothing."
    example r#"kind: NetworkPolicy   # web: egress to db
---
kind: NetworkPolicy   # db: ingress from api alone"#
    remedy "Allow the connection at the other end too, or delete the rule."
}
