//! Files made to exhaust a reader, damaged ones, truncated ones.

use lopdf::{Dictionary, Document, Object, Stream, dictionary};
use worker_protocol::{Kind, Limits, Reason};

use super::{document, job, rectangle};
use crate::sanitise;

/// Files made to exhaust whoever opens them. Each must end soon, and whatever comes out must also be drawn.
#[test]
fn traps_end_within_bounds() {
    type Change = fn(&mut Document, &mut Dictionary, &mut Dictionary);
    fn zeros(bytes: usize) -> Vec<u8> {
        crate::bounded::Budget::deflated(&vec![b' '; bytes])
    }
    fn xobject(d: &mut Document, p: &mut Dictionary, object: Stream) {
        let id = d.add_object(object);
        let content = d.add_object(Stream::new(dictionary! {}, b"/X Do BT /F1 12 Tf (Hello) Tj ET".to_vec()));
        p.set("Contents", content);
        p.get_mut(b"Resources").unwrap().as_dict_mut().unwrap().set("XObject", dictionary! { "X" => id });
    }
    let rows: Vec<(&str, Change, Option<Reason>)> = vec![
        (
            "zlib in zlib",
            |d, p, _| {
                let bomb = crate::bounded::Budget::deflated(&zeros(64 << 20));
                let filters: Vec<Object> = vec!["FlateDecode".into(), "FlateDecode".into()];
                p.set("Contents", d.add_object(Stream::new(dictionary! { "Filter" => filters }, bomb)));
            },
            Some(Reason::Bomb),
        ),
        (
            "one zlib",
            |d, p, _| {
                let bomb = zeros(24 << 20);
                p.set("Contents", d.add_object(Stream::new(dictionary! { "Filter" => "FlateDecode" }, bomb)));
            },
            Some(Reason::Bomb),
        ),
        (
            "runs in runs",
            |d, p, _| {
                let runs = b"\x81 ".repeat(1 << 17);
                let filters: Vec<Object> = vec!["RunLengthDecode".into(), "RunLengthDecode".into()];
                p.set("Contents", d.add_object(Stream::new(dictionary! { "Filter" => filters }, runs)));
            },
            None,
        ),
        (
            "many filters",
            |d, p, _| {
                let filters: Vec<Object> = vec!["ASCIIHexDecode".into(); 100];
                p.set(
                    "Contents",
                    d.add_object(Stream::new(dictionary! { "Filter" => filters }, b"20>".to_vec())),
                );
            },
            Some(Reason::TooComplex),
        ),
        (
            "85 in 85",
            |d, p, _| {
                let filters: Vec<Object> = vec!["ASCII85Decode".into(), "ASCII85Decode".into()];
                p.set(
                    "Contents",
                    d.add_object(Stream::new(dictionary! { "Filter" => filters }, vec![b'z'; 1 << 20])),
                );
            },
            None,
        ),
        (
            "a hundred thousand pages",
            |d, _, c| {
                let page = d.add_object(dictionary! { "Type" => "Page" });
                let kids: Vec<Object> = vec![page.into(); 100_000];
                let root =
                    d.add_object(dictionary! { "Type" => "Pages", "Kids" => kids, "Count" => 100_000 });
                c.set("Pages", root);
            },
            Some(Reason::TooComplex),
        ),
        (
            "pages in pages in pages",
            |d, _, c| {
                let mut id = d.add_object(dictionary! { "Type" => "Page" });
                for _ in 0..5000 {
                    id = d.add_object(
                        dictionary! { "Type" => "Pages", "Kids" => vec![id.into()], "Count" => 1 },
                    );
                }
                c.set("Pages", id);
            },
            // The page is found, only not by the tree.
            None,
        ),
        (
            "a page as large as a town",
            |_, p, _| p.set("MediaBox", vec![0.into(), 0.into(), 10_000_000.into(), 10_000_000.into()]),
            Some(Reason::TooComplex),
        ),
        (
            "a page of no size",
            |_, p, _| p.set("MediaBox", vec![0.into(), 0.into(), 0.into(), 0.into()]),
            None,
        ),
        (
            "a list in a list in a list",
            |_, p, _| {
                let mut list = Object::Array(Vec::new());
                for _ in 0..200 {
                    list = Object::Array(vec![list]);
                }
                p.set("TrimBox", list);
            },
            // No reader goes that deep: the page itself cannot be read.
            Some(Reason::Damaged),
        ),
        (
            "a form that draws itself",
            |d, p, _| {
                let id = (d.max_id + 1, 0);
                let resources = dictionary! { "XObject" => dictionary! { "X" => Object::Reference(id) } };
                let form =
                    dictionary! { "Subtype" => "Form", "BBox" => rectangle(), "Resources" => resources };
                xobject(d, p, Stream::new(form, b"/X Do /X Do".to_vec()));
            },
            None,
        ),
        (
            "a function of itself",
            |d, p, _| {
                let id = d.new_object_id();
                let zero_to_one = || Object::Array(vec![0.into(), 1.into()]);
                d.objects.insert(
                    id,
                    dictionary! {
                        "FunctionType" => 3, "Domain" => zero_to_one(), "Functions" => vec![id.into(), id.into()],
                        "Bounds" => vec![Object::Real(0.5)], "Encode" => vec![0.into(), 1.into(), 0.into(), 1.into()],
                    }
                    .into(),
                );
                let shading = dictionary! {
                    "ShadingType" => 2, "ColorSpace" => "DeviceGray", "Coords" => rectangle(), "Function" => id,
                };
                p.get_mut(b"Resources")
                    .unwrap()
                    .as_dict_mut()
                    .unwrap()
                    .set("Shading", dictionary! { "S" => shading });
                let content = Stream::new(dictionary! {}, b"/S sh BT /F1 12 Tf (Hello) Tj ET".to_vec());
                p.set("Contents", d.add_object(content));
            },
            None,
        ),
        (
            "a colour of itself",
            |d, p, _| {
                let id = d.new_object_id();
                let function =
                    dictionary! { "FunctionType" => 2, "N" => 1, "Domain" => vec![0.into(), 1.into()] };
                d.objects.insert(
                    id,
                    Object::Array(vec!["Separation".into(), "x".into(), id.into(), function.into()]),
                );
                p.get_mut(b"Resources")
                    .unwrap()
                    .as_dict_mut()
                    .unwrap()
                    .set("ColorSpace", dictionary! { "C" => id });
                let content = Stream::new(
                    dictionary! {},
                    b"/C cs 1 scn 0 0 9 9 re f BT /F1 12 Tf (Hello) Tj ET".to_vec(),
                );
                p.set("Contents", d.add_object(content));
            },
            None,
        ),
        (
            "a picture that claims too much",
            |d, p, _| {
                let claim = dictionary! {
                    "Subtype" => "Image", "Width" => 1_000_000, "Height" => 1_000_000, "BitsPerComponent" => 8,
                    "ColorSpace" => "DeviceRGB", "Filter" => "FlateDecode",
                };
                xobject(d, p, Stream::new(claim, zeros(10)));
            },
            Some(Reason::TooComplex),
        ),
        (
            "no trap: an empty page, scanned",
            |d, p, _| {
                let claim = dictionary! {
                    "Subtype" => "Image", "Width" => 4000, "Height" => 4000, "BitsPerComponent" => 8,
                    "ColorSpace" => "DeviceGray", "Filter" => "FlateDecode",
                };
                let data = [zeros(16_000_000), b"padding".to_vec()].concat();
                xobject(d, p, Stream::new(claim, data));
            },
            None,
        ),
        (
            "no trap: a plan in black and white",
            |d, p, _| {
                let claim = dictionary! {
                    "Subtype" => "Image", "Width" => 12_000, "Height" => 9_000, "BitsPerComponent" => 1,
                    "ColorSpace" => "DeviceGray", "Filter" => "FlateDecode",
                };
                xobject(d, p, Stream::new(claim, zeros(13_500_000)));
            },
            None,
        ),
        (
            "a picture that holds more than it claims",
            |d, p, _| {
                let claim = dictionary! {
                    "Subtype" => "Image", "Width" => 1, "Height" => 1, "BitsPerComponent" => 8,
                    "ColorSpace" => "DeviceRGB", "Filter" => "FlateDecode",
                };
                xobject(d, p, Stream::new(claim, zeros(24 << 20)));
            },
            Some(Reason::Bomb),
        ),
        (
            "pictures that are none",
            |d, p, _| {
                for filter in ["DCTDecode", "JPXDecode", "JBIG2Decode", "CCITTFaxDecode"] {
                    let claim = dictionary! {
                        "Subtype" => "Image", "Width" => 9, "Height" => 9, "BitsPerComponent" => 8,
                        "ColorSpace" => "DeviceGray", "Filter" => filter,
                    };
                    xobject(d, p, Stream::new(claim, b"no picture".to_vec()));
                }
            },
            None,
        ),
        (
            "references that go round",
            |d, p, _| {
                let (one, two) = (d.new_object_id(), d.new_object_id());
                d.objects.insert(one, Object::Reference(two));
                d.objects.insert(two, Object::Reference(one));
                p.set("CropBox", one);
                p.set("Annots", one);
                p.set("Group", two);
            },
            None,
        ),
        (
            "an outline without end",
            |d, _, c| {
                let id = d.new_object_id();
                d.objects.insert(id, dictionary! { "Next" => id, "First" => id, "Parent" => id }.into());
                c.set("Outlines", id);
            },
            None,
        ),
    ];
    for (name, change, reason) in rows {
        let outcome = sanitise(&job(&[]), document(change), &mut |_, _| ());
        assert_eq!(outcome.report.reason, reason, "{name}: {:?}", outcome.report);
        assert_eq!(outcome.clean.is_some(), reason.is_none(), "{name}");
        if let Some(clean) = outcome.clean {
            let _ = crate::preview(Kind::Pdf, &clean, &Limits::default());
            let mut text = job(&[]);
            text.policy.modes.insert(Kind::Pdf, worker_protocol::Mode::TextOnly);
            let _ = sanitise(&text, clean, &mut |_, _| ());
        }
    }
}

#[test]
fn damaged_tables_are_rebuilt() {
    let whole = document(|_, _, _| ());
    let start = whole.windows(9).rposition(|w| w == b"startxref").unwrap();
    let table = whole.windows(4).rposition(|w| w == b"xref").unwrap();
    let find = |wanted: &[u8]| whole.windows(wanted.len()).position(|w| w == wanted).unwrap();
    let mut wrong_length = whole.clone();
    let length = find(b"/Length ") + 8;
    wrong_length[length] = b'9';
    let rows: Vec<(&str, Vec<u8>)> = vec![
        ("no startxref", whole[..start].to_vec()),
        ("a startxref to nowhere", [&whole[..start], b"startxref\n99999999\n%%EOF"].concat()),
        ("bytes before", [b"From: x\n\n".as_slice(), &whole].concat()),
        ("bytes in the middle", [&whole[..30], b"\n%shifted\n", &whole[30..]].concat()),
        ("a length that lies", wrong_length),
        ("a table that names itself as the earlier one", {
            let _ = table;
            let text = String::from_utf8_lossy(&whole[start..]).into_owned();
            let offset: u64 = text.split_ascii_whitespace().nth(1).unwrap().parse().unwrap();
            let trailer = find(b"/Root");
            [&whole[..trailer], format!("/Prev {offset} ").as_bytes(), &whole[trailer..]].concat()
        }),
    ];
    for (name, bytes) in rows {
        let outcome = sanitise(&job(&[]), bytes, &mut |_, _| ());
        let clean = outcome.clean.unwrap_or_else(|| panic!("{name}: {:?}", outcome.report));
        let document = Document::load_mem(&clean).unwrap();
        assert!(document.extract_text(&[1]).unwrap().contains("Hello"), "{name}");
    }
}

#[test]
fn truncation_at_any_length_ends_in_a_report() {
    let whole = document(|_, p, _| p.set("Rotate", 90));
    for length in (0..whole.len()).step_by(7) {
        let outcome = sanitise(&job(&[]), whole[..length].to_vec(), &mut |_, _| ());
        assert!(outcome.report.is_consistent());
    }
}
