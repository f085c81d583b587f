//! Word, Excel and PowerPoint files (ECMA-376), built anew.
//!
//! Owns: the walk from the package's root along relations that `rules` lists. A part that is not reached is not
//! written, a part that is reached is filtered, and content types and relations are written from what was kept.
//! Leaves to others: the inside of XML parts (`filter`), pictures (`picture`), the ZIP around it.

mod fields;
mod filter;
mod formula;
mod package;
mod rules;

use std::collections::{HashMap, HashSet, VecDeque};

use worker_protocol::frame::Stage;
use worker_protocol::{Kind, Reason, Threat};

use crate::picture::{self, Format};
use crate::{Refusal, Work, link, xml, zip_writer};
use package::{Package, Relation};
use rules::Rule;

pub(crate) use fields::danger as field_danger;
pub(crate) use formula::{danger as formula_danger, is_dangerous_function};
pub(crate) use package::{relations_path, resolve};

/// A part that stays, before it is filtered.
struct Kept {
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
    kept: Vec<Kept>,
    /// Source part → its place in `kept`.
    index: HashMap<String, usize>,
    targets: HashSet<String>,
    /// Rebuilt pictures and chart workbooks, by target name.
    ready: HashMap<String, Vec<u8>>,
    queue: VecDeque<usize>,
    dropped: HashSet<String>,
}

/// Builds a document of this kind anew.
///
/// # Errors
/// Held when the package is damaged or is another kind than its name says; blocked when it is a bomb.
pub(crate) fn rebuild(untrusted: &[u8], kind: Kind, work: &mut Work<'_>) -> Result<Vec<u8>, Refusal> {
    let package = Package::open(untrusted, work)?;
    if package.has_foreign_bytes {
        work.findings.add(Threat::HiddenData, "package#outside");
    }
    let damaged = Refusal::held(Reason::Damaged);
    let mut main = None;
    for relation in package.relations("", work)? {
        if rules::is_main(&relation.kind) && !relation.is_external && main.is_none() {
            main = package::resolve("", &relation.target);
        } else if let Rule::Drop(threat) = rules::rule(&relation.kind) {
            work.findings.add(threat, &relation.target);
        } else {
            work.findings.add(Threat::Unknown, &relation.target);
        }
    }
    let main = main.filter(|part| package.has(part)).ok_or(damaged)?;
    let Some((found, allows_macros)) = rules::main_kind(package.content_type(&main)) else {
        return Err(Refusal::held(Reason::UnknownKind));
    };
    if found != kind {
        return Err(Refusal::held(Reason::NameMismatch));
    }
    if allows_macros {
        work.findings.add(Threat::FileName, &main);
    }
    let mut walk = Walk {
        package: &package,
        work,
        kind,
        kept: Vec::new(),
        index: HashMap::new(),
        targets: HashSet::new(),
        ready: HashMap::new(),
        queue: VecDeque::new(),
        dropped: HashSet::new(),
    };
    walk.keep(&main, rules::clean_main_type(kind), Form::Xml);
    while let Some(next) = walk.queue.pop_front() {
        walk.visit(next)?;
    }
    walk.report_orphans();
    walk.write(&main)
}

impl Walk<'_, '_, '_> {
    /// Puts a part on the list of those that stay and returns the name it will have.
    fn keep(&mut self, source: &str, content_type: String, form: Form) -> String {
        let key = source.to_ascii_lowercase();
        if let Some(kept) = self.index.get(&key).and_then(|i| self.kept.get(*i)) {
            return kept.target.clone();
        }
        let extension = match form {
            Form::Xml => "xml",
            Form::Vml => "vml",
            Form::Bytes if content_type == "image/png" => "png",
            Form::Bytes if content_type == "image/jpeg" => "jpeg",
            Form::Bytes => "xlsx",
        };
        let target = self.free_name(source, extension);
        // Pictures and packages are typed by their extension.
        let content_type = if form == Form::Xml { content_type } else { String::new() };
        let place = self.kept.len();
        self.index.insert(key, place);
        self.kept.push(Kept {
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
        let mut relations = Vec::new();
        for mut relation in self.package.relations(&source, self.work)? {
            if let Some(new_target) = self.follow(&source, &target, &relation)? {
                relation.target = new_target;
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
                match rules::content_type(listed, &declared, self.kind) {
                    Some(content_type) => self.keep(&part, content_type, Form::Xml),
                    None => return Ok(self.drop(Threat::Unknown, &part)),
                }
            }
            Rule::Vml => self.keep(&part, String::new(), Form::Vml),
            Rule::Picture => self.keep_picture(&part)?,
            Rule::ChartData => match self.keep_chart_data(source, &part)? {
                Some(name) => name,
                None => return Ok(self.drop(Threat::EmbeddedObject, &part)),
            },
            Rule::Hyperlink => return Ok(self.drop(Threat::Hyperlink, &part)),
            Rule::Drop(threat) => return Ok(self.drop(threat, &part)),
        };
        Ok(Some(package::relative(target, &new_name)))
    }

    fn follow_outside(&mut self, source: &str, rule: Rule, relation: &Relation) -> Option<String> {
        let threat = match rule {
            Rule::Hyperlink if link::is_kept(&relation.target, self.work.job.policy.links) => {
                return Some(relation.target.trim().to_owned());
            }
            Rule::Hyperlink => Threat::Hyperlink,
            Rule::Drop(threat) => threat,
            _ => Threat::ExternalContent,
        };
        self.work.findings.add(threat, source);
        None
    }

    fn drop(&mut self, threat: Threat, part: &str) -> Option<String> {
        if self.dropped.insert(part.to_ascii_lowercase()) {
            self.work.findings.add(threat, part);
        }
        None
    }

    fn keep_picture(&mut self, part: &str) -> Result<String, Refusal> {
        if let Some(kept) = self.index.get(&part.to_ascii_lowercase()).and_then(|i| self.kept.get(*i)) {
            return Ok(kept.target.clone());
        }
        let bytes = self.package.read(part, self.work)?;
        let (clean, content_type) = match picture::rebuild_any(&bytes, part, self.work) {
            Ok((clean, Format::Png)) => (clean, "image/png"),
            Ok((clean, Format::Jpeg)) => (clean, "image/jpeg"),
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
        let rebuilt = rebuild(&bytes, Kind::Xlsx, self.work);
        self.work.depth -= 1;
        match rebuilt {
            Ok(clean) => {
                let name = self.keep(part, "xlsx".to_owned(), Form::Bytes);
                self.ready.insert(name.clone(), clean);
                Ok(Some(name))
            }
            Err(refusal) if refusal.reason == Reason::Bomb => Err(refusal),
            Err(_) => Ok(None),
        }
    }

    /// What no kept part refers to is not written; say so, because that is where payloads hide.
    fn report_orphans(&mut self) {
        let mut orphans: Vec<String> = self
            .package
            .names()
            .filter(|name| {
                !self.index.contains_key(*name)
                    && !self.dropped.contains(*name)
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

    fn write(mut self, main: &str) -> Result<Vec<u8>, Refusal> {
        let mut parts: Vec<(String, Vec<u8>)> = Vec::new();
        let total = self.kept.len().max(1);
        let mut lost = Vec::new();
        for (place, kept) in self.kept.iter().enumerate() {
            let bytes = match kept.form {
                Form::Bytes => self.ready.remove(&kept.target).unwrap_or_default(),
                Form::Xml | Form::Vml => {
                    let bytes = self.package.read(&kept.source, self.work)?;
                    let kept_ids: HashSet<String> = kept.relations.iter().map(|r| r.id.clone()).collect();
                    let context = filter::PartContext {
                        part: &kept.source,
                        kind: self.kind,
                        kept_ids: &kept_ids,
                        links: self.work.job.policy.links,
                        nesting_max: self.work.budget.limits.nesting_max,
                    };
                    match filter::filter(&bytes, &context, &mut self.work.findings) {
                        Ok(clean) => clean,
                        // VML is often not quite XML. It holds notes' outlines and old shapes, not text.
                        Err(refusal) if kept.form == Form::Vml && refusal.reason == Reason::Damaged => {
                            lost.push(kept.source.clone());
                            EMPTY_VML.as_bytes().to_vec()
                        }
                        Err(refusal) => return Err(refusal),
                    }
                }
            };
            self.work.budget.spend(0)?;
            parts.push((kept.target.clone(), bytes));
            if self.work.depth == 0 {
                let permille = u16::try_from(500 + (place + 1) * 500 / total).unwrap_or(1000);
                (self.work.progress)(Stage::Rebuild, permille);
            }
        }
        for part in lost {
            self.work.findings.add(Threat::Unknown, &part);
        }
        let types = package::write_content_types(
            self.kept.iter().map(|k| (k.target.as_str(), k.content_type.as_str())),
        );
        let main_target = self.kept.first().map_or(main, |k| k.target.as_str());
        let root = package::write_relations(&[Relation {
            id: "rId1".to_owned(),
            kind: "http://schemas.openxmlformats.org/officeDocument/2006/relationships/officeDocument"
                .to_owned(),
            target: main_target.to_owned(),
            is_external: false,
        }]);
        let mut members = vec![("[Content_Types].xml".to_owned(), types), ("_rels/.rels".to_owned(), root)];
        for (kept, part) in self.kept.iter().zip(parts) {
            if !kept.relations.is_empty() && kept.form != Form::Bytes {
                members
                    .push((package::relations_path(&kept.target), package::write_relations(&kept.relations)));
            }
            members.push(part);
        }
        zip_writer::write(members.iter().map(|(name, bytes)| (name, bytes.as_slice())))
    }
}

const EMPTY_VML: &str = "<xml xmlns:v=\"urn:schemas-microsoft-com:vml\"></xml>";

#[cfg(test)]
mod tests;
