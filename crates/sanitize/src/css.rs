//! Style sheets and style attributes, written anew from the properties that only say how something looks.
//!
//! Owns: splitting CSS into rules and declarations, the list of properties, what a value may consist of.
//! Leaves to others: where the style stands.
//!
//! No value may name an address, call anything but a colour, a gradient or arithmetic, or hold an escape outside of a
//! string: what is not understood goes.

use worker_protocol::Threat;

/// Levels of `@media` and `@supports` in each other.
const NESTING_MAX: u32 = 4;

/// The longest value that is kept, in bytes.
const VALUE_BYTES_MAX: usize = 2_000;

/// The declarations of a style attribute that stay. `lost` is told of each that goes.
pub(crate) fn declarations(untrusted: &str, lost: &mut dyn FnMut(Threat)) -> String {
    let mut out = String::new();
    for declaration in split(&without_comments(untrusted), ';') {
        let declaration = declaration.trim();
        if declaration.is_empty() {
            continue;
        }
        match declaration
            .split_once(':')
            .map(|(name, value)| (name.trim().to_ascii_lowercase(), value.trim()))
        {
            Some((name, value)) if is_listed(&name) && is_harmless(&name, value) => {
                if !out.is_empty() {
                    out.push(';');
                }
                out.push_str(&name);
                out.push(':');
                out.push_str(value);
            }
            Some((name, value)) => lost(threat_of(&name, value)),
            None => lost(threat_of("", declaration)),
        }
    }
    out
}

/// The rules of a style sheet that stay. The result holds no `<`.
pub(crate) fn sheet(untrusted: &str, lost: &mut dyn FnMut(Threat)) -> String {
    let plain = without_comments(untrusted).replace("<!--", " ").replace("-->", " ");
    let mut out = String::new();
    rules(&plain, 0, &mut out, lost);
    out
}

fn rules(text: &str, depth: u32, out: &mut String, lost: &mut dyn FnMut(Threat)) {
    let mut rest = text;
    loop {
        rest = rest.trim_start();
        if rest.is_empty() {
            return;
        }
        let (prelude, found, after) = until(rest, &['{', ';', '}']);
        let prelude = prelude.trim();
        if found != Some('{') {
            // A statement such as an import, or the end of a block that nobody opened.
            if prelude.starts_with('@') && !prelude.to_ascii_lowercase().starts_with("@charset") {
                lost(Threat::ExternalContent);
            }
            rest = after;
            continue;
        }
        let (body, after) = block(after);
        rest = after;
        let at_rule =
            prelude.split([' ', '\t', '\r', '\n', '(', ':']).next().unwrap_or_default().to_ascii_lowercase();
        match at_rule.as_str() {
            "@media" | "@supports" if depth < NESTING_MAX && is_condition(prelude) => {
                let mut inner = String::new();
                rules(body, depth + 1, &mut inner, lost);
                if !inner.is_empty() {
                    out.push_str(prelude);
                    out.push_str("{\n");
                    out.push_str(&inner);
                    out.push_str("}\n");
                }
            }
            "@page" if is_condition(prelude) => write_rule(prelude, body, out, lost),
            "@font-face" => lost(threat_of("", body)),
            name if name.starts_with('@') => lost(threat_of("", body)),
            _ if is_selector(prelude) => write_rule(prelude, body, out, lost),
            _ => lost(threat_of("", body)),
        }
    }
}

fn write_rule(prelude: &str, body: &str, out: &mut String, lost: &mut dyn FnMut(Threat)) {
    let kept = declarations(body, lost);
    if !kept.is_empty() {
        out.push_str(prelude);
        out.push('{');
        out.push_str(&kept);
        out.push_str("}\n");
    }
}

fn is_condition(prelude: &str) -> bool {
    prelude.len() <= VALUE_BYTES_MAX
        && prelude.chars().all(|c| {
            c.is_ascii_alphanumeric()
                || matches!(c, '@' | ' ' | '\n' | '\r' | '\t' | '(' | ')' | ':' | ',' | '-' | '_' | '.' | '/')
        })
        && !prelude.to_ascii_lowercase().contains("url")
}

fn is_selector(prelude: &str) -> bool {
    !prelude.is_empty()
        && prelude.len() <= VALUE_BYTES_MAX
        && prelude.chars().all(|c| {
            c.is_alphanumeric()
                || !c.is_ascii() && !c.is_control()
                || matches!(
                    c,
                    '_' | '-'
                        | '.'
                        | '#'
                        | '*'
                        | ':'
                        | '>'
                        | '+'
                        | '~'
                        | ','
                        | '('
                        | ')'
                        | '['
                        | ']'
                        | '='
                        | '"'
                        | '\''
                        | '^'
                        | '$'
                        | '|'
                        | ' '
                        | '\n'
                        | '\r'
                        | '\t'
                )
        })
        && prelude.matches('"').count().is_multiple_of(2)
        && prelude.matches('\'').count().is_multiple_of(2)
}

/// What the loss of a declaration is called.
fn threat_of(name: &str, value: &str) -> Threat {
    let lower = unescaped(value).to_ascii_lowercase();
    if name == "behavior"
        || name.ends_with("binding")
        || lower.contains("expression(")
        || lower.contains("script:")
    {
        Threat::Script
    } else if lower.contains("url(")
        || lower.contains("image(")
        || lower.contains("image-set(")
        || lower.contains("src(")
    {
        Threat::ExternalContent
    } else {
        Threat::Extension
    }
}

/// The text with escapes outside and inside of strings resolved, for looking at only.
fn unescaped(text: &str) -> String {
    let mut out = String::with_capacity(text.len());
    let mut rest = text.chars().peekable();
    while let Some(c) = rest.next() {
        if c != '\\' {
            out.push(c);
            continue;
        }
        let mut code = 0u32;
        let mut digits = 0;
        while digits < 6 {
            let Some(digit) = rest.peek().and_then(|c| c.to_digit(16)) else { break };
            code = code * 16 + digit;
            digits += 1;
            rest.next();
        }
        if digits == 0 {
            out.extend(rest.next());
        } else {
            out.push(char::from_u32(code).unwrap_or(char::REPLACEMENT_CHARACTER));
            if rest.peek().is_some_and(|c| c.is_whitespace()) {
                rest.next();
            }
        }
    }
    out
}

fn is_listed(name: &str) -> bool {
    const STARTS: [&str; 26] = [
        "background",
        "border",
        "break",
        "caption",
        "color",
        "column",
        "flex",
        "font",
        "grid",
        "height",
        "letter",
        "line",
        "list",
        "margin",
        "max",
        "min",
        "outline",
        "overflow",
        "padding",
        "page",
        "ruby",
        "table",
        "text",
        "vertical",
        "white",
        "word",
    ];
    const NAMES: [&str; 31] = [
        "align-content",
        "align-items",
        "align-self",
        "bottom",
        "box-shadow",
        "box-sizing",
        "clear",
        "direction",
        "display",
        "empty-cells",
        "float",
        "gap",
        "hyphens",
        "justify-content",
        "justify-items",
        "left",
        "object-fit",
        "opacity",
        "order",
        "orphans",
        "position",
        "quotes",
        "right",
        "row-gap",
        "size",
        "tab-size",
        "top",
        "unicode-bidi",
        "visibility",
        "widows",
        "width",
    ];
    const MORE: [&str; 4] = ["writing-mode", "z-index", "zoom", "writing-direction"];
    let family = name.split('-').next().unwrap_or_default();
    name.bytes().all(|b| b.is_ascii_lowercase() || b == b'-')
        && (STARTS.contains(&family) || NAMES.contains(&name) || MORE.contains(&name))
}

fn is_harmless(name: &str, value: &str) -> bool {
    let lower = value.to_ascii_lowercase();
    if value.is_empty() || value.len() > VALUE_BYTES_MAX || (name == "position" && lower.contains("fixed")) {
        return false;
    }
    let mut quote = None;
    let mut word = String::new();
    let mut open = 0i32;
    for c in value.chars() {
        if let Some(mark) = quote {
            // Names of fonts; nothing in a string acts, but it must not end the element or the string early.
            if c == mark {
                quote = None;
            } else if matches!(c, '\\' | '<' | '>' | '{' | '}' | ';') || c.is_control() {
                return false;
            }
            continue;
        }
        match c {
            '"' | '\'' => quote = Some(c),
            '(' => {
                if !FUNCTIONS.contains(&word.to_ascii_lowercase().as_str()) {
                    return false;
                }
                open += 1;
            }
            ')' => open -= 1,
            c if c.is_alphanumeric() || matches!(c, '-' | '_') => {
                word.push(c);
                continue;
            }
            ' ' | '\t' | '\r' | '\n' | ',' | '.' | '#' | '%' | '/' | '+' | '*' | '!' => {}
            c if !c.is_ascii() && !c.is_control() => {}
            _ => return false,
        }
        if open < 0 {
            return false;
        }
        word.clear();
    }
    quote.is_none() && open == 0 && !lower.contains("script")
}

/// What a value may call: colours, gradients, arithmetic, tracks of a grid. The empty name is a plain bracket.
const FUNCTIONS: [&str; 18] = [
    "",
    "rgb",
    "rgba",
    "hsl",
    "hsla",
    "hwb",
    "lab",
    "lch",
    "oklab",
    "oklch",
    "calc",
    "min",
    "max",
    "clamp",
    "linear-gradient",
    "radial-gradient",
    "minmax",
    "repeat",
];

fn without_comments(text: &str) -> String {
    let mut out = String::with_capacity(text.len());
    let mut rest = text;
    while let Some((before, comment)) = rest.split_once("/*") {
        out.push_str(before);
        out.push(' ');
        rest = comment.split_once("*/").map_or("", |(_, after)| after);
    }
    out.push_str(rest);
    out
}

/// Pieces between separators that stand in no string and no bracket.
fn split(text: &str, separator: char) -> Vec<&str> {
    let mut pieces = Vec::new();
    let mut rest = text;
    while !rest.is_empty() {
        let (piece, _, after) = until(rest, &[separator]);
        pieces.push(piece);
        rest = after;
    }
    pieces
}

/// The text before the first of these marks outside of strings and brackets, the mark, and what follows it.
fn until<'a>(text: &'a str, marks: &[char]) -> (&'a str, Option<char>, &'a str) {
    let mut quote = None;
    let mut open = 0u32;
    let mut escaped = false;
    for (at, c) in text.char_indices() {
        if std::mem::take(&mut escaped) {
            continue;
        }
        match (quote, c) {
            (_, '\\') => escaped = true,
            // A line break ends a string that was not closed.
            (Some(mark), c) if c == mark || c == '\n' => quote = None,
            (Some(_), _) => {}
            (None, '"' | '\'') => quote = Some(c),
            (None, '(') => open += 1,
            (None, ')') => open = open.saturating_sub(1),
            // A brace ends a bracket that was not closed.
            (None, c) if marks.contains(&c) && (open == 0 || matches!(c, '{' | '}')) => {
                let (before, after) = text.split_at_checked(at).unwrap_or((text, ""));
                let mut after = after.chars();
                after.next();
                return (before, Some(c), after.as_str());
            }
            _ => {}
        }
    }
    (text, None, "")
}

/// What stands in a block whose opening brace was read, and what follows it.
fn block(text: &str) -> (&str, &str) {
    let mut depth = 1u32;
    let mut rest = text;
    loop {
        let (_, found, after) = until(rest, &['{', '}']);
        match found {
            Some('{') => depth += 1,
            Some(_) => depth -= 1,
            None => return (text, ""),
        }
        rest = after;
        if depth == 0 {
            let length = text.len() - after.len() - 1;
            return (text.get(..length).unwrap_or_default(), after);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn attribute(text: &str) -> (String, Vec<Threat>) {
        let mut lost = Vec::new();
        (declarations(text, &mut |threat| lost.push(threat)), lost)
    }

    #[test]
    fn looks_stay_and_acts_go() {
        use Threat::{Extension, ExternalContent, Script};
        let rows: [(&str, &str, &[Threat]); 17] = [
            (
                "color: red; font-family: \"ＭＳ 明朝\", serif",
                "color:red;font-family:\"ＭＳ 明朝\", serif",
                &[],
            ),
            ("COLOR:#FFF;width:calc(100% - 2px)", "color:#FFF;width:calc(100% - 2px)", &[]),
            ("background:url(http://a/b.png)", "", &[ExternalContent]),
            ("background:u\\72l(http://a)", "", &[ExternalContent]),
            ("background:image-set('a' 1x)", "", &[ExternalContent]),
            ("width:expression(alert(1))", "", &[Script]),
            ("width:expr/**/ession(alert(1))", "", &[Extension]),
            ("width: \\65xpression(alert(1))", "", &[Script]),
            ("behavior:url(a.htc)", "", &[Script]),
            ("-moz-binding:url(a)", "", &[Script]),
            ("mso-style-name:x;margin:0", "margin:0", &[Extension]),
            ("content:'x'", "", &[Extension]),
            ("position:fixed;top:0", "top:0", &[Extension]),
            ("font-family:'</style><script>'", "", &[Extension]),
            ("color:red;;color", "color:red", &[Extension]),
            ("color:var(--x)", "", &[Extension]),
            ("color:red;background:url('a;b');top:1px", "color:red;top:1px", &[ExternalContent]),
        ];
        for (given, expected, lost) in rows {
            assert_eq!(attribute(given), (expected.to_owned(), lost.to_vec()), "{given}");
        }
    }

    #[test]
    fn sheets_keep_their_rules() {
        let mut lost = Vec::new();
        let given = "<!-- @import 'http://a/b.css'; p.x, td > b:hover { color: red; behavior: url(x) } \
                     @media print { .a { margin: 0 } } @font-face { src: url(a) } \
                     .b</style> { color: red } #c{} } i{top:0} -->";
        let kept = sheet(given, &mut |threat| lost.push(threat));
        assert_eq!(kept, "p.x, td > b:hover{color:red}\n@media print{\n.a{margin:0}\n}\ni{top:0}\n");
        use Threat::{Extension, ExternalContent, Script};
        assert_eq!(lost, [ExternalContent, Script, ExternalContent, Extension]);
    }

    proptest! {
        #[test]
        fn nothing_that_acts_comes_out_and_a_second_pass_changes_nothing(
            given in "([a-z{}:;()@\"'\\\\</!,# \n*-]|url\\(|expression\\(|color:|@media |/\\*|\\*/){0,60}"
        ) {
            let kept = sheet(&given, &mut |_| ());
            prop_assert!(!kept.contains('<') && !kept.contains('\\') && !kept.contains("url("));
            prop_assert!(!kept.contains("expression") || !kept.contains("expression("));
            let mut lost = 0;
            prop_assert_eq!(sheet(&kept, &mut |_| lost += 1), kept);
            prop_assert_eq!(lost, 0);
        }
    }
}
