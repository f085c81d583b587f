//! Shells of office packages: parts of OOXML and OpenDocument in an archive that is sound, encrypted packages, flat files.
//!
//! Owns: documents that have something of everything, whose parts an input replaces.
//! Leaves to others: the text of those documents (`documents`), what must hold.

mod documents;

use std::io::{Cursor, Write};

use worker_protocol::Kind;
use zip::CompressionMethod;

use super::pieces::{is_stream_path, join, package, png, seed, split, zip};
use super::{File, Target};
use documents::{CALC, DOCUMENT, FLAT, ODF_META, ODF_SETTINGS, ODF_STYLES, SLIDES, TEXT, WORKBOOK};

const OFFICE_WORDS: &[&str] = &[
    "=== word/document.xml\n",
    "=== word/_rels/document.xml.rels\n",
    "=== xl/worksheets/sheet1.xml\n",
    "=== xl/workbook.xml\n",
    "=== ppt/slides/slide1.xml\n",
    "=== [Content_Types].xml\n",
    "=== word/vbaProject.bin\n",
    "<w:p>",
    "<w:r>",
    "<w:t>",
    "<w:fldSimple w:instr=\"",
    "<w:instrText>",
    "<w:fldChar w:fldCharType=\"begin\"/>",
    "<w:hyperlink r:id=\"rId9\">",
    "<w:object>",
    "<w:pict>",
    "<w:drawing>",
    "<w:sdt>",
    "<w:altChunk r:id=\"",
    "<w:tbl>",
    "<w:tr>",
    "<w:tc>",
    "<w:sectPr>",
    "<w:ins>",
    "<w:del>",
    "<mc:AlternateContent>",
    "<mc:Choice Requires=\"",
    "<mc:Fallback>",
    "mc:Ignorable=\"",
    "<a:hlinkClick r:id=\"",
    "<a:blip r:embed=\"",
    "<p:sp>",
    "<p:oleObj",
    "<p:timing>",
    "<c r=\"A1\" t=\"s\">",
    "<f>",
    "<v>",
    "<row r=\"",
    "<definedName name=\"",
    "<oleObject",
    "<control",
    "<extLst>",
    "<ext uri=\"",
    "<v:shape",
    "<v:imagedata",
    "TargetMode=\"External\"",
    "<Relationship Id=\"",
    "<Override PartName=\"/",
    "<Default Extension=\"",
    "DDEAUTO ",
    "INCLUDEPICTURE ",
    "HYPERLINK ",
    "<!DOCTYPE ",
    "<![CDATA[",
    "]]>",
    "<!--",
    "-->",
    "xmlns:",
    "/>",
    "&#x41;",
    "&amp;",
];

const OPEN_WORDS: &[&str] = &[
    "=== content.xml\n",
    "=== styles.xml\n",
    "=== META-INF/manifest.xml\n",
    "=== Object 1/content.xml\n",
    "=== Basic/script-lc.xml\n",
    "<text:p>",
    "<text:a xlink:href=\"",
    "<text:script script:language=\"",
    "<text:section>",
    "<text:section-source xlink:href=\"",
    "<text:dde-connection",
    "<text:list>",
    "<text:list-item>",
    "<text:tracked-changes>",
    "<text:note>",
    "<table:table>",
    "<table:table-row table:number-rows-repeated=\"",
    "<table:table-cell table:number-columns-repeated=\"",
    "table:formula=\"of:=",
    "<table:covered-table-cell",
    "<draw:frame>",
    "<draw:image xlink:href=\"",
    "<draw:object xlink:href=\"",
    "<draw:object-ole",
    "<draw:plugin",
    "<draw:page>",
    "<office:event-listeners>",
    "<script:event-listener",
    "<office:scripts>",
    "<office:binary-data>",
    "<form:form>",
    "<presentation:notes>",
    "<anim:par>",
    "<style:style style:name=\"",
    "<style:font-face",
    "<manifest:file-entry manifest:full-path=\"",
    "<manifest:encryption-data",
    "office:value-type=\"float\"",
    "xlink:type=\"simple\"",
    "<!DOCTYPE ",
    "<![CDATA[",
    "<!--",
    "/>",
];

/// Parts of a document, workbook or presentation (variants 0 to 2), of macro-enabled ones (3 to 5), templates (6, 7).
pub(super) const OOXML: Target =
    Target { name: "ooxml", shell: ooxml, seeds: ooxml_seeds, words: OFFICE_WORDS };

/// The two streams of an encrypted package; or the whole compound file (1).
pub(super) const ENCRYPTED: Target = Target {
    name: "ooxml_encrypted",
    shell: encrypted,
    seeds: encrypted_seeds,
    words: &[
        "=== EncryptionInfo\n",
        "=== EncryptedPackage\n",
        "<encryption ",
        "<keyData ",
        "<keyEncryptor>",
        "<p:encryptedKey ",
        "spinCount=\"",
        "saltSize=\"",
        "saltValue=\"",
        "keyBits=\"",
        "blockSize=\"",
        "hashSize=\"",
        "hashAlgorithm=\"SHA512\"",
        "hashAlgorithm=\"SHA1\"",
        "cipherAlgorithm=\"AES\"",
        "encryptedKeyValue=\"",
    ],
};

/// Parts of a text, spreadsheet or presentation (variants 0 to 2).
pub(super) const ODF: Target = Target { name: "odf", shell: odf, seeds: odf_seeds, words: OPEN_WORDS };

/// A whole flat document.
pub(super) const ODF_FLAT: Target =
    Target { name: "odf_flat", shell: odf_flat, seeds: odf_flat_seeds, words: OPEN_WORDS };

fn ooxml(variant: u8, rest: &[u8]) -> File {
    let (usual, main) = [
        (DOCUMENT, "word/document.xml"),
        (WORKBOOK, "xl/worksheets/sheet1.xml"),
        (SLIDES, "ppt/slides/slide1.xml"),
    ][usize::from(variant % 3)];
    let picture = png();
    let media =
        ["word/media/image1.png", "xl/media/image1.png", "ppt/media/image1.png"][usize::from(variant % 3)];
    let usual: Vec<(&str, &[u8])> = usual
        .iter()
        .map(|(name, text)| (*name, text.as_bytes()))
        .chain([(media, picture.as_slice())])
        .collect();
    let name = ["a.docx", "a.xlsx", "a.pptx", "a.docm", "a.xlsm", "a.pptm", "a.dotx", "a.xltx"]
        [usize::from(variant)];
    File::new(name, zip(&package(&usual, main, rest), CompressionMethod::Stored))
}

/// What an office program makes of an old file of any content.
pub(super) fn made_by_office(kind: Kind) -> Option<Vec<u8>> {
    let variant = [Kind::Docx, Kind::Xlsx, Kind::Pptx].iter().position(|made| *made == kind)?;
    Some(ooxml(u8::try_from(variant).ok()?, b"").bytes)
}

fn ooxml_seeds() -> Vec<Vec<u8>> {
    let mut seeds =
        vec![seed(b'@', ""), seed(b'H', ""), seed(b'P', ""), seed(b'X', ""), seed(b'`', ""), seed(b'h', "")];
    for (choice, parts) in [(b'@', DOCUMENT), (b'H', WORKBOOK), (b'P', SLIDES)] {
        let parts: Vec<(&str, &[u8])> = parts.iter().map(|(name, text)| (*name, text.as_bytes())).collect();
        for mode in 0..8 {
            // Each part alone, so that it may change without the others, and all together.
            seeds.push(join(choice + mode, &parts[parts.len() - 1..]));
        }
        seeds.extend(parts.iter().map(|part| join(choice, &[*part])));
        seeds.push(join(choice, &parts));
    }
    seeds
}

fn encrypted(variant: u8, rest: &[u8]) -> File {
    if variant == 1 {
        return File::new("a.docx", rest.to_vec());
    }
    let mut file = cfb::CompoundFile::create(Cursor::new(Vec::new())).expect("a compound file");
    for (name, bytes) in split(rest) {
        let name = if name.is_empty() { "EncryptionInfo" } else { name.as_str() };
        // A name that the library does not write is no stream.
        let path = format!("/{}", name.trim_start_matches('/'));
        if !is_stream_path(&path) || path.matches('/').count() > 1 {
            continue;
        }
        if let Ok(mut stream) = file.create_new_stream(path) {
            stream.write_all(&bytes).expect("memory can be written");
        }
    }
    File::new("a.docx", file.into_inner().into_inner())
}

fn encrypted_seeds() -> Vec<Vec<u8>> {
    let needed = ["[Content_Types].xml", "_rels/.rels", "word/document.xml"];
    let parts: Vec<(&str, &[u8])> = DOCUMENT
        .iter()
        .filter(|(name, _)| needed.contains(name))
        .map(|(name, text)| (*name, text.as_bytes()))
        .collect();
    let plain = zip(&package(&parts, "", b""), CompressionMethod::Deflated);
    let (description, packed) = crypt::agile(&plain, "secret", 3);
    let pieces: [(&str, &[u8]); 2] = [("EncryptionInfo", &description), ("EncryptedPackage", &packed)];
    let standard = [
        &[
            3, 0, 2, 0, 0x24, 0, 0, 0, 0x28, 0, 0, 0, 0x24, 0, 0, 0, 0, 0, 0, 0, 0x0e, 0x66, 0, 0, 4, 0x80,
            0, 0, 128, 0, 0, 0,
        ][..],
        &[0x18, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, b'A', 0, b'E', 0, b'S', 0, 0, 0, 16, 0, 0, 0],
        &[1; 16],
        &[2; 16],
        &[20, 0, 0, 0],
        &[3; 32],
    ]
    .concat();
    vec![
        join(b'@', &pieces),
        join(b'@', &[("EncryptionInfo", &standard), ("EncryptedPackage", &packed[..64])]),
        seed(b'H', encrypted(0, &join(b'@', &pieces)[1..]).bytes),
    ]
}

mod crypt {
    //! Agile encryption as MS-OFFCRYPTO describes it, with AES-128 and SHA-1.

    use aes::cipher::{Array, BlockCipherEncrypt, KeyInit};
    use base64::Engine;
    use base64::engine::general_purpose::STANDARD;
    use sha1::{Digest, Sha1};

    fn hash(pieces: &[&[u8]]) -> Vec<u8> {
        let mut hasher = Sha1::new();
        pieces.iter().for_each(|piece| hasher.update(piece));
        hasher.finalize().to_vec()
    }

    fn encrypt(key: &[u8], start: &[u8], bytes: &[u8]) -> Vec<u8> {
        let cipher = aes::Aes128::new_from_slice(key).expect("a key of 16 bytes");
        let mut out = bytes.to_vec();
        out.resize(out.len().next_multiple_of(16), 0);
        let mut previous = start[..16].to_vec();
        for chunk in out.chunks_exact_mut(16) {
            chunk.iter_mut().zip(&previous).for_each(|(byte, with)| *byte ^= with);
            let mut block = Array::from(<[u8; 16]>::try_from(&*chunk).expect("a block"));
            cipher.encrypt_block(&mut block);
            chunk.copy_from_slice(&block);
            previous = block.to_vec();
        }
        out
    }

    /// The description and the package.
    pub(super) fn agile(package: &[u8], password: &str, rounds: u32) -> (Vec<u8>, Vec<u8>) {
        let (salt, data_salt, key, verifier) = ([7u8; 16], [9u8; 16], [3u8; 16], [5u8; 16]);
        let password: Vec<u8> = password.encode_utf16().flat_map(u16::to_le_bytes).collect();
        let mut stretched = hash(&[&salt, &password]);
        for round in 0..rounds {
            stretched = hash(&[&round.to_le_bytes(), &stretched]);
        }
        let close = |block: [u8; 8], bytes: &[u8]| {
            STANDARD.encode(encrypt(&hash(&[&stretched, &block])[..16], &salt, bytes))
        };
        let common = "saltSize=\"16\" blockSize=\"16\" keyBits=\"128\" hashSize=\"20\" cipherAlgorithm=\"AES\" \
            cipherChaining=\"ChainingModeCBC\" hashAlgorithm=\"SHA1\"";
        let xml = format!(
            "<encryption xmlns=\"http://schemas.microsoft.com/office/2006/encryption\" \
             xmlns:p=\"http://schemas.microsoft.com/office/2006/keyEncryptor/password\"><keyData {common} saltValue=\"{}\"/>\
             <keyEncryptors><keyEncryptor><p:encryptedKey spinCount=\"{rounds}\" {common} saltValue=\"{}\" \
             encryptedVerifierHashInput=\"{}\" encryptedVerifierHashValue=\"{}\" encryptedKeyValue=\"{}\"/></keyEncryptor>\
             </keyEncryptors></encryption>",
            STANDARD.encode(data_salt),
            STANDARD.encode(salt),
            close([0xFE, 0xA7, 0xD2, 0x76, 0x3B, 0x4B, 0x9E, 0x79], &verifier),
            close([0xD7, 0xAA, 0x0F, 0x6D, 0x30, 0x61, 0x34, 0x4E], &hash(&[&verifier])),
            close([0x14, 0x6E, 0x0B, 0xE7, 0xAB, 0xAC, 0xD0, 0xD6], &key),
        );
        let mut packed = (package.len() as u64).to_le_bytes().to_vec();
        for (number, segment) in package.chunks(4096).enumerate() {
            let start = hash(&[&data_salt, &u32::try_from(number).expect("a small package").to_le_bytes()]);
            packed.extend(encrypt(&key, &start, segment));
        }
        ([&[4, 0, 4, 0, 0x40, 0, 0, 0], xml.as_bytes()].concat(), packed)
    }
}

fn manifest(kind: &str, members: &[&str]) -> String {
    let entries: String = members
        .iter()
        .map(|name| {
            format!("<manifest:file-entry manifest:full-path=\"{name}\" manifest:media-type=\"text/xml\"/>")
        })
        .collect();
    format!(
        "<manifest:manifest xmlns:manifest=\"urn:oasis:names:tc:opendocument:xmlns:manifest:1.0\" manifest:version=\"1.2\">\
         <manifest:file-entry manifest:full-path=\"/\" manifest:media-type=\"{kind}\"/>{entries}</manifest:manifest>"
    )
}

fn odf(variant: u8, rest: &[u8]) -> File {
    let which = usize::from(variant % 3);
    let kind = ["text", "spreadsheet", "presentation"][which];
    let kind = format!("application/vnd.oasis.opendocument.{kind}");
    let list = manifest(&kind, &["content.xml", "styles.xml", "meta.xml", "settings.xml", "Pictures/a.png"]);
    let picture = png();
    let usual: [(&str, &[u8]); 7] = [
        ("mimetype", kind.as_bytes()),
        ("META-INF/manifest.xml", list.as_bytes()),
        ("content.xml", [TEXT, CALC, documents::IMPRESS][which].as_bytes()),
        ("styles.xml", ODF_STYLES.as_bytes()),
        ("meta.xml", ODF_META.as_bytes()),
        ("settings.xml", ODF_SETTINGS.as_bytes()),
        ("Pictures/a.png", &picture),
    ];
    let name = ["a.odt", "a.ods", "a.odp"][which];
    File::new(name, zip(&package(&usual, "content.xml", rest), CompressionMethod::Stored))
}

fn odf_seeds() -> Vec<Vec<u8>> {
    let mut seeds = vec![seed(b'@', "")];
    for (choice, text) in [(b'@', TEXT), (b'H', CALC), (b'P', documents::IMPRESS)] {
        seeds.extend((0..8).map(|mode| seed(choice + mode, text)));
    }
    for (name, text) in [("styles.xml", ODF_STYLES), ("meta.xml", ODF_META), ("settings.xml", ODF_SETTINGS)] {
        seeds.push(join(b'@', &[(name, text.as_bytes())]));
    }
    let list = manifest("application/vnd.oasis.opendocument.text", &["content.xml", "Object 1/content.xml"]);
    seeds.push(join(
        b'@',
        &[
            ("META-INF/manifest.xml", list.as_bytes()),
            ("Object 1/content.xml", CALC.as_bytes()),
            ("Basic/a.xml", b"<x/>"),
        ],
    ));
    seeds
}

fn odf_flat(variant: u8, rest: &[u8]) -> File {
    File::new(["a.fodt", "a.fods", "a.fodp"][usize::from(variant % 3)], rest.to_vec())
}

fn odf_flat_seeds() -> Vec<Vec<u8>> {
    (0..8).map(|mode| seed(b'@' + mode, FLAT)).collect()
}
