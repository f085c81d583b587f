//! Another body's policy beside the one that runs: what `sekisho policy diff` prints, for a screen.
//!
//! Owns which packs there are beside, and remembering comparisons: the policy in force changes seldom, the folder not while
//! the house runs. Leaves comparing to `policy`.

use std::{
    collections::BTreeMap,
    sync::{Arc, Mutex, PoisonError},
};

use authz::{Action, Resource};
use policy::{DiffReport, Pack};

use crate::{
    App,
    actor::Actor,
    error::{Error, Result},
};

/// Comparisons that are remembered; a report of two large policies takes about a megabyte.
const KEPT: usize = 24;

/// Which pack, and for which role.
type Key = (String, Option<String>);

/// Comparisons of one policy in force with packs beside it.
#[derive(Debug, Default)]
pub(crate) struct Comparisons(Mutex<BTreeMap<Key, Arc<Beside>>>);

impl Comparisons {
    fn find(&self, key: &Key) -> Option<Arc<Beside>> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner).get(key).map(Arc::clone)
    }

    fn keep(&self, key: Key, made: &Arc<Beside>) {
        let mut kept = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        if kept.len() >= KEPT {
            kept.clear();
        }
        kept.insert(key, Arc::clone(made));
    }
}

/// What runs and another pack.
#[derive(Debug)]
pub struct Beside {
    /// How they differ; the first is what runs.
    pub diff: DiffReport,
    /// The other pack.
    pub other: Arc<Pack>,
}

impl App {
    /// The packs of the folder that can be compared with, by their ids with their titles. One that is not sound is left
    /// out: `sekisho policy check` says what is wrong with it.
    ///
    /// # Errors
    /// [`Error::Denied`].
    pub async fn packs_beside(&self, actor: &Actor) -> Result<Vec<(String, String)>> {
        self.reads_policy(actor).await?;
        let app = self.clone();
        off_thread(move || {
            let library = policy::Library::new(&app.house.ports.policies);
            let titled = |id: &str| app.pack_named(id).map(|pack| (id.to_owned(), pack.title().to_owned()));
            library.packs().filter_map(titled).collect()
        })
        .await
    }

    /// What runs beside a pack of the folder: everything, or what concerns a role.
    ///
    /// # Errors
    /// [`Error::Denied`]; [`Error::NotFound`] when there is no such pack, it is not sound, or neither has the role.
    pub async fn beside(&self, actor: &Actor, id: &str, role: Option<&str>) -> Result<Arc<Beside>> {
        self.reads_policy(actor).await?;
        let key = (id.to_owned(), role.map(str::to_owned));
        if let Some(known) = self.policy.comparisons.find(&key) {
            return Ok(known);
        }
        let (app, (id, role)) = (self.clone(), key.clone());
        let made = off_thread(move || {
            let other = app.pack_named(&id)?;
            let diff = match &role {
                None => DiffReport::new(app.pack(), &other),
                Some(role) => DiffReport::for_role(app.pack(), &other, role)?,
            };
            Some(Arc::new(Beside { diff, other }))
        })
        .await?
        .ok_or(Error::NotFound)?;
        self.policy.comparisons.keep(key, &made);
        Ok(made)
    }

    async fn reads_policy(&self, actor: &Actor) -> Result<()> {
        let all = Resource::Clause { id: "all".to_owned() };
        self.permit(actor, Action::ViewClause, &all).await.map(|_allowed| ())
    }
}

/// Reading and comparing whole policies takes a processor for a moment.
async fn off_thread<T: Send + 'static>(work: impl FnOnce() -> T + Send + 'static) -> Result<T> {
    tokio::task::spawn_blocking(work)
        .await
        .map_err(|e| Error::Internal(format!("comparing policies stopped: {e}")))
}
