//! One small file of every kind that can be made here without its program.

use std::io::Cursor;
use std::path::Path;

use sevenz_rust2::EncoderMethod;

use crate::archives::{gzip, lh5_of_one_byte, lha_member, seven_zip, seven_zip_of_one_block, tar};
use crate::zip;

pub(crate) fn samples() -> Vec<(String, Vec<u8>)> {
    let mut all = shipped();
    let texts = TEXTS.iter().map(|(name, text)| ((*name).to_owned(), text.as_bytes().to_vec()));
    all.extend(texts);
    all.extend(pictures());
    all.extend(archives());
    all.push(("a.odt".to_owned(), open_document()));
    all
}

/// The samples that come with the program.
fn shipped() -> Vec<(String, Vec<u8>)> {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../bins/sekisho/samples");
    let mut paths: Vec<_> = std::fs::read_dir(folder).unwrap().map(|file| file.unwrap().path()).collect();
    paths.sort();
    let of_size = |path: &Path| {
        (path.file_name().unwrap().to_string_lossy().into_owned(), std::fs::read(path).unwrap())
    };
    paths.iter().map(|path| of_size(path)).filter(|(_, bytes)| bytes.len() < 64 << 10).collect()
}

fn pictures() -> Vec<(String, Vec<u8>)> {
    let picture = image::RgbImage::from_fn(17, 9, |x, y| image::Rgb([x as u8 * 9, y as u8 * 20, 90]));
    let formats = [
        ("a.png", image::ImageFormat::Png),
        ("a.jpg", image::ImageFormat::Jpeg),
        ("a.gif", image::ImageFormat::Gif),
        ("a.bmp", image::ImageFormat::Bmp),
        ("a.tif", image::ImageFormat::Tiff),
    ];
    let encode = |(name, format): (&str, _)| {
        let mut bytes = Vec::new();
        picture.write_to(&mut Cursor::new(&mut bytes), format).unwrap();
        (name.to_owned(), bytes)
    };
    formats.into_iter().map(encode).collect()
}

fn archives() -> Vec<(String, Vec<u8>)> {
    let members: [(&str, &[u8]); 3] =
        [("d/a.txt", b"hello"), ("b.csv", b"1,=cmd|' /c calc'!A0\r\n"), ("c.exe", b"MZ")];
    let lh5 = lh5_of_one_byte(b'a', 300);
    let lha = |level| {
        let stored = members.map(|(name, bytes)| lha_member(level, b"-lh0-", name.as_bytes(), bytes, bytes));
        [stored.concat(), lha_member(level, b"-lh5-", b"e.txt", &lh5, &[b'a'; 300]), vec![0]].concat()
    };
    [
        ("a.7z", seven_zip(&members, EncoderMethod::LZMA2, None)),
        ("b.7z", seven_zip(&members, EncoderMethod::LZMA, Some("secret"))),
        ("c.7z", seven_zip(&members, EncoderMethod::BZIP2, None)),
        ("d.7z", seven_zip(&members, EncoderMethod::COPY, None)),
        ("e.7z", seven_zip_of_one_block(EncoderMethod::ID_DEFLATE, &[], &DEFLATED, &[("a.txt", b"hello")])),
        ("0.lzh", lha(0)),
        ("1.lzh", lha(1)),
        ("2.lzh", lha(2)),
        ("a.tar", tar(&members)),
        ("a.tgz", gzip(&tar(&members), None)),
        ("a.txt.gz", gzip(b"hello", Some("a.txt"))),
        ("in.zip", zip(&[("in.7z".to_owned(), seven_zip(&members, EncoderMethod::LZMA2, None))])),
    ]
    .map(|(name, bytes)| (name.to_owned(), bytes))
    .to_vec()
}

/// `hello` as one stored block.
const DEFLATED: [u8; 10] = [1, 5, 0, 0xFA, 0xFF, b'h', b'e', b'l', b'l', b'o'];

fn open_document() -> Vec<u8> {
    let content = "<?xml version=\"1.0\"?><office:document-content \
        xmlns:office=\"urn:oasis:names:tc:opendocument:xmlns:office:1.0\" \
        xmlns:text=\"urn:oasis:names:tc:opendocument:xmlns:text:1.0\" \
        xmlns:script=\"urn:oasis:names:tc:opendocument:xmlns:script:1.0\" \
        xmlns:xlink=\"http://www.w3.org/1999/xlink\" office:version=\"1.2\"><office:scripts/><office:body>\
        <office:text><text:p>お知らせ<text:a xlink:href=\"javascript:alert(1)\">x</text:a></text:p></office:text>\
        </office:body></office:document-content>";
    let manifest = "<manifest:manifest xmlns:manifest=\"urn:oasis:names:tc:opendocument:xmlns:manifest:1.0\">\
        <manifest:file-entry manifest:full-path=\"/\" \
        manifest:media-type=\"application/vnd.oasis.opendocument.text\"/>\
        <manifest:file-entry manifest:full-path=\"content.xml\" manifest:media-type=\"text/xml\"/>\
        </manifest:manifest>";
    let members = [
        ("mimetype", "application/vnd.oasis.opendocument.text"),
        ("content.xml", content),
        ("META-INF/manifest.xml", manifest),
        ("Basic/script-lc.xml", "<x/>"),
    ];
    zip(&members.map(|(name, text)| (name.to_owned(), text.as_bytes().to_vec())))
}

const TEXTS: [(&str, &str); 18] = [
    ("a.txt", "住民の皆様へ\r\n\u{202E}お知らせ\r\n"),
    ("a.csv", "氏名,電話\r\n\"=HYPERLINK(\"\"http://a/\"\")\",+81-3\r\n"),
    (
        "a.html",
        "<!DOCTYPE html><html><head><script>x()</script><style>p{behavior:url(x)}</style></head><body onload=x>\
         <p>表<a href='javascript:x'>y</a><img src=http://a/><iframe src=x></iframe></body></html>",
    ),
    (
        "a.svg",
        "<svg xmlns='http://www.w3.org/2000/svg' width='9' height='9' onload='x'><script>x</script>\
         <image href='http://a/'/><rect width='5' height='5'/></svg>",
    ),
    (
        "a.rtf",
        "{\\rtf1\\ansi{\\fonttbl{\\f0 A;}}\\f0 x{\\object\\objemb{\\*\\objdata 0105}}{\\field{\\*\\fldinst DDE a}{\\fldrslt b}}\\par}",
    ),
    ("a.json", "{\"a\":[1,2.5e3,\"\\u3042\",{\"b\":null}]}"),
    ("a.xml", "<?xml version='1.0'?><?xml-stylesheet href='x'?><!DOCTYPE a [<!ENTITY b 'c'>]><a b='1'>t</a>"),
    (
        "a.ics",
        "BEGIN:VCALENDAR\r\nVERSION:2.0\r\nPRODID:x\r\nBEGIN:VEVENT\r\nUID:1\r\nDTSTART:20260101T000000Z\r\n\
         SUMMARY:会議\r\nATTACH:http://a/\r\nEND:VEVENT\r\nEND:VCALENDAR\r\n",
    ),
    (
        "a.vcf",
        "BEGIN:VCARD\r\nVERSION:3.0\r\nFN:山田\r\nN:山田;;;;\r\nPHOTO;VALUE=URI:http://a/\r\nEND:VCARD\r\n",
    ),
    (
        "a.eml",
        "From: a@example.jp\r\nTo: b@example.jp\r\nSubject: =?ISO-2022-JP?B?GyRCJCIbKEI=?=\r\nMIME-Version: 1.0\r\n\
         Content-Type: multipart/mixed; boundary=b\r\n\r\n--b\r\nContent-Type: text/html\r\n\r\n<p onclick=x>a</p>\r\n\
         --b\r\nContent-Type: application/octet-stream; name=a.exe\r\nContent-Transfer-Encoding: base64\r\n\r\nTVo=\r\n\
         --b--\r\n",
    ),
    (
        "a.mht",
        "MIME-Version: 1.0\r\nContent-Type: multipart/related; boundary=b\r\n\r\n--b\r\nContent-Type: text/html\r\n\
         Content-Location: http://a/\r\n\r\n<script>x</script><p>a</p>\r\n--b--\r\n",
    ),
    (
        "a.dxf",
        "  0\r\nSECTION\r\n  2\r\nENTITIES\r\n  0\r\nTEXT\r\n  5\r\n1A\r\n  1\r\n縮尺\r\n1001\r\nPE_URL\r\n1000\r\nfile://a\r\n\
           0\r\nOLE2FRAME\r\n310\r\n00FF\r\n  0\r\nENDSEC\r\n  0\r\nEOF\r\n",
    ),
    (
        "a.p21",
        "ISO-10303-21;\nHEADER;\nFILE_NAME('C:\\a.p21','',('x'),(''),'t$$3.1','','');\nENDSEC;\nDATA;\n\
         #1=(A(1.5,'b')C(.T.,$));/* d */#2=TEXT_LITERAL('javascript:x',#1);\nENDSEC;\nEND-ISO-10303-21;\n",
    ),
    (
        "a.sfc",
        "ISO-10303-21;\nHEADER;\nENDSEC;\nDATA;\n/*SXF\n#10 = text_string_feature('1',\\'表題\\','1.0')\nSXF*/\n\
         ENDSEC;\nEND-ISO-10303-21;\n",
    ),
    (
        "b.svg",
        "<!DOCTYPE svg [<!ENTITY ns 'http://www.w3.org/2000/svg'><!ENTITY a 'b'>]><svg xmlns='&ns;'><text>&a;</text></svg>",
    ),
    ("a.slk", "ID;PWXL;N;E\r\nC;Y1;X1;K\"a\"\r\nC;Y2;X1;E=EXEC(1)\r\nE\r\n"),
    (
        "a.fodt",
        "<?xml version='1.0'?><office:document xmlns:office='urn:oasis:names:tc:opendocument:xmlns:office:1.0' \
         xmlns:text='urn:oasis:names:tc:opendocument:xmlns:text:1.0' office:version='1.2' \
         office:mimetype='application/vnd.oasis.opendocument.text'><office:body><office:text><text:p>a</text:p>\
         </office:text></office:body></office:document>",
    ),
    (
        "a.xml",
        "<?xml version='1.0'?><?mso-application progid='Excel.Sheet'?>\
         <Workbook xmlns='urn:schemas-microsoft-com:office:spreadsheet' \
         xmlns:ss='urn:schemas-microsoft-com:office:spreadsheet'><Worksheet ss:Name='s'><Table><Row><Cell>\
         <Data ss:Type='Number'>1</Data></Cell></Row></Table></Worksheet></Workbook>",
    ),
];
