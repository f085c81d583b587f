//! What changes for each role.

use policy::{Pack, RoleChange, role_changes};

use crate::support::{SMALL, file, resolved};

fn small(changes: &[(&str, &str)]) -> Pack {
    let mut text = SMALL.to_owned();
    for (old, new) in changes {
        assert!(text.contains(old), "{old}");
        text = text.replacen(old, new, 1);
    }
    resolved(&[file("small/pack.toml", &text)], "small").pack
}

fn told(changes: &[RoleChange]) -> Vec<String> {
    changes
        .iter()
        .map(|c| {
            let changed: Vec<String> = c
                .changed
                .iter()
                .map(|d| {
                    let keys: Vec<&str> = d.keys.iter().map(|k| k.key).collect();
                    let values: Vec<String> = d
                        .values
                        .iter()
                        .map(|v| format!("{} {:?}>{:?}", v.parameter.id, v.a.as_deref(), v.b.as_deref()))
                        .collect();
                    format!("{}[{}][{}]", d.after.id, keys.join(" "), values.join(" "))
                })
                .collect();
            let ids = |list: &[policy::DiffStatement]| {
                list.iter().map(|s| s.id.clone()).collect::<Vec<_>>().join(" ")
            };
            format!("{}: +{} -{} ~{}", c.role.id, ids(&c.added), ids(&c.removed), changed.join(" "))
        })
        .collect()
}

const SECOND: &str = "[[statement]]\nid = \"small/two\"\nclause = \"small/1\"\nlabel = \"1(2)\"\nascii = \"small-two\"\n\
    type = \"register\"\nroles = [\"staff\"]\nmodality = \"must\"\ngist_ja = \"記録する\"\ngist_en = \"Record\"\n\
    parameters = [\"keep\"]\nassurance = \"attest\"\ncapability = \"logs\"\n\n[[parameter]]\nid = \"how\"";

#[test]
fn duties_come_go_and_change_for_those_who_have_them() {
    let plain = small(&[]);
    let with = small(&[("[[parameter]]\nid = \"how\"", SECOND)]);
    assert_eq!(told(&role_changes(&plain, &plain)), [] as [&str; 0]);
    assert_eq!(told(&role_changes(&plain, &with)), ["staff: +small/two - ~"]);
    assert_eq!(told(&role_changes(&with, &plain)), ["staff: + -small/two ~"]);

    let weaker = SECOND.replacen(
        "modality = \"must\"\ngist_ja = \"記録",
        "modality = \"should\"\ngist_ja = \"記録",
        1,
    );
    let weaker = small(&[("[[parameter]]\nid = \"how\"", &weaker)]);
    assert_eq!(told(&role_changes(&with, &weaker)), ["staff: + - ~small/two[modality][]"]);

    // A value that a duty leaves open changes the duty.
    let longer = small(&[("[[parameter]]\nid = \"how\"", SECOND), ("value = 7\n", "value = 10\n")]);
    let value = "[][keep Some(\"7\")>Some(\"10\")]";
    assert_eq!(
        told(&role_changes(&with, &longer)),
        [
            format!("staff: + - ~small/one{value} small/two{value}"),
            format!("manager: + - ~small/one{value}"),
            format!("vendor: + - ~small/one{value}"),
        ]
    );

    // Handed to another role: gone for one, new for the other.
    let handed = SECOND.replacen("roles = [\"staff\"]", "roles = [\"manager\"]", 1);
    let handed = small(&[("[[parameter]]\nid = \"how\"", &handed)]);
    assert_eq!(told(&role_changes(&with, &handed)), ["staff: + -small/two ~", "manager: +small/two - ~"]);

    // What nobody has to do differently is told to nobody.
    let renumbered = SECOND.replacen("label = \"1(2)\"", "label = \"1(9)\"", 1).replacen(
        "gist_en = \"Record\"",
        "gist_en = \"Keep a record\"",
        1,
    );
    let renumbered = small(&[("[[parameter]]\nid = \"how\"", &renumbered)]);
    assert_eq!(told(&role_changes(&with, &renumbered)), [] as [&str; 0]);
}
