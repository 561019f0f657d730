//! Services, and what leads to them.

entries! { SERVICES
    SERVICE_SHUT = "HNP060" "service-shut" Warning
    explanation "The pods behind a port of a Service are isolated for ingress, and neither a pod nor an address may \
        reach them on the port that it leads to. Whoever dials the Service waits in vain."
    example r#"kind: Service
spec: {selector: {app: web}, ports: [{port: 80, targetPort: 8080}]}
---
kind: NetworkPolicy
spec: {podSelector: {}, policyTypes: [Ingress]}"#
    remedy "Allow those who are to reach it at the pods, and at their own end if they are isolated for egress; \
        or delete the Service."

    ROUTE_SHUT = "HNP061" "route-shut" Warning
    explanation "An Ingress or a route leads to a Service, and no pod of an ingress controller or gateway that the \
        sources show may reach the pods behind it. Requests from outside end in a gateway error."
    example r#"kind: Ingress   # to Service web
---
kind: NetworkPolicy   # web admits pods of its own namespace alone"#
    remedy "Allow the controller's namespace and pods at the backend, on the pods' port."

    SERVICE_SELECTS_NOTHING = "HNP062" "service-selects-nothing" Warning
    explanation "No pod of the namespace has the labels that the Service selects, so it leads nowhere."
    example r#"kind: Service
spec: {selector: {app: wbe}}"#
    remedy "Select labels that the pods' template has."

    TARGET_PORT_NOBODY_HAS = "HNP063" "target-port-nobody-has" Warning
    explanation "A Service's port leads to a named port that no container of its pods declares for that protocol, so \
        it has no backend."
    example r#"ports: [{port: 80, targetPort: http}]   # the container calls it web"#
    remedy "Use the name that the containers declare, or the number."

    ROUTE_WITHOUT_SERVICE = "HNP064" "route-without-service" Warning
    explanation "An Ingress or a route leads to a Service that is not there, or to a port that the Service does not \
        have, though the sources show other Services of that namespace."
    example r#"backend: {service: {name: wbe, port: {number: 80}}}"#
    remedy "Name a Service and a port that exist."

    EXTERNAL_SHUT = "HNP065" "external-service-shut" Warning
    explanation "A Service of type LoadBalancer or NodePort is there to be reached from outside, and the policies of \
        the pods behind it let no address in. What comes by the balancer or a node has an address, not a \
        pod's labels."
    example r#"kind: Service
spec: {type: LoadBalancer, selector: {app: web}}
---
kind: NetworkPolicy   # web: from: [{podSelector: {}}]"#
    remedy "Allow the clients' or the balancer's addresses by ipBlock on the pods' port, or make the Service a \
        ClusterIP."
}
