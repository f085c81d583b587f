//! Every command in every state, as one table: what it leads to, or why it is refused.

use std::fmt::Write as _;

use expect_test::expect_file;
use worker_protocol::Verdict as FileVerdict;
use workflow::{
    Millis,
    route::{self, Scope, Verdict},
    transfer::{Event, Refusal, State, Transfer},
};

use crate::fixtures::{DAY, HOUR, PICK_UP, T0, content, file, in_state, report, route, stored, user};

type Outcome = Result<Vec<Event>, Refusal>;
type Command = (&'static str, fn(&mut Transfer) -> Outcome);

const NOW: Millis = T0 + HOUR;

fn done(t: &mut Transfer, verdict: FileVerdict) -> Outcome {
    let clean = (verdict == FileVerdict::Clean).then(|| stored("clean"));
    t.file_done(&file(0), report(verdict), clean, None, PICK_UP, NOW)
}

fn decide(t: &mut Transfer, by: &str, holder: Option<&str>, verdict: Verdict, comment: &str) -> Outcome {
    let hash = t.content_hash();
    t.decide(&user(by), holder.map(user).as_ref(), verdict, comment, &[], &hash, PICK_UP, NOW)
}

const COMMANDS: &[Command] = &[
    ("set route", |t| t.set_route(route(1)).map(|()| Vec::new())),
    ("forbid", |t| t.forbid(NOW)),
    ("file 0 done: clean", |t| done(t, FileVerdict::Clean)),
    ("file 0 done: held", |t| done(t, FileVerdict::Held)),
    ("file 0 done: blocked", |t| done(t, FileVerdict::Blocked)),
    ("file 0 done: clean without bytes", |t| {
        t.file_done(&file(0), report(FileVerdict::Clean), None, None, PICK_UP, NOW)
    }),
    ("file 0 done: held with bytes", |t| {
        t.file_done(&file(0), report(FileVerdict::Held), Some(stored("x")), None, PICK_UP, NOW)
    }),
    ("unknown file done", |t| t.file_done(&file(9), report(FileVerdict::Held), None, None, PICK_UP, NOW)),
    ("retry file 0", |t| t.retry_file(&file(0), NOW)),
    ("retry file 1", |t| t.retry_file(&file(1), NOW)),
    ("block file 0", |t| t.block_file(&file(0), PICK_UP, NOW)),
    ("block file 1", |t| t.block_file(&file(1), PICK_UP, NOW)),
    ("approve", |t| decide(t, "second", None, Verdict::Approve, "")),
    ("return", |t| decide(t, "second", None, Verdict::Return, "直してください")),
    ("reject", |t| decide(t, "second", None, Verdict::Reject, "認められません")),
    ("reject without a word", |t| decide(t, "second", None, Verdict::Reject, " ")),
    ("approve own request", |t| decide(t, "submitter", None, Verdict::Approve, "")),
    ("approve again, as the deputy of before", |t| decide(t, "deputy", None, Verdict::Approve, "")),
    ("approve again, as the one deputised for", |t| decide(t, "holder", None, Verdict::Approve, "")),
    ("approve as deputy where there are none", |t| decide(t, "third", Some("second"), Verdict::Approve, "")),
    ("approve other content", |t| {
        t.decide(&user("second"), None, Verdict::Approve, "", &[], "00", PICK_UP, NOW)
    }),
    ("approve after the end", |t| {
        let hash = t.content_hash();
        t.decide(&user("second"), None, Verdict::Approve, "", &[], &hash, PICK_UP, T0 + 99 * DAY)
    }),
    ("open the original of file 0", |t| t.open_original(&file(0), &user("second"), NOW)),
    ("review", |t| t.review(0, &user("holder"), NOW)),
    ("review by another", |t| t.review(0, &user("second"), NOW)),
    ("pull back", |t| t.pull_back(PICK_UP, NOW)),
    ("withdraw", |t| t.withdraw(NOW)),
    ("resubmit", |t| t.resubmit(content(), route(2), false, "2".to_owned(), PICK_UP, NOW)),
    ("resubmit, treated again", |t| t.resubmit(content(), route(2), true, "2".to_owned(), PICK_UP, NOW)),
    ("resubmit without a subject", |t| {
        let empty = workflow::transfer::Content { subject: " ".to_owned(), ..content() };
        t.resubmit(empty, route(2), false, "2".to_owned(), PICK_UP, NOW)
    }),
    ("receive", |t| t.receive(&user("recipient"), NOW)),
    ("receive by another", |t| t.receive(&user("submitter"), NOW)),
    ("receive late", |t| t.receive(&user("recipient"), T0 + 99 * DAY)),
    ("expire early", |t| t.expire(NOW)),
    ("expire", |t| t.expire(T0 + 99 * DAY)),
    ("raise the step", |t| t.raise_step("above".to_owned(), Scope::City, NOW).map(|event| vec![event])),
    ("nobody may decide", |t| t.return_undecidable(PICK_UP, NOW)),
    ("remind early", |t| t.remind(NOW)),
    ("remind", |t| t.remind(T0 + 2 * DAY)),
];

/// The variant's name, without what it carries.
fn word(event: &Event) -> String {
    match event {
        Event::Moved { from, to } => format!("moved {} → {}", from.id(), to.id()),
        Event::Approval(route::Event::Decided(d)) => format!("decided {}", d.verdict.id()),
        Event::Approval(of) => format!("{of:?}").split([' ', '(', '{']).next().unwrap().to_owned(),
        other => format!("{other:?}").split([' ', '(', '{']).next().unwrap().to_owned(),
    }
}

#[test]
fn every_command_in_every_state() {
    let mut table = String::from(
        "Two files; where approvals began, the first of two steps was decided by a deputy.\n\
         A state that is not named refuses the command because of the state.\n",
    );
    for (name, command) in COMMANDS {
        writeln!(table, "\n{name}").unwrap();
        for state in State::ALL {
            let before = in_state(state);
            let mut after = before.clone();
            match command(&mut after) {
                Ok(events) => {
                    let events: Vec<_> = events.iter().map(word).collect();
                    writeln!(table, "  {:<18} {} [{}]", state.id(), after.state.id(), events.join(", "))
                        .unwrap();
                }
                Err(refusal) => {
                    assert_eq!(after, before, "{name} in {state:?} was refused and changed something");
                    if refusal != Refusal::State(state) {
                        writeln!(table, "  {:<18} refused: {refusal}", state.id()).unwrap();
                    }
                }
            }
        }
    }
    expect_file!["../commands.txt"].assert_eq(&table);
}
