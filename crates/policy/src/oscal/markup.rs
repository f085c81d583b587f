//! Words between packs, which know no markup, and OSCAL, whose prose is Markdown.
//!
//! Owns: writing plain words so that no reader takes them for markup, reading prose as plain words, and the places where
//! prose takes in the value of a parameter.
//! Leaves to others: which field is prose.

use std::fmt::Write as _;

/// What Markdown could take for markup wherever it stands. Marks that speak only at the beginning of a line (`#`, `-`, `1.`)
/// are seen to by [`prose`].
const SPEAKING: [char; 9] = ['\\', '`', '*', '_', '[', ']', '<', '{', '~'];

/// Plain words as prose: markup is escaped, blanks around are gone, and lines stay lines.
pub(super) fn prose(words: &str) -> String {
    let mut out = String::with_capacity(words.len() + 8);
    for (number, line) in words.trim().lines().enumerate() {
        if number > 0 {
            out.push('\n');
        }
        let mut begun = false;
        for c in line.chars() {
            let opens = !begun && matches!(c, '#' | '-' | '+' | '>' | '=' | '|');
            if SPEAKING.contains(&c) || opens {
                out.push('\\');
            }
            begun |= !c.is_whitespace();
            out.push(c);
        }
    }
    out
}

/// Plain words as prose of one line.
pub(super) fn line(words: &str) -> String {
    prose(&one_line(words))
}

/// Plain words as a value: one line without blanks around it, no markup. `None` when nothing is left.
pub(super) fn value(words: &str) -> Option<String> {
    let line = one_line(words);
    let trimmed = line.trim_matches(|c: char| c.is_whitespace() || c == '\u{feff}');
    (!trimmed.is_empty()).then(|| trimmed.to_owned())
}

/// Without line ends and other control characters.
pub(super) fn one_line(words: &str) -> String {
    words
        .chars()
        .map(|c| if c.is_control() || matches!(c, '\u{2028}' | '\u{2029}') { ' ' } else { c })
        .collect()
}

/// Where prose takes in a parameter.
pub(super) fn insert(parameter: &str) -> String {
    format!("{{{{ insert: param, {parameter} }}}}")
}

/// Prose as plain words, and the parameters that it takes in, in their order. Each stands in the words as what `label` calls
/// it; blanks and line ends become one blank.
pub(super) fn plain(prose: &str, label: &dyn Fn(&str) -> String) -> (String, Vec<String>) {
    let mut words = String::with_capacity(prose.len());
    let mut parameters: Vec<String> = Vec::new();
    let mut rest = prose;
    while let Some(c) = rest.chars().next() {
        if let Some((id, behind)) = inserted(rest) {
            let _ = write!(words, "〔{}〕", label(id));
            if !parameters.iter().any(|p| p == id) {
                parameters.push(id.to_owned());
            }
            rest = behind;
            continue;
        }
        let behind = rest.get(c.len_utf8()..).unwrap_or("");
        match (c, behind.chars().next()) {
            ('\\', Some(next)) if next.is_ascii_punctuation() => {
                words.push(next);
                rest = behind.get(next.len_utf8()..).unwrap_or("");
            }
            _ => {
                words.push(c);
                rest = behind;
            }
        }
    }
    (squeezed(&words), parameters)
}

/// `{{ insert: param, ID }}` at the front, also in its older form `{{ ID }}`, with what stands behind it.
fn inserted(text: &str) -> Option<(&str, &str)> {
    let (inside, behind) = text.strip_prefix("{{")?.split_once("}}")?;
    let inside = inside.trim();
    let id = match inside.split_once(':') {
        Some((verb, what)) if verb.trim() == "insert" => {
            let (kind, id) = what.split_once(',')?;
            (kind.trim() == "param").then(|| id.trim())?
        }
        Some(_) => return None,
        None => inside.strip_prefix("param,").unwrap_or(inside).trim(),
    };
    let sound = !id.is_empty() && !id.contains(['{', '}']) && !id.contains(char::is_whitespace);
    sound.then_some((id, behind))
}

/// Each run of blanks and line ends is one blank, and none between two characters that are written without. An ideographic
/// blank is a character like others.
fn squeezed(words: &str) -> String {
    let mut out = String::with_capacity(words.len());
    let mut blank = false;
    for c in words.trim().chars() {
        if matches!(c, ' ' | '\t' | '\n' | '\r' | '\u{b}' | '\u{c}') || c.is_control() {
            blank = true;
            continue;
        }
        if blank {
            out.push(' ');
            blank = false;
        }
        out.push(c);
    }
    out
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn words_come_back_from_prose() {
        for words in [
            "職員は、USBメモリを持ち出さない",
            "*強調*ではない_下線_",
            "a\\b `c` [d](e) <f> {g} ~h~ 1. i",
            "# 見出しではない",
            "- 項目ではない",
            "{{ insert: param, x }}",
            "①　全角の空白",
        ] {
            let (back, parameters) = plain(&prose(words), &|id| id.to_owned());
            assert_eq!(back, words);
            assert!(parameters.is_empty(), "{words}");
        }
    }

    #[test]
    fn parameters_are_found_where_prose_takes_them_in() {
        let label = |id: &str| id.to_uppercase();
        for (prose, words, ids) in [
            (
                "at least {{ insert: param, ac-1_prm_1 }} days",
                "at least 〔AC-1_PRM_1〕 days",
                vec!["ac-1_prm_1"],
            ),
            ("{{insert:param,a}}{{ b }}{{ insert: param, a }}", "〔A〕〔B〕〔A〕", vec!["a", "b"]),
            ("{{ insert: other, a }} {{ }} {{", "{{ insert: other, a }} {{ }} {{", vec![]),
            ("two\n lines\n\nand more", "two lines and more", vec![]),
        ] {
            let (got, found) = plain(prose, &label);
            assert_eq!(
                (got.as_str(), found),
                (words, ids.into_iter().map(str::to_owned).collect()),
                "{prose}"
            );
        }
        assert_eq!(plain(&insert("x-1"), &label).1, ["x-1"]);
    }

    #[test]
    fn values_are_one_line() {
        assert_eq!(value(" a\n b "), Some("a  b".to_owned()));
        assert_eq!(value(" \n\u{3000}"), None);
    }
}
