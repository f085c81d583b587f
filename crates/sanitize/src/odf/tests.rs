//! Whole OpenDocument files, made here, through the whole sanitiser.

mod copied;

use std::collections::BTreeMap;
use std::io::Write as _;

use proptest::prelude::*;
use worker_protocol::{
    FilePolicy, Hint, Job, Kind, Limits, LinkPolicy, Mark, Mode, Outcome, Preview, Reason, Road, Spot,
    TextBlock, Threat, Verdict,
};

use crate::bounded::Budget;
use crate::{preview, sanitise, zip_reader, zip_writer};

const SPACES: &str = "xmlns:office=\"urn:oasis:names:tc:opendocument:xmlns:office:1.0\" xmlns:text=\"urn:oasis:names:tc:opendocument:xmlns:text:1.0\" xmlns:table=\"urn:oasis:names:tc:opendocument:xmlns:table:1.0\" xmlns:draw=\"urn:oasis:names:tc:opendocument:xmlns:drawing:1.0\" xmlns:style=\"urn:oasis:names:tc:opendocument:xmlns:style:1.0\" xmlns:xlink=\"http://www.w3.org/1999/xlink\" xmlns:script=\"urn:oasis:names:tc:opendocument:xmlns:script:1.0\" xmlns:form=\"urn:oasis:names:tc:opendocument:xmlns:form:1.0\" xmlns:meta=\"urn:oasis:names:tc:opendocument:xmlns:meta:1.0\" xmlns:dc=\"http://purl.org/dc/elements/1.1/\" xmlns:config=\"urn:oasis:names:tc:opendocument:xmlns:config:1.0\" xmlns:presentation=\"urn:oasis:names:tc:opendocument:xmlns:presentation:1.0\" xmlns:of=\"urn:oasis:names:tc:opendocument:xmlns:of:1.2\" xmlns:svg=\"urn:oasis:names:tc:opendocument:xmlns:svg-compatible:1.0\"";

fn content(body: &str, inner: &str) -> String {
    format!(
        "<office:document-content {SPACES} office:version=\"1.2\"><office:body><office:{body}>{inner}</office:{body}></office:body></office:document-content>"
    )
}

fn package(kind: &str, members: &[(&str, &[u8])]) -> Vec<u8> {
    let media_type = format!("application/vnd.oasis.opendocument.{kind}");
    let manifest = format!(
        "<manifest:manifest xmlns:manifest=\"urn:oasis:names:tc:opendocument:xmlns:manifest:1.0\"><manifest:file-entry manifest:full-path=\"/\" manifest:media-type=\"{media_type}\"/></manifest:manifest>"
    );
    let all = members
        .iter()
        .map(|(name, bytes)| (*name, *bytes))
        .chain([("META-INF/manifest.xml", manifest.as_bytes())]);
    zip_writer::write_after_stored(("mimetype", media_type.as_bytes()), all).unwrap()
}

fn text(inner: &str) -> Vec<u8> {
    package("text", &[("content.xml", content("text", inner).as_bytes())])
}

fn job(name: &str) -> Job {
    Job {
        hint: Hint { untrusted_name: name.to_owned(), passwords: Vec::new() },
        policy: FilePolicy::default(),
        limits: Limits::default(),
        want_preview: false,
        mark: None,
        notes: Default::default(),
    }
}

fn run_job(job: &Job, bytes: Vec<u8>) -> Outcome {
    let outcome = sanitise(job, bytes, &mut |_, _| ());
    assert!(outcome.report.is_consistent());
    outcome
}

fn run(name: &str, bytes: Vec<u8>) -> Outcome {
    run_job(&job(name), bytes)
}

fn threats(outcome: &Outcome) -> Vec<Threat> {
    outcome.report.removals.iter().map(|r| r.what).collect()
}

fn parts(outcome: &Outcome) -> BTreeMap<String, String> {
    let clean = outcome.clean.as_ref().unwrap_or_else(|| panic!("{:?}", outcome.report));
    let mut budget = Budget::new(Limits::default());
    let listing = zip_reader::read(clean, &Limits::default()).unwrap();
    assert_eq!(listing.entries[0].untrusted_name, b"mimetype");
    let part = |e: &zip_reader::Entry, budget: &mut Budget| {
        let bytes = e.expand(clean, budget).unwrap();
        (String::from_utf8(e.untrusted_name.clone()).unwrap(), String::from_utf8_lossy(&bytes).into_owned())
    };
    listing.entries.iter().map(|e| part(e, &mut budget)).collect()
}

fn body(outcome: &Outcome) -> String {
    let content = parts(outcome).remove("content.xml").unwrap();
    let inside = content.split_once("<office:body>").unwrap().1;
    inside.split_once("</office:body>").unwrap().0.to_owned()
}

fn png(shade: u8) -> Vec<u8> {
    let mut out = Vec::new();
    let picture = image::GrayImage::from_pixel(3, 2, image::Luma([shade]));
    picture.write_to(&mut std::io::Cursor::new(&mut out), image::ImageFormat::Png).unwrap();
    out
}

/// What acts goes, what is read stays: one row for each way in.
#[test]
fn elements_are_kept_unwrapped_or_dropped() {
    use Threat::*;
    let rows: &[(&str, &str, &[Threat])] = &[
        (
            "<text:p>a&amp;b &#x3042;<text:s text:c=\"2\"/></text:p>",
            "<text:p>a&amp;b あ<text:s text:c=\"2\"/></text:p>",
            &[],
        ),
        (
            "<text:p text:style-name=\"a\tb\r\nc\"/><text:p text:style-name=\"a&#9;b&lt;\n\"/>",
            "<text:p text:style-name=\"a b c\"/><text:p text:style-name=\"a&#9;b&lt; \"/>",
            &[],
        ),
        ("<office:scripts/><office:event-listeners/><text:p/>", "<text:p/>", &[]),
        (
            "<text:p><text:script script:language=\"JavaScript\">alert(1)</text:script>x</text:p>",
            "<text:p>x</text:p>",
            &[Script],
        ),
        (
            "<text:p><text:execute-macro text:name=\"m\"><office:event-listeners><script:event-listener xlink:href=\"macro:x\"/></office:event-listeners>run</text:execute-macro></text:p>",
            "<text:p>run</text:p>",
            &[Script, Action],
        ),
        (
            "<text:p><text:a xlink:href=\"https://a.example/\" xlink:type=\"simple\">l</text:a></text:p>",
            "<text:p><text:a xlink:href=\"https://a.example/\" xlink:type=\"simple\">l</text:a></text:p>",
            &[],
        ),
        (
            "<text:p><text:a xlink:href=\"#Table1\">l</text:a></text:p>",
            "<text:p><text:a xlink:href=\"#Table1\">l</text:a></text:p>",
            &[],
        ),
        (
            "<text:p><text:a xlink:href=\"vnd.sun.star.script:x\">l</text:a></text:p>",
            "<text:p>l</text:p>",
            &[Hyperlink],
        ),
        (
            "<text:p><text:a xlink:href=\"../other.odt\">l</text:a></text:p>",
            "<text:p>l</text:p>",
            &[Hyperlink],
        ),
        (
            "<text:section text:name=\"s\"><text:section-source xlink:href=\"file:///x\"/><text:p>c</text:p></text:section>",
            "<text:section text:name=\"s\"><text:p>c</text:p></text:section>",
            &[ExternalContent],
        ),
        (
            "<text:section text:name=\"s\"><office:dde-source office:dde-application=\"x\"/><text:p>c</text:p></text:section>",
            "<text:section text:name=\"s\"><text:p>c</text:p></text:section>",
            &[DangerousField],
        ),
        (
            "<text:p><text:dde-connection text:connection-name=\"c\">v</text:dde-connection></text:p>",
            "<text:p>v</text:p>",
            &[DangerousField],
        ),
        (
            "<text:p><text:database-display text:database-name=\"d\">v</text:database-display></text:p>",
            "<text:p>v</text:p>",
            &[DataConnection],
        ),
        (
            "<text:p><draw:frame><draw:plugin xlink:href=\"http://a/x.mp4\"/></draw:frame></text:p>",
            "<text:p><draw:frame/></text:p>",
            &[Multimedia],
        ),
        (
            "<text:p><draw:frame><draw:floating-frame xlink:href=\"http://a/\"/></draw:frame></text:p>",
            "<text:p><draw:frame/></text:p>",
            &[ExternalContent],
        ),
        (
            "<text:p><draw:frame><draw:applet draw:code=\"x\"/></draw:frame></text:p>",
            "<text:p><draw:frame/></text:p>",
            &[EmbeddedObject],
        ),
        (
            "<text:p><draw:frame><draw:object xlink:href=\"http://a/x.ods\"/></draw:frame></text:p>",
            "<text:p><draw:frame/></text:p>",
            &[EmbeddedObject],
        ),
        (
            "<text:p>a<z:evil xmlns:z=\"urn:evil\">b</z:evil></text:p><z:evil xmlns:z=\"urn:evil\">c</z:evil>",
            "<text:p>ab</text:p>",
            &[Unknown, Unknown],
        ),
        (
            "<text:p style:run=\"javascript:x\" script:on=\"y\">a</text:p>",
            "<text:p>a</text:p>",
            &[Script, Script],
        ),
        ("hidden<text:p>a</text:p>", "<text:p>a</text:p>", &[HiddenData]),
        (
            "<text:p><text:creator>名前</text:creator></text:p>",
            "<text:p><text:creator text:fixed=\"true\">名前</text:creator></text:p>",
            &[],
        ),
        (
            "<office:forms><form:form form:datasource=\"db\" xlink:href=\"http://a/\" form:name=\"f\"><form:button form:button-type=\"url\" form:control-implementation=\"ooo:com.evil.Service\"><form:properties/></form:button></form:form></office:forms>",
            "<office:forms><form:form form:name=\"f\"><form:button/></form:form></office:forms>",
            &[DataConnection, Action, Action, AuxiliaryPart],
        ),
    ];
    for (inner, expected, found) in rows {
        let outcome = run("a.odt", text(inner));
        assert_eq!(
            body(&outcome),
            format!("<office:text>{expected}</office:text>")
                .replace("<office:text></office:text>", "<office:text/>"),
            "{inner}"
        );
        let mut kinds = Vec::new();
        for removal in &outcome.report.removals {
            kinds.extend(std::iter::repeat_n(removal.what, removal.count as usize));
        }
        kinds.sort();
        let mut found = found.to_vec();
        found.sort();
        assert_eq!(kinds, found, "{inner}");
        let again = run("a.odt", outcome.clean.clone().unwrap());
        assert_eq!((again.clean, again.report.removals.len()), (outcome.clean, 0), "{inner}");
    }
}

#[test]
fn members_that_act_or_hide_are_left_out() {
    let bytes = package(
        "text",
        &[
            ("content.xml", content("text", "<text:p>本文<draw:frame><draw:image xlink:href=\"Pictures/a.png\"/></draw:frame></text:p>").as_bytes()),
            ("Pictures/a.png", &png(9)),
            ("Pictures/unused.png", &png(8)),
            ("Basic/Standard/M.xml", b"<x/>"),
            ("Scripts/python/x.py", b"import os"),
            ("Configurations2/accelerator/current.xml", b""),
            ("Configurations2/menubar/menubar.xml", b"<x/>"),
            ("Thumbnails/thumbnail.png", b"x"),
            ("META-INF/documentsignatures.xml", b"<x/>"),
            ("Object 7", b"\xd0\xcf\x11\xe0"),
            ("evil.bin", b"MZ"),
        ],
    );
    let outcome = run("報告.odt", bytes);
    assert_eq!((outcome.report.verdict, outcome.report.kind), (Verdict::Partial, Some(Kind::Odt)));
    let parts = parts(&outcome);
    let names: Vec<&str> = parts.keys().map(String::as_str).collect();
    assert_eq!(names, ["META-INF/manifest.xml", "Pictures/a.png", "content.xml", "mimetype"]);
    assert!(
        parts["META-INF/manifest.xml"]
            .contains("full-path=\"Pictures/a.png\" manifest:media-type=\"image/png\"")
    );
    for threat in [
        Threat::Script,
        Threat::Extension,
        Threat::AuxiliaryPart,
        Threat::Signature,
        Threat::EmbeddedObject,
        Threat::HiddenData,
    ] {
        assert!(threats(&outcome).contains(&threat), "{threat:?}");
    }
    let fidelity = outcome.report.fidelity.unwrap();
    assert_eq!((fidelity.characters.before, fidelity.characters.after), (2, 2));
    assert_eq!((fidelity.pictures.before, fidelity.pictures.after), (1, 1));
}

#[test]
fn a_picture_from_elsewhere_keeps_its_place() {
    let outcome = run(
        "a.odt",
        text(
            "<text:p><draw:frame><draw:image xlink:href=\"http://a/x.png\"/><svg:title>t</svg:title></draw:frame></text:p>",
        ),
    );
    assert_eq!(threats(&outcome), [Threat::ExternalContent]);
    assert!(body(&outcome).contains("<draw:image xlink:href=\"Pictures/missing.png\""), "{}", body(&outcome));
    // When something else shows the same, nothing has to keep the place.
    let both = package("text", &[
        ("content.xml", content("text", "<text:p><draw:frame><draw:image xlink:href=\"Pictures/a.svm\"/><draw:image xlink:href=\"Pictures/a.png\"/></draw:frame></text:p>").as_bytes()),
        ("Pictures/a.svm", b"VCLMTF"),
        ("Pictures/a.png", &png(1)),
    ]);
    let outcome = run("a.odt", both);
    assert_eq!(body(&outcome).matches("<draw:image").count(), 1);
    assert!(body(&outcome).contains("Pictures/a.png"));
}

#[test]
fn sheets_keep_values_and_tell_the_cell() {
    let cell = |formula: &str| {
        format!(
            "<table:table-cell table:formula=\"{formula}\" office:value-type=\"float\" office:value=\"5\"><text:p>5</text:p></table:table-cell>"
        )
    };
    let rows = format!(
        "<table:table table:name=\"集計\"><table:table-row table:number-rows-repeated=\"2\"><table:table-cell table:number-columns-repeated=\"99999999\"/></table:table-row><table:table-row><table:table-cell/>{}{}{}</table:table-row></table:table>",
        cell("of:=DDE(&quot;a&quot;;&quot;b&quot;;&quot;c&quot;)"),
        cell("of:=SUM([.A1:.B2])"),
        cell("of:=['file:///x.ods'#$S.A1]"),
    );
    let hidden = "<table:table table:name=\"'file:///x.ods'#S\"><table:table-source xlink:href=\"x.ods\"/></table:table>";
    let bytes = package(
        "spreadsheet",
        &[("content.xml", content("spreadsheet", &format!("{rows}{hidden}")).as_bytes())],
    );
    let outcome = run("a.ods", bytes);
    let at = |reference: &str| {
        Some(Spot::Cell { untrusted_sheet: "集計".to_owned(), reference: reference.to_owned() })
    };
    let found: Vec<_> = outcome.report.removals.iter().map(|r| (r.what, r.spot.clone())).collect();
    assert_eq!(
        found,
        [
            (Threat::DangerousFormula, at("B3")),
            (Threat::ExternalContent, at("D3")),
            (Threat::ExternalContent, None)
        ]
    );
    let body = body(&outcome);
    assert!(
        body.contains("table:formula=\"of:=SUM([.A1:.B2])\"")
            && body.matches("office:value=\"5\"").count() == 3
    );
    assert!(body.contains("repeated=\"16384\"") && !body.contains("x.ods") && !body.contains("DDE"));
    let (shown, _) = preview(Kind::Ods, outcome.clean.as_ref().unwrap(), &Limits::default()).unwrap();
    let row = vec![String::new(), "5".to_owned(), "5".to_owned(), "5".to_owned()];
    let blocks = vec![TextBlock::Heading { text: "集計".to_owned() }, TextBlock::Table { rows: vec![row] }];
    assert_eq!(shown, Preview::Text { blocks, truncated: false });
}

#[test]
fn slides_tell_their_number() {
    let slides = "<draw:page draw:name=\"a\"/><draw:page draw:name=\"b\"><draw:custom-shape><office:event-listeners><presentation:event-listener presentation:action=\"execute\" xlink:href=\"file:///c:/x.exe\"/></office:event-listeners><text:p>押す</text:p></draw:custom-shape></draw:page>";
    let outcome =
        run("a.odp", package("presentation", &[("content.xml", content("presentation", slides).as_bytes())]));
    let removal = &outcome.report.removals[0];
    assert_eq!((removal.what, &removal.spot), (Threat::Action, &Some(Spot::Slide { number: 2 })));
    assert!(body(&outcome).contains("<draw:custom-shape><text:p>押す</text:p></draw:custom-shape>"));
    assert_eq!(outcome.report.fidelity.unwrap().pages.after, 2);
}

#[test]
fn a_drawing_keeps_its_shapes_and_its_words() {
    let shapes = "<draw:page draw:name=\"a\"/><draw:page draw:name=\"b\"><draw:custom-shape><office:event-listeners><presentation:event-listener presentation:action=\"execute\" xlink:href=\"file:///c:/x.exe\"/></office:event-listeners><text:p>配置図</text:p></draw:custom-shape></draw:page>";
    let bytes = package("graphics", &[("content.xml", content("drawing", shapes).as_bytes())]);
    let outcome = run("a.odg", bytes.clone());
    assert_eq!((outcome.report.clean_kind, outcome.report.clean_name.as_str()), (Some(Kind::Odg), "a.odg"));
    let removal = &outcome.report.removals[0];
    assert_eq!((removal.what, &removal.spot), (Threat::Action, &Some(Spot::Page { number: 2 })));
    assert!(body(&outcome).contains("<draw:custom-shape><text:p>配置図</text:p></draw:custom-shape>"));
    assert_eq!(parts(&outcome)["mimetype"], "application/vnd.oasis.opendocument.graphics");
    assert_eq!(run("a.odg", outcome.clean.unwrap()).report.removals, []);
    // One that says it in its list of members only, as ZIP programs leave it.
    let manifest = "<!DOCTYPE m PUBLIC \"a\" \"Manifest.dtd\"><m:manifest xmlns:m=\"urn:oasis:names:tc:opendocument:xmlns:manifest:1.0\"><m:file-entry m:media-type=\"application/vnd.oasis.opendocument.graphics\" m:full-path=\"/\"/></m:manifest>";
    let drawing = content("drawing", shapes);
    let members = [("content.xml", drawing.as_bytes()), ("META-INF/manifest.xml", manifest.as_bytes())];
    let bare = zip_writer::write(members).unwrap();
    let outcome = run("a.odg", bare.clone());
    assert_eq!(parts(&outcome)["mimetype"], "application/vnd.oasis.opendocument.graphics");
    assert_eq!(run("a.odt", bare.clone()).report.reason, Some(Reason::NameMismatch));
    assert_eq!(run("a.zip", bare).report.clean_kind, Some(Kind::Zip), "whoever packs it wants it as it is");
    // A package that says it is one kind and holds another.
    let lying = package("graphics", &[("content.xml", content("presentation", shapes).as_bytes())]);
    assert_eq!(run("a.odg", lying).report.reason, Some(Reason::NameMismatch));
    assert_eq!(run("a.odp", bytes).report.reason, Some(Reason::NameMismatch));
}

#[test]
fn a_chart_is_rebuilt_with_the_document_it_stands_in() {
    let chart = "<office:document-content xmlns:office=\"urn:oasis:names:tc:opendocument:xmlns:office:1.0\" xmlns:chart=\"urn:oasis:names:tc:opendocument:xmlns:chart:1.0\" xmlns:script=\"urn:oasis:names:tc:opendocument:xmlns:script:1.0\"><office:scripts><office:script script:language=\"x\"/></office:scripts><office:body><office:chart><chart:chart xlink:href=\"..\" xmlns:xlink=\"http://www.w3.org/1999/xlink\" chart:class=\"chart:bar\"/></office:chart></office:body></office:document-content>";
    let spelled = |address: &str| {
        let frame = format!(
            "<text:p><draw:frame><draw:object xlink:href=\"{address}\"/><draw:image xlink:href=\"./ObjectReplacements/Object 3\"/></draw:frame></text:p>"
        );
        let members = [
            ("content.xml", content("text", &frame).into_bytes()),
            ("Object 3/content.xml", chart.into()),
            ("ObjectReplacements/Object 3", b"VCLMTF".to_vec()),
        ];
        let members: Vec<(&str, &[u8])> =
            members.iter().map(|(name, bytes)| (*name, bytes.as_slice())).collect();
        run("a.odt", package("text", &members))
    };
    let outcome = spelled("./Object 3");
    for address in [".//Object 3", "Object%203/", "#./Object 3"] {
        assert_eq!(spelled(address).clean, outcome.clean, "{address}");
    }
    for address in ["//Object 3", "../Object 3", "/Object 3"] {
        assert!(!parts(&spelled(address)).contains_key("Object 1/content.xml"), "{address}");
    }
    let parts = parts(&outcome);
    assert!(
        parts["Object 1/content.xml"].contains("<chart:chart xlink:href=\"..\" chart:class=\"chart:bar\"/>")
    );
    assert!(!parts["Object 1/content.xml"].contains("script"));
    assert!(parts["META-INF/manifest.xml"].contains(
        "full-path=\"Object 1/\" manifest:media-type=\"application/vnd.oasis.opendocument.chart\""
    ));
    assert!(
        body(&outcome).contains("<draw:object xlink:href=\"./Object 1\"/></draw:frame>"),
        "{}",
        body(&outcome)
    );
    assert_eq!(threats(&outcome), [Threat::Script, Threat::AuxiliaryPart]);
}

#[test]
fn a_flat_file_becomes_a_package() {
    use base64::Engine as _;
    let picture = base64::engine::general_purpose::STANDARD.encode(png(7));
    let flat = format!(
        "<?xml version=\"1.0\"?>\n<office:document {SPACES} office:mimetype=\"application/vnd.oasis.opendocument.text\" office:version=\"1.3\"><office:meta><dc:title>題</dc:title><meta:initial-creator>山田</meta:initial-creator></office:meta><office:scripts><office:script script:language=\"ooo:Basic\"><x/></office:script></office:scripts><office:styles/><office:automatic-styles/><office:master-styles><style:master-page style:name=\"Standard\"/></office:master-styles><office:body><office:text><text:p>本文<draw:frame><draw:image><office:binary-data>{picture}</office:binary-data></draw:image></draw:frame></text:p></office:text></office:body></office:document>"
    );
    for name in ["a.fodt", "a.odt"] {
        let outcome = run(name, flat.clone().into_bytes());
        assert_eq!((outcome.report.clean_name.as_str(), outcome.report.road), ("a.odt", Some(Road::Rebuilt)));
        let parts = parts(&outcome);
        let names: Vec<&str> = parts.keys().map(String::as_str).collect();
        assert_eq!(
            names,
            ["META-INF/manifest.xml", "Pictures/1.png", "content.xml", "meta.xml", "mimetype", "styles.xml"]
        );
        assert!(parts["content.xml"].contains("<draw:image xlink:href=\"Pictures/1.png\""));
        assert!(parts["meta.xml"].contains("<dc:title>題</dc:title>") && !parts["meta.xml"].contains("山田"));
        assert_eq!(
            threats(&outcome),
            [Threat::Metadata, Threat::Script]
                .iter()
                .chain((name == "a.fodt").then_some(&Threat::FileName))
                .copied()
                .collect::<Vec<_>>()
        );
    }
}

/// Bad input ends within its bounds, and never comes out.
#[test]
fn contradictions_are_held() {
    let held = |reason| (Verdict::Held, Some(reason));
    let deep = format!("{}{}", "<text:section>".repeat(2000), "</text:section>".repeat(2000));
    let with_dtd =
        content("text", "<text:p>&e;</text:p>").replacen('<', "<!DOCTYPE x [<!ENTITY e \"v\">]><", 1);
    let not_text = content("spreadsheet", "");
    type Ending = (Verdict, Option<Reason>);
    let rows: Vec<(&str, Vec<u8>, Ending)> = vec![
        ("dtd", package("text", &[("content.xml", with_dtd.as_bytes())]), held(Reason::Damaged)),
        ("entity", text("<text:p>&e;</text:p>"), held(Reason::Damaged)),
        ("body", package("text", &[("content.xml", not_text.as_bytes())]), held(Reason::NameMismatch)),
        ("no content", package("text", &[("styles.xml", b"<x/>")]), held(Reason::Damaged)),
        ("wrong root", package("text", &[("content.xml", b"<html/>")]), held(Reason::Damaged)),
        (
            "two roots",
            package("text", &[("content.xml", (content("text", "") + &content("text", "")).as_bytes())]),
            held(Reason::Damaged),
        ),
        (
            "cut",
            package("text", &[("content.xml", &content("text", "<text:p>a</text:p>").as_bytes()[..900])]),
            held(Reason::Damaged),
        ),
        ("deep", text(&deep), (Verdict::Blocked, Some(Reason::TooComplex))),
        ("prefix", text("<q:p>a</q:p>"), held(Reason::Damaged)),
        (
            "twice",
            package("text", &[("content.xml", b"<x/>"), ("Content.xml", b"<x/>")]),
            held(Reason::Damaged),
        ),
        (
            "key",
            {
                let manifest = b"<m:manifest xmlns:m=\"x\"><m:file-entry m:full-path=\"content.xml\" m:size=\"9\"><m:encryption-data><m:algorithm m:algorithm-name=\"aes256-cbc\"/><m:key-derivation m:key-derivation-name=\"PGP\"/></m:encryption-data></m:file-entry></m:manifest>";
                zip_writer::write([
                    ("mimetype", b"application/vnd.oasis.opendocument.text".as_slice()),
                    ("content.xml", b"0123456789abcdef"),
                    ("META-INF/manifest.xml", manifest),
                ])
                .unwrap()
            },
            held(Reason::PasswordNeeded),
        ),
    ];
    for (name, bytes, expected) in rows {
        let outcome = run("a.odt", bytes);
        assert_eq!((outcome.report.verdict, outcome.report.reason), expected, "{name}");
        assert!(outcome.clean.is_none(), "{name}");
    }
    // A document in itself ends.
    let inner =
        content("text", "<text:p><draw:frame><draw:object xlink:href=\"./Object 1\"/></draw:frame></text:p>");
    let looped =
        package("text", &[("content.xml", inner.as_bytes()), ("Object 1/content.xml", inner.as_bytes())]);
    assert!(run("a.odt", looped).report.hands_over());
}

fn encrypted(password: &str, rounds: u32, stated: u32) -> Vec<u8> {
    use aes::cipher::{BlockModeEncrypt, KeyIvInit, block_padding::Iso10126};
    use base64::Engine as _;
    use sha2::Digest as _;
    let plain = content("text", "<text:p>秘密</text:p>");
    let mut deflater = flate2::write::DeflateEncoder::new(Vec::new(), flate2::Compression::default());
    deflater.write_all(plain.as_bytes()).unwrap();
    let packed = deflater.finish().unwrap();
    let mut key = [0; 32];
    pbkdf2::pbkdf2_hmac::<sha1::Sha1>(&sha2::Sha256::digest(password), b"salt", rounds, &mut key);
    let mut bytes = vec![0; packed.len() + 16];
    bytes[..packed.len()].copy_from_slice(&packed);
    let cipher = cbc::Encryptor::<aes::Aes256>::new_from_slices(&key, &[7; 16]).unwrap();
    let sealed = cipher.encrypt_padded::<Iso10126>(&mut bytes, packed.len()).unwrap().to_vec();
    let base64 = |bytes: &[u8]| base64::engine::general_purpose::STANDARD.encode(bytes);
    let checksum = base64(&sha2::Sha256::digest(&packed[..packed.len().min(1024)]));
    let manifest = format!(
        "<manifest:manifest xmlns:manifest=\"urn:oasis:names:tc:opendocument:xmlns:manifest:1.0\"><manifest:file-entry manifest:full-path=\"content.xml\" manifest:size=\"{}\"><manifest:encryption-data manifest:checksum-type=\"urn:x#sha256-1k\" manifest:checksum=\"{checksum}\"><manifest:algorithm manifest:algorithm-name=\"http://www.w3.org/2001/04/xmlenc#aes256-cbc\" manifest:initialisation-vector=\"{}\"/><manifest:key-derivation manifest:key-derivation-name=\"PBKDF2\" manifest:key-size=\"32\" manifest:iteration-count=\"{stated}\" manifest:salt=\"{}\"/><manifest:start-key-generation manifest:start-key-generation-name=\"http://www.w3.org/2000/09/xmldsig#sha256\"/></manifest:encryption-data></manifest:file-entry></manifest:manifest>",
        plain.len(),
        base64(&[7; 16]),
        base64(b"salt"),
    );
    zip_writer::write([
        ("mimetype", b"application/vnd.oasis.opendocument.text".as_slice()),
        ("content.xml", &sealed),
        ("META-INF/manifest.xml", manifest.as_bytes()),
    ])
    .unwrap()
}

#[test]
fn an_encrypted_package_opens_with_its_password() {
    let with = |passwords: &[&str], bytes| {
        let mut job = job("a.odt");
        job.hint.passwords = passwords.iter().map(|p| (*p).to_owned()).collect();
        run_job(&job, bytes)
    };
    for passwords in [&[][..], &["wrong"]] {
        assert_eq!(with(passwords, encrypted("正解", 10, 10)).report.reason, Some(Reason::PasswordNeeded));
    }
    let opened = with(&["wrong", "正解"], encrypted("正解", 10, 10));
    assert!(body(&opened).contains("秘密"));
    assert_eq!(threats(&opened), [Threat::Encryption]);
    assert_eq!(with(&["正解"], encrypted("正解", 10, 2_000_000)).report.reason, Some(Reason::PasswordNeeded));
}

#[test]
fn modes_and_links_follow_the_pack() {
    let bytes = text(
        "<text:tracked-changes><text:changed-region/></text:tracked-changes><text:h>見出し</text:h><text:p>a<text:a xlink:href=\"https://a.example/\">l</text:a><office:annotation><text:p>注</text:p></office:annotation><text:tab/>b</text:p>",
    );
    let in_mode = |mode| {
        let mut job = job("a.odt");
        job.policy.modes.insert(Kind::Odt, mode);
        run_job(&job, bytes.clone())
    };
    let strict = in_mode(Mode::Strict);
    assert_eq!(
        body(&strict),
        "<office:text><text:h>見出し</text:h><text:p>al<text:tab/>b</text:p></office:text>"
    );
    let plain = in_mode(Mode::TextOnly);
    assert_eq!((plain.report.clean_kind, plain.report.road), (Some(Kind::Text), Some(Road::Text)));
    assert_eq!(
        (plain.report.clean_name.as_str(), plain.clean.as_deref()),
        ("a.txt", Some("見出し\nal\tb\n".as_bytes()))
    );
    assert_eq!(in_mode(Mode::ImagePdf).report.reason, Some(Reason::NotRebuilt));
    let mut no_links = job("a.odt");
    no_links.policy.links = LinkPolicy::Remove;
    let outcome = run_job(&no_links, bytes.clone());
    assert_eq!(threats(&outcome), [Threat::Hyperlink]);
    assert!(body(&outcome).contains("<office:annotation>"));
}

#[test]
fn a_mark_is_written_once_and_replaced() {
    let styles = format!(
        "<office:document-styles {SPACES} office:version=\"1.2\"><office:styles/><office:master-styles><style:master-page style:name=\"Standard\"><style:header><text:p>頭</text:p></style:header></style:master-page></office:master-styles></office:document-styles>"
    );
    for (kind, body, ending) in [
        ("text", "text", "odt"),
        ("spreadsheet", "spreadsheet", "ods"),
        ("presentation", "presentation", "odp"),
        ("graphics", "drawing", "odg"),
    ] {
        let bytes = package(
            kind,
            &[("content.xml", content(body, "").as_bytes()), ("styles.xml", styles.as_bytes())],
        );
        let mut job = job(&format!("a.{ending}"));
        let mark =
            |label: &str, level: &str| Some(Mark { label: label.to_owned(), levels: vec![level.to_owned()] });
        job.mark = mark("機密性2", "c2");
        let first = run_job(&job, bytes);
        let made = parts(&first);
        assert_eq!(made["styles.xml"].matches(">機密性2<").count(), 1, "{}", made["styles.xml"]);
        assert!(made["meta.xml"].contains("meta:name=\"SekishoMark-levels\" meta:value-type=\"string\">c2<"));
        let second = run_job(&job, first.clean.clone().unwrap());
        assert_eq!((&second.clean, second.report.removals.len()), (&first.clean, 0));
        job.mark = mark("機密性3", "c3");
        let third = parts(&run_job(&job, second.clean.unwrap()));
        assert!(third["styles.xml"].contains(">機密性3<") && !third["styles.xml"].contains("機密性2"));
        assert!(!third["meta.xml"].contains("c2"));
        job.mark = None;
        let kept = parts(&run_job(&job, first.clean.unwrap()));
        assert!(kept["styles.xml"].contains(">機密性2<") && kept["meta.xml"].contains(">c2<"));
    }
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(64))]
    #[test]
    fn output_is_a_fixed_point(inner in "(<text:(p|a xlink:href=\"(https://a|macro:x|#a)\"|span|script|section)>|</text:(p|a|span|script|section)>|[a-z&;<あ]|<text:tab/>|<draw:frame>|</draw:frame>|<draw:image xlink:href=\"x\"/>){0,14}") {
        let outcome = run("a.odt", text(&inner));
        if let Some(clean) = outcome.clean {
            let again = run("a.odt", clean.clone());
            prop_assert!(again.report.removals.is_empty(), "{:?}", again.report.removals);
            prop_assert_eq!(again.clean, Some(clean));
        }
    }

    #[test]
    fn damage_never_panics(at in 0usize..3000, byte in any::<u8>()) {
        let mut bytes = text("<text:p>a<text:a xlink:href=\"https://a/\">b</text:a></text:p>");
        let length = bytes.len();
        bytes[at % length] = byte;
        let _ = run("a.odt", bytes);
    }
}
