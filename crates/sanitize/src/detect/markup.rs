//! Which family of markup a text belongs to: what its first element says, not its name.
//!
//! Owns: finding the root element of XML and HTML without parsing the whole, mail and MIME headers, the first lines of
//! the text formats of drawing programs, the list of members of an OpenDocument package.
//! Leaves to others: decoding (`text`), and what an extension claims (`names`).

use quick_xml::events::Event;
use worker_protocol::Kind;

/// How far into a text the root element is looked for, in bytes. Comments before it may be long.
const HEAD_BYTES: usize = 64 << 10;

/// The kind that the beginning of a text leaves no doubt about.
pub(super) fn kind_of(text: &str) -> Option<Kind> {
    let head = cut(text, HEAD_BYTES);
    let start = head.trim_start_matches(|c: char| c.is_whitespace() || c == '\u{FEFF}');
    if start.starts_with('<') {
        return from_root(start);
    }
    let first = start.lines().next().unwrap_or_default().trim_end();
    if first.eq_ignore_ascii_case("BEGIN:VCALENDAR") {
        return Some(Kind::Calendar);
    }
    if first.eq_ignore_ascii_case("BEGIN:VCARD") {
        return Some(Kind::Contact);
    }
    if is_dxf(start) {
        return Some(Kind::Dxf);
    }
    None
}

/// Pairs of a group code and a value, of which the first opens a section or is a comment.
fn is_dxf(start: &str) -> bool {
    let mut lines = start.lines().map(str::trim);
    for _ in 0..50 {
        match (lines.next(), lines.next()) {
            (Some("999"), Some(_)) => {}
            (Some("0"), Some("SECTION")) => return true,
            _ => return false,
        }
    }
    false
}

/// What the headers of a message say: a mail, or a saved web page.
pub(super) fn mail_kind(text: &str) -> Option<Kind> {
    const OF_MAIL: [&str; 8] =
        ["from", "to", "subject", "received", "date", "message-id", "return-path", "mime-version"];
    let (mut known, mut fields) = (0, 0);
    let (mut is_page, mut is_mime, mut multipart) = (false, false, false);
    for (number, line) in cut(text, HEAD_BYTES).lines().take(200).enumerate() {
        if line.trim().is_empty() {
            if number == 0 {
                continue;
            }
            break;
        }
        if line.starts_with([' ', '\t']) {
            let folded = line.to_ascii_lowercase();
            is_page |= is_mime && folded.contains("text/html") && multipart;
            continue;
        }
        if number == 0 && (line.starts_with("From ") || line.starts_with(">From ")) {
            continue;
        }
        let Some((name, value)) = line.split_once(':') else { break };
        let name = name.trim_end().to_ascii_lowercase();
        if name.is_empty() || !name.bytes().all(|b| b.is_ascii_graphic()) {
            break;
        }
        fields += 1;
        known += u32::from(OF_MAIL.contains(&name.as_str()));
        let value = value.trim().to_ascii_lowercase();
        match name.as_str() {
            "content-type" => {
                is_mime = true;
                multipart = value.starts_with("multipart/");
                is_page |= value.starts_with("multipart/related");
            }
            "mime-version" => is_mime = true,
            "snapshot-content-location" => return Some(Kind::Mhtml),
            _ => {}
        }
    }
    // Programs that save web pages write no receiver; Word writes no sender either.
    let has = |field: &str| {
        let wanted = format!("\n{field}:");
        cut(text, HEAD_BYTES).to_ascii_lowercase().replace('\r', "\n").contains(&wanted)
    };
    if is_mime && is_page && !has("to") && !has("received") && !has("message-id") {
        return Some(Kind::Mhtml);
    }
    (known >= 2 || (known >= 1 && is_mime) || (fields >= 1 && is_mime && multipart)).then_some(Kind::Mail)
}

/// Whether these headers are of a message in several parts, which a plain text never is.
pub(super) fn is_multipart_mail(text: &str) -> bool {
    let head = cut(text, HEAD_BYTES);
    let end = head.find("\n\n").or_else(|| head.find("\n\r\n")).unwrap_or(head.len());
    let headers = cut(head, end).to_ascii_lowercase();
    mail_kind(text).is_some() && headers.contains("content-type: multipart/")
}

/// Whether a text is a web page beyond doubt, whatever its name.
pub(super) fn is_page(text: &str) -> bool {
    let start = text.trim_start_matches(|c: char| c.is_whitespace() || c == '\u{FEFF}');
    let start = cut(start, 2_000).to_ascii_lowercase();
    ["<!doctype html", "<html", "<script", "<iframe"].iter().any(|mark| start.starts_with(mark))
        || (start.starts_with('<')
            && (start.contains("<html") || start.contains("<head"))
            && !start.starts_with("<?xml"))
}

fn from_root(mut rest: &str) -> Option<Kind> {
    let mut is_xml = false;
    let mut office = false;
    loop {
        rest = rest.trim_start_matches(|c: char| c.is_whitespace() || c == '\u{FEFF}');
        if let Some(instruction) = rest.strip_prefix("<?") {
            let (inside, after) = instruction.split_once("?>")?;
            is_xml |= inside.starts_with("xml");
            office |= inside.starts_with("mso-application");
            rest = after;
        } else if let Some(comment) = rest.strip_prefix("<!--") {
            rest = comment.split_once("-->")?.1;
        } else if let Some(declaration) = rest.strip_prefix("<!") {
            let lower: String = declaration.chars().take(14).collect::<String>().to_ascii_lowercase();
            if lower.starts_with("doctype")
                && lower.get(7..).is_some_and(|name| name.trim_start().starts_with("html"))
            {
                return Some(Kind::Html);
            }
            rest = after_declaration(declaration)?;
        } else {
            break;
        }
    }
    let tag = rest.strip_prefix('<')?;
    let tag = tag.split('>').next().unwrap_or_default();
    let name: String = tag.chars().take_while(|c| !c.is_whitespace() && *c != '/').collect();
    let local = name.rsplit(':').next().unwrap_or_default();
    let has = |namespace: &str| tag.contains(namespace);
    let is_office = office
        || has("http://schemas.microsoft.com/office/2006/xmlPackage")
        || has("http://schemas.microsoft.com/office/word/2003/wordml")
        || (local == "Workbook" && has("urn:schemas-microsoft-com:office:spreadsheet"));
    Some(match local {
        _ if is_office => Kind::OfficeXml,
        "svg" => Kind::Svg,
        "document" if has("urn:oasis:names:tc:opendocument:xmlns:office:1.0") => match open_document(tag)? {
            "text" => Kind::Odt,
            "spreadsheet" => Kind::Ods,
            "presentation" => Kind::Odp,
            "graphics" => Kind::Odg,
            _ => return None,
        },
        _ if HTML_ROOTS.iter().any(|root| local.eq_ignore_ascii_case(root)) && name == local => {
            let is_page = local.eq_ignore_ascii_case("html") || has("http://www.w3.org/1999/xhtml");
            if is_xml && !is_page { Kind::Xml } else { Kind::Html }
        }
        _ if has("http://www.w3.org/1999/xhtml") && local == "html" => Kind::Html,
        _ => Kind::Xml,
    })
}

/// Elements with which pieces of web pages begin.
const HTML_ROOTS: [&str; 24] = [
    "html", "head", "body", "div", "p", "table", "span", "font", "a", "img", "h1", "h2", "h3", "ul", "ol",
    "br", "hr", "center", "meta", "title", "style", "script", "iframe", "form",
];

/// The document type that a flat OpenDocument file names.
fn open_document(tag: &str) -> Option<&str> {
    let media_type = tag.split("office:mimetype=").nth(1)?;
    let quote = media_type.chars().next().filter(|c| matches!(c, '"' | '\''))?;
    let media_type = media_type.trim_start_matches(quote).split(quote).next()?;
    let family = media_type.strip_prefix("application/vnd.oasis.opendocument.")?;
    Some(family.split('-').next().unwrap_or(family))
}

/// The media type that the list of members of an OpenDocument package gives the package itself.
pub(super) fn media_type_of_package(manifest: &[u8]) -> Option<String> {
    let text = crate::xml::decode(manifest).ok()?;
    let mut reader = quick_xml::Reader::from_str(&text);
    loop {
        let start = match reader.read_event().ok()? {
            Event::Start(start) | Event::Empty(start) => start,
            Event::Eof => return None,
            _ => continue,
        };
        let attribute = |name: &str| {
            let found = start.attributes().flatten().find(|a| a.key.local_name().as_ref() == name)?;
            crate::xml::attribute_value(&found).ok()
        };
        if start.local_name().as_ref() == "file-entry" && attribute("full-path").as_deref() == Some("/") {
            return attribute("media-type");
        }
    }
}

/// What follows a document type declaration, with its internal subset if there is one.
fn after_declaration(declaration: &str) -> Option<&str> {
    let mut depth = 0u32;
    let mut quote = None;
    for (at, c) in declaration.char_indices() {
        match (quote, c) {
            (Some(open), c) if open == c => quote = None,
            (Some(_), _) => {}
            (None, '"' | '\'') => quote = Some(c),
            (None, '[') => depth += 1,
            (None, ']') => depth = depth.saturating_sub(1),
            (None, '>') if depth == 0 => return declaration.get(at + 1..),
            _ => {}
        }
    }
    None
}

fn cut(text: &str, bytes: usize) -> &str {
    let mut end = bytes.min(text.len());
    while !text.is_char_boundary(end) {
        end -= 1;
    }
    text.get(..end).unwrap_or(text)
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn the_root_decides() {
        let rows = [
            ("<svg xmlns='x'/>", Some(Kind::Svg)),
            ("<?xml version='1.0'?><!-- c --><svg:svg>", Some(Kind::Svg)),
            ("\u{FEFF} <!DOCTYPE html><p>", Some(Kind::Html)),
            ("<!doctype  HTML PUBLIC 'x'>", Some(Kind::Html)),
            ("<?xml version='1.0'?><html xmlns='http://www.w3.org/1999/xhtml'>", Some(Kind::Html)),
            ("<div>a</div>", Some(Kind::Html)),
            ("<?xml version='1.0'?><table/>", Some(Kind::Xml)),
            (
                "<?xml version='1.0'?><?mso-application progid='Word.Document'?><w:wordDocument>",
                Some(Kind::OfficeXml),
            ),
            (
                "<pkg:package xmlns:pkg=\"http://schemas.microsoft.com/office/2006/xmlPackage\">",
                Some(Kind::OfficeXml),
            ),
            ("<Workbook xmlns=\"urn:schemas-microsoft-com:office:spreadsheet\">", Some(Kind::OfficeXml)),
            ("<!DOCTYPE r [<!ENTITY b '>]'>]><r/>", Some(Kind::Xml)),
            ("<data><html/></data>", Some(Kind::Xml)),
            (
                "<office:document xmlns:office=\"urn:oasis:names:tc:opendocument:xmlns:office:1.0\" \
                 office:mimetype=\"application/vnd.oasis.opendocument.spreadsheet-template\">",
                Some(Kind::Ods),
            ),
            ("begin:vcalendar\r\n", Some(Kind::Calendar)),
            ("BEGIN:VCARD\n", Some(Kind::Contact)),
            ("999\nmade by\n  0\nSECTION\n", Some(Kind::Dxf)),
            ("0\n1\n2\n", None),
            ("hello", None),
            ("<", Some(Kind::Xml)),
            ("<?xml", None),
        ];
        for (text, expected) in rows {
            assert_eq!(kind_of(text), expected, "{text}");
        }
    }

    #[test]
    fn headers_tell_mail_from_text() {
        let rows = [
            ("From: a@example.jp\nTo: b@example.jp\n\nx", Some(Kind::Mail)),
            ("From me Thu\nSubject: a\nDate: x\n\nx", Some(Kind::Mail)),
            ("MIME-Version: 1.0\nContent-Type: multipart/related; boundary=a\n\n", Some(Kind::Mhtml)),
            (
                "From: a\nTo: b\nMIME-Version: 1.0\nContent-Type: multipart/related;\n boundary=a\n\n",
                Some(Kind::Mail),
            ),
            ("Snapshot-Content-Location: http://a/\nFrom: b\n\n", Some(Kind::Mhtml)),
            ("件名: お知らせ\n日時: 3月\n\nFrom: a\nTo: b\n", None),
            ("To: do list\n\n", None),
            ("plain words", None),
        ];
        for (text, expected) in rows {
            assert_eq!(mail_kind(text), expected, "{text}");
        }
    }

    proptest! {
        #[test]
        fn any_text_is_read_to_an_end(text in "[<>?!a-z\\[\\]'\" :=\n\u{3042}-]{0,200}") {
            kind_of(&text);
            mail_kind(&text);
            is_multipart_mail(&text);
        }
    }
}
