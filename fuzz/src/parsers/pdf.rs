//! Shells of PDF: a file of objects, the operators of a page, one packed stream.
//!
//! Owns: writing a sound file around them, with cross-references that fit.
//! Leaves to others: what must hold.

use super::pieces::{deflated, join, picture, seed};
use super::{File, Target};

const NAME: &str = "a.pdf";

const WORDS: &[&str] = &[
    "/Type",
    "/Subtype",
    "/Catalog",
    "/Pages",
    "/Page",
    "/Kids",
    "/Count",
    "/Parent",
    "/Resources",
    "/Contents",
    "/MediaBox",
    "/Rotate",
    "/Annots",
    "/Annot",
    "/Link",
    "/Widget",
    "/FreeText",
    "/Stamp",
    "/FileAttachment",
    "/Rect",
    "/AP",
    "/N",
    "/A",
    "/AA",
    "/S",
    "/URI",
    "/GoTo",
    "/GoToR",
    "/Launch",
    "/JavaScript",
    "/JS",
    "/Named",
    "/SubmitForm",
    "/Next",
    "/D",
    "/Dest",
    "/Dests",
    "/Names",
    "/Outlines",
    "/First",
    "/Last",
    "/Prev",
    "/Title",
    "/OpenAction",
    "/AcroForm",
    "/Fields",
    "/FT",
    "/Tx",
    "/Btn",
    "/Sig",
    "/V",
    "/DA",
    "/XFA",
    "/EmbeddedFiles",
    "/Filespec",
    "/EF",
    "/Metadata",
    "/StructTreeRoot",
    "/MarkInfo",
    "/PageLabels",
    "/OCProperties",
    "/OCGs",
    "/Font",
    "/Type0",
    "/Type1",
    "/Type3",
    "/TrueType",
    "/CIDFontType2",
    "/DescendantFonts",
    "/FontDescriptor",
    "/FontFile2",
    "/FontFile3",
    "/ToUnicode",
    "/Encoding",
    "/Identity-H",
    "/CharProcs",
    "/Widths",
    "/W",
    "/XObject",
    "/Image",
    "/Form",
    "/BBox",
    "/Matrix",
    "/Width",
    "/Height",
    "/BitsPerComponent",
    "/ColorSpace",
    "/DeviceRGB",
    "/DeviceGray",
    "/DeviceCMYK",
    "/ICCBased",
    "/Indexed",
    "/Separation",
    "/Pattern",
    "/PatternType",
    "/Shading",
    "/ShadingType",
    "/Function",
    "/FunctionType",
    "/Domain",
    "/Range",
    "/ImageMask",
    "/Mask",
    "/SMask",
    "/Decode",
    "/DecodeParms",
    "/Predictor",
    "/Columns",
    "/Colors",
    "/K",
    "/Filter",
    "/FlateDecode",
    "/LZWDecode",
    "/RunLengthDecode",
    "/ASCIIHexDecode",
    "/ASCII85Decode",
    "/DCTDecode",
    "/JPXDecode",
    "/JBIG2Decode",
    "/JBIG2Globals",
    "/CCITTFaxDecode",
    "/ExtGState",
    "/ObjStm",
    "/XRef",
    "/Index",
    "/Length",
    "/Encrypt",
    " 0 R",
    " 0 obj\n",
    "\nendobj\n",
    "stream\n",
    "\nendstream",
    "<<",
    ">>",
    "null",
    "true",
    "BT",
    "ET",
    "Tj",
    "TJ",
    "Td",
    "Tf",
    "Tm",
    "Tr",
    "Do",
    "BI",
    "ID",
    "EI",
    "q",
    "Q",
    "cm",
    "re",
    "W",
    "n",
    "f",
    "sh",
    "gs",
    "cs",
    "scn",
    "BMC",
    "BDC",
    "EMC",
    "MP",
    "/OC",
    "d0",
    "d1",
    "BX",
    "EX",
];

/// All objects of a file; the cross-references are made to fit (variant 0), left out (1), or the file is whole (2).
pub(super) const OBJECTS: Target =
    Target { name: "pdf_objects", shell: objects, seeds: object_seeds, words: WORDS };

/// The operators of a page that has something of everything to name.
pub(super) const CONTENT: Target =
    Target { name: "pdf_content", shell: content, seeds: content_seeds, words: WORDS };

/// One stream behind its dictionary: a picture, a font, a profile, or a stream of objects.
pub(super) const STREAM: Target =
    Target { name: "pdf_stream", shell: stream, seeds: stream_seeds, words: WORDS };

fn objects(variant: u8, rest: &[u8]) -> File {
    let bytes = match variant {
        2 => rest.to_vec(),
        1 => [b"%PDF-1.7\n", rest, b"\ntrailer\n<< /Root 1 0 R >>\nstartxref\n0\n%%EOF\n"].concat(),
        _ => referenced(rest),
    };
    File::new(NAME, bytes)
}

/// A file of these objects with a table of where each lies.
fn referenced(objects: &[u8]) -> Vec<u8> {
    let mut file = b"%PDF-1.7\n".to_vec();
    let mut places = vec![0; 1];
    let mut at = file.len();
    for line in objects.split_inclusive(|byte| *byte == b'\n') {
        let number = line.strip_suffix(b" 0 obj\n").and_then(|number| std::str::from_utf8(number).ok());
        if let Some(number) = number.and_then(|number| number.parse::<usize>().ok()).filter(|n| *n < 200) {
            places.resize(places.len().max(number + 1), 0);
            places[number] = at;
        }
        at += line.len();
    }
    file.extend(objects);
    let table = file.len() + 1;
    file.extend(format!("\nxref\n0 {}\n", places.len()).bytes());
    for (number, place) in places.iter().enumerate() {
        let state = if number == 0 || *place == 0 { "65535 f" } else { "00000 n" };
        file.extend(format!("{place:010} {state} \n").bytes());
    }
    let size = places.len();
    file.extend(format!("trailer\n<< /Root 1 0 R /Size {size} >>\nstartxref\n{table}\n%%EOF\n").bytes());
    file
}

fn stream_object(number: usize, dictionary: &[u8], bytes: &[u8]) -> Vec<u8> {
    let head = format!("{number} 0 obj\n<< /Length {} ", bytes.len());
    [head.as_bytes(), dictionary, b" >>\nstream\n", bytes, b"\nendstream\nendobj\n"].concat()
}

fn content(variant: u8, rest: &[u8]) -> File {
    let mut bytes = FURNISHED.as_bytes().to_vec();
    bytes.extend(match variant {
        // The same operators in a form that the page draws.
        1 => [
            stream_object(10, b"", b"/Form Do"),
            stream_object(11, b"/Type /XObject /Subtype /Form /BBox [0 0 300 300]", rest),
        ]
        .concat(),
        2 => stream_object(10, b"/Filter /FlateDecode", &deflated(rest)),
        _ => stream_object(10, b"", rest),
    });
    File::new(NAME, referenced(&bytes))
}

/// What stands before a stream in each variant, and where the page names it.
fn stream(variant: u8, rest: &[u8]) -> File {
    let line = rest.iter().position(|byte| *byte == b'\n').unwrap_or(rest.len());
    let (own, data) = (&rest[..line], rest.get(line + 1..).unwrap_or_default());
    let fixed: &[u8] = match variant {
        0 => b"/Type /XObject /Subtype /Image ",
        1 => {
            b"/Type /XObject /Subtype /Image /Width 16 /Height 8 /BitsPerComponent 1 /ColorSpace /DeviceGray "
        }
        2 => b"/Type /XObject /Subtype /Image /Width 4 /Height 4 /BitsPerComponent 8 /ColorSpace /DeviceRGB ",
        3 => b"/N 3 ",
        4 => b"/Length1 1000 ",
        5 => b"/Type /ObjStm ",
        6 => b"/FunctionType 4 /Domain [0 1] /Range [0 1 0 1 0 1] ",
        _ => b"",
    };
    let dictionary = [fixed, own].concat();
    let mut bytes = AROUND_STREAM.as_bytes().to_vec();
    bytes.extend(stream_object(
        10,
        b"",
        b"q 9 0 0 9 0 0 cm /X Do Q /C cs 1 0 0 sc 0 0 9 9 re f /S sh BT /F 9 Tf (a) Tj ET",
    ));
    bytes.extend(stream_object(6, &dictionary, data));
    File::new(NAME, referenced(&bytes))
}

const FURNISHED: &str = "1 0 obj
<< /Type /Catalog /Pages 2 0 R >>
endobj
2 0 obj
<< /Type /Pages /Kids [3 0 R] /Count 1 >>
endobj
3 0 obj
<< /Type /Page /Parent 2 0 R /MediaBox [0 0 300 300] /Contents 10 0 R /Resources 4 0 R >>
endobj
4 0 obj
<< /Font << /F1 5 0 R /F2 6 0 R >> /XObject << /Im 7 0 R /Form 11 0 R >> /ExtGState << /G << /ca 0.5 /SMask /None >> >>
 /ColorSpace << /C [/Indexed /DeviceRGB 1 <FF000000FF00>] >> /Pattern << /P 8 0 R >> /Shading << /S 9 0 R >>
 /Properties << /MC << /Type /OCG /Name (a) >> >> >>
endobj
5 0 obj
<< /Type /Font /Subtype /Type1 /BaseFont /Helvetica >>
endobj
6 0 obj
<< /Type /Font /Subtype /Type3 /FontBBox [0 0 9 9] /FontMatrix [0.1 0 0 0.1 0 0] /FirstChar 97 /LastChar 97 /Widths [9]
 /Encoding << /Differences [97 /a] >> /CharProcs << /a 12 0 R >> /Resources << >> >>
endobj
7 0 obj
<< /Type /XObject /Subtype /Image /Width 2 /Height 1 /BitsPerComponent 8 /ColorSpace /DeviceRGB /Length 6 >>
stream
abcdef
endstream
endobj
8 0 obj
<< /Type /Pattern /PatternType 1 /PaintType 1 /TilingType 1 /BBox [0 0 9 9] /XStep 9 /YStep 9 /Resources << >> /Length 11 >>
stream
0 0 4 4 re f
endstream
endobj
9 0 obj
<< /ShadingType 2 /ColorSpace /DeviceGray /Coords [0 0 9 9] /Function << /FunctionType 2 /N 1 /Domain [0 1] >> >>
endobj
12 0 obj
<< /Length 20 >>
stream
9 0 d0 0 0 4 4 re f 
endstream
endobj
";

const AROUND_STREAM: &str = "1 0 obj
<< /Type /Catalog /Pages 2 0 R >>
endobj
2 0 obj
<< /Type /Pages /Kids [3 0 R] /Count 1 >>
endobj
3 0 obj
<< /Type /Page /Parent 2 0 R /MediaBox [0 0 300 300] /Contents 10 0 R /Resources << /XObject << /X 6 0 R >>
 /ColorSpace << /C [/ICCBased 6 0 R] >> /Font << /F 4 0 R >>
 /Shading << /S << /ShadingType 2 /ColorSpace /DeviceRGB /Coords [0 0 9 9] /Function 6 0 R >> >> >> >>
endobj
4 0 obj
<< /Type /Font /Subtype /TrueType /BaseFont /AAAAAA+A /FirstChar 97 /LastChar 97 /Widths [500] /ToUnicode 6 0 R
 /FontDescriptor 5 0 R >>
endobj
5 0 obj
<< /Type /FontDescriptor /FontName /AAAAAA+A /Flags 4 /FontBBox [0 0 9 9] /ItalicAngle 0 /Ascent 9 /Descent 0
 /CapHeight 9 /StemV 9 /FontFile2 6 0 R >>
endobj
";

const PLAIN: &str = "1 0 obj
<< /Type /Catalog /Pages 2 0 R >>
endobj
2 0 obj
<< /Type /Pages /Kids [3 0 R] /Count 1 /MediaBox [0 0 200 200] >>
endobj
3 0 obj
<< /Type /Page /Parent 2 0 R /Contents 4 0 R /Resources << /Font << /F1 5 0 R >> >> >>
endobj
4 0 obj
<< /Length 32 >>
stream
BT /F1 12 Tf 9 9 Td (Hello) Tj ET
endstream
endobj
5 0 obj
<< /Type /Font /Subtype /Type1 /BaseFont /Helvetica >>
endobj
";

fn object_seeds() -> Vec<Vec<u8>> {
    let acting = PLAIN.replace(
        "/Type /Catalog /Pages 2 0 R",
        "/Type /Catalog /Pages 2 0 R /OpenAction << /S /JavaScript /JS (app.alert\\(1\\)) /Next [<< /S /Launch /F (a.exe) >>] >> \
         /Names << /JavaScript << /Names [(x) 6 0 R] >> /EmbeddedFiles << /Names [(y) 7 0 R] >> /Dests << /Names [(d) [3 0 R /Fit]] >> >> \
         /AcroForm << /Fields [8 0 R] /XFA (x) /DA (/F1 9 Tf) >> /Outlines 9 0 R /Metadata 10 0 R /PageLabels << /Nums [0 << /S /r >>] >> \
         /AA << /WC << /S /Named /N /Print >> >> /MarkInfo << /Marked true >> /StructTreeRoot 11 0 R /Lang (ja)",
    ) + "6 0 obj
<< /S /JavaScript /JS 12 0 R >>
endobj
7 0 obj
<< /Type /Filespec /F (a.txt) /UF (a.txt) /EF << /F 12 0 R >> >>
endobj
8 0 obj
<< /Type /Annot /Subtype /Widget /FT /Tx /T (t) /V (v) /Rect [9 9 90 30] /AP << /N 13 0 R >> /AA << /K 6 0 R >> /P 3 0 R >>
endobj
9 0 obj
<< /Type /Outlines /First 14 0 R /Last 14 0 R /Count 1 >>
endobj
10 0 obj
<< /Type /Metadata /Subtype /XML /Length 4 >>
stream
<x/>
endstream
endobj
11 0 obj
<< /Type /StructTreeRoot /K << /S /P /P 11 0 R /Pg 3 0 R /K 0 >> >>
endobj
12 0 obj
<< /Length 5 >>
stream
alert
endstream
endobj
13 0 obj
<< /Type /XObject /Subtype /Form /BBox [0 0 81 21] /Length 24 >>
stream
BT /F1 9 Tf (v) Tj ET   
endstream
endobj
14 0 obj
<< /Title (one) /Parent 9 0 R /Dest [3 0 R /XYZ 0 0 0] >>
endobj
";
    let annotated = PLAIN.replace(
        "/Type /Page /Parent 2 0 R",
        "/Type /Page /Parent 2 0 R /Rotate 90 /CropBox [0 0 100 100] /Annots [8 0 R \
         << /Type /Annot /Subtype /Link /Rect [0 0 9 9] /A << /S /URI /URI (https://a.example/) >> >> \
         << /Type /Annot /Subtype /Link /Rect [0 0 9 9] /Dest /d >> \
         << /Type /Annot /Subtype /FreeText /Rect [0 0 9 9] /Contents (c) /DA (/F1 9 Tf) >> \
         << /Type /Annot /Subtype /Popup /Rect [0 0 9 9] >> << /Type /Annot /Subtype /RichMedia /Rect [0 0 9 9] >>]",
    ) + "8 0 obj
<< /Type /Annot /Subtype /Text /Rect [0 0 9 9] /Contents (n) /Popup 8 0 R /IRT 8 0 R >>
endobj
";
    let packed = "1 0 obj
<< /Type /Catalog /Pages 2 0 R >>
endobj
6 0 obj
<< /Type /ObjStm /N 2 /First 8 /Length 120 >>
stream
2 0 3 50<< /Type /Pages /Kids [3 0 R] /Count 1 >>          << /Type /Page /Parent 2 0 R /MediaBox [0 0 9 9] >>   
endstream
endobj
";
    vec![
        seed(b'@', PLAIN),
        seed(b'@', acting.clone()),
        seed(b'B', acting.clone()),
        seed(b'C', acting),
        seed(b'@', annotated.clone()),
        seed(b'F', annotated),
        seed(b'H', PLAIN),
        seed(b'H', packed),
        seed(b'P', referenced(PLAIN.as_bytes())),
    ]
}

fn content_seeds() -> Vec<Vec<u8>> {
    let all = "q 1 0 0 1 9 9 cm /G gs 0.5 g 1 0 0 RG [3 1] 0 d 2 w 0 0 50 50 re W n /Im Do /Form Do Q\n\
        BT /F1 12 Tf 14 TL 1 0 0 1 9 200 Tm (Hel\\154o\\)) Tj [(a) -120 <6162>] TJ T* (x) ' 1 2 (y) \" 3 Tr (hidden) Tj ET\n\
        BT /F2 9 Tf 9 9 Td (a) Tj ET\n/C cs 1 sc 9 9 m 20 20 l 30 9 40 20 50 9 c h f* /Pattern cs /P scn 0 0 9 9 re B\n\
        /S sh /OC /MC BDC (x) BX foo EX EMC /Span << /ActualText (b) >> BDC EMC /T MP\n\
        BI /W 2 /H 1 /BPC 8 /CS /RGB ID abcdef EI\nBI /W 9 /H 1 /IM true /F /AHx ID FF80> EI\n";
    vec![
        seed(b'@', "BT /F1 12 Tf 72 72 Td (Hello) Tj ET"),
        seed(b'@', all),
        seed(b'B', all),
        seed(b'C', all),
        seed(b'I', all),
        seed(b'Q', all),
    ]
}

fn stream_seeds() -> Vec<Vec<u8>> {
    let rgb = b"/Width 2 /Height 1 /BitsPerComponent 8 /ColorSpace /DeviceRGB\nabcdef";
    let predicted = [
        &b"/Width 2 /Height 2 /BitsPerComponent 8 /ColorSpace /DeviceRGB /Filter /FlateDecode /DecodeParms << /Predictor 15 /Columns 2 /Colors 3 >>\n"[..],
        &deflated(b"\x02abcdef\x01ghijkl"),
    ]
    .concat();
    let masked = b"/Width 9 /Height 2 /ImageMask true /Decode [1 0] /Filter [/ASCIIHexDecode /RunLengthDecode]\n03FF00FF0080>";
    let jpeg = [&b"/Filter /DCTDecode\n"[..], &picture(image::ImageFormat::Jpeg, 4, 4)].concat();
    let fax = b"/Filter /CCITTFaxDecode /DecodeParms << /K -1 /Columns 16 /Rows 8 >>\n\x26\xa1\x07\x7f\xff\x80\x08\x00\x80";
    let jbig2: &[u8] = b"/Filter /JBIG2Decode\n\0\0\0\0\x30\0\x01\0\0\0\x13\0\0\0\x10\0\0\0\x08\0\0\0\0\0\0\0\0\0\0\0\
        \0\0\0\x01\x26\0\x01\0\0\0\x1b\0\0\0\x10\0\0\0\x08\0\0\0\0\0\0\0\0\0\0\x03\xff\xfd\xff\x02\xfe\xfe\xfe\xff\xac";
    let jpx: &[u8] = b"/Filter /JPXDecode\n\0\0\0\x0cjP  \r\n\x87\n\0\0\0\x14ftypjp2 \0\0\0\0jp2 \0\0\0\x2djp2h\0\0\0\x16ihdr\
        \0\0\0\x04\0\0\0\x04\0\x03\x07\x07\0\0\0\0\0\x0fcolr\x01\0\0\0\0\0\x10\0\0\0\0jp2c\xff\x4f\xff\x51\0\x2f\0\0\0\0\0\x04\
        \0\0\0\x04\0\0\0\0\0\0\0\0\0\0\0\x04\0\0\0\x04\0\0\0\0\0\0\0\0\0\x03\x07\x01\x01\x07\x01\x01\x07\x01\x01\xff\x52\0\x0c\
        \0\0\0\x01\x01\0\x04\x04\0\x01\xff\x5c\0\x04\x40\x40\xff\x90\0\x0a\0\0\0\0\0\x0e\0\x01\xff\x93\xff\xd9";
    let lzw = b"/Width 2 /Height 1 /BitsPerComponent 8 /ColorSpace /DeviceGray /Filter /LZWDecode\n\x80\x0b\x60\x50\x22\x0c\x0c\x85\x01";
    let to_unicode = b"\n/CIDInit /ProcSet findresource begin 1 begincodespacerange <00> <FF> endcodespacerange 1 beginbfchar <61> <3042> endbfchar \
        1 beginbfrange <62> <64> <3043> endbfrange endcmap";
    let font = truetype();
    let packed = b"/N 1 /First 4\n9 0 << /S /JavaScript >>";
    vec![
        seed(b'@', rgb),
        seed(b'@', predicted),
        seed(b'@', masked),
        seed(b'P', jpeg),
        seed(b'H', fax),
        seed(b'H', jbig2),
        seed(b'P', jpx),
        seed(b'@', lzw),
        seed(b'x', to_unicode),
        seed(b'`', [&b"\n"[..], &font].concat()),
        seed(b'h', packed),
        seed(b'p', b"\n{ dup 0.5 mul exch 1 sub abs }"),
        join(b'A', &[("", &rgb[..])]),
    ]
}

/// A font of two empty glyphs: the tables that a reader asks for, and no more.
fn truetype() -> Vec<u8> {
    let short = |values: &[u16]| values.iter().flat_map(|value| value.to_be_bytes()).collect::<Vec<u8>>();
    let head = [
        short(&[1, 0, 1, 0, 0, 0, 0x5F0F, 0x3CF5, 0, 1000]),
        vec![0; 16],
        short(&[0, 0, 9, 9, 0, 8, 2, 0, 0]),
    ]
    .concat();
    let hhea = [short(&[1, 0, 9, 0, 0, 500]), vec![0; 22], short(&[0, 2])].concat();
    let maxp = [short(&[1, 0, 2]), vec![0; 26]].concat();
    let cmap = short(&[0, 1, 1, 0, 0, 12, 0, 262]).into_iter().chain([0; 258]).collect::<Vec<u8>>();
    let tables: [(&[u8; 4], Vec<u8>); 7] = [
        (b"cmap", cmap),
        (b"glyf", vec![0; 4]),
        (b"head", head),
        (b"hhea", hhea),
        (b"hmtx", short(&[500, 0, 500, 0])),
        (b"loca", short(&[0, 0, 0])),
        (b"maxp", maxp),
    ];
    let mut font = short(&[1, 0, 7, 64, 2, 48]);
    let mut at = 12 + 16 * tables.len();
    for (name, bytes) in &tables {
        font.extend(*name);
        font.extend([0; 4]);
        font.extend(u32::try_from(at).expect("a small font").to_be_bytes());
        font.extend(u32::try_from(bytes.len()).expect("a small font").to_be_bytes());
        at += bytes.len().next_multiple_of(4);
    }
    for (_, mut bytes) in tables {
        bytes.resize(bytes.len().next_multiple_of(4), 0);
        font.extend(bytes);
    }
    font
}
