//! Rows of registers that wait for their manager to classify them.
//!
//! One notice for each register and section, however many rows wait: the list shows them. It ends with the last one.

use std::collections::BTreeSet;

use policy::{NoticeKind, Register};
use workflow::{
    Millis,
    id::SectionId,
    register::{SECTION, Value},
    route::Scope,
};

use super::{Wanted, in_role};
use crate::{
    App,
    error::Result,
    notices::store::{About, Told},
    ports::Tx,
    registers::{store::RowSight, store::RowStage, work::Work},
};

/// Whether rows of a register may wait for a class at all.
fn may_wait(register: &Register) -> bool {
    register.columns.iter().any(|column| column.unknown_to_manager)
}

impl App {
    /// The notice that waiting rows of a section, or of the whole body, ask for.
    async fn wanted_by_rows(
        &self,
        register: &Register,
        section: Option<&SectionId>,
        wait: bool,
        now: Millis,
    ) -> Result<Wanted> {
        let id = format!("{}.{}", register.id, section.map_or("", SectionId::as_str));
        let mut wanted = Wanted::new("rows", &id);
        if wait {
            let told = Told {
                kind: NoticeKind::RowClass,
                about: About::new("rows", &id),
                occasion: String::new(),
                zones: self.row_facts(register, &register.id, section).zones,
                title: register.title.clone(),
                unnamed: false,
                number: None,
                due_at: None,
                made_at: now,
            };
            let scope = section.map_or(Scope::City, |s| Scope::Section(s.clone()));
            let people = in_role(self.holders(&register.manager, &scope, now).await?, &register.manager);
            self.tell(&mut wanted, &told, people);
        }
        Ok(wanted)
    }

    /// Tells the managers of registers of what waits once these rows are written, in the transaction that writes them.
    pub(crate) async fn tell_of_rows(&self, tx: &mut dyn Tx, work: &Work<'_>, now: Millis) -> Result<()> {
        let mut places: BTreeSet<(&str, Option<SectionId>)> = BTreeSet::new();
        for entry in work.new.iter().chain(&work.changed) {
            places.insert((&entry.row.key.register, entry.row.section.clone()));
            // A row that moves may have been the last one to wait where it was.
            let moved = entry.history.changes.iter().find(|change| change.column == SECTION);
            if let Some(old) = moved.and_then(|change| change.old.as_ref()).and_then(Value::as_text) {
                places.insert((&entry.row.key.register, Some(SectionId::new(old))));
            }
        }
        for (register, section) in places {
            let Some(register) = self.pack().register(register).filter(|r| may_wait(r)) else { continue };
            let wait = tx.rows_wait(&register.id, section.as_ref()).await?;
            let wanted = self.wanted_by_rows(register, section.as_ref(), wait, now).await?;
            self.put(tx, &wanted, now).await?;
        }
        Ok(())
    }

    /// The same for every register and section, once a day: posts changed hands, and what waited before anybody was told.
    pub(in crate::notices) async fn rows_that_wait(&self, now: Millis) -> Result<Vec<Wanted>> {
        let mut all = Vec::new();
        for register in self.pack().registers().iter().filter(|r| may_wait(r)) {
            let sections: Vec<Option<SectionId>> = match register.scope {
                policy::RegisterScope::City => vec![None],
                policy::RegisterScope::Section => {
                    self.pack().sections().iter().map(|s| Some(SectionId::new(s.id.clone()))).collect()
                }
            };
            for section in sections {
                let sight = section.as_ref().map_or(RowSight::All, |s| RowSight::Sections(vec![s.clone()]));
                let waiting = self.store().count_rows(&register.id, &sight, RowStage::Waiting, 1).await?;
                // What waits no longer was ended by whoever classified it.
                if waiting > 0 {
                    all.push(self.wanted_by_rows(register, section.as_ref(), true, now).await?);
                }
            }
        }
        Ok(all)
    }
}
