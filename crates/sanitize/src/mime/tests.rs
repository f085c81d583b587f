//! Tests of the MIME format: spellings of words and names, broken parts.
//!
//! Owns: samples made here, good and bad. Leaves to others: real files (the worker's corpus test).

use super::field::{Mailbox, Valued, encoded, mailboxes, parameter, words, written};
use super::*;
use encoding_rs::{EUC_JP, Encoding, ISO_2022_JP, SHIFT_JIS};
use proptest::prelude::*;
use worker_protocol::Limits;

fn with_budget<T>(run: impl FnOnce(&mut Budget) -> T) -> T {
    run(&mut Budget::new(Limits::default()))
}

fn word(encoding: &'static Encoding, text: &str) -> String {
    format!("=?{}?B?{}?=", encoding.name(), transfer::base64(&encoding.encode(text).0))
}

#[test]
fn words_are_read_in_every_spelling() {
    let sjis = SHIFT_JIS.encode("予定表ソ能").0.into_owned();
    let split: Vec<&[u8]> = "住民票".as_bytes().chunks(4).collect();
    let cut = split
        .iter()
        .map(|p| format!("=?utf-8?B?{}?=", transfer::base64(p)))
        .collect::<Vec<_>>()
        .join("\r\n ");
    let rows: [(Vec<u8>, &str); 12] = [
        (format!("{} {}", word(ISO_2022_JP, "会議"), word(ISO_2022_JP, "の件")).into_bytes(), "会議の件"),
        (b"plain words".to_vec(), "plain words"),
        (word(ISO_2022_JP, "会議の件").into_bytes(), "会議の件"),
        (format!("Re: {} {}", word(SHIFT_JIS, "会議"), word(SHIFT_JIS, "の件")).into_bytes(), "Re: 会議の件"),
        (format!("{} {} end", word(EUC_JP, "会議"), word(SHIFT_JIS, "の件")).into_bytes(), "会議の件 end"),
        (cut.into_bytes(), "住民票"),
        (b"=?iso-8859-1?Q?f=FCr_dich_?= a".to_vec(), "für dich  a"),
        (b"=?utf-8*ja?q?=E3=81=82?=".to_vec(), "あ"),
        (sjis.clone(), "予定表ソ能"),
        (ISO_2022_JP.encode("生の件名").0.into_owned(), "生の件名"),
        (b"=?utf-8?X?a?= =?? 1=2".to_vec(), "=?utf-8?X?a?= =?? 1=2"),
        ("a\u{202E}b\u{7}".as_bytes().to_vec(), "ab"),
    ];
    for (given, expected) in rows {
        assert_eq!(words(&given), expected, "{}", String::from_utf8_lossy(&given));
    }
}

#[test]
fn names_of_files_are_read_in_every_spelling() {
    let sjis = SHIFT_JIS.encode("a; name=\"予定表ソ.doc\"").0.into_owned();
    let jis = ISO_2022_JP.encode("a; name=\"会議資料「予」.doc\"; x=y").0.into_owned();
    let rows: [(Vec<u8>, &str); 9] = [
        (b"a/b; name=c.doc".to_vec(), "c.doc"),
        (b"A/B; NAME=\"c;d.doc\"; x=y".to_vec(), "c;d.doc"),
        (b"a; name*=utf-8'ja'%E4%BD%8F.doc".to_vec(), "住.doc"),
        (b"a; name*1*=%8F.doc; name*0*=utf-8''%E4%BD".to_vec(), "住.doc"),
        (b"a; name*0=\"long \"; name*1=\"name.doc\"; name=wrong".to_vec(), "long name.doc"),
        (format!("a; name=\"{}\"", word(ISO_2022_JP, "資料.xls")).into_bytes(), "資料.xls"),
        (sjis, "予定表ソ.doc"),
        (jis, "会議資料「予」.doc"),
        (b"a; name=\"C:\\\\x\\y.doc\"".to_vec(), "C:\\x\\y.doc"),
    ];
    for (given, expected) in rows {
        assert_eq!(
            Valued::read(&given).parameter("name"),
            Some(expected),
            "{}",
            String::from_utf8_lossy(&given)
        );
    }
}

#[test]
fn mailboxes_are_read_and_written() {
    let mailbox = |name: &str, address: &str| Mailbox {
        name: name.to_owned(),
        address: address.to_owned(),
        ..Mailbox::default()
    };
    let given = format!(
        "a@b.example, \"山田, 太郎\" <c@d.example>, {} <e@f.example>, G: h@i.example;",
        word(ISO_2022_JP, "市長")
    );
    let found = mailboxes(given.as_bytes());
    assert_eq!(
        found[..3],
        [
            mailbox("", "a@b.example"),
            Mailbox { is_set_off: true, ..mailbox("山田, 太郎", "c@d.example") },
            mailbox("市長", "e@f.example")
        ]
    );
    assert_eq!(written(&found[1]), "=?UTF-8?B?5bGx55SwLCDlpKrpg44=?= <c@d.example>");
    assert_eq!(written(&mailbox("A, B", "a@b.example")), "\"A, B\" <a@b.example>");
    let old = mailboxes(b"a@b.example (\xe5\xb8\x82\xe9\x95\xb7), C(x) <c(y)@d.example(z)>, G(g):;");
    let nobody = Mailbox { opens: Some("G".to_owned()), closes: true, ..mailbox("", "") };
    assert_eq!(old, [mailbox("市長", "a@b.example"), mailbox("C (x) (y) (z)", "c@d.example"), nobody]);
    // What stood in quotes or brackets does so again, and twice is as once.
    let rows = [
        ("\"Taro Yamada\" <a@b.example>", "\"Taro Yamada\" <a@b.example>"),
        ("Taro Yamada <a@b.example>", "Taro Yamada <a@b.example>"),
        ("<a@b.example>", "<a@b.example>"),
        ("a@b.example", "a@b.example"),
        ("C(x) <c(y)@d.example>", "\"C (x) (y)\" <c@d.example>"),
        ("c@d.example (some (deep) words) (more)", "\"some (deep) words more\" <c@d.example>"),
        ("A <a@b.example> ()", "A <a@b.example>"),
    ];
    for (given, expected) in rows {
        let once: Vec<String> = mailboxes(given.as_bytes()).iter().map(written).collect();
        assert_eq!(once, [expected], "{given}");
        let twice: Vec<String> = mailboxes(expected.as_bytes()).iter().map(written).collect();
        assert_eq!(twice, [expected], "{given}");
    }
    assert_eq!(written(&mailbox("", "no address")), "no address <>");
}

#[test]
fn parts_are_split_as_mail_programs_do() {
    let leaf = |message: &str| {
        with_budget(|budget| {
            let part = Part::read(message.as_bytes(), budget).unwrap();
            let mut found = Vec::new();
            let mut next = vec![&part];
            while let Some(part) = next.pop() {
                match &part.body {
                    Body::Bytes(bytes) => found.push(String::from_utf8_lossy(bytes).into_owned()),
                    Body::Parts(parts) => next.extend(parts.iter().rev()),
                }
            }
            found
        })
    };
    let multi = |inner: &str| format!("Content-Type: multipart/mixed; boundary=\"b c\"\n\n{inner}");
    let rows: [(String, &[&str]); 9] = [
        ("Subject: a\r\n\r\nbody\r\n".to_owned(), &["body\r\n"]),
        ("Subject: a\nbody without a blank line\n".to_owned(), &["body without a blank line\n"]),
        ("\n\nno headers".to_owned(), &["\nno headers"]),
        (multi("before\n--b c\n\none\n--b c\n\ntwo\n--b c--\nafter"), &["one", "two"]),
        (multi("--b c\n\none\n--b cd\n--b c \n\ntwo"), &["one\n--b cd", "two"]),
        (multi("no boundary here"), &["no boundary here"]),
        (
            multi("--b c\nContent-Type: multipart/mixed; boundary=b\n\n--b\n\nx\n--b--\n--b c\n\ny\n--b c--"),
            &["x", "y"],
        ),
        ("Content-Transfer-Encoding: BASE64\n\naGk=".to_owned(), &["hi"]),
        ("Content-Type: multipart/mixed\n\nx".to_owned(), &["x"]),
    ];
    for (given, expected) in rows {
        assert_eq!(leaf(&given), expected, "{given}");
    }
}

#[test]
fn hostile_messages_end() {
    let mut deep = String::new();
    for level in 0..200 {
        deep.push_str(&format!("Content-Type: multipart/mixed; boundary=b{level}\n\n--b{level}\n"));
    }
    let wide = format!("Content-Type: multipart/mixed; boundary=b\n\n{}", "--b\n\n".repeat(20_000));
    let headers = "A: b\n".repeat(300_000);
    // Beginnings without an end must not be looked for again and again.
    words(&b"=?a?b?".repeat(20_000));
    Valued::read(&b"a;b=c".repeat(20_000));
    for given in [deep, wide, headers] {
        let refusal = with_budget(|budget| Part::read(given.as_bytes(), budget).err());
        assert_eq!(refusal, Some(Refusal::blocked(Reason::TooComplex)), "{:.20}", given);
    }
}

proptest! {
    #[test]
    fn what_is_written_is_read_again(text in "[ -~あ-ん漢字\u{10000}]{0,80}") {
        let text = text.trim();
        let line = encoded(text);
        prop_assert!(line.is_ascii());
        prop_assert_eq!(words(line.as_bytes()), text);
        let given = format!("a; {}", parameter("name", text));
        let read = Valued::read(given.replace("\r\n", "").as_bytes());
        prop_assert_eq!(read.parameter("name").unwrap_or_default().trim(), text);
    }

    #[test]
    fn any_bytes_are_read_to_an_end(bytes in prop::collection::vec(any::<u8>(), 0..300)) {
        words(&bytes);
        Valued::read(&bytes);
        mailboxes(&bytes);
        with_budget(|budget| Part::read(&bytes, budget).is_ok());
    }
}

#[test]
fn groups_keep_their_names() {
    let rows = [
        ("undisclosed-recipients:;", "undisclosed-recipients: ;"),
        ("課: a@b.example, B <b@b.example>; , c@d.example", "課: a@b.example, B <b@b.example>;, c@d.example"),
        ("A: a@b.example;, B: b@b.example, c@d.example", "A: a@b.example;, B: b@b.example, c@d.example;"),
        ("課: B <b@b.example>;", "課: B <b@b.example>;"),
        ("A:; B: b@b.example;", "A: ;, B: b@b.example;"),
        // Not groups: a name with a colon in it, lists as other programs write them, and what lacks its end.
        ("RE: B <b@b.example>", "\"RE: B\" <b@b.example>"),
        ("a@b.example; c@d.example", "a@b.example, c@d.example"),
        ("undisclosed-recipients:", ""),
        (";;,;", ""),
    ];
    for (given, expected) in rows {
        let read = mailboxes(given.as_bytes());
        let shown: Vec<String> = read.iter().map(written).collect();
        let said = shown.join(", ").replace("=?UTF-8?B?6Kqy?=", "課");
        assert_eq!(said, expected, "{given}");
        let twice: Vec<String> = mailboxes(shown.join(", ").as_bytes()).iter().map(written).collect();
        assert_eq!(twice, shown, "{given}");
    }
}
