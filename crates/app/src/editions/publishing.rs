//! 公表: the public part of an edition, for everybody outside.
//!
//! Owns when it is published and what is shown without a login: the text that was published, with the values that hold. What
//! is public is decided by `policy` alone.

use std::sync::Arc;

use policy::{Pack, Publication};
use serde_json::json;
use workflow::{Millis, edition::Edition, id::EditionId};

use super::{text_inside, text_of};
use crate::{
    App,
    error::{Error, Result},
    evidence::{By, Kind},
    in_force::values_at,
    model::NewEvidence,
    ports::Tx,
    requests::store::ParameterChange,
};

/// What anybody may read.
#[derive(Debug)]
pub struct Published {
    /// The edition it is the public part of.
    pub edition: EditionId,
    /// When it was published.
    pub at: Millis,
    /// The public part.
    pub publication: Publication,
    /// The values it was made with.
    changes: Vec<ParameterChange>,
}

impl App {
    /// The request to publish an edition was approved: inside its transaction.
    ///
    /// # Errors
    /// [`Error::Edition`] unless it is in force, [`Error::NotPublic`] when nothing of it is public.
    pub(crate) async fn edition_published(
        &self,
        tx: &mut dyn Tx,
        id: &EditionId,
        request: &str,
    ) -> Result<NewEvidence> {
        let now = self.now();
        let mut edition = tx.edition(id).await?.ok_or(Error::NotFound)?;
        let text = text_inside(tx, &edition).await?;
        let pack = text.resolve().map_err(Error::BrokenText)?.pack;
        let publication = Publication::new(&pack, &[]).map_err(Error::NotPublic)?;
        edition.publish(now)?;
        let documents: Vec<&str> =
            publication.makers.iter().flat_map(|m| &m.documents).map(|d| d.id.as_str()).collect();
        let details = json!({ "request": request, "documents": documents });
        let entry = self.edition_entry(now, Kind::PolicyPublished, By::System, &edition, details)?;
        tx.update_edition(&edition).await?;
        Ok(entry)
    }

    /// What the approvers see of an edition whose publication is applied for: which text, and which documents of it.
    ///
    /// # Errors
    /// [`Error::NotFound`], [`Error::Edition`] unless it is in force, [`Error::NotPublic`] when nothing of it is public.
    pub(crate) async fn edition_to_publish(&self, id: &str) -> Result<String> {
        let edition = self.store().edition(&EditionId::new(id)).await?.ok_or(Error::NotFound)?;
        edition.clone().publish(self.now())?;
        let pack = text_of(self.store(), &edition).await?.resolve().map_err(Error::BrokenText)?.pack;
        let publication = Publication::new(&pack, &[]).map_err(Error::NotPublic)?;
        let documents: Vec<&str> =
            publication.makers.iter().flat_map(|m| &m.documents).map(|d| d.title.as_str()).collect();
        Ok(format!(
            "{} {}(指紋 {}、公表する文書 {})",
            edition.title,
            edition.label,
            edition.digest,
            documents.join("、")
        ))
    }

    /// What is shown without a login: the public part of the edition that was published last, with the values that hold, or
    /// that held when another edition took its place. `None` unless what runs says that there is such a page, and something
    /// was published.
    ///
    /// # Errors
    /// [`Error::Unavailable`].
    pub async fn public_part(&self) -> Result<Option<Arc<Published>>> {
        if !self.pack().public_page() {
            return Ok(None);
        }
        let Some(edition) = self.store().edition_published().await? else { return Ok(None) };
        let Some(at) = edition.published_at else { return Ok(None) };
        let mut changes = self.store().parameter_values().await?;
        let until = held_until(&edition, self.now());
        changes.retain(|c| c.from <= until);
        let known = self.house.published.lock().unwrap_or_else(std::sync::PoisonError::into_inner).clone();
        if let Some(known) = known.filter(|k| k.edition == edition.id && k.changes == changes) {
            return Ok(Some(known));
        }
        let written = text_of(self.store(), &edition).await?.resolve().map_err(Error::BrokenText)?.pack;
        let pack = with_changes(&written, &changes, until)?;
        let publication = Publication::new(&pack, &[]).map_err(Error::NotPublic)?;
        let published = Arc::new(Published { edition: edition.id, at, publication, changes });
        *self.house.published.lock().unwrap_or_else(std::sync::PoisonError::into_inner) =
            Some(Arc::clone(&published));
        Ok(Some(published))
    }
}

/// The last moment at which what was approved for this text counts: what an edition writes anew when it takes the place of
/// another is no value of the one before it.
fn held_until(edition: &Edition, now: Millis) -> Millis {
    edition.superseded_at.map_or(now, |at| now.min(at - 1))
}

fn with_changes(written: &Pack, changes: &[ParameterChange], at: Millis) -> Result<Pack> {
    written
        .with_values(&values_at(written, changes, at))
        .map_err(|e| Error::Internal(format!("approved values cannot be published: {e}")))
}
