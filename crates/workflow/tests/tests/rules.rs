//! Single rules: bounds of the content, what a decision signs, deadlines, reviews, receipt.

use worker_protocol::{Reason, Removal, Threat, Verdict as FileVerdict};
use workflow::{
    id::TransferId,
    route::{COMMENT_CHARS_MAX, NOTE_CHARS_MAX, Scope, Verdict, Vouch},
    transfer::{
        ANSWERS_MAX, Content, FILES_MAX, FileState, PURPOSE_CHARS_MAX, RECIPIENTS_MAX, Refusal,
        SUBJECT_CHARS_MAX, State, Transfer,
    },
};

use crate::fixtures::{
    DAY, HOUR, PICK_UP, T0, content, decide, done, file, in_state, inspected, route, stored, submission,
    submitted, user, vouch,
};

#[test]
fn content_has_bounds() {
    let long = |n: usize| "あ".repeat(n);
    let answers = |n: usize, text: &str| (0..n).map(|i| (i.to_string(), text.to_owned())).collect();
    let people = |n: usize| (0..n).map(|i| user(&i.to_string())).collect::<Vec<_>>();
    let rows: Vec<(Content, Option<&str>)> = vec![
        (content(), None),
        (Content { subject: long(SUBJECT_CHARS_MAX), ..content() }, None),
        (Content { subject: long(SUBJECT_CHARS_MAX + 1), ..content() }, Some("subject")),
        (Content { subject: " \u{3000} ".to_owned(), ..content() }, Some("subject")),
        (Content { purpose: long(PURPOSE_CHARS_MAX), ..content() }, None),
        (Content { purpose: long(PURPOSE_CHARS_MAX + 1), ..content() }, Some("purpose")),
        (Content { purpose: String::new(), ..content() }, Some("purpose")),
        (Content { classification: String::new(), ..content() }, Some("classification")),
        (Content { answers: answers(ANSWERS_MAX, ""), ..content() }, None),
        (Content { answers: answers(ANSWERS_MAX + 1, ""), ..content() }, Some("answers")),
        (Content { answers: answers(1, &long(PURPOSE_CHARS_MAX + 1)), ..content() }, Some("answers")),
        (Content { recipients: people(RECIPIENTS_MAX), ..content() }, None),
        (Content { recipients: people(RECIPIENTS_MAX + 1), ..content() }, Some("recipients")),
        (Content { recipients: Vec::new(), ..content() }, Some("recipients")),
        (Content { recipients: vec![user("a"), user("a")], ..content() }, Some("recipients")),
    ];
    for (content, wrong) in rows {
        let refused = Transfer::submit(submission(1, content.clone(), route(1)), T0).err();
        assert_eq!(refused, wrong.map(Refusal::Field), "{content:?}");
        let mut t = in_state(State::Returned);
        let again = t.resubmit(content, route(1), false, "2".to_owned(), PICK_UP, T0).err();
        assert_eq!(again, wrong.map(Refusal::Field));
    }
    let no_purpose = Content { purpose: String::new(), ..content() };
    assert!(Transfer::submit(submission(1, no_purpose, route(0)), T0).is_ok(), "nobody asks for a purpose");
    for (files, fits) in [(0, false), (1, true), (FILES_MAX, true), (FILES_MAX + 1, false)] {
        assert_eq!(
            Transfer::submit(submission(files, content(), route(0)), T0).is_ok(),
            fits,
            "{files} files"
        );
    }
}

#[test]
fn the_hash_covers_what_is_seen_and_nothing_else() {
    type Change = fn(&mut Transfer);
    let seen: &[(&str, Change)] = &[
        ("id", |t| t.id = TransferId::new("other")),
        ("round", |t| t.approval.round += 1),
        ("channel", |t| t.channel.push('x')),
        ("subject", |t| t.subject.push('x')),
        ("purpose", |t| t.purpose.push('x')),
        ("classification", |t| t.classification.push('x')),
        ("personal data", |t| t.personal_data = !t.personal_data),
        ("an answer", |t| drop(t.answers.insert("origin".to_owned(), "x".to_owned()))),
        ("another answer", |t| drop(t.answers.insert("more".to_owned(), String::new()))),
        ("recipients", |t| t.recipients.reverse()),
        ("fewer recipients", |t| drop(t.recipients.pop())),
        ("a file's name", |t| t.files[0].untrusted_name.push('x')),
        ("a file's state", |t| t.files[0].state = FileState::Blocked),
        ("clean bytes", |t| t.files[0].clean = Some(stored("other"))),
        ("a removal", |t| {
            t.files[0].report.as_mut().unwrap().removals.push(Removal {
                what: Threat::MacroVba,
                untrusted_place: String::new(),
                spot: None,
                count: 1,
            });
        }),
        ("order of files", |t| t.files.reverse()),
        ("fewer files", |t| drop(t.files.pop())),
        // Two neighbouring texts must not be able to trade characters.
        ("a shift", |t| {
            let c = t.subject.pop().unwrap();
            t.purpose.insert(0, c);
        }),
    ];
    let unseen: &[(&str, Change)] = &[
        ("number", |t| t.number += 1),
        ("version", |t| t.version += 1),
        ("times", |t| {
            (t.term.due_at, t.term.expires_at, t.term.reminded_at) = (Some(1), Some(2), Some(3));
            (t.submitted_at, t.changed_at) = (4, 5);
        }),
        ("decisions", |t| t.approval.decisions.clear()),
        ("receipt", |t| t.recipients[0].received_at = Some(1)),
        ("attempts", |t| t.files[0].attempts += 1),
        ("the original's erasure", |t| {
            t.files[0].original = None;
            t.files[0].original_erased_at = Some(1);
        }),
        ("where the clean bytes are", |t| {
            t.files[0].clean.as_mut().unwrap().blob = workflow::id::BlobId::new("moved");
        }),
    ];
    let mut t = in_state(State::AwaitingApproval);
    t.recipients.push(workflow::transfer::Recipient { user: user("second-recipient"), received_at: None });
    let hash = t.content_hash();
    assert_eq!(hash.len(), 64);
    for (what, change) in seen {
        let mut other = t.clone();
        change(&mut other);
        assert_ne!(other.content_hash(), hash, "{what} is seen");
    }
    for (what, change) in unseen {
        let mut other = t.clone();
        change(&mut other);
        assert_eq!(other.content_hash(), hash, "{what} is not seen");
    }
}

#[test]
fn comments_have_bounds() {
    for (verdict, chars, fits) in [
        (Verdict::Approve, 0, true),
        (Verdict::Approve, COMMENT_CHARS_MAX, true),
        (Verdict::Approve, COMMENT_CHARS_MAX + 1, false),
        (Verdict::Return, 0, false),
        (Verdict::Return, 1, true),
        (Verdict::Reject, 0, false),
        (Verdict::Reject, COMMENT_CHARS_MAX + 1, false),
    ] {
        let mut t = in_state(State::AwaitingApproval);
        let hash = t.content_hash();
        let comment = format!("  {}\n", "あ".repeat(chars));
        let done = t.decide(&user("second"), None, verdict, &comment, &[], &hash, PICK_UP, T0);
        assert_eq!(done.err(), (!fits).then_some(Refusal::Comment), "{verdict:?} with {chars}");
        if fits {
            assert_eq!(t.approval.decisions.last().unwrap().comment.chars().count(), chars, "trimmed");
        }
    }
}

/// Reminder after the deadline, end a pick-up period later; decidable until then, to the millisecond.
#[test]
fn an_approval_runs_out() {
    let mut t = submitted(1, 1);
    done(&mut t, 0, FileVerdict::Clean, T0);
    let (due, end) = (T0 + 24 * HOUR, T0 + 24 * HOUR + 14 * DAY);
    assert_eq!((t.term.due_at, t.term.expires_at), (Some(due), Some(end)));
    assert!(t.remind(due).is_err(), "not yet over");
    t.remind(due + 1).unwrap();
    assert_eq!(t.term.reminded_at, Some(due + 1));
    assert!(t.remind(due + 2).is_err(), "once");
    assert!(t.expire(end).is_err(), "not yet over");

    let mut late = t.clone();
    decide(&mut late, "manager", Verdict::Approve, end);
    assert_eq!((late.state, late.term.due_at), (State::Ready, Some(end + 14 * DAY)));

    let hash = t.content_hash();
    let too_late = t.decide(&user("manager"), None, Verdict::Approve, "", &[], &hash, PICK_UP, end + 1);
    assert_eq!(too_late, Err(Refusal::Overdue));
    t.expire(end + 1).unwrap();
    assert_eq!(t.state, State::Expired);
}

#[test]
fn each_step_has_its_own_deadline_and_reminder() {
    let mut t = submitted(1, 2);
    done(&mut t, 0, FileVerdict::Clean, T0);
    t.remind(T0 + 25 * HOUR).unwrap();
    decide(&mut t, "first", Verdict::Approve, T0 + 30 * HOUR);
    assert_eq!((t.approval.step, t.term.due_at, t.term.reminded_at), (1, Some(T0 + 54 * HOUR), None));
    t.remind(T0 + 55 * HOUR).unwrap();
}

/// Files wait for their submitter no longer than they would for a recipient.
#[test]
fn a_return_that_nobody_takes_up_ends() {
    for state in [State::Returned, State::PulledBack, State::Held, State::Ready] {
        let mut t = in_state(state);
        assert_eq!(
            (t.term.due_at, t.term.expires_at),
            (Some(T0 + 14 * DAY), Some(T0 + 14 * DAY)),
            "{state:?}"
        );
        assert!(t.expire(T0 + 14 * DAY).is_err());
        t.expire(T0 + 14 * DAY + 1).unwrap();
        assert_eq!((t.state, t.term.due_at, t.term.expires_at), (State::Expired, None, None));
    }
}

#[test]
fn a_deputys_decision_is_reviewed_once_and_by_the_right_person() {
    let mut t = in_state(State::Received);
    let before = t.clone();
    for who in ["deputy", "second", "submitter", "recipient"] {
        assert_eq!(t.review(0, &user(who), T0 + DAY), Err(Refusal::File), "{who}");
    }
    assert_eq!(t.review(1, &user("holder"), T0 + DAY), Err(Refusal::File), "that one was no deputy's");
    assert_eq!(t.review(7, &user("holder"), T0 + DAY), Err(Refusal::File));
    t.review(0, &user("holder"), T0 + DAY).unwrap();
    assert_eq!(t.review(0, &user("holder"), T0 + 2 * DAY), Err(Refusal::File), "once");
    // Retention counts from the last change: a late review must not prolong it.
    let mut expected = before;
    expected.approval.decisions[0].reviewed_at = Some(T0 + DAY);
    assert_eq!(t, expected);
}

#[test]
fn nobody_is_his_own_deputy() {
    let mut t = submitted(1, 2);
    done(&mut t, 0, FileVerdict::Clean, T0);
    let (hash, anna) = (t.content_hash(), user("anna"));
    let own = t.decide(&anna, Some(&anna), Verdict::Approve, "", &[], &hash, PICK_UP, T0);
    assert_eq!(own, Err(Refusal::NoDeputy));
    t.decide(&anna, Some(&user("ben")), Verdict::Approve, "", &[], &hash, PICK_UP, T0).unwrap();
}

#[test]
fn every_recipient_takes_it_and_may_take_it_again() {
    let two = Content { recipients: vec![user("a"), user("b")], ..content() };
    let mut t = Transfer::submit(submission(1, two, route(0)), T0).unwrap().0;
    done(&mut t, 0, FileVerdict::Clean, T0);
    let end = T0 + 14 * DAY;
    assert_eq!(t.receive(&user("a"), T0 + 1).unwrap().len(), 1);
    assert_eq!(t.state, State::Ready);
    assert!(t.receive(&user("a"), T0 + 2).unwrap().is_empty(), "only the first time is an event");
    t.receive(&user("b"), T0 + 3).unwrap();
    assert_eq!((t.state, t.term.expires_at), (State::Received, Some(end)));
    assert!(t.receive(&user("a"), end).unwrap().is_empty());
    assert_eq!(t.receive(&user("a"), end + 1), Err(Refusal::Overdue));
    assert_eq!(t.recipients[0].received_at, Some(T0 + 1));
}

#[test]
fn a_held_file_is_retried_or_taken_out() {
    let mut t = in_state(State::Held);
    assert!(Transfer::wants_password(&t.files[0]));
    t.retry_file(&file(0), T0).unwrap();
    assert_eq!(
        (t.state, t.files[0].state, t.files[0].report.is_none()),
        (State::Sanitising, FileState::Queued, true)
    );
    assert!(!Transfer::wants_password(&t.files[0]));
    done(&mut t, 0, FileVerdict::Held, T0);
    assert_eq!((t.state, t.files[0].attempts), (State::Held, 2));
    t.block_file(&file(0), PICK_UP, T0).unwrap();
    assert_eq!((t.state, t.passing().count()), (State::AwaitingApproval, 1));

    let mut alone = submitted(1, 1);
    done(&mut alone, 0, FileVerdict::Held, T0);
    alone.block_file(&file(0), PICK_UP, T0).unwrap();
    assert_eq!(alone.state, State::Refused, "nothing is left");

    let mut erased = in_state(State::Held);
    erased.files[0].original = None;
    assert_eq!(erased.retry_file(&file(0), T0), Err(Refusal::File), "there is nothing to retry");
}

#[test]
fn words_are_their_own_inverse() {
    for state in State::ALL {
        assert_eq!(State::from_id(state.id()), Some(state));
    }
    for state in FileState::ALL {
        assert_eq!(FileState::from_id(state.id()), Some(state));
    }
    for verdict in [Verdict::Approve, Verdict::Return, Verdict::Reject] {
        assert_eq!(Verdict::from_id(verdict.id()), Some(verdict));
    }
    assert_eq!(
        (State::from_id("x"), FileState::from_id(""), Verdict::from_id("Approve")),
        (None, None, None)
    );
    let scopes =
        [Scope::City, Scope::Department("a".to_owned()), Scope::Section(workflow::id::SectionId::new("a"))];
    assert_eq!(scopes.map(|s| s.column()), ["*", "d:a", "s:a"]);
}

/// A transfer of a rebuilt file and one that passes unchanged, at its first step.
fn with_unchanged(steps: usize) -> Transfer {
    let mut t = submitted(2, steps);
    done(&mut t, 0, FileVerdict::Clean, T0);
    t.file_done(&file(1), inspected(), Some(stored("original-1")), None, PICK_UP, T0).unwrap();
    t
}

fn approve(t: &mut Transfer, by: &str, vouches: &[Vouch]) -> Result<(), Refusal> {
    let hash = t.content_hash();
    t.decide(&user(by), None, Verdict::Approve, "", vouches, &hash, PICK_UP, T0 + HOUR).map(|_| ())
}

#[test]
fn what_passes_unchanged_needs_the_word_of_who_opened_it() {
    let mut t = with_unchanged(2);
    assert_eq!((t.state, t.files[1].state), (State::AwaitingApproval, FileState::Inspected));
    let word = vouch(&t, 1, " 開いて全図面を見た。\n");
    assert_eq!(approve(&mut t, "anna", std::slice::from_ref(&word)), Err(Refusal::NotInspected(file(1))));
    assert_eq!(t.open_original(&file(1), &user("submitter"), T0), Err(Refusal::OwnRequest));
    assert_eq!(t.open_original(&file(0), &user("anna"), T0), Err(Refusal::File), "that one was rebuilt");
    assert_eq!(t.open_original(&file(9), &user("anna"), T0), Err(Refusal::File));
    t.open_original(&file(1), &user("ben"), T0).unwrap();
    assert_eq!(
        approve(&mut t, "anna", std::slice::from_ref(&word)),
        Err(Refusal::NotInspected(file(1))),
        "another opened it"
    );
    t.open_original(&file(1), &user("anna"), T0 + 1).unwrap();
    t.open_original(&file(1), &user("anna"), T0 + 2).unwrap();
    assert_eq!((t.openings.len(), t.opened_at(&t.files[1], &user("anna"))), (2, Some(T0 + 2)));

    let other = Vouch { sha256: "other".to_owned(), ..word.clone() };
    let long = Vouch { note: "あ".repeat(NOTE_CHARS_MAX + 1), ..word.clone() };
    let stranger = vouch(&t, 0, "作り直したもの");
    let rows: [(&[Vouch], Refusal); 5] = [
        (&[], Refusal::NotVouched(file(1))),
        (&[other], Refusal::NotVouched(file(1))),
        (&[vouch(&t, 1, " ")], Refusal::Note(file(1))),
        (&[long], Refusal::Note(file(1))),
        (&[word.clone(), stranger], Refusal::File),
    ];
    for (vouches, refusal) in rows {
        let before = t.clone();
        assert_eq!(approve(&mut t, "anna", vouches), Err(refusal));
        assert_eq!(t, before);
    }
    approve(&mut t, "anna", std::slice::from_ref(&word)).unwrap();
    assert_eq!(t.approval.decisions[0].vouches[0].note, "開いて全図面を見た。");
    // The second person gives a word of his own.
    assert_eq!(t.open_original(&file(1), &user("anna"), T0), Err(Refusal::SamePerson));
    assert_eq!(approve(&mut t, "cleo", std::slice::from_ref(&word)), Err(Refusal::NotInspected(file(1))));
    approve(&mut t, "ben", &[word]).unwrap();
    assert_eq!((t.state, t.vouches_of(&file(1)).count()), (State::Ready, 2));
    assert_eq!(t.open_original(&file(1), &user("cleo"), T0), Err(Refusal::State(State::Ready)));
}

/// Who sends it back or refuses it need not open anything, and vouches for nothing.
#[test]
fn only_who_lets_it_pass_vouches() {
    for verdict in [Verdict::Return, Verdict::Reject] {
        let mut t = with_unchanged(1);
        let (hash, word) = (t.content_hash(), vouch(&t, 1, "見た"));
        t.decide(&user("anna"), None, verdict, "理由", &[word], &hash, PICK_UP, T0).unwrap();
        assert!(t.approval.decisions[0].vouches.is_empty());
    }
    let mut late = with_unchanged(1);
    assert_eq!(late.open_original(&file(1), &user("anna"), T0 + 99 * DAY), Err(Refusal::Overdue));
}

#[test]
fn an_inspection_is_void_when_the_round_or_the_file_is_another() {
    for treat_again in [false, true] {
        let mut t = with_unchanged(1);
        t.open_original(&file(1), &user("anna"), T0).unwrap();
        t.pull_back(PICK_UP, T0).unwrap();
        t.resubmit(content(), route(1), treat_again, "2".to_owned(), PICK_UP, T0).unwrap();
        if treat_again {
            done(&mut t, 0, FileVerdict::Clean, T0);
            t.file_done(&file(1), inspected(), Some(stored("original-1")), None, PICK_UP, T0).unwrap();
        }
        assert!(t.openings.is_empty());
        let word = vouch(&t, 1, "前に見た");
        assert_eq!(approve(&mut t, "anna", &[word]), Err(Refusal::NotInspected(file(1))), "{treat_again}");
    }
    // Other bytes under the same id are not what was opened.
    let mut t = with_unchanged(1);
    t.open_original(&file(1), &user("anna"), T0).unwrap();
    t.files[1].original = Some(stored("replaced"));
    let word = vouch(&t, 1, "見た");
    assert_eq!(approve(&mut t, "anna", &[word]), Err(Refusal::NotInspected(file(1))));
}

/// Where no route gives anybody's word the file is held, whatever the cell said; the others wait with it.
#[test]
fn without_a_route_nothing_passes_unchanged() {
    let mut t = with_unchanged(0);
    assert_eq!((t.state, t.files[1].state), (State::Held, FileState::Held));
    assert!(t.files[1].clean.is_none());
    let report = t.files[1].report.as_ref().unwrap();
    assert_eq!((report.reason, report.is_inspected()), (Some(Reason::NotRebuilt), false));
    assert!(report.is_consistent());
    assert!(t.term.expires_at.is_some());
    t.block_file(&file(1), PICK_UP, T0).unwrap();
    assert_eq!((t.state, t.passing().count()), (State::Ready, 1));
    // A rebuilt archive with an unchanged member is no better.
    let mut t = submitted(1, 0);
    let member = worker_protocol::Member { untrusted_name: "a.jww".to_owned(), report: inspected() };
    let archive =
        worker_protocol::Report { members: vec![member], ..crate::fixtures::report(FileVerdict::Clean) };
    t.file_done(&file(0), archive, Some(stored("clean")), None, PICK_UP, T0).unwrap();
    assert_eq!(t.state, State::Held);
}
