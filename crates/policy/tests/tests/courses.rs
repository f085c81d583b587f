//! Courses: what may be written, and everything that is said about what may not.

use std::collections::BTreeSet;

use policy::{Audience, Code, Occurs, Pack, PageBlock, SourceFile};

use crate::support::{SMALL, file, findings, resolved, shipped};

const COURSE: &str = r#"
[[course]]
id = "yearly"
title = "研修"
help = "年に一度。"
audience = "everyone"
every = "fiscal-year"
due = { month = 12, day = 10 }
minutes = 20
draw = 1
pass = 80
manager = "system"
excuse_by = "manager"
statements = ["small/one"]
[[course.page]]
id = "first"
title = "はじめに"
text = """
一行目は
二行目に続く。

## 見出し

1. 一つ目
2. 二つ目

- **強い**ことば
"""
[[course.question]]
id = "q1"
text = "どれですか。"
choices = ["甲", "乙", "丙"]
answer = ["甲", "丙"]
why = "だから。"
[[course.question]]
id = "q2"
text = "正しいのは。"
choices = ["はい", "いいえ"]
answer = "はい"
why = "そうだから。"
"#;

const DUTY: &str = r#"
[[duty]]
id = "report"
title = "取りまとめ"
help = "数える。"
owner = "manager"
each = "section"
every = "fiscal-year"
statements = ["small/one"]
numbers = { course = "yearly", when_short = "why", share = 90, counts = [{ field = "n", is = "passed" }, { field = "who", is = "missing" }] }
[[duty.field]]
id = "n"
title = "数"
type = "number"
[[duty.field]]
id = "who"
title = "氏名"
type = "long-text"
[[duty.field]]
id = "why"
title = "手当て"
type = "text"
"#;

fn small(more: &str) -> Vec<SourceFile> {
    // The small city's roles answer for sections; who opens a course answers for all of it.
    let text = SMALL.replacen("id = \"system\"\n", "id = \"system\"\ncity_wide = true\n", 1);
    vec![file("small/pack.toml", &format!("{text}{more}"))]
}

#[test]
fn a_course_is_read() {
    let pack = resolved(&small(&format!("{COURSE}{DUTY}")), "small").pack;
    let course = pack.course("yearly").unwrap();
    assert_eq!((course.audience, course.draw, course.pass), (Audience::Everyone, 1, 80));
    assert!(matches!(course.occurs, Occurs::Every { .. }));
    let text = |t: &str| t.to_owned();
    assert_eq!(
        course.pages[0].blocks,
        [
            PageBlock::Text(text("一行目は二行目に続く。")),
            PageBlock::Heading(text("見出し")),
            PageBlock::List { numbered: true, items: vec![text("一つ目"), text("二つ目")] },
            PageBlock::List { numbered: false, items: vec![text("強いことば")] },
        ]
    );
    assert_eq!(course.questions[0].answers, BTreeSet::from([0, 2]));
    let numbers = pack.duty_type("report").unwrap().numbers.clone().unwrap();
    assert_eq!(course.record_class, None);
    assert_eq!((numbers.share, numbers.counts.len(), numbers.when_short.as_deref()), (90, 2, Some("why")));
}

#[test]
fn what_is_wrong_is_told_with_its_place() {
    let rows: &[(&str, &str, Code)] = &[
        ("audience = \"everyone\"", "audience = \"nobody\"", Code::WrongValue),
        ("audience = \"everyone\"", "audience = \"roles\"", Code::MissingKey),
        ("audience = \"everyone\"", "audience = \"everyone\"\nroles = [\"manager\"]", Code::NoEffect),
        ("audience = \"everyone\"", "audience = \"managers\"\nroles = [\"nobody\"]", Code::UnknownReference),
        ("audience = \"everyone\"", "audience = \"new-hires\"", Code::MissingKey),
        ("audience = \"everyone\"", "audience = \"everyone\"\njoined_within_days = 3", Code::NoEffect),
        (
            "audience = \"everyone\"",
            "audience = \"everyone\"\nsections = [\"nowhere\"]",
            Code::UnknownReference,
        ),
        ("every = \"fiscal-year\"", "every = \"fiscal-year\"\ntimes = 2", Code::WrongValue),
        (
            "every = \"fiscal-year\"\ndue = { month = 12, day = 10 }",
            "on = \"leaving\"\nwithin_days = 3",
            Code::WrongValue,
        ),
        ("every = \"fiscal-year\"\ndue = { month = 12, day = 10 }", "on = \"hire\"", Code::MissingKey),
        ("minutes = 20", "minutes = 0", Code::WrongValue),
        ("draw = 1", "draw = 3", Code::WrongValue),
        ("draw = 1", "draw = \"all\"", Code::WrongType),
        ("pass = 80\n", "", Code::MissingKey),
        ("pass = 80", "pass = 101", Code::WrongValue),
        ("pass = 80", "pass = 80\nattempts_max = 0", Code::WrongValue),
        ("manager = \"system\"", "manager = \"manager\"", Code::RoleWithoutPost),
        ("manager = \"system\"\n", "", Code::MissingKey),
        ("excuse_by = \"manager\"", "excuse_by = \"nobody\"", Code::UnknownReference),
        ("excuse_by = \"manager\"", "answers_days = 0", Code::Zero),
        ("excuse_by = \"manager\"", "answer_days = 5", Code::UnknownKey),
        ("excuse_by = \"manager\"", "record_class = \"for-a-while\"", Code::UnknownReference),
        ("excuse_by = \"manager\"", "record_class = 5", Code::WrongType),
        ("answer = \"はい\"", "answer = \"たぶん\"", Code::UnknownReference),
        ("answer = \"はい\"", "answer = [\"はい\", \"いいえ\"]", Code::WrongValue),
        ("answer = \"はい\"", "answer = 1", Code::WrongType),
        ("answer = \"はい\"", "", Code::MissingKey),
        ("choices = [\"はい\", \"いいえ\"]", "choices = [\"はい\"]", Code::WrongValue),
        ("id = \"q2\"", "id = \"q1\"", Code::DuplicateId),
        ("## 見出し", "# 見出し", Code::WrongValue),
        ("## 見出し", "[外](https://example.com)", Code::WrongValue),
        ("## 見出し", "<script>alert(1)</script>", Code::WrongValue),
        ("## 見出し", "![絵](a.png)", Code::WrongValue),
        ("## 見出し", "> 引用", Code::WrongValue),
        ("- **強い**ことば", "- 上\n  - 下", Code::WrongValue),
        (
            "statements = [\"small/one\"]\n[[course.page]]",
            "statements = [\"small/none\"]\n[[course.page]]",
            Code::UnknownReference,
        ),
        ("course = \"yearly\"", "course = \"monthly\"", Code::UnknownReference),
        ("field = \"n\", is", "field = \"m\", is", Code::UnknownReference),
        ("field = \"n\", is = \"passed\"", "field = \"who\", is = \"passed\"", Code::WrongValue),
        ("is = \"passed\"", "is = \"happy\"", Code::WrongValue),
        ("when_short = \"why\"", "when_short = \"n\"", Code::WrongValue),
        ("share = 90", "share = 0", Code::WrongValue),
        ("each = \"section\"\nevery", "each = \"person\"\nevery", Code::WrongValue),
    ];
    for (from, to, code) in rows {
        let whole = format!("{COURSE}{DUTY}");
        assert!(whole.contains(from), "{from}");
        let found = findings(&Pack::resolve(&small(&whole.replacen(from, to, 1)), "small"));
        let hit = found.iter().find(|p| p.code == *code);
        let hit = hit.unwrap_or_else(|| panic!("{to}: {found:?}"));
        assert!(hit.line > 100 && !hit.instead.is_empty(), "{to}: {hit:?}");
    }
}

#[test]
fn a_slip_in_a_text_is_told_in_its_line() {
    let whole = small(&COURSE.replacen("## 見出し", "<b>太字</b>", 1));
    let found = findings(&Pack::resolve(&whole, "small"));
    let line = whole[0].text.lines().position(|l| l.contains("<b>")).unwrap() + 1;
    assert!(found.iter().any(|p| p.line == u32::try_from(line).unwrap()), "{line}: {found:?}");
}

#[test]
fn the_standard_ships_courses_that_can_be_taken() {
    let pack = resolved(&shipped(), "hoshimi").pack;
    let yearly = pack.course("security-yearly").unwrap();
    assert_eq!((yearly.pages.len(), yearly.questions.len(), yearly.draw), (8, 12, 8));
    assert_eq!(pack.courses().len(), 3);
    for course in pack.courses() {
        let class = pack.record_class_of(course.record_class.as_deref()).unwrap();
        assert_eq!((class.id.as_str(), class.years), ("three-years", Some(3)), "{}", course.id);
        assert!(!course.statements.is_empty() && course.draw > 0, "{}", course.id);
        for question in &course.questions {
            assert!(question.answers.len() < question.choices.len(), "{}", question.id);
        }
        for page in &course.pages {
            assert!(!page.blocks.is_empty(), "{}/{}", course.id, page.id);
        }
    }
    assert_eq!(pack.duty_type("training").unwrap().numbers.as_ref().unwrap().course, "security-yearly");
}
