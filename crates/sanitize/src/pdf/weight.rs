//! How much there is to draw: forms that draw forms multiply, and forty small ones can keep every reader busy for years.
//!
//! Owns: counting over a clean document how often its forms are drawn in all.
//! Leaves to others: forms that draw themselves, where readers stop on their own, and what one drawing costs.

use std::collections::{HashMap, HashSet};

use lopdf::{Dictionary, Document, Object, ObjectId, Stream};
use worker_protocol::Reason;

use crate::Refusal;
use crate::bounded::{Budget, Size};

/// How often forms may be drawn. Maps draw some ten thousand symbols on a sheet.
const DRAWN_MAX: u64 = 2_000_000;

/// The longest content that is counted, in bytes.
const CONTENT_BYTES_MAX: u64 = 256 << 20;

/// Refuses a document whose pages would draw forms more often than may be.
pub(super) fn check(document: &Document, budget: &mut Budget) -> Result<(), Refusal> {
    let forms: HashMap<ObjectId, &Stream> = document
        .objects
        .iter()
        .filter_map(|(id, object)| Some((*id, object.as_stream().ok()?)))
        .filter(|(_, stream)| {
            stream.dict.get(b"Subtype").and_then(Object::as_name).is_ok_and(|name| name == b"Form")
        })
        .collect();
    let named = |dictionary: &Dictionary| -> HashMap<Vec<u8>, ObjectId> {
        let resources = dictionary.get_deref(b"Resources", document).and_then(Object::as_dict);
        let objects = resources.and_then(|resources| resources.get_deref(b"XObject", document));
        let Ok(objects) = objects.and_then(Object::as_dict) else { return HashMap::new() };
        let form = |value: &Object| value.as_reference().ok().filter(|id| forms.contains_key(id));
        objects.iter().filter_map(|(name, value)| Some((name.clone(), form(value)?))).collect()
    };
    // One that draws itself is drawn once: readers stop there.
    let inner_of = |id: ObjectId, form: &Stream| {
        let mut names = named(&form.dict);
        names.retain(|_, named| *named != id);
        names
    };
    let inner: HashMap<ObjectId, HashMap<Vec<u8>, ObjectId>> =
        forms.iter().map(|(id, form)| (*id, inner_of(*id, form))).collect();
    // Where no form names another, a page draws no more than it says itself.
    if inner.values().all(HashMap::is_empty) {
        return Ok(());
    }
    let mut weights: HashMap<ObjectId, u64> = HashMap::new();
    let mut open: HashSet<ObjectId> = HashSet::new();
    for start in forms.keys() {
        // What a form draws is weighed before the form; the list stands in for a stack, which could be too deep.
        let mut waiting = vec![(*start, false)];
        while let Some((id, is_ready)) = waiting.pop() {
            let (Some(form), Some(names)) = (forms.get(&id), inner.get(&id)) else { continue };
            if is_ready {
                let drawn = drawn_by(&content(form, budget)?, names, &weights);
                weights.insert(id, drawn.saturating_add(1));
                open.remove(&id);
            } else if !weights.contains_key(&id) {
                open.insert(id);
                waiting.push((id, true));
                if names.values().any(|next| open.contains(next)) {
                    // No program writes forms that draw each other, and how often they would depends on who begins.
                    return Err(Refusal::blocked(Reason::TooComplex));
                }
                waiting.extend(names.values().map(|next| (*next, false)));
            }
        }
    }
    let mut drawn = 0u64;
    for page in document.page_iter() {
        let Ok(dictionary) = document.get_dictionary(page) else { continue };
        let names = named(dictionary);
        if names.values().all(|id| weights.get(id).is_none_or(|weight| *weight == 1)) {
            continue;
        }
        for id in document.get_page_contents(page) {
            let Ok(stream) = document.get_object(id).and_then(Object::as_stream) else { continue };
            drawn = drawn.saturating_add(drawn_by(&content(stream, budget)?, &names, &weights));
        }
    }
    if drawn > DRAWN_MAX { Err(Refusal::blocked(Reason::TooComplex)) } else { Ok(()) }
}

fn content(stream: &Stream, budget: &mut Budget) -> Result<Vec<u8>, Refusal> {
    // It was counted when it was read; here it is read once more and not kept.
    budget.unfilter(stream, CONTENT_BYTES_MAX, Size::Picture)
}

/// How much this content draws: the weight of each form, as often as it is named before `Do`. Words that look like it are
/// counted as well, which makes a document heavier and none lighter.
fn drawn_by(content: &[u8], names: &HashMap<Vec<u8>, ObjectId>, weights: &HashMap<ObjectId, u64>) -> u64 {
    let heaviest = names.values().filter_map(|id| weights.get(id)).max().copied().unwrap_or(0);
    let weight = |name: &[u8]| match names.get(name) {
        Some(id) => weights.get(id).copied().unwrap_or(1),
        // A picture, or a name that is spelt with codes.
        None if name.contains(&b'#') => heaviest,
        None => 0,
    };
    let mut rest = content;
    let mut drawn = 0u64;
    while let Some(at) = rest.windows(2).position(|two| two == b"Do") {
        let (before, after) = rest.split_at(at);
        let after = after.get(2..).unwrap_or_default();
        if after.first().is_none_or(|byte| is_end(*byte)) && before.last().is_some_and(|byte| is_end(*byte)) {
            let before = before.trim_ascii_end();
            let name = before.iter().rposition(|byte| *byte == b'/').and_then(|at| before.get(at + 1..));
            drawn = drawn.saturating_add(name.map_or(heaviest, weight));
        }
        rest = after;
    }
    drawn
}

/// White space and what begins another word.
fn is_end(byte: u8) -> bool {
    byte.is_ascii_whitespace()
        || matches!(byte, 0 | b'(' | b')' | b'<' | b'>' | b'[' | b']' | b'{' | b'}' | b'/' | b'%')
}

#[cfg(test)]
mod tests {
    use lopdf::dictionary;
    use worker_protocol::Limits;

    use super::*;

    /// A page that draws the first of a row of forms, each of which draws the next so often.
    fn chain(length: u32, times: usize) -> Document {
        let mut document = Document::with_version("1.7");
        let (catalog, pages, page, content) = ((1, 0), (2, 0), (3, 0), (4, 0));
        let resources =
            |next: u32| dictionary! { "XObject" => dictionary! { "X" => Object::Reference((next, 0)) } };
        let put = |document: &mut Document, id, object| drop(document.objects.insert(id, object));
        put(&mut document, catalog, dictionary! { "Type" => "Catalog", "Pages" => pages }.into());
        put(
            &mut document,
            pages,
            dictionary! { "Type" => "Pages", "Kids" => vec![page.into()], "Count" => 1 }.into(),
        );
        put(&mut document, page, dictionary! { "Type" => "Page", "Parent" => pages, "Contents" => content, "Resources" => resources(10) }.into());
        put(&mut document, content, Stream::new(dictionary! {}, b"q /X Do Q".to_vec()).into());
        for number in 0..length {
            // The last one names itself.
            let next = 10 + (number + 1).min(length - 1);
            let form = dictionary! { "Subtype" => "Form", "Resources" => resources(next) };
            put(&mut document, (10 + number, 0), Stream::new(form, b"/X Do ".repeat(times)).into());
        }
        document.trailer.set("Root", catalog);
        document
    }

    #[test]
    fn forms_that_multiply_are_refused_and_long_rows_are_not() {
        let rows = [(40, 2, true), (8, 100, true), (5, 10, false), (20_000, 1, false), (1, 1000, false)];
        for (length, times, is_refused) in rows {
            let checked = check(&chain(length, times), &mut Budget::new(Limits::default()));
            let expected = if is_refused { Err(Refusal::blocked(Reason::TooComplex)) } else { Ok(()) };
            assert_eq!(checked, expected, "{length} forms, each {times} times");
        }
    }

    #[test]
    fn forms_that_draw_each_other_are_refused() {
        let mut circle = chain(3, 1);
        let resources = dictionary! { "XObject" => dictionary! { "X" => Object::Reference((10, 0)) } };
        let last = circle.get_object_mut((12, 0)).unwrap().as_stream_mut().unwrap();
        last.dict.set("Resources", resources);
        let checked = check(&circle, &mut Budget::new(Limits::default()));
        assert_eq!(checked, Err(Refusal::blocked(Reason::TooComplex)));
    }

    #[test]
    fn only_the_operator_counts() {
        let names = HashMap::from([(b"X".to_vec(), (1, 0))]);
        let weights = HashMap::from([((1, 0), 5)]);
        let rows: [(&[u8], u64); 7] = [
            (b"/X Do", 5),
            (b"/X Do/X\nDo Q", 10),
            (b"/Y Do", 0),
            (b"/#58 Do", 5),
            (b"/X Dot /X gs Double", 0),
            (b"Do", 0),
            (b"", 0),
        ];
        for (content, expected) in rows {
            assert_eq!(drawn_by(content, &names, &weights), expected, "{}", String::from_utf8_lossy(content));
        }
    }
}
