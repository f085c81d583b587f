//! Drawing things into a page that were beside its content: the appearances of annotations and fields.
//!
//! Owns: the arithmetic of appearances (ISO 32000-2, 12.5.5), and adding to the content and resources of a page that
//! is written already.
//! Leaves to others: which annotations there are (`pages`).

use lopdf::{Dictionary, Document, Object, ObjectId, Stream};
use worker_protocol::Threat;

use super::copy::Copy;
use super::mark;
use super::schema::{self, Role, Shape};
use super::stream::packed;
use crate::Refusal;

/// Annotations that are not on the page: invisible, hidden, not for the screen.
const HIDDEN: i64 = 1 | 2 | 32;

/// The numbers in a list, once references are followed.
pub(super) fn numbers(document: &Document, object: &Object) -> Vec<f32> {
    let resolved = |object: &Object| match object {
        Object::Reference(id) => document.get_object(*id).cloned().unwrap_or(Object::Null),
        other => other.clone(),
    };
    match resolved(object) {
        Object::Array(items) => {
            items.iter().take(64).filter_map(|item| resolved(item).as_float().ok()).collect()
        }
        _ => Vec::new(),
    }
}

/// A number as short as it can be written.
pub(super) fn number(value: f32) -> Object {
    if value.fract() == 0.0 && value.abs() < 1e9 {
        Object::Integer(value as i64)
    } else {
        Object::Real(value)
    }
}

impl Copy<'_, '_, '_> {
    /// Draws what annotations show into the page and leaves the annotations behind.
    pub(super) fn flatten(
        &mut self,
        page: &mut Dictionary,
        annotations: &[Object],
        open_states: usize,
    ) -> Result<(), Refusal> {
        let mut drawn = Vec::new();
        let mut content = Vec::new();
        for annotation in annotations {
            let Some(annotation) = self.resolved_dictionary(annotation) else { continue };
            let subtype = self.name_of(&annotation, b"Subtype").to_vec();
            for key in [b"A".as_slice(), b"AA"] {
                if let Ok(actions) = annotation.get(key)
                    && subtype != b"Link"
                {
                    self.report_actions(actions);
                }
            }
            let look = match subtype.as_slice() {
                b"Link" => {
                    self.report(Threat::Hyperlink);
                    None
                }
                b"Popup" => None,
                _ => self.appearance(&annotation)?,
            };
            let threat = match subtype.as_slice() {
                b"Widget" => Some(Threat::DynamicForm),
                b"Link" | b"Popup" => None,
                other if !schema::is_kept_annotation(other) => Some(schema::threat_of_annotation(other)),
                // What it shows stays; only a note without a picture is missed.
                _ => look.is_none().then_some(Threat::Unknown),
            };
            if let Some(threat) = threat {
                self.report(threat);
            }
            if let Some((look, matrix)) = look {
                let name = format!("SkAnnotation{}", drawn.len());
                let matrix: Vec<String> = matrix.iter().map(|number| format!("{number:.4}")).collect();
                content.extend_from_slice(format!("q {} cm /{name} Do Q\n", matrix.join(" ")).as_bytes());
                drawn.push((name, look));
            }
        }
        if drawn.is_empty() {
            return Ok(());
        }
        // The resources must be there before they can be added to.
        self.drain()?;
        add_resources(&mut self.clean, page, b"XObject", drawn);
        draw_over(&mut self.clean, page, open_states, &content);
        Ok(())
    }

    /// The form that shows an annotation, and the matrix that puts it into its place.
    fn appearance(&mut self, annotation: &Dictionary) -> Result<Option<(Object, [f32; 6])>, Refusal> {
        let source = self.source;
        let flags =
            annotation.get(b"F").ok().and_then(|flags| self.resolved(flags).as_i64().ok()).unwrap_or(0);
        let looks = annotation.get(b"AP").ok().and_then(|look| self.resolved_dictionary(look));
        let Some(Ok(look)) = looks.as_ref().map(|looks| looks.get(b"N")) else { return Ok(None) };
        if flags & HIDDEN != 0 {
            return Ok(None);
        }
        let look = match self.resolved(look) {
            Object::Stream(_) => look.clone(),
            Object::Dictionary(states) => match states.get(self.name_of(annotation, b"AS")) {
                Ok(look) => look.clone(),
                Err(_) => return Ok(None),
            },
            _ => return Ok(None),
        };
        let Object::Stream(form) = self.resolved(&look).clone() else { return Ok(None) };
        let of = |key: &[u8]| form.dict.get(key).map(|value| numbers(source, value)).unwrap_or_default();
        let rectangle = annotation.get(b"Rect").map(|value| numbers(source, value)).unwrap_or_default();
        let matrix = of(b"Matrix");
        let matrix = <[f32; 6]>::try_from(matrix.as_slice()).unwrap_or([1.0, 0.0, 0.0, 1.0, 0.0, 0.0]);
        let (Ok(bounds), Ok(rectangle)) =
            (<[f32; 4]>::try_from(of(b"BBox").as_slice()), <[f32; 4]>::try_from(rectangle.as_slice()))
        else {
            return Ok(None);
        };
        let Some(placed) = placed(bounds, matrix, rectangle) else { return Ok(None) };
        let look = self.value(&look, Shape::Of(Role::Form), 1)?;
        Ok((!look.is_null()).then_some((look, placed)))
    }
}

/// The matrix that maps the transformed bounds of a form onto a rectangle.
fn placed(bounds: [f32; 4], matrix: [f32; 6], rectangle: [f32; 4]) -> Option<[f32; 6]> {
    let [left, bottom, right, top] = bounds;
    let [a, b, c, d, e, f] = matrix;
    let corners = [(left, bottom), (left, top), (right, bottom), (right, top)]
        .map(|(x, y)| (a * x + c * y + e, b * x + d * y + f));
    let smallest = |pick: fn(&(f32, f32)) -> f32| corners.iter().map(pick).fold(f32::INFINITY, f32::min);
    let largest = |pick: fn(&(f32, f32)) -> f32| corners.iter().map(pick).fold(f32::NEG_INFINITY, f32::max);
    let (x, y) = (smallest(|corner| corner.0), smallest(|corner| corner.1));
    let (width, height) = (largest(|corner| corner.0) - x, largest(|corner| corner.1) - y);
    let [x1, y1, x2, y2] = rectangle;
    let (to_x, to_y) = (x1.min(x2), y1.min(y2));
    if width <= 0.0 || height <= 0.0 {
        return None;
    }
    let (scale_x, scale_y) = ((x1 - x2).abs() / width, (y1 - y2).abs() / height);
    let placed = [scale_x, 0.0, 0.0, scale_y, to_x - x * scale_x, to_y - y * scale_y];
    placed.iter().all(|number| number.is_finite()).then_some(placed)
}

/// Puts more names into the resources of a page, which become the page's own.
pub(super) fn add_resources(
    clean: &mut Document,
    page: &mut Dictionary,
    sort: &[u8],
    added: Vec<(String, Object)>,
) {
    let own = |clean: &Document, object: Option<&Object>| match object {
        Some(Object::Reference(id)) => clean.get_dictionary(*id).cloned().unwrap_or_default(),
        Some(Object::Dictionary(dictionary)) => dictionary.clone(),
        _ => Dictionary::new(),
    };
    let mut resources = own(clean, page.get(b"Resources").ok());
    let mut named = own(clean, resources.get(sort).ok());
    for (name, object) in added {
        named.set(name, object);
    }
    resources.set(sort, named);
    page.set("Resources", resources);
}

/// Draws something over a page, whatever state its content leaves behind.
pub(super) fn draw_over(clean: &mut Document, page: &mut Dictionary, open_states: usize, content: &[u8]) {
    let before =
        clean.add_object(Stream::new(Dictionary::new(), mark::BEFORE.to_vec()).with_compression(false));
    let mut closing = "Q ".repeat(open_states + 1).into_bytes();
    closing.push(b'\n');
    closing.extend_from_slice(content);
    let after: ObjectId = clean.add_object(packed(Dictionary::new(), closing));
    let mut parts = vec![Object::Reference(before)];
    match page.get(b"Contents") {
        Ok(Object::Array(several)) => parts.extend(several.iter().cloned()),
        Ok(Object::Reference(only)) => parts.push(Object::Reference(*only)),
        _ => {}
    }
    parts.push(Object::Reference(after));
    page.set("Contents", Object::Array(parts));
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn appearances_land_on_their_rectangle() {
        let plain = [1.0, 0.0, 0.0, 1.0, 0.0, 0.0];
        assert_eq!(
            placed([0.0, 0.0, 10.0, 10.0], plain, [100.0, 200.0, 120.0, 210.0]),
            Some([2.0, 0.0, 0.0, 1.0, 100.0, 200.0])
        );
        // A quarter turn: the bounds stand upright.
        let turned = [0.0, 1.0, -1.0, 0.0, 0.0, 0.0];
        assert_eq!(
            placed([0.0, 0.0, 20.0, 10.0], turned, [0.0, 0.0, 10.0, 20.0]),
            Some([1.0, 0.0, 0.0, 1.0, 10.0, 0.0])
        );
        assert_eq!(placed([0.0; 4], plain, [0.0, 0.0, 1.0, 1.0]), None);
    }
}
