//! Archives made here, from harmless to hostile, through the whole road.

use std::collections::BTreeMap;
use std::io::{Cursor, Read, Write};

use ::tar::EntryType;
use ::zip::write::SimpleFileOptions;
use sevenz_rust2::EncoderMethod;
use worker_protocol::{Job, Notes, Outcome, Removal};

use super::samples::{checksum, gzip, lh5_of_one_byte, lha_member, seven_zip, seven_zip_of_one_block, tar};
use super::*;
use crate::trial;

fn job(name: &str, passwords: &[&str]) -> Job {
    let mut job = trial::job(name);
    job.hint.passwords = passwords.iter().map(|p| (*p).to_owned()).collect();
    job
}

fn run_as(job: &Job, bytes: Vec<u8>) -> Outcome {
    let outcome = crate::sanitise(job, bytes, &mut |_, _| ());
    assert!(outcome.report.is_consistent());
    outcome
}

fn run_named(name: &str, bytes: Vec<u8>, passwords: &[&str]) -> Outcome {
    run_as(&job(name, passwords), bytes)
}

fn run(bytes: Vec<u8>, passwords: &[&str]) -> Outcome {
    run_named("a.zip", bytes, passwords)
}

fn contents(outcome: &Outcome) -> Vec<(String, Vec<u8>)> {
    let clean = outcome.clean.as_ref().unwrap_or_else(|| panic!("{:?}", outcome.report));
    let mut archive = ::zip::ZipArchive::new(Cursor::new(clean)).unwrap();
    (0..archive.len())
        .map(|i| {
            let mut member = archive.by_index(i).unwrap();
            let mut bytes = Vec::new();
            member.read_to_end(&mut bytes).unwrap();
            (member.name().unwrap().into_owned(), bytes)
        })
        .collect()
}

fn found(outcome: &Outcome, threat: Threat) -> bool {
    outcome.report.removals.iter().any(|Removal { what, .. }| *what == threat)
}

#[test]
fn names_are_made_safe_and_unique() {
    let bytes = zip_writer::write([
        ("../../etc/a.txt", b"1".as_slice()),
        ("C:\\x\\b.txt", b"2"),
        ("/abs/CON.txt", b"3"),
        ("d/c.txt", b"4"),
        ("./d/c\u{202E}.txt", b"5"),
    ]);
    let outcome = run(bytes.unwrap(), &[]);
    let names: Vec<String> = contents(&outcome).into_iter().map(|(name, _)| name).collect();
    assert_eq!(names, ["etc/a.txt", "x/b.txt", "abs/_CON.txt", "d/c.txt", "d/c (2).txt"]);
    assert_eq!(outcome.report.members.len(), 5);
}

#[test]
fn a_name_in_cp932_is_read() {
    // The library writes UTF-8 only, so a name of the same length is put in its place afterwards.
    let mut bytes = zip_writer::write([("0123456789.txt", b"x".as_slice())]).unwrap();
    let name = SHIFT_JIS.encode("住民票台帳.txt").0;
    while let Some(at) = bytes.windows(14).position(|w| w == b"0123456789.txt") {
        bytes[at..at + 14].copy_from_slice(&name);
    }
    assert_eq!(contents(&run(bytes, &[]))[0].0, "住民票台帳.txt");
}

#[test]
fn what_is_said_of_a_member_is_what_became_of_it() {
    let changed = b"<html><body><p>words</p><script>go()</script></body></html>".as_slice();
    for (name, bytes, said_of_it, said_inside) in [
        ("d/plain.txt", b"x".as_slice(), vec![], vec![]),
        ("d\\plain.txt", b"x", vec![], vec![]),
        ("d/page.html", changed, vec![Threat::MemberPart], vec![Threat::Script]),
        ("d/tool.exe", b"MZ\x90\x00", vec![Threat::ArchiveMember], vec![]),
        ("../plain.txt", b"x", vec![Threat::FileName], vec![]),
        ("d/p\u{202E}lain.txt", b"x", vec![], vec![Threat::FileName]),
    ] {
        let outcome = run(zip_writer::write([(name, bytes), ("other.txt", b"y")]).unwrap(), &[]);
        let whats = |report: &Report| report.removals.iter().map(|r| r.what).collect::<Vec<_>>();
        assert_eq!(whats(&outcome.report), said_of_it, "{name}");
        assert_eq!(whats(&outcome.report.members[0].report), said_inside, "{name}");
    }
}

#[test]
fn what_may_not_pass_is_left_out_and_reported() {
    let bytes = zip_writer::write([
        ("a.exe", b"MZ".as_slice()),
        ("b.txt", b"ok"),
        ("c.doc", b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1"),
    ]);
    let outcome = run(bytes.unwrap(), &[]);
    assert_eq!(outcome.report.verdict, Verdict::Partial);
    assert_eq!(contents(&outcome), [("b.txt".to_owned(), b"ok".to_vec())]);
    let reasons: Vec<_> = outcome.report.members.iter().map(|m| m.report.reason).collect();
    assert_eq!(reasons, [Some(Reason::Executable), None, Some(Reason::UnknownKind)]);
    let nothing = run(zip_writer::write([("a.exe", b"MZ".as_slice())]).unwrap(), &[]);
    assert_eq!(nothing.report.reason, Some(Reason::NothingLeft));
}

#[test]
fn a_refused_archive_says_why_each_member_was_left_out() {
    let reasons = |outcome: &Outcome| -> Vec<(String, Option<Reason>)> {
        let members = outcome.report.members.iter();
        members.map(|m| (m.untrusted_name.clone(), m.report.reason)).collect()
    };
    let inner = zip_writer::write([("b.exe", b"MZ".as_slice())]).unwrap();
    let outcome = run(zip_writer::write([("a.exe", b"MZ".as_slice()), ("in.zip", &inner)]).unwrap(), &[]);
    assert_eq!((outcome.report.reason, outcome.clean.is_some()), (Some(Reason::NothingLeft), false));
    assert_eq!(
        reasons(&outcome),
        [("a.exe".to_owned(), Some(Reason::Executable)), ("in.zip".to_owned(), Some(Reason::NothingLeft))]
    );
    assert_eq!(outcome.report.members[1].report.members[0].report.reason, Some(Reason::Executable));
    let zeros = gzip(&vec![0; 12 << 20], None);
    let outcome = run(zip_writer::write([("a.txt", b"ok".as_slice()), ("b.txt.gz", &zeros)]).unwrap(), &[]);
    assert_eq!(outcome.report.reason, Some(Reason::Bomb));
    assert_eq!(reasons(&outcome)[1], ("b.txt.gz".to_owned(), Some(Reason::Bomb)));
}

#[test]
fn what_is_empty_is_kept_and_nothing_is_missed() {
    let members: [(&str, &[u8]); 5] =
        [("a.txt", b"ok"), ("d/leer.docx", b""), ("empty/", b""), ("d/", b""), ("../x/y/", b"")];
    let outcome = run(zip_writer::write(members).unwrap(), &[]);
    assert_eq!(outcome.report.verdict, Verdict::Clean, "{:?}", outcome.report);
    let kept: Vec<String> = contents(&outcome).into_iter().map(|(name, _)| name).collect();
    assert_eq!(kept, ["a.txt", "d/leer.docx", "empty/", "x/y/"]);
    let again = run(outcome.clean.unwrap(), &[]);
    assert_eq!(contents(&again).len(), 4);
    assert_eq!((again.report.verdict, again.report.removals.len()), (Verdict::Clean, 0));
    let folders = |name: &str, bytes| {
        let outcome = run_named(name, bytes, &[]);
        assert_eq!(outcome.report.verdict, Verdict::Clean, "{name}");
        contents(&outcome).into_iter().map(|(name, _)| name).collect::<Vec<_>>()
    };
    let mut header = ::tar::Header::new_ustar();
    header.set_entry_type(EntryType::Directory);
    header.set_size(0);
    header.set_path("空/").unwrap();
    header.set_cksum();
    let mut builder = ::tar::Builder::new(Vec::new());
    builder.append(&header, std::io::empty()).unwrap();
    let with_file = [builder.into_inner().unwrap()[..512].to_vec(), tar(&TWO[..1])].concat();
    assert_eq!(folders("a.tar", with_file), ["folder/a.txt", "空/"]);
    // A program without content is still one by its name.
    let outcome = run(zip_writer::write([("a.txt", b"ok".as_slice()), ("b.exe", b"")]).unwrap(), &[]);
    assert_eq!(outcome.report.members[1].report.reason, Some(Reason::Empty));
    assert_eq!(
        run(zip_writer::write([("d/", b"".as_slice())]).unwrap(), &[]).report.reason,
        Some(Reason::Empty)
    );
}

#[test]
fn members_whose_safe_names_collide_lie_beside_each_other() {
    let members: [(&str, &[u8]); 5] =
        [("a", b"1"), ("a/b.txt", b"2"), ("A/c.txt", b"3"), ("d/e/f.txt", b"4"), ("d/e/F?.TXT", b"5")];
    let outcome = run(zip_writer::write(members).unwrap(), &[]);
    let kept: Vec<String> = contents(&outcome).into_iter().map(|(name, _)| name).collect();
    // The file without an extension is text and is called so.
    assert_eq!(kept, ["a.txt", "a/b.txt", "a/c.txt", "d/e/f.txt", "d/e/F (2).TXT"]);
    let last = &outcome.report.members[4];
    assert_eq!((last.untrusted_name.as_str(), last.report.clean_name.as_str()), ("d/e/F?.TXT", "F (2).TXT"));
}

#[test]
fn archives_in_archives_end() {
    let mut bytes = zip_writer::write([("a.txt", b"x".as_slice())]).unwrap();
    for _ in 0..4 {
        bytes = zip_writer::write([("in.zip", bytes.as_slice())]).unwrap();
    }
    assert_eq!(run(bytes.clone(), &[]).report.verdict, Verdict::Clean);
    let deeper = zip_writer::write([("in.zip", bytes.as_slice())]).unwrap();
    assert_eq!(run(deeper, &[]).report.reason, Some(Reason::NothingLeft));
}

#[test]
fn the_old_cipher_is_opened_too() {
    use ::zip::unstable::write::FileOptionsExt;
    let mut writer = ::zip::ZipWriter::new(Cursor::new(Vec::new()));
    let options = SimpleFileOptions::default().with_deprecated_encryption(b"secret").unwrap();
    writer.start_file("a.txt", options).unwrap();
    writer.write_all(b"hello").unwrap();
    let bytes = writer.finish().unwrap().into_inner();
    assert_eq!(run(bytes.clone(), &["wrong"]).report.reason, Some(Reason::PasswordNeeded));
    let opened = run(bytes, &["wrong", "secret"]);
    assert_eq!(contents(&opened), [("a.txt".to_owned(), b"hello".to_vec())]);
    assert_eq!(opened.report.removals[0].what, Threat::Encryption);
}

const TWO: [(&str, &[u8]); 2] = [("folder/a.txt", b"hello"), ("b.exe", b"MZ")];

/// The same two members in every kind of archive.
fn of_every_kind() -> Vec<(&'static str, Vec<u8>)> {
    let lha = |level| {
        let members = TWO.map(|(name, bytes)| lha_member(level, b"-lh0-", name.as_bytes(), bytes, bytes));
        [members.concat(), vec![0]].concat()
    };
    vec![
        ("a.zip", zip_writer::write(TWO).unwrap()),
        ("a.7z", seven_zip(&TWO, EncoderMethod::LZMA2, None)),
        ("b.7z", seven_zip(&TWO, EncoderMethod::LZMA, None)),
        ("c.7z", seven_zip(&TWO, EncoderMethod::COPY, None)),
        ("d.7z", seven_zip(&TWO, EncoderMethod::BZIP2, None)),
        ("0.lzh", lha(0)),
        ("1.lzh", lha(1)),
        ("2.lzh", lha(2)),
        ("a.tar", tar(&TWO)),
        ("a.tar.gz", gzip(&tar(&TWO), None)),
        ("a.tgz", gzip(&tar(&TWO), Some("a.tar"))),
    ]
}

#[test]
fn every_kind_of_archive_becomes_a_zip() {
    for (name, bytes) in of_every_kind() {
        let outcome = run_named(name, bytes.clone(), &[]);
        let report = &outcome.report;
        assert_eq!(
            (report.verdict, report.clean_kind),
            (Verdict::Partial, Some(Kind::Zip)),
            "{name} {report:?}"
        );
        assert_eq!(contents(&outcome), [("folder/a.txt".to_owned(), b"hello".to_vec())], "{name}");
        assert!(report.clean_name.ends_with(".zip"), "{}", report.clean_name);
        let road = if name == "a.zip" { Road::Rebuilt } else { Road::Converted };
        assert_eq!(report.road, Some(road), "{name}");
        let reasons: Vec<_> = report.members.iter().map(|m| m.report.reason).collect();
        assert_eq!(reasons, [None, Some(Reason::Executable)], "{name}");
        let again = run_named(&report.clean_name, outcome.clean.unwrap(), &[]);
        assert_eq!(again.report.verdict, Verdict::Clean, "{name}");

        // What is done with a member is chosen by the member's own kind; that holds for inspection, too.
        let mut other = job(name, &[]);
        other.policy.modes.values_mut().for_each(|mode| *mode = worker_protocol::Mode::TextOnly);
        assert_eq!(run_as(&other, bytes.clone()).report.verdict, Verdict::Partial, "{name}");
        other.policy.modes.values_mut().for_each(|mode| *mode = worker_protocol::Mode::InspectOnly);
        let inspected = run_as(&other, bytes).report;
        assert_eq!((inspected.road, inspected.is_inspected()), (Some(road), true), "{name}");
    }
}

#[test]
fn damage_is_held_and_never_panics() {
    for (name, bytes) in of_every_kind() {
        for cut in (1..bytes.len()).step_by(bytes.len() / 37 + 1) {
            let outcome = run_named(name, bytes[..cut].to_vec(), &[]);
            // What is cut off behind the last member costs nothing where the kind has no end mark.
            if outcome.report.hands_over() {
                assert_eq!(contents(&outcome)[0].1, b"hello", "{name} {cut}");
            }
        }
        for at in 0..bytes.len().min(300) {
            let mut flipped = bytes.clone();
            flipped[at] ^= 0x55;
            run_named(name, flipped, &[]);
        }
    }
}

#[test]
fn what_hides_behind_the_end_is_reported() {
    for (name, bytes) in of_every_kind() {
        let outcome = run_named(name, [bytes, b"hidden behind the end".to_vec()].concat(), &[]);
        assert!(found(&outcome, Threat::HiddenData), "{name} {:?}", outcome.report);
        let clean = outcome.clean.unwrap();
        assert!(!clean.windows(6).any(|window| window == b"hidden"), "{name}");
    }
}

#[test]
fn a_single_packed_file_becomes_a_zip_of_one() {
    let rows = [
        ("会議録.txt.gz", None, "会議録.txt"),
        ("会議録.gz", Some("x/../memo.txt"), "x/memo.txt"),
        ("会議録.txt.gz", Some("other.exe"), "会議録.txt"),
    ];
    for (name, inside, expected) in rows {
        let outcome = run_named(name, gzip(b"hello", inside), &[]);
        assert_eq!(contents(&outcome), [(expected.to_owned(), b"hello".to_vec())]);
        assert_eq!(outcome.report.road, Some(Road::Converted));
    }
    let two = [gzip(b"hel", None), gzip(b"lo", None)].concat();
    assert_eq!(contents(&run_named("a.txt.gz", two, &[]))[0].1, b"hello");
}

#[test]
fn passwords_open_a_7z() {
    let bytes = seven_zip(&[("a.txt", b"hello"), ("b.txt", b"you")], EncoderMethod::LZMA2, Some("ひみつ"));
    for passwords in [&[][..], &["wrong"], &[""]] {
        assert_eq!(run_named("a.7z", bytes.clone(), passwords).report.reason, Some(Reason::PasswordNeeded));
    }
    let outcome = run_named("a.7z", bytes, &["wrong", "ひみつ"]);
    assert_eq!(contents(&outcome).len(), 2);
    assert!(found(&outcome, Threat::Encryption));
}

#[test]
fn bombs_end_within_their_limits() {
    let zeros = vec![0; 12 << 20];
    let lh5 = lh5_of_one_byte(b'a', 60_000);
    let mut claim = lha_member(2, b"-lh0-", b"a.txt", b"abc", b"abc");
    claim[11..15].copy_from_slice(&u32::MAX.to_le_bytes());
    let rows = [
        ("a.tar.gz", gzip(&tar(&[("a.txt", &zeros)]), None), Reason::Bomb),
        ("a.txt.gz", gzip(&zeros, None), Reason::Bomb),
        ("a.lzh", claim, Reason::NothingLeft),
    ];
    for (name, bytes, reason) in rows {
        assert_eq!(run_named(name, bytes, &[]).report.reason, Some(reason), "{name}");
    }
    let text = vec![b'a'; 60_000];
    let member = lha_member(2, b"-lh5-", b"a.txt", &lh5, &text);
    assert_eq!(contents(&run_named("a.lzh", member.clone(), &[])), [("a.txt".to_owned(), text)]);
    let mut poor = job("a.lzh", &[]);
    poor.limits.expanded_bytes_max = 50_000;
    assert_eq!(run_as(&poor, member).report.reason, Some(Reason::Bomb));
    let half = &zeros[..600 << 10];
    for method in [EncoderMethod::LZMA, EncoderMethod::LZMA2, EncoderMethod::BZIP2] {
        let solid = seven_zip(&[("a.txt", half), ("b.txt", half)], method, None);
        let mut poor = job("a.7z", &[]);
        poor.limits.expanded_bytes_max = 1 << 20;
        assert_eq!(run_as(&poor, solid).report.reason, Some(Reason::Bomb));
    }
    for (name, bytes) in of_every_kind() {
        let mut few = job(name, &[]);
        few.limits.entries_max = 1;
        assert_eq!(run_as(&few, bytes).report.reason, Some(Reason::TooComplex), "{name}");
    }
}

#[test]
fn a_7z_that_asks_for_too_much_is_refused_before_it_gets_it() {
    let bytes = seven_zip(&[("a.txt", b"hello")], EncoderMethod::LZMA, None);
    // The table of contents may be packed; the claim is made in the start header, under a right checksum.
    let mut huge = bytes.clone();
    huge[20..28].copy_from_slice(&(1u64 << 40).to_le_bytes());
    let start = checksum(&huge[12..32]);
    huge[8..12].copy_from_slice(&start.to_le_bytes());
    assert_eq!(run_named("a.7z", huge, &[]).report.reason, Some(Reason::TooComplex));
    let mut unfinished = bytes;
    unfinished[8..32].fill(0);
    assert_eq!(run_named("a.7z", unfinished, &[]).report.reason, Some(Reason::Damaged));
}

#[test]
fn a_block_of_a_7z_is_expanded_or_refused_by_its_method() {
    let text = b"hello hello hello hello";
    let packed = {
        let mut encoder = flate2::write::DeflateEncoder::new(Vec::new(), flate2::Compression::best());
        encoder.write_all(text).unwrap();
        encoder.finish().unwrap()
    };
    let claim = |dictionary: u32| [&[0x5D], dictionary.to_le_bytes().as_slice()].concat();
    let rows: [(&[u8], Vec<u8>, Option<Reason>); 7] = [
        (EncoderMethod::ID_DEFLATE, vec![], None),
        (EncoderMethod::ID_DEFLATE64, vec![], Some(Reason::NothingLeft)),
        (EncoderMethod::ID_PPMD, vec![6, 0, 0, 0, 1], Some(Reason::NothingLeft)),
        (EncoderMethod::ID_LZMA, claim(1 << 20), Some(Reason::NothingLeft)),
        (EncoderMethod::ID_LZMA, claim(u32::MAX), Some(Reason::TooComplex)),
        (EncoderMethod::ID_LZMA2, vec![40], Some(Reason::TooComplex)),
        (EncoderMethod::ID_AES256_SHA256, vec![0x3E, 0], Some(Reason::TooComplex)),
    ];
    for (method, properties, expected) in rows {
        let bytes = seven_zip_of_one_block(
            method,
            &properties,
            &packed,
            &[("a.txt", &text[..9]), ("b.txt", &text[9..])],
        );
        let outcome = run_named("a.7z", bytes.clone(), &[]);
        match expected {
            None => {
                assert_eq!(outcome.report.verdict, Verdict::Clean, "{:?}", outcome.report);
                assert_eq!(contents(&outcome)[1], ("b.txt".to_owned(), text[9..].to_vec()));
            }
            Some(reason) => {
                assert_eq!(outcome.report.reason, Some(reason), "{method:?} {:?}", outcome.report)
            }
        }
        let mut broken = bytes;
        broken[32] ^= 0x10;
        assert!(!run_named("a.7z", broken, &[]).report.hands_over(), "{method:?}");
    }
}

#[test]
fn names_of_an_lha_are_cp932_with_their_own_separator() {
    // 表 and ソ end in the byte of a backslash.
    let name = SHIFT_JIS.encode("予算/一覧表ソ.txt").0.into_owned();
    for level in 0..=2 {
        let member = lha_member(level, b"-lh0-", &name, b"x", b"x");
        let outcome = run_named("a.lzh", member, &[]);
        assert_eq!(contents(&outcome)[0].0, "予算/一覧表ソ.txt", "level {level}");
    }
}

#[test]
fn links_and_devices_do_not_pass() {
    let mut builder = ::tar::Builder::new(Vec::new());
    for kind in [EntryType::Symlink, EntryType::Link, EntryType::Char, EntryType::Fifo, EntryType::Directory]
    {
        let mut header = ::tar::Header::new_gnu();
        header.set_entry_type(kind);
        header.set_size(0);
        header.set_link_name("/etc/shadow").unwrap();
        header.set_path("link").unwrap();
        header.set_cksum();
        builder.append(&header, std::io::empty()).unwrap();
    }
    let outcome = run_named("a.tar", builder.into_inner().unwrap(), &[]);
    assert_eq!(outcome.report.reason, Some(Reason::NothingLeft));

    let mut header = ::tar::Header::new_ustar();
    header.set_entry_type(EntryType::XGlobalHeader);
    header.set_size(13);
    header.set_path("pax").unwrap();
    header.set_cksum();
    let mut builder = ::tar::Builder::new(Vec::new());
    builder.append(&header, &b"13 comment=a\n"[..]).unwrap();
    let bytes = [builder.into_inner().unwrap()[..1024].to_vec(), tar(&TWO[..1])].concat();
    let outcome = run_named("a.tar", bytes, &[]);
    assert_eq!(outcome.report.verdict, Verdict::Clean, "{:?}", outcome.report);
    assert!(found(&outcome, Threat::Metadata));
}

#[test]
fn a_note_stands_where_a_member_was() {
    let mut with_words = job("a.zip", &[]);
    with_words.notes = Notes {
        name_ending: "除去".to_owned(),
        reasons: BTreeMap::from([(Reason::Executable, "「{name}」は渡せません。".to_owned())]),
    };
    let members: [(&str, &[u8]); 4] =
        [("d/道具.exe", b"MZ"), ("d/道具.exe.除去.txt", b"mine"), ("a.txt", b"ok"), ("empty.txt", b"")];
    let outcome = run_as(&with_words, zip_writer::write(members).unwrap());
    let text = "\u{FEFF}「道具.exe」は渡せません。".as_bytes().to_vec();
    let names: Vec<String> = contents(&outcome).into_iter().map(|(name, _)| name).collect();
    // A member that bears the note's name keeps neither the place nor the name of the note.
    assert_eq!(names, ["d/道具.exe.除去 (2).txt", "a.txt", "empty.txt", "d/道具.exe.除去.txt"]);
    assert_eq!(contents(&outcome)[3].1, text);
    assert_eq!(outcome.report.verdict, Verdict::Partial);
    let again = run_as(&job("a.zip", &[]), outcome.clean.unwrap());
    assert_eq!(again.report.verdict, Verdict::Clean);
}

/// A note with such a name in it would be held as something else when the archive passes again.
#[test]
fn a_note_stays_a_note_whatever_the_member_was_called() {
    // Only at the beginning such a name makes something else of the note.
    for (name, template, shown) in [
        ("%PDF-1.7.exe", "{name}は渡せません。", "％ＰＤＦ－１．７．ｅｘｅは渡せません。"),
        ("%PDF-1.7.exe", "「{name}」は渡せません。", "「%PDF-1.7.exe」は渡せません。"),
        ("MZ.exe", "{name}は渡せません。", "ＭＺ．ｅｘｅは渡せません。"),
    ] {
        let mut with_words = job("a.zip", &[]);
        with_words.notes = Notes {
            name_ending: "除去".to_owned(),
            reasons: BTreeMap::from([(Reason::Executable, template.to_owned())]),
        };
        let outcome = run_as(
            &with_words,
            zip_writer::write([(name, b"MZ\x90\0".as_slice()), ("a.txt", b"ok")]).unwrap(),
        );
        let note = contents(&outcome).pop().unwrap();
        let text = String::from_utf8(note.1).unwrap();
        assert_eq!(text, format!("\u{FEFF}{shown}"));
        for mode in [worker_protocol::Mode::Rebuild, worker_protocol::Mode::TextOnly] {
            let mut again = job("a.zip", &[]);
            again.policy.modes = Kind::ALL.iter().map(|kind| (*kind, mode)).collect();
            let again = run_as(&again, outcome.clean.clone().unwrap());
            assert_eq!(again.report.verdict, Verdict::Clean, "{name} {template} {mode:?}");
        }
    }
}

#[test]
fn what_nothing_opens_is_known_and_held() {
    let mut disc = vec![0; 0x8001];
    disc.extend(b"CD001");
    let rows: [(&str, &[u8]); 6] = [
        ("a.bz2", b"BZh91AY"),
        ("a.xz", b"\xfd7zXZ\0"),
        ("a.zst", b"\x28\xb5\x2f\xfd"),
        ("a.rar", b"Rar!\x1a\x07"),
        ("a.cab", b"MSCF"),
        ("disc", &disc),
    ];
    for (name, bytes) in rows {
        let report = run_named(name, bytes.to_vec(), &[]).report;
        assert_eq!((report.verdict, report.reason), (Verdict::Held, Some(Reason::NotRebuilt)), "{name}");
    }
}
