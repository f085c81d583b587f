//! Addresses for mails in a personnel change: what a person wrote himself is replaced as shown, or not at all.

use std::collections::BTreeMap;

use app::{
    model::PageRequest,
    notices::{NoticeTray, store::NoticeStore as _},
    rosters::store::{EntryPart, Outcome, RosterStore as _},
};
use policy::NoticeKind;
use test_city::doubles::DAY;

use crate::rosters::{approve, open, read_for};

/// What a person wrote is replaced in sight of everybody: the plan shows it, he is told, and what he writes meanwhile stays.
#[tokio::test]
async fn an_address_that_a_person_wrote_is_replaced_as_shown_or_not_at_all() {
    let city = open().await;
    let digital = city.at("digital", "lgwan").await;
    let own = |login: &str| format!("{login}.own@city.hoshimi.example");
    for login in ["hanako", "taro", "kacho"] {
        let person = city.at(login, "lgwan").await;
        city.app.choose_notices(&person, &BTreeMap::new(), &own(login)).await.unwrap();
        city.app.read_notices(&person, None).await.unwrap();
    }
    let rows: &[&[&str]] = &[
        &["職員番号", "氏名", "ふりがな", "所属", "職", "区分", "メール"],
        &["hanako", "", "", "福祉課", "課員", "異動", "hanako@city.hoshimi.example"],
        &["taro", "", "", "福祉課", "係長", "昇任", "taro@city.hoshimi.example"],
        &["kacho", "", "", "市民課", "課長", "異動", "kacho@city.hoshimi.example"],
    ];
    let id = read_for(&city, &digital, rows, "2026-12-01").await.unwrap().unwrap().kept.unwrap();
    let lines = city.store.real.roster_entries(&id, &EntryPart::All, 0, 10).await.unwrap();
    for line in &lines {
        let shown = line.entry.mail_before.as_ref().unwrap();
        assert_eq!((&shown.address, shown.own), (&own(&line.entry.login), Some(true)));
    }
    approve(&city, &id).await;
    // Two of them write another one meanwhile: one who moves, and one of whom nothing else is different.
    for login in ["taro", "kacho"] {
        let person = city.at(login, "lgwan").await;
        let newer = format!("{login}.newer@city.hoshimi.example");
        city.app.choose_notices(&person, &BTreeMap::new(), &newer).await.unwrap();
    }
    city.pass(8 * DAY);
    city.app.tidy().await.unwrap();
    let mut became = BTreeMap::new();
    for line in city.store.real.roster_entries(&id, &EntryPart::All, 0, 10).await.unwrap() {
        let mail = city.store.real.mail_address(line.entry.person.as_ref().unwrap()).await.unwrap().unwrap();
        became.insert(line.entry.login, (line.outcome.unwrap(), line.why, mail.address, mail.own.unwrap()));
    }
    let row = |outcome, why: &str, mail: &str, own| {
        (outcome, why.to_owned(), format!("{mail}@city.hoshimi.example"), own)
    };
    assert_eq!(became["hanako"], row(Outcome::Done, "", "hanako", false));
    assert_eq!(became["taro"], row(Outcome::Done, "mail-kept", "taro.newer", true));
    assert_eq!(became["kacho"], row(Outcome::Differs, "changed-meanwhile", "kacho.newer", true));

    let told = async |login: &str| {
        let actor = city.at(login, "lgwan").await;
        let page = PageRequest { after: None, limit: 50 };
        let rows = city.app.notices(&actor, NoticeTray::News, None, page).await.unwrap().page.rows;
        rows.into_iter().filter(|n| n.kind == NoticeKind::Account && n.unread).collect::<Vec<_>>()
    };
    let [notice] = &told("hanako").await[..] else { panic!() };
    let said = notice.name.as_deref().unwrap();
    assert!(said.contains(&own("hanako")) && said.contains(" hanako@city.hoshimi.example"), "{said}");
    assert_eq!(notice.path.as_deref(), Some("/account"));
    for other in ["taro", "kacho"] {
        assert_eq!(told(other).await, [], "{other}");
    }
    let evidence = city.evidence().await;
    let of = |login: &str| {
        let moved = evidence
            .iter()
            .rev()
            .find(|r| r.entry.kind == "person-moved" && r.entry.subject_id == city.id_of(login).as_str());
        String::from_utf8(moved.unwrap().entry.payload.clone()).unwrap()
    };
    assert!(of("hanako").contains(&own("hanako")), "what was replaced is said");
    assert!(of("taro").contains("\"mail_kept\":true"), "{}", of("taro"));
}
