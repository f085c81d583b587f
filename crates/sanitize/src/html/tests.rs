//! Tests of web pages: tables of elements, encodings, modes, strange trees.
//!
//! Owns: samples made here, good and bad. Leaves to others: real files (the worker's corpus test).

use super::*;
use crate::trial;
use proptest::prelude::*;
use worker_protocol::{Job, Mark, Outcome, Road, Verdict};

fn run(page: &[u8], mode: Mode) -> Outcome {
    let mut job = trial::job("a.html");
    job.policy.modes.insert(Kind::Html, mode);
    trial::run(&job, page)
}

fn body(page: &str) -> (String, Vec<Threat>) {
    let outcome = run(page.as_bytes(), Mode::Rebuild);
    let clean =
        String::from_utf8(outcome.clean.unwrap_or_else(|| panic!("{page}: {:?}", outcome.report.reason)))
            .unwrap();
    let inner = clean.split_once("<body").unwrap().1.split_once('>').unwrap().1;
    let mut threats: Vec<Threat> = outcome.report.removals.iter().map(|r| r.what).collect();
    threats.dedup();
    (inner.replace("</body>", "").replace("</html>", ""), threats)
}

#[test]
fn what_acts_goes_and_words_stay() {
    use Threat::{
        Action, DynamicForm, EmbeddedObject, Extension, ExternalContent, HiddenData, Hyperlink, Multimedia,
        Script, Unknown,
    };
    let rows: [(&str, &str, &[Threat]); 31] = [
        ("<p>住民<b>票</b></p>", "<p>住民<b>票</b></p>", &[]),
        ("<p onclick=x()>a", "<p>a</p>", &[Script]),
        ("a<script>x</script>b", "ab", &[Script]),
        ("<scr<script>ipt>alert(1)</script>", "ipt&gt;alert(1)", &[Extension]),
        ("<a href='javascript:x'>a</a>", "<a>a</a>", &[Hyperlink]),
        (
            "<a href=' https://a.example/?b=1&c=\"'>a</a>",
            "<a href=\"https://a.example/?b=1&amp;c=&quot;\">a</a>",
            &[],
        ),
        ("<a href='#x'>a</a><i id=x>b</i>", "<a href=\"#x\">a</a><i id=\"x\">b</i>", &[]),
        ("<a href='page2.html'>a</a>", "<a>a</a>", &[Hyperlink]),
        ("<a download href='data:text/html,x'>a</a>", "<a>a</a>", &[Extension, Hyperlink]),
        ("<img src=http://a/b.png alt=図>", "<img alt=\"図\">", &[ExternalContent]),
        ("<img src=x onerror=y>", "<img>", &[Script, ExternalContent]),
        ("<iframe src=a>b</iframe>c", "c", &[ExternalContent]),
        ("<iframe srcdoc='<p>b<script>x</script>'></iframe>c", "b\nc", &[ExternalContent]),
        ("<object data=a><p>b</object>", "<p>b</p>", &[EmbeddedObject]),
        ("<embed src=a>b", "b", &[EmbeddedObject]),
        ("<video src=a>b</video>", "b", &[Multimedia]),
        (
            "<form action=a><input name=b value=c><button onclick=x>d</button></form>",
            "<div><input type=\"text\" value=\"c\" disabled><button type=\"button\" disabled>d</button></div>",
            &[DynamicForm, Script],
        ),
        ("<input type=hidden value=a>b", "b", &[HiddenData]),
        (
            "<select><option selected>a</select>",
            "<select disabled><option selected=\"\">a</option></select>",
            &[],
        ),
        ("<p><!-- [if mso]> x <![endif]-->a", "<p>a</p>", &[HiddenData]),
        ("<math><mtext><style><img src=x onerror=y></style></mtext></math>", "", &[Unknown]),
        ("<o:p>a</o:p><my-x>b</my-x>", "ab", &[Extension]),
        (
            "<p style='color:red;background:url(http://a)'>a",
            "<p style=\"color:red\">a</p>",
            &[ExternalContent],
        ),
        ("<pre>\n\na</pre>", "<pre>\n\na</pre>", &[]),
        ("<xmp><b></xmp>", "<pre>&lt;b&gt;</pre>", &[]),
        ("<noscript><p>a</p></noscript>", "<p>a</p>", &[]),
        ("<template><b>a</b></template>b", "b", &[HiddenData]),
        (
            "<table><tr><td background=a>1<td>2</table>",
            "<table><tbody><tr><td>1</td><td>2</td></tr></tbody></table>",
            &[ExternalContent],
        ),
        ("<meta http-equiv=refresh content='0;url=x'>a", "a", &[Action]),
        ("<ruby>漢<rt>かん</rt></ruby>", "<ruby>漢<rt>かん</rt></ruby>", &[]),
        ("a\u{202E}b&nbsp;c", "ab&nbsp;c", &[HiddenData]),
    ];
    for (given, expected, lost) in rows {
        let page = format!("<!DOCTYPE html><body>{given}");
        assert_eq!(body(&page), (expected.to_owned(), lost.to_vec()), "{given}");
    }
}

#[test]
fn a_page_in_any_encoding_comes_out_as_utf_8() {
    let page = |label: &str| {
        format!(
            "<html><head><meta http-equiv=Content-Type content='text/html; charset={label}'><title>表題</title></head><body>ソ表示能力</body></html>"
        )
    };
    let rows = [
        ("Shift_JIS", encoding_rs::SHIFT_JIS),
        ("x-sjis", encoding_rs::SHIFT_JIS),
        ("EUC-JP", encoding_rs::EUC_JP),
        ("ISO-2022-JP", encoding_rs::ISO_2022_JP),
        ("utf-8", encoding_rs::UTF_8),
        // The label is wrong, and a reader would find out.
        ("utf-8", encoding_rs::SHIFT_JIS),
    ];
    for (label, encoding) in rows {
        let bytes = encoding.encode(&page(label)).0.into_owned();
        let clean = String::from_utf8(run(&bytes, Mode::Rebuild).clean.unwrap()).unwrap();
        assert!(
            clean.contains("<meta charset=\"utf-8\">") && clean.matches("charset").count() == 1,
            "{label}"
        );
        assert!(clean.contains("<title>表題</title>") && clean.contains("ソ表示能力"), "{label}: {clean}");
    }
}

#[test]
fn a_label_is_found_behind_a_long_beginning() {
    let page = format!(
        "<html><head><!-- {} --><meta charset=windows-1251></head>\u{410}\u{440}\u{435}\u{43d}\u{434}\u{430}",
        "x".repeat(9_000)
    );
    let bytes = encoding_rs::WINDOWS_1251.encode(&page).0.into_owned();
    let clean = String::from_utf8(run(&bytes, Mode::Rebuild).clean.unwrap()).unwrap();
    assert!(clean.contains("\u{410}\u{440}\u{435}\u{43d}\u{434}\u{430}"), "{clean}");
}

#[test]
fn pictures_in_the_page_are_encoded_again() {
    let png = picture::placeholder().unwrap();
    let url = format!("data:image/png;base64,{}", transfer::base64(&[png.as_slice(), b"MZ hidden"].concat()));
    let outcome = run(format!("<img src='{url}'><img src='data:image/png,MZ'>").as_bytes(), Mode::Rebuild);
    let clean = String::from_utf8(outcome.clean.unwrap()).unwrap();
    let kept = clean.split_once("base64,").unwrap().1.split_once('"').unwrap().0;
    assert!(image::load_from_memory(&transfer::base64_decode(kept.as_bytes())).is_ok());
    assert!(!transfer::base64_decode(kept.as_bytes()).windows(2).any(|w| w == b"MZ"));
    assert_eq!(outcome.report.fidelity.unwrap().pictures, Kept { before: 2, after: 1 });
}

#[test]
fn each_mode_does_what_it_says() {
    let page = "<title>題</title><p>一<br>二</p><table><tr><td>a<td>b</table><a href='https://a.example/'>c</a>\
                <form><input value=d><input type=checkbox checked></form><script>x</script>";
    let strict = String::from_utf8(run(page.as_bytes(), Mode::Strict).clean.unwrap()).unwrap();
    assert!(!strict.contains("href") && !strict.contains("<input") && strict.contains("d☑"), "{strict}");
    let text = run(page.as_bytes(), Mode::TextOnly);
    assert_eq!((text.report.road, text.report.clean_kind), (Some(Road::Text), Some(Kind::Text)));
    assert_eq!(text.report.clean_name, "a.txt");
    assert_eq!(String::from_utf8(text.clean.unwrap()).unwrap(), "題\n一\n二\na\tb\nc\nd\n");
    assert_eq!(run(page.as_bytes(), Mode::ImagePdf).report.reason, Some(Reason::NotRebuilt));
}

#[test]
fn a_mark_is_put_once_and_replaced() {
    let run = |page: &[u8], label: Option<&str>| {
        let mark = label
            .map(|label| Mark { label: label.to_owned(), levels: vec!["c2".to_owned(), "i1".to_owned()] });
        let job = Job { mark, ..trial::job("a.html") };
        String::from_utf8(crate::sanitise(&job, page.to_vec(), &mut |_, _| ()).clean.unwrap()).unwrap()
    };
    let once = run(b"<title>a</title><p>b", Some("機密性2<"));
    assert_eq!(
        (once.matches("機密性2&lt;").count(), once.matches("content=\"c2 i1\"").count()),
        (1, 1),
        "{once}"
    );
    assert_eq!(run(once.as_bytes(), Some("機密性2<")), once);
    // Without a mark to put, one that stands there stays.
    let kept = run(once.as_bytes(), None);
    assert!(kept.contains("機密性2&lt;") && kept.contains("content=\"c2 i1\""), "{kept}");
    let other = run(once.as_bytes(), Some("機密性3"));
    assert!(other.contains("機密性3") && !other.contains("機密性2") && other.contains("<p>b</p>"), "{other}");
}

#[test]
fn strange_pages_end() {
    let deep = |tag: &str, times: usize| tag.repeat(times).into_bytes();
    let rows = [
        (deep("<div>", 1_000), None),
        (deep("<b><p>", 500), None),
        (deep("<div>", 20_000), Some(Reason::TooComplex)),
        (deep("<table><td>", 10_000), Some(Reason::TooComplex)),
        (deep("<!--", 10_000), None),
        (deep("<a b=c ", 5_000), None),
        (b"<!DOCTYPE html [<!ENTITY a 'b'>]>&a;".to_vec(), None),
    ];
    for (page, reason) in rows {
        let outcome = run(&page, Mode::Rebuild);
        assert_eq!(outcome.report.reason, reason, "{}", String::from_utf8_lossy(&page[..20]));
    }
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(64))]

    #[test]
    fn nothing_that_acts_comes_out(
        page in "(<(script|svg|math|style|table|a|select|form|p|noscript|title|textarea|template|mtext|img src=x)( onload=x| href='javascript:x'| style='a')?>|</(svg|math|table|a|style|title|textarea|p)>|x|<!--|-->|&lt;|<!\\[CDATA\\[|\\]\\]>){0,25}"
    ) {
        let outcome = run(page.as_bytes(), Mode::Rebuild);
        prop_assume!(outcome.report.reason != Some(Reason::Empty));
        prop_assert!(outcome.report.hands_over(), "{:?}", outcome.report.reason);
        let clean = outcome.clean.unwrap();
        let lower = String::from_utf8(clean.clone()).unwrap().to_ascii_lowercase();
        prop_assert!(!lower.contains("<script") && !lower.contains("<svg"));
        let again = run(&clean, Mode::Rebuild);
        prop_assert_eq!(again.report.verdict, Verdict::Clean);
    }

    #[test]
    fn the_same_words_come_out(words in "[ぁ-んァ-ヶ一-龠a-z0-9、。<>&\"' \n]{0,60}") {
        let escaped = words.replace('&', "&amp;").replace('<', "&lt;").replace('>', "&gt;");
        let outcome = run(format!("<p>{escaped}</p>").as_bytes(), Mode::Rebuild);
        let fidelity = outcome.report.fidelity.unwrap();
        prop_assert_eq!(fidelity.characters.before, fidelity.characters.after);
        let tree = Tree::read(&String::from_utf8(outcome.clean.unwrap()).unwrap()).unwrap();
        let squeezed = |text: &str| text.split_whitespace().collect::<Vec<_>>().join(" ");
        prop_assert_eq!(squeezed(&text_of(&tree)), squeezed(&words));
    }
}

#[test]
fn a_drawing_in_the_page_becomes_a_picture_with_its_words() {
    let page = "<!DOCTYPE html><body><p>a</p><svg width=20 height=10 viewBox='0 0 20 10' onload=x class=c>\
                <style>rect{fill:red}</style><linearGradient id=g></linearGradient><rect width=5 height=5 fill='url(#g)'/>\
                <text>第1 <tspan>図</tspan></text><script>alert(1)</script><image xlink:href='http://evil.example/a.png'/>\
                <foreignObject><iframe src=x></iframe></foreignObject><a:b c:d=e></a:b></svg><p>b</p>";
    let outcome = run(page.as_bytes(), Mode::Rebuild);
    let clean = String::from_utf8(outcome.clean.clone().unwrap()).unwrap();
    let (before, rest) =
        clean.split_once("<img class=\"c\" height=\"10\" width=\"20\"").unwrap_or_else(|| {
            clean
                .split_once("<img width=\"20\" height=\"10\" class=\"c\"")
                .unwrap_or_else(|| panic!("{clean}"))
        });
    assert!(before.ends_with("<p>a</p>"), "{clean}");
    let (address, after) =
        rest.trim_start().strip_prefix("src=\"data:image/svg+xml;base64,").unwrap().split_once('"').unwrap();
    assert!(after.starts_with(" alt=\"第1 図\"><p>b</p>"), "{clean}");
    let drawing = String::from_utf8(crate::transfer::base64_decode(address.as_bytes())).unwrap();
    for kept in ["viewBox=\"0 0 20 10\"", "linearGradient", "fill=\"url(#g)\"", "<rect", "図"] {
        assert!(drawing.contains(kept), "{kept}: {drawing}");
    }
    for gone in ["onload", "script", "evil.example", "foreignObject", "iframe"] {
        assert!(!drawing.contains(gone), "{gone}: {drawing}");
    }
    let threats: Vec<Threat> = outcome.report.removals.iter().map(|removal| removal.what).collect();
    assert!(threats.contains(&Threat::Script) && threats.contains(&Threat::ExternalContent), "{threats:?}");
    let fidelity = outcome.report.fidelity.unwrap();
    assert_eq!((fidelity.pictures.before, fidelity.pictures.after), (1, 1));
    assert_eq!(fidelity.characters.before, fidelity.characters.after);
    let again = run(clean.as_bytes(), Mode::Rebuild);
    assert!(again.report.removals.is_empty(), "{:?}", again.report);
    let words = run(page.as_bytes(), Mode::TextOnly).clean.unwrap();
    assert!(String::from_utf8(words).unwrap().contains("第1 図"));
}

/// Every address in a clean page that begins with `data:` to some reader; those of pictures that were rebuilt are decoded and
/// looked into instead.
fn data_addresses(clean: &[u8]) -> Vec<String> {
    let tree = Tree::read(std::str::from_utf8(clean).unwrap()).unwrap();
    let squeezed = |text: &str| {
        let visible = text.chars().filter(|c| !c.is_whitespace() && !c.is_control() && *c != '\\');
        visible.collect::<String>().to_ascii_lowercase()
    };
    let mut found = Vec::new();
    let mut next = vec![0];
    while let Some(node) = next.pop().and_then(|id| tree.node(id)) {
        next.extend(node.children.iter().copied());
        let Data::Element { name, attributes, .. } = &node.data else { continue };
        for attribute in attributes.iter().filter(|a| squeezed(&a.value).contains("data:")) {
            let rebuilt =
                attribute.value.strip_prefix("data:image/").and_then(|rest| rest.split_once(";base64,"));
            let inside =
                rebuilt.map(|(_, body)| transfer::base64_decode(body.as_bytes())).unwrap_or_default();
            let lower = String::from_utf8_lossy(&inside).to_ascii_lowercase();
            let acts = ["script", "onload", "foreignobject", "evil"].iter().any(|word| lower.contains(word));
            let is_picture = matches!(
                (&*name.local, &*attribute.name.local),
                ("img", "src") | ("image" | "feImage", "href")
            );
            if !is_picture || rebuilt.is_none() || acts {
                found.push(format!("{} {}={}", name.local, attribute.name.local, attribute.value));
            } else if lower.contains("data:") {
                // A picture may stand in a drawing.
                found.extend(data_addresses(&inside));
            }
        }
        if &*name.local == "style" {
            let said = node.children.iter().filter_map(|child| match &tree.node(*child)?.data {
                Data::Text(said) => Some(squeezed(said)),
                _ => None,
            });
            found.extend(said.filter(|said| said.contains("data:") || said.contains("url(")));
        }
    }
    found
}

#[test]
fn no_address_that_is_a_page_by_itself_stays() {
    let svg = "<svg xmlns='http://www.w3.org/2000/svg' onload='a()'><script>a()</script><foreignObject/><rect width='5'/></svg>";
    let packed = transfer::base64(svg.as_bytes());
    let spellings = [
        "data:text/html,<script>a()</script>".to_owned(),
        format!("data:image/svg+xml;base64,{packed}"),
        format!("data:image/svg+xml,{svg}"),
        format!("data:image/svg+xml;utf8,{svg}"),
        // Another label, the same drawing; another label, the same page.
        format!("data:image/png;base64,{packed}"),
        "data:image/png,<html><script>a()</script>".to_owned(),
        "data:image/svg+xml;base64,PHNjcmlwdD4=".to_owned(),
        format!(" \tDaTa:IMAGE/Svg+xml;BASE64,{packed}"),
        "data:text/html;base64,PHNjcmlwdD4=".to_owned(),
        "data:text/html;charset=utf-7,+ADw-script+AD4-".to_owned(),
        "data:,a".to_owned(),
        "data:;base64,PHNjcmlwdD4=".to_owned(),
        "data:application/xhtml+xml,a".to_owned(),
        "data:text/xml,a".to_owned(),
        "data://text/html,a".to_owned(),
        "DATA:text/html,a".to_owned(),
        "\u{1}data:text/html,a".to_owned(),
        "da\tta:text/html,a".to_owned(),
        "da\r\nta:text/html,a".to_owned(),
        "&#100;ata:text/html,a".to_owned(),
        "d&#x61ta:text/html,a".to_owned(),
        "data&colon;text/html,a".to_owned(),
        "da&Tab;ta&colon;text/html,a".to_owned(),
        "view-source:data:text/html,a".to_owned(),
        "feed:data:text/html,a".to_owned(),
    ];
    let places = [
        "<a href=\"@\">a</a>",
        "<a ping=\"@\" href='#a'>a</a>",
        "<a xlink:href=\"@\">a</a>",
        "<map><area href=\"@\"></map>",
        "<img src=\"@\">",
        "<image src=\"@\">",
        "<img srcset=\"@ 1x\" lowsrc=\"@\" dynsrc=\"@\" longdesc=\"@\" usemap=\"#a\">",
        "<picture><source srcset=\"@\"><img alt=a></picture>",
        "<input type=image src=\"@\">",
        "<form action=\"@\"><button formaction=\"@\">a</button><input type=submit formaction=\"@\"></form>",
        "<iframe src=\"@\"></iframe>",
        "<iframe srcdoc='<a href=\"@\">a</a>'></iframe>",
        "<object data=\"@\" codebase=\"@\" classid=\"@\" archive=\"@\"></object>",
        "<embed src=\"@\"><applet code=\"@\" archive=\"@\"></applet>",
        "<video src=\"@\" poster=\"@\"><track src=\"@\"></video><audio src=\"@\"></audio><bgsound src=\"@\">",
        "<link rel=stylesheet href=\"@\"><link rel=icon href=\"@\"><link rel=import href=\"@\">",
        "<base href=\"@\"><meta http-equiv=refresh content=\"0;url=@\"><meta name=a content=\"@\">",
        "<body background=\"@\"><table background=\"@\"><tr background=\"@\"><td background=\"@\">a</table>",
        "<blockquote cite=\"@\">a</blockquote><q cite=\"@\">a</q><del cite=\"@\">a</del>",
        "<script src=\"@\"></script><portal src=\"@\"></portal><layer src=\"@\"></layer>",
        "<div data-src=\"@\" src=\"@\" href=\"@\" icon=\"@\" manifest=\"@\" profile=\"@\">a</div>",
        "<svg><image href=\"@\"/><image xlink:href=\"@\"/><rect width=5 /></svg>",
        "<svg><use href=\"@\"/><a href=\"@\"><rect width=5 /></a></svg>",
        "<svg><feImage href=\"@\"/><script href=\"@\"/><foreignObject><iframe src=\"@\"></foreignObject></svg>",
        "<svg><animate attributeName=href to=\"@\"/><set attributeName=href to=\"@\"/><rect width=5 /></svg>",
        "<math href=\"@\"><mi xlink:href=\"@\">a</mi></math>",
        "<p style=\"background:url(@)\">a",
        "<p style=\"background:url('@');color:red\">a",
        "<p style=\"list-style-image:url(@);cursor:url(@),auto;content:url(@);border-image:url(@) 30\">a",
        "<p style=\"background:image-set('@' 1x);mask:src('@');behavior:url(@);-moz-binding:url(@)\">a",
        "<p style=\"background:u\\72l(@);filter:url(@)\">a",
        "<style>@import '@';@import url(@);@font-face{src:url(@)}@namespace url(@);p{background:url(@)}</style>",
        "<style>p{background:\\75rl('@')}@media print{p{list-style:url(@)}}@page{background:url(@)}</style>",
        "<svg><style>rect{fill:url(@)}</style><rect width=5 style=\"fill:url(@)\" fill=\"url(@)\"/></svg>",
    ];
    for spelling in &spellings {
        for place in places {
            let page = format!(
                "<!DOCTYPE html><title>t</title>a{}",
                place.replace('@', &spelling.replace('"', "&quot;"))
            );
            let outcome = run(page.as_bytes(), Mode::Rebuild);
            let clean = outcome.clean.unwrap_or_else(|| panic!("{page}: {:?}", outcome.report.reason));
            assert_eq!(data_addresses(&clean), Vec::<String>::new(), "{page}");
        }
    }
}

#[test]
fn a_drawing_of_nothing_is_no_picture() {
    let rows = [
        ("<svg id=a class=b></svg>", "<img id=\"a\" class=\"b\">", 0),
        ("<svg><script>a()</script><g><g></g></g></svg>", "<img>", 0),
        ("<svg width=5><defs><rect id=a></defs><title>題</title></svg>", "<img width=\"5\" alt=\"題\">", 0),
        // The page inside goes, and its words are shown in its place.
        ("<svg><foreignObject><p>語</p></foreignObject></svg>", "<img alt=\"語\">", 0),
        ("<svg><g><path d='M0 0h5'/></g></svg>", "<img src=\"data:image/svg+xml;base64,", 1),
    ];
    for (given, expected, pictures) in rows {
        let outcome = run(format!("<!DOCTYPE html><body>{given}").as_bytes(), Mode::Rebuild);
        let clean = String::from_utf8(outcome.clean.unwrap()).unwrap();
        assert!(clean.contains(expected), "{given}: {clean}");
        let counted = outcome.report.fidelity.unwrap().pictures;
        assert_eq!(counted, Kept { before: pictures, after: pictures }, "{given}");
    }
}
