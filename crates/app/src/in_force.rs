//! The policy in force: the pack as its files say, with the values that were approved since.
//!
//! Owns which policy holds now, and changing it while the house runs: what is on its way goes on with the policy it began
//! with. Leaves who may set a value to [`crate::requests`], reading packs to `policy` and the binary.

use std::{
    collections::BTreeMap,
    sync::{Arc, OnceLock},
};

use policy::{Pack, ParameterValue, SetValue, ValueError, search::Index};
use tokio::sync::{Mutex, watch};
use workflow::Millis;

use crate::{
    App,
    beside::Comparisons,
    error::{Error, Result},
    requests::{days, store::ParameterChange},
    rules::{Rules, RulesError},
};

/// A pack and what follows from it.
#[derive(Debug)]
pub(crate) struct Policy {
    pub(crate) pack: Pack,
    pub(crate) rules: Rules,
    /// Everything of the pack that can be found; made when it is first asked for.
    index: OnceLock<Index>,
    /// What it was compared with.
    pub(crate) comparisons: Comparisons,
}

impl Policy {
    /// Refuses a pack with which a checkpoint could not work.
    pub(crate) fn new(pack: Pack) -> std::result::Result<Self, RulesError> {
        let rules = Rules::from_pack(&pack)?;
        Ok(Self { pack, rules, index: OnceLock::new(), comparisons: Comparisons::default() })
    }

    pub(crate) fn index(&self) -> &Index {
        self.index.get_or_init(|| Index::new(&self.pack))
    }
}

/// The holder of the policy in force.
pub(crate) struct InForce {
    now: watch::Sender<Arc<Policy>>,
    /// The pack as its files say.
    written: watch::Sender<Arc<Pack>>,
    /// One at a time reads values and puts them in force: a slow reader must not undo what a faster one did.
    changing: Mutex<()>,
}

/// Why a policy cannot be in force.
#[derive(Debug, thiserror::Error)]
pub(crate) enum Unfit {
    /// A value does not fit.
    #[error(transparent)]
    Value(#[from] ValueError),
    /// A checkpoint could not work.
    #[error(transparent)]
    Rules(#[from] RulesError),
    /// A parameter that is needed would have no value.
    #[error("`{0}` is needed")]
    Needed(String),
}

impl InForce {
    pub(crate) fn new(pack: Pack) -> std::result::Result<Self, RulesError> {
        let policy = Policy::new(pack.clone())?;
        Ok(Self {
            written: watch::Sender::new(Arc::new(pack)),
            now: watch::Sender::new(Arc::new(policy)),
            changing: Mutex::default(),
        })
    }

    pub(crate) fn policy(&self) -> Arc<Policy> {
        Arc::clone(&self.now.borrow())
    }

    pub(crate) fn written(&self) -> Arc<Pack> {
        Arc::clone(&self.written.borrow())
    }
}

/// The policy that a pack and values make, if it can be in force.
pub(crate) fn with_values(
    written: &Pack,
    values: &BTreeMap<String, SetValue>,
) -> std::result::Result<Policy, Unfit> {
    let pack = written.with_values(values)?;
    // What a body leaves unset is its own matter, but for what stops the house.
    let unset = |id: &&String| pack.parameter(id).is_some_and(|p| p.value.is_none() && p.needed);
    if let Some(id) = values.keys().find(unset) {
        return Err(Unfit::Needed(id.clone()));
    }
    let policy = Policy::new(pack)?;
    if policy.pack.readiness().len() > written.readiness().len() {
        let id = values.iter().find(|(_, set)| set.value.is_none()).map(|(id, _)| id.clone());
        return Err(Unfit::Needed(id.unwrap_or_default()));
    }
    Ok(policy)
}

/// The values that hold at a moment: of each parameter the newest that has begun.
pub(crate) fn values_at(pack: &Pack, changes: &[ParameterChange], now: Millis) -> BTreeMap<String, SetValue> {
    let mut values = BTreeMap::new();
    for change in changes.iter().filter(|c| c.from <= now) {
        match read(pack, change) {
            Ok(value) => {
                values.insert(change.parameter.clone(), SetValue { value, decided: decided(change) });
            }
            // The pack was changed since: its own value holds until somebody decides again.
            Err(error) => {
                values.remove(&change.parameter);
                tracing::warn!(parameter = %change.parameter, %error, "an approved value does not fit the policy");
            }
        }
    }
    values
}

fn read(pack: &Pack, change: &ParameterChange) -> std::result::Result<Option<ParameterValue>, ValueError> {
    let unknown = || ValueError::Unknown(change.parameter.clone());
    let parameter = pack.parameter(&change.parameter).ok_or_else(unknown)?;
    change.value.as_deref().map(|typed| parameter.read_value(typed)).transpose()
}

/// Who approved a value and when, in words.
fn decided(change: &ParameterChange) -> String {
    format!(
        "申請第{}号、{}に{}が承認",
        change.number,
        policy::wareki(&days::date_of(change.approved_at)),
        change.approved_by_name
    )
}

impl App {
    /// Puts in force the values that hold now, and says whether the policy changed. At the start of the house, when a
    /// value was approved, and in each round of housekeeping: a value may begin to hold on a later day, and another
    /// process may have approved one.
    ///
    /// # Errors
    /// [`Error::Unavailable`]; [`Error::Internal`] when the values do not make a policy that can be in force. The one
    /// before stays in force then.
    pub async fn load_values(&self) -> Result<bool> {
        let in_force = &self.house.in_force;
        let _alone = in_force.changing.lock().await;
        let written = in_force.written();
        let changes = self.store().parameter_values().await?;
        let values = values_at(&written, &changes, self.now());
        let policy = with_values(&written, &values)
            .map_err(|e| Error::Internal(format!("approved values cannot be in force: {e}")))?;
        let changed = policy.pack != in_force.policy().pack;
        if changed {
            in_force.now.send_replace(Arc::new(policy));
            tracing::info!(values = values.len(), "the policy in force has changed");
        }
        Ok(changed)
    }

    /// The pack as its files say, without the values that were approved since.
    #[must_use]
    pub fn written_pack(&self) -> Arc<Pack> {
        self.house.in_force.written()
    }

    /// Puts another pack in the place of the one that was read at the start, with the values that hold now, and says
    /// whether the policy changed.
    ///
    /// # Errors
    /// As [`App::load_values`]; the pack before stays in force then.
    pub async fn replace_pack(&self, pack: Pack) -> Result<bool> {
        let before = {
            let in_force = &self.house.in_force;
            let _alone = in_force.changing.lock().await;
            in_force.written.send_replace(Arc::new(pack))
        };
        let loaded = self.load_values().await;
        if loaded.is_err() {
            self.house.in_force.written.send_replace(before);
        }
        loaded
    }
}
