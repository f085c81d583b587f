//! Files that pass as they came, because a person looks at the original and vouches for it (検査確認).
//!
//! Owns: whether a file may go that way at all: its kind beyond doubt, one kind only, nothing in it that a program
//! would run unseen. Nothing is removed here, so whatever is in doubt is refused.
//! Leaves to others: finding the kind (`detect`), archives, whose members come back here one by one (`archive`), and the
//! person: without whose word the server releases nothing that took this road.

use worker_protocol::{Inspection, Kind, Reason, Road};

use crate::{Rebuilt, Refusal, Work, archive, compound, detect, zip_reader};

/// The file itself, or an archive whose members went by their own kinds.
pub(crate) fn pass(
    untrusted: &[u8],
    untrusted_name: &str,
    kind: Kind,
    work: &mut Work<'_>,
) -> Result<Rebuilt, Refusal> {
    match kind.inspection() {
        Inspection::ByMember => return archive::rebuild(untrusted, untrusted_name, kind, work),
        Inspection::Never => return Err(Refusal::held(Reason::NotRebuilt)),
        Inspection::Whole => {}
    }
    if untrusted.starts_with(b"PK") {
        look_into_package(untrusted, kind, work)?;
    } else if detect::is_second_file(untrusted, kind) {
        return Err(Refusal::held(Reason::Ambiguous));
    } else if untrusted.starts_with(COMPOUND) {
        look_into_compound(untrusted, kind)?;
    } else if !is_surely(untrusted, kind) {
        return Err(Refusal::held(Reason::UnknownKind));
    }
    // The same bytes leave that a person sees; the copy is counted like every other.
    let clean = work.budget.copy(untrusted)?;
    Ok(Rebuilt { road: Road::Inspected, ..Rebuilt::same(clean, kind) })
}

/// The first bytes of a compound file (MS-CFB).
const COMPOUND: &[u8] = b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1";

/// Releases of DWG, as the first six bytes name them.
const DWG: [&[u8]; 14] = [
    b"AC1001", b"AC1002", b"AC1003", b"AC1004", b"AC1006", b"AC1009", b"AC1012", b"AC1014", b"AC1015",
    b"AC1018", b"AC1021", b"AC1024", b"AC1027", b"AC1032",
];

/// Whether the content is of the kind beyond the first word, which any text could begin with.
fn is_surely(untrusted: &[u8], kind: Kind) -> bool {
    let head = untrusted.get(..512).unwrap_or(untrusted);
    let tail = untrusted.get(untrusted.len().saturating_sub(512)..).unwrap_or_default();
    let is_binary = head.contains(&0);
    match kind {
        // The version behind the mark is a small number times a hundred, such as 600.
        Kind::Jww => untrusted
            .get(8..12)
            .and_then(|bytes| bytes.try_into().ok())
            .is_some_and(|bytes| (100..10_000).contains(&u32::from_le_bytes(bytes))),
        Kind::Dwg => is_binary && DWG.iter().any(|release| untrusted.starts_with(release)),
        Kind::Dxf => {
            let ends = tail.trim_ascii_end().ends_with(b"EOF");
            untrusted.starts_with(b"AutoCAD Binary DXF\r\n\x1a\0") || (ends && !is_binary)
        }
        Kind::Sxf => {
            let ends = detect::contains(tail, b"END-ISO-10303-21;");
            ends && detect::contains(head, b"HEADER;") && !untrusted.contains(&0)
        }
        // Known by streams of a compound file, and this is none.
        Kind::Ichitaro | Kind::Hanako | Kind::Doc | Kind::Xls | Kind::Ppt | Kind::Visio => false,
        Kind::DocuWorks => is_binary,
        _ => true,
    }
}

/// Streams and folders of a compound file that hold what a program would run or other files, in lower case.
const RUNS_IN_COMPOUND: [&str; 7] =
    ["_vba_project", "_vba_project_cur", "macros", "vba", "\u{1}ole10native", "objectpool", "package"];

/// A compound file says by its streams what it is; the bytes of their names could stand anywhere, so the directory is read.
fn look_into_compound(untrusted: &[u8], kind: Kind) -> Result<(), Refusal> {
    let wanted: &[&str] = match kind {
        Kind::Ichitaro | Kind::Hanako => &["DocumentText", "JSRV_SegmentInformation", "JSCompDocument"],
        Kind::Doc => &["WordDocument"],
        Kind::Xls => &["Workbook", "Book"],
        Kind::Ppt => &["PowerPoint Document"],
        Kind::Visio => &["VisioDocument"],
        // DocuWorks has a mark of its own, and a protected package hides what is in it.
        _ => return Err(Refusal::held(Reason::UnknownKind)),
    };
    let file = compound::open(untrusted)?;
    let mut is_known = false;
    for entry in file.walk() {
        let name = entry.name();
        if RUNS_IN_COMPOUND.contains(&name.to_lowercase().as_str()) {
            return Err(Refusal::blocked(Reason::Executable));
        }
        is_known |= wanted.iter().any(|stream| name.eq_ignore_ascii_case(stream));
    }
    if is_known { Ok(()) } else { Err(Refusal::held(Reason::UnknownKind)) }
}

/// Folders of a package, in lower case, that hold what a program would run or other files.
const RUNS_IN_PACKAGE: [&str; 7] =
    ["activex/", "embeddings/", "macrosheets/", "basic/", "scripts/", "object ", "dialogs/"];

/// A package is known by `detect`; here its table of contents tells what else is in it.
fn look_into_package(untrusted: &[u8], kind: Kind, work: &Work<'_>) -> Result<(), Refusal> {
    // By its name alone a drawing in a ZIP is an archive like any other.
    if kind == Kind::Sxf {
        return Err(Refusal::held(Reason::NotRebuilt));
    }
    let listing = zip_reader::read(untrusted, &work.budget.limits)?;
    if listing.has_foreign_bytes || detect::is_second_file(untrusted, kind) {
        return Err(Refusal::held(Reason::Ambiguous));
    }
    for entry in &listing.entries {
        if entry.trouble.is_some() || entry.is_encrypted || entry.is_link {
            return Err(Refusal::held(Reason::Damaged));
        }
        let name = String::from_utf8_lossy(&entry.untrusted_name).to_lowercase();
        let runs = name.contains("vbaproject")
            || RUNS_IN_PACKAGE
                .iter()
                .any(|folder| name.starts_with(folder) || name.contains(&format!("/{folder}")))
            || detect::is_run_by_name(&name);
        if runs {
            return Err(Refusal::blocked(Reason::Executable));
        }
    }
    Ok(())
}

#[cfg(test)]
pub(crate) mod tests {
    use std::io::{Cursor, Write as _};

    use worker_protocol::{FilePolicy, Job, Limits, Mode, Report, Threat, Verdict};

    use super::*;
    use crate::{sanitise, zip_writer};

    /// A drawing as Jw_cad begins one.
    pub(crate) fn jww() -> Vec<u8> {
        [b"JwwData.".as_slice(), &600_u32.to_le_bytes(), &[0; 64]].concat()
    }

    fn compound(streams: &[&str]) -> Vec<u8> {
        let mut file = cfb::CompoundFile::create(Cursor::new(Vec::new())).unwrap();
        for path in streams {
            if let Some((folder, _)) = path.rsplit_once('/').filter(|(folder, _)| !folder.is_empty()) {
                file.create_storage_all(folder).unwrap();
            }
            file.create_stream(path).unwrap().write_all(b"x").unwrap();
        }
        file.into_inner().into_inner()
    }

    fn run_in(mode: Mode, name: &str, bytes: &[u8]) -> (Report, Option<Vec<u8>>) {
        let job = Job {
            hint: worker_protocol::Hint { untrusted_name: name.to_owned(), passwords: Vec::new() },
            policy: FilePolicy {
                modes: Kind::ALL.iter().map(|kind| (*kind, mode)).collect(),
                ..FilePolicy::default()
            },
            limits: Limits::default(),
            want_preview: false,
            mark: None,
            notes: worker_protocol::Notes::default(),
        };
        let outcome = sanitise(&job, bytes.to_vec(), &mut |_, _| ());
        assert!(outcome.report.is_consistent(), "{name}: {:?}", outcome.report);
        assert!(outcome.report.keeps_inspection(&job.policy), "{name}: {:?}", outcome.report);
        (outcome.report, outcome.clean)
    }

    fn inspect(name: &str, bytes: &[u8]) -> (Report, Option<Vec<u8>>) {
        run_in(Mode::InspectOnly, name, bytes)
    }

    const DXF: &[u8] = b"  0\nSECTION\n  2\nHEADER\n  0\nENDSEC\n  0\nEOF\n";
    const SXF: &[u8] = b"ISO-10303-21;\nHEADER;\nENDSEC;\nDATA;\nENDSEC;\nEND-ISO-10303-21;\n";

    #[test]
    fn what_is_surely_of_its_kind_passes_as_it_came() {
        let dwg = [b"AC1032".as_slice(), &[0; 200]].concat();
        let docuworks = [b"\x60\x0e\x82\x01".as_slice(), &[0; 100]].concat();
        let docx =
            zip_writer::write([("[Content_Types].xml", b"<a/>".as_slice()), ("word/document.xml", b"<a/>")]);
        let rows: Vec<(&str, Vec<u8>, Kind)> = vec![
            ("図面.jww", jww(), Kind::Jww),
            ("図面.dxf", DXF.to_vec(), Kind::Dxf),
            ("図面.p21", SXF.to_vec(), Kind::Sxf),
            ("図面.DWG", dwg, Kind::Dwg),
            ("台帳.xbd", docuworks, Kind::DocuWorks),
            ("文書.jtd", compound(&["/DocumentText"]), Kind::Ichitaro),
            ("ひな形.jtt", compound(&["/JSCompDocument"]), Kind::Ichitaro),
            ("図.jhd", compound(&["/DocumentText"]), Kind::Hanako),
            ("文書.doc", compound(&["/WordDocument"]), Kind::Doc),
            ("文書.docx", docx.unwrap(), Kind::Docx),
            ("契約書.pdf", b"%PDF-1.7\n1 0 obj<<>>endobj\nstartxref\n0\n%%EOF".to_vec(), Kind::Pdf),
            ("写真.heic", b"\0\0\0\x18ftypheic".to_vec(), Kind::Heif),
        ];
        for (name, bytes, kind) in rows {
            let (report, clean) = inspect(name, &bytes);
            assert_eq!((report.verdict, report.kind), (Verdict::Clean, Some(kind)), "{name} {report:?}");
            assert_eq!((report.road, report.clean_kind), (Some(Road::Inspected), Some(kind)), "{name}");
            assert_eq!((report.clean_name.as_str(), report.removals.len()), (name, 0), "{name}");
            assert!(report.is_inspected());
            assert_eq!(clean, Some(bytes), "{name} is not what came");
        }
        // A name without an ending gets the one of its kind, and one that deceives is made safe; that is all.
        let (report, _) = inspect("図\u{202E}面", &jww());
        assert_eq!(report.clean_name, "図面.jww");
        assert_eq!(report.removals.iter().map(|r| r.what).collect::<Vec<_>>(), [Threat::FileName]);
    }

    #[test]
    fn what_is_in_doubt_or_could_run_is_refused() {
        let zip = zip_writer::write([("a.txt", b"x".as_slice())]).unwrap();
        let package = |name: &str| {
            let parts =
                [("[Content_Types].xml", b"<a/>".as_slice()), ("word/document.xml", b"<a/>"), (name, b"x")];
            zip_writer::write(parts).unwrap()
        };
        let text = "Jw_cadの図面です。".as_bytes();
        let (held, blocked) = (Verdict::Held, Verdict::Blocked);
        let rows: Vec<(&str, Vec<u8>, Verdict, Reason)> = vec![
            ("図面.jww", text.to_vec(), held, Reason::NameMismatch),
            ("図面.jww", b"JwwData. of my own".to_vec(), held, Reason::UnknownKind),
            ("図面.jww", b"JwwData.".to_vec(), held, Reason::UnknownKind),
            ("図面.dwg", b"AC10 is a name".to_vec(), held, Reason::UnknownKind),
            ("図面.dwg", b"AC1032 is a name".to_vec(), held, Reason::UnknownKind),
            ("図面.dxf", b"  0\nSECTION\n  2\nHEADER\n".to_vec(), held, Reason::UnknownKind),
            ("図面.sfc", b"ISO-10303-21;\nHEADER;".to_vec(), held, Reason::UnknownKind),
            ("図面.sfz", zip.clone(), held, Reason::NotRebuilt),
            ("文書.jtd", compound(&["/Other"]), held, Reason::UnknownKind),
            (
                "文書.jtd",
                [
                    COMPOUND,
                    "DocumentText\0".encode_utf16().flat_map(u16::to_le_bytes).collect::<Vec<_>>().as_slice(),
                ]
                .concat(),
                held,
                Reason::Damaged,
            ),
            ("文書.xdw", compound(&["/Other"]), held, Reason::UnknownKind),
            ("図面.jww", [jww(), zip.clone()].concat(), held, Reason::Ambiguous),
            ("図面.dxf", [DXF, &zip].concat(), held, Reason::UnknownKind),
            ("図面.jww", [b"MZ\x90\0".as_slice(), &[0; 100]].concat(), blocked, Reason::Executable),
            ("道具.exe", jww(), held, Reason::NameMismatch),
            ("道具.bat", b"echo a".to_vec(), blocked, Reason::Executable),
            ("道具.js", b"alert(1)".to_vec(), blocked, Reason::Executable),
            ("文書.docm", package("word/vbaProject.bin"), blocked, Reason::Executable),
            ("文書.docx", package("word/embeddings/oleObject1.bin"), blocked, Reason::Executable),
            ("文書.docx", package("word/tool.exe"), blocked, Reason::Executable),
            ("文書.docx", [package("word/a.xml"), b"more".to_vec()].concat(), held, Reason::Ambiguous),
            ("文書.doc", compound(&["/WordDocument", "/Macros/VBA/dir"]), blocked, Reason::Executable),
            ("表.xls", compound(&["/Workbook", "/_VBA_PROJECT_CUR/VBA/dir"]), blocked, Reason::Executable),
            ("文書.jtd", compound(&["/DocumentText", "/a/\u{1}Ole10Native"]), blocked, Reason::Executable),
            ("頁.html", b"<html><script>1</script>".to_vec(), held, Reason::NotRebuilt),
            ("表.slk", b"ID;PWXL;N;E".to_vec(), held, Reason::NotRebuilt),
            ("表.csv", b"=cmd,1".to_vec(), held, Reason::NotRebuilt),
            ("便り.eml", b"From: a\nTo: b\n\nx".to_vec(), held, Reason::NotRebuilt),
            ("書庫.rar", b"Rar!\x1a\x07\0".to_vec(), held, Reason::NotRebuilt),
            ("図面.jww", Vec::new(), held, Reason::Empty),
        ];
        for (name, bytes, verdict, reason) in rows {
            let (report, clean) = inspect(name, &bytes);
            assert_eq!((report.verdict, report.reason), (verdict, Some(reason)), "{name} {report:?}");
            assert_eq!((clean, report.is_inspected()), (None, false), "{name}");
        }
    }

    /// A ZIP never passes as a whole: its members do, each by its own kind, and its report says which passed unchanged.
    #[test]
    fn an_archive_counts_as_inspected_by_its_members() {
        let bytes = zip_writer::write([
            ("図面/a.jww", jww().as_slice()),
            ("b.txt", b"hello"),
            ("c.exe", b"MZ\x90\0\x03\0\0\0"),
        ])
        .unwrap();
        let (report, clean) = inspect("一式.zip", &bytes);
        assert_eq!((report.verdict, report.road), (Verdict::Partial, Some(Road::Rebuilt)));
        assert!(report.is_inspected());
        let roads: Vec<_> = report.members.iter().map(|m| m.report.road).collect();
        assert_eq!(roads, [Some(Road::Inspected), Some(Road::Inspected), None]);
        assert_eq!(report.removals.iter().map(|r| r.untrusted_place.as_str()).collect::<Vec<_>>(), ["c.exe"]);
        let listing = zip_reader::read(clean.as_deref().unwrap(), &Limits::default()).unwrap();
        let names: Vec<_> =
            listing.entries.iter().map(|e| String::from_utf8_lossy(&e.untrusted_name)).collect();
        assert_eq!(names, ["図面/a.jww", "b.txt"]);
        // In an archive that is rebuilt all through nothing is inspected.
        let (report, _) = run_in(Mode::Rebuild, "一式.zip", &bytes);
        assert!(!report.is_inspected());
        assert_eq!(report.members[0].report.reason, Some(Reason::NotRebuilt));
    }

    #[test]
    fn the_size_as_it_came_has_its_bound() {
        let mut job = Job {
            hint: worker_protocol::Hint { untrusted_name: "a.jww".to_owned(), passwords: Vec::new() },
            policy: FilePolicy { modes: [(Kind::Jww, Mode::InspectOnly)].into(), ..FilePolicy::default() },
            limits: Limits { input_bytes_max: 75, ..Limits::default() },
            want_preview: false,
            mark: None,
            notes: worker_protocol::Notes::default(),
        };
        let large = sanitise(&job, jww(), &mut |_, _| ());
        assert_eq!(large.report.reason, Some(Reason::TooLarge));
        job.limits.input_bytes_max = 76;
        assert!(sanitise(&job, jww(), &mut |_, _| ()).report.is_inspected());
        // A kind that the pack does not name stays blocked.
        job.hint.untrusted_name = "a.dxf".to_owned();
        let other = sanitise(&job, DXF.to_vec(), &mut |_, _| ());
        assert_eq!(other.report.reason, Some(Reason::KindNotAllowed));
    }
}
