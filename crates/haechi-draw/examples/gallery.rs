//! Draws a shop of forty workloads in a dozen namespaces: `cargo run --example gallery FOLDER`.

use std::error::Error;
use std::path::PathBuf;
use std::time::Instant;

use haechi_draw::{Edge, EdgeStyle, Emphasis, Graph, Group, Node, NodeKind, Theme};

fn main() -> Result<(), Box<dyn Error>> {
    let folder = PathBuf::from(std::env::args().nth(1).unwrap_or_else(|| ".".into()));
    for (name, graph) in [
        ("shop", shop()?),
        ("flat", flat()?),
        ("change", change()?),
        ("open", open()?),
        ("large", large()?),
    ] {
        let begin = Instant::now();
        std::fs::write(
            folder.join(format!("{name}.svg")),
            haechi_draw::svg(&graph, &Theme::Auto)?,
        )?;
        let drawn = begin.elapsed();
        std::fs::write(folder.join(format!("{name}.dot")), haechi_draw::dot(&graph))?;
        std::fs::write(folder.join(format!("{name}.mmd")), haechi_draw::mermaid(&graph))?;
        #[cfg(feature = "png")]
        {
            let scale = if graph.nodes().len() > 100 { 0.5 } else { 1.5 };
            std::fs::write(
                folder.join(format!("{name}.png")),
                haechi_draw::png(&graph, &Theme::Light, scale)?,
            )?;
            if name == "change" {
                std::fs::write(folder.join("dark.png"), haechi_draw::png(&graph, &Theme::Dark, scale)?)?;
            }
        }
        println!(
            "{name}: {} nodes, {} edges in {drawn:?}",
            graph.nodes().len(),
            graph.edges().len()
        );
    }
    Ok(())
}

/// Namespaces with their workloads.
const SHOP: [(&str, &str); 12] = [
    ("ingress-nginx", "controller"),
    ("web", "storefront admin assets"),
    ("cart", "api worker redis"),
    ("catalog", "api search indexer postgres"),
    ("orders", "api worker postgres outbox"),
    ("payments", "api fraud-check ledger vault-agent"),
    ("shipping", "api label-printer tracker"),
    ("accounts", "api sessions postgres"),
    ("messaging", "kafka zookeeper schema-registry"),
    ("notifications", "mailer sms-gateway templates"),
    ("monitoring", "prometheus grafana alertmanager loki"),
    ("kube-system", "coredns metrics-server"),
];

const TALK: &str = "
    internet > ingress-nginx/controller : TCP 80, 443
    ingress-nginx/controller > web/storefront web/admin web/assets : TCP 8080
    web/storefront > cart/api catalog/api orders/api accounts/api : TCP 8080
    web/admin > catalog/api orders/api shipping/api accounts/api : TCP 8080
    cart/api > cart/redis : TCP 6379
    cart/worker > cart/redis : TCP 6379
    cart/worker > messaging/kafka : TCP 9092
    cart/api > catalog/api : TCP 8080
    catalog/api > catalog/search : TCP 9200
    catalog/api > catalog/postgres : TCP 5432
    catalog/indexer > catalog/search : TCP 9200
    catalog/indexer > catalog/postgres : TCP 5432
    catalog/indexer > messaging/kafka : TCP 9092
    orders/api > orders/postgres : TCP 5432
    orders/worker > orders/postgres : TCP 5432
    orders/outbox > orders/postgres : TCP 5432
    orders/outbox > messaging/kafka : TCP 9092
    orders/api > payments/api : TCP 8443
    orders/worker > shipping/api : TCP 8080
    payments/api > payments/fraud-check payments/ledger : TCP 8080
    payments/api > payments/vault-agent : TCP 8200
    payments/fraud-check > payments/vault-agent : TCP 8200
    payments/api > bank : TCP 443
    shipping/api > shipping/label-printer : TCP 9100
    shipping/tracker > carriers : TCP 443
    shipping/tracker > messaging/kafka : TCP 9092
    accounts/api > accounts/sessions : TCP 6379
    accounts/api > accounts/postgres : TCP 5432
    messaging/kafka > messaging/kafka : TCP 9093
    messaging/kafka > messaging/zookeeper : TCP 2181
    messaging/schema-registry > messaging/kafka : TCP 9092
    notifications/mailer > messaging/kafka : TCP 9092
    notifications/sms-gateway > messaging/kafka : TCP 9092
    notifications/mailer > notifications/templates : TCP 8080
    notifications/sms-gateway > notifications/templates : TCP 8080
    notifications/mailer > smtp : TCP 587
    monitoring/grafana > monitoring/prometheus : TCP 9090
    monitoring/grafana > monitoring/loki : TCP 3100
    monitoring/prometheus > monitoring/alertmanager : TCP 9093
    monitoring/prometheus > cart/api orders/api payments/api messaging/kafka kube-system/coredns : TCP 9153
    web/storefront cart/api orders/api payments/api shipping/tracker notifications/mailer > kube-system/coredns : UDP 53, TCP 53
    payments/fraud-check > accounts/api ? TCP 8080
    accounts/api > cart/api : TCP 8080
";

fn shop() -> Result<Graph, Box<dyn Error>> {
    let mut groups = Vec::new();
    let mut nodes = vec![
        Node::new("internet", "0.0.0.0/0", NodeKind::External).with_detail("anywhere"),
        Node::new("bank", "203.0.113.0/24", NodeKind::External).with_detail("the bank"),
        Node::new("carriers", "api.carriers.example", NodeKind::Domain),
        Node::new("smtp", "smtp.mail.example", NodeKind::Domain),
    ];
    for (namespace, workloads) in SHOP {
        groups.push(Group::new(namespace, namespace));
        for (index, workload) in workloads.split(' ').enumerate() {
            let detail = match workload {
                "postgres" | "kafka" | "zookeeper" | "redis" => "StatefulSet · 3 pods",
                "coredns" => "Deployment · 2 pods",
                _ => ["Deployment · 3 pods", "Deployment · 1 pod"][index % 2],
            };
            let emphasis = if namespace == "payments" {
                Emphasis::Strong
            } else {
                Emphasis::Normal
            };
            let node = Node::new(format!("{namespace}/{workload}"), workload, NodeKind::Workload);
            nodes.push(node.in_group(namespace).with_detail(detail).with_emphasis(emphasis));
        }
    }
    let mut edges = Vec::new();
    for line in TALK.lines().map(str::trim).filter(|line| !line.is_empty()) {
        let (ends, label, style) = match line.split_once(" : ") {
            Some((ends, label)) => (ends, label, EdgeStyle::Allowed),
            None => {
                let (ends, label) = line.split_once(" ? ").ok_or("a line without ports")?;
                (ends, label, EdgeStyle::Undefined)
            }
        };
        let (from, to) = ends.split_once(" > ").ok_or("a line without an arrow")?;
        for from in from.split(' ') {
            edges.extend(to.split(' ').map(|to| Edge::new(from, to, label, style)));
        }
    }
    Ok(Graph::new("Who may talk to whom in the shop", groups, nodes, edges)?)
}

/// The shop in a single namespace.
fn flat() -> Result<Graph, Box<dyn Error>> {
    let shop = shop()?;
    let nodes = shop.nodes().iter().map(|node| match &node.group {
        Some(_) => Node {
            group: Some("shop".into()),
            label: node.id.replace('/', "-"),
            ..node.clone()
        },
        None => node.clone(),
    });
    Ok(Graph::new(
        "One namespace",
        vec![Group::new("shop", "shop")],
        nodes.collect(),
        shop.edges().to_vec(),
    )?)
}

/// A small picture with every style, and Korean.
fn change() -> Result<Graph, Box<dyn Error>> {
    let groups = vec![Group::new("a", "앞단 (frontend)"), Group::new("b", "뒷단 (backend)")];
    let nodes = vec![
        Node::new("외부", "인터넷", NodeKind::External).with_detail("0.0.0.0/0"),
        Node::new("웹", "웹 서버", NodeKind::Workload)
            .in_group("a")
            .with_detail("Deployment · 파드 3개"),
        Node::new("api", "api", NodeKind::Service)
            .in_group("a")
            .with_detail("Service"),
        Node::new("장바구니", "장바구니", NodeKind::Workload)
            .in_group("b")
            .with_detail("파드 2개"),
        Node::new("db", "postgres-0", NodeKind::Pod)
            .in_group("b")
            .with_emphasis(Emphasis::Strong),
        Node::new("job", "nightly-report-generator-with-a-long-name", NodeKind::Workload)
            .in_group("b")
            .with_emphasis(Emphasis::Muted),
        Node::new("p", "default-deny", NodeKind::Policy)
            .in_group("b")
            .with_detail("NetworkPolicy"),
        Node::new("n", "node-1", NodeKind::Node),
        Node::new("s", "app = 해치", NodeKind::Selector).in_group("b"),
    ];
    let edges = vec![
        Edge::new("외부", "웹", "TCP 443", EdgeStyle::Allowed),
        Edge::new("웹", "api", "TCP 8080", EdgeStyle::Changed),
        Edge::new("api", "장바구니", "TCP 8080", EdgeStyle::Added),
        Edge::new("장바구니", "api", "TCP 9090", EdgeStyle::Removed),
        Edge::new("장바구니", "db", "TCP 5432", EdgeStyle::Allowed),
        Edge::new("job", "db", "TCP 5432", EdgeStyle::Denied),
        Edge::new("웹", "db", "TCP 5432", EdgeStyle::Undefined),
        Edge::new("db", "db", "모든 포트", EdgeStyle::Allowed),
        Edge::new("n", "db", "", EdgeStyle::Allowed),
        Edge::new(
            "s",
            "job",
            "TCP 1-79, 81-442, 444-65535; UDP 53; SCTP 1-65535",
            EdgeStyle::Allowed,
        ),
    ];
    Ok(Graph::new(
        "무엇이 바뀌는가: main → feature/cart",
        groups,
        nodes,
        edges,
    )?)
}

/// Ten workloads that may all talk to each other.
fn open() -> Result<Graph, Box<dyn Error>> {
    let nodes: Vec<Node> = (0..10)
        .map(|index| Node::new(format!("w{index}"), format!("workload-{index}"), NodeKind::Workload).in_group("open"))
        .collect();
    let mut edges = Vec::new();
    for from in &nodes {
        edges.extend(
            nodes
                .iter()
                .map(|to| Edge::new(&from.id, &to.id, "all", EdgeStyle::Allowed)),
        );
    }
    Ok(Graph::new(
        "No policies at all",
        vec![Group::new("open", "default")],
        nodes,
        edges,
    )?)
}

/// 300 nodes and 1,500 edges that no person would draw.
fn large() -> Result<Graph, Box<dyn Error>> {
    let mut seed = 42_u64;
    let mut random = |below: u64| {
        seed = seed
            .wrapping_mul(6_364_136_223_846_793_005)
            .wrapping_add(1_442_695_040_888_963_407);
        (seed >> 33) % below
    };
    let groups = (0..25)
        .map(|index| Group::new(format!("g{index}"), format!("namespace-{index}")))
        .collect();
    let nodes = (0..300)
        .map(|index| {
            let node = Node::new(format!("w{index}"), format!("workload-{index}"), NodeKind::Workload);
            node.in_group(format!("g{}", index % 25))
                .with_detail("Deployment · 3 pods")
        })
        .collect();
    let edges = (0..1500)
        .map(|_| {
            let (from, to) = (format!("w{}", random(300)), format!("w{}", random(300)));
            Edge::new(from, to, format!("TCP {}", 8000 + random(40)), EdgeStyle::Allowed)
        })
        .collect();
    Ok(Graph::new("Large", groups, nodes, edges)?)
}
