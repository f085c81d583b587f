//! People from the administrators' side: accounts, posts, and the list from which recipients are chosen.
//!
//! Owns opening, changing and closing accounts, always by someone else than their owner.
//! Leaves what a person does with his own account to [`crate::accounts`].

use std::collections::{BTreeMap, BTreeSet};

use authz::{Action, Resource};
use serde_json::json;
use workflow::id::{SectionId, UserId};

use crate::{
    App,
    accounts::bounded,
    actor::Actor,
    duties::Happened,
    error::{Error, Result},
    evidence::{Act, By, Kind},
    model::{PostHolding, Section, User},
};

/// A person as an administrator sees him.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Person {
    /// The account.
    pub user: User,
    /// The name of his section.
    pub section_name: String,
    /// His posts today, with their titles.
    pub posts: Vec<(PostHolding, String)>,
    /// The titles of the roles they bring.
    pub roles: Vec<String>,
}

/// A new account.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct NewPerson {
    /// Login.
    pub login: String,
    /// 氏名.
    pub name: String,
    /// ふりがな.
    pub kana: String,
    /// Section.
    pub section: SectionId,
}

/// Someone who can be chosen as a recipient.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Candidate {
    /// Id.
    pub id: UserId,
    /// Name.
    pub name: String,
    /// Name of the section.
    pub section_name: String,
}

const LIST_ROWS_MAX: u32 = 100;
const CANDIDATES_MAX: u32 = 20;
const NAME_CHARS_MAX: usize = 60;

impl App {
    /// The names of these people, for whoever may see what they did. Who is not known is left out.
    pub(crate) async fn names_of(&self, ids: BTreeSet<&UserId>) -> Result<BTreeMap<UserId, String>> {
        let mut names = BTreeMap::new();
        for id in ids {
            if let Some(user) = self.store().user(id).await? {
                names.insert(id.clone(), user.name);
            }
        }
        Ok(names)
    }

    /// People by section and kana; `text` filters by name, kana or login.
    ///
    /// # Errors
    /// [`Error::Denied`] unless the person may see accounts.
    pub async fn people(
        &self,
        actor: &Actor,
        text: &str,
        after: Option<&UserId>,
        limit: u32,
    ) -> Result<Vec<Person>> {
        let whole = Resource::Account(authz::Account { user: "list".to_owned(), place: authz::Place::City });
        let _allowed = self.permit(actor, Action::ViewUsers, &whole).await?;
        let users = self.store().users(text.trim(), after, limit.clamp(1, LIST_ROWS_MAX)).await?;
        let mut people = Vec::with_capacity(users.len());
        for user in users {
            people.push(self.describe(user).await?);
        }
        Ok(people)
    }

    /// One person.
    ///
    /// # Errors
    /// [`Error::Denied`], [`Error::NotFound`].
    pub async fn person(&self, actor: &Actor, id: &UserId) -> Result<Person> {
        let user = self.store().user(id).await?.ok_or(Error::NotFound)?;
        let _allowed = self.permit(actor, Action::ViewUsers, &self.account(&user)).await?;
        self.describe(user).await
    }

    async fn describe(&self, user: User) -> Result<Person> {
        let holdings = self.store().posts_of(&user.id, self.now()).await?;
        let roles: BTreeSet<String> =
            self.grants(&holdings).iter().map(|g| self.pack().role_title(&g.role).to_owned()).collect();
        let posts = holdings
            .into_iter()
            .map(|h| {
                let title = self.pack().post(&h.post).map_or_else(|| h.post.clone(), |p| p.title.clone());
                (h, title)
            })
            .collect();
        let section_name = self.section_name(&user.section);
        Ok(Person { user, section_name, posts, roles: roles.into_iter().collect() })
    }

    /// The section's name by the pack; its id when the pack no longer has it.
    #[must_use]
    pub fn section_name(&self, section: &SectionId) -> String {
        self.pack().section(section.as_str()).map_or_else(|| section.to_string(), |s| s.name.clone())
    }

    /// People whose name, kana or login contains the text, to choose recipients from. Everyone may look up a
    /// colleague's name and section, nothing more.
    ///
    /// # Errors
    /// [`Error::SessionEnded`] while a one-time code is still to come.
    pub async fn candidates(&self, actor: &Actor, text: &str) -> Result<Vec<Candidate>> {
        let own = Resource::OwnAccount { user: actor.id().as_str().to_owned() };
        let _allowed = self.permit(actor, Action::ViewHome, &own).await?;
        let users = self.store().users(text.trim(), None, CANDIDATES_MAX).await?;
        Ok(users
            .into_iter()
            .filter(|u| u.enabled)
            .map(|u| Candidate { section_name: self.section_name(&u.section), id: u.id, name: u.name })
            .collect())
    }

    /// One person as a form shows a chosen recipient; `None` if there is none, or the account is closed.
    ///
    /// # Errors
    /// [`Error::Denied`].
    pub async fn candidate(&self, actor: &Actor, id: &UserId) -> Result<Option<Candidate>> {
        let own = Resource::OwnAccount { user: actor.id().as_str().to_owned() };
        let _allowed = self.permit(actor, Action::ViewHome, &own).await?;
        let user = self.store().user(id).await?.filter(|u| u.enabled);
        Ok(user.map(|u| Candidate { section_name: self.section_name(&u.section), id: u.id, name: u.name }))
    }

    /// Opens an account with a first password, which is returned once and must be changed at the first login.
    ///
    /// # Errors
    /// [`Error::Denied`], [`Error::Invalid`].
    pub async fn add_person(&self, actor: &Actor, new: NewPerson) -> Result<(UserId, String)> {
        let place = self.place(&new.section);
        let account = Resource::Account(authz::Account { user: "new".to_owned(), place });
        let _allowed = self.permit(actor, Action::ManageUsers, &account).await?;
        let password = self.first_password();
        let id = self.insert_person(By::Actor(actor), new, &password, true).await?;
        Ok((id, password))
    }

    /// Opens an account from outside the screens: the first administrator and the demo city.
    ///
    /// # Errors
    /// [`Error::Invalid`].
    pub async fn install_person(&self, new: NewPerson, password: &str, must_change: bool) -> Result<UserId> {
        self.check_new_password(password, &new.login)?;
        self.insert_person(By::System, new, password, must_change).await
    }

    async fn insert_person(
        &self,
        by: By<'_>,
        new: NewPerson,
        password: &str,
        must_change: bool,
    ) -> Result<UserId> {
        let now = self.now();
        let login = new.login.trim().to_ascii_lowercase();
        if !(2..=64).contains(&login.len())
            || !login.bytes().all(|b| b.is_ascii_lowercase() || b.is_ascii_digit() || b".-_".contains(&b))
        {
            return Err(Error::Invalid { field: "login", problem: "not-allowed" });
        }
        if self.pack().section(new.section.as_str()).is_none() {
            return Err(Error::Invalid { field: "section", problem: "unknown" });
        }
        let user = User {
            id: UserId::new(self.entropy().id(now)),
            login,
            name: bounded("name", &new.name, 1, NAME_CHARS_MAX)?,
            kana: bounded("kana", &new.kana, 1, NAME_CHARS_MAX)?,
            section: new.section,
            password_hash: self.hash_password(password).await?,
            totp_sealed: None,
            totp_last_step: None,
            enabled: true,
            must_change_password: must_change,
            failures: 0,
            locked_until: None,
            created_at: now,
            version: 0,
        };
        let details = json!({ "login": user.login, "name": user.name, "section": user.section.as_str() });
        let entry = self.user_entry(now, Kind::UserAdded, by, &user.id, details)?;
        let mut tx = self.store().begin().await?;
        tx.insert_user(&user).await?;
        let mut evidence = vec![entry];
        let happened = Happened {
            trigger: policy::DutyTrigger::Hire,
            subject: user.id.as_str(),
            what: format!("{}さんの採用", user.name),
            person: Some(&user.id),
            section: Some(&user.section),
        };
        // Who is registered from outside the screens, with the first run, works here already.
        if matches!(by, By::Actor(_)) {
            evidence.extend(self.set_off(tx.as_mut(), by, &happened, now).await?);
        }
        self.commit(tx, evidence).await?;
        Ok(user.id)
    }

    /// Opens or closes an account. Closing ends its sessions at once.
    ///
    /// # Errors
    /// [`Error::Denied`], [`Error::NotFound`], [`Error::Conflict`].
    pub async fn set_enabled(&self, actor: &Actor, id: &UserId, enabled: bool) -> Result<()> {
        let kind = if enabled { Kind::UserEnabled } else { Kind::UserDisabled };
        self.change_person(actor, id, kind, !enabled, |user| user.enabled = enabled).await
    }

    /// Gives a new first password, which is returned once. Ends the account's sessions.
    ///
    /// # Errors
    /// As [`App::set_enabled`].
    pub async fn reset_password(&self, actor: &Actor, id: &UserId) -> Result<String> {
        let password = self.first_password();
        let hash = self.hash_password(&password).await?;
        self.change_person(actor, id, Kind::PasswordReset, true, |user| {
            user.password_hash = hash;
            user.must_change_password = true;
            user.failures = 0;
            user.locked_until = None;
        })
        .await?;
        Ok(password)
    }

    /// Removes a lost second factor. Ends the account's sessions.
    ///
    /// # Errors
    /// As [`App::set_enabled`].
    pub async fn reset_second_factor(&self, actor: &Actor, id: &UserId) -> Result<()> {
        self.change_person(actor, id, Kind::SecondFactorReset, true, |user| {
            user.totp_sealed = None;
            user.totp_last_step = None;
        })
        .await
    }

    async fn change_person(
        &self,
        actor: &Actor,
        id: &UserId,
        kind: Kind,
        ends_sessions: bool,
        change: impl FnOnce(&mut User) + Send,
    ) -> Result<()> {
        let now = self.now();
        let mut user = self.store().user(id).await?.ok_or(Error::NotFound)?;
        let _allowed = self.permit(actor, Action::ManageUsers, &self.account(&user)).await?;
        change(&mut user);
        let mut details = json!({ "login": user.login });
        let roles: Vec<String> = match kind {
            Kind::UserEnabled => {
                self.grants(&self.store().posts_of(id, now).await?).into_iter().map(|g| g.role).collect()
            }
            _ => Vec::new(),
        };
        let mut tx = self.store().begin().await?;
        tx.update_user(&user).await?;
        if ends_sessions {
            tx.remove_sessions_of(id).await?;
        }
        // An account that was closed when an edition came into force was not asked to read it.
        if !roles.is_empty()
            && let Some(edition) = self.add_late_reader(&mut *tx, id, &roles, now).await?
            && let Some(details) = details.as_object_mut()
        {
            details.insert("to_read".to_owned(), json!(edition.as_str()));
        }
        let entry = self.user_entry(now, kind, By::Actor(actor), id, details)?;
        let mut evidence = vec![entry];
        if kind == Kind::UserDisabled {
            let happened = Happened {
                trigger: policy::DutyTrigger::Leaving,
                subject: &format!("{id}-{now}"),
                what: format!("{}さんの退職(利用者IDの停止)", user.name),
                // What is to be done is for the section: who left does nothing here any more.
                person: None,
                section: Some(&user.section),
            };
            evidence.extend(self.set_off(tx.as_mut(), By::Actor(actor), &happened, now).await?);
            evidence.extend(self.release_courses(tx.as_mut(), By::Actor(actor), id, now).await?);
        } else {
            self.tell_of_account(tx.as_mut(), id, kind.id(), now).await?;
        }
        if matches!(kind, Kind::UserDisabled | Kind::UserEnabled) {
            self.presence_changes(tx.as_mut(), now).await?;
        }
        self.commit(tx, evidence).await?;
        Ok(())
    }

    /// Gives a post from now on.
    ///
    /// # Errors
    /// [`Error::Denied`], [`Error::NotFound`], [`Error::Invalid`] when the pack has no such post or unit, or the
    /// person holds it already.
    pub async fn give_post(&self, actor: &Actor, id: &UserId, post: &str, unit: Option<&str>) -> Result<()> {
        let user = self.store().user(id).await?.ok_or(Error::NotFound)?;
        let _allowed = self.permit(actor, Action::ManageUsers, &self.account(&user)).await?;
        self.insert_post(By::Actor(actor), id, post, unit).await
    }

    /// Gives a post from outside the screens: the first administrator and the demo city.
    ///
    /// # Errors
    /// [`Error::Invalid`].
    pub async fn install_post(&self, id: &UserId, post: &str, unit: Option<&str>) -> Result<()> {
        self.insert_post(By::System, id, post, unit).await
    }

    async fn insert_post(&self, by: By<'_>, id: &UserId, post: &str, unit: Option<&str>) -> Result<()> {
        let now = self.now();
        let known = self.pack().post(post).ok_or(Error::Invalid { field: "post", problem: "unknown" })?;
        let fits = match known.scope {
            policy::Scope::City => unit.is_none(),
            policy::Scope::Department => unit.is_some_and(|u| {
                self.pack().department(u).is_some()
                    && known.department.as_deref().is_none_or(|only| only == u)
            }),
            policy::Scope::Section => unit.is_some_and(|u| {
                self.pack().section(u).is_some() && known.section.as_deref().is_none_or(|only| only == u)
            }),
        };
        if !fits {
            return Err(Error::Invalid { field: "unit", problem: "unknown" });
        }
        let held = self.store().posts_of(id, now).await?;
        if held.iter().any(|h| h.post == post && h.unit.as_deref() == unit) {
            return Err(Error::Invalid { field: "post", problem: "taken" });
        }
        let holding = PostHolding {
            user: id.clone(),
            post: post.to_owned(),
            unit: unit.map(ToOwned::to_owned),
            from: now,
            until: None,
        };
        let roles = known.roles.clone();
        let user = self.store().user(id).await?.ok_or(Error::NotFound)?;
        let mut tx = self.store().begin().await?;
        tx.insert_post(&holding).await?;
        let mut details = json!({ "post": post, "unit": unit });
        if let Some(edition) = self.add_late_reader(&mut *tx, id, &roles, now).await?
            && let Some(details) = details.as_object_mut()
        {
            details.insert("to_read".to_owned(), json!(edition.as_str()));
        }
        let entry = self.user_entry(now, Kind::PostGiven, by, id, details)?;
        let mut evidence = vec![entry];
        // A post in another section than that of the account: whoever held one before moves.
        let moved = holding.unit.as_deref().filter(|unit| {
            known.scope == policy::Scope::Section && !held.is_empty() && *unit != user.section.as_str()
        });
        if let Some(section) = moved.map(SectionId::new) {
            let happened = Happened {
                trigger: policy::DutyTrigger::Transfer,
                subject: &format!("{id}-{section}-{now}"),
                what: format!("{}さんの異動({}へ)", user.name, self.section_name(&section)),
                person: Some(id),
                section: Some(&section),
            };
            // What he still has to take counts where he is now.
            tx.move_courses(id, &section).await?;
            evidence.extend(self.set_off(tx.as_mut(), by, &happened, now).await?);
        }
        // Who is registered from outside the screens is told by whoever does that.
        if matches!(by, By::Actor(_)) {
            self.tell_of_account(tx.as_mut(), id, Kind::PostGiven.id(), now).await?;
        }
        self.commit(tx, evidence).await?;
        Ok(())
    }

    /// Ends a post now.
    ///
    /// # Errors
    /// [`Error::Denied`], [`Error::NotFound`].
    pub async fn end_post(&self, actor: &Actor, id: &UserId, post: &str, unit: Option<&str>) -> Result<()> {
        let now = self.now();
        let user = self.store().user(id).await?.ok_or(Error::NotFound)?;
        let _allowed = self.permit(actor, Action::ManageUsers, &self.account(&user)).await?;
        let held = self.store().posts_of(id, now).await?;
        let holding =
            held.iter().find(|h| h.post == post && h.unit.as_deref() == unit).ok_or(Error::NotFound)?;
        let details = json!({ "post": post, "unit": unit });
        let entry = self.user_entry(now, Kind::PostEnded, By::Actor(actor), id, details)?;
        let mut tx = self.store().begin().await?;
        tx.end_post(holding, now).await?;
        self.tell_of_account(tx.as_mut(), id, Kind::PostEnded.id(), now).await?;
        self.commit(tx, vec![entry]).await?;
        Ok(())
    }

    /// Takes the pack's sections over into the store. Done at every start; says nothing when nothing changed.
    ///
    /// # Errors
    /// [`Error::Unavailable`].
    pub async fn load_organisation(&self) -> Result<()> {
        let now = self.now();
        let wanted: Vec<Section> = self
            .pack()
            .sections()
            .iter()
            .map(|s| Section {
                id: SectionId::new(s.id.clone()),
                name: s.name.clone(),
                department: s.department.clone(),
            })
            .collect();
        let stored = self.store().sections().await?;
        if wanted.iter().all(|s| stored.contains(s)) {
            return Ok(());
        }
        let details =
            json!({ "pack": self.pack().id(), "version": self.pack().version(), "sections": wanted.len() });
        let act = Act {
            kind: Kind::OrganisationLoaded,
            by: By::System,
            subject: ("pack", self.pack().id()),
            details,
            statements: &[],
        };
        let entry = self.entry(now, &act)?;
        let mut tx = self.store().begin().await?;
        tx.put_sections(&wanted).await?;
        self.commit(tx, vec![entry]).await
    }

    /// Records that the house opened: with which program and which policy.
    ///
    /// # Errors
    /// [`Error::Unavailable`].
    pub async fn note_opening(&self, program_version: &str) -> Result<()> {
        let pack = self.pack();
        let layers: Vec<_> = pack.layers().iter().map(|l| format!("{}@{}", l.id, l.version)).collect();
        let act = Act {
            kind: Kind::HouseOpened,
            by: By::System,
            subject: ("pack", pack.id()),
            details: json!({ "program": program_version, "pack": pack.version(), "layers": layers }),
            statements: &[],
        };
        self.note(self.now(), &act).await
    }

    /// A password that is easy to read out: four groups of four from letters and digits that look different.
    #[must_use]
    pub fn first_password(&self) -> String {
        // 32 signs divide 256 evenly, so each is equally likely. No 0 o 1 l.
        const SIGNS: &[u8; 32] = b"abcdefghijkmnpqrstuvwxyz23456789";
        let mut bytes = [0_u8; 16];
        self.entropy().fill(&mut bytes);
        let mut text = String::with_capacity(19);
        for (i, byte) in bytes.iter().enumerate() {
            if i > 0 && i % 4 == 0 {
                text.push('-');
            }
            text.push(SIGNS.get(usize::from(byte % 32)).copied().map_or('x', char::from));
        }
        text
    }
}
