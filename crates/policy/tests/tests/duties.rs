//! What the policy asks of whoever has a role.

use expect_test::expect;
use policy::duties::{Duties, DutyReport, Replacements, When};
use policy::{Library, Pack, Statement};

use crate::support::{SMALL, everything, file, resolved, shipped};

/// A statement above the small pack.
struct Written {
    id: &'static str,
    roles: &'static str,
    kind: &'static str,
    trigger: &'static str,
    more: &'static str,
}

const PLAIN: Written =
    Written { id: "", roles: "\"staff\"", kind: "staff-rule", trigger: "常時", more: "" };

fn body(statements: &[Written]) -> Pack {
    let mut text =
        "format = 1\n[pack]\nid = \"body\"\nextends = \"small\"\ntitle = \"町の方針\"\nversion = \"1\"\n"
            .to_owned();
    for s in statements {
        let trigger =
            if s.trigger.is_empty() { String::new() } else { format!("trigger = \"{}\"\n", s.trigger) };
        text += &format!(
            "[[statement]]\nid = \"body/{0}\"\nclause = \"small/1\"\nlabel = \"{0}\"\nascii = \"body-{0}\"\ntype = \"{1}\"\n\
             roles = [{2}]\nmodality = \"must\"\ngist_ja = \"{0}を守る\"\ngist_en = \"g\"\n{trigger}capability = \"policy\"\n{3}\n",
            s.id,
            s.kind,
            s.roles,
            if s.more.contains("assurance") {
                s.more.to_owned()
            } else {
                format!("assurance = \"attest\"\n{}", s.more)
            },
        );
    }
    resolved(&[file("small/pack.toml", SMALL), file("body/pack.toml", &text)], "body").pack
}

/// Ids by group: when, trigger, ids.
fn told<'p>(duties: &Duties<'p>) -> Vec<(When, Option<&'p str>, Vec<&'p str>)> {
    let ids = |g: &policy::duties::Group<'p>| g.duties.iter().map(|d| d.statement.id.as_str()).collect();
    duties.groups.iter().map(|g| (g.when, g.trigger, ids(g))).collect()
}

#[test]
fn duties_stand_by_when_they_apply() {
    let pack = body(&[
        Written { id: "a", ..PLAIN },
        Written { id: "b", trigger: "持出しごと", ..PLAIN },
        Written { id: "c", trigger: "異動のとき", ..PLAIN },
        Written { id: "d", trigger: "異動の　とき", ..PLAIN },
        Written { id: "e", kind: "recurring-duty", trigger: "定期(間隔は定めによる)", ..PLAIN },
        Written { id: "f", trigger: "毎年度1回、毎年", ..PLAIN },
        Written { id: "g", trigger: "", ..PLAIN },
        Written { id: "h", trigger: "常時、必要に応じて", ..PLAIN },
        Written { id: "i", kind: "triggered-duty", trigger: "", ..PLAIN },
        Written { id: "j", more: "assurance = \"define\"\n", ..PLAIN },
        Written { id: "k", roles: "\"manager\"", ..PLAIN },
        Written { id: "l", roles: "", ..PLAIN },
    ]);
    let staff = pack.duties(&["staff"]);
    assert_eq!(
        told(&staff),
        [
            (When::Always, None, vec!["small/one", "body/a", "body/g", "body/h"]),
            (When::Recurring, Some("定期(間隔は定めによる)"), vec!["body/e"]),
            (When::Recurring, Some("毎年度1回、毎年"), vec!["body/f"]),
            // The most first; other blanks are the same words.
            (When::Triggered, Some("異動のとき"), vec!["body/c", "body/d"]),
            (When::Triggered, Some("持出しごと"), vec!["body/b"]),
            (When::Triggered, None, vec!["body/i"]),
            (When::Known, None, vec!["body/j"]),
        ]
    );
    assert_eq!(When::ALL.map(|w| staff.count(w)), [4, 2, 4, 1]);
    assert_eq!(told(&pack.duties(&["manager"])), [(When::Always, None, vec!["body/k"])]);
    assert_eq!(told(&pack.duties(&[])), [(When::Always, None, vec!["body/l"])], "the body as a whole");
    let both = pack.duties(&["manager", "staff"]);
    assert_eq!(both.count(When::Always), 5);
    assert_eq!((pack.duties(&["nobody"]).groups, pack.duties(&["nobody"]).parts), (vec![], vec![]));
}

#[test]
fn others_have_a_part_in_duties() {
    let pack = body(&[Written {
        id: "a",
        roles: "\"staff\", \"system\"",
        more: "counterparty = [{ act = \"approve\", roles = [\"manager\"], note = \"文書で\" }]\n",
        ..PLAIN
    }]);
    let staff = pack.duties(&["staff"]);
    let duty = &staff.groups[0].duties[1];
    assert_eq!((duty.mine.as_slice(), duty.with.as_slice()), (&["staff"][..], &["system"][..]));
    assert_eq!(duty.others[0].roles, ["manager"]);
    assert_eq!(staff.parts, []);
    let manager = pack.duties(&["manager"]);
    assert_eq!(manager.groups, []);
    let parts: Vec<(&str, &str, Option<&str>)> =
        manager.parts.iter().map(|p| (p.act.id(), p.statement.id.as_str(), p.note)).collect();
    assert_eq!(parts, [("approve", "body/a", Some("文書で")), ("report", "small/one", Some("月ごと"))]);
}

#[test]
fn what_the_body_says_itself_stands_for_the_layer_beneath() {
    let relation = "relations = [{ kind = \"variant\", to = \"small/one\" }]\n";
    for (more, left) in [("", true), (relation, false)] {
        let pack = body(&[Written { id: "a", more, ..PLAIN }]);
        let duties = pack.duties(&["staff"]);
        let ids: Vec<&str> =
            duties.groups.iter().flat_map(|g| &g.duties).map(|d| d.statement.id.as_str()).collect();
        assert_eq!(ids.contains(&"small/one"), left, "{more}");
        assert_eq!(duties.replaced, usize::from(!left));
        let replacements = Replacements::of(&pack);
        let by: Vec<&str> =
            replacements.for_statement("small/one").iter().map(|s: &&Statement| s.id.as_str()).collect();
        assert_eq!(by, if left { vec![] } else { vec!["body/a"] });
        assert_eq!(replacements.replaced_by("body/a").count(), usize::from(!left));
    }
    // Between statements of one layer nothing is replaced.
    let pack = body(&[
        Written { id: "a", ..PLAIN },
        Written { id: "b", more: "relations = [{ kind = \"same\", to = \"body/a\" }]\n", ..PLAIN },
    ]);
    assert_eq!(Replacements::of(&pack), Replacements::default());
}

#[test]
fn a_body_that_says_it_all_replaces_what_was_made_of_its_text() {
    let narita = resolved(&everything(), "narita").pack;
    let replacements = Replacements::of(&narita);
    let by =
        |id: &str| -> Vec<&str> { replacements.for_statement(id).iter().map(|s| s.id.as_str()).collect() };
    assert_eq!(by("base/own-id-only"), ["narita/2.4(4)①ア"]);
    assert_eq!(by("base/session-ends"), [""; 0], "its text says nothing of it");
    // A basic policy says in general what a standard says one by one: nothing concrete goes.
    let asahi = resolved(&everything(), "asahi").pack;
    let replacements = Replacements::of(&asahi);
    assert!(replacements.for_statement("base/access-by-right").is_empty());
    assert!(replacements.for_statement("base/password-strong").is_empty());
    let city = resolved(&shipped(), "hoshimi").pack;
    assert_eq!(Replacements::of(&city), Replacements::default());
}

#[test]
fn no_statement_of_any_shipped_pack_is_lost() {
    let files = everything();
    let library = Library::new(&files);
    for id in library.packs() {
        let pack = library.resolve(id).unwrap().pack;
        let replacements = Replacements::of(&pack);
        let roles: Vec<&str> = pack.roles().iter().map(|r| r.id.as_str()).collect();
        let mut told: Vec<&str> = [pack.duties(&roles), pack.duties(&[])]
            .iter()
            .flat_map(|d| &d.groups)
            .flat_map(|g| &g.duties)
            .map(|d| d.statement.id.as_str())
            .chain(replacements.iter().map(|(id, _)| id))
            .collect();
        told.sort_unstable();
        let mut written: Vec<&str> = pack.statements().iter().map(|s| s.id.as_str()).collect();
        written.sort_unstable();
        assert_eq!(told, written, "{id}");
        assert!(replacements.iter().all(|(_, by)| by.iter().all(|s| &*s.origin.layer == id)), "{id}");
    }
}

#[test]
fn the_report_for_people_and_programs() {
    let pack = body(&[Written {
        id: "a",
        trigger: "持出しごと",
        more: "parameters = [\"keep\"]\ncounterparty = [{ act = \"approve\", roles = [\"manager\"] }]\nmechanisms = [\"login\", \"mail-text\"]\n",
        ..PLAIN
    }]);
    let report = DutyReport::for_role(&pack, "staff").unwrap();
    expect![[r#"
        町の方針(body 1)

        ■ 職員
          職: 課員、課長
          ● いつも守ること
            small/one 1(1) [義務] 無害化する
                管理者が報告を受ける
                保管期間: 7
                方法: 甲
          ● そのときに行うこと: 持出しごと
            body/a a [義務] aを守る
                管理者が承認する
                保管期間: 7
    "#]]
    .assert_eq(&report.to_text());
    let json: serde_json::Value = serde_json::from_str(&report.to_json()).unwrap();
    let duty = &json["roles"][0]["groups"][1]["duties"][0];
    assert_eq!((&duty["id"], &duty["modality"]), (&"body/a".into(), &"must".into()));
    assert_eq!(duty["mechanisms"][1]["ships"], false);
    assert_eq!(duty["counterparties"][0]["roles"][0]["id"], "manager");
    let manager = DutyReport::for_role(&pack, "manager").unwrap().to_text();
    assert!(manager.contains("body/a a 承認する(職員の義務): aを守る"), "{manager}");
    assert_eq!(DutyReport::for_role(&pack, "nobody"), None);
    let all = DutyReport::new(&pack);
    assert_eq!(all.roles.len(), pack.roles().len() + 1);
    assert!(all.to_text().contains("■ 団体全体\n  名指しの定めはありません。"));
}
