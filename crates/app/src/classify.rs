//! 分類をさがす: the questions of the pack that lead to a level.
//!
//! Owns who may ask. Leaves the questions and the way through them to `policy`. Nothing is kept of the answers.

use authz::{Action, Resource};
use policy::{Classifier, Standing};

use crate::{
    App,
    actor::Actor,
    error::{Error, Result},
};

impl App {
    /// Every classifier of the policy in force.
    ///
    /// # Errors
    /// [`Error::Denied`].
    pub async fn classifiers(&self, actor: &Actor) -> Result<&[Classifier]> {
        let all = Resource::Clause { id: "all".to_owned() };
        let _allowed = self.permit(actor, Action::ViewClause, &all).await?;
        Ok(self.pack().classifiers())
    }

    /// One of them, and where somebody stands who gave these answers, each by its place from 1.
    ///
    /// # Errors
    /// [`Error::Denied`], [`Error::NotFound`]; [`Error::Invalid`] for an answer that there is not.
    pub async fn classify(
        &self,
        actor: &Actor,
        id: &str,
        untrusted_answers: &[usize],
    ) -> Result<(&Classifier, Standing<'_>)> {
        let found = self.classifiers(actor).await?.iter().find(|classifier| classifier.id == id);
        let classifier = found.ok_or(Error::NotFound)?;
        let standing = classifier.walk(untrusted_answers);
        standing
            .map(|standing| (classifier, standing))
            .ok_or(Error::Invalid { field: "answers", problem: "unknown" })
    }
}
