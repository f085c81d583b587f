//! Personnel changes: from a table to the day, what people have in hand, what changed meanwhile, and being interrupted anywhere.

use std::collections::BTreeMap;

use app::{
    Error,
    accounts::Login,
    actor::Actor,
    model::PageRequest,
    notices::store::NoticeStore as _,
    ports::Store as _,
    register_imports::{TableInput, TableRefusal},
    registers::store::RegisterStore as _,
    rosters::{
        ChosenKeeper, RosterDraft, RosterInput, RosterPart,
        store::{OpenRequests, Outcome, RosterStore as _},
    },
};
use worker_protocol::table::{Cell, Row, Sheet, Table, Value};
use workflow::{
    id::{RequestId, RosterPlanId, UserId},
    register::RowKey,
    request::{Standing, State},
    roster::{
        Form, Kind, Post,
        life::{Refusal, Stage},
    },
    route::Verdict,
};

use crate::{
    city::{City, door},
    forms::filled,
    roster_permits::taken_out,
};
use test_city::{doubles::DAY, password};

/// The day of every plan here, and the one before.
const ON: &str = "令和8年12月1日";
pub(crate) const LAST: &str = "2026-11-30";
pub(crate) const HEADING: &[&str] = &["職員番号", "氏名", "ふりがな", "所属", "職", "区分", "異動日"];

fn file(rows: &[&[&str]]) -> Vec<u8> {
    let row = |(number, cells): (u32, &&[&str])| {
        let cells: Vec<Cell> = (1u32..)
            .zip(cells.iter())
            .filter(|(_, text)| !text.is_empty())
            .map(|(column, text)| Cell { column, value: Value::Text((*text).to_owned()), formula: false })
            .collect();
        (!cells.is_empty()).then_some(Row { number, hidden: false, cells })
    };
    let sheet = Sheet {
        untrusted_name: "異動".to_owned(),
        rows: (1u32..).zip(rows).filter_map(row).collect(),
        ..Sheet::default()
    };
    [b"cells ".to_vec(), Table { sheets: vec![sheet] }.encode().unwrap()].concat()
}

async fn read(
    city: &City,
    actor: &Actor,
    rows: &[&[&str]],
) -> app::Result<Result<RosterDraft, TableRefusal>> {
    read_for(city, actor, rows, ON).await
}

pub(crate) async fn read_for(
    city: &City,
    actor: &Actor,
    rows: &[&[&str]],
    day: &str,
) -> app::Result<Result<RosterDraft, TableRefusal>> {
    let mut upload = city.app.begin_roster(actor, "異動.xlsx").await?;
    upload.write(&file(rows)).await?;
    let input =
        RosterInput { form: Form::Changes, untrusted_day: day.to_owned(), sheet: None, password: None };
    city.app.finish_roster(actor, upload, &input).await
}

pub(crate) async fn draft(city: &City, lines: &[&[&str]]) -> RosterPlanId {
    let digital = city.at("digital", "lgwan").await;
    let rows: Vec<&[&str]> = std::iter::once(HEADING).chain(lines.iter().copied()).collect();
    let read = read(city, &digital, &rows).await.unwrap().unwrap();
    read.kept.unwrap_or_else(|| panic!("{:?}", read.plan.problems))
}

async fn ask(city: &City, id: &RosterPlanId) -> app::Result<RequestId> {
    let digital = city.at("digital", "lgwan").await;
    let answers = [("plan", id.as_str()), ("reason", "発令と突き合わせた")];
    let answers = answers.map(|(k, v)| (k.to_owned(), v.to_owned())).into();
    city.apply(&digital, "personnel-change", answers).await
}

pub(crate) async fn approve(city: &City, id: &RosterPlanId) -> RequestId {
    let request = ask(city, id).await.unwrap();
    let somu = city.at("somu", "lgwan").await;
    city.say(&somu, &request, Verdict::Approve).await.unwrap();
    request
}

async fn stage(city: &City, id: &RosterPlanId) -> Stage {
    city.store.real.roster_plan(id).await.unwrap().unwrap().stage
}

pub(crate) async fn open() -> City {
    let mut city = City::open().await;
    city.settle(&[
        ("bucho", "residents", "director", Some("citizens")),
        ("somu", "general-affairs", "general-affairs-director", Some("general-affairs")),
    ])
    .await;
    city
}

async fn posts(city: &City, id: &UserId) -> Vec<String> {
    let held = city.store.real.posts_of(id, city.now()).await.unwrap();
    held.into_iter().map(|h| format!("{}@{}", h.post, h.unit.unwrap_or_default())).collect()
}

pub(crate) async fn outcomes(city: &City, id: &RosterPlanId) -> Vec<(String, Option<Outcome>, String)> {
    let digital = city.at("digital", "lgwan").await;
    let lines = city.app.roster_lines(&digital, id, &RosterPart::All, 0, 100).await.unwrap();
    lines.into_iter().map(|l| (l.line.entry.login, l.line.outcome, l.line.why)).collect()
}

const THREE: &[&[&str]] = &[
    &["hanako", "hanakoさん", "", "", "", "退職", LAST],
    &["taro", "taroさん", "", "福祉課", "係長", "昇任", "R8.12.1"],
    &["shinjin", "新 人", "しん じん", "市民課", "課員", "採用", ""],
];

#[tokio::test]
async fn a_plan_is_approved_waits_and_changes_everybody_on_its_day() {
    let city = open().await;
    let token = {
        let hanako = city.at("hanako", "lgwan").await;
        let scopes = ["read-transfers".to_owned()];
        city.app.create_token(&hanako, "手元", &scopes, 30).await.unwrap().1
    };
    city.keep_secret(&token);
    let id = draft(&city, THREE).await;
    assert!(matches!(city.app.apply_due_rosters().await.unwrap().people, 0));
    approve(&city, &id).await;
    assert_eq!(stage(&city, &id).await, Stage::Approved);
    city.app.tidy().await.unwrap();
    assert_eq!(posts(&city, city.id_of("taro")).await, ["staff@residents"], "its day is still to come");
    let plan = city.store.real.roster_plan(&id).await.unwrap().unwrap();
    city.clock.pass(plan.effective_at - city.now() - 1);
    assert_eq!(city.app.tidy().await.unwrap().people, 0, "not a millisecond before");
    city.clock.pass(1);
    assert_eq!(city.app.tidy().await.unwrap().people, 3);
    assert_eq!(stage(&city, &id).await, Stage::Done);

    let hanako = city.store.real.user(city.id_of("hanako")).await.unwrap().unwrap();
    assert!(!hanako.enabled && posts(&city, &hanako.id).await.is_empty());
    let refused = city.app.login(&door("lgwan"), "hanako", &password("hanako")).await;
    assert!(matches!(refused, Err(Error::Denied { reason: "account-disabled", .. })), "{refused:?}");
    assert!(city.app.resume_token(&door("lgwan"), &token).await.is_err(), "his token is worth nothing");
    assert_eq!(posts(&city, city.id_of("taro")).await, ["chief@welfare"]);
    let taro = city.store.real.post_history(city.id_of("taro"), 10).await.unwrap();
    assert_eq!(taro.len(), 2);
    assert_eq!(taro[1].until, Some(plan.effective_at), "the old post ends when the new one begins");
    assert_eq!(taro[0].from, plan.effective_at);

    // The new account works with the printed password only, and must change it.
    let digital = city.at("digital", "lgwan").await;
    let sheet = city.app.first_logins(&digital, &id).await.unwrap();
    assert_eq!(sheet.iter().map(|l| l.login.as_str()).collect::<Vec<_>>(), ["shinjin"]);
    city.keep_secret(&sheet[0].password);
    let Login { must_change_password, secret, .. } =
        city.app.login(&door("lgwan"), "shinjin", &sheet[0].password).await.unwrap();
    city.keep_secret(&secret);
    assert!(must_change_password);
    let again = city.app.first_logins(&digital, &id).await.unwrap();
    assert_ne!(again[0].password, sheet[0].password, "printed again it is another one");
    city.keep_secret(&again[0].password);
    assert!(city.app.login(&door("lgwan"), "shinjin", &sheet[0].password).await.is_err());

    // Evidence for each person and for the plan, citing statements; and tasks of what it set off.
    let kinds = |login: &str| {
        let id = city.id(login);
        let city = &city;
        async move { city.kinds(id.as_str()).await }
    };
    assert_eq!(kinds("hanako").await.iter().filter(|k| *k == "user-disabled").count(), 1);
    assert_eq!(kinds("taro").await.iter().filter(|k| *k == "person-moved").count(), 1);
    assert_eq!(
        city.kinds(id.as_str()).await,
        [
            "personnel-planned",
            "personnel-asked",
            "personnel-approved",
            "personnel-begun",
            "personnel-applied"
        ]
    );
    let applied = city.evidence().await;
    let applied = applied.iter().find(|r| r.entry.kind == "personnel-applied").unwrap();
    assert!(applied.entry.statements.contains(&"base/accounts-kept".to_owned()), "{:?}", applied.entry);
    let payload: serde_json::Value = serde_json::from_slice(&applied.entry.payload).unwrap();
    assert_eq!(payload["details"]["results"]["done"], 3);
    assert_eq!(payload["details"]["digest"], plan.digest.as_str());
    let made: Vec<String> = city
        .evidence()
        .await
        .iter()
        .filter(|r| r.entry.kind == "task-started")
        .map(|r| String::from_utf8_lossy(&r.entry.payload).into_owned())
        .collect();
    for duty in ["newcomer-briefing", "assets-return", "mover-check"] {
        assert!(made.iter().any(|payload| payload.contains(duty)), "{duty}: {made:?}");
    }
    // Applied again there is nothing to do.
    assert_eq!(city.app.tidy().await.unwrap().people, 0);
    city.verify().await;
}

#[tokio::test]
async fn only_who_may_prepares_and_another_one_approves() {
    let city = open().await;
    for login in ["hanako", "kacho", "kansa", "somu"] {
        let actor = city.at(login, "lgwan").await;
        let rows: Vec<&[&str]> = vec![HEADING, THREE[0]];
        assert!(matches!(read(&city, &actor, &rows).await, Err(Error::Denied { .. })), "{login}");
    }
    let id = draft(&city, THREE).await;
    let hanako = city.at("hanako", "lgwan").await;
    assert!(matches!(city.app.roster(&hanako, &id).await, Err(Error::Denied { .. })));
    let kansa = city.at("kansa", "lgwan").await;
    assert_eq!(city.app.roster(&kansa, &id).await.unwrap().plan.counts.changed(), 3);
    let answers =
        BTreeMap::from([("plan".to_owned(), id.as_str().to_owned()), ("reason".to_owned(), "x".to_owned())]);
    let stranger = city.apply(&hanako, "personnel-change", answers).await;
    assert!(matches!(stranger, Err(Error::Denied { .. })), "{stranger:?}");
    let request = ask(&city, &id).await.unwrap();
    let digital = city.at("digital", "lgwan").await;
    assert!(city.say(&digital, &request, Verdict::Approve).await.is_err(), "nobody approves his own");
    // Once it is applied for, nobody changes it, and it cannot be applied for twice.
    let late = city.app.choose_successor(&digital, &id, 1, "taro", OpenRequests::Withdraw).await;
    assert!(matches!(late, Err(Error::Roster(Refusal::Stage(Stage::Asked)))), "{late:?}");
    assert!(ask(&city, &id).await.is_err());
    let somu = city.at("somu", "lgwan").await;
    city.say(&somu, &request, Verdict::Reject).await.unwrap();
    assert_eq!(stage(&city, &id).await, Stage::Draft, "what was refused is a draft again");
    let other = draft(&city, &[THREE[1]]).await;
    approve(&city, &other).await;
    city.app.withdraw_roster(&digital, &other).await.unwrap();
    city.pass(9 * DAY);
    assert_eq!(city.app.tidy().await.unwrap().people, 0, "what was given up changes nobody");
    let digital = city.at("digital", "lgwan").await;
    let too_late = ask(&city, &id).await;
    assert!(matches!(too_late, Err(Error::Roster(Refusal::Late))), "{too_late:?}");
    let listed = city.app.rosters(&digital, &PageRequest { after: None, limit: 10 }).await.unwrap();
    assert_eq!(listed.rows.len(), 2);
}

#[tokio::test]
async fn a_table_with_a_wrong_line_is_kept_as_nothing() {
    let city = open().await;
    let digital = city.at("digital", "lgwan").await;
    let rows: Vec<&[&str]> = vec![HEADING, THREE[1], &["nobody", "", "", "", "", "退職", ""]];
    let blobs = city.blobs.count().await;
    let read = read(&city, &digital, &rows).await.unwrap().unwrap();
    assert_eq!((read.plan.problems.len(), read.kept), (1, None));
    assert_eq!(city.blobs.count().await, blobs, "the file is gone");
    let listed = city.app.rosters(&digital, &PageRequest { after: None, limit: 10 }).await.unwrap();
    assert!(listed.rows.is_empty());
    for (day, problem) in
        [("", "empty"), ("2026-02-30", "no-date"), ("2026-11-01", "past"), ("2040-04-01", "not-allowed")]
    {
        let upload = city.app.begin_roster(&digital, "異動.xlsx").await.unwrap();
        let input =
            RosterInput { form: Form::Changes, untrusted_day: day.to_owned(), sheet: None, password: None };
        let refused = city.app.finish_roster(&digital, upload, &input).await;
        assert!(
            matches!(refused, Err(Error::Invalid { field: "day", problem: p }) if p == problem),
            "{day}: {refused:?}"
        );
    }
}

pub(crate) async fn approve_all(city: &City, id: &RequestId) {
    let deciders = BTreeMap::from([
        ("security-manager", "kacho"),
        ("security-officer", "bucho"),
        ("supervising-officer", "somu"),
        ("system-manager", "digital"),
        ("ciso", "fukushicho"),
    ]);
    while let Some(role) = city.stored_request(id).await.open_step().map(|s| s.role.clone()) {
        let actor = city.at(deciders[role.as_str()], "lgwan").await;
        city.say(&actor, id, Verdict::Approve).await.unwrap();
    }
}

#[tokio::test]
async fn what_a_leaver_has_in_hand_is_handed_over_or_ends() {
    let city = open().await;
    let pack = test_city::pack();
    let hanako = city.at("hanako", "lgwan").await;
    let mut taking = filled(pack.request("take-out").unwrap(), 0);
    taking.insert("until".to_owned(), "2026-12-10".to_owned());
    taking.insert("kind".to_owned(), "その他".to_owned());
    taking.remove("device");
    let permit = city.apply(&hanako, "take-out", taking).await.unwrap();
    approve_all(&city, &permit).await;
    let open = city.apply(&hanako, "software", filled(pack.request("software").unwrap(), 0)).await.unwrap();
    // Three machines in her name; one of them goes to somebody of its own.
    let kacho = city.at("kacho", "lgwan").await;
    let heading = ["名称", "種類", "製造番号", "置き場所", "使う者"];
    let rows: Vec<Vec<String>> = (1..=3)
        .map(|n| ["窓口PC", "ノートPC", &format!("SN-{n}"), "市民課", "hanako"].map(str::to_owned).to_vec())
        .collect();
    let rows: Vec<Vec<&str>> = rows.iter().map(|r| r.iter().map(String::as_str).collect()).collect();
    let mut table: Vec<&[&str]> = vec![&heading];
    table.extend(rows.iter().map(Vec::as_slice));
    let mut upload = city.app.begin_table(&kacho, "equipment", "機器.xlsx").await.unwrap();
    upload.write(&file(&table)).await.unwrap();
    let read = city.app.finish_table(&kacho, "equipment", upload, &TableInput::default()).await;
    let kept = read.unwrap().unwrap().kept.unwrap();
    city.app.apply_table(&kacho, "equipment", &kept.id, &kept.digest).await.unwrap();

    let id = draft(&city, &[THREE[0], THREE[1]]).await;
    let digital = city.at("digital", "lgwan").await;
    let hand = city.app.roster(&digital, &id).await.unwrap().hand;
    assert_eq!((hand.requests, hand.permits, hand.to_give_back, hand.rows), (1, 1, 1, 3));
    let digest = city.store.real.roster_plan(&id).await.unwrap().unwrap().digest;
    for (typed, problem) in [("nobody", "unknown"), ("hanako", "not-allowed"), ("", "empty")] {
        let refused = city.app.choose_successor(&digital, &id, 1, typed, OpenRequests::HandOver).await;
        assert!(
            matches!(refused, Err(Error::Invalid { field: "successor", problem: p }) if p == problem),
            "{typed}: {refused:?}"
        );
    }
    city.app.choose_successor(&digital, &id, 1, "kakarichoさん", OpenRequests::HandOver).await.unwrap();
    let own = ChosenKeeper {
        row: RowKey::new("equipment", 2),
        column: "user".to_owned(),
        untrusted_successor: "hosa".to_owned(),
    };
    city.app.choose_keeper(&digital, &id, 1, &own).await.unwrap();
    let chosen = city.store.real.roster_plan(&id).await.unwrap().unwrap().digest;
    assert_ne!(chosen, digest, "who takes what is part of what is approved");
    // What stands at the section of who goes is seen by its head, once it is approved.
    let kacho = city.at("kacho", "lgwan").await;
    assert!(city.app.handover(&kacho, None).await.unwrap().is_empty());
    approve(&city, &id).await;
    let part = city.app.handover(&kacho, None).await.unwrap();
    assert_eq!((part.len(), part[0].going.len(), part[0].coming.len()), (1, 2, 0));
    assert_eq!(part[0].going[0].things.len(), 5, "{:?}", part[0].going[0].things);
    let fukushi = city.at("fukushi", "lgwan").await;
    let theirs = city.app.handover(&fukushi, None).await.unwrap();
    assert_eq!((theirs[0].going.len(), theirs[0].coming.len()), (0, 1));
    assert!(city.app.handover(&city.at("taro", "lgwan").await, None).await.is_err());

    city.pass(8 * DAY);
    assert_eq!(city.app.tidy().await.unwrap().people, 2);
    let user = |number: i64| {
        let store = &city.store.real;
        async move {
            let row = store.row(&RowKey::new("equipment", number)).await.unwrap().unwrap();
            (row.values["user"].as_text().unwrap().to_owned(), row.version)
        }
    };
    assert_eq!(user(1).await, (city.id("kakaricho").as_str().to_owned(), 2));
    assert_eq!(user(2).await, (city.id("hosa").as_str().to_owned(), 2), "a row of its own");
    assert_eq!(user(3).await.0, city.id("kakaricho").as_str());
    let history = city.store.real.row_history(&RowKey::new("equipment", 1), None, 10).await.unwrap();
    assert_eq!(history[0].entry.by, None, "the house did it, as was approved");
    let went_on = city.stored_request(&open).await;
    assert_eq!((went_on.state, &went_on.applicant), (State::Waiting, city.id_of("kakaricho")));
    assert_eq!(went_on.approval.round, 2, "what was signed named somebody else");
    let ended = city.stored_request(&permit).await;
    assert_eq!(ended.permit.as_ref().unwrap().standing(city.now()), Standing::Revoked);
    let found = outcomes(&city, &id).await;
    assert_eq!(found[0].1, Some(Outcome::Done));
    assert!(found[0].2.starts_with("return-owed"), "{found:?}");
    // The head of the section sees to what is still to come back.
    let kacho = city.at("kacho", "lgwan").await;
    city.app.give_back(&kacho, &permit).await.unwrap();
    assert_eq!(city.stored_request(&permit).await.permit.unwrap().standing(city.now()), Standing::Returned);
}

#[tokio::test]
async fn without_a_successor_requests_are_withdrawn_and_rows_are_told() {
    let city = open().await;
    let pack = test_city::pack();
    let hanako = city.at("hanako", "lgwan").await;
    let open = city.apply(&hanako, "software", filled(pack.request("software").unwrap(), 0)).await.unwrap();
    let id = draft(&city, &[THREE[0]]).await;
    approve(&city, &id).await;
    city.pass(8 * DAY);
    city.app.tidy().await.unwrap();
    assert_eq!(city.stored_request(&open).await.state, State::Withdrawn);
}

#[tokio::test]
async fn who_was_changed_meanwhile_is_left_as_he_is_and_told() {
    let city = open().await;
    let id = draft(&city, THREE).await;
    approve(&city, &id).await;
    let digital = city.at("digital", "lgwan").await;
    city.app.give_post(&digital, city.id_of("taro"), "chief", Some("residents")).await.unwrap();
    let login = app::people::NewPerson {
        login: "shinjin".to_owned(),
        name: "別人".to_owned(),
        kana: "べつじん".to_owned(),
        section: workflow::id::SectionId::new("welfare"),
    };
    let (_, first) = city.app.add_person(&digital, login).await.unwrap();
    city.keep_secret(&first);
    city.pass(8 * DAY);
    assert_eq!(city.app.tidy().await.unwrap().people, 1);
    let found = outcomes(&city, &id).await;
    let told: Vec<_> =
        found.iter().map(|(login, o, why)| (login.as_str(), o.unwrap(), why.as_str())).collect();
    assert_eq!(
        told,
        [
            ("hanako", Outcome::Done, ""),
            ("shinjin", Outcome::Differs, "login-taken"),
            ("taro", Outcome::Differs, "changed-meanwhile"),
        ]
    );
    assert_eq!(
        posts(&city, city.id_of("taro")).await,
        ["chief@residents", "staff@residents"],
        "never silently overwritten"
    );
    let plan = city.store.real.roster_plan(&id).await.unwrap().unwrap();
    assert_eq!((plan.results.done, plan.results.differs), (1, 2));
}

#[tokio::test]
async fn a_section_without_its_head_is_said_beforehand() {
    let city = open().await;
    let digital = city.at("digital", "lgwan").await;
    let rows: Vec<&[&str]> = vec![HEADING, &["kacho", "", "", "", "", "退職", LAST]];
    let read = read(&city, &digital, &rows).await.unwrap().unwrap();
    let post = Post { post: "section-manager".to_owned(), unit: Some("residents".to_owned()) };
    assert!(
        read.vacancies.iter().any(|v| v.post == post && v.role.as_deref() == Some("security-manager")),
        "{:?}",
        read.vacancies
    );
    let shown = city.app.roster(&digital, &read.kept.unwrap()).await.unwrap();
    assert_eq!(shown.vacancies, read.vacancies, "and again before it is applied for");
    assert_eq!(shown.sections.iter().filter(|s| s.kind == Kind::Leave).map(|s| s.from).sum::<u32>(), 1);
}

#[tokio::test]
async fn mail_addresses_of_the_table_are_kept_for_the_notices() {
    let city = open().await;
    let digital = city.at("digital", "lgwan").await;
    let heading: &[&str] = &["職員番号", "氏名", "ふりがな", "所属", "職", "区分", "メール"];
    let day = "2026-12-01";
    let wrong: &[&[&str]] = &[heading, &["taro", "", "", "福祉課", "係長", "昇任", "taro@elsewhere.example"]];
    let refused = read_for(&city, &digital, wrong, day).await.unwrap().unwrap();
    assert_eq!((refused.plan.problems[0].what.id(), refused.kept), ("other-domain", None));
    let address = "shinjin@city.hoshimi.example";
    let rows: &[&[&str]] = &[
        heading,
        &["taro", "", "", "福祉課", "係長", "昇任", "taro.s@city.hoshimi.example"],
        &["shinjin", "新 人", "しん じん", "市民課", "課員", "採用", address],
    ];
    let id = read_for(&city, &digital, rows, day).await.unwrap().unwrap().kept.unwrap();
    approve(&city, &id).await;
    let of = async |login: &str| {
        let user = city.store.real.user_by_login(login).await.unwrap();
        match user {
            Some(user) => city.store.real.mail_address(&user.id).await.unwrap().map(|m| m.address),
            None => None,
        }
    };
    assert_eq!((of("taro").await, of("shinjin").await), (None, None), "not before the day");
    city.pass(8 * DAY);
    city.app.tidy().await.unwrap();
    assert_eq!(of("taro").await.as_deref(), Some("taro.s@city.hoshimi.example"));
    assert_eq!(of("shinjin").await.as_deref(), Some(address));
    assert!(outcomes(&city, &id).await.iter().all(|(_, outcome, _)| *outcome == Some(Outcome::Done)));
    let taro = city.at("taro", "lgwan").await;
    let settings = city.app.notice_settings(&taro).await.unwrap();
    assert_eq!(settings.mails_go_to.as_deref(), Some("taro.s@city.hoshimi.example"));
    let told = city.evidence().await;
    let moved = told.iter().find(|r| r.entry.kind == "person-moved").unwrap();
    assert!(String::from_utf8_lossy(&moved.entry.payload).contains("taro.s@city.hoshimi.example"));
    city.verify().await;
}

/// What a plan did, as one comparable value.
async fn picture(city: &City, id: &RosterPlanId) -> String {
    let mut told = format!("{:?}\n", outcomes(city, id).await);
    for login in ["hanako", "taro", "kacho"] {
        let user = city.store.real.user(city.id_of(login)).await.unwrap().unwrap();
        let held = posts(city, &user.id).await;
        told += &format!("{login} {} {} {held:?}\n", user.section, user.enabled);
    }
    let evidence = city.evidence().await;
    for kind in [
        "user-disabled",
        "person-moved",
        "user-added",
        "task-started",
        "personnel-begun",
        "personnel-applied",
        "permit-offered",
        "permit-called-in",
        "permit-revoked",
    ] {
        let count = evidence.iter().filter(|r| r.entry.kind == kind).count();
        told += &format!("{kind} {count}\n");
    }
    told
}

#[tokio::test]
async fn interrupted_anywhere_it_goes_on_and_does_nothing_twice() {
    let prepared = async || {
        let city = open().await;
        let out = taken_out(&city, "hanako", "2026-12-18").await;
        let named = taken_out(&city, "hanako", "2026-12-18").await;
        let id = draft(&city, THREE).await;
        let digital = city.at("digital", "lgwan").await;
        city.app.choose_permit_keeper(&digital, &id, 1, &named, "hosa").await.unwrap();
        approve(&city, &id).await;
        city.pass(8 * DAY);
        assert!(city.stored_request(&out).await.permit.is_some());
        (city, id)
    };
    let (city, id) = prepared().await;
    city.app.apply_due_rosters().await.unwrap();
    let whole = picture(&city, &id).await;
    // The process ends at a call; what it had not committed is gone. The next one goes on, and ends at another call.
    let mut seed: i64 = 20_270_401;
    for round in 0..6 {
        let (city, id) = prepared().await;
        let mut interruptions = 0;
        loop {
            seed = seed.wrapping_mul(1_103_515_245).wrapping_add(12_345) & 0x7fff_ffff;
            let after = seed % 150;
            city.store.faults.arm(after, 1);
            let result = city.app.apply_due_rosters().await;
            let through = city.store.faults.disarm();
            if result.is_ok() && (through || stage(&city, &id).await == Stage::Done) {
                break;
            }
            interruptions += 1;
            assert!(interruptions < 200, "round {round}, seed {seed}: it never ends: {result:?}");
        }
        assert_eq!(
            picture(&city, &id).await,
            whole,
            "round {round}, {interruptions} interruptions, seed {seed}"
        );
    }
}

/// One person moves, by a plan that was applied for, approved and carried out.
pub(crate) async fn drive(city: &City) {
    let digital = city.at("digital", "lgwan").await;
    let day = workflow::calendar::day_of(city.now() + 3 * DAY).to_string();
    let lines: &[&[&str]] = &[HEADING, &["taro", "", "", "福祉課", "課員", "異動"]];
    let read = read_for(city, &digital, lines, &day).await.unwrap().unwrap();
    let id = read.kept.unwrap_or_else(|| panic!("{:?}", read.plan.problems));
    let request = ask(city, &id).await.unwrap();
    crate::forms::approve(city, "personnel-change", &request).await;
    city.pass(4 * DAY);
    city.app.current().apply_due_rosters().await.unwrap();
    assert_eq!(stage(city, &id).await, Stage::Done);
}

/// Every act that a personnel change leads to, for the tour of all evidence.
pub(crate) async fn tour(city: &City) {
    let app = city.app.current();
    for login in ["deru", "ugoku", "tomaru"] {
        let new = app::people::NewPerson {
            login: login.to_owned(),
            name: format!("{login}さん"),
            kana: login.to_owned(),
            section: workflow::id::SectionId::new("residents"),
        };
        let id = app.install_person(new, &password(login), false).await.unwrap();
        city.keep_secret(&password(login));
        app.install_post(&id, "staff", Some("residents")).await.unwrap();
    }
    let deru = city.at("deru", "lgwan").await;
    let form = test_city::pack();
    let mut answers = filled(form.request("software").unwrap(), 0);
    let day_after = |days: i64| workflow::calendar::day_of(city.now() + days * DAY).to_string();
    for (_, answer) in answers.iter_mut().filter(|(_, answer)| answer.starts_with("2026-")) {
        *answer = day_after(1);
    }
    city.apply(&deru, "software", answers).await.unwrap();
    let [given, kept, out] = crate::roster_permits::tour(city, ["deru", "deru", "deru"]).await;
    let digital = city.at("digital", "lgwan").await;
    let lines: &[&[&str]] = &[
        HEADING,
        &["deru", "", "", "", "", "退職"],
        &["ugoku", "", "", "福祉課", "課員", "異動"],
        &["tomaru", "", "", "福祉課", "課員", "異動"],
        &["hairu", "入 る", "はい る", "福祉課", "課員", "採用"],
    ];
    let day = day_after(3);
    let id = read_for(city, &digital, lines, &day).await.unwrap().unwrap().kept.unwrap();
    app.choose_successor(&digital, &id, 1, "taro", OpenRequests::HandOver).await.unwrap();
    for permit in [&given, &kept] {
        app.choose_permit_keeper(&digital, &id, 1, permit, "taro").await.unwrap();
    }
    let given_up = read_for(city, &digital, &[lines[0], lines[2]], &day).await.unwrap().unwrap();
    app.withdraw_roster(&digital, &given_up.kept.unwrap()).await.unwrap();
    for verdict in [Verdict::Reject, Verdict::Approve] {
        let request = ask(city, &id).await.unwrap();
        let role = city.stored_request(&request).await.open_step().unwrap().role.clone();
        let approver = if role == "ciso" { "fukushicho" } else { "somu" };
        city.say(&city.at(approver, "lgwan").await, &request, verdict).await.unwrap();
    }
    let tomaru = city.store.real.user_by_login("tomaru").await.unwrap().unwrap().id;
    app.give_post(&digital, &tomaru, "chief", Some("residents")).await.unwrap();
    city.pass(4 * DAY);
    app.apply_due_rosters().await.unwrap();
    let digital = city.at("digital", "lgwan").await;
    for login in app.first_logins(&digital, &id).await.unwrap() {
        city.keep_secret(&login.password);
    }
    crate::roster_permits::answered(city, &given, &kept, &city.at("taro", "lgwan").await).await;
    app.give_back(&city.at("kacho", "lgwan").await, &out).await.unwrap();
}
