//! PDF files that go in circles, repeat themselves, or claim much.
//!
//! Owns: loops through every kind of reference, pages and forms that are drawn again and again, claims of the codecs.
//! Leaves to others: traps of filters and sizes that the module's own tests hold, how they must end (`bombs`).

use worker_protocol::Reason;

use crate::{Bomb, bomb};

/// A file of these objects (number, body), with a table of where each lies.
fn file(objects: &[(usize, String)], trailer: &str) -> Vec<u8> {
    let mut out = b"%PDF-1.7\n".to_vec();
    let size = objects.iter().map(|(number, _)| number + 1).max().unwrap_or(1);
    let mut places = vec![0; size];
    for (number, body) in objects {
        places[*number] = out.len();
        out.extend(format!("{number} 0 obj\n{body}\nendobj\n").bytes());
    }
    let table = out.len();
    out.extend(format!("xref\n0 {size}\n").bytes());
    for place in places {
        let state = if place == 0 { "65535 f" } else { "00000 n" };
        out.extend(format!("{place:010} {state} \n").bytes());
    }
    out.extend(
        format!("trailer\n<< /Root 1 0 R /Size {size} {trailer} >>\nstartxref\n{table}\n%%EOF\n").bytes(),
    );
    out
}

fn stream(dictionary: &str, data: &str) -> String {
    format!("<< /Length {} {dictionary} >>\nstream\n{data}\nendstream", data.len())
}

/// One page with these keys, and more objects.
fn page(catalog: &str, page: &str, more: &[(usize, String)]) -> Vec<u8> {
    let mut objects = vec![
        (1, format!("<< /Type /Catalog /Pages 2 0 R {catalog} >>")),
        (2, "<< /Type /Pages /Kids [3 0 R] /Count 1 >>".to_owned()),
        (
            3,
            format!(
                "<< /Type /Page /Parent 2 0 R /MediaBox [0 0 200 200] /Contents 4 0 R /Resources 5 0 R {page} >>"
            ),
        ),
    ];
    if !more.iter().any(|(number, _)| *number == 4) {
        objects.push((4, stream("", "BT /F1 12 Tf 9 9 Td (Hello) Tj ET")));
    }
    if !more.iter().any(|(number, _)| *number == 5) {
        objects.push((5, "<< /Font << /F1 6 0 R >> >>".to_owned()));
    }
    objects.push((6, "<< /Type /Font /Subtype /Type1 /BaseFont /Helvetica >>".to_owned()));
    objects.extend(more.iter().cloned());
    objects.sort();
    file(&objects, "")
}

pub(crate) fn pdf() -> Vec<Bomb> {
    let image = |more: &str, data: &str| {
        let object = stream(&format!("/Type /XObject /Subtype /Image {more}"), data);
        page(
            "",
            "",
            &[(4, stream("", "/X Do")), (5, "<< /XObject << /X 7 0 R >> >>".to_owned()), (7, object)],
        )
    };
    // Each form draws the next one twice.
    let forms: Vec<(usize, String)> = (10..50)
        .map(|number| {
            let resources =
                format!("/Resources << /Font << /F1 6 0 R >> /XObject << /X {} 0 R >> >>", number + 1);
            let content = if number == 49 { "BT /F1 9 Tf (ha) Tj ET" } else { "/X Do /X Do" };
            (number, stream(&format!("/Type /XObject /Subtype /Form /BBox [0 0 9 9] {resources}"), content))
        })
        .chain([(4, stream("", "/X Do")), (5, "<< /XObject << /X 10 0 R >> >>".to_owned())])
        .collect();
    let long = stream("", &"BT /F1 9 Tf (ha ha ha) Tj ET\n".repeat(2_000));
    let same_content = [(4, long.clone())];
    let same_pages = file(
        &[
            (1, "<< /Type /Catalog /Pages 2 0 R >>".to_owned()),
            (2, format!("<< /Type /Pages /Kids [{}] /Count 300 >>", "3 0 R ".repeat(300))),
            (3, "<< /Type /Page /Parent 2 0 R /MediaBox [0 0 200 200] /Contents 4 0 R /Resources << /Font << /F1 6 0 R >> >> >>".to_owned()),
            (4, long),
            (6, "<< /Type /Font /Subtype /Type1 /BaseFont /Helvetica >>".to_owned()),
        ],
        "",
    );
    let own_parent = file(
        &[
            (1, "<< /Type /Catalog /Pages 2 0 R >>".to_owned()),
            (2, "<< /Type /Pages /Parent 2 0 R /Kids [2 0 R 2 0 R 3 0 R] /Count 3 >>".to_owned()),
            (3, "<< /Type /Page /Parent 3 0 R /MediaBox [0 0 9 9] >>".to_owned()),
        ],
        "",
    );
    let mut own_table = page("", "", &[]);
    let table = own_table.windows(5).position(|w| w == b"xref\n").unwrap();
    let text = String::from_utf8(own_table.split_off(table)).unwrap();
    own_table.extend(text.replace("/Size", &format!("/Prev {table} /XRefStm {table} /Size")).bytes());
    let jbig2 = "\0\0\0\0\x30\0\x01\0\0\0\x13\x7f\x7f\x7f\x7f\x7f\x7f\x7f\x7f\0\0\0\0\0\0\0\0\0\0\0";
    let patterns = "<< /Pattern << /P 7 0 R >> >>";
    let deep_array = format!("{}{}", "[".repeat(100_000), "]".repeat(100_000));
    vec![
        bomb("a table of references that follows itself", "a.pdf", own_table, None),
        bomb("a tree of pages that is its own branch", "a.pdf", own_parent, None),
        bomb("forms that draw forms", "a.pdf", page("", "", &forms), Some(Reason::TooComplex)),
        bomb("the same page again and again", "a.pdf", same_pages, None),
        bomb("the same content again and again", "a.pdf", page("", &format!("/Contents [{}]", "4 0 R ".repeat(300)), &same_content), None),
        bomb("a bookmark that follows itself", "a.pdf", page("/Outlines 7 0 R", "", &[(7, "<< /First 8 0 R /Last 8 0 R >>".to_owned()), (8, "<< /Title (a) /Next 8 0 R /First 8 0 R /Parent 8 0 R >>".to_owned())]), None),
        bomb("names in a circle", "a.pdf", page("/Names << /Dests 7 0 R >> /PageLabels 8 0 R", "", &[(7, "<< /Kids [7 0 R 7 0 R] >>".to_owned()), (8, "<< /Kids [8 0 R 8 0 R] >>".to_owned())]), None),
        bomb("fields in a circle", "a.pdf", page("/AcroForm << /Fields [7 0 R] >>", "/Annots [7 0 R 7 0 R]", &[(7, "<< /Type /Annot /Subtype /Widget /FT /Tx /T (a) /Kids [7 0 R 7 0 R] /Parent 7 0 R /Rect [0 0 9 9] /Popup 7 0 R >>".to_owned())]), None),
        bomb("actions in a circle", "a.pdf", page("/OpenAction 7 0 R", "", &[(7, "<< /S /GoTo /D [3 0 R /Fit] /Next [7 0 R 7 0 R] >>".to_owned())]), None),
        bomb("structure in a circle", "a.pdf", page("/StructTreeRoot 7 0 R /MarkInfo << /Marked true >>", "/StructParents 0", &[(7, "<< /Type /StructTreeRoot /K [8 0 R 8 0 R] /ParentTree 7 0 R >>".to_owned()), (8, "<< /S /P /P 8 0 R /K [8 0 R 8 0 R 7 0 R] >>".to_owned())]), None),
        bomb("a pattern of itself", "a.pdf", page("", "", &[(4, stream("", "/Pattern cs /P scn 0 0 9 9 re f")), (5, patterns.to_owned()), (7, stream(&format!("/PatternType 1 /PaintType 1 /TilingType 1 /BBox [0 0 9 9] /XStep 0.001 /YStep 0.001 /Resources {patterns}"), "/Pattern cs /P scn 0 0 9 9 re f"))]), None),
        bomb("a mask of itself", "a.pdf", page("", "", &[(4, stream("", "/G gs 0 0 9 9 re f")), (5, "<< /ExtGState << /G << /SMask << /S /Alpha /G 7 0 R >> >> >> >>".to_owned()), (7, stream("/Type /XObject /Subtype /Form /BBox [0 0 9 9] /Group << /S /Transparency >> /Resources 5 0 R", "/G gs 0 0 9 9 re f"))]), None),
        bomb("a letter that writes itself", "a.pdf", page("", "", &[(5, "<< /Font << /F1 7 0 R >> >>".to_owned()), (7, "<< /Type /Font /Subtype /Type3 /FontBBox [0 0 9 9] /FontMatrix [1 0 0 1 0 0] /FirstChar 72 /LastChar 72 /Widths [9] /Encoding << /Differences [72 /H] >> /CharProcs << /H 8 0 R >> /Resources 5 0 R >>".to_owned()), (8, stream("", "9 0 d0 BT /F1 9 Tf (HHHH) Tj ET"))]), None),
        bomb("deep lists", "a.pdf", page("", &format!("/TrimBox {deep_array}"), &[]), Some(Reason::Damaged)),
        bomb("an object stream that claims objects", "a.pdf", page("", "", &[(7, stream("/Type /ObjStm /N 2147483647 /First 9", "8 0 << >>")), (9, stream("/Type /ObjStm /N 1 /First 4 /Extends 9 0 R", "8 0 << >>"))]), None),
        bomb("a fax of billions of rows", "a.pdf", image("/Width 60000 /Height 60000 /BitsPerComponent 1 /ColorSpace /DeviceGray /Filter /CCITTFaxDecode /DecodeParms << /K -1 /Columns 60000 /Rows 60000 >>", "x"), Some(Reason::TooComplex)),
        bomb("a fax whose columns lie", "a.pdf", image("/Width 9 /Height 9 /BitsPerComponent 1 /ColorSpace /DeviceGray /Filter /CCITTFaxDecode /DecodeParms << /K -1 /Columns 2147483647 /Rows 2147483647 >>", "x"), None),
        bomb("a bilevel picture whose page lies", "a.pdf", image("/Width 9 /Height 9 /BitsPerComponent 1 /ColorSpace /DeviceGray /Filter /JBIG2Decode", jbig2), None),
        bomb("predictors of many columns", "a.pdf", image("/Width 9 /Height 9 /BitsPerComponent 8 /ColorSpace /DeviceGray /Filter /LZWDecode /DecodeParms << /Predictor 12 /Columns 2147483647 /Colors 2147483647 >>", "x"), None),
        bomb("a program of many braces", "a.pdf", page("", "", &[(4, stream("", "/S sh")), (5, "<< /Shading << /S << /ShadingType 2 /ColorSpace /DeviceGray /Coords [0 0 9 9] /Function 7 0 R >> >> >>".to_owned()), (7, stream("/FunctionType 4 /Domain [0 1] /Range [0 1]", &"{".repeat(200_000)))]), None),
        bomb("a table of samples of many dimensions", "a.pdf", page("", "", &[(4, stream("", "/S sh")), (5, "<< /Shading << /S << /ShadingType 1 /ColorSpace /DeviceGray /Function 7 0 R >> >> >>".to_owned()), (7, stream("/FunctionType 0 /Domain [0 1 0 1] /Range [0 1] /Size [65535 65535] /BitsPerSample 32", "x"))]), None),
        bomb("a mapping of many characters", "a.pdf", page("", "", &[(6, "<< /Type /Font /Subtype /Type0 /BaseFont /A /Encoding /Identity-H /ToUnicode 7 0 R /DescendantFonts [<< /Type /Font /Subtype /CIDFontType2 /BaseFont /A /W [0 2147483647 500] /CIDSystemInfo << /Registry (Adobe) /Ordering (Identity) /Supplement 0 >> >>] >>".to_owned()), (7, stream("", &format!("begincmap {} endcmap", "1 beginbfrange <0000> <FFFF> <0000> endbfrange ".repeat(2_000))))]), None),
    ]
}
