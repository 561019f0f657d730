//! A small cluster with policies, written from the fuzzer's bytes: every choice is a byte or two.
//!
//! Few names and few labels, so that selectors meet pods, ports meet rules and blocks hold addresses. What is written is
//! valid, so that whatever the reader holds against it is a fault of the reader's.

use std::fmt::Write as _;

use arbitrary::{Result, Unstructured};
use haechi_model::Profile;

/// Manifests, and the data plane to judge them for.
#[derive(Debug)]
pub struct Sketch {
    /// One YAML document an object.
    pub manifests: Vec<String>,
    /// Whose choices count.
    pub profile: Profile,
}

const NAMESPACES: [&str; 3] = ["east", "north", "west"];
const KEYS: [&str; 3] = ["app", "tier", "zone"];
const VALUES: [&str; 4] = ["a", "b", "c", "''"];
const PORT_NAMES: [&str; 3] = ["http", "dns", "db"];
const PROTOCOLS: [&str; 3] = ["TCP", "UDP", "SCTP"];
const BLOCKS: [&str; 10] = [
    "0.0.0.0/0",
    "10.0.0.0/8",
    "10.0.0.0/30",
    "10.0.0.2/32",
    "10.0.1.0/24",
    "192.168.0.0/24",
    "203.0.113.0/24",
    "'::/0'",
    "fd00::/64",
    "fd00::2/128",
];
const NODES: [&str; 2] = ["node-a", "node-b"];
const DOMAINS: [&str; 3] = ["example.com", "'*.example.com'", "api.example.com"];

impl Sketch {
    /// The sketch that these bytes are.
    pub fn draw(bytes: &mut Unstructured<'_>) -> Result<Self> {
        let profile = *bytes.choose(&Profile::ALL)?;
        let mut manifests = Vec::new();
        for name in NAMESPACES.iter().take(bytes.int_in_range(1..=3)?) {
            manifests.push(format!(
                "apiVersion: v1\nkind: Namespace\nmetadata: {{name: {name}, labels: {}}}\n",
                labels(bytes)?
            ));
        }
        for (index, name) in NODES.iter().enumerate().take(bytes.int_in_range(0..=2)?) {
            manifests.push(format!(
                "apiVersion: v1\nkind: Node\nmetadata: {{name: {name}, labels: {}}}\nstatus: {{addresses: \
                 [{{type: InternalIP, address: 192.168.0.{}}}]}}\n",
                labels(bytes)?,
                index + 1
            ));
        }
        for index in 0..bytes.int_in_range(1..=5)? {
            manifests.push(pod(index, bytes)?);
        }
        for index in 0..bytes.int_in_range(0..=2)? {
            manifests.push(deployment(index, bytes)?);
        }
        for index in 0..bytes.int_in_range(0..=4)? {
            manifests.push(match bytes.int_in_range(0..=5)? {
                0..=2 => network_policy(index, bytes)?,
                3 => admin_policy(index, bytes)?,
                4 if index == 0 => baseline_policy(bytes)?,
                _ => cluster_policy(index, bytes)?,
            });
        }
        Ok(Self { manifests, profile })
    }
}

fn pod(index: usize, bytes: &mut Unstructured<'_>) -> Result<String> {
    let mut text = format!(
        "apiVersion: v1\nkind: Pod\nmetadata: {{name: pod-{index}, namespace: {}, labels: {}}}\nspec:\n",
        bytes.choose(&NAMESPACES)?,
        labels(bytes)?
    );
    spec(bytes, "  ", &mut text)?;
    match bytes.int_in_range(0..=3)? {
        0 => {}
        1 | 2 => text += &format!("status: {{podIP: 10.0.{}.{}}}\n", index % 2, index + 1),
        _ => {
            text += &format!(
                "status: {{podIP: 10.0.0.{0}, podIPs: [{{ip: 10.0.0.{0}}}, {{ip: 'fd00::{0}'}}]}}\n",
                index + 1
            );
        }
    }
    Ok(text)
}

fn deployment(index: usize, bytes: &mut Unstructured<'_>) -> Result<String> {
    let mut text = format!(
        "apiVersion: apps/v1\nkind: Deployment\nmetadata: {{name: deploy-{index}, namespace: {}}}\nspec:\n  replicas: \
         {}\n  selector: {{matchLabels: {{run: d{index}}}}}\n  template:\n    metadata: {{labels: {}}}\n    spec:\n",
        bytes.choose(&NAMESPACES)?,
        bytes.int_in_range(0..=3)?,
        labels(bytes)?
            .replacen('{', &format!("{{run: d{index}, "), 1)
            .replace(", }", "}")
    );
    spec(bytes, "      ", &mut text)?;
    Ok(text)
}

/// A pod's spec: its node, network and containers.
fn spec(bytes: &mut Unstructured<'_>, indent: &str, text: &mut String) -> Result<()> {
    if bytes.ratio(1, 2)? {
        let _ = writeln!(text, "{indent}nodeName: {}", bytes.choose(&NODES)?);
    }
    if bytes.ratio(1, 8)? {
        let _ = writeln!(text, "{indent}hostNetwork: true");
    }
    let _ = writeln!(
        text,
        "{indent}containers:\n{indent}- name: main\n{indent}  image: example/main"
    );
    let mut names = PORT_NAMES.to_vec();
    let mut ports = Vec::new();
    for _ in 0..bytes.int_in_range(0..=2)? {
        let name = names.remove(bytes.int_in_range(0..=names.len() - 1)?);
        ports.push(format!(
            "{{name: {name}, containerPort: {}, protocol: {}}}",
            number(bytes)?,
            bytes.choose(&PROTOCOLS)?
        ));
    }
    if !ports.is_empty() {
        let _ = writeln!(text, "{indent}  ports: [{}]", ports.join(", "));
    }
    Ok(())
}

fn network_policy(index: usize, bytes: &mut Unstructured<'_>) -> Result<String> {
    let mut text = format!(
        "apiVersion: networking.k8s.io/v1\nkind: NetworkPolicy\nmetadata: {{name: np-{index}, namespace: {}}}\nspec:\n  \
         podSelector: {}\n",
        bytes.choose(&NAMESPACES)?,
        selector(bytes)?
    );
    match bytes.int_in_range(0..=3)? {
        0 => {}
        1 => text += "  policyTypes: [Ingress]\n",
        2 => text += "  policyTypes: [Egress]\n",
        _ => text += "  policyTypes: [Ingress, Egress]\n",
    }
    for (section, peers) in [("ingress", "from"), ("egress", "to")] {
        if bytes.ratio(1, 3)? {
            continue;
        }
        let mut rules = Vec::new();
        for _ in 0..bytes.int_in_range(0..=2)? {
            let mut parts = Vec::new();
            let listed = list(bytes, 2, |bytes| match bytes.int_in_range(0..=3)? {
                0 => Ok(format!("{{podSelector: {}}}", selector(bytes)?)),
                1 => Ok(format!("{{namespaceSelector: {}}}", selector(bytes)?)),
                2 => Ok(format!(
                    "{{namespaceSelector: {}, podSelector: {}}}",
                    selector(bytes)?,
                    selector(bytes)?
                )),
                _ => block(bytes),
            })?;
            parts.extend(listed.map(|listed| format!("{peers}: {listed}")));
            parts.extend(list(bytes, 2, network_policy_port)?.map(|listed| format!("ports: {listed}")));
            rules.push(format!("{{{}}}", parts.join(", ")));
        }
        let _ = writeln!(text, "  {section}: [{}]", rules.join(", "));
    }
    Ok(text)
}

fn block(bytes: &mut Unstructured<'_>) -> Result<String> {
    let (cidr, inside): (_, &[&str]) = match bytes.int_in_range(0..=3)? {
        0 => ("0.0.0.0/0", &["10.0.0.0/8", "203.0.113.0/25", "10.0.0.2/32"]),
        1 => ("10.0.0.0/8", &["10.0.0.0/30", "10.0.1.0/24"]),
        2 => ("'::/0'", &["fd00::/64"]),
        _ => (*bytes.choose(&BLOCKS)?, &[]),
    };
    let except = if inside.is_empty() || bytes.ratio(1, 3)? {
        String::new()
    } else {
        format!(", except: [{}]", bytes.choose(inside)?)
    };
    Ok(format!("{{ipBlock: {{cidr: {cidr}{except}}}}}"))
}

fn network_policy_port(bytes: &mut Unstructured<'_>) -> Result<String> {
    let protocol = bytes.choose(&PROTOCOLS)?;
    Ok(match bytes.int_in_range(0..=4)? {
        0 => "{}".to_owned(),
        1 => format!("{{protocol: {protocol}}}"),
        2 => format!("{{protocol: {protocol}, port: {}}}", bytes.choose(&PORT_NAMES)?),
        3 => {
            let (start, end) = range(bytes)?;
            format!("{{protocol: {protocol}, port: {start}, endPort: {end}}}")
        }
        _ => format!("{{protocol: {protocol}, port: {}}}", number(bytes)?),
    })
}

fn admin_policy(index: usize, bytes: &mut Unstructured<'_>) -> Result<String> {
    let mut text = format!(
        "apiVersion: policy.networking.k8s.io/v1alpha1\nkind: AdminNetworkPolicy\nmetadata: {{name: anp-{index}}}\nspec:\n  \
         priority: {}\n",
        bytes.int_in_range(0..=2)?
    );
    prioritised(bytes, &["Allow", "Deny", "Pass"], "ports", admin_port, &mut text)?;
    Ok(text)
}

fn baseline_policy(bytes: &mut Unstructured<'_>) -> Result<String> {
    let mut text = "apiVersion: policy.networking.k8s.io/v1alpha1\nkind: BaselineAdminNetworkPolicy\nmetadata: {name: \
                    default}\nspec:\n"
        .to_owned();
    prioritised(bytes, &["Allow", "Deny"], "ports", admin_port, &mut text)?;
    Ok(text)
}

fn cluster_policy(index: usize, bytes: &mut Unstructured<'_>) -> Result<String> {
    let mut text = format!(
        "apiVersion: policy.networking.k8s.io/v1alpha2\nkind: ClusterNetworkPolicy\nmetadata: {{name: cnp-{index}}}\nspec:\n  \
         tier: {}\n  priority: {}\n",
        bytes.choose(&["Admin", "Baseline"])?,
        bytes.int_in_range(0..=2)?
    );
    prioritised(bytes, &["Accept", "Deny", "Pass"], "protocols", cluster_port, &mut text)?;
    Ok(text)
}

type Port = fn(&mut Unstructured<'_>, Naming) -> Result<String>;

/// Whether a rule may name ports.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Naming {
    Allowed,
    Forbidden,
}

fn prioritised(
    bytes: &mut Unstructured<'_>,
    actions: &[&str],
    ports_key: &str,
    port: Port,
    text: &mut String,
) -> Result<()> {
    let _ = writeln!(text, "  subject: {}", pods_peer(bytes)?);
    for (section, peers_key) in [("ingress", "from"), ("egress", "to")] {
        let mut rules = Vec::new();
        for _ in 0..bytes.int_in_range(0..=2)? {
            let action = *bytes.choose(actions)?;
            let mut naming = Naming::Allowed;
            let mut peers = Vec::new();
            for _ in 0..bytes.int_in_range(1..=2)? {
                let peer = match (section, bytes.int_in_range(0..=5)?) {
                    ("egress", 3) => format!("{{networks: [{}]}}", bytes.choose(&BLOCKS)?),
                    ("egress", 4) => format!("{{nodes: {}}}", selector(bytes)?),
                    ("egress", 5) if action == "Accept" => format!("{{domainNames: [{}]}}", bytes.choose(&DOMAINS)?),
                    _ => {
                        peers.push(pods_peer(bytes)?);
                        continue;
                    }
                };
                naming = Naming::Forbidden;
                peers.push(peer);
            }
            let ports = list(bytes, 2, |bytes| port(bytes, naming))?;
            let ports = ports
                .filter(|list| list != "[]")
                .map_or_else(String::new, |list| format!(", {ports_key}: {list}"));
            rules.push(format!(
                "{{action: {action}, {peers_key}: [{}]{ports}}}",
                peers.join(", ")
            ));
        }
        if !rules.is_empty() {
            let _ = writeln!(text, "  {section}: [{}]", rules.join(", "));
        }
    }
    Ok(())
}

fn pods_peer(bytes: &mut Unstructured<'_>) -> Result<String> {
    Ok(if bytes.ratio(1, 2)? {
        format!("{{namespaces: {}}}", selector(bytes)?)
    } else {
        format!(
            "{{pods: {{namespaceSelector: {}, podSelector: {}}}}}",
            selector(bytes)?,
            selector(bytes)?
        )
    })
}

fn admin_port(bytes: &mut Unstructured<'_>, naming: Naming) -> Result<String> {
    let protocol = bytes.choose(&PROTOCOLS)?;
    Ok(match bytes.int_in_range(0..=2)? {
        0 if naming == Naming::Allowed => format!("{{namedPort: {}}}", bytes.choose(&PORT_NAMES)?),
        1 => {
            let (start, end) = range(bytes)?;
            format!("{{portRange: {{protocol: {protocol}, start: {start}, end: {end}}}}}")
        }
        _ => format!("{{portNumber: {{protocol: {protocol}, port: {}}}}}", number(bytes)?),
    })
}

fn cluster_port(bytes: &mut Unstructured<'_>, naming: Naming) -> Result<String> {
    let protocol = bytes.choose(&["tcp", "udp", "sctp"])?;
    Ok(match bytes.int_in_range(0..=3)? {
        0 if naming == Naming::Allowed => format!("{{destinationNamedPort: {}}}", bytes.choose(&PORT_NAMES)?),
        1 => {
            let (start, end) = range(bytes)?;
            format!("{{{protocol}: {{destinationPort: {{range: {{start: {start}, end: {end}}}}}}}}}")
        }
        2 => format!("{{{protocol}: {{}}}}"),
        _ => format!("{{{protocol}: {{destinationPort: {{number: {}}}}}}}", number(bytes)?),
    })
}

/// `None` to leave the field out, else a list in brackets.
fn list(
    bytes: &mut Unstructured<'_>,
    most: usize,
    mut entry: impl FnMut(&mut Unstructured<'_>) -> Result<String>,
) -> Result<Option<String>> {
    let length = bytes.int_in_range(0..=most + 1)?;
    let Some(length) = length.checked_sub(1) else {
        return Ok(None);
    };
    let entries = (0..length).map(|_| entry(bytes)).collect::<Result<Vec<_>>>()?;
    Ok(Some(format!("[{}]", entries.join(", "))))
}

fn labels(bytes: &mut Unstructured<'_>) -> Result<String> {
    let mut pairs = Vec::new();
    for key in KEYS {
        if bytes.ratio(1, 2)? {
            pairs.push(format!("{key}: {}", bytes.choose(&VALUES)?));
        }
    }
    Ok(format!("{{{}}}", pairs.join(", ")))
}

fn selector(bytes: &mut Unstructured<'_>) -> Result<String> {
    let key = bytes.choose(&KEYS)?;
    let value = bytes.choose(&VALUES)?;
    Ok(match bytes.int_in_range(0..=7)? {
        0 | 1 => "{}".to_owned(),
        2 => format!(
            "{{matchLabels: {{kubernetes.io/metadata.name: {}}}}}",
            bytes.choose(&NAMESPACES)?
        ),
        3 => format!("{{matchExpressions: [{{key: {key}, operator: Exists}}]}}"),
        4 => format!("{{matchExpressions: [{{key: {key}, operator: DoesNotExist}}]}}"),
        5 => format!("{{matchExpressions: [{{key: {key}, operator: NotIn, values: [{value}]}}]}}"),
        6 => format!(
            "{{matchLabels: {{{key}: {value}}}, matchExpressions: [{{key: {}, operator: In, values: [a, {}]}}]}}",
            bytes.choose(&KEYS)?,
            bytes.choose(&VALUES)?
        ),
        _ => format!("{{matchLabels: {{{key}: {value}}}}}"),
    })
}

fn number(bytes: &mut Unstructured<'_>) -> Result<u16> {
    Ok(*bytes.choose(&[80, 53, 443, 1, 65_535])?)
}

/// The ends of a range, the first the smaller.
fn range(bytes: &mut Unstructured<'_>) -> Result<(u16, u16)> {
    Ok(*bytes.choose(&[(1, 65_535), (80, 81), (50, 100), (443, 8_443), (65_534, 65_535)])?)
}
