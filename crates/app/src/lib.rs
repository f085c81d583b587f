//! Use cases: authorise, decide, write state and evidence in one transaction.
//!
//! Owns every change of state in the house (invariant: one door), the ports it needs ([`ports`]) and the things it
//! keeps ([`model`]). Each use case is a method of [`App`], in the file of its noun:
//! [`accounts`] and [`people`], [`uploads`], [`transfers`], [`deciding`], [`sanitising`], [`downloads`],
//! [`requests`], [`duties`], [`training`], [`rosters`], [`registers`], [`parameters`], [`editions`], [`evidence`], [`sealing`], [`clauses`], [`coverage`], [`reading`],
//! [`imports`], [`notices`], [`housekeeping`].
//! Leaves decisions to ring 1 (`authz`, `policy`, `workflow`) and the world to ring 3.

pub mod accounts;
pub mod actor;
pub mod arriving;
pub mod beside;
mod classify;
pub mod clauses;
pub mod coverage;
pub mod deciding;
pub mod downloads;
pub mod duties;
pub mod editions;
pub mod error;
mod events;
pub mod evidence;
pub mod finding;
pub mod first_factor;
pub mod home;
pub mod housekeeping;
pub mod imports;
mod in_force;
pub mod live;
pub mod model;
pub mod notices;
pub mod outage;
pub mod overview;
pub mod parameters;
pub mod people;
pub mod policy_export;
pub mod ports;
pub mod printing;
pub mod reading;
pub mod records;
pub mod register_imports;
pub mod registers;
pub mod requests;
pub mod rosters;
mod rules;
pub mod sanitising;
pub mod sealing;
pub mod training;
pub mod transfers;
pub mod uploads;

use std::{
    collections::HashMap,
    sync::{Arc, Mutex, atomic::AtomicU8},
};

use authz::Authorizer;
use ledger::SigningKey;
use policy::{Pack, SourceFile, search::Index};
use ports::{BlobStore, Clock, Entropy, Sanitiser, Store, Tx, Vault};
use tokio::sync::{Notify, RwLock, Semaphore};
use workflow::{Millis, id::FileId};

pub use error::{Error, FieldProblem, Result};
pub use rules::RulesError;

use crate::{
    in_force::{InForce, Policy},
    live::Live,
    model::NewEvidence,
    outage::Outage,
    rules::Rules,
};

/// What the world must give the house.
#[derive(Clone)]
pub struct Ports {
    /// State and evidence.
    pub store: Arc<dyn Store>,
    /// Files.
    pub blobs: Arc<dyn BlobStore>,
    /// The cell.
    pub sanitiser: Arc<dyn Sanitiser>,
    /// Time.
    pub clock: Arc<dyn Clock>,
    /// Randomness.
    pub entropy: Arc<dyn Entropy>,
    /// Small secrets.
    pub vault: Arc<dyn Vault>,
    /// What prints forms, where it is installed.
    pub printer: Option<Arc<dyn printing::Printer>>,
    /// Every file of the folder of packs, as it was when the house opened: what imported texts are compared with.
    pub policies: Arc<[SourceFile]>,
}

/// How much work a password costs.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum PasswordCost {
    /// For production.
    Strong,
    /// For tests and the demo, which log in hundreds of times: next to no protection.
    WeakForTestPurposesOnly,
}

/// The use cases of one house, with the policy that was in force when this value was made. Whoever serves a request or
/// begins a round of work takes [`App::current`] first: so each use case sees one policy from its beginning to its end,
/// also when the policy changes meanwhile. Cheap to clone.
#[derive(Clone)]
pub struct App {
    house: Arc<House>,
    policy: Arc<Policy>,
}

struct House {
    ports: Ports,
    in_force: InForce,
    authorizer: Authorizer,
    key: SigningKey,
    password_cost: PasswordCost,
    live: Live,
    outage: Outage,
    /// The text of what runs.
    running: std::sync::RwLock<Option<Arc<editions::Running>>>,
    /// Why an edition whose day has come is not in force, as the log was told last.
    waiting: Mutex<String>,
    /// Roles for which the edition in force changed something.
    changed_roles: Mutex<Option<editions::reading::ChangedRoles>>,
    /// The public part that was asked for last.
    published: Mutex<Option<Arc<editions::publishing::Published>>>,
    imports: imports::Desk,
    /// Passwords that users gave for encrypted files, until the cell had them. In memory only: after a restart the
    /// file is held again and the user is asked again.
    file_passwords: Mutex<HashMap<FileId, Vec<String>>>,
    /// Readers make files reachable (submission); the writer erases what nothing refers to. Without it a blob could
    /// be erased between the check that nothing needs it and a new transfer that does.
    blob_gate: RwLock<()>,
    /// Readers take the whole ledger out; the writer erases payloads and seals the entry that says so. Without it an
    /// export could miss a payload whose erasure it does not hold yet.
    payload_gate: RwLock<()>,
    /// The day, and the version of the policy, for which every task was made last.
    tasks_made_for: Mutex<Option<(jiff::civil::Date, String)>>,
    /// The day on which the first round looked at all notices that depend on who is here.
    notices_seen_on: Mutex<Option<jiff::civil::Date>>,
    /// How mails leave, once something sends them.
    mail_road: Mutex<Option<notices::MailRoad>>,
    /// Why no mail is sent now.
    mail_pause: Mutex<Option<notices::Pause>>,
    /// The day, and the version of the policy, for which every record that ends was listed last.
    records_listed_for: Mutex<Option<(jiff::civil::Date, String)>>,
    /// The part of the blobs that the next round of housekeeping looks through.
    next_shard: AtomicU8,
    /// What is found by words on this node.
    words: finding::Words,
    jobs: Notify,
    unsealed: Notify,
    /// Hashing a password takes tens of megabytes: no more at once than this.
    hashing: Arc<Semaphore>,
}

/// Why the house cannot open.
#[derive(Debug, thiserror::Error)]
pub enum OpenError {
    /// The rules of rights are broken.
    #[error(transparent)]
    Rights(#[from] authz::PolicyError),
    /// The pack lacks something that a checkpoint needs.
    #[error(transparent)]
    Rules(#[from] RulesError),
}

impl App {
    /// Puts the house together.
    ///
    /// # Errors
    /// [`OpenError`]: the pack asks for something that this version cannot do, or leaves open what a checkpoint
    /// needs. Better not to start than to guess.
    pub fn open(
        ports: Ports,
        pack: Pack,
        key: SigningKey,
        password_cost: PasswordCost,
    ) -> std::result::Result<Self, OpenError> {
        let in_force = InForce::new(pack)?;
        let policy = in_force.policy();
        let house = House {
            ports,
            in_force,
            authorizer: Authorizer::new()?,
            key,
            password_cost,
            live: Live::default(),
            outage: Outage::default(),
            running: std::sync::RwLock::default(),
            waiting: Mutex::default(),
            changed_roles: Mutex::default(),
            published: Mutex::default(),
            imports: imports::Desk::default(),
            file_passwords: Mutex::default(),
            blob_gate: RwLock::default(),
            payload_gate: RwLock::default(),
            tasks_made_for: Mutex::default(),
            notices_seen_on: Mutex::default(),
            mail_road: Mutex::default(),
            mail_pause: Mutex::default(),
            records_listed_for: Mutex::default(),
            next_shard: AtomicU8::default(),
            words: finding::Words::default(),
            jobs: Notify::new(),
            unsealed: Notify::new(),
            hashing: Arc::new(Semaphore::new(4)),
        };
        Ok(Self { house: Arc::new(house), policy })
    }

    /// The same house with the policy that is in force now.
    #[must_use]
    pub fn current(&self) -> Self {
        Self { house: Arc::clone(&self.house), policy: self.house.in_force.policy() }
    }

    /// The policy in force when this value was made.
    #[must_use]
    pub fn pack(&self) -> &Pack {
        &self.policy.pack
    }

    /// Everything of the policy in force that can be found.
    #[must_use]
    pub fn index(&self) -> &Index {
        self.policy.index()
    }

    /// What is happening right now.
    #[must_use]
    pub fn live(&self) -> &Live {
        &self.house.live
    }

    /// Now, by the house's clock.
    #[must_use]
    pub fn now(&self) -> Millis {
        self.house.ports.clock.now()
    }

    pub(crate) fn store(&self) -> &dyn Store {
        &*self.house.ports.store
    }

    pub(crate) fn blobs(&self) -> &dyn BlobStore {
        &*self.house.ports.blobs
    }

    pub(crate) fn cell(&self) -> &dyn Sanitiser {
        &*self.house.ports.sanitiser
    }

    pub(crate) fn entropy(&self) -> &dyn Entropy {
        &*self.house.ports.entropy
    }

    pub(crate) fn vault(&self) -> &dyn Vault {
        &*self.house.ports.vault
    }

    pub(crate) fn rules(&self) -> &Rules {
        &self.policy.rules
    }

    pub(crate) fn authorizer(&self) -> &Authorizer {
        &self.house.authorizer
    }

    pub(crate) fn key(&self) -> &SigningKey {
        &self.house.key
    }

    pub(crate) fn password_cost(&self) -> argon2::Params {
        match self.house.password_cost {
            PasswordCost::Strong => accounts::strong_password_cost(),
            PasswordCost::WeakForTestPurposesOnly => {
                argon2::Params::new(argon2::Params::MIN_M_COST, 1, 1, None).unwrap_or(argon2::Params::DEFAULT)
            }
        }
    }

    /// Runs password work off the async threads, a few at a time.
    pub(crate) async fn hashing<T: Send + 'static>(
        &self,
        work: impl FnOnce() -> Result<T> + Send + 'static,
    ) -> Result<T> {
        let stopped = |e: &dyn std::fmt::Display| Error::Internal(format!("password work stopped: {e}"));
        let permit = self.house.hashing.clone().acquire_owned().await.map_err(|e| stopped(&e))?;
        let done = tokio::task::spawn_blocking(work).await.map_err(|e| stopped(&e))?;
        drop(permit);
        done
    }

    /// Ends a transaction with its evidence, wakes the sealer, and tells open screens of whoever has other notices now.
    pub(crate) async fn commit(&self, tx: Box<dyn Tx>, evidence: Vec<NewEvidence>) -> Result<()> {
        let told = tx.commit(evidence).await?;
        self.wake_sealer();
        self.noticed(&told);
        Ok(())
    }

    pub(crate) fn wake_sealer(&self) {
        self.house.unsealed.notify_one();
    }
}
