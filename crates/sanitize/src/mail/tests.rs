//! Tests of mail. An independent reader says what came out.
//!
//! Owns: samples made here, good and bad. Leaves to others: real files (the worker's corpus test).

use super::*;
use crate::trial;
use encoding_rs::{ISO_2022_JP, SHIFT_JIS};
use mail_parser::{MessageParser, MimeHeaders};
use proptest::prelude::*;
use worker_protocol::{Job, Mark, Outcome};

fn run_as(bytes: &[u8], name: &str, mode: Mode) -> Outcome {
    let mut job = trial::job(name);
    job.policy.modes.insert(Kind::Mail, mode);
    job.policy.modes.insert(Kind::OutlookMessage, mode);
    job.notes = Notes {
        name_ending: "除去".to_owned(),
        reasons: Reason::ALL.iter().map(|r| (*r, format!("{{name}} [{}]\r\n", r.id()))).collect(),
    };
    trial::run(&job, bytes)
}

fn run(bytes: &[u8]) -> Outcome {
    run_as(bytes, "a.eml", Mode::Rebuild)
}

/// What an independent reader finds: subject, words, page, names of attachments.
fn read(clean: &[u8]) -> (String, String, String, Vec<String>) {
    assert!(clean.is_ascii());
    let message = MessageParser::default().parse(clean).unwrap();
    let name = |part: &mail_parser::MessagePart<'_>| part.attachment_name().unwrap_or_default().to_owned();
    (
        message.subject().unwrap_or_default().to_owned(),
        message.body_text(0).unwrap_or_default().into_owned(),
        message
            .html_part(0)
            .map(|part| part.text_contents().unwrap_or_default().to_owned())
            .unwrap_or_default(),
        message.attachments().map(name).filter(|name| !name.is_empty()).collect(),
    )
}

fn multipart(subtype: &str, parts: &[&[u8]]) -> Vec<u8> {
    let mut out = format!("From: =?UTF-8?B?5bGx55Sw?= <a@b.example>\r\nTo: c@d.example\r\nReceived: x\r\nSubject: =?ISO-2022-JP?B?{}?=\r\nMIME-Version: 1.0\r\nContent-Type: multipart/{subtype}; boundary=\"==b\"\r\n\r\n", transfer::base64(&ISO_2022_JP.encode("お知らせ").0)).into_bytes();
    for part in parts {
        out.extend_from_slice(b"--==b\r\n");
        out.extend_from_slice(part);
        out.extend_from_slice(b"\r\n");
    }
    out.extend_from_slice(b"--==b--\r\n");
    out
}

#[test]
fn words_in_any_encoding_and_attachments_of_any_name_come_out() {
    let words = [
        b"Content-Type: text/plain; charset=ISO-2022-JP\r\nContent-Transfer-Encoding: 7bit\r\n\r\n"
            .as_slice(),
        &ISO_2022_JP.encode("会議を開きます。\r\n.\r\nFrom here").0,
    ]
    .concat();
    let raw_name = [
        b"Content-Type: application/octet-stream\r\nContent-Disposition: attachment; filename=\"".as_slice(),
        &SHIFT_JIS.encode("予定表ソ.txt").0,
        b"\"\r\n\r\nplan",
    ]
    .concat();
    let exe =
        b"Content-Type: text/plain; name=report.txt.exe\r\nContent-Transfer-Encoding: base64\r\n\r\nTVqQAA=="
            .as_slice();
    let bidi = "Content-Type: text/plain\r\nContent-Disposition: attachment; filename*=UTF-8''a%E2%80%AEtxt.csv\r\n\r\n1,=2".as_bytes();
    let outcome = run(&multipart("mixed", &[&words, &raw_name, exe, bidi]));
    assert_eq!(outcome.report.verdict, Verdict::Partial);
    let (subject, text, _, names) = read(outcome.clean.as_ref().unwrap());
    assert_eq!((subject.as_str(), text.trim_end()), ("お知らせ", "会議を開きます。\r\n.\r\nFrom here"));
    assert_eq!(names, ["予定表ソ.txt", "atxt.csv"]);
    let reasons: Vec<_> = outcome.report.members.iter().map(|m| m.report.reason).collect();
    assert_eq!(reasons, [None, Some(Reason::Executable), None]);
    let all = String::from_utf8(outcome.clean.unwrap()).unwrap();
    assert!(!all.contains("Received") && !all.contains("TVqQAA"));
    let removed = MessageParser::default().parse(all.as_bytes()).unwrap();
    assert!(
        removed.text_bodies().any(|part| part
            .text_contents()
            .is_some_and(|text| text.contains("report.txt.exe [executable]")))
    );
}

#[test]
fn pages_are_cleaned_and_show_the_pictures_that_came_along() {
    let png = crate::picture::placeholder().unwrap();
    let page = "Content-Type: text/html; charset=utf-8\r\n\r\n<p>住民<img src=\"cid:pic@x\"><img src=\"cid:none\"><img src=http://t/1.gif><script>x</script>".as_bytes();
    let picture = format!(
        "Content-Type: image/png\r\nContent-ID: <pic@x>\r\nContent-Transfer-Encoding: base64\r\n\r\n{}",
        transfer::base64_lines(&png)
    );
    let outcome = run(&multipart("related", &[page, picture.as_bytes()]));
    let clean = outcome.clean.unwrap();
    let (_, _, html, _) = read(&clean);
    assert!(
        html.contains("<img src=\"cid:pic@x\">") && html.contains("<img><img>") && !html.contains("script"),
        "{html}"
    );
    assert!(String::from_utf8(clean).unwrap().contains("Content-ID: <pic@x>"));
    let threats: Vec<Threat> = outcome.report.removals.iter().map(|r| r.what).collect();
    assert!(threats.contains(&Threat::Script) && threats.contains(&Threat::ExternalContent));
}

#[test]
fn an_invitation_stays_one() {
    let given = "Content-Type: text/calendar; method=REQUEST\r\n\r\nBEGIN:VCALENDAR\r\nBEGIN:VEVENT\r\nSUMMARY:会議\r\n\
        ATTACH:http://a/b.exe\r\nEND:VEVENT\r\nEND:VCALENDAR\r\n";
    let clean = run(&multipart("mixed", &[b"\r\nwords", given.as_bytes()])).clean.unwrap();
    let message = MessageParser::default().parse(&clean).unwrap();
    let part = message.attachments().find(|part| part.attachment_name() == Some("attachment.ics")).unwrap();
    let words = part.text_contents().unwrap();
    assert!(words.contains("SUMMARY:会議") && !words.contains("ATTACH"), "{words}");
}

#[test]
fn attached_texts_keep_their_alphabet() {
    use encoding_rs::{EUC_JP, KOI8_R, WINDOWS_1252};
    let rows = [
        ("a.txt", "iso-8859-1", WINDOWS_1252, "Die Fr\u{f6}sche am See", "windows-1252"),
        ("a.txt", "koi8-r", KOI8_R, "Привет всем", "UTF-8"),
        ("a.txt", "shift_jis", SHIFT_JIS, "予定表ソ", "Shift_JIS"),
        ("a.csv", "euc-jp", EUC_JP, "あいうえお,b", "EUC-JP"),
        ("a.txt", "iso-2022-jp", ISO_2022_JP, "予定表", "ISO-2022-JP"),
        // A label that is put on everything.
        ("a.csv", "us-ascii", SHIFT_JIS, "予定表,b", "Shift_JIS"),
        ("a.txt", "iso-8859-1", SHIFT_JIS, "予定表ソ", "Shift_JIS"),
        ("a.txt", "none", encoding_rs::UTF_8, "予定表", "UTF-8"),
        ("a.txt", "koi8-r", encoding_rs::UTF_8, "words", ""),
    ];
    for (name, label, encoding, words, expected) in rows {
        let head = format!(
            "Content-Type: text/plain; charset={label}\r\nContent-Disposition: attachment; filename={name}\r\n\r\n"
        );
        let part = [head.as_bytes(), &encoding.encode(words).0].concat();
        let outcome = run(&multipart("mixed", &[b"\r\nwords", &part]));
        let clean = outcome.clean.unwrap();
        let message = MessageParser::default().parse(&clean).unwrap();
        let part = message.attachments().next();
        let part = part.unwrap_or_else(|| panic!("{name} {label}: {:?}", outcome.report.members));
        let charset = part.content_type().unwrap().attribute("charset").unwrap_or_default();
        assert_eq!((charset, part.text_contents().unwrap_or_default()), (expected, words), "{name} {label}");
    }
}

#[test]
fn parts_may_be_bytes_as_they_are() {
    let wide: Vec<u8> = "会議 plan\n".encode_utf16().flat_map(u16::to_le_bytes).collect();
    let head = b"Content-Type: text/plain; charset=utf-16le\r\nContent-Transfer-Encoding: binary\r\n\r\n";
    let outcome = run(&multipart("mixed", &[&[head.as_slice(), &wide].concat()]));
    assert_eq!(read(&outcome.clean.unwrap()).1.trim(), "会議 plan");
}

#[test]
fn modes() {
    let plain = "Content-Type: text/plain; charset=utf-8\r\n\r\n本文 https://a.example/".as_bytes();
    let page =
        "Content-Type: text/html; charset=utf-8\r\n\r\n<p>本文<a href='https://a.example/'>a</a>".as_bytes();
    let both = multipart("alternative", &[plain, page]);
    let (_, text, html, _) = read(&run(&both).clean.unwrap());
    assert!(text.contains("本文") && html.contains("href=\"https://a.example/\""));
    let strict = run_as(&both, "a.eml", Mode::Strict).clean.unwrap();
    assert!(!String::from_utf8(strict).unwrap().contains("text/html"));
    let only_page = run_as(&multipart("mixed", &[page]), "a.eml", Mode::Strict).clean.unwrap();
    assert_eq!(read(&only_page).1.trim(), "本文a");
    let text = run_as(&both, "a.eml", Mode::TextOnly);
    assert_eq!((text.report.clean_kind, text.report.road), (Some(Kind::Text), Some(Road::Text)));
    let words = String::from_utf8(text.clean.unwrap()).unwrap();
    assert_eq!(
        words,
        "From: 山田 <a@b.example>\nTo: c@d.example\nSubject: お知らせ\n\n本文 https://a.example/\n"
    );
}

#[test]
fn envelopes_of_other_programs_are_opened() {
    let tnef = tnef::tests::sample(b"short.txt\0", "長い名前.txt", b"hello");
    let part = format!(
        "Content-Type: application/ms-tnef; name=winmail.dat\r\nContent-Transfer-Encoding: base64\r\n\r\n{}",
        transfer::base64_lines(&tnef)
    );
    let (_, text, _, names) = read(&run(&multipart("mixed", &[part.as_bytes()])).clean.unwrap());
    assert_eq!((text.trim(), names.as_slice()), ("本文です", ["長い名前.txt".to_owned()].as_slice()));
    let inner = b"Content-Type: text/plain\r\n\r\nsigned words";
    let signed = transfer::base64_lines(&cms::tests::signed(inner));
    let given = format!(
        "From: a@b.example\r\nTo: c@d.example\r\nContent-Type: application/pkcs7-mime; smime-type=signed-data\r\nContent-Transfer-Encoding: base64\r\n\r\n{signed}"
    );
    let outcome = run(given.as_bytes());
    assert_eq!(read(outcome.clean.as_ref().unwrap()).1.trim(), "signed words");
    assert!(outcome.report.removals.iter().any(|r| r.what == Threat::Signature));
    let uuencoded = "From: a@b.example\nTo: c@d.example\n\nhello\nbegin 644 a.txt\n#0V%T\n`\nend\nbye\n";
    let (_, text, _, names) = read(&run(uuencoded.as_bytes()).clean.unwrap());
    assert_eq!(
        (text.replace("\r\n", "\n").trim(), names.as_slice()),
        ("hello\nbye", ["a.txt".to_owned()].as_slice())
    );
}

#[test]
fn no_file_hides_between_words() {
    let head = "From: a@b.example\nTo: c@d.example\n\n";
    let file = "begin 644 a.txt\n#0V%T\n`\nend\n";
    let exe = "begin 644 a.exe\n\"35H`\n`\nend\n";
    let controlled = exe.replace("35H", "3\u{7}5H");
    let around = exe.replace("`\nend", &format!("{file}`\nend"));
    let deep = (0..12).fold(file.to_owned(), |inside, _| file.replace("`\nend", &format!("{inside}`\nend")));
    let rows = [
        (controlled, None),
        (around, None),
        (format!("begin 644 nothing\nlower case\n{exe}"), None),
        (deep, Some(Reason::TooComplex)),
    ];
    for (words, reason) in rows {
        let outcome = run(format!("{head}{words}").as_bytes());
        assert_eq!(outcome.report.reason, reason, "{words}");
        let Some(clean) = outcome.clean else { continue };
        assert!(
            outcome.report.members.iter().any(|m| m.report.reason == Some(Reason::Executable)),
            "{words}"
        );
        assert_eq!(run(&clean).report.verdict, Verdict::Clean, "{words}");
    }
}

#[test]
fn what_cannot_be_looked_at_does_not_pass() {
    let encrypted = "From: a@b.example\r\nTo: c@d.example\r\nContent-Type: multipart/encrypted; boundary=b\r\n\r\n--b\r\n\r\nx\r\n--b--";
    assert_eq!(run(encrypted.as_bytes()).report.reason, Some(Reason::PasswordNeeded));
    for kind in
        ["message/partial; id=x; number=1", "message/external-body; access-type=URL; URL=\"http://a/b.exe\""]
    {
        let part = format!("Content-Type: {kind}\r\n\r\nContent-Type: text/plain\r\n\r\nx");
        let outcome = run(&multipart("mixed", &[b"\r\nwords", part.as_bytes()]));
        assert!(outcome.report.removals.iter().any(|r| r.what == Threat::ExternalContent), "{kind}");
        assert!(!String::from_utf8(outcome.clean.unwrap()).unwrap().contains("http://a/b.exe"));
    }
    let mut nested = b"From: a@b.example\r\nTo: c@d.example\r\n\r\ninnermost".to_vec();
    for _ in 0..8 {
        let head = b"From: a@b.example\r\nTo: c@d.example\r\nContent-Type: message/rfc822\r\n\r\n";
        nested = [head.as_slice(), &nested].concat();
    }
    let outcome = run(&nested);
    assert!(outcome.report.removals.iter().any(|r| r.what == Threat::MemberPart));
    assert!(!String::from_utf8(outcome.clean.unwrap()).unwrap().contains("innermost"));
    let two =
        run(b"From: a@b.example\r\nFrom: evil@c.example\r\nTo: d@e.example\r\nSubject: a\r\n b\r\n\r\nx");
    let clean = String::from_utf8(two.clean.unwrap()).unwrap();
    assert!(!clean.contains("evil") && clean.contains("Subject: a b\r\n"), "{clean}");
}

#[test]
fn a_mark_stands_before_the_subject_once() {
    let run = |message: &[u8], label: &str| {
        let mark = Some(Mark { label: label.to_owned(), levels: vec!["c2".to_owned()] });
        let job = Job { mark, ..trial::job("a.eml") };
        crate::sanitise(&job, message.to_vec(), &mut |_, _| ()).clean.unwrap()
    };
    let once = run(&multipart("mixed", &[b"\r\nwords"]), "機密性2");
    assert_eq!(read(&once).0, "【機密性2】お知らせ");
    assert!(String::from_utf8(once.clone()).unwrap().contains("X-Classification: c2\r\n"));
    assert_eq!(read(&run(&once, "機密性2")).0, "【機密性2】お知らせ");
    assert_eq!(read(&run(&once, "機密性3")).0, "【機密性3】お知らせ");
}

/// A message of Outlook with words, a recipient, an attachment and a message inside.
fn outlook(body: &str) -> Vec<u8> {
    use std::io::Write as _;
    let mut file = cfb::CompoundFile::create(std::io::Cursor::new(Vec::new())).unwrap();
    let mut put = |path: &str, bytes: &[u8]| {
        let (storage, _) = path.rsplit_once('/').unwrap();
        if !storage.is_empty() {
            file.create_storage_all(storage).unwrap();
        }
        file.create_stream(path).unwrap().write_all(bytes).unwrap();
    };
    let wide = |text: &str| text.encode_utf16().flat_map(u16::to_le_bytes).collect::<Vec<u8>>();
    let row = |id: u16, kind: u16, value: u64| {
        [&kind.to_le_bytes()[..], &id.to_le_bytes(), &[0; 4], &value.to_le_bytes()].concat()
    };
    // The second of April 2026, noon.
    put("/__properties_version1.0", &[vec![0; 32], row(0x0039, 0x0040, 134_196_048_000_000_000)].concat());
    put("/__substg1.0_0037001F", &wide("件名"));
    put("/__substg1.0_1000001F", &wide(body));
    put("/__substg1.0_0C1A001F", &wide("山田"));
    put("/__substg1.0_0C1F001F", &wide("a@b.example"));
    put(
        "/__recip_version1.0_#00000000/__properties_version1.0",
        &[vec![0; 8], row(0x0C15, 0x0003, 1)].concat(),
    );
    put("/__recip_version1.0_#00000000/__substg1.0_3001001F", &wide("宛先"));
    put("/__recip_version1.0_#00000000/__substg1.0_39FE001F", &wide("c@d.example"));
    put("/__attach_version1.0_#00000000/__substg1.0_3707001F", &wide("資料.txt"));
    put("/__attach_version1.0_#00000000/__substg1.0_37010102", b"attached");
    put("/__attach_version1.0_#00000001/__substg1.0_3001001F", &wide("転送"));
    put("/__attach_version1.0_#00000001/__substg1.0_3701000D/__properties_version1.0", &[0; 24]);
    put("/__attach_version1.0_#00000001/__substg1.0_3701000D/__substg1.0_1000001F", &wide("内側"));
    put("/__attach_version1.0_#00000002/__substg1.0_3707001F", &wide("object.ole"));
    file.into_inner().into_inner()
}

#[test]
fn a_message_of_outlook_becomes_mail() {
    let given = outlook("本文です");
    let outcome = run_as(&given, "a.msg", Mode::Rebuild);
    let report = &outcome.report;
    assert_eq!(
        (report.kind, report.clean_kind, report.road),
        (Some(Kind::OutlookMessage), Some(Kind::Mail), Some(Road::Converted))
    );
    assert_eq!(report.clean_name, "a.eml");
    let clean = outcome.clean.unwrap();
    let message = MessageParser::default().parse(&clean).unwrap();
    assert_eq!(message.subject(), Some("件名"));
    assert_eq!(message.from().and_then(|from| from.first()).and_then(|from| from.name()), Some("山田"));
    assert_eq!(message.to().and_then(|to| to.first()).and_then(|to| to.address()), Some("c@d.example"));
    assert_eq!(message.date().map(|date| date.to_rfc3339()).as_deref(), Some("2026-04-02T12:00:00Z"));
    assert_eq!(message.body_text(0).unwrap().trim(), "本文です");
    let inner = message.attachments().find_map(|part| part.message()).unwrap();
    assert_eq!(inner.body_text(0).unwrap().trim(), "内側");
    assert!(report.removals.iter().any(|r| r.what == Threat::EmbeddedObject));
    for length in (0..given.len()).step_by(512) {
        run_as(&given[..length], "a.msg", Mode::Rebuild);
    }
}

/// A message of Outlook with these numbers and streams.
fn outlook_of(numbers: &[(u16, u32)], streams: &[(&str, &[u8])]) -> Vec<u8> {
    let row = |(id, value): &(u16, u32)| {
        [&3u16.to_le_bytes()[..], &id.to_le_bytes(), &[0; 4], &value.to_le_bytes(), &[0xFF; 4]].concat()
    };
    let fixed = [vec![0; 32], numbers.iter().flat_map(row).collect()].concat();
    compound(&[streams, &[("/__properties_version1.0", fixed.as_slice())]].concat())
}

fn compound(streams: &[(&str, &[u8])]) -> Vec<u8> {
    use std::io::Write as _;
    let mut file = cfb::CompoundFile::create(std::io::Cursor::new(Vec::new())).unwrap();
    for (path, bytes) in streams {
        let (storage, _) = path.rsplit_once('/').unwrap();
        if !storage.is_empty() {
            file.create_storage_all(storage).unwrap();
        }
        file.create_stream(path).unwrap().write_all(bytes).unwrap();
    }
    file.into_inner().into_inner()
}

#[test]
fn strings_of_a_message_are_in_the_code_page_that_it_names() {
    use encoding_rs::{BIG5, EUC_JP, KOI8_R, UTF_8, WINDOWS_1251, WINDOWS_1252};
    const STRINGS: u16 = 0x3FFD;
    const NETWORK: u16 = 0x3FDE;
    const LOCALE: u16 = 0x3FF1;
    type Row<'a> =
        (&'a [(u16, u32)], &'static encoding_rs::Encoding, &'static encoding_rs::Encoding, &'a str);
    let rows: [Row<'_>; 11] = [
        (&[], SHIFT_JIS, SHIFT_JIS, "件名ソ表"),
        (&[(LOCALE, 1033)], SHIFT_JIS, SHIFT_JIS, "件名ソ表"),
        (&[(STRINGS, 932), (NETWORK, 65001)], SHIFT_JIS, UTF_8, "ｶﾅ"),
        (&[(NETWORK, 50220), (LOCALE, 1041)], SHIFT_JIS, ISO_2022_JP, "件名"),
        (&[(NETWORK, 51932)], SHIFT_JIS, EUC_JP, "件名"),
        (&[(NETWORK, 20127), (LOCALE, 1041)], SHIFT_JIS, SHIFT_JIS, "件名ソ表"),
        (&[(NETWORK, 65001), (LOCALE, 1031)], WINDOWS_1252, UTF_8, "Größe äöü"),
        (&[(NETWORK, 1251), (LOCALE, 1049)], WINDOWS_1251, WINDOWS_1251, "Тема письма"),
        (&[(NETWORK, 20866), (LOCALE, 1049)], WINDOWS_1251, KOI8_R, "Тема письма"),
        (&[(LOCALE, 1049)], WINDOWS_1251, WINDOWS_1251, "Тема письма"),
        (&[(NETWORK, 950), (LOCALE, 1028)], BIG5, BIG5, "格式測試"),
    ];
    for (numbers, of_strings, of_page, words) in rows {
        let narrow = [of_strings.encode(words).0.into_owned(), vec![0]].concat();
        let page = of_page.encode(&format!("<html><body><p>{words}</p></body></html>")).0.into_owned();
        let given = outlook_of(
            numbers,
            &[
                ("/__substg1.0_0037001E", &narrow),
                ("/__substg1.0_1000001E", &narrow),
                ("/__substg1.0_10130102", &page),
            ],
        );
        let clean = run_as(&given, "a.msg", Mode::Rebuild).clean.unwrap();
        let (subject, text, html, _) = read(&clean);
        assert_eq!((subject.as_str(), text.trim()), (words, words), "{numbers:?}");
        assert!(html.contains(&format!("<p>{words}</p>")), "{numbers:?}: {html}");
    }
}

#[test]
fn appointments_tasks_and_cards_keep_what_a_message_cannot_say() {
    let wide = |text: &str| text.encode_utf16().flat_map(u16::to_le_bytes).collect::<Vec<u8>>();
    let set = |which: u8| [which, 0x20, 6, 0, 0, 0, 0, 0, 0xC0, 0, 0, 0, 0, 0, 0, 0x46];
    let sets = [set(2), set(3), set(4)].concat();
    let row = |id: u16, kind: u16, value: u64| {
        [&kind.to_le_bytes()[..], &id.to_le_bytes(), &[0; 4], &value.to_le_bytes()].concat()
    };
    // The second of April 2026, noon.
    let noon = 134_196_048_000_000_000;
    type Row<'a> =
        (&'a str, &'a [(u32, u16)], &'a [(u16, u16, u64)], &'a [(u16, &'a str)], &'a str, &'a [&'a str]);
    let rows: [Row<'_>; 5] = [
        (
            "IPM.Appointment",
            &[(0x820D, 6), (0x8208, 6), (0x8215, 6)],
            &[(0x8000, 0x40, noon), (0x0061, 0x40, noon + 36_000_000_000), (0x8002, 0x0B, 0xFF01)],
            &[(0x8001, "第1会議室; 3階")],
            "appointment.ics",
            &[
                "SUMMARY:件名",
                "DTSTART:20260402T120000Z",
                "DTEND:20260402T130000Z",
                "LOCATION:第1会議室\\; 3階",
                "X-MICROSOFT-CDO-ALLDAYEVENT:TRUE",
            ],
        ),
        (
            "IPM.Schedule.Meeting.Canceled",
            &[],
            &[(0x0060, 0x40, noon)],
            &[],
            "appointment.ics",
            &["DTSTART:20260402T120000Z", "STATUS:CANCELLED"],
        ),
        (
            "IPM.Task",
            &[(0x8105, 8), (0x8101, 8), (0x8102, 8)],
            &[(0x8000, 0x40, noon), (0x8001, 3, 1), (0x8002, 5, 0.5f64.to_bits())],
            &[],
            "task.ics",
            &["DUE;VALUE=DATE:20260402", "STATUS:IN-PROCESS", "PERCENT-COMPLETE:50"],
        ),
        (
            "IPM.Contact",
            &[(0x8083, 10), (0x8046, 10), (0x802D, 10)],
            &[],
            &[
                (0x3A11, "山田"),
                (0x3A06, "太郎"),
                (0x3A16, "市役所"),
                (0x3A08, "03-0000-0000"),
                (0x3A51, "www.city.example"),
                (0x8000, "a@b.example"),
                (0x8001, "東京"),
                (0x8002, "やまだ"),
            ],
            "contact.vcf",
            &[
                "N:山田;太郎;;;",
                "ORG:市役所;",
                "TEL;TYPE=WORK,VOICE:03-0000-0000",
                "EMAIL;TYPE=INTERNET:a@b.example",
                "ADR;TYPE=WORK:;;;東京;;;",
                "X-PHONETIC-LAST-NAME:やまだ",
                "URL:http://www.city.example",
            ],
        ),
        // A day of the year 4501 is none, and a note is no more than a message.
        ("IPM.Appointment", &[], &[(0x0060, 0x40, 915_151_392_000_000_000)], &[], "", &[]),
    ];
    for (class, names, fixed, texts, file, expected) in rows {
        let names = names.iter().enumerate().flat_map(|(at, (name, set))| {
            [&name.to_le_bytes()[..], &set.to_le_bytes(), &u16::try_from(at).unwrap().to_le_bytes()].concat()
        });
        let names: Vec<u8> = names.collect();
        let fixed: Vec<u8> = fixed.iter().flat_map(|(id, kind, value)| row(*id, *kind, *value)).collect();
        let mut streams: Vec<(String, Vec<u8>)> = texts
            .iter()
            .chain(&[(0x001A, class), (0x0037, "件名"), (0x1000, "本文")])
            .map(|(id, said)| (format!("/__substg1.0_{id:04X}001F"), wide(said)))
            .collect();
        streams.push(("/__nameid_version1.0/__substg1.0_00020102".to_owned(), sets.clone()));
        streams.push(("/__nameid_version1.0/__substg1.0_00030102".to_owned(), names));
        streams.push(("/__properties_version1.0".to_owned(), [vec![0; 32], fixed].concat()));
        let streams: Vec<(&str, &[u8])> = streams.iter().map(|(p, b)| (p.as_str(), b.as_slice())).collect();
        let outcome = run_as(&compound(&streams), "a.msg", Mode::Rebuild);
        let clean = outcome.clean.unwrap();
        let message = MessageParser::default().parse(&clean).unwrap();
        assert_eq!(message.body_text(0).unwrap().trim(), "本文");
        let part = message.attachments().next();
        assert_eq!(part.and_then(|part| part.attachment_name()).unwrap_or_default(), file, "{class}");
        let said = part.and_then(|part| part.text_contents()).unwrap_or_default().replace("\r\n ", "");
        for line in expected {
            assert!(said.lines().any(|known| known == *line), "{class}: {line}: {said}");
        }
    }
}

#[test]
fn fields_of_bare_bytes_are_in_the_alphabet_of_the_words() {
    use encoding_rs::{BIG5, EUC_KR, KOI8_R};
    let rows = [
        ("koi8-r", KOI8_R, "Привет всем"),
        ("big5", BIG5, "格式測試"),
        ("euc-kr", EUC_KR, "안녕하세요"),
        // A label that is put on everything.
        ("iso-8859-1", SHIFT_JIS, "お知らせ"),
        ("iso-2022-jp", SHIFT_JIS, "お知らせ"),
    ];
    for (label, encoding, words) in rows {
        let head = format!("From: {words} <a@b.example>\nTo: c@d.example\nSubject: {words}\n");
        let given = [
            &*encoding.encode(&head).0,
            format!("Content-Type: text/plain; charset={label}\n\nx").as_bytes(),
        ]
        .concat();
        let clean = run(&given).clean.unwrap();
        assert_eq!(read(&clean).0, words, "{label}");
        let message = MessageParser::default().parse(&clean).unwrap();
        assert_eq!(
            message.from().and_then(|from| from.first()).and_then(|from| from.name()),
            Some(words),
            "{label}"
        );
    }
}

#[test]
fn a_message_with_an_old_document_is_a_message() {
    let mut document = cfb::CompoundFile::create(std::io::Cursor::new(Vec::new())).unwrap();
    document.create_stream("/WordDocument").unwrap();
    let document = document.into_inner().into_inner();
    let given = outlook_of(
        &[],
        &[
            ("/__substg1.0_1000001E", b"words"),
            ("/__attach_version1.0_#00000000/__substg1.0_3707001E", b"a.doc"),
            ("/__attach_version1.0_#00000000/__substg1.0_37010102", &document),
        ],
    );
    let outcome = run_as(&given, "a.msg", Mode::Rebuild);
    assert_eq!(outcome.report.kind, Some(Kind::OutlookMessage));
    assert_eq!(outcome.report.members.len(), 1);
    assert_eq!(read(&outcome.clean.unwrap()).1.trim(), "words");
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(48))]

    #[test]
    fn the_same_words_come_out(words in "[ぁ-んァ-ヶ一-龠a-zA-Z0-9=.、 \n-]{0,80}", which in 0usize..3) {
        let (label, bytes) = match which {
            0 => ("UTF-8", words.clone().into_bytes()),
            1 => ("Shift_JIS", SHIFT_JIS.encode(&words).0.into_owned()),
            _ => ("ISO-2022-JP", ISO_2022_JP.encode(&words).0.into_owned()),
        };
        prop_assume!(which == 0 || ![SHIFT_JIS, ISO_2022_JP][which - 1].encode(&words).2);
        let given = [format!("From: a@b.example\nTo: c@d.example\nContent-Type: text/plain; charset={label}\n\n").into_bytes(), bytes].concat();
        let outcome = run(&given);
        let text = read(&outcome.clean.unwrap()).1.replace("\r\n", "\n");
        prop_assert_eq!(text.trim_end(), words.trim_end());
    }

    #[test]
    fn a_second_pass_finds_nothing(
        message in "(From: a@b\n|To: c\n|Subject: =\\?utf-8\\?q\\?a\\?=\n|Content-Type: (multipart/(mixed|related|signed); boundary=b|text/html|message/rfc822|image/png)\n|\n|--b\n|--b--\n|<p>a|<script>|words|\t|begin 644 a\n){0,20}"
    ) {
        let given = format!("From: a@b.example\nTo: c@d.example\n{message}");
        if let Some(clean) = run(given.as_bytes()).clean {
            let again = run(&clean);
            prop_assert_eq!(again.report.verdict, Verdict::Clean, "{:?} {}", again.report, String::from_utf8_lossy(&clean));
        }
    }
}

#[test]
fn what_was_signed_comes_out_of_an_envelope_that_was_saved_by_itself() {
    let message = "Content-Type: text/plain; charset=UTF-8\r\nSubject: 通知\r\n\r\n本文です。".as_bytes();
    let outcome = run_as(&cms::tests::signed(message), "smime.p7m", Mode::Rebuild);
    let report = &outcome.report;
    assert_eq!(
        (report.clean_kind, report.clean_name.as_str()),
        (Some(Kind::Mail), "smime.eml"),
        "{report:?}"
    );
    assert!(report.removals.iter().any(|r| r.what == Threat::Signature));
    assert!(read(outcome.clean.as_ref().unwrap()).1.contains("本文です。"));

    // Not a message was signed, but a file: that file is what a person wants to open.
    let twice = cms::tests::signed(&cms::tests::signed(b"<a>data</a>"));
    for (bytes, name, clean_name) in [
        (cms::tests::signed(b"<a>data</a>"), "届出.xml.p7m", "届出.xml"),
        (cms::tests::signed(b"<?xml version=\"1.0\"?><a>data</a>"), "smime.p7m", "smime.xml"),
        (twice, "届出.xml.p7m.P7M", "届出.xml"),
    ] {
        let outcome = run_as(&bytes, name, Mode::Rebuild);
        let report = &outcome.report;
        assert_eq!((report.clean_kind, report.road), (Some(Kind::Xml), Some(Road::Converted)), "{report:?}");
        assert_eq!(report.clean_name, clean_name);
        assert!(report.removals.iter().any(|r| r.what == Threat::Signature));
        let clean = String::from_utf8(outcome.clean.unwrap()).unwrap();
        assert!(clean.contains("<a>data</a>"), "{clean}");
    }

    let whole = cms::tests::signed(message);
    for length in 0..whole.len() {
        assert!(!run_as(&whole[..length], "smime.p7m", Mode::Rebuild).report.hands_over(), "{length}");
    }
    let sealed = [0x30, 0x0B, 0x06, 0x09, 0x2A, 0x86, 0x48, 0x86, 0xF7, 0x0D, 0x01, 0x07, 0x03];
    assert_eq!(run_as(&sealed, "smime.p7m", Mode::Rebuild).report.reason, Some(Reason::PasswordNeeded));
    assert_eq!(run_as(b"words", "smime.p7m", Mode::Rebuild).report.reason, Some(Reason::NameMismatch));
    let program = run_as(&cms::tests::signed(b"MZ\x90\0"), "setup.exe.p7m", Mode::Rebuild);
    assert_eq!(program.report.reason, Some(Reason::Executable));
    let mut deep = b"<a>data</a>".to_vec();
    for _ in 0..40 {
        deep = cms::tests::signed(&deep);
    }
    assert_eq!(run_as(&deep, "a.p7m", Mode::Rebuild).report.reason, Some(Reason::TooComplex));
    let inspected = run_as(&cms::tests::signed(b"<a>data</a>"), "a.xml.p7m", Mode::InspectOnly);
    assert_eq!(inspected.report.reason, Some(Reason::NotRebuilt));
}
