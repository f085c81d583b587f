//! Editions of the policy: who may propose what, and what becomes of it.

use app::{
    Error,
    actor::Actor,
    editions::proposing::{Proposal, Proposed},
    model::PageRequest,
};
use policy::SourceFile;
use workflow::{edition::Stage, id::EditionId};

use crate::city::City;

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
        Proposed::Draft(id, _) => id,
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
    assert!(!page.zones_change && page.may_change && page.readings.is_empty());
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
