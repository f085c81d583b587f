//! The server is killed again and again while people work. Whatever moment it was, what had been answered holds.

use std::{
    collections::BTreeMap,
    fs,
    path::Path,
    sync::{
        Mutex, RwLock,
        atomic::{AtomicBool, AtomicU64, Ordering},
    },
    thread::{scope, sleep},
    time::Duration,
};

use serde_json::{Value, json};
use sha2::{Digest as _, Sha256};

use crate::{
    files,
    house::{House, Person, can_run, copy_of_a_city, inbound, setting},
};

/// Kills of an ordinary run: enough to hit each kind of work, few enough for every build.
const KILLS: u64 = 10;
/// After a start, every file that had been taken must come to rest within this.
const REST_SECONDS: u32 = 60;
/// Submissions that may wait at once, so that cells keep up with people.
const UNDER_WAY_MAX: usize = 12;

/// Repeatable choices: xorshift64*, which is plenty for moments and sizes.
struct Dice(AtomicU64);

impl Dice {
    fn below(&self, n: u64) -> u64 {
        let step = |mut x: u64| {
            x ^= x >> 12;
            x ^= x << 25;
            x ^ (x >> 27)
        };
        let x = self.0.fetch_update(Ordering::SeqCst, Ordering::SeqCst, |x| Some(step(x))).unwrap_or(1);
        (step(x).wrapping_mul(0x2545_F491_4F6C_DD1D) >> 33) % n
    }
}

/// One submission as its sender remembers it.
#[derive(Clone)]
struct Sent {
    form: Value,
    files: Vec<(Vec<u8>, Vec<u8>)>,
    by: usize,
    /// What the server answered, if the answer arrived.
    id: Option<String>,
    /// Whether it was seen at rest.
    rests: bool,
}

/// What the clients know, whatever happens to the server.
struct Memory {
    senders: Vec<Person>,
    approver: Person,
    recipient: Person,
    recipient_id: String,
    sent: Mutex<BTreeMap<String, Sent>>,
    /// The running server's addresses; nobody may be in the middle of reading them while it is replaced.
    house: RwLock<Option<House>>,
    stop: AtomicBool,
    taken: AtomicU64,
    decided: AtomicU64,
    broken: Mutex<Vec<String>>,
    dice: Dice,
}

#[test]
fn killed_at_any_moment_nothing_answered_is_lost_and_nothing_passes() {
    if !can_run() {
        return;
    }
    let kills = setting("SEKISHO_KILLS").unwrap_or(KILLS);
    let seed = setting("SEKISHO_SEED").unwrap_or_else(|| u64::from(std::process::id()));
    eprintln!("SEKISHO_SEED={seed} SEKISHO_KILLS={kills}");
    let folder = tempfile::tempdir().unwrap();
    let data = folder.path().join("city");
    copy_of_a_city(&data);
    let house = House::open(&data);
    let senders = vec![house.log_in("sakura", "internet"), house.log_in("yanagi", "internet")];
    let memory = Memory {
        recipient_id: senders[0].candidate("momiji"),
        senders,
        approver: house.log_in("wakaba", "lgwan"),
        recipient: house.log_in("momiji", "lgwan"),
        sent: Mutex::default(),
        house: RwLock::new(Some(house)),
        stop: AtomicBool::new(false),
        taken: AtomicU64::new(0),
        decided: AtomicU64::new(0),
        broken: Mutex::default(),
        dice: Dice(AtomicU64::new(seed.wrapping_mul(0x9E37_79B9_7F4A_7C15) | 1)),
    };
    let checkpoints = folder.path().join("checkpoints");
    fs::create_dir(&checkpoints).unwrap();
    scope(|threads| {
        // Set also when an assertion below fails: otherwise the scope would wait for ever.
        let _ends = Ends(&memory.stop);
        for sender in 0..memory.senders.len() {
            let memory = &memory;
            threads.spawn(move || memory.keep_sending(sender));
        }
        threads.spawn(|| memory.keep_approving());
        threads.spawn(|| memory.keep_taking());
        for kill in 0..kills {
            sleep(Duration::from_millis(150 + memory.dice.below(1_200)));
            memory.kill_and_open(&data, &checkpoints.join(format!("{kill:04}")));
            memory.check(&format!("seed {seed}, after kill {kill}"), false);
        }
        memory.stop.store(true, Ordering::SeqCst);
    });
    memory.check(&format!("seed {seed}, at the end"), true);
    let house = memory.house.write().unwrap().take().unwrap();
    let log = house.log();
    house.kill();

    let sent = memory.sent.lock().unwrap();
    let (taken, decided) = (memory.taken.load(Ordering::SeqCst), memory.decided.load(Ordering::SeqCst));
    let answered = sent.values().filter(|s| s.id.is_some()).count();
    eprintln!("{} submissions, {answered} answered, {decided} decisions, {taken} files taken", sent.len());
    assert!(answered > 0 && taken > 0 && decided > 0, "the test did nothing: {log}");
    assert!(!log.contains("panicked"), "{log}");

    // Evidence: one history that continues every checkpoint that was ever shown.
    let export = folder.path().join("export");
    House::export("--data", &data, &export);
    let mut shown: Vec<_> = fs::read_dir(&checkpoints).unwrap().map(|e| e.unwrap().path()).collect();
    shown.sort();
    assert_eq!(shown.len() as u64, kills);
    for checkpoint in shown {
        House::verify(&export, &checkpoint).unwrap_or_else(|e| panic!("{}: {e}", checkpoint.display()));
    }
}

struct Ends<'a>(&'a AtomicBool);

impl Drop for Ends<'_> {
    fn drop(&mut self) {
        self.0.store(true, Ordering::SeqCst);
    }
}

impl Memory {
    /// Somebody's session at the server that runs now. The lock is not held while he speaks to it: being cut off is
    /// what this is about.
    fn now(&self, person: &Person) -> Option<Person> {
        self.house.read().unwrap().as_ref().map(|house| person.at(house))
    }

    fn complain(&self, what: String) {
        self.broken.lock().unwrap().push(what);
    }

    fn keep_sending(&self, sender: usize) {
        for number in 0_u64.. {
            sleep(Duration::from_millis(50 + self.dice.below(200)));
            if self.stop.load(Ordering::SeqCst) {
                return;
            }
            let under_way = self.sent.lock().unwrap().values().filter(|s| s.id.is_some() && !s.rests).count();
            let Some(person) = self.now(&self.senders[sender]) else { continue };
            if under_way >= UNDER_WAY_MAX {
                continue;
            }
            let key = format!("storm-{sender}-{number}");
            let level = if self.dice.below(2) == 0 { "c1" } else { "c2" };
            let mut files = vec![("メモ.txt".into(), files::text(&key))];
            match self.dice.below(3) {
                0 => files.push(("調査票.docm".into(), files::with_macro(&key))),
                1 => files.push(("名簿.csv".into(), files::with_formula(&number.to_string()))),
                _ => {}
            }
            let form = inbound(&key, level, &self.recipient_id);
            let mut sent = Sent { form, files, by: sender, id: None, rests: false };
            if let Ok(answer) = person.submit(&sent.form, &sent.files) {
                match answer.status {
                    201 => sent.id = Some(answer.json()["id"].as_str().unwrap().to_owned()),
                    // Too busy is an answer; anything else of the server's own failing is not.
                    503 => {}
                    other => self.complain(format!("{key}: {other} {}", answer.text())),
                }
            }
            self.sent.lock().unwrap().insert(key, sent);
        }
    }

    fn keep_approving(&self) {
        while !self.stop.load(Ordering::SeqCst) {
            sleep(Duration::from_millis(100));
            let Some(person) = self.now(&self.approver) else { continue };
            // Whatever breaks off here is tried again on the next round.
            let _ = self.approve_all(&person);
        }
    }

    fn approve_all(&self, person: &Person) -> std::io::Result<()> {
        let waiting = person.api("/transfers?tray=to-decide")?;
        for row in waiting.json()["rows"].as_array().into_iter().flatten() {
            let id = row["id"].as_str().unwrap();
            let seen = person.api(&format!("/transfers/{id}"))?.json();
            let form = json!({ "verdict": "approve", "seen_hash": seen["content_hash"] });
            let answer = person.post(&format!("/transfers/{id}/decision"), &form)?;
            match answer.status {
                204 => drop(self.decided.fetch_add(1, Ordering::SeqCst)),
                // Decided already by a request whose answer was lost.
                409 | 503 => {}
                other => self.complain(format!("decision on {id}: {other} {}", answer.text())),
            }
        }
        Ok(())
    }

    fn keep_taking(&self) {
        while !self.stop.load(Ordering::SeqCst) {
            sleep(Duration::from_millis(100));
            let Some(person) = self.now(&self.recipient) else { continue };
            let _ = self.take_all(&person);
        }
    }

    fn take_all(&self, person: &Person) -> std::io::Result<()> {
        let home = person.api("/home")?.json();
        for row in home["to_receive"].as_array().into_iter().flatten() {
            let id = row["id"].as_str().unwrap();
            let seen = person.api(&format!("/transfers/{id}"))?.json();
            for file in seen["files"].as_array().into_iter().flatten() {
                let (name, file_id) = (file["name"].as_str().unwrap(), file["id"].as_str().unwrap());
                let answer = person.api(&format!("/transfers/{id}/files/{file_id}"))?;
                if answer.status != 200 {
                    self.complain(format!("taking {name} of {id}: {} {}", answer.status, answer.text()));
                    continue;
                }
                self.taken.fetch_add(1, Ordering::SeqCst);
                let hash = hex::encode(Sha256::digest(&answer.body));
                if file["clean"]["sha256"] != *hash {
                    self.complain(format!("{name} of {id} is not what evidence says"));
                }
                if let Some(why) = files::unclean(name, &answer.body) {
                    self.complain(format!("{id}: {why}"));
                }
            }
        }
        Ok(())
    }

    fn kill_and_open(&self, data: &Path, checkpoint: &Path) {
        let shown = self.house.read().unwrap().as_ref().unwrap().checkpoint();
        fs::write(checkpoint, shown).unwrap();
        // So that the kill does not always follow an answer closely.
        sleep(Duration::from_millis(self.dice.below(60)));
        let house = self.house.write().unwrap().take().unwrap();
        house.kill();
        let house = House::open(data);
        *self.house.write().unwrap() = Some(house);
    }

    /// Everything that must hold after any start. `all` waits for rest and looks at every submission; otherwise those
    /// that were under way, and a few old ones.
    fn check(&self, when: &str, all: bool) {
        let known: Vec<(String, Sent)> =
            self.sent.lock().unwrap().iter().map(|(key, sent)| (key.clone(), sent.clone())).collect();
        let count = known.len() as u64;
        for (key, mut sent) in known {
            // About ten, however many there are: a check must not take longer with every kill.
            if !all && sent.rests && self.dice.below(count) >= 10 {
                continue;
            }
            let person = self.now(&self.senders[sent.by]).unwrap();
            // The same key is the same transfer, whether or not its first answer arrived.
            let again = person.submit(&sent.form, &sent.files).unwrap();
            let id = again.with(201)["id"].as_str().unwrap().to_owned();
            if let Some(answered) = &sent.id {
                assert_eq!(*answered, id, "{when}: {key} became another transfer");
            }
            let transfer = if all {
                person.transfer_at_rest(&id, REST_SECONDS)
            } else {
                person.api(&format!("/transfers/{id}")).unwrap().with(200)
            };
            check_transfer(&format!("{when}: {key}"), &transfer, &sent);
            sent.rests = transfer["state"] != "sanitising";
            sent.id = Some(id);
            self.sent.lock().unwrap().insert(key, sent);
        }
        let broken = self.broken.lock().unwrap();
        assert!(broken.is_empty(), "{when}: {}", broken.join("\n"));
    }
}

/// What must be true of a transfer in any state.
fn check_transfer(when: &str, transfer: &Value, sent: &Sent) {
    let list = |name: &str| transfer[name].as_array().unwrap();
    let state = transfer["state"].as_str().unwrap();
    assert_eq!(list("files").len(), sent.files.len(), "{when}: {transfer}");
    for (file, (_, bytes)) in list("files").iter().zip(&sent.files) {
        assert_eq!(file["original"]["sha256"], hex::encode(Sha256::digest(bytes)), "{when}: {file}");
    }
    let kinds: Vec<&str> = list("timeline").iter().filter_map(|e| e["kind"].as_str()).collect();
    assert!(kinds.contains(&"transfer-submitted"), "{when}: no evidence of the submission: {kinds:?}");
    assert!(
        ["sanitising", "awaiting-approval", "ready", "received"].contains(&state),
        "{when}: unexpected state {state}: {transfer}"
    );
    if ["ready", "received"].contains(&state) {
        let steps = if sent.form["classification"] == "c1" { 0 } else { 1 };
        assert_eq!(list("route").len(), steps, "{when}: {transfer}");
        let approvals: Vec<_> = list("decisions").iter().filter(|d| d["verdict"] == "approve").collect();
        assert_eq!(approvals.len(), steps, "{when}: {state} with {} approvals", approvals.len());
        for approval in approvals {
            assert_eq!(approval["content_hash"], transfer["content_hash"], "{when}");
            assert_ne!(approval["by"]["id"], transfer["submitter"]["id"], "{when}");
        }
        assert!(kinds.contains(&"transfer-released"), "{when}: no evidence of the release: {kinds:?}");
        for file in list("files") {
            let passed = ["clean", "partial"].contains(&file["state"].as_str().unwrap());
            assert!(passed && file["clean"].is_object(), "{when}: {file}");
        }
    }
}
