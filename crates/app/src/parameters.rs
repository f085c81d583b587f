//! The values that the policy leaves to the body: what holds, who decided it, what is still to come.
//!
//! Owns reading them. Setting one is a request; see [`crate::requests`].

use authz::{Action, Resource};
use policy::{Clause, Parameter};

use crate::{
    App,
    actor::Actor,
    error::{Error, Result},
    requests::store::ParameterChange,
};

/// A parameter and what was decided about it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ParameterRow<'p> {
    /// The parameter, with the value in force.
    pub parameter: &'p Parameter,
    /// The clause that leaves it open.
    pub clause: Option<&'p Clause>,
    /// The change whose value holds; `None` when it is what the pack says.
    pub set_by: Option<ParameterChange>,
    /// Every change that was approved, the newest first; those that are still to come too.
    pub history: Vec<ParameterChange>,
}

impl App {
    /// Every parameter, in the order of the pack. The rights are those of the pages of clauses.
    ///
    /// # Errors
    /// [`Error::Denied`], [`Error::Unavailable`].
    pub async fn parameters(&self, actor: &Actor) -> Result<Vec<ParameterRow<'_>>> {
        let resource = Resource::Clause { id: "parameters".to_owned() };
        let _allowed = self.permit(actor, Action::ViewClause, &resource).await?;
        let changes = self.store().parameter_values().await?;
        Ok(self.pack().parameters().iter().map(|p| self.row(p, &changes)).collect())
    }

    /// One parameter.
    ///
    /// # Errors
    /// [`Error::NotFound`], and as [`App::parameters`].
    pub async fn parameter(&self, actor: &Actor, id: &str) -> Result<ParameterRow<'_>> {
        let resource = Resource::Clause { id: "parameters".to_owned() };
        let _allowed = self.permit(actor, Action::ViewClause, &resource).await?;
        let parameter = self.pack().parameter(id).ok_or(Error::NotFound)?;
        Ok(self.row(parameter, &self.store().parameter_values().await?))
    }

    /// The form with which a parameter is changed, if the pack has one: its id, and the id of the field that names the
    /// parameter.
    #[must_use]
    pub fn parameter_form(&self) -> Option<(&str, &str)> {
        self.forms().find_map(|form| {
            form.effects.iter().find_map(|effect| match effect {
                policy::Effect::SetParameter { parameter, .. } => {
                    Some((form.id.as_str(), parameter.as_str()))
                }
                policy::Effect::AdoptRevision { .. } | policy::Effect::Publish { .. } => None,
            })
        })
    }

    fn row<'p>(&'p self, parameter: &'p Parameter, changes: &[ParameterChange]) -> ParameterRow<'p> {
        let now = self.now();
        let mut history: Vec<ParameterChange> =
            changes.iter().filter(|c| c.parameter == parameter.id).cloned().collect();
        history.reverse();
        ParameterRow {
            parameter,
            clause: parameter.clause.as_deref().and_then(|id| self.pack().clause(id)),
            set_by: history.iter().find(|c| c.from <= now).cloned(),
            history,
        }
    }
}
