//! A new body's own layer: answers that stand, and every way in which they do not.

use policy::setup::{
    Answers, Listener, Municipality, PEOPLE_MAX, Roster, SetupProblem, Step, date, plan, questions, value,
};
use policy::{Library, Pack, ParameterValue, SourceFile};

use crate::support::{everything, shipped};

const ROSTER: &str = "ログインID,氏名,ふりがな,部,課,職
suzuki,鈴木 望,すずき のぞみ,総務部,情報課,it-manager
sato,佐藤 葵,さとう あおい,総務部,情報課,課員
tanaka,田中 実,たなか みのる,市民部,窓口課,section-manager
mori,\"森, 光\",もり ひかる,市民部,窓口課,課員;係長
kansa,監査 太,かんさ ふとし,総務部,監査課,auditor
";

/// Answers that stand on `pack`, every needed value as it is suggested.
fn answers(pack: &str) -> Answers {
    answers_on(&shipped(), pack)
}

fn answers_on(files: &[SourceFile], pack: &str) -> Answers {
    let below = Library::new(files).resolve(pack).unwrap().pack;
    let parameters = questions(&below)
        .into_iter()
        .filter(|q| !q.needed_for.is_empty() && q.parameter.value.is_none())
        .map(|q| {
            let suggested =
                q.parameter.suggested.unwrap_or_else(|| panic!("{} has no suggestion", q.parameter.id));
            (q.parameter.id, suggested.to_string())
        })
        .collect();
    let listeners = below.zones().iter().enumerate().map(|(n, zone)| {
        let listener = Listener {
            address: format!("192.0.2.1:{}", 8_441 + n),
            certificate: format!("tls/{}.pem", zone.id),
            private_key: format!("tls/{}.key", zone.id),
        };
        (zone.id.clone(), listener)
    });
    Answers {
        format: 1,
        pack: pack.to_owned(),
        id: "yukimi".to_owned(),
        ledger: "sekisho.yukimi/ledger".to_owned(),
        effective_from: "令和8年4月1日".to_owned(),
        decided: "令和8年3月24日 情報セキュリティ委員会".to_owned(),
        administrator: "suzuki".to_owned(),
        roster: ROSTER.to_owned(),
        municipality: Municipality {
            name: "雪見市".to_owned(),
            kana: "ゆきみし".to_owned(),
            code: "992011".to_owned(),
        },
        listeners: listeners.collect(),
        parameters,
        ..Answers::default()
    }
}

fn problems(answers: &Answers) -> Vec<SetupProblem> {
    plan(answers, &shipped()).err().unwrap_or_default()
}

#[test]
fn a_body_can_stand_on_every_shipped_pack() {
    let files = everything();
    for pack in Library::new(&files).packs() {
        let mut answers = answers_on(&files, pack);
        answers.zones.insert("internet".to_owned(), "外の系「甲」".to_owned());
        let plan = plan(&answers, &files).unwrap_or_else(|p| panic!("{pack}: {p:#?}"));
        assert_eq!(plan.pack.municipality().unwrap().name, "雪見市", "{pack}");
        assert_eq!(plan.pack.effective_from(), Some("2026-04-01"), "{pack}");
        assert_eq!(plan.pack.zone("internet").unwrap().label, "外の系「甲」", "{pack}");
        assert!(plan.layers.iter().any(|l| l == "base") && plan.layers.iter().any(|l| l == pack), "{pack}");
        assert!(plan.layers.iter().any(|l| l == "guideline") && !plan.layers.iter().any(|l| l == "yukimi"));
        assert_eq!((plan.people.len(), plan.administrator), (5, 0), "{pack}");
        // What is written is read again as the same, and can run.
        let mut all = files.clone();
        all.extend(plan.files.iter().cloned());
        let resolved = Pack::resolve(&all, "yukimi").unwrap();
        assert_eq!(resolved.readiness(), [], "{pack}");
        assert!(resolved.pack.parameter("session-idle").unwrap().value.is_some(), "{pack}");
    }
}

#[test]
fn the_organisation_follows_from_the_roster() {
    let files = shipped();
    let plan = plan(&answers("base"), &files).unwrap();
    let names: Vec<&str> = plan.pack.departments().iter().map(|d| d.name.as_str()).collect();
    assert_eq!(names, ["総務部", "市民部"]);
    let sections: Vec<(&str, &str)> =
        plan.pack.sections().iter().map(|s| (s.name.as_str(), s.department.as_str())).collect();
    assert_eq!(sections, [("情報課", "bu-01"), ("窓口課", "bu-02"), ("監査課", "bu-01")]);
    let mori = &plan.people[3];
    assert_eq!((mori.name.as_str(), mori.section.as_str()), ("森, 光", "ka-02"));
    let unit = Some("ka-02".to_owned());
    assert_eq!(mori.posts, [("staff".to_owned(), unit.clone()), ("chief".to_owned(), unit)]);
    assert_eq!(plan.people[4].posts, [("auditor".to_owned(), None)]);
    // The same from a spreadsheet's paste, with a mark of the encoding, other ends of lines and another order of columns.
    let below = Library::new(&files).resolve("base").unwrap().pack;
    let pasted = "\u{feff}職\t課\t部\tふりがな\t氏名\tログインＩＤ\r\n課員\t情報課\t総務部\tさとう\t佐藤\tＳＡＴＯ\r\n\r\n";
    let roster = Roster::read(pasted, &below);
    assert_eq!((roster.errors.len(), roster.people[0].login.as_str()), (0, "sato"), "{:?}", roster.errors);
    // Units that the pack has already are not made again.
    let hoshimi = Library::new(&files).resolve("hoshimi").unwrap().pack;
    let rows = "ログインID,氏名,ふりがな,部,課,職\naa,一,いち,市民福祉部,市民課,課員\nbb,二,に,市民福祉部,新課,課員\n";
    let roster = Roster::read(rows, &hoshimi);
    assert_eq!(roster.people[0].section, "residents");
    assert_eq!((roster.departments.len(), roster.sections.len()), (0, 1));
}

#[test]
fn rows_of_a_roster_are_refused_by_their_number() {
    let files = shipped();
    let below = Library::new(&files).resolve("base").unwrap().pack;
    let head = "ログインID,氏名,ふりがな,部,課,職\n";
    let good = "sato,佐藤,さとう,総務部,情報課,課員\n";
    for (rows, row, says) in [
        (format!("{good}sato,別人,べつじん,総務部,情報課,課員\n"), 3, "2 行目と重なっています"),
        (format!("{good}SATO,別人,べつじん,総務部,情報課,課員\n"), 3, "2 行目と重なっています"),
        ("sato,佐藤,さとう,総務部,情報課,大将\n".to_owned(), 2, "職「大将」は方針にありません"),
        ("さとう,佐藤,さとう,総務部,情報課,課員\n".to_owned(), 2, "ログインID「さとう」は使えません"),
        ("sato,,さとう,総務部,情報課,課員\n".to_owned(), 2, "氏名が空です"),
        ("sato,佐藤\n".to_owned(), 2, "職が空です"),
        (format!("\n\n{good}x,佐藤,さとう,総務部,情報課,課員\n"), 5, "ログインID「x」は使えません"),
        (format!("sato,{},さとう,総務部,情報課,課員\n", "長".repeat(61)), 2, "氏名が長すぎる"),
        (format!("{good}mori,森,もり,市民部,情報課,課員\n"), 3, "ほかの部にもあります"),
        (String::new(), 1, "人がいません"),
    ] {
        let roster = Roster::read(&format!("{head}{rows}"), &below);
        let told =
            roster.errors.iter().any(|e| e.row == row && e.message.contains(says) && !e.instead.is_empty());
        assert!(told, "{rows:?}: {:?}", roster.errors);
    }
    for (text, says) in
        [("", "名簿が空です"), ("氏名,課\n", "見出し ログインID、ふりがな"), ("\u{0}\u{1}", "見出し")]
    {
        let roster = Roster::read(text, &below);
        assert!(roster.errors[0].message.contains(says), "{:?}", roster.errors);
        assert!(roster.people.is_empty());
    }
    let many: String = (0..=PEOPLE_MAX).map(|n| format!("u{n},佐藤,さとう,総務部,情報課,課員\n")).collect();
    let roster = Roster::read(&format!("{head}{many}"), &below);
    assert!(roster.errors[0].message.contains("行が多すぎます") && roster.people.is_empty());
}

#[test]
fn every_slip_is_told_with_its_step_and_remedy() {
    type Change = fn(&mut Answers);
    let rows: &[(Change, Step, &str)] = &[
        (|a| a.format = 2, Step::Pack, "format = 2"),
        (|a| a.pack.clear(), Step::Pack, "選ばれていません"),
        (|a| a.pack = "nobody".into(), Step::Pack, "方針「nobody」がありません"),
        (|a| a.id = "Yuki".into(), Step::Pack, "層の名前「Yuki」は使えません"),
        (|a| a.id = "../up".into(), Step::Pack, "使えません"),
        (|a| a.id = "hoshimi".into(), Step::Pack, "すでにあります"),
        (|a| a.id = "guideline".into(), Step::Pack, "すでにあります"),
        (|a| a.municipality.name = " ".into(), Step::Municipality, "団体の名前"),
        (|a| a.municipality.code = "992012".into(), Step::Municipality, "検査数字が合いません"),
        (|a| a.municipality.code = "99201".into(), Step::Municipality, "6桁の数字ではありません"),
        (|a| a.effective_from = "令和元年13月1日".into(), Step::Municipality, "暦にありません"),
        (|a| a.effective_from = "令和元年13月".into(), Step::Municipality, "暦にありません"),
        (|a| a.effective_from = "2026-02-30".into(), Step::Municipality, "暦にありません"),
        (|a| a.effective_from = "来年".into(), Step::Municipality, "暦にありません"),
        (|a| a.ledger = "a b".into(), Step::Municipality, "台帳の名前"),
        (|a| a.ledger = "a\"b".into(), Step::Municipality, "台帳の名前"),
        (|a| a.roster.clear(), Step::People, "名簿が空です"),
        (|a| a.roster.push_str("sato,二人目,ふたりめ,部,課,課員\n"), Step::People, "重なっています"),
        (|a| drop(a.listeners.remove("lgwan")), Step::Zones, "待受けがありません"),
        (|a| a.listeners.get_mut("lgwan").unwrap().address = "lgwan".into(), Step::Zones, "読めません"),
        (|a| a.database = "mysql://db/house".into(), Step::Zones, "データベースの場所を読めません"),
        (|a| a.database = "postgres://db.example".into(), Step::Zones, "データベースの場所を読めません"),
        (|a| a.database = "postgres:///house".into(), Step::Zones, "データベースの場所を読めません"),
        (|a| a.database = "postgres://a b/house".into(), Step::Zones, "データベースの場所を読めません"),
        (
            |a| a.listeners.get_mut("lgwan").unwrap().address = "192.0.2.1:8441".into(),
            Step::Zones,
            "二つの系にあります",
        ),
        (|a| a.listeners.get_mut("lgwan").unwrap().certificate.clear(), Step::Zones, "証明書のファイル"),
        (
            |a| drop(a.listeners.insert("moon".into(), Listener::default())),
            Step::Zones,
            "「moon」は方針にありません",
        ),
        (|a| drop(a.zones.insert("moon".into(), "月".into())), Step::Zones, "方針にありません"),
        (|a| drop(a.zones.insert("lgwan".into(), String::new())), Step::Zones, "名前が空か"),
        (|a| drop(a.parameters.remove("session-idle")), Step::Parameters, "定められていません"),
        (|a| drop(a.parameters.insert("session-idle".into(), "300".into())), Step::Parameters, "使えません"),
        (|a| drop(a.parameters.insert("session-idle".into(), "早め".into())), Step::Parameters, "使えません"),
        (|a| drop(a.parameters.insert("no-such".into(), "1".into())), Step::Parameters, "方針にありません"),
        (|a| a.decided.clear(), Step::Parameters, "誰がいつ決めたか"),
        (|a| a.administrator.clear(), Step::Administrator, "選ばれていません"),
        (|a| a.administrator = "nobody".into(), Step::Administrator, "名簿にいません"),
        (|a| a.administrator = "tanaka".into(), Step::Administrator, "役割がありません"),
    ];
    let good = answers("base");
    assert_eq!(problems(&good), []);
    for (change, step, says) in rows {
        let mut answers = good.clone();
        change(&mut answers);
        let found = problems(&answers);
        let told = found.iter().any(|p| p.step == *step && p.message.contains(says) && !p.instead.is_empty());
        assert!(told, "{says}: {found:#?}");
    }
    // All at once, in the order of the steps.
    let mut answers = answers("base");
    answers.administrator.clear();
    answers.municipality.code = "1".into();
    answers.roster.clear();
    let steps: Vec<Step> = problems(&answers).iter().map(|p| p.step).collect();
    assert!(steps.is_sorted() && steps.len() >= 3, "{steps:?}");
    assert!(!problems(&Answers::default()).is_empty());
}

#[test]
fn a_pack_with_errors_is_no_ground() {
    let mut files = shipped();
    files.push(SourceFile { path: "broken/pack.toml".into(), text: "format = 1\n[pack]\nid = ".into() });
    let mut answers = answers("base");
    answers.pack = "broken".into();
    let found = plan(&answers, &files).unwrap_err();
    assert!(found[0].message.contains("broken/pack.toml:"), "{found:?}");
}

#[test]
fn values_and_days_are_read_as_people_type_them() {
    let files = shipped();
    let base = Library::new(&files).resolve("base").unwrap().pack;
    let idle = base.parameter("session-idle").unwrap();
    assert_eq!(value(idle, " ３０ "), Ok(ParameterValue::Number(30)));
    for wrong in ["", "4", "241", "-1", "3.5", "30分", "99999999999999999999"] {
        assert!(value(idle, wrong).is_err(), "{wrong}");
    }
    for (typed, day) in [
        ("令和8年4月1日", Some("2026-04-01")),
        ("令和８年４月１日", Some("2026-04-01")),
        ("R8.4.1", Some("2026-04-01")),
        ("2026-04-01", Some("2026-04-01")),
        (" 2026年4月1日 ", Some("2026-04-01")),
        ("令和元年13月1日", None),
        ("令和元年5月", None),
        ("2026-4", None),
        ("2026-02-29", None),
        ("施行は令和8年4月1日", None),
        ("", None),
    ] {
        assert_eq!(date(typed).as_deref(), day, "{typed}");
    }
}
