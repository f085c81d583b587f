//! The words of a mail.
//!
//! Owns subject and text: plain Japanese in short lines. What the policy wrote is in the letter already.

use std::fmt::Write as _;

use app::notices::{Letter, LetterItem};

use super::Form;

/// Widest line, in columns of a fixed font; a Japanese sign takes two.
const COLUMNS_MAX: usize = 70;

/// The subject: what it is about and how much, never a name of anything or anybody.
pub(super) fn subject(letter: &Letter) -> String {
    let count = letter.items.len() + letter.more;
    let said = match letter.items.as_slice() {
        _ if letter.digest => format!("今日のお知らせ({count}件)"),
        [only] if letter.more == 0 => only.title.clone(),
        _ => format!("お知らせ({count}件)"),
    };
    let said: String = said.chars().filter(|c| !c.is_control()).collect();
    format!("[関所] {said}")
}

pub(super) fn body(form: &Form, letter: &Letter) -> String {
    let mut out = String::new();
    // Writing to a String cannot fail.
    let _ = write(&mut out, form, letter);
    out
}

fn write(out: &mut String, form: &Form, letter: &Letter) -> std::fmt::Result {
    line(out, "", &format!("{}の関所からのお知らせです。", letter.body))?;
    for item in &letter.items {
        writeln!(out)?;
        one(out, form, item)?;
    }
    if letter.more > 0 {
        writeln!(out)?;
        line(out, "", &format!("ほかに{}件あります。関所の「お知らせ」で見てください。", letter.more))?;
    }
    writeln!(out)?;
    writeln!(out, "--")?;
    line(out, "", "このメールは自動で送られました。返信しても届きません。")?;
    line(out, "", "届け方は、関所の「アカウント」で変えられます。")
}

fn one(out: &mut String, form: &Form, item: &LetterItem) -> std::fmt::Result {
    line(out, "", &format!("■ {}", item.title))?;
    let number = item.number.map(|n| format!("番号 {n}"));
    match (&item.name, number) {
        (Some(name), Some(number)) => line(out, "  ", &format!("{name}({number})"))?,
        (Some(name), None) => line(out, "  ", name)?,
        (None, Some(number)) => line(out, "  ", &number)?,
        (None, None) => {}
    }
    if let Some(due) = item.due_on {
        line(out, "  ", &format!("期限 {}", policy::wareki(&due.to_string())))?;
    }
    if let Some(wording) = &item.wording {
        line(out, "  ", wording)?;
    }
    let zone = item.zone.as_ref().or(form.home.as_ref());
    match (zone.and_then(|z| form.bases.get(z)), &item.zone_label) {
        // An address is never broken: it would be another one.
        (Some(base), _) => writeln!(out, "  {base}{}", item.path),
        (None, Some(label)) => line(out, "  ", &format!("{label}の関所で開いてください。")),
        (None, None) => line(out, "  ", "関所で開いてください。"),
    }
}

/// Writes a text in lines that are short enough, without its control characters.
fn line(out: &mut String, indent: &str, text: &str) -> std::fmt::Result {
    let mut columns = indent.len();
    out.push_str(indent);
    for c in text.chars().filter(|c| !c.is_control()) {
        let wide = if c.is_ascii() { 1 } else { 2 };
        // What ends a sentence or a bracket does not begin a line.
        if columns + wide > COLUMNS_MAX && !"。、)」".contains(c) {
            out.push('\n');
            out.push_str(indent);
            columns = indent.len();
        }
        out.push(c);
        columns += wide;
    }
    writeln!(out)
}

#[cfg(test)]
mod tests {
    use super::line;

    #[test]
    fn lines_are_short_and_lose_nothing() {
        let mut out = String::new();
        let text = "内容を見て、承認するか決めてください。".repeat(9);
        line(&mut out, "  ", &text).unwrap();
        let width = |l: &str| l.chars().map(|c| if c.is_ascii() { 1 } else { 2 }).sum::<usize>();
        assert!(out.lines().count() > 4);
        assert!(out.lines().all(|l| l.starts_with("  ") && width(l) <= 74), "{out}");
        assert_eq!(out.lines().filter_map(|l| l.strip_prefix("  ")).collect::<String>(), text);
    }

    #[test]
    fn a_control_character_does_not_get_through() {
        let mut out = String::new();
        line(&mut out, "", "a\r\nBcc: x\u{7}").unwrap();
        assert_eq!(out, "aBcc: x\n");
    }
}
