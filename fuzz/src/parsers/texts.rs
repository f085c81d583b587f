//! Shells of text formats: RTF, pages, style sheets, XML, JSON, calendars and contacts, tables, plain text.
//!
//! Owns: the beginnings by which each is known.
//! Leaves to others: what must hold.

use super::pieces::{png, seed};
use super::{File, Target};

/// What stands inside a document (variant 0), or all of it (1).
pub(super) const RTF: Target = Target {
    name: "rtf",
    shell: |variant, rest| match variant {
        1 => File::new("a.rtf", [b"{\\rt", rest].concat()),
        _ => File::new("a.rtf", [b"{\\rtf1\\ansi\\ansicpg932\\deff0 ", rest, b"}"].concat()),
    },
    seeds: rtf_seeds,
    words: &[
        "{\\fonttbl{\\f0\\fcharset128 ",
        "{\\colortbl;\\red1\\green2\\blue3;}",
        "{\\stylesheet",
        "{\\info{\\author ",
        "{\\*\\generator ",
        "{\\object\\objemb",
        "{\\*\\objdata ",
        "{\\*\\objclass ",
        "{\\result ",
        "{\\field{\\*\\fldinst ",
        "}{\\fldrslt ",
        "{\\pict\\pngblip ",
        "{\\pict\\wmetafile8 ",
        "{\\pict\\emfblip ",
        "{\\*\\shppict",
        "{\\nonshppict",
        "{\\shp{\\*\\shpinst{\\sp{\\sn ",
        "}{\\sv ",
        "\\bin9 ",
        "\\u12354?",
        "\\uc2",
        "\\'82\\'a0",
        "\\par ",
        "\\pard",
        "\\trowd\\cellx9 ",
        "\\cell ",
        "\\row ",
        "\\intbl",
        "{\\listtext ",
        "{\\*\\listtable",
        "{\\*\\template ",
        "{\\header ",
        "{\\footnote ",
        "{\\*\\bkmkstart ",
        "{\\*\\datastore ",
        "{\\*\\themedata ",
        "{\\*\\xmlopen",
        "{\\*\\htmltag ",
        "{\\upr",
        "{\\*\\ud",
        "\\objautlink",
        "\\objupdate",
        "HYPERLINK \"",
        "DDEAUTO ",
        "INCLUDETEXT ",
        "\\~",
        "\\-",
        "\\\\",
        "\\{",
    ],
};

const MARKUP: &[&str] = &[
    "<script>",
    "</script>",
    "<style>",
    "</style>",
    "<p ",
    "<div ",
    "<a href=\"",
    "<img src=\"",
    "<iframe srcdoc=\"",
    "<form action=\"",
    "<input ",
    "<button formaction=\"",
    "<object data=\"",
    "<embed src=\"",
    "<base href=\"",
    "<meta http-equiv=\"refresh\" content=\"0;url=",
    "<link rel=\"stylesheet\" href=\"",
    "<svg>",
    "<math>",
    "<annotation-xml encoding=\"text/html\">",
    "<foreignObject>",
    "<template>",
    "<noscript>",
    "<textarea>",
    "<title>",
    "<table>",
    "<tr>",
    "<td background=\"",
    "<select>",
    "<option>",
    "<plaintext>",
    "<xmp>",
    "<noembed>",
    "<frameset>",
    "<frame src=\"",
    "<!--[if gte mso 9]>",
    "<![endif]-->",
    "<!--",
    "-->",
    "--!>",
    "<![CDATA[",
    "]]>",
    "<?xml version=\"1.0\"?>",
    "<!DOCTYPE html>",
    " onload=\"",
    " style=\"",
    "javascript:",
    "java\tscript:",
    "data:text/html,",
    "vbscript:",
    "url(",
    "expression(",
    "behavior:",
    "@import ",
    "&#106;",
    "&colon;",
    "&NewLine;",
    "&lt;",
    "srcset=\"",
];

pub(super) const HTML: Target = Target {
    name: "html",
    shell: |variant, rest| match variant {
        1 => File::new(
            "a.xhtml",
            [b"<html xmlns=\"http://www.w3.org/1999/xhtml\"><body>", rest, b"</body></html>"].concat(),
        ),
        2 => File::new(
            "a.xls",
            [b"<html xmlns:x=\"urn:schemas-microsoft-com:office:excel\"><body><table>", rest, b"</table>"]
                .concat(),
        ),
        _ => File::new("a.html", [b"<!DOCTYPE html>", rest].concat()),
    },
    seeds: html_seeds,
    words: MARKUP,
};

/// The parts of a saved page.
pub(super) const MHTML: Target = Target {
    name: "mhtml",
    shell: |variant, rest| {
        match variant {
        1 => File::new("a.mht", rest.to_vec()),
        _ => File::new(
            "a.mht",
            [
                b"MIME-Version: 1.0\r\nContent-Type: multipart/related; boundary=b; type=\"text/html\"\r\n\r\n--b\r\nContent-Type: text/html; charset=utf-8\r\nContent-Location: http://a.example/p.html\r\n\r\n"
                    .as_slice(),
                rest,
                b"\r\n--b--\r\n",
            ]
            .concat(),
        ),
    }
    },
    seeds: mhtml_seeds,
    words: &[
        "\r\n--b\r\n",
        "\r\n--b--\r\n",
        "\r\n\r\n",
        "Content-Type: ",
        "Content-Location: ",
        "Content-ID: <",
        "Content-Transfer-Encoding: base64",
        "Content-Transfer-Encoding: quoted-printable",
        "text/html",
        "text/css",
        "image/png",
        "multipart/alternative; boundary=c",
        "cid:",
        "<img src=\"",
        "<link rel=stylesheet href=\"",
        "<script>",
        "url(",
        "=3D",
        "=\r\n",
    ],
};

/// A style sheet in a page (variant 0), in an attribute (1), in a drawing (2).
pub(super) const CSS: Target = Target {
    name: "css",
    shell: |variant, rest| match variant {
        1 => File::new("a.html", [b"<!DOCTYPE html><p style=\"", rest, b"\">words"].concat()),
        2 => File::new(
            "a.svg",
            [
                b"<svg xmlns=\"http://www.w3.org/2000/svg\"><style><![CDATA[".as_slice(),
                rest,
                b"]]></style><rect width=\"9\" height=\"9\" class=\"a\"/></svg>",
            ]
            .concat(),
        ),
        3 => File::new(
            "a.svg",
            [
                b"<svg xmlns=\"http://www.w3.org/2000/svg\"><rect width=\"9\" height=\"9\" style=\""
                    .as_slice(),
                rest,
                b"\"/></svg>",
            ]
            .concat(),
        ),
        _ => File::new("a.html", [b"<!DOCTYPE html><style>", rest, b"</style><p>words"].concat()),
    },
    seeds: || {
        let sheet = "p{color:red;background:url(http://a/b.png);width:expression(x)}@import url(a.css);@media print{a:hover{behavior:url(x)}}@font-face{font-family:F;src:url(data:font/woff,x)}\
            .a>b,#c[d=\"e\"]::before{content:'\\201C';-moz-binding:url(x)}/* c */@charset \"x\";i{\\62 ackground:u\\72l(x)}@supports(a:b){q{r:calc(1px + 2%)!important}}";
        let alone = "color:red;background:url(http://a/);\\77idth:1px;font:12px 'A',\"B\";filter:progid:x";
        (0..4)
            .map(|mode| seed(b'@' + mode, sheet))
            .chain([seed(b'H', alone), seed(b'P', sheet), seed(b'X', alone)])
            .collect()
    },
    words: &[
        "url(",
        "@import ",
        "@media ",
        "@font-face{",
        "@charset ",
        "@namespace ",
        "@supports(",
        "expression(",
        "behavior:",
        "-moz-binding:",
        "image-set(",
        "src(",
        "/*",
        "*/",
        "<!--",
        "-->",
        "\\75 rl(",
        "!important",
        "data:",
        "javascript:",
        "var(--a)",
        "{",
        "}",
        ";",
    ],
};

pub(super) const XML: Target = Target {
    name: "xml",
    shell: |variant, rest| match variant {
        1 => File::new("a.xml", [b"<a>", rest, b"</a>"].concat()),
        _ => File::new("a.xml", rest.to_vec()),
    },
    seeds: || {
        let whole = "<?xml version='1.0' encoding='UTF-8'?><?xml-stylesheet href='x'?><!DOCTYPE a [<!ENTITY b 'c'><!ENTITY d SYSTEM 'file:///x'>]><a xmlns:x='urn:x' b='1'><!-- c --><x:y z='&lt;'>t&amp;&#x3042;</x:y><![CDATA[<q>]]>\
            <script xmlns='http://www.w3.org/1999/xhtml'>x</script></a>";
        let plain = "<a b='1'>words</a>";
        let wide: Vec<u8> = [0xFEFF]
            .into_iter()
            .chain("<?xml version='1.0' encoding='UTF-16'?><a>words</a>".encode_utf16())
            .flat_map(u16::to_le_bytes)
            .collect();
        vec![
            seed(b'@', plain),
            seed(b'@', whole),
            seed(b'B', whole),
            seed(b'C', whole),
            seed(b'D', plain),
            seed(b'H', "<b/>words"),
            seed(b'@', wide),
            seed(b'@', b"<?xml version='1.0' encoding='Shift_JIS'?><a>\x82\xa0</a>"),
        ]
    },
    words: &[
        "<!DOCTYPE ",
        "<!ENTITY ",
        "<![CDATA[",
        "]]>",
        "<?xml ",
        "?>",
        "<!--",
        "-->",
        "xmlns:",
        "encoding='",
        "standalone='yes'",
        "xlink:href='",
        "xml:base='",
        "xsi:schemaLocation='",
        "xi:include",
        "&#x0;",
        "&#38;",
        "/>",
    ],
};

pub(super) const JSON: Target = Target {
    name: "json",
    shell: |variant, rest| {
        File::new(["a.json", "a.geojson", "a.jsonl"][usize::from(variant % 3)], rest.to_vec())
    },
    seeds: || {
        let text = r#"{"a":[1,-2.5e3,"\u3042\ud842\udfb7\n",{"b":null,"b":true}],"__proto__":{},"c":"=cmd|' /c calc'!A0","d":"<script>","e":1e999}"#;
        vec![
            seed(b'@', text),
            seed(b'B', text),
            seed(b'C', text),
            seed(b'P', "{\"a\":1}\n{\"a\":2}\n"),
            seed(b'@', "[[[[[[]]]]]]"),
            seed(b'@', "\u{FEFF}{}"),
        ]
    },
    words: &[
        "\\u0000",
        "\\ud800",
        "\\\"",
        "null",
        "true",
        "false",
        "1e999",
        "-0",
        "\"__proto__\":",
        "[[[[",
        "{\"a\":",
        "//",
        "/*",
        "NaN",
    ],
};

/// An appointment (variant 0), a contact (1), all of a file (2, 3).
pub(super) const VOBJECT: Target = Target {
    name: "vobject",
    shell: |variant, rest| match variant {
        1 => File::new(
            "a.vcf",
            [b"BEGIN:VCARD\r\nVERSION:3.0\r\nFN:a\r\n".as_slice(), rest, b"\r\nEND:VCARD\r\n"].concat(),
        ),
        2 => File::new("a.ics", rest.to_vec()),
        3 => File::new("a.vcf", rest.to_vec()),
        _ => File::new(
            "a.ics",
            [
                b"BEGIN:VCALENDAR\r\nVERSION:2.0\r\nPRODID:x\r\nBEGIN:VEVENT\r\nUID:1\r\n".as_slice(),
                rest,
                b"\r\nEND:VEVENT\r\nEND:VCALENDAR\r\n",
            ]
            .concat(),
        ),
    },
    seeds: || {
        let event = "DTSTART;TZID=Asia/Tokyo:20260101T000000\r\nSUMMARY;LANGUAGE=ja:会議\\, 予定\r\nDESCRIPTION:long\r\n  folded\r\nATTACH;FMTTYPE=application/x:http://a/\r\nATTACH;ENCODING=BASE64;VALUE=BINARY:TVo=\r\n\
            URL:javascript:x\r\nATTENDEE;CN=\"a;b\":mailto:a@b.example\r\nRRULE:FREQ=DAILY\r\nX-ALT-DESC;FMTTYPE=text/html:<script>\r\nBEGIN:VALARM\r\nACTION:PROCEDURE\r\nATTACH:file:///x\r\nEND:VALARM";
        let card = "N:山田;太郎;;;\r\nTEL;TYPE=work,voice:+81-3\r\nitem1.EMAIL:a@b.example\r\nPHOTO;ENCODING=b;TYPE=PNG:iVBORw0KGgo=\r\nPHOTO;VALUE=URI:http://a/\r\nURL:http://a.example/\r\nNOTE;ENCODING=QUOTED-PRINTABLE;CHARSET=SHIFT_JIS:=82=A0=\r\n=82=A2\r\nAGENT:BEGIN:VCARD\r\nKEY:x";
        vec![
            seed(b'@', event),
            seed(b'B', event),
            seed(b'C', event),
            seed(b'D', event),
            seed(b'H', card),
            seed(b'J', card),
            seed(b'K', card),
            seed(b'P', "BEGIN:VCALENDAR\nVERSION:1.0\nBEGIN:VTODO\nEND:VTODO\nEND:VCALENDAR"),
            seed(b'X', "BEGIN:VCARD\nVERSION:2.1\nN:a\nEND:VCARD\n"),
        ]
    },
    words: &[
        "BEGIN:",
        "END:",
        "VEVENT",
        "VTODO",
        "VALARM",
        "VTIMEZONE",
        "VCARD",
        "VCALENDAR",
        "ATTACH",
        "URL:",
        "PHOTO;",
        "NOTE;",
        "ENCODING=BASE64",
        "ENCODING=QUOTED-PRINTABLE",
        "CHARSET=",
        "VALUE=URI",
        "X-",
        "\r\n ",
        "\\n",
        "\\,",
        "=\r\n",
        "mailto:",
    ],
};

/// Rows of values (variant 0), with tabs (1), a SYLK workbook (2), under an old name (3).
pub(super) const TABLE: Target = Target {
    name: "table",
    shell: |variant, rest| match variant {
        1 => File::new("a.tsv", rest.to_vec()),
        2 => File::new("a.slk", [b"ID;PWXL;N;E\r\n", rest].concat()),
        3 => File::new("a.xls", [b"a\tb\r\n", rest].concat()),
        _ => File::new("a.csv", rest.to_vec()),
    },
    seeds: || {
        let rows = "氏名,電話,式\r\n\"a \"\"b\"\"\nc\",+81-3,=1+1\r\n-5,@SUM(A1),\"=HYPERLINK(\"\"http://a/\"\")\"\r\n\t=cmd|' /c calc'!A0, =x,＝y\r\n";
        let sylk = "P;PGeneral\r\nB;Y2;X2\r\nC;Y1;X1;K\"a;;b\"\r\nC;Y2;X1;K1;E=EXEC(1)\r\nC;X2;E1+1;S;R1;C1\r\nNN;NAuto_open;ER1C1\r\nO;E\r\nNE;Fx;Sy\r\nF;P0;FG0C\r\nE\r\n";
        vec![
            seed(b'@', rows),
            seed(b'B', rows),
            seed(b'C', rows),
            seed(b'H', "a\tb\r\n=1\t-2\r\n"),
            seed(b'P', sylk),
            seed(b'R', sylk),
            seed(b'S', sylk),
            seed(b'X', "1\t=2\r\n"),
            seed(b'@', b"\x8e\x81\x96\xbc,=1\r\n"),
            seed(b'@', b"\xff\xfea\0,\0=\x001\0"),
        ]
    },
    words: &[
        "=",
        "+",
        "-",
        "@",
        "\"\"",
        "\"",
        "\r\n",
        "=cmd|' /c calc'!A0",
        "=HYPERLINK(",
        "=WEBSERVICE(",
        "\t",
        ";",
        "C;Y1;X1;K",
        ";E",
        "NN;N",
        "O;E",
        "=DDE(",
        "＝",
        "\u{FEFF}",
        "sep=;\r\n",
        "\\",
        "$B",
    ],
};

pub(super) const PLAIN: Target = Target {
    name: "text",
    shell: |variant, rest| match variant {
        1 => File::new("a", rest.to_vec()),
        2 => File::new("a.md", rest.to_vec()),
        _ => File::new("a.txt", rest.to_vec()),
    },
    seeds: || {
        let wide: Vec<u8> =
            [0xFEFF].into_iter().chain("住民の皆様へ".encode_utf16()).flat_map(u16::to_le_bytes).collect();
        vec![
            seed(b'@', "住民の皆様へ\r\n\u{202E}お知らせ\u{200B}\u{7}\r\n"),
            seed(b'B', "a\u{2066}b\u{E0041}c"),
            seed(b'@', b"\x8fZ\x96\xaf\x82\xcc\x8aF\x97l\x82\xd6\r\n"),
            seed(b'@', b"\x1b$B=;L1\x1b(B words"),
            seed(b'@', b"\xbd\xbb\xcc\xb1\xa4\xce"),
            seed(b'@', wide),
            seed(b'H', "words"),
            seed(b'P', "# [a](javascript:x)\n<script>"),
        ]
    },
    words: &[
        "\u{202E}",
        "\u{2066}",
        "\u{200B}",
        "\u{FEFF}",
        "\u{E0041}",
        "\x1b$B",
        "\x1b(B",
        "\x1b[31m",
        "\r",
        "\0",
    ],
};

/// Word and Excel as one file of XML: the inside of a document (variant 0), of a workbook (1), all of it (2).
pub(super) const OFFICE_XML: Target = Target {
    name: "office_xml",
    shell: |variant, rest| {
        match variant {
        1 => File::new(
            "a.xml",
            [
                b"<?xml version=\"1.0\"?><?mso-application progid=\"Excel.Sheet\"?><Workbook xmlns=\"urn:schemas-microsoft-com:office:spreadsheet\" xmlns:ss=\"urn:schemas-microsoft-com:office:spreadsheet\" \
                  xmlns:o=\"urn:schemas-microsoft-com:office:office\" xmlns:x=\"urn:schemas-microsoft-com:office:excel\" xmlns:html=\"http://www.w3.org/TR/REC-html40\">"
                    .as_slice(),
                rest,
                b"</Workbook>",
            ]
            .concat(),
        ),
        2 => File::new("a.xml", rest.to_vec()),
        _ => File::new(
            "a.xml",
            [
                b"<?xml version=\"1.0\"?><?mso-application progid=\"Word.Document\"?><w:wordDocument xmlns:w=\"http://schemas.microsoft.com/office/word/2003/wordml\" xmlns:v=\"urn:schemas-microsoft-com:vml\" \
                  xmlns:o=\"urn:schemas-microsoft-com:office:office\" xmlns:wx=\"http://schemas.microsoft.com/office/word/2003/auxHint\" xmlns:aml=\"http://schemas.microsoft.com/aml/2001/core\">"
                    .as_slice(),
                rest,
                b"</w:wordDocument>",
            ]
            .concat(),
        ),
    }
    },
    seeds: office_xml_seeds,
    words: &[
        "<w:body>",
        "<w:p>",
        "<w:r>",
        "<w:t>",
        "<w:pict>",
        "<w:binData w:name=\"wordml://1.png\">",
        "<w:hlink w:dest=\"",
        "<w:fldSimple w:instr=\"",
        "<w:instrText>",
        "<w:ocx ",
        "<w:docOleData>",
        "<w:tbl>",
        "<w:tr>",
        "<w:tc>",
        "<w:sect>",
        "<wx:sect>",
        "<aml:annotation aml:id=\"0\" w:type=\"Word.Deletion\">",
        "<v:imagedata src=\"wordml://1.png\"/>",
        "<o:DocumentProperties>",
        "<Worksheet ss:Name=\"",
        "<Table>",
        "<Row ss:Index=\"",
        "<Cell ss:Index=\"",
        "ss:Formula=\"=",
        "ss:HRef=\"",
        "<Data ss:Type=\"Number\">",
        "<Comment>",
        "<NamedRange ss:Name=\"",
        "<Styles>",
        "<Style ss:ID=\"",
        "ss:MergeAcross=\"",
        "<pkg:package xmlns:pkg=\"http://schemas.microsoft.com/office/2006/xmlPackage\">",
        "<pkg:part pkg:name=\"/",
        "<pkg:xmlData>",
        "<pkg:binaryData>",
        "<![CDATA[",
        "/>",
    ],
};

fn rtf_seeds() -> Vec<Vec<u8>> {
    let picture: String = png().iter().map(|byte| format!("{byte:02x}")).collect();
    let all = format!(
        "{{\\fonttbl{{\\f0\\fnil\\fcharset128 \\'82\\'6c;}}}}{{\\colortbl;\\red255\\green0\\blue0;}}{{\\stylesheet{{\\s0 Normal;}}}}{{\\info{{\\author x}}{{\\title t}}}}{{\\*\\generator g;}}\
         \\viewkind4\\uc1\\pard\\f0\\fs21 \\u12354?\\'82\\'a0 a\\~b\\-c\\_d\\par{{\\b bold}}\\tab\\line {{\\field{{\\*\\fldinst HYPERLINK \"https://a.example/\"}}{{\\fldrslt link}}}}\
         {{\\field{{\\*\\fldinst DDEAUTO c:\\\\\\\\x a}}{{\\fldrslt y}}}}{{\\field{{\\*\\fldinst PAGE}}{{\\fldrslt 1}}}}{{\\object\\objemb\\objw9{{\\*\\objclass Package}}{{\\*\\objdata 010500000200}}{{\\result{{\\pict\\pngblip {picture}}}}}}}\
         {{\\*\\shppict{{\\pict\\pngblip\\picw3\\pich2 {picture}}}}}{{\\nonshppict{{\\pict\\wmetafile8 0100}}}}{{\\pict\\pngblip\\bin4 abcd}}{{\\shp{{\\*\\shpinst{{\\sp{{\\sn pib}}{{\\sv x}}}}{{\\shptxt box}}}}}}\
         \\trowd\\cellx99\\cellx199\\intbl a\\cell b\\cell\\row\\pard{{\\listtext 1.}}{{\\footnote n}}{{\\header h}}{{\\*\\bkmkstart k}}{{\\*\\bkmkend k}}{{\\*\\template http://a/}}{{\\*\\unknown z}}{{\\upr{{a}}{{\\*\\ud b}}}}\\sect"
    );
    let mut seeds = vec![seed(b'@', "words\\par")];
    seeds.extend((0..8).map(|mode| seed(b'@' + mode, &all)));
    seeds.push(seed(b'H', "f1\\mac{\\fonttbl{\\f0 A;}}x}"));
    seeds
}

fn html_seeds() -> Vec<Vec<u8>> {
    let all = "<html><head><meta charset=utf-8><title>t</title><base href=http://a/><meta http-equiv=refresh content='0;url=http://a/'><link rel=stylesheet href=x.css><style>p{behavior:url(x)}</style><script>x()</script></head>\
        <body onload=x background=http://a/b.png><p style='color:red;background:url(x)'>表<a href='javascript:x'>y</a><a href=https://a.example/>z</a><img src=http://a/ alt=i><img src='data:image/png;base64,iVBORw0KGgo='>\
        <table border=1><tr><td colspan=2>c</td></tr></table><form action=http://a/><input type=text value=v><select><option selected>o</select><textarea>\n\nw</textarea></form><iframe srcdoc='<script>'></iframe>\
        <svg><script>x</script><style><a></style></svg><math><mtext><mglyph><style><img src onerror=x></style></mglyph></mtext></math><template><script>q</script></template><noscript><p title='</noscript><img src=x onerror=x>'></noscript>\
        <!--[if mso]><p>m</p><![endif]--><object data=x><embed src=y></object><pre>\n\na</pre><plaintext>end";
    let sheet = "<tr><td x:num='1' x:fmla='=EXEC(1)'>1</td><td>=cmd</td></tr>";
    let mut seeds: Vec<Vec<u8>> = (0..8).map(|mode| seed(b'@' + mode, all)).collect();
    seeds.extend([
        seed(b'H', "<p>words<br/></p>"),
        seed(b'P', sheet),
        seed(b'@', b"<meta charset=shift_jis><p>\x82\xa0"),
        seed(b'@', "<p>a\0b"),
    ]);
    seeds
}

fn mhtml_seeds() -> Vec<Vec<u8>> {
    let parts = "<html><head><link rel=stylesheet href=\"s.css\"></head><body><script>x</script><p>words<img src=\"http://a.example/i.gif\"><img src=\"cid:p\"></body></html>\r\n--b\r\n\
        Content-Type: image/gif\r\nContent-Location: http://a.example/i.gif\r\nContent-Transfer-Encoding: base64\r\n\r\nR0lGODlhAQABAIAAAAAAAP///ywAAAAAAQABAAACAUwAOw==\r\n--b\r\n\
        Content-Type: text/css\r\nContent-Location: http://a.example/s.css\r\nContent-Transfer-Encoding: quoted-printable\r\n\r\np{color:red;background:url(=3D)}\r\n--b\r\n\
        Content-Type: application/x-javascript\r\nContent-Location: x.js\r\n\r\nx()";
    let whole = "MIME-Version: 1.0\r\nContent-Type: multipart/related; boundary=\"c\"\r\n\r\n--c\r\nContent-Type: multipart/alternative; boundary=d\r\n\r\n--d\r\nContent-Type: text/html\r\n\r\n<p>a\r\n--d--\r\n--c--\r\n";
    (0..4).map(|mode| seed(b'@' + mode, parts)).chain([seed(b'D', parts), seed(b'H', whole)]).collect()
}

fn office_xml_seeds() -> Vec<Vec<u8>> {
    let document = "<o:DocumentProperties><o:Author>x</o:Author></o:DocumentProperties><w:fonts/><w:styles><w:style w:type=\"paragraph\" w:styleId=\"a\"><w:name w:val=\"Normal\"/></w:style></w:styles><w:docOleData><w:binData w:name=\"o.mso\">QQ==</w:binData></w:docOleData>\
        <w:body><wx:sect><w:p><w:pPr><w:jc w:val=\"center\"/></w:pPr><w:r><w:rPr><w:b/></w:rPr><w:t>words</w:t></w:r><w:hlink w:dest=\"https://a.example/\"><w:r><w:t>link</w:t></w:r></w:hlink><w:r><w:fldChar w:fldCharType=\"begin\"/><w:instrText>DDEAUTO x</w:instrText>\
        <w:fldChar w:fldCharType=\"end\"/></w:r><aml:annotation aml:id=\"0\" w:type=\"Word.Deletion\"><aml:content><w:r><w:delText>old</w:delText></w:r></aml:content></aml:annotation></w:p><w:tbl><w:tr><w:tc><w:p><w:r><w:t>c</w:t></w:r></w:p></w:tc></w:tr></w:tbl>\
        <w:p><w:r><w:pict><w:binData w:name=\"wordml://1.png\">iVBORw0KGgo=</w:binData><v:shape><v:imagedata src=\"wordml://1.png\"/></v:shape></w:pict></w:r></w:p></wx:sect></w:body>";
    let book = "<o:DocumentProperties/><Styles><Style ss:ID=\"a\"><NumberFormat ss:Format=\"@\"/></Style></Styles><Names><NamedRange ss:Name=\"n\" ss:RefersTo=\"=s!R1C1\"/></Names><Worksheet ss:Name=\"s\"><Table><Column ss:Width=\"9\"/><Row ss:Index=\"2\"><Cell ss:StyleID=\"a\">\
        <Data ss:Type=\"Number\">1</Data></Cell><Cell ss:Index=\"3\" ss:Formula=\"=EXEC(1)\" ss:HRef=\"javascript:x\" ss:MergeAcross=\"1\"><Data ss:Type=\"String\">x</Data><Comment><ss:Data>c</ss:Data></Comment></Cell></Row></Table><x:WorksheetOptions/></Worksheet>";
    let package = "<?xml version=\"1.0\"?><?mso-application progid=\"Word.Document\"?><pkg:package xmlns:pkg=\"http://schemas.microsoft.com/office/2006/xmlPackage\"><pkg:part pkg:name=\"/_rels/.rels\" pkg:contentType=\"application/vnd.openxmlformats-package.relationships+xml\"><pkg:xmlData>\
        <Relationships xmlns=\"http://schemas.openxmlformats.org/package/2006/relationships\"><Relationship Id=\"rId1\" Type=\"http://schemas.openxmlformats.org/officeDocument/2006/relationships/officeDocument\" Target=\"word/document.xml\"/></Relationships></pkg:xmlData></pkg:part>\
        <pkg:part pkg:name=\"/word/document.xml\" pkg:contentType=\"application/vnd.openxmlformats-officedocument.wordprocessingml.document.main+xml\"><pkg:xmlData><w:document xmlns:w=\"http://schemas.openxmlformats.org/wordprocessingml/2006/main\"><w:body><w:p><w:r><w:t>words</w:t></w:r></w:p>\
        </w:body></w:document></pkg:xmlData></pkg:part><pkg:part pkg:name=\"/word/vbaProject.bin\" pkg:contentType=\"application/vnd.ms-office.vbaProject\"><pkg:binaryData>QQ==</pkg:binaryData></pkg:part></pkg:package>";
    let mut seeds: Vec<Vec<u8>> = (0..8).map(|mode| seed(b'@' + mode, document)).collect();
    seeds.extend((0..4).map(|mode| seed(b'H' + mode, book)));
    seeds.push(seed(b'P', package));
    seeds
}
