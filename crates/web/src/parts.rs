//! The smallest pieces of markup: icons, chips, times, zone marks. Each is its own template, escaped inside, so that
//! pages may put them in without escaping again.

use askama::{Template, filters::HtmlSafe};

use crate::dates::When;
use crate::screens::view::{Chip, ClauseChip, PersonChoice, PolicyBar, RemovalView, ZoneView};
use crate::words::Trouble;

macro_rules! parts {
    ($($(#[$doc:meta])* $name:ident($($field:ident: $type:ty),*) = $path:literal;)+) => {$(
        $(#[$doc])*
        #[derive(Template)]
        #[template(path = $path)]
        pub(crate) struct $name<'p> { $($field: $type),* }
        impl HtmlSafe for $name<'_> {}
    )+};
}

parts! {
    /// An icon of `icons.svg`; decoration, the words stand beside it.
    IconMark(name: &'p str) = "parts/icon.html";
    /// A state's word with its icon.
    ChipMark(chip: &'p Chip) = "parts/chip.html";
    /// How binding a statement is; a prohibition is told apart by more than its word.
    ModalityMark(chip: &'p Chip) = "parts/modality.html";
    /// A time.
    TimeMark(iso: &'p str, text: &'p str) = "parts/time.html";
    /// A zone's name with its colour and pattern.
    ZoneMark(zone: &'p ZoneView) = "parts/zone.html";
    /// A link to a statement.
    ClauseMark(clause: &'p ClauseChip) = "parts/clause.html";
    /// What, why, what to do.
    TroubleMark(trouble: &'p Trouble) = "parts/trouble.html";
    /// A list of removals.
    RemovalsMark(removals: &'p [RemovalView]) = "parts/removals.html";
    /// The pages of the policy and the box to search in.
    PolicyBarMark(bar: &'p PolicyBar) = "parts/policy_bar.html";
    /// People to tick.
    PeopleMark(people: &'p [PersonChoice], ticked: bool) = "parts/people.html";
}

pub(crate) fn icon(name: &str) -> IconMark<'_> {
    IconMark { name }
}
pub(crate) fn chip(chip: &Chip) -> ChipMark<'_> {
    ChipMark { chip }
}
pub(crate) fn modality(chip: &Chip) -> ModalityMark<'_> {
    ModalityMark { chip }
}
pub(crate) fn long(when: &When) -> TimeMark<'_> {
    TimeMark { iso: &when.iso, text: &when.full }
}
pub(crate) fn brief(when: &When) -> TimeMark<'_> {
    TimeMark { iso: &when.iso, text: &when.short }
}
pub(crate) fn day(when: &When) -> TimeMark<'_> {
    TimeMark { iso: &when.iso, text: &when.day }
}
pub(crate) fn zone(zone: &ZoneView) -> ZoneMark<'_> {
    ZoneMark { zone }
}
pub(crate) fn clause(clause: &ClauseChip) -> ClauseMark<'_> {
    ClauseMark { clause }
}
pub(crate) fn trouble(trouble: &Trouble) -> TroubleMark<'_> {
    TroubleMark { trouble }
}
pub(crate) fn removals(removals: &[RemovalView]) -> RemovalsMark<'_> {
    RemovalsMark { removals }
}
pub(crate) fn policy_bar(bar: &PolicyBar) -> PolicyBarMark<'_> {
    PolicyBarMark { bar }
}
pub(crate) fn people(people: &[PersonChoice], ticked: bool) -> PeopleMark<'_> {
    PeopleMark { people, ticked }
}
