//! Tests of calendars and cards.
//!
//! Owns: samples made here, good and bad. Leaves to others: real files (the worker's corpus test).

use super::*;
use crate::trial;
use proptest::prelude::*;
use worker_protocol::{Kept, Outcome, Verdict};

fn run(bytes: &[u8], name: &str, mode: Mode) -> Outcome {
    let mut job = trial::job(name);
    job.policy.modes.insert(Kind::Calendar, mode);
    job.policy.modes.insert(Kind::Contact, mode);
    trial::run(&job, bytes)
}

fn event(lines: &str) -> (String, Vec<Threat>) {
    let lines = lines.replace('\n', "\r\n");
    let given = format!(
        "BEGIN:VCALENDAR\r\nVERSION:2.0\r\nBEGIN:VEVENT\r\n{lines}\r\nEND:VEVENT\r\nEND:VCALENDAR\r\n"
    );
    let outcome = run(given.as_bytes(), "a.ics", Mode::Rebuild);
    let clean =
        String::from_utf8(outcome.clean.unwrap_or_else(|| panic!("{given} {:?}", outcome.report.reason)))
            .unwrap();
    let inner = clean.split_once("BEGIN:VEVENT\r\n").unwrap().1.split_once("END:VEVENT").unwrap().0;
    (
        inner.replace("\r\n", "\n").trim_end().to_owned(),
        outcome.report.removals.iter().map(|r| r.what).collect(),
    )
}

#[test]
fn dates_stay_and_what_fetches_or_runs_goes() {
    use Threat::{Action, Attachment, Extension, ExternalContent, Hyperlink, Script, Unknown};
    let alarm = "BEGIN:VALARM\nACTION:DISPLAY\nTRIGGER:-PT15M\nDESCRIPTION:会議\nEND:VALARM";
    let rows: [(&str, &str, &[Threat]); 15] = [
        ("SUMMARY:定例\n 会議", "SUMMARY:定例会議", &[]),
        ("DTSTART;TZID=Asia/Tokyo:20260401T090000", "DTSTART;TZID=Asia/Tokyo:20260401T090000", &[]),
        (
            "ATTENDEE;CN=\"山田; 太郎\";X-A=b:mailto:a@b.example",
            "ATTENDEE;CN=\"山田; 太郎\":mailto:a@b.example",
            &[Extension],
        ),
        ("URL:https://a.example/", "URL:https://a.example/", &[]),
        ("URL:file:///c:/a.exe", "", &[Hyperlink]),
        ("SUMMARY;=\";=\":a", "SUMMARY:a", &[Extension]),
        ("ATTACH:http://a/b.exe", "", &[ExternalContent]),
        ("ATTACH;VALUE=BINARY;ENCODING=BASE64:TVqQ", "", &[Attachment]),
        ("DESCRIPTION;ALTREP=\"cid:x\":a", "DESCRIPTION:a", &[ExternalContent]),
        ("X-ALT-DESC;FMTTYPE=text/html:<script>x</script>", "", &[Script, Extension]),
        ("X-ALT-DESC;FMTTYPE=text/x:<b>x</b>", "", &[Extension]),
        (
            "X-ALT-DESC;FMTTYPE=text/html:<!DOCTYPE html>\\n<p onclick=x>a\\, b\\;\\\\n</p><a href=javascript:x>c</a>",
            "X-ALT-DESC;FMTTYPE=text/html:<!DOCTYPE html>\\n<html>\\n<head><meta charset=\"\n utf-8\"></head><body><p>a\\, b\\;\\\\n</p><a>c</a></body></html>",
            &[Script, Hyperlink],
        ),
        (alarm, alarm, &[]),
        (
            "BEGIN:VALARM\nACTION:PROCEDURE\nATTACH:file:calc.exe\nEND:VALARM\nSUMMARY:a",
            "SUMMARY:a",
            &[Action],
        ),
        ("BEGIN:X-COMP\nA:b\nEND:X-COMP\nnonsense\nSUMMARY:a", "SUMMARY:a", &[Unknown, Unknown]),
    ];
    for (given, expected, lost) in rows {
        assert_eq!(event(given), (expected.to_owned(), lost.to_vec()), "{given}");
    }
    let long = format!("DESCRIPTION:{}", "あ".repeat(60));
    let (folded, _) = event(&long);
    assert!(folded.lines().all(|line| line.len() <= 76));
    assert_eq!(folded.replace("\n ", ""), long);
}

#[test]
fn cards_of_telephones_keep_names_and_pictures() {
    let photo = transfer::base64(&picture::placeholder().unwrap());
    let sjis: String =
        encoding_rs::SHIFT_JIS.encode("山田;太郎").0.iter().map(|b| format!("={b:02X}")).collect();
    let given = format!(
        "BEGIN:VCARD\r\nVERSION:2.1\r\nN;CHARSET=SHIFT_JIS;ENCODING=QUOTED-PRINTABLE:{}=\r\n{}\r\n\
         SOUND;X-IRMC-N;CHARSET=SHIFT_JIS:ﾔﾏﾀﾞ;ﾀﾛｳ\r\nTEL;CELL:090-0000-0000\r\nPHOTO;TYPE=PNG;ENCODING=BASE64:\r\n {photo}\r\n\r\n\
         PHOTO;VALUE=URL:http://a/b.png\r\nKEY:x\r\nURL:javascript:x\r\nEND:VCARD\r\n",
        sjis.get(..9).unwrap(),
        sjis.get(9..).unwrap()
    );
    let outcome = run(&encoding_rs::SHIFT_JIS.encode(&given).0, "a.vcf", Mode::Rebuild);
    let clean = text::decode(&outcome.clean.unwrap()).unwrap().text;
    let words = unfold(&clean)
        .iter()
        .find_map(|(_, line)| Property::read(line).filter(|p| p.name == "N"))
        .unwrap()
        .words();
    assert_eq!(words, "山田;太郎");
    assert!(
        clean.contains("SOUND;X-IRMC-N;CHARSET=SHIFT_JIS:ﾔﾏﾀﾞ;ﾀﾛｳ")
            && clean.contains("TEL;CELL:090-0000-0000"),
        "{clean}"
    );
    assert!(!clean.contains("javascript") && !clean.contains("http:") && !clean.contains("KEY"));
    let fidelity = outcome.report.fidelity.unwrap();
    assert_eq!(fidelity.pictures, Kept { before: 2, after: 1 });
    assert!(fidelity.characters.after <= fidelity.characters.before);
}

#[test]
fn text_and_bad_input() {
    let given = "BEGIN:VCALENDAR\nBEGIN:VEVENT\nSUMMARY:会議\\, 午後\nEND:VEVENT\nEND:VCALENDAR\n";
    let text = run(given.as_bytes(), "a.ics", Mode::TextOnly);
    assert_eq!(String::from_utf8(text.clean.unwrap()).unwrap(), "SUMMARY: 会議, 午後\n\n");
    let rows = [
        "BEGIN:VCALENDAR\n",
        "BEGIN:VCALENDAR\nEND:VEVENT\n",
        "BEGIN:VCALENDAR\nBEGIN:VEVENT\nBEGIN:VALARM\n",
        "BEGIN:VCALENDAR\nEND:VCALENDAR\nSUMMARY:a\n",
        &format!("BEGIN:VCALENDAR\n{}", "BEGIN:VEVENT\n".repeat(50_000)),
    ];
    for given in rows {
        assert_eq!(
            run(given.as_bytes(), "a.ics", Mode::Rebuild).report.reason,
            Some(Reason::Damaged),
            "{given:.40}"
        );
    }
}

proptest! {
    #[test]
    fn a_second_pass_finds_nothing(lines in "((SUMMARY|URL|ATTACH|X-A|N)(;[A-Z]{0,4}=?\"?[a-z:]{0,3}\"?){0,2}:?[a-zあ:/=\\\\]{0,8}\n| x\n|BEGIN:VALARM\n|END:VALARM\n){0,10}") {
        let given = format!("BEGIN:VCALENDAR\nBEGIN:VEVENT\n{lines}END:VEVENT\nEND:VCALENDAR\n");
        if let Some(clean) = run(given.as_bytes(), "a.ics", Mode::Rebuild).clean {
            let again = run(&clean, "a.ics", Mode::Rebuild);
            prop_assert_eq!(again.report.verdict, Verdict::Clean);
            prop_assert_eq!(again.clean.unwrap(), clean);
        }
    }
}
