//! What people of a plan have in hand, handed over once everybody has changed.
//!
//! Owns withdrawing or handing over requests, handing permits on or calling them in, letting tasks of leavers go, and putting successors into rows of
//! registers. Each thing is a transaction of its own and is found again until it is done, so that nothing is done twice. What
//! stays in hand is told by line.

use std::collections::BTreeMap;

use serde_json::json;
use workflow::{
    Millis,
    duty::task::Word,
    id::{RequestId, UserId},
    register::{self, Cause, Reading, RowKey, Value},
    request::Request,
    roster::life::RosterPlan,
    route::Verdict,
};

use super::store::{
    Choice, EntryPart, InHand, Keeper, OpenRequests, Outcome, PermitKeeper, PlannedEntry, Thing, Wanted,
};
use crate::{
    App,
    error::Result,
    evidence::{By, Kind},
    registers::{
        AboutRows, any_class_unknown,
        work::{Source, Work},
    },
};

/// Lines that are looked at together.
const LINES_AT_ONCE: u32 = 200;
/// Things of one question; a person who has more keeps the rest, and that is told.
const THINGS_AT_ONCE: u32 = 5_000;
/// Why, in the history of rows and permits.
const REASON: &str = "人事異動による引継ぎ";
const REASON_LEFT: &str = "退職による終了";

/// Who takes what, where that was said for one thing.
struct Keepers {
    rows: Vec<Keeper>,
    permits: Vec<PermitKeeper>,
}

/// What of a permit waits for somebody.
fn still_in_hand(request: &Request) -> String {
    let open = request.permit.as_ref().and_then(|permit| permit.open_handover());
    let word = if open.is_some_and(|open| open.to.is_some()) { "permit-offered" } else { "return-owed" };
    format!("{word} {}", request.id)
}

impl App {
    /// Hands over what can be; what stays, by line.
    pub(super) async fn hand_everything_over(&self, plan: &RosterPlan) -> Result<BTreeMap<u32, String>> {
        let mut notes: BTreeMap<u32, Vec<String>> = BTreeMap::new();
        let words = self.words_about_leaving(plan).await?;
        let mut after = 0;
        loop {
            let lines = self.store().roster_entries(&plan.id, &EntryPart::All, after, LINES_AT_ONCE).await?;
            let (Some(first), Some(last)) = (lines.first(), lines.last()) else { break };
            let range = (first.place, last.place);
            after = last.place;
            let done = |line: &&PlannedEntry| {
                line.entry.kind.hands_over() && matches!(line.outcome, Some(Outcome::Done | Outcome::Already))
            };
            let by_place: BTreeMap<u32, &PlannedEntry> =
                lines.iter().filter(done).map(|line| (line.place, line)).collect();
            if by_place.is_empty() {
                continue;
            }
            let keepers = Keepers {
                rows: self.store().roster_keepers(&plan.id, range.0, range.1).await?,
                permits: self.store().roster_permits(&plan.id, range.0, range.1).await?,
            };
            for wanted in self.what_is_handed_over() {
                let found = self.store().in_hand(&plan.id, &wanted, range.0, range.1, THINGS_AT_ONCE).await?;
                for InHand { place, thing } in found {
                    let Some(line) = by_place.get(&place) else { continue };
                    let stays = self.hand_over(plan, line, &keepers, thing, words.as_ref()).await?;
                    notes.entry(place).or_default().extend(stays);
                }
            }
        }
        let told = notes.into_iter().filter(|(_, notes)| !notes.is_empty());
        Ok(told.map(|(place, notes)| (place, notes.join("\n"))).collect())
    }

    fn what_is_handed_over(&self) -> Vec<Wanted> {
        let mut all = vec![Wanted::Requests, Wanted::Permits, Wanted::Tasks];
        all.extend(
            self.person_columns().into_iter().map(|(register, column)| Wanted::Rows(register, column)),
        );
        all
    }

    async fn hand_over(
        &self,
        plan: &RosterPlan,
        line: &PlannedEntry,
        keepers: &Keepers,
        thing: Thing,
        words: Option<&(Word, Word)>,
    ) -> Result<Option<String>> {
        let Some(person) = &line.entry.person else { return Ok(None) };
        Ok(match thing {
            Thing::Request(id, ..) => {
                self.request_of_leaver(&id, person, &line.choice).await?;
                None
            }
            Thing::Permit(id, ..) => {
                let own = keepers.permits.iter().find(|k| k.place == line.place && k.request == id);
                self.hand_permit_on(&id, person, own.map(|k| &k.successor), plan).await?
            }
            Thing::Task(id, _) => {
                let done = match words {
                    Some((asked, granted)) => self.let_go(&id, person, asked, granted).await?,
                    None => false,
                };
                (!done).then(|| format!("task-open {id}"))
            }
            Thing::Transfer(..) => None,
            Thing::Row(key, column) => {
                let own =
                    keepers.rows.iter().find(|k| k.place == line.place && k.row == key && k.column == column);
                match own.map(|k| &k.successor).or(line.choice.successor.as_ref()) {
                    Some(successor) => self
                        .row_to_successor(&key, &column, person, successor, plan)
                        .await?
                        .map(|why| format!("row-refused {key} {why}")),
                    // Who only moves may go on keeping it.
                    None if line.entry.after.enabled => None,
                    None => Some(format!("row-kept {key}")),
                }
            }
        })
    }

    /// Withdraws a request, or lets it go on in the successor's name.
    async fn request_of_leaver(&self, id: &RequestId, person: &UserId, choice: &Choice) -> Result<()> {
        let now = self.now();
        let mut tx = self.store().begin().await?;
        let Some(mut request) = tx.request(id).await?.filter(|r| r.applicant == *person) else {
            return Ok(());
        };
        if let (OpenRequests::HandOver, Some(successor)) = (choice.requests, &choice.successor) {
            let Ok(mut events) = request.hand_over(successor, self.patience(), now) else { return Ok(()) };
            self.find_request_approver(&mut request, &mut events, now).await?;
            let evidence = self.request_entries(By::System, &request, &events, now)?;
            tx.update_request(&request).await?;
            return self.commit(tx, evidence).await;
        }
        let Ok(events) = request.withdraw(now) else { return Ok(()) };
        self.save_request(tx, By::System, request, events, now).await
    }

    /// What was permitted to somebody who leaves the section goes to whoever was named, or ends: once. What of it stays in hand.
    async fn hand_permit_on(
        &self,
        id: &RequestId,
        person: &UserId,
        to: Option<&UserId>,
        plan: &RosterPlan,
    ) -> Result<Option<String>> {
        let now = self.now();
        let mut tx = self.store().begin().await?;
        let Some(mut request) = tx.request(id).await? else { return Ok(None) };
        let Some(permit) = request.permit.as_ref() else { return Ok(None) };
        // By the policy of the day: an edition may have come between.
        let to = to.filter(|_| self.is_handed_over(&request.form));
        let events = match permit.open_handover() {
            // He is to take it over himself, and goes.
            Some(open) if open.to.as_ref() == Some(person) => request.decline(person, REASON, now),
            Some(open) if open.from == *person && plan.started_at.is_some_and(|at| at <= open.asked_at) => {
                return Ok(Some(still_in_hand(&request)));
            }
            _ if permit.holder(&request.applicant) != person => return Ok(None),
            _ => request.hand_on(to, &plan.made_by, REASON, self.handover_due(now), now),
        };
        // What is over and back stays as it is.
        let Ok(events) = events else { return Ok(None) };
        let waits = request.permit.as_ref().is_some_and(|permit| permit.open_handover().is_some());
        let note = waits.then(|| still_in_hand(&request));
        self.save_request(tx, By::System, request, events, now).await?;
        Ok(note)
    }

    /// Puts the successor into a row; why the row does not take him.
    async fn row_to_successor(
        &self,
        key: &RowKey,
        column: &str,
        person: &UserId,
        successor: &UserId,
        plan: &RosterPlan,
    ) -> Result<Option<&'static str>> {
        let now = self.now();
        let register = self.register(&key.register)?;
        let mut tx = self.store().begin().await?;
        let Some(before) = tx.row(key).await?.filter(|row| row.end.is_none()) else { return Ok(None) };
        if before.values.get(column).and_then(Value::as_text) != Some(person.as_str()) {
            return Ok(None);
        }
        let mut values = before.values.clone();
        values.insert(column.to_owned(), Value::Text(successor.as_str().to_owned()));
        let mut work = Work::new(self, None, now);
        let mut source = Source::Tx(&mut *tx);
        let reading = Reading { values, problems: Vec::new() };
        let judged = work.judge_all(&mut source, register, Some(&before), reading, false).await?;
        let judged = match judged {
            Ok(judged) => judged,
            Err(problems) => return Ok(Some(problems.first().map_or("refused", |p| p.problem.id()))),
        };
        let (section, cause) = (before.section.clone(), Cause::Planned { digest: plan.digest.clone() });
        let told = match work.changed(register, before, section, judged, cause, REASON) {
            Ok(told) => told,
            Err(register::Refusal::Same) => return Ok(None),
            Err(_) => return Ok(Some("refused")),
        };
        let followed = work.follow(&mut source, key).await?;
        tx.change_rows(&work.changed).await?;
        let details = json!({
            "register": register.id,
            "title": register.title,
            "number": register.number_shown(key.number),
            "changes": told,
            "reason": REASON,
            "followed": followed.iter().map(ToString::to_string).collect::<Vec<_>>(),
            "roster": plan.id.as_str(),
            "pack": self.pack().version(),
        });
        let unknown = any_class_unknown(register, &work.changed);
        let about = AboutRows { register, key, unknown };
        let entry = self.row_entry(now, By::System, Kind::RegisterRowChanged, &about, details)?;
        self.commit(tx, vec![entry]).await?;
        Ok(None)
    }

    /// The two words with which tasks of leavers are let go: of who drew the plan up, and of who approved it.
    async fn words_about_leaving(&self, plan: &RosterPlan) -> Result<Option<(Word, Word)>> {
        let Some(id) = &plan.request else { return Ok(None) };
        let Some(request) = self.store().request(&RequestId::new(id.clone())).await? else { return Ok(None) };
        let approved = request.approval.decisions.iter().rev().find(|d| d.verdict == Verdict::Approve);
        let now: Millis = self.now();
        let word = |by: &UserId| Word {
            by: by.clone(),
            at: now,
            zone: request.zone.clone(),
            comment: REASON_LEFT.to_owned(),
        };
        Ok(approved.filter(|d| d.by != plan.made_by).map(|d| (word(&plan.made_by), word(&d.by))))
    }
}
