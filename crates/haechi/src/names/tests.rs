//! Names in a small cluster.

use haechi_source::{Options, read_texts};

use super::*;

/// Objects of a kind; those that own pods have a template.
fn object(version: &str, kind: &str, namespace: &str, name: &str, more: &str) -> String {
    const POD: &str = "spec: {containers: [{name: main, image: main}]}";
    let spec = match kind {
        "Pod" => POD.to_owned(),
        "Deployment" | "StatefulSet" | "Job" => {
            format!("spec: {{template: {{metadata: {{labels: {{app: {name}}}}}, {POD}}}}}")
        }
        _ => String::new(),
    };
    format!(
        "apiVersion: {version}\nkind: {kind}\nmetadata:\n  name: {name}\n  namespace: {namespace}\n  labels: {{app: \
         {name}}}\n{spec}\n{more}\n---\n"
    )
}

/// Two namespaces with a `web` each, and one of nearly everything.
fn cluster() -> Cluster {
    let service = |selects: &str, address: &str| {
        format!("spec: {{clusterIP: {address}, selector: {{app: {selects}}}, ports: [{{port: 80}}]}}")
    };
    let owned =
        "  ownerReferences: [{apiVersion: apps/v1, kind: StatefulSet, name: postgres, uid: a, controller: true}]";
    let pod = object(
        "v1",
        "Pod",
        "data",
        "postgres-0",
        "status: {podIP: 10.1.2.3, phase: Running}",
    );
    let text = [
        object("apps/v1", "Deployment", "shop", "web", ""),
        object("apps/v1", "Deployment", "shop", "cart", ""),
        object("batch/v1", "Job", "batch", "cart", ""),
        object("apps/v1", "StatefulSet", "data", "postgres", ""),
        pod.replacen("\nspec:", &format!("\n{owned}\nspec:"), 1),
        object("v1", "Pod", "data", "shell", ""),
        object("v1", "Pod", "deploy", "web", ""),
        object("apps/v1", "Deployment", "ingress", "edge", ""),
        object("v1", "Service", "shop", "web", &service("web", "10.96.0.7")),
        object("v1", "Service", "shop", "api", &service("web", "10.96.0.8")),
        "apiVersion: v1\nkind: Node\nmetadata: {name: node-1}\n\
         status: {addresses: [{type: InternalIP, address: 192.168.0.4}]}\n"
            .to_owned(),
    ];
    let snapshot = read_texts(vec![("cluster.yaml".into(), text.concat())], &Options::default());
    assert_eq!(snapshot.diagnostics, [], "the cluster is right");
    snapshot.cluster
}

/// What a name means with `namespace` as the default: an id, or the error and its hint.
fn found_in(text: &str, namespace: Option<&str>) -> String {
    let cluster = &cluster();
    let asked: Asked = match text.parse() {
        Ok(asked) => asked,
        Err(error) => return format!("error: {error}"),
    };
    match asked.select(cluster, namespace.map(Name::from).as_ref()) {
        Ok(Selected::One(named)) => named.id(cluster),
        Ok(Selected::Namespace(index)) => format!("namespace {}", cluster.namespaces[index].name),
        Ok(Selected::Block(range)) => range.to_string(),
        Err(error) => match error.hint() {
            Some(hint) => format!("error: {error}; hint: {hint}"),
            None => format!("error: {error}"),
        },
    }
}

fn found(text: &str) -> String {
    found_in(text, None)
}

#[test]
fn a_namespace_may_be_called_like_a_kind_that_does_not_talk() {
    assert_eq!(found_in("ingress/edge", None), "ingress/Deployment/edge");
    assert!(found_in("netpol/web", None).contains("a netpol is nothing that talks"));
}

#[test]
fn a_name_alone_is_enough_where_there_is_one() {
    assert_eq!(found("postgres"), "data/StatefulSet/postgres");
    assert_eq!(found("postgres-0"), "data/Pod/postgres-0");
    assert_eq!(found("shell"), "data/Pod/shell");
    assert_eq!(found("api"), "shop/Service/api");
    assert_eq!(found("node-1"), "Node/node-1");
}

#[test]
fn every_form_finds_it() {
    for text in [
        "shop/web",
        "shop/Deployment/web",
        "shop/deploy/web",
        "shop/deployments.apps/web",
        "deployment/web",
        "Deployments.apps/web",
        "deployment:shop/web",
        "deploy:web",
    ] {
        assert_eq!(found(text), "shop/Deployment/web", "{text}");
    }
    for text in [
        "pod/postgres-0",
        "po/postgres-0",
        "data/Pod/postgres-0",
        "Pod:data/postgres-0",
    ] {
        assert_eq!(found(text), "data/Pod/postgres-0", "{text}");
    }
    for text in ["svc/web", "svc:web", "svc:shop/web", "shop/Service/web", "SERVICE/web"] {
        assert_eq!(found(text), "shop/Service/web", "{text}");
    }
    for text in ["node:node-1", "no/node-1", "node/node-1"] {
        assert_eq!(found(text), "Node/node-1", "{text}");
    }
    assert_eq!(found("fqdn:example.com."), "fqdn:example.com");
    assert_eq!(found("ip:203.0.113.7"), "203.0.113.7");
    assert_eq!(found("2001:db8::7"), "2001:db8::7");
}

#[test]
fn an_address_is_whoever_has_it() {
    assert_eq!(found("10.1.2.3"), "data/Pod/postgres-0");
    assert_eq!(found("ip:10.96.0.7"), "shop/Service/web");
    assert_eq!(found("192.168.0.4"), "192.168.0.4");
}

#[test]
fn many_may_be_selected() {
    for text in ["shop/", "ns:shop", "namespace/shop", "ns/shop"] {
        assert_eq!(found(text), "namespace shop", "{text}");
    }
    assert_eq!(found("10.0.0.0/8"), "10.0.0.0-10.255.255.255");
    assert_eq!(found("10.0.0.5-10.0.0.9"), "10.0.0.5-10.0.0.9");
    let asked: Asked = "shop/".parse().expect("it is a name");
    let error = asked.find(&cluster(), None).expect_err("it is many");
    assert_eq!(error.to_string(), "shop/ names many things; here one is asked about");
}

#[test]
fn the_default_namespace_decides_between_equal_names() {
    assert_eq!(
        found("cart"),
        "error: cart may mean batch/Job/cart or shop/Deployment/cart; hint: write more of it, for example batch/Job/cart"
    );
    assert_eq!(found_in("cart", Some("shop")), "shop/Deployment/cart");
    assert_eq!(found_in("job/cart", Some("shop")), "batch/Job/cart");
    assert_eq!(found_in("postgres", Some("shop")), "data/StatefulSet/postgres");
}

#[test]
fn a_namespace_may_be_called_like_a_kind() {
    // `deploy` is a namespace with a pod `web` here, and kubectl's word for Deployments.
    assert_eq!(
        found("deploy/web"),
        "error: deploy/web may mean deploy/Pod/web or shop/Deployment/web; hint: write more of it, for example \
         deploy/Pod/web"
    );
    assert_eq!(found("deploy/cart"), "shop/Deployment/cart");
}

#[test]
fn mistakes_are_met_with_what_was_meant() {
    assert_eq!(
        found("postgers"),
        "error: nothing is called postgers; hint: did you mean data/StatefulSet/postgres?"
    );
    assert_eq!(
        found("shop/postgres"),
        "error: nothing called shop/postgres in namespace shop; hint: did you mean data/StatefulSet/postgres?"
    );
    assert_eq!(
        found("sts/cart"),
        "error: nothing is called sts/cart; hint: did you mean batch/Job/cart or shop/Deployment/cart?"
    );
    assert_eq!(
        found("shpo/web"),
        "error: there is no namespace shpo; hint: did you mean shop?"
    );
    assert_eq!(
        found("example.com"),
        "error: nothing is called example.com; hint: for a domain name write fqdn:example.com"
    );
    assert_eq!(found("zzz"), "error: nothing is called zzz");
}

#[test]
fn what_can_be_no_name_is_refused_before_anything_is_read() {
    assert_eq!(
        found("a/b/c/d"),
        "error: \"a/b/c/d\" has too many parts: at most namespace/Kind/name"
    );
    assert_eq!(found("ip:10.0.0"), "error: \"10.0.0\" is no address");
    assert_eq!(
        found("netpol/web"),
        "error: a netpol is nothing that talks; name a workload, pod, Service, address, node or namespace"
    );
    assert!(found("/web").starts_with("error: \"/web\" names nothing"));
    assert!(found("").starts_with("error: \"\" names nothing"));
}
