//! Where one data plane does otherwise.

entries! { PLANES
    AWS_NAMED_PORTS = "HNP090" "aws-named-port-union" Warning
    explanation "With the AWS agent, an ingress rule with a named port opens every number that any of the policy's \
        pods gives to the name, on all of them. The specification opens on each pod its own number alone."
    example r#"ports: [{port: metrics}]   # 9090 on one pod, 9121 on another of the same policy"#
    remedy "Write a policy for each workload, or the number."

    AWS_EXCEPT = "HNP092" "aws-except-wins" Warning
    explanation "With the AWS agent, an exception of one block beats every block that is not narrower than it, in any \
        policy of the pod. Here another block allows the excepted addresses again, as the specification has \
        it, and there they stay shut."
    example r#"to: [{ipBlock: {cidr: 10.0.0.0/8, except: [10.1.0.0/16]}}, {ipBlock: {cidr: 10.0.0.0/15}}]"#
    remedy "Allow the addresses by a block that is narrower than the exception."

    AWS_SERVICE = "HNP093" "aws-service-selector" Warning
    explanation "The AWS agent judges egress to a Service on the Service's own address, and lets it by only where the \
        rule's podSelector matches the Service's selector read as labels. Here the rule asks for a label \
        that the Service's selector does not have, so the pods are open and the Service in front of them is \
        shut."
    example r#"kind: Service
spec: {selector: {app: db}}
---
egress:
  - to: [{podSelector: {matchLabels: {app: db, tier: back}}}]"#
    remedy "Select by no more labels than the Service does."
}
