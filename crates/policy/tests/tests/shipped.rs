//! The packs in policies/ are right, and answer as their comments say.

use std::collections::BTreeSet;

use policy::{
    Assurance, Axis, ChannelMode, Code, ColumnType, CounterpartyAct, Derivation, DocumentKind, Facts,
    FormFieldType, Mechanism, Modality, NoticeKind, Pack, ParameterError, ParameterType, Passage, Permit,
    RegisterScope, RelationKind, RuleAction, Scope, ScopeKind, Severity, StatementType, Treatment, Urgency,
    ZoneKind,
};
use worker_protocol::{CsvFormulaPolicy, Kind, LinkPolicy, Mode};

use crate::support::{SMALL, file, resolved, shipped, text_of};

#[test]
fn nothing_is_wrong_with_them() {
    for id in ["base", "hoshimi"] {
        assert_eq!(text_of(&shipped(), id), format!("方針パック「{id}」に問題はありません。\n"));
    }
    let small = [file("small/pack.toml", SMALL)];
    assert_eq!(text_of(&small, "small"), "方針パック「small」に問題はありません。\n");
}

/// What a channel of the demo city asks: `deny`, `pass`, or the request type.
fn asked(pack: &Pack, from: &str, to: &str, levels: &[&str], personal_data: bool) -> String {
    let facts = Facts {
        levels: levels.iter().map(|l| (*l).to_owned()).collect(),
        kinds: BTreeSet::from([Kind::Docx]),
        personal_data,
    };
    let channel = pack.channel(from, to).expect("a channel for every pair");
    let (answer, statements) = match pack.passage(channel, &facts) {
        Passage::Deny { statements, why } => {
            assert!(!why.is_empty());
            ("deny".to_owned(), statements)
        }
        Passage::Pass(plan) => (plan.request.map_or("pass".to_owned(), |r| r.id.clone()), plan.statements),
    };
    assert!(!statements.is_empty(), "{from} {to}: every decision cites a statement");
    answer
}

#[test]
fn the_channels_ask_what_their_comments_say() {
    let pack = resolved(&shipped(), "hoshimi").pack;
    for (from, to, levels, personal, answer) in [
        ("internet", "lgwan", &["c1"][..], false, "pass"),
        ("internet", "lgwan", &["c1", "i2", "a2"], false, "pass"),
        ("internet", "lgwan", &["c2"], false, "transfer-in"),
        ("internet", "lgwan", &["c3"], false, "transfer-in"),
        ("internet", "lgwan", &["c1"], true, "transfer-in"),
        // No class given, or one that the pack does not have, is the highest.
        ("internet", "lgwan", &[], false, "transfer-in"),
        ("internet", "lgwan", &["i1"], false, "transfer-in"),
        ("internet", "lgwan", &["c9"], false, "transfer-in"),
        ("lgwan", "internet", &["c1"], false, "transfer-out"),
        ("lgwan", "internet", &["c2"], false, "transfer-out"),
        ("lgwan", "internet", &["c2"], true, "transfer-two-persons"),
        ("lgwan", "internet", &["c3"], false, "deny"),
        ("lgwan", "internet", &[], false, "deny"),
        ("mynumber", "lgwan", &["c3"], true, "transfer-two-persons"),
        ("lgwan", "mynumber", &["c2"], false, "transfer-two-persons"),
        ("internet", "mynumber", &["c1"], false, "deny"),
        ("mynumber", "internet", &["c1"], false, "deny"),
    ] {
        assert_eq!(asked(&pack, from, to, levels, personal), answer, "{from} → {to} {levels:?} {personal}");
    }
}

/// What cannot be rebuilt passes in the city on the manager's word; base lets none of it pass.
#[test]
fn drawings_are_inspected_in_the_city_only() {
    let (base, city) = (resolved(&shipped(), "base").pack, resolved(&shipped(), "hoshimi").pack);
    let inbound = |pack: &Pack| pack.channel("internet", "lgwan").expect("it has the channel").clone();
    let facts = |level: &str, kind| Facts {
        levels: BTreeSet::from([level.to_owned()]),
        kinds: BTreeSet::from([kind]),
        personal_data: false,
    };
    let unchanged = [Kind::Ichitaro, Kind::Hanako, Kind::DocuWorks, Kind::Jww, Kind::Dwg];
    let modes = city.file_policy(&inbound(&city), &facts("c1", Kind::Jww)).modes;
    for kind in Kind::ALL {
        let expected = inbound(&city).kinds.contains(kind).then_some(match unchanged.contains(kind) {
            true => Mode::InspectOnly,
            false => Mode::Rebuild,
        });
        assert_eq!(modes.get(kind).copied(), expected, "{}", kind.id());
        assert!(!unchanged.contains(kind) || !inbound(&base).kinds.contains(kind), "{}", kind.id());
    }
    assert!(
        base.channels().iter().all(|c| !c.rules.iter().any(|r| r.treatment == Some(Treatment::InspectOnly)))
    );
    for (level, request) in [("c1", "inspect-in"), ("c2", "transfer-in")] {
        let channel = inbound(&city);
        let Passage::Pass(plan) = city.passage(&channel, &facts(level, Kind::Jww)) else { panic!("{level}") };
        let step = &plan.request.expect("somebody decides").steps[0];
        assert_eq!(plan.request.map(|r| r.id.as_str()), Some(request));
        assert_eq!(
            (step.approver.as_str(), plan.request.map(|r| r.steps.len())),
            ("security-manager", Some(1))
        );
    }
}

/// How the small pack treats files when its rule treats instead of approving.
#[test]
fn a_rule_treats_files_by_kind_and_class() {
    let treats = |channel_mode: &str, rule: &str| {
        let text = SMALL.replacen("mode = \"sanitise\"", channel_mode, 1).replacen(
            "action = \"approve\"\nrequest = \"ask\"",
            rule,
            1,
        );
        resolved(&[file("small/pack.toml", &text)], "small").pack
    };
    let strict = "kinds = [\"pdf\"]\naction = \"treat\"\ntreatment = \"strict\"";
    let inspected = "kinds = [\"pdf\"]\naction = \"treat\"\ntreatment = \"inspect-only\"\nrequest = \"ask\"";
    let inspect_channel = "mode = \"inspect\"\nrequest = \"ask\"";
    // Channel, rule, level, what becomes of docx and pdf, and whether a PDF needs somebody's word.
    let rows: [(&str, &str, &str, [Mode; 2], bool); 5] = [
        ("mode = \"sanitise\"", strict, "c1", [Mode::Rebuild, Mode::Rebuild], false),
        ("mode = \"sanitise\"", strict, "c2", [Mode::Rebuild, Mode::Strict], false),
        ("mode = \"sanitise\"", inspected, "c2", [Mode::Rebuild, Mode::InspectOnly], true),
        (inspect_channel, strict, "c1", [Mode::InspectOnly, Mode::InspectOnly], true),
        (inspect_channel, strict, "c2", [Mode::InspectOnly, Mode::Strict], true),
    ];
    for (channel_mode, rule, level, modes, needs_word) in rows {
        let pack = treats(channel_mode, rule);
        let channel = pack.channel("outer", "inner").expect("it has the channel");
        let facts = Facts {
            levels: BTreeSet::from([level.to_owned()]),
            kinds: BTreeSet::from([Kind::Pdf]),
            personal_data: false,
        };
        let told = pack.file_policy(channel, &facts);
        let expected = [(Kind::Docx, modes[0]), (Kind::Pdf, modes[1])];
        assert_eq!(told.modes.into_iter().collect::<Vec<_>>(), expected, "{channel_mode} {rule} {level}");
        let asked = matches!(pack.passage(channel, &facts), Passage::Pass(plan) if plan.request.is_some());
        assert_eq!(asked, needs_word, "{channel_mode} {rule} {level}");
    }
}

#[test]
fn a_mark_is_what_the_levels_say() {
    let pack = resolved(&shipped(), "base").pack;
    let mark = |levels: &[&str]| {
        let levels = levels.iter().map(|l| (*l).to_owned()).collect();
        pack.mark(&Facts { levels, ..Facts::default() })
    };
    assert_eq!(mark(&["c1"]), None, "nothing is put on what anybody may read");
    assert_eq!(
        mark(&["c2"]).map(|m| (m.label, m.levels)),
        Some(("機密性2".to_owned(), vec!["c2".to_owned()]))
    );
    assert_eq!(mark(&["i2", "c3"]).map(|m| m.label), Some("機密性3・完全性2".to_owned()));
}

#[test]
fn the_city_is_base_with_its_own_words() {
    let base = resolved(&shipped(), "base").pack;
    let city = resolved(&shipped(), "hoshimi").pack;
    let labels: Vec<&str> = city.zones().iter().map(|z| z.label.as_str()).collect();
    assert_eq!(labels, ["インターネット系(公開系)", "LGWAN系(内部情報系)", "個人番号系(基幹系)"]);
    assert_eq!(city.zone("mynumber").map(|z| z.kind), Some(ZoneKind::MyNumber));
    assert_eq!(base.channel("internet", "lgwan").map(|c| c.links), Some(LinkPolicy::Keep));
    let inbound = city.channel("internet", "lgwan").expect("it has the channel");
    let told = city.file_policy(inbound, &Facts::default());
    assert_eq!((told.links, told.csv_formulas), (LinkPolicy::Remove, CsvFormulaPolicy::Neutralise));
    assert_eq!(inbound.mode, ChannelMode::Sanitise);
    assert_eq!(inbound.senders, ["staff"], "keys that were not overridden stay");
    assert_eq!(city.sections().len(), 6);
    assert_eq!(city.municipality().map(|m| m.code.as_str()), Some("992011"));
    assert_eq!(city.statements().len(), base.statements().len() + 5);
    assert_eq!(city.layers().iter().map(|l| l.id.as_str()).collect::<Vec<_>>(), ["base", "hoshimi"]);
    let titles: Vec<&str> = city.roles_of("it-manager").map(|r| r.title.as_str()).collect();
    assert_eq!(titles, ["情報システム管理者", "職員"]);
    let step = &city.request("transfer-two-persons").expect("it has the request type").steps[1];
    let deciding: Vec<&str> = city.posts_deciding(step).map(|p| p.title.as_str()).collect();
    assert_eq!(deciding, ["デジタル推進課長"]);
    assert_eq!(
        city.levels_of(Axis::Confidentiality).map(|l| l.id.as_str()).collect::<Vec<_>>(),
        ["c1", "c2", "c3"]
    );
}

#[test]
fn values_are_typed_and_unset_ones_say_so() {
    let base = resolved(&shipped(), "base").pack;
    let city = resolved(&shipped(), "hoshimi").pack;
    assert_eq!(city.days("originals-retention"), Ok(14));
    assert_eq!(city.minutes("session-idle"), Ok(30));
    assert_eq!(city.words("zone-exceptions"), Ok("なし"));
    assert_eq!(
        city.hours("originals-retention"),
        Err(ParameterError::OtherType {
            id: "originals-retention".to_owned(),
            is: ParameterType::Days,
            asked: ParameterType::Hours
        })
    );
    assert_eq!(city.days("nothing"), Err(ParameterError::Unknown { id: "nothing".to_owned() }));
    assert_eq!(
        base.days("originals-retention"),
        Err(ParameterError::Unset { id: "originals-retention".to_owned() })
    );
    // base leaves every value to the body; the city has set every one and says who decided.
    assert!(base.parameters().iter().all(|p| p.value.is_none()));
    assert!(city.parameters().iter().all(|p| p.value.is_some() && p.decided.is_some()));
    assert_eq!(city.retention().originals_days.value, Some(14));
    assert!(city.requests().iter().flat_map(|r| &r.steps).all(|s| s.deadline_hours.value == Some(24)));
}

#[test]
fn every_mechanism_that_ships_serves_a_statement() {
    let pack = resolved(&shipped(), "hoshimi").pack;
    for (id, mechanism) in Mechanism::WORDS {
        assert_eq!(Mechanism::from_id(id), Some(*mechanism));
        assert!(!mechanism.ships() || pack.served_by(*mechanism).next().is_some(), "{id} serves nothing");
    }
    for clause in pack.clauses() {
        assert!(pack.statements_of(&clause.id).next().is_some(), "{} is empty", clause.id);
    }
}

#[test]
fn what_is_shown_is_the_same_pack() {
    let small = [file("small/pack.toml", SMALL)];
    for (files, id) in [(&shipped()[..], "base"), (&shipped(), "hoshimi"), (&small, "small")] {
        let first = resolved(files, id);
        let shown = first.show();
        let again = resolved(&[file(&format!("{id}/pack.toml"), &shown)], id);
        assert_eq!(facts(&again.pack), facts(&first.pack), "{id}");
    }
}

/// Everything about a pack but where it was written and the layers it came from.
fn facts(pack: &Pack) -> String {
    let text = format!(
        "{:?}",
        (
            (pack.title(), pack.version(), pack.effective_from(), pack.municipality()),
            (
                pack.documents(),
                pack.makers(),
                pack.revisions(),
                pack.scope(),
                pack.terms(),
                pack.annotations()
            ),
            (pack.clauses(), pack.statements(), pack.parameters(), pack.roles(), pack.departments()),
            (pack.sections(), pack.posts(), pack.levels(), pack.zones(), pack.requests(), pack.channels()),
            (pack.registers(), pack.classifiers()),
            (pack.duty_types(), pack.closed_days()),
            (pack.notice_rules(), pack.notice_hours()),
            pack.retention(),
        )
    );
    // Origins print as `Origin { … }` without inner braces.
    let mut rest = text.as_str();
    let mut kept = String::new();
    while let Some((before, after)) = rest.split_once("Origin {") {
        kept.push_str(before);
        rest = after.split_once('}').map_or("", |(_, after)| after);
    }
    kept + rest
}

#[test]
fn what_is_shown_says_where_it_is_from() {
    let shown = resolved(&shipped(), "hoshimi").show();
    for line in [
        "[[zone]]  # base/zones.toml:5、上書き hoshimi/zones.toml:4",
        "label = \"インターネット系(公開系)\"  # hoshimi/zones.toml:7",
        "[[clause]]  # hoshimi/clauses.toml:5",
    ] {
        assert!(shown.lines().any(|l| l == line), "{line}\n{shown}");
    }
    assert!(resolved(&shipped(), "base").show().contains("# value は定められていません"));
}

/// The manual names every word that a pack may use from a closed list, and every code a check may print.
#[test]
fn the_manual_is_complete() {
    let manual = include_str!("../../../../docs/format-pack.md");
    fn ids<T>(words: &'static [(&'static str, T)]) -> Vec<&'static str> {
        words.iter().map(|(id, _)| *id).collect()
    }
    let words = [
        ids(Mechanism::WORDS),
        ids(NoticeKind::WORDS),
        ids(Urgency::WORDS),
        ids(DocumentKind::WORDS),
        ids(ScopeKind::WORDS),
        ids(StatementType::WORDS),
        ids(CounterpartyAct::WORDS),
        ids(RelationKind::WORDS),
        ids(Modality::WORDS),
        ids(Assurance::WORDS),
        ids(ParameterType::WORDS),
        ids(Scope::WORDS),
        ids(Axis::WORDS),
        ids(ZoneKind::WORDS),
        ids(ChannelMode::WORDS),
        ids(RuleAction::WORDS),
        ids(Permit::WORDS),
        ids(FormFieldType::WORDS),
        ids(RegisterScope::WORDS),
        ids(ColumnType::WORDS),
        ids(Derivation::WORDS),
        ids(policy::DutyEach::WORDS),
        ids(policy::Every::WORDS),
        ids(policy::DutyTrigger::WORDS),
        ids(policy::DayCount::WORDS),
        Kind::ALL.iter().map(|k| k.id()).collect(),
        Code::ALL.iter().map(|c| c.id()).collect(),
    ]
    .concat();
    for word in words {
        assert!(manual.contains(&format!("`{word}`")), "docs/format-pack.md does not name {word}");
    }
    for code in Code::ALL {
        let severity = if code.severity() == Severity::Error { "error" } else { "warning" };
        assert!(manual.contains(&format!("| `{}` | {severity} |", code.id())), "{}", code.id());
    }
}

/// Sources name analysed statements; the list of those is not part of the repository.
#[test]
#[expect(
    clippy::disallowed_methods,
    reason = "where the list of analysed statements lies is said by the tester"
)]
fn sources_exist() {
    let Some(shared) = std::env::var_os("SEKISHO_SHARED") else {
        eprintln!("skipped: SEKISHO_SHARED is not set");
        return;
    };
    let list = std::fs::read_to_string(std::path::Path::new(&shared).join("clauses.tsv")).unwrap();
    let known: BTreeSet<&str> = list.lines().skip(1).filter_map(|l| l.split('\t').next()).collect();
    let pack = resolved(&shipped(), "hoshimi").pack;
    let mut sources = 0;
    for statement in pack.statements() {
        for source in &statement.sources {
            assert!(known.contains(source.as_str()), "{}: no statement {source}", statement.id);
            sources += 1;
        }
    }
    assert!(sources > 30, "only {sources} sources were compared");
}
