//! Selecting by labels, from what the API says of each operator.

use haechi_model::labels::{Labels, Selector};

/// Whether an object with these labels is selected.
pub(crate) fn selects(selector: &Selector, labels: &Labels) -> bool {
    let look = |wanted: &str| {
        let mut pairs = labels.iter();
        pairs
            .find(|(key, _)| key.as_str() == wanted)
            .map(|(_, value)| value.as_str())
    };
    match selector {
        Selector::Has(key) => look(key).is_some(),
        Selector::In(key, values) => match look(key) {
            Some(value) => values.iter().any(|v| v.as_str() == value),
            None => false,
        },
        Selector::Contains(key, text) => look(key).is_some_and(|v| v.contains(text.as_str())),
        Selector::StartsWith(key, text) => look(key).is_some_and(|v| v.starts_with(text.as_str())),
        Selector::EndsWith(key, text) => look(key).is_some_and(|v| v.ends_with(text.as_str())),
        Selector::Not(inner) => !selects(inner, labels),
        Selector::And(all) => {
            for inner in all {
                if !selects(inner, labels) {
                    return false;
                }
            }
            true
        }
        Selector::Or(any) => {
            for inner in any {
                if selects(inner, labels) {
                    return true;
                }
            }
            false
        }
    }
}
