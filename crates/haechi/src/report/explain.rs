//! `haechi explain -o json`.

use schemars::JsonSchema;
use serde::Serialize;

use super::{PortRange, SchemaVersion, Versioned};

/// Why one may talk to another, or may not, and what would change it.
#[derive(Clone, Debug, Serialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub struct Explain {
    /// The version of this schema.
    pub schema_version: SchemaVersion<Explain>,
    /// The profile that the policies were read under: the data plane that enforces them.
    pub profile: String,
    /// Who begins to talk.
    pub from: End,
    /// Who is talked to.
    pub to: End,
    /// The port that was asked about, as it was asked; left out where every port was.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub port: Option<String>,
    /// The verdict, all in all.
    pub verdict: Verdict,
    /// The ways that connections may take: one, or one for each backend and port of a Service.
    pub paths: Vec<Path>,
    /// What else one should know.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub notes: Vec<String>,
}

impl Versioned for Explain {
    const VERSION: &'static str = "haechi.dev/explain/v1";
}

/// Someone who was named.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub struct End {
    /// `namespace/Kind/name`, an address, `Node/NAME`, or `fqdn:NAME`.
    pub id: String,
    /// What it is.
    pub kind: EndKind,
}

/// What an end is.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub enum EndKind {
    /// All pods of one owner.
    Workload,
    /// One pod.
    Pod,
    /// What answers behind a Service.
    Service,
    /// An address outside of the cluster.
    Address,
    /// A machine of the cluster, by its addresses.
    Node,
    /// What a domain name resolves to.
    Domain,
}

/// What becomes of connections.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub enum Verdict {
    /// They are let by.
    Allow,
    /// They are stopped.
    Deny,
    /// The data plane decides, and nobody said which one it is.
    Undefined,
    /// Some are this, some that: ports, pods or backends differ.
    Mixed,
}

/// A way that connections may take.
#[derive(Clone, Debug, Serialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub struct Path {
    /// Who answers: the destination itself, or one behind the Service.
    pub to: End,
    /// The Service's port that is dialled.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub service_port: Option<ServicePort>,
    /// The ports on which the one who answers is asked about.
    pub ports: Vec<PortRange>,
    /// The verdict on them.
    pub verdict: Verdict,
    /// Pods that fare alike, and why.
    pub groups: Vec<Group>,
}

/// A port of a Service, and where it leads.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub struct ServicePort {
    /// Its name.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub name: Option<String>,
    /// The port that clients dial.
    pub port: PortRange,
    /// The port of the backend that answers.
    pub target: u16,
}

/// Pairs of pods, or other ends, that fare alike.
#[derive(Clone, Debug, Serialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub struct Group {
    /// Those that begin to talk, by id.
    pub from: Vec<String>,
    /// Those that are talked to, by id.
    pub to: Vec<String>,
    /// How many pairs of pods there are.
    pub pairs: u64,
    /// The verdict on the ports that are asked about.
    pub verdict: Verdict,
    /// Those of the ports that are allowed.
    pub allowed: Vec<PortRange>,
    /// Those that hang on the data plane.
    pub undefined: Vec<PortRange>,
    /// Why they do.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub reasons: Vec<Reason>,
    /// What holds whatever policies say.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub exempt: Option<Exempt>,
    /// What the policies of the one who begins make of it.
    pub egress: Judgement,
    /// What the policies of the one who is talked to make of it.
    pub ingress: Judgement,
    /// What each other profile makes of it, where it hangs on the data plane.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub profiles: Vec<UnderProfile>,
    /// What would flip the verdict.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub flip: Option<Flip>,
}

/// Why a verdict hangs on the data plane.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub struct Reason {
    /// A word that stays the same.
    pub code: &'static str,
    /// The reason.
    pub text: String,
}

/// Why policies are not asked.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub enum Exempt {
    /// They are one pod, which always reaches itself.
    Itself,
    /// They are a pod and its own node, which always reach each other.
    OwnNode,
    /// They may be a pod and its own node: no object says on which node the pod runs.
    MaybeOwnNode,
}

/// What one end's policies make of connections.
#[derive(Clone, Debug, Serialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub struct Judgement {
    /// The end, by id.
    pub end: String,
    /// The verdict.
    pub verdict: Verdict,
    /// Why no policy can select the end.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub no_subject: Option<NoSubject>,
    /// The tiers that have a policy that selects the end, in the order in which they are asked.
    pub tiers: Vec<Tier>,
}

/// Why no policy can select an end.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub enum NoSubject {
    /// It uses its node's network.
    HostNetwork,
    /// It is no pod of this cluster.
    Outside,
}

/// A tier of policies.
#[derive(Clone, Debug, Serialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub struct Tier {
    /// Its name.
    pub name: String,
    /// Its policies that select the end and speak of the direction, in the order in which they are asked.
    pub policies: Vec<Policy>,
}

/// A policy that selects an end.
#[derive(Clone, Debug, Serialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub struct Policy {
    /// `namespace/Kind/name`, or `Kind/name` without a namespace.
    pub id: String,
    /// Where it stands.
    pub source: Source,
    /// Whether the verdict hangs on it.
    pub matters: bool,
    /// Whether it shuts the end to what no rule of its tier matches.
    pub isolates: bool,
    /// What it had to do with the ports that are asked about.
    pub parts: Vec<Part>,
}

/// What a policy had to do with some ports.
#[derive(Clone, Debug, Serialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub struct Part {
    /// What it did.
    pub role: Role,
    /// The ports.
    pub ports: Vec<PortRange>,
    /// The rules that did it.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub rules: Vec<Rule>,
    /// The ports on which its rules match the other end.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub matches: Vec<PortRange>,
}

/// What a policy did.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub enum Role {
    /// A rule of it decided.
    Decides,
    /// A rule of it left the ports to the next tier.
    Passes,
    /// Rules of it may decide: that hangs on the data plane.
    MayDecide,
    /// It shuts the end to what no rule matches, and none does.
    Isolates,
    /// A rule of it speaks of the ports, too, but something before it decided.
    Late,
    /// A rule of it may match, and the verdict is the same if it does not.
    Either,
    /// Rules of it match the other end on other ports alone.
    OtherPorts,
    /// None of its rules matches the other end.
    OtherPeers,
    /// It has no rules in this direction.
    NoRules,
    /// A tier before its own decided.
    NotAsked,
}

/// A rule.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub struct Rule {
    /// Its place in its list, from 1.
    pub number: usize,
    /// Its name, where its kind of policy names rules.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub name: Option<String>,
    /// What it does.
    pub action: Action,
    /// Where it stands.
    pub source: Source,
    /// The lines, of which the first is `source.line`; a long rule is cut.
    pub lines: Vec<String>,
    /// The lines of the peers that match the other end, if it has others.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub peer_lines: Vec<u32>,
}

/// What a rule does.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub enum Action {
    /// Lets connections by.
    Allow,
    /// Stops them.
    Deny,
    /// Leaves them to the next tier.
    Pass,
    /// Notes them.
    Log,
}

/// A place in a file.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub struct Source {
    /// The file.
    pub file: String,
    /// The line, from 1.
    pub line: u32,
    /// The column, from 1.
    pub column: u32,
    /// The last line.
    pub last_line: u32,
}

/// What another profile makes of connections.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub struct UnderProfile {
    /// The profile.
    pub profile: String,
    /// Its verdict.
    pub verdict: Verdict,
}

/// What would flip a verdict.
#[derive(Clone, Debug, Serialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub struct Flip {
    /// What the verdict would become.
    pub to: Verdict,
    /// The ports for which it would.
    pub ports: Vec<PortRange>,
    /// Changes each of which does it, smallest first. Every one has been tried.
    pub changes: Vec<Change>,
    /// Why none does.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub obstacles: Vec<Obstacle>,
}

/// Edits that flip a verdict together.
#[derive(Clone, Debug, Serialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub struct Change {
    /// The edits.
    pub edits: Vec<Edit>,
    /// The ports that the pair is allowed afterwards.
    pub allowed: Vec<PortRange>,
    /// Those of them that nobody asked to open.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub also_opens: Vec<PortRange>,
    /// Ports that it is not allowed any more though nobody asked for that.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub also_closes: Vec<PortRange>,
}

/// One edit of a policy.
#[derive(Clone, Debug, Serialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub struct Edit {
    /// What to do.
    pub kind: EditKind,
    /// In which direction the rule or the policy speaks.
    pub direction: Direction,
    /// The policy, by id; of a new one, what it would be called.
    pub policy: String,
    /// Where the policy stands; left out for a new one.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub source: Option<Source>,
    /// The rule to take out, or the one that a new rule must stand before.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub rule: Option<Rule>,
    /// The peers to take out of the rule.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub peers: Vec<Source>,
    /// What to add, as YAML: an entry of the policy's list, or a whole policy.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub yaml: Option<String>,
    /// How many other workloads the policy selects, which the edit concerns, too.
    pub other_workloads: usize,
}

/// What to do to a policy.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub enum EditKind {
    /// Add a rule.
    AddRule,
    /// Take a rule out.
    RemoveRule,
    /// Take peers out of a rule.
    RemovePeers,
    /// Add a policy.
    AddPolicy,
}

/// Which way a rule speaks of connections.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub enum Direction {
    /// To the pods that its policy selects.
    Ingress,
    /// From them.
    Egress,
}

/// Why no change of policies flips a verdict.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub struct Obstacle {
    /// A word that stays the same.
    pub code: &'static str,
    /// What is in the way, and what is needed.
    pub text: String,
}

impl From<haechi_policy::Action> for Action {
    fn from(action: haechi_policy::Action) -> Self {
        match action {
            haechi_policy::Action::Allow => Self::Allow,
            haechi_policy::Action::Deny => Self::Deny,
            haechi_policy::Action::Pass => Self::Pass,
            haechi_policy::Action::Log => Self::Log,
        }
    }
}

impl From<haechi_policy::Direction> for Direction {
    fn from(direction: haechi_policy::Direction) -> Self {
        match direction {
            haechi_policy::Direction::Ingress => Self::Ingress,
            haechi_policy::Direction::Egress => Self::Egress,
        }
    }
}

impl From<haechi_engine::Verdict> for Verdict {
    fn from(verdict: haechi_engine::Verdict) -> Self {
        match verdict {
            haechi_engine::Verdict::Allow => Self::Allow,
            haechi_engine::Verdict::Deny => Self::Deny,
            haechi_engine::Verdict::Undefined => Self::Undefined,
        }
    }
}

impl Source {
    /// A place in one of the files.
    #[must_use]
    pub fn new(files: &haechi_model::Files, location: haechi_model::Location) -> Self {
        Self {
            file: files.name(location.file).to_owned(),
            line: location.line,
            column: location.column,
            last_line: location.last_line,
        }
    }
}

/// Displayed as `file:line`.
impl std::fmt::Display for Source {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "{}:{}", self.file, self.line)
    }
}
