//! Copies what a document needs into a new one.
//!
//! Owns: the walk from the catalog, new object numbers, and what a removed thing leaves behind (nothing, or null).
//! Leaves to others: the tables (`rules`), reading and writing (`mod`).

use std::collections::{HashMap, VecDeque};

use lopdf::{Dictionary, Document, Object, ObjectId, Stream, dictionary};
use worker_protocol::frame::Stage;
use worker_protocol::{Reason, Threat};

use super::rules;
use crate::{Refusal, Work, link};

struct Copy<'a, 'w, 'j> {
    source: &'a Document,
    work: &'w mut Work<'j>,
    clean: Document,
    new_ids: HashMap<ObjectId, ObjectId>,
    queue: VecDeque<(ObjectId, ObjectId)>,
    /// The object that is being copied, for reports.
    at: ObjectId,
}

/// A new document with what the catalog leads to.
pub(crate) fn copy(source: &Document, work: &mut Work<'_>) -> Result<Document, Refusal> {
    let catalog = source.catalog().map_err(|_| Refusal::held(Reason::Damaged))?;
    let mut clean = Document::with_version(kept_version(&source.version));
    clean.reference_table.cross_reference_type = lopdf::xref::XrefType::CrossReferenceTable;
    let mut copy = Copy { source, work, clean, new_ids: HashMap::new(), queue: VecDeque::new(), at: (0, 0) };
    let catalog = copy.catalog(catalog)?;
    let root = copy.clean.add_object(catalog);
    copy.clean.trailer = dictionary! { "Root" => root };
    let total = source.objects.len().max(1);
    let mut done = 0;
    while let Some((old, new)) = copy.queue.pop_front() {
        copy.at = old;
        let object = match source.get_object(old) {
            Ok(object) => copy.object(object, 0)?,
            Err(_) => Object::Null,
        };
        copy.clean.objects.insert(new, object);
        done += 1;
        if copy.work.depth == 0 && done % 256 == 0 {
            let permille = u16::try_from(done * 1000 / total).unwrap_or(1000).min(1000);
            (copy.work.progress)(Stage::Rebuild, permille);
        }
    }
    Ok(copy.clean)
}

/// The version in the header is written by us; keep only one that exists.
fn kept_version(version: &str) -> &str {
    match version {
        "1.0" | "1.1" | "1.2" | "1.3" | "1.4" | "1.5" | "1.6" | "1.7" | "2.0" => version,
        _ => "1.7",
    }
}

impl Copy<'_, '_, '_> {
    fn report(&mut self, threat: Threat) {
        let place = format!("object {}", self.at.0);
        self.work.findings.add(threat, &place);
    }

    /// What a value is once references are followed, with a bound on chains of them.
    fn resolved<'s>(&'s self, mut object: &'s Object) -> &'s Object {
        for _ in 0..16 {
            match object {
                Object::Reference(id) => match self.source.get_object(*id) {
                    Ok(next) => object = next,
                    Err(_) => return &Object::Null,
                },
                other => return other,
            }
        }
        &Object::Null
    }

    fn resolved_dictionary(&self, object: &Object) -> Option<Dictionary> {
        match self.resolved(object) {
            Object::Dictionary(dictionary) => Some(dictionary.clone()),
            Object::Stream(stream) => Some(stream.dict.clone()),
            _ => None,
        }
    }

    fn catalog(&mut self, catalog: &Dictionary) -> Result<Dictionary, Refusal> {
        let mut clean = Dictionary::new();
        for (key, value) in catalog.iter() {
            match key.as_slice() {
                b"Names" => {
                    let names = self.resolved_dictionary(value).unwrap_or_default();
                    let mut kept = Dictionary::new();
                    for (tree, value) in names.iter() {
                        match tree.as_slice() {
                            b"Dests" => kept.set("Dests", self.object(value, 1)?),
                            // Appearance streams and such for forms that are not kept hold nothing that acts.
                            b"JavaScript" | b"EmbeddedFiles" | b"Renditions" | b"Templates" => {
                                if let Some(threat) = rules::danger_of_key(tree) {
                                    self.report(threat);
                                }
                            }
                            _ => self.report(Threat::Unknown),
                        }
                    }
                    clean.set("Names", kept);
                }
                b"AcroForm" => {
                    let form = self.resolved_dictionary(value).unwrap_or_default();
                    let kept = self.form(&form)?;
                    clean.set("AcroForm", kept);
                }
                b"OpenAction" => {
                    // A bare destination or a jump inside the document is only where reading starts.
                    let kept = match self.resolved(value).clone() {
                        Object::Array(items) => Some(self.object(&Object::Array(items), 1)?),
                        Object::Dictionary(action) => self.action(&action)?,
                        _ => None,
                    };
                    // A jump is not written: the key itself is on the list of what a clean file never has, and
                    // all that is lost is where reading starts. Anything else was reported by `action`.
                    drop(kept);
                }
                b"PageMode" if self.resolved(value).as_name().is_ok_and(|mode| mode == b"UseAttachments") => {
                }
                key if rules::CATALOG_KEYS.contains(&key) => {
                    let value = self.object(value, 1)?;
                    clean.set(key, value);
                }
                key => {
                    let threat = rules::danger_of_key(key).unwrap_or(match key {
                        b"URI" | b"Threads" => Threat::ExternalContent,
                        b"Legal" => Threat::Signature,
                        b"NeedsRendering" => Threat::DynamicForm,
                        _ => Threat::Unknown,
                    });
                    self.report(threat);
                }
            }
        }
        if !clean.has(b"Pages") {
            return Err(Refusal::held(Reason::Damaged));
        }
        clean.set("Type", Object::Name(b"Catalog".to_vec()));
        Ok(clean)
    }

    fn form(&mut self, form: &Dictionary) -> Result<Dictionary, Refusal> {
        let mut kept = Dictionary::new();
        for (key, value) in form.iter() {
            if rules::FORM_KEYS.contains(&key.as_slice()) {
                let value = self.object(value, 1)?;
                kept.set(key.clone(), value);
            } else if let Some(threat) = rules::danger_of_key(key).filter(|t| *t != Threat::Signature) {
                self.report(threat);
            } else if key == b"CO" {
                self.report(Threat::Script);
            }
        }
        Ok(kept)
    }

    /// A copy of one value; references are noted and their targets come later.
    fn object(&mut self, object: &Object, depth: u32) -> Result<Object, Refusal> {
        if depth > self.work.budget.limits.nesting_max {
            return Err(Refusal::blocked(Reason::TooComplex));
        }
        Ok(match object {
            Object::Reference(id) => self.reference(*id),
            Object::Array(items) => {
                let mut kept = Vec::with_capacity(items.len());
                for item in items {
                    kept.push(self.object(item, depth + 1)?);
                }
                Object::Array(kept)
            }
            Object::Dictionary(dictionary) => match self.dictionary(dictionary, depth)? {
                Some(kept) => Object::Dictionary(kept),
                None => Object::Null,
            },
            Object::Stream(stream) => self.stream(stream, depth)?,
            plain => plain.clone(),
        })
    }

    fn reference(&mut self, old: ObjectId) -> Object {
        if let Some(new) = self.new_ids.get(&old) {
            return Object::Reference(*new);
        }
        // A reference to what will not be copied becomes null here, so that no list shows a hole later.
        let is_wanted = match self.source.get_object(old) {
            Ok(Object::Dictionary(d)) => !self.is_dropped(d),
            Ok(Object::Stream(s)) => !self.is_dropped(&s.dict),
            Ok(_) => true,
            Err(_) => false,
        };
        if !is_wanted {
            return Object::Null;
        }
        let new = self.clean.new_object_id();
        self.new_ids.insert(old, new);
        self.queue.push_back((old, new));
        Object::Reference(new)
    }

    fn name_of(&self, dictionary: &Dictionary, key: &[u8]) -> Vec<u8> {
        dictionary.get(key).ok().and_then(|v| self.resolved(v).as_name().ok()).unwrap_or_default().to_vec()
    }

    /// Whether a dictionary goes as a whole. The type may itself be behind a reference.
    fn is_dropped(&self, dictionary: &Dictionary) -> bool {
        if rules::is_forbidden(dictionary) {
            return true;
        }
        let mut plain = Dictionary::new();
        for key in [b"S".as_slice(), b"Subtype", b"Type", b"FS"] {
            let name = self.name_of(dictionary, key);
            if !name.is_empty() {
                plain.set(key, Object::Name(name));
            }
        }
        for key in [b"K".as_slice(), b"Pg", b"Rect", b"EF", b"FontName", b"Trans"] {
            if dictionary.has(key) {
                plain.set(key, Object::Null);
            }
        }
        rules::is_forbidden(&plain) || self.is_unwanted_annotation(dictionary)
    }

    fn is_unwanted_annotation(&self, dictionary: &Dictionary) -> bool {
        let subtype = self.name_of(dictionary, b"Subtype");
        let is_annotation =
            self.name_of(dictionary, b"Type") == b"Annot" || dictionary.has(b"Rect") && !subtype.is_empty();
        is_annotation && !subtype.is_empty() && !rules::ANNOTATIONS.contains(&subtype.as_slice())
    }

    fn dictionary(&mut self, dictionary: &Dictionary, depth: u32) -> Result<Option<Dictionary>, Refusal> {
        if self.is_dropped(dictionary) {
            self.report(self.threat_of(dictionary));
            return Ok(None);
        }
        let kind = self.name_of(dictionary, b"Type");
        let is_page = matches!(kind.as_slice(), b"Page" | b"Pages");
        let is_signature = self.name_of(dictionary, b"FT") == b"Sig";
        let mut kept = Dictionary::new();
        for (key, value) in dictionary.iter() {
            if is_page && !rules::PAGE_KEYS.contains(&key.as_slice()) {
                if let Some(threat) = rules::danger_of_key(key) {
                    self.report(threat);
                }
                continue;
            }
            if let Some(threat) = rules::danger_of_key(key) {
                self.report(threat);
                continue;
            }
            match key.as_slice() {
                b"A" => {
                    let action = self.resolved_dictionary(value).filter(|a| a.has(b"S"));
                    match action {
                        Some(action) => {
                            if let Some(action) = self.action(&action)? {
                                kept.set("A", action);
                            }
                        }
                        None => {
                            let value = self.object(value, depth + 1)?;
                            kept.set("A", value);
                        }
                    }
                }
                b"URI" if !self.is_kept_uri(value) => self.report(Threat::Hyperlink),
                b"V" if is_signature => self.report(Threat::Signature),
                b"Annots" => {
                    let list = match self.resolved(value).clone() {
                        Object::Array(items) => items,
                        _ => Vec::new(),
                    };
                    let mut annotations = Vec::new();
                    for item in &list {
                        if let Some(dictionary) = self.resolved_dictionary(item)
                            && self.is_dropped(&dictionary)
                        {
                            self.report(self.threat_of(&dictionary));
                            continue;
                        }
                        let copied = self.object(item, depth + 1)?;
                        if copied != Object::Null {
                            annotations.push(copied);
                        }
                    }
                    kept.set("Annots", Object::Array(annotations));
                }
                _ => {
                    let value = self.object(value, depth + 1)?;
                    kept.set(key.clone(), value);
                }
            }
        }
        Ok(Some(kept))
    }

    fn threat_of(&self, dictionary: &Dictionary) -> Threat {
        let subtype = self.name_of(dictionary, b"Subtype");
        match subtype.as_slice() {
            b"FileAttachment" => Threat::Attachment,
            b"Movie" | b"Screen" | b"3D" | b"RichMedia" | b"Sound" => Threat::Multimedia,
            b"PS" => Threat::Script,
            _ => match self.name_of(dictionary, b"S").as_slice() {
                b"" if dictionary.has(b"EF") || self.name_of(dictionary, b"Type") == b"EmbeddedFile" => {
                    Threat::Attachment
                }
                b"" if matches!(self.name_of(dictionary, b"Type").as_slice(), b"Filespec" | b"F") => {
                    Threat::ExternalContent
                }
                b"" => Threat::Unknown,
                action => rules::danger_of_action(action).unwrap_or(Threat::Action),
            },
        }
    }

    /// An action that only moves the reader, written with nothing but what that needs.
    fn action(&mut self, action: &Dictionary) -> Result<Option<Object>, Refusal> {
        let kind = self.name_of(action, b"S");
        if let Some(threat) = rules::danger_of_action(&kind) {
            self.report(threat);
            return Ok(None);
        }
        if action.has(b"Next") {
            self.report(Threat::Action);
        }
        let mut kept = dictionary! { "S" => Object::Name(kind.clone()) };
        match kind.as_slice() {
            b"GoTo" => match action.get(b"D") {
                Ok(destination) => {
                    let destination = self.object(destination, 1)?;
                    kept.set("D", destination);
                }
                Err(_) => return Ok(None),
            },
            b"Named" => {
                let name = self.name_of(action, b"N");
                if !matches!(name.as_slice(), b"NextPage" | b"PrevPage" | b"FirstPage" | b"LastPage") {
                    self.report(Threat::Action);
                    return Ok(None);
                }
                kept.set("N", Object::Name(name));
            }
            _ => {
                let Ok(target) = action.get(b"URI") else { return Ok(None) };
                if !self.is_kept_uri(target) {
                    self.report(Threat::Hyperlink);
                    return Ok(None);
                }
                let target = self.resolved(target).clone();
                kept.set("URI", target);
            }
        }
        Ok(Some(Object::Dictionary(kept)))
    }

    fn is_kept_uri(&self, value: &Object) -> bool {
        let target = match self.resolved(value) {
            Object::String(bytes, _) => String::from_utf8_lossy(bytes).into_owned(),
            _ => return false,
        };
        link::is_kept(&target, self.work.job.policy.links)
    }

    fn stream(&mut self, stream: &Stream, depth: u32) -> Result<Object, Refusal> {
        let Some(mut kept) = self.dictionary(&stream.dict, depth)? else { return Ok(Object::Null) };
        let mut content = stream.content.clone();
        if kept.has(b"F") || kept.has(b"FFilter") {
            // The real data would come from another file; what is here is not what a viewer shows.
            self.report(Threat::ExternalContent);
            for key in [b"F".as_slice(), b"FFilter", b"FDecodeParms", b"Filter", b"DecodeParms"] {
                kept.remove(key);
            }
            content.clear();
        }
        // Lengths behind a reference and hints for other programs are written anew or not at all.
        kept.remove(b"Length");
        kept.remove(b"DL");
        self.work.budget.spend(content.len() as u64)?;
        let mut clean = Stream::new(kept, content);
        clean.allows_compression = false;
        Ok(Object::Stream(clean))
    }
}
