//! Submitting through each channel, and what the cell does with the files.

use std::sync::atomic::Ordering;

use app::{Error, sanitising::CellSettings, transfers::NewTransfer};
use workflow::transfer::{Content, FileState, Refusal, State};

use crate::city::{City, content};
use test_city::doubles::{DAY, HOUR};

/// Channel, level, personal data → where the transfer stands once its clean file is done, or why it is refused.
#[tokio::test]
async fn every_channel_does_what_the_policy_says() {
    let city = City::open().await;
    let to = [city.id("taro")];
    for (channel, level, personal_data, outcome) in [
        ("internet-to-lgwan", "c1", false, "ready 0"),
        ("internet-to-lgwan", "c2", false, "awaiting-approval 1"),
        ("internet-to-lgwan", "c1", true, "awaiting-approval 1"),
        ("lgwan-to-internet", "c1", false, "awaiting-approval 1"),
        ("lgwan-to-internet", "c2", true, "awaiting-approval 2"),
        ("lgwan-to-internet", "c3", false, "channel-denied"),
        ("lgwan-to-internet", "c3", true, "channel-denied"),
        ("mynumber-to-lgwan", "c3", true, "awaiting-approval 2"),
        ("lgwan-to-mynumber", "c1", false, "awaiting-approval 2"),
        ("internet-to-mynumber", "c1", false, "channel-denied"),
        ("mynumber-to-internet", "c1", false, "channel-denied"),
        ("internet-to-lgwan", "c9", false, "invalid"),
        ("nowhere", "c1", false, "invalid"),
    ] {
        let zone = channel.split("-to-").next().unwrap();
        let zone = if zone == "nowhere" { "internet" } else { zone };
        let hanako = city.at("hanako", zone).await;
        let content = Content { personal_data, ..content(level, &to) };
        let found = match city.submit(&hanako, channel, content, &["clean words"]).await {
            Ok(id) => {
                assert_eq!(city.state(&id).await, State::Sanitising);
                city.drain().await;
                let t = city.stored(&id).await;
                assert_eq!(t.open_step().is_some(), t.state == State::AwaitingApproval);
                format!("{} {}", t.state.id(), t.approval.route.steps.len())
            }
            Err(error) => error.code().to_owned(),
        };
        assert_eq!(found, outcome, "{channel} {level} {personal_data}");
    }
}

/// The rules are applied to the form that arrives, not only at the upload.
#[tokio::test]
async fn a_denied_level_is_evidence_and_leaves_no_file() {
    let city = City::open().await;
    let hanako = city.at("hanako", "lgwan").await;
    let to = [city.id("taro")];
    let denied = city.submit(&hanako, "lgwan-to-internet", content("c3", &to), &["clean secret plan"]).await;
    let Err(Error::ChannelDenied { channel, statements }) = denied else { panic!("{denied:?}") };
    assert_eq!((channel.as_str(), statements[0].as_str()), ("lgwan-to-internet", "base/secret-stays"));
    let row = city.evidence().await.pop().unwrap();
    assert_eq!(row.entry.kind, "transfer-denied");
    assert!(row.entry.statements.contains(&"base/secret-stays".to_owned()));
    assert_eq!(city.blobs.count().await, 0);
}

#[tokio::test]
async fn a_form_must_be_complete() {
    let city = City::open().await;
    let hanako = city.at("hanako", "lgwan").await;
    let whole = content("c1", &[city.id("taro")]);
    let without = |field: &str| {
        let mut content = whole.clone();
        content.answers.remove(field);
        content
    };
    let mut other_choice = whole.clone();
    other_choice.answers.insert("protection".to_owned(), "そのまま送る".to_owned());
    let mut long = whole.clone();
    long.answers.insert("recipient".to_owned(), "あ".repeat(201));
    let nothing = Content { purpose: "\n".to_owned(), answers: [].into(), ..whole.clone() };
    for (what, content, told) in [
        ("no answer", without("recipient"), "recipient: empty"),
        ("no choice", without("protection"), "protection: empty"),
        ("a choice that is none", other_choice, "protection: not-allowed"),
        ("too long", long, "recipient: too-long"),
        ("no purpose", Content { purpose: "\u{3000}".to_owned(), ..whole.clone() }, "purpose: empty"),
        ("nothing at all", nothing, "recipient: empty, purpose: empty, protection: empty"),
        ("no subject", Content { subject: String::new(), ..whole.clone() }, "field"),
        ("nobody", Content { recipients: Vec::new(), ..whole.clone() }, "field"),
        (
            "unknown person",
            Content { recipients: vec![workflow::id::UserId::new("x")], ..whole.clone() },
            "invalid",
        ),
        ("twice", Content { recipients: vec![city.id("taro"), city.id("taro")], ..whole.clone() }, "field"),
    ] {
        let refused = city.submit(&hanako, "lgwan-to-internet", content, &["clean a"]).await.unwrap_err();
        let said = match &refused {
            Error::Form(problems) => {
                assert!(problems.iter().all(|p| p.title != p.field), "{what}: the form's own title is told");
                let all = problems.iter().map(|p| format!("{}: {}", p.field, p.problem));
                all.collect::<Vec<_>>().join(", ")
            }
            other => other.code().to_owned(),
        };
        assert_eq!(said, told, "{what}: {refused}");
        assert_eq!(city.blobs.count().await, 0, "{what}: the upload stayed");
    }
    // What the form does not ask for is not kept.
    let mut more = whole.clone();
    more.answers.insert("extra".to_owned(), "x".to_owned());
    let id = city.submit(&hanako, "lgwan-to-internet", more, &["clean a"]).await.unwrap();
    let kept: Vec<_> = city.stored(&id).await.answers.into_keys().collect();
    assert_eq!(kept, ["protection", "recipient"]);
}

#[tokio::test]
async fn a_closed_account_receives_nothing() {
    let city = City::open().await;
    let digital = city.at("digital", "lgwan").await;
    city.app.set_enabled(&digital, &city.id("taro"), false).await.unwrap();
    let hanako = city.at("hanako", "internet").await;
    let to = [city.id("taro")];
    let refused = city.submit(&hanako, "internet-to-lgwan", content("c1", &to), &["clean a"]).await;
    assert!(matches!(refused, Err(Error::Invalid { field: "recipients", .. })));
}

#[tokio::test]
async fn the_zone_of_the_listener_decides() {
    let city = City::open().await;
    let to = [city.id("taro")];
    let inside = city.at("hanako", "lgwan").await;
    let upload = city.upload(&inside, "internet-to-lgwan", "a.txt", b"clean a").await;
    assert!(matches!(upload, Err(Error::Invalid { field: "channel", .. })));
    // Files that came in at one listener, a form that is sent at another.
    let outside = city.at("hanako", "internet").await;
    let form = city.form(&outside, "internet-to-lgwan", content("c1", &to), &["clean a"]).await.unwrap();
    assert!(city.app.submit(&inside, form.clone()).await.is_err());
    let form = NewTransfer {
        channel: "lgwan-to-internet".to_owned(),
        files: vec![city.upload(&outside, "internet-to-lgwan", "a.txt", b"clean b").await.unwrap()],
        ..form
    };
    let crossed = city.app.submit(&inside, form).await;
    assert!(crossed.is_err(), "a file of the internet zone became one of the LGWAN zone");
    let auditor = city.at("kansa", "internet").await;
    let refused = city.submit(&auditor, "internet-to-lgwan", content("c1", &to), &["clean a"]).await;
    assert!(matches!(refused, Err(Error::Denied { .. })), "{refused:?}");
}

#[tokio::test]
async fn one_form_makes_one_transfer() {
    let city = City::open().await;
    let hanako = city.at("hanako", "internet").await;
    let to = [city.id("taro")];
    let form = city.form(&hanako, "internet-to-lgwan", content("c1", &to), &["clean a"]).await.unwrap();
    let first = city.app.submit(&hanako, form.clone()).await.unwrap();
    assert_eq!(city.app.submit(&hanako, form.clone()).await.unwrap(), first);
    city.drain().await;
    assert_eq!(city.app.submit(&hanako, form.clone()).await.unwrap(), first, "also when it is done");
    let taro = city.at("taro", "internet").await;
    assert!(matches!(city.app.submit(&taro, form).await, Err(Error::NotFound)), "another's form");
    assert!(city.has_blob(city.stored(&first).await.files[0].original.as_ref().unwrap()).await);

    let form = city.form(&hanako, "internet-to-lgwan", content("c1", &to), &["clean b"]).await.unwrap();
    let send = || city.app.submit(&hanako, form.clone());
    let (a, b, c) = tokio::join!(send(), send(), send());
    let (a, b, c) = (a.unwrap(), b.unwrap(), c.unwrap());
    assert!(a == b && b == c && a != first);
    assert_eq!(city.kinds(a.as_str()).await, ["transfer-submitted"]);
    assert_eq!(city.drain().await, 1);
    for wrong in [String::new(), "x".repeat(65)] {
        let form = NewTransfer { submission: wrong, ..form.clone() };
        assert!(matches!(city.app.submit(&hanako, form).await, Err(Error::Invalid { .. })));
    }
}

#[tokio::test]
async fn sizes_are_bounded() {
    let city = City::open().await;
    let hanako = city.at("hanako", "internet").await;
    let mut upload = city.app.begin_file(&hanako, "internet-to-lgwan", "big", "").await.unwrap();
    let piece = vec![0_u8; 1 << 20];
    for _ in 0..100 {
        upload.write(&piece).await.unwrap();
    }
    let over = upload.write(b"x").await;
    assert!(matches!(over, Err(Error::TooLarge { limit_bytes: 104_857_600 })));
    drop(upload);
    assert_eq!(city.blobs.count().await, 0);

    let to = [city.id("taro")];
    let texts = vec!["clean a"; 101];
    let many = city.submit(&hanako, "internet-to-lgwan", content("c1", &to), &texts).await;
    assert!(matches!(many, Err(Error::TooMany { limit: 100 })));
    let none = city.submit(&hanako, "internet-to-lgwan", content("c1", &to), &[]).await;
    assert!(matches!(none, Err(Error::Refused(Refusal::Field("files")))));
    let form = city.form(&hanako, "internet-to-lgwan", content("c1", &to), &["clean a"]).await.unwrap();
    let keys = NewTransfer { passwords: vec!["x".to_owned(); 11], ..form.clone() };
    assert!(matches!(city.app.submit(&hanako, keys).await, Err(Error::TooMany { .. })));
    let key = NewTransfer { passwords: vec!["x".repeat(1_025)], ..form };
    assert!(matches!(city.app.submit(&hanako, key).await, Err(Error::Invalid { field: "passwords", .. })));
}

/// The most files with the longest names, of signs that grow when they are written as JSON.
#[tokio::test]
async fn the_largest_transfer_fits_into_its_evidence() {
    let city = City::open().await;
    let hanako = city.at("hanako", "internet").await;
    let mut files = Vec::new();
    for _ in 0..100 {
        files
            .push(city.upload(&hanako, "internet-to-lgwan", &"\u{1}".repeat(300), b"clean a").await.unwrap());
    }
    let content = Content { purpose: "\u{1}".repeat(1_998) + "用途", ..content("c1", &[city.id("taro")]) };
    let new = NewTransfer {
        submission: "largest".to_owned(),
        channel: "internet-to-lgwan".to_owned(),
        content,
        files,
        passwords: Vec::new(),
    };
    let id = city.app.submit(&hanako, new).await.unwrap();
    assert_eq!(city.drain().await, 100);
    assert_eq!(city.state(&id).await, State::Ready);
    city.verify().await;
}

#[tokio::test]
async fn verdicts_of_the_cell_decide() {
    let city = City::open().await;
    for (texts, state, files) in [
        (&["clean a"][..], State::Ready, &[FileState::Clean][..]),
        (&["partial a", "clean b"], State::Ready, &[FileState::Partial, FileState::Clean]),
        (&["blocked a", "clean b"], State::Ready, &[FileState::Blocked, FileState::Clean]),
        (&["blocked a", "blocked b"], State::Refused, &[FileState::Blocked, FileState::Blocked]),
        (&["held a", "clean b"], State::Held, &[FileState::Held, FileState::Clean]),
        (&["dies a"], State::Held, &[FileState::Held]),
        (&["dies-once a"], State::Ready, &[FileState::Clean]),
        (&["lies a"], State::Held, &[FileState::Held]),
    ] {
        let id = city.inbound("c1", texts).await;
        let t = city.stored(&id).await;
        assert_eq!(t.state, state, "{texts:?}");
        assert_eq!(t.files.iter().map(|f| f.state).collect::<Vec<_>>(), files, "{texts:?}");
        for file in &t.files {
            assert_eq!(file.clean.is_some(), file.state.passes());
            if let Some(clean) = &file.clean {
                assert!(city.open_blob(clean).await.starts_with(b"rebuilt: "));
            }
        }
    }
}

#[tokio::test]
async fn a_cell_that_dies_is_tried_twice_and_then_the_file_is_held() {
    let city = City::open().await;
    let id = city.inbound("c1", &["dies again and again"]).await;
    assert_eq!(city.cell.runs.load(Ordering::SeqCst), 2);
    assert_eq!(city.kinds(id.as_str()).await, ["transfer-submitted", "file-held"]);
    assert_eq!(city.drain().await, 0, "nothing is left to do");
}

/// No cell at all: the file waits in growing pauses, the beginning and the end are evidence once each, and everybody
/// who waits is told.
#[tokio::test]
async fn files_wait_while_no_cell_can_be_started_and_go_on_by_themselves() {
    let city = City::open().await;
    let (hanako, digital) = (city.at("hanako", "internet").await, city.at("digital", "internet").await);
    let to = [city.id("taro")];
    let id = city.submit(&hanako, "internet-to-lgwan", content("c1", &to), &["clean a"]).await.unwrap();
    let gone = city.submit(&hanako, "internet-to-lgwan", content("c1", &to), &["clean b"]).await.unwrap();
    assert_eq!(city.app.cells_stopped(&hanako), None);
    city.cell.absent.store(true, Ordering::SeqCst);
    let settings = CellSettings::default();
    let mut pauses = Vec::new();
    for _ in 0..9 {
        assert!(city.app.drain_cells(settings).await.is_err());
        assert_eq!(city.drain().await, 0, "not before the pause is over");
        let stopped = city.app.cells_stopped(&hanako).unwrap();
        assert_eq!(stopped.cause, None, "the cause is for those who can repair it");
        assert_eq!(city.app.cells_stopped(&digital).unwrap().cause.unwrap(), "no such program");
        pauses.push(stopped.next_try - city.now());
        city.pass(pauses[pauses.len() - 1]);
    }
    assert_eq!(pauses, [2, 4, 8, 16, 32, 64, 120, 120, 120].map(|s| s * 1_000));
    assert_eq!(city.state(&id).await, State::Sanitising);
    assert_eq!(city.app.transfer(&hanako, &id).await.unwrap().cells_stopped, city.app.cells_stopped(&hanako));
    city.app.withdraw(&hanako, &gone).await.unwrap();
    assert_eq!(city.app.transfer(&hanako, &gone).await.unwrap().cells_stopped, None, "it waits for nothing");
    city.cell.absent.store(false, Ordering::SeqCst);
    assert_eq!(city.drain().await, 1, "what was withdrawn does not come again");
    assert_eq!(city.state(&id).await, State::Ready);
    assert_eq!(city.app.cells_stopped(&digital), None);
    assert_eq!(city.kinds("cells").await, ["cells-stopped", "cells-restored"]);
    // The next time is another one, and its pauses begin anew.
    city.cell.absent.store(true, Ordering::SeqCst);
    city.submit(&hanako, "internet-to-lgwan", content("c1", &to), &["clean c"]).await.unwrap();
    assert!(city.app.drain_cells(settings).await.is_err());
    assert_eq!(city.app.cells_stopped(&digital).unwrap().next_try - city.now(), 2_000);
    assert_eq!(city.kinds("cells").await.len(), 3);
}

/// The database fails just when the cells do: what could not be written is written with the next attempt.
#[tokio::test]
async fn an_outage_that_could_not_be_noted_is_noted_later() {
    let city = City::open().await;
    let hanako = city.at("hanako", "internet").await;
    let to = [city.id("taro")];
    let id = city.submit(&hanako, "internet-to-lgwan", content("c1", &to), &["clean a"]).await.unwrap();
    city.cell.absent.store(true, Ordering::SeqCst);
    let settings = CellSettings::default();
    // Claiming and reading the transfer work; giving the file back does not.
    city.store.faults.arm(2, 1);
    assert!(city.app.drain_cells(settings).await.is_err());
    city.store.faults.disarm();
    assert!(city.kinds("cells").await.is_empty());
    assert!(city.app.cells_stopped(&hanako).is_some());
    city.pass(settings.lease);
    assert!(city.app.drain_cells(settings).await.is_err());
    assert_eq!(city.kinds("cells").await, ["cells-stopped"]);
    city.pass(settings.lease);
    city.cell.absent.store(false, Ordering::SeqCst);
    assert_eq!(city.drain().await, 1);
    assert_eq!(city.state(&id).await, State::Ready);
}

#[tokio::test]
async fn a_password_opens_a_held_file() {
    let city = City::open().await;
    let id = city.inbound("c1", &["locked tulip-2026 a", "clean b"]).await;
    let t = city.stored(&id).await;
    assert_eq!(t.state, State::Held);
    let file = &t.files[0].id;
    let taro = city.at("taro", "internet").await;
    let stranger = city.app.retry_file(&taro, &id, file, Some("tulip-2026".to_owned())).await;
    assert!(matches!(stranger, Err(Error::NotFound)));
    let hanako = city.at("hanako", "internet").await;
    // The stranger's password must not have been kept.
    city.app.retry_file(&hanako, &id, file, None).await.unwrap();
    city.drain().await;
    assert_eq!(city.state(&id).await, State::Held);
    city.app.retry_file(&hanako, &id, file, Some("wrong".to_owned())).await.unwrap();
    city.drain().await;
    assert_eq!(city.state(&id).await, State::Held);
    city.app.retry_file(&hanako, &id, file, Some("tulip-2026".to_owned())).await.unwrap();
    city.drain().await;
    assert_eq!(city.state(&id).await, State::Ready);
    let again = city.app.retry_file(&hanako, &id, file, None).await;
    assert!(again.is_err());
}

#[tokio::test]
async fn passwords_can_come_with_the_form_and_are_forgotten() {
    let city = City::open().await;
    let hanako = city.at("hanako", "internet").await;
    let to = [city.id("taro")];
    let text = "locked tulip-2026 a";
    let mut form = city.form(&hanako, "internet-to-lgwan", content("c1", &to), &[text]).await.unwrap();
    form.passwords = vec!["rose".to_owned(), "tulip-2026".to_owned()];
    let id = city.app.submit(&hanako, form).await.unwrap();
    city.drain().await;
    assert_eq!(city.state(&id).await, State::Ready);

    let mut form =
        city.form(&hanako, "internet-to-lgwan", content("c1", &to), &["locked lily b"]).await.unwrap();
    form.passwords = vec!["rose".to_owned()];
    let id = city.app.submit(&hanako, form).await.unwrap();
    city.drain().await;
    let t = city.stored(&id).await;
    assert_eq!(t.state, State::Held);
    assert!(workflow::transfer::Transfer::wants_password(&t.files[0]));
}

#[tokio::test]
async fn a_held_file_can_be_taken_out() {
    let city = City::open().await;
    let id = city.inbound("c1", &["held a", "clean b"]).await;
    let file = city.stored(&id).await.files[0].id.clone();
    let tanto = city.at("tanto", "internet").await;
    assert!(city.app.block_file(&tanto, &id, &file).await.is_err(), "operators do not decide");
    let digital = city.at("digital", "internet").await;
    city.app.block_file(&digital, &id, &file).await.unwrap();
    let t = city.stored(&id).await;
    assert_eq!((t.state, t.passing().count()), (State::Ready, 1));

    let alone = city.inbound("c1", &["held c"]).await;
    let file = city.stored(&alone).await.files[0].id.clone();
    let hanako = city.at("hanako", "internet").await;
    city.app.block_file(&hanako, &alone, &file).await.unwrap();
    assert_eq!(city.state(&alone).await, State::Refused);
    assert_eq!(city.last_kind().await, "transfer-refused");
}

#[tokio::test]
async fn what_was_withdrawn_in_the_cell_is_thrown_away() {
    let city = City::open().await;
    let hanako = city.at("hanako", "internet").await;
    let to = [city.id("taro")];
    let id = city.submit(&hanako, "internet-to-lgwan", content("c1", &to), &["waits a"]).await.unwrap();
    let before = city.blobs.count().await;
    let withdraw = async {
        city.cell.waiting.notified().await;
        city.app.withdraw(&hanako, &id).await.unwrap();
        city.cell.let_go.notify_one();
    };
    let (done, ()) = tokio::join!(city.app.drain_cells(CellSettings::default()), withdraw);
    assert_eq!(done.unwrap(), 1);
    let t = city.stored(&id).await;
    assert_eq!((t.state, t.files[0].clean.is_none()), (State::Withdrawn, true));
    assert_eq!(city.blobs.count().await, before, "the result is gone");
    assert_eq!(city.drain().await, 0);
}

/// Stopping the house in the middle of a cell loses nothing: the file is done after its lease.
#[tokio::test]
async fn a_cell_that_was_stopped_is_started_again() {
    let city = City::open().await;
    let hanako = city.at("hanako", "internet").await;
    let to = [city.id("taro")];
    let id = city.submit(&hanako, "internet-to-lgwan", content("c1", &to), &["waits a"]).await.unwrap();
    let settings = CellSettings::default();
    city.app.run_cells(settings, city.cell.waiting.notified()).await;
    assert_eq!(city.state(&id).await, State::Sanitising);
    city.cell.let_go.notify_one();
    assert_eq!(city.drain().await, 0, "still leased");
    city.pass(settings.lease + HOUR);
    assert_eq!(city.drain().await, 1);
    assert_eq!(city.state(&id).await, State::Ready);
}

/// Nobody learns of a transfer in a zone it does not touch, nor people it does not concern.
#[tokio::test]
async fn a_third_zone_and_strangers_see_nothing() {
    let city = City::open().await;
    let id = city.inbound("c2", &["clean a"]).await;
    for (login, zone, sees) in [
        ("hanako", "internet", true),
        ("hanako", "lgwan", true),
        ("hanako", "mynumber", false),
        ("taro", "lgwan", false),
        ("kacho", "lgwan", true),
        ("kacho", "mynumber", false),
        ("fukushi", "lgwan", false),
        ("kakaricho", "lgwan", false),
        ("digital", "lgwan", true),
        ("kansa", "lgwan", true),
    ] {
        let actor = city.at(login, zone).await;
        let seen = city.app.transfer(&actor, &id).await;
        assert_eq!(seen.is_ok(), sees, "{login} at {zone}");
        if !sees {
            assert!(matches!(seen, Err(Error::NotFound)));
        }
    }
    city.pass(DAY);
}
