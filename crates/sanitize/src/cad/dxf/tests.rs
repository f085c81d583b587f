//! Drawings made here, pair by pair, good and bad.

use proptest::prelude::*;
use worker_protocol::{Job, Kind, LinkPolicy, Mode, Reason, Threat, Verdict};

use crate::trial;

/// A file of these lines: a code, a bar, a value.
fn dxf(pairs: &str) -> String {
    let lines = pairs.lines().map(str::trim).filter(|line| !line.is_empty());
    lines
        .map(|line| {
            let (code, value) = line.split_once('|').unwrap_or((line, ""));
            format!("{:>3}\r\n{value}\r\n", code.trim())
        })
        .collect()
}

const PLAIN: &str = "0|SECTION
    2|HEADER
    9|$ACADVER
    1|AC1015
    9|$DWGCODEPAGE
    3|ANSI_932
    9|$EXTMIN
    10|0.0
    20|-1.5E+3
    0|ENDSEC
    0|SECTION
    2|TABLES
    0|TABLE
    2|LAYER
    5|2
    70|1
    0|LAYER
    5|10
    100|AcDbSymbolTableRecord
    2|図面枠
    62|7
    390|F
    0|ENDTAB
    0|ENDSEC
    0|SECTION
    2|BLOCKS
    0|BLOCK
    5|20
    70|0
    2|b
    1|
    0|ENDBLK
    5|21
    0|ENDSEC
    0|SECTION
    2|ENTITIES
    0|LINE
    5|30
    10|0.0
    20|1.0
    1001|ACAD
    1070|5
    0|TEXT
    5|31
    1|縮尺 1:500 ソ
    0|MTEXT
    5|32
    3|{\\fMS Gothic|b0;町
    1|役場}\\P庁舎
    0|ENDSEC
    0|SECTION
    2|OBJECTS
    0|DICTIONARY
    5|C
    3|ACAD_GROUP
    350|D
    0|DICTIONARY
    5|D
    330|C
    0|ENDSEC
    0|EOF";

/// The plain drawing with more in one of its sections.
fn with(section: &str, pairs: &str) -> String {
    let start = format!("2|{section}\n");
    let lines: String = pairs.lines().map(|line| format!("{}\n", line.trim())).collect();
    dxf(&PLAIN.replacen(&start, &format!("{start}{lines}"), 1))
}

fn run(text: &str) -> worker_protocol::Outcome {
    trial::run(&trial::job("a.dxf"), &encoding_rs::SHIFT_JIS.encode(text).0)
}

fn clean(text: &str) -> String {
    let outcome = run(text);
    let bytes = outcome.clean.unwrap_or_else(|| panic!("{:?}", outcome.report));
    encoding_rs::SHIFT_JIS.decode(&bytes).0.into_owned()
}

#[test]
fn what_is_known_comes_out_as_it_was() {
    let text = dxf(PLAIN);
    let outcome = run(&text);
    assert_eq!(
        (outcome.report.verdict, outcome.report.clean_kind),
        (Verdict::Clean, Some(Kind::Dxf)),
        "{:?}",
        outcome.report
    );
    assert!(outcome.report.removals.is_empty());
    let characters = outcome.report.fidelity.unwrap().characters;
    assert!(characters.before > 10 && characters.before == characters.after);
    assert_eq!(clean(&text), text);
    // Line ends stay, numbers with a point where none belongs are read, blanks around numbers go.
    let unix = text.replace("\r\n", "\n");
    assert_eq!(clean(&unix), unix);
    assert!(clean(&text.replace(" 62\r\n7", " 62\r\n  7.0 ")).contains(" 62\r\n7\r\n"));
    assert_eq!(
        clean(&dxf("0|SECTION\n2|ENTITIES\n0|ENDSEC\n0|EOF")),
        dxf("0|SECTION\n2|ENTITIES\n0|ENDSEC\n0|EOF")
    );
}

#[test]
fn what_acts_or_leads_out_goes() {
    let rows: [(&str, &str, Threat, &str); 18] = [
        ("ENTITIES", "0|OLE2FRAME\n5|A1\n90|2\n310|D0CF11E0\n1|OLE", Threat::EmbeddedObject, "D0CF11E0"),
        ("ENTITIES", "0|ACAD_PROXY_ENTITY\n5|A1\n310|00", Threat::Unknown, "PROXY"),
        ("ENTITIES", "0|IMAGE\n5|A1\n340|A2", Threat::ExternalContent, "IMAGE"),
        ("ENTITIES", "0|PDFUNDERLAY\n5|A1", Threat::ExternalContent, "UNDERLAY"),
        ("ENTITIES", "0|3DSOLID\n5|A1\n1|nlmolpn", Threat::Unknown, "3DSOLID"),
        ("ENTITIES", "0|CIRCLE\n160|2\n310|0102\n40|1.0", Threat::AuxiliaryPart, "0102"),
        ("ENTITIES", "0|CIRCLE\n1001|PE_URL\n1000|file://server/a.exe", Threat::Hyperlink, "server"),
        ("ENTITIES", "0|CIRCLE\n1001|OTHER\n1004|4D5A90", Threat::HiddenData, "4D5A90"),
        ("ENTITIES", "0|CIRCLE\n102|{MYAPP\n1|x\n102|}\n40|1.0", Threat::Extension, "MYAPP"),
        ("OBJECTS", "0|VBA_PROJECT\n5|A1\n90|1\n310|FF", Threat::MacroVba, "VBA"),
        ("OBJECTS", "0|FIELD\n5|A1\n2|%<\\AcDiesel $(getvar,x)>%", Threat::DangerousField, "AcDiesel"),
        ("ENTITIES", "0|RTEXT\n5|A1\n1|C:\\secret.txt", Threat::DangerousField, "secret"),
        ("OBJECTS", "0|DATALINK\n5|A1\n1|\\\\server\\a.xlsx", Threat::DataConnection, "server"),
        ("OBJECTS", "0|IMAGEDEF\n5|A1\n1|\\\\server\\a.tif", Threat::ExternalContent, "server"),
        ("OBJECTS", "0|LAYOUT\n5|A1\n2|\\\\printer\\x", Threat::ExternalContent, "printer"),
        ("BLOCKS", "0|BLOCK\n5|A1\n70|36\n2|x\n1|Z:\\else\\b.dwg\n0|ENDBLK", Threat::ExternalContent, "else"),
        (
            "TABLES",
            "0|STYLE\n5|A1\n2|s\n3|\\\\server\\f\\romans.shx\n4|bigfont.shx",
            Threat::ExternalContent,
            "server",
        ),
        ("HEADER", "9|$MENU\n1|C:\\macros", Threat::Extension, "macros"),
    ];
    for (section, pairs, threat, word) in rows {
        let text = with(section, pairs);
        let outcome = run(&text);
        assert!(trial::has(&outcome, threat), "{pairs} {:?}", outcome.report);
        let clean = clean(&text);
        assert!(!clean.contains(word), "{pairs}\n{clean}");
        assert!(run(&clean).report.removals.is_empty(), "{pairs} {:?}", run(&clean).report.removals);
    }
    // A block that was another drawing is an empty one; a font keeps its name, and a circle its radius.
    let linked = clean(&with("BLOCKS", "0|BLOCK\n5|A1\n70|36\n2|x\n1|Z:\\else\\b.dwg\n0|ENDBLK"));
    assert!(linked.contains(" 70\r\n0\r\n  2\r\nx\r\n  1\r\n\r\n"), "{linked}");
    assert!(clean(&with("TABLES", "0|STYLE\n3|\\\\s\\romans.shx")).contains("\r\nromans.shx\r\n"));
    assert!(
        clean(&with("ENTITIES", "0|CIRCLE\n160|2\n310|0102\n40|1.0")).contains("CIRCLE\r\n 40\r\n1.0\r\n")
    );
    let thumbnail =
        dxf(&PLAIN.replace("0|EOF", "0|SECTION\n2|THUMBNAILIMAGE\n0|X\n90|1\n310|00\n0|ENDSEC\n0|EOF"));
    assert!(trial::has(&run(&thumbnail), Threat::AuxiliaryPart));
    assert_eq!(clean(&thumbnail), dxf(PLAIN));
    assert!(trial::has(&run(&format!("{}more", dxf(PLAIN))), Threat::HiddenData));
}

#[test]
fn references_to_what_went_go_too() {
    let text = dxf(&PLAIN.replace("3|ACAD_GROUP\n", "3|ACAD_IMAGE_DICT\n350|A9\n3|ACAD_GROUP\n").replace(
        "0|DICTIONARY\n    5|D\n    330|C\n",
        "0|DICTIONARY\n5|D\n102|{ACAD_REACTORS\n330|a9\n102|}\n330|C\n0|IMAGEDEF\n5|A9\n1|a.tif\n",
    ));
    assert!(text.contains("IMAGEDEF"));
    let clean = clean(&text);
    for word in ["A9", "a9", "IMAGE"] {
        assert!(!clean.contains(word), "{clean}");
    }
    assert!(clean.contains("  3\r\nACAD_GROUP\r\n350\r\nD\r\n"), "{clean}");
}

#[test]
fn links_follow_the_pack_and_words_that_look_like_addresses_stay() {
    let linked = with("ENTITIES", "0|CIRCLE\n1001|PE_URL\n1000|https://example.jp/a");
    assert!(clean(&linked).contains("https://example.jp/a"));
    let mut job = trial::job("a.dxf");
    job.policy.links = LinkPolicy::Remove;
    let outcome = trial::run(&job, &encoding_rs::SHIFT_JIS.encode(&linked).0);
    assert!(trial::has(&outcome, Threat::Hyperlink));
    let strict = trial::run(&trial::job_in("a.dxf", Mode::Strict), &encoding_rs::SHIFT_JIS.encode(&linked).0);
    assert!(trial::has(&strict, Threat::Hyperlink));
    assert!(clean(&with("ENTITIES", "0|TEXT\n1|\\\\印紙")).contains("\\\\印紙"));
}

#[test]
fn what_breaks_the_grammar_is_held() {
    let rows = [
        dxf("0|SECTION\n2|ENTITIES\n0|LINE\n10|x\n0|ENDSEC\n0|EOF"),
        dxf("0|SECTION\n2|ENTITIES\n0|LINE\n10|nan\n0|ENDSEC\n0|EOF"),
        dxf("0|SECTION\n2|ENTITIES\n0|LINE\n70|1.5\n0|ENDSEC\n0|EOF"),
        dxf("0|SECTION\n2|ENTITIES\n0|LINE\n5|XYZ\n0|ENDSEC\n0|EOF"),
        dxf("0|SECTION\n2|ENTITIES\n0|LINE\n1500|1\n0|ENDSEC\n0|EOF"),
        dxf("0|SECTION\n2|ENTITIES\n10|1.0\n0|ENDSEC\n0|EOF"),
        dxf("0|SECTION\n2|ENTITIES\n0|LINE\n0|EOF"),
        dxf("0|SECTION\n2|ENTITIES\n0|SECTION\n0|ENDSEC\n0|EOF"),
        dxf("0|SECTION\n3|ENTITIES\n0|ENDSEC\n0|EOF"),
        dxf("0|SECTION\n2|ENTITIES\n0|ENDSEC"),
        dxf("0|SECTION\n2|HEADER\n0|LINE\n0|ENDSEC\n0|EOF"),
    ];
    for text in rows {
        assert_eq!(run(&text).report.reason, Some(Reason::Damaged), "{text}");
    }
    let text = dxf(PLAIN);
    for cut in (20..text.len() - 2).step_by(11) {
        let Some(head) = text.get(..cut) else { continue };
        assert!(!run(head).report.hands_over(), "{cut}");
    }
    let binary = trial::run(&trial::job("a.dxf"), b"AutoCAD Binary DXF\r\n\x1a\0\0\0SECTION\0");
    assert_eq!(binary.report.reason, Some(Reason::NotRebuilt));
}

#[test]
fn the_words_of_a_drawing_can_be_had_alone_and_a_mark_is_a_comment() {
    let bytes = encoding_rs::SHIFT_JIS.encode(&dxf(PLAIN)).0.into_owned();
    let words = trial::run(&trial::job_in("a.dxf", Mode::TextOnly), &bytes);
    assert_eq!(String::from_utf8(words.clean.unwrap()).unwrap(), "縮尺 1:500 ソ\n町役場\n庁舎\n");
    assert_eq!(super::record::shown("\\U+753A\\Upper \\S1#2; a\\\\b {\\Lx\\l}\\"), "町\\Upper 1/2 a\\b x\\");
    let marked = |label: &str, bytes: &[u8]| {
        let job = Job { mark: Some(trial::mark(label, "c2")), ..trial::job("a.dxf") };
        trial::run(&job, bytes).clean.unwrap()
    };
    let once = marked("機密性2", &bytes);
    let text = encoding_rs::SHIFT_JIS.decode(&once).0.into_owned();
    assert!(text.starts_with("999\r\n【機密性2】 [c2]\r\n  0\r\nSECTION\r\n"), "{text}");
    assert_eq!(marked("機密性2", &once), once);
    assert_eq!(marked("機密性2", &marked("機密性3", &bytes)), once);
    assert_eq!(trial::run(&trial::job("a.dxf"), &once).clean.unwrap(), once);
}

proptest! {
    #[test]
    fn any_pairs_end(pairs in "(0\\|(LINE|OLE2FRAME|BLOCK|ENDSEC|DICTIONARY)\n|[0-9]{1,4}\\|[A-F0-9.a{}\\\\]{0,6}\n|102\\|[{}A-Z]{1,3}\n|1001\\|(ACAD|PE_URL)\n){0,20}") {
        let text = dxf(&format!("0|SECTION\n2|ENTITIES\n0|LINE\n{pairs}0|ENDSEC\n0|EOF"));
        if let Some(bytes) = trial::run(&trial::job("a.dxf"), text.as_bytes()).clean {
            let again = trial::run(&trial::job("a.dxf"), &bytes);
            prop_assert_eq!(again.clean, Some(bytes));
        }
    }
}
