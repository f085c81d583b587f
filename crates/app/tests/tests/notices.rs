//! Notices: what tells whom, what ends it, what a person chooses, and mails with everything that happens to them.

use std::{
    collections::BTreeMap,
    sync::{
        Mutex,
        atomic::{AtomicBool, Ordering},
    },
    time::Duration,
};

use app::{
    Error,
    actor::Actor,
    model::{PageRequest, PostHolding, User},
    notices::{Letter, MailError, MailRoad, Mailed, Mailer, NoticeRow, NoticeTray, store::NoticeStore as _},
    ports::Store as _,
    registers::RowInput,
};
use async_trait::async_trait;
use policy::{NoticeKind, Urgency};
use workflow::{
    id::{EvidenceId, UserId},
    request::State as RequestState,
    route::Verdict,
    transfer::State,
};

use crate::{
    city::{City, content},
    requests::answers,
};
use test_city::doubles::{DAY, HOUR};

const MINUTE: i64 = 60_000;

fn page() -> PageRequest {
    PageRequest { after: None, limit: 100 }
}

impl City {
    async fn notices(&self, actor: &Actor, tray: NoticeTray) -> Vec<NoticeRow> {
        self.app.notices(actor, tray, None, page()).await.unwrap().page.rows
    }

    /// The kinds that wait for somebody at a listener, but for those of tasks, which come with the calendar.
    async fn waiting(&self, login: &str, zone: &str) -> Vec<NoticeKind> {
        let mut kinds = self.all_waiting(login, zone).await;
        kinds.retain(|kind| !kind.id().starts_with("task-") && *kind != NoticeKind::SectionLate);
        kinds
    }

    async fn all_waiting(&self, login: &str, zone: &str) -> Vec<NoticeKind> {
        let actor = self.at(login, zone).await;
        self.notices(&actor, NoticeTray::Waiting).await.into_iter().map(|n| n.kind).collect()
    }

    async fn news(&self, login: &str, zone: &str) -> Vec<NoticeKind> {
        let actor = self.at(login, zone).await;
        let mut rows = self.notices(&actor, NoticeTray::News).await;
        rows.retain(|n| n.unread);
        rows.into_iter().map(|n| n.kind).collect()
    }

    async fn unread(&self, login: &str, zone: &str) -> u32 {
        self.at(login, zone).await.unread_notices()
    }

    /// Everybody has looked at everything: what setting up the city told is no matter here.
    async fn all_read(&self, logins: &[&str]) {
        for login in logins {
            self.app.read_notices(&self.at(login, "lgwan").await, None).await.unwrap();
        }
    }

    async fn mail_round(&self, post: &Post) -> Mailed {
        self.app.current().mail_round(post).await.unwrap()
    }
}

fn take_out(until: &str) -> BTreeMap<String, String> {
    answers(&[
        ("what", "ノート端末 S-12"),
        ("kind", "その他"),
        ("quantity", "1"),
        ("place", "支所"),
        ("carrier", "hanako"),
        ("from", "2026-11-24"),
        ("until", until),
        ("purpose", "出張窓口のため"),
    ])
}

/// A mail server that keeps what it took, and says what it was told to say.
#[derive(Default)]
struct Post {
    taken: Mutex<Vec<Letter>>,
    says: Mutex<Option<MailError>>,
}

impl Post {
    fn says(&self, error: Option<MailError>) {
        *self.says.lock().unwrap() = error;
    }

    fn taken(&self) -> Vec<Letter> {
        std::mem::take(&mut self.taken.lock().unwrap())
    }
}

#[async_trait]
impl Mailer for Post {
    fn road(&self) -> MailRoad {
        MailRoad::Server("post.example:25".to_owned())
    }

    fn pause(&self) -> Duration {
        Duration::ZERO
    }

    async fn send(&self, letter: &Letter) -> Result<(), MailError> {
        match self.says.lock().unwrap().clone() {
            Some(error) => Err(error),
            None => {
                self.taken.lock().unwrap().push(letter.clone());
                Ok(())
            }
        }
    }
}

/// What a tour of everything does with notices.
pub(crate) async fn tour(city: &City) {
    let hanako = city.at("hanako", "lgwan").await;
    let chosen = BTreeMap::from([(NoticeKind::Approved, Urgency::AtOnce)]);
    city.app.choose_notices(&hanako, &chosen, "").await.unwrap();
    city.inbound("c2", &["clean told"]).await;
    city.pass(2 * MINUTE);
    let post = Post::default();
    for _ in 0..24 {
        if city.mail_round(&post).await.sent > 0 {
            return;
        }
        city.pass(HOUR);
    }
    panic!("no mail went");
}

#[tokio::test]
async fn what_waits_for_a_decision_tells_who_may_make_it_and_ends_with_it() {
    let mut city = City::open().await;
    city.settle(&[("kacho2", "residents", "section-manager", Some("residents"))]).await;
    let id = city.inbound("c2", &["clean a"]).await;
    for login in ["kacho", "kacho2"] {
        let actor = city.at(login, "lgwan").await;
        let [row] = &city.notices(&actor, NoticeTray::Waiting).await[..] else { panic!() };
        assert_eq!((row.kind, row.title.as_str()), (NoticeKind::Decide, "承認待ち"));
        assert_eq!(row.path.as_deref(), Some(format!("/transfers/{id}/decide").as_str()));
        assert_eq!(row.name.as_deref(), Some("申請書の様式"));
        assert!(row.unread && row.waits && row.due_at.is_some());
        assert_eq!(city.unread(login, "lgwan").await, 1);
    }
    assert_eq!(city.waiting("hosa", "lgwan").await, [], "somebody who may is here");
    // In a zone where it cannot be opened it is words without a name, a number or a way.
    let far = city.at("kacho", "my-number").await;
    let [row] = &city.notices(&far, NoticeTray::Waiting).await[..] else { panic!() };
    assert_eq!((row.name.as_deref(), row.number, row.path.as_deref()), (None, None, None));
    assert_eq!(row.elsewhere, ["internet", "lgwan"]);

    city.decide(&city.at("kacho2", "lgwan").await, &id, Verdict::Approve).await.unwrap();
    for login in ["kacho", "kacho2"] {
        assert_eq!(city.waiting(login, "lgwan").await, [], "done by either of them");
        assert_eq!(city.unread(login, "lgwan").await, 0);
    }
    assert_eq!(city.news("hanako", "internet").await, [NoticeKind::Approved]);
    let taro = city.at("taro", "lgwan").await;
    let [row] = &city.notices(&taro, NoticeTray::Waiting).await[..] else { panic!() };
    assert_eq!((row.kind, row.path.is_some()), (NoticeKind::Arrived, true));
    let outside = city.at("taro", "internet").await;
    let [row] = &city.notices(&outside, NoticeTray::Waiting).await[..] else { panic!() };
    assert_eq!((row.name.as_deref(), row.elsewhere.as_slice()), (None, &["lgwan".to_owned()][..]));

    let file = city.stored(&id).await.files[0].id.clone();
    drop(city.app.download(&taro, &id, &file).await.unwrap());
    assert_eq!(city.state(&id).await, State::Received);
    assert_eq!(city.waiting("taro", "lgwan").await, []);
    assert!(city.news("hanako", "internet").await.contains(&NoticeKind::Received));
}

#[tokio::test]
async fn deputies_are_told_while_everybody_who_may_is_away() {
    let city = City::open().await;
    let kacho = city.at("kacho", "lgwan").await;
    let until = city.now() + 5 * DAY;
    let id = city.inbound("c2", &["clean a"]).await;
    assert_eq!(city.waiting("kacho", "lgwan").await, [NoticeKind::Decide]);
    city.app.set_absence(&kacho, city.now(), until, "出張").await.unwrap();
    assert_eq!(city.waiting("hosa", "lgwan").await, [], "with the next round");
    city.app.tidy().await.unwrap();
    assert_eq!(city.waiting("hosa", "lgwan").await, [NoticeKind::Decide]);
    assert_eq!(city.waiting("kacho", "lgwan").await, [], "he is away");
    // He is back early; what he was told before waits for him again.
    let absence = city.app.absences(&kacho).await.unwrap()[0].id.clone();
    city.app.end_absence(&kacho, &absence).await.unwrap();
    city.app.tidy().await.unwrap();
    assert_eq!(city.waiting("hosa", "lgwan").await, []);
    assert_eq!(city.waiting("kacho", "lgwan").await, [NoticeKind::Decide]);
    let kacho = city.at("kacho", "lgwan").await;
    let waiting = city.notices(&kacho, NoticeTray::Waiting).await;
    assert!(waiting.iter().any(|n| n.kind == NoticeKind::Decide && n.unread), "and is unread again");

    city.app.set_absence(&kacho, city.now(), until, "出張").await.unwrap();
    city.decide(&city.at("hosa", "lgwan").await, &id, Verdict::Approve).await.unwrap();
    assert_eq!(city.waiting("kacho", "lgwan").await, [NoticeKind::Review]);
    let kacho = city.at("kacho", "lgwan").await;
    city.app.review(&kacho, &id, 0).await.unwrap();
    assert_eq!(city.waiting("kacho", "lgwan").await, []);
}

#[tokio::test]
async fn what_comes_back_waits_for_who_sent_it_and_what_he_does_himself_tells_nobody() {
    let city = City::open().await;
    let id = city.inbound("c2", &["clean a"]).await;
    let hanako = city.at("hanako", "internet").await;
    city.app.pull_back(&hanako, &id).await.unwrap();
    assert_eq!(city.waiting("kacho", "lgwan").await, [], "it waits no more");
    assert_eq!(
        (city.waiting("hanako", "internet").await, city.unread("hanako", "internet").await),
        (vec![], 0)
    );
    city.app.resubmit(&hanako, &id, content("c2", &[city.id("taro")])).await.unwrap();
    assert_eq!(city.waiting("kacho", "lgwan").await, [NoticeKind::Decide], "another round");
    city.decide(&city.at("kacho", "lgwan").await, &id, Verdict::Return).await.unwrap();
    assert_eq!(city.waiting("hanako", "internet").await, [NoticeKind::Returned]);
    city.app.withdraw(&hanako, &id).await.unwrap();
    assert_eq!(city.waiting("hanako", "internet").await, []);
    assert_eq!(city.news("hanako", "internet").await, []);

    let held = city.inbound("c2", &["held password"]).await;
    assert_eq!(city.state(&held).await, State::Held);
    assert_eq!(city.waiting("hanako", "internet").await, [NoticeKind::Held]);
    let file = city.stored(&held).await.files[0].id.clone();
    city.app.block_file(&city.at("hanako", "internet").await, &held, &file).await.unwrap();
    assert_eq!(city.waiting("hanako", "internet").await, []);
    assert_eq!(city.news("hanako", "internet").await, [NoticeKind::Refused]);
}

#[tokio::test]
async fn time_reminds_of_decisions_and_permits() {
    let city = City::open().await;
    let hanako = city.at("hanako", "lgwan").await;
    let id = city.apply(&hanako, "take-out", take_out("2026-12-04")).await.unwrap();
    city.pass(10 * DAY);
    city.app.tidy().await.unwrap();
    assert_eq!(city.stored_request(&id).await.state, RequestState::Waiting);
    assert_eq!(city.waiting("kacho", "lgwan").await, [NoticeKind::DecideLate], "the other one ended");

    let mut answers = take_out("2026-12-24");
    answers.insert("from".to_owned(), "2026-12-04".to_owned());
    let taro = city.at("taro", "lgwan").await;
    let again = city.apply(&taro, "take-out", answers).await.unwrap();
    city.say(&city.at("kacho", "lgwan").await, &again, Verdict::Approve).await.unwrap();
    city.say(&city.at("digital", "lgwan").await, &again, Verdict::Approve).await.unwrap();
    assert_eq!(city.news("taro", "lgwan").await, [NoticeKind::Approved]);
    assert_eq!(city.waiting("taro", "lgwan").await, [], "three weeks to go");
    let mut seen = Vec::new();
    for _ in 0..25 {
        city.pass(DAY);
        city.app.tidy().await.unwrap();
        city.app.tidy().await.unwrap();
        let waiting = city.waiting("taro", "lgwan").await;
        if seen.last() != Some(&waiting) {
            seen.push(waiting);
        }
    }
    assert_eq!(seen, [vec![], vec![NoticeKind::PermitEnding], vec![NoticeKind::PermitOverdue]]);
    let taro = city.at("taro", "lgwan").await;
    let told = city.app.notices(&taro, NoticeTray::News, Some(NoticeKind::PermitEnding), page()).await;
    assert_eq!(told.unwrap().page.rows.len(), 2, "seven days and one day before");
    city.app.give_back(&taro, &again).await.unwrap();
    assert_eq!(city.waiting("taro", "lgwan").await, []);
}

#[tokio::test]
async fn tasks_tell_owners_and_those_above() {
    let city = City::open().await;
    city.app.tidy().await.unwrap();
    let mut kinds = Vec::new();
    for _ in 0..45 {
        city.pass(DAY);
        city.app.tidy().await.unwrap();
        for kind in city.all_waiting("tanto", "lgwan").await {
            if !kinds.contains(&kind) {
                kinds.push(kind);
            }
        }
    }
    assert!(kinds.contains(&NoticeKind::TaskDue) && kinds.contains(&NoticeKind::TaskOverdue), "{kinds:?}");
    assert!(city.all_waiting("digital", "lgwan").await.contains(&NoticeKind::TaskEscalated));
    let heads = city.at("kacho", "lgwan").await;
    let told = city.app.notices(&heads, NoticeTray::Waiting, None, page()).await.unwrap().page.rows;
    let section = format!("({})", city.app.section_name(&heads.user().section));
    assert!(
        told.iter().any(|row| row.name.as_ref().is_some_and(|name| name.ends_with(&section))),
        "a task of each section says of which: {told:?}"
    );
    let late: Vec<_> = city.notices(&heads, NoticeTray::Waiting).await;
    let late: Vec<_> = late.iter().filter(|n| n.kind == NoticeKind::SectionLate).collect();
    assert_eq!(late.len(), 1, "once a week, and last week's ended");
    assert!(late[0].number > Some(0) && late[0].path.as_deref() == Some("/tasks?tray=overdue"));
}

/// What waits in a register is told once, however much of it there is, and ends with the last row.
#[tokio::test]
async fn rows_that_wait_for_a_class_tell_the_manager_of_their_section() {
    let mut city = City::open().await;
    city.settle(&[("itkacho", "digital", "section-manager", Some("digital"))]).await;
    let told = async |login: &str, zone: &str| {
        let actor = city.at(login, zone).await;
        let rows = city.notices(&actor, NoticeTray::Waiting).await;
        rows.into_iter().filter(|n| n.kind == NoticeKind::RowClass).collect::<Vec<_>>()
    };
    let hanako = city.at("hanako", "lgwan").await;
    let mut unknown: BTreeMap<String, String> =
        answers(&[("name", "録音"), ("kind", "電子データ"), ("place", "書庫"), ("keeper", "hanako")]);
    let input = |values: &BTreeMap<String, String>| RowInput {
        section: Some("residents".to_owned()),
        values: values.clone(),
        reason: String::new(),
    };
    let first = city.app.add_row(&hanako, "assets", &input(&unknown)).await.unwrap();
    unknown.insert("name".to_owned(), "録音その2".to_owned());
    let second = city.app.add_row(&hanako, "assets", &input(&unknown)).await.unwrap();
    let kacho = city.at("kacho", "lgwan").await;
    let [row] = &told("kacho", "lgwan").await[..] else { panic!("one for both") };
    assert_eq!(row.path.as_deref(), Some("/registers/assets?stage=waiting"));
    assert_eq!(row.name.as_deref(), Some("情報資産台帳"));
    let [far] = &told("kacho", "internet").await[..] else { panic!() };
    assert_eq!((far.name.as_deref(), far.path.as_deref()), (None, None), "registers are not kept there");
    for other in ["hanako", "fukushi", "itkacho", "digital"] {
        assert_eq!(told(other, "lgwan").await, [], "{other}");
    }
    // Another round tells nothing twice, and whoever got the post since is told within a day.
    city.app.read_notices(&kacho, None).await.unwrap();
    city.pass(DAY);
    city.app.tidy().await.unwrap();
    let [row] = &told("kacho", "lgwan").await[..] else { panic!() };
    assert!(!row.unread);
    let digital = city.at("digital", "lgwan").await;
    city.app.give_post(&digital, city.id_of("fukushi"), "section-manager", Some("residents")).await.unwrap();
    city.pass(DAY);
    city.app.tidy().await.unwrap();
    assert_eq!(told("fukushi", "lgwan").await.len(), 1);

    for (key, left) in [(&first, 1), (&second, 0)] {
        let kacho = city.at("kacho", "lgwan").await;
        let row = city.app.register_row(&kacho, key).await.unwrap().row.row;
        let mut values = city.app.typed(city.app.register("assets").unwrap(), &row);
        for (axis, level) in [("confidentiality", "c2"), ("integrity", "i1"), ("availability", "a1")] {
            values.insert(axis.to_owned(), level.to_owned());
        }
        city.app.change_row(&kacho, key, row.version, &input(&values)).await.unwrap();
        assert_eq!(told("kacho", "lgwan").await.len(), left, "until the last");
    }
    assert_eq!(told("fukushi", "lgwan").await, [], "done by either of them");
    // What waits then is a new matter.
    unknown.insert("name".to_owned(), "録音その3".to_owned());
    let hanako = city.at("hanako", "lgwan").await;
    city.app.add_row(&hanako, "assets", &input(&unknown)).await.unwrap();
    let [row] = &told("kacho", "lgwan").await[..] else { panic!() };
    assert!(row.unread);
}

#[tokio::test]
async fn an_imported_text_waits_for_its_reviewers_until_it_is_confirmed_or_given_up() {
    let city = City::open().await;
    let digital = city.at("digital", "lgwan").await;
    let waits = async |login: &str| {
        let actor = city.at(login, "lgwan").await;
        let rows = city.notices(&actor, NoticeTray::Waiting).await;
        rows.into_iter().find(|n| n.kind == NoticeKind::ImportReview)
    };
    let id = crate::importing::imported(&city, &digital).await;
    assert_eq!(waits("digital").await.unwrap().path, Some(format!("/imports/{id}")));
    for other in ["hanako", "kacho", "kansa"] {
        assert!(waits(other).await.is_none(), "{other}");
    }
    let all = city.app.import_review(&digital, &id).await.unwrap().draft.import().statements.len();
    let confirm = (0..all).map(|statement| policy::import::Correction::Confirm { statement }).collect();
    city.app.correct_import(&digital, &id, 1, confirm).await.unwrap();
    assert!(waits("digital").await.is_some(), "a step is not the end");
    city.app.confirm_import(&digital, &id, 2).await.unwrap();
    assert!(waits("digital").await.is_none());
    city.app.reopen_import(&digital, &id, 3).await.unwrap();
    assert!(waits("digital").await.is_some());
    city.app.discard_import(&digital, &id, 4, "試し").await.unwrap();
    assert!(waits("digital").await.is_none());
}

const FOR_EVERYBODY: &str = "[[duty]]\nid = \"renewal\"\ntitle = \"職員証の更新\"\nhelp = \"職員証を更新する。\"\n\
    owner = \"staff\"\neach = \"person\"\nevery = \"fiscal-year\"\ndue = { month = 11, day = 30 }\nremind_days = [14]\n\
    statements = [\"base/business-use-only\"]\n";

/// People like Hanako, so many, written at once: what they can do is no matter here.
async fn crowd(city: &City, people: usize) {
    let hanako = city.id("hanako");
    let one = city.store.real.user(&hanako).await.unwrap().unwrap();
    let held = city.store.real.posts_of(&hanako, city.now()).await.unwrap().remove(0);
    let mut entry = city.evidence().await.pop().unwrap().entry;
    let mut tx = city.store.real.begin().await.unwrap();
    for n in 0..people {
        let id = UserId::new(format!("crowd-{n:05}"));
        let login = format!("crowd.{n:05}");
        tx.insert_user(&User { id: id.clone(), login, ..one.clone() }).await.unwrap();
        tx.insert_post(&PostHolding { user: id, ..held.clone() }).await.unwrap();
    }
    entry.id = EvidenceId::new("00000000-0000-7000-8000-000000000001");
    tx.commit(vec![entry]).await.unwrap();
}

/// The night on which everybody of a large body is told of one duty: few steps for thousands, and one mail a person, in the morning.
#[tokio::test]
async fn one_duty_for_everybody_is_told_in_few_steps_and_goes_with_the_digest() {
    const FEW: usize = 500;
    const MANY: usize = 6_500;
    let mut steps = Vec::new();
    for people in [FEW, MANY] {
        let city = City::open_with(FOR_EVERYBODY).await;
        crowd(&city, people).await;
        let before = city.store.faults.calls.load(Ordering::SeqCst);
        assert!(city.app.tidy().await.unwrap().tasks_made > u64::try_from(people).unwrap());
        steps.push(city.store.faults.calls.load(Ordering::SeqCst) - before);

        let told = |people: Vec<UserId>| people.iter().filter(|p| p.as_str().starts_with("crowd-")).count();
        let due = async |after: i64| {
            told(city.store.real.due_mail_people(city.now() + after, 20_000).await.unwrap())
        };
        assert_eq!(due(2 * MINUTE).await, 0, "nobody's mail goes at once");
        assert_eq!(due(DAY).await, people, "everybody's with the next digest");
        city.pass(DAY);
        let post = Post::default();
        city.mail_round(&post).await;
        let letters = post.taken();
        assert!(!letters.is_empty());
        for letter in letters.iter().filter(|l| l.to.starts_with("crowd.")) {
            assert!(letter.digest && letter.items.len() == 1, "{letter:?}");
        }
        assert_eq!(city.app.tidy().await.unwrap().tasks_made, 0, "once");
    }
    // Parts of five hundred: begin, tasks, notices, commit. Nothing is asked for each person, and nothing for each pair.
    let [few, many] = steps[..] else { panic!() };
    let parts = i64::try_from((MANY - FEW) / 500).unwrap();
    assert!(many - few <= parts * 6, "{few} steps for {FEW} people, {many} for {MANY}");
}

#[tokio::test]
async fn a_changed_account_tells_its_person_and_only_him() {
    let city = City::open().await;
    let digital = city.at("digital", "lgwan").await;
    city.app.reset_second_factor(&digital, city.id_of("kacho")).await.unwrap();
    city.app.give_post(&digital, city.id_of("hanako"), "chief", Some("residents")).await.unwrap();
    assert_eq!(city.news("hanako", "lgwan").await, [NoticeKind::Account]);
    assert_eq!(city.news("taro", "lgwan").await, []);
    let hanako = city.at("hanako", "lgwan").await;
    let [row] = &city.notices(&hanako, NoticeTray::News).await[..] else { panic!() };
    // Somebody else's notice is not his to mark.
    assert_eq!(
        city.app
            .read_notices(&city.at("taro", "lgwan").await, Some(std::slice::from_ref(&row.id)))
            .await
            .unwrap(),
        0
    );
    assert_eq!(city.app.read_notices(&hanako, Some(std::slice::from_ref(&row.id))).await.unwrap(), 1);
    assert_eq!(
        city.app.read_notices(&hanako, Some(std::slice::from_ref(&row.id))).await.unwrap(),
        0,
        "again"
    );
    assert_eq!(city.unread("hanako", "lgwan").await, 0);
    let many = vec![row.id.clone(); 999];
    assert!(matches!(city.app.read_notices(&hanako, Some(&many)).await, Err(Error::Invalid { .. })));
}

#[tokio::test]
async fn a_person_chooses_but_nothing_weaker_than_the_body_asks_for() {
    let city = City::open().await;
    let kacho = city.at("kacho", "lgwan").await;
    let choose = |kind, urgency| BTreeMap::from([(kind, urgency)]);
    let weak = city.app.choose_notices(&kacho, &choose(NoticeKind::DecideLate, Urgency::Digest), "").await;
    assert!(matches!(weak, Err(Error::Invalid { problem: "not-allowed", .. })), "{weak:?}");
    for address in ["kacho@elsewhere.example", "kacho@city.hoshimi.example\r\nBcc: x@y.example", "kacho"] {
        let refused = city.app.choose_notices(&kacho, &BTreeMap::new(), address).await;
        assert!(matches!(refused, Err(Error::Invalid { field: "mail-address", .. })), "{address}");
    }
    let settings = city.app.notice_settings(&kacho).await.unwrap();
    assert_eq!(settings.mails_go_to.as_deref(), Some("kacho@city.hoshimi.example"), "by his login");
    let chosen = choose(NoticeKind::Decide, Urgency::ScreenOnly);
    city.app.choose_notices(&kacho, &chosen, "Kacho.S@city.hoshimi.example").await.unwrap();
    let settings = city.app.notice_settings(&kacho).await.unwrap();
    assert_eq!(settings.mails_go_to.as_deref(), Some("Kacho.S@city.hoshimi.example"));
    let decide = settings.choices.iter().find(|c| c.kind == NoticeKind::Decide).unwrap();
    assert_eq!((decide.usual, decide.chosen), (Urgency::AtOnce, Some(Urgency::ScreenOnly)));
    assert_eq!(city.last_kind().await, "notices-chosen");

    let post = Post::default();
    city.all_read(&["kacho", "hanako", "taro", "digital", "tanto"]).await;
    city.inbound("c2", &["clean a"]).await;
    city.pass(5 * MINUTE);
    assert_eq!(city.mail_round(&post).await, Mailed::default(), "on the screen only");
    assert_eq!(city.waiting("kacho", "lgwan").await, [NoticeKind::Decide]);
}

#[tokio::test]
async fn mails_are_bundled_go_once_and_leave_out_what_ended() {
    let city = City::open().await;
    let post = Post::default();
    let everybody = ["kacho", "hanako", "taro", "digital", "tanto"];
    city.all_read(&everybody).await;
    let first = city.inbound("c2", &["clean a"]).await;
    city.pass(30_000);
    assert_eq!(city.mail_round(&post).await.made, 0, "a minute has not passed");
    city.inbound("c2", &["clean b"]).await;
    let third = city.inbound("c2", &["clean c"]).await;
    city.pass(40_000);
    assert_eq!(city.mail_round(&post).await, Mailed { made: 1, sent: 1, ..Mailed::default() });
    let [letter] = &post.taken()[..] else { panic!() };
    assert_eq!(
        (letter.to.as_str(), letter.items.len(), letter.digest),
        ("kacho@city.hoshimi.example", 3, false)
    );
    let item = &letter.items[0];
    assert_eq!(
        (item.title.as_str(), item.name.as_deref()),
        ("承認待ち", None),
        "nobody's words leave their zone"
    );
    assert!(item.path.starts_with("/transfers/") && item.zone.as_deref() == Some("internet"));
    assert_eq!(city.mail_round(&post).await, Mailed::default(), "not again");

    // Decided before the mail about it goes: then there is none.
    city.decide(&city.at("kacho", "lgwan").await, &first, Verdict::Reject).await.unwrap();
    city.all_read(&["hanako"]).await;
    let fourth = city.inbound("c2", &["clean d"]).await;
    city.pass(2 * MINUTE);
    post.says(Some(MailError::Later("450 try again".to_owned())));
    let kept = city.mail_round(&post).await;
    assert_eq!((kept.made, kept.later), (1, 1));
    city.decide(&city.at("kacho", "lgwan").await, &fourth, Verdict::Reject).await.unwrap();
    city.all_read(&["hanako"]).await;
    post.says(None);
    city.pass(5 * MINUTE);
    assert_eq!(city.mail_round(&post).await, Mailed { moot: 1, ..Mailed::default() });
    assert_eq!(post.taken(), []);
    assert_eq!(city.stored(&third).await.state, State::AwaitingApproval);
}

#[tokio::test]
async fn the_digest_goes_once_on_an_open_day_whatever_the_clock_does() {
    let city = City::open().await;
    let post = Post::default();
    city.all_read(&["kacho", "hanako", "taro", "digital", "tanto"]).await;
    let hanako = city.at("hanako", "lgwan").await;
    let apply = async |from: &str, until: &str| {
        let mut answers = take_out(until);
        answers.insert("from".to_owned(), from.to_owned());
        city.apply(&hanako, "take-out", answers).await.unwrap()
    };
    let approve = async |id| {
        city.say(&city.at("kacho", "lgwan").await, id, Verdict::Approve).await.unwrap();
        city.say(&city.at("digital", "lgwan").await, id, Verdict::Approve).await.unwrap();
    };
    // Friday afternoon: what is for the digest waits until Monday at eight.
    city.pass(3 * DAY);
    let first = apply("2026-11-27", "2026-12-24").await;
    approve(&first).await;
    let mut went = Vec::new();
    for hour in 0..72 {
        city.pass(HOUR);
        if city.mail_round(&post).await.made > 0 {
            went.push((hour, post.taken()));
        }
    }
    let digests: Vec<_> =
        went.iter().flat_map(|(h, l)| l.iter().map(move |l| (*h, l))).filter(|(_, l)| l.digest).collect();
    let [(hour, letter)] = &digests[..] else { panic!("{went:#?}") };
    // From 15 o'clock on Friday to 8 o'clock on Monday are 65 hours; the first round is an hour later than the first count.
    assert_eq!((*hour, letter.to.as_str(), letter.items.len()), (64, "hanako@city.hoshimi.example", 1));
    assert_eq!(letter.items[0].name.as_deref().map(|n| n.contains("持出")), Some(true), "{letter:?}");

    // The clock goes back over eight o'clock: there is no second digest on this day.
    city.pass(-10 * HOUR);
    let second = apply("2026-11-30", "2026-12-25").await;
    approve(&second).await;
    let mut more = 0;
    for _ in 0..20 {
        city.pass(HOUR);
        city.mail_round(&post).await;
        more += post.taken().iter().filter(|l| l.digest && l.to.starts_with("hanako")).count();
    }
    assert_eq!(more, 0);
    for _ in 0..14 {
        city.pass(HOUR);
        city.mail_round(&post).await;
        more += post.taken().iter().filter(|l| l.digest && l.to.starts_with("hanako")).count();
    }
    assert_eq!(more, 1, "the next open day");
}

#[tokio::test]
async fn a_mail_server_that_is_down_loses_nothing_and_one_that_refuses_is_seen() {
    let city = City::open().await;
    let post = Post::default();
    city.all_read(&["kacho", "hanako", "taro", "digital", "tanto"]).await;
    city.inbound("c2", &["clean a"]).await;
    city.pass(2 * MINUTE);
    post.says(Some(MailError::Down("connection refused".to_owned())));
    assert_eq!(city.mail_round(&post).await.later, 1);
    let digital = city.at("digital", "lgwan").await;
    let seen = city.app.mails(&digital, page()).await.unwrap();
    assert_eq!((seen.waiting, seen.down.map(|(why, _)| why)), (1, Some("connection refused".to_owned())));
    assert_eq!(seen.waiting_rows[0].tries, 0, "it was not this mail's fault");
    post.says(None);
    assert_eq!(city.mail_round(&post).await, Mailed::default(), "it waits before it asks again");
    city.pass(2 * MINUTE);
    assert_eq!(city.mail_round(&post).await.sent, 1);
    assert_eq!(city.app.mails(&digital, page()).await.unwrap().down, None);
    post.taken();

    city.inbound("c2", &["clean b"]).await;
    city.pass(2 * MINUTE);
    post.says(Some(MailError::Never("550 no such user\r\nhere".to_owned())));
    assert_eq!(city.mail_round(&post).await.refused, 1);
    let seen = city.app.mails(&digital, page()).await.unwrap();
    let [refused] = &seen.refused.rows[..] else { panic!("{seen:?}") };
    assert_eq!(
        (refused.error.as_deref(), refused.person_name.as_str()),
        (Some("550 no such user  here"), "kachoさん")
    );
    assert_eq!((seen.today.sent, seen.today.refused), (1, 1));
    let hanako = city.at("hanako", "lgwan").await;
    assert!(matches!(city.app.mails(&hanako, page()).await, Err(Error::Denied { .. })));
    assert!(matches!(city.app.try_mail_again(&hanako, &refused.id).await, Err(Error::Denied { .. })));
    assert!(matches!(city.app.try_mail_again(&digital, "nothing").await, Err(Error::NotFound)));
    post.says(None);
    city.app.try_mail_again(&digital, &refused.id).await.unwrap();
    assert_eq!(city.mail_round(&post).await.sent, 1);
    // The day's mails are evidence once, as numbers.
    for _ in 0..2 {
        city.pass(DAY);
        city.app.tidy().await.unwrap();
        city.app.tidy().await.unwrap();
    }
    let counted: Vec<_> =
        city.evidence().await.into_iter().filter(|r| r.entry.kind == "notices-mailed").collect();
    let [entry] = &counted[..] else { panic!("{counted:?}") };
    let said = String::from_utf8_lossy(&entry.entry.payload).into_owned();
    assert!(said.contains(r#""sent":2"#) && !said.contains("kacho"), "{said}");
    assert!(!entry.entry.statements.is_empty());
}

#[tokio::test]
async fn no_mail_goes_in_quiet_hours_or_to_nowhere() {
    let city = City::open().await;
    let post = Post::default();
    city.all_read(&["kacho", "hanako", "taro", "digital", "tanto"]).await;
    // 22 o'clock.
    city.pass(7 * HOUR);
    city.inbound("c2", &["clean a"]).await;
    for _ in 0..8 {
        city.pass(HOUR);
        assert_eq!(city.mail_round(&post).await, Mailed::default());
    }
    city.pass(HOUR);
    assert_eq!(city.mail_round(&post).await.sent, 1, "at seven");
    // What should have gone a week ago stands on the screen, and is no mail any more.
    city.inbound("c2", &["clean b"]).await;
    city.pass(9 * DAY);
    let late = city.mail_round(&post).await;
    assert_eq!(late.made, 0, "{late:?}");
    assert_eq!(city.waiting("kacho", "lgwan").await.len(), 2);
}

/// Whatever call of the store fails: the change is there with its notice, or neither is.
#[tokio::test]
async fn a_notice_comes_with_its_change_or_not_at_all() {
    let city = City::open().await;
    let hanako = city.at("hanako", "lgwan").await;
    let seen = AtomicBool::new(false);
    for skip in 0..400 {
        let before = city.store.real.unread_notices(city.id_of("kacho"), 100).await.unwrap();
        city.store.faults.arm(skip, 1);
        let applied = city.apply(&hanako, "take-out", take_out("2026-12-04")).await;
        let armed = city.store.faults.disarm();
        let after = city.store.real.unread_notices(city.id_of("kacho"), 100).await.unwrap();
        assert_eq!(after - before, u32::from(applied.is_ok()), "{skip}: {applied:?}");
        if armed && applied.is_ok() {
            seen.store(true, Ordering::SeqCst);
            break;
        }
    }
    assert!(seen.load(Ordering::SeqCst), "every call was tried");
}

#[tokio::test]
async fn old_notices_go_and_what_waits_stays() {
    let city = City::open().await;
    let id = city.inbound("c1", &["clean a"]).await;
    assert_eq!(city.state(&id).await, State::Ready);
    let taro = city.at("taro", "lgwan").await;
    let file = city.stored(&id).await.files[0].id.clone();
    drop(city.app.download(&taro, &id, &file).await.unwrap());
    city.app.reset_second_factor(&city.at("digital", "lgwan").await, city.id_of("kacho")).await.unwrap();
    city.pass(399 * DAY);
    assert_eq!(city.app.tidy().await.unwrap().notices_erased, 0);
    city.pass(2 * DAY);
    assert!(city.app.tidy().await.unwrap().notices_erased > 0);
    assert!(!city.news("taro", "lgwan").await.contains(&NoticeKind::Received));
}
