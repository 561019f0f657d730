//! Who is selected, and who is not.

entries! { SELECTION
    SELECTS_NOTHING = "HNP010" "policy-selects-nothing" Warning
    explanation "No pod of the sources has the labels that the policy selects, so it isolates nobody and opens \
        nothing. Usually a label is misspelt, or the workload was renamed and the policy was not. It is a \
        note where the sources show no pod of that namespace at all."
    example r#"spec:
  podSelector:
    matchLabels:
      app: wbe"#
    remedy "Select labels that the pods have (those of the template, not those of the Deployment), or delete the \
        policy."

    HOST_NETWORK_SUBJECT = "HNP011" "host-network-subject" Warning
    explanation "The policy selects pods with hostNetwork: true. Such pods have their node's addresses, and no policy \
        isolates them: it has no effect on them. It is a note if the policy selects other pods as well."
    example r#"kind: DaemonSet
spec:
  template:
    metadata: {labels: {app: node-exporter}}
    spec: {hostNetwork: true}
---
kind: NetworkPolicy
spec:
  podSelector: {matchLabels: {app: node-exporter}}"#
    remedy "Give the pods a network of their own, or guard them on the node: with host policies of the data \
        plane, security groups or the node's firewall."

    RULE_MATCHES_NOTHING = "HNP012" "rule-matches-nothing" Warning
    explanation "No pod, node or address is matched by any peer of the rule, so it does nothing. It is a note where \
        the peers may live in a part of the cluster that the sources do not show."
    example r#"ingress:
  - from:
      - podSelector: {matchLabels: {app: frontnd}}"#
    remedy "Name peers that exist, or delete the rule."

    PEER_MATCHES_NOTHING = "HNP013" "peer-matches-nothing" Warning
    explanation "One entry of a rule's peers matches nobody, while others of the same rule do. Selectors in two \
        entries are alternatives: a dash too many turns \"pods of that namespace\" into \"that namespace, or \
        pods of mine\". It is a note where the peer may live in a part of the cluster that the sources do not \
        show."
    example r#"from:
  - namespaceSelector: {matchLabels: {kubernetes.io/metadata.name: monitoring}}
  - podSelector: {matchLabels: {app: prometheus}}   # of the policy's own namespace"#
    remedy "Name a peer that exists, put both selectors into one entry if that was meant, or delete the entry."

    NAMESPACE_LEFT_OUT = "HNP014" "namespace-not-declared" Note
    explanation "The policy is for a namespace that no object of the sources declares and no pod is in, while they \
        declare others. Where the sources look like a whole cluster it is a warning."
    example r#"kind: NetworkPolicy
metadata: {name: web, namespace: shpo}"#
    remedy "Look at the spelling of the namespace, or add its manifest to the sources."

    CONTRADICTION = "HNP015" "selector-contradicts-itself" Warning
    explanation "Two conditions of one selector exclude each other, so no object can ever match it. All conditions of \
        a selector must hold; only the values of one In are alternatives."
    example r#"matchLabels: {app: web}
matchExpressions:
  - {key: app, operator: NotIn, values: [web, api]}"#
    remedy "Take one of the conditions out, or put the alternatives into the values of one In."

    IDLE_TERM = "HNP016" "selector-term-without-effect" Note
    explanation "A condition of a selector could be left out and the selector would select the same: another \
        condition says as much already, every object has the label, or none has what is excluded."
    example r#"matchLabels: {app: web}
matchExpressions:
  - {key: app, operator: Exists}"#
    remedy "Leave the condition out, unless it is meant for objects to come."

    VALUE_NOBODY_HAS = "HNP017" "value-nobody-has" Warning
    explanation "A selector lists several values for a label, and no object has one of them. It is a note unless the \
        value looks like a misspelling of one that objects have."
    example r#"matchExpressions:
  - {key: app, operator: In, values: [catalog, chekout]}"#
    remedy "Correct the value, or take it out of the list."

    HOST_NETWORK_PEER = "HNP018" "host-network-peer" Warning
    explanation "The only pods with the labels of a peer use their node's network. They come from their node's \
        addresses, which selectors of pods do not match, so the peer matches nobody."
    example r#"from:
  - podSelector: {matchLabels: {app: node-exporter}}   # hostNetwork: true"#
    remedy "Allow the nodes' addresses by ipBlock, or by the data plane's own word for nodes."

    REPEATED_PEER = "HNP019" "repeated-peer" Warning
    explanation "An entry of a rule's peers is covered by another entry of the same rule, whatever pods there are: \
        the entries are alternatives, so the wider one decides."
    example r#"from:
  - podSelector: {}
  - podSelector: {matchLabels: {app: web}}"#
    remedy "Delete the narrower entry, or the wider one if it opens more than was meant."
}
