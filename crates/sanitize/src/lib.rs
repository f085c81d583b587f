//! Bytes in, clean bytes and a report out; nothing active remains.
//!
//! Owns: deciding what a file really is and building it anew from what is known and wanted. [`sanitise`] is the
//! way in; from there `detect` finds the type and one module per format rebuilds it.
//! Leaves to others: the cell around this code and its kill switch (`sekisho-worker`, `worker-client`), what the
//! pack allows (it comes in with the job), and every word that a person reads.
//!
//! Three habits hold in every module:
//! - build, do not strip: what leaves is written from an allow-list, so what was never heard of stays behind;
//! - every expansion is counted in `bounded`, and no other module may hold a decompressor;
//! - when in doubt there is a refusal, never the original bytes. They leave in one case only, which the pack asks for by
//!   kind and a person vouches for (`inspect`).

mod archive;
mod bounded;
mod cad;
mod cells;
mod compound;
mod converted;
mod css;
mod csv;
mod detect;
mod embedded;
mod findings;
mod html;
mod inspect;
mod json;
mod legacy;
mod link;
mod mail;
mod mark;
mod markup_file;
mod mhtml;
mod mime;
mod name;
mod odf;
mod office_xml;
mod ooxml;
mod pdf;
mod picture;
mod picture_pdf;
mod preview;
mod rtf;
mod scopes;
mod sylk;
mod text;
mod transfer;
#[cfg(test)]
mod trial;
mod vobject;
mod workbook;
mod xml;
mod zip_reader;
mod zip_writer;

use worker_protocol::conversion::Conversion;
use worker_protocol::frame::Stage;
use worker_protocol::{
    Fidelity, Job, Kind, Member, Mode, Outcome, RULES_VERSION, Reason, Report, Road, Threat, Verdict,
};

use bounded::Budget;
use findings::Findings;

pub use name::clean_name;
pub use preview::preview;

/// Somebody outside who turns files of old formats into current ones.
pub trait Converter {
    /// Converts a file. What comes back is as untrusted as what went in.
    ///
    /// # Errors
    /// Why nothing came of it; the file is held for that reason.
    fn convert(&mut self, what: Conversion, untrusted: &[u8]) -> Result<Vec<u8>, Reason>;
}

/// Nobody: files of old formats are held.
#[derive(Debug, Clone, Copy)]
pub struct NoConverter;

impl Converter for NoConverter {
    fn convert(&mut self, _: Conversion, _: &[u8]) -> Result<Vec<u8>, Reason> {
        Err(Reason::NotRebuilt)
    }
}

/// Sanitises one file by itself.
///
/// Never panics on bad input as far as this code goes; a library's panic is caught and holds the file. The
/// outcome carries no preview: ask [`preview`] for it once the clean bytes are safe, because drawing may die.
pub fn sanitise(job: &Job, untrusted: Vec<u8>, progress: &mut dyn FnMut(Stage, u16)) -> Outcome {
    sanitise_with(job, untrusted, &mut NoConverter, progress)
}

/// Sanitises one file, with somebody to ask for conversions.
pub fn sanitise_with(
    job: &Job,
    untrusted: Vec<u8>,
    converter: &mut dyn Converter,
    progress: &mut dyn FnMut(Stage, u16),
) -> Outcome {
    let mut budget = Budget::new(job.limits);
    let name = &job.hint.untrusted_name;
    let report_and_bytes = sanitise_one(job, name, &untrusted, &mut budget, 0, converter, progress);
    progress(Stage::Verify, 1000);
    let (report, clean) = report_and_bytes;
    Outcome { report, clean, preview: None, preview_pages: Vec::new() }
}

/// What a format module hands back when it could rebuild the file.
struct Rebuilt {
    clean: Vec<u8>,
    /// What the clean bytes are: another kind than the file was when it had to be converted.
    kind: Kind,
    road: Road,
    members: Vec<Member>,
    fidelity: Option<Fidelity>,
}

impl Rebuilt {
    /// A file that is still what it was.
    fn same(clean: Vec<u8>, kind: Kind) -> Self {
        Self { clean, kind, road: Road::Rebuilt, members: Vec::new(), fidelity: None }
    }
}

/// Why no bytes come back.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
struct Refusal {
    verdict: Verdict,
    reason: Reason,
}

impl Refusal {
    fn held(reason: Reason) -> Self {
        Self { verdict: Verdict::Held, reason }
    }

    fn blocked(reason: Reason) -> Self {
        Self { verdict: Verdict::Blocked, reason }
    }
}

/// What every format module works with.
struct Work<'a> {
    job: &'a Job,
    budget: &'a mut Budget,
    findings: Findings,
    /// Containers around this file.
    depth: u32,
    converter: &'a mut dyn Converter,
    progress: &'a mut dyn FnMut(Stage, u16),
}

fn sanitise_one(
    job: &Job,
    untrusted_name: &str,
    untrusted: &[u8],
    budget: &mut Budget,
    depth: u32,
    converter: &mut dyn Converter,
    progress: &mut dyn FnMut(Stage, u16),
) -> (Report, Option<Vec<u8>>) {
    if depth == 0 {
        progress(Stage::Detect, 0);
    }
    let mut work = Work { job, budget, findings: Findings::default(), depth, converter, progress };
    let detected = detect::detect(untrusted, untrusted_name, &job.limits);
    let kind = detected.as_ref().ok().copied();
    let rebuilt = detected.and_then(|kind| {
        if untrusted.len() as u64 > job.limits.input_bytes_max && depth == 0 {
            return Err(Refusal::held(Reason::TooLarge));
        }
        let Some(mode) = job.policy.modes.get(&kind).copied() else {
            return Err(Refusal::blocked(Reason::KindNotAllowed));
        };
        if depth == 0 {
            (work.progress)(Stage::Rebuild, 0);
        }
        // A library that panics has met bytes it cannot read; that must cost this file and no sibling in the
        // same archive. Nothing of its state is used afterwards but the budget, which only counts.
        std::panic::catch_unwind(std::panic::AssertUnwindSafe(|| {
            rebuild(kind, mode, untrusted, untrusted_name, &mut work)
        }))
        .unwrap_or(Err(Refusal::held(Reason::Damaged)))
    });
    // A file of which nothing is left is no clean file: nobody could pass it on.
    let rebuilt = rebuilt.and_then(|rebuilt| match rebuilt.clean.is_empty() {
        true if rebuilt.road == Road::Text => Err(Refusal::held(Reason::NoWords)),
        true => Err(Refusal::held(Reason::Empty)),
        false => Ok(rebuilt),
    });
    // Words that were written down have one place for a mark, whatever they are the words of.
    let rebuilt = rebuilt.and_then(|rebuilt| match (&job.mark, rebuilt.road) {
        (Some(mark), Road::Text) => {
            let words = String::from_utf8(rebuilt.clean).map_err(|_| Refusal::held(Reason::VerifyFailed))?;
            Ok(Rebuilt { clean: mark::on_top(&words, mark).into_bytes(), ..rebuilt })
        }
        _ => Ok(rebuilt),
    });
    let mut findings = work.findings;
    if let Ok(rebuilt) = &rebuilt
        && job.mark.is_some()
        && (rebuilt.road == Road::Inspected || !mark::has_place(rebuilt.kind))
    {
        findings.add(Threat::MarkNotPossible, "");
    }
    match (kind, rebuilt) {
        (Some(kind), Ok(Rebuilt { clean, kind: clean_kind, road, members, fidelity })) => {
            let own = if clean_kind == Kind::Metafile { picture::metafile_extension(&clean) } else { None };
            let clean_name = name::clean_name_for(untrusted_name, clean_kind, road, own, &mut findings);
            let verdict = if findings.reader_would_miss() { Verdict::Partial } else { Verdict::Clean };
            let (removals, removals_unlisted) = findings.into_list();
            let report = Report {
                verdict,
                kind: Some(kind),
                clean_kind: Some(clean_kind),
                road: Some(road),
                clean_name,
                reason: None,
                removals,
                removals_unlisted,
                members,
                fidelity,
                rules_version: RULES_VERSION.to_owned(),
            };
            (report, Some(clean))
        }
        (kind, rebuilt) => {
            let refusal = rebuilt.err().unwrap_or(Refusal::held(Reason::UnknownKind));
            let mut report = Report::refused(refusal.verdict, refusal.reason);
            report.kind = kind;
            report.clean_name = clean_name(untrusted_name, "");
            report.members = findings.take_members();
            (report.removals, report.removals_unlisted) = findings.into_list();
            (report, None)
        }
    }
}

fn rebuild(
    kind: Kind,
    mode: Mode,
    untrusted: &[u8],
    untrusted_name: &str,
    work: &mut Work<'_>,
) -> Result<Rebuilt, Refusal> {
    let mut rebuilt = rebuild_as(kind, mode, untrusted, untrusted_name, work)?;
    if rebuilt.road == Road::Text {
        // Words come out of many formats, and in each something can stand between them that acts instead of being read.
        let words = String::from_utf8(rebuilt.clean).map_err(|_| Refusal::held(Reason::VerifyFailed))?;
        let (plain, dropped) = text::without_controls(&words);
        dropped.report(work);
        // A mark of the encoding is none of the words, and alone it would be a file of nothing.
        rebuilt.clean = plain.trim_start_matches('\u{FEFF}').as_bytes().to_vec();
    }
    // Every other kind begins as its writer begins it; text may turn into a program or a page when something before it is
    // dropped.
    let name = match rebuilt.kind {
        Kind::Text => "a.txt",
        Kind::Csv => "a.csv",
        Kind::Json => "a.json",
        _ => return Ok(rebuilt),
    };
    let found = detect::detect(&rebuilt.clean, name, &work.budget.limits);
    if !rebuilt.clean.is_empty() && found != Ok(rebuilt.kind) {
        return Err(Refusal::held(Reason::VerifyFailed));
    }
    Ok(rebuilt)
}

fn rebuild_as(
    kind: Kind,
    mode: Mode,
    untrusted: &[u8],
    untrusted_name: &str,
    work: &mut Work<'_>,
) -> Result<Rebuilt, Refusal> {
    match kind {
        kind if mode == Mode::InspectOnly => inspect::pass(untrusted, untrusted_name, kind, work),
        kind if mode == Mode::Cells => cells::read(untrusted, untrusted_name, kind, work),
        kind if mode == Mode::ImagePdf && converted::has_pages(kind) => {
            converted::as_pictures(untrusted, untrusted_name, kind, work)
        }
        kind if is_picture(kind) => picture::rebuild(untrusted, kind, mode, work),
        Kind::Docx | Kind::Xlsx | Kind::Pptx => ooxml::rebuild(untrusted, kind, mode, work),
        Kind::Odt | Kind::Ods | Kind::Odp | Kind::Odg => odf::rebuild(untrusted, kind, mode, work),
        Kind::OfficeXml => office_xml::rebuild(untrusted, mode, work),
        Kind::Rtf => rtf::rebuild(untrusted, mode, work),
        Kind::Pdf => pdf::rebuild(untrusted, mode, work),
        Kind::Text => text::rebuild(untrusted, mode, work),
        Kind::Csv => csv::rebuild(untrusted, mode, work),
        Kind::Sylk => sylk::rebuild(untrusted, mode, work),
        Kind::Html => html::rebuild(untrusted, mode, work),
        Kind::Mhtml => mhtml::rebuild(untrusted, mode, work),
        Kind::Xml => markup_file::rebuild(untrusted, mode, work),
        Kind::Json => json::rebuild(untrusted, mode, work),
        Kind::Calendar | Kind::Contact => vobject::rebuild(untrusted, kind, mode, work),
        Kind::Dxf | Kind::Sxf => cad::rebuild(untrusted, kind, mode, work),
        Kind::Mail => mail::rebuild(untrusted, untrusted_name, mode, work),
        Kind::OutlookMessage => mail::outlook::rebuild(untrusted, mode, work),
        Kind::Doc | Kind::Xls | Kind::Ppt | Kind::Xlsb => legacy::rebuild(untrusted, kind, mode, work),
        // What is done with a member is chosen by the member's own kind.
        Kind::Zip | Kind::SevenZip | Kind::Lzh | Kind::Tar | Kind::Gzip => {
            archive::rebuild(untrusted, untrusted_name, kind, work)
        }
        _ => Err(Refusal::held(Reason::NotRebuilt)),
    }
}

fn is_picture(kind: Kind) -> bool {
    matches!(
        kind,
        Kind::Png | Kind::Jpeg | Kind::Gif | Kind::Bmp | Kind::Tiff | Kind::Webp | Kind::Svg | Kind::Metafile
    )
}
