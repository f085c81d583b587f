//! The way into production: preparing a house, serving it over TLS, ending it; and every slip that must stop it.

use std::{fs, io, net::TcpListener, os::unix::fs::PermissionsExt as _};

use rustls::pki_types::ServerName;

use crate::{
    files,
    house::{MULTIPART, can_run, inbound, submission_body, text},
    http::{self, Road},
    production::{Authority, Office, ZONES},
};

#[test]
fn a_house_is_prepared_served_over_tls_and_ended_without_loss() {
    if !can_run() {
        return;
    }
    let office = Office::new(None);
    let password = office.prepare();
    let house = office.open();
    let (sender, recipient, recipient_id) = Office::staff(&house, &password);
    for zone in ZONES {
        // The test's client verifies the certificate, and its login asks for a Secure cookie.
        Office::log_in(&house, "sakura", zone);
        let road = house.road(zone);
        let page = http::send(road, "GET", "/login", &[], &[]).unwrap();
        assert_eq!(page.status, 200, "{}", page.text());
        for (name, part) in [
            ("content-security-policy", "default-src 'self'"),
            ("x-content-type-options", "nosniff"),
            ("x-frame-options", "DENY"),
            ("referrer-policy", "same-origin"),
            ("cache-control", "no-store"),
        ] {
            assert!(page.header(name).is_some_and(|value| value.contains(part)), "{zone}: {name}");
        }
        refuses(road);
    }

    // The house is asked to end while a file comes in: the request that runs is finished.
    let form = inbound("while-ending", "c1", &recipient_id);
    let sent = [("調査票.docm".into(), files::with_macro("while-ending"))];
    let headers = [("cookie", sender.cookie()), ("content-type", MULTIPART)];
    let body = submission_body(&form, &sent);
    let made = http::send_in_two(sender.road(), "POST", "/api/v1/transfers", &headers, &body, || {
        house.ask_to_end();
    });
    let id = made.unwrap_or_else(|e| panic!("{e}: {}", house.log())).with(201)["id"].clone();
    let log = house.log();
    assert_eq!(house.wait(), Some(0), "{log}");

    let house = office.open();
    let (sender, recipient) = (sender.at(&house), recipient.at(&house));
    let again = sender.submit(&form, &sent).unwrap().with(201);
    assert_eq!(again["id"], id, "what was answered is there");
    let id = id.as_str().unwrap();
    assert_eq!(sender.transfer_at_rest(id, 60)["state"], "ready");
    let seen = recipient.api(&format!("/transfers/{id}")).unwrap().with(200);
    let file = seen["files"][0]["id"].as_str().unwrap();
    let taken = recipient.api(&format!("/transfers/{id}/files/{file}")).unwrap();
    assert_eq!((taken.status, files::unclean("調査票.docx", &taken.body)), (200, None));
    office.verify(&house.checkpoint());
    house.ask_to_end();
    assert_eq!(house.wait(), Some(0));
}

/// Nobody speaks to a listener without TLS, for another name, or believing another authority.
fn refuses(road: &Road) {
    let get = |road: &Road| http::send(road, "GET", "/healthz", &[], &[]);
    assert_eq!(get(road).unwrap().status, 200);
    let (_, client) = road.tls.clone().unwrap();
    let with = |name: &'static str, client| {
        get(&Road { tls: Some((ServerName::try_from(name).unwrap(), client)), ..road.clone() })
    };
    let plain = get(&Road { tls: None, ..road.clone() });
    assert!(plain.is_err(), "answered without TLS: {}", plain.unwrap().text());
    for answer in [with("elsewhere.example", client), with("127.0.0.1", Authority::new().client())] {
        let error = answer.err().expect("a wrong certificate was believed");
        assert_eq!(error.kind(), io::ErrorKind::InvalidData, "{error}");
    }
}

#[test]
fn a_first_administrator_who_is_refused_leaves_nothing_behind() {
    if !can_run() {
        return;
    }
    let office = Office::new(None);
    let refused = office.init("no-such-section");
    assert_eq!(refused.status.code(), Some(1));
    assert!(text(&refused).contains("管理者を登録できません"), "{}", text(&refused));
    assert!(!office.path("data/keys/master.key").exists() && !office.path("data/keys/ledger.key").exists());
    office.prepare();
    let again = office.init("digital");
    assert_eq!(again.status.code(), Some(1));
    assert!(text(&again).contains("鍵がもうあります"), "{}", text(&again));
}

#[test]
fn a_house_that_lacks_something_says_what_and_does_not_start() {
    if !can_run() {
        return;
    }
    let office = Office::new(None);
    assert!(text(&office.serve_in_vain()).contains("sekisho init"), "before it was prepared");
    office.prepare();
    let other = Authority::new().issue("127.0.0.1").1.serialize_pem();
    let taken = TcpListener::bind("127.0.0.1:0").unwrap();
    let address = format!("127.0.0.1:{}", taken.local_addr().unwrap().port());
    let change = |from: &str, to: &str| {
        let config = fs::read_to_string(office.config()).unwrap();
        assert!(config.contains(from), "{from}");
        fs::write(office.config(), config.replacen(from, to, 1)).unwrap();
    };
    let loosen = |name: &str| {
        fs::set_permissions(office.path(name), fs::Permissions::from_mode(0o644)).unwrap();
    };
    // What is spoilt, by how, and words of the message.
    type Row<'a> = (&'a str, Box<dyn Fn() + 'a>, &'a str);
    let rows: Vec<Row<'_>> = vec![
        ("sekisho.toml", Box::new(|| fs::remove_file(office.config()).unwrap()), "設定ファイルを読めません"),
        ("sekisho.toml", Box::new(|| change("format = 1", "format = ")), "設定ファイルに誤りがあります"),
        (
            "sekisho.toml",
            Box::new(|| change("[listener.lgwan]", "[listener.moon]")),
            "[listener.lgwan] が設定ファイルにありません",
        ),
        ("sekisho.toml", Box::new(|| change("\"hoshimi\"", "\"tsukimi\"")), "tsukimi"),
        ("sekisho.toml", Box::new(|| change("127.0.0.1:0", &address)), "ほかのプログラムが使っていませんか"),
        (
            "sekisho.toml",
            Box::new(|| change("ledger =", "worker = \"none\"\nledger =")),
            "無害化プログラムが見つかりません",
        ),
        (
            "sekisho.toml",
            Box::new(|| change("ledger =", "database = \"sqlite:none.db\"\nledger =")),
            "データベースを開けません",
        ),
        (
            "tls/lgwan.pem",
            Box::new(|| fs::remove_file(office.path("tls/lgwan.pem")).unwrap()),
            "lgwan の証明書または鍵を使えません",
        ),
        (
            "tls/lgwan.pem",
            Box::new(|| fs::write(office.path("tls/lgwan.pem"), "no certificate").unwrap()),
            "lgwan の証明書または鍵を使えません",
        ),
        (
            "tls/lgwan.key",
            Box::new(|| office.write_secret("tls/lgwan.key", &other)),
            "lgwan の証明書または鍵を使えません",
        ),
        (
            "tls/lgwan.key",
            Box::new(|| fs::remove_file(office.path("tls/lgwan.key")).unwrap()),
            "待受けの鍵を読めません",
        ),
        ("tls/lgwan.key", Box::new(|| loosen("tls/lgwan.key")), "待受けの鍵をほかの利用者も読めます"),
        (
            "data/keys/master.key",
            Box::new(|| loosen("data/keys/master.key")),
            "鍵のファイルをほかの利用者も読めます",
        ),
        (
            "data/keys/ledger.key",
            Box::new(|| fs::remove_file(office.path("data/keys/ledger.key")).unwrap()),
            "鍵のファイルを読めません",
        ),
        (
            "data/sekisho.db",
            Box::new(|| fs::write(office.path("data/sekisho.db"), "表".repeat(3_000)).unwrap()),
            "データベースを開けません",
        ),
    ];
    let mut wrong = Vec::new();
    for (name, spoil, words) in rows {
        let (bytes, mode) = (fs::read(office.path(name)).unwrap(), fs::metadata(office.path(name)).unwrap());
        spoil();
        let output = office.serve_in_vain();
        let said = text(&output);
        if output.status.code() != Some(1) || !said.contains(words) || said.contains("panicked") {
            wrong.push(format!("{name}, expected {words}: {:?} {said}", output.status.code()));
        }
        fs::write(office.path(name), bytes).unwrap();
        fs::set_permissions(office.path(name), mode.permissions()).unwrap();
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
    // None of it did any harm.
    let house = office.open();
    house.ask_to_end();
    assert_eq!(house.wait(), Some(0));
}
