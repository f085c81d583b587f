//! Names, add-ins and other workbooks that formulas of a workbook of Excel 97 lead to (MS-XLS 2.1.7.20.3, 2.4.150, 2.4.271).
//!
//! Owns: which of them stay, the numbers by which formulas know them, and writing them.
//! Leaves to others: the formulas themselves (`formula`), telling links to other files (`sheets`).

use worker_protocol::{LinkPolicy, Threat};

use super::super::bytes::u16_at;
use super::super::sheets;
use super::Stop;
use super::formula::{self, Formula};
use super::records::{self, Part, Reader, Record, put_characters, shown};
use crate::ooxml::is_dangerous_function;

/// Records by number.
mod record {
    pub(super) const SHEETS: u16 = 0x0017;
    pub(super) const NAME: u16 = 0x0018;
    pub(super) const OTHER_NAME: u16 = 0x0023;
    pub(super) const REMARK: u16 = 0x0894;
    pub(super) const BOOK: u16 = 0x01AE;
}

/// What a name is (MS-XLS 2.4.150).
mod flag {
    pub(super) const HIDDEN: u16 = 0x0001;
    pub(super) const FUNCTION: u16 = 0x0002;
    pub(super) const RUNS: u16 = 0x000E;
    pub(super) const BUILT_IN: u16 = 0x0020;
    /// The flags that stay.
    pub(super) const KEPT: u16 = 0x0FFF;
}

/// Names that programs make by themselves and that run nothing: areas to print, filters, titles and the like.
const BUILT_IN: [u16; 9] = [0x00, 0x03, 0x04, 0x05, 0x06, 0x07, 0x09, 0x0C, 0x0D];

/// Of these, those that belong to a sheet: areas to print, titles, filters.
const OF_SHEET: [u16; 3] = [0x06, 0x07, 0x0D];

/// Names that lead to each other, one behind the other.
const CHAIN_MAX: usize = 64;

/// Before the text of a name: flags, lengths, its sheet.
const HEAD_BYTES: usize = 14;

/// A sheet that is no more: what its cells are for a formula is an error.
const NO_SHEET: u16 = 0xFFFF;

/// Functions of the two add-ins that come with Excel. In a workbook of Excel 97 they are called as those of any add-in.
const ADD_IN_FUNCTIONS: [&str; 98] = [
    "ACCRINT",
    "ACCRINTM",
    "AMORDEGRC",
    "AMORLINC",
    "BESSELI",
    "BESSELJ",
    "BESSELK",
    "BESSELY",
    "BIN2DEC",
    "BIN2HEX",
    "BIN2OCT",
    "COMPLEX",
    "CONVERT",
    "COUPDAYBS",
    "COUPDAYS",
    "COUPDAYSNC",
    "COUPNCD",
    "COUPNUM",
    "COUPPCD",
    "CUMIPMT",
    "CUMPRINC",
    "DEC2BIN",
    "DEC2HEX",
    "DEC2OCT",
    "DELTA",
    "DISC",
    "DOLLARDE",
    "DOLLARFR",
    "DURATION",
    "EDATE",
    "EFFECT",
    "EOMONTH",
    "ERF",
    "ERFC",
    "EUROCONVERT",
    "FACTDOUBLE",
    "FVSCHEDULE",
    "GCD",
    "GESTEP",
    "HEX2BIN",
    "HEX2DEC",
    "HEX2OCT",
    "IMABS",
    "IMAGINARY",
    "IMARGUMENT",
    "IMCONJUGATE",
    "IMCOS",
    "IMDIV",
    "IMEXP",
    "IMLN",
    "IMLOG10",
    "IMLOG2",
    "IMPOWER",
    "IMPRODUCT",
    "IMREAL",
    "IMSIN",
    "IMSQRT",
    "IMSUB",
    "IMSUM",
    "INTRATE",
    "ISEVEN",
    "ISODD",
    "LCM",
    "MDURATION",
    "MROUND",
    "MULTINOMIAL",
    "NETWORKDAYS",
    "NOMINAL",
    "OCT2BIN",
    "OCT2DEC",
    "OCT2HEX",
    "ODDFPRICE",
    "ODDFYIELD",
    "ODDLPRICE",
    "ODDLYIELD",
    "PRICE",
    "PRICEDISC",
    "PRICEMAT",
    "QUOTIENT",
    "RANDBETWEEN",
    "RECEIVED",
    "SERIESSUM",
    "SQRTPI",
    "TBILLEQ",
    "TBILLPRICE",
    "TBILLYIELD",
    "WEEKNUM",
    "WORKDAY",
    "XIRR",
    "XNPV",
    "YEARFRAC",
    "YIELD",
    "YIELDDISC",
    "YIELDMAT",
    "IFERROR",
    "COUNTIFS",
    "SUMIFS",
    "AVERAGEIFS",
];

/// Where a formula leads by a number.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Target {
    /// A sheet of this workbook.
    Own,
    AddIn,
    Elsewhere(Threat),
}

/// One of the workbooks, programs and add-ins that are named.
#[derive(Debug)]
struct Book<'a> {
    target: Target,
    body: &'a [u8],
    /// Its names: text, and whether it is a function that stays.
    names: Vec<(Vec<u16>, bool)>,
}

#[derive(Debug)]
struct Name<'a> {
    body: &'a [u8],
    remark: Option<&'a [u8]>,
    text: Vec<u16>,
    /// The number it has now, from one; none when it goes.
    now: Option<u16>,
}

/// What is known of them in one workbook.
#[derive(Debug, Default)]
pub(super) struct Links<'a> {
    books: Vec<Book<'a>>,
    /// Book, first and last sheet, by number.
    sheets: Vec<[u16; 3]>,
    /// Sheets of this workbook whose own names lead elsewhere, by number from one. They are added to the others.
    own_sheets: Vec<u16>,
    names: Vec<Name<'a>>,
}

impl<'a> Links<'a> {
    /// Reads them from what holds for all of the workbook.
    pub(super) fn read(globals: &Part<'a>, sheet_count: usize, policy: LinkPolicy) -> Result<Self, Stop> {
        let mut links = Self::default();
        for record in globals.records() {
            match record.number {
                record::BOOK => links.books.push(book(&record)?),
                record::OTHER_NAME => {
                    let book = links.books.last_mut().ok_or(Stop::Other)?;
                    if book.target == Target::AddIn {
                        let text = other_name(record.body).ok_or(Stop::Other)?;
                        let is_known = is_known_function(&shown(&text));
                        book.names.push((text, is_known));
                    }
                }
                record::SHEETS => links.read_sheets(&record)?,
                record::NAME => {
                    let text = name_text(record.body).ok_or(Stop::Other)?;
                    links.names.push(Name { body: record.body, remark: None, text, now: None });
                }
                record::REMARK => {
                    if let Some(name) = links.names.last_mut() {
                        name.remark = Some(record.body);
                    }
                }
                _ => {}
            }
        }
        links.find_own_sheets(policy);
        links.number_names(sheet_count, policy)?;
        Ok(links)
    }

    fn read_sheets(&mut self, record: &Record<'_>) -> Result<(), Stop> {
        let mut reader = Reader::of(record);
        let count = reader.u16().ok_or(Stop::Other)?;
        for _ in 0..count {
            let bytes = reader.take_across(6).ok_or(Stop::Other)?;
            let at = |place| u16_at(&bytes, place).ok_or(Stop::Other);
            self.sheets.push([at(0)?, at(2)?, at(4)?]);
        }
        Ok(())
    }

    /// Which areas to print, titles and filters of a sheet lead elsewhere. They mean the sheet that they belong to: it came from
    /// another workbook, and its names with it.
    fn find_own_sheets(&mut self, policy: LinkPolicy) {
        let strayed = |name: &Name<'_>| {
            let flags = u16_at(name.body, 0).unwrap_or(0);
            let sheet = u16_at(name.body, 8).filter(|sheet| *sheet > 0)?;
            let is_of_sheet = matches!(name.text.as_slice(), [code] if OF_SHEET.contains(code));
            let strays = || self.judged(name, policy, None).is_err();
            (flags & flag::BUILT_IN != 0 && is_of_sheet && strays()).then_some(sheet)
        };
        let mut sheets: Vec<u16> = self.names.iter().filter_map(strayed).collect();
        sheets.sort_unstable();
        sheets.dedup();
        self.own_sheets = sheets;
    }

    /// By which number a name may lead to its own sheet where it would lead elsewhere.
    fn own_sheet(&self, name: &Name<'_>) -> Option<u16> {
        let sheet = u16_at(name.body, 8)?;
        let at = self.own_sheets.binary_search(&sheet).ok()?;
        let is_of_sheet = matches!(name.text.as_slice(), [code] if OF_SHEET.contains(code));
        u16::try_from(self.sheets.len() + at).ok().filter(|_| is_of_sheet)
    }

    /// Which names stay: those whose formulas stay, and these name others.
    ///
    /// # Errors
    /// Another road is taken where names lead to names that lead to names, further than anybody writes.
    fn number_names(&mut self, sheet_count: usize, policy: LinkPolicy) -> Result<(), Stop> {
        let mut stays: Vec<bool> =
            self.names.iter().map(|name| is_wanted(name, sheet_count).unwrap_or(false)).collect();
        for _ in 0..CHAIN_MAX {
            let mut next = 0;
            for (name, stays) in self.names.iter_mut().zip(&stays) {
                name.now = stays.then(|| {
                    next += 1;
                    next
                });
            }
            let judged: Vec<bool> = self
                .names
                .iter()
                .zip(&stays)
                .map(|(name, stays)| *stays && self.written(name, policy).is_some())
                .collect();
            if judged == stays {
                return Ok(());
            }
            stays = judged;
        }
        Err(Stop::Other)
    }

    /// Where a number leads; none when there is no such number.
    pub(super) fn target(&self, number: u16) -> Option<Target> {
        let [book, ..] = self.sheets.get(usize::from(number))?;
        self.books.get(usize::from(*book)).map(|book| book.target)
    }

    /// Whether this name of an add-in is a function that stays.
    pub(super) fn is_known_function(&self, target: u16, number: u16) -> bool {
        let book =
            self.sheets.get(usize::from(target)).and_then(|[book, ..]| self.books.get(usize::from(*book)));
        let name = book.zip(number.checked_sub(1)).and_then(|(book, at)| book.names.get(usize::from(at)));
        name.is_some_and(|(_, is_known)| *is_known)
    }

    /// The number that a name has now; none when it went.
    pub(super) fn name(&self, number: u16) -> Option<u16> {
        self.names.get(usize::from(number.checked_sub(1)?))?.now
    }

    /// Whether a record is one of those that [`Self::put`] writes.
    pub(super) fn owns(number: u16) -> bool {
        matches!(
            number,
            record::BOOK
                | record::OTHER_NAME
                | record::SHEETS
                | record::NAME
                | record::REMARK
                | 0x0059
                | 0x005A
        )
    }

    /// Writes what stays.
    pub(super) fn put(&self, out: &mut Vec<u8>, sheet_count: usize, policy: LinkPolicy) {
        if !self.books.is_empty() {
            self.put_books(out, sheet_count);
        }
        for name in self.names.iter().filter(|name| name.now.is_some()) {
            let Some(written) = self.written(name, policy) else { continue };
            records::put(out, record::NAME, &written);
            if let Some(remark) = name.remark.filter(|remark| is_remark(remark)) {
                records::put(out, record::REMARK, remark);
            }
        }
    }

    fn put_books(&self, out: &mut Vec<u8>, sheet_count: usize) {
        // This workbook comes where it was, or last when it was not there.
        let kept = |book: &Book<'_>| !matches!(book.target, Target::Elsewhere(_));
        let mut now = Vec::new();
        let mut count = 0u16;
        let mut own = None;
        for book in &self.books {
            now.push(kept(book).then_some(count));
            if !kept(book) {
                continue;
            }
            if book.target == Target::Own {
                own = own.or(Some(count));
                put_own_book(out, sheet_count);
            } else {
                records::put(out, record::BOOK, book.body);
            }
            count += 1;
            for (name, is_known) in &book.names {
                records::put(out, record::OTHER_NAME, &add_in_name(name, *is_known));
            }
        }
        let own = own.unwrap_or_else(|| {
            put_own_book(out, sheet_count);
            count
        });
        let count = self.sheets.len() + self.own_sheets.len();
        let mut body = u16::try_from(count).unwrap_or(0).to_le_bytes().to_vec();
        for [book, first, last] in &self.sheets {
            let entry = match now.get(usize::from(*book)).copied().flatten() {
                Some(now) => [now, *first, *last],
                None => [own, NO_SHEET, NO_SHEET],
            };
            body.extend(entry.iter().flat_map(|number| number.to_le_bytes()));
        }
        for sheet in self.own_sheets.iter().map(|sheet| sheet - 1) {
            body.extend([own, sheet, sheet].iter().flat_map(|number| number.to_le_bytes()));
        }
        records::put(out, record::SHEETS, &body);
    }

    /// The formula of a name.
    fn judged(&self, name: &Name<'_>, policy: LinkPolicy, own: Option<u16>) -> Result<Formula, Threat> {
        let read = || {
            let mut reader = Reader::new(name.body);
            let head = reader.take(HEAD_BYTES)?;
            let is_wide = reader.u8()? & 1 == 1;
            let _text = reader.characters((*head.get(3)?).into(), is_wide)?;
            let tokens = reader.take(u16_at(head, 4)?.into())?;
            Some((tokens, reader.left()))
        };
        let (tokens, extra) = read().ok_or(Threat::DangerousFormula)?;
        formula::judge_at_home(tokens, extra, self, policy, own)
    }

    /// A name as it is written now; none when its formula goes.
    fn written(&self, name: &Name<'_>, policy: LinkPolicy) -> Option<Vec<u8>> {
        let mut reader = Reader::new(name.body);
        let flags = reader.u16()?;
        let key = reader.u8()?;
        let count = reader.u8()?;
        let sheet = u16_at(name.body, 8)?;
        let formula = self.judged(name, policy, self.own_sheet(name)).ok()?;
        let mut out = (flags & flag::KEPT).to_le_bytes().to_vec();
        out.extend_from_slice(&[key, count]);
        out.extend_from_slice(&u16::try_from(formula.tokens.len()).ok()?.to_le_bytes());
        out.extend_from_slice(&[0, 0]);
        out.extend_from_slice(&sheet.to_le_bytes());
        out.extend_from_slice(&[0; 4]);
        put_characters(&mut out, &name.text);
        out.extend_from_slice(&formula.tokens);
        out.extend_from_slice(&formula.extra);
        Some(out)
    }
}

/// This workbook, which counts its sheets.
fn put_own_book(out: &mut Vec<u8>, sheet_count: usize) {
    let sheets = u16::try_from(sheet_count).unwrap_or(u16::MAX).to_le_bytes();
    records::put(out, record::BOOK, &[sheets, [0x01, 0x04]].concat());
}

/// A workbook, program or add-in that is named.
fn book<'a>(record: &Record<'a>) -> Result<Book<'a>, Stop> {
    let kind = u16_at(record.body, 2).ok_or(Stop::Other)?;
    let target = match (kind, record.body.len()) {
        (0x0401, 4) => Target::Own,
        (0x3A01, 4) => Target::AddIn,
        (0x0401 | 0x3A01, _) => return Err(Stop::Other),
        // One that leads nowhere: what had a blank for its path is a name that nobody knows.
        _ => Target::Elsewhere(sheets::elsewhere(record.body).unwrap_or(Threat::ExternalContent)),
    };
    Ok(Book { target, body: record.body, names: Vec::new() })
}

fn other_name(body: &[u8]) -> Option<Vec<u16>> {
    let mut reader = Reader::new(body);
    let _flags = reader.take(6)?;
    reader.short_text()
}

/// The name of a function of an add-in. What stays unknown keeps its place, because formulas count them, and nothing else.
fn add_in_name(text: &[u16], is_known: bool) -> Vec<u8> {
    let nobody = [u16::from(b'_')];
    let text = if is_known { text } else { &nobody };
    let mut out = vec![0; 6];
    out.push(u8::try_from(text.len()).unwrap_or(0));
    put_characters(&mut out, text);
    // The formula of a name that is a function: an error.
    out.extend_from_slice(&[2, 0, 0x1C, 0x17]);
    out
}

fn is_known_function(name: &str) -> bool {
    let name = name.to_ascii_uppercase();
    let name = name.strip_prefix("_XLFN.").unwrap_or(&name);
    ADD_IN_FUNCTIONS.contains(&name)
}

fn name_text(body: &[u8]) -> Option<Vec<u16>> {
    let mut reader = Reader::new(body);
    let _flags = reader.take(3)?;
    let count = reader.u8()?;
    let _numbers = reader.take(10)?;
    let is_wide = reader.u8()? & 1 == 1;
    reader.characters(count.into(), is_wide)
}

/// Whether a name stays as far as it tells by itself.
fn is_wanted(name: &Name<'_>, sheet_count: usize) -> Option<bool> {
    let flags = u16_at(name.body, 0)?;
    let sheet = usize::from(u16_at(name.body, 8)?);
    let text = shown(&name.text);
    let is_later_function = || {
        text.strip_prefix("_xlfn.").is_some_and(|function| {
            let function = function.to_ascii_uppercase();
            !is_dangerous_function(function.strip_prefix("_XLWS.").unwrap_or(&function))
        })
    };
    let is_sound = sheet <= sheet_count && !name.text.is_empty();
    Some(
        is_sound
            && match flags {
                flags if flags & flag::BUILT_IN != 0 => {
                    flags & flag::RUNS == 0
                        && matches!(name.text.as_slice(), [code] if BUILT_IN.contains(code))
                }
                flags if flags & flag::RUNS != 0 => {
                    // What later versions calculate themselves is called like a macro that is hidden.
                    flags & (flag::HIDDEN | flag::FUNCTION) != 0 && is_later_function()
                }
                _ => !sheets::runs_by_name(&text),
            },
    )
}

/// What somebody wrote about a name: the head of a later record, two lengths, two texts of two bytes each.
fn is_remark(body: &[u8]) -> bool {
    let lengths = u16_at(body, 12).zip(u16_at(body, 14));
    let bytes = lengths.map(|(name, remark)| 16 + (usize::from(name) + usize::from(remark)) * 2);
    // Its text may be narrow, with a byte before each that says so; both forms are texts and nothing else.
    bytes.is_some_and(|bytes| body.len() <= bytes + 2)
}
