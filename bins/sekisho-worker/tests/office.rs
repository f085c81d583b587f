//! The cell of the office program: its bars hold, old files come through it, and every way in which it fails holds the file.
//!
//! Skipped, and said so, where LibreOffice is not installed; the bars are tried everywhere.

use std::os::unix::fs::PermissionsExt;
use std::path::{Path, PathBuf};
use std::time::Duration;

use worker_client::{CellConfig, CellPool, OfficeConfig};
use worker_protocol::{Kind, Mode, Reason, Road, Verdict};

use crate::support::{config, job, run};

const WORKER: &str = env!("CARGO_BIN_EXE_sekisho-worker");

/// A folder that goes with the test.
struct Place(PathBuf);

impl Place {
    fn new(name: &str) -> Self {
        let path = std::env::temp_dir().join(format!("sekisho-office-test-{}-{name}", std::process::id()));
        std::fs::create_dir_all(&path).unwrap();
        Self(path)
    }
}

impl Drop for Place {
    fn drop(&mut self) {
        let _ = std::fs::remove_dir_all(&self.0);
    }
}

/// Whether nothing unsanitised lies in the folders of pools any more.
fn is_empty(place: &Path) -> bool {
    std::fs::read_dir(place)
        .unwrap()
        .all(|pool| std::fs::read_dir(pool.unwrap().path()).unwrap().next().is_none())
}

/// The installed program, working below this place.
fn installed(place: &Place) -> Option<OfficeConfig> {
    let found = OfficeConfig::find(place.0.clone());
    if found.is_none() {
        eprintln!("skipped: LibreOffice is not installed (libreoffice-writer-nogui and its kin)");
    }
    found
}

fn pool(office: OfficeConfig) -> CellPool {
    CellPool::new(CellConfig { office: Some(office), ..config() })
}

#[test]
fn every_attempt_to_get_out_of_the_bars_is_denied() {
    let place = Place::new("probe");
    // The bars are about the program's place, not about the program.
    let office = place.0.join("office/program/soffice.bin");
    std::fs::create_dir_all(office.parent().unwrap()).unwrap();
    std::fs::write(&office, b"").unwrap();
    let folder = place.0.join("desk");
    std::fs::create_dir(&folder).unwrap();
    #[expect(clippy::disallowed_methods, reason = "the test starts the program it tests")]
    let output = std::process::Command::new(WORKER)
        .args(["convert", "--probe", "--office"])
        .arg(&office)
        .arg("--folder")
        .arg(&folder)
        .current_dir(&folder)
        .output()
        .unwrap();
    let said = String::from_utf8_lossy(&output.stderr).into_owned();
    let answer: serde_json::Value = serde_json::from_slice(&output.stdout).expect(&said);
    let attempts = answer["attempts"].as_object().unwrap();
    assert!(attempts.len() >= 27);
    for (name, result) in attempts {
        assert_eq!(result, "denied", "{name}");
    }
    assert!(output.status.success());
}

/// Flat OpenDocument files of our own, by the ending that the office program makes of them.
fn flat(ending: &str) -> (&'static str, String) {
    let (source, class, body) = match ending {
        "doc" => (
            "fodt",
            "text",
            "<office:text><text:p>条例の本文です</text:p><text:p><text:a xlink:href=\"file:///etc/passwd\">リンク</text:a></text:p></office:text>",
        ),
        "xls" => (
            "fods",
            "spreadsheet",
            "<office:spreadsheet><table:table table:name=\"予算\"><table:table-row>\
             <table:table-cell office:value-type=\"string\"><text:p>条例の本文です</text:p></table:table-cell>\
             <table:table-cell office:value-type=\"float\" office:value=\"42\"><text:p>42</text:p></table:table-cell>\
             </table:table-row></table:table></office:spreadsheet>",
        ),
        _ => (
            "fodp",
            "presentation",
            "<office:presentation><draw:page draw:name=\"一\"><draw:frame svg:width=\"10cm\" svg:height=\"5cm\" svg:x=\"1cm\" svg:y=\"1cm\">\
             <draw:text-box><text:p>条例の本文です</text:p></draw:text-box></draw:frame></draw:page></office:presentation>",
        ),
    };
    let names = ["office", "text", "table", "style"]
        .map(|name| format!("xmlns:{name}=\"urn:oasis:names:tc:opendocument:xmlns:{name}:1.0\""))
        .join(" ");
    let text = format!(
        "<?xml version=\"1.0\" encoding=\"UTF-8\"?><office:document {names} \
         xmlns:draw=\"urn:oasis:names:tc:opendocument:xmlns:drawing:1.0\" \
         xmlns:svg=\"urn:oasis:names:tc:opendocument:xmlns:svg-compatible:1.0\" \
         xmlns:xlink=\"http://www.w3.org/1999/xlink\" office:version=\"1.2\" \
         office:mimetype=\"application/vnd.oasis.opendocument.{class}\"><office:body>{body}</office:body></office:document>"
    );
    (source, text)
}

/// A file of an old format, made by the office program itself.
fn old_file(office: &OfficeConfig, place: &Place, ending: &str) -> Vec<u8> {
    let (source, text) = flat(ending);
    let folder = place.0.join(format!("make-{ending}"));
    std::fs::create_dir_all(&folder).unwrap();
    let input = folder.join(format!("in.{source}"));
    std::fs::write(&input, text).unwrap();
    for _ in 0..2 {
        #[expect(clippy::disallowed_methods, reason = "the test has its samples made")]
        let _ = std::process::Command::new(&office.program)
            .arg(format!("-env:UserInstallation=file://{}/profile", folder.display()))
            .args(["--headless", "--norestore", "--convert-to", ending, "--outdir"])
            .arg(&folder)
            .arg(&input)
            .env("HOME", &folder)
            .env("SAL_USE_VCLPLUGIN", "svp")
            .stdout(std::process::Stdio::null())
            .stderr(std::process::Stdio::null())
            .status()
            .unwrap();
    }
    std::fs::read(folder.join(format!("in.{ending}"))).unwrap()
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn old_files_come_back_as_current_ones() {
    let place = Place::new("convert");
    let Some(office) = installed(&place) else { return };
    let pool = pool(OfficeConfig { place: place.0.join("desks"), ..office.clone() });
    let rows = [
        // They are rebuilt as what they are, unless they hold what is not read.
        ("doc", Kind::Doc, Kind::Doc, Road::Rebuilt),
        ("xls", Kind::Xls, Kind::Xls, Road::Rebuilt),
        ("ppt", Kind::Ppt, Kind::Ppt, Road::Rebuilt),
    ];
    let mut files = Vec::new();
    for (ending, kind, current, road) in rows {
        let bytes = old_file(&office, &place, ending);
        let (outcome, clean) = run(&pool, &job(&format!("規則.{ending}")), &bytes).await;
        let report = &outcome.report;
        assert!(report.hands_over(), "{report:?}");
        assert_eq!((report.kind, report.clean_kind, report.road), (Some(kind), Some(current), Some(road)));
        assert_eq!(report.clean_name, format!("規則.{}", current.id()));
        assert_eq!(outcome.clean_bytes, clean.len() as u64);
        let words = text_of(&pool, &report.clean_name, &clean).await;
        assert!(words.contains("条例の本文です"), "{ending}: {words}");
        // What is clean stays as it is.
        let (again, _) = run(&pool, &job(&report.clean_name), &clean).await;
        assert_eq!((again.report.verdict, &again.report.removals), (Verdict::Clean, &Vec::new()), "{ending}");
        files.push((format!("{ending}.{ending}"), bytes));
    }
    // The same files as members of an archive.
    let mut writer = zip::ZipWriter::new(std::io::Cursor::new(Vec::new()));
    for (name, bytes) in &files {
        writer.start_file(name.as_str(), zip::write::SimpleFileOptions::default()).unwrap();
        std::io::Write::write_all(&mut writer, bytes).unwrap();
    }
    let archive = writer.finish().unwrap().into_inner();
    let (outcome, _) = run(&pool, &job("a.zip"), &archive).await;
    let roads: Vec<_> = outcome.report.members.iter().map(|member| member.report.road).collect();
    assert_eq!(roads, rows.map(|(.., road)| Some(road)));
    // Where security comes first, these are converted once they are clean.
    let mut currents = Vec::new();
    for (at, name, kind, current) in [
        (0, "a.doc", Kind::Doc, Kind::Docx),
        (1, "a.xls", Kind::Xls, Kind::Xlsx),
        (2, "a.ppt", Kind::Ppt, Kind::Pptx),
    ] {
        let mut strict = job(name);
        strict.policy.modes.insert(kind, Mode::Strict);
        let (outcome, clean) = run(&pool, &strict, &files[at].1).await;
        assert_eq!((outcome.report.clean_kind, outcome.report.road), (Some(current), Some(Road::Converted)));
        let words = text_of(&pool, &outcome.report.clean_name, &clean).await;
        assert!(words.contains("条例の本文です"), "{name}: {words}");
        currents.push(clean);
    }
    // Pages and words only.
    let mut pictures = job("a.doc");
    pictures.policy.modes.insert(Kind::Doc, Mode::ImagePdf);
    let (outcome, _) = run(&pool, &pictures, &files[0].1).await;
    assert_eq!((outcome.report.clean_kind, outcome.report.road), (Some(Kind::Pdf), Some(Road::Pictures)));
    // A current document is cleaned first and drawn then.
    pictures.hint.untrusted_name = "a.docx".to_owned();
    pictures.policy.modes.insert(Kind::Docx, Mode::ImagePdf);
    let (outcome, _) = run(&pool, &pictures, &currents[0]).await;
    assert_eq!((outcome.report.clean_kind, outcome.report.road), (Some(Kind::Pdf), Some(Road::Pictures)));
    drop(pool);
    assert!(
        !place.0.join("desks").exists() || std::fs::read_dir(place.0.join("desks")).unwrap().next().is_none()
    );
}

async fn text_of(pool: &CellPool, name: &str, clean: &[u8]) -> String {
    let mut words = job(name);
    words.policy.modes.values_mut().for_each(|mode| *mode = Mode::TextOnly);
    let (outcome, text) = run(pool, &words, clean).await;
    assert_eq!(outcome.report.road, Some(Road::Text));
    String::from_utf8(text).unwrap()
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn what_the_program_cannot_open_is_held() {
    let place = Place::new("garbage");
    let Some(office) = installed(&place) else { return };
    let sample = old_file(&office, &place, "doc");
    let pool = pool(OfficeConfig { place: place.0.join("desks"), ..office.clone() });
    // Names that the reader of compound files needs, and nothing that any program can use.
    let mut garbage = sample;
    for (at, byte) in garbage.iter_mut().enumerate().skip(0x600) {
        if at % 3 == 0 {
            *byte ^= 0x55;
        }
    }
    let (outcome, clean) = run(&pool, &job("a.doc"), &garbage).await;
    assert!(outcome.report.hands_over() || clean.is_empty());
    assert!(outcome.report.reason.is_none_or(|reason| !reason.is_retryable()), "{:?}", outcome.report);

    let tight = OfficeConfig { time_max: Duration::from_millis(1), place: place.0.join("tight"), ..office };
    let sample = old_file(&tight, &place, "doc");
    let pool = self::pool(tight);
    let mut strict = job("a.doc");
    strict.policy.modes.insert(Kind::Doc, Mode::Strict);
    let (outcome, _) = run(&pool, &strict, &sample).await;
    let reason = outcome.report.reason;
    assert!(matches!(reason, Some(Reason::TimedOut | Reason::WorkerDied)), "{reason:?}");
    assert!(is_empty(&place.0.join("tight")), "nothing unsanitised is left behind");
}

/// A stand-in for the converter: what a broken or hostile one would do, it does. The sanitiser's own cell is the real one.
fn impostor(place: &Place, name: &str, script: &str) -> CellPool {
    let worker = place.0.join(format!("worker-{name}"));
    let text = format!("#!/bin/sh\nif [ \"$1\" != convert ]; then exec {WORKER} \"$@\"; fi\n{script}\n");
    std::fs::write(&worker, text).unwrap();
    std::fs::set_permissions(&worker, std::fs::Permissions::from_mode(0o700)).unwrap();
    let program = place.0.join("soffice.bin");
    std::fs::write(&program, b"").unwrap();
    let mut office = OfficeConfig::new(&program, place.0.join("desks")).unwrap();
    office.time_max = Duration::from_secs(1);
    CellPool::new(CellConfig { office: Some(office), worker_path: worker, ..config() })
}

/// A workbook that has a beginning and nothing else: enough to ask for its conversion.
fn small_workbook() -> Vec<u8> {
    let mut file = cfb::CompoundFile::create(std::io::Cursor::new(Vec::new())).unwrap();
    let mut stream = file.create_stream("/Workbook").unwrap();
    std::io::Write::write_all(&mut stream, &[9, 8, 8, 0, 0, 6, 5, 0, 0, 0, 0, 0]).unwrap();
    drop(stream);
    file.into_inner().into_inner()
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_broken_converter_holds_the_file() {
    let place = Place::new("impostor");
    let frame = |tag: u8, payload: &str| {
        format!("printf '\\{tag:03o}\\0\\0\\0\\0\\0\\0\\0\\{:03o}%s' '{payload}'", payload.len())
    };
    // The three frames of a request: all of it is read, so that no answer comes too early.
    let request_bytes = 3 * 9 + "xls xlsx".len() + small_workbook().len();
    let (ready, take) = (frame(4, ""), format!("head -c {request_bytes} >/dev/null"));
    let rows = [
        ("silent", "sleep 30 >/dev/null".to_owned(), Reason::WorkerDied),
        ("dies", "exit 3".to_owned(), Reason::WorkerDied),
        ("garbage", "echo this is no frame at all".to_owned(), Reason::WorkerDied),
        ("hangs", format!("{ready}; {take}; sleep 30 >/dev/null"), Reason::TimedOut),
        ("halfway", format!("{ready}; {take}; {}; exit 0", frame(14, "PK")), Reason::WorkerDied),
        ("wrong-frame", format!("{ready}; {take}; {}", frame(6, "{}")), Reason::WorkerDied),
        ("no-reason", format!("{ready}; {take}; {}", frame(16, "because")), Reason::WorkerDied),
        ("refuses", format!("{ready}; {take}; {}", frame(16, "conversion-failed")), Reason::ConversionFailed),
        // It answers and is not believed.
        (
            "lies",
            format!("{ready}; {take}; {}; {}", frame(14, "MZ"), frame(15, "")),
            Reason::ConversionFailed,
        ),
    ];
    for (name, script, reason) in rows {
        let pool = impostor(&place, name, &script);
        let (outcome, clean) = run(&pool, &job("a.xls"), &small_workbook()).await;
        assert_eq!((outcome.report.verdict, outcome.report.reason), (Verdict::Held, Some(reason)), "{name}");
        assert!(clean.is_empty());
        assert!(is_empty(&place.0.join("desks")), "{name}");
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn without_an_office_program_old_files_are_held() {
    let (outcome, _) = run(&CellPool::new(config()), &job("a.xls"), &small_workbook()).await;
    assert_eq!((outcome.report.verdict, outcome.report.reason), (Verdict::Held, Some(Reason::NotRebuilt)));
    assert!(OfficeConfig::new(Path::new("/nonexistent/soffice"), std::env::temp_dir()).is_err());
    assert!(OfficeConfig::new(Path::new("/bin/sh"), std::env::temp_dir()).is_err());
}

/// A cell that was taken over may ask for what it likes.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_cell_that_asks_nonsense_breaks_off() {
    let place = Place::new("nonsense");
    let frame = |tag: u8, payload: &str| {
        format!("printf '\\{tag:03o}\\0\\0\\0\\0\\0\\0\\0\\{:03o}%s' '{payload}'", payload.len())
    };
    let ready = frame(4, "");
    let ask = format!("{}; {}", frame(11, "xls xlsx"), frame(13, ""));
    let rows = [
        ("unknown", format!("{ready}; {}; sleep 5 >/dev/null", frame(11, "doc exe"))),
        ("path", format!("{ready}; {}; sleep 5 >/dev/null", frame(11, "../a ../b"))),
        ("early", frame(11, "xls xlsx")),
        ("other-frame", format!("{ready}; {}; {}; sleep 5 >/dev/null", frame(11, "xls xlsx"), frame(7, "x"))),
        ("unasked", format!("{ready}; {}; sleep 5 >/dev/null", frame(12, "x"))),
        // More often than a job may: it is told so, each time, and gets no further.
        ("often", format!("{ready}; for i in $(seq 100); do {ask}; done; exit 1")),
    ];
    for (name, script) in rows {
        let worker = place.0.join(format!("cell-{name}"));
        std::fs::write(&worker, format!("#!/bin/sh\n[ \"$1\" = convert ] && exit 1\n{script}\n")).unwrap();
        std::fs::set_permissions(&worker, std::fs::Permissions::from_mode(0o700)).unwrap();
        let program = place.0.join("soffice.bin");
        std::fs::write(&program, b"").unwrap();
        let office = OfficeConfig::new(&program, place.0.join("desks")).unwrap();
        let pool = CellPool::new(CellConfig {
            office: Some(office),
            worker_path: worker,
            job_time_max: Duration::from_secs(20),
            ..config()
        });
        let (outcome, _) = run(&pool, &job("a.txt"), b"hello").await;
        assert_eq!(outcome.report.reason, Some(Reason::WorkerDied), "{name}");
    }
}
