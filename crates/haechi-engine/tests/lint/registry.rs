//! The registry itself.

use std::collections::BTreeSet;

use haechi_engine::lint::codes;
use haechi_model::Severity;

#[test]
fn codes_and_names_are_there_once_and_sorted() {
    let codes: Vec<&str> = codes::all().map(|e| e.code.0).collect();
    assert!(codes.is_sorted_by(|a, b| a < b), "{codes:?}");
    let names: BTreeSet<&str> = codes::all().map(|e| e.name).collect();
    assert_eq!(names.len(), codes.len());
}

#[test]
fn every_entry_says_all_there_is_to_say() {
    for entry in codes::all() {
        assert!(
            entry.code.0.starts_with("HNP") && entry.code.0.len() == 6,
            "{}",
            entry.code
        );
        assert!(
            entry.explanation.ends_with('.') && entry.explanation.len() > 60,
            "{}",
            entry.code
        );
        assert!(
            entry.remedy.ends_with('.') && !entry.example.is_empty(),
            "{}",
            entry.code
        );
        assert!(
            entry.name.chars().all(|c| c.is_ascii_lowercase() || c == '-'),
            "{}",
            entry.name
        );
    }
}

#[test]
fn is_found_by_code_and_by_name() {
    let entry = codes::find("hnp010").expect("it is there");
    assert_eq!(
        (entry.name, entry.severity),
        ("policy-selects-nothing", Severity::Warning)
    );
    assert_eq!(codes::find("policy-selects-nothing").map(|e| e.code), Some(entry.code));
    assert!(codes::find("HNP999").is_none());
}

#[test]
fn codes_of_reading_are_in_the_registry() {
    let known = [
        haechi_source::SYNTAX,
        haechi_source::TWICE,
        haechi_source::NOT_AN_OBJECT,
        haechi_source::LIMIT,
        haechi_source::UNREADABLE,
        haechi_source::UNKNOWN_KIND,
        haechi_model::decode::INVALID_FIELD,
        haechi_model::decode::UNKNOWN_FIELD,
        haechi_model::decode::TRANSLATED_KEY,
        haechi_policy::dialect::INERT_SECTION,
        haechi_policy::dialect::KIND_NOT_ENFORCED,
    ];
    for code in known {
        assert!(codes::find(code.0).is_some(), "{code}");
    }
}
