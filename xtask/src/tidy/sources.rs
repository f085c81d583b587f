//! Every Rust file opens with what it owns, and some words stand nowhere.
//!
//! Owns: which files count as code and how a word is recognised.
//! Leaves to others: the list of words (`xtask/words.toml`).

use super::Problem;
use super::house::{House, WORDS, Word};

const CODE: [&str; 8] = [".rs", ".toml", ".sql", ".js", ".css", ".html", ".sh", ".cedar"];

/// Texts that others wrote, or that a tool writes.
const NOT_OURS: [&str; 4] = ["Cargo.lock", "fuzz/Cargo.lock", "LICENSE-APACHE", "LICENSE-MIT"];

/// Each file under crates, bins, xtask and fuzz opens with `//!`.
pub(crate) fn openings(house: &House) -> Vec<Problem> {
    let ours = ["crates/", "bins/", "xtask/", "fuzz/"];
    house
        .files
        .iter()
        .filter(|(path, _)| path.ends_with(".rs") && ours.iter().any(|dir| path.starts_with(dir)))
        .filter_map(|(path, text)| {
            let first = text.as_deref().unwrap_or("").lines().find(|line| !line.trim().is_empty());
            match first.and_then(|line| line.strip_prefix("//!")) {
                Some(said) if !said.trim().is_empty() => None,
                _ => Some(
                    Problem::new(
                        path,
                        "does not open with `//!`",
                        "say what the file owns and what it leaves to others",
                    )
                    .at(1),
                ),
            }
        })
        .collect()
}

/// No forbidden word stands in a text file.
pub(crate) fn words(house: &House) -> Vec<Problem> {
    let mut problems = Vec::new();
    for (path, text) in &house.files {
        let Some(text) = text else { continue };
        if NOT_OURS.contains(&path.as_str()) || path == WORDS {
            continue;
        }
        let code = CODE.iter().any(|end| path.ends_with(end));
        for word in house.words.iter().filter(|w| code || w.everywhere) {
            for (index, line) in text.lines().enumerate() {
                if stands_in(word, line) {
                    let number = if word.numbered { " with a number" } else { "" };
                    problems.push(
                        Problem::new(path, format!("{:?}{number} stands here", word.word), &word.instead)
                            .at(index + 1),
                    );
                }
            }
        }
    }
    problems
}

fn stands_in(word: &Word, line: &str) -> bool {
    if word.numbered {
        let (line, sought) = (line.to_ascii_lowercase(), word.word.to_ascii_lowercase());
        return whole(&line, &sought).any(|rest| {
            let after = rest.strip_prefix(' ').unwrap_or(rest);
            let after_sign = after.strip_prefix('#').unwrap_or(after);
            after.len() < rest.len() && after_sign.starts_with(|c: char| c.is_ascii_digit())
        });
    }
    whole(line, &word.word).next().is_some()
}

/// What follows each place where `word` stands as a whole word.
fn whole<'a>(line: &'a str, word: &'a str) -> impl Iterator<Item = &'a str> {
    let part_of_word = |c: char| c.is_alphanumeric() || c == '_';
    line.match_indices(word).filter_map(move |(at, _)| {
        let (before, rest) = line.split_at_checked(at)?;
        let after = rest.strip_prefix(word)?;
        let grows_left = word.starts_with(part_of_word) && before.ends_with(part_of_word);
        // A path inside a longer path is another path, as in `docs/work/`.
        let inner_path =
            word.starts_with('/') && before.ends_with(|c: char| part_of_word(c) || c == '.' || c == '-');
        let grows_right = word.ends_with(part_of_word) && after.starts_with(part_of_word);
        (!grows_left && !inner_path && !grows_right).then_some(after)
    })
}

#[cfg(test)]
mod tests {
    use super::super::house::samples;
    use super::*;

    #[test]
    fn a_source_opens_with_what_it_owns() {
        let rows: [(&str, &str, bool); 7] = [
            ("crates/a/src/lib.rs", "//! Owns a.\n", true),
            ("crates/a/src/lib.rs", "\n//! Owns a.\n", true),
            ("crates/a/src/lib.rs", "use b;\n//! Owns a.\n", false),
            ("bins/a/src/main.rs", "//!\nfn main() {}", false),
            ("xtask/src/a.rs", "", false),
            ("crates/web/static/a.js", "let a = 1;", true),
            ("policies/base/a.rs", "", true),
        ];
        for (path, text, fine) in rows {
            assert_eq!(openings(&samples::files(&[(path, text)])).is_empty(), fine, "{path}: {text:?}");
        }
    }

    #[test]
    fn forbidden_words_are_found_as_whole_words() {
        let word = |word: &str, numbered, everywhere| Word {
            word: word.into(),
            numbered,
            everywhere,
            instead: "better".into(),
        };
        let list =
            vec![word("LATER", false, false), word("/secret/", false, true), word("ticket", true, true)];
        let rows: [(&str, &str, &[usize]); 13] = [
            ("a.rs", "ok\n// LATER: finish", &[2]),
            ("a.rs", "const LATER_ON: u8 = 1; TRANSLATER", &[]),
            ("a.md", "LATER is fine in prose", &[]),
            ("a.md", "see /secret/place", &[1]),
            ("a.rs", "\"/secret/x\"", &[1]),
            ("a.rs", "docs/secret/x", &[]),
            ("a.rs", "../secret/x", &[]),
            ("a.md", "as Ticket #12 said", &[1]),
            ("a.md", "ticket 3", &[1]),
            ("a.md", "a ticket, 3 days", &[]),
            ("a.md", "tickets 3", &[]),
            ("LICENSE-MIT", "/secret/", &[]),
            ("xtask/words.toml", "/secret/", &[]),
        ];
        for (path, text, lines) in rows {
            let mut house = samples::files(&[(path, text)]);
            house.words = list.clone();
            let found: Vec<usize> = words(&house).iter().filter_map(|p| p.line).collect();
            assert_eq!(found, lines, "{path}: {text}");
        }
    }
}
