//! The values that the policy leaves to the body: what holds, who decided it, what is still to come.
//!
//! Owns reading them. Setting one is a request; see [`crate::requests`].

use authz::{Action, Resource};
use policy::{Clause, Pack, Parameter};
use workflow::Millis;

use crate::{
    App,
    actor::Actor,
    error::{Error, Result},
    in_force::values_at,
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

/// What holds for a parameter, for whoever looks at a house from outside its screens.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ParameterStanding {
    /// Its id.
    pub id: String,
    /// What it is.
    pub title: String,
    /// The clause that leaves it open, as printed.
    pub clause: Option<String>,
    /// The value in force, as people read it.
    pub value: Option<String>,
    /// Whether a checkpoint needs it.
    pub needed: bool,
    /// Who decided it, in the words of the text or of the approval.
    pub decided: Option<String>,
    /// The request that set it; `None` for what the text says.
    pub set_by: Option<ParameterChange>,
    /// Changes that are approved and still to come, the first first.
    pub to_come: Vec<ParameterChange>,
}

/// What holds for each parameter of a policy as its text says, with these changes, at a moment: in the order of the text.
///
/// # Errors
/// [`Error::Internal`] when the values do not fit the policy.
pub fn standing(written: &Pack, changes: &[ParameterChange], now: Millis) -> Result<Vec<ParameterStanding>> {
    let values = values_at(written, changes, now);
    let pack = written
        .with_values(&values)
        .map_err(|e| Error::Internal(format!("approved values do not fit the policy: {e}")))?;
    Ok(pack
        .parameters()
        .iter()
        .map(|p| {
            let of_it = || changes.iter().filter(|c| c.parameter == p.id);
            let clause = p.clause.as_deref().and_then(|id| pack.clause(id));
            ParameterStanding {
                id: p.id.clone(),
                title: p.title.clone(),
                clause: clause.map(|c| format!("{} {}", c.section, c.title)),
                value: p.value.as_ref().map(ToString::to_string),
                needed: p.needed,
                decided: p.decided.clone(),
                set_by: of_it().rfind(|c| c.from <= now).filter(|_| values.contains_key(&p.id)).cloned(),
                to_come: of_it().filter(|c| c.from > now).cloned().collect(),
            }
        })
        .collect())
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
                _ => None,
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
