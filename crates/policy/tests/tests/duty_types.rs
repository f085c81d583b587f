//! Duties and closed days: what may be written, and everything that is said about what may not.

use policy::{ClosedDays, Code, DueRule, DutyEach, Every, Occurs, Pack, SourceFile, StatementType};

use crate::support::{SMALL, file, findings, resolved, shipped};

const DUTY: &str = r#"
[[duty]]
id = "check"
title = "点検"
help = "点検する。"
owner = "manager"
each = "section"
every = "month"
times = 2
due = { business_day = 5 }
waiver_by = "system"
statements = ["small/one"]
"#;

fn small(duty: &str) -> Vec<SourceFile> {
    vec![file("small/pack.toml", &format!("{SMALL}{duty}"))]
}

#[test]
fn a_duty_is_read() {
    let pack = resolved(&small(DUTY), "small").pack;
    let duty = pack.duty_type("check").unwrap();
    assert_eq!((duty.each, duty.remind_days.as_slice()), (DutyEach::Section, &[7][..]));
    let Occurs::Every { every, times, due } = &duty.occurs else { panic!("{duty:?}") };
    assert_eq!((*every, times.value, *due), (Every::Month, Some(2), DueRule::BusinessDay(5)));
    let closed = "[[closed-day]]\nid = \"a\"\ntitle = \"休み\"\nfrom = \"12-29\"\nuntil = \"01-03\"\n\
                  [[closed-day]]\nid = \"b\"\ntitle = \"休み\"\ndate = 2026-05-01\n";
    let pack = resolved(&small(closed), "small").pack;
    assert_eq!(pack.closed_days()[0].days, ClosedDays::Yearly { from: (12, 29), until: (1, 3) });
    assert_eq!(pack.closed_days()[1].days, ClosedDays::Once("2026-05-01".to_owned()));
}

#[test]
fn what_is_wrong_is_told_with_its_place() {
    let rows: &[(&str, &str, Code)] = &[
        ("each = \"section\"", "each = \"register\"", Code::MissingKey),
        ("each = \"section\"", "each = \"register\"\nregister = \"paper\"", Code::UnknownReference),
        ("each = \"section\"", "each = \"section\"\nregister = \"papers\"", Code::NoEffect),
        (
            "each = \"section\"",
            "each = \"register\"\nregister = \"papers\"\nperson = \"shelf\"",
            Code::UnknownReference,
        ),
        (
            "each = \"section\"",
            "each = \"register\"\nregister = \"papers\"\nsection = \"nowhere\"",
            Code::UnknownReference,
        ),
        // Rows of the whole body have a desk of the whole body.
        ("each = \"section\"", "each = \"register\"\nregister = \"boxes\"", Code::RoleWithoutPost),
        ("each = \"section\"", "each = \"everywhere\"", Code::WrongValue),
        ("each = \"section\"", "each = \"body\"", Code::RoleWithoutPost),
        ("owner = \"manager\"", "owner = \"nobody\"", Code::UnknownReference),
        ("owner = \"manager\"", "owner = \"vendor\"", Code::RoleWithoutPost),
        ("every = \"month\"", "every = \"year\"", Code::WrongValue),
        ("every = \"month\"\ntimes = 2\ndue = { business_day = 5 }", "", Code::MissingKey),
        ("every = \"month\"", "every = \"month\"\non = \"hire\"\nwithin_days = 3", Code::MissingKey),
        ("every = \"month\"", "on = \"hire\"\nwithin_days = 3", Code::NoEffect),
        ("every = \"month\"\ntimes = 2\ndue = { business_day = 5 }", "on = \"hire\"", Code::MissingKey),
        ("times = 2", "times = 0", Code::Zero),
        ("times = 2", "times = 99", Code::WrongValue),
        ("times = 2", "times = 2\nwithin_days = 3", Code::NoEffect),
        ("due = { business_day = 5 }", "due = { business_day = 30 }", Code::WrongValue),
        ("due = { business_day = 5 }", "due = { business_day = 0 }", Code::WrongValue),
        ("due = { business_day = 5 }", "due = { month = 6, day = 31 }", Code::WrongValue),
        ("due = { business_day = 5 }", "due = {}", Code::MissingKey),
        ("due = { business_day = 5 }", "due = { before_end = 3, after_end = 3 }", Code::MissingKey),
        ("due = { business_day = 5 }", "due = { someday = 3 }", Code::UnknownKey),
        ("due = { business_day = 5 }", "due = \"soon\"", Code::WrongType),
        ("waiver_by = \"system\"", "waiver_by = \"nobody\"", Code::UnknownReference),
        ("waiver_by = \"system\"", "remind_days = [0]", Code::WrongType),
        ("waiver_by = \"system\"", "remind_days = 7", Code::WrongType),
        (
            "waiver_by = \"system\"",
            "escalations = [{ after_days = 3, to = \"nobody\" }]",
            Code::UnknownReference,
        ),
        ("waiver_by = \"system\"", "escalations = [{ after_days = 0, to = \"system\" }]", Code::Zero),
        ("waiver_by = \"system\"", "confirm_by = \"manager\"", Code::OnePostTwoSteps),
        ("waiver_by = \"system\"", "waver_by = \"system\"", Code::UnknownKey),
        ("statements = [\"small/one\"]", "statements = []", Code::Uncited),
        ("statements = [\"small/one\"]", "statements = [\"small/two\"]", Code::UnknownReference),
        ("help = \"点検する。\"", "", Code::MissingKey),
    ];
    let begins = u32::try_from(SMALL.lines().count()).unwrap();
    for (old, new, code) in rows {
        assert!(DUTY.contains(old), "{old}");
        let found = findings(&Pack::resolve(&small(&DUTY.replacen(old, new, 1)), "small"));
        let problem = found.iter().find(|p| p.code == *code);
        let problem = problem.unwrap_or_else(|| panic!("{new}: {found:?}"));
        assert!(problem.line > begins, "{new}: {problem:?}");
        assert!(!problem.message.is_empty() && !problem.instead.is_empty(), "{problem:?}");
    }
    for closed in [
        "from = \"13-01\"",
        "from = \"02-30\"",
        "from = \"1-1\"",
        "until = \"01-03\"",
        "date = 2026-05-01\nfrom = \"12-29\"",
        "",
    ] {
        let text = format!("[[closed-day]]\nid = \"a\"\ntitle = \"休み\"\n{closed}\n");
        assert!(Pack::resolve(&small(&text), "small").is_err(), "{closed}");
    }
}

#[test]
fn a_duty_that_comes_too_seldom_is_pointed_out() {
    let files: Vec<SourceFile> = shipped()
        .into_iter()
        .map(|f| match f.path.as_str() {
            "base/duties.toml" => {
                SourceFile { text: f.text.replacen("every = \"quarter\"", "every = \"half\"", 1), ..f }
            }
            _ => f,
        })
        .collect();
    let found = resolved(&files, "hoshimi").warnings;
    assert!(found.iter().any(|p| p.code == Code::DutyTooRare), "{found:?}");
    let found = resolved(&shipped(), "hoshimi").warnings;
    assert!(found.iter().all(|p| p.code != Code::DutyTooRare), "{found:?}");
}

/// Every recurring or triggered statement of `base` is named by a duty, but those that other parts of the software serve whole.
#[test]
fn every_recurring_or_triggered_statement_has_its_duty() {
    const SERVED_OTHERWISE: [&str; 3] =
        ["base/class-unknown-asks", "base/first-password-changed", "base/exception-emergency"];
    let pack = resolved(&shipped(), "base").pack;
    for statement in pack.statements() {
        if matches!(statement.kind, StatementType::RecurringDuty | StatementType::TriggeredDuty) {
            let named = pack.duty_types().iter().any(|d| d.statements.contains(&statement.id));
            assert!(named != SERVED_OTHERWISE.contains(&statement.id.as_str()), "{}", statement.id);
        }
    }
}
