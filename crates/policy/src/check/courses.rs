//! Checks of courses that look at more than one item.
//!
//! Owns: that somebody can open each course, let people go and confirm, and that a duty takes its numbers from a course of its
//! own period.
//! Leaves to others: the keys of one course (`resolve`).

use crate::model::{Course, DutyEach, Occurs, Pack};
use crate::problem::{Code, Sink};

pub(super) fn check(pack: &Pack, sink: &mut Sink) {
    for course in &pack.courses {
        roles(pack, course, sink);
        if course.statements.is_empty() {
            sink.push(
                Code::Uncited,
                &course.origin,
                format!("course「{}」が、どの遵守事項によるものか書かれていません。", course.id),
                "statements = [\"…\"] に、この講座が守る statement の id を書いてください。",
            );
        }
    }
    for duty in &pack.duty_types {
        let Some(numbers) = &duty.numbers else { continue };
        let course = pack.course(&numbers.course);
        let is_recurring = |occurs: &Occurs| matches!(occurs, Occurs::Every { .. });
        if duty.each == DutyEach::Person
            || !is_recurring(&duty.occurs)
            || course.is_some_and(|c| !is_recurring(&c.occurs))
        {
            sink.push(
                Code::WrongValue,
                &duty.origin,
                format!("duty「{}」は、講座「{}」の人数を数えられません。", duty.id, numbers.course),
                "numbers は、繰り返す講座を数える、課ごとか全庁の、繰り返す実施事項に書いてください。",
            );
        }
    }
}

fn roles(pack: &Pack, course: &Course, sink: &mut Sink) {
    for (key, id) in course.roles_named() {
        // One that does not exist was reported where it was read.
        let Some(role) = pack.role(id) else { continue };
        if !pack.posts.iter().any(|p| p.roles.contains(&role.id)) {
            sink.push(
                Code::RoleWithoutPost,
                &course.origin,
                format!("course「{}」の「{key}」の役割「{id}」を持つ職がありません。", course.id),
                format!("どれかの [[post]] の roles に \"{id}\" を加えるか、「{key}」を変えてください。"),
            );
        } else if key == "manager" && !role.city_wide {
            sink.push(
                Code::RoleWithoutPost,
                &course.origin,
                format!("course「{}」を開く役割「{id}」は、全庁に責任を持ちません。", course.id),
                format!("[[role]]「{id}」に city_wide = true と書くか、全庁の役割に変えてください。"),
            );
        }
    }
}
