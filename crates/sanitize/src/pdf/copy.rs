//! Copies what a document needs into a new one.
//!
//! Owns: the walk along the tables of `schema`, new object numbers, and what a removed thing leaves behind (nothing,
//! or null).
//! Leaves to others: what is allowed where (`schema`), pages and their annotations (`pages`), the document's own
//! dictionaries (`catalog`), what is in streams (`stream` and its neighbours).

use std::collections::{HashMap, HashSet, VecDeque};

use lopdf::{Dictionary, Document, Object, ObjectId, Stream};
use worker_protocol::frame::Stage;
use worker_protocol::{Fidelity, Mode, Reason, Spot, Threat};

use super::content;
use super::schema::{self, Role, Shape};
use super::stream::{as_packed, packed};
use crate::bounded::Size;
use crate::{Refusal, Work};

/// Strings up to this many bytes are written where they are used, even if they were objects of their own.
const SHORT_BYTES: usize = 64;

pub(super) struct Copy<'a, 'w, 'j> {
    pub(super) source: &'a Document,
    pub(super) work: &'w mut Work<'j>,
    pub(super) mode: Mode,
    pub(super) clean: Document,
    ids: HashMap<(ObjectId, Shape), ObjectId>,
    pub(super) queue: VecDeque<(ObjectId, ObjectId, Shape)>,
    /// Pages by their old number.
    pub(super) page_ids: HashMap<ObjectId, ObjectId>,
    /// Annotations that are on a page, by their old number.
    pub(super) annotation_ids: HashMap<ObjectId, ObjectId>,
    /// Annotations that were noted for copying.
    pub(super) annotations_done: HashSet<ObjectId>,
    /// Streams of page content, by their old number.
    pub(super) content_ids: HashMap<ObjectId, ObjectId>,
    /// The object that is being copied, for reports.
    at: ObjectId,
    /// The page that is being copied, counted from 1.
    pub(super) page: Option<u32>,
    pub(super) fidelity: Fidelity,
    pub(super) pictures_lost: u64,
    /// Whether a page says that something else is still to come.
    pub(super) asks_to_wait: bool,
    done: usize,
}

impl<'a, 'w, 'j> Copy<'a, 'w, 'j> {
    pub(super) fn new(source: &'a Document, mode: Mode, work: &'w mut Work<'j>) -> Self {
        Self {
            source,
            work,
            mode,
            clean: Document::with_version("1.7"),
            ids: HashMap::new(),
            queue: VecDeque::new(),
            page_ids: HashMap::new(),
            annotation_ids: HashMap::new(),
            annotations_done: HashSet::new(),
            content_ids: HashMap::new(),
            at: (0, 0),
            page: None,
            fidelity: Fidelity::default(),
            pictures_lost: 0,
            asks_to_wait: false,
            done: 0,
        }
    }

    pub(super) fn report(&mut self, threat: Threat) {
        let place = format!("object {}", self.at.0);
        match self.page {
            Some(number) => self.work.findings.add_at(threat, &place, Spot::Page { number }),
            None => self.work.findings.add(threat, &place),
        }
    }

    /// Copies everything that was noted so far.
    pub(super) fn drain(&mut self) -> Result<(), Refusal> {
        let total = self.source.objects.len().max(1);
        while let Some((old, new, shape)) = self.queue.pop_front() {
            self.at = old;
            let object = match self.source.get_object(old) {
                Ok(object) => self.direct(object, shape, 0)?,
                Err(_) => Object::Null,
            };
            self.clean.objects.insert(new, object);
            self.done += 1;
            if self.work.depth == 0 && self.done.is_multiple_of(256) {
                let permille = u16::try_from(self.done * 1000 / total).unwrap_or(1000).min(1000);
                (self.work.progress)(Stage::Rebuild, permille);
            }
        }
        Ok(())
    }

    /// What a value is once references are followed.
    pub(super) fn resolved<'s>(&'s self, object: &'s Object) -> &'s Object {
        match object {
            Object::Reference(id) => self.source.get_object(*id).unwrap_or(&Object::Null),
            other => other,
        }
    }

    pub(super) fn resolved_dictionary(&self, object: &Object) -> Option<Dictionary> {
        match self.resolved(object) {
            Object::Dictionary(dictionary) => Some(dictionary.clone()),
            Object::Stream(stream) => Some(stream.dict.clone()),
            _ => None,
        }
    }

    pub(super) fn name_of<'s>(&'s self, dictionary: &'s Dictionary, key: &[u8]) -> &'s [u8] {
        dictionary.get(key).ok().and_then(|v| self.resolved(v).as_name().ok()).unwrap_or_default()
    }

    /// A copy of one value; references are noted and their targets come later.
    pub(super) fn value(&mut self, object: &Object, shape: Shape, depth: u32) -> Result<Object, Refusal> {
        match (shape, object) {
            (Shape::Quiet, _) => Ok(Object::Null),
            (Shape::Gone(threat), object) => {
                if !self.resolved(object).is_null() {
                    self.report(threat);
                    if threat == Threat::Action {
                        self.report_actions(object);
                    }
                }
                Ok(Object::Null)
            }
            (Shape::Action, object) => self.action(object),
            (shape, Object::Reference(id)) => self.reference(*id, shape),
            (shape, direct) => self.direct(direct, shape, depth),
        }
    }

    fn reference(&mut self, old: ObjectId, shape: Shape) -> Result<Object, Refusal> {
        let known = match shape {
            Shape::Of(Role::PageRef | Role::Destination) => self.page_ids.get(&old),
            Shape::Of(Role::Annotation | Role::AnnotationRef | Role::Field) => self.annotation_ids.get(&old),
            _ => None,
        };
        if let Some(new) = known.or_else(|| self.ids.get(&(old, shape))) {
            return Ok(Object::Reference(*new));
        }
        if matches!(shape, Shape::Of(Role::PageRef | Role::AnnotationRef)) {
            // To a page or an annotation that is not there.
            return Ok(Object::Null);
        }
        let target = match self.source.get_object(old) {
            Ok(target) => target,
            Err(_) => return Ok(Object::Null),
        };
        let before = std::mem::replace(&mut self.at, old);
        let is_wanted = match target {
            Object::String(bytes, _) if bytes.len() > SHORT_BYTES => true,
            Object::Array(_) => true,
            Object::Dictionary(dictionary) => self.is_wanted(dictionary, shape, false),
            Object::Stream(stream) => self.is_wanted(&stream.dict, shape, true),
            scalar => {
                let copied = self.direct(scalar, shape, 0);
                self.at = before;
                return copied;
            }
        };
        self.at = before;
        if !is_wanted {
            return Ok(Object::Null);
        }
        let new = self.clean.new_object_id();
        self.ids.insert((old, shape), new);
        self.queue.push_back((old, new, shape));
        Ok(Object::Reference(new))
    }

    /// Whether something is copied here at all; says so if not. Asked before a number is given out, so that no list
    /// shows a hole later.
    fn is_wanted(&mut self, dictionary: &Dictionary, shape: Shape, is_stream: bool) -> bool {
        let wanted = match shape {
            Shape::Of(role) => self.refined(role, dictionary, is_stream).map(|_| ()),
            Shape::Map(_) if !is_stream => Ok(()),
            _ => Err(Threat::Unknown),
        };
        if let Err(threat) = wanted {
            self.report(threat);
        }
        wanted.is_ok()
    }

    /// The role as the object itself narrows it down, or why it is not copied.
    fn refined(&self, role: Role, dictionary: &Dictionary, is_stream: bool) -> Result<Role, Threat> {
        let subtype = self.name_of(dictionary, b"Subtype");
        let kind = self.name_of(dictionary, b"Type");
        let is_postscript = is_stream
            && (subtype == b"PS" || self.name_of(dictionary, b"Subtype2") == b"PS" || dictionary.has(b"PS"));
        if matches!(role, Role::XObject | Role::Form | Role::Appearance) && is_postscript {
            return Err(Threat::Script);
        }
        if matches!(kind, b"EmbeddedFile" | b"Filespec") || dictionary.has(b"EF") {
            return Err(Threat::Attachment);
        }
        let refined = match role {
            Role::XObject => match subtype {
                b"Image" => Role::Image,
                b"Form" => Role::Form,
                _ if dictionary.has(b"Width") && dictionary.has(b"Height") => Role::Image,
                _ => Role::Form,
            },
            Role::Appearance if is_stream => Role::Form,
            Role::Colour if dictionary.has(b"FunctionType") => Role::Function,
            Role::Colour if is_stream && dictionary.has(b"N") => Role::IccProfile,
            Role::Colour if is_stream => Role::Data,
            Role::Colour
                if [b"Colorants".as_slice(), b"Process", b"Components", b"MixingHints", b"Subtype"]
                    .iter()
                    .any(|key| dictionary.has(key)) =>
            {
                Role::DeviceN
            }
            Role::Properties if matches!(kind, b"OCG" | b"OCMD") => Role::Layer,
            Role::Encoding if is_stream => Role::CMap,
            Role::Data if !is_stream && kind == b"Sig" => return Err(Threat::Signature),
            role => role,
        };
        let may_be_stream = matches!(
            refined,
            Role::Image
                | Role::Form
                | Role::Glyph
                | Role::Pattern
                | Role::Function
                | Role::Shading
                | Role::Data
                | Role::IccProfile
                | Role::CMap
                | Role::CidToGid
                | Role::FontProgram
        );
        let must_be_stream = matches!(
            refined,
            Role::Image
                | Role::Form
                | Role::Glyph
                | Role::Data
                | Role::IccProfile
                | Role::CMap
                | Role::CidToGid
                | Role::FontProgram
        );
        let fits = if is_stream { may_be_stream } else { !must_be_stream };
        if fits { Ok(refined) } else { Err(Threat::Unknown) }
    }

    fn direct(&mut self, object: &Object, shape: Shape, depth: u32) -> Result<Object, Refusal> {
        if depth > self.work.budget.limits.nesting_max.min(100) {
            return Err(Refusal::blocked(Reason::TooComplex));
        }
        Ok(match (object, shape) {
            (Object::Reference(_), shape) => self.value(object, shape, depth + 1)?,
            (Object::Null, _) | (_, Shape::Quiet | Shape::Gone(_) | Shape::Action) => Object::Null,
            (Object::Array(items), Shape::Plain | Shape::Numbers | Shape::Of(_)) => {
                let drops_holes = matches!(shape, Shape::Of(Role::Field | Role::Layer | Role::FontDict));
                let mut kept = Vec::with_capacity(items.len());
                for item in items {
                    let copied = self.value(item, shape, depth + 1)?;
                    if !drops_holes || !copied.is_null() {
                        kept.push(copied);
                    }
                }
                Object::Array(kept)
            }
            (Object::Dictionary(dictionary), Shape::Map(role)) => {
                let mut kept = Dictionary::new();
                for (key, value) in dictionary.iter() {
                    let copied = self.value(value, Shape::Of(role), depth + 1)?;
                    if !copied.is_null() {
                        kept.set(key.clone(), copied);
                    }
                }
                Object::Dictionary(kept)
            }
            (Object::Dictionary(dictionary), Shape::Of(Role::Appearance)) => {
                // One appearance for each state.
                self.direct(&Object::Dictionary(dictionary.clone()), Shape::Map(Role::Form), depth + 1)?
            }
            (Object::Dictionary(dictionary), Shape::Of(role)) => {
                match self.refined(role, dictionary, false) {
                    Ok(role) => Object::Dictionary(self.dictionary(dictionary, role, depth)?),
                    Err(threat) => {
                        self.report(threat);
                        Object::Null
                    }
                }
            }
            (Object::Stream(stream), Shape::Of(role)) => match self.refined(role, &stream.dict, true) {
                Ok(role) => self.stream(stream, role, depth)?,
                Err(threat) => {
                    self.report(threat);
                    Object::Null
                }
            },
            (Object::Integer(_) | Object::Real(_) | Object::Boolean(_), Shape::Numbers) => object.clone(),
            (
                Object::Integer(_)
                | Object::Real(_)
                | Object::Boolean(_)
                | Object::Name(_)
                | Object::String(..),
                Shape::Plain | Shape::Of(_),
            ) => object.clone(),
            _ => {
                self.report(Threat::Unknown);
                Object::Null
            }
        })
    }

    fn dictionary(&mut self, dictionary: &Dictionary, role: Role, depth: u32) -> Result<Dictionary, Refusal> {
        let is_signature = matches!(role, Role::Annotation | Role::Field) && {
            let kind = self.name_of(dictionary, b"FT");
            kind == b"Sig"
        };
        let mut kept = Dictionary::new();
        for (key, value) in dictionary.iter() {
            let shape = match (role, key.as_slice()) {
                (Role::Annotation | Role::Field, b"V" | b"DV") if is_signature => {
                    Shape::Gone(Threat::Signature)
                }
                (Role::Struct, b"A" | b"C" | b"ClassMap") if self.mode == Mode::Strict => Shape::Quiet,
                (role, key) => schema::shape(role, key),
            };
            let mut copied = self.value(value, shape, depth + 1)?;
            if let (Role::Struct, b"K", Object::Array(items)) = (role, key.as_slice(), &mut copied) {
                items.retain(|item| !item.is_null());
            }
            if !copied.is_null() {
                kept.set(key.clone(), copied);
            }
        }
        Ok(kept)
    }

    fn stream(&mut self, stream: &Stream, role: Role, depth: u32) -> Result<Object, Refusal> {
        let mut dictionary = stream.dict.clone();
        let is_outside = dictionary.has(b"F") || dictionary.has(b"FFilter");
        for key in
            [b"Length".as_slice(), b"Filter", b"DecodeParms", b"DP", b"DL", b"F", b"FFilter", b"FDecodeParms"]
        {
            dictionary.remove(key);
        }
        for key in [b"Length1".as_slice(), b"Length2", b"Length3"] {
            if role == Role::FontProgram {
                dictionary.remove(key);
            }
        }
        let kept = self.dictionary(&dictionary, role, depth)?;
        if is_outside {
            // The real data would come from another file; what is here is not what a viewer shows.
            self.report(Threat::ExternalContent);
            return self.stream_data(&Stream::new(dictionary, Vec::new()), kept, role);
        }
        self.stream_data(stream, kept, role)
    }

    fn stream_data(&mut self, stream: &Stream, mut kept: Dictionary, role: Role) -> Result<Object, Refusal> {
        Ok(match role {
            Role::Image => self.image(stream, kept)?,
            Role::Form | Role::Glyph | Role::Pattern => {
                if role == Role::Form {
                    kept.set("Type", Object::Name(b"XObject".to_vec()));
                    kept.set("Subtype", Object::Name(b"Form".to_vec()));
                }
                let wide = self.wide_fonts(stream.dict.get(b"Resources").ok());
                let data = self.content_bytes(stream)?;
                let (clean, _) = self.content(&data.bytes, &wide)?;
                Object::Stream(match clean {
                    None if data.is_plainly_packed => as_packed(kept, stream.content.clone()),
                    None => packed(kept, data.bytes),
                    Some(bytes) => packed(kept, bytes),
                })
            }
            Role::Function => {
                let is_program = kept.get(b"FunctionType").and_then(Object::as_i64).unwrap_or(0) == 4;
                let data = self.unfiltered(stream, self.stream_bytes_max(), Size::Unknown)?;
                if is_program && !content::is_calculator(&data.bytes) {
                    self.report(Threat::Script);
                    return Ok(Object::Null);
                }
                Object::Stream(if data.is_plainly_packed {
                    as_packed(kept, stream.content.clone())
                } else {
                    packed(kept, data.bytes)
                })
            }
            Role::IccProfile => {
                let data = self.unfiltered(stream, 32 << 20, Size::Unknown)?;
                // A stream without a profile makes viewers take the plain colours of as many channels.
                let is_profile = data.bytes.get(36..40) == Some(b"acsp") && data.bytes.len() >= 128;
                // An empty one is what is written here in place of one that is none.
                if !is_profile && !data.bytes.is_empty() {
                    self.report(Threat::Unknown);
                }
                Object::Stream(match is_profile {
                    true if data.is_plainly_packed => as_packed(kept, stream.content.clone()),
                    true => packed(kept, data.bytes),
                    false => packed(kept, Vec::new()),
                })
            }
            Role::FontProgram => self.font_program(stream, kept)?,
            Role::CMap | Role::CidToGid | Role::Data | Role::Shading => {
                match self.data_stream(stream, kept) {
                    Ok(stream) => Object::Stream(stream),
                    Err(refusal) if refusal.reason == Reason::Damaged => {
                        self.report(Threat::Unknown);
                        Object::Null
                    }
                    Err(refusal) => return Err(refusal),
                }
            }
            _ => {
                self.report(Threat::Unknown);
                Object::Null
            }
        })
    }

    /// Content that cannot be unpacked shows nothing in any viewer.
    pub(super) fn content_bytes(&mut self, stream: &Stream) -> Result<super::stream::Data, Refusal> {
        match self.unfiltered(stream, self.stream_bytes_max(), Size::Unknown) {
            Ok(data) if data.picture.is_none() => Ok(data),
            Ok(_) | Err(Refusal { reason: Reason::Damaged, .. }) => {
                self.report(Threat::Unknown);
                Ok(super::stream::Data { bytes: Vec::new(), is_plainly_packed: false, picture: None })
            }
            Err(refusal) => Err(refusal),
        }
    }

    /// Content with only known instructions: the bytes, unless nothing had to change, and the states left open.
    pub(super) fn content(
        &mut self,
        bytes: &[u8],
        wide_fonts: &HashSet<Vec<u8>>,
    ) -> Result<(Option<Vec<u8>>, usize), Refusal> {
        let filtered = content::filter(bytes, wide_fonts, self.work.budget.limits.pixels_max)?;
        for _ in 0..filtered.unknown.min(1000) {
            self.report(Threat::Unknown);
        }
        if filtered.comments > 0 {
            self.report(Threat::HiddenData);
        }
        if filtered.pictures_dropped > 0 {
            self.report(Threat::Unknown);
        }
        self.fidelity.characters.before += filtered.characters;
        self.fidelity.characters.after += filtered.characters;
        self.fidelity.pictures.before += filtered.pictures;
        self.pictures_lost += u64::from(filtered.pictures_dropped);
        Ok((filtered.changed, filtered.open_states))
    }

    /// The fonts in these resources whose characters have two bytes.
    pub(super) fn wide_fonts(&self, resources: Option<&Object>) -> HashSet<Vec<u8>> {
        let Some(Object::Dictionary(resources)) = resources.map(|resources| self.resolved(resources)) else {
            return HashSet::new();
        };
        let Ok(Object::Dictionary(fonts)) = resources.get(b"Font").map(|fonts| self.resolved(fonts)) else {
            return HashSet::new();
        };
        let is_wide = |font: &Object| match self.resolved(font) {
            Object::Dictionary(font) => self.name_of(font, b"Subtype") == b"Type0",
            _ => false,
        };
        fonts.iter().filter(|(_, font)| is_wide(font)).map(|(name, _)| name.clone()).collect()
    }
}
