//! What of each kind of item is compared, as words.
//!
//! Owns: the list of keys for each kind. Leaves to others: pairing and comparing (`diff`).

use crate::coverage::Titled;
use crate::model::{ClosedDays, DueRule, Leads, Occurs, Pack, Readers, RelationKind, Setting, Statement};
use crate::wareki;

/// Keys in a fixed order, each with its value or none.
pub(super) type Keys = Vec<(&'static str, Option<String>)>;

fn titled(id: &str, title: &str) -> Titled {
    Titled { id: id.to_owned(), title: title.to_owned() }
}

fn some(text: &str) -> Option<String> {
    Some(text.to_owned())
}

fn joined<'s>(parts: impl IntoIterator<Item = &'s str>) -> Option<String> {
    Some(parts.into_iter().collect::<Vec<_>>().join("、")).filter(|all| !all.is_empty())
}

fn ids(list: &[String]) -> Option<String> {
    joined(list.iter().map(String::as_str))
}

fn flag(is: bool) -> Option<String> {
    some(if is { "有" } else { "無" })
}

fn setting(pack: &Pack, s: &Setting) -> Option<String> {
    s.value.map(|n| n.to_string()).or_else(|| {
        let id = s.parameter.as_ref()?;
        Some(pack.parameter(id).map_or_else(|| id.clone(), |p| format!("{}(未定)", p.title)))
    })
}

/// Of two versions everything is compared; between two texts only what they ask for, because their words, numbers and
/// names differ anyway. Where a relation says that they ask for the same, the gist is only another wording.
pub(super) fn statement(pack: &Pack, s: &Statement, relation: Option<RelationKind>) -> Keys {
    let mut keys: Keys = vec![
        ("modality", some(s.modality.title_ja())),
        ("roles", joined(s.roles.iter().map(|r| pack.role_title(r)))),
        ("type", some(s.kind.title_ja())),
        ("assurance", some(s.assurance.title_ja())),
        ("trigger", s.trigger.clone()),
    ];
    if relation != Some(RelationKind::Same) {
        keys.push(("gist_ja", some(&s.gist_ja)));
    }
    let others: Vec<String> = s
        .counterparties
        .iter()
        .map(|c| {
            let roles: Vec<&str> = c.roles.iter().map(|r| pack.role_title(r)).collect();
            format!("{}が{}", roles.join("・"), c.act.title_ja())
        })
        .collect();
    keys.push(("counterparty", ids(&others)));
    if relation.is_none() {
        keys.extend([
            ("clause", some(&s.clause)),
            ("label", some(&s.label)),
            ("ascii", some(&s.ascii)),
            ("title", s.title.clone()),
            ("gist_en", some(&s.gist_en)),
            ("evidence", s.evidence.clone()),
            ("capability", some(&s.capability)),
            ("parameters", ids(&s.parameters)),
            ("mechanisms", joined(s.mechanisms.iter().map(|m| m.title_ja()))),
            ("acts", ids(&s.acts)),
            ("sources", ids(&s.sources)),
            ("note", s.note.clone()),
            (
                "relations",
                joined(
                    s.relations
                        .iter()
                        .map(|r| format!("{} {}", r.kind.title_ja(), r.to))
                        .collect::<Vec<_>>()
                        .iter()
                        .map(String::as_str),
                ),
            ),
        ]);
    }
    keys
}

pub(super) fn parameters(pack: &Pack) -> Vec<(Titled, Keys)> {
    let one = |p: &crate::model::Parameter| {
        let keys: Keys = vec![
            ("title", some(&p.title)),
            ("type", some(p.kind.title_ja())),
            ("value", p.value.as_ref().map(ToString::to_string)),
            ("min", p.min.map(|n| n.to_string())),
            ("max", p.max.map(|n| n.to_string())),
            ("choices", ids(&p.choices)),
            ("suggested", p.suggested.as_ref().map(ToString::to_string)),
            ("decided", p.decided.clone()),
        ];
        (titled(&p.id, &p.title), keys)
    };
    pack.parameters.iter().map(one).collect()
}

pub(super) fn zones(pack: &Pack) -> Vec<(Titled, Keys)> {
    let one = |z: &crate::model::Zone| {
        let keys: Keys = vec![
            ("label", some(&z.label)),
            ("short", some(&z.short)),
            ("kind", some(z.kind.title_ja())),
            ("description", some(&z.description)),
            ("order", some(&z.order.to_string())),
            ("second_factor", flag(z.second_factor)),
        ];
        (titled(&z.id, &z.label), keys)
    };
    pack.zones.iter().map(one).collect()
}

pub(super) fn channels(pack: &Pack) -> Vec<(Titled, Keys)> {
    let zone = |id: &str| pack.zone(id).map_or_else(|| id.to_owned(), |z| z.label.clone());
    let one = |c: &crate::model::Channel| {
        let rules: Vec<String> = c
            .rules
            .iter()
            .map(|r| {
                let then = r.request.as_deref().or(r.treatment.map(|t| t.title_ja())).unwrap_or_default();
                format!("{}({}{then})", r.title, r.action.title_ja())
            })
            .collect();
        let keys: Keys = vec![
            ("mode", some(c.mode.title_ja())),
            ("notice", some(&c.notice)),
            ("senders", joined(c.senders.iter().map(|r| pack.role_title(r)))),
            ("kinds", joined(c.kinds.iter().map(|k| k.id()))),
            ("request", c.request.clone()),
            ("rule", ids(&rules)),
            ("file_bytes_max", setting(pack, &c.file_bytes_max)),
            ("files_max", setting(pack, &c.files_max)),
        ];
        (titled(&c.id, &format!("{} → {}", zone(&c.from), zone(&c.to))), keys)
    };
    pack.channels.iter().map(one).collect()
}

pub(super) fn requests(pack: &Pack) -> Vec<(Titled, Keys)> {
    let one = |r: &crate::model::RequestType| {
        let steps: Vec<String> = r
            .steps
            .iter()
            .map(|s| {
                let hours = setting(pack, &s.deadline_hours).unwrap_or_default();
                let group = s.parallel.as_ref().map(|g| format!("、合議 {g}")).unwrap_or_default();
                let later = s
                    .escalations
                    .iter()
                    .map(|e| format!("、{}日過ぎたら{}も", e.after_days, pack.role_title(&e.to)));
                let later: String = later.collect();
                format!("{}({}、{hours}時間{group}{later})", s.title, pack.role_title(&s.approver))
            })
            .collect();
        let fields: Vec<&str> = r.fields.iter().map(|f| f.title.as_str()).collect();
        let keys: Keys = vec![
            ("title", some(&r.title)),
            ("description", some(&r.description)),
            ("field", joined(fields)),
            ("step", ids(&steps)),
            ("permit", some(r.permit.title_ja())),
            (
                "hand_over",
                r.period.as_ref().map(|p| if p.hand_over { "引き継げる" } else { "本人限り" }.to_owned()),
            ),
            ("effects", joined(r.effects.iter().map(|e| e.kind().title_ja()))),
            ("attachments", some(r.attachments.title_ja())),
        ];
        (titled(&r.id, &r.title), keys)
    };
    pack.requests.iter().map(one).collect()
}

pub(super) fn registers(pack: &Pack) -> Vec<(Titled, Keys)> {
    let one = |r: &crate::model::Register| {
        let columns: Vec<String> = r
            .columns
            .iter()
            .map(|c| {
                let derived =
                    c.derived.as_ref().map(|d| format!("、{}", d.how.title_ja())).unwrap_or_default();
                let required = if c.required { "、必須" } else { "" };
                format!("{}({}{required}{derived})", c.title, c.kind.title_ja())
            })
            .collect();
        let readers = match &r.readers {
            Readers::Everybody => some("すべての職員"),
            Readers::Roles(roles) => joined(roles.iter().map(|id| pack.role_title(id))),
        };
        let keys: Keys = vec![
            ("title", some(&r.title)),
            ("description", some(&r.description)),
            ("number", some(&r.number)),
            ("scope", some(r.scope.title_ja())),
            ("manager", some(pack.role_title(&r.manager))),
            ("editors", joined(r.editors.iter().map(|id| pack.role_title(id)))),
            ("readers", readers),
            (
                "zones",
                joined(r.zones.iter().map(|id| pack.zone(id).map_or(id.as_str(), |z| z.label.as_str()))),
            ),
            ("column", ids(&columns)),
        ];
        (titled(&r.id, &r.title), keys)
    };
    pack.registers.iter().map(one).collect()
}

pub(super) fn classifiers(pack: &Pack) -> Vec<(Titled, Keys)> {
    let one = |c: &crate::model::Classifier| {
        let questions: Vec<String> = c
            .questions
            .iter()
            .map(|q| {
                let answers: Vec<String> = q
                    .answers
                    .iter()
                    .map(|answer| {
                        let to = match &answer.leads {
                            Leads::Question(id) => c.question(id).map_or(id.as_str(), |q| q.text.as_str()),
                            Leads::Outcome(id) => c.outcome(id).map_or(id.as_str(), |o| o.title.as_str()),
                        };
                        format!("{}→{to}", answer.say)
                    })
                    .collect();
                format!("{}({})", q.text, answers.join("、"))
            })
            .collect();
        let outcomes: Vec<String> = c
            .outcomes
            .iter()
            .map(|o| format!("{}({})", o.title, pack.level(&o.level).map_or("", |l| l.title.as_str())))
            .collect();
        let keys: Keys = vec![
            ("title", some(&c.title)),
            ("description", some(&c.description)),
            ("question", ids(&questions)),
            ("outcome", ids(&outcomes)),
        ];
        (titled(&c.id, &c.title), keys)
    };
    pack.classifiers.iter().map(one).collect()
}

pub(super) fn duty_types(pack: &Pack) -> Vec<(Titled, Keys)> {
    let one = |d: &crate::model::DutyType| {
        let (when, due) = occurs_words(pack, &d.occurs);
        let role = |id: &Option<String>| id.as_ref().and_then(|id| some(pack.role_title(id)));
        let fields: Vec<&str> = d.fields.iter().map(|f| f.title.as_str()).collect();
        let told = d.escalations.iter().map(|e| format!("{}日後 {}", e.after_days, pack.role_title(&e.to)));
        let told: Vec<String> = told.collect();
        let keys: Keys = vec![
            ("title", some(&d.title)),
            ("help", some(&d.help)),
            ("owner", some(pack.role_title(&d.owner))),
            (
                "each",
                some(&d.rows.as_ref().map_or_else(
                    || d.each.title_ja().to_owned(),
                    |rows| {
                        let register = pack.register(&rows.register).map_or(&rows.register, |r| &r.title);
                        format!("{}({register})", d.each.title_ja())
                    },
                )),
            ),
            ("every", Some(when)),
            ("due", due),
            ("field", joined(fields)),
            ("files", some(d.files.title_ja())),
            ("confirm_by", role(&d.confirm_by)),
            ("waiver_by", role(&d.waiver_by)),
            ("escalations", ids(&told)),
            ("statements", ids(&d.statements)),
        ];
        (titled(&d.id, &d.title), keys)
    };
    pack.duty_types.iter().map(one).collect()
}

/// When something is to be done, and until when.
fn occurs_words(pack: &Pack, occurs: &Occurs) -> (String, Option<String>) {
    match occurs {
        Occurs::Every { every, times, due } => {
            let times = setting(pack, times).unwrap_or_default();
            (format!("{}に{times}回", every.title_ja()), Some(due_words(*due)))
        }
        Occurs::On { on, within_days, days } => {
            let within = setting(pack, within_days).unwrap_or_default();
            (on.title_ja().to_owned(), Some(format!("{}で{within}日以内", days.title_ja())))
        }
    }
}

/// When something is due, as a list of changes says it.
fn due_words(due: DueRule) -> String {
    match due {
        DueRule::BusinessDay(n) => format!("期間の{n}開庁日目"),
        DueRule::Date { month, day } => format!("{month}月{day}日"),
        DueRule::BeforeEnd(0) => "期間の末日".to_owned(),
        DueRule::BeforeEnd(n) => format!("期間の末日の{n}日前"),
        DueRule::AfterEnd(n) => format!("期間の後の{n}開庁日目"),
    }
}

pub(super) fn courses(pack: &Pack) -> Vec<(Titled, Keys)> {
    let one = |c: &crate::model::Course| {
        let (when, due) = occurs_words(pack, &c.occurs);
        let role = |id: &Option<String>| id.as_ref().and_then(|id| some(pack.role_title(id)));
        let text = |pages: &[crate::model::CoursePage]| joined(pages.iter().map(|p| p.title.as_str()));
        let keys: Keys = vec![
            ("title", some(&c.title)),
            ("help", some(&c.help)),
            ("audience", some(c.audience.title_ja())),
            ("roles", joined(c.roles.iter().map(|r| pack.role_title(r)))),
            ("sections", ids(&c.sections)),
            ("every", Some(when)),
            ("due", due),
            ("page", text(&c.pages)),
            ("question", joined(c.questions.iter().map(|q| q.text.as_str()))),
            ("draw", Some(c.draw.to_string())),
            ("pass", Some(c.pass.to_string())),
            ("manager", some(pack.role_title(&c.manager))),
            ("confirm_by", role(&c.confirm_by)),
            ("excuse_by", role(&c.excuse_by)),
            ("answers_days", setting(pack, &c.answers_days)),
            ("record_class", pack.record_class_of(c.record_class.as_deref()).and_then(|k| some(&k.title))),
            ("statements", ids(&c.statements)),
        ];
        (titled(&c.id, &c.title), keys)
    };
    pack.courses.iter().map(one).collect()
}

pub(super) fn closed_days(pack: &Pack) -> Vec<(Titled, Keys)> {
    let one = |c: &crate::model::ClosedDay| {
        let days = match &c.days {
            ClosedDays::Once(date) => wareki(date),
            ClosedDays::Yearly { from, until } => {
                format!("毎年{}月{}日から{}月{}日まで", from.0, from.1, until.0, until.1)
            }
        };
        (titled(&c.id, &c.title), vec![("title", some(&c.title)), ("date", Some(days))])
    };
    pack.closed_days.iter().map(one).collect()
}

pub(super) fn notices(pack: &Pack) -> Vec<(Titled, Keys)> {
    let one = |n: &crate::model::NoticeRule| {
        let days: Vec<String> = n.remind_days.iter().map(ToString::to_string).collect();
        let keys: Keys = vec![
            ("title", some(&n.title)),
            ("kind", some(n.kind.title_ja())),
            ("wording", n.wording.clone()),
            ("urgency", some(n.urgency.title_ja())),
            ("binding", flag(n.binding)),
            ("roles", joined(n.roles.iter().map(|r| pack.role_title(r)))),
            ("remind_days", ids(&days)),
        ];
        (titled(&n.id, &n.title), keys)
    };
    pack.notice_rules.iter().map(one).collect()
}

pub(super) fn roles(pack: &Pack) -> Vec<(Titled, Keys)> {
    let one = |r: &crate::model::Role| {
        let posts = pack.posts.iter().filter(|p| p.roles.contains(&r.id));
        let keys: Keys = vec![
            ("title", some(&r.title)),
            ("posts", joined(posts.map(|p| p.title.as_str()))),
            ("above", r.above.as_ref().and_then(|id| some(pack.role_title(id)))),
            ("city_wide", flag(r.city_wide)),
            ("second_factor", flag(r.second_factor)),
        ];
        (titled(&r.id, &r.title), keys)
    };
    pack.roles.iter().map(one).collect()
}

pub(super) fn documents(pack: &Pack) -> Vec<(Titled, Keys)> {
    let one = |d: &crate::model::Document| {
        let maker = d.maker.as_ref().and_then(|id| pack.maker(id));
        let keys: Keys = vec![
            ("title", some(&d.title)),
            ("kind", some(d.kind.title_ja())),
            ("public", some(if d.public { "公開" } else { "非公開" })),
            ("maker", maker.map(|m| m.title.clone())),
            ("legal_basis", d.legal_basis.clone()),
        ];
        (titled(&d.id, &d.title), keys)
    };
    pack.documents.iter().map(one).collect()
}

pub(super) fn revisions(pack: &Pack) -> Vec<(Titled, Keys)> {
    let one = |r: &crate::model::Revision| {
        let keys: Keys = vec![("date", some(&r.date)), ("document", r.document.clone())];
        (titled(&r.id, &wareki(&r.date)), keys)
    };
    pack.revisions.iter().map(one).collect()
}

pub(super) fn makers(pack: &Pack) -> Vec<(Titled, Keys)> {
    let one = |m: &crate::model::Maker| {
        let keys: Keys = vec![("title", some(&m.title)), ("note", m.note.clone())];
        (titled(&m.id, &m.title), keys)
    };
    pack.makers.iter().map(one).collect()
}

pub(super) fn scope(pack: &Pack) -> Vec<(Titled, Keys)> {
    let one = |s: &crate::model::ScopeItem| {
        let keys: Keys = vec![
            ("title", some(&s.title)),
            ("kind", some(s.kind.title_ja())),
            ("excluded", some(if s.excluded { "対象外" } else { "対象" })),
            ("reason", s.reason.clone()),
            ("clause", s.clause.clone()),
        ];
        (titled(&s.id, &s.title), keys)
    };
    pack.scope.iter().map(one).collect()
}

pub(super) fn terms(pack: &Pack) -> Vec<(Titled, Keys)> {
    let one = |t: &crate::model::Term| {
        let keys: Keys = vec![
            ("word", some(&t.word)),
            ("meaning", some(&t.meaning)),
            ("same_as", t.same_as.clone()),
            ("clause", t.clause.clone()),
        ];
        (titled(&t.id, &t.word), keys)
    };
    pack.terms.iter().map(one).collect()
}

pub(super) fn annotations(pack: &Pack) -> Vec<(Titled, Keys)> {
    let one = |a: &crate::model::Annotation| {
        let keys: Keys =
            vec![("clause", some(&a.clause)), ("quoted", a.quoted.clone()), ("note", some(&a.note))];
        (titled(&a.id, a.quoted.as_deref().unwrap_or(&a.note)), keys)
    };
    pack.annotations.iter().map(one).collect()
}
