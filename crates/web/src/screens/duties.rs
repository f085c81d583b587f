//! 実施事項: the lists, the fiscal year, one duty, and what waits on the first screen.
//!
//! Owns rows and the words that its pages share. Leaves the page of a task and what is done there to `page`.

mod page;

use app::actor::Actor;
use app::duties::{DutyMonth, TaskTray, TasksAtHome, store::TaskRow};
use app::model::PageRequest;
use axum::{
    extract::{Path, Query, State},
    response::Response,
};
use jiff::civil::Date;
use policy::{Mechanism, PrintOf};
use workflow::{
    calendar::begin_of,
    duty::{Covers, State as Stage, Tally},
    training,
};

use super::{Pairs, csv, one, requests, show, taken, view};
use crate::{
    dates::{self, When},
    door::Signed,
    print,
    site::{Site, render, when},
    words,
};

pub(crate) use page::{confirm, detail, file, report, start, start_page, waiver, waiver_decision};

const LIST_ROWS: u32 = 30;
const BASIS: &[Mechanism] = &[Mechanism::DutyCalendar, Mechanism::EvidenceLedger];

/// A day in the forms of the pages.
pub(super) fn on(day: Date) -> When {
    when(begin_of(day))
}

pub(super) fn covers_words(covers: &Covers) -> String {
    match covers {
        // The words stay in the zone in which they were written.
        Covers::Event { what, on: day, .. } if what.is_empty() => {
            format!("ほかの系で書かれた事由({})", on(*day).day)
        }
        Covers::Event { what, on: day, .. } => format!("{what}({})", on(*day).day),
        Covers::Period(period) => {
            let (first, last) = (on(period.first).day, on(period.last).day);
            format!("{first}から{last}まで")
        }
    }
}

fn nth_words(nth: u32, times: u32) -> String {
    if times > 1 { format!("{times}回のうち{nth}回目") } else { String::new() }
}

pub(crate) fn chip(state: Stage, overdue: bool) -> view::Chip {
    let (word, tone, _) = words::duties::state(state, overdue);
    view::Chip { word: word.to_owned(), tone }
}

fn row(site: &Site, row: &TaskRow, action: &str) -> view::TaskRowView {
    let now = site.app().now();
    let overdue = matches!(row.state, Stage::Open | Stage::WaiverAsked) && row.due_at <= now;
    let who = match (&row.person, &row.section) {
        (Some((_, name)), Some(section)) => format!("{} {name}", site.app().section_name(section)),
        (None, Some(section)) => site.app().section_name(section),
        (Some((_, name)), None) => name.clone(),
        (None, None) => "全庁".to_owned(),
    };
    // A course is read and tested on a page of its own; who is told of it elsewhere sees how it stands.
    let takes = action == REPORTS && training::course_of(&row.duty).is_some();
    let (href, action) = if takes { ("/training/mine", "受ける") } else { ("/tasks", action) };
    // Of tasks about rows each is about another one.
    let number = row.row.as_ref().and_then(|key| {
        Some(format!("{} ", site.app().pack().register(&key.register)?.number_shown(key.number)))
    });
    let who = number.map_or(who.clone(), |number| format!("{number}{who}"));
    view::TaskRowView {
        href: format!("{href}/{}", view::path_part(row.id.as_str())),
        title: row.title.clone(),
        nth: nth_words(row.nth, row.times),
        covers: covers_words(&row.covers),
        who,
        state: chip(row.state, overdue),
        due: on(row.due_on),
        overdue,
        done: row.done_on.map(on),
        late: row.late,
        action: action.to_owned(),
    }
}

/// The words of the button with which somebody does his own task.
const REPORTS: &str = "報告する";

fn action(state: Stage) -> &'static str {
    match state {
        Stage::Open => REPORTS,
        Stage::Reported => "確かめる",
        Stage::WaiverAsked => "決める",
        Stage::Done | Stage::Waived | Stage::Dropped => "",
    }
}

/// What waits for the person who looks, for the first screen; groups without rows are left out.
pub(crate) fn at_home(site: &Site, home: &TasksAtHome) -> Vec<view::DutyGroup> {
    let rows = |rows: &[TaskRow], acts: bool| -> Vec<view::TaskRowView> {
        rows.iter().map(|r| row(site, r, if acts { action(r.state) } else { "" })).collect()
    };
    let group = |id, title: &str, hint: &str, rows, tray: TaskTray| view::DutyGroup {
        id,
        title: title.to_owned(),
        hint: hint.to_owned(),
        rows,
        all_href: format!("/tasks?tray={}", tray.id()),
    };
    let words = "点検、研修、訓練などです。行ったら、報告してください。";
    let others = "あなたが受け持つ範囲で、期限を過ぎたものです。";
    [
        group("mine", "実施事項", words, rows(&home.mine, true), TaskTray::Mine),
        group("overdue", "課の期限超過", others, rows(&home.overdue, false), TaskTray::Overdue),
    ]
    .into_iter()
    .filter(|group| !group.rows.is_empty())
    .collect()
}

pub(crate) async fn list(State(site): State<Site>, who: Signed, Query(query): Query<Pairs>) -> Response {
    let app = site.app();
    let tray = TaskTray::from_id(one(&query, "tray")).unwrap_or(TaskTray::Mine);
    let list = list_taken(&site, &who.actor, tray);
    if let Some(answer) = taken::file_if_asked(&site, &who.actor, &query, list).await {
        return answer;
    }
    let after = show::cursor(one(&query, "after"));
    let later = after.is_some();
    let page = match app.tasks(&who.actor, tray, PageRequest { after, limit: LIST_ROWS }).await {
        Ok(page) => page,
        Err(error) => return site.fail(Some(&who.actor), &error),
    };
    let sees = app.sees_tasks_of_others(&who.actor);
    let (_, lead, empty) = words::duties::tray(tray.id());
    let base = format!("/tasks?tray={}", tray.id());
    let own = [TaskTray::Mine, TaskTray::Own];
    render(&view::TasksPage {
        frame: site.frame(Some(&who.actor), "実施事項", "/tasks", BASIS, one(&query, "done")),
        tabs: TaskTray::ALL
            .into_iter()
            .filter(|t| sees || own.contains(t))
            .map(|t| view::Tab {
                href: format!("/tasks?tray={}", t.id()),
                label: words::duties::tray(t.id()).0.to_owned(),
                current: t == tray,
            })
            .collect(),
        lead: lead.to_owned(),
        year: sees,
        may_start: requests::applies(&who.actor) && !app.startable(&who.actor).is_empty(),
        rows: page.rows.iter().map(|r| row(&site, r, "")).collect(),
        empty: empty.to_owned(),
        next_href: page.next.as_ref().map(|c| format!("{base}&after={}", show::cursor_text(c))),
        downloads: taken::Format::hrefs(&base),
        first_href: base,
        later,
    })
}

async fn list_taken(site: &Site, actor: &Actor, tray: TaskTray) -> app::Result<taken::Taken> {
    use workbook::Kind::{Day, Text};
    let columns = [
        ("実施事項", Text),
        ("対象", Text),
        ("回", Text),
        ("だれの", Text),
        ("状態", Text),
        ("期限", Day),
        ("実施日", Day),
        ("遅れ", Text),
    ];
    let mut rows = Vec::new();
    let mut after = None;
    loop {
        let page = site.app().tasks(actor, tray, PageRequest { after, limit: 200 }).await?;
        rows.extend(page.rows.iter().map(|r| {
            let shown = row(site, r, "");
            vec![
                shown.title,
                shown.covers,
                shown.nth,
                shown.who,
                shown.state.word,
                r.due_on.to_string(),
                r.done_on.map(|day| day.to_string()).unwrap_or_default(),
                if r.late { "遅れて実施".to_owned() } else { String::new() },
            ]
        }));
        after = page.next;
        if after.is_none() || rows.len() >= csv::ROWS_MAX {
            break;
        }
    }
    Ok(taken::Taken::new("tasks", "実施事項の一覧", columns, rows))
}

/// A bar of what became of tasks.
fn rate(name: &str, href: &str, t: &Tally) -> view::DutyRate {
    rate_in(name, href, t, ["実施済", "免除", "期限前・確認中", "期限超過"], "件")
}

/// The same in these words, counting in this unit.
pub(super) fn rate_in(name: &str, href: &str, t: &Tally, words: [&str; 4], unit: &str) -> view::DutyRate {
    let others = t.asked.saturating_sub(t.done + t.waived + t.overdue);
    let [done, waived, open, overdue] = words;
    let counts = [
        ("covered__kept", t.done, done),
        ("covered__defined", t.waived, waived),
        ("covered__open", others, open),
        ("covered__unbound", t.overdue, overdue),
    ];
    let (mut start, mut parts, mut said) = (0, Vec::new(), Vec::new());
    let mut counted = 0_u64;
    for (class, count, word) in counts {
        counted += u64::from(count);
        let end = u32::try_from(counted * 1_000 / u64::from(t.asked.max(1))).unwrap_or(1_000).min(1_000);
        if count > 0 {
            parts.push(view::RatePart { class, start, length: end - start });
            said.push(format!("{word} {count}{unit}"));
        }
        start = end;
    }
    view::DutyRate {
        name: name.to_owned(),
        href: href.to_owned(),
        parts,
        in_words: if said.is_empty() { "まだありません".to_owned() } else { said.join("、") },
        percent: if t.asked == 0 { 0 } else { t.permille() / 10 },
        done: t.done,
        asked: t.asked,
        overdue: t.overdue,
    }
}

fn month_cell(number: usize, month: Option<DutyMonth>) -> view::MonthCell {
    // From April.
    let name = format!("{}月", (number + 3) % 12 + 1);
    let Some(month) = month else { return view::MonthCell { month: name, ..view::MonthCell::default() } };
    let t = month.tally;
    let (word, tone) = if month.to_come {
        ("予定", words::Tone::Plain)
    } else if t.overdue > 0 {
        ("超過", words::Tone::Bad)
    } else if t.is_satisfied() {
        ("済", words::Tone::Good)
    } else {
        ("途中", words::Tone::Wait)
    };
    view::MonthCell {
        month: name,
        count: if month.to_come { String::new() } else { format!("{}/{}", t.done + t.waived, t.asked) },
        chip: Some(view::Chip { word: word.to_owned(), tone }),
    }
}

pub(crate) async fn year(State(site): State<Site>, who: Signed, Query(query): Query<Pairs>) -> Response {
    let app = site.app();
    // Years that no calendar has are this one.
    let asked = one(&query, "year").parse::<i16>().ok().filter(|y| (2000..=2200).contains(y));
    let year = match app.duty_year(&who.actor, asked).await {
        Ok(year) => year,
        Err(error) => return site.fail(Some(&who.actor), &error),
    };
    let name = |year: i16| dates::fiscal_year(begin_of(workflow::calendar::fiscal_year_begins(year)));
    let years = [year.year - 1, year.year, year.year + 1].map(|y| view::Tab {
        href: format!("/tasks/year?year={y}"),
        label: name(y),
        current: y == year.year,
    });
    let duty_href = |id: &str| format!("/tasks/duties/{}", view::path_part(id));
    let mut frame = site.frame(Some(&who.actor), "年度の実施状況", "/tasks", BASIS, "");
    frame.prints =
        print::offers(&app, PrintOf::FiscalYear, "", "/tasks/year", &format!("year={}", year.year));
    render(&view::DutyYearPage {
        frame,
        year: name(year.year),
        whole_body: year.whole_body,
        years: years.into(),
        all: rate("全体", "", &year.all),
        sections: year.sections.iter().map(|s| rate(&s.name, "", &s.tally)).collect(),
        months: (0..12).map(|n| format!("{}月", (n + 3) % 12 + 1)).collect(),
        rows: year
            .rows
            .iter()
            .map(|r| view::YearRowView {
                href: duty_href(&r.duty),
                title: r.title.clone(),
                months: r.months.iter().enumerate().map(|(n, m)| month_cell(n, *m)).collect(),
                rate: rate(&r.title, "", &r.all),
            })
            .collect(),
    })
}

pub(crate) async fn duty(State(site): State<Site>, who: Signed, Path(id): Path<String>) -> Response {
    let app = site.app();
    let card = match app.duty(&who.actor, &id).await {
        Ok(card) => card,
        Err(error) => return site.fail(Some(&who.actor), &error),
    };
    let pack = app.pack();
    let duty = &card.duty;
    let role = |id: &Option<String>| {
        id.as_ref().map_or_else(|| "なし".to_owned(), |id| pack.role_title(id).to_owned())
    };
    let told: Vec<String> = duty
        .escalations
        .iter()
        .map(|e| format!("{}日過ぎたら{}", e.after_days, pack.role_title(&e.to)))
        .collect();
    let or_none = |text: String| if text.is_empty() { "なし".to_owned() } else { text };
    let mut frame = site.frame(Some(&who.actor), &duty.title, "/tasks", BASIS, "");
    if !card.statements.is_empty() {
        frame.clauses = site.chips(&card.statements);
    }
    let starts = card.may_start && requests::applies(&who.actor);
    render(&view::DutyPage {
        frame,
        title: duty.title.clone(),
        help: duty.help.clone(),
        facts: vec![
            ("いつ".to_owned(), words::duties::occurs(duty)),
            ("行う役割".to_owned(), format!("{}({})", card.owner, duty.each.title_ja())),
            ("確かめる役割".to_owned(), role(&duty.confirm_by)),
            ("免除を決める役割".to_owned(), role(&duty.waiver_by)),
            ("期限を過ぎたとき".to_owned(), or_none(told.join("、"))),
            ("添付ファイル".to_owned(), duty.files.title_ja().to_owned()),
        ],
        asked: duty.fields.iter().map(|f| f.title.clone()).collect(),
        periods: card
            .periods
            .iter()
            .map(|p| rate(&format!("{}から{}まで", on(p.first).day, on(p.last).day), "", &p.all))
            .collect(),
        rows: card.tasks.iter().map(|r| row(&site, r, "")).collect(),
        start_href: starts.then(|| format!("/tasks/new?duty={}", view::query_part(&duty.id))),
    })
}
