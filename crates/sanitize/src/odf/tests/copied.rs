//! Parts that are copied as they were packed: when that happens, and that they say what would have been written.

use proptest::prelude::*;
use quick_xml::Reader;
use quick_xml::events::Event;

use super::*;

/// What a part says, whatever its spelling: names with values in order, text with references resolved.
fn said(content: &str) -> Vec<String> {
    let mut reader = Reader::from_str(content);
    let mut said: Vec<String> = Vec::new();
    let mut text = String::new();
    loop {
        let event = reader.read_event().unwrap();
        match &event {
            Event::Text(t) => {
                text.push_str(&t.replace("\r\n", "\n").replace('\r', "\n"));
                continue;
            }
            Event::CData(t) => {
                text.push_str(t);
                continue;
            }
            Event::GeneralRef(r) => {
                text.push(crate::xml::reference(r).unwrap());
                continue;
            }
            _ => {}
        }
        if !text.trim().is_empty() {
            said.push(std::mem::take(&mut text));
        }
        text.clear();
        match &event {
            Event::Start(start) | Event::Empty(start) => {
                let name = start.name();
                let is_root = name.as_ref() == "office:document-content";
                let attributes = start.attributes().map(|a| a.unwrap()).filter(|_| !is_root);
                let of = |a: quick_xml::events::attributes::Attribute<'_>| {
                    format!(" {}={:?}", a.key.as_ref(), crate::xml::attribute_value(&a).unwrap())
                };
                said.push(format!("<{}{}", name.as_ref(), attributes.map(of).collect::<String>()));
                if matches!(event, Event::Empty(_)) {
                    said.push(">".to_owned());
                }
            }
            Event::End(_) => said.push(">".to_owned()),
            Event::Eof => break,
            Event::Decl(_) => {}
            other => panic!("a clean part holds {other:?}"),
        }
    }
    // The empty wrapper that every program writes.
    let wrapper = said.windows(2).position(|pair| pair == ["<office:scripts", ">"]);
    if let Some(at) = wrapper {
        said.drain(at..at + 2);
    }
    said
}

/// Pieces that stay as they stand, first; then pieces that stay in another spelling, or go.
const PIECES: [&str; 34] = [
    "<text:p>あ</text:p>",
    "<text:p text:style-name=\"P1\">a&amp;b<text:s text:c=\"2\"/></text:p>",
    "<text:p><text:span text:style-name=\"T1\">x</text:span></text:p>\n",
    "<text:p><text:a xlink:type=\"simple\" xlink:href=\"https://a/?b&amp;c\">x</text:a></text:p>",
    "<text:p></text:p>",
    "<table:table table:name=\"表 'a'\"><table:table-row><table:table-cell table:formula=\"of:=SUM([.A1:.B2])\" office:value-type=\"float\"><text:p>1</text:p></table:table-cell></table:table-row></table:table>",
    "<text:p >a</text:p >",
    "<text:p  text:style-name=\"P1\">a</text:p>",
    "<text:p text:style-name='P1'>a</text:p>",
    "<text:p text:style-name=\"P&#49;\">a</text:p>",
    "<text:p>&#x3042;</text:p>",
    "<text:p>a > b</text:p>",
    "<text:p>a ]]&gt; b</text:p>",
    "<text:p><![CDATA[<b>]]></text:p>",
    "<text:p>a\r\nb\tc</text:p>",
    "<!-- x -->",
    "<?x y?>",
    "stray",
    "<text:p text:unknown-name=\"x\" foo=\"y\">a</text:p>",
    "<text:p xmlns:t=\"urn:oasis:names:tc:opendocument:xmlns:text:1.0\"><t:span>a</t:span></text:p>",
    "<p xmlns=\"urn:oasis:names:tc:opendocument:xmlns:text:1.0\">a</p>",
    "<text:p><x:y xmlns:x=\"urn:x\">a</x:y></text:p>",
    "<x:y xmlns:x=\"urn:x\">a</x:y>",
    "<text:p><text:a xlink:href=\"macro:x\">b</text:a></text:p>",
    "<text:p><text:script script:language=\"x\">y</text:script></text:p>",
    "<office:scripts/>",
    "<table:table><table:table-row><table:table-cell table:formula=\"of:=DDE(&quot;a&quot;)\"/></table:table-row></table:table>",
    "<table:table><table:table-row><table:table-cell table:formula=\"evil:=1\" xmlns:evil=\"urn:evil\"/></table:table-row></table:table>",
    "<table:table><table:table-row><table:table-cell table:number-columns-repeated=\"99999\"/></table:table-row></table:table>",
    "<text:p><draw:frame><draw:image xlink:href=\"Pictures/none.png\"/></draw:frame></text:p>",
    "<text:p><text:author-name>A</text:author-name></text:p>",
    "<text:p script:event-name=\"x\">a</text:p>",
    "<text:p text:style-name=\"a>b\">c</text:p>",
    "<office:event-listeners/>",
];

fn with_wrapper(inner: &str) -> String {
    content("text", inner).replace("<office:body>", "<office:scripts/><office:body>")
}

#[test]
fn what_needs_no_change_is_copied_and_what_does_is_not() {
    for (index, piece) in PIECES.iter().enumerate() {
        let untrusted = with_wrapper(piece);
        let outcome = run("a.odt", package("text", &[("content.xml", untrusted.as_bytes())]));
        if outcome.clean.is_none() {
            assert!(index > 5, "{piece}: {:?}", outcome.report);
            continue;
        }
        let is_copied = parts(&outcome)["content.xml"] == untrusted;
        match index {
            0..=5 => assert!(is_copied, "{piece}"),
            // Said in other words, and meaning the same.
            6 | 11 | 12 | 14 => {}
            _ => assert!(!is_copied, "{piece}"),
        }
    }
}

#[test]
fn a_part_in_another_encoding_or_with_something_around_it_is_not_copied() {
    let plain = content("text", "<text:p>a</text:p>");
    let utf16: Vec<u8> =
        std::iter::once(0xFEFF).chain(plain.encode_utf16()).flat_map(u16::to_le_bytes).collect();
    let rows: [(&str, Vec<u8>); 5] = [
        ("UTF-16", utf16),
        ("comment before", format!("<!--x-->{plain}").into_bytes()),
        ("comment behind", format!("{plain}<!--x-->").into_bytes()),
        (
            "more in the root",
            plain.replacen("office:version", "office:mimetype=\"x\" office:version", 1).into_bytes(),
        ),
        ("not a character", plain.replace(">a<", ">a\u{FFFF}<").into_bytes()),
    ];
    for (what, untrusted) in rows {
        let outcome = run("a.odt", package("text", &[("content.xml", &untrusted)]));
        let written = &parts(&outcome)["content.xml"];
        assert_ne!(written.as_bytes(), untrusted, "{what}");
        assert!(written.contains("<text:p>a</text:p>") && !written.contains("<!--"), "{what}");
    }
}

proptest! {
    /// A comment makes the filter write the part anew. Whether it was copied or written, it says the same.
    #[test]
    fn a_copied_part_says_what_would_be_written(chosen in proptest::collection::vec(0..PIECES.len(), 1..6)) {
        let inner: String = chosen.iter().map(|index| PIECES[*index]).collect();
        let untrusted = with_wrapper(&inner);
        let commented = untrusted.replace("</office:document-content>", "<!--x--></office:document-content>");
        let [plain, written] = [untrusted, commented]
            .map(|content| run("a.odt", package("text", &[("content.xml", content.as_bytes())])));
        prop_assert_eq!(plain.clean.is_some(), written.clean.is_some());
        if plain.clean.is_some() {
            prop_assert_eq!(said(&parts(&plain)["content.xml"]), said(&parts(&written)["content.xml"]));
            prop_assert_eq!(plain.report.removals, written.report.removals);
            prop_assert_eq!(plain.report.fidelity, written.report.fidelity);
        }
    }
}
