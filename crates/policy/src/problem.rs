//! What is wrong with a pack, where, and what to write instead.
//!
//! Owns: places, codes, severities, the nearest-name suggestion and the two renderings of a check.
//! Leaves to others: finding the problems.

use std::fmt::{self, Write as _};
use std::sync::Arc;

use serde::Serialize;

use crate::PROBLEMS_MAX;
use crate::guideline::Divergence;
use crate::model::Pack;

/// Where something was written.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub struct Origin {
    /// The layer, which is the folder's name.
    pub layer: Arc<str>,
    /// The file below the policies folder.
    pub file: Arc<str>,
    /// Line, from 1.
    pub line: u32,
    /// Column in characters, from 1.
    pub column: u32,
}

impl fmt::Display for Origin {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}:{}:{}", self.file, self.line, self.column)
    }
}

/// Whether a problem stops the pack from being used.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize)]
#[serde(rename_all = "kebab-case")]
pub enum Severity {
    /// The pack is refused.
    Error,
    /// Possibly a slip; the pack works.
    Warning,
}

macro_rules! codes {
    ($($(#[$doc:meta])* $variant:ident = $id:literal $severity:ident),+ $(,)?) => {
        /// What kind of problem. The ids are stable: scripts and the manual refer to them.
        #[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize)]
        pub enum Code { $($(#[$doc])* #[serde(rename = $id)] $variant),+ }
        impl Code {
            /// Every code.
            pub const ALL: &'static [Code] = &[$(Code::$variant),+];
            /// The stable id.
            #[must_use]
            pub fn id(self) -> &'static str { match self { $(Code::$variant => $id),+ } }
            /// Whether it stops the pack.
            #[must_use]
            pub fn severity(self) -> Severity { match self { $(Code::$variant => Severity::$severity),+ } }
        }
    };
}

codes! {
    /// Not TOML.
    Syntax = "syntax" Error,
    /// `format` is absent or newer than this version reads.
    Format = "format" Error,
    /// A file, a list or a text beyond its bound.
    TooLarge = "too-large" Error,
    /// The same path twice, or a path outside a layer folder.
    Path = "path" Error,
    /// No such layer folder, or it has no `[pack]` table.
    LayerMissing = "layer-missing" Error,
    /// A layer that extends itself, directly or through others.
    LayerCycle = "layer-cycle" Error,
    /// A key or table nobody reads.
    UnknownKey = "unknown-key" Error,
    /// A key that must be there is not.
    MissingKey = "missing-key" Error,
    /// A value of another type than the key takes.
    WrongType = "wrong-type" Error,
    /// A value of the right type that is not one of those allowed.
    WrongValue = "wrong-value" Error,
    /// An id that is not shaped like one.
    WrongId = "wrong-id" Error,
    /// The same id twice in one layer.
    DuplicateId = "duplicate-id" Error,
    /// The id exists in a lower layer and the item does not say `override = true`.
    OverrideUnsaid = "override-unsaid" Error,
    /// `override = true`, but no lower layer has the id.
    OverrideNothing = "override-nothing" Error,
    /// `[[remove]]` of something no lower layer has.
    RemoveNothing = "remove-nothing" Error,
    /// An id that is referred to and does not exist.
    UnknownReference = "unknown-reference" Error,
    /// An id that is referred to and was removed by a layer above.
    RemovedReference = "removed-reference" Error,
    /// The check digit of the municipality's code does not fit.
    CheckDigit = "check-digit" Error,
    /// A pair of zones without a channel in one direction.
    ChannelMissing = "channel-missing" Error,
    /// Two channels for one direction.
    ChannelDuplicate = "channel-duplicate" Error,
    /// A channel from a zone to itself.
    ChannelSameZone = "channel-same-zone" Error,
    /// Approval is wanted and no request type says how.
    RouteMissing = "route-missing" Error,
    /// A route that can never be walked to its end, because one person would have to decide twice.
    RouteWithoutEnd = "route-without-end" Error,
    /// Files of a kind are to pass by inspection, and no file of it can.
    NotInspectable = "not-inspectable" Error,
    /// Persons are to inspect files, and a route that wins over theirs leaves them out.
    InspectorLeftOut = "inspector-left-out" Error,
    /// A step or a register whose role is held by no post of its scope.
    RoleWithoutPost = "role-without-post" Error,
    /// A clause that stands below itself, directly or through others.
    ClauseCycle = "clause-cycle" Error,
    /// Two statements of one pack with the same `ascii`.
    DuplicateAscii = "duplicate-ascii" Error,
    /// A role that a statement obliges and no post brings.
    RoleUnheld = "role-unheld" Warning,
    /// The guideline layer extended or asked for as a pack, or a table of one in the other.
    GuidelineLayer = "guideline-layer" Error,
    /// The guideline layer has errors, so that nothing is compared with it.
    GuidelineUnread = "guideline-unread" Warning,
    /// A column of a register that takes its value from itself, directly or through others.
    DerivationCycle = "derivation-cycle" Error,
    /// A classifier that asks more than three questions, or for ever.
    ClassifierTooLong = "classifier-too-long" Error,
    /// A role that stands above itself, directly or through others.
    RoleCycle = "role-cycle" Error,
    /// One post could fill two steps of a route, which two persons must fill.
    OnePostTwoSteps = "one-post-two-steps" Warning,
    /// A duty that comes less often than the body's own value asks for.
    DutyTooRare = "duty-too-rare" Warning,
    /// A parameter's value outside its own bounds.
    OutOfBounds = "out-of-bounds" Error,
    /// A parameter that a checkpoint needs has no value: told where something is about to run.
    ParameterNeeded = "parameter-needed" Error,
    /// A parameter has no value: the text leaves it open, and whoever runs the pack must decide.
    ParameterUnset = "parameter-unset" Warning,
    /// A parameter of another type than its use takes.
    ParameterType = "parameter-type" Error,
    /// A deadline, a size or a period of zero.
    Zero = "zero" Error,
    /// Levels of an axis that are not ranked 1, 2, 3, …
    LevelOrder = "level-order" Error,
    /// The same name, code or order number on two items that people must tell apart.
    NotDistinct = "not-distinct" Error,
    /// A statement is to be enforced by a gate, and no mechanism serves it.
    GateWithoutMechanism = "gate-without-mechanism" Warning,
    /// A channel that cites no statement, so that its evidence would name no clause.
    Uncited = "uncited" Warning,
    /// The template of a print form that does not compile with sample data.
    TemplateBroken = "template-broken" Error,
    /// The template of a print form that is not in its folder.
    TemplateMissing = "template-missing" Error,
    /// A setting that has no effect where it stands.
    NoEffect = "no-effect" Warning,
}

/// One thing that is wrong. The texts are Japanese, for the municipality's own staff.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Problem {
    /// What kind.
    pub code: Code,
    /// Whether it stops the pack.
    pub severity: Severity,
    /// File below the policies folder.
    pub file: String,
    /// Line, from 1.
    pub line: u32,
    /// Column in characters, from 1.
    pub column: u32,
    /// What is wrong and why.
    pub message: String,
    /// What to write instead.
    pub instead: String,
}

/// Collects problems up to a bound.
#[derive(Debug, Default)]
pub(crate) struct Sink {
    problems: Vec<Problem>,
}

impl Sink {
    pub(crate) fn push(
        &mut self,
        code: Code,
        at: &Origin,
        message: impl Into<String>,
        instead: impl Into<String>,
    ) {
        // Warnings may not use up the room of the errors behind them.
        let bound = match code.severity() {
            Severity::Error => PROBLEMS_MAX,
            Severity::Warning => PROBLEMS_MAX / 2,
        };
        if self.problems.len() < bound {
            self.problems.push(Problem {
                code,
                severity: code.severity(),
                file: at.file.to_string(),
                line: at.line,
                column: at.column,
                message: message.into(),
                instead: instead.into(),
            });
        }
    }

    /// Takes over what was found earlier.
    pub(crate) fn extend(&mut self, problems: &[Problem]) {
        let room = PROBLEMS_MAX.saturating_sub(self.problems.len());
        self.problems.extend(problems.iter().take(room).cloned());
    }

    pub(crate) fn has_errors(&self) -> bool {
        self.problems.iter().any(|p| p.severity == Severity::Error)
    }

    pub(crate) fn into_problems(mut self) -> Vec<Problem> {
        self.problems
            .sort_by(|a, b| (&a.file, a.line, a.column, a.code).cmp(&(&b.file, b.line, b.column, b.code)));
        self.problems.dedup();
        self.problems
    }
}

/// The known name nearest to `wrong`, if one is near enough to be meant.
pub(crate) fn nearest<'n>(wrong: &str, known: impl IntoIterator<Item = &'n str>) -> Option<&'n str> {
    // Longer texts are not misspelled names, and the distance below costs their product.
    let length = wrong.chars().count();
    if length > 80 {
        return None;
    }
    let enough = (length / 3).max(1);
    known
        .into_iter()
        .filter(|name| name.chars().count() <= 80)
        .map(|name| (distance(wrong, name), name))
        .filter(|(distance, _)| *distance <= enough)
        .min()
        .map(|(_, name)| name)
}

/// Insertions, removals, replacements and swaps of neighbours that turn `a` into `b`.
fn distance(a: &str, b: &str) -> usize {
    let b: Vec<char> = b.chars().collect();
    let mut before_last: Vec<usize> = Vec::new();
    let mut last: Vec<usize> = (0..=b.len()).collect();
    let mut previous = None;
    for (row, ca) in a.chars().enumerate() {
        let mut line = vec![row + 1];
        for (column, cb) in b.iter().enumerate() {
            let at = |cells: &[usize], i: usize| cells.get(i).copied().unwrap_or(usize::MAX / 2);
            let mut best = (at(&last, column) + usize::from(ca != *cb))
                .min(at(&last, column + 1) + 1)
                .min(at(&line, column) + 1);
            let swapped = column > 0 && previous == Some(*cb) && b.get(column - 1) == Some(&ca);
            if swapped {
                best = best.min(at(&before_last, column - 1) + 1);
            }
            line.push(best);
        }
        before_last = std::mem::replace(&mut last, line);
        previous = Some(ca);
    }
    last.last().copied().unwrap_or(0)
}

/// What `sekisho policy check` prints. The JSON form is this struct; docs/format-pack.md describes it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct CheckReport {
    /// Version of this schema.
    pub format: u32,
    /// The layer that was checked.
    pub pack: String,
    /// Whether the pack can be used.
    pub ok: bool,
    /// Number of errors.
    pub errors: usize,
    /// Number of warnings.
    pub warnings: usize,
    /// Both, in the order of file and line.
    pub problems: Vec<Problem>,
    /// Values that are not what the guideline layer recommends. No problem of the pack.
    pub divergences: Vec<DivergenceReport>,
}

/// A value that is not what a guideline recommends, as reports name it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct DivergenceReport {
    /// The recommendation's id.
    pub guideline: String,
    /// The parameter's id.
    pub parameter: String,
    /// Its title.
    pub title: String,
    /// The body's value, for people.
    pub value: String,
    /// What is recommended, for people.
    pub wanted: String,
    /// What is recommended, in words.
    pub recommendation: String,
    /// Why.
    pub reason: String,
    /// The name of the guideline.
    pub source: String,
}

impl From<Divergence<'_>> for DivergenceReport {
    fn from(d: Divergence<'_>) -> Self {
        Self {
            guideline: d.guideline.id.clone(),
            parameter: d.parameter.id.clone(),
            title: d.parameter.title.clone(),
            value: d.value.to_string(),
            wanted: d.guideline.wanted_ja(),
            recommendation: d.guideline.title.clone(),
            reason: d.guideline.reason.clone(),
            source: d.guideline.source.clone(),
        }
    }
}

impl CheckReport {
    /// The report of a pack and what was found in it.
    #[must_use]
    pub fn new(pack: &str, problems: Vec<Problem>) -> Self {
        let errors = problems.iter().filter(|p| p.severity == Severity::Error).count();
        Self {
            format: 1,
            pack: pack.to_owned(),
            ok: errors == 0,
            errors,
            warnings: problems.len() - errors,
            problems,
            divergences: Vec::new(),
        }
    }

    /// The same with the pack's divergences from the guideline layer.
    #[must_use]
    pub fn with_divergences(mut self, pack: &Pack) -> Self {
        self.divergences = pack.divergences().map(DivergenceReport::from).collect();
        self
    }

    /// For people: three lines a problem and a summary.
    #[must_use]
    pub fn to_text(&self) -> String {
        let mut text = String::new();
        for p in &self.problems {
            let word = match p.severity {
                Severity::Error => "誤り",
                Severity::Warning => "注意",
            };
            // Writing to a String cannot fail.
            let _ = writeln!(text, "{}:{}:{}: {word} [{}]", p.file, p.line, p.column, p.code.id());
            let _ = writeln!(text, "  {}", p.message);
            let _ = writeln!(text, "  → {}", p.instead);
        }
        for d in &self.divergences {
            let _ = writeln!(text, "指針との違い [{}]", d.parameter);
            let _ = writeln!(text, "  {}は {}、指針は {}({})。", d.title, d.value, d.wanted, d.source);
            let _ = writeln!(text, "  {} {}", d.recommendation, d.reason);
        }
        let _ = match (self.errors, self.warnings) {
            (0, 0) => writeln!(text, "方針パック「{}」に問題はありません。", self.pack),
            (0, w) => writeln!(text, "方針パック「{}」は使えます(注意 {w} 件)。", self.pack),
            (e, w) => writeln!(text, "方針パック「{}」は使えません(誤り {e} 件、注意 {w} 件)。", self.pack),
        };
        text
    }

    /// For programs: this struct as JSON.
    #[must_use]
    pub fn to_json(&self) -> String {
        // Strings, numbers and closed enums only: serialising cannot fail. An empty text would be refused by
        // every reader, so the worst case is still not a false "ok".
        serde_json::to_string_pretty(self).unwrap_or_default()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_nearest_name_is_the_one_meant() {
        for (wrong, known, meant) in [
            ("lable", &["label", "kind", "order"][..], Some("label")),
            ("securty-manager", &["security-manager", "system-manager"][..], Some("security-manager")),
            ("lgwn", &["internet", "lgwan", "mynumber"][..], Some("lgwan")),
            ("課張", &["課長", "部長"][..], Some("課長")),
            ("banana", &["label", "kind"][..], None),
            ("", &["label"][..], None),
        ] {
            assert_eq!(nearest(wrong, known.iter().copied()), meant, "{wrong}");
        }
    }

    #[test]
    fn distances_count_edits() {
        for (a, b, n) in
            [("", "", 0), ("abc", "", 3), ("", "abc", 3), ("abc", "acb", 1), ("kitten", "sitting", 3)]
        {
            assert_eq!(distance(a, b), n, "{a} {b}");
        }
    }

    #[test]
    fn a_flood_of_warnings_leaves_room_for_errors() {
        let at = Origin { layer: "x".into(), file: "x/a.toml".into(), line: 1, column: 1 };
        let mut sink = Sink::default();
        for i in 0..PROBLEMS_MAX * 2 {
            sink.push(Code::NoEffect, &at, i.to_string(), "");
        }
        sink.push(Code::Zero, &at, "", "");
        assert!(sink.has_errors());
    }
}
