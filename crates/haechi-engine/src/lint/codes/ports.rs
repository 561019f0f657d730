//! Ports.

entries! { PORTS
    NAMED_PORT_NOBODY_HAS = "HNP020" "named-port-nobody-has" Warning
    explanation "A rule names a port that no container of the destination pods declares. A name that resolves to \
        nothing allows nothing; it is never read as every port. For ingress the destination is the policy's \
        own pods, for egress the peers."
    example r#"ports:
  - port: http        # the container calls it web"#
    remedy "Use the name that the containers declare under ports, or the number."

    NAMED_PORT_PROTOCOL = "HNP021" "named-port-with-other-protocol" Warning
    explanation "The destination pods declare a port of this name, but for another protocol. A named port is looked \
        up by name and protocol, and a rule that says no protocol means TCP."
    example r#"ports:
  - port: dns          # the container declares dns for UDP"#
    remedy "Write the protocol that the container port has, once for each if it has both."

    SERVICE_PORT = "HNP022" "service-port-instead-of-target-port" Warning
    explanation "The rule opens the port of a Service, while the pods behind it listen on its targetPort. Policies \
        judge a connection at the pods, after the Service's address was replaced, so the rule opens a port \
        on which nothing listens and leaves the real one shut."
    example r#"kind: Service
spec:
  ports: [{port: 80, targetPort: 8080}]
---
ingress:
  - ports: [{port: 80}]"#
    remedy "Open the pods' port, by number or, better, by the name that the container gives it."

    UNDECLARED_PORT = "HNP023" "port-nobody-declares" Note
    explanation "A rule opens a port that no container of the destination pods declares. Declaring ports is \
        voluntary, so the pods may well listen there; but where they declare others, it often is a number \
        that has changed since."
    example r#"ports: [{port: 9090}]   # the containers declare 8080 alone"#
    remedy "Open the port that the pods listen on, or declare this one too."

    NAMED_PORT_ON_ADDRESS = "HNP024" "named-port-on-addresses" Warning
    explanation "An egress rule opens a named port towards address blocks. Only pods name ports, so the rule opens \
        nothing there."
    example r#"egress:
  - to: [{ipBlock: {cidr: 203.0.113.0/24}}]
    ports: [{port: https}]"#
    remedy "Write the number of the port."
}
