//! What somebody outside makes of a file: a current file of an old one, pages of a document.
//!
//! Owns: asking, what is believed of the answer (nothing), and documents as pictures of their pages.
//! Leaves to others: the conversion itself ([`crate::Converter`]), and rebuilding what comes back, which is as untrusted as what
//! came first.

use worker_protocol::conversion::{CONVERSION_BYTES_MAX, Conversion};
use worker_protocol::{Job, Kind, Mode, Reason, Threat};

use crate::findings::Findings;
use crate::{Rebuilt, Refusal, Work, detect, pdf, rebuild_as};

/// What the office program writes of its own accord into every file.
const MADE_UP: [Threat; 1] = [Threat::Metadata];

/// Asks for a conversion. What comes back is of the kind that was asked for, and that is all that is known of it.
///
/// # Errors
/// As the office program failed, or held when it made something else; blocked when it was made to work too much.
pub(crate) fn convert(what: Conversion, untrusted: &[u8], work: &mut Work<'_>) -> Result<Vec<u8>, Refusal> {
    if untrusted.len() as u64 > CONVERSION_BYTES_MAX {
        return Err(Refusal::held(Reason::TooLarge));
    }
    let converted = work.converter.convert(what, untrusted).map_err(|reason| match reason {
        Reason::Bomb | Reason::TooComplex => Refusal::blocked(reason),
        _ => Refusal::held(reason),
    })?;
    work.budget.spend(converted.len() as u64)?;
    let name = format!("converted.{}", detect::final_extension(what.to()));
    if detect::detect(&converted, &name, &work.budget.limits) != Ok(what.to()) {
        return Err(Refusal::held(Reason::ConversionFailed));
    }
    Ok(converted)
}

/// A refusal of a file that nobody but the office program has seen.
pub(crate) fn said_of_the_converted(refused: Refusal) -> Refusal {
    match refused.reason {
        Reason::Damaged | Reason::NameMismatch | Reason::UnknownKind | Reason::Ambiguous => {
            Refusal::held(Reason::ConversionFailed)
        }
        _ => refused,
    }
}

/// Adds what was found in a converted file to what was found before. What is told already is not told again.
pub(crate) fn append(found: Findings, has_told: impl Fn(Threat) -> bool, work: &mut Work<'_>) {
    work.findings.append(found, |threat| !MADE_UP.contains(&threat) && !has_told(threat));
}

/// Whether documents of this kind can be laid out outside, once they are clean.
pub(crate) fn has_pages(kind: Kind) -> bool {
    matches!(
        kind,
        Kind::Docx
            | Kind::Xlsx
            | Kind::Pptx
            | Kind::Odt
            | Kind::Ods
            | Kind::Odp
            | Kind::Rtf
            | Kind::OfficeXml
            | Kind::Sylk
    )
}

/// Pictures of a document's pages. The office program is given the clean document, never the one that came.
///
/// # Errors
/// Held or blocked as the document itself, as its conversion, or as the pages that came of it.
pub(crate) fn as_pictures(
    untrusted: &[u8],
    untrusted_name: &str,
    kind: Kind,
    work: &mut Work<'_>,
) -> Result<Rebuilt, Refusal> {
    // The mark is drawn onto the pages, so it must not stand in the document, too.
    let job = Job { mark: None, ..work.job.clone() };
    let mut inner = Work {
        job: &job,
        budget: &mut *work.budget,
        findings: std::mem::take(&mut work.findings),
        depth: work.depth,
        converter: &mut *work.converter,
        progress: &mut *work.progress,
    };
    let clean = rebuild_as(kind, Mode::Rebuild, untrusted, untrusted_name, &mut inner);
    work.findings = inner.findings;
    let clean = clean?;
    let what = Conversion::to_pages(clean.kind).ok_or(Refusal::held(Reason::NotRebuilt))?;
    let drawn = convert(what, &clean.clean, work)?;
    let found = std::mem::take(&mut work.findings);
    let pictures = pdf::rebuild(&drawn, Mode::ImagePdf, work);
    let of_pages = std::mem::replace(&mut work.findings, found);
    let told: Vec<Threat> = work.findings.kinds().collect();
    append(of_pages, |threat| told.contains(&threat), work);
    pictures.map_err(said_of_the_converted)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{Converter, sanitise_with, trial};
    use worker_protocol::{Outcome, Road};

    /// Draws whatever it is given as the same page, and keeps what it was given.
    struct Drawer {
        page: Result<Vec<u8>, Reason>,
        given: Vec<(Conversion, Vec<u8>)>,
    }

    impl Converter for Drawer {
        fn convert(&mut self, what: Conversion, untrusted: &[u8]) -> Result<Vec<u8>, Reason> {
            self.given.push((what, untrusted.to_vec()));
            self.page.clone()
        }
    }

    fn page() -> Vec<u8> {
        use lopdf::{Document, Object, Stream, dictionary};
        let mut document = Document::with_version("1.7");
        let tree = document.new_object_id();
        let content = document.add_object(Stream::new(dictionary! {}, b"0 0 50 50 re f".to_vec()));
        let page = document.add_object(dictionary! {
            "Type" => "Page", "Parent" => tree, "Contents" => content,
            "MediaBox" => vec![0.into(), 0.into(), 100.into(), 100.into()],
        });
        let pages = dictionary! { "Type" => "Pages", "Kids" => vec![page.into()], "Count" => 1 };
        document.objects.insert(tree, Object::Dictionary(pages));
        let catalog = document.add_object(dictionary! { "Type" => "Catalog", "Pages" => tree });
        document.trailer.set("Root", catalog);
        let mut out = Vec::new();
        document.save_to(&mut out).unwrap();
        out
    }

    fn run(name: &str, kind: Kind, bytes: &[u8], page: Result<Vec<u8>, Reason>) -> (Outcome, Drawer) {
        let mut job = trial::job(name);
        job.policy.modes.insert(kind, Mode::ImagePdf);
        let mut drawer = Drawer { page, given: Vec::new() };
        let outcome = sanitise_with(&job, bytes.to_vec(), &mut drawer, &mut |_, _| ());
        assert!(outcome.report.is_consistent(), "{:?}", outcome.report);
        (outcome, drawer)
    }

    const RTF: &[u8] = br"{\rtf1\ansi words{\*\template \\\\203.0.113.1\\a.dot}\par}";

    #[test]
    fn a_clean_document_is_drawn() {
        let (outcome, drawer) = run("a.rtf", Kind::Rtf, RTF, Ok(page()));
        let report = &outcome.report;
        assert_eq!((report.clean_kind, report.road), (Some(Kind::Pdf), Some(Road::Pictures)), "{report:?}");
        assert_eq!(report.clean_name, "a.pdf");
        assert!(report.removals.iter().any(|removal| removal.what == Threat::ExternalTemplate));
        let [(what, given)] = drawer.given.as_slice() else { panic!("asked once") };
        assert_eq!((what.from(), what.to()), (Kind::Rtf, Kind::Pdf));
        let given = String::from_utf8_lossy(given);
        assert!(given.contains("words") && !given.contains("203.0.113.1"), "{given}");
    }

    #[test]
    fn nothing_but_pictures_comes_out() {
        let answers = [
            (Err(Reason::NotRebuilt), Reason::NotRebuilt),
            (Err(Reason::TimedOut), Reason::TimedOut),
            (Err(Reason::Bomb), Reason::Bomb),
            (Ok(RTF.to_vec()), Reason::ConversionFailed),
            (Ok(Vec::new()), Reason::ConversionFailed),
            (Ok(b"%PDF-1.7\nnothing".to_vec()), Reason::ConversionFailed),
        ];
        for (answer, reason) in answers {
            let (outcome, _) = run("a.rtf", Kind::Rtf, RTF, answer.clone());
            assert_eq!(outcome.report.reason, Some(reason), "{answer:?}");
            assert!(outcome.clean.is_none());
        }
        let (outcome, drawer) = run("a.rtf", Kind::Rtf, br"{\rtf1\ansi words", Ok(page()));
        assert!(outcome.clean.is_some() || drawer.given.is_empty());
    }
}
