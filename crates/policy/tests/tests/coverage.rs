//! What the mechanisms make of statements.

use expect_test::expect;
use policy::{CoverageReport, CoverageStatus, Library, Mechanism, Pack};

use crate::support::{SMALL, file, resolved, shipped};

/// The small pack with its statement assured and served in this way.
fn small(assurance: &str, mechanisms: &str) -> Pack {
    let text = SMALL.replacen("assurance = \"gate\"", &format!("assurance = \"{assurance}\""), 1).replacen(
        "mechanisms = [\"channel-sanitise\"]",
        &format!("mechanisms = [{mechanisms}]"),
        1,
    );
    resolved(&[file("small/pack.toml", &text)], "small").pack
}

#[test]
fn a_statement_is_what_its_mechanisms_make_of_it() {
    use CoverageStatus::{Defined, Kept, Partly, Planned, Unbound};
    for (assurance, mechanisms, status, totals) in [
        // kept, planned, partly, defined, unbound
        ("gate", "\"login\"", Kept, [1, 0, 0, 0, 0]),
        ("attest", "\"login\", \"second-factor\"", Kept, [1, 0, 0, 0, 0]),
        ("gate", "\"login\", \"mail-text\"", Partly, [0, 1, 1, 0, 0]),
        ("gate", "\"mail-text\"", Planned, [0, 1, 0, 0, 0]),
        ("measure", "\"log-rules\", \"mail-text\"", Planned, [0, 1, 0, 0, 0]),
        ("attest", "", Unbound, [0, 0, 0, 0, 1]),
        ("define", "", Defined, [0, 0, 0, 1, 0]),
        // A definition asks for nothing, so that nothing can be said to keep it.
        ("define", "\"login\"", Defined, [0, 0, 0, 1, 0]),
        ("define", "\"mail-text\"", Defined, [0, 0, 0, 1, 0]),
    ] {
        let pack = small(assurance, mechanisms);
        assert_eq!(pack.statements()[0].coverage(), status, "{assurance} {mechanisms}");
        let t = CoverageReport::of_pack(&pack).totals;
        assert_eq!(t.statements, 1);
        assert_eq!([t.kept, t.planned, t.partly, t.defined, t.unbound], totals, "{assurance} {mechanisms}");
    }
}

#[test]
fn mechanisms_are_many_and_of_both_kinds() {
    let ships = Mechanism::WORDS.iter().filter(|(_, m)| m.ships()).count();
    assert!(ships >= 28 && Mechanism::WORDS.len() - ships >= 20, "{ships} of {}", Mechanism::WORDS.len());
}

#[test]
fn every_statement_is_counted_once() {
    let files = shipped();
    let library = Library::new(&files);
    let packs: Vec<Pack> =
        library.packs().map(|id| library.resolve(id).expect("it is shipped").pack).collect();
    let all = CoverageReport::of_all(&packs);
    let written: usize =
        files.iter().map(|f| f.text.lines().filter(|l| l.trim_end() == "[[statement]]").count()).sum();
    assert_eq!(all.statements.len(), written, "no gap, and nothing twice");
    let mut ids: Vec<&str> = all.statements.iter().map(|s| s.id.as_str()).collect();
    ids.sort_unstable();
    ids.dedup();
    assert_eq!(ids.len(), written);
    for groups in [&all.by_layer, &all.by_capability, &all.by_type] {
        assert_eq!(groups.iter().map(|g| g.totals.statements).sum::<usize>(), written);
    }
    let t = all.totals;
    assert_eq!(t.kept + t.planned + t.defined + t.unbound, t.statements);
    assert_eq!(t.statements, written);
    // A city sees the layer beneath as well.
    let city = packs.iter().find(|p| p.id() == "hoshimi").expect("it is shipped");
    let report = CoverageReport::of_pack(city);
    assert_eq!(report.statements.len(), city.statements().len());
    assert_eq!(report.by_layer.iter().map(|g| g.id.as_str()).collect::<Vec<_>>(), ["base", "hoshimi"]);
    for m in &report.mechanisms {
        let named = city.statements().iter().filter(|s| s.mechanisms.iter().any(|n| n.id() == m.id)).count();
        assert_eq!(m.statements, named, "{}", m.id);
    }
    let kept = report.clone().only(CoverageStatus::Kept);
    assert_eq!(kept.statements.len(), report.totals.kept);
    assert_eq!(kept.totals, report.totals, "a filter hides rows, not counts");
}

/// What people read, and the schema of `--json`, as docs/format-pack.md describes it.
#[test]
fn both_renderings() {
    let mut report = CoverageReport::of_pack(&small("gate", "\"login\", \"mail-text\""));
    report.mechanisms.retain(|m| m.statements > 0);
    expect![[r#"
        ■ small 小さな町の方針
        [一部] small/one 1(1) 無害化する
            職員・委託先 / 関所で止める / 技術的な対策
            ● 利用者の認証(login)
            ○ 予定: メールのテキスト化(mail-text)

        層ごと
          小さな町の方針: 1 件 = 仕組みあり 0 + 予定 1(うち一部あり 1) + 定義 0 + 未対応 0

        機能の分野ごと
          sanitize-files: 1 件 = 仕組みあり 0 + 予定 1(うち一部あり 1) + 定義 0 + 未対応 0

        種類ごと
          技術的な対策: 1 件 = 仕組みあり 0 + 予定 1(うち一部あり 1) + 定義 0 + 未対応 0

        仕組みごとの遵守事項の数
          利用者の認証 login 1 件
          メールのテキスト化(予定) mail-text 1 件

        合計: 1 件 = 仕組みあり 0 + 予定 1(うち一部あり 1) + 定義 0 + 未対応 0
    "#]]
    .assert_eq(&report.to_text());
    expect![[r#"
        {
          "format": 1,
          "packs": [
            {
              "id": "small",
              "title": "小さな町の方針",
              "version": "1",
              "divergences": []
            }
          ],
          "totals": {
            "statements": 1,
            "kept": 0,
            "planned": 1,
            "partly": 1,
            "defined": 0,
            "unbound": 0
          },
          "by_layer": [
            {
              "id": "small",
              "title": "小さな町の方針",
              "statements": 1,
              "kept": 0,
              "planned": 1,
              "partly": 1,
              "defined": 0,
              "unbound": 0
            }
          ],
          "by_capability": [
            {
              "id": "sanitize-files",
              "title": "sanitize-files",
              "statements": 1,
              "kept": 0,
              "planned": 1,
              "partly": 1,
              "defined": 0,
              "unbound": 0
            }
          ],
          "by_type": [
            {
              "id": "technical-control",
              "title": "技術的な対策",
              "statements": 1,
              "kept": 0,
              "planned": 1,
              "partly": 1,
              "defined": 0,
              "unbound": 0
            }
          ],
          "mechanisms": [
            {
              "id": "login",
              "title": "利用者の認証",
              "ships": true,
              "statements": 1
            },
            {
              "id": "mail-text",
              "title": "メールのテキスト化",
              "ships": false,
              "statements": 1
            }
          ],
          "statements": [
            {
              "id": "small/one",
              "layer": "small",
              "label": "1(1)",
              "title": "無害化する",
              "gist_ja": "無害化する",
              "type": "technical-control",
              "modality": "must",
              "assurance": "gate",
              "capability": "sanitize-files",
              "roles": [
                {
                  "id": "staff",
                  "title": "職員"
                },
                {
                  "id": "vendor",
                  "title": "委託先"
                }
              ],
              "mechanisms": [
                {
                  "id": "login",
                  "title": "利用者の認証",
                  "ships": true
                },
                {
                  "id": "mail-text",
                  "title": "メールのテキスト化",
                  "ships": false
                }
              ],
              "status": "partly",
              "divergences": []
            }
          ]
        }"#]]
    .assert_eq(&report.to_json());
}
