//! Exchange files made here, good and bad.

use proptest::prelude::*;
use worker_protocol::{Job, Kind, Mode, Reason, Threat, Verdict};

use crate::trial;

const P21: &str = "ISO-10303-21;\r\nHEADER;\r\nFILE_DESCRIPTION(('a'),'2;1');\r\nFILE_NAME('a.p21','2026-01-01T00:00:00',('山田'),('市'),'t$$3.1','s','');\r\nFILE_SCHEMA(('ASSOCIATIVE_DRAUGHTING'));\r\nENDSEC;\r\nDATA;\r\n#10 = CARTESIAN_POINT('',(1.0,-2.5E-3));\r\n#20 = (A(1) B(.T.,$,*,#10));\r\n#30 = TEXT_LITERAL('','縮尺 ''1:500''',#10,LENGTH_MEASURE(1.),\"0AF\");\r\nENDSEC;\r\nEND-ISO-10303-21;\r\n";
const SFC: &str = "ISO-10303-21;\r\nHEADER;\r\nFILE_DESCRIPTION(('SCADEC level2 feature_mode'),'2;1');\r\nFILE_NAME('a.sfc','2026-01-01T00:00:00',(''),(''),'t$$3.1','s','');\r\nFILE_SCHEMA(('ASSOCIATIVE_DRAUGHTING'));\r\nENDSEC;\r\nDATA;\r\n/*SXF\r\n#10 = pre_defined_colour_feature(\\'black\\')\r\nSXF*/\r\n/*SXF\r\n#20 = text_string_feature('1','1','1',\\'表 題 ''ソ''\\','1.0','2.0')\r\nSXF*/\r\n/*SXF3\r\n#30 = polyline_feature('1','(0.0,1.5)')\r\nSXF3*/\r\nENDSEC;\r\nEND-ISO-10303-21;\r\n";

fn run(name: &str, text: &str) -> worker_protocol::Outcome {
    trial::run(&trial::job(name), &encoding_rs::SHIFT_JIS.encode(text).0)
}

fn clean(name: &str, text: &str) -> String {
    let outcome = run(name, text);
    let bytes = outcome.clean.unwrap_or_else(|| panic!("{:?}", outcome.report));
    encoding_rs::SHIFT_JIS.decode(&bytes).0.into_owned()
}

#[test]
fn what_is_known_comes_out_as_it_was() {
    for (name, text) in [("a.p21", P21), ("a.sfc", SFC)] {
        let outcome = run(name, text);
        assert_eq!(
            (outcome.report.verdict, outcome.report.clean_kind),
            (Verdict::Clean, Some(Kind::Sxf)),
            "{:?}",
            outcome.report
        );
        assert!(outcome.report.removals.is_empty(), "{:?}", outcome.report);
        let characters = outcome.report.fidelity.unwrap().characters;
        assert!(characters.before > 0 && characters.before == characters.after);
        assert_eq!(clean(name, text), text);
    }
    // Blanks are laid out anew.
    let loose = "ISO-10303-21; HEADER ;FILE_NAME ( 'a' , '' ) ; ENDSEC ;DATA;\n#1=A ( ( 1 , 2 ) );\nENDSEC;END-ISO-10303-21;";
    assert!(clean("a.p21", loose).contains("#1 = A((1,2));\n"));
}

#[test]
fn what_leads_out_and_what_hides_goes() {
    let rows = [
        (
            "#1 = DOCUMENT_FILE('\\\\\\\\server\\\\share\\\\a.exe');",
            "#1 = DOCUMENT_FILE('');",
            Threat::ExternalContent,
        ),
        ("#1 = A('javascript:x');", "#1 = A('');", Threat::Hyperlink),
        ("#1 = A('file:///etc/passwd');", "#1 = A('');", Threat::Hyperlink),
        ("/* hidden */#1 = A(/* here too */1);", "#1 = A(1);", Threat::HiddenData),
        ("#1 = A('a\u{1b}[31mb\u{7}');", "#1 = A('ab');", Threat::HiddenData),
    ];
    for (given, expected, threat) in rows {
        let text = P21.replace("#10 = CARTESIAN_POINT('',(1.0,-2.5E-3));", given);
        let outcome = run("a.p21", &text);
        assert!(trial::has(&outcome, threat), "{given} {:?}", outcome.report);
        let clean = clean("a.p21", &text);
        assert!(
            clean.contains(expected) && !clean.contains("hidden") && !clean.contains("here too"),
            "{clean}"
        );
        assert!(run("a.p21", &clean).report.removals.is_empty());
    }
    // Words with a colon and addresses that the pack keeps stay.
    for kept in ["縮尺:500", "https://example.jp/", "S=1:500", "1//2"] {
        let text = P21.replace("縮尺 ''1:500''", kept);
        assert!(clean("a.p21", &text).contains(kept), "{kept}");
    }
    let path = P21.replace("'a.p21'", "'C:\\Users\\taro\\a.p21'");
    assert_eq!(clean("a.p21", &path), P21);
    let signed = P21.replace("END-ISO", "SIGNATURE;\r\nabc\r\nENDSEC;\r\nEND-ISO");
    assert!(trial::has(&run("a.p21", &signed), Threat::Signature));
    assert!(trial::has(&run("a.p21", &format!("{P21}more")), Threat::HiddenData));
    let strict = trial::run(&trial::job_in("a.p21", Mode::Strict), P21.as_bytes());
    assert!(!String::from_utf8(strict.clean.unwrap()).unwrap().contains("山田"));
}

#[test]
fn what_breaks_the_grammar_is_held() {
    for broken in [
        "#1 = A('open);",
        "#1 = A(1;",
        "#1 = A(1))",
        "#1 = A(1,);",
        "#1 = (A(1);",
        "#x = A(1);",
        "#1 = A(0x1);",
        "#1 = A(\"zz\");",
        "#1 = A(.x y.);",
        "MACRO(1);",
        "/* open",
        "/*SXF\n#1 = Feature('1')\nSXF*/",
        "/*SXF\n#1 = a_feature(1)\nSXF*/",
        "/*SXF\n#1 = a_feature('1'\nSXF*/",
        "/*SXF\n#1 = a_feature('1')\n*/",
    ] {
        let text = P21.replace("#10 = CARTESIAN_POINT('',(1.0,-2.5E-3));", broken);
        assert_eq!(run("a.p21", &text).report.reason, Some(Reason::Damaged), "{broken}");
    }
    for cut in (14..SFC.len()).step_by(9) {
        let Some(head) = SFC.get(..cut) else { continue };
        let whole = cut + 2 >= SFC.len();
        assert_eq!(run("a.sfc", head).report.hands_over(), whole, "{cut}");
    }
    let deep = P21.replace("(1.0,-2.5E-3)", &format!("{}1{}", "(".repeat(300), ")".repeat(300)));
    assert!(!run("a.p21", &deep).report.hands_over());
}

#[test]
fn the_words_of_a_drawing_can_be_had_alone_and_a_mark_is_a_comment() {
    let words = trial::run(&trial::job_in("a.sfc", Mode::TextOnly), SFC.as_bytes());
    assert_eq!(words.clean.unwrap(), "表 題 'ソ'\n".as_bytes());
    let marked = |label: &str, bytes: &[u8]| {
        let job = Job { mark: Some(trial::mark(label, "c2")), ..trial::job("a.sfc") };
        trial::run(&job, bytes).clean.unwrap()
    };
    let once = marked("機密性2", SFC.as_bytes());
    assert!(String::from_utf8_lossy(&once).starts_with("ISO-10303-21;\r\n/*【機密性2】 [c2]*/\r\nHEADER;"));
    assert_eq!(marked("機密性2", &once), once);
    assert_eq!(marked("機密性2", &marked("機密性3", SFC.as_bytes())), once);
    assert_eq!(trial::run(&trial::job("a.sfc"), &once).clean.unwrap(), once);
}

proptest! {
    #[test]
    fn any_data_ends(data in "(#1=|A\\(|'|\\)|;|,|/\\*SXF\n|SXF\\*/|\\\\'|ENDSEC;|[a-z1-9.$*\"(]){0,30}") {
        let text = P21.replace("#10 = CARTESIAN_POINT('',(1.0,-2.5E-3));", &data);
        let outcome = run("a.p21", &text);
        if let Some(bytes) = outcome.clean {
            let again = trial::run(&trial::job("a.p21"), &bytes);
            prop_assert_eq!(again.clean, Some(bytes));
        }
    }
}
