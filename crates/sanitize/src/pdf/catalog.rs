//! The document around the pages: names, outline, form, layers, structure.
//!
//! Owns: the order in which a document is written, and the dictionaries that stand at its top.
//! Leaves to others: pages (`pages`), everything below (`copy`).

use lopdf::{Dictionary, Document, Object};
use worker_protocol::{Fidelity, Mark, Mode, Reason, Threat};

use super::copy::Copy;
use super::schema::{self, Role, Shape};
use super::{mark, open};
use crate::{Refusal, Work};

/// A new document with what the pages of the old one need.
pub(super) fn document(
    source: &Document,
    mode: Mode,
    mark: Option<&Mark>,
    work: &mut Work<'_>,
) -> Result<(Document, Fidelity), Refusal> {
    let mut copy = Copy::new(source, mode, work);
    let catalog = open::catalog(source);
    let (root, pages) = copy.pages(catalog.get(b"Pages").ok())?;
    let mut clean = copy.catalog(&catalog)?;
    copy.drain()?;
    clean.set("Type", Object::Name(b"Catalog".to_vec()));
    clean.set("Pages", root);
    let catalog = copy.clean.add_object(clean);
    copy.clean.trailer = Dictionary::new();
    copy.clean.trailer.set("Root", catalog);
    let information = source.trailer.get(b"Info").ok().and_then(|info| copy.resolved_dictionary(info));
    match (mark, information) {
        (Some(mark), information) => {
            if information.is_some_and(|information| !mark::is_own_information(&information)) {
                copy.work.findings.add(Threat::Metadata, "pdf#info");
            }
            mark::write(&mut copy.clean, &pages, mark);
        }
        (None, Some(information)) if mark::is_own_information(&information) => {
            let information = copy.clean.add_object(information);
            copy.clean.trailer.set("Info", information);
        }
        (None, Some(information)) if !information.is_empty() => {
            copy.work.findings.add(Threat::Metadata, "pdf#info");
        }
        (None, _) => {}
    }
    // What was noted for something that was left behind after all.
    let reached = open::reached(&copy.clean);
    copy.clean.objects.retain(|id, _| reached.contains(id));
    let mut fidelity = copy.fidelity;
    fidelity.pictures.after = fidelity.pictures.before.saturating_sub(copy.pictures_lost);
    Ok((copy.clean, fidelity))
}

impl Copy<'_, '_, '_> {
    fn catalog(&mut self, catalog: &Dictionary) -> Result<Dictionary, Refusal> {
        let needs_rendering =
            catalog.get(b"NeedsRendering").is_ok_and(|value| self.resolved(value).as_bool().unwrap_or(false));
        let mut clean = Dictionary::new();
        for (key, value) in catalog.iter() {
            let kept = match key.as_slice() {
                b"Pages" => Object::Null,
                b"Names" => self.names(value)?,
                b"AcroForm" => self.form(value, needs_rendering)?,
                b"OpenAction" => self.open_action(value)?,
                b"PageMode" => match self.resolved(value).as_name() {
                    Ok(b"UseAttachments") | Err(_) => Object::Null,
                    Ok(mode) => Object::Name(mode.to_vec()),
                },
                key => self.value(value, schema::catalog_shape(key), 1)?,
            };
            if !kept.is_null() {
                clean.set(key.clone(), kept);
            }
        }
        Ok(clean)
    }

    fn names(&mut self, names: &Object) -> Result<Object, Refusal> {
        let names = self.resolved_dictionary(names).unwrap_or_default();
        let mut kept = Dictionary::new();
        for (tree, value) in names.iter() {
            let threat = match tree.as_slice() {
                b"Dests" => {
                    let tree = self.value(value, Shape::Of(Role::DestinationTree), 1)?;
                    kept.set("Dests", tree);
                    continue;
                }
                b"JavaScript" => Threat::Script,
                b"EmbeddedFiles" => Threat::Attachment,
                b"Renditions" => Threat::Multimedia,
                _ => Threat::Extension,
            };
            // Most writers leave empty trees behind; there is nothing to say about those.
            if self.leads_somewhere(value) {
                self.report(threat);
            }
        }
        Ok(if kept.is_empty() { Object::Null } else { Object::Dictionary(kept) })
    }

    fn leads_somewhere(&self, tree: &Object) -> bool {
        self.resolved_dictionary(tree).is_some_and(|tree| {
            [b"Names".as_slice(), b"Kids"].iter().any(|key| {
                let list = tree.get(key).ok().map(|list| self.resolved(list));
                matches!(list, Some(Object::Array(items)) if !items.is_empty())
            })
        })
    }

    fn form(&mut self, form: &Object, needs_rendering: bool) -> Result<Object, Refusal> {
        let form = self.resolved_dictionary(form).unwrap_or_default();
        let fields = form.get(b"Fields").ok().map(|fields| self.resolved(fields));
        let has_fields = matches!(fields, Some(Object::Array(items)) if !items.is_empty());
        let has_xfa = form.get(b"XFA").is_ok_and(|xfa| !self.resolved(xfa).is_null());
        let is_only_a_cover = !has_fields && self.fidelity.pages.after <= 1 && self.asks_to_wait;
        if has_xfa && (needs_rendering || is_only_a_cover) {
            // Its pages are made while it is opened; what stands in the file is only a request to wait.
            self.report(Threat::DynamicForm);
            return Err(Refusal::held(Reason::NotRebuilt));
        }
        if self.mode == Mode::Strict {
            // What its fields show was drawn into the pages.
            for (key, value) in form.iter().filter(|(key, _)| matches!(key.as_slice(), b"XFA" | b"CO")) {
                self.value(value, schema::form_shape(key), 1)?;
            }
            return Ok(Object::Null);
        }
        let mut kept = Dictionary::new();
        for (key, value) in form.iter() {
            let copied = self.value(value, schema::form_shape(key), 1)?;
            if !copied.is_null() {
                kept.set(key.clone(), copied);
            }
        }
        Ok(if kept.has(b"Fields") { Object::Dictionary(kept) } else { Object::Null })
    }

    /// A destination, or an action that is one, is only where reading starts.
    fn open_action(&mut self, action: &Object) -> Result<Object, Refusal> {
        match self.resolved(action).clone() {
            Object::Array(destination) => {
                self.value(&Object::Array(destination), Shape::Of(Role::Destination), 1)
            }
            Object::Dictionary(dictionary) if self.name_of(&dictionary, b"S") == b"GoTo" => {
                if dictionary.has(b"Next") {
                    self.report(Threat::Action);
                    self.report_actions(dictionary.get(b"Next").unwrap_or(&Object::Null));
                }
                let Ok(destination) = dictionary.get(b"D") else { return Ok(Object::Null) };
                let kept = self.value(destination, Shape::Of(Role::Destination), 1)?;
                // Written as a plain destination: no action is left whose type could be doubted.
                Ok(if matches!(kept, Object::Array(_)) { kept } else { Object::Null })
            }
            Object::Dictionary(dictionary) => {
                if schema::threat_of_action(self.name_of(&dictionary, b"S")).is_none() {
                    self.report(Threat::Action);
                }
                self.report_actions(&Object::Dictionary(dictionary));
                Ok(Object::Null)
            }
            _ => Ok(Object::Null),
        }
    }
}
