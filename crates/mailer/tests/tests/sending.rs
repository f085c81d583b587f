//! What arrives, and what becomes of a mail that cannot be sent.

use std::{collections::BTreeMap, sync::Arc, time::Duration};

use app::notices::{Letter, LetterItem, MailError, Mailer};
use mail_parser::{HeaderValue, MessageParser};
use mailer::{OpenError, Protection, Road, Server, Settings, open, test_letter};
use proptest::prelude::*;

use crate::post::{Cover, Manner, Post};

fn settings(road: Road) -> Settings {
    Settings {
        road,
        from: "関所 <sekisho@city.example>".to_owned(),
        bases: BTreeMap::from([("lgwan".to_owned(), "https://sekisho.lgwan.example".to_owned())]),
        home: Some("lgwan".to_owned()),
        per_minute: 6_000,
    }
}

fn server(post: &Post, protection: Protection) -> Server {
    Server {
        host: "localhost".to_owned(),
        port: post.port,
        protection,
        ca_pem: (protection != Protection::NoneOnClosedNetwork).then(|| post.ca.clone()),
        login: None,
        patience: Duration::from_secs(20),
    }
}

fn to(server: Server) -> Arc<dyn Mailer> {
    open(settings(Road::Server(Box::new(server)))).unwrap()
}

fn letter() -> Letter {
    let item = |title: &str, name: Option<&str>, zone: &str| LetterItem {
        title: title.to_owned(),
        wording: Some("内容を見て、承認するか決めてください。".to_owned()),
        name: name.map(str::to_owned),
        number: Some(12),
        due_on: Some("2026-11-30".parse().unwrap()),
        zone: Some(zone.to_owned()),
        zone_label: Some("インターネット接続系".to_owned()),
        path: "/requests/019a".to_owned(),
    };
    Letter {
        to: "hanako.sakura@city.example".to_owned(),
        id: "019a-7".to_owned(),
        made_at: 1_795_500_000_000,
        digest: true,
        body: "星見市".to_owned(),
        items: vec![item("承認待ち", Some("情報機器等の持出し"), "lgwan"), item("差戻し", None, "internet")],
        more: 3,
    }
}

fn subject(bytes: &[u8]) -> String {
    MessageParser::default().parse(bytes).unwrap().subject().unwrap().to_owned()
}

#[tokio::test]
async fn a_mail_arrives_as_it_was_written() {
    for (protection, cover) in [
        (Protection::NoneOnClosedNetwork, Cover::Plain),
        (Protection::StartTls, Cover::StartTls),
        (Protection::Tls, Cover::Tls),
    ] {
        let post = Post::open(Manner::Kind, cover, "localhost").await;
        let mailer = to(server(&post, protection));
        mailer.send(&letter()).await.unwrap();
        mailer.send(&letter()).await.unwrap();
        let taken = post.taken();
        assert_eq!(taken.len(), 2, "{protection:?}");
        let mail = &taken[0];
        assert_eq!(mail.to, ["RCPT TO:<hanako.sakura@city.example>"]);
        assert!(mail.from.starts_with("MAIL FROM:<sekisho@city.example>"), "{}", mail.from);
        assert!(mail.bytes.iter().all(|b| b.is_ascii()), "seven bits reach everybody");
        assert!(mail.bytes.split(|b| *b == b'\n').all(|line| line.len() <= 998));
        let read = MessageParser::default().parse(&mail.bytes).unwrap();
        assert_eq!(read.subject(), Some("[関所] 今日のお知らせ(5件)"));
        assert_eq!(read.message_id(), Some("019a-7@city.example"), "the same on both tries");
        assert_eq!(read.to().unwrap().first().unwrap().address(), Some("hanako.sakura@city.example"));
        assert_eq!(read.from().unwrap().first().unwrap().name(), Some("関所"));
        assert_eq!(read.date().unwrap().to_timestamp(), 1_795_500_000);
        let auto = read.header("Auto-Submitted").and_then(HeaderValue::as_text);
        assert_eq!(auto, Some("auto-generated"));
        let text = read.body_text(0).unwrap();
        for line in [
            "星見市の関所からのお知らせです。",
            "■ 承認待ち",
            "  情報機器等の持出し(番号 12)",
            "  期限 令和8年11月30日",
            "  https://sekisho.lgwan.example/requests/019a",
            "  番号 12",
            "  インターネット接続系の関所で開いてください。",
            "ほかに3件あります。関所の「お知らせ」で見てください。",
        ] {
            assert!(text.lines().any(|l| l == line), "{line}\n{text}");
        }
        let one = Letter { digest: false, more: 0, items: letter().items[..1].to_vec(), ..letter() };
        mailer.send(&one).await.unwrap();
        assert_eq!(subject(&post.taken()[2].bytes), "[関所] 承認待ち");
    }
}

#[tokio::test]
async fn an_answer_of_the_mail_server_means_what_it_says() {
    for (manner, wanted) in [
        (Manner::AtRecipient("450 4.2.0 greylisted"), "later"),
        (Manner::AtRecipient("451 4.3.0 try again"), "later"),
        (Manner::AfterData("452 4.2.2 full"), "later"),
        (Manner::AtRecipient("550 5.1.1 no such user"), "never"),
        (Manner::AfterData("554 5.7.1 refused"), "never"),
        (Manner::AtRecipient("421 4.3.2 closing"), "down"),
        (Manner::Login, "down"),
        (Manner::Nonsense, "down"),
    ] {
        let post = Post::open(manner, Cover::Plain, "localhost").await;
        let said = to(server(&post, Protection::NoneOnClosedNetwork)).send(&letter()).await.unwrap_err();
        let (word, text) = match &said {
            MailError::Later(text) => ("later", text),
            MailError::Never(text) => ("never", text),
            MailError::Down(text) => ("down", text),
        };
        assert_eq!(word, wanted, "{manner:?}: {said}");
        assert!(!text.is_empty());
        assert_eq!(post.taken().len(), 0);
    }
}

#[tokio::test]
async fn a_mail_server_that_is_away_slow_or_another_is_down() {
    let gone = Post::open(Manner::Kind, Cover::Plain, "localhost").await;
    let mut closed = server(&gone, Protection::NoneOnClosedNetwork);
    // A port that was free a moment ago and that nobody listens at.
    let socket = std::net::TcpListener::bind("127.0.0.1:0").unwrap();
    closed.port = socket.local_addr().unwrap().port();
    drop(socket);
    assert!(matches!(to(closed).send(&letter()).await, Err(MailError::Down(_))));

    let silent = Post::open(Manner::Silent, Cover::Plain, "localhost").await;
    let hasty =
        Server { patience: Duration::from_millis(300), ..server(&silent, Protection::NoneOnClosedNetwork) };
    let Err(MailError::Down(why)) = to(hasty).send(&letter()).await else { panic!("it was sent") };
    assert!(why.contains("no answer"), "{why}");

    // Another name in the certificate, another authority, none at all.
    for cover in [Cover::Tls, Cover::StartTls] {
        let protection = if cover == Cover::Tls { Protection::Tls } else { Protection::StartTls };
        let named = Post::open(Manner::Kind, cover, "elsewhere.example").await;
        let Err(MailError::Down(why)) = to(server(&named, protection)).send(&letter()).await else {
            panic!("a wrong name was believed")
        };
        assert!(why.to_lowercase().contains("certificate") || why.contains("tls"), "{why}");
        let (post, other) = (
            Post::open(Manner::Kind, cover, "localhost").await,
            Post::open(Manner::Kind, cover, "localhost").await,
        );
        let stranger = Server { ca_pem: Some(other.ca.clone()), ..server(&post, protection) };
        assert!(matches!(to(stranger).send(&letter()).await, Err(MailError::Down(_))));
        let machine = Server { ca_pem: None, ..server(&post, protection) };
        assert!(matches!(to(machine).send(&letter()).await, Err(MailError::Down(_))));
        assert_eq!((named.taken().len(), post.taken().len()), (0, 0));
    }
    // One that offers no TLS gets nothing, not even a login.
    let plain = Post::open(Manner::Kind, Cover::Plain, "localhost").await;
    let wary =
        Server { login: Some(("user".into(), "secret".into())), ..server(&plain, Protection::StartTls) };
    assert!(matches!(to(wary).send(&letter()).await, Err(MailError::Down(_))));
    assert_eq!(plain.taken().len(), 0);
}

#[tokio::test]
async fn who_must_log_in_does() {
    let post = Post::open(Manner::Login, Cover::Tls, "localhost").await;
    let with = |password: &str| {
        to(Server { login: Some(("user".into(), password.into())), ..server(&post, Protection::Tls) })
    };
    with("secret").send(&letter()).await.unwrap();
    assert_eq!(post.taken().len(), 1);
    assert!(matches!(with("wrong").send(&letter()).await, Err(MailError::Down(_))));
}

#[tokio::test]
async fn a_folder_holds_whole_mails() {
    let dir = tempfile::tempdir().unwrap();
    let folder = dir.path().join("a/outbox");
    let mailer = open(settings(Road::Folder(folder.clone()))).unwrap();
    mailer.send(&letter()).await.unwrap();
    mailer.send(&Letter { id: "../../b".to_owned(), ..letter() }).await.unwrap();
    mailer.send(&test_letter("x@city.example", "試し", "t-1", 0)).await.unwrap();
    let mut names: Vec<_> =
        std::fs::read_dir(&folder).unwrap().map(|e| e.unwrap().file_name().into_string().unwrap()).collect();
    names.sort();
    assert_eq!(names, ["019a-7.eml", "b.eml", "t-1.eml"]);
    assert_eq!(subject(&std::fs::read(folder.join("t-1.eml")).unwrap()), "[関所] メールの試し");
    std::fs::remove_dir_all(&folder).unwrap();
    assert!(matches!(mailer.send(&letter()).await, Err(MailError::Down(_))), "a folder that went away");
}

#[test]
fn what_cannot_send_is_refused_at_once() {
    let folder = || Road::Folder(std::env::temp_dir());
    let broken = Server {
        host: "localhost".into(),
        port: 1,
        protection: Protection::Tls,
        ca_pem: Some(b"no certificate".to_vec()),
        login: None,
        patience: Duration::from_secs(1),
    };
    let refused = |settings: Settings| open(settings).err().unwrap();
    assert!(matches!(refused(Settings { per_minute: 0, ..settings(folder()) }), OpenError::Rate));
    assert!(matches!(refused(Settings { per_minute: 6_001, ..settings(folder()) }), OpenError::Rate));
    for from in ["", "sekisho", "a@b.example\r\nBcc: x@y.example", "a@b.example, c@d.example"] {
        let found = refused(Settings { from: from.to_owned(), ..settings(folder()) });
        assert!(matches!(found, OpenError::From(_)), "{from}");
    }
    // A file without any certificate trusts nobody; one with a broken one is refused. Either way nothing is sent.
    if let Ok(mailer) = open(settings(Road::Server(Box::new(broken)))) {
        let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap();
        assert!(matches!(runtime.block_on(mailer.send(&letter())), Err(MailError::Down(_))));
    }
}

fn any_text() -> impl Strategy<Value = String> {
    prop_oneof![
        any::<String>(),
        "[ -~]{0,20}(\r\n|\n|\r)(Bcc|To|Subject|Content-Type): [a-z@.]{0,20}",
        ".{0,300}",
    ]
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 200, ..ProptestConfig::default() })]

    /// Whatever stands in a letter: its headers are those of this house, and it goes to its one address or nowhere.
    #[test]
    fn no_header_is_slipped_in(title in any_text(), name in any_text(), path in any_text(), to in any_text(), id in any_text()) {
        let dir = tempfile::tempdir().unwrap();
        let mailer = open(settings(Road::Folder(dir.path().to_owned()))).unwrap();
        let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap();
        let mut hostile = letter();
        hostile.digest = false;
        hostile.more = 0;
        hostile.items.truncate(1);
        hostile.items[0].title = title;
        hostile.items[0].name = Some(name);
        hostile.items[0].path = path;
        hostile.id = format!("x{}", id);
        let safe = Letter { to: "hanako@city.example".to_owned(), ..hostile.clone() };
        for letter in [safe, Letter { to, ..hostile }] {
            let Ok(()) = runtime.block_on(mailer.send(&letter)) else { continue };
            let path = std::fs::read_dir(dir.path()).unwrap().next().unwrap().unwrap().path();
            let bytes = std::fs::read(&path).unwrap();
            std::fs::remove_file(&path).unwrap();
            let head = bytes.windows(4).position(|w| w == b"\r\n\r\n").unwrap();
            let head = String::from_utf8(bytes[..head].to_vec()).unwrap();
            let names: Vec<String> = head
                .split("\r\n")
                .filter(|line| !line.starts_with([' ', '\t']))
                .map(|line| line.split(':').next().unwrap().to_ascii_lowercase())
                .collect();
            let mut sorted = names.clone();
            sorted.sort();
            prop_assert_eq!(sorted, [
                "auto-submitted", "content-transfer-encoding", "content-type", "date", "from", "message-id", "mime-version",
                "subject", "to"
            ]);
            prop_assert!(!head.contains('\r') || !head.replace("\r\n", "").contains(['\r', '\n']), "{}", head);
        }
    }
}
