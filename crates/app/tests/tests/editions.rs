//! Editions of the policy: who may propose what, and what becomes of it.

use std::collections::BTreeMap;

use app::{
    Error,
    actor::Actor,
    editions::{
        EditionStore as _,
        in_use::InUse,
        proposing::{Proposal, Proposed},
    },
    model::PageRequest,
};
use policy::{ParameterValue, SourceFile};
use test_city::doubles::DAY;
use workflow::{edition::Stage, id::EditionId, route::Verdict};

use crate::{city::City, requests::answers};

/// The city's own folder with changes: each old text must be there.
pub(crate) fn folder(changes: &[(&str, &str)]) -> Vec<SourceFile> {
    let mut files: Vec<SourceFile> =
        test_city::text().files().iter().filter(|f| f.path.starts_with("hoshimi/")).cloned().collect();
    for (old, new) in changes {
        let file = files.iter_mut().find(|f| f.text.contains(old)).unwrap_or_else(|| panic!("{old}"));
        file.text = file.text.replacen(old, new, 1);
    }
    files
}

/// A second version in which staff must read the policy within a week.
pub(crate) fn second() -> Vec<SourceFile> {
    folder(&[
        ("version = \"令和8年度第1版\"", "version = \"令和8年度第2版\""),
        (
            "gist_ja = \"職員は、方針とその改定を読み、定めに従って仕事をする\"",
            "gist_ja = \"職員は、方針とその改定を施行の週のうちに読み、定めに従って仕事をする\"",
        ),
    ])
}

pub(crate) async fn propose(city: &City, actor: &Actor, files: Vec<SourceFile>) -> app::Result<Proposed> {
    let proposal = Proposal { untrusted_files: files, note: "年次の見直し".to_owned() };
    city.app.propose_edition(actor, proposal).await
}

pub(crate) async fn draft(city: &City, actor: &Actor, files: Vec<SourceFile>) -> EditionId {
    match propose(city, actor, files).await.unwrap() {
        Proposed::Draft { id, .. } => id,
        Proposed::Refused(problems) => panic!("{problems:?}"),
    }
}

fn first_page() -> PageRequest {
    PageRequest { after: None, limit: 50 }
}

async fn kinds(city: &City, id: &EditionId) -> Vec<String> {
    let of_it = city.evidence().await.into_iter().filter(|row| row.entry.subject_id == id.as_str());
    of_it.map(|row| row.entry.kind).collect()
}

#[tokio::test]
async fn a_proposal_is_kept_whole_compared_and_evidence() {
    let city = City::open().await;
    let digital = city.at("digital", "lgwan").await;
    let id = draft(&city, &digital, second()).await;
    let page = city.app.edition(&digital, &id).await.unwrap();
    assert_eq!((page.edition.stage, page.edition.label.as_str()), (Stage::Draft, "令和8年度第2版"));
    assert_eq!(page.proposer.as_deref(), Some("digitalさん"));
    assert!(page.edition.needs_analysis, "the city's pack demands it");
    assert!(page.findings.iter().all(|p| p.severity == policy::Severity::Warning));
    let diff = page.diff.expect("there is something in force to compare with");
    let changed: Vec<&str> = diff.statements.changed.iter().map(|c| c.b.id.as_str()).collect();
    assert_eq!(changed, ["hoshimi/b-staff"]);
    let roles: Vec<&str> = page.roles.iter().map(|c| c.role.id.as_str()).collect();
    assert_eq!(roles, ["staff"]);
    assert!(!page.needs_restart && page.in_use.is_empty());
    assert!(page.may_change && page.readings.is_empty());
    assert_eq!(kinds(&city, &id).await, ["edition-proposed"]);
    // Nothing runs but what ran.
    assert_eq!(city.app.pack().version(), "令和8年度第1版");
    let list = city.app.editions(&digital, first_page()).await.unwrap();
    assert!(list.from_folder && list.may_propose);
    assert_eq!(list.page.rows.len(), 1);
    // The file names alone mean the city's own folder.
    let bare = second()
        .into_iter()
        .map(|f| SourceFile { path: f.path.replace("hoshimi/", ""), text: format!("\u{feff}{}", f.text) })
        .collect();
    let again = draft(&city, &digital, bare).await;
    let digest = |id: EditionId| {
        let (app, digital) = (city.app.clone(), digital.clone());
        async move { app.edition(&digital, &id).await.unwrap().edition.digest }
    };
    assert_eq!(digest(id).await, digest(again).await);
}

#[tokio::test]
async fn what_is_wrong_is_told_and_nothing_is_kept() {
    let city = City::open().await;
    let digital = city.at("digital", "lgwan").await;
    let broken = folder(&[(
        "title = \"星見市情報セキュリティポリシー\"",
        "titel = \"星見市情報セキュリティポリシー\"",
    )]);
    match propose(&city, &digital, broken).await.unwrap() {
        Proposed::Refused(problems) => {
            let told = problems.iter().find(|p| p.code.id() == "unknown-key").expect("the slip is told");
            assert_eq!((told.file.as_str(), told.line > 1), ("hoshimi/pack.toml", true));
            assert!(told.instead.contains("title"));
        }
        other => panic!("{other:?}"),
    }
    // A value that a checkpoint needs.
    let unset = folder(&[(
        "id = \"password-length\"\noverride = true\nvalue = ",
        "id = \"password-length\"\noverride = true\nsuggested = ",
    )]);
    match propose(&city, &digital, unset).await.unwrap() {
        Proposed::Refused(problems) => {
            assert!(problems.iter().any(|p| p.code.id() == "parameter-needed"), "{problems:?}");
        }
        other => panic!("{other:?}"),
    }
    let file = |path: &str, text: &str| vec![SourceFile { path: path.to_owned(), text: text.to_owned() }];
    for (files, field, problem) in [
        (Vec::new(), "files", "empty"),
        (file("x.zip", "PK"), "files", "not-allowed"),
        (file("../hoshimi/pack.toml", ""), "files", "not-allowed"),
        (folder(&[("code = \"992011\"", "code = \"990019\"")]), "files", "mismatch"),
    ] {
        let refused = propose(&city, &digital, files).await;
        assert!(
            matches!(refused, Err(Error::Invalid { field: f, problem: p }) if (f, p) == (field, problem)),
            "{field} {problem}: {refused:?}"
        );
    }
    let large =
        propose(&city, &digital, file("hoshimi/a.toml", &"#".repeat(policy::EDITION_BYTES_MAX + 1))).await;
    assert!(matches!(large, Err(Error::TooLarge { .. })), "{large:?}");
    for (note, problem) in [("", "empty"), ("  ", "empty"), ("a\0b", "not-allowed")] {
        let proposal = Proposal { untrusted_files: second(), note: note.to_owned() };
        let refused = city.app.propose_edition(&digital, proposal).await;
        assert!(
            matches!(refused, Err(Error::Invalid { field: "note", problem: p }) if p == problem),
            "{note:?}"
        );
    }
    assert!(city.app.editions(&digital, first_page()).await.unwrap().page.rows.is_empty());
}

#[tokio::test]
async fn drafts_are_for_those_who_look_after_the_policy() {
    let city = City::open().await;
    let digital = city.at("digital", "lgwan").await;
    let id = draft(&city, &digital, second()).await;
    for login in ["hanako", "kacho"] {
        let actor = city.at(login, "lgwan").await;
        assert!(matches!(propose(&city, &actor, second()).await, Err(Error::Denied { .. })), "{login}");
        assert!(matches!(city.app.edition(&actor, &id).await, Err(Error::NotFound)), "{login}");
        assert!(matches!(city.app.withdraw_edition(&actor, &id).await, Err(Error::Denied { .. })), "{login}");
        let refused = city.app.attach_analysis(&actor, &id, "題", "内容").await;
        assert!(matches!(refused, Err(Error::Denied { .. })), "{login}");
        let list = city.app.editions(&actor, first_page()).await.unwrap();
        assert!(list.page.rows.is_empty() && !list.may_propose, "{login}");
        let refused = city.app.compare_editions(&actor, None, Some(&id)).await;
        assert!(matches!(refused, Err(Error::NotFound)), "{login}");
    }
    // Who audits sees it and changes nothing.
    let kansa = city.at("kansa", "lgwan").await;
    assert!(city.app.edition(&kansa, &id).await.is_ok());
    assert!(matches!(propose(&city, &kansa, second()).await, Err(Error::Denied { .. })));
    assert!(matches!(city.app.confirm_reading(&kansa, &id).await, Err(Error::NotFound)));
}

#[tokio::test]
async fn an_analysis_is_attached_and_a_draft_given_up() {
    let city = City::open().await;
    let digital = city.at("digital", "lgwan").await;
    let id = draft(&city, &digital, second()).await;
    for (title, text, field, problem) in [
        ("", "内容", "analysis-title", "empty"),
        ("題", " ", "analysis-text", "empty"),
        ("題", "\0", "analysis-text", "not-allowed"),
        (&"題".repeat(101), "内容", "analysis-title", "too-long"),
    ] {
        let refused = city.app.attach_analysis(&digital, &id, title, text).await;
        assert!(
            matches!(refused, Err(Error::Invalid { field: f, problem: p }) if (f, p) == (field, problem)),
            "{refused:?}"
        );
    }
    city.app.attach_analysis(&digital, &id, "分析", "小さい").await.unwrap();
    city.app.attach_analysis(&digital, &id, "分析2", "もっと小さい").await.unwrap();
    let edition = city.app.edition(&digital, &id).await.unwrap().edition;
    assert_eq!(edition.analysis.map(|a| a.title).as_deref(), Some("分析2"));
    city.app.withdraw_edition(&digital, &id).await.unwrap();
    let again = city.app.withdraw_edition(&digital, &id).await;
    assert!(matches!(&again, Err(e @ Error::Edition(_)) if e.code() == "edition-stage"), "{again:?}");
    assert!(city.app.attach_analysis(&digital, &id, "題", "内容").await.is_err());
    let nowhere = city.app.withdraw_edition(&digital, &EditionId::new("nowhere")).await;
    assert!(matches!(nowhere, Err(Error::NotFound)));
    assert_eq!(
        kinds(&city, &id).await,
        ["edition-proposed", "edition-analysed", "edition-analysed", "edition-withdrawn"]
    );
}

#[tokio::test]
async fn a_store_that_fails_keeps_nothing() {
    let city = City::open().await;
    let digital = city.at("digital", "lgwan").await;
    for skip in 0..3 {
        city.store.faults.arm(skip, 1_000);
        let answer = propose(&city, &digital, second()).await;
        city.store.faults.disarm();
        assert!(matches!(answer, Err(Error::Unavailable(_))), "{skip}: {answer:?}");
        assert!(city.app.editions(&digital, first_page()).await.unwrap().page.rows.is_empty(), "{skip}");
    }
}

#[tokio::test]
async fn any_two_are_compared() {
    let city = City::open().await;
    let digital = city.at("digital", "lgwan").await;
    let id = draft(&city, &digital, second()).await;
    let there = city.app.compare_editions(&digital, None, Some(&id)).await.unwrap();
    let back = city.app.compare_editions(&digital, Some(&id), None).await.unwrap();
    assert_eq!(there.diff.statements.changed.len(), 1);
    assert_eq!(back.diff.statements.changed.len(), 1);
    assert_eq!(there.roles.len(), 1);
    let same = city.app.compare_editions(&digital, Some(&id), Some(&id)).await.unwrap();
    assert!(same.roles.is_empty() && same.diff.statements.changed.is_empty());
}

#[tokio::test]
async fn nothing_is_public_before_it_is_published() {
    let city = City::open().await;
    assert!(city.app.public_part().await.unwrap().is_none());
}

/// The form of a revision, from a day on.
pub(crate) fn revision(id: &EditionId, from: &str) -> BTreeMap<String, String> {
    answers(&[("edition", id.as_str()), ("from", from), ("reason", "年次の見直し。職員は施行の週に読む。")])
}

async fn ready(city: &City, actor: &Actor) -> EditionId {
    let id = draft(city, actor, second()).await;
    city.app.attach_analysis(actor, &id, "変更の分析", "起きやすさは小さく、損失も小さい。").await.unwrap();
    id
}

async fn stage(city: &City, id: &EditionId) -> Stage {
    city.store.real.edition(id).await.unwrap().unwrap().stage
}

/// Brings a second edition into force two days from the start of the city, by two approvals.
pub(crate) async fn adopt_second(city: &City) -> EditionId {
    let tanto = city.at("tanto", "lgwan").await;
    let id = ready(city, &tanto).await;
    let request = city.apply(&tanto, "policy-revision", revision(&id, "2026-11-26")).await.unwrap();
    for login in ["digital", "fukushicho"] {
        assert_eq!(stage(city, &id).await, Stage::Applied, "{login}");
        let approver = city.at(login, "lgwan").await;
        city.say(&approver, &request, Verdict::Approve).await.unwrap();
    }
    city.pass(2 * DAY);
    assert_eq!(city.app.current().tidy().await.unwrap().adopted, 1);
    id
}

/// Every kind of evidence about editions, for the tour.
pub(crate) async fn tour(city: &City) {
    let tanto = city.at("tanto", "lgwan").await;
    let given_up = draft(city, &tanto, second()).await;
    city.app.withdraw_edition(&tanto, &given_up).await.unwrap();
    let sent_back = ready(city, &tanto).await;
    let today = app_day(city);
    let request = city.apply(&tanto, "policy-revision", revision(&sent_back, &today)).await.unwrap();
    city.app.current().withdraw_request(&tanto, &request).await.unwrap();
    let request = city.apply(&tanto, "policy-revision", revision(&sent_back, &today)).await.unwrap();
    for login in ["digital", "fukushicho"] {
        let approver = city.at(login, "lgwan").await;
        city.say(&approver, &request, Verdict::Approve).await.unwrap();
    }
    city.app.current().tidy().await.unwrap();
    let hanako = city.at("hanako", "lgwan").await;
    city.app.current().confirm_reading(&hanako, &sent_back).await.unwrap();
    publish(city, &sent_back).await;
}

/// Today in Japan, as a form takes it.
fn app_day(city: &City) -> String {
    let days = (city.now() + 9 * 3_600_000).div_euclid(DAY);
    // The city begins on 2026-11-24 and no test lasts until December.
    let begun = (test_city::doubles::T0 + 9 * 3_600_000).div_euclid(DAY);
    format!("2026-11-{:02}", 24 + days - begun)
}

pub(crate) async fn publish(city: &City, id: &EditionId) {
    let tanto = city.at("tanto", "lgwan").await;
    let form = answers(&[("edition", id.as_str())]);
    let request = city.apply(&tanto, "policy-publication", form).await.unwrap();
    let ciso = city.at("fukushicho", "lgwan").await;
    city.say(&ciso, &request, Verdict::Approve).await.unwrap();
}

#[tokio::test]
async fn two_approve_it_comes_into_force_staff_reads_it_and_it_is_published() {
    let city = City::open().await;
    let tanto = city.at("tanto", "lgwan").await;
    let bare = draft(&city, &tanto, second()).await;
    let refused = city.apply(&tanto, "policy-revision", revision(&bare, "2026-11-26")).await;
    assert!(
        matches!(&refused, Err(e @ Error::Edition(_)) if e.code() == "edition-no-analysis"),
        "{refused:?}"
    );
    let past = city.apply(&tanto, "policy-revision", revision(&bare, "2026-11-23")).await;
    assert!(matches!(past, Err(Error::Form(_))), "{past:?}");
    let id = adopt_second(&city).await;
    assert_eq!(stage(&city, &id).await, Stage::InForce);
    let app = city.app.current();
    assert_eq!(app.pack().version(), "令和8年度第2版");

    // What ran before is kept whole, as the edition before.
    let tanto = city.at("tanto", "lgwan").await;
    let list = app.editions(&tanto, first_page()).await.unwrap();
    assert!(!list.from_folder);
    let stages: Vec<Stage> = list.page.rows.iter().map(|e| e.stage).collect();
    assert_eq!(stages.iter().filter(|s| **s == Stage::Superseded).count(), 1, "{stages:?}");
    let (edition, text) =
        app::editions::in_force(&*city.store).await.unwrap().expect("it is what a start runs");
    assert_eq!((&edition.id, edition.digest), (&id, text.digest()));
    let page = app.edition(&tanto, &id).await.unwrap();
    assert_eq!(page.diff.unwrap().statements.changed.len(), 1, "compared with what it replaced");
    // The same again is nothing to apply for.
    let same = ready(&city, &tanto).await;
    let refused = city.apply(&tanto, "policy-revision", revision(&same, "2026-11-30")).await;
    assert!(matches!(&refused, Err(e @ Error::Edition(_)) if e.code() == "edition-same"), "{refused:?}");

    // Each is told what changed for him, and says once that he read it.
    let hanako = city.at("hanako", "lgwan").await;
    let open = app.to_read(&hanako).await.unwrap();
    assert_eq!(open.len(), 1);
    let due = open[0].due_at.expect("the city has set a period");
    assert_eq!(due, city.now() + 14 * DAY);
    let mine = app.my_changes(&hanako, &id).await.unwrap();
    let told: Vec<&str> = mine.roles.iter().flat_map(|r| &r.changed).map(|c| c.after.id.as_str()).collect();
    assert_eq!(told, ["hoshimi/b-staff"]);
    app.confirm_reading(&hanako, &id).await.unwrap();
    app.confirm_reading(&hanako, &id).await.unwrap();
    assert!(app.to_read(&hanako).await.unwrap().is_empty());
    let page = app.edition(&tanto, &id).await.unwrap();
    let residents = page.readings.iter().find(|r| r.section.as_str() == "residents").unwrap();
    assert_eq!(residents.confirmed, 1);
    assert!(residents.people > 1);
    assert!(app.edition(&hanako, &id).await.unwrap().readings.is_empty(), "rates are not for everybody");
    let read: Vec<_> = city.evidence().await.into_iter().filter(|r| r.entry.kind == "policy-read").collect();
    assert_eq!(read.len(), 1);
    assert!(read[0].entry.statements.contains(&"hoshimi/b-staff".to_owned()));

    // Nothing is public before somebody decided it; then what is public is, and nothing else.
    assert!(app.public_part().await.unwrap().is_none());
    publish(&city, &id).await;
    let public = city.app.current().public_part().await.unwrap().expect("it was published");
    let json = public.publication.to_json();
    assert!(json.contains("施行の週のうちに読み"));
    for statement in app.pack().statements() {
        let document = app.pack().clause(&statement.clause).and_then(|c| c.document.as_deref());
        let open = document.and_then(|d| app.pack().document(d)).is_some_and(|d| d.public);
        assert_eq!(json.contains(&statement.gist_ja), open, "{}", statement.id);
    }
    assert_eq!(
        kinds(&city, &id).await,
        [
            "edition-proposed",
            "edition-analysed",
            "edition-applied",
            "edition-approved",
            "policy-adopted",
            "policy-read",
            "policy-published"
        ]
    );
}

#[tokio::test]
async fn a_value_that_an_edition_writes_anew_holds_over_one_approved_before() {
    let city = City::open().await;
    let number = |city: &City, id: &str| city.app.current().pack().parameter(id).unwrap().value.clone();
    city.set("password-length", "20", "2026-11-24").await.unwrap();
    city.set("login-attempts", "7", "2026-11-24").await.unwrap();
    let tanto = city.at("tanto", "lgwan").await;
    let files = folder(&[
        ("version = \"令和8年度第1版\"", "version = \"令和8年度第2版\""),
        (
            "id = \"password-length\"\noverride = true\nvalue = 12",
            "id = \"password-length\"\noverride = true\nvalue = 14",
        ),
    ]);
    let id = draft(&city, &tanto, files).await;
    city.app.attach_analysis(&tanto, &id, "変更の分析", "起きやすさは小さく、損失も小さい。").await.unwrap();
    let request = city.apply(&tanto, "policy-revision", revision(&id, "2026-11-26")).await.unwrap();
    for login in ["digital", "fukushicho"] {
        let approver = city.at(login, "lgwan").await;
        city.say(&approver, &request, Verdict::Approve).await.unwrap();
    }
    assert_eq!(
        number(&city, "password-length"),
        Some(ParameterValue::Number(20)),
        "until the edition is in force"
    );
    city.pass(2 * DAY);
    assert_eq!(city.app.current().tidy().await.unwrap().adopted, 1);
    assert_eq!(number(&city, "password-length"), Some(ParameterValue::Number(14)));
    // What the edition leaves as it was keeps what was approved.
    assert_eq!(number(&city, "login-attempts"), Some(ParameterValue::Number(7)));
    let app = city.app.current();
    let tanto = city.at("tanto", "lgwan").await;
    assert_eq!(app.parameter(&tanto, "password-length").await.unwrap().history.len(), 2);
    // And a value that is approved afterwards holds over the edition.
    city.set("password-length", "16", "2026-11-26").await.unwrap();
    assert_eq!(number(&city, "password-length"), Some(ParameterValue::Number(16)));
}

/// The second version with more in a file.
fn second_with(file: &str, text: &str) -> Vec<SourceFile> {
    let mut files = second();
    files.iter_mut().find(|f| f.path.ends_with(file)).unwrap().text.push_str(text);
    files
}

const WITHOUT_FORM: &str =
    "\n[[remove]]\nkind = \"request\"\nid = \"parameter-change\"\nreason = \"紙で行う\"\n";

/// Applies for an edition with an analysis, to be in force from a day.
async fn apply_for(city: &City, id: &EditionId, from: &str) -> app::Result<workflow::id::RequestId> {
    let tanto = city.at("tanto", "lgwan").await;
    city.app.current().attach_analysis(&tanto, id, "変更の分析", "起きやすさは小さい。").await.unwrap();
    city.apply(&tanto, "policy-revision", revision(id, from)).await
}

async fn approve(city: &City, request: &workflow::id::RequestId) {
    for login in ["digital", "fukushicho"] {
        let approver = city.at(login, "lgwan").await;
        city.say(&approver, request, Verdict::Approve).await.unwrap();
    }
}

fn taken(answer: app::Result<workflow::id::RequestId>) -> Vec<InUse> {
    match answer {
        Err(Error::InUse(taken)) => taken,
        other => panic!("{other:?}"),
    }
}

async fn ask_for_longer_passwords(city: &City) -> workflow::id::RequestId {
    let hanako = city.at("hanako", "lgwan").await;
    let change = answers(&[
        ("parameter", "password-length"),
        ("value", "20"),
        ("from", "2026-11-28"),
        ("reason", "基準の改定"),
    ]);
    city.apply(&hanako, "parameter-change", change).await.unwrap()
}

#[tokio::test]
async fn a_form_with_open_requests_is_not_taken_away() {
    let city = City::open().await;
    let open = ask_for_longer_passwords(&city).await;
    let tanto = city.at("tanto", "lgwan").await;
    let id = draft(&city, &tanto, second_with("pack.toml", WITHOUT_FORM)).await;
    let told = taken(apply_for(&city, &id, "2026-11-25").await);
    assert!(
        matches!(&told[..], [InUse::Form { id, requests: 1, .. }] if id == "parameter-change"),
        "{told:?}"
    );
    // The page says so before anybody applies.
    assert_eq!(city.app.edition(&tanto, &id).await.unwrap().in_use, told);
    let hanako = city.at("hanako", "lgwan").await;
    city.app.withdraw_request(&hanako, &open).await.unwrap();
    assert!(city.app.edition(&tanto, &id).await.unwrap().in_use.is_empty());
    let request = apply_for(&city, &id, "2026-11-25").await.unwrap();
    approve(&city, &request).await;
    // What comes between the approval and the day holds the edition back until it is over.
    let late = ask_for_longer_passwords(&city).await;
    city.pass(DAY);
    assert_eq!(city.app.current().tidy().await.unwrap().adopted, 0);
    assert_eq!(stage(&city, &id).await, Stage::Approved);
    assert_eq!(city.app.edition(&tanto, &id).await.unwrap().in_use.len(), 1);
    let digital = city.at("digital", "lgwan").await;
    city.say(&digital, &late, Verdict::Reject).await.unwrap();
    assert_eq!(city.app.current().tidy().await.unwrap().adopted, 1);
    assert_eq!(city.app.current().pack().version(), "令和8年度第2版");
    assert!(city.app.current().edition(&tanto, &id).await.unwrap().in_use.is_empty());
}

#[tokio::test]
async fn a_channel_with_transfers_under_way_is_not_closed() {
    let city = City::open().await;
    let tanto = city.at("tanto", "lgwan").await;
    let closed = second_with("channels.toml", "")
        .into_iter()
        .map(|mut f| {
            if f.path.ends_with("channels.toml") {
                f.text = "format = 1\n\n[[channel]]\nid = \"internet-to-lgwan\"\noverride = true\n\
                          mode = \"deny\"\nnotice = \"閉じました。\"\nrule = []\n"
                    .to_owned();
            }
            f
        })
        .collect();
    let id = draft(&city, &tanto, closed).await;
    let transfer = city.inbound("c2", &["clean text"]).await;
    let told = taken(apply_for(&city, &id, "2026-11-25").await);
    assert!(
        matches!(&told[..], [InUse::Channel { id, transfers: 1, .. }] if id == "internet-to-lgwan"),
        "{told:?}"
    );
    let kacho = city.at("kacho", "lgwan").await;
    city.decide(&kacho, &transfer, Verdict::Approve).await.unwrap();
    // What only waits to be taken needs its channel no more.
    assert_eq!(city.state(&transfer).await, workflow::transfer::State::Ready);
    let request = apply_for(&city, &id, "2026-11-25").await.unwrap();
    approve(&city, &request).await;
    city.pass(DAY);
    assert_eq!(city.app.current().tidy().await.unwrap().adopted, 1);
    let taro = city.at("taro", "lgwan").await;
    let file = city.stored(&transfer).await.files[0].id.clone();
    city.app.current().download(&taro, &transfer, &file).await.unwrap();
}

#[tokio::test]
async fn somebody_is_left_who_looks_after_the_system() {
    let city = City::open().await;
    let tanto = city.at("tanto", "lgwan").await;
    let without = second_with("posts.toml", "")
        .into_iter()
        .map(|mut f| {
            if f.path.ends_with("posts.toml") {
                // The role goes to a post that nobody holds.
                for (post, roles) in [
                    ("it-manager", "\"staff\", \"system-operator\""),
                    ("it-deputy-manager", "\"staff\", \"system-manager\""),
                ] {
                    let head = format!("id = \"{post}\"\noverride = true\n");
                    assert!(f.text.contains(&head), "{post}");
                    f.text = f.text.replace(&head, &format!("{head}roles = [{roles}]\n"));
                }
            }
            f
        })
        .collect();
    let id = draft(&city, &tanto, without).await;
    let told = taken(apply_for(&city, &id, "2026-11-25").await);
    assert!(matches!(&told[..], [InUse::Manager { posts }] if !posts.is_empty()), "{told:?}");
    // Once somebody holds the post that brings it then, the edition may go on.
    city.app.install_post(&city.id("taro"), "it-deputy-manager", Some("digital")).await.unwrap();
    apply_for(&city, &id, "2026-11-25").await.unwrap();
}

#[tokio::test]
async fn other_zones_wait_for_a_start_with_their_listeners() {
    let city = City::open().await;
    let tanto = city.at("tanto", "lgwan").await;
    let mut files: Vec<SourceFile> = second_with(
        "pack.toml",
        "\n[[remove]]\nkind = \"zone\"\nid = \"mynumber\"\nreason = \"別の関所に移した\"\n",
    );
    for channel in ["mynumber-to-lgwan", "lgwan-to-mynumber", "internet-to-mynumber", "mynumber-to-internet"]
    {
        let removed =
            format!("\n[[remove]]\nkind = \"channel\"\nid = \"{channel}\"\nreason = \"系がなくなる\"\n");
        files.iter_mut().find(|f| f.path.ends_with("pack.toml")).unwrap().text.push_str(&removed);
    }
    let zones = files.iter_mut().find(|f| f.path.ends_with("zones.toml")).unwrap();
    let at = zones.text.find("[[zone]]\nid = \"mynumber\"").unwrap();
    zones.text.truncate(at);
    let id = match propose(&city, &tanto, files).await.unwrap() {
        Proposed::Draft { id, needs_restart: true, .. } => id,
        other => panic!("{other:?}"),
    };
    assert!(city.app.edition(&tanto, &id).await.unwrap().needs_restart);
    let request = apply_for(&city, &id, "2026-11-25").await.unwrap();
    let digital = city.at("digital", "lgwan").await;
    let seen = city.app.request(&digital, &request).await.unwrap();
    assert!(
        seen.request.content.answers.iter().any(|a| a.shown.contains("再起動が要る")),
        "the approvers see it"
    );
    approve(&city, &request).await;
    city.pass(DAY);
    // The house that runs has listeners for three zones and goes on with them.
    assert_eq!(city.app.current().tidy().await.unwrap().adopted, 0);
    assert_eq!(city.app.current().pack().zones().len(), 3);
    let zones = |ids: &[&str]| ids.iter().map(|z| workflow::id::ZoneId::new(*z)).collect::<Vec<_>>();
    for wrong in [&["internet", "lgwan", "mynumber"][..], &["internet"], &["internet", "other"]] {
        assert!(!city.app.adopt_at_start(&zones(wrong)).await.unwrap(), "{wrong:?}");
    }
    assert!(city.app.adopt_at_start(&zones(&["lgwan", "internet"])).await.unwrap());
    assert_eq!(city.app.current().pack().zones().len(), 2);
    assert_eq!(stage(&city, &id).await, Stage::InForce);
    assert!(!city.app.current().edition(&tanto, &id).await.unwrap().needs_restart);
}

#[tokio::test]
async fn whoever_comes_to_a_role_later_reads_it_too() {
    let city = City::open().await;
    let taro = city.id("taro");
    let digital = city.at("digital", "lgwan").await;
    city.app.set_enabled(&digital, &taro, false).await.unwrap();
    let id = adopt_second(&city).await;
    let app = city.app.current();
    let open = async |user| city.store.real.readings_open(user).await.unwrap();
    // The auditor's post brings no role for which something changed, until he is staff as well.
    let kansa = city.id("kansa");
    assert!(open(&kansa).await.is_empty());
    app.install_post(&kansa, "staff", Some("welfare")).await.unwrap();
    let mine = open(&kansa).await;
    assert_eq!(mine.iter().map(|r| &r.edition).collect::<Vec<_>>(), [&id]);
    assert_eq!(mine[0].due_at, Some(city.now() + 14 * DAY));
    let given = city.evidence().await.into_iter().rfind(|r| r.entry.kind == "post-given").unwrap();
    let payload: serde_json::Value = serde_json::from_slice(&given.entry.payload).unwrap();
    assert_eq!(payload["details"]["to_read"], id.as_str());
    // Who was away when it came into force.
    assert!(open(&taro).await.is_empty());
    let digital = city.at("digital", "lgwan").await;
    app.set_enabled(&digital, &taro, true).await.unwrap();
    assert_eq!(open(&taro).await.len(), 1);
    // Who has read it is not asked again because he gets another post.
    let hanako = city.at("hanako", "lgwan").await;
    app.confirm_reading(&hanako, &id).await.unwrap();
    app.install_post(hanako.id(), "staff", Some("welfare")).await.unwrap();
    assert!(open(hanako.id()).await.is_empty());
    let given = city.evidence().await.into_iter().rfind(|r| r.entry.kind == "post-given").unwrap();
    let payload: serde_json::Value = serde_json::from_slice(&given.entry.payload).unwrap();
    assert!(payload["details"].get("to_read").is_none());
}

#[tokio::test]
async fn what_is_published_shows_the_values_that_hold() {
    let city = City::open().await;
    let tanto = city.at("tanto", "lgwan").await;
    // The city makes its standard public, so that values are in what is published.
    let open = second()
        .into_iter()
        .map(|mut f| {
            if f.path.ends_with("documents.toml") {
                f.text = f.text.replace("public = false", "public = true");
            }
            f
        })
        .collect();
    let id = draft(&city, &tanto, open).await;
    let request = apply_for(&city, &id, "2026-11-24").await.unwrap();
    approve(&city, &request).await;
    assert_eq!(city.app.current().tidy().await.unwrap().adopted, 1);
    city.set("password-length", "20", "2026-11-24").await.unwrap();
    publish(&city, &id).await;
    let shown = async |title: &str| {
        let public = city.app.current().public_part().await.unwrap().expect("it was published");
        let documents = public.publication.makers.iter().flat_map(|m| &m.documents);
        let values = documents.flat_map(|d| &d.clauses).flat_map(|c| &c.statements).flat_map(|s| &s.values);
        values.filter(|v| v.title == title).map(|v| v.value.clone()).collect::<Vec<_>>()
    };
    let title = city.app.pack().parameter("password-length").unwrap().title.clone();
    let all = shown(&title).await;
    assert!(!all.is_empty() && all.iter().all(|v| v.starts_with("20")), "{all:?}");
    // A value approved afterwards holds from its day, also on the page.
    city.set("password-length", "24", "2026-11-25").await.unwrap();
    assert!(shown(&title).await.iter().all(|v| v.starts_with("20")));
    city.pass(DAY);
    city.app.load_values().await.unwrap();
    assert!(shown(&title).await.iter().all(|v| v.starts_with("24")));
}

#[tokio::test]
async fn one_is_on_its_way_and_what_comes_back_is_a_draft() {
    let city = City::open().await;
    let (tanto, digital) = (city.at("tanto", "lgwan").await, city.at("digital", "lgwan").await);
    let id = ready(&city, &tanto).await;
    let request = city.apply(&tanto, "policy-revision", revision(&id, "2026-11-26")).await.unwrap();
    // What is being decided is not changed, not given up and not overtaken.
    assert!(city.app.attach_analysis(&tanto, &id, "別の分析", "別").await.is_err());
    assert!(city.app.withdraw_edition(&tanto, &id).await.is_err());
    let other = folder(&[("令和8年度第1版", "令和8年度第3版")]);
    let other = draft(&city, &tanto, other).await;
    city.app.attach_analysis(&tanto, &other, "分析", "小さい").await.unwrap();
    let refused = city.apply(&tanto, "policy-revision", revision(&other, "2026-11-27")).await;
    assert!(matches!(&refused, Err(e @ Error::Edition(_)) if e.code() == "edition-under-way"), "{refused:?}");

    city.say(&digital, &request, Verdict::Return).await.unwrap();
    assert_eq!(stage(&city, &id).await, Stage::Draft);
    city.app.resubmit_request(&tanto, &request, &revision(&id, "2026-11-27"), Vec::new(), &[]).await.unwrap();
    assert_eq!(stage(&city, &id).await, Stage::Applied);
    city.app.pull_back_request(&tanto, &request).await.unwrap();
    assert_eq!(stage(&city, &id).await, Stage::Draft);
    city.app.withdraw_request(&tanto, &request).await.unwrap();
    // Now the other one may go, and nobody decides his own: the applicant is the only system manager.
    let request = city.apply(&digital, "policy-revision", revision(&other, "2026-11-27")).await.unwrap();
    let own = city.say(&digital, &request, Verdict::Approve).await;
    assert!(matches!(own, Err(Error::Denied { .. })), "{own:?}");
    assert_eq!(stage(&city, &other).await, Stage::Applied);
    // A day before its day nothing happens.
    assert_eq!(city.app.current().tidy().await.unwrap().adopted, 0);
    assert_eq!(city.app.current().pack().version(), "令和8年度第1版");
}

#[tokio::test]
async fn an_adoption_that_fails_halfway_is_done_by_the_next_round() {
    let city = City::open().await;
    let tanto = city.at("tanto", "lgwan").await;
    let id = ready(&city, &tanto).await;
    let request = city.apply(&tanto, "policy-revision", revision(&id, "2026-11-24")).await.unwrap();
    for login in ["digital", "fukushicho"] {
        let approver = city.at(login, "lgwan").await;
        city.say(&approver, &request, Verdict::Approve).await.unwrap();
    }
    for skip in 0..8 {
        city.store.faults.arm(skip, 1_000);
        let answer = city.app.current().tidy().await;
        city.store.faults.disarm();
        assert!(answer.is_err(), "{skip}");
        assert_eq!(stage(&city, &id).await, Stage::Approved, "{skip}");
        assert_eq!(city.app.current().pack().version(), "令和8年度第1版", "{skip}");
    }
    city.app.current().tidy().await.unwrap();
    assert_eq!(stage(&city, &id).await, Stage::InForce);
    assert_eq!(city.app.current().pack().version(), "令和8年度第2版");
    let adopted = city.evidence().await.into_iter().filter(|r| r.entry.kind == "policy-adopted").count();
    assert_eq!(adopted, 1);
}
