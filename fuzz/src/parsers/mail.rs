//! Shells of mail: a message, an envelope of Outlook or a signature attached to one, a message as Outlook saves it.
//!
//! Owns: the message around an envelope, the compound file around the properties of a message.
//! Leaves to others: what must hold.

use std::io::{Cursor, Write};

use base64::Engine;
use base64::engine::general_purpose::STANDARD;

use super::pieces::{is_stream_path, join, little, seed, split};
use super::{File, Target};

/// A whole message; variant 1: one that begins as a message in several parts.
pub(super) const MAIL: Target = Target {
    name: "mail",
    shell: |variant, rest| {
        let head: &[u8] = match variant {
            1 => SEVERAL.as_bytes(),
            2 => b"From: a@b.example\r\nTo: c@d.example\r\n",
            _ => b"",
        };
        File::new("a.eml", [head, rest].concat())
    },
    seeds: mail_seeds,
    words: &[
        "\r\n--b\r\n",
        "\r\n--b--\r\n",
        "\r\n\r\n",
        "Content-Type: ",
        "Content-Transfer-Encoding: ",
        "Content-Disposition: attachment; filename=",
        "Content-ID: <",
        "multipart/mixed; boundary=b",
        "multipart/alternative; boundary=",
        "multipart/related; boundary=",
        "multipart/signed; boundary=",
        "multipart/report; boundary=",
        "multipart/digest; boundary=",
        "message/rfc822",
        "message/partial",
        "message/external-body",
        "message/delivery-status",
        "text/plain; charset=",
        "text/html",
        "text/calendar",
        "application/ms-tnef",
        "application/pkcs7-mime",
        "base64",
        "quoted-printable",
        "x-uuencode",
        "=?UTF-8?B?",
        "=?ISO-2022-JP?B?",
        "=?UTF-8?Q?",
        "?=",
        "filename*=UTF-8''",
        "filename*0*=",
        "filename*1=",
        "begin 644 a.txt\r\n",
        "\r\nend\r\n",
        "=3D",
        "=\r\n",
        "Subject: ",
        "From: ",
        "To: ",
        "Date: ",
        "cid:",
        "\x1b$B",
        "\x1b(B",
    ],
};

/// An envelope of Outlook (winmail.dat) in a message.
pub(super) const TNEF: Target = Target {
    name: "tnef",
    shell: |_, rest| {
        attached(
            "application/ms-tnef; name=winmail.dat",
            &[b"\x78\x9f\x3e\x22\x01\0".as_slice(), rest].concat(),
        )
    },
    seeds: tnef_seeds,
    words: &[
        "\x02\x02\u{90}\x06\0",
        "\x02\x0f\u{80}\x06\0",
        "\x02\x10\u{80}\x01\0",
        "\x02\x05\u{90}\x06\0",
        "\x01\x03\u{90}\x06\0",
        "\x01\x0c\u{80}\x02\0",
        "\x1f\0\x01\x37",
        "\x02\x01\x01\x37",
        "\x1f\0\0\x10",
        "\x02\x01\x09\x10",
        "\x02\x01\x13\x10",
        "LZFu",
        "MELA",
    ],
};

/// A signature around a message.
pub(super) const CMS: Target = Target {
    name: "cms",
    shell: |variant, rest| match variant {
        1 => attached("application/pkcs7-mime; smime-type=enveloped-data; name=smime.p7m", rest),
        _ => File::new("a.eml", [SIGNED.as_bytes(), lines(rest).as_bytes()].concat()),
    },
    seeds: || {
        vec![
            seed(b'@', signed(b"Content-Type: text/plain\r\n\r\nsigned words")),
            seed(b'@', signed(b"From: a@b\r\n\r\n<p>")),
            seed(b'H', signed(b"x")),
        ]
    },
    words: &["\x30\u{80}", "\x24\u{80}", "\x04\x05", "\u{a0}\u{80}", "\0\0", "\x06\x09"],
};

/// The streams of a message that Outlook saved, by their paths; or the whole compound file (variant 1).
pub(super) const OUTLOOK: Target = Target {
    name: "outlook",
    shell: outlook,
    seeds: outlook_seeds,
    words: &[
        "=== /__properties_version1.0\n",
        "=== /__substg1.0_1000001F\n",
        "=== /__substg1.0_10130102\n",
        "=== /__substg1.0_10090102\n",
        "=== /__substg1.0_0037001F\n",
        "=== /__recip_version1.0_#00000000/__substg1.0_3001001F\n",
        "=== /__attach_version1.0_#00000000/__substg1.0_37010102\n",
        "=== /__attach_version1.0_#00000000/__substg1.0_3701000D/__substg1.0_1000001F\n",
        "=== /__attach_version1.0_#00000000/__substg1.0_3707001F\n",
        "LZFu",
        "MELA",
        "{\\rtf1\\ansi\\fromhtml1 {\\*\\htmltag64 <p>}",
    ],
};

const SEVERAL: &str = "From: a@b.example\r\nTo: c@d.example\r\nMIME-Version: 1.0\r\nContent-Type: multipart/mixed; boundary=b\r\n\r\n--b\r\n";

const SIGNED: &str = "From: a@b.example\r\nTo: c@d.example\r\nMIME-Version: 1.0\r\nContent-Type: application/pkcs7-mime; smime-type=signed-data\r\nContent-Transfer-Encoding: base64\r\n\r\n";

fn lines(bytes: &[u8]) -> String {
    bytes.chunks(57).map(|chunk| STANDARD.encode(chunk) + "\r\n").collect()
}

fn attached(kind: &str, bytes: &[u8]) -> File {
    let head = format!(
        "{SEVERAL}Content-Type: text/plain\r\n\r\nwords\r\n--b\r\nContent-Type: {kind}\r\nContent-Transfer-Encoding: base64\r\n\r\n"
    );
    File::new("a.eml", [head.as_bytes(), lines(bytes).as_bytes(), b"--b--\r\n"].concat())
}

fn mail_seeds() -> Vec<Vec<u8>> {
    let parts = "Content-Type: text/plain; charset=ISO-2022-JP\r\nContent-Transfer-Encoding: 7bit\r\n\r\n\x1b$B$\"\x1b(B words\r\n--b\r\n\
        Content-Type: multipart/alternative; boundary=c\r\n\r\n--c\r\nContent-Type: text/plain; charset=utf-8\r\nContent-Transfer-Encoding: quoted-printable\r\n\r\n=E3=81=82 https://a.example/=\r\n\r\n\
        --c\r\nContent-Type: text/html; charset=utf-8\r\n\r\n<p onclick=x>a<img src=\"cid:p\"><script>x</script><a href='javascript:x'>y</a>\r\n--c--\r\n--b\r\n\
        Content-Type: image/gif\r\nContent-ID: <p>\r\nContent-Transfer-Encoding: base64\r\n\r\nR0lGODlhAQABAIAAAAAAAP///ywAAAAAAQABAAACAUwAOw==\r\n--b\r\n\
        Content-Type: application/octet-stream; name=\"=?UTF-8?B?44GCLmV4ZQ==?=\"\r\nContent-Disposition: attachment; filename*0*=UTF-8''a%2E; filename*1=exe\r\nContent-Transfer-Encoding: base64\r\n\r\nTVo=\r\n--b\r\n\
        Content-Type: message/rfc822\r\n\r\nFrom: x@y.example\r\nTo: z@y.example\r\nSubject: inner\r\n\r\nbegin 644 a.txt\r\n#0V%T\r\n`\r\nend\r\n--b\r\n\
        Content-Type: text/calendar; method=REQUEST\r\n\r\nBEGIN:VCALENDAR\r\nBEGIN:VEVENT\r\nSUMMARY:s\r\nEND:VEVENT\r\nEND:VCALENDAR\r\n--b--\r\n";
    let headers = "From: =?UTF-8?B?5bGx55Sw?= <a@b.example>, \"x, y\" <c@d.example>\r\nTo: group: e@f.example, g@h.example;\r\nCc: (comment) i@j.example\r\n\
        Subject: =?ISO-2022-JP?B?GyRCJCIbKEI=?=\r\n =?UTF-8?Q?=E3=81=82?=\r\nDate: Thu, 2 Apr 2026 12:00:00 +0900\r\nMessage-ID: <a@b>\r\nReceived: x\r\nX-Odd: y\r\n\r\nwords\r\n.\r\nFrom here\r\n";
    let mut seeds = vec![seed(b'@', headers)];
    seeds.extend((0..8).map(|mode| seed(b'H' + mode, parts)));
    seeds.push(seed(b'P', "Content-Type: text/html\r\n\r\n<p>a"));
    seeds.push(seed(b'P', "Content-Type: multipart/encrypted; boundary=b\r\n\r\n--b\r\n\r\nx\r\n--b--"));
    seeds.push(seed(b'P', "Content-Type: multipart/signed; boundary=b\r\n\r\n--b\r\n\r\nx\r\n--b\r\nContent-Type: application/pgp-signature\r\n\r\ny\r\n--b--"));
    seeds.push(seed(b'P', "Content-Type: message/external-body; access-type=URL; URL=\"http://a/b\"\r\n\r\nContent-Type: text/plain\r\n\r\nx"));
    seeds
}

fn tnef_seeds() -> Vec<Vec<u8>> {
    let attribute = |level: u8, number: u32, content: &[u8]| {
        let length = u32::try_from(content.len()).expect("a small attribute");
        let sum = content.iter().fold(0u16, |sum, byte| sum.wrapping_add(u16::from(*byte)));
        [&[level][..], &little(number), &little(length), content, &sum.to_le_bytes()].concat()
    };
    let property = |tag: u32, bytes: &[u8]| {
        let mut padded = bytes.to_vec();
        padded.resize(padded.len().next_multiple_of(4), 0);
        [&little(tag)[..], &little(1), &little(u32::try_from(bytes.len()).expect("short")), &padded].concat()
    };
    let name = property(0x3707_001F, &wide("長い.txt"));
    let named = [&little(0x8001_0003)[..], &[0; 16], &little(0), &little(7), &little(1)].concat();
    let file = [
        attribute(2, 0x0006_9002, &[0; 14]),
        attribute(2, 0x0001_8010, b"short.txt\0"),
        attribute(2, 0x0006_800F, b"hello"),
        attribute(2, 0x0006_9005, &[&little(1)[..], &name].concat()),
    ]
    .concat();
    let page = property(0x1013_0102, b"<p onclick=x>page");
    let rtf = property(0x1009_0102, &packed_rtf(b"{\\rtf1\\ansi\\fromhtml1 {\\*\\htmltag64 <p>}words}"));
    vec![
        seed(
            b'@',
            [
                attribute(1, 0x0006_9007, &[0xA4, 3, 0, 0, 0, 0, 0, 0]),
                attribute(1, 0x0002_800C, b"body"),
                file.clone(),
            ]
            .concat(),
        ),
        seed(
            b'@',
            [attribute(1, 0x0006_9003, &[&little(2)[..], &named, &page].concat()), file.clone()].concat(),
        ),
        seed(b'@', [attribute(1, 0x0006_9003, &[&little(1)[..], &rtf].concat()), file.clone()].concat()),
        seed(b'B', &file),
        seed(b'C', attribute(1, 0x0002_800C, b"body")),
    ]
}

/// RTF as MS-OXRTFCP leaves it unpacked.
fn packed_rtf(rtf: &[u8]) -> Vec<u8> {
    let length = u32::try_from(rtf.len()).expect("short");
    [&little(length + 12)[..], &little(length), b"MELA", &[0; 4], rtf].concat()
}

fn wide(text: &str) -> Vec<u8> {
    text.encode_utf16().flat_map(u16::to_le_bytes).collect()
}

/// A value of ASN.1 with its length in two bytes.
fn value(tag: u8, content: &[u8]) -> Vec<u8> {
    let length = u16::try_from(content.len()).expect("short").to_be_bytes();
    [&[tag, 0x82][..], &length, content].concat()
}

fn signed(inner: &[u8]) -> Vec<u8> {
    let data = value(0x06, &[0x2A, 0x86, 0x48, 0x86, 0xF7, 0x0D, 1, 7, 1]);
    let inside = value(0x30, &[data, value(0xA0, &value(0x04, inner))].concat());
    let signed = value(0x30, &[value(0x02, &[1]), value(0x31, &[]), inside, value(0x31, &[])].concat());
    value(0x30, &[value(0x06, &[0x2A, 0x86, 0x48, 0x86, 0xF7, 0x0D, 1, 7, 2]), value(0xA0, &signed)].concat())
}

fn outlook(variant: u8, rest: &[u8]) -> File {
    if variant == 1 {
        return File::new("a.msg", rest.to_vec());
    }
    let mut file = cfb::CompoundFile::create(Cursor::new(Vec::new())).expect("a compound file");
    let given = split(rest);
    let fixed = ("/__properties_version1.0".to_owned(), vec![0; 32]);
    let has_fixed = given.iter().any(|(path, _)| *path == fixed.0);
    for (path, bytes) in given.into_iter().chain((!has_fixed).then_some(fixed)) {
        let path = if path.is_empty() { "/__substg1.0_1000001F".to_owned() } else { path };
        // Text is written as text in the input, and wide in the file.
        let bytes = if path.ends_with("001F") { wide(&String::from_utf8_lossy(&bytes)) } else { bytes };
        let folder = path.rsplit_once('/').map_or("", |(folder, _)| folder);
        // A path that the library does not write is no stream.
        if !is_stream_path(&path) || !path.starts_with('/') {
            continue;
        }
        if !folder.is_empty() && file.create_storage_all(folder).is_err() {
            continue;
        }
        if let Ok(mut stream) = file.create_new_stream(&path) {
            stream.write_all(&bytes).expect("memory can be written");
        }
    }
    File::new("a.msg", file.into_inner().into_inner())
}

fn outlook_seeds() -> Vec<Vec<u8>> {
    let row = |id: u16, kind: u16, value: u64| {
        [&kind.to_le_bytes()[..], &id.to_le_bytes(), &[0; 4], &value.to_le_bytes()].concat()
    };
    let fixed = [vec![0; 32], row(0x0039, 0x0040, 134_196_048_000_000_000), row(0x3FFD, 3, 932)].concat();
    let recipient = [vec![0; 8], row(0x0C15, 3, 1)].concat();
    let all: Vec<(&str, &[u8])> = vec![
        ("/__properties_version1.0", &fixed),
        ("/__substg1.0_0037001F", "件名".as_bytes()),
        ("/__substg1.0_1000001F", "本文です".as_bytes()),
        ("/__substg1.0_0C1A001E", b"\x8eR\x93c"),
        ("/__substg1.0_0C1F001F", b"a@b.example"),
        ("/__substg1.0_007D001F", b"Received: x"),
        ("/__recip_version1.0_#00000000/__properties_version1.0", &recipient),
        ("/__recip_version1.0_#00000000/__substg1.0_3001001F", "宛先".as_bytes()),
        ("/__recip_version1.0_#00000000/__substg1.0_39FE001F", b"c@d.example"),
        ("/__attach_version1.0_#00000000/__substg1.0_3707001F", "資料.txt".as_bytes()),
        ("/__attach_version1.0_#00000000/__substg1.0_37010102", b"attached"),
        ("/__attach_version1.0_#00000001/__substg1.0_3001001F", "転送".as_bytes()),
        ("/__attach_version1.0_#00000001/__substg1.0_3701000D/__properties_version1.0", &[0; 24]),
        ("/__attach_version1.0_#00000001/__substg1.0_3701000D/__substg1.0_1000001F", "内側".as_bytes()),
        ("/__attach_version1.0_#00000002/__substg1.0_3707001F", b"a.exe"),
        ("/__attach_version1.0_#00000002/__substg1.0_37010102", b"MZ"),
    ];
    let page: Vec<(&str, &[u8])> = vec![
        ("/__substg1.0_10130102", b"<p onclick=x>page<script>y</script>"),
        ("/__substg1.0_0037001F", b"s"),
    ];
    let mut entries = Vec::new();
    // Names are numbers of one of three sets, which differ in their first byte (MS-OXPROPS, section 1.3.2).
    let sets = [2u8, 3, 4].map(|set| [set, 0x20, 6, 0, 0, 0, 0, 0, 0xC0, 0, 0, 0, 0, 0, 0, 0x46]).concat();
    let named = |set: u16, names: &[u32]| {
        let row = |(at, name): (u16, &u32)| {
            [&name.to_le_bytes()[..], &((set + 3) << 1).to_le_bytes(), &at.to_le_bytes()].concat()
        };
        (0u16..).zip(names).flat_map(row).collect::<Vec<u8>>()
    };
    let begins = 134_196_048_000_000_000;
    let times = [row(0x8000, 0x0040, begins), row(0x8001, 0x0040, begins + 36_000_000_000)].concat();
    for (class, set, names) in [
        ("IPM.Appointment", 0, [0x820D, 0x820E, 0x8208, 0x8232, 0x8215]),
        ("IPM.Task", 1, [0x8104, 0x8105, 0x811F, 0x8101, 0x8102]),
        ("IPM.Contact", 2, [0x8005, 0x801B, 0x8083, 0x8045, 0x8062]),
    ] {
        let fixed = [&[0; 32][..], &times, &row(0x8004, 3, 1)].concat();
        let names = named(set, &names);
        entries.push(join(
            b'@',
            &[
                ("/__properties_version1.0", fixed.as_slice()),
                ("/__substg1.0_001A001F", class.as_bytes()),
                ("/__substg1.0_0037001F", "題".as_bytes()),
                ("/__substg1.0_3001001F", "氏名".as_bytes()),
                ("/__substg1.0_3A08001F", b"03-0000-0000"),
                ("/__substg1.0_8002001F", b"a place"),
                ("/__substg1.0_8003001F", "毎週".as_bytes()),
                ("/__nameid_version1.0/__substg1.0_00020102", sets.as_slice()),
                ("/__nameid_version1.0/__substg1.0_00030102", names.as_slice()),
            ],
        ));
    }
    let packed = packed_rtf(b"{\\rtf1\\ansi\\fromhtml1 {\\*\\htmltag64 <p>}words}");
    // The same packed for good: three literals, then a piece of what was before.
    let dense = [&little(24)[..], &little(20), b"LZFu", &[0; 4], b"\x08abc\x00\x0axyz\x00\x0f"].concat();
    let messages = [
        join(b'@', &all),
        join(b'B', &all),
        join(b'C', &all),
        join(b'D', &all[..5]),
        join(b'@', &page),
        join(b'@', &[("/__substg1.0_10090102", packed.as_slice())]),
        join(b'@', &[("/__substg1.0_10090102", dense.as_slice())]),
        seed(b'H', outlook(0, &join(b'@', &all[..5])[1..]).bytes),
    ];
    messages.into_iter().chain(entries).collect()
}
