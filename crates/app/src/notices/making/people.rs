//! What concerns a person himself: what changed for him in the policy, and what others changed about his account.

use policy::NoticeKind;
use workflow::{
    Millis,
    id::{EditionId, UserId},
};

use super::{Wanted, himself};
use crate::{
    App,
    error::Result,
    notices::store::{About, Told},
    ports::Tx,
};

impl App {
    /// Tells those who are to read an edition and were not told, in the transaction that notes them.
    pub(crate) async fn tell_readers(
        &self,
        tx: &mut dyn Tx,
        edition: &EditionId,
        label: &str,
        due_at: Option<Millis>,
        now: Millis,
    ) -> Result<()> {
        let Some(way) = self.way(NoticeKind::ToRead, None, now) else { return Ok(()) };
        let told = Told {
            kind: NoticeKind::ToRead,
            about: About::new("edition", edition.as_str()),
            occasion: String::new(),
            zones: Vec::new(),
            title: label.to_owned(),
            unnamed: false,
            number: None,
            due_at,
            made_at: now,
        };
        tx.tell_readers(edition, &told, way).await?;
        Ok(())
    }

    /// Tells somebody that another person changed his account; `what` is the word of the evidence.
    pub(crate) async fn tell_of_account(
        &self,
        tx: &mut dyn Tx,
        person: &UserId,
        what: &'static str,
        now: Millis,
    ) -> Result<()> {
        self.tell_himself(tx, person, what, String::new(), now).await
    }

    /// Tells somebody that mails for him go elsewhere now, by a personnel change.
    pub(crate) async fn tell_of_mail_address(
        &self,
        tx: &mut dyn Tx,
        person: &UserId,
        before: &str,
        after: &str,
        now: Millis,
    ) -> Result<()> {
        let title =
            format!("お知らせのメールの宛先が、人事異動の表により {before} から {after} に変わりました");
        self.tell_himself(tx, person, "mail-address", title, now).await
    }

    async fn tell_himself(
        &self,
        tx: &mut dyn Tx,
        person: &UserId,
        what: &'static str,
        title: String,
        now: Millis,
    ) -> Result<()> {
        let mut wanted = Wanted::new("account", person.as_str());
        let told = Told {
            kind: NoticeKind::Account,
            about: wanted.about.clone(),
            occasion: format!("{what}.{now}"),
            zones: Vec::new(),
            title,
            unnamed: true,
            number: None,
            due_at: None,
            made_at: now,
        };
        self.tell(&mut wanted, &told, himself(person));
        self.put(tx, &wanted, now).await
    }
}
