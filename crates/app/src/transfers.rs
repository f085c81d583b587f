//! Transfers from the submitter's side, and everybody's lists and views of them.
//!
//! Owns submitting, pulling back, withdrawing, submitting again, and what each screen about transfers shows.
//! Leaves approvals to [`crate::deciding`], the cell to [`crate::sanitising`], taking files to [`crate::downloads`].

use std::collections::{BTreeMap, BTreeSet};

use authz::{Action, Need, Reach, Resource, Stage};
use policy::{Axis, Passage};
use serde_json::json;
use workflow::{
    Millis,
    id::{FileId, SectionId, TransferId, UserId, ZoneId},
    route::Scope,
    transfer::{Content, Event, FileState, State, Submission, Transfer},
};

use crate::{
    App,
    actor::{Actor, Prospect},
    deciding::Matter,
    error::{Error, Result},
    evidence::{Act, By, EvidenceItem, Kind},
    model::{NewEvidence, Page, PageRequest, SanitiseJob, TransferQuery, TransferRow, TransferView},
    outage::CellsStopped,
    ports::{StoreError, Tx},
    rules,
    sanitising::PASSWORD_BYTES_MAX,
    uploads::UploadedFile,
};

/// What a submission form can offer at this door.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct NewTransferOptions<'p> {
    /// Every channel that begins here, closed ones too: why nothing passes is worth knowing.
    pub channels: Vec<ChannelOption<'p>>,
    /// The levels of confidentiality, the lowest first.
    pub levels: Vec<&'p policy::Level>,
}

/// One channel of such a form.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ChannelOption<'p> {
    /// The channel.
    pub channel: &'p policy::Channel,
    /// Where it leads.
    pub to_zone: &'p policy::Zone,
    /// What each level of confidentiality leads to, without and with personal data.
    pub outcomes: Vec<Outcome<'p>>,
}

/// What a level leads to on a channel.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Outcome<'p> {
    /// The level's id.
    pub level: &'p str,
    /// With personal data or without.
    pub personal_data: bool,
    /// Why it does not pass, if it does not.
    pub denied: Option<&'p str>,
    /// The request type that decides, if one does.
    pub request: Option<&'p policy::RequestType>,
    /// The statements behind it.
    pub statements: Vec<&'p str>,
}

/// A new transfer.
#[derive(Debug, Clone)]
pub struct NewTransfer {
    /// Made when the form was shown: submitting the same form twice makes one transfer.
    pub submission: String,
    /// The channel.
    pub channel: String,
    /// What the submitter wrote.
    pub content: Content,
    /// The files, stored by [`App::begin_file`].
    pub files: Vec<UploadedFile>,
    /// Passwords for encrypted files, at most [`PASSWORDS_MAX`].
    pub passwords: Vec<String>,
}

/// Most passwords of one submission.
pub const PASSWORDS_MAX: usize = 10;

/// A list of transfers.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Tray {
    /// What I submitted.
    Submitted,
    /// What was sent to me and is released.
    Received,
    /// What waits for my decision.
    ToDecide,
    /// What my units submitted, as far as I answer for them.
    Units,
}

impl Tray {
    /// Every tray.
    pub const ALL: [Tray; 4] = [Tray::Submitted, Tray::Received, Tray::ToDecide, Tray::Units];

    /// The word in addresses and the API.
    #[must_use]
    pub fn id(self) -> &'static str {
        match self {
            Tray::Submitted => "submitted",
            Tray::Received => "received",
            Tray::ToDecide => "to-decide",
            Tray::Units => "units",
        }
    }

    /// The tray with this word.
    #[must_use]
    pub fn from_id(id: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|t| t.id() == id)
    }
}

/// What the person who looks may do with a transfer now.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct May {
    /// Decide the open step.
    pub decide: bool,
    /// Once he has proven himself with a second factor he may decide an open step: what his page has to say, for it offers no decision.
    pub decide_after_factor: bool,
    /// Decide it for this absent person (代決).
    pub decide_for: Option<UserId>,
    /// Take it back (引戻し).
    pub pull_back: bool,
    /// Give it up (取下げ).
    pub withdraw: bool,
    /// Submit it again.
    pub resubmit: bool,
    /// Send held files through the cell again, or take them out.
    pub resolve_held: bool,
    /// Take the files.
    pub receive: bool,
    /// See the preview.
    pub preview: bool,
    /// 検査: open originals of files that pass unchanged, at this door.
    pub inspect: bool,
    /// Decisions of deputies that wait for this person's review (後閲).
    pub review: Vec<usize>,
}

/// A transfer as its page shows it.
#[derive(Debug, Clone)]
pub struct TransferDetail {
    /// Who looks.
    pub viewer: UserId,
    /// The transfer.
    pub transfer: Transfer,
    /// What a decision made now would sign.
    pub content_hash: String,
    /// The names of the people in it.
    pub names: BTreeMap<UserId, String>,
    /// The name of the submitter's section.
    pub section_name: String,
    /// The statements its channel and route serve.
    pub statements: Vec<String>,
    /// What the person who looks may do.
    pub may: May,
    /// What happened, oldest first.
    pub timeline: Vec<EvidenceItem>,
    /// How far the cell is with each file, in parts of a thousand.
    pub progress: BTreeMap<FileId, u16>,
    /// That its files wait because no cell can be started.
    pub cells_stopped: Option<CellsStopped>,
}

/// The first screen: what waits for this person.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Home {
    /// 承認待ち.
    pub to_decide: Vec<TransferRow>,
    /// 受取可.
    pub to_receive: Vec<TransferRow>,
    /// 差戻し and 引戻し.
    pub with_me: Vec<TransferRow>,
    /// 保留 of mine.
    pub held: Vec<TransferRow>,
    /// 保留 of others that I answer for.
    pub held_of_units: Vec<TransferRow>,
    /// 後閲.
    pub reviews: Vec<(TransferRow, usize)>,
    /// Mine that are on their way.
    pub under_way: Vec<TransferRow>,
    /// That no cell can be started: for whoever waits for one, and for those who can repair it.
    pub cells_stopped: Option<CellsStopped>,
}

/// Entries of a transfer's timeline that a page shows.
const TIMELINE_MAX: u32 = 200;
/// How many pages of rows are read to fill one page of rows that may be seen.
const REFILLS_MAX: usize = 5;

impl App {
    /// What can be submitted at this door.
    #[must_use]
    pub fn new_transfer_options(&self, actor: &Actor) -> NewTransferOptions<'_> {
        let pack = self.pack();
        let levels: Vec<_> = pack.levels_of(Axis::Confidentiality).collect();
        let channels = pack
            .channels()
            .iter()
            .filter(|c| c.from == actor.zone().as_str())
            .filter_map(|channel| {
                let to_zone = pack.zone(&channel.to)?;
                let outcomes = levels
                    .iter()
                    .flat_map(|level| [false, true].map(|personal_data| (level, personal_data)))
                    .map(|(level, personal_data)| outcome(pack, channel, &level.id, personal_data))
                    .collect();
                Some(ChannelOption { channel, to_zone, outcomes })
            })
            .collect();
        NewTransferOptions { channels, levels }
    }

    /// A new key for a submission form: sent twice, it still makes one transfer.
    #[must_use]
    pub fn submission_key(&self) -> String {
        self.entropy().id(self.now())
    }

    /// Submits files that were uploaded. The same submission key gives the same transfer.
    ///
    /// # Errors
    /// [`Error::Denied`], [`Error::ChannelDenied`], [`Error::Invalid`], [`Error::Form`] for what the channel asks for,
    /// [`Error::Refused`] for contents out of bounds, [`Error::TooMany`], [`Error::Conflict`] when a file was erased meanwhile.
    pub async fn submit(&self, actor: &Actor, new: NewTransfer) -> Result<TransferId> {
        let uploaded: Vec<_> = new.files.iter().map(|f| f.stored.clone()).collect();
        let submitted = self.submit_checked(actor, new).await;
        if submitted.is_err() {
            for stored in &uploaded {
                // What cannot be erased now is found by the next housekeeping.
                if let Err(error) = self.erase_unused(stored).await {
                    tracing::warn!(%error, "an upload that was refused could not be erased yet");
                }
            }
        }
        submitted
    }

    async fn submit_checked(&self, actor: &Actor, new: NewTransfer) -> Result<TransferId> {
        let now = self.now();
        let NewTransfer { submission, channel, mut content, files, passwords } = new;
        if submission.is_empty() || submission.len() > 64 {
            return Err(Error::Invalid { field: "submission", problem: "not-allowed" });
        }
        if passwords.len() > PASSWORDS_MAX {
            return Err(Error::TooMany { limit: 10 });
        }
        if passwords.iter().any(|p| p.len() > PASSWORD_BYTES_MAX) {
            return Err(Error::Invalid { field: "passwords", problem: "too-long" });
        }
        let id = TransferId::new(self.entropy().id(now));
        let known = self
            .pack()
            .channel_by_id(&channel)
            .filter(|c| c.from == actor.zone().as_str())
            .ok_or(Error::Invalid { field: "channel", problem: "unknown" })?;
        let (from_zone, to_zone) = (ZoneId::new(&*known.from), ZoneId::new(&*known.to));
        self.permit_sending(actor, &id, known).await?;
        let limit = known.files_max.value.unwrap_or(0);
        if u64::try_from(files.len()).unwrap_or(u64::MAX) > limit {
            return Err(Error::TooMany { limit: u32::try_from(limit).unwrap_or(u32::MAX) });
        }
        // An upload belongs to the zone of the listener that took it, whatever form it is put into.
        if files.iter().any(|f| f.stored.zone != from_zone) {
            return Err(Error::Invalid { field: "files", problem: "not-allowed" });
        }
        let bytes_max = known.file_bytes_max.value.unwrap_or(0);
        if files.iter().any(|f| f.stored.bytes > bytes_max) {
            return Err(Error::TooLarge { limit_bytes: bytes_max });
        }
        let route = match rules::passage(self.pack(), known, &content, BTreeSet::new()) {
            Passage::Deny { statements, .. } => {
                let statements: Vec<String> = statements.iter().map(|s| s.id.clone()).collect();
                self.note_denied(actor, &channel, &content, &statements, now).await?;
                return Err(Error::ChannelDenied { channel, statements });
            }
            Passage::Pass(plan) => {
                rules::check_form(self.pack(), plan.request, &mut content)?;
                rules::route(self.pack(), &plan, &actor.user().section)?
            }
        };
        self.check_recipients(&content).await?;
        self.check_approvers(actor, ("channel", &channel), &route).await?;

        let _open = self.house.blob_gate.read().await;
        for file in &files {
            // An upload that waited too long for its form may be gone.
            drop(self.blobs().open(&file.stored.zone, &file.stored.blob).await.map_err(|_| Error::Conflict)?);
        }
        let jobs: Vec<FileId> = files.iter().map(|f| f.file.clone()).collect();
        let mut tx = self.store().begin().await?;
        if let Some(earlier) = tx.transfer_of_submission(&submission).await? {
            return self.same_submission(tx, actor, earlier).await;
        }
        let number = tx.next_number().await?;
        let (transfer, events) = Transfer::submit(
            Submission {
                id: id.clone(),
                number,
                channel,
                from_zone,
                to_zone,
                submitter: actor.id().clone(),
                section: actor.user().section.clone(),
                content,
                files: files
                    .into_iter()
                    .map(|f| (f.file, f.untrusted_name, f.untrusted_folder, f.stored))
                    .collect(),
                route,
                pack_version: self.pack().version().to_owned(),
            },
            now,
        )?;
        match tx.insert_transfer(&transfer, &submission).await {
            // Two at once, and the other one was first. A transaction in which a call failed is over.
            Err(StoreError::Duplicate("submission")) => {
                drop(tx);
                let mut tx = self.store().begin().await?;
                let earlier = tx.transfer_of_submission(&submission).await?.ok_or(Error::Conflict)?;
                return self.same_submission(tx, actor, earlier).await;
            }
            other => other?,
        }
        for file in &jobs {
            let job = SanitiseJob { file: file.clone(), transfer: id.clone(), attempts: 0 };
            tx.enqueue(&job, now).await?;
        }
        let evidence = self.event_entries(By::Actor(actor), &transfer, &events, now)?;
        if !passwords.is_empty() {
            // Before the files are queued: a cell may take them at once.
            jobs.iter().for_each(|file| self.keep_passwords(file, passwords.clone()));
        }
        if let Err(error) = self.commit(tx, evidence).await {
            jobs.iter().for_each(|file| self.forget_passwords(file));
            return Err(error);
        }
        self.changed(&id);
        self.wake_cells();
        Ok(id)
    }

    /// Whether the person may send through this channel at all: by the rules of rights and by the channel's own list.
    pub(crate) async fn permit_sending(
        &self,
        actor: &Actor,
        id: &TransferId,
        channel: &policy::Channel,
    ) -> Result<()> {
        let (from_zone, to_zone) = (ZoneId::new(&*channel.from), ZoneId::new(&*channel.to));
        let draft = authz::Transfer {
            stage: Stage::Draft,
            ..bare_facts(self, id, actor.id(), &actor.user().section, &from_zone, &to_zone)
        };
        let resource = Resource::Transfer(Box::new(draft));
        let _allowed = self.permit(actor, Action::SubmitTransfer, &resource).await?;
        if channel.senders.iter().any(|role| actor.holds(role)) {
            Ok(())
        } else {
            Err(Error::Denied { action: "submit-transfer", reason: "role-missing" })
        }
    }

    /// The form was sent before: the answer is the transfer it made then, if it was this person's.
    async fn same_submission(&self, tx: Box<dyn Tx>, actor: &Actor, id: TransferId) -> Result<TransferId> {
        drop(tx);
        let transfer = self.store().transfer(&id).await?.ok_or(Error::NotFound)?;
        if transfer.submitter == *actor.id() { Ok(id) } else { Err(Error::NotFound) }
    }

    async fn note_denied(
        &self,
        actor: &Actor,
        channel: &str,
        content: &Content,
        statements: &[String],
        now: Millis,
    ) -> Result<()> {
        let details = json!({
            "channel": channel,
            "classification": content.classification,
            "personal_data": content.personal_data,
        });
        let act = Act {
            kind: Kind::TransferDenied,
            by: By::Actor(actor),
            subject: ("channel", channel),
            details,
            statements,
        };
        self.note(now, &act).await
    }

    async fn check_recipients(&self, content: &Content) -> Result<()> {
        for id in content.recipients.iter().take(workflow::transfer::RECIPIENTS_MAX) {
            if self.store().user(id).await?.is_none_or(|u| !u.enabled) {
                return Err(Error::Invalid { field: "recipients", problem: "unknown" });
            }
        }
        Ok(())
    }

    /// 引戻し.
    ///
    /// # Errors
    /// [`Error::Denied`], [`Error::Refused`], [`Error::NotFound`], [`Error::Conflict`].
    pub async fn pull_back(&self, actor: &Actor, id: &TransferId) -> Result<()> {
        let pick_up = self.rules().pick_up;
        self.change(actor, id, Action::PullBackTransfer, |t, now| t.pull_back(pick_up, now)).await
    }

    /// 取下げ. Files that are in a cell are thrown away when they come back.
    ///
    /// # Errors
    /// As [`App::pull_back`].
    pub async fn withdraw(&self, actor: &Actor, id: &TransferId) -> Result<()> {
        self.change(actor, id, Action::WithdrawTransfer, |t, now| t.withdraw(now)).await
    }

    /// Submits a returned or pulled-back transfer again. Its approvals start anew.
    ///
    /// # Errors
    /// As [`App::submit`].
    pub async fn resubmit(&self, actor: &Actor, id: &TransferId, content: Content) -> Result<()> {
        let mut content = content;
        let current = self.store().transfer(id).await?.ok_or(Error::NotFound)?;
        let channel = self.open_channel(actor, &current.channel)?;
        let route = match rules::passage(self.pack(), channel, &content, rules::kinds_found(&current)) {
            Passage::Deny { statements, .. } => {
                let statements: Vec<String> = statements.iter().map(|s| s.id.clone()).collect();
                self.note_denied(actor, &current.channel, &content, &statements, self.now()).await?;
                return Err(Error::ChannelDenied { channel: current.channel, statements });
            }
            Passage::Pass(plan) => {
                rules::check_form(self.pack(), plan.request, &mut content)?;
                rules::route(self.pack(), &plan, &current.section)?
            }
        };
        self.check_recipients(&content).await?;
        self.check_approvers(actor, ("channel", &current.channel), &route).await?;
        let (version, pick_up) = (self.pack().version().to_owned(), self.rules().pick_up);
        self.change(actor, id, Action::SubmitTransfer, |t, now| {
            // Another classification may ask for another treatment, and carries another mark. What an earlier version of the
            // pack asked for is not known any more.
            let treated = rules::treatment(self.pack(), channel, &t.classification, t.personal_data);
            let wanted =
                rules::treatment(self.pack(), channel, &content.classification, content.personal_data);
            let treat_again = t.pack_version != version || treated != wanted;
            t.resubmit(content, route, treat_again, version, pick_up, now)
        })
        .await
    }

    /// The one way in which a person changes a transfer: read it locked, decide the right on what is there now,
    /// change it, write it with its evidence.
    pub(crate) async fn change(
        &self,
        actor: &Actor,
        id: &TransferId,
        action: Action,
        command: impl FnOnce(
            &mut Transfer,
            Millis,
        ) -> std::result::Result<Vec<Event>, workflow::transfer::Refusal>
        + Send,
    ) -> Result<()> {
        let now = self.now();
        let mut tx = self.store().begin().await?;
        let mut transfer = tx.transfer(id).await?.ok_or(Error::NotFound)?;
        let resource = Resource::Transfer(Box::new(self.facts(&transfer, now).await?));
        if !self.may(actor, Action::ViewTransfer, &resource) {
            return Err(Error::NotFound);
        }
        if !self.may(actor, action, &resource) {
            // The refusal is evidence, which needs the writer that this transaction holds.
            drop(tx);
            let _refused = self.permit(actor, action, &resource).await?;
            return Err(Error::Conflict);
        }
        let events = command(&mut transfer, now)?;
        self.save(tx, By::Actor(actor), transfer, events, Vec::new(), now).await
    }

    /// Finds who decides what opened, writes a changed transfer, its queue and its evidence, and tells those who watch.
    pub(crate) async fn save(
        &self,
        mut tx: Box<dyn Tx>,
        by: By<'_>,
        mut transfer: Transfer,
        mut events: Vec<Event>,
        more: Vec<NewEvidence>,
        now: Millis,
    ) -> Result<()> {
        self.find_approver(&mut transfer, &mut events, now).await?;
        let mut evidence = more;
        evidence.extend(self.event_entries(by, &transfer, &events, now)?);
        if evidence.is_empty() {
            // Nothing happened, so nothing is written.
            return Ok(());
        }
        tx.update_transfer(&transfer).await?;
        let mut wakes = false;
        for file in &transfer.files {
            if transfer.state == State::Sanitising && file.state == FileState::Queued {
                if events.iter().any(|e| matches!(e, Event::FileRequeued { file: f } if *f == file.id)) {
                    let job =
                        SanitiseJob { file: file.id.clone(), transfer: transfer.id.clone(), attempts: 0 };
                    tx.enqueue(&job, now).await?;
                    wakes = true;
                }
            } else {
                tx.dequeue(&file.id).await?;
            }
        }
        Box::pin(self.tell_of_transfer(&mut *tx, &transfer, &events, now)).await?;
        self.commit(tx, evidence).await?;
        for file in
            transfer.files.iter().filter(|f| f.state != FileState::Queued || transfer.state.is_final())
        {
            self.forget_passwords(&file.id);
        }
        if wakes {
            self.wake_cells();
        }
        self.changed(&transfer.id);
        Ok(())
    }

    pub(crate) fn changed(&self, id: &TransferId) {
        self.live().changed(id);
    }

    /// A transfer as its page shows it.
    ///
    /// # Errors
    /// [`Error::NotFound`] also for what the person may not see.
    pub async fn transfer(&self, actor: &Actor, id: &TransferId) -> Result<TransferDetail> {
        let now = self.now();
        let (transfer, resource) = self.seen_transfer(actor, id, now).await?;
        let deputised =
            self.deputised_holder(&(&transfer).into(), actor.id(), now).await?.map(|(_, holder)| holder);
        let can = |action| self.may(actor, action, &resource);
        let may = May {
            decide: can(Action::DecideTransfer),
            decide_after_factor: self.prospect(actor, Action::DecideTransfer, &resource)
                == Prospect::AfterSecondFactor,
            decide_for: deputised.filter(|_| can(Action::DecideAsDeputy)),
            pull_back: can(Action::PullBackTransfer),
            withdraw: can(Action::WithdrawTransfer),
            resubmit: transfer.state.is_with_submitter() && can(Action::SubmitTransfer),
            resolve_held: can(Action::ResolveHeld),
            receive: can(Action::DownloadClean),
            preview: can(Action::ViewPreview),
            inspect: can(Action::InspectOriginal)
                && transfer.files.iter().any(|f| f.state == FileState::Inspected && f.original.is_some()),
            review: match can(Action::ReviewAfterwards) {
                true => Matter::from(&transfer).reviews_of(actor.id()),
                false => Vec::new(),
            },
        };
        let names = self.names(&transfer).await?;
        let progress = transfer
            .files
            .iter()
            .filter_map(|f| Some((f.id.clone(), self.live().progress_of(&f.id)?)))
            .collect();
        let mut statements: Vec<String> = self
            .pack()
            .channel_by_id(&transfer.channel)
            .map(|c| c.statements.clone())
            .unwrap_or_default()
            .into_iter()
            .chain(transfer.approval.route.steps.iter().flat_map(|s| s.statements.clone()))
            .collect();
        let mut seen = BTreeSet::new();
        statements.retain(|s| seen.insert(s.clone()));
        Ok(TransferDetail {
            viewer: actor.id().clone(),
            content_hash: transfer.content_hash(),
            names,
            section_name: self.section_name(&transfer.section),
            statements,
            may,
            timeline: self.timeline("transfer", id.as_str(), TIMELINE_MAX).await?,
            progress,
            cells_stopped: self.cells_stopped(actor).filter(|_| transfer.state == State::Sanitising),
            transfer,
        })
    }

    /// A transfer that this person may see: for its page and whatever else tells of it.
    pub(crate) async fn seen_transfer(
        &self,
        actor: &Actor,
        id: &TransferId,
        now: Millis,
    ) -> Result<(Transfer, Resource)> {
        let transfer = self.store().transfer(id).await?.ok_or(Error::NotFound)?;
        let resource = Resource::Transfer(Box::new(self.facts(&transfer, now).await?));
        if self.may(actor, Action::ViewTransfer, &resource) {
            Ok((transfer, resource))
        } else {
            Err(Error::NotFound)
        }
    }

    async fn names(&self, transfer: &Transfer) -> Result<BTreeMap<UserId, String>> {
        let mut ids: BTreeSet<&UserId> = BTreeSet::from([&transfer.submitter]);
        ids.extend(transfer.recipients.iter().map(|r| &r.user));
        ids.extend(transfer.approval.decisions.iter().map(|d| &d.by));
        ids.extend(transfer.openings.iter().map(|o| &o.by));
        ids.extend(transfer.approval.decisions.iter().filter_map(|d| d.on_behalf_of.as_ref()));
        self.names_of(ids).await
    }

    /// A list of transfers, newest first.
    ///
    /// # Errors
    /// [`Error::SessionEnded`] while a one-time code is still to come.
    pub async fn transfers(
        &self,
        actor: &Actor,
        tray: Tray,
        states: &[State],
        page: PageRequest,
    ) -> Result<Page<TransferRow>> {
        if actor.awaits_code() {
            return Err(Error::SessionEnded);
        }
        let now = self.now();
        let view = match tray {
            Tray::Submitted => TransferView::SubmittedBy(actor.id().clone()),
            Tray::Received => {
                TransferView::AddressedTo { user: actor.id().clone(), zone: actor.zone().clone() }
            }
            Tray::ToDecide => TransferView::AwaitingRoles(self.decidable(actor, now).await?),
            Tray::Units => match self.authorizer().visible_transfers(actor.principal()).reach {
                Reach::All => TransferView::All,
                Reach::Units { departments, sections } => TransferView::OfSections(
                    self.pack()
                        .sections()
                        .iter()
                        .filter(|s| departments.contains(&s.department) || sections.contains(&s.id))
                        .map(|s| SectionId::new(s.id.clone()))
                        .collect(),
                ),
                Reach::OwnAndReceived | Reach::Nothing => return Ok(Page { rows: Vec::new(), next: None }),
            },
        };
        self.visible_rows(actor, tray, TransferQuery { view, states: states.to_vec(), page }).await
    }

    /// Fills a page with rows that may be seen at this door: a third zone does not learn of a transfer.
    async fn visible_rows(
        &self,
        actor: &Actor,
        tray: Tray,
        query: TransferQuery,
    ) -> Result<Page<TransferRow>> {
        let wanted = usize::try_from(query.page.limit).unwrap_or(usize::MAX);
        let (zone, now) = (actor.zone(), self.now());
        let mut query = query;
        let mut rows: Vec<TransferRow> = Vec::new();
        for _ in 0..REFILLS_MAX {
            let page = self.store().transfers(&query).await?;
            for row in page.rows {
                let near = row.from_zone == *zone || row.to_zone == *zone;
                if near && (tray != Tray::ToDecide || self.awaits(actor, &row.id, now).await?) {
                    rows.push(row);
                }
            }
            query.page.after = page.next;
            if rows.len() >= wanted || query.page.after.is_none() {
                break;
            }
        }
        let next = if rows.len() > wanted {
            rows.truncate(wanted);
            rows.last().map(|r| crate::model::Cursor { at: r.submitted_at, id: r.id.as_str().to_owned() })
        } else {
            query.page.after
        };
        Ok(Page { rows, next })
    }

    /// The facts of a transfer that rights depend on, at this moment.
    pub(crate) async fn facts(&self, transfer: &Transfer, now: Millis) -> Result<authz::Transfer> {
        let mut facts = bare_facts(
            self,
            &transfer.id,
            &transfer.submitter,
            &transfer.section,
            &transfer.from_zone,
            &transfer.to_zone,
        );
        facts.recipients = transfer.recipients.iter().map(|r| r.user.as_str().to_owned()).collect();
        facts.stage = stage(transfer.state);
        if let Some(step) = transfer.open_step() {
            facts.approvers = vec![Need { role: step.role.clone(), place: self.scope_place(&step.scope) }];
            facts.deputies = self.deputies_now(&transfer.into(), now).await?;
        }
        let matter = Matter::from(transfer);
        (facts.reviewers, facts.decided_by) = (matter.reviewers(), matter.decided_by());
        Ok(facts)
    }

    pub(crate) fn scope_place(&self, scope: &Scope) -> authz::Place {
        match scope {
            Scope::City => authz::Place::City,
            Scope::Department(id) => authz::Place::Department { id: id.clone() },
            Scope::Section(id) => self.place(id),
        }
    }
}

fn outcome<'p>(
    pack: &'p policy::Pack,
    channel: &'p policy::Channel,
    level: &'p str,
    personal_data: bool,
) -> Outcome<'p> {
    let content = Content {
        subject: String::new(),
        purpose: String::new(),
        classification: level.to_owned(),
        personal_data,
        answers: BTreeMap::new(),
        recipients: Vec::new(),
    };
    match rules::passage(pack, channel, &content, BTreeSet::new()) {
        Passage::Deny { why, statements } => Outcome {
            level,
            personal_data,
            denied: Some(why),
            request: None,
            statements: statements.iter().map(|s| s.id.as_str()).collect(),
        },
        Passage::Pass(plan) => Outcome {
            level,
            personal_data,
            denied: None,
            request: plan.request,
            statements: plan.statements.iter().map(|s| s.id.as_str()).collect(),
        },
    }
}

fn bare_facts(
    app: &App,
    id: &TransferId,
    submitter: &UserId,
    section: &SectionId,
    from_zone: &ZoneId,
    to_zone: &ZoneId,
) -> authz::Transfer {
    let department = app.pack().section(section.as_str()).map(|s| s.department.clone()).unwrap_or_default();
    authz::Transfer {
        id: id.as_str().to_owned(),
        submitter: submitter.as_str().to_owned(),
        submitter_section: section.as_str().to_owned(),
        submitter_department: department,
        recipients: Vec::new(),
        from_zone: from_zone.as_str().to_owned(),
        to_zone: to_zone.as_str().to_owned(),
        stage: Stage::Draft,
        approvers: Vec::new(),
        decide_zones: vec![from_zone.as_str().to_owned(), to_zone.as_str().to_owned()],
        deputies: Vec::new(),
        reviewers: Vec::new(),
        decided_by: Vec::new(),
    }
}

fn stage(state: State) -> Stage {
    match state {
        State::Sanitising => Stage::Processing,
        State::Held => Stage::Held,
        State::AwaitingApproval => Stage::Waiting,
        State::Returned | State::PulledBack => Stage::Returned,
        State::Refused | State::Rejected => Stage::Refused,
        State::Withdrawn => Stage::Withdrawn,
        State::Expired => Stage::Expired,
        State::Ready => Stage::Ready,
        State::Received => Stage::Received,
    }
}
