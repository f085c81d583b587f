//! Names that came from outside, made safe.
//!
//! Owns: [`clean_name`]: one path part, NFC, nothing invisible, nothing a file system treats specially, an
//! extension that fits; names of files that lie beside each other ([`Names`]).
//! Leaves to others: whether name and content agree (`detect`) and decoding a name's bytes (`archive`).

use std::collections::{HashMap, HashSet};

use unicode_normalization::UnicodeNormalization;
use worker_protocol::{Kind, NAME_BYTES_MAX, Road, Threat};

use crate::findings::Findings;
use crate::{detect, mail};

/// A safe name for a clean file of this kind, with the extension the given one has if that fits. Notes a finding when
/// something had to change.
///
/// `own` is the one extension that fits when a kind has several that are not the same thing.
pub(crate) fn clean_name_for(
    untrusted: &str,
    kind: Kind,
    road: Road,
    own: Option<&str>,
    findings: &mut Findings,
) -> String {
    let whole = untrusted;
    let mut untrusted = untrusted;
    // A file that came in a signed envelope has a name of its own before that of the envelope.
    while let Some(inner) = mail::envelope_name(untrusted).filter(|_| kind != Kind::Mail) {
        untrusted = inner;
    }
    // A macro-enabled or template name must not survive: the clean file is a plain document. What passes unchanged is
    // still what its name says.
    let fits = |given: &str| detect::is_final_extension(given, kind) && own.is_none_or(|own| own == given);
    let keeps = detect::extension_of(untrusted).filter(|given| road == Road::Inspected || fits(given));
    let extension = keeps.as_deref().or(own).unwrap_or(detect::final_extension(kind));
    let clean = clean_name(untrusted, extension);
    if clean != whole {
        findings.add(Threat::FileName, whole);
    }
    clean
}

/// The longest ending that can be an extension.
const ENDING_BYTES_MAX: usize = 20;

/// What a path calls the file itself, whichever system's separator it uses.
pub(crate) fn last_part(untrusted: &str) -> &str {
    untrusted.rsplit(['/', '\\']).find(|part| !part.trim().is_empty()).unwrap_or_default()
}

/// One safe path part for this untrusted name, ending in `.extension` unless `extension` is empty.
///
/// Path parts are dropped, whichever system's separator they use; control characters, bidi controls and
/// characters that Windows forbids go; names reserved by Windows get an underscore. Never empty, never longer
/// than [`NAME_BYTES_MAX`].
#[must_use]
pub fn clean_name(untrusted: &str, extension: &str) -> String {
    let last = last_part(untrusted);
    // Dropping comes first: what stood apart may have to be put in order once it stands together.
    let visible: String = last.chars().filter(|c| !is_dropped(*c)).nfc().collect();
    let visible = visible.trim_matches(|c: char| c.is_whitespace() || c == '.').to_owned();
    // A drive or an alternate stream: only what stands before the colon names a file.
    let visible = visible.split(':').rfind(|part| !part.is_empty()).unwrap_or_default().to_owned();
    let (stem, given) = match visible.rsplit_once('.') {
        // What is longer than any extension belongs to the name.
        Some((stem, given)) if !stem.is_empty() && given.len() <= ENDING_BYTES_MAX => {
            (stem.to_owned(), given.to_owned())
        }
        _ => (visible, String::new()),
    };
    let ending = if extension.is_empty() { given.clone() } else { extension.to_owned() };
    let same = ending.eq_ignore_ascii_case(&given);
    // An ending that is replaced was no extension of a kind we know: then it belongs to the name.
    let stem = if same || given.is_empty() || detect::is_known_extension(&given) {
        stem
    } else {
        format!("{stem}.{given}")
    };
    let ending = if same { given } else { ending };
    let stem = stem.trim_matches(|c: char| c.is_whitespace() || c == '.');
    let mut stem = if stem.is_empty() { "file".to_owned() } else { stem.to_owned() };
    if is_reserved(&stem) {
        stem.insert(0, '_');
    }
    let room = NAME_BYTES_MAX.saturating_sub(ending.len() + 1);
    while stem.len() > room || stem.ends_with(|c: char| c.is_whitespace() || c == '.') {
        stem.pop();
    }
    if ending.is_empty() { stem } else { format!("{stem}.{ending}") }
}

/// Names of files that lie beside each other: saving all of them must lose none.
#[derive(Default)]
pub(crate) struct Names {
    /// Paths of files and folders. Windows folds case, so two that differ only in case would overwrite each other.
    taken: HashSet<String>,
    /// What each folder that was asked for is called.
    folders: HashMap<String, String>,
    /// Where the last one of a name left off, so that many of one name do not all begin at two.
    numbers: HashMap<String, u32>,
}

impl Names {
    /// This name, with a number when it is taken in this folder, which is empty or ends with a slash.
    pub(crate) fn file(&mut self, folder: &str, clean: &str) -> String {
        let (stem, ending) = match clean.rsplit_once('.') {
            Some((stem, ending)) => (stem, format!(".{ending}")),
            None => (clean, String::new()),
        };
        let free = self.free(folder, stem, &ending);
        self.taken.insert(format!("{folder}{free}").to_lowercase());
        free
    }

    /// The path of a folder of these parts, none of which is the name of a file.
    pub(crate) fn folder<'n>(&mut self, parts: impl Iterator<Item = &'n str>) -> String {
        let mut path = String::new();
        for part in parts {
            let wanted = format!("{path}{part}").to_lowercase();
            let given = match self.folders.get(&wanted) {
                Some(given) => given.clone(),
                None => self.free(&path, part, ""),
            };
            path.push_str(&given);
            self.taken.insert(path.to_lowercase());
            self.folders.insert(wanted, given);
            path.push('/');
        }
        path
    }

    fn free(&mut self, folder: &str, stem: &str, ending: &str) -> String {
        let wanted = format!("{folder}{stem}/{ending}").to_lowercase();
        let first = self.numbers.get(&wanted).copied().unwrap_or(1);
        let mut number = first;
        loop {
            let suffix = if number == 1 { ending.to_owned() } else { format!(" ({number}){ending}") };
            // A number may not make the name longer than a file system takes.
            let mut stem = stem.to_owned();
            while stem.len() + suffix.len() > NAME_BYTES_MAX && stem.pop().is_some() {}
            let name = format!("{stem}{suffix}");
            let path = format!("{folder}{name}").to_lowercase();
            number += 1;
            if !self.taken.contains(&path) {
                self.numbers.insert(wanted, number.max(2));
                return name;
            }
        }
    }
}

/// Controls, invisible direction marks, and what Windows does not allow in a name. Ideographic variation
/// selectors stay: they are part of how a person's name is written.
fn is_dropped(c: char) -> bool {
    c.is_control()
        || is_bidi_control(c)
        || matches!(
            c,
            '<' | '>' | '"' | '|' | '?' | '*' | '\u{FEFF}' | '\u{200B}'
                ..='\u{200D}' | '\u{2028}' | '\u{2029}'
        )
        || matches!(c, '\u{E000}'..='\u{F8FF}' if ('\u{F000}'..='\u{F0FF}').contains(&c))
        || c == char::REPLACEMENT_CHARACTER
}

/// Characters that change the direction of text without being seen.
pub(crate) fn is_bidi_control(c: char) -> bool {
    matches!(c, '\u{061C}' | '\u{200E}' | '\u{200F}' | '\u{202A}'..='\u{202E}' | '\u{2066}'..='\u{2069}')
}

/// Device names that Windows gives no file, whatever the extension.
fn is_reserved(stem: &str) -> bool {
    let head = stem.split('.').next().unwrap_or_default().trim_end().to_ascii_uppercase();
    match head.as_str() {
        "CON" | "PRN" | "AUX" | "NUL" | "CONIN$" | "CONOUT$" | "CLOCK$" => true,
        _ => {
            let digit = head.strip_prefix("COM").or_else(|| head.strip_prefix("LPT"));
            digit.is_some_and(|d| {
                matches!(d, "0" | "1" | "2" | "3" | "4" | "5" | "6" | "7" | "8" | "9" | "¹" | "²" | "³")
            })
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn names_are_made_safe() {
        let rows = [
            ("報告書.docx", "docx", "報告書.docx"),
            ("C:\\Users\\a\\報告.docm", "docx", "報告.docx"),
            ("../../etc/passwd", "txt", "passwd.txt"),
            ("a\u{202E}fdp.exe", "pdf", "afdp.exe.pdf"),
            ("か\u{3099}.pdf", "pdf", "が.pdf"),
            ("CON.txt", "txt", "_CON.txt"),
            ("com1", "csv", "_com1.csv"),
            ("写真.JPG", "JPG", "写真.JPG"),
            ("会議 2.1版.xlsx", "xlsx", "会議 2.1版.xlsx"),
            ("第1.2章", "pdf", "第1.2章.pdf"),
            ("", "pdf", "file.pdf"),
            ("...", "pdf", "file.pdf"),
            ("a.txt:evil.txt", "txt", "evil.txt"),
            ("dir/", "zip", "dir.zip"),
            (" 末尾. ", "", "末尾"),
            ("報告.これは拡張子ではない.写し", "", "報告.これは拡張子ではない.写し"),
            ("報告.写しの最後の終わり", "", "報告.写しの最後の終わり"),
            ("\u{730}\"\u{c4d}", "", "\u{c4d}\u{730}"),
        ];
        for (untrusted, extension, expected) in rows {
            assert_eq!(clean_name(untrusted, extension), expected, "{untrusted:?}");
        }
    }

    #[test]
    fn names_beside_each_other_differ() {
        let mut names = Names::default();
        let long = format!("{}.txt", "あ".repeat(78));
        let rows = [
            ("", "a.txt", "a.txt".to_owned()),
            ("", "A.TXT", "A (2).TXT".to_owned()),
            ("", "a.txt", "a (3).txt".to_owned()),
            ("b/", "a.txt", "a.txt".to_owned()),
            ("", "a (2).txt", "a (2) (2).txt".to_owned()),
            ("", &long, long.clone()),
            ("", &long, format!("{} (2).txt", "あ".repeat(77))),
        ];
        for (folder, name, expected) in rows {
            assert_eq!(names.file(folder, name), expected, "{folder}{name}");
        }
        // A folder cannot lie where a file does, nor the other way round.
        assert_eq!(names.folder(["A.txt", "x"].into_iter()), "A.txt (2)/x/");
        assert_eq!(names.folder(["a.TXT", "y"].into_iter()), "A.txt (2)/y/");
        assert_eq!(names.folder(["c", "d"].into_iter()), "c/d/");
        assert_eq!(names.folder(["C", "d"].into_iter()), "c/d/");
        assert_eq!(names.file("c/", "D"), "D (2)");
    }

    proptest! {
        #[test]
        fn every_name_is_one_safe_part(untrusted in any::<String>(), extension in prop::sample::select(vec!["", "pdf", "docx"])) {
            let clean = clean_name(&untrusted, extension);
            prop_assert!(!clean.is_empty() && clean.len() <= NAME_BYTES_MAX);
            prop_assert!(!clean.contains(['/', '\\', ':']) && clean != "." && clean != "..");
            prop_assert!(!clean.chars().any(|c| c.is_control() || is_bidi_control(c)));
            if !extension.is_empty() {
                let suffix = format!(".{extension}");
                prop_assert!(clean.to_ascii_lowercase().ends_with(&suffix), "{}", clean);
            }
            prop_assert_eq!(clean_name(&clean, extension), clean);
        }
    }
}
