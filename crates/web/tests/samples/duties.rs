//! Sample values for 実施事項.

use super::*;
use workflow::duty::State as Stage;

fn stage(state: Stage, overdue: bool) -> Chip {
    let (word, tone, _) = words::duties::state(state, overdue);
    Chip { word: word.into(), tone }
}

fn row(title: &str, state: Stage, overdue: bool, action: &str) -> TaskRowView {
    TaskRowView {
        href: "/tasks/self-inspection.2026.1.s-tax".into(),
        title: title.into(),
        nth: "2回のうち1回目".into(),
        covers: "令和8年4月1日(水)から令和9年3月31日(水)まで".into(),
        who: "税務課".into(),
        state: stage(state, overdue),
        due: at(-48),
        overdue,
        done: (state == Stage::Done).then(|| at(-20)),
        late: state == Stage::Done,
        action: action.into(),
    }
}

pub(super) fn group() -> DutyGroup {
    DutyGroup {
        id: "mine",
        title: "実施事項".into(),
        hint: "点検、研修、訓練などです。".into(),
        rows: vec![row("自己点検", Stage::Open, true, "報告する")],
        all_href: "/tasks?tray=mine".into(),
    }
}

fn list(rows: Vec<TaskRowView>) -> String {
    let (_, lead, empty) = words::duties::tray("mine");
    TasksPage {
        frame: frame("実施事項", "/tasks", "lgwan"),
        tabs: vec![
            Tab { href: "/tasks?tray=mine".into(), label: "やること".into(), current: true },
            Tab { href: "/tasks?tray=units".into(), label: "課の実施".into(), current: false },
        ],
        lead: lead.into(),
        year: true,
        may_start: true,
        rows,
        empty: empty.into(),
        next_href: Some("/tasks?tray=mine&after=x".into()),
        downloads: downloads(),
        first_href: "/tasks?tray=mine".into(),
        later: false,
    }
    .render()
    .unwrap()
}

fn field(id: &str, title: &str, kind: &'static str, error: Option<&str>) -> FormFieldView {
    FormFieldView {
        name: format!("answer.{id}"),
        id: id.into(),
        title: title.into(),
        kind,
        required: true,
        chars_max: 1_000,
        error: error.map(Into::into),
        ..FormFieldView::default()
    }
}

fn said(comment: &str) -> (String, web::dates::When, String) {
    ("鈴木 課長".into(), at(-3), comment.into())
}

fn page(state: Stage) -> TaskPage {
    let (word, tone, means) = words::duties::state(state, false);
    TaskPage {
        gone: None,
        frame: frame("自己点検", "/tasks", "lgwan"),
        href: "/tasks/self-inspection.2026.1.s-tax".into(),
        title: "自己点検".into(),
        duty_href: Some("/tasks/duties/self-inspection".into()),
        state: Chip { word: word.into(), tone },
        said: means.into(),
        help: "方針の守られ方を点検する。".into(),
        facts: vec![("対象".into(), "令和8年度".into()), ("だれの".into(), "税務課".into())],
        row: Some((Some("/registers/systems/3".into()), "S-0003 住民記録".into())),
        due: at(48),
        overdue: false,
        elsewhere: None,
        report: None,
        returned: None,
        confirmed: None,
        waiver: None,
        waived: None,
        form: None,
        confirm: None,
        decide_waiver: false,
        timeline: Vec::new(),
        errors: Vec::new(),
    }
}

fn form() -> ReportForm {
    ReportForm {
        counted: vec![("受講した職員の数".into(), "12".into())],
        fields: vec![
            field("answered", "点検した項目の数", "number", Some("入力してください。")),
            field("improvement", "改めること", "long-text", None),
        ],
        done_on: "2026-11-24".into(),
        note: "<script>alert(1)</script>".into(),
        note_needed: Some(false),
        files_needed: Some(true),
        attached: vec![("f1".into(), "一覧<1>.xlsx".into())],
        bytes_max: "20.0 MB".into(),
        waiver: true,
    }
}

fn report() -> ReportView {
    ReportView {
        facts: vec![
            ("実施した日".into(), "令和8年11月20日(金)".into()),
            ("点検した項目の数".into(), "24".into()),
        ],
        note: "課の全員で点検した。\n<script>alert(1)</script>".into(),
        files: vec![("/tasks/1/files/f1".into(), "一覧<1>.xlsx".into(), "12.0 KB".into())],
        late: true,
    }
}

fn rate(name: &str, overdue: u32) -> DutyRate {
    DutyRate {
        name: name.into(),
        href: String::new(),
        parts: vec![
            RatePart { class: "covered__kept", start: 0, length: 600 },
            RatePart { class: "covered__unbound", start: 600, length: 400 },
        ],
        in_words: format!("実施済 6件、期限超過 {overdue}件"),
        percent: 60,
        done: 6,
        asked: 10,
        overdue,
    }
}

fn cell(month: usize) -> MonthCell {
    let chip = |word: &str, tone| Some(Chip { word: word.into(), tone });
    let (count, chip) = match month % 4 {
        0 => ("3/3", chip("済", Tone::Good)),
        1 => ("1/3", chip("超過", Tone::Bad)),
        2 => ("", chip("予定", Tone::Plain)),
        _ => ("", None),
    };
    MonthCell { month: format!("{month}月"), count: count.into(), chip }
}

pub(super) fn pages() -> Vec<(&'static str, String)> {
    let rows = || vec![row("自己点検", Stage::Open, true, ""), row("研修", Stage::Done, false, "")];
    let year = DutyYearPage {
        frame: frame("年度の実施状況", "/tasks", "lgwan"),
        year: "令和8年度".into(),
        whole_body: true,
        years: vec![Tab {
            href: "/tasks/year?year=2026".into(), label: "令和8年度".into(), current: true
        }],
        all: rate("全体", 4),
        sections: vec![rate("税務課", 4), rate("市民課", 0)],
        months: (0..12).map(|n| format!("{}月", (n + 3) % 12 + 1)).collect(),
        rows: vec![YearRowView {
            href: "/tasks/duties/self-inspection".into(),
            title: "自己点検".into(),
            months: (0..12).map(cell).collect(),
            rate: rate("自己点検", 4),
        }],
    };
    let start = |errors: Vec<FieldError>| TaskStartPage {
        frame: frame("事由による実施事項", "/tasks", "lgwan"),
        duties: vec![(
            "incident-first".into(),
            "事故等の報告の記録".into(),
            "事故や障害のとき、1日以内".into(),
        )],
        chosen: "incident-first".into(),
        what: "<script>alert(1)</script>".into(),
        on: "2026-11-24".into(),
        section: "tax".into(),
        person: String::new(),
        row: "S-0003".into(),
        sections: vec![("tax".into(), "税務課".into())],
        submission: "key-1".into(),
        errors,
    };
    let missing =
        FieldError { field: "what".into(), text: "起きたこと: 入力してください。".into() };
    vec![
        ("tasks", list(rows())),
        ("tasks-empty", list(vec![])),
        (
            "task-open",
            TaskPage {
                returned: Some(said("数が合いません")),
                report: Some(report()),
                form: Some(form()),
                errors: vec![FieldError {
                    field: "answered".into(),
                    text: "点検した項目の数: 入力してください。".into(),
                }],
                ..page(Stage::Open)
            }
            .render()
            .unwrap(),
        ),
        (
            "task-confirm",
            TaskPage { report: Some(report()), confirm: Some("abc123".into()), ..page(Stage::Reported) }
                .render()
                .unwrap(),
        ),
        (
            "task-waiver",
            TaskPage {
                waiver: Some(said("課が休止中")),
                decide_waiver: true,
                elsewhere: Some("インターネット接続系".into()),
                ..page(Stage::WaiverAsked)
            }
            .render()
            .unwrap(),
        ),
        (
            "task-done",
            TaskPage {
                report: Some(report()),
                confirmed: Some(said("確かめた")),
                waiver: Some(said("休止")),
                waived: Some(said("よい")),
                ..page(Stage::Done)
            }
            .render()
            .unwrap(),
        ),
        ("duty-year", year.render().unwrap()),
        (
            "duty",
            DutyPage {
                frame: frame("自己点検", "/tasks", "lgwan"),
                title: "自己点検".into(),
                help: "方針の守られ方を点検する。".into(),
                facts: vec![("いつ".into(), "年度に1回、9月30日まで".into())],
                asked: vec!["点検した項目の数".into()],
                periods: vec![rate("令和8年度", 4)],
                rows: rows(),
                start_href: Some("/tasks/new?duty=self-inspection".into()),
            }
            .render()
            .unwrap(),
        ),
        ("task-start", start(vec![]).render().unwrap()),
        ("task-start-errors", start(vec![missing]).render().unwrap()),
    ]
}
