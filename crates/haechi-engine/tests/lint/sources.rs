//! Small clusters in a line each, and what is found in them.

use haechi_engine::lint::{Enforcement, Input, lint};
use haechi_model::{Diagnostic, Profile};
use haechi_source::{Options, Snapshot, read_texts};

/// A namespace.
pub(super) fn namespace(name: &str) -> String {
    format!("kind: Namespace\napiVersion: v1\nmetadata: {{name: {name}, labels: {{kind: test}}}}\n")
}

/// A Deployment `namespace/name` of pods with such labels; `ports` and the rest of its pods' spec in flow style.
pub(super) fn app(id: &str, labels: &str, ports: &str) -> String {
    app_with(id, labels, ports, "")
}

/// The same with more of the pods' spec.
pub(super) fn app_with(id: &str, labels: &str, ports: &str, spec: &str) -> String {
    let (namespace, name) = id.split_once('/').expect("namespace/name");
    format!(
        "apiVersion: apps/v1\nkind: Deployment\nmetadata: {{name: {name}, namespace: {namespace}}}\nspec:\n  \
         selector: {{matchLabels: {{{labels}}}}}\n  template:\n    metadata: {{labels: {{{labels}}}}}\n    \
         spec: {{containers: [{{name: main, image: main, ports: [{ports}]}}]{spec}}}\n"
    )
}

/// A DaemonSet of the same.
pub(super) fn daemon(id: &str, labels: &str, spec: &str) -> String {
    app_with(id, labels, "", spec).replace("Deployment", "DaemonSet")
}

/// A Pod with an address.
pub(super) fn pod(id: &str, labels: &str, address: &str) -> String {
    let (namespace, name) = id.split_once('/').expect("namespace/name");
    format!(
        "apiVersion: v1\nkind: Pod\nmetadata: {{name: {name}, namespace: {namespace}, labels: {{{labels}}}}}\n\
         spec: {{containers: [{{name: main, image: main}}]}}\nstatus: {{podIP: {address}, podIPs: [{{ip: {address}}}]}}\n"
    )
}

/// A NetworkPolicy `namespace/name` with this spec, in block style and indented by nothing.
pub(super) fn policy(id: &str, spec: &str) -> String {
    let (namespace, name) = id.split_once('/').expect("namespace/name");
    format!(
        "apiVersion: networking.k8s.io/v1\nkind: NetworkPolicy\nmetadata: {{name: {name}, namespace: {namespace}}}\nspec:\n{}",
        indented(spec)
    )
}

/// A ClusterNetworkPolicy with this spec.
pub(super) fn cluster_policy(name: &str, spec: &str) -> String {
    format!(
        "apiVersion: policy.networking.k8s.io/v1alpha2\nkind: ClusterNetworkPolicy\nmetadata: {{name: {name}}}\nspec:\n{}",
        indented(spec)
    )
}

/// A Service with this spec.
pub(super) fn service(id: &str, spec: &str) -> String {
    let (namespace, name) = id.split_once('/').expect("namespace/name");
    format!(
        "apiVersion: v1\nkind: Service\nmetadata: {{name: {name}, namespace: {namespace}}}\nspec:\n{}",
        indented(spec)
    )
}

/// An Ingress that leads to one port of a Service.
pub(super) fn ingress(id: &str, service: &str, port: u16) -> String {
    let (namespace, name) = id.split_once('/').expect("namespace/name");
    format!(
        "apiVersion: networking.k8s.io/v1\nkind: Ingress\nmetadata: {{name: {name}, namespace: {namespace}}}\n\
         spec: {{defaultBackend: {{service: {{name: {service}, port: {{number: {port}}}}}}}}}\n"
    )
}

fn indented(spec: &str) -> String {
    spec.lines()
        .map(str::trim_end)
        .filter(|line| !line.is_empty())
        .map(|line| format!("  {line}\n"))
        .collect()
}

/// The cluster's resolver, with its Service.
pub(super) fn resolver() -> String {
    let ports = "{name: dns, containerPort: 53, protocol: UDP}, {name: dns-tcp, containerPort: 53}";
    let spec = "clusterIP: 10.96.0.10\nselector: {k8s-app: kube-dns}\nports:\n- {name: dns, port: 53, protocol: UDP}\n- {name: dns-tcp, port: 53}\n";
    [
        namespace("kube-system"),
        app("kube-system/coredns", "k8s-app: kube-dns", ports),
        service("kube-system/kube-dns", spec),
    ]
    .join("---\n")
}

/// Sources of several objects, each at its own lines.
pub(super) fn sources(objects: &[String]) -> String {
    objects.join("---\n")
}

/// How to look at sources.
#[derive(Clone, Copy)]
pub(super) struct Look {
    pub(super) profile: Profile,
    pub(super) enforcement: Enforcement,
}

impl Default for Look {
    fn default() -> Self {
        Self {
            profile: Profile::Kubernetes,
            enforcement: Enforcement::Shown,
        }
    }
}

impl Look {
    pub(super) fn by(profile: Profile) -> Self {
        Self {
            profile,
            ..Self::default()
        }
    }

    /// What is found, in reading and in looking.
    pub(super) fn diagnostics(self, text: &str) -> (Snapshot, Vec<Diagnostic>) {
        let mut snapshot = read_texts(vec![("all.yaml".into(), text.into())], &Options::default());
        let mut found = std::mem::take(&mut snapshot.diagnostics);
        let policies = haechi_policy::dialect::lower(&snapshot.policies, self.profile, &mut found);
        found.extend(lint(&Input {
            cluster: &snapshot.cluster,
            policies: &policies,
            profile: self.profile,
            enforcement: self.enforcement,
        }));
        (snapshot, found)
    }

    /// The findings of one kind, as text.
    pub(super) fn found(self, code: &str, objects: &[String]) -> String {
        let text = sources(objects);
        let (_, found) = self.diagnostics(&text);
        let invalid: Vec<&Diagnostic> = found
            .iter()
            .filter(|d| d.code.0 < "HNP010" && d.code.0 != code)
            .collect();
        assert!(invalid.is_empty(), "the sources are not valid: {invalid:?}\n{text}");
        let line = |line: u32| {
            text.lines()
                .nth(line as usize - 1)
                .unwrap_or_default()
                .trim()
                .to_owned()
        };
        let mut shown = String::new();
        for d in found.iter().filter(|d| d.code.0 == code) {
            let at = format!("{}:{}", d.location.line, d.location.column);
            shown.push_str(&format!(
                "{} {at} `{}`\n  {}\n",
                d.severity,
                line(d.location.line),
                d.message
            ));
            if let Some(hint) = &d.hint {
                shown.push_str(&format!("  hint: {hint}\n"));
            }
            for (place, what) in &d.related {
                shown.push_str(&format!("  {what}: {} `{}`\n", place.line, line(place.line)));
            }
        }
        shown
    }
}

/// The findings of one kind under the specification alone.
pub(super) fn found(code: &str, objects: &[String]) -> String {
    Look::default().found(code, objects)
}

/// Holds that there is no finding of this kind.
#[track_caller]
pub(super) fn nothing(code: &str, objects: &[String]) {
    assert_eq!(found(code, objects), "", "{code} is found where it is not meant to be");
}
