//! Classifiers as data: what the questions of a pack lead to, and what is said about those that are wrong.

use policy::{Axis, Classifier, Code, Next, Pack, QUESTIONS_MAX, Severity};

use crate::support::{SMALL, everything, file, findings, resolved, shipped};

const SOUND: &str = r#"
[[classifier]]
id = "secrecy"
title = "機密性をさがす"
description = "迷ったとき"
axis = "confidentiality"
statements = ["small/one"]

[[classifier.question]]
id = "public"
text = "公表しますか"
answers = [{ say = "はい", outcome = "open" }, { say = "いいえ", question = "persons" }]

[[classifier.question]]
id = "persons"
text = "人のことですか"
help = "氏名など"
answers = [{ say = "はい", outcome = "shut" }, { say = "いいえ", outcome = "open" }]

[[classifier.outcome]]
id = "open"
title = "公表してよい"
meaning = "広報"
level = "c1"
also = [{ scheme = "旧", value = "1" }]

[[classifier.outcome]]
id = "shut"
title = "公表しない"
meaning = "名簿"
level = "c2"
"#;

fn files(classifier: &str) -> Vec<policy::SourceFile> {
    vec![file("small/pack.toml", &format!("{SMALL}{classifier}"))]
}

/// Every way through a classifier, to its end.
fn ways(classifier: &Classifier) -> Vec<(Vec<usize>, String)> {
    let mut open = vec![Vec::new()];
    let mut ended = Vec::new();
    while let Some(given) = open.pop() {
        match classifier.walk(&given).expect("a way that its own answers made").next {
            Next::Found(outcome) => ended.push((given, outcome.level.clone())),
            Next::Ask(question) => open.extend((1..=question.answers.len()).map(|answer| {
                let given: Vec<usize> = given.iter().copied().chain([answer]).collect();
                assert!(given.len() <= QUESTIONS_MAX, "{} asks on after {given:?}", classifier.id);
                given
            })),
        }
    }
    ended
}

#[test]
fn every_way_of_every_shipped_classifier_ends_within_three_questions() {
    let files = everything();
    let library = policy::Library::new(&files);
    let mut seen = 0;
    for id in library.packs() {
        let pack = library.resolve(id).unwrap().pack;
        for classifier in pack.classifiers() {
            let ways = ways(classifier);
            let found: std::collections::BTreeSet<&str> =
                ways.iter().map(|(_, level)| level.as_str()).collect();
            // Each level of the axis can be found, and no other.
            let levels = pack.levels_of(classifier.axis).map(|level| level.id.as_str());
            assert_eq!(found, levels.collect(), "{id} {}", classifier.id);
            seen += 1;
        }
    }
    assert!(seen > 0);
}

#[test]
fn the_schemes_of_three_and_of_five_levels_are_told_for_each_end() {
    let base = resolved(&shipped(), "base").pack;
    let classifier = base.classifier("confidentiality").unwrap();
    let mut told: Vec<String> = classifier
        .outcomes
        .iter()
        .map(|outcome| {
            let values: Vec<&str> = outcome.also.iter().map(|(_, value)| value.as_str()).collect();
            format!("{} {}", outcome.level, values.join(" "))
        })
        .collect();
    told.sort();
    assert_eq!(
        told,
        [
            "c1 機密性1 自治体機密性1",
            "c2 機密性2 自治体機密性2",
            "c2 機密性2 自治体機密性3B",
            "c2 機密性2 自治体機密性3C",
            "c3 機密性3 自治体機密性3A",
        ]
    );
    for axis in Axis::WORDS.iter().map(|(_, axis)| *axis) {
        assert!(base.classifiers().iter().any(|c| c.axis == axis), "{axis:?}");
    }
}

#[test]
fn answers_lead_on_and_wrong_ones_nowhere() {
    let pack = resolved(&files(SOUND), "small").pack;
    let classifier = pack.classifier("secrecy").unwrap();
    let end = |given: &[usize]| match classifier.walk(given).map(|standing| standing.next) {
        Some(Next::Found(outcome)) => outcome.id.clone(),
        Some(Next::Ask(question)) => format!("? {}", question.id),
        None => "none".to_owned(),
    };
    for (given, expected) in [
        (&[][..], "? public"),
        (&[1], "open"),
        (&[2], "? persons"),
        (&[2, 1], "shut"),
        (&[2, 2], "open"),
        (&[0], "none"),
        (&[3], "none"),
        (&[1, 1], "none"),
        (&[2, 2, 1], "none"),
        (&[usize::MAX], "none"),
    ] {
        assert_eq!(end(given), expected, "{given:?}");
    }
    let standing = classifier.walk(&[2, 1]).unwrap();
    let said: Vec<&str> = standing.answered.iter().map(|(_, answer)| answer.say.as_str()).collect();
    assert_eq!(said, ["いいえ", "はい"]);
}

#[test]
fn what_is_wrong_is_told_with_its_place() {
    let to_itself = "{ say = \"いいえ\", question = \"persons\" }";
    let rows: &[(&str, &str, &str, Code)] = &[
        (
            "a circle",
            "{ say = \"はい\", outcome = \"shut\" }",
            "{ say = \"はい\", question = \"public\" }",
            Code::ClassifierTooLong,
        ),
        (
            "a question that leads to itself",
            "{ say = \"いいえ\", outcome = \"open\" }",
            to_itself,
            Code::ClassifierTooLong,
        ),
        ("an unknown question", "question = \"persons\"", "question = \"person\"", Code::UnknownReference),
        ("an unknown end", "outcome = \"shut\"", "outcome = \"shot\"", Code::UnknownReference),
        ("both", "outcome = \"shut\"", "outcome = \"shut\", question = \"public\"", Code::WrongValue),
        ("neither", "{ say = \"はい\", outcome = \"shut\" }", "{ say = \"はい\" }", Code::WrongValue),
        ("one answer", ", { say = \"いいえ\", outcome = \"open\" }]", "]", Code::MissingKey),
        (
            "no answers",
            "answers = [{ say = \"はい\", outcome = \"shut\" }, { say = \"いいえ\", outcome = \"open\" }]",
            "",
            Code::MissingKey,
        ),
        (
            "answers of another type",
            "answers = [{ say = \"はい\", outcome = \"shut\" }, { say = \"いいえ\", outcome = \"open\" }]",
            "answers = \"はい\"",
            Code::WrongType,
        ),
        ("an unknown level", "level = \"c2\"", "level = \"c9\"", Code::UnknownReference),
        (
            "another axis",
            "axis = \"confidentiality\"\nstatements",
            "axis = \"integrity\"\nstatements",
            Code::WrongValue,
        ),
        (
            "an unknown axis",
            "axis = \"confidentiality\"\nstatements",
            "axis = \"secrecy\"\nstatements",
            Code::WrongValue,
        ),
        ("an unknown key", "help = \"氏名など\"", "halp = \"氏名など\"", Code::UnknownKey),
        ("a scheme without its word", ", value = \"1\"", "", Code::MissingKey),
        ("an end that nobody comes to", "outcome = \"shut\"", "outcome = \"open\"", Code::NoEffect),
        ("a question that nobody comes to", "question = \"persons\"", "outcome = \"shut\"", Code::NoEffect),
        ("two questions of one id", "id = \"persons\"", "id = \"public\"", Code::DuplicateId),
    ];
    for (title, old, new, code) in rows {
        assert!(SOUND.contains(old), "{title}: {old}");
        let problems = findings(&Pack::resolve(&files(&SOUND.replacen(old, new, 1)), "small"));
        let found = problems.iter().find(|problem| problem.code == *code);
        let found = found.unwrap_or_else(|| panic!("{title}: {problems:#?}"));
        let own_lines = SMALL.lines().count();
        assert!(found.line as usize > own_lines, "{title}: line {}", found.line);
        assert_eq!(found.severity, code.severity(), "{title}");
    }
    let sound = findings(&Pack::resolve(&files(SOUND), "small"));
    assert!(
        sound
            .iter()
            .all(|p| p.code.severity() == Severity::Warning && p.line as usize <= SMALL.lines().count())
    );
}
