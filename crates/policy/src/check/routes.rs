//! Whether the route of each request can be walked to its end.
//!
//! Owns: posts for each step and for those it is escalated to, steps that go on side by side, and, for all answers that a form
//! can have, that somebody decides and that no person would have to decide twice.
//! Leaves to others: the keys of one step (`resolve`), who is there today (`app`).

use std::collections::{BTreeMap, BTreeSet};

use crate::model::{AnswerIs, FormField, FormFieldType, Pack, Post, RequestType, Scope, Step};
use crate::problem::{Code, Sink};

/// Ways through one form that are looked at. A form whose steps hang on more answers than that is told to be too much.
const WAYS_MAX: usize = 20_000;

pub(super) fn check(pack: &Pack, sink: &mut Sink) {
    for request in &pack.requests {
        for (number, step) in request.steps.iter().enumerate() {
            check_holders(pack, request, number, step, sink);
            check_escalations(pack, request, step, sink);
        }
        check_groups(request, sink);
        check_ways(pack, request, sink);
    }
}

fn check_holders(pack: &Pack, request: &RequestType, number: usize, step: &Step, sink: &mut Sink) {
    let holders: Vec<&Post> = pack.posts_deciding(step).collect();
    if holders.is_empty() && pack.role(&step.approver).is_some() {
        let (each, where_) = match step.scope {
            Scope::City => (String::new(), "どれかの [[post]]".to_owned()),
            scope => {
                (format!("{}ごとに", scope.title_ja()), format!("scope = \"{}\" の [[post]]", scope.id()))
            }
        };
        sink.push(
            Code::RoleWithoutPost,
            &step.origin,
            format!(
                "request「{}」の step「{}」を決裁する役割「{}」を{each}持つ職がありません。",
                request.id, step.id, step.approver
            ),
            format!(
                "{where_} の roles に \"{}\" を加えるか、approver か scope を変えてください。",
                step.approver
            ),
        );
    }
    for deputy in step.deputies.iter().filter_map(|id| pack.post(id)) {
        if step.scope != Scope::City && deputy.scope != step.scope {
            sink.push(
                Code::NoEffect,
                &step.origin,
                format!(
                    "request「{}」の step「{}」の代決者「{}」は、{}ごとの職ではないので代決できません。",
                    request.id,
                    step.id,
                    deputy.id,
                    step.scope.title_ja()
                ),
                format!("deputies には scope = \"{}\" の職を書いてください。", step.scope.id()),
            );
        }
    }
    // Where there is a role above, its holders decide what nobody in the step's own role is free to.
    let is_raised = pack
        .roles_above(&step.approver)
        .iter()
        .any(|above| pack.posts.iter().any(|p| p.roles.contains(&above.id)));
    for earlier in request.steps.iter().take(number).filter(|_| !is_raised) {
        if let Some(post) = holders.iter().find(|p| p.roles.contains(&earlier.approver)) {
            sink.push(
                Code::OnePostTwoSteps,
                &step.origin,
                format!(
                    "request「{}」の step「{}」と「{}」を、一つの職「{}」が両方とも決裁できます。",
                    request.id, earlier.id, step.id, post.title
                ),
                "同じ人は2つの段階を決裁できません。その職のほかに決裁できる人がいることを確かめるか、\
                 役割を別の職に分けてください。",
            );
        }
    }
}

fn check_escalations(pack: &Pack, request: &RequestType, step: &Step, sink: &mut Sink) {
    for escalation in &step.escalations {
        // One that does not exist was reported where it was read.
        let Some(role) = pack.role(&escalation.to) else { continue };
        if role.id == step.approver {
            sink.push(
                Code::NoEffect,
                &step.origin,
                format!(
                    "request「{}」の step「{}」の escalations の役割「{}」は、その段階をもともと決裁できます。",
                    request.id, step.id, role.id
                ),
                "escalations には、期限を過ぎたときに決裁できるようになる上位の役割を書いてください。",
            );
        } else if !pack.posts.iter().any(|p| p.roles.contains(&role.id)) {
            sink.push(
                Code::RoleWithoutPost,
                &step.origin,
                format!(
                    "request「{}」の step「{}」の escalations の役割「{}」を持つ職がありません。",
                    request.id, step.id, role.id
                ),
                format!(
                    "どれかの [[post]] の roles に \"{}\" を加えるか、ほかの役割にしてください。",
                    role.id
                ),
            );
        }
    }
}

/// Steps that go on side by side stand side by side: a group that was torn apart would be two.
fn check_groups(request: &RequestType, sink: &mut Sink) {
    let mut ended: BTreeSet<&str> = BTreeSet::new();
    let mut steps = request.steps.iter().peekable();
    while let Some(step) = steps.next() {
        let Some(group) = step.parallel.as_deref() else { continue };
        let mut members = 1;
        while steps.next_if(|next| next.parallel.as_deref() == Some(group)).is_some() {
            members += 1;
        }
        if !ended.insert(group) {
            sink.push(
                Code::WrongValue,
                &step.origin,
                format!(
                    "request「{}」の step「{}」の合議「{group}」が、間にほかの段階をはさんで分かれています。",
                    request.id, step.id
                ),
                "同じ合議の [[request.step]] は続けて書いてください。別の合議なら、別の名前にしてください。",
            );
        } else if members == 1 && step.persons == 1 {
            sink.push(
                Code::NoEffect,
                &step.origin,
                format!(
                    "request「{}」の step「{}」の合議「{group}」は、この段階一つだけです。",
                    request.id, step.id
                ),
                "並べて決裁する段階にも同じ parallel を書くか、この行を消してください。",
            );
        }
    }
}

/// Every way that answers lead through a form must be decided by somebody, and by enough of them.
fn check_ways(pack: &Pack, request: &RequestType, sink: &mut Sink) {
    if request.steps.is_empty() {
        return;
    }
    let mut walk = Walk { pack, request, asked: conditions(request), ways: 0, nobody: false, too_few: None };
    let is_whole = walk.go(0, &mut BTreeMap::new());
    let (nobody, too_few) = (walk.nobody, walk.too_few);
    if nobody || !is_whole {
        sink.push(
            Code::RouteMissing,
            &request.origin,
            format!("request「{}」は、答えによってはどの段階も求められず、だれも決裁しません。", request.id),
            "only_when のない [[request.step]] を一つ以上書くか、どの答えにも当てはまる段階があるようにしてください。",
        );
    }
    if let Some(step) = too_few {
        sink.push(
            Code::RouteWithoutEnd,
            &step.origin,
            format!(
                "request「{}」の step「{}」まで、それぞれ別の人が決裁することができません。決裁できる職が一人分しかありません。",
                request.id, step.id
            ),
            "役割を別の職に分けるか、[[role]] の above に上位の役割を書くか、段階や persons を減らしてください。",
        );
    }
}

/// The fields on which steps hang, and those on which these do, in the order of the form.
fn conditions(request: &RequestType) -> Vec<&FormField> {
    let mut wanted: BTreeSet<&str> =
        request.steps.iter().filter_map(|s| s.only_when.as_ref()).map(|when| when.field.as_str()).collect();
    // Conditions only speak of earlier fields, so one look from the last to the first finds all.
    for field in request.fields.iter().rev() {
        if wanted.contains(field.id.as_str())
            && let Some(when) = &field.shown_when
        {
            wanted.insert(&when.field);
        }
    }
    request.fields.iter().filter(|field| wanted.contains(field.id.as_str())).collect()
}

struct Walk<'p> {
    pack: &'p Pack,
    request: &'p RequestType,
    asked: Vec<&'p FormField>,
    ways: usize,
    nobody: bool,
    too_few: Option<&'p Step>,
}

impl<'p> Walk<'p> {
    /// Whether every way was looked at.
    fn go(&mut self, place: usize, answers: &mut BTreeMap<&'p str, &'p str>) -> bool {
        let Some(field) = self.asked.get(place).copied() else {
            self.ways += 1;
            self.look(answers);
            return self.ways <= WAYS_MAX;
        };
        let is = |when: &AnswerIs| answers.get(when.field.as_str()) == Some(&when.is.as_str());
        let mut options: Vec<Option<&'p str>> = Vec::new();
        if field.shown_when.as_ref().is_none_or(is) {
            match field.kind {
                FormFieldType::Flag => {
                    options.push(Some("true"));
                    if !field.required {
                        options.push(Some("false"));
                    }
                }
                _ => options.extend(field.choices.iter().map(|choice| Some(choice.as_str()))),
            }
            if !field.required && field.kind != FormFieldType::Flag {
                options.push(None);
            }
        } else {
            options.push(None);
        }
        options.into_iter().all(|option| {
            match option {
                Some(answer) => answers.insert(&field.id, answer),
                None => answers.remove(field.id.as_str()),
            };
            let goes_on = self.go(place + 1, answers);
            answers.remove(field.id.as_str());
            goes_on
        })
    }

    fn look(&mut self, answers: &BTreeMap<&'p str, &'p str>) {
        let holds = |s: &&Step| {
            s.only_when
                .as_ref()
                .is_none_or(|when| answers.get(when.field.as_str()) == Some(&when.is.as_str()))
        };
        let request = self.request;
        let steps: Vec<&'p Step> = request.steps.iter().filter(holds).collect();
        self.nobody |= steps.is_empty();
        if self.too_few.is_none() {
            self.too_few = lonely(self.pack, &steps);
        }
    }
}

/// The first step for which no person is left when each decides once. Only a post that stands once in the body is known to be one
/// person's; of the others there may be many.
fn lonely<'p>(pack: &'p Pack, steps: &[&'p Step]) -> Option<&'p Step> {
    let mut taken: BTreeMap<&str, usize> = BTreeMap::new();
    let mut wanted: Vec<(&'p Step, Vec<&'p str>)> = Vec::new();
    for step in steps {
        let Some(seats) = seats(pack, step) else { continue };
        for _ in 0..step.persons {
            wanted.push((step, seats.clone()));
            let mut seen = BTreeSet::new();
            if !find_seat(wanted.len() - 1, &wanted, &mut taken, &mut seen) {
                return Some(step);
            }
        }
    }
    None
}

/// The posts of one person that decide a step, its own and those of the roles above; `None` when others do, too, or nobody does,
/// which is told elsewhere.
fn seats<'p>(pack: &'p Pack, step: &Step) -> Option<Vec<&'p str>> {
    let above = pack.roles_above(&step.approver);
    let roles: Vec<&str> =
        std::iter::once(step.approver.as_str()).chain(above.iter().map(|r| r.id.as_str())).collect();
    let holding: Vec<&Post> =
        pack.posts.iter().filter(|p| p.roles.iter().any(|r| roles.contains(&r.as_str()))).collect();
    let known = !holding.is_empty() && holding.iter().all(|p| p.scope == Scope::City);
    known.then(|| holding.iter().map(|p| p.id.as_str()).collect())
}

/// Gives a step one of its posts, moving others to posts of theirs where that helps.
fn find_seat<'p>(
    of: usize,
    wanted: &[(&'p Step, Vec<&'p str>)],
    taken: &mut BTreeMap<&'p str, usize>,
    seen: &mut BTreeSet<&'p str>,
) -> bool {
    let Some((_, seats)) = wanted.get(of) else { return false };
    for seat in seats {
        if !seen.insert(seat) {
            continue;
        }
        let is_free = match taken.get(seat).copied() {
            None => true,
            Some(other) => find_seat(other, wanted, taken, seen),
        };
        if is_free {
            taken.insert(seat, of);
            return true;
        }
    }
    false
}
