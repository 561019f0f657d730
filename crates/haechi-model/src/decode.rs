//! Typed fields out of a [`Document`](crate::Document).
//!
//! Reading goes on after a fault: each is a [`Diagnostic`] with its place, and the caller decides
//! whether the object can be used without the field.

use std::collections::hash_map::Entry;
use std::net::IpAddr;

use ipnet::IpNet;
use rustc_hash::FxHashMap;

use crate::diagnostic::{Code, Diagnostic, Severity};
use crate::document::{Bare, Children, Node, Style};
use crate::labels::{Labels, Selector};
use crate::name::{Interner, Name};
use crate::place::Location;

mod translated;

pub use translated::english;

/// A field has a value that it cannot have.
pub const INVALID_FIELD: Code = Code("HNP002");
/// A field that its kind does not have.
pub const UNKNOWN_FIELD: Code = Code("HNP003");
/// A key that was translated together with the text around it.
pub const TRANSLATED_KEY: Code = Code("HNP004");

/// What reading leaves behind: shared names, and what was wrong.
#[derive(Debug, Default)]
pub struct Decoder {
    names: Interner,
    /// What was wrong so far, in reading order.
    pub diagnostics: Vec<Diagnostic>,
}

impl Decoder {
    /// Notes that the value at `node` is wrong.
    pub fn invalid(&mut self, node: Node<'_>, message: impl Into<String>) -> &mut Diagnostic {
        self.invalid_at(node.location(), message)
    }

    /// Notes that what stands at `location` is wrong.
    pub fn invalid_at(&mut self, location: Location, message: impl Into<String>) -> &mut Diagnostic {
        let index = self.diagnostics.len();
        self.diagnostics
            .push(Diagnostic::new(INVALID_FIELD, Severity::Error, location, message));
        &mut self.diagnostics[index]
    }

    /// The shared name for `text`.
    pub fn intern(&mut self, text: &str) -> Name {
        self.names.name(text)
    }

    /// A text. A bare `80`, `true` or `null` is none: the API server refuses it, too.
    pub fn text<'d>(&mut self, node: Node<'d>) -> Option<&'d str> {
        match node.scalar() {
            Some((text, _)) if node.what() == "a text" => Some(text),
            Some((text, _)) => {
                let message = format!("expected a text, found {}: {text}", node.what());
                self.invalid(node, message).hint = Some(format!("put it in quotes: \"{text}\""));
                None
            }
            None => self.mismatch(node, "a text"),
        }
    }

    /// A text as a shared name.
    pub fn name(&mut self, node: Node<'_>) -> Option<Name> {
        let text = self.text(node)?;
        Some(self.intern(text))
    }

    /// A whole number from `low` to `high`.
    pub fn integer(&mut self, node: Node<'_>, low: i64, high: i64) -> Option<i64> {
        match node.bare() {
            Some(Bare::Integer(n)) if (low..=high).contains(&n) => Some(n),
            Some(Bare::Integer(n)) => {
                self.invalid(node, format!("{n} is not from {low} to {high}"));
                None
            }
            Some(Bare::Number) => self.mismatch(node, "a whole number"),
            _ => self.mismatch(node, "a number"),
        }
    }

    /// A port from 1 to 65535.
    pub fn port(&mut self, node: Node<'_>) -> Option<u16> {
        self.integer(node, 1, 65535).and_then(|n| u16::try_from(n).ok())
    }

    /// `true` or `false`.
    pub fn boolean(&mut self, node: Node<'_>) -> Option<bool> {
        match node.bare() {
            Some(Bare::Boolean(value)) => Some(value),
            _ => self.mismatch(node, "true or false"),
        }
    }

    /// The items of a list.
    pub fn list<'d>(&mut self, node: Node<'d>) -> Option<Children<'d>> {
        node.items().or_else(|| self.mismatch(node, "a list"))
    }

    /// The items of a list that may be left out.
    pub fn optional_list<'d>(&mut self, node: Option<Node<'d>>) -> impl Iterator<Item = Node<'d>> + use<'d> {
        node.and_then(|n| self.list(n)).into_iter().flatten()
    }

    /// An address.
    pub fn address(&mut self, node: Node<'_>) -> Option<IpAddr> {
        let text = self.text(node)?;
        text.parse().ok().or_else(|| {
            self.invalid(node, format!("{text:?} is not an IP address"));
            None
        })
    }

    /// A CIDR block. Bits behind the prefix are cut off with a warning; the API server takes them.
    pub fn cidr(&mut self, node: Node<'_>) -> Option<IpNet> {
        let text = self.text(node)?;
        let Ok(net) = text.parse::<IpNet>() else {
            let diagnostic = self.invalid(node, format!("{text:?} is not a CIDR block"));
            diagnostic.hint = Some(match text.parse::<IpAddr>() {
                Ok(IpAddr::V4(a)) => format!("for this one address write {a}/32"),
                Ok(IpAddr::V6(a)) => format!("for this one address write {a}/128"),
                Err(_) => "write it as 10.0.0.0/8 or 2001:db8::/32".to_owned(),
            });
            return None;
        };
        if net != net.trunc() {
            self.diagnostics.push(
                Diagnostic::new(
                    INVALID_FIELD,
                    Severity::Warning,
                    node.location(),
                    format!("{net} has bits behind its prefix"),
                )
                .hint(format!("it is read as {}", net.trunc())),
            );
        }
        Some(net.trunc())
    }

    /// A mapping of texts, as labels are.
    pub fn labels(&mut self, node: Node<'_>) -> Labels {
        let Some(pairs) = node.pairs() else {
            self.mismatch::<()>(node, "a mapping");
            return Labels::default();
        };
        let mut labels: Vec<(Name, Name)> = Vec::new();
        for (key, value) in pairs {
            // The API server drops a null value's key.
            if value.is_null() {
                continue;
            }
            if let (Some((key, _)), Some(value)) = (key.scalar(), self.name(value)) {
                labels.push((self.intern(key), value));
            }
        }
        let written = labels.len();
        let labels: Labels = labels.into_iter().collect();
        if labels.iter().len() < written {
            self.repeated_keys(node);
        }
        labels
    }

    /// Notes every key that `node` has twice.
    fn repeated_keys(&mut self, node: Node<'_>) {
        let mut first_of: FxHashMap<&str, Location> = FxHashMap::default();
        for (key, _) in node.pairs().into_iter().flatten() {
            let Some((text, _)) = key.scalar() else { continue };
            match first_of.entry(text) {
                Entry::Vacant(entry) => {
                    entry.insert(key.location());
                }
                Entry::Occupied(entry) => self.repeated_key(key, text, *entry.get()),
            }
        }
    }

    fn repeated_key(&mut self, node: Node<'_>, key: &str, first: Location) {
        self.invalid(node, format!("the key {} is there twice", shorten(key)))
            .related
            .push((first, "the first one".to_owned()));
    }

    /// A Kubernetes [`LabelSelector`](https://kubernetes.io/docs/reference/generated/kubernetes-api/v1.34/#labelselector-v1-meta).
    ///
    /// `None` if it is invalid, which has been noted then.
    pub fn label_selector(&mut self, node: Node<'_>) -> Option<Selector> {
        let before = self.diagnostics.len();
        let mut fields = Fields::of(node, "a label selector", self)?;
        let mut terms = Vec::new();
        if let Some(labels) = fields.field("matchLabels") {
            terms.extend(
                self.labels(labels)
                    .iter()
                    .map(|(k, v)| Selector::In(k.clone(), vec![v.clone()])),
            );
        }
        for expression in self.optional_list(fields.field("matchExpressions")) {
            terms.extend(self.label_requirement(expression));
        }
        fields.finish(self);
        let valid = self.diagnostics[before..].iter().all(|d| d.severity < Severity::Error);
        valid.then(|| Selector::all(terms))
    }

    fn label_requirement(&mut self, node: Node<'_>) -> Option<Selector> {
        let mut fields = Fields::of(node, "a match expression", self)?;
        let key = fields.required("key", self).and_then(|n| self.name(n));
        let operator = fields.required("operator", self);
        let values_at = fields.field("values");
        let mut values: Vec<Name> = Vec::new();
        for value in self.optional_list(values_at) {
            values.extend(self.name(value));
        }
        fields.finish(self);
        let (key, operator) = (key?, operator?);
        values.sort();
        values.dedup();
        let word = self.text(operator)?;
        let selector = match word {
            "In" => Selector::In(key, values.clone()),
            "NotIn" => Selector::Not(Box::new(Selector::In(key, values.clone()))),
            "Exists" => Selector::Has(key),
            "DoesNotExist" => Selector::Not(Box::new(Selector::Has(key))),
            _ => {
                self.invalid(operator, format!("no operator is called {word:?}")).hint =
                    Some(closest(word, ["In", "NotIn", "Exists", "DoesNotExist"]));
                return None;
            }
        };
        let wants_values = matches!(word, "In" | "NotIn");
        if wants_values == values.is_empty() {
            let message = if wants_values {
                format!("{word} needs at least one value")
            } else {
                format!("{word} takes no values")
            };
            self.invalid(values_at.unwrap_or(operator), message);
            return None;
        }
        Some(selector)
    }

    /// Notes that `node` is not what was expected, and returns nothing.
    pub fn mismatch<T>(&mut self, node: Node<'_>, expected: &str) -> Option<T> {
        let found = match node.scalar() {
            Some((text, _)) if !text.is_empty() => format!("{}: {}", node.what(), shorten(text)),
            _ => node.what().to_owned(),
        };
        let text = node.scalar().map(|(text, style)| (text.to_owned(), style));
        let diagnostic = self.invalid(node, format!("expected {expected}, found {found}"));
        if let Some((text, Style::Text)) = text {
            let bare = expected == "a number" && text.parse::<i64>().is_ok()
                || expected == "true or false" && matches!(&*text, "true" | "false");
            diagnostic.hint = bare.then(|| format!("leave the quotes out: {text}"));
        }
        None
    }
}

fn shorten(text: &str) -> String {
    match text.char_indices().nth(60) {
        Some((cut, _)) => format!("{}…", &text[..cut]),
        None => text.to_owned(),
    }
}

/// A hint that names the closest of `known`, or all of them where none is close.
#[must_use]
pub fn closest<'a>(word: &str, known: impl IntoIterator<Item = &'a str>) -> String {
    let known: Vec<&str> = known.into_iter().collect();
    match did_you_mean(word, known.iter().copied()) {
        Some(best) => format!("did you mean {best}?"),
        None => format!("it is one of {}", known.join(", ")),
    }
}

/// The one of `known` that `word` was probably meant to be: the nearest, else the longest that it begins or ends with.
#[must_use]
pub fn did_you_mean<'a>(word: &str, known: impl IntoIterator<Item = &'a str>) -> Option<&'a str> {
    let known: Vec<&str> = known.into_iter().collect();
    let nearest = nearest(word, known.iter().copied(), |len| (len / 3).max(1));
    nearest.or_else(|| {
        let is_part = |k: &&str| {
            let begins = word.get(..k.len()).is_some_and(|part| part.eq_ignore_ascii_case(k));
            let rest = word.len().checked_sub(k.len()).and_then(|start| word.get(start..));
            k.len() >= LEAST_PART && (begins || rest.is_some_and(|part| part.eq_ignore_ascii_case(k)))
        };
        known.into_iter().filter(is_part).max_by_key(|k| k.len())
    })
}

/// How much of a word has to be a known one to be taken for it.
const LEAST_PART: usize = 4;

/// The one of `known` that is nearest to `word`, of those that are at most `most` edits away; `most` depends on the
/// length of the known one.
#[must_use]
pub fn nearest<'a>(
    word: &str,
    known: impl IntoIterator<Item = &'a str>,
    most: impl Fn(usize) -> usize,
) -> Option<&'a str> {
    // Nobody mistypes a name this long, and the distance takes the product of both lengths.
    if word.len() > 100 {
        return None;
    }
    let folded = word.to_lowercase();
    let len = folded.chars().count();
    known
        .into_iter()
        .filter_map(|k| {
            let known_len = k.chars().count();
            let most = most(known_len);
            // The distance is at least the difference in length, which is cheap to know.
            let is_near = known_len.abs_diff(len) <= most;
            let distance = is_near.then(|| strsim::damerau_levenshtein(&folded, &k.to_lowercase()))?;
            (distance <= most).then_some((distance, k))
        })
        .min()
        .map(|(_, k)| k)
}

/// Notes that `key` at `location` is a translation of `english`.
#[must_use]
pub fn translated_key(location: Location, key: &str, english: &str) -> Diagnostic {
    let message = format!("the key {} is a translation of {english}", shorten(key));
    Diagnostic::new(TRANSLATED_KEY, Severity::Error, location, message)
        .hint(format!("write {english}: Kubernetes knows only its own keys"))
}

/// The fields of one mapping: asked for by name, and what nobody asked for is unknown.
#[derive(Debug)]
pub struct Fields<'d> {
    node: Node<'d>,
    what: &'static str,
    entries: Vec<Field<'d>>,
    asked: Vec<&'static str>,
    ignored: Vec<&'static [&'static str]>,
}

#[derive(Debug)]
struct Field<'d> {
    key: &'d str,
    key_node: Node<'d>,
    value: Node<'d>,
    seen: bool,
}

/// More fields than any kind has.
const MANY_FIELDS: usize = 64;
/// Unknown fields of one mapping that are worth a message each.
const MANY_UNKNOWN: usize = 20;

impl<'d> Fields<'d> {
    /// The fields of `node`, which is `what` ("a peer", "a port"); notes if it is no mapping.
    pub fn of(node: Node<'d>, what: &'static str, decoder: &mut Decoder) -> Option<Self> {
        let Some(pairs) = node.pairs() else {
            return decoder.mismatch(node, what);
        };
        let mut entries: Vec<Field<'d>> = Vec::new();
        // Comparing each with each is the fastest for what people write, and endless for what attackers do.
        let mut places: FxHashMap<&str, usize> = FxHashMap::default();
        for (key_node, value) in pairs {
            let Some((key, _)) = key_node.scalar() else {
                decoder.invalid(key_node, format!("a key of {what} is {}", key_node.what()));
                continue;
            };
            let first = if entries.len() < MANY_FIELDS {
                entries.iter().find(|f| f.key == key)
            } else {
                if places.is_empty() {
                    places.extend(entries.iter().enumerate().map(|(i, f)| (f.key, i)));
                }
                places.get(key).map(|&i| &entries[i])
            };
            if let Some(first) = first {
                let first = first.key_node.location();
                decoder.repeated_key(key_node, key, first);
                continue;
            }
            if entries.len() >= MANY_FIELDS {
                places.insert(key, entries.len());
            }
            entries.push(Field {
                key,
                key_node,
                value,
                seen: false,
            });
        }
        Some(Self {
            node,
            what,
            entries,
            asked: Vec::new(),
            ignored: Vec::new(),
        })
    }

    /// The mapping itself.
    #[must_use]
    pub fn node(&self) -> Node<'d> {
        self.node
    }

    /// The value of `key`; `None` if it is absent or null.
    pub fn field(&mut self, key: &'static str) -> Option<Node<'d>> {
        self.asked.push(key);
        let field = self.entries.iter_mut().find(|f| f.key == key)?;
        field.seen = true;
        (!field.value.is_null()).then_some(field.value)
    }

    /// The value of `key`; notes if it is absent or null.
    pub fn required(&mut self, key: &'static str, decoder: &mut Decoder) -> Option<Node<'d>> {
        let value = self.field(key);
        if value.is_none() && !self.unasked().any(|f| english(f.key) == Some(key)) {
            decoder.invalid(self.node, format!("{} needs {key}", self.what));
        }
        value
    }

    /// Whether `key` is there, also if its value is null.
    #[must_use]
    pub fn has(&self, key: &str) -> bool {
        self.entries.iter().any(|f| f.key == key)
    }

    /// Whether there are no fields at all.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.entries.is_empty()
    }

    /// Whether there are fields that nobody asked for so far.
    #[must_use]
    pub fn has_unasked(&self) -> bool {
        self.unasked().next().is_some()
    }

    /// Fields that are known and say nothing here.
    pub fn ignore(&mut self, keys: &'static [&'static str]) {
        // Looked at only for the fields that nobody asked for: some kinds have fifty.
        self.ignored.push(keys);
    }

    fn unasked(&self) -> impl Iterator<Item = &Field<'d>> {
        let ignored = |key: &str| self.ignored.iter().any(|keys| keys.contains(&key));
        self.entries.iter().filter(move |f| !f.seen && !ignored(f.key))
    }

    /// Notes every field that was not asked for; many of them in one.
    pub fn finish(self, decoder: &mut Decoder) {
        for (count, field) in self.unasked().enumerate() {
            if count >= MANY_UNKNOWN {
                let more = self.unasked().count() - count;
                let location = field.key_node.location();
                let message = format!("{} has {more} more fields that nobody knows, from here on", self.what);
                decoder
                    .diagnostics
                    .push(Diagnostic::new(UNKNOWN_FIELD, Severity::Warning, location, message));
                return;
            }
            let key = field.key;
            let location = field.key_node.location();
            let diagnostic = if let Some(english) = english(key) {
                translated_key(location, key, english)
            } else {
                let ignored = self.ignored.iter().copied().flatten();
                let known = did_you_mean(key, self.asked.iter().chain(ignored).copied());
                let diagnostic = Diagnostic::new(
                    UNKNOWN_FIELD,
                    Severity::Warning,
                    location,
                    format!("{} has no field {}", self.what, shorten(key)),
                );
                match known {
                    Some(best) => diagnostic.hint(format!("did you mean {best}?")),
                    None => diagnostic,
                }
            };
            decoder.diagnostics.push(diagnostic);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_word_is_taken_for_the_nearest_known_one() {
        let known = ["ports", "protocol", "podSelector", "matchLabels"];
        assert_eq!(did_you_mean("prots", known), Some("ports"));
        assert_eq!(did_you_mean("PODSELECTOR", known), Some("podSelector"));
        assert_eq!(did_you_mean("wibble", known), None);
    }

    #[test]
    fn a_word_around_a_known_one_is_taken_for_the_longest_such() {
        let known = ["ports", "containerPort", "name", "os"];
        assert_eq!(did_you_mean("containerPortNumber", known), Some("containerPort"));
        assert_eq!(did_you_mean("allOfTheServicePorts", known), Some("ports"));
        assert_eq!(did_you_mean("macos", known), None);
        assert_eq!(did_you_mean("é", known), None);
    }

    #[test]
    fn how_near_is_near_enough_is_the_callers_choice() {
        assert_eq!(nearest("TCPRoute", ["TLSRoute"], |_| 1), None);
        assert_eq!(nearest("TLSRuote", ["TLSRoute"], |_| 1), Some("TLSRoute"));
    }
}
