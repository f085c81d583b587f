//! The classification mark where a format has no better place for it than a line of text.
//!
//! Owns: how such a line is written and recognised, and which kinds of file can carry a mark at all.
//! Leaves to others: where a format with properties and pages puts its mark (a module `mark` of each).
//!
//! The line says the label for people and the levels for programs: `【機密性2】 [c2]`. A title in the same brackets alone is not
//! taken for one.

use worker_protocol::{Kind, MARK_CHARS_MAX, Mark};

/// The mark as a line.
pub(crate) fn line(mark: &Mark) -> String {
    format!("{} [{}]", shown(mark), levels(mark))
}

/// The label as it stands in words.
pub(crate) fn shown(mark: &Mark) -> String {
    format!("【{}】", mark.label)
}

/// The levels as programs read them, with blanks between.
pub(crate) fn levels(mark: &Mark) -> String {
    mark.levels.join(" ").chars().filter(|c| is_of_level(*c)).take(200).collect()
}

fn is_of_level(c: char) -> bool {
    c.is_ascii_alphanumeric() || matches!(c, '-' | '_' | '.' | ' ')
}

/// Whether a line is one that an earlier pass has put there.
pub(crate) fn is_line(text: &str) -> bool {
    let inside = text.strip_prefix('【').and_then(|rest| rest.strip_suffix(']'));
    inside.and_then(|inside| inside.rsplit_once("】 [")).is_some_and(|(label, levels)| {
        (1..=MARK_CHARS_MAX).contains(&label.chars().count())
            && !label.chars().any(char::is_control)
            && levels.len() <= 200
            && levels.chars().all(is_of_level)
    })
}

/// A text with the mark as its first line, in the place of an older one.
pub(crate) fn on_top(text: &str, mark: &Mark) -> String {
    let (first, rest) = text.split_once('\n').unwrap_or((text, ""));
    let ends_in_pair = first.ends_with('\r') || !text.contains('\n');
    let rest = if is_line(first.trim_end_matches('\r')) { rest } else { text };
    format!("{}{}{rest}", line(mark), if ends_in_pair { "\r\n" } else { "\n" })
}

/// Whether clean files of this kind carry a mark. The others have no place for one that would not become part of what they say.
pub(crate) fn has_place(kind: Kind) -> bool {
    matches!(
        kind,
        Kind::Docx
            | Kind::Doc
            | Kind::Xlsx
            | Kind::Xls
            | Kind::Ppt
            | Kind::Pptx
            | Kind::Odt
            | Kind::Ods
            | Kind::Odp
            | Kind::Odg
            | Kind::Rtf
            | Kind::Pdf
            | Kind::Png
            | Kind::Jpeg
            | Kind::Gif
            | Kind::Tiff
            | Kind::Webp
            | Kind::Svg
            | Kind::Text
            | Kind::Html
            | Kind::Xml
            | Kind::Calendar
            | Kind::Contact
            | Kind::Mail
            | Kind::Zip
            | Kind::Dxf
            | Kind::Sxf
    )
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::trial;
    use proptest::prelude::*;
    use worker_protocol::{Job, Threat, Verdict};

    fn mark(label: &str, levels: &[&str]) -> Mark {
        Mark { label: label.to_owned(), levels: levels.iter().map(|l| (*l).to_owned()).collect() }
    }

    #[test]
    fn one_mark_stands_on_top() {
        let (old, new) = (mark("機密性3", &["c3", "i2"]), mark("機密性2", &["c2"]));
        let rows = [
            ("a\nb\n", "【機密性2】 [c2]\na\nb\n"),
            ("a\r\nb", "【機密性2】 [c2]\r\na\r\nb"),
            ("a", "【機密性2】 [c2]\r\na"),
            ("", "【機密性2】 [c2]\r\n"),
            ("【お知らせ】\n本文", "【機密性2】 [c2]\n【お知らせ】\n本文"),
        ];
        for (given, expected) in rows {
            assert_eq!(on_top(given, &new), expected, "{given:?}");
            assert_eq!(on_top(expected, &new), expected, "{given:?}");
            assert_eq!(on_top(&on_top(given, &old), &new), expected, "{given:?}");
        }
        assert!(is_line(&line(&mark("a】 [b", &[]))));
        for other in ["【機密性2】", "【】 [c2]", "【a】 [<c2>]", "【a】 [c2] more", "a 【b】 [c2]"]
        {
            assert!(!is_line(other), "{other}");
        }
    }

    /// Small files of the kinds that have a mark of lines, comments and properties.
    fn samples() -> Vec<(&'static str, Vec<u8>)> {
        let zip = crate::zip_writer::write([("a.txt", b"hello".as_slice())]).unwrap();
        let pixels = image::RgbImage::from_fn(4, 3, |x, y| image::Rgb([x as u8, y as u8, 9]));
        let mut gif = std::io::Cursor::new(Vec::new());
        pixels.write_to(&mut gif, image::ImageFormat::Gif).unwrap();
        let mut webp = Vec::new();
        let encoder = image_webp::WebPEncoder::new(&mut webp);
        encoder.encode(&pixels, 4, 3, image_webp::ColorType::Rgb8).unwrap();
        vec![
            ("a.txt", "こんにちは\n".as_bytes().to_vec()),
            ("b.txt", encoding_rs::SHIFT_JIS.encode("住民票の写しです。\r\n").0.into_owned()),
            ("c.txt", b"plain".to_vec()),
            ("a.xml", b"<a>text</a>".to_vec()),
            ("a.ics", b"BEGIN:VCALENDAR\r\nVERSION:2.0\r\nBEGIN:VEVENT\r\nSUMMARY:x\r\nEND:VEVENT\r\nEND:VCALENDAR\r\n".to_vec()),
            ("b.ics", b"BEGIN:VCALENDAR\r\nBEGIN:VEVENT\r\nCATEGORIES:a\r\nEND:VEVENT\r\nEND:VCALENDAR\r\n".to_vec()),
            ("a.vcf", b"BEGIN:VCARD\r\nFN:x\r\nEND:VCARD\r\nBEGIN:VCARD\r\nVERSION:3.0\r\nFN:y\r\nEND:VCARD\r\n".to_vec()),
            ("a.zip", zip),
            ("a.gif", gif.into_inner()),
            ("a.webp", webp),
        ]
    }

    fn words_of(name: &str, bytes: &[u8]) -> String {
        if name == "b.txt" {
            encoding_rs::SHIFT_JIS.decode(bytes).0.into_owned()
        } else {
            String::from_utf8_lossy(bytes).into_owned()
        }
    }

    #[test]
    fn a_mark_is_written_once_and_gives_way_to_another() {
        for (name, bytes) in samples() {
            let with = |mark: &Mark, bytes: &[u8]| {
                let outcome = trial::run(&Job { mark: Some(mark.clone()), ..trial::job(name) }, bytes);
                assert!(!trial::has(&outcome, Threat::MarkNotPossible), "{name}");
                (
                    outcome.report.clean_name.clone(),
                    outcome.clean.unwrap_or_else(|| panic!("{:?}", outcome.report)),
                )
            };
            let (new, old) = (trial::mark("機密性2", "c2"), trial::mark("機密性3, 注意", "c3"));
            let (kept_name, once) = with(&new, &bytes);
            let shown = words_of(name, &once);
            assert!(shown.contains("機密性2") && shown.contains("c2"), "{name}: {shown}");
            assert_eq!(with(&new, &once).1, once, "{name}");
            let other = with(&old, &bytes).1;
            assert!(words_of(name, &other).contains("機密性3"), "{name}");
            assert_eq!(with(&new, &other).1, once, "{name}: {}", words_of(name, &other));
            // A pass that asks for none leaves it, but in a picture, where it is metadata like any other.
            let again = trial::run(&trial::job(&kept_name), &once);
            let is_picture = matches!(name, "a.gif" | "a.webp");
            assert_eq!(again.report.removals.is_empty(), !is_picture, "{name} {:?}", again.report);
            assert_eq!(again.clean.unwrap() == once, !is_picture, "{name}");
        }
    }

    #[test]
    fn where_there_is_no_place_the_report_says_so() {
        let western = b"Die Fr\xf6sche fragten \xfcber den See: \xe9t\xe9?";
        let rows: [(&str, &[u8]); 4] = [
            ("a.csv", b"1,2\r\n"),
            ("a.json", b"{\"a\": 1}"),
            // An alphabet without the characters of the mark.
            ("a.txt", western),
            ("a.vcf", b"BEGIN:VCARD\r\nVERSION:3.0\r\nFN:Fr\xf6sche am See\r\nEND:VCARD\r\n"),
        ];
        for (name, bytes) in rows {
            let marked =
                trial::run(&Job { mark: Some(trial::mark("機密性2", "c2")), ..trial::job(name) }, bytes);
            assert!(trial::has(&marked, Threat::MarkNotPossible), "{name} {:?}", marked.report);
            assert_eq!(marked.report.verdict, Verdict::Clean, "{name}");
            let plain = trial::run(&trial::job(name), bytes);
            let others = marked.report.removals.iter().filter(|r| r.what != Threat::MarkNotPossible);
            assert!(others.eq(&plain.report.removals), "{name}");
            assert_eq!(plain.clean, marked.clean, "{name}");
        }
        // What a label would break stays without it.
        let hyphens = trial::mark("a--b", "c2");
        let marked = trial::run(&Job { mark: Some(hyphens), ..trial::job("a.xml") }, b"<a/>");
        assert!(trial::has(&marked, Threat::MarkNotPossible));
    }

    #[test]
    fn words_that_were_written_down_carry_it() {
        let mut job = trial::job_in("a.html", worker_protocol::Mode::TextOnly);
        job.mark = Some(trial::mark("機密性2", "c2"));
        let outcome = trial::run(&job, b"<html><p>hello</p></html>");
        let clean = String::from_utf8(outcome.clean.unwrap()).unwrap();
        assert!(clean.starts_with("【機密性2】 [c2]") && clean.contains("hello"), "{clean}");
        assert!(!outcome.report.removals.iter().any(|r| r.what == Threat::MarkNotPossible));
    }

    proptest! {
        #[test]
        fn a_second_pass_changes_nothing(text in "[a-z【】\\[\\] \r\n]{0,40}", label in "[^\\p{Cc}]{1,60}") {
            let mark = mark(&label, &["c2"]);
            let once = on_top(&text, &mark);
            prop_assert_eq!(on_top(&once, &mark), once);
        }
    }
}
