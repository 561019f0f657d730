//! From documents to tests, every part with its place.

use std::io::Read;

use haechi_model::decode::{Decoder, Fields, closest};
use haechi_model::diagnostic::Severity;
use haechi_model::document::Bare;
use haechi_model::{Diagnostic, Files, Location, Name, Node, Profile, Protocol, Selector};
use haechi_source::{Input, Limits};

use super::format::{self, ApiVersion};
use crate::names::Asked;
use crate::port::{Port, PortQuery};

/// Tests, and what was wrong with their files.
#[derive(Debug, Default)]
pub struct Suite {
    /// The files.
    pub files: Files,
    /// The tests, in the order of reading.
    pub tests: Vec<Test>,
    /// What was wrong.
    pub diagnostics: Vec<Diagnostic>,
}

/// A test.
#[derive(Clone, Debug)]
pub struct Test {
    /// Its name.
    pub name: Name,
    /// What it is about.
    pub title: Option<Name>,
    /// Where it stands.
    pub location: Location,
    /// The profile that it is about.
    pub profile: Option<Profile>,
    /// Its expectations.
    pub probes: Vec<Probe>,
    /// Fields of its spec that are known and not supported yet.
    pub later: Vec<Unsupported>,
}

/// A field that is known and not supported yet.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Unsupported {
    /// The field, or the kind of end.
    pub what: String,
    /// Where it stands.
    pub location: Location,
}

/// An expectation.
#[derive(Clone, Debug)]
pub struct Probe {
    /// Where it stands.
    pub location: Location,
    /// What it is about.
    pub name: Option<Name>,
    /// Whom it is about.
    pub question: Question,
    /// On which ports of the destination.
    pub ports: Ports,
    /// What must become of them; `None` only where nobody else's being denied is all that is asked.
    pub expect: Option<Expect>,
    /// Fields of it that are known and not supported yet.
    pub later: Vec<Unsupported>,
}

/// Whom a probe is about.
#[derive(Clone, Debug)]
pub enum Question {
    /// Each of these to each of those.
    Pairs {
        /// Who begins to talk.
        from: Ends,
        /// Who is talked to.
        to: Ends,
    },
    /// Nobody but these may begin to talk to those.
    OnlyFrom {
        /// These.
        only: Ends,
        /// Those.
        to: Ends,
    },
    /// Nobody but those may be talked to by these.
    OnlyTo {
        /// These.
        from: Ends,
        /// Those.
        only: Ends,
    },
}

/// Ends, each by itself.
#[derive(Clone, Debug)]
pub struct Ends {
    /// They.
    pub items: Vec<End>,
    /// Where they stand.
    pub location: Location,
}

/// An end, or many by one description.
#[derive(Clone, Debug)]
pub struct End {
    /// What it is.
    pub kind: EndKind,
    /// Where it stands.
    pub location: Location,
}

/// What an end is.
#[derive(Clone, Debug)]
pub enum EndKind {
    /// By name.
    Named(Asked),
    /// Every pod, and every address outside of the cluster.
    Everything,
    /// Every pod.
    EveryPod,
    /// Every address outside of the cluster.
    EveryAddress,
    /// Everything but those that the other probes let.
    EverythingElse,
    /// By labels.
    Selected(Selected),
    /// A kind of end that is known and not supported yet.
    Later(String),
}

/// Pods by their labels, without some.
#[derive(Clone, Debug)]
pub struct Selected {
    /// The pods; `None` for every pod and address.
    pub pods: Option<PodsBy>,
    /// But not these.
    pub except: Option<Ends>,
}

/// Pods by their labels.
#[derive(Clone, Debug)]
pub struct PodsBy {
    /// Their namespace, by name.
    pub namespace: Option<Name>,
    /// Their namespaces, by label; any without both.
    pub namespaces: Selector,
    /// They.
    pub pods: Selector,
}

/// Ports of the destination.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Ports {
    /// Every port that has a number: none is named.
    Every,
    /// Any of these.
    These(Vec<PortQuery>),
    /// Those that no other probe names for the same end: of this protocol, or of all that have ports.
    EveryOther(Option<Protocol>),
}

/// What must become of connections.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Expect {
    /// They are let by.
    Allow,
    /// They are stopped.
    Deny,
    /// The data plane decides.
    Undefined,
}

/// Reads the tests of files, folders and globs. Documents of other kinds are passed over.
pub fn read(inputs: &[Input], stdin: &mut dyn Read) -> Suite {
    let mut decoder = Decoder::default();
    let mut tests = Vec::new();
    let documents = haechi_source::documents(inputs, &Limits::default(), stdin, &mut |node| {
        let text = |key| node.field(key).and_then(Node::scalar).map(|(text, _)| text);
        if text("kind") == Some("ReachTest") {
            tests.extend(test(node, &mut decoder));
        }
    });
    let mut diagnostics = documents.diagnostics;
    diagnostics.append(&mut decoder.diagnostics);
    diagnostics.sort_by(|a, b| (a.location, a.code, &a.message).cmp(&(b.location, b.code, &b.message)));
    Suite {
        files: documents.files,
        tests,
        diagnostics,
    }
}

/// Reads a test. What is wrong with one probe leaves the others as they are.
fn test(node: Node<'_>, decoder: &mut Decoder) -> Option<Test> {
    let mut fields = Fields::of(node, "a ReachTest", decoder)?;
    let version = fields.required("apiVersion", decoder)?;
    if decoder.text(version)? != ApiVersion::V1_TEXT {
        decoder.invalid(version, "this version of ReachTest is not known").hint =
            Some(format!("write apiVersion: {}", ApiVersion::V1_TEXT));
        return None;
    }
    fields.ignore(&["kind", "status"]);
    let meta = haechi_model::object::ObjectMeta::read(&mut fields, decoder);
    let spec = fields.required("spec", decoder);
    fields.finish(decoder);
    let meta = meta?;
    let mut fields = Fields::of(spec?, "a ReachTest's spec", decoder)?;
    let profile = fields
        .field("profile")
        .and_then(|n| word(n, PROFILES, "profile", decoder));
    let later = unsupported(&mut fields, &format::LATER_IN_SPECS);
    let probes = fields.required("probes", decoder);
    fields.finish(decoder);
    let probes = decoder
        .optional_list(probes)
        .filter_map(|n| probe(n, decoder))
        .collect();
    Some(Test {
        name: meta.name,
        title: meta.annotations.value("title").cloned(),
        location: meta.location,
        profile,
        probes,
        later,
    })
}

const PROFILES: &[(&str, Profile)] = &[
    ("kubernetes", Profile::Kubernetes),
    ("calico", Profile::Calico),
    ("cilium", Profile::Cilium),
    ("aws", Profile::Aws),
    ("haechi", Profile::Haechi),
];
const EXPECTATIONS: &[(&str, Expect)] = &[
    ("allow", Expect::Allow),
    ("deny", Expect::Deny),
    ("undefined", Expect::Undefined),
];
const PROTOCOLS: &[(&str, Protocol)] = &[
    ("TCP", Protocol::Tcp),
    ("UDP", Protocol::Udp),
    ("SCTP", Protocol::Sctp),
    ("ICMP", Protocol::Icmp),
    ("ICMPv6", Protocol::Icmpv6),
];

/// One of some words.
fn word<T: Copy>(node: Node<'_>, known: &[(&str, T)], what: &str, decoder: &mut Decoder) -> Option<T> {
    let text = decoder.text(node)?;
    let found = known.iter().find(|(word, _)| *word == text).map(|(_, value)| *value);
    if found.is_none() {
        let hint = closest(text, known.iter().map(|(word, _)| *word));
        decoder.invalid(node, format!("no {what} is called {text:?}")).hint = Some(hint);
    }
    found
}

/// The fields that are there, known and not supported yet. Those that are empty say nothing.
fn unsupported(fields: &mut Fields<'_>, later: &[&'static str]) -> Vec<Unsupported> {
    let says = |node: &Node<'_>| {
        node.items().is_none_or(|i| i.len() > 0) && node.pairs().is_none_or(|mut pairs| pairs.next().is_some())
    };
    later
        .iter()
        .filter_map(|field| {
            let node = fields.field(field).filter(says)?;
            Some(Unsupported {
                what: (*field).to_owned(),
                location: node.location(),
            })
        })
        .collect()
}

/// A protocol or port that is known and not supported yet. The fields of ports count as asked for then.
fn later_ports(fields: &mut Fields<'_>) -> Option<Unsupported> {
    let is = |node: Option<Node<'_>>, text: &str| {
        node.filter(|n| n.scalar().is_some_and(|(t, _)| t == text))
            .map(Node::location)
    };
    let protocol = is(fields.field("protocol"), format::UDP_LITE);
    let port = is(fields.field("port"), "0");
    let (what, location) = match (protocol, port) {
        (Some(location), _) => (format!("protocol: {}", format::UDP_LITE), location),
        (None, Some(location)) => ("port: 0".to_owned(), location),
        (None, None) => return None,
    };
    fields.ignore(&["icmpType", "icmpCode"]);
    Some(Unsupported { what, location })
}

fn probe(node: Node<'_>, decoder: &mut Decoder) -> Option<Probe> {
    let before = decoder.diagnostics.len();
    let mut fields = Fields::of(node, "a probe", decoder)?;
    let name = fields.field("name").and_then(|n| decoder.name(n));
    let only = fields.field("only").and_then(|n| ends(n, decoder));
    let from = fields.field("from").and_then(|n| ends(n, decoder));
    let to = fields.field("to").and_then(|n| ends(n, decoder));
    let unsupported_ports = later_ports(&mut fields);
    let ports = match unsupported_ports {
        Some(_) => Some(Ports::Every),
        None => ports(&mut fields, decoder),
    };
    let expect = fields.field("expect");
    let expect = expect.and_then(|n| word(n, EXPECTATIONS, "expectation", decoder));
    let mut later = unsupported(&mut fields, &format::LATER_IN_PROBES);
    later.extend(unsupported_ports);
    fields.finish(decoder);
    let question = match (only, from, to) {
        (None, Some(from), Some(to)) => Some(Question::Pairs { from, to }),
        (Some(only), None, Some(to)) => Some(Question::OnlyFrom { only, to }),
        (Some(only), Some(from), None) => Some(Question::OnlyTo { from, only }),
        _ => None,
    };
    // A field that nobody knows may be what makes the difference: such a probe would test something else.
    if decoder.diagnostics[before..]
        .iter()
        .any(|d| d.severity >= Severity::Warning)
    {
        decoder.diagnostics[before..]
            .iter_mut()
            .for_each(|d| d.severity = Severity::Error);
        return None;
    }
    let Some(question) = question else {
        decoder.invalid(node, "a probe needs two of from, to and only").hint = Some(
            "from and to: each of these to each of those; only and to: nobody but these to those; from and only: these \
             to nobody but those"
                .into(),
        );
        return None;
    };
    if let Some(empty) = question.empty() {
        decoder
            .invalid_at(empty, "the list is empty, so that nothing is tested")
            .hint = Some("only beside only may a list be empty: nobody may".into());
        return None;
    }
    match (&question, expect) {
        (Question::Pairs { .. }, None) => {
            decoder.invalid(node, "a probe needs expect").hint = Some("write expect: allow or expect: deny".into());
            return None;
        }
        (Question::OnlyFrom { .. } | Question::OnlyTo { .. }, Some(Expect::Deny | Expect::Undefined)) => {
            decoder.invalid(node, "beside only, the one expectation is allow").hint =
                Some("leave expect out: that nobody else may is expected in any case".into());
            return None;
        }
        _ => {}
    }
    Some(Probe {
        location: node.location(),
        name,
        question,
        ports: ports?,
        expect,
        later,
    })
}

impl Question {
    /// The lists of ends that it names.
    pub(super) fn lists(&self) -> [&Ends; 2] {
        match self {
            Self::Pairs { from, to } => [from, to],
            Self::OnlyFrom { only, to } => [only, to],
            Self::OnlyTo { from, only } => [from, only],
        }
    }

    /// Where a list stands that may not be empty and is.
    fn empty(&self) -> Option<Location> {
        let lists = match self {
            Self::Pairs { from, to } => [Some(from), Some(to)],
            Self::OnlyFrom { to: list, .. } | Self::OnlyTo { from: list, .. } => [Some(list), None],
        };
        let mut lists = lists.into_iter().flatten();
        lists.find(|e| e.items.is_empty()).map(|e| e.location)
    }
}

fn ends(node: Node<'_>, decoder: &mut Decoder) -> Option<Ends> {
    let items = match node.items() {
        Some(items) => items.map(|n| end(n, decoder)).collect::<Option<_>>()?,
        None => vec![end(node, decoder)?],
    };
    Some(Ends {
        items,
        location: node.location(),
    })
}

fn end(node: Node<'_>, decoder: &mut Decoder) -> Option<End> {
    let kind = if node.pairs().is_some() {
        EndKind::Selected(selected(node, decoder)?)
    } else {
        let text = decoder.text(node)?;
        named(text)
            .map_err(|error| decoder.invalid(node, error.to_string()))
            .ok()?
    };
    Some(End {
        kind,
        location: node.location(),
    })
}

fn named(text: &str) -> Result<EndKind, crate::names::FormError> {
    Ok(match text {
        "everything" => EndKind::Everything,
        "every pod" => EndKind::EveryPod,
        "every address" => EndKind::EveryAddress,
        "everything else" => EndKind::EverythingElse,
        _ if text.starts_with("entity:") => EndKind::Later("entity".to_owned()),
        _ => EndKind::Named(text.parse()?),
    })
}

fn selected(node: Node<'_>, decoder: &mut Decoder) -> Option<Selected> {
    let mut fields = Fields::of(node, "an end", decoder)?;
    let namespace = fields.field("namespace").map(|n| decoder.name(n).ok_or(()));
    let mut selector = |key, decoder: &mut Decoder| {
        let node = fields.field(key)?;
        Some(decoder.label_selector(node).ok_or(()))
    };
    let namespaces = selector("namespaceSelector", decoder);
    let pods = selector("podSelector", decoder);
    let except = fields.field("except").map(|n| ends(n, decoder).ok_or(()));
    let is_empty = fields.is_empty();
    fields.finish(decoder);
    if is_empty {
        decoder.invalid(node, "an empty end selects nothing").hint =
            Some("say whom: namespace, namespaceSelector, podSelector or except; or write everything".into());
        return None;
    }
    let selects = namespace.is_some() || namespaces.is_some() || pods.is_some();
    let by = PodsBy {
        namespace: namespace.transpose().ok()?,
        namespaces: namespaces.transpose().ok()?.unwrap_or(Selector::EVERYTHING),
        pods: pods.transpose().ok()?.unwrap_or(Selector::EVERYTHING),
    };
    Some(Selected {
        pods: selects.then_some(by),
        except: except.transpose().ok()?,
    })
}

/// The ports of a probe, out of `protocol`, `port`, `icmpType` and `icmpCode`; `None` if they are wrong, which has been
/// noted then.
fn ports(fields: &mut Fields<'_>, decoder: &mut Decoder) -> Option<Ports> {
    let node = fields.node();
    let protocol = match fields.field("protocol") {
        Some(node) => Some(word(node, PROTOCOLS, "protocol", decoder)?),
        None => None,
    };
    let (kind, code) = (fields.field("icmpType"), fields.field("icmpCode"));
    let port = fields.field("port");
    let number = |node: Option<Node<'_>>, decoder: &mut Decoder| {
        let node = node?;
        Some(
            decoder
                .integer(node, 0, 255)
                .and_then(|n| u8::try_from(n).ok())
                .ok_or(()),
        )
    };
    let (kind_number, code_number) = (number(kind, decoder), number(code, decoder));
    let (kind_number, code_number) = (kind_number.transpose().ok()?, code_number.transpose().ok()?);
    let is_icmp = protocol.is_some_and(|p| !p.has_ports());
    if let Some(stray) = kind.or(code).filter(|_| !is_icmp) {
        decoder.invalid(stray, "types and codes are ICMP's").hint = Some("write protocol: ICMP or ICMPv6".into());
        return None;
    }
    if let Some(port) = port.filter(|_| is_icmp) {
        decoder.invalid(port, "ICMP has no ports").hint = Some("write icmpType, perhaps with icmpCode".into());
        return None;
    }
    let these = |port| Some(Ports::These(vec![PortQuery { protocol, port }]));
    match (port, kind_number, code_number) {
        (None, None, None) if protocol.is_none() => Some(Ports::Every),
        (None, None, None) => these(Port::Any),
        (None, Some(kind), None) => {
            let first = u16::from(kind) << 8;
            these(Port::Numbers(first, first | 0xff))
        }
        (None, Some(kind), Some(code)) => {
            let exact = u16::from_be_bytes([kind, code]);
            these(Port::Numbers(exact, exact))
        }
        (None, None, Some(_)) => {
            decoder.invalid(node, "icmpCode needs icmpType");
            None
        }
        (Some(port), ..) => port_list(port, protocol, decoder),
    }
}

fn port_list(node: Node<'_>, protocol: Option<Protocol>, decoder: &mut Decoder) -> Option<Ports> {
    if node.scalar().is_some_and(|(text, _)| text == format::EVERY_OTHER) {
        return Some(Ports::EveryOther(protocol));
    }
    let queries: Option<Vec<PortQuery>> = match node.items() {
        Some(items) => items.map(|n| port(n, protocol, decoder)).collect(),
        None => Some(vec![port(node, protocol, decoder)?]),
    };
    let queries = queries?;
    if queries.is_empty() {
        decoder
            .invalid(node, "the list is empty, so that nothing is tested")
            .hint = Some("for every port leave port out".into());
        return None;
    }
    Some(Ports::These(queries))
}

fn port(node: Node<'_>, protocol: Option<Protocol>, decoder: &mut Decoder) -> Option<PortQuery> {
    if let Some(Bare::Integer(_)) = node.bare() {
        let number = decoder.port(node)?;
        return Some(PortQuery {
            protocol: Some(protocol.unwrap_or(Protocol::Tcp)),
            port: Port::Numbers(number, number),
        });
    }
    let text = decoder.text(node)?;
    let query: PortQuery = match text.parse() {
        Ok(query) => query,
        Err(error) => {
            let error: crate::port::PortError = error;
            decoder.invalid(node, error.to_string());
            return None;
        }
    };
    if let (Some(said), Some(other)) = (query.protocol, protocol)
        && said != other
    {
        decoder.invalid(node, format!("the port says {said}, and protocol says {other}"));
        return None;
    }
    // A name says its protocol itself, a number is of TCP.
    let unsaid = matches!(query.port, Port::Named(_))
        .then_some(())
        .map_or(Some(Protocol::Tcp), |()| None);
    Some(PortQuery {
        protocol: query.protocol.or(protocol).or(unsaid),
        port: query.port,
    })
}

#[cfg(test)]
mod tests {
    use std::io::Write;

    use super::*;

    /// What reading one test says.
    fn diagnostics(spec: &str) -> Vec<String> {
        let mut file = tempfile::Builder::new().suffix(".yaml").tempfile().expect("a file");
        let text = format!("apiVersion: haechi.dev/v1\nkind: ReachTest\nmetadata: {{name: t}}\nspec:\n{spec}");
        file.write_all(text.as_bytes()).expect("it can be written");
        let suite = read(&[Input::Path(file.path().to_owned())], &mut std::io::empty());
        suite.diagnostics.into_iter().map(|d| d.message).collect()
    }

    #[test]
    fn knows_the_fields_of_the_schema_and_no_others() {
        let schema = serde_json::to_value(format::schema()).expect("it is JSON");
        let properties = |name: &str| -> Vec<String> {
            let properties = schema["$defs"][name]["properties"].as_object().expect("an object");
            properties.keys().cloned().collect()
        };
        type Around = fn(&str) -> String;
        let kinds: [(&str, &str, Around); 3] = [
            ("Spec", "a ReachTest's spec", |field| format!("  {field}: x\n")),
            ("Probe", "a probe", |field| format!("  probes: [{{{field}: x}}]\n")),
            ("Selected", "an end", |field| {
                format!("  probes: [{{from: {{{field}: x}}}}]\n")
            }),
        ];
        for (kind, what, around) in kinds {
            let known = properties(kind);
            assert!(known.len() >= 4, "{kind}");
            for field in known {
                let unknown = format!("{what} has no field {field}");
                assert!(!diagnostics(&around(&field)).contains(&unknown), "{kind}.{field}");
            }
            let stray = format!("{what} has no field stray");
            assert!(diagnostics(&around("stray")).contains(&stray), "{kind}");
        }
        for field in format::LATER_IN_PROBES {
            assert!(properties("Probe").contains(&field.to_owned()), "{field}");
        }
        for field in format::LATER_IN_SPECS {
            assert!(properties("Spec").contains(&field.to_owned()), "{field}");
        }
    }
}
