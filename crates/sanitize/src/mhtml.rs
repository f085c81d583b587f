//! Saved web pages (MHTML, RFC 2557), turned into one page that holds its pictures.
//!
//! Owns: finding the pages among the parts and the pictures that they show.
//! Leaves to others: the format around the parts (`mime`), the pages (`html`), pictures (`picture`).

use std::collections::HashMap;

use worker_protocol::{Kind, Mode, Reason, Road, Threat};

use crate::mime::{Body, Part, field};
use crate::{Rebuilt, Refusal, Work, html, text};

/// Turns a saved page into a page.
pub(crate) fn rebuild(untrusted: &[u8], mode: Mode, work: &mut Work<'_>) -> Result<Rebuilt, Refusal> {
    if matches!(mode, Mode::ImagePdf | Mode::InspectOnly) {
        return Err(Refusal::held(Reason::NotRebuilt));
    }
    let message = Part::read(untrusted, work.budget)?;
    let mut found = Found::default();
    collect(&message, &mut found);
    // The frame around the sheets of a workbook shows nothing itself, and a page with frames can have no words.
    if found.pages.len() > 1 {
        found.pages.retain(|page| !page.to_ascii_lowercase().contains("<frameset"));
    }
    if found.pages.is_empty() {
        return Err(Refusal::held(Reason::Damaged));
    }
    for place in &found.others {
        work.findings.add(Threat::Unknown, place);
    }
    let untrusted_text = found.pages.join("\n");
    if mode == Mode::TextOnly {
        return Ok(text::written_down(html::words(&untrusted_text, work)?, work));
    }
    let mut ready: HashMap<String, Option<String>> = HashMap::new();
    let mut pictures = |url: &str, work: &mut Work<'_>| {
        let Some(bytes) = found.picture(url) else { return html::data_picture(url, work) };
        if let Some(written) = ready.get(url) {
            // Shown again: the page grows by it, so the budget does, too.
            work.budget.spend(written.as_ref().map_or(0, |written| written.len() as u64))?;
            return Ok(written.clone());
        }
        let written = html::picture_as_data(bytes, work)?;
        ready.insert(url.to_owned(), written.clone());
        Ok(written)
    };
    let page = html::clean(&untrusted_text, mode, &mut pictures, work)?;
    Ok(Rebuilt {
        clean: page.marked(work).into_bytes(),
        kind: Kind::Html,
        road: Road::Converted,
        members: Vec::new(),
        fidelity: Some(page.fidelity),
    })
}

#[derive(Default)]
struct Found<'p> {
    pages: Vec<String>,
    /// Bytes by identifier, by address, and by the last step of the address.
    pictures: HashMap<String, &'p [u8]>,
    others: Vec<String>,
}

impl Found<'_> {
    fn picture(&self, url: &str) -> Option<&[u8]> {
        let url = url.trim();
        let id = url.get(..4).filter(|scheme| scheme.eq_ignore_ascii_case("cid:")).and_then(|_| url.get(4..));
        let last = || url.rsplit(['/', '\\']).next().unwrap_or_default();
        self.pictures.get(id.unwrap_or(url)).or_else(|| self.pictures.get(last())).copied()
    }
}

fn collect<'p>(part: &'p Part<'_>, found: &mut Found<'p>) {
    let bytes = match &part.body {
        Body::Parts(parts) => return parts.iter().for_each(|part| collect(part, found)),
        Body::Bytes(bytes) => bytes,
    };
    let location = part.field("content-location").map(field::words).unwrap_or_default();
    let media_type = part.content_type.value.as_str();
    match media_type {
        "text/html" | "application/xhtml+xml" => {
            found.pages.push(html::decode(bytes, part.content_type.parameter("charset")));
        }
        _ if media_type.starts_with("image/") || media_type == "application/octet-stream" => {
            found.pictures.extend(part.content_id().map(|id| (id, &**bytes)));
            let last = location.rsplit(['/', '\\']).next().unwrap_or_default().to_owned();
            found.pictures.entry(last).or_insert(bytes);
            found.pictures.insert(location, bytes);
        }
        // Style sheets beside the page and lists of files of Office.
        "text/css" | "text/xml" | "application/xml" | "text/plain" => {}
        _ => found.others.push(if location.is_empty() { media_type.to_owned() } else { location }),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::transfer;
    use crate::trial;
    use proptest::prelude::*;
    use worker_protocol::{Kept, Outcome};

    fn run(bytes: &[u8], name: &str) -> Outcome {
        trial::run(&trial::job(name), bytes)
    }

    fn sample(page: &str) -> Vec<u8> {
        let picture = transfer::base64_lines(&crate::picture::placeholder().unwrap());
        let head = "MIME-Version: 1.0\r\nContent-Type: multipart/related; boundary=b\r\n\r\n";
        let page = [
            format!("{head}--b\r\nContent-Type: text/html; charset=shift_jis\r\nContent-Location: file:///C:/x.htm\r\n\r\n").into_bytes(),
            encoding_rs::SHIFT_JIS.encode(page).0.into_owned(),
            format!("\r\n--b\r\nContent-Type: image/png\r\nContent-Transfer-Encoding: base64\r\nContent-Location: file:///C:/x.files/a.png\r\n\r\n{picture}\r\n--b--\r\n").into_bytes(),
        ];
        page.concat()
    }

    #[test]
    fn pages_take_their_pictures_with_them() {
        let page = "<p>申請書<img src='x.files/a.png'><img src='file:///C:/x.files/a.png'><img src='http://a/b.png'><script>x</script>";
        for name in ["a.mht", "a.doc"] {
            let outcome = run(&sample(page), name);
            assert_eq!(
                (outcome.report.clean_kind, outcome.report.road),
                (Some(Kind::Html), Some(Road::Converted))
            );
            assert_eq!(outcome.report.clean_name, "a.html");
            assert_eq!(outcome.report.fidelity.unwrap().pictures, Kept { before: 3, after: 2 });
            let clean = String::from_utf8(outcome.clean.unwrap()).unwrap();
            assert!(
                clean.contains("申請書")
                    && clean.matches("data:image/png;base64,").count() == 2
                    && !clean.contains("script")
            );
        }
    }

    #[test]
    fn frames_give_way_to_their_sheets() {
        let head = "MIME-Version: 1.0\nContent-Type: multipart/related; boundary=b\n\n--b\nContent-Type: text/html\n\n";
        let given = format!(
            "{head}<html><frameset><frame src=1></frameset></html>\n--b\nContent-Type: text/html\n\n<body>one</body>\n\
             --b\nContent-Type: text/html\n\n<body>two</body>\n--b--\n"
        );
        let clean = String::from_utf8(run(given.as_bytes(), "a.mhtml").clean.unwrap()).unwrap();
        assert!(clean.contains("one") && clean.contains("two"), "{clean}");
        let nothing = "MIME-Version: 1.0\nContent-Type: multipart/related; boundary=b\n\n--b\nContent-Type: image/png\n\n\n--b--";
        assert_eq!(run(nothing.as_bytes(), "a.mht").report.reason, Some(Reason::Damaged));
    }

    proptest! {
        #![proptest_config(ProptestConfig::with_cases(32))]

        #[test]
        fn damage_never_panics(at in 0usize..400, byte in any::<u8>(), cut in 0usize..400) {
            let mut bytes = sample("<p>a<img src='x.files/a.png'>");
            let length = bytes.len();
            bytes[at % length] = byte;
            bytes.truncate(length - cut % length);
            run(&bytes, "a.mht");
        }
    }
}
