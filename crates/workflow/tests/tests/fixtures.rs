//! Transfers for the tests: one city, a few people, a route of two steps.

use std::collections::BTreeMap;

use worker_protocol::{Kind, Reason, Report, Road, Verdict as FileVerdict};
use workflow::{
    Millis,
    id::{BlobId, FileId, SectionId, TransferId, UserId, ZoneId},
    route::{Route, Scope, Step, Verdict, Vouch, Watch},
    transfer::{Content, Event, PickUp, State, Stored, Submission, Transfer},
};

pub(crate) const T0: Millis = 1_790_000_000_000;
pub(crate) const HOUR: Millis = 3_600_000;
pub(crate) const DAY: Millis = 24 * HOUR;
pub(crate) const PICK_UP: PickUp = PickUp { days: 14 };

pub(crate) fn user(name: &str) -> UserId {
    UserId::new(name)
}

pub(crate) fn file(n: usize) -> FileId {
    FileId::new(format!("file-{n}"))
}

pub(crate) fn stored(word: &str) -> Stored {
    Stored { zone: ZoneId::new("lgwan"), blob: BlobId::new(word), sha256: format!("sha-{word}"), bytes: 7 }
}

pub(crate) fn report(verdict: FileVerdict) -> Report {
    let hands_over = matches!(verdict, FileVerdict::Clean | FileVerdict::Partial);
    Report {
        verdict,
        kind: Some(Kind::Text),
        clean_kind: hands_over.then_some(Kind::Text),
        road: hands_over.then_some(Road::Rebuilt),
        clean_name: "a.txt".to_owned(),
        reason: matches!(verdict, FileVerdict::Held | FileVerdict::Blocked).then_some(Reason::PasswordNeeded),
        removals: Vec::new(),
        removals_unlisted: 0,
        members: Vec::new(),
        fidelity: None,
        rules_version: "1".to_owned(),
    }
}

/// What a cell says of a file that passes unchanged.
pub(crate) fn inspected() -> Report {
    Report {
        kind: Some(Kind::Jww),
        clean_kind: Some(Kind::Jww),
        road: Some(Road::Inspected),
        ..report(FileVerdict::Clean)
    }
}

/// The word for a file as it is now.
pub(crate) fn vouch(t: &Transfer, n: usize, note: &str) -> Vouch {
    let sha256 = t.files[n].original.as_ref().map(|o| o.sha256.clone()).unwrap_or_default();
    Vouch { file: file(n), sha256, note: note.to_owned() }
}

/// A route whose first steps may be decided by deputies and whose last may not.
pub(crate) fn route(steps: usize) -> Route {
    let step = |n: usize| Step {
        id: format!("step-{n}"),
        title: format!("{n}"),
        role: format!("role-{n}"),
        scope: Scope::City,
        deadline_hours: 24,
        deputies: if n + 1 < steps { vec!["assistant".to_owned()] } else { Vec::new() },
        statements: Vec::new(),
        raised_from: None,
        group: None,
        watch: Watch::default(),
    };
    Route { steps: (0..steps).map(step).collect() }
}

/// The same with neighbours that are open side by side.
pub(crate) fn route_with_group(steps: usize, group: std::ops::Range<usize>) -> Route {
    let mut route = route(steps);
    for step in &mut route.steps[group] {
        step.group = Some("together".to_owned());
    }
    route
}

pub(crate) fn content() -> Content {
    Content {
        subject: "件名".to_owned(),
        purpose: "用途".to_owned(),
        classification: "c2".to_owned(),
        personal_data: false,
        answers: BTreeMap::from([("origin".to_owned(), "県".to_owned())]),
        recipients: vec![user("recipient")],
    }
}

pub(crate) fn submission(files: usize, content: Content, route: Route) -> Submission {
    Submission {
        id: TransferId::new("transfer"),
        number: 1,
        channel: "internet-to-lgwan".to_owned(),
        from_zone: ZoneId::new("internet"),
        to_zone: ZoneId::new("lgwan"),
        submitter: user("submitter"),
        section: SectionId::new("residents"),
        content,
        files: (0..files)
            .map(|n| (file(n), format!("{n}.txt"), String::new(), stored(&format!("original-{n}"))))
            .collect(),
        route,
        pack_version: "1".to_owned(),
    }
}

/// Ends the passage of one file through the cell.
pub(crate) fn done(t: &mut Transfer, n: usize, verdict: FileVerdict, now: Millis) -> Vec<Event> {
    let clean =
        matches!(verdict, FileVerdict::Clean | FileVerdict::Partial).then(|| stored(&format!("clean-{n}")));
    t.file_done(&file(n), report(verdict), clean, None, PICK_UP, now).unwrap()
}

/// Decides the open step on what there is now.
pub(crate) fn decide(t: &mut Transfer, by: &str, verdict: Verdict, now: Millis) {
    let hash = t.content_hash();
    t.decide(&user(by), None, verdict, "理由", &[], &hash, PICK_UP, now).unwrap();
}

pub(crate) fn submitted(files: usize, steps: usize) -> Transfer {
    Transfer::submit(submission(files, content(), route(steps)), T0).unwrap().0
}

/// A transfer of two files in this state. From an approval on, its first step was decided by `deputy` for `holder`,
/// and the second is for `second`.
pub(crate) fn in_state(state: State) -> Transfer {
    let mut t = submitted(2, 2);
    match state {
        State::Sanitising => return t,
        State::Held => {
            done(&mut t, 0, FileVerdict::Held, T0);
            done(&mut t, 1, FileVerdict::Clean, T0);
            return t;
        }
        State::Refused => {
            done(&mut t, 0, FileVerdict::Blocked, T0);
            done(&mut t, 1, FileVerdict::Blocked, T0);
            return t;
        }
        _ => {}
    }
    done(&mut t, 0, FileVerdict::Partial, T0);
    done(&mut t, 1, FileVerdict::Clean, T0);
    let hash = t.content_hash();
    t.decide(&user("deputy"), Some(&user("holder")), Verdict::Approve, "", &[], &hash, PICK_UP, T0).unwrap();
    match state {
        State::AwaitingApproval => {}
        State::Returned => decide(&mut t, "second", Verdict::Return, T0),
        State::PulledBack => drop(t.pull_back(PICK_UP, T0).unwrap()),
        State::Rejected => decide(&mut t, "second", Verdict::Reject, T0),
        State::Withdrawn => drop(t.withdraw(T0).unwrap()),
        State::Expired => drop(t.expire(T0 + 400 * DAY).unwrap()),
        State::Ready => decide(&mut t, "second", Verdict::Approve, T0),
        State::Received => {
            decide(&mut t, "second", Verdict::Approve, T0);
            t.receive(&user("recipient"), T0).unwrap();
        }
        State::Sanitising | State::Held | State::Refused => unreachable!(),
    }
    assert_eq!(t.state, state);
    t
}
