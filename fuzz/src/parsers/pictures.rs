//! Shells of pictures: bytes as they are, chunks of PNG with their checksums, drawings by their records.
//!
//! Owns: the headers of drawings, which must agree with what follows.
//! Leaves to others: what must hold.

use std::io::Cursor;

use base64::Engine;
use base64::engine::general_purpose::STANDARD;

use super::pieces::{deflated, little, number, picture, png, put, seed};
use super::{File, Target, plus};

const SVG_WORDS: &[&str] = &[
    "<svg xmlns=\"http://www.w3.org/2000/svg\"",
    "xmlns:xlink=\"http://www.w3.org/1999/xlink\"",
    "<g>",
    "</g>",
    "<path d=\"",
    "<rect ",
    "<circle ",
    "<text>",
    "<tspan>",
    "<textPath ",
    "<use href=\"#a\"/>",
    "<use xlink:href=\"",
    "<defs>",
    "<symbol id=\"a\">",
    "<image href=\"data:image/png;base64,",
    "<linearGradient id=\"",
    "<stop offset=\"",
    "<pattern ",
    "<mask ",
    "<clipPath ",
    "<filter ",
    "<feImage ",
    "<marker ",
    "<style>",
    "</style>",
    "<script>",
    "<foreignObject>",
    "<a href=\"",
    "<animate attributeName=\"",
    "<set ",
    "onload=\"",
    "style=\"",
    "fill=\"url(#a)\"",
    "@import ",
    "url(",
    "<!DOCTYPE svg [",
    "<!ENTITY a \"",
    "&a;",
    "<![CDATA[",
    "]]>",
    "transform=\"",
    "viewBox=\"0 0 9 9\"",
    "<switch>",
    "<title>",
    "/>",
];

/// The inside of a drawing (variant 0), the whole of one (1), a packed one (2).
pub(super) const SVG: Target = Target {
    name: "svg",
    shell: |variant, rest| {
        match variant {
        1 => File::new("a.svg", rest.to_vec()),
        2 => File::new("a.svgz", packed(rest)),
        _ => File::new(
            "a.svg",
            [b"<svg xmlns=\"http://www.w3.org/2000/svg\" xmlns:xlink=\"http://www.w3.org/1999/xlink\" width=\"99\" height=\"99\">".as_slice(), rest, b"</svg>"]
                .concat(),
        ),
    }
    },
    seeds: svg_seeds,
    words: SVG_WORDS,
};

/// The records of a drawing, whose header is made to fit (variant 0); all of it (1); its newer records (2), where words
/// are said by the older ones, too (3).
pub(super) const EMF: Target = Target {
    name: "emf",
    shell: |variant, rest| {
        let bytes = match variant {
            1 => rest.to_vec(),
            2 => emf(&plus::comment(false, rest)),
            3 => emf(&[plus::comment(true, rest), longs(&[2, 44, 0, 0, 9, 9, 2, 1, 2, 3, 4])].concat()),
            _ => emf(rest),
        };
        File::new("a.emf", bytes)
    },
    seeds: emf_seeds,
    words: &[
        "\x0e\0\0\0\x14\0\0\0",
        "\x46\0\0\0",
        "\x54\0\0\0",
        "\x51\0\0\0",
        "\x4c\0\0\0",
        "EMF+",
        "\x02\x10\u{c0}\u{db}",
        "\x08\x40",
        "\x14\x40",
        "\x1c\x40",
        "\x36\x40",
        "\x0a\x20\x26\0",
        "\x28\0\0\0",
        "\x20\0\u{cc}\0",
    ],
};

/// The records of an older drawing, whose header is made to fit (variant 0); all of it (1).
pub(super) const WMF: Target = Target {
    name: "wmf",
    shell: |variant, rest| File::new("a.wmf", if variant == 1 { rest.to_vec() } else { wmf(rest) }),
    seeds: wmf_seeds,
    words: &[
        "\x03\0\0\0\0\0",
        "\x26\x06",
        "\x41\x0b",
        "\x43\x0f",
        "\x32\x0a",
        "\x21\x05",
        "\x24\x03",
        "\x28\0\0\0",
    ],
};

/// The chunks of a picture, whose checksums are made to fit (variant 0); the same inside a page, where what is packed is kept
/// (1); what a header says and the rows, packed into a picture inside a page (2).
pub(super) const PNG: Target = Target {
    name: "png",
    shell: |variant, rest| {
        let magic = b"\x89PNG\r\n\x1a\n";
        let mut bytes = match rest.split_at_checked(13) {
            Some((header, rows)) if variant == 2 => {
                let rows = deflated(rows);
                let length = u32::try_from(rows.len()).expect("short").to_be_bytes();
                [
                    magic,
                    &b"\0\0\0\x0dIHDR"[..],
                    header,
                    &[0; 4],
                    &length,
                    b"IDAT",
                    &rows,
                    &[0; 8],
                    b"IEND",
                    &[0; 4],
                ]
                .concat()
            }
            _ => [magic, rest].concat(),
        };
        mend_png(&mut bytes);
        match variant {
            1 | 2 => in_page("image/png", &bytes),
            _ => File::new("a.png", bytes),
        }
    },
    seeds: || {
        let plain = png();
        let inside = &plain[8..];
        // What a program leaves behind, before the pixels.
        let with = |name: &[u8; 4], content: &[u8]| {
            let chunk =
                [&u32::try_from(content.len()).expect("short").to_be_bytes()[..], name, content, &[0; 4]]
                    .concat();
            seed(b'@', [&inside[..25], &chunk, &inside[25..]].concat())
        };
        vec![
            seed(b'@', inside),
            seed(b'F', inside),
            seed(b'C', inside),
            seed(b'H', inside),
            seed(b'P', b"\0\0\0\x03\0\0\0\x02\x08\x02\0\0\0\0abcdefghi\x04ABCDEFGHI"),
            seed(b'P', b"\0\0\0\x08\0\0\0\x02\x01\0\0\0\0\0a\x02b"),
            with(b"tEXt", b"Comment\0hidden"),
            with(b"iTXt", b"XML:com.adobe.xmp\0\0\0\0\0<x/>"),
            with(b"gAMA", &[0, 0, 0xB1, 0x8F]),
            with(b"pHYs", &[0, 0, 0, 9, 0, 0, 0, 9, 1]),
            with(b"eXIf", b"II*\0\x08\0\0\0\0\0"),
            with(b"acTL", &[0, 0, 0, 1, 0, 0, 0, 0]),
            with(b"iCCP", b"p\0\0x"),
        ]
    },
    words: &[
        "IHDR", "IDAT", "IEND", "PLTE", "tRNS", "acTL", "fcTL", "fdAT", "iCCP", "sRGB", "gAMA", "cHRM",
        "pHYs", "tEXt", "zTXt", "iTXt", "eXIf", "sBIT", "bKGD", "hIST",
    ],
};

pub(super) const JPEG: Target = Target {
    name: "jpeg",
    shell: |_, rest| File::new("a.jpg", [b"\xff\xd8\xff", rest].concat()),
    seeds: || {
        let plain = picture(image::ImageFormat::Jpeg, 16, 9);
        let orientation =
            b"\xe1\x00\x22Exif\0\0II*\0\x08\0\0\0\x01\0\x12\x01\x03\0\x01\0\0\0\x06\0\0\0\0\0\0\0\xff";
        let cmyk = b"\xee\x00\x0eAdobe\0\x64\0\0\0\0\x02\xff";
        vec![
            seed(b'@', &plain[3..]),
            seed(b'F', &plain[3..]),
            seed(b'C', &plain[3..]),
            seed(b'@', [orientation.as_slice(), &plain[3..]].concat()),
            seed(b'@', [cmyk.as_slice(), &plain[3..]].concat()),
        ]
    },
    words: JPEG_WORDS,
};

/// A photograph inside a page, whose coded data is followed and kept: behind its first two bytes (variant 0), with a marker
/// before each unit of it (1).
pub(super) const JPEG_COPIED: Target = Target {
    name: "jpeg_copied",
    shell: |variant, rest| {
        let start: &[u8] = if variant == 1 { b"\xff\xd8\xff\xdd\0\x04\0\x01" } else { b"\xff\xd8" };
        in_page("image/jpeg", &[start, rest].concat())
    },
    seeds: || {
        let plain = picture(image::ImageFormat::Jpeg, 16, 9);
        let grey = {
            let pixels = image::GrayImage::from_fn(17, 9, |x, y| image::Luma([(x * 9 + y * 20) as u8]));
            let mut bytes = Vec::new();
            pixels.write_to(&mut Cursor::new(&mut bytes), image::ImageFormat::Jpeg).expect("a picture");
            bytes
        };
        vec![
            seed(b'@', &plain[2..]),
            seed(b'B', &plain[2..]),
            seed(b'@', &grey[2..]),
            seed(b'@', [&grey[2..], b"hidden behind the end"].concat()),
            seed(b'@', picture(image::ImageFormat::Jpeg, 1, 1).split_off(2)),
            seed(b'H', &grey[2..]),
        ]
    },
    words: JPEG_WORDS,
};

/// A page with a picture inside it.
fn in_page(media_type: &str, picture: &[u8]) -> File {
    let picture = STANDARD.encode(picture);
    let page = format!("<html><body><img src=\"data:{media_type};base64,{picture}\"></body></html>");
    File::new("a.html", page.into_bytes())
}

const JPEG_WORDS: &[&str] = &[
    "\u{ff}",
    "\u{ff}\u{c0}",
    "\u{ff}\u{c4}",
    "\u{ff}\u{da}",
    "\u{ff}\u{db}",
    "\u{ff}\u{dd}\0\x04\0\x01",
    "\u{ff}\u{d0}",
    "Exif\0\0",
    "ICC_PROFILE\0",
    "Adobe",
    "JFIF\0",
    "MPF\0",
    "http://ns.adobe.com/xap/1.0/\0",
    "II*\0",
    "MM\0*",
];

pub(super) const GIF: Target = Target {
    name: "gif",
    shell: |_, rest| File::new("a.gif", [b"GIF89a", rest].concat()),
    seeds: gif_seeds,
    words: &["\x21\u{f9}\x04", "\x21\u{ff}\x0bNETSCAPE2.0\x03\x01", "\x21\u{fe}", "\x2c\0\0\0\0", "\x3b"],
};

pub(super) const BMP: Target = Target {
    name: "bmp",
    shell: |_, rest| File::new("a.bmp", [b"BM", rest].concat()),
    seeds: || {
        let plain = picture(image::ImageFormat::Bmp, 5, 3);
        let runs = [
            &b"BM\0\0\0\0\0\0\0\0\x3e\0\0\0\x28\0\0\0\x04\0\0\0\x02\0\0\0\x01\0\x08\0\x01\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\x02\0\0\0\0\0\0\0"[..],
            b"\0\0\0\0\xff\xff\xff\0\x04\x01\0\0\0\x03\x01\0\x01\0\0\x01",
        ]
        .concat();
        vec![
            seed(b'@', &plain[2..]),
            seed(b'F', &plain[2..]),
            seed(b'C', &plain[2..]),
            seed(b'@', &runs[2..]),
        ]
    },
    words: &[
        "\x28\0\0\0",
        "\x0c\0\0\0",
        "\x6c\0\0\0",
        "\x7c\0\0\0",
        "\x01\0\x01\0",
        "\x01\0\x04\0",
        "\x01\0\x08\0",
        "\x01\0\x10\0",
        "\x01\0\x18\0",
        "\x01\0\x20\0",
        "sRGB",
    ],
};

pub(super) const TIFF: Target = Target {
    name: "tiff",
    shell: |_, rest| File::new("a.tif", rest.to_vec()),
    seeds: tiff_seeds,
    words: &[
        "II*\0",
        "MM\0*",
        "II+\0",
        "\0\x01\x03\0",
        "\x01\x01\x03\0",
        "\x03\x01\x03\0",
        "\x06\x01\x03\0",
        "\x11\x01\x04\0",
        "\x17\x01\x04\0",
        "\x16\x01\x04\0",
        "\x15\x01\x03\0",
        "\x42\x01\x04\0",
        "\x3d\x01\x03\0",
    ],
};

pub(super) const WEBP: Target = Target {
    name: "webp",
    shell: |_, rest| {
        let length = u32::try_from(rest.len() + 4).unwrap_or(u32::MAX);
        File::new("a.webp", [b"RIFF", &little(length)[..], b"WEBPVP8", rest].concat())
    },
    seeds: || {
        let mut plain = Vec::new();
        let pixels: Vec<u8> = (0..9 * 5 * 3).map(|i| (i * 7) as u8).collect();
        image_webp::WebPEncoder::new(&mut plain)
            .encode(&pixels, 9, 5, image_webp::ColorType::Rgb8)
            .expect("a picture");
        let extended =
            [&b"X \n\0\0\0\x0c\0\0\0\x08\0\0\x04\0\0EXIF\x04\0\0\0abcd"[..], &plain[12..]].concat();
        vec![
            seed(b'@', &plain[15..]),
            seed(b'F', &plain[15..]),
            seed(b'C', &plain[15..]),
            seed(b'@', extended),
        ]
    },
    words: &["VP8 ", "VP8L", "VP8X", "ALPH", "ANIM", "ANMF", "EXIF", "XMP ", "ICCP", "\u{9d}\x01\x2a", "/"],
};

fn packed(bytes: &[u8]) -> Vec<u8> {
    use std::io::Write;
    let mut encoder = flate2::GzBuilder::new().write(Vec::new(), flate2::Compression::default());
    encoder.write_all(bytes).expect("memory can be written");
    encoder.finish().expect("a stream")
}

fn svg_seeds() -> Vec<Vec<u8>> {
    let inside = "<title>t</title><style>rect{fill:red}@import url(http://a/);p{background:url(#g)}</style><defs><linearGradient id='g'><stop offset='0' stop-color='red'/></linearGradient>\
        <symbol id='a'><path d='M0 0L9 9a1 1 0 0 1 2 2z'/></symbol><clipPath id='c'><rect width='5' height='5'/></clipPath><filter id='f'><feGaussianBlur stdDeviation='1'/><feImage href='http://a/'/></filter></defs>\
        <use href='#a' x='3'/><use xlink:href='http://a/#b'/><rect width='5' height='5' fill='url(#g)' clip-path='url(#c)' filter='url(#f)' onclick='x' style='fill:url(http://a/);stroke:red'/>\
        <text x='1' y='9'>words<tspan dy='1'>more</tspan></text><a href='javascript:x'><circle r='3'/></a><image href='data:image/png;base64,iVBORw0KGgo=' width='1' height='1'/>\
        <script>x</script><foreignObject><p>y</p></foreignObject><animate attributeName='href' to='javascript:x'/><g transform='rotate(45)'><switch><text>z</text></switch></g>";
    let whole = format!(
        "<?xml version='1.0'?><!DOCTYPE svg PUBLIC 'x' 'y' [<!ENTITY e 'v'>]><!-- c --><svg xmlns='http://www.w3.org/2000/svg' xmlns:xlink='http://www.w3.org/1999/xlink' viewBox='0 0 9 9' onload='x'>{inside}&e;</svg>"
    );
    let mut seeds: Vec<Vec<u8>> = (0..8).map(|mode| seed(b'@' + mode, inside)).collect();
    seeds.push(seed(b'H', &whole));
    seeds.push(seed(b'P', &whole));
    seeds
}

fn longs(values: &[u32]) -> Vec<u8> {
    values.iter().flat_map(|value| value.to_le_bytes()).collect()
}

fn shorts(values: &[u16]) -> Vec<u8> {
    values.iter().flat_map(|value| value.to_le_bytes()).collect()
}

/// A drawing of these records, with its header and end.
pub(super) fn emf(body: &[u8]) -> Vec<u8> {
    let mut count = 2;
    let mut at = 0;
    while let Some(size) = number(body, at + 4).filter(|size| *size >= 8) {
        count += 1;
        at = at.saturating_add(size);
    }
    let total = u32::try_from(108 + body.len() + 20).unwrap_or(u32::MAX);
    let header = [
        longs(&[1, 108, 0, 0, 100, 80, 0, 0, 2600, 2100]),
        b" EMF\0\0\x01\0".to_vec(),
        longs(&[total, count]),
        shorts(&[9, 0]),
        longs(&[0, 0, 0, 1920, 1080, 508, 286, 0, 0, 0, 508_000, 286_000]),
    ]
    .concat();
    [&header[..], body, &longs(&[14, 20, 0, 16, 20])].concat()
}

/// A picture of 2 by 2 pixels: its description and its rows.
fn bitmap() -> (Vec<u8>, Vec<u8>) {
    let info = [longs(&[40, 2, 2]), shorts(&[1, 24]), longs(&[0, 0, 0, 0, 0, 0])].concat();
    (info, vec![1, 2, 3, 4, 5, 6, 0, 0, 7, 8, 9, 10, 11, 12, 0, 0])
}

fn emf_seeds() -> Vec<Vec<u8>> {
    let record = |kind: u32, mut fields: Vec<u8>| {
        fields.resize(fields.len().next_multiple_of(4), 0);
        [longs(&[kind, u32::try_from(fields.len() + 8).expect("short")]), fields].concat()
    };
    let (info, bits) = bitmap();
    let words = [
        longs(&[0, 0, 50, 20, 1, 0x3F80_0000, 0x3F80_0000, 5, 9, 2, 76, 0, 0, 0, 0, 0, 80]),
        shorts(&[0x3042, 0x3044]),
        longs(&[7, 7]),
    ]
    .concat();
    let drawn =
        [longs(&[0, 0, 9, 9, 0, 0, 0, 0, 2, 2, 80, 40, 120, 16, 0, 0x00CC_0020, 9, 9]), info, bits].concat();
    let all = [
        record(17, longs(&[8])),
        record(9, longs(&[100, 100])),
        record(38, longs(&[1, 0, 1, 0, 255])),
        record(39, longs(&[2, 0, 255, 0])),
        record(37, longs(&[1])),
        record(82, [longs(&[3, 12, 0, 0, 0, 400]), vec![0; 8], vec![0; 300]].concat()),
        record(86, [longs(&[0, 0, 9, 9, 2]), shorts(&[1, 2, 3, 4])].concat()),
        record(3, [longs(&[0, 0, 9, 9, 2]), longs(&[1, 2, 3, 4])].concat()),
        record(84, words),
        record(81, drawn),
        record(75, longs(&[32, 1, 32, 1, 16, 0, 0, 9, 9, 0, 0, 9, 9])),
        record(70, [longs(&[8]), b"secret!!".to_vec()].concat()),
        record(59, vec![]),
        record(27, longs(&[1, 1])),
        record(60, vec![]),
        record(40, longs(&[1])),
    ];
    let mut seeds: Vec<Vec<u8>> = (0..8).map(|mode| seed(b'@' + mode, all.concat())).collect();
    seeds.push(seed(b'H', emf(&all.concat())));
    seeds.extend(b"PRSX".iter().map(|first| seed(*first, plus::all())));
    seeds
}

/// An older drawing of these records, with its headers and end.
fn wmf(body: &[u8]) -> Vec<u8> {
    let words = |bytes: usize| u32::try_from(bytes / 2).unwrap_or(u32::MAX);
    let mut placed = [b"\xd7\xcd\xc6\x9a\0\0".to_vec(), shorts(&[0, 0, 1000, 800, 1440, 0, 0])].concat();
    let sum = placed.chunks_exact(2).fold(0, |sum, two| sum ^ u16::from_le_bytes([two[0], two[1]]));
    placed.extend(sum.to_le_bytes());
    let header = [
        shorts(&[1, 9, 0x300]),
        longs(&[words(18 + body.len() + 6)]),
        shorts(&[9]),
        longs(&[words(body.len())]),
        shorts(&[0]),
    ];
    [&placed[..], &header.concat(), body, &longs(&[3]), &shorts(&[0])].concat()
}

fn wmf_seeds() -> Vec<Vec<u8>> {
    let record = |kind: u16, mut fields: Vec<u8>| {
        fields.resize(fields.len().next_multiple_of(2), 0);
        [longs(&[u32::try_from(fields.len() / 2 + 3).expect("short")]), shorts(&[kind]), fields].concat()
    };
    let (info, bits) = bitmap();
    let all = [
        record(0x0103, shorts(&[8])),
        record(0x020B, shorts(&[0, 0])),
        record(0x020C, shorts(&[800, 1000])),
        record(0x02FA, shorts(&[0, 1, 0, 255, 0])),
        record(0x012D, shorts(&[0])),
        record(0x0325, shorts(&[2, 1, 2, 3, 4])),
        record(0x0521, [shorts(&[5]), b"words\0".to_vec(), shorts(&[9, 9])].concat()),
        record(0x0A32, [shorts(&[9, 9, 2, 0]), b"ab".to_vec()].concat()),
        record(0x0F43, [longs(&[0x00CC_0020]), shorts(&[0, 2, 2, 0, 0, 9, 9, 0, 0]), info, bits].concat()),
        record(0x0626, [shorts(&[15, 6]), b"secret".to_vec()].concat()),
        record(0x01F0, shorts(&[0])),
    ];
    let mut seeds: Vec<Vec<u8>> = (0..8).map(|mode| seed(b'@' + mode, all.concat())).collect();
    seeds.push(seed(b'H', wmf(&all.concat())));
    seeds
}

fn mend_png(bytes: &mut [u8]) {
    let mut at = 8;
    while let Some(length) =
        bytes.get(at..at + 4).and_then(|four| four.try_into().ok()).map(u32::from_be_bytes)
    {
        let Some(end) = usize::try_from(length).ok().and_then(|length| at.checked_add(length + 8)) else {
            return;
        };
        let Some(chunk) = bytes.get(at + 4..end) else { return };
        let mut crc = flate2::Crc::new();
        crc.update(chunk);
        put(bytes, end, &crc.sum().to_be_bytes());
        at = end + 4;
    }
}

fn gif_seeds() -> Vec<Vec<u8>> {
    let mut moving = Vec::new();
    {
        let mut encoder =
            gif::Encoder::new(&mut moving, 8, 8, &[255, 0, 0, 0, 255, 0, 9, 9, 9]).expect("a picture");
        encoder.set_repeat(gif::Repeat::Finite(3)).expect("a picture");
        for index in 0..3u8 {
            let mut frame = gif::Frame::from_indexed_pixels(8, 8, vec![index % 2; 64], Some(2));
            frame.delay = 7;
            encoder.write_frame(&frame).expect("a frame");
        }
    }
    let still = picture(image::ImageFormat::Gif, 5, 3);
    let spoken =
        [&still[..still.len() - 1], b"\x21\xfe\x06hidden\0\x21\xff\x0bXMP DataXMP\x04<x/>\0;"].concat();
    vec![
        seed(b'@', &still[6..]),
        seed(b'F', &still[6..]),
        seed(b'C', &still[6..]),
        seed(b'@', &moving[6..]),
        seed(b'@', &spoken[6..]),
    ]
}

fn tiff_seeds() -> Vec<Vec<u8>> {
    let plain = picture(image::ImageFormat::Tiff, 5, 3);
    // One bit for each pixel, 8 by 2: directory, then rows.
    let bilevel = |compression: u16, photometric: u16, data: &[u8]| {
        let entry = |tag: u16, kind: u16, value: u32| {
            [&tag.to_le_bytes()[..], &kind.to_le_bytes(), &little(1), &little(value)].concat()
        };
        let count = u32::try_from(data.len()).expect("short");
        let entries = [
            entry(256, 3, 8),
            entry(257, 3, 2),
            entry(258, 3, 1),
            entry(259, 3, compression.into()),
            entry(262, 3, photometric.into()),
            entry(273, 4, 122),
            entry(277, 3, 1),
            entry(278, 3, 2),
            entry(279, 4, count),
        ];
        seed(b'@', [&b"II*\0\x08\0\0\0\x09\0"[..], &entries.concat(), &little(0), data].concat())
    };
    vec![
        seed(b'@', &plain),
        seed(b'F', &plain),
        seed(b'C', &plain),
        bilevel(1, 0, &[0xA5, 0x5A]),
        bilevel(32773, 1, &[0x01, 0xA5, 0x5A]),
        bilevel(5, 1, &[0x80, 0x29, 0x4B, 0x50, 0x10]),
        bilevel(3, 0, &[0x00, 0x10, 0x01, 0x9A, 0x80]),
        bilevel(4, 0, &[0x26, 0xA1, 0x00, 0x10, 0x01]),
        bilevel(8, 1, b"\x78\x9c\x5b\x1a\x05\0\x01\xa5\x01\x00"),
    ]
}
