//! The forms that documents come in.

use insta::assert_snapshot;

use crate::show::{all, one, snapshot};

const POD: &str = "
apiVersion: v1
kind: Pod
metadata: {name: web, namespace: shop}
spec: {containers: [{name: c}]}
";

#[test]
fn a_file_may_hold_many_documents() {
    assert_snapshot!(one("\
# A comment belongs to nobody.
---
apiVersion: v1
kind: Namespace
metadata:
  name: shop
---
---
# Nothing but a comment.
---
apiVersion: v1
kind: Pod
metadata:
  name: web
  namespace: shop
spec:
  containers:
  - name: c
...
---
apiVersion: v1
kind: Pod
metadata:
  name: cart
  namespace: shop
spec:
  containers:
  - name: c
"), @r"
    namespace shop, a.yaml:3:1: kubernetes.io/metadata.name=shop
    shop/Pod/cart, a.yaml:21:1
      pod cart, a.yaml:21:1
    shop/Pod/web, a.yaml:11:1
      pod web, a.yaml:11:1
    ");
}

#[test]
fn json_is_read_with_tabs_and_escapes() {
    assert_snapshot!(one("{\n\t\"apiVersion\": \"v1\",\n\t\"kind\": \"Pod\",\n\t\"metadata\": {\n\t\t\"name\": \"w\\u0065b\",\n\t\t\"labels\": {\"a\\/b\": \"\\ud83d\\ude00\", \"n\": \"80\"}\n\t},\n\t\"spec\": {\"containers\": [{\"name\": \"c\", \"ports\": [{\"containerPort\": 80}]}]}\n}\n"), @r"
    namespace default, not declared: kubernetes.io/metadata.name=default
    default/Pod/web, a.yaml:1:1
      pod web; a/b=😀,n=80; TCP 80, a.yaml:1:1
    ");
}

#[test]
fn json_documents_may_follow_each_other() {
    let text = r#"{"apiVersion":"v1","kind":"Namespace","metadata":{"name":"a"}}
{"apiVersion":"v1","kind":"Namespace","metadata":{"name":"b"}}{"apiVersion":"v1","kind":"Namespace","metadata":{"name":"é"}}   {"apiVersion":"v1","kind":"Namespace","metadata":{"name":"d"}}
"#;
    assert_snapshot!(one(text), @r"
    namespace a, a.yaml:1:1: kubernetes.io/metadata.name=a
    namespace b, a.yaml:2:1: kubernetes.io/metadata.name=b
    namespace d, a.yaml:2:128: kubernetes.io/metadata.name=d
    namespace é, a.yaml:2:63: kubernetes.io/metadata.name=é
    ");
}

#[test]
fn a_broken_json_document_leaves_its_neighbours_alone() {
    let text = r#"{"apiVersion":"v1","kind":"Namespace","metadata":{"name":"a"}}
{"apiVersion":"v1","kind":"Namespace","metadata":{"name":"b}}
{"apiVersion":"v1","kind":"Namespace","metadata":{"name":"c"}}
{"apiVersion":"v1","kind":"Namespace","metadata":{"name":"d"}
{"apiVersion":"v1","kind":"Namespace","metadata":{"name":"e"}}
"#;
    assert_snapshot!(one(text), @r"
    namespace a, a.yaml:1:1: kubernetes.io/metadata.name=a
    namespace c, a.yaml:3:1: kubernetes.io/metadata.name=c
    namespace e, a.yaml:5:1: kubernetes.io/metadata.name=e
    a.yaml:2:58: error[HNP001]: this is not JSON: expected a quote at the end of this text
    a.yaml:5:1: error[HNP001]: this is not JSON: expected a comma or } after this value
    ");
}

#[test]
fn braces_without_quotes_are_yaml() {
    assert_snapshot!(one("{apiVersion: v1, kind: Namespace, metadata: {name: a}} # no JSON\n---\n{apiVersion: v1,\n kind: Namespace, metadata: {name: b}}\n"), @r"
    namespace a, a.yaml:1:1: kubernetes.io/metadata.name=a
    namespace b, a.yaml:3:1: kubernetes.io/metadata.name=b
    ");
}

#[test]
fn json_after_a_marker_is_a_document_like_any_other() {
    let text = "--- {\"apiVersion\": \"v1\", \"kind\": \"Namespace\", \"metadata\": {\"name\": \"a\"}}\n---\n\t{\"apiVersion\": \"v1\", \"kind\": \"Namespace\", \"metadata\": {\"name\": \"b\"}}\n---\napiVersion: v1\nkind: Namespace\nmetadata: {name: c}\n";
    assert_snapshot!(one(text), @r"
    namespace a, a.yaml:1:5: kubernetes.io/metadata.name=a
    namespace b, a.yaml:3:2: kubernetes.io/metadata.name=b
    namespace c, a.yaml:5:1: kubernetes.io/metadata.name=c
    ");
}

#[test]
fn a_list_holds_objects_of_any_kind() {
    assert_snapshot!(one("\
apiVersion: v1
items:
- apiVersion: v1
  kind: Namespace
  metadata:
    name: shop
- apiVersion: networking.k8s.io/v1
  kind: NetworkPolicy
  metadata:
    name: none
    namespace: shop
  spec:
    podSelector: {}
- apiVersion: v1
  kind: List
  items:
  - apiVersion: v1
    kind: Namespace
    metadata: {name: inner}
kind: List
metadata:
  resourceVersion: ''
"), @r"
    namespace inner, a.yaml:17:5: kubernetes.io/metadata.name=inner
    namespace shop, a.yaml:3:3: kubernetes.io/metadata.name=shop
    policy shop/NetworkPolicy/none, a.yaml:7:3
    ");
}

#[test]
fn a_typed_list_says_for_its_items_what_they_are() {
    assert_snapshot!(one("\
apiVersion: v1
kind: PodList
items:
- metadata: {name: web, namespace: shop}
  spec: {containers: [{name: c}]}
- metadata: {name: cart, namespace: shop}
  spec: {containers: [{name: c}]}
---
apiVersion: networking.k8s.io/v1
kind: NetworkPolicyList
items:
- metadata: {name: none, namespace: shop}
  spec: {podSelector: {}}
---
apiVersion: v1
kind: ServiceList
items: null
"), @r"
    namespace shop, not declared: kubernetes.io/metadata.name=shop
    shop/Pod/cart, a.yaml:6:3
      pod cart, a.yaml:6:3
    shop/Pod/web, a.yaml:4:3
      pod web, a.yaml:4:3
    policy shop/NetworkPolicy/none, a.yaml:12:3
    ");
}

#[test]
fn an_item_of_a_plain_list_has_to_say_what_it_is() {
    assert_snapshot!(one("\
apiVersion: v1
kind: List
items:
- metadata: {name: web}
- apiVersion: v1
  metadata: {name: web}
- kind: Pod
"), @r"
    a.yaml:4:3: error[HNP006]: this item has neither apiVersion nor kind
    a.yaml:5:3: error[HNP006]: this object has no kind
    a.yaml:7:3: error[HNP006]: this object has no apiVersion
    ");
}

#[test]
fn a_byte_order_mark_is_no_part_of_the_text() {
    assert_snapshot!(one("\u{feff}apiVersion: v1\nkind: Namespace\nmetadata: {name: a}\n"), @"namespace a, a.yaml:1:1: kubernetes.io/metadata.name=a");
}

#[test]
fn windows_line_ends_are_line_ends() {
    let text = "apiVersion: v1\nkind: Namespace\nmetadata:\n  name: a\n---\napiVersion: v1\nkind: Namespace\nmetadata:\n  name: b\n";
    let windows = text.replace('\n', "\r\n");
    assert_eq!(one(text), one(&windows));
}

#[test]
fn anchors_aliases_and_merge_keys_are_followed() {
    assert_snapshot!(one("\
apiVersion: v1
kind: List
items:
- apiVersion: v1
  kind: Pod
  metadata:
    name: web
    labels: &labels
      app: web
      tier: front
  spec: &spec
    containers: [{name: c, ports: [{containerPort: 80}]}]
- apiVersion: v1
  kind: Pod
  metadata:
    name: cart
    labels:
      <<: *labels
      app: cart
  spec: *spec
"), @r"
    namespace default, not declared: kubernetes.io/metadata.name=default
    default/Pod/cart, a.yaml:13:3
      pod cart; app=cart,tier=front; TCP 80, a.yaml:13:3
    default/Pod/web, a.yaml:4:3
      pod web; app=web,tier=front; TCP 80, a.yaml:4:3
    ");
}

#[test]
fn what_is_no_object_is_one_note_a_file() {
    assert_snapshot!(all(&[
        ("chart/values.yaml", "replicas: 2\n---\nimage: web\n"),
        ("chart/Chart.yaml", "apiVersion: v2\nname: web\nversion: 1.0.0\n"),
        ("kustomization.yaml", "resources: [a.yaml]\n"),
        ("base/kustomization.yaml", "apiVersion: kustomize.config.k8s.io/v1beta1\nkind: Kustomization\nresources: [a.yaml]\n"),
        ("compose.yaml", "services:\n  web: {image: web}\n"),
        ("grafana.yaml", "apiVersion: 1\nproviders: []\n"),
        ("list.yaml", "- a\n- b\n"),
        ("readme.yaml", "Nothing to see here\n"),
        ("empty.yaml", ""),
    ]), @r"
    chart/values.yaml:1:1: note[HNP006]: this is no Kubernetes object: it does not say its apiVersion and kind
      hint: Helm reads this; render its chart: helm template … | haechi reach -f -
    chart/Chart.yaml:1:1: note[HNP006]: this describes a chart; it is no Kubernetes object
      hint: Helm reads this; render its chart: helm template … | haechi reach -f -
    kustomization.yaml:1:1: note[HNP006]: this is no Kubernetes object: it does not say its apiVersion and kind
      hint: build it first: kubectl kustomize … | haechi reach -f -
    base/kustomization.yaml:1:1: note[HNP006]: this is for kustomize; it is no object of a cluster
      hint: build it first: kubectl kustomize … | haechi reach -f -
    compose.yaml:1:1: note[HNP006]: this is no Kubernetes object: it does not say its apiVersion and kind
    grafana.yaml:1:1: note[HNP006]: this is no Kubernetes object: it does not say its apiVersion and kind
    list.yaml:1:1: note[HNP006]: this is no Kubernetes object: it does not say its apiVersion and kind
    readme.yaml:1:1: note[HNP006]: this is no Kubernetes object: it does not say its apiVersion and kind
    ");
}

#[test]
fn kinds_that_nobody_knows_are_counted() {
    assert_snapshot!(one("\
apiVersion: example.com/v1
kind: Widget
metadata: {name: a}
---
apiVersion: example.com/v1
kind: Widget
metadata: {name: b}
---
apiVersion: haechi.dev/v1
kind: ReachTest
metadata: {name: t}
---
apiVersion: v1
kind: ConfigMap
metadata: {name: c}
---
apiVersion: rbac.authorization.k8s.io/v1
kind: Role
metadata: {name: r}
"), @"skipped example.com/v1 Widget x2, a.yaml:1:1");
}

#[test]
fn everything_that_kubectl_prints_is_taken() {
    assert_snapshot!(one("\
apiVersion: v1
kind: Pod
metadata:
  annotations:
    kubectl.kubernetes.io/last-applied-configuration: |
      {\"apiVersion\":\"v1\",\"kind\":\"Pod\"}
  creationTimestamp: \"2026-01-02T03:04:05Z\"
  generateName: web-
  generation: 1
  labels:
    app: web
  managedFields:
  - apiVersion: v1
    fieldsType: FieldsV1
    fieldsV1:
      f:metadata:
        f:labels:
          .: {}
          f:app: {}
    manager: kubectl
    operation: Update
    time: \"2026-01-02T03:04:05Z\"
  name: web-abcde
  namespace: shop
  resourceVersion: \"123\"
  uid: 11111111-2222-3333-4444-555555555555
spec:
  containers:
  - image: web
    imagePullPolicy: Always
    name: web
    ports:
    - containerPort: 8080
      name: http
      protocol: TCP
    resources: {}
    terminationMessagePath: /dev/termination-log
    terminationMessagePolicy: File
    volumeMounts:
    - mountPath: /var/run/secrets/kubernetes.io/serviceaccount
      name: token
      readOnly: true
  dnsPolicy: ClusterFirst
  enableServiceLinks: true
  nodeName: n1
  preemptionPolicy: PreemptLowerPriority
  priority: 0
  restartPolicy: Always
  schedulerName: default-scheduler
  securityContext: {}
  serviceAccount: web
  serviceAccountName: web
  terminationGracePeriodSeconds: 30
  tolerations:
  - effect: NoExecute
    key: node.kubernetes.io/not-ready
    operator: Exists
    tolerationSeconds: 300
  volumes:
  - name: token
    projected:
      defaultMode: 420
status:
  conditions:
  - lastProbeTime: null
    status: \"True\"
    type: Ready
  hostIP: 192.168.0.1
  hostIPs:
  - ip: 192.168.0.1
  phase: Running
  podIP: 10.0.0.2
  podIPs:
  - ip: 10.0.0.2
  - ip: fd00::2
  qosClass: BestEffort
"), @r"
    namespace shop, not declared: kubernetes.io/metadata.name=shop
    shop/Pod/web-abcde, a.yaml:1:1
      pod web-abcde; app=web; TCP 8080 http; account web; on n1; 10.0.0.2; fd00::2, a.yaml:1:1
    ");
}

#[test]
fn objects_without_a_namespace_get_the_one_that_is_asked_for() {
    let texts = vec![("a.yaml".to_owned(), POD.replace(", namespace: shop", ""))];
    let options = haechi_source::Options {
        default_namespace: "elsewhere".into(),
        ..haechi_source::Options::default()
    };
    let snapshot = haechi_source::read_texts(texts, &options);
    assert_eq!(snapshot.cluster.workload_id(0), "elsewhere/Pod/web");
}

#[test]
fn two_readings_of_the_same_are_the_same() {
    let texts = [("a.yaml", POD), ("b.yaml", POD)];
    assert_eq!(format!("{:?}", snapshot(&texts)), format!("{:?}", snapshot(&texts)));
}
