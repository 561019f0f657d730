//! What stands on a picture of a policy.

use haechi_model::PortSet;
use haechi_policy::policy::Case;
use haechi_policy::{Action, Direction, Mode, NamedPort, Order, Peers, Ports, Rule, Tier, Ties};

use super::Subject;

/// What the picture is called.
pub(super) fn title(Subject { tier, policy }: Subject<'_>) -> String {
    let mut title = policy.id.to_string();
    if tier.ties != Ties::Agree {
        title.push_str(&format!(" · tier {}", tier.name));
        if policy.order != Order::LAST {
            title.push_str(&format!(", priority {}", policy.order));
        }
    }
    if policy.mode == Mode::Staged {
        title.push_str(" · staged, not enforced");
    }
    let silent: Vec<String> = Direction::BOTH
        .into_iter()
        .filter(|d| policy.rules(*d).is_none())
        .map(|d| d.to_string())
        .collect();
    if !silent.is_empty() {
        title.push_str(&format!(" · says nothing of {}", silent.join(" and ")));
    }
    title
}

/// What an edge says: the rule's number where that counts, its name, and the ports.
pub(super) fn rule(rule: &Rule, number: Option<usize>) -> String {
    let mut text = String::new();
    if let Some(number) = number {
        // The number stays with what follows.
        text.push_str(&format!("{number}.\u{a0}"));
    }
    if rule.action == Action::Log {
        text.push_str("log ");
    }
    match &rule.name {
        // A name is enough to tell where there is nothing to narrow.
        Some(name) if is_every_port(&rule.ports) => text.push_str(name),
        Some(name) => text.push_str(&format!("{name}: {}", ports(&rule.ports))),
        None => text.push_str(&ports(&rule.ports)),
    }
    if !rule.requests.is_empty() {
        text.push_str(", some requests");
    }
    if let Some(local) = &rule.local {
        let place = super::Place::of(local);
        text.push_str(&format!(", only {}", place.label));
    }
    text
}

fn ports(ports: &Ports) -> String {
    if is_every_port(ports) {
        return "every port".to_owned();
    }
    let mut parts = Vec::new();
    if !ports.numbers.is_empty() {
        parts.push(ports.numbers.to_string());
    }
    let name = |port: &NamedPort| {
        let name = match port.case {
            Case::Sensitive => port.name.to_string(),
            Case::Insensitive => port.name.to_lowercase(),
        };
        match port.protocol {
            Some(protocol) => format!("{protocol} {name}"),
            None => name,
        }
    };
    parts.extend(ports.named.iter().map(name));
    let mut text = if parts.is_empty() {
        "no port".to_owned()
    } else {
        parts.join("; ")
    };
    if !ports.except.is_empty() {
        let except: Vec<String> = ports.except.iter().map(name).collect();
        text.push_str(&format!(" except {}", except.join("; ")));
    }
    text
}

fn is_every_port(ports: &Ports) -> bool {
    PortSet::with_ports().is_subset(&ports.numbers) && ports.except.is_empty()
}

/// Whether a rule leaves nothing for others to match.
pub(super) fn is_everything(rule: &Rule) -> bool {
    rule.peers == Peers::Any
        && is_every_port(&rule.ports)
        && rule.requests.is_empty()
        && rule.local.is_none()
        && rule.action != Action::Log
}

/// What one should know of what a policy shuts out.
pub(super) fn elsewhere(tier: &Tier) -> &'static str {
    match tier.ties {
        // Policies of such a tier add up.
        Ties::Agree => "unless another policy allows it",
        _ => "unless another policy of the tier allows it",
    }
}

/// Who decides about what no rule matches.
pub(super) fn next(tier: &Tier) -> &'static str {
    match tier.name.as_str() {
        "Admin" => "NetworkPolicies decide, then the baseline",
        "Baseline" => "is allowed",
        _ => "other policies decide",
    }
}

/// `web · 3 pods`, `cart and catalog`, `5 workloads · 12 pods`.
pub(super) fn workloads(names: &[&str], pods: u64) -> String {
    let pods = match pods {
        1 => "1 pod".to_owned(),
        pods => format!("{pods} pods"),
    };
    match names {
        [] => "no workload here".to_owned(),
        [one] => format!("{one} · {pods}"),
        [a, b] => format!("{a}, {b} · {pods}"),
        several => format!("{} workloads · {pods}", several.len()),
    }
}
