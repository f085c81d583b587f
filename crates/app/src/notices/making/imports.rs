//! Imported texts whose review is still to be done.

use policy::NoticeKind;
use workflow::Millis;

use super::Wanted;
use crate::{
    App,
    error::Result,
    imports::model::{ImportHead, ImportState},
    notices::store::{About, Told},
    ports::Tx,
};

impl App {
    /// Tells those who review imported texts that one waits, or that it does no longer; in the transaction of the step.
    pub(crate) async fn tell_of_import(&self, tx: &mut dyn Tx, head: &ImportHead, now: Millis) -> Result<()> {
        let mut wanted = Wanted::new("import", &head.id);
        if head.state == ImportState::Open {
            let told = Told {
                kind: NoticeKind::ImportReview,
                about: About::new("import", &head.id),
                occasion: String::new(),
                // Whoever reviews does so at every listener.
                zones: Vec::new(),
                title: head.title.clone(),
                // The text may be one that is not public yet.
                unnamed: true,
                number: None,
                due_at: None,
                made_at: now,
            };
            let people = self.told_by_rule(NoticeKind::ImportReview, None, now).await?;
            self.tell(&mut wanted, &told, people);
        }
        self.put(tx, &wanted, now).await
    }
}
