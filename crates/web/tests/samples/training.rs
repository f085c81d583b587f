//! Sample values for 研修.

use super::*;
use workflow::training::Standing;

fn stand(standing: Standing) -> Chip {
    let (word, tone, _) = words::training::standing(standing);
    Chip { word: word.into(), tone }
}

fn card(standing: Standing, action: &str) -> CourseCardView {
    CourseCardView {
        href: "/training/mine/course.security-yearly.2026.1.p-1".into(),
        title: "情報セキュリティ研修(全職員)".into(),
        state: stand(standing),
        said: words::training::standing(standing).2.into(),
        due: at(300),
        overdue: standing == Standing::Overdue,
        effort: "約30分、教材 3/8ページ".into(),
        reminded: (standing == Standing::Overdue).then(|| at(-2)),
        passed: (standing == Standing::Passed).then(|| at(-20)),
        action: action.into(),
    }
}

fn rate(name: &str, href: &str) -> DutyRate {
    DutyRate {
        name: name.into(),
        href: href.into(),
        parts: vec![
            RatePart { class: "covered__kept", start: 0, length: 500 },
            RatePart { class: "covered__unbound", start: 500, length: 500 },
        ],
        in_words: "修了 5人、期限超過 5人".into(),
        percent: 50,
        done: 5,
        asked: 10,
        overdue: 5,
    }
}

fn facts() -> Vec<(String, String)> {
    vec![("理解度の確認".into(), "8問のうち75%以上の正解で修了(何度でも受けられる)".into())]
}

fn course(standing: Standing) -> MyCoursePage {
    MyCoursePage {
        frame: frame("研修", "/training", "lgwan"),
        href: "/training/mine/1".into(),
        title: "情報セキュリティ研修(全職員)".into(),
        help: "日々の仕事で守ることを、年に一度おさらいする。".into(),
        state: stand(standing),
        said: words::training::standing(standing).2.into(),
        due: at(300),
        overdue: standing == Standing::Overdue,
        reminded: None,
        facts: facts(),
        pages: vec![
            ("/training/mine/1/pages/1".into(), "なぜ守るのか".into(), true),
            ("/training/mine/1/pages/2".into(), "情報の分類と取扱い<script>alert(1)</script>".into(), false),
        ],
        material: None,
        next_href: None,
        may_begin: false,
        under_way: false,
        not_yet: String::new(),
        tries: Vec::new(),
        marked: Vec::new(),
        certificate_href: None,
        excuse_action: None,
    }
}

fn material(covers: &str, may_change: bool) -> CourseFilesView {
    let file = |n: u32| CourseFileView {
        href: format!("/training/runs/security-yearly.2026/files/f-{n}"),
        name: format!("資料{n}<script>alert(1)</script>.pdf"),
        size: "1.2 MB".into(),
        added: at(-i64::from(n)),
        remove: may_change.then(|| format!("/training/runs/security-yearly.2026/files/f-{n}/remove")),
    };
    CourseFilesView {
        covers: covers.into(),
        files: vec![file(1), file(2)],
        elsewhere: "インターネット接続系".into(),
        add: may_change.then(|| "/training/runs/security-yearly.2026/files".into()),
        bytes_max: "20 MB".into(),
    }
}

fn year(errors: Vec<FieldError>) -> CourseYearPage {
    CourseYearPage {
        frame: frame("研修", "/training", "lgwan"),
        href: "/training/courses/security-yearly".into(),
        title: "情報セキュリティ研修(全職員)".into(),
        help: "年に一度。".into(),
        facts: facts(),
        year: "令和8年度".into(),
        years: vec![Tab { href: "?year=2026".into(), label: "令和8年度".into(), current: true }],
        all: rate("全体", ""),
        sections: vec![rate("税務課", "/training/courses/security-yearly/sections/tax?year=2026")],
        history: vec![rate("令和8年度", ""), rate("令和7年度", "")],
        runs: vec![
            RunView {
                covers: "令和8年4月1日(水)から令和9年3月31日(水)まで".into(),
                opened: at(-900),
                due: at(300),
                closed: None,
                destroyed: None,
                close: Some("security-yearly.2026".into()),
            },
            RunView {
                covers: "令和7年度".into(),
                opened: at(-9_000),
                due: at(-8_000),
                closed: Some(at(-7_000)),
                destroyed: None,
                close: None,
            },
            RunView {
                covers: "令和元年度".into(),
                opened: at(-90_000),
                due: at(-80_000),
                closed: Some(at(-70_000)),
                destroyed: Some(at(-300)),
                close: None,
            },
        ],
        material: vec![
            material("令和8年度", true),
            CourseFilesView { files: Vec::new(), ..material("令和7年度", false) },
        ],
        open: Some(OpenCourseForm {
            due_on: "2026-12-10".into(),
            what: Some("<script>alert(1)</script>".into()),
        }),
        attendance: Some(AttendanceForm {
            on: "2026-11-20".into(),
            place: "大会議室".into(),
            people: "hanako\n<script>alert(1)</script>".into(),
            suffices: false,
        }),
        downloads: Downloads {
            csv: "/t?format=csv".into(),
            cp932: "/t?format=csv-cp932".into(),
            workbook: "/t?format=xlsx".into(),
        },
        errors,
    }
}

pub(super) fn pages() -> Vec<(&'static str, String)> {
    let list = |open: Vec<CourseCardView>, over: Vec<CourseCardView>| CoursesPage {
        frame: frame("研修", "/training", "lgwan"),
        open,
        over,
        overview_href: Some("/training/overview".into()),
    };
    let marked = MarkedView {
        number: 1,
        text: "どうしますか。<script>alert(1)</script>".into(),
        state: Chip { word: "不正解".into(), tone: Tone::Mixed },
        choices: vec![("開く".into(), true, false), ("報告する".into(), false, true)],
        why: "早い報告が効くからです。".into(),
    };
    let item = |number: usize, several: bool, missing: bool| TestItemView {
        number,
        name: format!("q{}", number - 1),
        text: "正しいものはどれですか。<script>alert(1)</script>".into(),
        several,
        choices: vec![("0".into(), "甲".into(), false), ("1".into(), "乙".into(), true)],
        missing,
    };
    let test = |missing: bool| CourseTestPage {
        frame: frame("理解度の確認", "/training", "lgwan"),
        course: ("研修".into(), "/training/mine/1".into()),
        action: "/training/mine/1/test".into(),
        rule: "8問のうち75%以上の正解で修了".into(),
        items: vec![item(1, false, missing), item(2, true, false)],
        errors: if missing {
            vec![FieldError { field: "q0".into(), text: "1問目: 答えを選んでください。".into() }]
        } else {
            Vec::new()
        },
    };
    let people = [Standing::Overdue, Standing::Reading, Standing::Passed].map(|standing| CoursePersonView {
        name: "佐藤 <b>花子</b>".into(),
        state: stand(standing),
        due: at(-20),
        overdue: standing == Standing::Overdue,
        passed: (standing == Standing::Passed).then(|| at(-2)),
        late: standing == Standing::Passed,
        reminded: (standing == Standing::Overdue).then(|| at(-3)),
    });
    let wrong = FieldError {
        field: "people".into(),
        text: "2行目「nobody」: この利用者IDの職員がいません。".into(),
    };
    vec![
        (
            "courses",
            list(vec![card(Standing::Overdue, "続ける")], vec![card(Standing::Passed, "")]).render().unwrap(),
        ),
        ("courses-none", list(vec![], vec![]).render().unwrap()),
        (
            "course",
            MyCoursePage {
                next_href: Some("/training/mine/1/pages/2".into()),
                not_yet: "教材を最後まで読むと、理解度の確認を始められます。".into(),
                excuse_action: Some("/tasks/1/waiver".into()),
                reminded: Some(at(-3)),
                material: Some(material("", false)),
                ..course(Standing::Reading)
            }
            .render()
            .unwrap(),
        ),
        (
            "course-tried",
            MyCoursePage {
                may_begin: true,
                tries: vec![TryView {
                    nth: 1,
                    at: at(-1),
                    state: Chip { word: "合格に届かず".into(), tone: Tone::Mixed },
                    mark: "8問のうち5問".into(),
                }],
                marked: vec![marked],
                ..course(Standing::Tried)
            }
            .render()
            .unwrap(),
        ),
        (
            "course-passed",
            MyCoursePage {
                certificate_href: Some("/training/mine/1/certificate".into()),
                tries: vec![TryView {
                    nth: 1,
                    at: at(-9),
                    state: stand(Standing::Passed),
                    mark: String::new(),
                }],
                ..course(Standing::Passed)
            }
            .render()
            .unwrap(),
        ),
        (
            "course-page",
            CourseReadingPage {
                frame: frame("研修", "/training", "lgwan"),
                course: ("研修".into(), "/training/mine/1".into()),
                title: "なぜ守るのか".into(),
                blocks: vec![
                    CourseBlock {
                        kind: "text",
                        text: "役所には<script>alert(1)</script>".into(),
                        items: vec![],
                    },
                    CourseBlock { kind: "heading", text: "三つの守り方".into(), items: vec![] },
                    CourseBlock { kind: "numbered", text: String::new(), items: vec!["確かめる".into()] },
                    CourseBlock {
                        kind: "list",
                        text: String::new(),
                        items: vec!["機密性".into(), "完全性".into()],
                    },
                ],
                number: 2,
                of: 8,
                action: "/training/mine/1/pages/2".into(),
                read: true,
                before_href: Some("/training/mine/1/pages/1".into()),
                button: "読みました。次のページへ".into(),
            }
            .render()
            .unwrap(),
        ),
        ("course-test", test(false).render().unwrap()),
        ("course-test-errors", test(true).render().unwrap()),
        ("course-year", year(vec![]).render().unwrap()),
        ("course-year-errors", year(vec![wrong]).render().unwrap()),
        (
            "course-section",
            CourseSectionPage {
                frame: frame("研修", "/training", "lgwan"),
                course: ("研修".into(), "/training/courses/security-yearly?year=2026".into()),
                section: "税務課".into(),
                year: "令和8年度".into(),
                all: rate("税務課", ""),
                gone: false,
                rows: people.into(),
                remind_action: Some("/training/courses/security-yearly/sections/tax/remind?year=2026".into()),
                downloads: Downloads {
                    csv: "/t?format=csv".into(),
                    cp932: "/t?format=csv-cp932".into(),
                    workbook: "/t?format=xlsx".into(),
                },
                made: at(0),
            }
            .render()
            .unwrap(),
        ),
        (
            "course-section-gone",
            CourseSectionPage {
                frame: frame("研修", "/training", "lgwan"),
                course: ("研修".into(), "/training/courses/security-yearly?year=2019".into()),
                section: "税務課".into(),
                year: "令和元年度".into(),
                all: rate("税務課", ""),
                gone: true,
                rows: Vec::new(),
                remind_action: None,
                downloads: Downloads::default(),
                made: at(0),
            }
            .render()
            .unwrap(),
        ),
        (
            "course-overview",
            CourseOverviewPage {
                frame: frame("研修", "/training", "lgwan"),
                year: "令和8年度".into(),
                years: vec![Tab { href: "?year=2026".into(), label: "令和8年度".into(), current: true }],
                whole_body: true,
                courses: vec![rate("全職員の研修", "/training/courses/security-yearly?year=2026")],
                audiences: vec![rate("全職員", ""), rate("管理職", "")],
                opens: vec![("管理職の研修".into(), "/training/courses/managers".into())],
            }
            .render()
            .unwrap(),
        ),
        (
            "course-certificate",
            CertificatePage {
                frame: frame("修了証", "/training", "lgwan"),
                course_href: "/training/mine/1".into(),
                body: "星見市".into(),
                name: "佐藤 花子".into(),
                section: "税務課".into(),
                title: "情報セキュリティ研修(全職員)".into(),
                passed: at(-9),
                how: "教材の通読と理解度の確認".into(),
                number: "course.security-yearly.2026.1.p-1".into(),
            }
            .render()
            .unwrap(),
        ),
    ]
}
