//! Rules of notices: what may be written, which of them applies, and everything that is said about what may not.

use policy::{Code, NoticeHours, NoticeKind, Pack, SourceFile, Urgency, Urgency::*};

use crate::support::{SMALL, file, findings, resolved, shipped};

const NOTICE: &str = r#"
[notices]
digest_hour = 9
domains = ["city.example"]

[[notice]]
id = "all"
kind = "decide"
title = "承認待ち"
wording = "見てください。"
urgency = "digest"

[[notice]]
id = "system"
kind = "decide"
title = "承認待ち"
urgency = "at-once"
binding = true
roles = ["system"]

[[notice]]
id = "ending"
kind = "permit-ending"
title = "まもなく終わり"
urgency = "digest"
remind_days = [1, 7]
"#;

fn small(notices: &str) -> Vec<SourceFile> {
    vec![file("small/pack.toml", &format!("{SMALL}{notices}"))]
}

#[test]
fn the_rule_of_a_role_goes_before_that_of_everybody() {
    let pack = resolved(&small(NOTICE), "small").pack;
    let urgency = |kind, role| pack.notice_rule(kind, role).map(|r| r.urgency);
    assert_eq!(urgency(NoticeKind::Decide, Some("system")), Some(AtOnce));
    assert_eq!(urgency(NoticeKind::Decide, Some("manager")), Some(Digest));
    assert_eq!(urgency(NoticeKind::Decide, None), Some(Digest));
    assert_eq!(urgency(NoticeKind::Review, None), None);
    assert_eq!(pack.notice_rule(NoticeKind::PermitEnding, None).unwrap().remind_days, [7, 1]);
    assert_eq!(pack.notice_hours().digest_hour, 9);
    assert!(pack.notice_hours().may_mail("x@city.example"));
    assert_eq!(*resolved(&small(""), "small").pack.notice_hours(), NoticeHours::default());
}

#[test]
fn base_has_a_rule_for_every_kind_and_the_city_writes_to_its_own_domain() {
    for id in ["base", "hoshimi"] {
        let pack = resolved(&shipped(), id).pack;
        for (word, kind) in NoticeKind::WORDS {
            let role = pack.notice_rules().iter().find(|r| r.kind == *kind).and_then(|r| r.roles.first());
            assert!(pack.notice_rule(*kind, role.map(String::as_str)).is_some(), "{word}");
        }
        assert_eq!(pack.notice_hours().domains.is_empty(), id == "base");
    }
}

#[test]
fn what_is_wrong_is_told_with_its_place() {
    let rows: &[(&str, &str, Code)] = &[
        ("kind = \"permit-ending\"", "kind = \"someday\"", Code::WrongValue),
        ("kind = \"permit-ending\"", "kind = \"review\"", Code::NoEffect),
        ("kind = \"permit-ending\"", "kind = \"section-late\"", Code::MissingKey),
        ("urgency = \"at-once\"", "urgency = \"soon\"", Code::WrongValue),
        ("urgency = \"at-once\"", "", Code::MissingKey),
        ("urgency = \"at-once\"", "urgency = \"screen-only\"", Code::NoEffect),
        ("roles = [\"system\"]", "roles = [\"nobody\"]", Code::UnknownReference),
        ("roles = [\"system\"]", "roles = [\"vendor\"]", Code::RoleUnheld),
        ("roles = [\"system\"]", "", Code::NotDistinct),
        ("id = \"ending\"", "id = \"ending\"\nroles = [\"system\"]", Code::NoEffect),
        ("title = \"まもなく終わり\"", "title = \"まもなく\\n終わり\"", Code::WrongValue),
        ("title = \"まもなく終わり\"\n", "", Code::MissingKey),
        ("remind_days = [1, 7]", "remind_days = 7", Code::WrongType),
        ("remind_days = [1, 7]", "remind_days = [0]", Code::WrongType),
        ("digest_hour = 9", "digest_hour = 24", Code::WrongValue),
        ("digest_hour = 9", "digest_hour = 22", Code::WrongValue),
        ("digest_hour = 9", "digest_hours = 9", Code::UnknownKey),
        ("digest_hour = 9", "unnamed = [\"nothing\"]", Code::UnknownReference),
        ("digest_hour = 9", "keep_days = 0", Code::Zero),
        ("domains = [\"city.example\"]", "domains = [\"@city.example\"]", Code::WrongValue),
        ("domains = [\"city.example\"]", "domains = [\"City.example\"]", Code::WrongValue),
        ("domains = [\"city.example\"]", "by_login = true", Code::NoEffect),
    ];
    for (from, to, code) in rows {
        assert!(NOTICE.contains(from), "{from}");
        let found = findings(&Pack::resolve(&small(&NOTICE.replacen(from, to, 1)), "small"));
        let problem = found.iter().find(|p| p.code == *code);
        let problem = problem.unwrap_or_else(|| panic!("{from} → {to}: {found:#?}"));
        assert!(problem.line > 1 && !problem.instead.is_empty(), "{problem:?}");
    }
}

#[test]
fn a_layer_above_changes_single_keys() {
    let mut files = shipped();
    files.push(file(
        "hoshimi/more.toml",
        "format = 1\n[[notice]]\nid = \"decide\"\noverride = true\nurgency = \"screen-only\"\n",
    ));
    let pack = resolved(&files, "hoshimi").pack;
    let rule = pack.notice_rule(NoticeKind::Decide, None).unwrap();
    assert_eq!((rule.urgency, rule.title.as_str()), (Urgency::ScreenOnly, "承認待ち"));
    assert_eq!(pack.notice_hours().digest_hour, 8);
}
