//! Routes that can be walked to their end, and what requests bring about in registers: what is read, and what is said about
//! definitions that could never work.

use policy::{Code, Effect, EffectAt, FormFieldType, Pack, Severity, SourceFile, Taken};

use crate::support::{SMALL, file, findings, resolved, shipped};

/// Everything that a form and its route can say, once.
const FORM: &str = r#"
[[role]]
id = "mayor"
title = "長"
city_wide = true

[[role]]
id = "treasurer"
title = "会計"
city_wide = true

[[post]]
id = "mayor"
title = "町長"
roles = ["mayor"]
scope = "city"

[[post]]
id = "treasurer"
title = "会計管理者"
roles = ["treasurer"]
scope = "city"

[[request]]
id = "lend"
title = "貸出し"
description = "文書を借りる"
permit = "period"
period = { from = "from", until = "until", return = true }
statements = ["small/one"]
effects = [
    { do = "set-column", row = "paper", column = "shelf", value = "東" },
    { do = "set-column", row = "paper", column = "sheets", field = "count", at = "return" },
    { do = "add-row", register = "boxes", columns = { name = "what", papers = "paper" }, only_when = { field = "kind", is = "箱" } },
    { do = "end-row", row = "paper", at = "return", only_when = { field = "kind", is = "束" } },
]

[[request.field]]
id = "what"
title = "名前"
type = "text"
required = true

[[request.field]]
id = "kind"
title = "形"
type = "choice"
choices = ["箱", "束"]
required = true

[[request.field]]
id = "paper"
title = "文書"
type = "row"
register = "papers"

[[request.field]]
id = "count"
title = "枚数"
type = "number"

[[request.field]]
id = "from"
title = "初日"
type = "date"
required = true

[[request.field]]
id = "until"
title = "終わり"
type = "date"
required = true

[[request.step]]
id = "head"
title = "課長"
approver = "manager"
scope = "section"
deadline_hours = 24
parallel = "both"

[[request.step]]
id = "treasurer"
title = "会計"
approver = "treasurer"
scope = "city"
deadline_hours = 24
parallel = "both"
remind_days = [1, 3]
escalations = [{ after_days = 4, to = "mayor" }]

[[request.step]]
id = "mayor"
title = "町長"
approver = "mayor"
scope = "city"
deadline_hours = 24
only_when = { field = "kind", is = "箱" }
"#;

fn small(form: &str) -> Vec<SourceFile> {
    vec![file("small/pack.toml", SMALL), file("small/lend.toml", &format!("format = 1\n{form}"))]
}

fn with(old: &str, new: &str) -> Vec<SourceFile> {
    assert!(FORM.contains(old), "{old}");
    small(&FORM.replacen(old, new, 1))
}

#[test]
fn a_form_with_rows_groups_and_escalations_is_read() {
    let resolved = resolved(&small(FORM), "small");
    assert!(resolved.warnings.iter().all(|p| p.file != "small/lend.toml"), "{:?}", resolved.warnings);
    let form = resolved.pack.request("lend").unwrap();
    let paper = form.field("paper").unwrap();
    assert_eq!((paper.kind, paper.register.as_deref()), (FormFieldType::Row, Some("papers")));
    let [head, treasurer, mayor] = &form.steps[..] else { panic!("{:?}", form.steps) };
    assert_eq!((head.parallel.as_deref(), mayor.parallel.as_deref()), (Some("both"), None));
    assert!(head.remind_days.is_empty(), "nothing is said about when to remind");
    assert_eq!(treasurer.remind_days, [3, 1]);
    let escalation = &treasurer.escalations[0];
    assert_eq!((escalation.after_days, escalation.to.as_str()), (4, "mayor"));
    let at: Vec<_> = form.effects.iter().map(Effect::on_registers).collect();
    let (now, back) = (Some(EffectAt::Approval), Some(EffectAt::Return));
    assert_eq!(at, [now, back, now, back]);
    let Effect::AddRow { columns, .. } = &form.effects[2] else { panic!("{:?}", form.effects) };
    assert_eq!(columns[0], ("name".to_owned(), Taken::Field("what".to_owned())));
    assert!(resolved.pack.deciding_roles().contains("mayor"), "whom it is escalated to decides too");
}

#[test]
fn what_could_never_work_is_told_with_its_place() {
    let rows: &[(&str, &str, Code)] = &[
        // Rows and what comes of them.
        (
            "register = \"papers\"\n\n[[request.field]]\nid = \"count\"",
            "\n[[request.field]]\nid = \"count\"",
            Code::MissingKey,
        ),
        ("register = \"papers\"", "register = \"papres\"", Code::UnknownReference),
        ("type = \"number\"", "type = \"number\"\nregister = \"papers\"", Code::NoEffect),
        ("row = \"paper\", column = \"shelf\"", "row = \"count\", column = \"shelf\"", Code::WrongValue),
        ("row = \"paper\", column = \"shelf\"", "row = \"box\", column = \"shelf\"", Code::UnknownReference),
        ("column = \"shelf\"", "column = \"shelves\"", Code::UnknownReference),
        ("column = \"shelf\", value = \"東\"", "column = \"rules\", value = \"東\"", Code::WrongValue),
        ("value = \"東\"", "value = \"南\"", Code::WrongValue),
        ("value = \"東\"", "value = 3", Code::WrongType),
        ("value = \"東\"", "value = \"東\", field = \"what\"", Code::MissingKey),
        (", value = \"東\"", "", Code::MissingKey),
        ("column = \"shelf\", value = \"東\"", "column = \"name\", value = \"\"", Code::WrongValue),
        ("field = \"count\"", "field = \"from\"", Code::WrongValue),
        ("field = \"count\"", "field = \"number\"", Code::UnknownReference),
        ("return = true", "return = false", Code::WrongValue),
        ("at = \"return\"", "at = \"once\"", Code::WrongValue),
        ("register = \"boxes\"", "register = \"bags\"", Code::UnknownReference),
        (
            "columns = { name = \"what\", papers = \"paper\" }",
            "columns = { papers = \"paper\" }",
            Code::WrongValue,
        ),
        ("name = \"what\"", "name = \"whatever\"", Code::UnknownReference),
        ("name = \"what\"", "name = { values = \"箱\" }", Code::WrongType),
        ("name = \"what\"", "name = 3", Code::WrongType),
        ("papers = \"paper\" }", "sheets = \"count\" }", Code::UnknownReference),
        ("papers = \"paper\" }", "papers = \"count\" }", Code::WrongValue),
        ("do = \"end-row\", row = \"paper\"", "do = \"end-row\", rows = \"paper\"", Code::UnknownKey),
        (
            "only_when = { field = \"kind\", is = \"束\" }",
            "only_when = { field = \"kind\", is = \"袋\" }",
            Code::WrongValue,
        ),
        (
            "id = \"what\"\ntitle = \"名前\"\ntype = \"text\"\nrequired = true",
            "id = \"what\"\ntitle = \"名前\"\ntype = \"text\"",
            Code::WrongValue,
        ),
        // Steps side by side, and what time brings.
        ("parallel = \"both\"\nremind_days", "remind_days", Code::NoEffect),
        (
            "id = \"mayor\"\ntitle = \"町長\"\napprover = \"mayor\"\nscope = \"city\"\ndeadline_hours = 24",
            "id = \"mayor\"\ntitle = \"町長\"\napprover = \"mayor\"\nscope = \"city\"\ndeadline_hours = 24\nparallel = \"both\"\n[[request.step]]\nid = \"between\"\ntitle = \"間\"\napprover = \"manager\"\nscope = \"section\"\ndeadline_hours = 24\n[[request.step]]\nid = \"last\"\ntitle = \"後\"\napprover = \"manager\"\nscope = \"section\"\ndeadline_hours = 24\nparallel = \"both\"",
            Code::WrongValue,
        ),
        ("to = \"mayor\"", "to = \"major\"", Code::UnknownReference),
        ("to = \"mayor\"", "to = \"vendor\"", Code::RoleWithoutPost),
        ("to = \"mayor\"", "to = \"treasurer\"", Code::NoEffect),
        ("after_days = 4", "after_days = 0", Code::Zero),
        ("remind_days = [1, 3]", "remind_days = [0]", Code::WrongType),
        // Routes without an end.
        ("approver = \"treasurer\"", "approver = \"mayor\"", Code::RouteWithoutEnd),
        (
            "approver = \"treasurer\"\nscope = \"city\"",
            "approver = \"treasurer\"\nscope = \"city\"\npersons = 2",
            Code::RouteWithoutEnd,
        ),
        ("approver = \"manager\"", "approver = \"vendor\"", Code::RoleWithoutPost),
    ];
    for (old, new, code) in rows {
        let found = findings(&Pack::resolve(&with(old, new), "small"));
        let problem = found.iter().find(|p| p.code == *code && p.file == "small/lend.toml");
        let problem = problem.unwrap_or_else(|| panic!("{new}: {found:#?}"));
        assert!(!problem.message.is_empty() && !problem.instead.is_empty(), "{problem:?}");
    }
}

/// Fields, the conditions of the steps, and whether every answer leads to one.
type Row = (String, &'static [(&'static str, &'static str)], bool);

/// Whether some answers lead through a route without anybody deciding.
#[test]
fn every_answer_leads_to_somebody_who_decides() {
    let form = |fields: &str, steps: &[(&str, &str)]| {
        let steps: String = steps
            .iter()
            .enumerate()
            .map(|(n, (field, is))| {
                format!(
                    "[[request.step]]\nid = \"s{n}\"\ntitle = \"{n}\"\napprover = \"manager\"\nscope = \"section\"\n\
                     deadline_hours = 24\nonly_when = {{ field = \"{field}\", is = \"{is}\" }}\n"
                )
            })
            .collect();
        small(&format!(
            "[[request]]\nid = \"ways\"\ntitle = \"道\"\ndescription = \"道\"\npermit = \"none\"\n\
             statements = [\"small/one\"]\n{fields}{steps}"
        ))
    };
    let choice =
        "[[request.field]]\nid = \"a\"\ntitle = \"甲\"\ntype = \"choice\"\nchoices = [\"1\", \"2\"]\n";
    let required = format!("{choice}required = true\n");
    let shown = |is: &str| {
        format!(
            "{required}[[request.field]]\nid = \"b\"\ntitle = \"乙\"\ntype = \"bool\"\n\
             shown_when = {{ field = \"a\", is = \"{is}\" }}\n"
        )
    };
    let tick = "[[request.field]]\nid = \"a\"\ntitle = \"甲\"\ntype = \"bool\"\n";
    let rows: [Row; 8] = [
        (required.clone(), &[("a", "1"), ("a", "2")], true),
        (required.clone(), &[("a", "1")], false),
        // Whoever answers nothing would be decided by nobody.
        (choice.to_owned(), &[("a", "1"), ("a", "2")], false),
        (tick.to_owned(), &[("a", "true")], false),
        (tick.to_owned(), &[("a", "true"), ("a", "false")], true),
        // A tick that must be set is always set.
        (format!("{tick}required = true\n"), &[("a", "true")], true),
        (shown("1"), &[("a", "2"), ("b", "true"), ("b", "false")], true),
        (shown("2"), &[("a", "2"), ("b", "true"), ("b", "false")], false),
    ];
    for (number, (fields, steps, ends)) in rows.iter().enumerate() {
        let found = findings(&Pack::resolve(&form(fields, steps), "small"));
        let missing = found.iter().any(|p| p.code == Code::RouteMissing && p.severity == Severity::Error);
        assert_eq!(missing, !ends, "row {number}: {found:#?}");
    }
}

/// Exclusive ways may need the same person: he decides one of them.
#[test]
fn one_person_may_decide_two_steps_that_never_meet() {
    let apart = FORM
        .replacen("approver = \"treasurer\"", "approver = \"mayor\"", 1)
        .replacen("remind_days = [1, 3]", "only_when = { field = \"kind\", is = \"束\" }", 1)
        .replacen("escalations = [{ after_days = 4, to = \"mayor\" }]", "", 1);
    let found = findings(&Pack::resolve(&small(&apart), "small"));
    assert!(found.iter().all(|p| p.code != Code::RouteWithoutEnd), "{found:#?}");
}

#[test]
fn the_shipped_forms_meet_registers() {
    let pack = resolved(&shipped(), "base").pack;
    let with_rows: Vec<&str> = pack
        .requests()
        .iter()
        .filter(|r| r.fields.iter().any(|f| f.kind == FormFieldType::Row))
        .map(|r| r.id.as_str())
        .collect();
    for id in ["take-out", "repair", "disposal-equipment", "hardware", "area-entry", "sns-account"] {
        assert!(with_rows.contains(&id), "{id} names no row");
    }
    let added: Vec<&str> = pack
        .requests()
        .iter()
        .flat_map(|r| &r.effects)
        .filter_map(|e| match e {
            Effect::AddRow { register, .. } => Some(register.as_str()),
            _ => None,
        })
        .collect();
    for register in ["software", "connections", "services", "sns"] {
        assert!(added.contains(&register), "nothing is added to {register}");
    }
}
