//! The bars hold, and every way in which a cell can fail holds the file.

use std::io::Write;
use std::os::unix::fs::PermissionsExt;
use std::time::{Duration, Instant};

use tokio::io::AsyncReadExt;
use worker_client::{CellConfig, CellFailure, CellPool};
use worker_protocol::frame::{Progress, Stage};
use worker_protocol::{Kind, Notes, Preview, Reason, TextBlock, Verdict};
use zip::write::SimpleFileOptions;

use crate::support::{config, job, png, run};

#[test]
fn every_attempt_to_get_out_is_denied() {
    #[expect(clippy::disallowed_methods, reason = "the test starts the program it tests")]
    let output =
        std::process::Command::new(env!("CARGO_BIN_EXE_sekisho-worker")).arg("--probe").output().unwrap();
    let answer: serde_json::Value = serde_json::from_slice(&output.stdout).unwrap();
    let attempts = answer["attempts"].as_object().unwrap();
    assert!(attempts.len() >= 23);
    for (name, result) in attempts {
        assert_eq!(result, "denied", "{name}");
    }
    assert!(output.status.success());
}

#[tokio::test]
async fn a_text_and_a_picture_pass() {
    let pool = CellPool::new(config());
    let (outcome, clean) = run(&pool, &job("挨拶.txt"), "こんにちは\u{202E}\r\n".as_bytes()).await;
    assert_eq!((outcome.report.verdict, outcome.report.kind), (Verdict::Clean, Some(Kind::Text)));
    assert_eq!(outcome.report.clean_name, "挨拶.txt");
    assert_eq!(clean, "こんにちは\r\n".as_bytes());
    assert_eq!(outcome.clean_bytes, clean.len() as u64);
    let blocks = vec![TextBlock::Paragraph { text: "こんにちは".to_owned() }];
    assert_eq!(outcome.preview, Some(Preview::Text { blocks, truncated: false }));

    let picture = [png(1500, 400), b"trailing secret".to_vec()].concat();
    let (outcome, clean) = run(&pool, &job("a.png"), &picture).await;
    assert_eq!(outcome.report.verdict, Verdict::Clean);
    assert!(!clean.windows(8).any(|w| w == b"trailing"));
    assert_eq!(image::load_from_memory(&clean).unwrap(), image::load_from_memory(&png(1500, 400)).unwrap());
    let shown = image::load_from_memory(&outcome.preview_pages[0]).unwrap();
    assert_eq!(shown.width(), 1000);
}

#[tokio::test]
async fn progress_is_told() {
    let pool = CellPool::new(config());
    let mut told = Vec::new();
    let mut progress = |p: Progress| told.push(p.stage);
    let mut clean = Vec::new();
    pool.run(&job("a.txt"), &b"hello"[..], &mut clean, &mut progress, std::future::pending()).await.unwrap();
    assert!(told.contains(&Stage::Detect) && told.contains(&Stage::Deliver));
}

#[tokio::test]
async fn bad_files_are_refused_with_their_reason() {
    let pool = CellPool::new(config());
    let zip = |encrypted: bool, content: &[u8]| {
        let mut writer = zip::ZipWriter::new(std::io::Cursor::new(Vec::new()));
        let options = SimpleFileOptions::default();
        let options =
            if encrypted { options.with_aes_encryption(zip::AesMode::Aes256, "ひみつ") } else { options };
        writer.start_file("a.txt", options).unwrap();
        writer.write_all(content).unwrap();
        writer.finish().unwrap().into_inner()
    };
    let bomb = zip(false, &vec![0; 200 << 20]);
    let whole = png(300, 300);
    let rows: [(&str, &[u8], Verdict, Reason); 6] = [
        ("a.txt", b"", Verdict::Held, Reason::Empty),
        ("a.jpg", &whole, Verdict::Held, Reason::NameMismatch),
        ("a.png", &whole[..whole.len() / 2], Verdict::Held, Reason::Damaged),
        ("a.exe", b"MZ\x90\0", Verdict::Blocked, Reason::Executable),
        ("a.zip", &bomb, Verdict::Blocked, Reason::Bomb),
        ("a.zip", &zip(true, b"x"), Verdict::Held, Reason::PasswordNeeded),
    ];
    for (name, bytes, verdict, reason) in rows {
        let (outcome, clean) = run(&pool, &job(name), bytes).await;
        assert_eq!((outcome.report.verdict, outcome.report.reason), (verdict, Some(reason)), "{name}");
        assert!(clean.is_empty());
    }
    let mut with_password = job("a.zip");
    with_password.hint.passwords = vec!["no".to_owned(), "ひみつ".to_owned()];
    let (outcome, clean) = run(&pool, &with_password, &zip(true, b"hello")).await;
    assert_eq!(outcome.report.verdict, Verdict::Clean, "{:?}", outcome.report);
    let mut archive = zip::ZipArchive::new(std::io::Cursor::new(clean)).unwrap();
    let mut content = String::new();
    std::io::Read::read_to_string(&mut archive.by_name("a.txt").unwrap(), &mut content).unwrap();
    assert_eq!(content, "hello");
}

#[tokio::test]
async fn the_pool_brings_the_words_of_notes() {
    let mut writer = zip::ZipWriter::new(std::io::Cursor::new(Vec::new()));
    for (name, content) in [("a.exe", b"MZ".as_slice()), ("b.txt", b"hello")] {
        writer.start_file(name, SimpleFileOptions::default()).unwrap();
        writer.write_all(content).unwrap();
    }
    let bytes = writer.finish().unwrap().into_inner();
    let words = |text: &str| Notes {
        name_ending: "除去".to_owned(),
        reasons: [(Reason::Executable, text.to_owned())].into(),
    };
    let pool = CellPool::new(CellConfig { notes: words("{name}: 渡せません"), ..config() });
    let mut own = job("a.zip");
    own.notes = words("別の言葉");
    for (job, expected) in [(job("a.zip"), "\u{FEFF}a.exe: 渡せません"), (own, "\u{FEFF}別の言葉")] {
        let (_, clean) = run(&pool, &job, &bytes).await;
        let mut archive = zip::ZipArchive::new(std::io::Cursor::new(clean)).unwrap();
        let mut note = String::new();
        let mut member = archive.by_name("a.exe.除去.txt").unwrap();
        std::io::Read::read_to_string(&mut member, &mut note).unwrap();
        assert_eq!(note, expected);
    }
}

#[tokio::test]
async fn two_gibibytes_are_refused_while_they_come() {
    let pool = CellPool::new(config());
    let endless = tokio::io::repeat(b'a').take(2 << 30);
    let mut clean = Vec::new();
    let mut small = job("a.txt");
    small.limits.input_bytes_max = 4 << 20;
    let outcome = pool.run(&small, endless, &mut clean, &mut |_| (), std::future::pending()).await.unwrap();
    assert_eq!((outcome.report.verdict, outcome.report.reason), (Verdict::Held, Some(Reason::TooLarge)));
}

#[tokio::test]
async fn a_cell_without_memory_holds_the_file() {
    let pool = CellPool::new(CellConfig { memory_bytes_max: 192 << 20, ..config() });
    let mut large = job("a.png");
    large.limits.pixels_max = u64::MAX;
    let (outcome, clean) = run(&pool, &large, &png(9000, 9000)).await;
    assert_eq!(outcome.report.verdict, Verdict::Held);
    assert_eq!(outcome.report.reason, Some(Reason::OutOfMemory));
    assert!(clean.is_empty());
}

/// A stand-in for the worker: a shell script. What a broken or hostile worker would do, it does.
fn impostor(name: &str, script: &str) -> CellConfig {
    let path = std::env::temp_dir().join(format!("sekisho-impostor-{}-{name}", std::process::id()));
    std::fs::write(&path, format!("#!/bin/sh\n{script}\n")).unwrap();
    std::fs::set_permissions(&path, std::fs::Permissions::from_mode(0o700)).unwrap();
    CellConfig { worker_path: path, job_time_max: Duration::from_secs(1), ..config() }
}

#[tokio::test]
async fn a_broken_worker_holds_the_file() {
    let ready = r"printf '\004\000\000\000\000\000\000\000\000'";
    let end = r"printf '\003\000\000\000\000\000\000\000\000'";
    let contradiction = r#"{"verdict":"clean","kind":null,"clean_name":"../x","reason":null,"removals":[],"removals_unlisted":0,"members":[],"rules_version":"1"}"#;
    let report = format!(
        "printf '\\006\\000\\000\\000\\000\\000\\000\\000\\{:03o}'; printf '%s' '{contradiction}'",
        contradiction.len()
    );
    let rows = [
        ("silent", "sleep 30 >/dev/null".to_owned(), Reason::TimedOut),
        ("dies", "exit 3".to_owned(), Reason::WorkerDied),
        ("killed", format!("{ready}; kill -9 $$"), Reason::WorkerDied),
        ("garbage", "echo hello world this is no frame".to_owned(), Reason::WorkerDied),
        ("huge", r"printf '\006\177\377\377\377\377\377\377\377'".to_owned(), Reason::WorkerDied),
        ("no-report", format!("{ready}; {end}"), Reason::WorkerDied),
        ("contradiction", format!("{ready}; {report}; {end}"), Reason::WorkerDied),
        (
            "clean-first",
            format!("{ready}; printf '\\007\\000\\000\\000\\000\\000\\000\\000\\001x'; {end}"),
            Reason::WorkerDied,
        ),
        ("cpu", format!("{ready}; kill -XCPU $$"), Reason::TimedOut),
        (
            "memory",
            format!("{ready}; echo 'memory allocation of 5 bytes failed' >&2; exit 1"),
            Reason::OutOfMemory,
        ),
    ];
    for (name, script, reason) in rows {
        let config = impostor(name, &script);
        let path = config.worker_path.clone();
        let (outcome, clean) = run(&CellPool::new(config), &job("a.txt"), b"hello").await;
        std::fs::remove_file(path).unwrap();
        assert_eq!((outcome.report.verdict, outcome.report.reason), (Verdict::Held, Some(reason)), "{name}");
        assert!(reason.is_retryable() && clean.is_empty());
    }
}

#[tokio::test]
async fn a_worker_that_dies_while_drawing_costs_only_the_preview() {
    let report = r#"{"verdict":"clean","kind":"text","clean_kind":"text","road":"rebuilt","clean_name":"a.txt","reason":null,"removals":[],"removals_unlisted":0,"members":[],"rules_version":"1"}"#;
    let script = format!(
        "printf '\\004\\0\\0\\0\\0\\0\\0\\0\\0'; printf '\\006\\0\\0\\0\\0\\0\\0\\0\\{:03o}'; printf '%s' '{report}'; \
         printf '\\007\\0\\0\\0\\0\\0\\0\\0\\002hi'; printf '\\010\\0\\0\\0\\0\\0\\0\\0\\0'; kill -9 $$",
        report.len()
    );
    let config = impostor("drawing", &script);
    let path = config.worker_path.clone();
    let (outcome, clean) = run(&CellPool::new(config), &job("a.txt"), b"hello").await;
    std::fs::remove_file(path).unwrap();
    assert_eq!((outcome.report.verdict, clean.as_slice()), (Verdict::Clean, b"hi".as_slice()));
    assert_eq!(outcome.preview, None);
}

#[tokio::test]
async fn failures_on_this_side_are_errors() {
    let wrong = CellPool::new(CellConfig { worker_path: "/nonexistent/worker".into(), ..config() });
    assert!(matches!(wrong.warm(), Ok(())), "no spare was asked for");
    let mut clean = Vec::new();
    let failure = wrong.run(&job("a.txt"), &b"x"[..], &mut clean, &mut |_| (), std::future::pending()).await;
    assert!(matches!(failure, Err(CellFailure::NotStarted(_))));

    let pool = CellPool::new(config());
    let failure = pool.run(&job("a.txt"), &b"x"[..], &mut clean, &mut |_| (), std::future::ready(())).await;
    assert!(matches!(failure, Err(CellFailure::Cancelled)));

    let broken = tokio_test_reader();
    let failure = pool.run(&job("a.txt"), broken, &mut clean, &mut |_| (), std::future::pending()).await;
    assert!(matches!(failure, Err(CellFailure::Input(_))));
}

/// A reader that fails at once.
fn tokio_test_reader() -> impl tokio::io::AsyncRead + Unpin + Send {
    struct Broken;
    impl tokio::io::AsyncRead for Broken {
        fn poll_read(
            self: std::pin::Pin<&mut Self>,
            _: &mut std::task::Context<'_>,
            _: &mut tokio::io::ReadBuf<'_>,
        ) -> std::task::Poll<std::io::Result<()>> {
            std::task::Poll::Ready(Err(std::io::Error::other("disk")))
        }
    }
    Broken
}

/// Not a timed test: it prints what a cell costs and only checks that both ways work.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn spares_serve_and_are_replaced() {
    for spare in [0, 2] {
        let pool = CellPool::new(CellConfig { spare, ..config() });
        pool.warm().unwrap();
        tokio::time::sleep(Duration::from_millis(100)).await;
        let mut took = Vec::new();
        for _ in 0..5 {
            #[expect(clippy::disallowed_methods, reason = "the test measures")]
            let start = Instant::now();
            let (outcome, _) = run(&pool, &job("a.txt"), b"hello").await;
            took.push(start.elapsed());
            assert_eq!(outcome.report.verdict, Verdict::Clean);
            tokio::time::sleep(Duration::from_millis(50)).await;
        }
        took.sort();
        eprintln!("{spare} spares: median {:?} for one small text", took[2]);
    }
}
