//! Personnel changes: a table of bad lines, what the lines of one person come to, and what always holds of a plan.

use std::collections::{BTreeMap, BTreeSet};
use std::path::Path;
use std::sync::LazyLock;

use policy::{Pack, Scope, SourceFile};
use proptest::prelude::*;
use worker_protocol::table::{Area, Cell, Row as TableRow, Sheet, Value as InCell};
use workflow::id::{RosterPlanId, SectionId, UserId};
use workflow::register_plan::{HeadingProblem, Lines, lines_also_called};
use workflow::roster::life::{Counts, Refusal, Results, RosterPlan, Stage};
use workflow::roster::{
    Due, Entry, Facts, Form, Held, Kind, Known, MailAddress, Plan, Post, Standing, other_titles, plan, rows,
    table, vacancies,
};

const DAY: &str = "2027-04-01";
const EVE: &str = "2027-03-31";

static PACK: LazyLock<Pack> = LazyLock::new(|| {
    let root = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../policies");
    let mut files = Vec::new();
    for folder in ["base", "hoshimi"] {
        for entry in std::fs::read_dir(root.join(folder)).unwrap() {
            let entry = entry.unwrap();
            files.push(SourceFile {
                path: format!("{folder}/{}", entry.file_name().into_string().unwrap()),
                text: std::fs::read_to_string(entry.path()).unwrap(),
            });
        }
    }
    Pack::resolve(&files, "hoshimi").unwrap().pack
});

fn sheet(rows: &[&[&str]]) -> Sheet {
    let row = |(number, cells): (u32, &&[&str])| {
        let cells: Vec<Cell> = (1u32..)
            .zip(cells.iter())
            .filter(|(_, words)| !words.is_empty())
            .map(|(column, words)| Cell { column, value: InCell::Text((*words).to_owned()), formula: false })
            .collect();
        (!cells.is_empty()).then_some(TableRow { number, hidden: false, cells })
    };
    Sheet { rows: (1u32..).zip(rows).filter_map(row).collect(), ..Sheet::default() }
}

fn lines(sheet: &Sheet) -> Lines {
    lines_also_called(&table(), &other_titles(), sheet).unwrap()
}

fn post(post: &str, unit: Option<&str>) -> Post {
    Post { post: post.to_owned(), unit: unit.map(ToOwned::to_owned) }
}

fn standing(name: &str, section: &str, posts: &[Post]) -> Standing {
    Standing {
        name: name.to_owned(),
        kana: "かな".to_owned(),
        section: SectionId::new(section),
        enabled: true,
        posts: posts.iter().cloned().collect(),
    }
}

fn known(login: &str, standing: Standing) -> (String, Known) {
    (login.to_owned(), Known { id: UserId::new(format!("id-{login}")), standing, mail: None })
}

/// Four people; one of them is away.
fn people() -> BTreeMap<String, Known> {
    let away = standing("休職 四郎", "residents", &[post("staff", Some("residents"))]);
    BTreeMap::from([
        known("0001", standing("山田 花子", "residents", &[post("staff", Some("residents"))])),
        known("0002", standing("鈴木 太郎", "residents", &[post("section-manager", Some("residents"))])),
        known("0003", standing("佐藤 次郎", "welfare", &[post("section-manager", Some("welfare"))])),
        known("0004", Standing { enabled: false, ..away }),
    ])
}

fn planned(form: Form, people: &BTreeMap<String, Known>, cells: &[&[&str]]) -> Plan {
    let (read, unread) = rows(&PACK, form, DAY, EVE, &lines(&sheet(cells)));
    let mut made = plan(Facts { pack: &PACK, form, people }, &read);
    made.problems.extend(unread);
    made.problems.sort_by_key(|p| p.line);
    made
}

const HEADING: &[&str] = &["職員番号", "氏名", "ふりがな", "所属", "職", "区分", "異動日", "兼務"];

fn told(plan: &Plan) -> Vec<String> {
    plan.problems.iter().map(|p| format!("{}:{}:{}", p.line, p.title, p.what.id())).collect()
}

#[test]
fn a_mail_address_is_read_checked_and_is_a_change_of_its_own() {
    let heading: &[&str] = &["職員番号", "氏名", "ふりがな", "所属", "職", "区分", "メールアドレス"];
    let residents = PACK.section("residents").unwrap().name.as_str();
    let good = "hanako@city.hoshimi.example";
    let joins = |mail: &'static str| ["0009", "新人", "しんじん", residents, "課員", "採用", mail];
    for (mail, problem) in [
        ("hanako", "bad-mail"),
        ("a@city.hoshimi.example, b@city.hoshimi.example", "bad-mail"),
        ("花子@city.hoshimi.example", "bad-mail"),
        ("hanako@elsewhere.example", "other-domain"),
        ("hanako@city.hoshimi.example.evil.example", "other-domain"),
    ] {
        let made = planned(Form::Changes, &people(), &[heading, &joins(mail)]);
        assert_eq!(told(&made), [format!("2:mail:{problem}")], "{mail}");
    }
    // Typed in full width, as offices do.
    let made = planned(Form::Changes, &people(), &[heading, &joins("ｈａｎａｋｏ@city.hoshimi.example")]);
    assert_eq!((told(&made), made.entries[0].mail.as_deref()), (Vec::new(), Some(good)));
    let two: &[&[&str]] = &[
        heading,
        &["0001", "", "", residents, "係長", "異動", good],
        &["0001", "", "", residents, "課長", "兼務", "other@city.hoshimi.example"],
    ];
    assert_eq!(told(&planned(Form::Changes, &people(), two)), ["3:mail:contradicts"]);
    // Of a whole roster somebody may have nothing new but this.
    let as_is: &[&[&str]] = &[heading, &["0001", "山田 花子", "やまだ はなこ", residents, "課員", "", good]];
    let mut people = people();
    people.retain(|login, _| login == "0001");
    if let Some(known) = people.get_mut("0001") {
        known.standing.kana = "やまだ はなこ".to_owned();
    }
    let made = planned(Form::Whole, &people, as_is);
    let entry = &made.entries[0];
    assert_eq!((entry.kind, entry.mail.as_deref()), (Kind::Rename, Some(good)));
    assert_eq!(entry.due(Some(&entry.after), None), Due::Change, "he stands so, but is written to elsewhere");
    assert_eq!(entry.due(Some(&entry.after), Some(good)), Due::Nothing);
    if let Some(known) = people.get_mut("0001") {
        known.mail = Some(MailAddress { address: good.to_owned(), own: None });
    }
    let again = planned(Form::Whole, &people, as_is);
    assert_eq!((again.entries.len(), again.unchanged), (0, 1), "nothing is different");
    // What it replaces is said, and only that is replaced.
    let own = MailAddress { address: "own@city.hoshimi.example".to_owned(), own: Some(true) };
    if let Some(known) = people.get_mut("0001") {
        known.mail = Some(own.clone());
    }
    let made = planned(Form::Whole, &people, as_is);
    let entry = &made.entries[0];
    assert_eq!((entry.mail.as_deref(), entry.mail_before.as_ref()), (Some(good), Some(&own)));
    for (there, due) in [
        (Some(own.address.as_str()), Due::Change),
        (Some(good), Due::Nothing),
        (Some("newer@city.hoshimi.example"), Due::Differs),
        (None, Due::Differs),
    ] {
        assert_eq!(entry.due(Some(&entry.after), there), due, "{there:?}");
    }
    // Who leaves is told nothing any more.
    let leaves: &[&[&str]] = &[heading, &["0001", "", "", "", "", "退職", "other@city.hoshimi.example"]];
    assert_eq!(planned(Form::Changes, &people, leaves).entries[0].mail, None);
}

#[test]
fn what_a_line_cannot_say_is_told_by_line() {
    let residents = PACK.section("residents").unwrap().name.as_str();
    #[rustfmt::skip]
    let table: &[(&[&[&str]], &[&str])] = &[
        (&[&["", "だれか", "", "", "", "退職"]], &["2:login:empty"]),
        (&[&["00 01/x", "", "", "", "", "退職"]], &["2:login:bad-login"]),
        (&[&["0001", "", "", "", "", ""]], &["2:kind:empty"]),
        (&[&["0001", "", "", "", "", "栄転"]], &["2:kind:unknown-kind"]),
        (&[&["0001", "", "", "", "", "現職"]], &["2:kind:unknown-kind"]),
        (&[&["9999", "", "", "", "", "退職"]], &["2:login:unknown-person"]),
        (&[&["0001", "山田 花代", "", "", "", "退職"]], &["2:name:other-name"]),
        (&[&["0001", "", "", "宇宙課", "課員", "異動"]], &["2:section:unknown-section"]),
        (&[&["0001", "", "", residents, "大臣", "異動"]], &["2:post:unknown-post"]),
        (&[&["0001", "", "", residents, "", "異動"]], &["2:post:empty"]),
        (&[&["0001", "", "", "", "", "退職", "令和9年4月1日"]], &["2:day:other-day"]),
        (&[&["0001", "", "", residents, "係長", "異動", "R9.3.31"]], &["2:day:other-day"]),
        (&[&["0001", "", "", residents, "係長", "異動", "2027-02-29"]], &["2:day:no-date"]),
        (&[&["0004", "", "", "", "", "退職"]], &["2:login:closed"]),
        (&[&["0001", "", "", "", "", "復職"]], &["2:login:not-closed"]),
        (&[&["0001", "新人", "しんじん", residents, "課員", "採用"]], &["2:login:already-there", "2:name:other-name"]),
        (&[&["0009", "新人", "", "", "", "採用"]], &["2:kana:empty", "2:post:empty", "2:section:empty"]),
        (&[&["0001", "", "", "", "", "退職"], &["0001", "", "", "", "", "退職"]], &["3::twice"]),
        (
            &[&["0001", "", "", residents, "係長", "異動"], &["0001", "", "", "", "", "退職"]],
            &["3::contradicts"],
        ),
        (
            &[&["0001", "", "", "", "", "退職"], &["0001", "", "", residents, "係長", "兼務"]],
            &["3::contradicts"],
        ),
        (&[&["0001", "", "", residents, "係長", "兼務解除"]], &["2:post:not-held"]),
        (&[&["0001", "", "", residents, "課員", "異動", "", "宇宙課/係長"]], &["2:also:unknown-section"]),
    ];
    for (lines, expected) in table {
        let cells: Vec<&[&str]> = std::iter::once(HEADING).chain(lines.iter().copied()).collect();
        let mut found = told(&planned(Form::Changes, &people(), &cells));
        found.sort();
        assert_eq!(found, *expected, "{lines:?}");
    }
}

#[test]
fn headings_move_and_have_other_names() {
    let cells: &[&[&str]] = &[
        &["令和9年度 人事異動"],
        &["発令区分", "新所属", "職名", "氏　名", "利用者ID", "備考"],
        &["昇任", "福祉課", "係長", "山田　花子", "０００１", ""],
    ];
    let named = PACK.section("welfare").unwrap().name.clone();
    let cells: Vec<Vec<&str>> = cells
        .iter()
        .map(|row| row.iter().map(|c| if *c == "福祉課" { named.as_str() } else { *c }).collect())
        .collect();
    let cells: Vec<&[&str]> = cells.iter().map(Vec::as_slice).collect();
    let plan = planned(Form::Changes, &people(), &cells);
    assert_eq!(told(&plan), Vec::<String>::new());
    let [entry] = plan.entries.as_slice() else { panic!("{plan:?}") };
    assert_eq!((entry.kind, entry.after.section.as_str()), (Kind::Move, "welfare"));
    assert_eq!(entry.gained(), [&post("chief", Some("welfare"))]);
    assert_eq!(entry.lost(), [&post("staff", Some("residents"))]);
    // Two words for one column are one heading twice.
    let twice = sheet(&[&["職員番号", "利用者ID", "区分"], &["1", "2", "退職"]]);
    let refused = lines_also_called(&table(), &other_titles(), &twice).unwrap_err();
    assert!(matches!(refused.as_slice(), [HeadingProblem::Twice { .. }]), "{refused:?}");
}

#[test]
fn merged_cells_formulas_and_counted_days_are_told_or_read() {
    let residents = PACK.section("residents").unwrap().name.as_str();
    let mut merged = sheet(&[HEADING, &["0001", "", "", residents, "係長", "異動", ""]]);
    merged.merged = vec![Area { first_row: 2, last_row: 2, first_column: 4, last_column: 5 }];
    let (_, unread) = rows(&PACK, Form::Changes, DAY, EVE, &lines(&merged));
    let told: Vec<_> = unread.iter().map(|p| format!("{}:{}", p.title, p.what.id())).collect();
    assert_eq!(told, ["section:merged", "post:merged"]);
    // 46478 is 2027-04-01 as spreadsheets count.
    let mut counted = sheet(&[HEADING, &["0001", "", "", residents, "係長", "異動", "x"]]);
    counted.rows[1].cells[4].value = InCell::Number("46478".to_owned());
    let (read, unread) = rows(&PACK, Form::Changes, DAY, EVE, &lines(&counted));
    assert_eq!((read.len(), unread), (1, Vec::new()));
    counted.rows[1].cells[2].value = InCell::Nothing;
    counted.rows[1].cells[2].formula = true;
    let (read, unread) = rows(&PACK, Form::Changes, DAY, EVE, &lines(&counted));
    assert!(read.is_empty() && unread.iter().any(|p| p.what.id() == "no-result"), "{unread:?}");
}

#[test]
fn the_lines_of_a_person_come_to_one_change() {
    let residents = PACK.section("residents").unwrap().name.clone();
    let welfare = PACK.section("welfare").unwrap().name.clone();
    let also = format!("{welfare}/係長");
    let cells: &[&[&str]] = &[
        HEADING,
        &["0001", "", "", &welfare, "係長", "異動", "2027/4/1", ""],
        &["0001", "関 花子", "せき はなこ", "", "", "氏名変更", "", ""],
        &["0002", "", "", "", "", "兼務", "", &also],
        &["0003", "", "", "", "", "休職", "", ""],
        &["0004", "", "", "", "", "復職", "R9.4.1", ""],
        &["n-1", "新 人", "しん じん", &residents, "課員", "新規採用", "", ""],
    ];
    let plan = planned(Form::Changes, &people(), cells);
    assert_eq!(told(&plan), Vec::<String>::new());
    let kinds: Vec<_> = plan.entries.iter().map(|e| (e.login.as_str(), e.kind)).collect();
    assert_eq!(
        kinds,
        [
            ("0001", Kind::Move),
            ("0002", Kind::Move),
            ("0003", Kind::Suspend),
            ("0004", Kind::Resume),
            ("n-1", Kind::Join),
        ]
    );
    assert_eq!(
        (plan.entries[0].after.name.as_str(), plan.entries[0].lines.as_slice()),
        ("関 花子", [2, 3].as_slice())
    );
    assert_eq!(plan.entries[1].after.posts.len(), 2, "what is held besides is added");
    assert_eq!(plan.entries[2].after.posts.len(), 1, "whoever is away keeps his post");
}

#[test]
fn who_is_not_in_a_whole_roster_leaves() {
    let residents = PACK.section("residents").unwrap().name.clone();
    let cells: &[&[&str]] =
        &[HEADING, &["0001", "山田 花子", "かな", &residents, "課員", "", "2020/4/1", ""]];
    let plan = planned(Form::Whole, &people(), cells);
    assert_eq!((told(&plan), plan.unchanged), (Vec::new(), 1));
    let kinds: Vec<_> = plan.entries.iter().map(|e| (e.login.as_str(), e.kind, e.lines.len())).collect();
    // Who is away already does not leave again.
    assert_eq!(kinds, [("0002", Kind::Leave, 0), ("0003", Kind::Leave, 0)]);
}

#[test]
fn a_role_that_nobody_has_afterwards_is_a_vacancy() {
    let residents = PACK.section("residents").unwrap().name.clone();
    let held: Held = people()
        .values()
        .filter(|k| k.standing.enabled)
        .flat_map(|k| k.standing.posts.iter().cloned())
        .map(|post| (post, 1))
        .collect();
    let leaves = planned(Form::Changes, &people(), &[HEADING, &["0002", "", "", "", "", "退職"]]);
    let found = vacancies(&PACK, &held, &leaves.entries);
    assert!(
        found.iter().any(|v| v.role.as_deref() == Some("security-manager")
            && v.post == post("section-manager", Some("residents"))),
        "{found:?}"
    );
    let replaced = planned(
        Form::Changes,
        &people(),
        &[HEADING, &["0002", "", "", "", "", "退職"], &["0001", "", "", &residents, "課長", "昇任"]],
    );
    assert_eq!(vacancies(&PACK, &held, &replaced.entries), []);
}

#[test]
fn a_plan_goes_its_way_and_no_other() {
    let draft = RosterPlan {
        id: RosterPlanId::new("p"),
        source: String::new(),
        form: Form::Changes,
        day: DAY.to_owned(),
        effective_at: 1_000,
        lines_digest: "l".to_owned(),
        digest: "d".to_owned(),
        stage: Stage::Draft,
        made_by: UserId::new("u"),
        made_at: 0,
        request: None,
        approved_at: None,
        started_at: None,
        ended_at: None,
        counts: Counts::default(),
        results: Results::default(),
        version: 0,
    };
    let mut plan = draft.clone();
    assert_eq!(plan.ask("r", "other", 0), Err(Refusal::OtherRequest));
    assert_eq!(plan.ask("r", "d", 2_000), Err(Refusal::Late));
    plan.ask("r", "d", 1_000).unwrap();
    assert_eq!(plan.withdraw(0), Err(Refusal::Stage(Stage::Asked)));
    assert_eq!(plan.approve("other", 0), Err(Refusal::OtherRequest));
    plan.approve("r", 10).unwrap();
    assert_eq!(plan.send_back("r"), Err(Refusal::Stage(Stage::Approved)));
    assert!(plan.begin(999).is_err(), "not before its day");
    assert_eq!(plan.clone().withdraw(1_000), Err(Refusal::Late));
    plan.clone().withdraw(999).unwrap();
    plan.begin(1_000).unwrap();
    plan.begin(1_001).unwrap();
    assert_eq!(plan.started_at, Some(1_000), "what was interrupted goes on");
    assert_eq!(plan.withdraw(1_001), Err(Refusal::Stage(Stage::Running)));
    plan.end(Results { done: 3, ..Results::default() }, 1_002).unwrap();
    assert_eq!(plan.begin(1_003), Err(Refusal::Stage(Stage::Done)));
    let mut back = draft;
    back.ask("r", "d", 0).unwrap();
    back.send_back("r").unwrap();
    assert_eq!((back.stage, back.request), (Stage::Draft, None));
}

/// Somebody as a line of a whole roster writes him.
type Someone = (u16, u8, u8, bool, bool);

fn section_of(n: u8) -> &'static policy::Section {
    let sections = PACK.sections();
    &sections[usize::from(n) % sections.len()]
}

/// A post of sections that every section may have.
fn post_of(n: u8) -> &'static policy::Post {
    let posts: Vec<&policy::Post> =
        PACK.posts().iter().filter(|p| p.scope == Scope::Section && p.section.is_none()).collect();
    posts[usize::from(n) % posts.len()]
}

fn stands((_, section, post_no, enabled, renamed): &Someone) -> Standing {
    let section = &section_of(*section).id;
    let mut standing = standing("氏 名", section, &[post(&post_of(*post_no).id, Some(section))]);
    standing.enabled = *enabled;
    if *renamed {
        standing.name = "新 姓".to_owned();
    }
    standing
}

fn everybody(people: &[Someone]) -> BTreeMap<String, Known> {
    people.iter().map(|someone| known(&format!("{:05}", someone.0), stands(someone))).collect()
}

fn applied(people: &BTreeMap<String, Known>, entries: &[Entry]) -> BTreeMap<String, Known> {
    let mut people = people.clone();
    for entry in entries {
        let now = people.get(&entry.login).map(|k| &k.standing);
        assert_eq!(entry.due(now, None), Due::Change);
        let id = entry.person.clone().unwrap_or_else(|| UserId::new(format!("id-{}", entry.login)));
        people.insert(entry.login.clone(), Known { id, standing: entry.after.clone(), mail: None });
    }
    people
}

proptest! {
    #[test]
    fn a_plan_makes_of_the_old_roster_the_new_one(
        old in proptest::collection::vec(any::<Someone>(), 0..30),
        new in proptest::collection::vec((0_u16..60, any::<u8>(), any::<u8>(), Just(true), any::<bool>()), 1..30),
    ) {
        let old = everybody(&old.into_iter().map(|(n, a, b, c, d)| (n % 60, a, b, c, d)).collect::<Vec<_>>());
        let wanted = everybody(&new);
        let mut cells: Vec<Vec<String>> = vec![HEADING.iter().map(|h| (*h).to_owned()).collect()];
        for (login, known) in &wanted {
            let s = &known.standing;
            let titles: Vec<String> = s.posts.iter().map(|p| PACK.post(&p.post).unwrap().title.clone()).collect();
            let section = PACK.section(s.section.as_str()).unwrap().name.clone();
            cells.push(vec![login.clone(), s.name.clone(), s.kana.clone(), section, titles.join("、")]);
        }
        let cells: Vec<Vec<&str>> = cells.iter().map(|row| row.iter().map(String::as_str).collect()).collect();
        let cells: Vec<&[&str]> = cells.iter().map(Vec::as_slice).collect();
        let made = planned(Form::Whole, &old, &cells);
        prop_assert_eq!(told(&made), Vec::<String>::new());
        let after = applied(&old, &made.entries);
        let present = |people: &BTreeMap<String, Known>| -> BTreeMap<String, Standing> {
            let there = people.iter().filter(|(_, k)| k.standing.enabled);
            there.map(|(login, k)| (login.clone(), k.standing.clone())).collect()
        };
        prop_assert_eq!(present(&after), present(&wanted));
        // Nobody is forgotten: who left is there, without a post.
        let gone: BTreeSet<&String> = old.keys().filter(|login| !wanted.contains_key(*login)).collect();
        prop_assert!(gone.iter().all(|login| !after[*login].standing.enabled));
        // Applied twice it finds nothing to do.
        let again = planned(Form::Whole, &after, &cells);
        prop_assert_eq!(again.entries, Vec::<Entry>::new());
        for entry in &made.entries {
            prop_assert_eq!(entry.due(Some(&entry.after), entry.mail.as_deref()), Due::Nothing);
        }
    }

    #[test]
    fn no_cell_makes_it_panic(
        cells in proptest::collection::vec(proptest::collection::vec(".{0,12}", 8..9), 1..6),
        whole in any::<bool>(),
    ) {
        let form = if whole { Form::Whole } else { Form::Changes };
        let rows: Vec<Vec<&str>> = cells.iter().map(|row| row.iter().map(String::as_str).collect()).collect();
        let mut all: Vec<&[&str]> = vec![HEADING];
        all.extend(rows.iter().map(Vec::as_slice));
        if rows.iter().any(|row| row.iter().any(|cell| !cell.is_empty())) {
            let _plan = planned(form, &people(), &all);
        }
    }
}
