//! What happens to a transfer while somebody looks at it, and to a person's notices, as server-sent events.
//!
//! Owns the events (`progress`, `changed`; `unread`), how many streams a person may hold, and when a stream ends. Used by
//! the API and by the screens. Events are hints: whoever misses one reads the transfer again.
//! Leaves what happened to `app::live`, the rights to `app`.

use std::{
    collections::HashMap,
    convert::Infallible,
    sync::{Arc, Mutex, PoisonError},
    time::Duration,
};

use app::{
    App, Error,
    actor::Actor,
    live::{Change, Notice},
};
use axum::response::sse::{Event, KeepAlive, Sse};
use futures::{Stream, stream};
use serde_json::json;
use tokio::sync::broadcast::{Receiver, error::RecvError};
use workflow::id::{TransferId, UserId};

/// Open streams of one person. A browser opens one for each page that shows a transfer.
pub const STREAMS_PER_PERSON_MAX: u32 = 8;
/// Open streams altogether.
pub const STREAMS_MAX: u32 = 4_096;
/// Silence that proxies and browsers take for a dead connection is longer than this.
const HEARTBEAT: Duration = Duration::from_secs(15);
/// A stream ends after this time; the browser opens it again, which proves anew who he is.
const LIFETIME: Duration = Duration::from_mins(10);

/// The streams that are open. One for the whole server: clone it, do not make a second one.
#[derive(Debug, Clone, Default)]
pub struct Streams {
    // Held for the time of one map operation, never across an await.
    open: Arc<Mutex<Open>>,
}

#[derive(Debug, Default)]
struct Open {
    all: u32,
    by_person: HashMap<UserId, u32>,
}

/// The place of one stream; dropping it gives the place back.
#[derive(Debug)]
struct Place {
    streams: Streams,
    person: UserId,
}

impl Streams {
    fn take(&self, person: &UserId) -> Option<Place> {
        let mut open = self.open.lock().unwrap_or_else(PoisonError::into_inner);
        let own = open.by_person.get(person).copied().unwrap_or(0);
        if own >= STREAMS_PER_PERSON_MAX || open.all >= STREAMS_MAX {
            return None;
        }
        open.all += 1;
        open.by_person.insert(person.clone(), own + 1);
        Some(Place { streams: self.clone(), person: person.clone() })
    }
}

impl Drop for Place {
    fn drop(&mut self) {
        let mut open = self.streams.open.lock().unwrap_or_else(PoisonError::into_inner);
        open.all = open.all.saturating_sub(1);
        match open.by_person.get_mut(&self.person) {
            Some(own) if *own > 1 => *own -= 1,
            _ => {
                open.by_person.remove(&self.person);
            }
        }
    }
}

/// Why a stream was not opened.
#[derive(Debug, thiserror::Error)]
pub enum Unopened {
    /// Too many are open: of this person ([`STREAMS_PER_PERSON_MAX`]) or altogether ([`STREAMS_MAX`]).
    #[error("too many event streams are open")]
    TooMany,
    /// The transfer cannot be seen.
    #[error(transparent)]
    App(#[from] Error),
}

/// Follows a transfer that this person may see.
///
/// Events: `progress` with `{"file", "permille"}` while a cell works; `changed` with `{"state", "changed_at", "final"}`
/// first and after each change. A comment every 15 seconds keeps the connection. The stream ends when nothing can
/// change any more, when the person may no longer see the transfer, or after ten minutes.
///
/// # Errors
/// [`Unopened`].
pub async fn events(
    app: App,
    streams: &Streams,
    actor: Actor,
    id: TransferId,
) -> Result<Sse<impl Stream<Item = Result<Event, Infallible>> + Send + use<>>, Unopened> {
    let place = streams.take(actor.id()).ok_or(Unopened::TooMany)?;
    // Listening starts before looking, so that no change falls in between.
    let notices = app.live().subscribe();
    let detail = app.transfer(&actor, &id).await?;
    let mut waiting: Vec<Event> =
        detail.progress.iter().map(|(file, permille)| progress(file.as_str(), *permille)).collect();
    waiting.push(changed(&detail.transfer));
    let watch =
        Watch { ended: detail.transfer.state.is_final(), waiting, notices, app, actor, id, _place: place };
    let ends = Box::pin(tokio::time::sleep(LIFETIME));
    let events = stream::unfold((watch, ends), |(mut watch, mut ends)| async move {
        let event = tokio::select! {
            biased;
            () = &mut ends => None,
            event = watch.next() => event,
        };
        event.map(|event| (Ok(event), (watch, ends)))
    });
    Ok(Sse::new(events).keep_alive(KeepAlive::new().interval(HEARTBEAT)))
}

/// Follows how many notices of this person are unread.
///
/// Events: `unread` with `{"unread"}` first and after each change. It ends as [`events`] does.
///
/// # Errors
/// [`Unopened`].
pub async fn unread(
    app: App,
    streams: &Streams,
    actor: Actor,
) -> Result<Sse<impl Stream<Item = Result<Event, Infallible>> + Send + use<>>, Unopened> {
    let place = streams.take(actor.id()).ok_or(Unopened::TooMany)?;
    // Listening starts before looking, so that no change falls in between.
    let told = app.live().subscribe_told();
    let first = app.unread_notices(&actor).await?;
    let ends = Box::pin(tokio::time::sleep(LIFETIME));
    let bell = Bell { app, actor, told, first: Some(first), _place: place };
    let events = stream::unfold((bell, ends), |(mut bell, mut ends)| async move {
        let event = tokio::select! {
            biased;
            () = &mut ends => None,
            event = bell.next() => event,
        };
        event.map(|event| (Ok(event), (bell, ends)))
    });
    Ok(Sse::new(events).keep_alive(KeepAlive::new().interval(HEARTBEAT)))
}

struct Bell {
    app: App,
    actor: Actor,
    told: Receiver<UserId>,
    first: Option<u32>,
    _place: Place,
}

impl Bell {
    async fn next(&mut self) -> Option<Event> {
        let unread = match self.first.take() {
            Some(first) => first,
            None => {
                loop {
                    match self.told.recv().await {
                        Ok(person) if person != *self.actor.id() => {}
                        // Whoever fell behind looks again, as after a change.
                        Ok(_) | Err(RecvError::Lagged(_)) => break,
                        Err(RecvError::Closed) => return None,
                    }
                }
                self.app.unread_notices(&self.actor).await.ok()?
            }
        };
        Some(Event::default().event("unread").data(json!({ "unread": unread }).to_string()))
    }
}

struct Watch {
    app: App,
    actor: Actor,
    id: TransferId,
    notices: Receiver<Notice>,
    /// What goes out before anything new is waited for; the last one goes first.
    waiting: Vec<Event>,
    ended: bool,
    _place: Place,
}

impl Watch {
    async fn next(&mut self) -> Option<Event> {
        if let Some(event) = self.waiting.pop() {
            return Some(event);
        }
        if self.ended {
            return None;
        }
        loop {
            match self.notices.recv().await {
                Ok(notice) if notice.transfer != self.id => {}
                Ok(Notice { what: Change::Progress { file, permille }, .. }) => {
                    return Some(progress(file.as_str(), permille));
                }
                // Whoever fell behind looks again, as after a change.
                Ok(Notice { what: Change::State, .. }) | Err(RecvError::Lagged(_)) => {
                    return self.look().await;
                }
                Err(RecvError::Closed) => return None,
            }
        }
    }

    /// Reads the transfer with today's rights. Who may no longer see it learns nothing more.
    async fn look(&mut self) -> Option<Event> {
        let detail = self.app.transfer(&self.actor, &self.id).await.ok()?;
        self.ended = detail.transfer.state.is_final();
        Some(changed(&detail.transfer))
    }
}

fn progress(file: &str, permille: u16) -> Event {
    Event::default().event("progress").data(json!({ "file": file, "permille": permille }).to_string())
}

fn changed(transfer: &workflow::transfer::Transfer) -> Event {
    let data = json!({
        "state": transfer.state.id(),
        "changed_at": crate::api::time(transfer.changed_at),
        "final": transfer.state.is_final(),
    });
    Event::default().event("changed").data(data.to_string())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_person_holds_a_bounded_number_of_places_and_gives_them_back() {
        let streams = Streams::default();
        let (one, other) = (UserId::new("1"), UserId::new("2"));
        let mut places: Vec<_> = (0..STREAMS_PER_PERSON_MAX).map(|_| streams.take(&one).unwrap()).collect();
        assert!(streams.take(&one).is_none());
        let others = streams.take(&other).unwrap();
        places.pop();
        assert!(streams.take(&one).is_some());
        drop((places, others));
        let open = streams.open.lock().unwrap();
        assert_eq!((open.all, open.by_person.len()), (0, 0));
    }
}
