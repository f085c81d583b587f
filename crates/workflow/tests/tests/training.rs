//! Papers, marks, how far somebody is, and counting.

use std::collections::{BTreeMap, BTreeSet};

use jiff::civil::date;
use policy::{Audience, Course, Pack, SourceFile};
use proptest::prelude::*;
use workflow::{
    duty::State,
    id::{SectionId, UserId},
    training::{
        How, Paper, Person, Progress, Refusal, Share, Standing, content_digest, course_of, due_for_latecomer,
        duty_of, is_for,
    },
};

fn course() -> Course {
    let root = std::path::Path::new(env!("CARGO_MANIFEST_DIR")).join("../../policies");
    let mut files = Vec::new();
    for layer in ["base", "guideline", "hoshimi"] {
        for entry in std::fs::read_dir(root.join(layer)).unwrap() {
            let entry = entry.unwrap();
            files.push(SourceFile {
                path: format!("{layer}/{}", entry.file_name().to_string_lossy()),
                text: std::fs::read_to_string(entry.path()).unwrap(),
            });
        }
    }
    Pack::resolve(&files, "hoshimi").unwrap().pack.course("security-yearly").unwrap().clone()
}

/// What is right on a paper.
fn right(course: &Course, paper: &Paper) -> BTreeMap<usize, BTreeSet<usize>> {
    let of = |item: &workflow::training::PaperItem| {
        let answers = &course.questions[item.question].answers;
        (0..item.choices.len()).filter(|place| answers.contains(&item.choices[*place])).collect()
    };
    paper.items.iter().enumerate().map(|(n, item)| (n, of(item))).collect()
}

fn read_all(course: &Course, progress: &mut Progress) {
    for page in &course.pages {
        progress.read(course, &page.id, 1).unwrap();
    }
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 64, ..ProptestConfig::default() })]

    #[test]
    fn a_seed_makes_one_paper_and_every_right_answer_passes(seed in "[0-9a-f]{8,40}") {
        let course = course();
        let paper = Paper::draw(&course, &seed);
        prop_assert_eq!(&paper, &Paper::draw(&course, &seed));
        prop_assert_eq!(paper.items.len(), 8);
        let asked: BTreeSet<usize> = paper.items.iter().map(|i| i.question).collect();
        prop_assert_eq!(asked.len(), 8, "no question twice");
        for item in &paper.items {
            let mut places = item.choices.clone();
            places.sort_unstable();
            let all: Vec<usize> = (0..course.questions[item.question].choices.len()).collect();
            prop_assert_eq!(places, all);
        }
        let mark = paper.mark(&course, &right(&course, &paper)).unwrap();
        prop_assert!(mark.passes(100));
        prop_assert_eq!((mark.right(), mark.of()), (8, 8));
    }

    #[test]
    fn one_choice_more_or_less_is_wrong(seed in "[0-9a-f]{8}", item in 0_usize..8, place in 0_usize..3) {
        let course = course();
        let paper = Paper::draw(&course, &seed);
        let mut chosen = right(&course, &paper);
        let places = chosen.get_mut(&item).unwrap();
        if !places.remove(&place) {
            places.insert(place);
        }
        match paper.mark(&course, &chosen) {
            Ok(mark) => prop_assert_eq!((mark.right(), mark.rights[item]), (7, false)),
            // The one that was right was taken away: nothing is chosen.
            Err(refusal) => prop_assert_eq!(refusal, Refusal::Unanswered(vec![item])),
        }
    }

    #[test]
    fn everybody_is_counted_once(standings in prop::collection::vec(prop::sample::select(Standing::ALL), 0..60)) {
        let mut share = Share::default();
        standings.iter().for_each(|s| share.add(*s));
        let sum: u32 = Standing::ALL.iter().map(|s| share.of(*s)).sum();
        prop_assert_eq!((sum, share.all() as usize), (share.all(), standings.len()));
        let excused = standings.iter().filter(|s| **s == Standing::Excused).count();
        prop_assert_eq!(share.subject() as usize, standings.len() - excused);
        let passed = share.of(Standing::Passed);
        prop_assert_eq!(share.reaches(100), passed == share.subject());
    }
}

#[test]
fn what_is_not_answered_or_not_offered_is_named() {
    let course = course();
    let paper = Paper::draw(&course, "seed");
    let mut chosen = right(&course, &paper);
    chosen.remove(&2);
    chosen.insert(5, BTreeSet::from([99]));
    assert_eq!(paper.mark(&course, &chosen), Err(Refusal::Unanswered(vec![2, 5])));
}

#[test]
fn a_try_comes_after_reading_and_goes_on_until_it_ends() {
    let course = Course { attempts_max: Some(2), wait_minutes: 10, ..course() };
    let mut progress = Progress::default();
    assert_eq!(progress.begin(&course, "a".into(), 5), Err(Refusal::ReadFirst));
    assert_eq!(progress.read(&course, "nothing", 5), Err(Refusal::NoPage));
    read_all(&course, &mut progress);
    assert_eq!(progress.paper(&course), Err(Refusal::NotBegun));
    assert_eq!(progress.begin(&course, "a".into(), 5), Ok(true));
    assert_eq!(progress.begin(&course, "b".into(), 6), Ok(false), "nobody looks for an easier paper");
    let paper = progress.paper(&course).unwrap();
    assert_eq!(paper, Paper::draw(&course, "a"));
    let wrong = paper.items.iter().enumerate().map(|(n, _)| (n, BTreeSet::from([0, 1, 2]))).collect();
    let (_, _, passed) = progress.end(&course, &wrong, 7).unwrap();
    assert!(!passed);
    let next = 7 + 600_000;
    assert_eq!(progress.begin(&course, "c".into(), 8), Err(Refusal::Wait(next)));
    assert_eq!(progress.begin(&course, "c".into(), next), Ok(true));
    let all = right(&course, &progress.paper(&course).unwrap());
    // Another text of the course meanwhile: the paper is another one, and that try counts for nothing.
    let changed = Course { pass: 50, ..course.clone() };
    assert_ne!(content_digest(&changed), content_digest(&course));
    assert_eq!(progress.end(&changed, &all, next), Err(Refusal::Changed));
    assert_eq!(progress.begin(&changed, "d".into(), next), Ok(true));
    assert_eq!(progress.attempts, 2);
    let none = progress.end(&changed, &wrong, next + 1);
    assert!(matches!(none, Ok((_, _, false))), "{none:?}");
    assert_eq!(progress.begin(&changed, "e".into(), next * 3), Err(Refusal::NoneLeft));
}

#[test]
fn without_questions_reading_is_enough_and_a_lecture_where_the_pack_says_so() {
    let reading = Course { questions: Vec::new(), draw: 0, ..course() };
    let mut progress = Progress::default();
    read_all(&reading, &mut progress);
    assert_eq!(progress.passed, Some((1, How::Read)));
    assert_eq!(progress.begin(&reading, "a".into(), 2), Err(Refusal::NoTest));
    let mut heard = Progress::default();
    assert!(!heard.attend(&course(), 3), "the test is still to come");
    assert_eq!((heard.has_read(&course()), heard.passed), (true, None));
    let enough = Course { lecture_suffices: true, ..course() };
    assert!(heard.attend(&enough, 4));
    assert_eq!(heard.passed, Some((4, How::Lecture)));
    assert_eq!(heard.begin(&enough, "a".into(), 5), Err(Refusal::Passed));
}

#[test]
fn states_and_progress_come_to_one_word() {
    let begun = Progress { attempts: 1, ..Progress::default() };
    let read = Progress { read_at: Some(1), ..Progress::default() };
    let none = Progress::default();
    for (state, overdue, progress, wanted) in [
        (State::Open, false, &none, Standing::NotBegun),
        (State::Open, false, &read, Standing::Reading),
        (State::Open, false, &begun, Standing::Tried),
        (State::Open, true, &begun, Standing::Overdue),
        (State::WaiverAsked, true, &none, Standing::ExcuseAsked),
        (State::Reported, false, &read, Standing::Confirming),
        (State::Done, true, &read, Standing::Passed),
        (State::Waived, true, &none, Standing::Excused),
    ] {
        assert_eq!(Standing::of(state, overdue, progress), wanted);
    }
}

#[test]
fn an_audience_is_people_roles_sections_or_who_came_lately() {
    let person = Person {
        user: UserId::new("u"),
        section: SectionId::new("tax"),
        roles: BTreeSet::from(["security-manager".to_owned()]),
        joined_on: date(2026, 11, 1),
    };
    let today = date(2026, 11, 24);
    let base = course();
    let roles = |r: &str| Course { audience: Audience::Managers, roles: vec![r.to_owned()], ..base.clone() };
    let lately = |days| Course {
        audience: Audience::NewHires,
        joined_within_days: Some(policy::Setting { parameter: None, value: days }),
        ..base.clone()
    };
    assert!(is_for(&base, &person, today));
    assert!(is_for(&roles("security-manager"), &person, today) && !is_for(&roles("ciso"), &person, today));
    assert!(is_for(&lately(Some(23)), &person, today) && !is_for(&lately(Some(22)), &person, today));
    assert!(!is_for(&lately(None), &person, today), "a number that nobody set lets nobody in");
    let elsewhere = Course { sections: vec!["welfare".to_owned()], ..base.clone() };
    assert!(!is_for(&elsewhere, &person, today));
    assert_eq!(due_for_latecomer(date(2026, 12, 10), today), date(2026, 12, 24));
    assert_eq!(due_for_latecomer(date(2027, 3, 31), today), date(2027, 3, 31));
    assert_eq!((course_of(&duty_of("a-b")), course_of("a-b")), (Some("a-b"), None));
}
