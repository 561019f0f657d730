//! Namespaces, services, routes, accounts, and what shows a data plane.

use insta::assert_snapshot;

use crate::show::one;

#[test]
fn namespaces_that_are_only_named_are_there_too() {
    assert_snapshot!(one("
apiVersion: v1
kind: Namespace
metadata: {name: shop, labels: {team: a, kubernetes.io/metadata.name: wrong}}
---
apiVersion: v1
kind: Pod
metadata: {name: web, namespace: other}
spec: {containers: []}
---
apiVersion: networking.k8s.io/v1
kind: NetworkPolicy
metadata: {name: none, namespace: third}
spec: {podSelector: {}}
---
apiVersion: v1
kind: ServiceAccount
metadata: {name: web, namespace: fourth, labels: {a: b}}
automountServiceAccountToken: false
"), @r"
    namespace fourth, not declared: kubernetes.io/metadata.name=fourth
    namespace other, not declared: kubernetes.io/metadata.name=other
    namespace shop, a.yaml:2:1: kubernetes.io/metadata.name=shop,team=a
    namespace third, not declared: kubernetes.io/metadata.name=third
    other/Pod/web, a.yaml:6:1
      pod web, a.yaml:6:1
    account fourth/web: a=b
    policy third/NetworkPolicy/none, a.yaml:11:1
    ");
}

#[test]
fn services_of_every_type() {
    assert_snapshot!(one("
apiVersion: v1
kind: Service
metadata: {name: plain}
spec:
  selector: {app: web}
  clusterIP: 10.96.0.1
  clusterIPs: [10.96.0.1, 'fd00::1']
  externalIPs: [203.0.113.7]
  ports:
  - {name: http, port: 80, targetPort: 8080}
  - {name: named, port: 81, targetPort: web}
  - {name: same, port: 82}
  - {name: dns, port: 53, protocol: UDP, targetPort: 0}
---
apiVersion: v1
kind: Service
metadata: {name: headless}
spec: {clusterIP: None, clusterIPs: [None], selector: {app: db}, ports: [{port: 5432}]}
---
apiVersion: v1
kind: Service
metadata: {name: nodes}
spec: {type: NodePort, selector: {app: web}, ports: [{port: 80, nodePort: 30080}]}
---
apiVersion: v1
kind: Service
metadata: {name: balanced}
spec: {type: LoadBalancer, selector: {app: web}, ports: [{port: 80, nodePort: 0}]}
status: {loadBalancer: {ingress: [{ip: 198.51.100.1, ipMode: VIP}, {hostname: lb.example.com}]}}
---
apiVersion: v1
kind: Service
metadata: {name: external}
spec: {type: ExternalName, externalName: db.example.com}
---
apiVersion: v1
kind: Service
metadata: {name: empty}
spec: {selector: {}, ports: [{port: 80}]}
"), @r#"
    namespace default, not declared: kubernetes.io/metadata.name=default
    service default/balanced, a.yaml:26:1 LoadBalancer of app=web 198.51.100.1; TCP 80 to 80
    service default/empty, a.yaml:37:1 ClusterIp without selector; TCP 80 to 80
    service default/external, a.yaml:32:1 ExternalName("db.example.com") without selector
    service default/headless, a.yaml:16:1 Headless of app=db; TCP 5432 to 5432
    service default/nodes, a.yaml:21:1 NodePort of app=web; TCP 80 to 80 (node port 30080)
    service default/plain, a.yaml:2:1 ClusterIp of app=web 10.96.0.1 fd00::1 203.0.113.7; http TCP 80 to 8080; named TCP 81 to web; same TCP 82 to 82; dns UDP 53 to 53
    "#);
}

#[test]
fn endpoints_and_slices_list_the_backends_of_services_without_selector() {
    assert_snapshot!(one("
apiVersion: v1
kind: Service
metadata: {name: db}
spec: {ports: [{name: sql, port: 5432}]}
---
apiVersion: v1
kind: Endpoints
metadata: {name: db}
subsets:
- addresses: [{ip: 10.9.0.1}, {ip: 10.9.0.2, targetRef: {kind: Pod, name: db-0, namespace: default}}]
  notReadyAddresses: [{ip: 10.9.0.3, nodeName: n1}]
  ports: [{name: sql, port: 5432}, {name: stat, port: 53, protocol: UDP}]
---
apiVersion: v1
kind: Service
metadata: {name: cache}
spec: {ports: [{port: 6379}]}
---
apiVersion: v1
kind: Endpoints
metadata: {name: cache}
subsets: [{addresses: [{ip: 10.8.0.1}], ports: [{port: 6379}]}]
---
apiVersion: discovery.k8s.io/v1
kind: EndpointSlice
metadata: {name: cache-abc, labels: {kubernetes.io/service-name: cache}}
addressType: IPv4
endpoints:
- addresses: [10.8.0.1]
  conditions: {ready: true}
  targetRef: {kind: Pod, name: cache-0}
  zone: a
- {addresses: [10.8.0.2]}
ports: [{name: '', port: 6379, protocol: TCP}]
---
apiVersion: discovery.k8s.io/v1
kind: EndpointSlice
metadata: {name: cache-names, labels: {kubernetes.io/service-name: cache}}
addressType: FQDN
endpoints: [{addresses: [cache.example.com]}]
ports: []
"), @r#"
    namespace default, not declared: kubernetes.io/metadata.name=default
    service default/cache, a.yaml:15:1 ClusterIp without selector; TCP 6379 to 6379
      10.8.0.1 cache-0 [(None, Tcp, 6379)]
      10.8.0.2 - [(None, Tcp, 6379)]
    service default/db, a.yaml:2:1 ClusterIp without selector; sql TCP 5432 to 5432
      10.9.0.1 - [(Some("sql"), Tcp, 5432), (Some("stat"), Udp, 53)]
      10.9.0.2 db-0 [(Some("sql"), Tcp, 5432), (Some("stat"), Udp, 53)]
      10.9.0.3 - [(Some("sql"), Tcp, 5432), (Some("stat"), Udp, 53)]
    "#);
}

#[test]
fn ways_in_lead_to_services() {
    assert_snapshot!(one("
apiVersion: networking.k8s.io/v1
kind: Ingress
metadata: {name: web, namespace: shop}
spec:
  ingressClassName: nginx
  defaultBackend: {service: {name: fallback, port: {number: 80}}}
  rules:
  - host: shop.example.com
    http:
      paths:
      - {path: /, pathType: Prefix, backend: {service: {name: web, port: {name: http}}}}
      - {path: /s3, pathType: Prefix, backend: {resource: {apiGroup: k8s.example.com, kind: Bucket, name: b}}}
---
apiVersion: networking.k8s.io/v1beta1
kind: Ingress
metadata: {name: old, namespace: shop}
spec:
  backend: {serviceName: web, servicePort: 80}
---
apiVersion: gateway.networking.k8s.io/v1
kind: Gateway
metadata: {name: gw, namespace: edge}
spec:
  gatewayClassName: c
  listeners:
  - {name: http, port: 80, protocol: HTTP}
  - {name: tls, port: 443, protocol: TLS, hostname: '*.example.com', tls: {mode: Passthrough}}
---
apiVersion: gateway.networking.k8s.io/v1
kind: HTTPRoute
metadata: {name: web, namespace: shop}
spec:
  parentRefs: [{name: gw, namespace: edge}]
  hostnames: [shop.example.com]
  rules:
  - matches: [{path: {value: /}}]
    backendRefs:
    - {name: web, port: 80, weight: 9}
    - {name: cart, namespace: other, port: 8080}
    - {group: example.com, kind: Bucket, name: b}
    filters: [{type: RequestMirror, requestMirror: {backendRef: {name: shadow, port: 80}}}]
---
apiVersion: gateway.networking.k8s.io/v1
kind: GRPCRoute
metadata: {name: rpc, namespace: shop}
spec: {rules: [{backendRefs: [{name: rpc, port: 9000}]}]}
---
apiVersion: gateway.networking.k8s.io/v1alpha2
kind: TLSRoute
metadata: {name: tls, namespace: shop}
spec: {rules: [{backendRefs: [{name: tls, port: 443}]}]}
"), @r#"
    namespace edge, not declared: kubernetes.io/metadata.name=edge
    namespace shop, not declared: kubernetes.io/metadata.name=shop
    Ingress shop/old, a.yaml:15:1 -> shop/web:80
    Ingress shop/web, a.yaml:2:1 shop.example.com -> shop/fallback:80 -> shop/web:http
    HTTPRoute shop/web, a.yaml:30:1 shop.example.com -> shop/web:80 -> other/cart:8080 -> shop/shadow:80
    GRPCRoute shop/rpc, a.yaml:44:1 -> shop/rpc:9000
    TLSRoute shop/tls, a.yaml:49:1 -> shop/tls:443
    gateway edge/gw: [(80, "HTTP"), (443, "TLS")]
    "#);
}

#[test]
fn data_planes_are_known_by_their_objects() {
    let daemon_set = |name: &str, more: &str| {
        format!(
            "---\napiVersion: apps/v1\nkind: DaemonSet\nmetadata: {{name: {name}, namespace: kube-system}}\nspec:\n  template: {{spec: {{hostNetwork: true, containers: [{{name: c{more}}}]}}}}\n"
        )
    };
    let text = [
        daemon_set("aws-node", ""),
        daemon_set("calico-node", ""),
        daemon_set("cilium", ""),
        daemon_set("kube-router", ""),
        "---
apiVersion: v1
kind: Pod
metadata:
  name: weave-net-x
  namespace: kube-system
  ownerReferences: [{apiVersion: apps/v1, kind: DaemonSet, name: weave-net, uid: u, controller: true}]
spec: {containers: []}
---
apiVersion: cilium.io/v2
kind: CiliumNetworkPolicy
metadata: {name: a}
---
apiVersion: crd.projectcalico.org/v1
kind: IPPool
metadata: {name: a}
---
apiVersion: crd.k8s.amazonaws.com/v1alpha1
kind: ENIConfig
metadata: {name: a}
---
apiVersion: apiextensions.k8s.io/v1
kind: CustomResourceDefinition
metadata: {name: policyendpoints.networking.k8s.aws}
spec: {group: networking.k8s.aws}
---
apiVersion: v1
kind: ConfigMap
metadata: {name: amazon-vpc-cni, namespace: kube-system}
data: {enable-network-policy-controller: 'true'}
---
apiVersion: v1
kind: ConfigMap
metadata: {name: cilium-config, namespace: kube-system}
"
        .to_owned(),
    ]
    .concat();
    let shown: Vec<_> = one(&text)
        .lines()
        .filter(|l| l.starts_with("shows"))
        .map(str::to_owned)
        .collect();
    assert_snapshot!(shown.join("\n"), @r"
    shows aws: DaemonSet kube-system/aws-node, a.yaml:2:1
    shows calico: DaemonSet kube-system/calico-node, a.yaml:8:1
    shows cilium: DaemonSet kube-system/cilium, a.yaml:14:1
    shows an engine: DaemonSet kube-system/kube-router, a.yaml:20:1
    shows an engine: DaemonSet kube-system/weave-net, a.yaml:26:1
    shows cilium: CiliumNetworkPolicy, a.yaml:34:1
    shows calico: IPPool, a.yaml:38:1
    shows aws: ENIConfig, a.yaml:42:1
    shows aws: CustomResourceDefinition policyendpoints.networking.k8s.aws, a.yaml:46:1
    shows aws: ConfigMap kube-system/amazon-vpc-cni, a.yaml:51:1
    shows cilium: ConfigMap kube-system/cilium-config, a.yaml:56:1
    ");
}

#[test]
fn an_agent_that_is_off_shows_nothing() {
    let text = "
apiVersion: apps/v1
kind: DaemonSet
metadata: {name: aws-node, namespace: kube-system}
spec:
  template:
    spec:
      containers:
      - {name: aws-node}
      - {name: aws-eks-nodeagent, args: ['--enable-ipv6=false', '--enable-network-policy=false']}
---
apiVersion: v1
kind: ConfigMap
metadata: {name: amazon-vpc-cni, namespace: kube-system}
data: {enable-network-policy-controller: 'false'}
---
apiVersion: v1
kind: Pod
metadata: {name: web}
spec: {containers: []}
";
    assert!(!one(text).contains("shows"));
    let on = text.replace("--enable-network-policy=false", "--enable-network-policy=true");
    assert!(one(&on).contains("shows aws: DaemonSet kube-system/aws-node"));
}
