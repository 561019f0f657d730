//! Policies that select nobody, and rules and peers that match nobody.

use haechi_model::cluster::METADATA_NAME;
use haechi_model::diagnostic::{Diagnostic, Severity};
use haechi_model::labels::{Labels, Selector};
use haechi_model::name::Name;
use haechi_policy::{Match, NamespaceMatch, Peers, Policy, Term};

use super::sources::{Extent, KUBE_SYSTEM, Scope};
use super::spelling::misspelt;
use super::{Lint, RuleOf, codes, implies, rules_of, selectors};

pub(super) fn check(lint: &Lint<'_, '_>) -> Vec<Diagnostic> {
    lint.each_policy(|policy, found| {
        found.extend(subjects(lint, policy));
        for rule in rules_of(policy) {
            peers(lint, rule, found);
        }
    })
}

/// What is wrong with whom a policy selects.
fn subjects(lint: &Lint<'_, '_>, policy: &Policy) -> Option<Diagnostic> {
    if lint.cluster().endpoints.is_empty() || policy.subjects.iter().any(contradicts) {
        return None;
    }
    let at = policy.subjects.first().map_or(policy.location, |m| m.location);
    let hosts = hosts_matching(lint, &policy.subjects);
    let explicit = policy.subjects.iter().any(|m| pod_selector(m).is_some());
    if !lint.subjects(policy).is_empty() {
        return (explicit && !hosts.is_empty()).then(|| {
            let who = list(&hosts);
            codes::HOST_NETWORK_SUBJECT.note(
                at,
                format!(
                    "{} also selects {who}, which use their node's network: it has no effect on them",
                    policy.id
                ),
            )
        });
    }
    if !hosts.is_empty() && explicit {
        let who = list(&hosts);
        return Some(codes::HOST_NETWORK_SUBJECT.at(
            at,
            format!(
                "{} selects only {who}, which use their node's network: no policy isolates them",
                policy.id
            ),
        ));
    }
    if let Some(namespace) = &policy.id.namespace {
        let index = lint.cluster().namespace(namespace);
        if !index.is_some_and(|i| lint.sources.has_pods(i)) {
            if lint.sources.leaves_out(namespace) {
                return Some(left_out(lint, policy, namespace));
            }
            // A policy for every pod of a namespace guards those that will come.
            return explicit.then(|| {
                codes::SELECTS_NOTHING.note(
                    at,
                    format!(
                        "{} selects no pod: the sources show none in namespace {namespace}",
                        policy.id
                    ),
                )
            });
        }
    } else if !lint.sources.show_pods() || lint.sources.extent() == Extent::Part {
        // The namespaces that it is for may be elsewhere.
        let what = format!("{} selects no pod that the sources show", policy.id);
        return Some(with_hint(codes::SELECTS_NOTHING.note(at, what), lint, policy));
    }
    let selector = policy.subjects.first().and_then(pod_selector);
    let what = match (selector, policy.subjects.len()) {
        (Some(selector), 1) => format!("{} selects no pod: none matches {selector}", policy.id),
        _ => format!("{} selects no pod", policy.id),
    };
    Some(with_hint(codes::SELECTS_NOTHING.at(at, what), lint, policy))
}

fn left_out(lint: &Lint<'_, '_>, policy: &Policy, namespace: &Name) -> Diagnostic {
    let message = format!(
        "{} is for namespace {namespace}, which no object of the sources declares and no pod is in",
        policy.id
    );
    let mut diagnostic = codes::NAMESPACE_LEFT_OUT.note(policy.location, message);
    if lint.sources.extent() == Extent::Whole {
        diagnostic.severity = Severity::Warning;
    }
    let known = lint.cluster().namespaces.iter().filter(|n| n.location.is_some());
    if let Some(best) = misspelt(namespace, known.map(|n| &*n.name)) {
        diagnostic.severity = Severity::Warning;
        return diagnostic.hint(format!("did you mean {best}?"));
    }
    diagnostic
}

fn with_hint(diagnostic: Diagnostic, lint: &Lint<'_, '_>, policy: &Policy) -> Diagnostic {
    let hints = policy.subjects.iter().filter_map(|m| {
        let scope = scope_of(lint, m);
        pod_selector(m).and_then(|s| closest(s, &scope))
    });
    match hints.into_iter().next() {
        Some(hint) => diagnostic.hint(hint),
        None => diagnostic,
    }
}

/// What is wrong with whom a rule speaks of.
fn peers(lint: &Lint<'_, '_>, rule: RuleOf<'_>, found: &mut Vec<Diagnostic>) {
    let Peers::Of(matches) = &rule.rule.peers else { return };
    let RuleOf { policy, direction, .. } = rule;
    let Some(first) = matches.first() else {
        let message = format!(
            "an {direction} rule of {} names a peer of a kind that is not known, and so matches nobody",
            policy.id
        );
        found.push(codes::RULE_MATCHES_NOTHING.at(rule.rule.location, message));
        return;
    };
    for (index, m) in matches.iter().enumerate() {
        let wider = matches.iter().enumerate().find(|(other, wide)| {
            *other != index && implies::matched(m, wide) && (*other < index || !implies::matched(wide, m))
        });
        if let Some((_, wide)) = wider {
            let message = format!("a peer of {} is covered by another one of the same rule", policy.id);
            found.push(
                codes::REPEATED_PEER
                    .at(m.location, message)
                    .related(wide.location, "the wider peer"),
            );
        }
    }
    let empty: Vec<(&Match, Nobody)> = matches
        .iter()
        .filter(|m| lint.peers_of(m).is_empty())
        .filter_map(|m| Some((m, nobody(lint, policy, m)?)))
        .collect();
    if empty.is_empty() {
        return;
    }
    if empty.len() == matches.len() {
        let severity = empty.iter().map(|(_, n)| n.severity).max().unwrap_or(Severity::Note);
        let (_, why) = &empty[0];
        let entry = if why.on_hosts {
            &codes::HOST_NETWORK_PEER
        } else {
            &codes::RULE_MATCHES_NOTHING
        };
        let message = format!("an {direction} rule of {} matches nobody: {}", policy.id, why.because);
        let mut diagnostic = entry.at(rule.rule.location, message);
        diagnostic.severity = severity;
        diagnostic.hint.clone_from(&why.hint);
        if matches.len() > 1 {
            let places = empty.iter().map(|(m, n)| (m.location, n.because.clone()));
            diagnostic.related.extend(places);
        } else if first.location != rule.rule.location {
            diagnostic.location = first.location;
        }
        found.push(diagnostic);
        return;
    }
    for (m, why) in empty {
        let entry = if why.on_hosts {
            &codes::HOST_NETWORK_PEER
        } else {
            &codes::PEER_MATCHES_NOTHING
        };
        let message = format!(
            "a peer in an {direction} rule of {} matches nobody: {}",
            policy.id, why.because
        );
        let mut diagnostic = entry.at(m.location, message);
        diagnostic.severity = why.severity;
        diagnostic.hint = why.hint;
        found.push(diagnostic);
    }
}

/// Why a peer matches nobody.
struct Nobody {
    because: String,
    severity: Severity,
    hint: Option<String>,
    /// Only pods in their nodes' network have its labels.
    on_hosts: bool,
}

/// `None` where the sources are too few to tell, or another finding says it.
fn nobody(lint: &Lint<'_, '_>, policy: &Policy, m: &Match) -> Option<Nobody> {
    if contradicts(m) {
        return None;
    }
    let plain = |because: String, severity: Severity| Nobody {
        because,
        severity,
        hint: None,
        on_hosts: false,
    };
    let whole = match lint.sources.extent() {
        Extent::Whole => Severity::Warning,
        Extent::Part => Severity::Note,
    };
    if let Some(Term::Node(selector)) = m.terms.iter().find(|t| matches!(t, Term::Node(_))) {
        return (!lint.cluster().nodes.is_empty())
            .then(|| plain(format!("no node matches {selector}"), Severity::Warning));
    }
    let namespaces: Vec<usize> = namespaces_of(lint, m);
    let selector = m.terms.iter().find_map(|term| match term {
        Term::Namespace(NamespaceMatch::Labelled(selector)) => Some(selector),
        _ => None,
    });
    if let Some(selector) = selector.filter(|_| namespaces.is_empty()) {
        return Some(no_namespace(lint, selector, whole));
    }
    if !lint.sources.show_pods() {
        return None;
    }
    let hosts = hosts_matching(lint, std::slice::from_ref(m));
    if !hosts.is_empty() {
        let because = format!(
            "only {} have its labels, and they use their node's network",
            list(&hosts)
        );
        return Some(Nobody {
            on_hosts: true,
            ..plain(because, Severity::Warning)
        });
    }
    let names: Vec<&Name> = namespaces.iter().map(|n| &lint.cluster().namespaces[*n].name).collect();
    if !namespaces.iter().any(|n| lint.sources.has_pods(*n)) {
        let own = names.iter().all(|n| Some(*n) == policy.id.namespace.as_ref());
        let because = match *names {
            [one] => format!("the sources show no pod in namespace {one}"),
            _ => "the sources show no pod in the namespaces that it selects".to_owned(),
        };
        return Some(plain(because, if own { Severity::Note } else { whole }));
    }
    let pods = pod_selector(m);
    // Other namespaces may have such pods, and of kube-system sources often show only a part.
    let shown = is_pinned(m) && names.iter().all(|n| n.as_str() != KUBE_SYSTEM);
    let because = match (pods, &*names) {
        (Some(selector), [one]) if is_pinned(m) => format!("no pod of namespace {one} matches {selector}"),
        (Some(selector), _) => format!("no pod that the sources show matches {selector}"),
        (None, _) => "nothing in the sources is like that".to_owned(),
    };
    Some(Nobody {
        hint: pods.and_then(|s| closest(s, &scope_of(lint, m))),
        ..plain(because, if shown { Severity::Warning } else { whole })
    })
}

/// Whether a match says by name which namespaces it speaks of.
fn is_pinned(m: &Match) -> bool {
    m.terms.iter().any(|term| match term {
        Term::Namespace(NamespaceMatch::Named(_)) => true,
        Term::Namespace(NamespaceMatch::Labelled(selector)) => {
            let names = |t: &Selector| matches!(t, Selector::In(key, _) if key.as_str() == METADATA_NAME);
            selectors::terms(selector).iter().any(names)
        }
        _ => false,
    })
}

/// No namespace has the labels of a peer.
fn no_namespace(lint: &Lint<'_, '_>, selector: &Selector, whole: Severity) -> Nobody {
    let namespaces = &lint.cluster().namespaces;
    let mut nobody = Nobody {
        because: format!("no namespace matches {selector}"),
        severity: whole,
        hint: None,
        on_hosts: false,
    };
    for term in selectors::terms(selector) {
        let Selector::In(key, values) = term else { continue };
        if key.as_str() == METADATA_NAME {
            let [value] = &**values else { continue };
            nobody.because = format!("no namespace is called {value}");
            if let Some(best) = misspelt(value, namespaces.iter().map(|n| &*n.name)) {
                nobody.severity = Severity::Warning;
                nobody.hint = Some(format!("did you mean {best}?"));
            }
            return nobody;
        }
        let called = values.iter().find_map(|v| namespaces.iter().find(|n| n.name == *v));
        if let Some(called) = called {
            // Labels of a namespace that nobody declares are not known.
            if called.location.is_some() {
                nobody.severity = Severity::Warning;
            }
            nobody.hint = Some(format!("select it by its name: {METADATA_NAME}: {}", called.name));
            return nobody;
        }
    }
    nobody.hint = closest(selector, &Scope(vec![lint.sources.namespace_labels()]));
    nobody
}

/// The workloads in their nodes' network that matches of pods would select.
fn hosts_matching(lint: &Lint<'_, '_>, matches: &[Match]) -> Vec<String> {
    let cluster = lint.cluster();
    let matching = |m: &Match, namespace: usize, labels: &Labels| {
        let namespace = &cluster.namespaces[namespace];
        !m.terms.is_empty()
            && m.terms.iter().all(|term| match term {
                Term::Namespace(NamespaceMatch::Named(name)) => namespace.name == *name,
                Term::Namespace(NamespaceMatch::Labelled(selector)) => selector.matches(&namespace.labels),
                Term::Pod(selector) => selector.matches(labels),
                _ => false,
            })
    };
    let mut found: Vec<usize> = lint
        .sources
        .hosts()
        .filter(|(_, e)| {
            let namespace = cluster.workloads[e.workload].namespace;
            matches.iter().any(|m| matching(m, namespace, &e.labels))
        })
        .map(|(_, e)| e.workload)
        .collect();
    found.dedup();
    found.into_iter().map(|w| cluster.workload_id(w)).collect()
}

/// The first of several, and how many more there are.
pub(super) fn list(all: &[String]) -> String {
    match all {
        [] => String::new(),
        [one] => one.clone(),
        [one, two] => format!("{one} and {two}"),
        [one, two, three] => format!("{one}, {two} and {three}"),
        [one, two, rest @ ..] => format!("{one}, {two} and {} more", rest.len()),
    }
}

/// The namespaces that a match of pods speaks of.
pub(super) fn namespaces_of(lint: &Lint<'_, '_>, m: &Match) -> Vec<usize> {
    let term = m.terms.iter().find_map(|term| match term {
        Term::Namespace(namespaces) => Some(namespaces),
        _ => None,
    });
    match term {
        Some(NamespaceMatch::Named(name)) => lint.cluster().namespace(name).into_iter().collect(),
        Some(NamespaceMatch::Labelled(selector)) => lint.sources.namespaces_with(selector).collect(),
        None => Vec::new(),
    }
}

/// The labels of the pods among which a match selects.
pub(super) fn scope_of<'s, 'a>(lint: &'s Lint<'_, 'a>, m: &Match) -> Scope<'s, 'a> {
    let namespaces = namespaces_of(lint, m).into_iter();
    Scope(namespaces.map(|n| lint.sources.labels(n)).collect())
}

/// The selector of pods of a match.
pub(super) fn pod_selector(m: &Match) -> Option<&Selector> {
    m.terms.iter().find_map(|term| match term {
        Term::Pod(selector) => Some(selector),
        _ => None,
    })
}

/// Whether a selector of the match can select nothing whatever there is.
fn contradicts(m: &Match) -> bool {
    m.terms.iter().any(|term| match term {
        Term::Namespace(NamespaceMatch::Labelled(selector)) | Term::Pod(selector) | Term::Node(selector) => {
            selectors::contradiction(selector).is_some()
        }
        _ => false,
    })
}

/// What a selector that selects nothing was probably meant to say.
pub(super) fn closest(selector: &Selector, scope: &Scope<'_, '_>) -> Option<String> {
    for term in selectors::terms(selector) {
        let Selector::In(key, values) = term else { continue };
        if scope.with(key, values) > 0 {
            continue;
        }
        let known = scope.values(key);
        if known.is_empty() {
            let keys = scope.keys();
            if let Some(best) = misspelt(key, keys.iter().map(|k| k.as_str())) {
                return Some(format!("no object has the label {key}; did you mean {best}?"));
            }
            continue;
        }
        let mut known: Vec<&str> = known.keys().map(|k| k.as_str()).collect();
        known.sort_unstable();
        if let Some(best) = values.first().and_then(|v| misspelt(v, known.iter().copied())) {
            return Some(format!("did you mean {key}: {best}?"));
        }
        let few = known.len() <= 6;
        return Some(if few {
            format!("{key} is there with {}", known.join(", "))
        } else {
            format!(
                "{key} is there with {} and {} more",
                known[..5].join(", "),
                known.len() - 5
            )
        });
    }
    (selectors::terms(selector).len() > 1)
        .then(|| "each condition matches somebody, but not all of them together".into())
}
