//! Who somebody is: passwords, codes, sessions, tokens.

use app::{Error, actor::Actor, ports::Store as _};

use test_city::{code_at, password};

use crate::city::{City, door};
use test_city::doubles::{DAY, HOUR, MINUTE};

#[tokio::test]
async fn a_password_opens_a_session_and_a_wrong_one_does_not() {
    let city = City::open().await;
    let opened = city.login("hanako", "lgwan").await;
    assert!(!opened.needs_code && !opened.must_change_password);
    assert_eq!(city.last_kind().await, "login-succeeded");
    let hanako = city.app.resume(&door("lgwan"), &opened.secret).await.unwrap();
    assert_eq!(hanako.id(), &city.id("hanako"));

    // Whether the login or the password was wrong is not said.
    for (login, word) in [("hanako", "wrong"), ("nobody", "wrong"), ("", ""), ("hanako", &"x".repeat(5_000))]
    {
        let refused = city.app.login(&door("lgwan"), login, word).await;
        assert!(matches!(refused, Err(Error::Credentials)), "{login}");
        assert_eq!(city.last_kind().await, "login-failed");
    }
    assert!(city.app.login(&door("lgwan"), " HANAKO ", &password("hanako")).await.is_ok());
}

#[tokio::test]
async fn five_failures_lock_an_account_for_a_quarter_of_an_hour() {
    let city = City::open().await;
    for n in 1..=5 {
        let refused = city.app.login(&door("lgwan"), "hanako", "wrong").await.unwrap_err();
        if n < 5 {
            assert!(matches!(refused, Error::Credentials), "{n}");
        } else {
            assert!(matches!(refused, Error::Locked { until } if until == city.now() + 15 * MINUTE));
        }
    }
    assert_eq!(city.last_kind().await, "login-locked");
    let right = city.app.login(&door("lgwan"), "hanako", &password("hanako")).await;
    assert!(matches!(right, Err(Error::Locked { .. })), "also with the right password");
    city.pass(15 * MINUTE);
    city.login("hanako", "lgwan").await;
    // The count started anew.
    let refused = city.app.login(&door("lgwan"), "hanako", "wrong").await;
    assert!(matches!(refused, Err(Error::Credentials)));
}

/// Guesses that arrive together all count.
#[tokio::test]
async fn failures_at_once_all_count() {
    let city = City::open().await;
    let here = door("lgwan");
    let guess = || city.app.login(&here, "hanako", "wrong");
    let all = tokio::join!(guess(), guess(), guess(), guess(), guess());
    let all = [all.0, all.1, all.2, all.3, all.4];
    let locked = all.iter().filter(|r| matches!(r, Err(Error::Locked { .. }))).count();
    assert_eq!(locked, 1, "{all:?}");
}

#[tokio::test]
async fn a_closed_account_and_its_sessions_are_worth_nothing() {
    let city = City::open().await;
    let opened = city.login("hanako", "lgwan").await;
    let digital = city.at("digital", "lgwan").await;
    city.app.set_enabled(&digital, &city.id("hanako"), false).await.unwrap();
    assert!(matches!(city.app.resume(&door("lgwan"), &opened.secret).await, Err(Error::SessionEnded)));
    let refused = city.app.login(&door("lgwan"), "hanako", &password("hanako")).await;
    assert!(matches!(refused, Err(Error::Denied { reason: "account-disabled", .. })));
    city.app.set_enabled(&digital, &city.id("hanako"), true).await.unwrap();
    city.login("hanako", "lgwan").await;
}

#[tokio::test]
async fn a_second_factor_is_asked_for_and_each_code_works_once() {
    let city = City::open().await;
    let opened = city.login("digital", "lgwan").await;
    let digital = city.app.resume(&door("lgwan"), &opened.secret).await.unwrap();
    assert!(digital.lacks_second_factor());
    let enrolment = city.app.begin_second_factor(&digital).await.unwrap();
    let wrong = city.app.confirm_second_factor(&digital, &opened.secret, &enrolment.sealed, "000000").await;
    assert!(matches!(wrong, Err(Error::Credentials)));
    // What was handed out to one person is of no use to another.
    let hanako = city.at("hanako", "lgwan").await;
    let code = code_at(&enrolment.secret_base32, city.now());
    let stolen = city.app.confirm_second_factor(&hanako, "", &enrolment.sealed, &code).await;
    assert!(matches!(stolen, Err(Error::Invalid { field: "sealed", .. })));
    city.app.confirm_second_factor(&digital, &opened.secret, &enrolment.sealed, &code).await.unwrap();
    assert!(!city.app.resume(&door("lgwan"), &opened.secret).await.unwrap().lacks_second_factor());

    let again = city.login("digital", "lgwan").await;
    assert!(again.needs_code);
    let half = city.app.resume(&door("lgwan"), &again.secret).await.unwrap();
    assert!(half.awaits_code());
    assert!(matches!(city.app.home(&half).await, Err(Error::SessionEnded)), "nothing before the code");
    assert!(matches!(city.app.tokens(&half).await, Err(Error::SessionEnded)));

    let used = city.app.second_factor(&door("lgwan"), &again.secret, &code).await;
    assert!(matches!(used, Err(Error::Credentials)), "the code of the enrolment is used up");
    assert_eq!(city.last_kind().await, "second-factor-failed");
    city.pass(30_000);
    let code = code_at(&enrolment.secret_base32, city.now());
    let strong = city.app.second_factor(&door("lgwan"), &again.secret, &code).await.unwrap();
    assert!(matches!(city.app.resume(&door("lgwan"), &again.secret).await, Err(Error::SessionEnded)));
    let full = city.app.resume(&door("lgwan"), &strong).await.unwrap();
    assert!(!full.awaits_code() && !full.lacks_second_factor());
    city.app.home(&full).await.unwrap();

    // The same code in another session, also at the same moment.
    let (a, b) = (city.login("digital", "lgwan").await, city.login("digital", "lgwan").await);
    city.pass(30_000);
    let code = code_at(&enrolment.secret_base32, city.now());
    let here = door("lgwan");
    let (a, b) = tokio::join!(
        city.app.second_factor(&here, &a.secret, &code),
        city.app.second_factor(&here, &b.secret, &code)
    );
    assert_eq!(a.is_ok() as u8 + b.is_ok() as u8, 1, "{a:?} {b:?}");
}

#[tokio::test]
async fn wrong_codes_lock_too() {
    let city = City::open().await;
    city.at("kacho", "lgwan").await;
    let opened = city.login("kacho", "lgwan").await;
    for n in 1..=5 {
        let refused = city.app.second_factor(&door("lgwan"), &opened.secret, "12").await.unwrap_err();
        assert_eq!(matches!(refused, Error::Locked { .. }), n == 5, "{n}");
    }
    let right = city.code("kacho");
    let refused = city.app.second_factor(&door("lgwan"), &opened.secret, &right).await;
    assert!(matches!(refused, Err(Error::Locked { .. })));
}

#[tokio::test]
async fn a_session_belongs_to_its_zone_and_ends() {
    let city = City::open().await;
    let opened = city.login("hanako", "lgwan").await;
    for zone in ["internet", "mynumber", "elsewhere"] {
        let refused = city.app.resume(&door(zone), &opened.secret).await;
        assert!(matches!(refused, Err(Error::SessionEnded)), "{zone}");
    }
    // Idle for 30 minutes.
    city.pass(30 * MINUTE - 1);
    city.app.resume(&door("lgwan"), &opened.secret).await.unwrap();
    city.pass(30 * MINUTE - 1);
    city.app.resume(&door("lgwan"), &opened.secret).await.unwrap();
    city.pass(30 * MINUTE);
    assert!(matches!(city.app.resume(&door("lgwan"), &opened.secret).await, Err(Error::SessionEnded)));
    // Twelve hours, however busy.
    let opened = city.login("hanako", "lgwan").await;
    for _ in 0..35 {
        city.pass(20 * MINUTE);
        city.app.resume(&door("lgwan"), &opened.secret).await.unwrap();
    }
    city.pass(20 * MINUTE);
    assert!(matches!(city.app.resume(&door("lgwan"), &opened.secret).await, Err(Error::SessionEnded)));
}

#[tokio::test]
async fn logging_out_ends_one_session() {
    let city = City::open().await;
    let (one, two) = (city.login("hanako", "lgwan").await, city.login("hanako", "lgwan").await);
    let hanako = city.app.resume(&door("lgwan"), &one.secret).await.unwrap();
    city.app.logout(&hanako, &one.secret).await.unwrap();
    assert!(matches!(city.app.resume(&door("lgwan"), &one.secret).await, Err(Error::SessionEnded)));
    city.app.resume(&door("lgwan"), &two.secret).await.unwrap();
}

async fn token(city: &City, owner: &Actor, scopes: &[&str], days: u32) -> app::Result<String> {
    let scopes: Vec<String> = scopes.iter().map(|s| (*s).to_owned()).collect();
    let (_, secret) = city.app.create_token(owner, "連携", &scopes, days).await?;
    city.keep_secret(&secret);
    Ok(secret)
}

#[tokio::test]
async fn a_token_is_scoped_bound_to_its_zone_and_ends() {
    let city = City::open().await;
    let hanako = city.at("hanako", "internet").await;
    for (scopes, days) in
        [(&[][..], 1), (&["everything"][..], 1), (&["read-transfers"][..], 0), (&["read-transfers"][..], 91)]
    {
        assert!(
            matches!(token(&city, &hanako, scopes, days).await, Err(Error::Invalid { .. })),
            "{scopes:?} {days}"
        );
    }
    let secret = token(&city, &hanako, &["read-transfers"], 2).await.unwrap();
    let actor = city.app.resume_token(&door("internet"), &secret).await.unwrap();
    assert!(actor.via_token());
    let tray = app::transfers::Tray::Submitted;
    city.app.transfers(&actor, tray, &[], app::model::PageRequest::default()).await.unwrap();
    let to = [city.id("taro")];
    let outside =
        city.submit(&actor, "internet-to-lgwan", crate::city::content("c1", &to), &["clean a"]).await;
    assert!(matches!(outside, Err(Error::Denied { reason: "token-scope", .. })), "{outside:?}");
    for never in [
        city.app.tokens(&actor).await.err(),
        city.app.set_absence(&actor, city.now(), city.now() + DAY, "休暇").await.err(),
        city.app.change_password(&actor, "", "", "").await.err(),
    ] {
        assert!(matches!(never, Some(Error::Denied { .. })), "{never:?}");
    }
    assert!(matches!(city.app.resume_token(&door("lgwan"), &secret).await, Err(Error::SessionEnded)));
    assert!(matches!(city.app.resume_token(&door("internet"), "guess").await, Err(Error::SessionEnded)));
    city.pass(2 * DAY);
    assert!(matches!(city.app.resume_token(&door("internet"), &secret).await, Err(Error::SessionEnded)));

    let hanako = city.at("hanako", "internet").await;
    let writes = token(&city, &hanako, &["write-transfers"], 2).await.unwrap();
    let actor = city.app.resume_token(&door("internet"), &writes).await.unwrap();
    city.submit(&actor, "internet-to-lgwan", crate::city::content("c1", &to), &["clean b"]).await.unwrap();
    let made = city.app.tokens(&hanako).await.unwrap();
    let id = &made.iter().find(|t| t.scopes == ["write-transfers"]).unwrap().id;
    let taro = city.at("taro", "internet").await;
    assert!(matches!(city.app.revoke_token(&taro, id).await, Err(Error::NotFound)), "not his");
    city.app.revoke_token(&hanako, id).await.unwrap();
    assert!(matches!(city.app.resume_token(&door("internet"), &writes).await, Err(Error::SessionEnded)));
    assert!(matches!(city.app.revoke_token(&hanako, id).await, Err(Error::NotFound)), "once");
}

#[tokio::test]
async fn a_new_password_ends_the_other_sessions() {
    let city = City::open().await;
    let (one, two) = (city.login("hanako", "lgwan").await, city.login("hanako", "internet").await);
    let hanako = city.app.resume(&door("lgwan"), &one.secret).await.unwrap();
    let old = password("hanako");
    for (new, problem) in [
        ("Kurz-9", "too-short"),
        (old.as_str(), "same"),
        ("aaaaaaaaaaaaaaaa", "weak"),
        ("my-HANAKO-2026-x", "weak"),
        (&"ab1-".repeat(80), "too-long"),
    ] {
        let refused = city.app.change_password(&hanako, &one.secret, &old, new).await;
        assert!(
            matches!(&refused, Err(Error::Invalid { problem: p, .. }) if *p == problem),
            "{new}: {refused:?}"
        );
    }
    let wrong = city.app.change_password(&hanako, &one.secret, "wrong", "Ume-no-hana-88").await;
    assert!(matches!(wrong, Err(Error::Credentials)));
    // The failure changed the account: look at it anew.
    let hanako = city.app.resume(&door("lgwan"), &one.secret).await.unwrap();
    city.app.change_password(&hanako, &one.secret, &old, "Ume-no-hana-88").await.unwrap();
    city.keep_secret("Ume-no-hana-88");
    city.app.resume(&door("lgwan"), &one.secret).await.unwrap();
    assert!(matches!(city.app.resume(&door("internet"), &two.secret).await, Err(Error::SessionEnded)));
    assert!(matches!(city.app.login(&door("lgwan"), "hanako", &old).await, Err(Error::Credentials)));
    city.app.login(&door("lgwan"), "hanako", "Ume-no-hana-88").await.unwrap();
}

#[tokio::test]
async fn an_administrator_resets_and_never_himself() {
    let city = City::open().await;
    let hanako = city.login("hanako", "lgwan").await;
    let digital = city.at("digital", "lgwan").await;
    let first = city.app.reset_password(&digital, &city.id("hanako")).await.unwrap();
    city.keep_secret(&first);
    assert!(matches!(city.app.resume(&door("lgwan"), &hanako.secret).await, Err(Error::SessionEnded)));
    let opened = city.app.login(&door("lgwan"), "hanako", &first).await.unwrap();
    assert!(opened.must_change_password);
    let own = city.app.reset_password(&digital, &city.id("digital")).await;
    assert!(matches!(own, Err(Error::Denied { reason: "own-account", .. })));
    city.at("kacho", "lgwan").await;
    city.app.reset_second_factor(&digital, &city.id("kacho")).await.unwrap();
    assert!(!city.login("kacho", "lgwan").await.needs_code);
    for login in ["hanako", "kacho", "kansa", "tanto"] {
        let actor = if login == "kacho" || login == "hanako" {
            continue;
        } else {
            city.at(login, "lgwan").await
        };
        let refused = city.app.set_enabled(&actor, &city.id("taro"), false).await;
        assert!(matches!(refused, Err(Error::Denied { .. })), "{login}");
        assert_eq!(city.last_kind().await, "access-denied");
    }
}

/// Nothing that opens anything is kept as it was typed.
#[tokio::test]
async fn secrets_are_not_in_the_database() {
    let city = City::open().await;
    city.at("kacho", "lgwan").await;
    let hanako = city.at("hanako", "lgwan").await;
    token(&city, &hanako, &["read-transfers"], 1).await.unwrap();
    city.pass(HOUR);
    city.store.real.close().await;
    let bytes = std::fs::read(city.database()).unwrap();
    for secret in city.secrets.lock().unwrap().iter() {
        assert!(!bytes.windows(secret.len()).any(|w| w == secret.as_bytes()), "{secret} is in the database");
    }
    assert!(city.store.user(&city.id("hanako")).await.is_err(), "closed");
}
