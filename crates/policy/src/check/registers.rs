//! What registers say of each other.
//!
//! Owns: posts for those who keep them, what a derived column finds in the register that it looks into, circles of derivations,
//! and levels for columns of an axis.
//! Leaves to others: what one register says of itself (`resolve`).

use std::collections::BTreeSet;

use crate::model::{Column, ColumnType, Derivation, Pack, Register, RegisterScope, Scope};
use crate::problem::{Code, Sink};

pub(super) fn check(pack: &Pack, sink: &mut Sink) {
    for register in &pack.registers {
        check_keepers(pack, register, sink);
        for column in &register.columns {
            check_axis(pack, register, column, sink);
            check_source(pack, register, column, sink);
        }
    }
    check_circles(pack, sink);
}

/// A register that nobody can keep would stay empty, and what waits in it would wait for ever.
fn check_keepers(pack: &Pack, register: &Register, sink: &mut Sink) {
    let Some(role) = pack.role(&register.manager) else { return };
    let holds = pack.posts.iter().any(|post| {
        post.roles.contains(&role.id)
            && (register.scope == RegisterScope::City || role.city_wide || post.scope != Scope::City)
    });
    if !holds {
        let each = if register.scope == RegisterScope::City { "" } else { "課ごとに" };
        sink.push(
            Code::RoleWithoutPost,
            &register.origin,
            format!("register「{}」を管理する役割「{}」を{each}持つ職がありません。", register.id, role.id),
            format!(
                "どれかの [[post]] の roles に \"{}\" を加えるか、manager か scope を変えてください。",
                role.id
            ),
        );
    }
}

fn check_axis(pack: &Pack, register: &Register, column: &Column, sink: &mut Sink) {
    let Some(axis) = column.axis.filter(|_| column.kind == ColumnType::Level) else { return };
    if pack.levels_of(axis).next().is_none() {
        sink.push(
            Code::UnknownReference,
            &column.origin,
            format!(
                "register「{}」の column「{}」は{}の分類ですが、その [[level]] がありません。",
                register.id,
                column.id,
                axis.title_ja()
            ),
            format!("axis = \"{}\" の [[level]] を書き足すか、この欄を消してください。", axis.id()),
        );
    }
}

/// Where a derived column looks: the register at the other end of its link, and the columns there.
fn sources<'p>(
    pack: &'p Pack,
    register: &'p Register,
    column: &Column,
) -> Option<(&'p Register, Vec<&'p Column>)> {
    let derived = column.derived.as_ref()?;
    let link = register.column(derived.over.as_deref()?).filter(|c| c.kind == ColumnType::Link)?;
    let other = pack.register(link.to.as_deref()?)?;
    let found = match derived.how {
        Derivation::Handling => return None,
        Derivation::HighestLevel => other
            .columns
            .iter()
            .filter(|c| c.kind == ColumnType::Level && c.axis.is_some() && c.axis == column.axis)
            .collect(),
        Derivation::Inherited => other.column(&column.id).into_iter().collect(),
    };
    Some((other, found))
}

fn check_source(pack: &Pack, register: &Register, column: &Column, sink: &mut Sink) {
    let Some((other, found)) = sources(pack, register, column) else { return };
    let how = column.derived.as_ref().map_or(Derivation::Handling, |d| d.how);
    if how == Derivation::HighestLevel && column.axis.is_none() {
        // Of another type, or without an axis: that was reported where it stands.
        return;
    }
    let what = format!("register「{}」の column「{}」", register.id, column.id);
    let Some(source) = found.first() else {
        let (wanted, instead) = match how {
            Derivation::Inherited => (
                format!("同じ id の欄が、つながる register「{}」にありません", other.id),
                format!(
                    "register「{}」に column「{}」を書き足すか、derived を消してください。",
                    other.id, column.id
                ),
            ),
            _ => {
                let axis = column.axis.map_or("", |a| a.id());
                (
                    format!("同じ軸の分類の欄が、つながる register「{}」にありません", other.id),
                    format!(
                        "register「{}」に type = \"level\"、axis = \"{axis}\" の欄を書き足してください。",
                        other.id
                    ),
                )
            }
        };
        sink.push(Code::UnknownReference, &column.origin, format!("{what}が引く、{wanted}。"), instead);
        return;
    };
    let same = source.kind == column.kind && source.axis == column.axis && source.choices == column.choices;
    if how == Derivation::Inherited && !same {
        sink.push(
            Code::WrongValue,
            &column.origin,
            format!("{what}と、引き継ぐ元の register「{}」の同じ欄は、種類か選べる値が違います。", other.id),
            "二つの欄の type、axis、choices を同じにしてください。",
        );
    }
}

/// Whoever follows where a value comes from must come to an end. What a row inherits over a link inside its own register is no
/// circle: there a row that inherits cannot be inherited from.
fn check_circles(pack: &Pack, sink: &mut Sink) {
    let mut told: BTreeSet<(&str, &str)> = BTreeSet::new();
    for register in &pack.registers {
        for column in register.derived_from_rows() {
            let begin = (register.id.as_str(), column.id.as_str());
            let mut seen = BTreeSet::from([begin]);
            let mut open = vec![(register, column)];
            let mut closes = false;
            while let Some((register, column)) = open.pop() {
                let Some((other, found)) = sources(pack, register, column) else { continue };
                let how = column.derived.as_ref().map(|d| d.how);
                for source in found {
                    if how == Some(Derivation::Inherited) && other.id == register.id {
                        continue;
                    }
                    let at = (other.id.as_str(), source.id.as_str());
                    closes |= at == begin;
                    if seen.insert(at) {
                        open.push((other, source));
                    }
                }
            }
            if closes && !told.contains(&begin) {
                told.extend(seen);
                sink.push(
                    Code::DerivationCycle,
                    &column.origin,
                    format!(
                        "register「{}」の column「{}」の値が、めぐりめぐって自分自身から決まることになっています。",
                        register.id, column.id
                    ),
                    "どれかの欄の derived を消し、人が書く欄にしてください。",
                );
            }
        }
    }
}
