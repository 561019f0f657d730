//! Rules and policies that Haechi proposes, in the words of their dialect.
//!
//! A dialect builds what it proposes as if it had read it, so that the rule that is proved and the
//! YAML that is shown are one thing.

use std::net::IpAddr;

use haechi_model::Profile;
use haechi_model::labels::Labels;
use haechi_model::name::Name;
use haechi_model::port::PortSet;

use crate::dialect::DIALECTS;
use crate::policy::{Action, Direction, Policy, Rule, TierKey};

/// A rule that is to be put into words.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Proposal {
    /// What it does.
    pub action: Action,
    /// Which way it speaks of connections.
    pub direction: Direction,
    /// The other ends, at least one.
    pub peers: Vec<ProposedPeer>,
    /// The destination's ports.
    pub ports: PortSet,
}

/// The other end of a proposed rule.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum ProposedPeer {
    /// The pods of one namespace that have these labels; all of them without any.
    Pods {
        /// The namespace.
        namespace: Name,
        /// The labels.
        labels: Labels,
    },
    /// One address.
    Address(IpAddr),
    /// What a domain name resolves to.
    Domain(Name),
}

/// A rule, and how one writes it.
#[derive(Clone, Debug)]
pub struct ProposedRule {
    /// The rule; it stands nowhere yet.
    pub rule: Rule,
    /// The rule as an entry of its list: `- from: …`.
    pub yaml: String,
}

/// A policy that is to be put into words: it isolates its subjects in its directions, and allows what its rules say.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ProposedSubject {
    /// The namespace.
    pub namespace: Name,
    /// The policy's name.
    pub name: Name,
    /// The labels of the pods that it selects; all of the namespace without any.
    pub labels: Labels,
    /// The direction in which it speaks.
    pub direction: Direction,
}

/// A policy, and how one writes it.
#[derive(Clone, Debug)]
pub struct ProposedPolicy {
    /// Its tier.
    pub tier: TierKey,
    /// The policy; it stands nowhere yet.
    pub policy: Policy,
    /// The policy as a document.
    pub yaml: String,
}

/// Puts a rule into the words of a policy that it could be added to; `None` if policies of that kind cannot say it.
#[must_use]
pub fn rule(policy: &Policy, proposal: &Proposal, profile: Profile) -> Option<ProposedRule> {
    DIALECTS
        .iter()
        .find_map(|dialect| dialect.propose_rule(policy, proposal, profile))
}

/// Puts a new policy into words; `None` if no dialect can say it.
#[must_use]
pub fn policy(subject: &ProposedSubject, rules: &[Proposal], profile: Profile) -> Option<ProposedPolicy> {
    DIALECTS
        .iter()
        .find_map(|dialect| dialect.propose_policy(subject, rules, profile))
}
