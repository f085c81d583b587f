//! 方針の取込み: from a file to the files of a draft.

use app::{
    Error,
    actor::Actor,
    editions::proposing::Proposed,
    imports::{
        ImportRefusal,
        arrive::NewImport,
        model::{ImportState, Step},
        points::PointKind,
        propose::ProposeImport,
    },
    model::PageRequest,
    ports::Store as _,
};
use policy::{
    Modality, Pack, SourceFile,
    import::{Correction, CorrectionError, ImportError, Review},
};
use worker_protocol::Reason;

use crate::city::City;

const RULES: &str = "星見市情報管理規程

第1章 総則

(目的)
第1条 この規程は、情報セキュリティに関し必要な事項を定めるものとする。

第2章 職員の義務

(持出し)
第2条 職員は、情報資産を庁外に持ち出してはならない。
2 職員は、端末を持ち出すときは、情報セキュリティ管理者の許可を得なければならない。

(報告)
第3条 職員は、情報セキュリティに関する事故を発見したときは、速やかに情報セキュリティ管理者に報告しなければならない。
";

fn words(text: &str) -> String {
    format!("words {text}")
}

async fn import(city: &City, actor: &Actor, bytes: &[u8], layer: &str) -> app::Result<String> {
    let mut upload = city.app.begin_import(actor, "規程.docx").await?;
    upload.write(bytes).await?;
    let new = NewImport { layer: layer.to_owned(), ..NewImport::default() };
    city.app.finish_import(actor, upload, new).await
}

/// The one text that the tests correct.
pub(crate) async fn imported(city: &City, actor: &Actor) -> String {
    import(city, actor, words(RULES).as_bytes(), "yukimi").await.unwrap()
}

fn confirm(statement: usize) -> Correction {
    Correction::Confirm { statement }
}

/// Everything that leaves evidence, once.
pub(crate) async fn tour(city: &City) {
    let digital = city.at("digital", "lgwan").await;
    let app = &city.app;
    import(city, &digital, b"emptied", "yukimi").await.unwrap_err();
    let id = imported(city, &digital).await;
    let all = app.import_review(&digital, &id).await.unwrap().draft.import().statements.len();
    app.correct_import(&digital, &id, 1, (0..all).map(confirm).collect()).await.unwrap();
    app.confirm_import(&digital, &id, 2).await.unwrap();
    app.export_import(&digital, &id).await.unwrap();
    app.reopen_import(&digital, &id, 3).await.unwrap();
    app.discard_import(&digital, &id, 4, "試し").await.unwrap();
}

#[tokio::test]
async fn a_file_becomes_a_review_and_is_gone() {
    let city = City::open().await;
    let digital = city.at("digital", "lgwan").await;
    let blobs = city.blobs.count().await;
    let id = imported(&city, &digital).await;
    assert_eq!(city.blobs.count().await, blobs, "the file itself is not kept");
    let review = city.app.import_review(&digital, &id).await.unwrap();
    assert_eq!((review.head.layer.as_str(), review.head.version, review.head.decided), ("yukimi", 1, 0));
    assert_eq!(review.head.title, "星見市情報管理規程");
    assert_eq!(review.draft.source(), RULES);
    let totals = review.draft.import().totals;
    assert_eq!((totals.chars, totals.chars_accounted), (RULES.chars().count(), RULES.chars().count()));
    assert_eq!(review.head.statements, u32::try_from(totals.statements).unwrap());
    assert!(totals.statements >= 4, "{totals:?}");
    let made = city.evidence().await.pop().unwrap();
    assert_eq!(
        (made.entry.kind.as_str(), made.entry.subject_id.as_str()),
        ("policy-import-made", id.as_str())
    );
    let payload = String::from_utf8(made.entry.payload).unwrap();
    assert!(payload.contains("\"file_sha256\":\"") && payload.contains("\"layer\":\"yukimi\""), "{payload}");
    let listed = city.app.imports(&digital, PageRequest::default()).await.unwrap();
    assert_eq!(listed.rows, [review.head]);
    city.verify().await;
}

#[tokio::test]
async fn what_is_no_policy_is_refused_with_a_reason() {
    let city = City::open().await;
    let digital = city.at("digital", "lgwan").await;
    let pages = format!("{}\n", "あ".repeat(200)).repeat(10_001);
    for (bytes, refusal) in [
        (words("こんにちは。よい天気です。\n"), ImportRefusal::NoPolicy),
        (words(" \n \n"), ImportError::Empty.into()),
        (words(&pages), ImportError::TooLong.into()),
        ("emptied".to_owned(), ImportError::Empty.into()),
        ("locked secret".to_owned(), ImportRefusal::Held(Reason::PasswordNeeded)),
        ("blocked".to_owned(), ImportRefusal::Held(Reason::Executable)),
        ("dies".to_owned(), ImportRefusal::Held(Reason::WorkerDied)),
        ("lies".to_owned(), ImportRefusal::Held(Reason::WorkerDied)),
        // A cell that gives back the file instead of its words is believed no text.
        ("clean".to_owned(), ImportRefusal::NotOneDocument),
    ] {
        let before = city.evidence().await.len();
        let answer = import(&city, &digital, bytes.as_bytes(), "yukimi").await;
        assert!(matches!(&answer, Err(Error::Import(r)) if *r == refusal), "{answer:?}, not {refusal:?}");
        let evidence = city.evidence().await;
        assert_eq!(evidence.len(), before + 1);
        assert_eq!(evidence.last().unwrap().entry.kind, "policy-import-refused");
        let payload = String::from_utf8(evidence.last().unwrap().entry.payload.clone()).unwrap();
        assert!(payload.contains(&format!("\"why\":\"{}\"", refusal.id())), "{payload}");
    }
    for (layer, problem) in
        [("", "not-allowed"), ("Yuki", "not-allowed"), ("../up", "not-allowed"), ("base", "taken")]
    {
        let answer = import(&city, &digital, words(RULES).as_bytes(), layer).await;
        assert!(
            matches!(&answer, Err(Error::Invalid { field: "layer", problem: p }) if *p == problem),
            "{answer:?}"
        );
    }
    let mut upload = city.app.begin_import(&digital, "a").await.unwrap();
    upload.write(b"words x").await.unwrap();
    let new = NewImport { layer: "yukimi".into(), against: vec!["nobody".into()], password: None };
    let answer = city.app.finish_import(&digital, upload, new).await;
    assert!(matches!(answer, Err(Error::Invalid { field: "against", problem: "unknown" })), "{answer:?}");
    assert!(city.app.imports(&digital, PageRequest::default()).await.unwrap().rows.is_empty());
}

#[tokio::test]
async fn only_those_who_look_after_the_policy_do_it() {
    let city = City::open().await;
    let digital = city.at("digital", "lgwan").await;
    let id = imported(&city, &digital).await;
    for (login, sees) in
        [("hanako", false), ("kacho", false), ("kansa", false), ("fukushicho", false), ("tanto", true)]
    {
        let actor = city.at(login, "lgwan").await;
        assert_eq!(city.app.import_review(&actor, &id).await.is_ok(), sees, "{login}");
        assert_eq!(city.app.import_steps(&actor, &id, 0).await.is_ok(), sees, "{login}");
        assert_eq!(city.app.import_points(&actor, &id).await.is_ok(), sees, "{login}");
        assert_eq!(city.app.export_import(&actor, &id).await.is_ok(), sees, "{login}");
        let edits = login == "tanto";
        assert_eq!(city.app.may_edit_imports(&actor), edits, "{login}");
        assert_eq!(city.app.begin_import(&actor, "a").await.is_ok(), edits, "{login}");
        let answer = city.app.correct_import(&actor, &id, 1, vec![confirm(0)]).await;
        assert_eq!(answer.is_ok(), edits, "{login}: {answer:?}");
        if !edits {
            assert!(matches!(answer, Err(Error::Denied { .. })), "{login}");
        }
    }
}

#[tokio::test]
async fn a_review_is_made_of_steps_that_can_be_taken_back() {
    let city = City::open().await;
    let digital = city.at("digital", "lgwan").await;
    let id = imported(&city, &digital).await;
    let app = &city.app;
    let first = app.import_review(&digital, &id).await.unwrap();
    let all = first.draft.import().statements.len();

    let wanted = vec![
        Correction::Roles { statement: 1, roles: vec!["staff".into(), "security-manager".into()] },
        Correction::Modality { statement: 1, modality: Modality::Should },
        Correction::Same { statement: 1, to: Some("base/roles-assigned".into()) },
        confirm(1),
    ];
    assert_eq!(app.correct_import(&digital, &id, 1, wanted.clone()).await.unwrap(), 2);
    let second = app.import_review(&digital, &id).await.unwrap();
    assert_eq!((second.head.version, second.head.decided), (2, 1));
    assert_eq!(second.draft.import().statements[1].modality, Modality::Should);
    assert_eq!(second.draft.same(1), Some("base/roles-assigned"));
    assert_eq!(second.last.as_ref().map(|(_, c)| c.clone()), Some(wanted));

    // A place inside the second sentence, behind its first comma.
    let span = second.draft.import().statements[2].span;
    let at = span.start + RULES.get(span.start..).unwrap().find('、').unwrap() + '、'.len_utf8();
    let split = Correction::SplitStatement { statement: 2, at };
    assert_eq!(app.correct_import(&digital, &id, 2, vec![split]).await.unwrap(), 3);
    assert_eq!(app.import_review(&digital, &id).await.unwrap().head.statements as usize, all + 1);

    // Taken back one by one, newest first; what was taken back stays in the journal.
    assert_eq!(app.undo_import(&digital, &id, 3).await.unwrap(), 4);
    assert_eq!(app.import_review(&digital, &id).await.unwrap().draft, second.draft);
    assert_eq!(app.undo_import(&digital, &id, 4).await.unwrap(), 5);
    let back = app.import_review(&digital, &id).await.unwrap();
    assert_eq!((&back.draft, back.last.is_none()), (&first.draft, true));
    let nothing = app.undo_import(&digital, &id, 5).await;
    assert!(matches!(nothing, Err(Error::Import(ImportRefusal::NothingToUndo))), "{nothing:?}");
    let steps = app.import_steps(&digital, &id, 1).await.unwrap();
    assert_eq!(steps.iter().map(|s| s.version).collect::<Vec<_>>(), [2, 3, 4, 5]);
    assert!(matches!(steps[2].read().unwrap(), Step::Undo));
    assert_eq!(steps[0].by_name.as_deref(), Some("digitalさん"));

    // Each step is evidence, and says what was done.
    let kinds = city.kinds(&id).await;
    assert_eq!(
        kinds,
        [
            "policy-import-made",
            "policy-import-corrected",
            "policy-import-corrected",
            "policy-import-corrected",
            "policy-import-corrected"
        ]
    );

    // A step is made whole or not at all.
    let half = vec![confirm(0), Correction::MergeNode { node: 0 }];
    let answer = app.correct_import(&digital, &id, 5, half).await;
    assert!(
        matches!(answer, Err(Error::Import(ImportRefusal::Correction(CorrectionError::NoSuchNode)))),
        "{answer:?}"
    );
    for (wrong, field) in [
        (vec![], "correction"),
        (vec![Correction::Roles { statement: 0, roles: vec!["nobody".into()] }], "roles"),
        (vec![Correction::Same { statement: 0, to: Some("base/nothing".into()) }], "same"),
        (vec![Correction::Same { statement: 0, to: Some("nobody/x".into()) }], "same"),
    ] {
        let answer = app.correct_import(&digital, &id, 5, wrong).await;
        assert!(matches!(&answer, Err(Error::Invalid { field: f, .. }) if *f == field), "{answer:?}");
    }
    let many = vec![confirm(0); 501];
    assert!(matches!(app.correct_import(&digital, &id, 5, many).await, Err(Error::TooMany { limit: 500 })));
    assert_eq!(app.import_review(&digital, &id).await.unwrap().draft, first.draft);
    city.verify().await;
}

#[tokio::test]
async fn of_two_editors_the_second_is_told() {
    let city = City::open().await;
    let (digital, tanto) = (city.at("digital", "lgwan").await, city.at("tanto", "lgwan").await);
    let id = imported(&city, &digital).await;
    city.app.correct_import(&digital, &id, 1, vec![confirm(0)]).await.unwrap();
    let late = city.app.correct_import(&tanto, &id, 1, vec![confirm(1)]).await;
    assert!(matches!(late, Err(Error::Conflict)), "{late:?}");
    let meanwhile = city.app.import_steps(&tanto, &id, 1).await.unwrap();
    assert_eq!(meanwhile.len(), 1);
    assert_eq!(meanwhile[0].by_name.as_deref(), Some("digitalさん"));
    // Both at the same moment: one wins.
    let (one, other) = futures::join!(
        city.app.correct_import(&digital, &id, 2, vec![confirm(1)]),
        city.app.correct_import(&tanto, &id, 2, vec![confirm(2)])
    );
    assert!(one.is_ok() != other.is_ok(), "{one:?} {other:?}");
    let review = city.app.import_review(&tanto, &id).await.unwrap();
    assert_eq!((review.head.version, review.head.decided), (3, 2));
    let decided = review.draft.reviews().iter().filter(|r| **r == Review::Confirmed).count();
    assert_eq!(decided, 2, "the review in memory is the one that is stored");
}

#[tokio::test]
async fn the_whole_is_confirmed_and_taken_out() {
    let city = City::open().await;
    let digital = city.at("digital", "lgwan").await;
    let id = imported(&city, &digital).await;
    let app = &city.app;
    let all = app.import_review(&digital, &id).await.unwrap().draft.import().statements.len();
    let early = app.confirm_import(&digital, &id, 1).await;
    assert!(
        matches!(early, Err(Error::Import(ImportRefusal::Undecided(n))) if n as usize == all),
        "{early:?}"
    );
    let points = app.import_points(&digital, &id).await.unwrap();
    let count = |kind: PointKind| points.iter().find(|p| p.kind == kind).map_or(0, |p| p.count);
    assert_eq!((count(PointKind::Undecided), count(PointKind::Problem)), (all, 0));
    assert!(count(PointKind::OpenWord) >= 1, "速やかに leaves a value open: {points:?}");

    let mut wanted: Vec<Correction> = (1..all).map(confirm).collect();
    wanted.push(Correction::Drop { statement: 0, reason: "目的".into() });
    app.correct_import(&digital, &id, 1, wanted).await.unwrap();
    app.confirm_import(&digital, &id, 2).await.unwrap();
    let review = app.import_review(&digital, &id).await.unwrap();
    assert_eq!(review.head.state, ImportState::Confirmed);
    let closed = app.correct_import(&digital, &id, 3, vec![confirm(1)]).await;
    assert!(matches!(closed, Err(Error::Import(ImportRefusal::Closed))), "{closed:?}");

    let files = app.export_import(&digital, &id).await.unwrap();
    assert_eq!(files.iter().map(|(path, _)| path.clone()).collect::<Vec<_>>(), review.file_names().unwrap());
    let text: String = files.iter().map(|(_, text)| text.as_str()).collect();
    assert!(!text.contains("未確認"), "everything was confirmed");
    assert_eq!(text.matches("[[statement]]").count(), all - 1);
    // What comes out is a pack that the check takes.
    let mut policies = test_city::policies();
    policies.extend(files.into_iter().map(|(path, text)| SourceFile { path, text }));
    assert_eq!(Pack::resolve(&policies, "yukimi").unwrap().pack.id(), "yukimi");

    app.reopen_import(&digital, &id, 3).await.unwrap();
    let again = app.reopen_import(&digital, &id, 4).await;
    assert!(matches!(again, Err(Error::Import(ImportRefusal::Closed))), "{again:?}");
    app.undo_import(&digital, &id, 4).await.unwrap();
    assert_eq!(app.import_review(&digital, &id).await.unwrap().head.decided, 0);
    let kinds = city.kinds(&id).await;
    for kind in ["policy-import-confirmed", "policy-import-exported", "policy-import-reopened"] {
        assert!(kinds.iter().any(|k| k == kind), "{kind}: {kinds:?}");
    }
}

#[tokio::test]
async fn what_is_given_up_is_erased() {
    let city = City::open().await;
    let digital = city.at("digital", "lgwan").await;
    let id = imported(&city, &digital).await;
    let empty = city.app.discard_import(&digital, &id, 1, " ").await;
    assert!(matches!(empty, Err(Error::Invalid { field: "reason", .. })), "{empty:?}");
    city.app.discard_import(&digital, &id, 1, "別の文書だった").await.unwrap();
    assert!(matches!(city.app.import_review(&digital, &id).await, Err(Error::NotFound)));
    assert!(matches!(city.app.export_import(&digital, &id).await, Err(Error::NotFound)));
    assert!(matches!(city.app.discard_import(&digital, &id, 2, "もう一度").await, Err(Error::NotFound)));
    assert!(city.app.imports(&digital, PageRequest::default()).await.unwrap().rows.is_empty());
    assert_eq!(city.store.real.import_text(&id).await.unwrap(), None);
    assert_eq!(city.last_kind().await, "policy-import-discarded");
    city.verify().await;
}

#[tokio::test]
async fn a_store_that_fails_leaves_no_half_step() {
    let city = City::open().await;
    let digital = city.at("digital", "lgwan").await;
    let id = imported(&city, &digital).await;
    for calls in 0.. {
        let before = (city.store.real.import(&id).await.unwrap(), city.evidence().await.len());
        let seen = before.0.as_ref().unwrap().version;
        city.store.faults.arm(calls, 1);
        let answer = city.app.correct_import(&digital, &id, seen, vec![confirm(0)]).await;
        if city.store.faults.disarm() {
            answer.unwrap();
            assert!(calls > 3, "several calls could fail");
            break;
        }
        assert!(matches!(answer, Err(Error::Unavailable(_))), "call {calls}: {answer:?}");
        let after = (city.store.real.import(&id).await.unwrap(), city.evidence().await.len());
        assert_eq!(after, before, "call {calls}");
        let steps = city.store.real.import_steps(&id, 0).await.unwrap();
        assert_eq!(i64::try_from(steps.len()).unwrap(), seen - 1, "call {calls}");
    }
}

#[tokio::test]
async fn a_confirmed_review_is_proposed_as_an_edition_on_what_runs() {
    let city = City::open().await;
    let digital = city.at("digital", "lgwan").await;
    let id = imported(&city, &digital).await;
    let wanted =
        |seen| ProposeImport {
            seen, note: "規程の取込み".to_owned(), label: "令和8年度第2版".to_owned()
        };
    let early = city.app.propose_import(&digital, &id, wanted(1)).await;
    assert!(matches!(early, Err(Error::Import(ImportRefusal::NotConfirmed))), "{early:?}");
    let all = city.app.import_review(&digital, &id).await.unwrap().draft.import().statements.len();
    city.app.correct_import(&digital, &id, 1, (0..all).map(confirm).collect()).await.unwrap();
    city.app.confirm_import(&digital, &id, 2).await.unwrap();
    let stale = city.app.propose_import(&digital, &id, wanted(2)).await;
    assert!(matches!(stale, Err(Error::Conflict)), "{stale:?}");
    for (label, problem) in [("", "empty"), (&*"版".repeat(81), "too-long")] {
        let refused = city
            .app
            .propose_import(&digital, &id, ProposeImport { label: label.to_owned(), ..wanted(3) })
            .await;
        assert!(
            matches!(refused, Err(Error::Invalid { field: "label", problem: p }) if p == problem),
            "{refused:?}"
        );
    }
    let kansa = city.at("kansa", "lgwan").await;
    assert!(matches!(city.app.propose_import(&kansa, &id, wanted(3)).await, Err(Error::Denied { .. })));
    assert_eq!(city.app.layer_replaced().unwrap().as_deref(), Some("base"));
    let edition = match city.app.propose_import(&digital, &id, wanted(3)).await.unwrap() {
        Proposed::Draft { id, needs_restart: false, .. } => id,
        other => panic!("{other:?}"),
    };
    let page = city.app.edition(&digital, &edition).await.unwrap();
    assert_eq!(page.edition.label, "令和8年度第2版");
    let diff = page.diff.unwrap();
    assert!(diff.statements.added.iter().any(|s| s.id.starts_with("yukimi/")), "{:?}", diff.statements.added);
    assert!(diff.statements.removed.is_empty(), "the body's own text and the base stay");
    let told = city.evidence().await.into_iter().find(|r| r.entry.kind == "edition-proposed").unwrap();
    let payload: serde_json::Value = serde_json::from_slice(&told.entry.payload).unwrap();
    assert_eq!(
        (&payload["details"]["import"], &payload["details"]["import_version"]),
        (&id.into(), &3.into())
    );
}
