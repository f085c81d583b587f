//! What goes on in the house that an edition must not take away.
//!
//! Owns what counts as in use and looking for it: work that is under way goes by the channel or form it began with, and
//! somebody must be left who looks after the system. Leaves when it is asked to [`super::proposing`] and
//! [`super::adopting`], and its words to the edges.

use policy::{ChannelMode, Pack, Scope};
use workflow::Millis;

use crate::{App, error::Result};

/// Something in use that an edition would take away.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum InUse {
    /// Transfers are under way through a channel that would be gone or let nothing through.
    Channel {
        /// The channel.
        id: String,
        /// The labels of the zones that it joins.
        zones: (String, String),
        /// How many.
        transfers: u32,
    },
    /// Requests wait whose form would be gone.
    Form {
        /// The form.
        id: String,
        /// Its title.
        title: String,
        /// How many.
        requests: u32,
    },
    /// Nobody would be left who looks after accounts and the system.
    Manager {
        /// The titles of the posts that bring the role today.
        posts: Vec<String>,
    },
}

impl InUse {
    /// Every word.
    pub const IDS: &'static [&'static str] = &["channel", "form", "manager"];

    /// Its word for programs.
    #[must_use]
    pub fn id(&self) -> &'static str {
        match self {
            Self::Channel { .. } => "channel",
            Self::Form { .. } => "form",
            Self::Manager { .. } => "manager",
        }
    }
}

/// Whether the zones of two texts are others, so that the listeners of the house must be changed with them. What a zone is
/// called, and its colour, changes without that.
pub(crate) fn zones_differ(a: &Pack, b: &Pack) -> bool {
    let ids =
        |pack: &Pack| pack.zones().iter().map(|z| z.id.clone()).collect::<std::collections::BTreeSet<_>>();
    ids(a) != ids(b)
}

impl App {
    /// What of the house as it is would be taken away if `after` took the place of `before`.
    pub(crate) async fn taken_away(&self, before: &Pack, after: &Pack, now: Millis) -> Result<Vec<InUse>> {
        let mut found = Vec::new();
        let open =
            |pack: &Pack, id: &str| pack.channel_by_id(id).is_some_and(|c| c.mode != ChannelMode::Deny);
        for channel in before.channels().iter().filter(|c| open(before, &c.id) && !open(after, &c.id)) {
            let transfers = self.store().transfers_under_way(&channel.id).await?;
            if transfers > 0 {
                let label =
                    |zone: &str| before.zone(zone).map_or_else(|| zone.to_owned(), |z| z.label.clone());
                found.push(InUse::Channel {
                    id: channel.id.clone(),
                    zones: (label(&channel.from), label(&channel.to)),
                    transfers,
                });
            }
        }
        let stays = |id: &str| after.request(id).is_some_and(policy::RequestType::is_general);
        for form in before.requests().iter().filter(|r| r.is_general() && !stays(&r.id)) {
            let requests = self.store().requests_under_way(&form.id).await?;
            if requests > 0 {
                found.push(InUse::Form { id: form.id.clone(), title: form.title.clone(), requests });
            }
        }
        if self.is_managed(before, now).await? && !self.is_managed(after, now).await? {
            let posts = managing(before).map(|p| p.title.clone()).collect();
            found.push(InUse::Manager { posts });
        }
        Ok(found)
    }

    /// Whether somebody holds a post that brings the role which looks after accounts, by this pack.
    async fn is_managed(&self, pack: &Pack, now: Millis) -> Result<bool> {
        for post in managing(pack) {
            let units = self.store().post_units(&post.id, now).await?;
            // A post below the city brings something only for its unit; see `App::grants`.
            if units.iter().any(|unit| post.scope == Scope::City || unit.is_some()) {
                return Ok(true);
            }
        }
        Ok(false)
    }
}

/// The posts that bring the role which looks after accounts and the system.
fn managing(pack: &Pack) -> impl Iterator<Item = &policy::Post> {
    pack.posts().iter().filter(|p| p.roles.iter().any(|r| r == authz::role::SYSTEM_MANAGER))
}
