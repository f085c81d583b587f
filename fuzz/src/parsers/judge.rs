//! What must hold for every file, however broken.
//!
//! Owns: running one input and judging what came of it: no panic in the house's own code, a report that agrees with itself,
//! bytes within their bound, a clean file that others can read and of which a second pass finds nothing to remove (and writes
//! it the same, where it is a document of Word 97).
//! Leaves to others: time and memory, which libFuzzer watches (and a test runner), and how inputs become files.

use std::cell::{Cell, RefCell};
use std::io::{Cursor, Read};
use std::sync::Once;

use quick_xml::events::Event;
use worker_protocol::conversion::Conversion;
use worker_protocol::{
    FilePolicy, Hint, Job, Kind, Limits, Mark, Mode, Notes, Outcome, Reason, Road, Severity, Threat,
};

use super::{File, Target};

/// How an input ended that is no trouble.
#[derive(Debug)]
pub(crate) struct Ending {
    /// Whether clean bytes came back.
    pub(crate) hands_over: bool,
    /// Where a library panicked: the file was held, and nothing worse.
    pub(crate) library_panics: Vec<String>,
}

const LIMITS: Limits = Limits {
    input_bytes_max: 64 << 20,
    expanded_bytes_max: 32 << 20,
    expansion_ratio_max: 200,
    entries_max: 500,
    depth_max: 3,
    pages_max: 50,
    pixels_max: 1_000_000,
    nesting_max: 64,
};

thread_local! {
    static WATCHED: Cell<bool> = const { Cell::new(false) };
    static PANICS: RefCell<Vec<String>> = const { RefCell::new(Vec::new()) };
}

/// Runs one input.
///
/// # Errors
/// What is wrong with what came of it.
pub(crate) fn check(target: &Target, input: &[u8]) -> Result<Ending, String> {
    let (choice, rest) = input.split_first().unwrap_or((&b'@', &[]));
    let File { name, bytes } = (target.shell)(choice >> 3 & 7, rest);
    let mode = [Mode::Rebuild, Mode::Rebuild, Mode::Strict, Mode::TextOnly][usize::from(choice & 3)];
    let mark =
        (choice & 4 != 0).then(|| Mark { label: "機密性2".to_owned(), levels: vec!["c2".to_owned()] });
    let length = bytes.len() as u64;
    let (first, panics) = watched(|| sanitise(name, mode, mark.clone(), bytes));
    let library_panics = sorted(panics)?;
    let report = &first.report;
    if !report.is_consistent() || report.hands_over() != first.clean.is_some() {
        return Err(format!("{mode:?} {name}: the report contradicts itself: {report:?}"));
    }
    let (Some(clean), Some(kind)) = (first.clean, report.clean_kind) else {
        return Ok(Ending { hands_over: false, library_panics });
    };
    if clean.len() as u64 > LIMITS.expanded_bytes_max + 4 * length {
        return Err(format!("{mode:?} {name}: {} bytes of {length}", clean.len()));
    }
    is_readable(kind, report.road, &clean)
        .map_err(|error| format!("{mode:?} {name}: clean {kind:?} is broken: {error}"))?;
    let (_, panics) = watched(|| {
        // Drawing may die, which costs a preview; words and tables must not.
        if !matches!(kind, Kind::Pdf) {
            let _ = sanitize::preview(kind, &clean, &LIMITS);
        }
    });
    sorted(panics).map_err(|trouble| format!("preview of {kind:?}: {trouble}"))?;
    // A document of Word 97 is written in one way only, so that a second pass finds nothing to write otherwise.
    let once = (kind == Kind::Doc).then(|| clean.clone());
    let (second, panics) = watched(|| sanitise(&report.clean_name, mode, mark, clean));
    sorted(panics).map_err(|trouble| format!("second pass: {trouble}"))?;
    if !second.report.hands_over() {
        return Err(format!("{mode:?} {name}: the clean file does not pass again: {:?}", second.report));
    }
    if once.is_some() && once != second.clean {
        return Err(format!(
            "{mode:?} {name}: a second pass writes {:?} otherwise",
            second.report.clean_kind
        ));
    }
    // A format without a place for the mark has none the second time either.
    let dirt: Vec<_> = second
        .report
        .removals
        .iter()
        .filter(|found| found.what != Threat::MarkNotPossible && found.what.severity() != Severity::Low)
        .collect();
    match dirt.is_empty() {
        true => Ok(Ending { hands_over: true, library_panics }),
        false => {
            let members: Vec<_> = second
                .report
                .members
                .iter()
                .filter(|member| member.report.reason.is_some() || !member.report.removals.is_empty())
                .map(|member| (&member.untrusted_name, member.report.reason, &member.report.removals))
                .collect();
            Err(format!("{mode:?} {name}: the clean file is not clean: {dirt:?}, members {members:?}"))
        }
    }
}

fn sanitise(name: &str, mode: Mode, mark: Option<Mark>, bytes: Vec<u8>) -> Outcome {
    let job = Job {
        hint: Hint { untrusted_name: name.to_owned(), passwords: vec!["secret".to_owned()] },
        policy: FilePolicy {
            modes: Kind::ALL.iter().map(|kind| (*kind, mode)).collect(),
            ..FilePolicy::default()
        },
        limits: LIMITS,
        want_preview: false,
        mark,
        notes: Notes {
            name_ending: "除去".to_owned(),
            reasons: Reason::ALL.iter().map(|r| (*r, format!("{{name}} [{}]\r\n", r.id()))).collect(),
        },
    };
    sanitize::sanitise_with(&job, bytes, &mut Office, &mut |_, _| ())
}

/// An office program that makes the same small file of whatever it is given: what is read of an old file meets something to
/// be written into.
struct Office;

impl sanitize::Converter for Office {
    fn convert(&mut self, what: Conversion, _: &[u8]) -> Result<Vec<u8>, Reason> {
        super::packages::made_by_office(what.to()).ok_or(Reason::NotRebuilt)
    }
}

/// Runs this and tells where panics began meanwhile, also those that were caught.
fn watched<T>(run: impl FnOnce() -> T) -> (T, Vec<String>) {
    static HOOK: Once = Once::new();
    HOOK.call_once(|| {
        let usual = std::panic::take_hook();
        std::panic::set_hook(Box::new(move |info| match WATCHED.get() {
            true => {
                let place = info.location().map_or_else(String::new, ToString::to_string);
                PANICS.with_borrow_mut(|panics| panics.push(place));
            }
            false => usual(info),
        }));
    });
    WATCHED.set(true);
    let result = std::panic::catch_unwind(std::panic::AssertUnwindSafe(run));
    WATCHED.set(false);
    let panics = PANICS.take();
    match result {
        Ok(result) => (result, panics),
        // What escapes the way in or the preview is no library's panic that holds a file.
        Err(_) => panic!("a panic escaped: {panics:?}"),
    }
}

/// The panics, all of libraries; one of the house's own code is trouble.
fn sorted(panics: Vec<String>) -> Result<Vec<String>, String> {
    match panics.iter().find(|place| !place.contains("/registry/src/") && !place.starts_with("/rustc/")) {
        Some(place) => Err(format!("panicked at {place}")),
        None => Ok(panics),
    }
}

/// Whether a reader of another house opens what came out.
fn is_readable(kind: Kind, road: Option<Road>, clean: &[u8]) -> Result<(), String> {
    let text = || std::str::from_utf8(clean).map_err(|error| error.to_string());
    match kind {
        Kind::Json => {
            for value in serde_json::Deserializer::from_slice(clean).into_iter::<serde::de::IgnoredAny>() {
                value.map_err(|error| error.to_string())?;
            }
            Ok(())
        }
        Kind::Xml | Kind::Svg | Kind::OfficeXml => is_well_formed(clean),
        Kind::Odt | Kind::Ods | Kind::Odp | Kind::Odg if !clean.starts_with(b"PK") => is_well_formed(clean),
        // Text that was rebuilt stays in the encoding it came in.
        Kind::Text | Kind::Csv | Kind::Calendar | Kind::Contact | Kind::Sylk
            if road == Some(Road::Rebuilt) =>
        {
            Ok(())
        }
        Kind::Text | Kind::Csv | Kind::Html | Kind::Calendar | Kind::Contact | Kind::Sylk => {
            text().map(|_| ())
        }
        Kind::Mail | Kind::Mhtml if !clean.is_ascii() => Err("not in ASCII".to_owned()),
        Kind::Rtf => are_braces_even(clean),
        Kind::Zip | Kind::Docx | Kind::Xlsx | Kind::Pptx | Kind::Odt | Kind::Ods | Kind::Odp | Kind::Odg => {
            unzips(clean, kind)
        }
        Kind::Pdf => {
            let document = lopdf::Document::load_mem(clean).map_err(|error| error.to_string())?;
            match document.get_pages().len() {
                0 => Err("no pages".to_owned()),
                _ => Ok(()),
            }
        }
        _ => Ok(()),
    }
}

fn is_well_formed(clean: &[u8]) -> Result<(), String> {
    let mut reader = quick_xml::Reader::from_reader(clean);
    let mut depth = 0u32;
    loop {
        match reader.read_event().map_err(|error| error.to_string())? {
            Event::Start(_) => depth += 1,
            Event::End(_) => depth -= 1,
            Event::Eof if depth == 0 => return Ok(()),
            Event::Eof => return Err("ends inside an element".to_owned()),
            _ => {}
        }
    }
}

fn are_braces_even(clean: &[u8]) -> Result<(), String> {
    let mut depth = 0u32;
    let mut rest = clean;
    while let Some((byte, after)) = rest.split_first() {
        rest = after;
        match byte {
            b'\\' => rest = rest.get(1..).unwrap_or_default(),
            b'{' => depth += 1,
            b'}' => depth = depth.checked_sub(1).ok_or("a brace too many")?,
            0x80.. => return Err("not in ASCII".to_owned()),
            _ => {}
        }
        if depth == 0 {
            let ends = rest.iter().all(|byte| byte.is_ascii_whitespace() || *byte == 0);
            return if ends { Ok(()) } else { Err("goes on behind its end".to_owned()) };
        }
    }
    Err("ends inside a group".to_owned())
}

/// Whether every member unpacks; the parts of a document must be well-formed as well.
fn unzips(clean: &[u8], kind: Kind) -> Result<(), String> {
    let mut archive = zip::ZipArchive::new(Cursor::new(clean)).map_err(|error| error.to_string())?;
    for index in 0..archive.len() {
        let mut member = archive.by_index(index).map_err(|error| error.to_string())?;
        let mut bytes = Vec::new();
        member.by_ref().take(LIMITS.expanded_bytes_max).read_to_end(&mut bytes).map_err(|e| e.to_string())?;
        let name = member.name().map_err(|error| error.to_string())?.into_owned();
        if kind != Kind::Zip && [".xml", ".rels"].iter().any(|end| name.ends_with(end)) {
            is_well_formed(&bytes).map_err(|error| format!("{name}: {error}"))?;
        }
    }
    Ok(())
}
