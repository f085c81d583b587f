//! Any bytes under any name: how a kind is found, and every way from there.
//!
//! Owns: the names.
//! Leaves to others: what must hold.

use super::pieces::{picture, png, seed};
use super::{File, Target};

const NAMES: [&str; 48] = [
    "a.txt",
    "a",
    "a.docx",
    "a.docm",
    "a.dotx",
    "a.xlsx",
    "a.xlsm",
    "a.xlsb",
    "a.pptx",
    "a.ppsx",
    "a.doc",
    "a.xls",
    "a.ppt",
    "a.rtf",
    "a.odt",
    "a.ods",
    "a.odp",
    "a.fodt",
    "a.pdf",
    "a.png",
    "a.jpg",
    "a.gif",
    "a.bmp",
    "a.tif",
    "a.webp",
    "a.svg",
    "a.svgz",
    "a.emf",
    "a.wmf",
    "a.emz",
    "a.csv",
    "a.html",
    "a.mht",
    "a.xml",
    "a.json",
    "a.ics",
    "a.vcf",
    "a.eml",
    "a.msg",
    "a.zip",
    "a.7z",
    "a.lzh",
    "a.tar",
    "a.gz",
    "a.slk",
    "a.exe",
    "a.jtd",
    "a\u{202E}fdp.txt",
];

/// The first byte of the rest chooses the name.
pub(super) const ANY: Target = Target {
    name: "sanitise",
    shell: |_, rest| {
        let (name, bytes) = rest.split_first().unwrap_or((&0, &[]));
        File::new(NAMES[usize::from(*name) % NAMES.len()], bytes.to_vec())
    },
    seeds,
    words: &[
        "%PDF-1.7",
        "endobj",
        "PK\x03\x04",
        "PK\x05\x06",
        "{\\rtf1",
        "GIF89a",
        "BM",
        "II*\0",
        "RIFF",
        "WEBPVP8",
        "ustar",
        "-lh5-",
        "7z\u{bc}",
        "MZ",
        "<svg",
        "<html",
        "<!DOCTYPE html>",
        "<?xml ",
        "BEGIN:VCALENDAR",
        "BEGIN:VCARD",
        "ID;P",
        "From: ",
        "MIME-Version: 1.0",
        "Content-Type: multipart/related",
        " EMF",
        "\u{d7}\u{cd}",
        "[Content_Types].xml",
        "mimetype",
        "#!",
        "\x7fELF",
        "<office:document",
        "mso-application progid=\"Word.Document\"",
    ],
};

fn seeds() -> Vec<Vec<u8>> {
    let named = |name: &str, bytes: &[u8]| {
        let at = NAMES.iter().position(|known| *known == name).and_then(|at| u8::try_from(at).ok());
        seed(b'@', [&[at.expect("a name of the list")], bytes].concat())
    };
    let mut seeds = vec![named("a.txt", b"words")];
    for name in NAMES {
        seeds.push(named(name, b"words"));
        seeds.push(named(name, b"<?xml version='1.0'?><a>words</a>"));
    }
    let gif = picture(image::ImageFormat::Gif, 3, 2);
    // Two kinds in one.
    seeds.push(named("a.gif", &[&gif[..], b"<html><script>x</script>"].concat()));
    seeds.push(named("a.png", &[&png()[..], b"%PDF-1.4 1 0 obj endobj"].concat()));
    seeds.push(named("a.pdf", b"%PDF-1.4\n1 0 obj\n<<>>\nendobj\nPK\x03\x04"));
    seeds
}
