//! Names and who resolves them.

entries! { DNS
    DNS_BLOCKED = "HNP040" "dns-blocked" Warning
    explanation "Pods are isolated for egress, and nothing lets them ask the cluster's resolver. Every connection by \
        name then fails after long waits, which rarely looks like a policy. It is a note for pods that may \
        reach nothing at all."
    example r#"spec:
  podSelector: {}
  policyTypes: [Egress]"#
    remedy "Allow UDP and TCP 53 to the resolver's pods: haechi new allow-dns writes it for these sources."

    DNS_WITHOUT_TCP = "HNP041" "dns-without-tcp" Warning
    explanation "Pods may ask the cluster's resolver over UDP but not over TCP. Answers that do not fit into a UDP \
        packet are asked for again over TCP, so that just the names with long answers fail."
    example r#"ports: [{protocol: UDP, port: 53}]"#
    remedy "Allow TCP 53 beside UDP 53."

    DNS_WITHOUT_UDP = "HNP042" "dns-without-udp" Warning
    explanation "Pods may ask the cluster's resolver over TCP but not over UDP, which is what resolvers ask over \
        first. A port without protocol is TCP."
    example r#"ports: [{port: 53}]"#
    remedy "Allow UDP 53 beside TCP 53."

    DNS_NODE_LOCAL = "HNP043" "dns-forgets-node-local" Warning
    explanation "The cluster runs a node-local DNS cache, which pods ask at an address of their own node, and pods \
        that may ask CoreDNS may not ask it. Selectors of pods do not match it: it is in its node's network."
    example r#"egress:
  - to:
      - namespaceSelector: {matchLabels: {kubernetes.io/metadata.name: kube-system}}
        podSelector: {matchLabels: {k8s-app: kube-dns}}"#
    remedy "Allow the cache's address as well, such as ipBlock 169.254.20.10/32."

    DNS_OPENS_SYSTEM = "HNP044" "dns-opens-kube-system" Warning
    explanation "A rule for DNS opens port 53 of every pod of the resolver's namespace, or of every namespace, \
        instead of the resolver alone. Whoever can run a pod there can receive what is sent out by that way."
    example r#"to:
  - namespaceSelector: {matchLabels: {kubernetes.io/metadata.name: kube-system}}
ports: [{protocol: UDP, port: 53}, {protocol: TCP, port: 53}]"#
    remedy "Add the resolver's podSelector to the same entry, such as k8s-app: kube-dns."

    DNS_OPEN = "HNP045" "dns-open-to-all" Note
    explanation "A rule opens port 53 to every address. Names resolve, and so does anything that is sent out in the \
        shape of DNS to a server of someone else."
    example r#"egress:
  - ports: [{protocol: UDP, port: 53}, {protocol: TCP, port: 53}]"#
    remedy "Name the resolver's pods, or its address."

    NAMESPACE_LABEL = "HNP046" "namespace-by-free-label" Warning
    explanation "A peer picks out a namespace by a label that is just its name. Whoever may create or label \
        namespaces can put that label on another one; kubernetes.io/metadata.name is set by the API server and cannot \
        be forged. It is a warning in rules for DNS, and elsewhere a note where the label's value is the namespace's \
        name."
    example r#"namespaceSelector: {matchLabels: {name: kube-system}}"#
    remedy "Select by kubernetes.io/metadata.name."
}
