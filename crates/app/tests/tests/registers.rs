//! Registers from the first row to the last: who keeps what, what follows from a change, two editors, plans, and failures.

use std::collections::BTreeMap;

use app::{
    Error,
    actor::Actor,
    registers::{
        RowInput,
        plan::{LineProblem, PLAN_LINES_MAX, PlanLine, RegisterPlan},
        store::{RegisterStore as _, RowStage},
        views::{NOT_FILLED, RowQuestion},
    },
};
use workflow::register::{Refusal, Row, RowKey};

use crate::city::City;

fn typed(pairs: &[(&str, &str)]) -> BTreeMap<String, String> {
    pairs.iter().map(|(c, v)| ((*c).to_owned(), (*v).to_owned())).collect()
}

fn input(section: &str, pairs: &[(&str, &str)]) -> RowInput {
    RowInput {
        section: Some(section.to_owned()),
        values: typed(pairs),
        reason: "点検で見つかった".to_owned(),
    }
}

/// An asset of 市民課 with this class; none where it is empty.
fn asset(name: &str, class: &str) -> RowInput {
    input(
        "residents",
        &[
            ("name", name),
            ("kind", "電子データ"),
            ("confidentiality", class),
            ("integrity", "i2"),
            ("availability", "a1"),
            ("place", "共有サーバ"),
            ("keeper", "hanako"),
        ],
    )
}

fn medium(name: &str, serial: &str, assets: &str) -> RowInput {
    input(
        "residents",
        &[("name", name), ("kind", "USBメモリ"), ("serial", serial), ("assets", assets), ("place", "書庫")],
    )
}

fn all() -> RowQuestion {
    RowQuestion {
        stage: RowStage::InUse,
        section: None,
        filters: BTreeMap::new(),
        words: String::new(),
        after: None,
        limit: 50,
    }
}

impl City {
    async fn row(&self, key: &RowKey) -> Row {
        self.store.real.row(key).await.unwrap().unwrap()
    }

    async fn class(&self, key: &RowKey) -> Option<String> {
        let row = self.row(key).await;
        row.values.get("confidentiality").and_then(|v| v.as_text()).map(str::to_owned)
    }

    /// Changes a row as it is now.
    async fn change(&self, actor: &Actor, key: &RowKey, input: &RowInput) -> app::Result<()> {
        let seen = self.row(key).await.version;
        self.app.change_row(actor, key, seen, input).await
    }

    async fn listed(&self, actor: &Actor, register: &str, question: &RowQuestion) -> Vec<String> {
        let list = self.app.register_rows(actor, register, question).await.unwrap();
        list.rows.into_iter().map(|r| r.number).collect()
    }
}

fn problems<T: std::fmt::Debug>(result: app::Result<T>) -> Vec<(String, &'static str)> {
    match result {
        Err(Error::Form(problems)) => problems.into_iter().map(|p| (p.field, p.problem)).collect(),
        other => panic!("{other:?}"),
    }
}

/// One of each kind of evidence, for the tour of all of them.
pub(crate) async fn tour(city: &City) {
    let kacho = city.at("kacho", "lgwan").await;
    let original = city.app.add_row(&kacho, "assets", &asset("台帳", "c2")).await.unwrap();
    let held = city.app.add_row(&kacho, "media", &medium("USB", "X-1", "A-1")).await.unwrap();
    city.change(&kacho, &original, &asset("台帳", "c3")).await.unwrap();
    let seen = city.row(&held).await.version;
    city.app.end_row(&kacho, &held, seen, "2026-11-24", "壊れた").await.unwrap();
    let lines =
        vec![PlanLine::Add { section: Some("residents".to_owned()), values: asset("写し", "c1").values }];
    let plan = RegisterPlan {
        register: "assets".to_owned(),
        source: "資産.xlsx".to_owned(),
        reason: "移行".to_owned(),
        lines,
    };
    city.app.apply_plan(&kacho, &plan).await.unwrap();
}

#[tokio::test]
async fn a_section_sees_and_keeps_its_own() {
    let city = City::open().await;
    let (hanako, taro) = (city.at("hanako", "lgwan").await, city.at("taro", "lgwan").await);
    let (kacho, fukushi) = (city.at("kacho", "lgwan").await, city.at("fukushi", "lgwan").await);
    let (digital, kansa) = (city.at("digital", "lgwan").await, city.at("kansa", "lgwan").await);
    let key = city.app.add_row(&hanako, "assets", &asset("住民基本台帳", "c3")).await.unwrap();
    assert_eq!(key, RowKey::new("assets", 1));
    for (who, sees, keeps) in [
        (&hanako, true, true),
        (&taro, true, true),
        (&kacho, true, true),
        (&fukushi, false, false),
        (&digital, true, false),
        (&kansa, true, false),
    ] {
        let name = who.user().login.clone();
        let detail = city.app.register_row(who, &key).await;
        assert_eq!(detail.as_ref().map(|d| d.may.keep).ok(), sees.then_some(keeps), "{name}");
        assert_eq!(city.listed(who, "assets", &all()).await.len(), usize::from(sees), "{name}");
        let counted = city.app.registers(who).await.unwrap();
        let assets = counted.iter().find(|s| s.register.id == "assets").unwrap();
        assert_eq!((assets.in_use, assets.waiting), (u32::from(sees), 0), "{name}");
        let changed = city.change(who, &key, &asset("住民基本台帳の原本", "c3")).await;
        match (sees, keeps) {
            (true, true) => {
                assert!(matches!(changed, Ok(()) | Err(Error::Register(Refusal::Same))), "{name} {changed:?}")
            }
            (true, false) => assert!(matches!(changed, Err(Error::Denied { .. })), "{name} {changed:?}"),
            (false, _) => assert!(matches!(changed, Err(Error::NotFound)), "{name} {changed:?}"),
        }
    }
    // Nobody puts a row into another section, and a refusal is evidence.
    let elsewhere = RowInput { section: Some("welfare".to_owned()), ..asset("福祉の台帳", "c2") };
    let refused = city.app.add_row(&hanako, "assets", &elsewhere).await;
    assert!(matches!(refused, Err(Error::Denied { reason: "not-your-section", .. })), "{refused:?}");
    assert_eq!(city.last_kind().await, "access-denied");
    let moved = city
        .change(&hanako, &key, &RowInput { section: Some("welfare".to_owned()), ..asset("x", "c3") })
        .await;
    assert!(matches!(moved, Err(Error::Denied { .. })), "{moved:?}");
    let no_section = RowInput { section: None, ..asset("x", "c1") };
    let refused = city.app.add_row(&hanako, "assets", &no_section).await;
    assert!(matches!(refused, Err(Error::Invalid { field: "section", problem: "empty" })), "{refused:?}");
    // Equipment is kept by the IT office in every section, and by nobody else but the manager of each.
    let pc = input("welfare", &[("name", "PC-1"), ("kind", "ノートPC"), ("place", "窓口")]);
    city.app.add_row(&digital, "equipment", &pc).await.unwrap();
    assert!(matches!(city.app.add_row(&hanako, "equipment", &pc).await, Err(Error::Denied { .. })));
    assert!(matches!(city.app.add_row(&hanako, "nothing", &pc).await, Err(Error::NotFound)));
}

#[tokio::test]
async fn everything_that_is_wrong_is_told_at_once_and_nothing_is_written() {
    let city = City::open().await;
    let hanako = city.at("hanako", "lgwan").await;
    let before = city.evidence().await.len();
    let wrong = input(
        "residents",
        &[
            ("kind", "巻物"),
            ("keeper", "nobody"),
            ("copy-of", "A-9"),
            ("kept-until", "2027-02-29"),
            ("colour", "赤"),
        ],
    );
    assert_eq!(
        problems(city.app.add_row(&hanako, "assets", &wrong).await),
        [
            ("name", "empty"),
            ("kind", "not-allowed"),
            ("copy-of", "unknown"),
            ("place", "empty"),
            ("keeper", "unknown"),
            ("kept-until", "no-date"),
            ("colour", "no-column"),
        ]
        .map(|(c, p)| (c.to_owned(), p))
    );
    assert_eq!(city.evidence().await.len(), before);
    assert_eq!(city.listed(&hanako, "assets", &all()).await.len(), 0);
    // A serial number is that of one medium; one that ended gives it free.
    let first = city.app.add_row(&hanako, "media", &medium("USB 1", "SN-1", "")).await.unwrap();
    let taken = problems(city.app.add_row(&hanako, "media", &medium("USB 2", "ｓｎ-1", "")).await);
    assert_eq!(taken, [("serial".to_owned(), "taken-by-row")], "also in another spelling");
    city.app.end_row(&hanako, &first, 1, "2026-11-20", "廃棄した").await.unwrap();
    city.app.add_row(&hanako, "media", &medium("USB 2", "SN-1", "")).await.unwrap();
    for (on, reason, code) in [("2026-12-01", "x", "invalid"), ("いつか", "x", "invalid")] {
        let refused = city.app.end_row(&hanako, &RowKey::new("media", 2), 1, on, reason).await.unwrap_err();
        assert_eq!(refused.code(), code, "{on}");
    }
    let ended = city.app.end_row(&hanako, &first, 2, "2026-11-20", "もう一度").await.unwrap_err();
    assert_eq!(ended.code(), "row-ended");
    let no_reason =
        city.app.end_row(&hanako, &RowKey::new("media", 2), 1, "2026-11-20", " ").await.unwrap_err();
    assert_eq!(no_reason.code(), "row-reason");
}

#[tokio::test]
async fn classes_follow_what_they_come_from() {
    let city = City::open().await;
    let (hanako, kacho) = (city.at("hanako", "lgwan").await, city.at("kacho", "lgwan").await);
    let original = city.app.add_row(&hanako, "assets", &asset("原本", "c1")).await.unwrap();
    let mut copy = asset("写し", "");
    copy.values.insert("copy-of".to_owned(), "A-0001".to_owned());
    let copy = city.app.add_row(&hanako, "assets", &copy).await.unwrap();
    let usb = city.app.add_row(&hanako, "media", &medium("USB", "SN-1", "A-2")).await.unwrap();
    assert_eq!(
        (city.class(&copy).await.as_deref(), city.class(&usb).await.as_deref()),
        (Some("c1"), Some("c1"))
    );
    // The original becomes stricter: the copy with it, and the medium that holds the copy.
    city.change(&hanako, &original, &asset("原本", "c3")).await.unwrap();
    assert_eq!(
        (city.class(&copy).await.as_deref(), city.class(&usb).await.as_deref()),
        (Some("c3"), Some("c3"))
    );
    let detail = city.app.register_row(&hanako, &usb).await.unwrap();
    let newest = detail.history.first().unwrap();
    assert_eq!(newest.entry.entry.by, None, "nobody typed it");
    assert_eq!(newest.followed.as_ref().map(|l| l.number.as_str()), Some("A-0002"));
    assert_eq!(newest.changes, [("機密性".to_owned(), "機密性1".to_owned(), "機密性3".to_owned())]);
    let row = city.evidence().await;
    let changed = row.iter().rev().find(|e| e.entry.kind == "register-row-changed").unwrap();
    let payload: serde_json::Value = serde_json::from_slice(&changed.entry.payload).unwrap();
    assert_eq!(payload["details"]["followed"], serde_json::json!(["assets/2", "media/1"]));
    assert!(changed.entry.statements.contains(&"base/assets-registered".to_owned()));
    // What leads to the original, for those who see it.
    let here = city.app.register_row(&hanako, &original).await.unwrap();
    let leads: Vec<_> =
        here.linking.iter().map(|l| (l.column_title.as_str(), l.link.number.as_str())).collect();
    assert_eq!(leads, [("複製元", "A-0002")]);
    assert!(here.row.shown["handling"].text.contains("私物の端末で扱わない"));
    // Ended, it is in the medium no more.
    let seen = city.row(&copy).await.version;
    city.app.end_row(&hanako, &copy, seen, "2026-11-24", "消した").await.unwrap();
    assert_eq!(city.class(&usb).await, None);
    // Nobody knows the class: it waits for the manager, and counts as the highest until then.
    let unknown = city.app.add_row(&hanako, "assets", &asset("分からない", "")).await.unwrap();
    assert!(city.row(&unknown).await.waits);
    city.change(&hanako, &usb, &medium("USB", "SN-1", "A-3")).await.unwrap();
    assert_eq!(city.class(&usb).await.as_deref(), Some("c3"));
    let waiting: Vec<u32> =
        city.app.unclassified(&kacho).await.unwrap().into_iter().map(|(_, n)| n).collect();
    assert_eq!((waiting, city.app.unclassified(&hanako).await.unwrap().len()), (vec![1], 0));
    let question = RowQuestion { stage: RowStage::Waiting, ..all() };
    assert_eq!(city.listed(&kacho, "assets", &question).await, ["A-0003"]);
    let refused = problems(city.change(&hanako, &unknown, &asset("分からない", "c1")).await);
    assert_eq!(refused, [("confidentiality".to_owned(), "manager-classifies")]);
    city.change(&kacho, &unknown, &asset("分からない", "c1")).await.unwrap();
    assert!(!city.row(&unknown).await.waits);
    assert_eq!(city.class(&usb).await.as_deref(), Some("c1"));
}

#[tokio::test]
async fn the_second_of_two_editors_is_told_what_the_first_did() {
    let city = City::open().await;
    let (hanako, kacho) = (city.at("hanako", "lgwan").await, city.at("kacho", "lgwan").await);
    let key = city.app.add_row(&hanako, "assets", &asset("台帳", "c2")).await.unwrap();
    let seen = city.app.register_row(&kacho, &key).await.unwrap().row.row.version;
    city.app.change_row(&hanako, &key, seen, &asset("台帳(窓口)", "c2")).await.unwrap();
    let late = city.app.change_row(&kacho, &key, seen, &asset("台帳", "c3")).await;
    assert!(matches!(late, Err(Error::Conflict)), "{late:?}");
    let since = city.app.row_changes_since(&kacho, &key, seen).await.unwrap();
    assert_eq!(since.len(), 1);
    assert_eq!(since[0].entry.by_name.as_deref(), Some(hanako.user().name.as_str()));
    assert_eq!(since[0].changes, [("名称".to_owned(), "台帳".to_owned(), "台帳(窓口)".to_owned())]);
    // With what he saw now his change is taken; nothing different is told as that.
    city.change(&kacho, &key, &asset("台帳(窓口)", "c3")).await.unwrap();
    let same = city.change(&kacho, &key, &asset("台帳(窓口)", "c3")).await;
    assert!(matches!(same, Err(Error::Register(Refusal::Same))), "{same:?}");
    // The whole history can be read, the newest first.
    let history = city.app.register_row(&kacho, &key).await.unwrap().history;
    let told: Vec<_> = history.iter().map(|h| (h.entry.entry.version, h.entry.entry.cause.id())).collect();
    assert_eq!(told, [(3, "changed"), (2, "changed"), (1, "added")]);
    assert!(history.iter().all(|h| h.entry.entry.reason == "点検で見つかった"));
}

#[tokio::test]
async fn lists_are_narrowed_searched_and_paged() {
    let city = City::open().await;
    let kacho = city.at("kacho", "lgwan").await;
    for n in 1..=7 {
        let mut one = asset(&format!("サーバー記録 {n}"), if n % 2 == 0 { "c3" } else { "c1" });
        if n > 5 {
            one.values.insert("kept-until".to_owned(), format!("2027-0{n}-01"));
        }
        city.app.add_row(&kacho, "assets", &one).await.unwrap();
    }
    let with = |filters: &[(&str, &str)], words: &str| RowQuestion {
        filters: typed(filters),
        words: words.to_owned(),
        ..all()
    };
    let hanako_id = city.id("hanako").as_str().to_owned();
    for (question, expected) in [
        (with(&[("confidentiality", "c3")], ""), vec![6, 4, 2]),
        (
            with(&[("confidentiality", "c3"), ("kind", "電子データ"), ("keeper", &hanako_id)], ""),
            vec![6, 4, 2],
        ),
        (with(&[("confidentiality", "c3"), ("kind", "紙文書")], ""), vec![]),
        (with(&[("kept-until", "2027-06-30")], ""), vec![6]),
        (with(&[("kept-until", NOT_FILLED)], ""), vec![5, 4, 3, 2, 1]),
        (with(&[], "サーバ 記録"), vec![7, 6, 5, 4, 3, 2, 1]),
        (with(&[("confidentiality", "c3")], "記録 4"), vec![4]),
        (with(&[], "A-0003"), vec![3]),
        (with(&[], "100%"), vec![]),
        (RowQuestion { section: Some("welfare".to_owned()), ..all() }, vec![]),
    ] {
        let numbers: Vec<String> = expected.iter().map(|n| format!("A-{n:04}")).collect();
        assert_eq!(city.listed(&kacho, "assets", &question).await, numbers, "{question:?}");
    }
    let mut question = RowQuestion { limit: 3, ..all() };
    let mut pages = Vec::new();
    loop {
        let page = city.app.register_rows(&kacho, "assets", &question).await.unwrap();
        pages.push(page.rows.len());
        question.after = page.next;
        if page.next.is_none() {
            break;
        }
    }
    assert_eq!(pages, [3, 3, 1]);
    for bad in
        [with(&[("place", "x")], ""), with(&[("nothing", "x")], ""), with(&[("kept-until", "いつか")], "")]
    {
        let refused = city.app.register_rows(&kacho, "assets", &bad).await.unwrap_err();
        assert_eq!(refused.code(), "invalid", "{bad:?}");
    }
    let many = with(
        &[
            ("kind", "図面・写真"),
            ("confidentiality", "c1"),
            ("integrity", "i1"),
            ("availability", "a1"),
            ("zone", "lgwan"),
        ],
        "",
    );
    assert_eq!(city.app.register_rows(&kacho, "assets", &many).await.unwrap_err().code(), "too-many");
    // Saved for oneself.
    let hanako = city.at("hanako", "lgwan").await;
    city.app.save_filter(&kacho, "assets", "重いもの", "f-confidentiality=c3").await.unwrap();
    city.app.save_filter(&kacho, "assets", "重いもの", "f-confidentiality=c2").await.unwrap();
    let saved = city.app.register_rows(&kacho, "assets", &all()).await.unwrap().saved;
    assert_eq!(saved.iter().map(|s| s.query.as_str()).collect::<Vec<_>>(), ["f-confidentiality=c2"]);
    assert!(city.app.register_rows(&hanako, "assets", &all()).await.unwrap().saved.is_empty());
    city.app.forget_filter(&kacho, "assets", "重いもの").await.unwrap();
    assert!(city.app.register_rows(&kacho, "assets", &all()).await.unwrap().saved.is_empty());
    assert_eq!(city.app.save_filter(&kacho, "assets", " ", "x").await.unwrap_err().code(), "invalid");
}

fn plan(lines: Vec<PlanLine>) -> RegisterPlan {
    RegisterPlan {
        register: "media".to_owned(),
        source: "媒体.xlsx".to_owned(),
        reason: "棚卸し".to_owned(),
        lines,
    }
}

fn add(serial: &str) -> PlanLine {
    let one = medium("USB", serial, "");
    PlanLine::Add { section: one.section, values: one.values }
}

fn change(number: i64, seen: i64, pairs: &[(&str, &str)]) -> PlanLine {
    PlanLine::Change { number, seen, section: None, values: typed(pairs) }
}

fn end(number: i64, seen: i64, reason: &str) -> PlanLine {
    PlanLine::End { number, seen, on: "2026-11-24".to_owned(), reason: reason.to_owned() }
}

#[tokio::test]
async fn a_plan_is_tried_told_by_line_and_applied_as_a_whole() {
    let city = City::open().await;
    let (kacho, fukushi) = (city.at("kacho", "lgwan").await, city.at("fukushi", "lgwan").await);
    let first = plan((1..=5).map(|n| add(&format!("SN-{n}"))).collect());
    let trial = city.app.try_plan(&kacho, &first).await.unwrap();
    assert_eq!((trial.added, trial.problems.len()), (5, 0));
    assert_eq!(city.listed(&kacho, "media", &all()).await.len(), 0, "a trial changes nothing");
    let applied = city.app.apply_plan(&kacho, &first).await.unwrap();
    assert_eq!((applied.numbers, applied.done.digest.clone()), (Some((1, 5)), first.digest()));
    assert_eq!(city.last_kind().await, "register-plan-applied");

    // Everything that is wrong, by line, and nothing is done.
    let bad = plan(vec![
        add("SN-1"),
        add("SN-9"),
        add("sn-9"),
        change(1, 9, &[("place", "金庫")]),
        change(2, 1, &[("kind", "巻物"), ("nothing", "x")]),
        change(2, 1, &[("place", "金庫")]),
        change(77, 1, &[("place", "金庫")]),
        end(3, 1, " "),
        PlanLine::Add { section: Some("welfare".to_owned()), values: BTreeMap::new() },
        PlanLine::Add { section: Some("nowhere".to_owned()), values: BTreeMap::new() },
        PlanLine::End { number: 4, seen: 1, on: "2027-01-01".to_owned(), reason: "x".to_owned() },
        change(5, 1, &[("place", "書庫")]),
    ]);
    let trial = city.app.try_plan(&kacho, &bad).await.unwrap();
    let told: Vec<(usize, String)> = trial
        .problems
        .iter()
        .map(|(at, p)| match p {
            LineProblem::Columns(columns) => (
                *at,
                columns.iter().map(|c| format!("{} {}", c.field, c.problem)).collect::<Vec<_>>().join(", "),
            ),
            other => (*at, other.id().to_owned()),
        })
        .collect();
    let expected = [
        (1, "serial taken-by-row"),
        (3, "serial twice-in-plan"),
        (4, "stale"),
        (5, "kind not-allowed, nothing no-column"),
        (6, "twice"),
        (7, "no-row"),
        (8, "reason"),
        (9, "denied"),
        (10, "section"),
        (11, "end-day"),
    ];
    assert_eq!(told, expected.map(|(at, words)| (at, words.to_owned())));
    assert_eq!(trial.same, 1, "nothing would be different in the last line");
    assert!(matches!(city.app.apply_plan(&kacho, &bad).await, Err(Error::Conflict)));
    assert_eq!(city.row(&RowKey::new("media", 3)).await.version, 1);

    // Serial numbers change hands inside one plan, and what ends gives its own free.
    let swap = plan(vec![
        change(1, 1, &[("serial", "SN-2"), ("place", "金庫")]),
        change(2, 1, &[("serial", "SN-1")]),
        end(3, 1, "壊れた"),
        add("SN-3"),
    ]);
    let applied = city.app.apply_plan(&kacho, &swap).await.unwrap();
    let done = applied.done;
    assert_eq!((done.added, done.changed, done.ended), (1, 2, 1));
    let row = city.row(&RowKey::new("media", 1)).await;
    assert_eq!(row.values.get("serial").and_then(|v| v.as_text()), Some("SN-2"));
    assert_eq!(
        row.values.get("kind").and_then(|v| v.as_text()),
        Some("USBメモリ"),
        "what was not named stays"
    );
    let detail = city.app.register_row(&kacho, &RowKey::new("media", 1)).await.unwrap();
    assert_eq!(detail.history[0].entry.entry.cause.id(), "planned");
    assert_eq!(detail.history[0].entry.entry.reason, "棚卸し");
    // The same plan again is of another time.
    assert!(matches!(city.app.apply_plan(&kacho, &swap).await, Err(Error::Conflict)));

    // Strangers, too many lines, nothing at all.
    let denied = city.app.apply_plan(&fukushi, &plan(vec![add("SN-50")])).await;
    assert!(matches!(denied, Err(Error::Conflict)), "{denied:?}");
    let many = plan(vec![end(1, 1, "x"); PLAN_LINES_MAX + 1]);
    assert!(matches!(city.app.try_plan(&kacho, &many).await, Err(Error::TooMany { .. })));
    assert!(matches!(
        city.app.apply_plan(&kacho, &plan(Vec::new())).await,
        Err(Error::Register(Refusal::Same))
    ));
}

#[tokio::test]
async fn rows_that_follow_a_plan_change_with_it() {
    let city = City::open().await;
    let kacho = city.at("kacho", "lgwan").await;
    let a = city.app.add_row(&kacho, "assets", &asset("a", "c1")).await.unwrap();
    let b = city.app.add_row(&kacho, "assets", &asset("b", "c1")).await.unwrap();
    let usb = city.app.add_row(&kacho, "media", &medium("USB", "SN", "A-1 A-2")).await.unwrap();
    let plan = RegisterPlan {
        register: "assets".to_owned(),
        source: String::new(),
        reason: String::new(),
        lines: vec![
            change(a.number, 1, &[("confidentiality", "機密性3")]),
            change(b.number, 1, &[("confidentiality", "機密性2")]),
        ],
    };
    assert_eq!(city.app.try_plan(&kacho, &plan).await.unwrap().followed, 1);
    city.app.apply_plan(&kacho, &plan).await.unwrap();
    assert_eq!(city.class(&usb).await.as_deref(), Some("c3"));
    assert_eq!(city.row(&usb).await.version, 2, "one version for one plan");
}

/// Whatever step of the store fails, rows and evidence agree afterwards: both are there, or neither.
#[tokio::test]
async fn a_failing_store_leaves_all_or_nothing() {
    let city = City::open().await;
    let kacho = city.at("kacho", "lgwan").await;
    let key = city.app.add_row(&kacho, "assets", &asset("台帳", "c1")).await.unwrap();
    city.app.add_row(&kacho, "media", &medium("USB", "SN-1", "A-1")).await.unwrap();
    let count = async || {
        let kinds = city.evidence().await;
        kinds.iter().filter(|e| e.entry.kind.starts_with("register-")).count()
    };
    let mut done = 0;
    for step in 0..60 {
        let (before, version) = (count().await, city.row(&key).await.version);
        let class = if version % 2 == 0 { "c1" } else { "c3" };
        city.store.faults.arm(step, 1);
        let result = city.change(&kacho, &key, &asset("台帳", class)).await;
        let left = city.store.faults.disarm();
        let (after, now) = (count().await, city.row(&key).await.version);
        if result.is_ok() {
            assert_eq!((after, now), (before + 1, version + 1), "step {step}");
        } else {
            assert_eq!((after, now), (before, version), "step {step}: {result:?}");
        }
        if left {
            done += 1;
            if done > 1 {
                return;
            }
        }
    }
    panic!("the steps never came to an end");
}

#[tokio::test]
async fn two_at_once_get_two_numbers_and_one_conflict() {
    let city = City::open().await;
    let (hanako, kacho) = (city.at("hanako", "lgwan").await, city.at("kacho", "lgwan").await);
    let (first, second) = (asset("一", "c1"), asset("二", "c1"));
    let (a, b) = tokio::join!(
        city.app.add_row(&hanako, "assets", &first),
        city.app.add_row(&kacho, "assets", &second)
    );
    let mut numbers = [a.unwrap().number, b.unwrap().number];
    numbers.sort_unstable();
    assert_eq!(numbers, [1, 2]);
    let key = RowKey::new("assets", 1);
    let (third, fourth) = (asset("三", "c1"), asset("四", "c1"));
    let (a, b) = tokio::join!(
        city.app.change_row(&hanako, &key, 1, &third),
        city.app.change_row(&kacho, &key, 1, &fourth)
    );
    assert!(a.is_ok() != b.is_ok(), "{a:?} {b:?}");
}
