//! What is said of two packs.

use expect_test::expect;
use policy::{DiffReport, Pack};

use crate::support::{SMALL, file, resolved, shipped};

fn small(changes: &[(&str, &str)]) -> Pack {
    let mut text = SMALL.to_owned();
    for (old, new) in changes {
        assert!(text.contains(old), "{old}");
        text = text.replacen(old, new, 1);
    }
    resolved(&[file("small/pack.toml", &text)], "small").pack
}

/// A statement of a body above the small pack.
fn statement(body: &str, id: &str, modality: &str, gist: &str, relations: &str) -> String {
    format!(
        "[[statement]]\nid = \"{body}/{id}\"\nclause = \"small/1\"\nlabel = \"{id}\"\nascii = \"{body}-{id}\"\n\
         type = \"staff-rule\"\nroles = [\"manager\"]\nmodality = \"{modality}\"\ngist_ja = \"{gist}\"\n\
         gist_en = \"g\"\nassurance = \"attest\"\ncapability = \"policy\"\nrelations = [{relations}]\n\n"
    )
}

fn body(id: &str, statements: &[String]) -> Pack {
    let head = format!(
        "format = 1\n[pack]\nid = \"{id}\"\nextends = \"small\"\ntitle = \"{id}の方針\"\nversion = \"1\"\n"
    );
    let files =
        [file("small/pack.toml", SMALL), file(&format!("{id}/pack.toml"), &(head + &statements.concat()))];
    resolved(&files, id).pack
}

#[test]
fn two_versions_of_one_pack() {
    let before = small(&[]);
    let after = small(&[
        ("version = \"1\"", "version = \"2\""),
        ("modality = \"must\"", "modality = \"should\""),
        ("value = 7\n", "value = 10\ndecided = \"委員会\"\n"),
        ("label = \"中の系\"", "label = \"庁内系\""),
        ("public = false", "public = true"),
        ("roles = [\"manager\", \"staff\"]", "roles = [\"staff\"]"),
        ("title = \"課員\"\nroles = [\"staff\"]", "title = \"課員\"\nroles = [\"manager\", \"staff\"]"),
        ("deadline_hours = 24", "deadline_hours = 8"),
        (
            "[[parameter]]\nid = \"how\"",
            "[[statement]]\nid = \"small/two\"\nclause = \"small/1\"\nlabel = \"1(2)\"\nascii = \"small-two\"\n\
             type = \"register\"\nroles = [\"staff\"]\nmodality = \"must\"\ngist_ja = \"記録する\"\n\
             gist_en = \"Record\"\nassurance = \"attest\"\ncapability = \"logs\"\n\n[[parameter]]\nid = \"how\"",
        ),
    ]);
    expect![[r#"
        小さな町の方針(small 1) → 小さな町の方針(small 2)
        遵守事項: 加わるもの 1 件、なくなるもの 0 件、変わるもの 1 件、同じもの 0 件

        ■ 加わる遵守事項
          small/two 1(2) [義務] 職員: 記録する

        ■ 変わる遵守事項
          small/one 1(1) 無害化する
              義務の強さ: 義務 → 努力義務

        ■ 定めるべき値
          変わる: 保管期間(keep)
              値: 7 → 10
              決定: (なし) → 委員会

        ■ 系
          変わる: 庁内系(inner)
              名称: 中の系 → 庁内系

        ■ 申請
          変わる: 承認(ask)
              承認の段階: 課長の承認(管理者、24時間)、システム管理者の承認(システム管理者、24時間) → 課長の承認(管理者、8時間)、システム管理者の承認(システム管理者、24時間)

        ■ 役割と職
          変わる: 管理者(manager)
              職: 課長 → 課員

        ■ 文書
          変わる: 町の基準(standard)
              公開: 非公開 → 公開
    "#]].assert_eq(&DiffReport::new(&before, &after).to_text());
    expect![[r#"
        小さな町の方針(small 1) → 小さな町の方針(small 1)
        遵守事項: 加わるもの 0 件、なくなるもの 0 件、変わるもの 0 件、同じもの 1 件
    "#]]
    .assert_eq(&DiffReport::new(&before, &before).to_text());
    let back = DiffReport::new(&after, &before);
    assert_eq!(back.statements.removed.len(), 1);
    assert_eq!(back.statements.added.len(), 0);
    expect![[r#"
        小さな町の方針(small 1) → 小さな町の方針(small 2)
        役割「管理者」(manager)にかかわる違いだけを示します。
        遵守事項: 加わるもの 0 件、なくなるもの 0 件、変わるもの 1 件、同じもの 0 件

        ■ 変わる遵守事項
          small/one 1(1) 無害化する
              義務の強さ: 義務 → 努力義務

        ■ 申請
          変わる: 承認(ask)
              承認の段階: 課長の承認(管理者、24時間)、システム管理者の承認(システム管理者、24時間) → 課長の承認(管理者、8時間)、システム管理者の承認(システム管理者、24時間)

        ■ 役割と職
          変わる: 管理者(manager)
              職: 課長 → 課員
    "#]].assert_eq(
        &DiffReport::for_role(&before, &after, "manager").expect("there is such a role").to_text(),
    );
    assert_eq!(DiffReport::for_role(&before, &after, "nobody"), None);
}

#[test]
fn papers_around_the_text_are_compared_too() {
    let before = small(&[]);
    let after = small(&[
        ("title = \"町長\"", "title = \"水道事業管理者\""),
        ("reason = \"管理していない\"", "reason = \"廃止した\""),
        ("title = \"役場\"\nclause", "title = \"役場と出張所\"\nclause"),
        ("meaning = \"動くものを残さないこと\"", "meaning = \"作り直すこと\""),
        ("id = \"slip\"", "id = \"slip-2\""),
    ]);
    expect![[r#"
        小さな町の方針(small 1) → 小さな町の方針(small 1)
        遵守事項: 加わるもの 0 件、なくなるもの 0 件、変わるもの 0 件、同じもの 1 件

        ■ 文書
          変わる: 町の基準(standard)
              定める者: 町長 → 水道事業管理者

        ■ 定める者
          変わる: 水道事業管理者(mayor)
              題: 町長 → 水道事業管理者

        ■ 適用範囲
          変わる: 役場と出張所(office-all)
              題: 役場 → 役場と出張所
          変わる: 古いカード(cards)
              理由: 管理していない → 廃止した

        ■ 用語
          変わる: 無害化(clean)
              意味: 動くものを残さないこと → 作り直すこと

        ■ 注記
          加わる: 無害か(slip-2)
          なくなる: 無害か(slip)
    "#]]
    .assert_eq(&DiffReport::new(&before, &after).to_text());
}

#[test]
fn bodies_are_paired_by_what_their_statements_relate_to() {
    let a = body(
        "asahi",
        &[
            statement("asahi", "1", "must", "分ける", ""),
            statement("asahi", "2", "must", "点検する", ""),
            statement("asahi", "3", "must", "公表する", ""),
            statement("asahi", "4", "must", "旭だけ", ""),
            statement("asahi", "5", "must", "研修する", "{ kind = \"stricter\", to = \"okayama/5\" }"),
            statement("asahi", "6", "must", "訓練する", "{ kind = \"same\", to = \"tama/6\" }"),
        ],
    );
    let b = body(
        "okayama",
        &[
            statement("okayama", "1", "must", "別の言葉で分ける", "{ kind = \"same\", to = \"asahi/1\" }"),
            statement("okayama", "2", "should", "点検する", "{ kind = \"same\", to = \"asahi/2\" }"),
            statement("okayama", "3", "must", "別の形で公表する", "{ kind = \"variant\", to = \"asahi/3\" }"),
            statement("okayama", "5", "must", "研修に努める", ""),
            statement("okayama", "6", "must", "訓練もする", "{ kind = \"variant\", to = \"tama/6\" }"),
            statement("okayama", "7", "must-not", "岡山だけ", ""),
        ],
    );
    let diff = DiffReport::new(&a, &b).statements;
    let ids = |list: &[policy::DiffStatement]| list.iter().map(|s| s.id.clone()).collect::<Vec<_>>();
    assert_eq!(ids(&diff.added), ["okayama/7"], "what the second asks for and the first does not");
    assert_eq!(ids(&diff.removed), ["asahi/4"]);
    let changed: Vec<_> = diff
        .changed
        .iter()
        .map(|c| {
            (c.a.id.as_str(), c.b.id.as_str(), c.relation, c.keys.iter().map(|k| k.key).collect::<Vec<_>>())
        })
        .collect();
    assert_eq!(
        changed,
        [
            ("asahi/2", "okayama/2", Some("same"), vec!["modality"]),
            ("asahi/3", "okayama/3", Some("variant"), vec!["gist_ja"]),
            ("asahi/5", "okayama/5", Some("weaker"), vec!["gist_ja"]),
            ("asahi/6", "okayama/6", Some("variant"), vec!["gist_ja"]),
        ]
    );
    // The layer beneath, and the pair that says the same in other words.
    assert_eq!(diff.same, 2);
    let seen: usize = diff.added.len() + diff.changed.len() + diff.same;
    assert_eq!(seen, b.statements().len(), "every statement of the second is somewhere");
    let back = DiffReport::new(&b, &a).statements;
    assert_eq!(ids(&back.added), ["asahi/4"]);
    assert_eq!(back.changed.iter().find(|c| c.b.id == "asahi/5").and_then(|c| c.relation), Some("stricter"));
}

#[test]
fn the_shipped_packs() {
    let base = resolved(&shipped(), "base").pack;
    let city = resolved(&shipped(), "hoshimi").pack;
    let diff = DiffReport::new(&base, &city);
    assert_eq!(
        diff.statements.added.iter().map(|s| s.id.as_str()).collect::<Vec<_>>(),
        [
            "hoshimi/links-removed",
            "hoshimi/b-purpose",
            "hoshimi/b-staff",
            "hoshimi/b-published",
            "hoshimi/s-records"
        ]
    );
    assert_eq!(diff.statements.removed, []);
    assert_eq!(diff.zones.changed.len(), 3, "the city's own names");
    assert_eq!(diff.parameters.changed.len(), city.parameters().len(), "the city has set every value");
    let json: serde_json::Value = serde_json::from_str(&diff.to_json()).unwrap();
    for key in [
        "format",
        "a",
        "b",
        "role",
        "statements",
        "parameters",
        "zones",
        "channels",
        "requests",
        "roles",
        "documents",
        "makers",
        "scope",
        "terms",
        "annotations",
        "revisions",
    ] {
        assert!(json.get(key).is_some(), "{key}");
    }
}
