//! The program that a workbook says it is from.
//!
//! Owns: reading its name from the properties and writing it alone. LibreOffice lays out columns and rows of a workbook of Excel
//! as Excel does, and of any other as it does itself, so that pages break elsewhere when nothing says where it is from.
//! Leaves to others: everything else that the properties say, which goes (`mod` reports it).

use quick_xml::Reader;
use quick_xml::events::Event;

pub(super) const PART: &str = "docProps/app.xml";
pub(super) const TYPE: &str = "application/vnd.openxmlformats-officedocument.extended-properties+xml";

/// The names that are kept: they say nothing of a person or a machine.
const KNOWN: [&str; 3] = ["Microsoft Excel", "Microsoft Macintosh Excel", "Microsoft Excel Online"];

/// The program that the properties name, if it is known, and whether they say anything else besides.
pub(super) fn read(part: &str) -> (Option<&'static str>, bool) {
    let mut reader = Reader::from_str(part);
    let (mut named, mut has_more) = (String::new(), false);
    let (mut depth, mut in_name) = (0u32, false);
    loop {
        match reader.read_event() {
            Ok(Event::Start(start)) => {
                in_name = depth == 1 && start.local_name().as_ref() == "Application" && named.is_empty();
                has_more |= depth > 0 && !in_name;
                depth += 1;
            }
            Ok(Event::End(_)) => (depth, in_name) = (depth.saturating_sub(1), false),
            Ok(Event::Empty(_)) => has_more |= depth > 0,
            Ok(Event::Text(text)) if in_name => named.push_str(&text),
            Ok(Event::Text(text)) => has_more |= !text.trim().is_empty(),
            Ok(Event::Decl(_)) => {}
            Ok(Event::Eof) => break,
            Ok(_) | Err(_) => {
                has_more = true;
                break;
            }
        }
    }
    let program = KNOWN.into_iter().find(|known| *known == named.trim());
    (program, has_more || (program.is_none() && !named.is_empty()))
}

/// Properties that name the program, one that [`read`] knows, and nothing else.
pub(super) fn written(program: &str) -> Vec<u8> {
    format!(
        "<?xml version=\"1.0\" encoding=\"UTF-8\" standalone=\"yes\"?><Properties \
         xmlns=\"http://schemas.openxmlformats.org/officeDocument/2006/extended-properties\"><Application>{program}</Application>\
         </Properties>"
    )
    .into_bytes()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_name_alone_stays() {
        let excel = Some("Microsoft Excel");
        let rows = [
            ("<Properties><Application>Microsoft Excel</Application></Properties>", (excel, false)),
            ("<Properties>\n<Application> Microsoft Excel </Application>\n</Properties>", (excel, false)),
            (
                "<Properties><Application>Microsoft Excel</Application><Company>市</Company></Properties>",
                (excel, true),
            ),
            (
                "<Properties><Company>市</Company><Application>Microsoft Excel</Application></Properties>",
                (excel, true),
            ),
            ("<Properties><Application>Microsoft Excel</Application><X/></Properties>", (excel, true)),
            ("<Properties><Application>Microsoft Excel<X>y</X></Application></Properties>", (excel, true)),
            ("<Properties><a><Application>Microsoft Excel</Application></a></Properties>", (None, true)),
            ("<Properties><Application>Microsoft Excel</Application>words</Properties>", (excel, true)),
            (
                "<Properties><!-- words --><Application>Microsoft Excel</Application></Properties>",
                (None, true),
            ),
            ("<Properties><Application>C:\\Users\\taro\\tool.exe</Application></Properties>", (None, true)),
            ("<Properties/>", (None, false)),
            ("", (None, false)),
            ("<Properties><Application>Microsoft Excel", (excel, false)),
            ("<Properties></wrong>", (None, true)),
        ];
        for (part, expected) in rows {
            assert_eq!(read(part), expected, "{part}");
        }
        for known in KNOWN {
            assert_eq!(read(&String::from_utf8(written(known)).unwrap()), (Some(known), false));
        }
    }
}
