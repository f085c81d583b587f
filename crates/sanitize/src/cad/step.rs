//! Exchange files in clear text (ISO 10303-21), and the features that SXF (sfc) puts into comments of such a file.
//!
//! Owns: their grammar: header, data, instances, parameters, features. All of it is parsed and written anew.
//! Leaves to others: what the entities of a schema mean. They are data: the grammar has no instruction.

use worker_protocol::{LinkPolicy, Mode, Reason, Threat};

use super::{Drawing, last_part, leads_out, links, plain};
use crate::{Refusal, Work, mark, text};

const START: &str = "ISO-10303-21";
const END: &str = "END-ISO-10303-21";

/// Builds a file anew, with a line as its first comment.
pub(super) fn rebuild(
    untrusted_text: &str,
    line: Option<&str>,
    mode: Mode,
    work: &mut Work<'_>,
) -> Result<Drawing, Refusal> {
    let mut pass = Pass {
        text: untrusted_text,
        at: 0,
        mode,
        links: links(mode, work),
        nesting_max: work.budget.limits.nesting_max,
        line_end: if untrusted_text.contains("\r\n") { "\r\n" } else { "\n" },
        older: None,
        in_words: false,
        work,
        drawing: Drawing::default(),
    };
    pass.file().ok_or(Refusal::held(Reason::Damaged))?;
    let kept = pass.older.filter(|_| pass.work.job.mark.is_none());
    let mut drawing = pass.drawing;
    if let Some(line) = line.map(str::to_owned).or(kept) {
        let at = format!("{START};{}", pass.line_end);
        let comment = format!("{at}/*{line}*/{}", pass.line_end);
        drawing.out = drawing.out.replacen(&at, &comment, 1);
    }
    Ok(drawing)
}

struct Pass<'t, 'w, 'j> {
    text: &'t str,
    at: usize,
    mode: Mode,
    links: LinkPolicy,
    nesting_max: u32,
    line_end: &'static str,
    /// A mark of an earlier pass.
    older: Option<String>,
    /// Whether strings that are read are words of the drawing.
    in_words: bool,
    work: &'w mut Work<'j>,
    drawing: Drawing,
}

impl<'t> Pass<'t, '_, '_> {
    fn file(&mut self) -> Option<()> {
        self.skip_blanks();
        self.token(START)?;
        self.token(";")?;
        self.put(&[START, ";"]);
        self.end_line();
        self.blank();
        self.keyword_is("HEADER")?;
        self.token(";")?;
        self.put(&["HEADER;"]);
        self.end_line();
        self.header()?;
        let mut has_data = false;
        loop {
            self.blank();
            if self.rest().starts_with(END) {
                break;
            }
            let name = self.keyword()?;
            match name {
                "DATA" => {
                    has_data = true;
                    self.put(&["DATA"]);
                    self.blank();
                    if self.rest().starts_with('(') {
                        self.list(0)?;
                    }
                    self.token(";")?;
                    self.put(&[";"]);
                    self.end_line();
                    self.data()?;
                }
                // Newer editions name places in other files, and sign.
                "REFERENCE" | "ANCHOR" | "SIGNATURE" => {
                    let threat = match name {
                        "SIGNATURE" => Threat::Signature,
                        "REFERENCE" => Threat::ExternalContent,
                        _ => Threat::Extension,
                    };
                    self.work.findings.add(threat, name);
                    let rest = self.rest();
                    let end = rest.find("ENDSEC;")?;
                    self.at += end + "ENDSEC;".len();
                }
                _ => return None,
            }
        }
        self.token(END)?;
        self.blank();
        self.token(";")?;
        self.put(&[END, ";"]);
        self.end_line();
        if !self.rest().trim().is_empty() {
            self.work.findings.add(Threat::HiddenData, "step#outside");
        }
        has_data.then_some(())
    }

    fn header(&mut self) -> Option<()> {
        loop {
            self.blank();
            let name = self.keyword()?;
            if name == "ENDSEC" {
                self.token(";")?;
                self.put(&["ENDSEC;"]);
                self.end_line();
                return Some(());
            }
            self.put(&[name]);
            self.blank();
            if name == "FILE_NAME" {
                self.file_name()?
            } else {
                self.list(0)?
            }
            self.blank();
            self.token(";")?;
            self.put(&[";"]);
            self.end_line();
        }
    }

    /// Who made the file with what. Viewers tell the edition by the program; a path tells of somebody's disk.
    fn file_name(&mut self) -> Option<()> {
        self.token("(")?;
        self.put(&["("]);
        for number in 0.. {
            self.blank();
            match number {
                0 if self.rest().starts_with('\'') => {
                    let name = self.quoted()?;
                    let last = last_part(name);
                    if last.len() < name.len() {
                        self.work.findings.add(Threat::Metadata, "FILE_NAME");
                    }
                    self.string(last);
                }
                // Author, organisation and who released it.
                2 | 3 | 6 if self.mode == Mode::Strict => {
                    let from = self.drawing.out.len();
                    self.parameter(0)?;
                    let empty = if number == 6 { "''" } else { "('')" };
                    if self.drawing.out.get(from..) != Some(empty) {
                        self.drawing.out.truncate(from);
                        self.put(&[empty]);
                        self.work.findings.add(Threat::Metadata, "FILE_NAME");
                    }
                }
                _ => self.parameter(0)?,
            }
            self.blank();
            if self.rest().starts_with(')') {
                break;
            }
            self.token(",")?;
            self.put(&[","]);
        }
        self.token(")")?;
        self.put(&[")"]);
        Some(())
    }

    fn data(&mut self) -> Option<()> {
        loop {
            self.skip_blanks();
            if let Some(comment) = self.comment() {
                match sxf_tag(comment) {
                    Some(tag) => self.features(tag, comment)?,
                    None => self.loose_comment(comment),
                }
                continue;
            }
            if self.rest().starts_with('#') {
                self.instance()?;
                continue;
            }
            self.keyword_is("ENDSEC")?;
            self.token(";")?;
            self.put(&["ENDSEC;"]);
            self.end_line();
            return Some(());
        }
    }

    fn instance(&mut self) -> Option<()> {
        self.number_of_instance()?;
        self.blank();
        self.token("=")?;
        self.put(&[" = "]);
        self.blank();
        if self.rest().starts_with('(') {
            // An instance of several types at once.
            self.token("(")?;
            self.put(&["("]);
            self.blank();
            while !self.rest().starts_with(')') {
                self.record()?;
                self.blank();
                if !self.rest().starts_with(')') {
                    self.put(&[" "]);
                }
            }
            self.token(")")?;
            self.put(&[")"]);
        } else {
            self.record()?;
        }
        self.blank();
        self.token(";")?;
        self.put(&[";"]);
        self.end_line();
        Some(())
    }

    fn record(&mut self) -> Option<()> {
        let name = self.keyword()?;
        self.in_words = name.contains("TEXT");
        self.put(&[name]);
        self.blank();
        let written = self.list(0);
        self.in_words = false;
        written
    }

    fn list(&mut self, depth: u32) -> Option<()> {
        if depth >= self.nesting_max {
            return None;
        }
        self.token("(")?;
        self.put(&["("]);
        self.blank();
        if !self.rest().starts_with(')') {
            loop {
                self.parameter(depth + 1)?;
                self.blank();
                if self.rest().starts_with(')') {
                    break;
                }
                self.token(",")?;
                self.put(&[","]);
                self.blank();
            }
        }
        self.token(")")?;
        self.put(&[")"]);
        Some(())
    }

    fn parameter(&mut self, depth: u32) -> Option<()> {
        let rest = self.rest();
        match rest.bytes().next()? {
            b'(' => self.list(depth),
            b'\'' => {
                let value = self.quoted()?;
                self.string(value);
                Some(())
            }
            b'#' => self.number_of_instance(),
            sign @ (b'$' | b'*') => {
                self.at += 1;
                self.drawing.out.push(char::from(sign));
                Some(())
            }
            b'"' => {
                let digits = rest.get(1..)?.split_once('"')?.0;
                let is_hex = digits.bytes().all(|b| b.is_ascii_hexdigit());
                self.at += digits.len() + 2;
                is_hex.then(|| self.put(&["\"", digits, "\""]))
            }
            b'.' => {
                let name = rest.get(1..)?.split_once('.')?.0;
                self.at += name.len() + 2;
                is_keyword(name).then(|| self.put(&[".", name, "."]))
            }
            b'0'..=b'9' | b'+' | b'-' => {
                let length = rest
                    .bytes()
                    .take_while(|b| b.is_ascii_digit() || matches!(b, b'+' | b'-' | b'.' | b'E' | b'e'))
                    .count();
                let number = rest.get(..length)?;
                self.at += length;
                let is_number = number.parse::<f64>().is_ok_and(f64::is_finite);
                is_number.then(|| self.put(&[number]))
            }
            _ => {
                // A value that says of which type it is.
                let name = self.keyword()?;
                self.put(&[name]);
                self.blank();
                self.list(depth)
            }
        }
    }

    fn number_of_instance(&mut self) -> Option<()> {
        let digits = self.rest().strip_prefix('#')?;
        let length = digits.bytes().take_while(u8::is_ascii_digit).count();
        let digits = digits.get(..length).filter(|digits| (1..=20).contains(&digits.len()))?;
        self.at += 1 + length;
        self.put(&["#", digits]);
        Some(())
    }

    /// A string with its doubled quotes, without those around it.
    fn quoted(&mut self) -> Option<&'t str> {
        let inside = self.rest().strip_prefix('\'')?;
        let mut end = 0;
        loop {
            end += inside.get(end..)?.find('\'')?;
            if !inside.get(end + 1..)?.starts_with('\'') {
                break;
            }
            end += 2;
        }
        self.at += end + 2;
        inside.get(..end)
    }

    fn string(&mut self, value: &str) {
        let value = self.checked(value);
        self.put(&["'", &value, "'"]);
    }

    /// A string as it may stay.
    fn checked(&mut self, value: &str) -> String {
        let count = text::visible_characters(value);
        self.drawing.characters.before += count;
        if let Some(threat) = leads_out(value, self.links) {
            self.work.findings.add(threat, "string");
            return String::new();
        }
        let value = plain(value, &mut self.drawing.dropped).into_owned();
        self.drawing.characters.after += text::visible_characters(&value);
        if self.in_words && !value.trim().is_empty() && value.parse::<f64>().is_err() {
            self.drawing.words.push_str(&value.replace("''", "'"));
            self.drawing.words.push('\n');
        }
        value
    }

    /// Features of SXF: each an instance with a name in small letters, all of whose parameters are in quotes. Words stand between
    /// quotes with a backslash, numbers between plain ones.
    fn features(&mut self, tag: &str, comment: &'t str) -> Option<()> {
        let inside = comment.trim().strip_prefix(tag)?.strip_suffix(tag)?;
        self.put(&["/*", tag]);
        self.end_line();
        let mut rest = inside.trim();
        while !rest.is_empty() {
            let digits = rest.strip_prefix('#')?;
            let length = digits.bytes().take_while(u8::is_ascii_digit).count();
            let (digits, after) = digits.split_at_checked(length).filter(|_| (1..=20).contains(&length))?;
            let after = after.trim_start().strip_prefix('=')?.trim_start();
            let (name, after) = after.split_once('(')?;
            let name = name.trim_end();
            let is_name = !name.is_empty()
                && name.len() <= 60
                && name.bytes().all(|b| b.is_ascii_lowercase() || b.is_ascii_digit() || b == b'_');
            if !is_name {
                return None;
            }
            self.in_words = name.starts_with("text_string");
            self.put(&["#", digits, " = ", name, "("]);
            rest = self.feature_parameters(after)?;
            self.in_words = false;
            self.put(&[")"]);
            self.end_line();
            rest = rest.trim_start();
        }
        self.put(&[tag, "*/"]);
        self.end_line();
        Some(())
    }

    /// Parameters up to the closing bracket, and what follows it.
    fn feature_parameters(&mut self, parameters: &'t str) -> Option<&'t str> {
        let mut rest = parameters.trim_start();
        if let Some(after) = rest.strip_prefix(')') {
            return Some(after);
        }
        loop {
            let quote = if rest.starts_with("\\'") { "\\'" } else { "'" };
            let inside = rest.strip_prefix(quote)?;
            // A quote ends a parameter only before the next one or the end: words may have quotes in them.
            let mut from = 0;
            let (value, after) = loop {
                let end = from + inside.get(from..)?.find(quote)?;
                let after = inside.get(end + quote.len()..)?;
                if after.trim_start().starts_with([',', ')']) {
                    break (inside.get(..end)?, after.trim_start());
                }
                from = end + quote.len();
            };
            if value.contains(['\r', '\n']) {
                return None;
            }
            let value = self.checked(value);
            self.put(&[quote, &value, quote]);
            if let Some(after) = after.strip_prefix(')') {
                return Some(after);
            }
            self.put(&[","]);
            rest = after.strip_prefix(',')?.trim_start();
        }
    }

    // ------------------------------------------------------------ tokens

    fn rest(&self) -> &'t str {
        self.text.get(self.at..).unwrap_or_default()
    }

    fn put(&mut self, pieces: &[&str]) {
        pieces.iter().for_each(|piece| self.drawing.out.push_str(piece));
    }

    fn end_line(&mut self) {
        self.drawing.out.push_str(self.line_end);
    }

    fn token(&mut self, token: &str) -> Option<()> {
        self.skip_blanks();
        self.rest().starts_with(token).then(|| self.at += token.len())
    }

    fn keyword(&mut self) -> Option<&'t str> {
        let rest = self.rest();
        let own = usize::from(rest.starts_with('!'));
        let length = own
            + rest
                .get(own..)?
                .bytes()
                .take_while(|b| b.is_ascii_alphanumeric() || matches!(b, b'_' | b'-'))
                .count();
        let name = rest.get(..length).filter(|name| is_keyword(name.trim_start_matches('!')))?;
        self.at += length;
        Some(name)
    }

    fn keyword_is(&mut self, wanted: &str) -> Option<()> {
        self.keyword().filter(|name| *name == wanted).map(|_| ())
    }

    fn skip_blanks(&mut self) {
        let rest = self.rest();
        self.at += rest.len() - rest.trim_start().len();
    }

    /// Skips blanks and comments.
    fn blank(&mut self) {
        loop {
            self.skip_blanks();
            let Some(comment) = self.comment() else { return };
            self.loose_comment(comment);
        }
    }

    /// The inside of a comment that begins here.
    fn comment(&mut self) -> Option<&'t str> {
        let inside = self.rest().strip_prefix("/*")?.split_once("*/")?.0;
        self.at += inside.len() + 4;
        Some(inside)
    }

    fn loose_comment(&mut self, comment: &str) {
        if mark::is_line(comment) {
            self.older.get_or_insert_with(|| comment.to_owned());
        } else {
            self.work.findings.add(Threat::HiddenData, "comment");
        }
    }
}

/// The word between which the features of a comment stand: `SXF`, in newer editions with a number.
fn sxf_tag(comment: &str) -> Option<&str> {
    let tag = comment.trim().lines().next()?.trim();
    let edition = tag.strip_prefix("SXF")?;
    (edition.len() <= 4 && edition.bytes().all(|b| b.is_ascii_digit() || b == b'.')).then_some(tag)
}

fn is_keyword(name: &str) -> bool {
    !name.is_empty()
        && name.len() <= 100
        && name.starts_with(|c: char| c.is_ascii_alphabetic() || c == '_')
        && name.bytes().all(|b| b.is_ascii_alphanumeric() || matches!(b, b'_' | b'-'))
}

#[cfg(test)]
mod tests;
