//! Word, Excel and PowerPoint files (ECMA-376), built anew.
//!
//! Owns: the walk from the package's root along relations that `rules` lists. A part that is not reached is not
//! written, and a part that is reached is filtered (`write`).
//! Leaves to others: the inside of XML parts (`filter`), pictures (`picture`), encryption around it (`encrypted`).

mod controls;
mod encrypted;
mod fields;
mod filter;
mod formula;
mod judge;
mod layout;
mod macro_sheet;
mod mark;
mod measures;
mod names;
mod objects;
mod outline;
mod package;
mod program;
mod rules;
mod values;
mod words;
mod write;

use std::collections::{HashMap, HashSet, VecDeque};

use worker_protocol::frame::Stage;
use worker_protocol::{Fidelity, Kept, Kind, LinkPolicy, Mark, Mode, Reason, Road, Spot, Threat};

use crate::picture::{self, Format};
use crate::{Rebuilt, Refusal, Work, link, preview, xml};
use filter::{Counts, Place};
use outline::Outline;
use package::Relation;
use rules::Rule;

pub(crate) use encrypted::{DEFAULT_PASSWORD, PASSWORDS_MAX, open as open_encrypted};
pub(crate) use fields::danger as field_danger;
pub(crate) use formula::{danger as formula_danger, is_dangerous_function};
pub(crate) use layout::{KnownLayout, restore_layout};
pub(crate) use mark::{
    LABEL_PROPERTY, LEVELS_PROPERTY, SHAPE_NAME as MARK_SHAPE, is_sound as is_sound_mark, with_plain_mark,
};
pub(crate) use measures::{KnownColumns, KnownFont, Usual};
pub(crate) use objects::{Frame, shown};
pub(crate) use package::{Package, relations_path, resolve};
pub(crate) use values::{CellPlace, Known, KnownBook, KnownObject, KnownSheet, PicturesLeft, Value, restore};

/// A part that stays, before it is filtered.
struct Part {
    source: String,
    target: String,
    content_type: String,
    form: Form,
    relations: Vec<Relation>,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Form {
    Xml,
    Vml,
    /// Already rebuilt.
    Bytes,
}

struct Walk<'a, 'w, 'j> {
    package: &'a Package<'a>,
    work: &'w mut Work<'j>,
    kind: Kind,
    /// Security first.
    strict: bool,
    /// The type of the relation that leads to the main part.
    main_relation: String,
    /// The mark that the document will bear, and whether it has to be written into its pages.
    mark: Option<Mark>,
    has_new_mark: bool,
    /// The program that the document is from, where that says how it is laid out.
    program: Option<program::Program>,
    outline: Outline,
    kept: Vec<Part>,
    /// Source part → its place in `kept`.
    index: HashMap<String, usize>,
    targets: HashSet<String>,
    /// Rebuilt pictures and chart workbooks, and sheets of macros before they are filtered, by target name.
    ready: HashMap<String, Vec<u8>>,
    queue: VecDeque<usize>,
    dropped: HashSet<String>,
    pictures: Kept,
    /// Pictures that stand where objects were.
    moved: objects::Moved,
    /// Place of a part among the kept ones → the words of what it shows and loses.
    words: HashMap<usize, words::Words>,
    before: Counts,
    after: Counts,
}

/// Builds a document of this kind anew.
///
/// # Errors
/// Held when the package is damaged, is another kind than its name says, or needs a password; blocked when it is a bomb.
pub(crate) fn rebuild(
    untrusted: &[u8],
    kind: Kind,
    mode: Mode,
    work: &mut Work<'_>,
) -> Result<Rebuilt, Refusal> {
    if !matches!(mode, Mode::Rebuild | Mode::Strict | Mode::TextOnly) {
        return Err(Refusal::held(Reason::NotRebuilt));
    }
    let opened;
    let untrusted = if untrusted.starts_with(b"\xd0\xcf\x11\xe0") {
        opened = encrypted::open(untrusted, &work.job.hint.passwords, work.budget)?;
        work.findings.add(Threat::Encryption, "package");
        &opened
    } else {
        untrusted
    };
    let mark = work.job.mark.as_ref().filter(|_| mode != Mode::TextOnly);
    let (clean, fidelity) = rebuild_package(untrusted, kind, mode == Mode::Strict, mark, work)?;
    if mode == Mode::TextOnly {
        let text = preview::whole_text(kind, &clean, &work.budget.limits)?;
        return Ok(Rebuilt {
            clean: text.into_bytes(),
            kind: Kind::Text,
            road: Road::Text,
            members: Vec::new(),
            fidelity: Some(fidelity),
        });
    }
    Ok(Rebuilt { clean, kind, road: Road::Rebuilt, members: Vec::new(), fidelity: Some(fidelity) })
}

fn rebuild_package(
    untrusted: &[u8],
    kind: Kind,
    strict: bool,
    mark: Option<&Mark>,
    work: &mut Work<'_>,
) -> Result<(Vec<u8>, Fidelity), Refusal> {
    let package = Package::open(untrusted, work)?;
    if package.has_foreign_bytes {
        work.findings.add(Threat::HiddenData, "package#outside");
    }
    let damaged = Refusal::held(Reason::Damaged);
    let mut main = None;
    let mut main_relation = String::new();
    let mut old_mark = None;
    let mut program = None;
    for relation in package.relations("", work)? {
        let part = package::resolve("", &relation.target).filter(|part| package.has(part));
        if rules::is_main(&relation.kind) && !relation.is_external && main.is_none() {
            main = part;
            main_relation = relation.kind;
        } else if rules::is_properties(&relation.kind)
            && let Some(part) = &part
            && let Ok(text) = xml::decode(&package.read(part, work)?)
        {
            let (found, has_more) = mark::read_properties(&text);
            old_mark = found;
            if has_more {
                work.findings.add(Threat::Metadata, &relation.target);
            }
        } else if rules::is_program(&relation.kind)
            && !strict
            && let Some(part) = &part
            && let Ok(text) = xml::decode(&package.read(part, work)?)
        {
            let (found, has_more) = program::read(&text);
            program = found;
            if has_more {
                work.findings.add(Threat::Metadata, &relation.target);
            }
        } else if let Rule::Drop(threat) = rules::rule(&relation.kind) {
            work.findings.add(threat, &relation.target);
        } else {
            work.findings.add(Threat::Unknown, &relation.target);
        }
    }
    let main = main.ok_or(damaged)?;
    let Some(found) = rules::main_kind(package.content_type(&main)) else {
        return Err(Refusal::held(Reason::UnknownKind));
    };
    if found != kind {
        return Err(Refusal::held(Reason::NameMismatch));
    }
    let outline = outline::read(&package, &main, kind, work)?;
    let mut walk = Walk {
        package: &package,
        work,
        kind,
        strict,
        main_relation,
        mark: mark.cloned().or(old_mark),
        has_new_mark: mark.is_some(),
        program,
        outline,
        kept: Vec::new(),
        index: HashMap::new(),
        targets: write::OWN_NAMES.map(str::to_ascii_lowercase).into(),
        ready: HashMap::new(),
        queue: VecDeque::new(),
        dropped: HashSet::new(),
        pictures: Kept::default(),
        moved: objects::Moved::default(),
        words: HashMap::new(),
        before: Counts::default(),
        after: Counts::default(),
    };
    walk.keep(&main, rules::clean_main_type(kind), Form::Xml);
    while let Some(next) = walk.queue.pop_front() {
        walk.visit(next)?;
    }
    if walk.place_objects().is_none() {
        return Err(Refusal::held(Reason::VerifyFailed));
    }
    walk.report_orphans();
    walk.write()
}

impl Walk<'_, '_, '_> {
    /// Puts a part on the list of those that stay and returns the name it will have.
    fn keep(&mut self, source: &str, content_type: String, form: Form) -> String {
        self.keep_as(source, source, content_type, form)
    }

    /// The same under the name that another part would have.
    fn keep_as(&mut self, source: &str, name: &str, content_type: String, form: Form) -> String {
        let key = source.to_ascii_lowercase();
        if let Some(kept) = self.index.get(&key).and_then(|i| self.kept.get(*i)) {
            return kept.target.clone();
        }
        let extension = match form {
            Form::Xml => "xml",
            Form::Vml => "vml",
            Form::Bytes => Format::ALL
                .iter()
                .find(|f| f.content_type() == content_type)
                .map_or("xlsx", |f| f.extension()),
        };
        let target = self.free_name(name, extension);
        // Pictures and packages are typed by their extension.
        let content_type = if form == Form::Xml { content_type } else { String::new() };
        let place = self.kept.len();
        self.index.insert(key, place);
        self.kept.push(Part {
            source: source.to_owned(),
            target: target.clone(),
            content_type,
            form,
            relations: Vec::new(),
        });
        if form != Form::Bytes {
            self.queue.push_back(place);
        }
        target
    }

    /// The part's own name when it is plain, else one made from its folder and a number.
    fn free_name(&mut self, source: &str, extension: &str) -> String {
        let is_plain = |name: &str| {
            name.len() <= 120
                && name.split('/').all(|step| {
                    !step.is_empty()
                        && !step.starts_with('.')
                        && !step.ends_with('.')
                        && !step.eq_ignore_ascii_case("_rels")
                        && step.chars().all(|c| c.is_ascii_alphanumeric() || matches!(c, '.' | '_' | '-'))
                })
        };
        let stem = source.rsplit_once('.').map_or(source, |(stem, _)| stem);
        let stem = if is_plain(stem) { stem.to_owned() } else { format!("parts/part{}", self.kept.len()) };
        let mut name = format!("{stem}.{extension}");
        let mut number = 1;
        while !self.targets.insert(name.to_ascii_lowercase()) {
            name = format!("{stem}_{number}.{extension}");
            number += 1;
        }
        name
    }

    /// Follows the relations of a kept part.
    fn visit(&mut self, place: usize) -> Result<(), Refusal> {
        let Some((source, target)) = self.kept.get(place).map(|k| (k.source.clone(), k.target.clone()))
        else {
            return Ok(());
        };
        let found = self.package.relations(&source, self.work)?;
        self.find_words(place, &source, &found)?;
        self.find_objects(place, &source)?;
        let mut relations = Vec::new();
        for mut relation in found {
            if let Some(new_target) = self.follow(&source, &target, &relation)? {
                relation.target = new_target;
                if rules::rule(&relation.kind) == Rule::MacroSheet {
                    relation.kind = rules::WORKSHEET.to_owned();
                }
                relations.push(relation);
            }
        }
        if let Some(kept) = self.kept.get_mut(place) {
            kept.relations = relations;
        }
        if self.work.depth == 0 {
            let permille = u16::try_from(place * 500 / (place + self.queue.len() + 1)).unwrap_or(500);
            (self.work.progress)(Stage::Rebuild, permille);
        }
        Ok(())
    }

    /// The target a relation is written with, or nothing when it goes.
    fn follow(&mut self, source: &str, target: &str, relation: &Relation) -> Result<Option<String>, Refusal> {
        let rule = rules::rule(&relation.kind);
        let rule = rules::strict_drop(&relation.kind).filter(|_| self.strict).map_or(rule, Rule::Drop);
        if relation.is_external {
            return Ok(self.follow_outside(source, rule, relation));
        }
        if rule == Rule::Hyperlink && relation.target.starts_with('#') {
            return Ok(Some(relation.target.clone()));
        }
        let Some(part) = package::resolve(source, &relation.target).filter(|part| self.package.has(part))
        else {
            // A relation to nothing: `NULL` targets are common and mean nothing.
            return Ok(None);
        };
        let new_name = match rule {
            Rule::Xml(listed) => {
                let declared = self.package.content_type(&part).to_owned();
                let content_type = rules::content_type(listed, &declared, self.kind);
                match content_type.filter(|_| self.is_readable(&relation.kind, &part)) {
                    Some(content_type) => self.keep(&part, content_type, Form::Xml),
                    None => return Ok(self.drop(Threat::Unknown, source, &part)),
                }
            }
            Rule::Vml if self.moved.emptied.contains(&part) => return Ok(None),
            Rule::Vml => self.keep(&part, String::new(), Form::Vml),
            // Beside every picture in SVG stands one in pixels, which is shown when the other is not there.
            Rule::Picture if self.package.content_type(&part).starts_with("image/svg") => {
                return Ok(self.drop(Threat::AuxiliaryPart, source, &part));
            }
            Rule::Picture => self.keep_picture(&part)?,
            Rule::ChartData => match self.keep_chart_data(source, &part)? {
                Some(name) => name,
                None => return Ok(self.drop(Threat::EmbeddedObject, source, &part)),
            },
            Rule::MacroSheet => match self.keep_macro_sheet(source, &part)? {
                Some(name) => name,
                None => return Ok(None),
            },
            Rule::Hyperlink => return Ok(self.drop(Threat::Hyperlink, source, &part)),
            Rule::Drop(threat) => return Ok(self.drop(threat, source, &part)),
        };
        Ok(Some(package::relative(target, &new_name)))
    }

    /// Whether anything of this part would stay. Early versions of an extension have other names than those that are listed,
    /// and the document does without it.
    fn is_readable(&mut self, relation: &str, part: &str) -> bool {
        let is_extension = rules::is_extension(relation);
        // What is damaged is found, and said, when the part is written.
        !is_extension
            || self.index.contains_key(&part.to_ascii_lowercase())
            || self.package.read(part, self.work).map_or(true, |bytes| filter::has_listed_root(&bytes))
    }

    fn follow_outside(&mut self, source: &str, rule: Rule, relation: &Relation) -> Option<String> {
        let threat = match rule {
            Rule::Hyperlink if link::is_kept(&relation.target, self.links()) => {
                return Some(relation.target.trim().to_owned());
            }
            Rule::Hyperlink => Threat::Hyperlink,
            Rule::Drop(threat) => threat,
            _ => Threat::ExternalContent,
        };
        self.note(threat, source, source);
        None
    }

    fn drop(&mut self, threat: Threat, source: &str, part: &str) -> Option<String> {
        if self.dropped.insert(part.to_ascii_lowercase()) {
            self.note(threat, source, part);
        }
        None
    }

    /// Reports what goes from a part, with the slide when it stands on one.
    fn note(&mut self, threat: Threat, source: &str, place: &str) {
        match self.outline.place(source) {
            Place::Slide(number) => self.work.findings.add_at(threat, place, Spot::Slide { number: *number }),
            _ => self.work.findings.add(threat, place),
        }
    }

    /// The policy for links; with security first there are none.
    fn links(&self) -> LinkPolicy {
        if self.strict { LinkPolicy::Remove } else { self.work.job.policy.links }
    }

    fn keep_picture(&mut self, part: &str) -> Result<String, Refusal> {
        if let Some(kept) = self.index.get(&part.to_ascii_lowercase()).and_then(|i| self.kept.get(*i)) {
            return Ok(kept.target.clone());
        }
        self.pictures.before += 1;
        let bytes = self.package.read(part, self.work)?;
        let (clean, content_type) = match picture::rebuild_any(&bytes, part, self.work) {
            Ok((clean, format)) => {
                self.pictures.after += 1;
                (clean, format.content_type())
            }
            Err(refusal) if refusal.reason == Reason::Bomb => return Err(refusal),
            Err(_) => {
                // A hole would shift the page; a grey square shows where something was.
                self.work.findings.add(Threat::Unknown, part);
                (picture::placeholder()?, "image/png")
            }
        };
        let name = self.keep(part, content_type.to_owned(), Form::Bytes);
        self.ready.insert(name.clone(), clean);
        Ok(name)
    }

    /// The workbook behind a chart. Everywhere else a package in a package is an embedded object.
    fn keep_chart_data(&mut self, source: &str, part: &str) -> Result<Option<String>, Refusal> {
        let of_chart = rules::is_chart(self.package.content_type(source));
        let depth = self.work.depth + 1;
        if !of_chart || depth >= self.work.budget.limits.depth_max {
            return Ok(None);
        }
        if let Some(kept) = self.index.get(&part.to_ascii_lowercase()).and_then(|i| self.kept.get(*i)) {
            return Ok(Some(kept.target.clone()));
        }
        let bytes = self.package.read(part, self.work)?;
        self.work.depth = depth;
        let rebuilt = rebuild_package(&bytes, Kind::Xlsx, self.strict, None, self.work);
        self.work.depth -= 1;
        match rebuilt {
            Ok((clean, _)) => {
                let name = self.keep(part, "xlsx".to_owned(), Form::Bytes);
                self.ready.insert(name.clone(), clean);
                Ok(Some(name))
            }
            Err(refusal) if refusal.reason == Reason::Bomb => Err(refusal),
            Err(_) => Ok(None),
        }
    }

    /// A sheet of macros becomes a plain one. Nothing when it is none, or damaged.
    fn keep_macro_sheet(&mut self, source: &str, part: &str) -> Result<Option<String>, Refusal> {
        if let Some(kept) = self.index.get(&part.to_ascii_lowercase()).and_then(|i| self.kept.get(*i)) {
            return Ok(Some(kept.target.clone()));
        }
        self.drop(Threat::MacroXlm, source, part);
        let bytes = self.package.read(part, self.work)?;
        let Some(worksheet) = macro_sheet::as_worksheet(&bytes) else { return Ok(None) };
        let Rule::Xml(listed) = rules::rule(rules::WORKSHEET) else { return Ok(None) };
        let Some(content_type) = rules::content_type(listed, "application/xml", self.kind) else {
            return Ok(None);
        };
        let file = part.rsplit('/').next().unwrap_or(part);
        let name = self.keep_as(part, &format!("xl/worksheets/plain-{file}"), content_type, Form::Xml);
        self.ready.insert(name.clone(), worksheet);
        Ok(Some(name))
    }

    /// What no kept part refers to is not written; say so, because that is where payloads hide.
    fn report_orphans(&mut self) {
        let mut orphans: Vec<String> = self
            .package
            .names()
            .filter(|name| {
                !self.index.contains_key(*name)
                    && !self.dropped.contains(*name)
                    && !self.moved.emptied.iter().any(|part| part.eq_ignore_ascii_case(name))
                    && *name != "[content_types].xml"
                    && !name.ends_with(".rels")
                    && !name.starts_with("docprops/")
            })
            .map(str::to_owned)
            .collect();
        orphans.sort();
        for orphan in orphans {
            let threat = if orphan.contains("vbaproject") { Threat::MacroVba } else { Threat::HiddenData };
            self.work.findings.add(threat, &orphan);
        }
    }
}

#[cfg(test)]
mod tests;
