//! The format of a `ReachTest`, as it is written. Its JSON Schema, for editors, is generated from these types.
//!
//! `read` reads the same format and keeps the place of everything; a test holds the two to the same fields.

use std::borrow::Cow;
use std::collections::BTreeMap;

use schemars::{JsonSchema, Schema, SchemaGenerator};
use serde::Serialize;

/// Expectations about who may talk to whom, kept beside the manifests and run by `haechi test`.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
#[schemars(deny_unknown_fields)]
pub struct ReachTest {
    /// The version of this format.
    pub api_version: ApiVersion,
    /// The kind.
    pub kind: Kind,
    /// Who the test is.
    pub metadata: Metadata,
    /// What is expected.
    pub spec: Spec,
}

/// The version of the format.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, JsonSchema)]
pub enum ApiVersion {
    /// The first.
    #[serde(rename = "haechi.dev/v1")]
    V1,
}

impl ApiVersion {
    /// How it is written.
    pub const V1_TEXT: &'static str = "haechi.dev/v1";
}

/// The kind.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, JsonSchema)]
pub enum Kind {
    /// This one.
    ReachTest,
}

/// Who a test is.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub struct Metadata {
    /// Its name.
    pub name: String,
    /// Notes; `title` says in a sentence what it is about.
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    pub annotations: BTreeMap<String, String>,
}

/// What is expected.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
#[schemars(deny_unknown_fields)]
pub struct Spec {
    /// The data plane that enforces; without it, the one that the sources show or `--profile` names.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schemars(with = "Option<ProfileName>")]
    pub profile: Option<&'static str>,
    /// The expectations.
    pub probes: Vec<Probe>,
    /// Not supported yet: what enforces on top of network policies.
    #[serde(skip_serializing_if = "Later::is_never_written")]
    #[schemars(with = "Option<Vec<String>>")]
    pub layers: Later,
    /// Not supported yet: settings of the data plane.
    #[serde(skip_serializing_if = "Later::is_never_written")]
    #[schemars(with = "Option<BTreeMap<String, serde_json::Value>>")]
    pub options: Later,
    /// Not supported yet: objects that the data plane refuses.
    #[serde(skip_serializing_if = "Later::is_never_written")]
    #[schemars(with = "Option<Vec<String>>")]
    pub rejects: Later,
    /// Not supported yet: the security groups that pods get.
    #[serde(skip_serializing_if = "Later::is_never_written")]
    #[schemars(with = "Option<Vec<BTreeMap<String, serde_json::Value>>>")]
    pub security_groups: Later,
}

/// The name of a profile.
#[derive(Clone, Copy, Debug, JsonSchema)]
#[serde(rename_all = "camelCase")]
#[allow(missing_docs, reason = "they are their names")]
pub enum ProfileName {
    Kubernetes,
    Calico,
    Cilium,
    Aws,
    Haechi,
}

/// One expectation. It stands for every connection that it describes, and each of them must meet it.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
#[schemars(deny_unknown_fields)]
pub struct Probe {
    /// What it is about, for reports.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub name: Option<String>,
    /// Those and nobody else: beside `to`, who may begin to talk; beside `from`, who may be talked to. Whoever is not
    /// listed, in the cluster or outside of it, must be denied. With `expect: allow`, those listed must be allowed.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub only: Option<Ends>,
    /// Who begins to talk.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub from: Option<Ends>,
    /// Who is talked to.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub to: Option<Ends>,
    /// The protocol; TCP where a port is named without one.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub protocol: Option<Protocol>,
    /// The destination's ports; every one of the protocol without it, and of all three that have ports without both.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub port: Option<Ports>,
    /// The type of an ICMP message; every one without it.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub icmp_type: Option<u8>,
    /// The code of an ICMP message; every one without it.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub icmp_code: Option<u8>,
    /// What must become of it. Only a probe with `only` may leave it out.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub expect: Option<Expect>,
    /// Not supported yet: an HTTP request.
    #[serde(skip_serializing_if = "Later::is_never_written")]
    #[schemars(with = "Option<BTreeMap<String, serde_json::Value>>")]
    pub http: Later,
    /// Not supported yet: the name that is asked for.
    #[serde(skip_serializing_if = "Later::is_never_written")]
    #[schemars(with = "Option<String>")]
    pub dns: Later,
    /// Not supported yet: without the mesh's encryption.
    #[serde(skip_serializing_if = "Later::is_never_written")]
    #[schemars(with = "Option<bool>")]
    pub plaintext: Later,
    /// Not supported yet: the trust domain of who begins to talk.
    #[serde(skip_serializing_if = "Later::is_never_written")]
    #[schemars(with = "Option<String>")]
    pub trust_domain: Later,
    /// Not supported yet: the claims of a token.
    #[serde(skip_serializing_if = "Later::is_never_written")]
    #[schemars(with = "Option<BTreeMap<String, serde_json::Value>>")]
    pub claims: Later,
    /// Not supported yet: passing through the host.
    #[serde(skip_serializing_if = "Later::is_never_written")]
    #[schemars(with = "Option<bool>")]
    pub forward: Later,
    /// Not supported yet: what lets it by.
    #[serde(skip_serializing_if = "Later::is_never_written")]
    #[schemars(with = "Option<String>")]
    pub via: Later,
    /// Not supported yet: what would become of it if staged policies were enforced.
    #[serde(skip_serializing_if = "Later::is_never_written")]
    #[schemars(with = "Option<String>")]
    pub staged: Later,
    /// Not supported yet: the port of who begins to talk.
    #[serde(skip_serializing_if = "Later::is_never_written")]
    #[schemars(with = "Option<u16>")]
    pub src_port: Later,
}

/// The value of a field that is known and not supported yet: it is never written.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize)]
pub struct Later;

impl Later {
    #[allow(clippy::trivially_copy_pass_by_ref, reason = "serde calls it so")]
    fn is_never_written(&self) -> bool {
        true
    }
}

/// The fields of a probe that are known and not supported yet.
pub const LATER_IN_PROBES: [&str; 9] = [
    "claims",
    "dns",
    "forward",
    "http",
    "plaintext",
    "srcPort",
    "staged",
    "trustDomain",
    "via",
];

/// The fields of a spec that are known and not supported yet.
pub const LATER_IN_SPECS: [&str; 4] = ["layers", "options", "rejects", "securityGroups"];

/// One end or several.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, JsonSchema)]
#[serde(untagged)]
pub enum Ends {
    /// One.
    One(End),
    /// Several; none at all beside `only`.
    Many(Vec<End>),
}

/// Who talks or is talked to.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
#[serde(untagged)]
pub enum End {
    /// By name.
    Name(String),
    /// By labels.
    Selected(Selected),
}

/// Texts that stand for many, each with what it stands for.
pub const WORDS: [(&str, &str); 4] = [
    ("everything", "every pod, and every address outside of the cluster"),
    ("every pod", "every pod"),
    ("every address", "every address outside of the cluster"),
    (
        "everything else",
        "everything but those that the other probes of the test let talk to the same other end on the same ports",
    ),
];

impl JsonSchema for End {
    fn schema_name() -> Cow<'static, str> {
        "End".into()
    }

    fn json_schema(generator: &mut SchemaGenerator) -> Schema {
        let words: Vec<Schema> = WORDS
            .iter()
            .map(|(word, what)| schemars::json_schema!({ "const": word, "description": what }))
            .collect();
        let selected = generator.subschema_for::<Selected>();
        schemars::json_schema!({
            "description": "Who talks or is talked to.",
            "anyOf": [
                { "oneOf": words },
                {
                    "type": "string",
                    "description": "A workload (`shop/Deployment/web`, or as short as the command line takes it), a \
                                    pod (`shop/Pod/web-1`), a Service's backends (`svc:shop/web`), the workloads of \
                                    a namespace (`ns:shop`), addresses (`ip:10.0.0.1`, `ip:10.0.0.0/8`, \
                                    `ip:10.0.0.1-10.0.0.9`), a node (`node:NAME`), or a domain name \
                                    (`fqdn:example.com`).",
                },
                selected,
            ],
        })
    }
}

/// Pods by their labels and their namespace's, as policies select them; every pod and address if it selects by none.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
#[schemars(deny_unknown_fields)]
pub struct Selected {
    /// The namespace, by name.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub namespace: Option<String>,
    /// Namespaces, by label.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub namespace_selector: Option<LabelSelector>,
    /// Pods, by label.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub pod_selector: Option<LabelSelector>,
    /// But not these.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub except: Option<Box<Ends>>,
}

/// A label selector of Kubernetes.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
#[schemars(deny_unknown_fields)]
pub struct LabelSelector {
    /// Labels with their values, all of which must be there.
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    pub match_labels: BTreeMap<String, String>,
    /// Further conditions, all of which must hold.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub match_expressions: Vec<MatchExpression>,
}

/// A condition on a label.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, JsonSchema)]
#[schemars(deny_unknown_fields)]
pub struct MatchExpression {
    /// The label.
    pub key: String,
    /// What of it.
    pub operator: Operator,
    /// Values, for `In` and `NotIn`.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub values: Vec<String>,
}

/// What a condition asks of a label.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, JsonSchema)]
#[allow(missing_docs, reason = "they are Kubernetes' own")]
pub enum Operator {
    In,
    NotIn,
    Exists,
    DoesNotExist,
}

/// A protocol.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, JsonSchema)]
#[allow(missing_docs, reason = "they are their names")]
pub enum Protocol {
    #[serde(rename = "TCP")]
    Tcp,
    #[serde(rename = "UDP")]
    Udp,
    #[serde(rename = "SCTP")]
    Sctp,
    #[serde(rename = "ICMP")]
    Icmp,
    #[serde(rename = "ICMPv6")]
    Icmpv6,
    /// Not supported yet.
    #[serde(rename = "UDPLite")]
    UdpLite,
}

/// How UDP-Lite is written, which is known and not supported yet.
pub const UDP_LITE: &str = "UDPLite";

impl Protocol {
    /// Its name, as it is written.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Self::Tcp => "TCP",
            Self::Udp => "UDP",
            Self::Sctp => "SCTP",
            Self::Icmp => "ICMP",
            Self::Icmpv6 => "ICMPv6",
            Self::UdpLite => UDP_LITE,
        }
    }
}

impl From<haechi_model::Protocol> for Protocol {
    fn from(protocol: haechi_model::Protocol) -> Self {
        match protocol {
            haechi_model::Protocol::Tcp => Self::Tcp,
            haechi_model::Protocol::Udp => Self::Udp,
            haechi_model::Protocol::Sctp => Self::Sctp,
            haechi_model::Protocol::Icmp => Self::Icmp,
            haechi_model::Protocol::Icmpv6 => Self::Icmpv6,
        }
    }
}

/// One port or several.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, JsonSchema)]
#[serde(untagged)]
pub enum Ports {
    /// One.
    One(Port),
    /// Several.
    Many(Vec<Port>),
}

/// The text for all ports that no other probe of the test names for the same end.
pub const EVERY_OTHER: &str = "every other";

/// Ports of the destination.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, JsonSchema)]
#[serde(untagged)]
pub enum Port {
    /// By number; 0 is not supported yet.
    Number(u16),
    /// A range, `8000-8010`; the name that the destination's containers give; each with a protocol if it is another
    /// one, `53/UDP`; or `every other`, which no other probe of the test names for the same end.
    Text(String),
}

/// What must become of connections.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub enum Expect {
    /// They are let by.
    Allow,
    /// They are stopped.
    Deny,
    /// The data plane decides.
    Undefined,
}

/// The JSON Schema of the format.
#[must_use]
pub fn schema() -> Schema {
    let mut schema = schemars::generate::SchemaSettings::draft2020_12()
        .into_generator()
        .into_root_schema_for::<ReachTest>();
    schema.insert("$id".to_owned(), "https://haechi.dev/schemas/reach-test.json".into());
    schema
}
