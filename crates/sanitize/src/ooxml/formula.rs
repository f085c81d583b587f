//! Spreadsheet formulas: which may be calculated by the reader's program.
//!
//! Owns: recognising formulas that fetch, run or reach into another file.
//! Leaves to others: what stands in their place (`filter` keeps the value that was last calculated).

use worker_protocol::{LinkPolicy, Threat};

use crate::link;

/// Functions that fetch from elsewhere or run something.
const DANGEROUS_FUNCTIONS: [&str; 35] = [
    "WEBSERVICE",
    "FILTERXML",
    "CALL",
    "REGISTER",
    "REGISTER.ID",
    "UNREGISTER",
    "EXEC",
    "EXECUTE",
    "RTD",
    "DDE",
    "IMPORTDATA",
    "IMPORTXML",
    "IMPORTHTML",
    "IMPORTFEED",
    "IMPORTRANGE",
    "INITIATE",
    "POKE",
    "REQUEST",
    "TERMINATE",
    "SQL.REQUEST",
    "IMAGE",
    "STOCKHISTORY",
    "FOPEN",
    "FWRITE",
    "FWRITELN",
    "EVALUATE",
    "FILES",
    "PY",
    "CUBEKPIMEMBER",
    "CUBEMEMBER",
    "CUBEMEMBERPROPERTY",
    "CUBERANKEDMEMBER",
    "CUBESET",
    "CUBESETCOUNT",
    "CUBEVALUE",
];

/// Whether a function of this name, in capitals, fetches or runs something in any spreadsheet program.
pub(crate) fn is_dangerous_function(name: &str) -> bool {
    DANGEROUS_FUNCTIONS.contains(&name)
}

/// Why this formula may not stay, if so. Strings in double quotes are data; names in single quotes are sheets,
/// where a bracket or a path means another file.
pub(crate) fn danger(formula: &str, links: LinkPolicy) -> Option<Threat> {
    // What LibreOffice writes for a function of macros that it does not have. Readers take it for a damaged file.
    if formula.contains("#NAME!") {
        return Some(Threat::DangerousFormula);
    }
    let mut word = String::new();
    let mut characters = formula.chars().peekable();
    while let Some(c) = characters.next() {
        match c {
            '"' => {
                skip_quoted(&mut characters, '"');
                word.clear();
            }
            '\'' => {
                let sheet = skip_quoted(&mut characters, '\'');
                let own = sheet.strip_prefix("[0]").unwrap_or(&sheet);
                if own.contains(['[', '\\', '|']) || own.contains("//") {
                    return Some(Threat::ExternalContent);
                }
                word.clear();
            }
            // No operator of a formula is a bar: it joins a DDE application and its topic.
            '|' => return Some(Threat::DangerousFormula),
            '[' if is_this_workbook(&characters) => {
                let _number = characters.nth(1);
                word.clear();
            }
            '[' => {
                // Columns of a table stand in brackets, and so do files; only after a file does a name follow.
                let is_whole = skip_brackets(&mut characters);
                let names_more = |c: &char| c.is_alphanumeric() || matches!(c, '_' | '!' | '.' | '\\' | '\'');
                if !is_whole || characters.peek().is_some_and(names_more) {
                    return Some(Threat::ExternalContent);
                }
                word.clear();
            }
            '(' => {
                let name = word.trim().to_ascii_uppercase();
                let name = ["_XLFN.", "_XLWS.", "_XLL.", "_XLUDF."]
                    .iter()
                    .fold(name.as_str(), |name, prefix| name.strip_prefix(prefix).unwrap_or(name));
                if DANGEROUS_FUNCTIONS.contains(&name) {
                    return Some(Threat::DangerousFormula);
                }
                if name == "HYPERLINK" && !is_kept_hyperlink(&characters.clone().collect::<String>(), links) {
                    return Some(Threat::Hyperlink);
                }
                word.clear();
            }
            c if c.is_alphanumeric() || matches!(c, '_' | '.') => word.push(c),
            ' ' => {}
            _ => word.clear(),
        }
    }
    None
}

/// Whether what follows an opening bracket names the workbook itself, which Excel numbers 0 among the workbooks of a formula.
fn is_this_workbook(rest: &std::iter::Peekable<std::str::Chars<'_>>) -> bool {
    let mut rest = rest.clone();
    (rest.next(), rest.next()) == (Some('0'), Some(']'))
}

/// Whether a formula reaches into a sheet of this name.
pub(crate) fn names_sheet(formula: &str, sheet: &str) -> bool {
    let (formula, sheet) = (formula.to_lowercase(), sheet.to_lowercase());
    let quoted = format!("'{}'!", sheet.replace('\'', "''"));
    let bare = format!("{sheet}!");
    formula.contains(&quoted)
        || formula.match_indices(&bare).any(|(at, _)| {
            let before = formula.get(..at).and_then(|text| text.chars().next_back());
            !before.is_some_and(|c| c.is_alphanumeric() || matches!(c, '_' | '.' | '\''))
        })
}

/// Whether a formula uses one of these names, given in capitals.
pub(crate) fn uses_name(formula: &str, names: &std::collections::HashSet<String>) -> bool {
    if names.is_empty() {
        return false;
    }
    formula
        .split(|c: char| !(c.is_alphanumeric() || matches!(c, '_' | '.' | '\\' | '?')))
        .any(|word| !word.is_empty() && names.contains(&word.to_uppercase()))
}

/// Takes what stands in brackets, with brackets in it; an apostrophe stands before a sign that means itself. False when
/// they do not end.
fn skip_brackets(characters: &mut std::iter::Peekable<std::str::Chars<'_>>) -> bool {
    let mut depth = 1u32;
    while let Some(c) = characters.next() {
        match c {
            '\'' => drop(characters.next()),
            '[' => depth += 1,
            ']' => depth -= 1,
            _ => {}
        }
        if depth == 0 {
            return true;
        }
    }
    false
}

/// Takes the rest of a quoted piece; a doubled quote stands for itself.
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
    let is_whole = after.trim_start().starts_with([',', ')']);
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
            ("SUM(A1:B2)", None),
            ("IF(A1=\"[1]x|y\",\"WEBSERVICE(\",2)", None),
            ("Table1[[#This Row],[2020]]*2", None),
            ("SUM(表1[金額])", None),
            ("[Gross Pay]-[[Taxes and Deductions ]]-[2020]*[a'|b]", None),
            ("VLOOKUP(A5,Table1[],3,FALSE)*([Hours]+[Rate])", None),
            ("A1 [b.xlsx]S!A1", external),
            ("[1]!Name", external),
            ("[0]!Name", None),
            ("IF(A1=1,'[0]集計 表'!A1,[0]!Name)", None),
            ("[0]!Name+[00]!Name", external),
            ("'[0][1]集計'!A1", external),
            ("[0]!cmd|'/c'!A1", Some(Threat::DangerousFormula)),
            ("[a", external),
            ("[1]Sheet1!A1", external),
            ("A1+[2]Sheet1!$A$1", external),
            ("SUM([1]Sheet1!A1:A9)", external),
            ("'C:\\x\\[b.xlsx]S'!A1", external),
            ("'[1]集計 表'!A1", external),
            ("'集計 表'!A1", None),
            ("cmd|'/c calc'!A0", dangerous),
            ("_xlfn.WEBSERVICE(\"http://a\")", dangerous),
            ("WebService (A1)", dangerous),
            ("#NAME!()", dangerous),
            ("HYPERLINK(\"https://a/\",\"x\")", None),
            ("HYPERLINK(\"#Sheet2!A1\")", None),
            ("HYPERLINK(\"file:///c:/x\")", Some(Threat::Hyperlink)),
            ("HYPERLINK(A1&\"x\")", Some(Threat::Hyperlink)),
            ("HYPERLINK(\"https:\"&A1)", Some(Threat::Hyperlink)),
        ];
        for (formula, expected) in rows {
            assert_eq!(danger(formula, LinkPolicy::Keep), expected, "{formula}");
        }
        for (formula, expected) in [
            ("Macro1!A1", true),
            ("'Macro1'!A1", true),
            ("1+MACRO1!A1", true),
            ("xMacro1!A1", false),
            ("Macro1", false),
        ] {
            assert_eq!(names_sheet(formula, "Macro1"), expected, "{formula}");
        }
        let names = std::collections::HashSet::from(["RATE_X".to_owned()]);
        for (formula, expected) in [("A1*rate_x", true), ("rate_x2", false), ("SUM(Rate_X,1)", true)] {
            assert_eq!(uses_name(formula, &names), expected, "{formula}");
        }
    }
}
