//! What is wrong, and where.

use insta::assert_snapshot;

use crate::show::{all, faults, one};

#[test]
fn a_document_that_does_not_parse_leaves_the_others_alone() {
    assert_snapshot!(one("\
apiVersion: v1
kind: Namespace
metadata: {name: a}
---
apiVersion: v1
kind: Namespace
metadata:
  name: b
   labels: {}
---
apiVersion: v1
kind: Namespace
metadata: {name: c
---
apiVersion: v1
kind: Namespace
metadata: {name: \"d}
---
apiVersion: v1
kind: Namespace
metadata: {name: e}
"), @r"
    namespace a, a.yaml:1:1: kubernetes.io/metadata.name=a
    namespace e, a.yaml:19:1: kubernetes.io/metadata.name=e
    a.yaml:9:10: error[HNP001]: this is not YAML: mapping values are not allowed in this context
    a.yaml:14:1: error[HNP001]: this is not YAML: while parsing a flow mapping, did not find expected ',' or '}'
    a.yaml:17:18: error[HNP001]: this is not YAML: while scanning a quoted scalar, found unexpected end of stream
    ");
}

#[test]
fn tabs_and_templates_get_a_hint() {
    assert_snapshot!(faults("\
apiVersion: v1
kind: Namespace
metadata:
\tname: a
---
apiVersion: v1
kind: Service
metadata:
  name: {{ include \"web.fullname\" . }}
---
{{- if .Values.enabled }}
apiVersion: v1
kind: Service
{{- end }}
"), @r#"
    a.yaml:4:2: error[HNP001]: this is not YAML: tabs disallowed within this context (block indentation)
      hint: YAML is indented with spaces, never with tabs
    a.yaml:6:1: error[HNP002]: a Service needs spec
    a.yaml:9:9: error[HNP002]: expected a text, found a mapping
      hint: this looks like a template; render it first: helm template … | haechi reach -f -
    a.yaml:11:3: error[HNP001]: this is not YAML: "-" is only valid inside a block
      hint: this looks like a template; render it first: helm template … | haechi reach -f -
    "#);
}

#[test]
fn unknown_fields_are_warnings_that_name_what_was_meant() {
    assert_snapshot!(faults("\
apiVersion: v1
kind: Pod
metadata:
  name: web
  lables: {app: web}
spec:
  contianers: []
  containers:
  - name: c
    containerPorts: [{containerPort: 80}]
    port: [{containerPort: 80}]
    ports: [{containerport: 80, containerPort: 80}]
  hostnetwork: true
  wibble: 1
---
apiVersion: apps/v1
kind: Deployment
metadata: {name: web}
spec:
  replica: 3
  selector: {matchLabel: {app: web}}
  template:
    metadata: {labels: {app: web}}
    spec:
      containers: []
      serviceAcountName: web
---
apiVersion: v1
kind: Service
metadata: {name: web}
spec:
  selectors: {app: web}
  ports: [{port: 80, targetport: 8080}]
---
apiVersion: networking.k8s.io/v1
kind: NetworkPolicy
metadata: {name: web}
spec:
  podselector: {}
  podSelector: {}
  ingres: []
"), @r"
    a.yaml:5:3: warning[HNP003]: metadata has no field lables
      hint: did you mean labels?
    a.yaml:7:3: warning[HNP003]: a pod's spec has no field contianers
      hint: did you mean containers?
    a.yaml:10:5: warning[HNP003]: a container has no field containerPorts
      hint: did you mean ports?
    a.yaml:11:5: warning[HNP003]: a container has no field port
      hint: did you mean ports?
    a.yaml:12:14: warning[HNP003]: a container's port has no field containerport
      hint: did you mean containerPort?
    a.yaml:13:3: warning[HNP003]: a pod's spec has no field hostnetwork
      hint: did you mean hostNetwork?
    a.yaml:14:3: warning[HNP003]: a pod's spec has no field wibble
    a.yaml:20:3: warning[HNP003]: a Deployment's spec has no field replica
      hint: did you mean replicas?
    a.yaml:21:14: warning[HNP003]: a label selector has no field matchLabel
      hint: did you mean matchLabels?
    a.yaml:26:7: warning[HNP003]: a pod's spec has no field serviceAcountName
      hint: did you mean serviceAccountName?
    a.yaml:32:3: warning[HNP003]: a Service's spec has no field selectors
      hint: did you mean selector?
    a.yaml:33:22: warning[HNP003]: a Service's port has no field targetport
      hint: did you mean targetPort?
    a.yaml:39:3: warning[HNP003]: a NetworkPolicy's spec has no field podselector
      hint: did you mean podSelector?
    a.yaml:41:3: warning[HNP003]: a NetworkPolicy's spec has no field ingres
      hint: did you mean ingress?
    ");
}

#[test]
fn wrong_types_are_errors_with_their_place() {
    assert_snapshot!(faults("\
apiVersion: v1
kind: Pod
metadata:
  name: web
  labels: {app: 1, on: yes}
spec:
  hostNetwork: 'true'
  containers:
  - ports:
    - containerPort: '80'
    - containerPort: 70000
    - containerPort: 80
      protocol: tcp
    - protocol: UDP
    - 80
---
apiVersion: v1
kind: Pod
metadata: web
spec: {}
---
apiVersion: v1
kind: Pod
metadata: {name: web}
---
apiVersion: v1
kind: Service
metadata: {name: web}
spec:
  type: Loadbalancer
---
apiVersion: v1
kind: Service
metadata: {name: web}
spec:
  clusterIP: 10.0.0
  ports:
  - {port: 80, targetPort: '8080'}
  - {name: a, port: 81}
  - {name: a, port: 82}
  - {name: b, port: 81}
---
apiVersion: apps/v1
kind: Deployment
metadata: {name: web}
spec:
  replicas: three
  template: {spec: {containers: []}}
"), @r#"
    a.yaml:5:17: error[HNP002]: expected a text, found a number: 1
      hint: put it in quotes: "1"
    a.yaml:5:24: error[HNP002]: expected a text, found true or false: yes
      hint: put it in quotes: "yes"
    a.yaml:7:16: error[HNP002]: expected true or false, found a text: true
      hint: leave the quotes out: true
    a.yaml:10:22: error[HNP002]: expected a number, found a text: 80
      hint: leave the quotes out: 80
    a.yaml:11:22: error[HNP002]: 70000 is not from 1 to 65535
    a.yaml:13:17: error[HNP002]: no protocol is called "tcp" here
      hint: did you mean TCP?
    a.yaml:14:7: error[HNP002]: a container's port needs containerPort
    a.yaml:15:7: error[HNP002]: expected a container's port, found a number: 80
    a.yaml:19:11: error[HNP002]: expected metadata, found a text: web
    a.yaml:20:7: error[HNP002]: a pod's spec needs containers
    a.yaml:22:1: error[HNP002]: a Pod needs spec
    a.yaml:30:9: error[HNP002]: a Service has no type "Loadbalancer"
      hint: did you mean LoadBalancer?
    a.yaml:36:14: error[HNP002]: "10.0.0" is not an IP address
    a.yaml:38:28: error[HNP002]: "8080" is no name of a port
      hint: leave the quotes out for the port number 8080
    a.yaml:40:5: error[HNP002]: another port of this Service has its name
      a.yaml:39:5: the other one
    a.yaml:41:5: error[HNP002]: another port of this Service has its port and protocol
      a.yaml:39:5: the other one
    a.yaml:47:13: error[HNP002]: expected a number, found a text: three
    "#);
}

#[test]
fn translated_keys_are_named() {
    assert_snapshot!(faults("\
apiVersion: v1
종류: Pod
메타데이터: {name: web}
spec: {containers: []}
---
API 버전: v1
種類: Pod
---
apiVersion: v1
종류: Pod
메타데이터: {name: web}
사양: {containers: []}
---
apiVersion: v1
kind: Pod
metadata:
  이름: web
spec:
  컨테이너: []
---
apiVersion: networking.k8s.io/v1
kind: NetworkPolicy
metadata: {name: web}
사양:
  podSelector: {}
"), @r"
    a.yaml:2:1: error[HNP004]: the key 종류 is a translation of kind
      hint: write kind: Kubernetes knows only its own keys
    a.yaml:3:1: error[HNP004]: the key 메타데이터 is a translation of metadata
      hint: write metadata: Kubernetes knows only its own keys
    a.yaml:6:1: error[HNP004]: the key API 버전 is a translation of apiVersion
      hint: write apiVersion: Kubernetes knows only its own keys
    a.yaml:7:1: error[HNP004]: the key 種類 is a translation of kind
      hint: write kind: Kubernetes knows only its own keys
    a.yaml:10:1: error[HNP004]: the key 종류 is a translation of kind
      hint: write kind: Kubernetes knows only its own keys
    a.yaml:11:1: error[HNP004]: the key 메타데이터 is a translation of metadata
      hint: write metadata: Kubernetes knows only its own keys
    a.yaml:12:1: error[HNP004]: the key 사양 is a translation of spec
      hint: write spec: Kubernetes knows only its own keys
    a.yaml:17:3: error[HNP004]: the key 이름 is a translation of name
      hint: write name: Kubernetes knows only its own keys
    a.yaml:19:3: error[HNP004]: the key 컨테이너 is a translation of containers
      hint: write containers: Kubernetes knows only its own keys
    a.yaml:24:1: error[HNP004]: the key 사양 is a translation of spec
      hint: write spec: Kubernetes knows only its own keys
    ");
}

#[test]
fn half_an_object_is_an_error() {
    assert_snapshot!(faults("\
kind: Pod
metadata: {name: web}
---
apiVersion: v1
metadata: {name: web}
---
apiVersion: 1
kind: Pod
"), @r#"
    a.yaml:1:1: error[HNP006]: this object has no apiVersion
    a.yaml:4:1: error[HNP006]: this object has no kind
    a.yaml:7:13: error[HNP002]: expected a text, found a number: 1
      hint: put it in quotes: "1"
    "#);
}

#[test]
fn kinds_that_nearly_exist_are_errors() {
    assert_snapshot!(faults("\
apiVersion: networking.k8s.io/v1
kind: NetworkPolcy
metadata: {name: a}
---
apiVersion: v1
kind: NetworkPolicy
metadata: {name: a}
---
apiVersion: extensions/v1beta1
kind: NetworkPolicy
metadata: {name: a}
---
apiVersion: v1
kind: pod
metadata: {name: a}
---
apiVersion: apps/v1
kind: Pod
metadata: {name: a}
---
apiVersion: policy.networking.k8s.io/v1alpha1
kind: ClusterNetworkPolicy
metadata: {name: a}
---
apiVersion: projectcalico.org/v3
kind: NetworkPolicy
metadata: {name: a}
---
apiVersion: serving.knative.dev/v1
kind: Service
metadata: {name: a}
"), @r"
    a.yaml:2:7: error[HNP009]: there is no kind NetworkPolcy in networking.k8s.io/v1
      hint: did you mean NetworkPolicy?
    a.yaml:6:7: error[HNP009]: there is no NetworkPolicy in v1
      hint: write apiVersion: networking.k8s.io/v1
    a.yaml:10:7: error[HNP009]: there is no NetworkPolicy in extensions/v1beta1
      hint: write apiVersion: networking.k8s.io/v1
    a.yaml:14:7: error[HNP009]: there is no kind pod in v1
      hint: did you mean Pod?
    a.yaml:18:7: error[HNP009]: there is no Pod in apps/v1
      hint: write apiVersion: v1
    a.yaml:22:7: error[HNP009]: there is no ClusterNetworkPolicy in policy.networking.k8s.io/v1alpha1
      hint: write apiVersion: policy.networking.k8s.io/v1alpha2
    ");
}

#[test]
fn the_same_object_twice_is_a_note_and_two_versions_of_it_are_an_error() {
    let first = "\
apiVersion: v1
kind: Service
metadata: {name: web, labels: {a: '1', b: '2'}}
spec: {ports: [{port: 80}]}
status: {loadBalancer: {}}
---
apiVersion: networking.k8s.io/v1
kind: NetworkPolicy
metadata: {name: web}
spec: {podSelector: {}}
";
    let second = "\
apiVersion: v1
kind: Service
metadata:
  name: web
  uid: 1-2-3
  labels: {b: \"2\", a: \"1\"}
spec:
  ports:
  - port: 80
---
apiVersion: networking.k8s.io/v1
kind: NetworkPolicy
metadata: {name: web}
spec: {podSelector: {matchLabels: {app: web}}}
---
apiVersion: networking.k8s.io/v1
kind: NetworkPolicy
metadata: {name: web, namespace: shop}
spec: {podSelector: {}}
";
    assert_snapshot!(all(&[("a.yaml", first), ("b.yaml", second)]), @r"
    namespace default, not declared: kubernetes.io/metadata.name=default
    namespace shop, not declared: kubernetes.io/metadata.name=shop
    service default/web, b.yaml:1:1 ClusterIp without selector; TCP 80 to 80
    policy default/NetworkPolicy/web, b.yaml:11:1
    policy shop/NetworkPolicy/web, b.yaml:16:1
    b.yaml:1:1: note[HNP005]: default/Service/web is there twice, with the same content
      a.yaml:1:1: the first one
    b.yaml:11:1: error[HNP005]: default/NetworkPolicy/web is there twice, with different content
      a.yaml:7:1: the first one
      hint: this one counts, as after kubectl apply; remove one of the two
    ");
}

#[test]
fn a_key_that_is_there_twice_is_an_error() {
    assert_snapshot!(faults("\
apiVersion: v1
kind: Pod
metadata:
  name: web
  name: cart
  labels: {app: web, app: cart}
spec: {containers: []}
"), @r"
    a.yaml:5:3: error[HNP002]: the key name is there twice
      a.yaml:4:3: the first one
    a.yaml:6:22: error[HNP002]: the key app is there twice
      a.yaml:6:12: the first one
    ");
}
