//! Parts made here, from harmless to hostile, through the filter alone.

use super::*;
use proptest::prelude::*;

fn run(kind: Kind, part: &str) -> Result<(String, Vec<Threat>), Refusal> {
    run_with(kind, part, false)
}

fn run_with(kind: Kind, part: &str, strict: bool) -> Result<(String, Vec<Threat>), Refusal> {
    let kept_ids = HashSet::from(["rIdKept".to_owned()]);
    let sheets =
        ["Gone", "集計"].map(|name| Sheet { untrusted_name: name.to_owned(), is_kept: name != "Gone" });
    let context = PartContext {
        part: "p",
        kind,
        kept_ids: &kept_ids,
        links: LinkPolicy::Keep,
        nesting_max: 64,
        strict,
        place: &Place::Elsewhere,
        sheets: &sheets,
        gone_names: &HashSet::from(["RATE".to_owned()]),
        stamp: None,
        insert: None,
        object_pictures: None,
        object_places: None,
        words: None,
        gone_shapes: &HashSet::new(),
    };
    let mut findings = Findings::default();
    let filtered = filter(part.as_bytes(), &context, &mut findings)?;
    let body = match filtered.bytes {
        Some(bytes) => String::from_utf8(bytes).unwrap().split_once("?>\n").unwrap().1.to_owned(),
        None => part.to_owned(),
    };
    Ok((body, findings.into_list().0.into_iter().map(|r| r.what).collect()))
}

const W: &str = "xmlns:w=\"http://schemas.openxmlformats.org/wordprocessingml/2006/main\" xmlns:r=\"http://schemas.openxmlformats.org/officeDocument/2006/relationships\"";
const X: &str = "xmlns=\"http://schemas.openxmlformats.org/spreadsheetml/2006/main\"";

fn check_with(kind: Kind, space: &str, strict: bool, inner: &str, expected: &str, threats: &[Threat]) {
    let root = if kind == Kind::Docx { "w:body" } else { "worksheet" };
    let part = format!("<{root} {space}>{inner}</{root}>");
    let (body, found) =
        run_with(kind, &part, strict).unwrap_or_else(|refusal| panic!("{inner}: {refusal:?}"));
    let inside = body.strip_prefix(&format!("<{root} {space}>")).unwrap().strip_suffix(&format!("</{root}>"));
    assert_eq!(inside.unwrap_or_default(), expected, "{inner}");
    assert_eq!(found, threats, "{inner}");
}

fn check(kind: Kind, space: &str, inner: &str, expected: &str, threats: &[Threat]) {
    check_with(kind, space, false, inner, expected, threats);
}

#[test]
fn what_acts_goes_and_what_is_read_stays() {
    let docx =
        |inner: &str, expected: &str, threats: &[Threat]| check(Kind::Docx, W, inner, expected, threats);
    docx("<w:t>a&amp;b &#x3042;</w:t>", "<w:t>a&amp;b あ</w:t>", &[]);
    docx("<w:t><![CDATA[<x>]]></w:t><!-- c --><?pi x?>", "<w:t>&lt;x&gt;</w:t>", &[Threat::HiddenData]);
    docx("<w:t/><w:attachedTemplate r:id=\"rId9\"/>", "<w:t/>", &[Threat::ExternalTemplate]);
    docx(
        "<w:fldSimple w:instr=\"DDE x y\"><w:t>r</w:t></w:fldSimple>",
        "<w:t>r</w:t>",
        &[Threat::DangerousField],
    );
    docx(
        "<w:hyperlink r:id=\"gone\"><w:t>l</w:t></w:hyperlink>",
        "<w:hyperlink><w:t>l</w:t></w:hyperlink>",
        &[],
    );
    docx("<w:t/><w:headerReference r:id=\"gone\"/>", "<w:t/>", &[]);
    docx("<w:headerReference r:id=\"rIdKept\"/>", "<w:headerReference r:id=\"rIdKept\"/>", &[]);
    docx("<w:t/><z:evil xmlns:z=\"urn:evil\"><w:t>x</w:t></z:evil>", "<w:t/>", &[Threat::Unknown]);
    docx("<w:t/><w:unheardOf/><w:p w:macro=\"x\"/>", "<w:t/><w:p/>", &[Threat::Unknown, Threat::MacroVba]);
    // A tag that goes takes its prefixes along; those that are still needed move inwards.
    docx(
        "<w:smartTag xmlns:q=\"http://schemas.microsoft.com/office/word/2010/wordml\"><w:r q:x=\"1\"/></w:smartTag>",
        "<w:r xmlns:q=\"http://schemas.microsoft.com/office/word/2010/wordml\" q:x=\"1\"/>",
        &[Threat::Extension],
    );
    docx("<w:t/><w:pict><w:control w:name=\"x\"/></w:pict>", "<w:t/>", &[Threat::ActiveX]);
    let mc = "xmlns:mc=\"http://schemas.openxmlformats.org/markup-compatibility/2006\"";
    docx(
        &format!(
            "<mc:AlternateContent {mc}><mc:Choice xmlns:e=\"urn:e\" Requires=\"e\"><e:x/></mc:Choice><mc:Fallback><w:t>f</w:t></mc:Fallback></mc:AlternateContent>"
        ),
        &format!("<mc:AlternateContent {mc}><mc:Fallback><w:t>f</w:t></mc:Fallback></mc:AlternateContent>"),
        &[Threat::Extension],
    );
    let v = "xmlns:v=\"urn:schemas-microsoft-com:vml\"";
    docx(
        &format!(
            "<v:shape {v} onclick=\"x()\" style=\"width:1pt\"><v:textbox><div style=\"a:url(x)\">d</div><img src=\"x\"/></v:textbox></v:shape>"
        ),
        &format!("<v:shape {v} style=\"width:1pt\"><v:textbox><div>d</div></v:textbox></v:shape>"),
        &[Threat::Script, Threat::Extension, Threat::Unknown],
    );
}

#[test]
fn cells_keep_their_values() {
    let xlsx =
        |inner: &str, expected: &str, threats: &[Threat]| check(Kind::Xlsx, X, inner, expected, threats);
    xlsx("<c><f>WEBSERVICE(A1)</f><v>1</v></c>", "<c><v>1</v></c>", &[Threat::DangerousFormula]);
    xlsx("<c><f>SUM(A1)</f><v>1</v></c>", "<c><f>SUM(A1)</f><v>1</v></c>", &[]);
    xlsx("<c><f>A1*Rate</f><v>1</v></c>", "<c><v>1</v></c>", &[Threat::DangerousFormula]);
    xlsx("<c><f>Gone!A1</f><v>1</v></c>", "<c><v>1</v></c>", &[Threat::DangerousFormula]);
    xlsx(
        "<c><f t=\"shared\" si=\"3\">[1]S!A1</f><f t=\"shared\" si=\"3\"/><f t=\"shared\" si=\"4\"/></c>",
        "<c><f t=\"shared\" si=\"4\"/></c>",
        &[Threat::ExternalContent],
    );
    xlsx("<v>1</v><cfRule><formula>cmd|'/c'!A0</formula></cfRule>", "<v>1</v>", &[Threat::DangerousFormula]);
    xlsx(
        "<dataValidations count=\"2\"><dataValidation><formula1>[1]S!A1</formula1></dataValidation><dataValidation/></dataValidations>",
        "<dataValidations><dataValidation/></dataValidations>",
        &[Threat::ExternalContent],
    );
    xlsx(
        "<v/><hyperlinks xmlns:r=\"http://schemas.openxmlformats.org/officeDocument/2006/relationships\"><hyperlink r:id=\"gone\"/></hyperlinks>",
        "<v/>",
        &[],
    );
    xlsx(
        "<cfvo type=\"formula\" val=\"[1]S!A1\"/>",
        "<cfvo type=\"formula\" val=\"0\"/>",
        &[Threat::ExternalContent],
    );
    xlsx("<v/><definedName name=\"_xlnm.Auto_Open\">A1</definedName>", "<v/>", &[Threat::MacroXlm]);
    xlsx(
        "<v/><definedName name=\"x\" localSheetId=\"1\">集計!A1</definedName><definedName name=\"x\" localSheetId=\"0\">A1</definedName><workbookView activeTab=\"1\"/>",
        "<v/><definedName name=\"x\" localSheetId=\"0\">集計!A1</definedName><workbookView activeTab=\"0\"/>",
        &[],
    );
}

#[test]
fn security_first_drops_what_is_not_needed_to_read() {
    let docx = |inner: &str, expected: &str, threats: &[Threat]| {
        check_with(Kind::Docx, W, true, inner, expected, threats)
    };
    docx(
        "<w:sdt><w:sdtPr/><w:sdtContent><w:t>x</w:t></w:sdtContent></w:sdt>",
        "<w:t>x</w:t>",
        &[Threat::DynamicForm],
    );
    docx("<w:hyperlink r:id=\"rIdKept\"><w:t>x</w:t></w:hyperlink>", "<w:t>x</w:t>", &[Threat::Hyperlink]);
    docx("<w:t/><w:commentRangeStart/>", "<w:t/>", &[]);
    docx("<w:fldSimple w:instr=\"PAGE\"/>", "<w:fldSimple w:instr=\"PAGE\"/>", &[]);
    docx(
        "<w:fldSimple w:instr=\"DATE\"><w:t>d</w:t></w:fldSimple>",
        "<w:t>d</w:t>",
        &[Threat::DangerousField],
    );
    check_with(
        Kind::Xlsx,
        X,
        true,
        "<c><f>SUM(A1)</f><v>1</v></c>",
        "<c><v>1</v></c>",
        &[Threat::DangerousFormula],
    );
}

#[test]
fn a_dtd_undefined_entity_or_broken_tree_is_refused() {
    let body = format!("<w:body {W}>");
    for part in [
        "<!DOCTYPE x><x/>".to_owned(),
        String::new(),
        "<a:x/>".to_owned(),
        "<x/>".to_owned(),
        format!("{body}&evil;</w:body>"),
        format!("{body}<w:p></w:body>"),
        body.clone(),
        format!("{body}</w:body>{body}</w:body>"),
        format!("{body}<w:p w:a=\"<\"/></w:body>"),
        format!("{body}<w:t>\u{1}</w:t></w:body>"),
        format!("{body}<w:t>]]></w:t></w:body>"),
        format!("{body}<?xml version=\"1.0\"?></w:body>"),
    ] {
        assert_eq!(run(Kind::Docx, &part), Err(Refusal::held(Reason::Damaged)), "{part}");
    }
    let deep = format!("<worksheet {X}>{}{}</worksheet>", "<c>".repeat(100), "</c>".repeat(100));
    assert_eq!(run(Kind::Xlsx, &deep), Err(Refusal::blocked(Reason::TooComplex)));
}

#[test]
fn nothing_is_written_anew_that_says_the_same() {
    let part = format!("<?xml version='1.0'?><w:body {W}><w:p w:x='1' ><w:t>a &gt; b</w:t></w:p></w:body>");
    let context_ids = HashSet::new();
    let gone = HashSet::new();
    let context = PartContext {
        part: "p",
        kind: Kind::Docx,
        kept_ids: &context_ids,
        links: LinkPolicy::Keep,
        nesting_max: 64,
        strict: false,
        place: &Place::Elsewhere,
        sheets: &[],
        gone_names: &gone,
        stamp: None,
        insert: None,
        object_pictures: None,
        object_places: None,
        words: None,
        gone_shapes: &HashSet::new(),
    };
    let mut findings = Findings::default();
    let filtered = filter(part.as_bytes(), &context, &mut findings).unwrap();
    assert_eq!((filtered.bytes, filtered.before.characters), (None, 5));
    let wide: Vec<u8> = [0xFEFF].into_iter().chain(part.encode_utf16()).flat_map(u16::to_le_bytes).collect();
    assert!(filter(&wide, &context, &mut findings).unwrap().bytes.is_some());
}

/// Trees of elements that stay, go, go alone, and break when something in them goes.
fn tree() -> impl Strategy<Value = String> {
    let names = [
        "w:p",
        "w:r",
        "w:smartTag",
        "w:sdt",
        "w:sdtContent",
        "w:altChunk",
        "w:pict",
        "w:drawing",
        "a:graphic",
        "a:graphicData",
        "mc:AlternateContent",
        "mc:Choice",
        "mc:Fallback",
        "z:evil",
        "v:textbox",
        "div",
        "a:ext",
        "w:fldSimple w:instr=\"DDE\"",
        "w:p xmlns:q=\"urn:q\" q:r=\"1\"",
        "w:smartTag xmlns:a=\"urn:b\"",
        "p:graphicFrame",
        "p:oleObj",
        "p:pic",
        "p:controls",
        "p:spTree",
        "w:headerReference r:id=\"gone\"",
        "mc:Choice Requires=\"z\"",
        "w:hyperlink r:id=\"gone\"",
        "p:cNvPr id=\"3\" name=\"x\"",
    ];
    let leaf = prop_oneof![Just("あ&amp;".to_owned()), Just("<w:t>x</w:t>".to_owned()), Just(String::new())];
    leaf.prop_recursive(6, 40, 4, move |inner| {
        (proptest::sample::select(names.to_vec()), proptest::collection::vec(inner, 0..4)).prop_map(
            |(name, inner)| {
                let inner = inner.concat();
                let bare = name.split(' ').next().unwrap();
                if inner.is_empty() { format!("<{name}/>") } else { format!("<{name}>{inner}</{bare}>") }
            },
        )
    })
}

const ALL: &str = "xmlns:w=\"http://schemas.openxmlformats.org/wordprocessingml/2006/main\" xmlns:r=\"http://schemas.openxmlformats.org/officeDocument/2006/relationships\" xmlns:a=\"http://schemas.openxmlformats.org/drawingml/2006/main\" xmlns:p=\"http://schemas.openxmlformats.org/presentationml/2006/main\" xmlns:mc=\"http://schemas.openxmlformats.org/markup-compatibility/2006\" xmlns:v=\"urn:schemas-microsoft-com:vml\" xmlns:z=\"urn:evil\"";

#[test]
fn a_fallback_without_a_choice_is_found_under_a_cover_that_goes() {
    let field = "<w:fldSimple w:instr=\"DDE\"><mc:Fallback><w:t>x</w:t></mc:Fallback></w:fldSimple>";
    let text = format!("<w:body {ALL}><mc:AlternateContent>{field}</mc:AlternateContent></w:body>");
    let (body, _) = run_with(Kind::Docx, &text, false).unwrap();
    assert_eq!(body, format!("<w:body {ALL}><w:t>x</w:t></w:body>"));
    assert_eq!(run_with(Kind::Docx, &body, false).unwrap(), (body, Vec::new()));
}

proptest! {
    #[test]
    fn output_is_well_formed_and_a_fixed_point(inner in tree(), strict in any::<bool>()) {
        let (body, _) = run_with(Kind::Docx, &format!("<w:body {ALL}>{inner}</w:body>"), strict).unwrap();
        let (again, threats) = run_with(Kind::Docx, &body, strict).unwrap();
        prop_assert_eq!(&again, &body);
        prop_assert!(threats.is_empty(), "{:?} in {}", threats, body);
        prop_assert!(!body.contains("evil") || body.matches("evil").count() == 1);
    }
}
