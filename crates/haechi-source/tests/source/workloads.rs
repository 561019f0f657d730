//! Which workload pods belong to, and what stands for a workload.

use std::fmt::Write;

use insta::assert_snapshot;

use crate::show::one;

/// A pod of `namespace: shop` with an owner.
fn pod(name: &str, owner: &str, labels: &str) -> String {
    let (kind, owner) = owner.split_once('/').unwrap();
    format!(
        "---
apiVersion: v1
kind: Pod
metadata:
  name: {name}
  namespace: shop
  labels: {{{labels}}}
  ownerReferences:
  - {{apiVersion: apps/v1, kind: {kind}, name: {owner}, uid: u, controller: true}}
spec:
  containers: [{{name: c}}]
"
    )
}

/// A workload of `namespace: shop` with a template.
fn workload(api_version: &str, kind: &str, name: &str, more: &str) -> String {
    format!(
        "---
apiVersion: {api_version}
kind: {kind}
metadata:
  name: {name}
  namespace: shop
spec:
  {more}
  template:
    metadata: {{labels: {{app: {name}}}}}
    spec: {{containers: [{{name: c}}]}}
"
    )
}

fn workloads(text: &str) -> String {
    let mut kept = String::new();
    for line in one(text).lines().filter(|line| !line.starts_with("namespace ")) {
        writeln!(kept, "{line}").unwrap();
    }
    kept
}

#[test]
fn templates_stand_for_their_replicas() {
    let text = [
        workload("apps/v1", "Deployment", "three", "replicas: 3"),
        workload("apps/v1", "Deployment", "one", "paused: false"),
        workload("apps/v1", "Deployment", "none", "replicas: 0"),
        workload("apps/v1", "StatefulSet", "two", "replicas: 2"),
        workload("apps/v1", "ReplicaSet", "set", "replicas: 4"),
        workload(
            "v1",
            "ReplicationController",
            "old",
            "{selector: {app: old}, replicas: 2}",
        )
        .replace(
            "  {selector: {app: old}, replicas: 2}",
            "  selector: {app: old}\n  replicas: 2",
        ),
        workload("batch/v1", "Job", "once", "parallelism: 5"),
        workload("batch/v1", "Job", "few", "parallelism: 5\n  completions: 2"),
        workload("apps/v1", "DaemonSet", "each", "minReadySeconds: 1"),
        "---
apiVersion: batch/v1
kind: CronJob
metadata: {name: nightly, namespace: shop}
spec:
  schedule: '0 0 * * *'
  jobTemplate:
    metadata: {labels: {job: nightly}}
    spec:
      parallelism: 2
      template:
        metadata: {labels: {app: nightly}}
        spec: {restartPolicy: Never, containers: [{name: c, ports: [{containerPort: 80}]}]}
"
        .to_owned(),
    ]
    .concat();
    assert_snapshot!(workloads(&text), @r"
    shop/CronJob/nightly, a.yaml:103:1
      template x2; app=nightly; TCP 80, a.yaml:103:1
    shop/DaemonSet/each, a.yaml:92:1
      template x1; app=each, a.yaml:92:1
    shop/Deployment/none, a.yaml:24:1
      template x0; app=none, a.yaml:24:1
    shop/Deployment/one, a.yaml:13:1
      template x1; app=one, a.yaml:13:1
    shop/Deployment/three, a.yaml:2:1
      template x3; app=three, a.yaml:2:1
    shop/Job/few, a.yaml:80:1
      template x2; app=few,batch.kubernetes.io/job-name=few,job-name=few, a.yaml:80:1
    shop/Job/once, a.yaml:69:1
      template x5; app=once,batch.kubernetes.io/job-name=once,job-name=once, a.yaml:69:1
    shop/ReplicaSet/set, a.yaml:46:1
      template x4; app=set, a.yaml:46:1
    shop/ReplicationController/old, a.yaml:57:1
      template x2; app=old, a.yaml:57:1
    shop/StatefulSet/two, a.yaml:35:1
      template x2; app=two, a.yaml:35:1
    ");
}

#[test]
fn a_daemon_set_has_a_pod_on_each_node_unless_its_status_knows_better() {
    let nodes = "---
apiVersion: v1
kind: List
items:
- {apiVersion: v1, kind: Node, metadata: {name: a}}
- {apiVersion: v1, kind: Node, metadata: {name: b}}
";
    let counted =
        workload("apps/v1", "DaemonSet", "counted", "minReadySeconds: 1") + "status: {desiredNumberScheduled: 7}\n";
    let text = [
        workload("apps/v1", "DaemonSet", "each", "minReadySeconds: 1"),
        counted,
        nodes.to_owned(),
    ]
    .concat();
    assert_snapshot!(workloads(&text), @r"
    shop/DaemonSet/counted, a.yaml:13:1
      template x7; app=counted, a.yaml:13:1
    shop/DaemonSet/each, a.yaml:2:1
      template x2; app=each, a.yaml:2:1
    node a, a.yaml:28:3: []
    node b, a.yaml:29:3: []
    ");
}

#[test]
fn pods_replace_the_template_of_their_workload() {
    let text = [
        pod(
            "web-7d9f-x2x4z",
            "ReplicaSet/web-7d9f",
            "app: web, pod-template-hash: 7d9f",
        ),
        pod(
            "web-7d9f-a2x4z",
            "ReplicaSet/web-7d9f",
            "app: web, pod-template-hash: 7d9f",
        ),
        workload("apps/v1", "Deployment", "web", "replicas: 3"),
        pod("db-0", "StatefulSet/db", "app: db"),
        workload("apps/v1", "StatefulSet", "db", "replicas: 3"),
        pod("log-abcde", "DaemonSet/log", "app: log"),
    ]
    .concat();
    assert_snapshot!(workloads(&text), @r"
    shop/DaemonSet/log, a.yaml:57:1
      pod log-abcde; app=log, a.yaml:57:1
    shop/Deployment/web, a.yaml:24:1
      pod web-7d9f-a2x4z; app=web,pod-template-hash=7d9f, a.yaml:13:1
      pod web-7d9f-x2x4z; app=web,pod-template-hash=7d9f, a.yaml:2:1
    shop/StatefulSet/db, a.yaml:46:1
      pod db-0; app=db, a.yaml:35:1
    ");
}

#[test]
fn a_replica_set_leads_to_its_deployment() {
    let owned = workload("apps/v1", "ReplicaSet", "shown-1", "replicas: 2").replace(
        "  namespace: shop\n",
        "  namespace: shop\n  ownerReferences: [{apiVersion: apps/v1, kind: Deployment, name: shown, uid: u}]\n",
    );
    let text = [
        // The ReplicaSet says whose it is.
        owned,
        pod("shown-1-a", "ReplicaSet/shown-1", "app: shown"),
        // The hash says it.
        pod("hashed-2-a", "ReplicaSet/hashed-2", "pod-template-hash: '2'"),
        // A Deployment of that name is there.
        workload("apps/v1", "Deployment", "named", "replicas: 1"),
        pod("named-3-a", "ReplicaSet/named-3", "app: named"),
        // Nothing says it.
        pod("alone-4-a", "ReplicaSet/alone-4", "app: alone"),
        // The ReplicaSet says that nobody owns it.
        workload("apps/v1", "ReplicaSet", "free-5", "replicas: 1"),
        pod("free-5-a", "ReplicaSet/free-5", "app: free"),
        // An Argo Rollout.
        pod("blue-6-a", "ReplicaSet/blue-6", "rollouts-pod-template-hash: '6'"),
    ]
    .concat();
    assert_snapshot!(workloads(&text), @r"
    shop/Deployment/hashed, a.yaml:25:1
      pod hashed-2-a; pod-template-hash=2, a.yaml:25:1
    shop/Deployment/named, a.yaml:36:1
      pod named-3-a; app=named, a.yaml:47:1
    shop/Deployment/shown, a.yaml:14:1
      pod shown-1-a; app=shown, a.yaml:14:1
    shop/ReplicaSet/alone-4, a.yaml:58:1
      pod alone-4-a; app=alone, a.yaml:58:1
    shop/ReplicaSet/free-5, a.yaml:69:1
      pod free-5-a; app=free, a.yaml:80:1
    shop/Rollout/blue, a.yaml:91:1
      pod blue-6-a; rollouts-pod-template-hash=6, a.yaml:91:1
    ");
}

#[test]
fn a_replica_set_stands_for_a_deployment_that_is_not_shown() {
    let set = |name: &str, replicas: u32| {
        workload("apps/v1", "ReplicaSet", name, &format!("replicas: {replicas}")).replace(
            "  namespace: shop\n",
            "  namespace: shop\n  ownerReferences: [{apiVersion: apps/v1, kind: Deployment, name: web, uid: u}]\n",
        )
    };
    assert_snapshot!(workloads(&[set("web-1", 0), set("web-2", 3)].concat()), @r"
    shop/Deployment/web, a.yaml:14:1
      template x3; app=web-2, a.yaml:14:1
    ");
    assert_snapshot!(workloads(&[set("web-1", 0), set("web-2", 0)].concat()), @r"
    shop/Deployment/web, a.yaml:14:1
      template x0; app=web-2, a.yaml:14:1
    ");
}

#[test]
fn a_job_leads_to_its_cron_job() {
    let owned = workload("batch/v1", "Job", "daily-28000001", "parallelism: 1").replace(
        "  namespace: shop\n",
        "  namespace: shop\n  ownerReferences: [{apiVersion: batch/v1, kind: CronJob, name: daily, uid: u}]\n",
    );
    let cron = "---
apiVersion: batch/v1
kind: CronJob
metadata: {name: nightly, namespace: shop}
spec:
  schedule: '0 0 * * *'
  jobTemplate: {spec: {template: {spec: {containers: []}}}}
";
    let text = [
        owned,
        pod("daily-28000001-x", "Job/daily-28000001", "app: daily"),
        cron.to_owned(),
        pod("nightly-28000002-x", "Job/nightly-28000002", "app: nightly"),
        pod("once-28000003-x", "Job/once-28000003", "app: once"),
    ]
    .concat();
    assert_snapshot!(workloads(&text), @r"
    shop/CronJob/daily, a.yaml:14:1
      pod daily-28000001-x; app=daily, a.yaml:14:1
    shop/CronJob/nightly, a.yaml:25:1
      pod nightly-28000002-x; app=nightly, a.yaml:32:1
    shop/Job/once-28000003, a.yaml:43:1
      pod once-28000003-x; app=once, a.yaml:43:1
    ");
}

#[test]
fn a_pod_without_owner_is_its_own_workload_and_so_is_a_pod_of_the_kubelet() {
    let text = [
        pod("kube-proxy-n1", "Node/n1", "app: kube-proxy"),
        "---\napiVersion: v1\nkind: Pod\nmetadata: {name: bare, namespace: shop}\nspec: {containers: []}\n".to_owned(),
        pod("db-1", "Postgres/db", "app: db"),
    ]
    .concat();
    assert_snapshot!(workloads(&text), @r"
    shop/Pod/bare, a.yaml:13:1
      pod bare, a.yaml:13:1
    shop/Pod/kube-proxy-n1, a.yaml:2:1
      pod kube-proxy-n1; app=kube-proxy, a.yaml:2:1
    shop/Postgres/db, a.yaml:18:1
      pod db-1; app=db, a.yaml:18:1
    ");
}

#[test]
fn pods_that_have_ended_are_left_out_and_so_are_jobs() {
    let text = [
        pod("once-a", "Job/once", "app: once") + "status: {phase: Succeeded, podIP: 10.0.0.1}\n",
        pod("bad-a", "Job/bad", "app: bad") + "status: {phase: Failed}\n",
        workload("batch/v1", "Job", "once", "parallelism: 1")
            + "status: {conditions: [{type: Complete, status: 'True'}]}\n",
        workload("batch/v1", "Job", "running", "parallelism: 1")
            + "status: {conditions: [{type: Complete, status: 'False'}]}\n",
        pod("web-a", "StatefulSet/web", "app: web") + "status: {phase: Failed}\n",
        workload("apps/v1", "StatefulSet", "web", "replicas: 2"),
        pod("starting", "StatefulSet/db", "app: db") + "status: {phase: Pending}\n",
    ]
    .concat();
    assert_snapshot!(workloads(&text), @r"
    shop/Job/running, a.yaml:38:1
      template x1; app=running,batch.kubernetes.io/job-name=running,job-name=running, a.yaml:38:1
    shop/StatefulSet/db, a.yaml:73:1
      pod starting; app=db, a.yaml:73:1
    shop/StatefulSet/web, a.yaml:62:1
      template x2; app=web, a.yaml:62:1
    ");
}

#[test]
fn ports_are_those_of_all_containers_that_stay() {
    assert_snapshot!(workloads("
apiVersion: v1
kind: Pod
metadata: {name: web, namespace: shop}
spec:
  initContainers:
  - {name: sidecar, restartPolicy: Always, ports: [{name: proxy, containerPort: 15001}]}
  - {name: setup, ports: [{name: setup, containerPort: 99}]}
  - {name: odd, restartPolicy: Never, ports: [{name: odd, containerPort: 98}]}
  containers:
  - {name: a, ports: [{name: http, containerPort: 8080}, {containerPort: 53, protocol: UDP}]}
  - {name: b, ports: [{name: http, containerPort: 8081}, {name: http, containerPort: 8080, hostPort: 80}]}
  ephemeralContainers:
  - {name: debug}
"), @r"
    shop/Pod/web, a.yaml:2:1
      pod web; UDP 53; TCP 8080 http; TCP 8081 http; TCP 15001 proxy, a.yaml:2:1
    ");
}

#[test]
fn a_pod_on_the_host_network_has_its_nodes_addresses() {
    assert_snapshot!(workloads("
apiVersion: v1
kind: Pod
metadata: {name: told, namespace: shop}
spec: {hostNetwork: true, nodeName: n1, containers: []}
status: {hostIP: 192.168.0.9, hostIPs: [{ip: 192.168.0.9}, {ip: 'fd00::9'}]}
---
apiVersion: v1
kind: Pod
metadata: {name: follows, namespace: shop}
spec: {hostNetwork: true, nodeName: n1, containers: []}
---
apiVersion: v1
kind: Pod
metadata: {name: own, namespace: shop}
spec: {nodeName: n1, containers: []}
status: {hostIP: 192.168.0.9}
---
apiVersion: v1
kind: Node
metadata: {name: n1}
spec: {podCIDR: 10.0.0.0/24}
status:
  addresses:
  - {type: InternalIP, address: 192.168.0.1}
  - {type: ExternalIP, address: 203.0.113.1}
  - {type: Hostname, address: n1}
  - {type: InternalDNS, address: n1.local}
"), @r"
    shop/Pod/follows, a.yaml:8:1
      pod follows; on n1; host network; 192.168.0.1; 203.0.113.1, a.yaml:8:1
    shop/Pod/own, a.yaml:13:1
      pod own; on n1, a.yaml:13:1
    shop/Pod/told, a.yaml:2:1
      pod told; on n1; host network; 192.168.0.9; fd00::9, a.yaml:2:1
    node n1, a.yaml:19:1: [192.168.0.1, 203.0.113.1]
    ");
}

#[test]
fn pods_that_are_still_without_a_name_do_not_replace_each_other() {
    let pod =
        "---\napiVersion: v1\nkind: Pod\nmetadata: {generateName: run-, namespace: shop}\nspec: {containers: []}\n";
    assert_snapshot!(workloads(&[pod, pod].concat()), @r"
    shop/Pod/run-*, a.yaml:2:1
      pod run-*, a.yaml:2:1
      pod run-*, a.yaml:7:1
    ");
}
