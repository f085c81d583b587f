//! The bombs, made byte by byte.
//!
//! Owns: one function for each family.
//! Leaves to others: how they must end (`bombs`).

mod office;
mod pdf;
mod pictures;

use std::io::{Cursor, Write};

use sevenz_rust2::EncoderMethod;
use worker_protocol::Reason;
use zip::write::SimpleFileOptions;

use crate::archives::{gzip, lh5_of_one_byte, lha_member, seven_zip, seven_zip_of_one_block, tar};
use crate::{Bomb, bomb};

pub(crate) use office::documents;
pub(crate) use pdf::pdf;
pub(crate) use pictures::pictures;

fn zip(members: &[(&str, &[u8])]) -> Vec<u8> {
    let mut writer = zip::ZipWriter::new(Cursor::new(Vec::new()));
    for (name, bytes) in members {
        writer.start_file(*name, SimpleFileOptions::default()).unwrap();
        writer.write_all(bytes).unwrap();
    }
    writer.finish().unwrap().into_inner()
}

/// One thing around another, this often.
fn around(open: &str, inside: &str, close: &str, times: usize) -> String {
    open.repeat(times) + inside + &close.repeat(times)
}

pub(crate) fn archives() -> Vec<Bomb> {
    let zeros = vec![b'a'; 40 << 20];
    let packed = gzip(&zeros, None);
    let in_tar = tar(&[("a.txt.gz", &packed)]);
    let in_seven = seven_zip(&[("a.tar", &in_tar)], EncoderMethod::LZMA2, None);
    let lh5 = lh5_of_one_byte(b'a', 60_000);
    let text = vec![b'a'; 60_000];
    let many_runs: Vec<u8> =
        (0..200).flat_map(|n| lha_member(2, b"-lh5-", format!("{n}.txt").as_bytes(), &lh5, &text)).collect();
    let names: Vec<String> = (0..20_000).map(|n| format!("{n}.txt")).collect();
    let many: Vec<(&str, &[u8])> = names.iter().map(|name| (name.as_str(), b"".as_slice())).collect();
    let mut deep = zip(&[("a.txt", b"words")]);
    for level in 0..9 {
        deep = match level % 3 {
            0 => tar(&[("in.zip", &deep)]),
            1 => gzip(&deep, Some("in.tar")),
            _ => zip(&[("in.tar.gz", &deep)]),
        };
    }
    let mut packed_again = zeros[..1 << 20].to_vec();
    for _ in 0..8 {
        packed_again = gzip(&packed_again, None);
    }
    let mut huge_claim = tar(&[("a.txt", b"words")]);
    huge_claim[124..136].copy_from_slice(b"77777777777\0");
    let sum: u32 = huge_claim[..512]
        .iter()
        .enumerate()
        .map(|(at, b)| if (148..156).contains(&at) { 32 } else { u32::from(*b) })
        .sum();
    huge_claim[148..156].copy_from_slice(format!("{sum:06o}\0 ").as_bytes());
    vec![
        bomb("much from little in a zip", "a.zip", zip(&[("a.txt", &zeros)]), Some(Reason::Bomb)),
        bomb("one member under many names", "a.zip", overlapping(2_000), Some(Reason::Bomb)),
        bomb("a zip of more members than may be", "a.zip", zip(&many), Some(Reason::TooComplex)),
        bomb("a tar of more members than may be", "a.tar", tar(&many), Some(Reason::TooComplex)),
        bomb("gzip in tar in 7z in zip", "a.zip", zip(&[("a.7z", &in_seven)]), Some(Reason::Bomb)),
        bomb("many small runs in one lzh", "a.lzh", many_runs, None),
        bomb(
            "much from little in a 7z",
            "a.7z",
            seven_zip(&[("a.txt", &zeros)], EncoderMethod::LZMA2, None),
            Some(Reason::Bomb),
        ),
        bomb(
            "much from little in bzip2",
            "a.7z",
            seven_zip(&[("a.txt", &zeros)], EncoderMethod::BZIP2, None),
            Some(Reason::Bomb),
        ),
        bomb(
            "many parts in one gzip",
            "a.txt.gz",
            gzip(&zeros[..1 << 20], None).repeat(64),
            Some(Reason::Bomb),
        ),
        bomb("archives nested deeper than may be", "a.zip", deep, Some(Reason::NothingLeft)),
        bomb("gzip in gzip in gzip", "a.gz", packed_again, Some(Reason::NothingLeft)),
        bomb(
            "a 7z that claims a dictionary of gigabytes",
            "a.7z",
            seven_zip_of_one_block(
                EncoderMethod::ID_LZMA,
                &[0x5D, 0xFF, 0xFF, 0xFF, 0xFF],
                &[0; 16],
                &[("a.txt", b"hello")],
            ),
            Some(Reason::TooComplex),
        ),
        bomb("a tar that claims gigabytes", "a.tar", huge_claim, Some(Reason::Damaged)),
    ]
}

/// A ZIP in whose table of contents one member stands under many names.
fn overlapping(count: u32) -> Vec<u8> {
    let one = zip(&[("0000.txt", &vec![b'a'; 1 << 20])]);
    let directory = one.windows(4).position(|w| w == b"PK\x01\x02").unwrap();
    let end = one.windows(4).position(|w| w == b"PK\x05\x06").unwrap();
    let mut out = one[..directory].to_vec();
    for number in 0..count {
        let mut entry = one[directory..end].to_vec();
        // The local header bears one name only; a reader that does not compare takes them all.
        entry[46..50].copy_from_slice(format!("{number:04}").as_bytes());
        out.extend(entry);
    }
    let mut tail = one[end..].to_vec();
    let short = u16::try_from(count).unwrap().to_le_bytes();
    tail[8..10].copy_from_slice(&short);
    tail[10..12].copy_from_slice(&short);
    tail[12..16].copy_from_slice(&u32::try_from(out.len() - directory).unwrap().to_le_bytes());
    out.extend(tail);
    out
}

pub(crate) fn markup() -> Vec<Bomb> {
    let laughs = {
        let mut dtd = String::from("<!ENTITY a0 'ha'>");
        for level in 1..12 {
            dtd += &format!("<!ENTITY a{level} '{}'>", format!("&a{};", level - 1).repeat(10));
        }
        dtd
    };
    let one_large = format!("<!ENTITY a '{}'>", "a".repeat(50_000));
    let many_attributes: String = (0..60_000).map(|n| format!(" a{n}='1'")).collect();
    let bodies: String = (0..60_000).map(|n| format!("<body a{n}>")).collect();
    let many_spaces: String = (0..20_000).map(|n| format!(" xmlns:n{n}='urn:{n}'")).collect();
    let formatting: String = (0..200).map(|n| format!("<b class=c{n}>")).collect();
    let many_paragraphs = "<p>x".repeat(20_000);
    let uses = {
        let mut defs = String::from("<g id='g0'><rect width='1' height='1'/></g>");
        for level in 1..30 {
            defs += &format!("<g id='g{level}'>{}</g>", format!("<use href='#g{}'/>", level - 1).repeat(10));
        }
        format!("<svg xmlns='http://www.w3.org/2000/svg'><defs>{defs}</defs><use href='#g29'/></svg>")
    };
    let circle = "<svg xmlns='http://www.w3.org/2000/svg'><g id='a'><use href='#b'/></g><g id='b'><use href='#a'/></g>\
        <pattern id='p'><rect fill='url(#p)' width='1' height='1'/></pattern><rect width='9' height='9' fill='url(#p)'/></svg>";
    vec![
        bomb(
            "entities of entities",
            "a.xml",
            format!("<!DOCTYPE x [{laughs}]><x>&a11;</x>"),
            Some(Reason::Damaged),
        ),
        bomb(
            "entities of entities in a drawing",
            "a.svg",
            format!(
                "<!DOCTYPE svg [{laughs}]><svg xmlns='http://www.w3.org/2000/svg'><text>&a11;</text></svg>"
            ),
            Some(Reason::Damaged),
        ),
        bomb(
            "one large entity many times",
            "a.xml",
            format!("<!DOCTYPE x [{one_large}]><x>{}</x>", "&a;".repeat(50_000)),
            Some(Reason::Damaged),
        ),
        bomb("many attributes", "a.xml", format!("<x{many_attributes}/>"), None),
        bomb(
            "many attributes in a page",
            "a.html",
            format!("<p{many_attributes}>words"),
            Some(Reason::TooComplex),
        ),
        bomb("many elements that add attributes", "a.html", bodies, None),
        bomb(
            "many attributes in a drawing",
            "a.svg",
            format!("<svg xmlns='http://www.w3.org/2000/svg'{many_attributes}><g/></svg>"),
            None,
        ),
        bomb(
            "many name spaces",
            "a.xml",
            format!("<x{many_spaces}>{}</x>", "<n1:y/>".repeat(20_000)),
            Some(Reason::Damaged),
        ),
        bomb("deep XML", "a.xml", around("<x>", "", "</x>", 200_000), Some(Reason::TooComplex)),
        bomb("deep page", "a.html", "<div>".repeat(200_000), Some(Reason::TooComplex)),
        bomb("formatting that each paragraph repeats", "a.html", formatting + &many_paragraphs, None),
        bomb("tables that are misnested", "a.html", "<a><table>".repeat(5_000), None),
        bomb("uses of uses", "a.svg", uses, None),
        bomb("uses in a circle", "a.svg", circle, None),
        bomb(
            "deep drawing",
            "a.svg",
            format!("<svg xmlns='http://www.w3.org/2000/svg'>{}", "<g>".repeat(100_000)),
            Some(Reason::TooComplex),
        ),
        bomb(
            "packed drawing",
            "a.svgz",
            gzip(
                format!("<svg xmlns='http://www.w3.org/2000/svg'>{}</svg>", " ".repeat(40 << 20)).as_bytes(),
                None,
            ),
            Some(Reason::Bomb),
        ),
        bomb(
            "style sheet of many braces",
            "a.html",
            format!("<style>{}</style><p>words", "a{b:c(".repeat(200_000)),
            None,
        ),
        bomb("deep JSON", "a.json", around("[", "", "]", 500_000), Some(Reason::Damaged)),
        bomb("a number of a million digits", "a.json", "1".repeat(1_000_000), None),
        bomb(
            "deep RTF",
            "a.rtf",
            format!("{{\\rtf1 {}", around("{", "", "}", 500_000)),
            Some(Reason::TooComplex),
        ),
        bomb(
            "RTF that claims bytes",
            "a.rtf",
            format!(
                "{{\\rtf1 {{\\pict\\pngblip\\bin2147483647 abc}}{}\\uc2147483647\\u65?}}",
                "\\bin-1 ".repeat(9)
            ),
            Some(Reason::Damaged),
        ),
        bomb(
            "deep calendar",
            "a.ics",
            format!("BEGIN:VCALENDAR\r\n{}", "BEGIN:VEVENT\r\n".repeat(200_000)),
            Some(Reason::Damaged),
        ),
        bomb(
            "a line folded a million times",
            "a.vcf",
            format!("BEGIN:VCARD\r\nVERSION:3.0\r\nFN:a{}\r\nEND:VCARD\r\n", "\r\n a".repeat(1_000_000)),
            None,
        ),
        bomb("a million columns", "a.csv", ",".repeat(1_000_000), None),
        bomb("a million quotes", "a.csv", "\"".repeat(1_000_001), None),
        bomb(
            "a cell far away",
            "a.slk",
            "ID;PWXL\r\nC;Y99999999;X99999999;K1\r\nE\r\n",
            Some(Reason::NothingLeft),
        ),
    ]
}

pub(crate) fn mail() -> Vec<Bomb> {
    let head = "From: a@b.example\r\nTo: c@d.example\r\nMIME-Version: 1.0\r\n";
    let mut nested = format!("{head}\r\nwords");
    for _ in 0..60 {
        nested = format!("{head}Content-Type: message/rfc822\r\n\r\n{nested}");
    }
    let mut several = String::from("words");
    for level in 0..400 {
        several = format!(
            "Content-Type: multipart/mixed; boundary=b{level}\r\n\r\n--b{level}\r\n{several}\r\n--b{level}--\r\n"
        );
    }
    let parts = "--b\r\nContent-Type: text/plain\r\n\r\nx\r\n".repeat(50_000);
    let attached = "--b\r\nContent-Type: application/octet-stream; name=a.txt\r\n\r\nx\r\n".repeat(20_000);
    let pieces: String = (0..20_000).map(|n| format!(";\r\n filename*{n}=a")).collect();
    let word = "=?UTF-8?B?44GC?= ".repeat(40_000);
    let gz = base64(&gzip(&vec![b'a'; 40 << 20], None));
    vec![
        bomb("messages in messages", "a.eml", nested, None),
        bomb("parts in parts", "a.eml", format!("{head}{several}"), Some(Reason::TooComplex)),
        bomb(
            "many parts",
            "a.eml",
            format!("{head}Content-Type: multipart/mixed; boundary=b\r\n\r\n{parts}--b--\r\n"),
            Some(Reason::TooComplex),
        ),
        bomb(
            "many attachments",
            "a.eml",
            format!("{head}Content-Type: multipart/mixed; boundary=b\r\n\r\n{attached}--b--\r\n"),
            Some(Reason::TooComplex),
        ),
        bomb(
            "a name in many pieces",
            "a.eml",
            format!(
                "{head}Content-Type: multipart/mixed; boundary=b\r\n\r\n--b\r\nContent-Type: text/plain\r\nContent-Disposition: attachment{pieces}\r\n\r\nx\r\n--b--\r\n"
            ),
            None,
        ),
        bomb(
            "a subject of many words",
            "a.eml",
            format!("{head}Subject: {word}\r\n\r\nx"),
            Some(Reason::TooComplex),
        ),
        bomb(
            "comments in comments",
            "a.eml",
            format!("From: {}a@b.example\r\nTo: c@d.example\r\n\r\nx", "(".repeat(500_000)),
            None,
        ),
        bomb(
            "many receivers",
            "a.eml",
            format!("From: a@b.example\r\nTo: {}\r\n\r\nx", "a@b.example, ".repeat(50_000)),
            Some(Reason::TooComplex),
        ),
        bomb(
            "many fields",
            "a.eml",
            format!("{head}{}\r\nx", "X-A: b\r\n".repeat(200_000)),
            Some(Reason::TooComplex),
        ),
        bomb(
            "a packed attachment",
            "a.eml",
            format!(
                "{head}Content-Type: multipart/mixed; boundary=b\r\n\r\n--b\r\nContent-Type: application/gzip; name=a.txt.gz\r\nContent-Transfer-Encoding: base64\r\n\r\n{gz}\r\n--b--\r\n"
            ),
            Some(Reason::Bomb),
        ),
        bomb(
            "uuencoded files without end",
            "a.eml",
            format!("{head}\r\n{}", "begin 644 a.txt\r\n".repeat(50_000)),
            None,
        ),
        bomb(
            "a saved page of many parts",
            "a.mht",
            format!(
                "MIME-Version: 1.0\r\nContent-Type: multipart/related; boundary=b\r\n\r\n--b\r\nContent-Type: text/html\r\n\r\n<p>a\r\n{parts}--b--\r\n"
            ),
            Some(Reason::TooComplex),
        ),
    ]
}

fn base64(bytes: &[u8]) -> String {
    use base64::Engine;
    base64::engine::general_purpose::STANDARD.encode(bytes)
}
