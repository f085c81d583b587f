//! The life of an edition: each refusal, and what holds whatever is done in whatever order.

use proptest::prelude::*;
use workflow::{
    Millis,
    edition::{Analysis, Application, Edition, Refusal, Stage, Standing, in_force_at},
    id::{EditionId, UserId},
};

const DAY: Millis = 86_400_000;
const T0: Millis = 1_795_500_000_000;

fn draft(n: usize, needs_analysis: bool) -> Edition {
    Edition {
        id: EditionId::new(format!("e-{n:03}")),
        pack: "city".to_owned(),
        title: "方針".to_owned(),
        label: format!("第{n}版"),
        digest: format!("digest-{n}"),
        note: "見直し".to_owned(),
        needs_analysis,
        stage: Stage::Draft,
        proposed_by: Some(UserId::new("u-1")),
        proposed_at: T0,
        before: None,
        analysis: None,
        application: None,
        approved_at: None,
        effective_from: None,
        adopted_at: None,
        superseded_at: None,
        published_at: None,
        withdrawn_at: None,
        version: 0,
    }
}

fn analysis(at: Millis) -> Analysis {
    Analysis { title: "分析".to_owned(), text: "小さい".to_owned(), by: UserId::new("u-1"), at }
}

fn application(request: &str, at: Millis, from: Millis, against: &str) -> Application {
    Application {
        request: request.to_owned(),
        by: UserId::new("u-1"),
        at,
        effective_from: from,
        against: against.to_owned(),
    }
}

fn standing(in_force: &str) -> Standing<'_> {
    Standing { errors: 0, under_way: None, in_force }
}

#[test]
fn an_application_needs_all_of_this() {
    let other = EditionId::new("e-other");
    let plain = standing("digest-0");
    type Case<'c> = (&'c str, Edition, Millis, Standing<'c>, Result<(), Refusal>);
    let cases: [Case<'_>; 8] = [
        ("all is well", draft(1, false), T0 + DAY, plain.clone(), Ok(())),
        ("today", draft(1, false), T0 - DAY / 2, plain.clone(), Ok(())),
        ("yesterday", draft(1, false), T0 - DAY, plain.clone(), Err(Refusal::Past)),
        ("errors", draft(1, false), T0, Standing { errors: 3, ..plain.clone() }, Err(Refusal::Errors(3))),
        (
            "another on its way",
            draft(1, false),
            T0,
            Standing { under_way: Some(&other), ..plain.clone() },
            Err(Refusal::UnderWay(other.clone())),
        ),
        ("what is in force", draft(1, false), T0, standing("digest-1"), Err(Refusal::Same)),
        ("no analysis", draft(1, true), T0, plain.clone(), Err(Refusal::NoAnalysis)),
        (
            "withdrawn",
            Edition { stage: Stage::Withdrawn, ..draft(1, false) },
            T0,
            plain.clone(),
            Err(Refusal::Stage(Stage::Withdrawn)),
        ),
    ];
    for (what, edition, from, standing, expected) in cases {
        assert_eq!(edition.may_apply(from, &standing, T0), expected, "{what}");
        let mut edition = edition;
        let before = edition.clone();
        let done = edition.apply(application("r", T0, from, "digest-0"), &standing);
        assert_eq!(done, expected, "{what}");
        if expected.is_err() {
            assert_eq!(edition, before, "{what}: a refusal changes nothing");
        }
    }
    let mut with = draft(1, true);
    with.attach(analysis(T0)).unwrap();
    assert_eq!(with.may_apply(T0, &plain, T0), Ok(()));
}

#[test]
fn an_approval_holds_for_what_was_compared() {
    let mut edition = draft(1, false);
    edition.apply(application("r", T0, T0 + DAY, "digest-0"), &standing("digest-0")).unwrap();
    assert_eq!(edition.attach(analysis(T0)), Err(Refusal::Stage(Stage::Applied)));
    assert_eq!(edition.approve("other", "digest-0", T0), Err(Refusal::OtherRequest));
    assert_eq!(edition.approve("r", "digest-9", T0), Err(Refusal::BaseChanged));
    assert_eq!(edition.withdraw(T0), Err(Refusal::Stage(Stage::Applied)));
    // Approved after its day: in force from the approval, never before it.
    let mut late = edition.clone();
    late.approve("r", "digest-0", T0 + 3 * DAY).unwrap();
    assert_eq!(late.effective_from, Some(T0 + 3 * DAY));
    edition.approve("r", "digest-0", T0 + 1).unwrap();
    assert_eq!((edition.stage, edition.effective_from), (Stage::Approved, Some(T0 + DAY)));
    assert_eq!(edition.adopt(None, T0 + DAY - 1), Err(Refusal::Early));
    assert_eq!(edition.publish(T0), Err(Refusal::Stage(Stage::Approved)));
    edition.adopt(None, T0 + DAY).unwrap();
    edition.publish(T0 + DAY).unwrap();
    edition.publish(T0 + 2 * DAY).unwrap();
    assert_eq!(edition.published_at, Some(T0 + DAY));
    assert_eq!(edition.withdraw(T0), Err(Refusal::Stage(Stage::InForce)));
}

#[test]
fn a_request_that_came_back_leaves_a_draft() {
    let mut edition = draft(1, false);
    edition.apply(application("r", T0, T0, "digest-0"), &standing("digest-0")).unwrap();
    assert_eq!(edition.send_back("other"), Err(Refusal::OtherRequest));
    edition.send_back("r").unwrap();
    assert_eq!((edition.stage, edition.application.as_ref()), (Stage::Draft, None));
    assert_eq!(edition.approve("r", "digest-0", T0), Err(Refusal::Stage(Stage::Draft)));
}

#[test]
fn stages_have_one_word_each() {
    for stage in Stage::ALL {
        assert_eq!(Stage::from_id(stage.id()), Some(*stage));
    }
    assert_eq!(Stage::from_id("in_force"), None);
}

#[derive(Debug, Clone)]
enum Command {
    Propose { needs_analysis: bool },
    Attach(usize),
    Apply { which: usize, days: i64, errors: usize },
    SendBack(usize),
    Approve(usize),
    Adopt,
    Publish(usize),
    Withdraw(usize),
    Pass(i64),
}

fn command() -> impl Strategy<Value = Command> {
    prop_oneof![
        any::<bool>().prop_map(|needs_analysis| Command::Propose { needs_analysis }),
        (0..6_usize).prop_map(Command::Attach),
        (0..6_usize, -2..5_i64, 0..3_usize).prop_map(|(which, days, errors)| Command::Apply {
            which,
            days,
            errors: errors.saturating_sub(1),
        }),
        (0..6_usize).prop_map(Command::SendBack),
        (0..6_usize).prop_map(Command::Approve),
        Just(Command::Adopt),
        (0..6_usize).prop_map(Command::Publish),
        (0..6_usize).prop_map(Command::Withdraw),
        (0..3 * DAY).prop_map(Command::Pass),
    ]
}

/// A house as the use cases keep it: the first edition is what the folder held.
struct House {
    editions: Vec<Edition>,
    now: Millis,
    requests: usize,
}

impl House {
    fn in_force(&self) -> usize {
        self.editions.iter().position(|e| e.stage == Stage::InForce).unwrap()
    }

    fn digest(&self) -> String {
        self.editions[self.in_force()].digest.clone()
    }

    fn run(&mut self, command: &Command) {
        let count = self.editions.len();
        let now = self.now;
        let digest = self.digest();
        match *command {
            Command::Propose { needs_analysis } => self.editions.push(draft(count, needs_analysis)),
            Command::Attach(n) => drop(self.editions[n % count].attach(analysis(now))),
            Command::Apply { which, days, errors } => {
                self.requests += 1;
                let request = format!("r-{}", self.requests);
                let under_way = self.editions.iter().find(|e| e.stage.is_under_way()).map(|e| e.id.clone());
                let standing = Standing { errors, under_way: under_way.as_ref(), in_force: &digest };
                let application = application(&request, now, now + days * DAY, &digest);
                drop(self.editions[which % count].apply(application, &standing));
            }
            Command::SendBack(n) => {
                let edition = &mut self.editions[n % count];
                let request = edition.application.as_ref().map(|a| a.request.clone()).unwrap_or_default();
                drop(edition.send_back(&request));
            }
            Command::Approve(n) => {
                let edition = &mut self.editions[n % count];
                let request = edition.application.as_ref().map(|a| a.request.clone()).unwrap_or_default();
                drop(edition.approve(&request, &digest, now));
            }
            Command::Adopt => {
                let Some(next) = self.editions.iter().position(|e| e.stage == Stage::Approved) else {
                    return;
                };
                let mut edition = self.editions[next].clone();
                let last = self.in_force();
                if edition.adopt(Some(&mut self.editions[last]), now).is_ok() {
                    self.editions[next] = edition;
                }
            }
            Command::Publish(n) => drop(self.editions[n % count].publish(now)),
            Command::Withdraw(n) => drop(self.editions[n % count].withdraw(now)),
            Command::Pass(time) => self.now += time,
        }
    }

    /// What holds after every command.
    fn check(&self, last: &[Edition]) {
        let at = |stage| self.editions.iter().filter(|e| e.stage == stage).count();
        assert_eq!(at(Stage::InForce), 1);
        assert!(at(Stage::Applied) + at(Stage::Approved) <= 1);
        // Each date since the first has exactly one edition, and what was in force on a day that is over stays so.
        for day in 0..40 {
            let then = T0 + day * DAY;
            let known = in_force_at(&self.editions, then);
            assert!(known.is_some(), "day {day}");
            if then <= self.now {
                let before = in_force_at(last, then).filter(|e| e.stage != Stage::Approved);
                if let (Some(before), Some(after)) = (before, known.filter(|e| e.stage != Stage::Approved)) {
                    assert_eq!(before.id, after.id, "day {day}");
                }
            }
        }
        assert!(in_force_at(&self.editions, T0 - 1).is_none());
        for edition in &self.editions {
            let decided = matches!(edition.stage, Stage::Approved | Stage::InForce | Stage::Superseded);
            let first = edition.proposed_by.is_none();
            assert_eq!(decided && !first, decided && edition.approved_at.is_some(), "{edition:?}");
            if decided && edition.needs_analysis {
                assert!(edition.analysis.is_some(), "{edition:?}");
            }
            if let (Some(adopted), Some(approved)) = (edition.adopted_at, edition.approved_at) {
                assert!(approved <= adopted && edition.effective_from.unwrap() <= adopted);
            }
            assert!(edition.published_at.is_none() || edition.adopted_at <= edition.published_at);
        }
    }
}

proptest! {
    #![proptest_config(ProptestConfig { failure_persistence: None, ..ProptestConfig::default() })]
    #[test]
    fn one_edition_is_in_force_on_each_date(commands in prop::collection::vec(command(), 1..60)) {
        let first = Edition {
            stage: Stage::InForce,
            proposed_by: None,
            adopted_at: Some(T0),
            ..draft(0, false)
        };
        let mut house = House { editions: vec![first], now: T0, requests: 0 };
        for command in &commands {
            let last = house.editions.clone();
            house.run(command);
            house.check(&last);
        }
    }
}
