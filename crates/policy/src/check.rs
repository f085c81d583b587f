//! Checks that look at the whole pack.
//!
//! Owns: what no single table can know: channels between all zones, order of levels
//! and zones, names that people must tell apart, values that a checkpoint needs, inspectors that no route leaves out.
//! What registers say of each other is in `registers`, the ways through questions in `classifiers`, whether posts can walk a route
//! to its end in `routes`, what requests bring about in registers in `effects`.
//! Leaves to others: checks of one table and its references (`resolve`, `fields`).

mod classifiers;
mod courses;
mod duties;
mod effects;
mod notices;
mod records;
mod registers;
mod routes;

use std::collections::{BTreeMap, BTreeSet};

use crate::model::{
    Assurance, Axis, Channel, ChannelMode, Pack, Parameter, RequestType, Setting, Step, Treatment,
};
use crate::problem::{Code, Origin, Problem, Sink};

pub(crate) fn check(pack: &Pack, sink: &mut Sink) {
    check_levels(pack, sink);
    check_zones(pack, sink);
    check_channels(pack, sink);
    check_roles(pack, sink);
    routes::check(pack, sink);
    effects::check(pack, sink);
    registers::check(pack, sink);
    classifiers::check(pack, sink);
    check_inspectors(pack, sink);
    duties::check(pack, sink);
    courses::check(pack, sink);
    notices::check(pack, sink);
    records::check(pack, sink);
    check_statements(pack, sink);
    check_mechanisms(pack, sink);
    check_values(pack, sink);
    distinct("section の code", pack.sections.iter().map(|s| (&s.code, &s.origin)), sink);
    distinct("section の name", pack.sections.iter().map(|s| (&s.name, &s.origin)), sink);
    distinct("department の name", pack.departments.iter().map(|d| (&d.name, &d.origin)), sink);
    distinct("role の title", pack.roles.iter().map(|r| (&r.title, &r.origin)), sink);
    distinct("register の title", pack.registers.iter().map(|r| (&r.title, &r.origin)), sink);
    distinct("register の number", pack.registers.iter().map(|r| (&r.number, &r.origin)), sink);
    distinct("level の title", pack.levels.iter().map(|l| (&l.title, &l.origin)), sink);
}

fn check_levels(pack: &Pack, sink: &mut Sink) {
    for (_, axis) in Axis::WORDS {
        for (want, level) in (1_u32..).zip(pack.levels_of(*axis)) {
            if level.rank != want {
                sink.push(
                    Code::LevelOrder,
                    &level.origin,
                    format!("level「{}」の rank({})が順番どおりではありません。", level.id, level.rank),
                    format!("{}の rank は 1、2、3 と続けます。ここは rank = {want} です。", axis.title_ja()),
                );
                break;
            }
        }
    }
}

fn check_zones(pack: &Pack, sink: &mut Sink) {
    distinct("zone の label", pack.zones.iter().map(|z| (&z.label, &z.origin)), sink);
    distinct("zone の short", pack.zones.iter().map(|z| (&z.short, &z.origin)), sink);
    for (want, zone) in (1_u32..).zip(&pack.zones) {
        if zone.order != want {
            sink.push(
                Code::NotDistinct,
                &zone.origin,
                format!("zone「{}」の order({})が順番どおりではありません。", zone.id, zone.order),
                format!("系の order は 1、2、3 と重なりも欠けもなく続けます。ここは order = {want} です。"),
            );
            break;
        }
    }
}

fn check_channels(pack: &Pack, sink: &mut Sink) {
    let mut seen: BTreeMap<(&str, &str), &Channel> = BTreeMap::new();
    for channel in &pack.channels {
        if channel.statements.is_empty() {
            sink.push(
                Code::Uncited,
                &channel.origin,
                format!("channel「{}」が、どの遵守事項によるものか書かれていません。", channel.id),
                "statements = [\"…\"] に、この通信路が守る statement の id を書いてください。",
            );
        }
        if let Some(first) = seen.insert((&channel.from, &channel.to), channel) {
            sink.push(
                Code::ChannelDuplicate,
                &channel.origin,
                format!(
                    "{} から {} への通信路が2つあります(もう一つは「{}」、{}:{})。",
                    channel.from, channel.to, first.id, first.origin.file, first.origin.line
                ),
                "一つにまとめてください。下の層のものを変えるなら、その id で override = true と書きます。",
            );
        }
    }
    for from in &pack.zones {
        for to in pack.zones.iter().filter(|to| to.id != from.id) {
            if !seen.contains_key(&(from.id.as_str(), to.id.as_str())) {
                sink.push(
                    Code::ChannelMissing,
                    &from.origin,
                    format!("{} から {} への通信路がありません。", from.id, to.id),
                    format!(
                        "通さないなら [[channel]] に id = \"{}-to-{}\"、from、to、mode = \"deny\"、notice を書いて\
                         ください。",
                        from.id, to.id
                    ),
                );
            }
        }
    }
}

/// Whoever looks for the next role above must come to an end. Each loop is told once, at its first role.
fn check_roles(pack: &Pack, sink: &mut Sink) {
    let mut told = BTreeSet::new();
    for role in &pack.roles {
        let mut chain = vec![role.id.as_str()];
        let mut at = role;
        while let Some(above) = at.above.as_deref().and_then(|id| pack.role(id)) {
            if above.id == role.id {
                if chain.iter().all(|id| told.insert(*id)) {
                    chain.push(&role.id);
                    sink.push(
                        Code::RoleCycle,
                        &role.origin,
                        format!("role の above が一回りしています({})。", chain.join(" → ")),
                        "一番上の役割から above の行を消してください。",
                    );
                }
                break;
            }
            if chain.contains(&above.id.as_str()) {
                // A loop further up, which its own roles tell.
                break;
            }
            chain.push(&above.id);
            at = above;
        }
    }
}

/// Who is named to inspect files must be in the route, whichever of several request types wins; see [`Pack::passage`].
fn check_inspectors(pack: &Pack, sink: &mut Sink) {
    for channel in &pack.channels {
        let by_channel =
            channel.request.iter().map(|id| (id, channel.mode == ChannelMode::Inspect, &channel.origin));
        let by_rule = channel.rules.iter().filter_map(|r| {
            Some((r.request.as_ref()?, r.treatment == Some(Treatment::InspectOnly), &r.origin))
        });
        let named: Vec<(&RequestType, bool, &Origin)> = by_channel
            .chain(by_rule)
            .filter_map(|(id, inspects, at)| Some((pack.request(id)?, inspects, at)))
            .collect();
        for (place, (inspecting, _, at)) in named.iter().enumerate().filter(|(_, (_, inspects, _))| *inspects)
        {
            let wins = |(other_place, (other, _, _)): &(usize, &(&RequestType, bool, &Origin))| {
                let (theirs, ours) = (other.steps.len(), inspecting.steps.len());
                theirs > ours || (theirs == ours && *other_place < place)
            };
            let left_out = named.iter().enumerate().filter(wins).find_map(|(_, (other, _, _))| {
                let is_there = |step: &&Step| {
                    other.steps.iter().any(|s| (&s.approver, s.scope) == (&step.approver, step.scope))
                };
                Some((other, inspecting.steps.iter().find(|step| !is_there(step))?))
            });
            if let Some((other, step)) = left_out {
                sink.push(
                    Code::InspectorLeftOut,
                    at,
                    format!(
                        "channel「{}」の検査確認をする request「{}」の step「{}」が、request「{}」の経路が優先されると抜けます。",
                        channel.id, inspecting.id, step.id, other.id
                    ),
                    format!(
                        "request「{}」に approver = \"{}\"、scope = \"{}\" の step を加えるか、request「{}」の step を\
                         それより多くしてください。",
                        other.id,
                        step.approver,
                        step.scope.id(),
                        inspecting.id
                    ),
                );
            }
        }
    }
}

fn check_mechanisms(pack: &Pack, sink: &mut Sink) {
    for statement in &pack.statements {
        if statement.assurance == Assurance::Gate && statement.mechanisms.is_empty() {
            sink.push(
                Code::GateWithoutMechanism,
                &statement.origin,
                format!(
                    "statement「{}」は関所で止める義務ですが、それを担う仕組みがありません。",
                    statement.id
                ),
                "mechanisms に仕組みを書くか、assurance を measure か attest にしてください。",
            );
        }
    }
}

/// Names of statements that programs use, and roles that nobody could be found for.
fn check_statements(pack: &Pack, sink: &mut Sink) {
    let mut seen: BTreeMap<&str, &Origin> = BTreeMap::new();
    let mut unheld: BTreeSet<&str> =
        pack.roles.iter().filter(|r| !r.outside).map(|r| r.id.as_str()).collect();
    for role in pack.posts.iter().flat_map(|p| &p.roles) {
        unheld.remove(role.as_str());
    }
    for statement in &pack.statements {
        // An empty one was reported as missing.
        if !statement.ascii.is_empty()
            && let Some(first) = seen.insert(&statement.ascii, &statement.origin)
        {
            sink.push(
                Code::DuplicateAscii,
                &statement.origin,
                format!(
                    "statement「{}」の ascii「{}」は、ほかの statement にもあります({}:{})。",
                    statement.id, statement.ascii, first.file, first.line
                ),
                "どちらかを変えてください。ascii は方針パックの中で一つだけです。",
            );
        }
        for role in statement.roles.iter().filter_map(|id| pack.role(id)) {
            if unheld.remove(role.id.as_str()) {
                sink.push(
                    Code::RoleUnheld,
                    &role.origin,
                    format!(
                        "役割「{}」は statement「{}」などの義務を負いますが、どの職にもありません。",
                        role.id, statement.id
                    ),
                    format!(
                        "どれかの [[post]] の roles に \"{}\" を加えてください。委託先など団体の外の役割なら、\
                         [[role]] に outside = true と書きます。",
                        role.id
                    ),
                );
            }
        }
    }
}

/// Once a municipality stands behind the pack, values that nobody decided are pointed out: a text may leave them open,
/// whoever runs it may not. A layer such as base leaves all of them to the body.
fn check_values(pack: &Pack, sink: &mut Sink) {
    if pack.municipality.is_none() {
        return;
    }
    let mut told = BTreeSet::new();
    for (parameter, what) in needed_unset(pack) {
        if told.insert(&parameter.id) {
            sink.push(
                Code::ParameterUnset,
                &parameter.origin,
                format!(
                    "{what}に要るパラメータ「{}」({})が定められていません。定めるまで動かせません。",
                    parameter.id, parameter.title
                ),
                set_it(parameter),
            );
        }
    }
    for parameter in pack.statements.iter().flat_map(|s| &s.parameters).filter_map(|id| unset(pack, id)) {
        if told.insert(&parameter.id) {
            sink.push(
                Code::ParameterUnset,
                &parameter.origin,
                format!("パラメータ「{}」({})が定められていません。", parameter.id, parameter.title),
                set_it(parameter),
            );
        }
    }
}

/// What stops the pack from being run, although its text is right: values that a checkpoint needs.
pub(crate) fn readiness(pack: &Pack) -> Vec<Problem> {
    let mut sink = Sink::default();
    let mut told = BTreeSet::new();
    for (parameter, what) in needed_unset(pack) {
        if told.insert(&parameter.id) {
            sink.push(
                Code::ParameterNeeded,
                &parameter.origin,
                format!(
                    "{what}に要るパラメータ「{}」({})が定められていません。",
                    parameter.id, parameter.title
                ),
                set_it(parameter),
            );
        }
    }
    sink.into_problems()
}

fn needed_unset(pack: &Pack) -> impl Iterator<Item = (&Parameter, String)> {
    needed(pack).into_iter().filter_map(|(id, what)| Some((unset(pack, id)?, what)))
}

/// The parameter when nobody decided it. A value that was written and refused was already reported.
fn unset<'p>(pack: &'p Pack, id: &str) -> Option<&'p Parameter> {
    pack.parameter(id).filter(|p| p.value.is_none() && p.value_origin.is_none())
}

/// Parameters without which a checkpoint cannot work, and what needs them.
pub(crate) fn needed(pack: &Pack) -> Vec<(&str, String)> {
    let mut needed: Vec<(&str, String)> = Vec::new();
    let mut add = |setting: &Setting, what: &dyn Fn() -> String| {
        let id = setting.parameter.as_ref().and_then(|id| pack.parameter(id));
        needed.extend(id.map(|p| (p.id.as_str(), what())));
    };
    let retention = &pack.retention;
    add(&retention.originals_days, &|| "[retention] の originals_days ".to_owned());
    add(&retention.results_days, &|| "[retention] の results_days ".to_owned());
    add(&retention.evidence_years, &|| "[retention] の evidence_years ".to_owned());
    for channel in pack.channels.iter().filter(|c| c.mode != ChannelMode::Deny) {
        add(&channel.file_bytes_max, &|| format!("channel「{}」の file_bytes_max ", channel.id));
        add(&channel.files_max, &|| format!("channel「{}」の files_max ", channel.id));
    }
    for request in &pack.requests {
        for step in &request.steps {
            add(&step.deadline_hours, &|| {
                format!("request「{}」の step「{}」の deadline_hours ", request.id, step.id)
            });
        }
        if let Some(days_max) = request.period.as_ref().and_then(|p| p.days_max.as_ref()) {
            add(days_max, &|| format!("request「{}」の days_max ", request.id));
        }
        if let Some(afterwards) = &request.afterwards {
            add(&afterwards.within_hours, &|| format!("request「{}」の within_hours ", request.id));
        }
    }
    for duty in &pack.duty_types {
        for (key, setting) in duty.settings() {
            add(setting, &|| format!("duty「{}」の {key} ", duty.id));
        }
    }
    for course in &pack.courses {
        for (key, setting) in course.settings() {
            add(setting, &|| format!("course「{}」の {key} ", course.id));
        }
    }
    let by_id = pack.parameters.iter().filter(|p| p.needed);
    needed.extend(by_id.map(|p| (p.id.as_str(), "動かすの".to_owned())));
    needed
}

fn set_it(parameter: &Parameter) -> String {
    let suggested = match &parameter.suggested {
        Some(value) => format!("(目安は {value})"),
        None => String::new(),
    };
    format!(
        "自団体のフォルダの [[parameter]] id = \"{}\" に value = … を書いてください{suggested}。下の層のものなら、\
         override = true も書きます。",
        parameter.id
    )
}

fn distinct<'p>(what: &str, names: impl Iterator<Item = (&'p String, &'p Origin)>, sink: &mut Sink) {
    let mut seen: BTreeMap<&String, &Origin> = BTreeMap::new();
    // An empty name stands in for one that was reported as missing.
    for (name, origin) in names.filter(|(name, _)| !name.is_empty()) {
        if let Some(first) = seen.get(name) {
            sink.push(
                Code::NotDistinct,
                origin,
                format!("{what}「{name}」が2つあります(もう一つは {}:{})。", first.file, first.line),
                "区別できるように、どちらかを変えてください。",
            );
        } else {
            seen.insert(name, origin);
        }
    }
}
