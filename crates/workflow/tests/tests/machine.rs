//! Random commands by random people at random times: what must hold after each of them.

use std::collections::BTreeSet;

use proptest::prelude::*;
use worker_protocol::Verdict as FileVerdict;
use workflow::{
    Millis,
    id::UserId,
    route::{self, Scope, Verdict},
    transfer::{Content, Event, FileState, Refusal, State, Transfer},
};

use crate::fixtures::{
    DAY, HOUR, PICK_UP, T0, content, file, inspected, report, route, stored, submission, user, vouch,
};

/// Few people, so that they meet: the submitter and a recipient are among those who try to decide.
const PEOPLE: [&str; 5] = ["submitter", "recipient", "anna", "ben", "cleo"];

#[derive(Debug, Clone)]
enum Command {
    SetRoute(usize),
    Done(usize, FileVerdict),
    DoneUnchanged(usize),
    Open(usize),
    Retry(usize),
    Block(usize),
    Forbid,
    Decide { by: usize, holder: Option<usize>, verdict: Verdict, comment: bool, seen: bool, vouched: bool },
    Review(usize, usize),
    PullBack,
    Withdraw,
    Resubmit(bool, usize),
    Receive(usize),
    Expire,
    Remind,
    Raise,
    Undecidable,
}

fn command() -> impl Strategy<Value = Command> {
    let verdicts = [FileVerdict::Clean, FileVerdict::Partial, FileVerdict::Held, FileVerdict::Blocked];
    let person = 0..PEOPLE.len();
    prop_oneof![
        1 => (0..4_usize).prop_map(Command::SetRoute),
        8 => (0..3_usize, prop::sample::select(verdicts.to_vec())).prop_map(|(n, v)| Command::Done(n, v)),
        2 => (0..3_usize).prop_map(Command::DoneUnchanged),
        6 => (1..PEOPLE.len()).prop_map(Command::Open),
        2 => (0..3_usize).prop_map(Command::Retry),
        2 => (0..3_usize).prop_map(Command::Block),
        1 => Just(Command::Forbid),
        12 => (
            person.clone(),
            prop::option::weighted(0.3, person.clone()),
            prop_oneof![4 => Just(Verdict::Approve), 1 => Just(Verdict::Return), 1 => Just(Verdict::Reject)],
            prop::bool::weighted(0.8),
            prop::bool::weighted(0.9),
            prop::bool::weighted(0.9),
        )
            .prop_map(|(by, holder, verdict, comment, seen, vouched)| {
                Command::Decide { by, holder, verdict, comment, seen, vouched }
            }),
        2 => (0..3_usize, person.clone()).prop_map(|(n, by)| Command::Review(n, by)),
        1 => Just(Command::PullBack),
        1 => Just(Command::Withdraw),
        3 => (any::<bool>(), 0..4_usize).prop_map(|(changed, steps)| Command::Resubmit(changed, steps)),
        12 => person.prop_map(Command::Receive),
        1 => Just(Command::Raise),
        1 => Just(Command::Undecidable),
        1 => Just(Command::Expire),
        1 => Just(Command::Remind),
    ]
}

/// Mostly hours, sometimes weeks.
fn pause() -> impl Strategy<Value = Millis> {
    prop_oneof![9 => 0..6 * HOUR, 1 => 0..20 * DAY]
}

fn two_recipients() -> Content {
    Content { recipients: vec![user("recipient"), user("anna")], ..content() }
}

fn apply(t: &mut Transfer, command: &Command, now: Millis) -> Result<Vec<Event>, Refusal> {
    let person = |n: usize| user(PEOPLE[n]);
    match command {
        Command::SetRoute(steps) => t.set_route(route(*steps)).map(|()| Vec::new()),
        Command::Done(n, verdict) => {
            let passes = matches!(verdict, FileVerdict::Clean | FileVerdict::Partial);
            let clean = passes.then(|| stored(&format!("clean-{n}")));
            t.file_done(&file(*n), report(*verdict), clean, None, PICK_UP, now)
        }
        Command::DoneUnchanged(n) => {
            let clean = Some(stored(&format!("clean-{n}")));
            t.file_done(&file(*n), inspected(), clean, None, PICK_UP, now)
        }
        Command::Open(by) => {
            // What this person has not seen yet, as somebody who goes through a list.
            let unseen = |f: &&workflow::transfer::File| {
                f.state == FileState::Inspected && t.opened_at(f, &person(*by)).is_none()
            };
            let next = t.files.iter().find(unseen).map_or_else(|| file(0), |f| f.id.clone());
            t.open_original(&next, &person(*by), now)
        }
        Command::Retry(n) => t.retry_file(&file(*n), now),
        Command::Block(n) => t.block_file(&file(*n), PICK_UP, now),
        Command::Forbid => t.forbid(now),
        Command::Decide { by, holder, verdict, comment, seen, vouched } => {
            let hash = if *seen { t.content_hash() } else { "other".to_owned() };
            let comment = if *comment { "理由" } else { "" };
            let unchanged =
                (0..t.files.len()).filter(|n| *vouched && t.files[*n].state == FileState::Inspected);
            let vouches: Vec<_> = unchanged.map(|n| vouch(t, n, "開いて見た")).collect();
            let holder = holder.map(person);
            t.decide(&person(*by), holder.as_ref(), *verdict, comment, &vouches, &hash, PICK_UP, now)
        }
        Command::Review(n, by) => t.review(*n, &person(*by), now),
        Command::PullBack => t.pull_back(PICK_UP, now),
        Command::Withdraw => t.withdraw(now),
        Command::Resubmit(changed, steps) => {
            let subject = if *changed { "別の件名" } else { "件名" };
            let content = Content { subject: subject.to_owned(), ..two_recipients() };
            t.resubmit(content, route(*steps), *steps % 2 == 0, "2".to_owned(), PICK_UP, now)
        }
        Command::Receive(by) => t.receive(&person(*by), now),
        Command::Expire => t.expire(now),
        Command::Remind => t.remind(now),
        Command::Raise => t.raise_step("above".to_owned(), Scope::City, now).map(|event| vec![event]),
        Command::Undecidable => t.return_undecidable(PICK_UP, now),
    }
}

/// What is true of every transfer at every moment.
fn check(t: &Transfer) {
    let released = matches!(t.state, State::Ready | State::Received);
    if released {
        assert!(t.files.iter().all(|f| !matches!(f.state, FileState::Queued | FileState::Held)));
        assert!(t.passing().next().is_some(), "released without a file");
        let mut people: BTreeSet<&UserId> = BTreeSet::from([&t.submitter]);
        for step in 0..t.approval.route.steps.len() {
            let by: Vec<_> = t
                .approval
                .decisions
                .iter()
                .filter(|d| d.round == t.approval.round && d.step == step)
                .collect();
            let [decision] = by[..] else { panic!("step {step} has {} decisions", by.len()) };
            assert_eq!(decision.verdict, Verdict::Approve);
            assert_eq!(decision.content_hash, t.content_hash(), "approved something else");
            assert!(people.insert(&decision.by), "one person twice, or the submitter");
            if let Some(holder) = &decision.on_behalf_of {
                assert!(people.insert(holder), "one person twice, or the submitter");
                assert!(!t.approval.route.steps[step].deputies.is_empty());
            }
            // Each of those who let it pass opened what passes unchanged, and gave his word for exactly that.
            for f in t.files.iter().filter(|f| f.state == FileState::Inspected) {
                assert!(t.opened_at(f, &decision.by).is_some_and(|at| at <= decision.at), "vouched unseen");
                let sha256 = f.original.as_ref().map(|o| o.sha256.as_str());
                assert!(decision.vouches.iter().any(|v| v.file == f.id && Some(v.sha256.as_str()) == sha256));
            }
        }
        let unchanged = |f: &&workflow::transfer::File| f.state == FileState::Inspected;
        assert!(
            !t.approval.route.steps.is_empty() || t.files.iter().find(unchanged).is_none(),
            "nobody gave his word"
        );
    }
    assert!(t.openings.iter().all(|o| o.by != t.submitter), "the sender inspected");
    for f in &t.files {
        let ran = f.report.is_some();
        assert_eq!(f.state.passes() && t.state != State::Refused, f.clean.is_some() && f.state.passes());
        assert!(ran || matches!(f.state, FileState::Queued | FileState::Blocked));
    }
    if t.files.iter().any(|f| f.state == FileState::Queued) {
        assert!(matches!(t.state, State::Sanitising | State::Withdrawn), "{:?}", t.state);
    }
    if t.files.iter().any(|f| f.state == FileState::Held) {
        assert!(!matches!(t.state, State::AwaitingApproval | State::Returned), "{:?}", t.state);
    }
    let timed = matches!(
        t.state,
        State::Held
            | State::AwaitingApproval
            | State::Returned
            | State::PulledBack
            | State::Ready
            | State::Received
    );
    assert_eq!(t.term.due_at.is_some(), timed, "due_at in {:?}", t.state);
    assert_eq!(t.term.expires_at.is_some(), timed, "expires_at in {:?}", t.state);
    assert!(t.term.due_at <= t.term.expires_at);
    assert!(t.term.reminded_at.is_none() || t.state == State::AwaitingApproval);
    assert_eq!(t.open_step().is_some(), t.state == State::AwaitingApproval);
}

/// The state that the events tell, beginning with the one before.
fn told(before: State, events: &[Event]) -> State {
    events.iter().fold(before, |state, event| match event {
        Event::Submitted { .. } => State::Sanitising,
        Event::Moved { from, to } => {
            assert_eq!(*from, state, "a move from elsewhere");
            *to
        }
        _ => state,
    })
}

fn check_change(before: &Transfer, after: &Transfer, events: &[Event]) {
    assert_eq!(told(before.state, events), after.state, "{events:?}");
    if before.state.is_final() {
        assert_eq!(before.state, after.state);
        assert_eq!(before.content_hash(), after.content_hash());
    }
    let opened =
        events.iter().filter(|e| matches!(e, Event::Approval(route::Event::StepOpened { .. }))).count();
    let step_changed = after.open_step().is_some()
        && (before.open_step().is_none()
            || (before.approval.round, before.approval.step) != (after.approval.round, after.approval.step));
    assert_eq!(opened == 1, step_changed, "{events:?}");
    let released = events.iter().any(|e| matches!(e, Event::Released { .. }));
    assert_eq!(released, after.state == State::Ready && before.state != State::Ready);
    let decided = events.iter().filter(|e| matches!(e, Event::Approval(route::Event::Decided(_)))).count();
    assert_eq!(after.approval.decisions.len(), before.approval.decisions.len() + decided);
    for (old, new) in before.approval.decisions.iter().zip(&after.approval.decisions) {
        let same = workflow::route::Decision { reviewed_at: new.reviewed_at, ..old.clone() };
        assert_eq!(same, *new, "a decision was changed");
        if old.reviewed_at.is_some() {
            assert_eq!(old.reviewed_at, new.reviewed_at, "reviewed twice");
        }
    }
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 600, ..ProptestConfig::default() })]

    #[test]
    fn holds_whatever_happens(
        files in 1..4_usize,
        steps in 0..4_usize,
        commands in prop::collection::vec((command(), pause()), 1..60),
    ) {
        let (mut t, events) = Transfer::submit(submission(files, two_recipients(), route(steps)), T0).unwrap();
        assert_eq!(events, [Event::Submitted { round: 1 }]);
        check(&t);
        let mut now = T0;
        for (command, pause) in &commands {
            now += pause;
            let before = t.clone();
            match apply(&mut t, command, now) {
                Ok(events) => check_change(&before, &t, &events),
                Err(_) => prop_assert_eq!(&before, &t, "{:?} was refused and changed something", command),
            }
            check(&t);
        }
    }
}

/// A test that never gets anywhere proves nothing: the random commands must reach every state.
#[test]
fn random_commands_reach_every_state() {
    use proptest::{strategy::ValueTree as _, test_runner::TestRunner};
    let mut runner = TestRunner::deterministic();
    let mut reached: BTreeSet<State> = BTreeSet::new();
    let mut passed_unchanged = 0;
    for _ in 0..600 {
        let steps = (0..4_usize).new_tree(&mut runner).unwrap().current();
        let commands =
            prop::collection::vec((command(), pause()), 1..60).new_tree(&mut runner).unwrap().current();
        let mut t = Transfer::submit(submission(2, two_recipients(), route(steps)), T0).unwrap().0;
        let mut now = T0;
        for (command, pause) in &commands {
            now += pause;
            let _refused = apply(&mut t, command, now);
            reached.insert(t.state);
            let unchanged = t.files.iter().any(|f| f.state == FileState::Inspected);
            passed_unchanged += u32::from(unchanged && matches!(t.state, State::Ready | State::Received));
        }
    }
    assert!(passed_unchanged > 0, "nothing ever passed on somebody's word");
    assert_eq!(reached, State::ALL.into_iter().collect());
}
