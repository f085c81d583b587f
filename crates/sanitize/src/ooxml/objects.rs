//! Pictures of the objects and controls on a sheet, put where the object was.
//!
//! Owns: finding them in the sheet's VML, which only shows them as long as the object is there, and writing them as
//! pictures of the sheet's drawing; where a control has none, its words stand in a box.
//! Leaves to others: the pixels (`picture`), the words (`words`), what goes (`rules`, `judge`).

use std::collections::{HashMap, HashSet};

use quick_xml::Reader;
use quick_xml::events::{BytesStart, Event};
use worker_protocol::Kind;

use super::package::{self, Package, Relation};
use super::values::{KnownObject, PicturesLeft};
use super::words::{self, Box4};
use super::{Form, Part, Walk, rules, xml};
use crate::{Refusal, Work};

pub(super) const RELATIONS: &str = "http://schemas.openxmlformats.org/officeDocument/2006/relationships";
pub(super) const SHEET_DRAWING: &str = "http://schemas.openxmlformats.org/drawingml/2006/spreadsheetDrawing";
pub(super) const DRAWING: &str = "http://schemas.openxmlformats.org/drawingml/2006/main";

/// Pictures of one sheet that are moved.
const PICTURES_MAX: usize = 1_000;

/// EMU in one pixel.
const EMU: u64 = 9_525;

/// What is added to a part besides what it held.
#[derive(Debug, Clone)]
pub(crate) enum Insert {
    /// Anchors at the end of a drawing.
    Anchors(String),
    /// The drawing of a sheet that had none, by its relation.
    Drawing { id: String },
}

/// What has to be done because objects of sheets went.
#[derive(Default)]
pub(super) struct Moved {
    /// The place of each sheet among the kept parts, with what stands on it.
    pictures: Vec<(usize, Vec<Anchored>)>,
    /// The place of each slide, with the names of its shapes and their pictures.
    slides: Vec<(usize, Vec<Drawn>)>,
    /// Place of a slide → name of a shape → the relation of its picture.
    pub(super) ids: HashMap<usize, HashMap<String, String>>,
    /// Place of a slide → name of a shape → where it stands.
    pub(super) places: HashMap<usize, HashMap<String, Box4>>,
    /// Names of the shapes that showed them.
    pub(super) shapes: HashSet<String>,
    /// Parts in VML that showed nothing else.
    pub(super) emptied: HashSet<String>,
    /// Place of a part among the kept ones → what is added to it.
    pub(super) inserts: HashMap<usize, Insert>,
}

/// What stands on a sheet, and between which corners.
type Anchored = (Stand, [u32; 8]);

/// What stands on a sheet in the place of an object.
enum Stand {
    /// By the name of its part, and how it is framed.
    Picture(String, Frame),
    Words(String),
}

/// What the shape of an object has besides its picture.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub(crate) struct Frame {
    /// The colour behind the picture, in six digits.
    pub(crate) fill: Option<String>,
    /// The colour of the line around it.
    pub(crate) line: Option<String>,
}

impl Frame {
    fn of(shape: &BytesStart<'_>) -> Self {
        // The sort of shape that shows objects has neither unless it says so itself.
        let is_set = |name| attribute(shape, name).is_some_and(|value| matches!(&*value, "t" | "true"));
        let of = |name: &str| attribute(shape, name).and_then(|value| colour(&value));
        Self {
            fill: is_set("filled").then(|| of("fillcolor")).flatten(),
            line: is_set("stroked").then(|| of("strokecolor").unwrap_or_else(|| "000000".to_owned())),
        }
    }

    /// As properties of a picture. The line is as thin as that of a shape which says nothing of its weight.
    fn written(&self) -> String {
        let solid = |colour: &str| format!("<a:solidFill><a:srgbClr val=\"{colour}\"/></a:solidFill>");
        let fill = self.fill.as_deref().map(solid).unwrap_or_default();
        let line = self.line.as_deref().map(solid);
        fill + &line.map(|line| format!("<a:ln w=\"{EMU}\">{line}</a:ln>")).unwrap_or_default()
    }
}

/// A colour of VML in six digits: a number, or one of those that a screen has. `window [65]` says the same twice.
fn colour(text: &str) -> Option<String> {
    let name = text.split_whitespace().next()?;
    let digits = match name.strip_prefix('#') {
        Some(digits) => digits,
        None if name.eq_ignore_ascii_case("window") || name.eq_ignore_ascii_case("white") => "ffffff",
        None if name.eq_ignore_ascii_case("windowText") || name.eq_ignore_ascii_case("black") => "000000",
        None => return None,
    };
    let is_hex = digits.bytes().all(|digit| digit.is_ascii_hexdigit());
    match digits.len() {
        6 if is_hex => Some(digits.to_owned()),
        3 if is_hex => Some(digits.chars().flat_map(|digit| [digit, digit]).collect()),
        _ => None,
    }
}

/// The names of a shape on a slide, and the name of its picture's part.
type Drawn = (Vec<String>, String);

/// One shape that shows an object.
#[derive(Debug, Default, PartialEq, Eq)]
struct Shape {
    names: Vec<String>,
    picture_id: Option<String>,
    is_object: bool,
    anchor: String,
    style: String,
    frame: Frame,
}

impl Shape {
    /// The number that the sheet knows it by.
    fn number(&self) -> Option<&str> {
        self.names.iter().find_map(|name| Some(name.rsplit_once("_s")?.1))
    }
}

pub(super) fn attribute(start: &BytesStart<'_>, local: &str) -> Option<String> {
    let found = start.attributes().flatten().find(|a| a.key.local_name().as_ref() == local)?;
    xml::attribute_value(&found).ok()
}

/// The shapes of a VML part, and whether it holds nothing else. What cannot be read holds none.
fn shapes(vml: &str) -> (Vec<Shape>, bool) {
    let mut reader = Reader::from_str(vml);
    let mut found = Vec::new();
    let (mut depth, mut is_all) = (0u32, true);
    let (mut shape, mut in_anchor) = (Shape::default(), false);
    while let Ok(event) = reader.read_event() {
        if let Event::Start(start) | Event::Empty(start) = &event {
            let is_known = matches!(start.local_name().as_ref(), "shape" | "shapetype" | "shapelayout");
            is_all &= depth != 1 || is_known;
        }
        match &event {
            Event::Start(_) => depth = depth.saturating_add(1),
            Event::End(_) => depth = depth.saturating_sub(1),
            _ => {}
        }
        match &event {
            Event::Start(start) | Event::Empty(start) => match start.local_name().as_ref() {
                "shape" => {
                    shape = Shape::default();
                    shape.names = ["id", "spid"].iter().filter_map(|name| attribute(start, name)).collect();
                    shape.style = attribute(start, "style").unwrap_or_default();
                    shape.frame = Frame::of(start);
                    // One without anything in it still stands somewhere.
                    if matches!(event, Event::Empty(_)) && found.len() < PICTURES_MAX {
                        found.push(std::mem::take(&mut shape));
                    }
                }
                "imagedata" => shape.picture_id = attribute(start, "relid"),
                "ClientData" => shape.is_object = attribute(start, "ObjectType").as_deref() == Some("Pict"),
                "Anchor" => in_anchor = matches!(event, Event::Start(_)),
                _ => {}
            },
            Event::Text(text) if in_anchor => shape.anchor.push_str(text),
            Event::End(end) => match end.local_name().as_ref() {
                "Anchor" => in_anchor = false,
                "shape" if found.len() < PICTURES_MAX => found.push(std::mem::take(&mut shape)),
                _ => {}
            },
            // Beyond the bound there may be anything.
            Event::Eof => {
                is_all &= found.len() < PICTURES_MAX;
                return (found, is_all);
            }
            _ => {}
        }
    }
    (found, false)
}

/// Column, pixels, row, pixels of the upper left corner, then of the lower right.
fn anchor(text: &str) -> Option<[u32; 8]> {
    let numbers: Vec<u32> = text.split(',').map_while(|number| number.trim().parse().ok()).collect();
    let anchor: [u32; 8] = numbers.try_into().ok()?;
    let [left, _, top, _, right, _, bottom, _] = anchor;
    (left <= right && right < 16_384 && top <= bottom && bottom < 1_048_576).then_some(anchor)
}

/// Whether a sheet has objects of its own.
pub(super) fn has_objects(sheet: &[u8]) -> bool {
    contains(sheet, b"oleObject")
}

/// The corners of each picture in a drawing of a sheet: column and row of the upper left one, then of the lower right.
pub(super) fn corners_of_pictures(drawing: &str) -> Vec<[u32; 4]> {
    let mut reader = Reader::from_str(drawing);
    let mut found = Vec::new();
    let (mut corners, mut place, mut has_picture) = ([0; 4], None, false);
    let mut offset = 0;
    while let Ok(event) = reader.read_event() {
        match &event {
            Event::Start(start) => match start.local_name().as_ref() {
                "twoCellAnchor" => (corners, has_picture) = ([0; 4], false),
                "from" => offset = 0,
                "to" => offset = 2,
                "col" => place = Some(offset),
                "row" => place = Some(offset + 1),
                "pic" => has_picture = true,
                _ => {}
            },
            Event::Text(text) => {
                let corner = place.take().and_then(|place| corners.get_mut(place));
                if let (Some(corner), Ok(number)) = (corner, text.trim().parse()) {
                    *corner = number;
                }
            }
            Event::End(end) if end.local_name().as_ref() == "twoCellAnchor" && has_picture => {
                found.push(corners)
            }
            Event::Eof => break,
            _ => {}
        }
    }
    found
}

/// What the objects and controls on a sheet show, by the drawing in VML beside it.
///
/// # Errors
/// Blocked when a part is a bomb, held when one is damaged.
pub(crate) fn shown(
    package: &Package<'_>,
    sheet: &str,
    left: &mut PicturesLeft,
    work: &mut Work<'_>,
) -> Result<Vec<KnownObject>, Refusal> {
    let mut found = Vec::new();
    let relations = package.relations(sheet, work)?;
    let in_package = |from: &str, relation: &Relation| {
        package::resolve(from, &relation.target).filter(|part| !relation.is_external && package.has(part))
    };
    for drawing in relations.iter().filter(|relation| rules::rule(&relation.kind) == rules::Rule::Vml) {
        let Some(part) = in_package(sheet, drawing) else { continue };
        let bytes = package.read(&part, work)?;
        let Ok(text) = xml::decode_borrowed(&bytes) else { continue };
        let images = package.relations(&part, work)?;
        for shape in shapes(&text).0.into_iter().filter(|shape| shape.is_object) {
            let image = images.iter().find(|image| Some(&image.id) == shape.picture_id.as_ref());
            let image = image.and_then(|image| in_package(&part, image));
            if let (Some(image), Some(anchor)) = (image, anchor(&shape.anchor)) {
                let picture = package.read(&image, work)?;
                if !left.take(picture.len()) {
                    return Ok(found);
                }
                found.push(KnownObject { anchor, picture, frame: shape.frame });
            }
        }
    }
    Ok(found)
}

/// What objects show, written as Excel writes it: a drawing in VML beside the sheet, with pictures. Among the parts are the
/// sheet's relations anew. `number` sets sheets of one workbook apart.
pub(super) fn parts_of_shown(
    number: usize,
    sheet: &str,
    mut relations: Vec<Relation>,
    objects: &[&KnownObject],
) -> Vec<(String, Vec<u8>)> {
    let vml_part = format!("xl/drawings/shown{number}.vml");
    let mut parts = Vec::new();
    let mut images = Vec::new();
    let mut shapes = String::new();
    for (index, object) in objects.iter().enumerate() {
        let picture_part = format!("xl/media/shown{number}_{index}.bin");
        let id = format!("rId{}", index + 1);
        let Frame { fill, line } = &object.frame;
        let fill = fill.as_ref().map(|fill| format!(" filled=\"t\" fillcolor=\"#{fill}\""));
        let line = line.as_ref().map(|line| format!(" stroked=\"t\" strokecolor=\"#{line}\""));
        shapes.push_str(&format!(
            "<v:shape id=\"shown_s{index}\"{}{}><v:imagedata o:relid=\"{id}\"/><x:ClientData ObjectType=\"Pict\"><x:Anchor>{}\
             </x:Anchor></x:ClientData></v:shape>",
            fill.unwrap_or_default(),
            line.unwrap_or_default(),
            object.anchor.map(|number| number.to_string()).join(","),
        ));
        images.push(image_relation(id, &vml_part, &picture_part));
        parts.push((picture_part, object.picture.clone()));
    }
    let vml = format!(
        "<xml xmlns:v=\"urn:schemas-microsoft-com:vml\" xmlns:o=\"urn:schemas-microsoft-com:office:office\" \
         xmlns:x=\"urn:schemas-microsoft-com:office:excel\">{shapes}</xml>"
    );
    relations.push(Relation {
        id: free_id(&relations, "rIdShown"),
        kind: format!("{RELATIONS}/vmlDrawing"),
        target: package::relative(sheet, &vml_part),
        is_external: false,
    });
    parts.push((package::relations_path(&vml_part), package::write_relations(&images)));
    parts.push((vml_part, vml.into_bytes()));
    parts.push((package::relations_path(sheet), package::write_relations(&relations)));
    parts
}

/// A drawing that holds nothing but what will be added to it.
pub(super) fn empty_drawing() -> Vec<u8> {
    format!("<xdr:wsDr xmlns:xdr=\"{SHEET_DRAWING}\"></xdr:wsDr>").into_bytes()
}

/// What stands between these corners: a picture by its relation, or words.
fn stand_anchor(number: usize, stand: &Stand, id: &str, anchor: &[u32; 8]) -> String {
    let [left, left_pixels, top, top_pixels, right, right_pixels, bottom, bottom_pixels] = anchor;
    let corner = |name: &str, column: &u32, x: &u32, row: &u32, y: &u32| {
        let (x, y) = (u64::from(*x) * EMU, u64::from(*y) * EMU);
        format!(
            "<xdr:{name}><xdr:col>{column}</xdr:col><xdr:colOff>{x}</xdr:colOff><xdr:row>{row}</xdr:row><xdr:rowOff>{y}</xdr:rowOff></xdr:{name}>"
        )
    };
    let shown = match stand {
        Stand::Picture(_, frame) => format!(
            "<xdr:pic><xdr:nvPicPr><xdr:cNvPr id=\"{}\" name=\"Object {number}\"/><xdr:cNvPicPr/></xdr:nvPicPr><xdr:blipFill>\
             <a:blip r:embed=\"{}\"/><a:stretch><a:fillRect/></a:stretch></xdr:blipFill><xdr:spPr><a:prstGeom prst=\"rect\">\
             <a:avLst/></a:prstGeom>{}</xdr:spPr></xdr:pic>",
            60_000 + number,
            xml::escape_attribute(id),
            frame.written(),
        ),
        Stand::Words(said) => words::sheet_box(60_000 + number, number, said),
    };
    format!(
        "<xdr:twoCellAnchor xmlns:xdr=\"{SHEET_DRAWING}\" xmlns:a=\"{DRAWING}\" xmlns:r=\"{RELATIONS}\">{}{}{shown}\
         <xdr:clientData/></xdr:twoCellAnchor>",
        corner("from", left, left_pixels, top, top_pixels),
        corner("to", right, right_pixels, bottom, bottom_pixels),
    )
}

/// An identifier that no relation of a part has yet.
fn free_id(relations: &[Relation], stem: &str) -> String {
    let mut id = stem.to_owned();
    let mut number = 1u32;
    while relations.iter().any(|relation| relation.id == id) {
        id = format!("{stem}_{number}");
        number += 1;
    }
    id
}

fn image_relation(id: String, from: &str, target: &str) -> Relation {
    let target = package::relative(from, target);
    Relation { id, kind: format!("{RELATIONS}/image"), target, is_external: false }
}

fn contains(bytes: &[u8], wanted: &[u8]) -> bool {
    memchr::memmem::find(bytes, wanted).is_some()
}

/// A picture in the place of the frame that this is the inside of.
pub(super) fn slide_picture(prefix: &str, frame: &str, relation_id: &str) -> Option<String> {
    let p = prefix;
    let (attributes, rest) = frame.split_once(&format!("<{p}xfrm"))?.1.split_once('>')?;
    let (place, _) = rest.split_once(&format!("</{p}xfrm>"))?;
    let name = frame.split_once(&format!("<{p}cNvPr "))?.1.split('>').next()?;
    let id = name.split_once("id=\"")?.1.split('"').next()?.parse::<u32>().ok()?;
    Some(format!(
        "<{p}pic xmlns:sekisho=\"{DRAWING}\" xmlns:r=\"{RELATIONS}\"><{p}nvPicPr><{p}cNvPr id=\"{id}\" name=\"Object {id}\"/>\
         <{p}cNvPicPr/><{p}nvPr/></{p}nvPicPr><{p}blipFill><sekisho:blip r:embed=\"{}\"/><sekisho:stretch>\
         <sekisho:fillRect/></sekisho:stretch></{p}blipFill><{p}spPr><sekisho:xfrm{attributes}>{place}</sekisho:xfrm>\
         <sekisho:prstGeom prst=\"rect\"><sekisho:avLst/></sekisho:prstGeom></{p}spPr></{p}pic>",
        xml::escape_attribute(relation_id)
    ))
}

impl Walk<'_, '_, '_> {
    /// Finds the pictures of the objects on a sheet or a slide before the objects go.
    pub(super) fn find_objects(&mut self, place: usize, source: &str) -> Result<(), Refusal> {
        let content_type = self.package.content_type(source);
        let on_slide = self.kind == Kind::Pptx && content_type.ends_with("slide+xml");
        let on_sheet = self.kind == Kind::Xlsx && content_type.ends_with("worksheet+xml");
        if !(on_slide || on_sheet) {
            return Ok(());
        }
        let relations = self.package.relations(source, self.work)?;
        if !relations.iter().any(|relation| rules::rule(&relation.kind) == rules::Rule::Vml) {
            return Ok(());
        }
        if on_slide {
            let slide = self.package.read(source, self.work)?;
            if !contains(&slide, b"oleObj") && !contains(&slide, b"control ") {
                return Ok(());
            }
        }
        let said = if on_sheet { self.words_of_shapes(place, source)? } else { HashMap::new() };
        let mut pictures = Vec::new();
        let mut on_slides = Vec::new();
        for drawing in relations.iter().filter(|relation| rules::rule(&relation.kind) == rules::Rule::Vml) {
            let Some(part) = package::resolve(source, &drawing.target).filter(|part| self.package.has(part))
            else {
                continue;
            };
            let bytes = self.package.read(&part, self.work)?;
            let Ok(text) = xml::decode_borrowed(&bytes) else { continue };
            let images = self.package.relations(&part, self.work)?;
            let (shapes, mut is_all) = shapes(&text);
            for shape in shapes {
                let image = images
                    .iter()
                    .find(|image| Some(&image.id) == shape.picture_id.as_ref() && !image.is_external)
                    .and_then(|image| package::resolve(&part, &image.target))
                    .filter(|image| self.package.has(image));
                if on_slide {
                    let where_it_stands = words::place(&shape.style);
                    if let Some(found) = where_it_stands {
                        let places = self.moved.places.entry(place).or_default();
                        places.extend(shape.names.iter().map(|name| (name.clone(), found)));
                    }
                    if let Some(image) = image {
                        on_slides.push((shape.names, self.keep_picture(&image)?));
                    }
                    continue;
                }
                let (true, Some(anchor)) = (shape.is_object, anchor(&shape.anchor)) else {
                    is_all = false;
                    continue;
                };
                let stand = match (image, shape.number().and_then(|number| said.get(number))) {
                    (Some(image), _) => Stand::Picture(self.keep_picture(&image)?, shape.frame),
                    (None, Some(said)) => Stand::Words(said.clone()),
                    (None, None) => {
                        is_all = false;
                        continue;
                    }
                };
                pictures.push((stand, anchor));
                self.moved.shapes.extend(shape.names);
            }
            if is_all && on_sheet {
                self.moved.emptied.insert(part);
            }
        }
        if !pictures.is_empty() {
            self.moved.pictures.push((place, pictures));
        }
        if !on_slides.is_empty() {
            self.moved.slides.push((place, on_slides));
        }
        Ok(())
    }

    /// The words of the controls on a sheet by the number of their shape.
    fn words_of_shapes(&mut self, place: usize, source: &str) -> Result<HashMap<String, String>, Refusal> {
        if !self.words.contains_key(&place) {
            return Ok(HashMap::new());
        }
        let sheet = self.package.read(source, self.work)?;
        let (Some(said), Ok(sheet)) = (self.words.get(&place), xml::decode_borrowed(&sheet)) else {
            return Ok(HashMap::new());
        };
        let shapes = words::sheet_controls(&sheet).into_iter();
        Ok(shapes.filter_map(|(number, id)| Some((number, said.get(&id)?.clone()))).collect())
    }

    /// Puts the pictures into the drawings of their sheets.
    pub(super) fn place_objects(&mut self) -> Option<()> {
        for (sheet, pictures) in std::mem::take(&mut self.moved.pictures) {
            let drawing = self.drawing_of(sheet)?;
            let part = self.kept.get_mut(drawing)?;
            let mut anchors = String::new();
            for (index, (stand, anchor)) in pictures.iter().enumerate() {
                let id = free_id(&part.relations, "rIdObject");
                anchors.push_str(&stand_anchor(index + 1, stand, &id, anchor));
                if let Stand::Picture(target, _) = stand {
                    part.relations.push(image_relation(id, &part.target, target));
                }
            }
            self.moved.inserts.insert(drawing, Insert::Anchors(anchors));
        }
        for (slide, pictures) in std::mem::take(&mut self.moved.slides) {
            let part = self.kept.get_mut(slide)?;
            for (names, target) in pictures {
                let id = free_id(&part.relations, "rIdObject");
                let ids = self.moved.ids.entry(slide).or_default();
                ids.extend(names.into_iter().map(|name| (name, id.clone())));
                part.relations.push(image_relation(id, &part.target, &target));
            }
        }
        Some(())
    }

    /// The drawing of a sheet among the kept parts; a new one when it has none.
    fn drawing_of(&mut self, sheet: usize) -> Option<usize> {
        let part = self.kept.get(sheet)?;
        let own = part.relations.iter().find(|relation| relation.kind.ends_with("/drawing"));
        if let Some(target) = own.and_then(|relation| package::resolve(&part.target, &relation.target)) {
            return self.kept.iter().position(|part| part.target == target);
        }
        let target = self.free_name("xl/drawings/drawing.xml", "xml");
        let part = self.kept.get_mut(sheet)?;
        let id = free_id(&part.relations, "rIdDrawing");
        part.relations.push(Relation {
            id: id.clone(),
            kind: format!("{RELATIONS}/drawing"),
            target: package::relative(&part.target, &target),
            is_external: false,
        });
        let content_type = "application/vnd.openxmlformats-officedocument.drawing+xml".to_owned();
        self.kept.push(Part {
            source: String::new(),
            target,
            content_type,
            form: Form::Xml,
            relations: Vec::new(),
        });
        self.moved.inserts.insert(sheet, Insert::Drawing { id });
        Some(self.kept.len() - 1)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_frame_of_an_object_stays() {
        let framed = |attributes: &str| {
            let vml = format!("<xml><v:shape {attributes}/></xml>");
            shapes(&vml).0.remove(0).frame.written()
        };
        let (white, line) = ("<a:solidFill><a:srgbClr val=\"ffffff\"/></a:solidFill>", |colour: &str| {
            format!("<a:ln w=\"9525\"><a:solidFill><a:srgbClr val=\"{colour}\"/></a:solidFill></a:ln>")
        });
        for (attributes, expected) in [
            ("", String::new()),
            ("filled=\"f\" fillcolor=\"#fff\" stroked=\"f\" strokecolor=\"black\"", String::new()),
            (
                "filled=\"t\" fillcolor=\"window [65]\" stroked=\"t\" strokecolor=\"windowText [64]\"",
                white.to_owned() + &line("000000"),
            ),
            ("filled=\"t\" fillcolor=\"#fff\"", white.to_owned()),
            ("filled=\"t\" fillcolor=\"fill darken(1)\" stroked=\"t\"", line("000000")),
            ("stroked=\"true\" strokecolor=\"#12aB3f\"", line("12aB3f")),
            ("stroked=\"t\" strokecolor=\"#&quot;/>\"", line("000000")),
        ] {
            assert_eq!(framed(attributes), expected, "{attributes}");
        }
    }

    #[test]
    fn corners_are_those_of_pictures() {
        let anchor = |[left, top, right, bottom]: [u32; 4], shape: &str| {
            format!(
                "<xdr:twoCellAnchor><xdr:from><xdr:col>{left}</xdr:col><xdr:colOff>9</xdr:colOff><xdr:row> {top} </xdr:row></xdr:from>\
                 <xdr:to><xdr:col>{right}</xdr:col><xdr:row>{bottom}</xdr:row></xdr:to><xdr:{shape}>7</xdr:{shape}></xdr:twoCellAnchor>"
            )
        };
        let all =
            [anchor([1, 2, 3, 4], "pic"), anchor([5, 6, 7, 8], "sp"), anchor([0, 0, 9, 9], "pic")].concat();
        assert_eq!(corners_of_pictures(&format!("<xdr:wsDr>{all}")), [[1, 2, 3, 4], [0, 0, 9, 9]]);
    }

    #[test]
    fn a_drawing_holds_nothing_but_shapes_when_all_of_it_was_read() {
        let shape = "<v:shape id=\"s\"><v:textbox><v:rect/></v:textbox></v:shape>";
        for (inside, is_all) in [
            (shape.to_owned(), true),
            (format!("<v:shapetype/><o:shapelayout/>{shape}"), true),
            (format!("{shape}<v:rect/>"), false),
            (shape.repeat(PICTURES_MAX), false),
            (format!("{shape}<v:shape"), false),
        ] {
            assert_eq!(shapes(&format!("<xml>{inside}</xml>")).1, is_all, "{inside:.80}");
        }
    }

    #[test]
    fn anchors_are_read_and_their_bounds_asked() {
        assert_eq!(anchor(" 7, 0, 17, 0, 11, 32, 28, 5"), Some([7, 0, 17, 0, 11, 32, 28, 5]));
        for text in [
            "",
            "1,2,3",
            "9,0,0,0,1,0,1,0",
            "0,0,0,0,20000,0,1,0",
            "0,0,0,0,1,0,2000000,0",
            "a,0,0,0,1,0,1,0",
        ] {
            assert_eq!(anchor(text), None, "{text}");
        }
        let vml = "<xml><v:shape id=\"s1\"><v:imagedata o:relid=\"r1\"/><x:ClientData ObjectType=\"Pict\"><x:Anchor>1,0</x:Anchor></x:ClientData></v:shape><v:shape id=\"s2\"><x:ClientData ObjectType=\"Note\"/></v:shape><broken";
        let found = shapes(vml);
        assert_eq!(
            found.0.iter().map(|s| (s.is_object, s.anchor.as_str())).collect::<Vec<_>>(),
            [(true, "1,0"), (false, "")]
        );
    }
}
