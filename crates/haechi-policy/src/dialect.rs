//! Dialects: the kinds of policy objects that Haechi reads.

use std::fmt;

use haechi_model::Profile;
use haechi_model::decode::Decoder;
use haechi_model::diagnostic::{Code, Diagnostic};
use haechi_model::document::Node;
use haechi_model::place::Location;

use crate::policy::{Policy, PolicyId, PolicySet};
use crate::propose::{Proposal, ProposedPolicy, ProposedRule, ProposedSubject};

mod admin;
mod cluster;
mod kubernetes;
mod prioritised;
mod upstream;
mod wording;

/// A policy has rules for a direction that it does not speak of.
pub const INERT_SECTION: Code = Code("HNP035");
/// The data plane of the profile does not read the kind.
pub const KIND_NOT_ENFORCED: Code = Code("HNP053");

/// A family of policy kinds that are read alike.
pub trait Dialect: fmt::Debug + Sync {
    /// Whether an object of this version and kind is one of the dialect's.
    fn reads(&self, api_version: &str, kind: &str) -> bool;

    /// Reads an object. `None` if it cannot be used at all, which `decoder` holds the reason of then.
    fn read(&self, object: Node<'_>, default_namespace: &str, decoder: &mut Decoder) -> Option<Box<dyn PolicyObject>>;

    /// Puts a rule into the words of `policy`; `None` if it is of another dialect, or cannot say it.
    fn propose_rule(&self, policy: &Policy, proposal: &Proposal, profile: Profile) -> Option<ProposedRule> {
        let _ = (policy, proposal, profile);
        None
    }

    /// Puts a policy that isolates its subjects into words; `None` if the dialect cannot say it.
    fn propose_policy(
        &self,
        subject: &ProposedSubject,
        rules: &[Proposal],
        profile: Profile,
    ) -> Option<ProposedPolicy> {
        let _ = (subject, rules, profile);
        None
    }
}

/// A policy as its dialect writes it, read and valid.
pub trait PolicyObject: fmt::Debug + Send + Sync {
    /// Who it is.
    fn id(&self) -> &PolicyId;

    /// Where it stands.
    fn location(&self) -> Location;

    /// Adds what it says under `profile` to `policies`, and what is wrong with it to `diagnostics`.
    fn lower(&self, profile: Profile, policies: &mut PolicySet, diagnostics: &mut Vec<Diagnostic>);
}

/// Every dialect.
pub const DIALECTS: &[&dyn Dialect] = &[&kubernetes::Kubernetes, &admin::Admin, &cluster::Cluster];

/// The dialect that reads objects of this version and kind.
#[must_use]
pub fn reading(api_version: &str, kind: &str) -> Option<&'static dyn Dialect> {
    DIALECTS.iter().copied().find(|d| d.reads(api_version, kind))
}

/// Lowers all objects to one representation, in the order in which it is asked.
pub fn lower(objects: &[Box<dyn PolicyObject>], profile: Profile, diagnostics: &mut Vec<Diagnostic>) -> PolicySet {
    let mut policies = PolicySet::default();
    for object in objects {
        object.lower(profile, &mut policies, diagnostics);
    }
    policies.sort();
    policies
}
