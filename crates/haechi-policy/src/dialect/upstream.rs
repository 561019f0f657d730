//! What the kinds of the Kubernetes projects share: their tiers, subjects, ports and actions.

use haechi_model::Profile;
use haechi_model::decode::{Decoder, Fields, closest};
use haechi_model::diagnostic::Severity;
use haechi_model::document::Node;
use haechi_model::labels::Selector;
use haechi_model::name::Name;
use haechi_model::port::Protocol;

use crate::policy::{Layer, Match, NamespaceMatch, Order, Term, TierKey, Ties};

/// A tier that Kubernetes itself defines; the numbers are Calico's for the same tiers.
#[derive(Clone, Copy, Debug)]
pub(super) struct UpstreamTier {
    name: &'static str,
    order: f64,
}

/// Admin policies.
pub(super) const ADMIN_TIER: UpstreamTier = UpstreamTier {
    name: "Admin",
    order: 1000.0,
};
/// NetworkPolicies.
pub(super) const NETWORK_POLICY_TIER: UpstreamTier = UpstreamTier {
    name: "NetworkPolicy",
    order: 1_000_000.0,
};
/// Baseline policies.
pub(super) const BASELINE_TIER: UpstreamTier = UpstreamTier {
    name: "Baseline",
    order: 10_000_000.0,
};

impl UpstreamTier {
    /// The tier of policies that only allow.
    pub(super) fn key(self) -> TierKey {
        self.with_ties(Ties::Agree)
    }

    /// The tier of policies with priorities: what equal ones do is the data plane's (rule 20).
    pub(super) fn prioritised(self, profile: Profile) -> TierKey {
        self.with_ties(match profile {
            Profile::Kubernetes => Ties::Unspecified,
            Profile::Calico => Ties::ByName,
            Profile::Cilium => Ties::Interleaved,
            Profile::Aws => Ties::ActionFirst,
            Profile::Haechi => Ties::Strictest,
        })
    }

    fn with_ties(self, ties: Ties) -> TierKey {
        TierKey {
            layer: Layer::NetworkPolicy,
            name: self.name.into(),
            order: Order::new(self.order),
            ties,
        }
    }
}

/// What `read` makes, unless it noted an error: an object that the API server would refuse is not used in part.
pub(super) fn whole<T>(decoder: &mut Decoder, read: impl FnOnce(&mut Decoder) -> Option<T>) -> Option<T> {
    let before = decoder.diagnostics.len();
    let object = read(decoder)?;
    let valid = decoder.diagnostics[before..]
        .iter()
        .all(|d| d.severity < Severity::Error);
    valid.then_some(object)
}

/// TCP, UDP or SCTP.
pub(super) fn protocol(node: Node<'_>, decoder: &mut Decoder) -> Option<Protocol> {
    let text = decoder.text(node)?;
    let found = Protocol::WITH_PORTS.into_iter().find(|p| p.name() == text);
    if found.is_none() {
        let hint = closest(text, Protocol::WITH_PORTS.map(Protocol::name));
        decoder
            .invalid(node, format!("no protocol is called {text:?} here"))
            .hint = Some(hint);
    }
    found
}

/// The name of a port: an [IANA service name](https://www.rfc-editor.org/rfc/rfc6335#section-5.1).
pub(super) fn port_name(node: Node<'_>, decoder: &mut Decoder) -> Option<Name> {
    let text = decoder.text(node)?;
    let valid = (1..=15).contains(&text.len())
        && text
            .bytes()
            .all(|b| b.is_ascii_lowercase() || b.is_ascii_digit() || b == b'-')
        && text.bytes().any(|b| b.is_ascii_lowercase())
        && !text.starts_with('-')
        && !text.ends_with('-')
        && !text.contains("--");
    if !valid {
        let diagnostic = decoder.invalid(node, format!("{text:?} is no name of a port"));
        diagnostic.hint = Some(if text.parse::<u16>().is_ok() {
            format!("leave the quotes out for the port number {text}")
        } else {
            "a port's name has at most 15 lower-case letters, digits and dashes, and a letter among them".to_owned()
        });
        return None;
    }
    Some(decoder.intern(text))
}

/// `namespaces` or `pods` of a subject or a peer.
#[derive(Debug)]
pub(super) enum Pods {
    /// Every pod of such namespaces.
    Namespaces(Selector),
    /// Such pods of such namespaces.
    Pods(Selector, Selector),
}

/// Whether `pods` needs a `namespaceSelector`.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum NamespacesOfPods {
    /// It does.
    Required,
    /// It does not, and without one it means every namespace.
    Optional,
}

impl Pods {
    /// Reads `namespaces` and `pods`, of which at most one may be there.
    pub(super) fn read(
        fields: &mut Fields<'_>,
        needed: NamespacesOfPods,
        decoder: &mut Decoder,
    ) -> Result<Option<Self>, Invalid> {
        match (fields.field("namespaces"), fields.field("pods")) {
            (Some(_), Some(pods)) => {
                decoder.invalid(pods, "pods beside namespaces is refused: exactly one may be there");
                Err(Invalid)
            }
            (Some(namespaces), None) => Ok(Some(Self::Namespaces(
                decoder.label_selector(namespaces).ok_or(Invalid)?,
            ))),
            (None, Some(pods)) => {
                let mut fields = Fields::of(pods, "a pods selector", decoder).ok_or(Invalid)?;
                let namespaces = match needed {
                    NamespacesOfPods::Required => Some(fields.required("namespaceSelector", decoder)),
                    NamespacesOfPods::Optional => fields.field("namespaceSelector").map(Some),
                };
                let pods = fields.required("podSelector", decoder);
                fields.finish(decoder);
                let namespaces = match namespaces {
                    Some(node) => node.and_then(|n| decoder.label_selector(n)),
                    None => Some(Selector::EVERYTHING),
                };
                let pods = pods.and_then(|n| decoder.label_selector(n));
                Ok(Some(Self::Pods(namespaces.ok_or(Invalid)?, pods.ok_or(Invalid)?)))
            }
            (None, None) => Ok(None),
        }
    }

    /// The terms that match these pods.
    pub(super) fn terms(&self) -> Vec<Term> {
        match self {
            Self::Namespaces(namespaces) => vec![Term::Namespace(NamespaceMatch::Labelled(namespaces.clone()))],
            Self::Pods(namespaces, pods) if pods.is_everything() => {
                vec![Term::Namespace(NamespaceMatch::Labelled(namespaces.clone()))]
            }
            Self::Pods(namespaces, pods) => {
                vec![
                    Term::Namespace(NamespaceMatch::Labelled(namespaces.clone())),
                    Term::Pod(pods.clone()),
                ]
            }
        }
    }
}

/// Something is invalid, which has been noted.
#[derive(Clone, Copy, Debug)]
pub(super) struct Invalid;

/// Reads `subject`.
pub(super) fn subject(spec: &mut Fields<'_>, needed: NamespacesOfPods, decoder: &mut Decoder) -> Option<Match> {
    let node = spec.required("subject", decoder)?;
    let mut fields = Fields::of(node, "a subject", decoder)?;
    let pods = Pods::read(&mut fields, needed, decoder).ok()?;
    let unknown = fields.has_unasked();
    fields.finish(decoder);
    let Some(pods) = pods else {
        if !unknown {
            decoder.invalid(node, "a subject needs namespaces or pods");
        }
        return None;
    };
    Some(Match {
        terms: pods.terms(),
        location: node.location(),
    })
}
