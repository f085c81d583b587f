//! 人事異動: people who join, move and leave on a day, first as a plan that is read and approved, then applied.
//!
//! Owns who may see and prepare plans, and what all parts of this module share. Leaves making a plan of a table to `planning` and `reading`, who
//! takes what to `choosing`, the request that carries a plan to `asking`, the day itself to `applying` (people) and `handing`
//! (what they have in hand), and what people see to `views`.

mod applying;
mod asking;
mod choosing;
mod handing;
mod passwords;
mod planning;
mod reading;
pub mod store;
mod views;

use authz::{Action, Resource};
use policy::{ColumnType, EffectKind, RequestType};
use serde_json::Value;
use sha2::{Digest as _, Sha256};
use workflow::{
    Millis,
    id::{RosterPlanId, SectionId},
    roster::life::RosterPlan,
};

use crate::{
    App,
    actor::Actor,
    error::{Error, Result},
    evidence::{Act, By, Kind},
    model::NewEvidence,
};

pub(crate) use views::Meant;

pub use applying::AppliedRosters;
pub use choosing::ChosenKeeper;
pub use passwords::FirstLogin;
pub use planning::{RosterDraft, RosterInput};
pub use reading::RosterReader;
pub use views::{
    HandCounts, Handover, OfferedPermit, PersonChange, RosterDetail, RosterLine, RosterMay, RosterPart,
    ShownThing, post_shown,
};

/// Things that one page lists of what people have in hand.
pub(crate) const THINGS_MAX: u32 = 1_000;

impl App {
    pub(crate) async fn permit_preparing(&self, actor: &Actor) -> Result<()> {
        self.permit(actor, Action::PreparePersonnel, &Resource::City).await.map(|_| ())
    }

    /// The form whose approval applies a plan, with the field that names the plan.
    #[must_use]
    pub fn roster_form(&self) -> Option<(&RequestType, &str)> {
        self.forms().find_map(|form| {
            form.effects.iter().find_map(|effect| match effect {
                policy::Effect::ChangePersonnel { plan } if effect.kind() == EffectKind::ChangePersonnel => {
                    Some((form, plan.as_str()))
                }
                _ => None,
            })
        })
    }

    pub(crate) async fn roster_plan(&self, id: &RosterPlanId) -> Result<RosterPlan> {
        self.store().roster_plan(id).await?.ok_or(Error::NotFound)
    }

    /// Evidence about a plan.
    pub(crate) fn roster_entry(
        &self,
        now: Millis,
        kind: Kind,
        by: By<'_>,
        plan: &RosterPlan,
        details: Value,
    ) -> Result<NewEvidence> {
        let mut told = serde_json::json!({
            "day": plan.day,
            "digest": plan.digest,
            "counts": plan.counts,
            "pack": self.pack().version(),
        });
        if let (Some(told), Value::Object(details)) = (told.as_object_mut(), details) {
            told.extend(details);
        }
        let act = Act { kind, by, subject: ("roster", plan.id.as_str()), details: told, statements: &[] };
        self.entry(now, &act)
    }

    /// Registers and their columns in which people are named.
    pub(crate) fn person_columns(&self) -> Vec<(String, String)> {
        let columns = self.pack().registers().iter().flat_map(|register| {
            let named = register.columns.iter().filter(|c| c.kind == ColumnType::Person);
            named.map(|column| (register.id.clone(), column.id.clone()))
        });
        columns.collect()
    }

    /// Sections whose people this person may see: of whoever answers for one, that one.
    #[must_use]
    pub fn sections_for_handover(&self, actor: &Actor) -> Vec<SectionId> {
        let sections = self.pack().sections().iter().map(|s| SectionId::new(s.id.clone()));
        let sees = |section: &SectionId| {
            let place = self.place(section);
            let account = Resource::Account(authz::Account { user: "list".to_owned(), place });
            self.may(actor, Action::ViewUsers, &account)
        };
        sections.filter(sees).collect()
    }
}

/// SHA-256 in lower-case hex.
pub(crate) fn sha256(bytes: &[u8]) -> String {
    hex::encode(Sha256::digest(bytes))
}

/// The day before, as `YYYY-MM-DD`.
pub(crate) fn eve(effective_at: Millis) -> String {
    crate::requests::days::date_of(effective_at.saturating_sub(1))
}
