//! A few weeks in the city: random people do random things at random times while the database and the disk fail now
//! and then. After each step nothing may be released that the route did not approve, and the evidence alone must tell
//! where every transfer stands.

use std::{
    collections::{BTreeMap, BTreeSet},
    hash::{BuildHasher as _, RandomState},
};

use app::{
    Error,
    model::{EvidenceQuery, PageRequest},
    ports::Store as _,
};
use worker_protocol::Kind;
use workflow::{
    id::{TransferId, UserId},
    route::Verdict,
    transfer::{Content, FileState, State},
};

use crate::city::{City, content};
use test_city::doubles::{DAY, HOUR, MINUTE};

const STEPS: usize = 200;

/// SplitMix64.
struct Dice(u64);

impl Dice {
    fn roll(&mut self, sides: usize) -> usize {
        self.0 = self.0.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let mut z = self.0;
        z = (z ^ (z >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        z = (z ^ (z >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        ((z ^ (z >> 31)) % sides as u64) as usize
    }

    fn pick<T: Clone>(&mut self, from: &[T]) -> T {
        from[self.roll(from.len())].clone()
    }
}

#[expect(clippy::disallowed_methods, reason = "a test is replayed by the seed that it printed")]
fn seed() -> u64 {
    std::env::var("SEKISHO_SEED")
        .ok()
        .and_then(|text| text.parse().ok())
        .unwrap_or_else(|| RandomState::new().hash_one(0))
}

#[tokio::test]
async fn a_few_weeks_in_the_city() {
    let seed = seed();
    println!("SEKISHO_SEED={seed}");
    let mut dice = Dice(seed);
    let city = City::open().await;
    let mut ids: Vec<TransferId> = Vec::new();
    let mut reached = BTreeSet::new();
    for step in 0..STEPS {
        let touched = act(&city, &mut dice, &mut ids).await;
        city.store.faults.disarm();
        city.blobs.faults.disarm();
        let mut look: Vec<TransferId> = touched.into_iter().collect();
        if step % 20 == 19 {
            look = ids.clone();
        }
        for id in &look {
            reached.insert(check(&city, id).await);
        }
    }
    city.drain().await;
    for id in &ids {
        check(&city, id).await;
    }
    let verification = city.verify().await;
    assert!(verification.entries as usize > STEPS / 2);
    // A city in which nothing happens proves nothing.
    assert!(ids.len() > 10 && reached.len() > 4, "{} transfers reached {reached:?}", ids.len());
}

/// One random thing. Gives the transfer that it may have changed.
async fn act(city: &City, dice: &mut Dice, ids: &mut Vec<TransferId>) -> Option<TransferId> {
    const PEOPLE: [&str; 6] = ["hanako", "taro", "kacho", "hosa", "kakaricho", "digital"];
    const TEXTS: [&str; 8] =
        ["clean", "clean", "partial", "held", "blocked", "locked tulip", "dies-once", "drawing"];
    let kind = dice.roll(22);
    if kind == 0 {
        city.pass(dice.pick(&[5 * MINUTE, HOUR, 8 * HOUR, DAY, 3 * DAY, 9 * DAY]));
        return None;
    }
    let id = if ids.is_empty() { None } else { Some(dice.pick(ids)) };
    let login = dice.pick(&PEOPLE);
    let zone = dice.pick(&["internet", "lgwan", "lgwan", "lgwan", "mynumber"]);
    let actor = city.at(login, zone).await;
    let to = [city.id(dice.pick(&["taro", "hanako"]))];
    let level = dice.pick(&["c1", "c1", "c2", "c3"]);
    let texts: Vec<String> =
        (0..=dice.roll(3)).map(|_| format!("{} {}", dice.pick(&TEXTS), dice.roll(9))).collect();
    let written = Content { personal_data: dice.roll(3) == 0, ..content(level, &to) };
    let channel =
        dice.pick(&["internet-to-lgwan", "lgwan-to-internet", "lgwan-to-mynumber", "mynumber-to-lgwan"]);
    let sender =
        city.at(dice.pick(&["hanako", "taro", "kacho"]), channel.split("-to-").next().unwrap()).await;
    if dice.roll(6) == 0 {
        city.store.faults.arm(dice.roll(25) as i64, 1 + dice.roll(2) as i64);
    }
    if dice.roll(12) == 0 {
        city.blobs.faults.arm(dice.roll(6) as i64, 1);
    }
    let app = &city.app;
    let (result, touched) = match (kind, id) {
        (1..=4, _) | (_, None) => {
            let texts: Vec<&str> = texts.iter().map(String::as_str).collect();
            match city.submit(&sender, channel, written, &texts).await {
                Ok(id) => {
                    ids.push(id.clone());
                    (Ok(()), Some(id))
                }
                Err(error) => (Err(error), None),
            }
        }
        (5..=7, Some(id)) => (app.drain_cells(Default::default()).await.map(drop), Some(id)),
        (8..=11, Some(id)) => {
            let verdict = dice.pick(&[Verdict::Approve, Verdict::Approve, Verdict::Return, Verdict::Reject]);
            let open =
                app.transfers(&actor, app::transfers::Tray::ToDecide, &[], PageRequest::default()).await;
            let waiting = open.ok().and_then(|page| page.rows.first().map(|row| row.id.clone()));
            let id = waiting.unwrap_or(id);
            (city.decide(&actor, &id, verdict).await, Some(id))
        }
        (20 | 21, Some(id)) => {
            let n = dice.roll(city.stored(&id).await.files.len());
            (city.open_original(&actor, &id, n).await.map(drop), Some(id))
        }
        (12, Some(id)) => (app.pull_back(&actor, &id).await, Some(id)),
        (13, Some(id)) if dice.roll(2) == 0 => (app.withdraw(&actor, &id).await, Some(id)),
        (13 | 14, Some(id)) => (app.resubmit(&actor, &id, written).await, Some(id)),
        (15, Some(id)) => {
            let file = city.stored(&id).await.files[0].id.clone();
            let done = if dice.roll(3) == 0 {
                app.block_file(&actor, &id, &file).await
            } else {
                app.retry_file(&actor, &id, &file, Some("tulip".to_owned())).await
            };
            (done, Some(id))
        }
        (16 | 17, Some(id)) => {
            let file = city.stored(&id).await.files[0].id.clone();
            (app.download(&actor, &id, &file).await.map(drop), Some(id))
        }
        (18, Some(id)) => {
            if dice.roll(2) == 0 {
                (app.review(&actor, &id, 0).await, Some(id))
            } else {
                let until = city.now() + DAY;
                (app.set_absence(&actor, city.now(), until, "出張").await, None)
            }
        }
        (_, Some(id)) => (app.tidy().await.and(app.seal().await).map(drop), Some(id)),
    };
    if let Err(Error::Internal(what)) = result {
        panic!("a failure of ours: {what}");
    }
    touched
}

/// The transfer's state, after everything that must hold of it was looked at.
async fn check(city: &City, id: &TransferId) -> State {
    let t = city.stored(id).await;
    if matches!(t.state, State::Ready | State::Received) {
        let mut people: BTreeSet<&UserId> = BTreeSet::from([&t.submitter]);
        for step in 0..t.approval.route.steps.len() {
            let decided: Vec<_> = t
                .approval
                .decisions
                .iter()
                .filter(|d| d.round == t.approval.round && d.step == step)
                .collect();
            let [decision] = decided[..] else { panic!("step {step} has {} decisions", decided.len()) };
            assert_eq!(decision.verdict, Verdict::Approve);
            assert!(
                people.insert(&decision.by)
                    && decision.on_behalf_of.as_ref().is_none_or(|h| people.insert(h))
            );
            // What passed unchanged was opened by whoever let it pass, and he gave his word for it.
            for file in t.files.iter().filter(|f| f.state == FileState::Inspected) {
                assert!(decision.vouches.iter().any(|v| v.file == file.id), "nobody vouched");
                assert!(t.openings.iter().any(|o| o.file == file.id && o.by == decision.by), "unseen");
            }
            if t.files.iter().all(|f| f.clean_erased_at.is_none()) {
                assert_eq!(decision.content_hash, t.content_hash());
            }
        }
        assert!(t.files.iter().all(|f| !matches!(f.state, FileState::Queued | FileState::Held)));
        // No shorter a route than the policy asks for.
        let drawn = t.files.iter().any(|f| f.report.as_ref().is_some_and(|r| r.kind == Some(Kind::Jww)));
        let asked = match (t.channel.as_str(), t.classification.as_str(), t.personal_data) {
            ("internet-to-lgwan", "c1", false) => usize::from(drawn),
            ("internet-to-lgwan", _, _) | ("lgwan-to-internet", "c1" | "c2", false) => 1,
            ("lgwan-to-internet", "c3", _) => panic!("what is secret left"),
            _ => 2,
        };
        assert_eq!(t.approval.route.steps.len(), asked);
    }
    for file in &t.files {
        // What is recorded is there.
        for stored in [&file.original, &file.clean, &file.preview].into_iter().flatten() {
            assert!(city.has_blob(stored).await, "{:?} of {:?} is gone", stored, t.state);
        }
    }
    assert_eq!(told(city, id).await, t.state, "the evidence tells something else");
    t.state
}

/// Where the evidence says that the transfer stands.
async fn told(city: &City, id: &TransferId) -> State {
    let query = EvidenceQuery {
        subject: Some(("transfer".to_owned(), id.as_str().to_owned())),
        page: Some(PageRequest { after: None, limit: 200 }),
        ..EvidenceQuery::default()
    };
    let page = city.store.real.evidence(&query).await.unwrap();
    assert!(page.next.is_none());
    let mut state = State::Sanitising;
    let mut files: BTreeMap<String, FileState> = BTreeMap::new();
    for row in page.rows.iter().rev() {
        let payload: serde_json::Value = serde_json::from_slice(&row.entry.payload).unwrap();
        let details = &payload["details"];
        let file = details["file"].as_str().unwrap_or_default().to_owned();
        match row.entry.kind.as_str() {
            "transfer-submitted" => {
                for file in details["files"].as_array().unwrap() {
                    files.insert(file["id"].as_str().unwrap().to_owned(), FileState::Queued);
                }
            }
            "transfer-resubmitted" => state = State::Sanitising,
            "file-sanitised" => drop(files.insert(file, FileState::Clean)),
            "file-awaits-inspection" => drop(files.insert(file, FileState::Inspected)),
            "file-held" => drop(files.insert(file, FileState::Held)),
            "file-refused" | "file-blocked" => drop(files.insert(file, FileState::Blocked)),
            "file-requeued" => {
                state = State::Sanitising;
                files.insert(file, FileState::Queued);
            }
            "step-opened" => state = State::AwaitingApproval,
            "step-decided" | "step-decided-by-deputy" if details["verdict"] == "return" => {
                state = State::Returned;
            }
            "transfer-pulled-back" | "transfer-withdrawn" | "transfer-refused" | "transfer-expired" => {
                state = State::from_id(details["state"].as_str().unwrap()).unwrap();
            }
            "transfer-released" => state = State::Ready,
            "transfer-received" => state = State::Received,
            _ => {}
        }
        let queued = files.values().any(|f| *f == FileState::Queued);
        if state == State::Sanitising && !queued && files.values().any(|f| *f == FileState::Held) {
            state = State::Held;
        }
    }
    state
}
