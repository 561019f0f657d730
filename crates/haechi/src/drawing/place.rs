//! Where a condition's node stands, and what it is called.

use haechi_draw::NodeKind;
use haechi_model::cluster::METADATA_NAME;
use haechi_model::{Name, Selector};
use haechi_policy::policy::TextMatch;
use haechi_policy::{DomainPattern, Match, NamespaceMatch, Network, Term};

/// A node in the making.
#[derive(Debug)]
pub(super) struct Place {
    /// The box around it.
    pub(super) group: Option<String>,
    pub(super) label: String,
    pub(super) kind: NodeKind,
    pub(super) detail: String,
}

impl Place {
    /// What tells it from others.
    pub(super) fn id(&self) -> String {
        let group = self.group.as_deref().unwrap_or_default();
        format!("{group}: {} {}", self.label, self.detail)
    }

    pub(super) fn of(m: &Match) -> Self {
        let mut place = Self {
            group: None,
            label: String::new(),
            kind: NodeKind::Selector,
            detail: String::new(),
        };
        let mut parts = Vec::new();
        for term in &m.terms {
            match term {
                Term::Namespace(namespaces) if place.group.is_none() => place.group = Some(namespace(namespaces)),
                Term::Network(Network { cidr, except, .. }) => {
                    place.kind = NodeKind::External;
                    parts.push(cidr.to_string());
                    place.detail = list("except ", except);
                    if cidr.prefix_len() == 0 && except.is_empty() {
                        let family = if cidr.addr().is_ipv4() { "IPv4" } else { "IPv6" };
                        place.detail = format!("every {family} address");
                    }
                }
                Term::Node(selector) => {
                    place.kind = NodeKind::Node;
                    parts.push(node(selector));
                }
                Term::Domain(patterns) => {
                    place.kind = NodeKind::Domain;
                    parts.push(domains(patterns));
                }
                term => parts.push(condition(term)),
            }
        }
        place.label = match (parts.is_empty(), &place.group) {
            (false, _) => parts.join(" and "),
            (true, Some(_)) => "every pod".to_owned(),
            (true, None) => "everyone".to_owned(),
        };
        place
    }
}

/// `a, b`, with something in front unless there are none.
fn list<T: ToString>(front: &str, items: &[T]) -> String {
    let items: Vec<String> = items.iter().map(T::to_string).collect();
    if items.is_empty() {
        String::new()
    } else {
        format!("{front}{}", items.join(", "))
    }
}

fn namespace(namespaces: &NamespaceMatch) -> String {
    let names = |names: &[Name]| match names {
        [one] => format!("namespace {one}"),
        several => list("namespaces ", several),
    };
    match namespaces {
        NamespaceMatch::Named(name) => names(std::slice::from_ref(name)),
        NamespaceMatch::Labelled(selector) if selector.is_everything() => "any namespace".to_owned(),
        NamespaceMatch::Labelled(Selector::In(key, values)) if *key == METADATA_NAME => names(values),
        NamespaceMatch::Labelled(Selector::Not(inner)) => match &**inner {
            Selector::In(key, values) if *key == METADATA_NAME => list("any namespace but ", values),
            _ => format!("namespaces with !({inner})"),
        },
        NamespaceMatch::Labelled(selector) => format!("namespaces with {selector}"),
    }
}

fn node(selector: &Selector) -> String {
    if selector.is_everything() {
        "every node".to_owned()
    } else {
        format!("nodes with {selector}")
    }
}

fn domains(patterns: &[DomainPattern]) -> String {
    let texts: Vec<&str> = patterns.iter().map(|p| p.text.as_str()).collect();
    texts.join(", ")
}

/// A condition in words, wherever it stands.
fn condition(term: &Term) -> String {
    match term {
        Term::Namespace(namespaces) => format!("in {}", namespace(namespaces)),
        Term::Pod(selector) if selector.is_everything() => "every pod".to_owned(),
        Term::Pod(selector) => selector.to_string(),
        Term::ServiceAccount { names, labels } => match (names.is_empty(), labels.is_everything()) {
            (true, true) => "any service account".to_owned(),
            (true, false) => format!("service accounts with {labels}"),
            (false, true) => list("service account ", names),
            (false, false) => format!("{} with {labels}", list("service account ", names)),
        },
        Term::Node(selector) => node(selector),
        Term::Network(Network { cidr, except, .. }) => format!("{cidr}{}", list(" except ", except)),
        Term::Domain(patterns) => domains(patterns),
        Term::SecurityGroup(names) => list("security group ", names),
        Term::Principal(texts) => {
            let texts: Vec<String> = texts.iter().map(principal).collect();
            format!("identity {}", texts.join(" or "))
        }
        Term::Not(inner) => format!("not {}", condition(inner)),
    }
}

fn principal(text: &TextMatch) -> String {
    match text {
        TextMatch::Present => "any".to_owned(),
        TextMatch::Exact(text) => text.to_string(),
        TextMatch::Prefix(text) => format!("{text}*"),
        TextMatch::Suffix(text) => format!("*{text}"),
        TextMatch::Regex(text) => format!("/{text}/"),
    }
}
