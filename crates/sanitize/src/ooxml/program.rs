//! The program that a document says it is from, and which version of it.
//!
//! Owns: reading both from the properties and writing them alone. LibreOffice lays out columns and rows of a workbook of Excel as
//! Excel does, and draws charts of Office 2007 with the defaults of that version; without the two, pages break elsewhere and
//! charts are turned.
//! Leaves to others: everything else that the properties say, which goes (`mod` reports it).

use quick_xml::Reader;
use quick_xml::events::Event;

pub(super) const PART: &str = "docProps/app.xml";
pub(super) const TYPE: &str = "application/vnd.openxmlformats-officedocument.extended-properties+xml";

/// The names that are kept: they say nothing of a person or a machine.
const KNOWN: [&str; 7] = [
    "Microsoft Excel",
    "Microsoft Excel Online",
    "Microsoft Macintosh Excel",
    "Microsoft Macintosh PowerPoint",
    "Microsoft Macintosh Word",
    "Microsoft Office PowerPoint",
    "Microsoft Office Word",
];

/// A program that is known.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Program {
    name: &'static str,
    /// Two numbers with a dot between them (ECMA-376 part 1, section 22.2.2.3).
    version: Option<String>,
}

/// The program that the properties name, if it is known, and whether they say anything else besides.
pub(super) fn read(part: &str) -> (Option<Program>, bool) {
    let mut reader = Reader::from_str(part);
    let (mut name, mut version) = (String::new(), String::new());
    let (mut path, mut has_more): (Vec<String>, bool) = (Vec::new(), false);
    loop {
        match reader.read_event() {
            Ok(Event::Start(start)) => {
                path.push(start.local_name().as_ref().to_owned());
                has_more |= path.len() > 2 || (path.len() == 2 && !is_listed(&path));
            }
            Ok(Event::End(_)) => drop(path.pop()),
            Ok(Event::Empty(_)) => has_more |= !path.is_empty(),
            Ok(Event::Text(text)) => match path.get(1).map(String::as_str) {
                Some("Application") if path.len() == 2 => name.push_str(&text),
                Some("AppVersion") if path.len() == 2 => version.push_str(&text),
                _ => has_more |= !text.trim().is_empty(),
            },
            Ok(Event::Decl(_)) => {}
            Ok(Event::Eof) => break,
            Ok(_) | Err(_) => {
                has_more = true;
                break;
            }
        }
    }
    let (name, version) = (name.trim(), version.trim());
    let program = KNOWN
        .into_iter()
        .find(|known| *known == name)
        .map(|name| Program { name, version: is_version(version).then(|| version.to_owned()) });
    let has_all = match &program {
        Some(program) => program.version.is_some() || version.is_empty(),
        None => name.is_empty() && version.is_empty(),
    };
    (program, has_more || !has_all)
}

fn is_listed(path: &[String]) -> bool {
    matches!(path.last().map(String::as_str), Some("Application" | "AppVersion"))
}

fn is_version(text: &str) -> bool {
    let is_number =
        |digits: &str| (1..=4).contains(&digits.len()) && digits.bytes().all(|d| d.is_ascii_digit());
    text.split_once('.').is_some_and(|(major, minor)| is_number(major) && is_number(minor))
}

/// Properties that say this and nothing else.
pub(super) fn written(program: &Program) -> Vec<u8> {
    let version = program.version.as_ref().map(|version| format!("<AppVersion>{version}</AppVersion>"));
    format!(
        "<?xml version=\"1.0\" encoding=\"UTF-8\" standalone=\"yes\"?><Properties \
         xmlns=\"http://schemas.openxmlformats.org/officeDocument/2006/extended-properties\"><Application>{}</Application>{}\
         </Properties>",
        program.name,
        version.unwrap_or_default(),
    )
    .into_bytes()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn name_and_version_stay_alone() {
        let excel = "<Application>Microsoft Excel</Application>";
        let rows = [
            (excel.to_owned(), "Microsoft Excel ", false),
            ("\n<Application> Microsoft Excel </Application>\n".to_owned(), "Microsoft Excel ", false),
            (format!("{excel}<AppVersion>12.0000</AppVersion>"), "Microsoft Excel 12.0000", false),
            (format!("<AppVersion>16.0300</AppVersion>{excel}"), "Microsoft Excel 16.0300", false),
            (format!("{excel}<AppVersion>12.0000 taro</AppVersion>"), "Microsoft Excel ", true),
            (format!("{excel}<AppVersion>12</AppVersion>"), "Microsoft Excel ", true),
            (format!("{excel}<AppVersion>12.00001</AppVersion>"), "Microsoft Excel ", true),
            (format!("{excel}<Company>市</Company>"), "Microsoft Excel ", true),
            (format!("<Company>市</Company>{excel}"), "Microsoft Excel ", true),
            (format!("{excel}<X/>"), "Microsoft Excel ", true),
            ("<Application>Microsoft Excel<X>y</X></Application>".to_owned(), "Microsoft Excel ", true),
            (format!("<a>{excel}</a>"), "", true),
            (format!("{excel}words"), "Microsoft Excel ", true),
            (format!("{excel}{excel}"), "", true),
            (format!("<!-- words -->{excel}"), "", true),
            ("<Application>C:\\Users\\taro\\tool.exe</Application>".to_owned(), "", true),
            ("<AppVersion>12.0000</AppVersion>".to_owned(), "", true),
            (String::new(), "", false),
            ("</wrong>".to_owned(), "", true),
        ];
        for (said, expected, has_more) in rows {
            let (program, more) = read(&format!("<Properties>{said}</Properties>"));
            let found = program.map(|p| format!("{} {}", p.name, p.version.unwrap_or_default()));
            assert_eq!((found.as_deref().unwrap_or_default(), more), (expected, has_more), "{said}");
        }
        assert_eq!(read(""), (None, false));
        for name in KNOWN {
            for version in [None, Some("15.0000".to_owned())] {
                let program = Program { name, version };
                let part = String::from_utf8(written(&program)).unwrap();
                assert_eq!(read(&part), (Some(program), false));
            }
        }
    }
}
