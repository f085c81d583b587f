//! What anybody may read, and that nothing else is in it.

use policy::{Pack, Publication, PublicationRefusal};

use crate::support::{SMALL, everything, file, resolved};

/// Two makers, a public document and a secret one, and values that belong to one, the other or both.
const TWO: &str = r#"
[[maker]]
id = "board"
title = "教育委員会"

[[document]]
id = "school"
title = "学校の方針"
kind = "basic-policy"
public = true
maker = "board"
legal_basis = "規則第1条"

[[document]]
id = "notes"
title = "だれのものでもない文書"
kind = "other"
public = true

[[revision]]
id = "school-first"
date = 2026-05-01
document = "school"

[[clause]]
id = "small/s"
section = "学1"
title = "学校の決まり"
document = "school"

[[clause]]
id = "small/s-1"
section = "学1-1"
title = "端末"
parent = "small/s"

[[clause]]
id = "small/hidden"
section = "秘1"
title = "ヒミツノ章"
parent = "small/s"
document = "standard"

[[clause]]
id = "small/below"
section = "秘1-1"
title = "ヒミツノ節"
parent = "small/hidden"

[[clause]]
id = "small/none"
section = "無"
title = "文書ノナイ章"

[[term]]
id = "school-word"
word = "学習用端末"
meaning = "子どもが使う機器"
clause = "small/s-1"

[[parameter]]
id = "open-days"
title = "返す日数"
type = "days"
value = 14
decided = "ヒミツノ会議"
note = "ヒミツノ覚書"

[[parameter]]
id = "shared-days"
title = "ヒミツノ日数"
type = "days"
value = 4321
"#;

fn statement(id: &str, clause: &str, gist: &str, parameters: &str) -> String {
    format!(
        "\n[[statement]]\nid = \"small/{id}\"\nclause = \"{clause}\"\nlabel = \"{id}\"\nascii = \"small-{id}\"\n\
         type = \"staff-rule\"\nroles = [\"staff\"]\nmodality = \"must\"\ngist_ja = \"{gist}\"\ngist_en = \"Hush {id}\"\n\
         evidence = \"ヒミツノ証拠\"\ntrigger = \"貸すとき\"\nassurance = \"attest\"\ncapability = \"policy\"\n\
         parameters = [{parameters}]\nnote = \"ヒミツノ注\"\n"
    )
}

fn two() -> Pack {
    let text = [
        SMALL,
        TWO,
        &statement("open", "small/s-1", "端末を返す", "\"open-days\", \"shared-days\""),
        &statement("hush", "small/hidden", "ヒミツノ義務", "\"shared-days\""),
        &statement("below", "small/below", "ヒミツノ子", ""),
        &statement("lost", "small/none", "ヒミツノ迷子", ""),
    ]
    .concat();
    resolved(&[file("small/pack.toml", &text)], "small").pack
}

#[test]
fn only_what_is_public_is_in_it() {
    let pack = two();
    let publication = Publication::new(&pack, &[]).unwrap();
    let json = publication.to_json();
    for there in [
        "学校の方針",
        "学校の決まり",
        "端末を返す",
        "返す日数",
        "14日",
        "学習用端末",
        "規則第1条",
        "2026-05-01",
        "貸すとき",
    ] {
        assert!(json.contains(there), "{there}:\n{json}");
    }
    for secret in [
        "ヒミツ",
        "文書ノナイ",
        "4321",
        "Hush",
        "町の基準",
        "誤記",
        "無害化する",
        "条例第2条",
        "動くものを残さない",
    ] {
        assert!(!json.contains(secret), "{secret}:\n{json}");
    }
    let makers: Vec<_> = publication.makers.iter().map(|m| (m.title.as_deref(), m.documents.len())).collect();
    assert_eq!(makers, [(Some("教育委員会"), 1), (None, 1)]);
    let school = &publication.makers[0].documents[0];
    let clauses: Vec<_> = school.clauses.iter().map(|c| (c.id.as_str(), c.depth)).collect();
    assert_eq!(clauses, [("small/s", 0), ("small/s-1", 1)]);
}

#[test]
fn asking_for_what_is_not_public_is_refused_with_the_reason() {
    let pack = two();
    let asked = |ids: &[&str]| {
        let ids: Vec<String> = ids.iter().map(|id| (*id).to_owned()).collect();
        Publication::new(&pack, &ids).map(|p| p.makers.iter().map(|m| m.documents.len()).sum::<usize>())
    };
    assert_eq!(asked(&["school"]), Ok(1));
    let refused =
        PublicationRefusal::NotPublic { id: "standard".to_owned(), title: "町の基準".to_owned() };
    assert_eq!(asked(&["school", "standard"]), Err(refused));
    assert_eq!(asked(&["nowhere"]), Err(PublicationRefusal::Unknown("nowhere".to_owned())));
    let none = resolved(&[file("small/pack.toml", SMALL)], "small").pack;
    assert_eq!(Publication::new(&none, &[]), Err(PublicationRefusal::Nothing));
}

/// Every pack that is shipped: each gist, value note and remark of what is not public is searched for.
#[test]
fn nothing_secret_of_a_shipped_pack_is_in_its_publication() {
    let files = everything();
    let mut looked_at = 0;
    for id in ["hoshimi", "narita", "asahi", "okayama", "tama", "kashiwa-water"] {
        let pack = Pack::resolve(&files, id).unwrap().pack;
        let Ok(publication) = Publication::new(&pack, &[]) else {
            assert!(pack.documents().iter().all(|d| !d.public), "{id}");
            continue;
        };
        let json = publication.to_json();
        let public = |clause: &str| {
            let document = pack.clause(clause).and_then(|c| c.document.as_deref());
            document.and_then(|d| pack.document(d)).is_some_and(|d| d.public)
        };
        let said: Vec<&str> =
            pack.statements().iter().filter(|s| public(&s.clause)).map(|s| s.gist_ja.as_str()).collect();
        for statement in pack.statements().iter().filter(|s| !public(&s.clause)) {
            // Two bodies' texts may ask for the same in the same words; what is public itself is no secret.
            if !said.iter().any(|open| open.contains(&statement.gist_ja)) {
                assert!(!json.contains(&statement.gist_ja), "{id}: {}", statement.id);
                looked_at += 1;
            }
            assert!(!json.contains(&statement.gist_en), "{id}: {}", statement.id);
        }
        for statement in pack.statements().iter().filter(|s| public(&s.clause)) {
            assert!(json.contains(&statement.gist_ja), "{id}: {} is public and absent", statement.id);
        }
        for remark in pack.annotations().iter().map(|a| &a.note) {
            assert!(!json.contains(remark.as_str()), "{id}: {remark}");
        }
    }
    assert!(looked_at > 100, "{looked_at}");
}
