//! Taking the policy out in OSCAL.
//!
//! Owns: who may take out what, and the evidence of it. What is public anybody who works here may take along; the whole is for
//! those who answer for it, and leaves evidence.
//! Leaves to others: what stands in the files (`policy::oscal`).

use authz::{Action, Resource};
use policy::{
    Library, Pack,
    oscal::{Export, ExportError, Links, Model, Options, export},
};
use serde_json::json;
use workflow::Millis;

use crate::{
    App,
    actor::{Actor, Prospect},
    error::{Error, Result},
    evidence::{Act, By, Kind},
};

/// The models that a running server writes.
pub const MODELS: [Model; 3] = [Model::Catalog, Model::Profile, Model::Component];

fn whole() -> Resource {
    Resource::Clause { id: "all".to_owned() }
}

impl App {
    /// Whether the person may take the policy out with what is not public of it.
    #[must_use]
    pub fn taking_policy(&self, actor: &Actor) -> Prospect {
        self.prospect(actor, Action::ExportPolicy, &whole())
    }

    /// The policy in force as a file in OSCAL. `written` says a time as OSCAL wants it.
    ///
    /// # Errors
    /// [`Error::Denied`]; [`Error::NotFound`] for a model that a server does not write, or not for the public.
    pub async fn export_policy(
        &self,
        actor: &Actor,
        model: Model,
        public: bool,
        software: &str,
        written: impl Fn(Millis) -> String + Send,
    ) -> Result<Export> {
        let action = if public { Action::ViewClause } else { Action::ExportPolicy };
        let _allowed = self.permit(actor, action, &whole()).await?;
        if !MODELS.contains(&model) {
            return Err(Error::NotFound);
        }
        let now = self.now();
        let at = written(now);
        let options = Options { public, last_modified: &at, software, links: Links::Relative };
        let below = if model == Model::Profile { self.pack_below()? } else { None };
        let file = export(self.pack(), below.as_ref(), model, &options).map_err(|error| match error {
            ExportError::NotForPublic | ExportError::BelowMissing => Error::NotFound,
            ExportError::Time => Error::Internal(format!("policy export: {error}")),
        })?;
        if !public {
            let pack = self.pack();
            let act = Act {
                kind: Kind::PolicyExported,
                by: By::Actor(actor),
                subject: ("policy", pack.id()),
                details: json!({
                    "model": model.id(),
                    "version": pack.version(),
                    "documents": file.internal,
                }),
                statements: &[],
            };
            // The file is given only once its evidence is written.
            self.note(now, &act).await?;
        }
        Ok(file)
    }

    /// The policy that what runs stands on, by the text that it was adopted with: a profile says what is added to it.
    fn pack_below(&self) -> Result<Option<Pack>> {
        let Some(below) = self.pack().layers().iter().rev().nth(1) else { return Ok(None) };
        let running = self.running()?;
        let resolved = Library::new(running.text.files()).resolve(&below.id).map_err(Error::BrokenText)?;
        Ok(Some(resolved.pack))
    }
}
