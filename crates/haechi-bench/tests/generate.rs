//! Generated clusters are what was asked for, the same for the same seed, and YAML.

#![expect(clippy::unwrap_used, reason = "a test that cannot go on should stop")]

use std::collections::{BTreeMap, BTreeSet};

use haechi_bench::generate::{Cluster, Labels, Objects, Shape, ShapeError};
use haechi_bench::loaded::Loaded;
use saphyr_parser::{Event, Parser};

fn small() -> Shape {
    Shape {
        namespaces: 12,
        pods: 205,
        policies: 90,
        admin_policies: 7,
        label_keys: 2,
        ..Shape::default()
    }
}

fn text(shape: Shape) -> String {
    let mut out = Vec::new();
    Cluster::plan(shape).unwrap().write(&mut out).unwrap();
    String::from_utf8(out).unwrap()
}

/// A parsed document, as far as these tests look.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
enum Node {
    Text(String),
    List(Vec<Node>),
    Map(BTreeMap<String, Node>),
}

impl Node {
    fn at(&self, path: &str) -> Option<&Self> {
        path.split('.').try_fold(self, |node, key| match node {
            Self::Map(map) => map.get(key),
            Self::List(list) => list.get(key.parse::<usize>().ok()?),
            Self::Text(_) => None,
        })
    }

    fn text(&self, path: &str) -> &str {
        match self.at(path) {
            Some(Self::Text(text)) => text,
            other => panic!("{path} is {other:?} in {self:?}"),
        }
    }
}

fn parse(yaml: &str) -> Vec<Node> {
    let mut documents = Vec::new();
    let mut events = Parser::new_from_str(yaml).map(|event| event.expect("YAML").0);
    while let Some(event) = events.next() {
        if matches!(event, Event::DocumentStart(_)) {
            let first = events.next().unwrap();
            documents.push(node(first, &mut events));
        }
    }
    documents
}

fn node<'a>(event: Event<'a>, rest: &mut impl Iterator<Item = Event<'a>>) -> Node {
    match event {
        Event::Scalar(text, ..) => Node::Text(text.into_owned()),
        Event::SequenceStart(..) => {
            let mut list = Vec::new();
            loop {
                match rest.next().unwrap() {
                    Event::SequenceEnd => return Node::List(list),
                    item => list.push(node(item, rest)),
                }
            }
        }
        Event::MappingStart(..) => {
            let mut map = BTreeMap::new();
            loop {
                match rest.next().unwrap() {
                    Event::MappingEnd => return Node::Map(map),
                    Event::Scalar(key, ..) => {
                        let value = rest.next().unwrap();
                        let value = node(value, rest);
                        assert!(map.insert(key.to_string(), value).is_none(), "{key} twice");
                    }
                    other => panic!("{other:?} as a key"),
                }
            }
        }
        other => panic!("unexpected {other:?}"),
    }
}

fn count(documents: &[Node], kind: &str) -> usize {
    documents.iter().filter(|d| d.text("kind") == kind).count()
}

#[test]
fn holds_what_was_asked_for() {
    let documents = parse(&text(small()));
    assert_eq!(count(&documents, "Namespace"), 12);
    assert_eq!(count(&documents, "Pod"), 205);
    assert_eq!(count(&documents, "NetworkPolicy"), 90);
    assert_eq!(count(&documents, "AdminNetworkPolicy"), 7);
    assert_eq!(documents.len(), Cluster::plan(small()).unwrap().objects());

    let owners: BTreeSet<_> = documents
        .iter()
        .filter(|d| d.text("kind") == "Pod")
        .map(|d| (d.text("metadata.namespace"), d.text("metadata.ownerReferences.0.name")))
        .collect();
    assert_eq!(owners.len(), 21, "205 pods in tens");
}

#[test]
fn workloads_have_the_pods_as_replicas() {
    let documents = parse(&text(Shape {
        objects: Objects::Workloads,
        ..small()
    }));
    assert_eq!(count(&documents, "Pod"), 0);
    let replicas: usize = documents
        .iter()
        .filter(|d| d.at("spec.replicas").is_some())
        .map(|d| d.text("spec.replicas").parse::<usize>().unwrap())
        .sum();
    assert_eq!(replicas, 205);
}

#[test]
fn no_two_objects_share_a_name_and_no_two_pods_an_address() {
    for labels in [Labels::Workload, Labels::Random] {
        let documents = parse(&text(Shape {
            labels,
            pods: 3_000,
            ..small()
        }));
        let names: BTreeSet<_> = documents
            .iter()
            .map(|d| (d.text("kind"), d.at("metadata.namespace"), d.text("metadata.name")))
            .collect();
        assert_eq!(names.len(), documents.len());
        let addresses: BTreeSet<_> = documents.iter().filter_map(|d| d.at("status.podIP")).collect();
        assert_eq!(addresses.len(), 3_000);
    }
}

/// Labels of each pod that selectors of policies could look at, per namespace.
fn label_sets(labels: Labels) -> usize {
    let documents = parse(&text(Shape {
        labels,
        pods: 2_000,
        ..small()
    }));
    let sets: BTreeSet<_> = documents
        .iter()
        .filter(|d| d.text("kind") == "Pod")
        .map(|d| {
            let Some(Node::Map(labels)) = d.at("metadata.labels") else {
                panic!("no labels")
            };
            let mut labels = labels.clone();
            labels.retain(|key, _| !key.contains("pod"));
            (d.text("metadata.namespace"), labels)
        })
        .collect();
    sets.len()
}

#[test]
fn replicas_share_labels_unless_labels_are_random() {
    assert_eq!(label_sets(Labels::Workload), 200);
    assert!(label_sets(Labels::Random) > 1_980, "practically all of 2,000 differ");
}

#[test]
fn policies_obey_the_rules_of_the_api() {
    let documents = parse(&text(Shape {
        policies: 2_000,
        cidr_share: 40,
        ..small()
    }));
    let mut seen = BTreeSet::new();
    for policy in documents.iter().filter(|d| d.text("kind") == "NetworkPolicy") {
        assert!(policy.at("spec.podSelector").is_some());
        for (section, peers, name) in [("ingress", "from", "Ingress"), ("egress", "to", "Egress")] {
            let Some(Node::List(types)) = policy.at("spec.policyTypes") else {
                panic!("no types in {policy:?}")
            };
            let rules = policy.at(&format!("spec.{section}"));
            assert_eq!(rules.is_some(), types.contains(&Node::Text(name.to_owned())));
            let Some(Node::List(rules)) = rules else { continue };
            for rule in rules {
                let Some(Node::List(peers)) = rule.at(peers) else {
                    panic!("no peers in {policy:?}")
                };
                for peer in peers {
                    let Node::Map(peer) = peer else { panic!("{peer:?}") };
                    assert!(peer.len() == 1 || !peer.contains_key("ipBlock"), "a block stands alone");
                    seen.extend(peer.keys().cloned());
                }
                let Some(Node::List(ports)) = rule.at("ports") else {
                    continue;
                };
                for port in ports {
                    if port.at("endPort").is_some() {
                        let number = |key| port.text(key).parse::<u16>().unwrap();
                        assert!(number("port") <= number("endPort"));
                        seen.insert("endPort".to_owned());
                    }
                    if port.text("port").parse::<u16>().is_err() {
                        seen.insert("named port".to_owned());
                    }
                }
            }
        }
    }
    let yaml = text(Shape {
        policies: 2_000,
        ..small()
    });
    for operator in ["In", "NotIn", "Exists", "DoesNotExist"] {
        assert!(yaml.contains(&format!("operator: {operator}\n")), "{operator}");
    }
    let all = ["endPort", "ipBlock", "named port", "namespaceSelector", "podSelector"];
    assert_eq!(seen.iter().map(String::as_str).collect::<Vec<_>>(), all);
}

#[test]
fn same_seed_same_bytes() {
    // FNV-1a, which no release of a library will change.
    let hash = |shape| {
        text(shape).bytes().fold(0xcbf2_9ce4_8422_2325_u64, |hash, byte| {
            (hash ^ u64::from(byte)).wrapping_mul(0x0100_0000_01b3)
        })
    };
    assert_eq!(hash(small()), hash(small()));
    assert_ne!(hash(small()), hash(Shape { seed: 2, ..small() }));
    // A figure is only comparable with one for the same cluster: a change of this number makes old figures void.
    assert_eq!(hash(small()), 6_181_605_251_242_435_216);
}

#[test]
fn more_of_one_thing_leaves_the_others_alone() {
    let few = text(small());
    let many = text(Shape {
        policies: 120,
        admin_policies: 0,
        ..small()
    });
    let network_policies = few
        .split_inclusive("---\n")
        .filter(|d| !d.contains("kind: Admin"))
        .collect::<String>();
    assert!(many.starts_with(network_policies.trim_end_matches("---\n")));
}

#[test]
fn the_list_holds_the_same_policies() {
    let mut out = Vec::new();
    Cluster::plan(small()).unwrap().write_policy_list(&mut out).unwrap();
    let lists = parse(&String::from_utf8(out).unwrap());
    let [list] = lists.as_slice() else {
        panic!("{} documents", lists.len())
    };
    let policies: Vec<_> = parse(&text(small()))
        .into_iter()
        .filter(|d| d.text("kind") == "NetworkPolicy")
        .collect();
    assert_eq!(list.at("items"), Some(&Node::List(policies)));
}

#[test]
fn impossible_shapes_are_refused() {
    let refused = |shape| Cluster::plan(shape).unwrap_err();
    assert_eq!(refused(Shape { replicas: 0, ..small() }), ShapeError::NoReplicas);
    assert_eq!(
        refused(Shape { pods: 20, ..small() }),
        ShapeError::TooSmall {
            namespaces: 12,
            workloads: 2
        }
    );
    assert_eq!(
        refused(Shape {
            admin_policies: 1_001,
            ..small()
        }),
        ShapeError::TooManyAdminPolicies(1_001)
    );
    assert_eq!(refused(Shape { ports: 0, ..small() }), ShapeError::Ports(0));
    assert!(
        Cluster::plan(Shape {
            namespaces: 3,
            pods: 100,
            ..small()
        })
        .is_ok()
    );
}

#[test]
fn a_small_cluster_has_applications_with_policies_too() {
    for pods in [100, 300] {
        let documents = parse(&text(Shape::of_pods(pods)));
        let subjects: BTreeSet<_> = documents
            .iter()
            .filter(|d| d.text("kind") == "NetworkPolicy")
            .map(|d| d.text("metadata.namespace"))
            .collect();
        assert!(subjects.len() >= 3, "{subjects:?}");
        assert!(!subjects.contains("kube-system"), "{subjects:?}");
    }
}

#[test]
fn policies_open_ports_that_their_pods_have() {
    let documents = parse(&text(small()));
    let (mut had, mut all) = (0, 0);
    for policy in documents.iter().filter(|d| d.text("kind") == "NetworkPolicy") {
        if !policy.text("metadata.name").starts_with("from-app-") {
            continue;
        }
        let app = policy.text("spec.podSelector.matchLabels.app");
        let port = policy.text("spec.ingress.0.ports.0.port");
        all += 1;
        had += usize::from(documents.iter().any(|d| {
            d.text("kind") == "Pod"
                && d.text("metadata.labels.app") == app
                && d.text("metadata.namespace") == policy.text("metadata.namespace")
                && (0..5).any(|n| {
                    d.at(&format!("spec.containers.0.ports.{n}.containerPort"))
                        .is_some_and(|number| *number == Node::Text(port.to_owned()))
                })
        }));
    }
    assert!(all > 5);
    assert_eq!(had, all);
}

#[test]
fn the_pair_to_explain_is_in_one_namespace() {
    for objects in [Objects::Pods, Objects::Workloads] {
        let shape = Shape { objects, ..small() };
        let documents = parse(&text(shape.clone()));
        let (from, to) = Cluster::plan(shape).unwrap().some_pair();
        assert_ne!(from, to);
        let mut namespaces = BTreeSet::new();
        for id in [&from, &to] {
            let [namespace, kind, name] = id.split('/').collect::<Vec<_>>().try_into().unwrap();
            namespaces.insert(namespace);
            assert!(documents.iter().any(|d| {
                d.text("kind") == kind && d.text("metadata.name") == name && d.text("metadata.namespace") == namespace
            }));
        }
        assert_eq!(namespaces.len(), 1);
    }
}

#[test]
fn haechi_reads_it_without_a_word() {
    for (labels, objects) in [
        (Labels::Workload, Objects::Pods),
        (Labels::Random, Objects::Pods),
        (Labels::Workload, Objects::Workloads),
    ] {
        let shape = Shape {
            labels,
            objects,
            policies: 1_000,
            ..small()
        };
        let snapshot = haechi_source::read_texts(
            vec![("generated.yaml".to_owned(), text(shape.clone()))],
            &haechi_source::Options::default(),
        );
        assert!(snapshot.diagnostics.is_empty(), "{:?}", &snapshot.diagnostics[..1]);
        assert!(snapshot.unknown_kinds.is_empty());
        assert_eq!(snapshot.policies.len(), 1_007);
        let pods: u32 = snapshot.cluster.endpoints.iter().map(|e| e.count).sum();
        assert_eq!(pods as usize, shape.pods);
        let workloads = match labels {
            Labels::Workload => 21,
            Labels::Random => 205,
        };
        assert_eq!(snapshot.cluster.workloads.len(), workloads);
    }
}

#[test]
fn no_answer_hangs_on_the_data_plane() {
    // Otherwise analysers would rightly differ.
    for labels in [Labels::Workload, Labels::Random] {
        let loaded = Loaded::of(Shape {
            labels,
            policies: 1_000,
            admin_policies: 0,
            cidr_share: 60,
            ..small()
        })
        .unwrap();
        let counts = haechi_engine::count(&haechi_engine::compile(&loaded.cluster, &loaded.policies));
        assert_eq!(counts.pod_pairs.undefined, 0, "{counts:?}");
        assert!(
            counts.pod_pairs.allowed > 0 && counts.pod_pairs.denied > 0,
            "{counts:?}"
        );
    }
}
