//! Vector drawings: each way in for a script or an address, and what is left of it.

use super::*;
use crate::picture::tests::with_work;
use proptest::prelude::*;
use worker_protocol::Limits;

fn run(text: &str) -> (Result<Svg, Refusal>, Vec<Threat>) {
    with_work(Limits::default(), None, |work| rebuild(text.as_bytes(), "", false, None, work))
}

fn drawing(inside: &str) -> String {
    format!(
        "<svg xmlns=\"http://www.w3.org/2000/svg\" xmlns:xlink=\"http://www.w3.org/1999/xlink\" \
         xmlns:z=\"urn:z\">{inside}</svg>"
    )
}

#[test]
fn what_runs_or_reaches_out_goes_and_the_drawing_stays() {
    let rows: [(&str, &str, &[Threat]); 28] = [
        ("<script>a()</script><path d=\"M0 0\"/>", "<path d=\"M0 0\"/>", &[Threat::Script]),
        ("<rect onclick=\"a()\" width=\"5\"/>", "<rect width=\"5\"/>", &[Threat::Script]),
        ("<rect oNload=\"a()\"/>", "<rect/>", &[Threat::Script]),
        ("<foreignObject><p>x</p></foreignObject><g/>", "<g/>", &[Threat::Unknown]),
        ("<a href=\"javascript:a()\"><text>t</text></a>", "<text>t</text>", &[Threat::Hyperlink]),
        (
            "<a href=\"https://a.example/\"><text>t</text></a>",
            "<a href=\"https://a.example/\" xlink:href=\"https://a.example/\"><text>t</text></a>",
            &[],
        ),
        ("<use xlink:href=\"#a\"/>", "<use href=\"#a\" xlink:href=\"#a\"/>", &[]),
        ("<use href=\"http://a/b.svg#c\"/>", "<use/>", &[Threat::ExternalContent]),
        ("<use href=\"data:image/svg+xml,%3Csvg/%3E#x\"/>", "<use/>", &[Threat::Script]),
        ("<image href=\"http://a/b.png\"/>", "", &[Threat::ExternalContent]),
        ("<image href=\"data:text/html,hello\"/>", "", &[Threat::Unknown]),
        (
            "<style>@import 'a';.a{fill:red}</style>",
            "<style>.a{fill:red}</style>",
            &[Threat::ExternalContent],
        ),
        (
            "<g style=\"fill:url(http://a);stroke:red\"/>",
            "<g style=\"stroke:red\"/>",
            &[Threat::ExternalContent],
        ),
        ("<g fill=\"url(//a)\"/>", "<g/>", &[Threat::ExternalContent]),
        // Characters that are never written hide nothing from those who judge.
        ("<g fill=\"url\u{1}(http://a/)\"/>", "<g/>", &[Threat::ExternalContent]),
        ("<g fill=\"u&#1;rl(http://a/)\"/>", "<g/>", &[Threat::ExternalContent]),
        ("<g style=\"fill:url\u{FFFE}(http://a/)\"/>", "<g/>", &[Threat::ExternalContent]),
        ("<style>a{fill:url\u{1}(http://a/)}</style><g/>", "<style/><g/>", &[Threat::ExternalContent]),
        ("<g fill=\"u\\72l(//a)\"/>", "<g/>", &[Threat::Script]),
        ("<set attributeName=\"href\" to=\"javascript:a\"/>", "", &[Threat::Script, Threat::Action]),
        ("<a><animate attributeName=\"xlink:href\" to=\"x\"/></a>", "", &[Threat::Action]),
        ("<set attributeName=\"onclick\" to=\"x\"/>", "", &[Threat::Action]),
        (
            "<circle r=\"1\"><animate attributeName=\"r\" to=\"9\"/></circle>",
            "<circle r=\"1\"><animate attributeName=\"r\" to=\"9\"/></circle>",
            &[],
        ),
        ("<z:any>hidden</z:any><metadata>m</metadata><g z:a=\"1\"/>", "<g/>", &[]),
        ("<iframe/><g/>", "<g/>", &[Threat::Unknown]),
        ("<nobody/><g/>", "<g/>", &[Threat::Unknown]),
        ("<?xml-stylesheet href=\"a\"?><g/>", "<g/>", &[Threat::ExternalContent]),
        ("<text>a &lt; b<![CDATA[ & c]]></text>", "<text>a &lt; b &amp; c</text>", &[]),
    ];
    let head = drawing("");
    let head = head.split_once("></").unwrap().0.replace(" xmlns:z=\"urn:z\"", "");
    for (before, after, expected) in rows {
        let (rebuilt, threats) = run(&drawing(before));
        let clean = String::from_utf8(rebuilt.unwrap_or_else(|e| panic!("{before}: {e:?}")).clean).unwrap();
        let expected_text =
            if after.is_empty() { format!("{head}/>") } else { format!("{head}>{after}</svg>") };
        assert_eq!(clean, expected_text, "{before}");
        assert_eq!(threats, expected, "{before}");
        let (again, threats) = run(&clean);
        assert_eq!(String::from_utf8(again.unwrap().clean).unwrap(), clean);
        assert!(threats.is_empty(), "{before}: {threats:?}");
    }
}

#[test]
fn tabs_and_line_breaks_between_points_come_out_as_blanks() {
    let (rebuilt, threats) = run(&drawing("<polygon points=\"1,2\t3,4\r\n5,6 \t\" id=\"a&#9;b\"/>"));
    let clean = String::from_utf8(rebuilt.unwrap().clean).unwrap();
    assert!(clean.contains("<polygon points=\"1,2 3,4 5,6  \" id=\"a&#9;b\"/>"), "{clean}");
    assert!(threats.is_empty());
    assert_eq!(String::from_utf8(run(&clean).0.unwrap().clean).unwrap(), clean);
}

#[test]
fn pictures_inside_are_rebuilt_and_nesting_ends() {
    let png = STANDARD.encode(crate::picture::placeholder().unwrap());
    let (rebuilt, threats) = run(&drawing(&format!("<image href=\"data:image/png;base64,{png}\"/>")));
    let clean = String::from_utf8(rebuilt.unwrap().clean).unwrap();
    assert!(clean.contains("href=\"data:image/png;base64,iVBOR") && threats.is_empty());
    let inner = STANDARD.encode(drawing("<script>a()</script><g/>"));
    let (rebuilt, threats) = run(&drawing(&format!("<image href=\"data:image/svg+xml;base64,{inner}\"/>")));
    assert!(rebuilt.is_ok() && threats == [Threat::Script]);
    let mut nested = drawing("<g/>");
    for _ in 0..6 {
        let inner = STANDARD.encode(&nested);
        nested = drawing(&format!("<image href=\"data:image/svg+xml;base64,{inner}\"/>"));
    }
    assert_eq!(run(&nested).0.err(), Some(Refusal::blocked(Reason::TooComplex)));
}

#[test]
fn bad_input_is_refused() {
    let damaged = Refusal::held(Reason::Damaged);
    let rows = [
        (
            "<!DOCTYPE svg [<!ENTITY a SYSTEM 'b'>]><svg xmlns='http://www.w3.org/2000/svg'><text>&a;</text></svg>"
                .to_owned(),
            damaged,
        ),
        (drawing("<text>&a;</text>"), damaged),
        (drawing("<g>"), damaged),
        ("<svg xmlns='http://www.w3.org/2000/svg'>".to_owned(), damaged),
        ("<html/>".to_owned(), Refusal::held(Reason::UnknownKind)),
        (drawing(&"<g>".repeat(400)), Refusal::blocked(Reason::TooComplex)),
        (String::new(), damaged),
    ];
    for (text, expected) in rows {
        assert_eq!(run(&text).0.err(), Some(expected), "{text:.80}");
    }
    let public = "<!DOCTYPE svg PUBLIC \"-//W3C//DTD SVG 1.1//EN\" \"http://www.w3.org/a.dtd\">";
    assert!(run(&format!("{public}{}", drawing("<g/>"))).0.is_ok());
}

#[test]
fn names_that_a_drawing_program_declares_are_resolved() {
    let text = "<?xml version=\"1.0\"?><!DOCTYPE svg PUBLIC \"-//W3C//DTD SVG 1.1//EN\" \"x.dtd\" [\n\
                <!ENTITY ns_svg \"http://www.w3.org/2000/svg\">\n<!ENTITY ns_ai \"http://ns.adobe.com/ai/\">\n\
                <!ENTITY evil \"x' onload='alert(1)\">\n]>\n\
                <svg xmlns=\"&ns_svg;\" xmlns:i=\"&ns_ai;\" id='&evil;'><i:pgf>x</i:pgf><text>町章</text></svg>";
    let (rebuilt, _) = run(text);
    let rebuilt = rebuilt.unwrap();
    let clean = String::from_utf8(rebuilt.clean).unwrap();
    assert_eq!(rebuilt.lines, ["町章"]);
    assert!(!clean.contains("ENTITY") && !clean.contains("DOCTYPE") && !clean.contains("&ns"), "{clean}");
    assert!(!clean.contains("onload=\""), "{clean}");
}

#[test]
fn japanese_text_stays_in_every_encoding() {
    let text =
        format!("<?xml version=\"1.0\" encoding=\"Shift_JIS\"?>{}", drawing("<text>図面の表題</text>"));
    let bytes = encoding_rs::SHIFT_JIS.encode(&text).0.into_owned();
    let (rebuilt, _) = with_work(Limits::default(), None, |work| rebuild(&bytes, "", false, None, work));
    let rebuilt = rebuilt.unwrap();
    assert_eq!((rebuilt.lines, rebuilt.characters), (vec!["図面の表題".to_owned()], (5, 5)));
}

proptest! {
    #[test]
    fn whatever_comes_in_nothing_active_comes_out(
        pieces in proptest::collection::vec(
            prop::sample::select(vec![
                "<g>", "</g>", "<script>", "</script>", "<rect onload='x'/>", "<a href='javascript:x'>", "</a>",
                "<text>", "</text>", "<style>", "</style>", "@import url(http://x);", "a{fill:url(http://x)}", "&lt;script&gt;",
                "<![CDATA[<script>]]>", "<foreignObject>", "</foreignObject>", "<use href='http://x'/>", "--", "\"", "'", "<",
            ]),
            0..24,
        ),
    ) {
        if let Ok(svg) = run(&drawing(&pieces.concat())).0 {
            let clean = String::from_utf8(svg.clean).unwrap();
            for word in ["<script", " onload", "javascript:", "<foreignObject", "http://x", "@import"] {
                let is_text = word == "http://x" || word == "@import" || word == "javascript:";
                // Words of a text are harmless; in tags and sheets they are not.
                if !is_text || !clean.contains("<text>") {
                    prop_assert!(!clean.contains(word), "{}", clean);
                }
            }
        }
    }
}
