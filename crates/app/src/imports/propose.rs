//! From a review to an edition: the body's own folder as it runs, standing on the draft.
//!
//! Owns where a draft goes in a policy. Leaves the draft's files to the review, and everything about editions to
//! [`crate::editions`].

use authz::{Action, Resource};
use policy::{SourceFile, layer_below, rebase};
use serde_json::json;

use super::{BASE, ImportRefusal, ImportReview, files_of, model::ImportState};
use crate::{
    App,
    accounts::bounded,
    actor::{Actor, Prospect},
    editions::proposing::{Proposal, Proposed},
    error::{Error, Result},
};

/// Longest name of a version, in characters.
const LABEL_CHARS_MAX: usize = 80;

/// What to do with a draft.
#[derive(Debug, Clone)]
pub struct ProposeImport {
    /// The version of the review that was seen.
    pub seen: i64,
    /// Why the policy is to be revised.
    pub note: String,
    /// The version that the revised policy gets, in the body's words.
    pub label: String,
}

impl App {
    /// Whether the person may propose a confirmed review as an edition, for a screen that says beforehand what stands in the
    /// way.
    #[must_use]
    pub fn proposing_imports(&self, actor: &Actor) -> Prospect {
        self.prospect(actor, Action::ProposeEdition, &Resource::City)
    }

    /// What the policy in force would stand on instead of the draft: the layer whose place the draft takes.
    ///
    /// # Errors
    /// [`Error::Internal`] while the house does not know the text that it runs.
    pub fn layer_replaced(&self) -> Result<Option<String>> {
        let running = self.running()?;
        Ok(layer_below(running.text.files(), running.text.pack()))
    }

    /// Proposes a confirmed review as an edition of what runs: the body's own folder stays as it is and stands on the draft
    /// in the place of the layer below it.
    ///
    /// # Errors
    /// [`Error::Denied`], [`Error::NotFound`], [`Error::Conflict`] when somebody went on with the review meanwhile,
    /// [`Error::Import`] until it is confirmed or when the draft is no layer for what runs, and as
    /// [`App::propose_edition`].
    pub async fn propose_import(&self, actor: &Actor, id: &str, wanted: ProposeImport) -> Result<Proposed> {
        let _allowed = self.permit(actor, Action::ViewImports, &Resource::City).await?;
        let _allowed = self.permit(actor, Action::ProposeEdition, &Resource::City).await?;
        let review = self.review_of(id).await?;
        if review.head.version != wanted.seen {
            return Err(Error::Conflict);
        }
        if review.head.state != ImportState::Confirmed {
            return Err(ImportRefusal::NotConfirmed.into());
        }
        let label = bounded("label", &wanted.label, 1, LABEL_CHARS_MAX)?;
        let untrusted_files = self.on_draft(&review, &label)?;
        let origin = json!({ "import": id, "import_version": review.head.version });
        let proposal = Proposal { untrusted_files, note: wanted.note };
        self.insert_proposal(Some(actor), proposal, origin).await
    }

    /// The folder of what runs on the draft, and the draft.
    fn on_draft(&self, review: &ImportReview, label: &str) -> Result<Vec<SourceFile>> {
        let running = self.running()?;
        let (files, pack, layer) = (running.text.files(), running.text.pack(), review.head.layer.as_str());
        let below = layer_below(files, pack);
        let there = files.iter().any(|f| f.path.split('/').next() == Some(layer));
        // The draft takes the place of one layer; under the name of another it would change what it was not meant for.
        if layer == pack || layer == BASE || (there && below.as_deref() != Some(layer)) {
            return Err(ImportRefusal::NoLayer.into());
        }
        let own = rebase(files, pack, layer, label).ok_or(ImportRefusal::NoLayer)?;
        let draft = files_of(review)?.into_iter().map(|(path, text)| SourceFile { path, text });
        Ok(own.into_iter().chain(draft).collect())
    }
}
