//! Pages and what lies on them.
//!
//! Owns: finding the pages in order, however the tree is built or broken, writing a flat tree of them, and their
//! annotations: kept, left out, or drawn into the page where the mode wants that.
//! Leaves to others: dictionaries by table (`copy`), the document around the pages (`catalog`).

use std::collections::{HashMap, HashSet};

use lopdf::{Dictionary, Object, ObjectId, dictionary};
use worker_protocol::{Mode, Reason, Threat};

use super::copy::Copy;
use super::schema::{self, Role, Shape};
use super::stream::{as_packed, packed};
use super::{flatten, mark};
use crate::Refusal;

/// Children of one node of the page tree that is written.
const KIDS_MAX: usize = 500;

/// The longest side of a page in points: 70 metres. Larger ones have made viewers allocate without end.
const SIDE_MAX: f32 = 200_000.0;

/// Nodes between the root and a page.
const TREE_DEPTH_MAX: usize = 200;

/// One page as it was found.
struct Found {
    id: Option<ObjectId>,
    dictionary: Dictionary,
    /// Where the resources came from, when they are written once for many pages.
    shared_resources: Option<ObjectId>,
}

/// A stream of a page: its old number, as it was, and unpacked.
type Part<'a> = (ObjectId, &'a lopdf::Stream, super::stream::Data);

/// One page as it was written.
pub(super) struct Written {
    pub(super) id: ObjectId,
    /// Graphics states that its content leaves open.
    pub(super) open_states: usize,
}

impl Copy<'_, '_, '_> {
    /// Writes all pages below this node; the number of the new root and the pages in order.
    pub(super) fn pages(&mut self, root: Option<&Object>) -> Result<(ObjectId, Vec<Written>), Refusal> {
        let found = self.find_pages(root)?;
        if found.is_empty() {
            return Err(Refusal::held(Reason::Damaged));
        }
        self.fidelity.pages.before = found.len() as u64;
        let root = self.clean.new_object_id();
        let parents: Vec<ObjectId> = if found.len() <= KIDS_MAX {
            vec![root]
        } else {
            (0..found.len().div_ceil(KIDS_MAX)).map(|_| self.clean.new_object_id()).collect()
        };
        let mut ids = Vec::with_capacity(found.len());
        for page in &found {
            let id = self.clean.new_object_id();
            ids.push(id);
            if let Some(old) = page.id {
                self.page_ids.entry(old).or_insert(id);
            }
        }
        let annotations: Vec<Vec<Object>> =
            found.iter().map(|page| self.annotations_of(&page.dictionary)).collect();
        for list in &annotations {
            self.register(list);
        }
        let mut written = Vec::with_capacity(found.len());
        let mut shared = HashMap::new();
        for (index, ((page, id), annotations)) in found.iter().zip(&ids).zip(&annotations).enumerate() {
            self.page = u32::try_from(index + 1).ok();
            let parent = parents.get(index / KIDS_MAX).copied().unwrap_or(root);
            let open_states = self.page(page, *id, parent, annotations, &mut shared)?;
            written.push(Written { id: *id, open_states });
            self.drain()?;
        }
        self.page = None;
        let node = |kids: &[ObjectId], count: usize, parent: Option<ObjectId>| {
            let kids = kids.iter().map(|id| Object::Reference(*id)).collect();
            let mut node =
                dictionary! { "Type" => "Pages", "Kids" => Object::Array(kids), "Count" => count as i64 };
            if let Some(parent) = parent {
                node.set("Parent", parent);
            }
            Object::Dictionary(node)
        };
        if parents.len() > 1 {
            for (parent, kids) in parents.iter().zip(ids.chunks(KIDS_MAX)) {
                self.clean.objects.insert(*parent, node(kids, kids.len(), Some(root)));
            }
            self.clean.objects.insert(root, node(&parents, ids.len(), None));
        } else {
            self.clean.objects.insert(root, node(&ids, ids.len(), None));
        }
        self.fidelity.pages.after = ids.len() as u64;
        Ok((root, written))
    }

    fn find_pages(&mut self, root: Option<&Object>) -> Result<Vec<Found>, Refusal> {
        const INHERITED: [&[u8]; 4] = [b"Resources", b"MediaBox", b"CropBox", b"Rotate"];
        let pages_max = self.work.budget.limits.pages_max as usize;
        let mut found = Vec::new();
        let mut seen = HashSet::new();
        // A stack of our own: a tree may be as deep as the file is long.
        let mut waiting: Vec<(Object, Dictionary, Option<ObjectId>, usize)> = Vec::new();
        waiting.extend(root.map(|root| (root.clone(), Dictionary::new(), None, 0)));
        while let Some((node, inherited, owner, depth)) = waiting.pop() {
            let id = node.as_reference().ok();
            let Object::Dictionary(dictionary) = self.resolved(&node) else { continue };
            let mut dictionary = dictionary.clone();
            let kids = dictionary.get(b"Kids").ok().map(|kids| self.resolved(kids).clone());
            if let Some(Object::Array(kids)) = kids.filter(|_| self.name_of(&dictionary, b"Type") != b"Page")
            {
                if depth > TREE_DEPTH_MAX || id.is_some_and(|id| !seen.insert(id)) {
                    continue;
                }
                let mut inherited = inherited;
                let mut owner = owner;
                for key in INHERITED {
                    if let Ok(value) = dictionary.get(key) {
                        inherited.set(key, value.clone());
                        if key == b"Resources" {
                            owner = id;
                        }
                    }
                }
                if kids.len() + waiting.len() > pages_max.saturating_mul(4) {
                    return Err(Refusal::blocked(Reason::TooComplex));
                }
                for kid in kids.into_iter().rev() {
                    waiting.push((kid, inherited.clone(), owner, depth + 1));
                }
                continue;
            }
            let own = dictionary.has(b"Resources");
            for (key, value) in inherited.iter() {
                if !dictionary.has(key) {
                    dictionary.set(key.clone(), value.clone());
                }
            }
            found.push(Found { id, dictionary, shared_resources: owner.filter(|_| !own) });
            if found.len() > pages_max {
                return Err(Refusal::blocked(Reason::TooComplex));
            }
        }
        if found.is_empty() {
            // No tree leads anywhere: take what calls itself a page, in the order of the file.
            for (id, object) in &self.source.objects {
                if let Object::Dictionary(dictionary) = object
                    && self.name_of(dictionary, b"Type") == b"Page"
                {
                    found.push(Found {
                        id: Some(*id),
                        dictionary: dictionary.clone(),
                        shared_resources: None,
                    });
                    if found.len() > pages_max {
                        return Err(Refusal::blocked(Reason::TooComplex));
                    }
                }
            }
        }
        Ok(found)
    }

    fn page(
        &mut self,
        page: &Found,
        id: ObjectId,
        parent: ObjectId,
        annotations: &[Object],
        shared: &mut HashMap<ObjectId, Object>,
    ) -> Result<usize, Refusal> {
        let mut kept = dictionary! { "Type" => "Page", "Parent" => parent };
        for (key, value) in page.dictionary.iter() {
            let copied = match (key.as_slice(), page.shared_resources) {
                (b"Resources", Some(owner)) => match shared.get(&owner) {
                    Some(known) => known.clone(),
                    None => {
                        let copied = self.value(value, schema::page_shape(key), 1)?;
                        let copied = match copied {
                            direct @ Object::Dictionary(_) => {
                                Object::Reference(self.clean.add_object(direct))
                            }
                            other => other,
                        };
                        shared.insert(owner, copied.clone());
                        copied
                    }
                },
                _ => self.value(value, schema::page_shape(key), 1)?,
            };
            if !copied.is_null() {
                kept.set(key.clone(), copied);
            }
        }
        self.check_size(&page.dictionary, &mut kept)?;
        let wide = self.wide_fonts(page.dictionary.get(b"Resources").ok());
        let contents = page.dictionary.get(b"Contents").cloned().unwrap_or(Object::Null);
        let (parts, open_states) = self.contents(&contents, &wide)?;
        match parts.as_slice() {
            [] => {}
            [only] => kept.set("Contents", Object::Reference(*only)),
            several => {
                kept.set(
                    "Contents",
                    Object::Array(several.iter().map(|id| Object::Reference(*id)).collect()),
                );
            }
        }
        if self.mode == Mode::Strict {
            self.flatten(&mut kept, annotations, open_states)?;
            self.clean.objects.insert(id, Object::Dictionary(kept));
            return Ok(0);
        }
        let mut list = Vec::new();
        for annotation in annotations {
            let copied = self.annotation(annotation, id)?;
            if !copied.is_null() {
                list.push(copied);
            }
        }
        if !list.is_empty() {
            kept.set("Annots", Object::Array(list));
        }
        self.clean.objects.insert(id, Object::Dictionary(kept));
        Ok(open_states)
    }

    /// Writes the boxes of a page plainly, and refuses pages that no paper has.
    fn check_size(&self, found: &Dictionary, page: &mut Dictionary) -> Result<(), Refusal> {
        for key in [b"MediaBox".as_slice(), b"CropBox", b"BleedBox", b"TrimBox", b"ArtBox"] {
            let Ok(rectangle) = found.get(key) else { continue };
            page.remove(key);
            let numbers = flatten::numbers(self.source, rectangle);
            if let [left, bottom, right, top] = numbers.as_slice()
                && numbers.iter().all(|number| number.is_finite())
            {
                if (right - left).abs() > SIDE_MAX || (top - bottom).abs() > SIDE_MAX {
                    return Err(Refusal::blocked(Reason::TooComplex));
                }
                page.set(key, Object::Array(numbers.iter().map(|number| flatten::number(*number)).collect()));
            }
        }
        if !page.has(b"MediaBox") {
            // What viewers take when a page does not say.
            page.set("MediaBox", Object::Array(vec![0.into(), 0.into(), 612.into(), 792.into()]));
        }
        if page.get(b"UserUnit").and_then(Object::as_float).is_ok_and(|unit| !(0.0..=100.0).contains(&unit)) {
            page.remove(b"UserUnit");
        }
        Ok(())
    }

    /// The streams of a page. They are one program: it is looked at as a whole.
    fn contents(
        &mut self,
        contents: &Object,
        wide: &HashSet<Vec<u8>>,
    ) -> Result<(Vec<ObjectId>, usize), Refusal> {
        let mut parts = Vec::new();
        let mut waiting = vec![(contents.clone(), 0)];
        while let Some((part, depth)) = waiting.pop() {
            match self.resolved(&part) {
                Object::Array(items) if depth < 4 => {
                    if items.len() > 100_000 {
                        return Err(Refusal::blocked(Reason::TooComplex));
                    }
                    waiting.extend(items.iter().rev().map(|item| (item.clone(), depth + 1)));
                }
                Object::Stream(_) => parts.push(part),
                _ => {}
            }
        }
        let mut whole = Vec::new();
        let mut unpacked: Vec<Part<'_>> = Vec::new();
        let parts_given = parts.len();
        for part in &parts {
            let source = self.source;
            let stream = match part {
                Object::Reference(id) => source.get_object(*id).ok(),
                _ => None,
            };
            let Some(Object::Stream(stream)) = stream else { continue };
            let data = if stream.dict.has(b"F") {
                self.report(Threat::ExternalContent);
                super::stream::Data { bytes: Vec::new(), is_plainly_packed: false, picture: None }
            } else {
                self.content_bytes(stream)?
            };
            if self.work.job.mark.is_some() && parts_given >= 2 && mark::is_own(&data.bytes) {
                // The mark of an earlier passage gives way to the new one, with what was put around the page for it.
                if unpacked.first().is_some_and(|(_, _, first): &Part<'_>| first.bytes == mark::BEFORE) {
                    unpacked.remove(0);
                    whole.drain(..mark::BEFORE.len() + 1);
                }
                continue;
            }
            whole.extend_from_slice(&data.bytes);
            whole.push(b'\n');
            unpacked.push((part.as_reference().unwrap_or_default(), stream, data));
        }
        let letters: Vec<u8> = whole.iter().take(20_000).copied().filter(u8::is_ascii_alphabetic).collect();
        self.asks_to_wait |= letters.windows(10).any(|word| word == b"Pleasewait")
            || letters.windows(11).any(|word| word == b"AdobeReader");
        let (changed, open_states) = self.content(&whole, wide)?;
        if let Some(bytes) = changed {
            let id = self.clean.add_object(packed(Dictionary::new(), bytes));
            return Ok((vec![id], open_states));
        }
        drop(whole);
        let mut ids = Vec::new();
        for (old, stream, data) in unpacked {
            let id = match self.content_ids.get(&old) {
                Some(id) => *id,
                None => {
                    let stream = match data.is_plainly_packed {
                        true => as_packed(Dictionary::new(), stream.content.clone()),
                        false => packed(Dictionary::new(), data.bytes),
                    };
                    let id = self.clean.add_object(stream);
                    self.content_ids.insert(old, id);
                    id
                }
            };
            ids.push(id);
        }
        Ok((ids, open_states))
    }

    fn annotations_of(&self, page: &Dictionary) -> Vec<Object> {
        match page.get(b"Annots").map(|annotations| self.resolved(annotations)) {
            Ok(Object::Array(items)) => items.iter().take(100_000).cloned().collect(),
            Ok(Object::Dictionary(only)) => vec![Object::Dictionary(only.clone())],
            _ => Vec::new(),
        }
    }

    /// Gives out numbers first, so that fields and replies find the annotations wherever they are.
    fn register(&mut self, annotations: &[Object]) {
        for annotation in annotations {
            if let (Object::Reference(old), Object::Dictionary(dictionary)) =
                (annotation, self.resolved(annotation))
                && schema::is_kept_annotation(self.name_of(dictionary, b"Subtype"))
                && self.mode != Mode::Strict
                && !self.annotation_ids.contains_key(old)
            {
                let new = self.clean.new_object_id();
                self.annotation_ids.insert(*old, new);
            }
        }
    }

    fn annotation(&mut self, annotation: &Object, page: ObjectId) -> Result<Object, Refusal> {
        let Some(dictionary) = self.resolved_dictionary(annotation) else { return Ok(Object::Null) };
        let subtype = self.name_of(&dictionary, b"Subtype").to_vec();
        if schema::is_kept_annotation(&subtype) {
            if let Object::Reference(old) = annotation
                && let Some(new) = self.annotation_ids.get(old).copied()
            {
                if self.annotations_done.insert(*old) {
                    self.queue.push_back((*old, new, Shape::Of(Role::Annotation)));
                }
                return Ok(Object::Reference(new));
            }
            let copied = self.value(&Object::Dictionary(dictionary), Shape::Of(Role::Annotation), 1)?;
            return Ok(Object::Reference(self.clean.add_object(copied)));
        }
        self.report(schema::threat_of_annotation(&subtype));
        for key in [b"A".as_slice(), b"AA"] {
            if let Ok(actions) = dictionary.get(key) {
                self.report_actions(actions);
            }
        }
        // The picture that stood for it stays, as a stamp that does nothing.
        let appearance = dictionary.get(b"AP").ok().and_then(|look| self.resolved_dictionary(look));
        let Some(Ok(look)) = appearance.as_ref().map(|look| look.get(b"N")) else { return Ok(Object::Null) };
        let look = self.value(look, Shape::Of(Role::Appearance), 1)?;
        let rectangle = dictionary.get(b"Rect").cloned().unwrap_or(Object::Null);
        let rectangle = self.value(&rectangle, Shape::Numbers, 1)?;
        if look.is_null() || rectangle.is_null() || matches!(subtype.as_slice(), b"PrinterMark" | b"TrapNet")
        {
            return Ok(Object::Null);
        }
        let mut stamp = dictionary! {
            "Type" => "Annot", "Subtype" => "Stamp", "Rect" => rectangle, "P" => page,
            "AP" => dictionary! { "N" => look },
        };
        for key in [b"F".as_slice(), b"AS"] {
            if let Ok(value) = dictionary.get(key) {
                let value = self.value(value, schema::shape(Role::Annotation, key), 1)?;
                stamp.set(key, value);
            }
        }
        Ok(Object::Reference(self.clean.add_object(stamp)))
    }
}
