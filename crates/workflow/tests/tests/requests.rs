//! Requests: what each state takes, what a decision signs, how a permit stands, and what holds whatever happens.

use std::collections::BTreeSet;

use proptest::prelude::*;
use workflow::{
    Millis,
    id::{FileId, RequestId, SectionId, UserId, ZoneId},
    request::{
        Answer, Application, Attachment, Content, Event, Patience, Refusal, Request, Standing, State, Terms,
    },
    route::{self, Escalation, Scope, Verdict, Vote},
};

use crate::fixtures::{DAY, HOUR, T0, route, route_with_group, stored, user};

const PATIENCE: Patience = Patience { days: 14 };
const TERMS: Terms = Terms { from: T0, until: T0 + 3 * DAY, return_asked: true };

fn answer(field: &str, value: &str) -> Answer {
    Answer {
        field: field.to_owned(),
        title: format!("{field}の欄"),
        value: value.to_owned(),
        shown: value.to_owned(),
        row: None,
    }
}

fn content() -> Content {
    Content {
        answers: vec![answer("what", "端末"), answer("place", "支所")],
        attachments: vec![Attachment {
            id: FileId::new("a-1"),
            untrusted_name: "図.pdf".to_owned(),
            stored: stored("attached"),
        }],
        terms: Some(TERMS),
        late_by: None,
    }
}

fn application(content: Content, steps: usize) -> Application {
    Application {
        id: RequestId::new("request"),
        number: 1,
        form: "take-out".to_owned(),
        title: "持出しの申請".to_owned(),
        zone: ZoneId::new("lgwan"),
        applicant: user("applicant"),
        section: SectionId::new("residents"),
        content,
        route: route(steps),
        pack_version: "1".to_owned(),
    }
}

fn applied(steps: usize) -> Request {
    Request::apply(application(content(), steps), PATIENCE, T0).unwrap().0
}

fn vote<'a>(by: &'a UserId, verdict: Verdict, seen_hash: &'a str) -> Vote<'a> {
    Vote { by, on_behalf_of: None, verdict, comment: "理由", seen_hash, step: None }
}

fn decide(r: &mut Request, by: &str, verdict: Verdict, now: Millis) -> Result<Vec<Event>, Refusal> {
    let hash = r.content_hash();
    r.decide(&vote(&user(by), verdict, &hash), PATIENCE, now)
}

/// A request of two steps in this state; where approvals began, `first` decided the first step.
fn in_state(state: State) -> Request {
    let mut r = applied(2);
    match state {
        State::Waiting => {}
        State::Returned => drop(decide(&mut r, "first", Verdict::Return, T0).unwrap()),
        State::PulledBack => drop(r.pull_back(PATIENCE, T0).unwrap()),
        State::Approved => {
            decide(&mut r, "first", Verdict::Approve, T0).unwrap();
            decide(&mut r, "second", Verdict::Approve, T0).unwrap();
        }
        State::Rejected => drop(decide(&mut r, "first", Verdict::Reject, T0).unwrap()),
        State::Withdrawn => drop(r.withdraw(T0).unwrap()),
        State::Expired => drop(r.expire(T0 + 99 * DAY).unwrap()),
    }
    assert_eq!(r.state, state);
    r
}

#[test]
fn each_state_takes_its_commands_and_no_others() {
    type Command = fn(&mut Request) -> Result<Vec<Event>, Refusal>;
    use State::{Approved, PulledBack, Returned, Waiting};
    let rows: &[(&str, Command, &[State])] = &[
        ("approve", |r| decide(r, "first", Verdict::Approve, T0), &[Waiting]),
        ("return", |r| decide(r, "first", Verdict::Return, T0), &[Waiting]),
        ("reject", |r| decide(r, "first", Verdict::Reject, T0), &[Waiting]),
        ("pull back", |r| r.pull_back(PATIENCE, T0), &[Waiting]),
        ("withdraw", |r| r.withdraw(T0), &[Waiting, Returned, PulledBack]),
        (
            "resubmit",
            |r| r.resubmit(content(), route(1), "2".to_owned(), PATIENCE, T0),
            &[Returned, PulledBack],
        ),
        ("expire early", |r| r.expire(T0 + DAY), &[]),
        ("expire", |r| r.expire(T0 + 99 * DAY), &[Waiting, Returned, PulledBack]),
        ("remind early", |r| r.pass(T0), &[]),
        ("remind", |r| r.pass(T0 + 2 * DAY), &[Waiting]),
        ("nobody may decide", |r| r.return_undecidable(0, PATIENCE, T0), &[Waiting]),
        ("raise", |r| r.raise_step(0, "above".to_owned(), Scope::City, T0).map(|e| vec![e]), &[Waiting]),
        ("give back", |r| r.give_back(&user("applicant"), T0), &[Approved]),
        ("give up", |r| r.give_up(&user("applicant"), T0), &[]),
        ("revoke", |r| r.revoke(&user("second"), "理由", T0), &[Approved]),
        ("note overdue early", |r| r.note_overdue(T0), &[]),
        ("note overdue", |r| r.note_overdue(T0 + 9 * DAY), &[Approved]),
    ];
    for (name, command, takes) in rows {
        for state in State::ALL {
            let mut r = in_state(state);
            let before = r.clone();
            let result = command(&mut r);
            assert_eq!(result.is_ok(), takes.contains(&state), "{name} while {}: {result:?}", state.id());
            match result {
                Ok(events) => assert!(!events.is_empty(), "{name}"),
                Err(_) => assert_eq!(r, before, "{name}: refused and changed"),
            }
        }
    }
}

#[test]
fn nobody_decides_his_own_and_nobody_twice() {
    let mut r = applied(2);
    let refused = |r: &mut Request, by: &str, for_: Option<&str>, hash: Option<&str>, comment: &str| {
        let (by, holder) = (user(by), for_.map(user));
        let hash = hash.map_or_else(|| r.content_hash(), str::to_owned);
        let verdict = if comment.is_empty() { Verdict::Return } else { Verdict::Approve };
        let vote =
            Vote { by: &by, on_behalf_of: holder.as_ref(), verdict, comment, seen_hash: &hash, step: None };
        match r.decide(&vote, PATIENCE, T0) {
            Err(Refusal::Approval(refusal)) => refusal,
            other => panic!("{other:?}"),
        }
    };
    assert_eq!(refused(&mut r, "applicant", None, None, "可"), route::Refusal::OwnRequest);
    assert_eq!(refused(&mut r, "deputy", Some("applicant"), None, "可"), route::Refusal::OwnRequest);
    assert_eq!(refused(&mut r, "deputy", Some("deputy"), None, "可"), route::Refusal::NoDeputy);
    assert_eq!(refused(&mut r, "first", None, Some("other"), "可"), route::Refusal::ContentChanged);
    assert_eq!(refused(&mut r, "first", None, None, ""), route::Refusal::Comment);
    let hash = r.content_hash();
    let (deputy, holder) = (user("deputy"), user("holder"));
    let by_deputy = Vote { on_behalf_of: Some(&holder), ..vote(&deputy, Verdict::Approve, &hash) };
    let events = r.decide(&by_deputy, PATIENCE, T0).unwrap();
    assert!(events.contains(&Event::Approval(route::Event::ReviewDue { decision: 0, by: holder.clone() })));
    assert_eq!(refused(&mut r, "deputy", None, None, "可"), route::Refusal::SamePerson);
    assert_eq!(refused(&mut r, "holder", None, None, "可"), route::Refusal::SamePerson);
    // The last step has no deputies.
    assert_eq!(refused(&mut r, "third", Some("second"), None, "可"), route::Refusal::NoDeputy);
    decide(&mut r, "second", Verdict::Approve, T0 + HOUR).unwrap();
    assert_eq!(r.state, State::Approved);
    // 後閲 is owed by the one who was stood in for, once.
    assert_eq!(r.review(0, &user("second"), T0), Err(Refusal::Approval(route::Refusal::NoReview)));
    assert_eq!(r.review(0, &holder, T0).unwrap().len(), 1);
    assert_eq!(r.review(0, &holder, T0), Err(Refusal::Approval(route::Refusal::NoReview)));
}

#[test]
fn an_overdue_step_may_be_decided_until_the_end() {
    let mut r = applied(1);
    let late = |r: &Request, now| decide(&mut r.clone(), "first", Verdict::Approve, now).map(drop);
    assert_eq!(r.term.due_at, Some(T0 + 24 * HOUR));
    let end = T0 + 24 * HOUR + 14 * DAY;
    assert_eq!(late(&r, end), Ok(()));
    assert_eq!(late(&r, end + 1), Err(Refusal::Approval(route::Refusal::Overdue)));
    assert_eq!(r.alarm_at(), Some(T0 + 24 * HOUR));
    r.pass(T0 + 25 * HOUR).unwrap();
    assert_eq!(r.alarm_at(), Some(end), "reminded once");
    assert_eq!(r.pass(T0 + 26 * HOUR), Err(Refusal::State(State::Waiting)));
}

#[test]
fn the_hash_covers_what_is_seen_and_nothing_else() {
    type Change = fn(&mut Request);
    let seen: &[(&str, Change)] = &[
        ("form", |r| r.form.push('x')),
        ("version", |r| r.pack_version.push('x')),
        ("title", |r| r.title.push('x')),
        ("round", |r| r.approval.round += 1),
        ("a value", |r| r.content.answers[0].value.push('x')),
        ("what is shown", |r| r.content.answers[0].shown.push('x')),
        ("a label", |r| r.content.answers[0].title.push('x')),
        ("an answer more", |r| r.content.answers.push(answer("more", ""))),
        ("the name of a file", |r| r.content.attachments[0].untrusted_name.push('x')),
        ("the bytes of a file", |r| r.content.attachments[0].stored.sha256.push('x')),
        ("no file", |r| r.content.attachments.clear()),
        ("the period", |r| r.content.terms = Some(Terms { until: TERMS.until + 1, ..TERMS })),
        ("lateness", |r| r.content.late_by = Some(1)),
    ];
    let unseen: &[(&str, Change)] = &[
        ("state", |r| r.state = State::Returned),
        ("decisions", |r| r.approval.decisions.clear()),
        ("term", |r| r.term.due_at = Some(1)),
        ("where a file lies", |r| r.content.attachments[0].stored.blob = workflow::id::BlobId::new("b")),
        ("number of changes", |r| r.version += 1),
    ];
    let base = applied(1).content_hash();
    let mut hashes = BTreeSet::from([base.clone()]);
    for (what, change) in seen {
        let mut r = applied(1);
        change(&mut r);
        assert!(hashes.insert(r.content_hash()), "{what} is seen");
    }
    for (what, change) in unseen {
        let mut r = applied(1);
        change(&mut r);
        assert_eq!(r.content_hash(), base, "{what} is not seen");
    }
}

#[test]
fn a_permit_stands_as_its_days_and_what_was_done_say() {
    let approved = |return_asked| {
        let terms = Terms { from: T0 + DAY, until: T0 + 4 * DAY, return_asked };
        let content = Content { terms: Some(terms), ..content() };
        let (mut r, _) = Request::apply(application(content, 1), PATIENCE, T0).unwrap();
        decide(&mut r, "first", Verdict::Approve, T0).unwrap();
        r
    };
    let at = |r: &Request, now: Millis| r.permit.as_ref().unwrap().standing(now);
    let (returns, ends) = (approved(true), approved(false));
    for (now, with_return, without) in [
        (T0, Standing::NotYet, Standing::NotYet),
        (T0 + DAY - 1, Standing::NotYet, Standing::NotYet),
        (T0 + DAY, Standing::InForce, Standing::InForce),
        (T0 + 3 * DAY - 1, Standing::InForce, Standing::InForce),
        (T0 + 3 * DAY, Standing::ReturnDue, Standing::InForce),
        (T0 + 4 * DAY - 1, Standing::ReturnDue, Standing::InForce),
        (T0 + 4 * DAY, Standing::Overdue, Standing::Ended),
    ] {
        assert_eq!((at(&returns, now), at(&ends, now)), (with_return, without));
    }
    let applicant = user("applicant");
    let mut late = returns.clone();
    let events = late.give_back(&applicant, T0 + 5 * DAY).unwrap();
    assert_eq!(events, [Event::PermitReturned { by: applicant.clone(), late: true }]);
    assert_eq!(at(&late, T0 + 9 * DAY), Standing::Returned);
    assert_eq!(late.give_back(&applicant, T0), Err(Refusal::Permit), "once");
    assert_eq!(late.note_overdue(T0 + 9 * DAY), Err(Refusal::Permit), "given back");
    assert_eq!(ends.clone().give_back(&applicant, T0), Err(Refusal::Permit), "nothing to give back");

    for at in [T0, T0 + DAY - 1] {
        assert_eq!(
            returns.clone().give_back(&applicant, at),
            Err(Refusal::NotTaken),
            "nothing was taken yet"
        );
        let mut unused = returns.clone();
        assert_eq!(unused.give_up(&applicant, at), Ok(vec![Event::PermitGivenUp { by: applicant.clone() }]));
        assert_eq!(unused.give_back(&applicant, T0 + 2 * DAY), Err(Refusal::Permit), "never taken");
        assert_eq!((unused.alarm_at(), unused.note_overdue(T0 + 9 * DAY)), (None, Err(Refusal::Permit)));
        assert_eq!(unused.give_up(&applicant, at), Err(Refusal::Permit), "once");
    }
    assert_eq!(returns.clone().give_up(&applicant, T0 + DAY), Err(Refusal::Permit), "it began");

    let mut revoked = returns.clone();
    assert_eq!(revoked.revoke(&user("first"), " ", T0), Err(Refusal::Reason));
    assert_eq!(revoked.revoke(&user("first"), &"あ".repeat(2_001), T0), Err(Refusal::Reason));
    revoked.revoke(&user("first"), "紛失のおそれ", T0 + DAY).unwrap();
    assert_eq!(at(&revoked, T0 + 2 * DAY), Standing::Revoked);
    assert_eq!(revoked.revoke(&user("first"), "もう一度", T0), Err(Refusal::Permit));
    revoked.give_back(&applicant, T0 + 2 * DAY).expect("what was taken along is given back");
    assert_eq!(ends.clone().revoke(&user("first"), "遅い", T0 + 4 * DAY), Err(Refusal::Permit), "over");

    let mut overdue = returns;
    assert_eq!(overdue.alarm_at(), Some(T0 + 4 * DAY));
    overdue.note_overdue(T0 + 4 * DAY).unwrap();
    assert_eq!((overdue.alarm_at(), overdue.note_overdue(T0 + 5 * DAY)), (None, Err(Refusal::Permit)));
}

#[test]
fn what_is_out_meets_what_is_asked_for() {
    let mut r = applied(1);
    decide(&mut r, "first", Verdict::Approve, T0).unwrap();
    let days = |n: Millis| T0 + n * DAY;
    // Permitted from the first day until the end of the third.
    for (from, until, now, meets) in [
        (-2, 0, 0, false),
        (-2, 1, 0, true),
        (1, 2, 0, true),
        (2, 9, 0, true),
        (3, 4, 0, false),
        (3, 4, 2, false),
        (3, 4, 3, true),
        (90, 91, 3, true),
    ] {
        let permit = r.permit.as_ref().unwrap();
        assert_eq!(permit.holds(days(from), days(until), days(now)), meets, "{from} to {until} on day {now}");
    }
    r.give_back(&user("applicant"), days(1)).unwrap();
    assert!(!r.permit.as_ref().unwrap().holds(days(0), days(9), days(2)), "it is back");
}

#[test]
fn neighbours_of_a_group_decide_in_any_order_and_all_must_agree() {
    let apply = || {
        let new = Application { route: route_with_group(4, 1..3), ..application(content(), 4) };
        Request::apply(new, PATIENCE, T0).unwrap().0
    };
    let at = |r: &mut Request, by: &str, step: usize, verdict: Verdict, now: Millis| {
        let hash = r.content_hash();
        r.decide(&Vote { step: Some(step), ..vote(&user(by), verdict, &hash) }, PATIENCE, now)
    };
    let open = |r: &Request| r.open_steps().iter().map(|(index, _)| *index).collect::<Vec<_>>();
    let not_open = Err(Refusal::Approval(route::Refusal::NoStep));
    for order in [[1, 2], [2, 1]] {
        let mut r = apply();
        assert_eq!((open(&r), r.approval.left()), (vec![0], 4));
        assert_eq!(at(&mut r, "eve", 1, Verdict::Approve, T0), not_open, "its turn has not come");
        let events = at(&mut r, "anna", 0, Verdict::Approve, T0 + HOUR).unwrap();
        let opened = |e: &Event| match e {
            Event::Approval(route::Event::StepOpened { step, due_at }) => Some((*step, *due_at)),
            _ => None,
        };
        let due = T0 + 25 * HOUR;
        assert_eq!(events.iter().filter_map(opened).collect::<Vec<_>>(), [(1, due), (2, due)]);
        assert_eq!((open(&r), r.approval.left()), (vec![1, 2], 3));
        let [first, second] = order;
        let events = at(&mut r, "ben", first, Verdict::Approve, T0 + 2 * HOUR).unwrap();
        assert_eq!(events.iter().filter_map(opened).count(), 0, "the other one is open already");
        assert_eq!((open(&r), r.term.due_at), (vec![second], Some(due)), "its time runs on");
        assert_eq!(at(&mut r, "cleo", first, Verdict::Approve, T0 + 2 * HOUR), not_open, "decided");
        let twice = at(&mut r, "ben", second, Verdict::Approve, T0 + 2 * HOUR);
        assert_eq!(twice, Err(Refusal::Approval(route::Refusal::SamePerson)));
        at(&mut r, "cleo", second, Verdict::Approve, T0 + 3 * HOUR).unwrap();
        assert_eq!(open(&r), [3]);
        at(&mut r, "dan", 3, Verdict::Approve, T0 + 4 * HOUR).unwrap();
        assert_eq!(r.state, State::Approved);
        let said: Vec<_> = r.approval.decisions.iter().map(|d| (d.step, d.comment.as_str())).collect();
        assert_eq!(
            said,
            [(0, "理由"), (first, "理由"), (second, "理由"), (3, "理由")],
            "each remark is kept"
        );
    }
    // One who sends it back sends it to the applicant, whatever the others said, and all are asked again.
    let mut r = apply();
    at(&mut r, "anna", 0, Verdict::Approve, T0).unwrap();
    at(&mut r, "cleo", 2, Verdict::Approve, T0).unwrap();
    at(&mut r, "ben", 1, Verdict::Return, T0).unwrap();
    assert_eq!((r.state, open(&r)), (State::Returned, vec![]));
    r.resubmit(content(), route_with_group(4, 1..3), "2".to_owned(), PATIENCE, T0).unwrap();
    at(&mut r, "anna", 0, Verdict::Approve, T0).unwrap();
    assert_eq!((open(&r), r.approval.decisions.len()), (vec![1, 2], 4));
}

#[test]
fn time_reminds_and_lets_others_decide_as_well() {
    let escalation =
        |after_days, role: &str| Escalation { after_days, role: role.to_owned(), scope: Scope::City };
    let mut new = application(content(), 1);
    new.route.steps[0].deadline_hours = 240;
    new.route.steps[0].watch.remind_days = vec![20, 5, 1];
    new.route.steps[0].watch.escalations = vec![escalation(2, "above"), escalation(4, "top")];
    let (mut r, _) = Request::apply(new, PATIENCE, T0).unwrap();
    let desks =
        |r: &Request| r.open_step().unwrap().desks().map(|(role, _)| role.to_owned()).collect::<Vec<_>>();
    let due = T0 + 10 * DAY;
    for (day, said, others) in [
        // The reminder of twenty days before lies before it opened.
        (5, vec!["reminded"], vec![]),
        (9, vec!["reminded"], vec![]),
        (10, vec!["reminded"], vec![]),
        (12, vec!["above"], vec!["above"]),
        (14, vec!["top"], vec!["above", "top"]),
    ] {
        let at = T0 + day * DAY;
        assert_eq!(r.alarm_at(), Some(at), "day {day}");
        assert_eq!(r.pass(at), Err(Refusal::State(State::Waiting)), "not yet");
        let events: Vec<String> = r
            .pass(at + 1)
            .unwrap()
            .into_iter()
            .map(|e| match e {
                Event::Approval(route::Event::Reminded { step: 0 }) => "reminded".to_owned(),
                Event::Approval(route::Event::Escalated { step: 0, to }) => to,
                other => panic!("{other:?}"),
            })
            .collect();
        assert_eq!(events, said, "day {day}");
        assert_eq!(r.term.reminded_at.is_some(), at >= due);
        assert_eq!(desks(&r)[1..], others);
    }
    assert_eq!(r.alarm_at(), Some(due + 14 * DAY), "only the end is left");
    // All at once, when nobody looked for long.
    let mut new = application(content(), 1);
    new.route.steps[0].watch.escalations = vec![escalation(2, "above"), escalation(4, "top")];
    let (mut late, _) = Request::apply(new, PATIENCE, T0).unwrap();
    assert_eq!(late.pass(T0 + 9 * DAY).unwrap().len(), 3);
    assert_eq!(desks(&late).len(), 3);
    assert_eq!(late.pass(T0 + 9 * DAY), Err(Refusal::State(State::Waiting)));
}

/// Clocks are set back and years have a 29 February: nothing is said twice, and a day is a day.
#[test]
fn clocks_that_go_back_and_leap_days_change_nothing() {
    let mut r = applied(1);
    let due = T0 + 24 * HOUR;
    r.pass(due + 1).unwrap();
    let said = r.clone();
    for now in [due - DAY, T0, T0 - DAY, due + 1] {
        assert_eq!(r.pass(now), Err(Refusal::State(State::Waiting)), "said once");
        assert_eq!(r, said);
    }
    assert!(
        decide(&mut r.clone(), "first", Verdict::Approve, T0 - DAY).is_ok(),
        "a clock set back stops nobody"
    );
    // The beginnings of days in Japan, as milliseconds: the end of February in a leap year, in others, and at a turn of the year.
    for (from, until, days) in [
        (1_835_276_400_000, 1_835_449_200_000, 2), // 2028-02-28 to 2028-03-01
        (1_803_740_400_000, 1_803_826_800_000, 1), // 2027-02-28 to 2027-03-01
        (1_861_801_200_000, 1_861_887_600_000, 1), // 2028-12-31 to 2029-01-01
    ] {
        assert_eq!((until - from) / DAY, days);
        let terms = Terms { from, until, return_asked: true };
        let (mut r, _) =
            Request::apply(application(Content { terms: Some(terms), ..content() }, 1), PATIENCE, from - DAY)
                .unwrap();
        decide(&mut r, "first", Verdict::Approve, from - DAY).unwrap();
        let standing = |now| r.permit.as_ref().unwrap().standing(now);
        assert_eq!(standing(from - 1), Standing::NotYet);
        let last = if days == 1 { Standing::ReturnDue } else { Standing::InForce };
        assert_eq!(standing(from), last);
        assert_eq!((standing(until - 1), standing(until)), (Standing::ReturnDue, Standing::Overdue));
    }
}

#[test]
fn what_is_out_of_bounds_is_refused() {
    let field = |change: &dyn Fn(&mut Application)| {
        let mut new = application(content(), 1);
        change(&mut new);
        Request::apply(new, PATIENCE, T0).map(drop)
    };
    assert_eq!(field(&|_| {}), Ok(()));
    assert_eq!(field(&|a| a.route = route(0)), Err(Refusal::Field("route")), "approved by nobody");
    assert_eq!(field(&|a| a.title.clear()), Err(Refusal::Field("title")));
    let twice = |a: &mut Application| a.content.answers = vec![answer("a", "1"), answer("a", "2")];
    assert_eq!(field(&twice), Err(Refusal::Field("answers")));
    let long = |a: &mut Application| a.content.answers[0].value = "あ".repeat(10_001);
    assert_eq!(field(&long), Err(Refusal::Field("answers")));
    let many = |a: &mut Application| {
        a.content.attachments = vec![a.content.attachments[0].clone(); 21];
    };
    assert_eq!(field(&many), Err(Refusal::Field("attachments")));
    let backwards = |a: &mut Application| {
        a.content.terms = Some(Terms { until: TERMS.from, ..TERMS });
    };
    assert_eq!(field(&backwards), Err(Refusal::Field("until")));
}

#[derive(Debug, Clone)]
enum Command {
    Decide { by: usize, holder: Option<usize>, verdict: Verdict, seen: bool, step: Option<usize> },
    Review(usize, usize),
    PullBack,
    Withdraw,
    Resubmit(usize),
    Expire,
    Remind,
    Raise,
    Undecidable,
    GiveBack(usize),
    GiveUp(usize),
    Revoke(usize),
    Overdue,
}

const PEOPLE: [&str; 4] = ["applicant", "anna", "ben", "cleo"];

fn command() -> impl Strategy<Value = Command> {
    let person = 0..PEOPLE.len();
    prop_oneof![
        12 => (
            person.clone(),
            prop::option::weighted(0.3, person.clone()),
            prop_oneof![4 => Just(Verdict::Approve), 1 => Just(Verdict::Return), 1 => Just(Verdict::Reject)],
            prop::bool::weighted(0.9),
            prop::option::weighted(0.5, 0..4_usize),
        )
            .prop_map(|(by, holder, verdict, seen, step)| Command::Decide { by, holder, verdict, seen, step }),
        2 => (0..3_usize, person.clone()).prop_map(|(n, by)| Command::Review(n, by)),
        1 => Just(Command::PullBack),
        1 => Just(Command::Withdraw),
        3 => (0..4_usize).prop_map(Command::Resubmit),
        1 => Just(Command::Expire),
        1 => Just(Command::Remind),
        1 => Just(Command::Raise),
        1 => Just(Command::Undecidable),
        2 => person.clone().prop_map(Command::GiveBack),
        1 => person.clone().prop_map(Command::GiveUp),
        2 => person.prop_map(Command::Revoke),
        2 => Just(Command::Overdue),
    ]
}

fn run(r: &mut Request, command: &Command, now: Millis) -> Result<Vec<Event>, Refusal> {
    let person = |n: usize| user(PEOPLE[n]);
    match command {
        Command::Decide { by, holder, verdict, seen, step } => {
            let hash = if *seen { r.content_hash() } else { "other".to_owned() };
            let (by, holder) = (person(*by), holder.map(person));
            let vote = Vote { on_behalf_of: holder.as_ref(), step: *step, ..vote(&by, *verdict, &hash) };
            r.decide(&vote, PATIENCE, now)
        }
        Command::Review(n, by) => r.review(*n, &person(*by), now),
        Command::PullBack => r.pull_back(PATIENCE, now),
        Command::Withdraw => r.withdraw(now),
        Command::Resubmit(steps) => {
            let content = Content { answers: vec![answer("what", &steps.to_string())], ..content() };
            r.resubmit(content, route_with_group(*steps, 0..*steps / 2 * 2), "2".to_owned(), PATIENCE, now)
        }
        Command::Expire => r.expire(now),
        Command::Remind => r.pass(now),
        Command::Raise => {
            r.raise_step(r.approval.step, "above".to_owned(), Scope::City, now).map(|e| vec![e])
        }
        Command::Undecidable => r.return_undecidable(r.approval.step, PATIENCE, now),
        Command::GiveBack(by) => r.give_back(&person(*by), now),
        Command::GiveUp(by) => r.give_up(&person(*by), now),
        Command::Revoke(by) => r.revoke(&person(*by), "理由", now),
        Command::Overdue => r.note_overdue(now),
    }
}

fn check(r: &Request) {
    let of_round: Vec<_> = r.approval.decisions.iter().filter(|d| d.round == r.approval.round).collect();
    if r.state == State::Approved {
        let mut people: BTreeSet<&UserId> = BTreeSet::from([&r.applicant]);
        assert!(!r.approval.route.steps.is_empty(), "approved by nobody");
        for (index, step) in r.approval.route.steps.iter().enumerate() {
            let by: Vec<_> = of_round.iter().filter(|d| d.step == index).collect();
            let [decision] = by[..] else { panic!("step {index} has {} decisions", by.len()) };
            assert_eq!((decision.verdict, &decision.content_hash), (Verdict::Approve, &r.content_hash()));
            assert!(people.insert(&decision.by), "one person twice, or the applicant");
            if let Some(holder) = &decision.on_behalf_of {
                assert!(people.insert(holder), "one person twice, or the applicant");
                assert!(!step.deputies.is_empty());
            }
        }
    }
    assert_eq!(r.permit.is_some(), r.state == State::Approved && r.content.terms.is_some());
    assert_eq!(r.open_step().is_some(), r.state == State::Waiting);
    let timed = r.state == State::Waiting || r.state.is_with_applicant();
    assert_eq!((r.term.due_at.is_some(), r.term.expires_at.is_some()), (timed, timed), "{:?}", r.state);
    assert!(r.term.due_at <= r.term.expires_at);
    assert!(!r.state.is_with_applicant() || !r.state.is_final());
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 512, ..ProptestConfig::default() })]

    #[test]
    fn whatever_happens(
        steps in 1..4_usize,
        commands in prop::collection::vec((command(), prop_oneof![9 => 0..6 * HOUR, 1 => 0..20 * DAY]), 0..40),
    ) {
        let mut r = applied(steps);
        let mut now = T0;
        check(&r);
        for (command, pause) in commands {
            now += pause;
            let before = r.clone();
            match run(&mut r, &command, now) {
                Ok(events) => {
                    prop_assert!(!events.is_empty());
                    prop_assert!(!before.state.is_final() || before.state == r.state, "left an end");
                    let kept = before.approval.decisions.len();
                    prop_assert!(r.approval.decisions.len() >= kept, "a decision was lost");
                }
                Err(_) => prop_assert_eq!(&r, &before, "refused and changed"),
            }
            check(&r);
        }
    }
}

#[test]
fn a_line_says_what_a_request_is_about() {
    let long = "台".repeat(100);
    for (shown, line) in [
        (&[][..], ""),
        (&["納品書の控え"], "納品書の控え"),
        (&["納品書の控え", "紙文書", "3"], "納品書の控え、紙文書"),
        (&["", " 端末\n2台 "], "端末 2台"),
        (&[long.as_str()], &format!("{}…", "台".repeat(60))),
    ] {
        let answers: Vec<Answer> = shown.iter().map(|shown| answer("what", shown)).collect();
        assert_eq!(workflow::request::about(&answers), line);
    }
}
