//! Selectors that contradict themselves, and conditions that change nothing.

use haechi_model::diagnostic::{Diagnostic, Severity};
use haechi_model::labels::Selector;
use haechi_model::place::Location;
use haechi_policy::{Match, NamespaceMatch, Policy, Term};

use super::selection::scope_of;
use super::sources::Scope;
use super::spelling::misspelt;
use super::{Lint, codes, implies, matches_of, rules_of};

pub(super) fn check(lint: &Lint<'_, '_>) -> Vec<Diagnostic> {
    lint.each_policy(|policy, found| {
        let peers = rules_of(policy).flat_map(|r| matches_of(r.rule));
        for m in policy.subjects.iter().chain(peers) {
            for term in &m.terms {
                look(lint, policy, m, term, found);
            }
        }
    })
}

/// The conditions of a selector all of which must hold.
pub(super) fn terms(selector: &Selector) -> &[Selector] {
    match selector {
        Selector::And(terms) => terms,
        one => std::slice::from_ref(one),
    }
}

/// Two conditions of a selector that exclude each other.
pub(super) fn contradiction(selector: &Selector) -> Option<(&Selector, &Selector)> {
    let terms = terms(selector);
    let mut pairs = terms
        .iter()
        .enumerate()
        .flat_map(|(i, a)| terms[i + 1..].iter().map(move |b| (a, b)));
    pairs.find(|(a, b)| implies::contradict(a, b))
}

fn look(lint: &Lint<'_, '_>, policy: &Policy, m: &Match, term: &Term, found: &mut Vec<Diagnostic>) {
    let (selector, scope, what) = match term {
        Term::Pod(selector) => (selector, scope_of(lint, m), "pod"),
        Term::Namespace(NamespaceMatch::Labelled(selector)) => {
            (selector, Scope(vec![lint.sources.namespace_labels()]), "namespace")
        }
        _ => return,
    };
    let place = Place {
        location: m.location,
        policy,
        what,
    };
    if let Some((a, b)) = contradiction(selector) {
        let message = format!(
            "a selector of {} contradicts itself: nothing has both {a} and {b}",
            policy.id
        );
        found.push(codes::CONTRADICTION.at(m.location, message));
        return;
    }
    let terms = terms(selector);
    for (index, term) in terms.iter().enumerate() {
        let covering = terms.iter().enumerate().find(|(other, narrow)| {
            *other != index && implies::selector(narrow, term) && (*other < index || !implies::selector(term, narrow))
        });
        if let Some((_, narrow)) = covering {
            let message = format!(
                "{term} changes nothing in a selector of {}: {narrow} says as much",
                policy.id
            );
            found.push(codes::IDLE_TERM.note(m.location, message));
        } else if scope.objects() > 0 {
            place.idle_today(term, terms.len(), &scope, found);
            place.values(term, &scope, found);
        }
    }
}

/// Where a selector stands, and what it selects.
struct Place<'p> {
    location: Location,
    policy: &'p Policy,
    what: &'static str,
}

impl Place<'_> {
    /// Notes a condition that every object meets.
    fn idle_today(&self, term: &Selector, of: usize, scope: &Scope<'_, '_>, found: &mut Vec<Diagnostic>) {
        let Self { location, policy, what } = self;
        let why = match term {
            Selector::Not(inner) => match &**inner {
                Selector::In(key, values) if scope.with(key, values) == 0 => {
                    format!("no {what} has what it excludes")
                }
                Selector::Has(key) if scope.having(key) == 0 => format!("no {what} has the label"),
                _ => return,
            },
            // A condition that is alone in its selector is how one says which application is meant.
            Selector::In(key, values)
                if of > 1 && scope.objects() > 1 && scope.with(key, values) == scope.objects() =>
            {
                format!("every {what} there has it")
            }
            Selector::Has(key) if of > 1 && scope.objects() > 1 && scope.having(key) == scope.objects() => {
                format!("every {what} there has it")
            }
            _ => return,
        };
        let message = format!("{term} changes nothing in a selector of {}: {why}", policy.id);
        found.push(codes::IDLE_TERM.note(*location, message));
    }

    /// Notes values that nobody has, of a list of which others are there.
    fn values(&self, term: &Selector, scope: &Scope<'_, '_>, found: &mut Vec<Diagnostic>) {
        let Selector::In(key, values) = term else { return };
        if values.len() < 2 || scope.with(key, values) == 0 {
            return;
        }
        let known = scope.values(key);
        for value in values.iter().filter(|v| !known.contains_key(*v)) {
            let message = format!(
                "no {} has {key}: {value}, which a selector of {} lists",
                self.what, self.policy.id
            );
            let unused = known.keys().filter(|k| !values.contains(k)).map(|k| k.as_str());
            let mut unused: Vec<&str> = unused.collect();
            unused.sort_unstable();
            let mut diagnostic = codes::VALUE_NOBODY_HAS.note(self.location, message);
            if let Some(best) = misspelt(value, unused) {
                diagnostic.severity = Severity::Warning;
                diagnostic.hint = Some(format!("did you mean {best}?"));
            }
            found.push(diagnostic);
        }
    }
}
