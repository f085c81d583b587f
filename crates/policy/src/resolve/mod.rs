//! From the merged layers to the checked pack.
//!
//! Owns: the order of the whole road; which keys each kind of item has is in a module for each part of the pack.
//! Leaves to others: finding the layers (`layers`), typed keys and references (`fields`), laying over
//! (`merged`), checks that look at more than one item (`check`).

mod body;
mod classifier;
mod courses;
mod duties;
mod effects;
mod gates;
mod notices;
mod papers;
mod print;
mod record;
mod registers;
mod requests;
mod text;

use self::text::number;
use crate::check::check;
use crate::fields::Fields;
use crate::guideline::Guideline;
use crate::layers::{self, Head};
use crate::library::Library;
use crate::merged::{Merged, MergedItem};
use crate::model::{Layer, Pack};
use crate::problem::{Code, Origin, Problem, Severity, Sink};
use crate::settings::ParameterValues;
use crate::written::Kind;
use crate::{GUIDELINE, Resolved};

pub(crate) fn resolve(library: &Library<'_>, id: &str) -> Result<Resolved, Vec<Problem>> {
    let mut sink = Sink::default();
    sink.extend(library.problems());
    let Some(layers) = layers::find(library, id, &mut sink) else {
        // Without all layers every reference into the absent ones would be reported as well.
        return Err(sink.into_problems());
    };
    let heads: Vec<Head> = layers.iter().filter_map(|l| layers::head(l, &mut sink)).collect();
    let merged = Merged::new(&layers, &mut sink);
    let mut reader = Reader { library, merged: &merged, sink, values: ParameterValues::new() };
    let pack = reader.pack(id, heads);
    let Reader { mut sink, .. } = reader;
    match pack {
        Some(pack) => {
            check(&pack, &mut sink);
            if sink.has_errors() {
                Err(sink.into_problems())
            } else {
                Ok(Resolved { pack, warnings: sink.into_problems(), merged })
            }
        }
        None => Err(sink.into_problems()),
    }
}

struct Reader<'m> {
    library: &'m Library<'m>,
    merged: &'m Merged,
    sink: Sink,
    values: ParameterValues,
}

impl<'m> Reader<'m> {
    fn pack(&mut self, id: &str, heads: Vec<Head>) -> Option<Pack> {
        let layers: Vec<Layer> = heads.iter().map(|h| h.layer.clone()).collect();
        let municipality = heads.iter().rev().find_map(|h| h.municipality.clone());
        let revision_needs = heads.iter().rev().find_map(|h| h.revision_needs.clone()).unwrap_or_default();
        let public_page = heads.iter().rev().find_map(|h| h.public_page).unwrap_or_default();
        let oscal_namespace = heads.iter().rev().find_map(|h| h.oscal_namespace.clone());
        // Without any [pack] there is nothing to point at; that was reported when the layers were found.
        let top = heads.into_iter().next_back()?;
        let parameters = self.each(Kind::Parameter, Self::parameter);
        self.values = parameters.iter().map(|p| (p.id.clone(), (p.kind, number(p.value.as_ref())))).collect();
        let retention = self.retention(&top.at);
        let mut zones = self.each(Kind::Zone, Self::zone);
        zones.sort_by_key(|z| z.order);
        let mut levels = self.each(Kind::Level, Self::level);
        levels.sort_by_key(|l| (l.axis, l.rank));
        let makers = self.each(Kind::Maker, Self::maker);
        let documents = self.each(Kind::Document, Self::document);
        let mut revisions = self.each(Kind::Revision, Self::revision);
        revisions.sort_by(|a, b| a.date.cmp(&b.date));
        let mut clauses = self.each(Kind::Clause, Self::clause);
        self.inherit_documents(&mut clauses);
        let scope = self.each(Kind::Scope, Self::scope_item);
        let terms = self.terms();
        let annotations = self.each(Kind::Annotation, Self::annotation);
        let statements = self.each(Kind::Statement, Self::statement);
        let roles = self.each(Kind::Role, Self::role);
        let departments = self.each(Kind::Department, Self::department);
        let sections = self.each(Kind::Section, Self::section);
        let posts = self.each(Kind::Post, Self::post);
        let requests = self.each(Kind::Request, Self::request);
        let mut registers = self.each(Kind::Register, Self::register);
        registers.sort_by_key(|r| r.order);
        let classifiers = self.each(Kind::Classifier, Self::classifier);
        let duty_types = self.each(Kind::Duty, Self::duty);
        let closed_days = self.each(Kind::ClosedDay, Self::closed_day);
        let courses = self.each(Kind::Course, Self::course);
        let notice_rules = self.each(Kind::Notice, Self::notice);
        let notice_hours = self.notice_hours();
        let channels = self.each(Kind::Channel, Self::channel);
        let record_classes = self.each(Kind::RecordClass, Self::record_class);
        let print_forms = self.each(Kind::PrintForm, Self::print_form);
        Some(Pack {
            id: id.to_owned(),
            title: top.layer.title,
            version: top.layer.version,
            effective_from: top.effective_from,
            municipality,
            revision_needs,
            public_page,
            oscal_namespace,
            layers,
            documents,
            makers,
            revisions,
            scope,
            terms,
            annotations,
            clauses,
            statements,
            parameters,
            roles,
            departments,
            sections,
            posts,
            levels,
            zones,
            requests,
            registers,
            classifiers,
            duty_types,
            closed_days,
            courses,
            notice_rules,
            notice_hours,
            channels,
            print_forms,
            record_classes,
            retention: retention?,
            guidelines: self.guidelines(),
        })
    }

    /// The guideline layer beside the pack. Its own errors stop no pack, but are not passed over in silence.
    fn guidelines(&mut self) -> Vec<Guideline> {
        let (guidelines, problems) = self.library.guidelines();
        let Some(first) = problems.iter().find(|p| p.severity == Severity::Error) else {
            return guidelines.to_vec();
        };
        let at = Origin {
            layer: GUIDELINE.into(),
            file: first.file.as_str().into(),
            line: first.line,
            column: first.column,
        };
        self.sink.push(
            Code::GuidelineUnread,
            &at,
            format!("指針の層「{GUIDELINE}」に誤りがあるので、指針との違いを調べていません。"),
            format!("sekisho policy check {GUIDELINE} で誤りを見て直してください。"),
        );
        Vec::new()
    }

    /// Reads every item of a kind with its keys.
    fn each<T>(&mut self, kind: Kind, read: fn(&mut Self, &MergedItem, &mut Fields<'m>) -> T) -> Vec<T> {
        let merged = self.merged;
        merged
            .items(kind)
            .iter()
            .map(|item| {
                let what = format!("{}「{}」", kind.key(), item.id);
                let mut fields = Fields::new(what, item.at.clone(), &item.table, merged);
                let value = read(self, item, &mut fields);
                fields.finish(&mut self.sink);
                value
            })
            .collect()
    }
}

fn no_effect(f: &Fields<'_>, key: &str, because: &str, sink: &mut Sink) {
    sink.push(
        Code::NoEffect,
        &f.at_key(key),
        format!("{}の「{key}」は、{because}効き目がありません。", f.what()),
        "この行を消してください。",
    );
}

fn no_effect_instead(f: &Fields<'_>, key: &str, message: &str, instead: &str, sink: &mut Sink) {
    sink.push(Code::NoEffect, &f.at_key(key), format!("{}は、{message}", f.what()), instead);
}
