//! Finding by words: who finds what at which listener, that nothing is found whose page would not open, and that nothing is
//! missing; an index that is foreign, damaged, full or not there.

use std::{collections::BTreeSet, fmt::Write as _, sync::Arc};

use app::{
    Error,
    actor::Actor,
    finding::{
        FindQuestion, FoundAll, FoundKind, IndexHealth, Whose,
        ports::{ChangeStore as _, IndexChange, IndexError, IndexQuestion, IndexState, WordIndex},
    },
    ports::Store as _,
    registers::{RowInput, store::RegisterStore as _},
    requests::store::RequestStore as _,
};
use async_trait::async_trait;
use expect_test::expect_file;
use proptest::{prelude::*, test_runner::TestRunner};
use search::NodeIndex;
use workflow::{
    id::{EditionId, RequestId, TaskId, TransferId, UserId},
    register::RowKey,
    route::Verdict,
};

use crate::{city::City, requests::answers};

const ZONES: [&str; 3] = ["internet", "lgwan", "mynumber"];
const LOGINS: [&str; 8] =
    ["hanako", "taro", "kacho", "kakaricho", "fukushi", "digital", "kansa", "fukushicho"];

fn asked(words: &str) -> FindQuestion {
    FindQuestion { untrusted_words: words.to_owned(), limit: 50, ..FindQuestion::default() }
}

impl City {
    async fn indexed(&self) {
        while self.app.index_changes().await.unwrap() {}
        assert_eq!(self.app.index_health(), IndexHealth::Ready);
    }

    /// Every id of a kind that is found, over all pages.
    async fn found(&self, actor: &Actor, kind: FoundKind, words: &str) -> BTreeSet<String> {
        let mut ids = BTreeSet::new();
        let mut after = 0;
        loop {
            let question = FindQuestion { kind: Some(kind), after, limit: 7, ..asked(words) };
            let all = self.app.find(actor, &question).await.unwrap();
            let Some(group) = all.groups.into_iter().next() else { return ids };
            assert_eq!(group.kind, kind);
            for item in group.items {
                assert!(ids.insert(item.id), "told twice");
            }
            let Some(next) = group.next else { return ids };
            assert!(next > after);
            after = next;
        }
    }
}

/// Whether the page of a subject opens.
async fn opens(city: &City, actor: &Actor, kind: FoundKind, id: &str) -> bool {
    let app = &city.app;
    let closed = |error: Error| match error {
        Error::NotFound | Error::Denied { .. } => false,
        error => panic!("{error}"),
    };
    match kind {
        FoundKind::Transfer => app.transfer(actor, &TransferId::new(id)).await.map(|_| true),
        FoundKind::Request => app.request(actor, &RequestId::new(id)).await.map(|_| true),
        FoundKind::Task => app.task(actor, &TaskId::new(id)).await.map(|_| true),
        FoundKind::Row => {
            let (register, number) = id.rsplit_once('/').unwrap();
            app.register_row(actor, &RowKey::new(register, number.parse().unwrap())).await.map(|_| true)
        }
        FoundKind::Person => app.person(actor, &UserId::new(id)).await.map(|_| true),
        FoundKind::Edition => app.edition(actor, &EditionId::new(id)).await.map(|_| true),
        FoundKind::Form => app.permit_applying(actor, id).await.map(|_| true),
        FoundKind::Duty => app.duty(actor, id).await.map(|_| true),
        FoundKind::Evidence => {
            app.evidence_entry(actor, &workflow::id::EvidenceId::new(id)).await.map(|_| true)
        }
    }
    .unwrap_or_else(closed)
}

fn row(name: &str) -> RowInput {
    let values = [
        ("name", name),
        ("kind", "電子データ"),
        ("confidentiality", "c2"),
        ("integrity", "i2"),
        ("availability", "a1"),
        ("place", "ファイルサーバー"),
        ("keeper", "hanako"),
    ];
    RowInput {
        section: Some("residents".to_owned()),
        values: values.map(|(c, v)| (c.to_owned(), v.to_owned())).into(),
        reason: "点検で見つかった".to_owned(),
    }
}

/// A city in which something of each kind is there, and an index of it.
async fn city_with_things() -> (City, tempfile::TempDir) {
    let city = City::open().await;
    let folder = tempfile::tempdir().unwrap();
    city.app.use_words(Arc::new(NodeIndex::open(&folder.path().join("words")).unwrap()));
    // One that waits for approval, and one that passed.
    let waiting = city.inbound("c2", &["clean one"]).await;
    let passed = city.inbound("c1", &["clean two"]).await;
    assert_ne!(city.state(&waiting).await, city.state(&passed).await);
    let hanako = city.at("hanako", "lgwan").await;
    city.app.add_row(&hanako, "assets", &row("住民基本台帳の写し")).await.unwrap();
    let out = [
        ("what", "ノート端末 S-12"),
        ("kind", "その他"),
        ("quantity", "1"),
        ("place", "支所"),
        ("carrier", "hanako"),
        ("from", "2026-11-24"),
        ("until", "2026-11-25"),
        ("purpose", "出張窓口のため"),
    ];
    city.apply(&hanako, "take-out", answers(&out)).await.unwrap();
    city.app.tidy().await.unwrap();
    city.indexed().await;
    (city, folder)
}

/// The subjects of a kind, each with what it is called.
async fn subjects(city: &City, kind: FoundKind) -> Vec<(String, String)> {
    let store = &city.store.real;
    let mut subjects = Vec::new();
    let (mut behind, mut of_kind) = (0, Vec::new());
    loop {
        let changes = store.changes_behind(behind, 500).await.unwrap();
        let Some(last) = changes.last() else { break };
        behind = last.seq;
        of_kind.extend(changes.into_iter().filter(|c| c.kind == kind.subject_kind()).map(|c| c.subject));
    }
    for id in of_kind {
        let title = match kind {
            FoundKind::Transfer => store.transfer(&TransferId::new(&*id)).await.unwrap().unwrap().subject,
            FoundKind::Request => store.request(&RequestId::new(&*id)).await.unwrap().unwrap().title,
            FoundKind::Task => {
                use app::duties::store::DutyStore as _;
                store.task(&TaskId::new(&*id)).await.unwrap().unwrap().title
            }
            FoundKind::Row => {
                let (register, number) = id.rsplit_once('/').unwrap();
                let row = store.row(&RowKey::new(register, number.parse().unwrap())).await.unwrap().unwrap();
                row.values["name"].as_text().unwrap().to_owned()
            }
            FoundKind::Person => "さん".to_owned(),
            _ => panic!("{kind:?} is not in the index"),
        };
        subjects.push((id, title));
    }
    subjects
}

/// For everybody at every listener: found is exactly what opens, and the table of how many is the agreed one.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn everybody_finds_exactly_what_opens_for_him() {
    let (city, _folder) = city_with_things().await;
    let kinds = [FoundKind::Transfer, FoundKind::Request, FoundKind::Task, FoundKind::Row, FoundKind::Person];
    let mut table = String::new();
    let mut all = Vec::new();
    for kind in kinds {
        let mut titles: Vec<(String, Vec<String>)> = Vec::new();
        for (id, title) in subjects(&city, kind).await {
            match titles.iter_mut().find(|(t, _)| *t == title) {
                Some((_, ids)) => ids.push(id),
                None => titles.push((title, vec![id])),
            }
        }
        // Of tasks there are hundreds; those of a few duties of each reach tell as much.
        titles.sort_by_key(|(_, ids)| ids.len());
        let step = if kind == FoundKind::Task { (titles.len() / 5).max(1) } else { 1 };
        all.push((kind, titles.into_iter().step_by(step).collect::<Vec<_>>()));
    }
    for login in LOGINS {
        for zone in ZONES {
            let actor = city.at(login, zone).await;
            write!(table, "{login:<11}{zone:<9}").unwrap();
            for (kind, titles) in &all {
                let (mut count, mut of) = (0, 0);
                for (title, ids) in titles {
                    let found = city.found(&actor, *kind, title).await;
                    for id in ids {
                        let is_open = opens(&city, &actor, *kind, id).await;
                        assert_eq!(found.contains(id), is_open, "{login} at {zone}: {kind:?} {id}");
                        count += usize::from(is_open);
                    }
                    of += ids.len();
                }
                write!(table, " {} {count}/{of}", kind.id()).unwrap();
            }
            table.push('\n');
        }
    }
    expect_file!["../finding-rights.txt"].assert_eq(&table);
}

/// Whatever is typed: what is found opens, and holds every word.
#[test]
fn whatever_is_typed_what_is_found_opens() {
    let runtime = tokio::runtime::Builder::new_multi_thread().worker_threads(2).enable_all().build().unwrap();
    let (city, _folder) = runtime.block_on(city_with_things());
    let words = prop_oneof![
        "[一-龠ぁ-んァ-ヶa-z0-9]{1,2}",
        Just("端末".to_owned()),
        Just("hanako".to_owned()),
        Just("台帳 住民".to_owned()),
        Just("様式".to_owned()),
        Just("点検".to_owned()),
        Just("の".to_owned()),
        Just("txt".to_owned()),
        "\\PC{0,12}",
    ];
    let strategy = (words, 0..LOGINS.len(), 0..ZONES.len());
    let mut runner = TestRunner::new(ProptestConfig { cases: 60, ..ProptestConfig::default() });
    runner
        .run(&strategy, |(words, login, zone)| {
            runtime.block_on(async {
                let actor = city.at(LOGINS[login], ZONES[zone]).await;
                let found = city.app.find(&actor, &asked(&words)).await.unwrap();
                for group in &found.groups {
                    for item in &group.items {
                        assert!(
                            opens(&city, &actor, group.kind, &item.id).await,
                            "{} at {}: {:?} {}",
                            LOGINS[login],
                            ZONES[zone],
                            group.kind,
                            item.id
                        );
                    }
                }
            });
            Ok(())
        })
        .unwrap();
}

fn ids(all: &FoundAll, kind: FoundKind) -> Vec<&str> {
    let groups = all.groups.iter().filter(|g| g.kind == kind);
    groups.flat_map(|g| g.items.iter().map(|i| i.id.as_str())).collect()
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn what_changes_is_found_as_it_is_and_as_far_as_asked() {
    let (city, _folder) = city_with_things().await;
    let hanako = city.at("hanako", "lgwan").await;
    let find = async |question: FindQuestion| city.app.find(&hanako, &question).await.unwrap();
    let all = find(asked("ﾌｧｲﾙｻｰﾊﾞ")).await;
    assert_eq!(ids(&all, FoundKind::Row), ["assets/1"]);
    let marked = &all.groups.iter().find(|g| g.kind == FoundKind::Row).unwrap().items[0].pieces[0].1;
    assert!(marked.iter().any(|p| p.found && p.text == "ファイルサーバー"), "{marked:?}");

    // Another name is found, the old one is not; ended rows are found as such.
    let key = RowKey::new("assets", 1);
    city.app.change_row(&hanako, &key, 1, &row("戸籍の附票")).await.unwrap();
    assert!(ids(&find(asked("附票")).await, FoundKind::Row).is_empty(), "not before the index read it");
    city.indexed().await;
    assert_eq!(ids(&find(asked("付票")).await, FoundKind::Row), ["assets/1"]);
    assert!(ids(&find(asked("住民基本台帳")).await, FoundKind::Row).is_empty());
    city.app.end_row(&hanako, &key, 2, "2026-11-24", "廃止").await.unwrap();
    city.indexed().await;
    let ended = FindQuestion { open: Some(false), ..asked("附票") };
    assert_eq!(ids(&find(ended).await, FoundKind::Row), ["assets/1"]);
    assert!(ids(&find(FindQuestion { open: Some(true), ..asked("附票") }).await, FoundKind::Row).is_empty());

    // Narrowed.
    let mine = FindQuestion { whose: Whose::Mine, ..asked("端末") };
    assert_eq!(ids(&find(mine).await, FoundKind::Request).len(), 1);
    let year = |year| FindQuestion { year: Some(year), ..asked("端末") };
    assert_eq!(ids(&find(year(2026)).await, FoundKind::Request).len(), 1);
    assert!(ids(&find(year(2025)).await, FoundKind::Request).is_empty());
    let taro = city.at("taro", "lgwan").await;
    let section = FindQuestion { whose: Whose::Section, ..asked("様式") };
    let seen = city.app.find(&taro, &section).await.unwrap();
    assert_eq!(ids(&seen, FoundKind::Transfer).len(), 1, "what he received; not what waits");

    // A decision changes who sees it.
    let kacho = city.at("kacho", "lgwan").await;
    let request = ids(&city.app.find(&kacho, &asked("端末")).await.unwrap(), FoundKind::Request).join("");
    city.say(&kacho, &RequestId::new(request), Verdict::Reject).await.unwrap();
    city.indexed().await;
    let over = FindQuestion { open: Some(false), ..asked("端末") };
    assert_eq!(ids(&city.app.find(&kacho, &over).await.unwrap(), FoundKind::Request).len(), 1);

    // Lists that need no index, and numbers of entries.
    assert!(ids(&find(asked("持ち出し")).await, FoundKind::Form).contains(&"take-out"));
    assert!(!find(asked("台帳")).await.policy.unwrap().hits.is_empty());
    while city.app.seal().await.unwrap() > 0 {}
    assert!(ids(&find(asked("0")).await, FoundKind::Evidence).is_empty(), "not for him");
    let kansa = city.at("kansa", "lgwan").await;
    assert_eq!(ids(&city.app.find(&kansa, &asked("#0")).await.unwrap(), FoundKind::Evidence).len(), 1);
    for nothing in ["", "   ", "#99999999", "\u{0}", "\"OR*"] {
        assert!(find(asked(nothing)).await.groups.is_empty(), "{nothing:?}");
    }
}

#[tokio::test]
async fn without_an_index_what_needs_none_is_found() {
    let city = City::open().await;
    let hanako = city.at("hanako", "lgwan").await;
    let found = city.app.find(&hanako, &asked("持出")).await.unwrap();
    assert_eq!(found.index, IndexHealth::None);
    assert!(ids(&found, FoundKind::Form).contains(&"take-out"));
    assert!(!city.app.index_changes().await.unwrap());
}

/// An index that fails as it is told.
struct Failing(IndexError);

#[async_trait]
impl WordIndex for Failing {
    async fn state(&self) -> Result<IndexState, IndexError> {
        Ok(IndexState::default())
    }
    async fn write(&self, _: Vec<IndexChange>, _: &IndexState) -> Result<(), IndexError> {
        Err(self.0.clone())
    }
    async fn find(&self, _: IndexQuestion) -> Result<Vec<String>, IndexError> {
        Err(self.0.clone())
    }
    async fn clear(&self) -> Result<(), IndexError> {
        Ok(())
    }
}

#[tokio::test]
async fn a_full_disk_stops_nothing_but_searching() {
    for (error, health) in [
        (IndexError::Full, IndexHealth::Full),
        (IndexError::Failed("x".to_owned()), IndexHealth::Failed),
        (IndexError::Damaged("x".to_owned()), IndexHealth::Failed),
    ] {
        let city = City::open().await;
        city.app.use_words(Arc::new(Failing(error)));
        assert!(!city.app.index_changes().await.unwrap());
        assert_eq!(city.app.index_health(), health);
        let hanako = city.at("hanako", "lgwan").await;
        city.app.add_row(&hanako, "assets", &row("台帳")).await.unwrap();
        let found = city.app.find(&hanako, &asked("台帳")).await.unwrap();
        assert_eq!(found.index, health);
        assert!(!found.policy.unwrap().hits.is_empty());
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn an_index_of_another_database_is_made_anew() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("words");
    let foreign = NodeIndex::open(&path).unwrap();
    let old = IndexState { house: "another".to_owned(), form: "1".to_owned(), seq: 7_000 };
    foreign.write(Vec::new(), &old).await.unwrap();
    let city = City::open().await;
    city.app.use_words(Arc::new(foreign));
    city.indexed().await;
    let digital = city.at("digital", "lgwan").await;
    let found = city.app.find(&digital, &asked("hanako")).await.unwrap();
    assert_eq!(ids(&found, FoundKind::Person).len(), 1);
}

/// Somebody has another name: what shows it is found by the new one, and by the old one no longer; nothing else is read again.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn what_shows_a_name_is_found_by_the_new_one() {
    let (city, _folder) = city_with_things().await;
    let kacho = city.at("kacho", "lgwan").await;
    let kinds = [FoundKind::Transfer, FoundKind::Request];
    let before =
        [city.found(&kacho, kinds[0], "hanakoさん").await, city.found(&kacho, kinds[1], "hanakoさん").await];
    assert_eq!(before.each_ref().map(BTreeSet::len), [2, 1], "she sent two and applied once");
    let (_, head) = city.store.real.change_head().await.unwrap();

    let rename = async |login: &str, name: &str| {
        let mut rows = city.evidence().await;
        let nth = rows.len();
        let mut entry = rows.pop().unwrap().entry;
        entry.id = workflow::id::EvidenceId::new(format!("renamed-{nth}"));
        let mut tx = city.store.real.begin().await.unwrap();
        let mut user = tx.user(&city.id(login)).await.unwrap().unwrap();
        user.name = name.to_owned();
        tx.update_user(&user).await.unwrap();
        tx.commit(vec![entry]).await.unwrap();
        city.indexed().await;
    };
    rename("hanako", "山本花子").await;
    for (kind, before) in kinds.into_iter().zip(&before) {
        assert_eq!(city.found(&kacho, kind, "山本花子").await, *before, "{kind:?}");
    }
    // What she wrote into a form stays as it was; what only shows her name does not.
    assert!(city.found(&kacho, FoundKind::Transfer, "hanakoさん").await.is_empty());
    // A recipient's name stands in it as well.
    rename("taro", "川上太郎").await;
    assert_eq!(city.found(&kacho, FoundKind::Transfer, "川上").await, before[0]);
    // Who keeps his name is noted himself, and nothing with him.
    let (_, renamed) = city.store.real.change_head().await.unwrap();
    assert!(renamed > head);
    rename("taro", "川上太郎").await;
    let changes = city.store.real.changes_behind(renamed, 100).await.unwrap();
    assert!(changes.iter().all(|c| c.kind != "transfer" && c.kind != "request"), "{changes:?}");
}
