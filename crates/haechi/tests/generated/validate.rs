//! As much of JSON Schema as our own schemas use, and stricter than it: a property that a schema does not name is a
//! fault.

use serde_json::{Map, Value};

/// What of a document does not fit a schema, each with its place.
pub(crate) fn faults(schema: &Value, document: &Value) -> Vec<String> {
    let mut faults = Vec::new();
    Validator { root: schema }.check(schema, document, "$", &mut faults);
    faults
}

struct Validator<'s> {
    root: &'s Value,
}

impl Validator<'_> {
    fn check(&self, schema: &Value, value: &Value, place: &str, faults: &mut Vec<String>) {
        let Some(schema) = schema.as_object() else { return };
        for (keyword, rule) in schema {
            let mut fault = |what: String| faults.push(format!("{place}: {what}"));
            match keyword.as_str() {
                "$id" | "$schema" | "$defs" | "title" | "description" | "format" | "minimum" | "maximum" => {}
                "$ref" => {
                    let name = rule
                        .as_str()
                        .and_then(|r| r.strip_prefix("#/$defs/"))
                        .expect("a definition");
                    self.check(&self.root["$defs"][name], value, place, faults);
                }
                "const" if rule != value => fault(format!("{value} is not {rule}")),
                "enum" if !rule.as_array().is_some_and(|values| values.contains(value)) => {
                    fault(format!("{value} is none of {rule}"));
                }
                "const" | "enum" => {}
                "type" if !is_of_type(rule, value) => fault(format!("{value} is not of type {rule}")),
                "type" => {}
                "oneOf" | "anyOf" => {
                    let fits = |schema: &Value| {
                        let mut inner = Vec::new();
                        self.check(schema, value, place, &mut inner);
                        inner.is_empty()
                    };
                    if !rule.as_array().is_some_and(|schemas| schemas.iter().any(fits)) {
                        fault(format!("{value} fits none of {rule}"));
                    }
                }
                "items" => {
                    for (i, item) in value.as_array().into_iter().flatten().enumerate() {
                        self.check(rule, item, &format!("{place}[{i}]"), faults);
                    }
                }
                "properties" => self.check_properties(rule, value, place, faults),
                "required" => {
                    for name in rule.as_array().into_iter().flatten().filter_map(Value::as_str) {
                        if value.get(name).is_none() {
                            fault(format!("{name} is missing"));
                        }
                    }
                }
                other => fault(format!("this test does not know the keyword {other}")),
            }
        }
    }

    fn check_properties(&self, rule: &Value, value: &Value, place: &str, faults: &mut Vec<String>) {
        let empty = Map::new();
        for (name, value) in value.as_object().unwrap_or(&empty) {
            match rule.get(name) {
                Some(schema) => self.check(schema, value, &format!("{place}.{name}"), faults),
                None => faults.push(format!("{place}: the schema has no {name}")),
            }
        }
    }
}

fn is_of_type(types: &Value, value: &Value) -> bool {
    let is = |name: &str| match name {
        "object" => value.is_object(),
        "array" => value.is_array(),
        "string" => value.is_string(),
        "boolean" => value.is_boolean(),
        "integer" => value.is_u64() || value.is_i64(),
        "number" => value.is_number(),
        "null" => value.is_null(),
        other => panic!("no type {other}"),
    };
    match types {
        Value::Array(types) => types.iter().filter_map(Value::as_str).any(is),
        types => types.as_str().is_some_and(is),
    }
}
