//! SpreadsheetML of Excel 2002 and 2003.
//!
//! Owns: its cells, sheets, merged cells, widths and the formats that change how a value reads.
//! Leaves to others: the package around the sheets (`workbook`), what the new workbook may hold (`ooxml`). Formulas stay
//! behind; their values are kept.

use std::collections::HashMap;

use worker_protocol::{Kind, Reason, Spot, Threat};

use super::tree::{Element, Space};
use crate::workbook::{self, COLUMNS_MAX, MAIN, ROWS_MAX};
use crate::xml::escape_attribute;
use crate::{Refusal, Work, csv};

pub(super) fn package(root: &Element, work: &mut Work<'_>) -> Result<(Kind, Vec<u8>), Refusal> {
    let styles = Styles::read(root);
    let mut sheets = Vec::new();
    for sheet in root.elements().filter(|e| e.space == Space::Sheet && e.local == "Worksheet") {
        let given = sheet.attribute("Name").unwrap_or_default();
        let name = if given.is_empty() { format!("Sheet{}", sheets.len() + 1) } else { given.to_owned() };
        let written = worksheet(sheet, &name, &styles, work)?;
        sheets.push(workbook::Sheet { name, written });
    }
    Ok((Kind::Xlsx, workbook::package(&sheets, &styles.written, false)?))
}

fn worksheet(sheet: &Element, name: &str, styles: &Styles, work: &mut Work<'_>) -> Result<String, Refusal> {
    let mut out = format!(
        "<?xml version=\"1.0\" encoding=\"UTF-8\" standalone=\"yes\"?>\n<worksheet xmlns=\"{MAIN}\">"
    );
    let mut merged = Vec::new();
    let table = sheet.first(Space::Sheet, "Table");
    if let Some(table) = table {
        out.push_str(&columns(table));
    }
    out.push_str("<sheetData>");
    let mut next_row = 1;
    let rows = table.into_iter().flat_map(Element::elements).filter(|e| e.local == "Row");
    for row in rows {
        // Rows and cells come in order; an index that goes back would be a second cell in one place.
        let number = index(row).unwrap_or(next_row).max(next_row);
        if number > ROWS_MAX {
            return Err(Refusal::held(Reason::Damaged));
        }
        next_row = number + 1 + row.attribute("Span").and_then(|s| s.parse::<u64>().ok()).unwrap_or(0);
        let height =
            row.attribute("Height").and_then(points).map(|h| format!(" ht=\"{h}\" customHeight=\"1\""));
        out.push_str(&format!("<row r=\"{number}\"{}>", height.unwrap_or_default()));
        let mut next_column = 1;
        for cell in row.elements().filter(|e| e.local == "Cell") {
            let column = index(cell).unwrap_or(next_column).max(next_column);
            let span = |name: &str| cell.attribute(name).and_then(|s| s.parse::<u64>().ok()).unwrap_or(0);
            let (across, down) = (span("MergeAcross"), span("MergeDown"));
            if column + across > COLUMNS_MAX || number + down > ROWS_MAX {
                return Err(Refusal::held(Reason::Damaged));
            }
            next_column = column + across + 1;
            let reference = csv::cell_reference(column - 1, number);
            if across + down > 0 {
                merged
                    .push(format!("{reference}:{}", csv::cell_reference(column - 1 + across, number + down)));
            }
            let spot = || Spot::Cell { untrusted_sheet: name.to_owned(), reference: reference.clone() };
            if let Some(formula) = cell.attribute("Formula") {
                let fetches = formula.contains('|') || formula.to_ascii_uppercase().contains("HYPERLINK(");
                let threat = if fetches { Threat::DangerousFormula } else { Threat::Extension };
                work.findings.add_at(threat, "formula", spot());
            }
            if cell.attribute("HRef").is_some() {
                work.findings.add_at(Threat::Hyperlink, "cell", spot());
            }
            if cell.first(Space::Sheet, "Comment").is_some() {
                work.findings.add_at(Threat::Extension, "comment", spot());
            }
            let style = cell.attribute("StyleID").or_else(|| row.attribute("StyleID"));
            push_cell(&mut out, &reference, cell, styles.of(style));
        }
        out.push_str("</row>");
    }
    out.push_str("</sheetData>");
    if !merged.is_empty() {
        out.push_str(&format!("<mergeCells count=\"{}\">", merged.len()));
        merged.iter().for_each(|range| out.push_str(&format!("<mergeCell ref=\"{range}\"/>")));
        out.push_str("</mergeCells>");
    }
    out.push_str("</worksheet>");
    work.budget.spend(out.len() as u64)?;
    Ok(out)
}

fn push_cell(out: &mut String, reference: &str, cell: &Element, style: usize) {
    let start = format!("<c r=\"{reference}\" s=\"{style}\"");
    let Some(data) = cell.first(Space::Sheet, "Data") else {
        out.push_str(&start);
        out.push_str("/>");
        return;
    };
    let said = data.text();
    let number = match data.attribute("Type") {
        Some("Number") => {
            said.trim().parse::<f64>().ok().filter(|n| n.is_finite()).map(|_| said.trim().to_owned())
        }
        Some("DateTime") => serial(said.trim()),
        _ => None,
    };
    match (data.attribute("Type"), number) {
        (_, Some(number)) => out.push_str(&format!("{start}><v>{number}</v></c>")),
        (Some("Boolean"), _) => {
            let is_true = matches!(said.trim(), "1" | "true" | "True");
            out.push_str(&format!("{start} t=\"b\"><v>{}</v></c>", u8::from(is_true)));
        }
        _ => workbook::push_words(out, &start, &said),
    }
}

fn columns(table: &Element) -> String {
    let mut out = String::new();
    let mut next = 1;
    for column in table.elements().filter(|e| e.local == "Column") {
        let first = index(column).unwrap_or(next).max(next);
        let last = first + column.attribute("Span").and_then(|s| s.parse::<u64>().ok()).unwrap_or(0);
        if last > COLUMNS_MAX {
            break;
        }
        next = last + 1;
        if let Some(width) = column.attribute("Width").and_then(points) {
            // A character of the standard font is five and a quarter points wide.
            out.push_str(&format!(
                "<col min=\"{first}\" max=\"{last}\" width=\"{:.2}\" customWidth=\"1\"/>",
                width / 5.25
            ));
        }
    }
    if out.is_empty() { out } else { format!("<cols>{out}</cols>") }
}

fn index(element: &Element) -> Option<u64> {
    element.attribute("Index")?.parse().ok().filter(|index| *index > 0)
}

fn points(value: &str) -> Option<f64> {
    value.trim().parse().ok().filter(|points: &f64| (0.0..=2_000.0).contains(points))
}

/// The days since the beginning of 1900 as Excel counts them.
fn serial(said: &str) -> Option<String> {
    let (date, time) = said.split_once('T').unwrap_or((said, "00:00:00"));
    let mut numbers = date.splitn(3, '-').map(|part| part.parse::<i64>().ok());
    let (year, month, day) = (numbers.next()??, numbers.next()??, numbers.next()??);
    if !(1899..=9999).contains(&year) || !(1..=12).contains(&month) || !(1..=31).contains(&day) {
        return None;
    }
    // Days of the civil calendar, counted from a March so that leap days come last.
    let (y, m) = if month > 2 { (year, month - 3) } else { (year - 1, month + 9) };
    let days = y * 365 + y / 4 - y / 100 + y / 400 + (m * 153 + 2) / 5 + day - 693_900;
    // Excel takes 1900 for a leap year.
    let days = if days <= 60 { days - 1 } else { days };
    let mut parts = time.trim_end_matches('Z').splitn(3, ':').map(|part| part.parse::<f64>().ok());
    let (hour, minute, second) = (parts.next()??, parts.next()??, parts.next().flatten().unwrap_or(0.0));
    let fraction = (hour * 3600.0 + minute * 60.0 + second) / 86_400.0;
    (0.0..1.0).contains(&fraction).then(|| format!("{}", days as f64 + fraction))
}

/// The formats of the workbook, as far as they change how a value reads or looks.
struct Styles {
    index: HashMap<String, usize>,
    written: String,
}

impl Styles {
    fn of(&self, id: Option<&str>) -> usize {
        id.and_then(|id| self.index.get(id)).copied().unwrap_or(0)
    }

    fn read(root: &Element) -> Self {
        let mut index = HashMap::new();
        let mut fonts = vec!["<font><sz val=\"11\"/><name val=\"Yu Gothic\"/></font>".to_owned()];
        let mut fills = vec![
            "<fill><patternFill patternType=\"none\"/></fill>".to_owned(),
            "<fill><patternFill patternType=\"gray125\"/></fill>".to_owned(),
        ];
        let mut formats: Vec<String> = Vec::new();
        let mut rows =
            vec!["<xf numFmtId=\"0\" fontId=\"0\" fillId=\"0\" borderId=\"0\" xfId=\"0\"/>".to_owned()];
        let styles = root.first(Space::Sheet, "Styles");
        for style in styles.into_iter().flat_map(Element::elements).filter(|e| e.local == "Style").take(4_000)
        {
            let number = match style.first(Space::Sheet, "NumberFormat").and_then(|f| f.attribute("Format")) {
                None | Some("" | "General") => 0,
                Some(format) => built_in(format).unwrap_or_else(|| {
                    let at = formats.iter().position(|known| known == format).unwrap_or_else(|| {
                        formats.push(format.to_owned());
                        formats.len() - 1
                    });
                    164 + at
                }),
            };
            let font = style.first(Space::Sheet, "Font").map_or(0, |font| place(&mut fonts, font_xml(font)));
            let fill = style
                .first(Space::Sheet, "Interior")
                .and_then(|interior| color(interior.attribute("Color")?))
                .map_or(0, |color| {
                    let fill = format!("<fill><patternFill patternType=\"solid\"><fgColor rgb=\"{color}\"/></patternFill></fill>");
                    place(&mut fills, fill)
                });
            let alignment = style.first(Space::Sheet, "Alignment").map(alignment_xml).unwrap_or_default();
            if let Some(id) = style.attribute("ID") {
                index.insert(id.to_owned(), rows.len());
            }
            rows.push(format!(
                "<xf numFmtId=\"{number}\" fontId=\"{font}\" fillId=\"{fill}\" borderId=\"0\" xfId=\"0\" \
                 applyNumberFormat=\"1\" applyFont=\"1\" applyFill=\"1\" applyAlignment=\"1\">{alignment}</xf>"
            ));
        }
        let mut written = format!("<styleSheet xmlns=\"{MAIN}\">");
        if !formats.is_empty() {
            written.push_str(&format!("<numFmts count=\"{}\">", formats.len()));
            for (at, format) in formats.iter().enumerate() {
                written.push_str(&format!(
                    "<numFmt numFmtId=\"{}\" formatCode=\"{}\"/>",
                    164 + at,
                    escape_attribute(format)
                ));
            }
            written.push_str("</numFmts>");
        }
        written.push_str(&format!(
            "<fonts count=\"{}\">{}</fonts><fills count=\"{}\">{}</fills>\
             <borders count=\"1\"><border><left/><right/><top/><bottom/><diagonal/></border></borders>\
             <cellStyleXfs count=\"1\"><xf numFmtId=\"0\" fontId=\"0\" fillId=\"0\" borderId=\"0\"/></cellStyleXfs>\
             <cellXfs count=\"{}\">{}</cellXfs>\
             <cellStyles count=\"1\"><cellStyle name=\"Normal\" xfId=\"0\" builtinId=\"0\"/></cellStyles></styleSheet>",
            fonts.len(),
            fonts.concat(),
            fills.len(),
            fills.concat(),
            rows.len(),
            rows.concat()
        ));
        Self { index, written }
    }
}

fn place(list: &mut Vec<String>, item: String) -> usize {
    list.iter().position(|known| *known == item).unwrap_or_else(|| {
        list.push(item);
        list.len() - 1
    })
}

fn font_xml(font: &Element) -> String {
    let is_set = |name: &str| font.attribute(name) == Some("1");
    let mut out = String::from("<font>");
    for (attribute, element) in [("Bold", "<b/>"), ("Italic", "<i/>"), ("StrikeThrough", "<strike/>")] {
        if is_set(attribute) {
            out.push_str(element);
        }
    }
    if font.attribute("Underline").is_some_and(|line| line != "None") {
        out.push_str("<u/>");
    }
    let size = font.attribute("Size").and_then(points).unwrap_or(11.0);
    out.push_str(&format!("<sz val=\"{size}\"/>"));
    if let Some(color) = font.attribute("Color").and_then(color) {
        out.push_str(&format!("<color rgb=\"{color}\"/>"));
    }
    let name: String = font.attribute("FontName").unwrap_or("Yu Gothic").chars().take(60).collect();
    out.push_str(&format!("<name val=\"{}\"/></font>", escape_attribute(&name)));
    out
}

fn alignment_xml(alignment: &Element) -> String {
    let horizontal = alignment.attribute("Horizontal").map(str::to_ascii_lowercase);
    let horizontal =
        horizontal.filter(|h| matches!(h.as_str(), "left" | "center" | "right" | "fill" | "justify"));
    let vertical = alignment.attribute("Vertical").map(str::to_ascii_lowercase);
    let vertical = vertical.filter(|v| matches!(v.as_str(), "top" | "center" | "bottom" | "justify"));
    let mut out = String::from("<alignment");
    for (name, value) in [("horizontal", horizontal), ("vertical", vertical)] {
        if let Some(value) = value {
            out.push_str(&format!(" {name}=\"{value}\""));
        }
    }
    if alignment.attribute("WrapText") == Some("1") {
        out.push_str(" wrapText=\"1\"");
    }
    out.push_str("/>");
    out
}

/// `#RRGGBB` with the opacity that the new format wants.
fn color(value: &str) -> Option<String> {
    let digits =
        value.strip_prefix('#').filter(|d| d.len() == 6 && d.bytes().all(|b| b.is_ascii_hexdigit()))?;
    Some(format!("FF{}", digits.to_ascii_uppercase()))
}

/// Formats that have names in the old format and numbers in the new one.
fn built_in(format: &str) -> Option<usize> {
    Some(match format {
        "General Number" => 0,
        "General Date" => 22,
        "Short Date" => 14,
        "Medium Date" => 15,
        "Long Date" => 14,
        "Short Time" => 20,
        "Medium Time" => 18,
        "Long Time" => 21,
        "Fixed" => 2,
        "Standard" => 4,
        "Percent" => 10,
        "Scientific" => 11,
        "@" => 49,
        _ => return None,
    })
}
