//! Formulas of a workbook of Excel 97, token by token (MS-XLS 2.5.198).
//!
//! Owns: which tokens and functions there are, which formulas reach out or run something, and the numbers of names in them.
//! Leaves to others: what stands in the place of a formula that goes (`cells`), what is known of names and links (`links`).

use worker_protocol::{LinkPolicy, Threat};

use super::Stop;
use super::links::{Links, Target};
use super::records::{Reader, shown};
use crate::link;

/// A formula that may stay, with the numbers that its names have now.
#[derive(Debug, Default, PartialEq, Eq)]
pub(super) struct Formula {
    /// The tokens.
    pub(super) tokens: Vec<u8>,
    /// What stands behind them: values of lists.
    pub(super) extra: Vec<u8>,
    /// Whether it says no more than that it is shared with another cell, or is one of a table.
    pub(super) is_shared: bool,
}

impl Formula {
    /// Writes how long its tokens are, the tokens, and what stands behind them.
    pub(super) fn push(&self, out: &mut Vec<u8>) -> Result<(), Stop> {
        let count = u16::try_from(self.tokens.len()).map_err(|_| Stop::Other)?;
        out.extend_from_slice(&count.to_le_bytes());
        out.extend_from_slice(&self.tokens);
        out.extend_from_slice(&self.extra);
        Ok(())
    }
}

/// The function that calls a name.
const CALL_OF_NAME: u16 = 255;
const HYPERLINK: u16 = 359;

/// A function that asks a pivot table, which does not stay.
const OF_PIVOT: u16 = 358;

/// Functions of sheets by number (MS-XLS 2.5.198.17), from and to. What stands between them belongs to sheets of macros,
/// asks other programs, or reads files.
const FUNCTIONS: [(u16, u16); 30] = [
    (0, 52),
    (56, 78),
    (82, 83),
    (86, 86),
    (97, 102),
    (105, 105),
    (109, 109),
    (111, 121),
    (124, 131),
    (140, 144),
    (148, 148),
    (162, 165),
    (167, 169),
    (183, 184),
    (189, 190),
    (193, 199),
    (204, 216),
    (219, 222),
    (227, 235),
    (244, 244),
    (247, 247),
    (252, 252),
    (261, 261),
    (269, 332),
    (336, 337),
    (342, 347),
    (350, 354),
    (HYPERLINK, HYPERLINK),
    (360, 368),
    (369, 376),
];

/// Reads a formula and says what it may not do, if so.
///
/// # Errors
/// Why it goes. One that cannot be read goes as dangerous.
pub(super) fn judge(
    tokens: &[u8],
    extra: &[u8],
    links: &Links<'_>,
    policy: LinkPolicy,
) -> Result<Formula, Threat> {
    judge_at_home(tokens, extra, links, policy, None)
}

/// The same for a formula that means cells of its own sheet, given by number, wherever it leads.
pub(super) fn judge_at_home(
    tokens: &[u8],
    extra: &[u8],
    links: &Links<'_>,
    policy: LinkPolicy,
    home: Option<u16>,
) -> Result<Formula, Threat> {
    let mut walk = Walk {
        reader: Reader::new(tokens),
        extra: Reader::new(extra),
        out: Formula::default(),
        links,
        home,
        texts: Vec::new(),
        hyperlinks: 0,
        last: 0,
    };
    while !walk.reader.is_at_end() {
        walk.token()?;
    }
    let used = extra.len() - walk.extra.left().len();
    walk.out.extra = extra.get(..used).unwrap_or_default().to_vec();
    if walk.hyperlinks > 0 && !walk.is_kept_hyperlink(tokens, policy) {
        return Err(Threat::Hyperlink);
    }
    Ok(walk.out)
}

struct Walk<'a, 'l> {
    reader: Reader<'a>,
    extra: Reader<'a>,
    out: Formula,
    links: &'l Links<'l>,
    home: Option<u16>,
    /// What is written out between quotes, with where its token begins.
    texts: Vec<(usize, String)>,
    hyperlinks: u32,
    /// The last function.
    last: u16,
}

const UNKNOWN: Threat = Threat::DangerousFormula;

impl Walk<'_, '_> {
    fn copy(&mut self, count: usize) -> Result<(), Threat> {
        let bytes = self.reader.take(count).ok_or(UNKNOWN)?;
        self.out.tokens.extend_from_slice(bytes);
        Ok(())
    }

    fn token(&mut self) -> Result<(), Threat> {
        let start = self.out.tokens.len();
        let token = self.reader.u8().ok_or(UNKNOWN)?;
        self.out.tokens.push(token);
        // Classes of one token differ in two bits.
        let token = match token {
            0x00..=0x1F => token,
            0x20..=0x7F => token & 0x1F | 0x20,
            _ => return Err(UNKNOWN),
        };
        match token {
            0x01 | 0x02 => {
                self.out.is_shared = start == 0;
                if start != 0 {
                    return Err(UNKNOWN);
                }
                self.copy(4)
            }
            // Operators, brackets, a missing argument.
            0x03..=0x16 => Ok(()),
            0x17 => self.text(start),
            0x19 => self.attribute(),
            0x1C | 0x1D => self.copy(1),
            0x1E => self.copy(2),
            0x1F => self.copy(8),
            0x20 => {
                self.copy(7)?;
                self.list()
            }
            // A function with as many arguments as it has, or with the number of them.
            0x21 | 0x22 => {
                self.copy(usize::from(token == 0x22))?;
                let function = self.reader.u16().ok_or(UNKNOWN)?;
                self.function(function)?;
                self.out.tokens.extend_from_slice(&function.to_le_bytes());
                Ok(())
            }
            0x23 => {
                let number = self.reader.u16().ok_or(UNKNOWN)?;
                let now = self.links.name(number).ok_or(UNKNOWN)?;
                self.out.tokens.extend_from_slice(&now.to_le_bytes());
                self.copy(2)
            }
            // A cell, relative to another or lost.
            0x24 | 0x2A | 0x2C => self.copy(4),
            0x25 | 0x2B | 0x2D => self.copy(8),
            0x26 => {
                self.copy(6)?;
                let count = self.extra.u16().ok_or(UNKNOWN)?;
                self.extra.take(usize::from(count) * 8).map(drop).ok_or(UNKNOWN)
            }
            0x27 | 0x28 => self.copy(6),
            0x29 | 0x2E | 0x2F => self.copy(2),
            0x39 => {
                let target = self.reader.u16().ok_or(UNKNOWN)?;
                let number = self.reader.u16().ok_or(UNKNOWN)?;
                let number = match self.links.target(target) {
                    Some(Target::Own) => self.links.name(number).ok_or(UNKNOWN)?,
                    Some(Target::AddIn) if self.links.is_known_function(target, number) => number,
                    Some(Target::Elsewhere(threat)) => return Err(threat),
                    _ => return Err(UNKNOWN),
                };
                self.out.tokens.extend_from_slice(&target.to_le_bytes());
                self.out.tokens.extend_from_slice(&number.to_le_bytes());
                self.copy(2)
            }
            0x3A | 0x3C => self.elsewhere(4),
            0x3B | 0x3D => self.elsewhere(8),
            _ => Err(UNKNOWN),
        }
    }

    /// Cells of a sheet that is named.
    fn elsewhere(&mut self, place_bytes: usize) -> Result<(), Threat> {
        let target = self.reader.u16().ok_or(UNKNOWN)?;
        let target = match (self.links.target(target), self.home) {
            (Some(Target::Own), _) => target,
            (Some(Target::Elsewhere(_)), Some(home)) => home,
            (Some(Target::Elsewhere(threat)), None) => return Err(threat),
            _ => return Err(UNKNOWN),
        };
        self.out.tokens.extend_from_slice(&target.to_le_bytes());
        self.copy(place_bytes)
    }

    fn text(&mut self, start: usize) -> Result<(), Threat> {
        let count = self.reader.u8().ok_or(UNKNOWN)?;
        let form = self.reader.u8().ok_or(UNKNOWN)? & 1;
        self.out.tokens.extend_from_slice(&[count, form]);
        let bytes = self.reader.left();
        let mut inside = Reader::new(bytes);
        let text = inside.characters(count.into(), form == 1).ok_or(UNKNOWN)?;
        self.copy(bytes.len() - inside.left().len())?;
        self.texts.push((start, shown(&text)));
        Ok(())
    }

    /// What is said about the tokens around it: blanks, and where a choice goes on.
    fn attribute(&mut self) -> Result<(), Threat> {
        let flags = self.reader.u8().ok_or(UNKNOWN)?;
        let number = self.reader.u16().ok_or(UNKNOWN)?;
        self.out.tokens.push(flags);
        self.out.tokens.extend_from_slice(&number.to_le_bytes());
        match flags {
            0x04 => self.copy((usize::from(number) + 1) * 2),
            0x00 | 0x01 | 0x02 | 0x08 | 0x10 | 0x11 | 0x20 | 0x21 | 0x40 | 0x41 => Ok(()),
            _ => Err(UNKNOWN),
        }
    }

    /// The values of a list in braces.
    fn list(&mut self) -> Result<(), Threat> {
        let columns = usize::from(self.extra.u8().ok_or(UNKNOWN)?) + 1;
        let rows = usize::from(self.extra.u16().ok_or(UNKNOWN)?) + 1;
        for _ in 0..columns * rows {
            match self.extra.u8() {
                Some(0x00 | 0x01 | 0x04 | 0x10) => self.extra.take(8).map(drop).ok_or(UNKNOWN)?,
                Some(0x02) => self.extra.text().map(drop).ok_or(UNKNOWN)?,
                _ => return Err(UNKNOWN),
            }
        }
        Ok(())
    }

    fn function(&mut self, number: u16) -> Result<(), Threat> {
        self.last = number;
        let is_known = FUNCTIONS.iter().any(|(from, to)| (*from..=*to).contains(&number));
        if number == HYPERLINK {
            self.hyperlinks += 1;
        }
        if number == OF_PIVOT {
            return Err(Threat::Unknown);
        }
        // What is called by name is judged where the name stands.
        if is_known || number == CALL_OF_NAME { Ok(()) } else { Err(UNKNOWN) }
    }

    /// A target that is calculated cannot be judged, so only one that is written out first may stay, in a formula that does
    /// nothing else.
    fn is_kept_hyperlink(&self, tokens: &[u8], policy: LinkPolicy) -> bool {
        let Some((0, target)) = self.texts.first() else { return false };
        // Behind the target nothing may be added to it, and the function comes last.
        let operators = self.hyperlinks > 1 || self.last != HYPERLINK;
        let length = usize::from(tokens.get(1).copied().unwrap_or(0));
        let width = if tokens.get(2).is_some_and(|form| form & 1 == 1) { 2 } else { 1 };
        let behind = tokens.get(3 + length * width..).unwrap_or_default();
        let is_alone = match behind {
            [0x22 | 0x42 | 0x62, 1, ..] => behind.len() == 4,
            // One more argument: a text, a number or a cell.
            [0x17, count, form, ..] => {
                behind.len() == 3 + usize::from(*count) * (1 + usize::from(form & 1)) + 4
            }
            [0x1E, ..] => behind.len() == 3 + 4,
            [0x1F, ..] => behind.len() == 9 + 4,
            [0x24 | 0x44 | 0x64, ..] => behind.len() == 5 + 4,
            _ => false,
        };
        !operators && is_alone && (target.starts_with('#') || link::is_kept(target, policy))
    }
}
