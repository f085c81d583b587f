//! Formulas of OpenFormula and its forerunners: which may be calculated by the reader's program.
//!
//! Owns: telling the grammar from the prefix, references into other files, functions that fetch or run.
//! Leaves to others: Excel's grammar and the list of functions (`ooxml`), what stands in a formula's place (`filter`
//! keeps the value that was last calculated).

use worker_protocol::{LinkPolicy, Threat};

use crate::{link, ooxml};

/// Why this formula may not stay, if so. `grammar` is the prefix the formula came with, in the spelling of `names`.
pub(super) fn danger(grammar: &str, formula: &str, links: LinkPolicy) -> Option<Threat> {
    if grammar == "msoxl" {
        return ooxml::formula_danger(formula.trim_start_matches('='), links);
    }
    let mut characters = formula.chars().peekable();
    let mut word = String::new();
    let mut braces = 0u32;
    // The last characters, to see a scheme or a path that is not quoted.
    let mut tail = ['\0'; 2];
    while let Some(c) = characters.next() {
        match c {
            '"' => {
                skip_quoted(&mut characters, '"');
                word.clear();
            }
            '\'' => {
                let name = skip_quoted(&mut characters, '\'');
                if characters.peek() == Some(&'#') || name.contains("//") || name.contains(['\\', '|']) {
                    return Some(Threat::ExternalContent);
                }
                word.clear();
            }
            '/' if tail == [':', '/'] => return Some(Threat::ExternalContent),
            '\\' if tail.last() == Some(&'\\') => return Some(Threat::ExternalContent),
            '{' => braces += 1,
            '}' => braces = braces.saturating_sub(1),
            // A bar separates the rows of an array; elsewhere it joins a DDE application and its topic.
            '|' if braces == 0 => return Some(Threat::DangerousFormula),
            '(' => {
                let name = word.to_ascii_uppercase();
                let bare = name.rsplit('.').next().unwrap_or(&name);
                if ooxml::is_dangerous_function(&name) || ooxml::is_dangerous_function(bare) {
                    return Some(Threat::DangerousFormula);
                }
                if name == "HYPERLINK" && !is_kept_hyperlink(&characters.clone().collect::<String>(), links) {
                    return Some(Threat::Hyperlink);
                }
                word.clear();
            }
            c if c.is_alphanumeric() || matches!(c, '_' | '.') => word.push(c),
            c if c.is_whitespace() => {}
            _ => word.clear(),
        }
        tail = [tail[1], c];
    }
    None
}

fn skip_quoted(characters: &mut std::iter::Peekable<std::str::Chars<'_>>, quote: char) -> String {
    let mut inside = String::new();
    while let Some(c) = characters.next() {
        if c == quote && characters.next_if_eq(&quote).is_none() {
            break;
        }
        inside.push(c);
    }
    inside
}

/// A target that is calculated cannot be judged, so only one that is written out may stay.
fn is_kept_hyperlink(arguments: &str, links: LinkPolicy) -> bool {
    let Some(rest) = arguments.trim_start().strip_prefix('"') else { return false };
    let Some((target, after)) = rest.split_once('"') else { return false };
    let is_whole = after.trim_start().starts_with([';', ',', ')']);
    is_whole && (target.starts_with('#') || link::is_kept(target, links))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn formulas_are_judged() {
        let external = Some(Threat::ExternalContent);
        let dangerous = Some(Threat::DangerousFormula);
        let rows = [
            ("of", "=SUM([.A1:.B2];[$集計.C1])", None),
            ("of", "=IF([.A1]=\"http://a|b\";\"DDE(\";{1;2|3;4})", None),
            ("of", "=['集計 表'.A1]+[.#REF!]", None),
            ("of", "=['file:///c:/x.ods'#$Sheet1.A1]", external),
            ("of", "=['x.ods'#$Sheet1.A1]", external),
            ("of", "=[http://a/b#$S.A1]", external),
            ("of", "=['\\\\host\\x.ods'#$S.A1]", external),
            ("of", "=DDE(\"soffice\";\"x\";\"y\")", dangerous),
            ("of", "=COM.MICROSOFT.WEBSERVICE (\"http://a\")", dangerous),
            ("of", "=cmd|'/c calc'!A0", dangerous),
            ("of", "=HYPERLINK(\"https://a/\";\"x\")", None),
            ("of", "=HYPERLINK(\"file:///x\";\"x\")", Some(Threat::Hyperlink)),
            ("of", "=HYPERLINK([.A1])", Some(Threat::Hyperlink)),
            ("msoxl", "=[1]S!A1", external),
            ("msoxl", "=SUM(A1:B2)", None),
            ("ooow", "page==1", None),
        ];
        for (grammar, formula, expected) in rows {
            assert_eq!(danger(grammar, formula, LinkPolicy::Keep), expected, "{formula}");
        }
    }
}
