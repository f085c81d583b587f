//! The shape of what forms are given.

use std::collections::BTreeSet;

use policy::PrintOf;
use serde_json::Value;

use super::sample;

/// Every path of a value: `a.b`, `list[].part`, `list[]`.
pub(super) fn paths(at: &str, value: &Value, into: &mut BTreeSet<String>) {
    match value {
        Value::Object(map) => {
            for (key, value) in map {
                paths(&if at.is_empty() { key.clone() } else { format!("{at}.{key}") }, value, into);
            }
        }
        Value::Array(list) => list.iter().for_each(|value| paths(&format!("{at}[]"), value, into)),
        _ => {
            into.insert(at.to_owned());
        }
    }
}

#[test]
fn samples_have_the_fields_that_people_are_told_of_and_no_others() {
    for (id, of) in PrintOf::WORDS {
        let mut given = BTreeSet::new();
        paths("", &Value::Object(sample(*of)), &mut given);
        let told: BTreeSet<String> = of.fields().map(|(field, _)| field.to_owned()).collect();
        assert_eq!(given, told, "{id}");
        assert!(of.fields().all(|(_, meaning)| !meaning.is_empty()));
    }
}
