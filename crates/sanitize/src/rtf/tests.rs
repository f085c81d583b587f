//! Whole RTF files, made here, through the whole sanitiser.

use proptest::prelude::*;
use worker_protocol::{
    FilePolicy, Hint, Job, Kind, Limits, LinkPolicy, Mark, Mode, Outcome, Preview, Reason, Road, TextBlock,
    Threat, Verdict,
};

use crate::{preview, sanitise};

fn job() -> Job {
    Job {
        hint: Hint { untrusted_name: "a.rtf".to_owned(), passwords: Vec::new() },
        policy: FilePolicy::default(),
        limits: Limits::default(),
        want_preview: false,
        mark: None,
        notes: Default::default(),
    }
}

fn run_job(job: &Job, bytes: &[u8]) -> Outcome {
    let outcome = sanitise(job, bytes.to_vec(), &mut |_, _| ());
    assert!(outcome.report.is_consistent());
    outcome
}

fn run(bytes: &[u8]) -> Outcome {
    run_job(&job(), bytes)
}

fn threats(outcome: &Outcome) -> Vec<Threat> {
    outcome.report.removals.iter().map(|r| r.what).collect()
}

fn clean(outcome: &Outcome) -> String {
    let bytes = outcome.clean.clone().unwrap_or_else(|| panic!("{:?}", outcome.report));
    String::from_utf8(bytes).unwrap().replace('\n', "")
}

#[test]
fn what_acts_goes_and_what_is_read_stays() {
    use Threat::*;
    let rows: &[(&str, &str, &[Threat])] = &[
        ("\\pard a\\b b\\b0\\par", "\\pard a\\b b\\b0\\par", &[]),
        ("\\fs20\\'82\\'a0 x", "\\fs20\\'82\\'a0 x", &[]),
        ("{\\b1 x}", "{\\b1 x}", &[]),
        (
            "{\\*\\listtable{\\list{\\listlevel{\\leveltext\\'02\\'00);}{\\levelnumbers\\'01;}}}}x\\'02",
            "{\\*\\listtable{\\list{\\listlevel{\\leveltext\\'02\\'00);}{\\levelnumbers\\'01;}}}}x",
            &[],
        ),
        // Not even who looks for words without cutting tokens finds one in text.
        ("a\\\\objdata", "a\\'5cobjdata", &[]),
        ("\\u12354 ?x", "\\u12354?x", &[]),
        ("\\uc2\\u12354 \\'82\\'a0x", "\\uc2\\u12354\\'82\\'a0x", &[]),
        ("\\uc0\\u12354 x\\u12356 ", "\\uc0\\u12354 x\\u12356 ", &[]),
        // A word that goes must not take the space of the one before it as text, or give it one.
        ("\\b\\evilword x", "\\b x", &[Extension]),
        ("a{\\*\\evil x{y}}b", "ab", &[Extension]),
        ("\\b{\\*\\evil x}1", "\\b 1", &[Extension]),
        (
            "{\\object\\objemb{\\*\\objclass Package}{\\*\\objdata 0105}{\\result shown}}",
            "{{shown}}",
            &[EmbeddedObject],
        ),
        (
            "{\\object\\objautlink\\objupdate{\\*\\objdata 01}{\\result{\\pict\\pngblip}}}",
            "{{{\\pict}}}",
            &[EmbeddedObject],
        ),
        (
            "{\\object{\\result\\field{\\*\\fldinst DDE x}{\\fldrslt r}}}",
            "{{{ r}}}",
            &[EmbeddedObject, DangerousField],
        ),
        ("x{\\*\\objdata 0105}", "x", &[EmbeddedObject]),
        ("{\\b\\object{\\objdata{\\*\\x}01\\bin3 }{x}}", "{\\b}", &[EmbeddedObject]),
        ("{\\*\\template http://a/x.dotm}", "", &[ExternalTemplate]),
        ("{\\*\\filetbl{\\file\\fid1 x}}\\subdocument1 x", "x", &[ExternalContent, ExternalContent]),
        (
            "{\\*\\nextfile x}{\\*\\datastore 01}{\\*\\generator g;}{\\*\\mailmerge x}",
            "",
            &[ExternalContent, HiddenData, Metadata, DataConnection],
        ),
        ("{\\field{\\*\\fldinst PAGE }{\\fldrslt 1}}", "{\\field{\\*\\fldinst PAGE }{\\fldrslt 1}}", &[]),
        ("{\\field{\\*\\fldinst DDEAUTO cmd x}{\\fldrslt r}}", "{{ r}}", &[DangerousField]),
        (
            "{\\field{\\*\\fldinst{\\b INCLUDE}PICTURE \\'22http://a\\'22}{\\fldrslt r}}",
            "{{ r}}",
            &[DangerousField],
        ),
        ("{\\field{\\*\\fldinst \\u68?\\u68?\\u69? x}{\\fldrslt r}}", "{{ r}}", &[DangerousField]),
        (
            "{\\field{\\*\\fldinst HYPERLINK \"https://a.example/\"}{\\fldrslt r}}",
            "{\\field{\\*\\fldinst HYPERLINK \"https://a.example/\"}{\\fldrslt r}}",
            &[],
        ),
        ("{\\field{\\*\\fldinst HYPERLINK \"file://x\"}{\\fldrslt r}}", "{{ r}}", &[Hyperlink]),
        (
            "{\\field{\\*\\fldinst {\\field{\\*\\fldinst QUOTE 68}{\\fldrslt DDE}} x}{\\fldrslt r}}",
            "{{ r}}",
            &[DangerousField, DangerousField],
        ),
        (
            "{\\field{\\*\\fldinst DDE x}{\\field{\\*\\fldinst DDE y}[\\fldrslt link}}",
            "{{[link}}",
            &[DangerousField, DangerousField, HiddenData],
        ),
        // What a reader leaves out must not make an instruction look harmless.
        (
            "{\\field{\\*\\fldinst{\\*\\bkmkstart PAGE }DDEAUTO cmd}{\\fldrslt r}}",
            "{{ r}}",
            &[DangerousField, HiddenData],
        ),
        (
            "{\\field{\\*\\fldinst{\\footnote PAGE }DDEAUTO cmd}{\\fldrslt r}}",
            "{{ r}}",
            &[DangerousField, HiddenData],
        ),
        (
            "{\\field{\\*\\fldinst FORMTEXT {\\*\\formfield{\\fftype0{\\*\\ffname x}}}}{\\fldrslt r}}",
            "{\\field{\\*\\fldinst FORMTEXT {\\*\\formfield{\\fftype0{\\*\\ffname x}}}}{\\fldrslt r}}",
            &[],
        ),
        // Whatever follows in its group, an instruction is judged.
        ("{\\field{\\*\\fldinst DDE x\\object }{\\fldrslt r}}", "{{ r}}", &[DangerousField, HiddenData]),
        ("{\\field{\\*\\fldinst DDE x\\objdata 01}{\\fldrslt r}}", "{{ r}}", &[DangerousField, HiddenData]),
        (
            "{\\field{\\*\\fldinst DDE x{\\info}\\pict }{\\fldrslt r}}",
            "{{ r}}",
            &[DangerousField, HiddenData],
        ),
        (
            "{\\sp{\\sn pibName\\objdata}{\\sv http://a\\pict }\\objdata }",
            "",
            &[ExternalContent, EmbeddedObject, HiddenData],
        ),
        ("{\\info{\\title T}{\\author A}\\version2}", "{\\info{\\title T}}", &[Metadata]),
        ("{\\info{\\author A}}", "", &[Metadata]),
        (
            "{\\sp{\\sn fFlipH}{\\sv 1}}{\\sp{\\sn pibName}{\\sv http://a}}",
            "{\\sp{\\sn fFlipH}{\\sv 1}}",
            &[ExternalContent],
        ),
        (
            "{\\sp{\\sn x}{\\sv evil text}}{\\sp{\\sn wzName}{\\sv name}}",
            "{\\sp{\\sn wzName}{\\sv name}}",
            &[HiddenData],
        ),
        ("\\bin4 {{{{x", "x", &[HiddenData]),
        ("{\\*\\ffexitmcr m}{\\*\\htmltag <b>}t", "t", &[MacroVba, Extension]),
        ("a\\\nb\\'zz", "a\\parbzz", &[]),
    ];
    for (inner, expected, found) in rows {
        let outcome = run(format!("{{\\rtf1\\ansi {inner}}}").as_bytes());
        let written = clean(&outcome);
        let inside = written.strip_prefix("{\\rtf1\\ansi").unwrap().strip_suffix('}').unwrap();
        assert_eq!(inside.trim_start(), *expected, "{inner}");
        let mut kinds = threats(&outcome);
        kinds.sort();
        let mut found = found.to_vec();
        found.sort();
        kinds.dedup();
        found.dedup();
        assert_eq!(kinds, found, "{inner}");
        let again = run(outcome.clean.as_ref().unwrap());
        assert_eq!((again.clean, again.report.removals.len()), (outcome.clean, 0), "{inner}");
    }
}

#[test]
fn an_instruction_too_long_to_look_at_goes() {
    for filler in [8_191, 8_192, 20_000] {
        let long = "D".repeat(filler);
        let file = format!("{{\\rtf1{{\\field{{\\*\\fldinst  {{{long}}}{{PAGE }}}}{{\\fldrslt r}}}}}}");
        let outcome = run(file.as_bytes());
        assert_eq!(threats(&outcome), [Threat::DangerousField], "{filler}");
        assert_eq!(clean(&outcome), "{\\rtf1{{ r}}}");
    }
}

#[test]
fn pictures_are_drawn_anew() {
    let mut png = Vec::new();
    image::GrayImage::from_pixel(3, 2, image::Luma([9]))
        .write_to(&mut std::io::Cursor::new(&mut png), image::ImageFormat::Png)
        .unwrap();
    let hex: String = png.iter().chain(b"hidden").map(|b| format!("{b:02x}")).collect();
    let file = format!(
        "{{\\rtf1 {{\\*\\shppict{{\\pict\\picwgoal300\\pngblip\\bliptag1{{\\*\\blipuid 00}}\n{hex}}}}}{{\\nonshppict{{\\pict\\wmetafile8 0100}}}}}}"
    );
    let outcome = run(file.as_bytes());
    let written = clean(&outcome);
    assert!(written.starts_with("{\\rtf1{\\*\\shppict{\\pict\\picwgoal300\\pngblip89504e47"), "{written}");
    assert!(!written.contains("68696464656e") && !written.contains("nonshppict"));
    assert_eq!(threats(&outcome), [Threat::HiddenData, Threat::AuxiliaryPart]);
    let fidelity = outcome.report.fidelity.unwrap();
    assert_eq!((fidelity.pictures.before, fidelity.pictures.after), (1, 1));
    // What is no picture keeps its place.
    let broken = run(b"{\\rtf1{\\pict\\wmetafile8\\picw2540\\pich1270 00ff00}}");
    assert!(clean(&broken).contains("\\picwgoal1440\\pichgoal720\\pngblip89504e47"), "{}", clean(&broken));
    assert_eq!(threats(&broken), [Threat::Unknown]);
}

#[test]
fn a_bitmap_without_its_header_is_read() {
    let mut bmp = Vec::new();
    image::RgbImage::from_pixel(2, 2, image::Rgb([1, 2, 3]))
        .write_to(&mut std::io::Cursor::new(&mut bmp), image::ImageFormat::Bmp)
        .unwrap();
    let hex: String = bmp[14..].iter().map(|b| format!("{b:02x}")).collect();
    let outcome = run(format!("{{\\rtf1{{\\pict\\dibitmap0 {hex}}}}}").as_bytes());
    assert_eq!(threats(&outcome), []);
    assert!(clean(&outcome).contains("\\pngblip89504e47"));
}

/// Bad input ends within its bounds, and never comes out.
#[test]
fn contradictions_are_held() {
    let held = |reason| (Verdict::Held, Some(reason));
    let deep = format!("{{\\rtf1{}{}}}", "{".repeat(100_000), "}".repeat(100_000));
    type Ending = (Verdict, Option<Reason>);
    let rows: [(&str, &[u8], Ending); 7] = [
        ("open", b"{\\rtf1 a{b}", held(Reason::Damaged)),
        ("cut", b"{\\rtf1 a\\", held(Reason::Damaged)),
        ("bin", b"{\\rtf1 \\bin99999 a}", held(Reason::Damaged)),
        ("header", b"{\\rtx a}", held(Reason::Damaged)),
        ("empty", b"{\\rt", held(Reason::Damaged)),
        ("deep", deep.as_bytes(), (Verdict::Blocked, Some(Reason::TooComplex))),
        (
            "deep and skipped",
            &[b"{\\rtf1{\\*\\x".as_slice(), "{".repeat(100_000).as_bytes()].concat(),
            (Verdict::Blocked, Some(Reason::TooComplex)),
        ),
    ];
    for (name, bytes, expected) in rows {
        let outcome = run(bytes);
        assert_eq!((outcome.report.verdict, outcome.report.reason), expected, "{name}");
        assert!(outcome.clean.is_none(), "{name}");
    }
    for bytes in [b"{\\rt\xff a}".as_slice(), b"{\\rt a}", b"{\\rtf1 a}MZ"] {
        let outcome = run(bytes);
        assert_eq!(threats(&outcome), [Threat::HiddenData]);
        assert!(clean(&outcome).starts_with("{\\rtf1"));
    }
}

#[test]
fn words_are_read_in_every_code_page() {
    let file = b"{\\rtf1\\ansi\\ansicpg932{\\fonttbl{\\f0\\fcharset128 x;}{\\f1\\fcharset204 y;}}{\\info{\\title hidden}}\\f0\\'93\\'8c\\'8b\\'9e\\tab\\u39640\\'3f\\par{\\f1\\'cf\\'f0}\\u-10179?\\u-8694?\\line{\\*\\bkmkstart b}z{\\v h}\\par}";
    let outcome = run(file);
    let (shown, _) = preview(Kind::Rtf, outcome.clean.as_ref().unwrap(), &Limits::default()).unwrap();
    let lines = ["東京\t髨", "Пр😊", "zh"];
    let lines = lines.map(|line| TextBlock::Paragraph { text: line.replace('髨', "\u{9ad8}") });
    assert_eq!(shown, Preview::Text { blocks: lines.to_vec(), truncated: false });
    let fidelity = outcome.report.fidelity.unwrap();
    assert_eq!((fidelity.characters.before, fidelity.characters.after), (8, 8));
}

#[test]
fn modes_and_links_follow_the_pack() {
    let file = b"{\\rtf1{\\info{\\title T}}a{\\field{\\*\\fldinst HYPERLINK \"https://a/\"}{\\fldrslt l}}{\\annotation note}\\par}";
    let in_mode = |mode| {
        let mut job = job();
        job.policy.modes.insert(Kind::Rtf, mode);
        run_job(&job, file)
    };
    assert_eq!(clean(&in_mode(Mode::Strict)), "{\\rtf1 a{{ l}}\\par}");
    let plain = in_mode(Mode::TextOnly);
    assert_eq!((plain.report.clean_name.as_str(), plain.report.road), ("a.txt", Some(Road::Text)));
    assert_eq!(plain.clean.as_deref(), Some(b"a l\n".as_slice()));
    assert_eq!(in_mode(Mode::ImagePdf).report.reason, Some(Reason::NotRebuilt));
    let mut no_links = job();
    no_links.policy.links = LinkPolicy::Remove;
    assert_eq!(threats(&run_job(&no_links, file)), [Threat::Hyperlink]);
}

#[test]
fn a_mark_is_written_once_and_replaced() {
    for file in [
        b"{\\rtf1{\\fonttbl{\\f0 x;}}\\pard a\\par}".as_slice(),
        b"{\\rtf1{\\fonttbl{\\f0 x;}}\\deff0 text}",
        b"{\\rtf1{\\fonttbl{\\f0 x;}}{\\header\\pard h\\par}\\pard a\\par}",
    ] {
        let mut job = job();
        let mark =
            |label: &str, level: &str| Some(Mark { label: label.to_owned(), levels: vec![level.to_owned()] });
        job.mark = mark("C-2", "c2");
        let first = run_job(&job, file);
        let written = clean(&first);
        assert_eq!(written.matches("bkmkstart SekishoMark}C-2").count(), 1, "{written}");
        assert_eq!(written.matches("{\\propname SekishoMark-levels}\\proptype30{\\staticval c2}").count(), 1);
        assert!(written.find("\\header").unwrap() > written.find("\\fonttbl").unwrap());
        let second = run_job(&job, first.clean.as_ref().unwrap());
        assert_eq!((clean(&second), second.report.removals.len()), (written.clone(), 0));
        job.mark = mark("C-3", "c3");
        let third = clean(&run_job(&job, first.clean.as_ref().unwrap()));
        assert!(third.contains("C-3") && !third.contains("C-2") && !third.contains("c2"), "{third}");
        job.mark = None;
        let kept = run_job(&job, first.clean.as_ref().unwrap());
        assert_eq!((clean(&kept), kept.report.removals.len()), (written, 0));
    }
}

#[test]
fn a_mark_stands_inside_a_document_whose_text_is_all_in_groups() {
    let mut job = job();
    job.mark = Some(Mark { label: "C-2".to_owned(), levels: vec!["c2".to_owned()] });
    let written = clean(&run_job(&job, b"{\\rtf1{\\fonttbl{\\f0 x;}}{a}}"));
    assert!(written.contains("SekishoMark}C-2"), "{written}");
    let depth = |text: &str| text.matches('{').count() as i64 - text.matches('}').count() as i64;
    let (inside, end) = written.trim_end().rsplit_once('}').unwrap();
    assert_eq!((depth(inside), depth(inside.split_once("SekishoMark").unwrap().0) > 0, end), (1, true, ""));
}

#[test]
fn words_alone_hold_no_controls() {
    let mut job = job();
    job.policy.modes.insert(Kind::Rtf, Mode::TextOnly);
    let outcome = run_job(&job, b"{\\rtf1\\ansi\\ansicpg932 a\x7f\\'80\\u8238?b\\par}");
    assert_eq!(outcome.clean.as_deref(), Some(b"ab\n".as_slice()));
    assert_eq!(threats(&outcome)[..2], [Threat::HiddenData, Threat::HiddenData]);
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(512))]
    #[test]
    fn output_is_a_fixed_point(inner in "(\\{|\\}|\\\\\\*|\\\\(b|u12354|uc[0-3]|pict|field|fldinst|fldrslt|object|result|objdata|sp|sn|sv|info|title|evil|header|insrsid1|par|userprops|propname|shppict|nonshppict|bin2|pngblip) ?|[a-z0-9 ;-]|\\\\'[0-9a-f]{2}|\\\\[~\\-*{}\\\\]|あ){0,40}") {
        let mut depth = 0i32;
        let balanced: String = inner.chars().filter(|c| {
            match c { '{' => depth += 1, '}' if depth == 0 => return false, '}' => depth -= 1, _ => {} }
            true
        }).collect();
        let file = format!("{{\\rtf1 {balanced}{}}}", "}".repeat(depth as usize));
        let outcome = run(file.as_bytes());
        if let Some(clean) = outcome.clean {
            let again = run(&clean);
            prop_assert!(again.report.removals.is_empty(), "{:?}\n{}", again.report.removals, String::from_utf8_lossy(&clean));
            prop_assert_eq!(String::from_utf8(again.clean.unwrap()).unwrap(), String::from_utf8(clean).unwrap());
        }
    }

    #[test]
    fn any_bytes_end(bytes in prop::collection::vec(any::<u8>(), 0..300)) {
        let _ = run(&[b"{\\rtf1 ".as_slice(), &bytes, b"}"].concat());
    }
}
